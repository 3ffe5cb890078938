"""The case: found, opened, read, told of, corrected."""

import os
import re

from browser import run
from line import Line

CASE = os.environ["CASE"]
CANARIES = ("Exemplaire", "Marguerite", "Zoé Témoin-Canari", "Reçue à domicile",
            "Canari-sur-Marne")


def search_by_keys(desk):
    """chercher sans accent et ouvrir, au clavier seul"""
    b = desk.at("amelie")
    b.open("/rechercher")
    b.inspect("rechercher")
    k = b.keyboard()
    k.to("Nom, commune ou référence").type("MARGUE exemp").enter()
    b.wait_for("1 dossier trouvé")
    assert b.path == "/rechercher" and "exemp" not in b.d.current_url
    b.inspect("rechercher-trouve")
    assert b.sees("Marguerite Exemplaire") and b.sees("1979"), b.text
    k.to(CASE).enter()
    b.wait_for("Dossier " + CASE)
    b.inspect("dossier")
    assert k.keys < 80, k.keys


def nothing_found(desk):
    """rien de tel, et rien d'écrit : c'est dit, sans se tromper de personne"""
    b = desk.at("amelie")
    b.open("/rechercher")
    b.fill("Nom, commune ou référence", "zzyzx")
    b.press_enter()
    b.wait_for("0 dossiers trouvés")
    b.inspect("rechercher-rien")
    b.fill("Nom, commune ou référence", "   ")
    with b.refusals():
        b.click("Chercher")
        b.wait_for("Écrivez au moins le début d'un nom.")
        b.inspect("rechercher-vide")
        b.fill("Nom, commune ou référence", "x" * 300)
        b.click("Chercher")
        b.wait_for("Raccourcissez la recherche.")


def open_a_case(desk):
    """ouvrir un dossier, ses personnes ; ce qui manque est dit à sa place"""
    b = desk.at("amelie")
    b.open("/rechercher")
    b.click("Ouvrir un dossier")
    b.inspect("ouvrir")
    b.choose("Rôle (facultatif)", "titulaire du bail", within="Personne 1")
    b.fill("Année de naissance (facultatif)", "79", within="Personne 1")
    b.fill("Commune (facultatif)", "Canari-sur-Marne")
    b.d.execute_script(
        "document.querySelectorAll('[required]').forEach("
        "e => e.removeAttribute('required'))")
    with b.refusals():
        b.click("Ouvrir le dossier")
        b.wait_for("Il reste à corriger")
        b.inspect("ouvrir-a-corriger")
        for words in ("Choisissez amont ou aval.",
                      "Dites qui a orienté le ménage.", "Écrivez son nom.",
                      "Écrivez l'année en quatre chiffres"):
            assert b.sees(words), words
    e = b.named("Commune (facultatif)", "input")
    assert e.get_attribute("value") == "Canari-sur-Marne"
    b.click("Une personne de plus")
    b.fill("Nom et prénom (facultatif)", "Zoé Témoin-Canari",
           within="Personne 1")
    b.fill("Année de naissance (facultatif)", "1979", within="Personne 1")
    b.choose("Rôle (facultatif)", "mineur", within="Personne 3")
    b.fill("Nom et prénom (facultatif)", "Léo Témoin", within="Personne 3")
    b.tick("adresse confidentielle : elle ne part chez personne",
           within="Personne 1")
    b.choose("Phase", re.compile("^amont"))
    b.choose("Orienté par", "CCAPEX")
    b.click("Ouvrir le dossier")
    b.wait_for("est ouvert")
    ref = b.path.split("/")[-1]
    desk.new = ref
    j = desk.sceau("amelie", "case", "show", ref)
    assert [p["name"] for p in j["persons"]] == [
        "Zoé Témoin-Canari", "Léo Témoin"], j
    assert j["persons"][0]["birth_year"] == 1979
    assert j["persons"][0]["confidential_address"] is True
    assert j["commune"] == "Canari-sur-Marne" and j["stage"] == "amont"


def sent_twice(desk):
    """le même formulaire envoyé deux fois ouvre un seul dossier"""
    line = Line(desk.ports["amelie"])
    line.enter()
    form = line.ask("GET", "/ouvrir").text
    once = re.search(r'name="une-fois" value="([0-9a-f]{32})"', form).group(1)
    sent = {"csrf": line.csrf, "une-fois": once, "phase": "amont",
            "source": "caf", "rangs": "1"}
    before = len(desk.sceau("amelie", "case", "list")["cases"])
    first, second = (line.ask("POST", "/ouvrir", sent) for _ in range(2))
    assert first.status == second.status == 303, (first.status, first.text)
    assert first.get("Location") == second.get("Location")
    after = len(desk.sceau("amelie", "case", "list")["cases"])
    assert after == before + 1, (before, after)


def the_profile(desk):
    """rien de ce qui fut cherché ou lu ne reste dans le navigateur"""
    desk.at("amelie").quit(CANARIES[:2])


run(search_by_keys, nothing_found, open_a_case, sent_twice, the_profile)
