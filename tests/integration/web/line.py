"""A client of the console that is no browser: bytes on a connection, and what
comes back, read strictly. And a walk over all pages that a person's links
lead to, with the rules that every answer must keep."""

import glob
import html.parser
import itertools
import os
import re
import socket
import urllib.parse

TIMEOUT_S = 20
ANSWER_MAX = 64 << 20
PAGES_MAX = 400

POLICY = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'",
          "form-action '")


class Answer:
    def __init__(self, raw):
        self.raw = raw
        head, _, rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        self.status = int(parts[1]) if len(parts) > 1 else 0
        self.headers = [tuple(s.strip() for s in line.split(":", 1))
                        for line in lines[1:] if ":" in line]
        if "chunked" in self.get("Transfer-Encoding"):
            rest = unchunked(rest)
        self.body = rest

    def get(self, name):
        """All values of a header, joined."""
        return ", ".join(v for n, v in self.headers
                         if n.lower() == name.lower())

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


def unchunked(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        n = int(size.split(b";")[0] or b"0", 16)
        out += data[:n]
        data = data[n + 2:]
        if n == 0:
            break
    return out


class Line:
    """The console at a port, or at the path of a socket."""

    def __init__(self, where):
        self.where = where
        self.host = "127.0.0.1:%s" % where if str(where).isdigit() else \
            "localhost"
        self.cookie = None
        self.csrf = None

    def connect(self):
        if str(self.where).isdigit():
            return socket.create_connection(("127.0.0.1", int(self.where)),
                                            timeout=TIMEOUT_S)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(TIMEOUT_S)
        s.connect(self.where)
        return s

    def send(self, data):
        """Bytes; all that comes back until the other end closes."""
        with self.connect() as s:
            try:
                s.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before its end: the answer may be there
            got = b""
            try:
                while len(got) < ANSWER_MAX:
                    more = s.recv(1 << 16)
                    if not more:
                        break
                    got += more
            except ConnectionResetError:
                pass
            return got

    def ask(self, method, target, body=None, cookie=True, host=None, **more):
        """One request as a browser's own page would send it; more replaces
        or, with None, removes a header ("_" for "-")."""
        h = {"Host": host if host is not None else self.host,
             "Connection": "close",
             "Sec-Fetch-Site": "same-origin"}
        if method not in ("GET", "HEAD"):
            h["Origin"] = "http://" + h["Host"]
            h["Content-Type"] = "application/x-www-form-urlencoded"
        if cookie is True and self.cookie:
            h["Cookie"] = "sceau=" + self.cookie
        elif isinstance(cookie, str):
            h["Cookie"] = cookie
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            h["Content-Length"] = str(len(body))
        for name, value in more.items():
            name = name.replace("_", "-")
            h.pop(name, None)
            if value is not None:
                h[name] = value
        head = "%s %s HTTP/1.1\r\n" % (method, target)
        head += "".join("%s: %s\r\n" % i for i in h.items() if i[1] != "")
        data = head.encode("utf-8", "surrogateescape") + b"\r\n"
        return Answer(self.send(data + (body or b"")))

    def enter(self, **more):
        """A session, as a browser at the first page gets it."""
        a = self.ask("GET", "/", cookie=False, Sec_Fetch_Site="none", **more)
        self.take_cookie(a)
        if a.status == 303:
            a = self.ask("GET", a.get("Location"))
        return self.take_csrf(a)

    def take_cookie(self, a):
        found = re.search(r"sceau=([0-9a-f]{32})", a.get("Set-Cookie"))
        if found:
            self.cookie = found.group(1)
        return a

    def take_csrf(self, a):
        found = re.search(r'name="?csrf"? value="([0-9a-f]+)"', a.text)
        if found:
            self.csrf = found.group(1)
        return a


class Page(html.parser.HTMLParser):
    """What a page names and has."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.targets, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        a = dict(attributes)
        self.attributes += [(tag, n, v or "") for n, v in attributes]
        for n in ("href", "src", "action", "formaction", "poster", "data"):
            if n in a:
                self.targets.append((tag, n, a[n] or ""))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def links(self):
        return [v for tag, n, v in self.targets if (tag, n) == ("a", "href")]


def keeps_the_rules(target, a):
    """What is wrong with an answer, whatever it is an answer to."""
    wrong = []
    policy = a.get("Content-Security-Policy")
    for part in POLICY:
        if part not in policy:
            wrong.append("sans %s" % part)
    if "unsafe" in policy or "http:" in policy or "*" in policy:
        wrong.append("règle trop large : " + policy)
    if "no-store" not in a.get("Cache-Control"):
        wrong.append("sans no-store")
    if a.get("X-Content-Type-Options") != "nosniff":
        wrong.append("sans nosniff")
    if a.get("Referrer-Policy") not in ("no-referrer", "same-origin"):
        wrong.append("sans Referrer-Policy")
    if not a.get("Content-Type") and a.body:
        wrong.append("sans type")
    if a.get("Content-Type").startswith("text/") and \
            "charset=utf-8" not in a.get("Content-Type").lower().replace(
                " ", "") and not a.get("Content-Disposition") and \
            a.get("Content-Type") not in ("text/css", "text/javascript"):
        wrong.append("sans jeu de caractères")
    to = a.get("Location")
    if to and (not to.startswith("/") or to.startswith("//")):
        wrong.append("mène ailleurs : " + to)
    wrong += served_type(a)
    return ["%s : %s" % (target, w) for w in wrong]


def served_type(a):
    """Pages, scripts, styles and icons of ours are shown; whatever else comes
    out of the vault is saved, in a sandbox."""
    kind = a.get("Content-Type").split(";")[0].strip()
    if not a.body or a.status >= 300 or kind in (
            "text/html", "text/css", "text/javascript", "application/json",
            "image/svg+xml", "image/png", "image/jpeg", "text/plain",
            "application/javascript"):
        return []
    wrong = []
    if not a.get("Content-Disposition").startswith("attachment"):
        wrong.append("%s n'est pas à enregistrer" % kind)
    if "sandbox" not in a.get("Content-Security-Policy"):
        wrong.append("%s hors du bac à sable" % kind)
    return wrong


def local(link):
    """The path and query of a link of ours; None of another."""
    parts = urllib.parse.urlsplit(link)
    if parts.scheme or parts.netloc or not link.startswith("/"):
        return None
    return parts.path + ("?" + parts.query if parts.query else "")


def shape(path):
    """A path with its ids taken out: one for each kind of page."""
    path = path.split("?")[0]
    return re.sub(r"/[a-z2-7]{26}(?=/|$)|/[0-9A-Z]{4}-[0-9A-Z]{3}(?=/|$)"
                  r"|/\d+(?=/|$)", "/%", path)


def routes():
    """The patterns of the pages in the console's tables, "/dossier/%"."""
    folder = os.path.join(os.environ["TOP"], "client/web")
    for path in sorted(glob.glob(folder + "/*.c")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        named = dict(re.findall(r'#define (\w+)\s+"(/[^"]*)"', text))
        for words in re.findall(r'\{\s*"GET",\s*([^,]*),', text):
            yield "".join(named.get(w, w.strip('"')) for w in words.split())


def tries():
    """Addresses that links need not lead to here: each pattern with each id
    that the scene has, a case where a case stands. What is not there answers
    404."""
    others = [os.environ[n] for n in (
        "CONTRACT", "PHOTOS", "EXTRACT", "ERASURE", "REQUEST")
        if os.environ.get(n)]
    case = [os.environ["CASE"]] if os.environ.get("CASE") else []
    for pattern in routes():
        if pattern.startswith("/s/"):
            continue
        of_case = pattern.startswith(("/dossier/%", "/droits/%"))
        rest = pattern.count("%") - of_case
        for chosen in itertools.permutations(others, rest):
            left = iter(case + list(chosen) if of_case else chosen)
            yield re.sub("%", lambda _: next(left), pattern)


def walk(line, each, per_shape=6):
    """Every page that links lead to, then those that tries() finds:
    each(target, answer, linked) for each, at most per_shape of one shape.
    What was seen, by shape."""
    seen, shapes = set(), {}
    follow(line, each, ["/"], True, per_shape, seen, shapes)
    for target in tries():
        if target not in seen and line.ask("GET", target).status == 200:
            follow(line, each, [target], False, per_shape, seen, shapes)
    return shapes


def follow(line, each, waiting, linked, per_shape, seen, shapes):
    while waiting and len(seen) < PAGES_MAX:
        target = waiting.pop(0)
        if target in seen:
            continue
        seen.add(target)
        if shapes.get(shape(target), 0) >= per_shape:
            continue
        shapes[shape(target)] = shapes.get(shape(target), 0) + 1
        a = line.ask("GET", target)
        each(target, a, linked)
        if not a.get("Content-Type").startswith("text/html"):
            continue
        for link in Page(a.text).links:
            link = local(link)
            if link is not None:
                waiting.append(link)
