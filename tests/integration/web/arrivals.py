"""What partners handed in, and what recipients have to be told."""

import os

from browser import run

CASE = os.environ["CASE"]


def waits(desk):
    """ce qui est arrivé"""
    b = desk.at("amelie")
    b.open("/")
    b.click("Arrivées")
    b.wait_for("Ce que les partenaires ont déposé")
    b.inspect("arrivees")
    assert b.sees("application/pdf") and b.sees("à examiner")


def taken(desk):
    """regardé comme un fichier, refusé à un dossier inconnu, versé au sien"""
    one = os.environ["ONE"]
    b = desk.at("amelie")
    b.open("/arrivees/" + one)
    b.wait_for("Un dépôt")
    b.inspect("arrivee")
    b.click("Enregistrer pour le regarder")
    saved = os.path.join(b.saved, "depot-%s.bin" % one)
    b.wait_for(lambda: os.path.exists(saved))
    with open(saved, "rb") as f, open(
            "/run/work/out/avis.pdf", "rb") as g:
        assert f.read() == g.read()
    b.open("/arrivees/" + one)
    b.choose("Comme quelle sorte de pièce", "Pièce justificative")
    with b.refusals():
        b.fill("Dossier", os.environ["OTHER"])
        b.click("Verser au dossier")
        b.wait_for(lambda: b.all("[role=alert]"))
        e = b.named("Dossier", "input")
        assert e.get_attribute("value") == os.environ["OTHER"]
        b.inspect("arrivee-refusee")
    b.fill("Dossier", CASE)
    b.click("Verser au dossier")
    b.wait_for("Dépôt versé au dossier")
    with b.refusals():
        b.open("/arrivees/" + one)
        assert not b.is_there("Verser au dossier")


def rejected(desk):
    """refusé, avec un motif que le partenaire lit"""
    b = desk.at("amelie")
    b.open("/arrivees/" + os.environ["TWO"])
    b.fill("Motif du refus", "illisible : à remettre en PDF")
    b.click("Refuser")
    b.wait_for("illisible : à remettre en PDF")
    states = {s["submission"]: s["state"] for s in desk.sceau(
        "amelie", "submission", "list")["submissions"]}
    assert states[os.environ["TWO"]] == "rejected", states


def accepted(desk):
    """accepté, puis retiré de la quarantaine"""
    b = desk.at("amelie")
    b.open("/arrivees/" + os.environ["THREE"])
    b.click("Accepter")
    b.wait_for("Dépôt : accepté")
    b.open("/arrivees/" + os.environ["THREE"])
    b.inspect("arrivee-acceptee")
    b.click("Retirer")
    b.wait_for("Dépôt : retiré")


def told(desk):
    """un destinataire est prévenu, et c'est inscrit"""
    b = desk.at("amelie")
    b.open("/arrivees")
    # The one of a recipient without a door: who has one answers there.
    b.wait_for("solidarité")
    rows = [r for r in b.all("li, tr") if "solidarité" in r.text and
            b.all('a[href^="/arrivees/notice/"]', r)]
    b.press(b.all('a[href^="/arrivees/notice/"]', rows[0])[0])
    b.wait_for("Une notice")
    b.inspect("notice")
    with b.refusals():
        b.choose("Ce qu'elle est devenue", "impossible")
        b.click("Inscrire la suite")
        b.wait_for(lambda: b.all("[role=alert]"))
    b.choose("Ce qu'elle est devenue", "remise au destinataire")
    b.click("Inscrire la suite")
    b.wait_for("Notice : remise")


def nobody_elses(desk):
    """ce qui n'est pas là n'existe pas"""
    b = desk.at("amelie")
    with b.refusals():
        for path in ("/arrivees/" + "a" * 26, "/arrivees/notice/" + "a" * 26):
            b.open(path)
            b.wait_for("n'existe pas")


run(waits, taken, rejected, accepted, told, nobody_elses)
