"""The console against those who are not at the desk: what forges, guesses,
replays and hides. Bytes on a connection first, then what the pages show of
words that would hurt them."""

import os
import re
import sys

from browser import Fault, run
from line import Line, Page, keeps_the_rules, local, walk

MARK = os.environ["MARK"]
WHO = "amelie"
ADDRESSES = dict(p.split("=") for p in os.environ["SCEAU_WEB_PORTS"].split())


def here():
    line = Line(ADDRESSES[WHO])
    line.enter()
    if not line.cookie or not line.csrf:
        raise Fault("pas de session : " + line.ask("GET", "/").text[:800])
    return line


def is_home(a):
    """The page that only the person sees."""
    return a.status == 200 and "/sortie" in a.text


def alive(line):
    a = line.ask("GET", "/")
    if not is_home(a):
        raise Fault("la session est perdue : %d %s" % (a.status, a.text[:300]))


def refused(what, a, *statuses):
    """Refused; nothing of the person, no cookie, the rules kept."""
    if a.status not in (statuses or (400, 403, 404, 405, 421)):
        raise Fault("%s : %d %s" % (what, a.status, a.text[:300]))
    if is_home(a) or a.get("Set-Cookie"):
        raise Fault("%s : une session" % what)
    # The form guard of HTTP answers before there is an answer of ours.
    wrong = keeps_the_rules(what, a)
    if wrong:
        raise Fault("\n".join(wrong))


def forged_host(_):
    """un autre hôte : ni page ni session, avec ou sans la session"""
    line = here()
    port = line.host.split(":")[1]
    for host in ("evil.example", "evil.example:" + port, "127.0.0.1.evil.example",
                 "localhost.evil.example", "127.0.0.1@evil.example",
                 "127.0.0.2:" + port, "0.0.0.0:" + port, "[::2]", "localhost:",
                 "localhost:80a", "localhost:999999", "localhost :80",
                 "xlocalhost", "a.sceau.localhost", "sceau.localhost.",
                 "2130706433", "127.1", "localhost/", "%6cocalhost",
                 "löcalhost", " ", "localhost\t.evil.example",
                 "localhost, evil.example"):
        for cookie in (True, False):
            refused("Host: " + host,
                    line.ask("GET", "/", host=host, cookie=cookie))
    raw = Line(line.where).send(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    if b" 200 " in raw[:20] or b"sceau=" in raw:
        raise Fault("sans Host : %r" % raw[:100])
    raw = line.send(("GET / HTTP/1.1\r\nHost: %s\r\nHost: evil.example\r\n"
                     "Connection: close\r\nCookie: sceau=%s\r\n\r\n" % (
                         line.host, line.cookie)).encode())
    if b" 200 " in raw[:20]:
        raise Fault("deux Host : %r" % raw[:100])
    alive(line)


def forged_origin(_):
    """une page d'un autre site : elle n'a pas de session, et n'écrit rien"""
    line = here()
    form = {"csrf": line.csrf}
    for site in ("cross-site", "same-site", "", "none2", "SAME-ORIGIN "):
        a = line.ask("GET", "/", Sec_Fetch_Site=site or None,
                     Origin="http://evil.example")
        if is_home(a):
            raise Fault("GET d'ailleurs (%s) : une page" % site)
        if site:
            a = line.ask("GET", "/", Sec_Fetch_Site=site)
            if is_home(a) or a.get("Set-Cookie"):
                raise Fault("GET %s : une page" % site)
            refused("POST " + site, line.ask(
                "POST", "/sortie", form, Sec_Fetch_Site=site))
    host = line.host
    for origin in ("http://evil.example", "null", "https://" + host, "file://",
                   "http://" + host + ".evil.example", "http://" + host + "/",
                   "http://localhost:1", "http://127.0.0.1", host, " ",
                   "http://" + host + " http://evil.example"):
        refused("Origin: " + origin,
                line.ask("POST", "/sortie", form, Origin=origin))
        refused("Origin seul: " + origin, line.ask(
            "POST", "/sortie", form, Origin=origin, Sec_Fetch_Site=None))
    # A browser always says one of the two when it writes.
    refused("POST sans Origin ni Sec-Fetch", line.ask(
        "POST", "/sortie", form, Origin=None, Sec_Fetch_Site=None))
    alive(line)


def forged_cookie(_):
    """un cookie deviné, tronqué, allongé, retourné, imposé : pas de session"""
    line = here()
    c = line.cookie
    for guess in ("0" * 32, c[:-1], c + "0", c.upper() if c.upper() != c else
                  "f" * 32, c[::-1], "", c[:16] + "\t" + c[17:], c + ";" + c[:3],
                  '"' + c + '"', "%73ceau", c[:-1] + ("0" if c[-1] != "0"
                                                      else "1")):
        a = line.ask("GET", "/", cookie="sceau=" + guess)
        if guess.startswith(c + ";"):
            continue  # two pairs: the first one is right
        if guess and is_home(a) and guess in a.get("Set-Cookie"):
            raise Fault("cookie imposé : " + guess)
        if is_home(a) and not a.get("Set-Cookie"):
            raise Fault("cookie deviné : " + guess)
    for name in ("Sceau", "sceau2", "xsceau", "__Host-sceau"):
        a = line.ask("GET", "/", cookie="%s=%s" % (name, c))
        if is_home(a) and not a.get("Set-Cookie"):
            raise Fault("un autre cookie sert de session : " + name)
    fresh = Line(line.where).ask("GET", "/", cookie=False,
                                 Sec_Fetch_Site="none")
    jar = fresh.get("Set-Cookie")
    for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
        if word not in jar:
            raise Fault("Set-Cookie sans %s : %s" % (word, jar))
    for word in ("Domain", "Expires", "Max-Age"):
        if word in jar:
            raise Fault("un cookie gardé : " + jar)
    alive(line)


def forged_token(_):
    """un formulaire sans le jeton de la page, ou avec un autre, n'écrit rien"""
    line, other = here(), here()
    if line.csrf == other.csrf or line.cookie == other.cookie:
        raise Fault("deux sessions, un seul jeton")
    if line.csrf == line.cookie:
        raise Fault("le jeton est le cookie")
    for form in ({}, {"csrf": ""}, {"csrf": other.csrf}, {"csrf": line.cookie},
                 {"csrf": line.csrf[:-1]}, {"csrf": line.csrf + "0"},
                 {"CSRF": line.csrf}, {"csrf[]": line.csrf},
                 {"csrf": line.csrf.upper() if line.csrf.upper() != line.csrf
                  else "0" * 32}):
        refused("csrf %s" % form, line.ask("POST", "/sortie", form))
    refused("csrf dans l'adresse",
            line.ask("POST", "/sortie?csrf=" + line.csrf, {}))
    refused("csrf en texte", line.ask("POST", "/sortie", "csrf=" + line.csrf,
                                      Content_Type="text/plain"))
    refused("csrf en JSON", line.ask(
        "POST", "/sortie", '{"csrf": "%s"}' % line.csrf,
        Content_Type="application/json"))
    refused("csrf sans session", line.ask("POST", "/sortie",
                                          {"csrf": line.csrf}, cookie=False))
    refused("GET qui écrit", line.ask("GET", "/sortie"), 400, 404, 405)
    alive(line)
    alive(other)
    a = line.ask("POST", "/sortie", {"csrf": line.csrf})
    if a.status != 303:
        raise Fault("la sortie : %d" % a.status)
    if is_home(line.ask("GET", "/")):
        raise Fault("la session vit après la sortie")
    alive(other)


def strange_paths(_):
    """des chemins tordus : rien du disque, rien d'ailleurs, rien ne tombe"""
    line = here()
    secret = "root:x:0"
    for target in (
            "/../../../../etc/passwd", "/s/../../../etc/passwd", "/s/..",
            "/s/%2e%2e/%2e%2e/etc/passwd", "/s/..%2f..%2fetc%2fpasswd", "/%00",
            "/s/style.css%00.html", "/s/style.css/", "/s//style.css", "//",
            "//evil.example", "//evil.example/%2e%2e", "/\\evil.example",
            "/%5cevil.example", "/%2f%2fevil.example", "/s/%ff%fe", "/%c0%ae",
            "/s/" + "a" * 127, "/s/" + "a" * 128, "/" + "a" * 4000,
            "/" + "a/" * 2000, "/?" + "a" * 5000, "/./", "/;/", "/%", "/%2",
            "/%zz", "/#a", "/<script>", "/%3Cxss-probe%3E", "/s/<xss-probe>",
            "/?a=%00", "/?a=%0d%0aSet-Cookie:%20sceau=0", "/%0d%0aX:%20y",
            "/dossier/%2e%2e", "/dossier/..", "/v1/me", "/v1/cases",
            "http://evil.example/", "http://127.0.0.1:1/", "*", "a", "",
            "evil.example:80"):
        a = line.ask("GET", target)
        if a.status == 0 or a.status >= 500:
            raise Fault("%s : %d" % (target[:80], a.status))
        to = a.get("Location")
        if to and (to.startswith("//") or not to.startswith("/")):
            raise Fault("%s mène à %s" % (target[:80], to))
        if secret in a.text or "<xss-probe" in a.text or "evil.example" in \
                to or "sceau=0" in a.get("Set-Cookie") or a.get("X"):
            raise Fault("%s : %s" % (target[:80], a.text[:200]))
        if is_home(a) and target.split("?")[0] not in (
                "/", "/./", "/#a", "//", "http://evil.example/",
                "http://127.0.0.1:1/"):
            raise Fault("%s : la page d'accueil" % target)
    for method in ("PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT", "PATCH",
                   "PROPFIND", "get"):
        a = line.ask(method, "/", body={"csrf": line.csrf})
        if a.status < 400 or a.status >= 600 or is_home(a) or \
                line.cookie in a.text:
            raise Fault("%s : %d %s" % (method, a.status, a.text[:200]))
    alive(line)


def two_readings(_):
    """une demande qui se lit de deux façons n'est lue d'aucune"""
    line = here()
    inner = "POST /sortie HTTP/1.1\r\nHost: %s\r\nCookie: sceau=%s\r\n" \
        "Content-Length: 0\r\n\r\n" % (line.host, line.cookie)
    head = "POST /sortie HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: same-origin" \
        "\r\nOrigin: http://%s\r\nCookie: sceau=%s\r\nContent-Type: " \
        "application/x-www-form-urlencoded\r\n" % (
            line.host, line.host, line.cookie)
    for more in ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "0\r\n\r\n",
                 "Content-Length: 2\r\nContent-Length: 60\r\n\r\nx=",
                 "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
                 "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"):
        raw = line.send((head + more + inner).encode())
        if raw.count(b"HTTP/1.1 ") > 1 or b" 303 " in raw[:20]:
            raise Fault("%r : %r" % (more, raw[:200]))
    alive(line)


def too_much(_):
    """trop de champs, trop de fichiers, trop long : refusé, et la suite va"""
    line = here()
    many = "&".join("a%d=1" % i for i in range(2500))
    refused("trop de champs", line.ask(
        "POST", "/sortie", many + "&csrf=" + line.csrf), 400, 403, 413, 422)
    long = "a=" + "b" * (3 << 20) + "&csrf=" + line.csrf
    refused("un champ trop long", line.ask("POST", "/sortie", long),
            400, 403, 413, 422)
    part = '--x\r\nContent-Disposition: form-data; name="f"; ' \
        'filename="%d.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n'
    token = '--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n'
    for n in (1, 70):
        body = "".join(part % i for i in range(n)) + token % line.csrf + "--x--"
        refused("%d fichiers où il n'en faut pas" % n, line.ask(
            "POST", "/sortie", body,
            Content_Type="multipart/form-data; boundary=x"), 400, 403, 413, 422)
    for kind, body in (
            ("multipart/form-data; boundary=x", "--x\r\n"),
            ("multipart/form-data", "--x--"),
            ("multipart/form-data; boundary=" + "x" * 500, "--x--"),
            ("application/x-www-form-urlencoded", "csrf=%zz"),
            ("application/x-www-form-urlencoded", "csrf=%00"),
            ("application/x-www-form-urlencoded", b"csrf=\xff\xfe"),
            ("application/xml", "<a/>")):
        refused("%s : %r" % (kind[:40], body), line.ask(
            "POST", "/sortie", body, Content_Type=kind), 400, 403, 413, 415,
            422)
    alive(line)
    # Sixteen browsers of one person; the oldest one makes room.
    lines = [here() for _ in range(18)]
    alive(lines[-1])
    if sum(is_home(x.ask("GET", "/")) and not x.ask("GET", "/").get(
            "Set-Cookie") for x in lines) < 8:
        raise Fault("les sessions se chassent trop tôt")


def marked_words(_):
    """des mots qui blesseraient une page : montrés tels quels, partout"""
    seen_marked, wrong = [], []
    line = here()
    marks = ("<xss-probe", "<img src=x")

    def each(target, a, _):
        wrong.extend(keeps_the_rules(target, a))
        if a.status >= 500:
            wrong.append("%s : %d" % (target, a.status))
        if not a.get("Content-Type").startswith("text/html"):
            return
        page = Page(a.text)
        if "xss-probe" in page.tags or any(
                m in a.text for m in marks) or any(
                n.startswith(("on", "data-xss")) or
                (n == "style") for _, n, _ in page.attributes):
            wrong.append("%s : une balise est entrée" % target)
        if "<xss-probe" in " ".join(page.words) + " ".join(
                v for _, _, v in page.attributes):
            seen_marked.append(target)
        for tag, n, to in page.targets:
            if to.startswith("#") or (local(to) and "xss" not in to and
                                      "script" not in to.split("/s/")[0]):
                continue
            wrong.append("%s : %s %s=%s" % (target, tag, n, to))
        if re.search(r"xss|Exemplaire|Melun", target, re.I):
            wrong.append("%s : des mots d'un dossier dans l'adresse" % target)
        for tag in page.tags:
            if tag in ("iframe", "embed", "object", "base", "style", "meta") \
                    and tag != "meta":
                wrong.append("%s : <%s>" % (target, tag))

    shapes = walk(line, each)
    if wrong:
        raise Fault("\n   ".join(sorted(set(wrong))[:20]))
    if not seen_marked:
        raise Fault("aucune page ne montre ces mots : le test ne voit rien")
    print("   %d sortes de pages, %d montrent les mots : %s" % (
        len(shapes), len(seen_marked), " ".join(sorted(shapes))))


def files_are_saved(_):
    """un fichier s'enregistre, ne se montre jamais, quel que soit son nom"""
    line = here()
    got = 0
    for name in ("CONTRACT", "PHOTOS"):
        document = os.environ[name]
        target = "/document/%s/contenu/1/1" % document
        a = line.ask("GET", target)
        kind = a.get("Content-Disposition")
        if a.status != 200 or not kind.startswith("attachment"):
            raise Fault("%s : %d %s" % (target, a.status, kind))
        if "sandbox" not in a.get("Content-Security-Policy") or \
                "script-src" in a.get("Content-Security-Policy"):
            raise Fault("%s : hors du bac à sable" % target)
        wrong = keeps_the_rules(target, a)
        if wrong or a.get("Set-Cookie"):
            raise Fault("\n".join(wrong) or "un cookie avec un fichier")
        # One file name, in quotes that it does not end itself.
        if not re.fullmatch(r'attachment; filename="[^"\\]*"; '
                            r"filename\*=UTF-8''[A-Za-z0-9%._~-]*", kind):
            raise Fault("un nom de fichier s'échappe : " + kind)
        got += a.body.startswith((b"%PDF", b"\xff\xd8"))
        for more in ({"Sec_Fetch_Site": "cross-site"},
                     {"Sec_Fetch_Site": "same-site"}):
            b = line.ask("GET", target, **more)
            if b.body.startswith((b"%PDF", b"\xff\xd8")):
                raise Fault("%s : donné à un autre site (%s)" % (target, more))
        for other in ("/0/1", "/1/0", "/9/1", "/1/9", "/-1/1", "/1/1/..",
                      "/1/%2e%2e", "/1/1%00", "/99999999999999999999/1"):
            refused(target + other, line.ask(
                "GET", "/document/%s/contenu%s" % (document, other)),
                400, 404, 422)
    if got != 2:
        raise Fault("ce ne sont pas les fichiers : %d" % got)
    alive(line)


def nothing_in_the_logs(_):
    """rien d'un dossier, d'une session ni d'une demande dans les journaux"""
    line = here()
    words = [MARK[:10], "Exemplaire", "Melun", line.cookie, line.csrf]
    for name in os.listdir("/run/work/log"):
        with open("/run/work/log/" + name, "rb") as f:
            text = f.read()
        for word in words:
            if word.encode() in text:
                raise Fault("« %s » est dans %s" % (word, name))


JOURNEYS = (forged_host, forged_origin, forged_cookie, forged_token,
            strange_paths, two_readings, too_much, marked_words,
            files_are_saved, nothing_in_the_logs)

if __name__ == "__main__":
    run(*JOURNEYS, browser=False)
