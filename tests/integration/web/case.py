"""The case: found, opened, read, told of, corrected."""

import os
import re

from browser import run
from line import Line

CASE = os.environ["CASE"]
CONTRACT = os.environ["CONTRACT"]
PHOTOS = os.environ["PHOTOS"]
DIAGNOSTIC = os.environ["DIAGNOSTIC"]
OTHER = os.environ["OTHER"]
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


def read_a_document(desk):
    """un document : signature en mots, versions, reçu ; ses octets enregistrés"""
    b = desk.at("amelie")
    b.open("/dossier/" + CASE)
    b.click("Contrat d'engagement", within="Les documents")
    b.wait_for("Ses signatures")
    b.inspect("document")
    assert b.sees("Signature 1 : valide") and b.sees("CN=Signature menage")
    b.click("Télécharger contrat.pdf")
    saved = b.downloads()[-1]
    with open(saved, "rb") as f, open(
            "/run/home/amelie/pieces/contrat.pdf", "rb") as g:
        assert f.read() == g.read()
    b.click("Le reçu du dépôt")
    receipt = [p for p in b.downloads(2) if p.endswith(".txt")][0]
    with open(receipt, encoding="utf-8") as f:
        assert "sceau" in f.read()
    b.open("/document/" + PHOTOS)
    b.inspect("document-papier")
    assert b.sees("Numérisation non vérifiée")
    b.click("Voir les photographies")
    b.wait_for("Photographie" if not b.all("img") else "photo-1.jpg")
    b.inspect("photographies")
    b.d.execute_script("document.querySelectorAll('img').forEach("
                       "i => i.loading = 'eager')")
    b.wait_for(lambda: b.d.execute_script(
        "return [...document.images].length == 3 && "
        "[...document.images].every(i => i.naturalWidth > 0)"))


def bytes_of_others(desk):
    """jamais montrés : pièce jointe, bac à sable, nom sûr ; un PDF n'est pas
    une image, un numéro qui n'existe pas n'est rien"""
    line = Line(desk.ports["amelie"])
    line.enter()
    doc = desk.sceau("amelie", "show", CONTRACT)["document"]
    a = line.ask("GET", "/document/%s/contenu/1/1" % doc)
    assert a.status == 200, a.text[:300]
    assert a.get("Content-Disposition") == (
        'attachment; filename="contrat.pdf"; '
        "filename*=UTF-8''contrat.pdf"), a.get("Content-Disposition")
    assert "sandbox" in a.get("Content-Security-Policy")
    assert a.get("X-Content-Type-Options") == "nosniff"
    assert a.get("Content-Type") == "application/octet-stream"
    for target, status in (("image/1/1", 422), ("contenu/0/1", 404),
                           ("contenu/1/2", 404), ("contenu/9/1", 404),
                           ("contenu/1/1x", 404), ("contenu/-1/1", 404)):
        a = line.ask("GET", "/document/%s/%s" % (doc, target))
        assert a.status in (status, 400), (target, a.status)
        assert "PDF-" not in a.text, target
    # What the vault has not is not told from what is another's.
    other = desk.sceau("yann", "list", OTHER)
    assert other["documents"] == []


def who_saw(desk):
    """qui a vu : à la déléguée en clair, aux autres à qui le demander"""
    b = desk.at("dora")
    b.open("/dossier/%s/acces" % CASE)
    b.wait_for("amelie")
    b.inspect("qui-a-vu")
    assert b.sees("dossier lu") and b.sees("intervenant")
    b = desk.at("amelie")
    b.open("/dossier/%s/acces" % CASE)
    b.wait_for("Le journal se lit par le délégué")
    b.inspect("qui-a-vu-demander")


def put_right(desk):
    """corriger : déplacé dans son dossier, puis annulé ; l'erreur dite à sa
    place"""
    b = desk.at("amelie")
    b.open("/document/" + desk.sceau("amelie", "show", DIAGNOSTIC)["document"])
    b.click("Déposé par erreur ?")
    b.inspect("corriger")
    with b.refusals():
        b.click("Corriger")
        b.wait_for("Choisissez : déplacer ou annuler.")
        b.inspect("corriger-a-dire")
        b.tick("Le déplacer dans le bon dossier")
        b.fill("Référence du bon dossier (facultatif)", OTHER)
        b.click("Corriger")
        b.wait_for("cela n'existe pas, ou n'est pas à vous")
    b.fill("Référence du bon dossier (facultatif)", desk.new)
    b.click("Corriger")
    b.wait_for("Le document est dans le bon dossier")
    kinds = [d["kind"] for d in desk.sceau(
        "amelie", "list", desk.new)["documents"]]
    assert kinds == ["diagnostic"], kinds
    b.click("Déposé par erreur ?")
    b.tick("L'annuler : il est détruit, et ne revient pas")
    b.fill("Pourquoi (facultatif)", "fiche d'essai")
    b.click("Corriger")
    b.wait_for("Le document est annulé.")
    states = [d["state"] for d in desk.sceau(
        "amelie", "list", desk.new)["documents"]]
    assert states in ([], ["erased"]), states


def small_acts(desk):
    """un événement, une personne, une démarche : inscrits, puis demandés au
    coffre"""
    b = desk.at("amelie")
    b.open("/dossier/" + CASE)
    b.click("Autres actes")
    b.click("Inscrire un événement")
    b.inspect("evenement")
    b.choose("Événement", "Assignation")
    b.fill("Note (facultatif)", "remise à l'étude")
    b.click("Inscrire")
    b.wait_for("L'événement est inscrit.")
    assert desk.sceau("amelie", "case", "show", CASE)["stage"] == "aval"
    b.click("Ajouter une personne")
    b.inspect("personne-ajouter")
    with b.refusals():
        b.click("Ajouter")
        b.wait_for("Écrivez son nom.")
    b.choose("Rôle (facultatif)", "occupant majeur")
    b.fill("Nom et prénom (facultatif)", "Noé Exemplaire")
    b.click("Ajouter")
    b.wait_for("La personne est ajoutée.")
    b.click("Modifier Noé Exemplaire")
    b.inspect("personne-modifier")
    b.tick("adresse confidentielle : elle ne part chez personne")
    b.fill("Année de naissance (facultatif)", "2001")
    b.click("Enregistrer")
    b.wait_for("La personne est modifiée.")
    noe = [p for p in desk.sceau("amelie", "case", "show", CASE)["persons"]
           if p["name"] == "Noé Exemplaire"][0]
    assert noe["birth_year"] == 2001 and noe["confidential_address"], noe
    b.click("Mettre à jour FSL")
    b.inspect("demarche")
    b.choose("État (facultatif)", "En cours")
    b.fill("Référence auprès de l'organisme (facultatif)", "FSL-42")
    b.click("Enregistrer")
    b.wait_for("La démarche est à jour.")
    step = desk.sceau("amelie", "demarche", "list", CASE)["demarches"][0]
    assert step["state"] == "en-cours", step


def why(desk):
    """un dossier clos : on dit pourquoi, une fois ; c'est au journal"""
    b = desk.at("amelie")
    b.open("/dossier/" + desk.new)
    b.click("Autres actes")
    b.click("Clore le dossier")
    b.inspect("clore")
    b.choose("Issue", "Sans suite")
    b.click("Clore le dossier")
    b.wait_for("Le dossier est clos.")
    with b.refusals():
        b.open("/dossier/" + desk.new)
        b.wait_for("Cela n'a pas été fait")
    b = desk.at("claire")
    b.open("/dossier/" + desk.new)
    b.wait_for("Pourquoi ?")
    b.inspect("pourquoi")
    assert not b.sees("Témoin-Canari")
    b.press(b.first("input[type=radio]"))
    b.click("Continuer")
    b.wait_for("Vous consultez ce dossier pour :")
    b.inspect("dossier-clos")
    assert b.sees("Zoé Témoin-Canari")
    b.open("/dossier/" + desk.new)
    b.wait_for("Zoé Témoin-Canari")
    b.click("Ne plus consulter pour cette raison")
    b.wait_for("Pourquoi ?")
    assert b.path == "/dossier/" + desk.new
    said = [e["detail"]["decision"].get("purpose") for e in desk.sceau(
        "dora", "audit", "who-saw", desk.new, "--account", "claire")["entries"]
        if e["class"] == "case-read" and e["outcome"] == "ok"]
    assert said and all(said), said
    line = Line(desk.ports["claire"])
    line.enter()
    for back in ("//evil.example/", "http://evil.example/", "/../x", "", "/a?b"):
        a = line.ask("POST", "/pourquoi", {"csrf": line.csrf, "retour": back})
        assert a.status == 400 and not a.get("Location"), (back, a.status)


def the_profile(desk):
    """rien de ce qui fut cherché ou lu ne reste dans le navigateur"""
    desk.at("amelie").quit(CANARIES)


run(search_by_keys, nothing_found, open_a_case, sent_twice, read_a_document,
    bytes_of_others, who_saw, put_right,
    small_acts, why, the_profile)
