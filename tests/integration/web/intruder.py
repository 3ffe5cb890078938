"""The console in Chromium, among people's words that would hurt a page, and
while what it stands on goes away; and at the end, all that the browser has
left on the disk of the desk."""

import contextlib

from browser import Fault, run
from line import Line, shape, walk
from selenium.common.exceptions import WebDriverException

WHO = "amelie"
TYPED = "Canarine Tapée-Au-Clavier"
words = []  # to be found nowhere when the browser has ended


def marked_pages(desk):
    """Addresses of pages that show the words, two of each shape."""
    found = {}

    def each(target, a, _):
        if a.status == 200 and "xss-probe" in a.text and a.get(
                "Content-Type").startswith("text/html"):
            found.setdefault(shape(target), []).append(target)

    line = Line(desk.ports[WHO])
    line.enter()
    words.extend([line.cookie, line.csrf])
    walk(line, each, per_shape=4)
    return [t for targets in found.values() for t in targets[:2]]


def stored_words(desk):
    """des mots piégés, dans un navigateur qui les exécuterait"""
    b = desk.at(WHO)
    b.open("/")
    cookie = b.d.get_cookie("sceau")
    words.append(cookie["value"])
    if not cookie["httpOnly"] or cookie["sameSite"] != "Strict" or \
            "expiry" in cookie:
        raise Fault("le cookie : %s" % cookie)
    if "sceau" in b.d.execute_script("return document.cookie"):
        raise Fault("un script lit le cookie")
    targets = marked_pages(desk)
    for target in targets:
        b.open(target)
        b.look()
        if b.all("xss-probe, [data-xss-probe], [onerror], img[src='x'], "
                 "script:not([src])"):
            raise Fault("%s : une balise est entrée" % target)
        if b.d.execute_script(
                "return localStorage.length + sessionStorage.length"):
            raise Fault("%s garde quelque chose dans le navigateur" % target)
    print("   %d pages montrent ces mots" % len(targets))


def typed_words(desk):
    """ce que l'on tape ne va ni dans une adresse ni dans l'historique"""
    b = desk.at(WHO)
    words.append(TYPED)
    b.open("/")
    b.click("Rechercher")
    b.fill("Nom, commune ou référence", TYPED)
    b.press_enter()
    b.wait_for("0 dossiers trouvés")
    b.look()
    for _, url in b.requests:
        if "Canarine" in url or "Tap%C3%A9e" in url:
            raise Fault("dans l'adresse : " + url)


def a_sealed_vault(desk):
    """coffre scellé, arrêté, rouvert : la page le dit, la session continue"""
    b = desk.at(WHO)
    with b.refusals():
        desk.shell("as claire sceau seal")
        b.open("/")
        b.wait_for("dépositaire")
        b.inspect("coffre-scelle")
        desk.shell("stop daemon")
        b.open("/")
        b.wait_for("Rien n'a été perdu")
        b.inspect("coffre-arrete")
    desk.shell("start_daemon; unseal")
    b.open("/")
    b.wait_for("Mes dossiers")
    assert b.d.get_cookie("sceau")["value"] in words, "une autre session"


def a_cut_line(desk):
    """ligne coupée puis rétablie : la même session"""
    b = desk.at(WHO)
    desk.shell("web_break amelie")
    with b.refusals(), contextlib.suppress(WebDriverException):
        b.open("/")
        raise Fault("la page s'est ouverte sans ligne")
    desk.shell("web_line amelie")
    b.wait_for(lambda: b.open("/").sees("Mes dossiers"))
    assert b.d.get_cookie("sceau")["value"] in words, "une autre session"


def a_killed_console(desk):
    """console tuée : une autre prend la prise, et demande d'entrer"""
    b = desk.at(WHO)
    desk.shell("stop web-amelie KILL; web_serve amelie")
    # A connection that Chromium had kept open ends first: loaded once more.
    b.wait_for(lambda: b.open("/").sees("La session s'est fermée"))
    b.inspect("session-fermee")
    b.click("Entrer")
    b.wait_for("Mes dossiers")
    words.append(b.d.get_cookie("sceau")["value"])


def what_is_left(desk):
    """rien d'un dossier ne reste sur le disque du poste"""
    b = desk.at(WHO)
    b.quit([w for w in words if w] + ["Exemplaire", "xss-probe", "Melun",
                                      "Reçue à domicile"])


if __name__ == "__main__":
    run(stored_words, typed_words, a_sealed_vault, a_cut_line,
        a_killed_console, what_is_left)
