"""What waits for somebody's word: read on the page, signed elsewhere with the
very command that the page shows, handed in; and what must not be taken."""

import os
import re
import subprocess

from browser import run
from signing import sign

CASE = os.environ["CASE"]


def id_of(name):
    return os.environ[name]


def page_file(b, slug, id):
    """The page, saved by the browser, byte for byte what the vault says."""
    name = "%s-%s.txt" % (slug, id)
    path = os.path.join(b.saved, name)
    if not os.path.exists(path):
        b.click(name)
        b.wait_for(lambda: os.path.exists(path))
    shown = re.search(r"SHA-256 ([0-9a-f]{64})", b.text).group(1)
    found = subprocess.run(["sha256sum", path], capture_output=True, text=True,
                           check=True).stdout.split()[0]
    assert shown == found, (shown, found)
    return path


def refused(b):
    """Hand it in; the page that comes says no."""
    b.d.execute_script("window.before = true")
    b.click("Remettre la signature")
    b.wait_for(lambda: not b.d.execute_script("return window.before"))
    b.wait_for(lambda: b.all("[role=alert]"))


def the_list(desk):
    """ce qui attend la direction"""
    b = desk.at("denis")
    b.open("/")
    b.click("À décider")
    b.wait_for("Seconde signature d'un extrait")
    b.inspect("decider")
    for what in ("/decider/extrait/" + id_of("FOUR"),
                 "/decider/effacement/" + id_of("ERASURE"),
                 "/decider/regles/" + id_of("RULES"),
                 "/decider/gel/" + id_of("HOLD"),
                 "/decider/bris/" + id_of("GLASS")):
        assert b.all('a[href="%s"]' % what), what
    amelie = desk.at("amelie")
    amelie.open("/")
    assert not amelie.is_there("À décider")


def four_eyes(desk):
    """un extrait sous quatre yeux : sa propre signature, une autre clé, un
    autre espace de noms : refusés ; puis signé"""
    four = id_of("FOUR")
    c = desk.at("claire")
    c.open("/decider/extrait/" + four)
    c.wait_for("Ce qui est à signer")
    c.inspect("decider-extrait")
    own = sign(c, page_file(c, "extrait", four), "claire")
    with c.refusals():
        c.attach("Le fichier .sig", own)
        refused(c)
        assert c.sees("ne l'approuve pas") and c.sees("Signatures 0 sur 1")
        c.inspect("decider-la-sienne")
    d = desk.at("denis")
    d.open("/decider/extrait/" + four)
    path = page_file(d, "extrait", four)
    with d.refusals():
        for what, who, namespace in (("espace", "denis", "file"),
                                     ("clé", "amelie", None)):
            d.attach("Le fichier .sig", sign(d, path, who, namespace))
            refused(d)
            assert d.sees("Signatures 0 sur 1"), what
        refused(d)
        d.inspect("decider-sans-signature")
        d.attach("Le fichier .sig", "/usr/bin/true")
        refused(d)
    state = {x["extract"]: x["state"] for x in desk.sceau(
        "claire", "extract", "list", CASE)["extracts"]}
    assert state[four] == "awaiting", state
    d.open("/decider/extrait/" + four)
    d.attach("Le fichier .sig", sign(d, path, "denis"))
    d.click("Remettre la signature")
    d.wait_for("Signature enregistrée")
    assert not d.all('a[href="/decider/extrait/%s"]' % four)
    state = {x["extract"]: x["state"] for x in desk.sceau(
        "claire", "extract", "list", CASE)["extracts"]}
    assert state[four] == "released", state


def gone(desk):
    """un extrait révoqué entre-temps ne se signe plus"""
    d = desk.at("denis")
    lost = id_of("GONE")
    d.open("/decider/extrait/" + lost)
    sig = sign(d, page_file(d, "extrait", lost), "denis")
    desk.sceau("claire", "extract", "revoke", lost, "--reason", "doublon")
    with d.refusals():
        d.attach("Le fichier .sig", sig)
        refused(d)
        assert d.sees("révoqué")
        d.inspect("decider-revoque")


def spoiled(armored):
    """One symbol of it is another."""
    lines = armored.split("\n")
    lines[3] = ("a" if lines[3][0] != "a" else "b") + lines[3][1:]
    return "\n".join(lines)


def an_erasure(desk):
    """une destruction : signée, collée ; l'avis de la déléguée ne compte pas"""
    erasure = id_of("ERASURE")
    d = desk.at("denis")
    d.open("/decider/effacement/" + erasure)
    sig = sign(d, page_file(d, "effacement", erasure), "denis")
    with open(sig, encoding="ascii") as f:
        armored = f.read()
    with d.refusals():
        d.fill("Ou son texte, collé (facultatif)", spoiled(armored))
        refused(d)
        pasted = d.named("Ou son texte, collé (facultatif)", "textarea")
        assert "SSH SIGNATURE" in pasted.get_attribute("value")
    d.fill("Ou son texte, collé (facultatif)", armored)
    d.click("Remettre la signature")
    d.wait_for("Signatures : 1 sur 2")
    d.inspect("decider-effacement")
    with d.refusals():
        d.fill("Ou son texte, collé (facultatif)", armored)
        refused(d)
        assert d.sees("Signatures 1 sur 2")
    o = desk.at("dora")
    o.open("/decider/effacement/" + erasure)
    o.attach("Le fichier .sig",
             sign(o, page_file(o, "effacement", erasure), "dora"))
    o.click("Remettre la signature")
    o.wait_for("un avis, qui ne compte pas")
    assert o.sees("Signatures 1 sur 2")
    o.inspect("decider-avis")


def rules(desk):
    """des règles : deux signatures, puis en vigueur"""
    proposal = id_of("RULES")
    for who in ("denis", "claire"):
        b = desk.at(who)
        b.open("/decider/regles/" + proposal)
        assert not b.is_there("Mettre en vigueur")
        b.attach("Le fichier .sig",
                 sign(b, page_file(b, "regles", proposal), who))
        b.click("Remettre la signature")
        b.wait_for("Signature enregistrée")
    b.inspect("decider-regles")
    b.click("Mettre en vigueur")
    b.wait_for("En vigueur : règles version 2026112399")
    assert desk.sceau("denis", "policy", "show")["generation"] == 2


def a_hold(desk):
    """la levée d'un gel"""
    hold = id_of("HOLD")
    for who in ("denis", "claire"):
        b = desk.at(who)
        b.open("/decider/gel/" + hold)
        b.attach("Le fichier .sig", sign(b, page_file(b, "gel", hold), who))
        b.click("Remettre la signature")
        b.wait_for("Signature enregistrée")
    assert not b.all('a[href="/decider/gel/%s"]' % hold)


def a_broken_glass(desk):
    """un bris de glace, examiné"""
    d = desk.at("denis")
    d.open("/decider/bris/" + id_of("GLASS"))
    d.wait_for("Ce bris de glace était")
    d.inspect("decider-bris")
    d.choose("Ce bris de glace était", "justifié")
    d.fill("Pourquoi", "le ménage était à la rue")
    d.click("Enregistrer l'examen")
    d.wait_for("Bris de glace examiné : justifié")
    with d.refusals():
        d.open("/decider/bris/" + id_of("GLASS"))
        d.wait_for("n'existe pas")


def the_clock(desk):
    """une horloge crue : rien à signer"""
    d = desk.at("denis")
    d.open("/decider/horloge")
    d.wait_for("crue")
    assert not d.is_there("L'heure de la machine est juste")
    d.inspect("decider-horloge")


def not_theirs(desk):
    """ce qui n'est pas à soi ne se lit ni ne se signe"""
    a = desk.at("amelie")
    with a.refusals():
        for path in ("effacement/" + id_of("ERASURE"), "autre/" + "a" * 26,
                     "regles/" + "a" * 26, "extrait", "horloge/" + "a" * 26):
            a.open("/decider/" + path)
            assert not a.is_there("Remettre la signature"), path


run(the_list, four_eyes, gone, an_erasure, a_hold, rules, a_broken_glass,
    the_clock, not_theirs)
