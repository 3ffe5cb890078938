"""A glass broken from the refusal on, and acts that are signed at that
moment: with the very command that the page shows; and what must not do."""

import os
import re

from browser import Fault, run
from signing import pressed, sign

CASE = os.environ["CASE"]
CONTRACT = os.environ["CONTRACT"]
REASON = "Le ménage est à la rue ce soir, l'équipe est injoignable."
PASTE = "Ou son texte, collé (facultatif)"
SIGN = "Remettre la signature et faire l'acte"


def statement(b):
    """The text, saved by the browser: byte for byte what the page shows."""
    name = next(e.text for e in b.all("a[download]"))
    path = os.path.join(b.saved, name)
    b.click(name)
    b.wait_for(lambda: os.path.exists(path))
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert text == b.first("pre.sheet").get_attribute("textContent"), text
    return path, text


def hand_in(b, file):
    b.attach("Le fichier .sig", file)
    pressed(b, SIGN)


def glasses(desk, who="denis"):
    return desk.sceau(who, "case", "glass-list")["break_glass"]


def the_refusal(desk):
    """un refus mène au bris de glace ; son nom n'est pas dans l'adresse"""
    b = desk.at("dora")
    with b.refusals():
        b.open("/dossier/" + CASE)
        assert not b.is_there(re.compile("bris de glace"))
        b.tick("Contrôle interne")
        pressed(b, "Continuer")
        assert b.sees("ne permet pas cela")
        b.inspect("urgence-refus")
        b.click(re.compile("^Le bris de glace ouvre"))
        b.wait_for("Pourquoi il faut l'ouvrir maintenant")
    assert b.path == "/dossier/%s/urgence" % CASE, b.path
    for words in ("30 minutes", "Toute l'équipe du dossier voit votre nom",
                  "dans les 7 jours"):
        assert b.sees(words), words
    b.inspect("urgence")
    with b.refusals():
        b.d.execute_script("document.querySelector('main form').noValidate = 1")
        pressed(b, "Préparer la déclaration")
        assert b.sees("il manque une réponse")
        b.inspect("urgence-vide")
        # A document does not say whose it is.
        b.open("/document/" + CONTRACT)
        b.tick("Contrôle interne")
        pressed(b, "Continuer")
        b.click(re.compile("^Le bris de glace ouvre"))
        b.wait_for("Référence du dossier à ouvrir")
        b.inspect("urgence-quel-dossier")
    b.fill("Référence du dossier à ouvrir", CASE)
    pressed(b, "Continuer")
    assert b.path == "/dossier/%s/urgence" % CASE, b.path
    # Who may not is not offered it, and does not get it by the address.
    a = desk.at("amelie")
    with a.refusals():
        a.open("/dossier/" + os.environ["OTHER"])
        assert not a.is_there(re.compile("bris de glace"))
        a.open("/dossier/%s/urgence" % CASE)
        a.fill("Pourquoi il faut l'ouvrir maintenant", REASON)
        pressed(a, "Préparer la déclaration")
        assert a.sees("aucune règle ne le permet"), a.text
        assert not a.is_there(SIGN)


def wrong_signatures(desk):
    """la clé d'une autre, un autre espace, rien, un autre texte : refusés"""
    b = desk.at("dora")
    b.open("/dossier/%s/urgence" % CASE)
    b.fill("Pourquoi il faut l'ouvrir maintenant", REASON)
    with b.refusals():
        pressed(b, "Préparer la déclaration")
        b.wait_for("Rien n'a été fait encore")
        assert "operation break-glass\n" in statement(b)[1]
        b.inspect("urgence-declaration")
        for who, namespace in (("denis", None), ("dora", "sceau-approval")):
            path, _ = statement(b)
            hand_in(b, sign(b, path, who, namespace))
            assert b.all("[role=alert]"), (who, namespace)
        path, _ = statement(b)
        earlier = sign(b, path, "dora")
        pressed(b, SIGN)
        assert b.sees("n'est pas celle de cette déclaration")
        b.inspect("urgence-sans-signature")
        # The signature of another statement.
        hand_in(b, earlier)
        assert b.sees("n'est pas celle de cette déclaration")
        hand_in(b, "/usr/bin/true")
        assert b.all("[role=alert]")
    assert glasses(desk) == [], glasses(desk)


def broken(desk):
    """signée, la déclaration ouvre le dossier, une fois, au vu de tous"""
    b = desk.at("dora")
    path, text = statement(b)
    with open(sign(b, path, "dora"), encoding="ascii") as f:
        armored = f.read()
    b.fill(PASTE, armored)
    fields = b.d.execute_script(
        "return [...new FormData(document.querySelector('main form'))]")
    pressed(b, SIGN)
    b.wait_for("Le dossier vous est ouvert jusqu'au")
    assert b.path == "/dossier/" + CASE and b.sees("Glace brisée par dora")
    b.inspect("urgence-ouvert")
    assert len(glasses(desk)) == 1
    assert REASON not in "".join(u for _, u in b.requests)
    # The same form once more: a statement is used up.
    with b.refusals():
        b.d.execute_script("""
            const f = document.createElement('form');
            f.method = 'post'; f.enctype = 'multipart/form-data';
            f.action = arguments[1];
            for (const [n, v] of arguments[0]) {
                const i = document.createElement('input');
                i.type = 'hidden'; i.name = n;
                if (typeof v === 'string') { i.value = v; f.append(i); }
            }
            document.body.append(f); f.submit()""",
            fields, "/dossier/%s/urgence" % CASE)
        b.wait_for("Rien n'a été fait encore")
        assert b.all("[role=alert]")
    assert len(glasses(desk)) == 1
    b.open("/document/" + CONTRACT)
    b.wait_for("Contrat d'engagement")
    b.inspect("urgence-document")
    assert b.all("a[href*='/contenu/']")
    a = desk.at("amelie")
    a.open("/dossier/" + CASE)
    a.wait_for("Glace brisée par dora")


def reviewed(desk):
    """qui l'a brisée ne l'examine pas ; quelqu'un d'autre le fait"""
    glass = glasses(desk)[0]["break_glass"]
    d = desk.at("denis")
    d.open("/decider")
    d.click("Examiner")
    d.wait_for("Ce bris de glace était")
    d.choose("Ce bris de glace était", "justifié")
    d.fill("Pourquoi", "vu avec l'équipe le lendemain")
    d.click("Enregistrer l'examen")
    d.wait_for("Bris de glace examiné : justifié")
    assert glasses(desk) == [], glass
    b = desk.at("dora")
    with b.refusals():
        b.open("/document/" + CONTRACT)
        b.wait_for("ne permet pas cela")


def a_disclosure(desk):
    """transmettre, signé : pour ce que l'extrait doit servir, une fois"""
    def register():
        return len(desk.sceau("claire", "extract", "list", CASE)["extracts"])

    d = desk.at("claire")
    before = register()
    d.open("/dossier/%s/transmettre" % CASE)
    for o in d.all("option", d.named("À qui, pour quoi", "select")):
        if o.text.startswith("Caisse d'allocations familiales") and \
                "aide au logement" in o.text:
            o.click()
            break
    pressed(d, "Voir ce qui partirait")
    with d.refusals():
        d.press(d.named("Transmettre", "button", d.first("main")))
        d.wait_for("Rien n'a été fait encore")
        path, text = statement(d)
        assert "operation extract-release\n" in text, text
        assert "purpose maintien-aide-logement\n" in text, text
        assert register() == before
        hand_in(d, sign(d, path, "claire"))
    assert register() == before + 1, d.text


def other_acts(desk):
    """un autre acte signé, sans script : rouvrir"""
    desk.sceau("claire", "case", "close", CASE, "--outcome", "injoignable", "--force", "essai")
    c = desk.at("claire")
    c.open("/dossier/%s/rouvrir" % CASE)
    c.fill("Pourquoi il est rouvert", "Le ménage revient.")
    c.scripts(False)
    with c.refusals():
        pressed(c, "Rouvrir le dossier")
        c.wait_for("Rien n'a été fait encore")
        path, text = statement(c)
        assert "operation case-reopen\nobject %s\n" % CASE in text, text
        hand_in(c, sign(c, path, "claire"))
    c.scripts(True)
    c.wait_for("Le dossier est rouvert.")
    assert desk.sceau("claire", "case", "show", CASE)["state"] == "open"


def late(desk):
    """une déclaration d'avant un redémarrage du coffre ne vaut plus"""
    desk.sceau("claire", "case", "close", CASE, "--outcome", "injoignable", "--force", "essai")
    c = desk.at("claire")
    c.open("/dossier/%s/rouvrir" % CASE)
    c.fill("Pourquoi il est rouvert", "Encore.")
    with c.refusals():
        pressed(c, "Rouvrir le dossier")
        path, _ = statement(c)
        signature = sign(c, path, "claire")
        desk.shell("stop daemon; start_daemon; wait_until is_open")
        hand_in(c, signature)
        if not c.all("[role=alert]"):
            raise Fault("prise : " + c.text)
    assert desk.sceau("claire", "--purpose", "controle-interne", "case",
                      "show", CASE)["state"] == "closed"


run(the_refusal, wrong_signatures, broken, reviewed, a_disclosure,
    other_acts, late)
