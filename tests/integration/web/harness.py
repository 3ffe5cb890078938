"""Faults planted in small pages: the harness must see each of them, and must
not see any in a sound page."""

import http.server
import threading

from browser import AXE, Browser, Fault, run

POLICY = ("default-src 'none'; style-src 'self'; script-src 'self'; "
          "img-src 'self'; connect-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'")
SOUND = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HEAD = """<!doctype html><html lang="fr"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Essai</title>
<link rel="icon" href="/icon.png"><link rel="stylesheet" href="/a.css">%s
</head><body><main><h1>Essai</h1>%s</main></body></html>"""
FORM = """<form method="post" action="/sent" autocomplete="off">
<p><label for="n">Nom</label> <input id="n" name="n"></p>
<p><label for="k">Nature</label> <select id="k" name="k"><option>Pièce</option>
<option>Contrat</option></select></p>
<fieldset><legend>Sam</legend><label><input type="checkbox" name="a"> oui
</label></fieldset><fieldset><legend>Alix</legend><label><input type="checkbox"
name="b"> oui</label></fieldset>
<p><label for="f">Fichiers</label> <input id="f" type="file" name="f"
multiple></p><p><button>Envoyer</button></p></form>"""
STYLE = ":focus-visible { outline: 3px solid #036 } body { max-width: 40rem }"

PAGES = {
    "/sound": ("", FORM + '<p id="s">sans</p><a href="/file">Le fichier</a>'
               '<script src="/a.js"></script>'),
    "/sent": ("", "<p>Bien reçu</p>"),
    "/inline": ("<script>1</script>", ""),
    "/abroad": ("", '<img alt="" src="http://127.0.0.9:9/x">'),
    "/label": ("", '<input name="x" autocomplete="off">'),
    "/faint": ('<link rel="stylesheet" href="/faint.css">', "<p>gris</p>"),
    "/large": ("", '<p id="wide">long</p><link rel="stylesheet" '
               'href="/wide.css">'),
    "/heavy": ("", "<p>%s</p>" % ("lourd " * 20000)),
    "/throws": ("", '<script src="/throws.js"></script>'),
    "/on": ("", '<p onclick="x()">x</p>'),
    "/kept": ("", '<form><label>Nom <input name="n"></label></form>'),
    "/two": ("", "<h1>Encore</h1>"),
    "/unseen": ('<link rel="stylesheet" href="/unseen.css">', FORM),
    "/bare": ("", ""),
    "/stored": ("", ""),
    "/twice": ("", "<button>Oui</button><button>Oui</button>"),
}
FILES = {
    "/a.css": ("text/css", STYLE),
    "/faint.css": ("text/css", "p { color: #bbb }"),
    "/wide.css": ("text/css", "#wide { width: 700px }"),
    "/unseen.css": ("text/css", "#n:focus { outline: none }"),
    "/a.js": ("text/javascript",
              "document.getElementById('s').textContent = 'avec'"),
    "/throws.js": ("text/javascript", "throw new Error('planté')"),
    "/icon.png": ("image/png", ""),
}


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    received = b""

    def do_GET(self):
        path = self.path.split("?")[0]
        headers = dict(SOUND)
        status = 200
        if path in PAGES:
            kind, body = "text/html; charset=utf-8", HEAD % PAGES[path]
        elif path in FILES:
            kind, body = FILES[path]
        elif path == "/pdf":
            kind, body = "application/pdf", "%PDF-1.4"
        elif path == "/file":
            kind, body = "application/pdf", "%PDF-1.4 fichier"
            headers["Content-Disposition"] = "attachment; filename=f.pdf"
        else:
            kind, body, status = "text/html", HEAD % ("", "non"), 500
        if path == "/bare":
            headers = {}
        if path == "/stored":
            headers["Cache-Control"] = "max-age=60"
        self.answer(status, kind, body, headers)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        Pages.received = self.rfile.read(length)
        self.do_GET()

    def answer(self, status, kind, body, headers):
        content = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_port


def at(desk):
    if "essai" not in desk.browsers:
        desk.browsers["essai"] = Browser(desk, "essai", [ORIGIN])
    return desk.browsers["essai"]


def caught(b, word, doing):
    """doing() must be a fault that says the word."""
    try:
        doing()
        b.inspect("plante")
    except Fault as e:
        if word not in str(e):
            raise Fault("au lieu de « %s » : %s" % (word, e)) from e
        b.faults.clear()
        return
    raise Fault("rien vu : " + word)


def a_sound_page(desk):
    """une page saine : rien à dire ; cliquer, remplir, cocher, joindre"""
    b = at(desk)
    b.open("/sound")
    b.inspect("essai")
    assert b.sees("avec") and 0 < b.first_byte_ms < 1000, b.first_byte_ms
    b.fill("Nom", "Élodie")
    b.choose("Nature", "Contrat")
    b.tick("oui", within="Alix")
    b.attach("Fichiers", "/etc/hostname")
    b.click("Envoyer")
    b.wait_for("Bien reçu")
    got = Pages.received.decode()
    assert b.clicks == 4, b.clicks
    for words in ("%C3%89lodie", "k=Contrat", "b=on", "f=hostname"):
        assert words in got, got
    assert "a=on" not in got, got


def by_keys(desk):
    """au clavier seul"""
    b = at(desk)
    b.open("/sound")
    k = b.keyboard()
    k.to("Nom").type("Noé").to("Envoyer").enter()
    b.wait_for("Bien reçu")
    assert b"No%C3%A9" in Pages.received, Pages.received


def without_scripts(desk):
    """sans JavaScript"""
    b = at(desk)
    b.scripts(False)
    b.open("/sound")
    assert b.sees("sans")
    b.fill("Nom", "Zoé")
    b.click("Envoyer")
    b.wait_for("Bien reçu")
    b.scripts(True)
    b.open("/sound")
    b.wait_for("avec")


def saved(desk):
    """un fichier enregistré, pas montré"""
    b = at(desk)
    b.click("Le fichier")
    with open(b.downloads()[0], "rb") as f:
        assert f.read() == b"%PDF-1.4 fichier"
    assert b.path == "/sound"


def planted(desk):
    """chaque faute plantée est vue"""
    b = at(desk)
    rows = {
        "/inline": "Content Security Policy", "/abroad": "ailleurs",
        "/heavy": "pèse", "/throws": "planté", "/on": "event handler",
        "/two": "un seul h1", "/kept": "garderait", "/large": "déborde", "/bare": "content-security-policy",
        "/stored": "no-store", "/pdf": "un PDF comme page", "/none": "500",
    }
    if AXE:
        rows.update({"/label": "label", "/faint": "color-contrast"})
    for path, word in rows.items():
        caught(b, word, lambda p=path: b.open(p))
    with b.refusals():
        b.open("/none")
    b.open("/unseen")
    caught(b, "ne se voit pas", lambda: b.keyboard().to("Nom"))
    b.open("/twice")
    caught(b, "2 fois", lambda: b.click("Oui"))


def searched(desk):
    """ce que le navigateur laisse est fouillé"""
    b = at(desk)
    b.open("/sound?n=Canari+Exemple")
    caught(b, "Canari", lambda: b.quit(["Canari Exemple"]))
    b = at(desk)
    b.open("/sound")
    b.quit(["Serin Exemple"])


def asked_of_the_shell(desk):
    """le script répond à la page"""
    desk.shell("echo demandé >/run/work/out/demande")
    with open("/run/work/out/demande", encoding="utf-8") as f:
        assert f.read() == "demandé\n"



ORIGIN = serve()
run(a_sound_page, by_keys, without_scripts, saved, planted, searched,
    asked_of_the_shell)
