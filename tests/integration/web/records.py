"""Fiches: filled, corrected in words, computed, kept, filed, printed."""

import base64
import hashlib
import os

from selenium.webdriver.support.ui import Select

from browser import run

CASE = os.environ["CASE"]
HERE = "/dossier/" + CASE
NOTICES = os.environ["NOTICES"]


def documents(desk, kind):
    return [d for d in desk.sceau("amelie", "list", CASE)["documents"]
            if d["state"] == "filed" and d["kind"] == kind]


def field(b, name):
    return b.d.find_element("name", "f." + name)


def put(b, name, value):
    b.set_value(field(b, name), value)


def every_kind(desk):
    """chaque fiche, vide : toutes les règles de la page"""
    b = desk.at("amelie")
    b.open(HERE)
    b.click("Fiches")
    b.wait_for("pas encore")
    b.inspect("fiches")
    for kind in ("diagnostic", "evaluation", "dsf", "controle-regularite",
                 "contrat-engagement", "plan-apurement", "consentement"):
        b.open(HERE + "/fiche/" + kind)
        b.inspect("fiche-" + kind)
        print("   %s : %.1f ko" % (kind, b.weight / 1000))


def corrected(desk):
    """une faute est dite à côté de son champ ; une version suit l'autre"""
    b = desk.at("amelie")
    b.open(HERE + "/fiche/diagnostic")
    put(b, "emploi-revenus.total-mensuel", "1 200,50")
    put(b, "charges.total-mensuel", "beaucoup")
    put(b, "composition.adultes", "2")
    with b.refusals():
        b.click("Déposer la fiche")
        b.wait_for("À corriger avant de continuer")
        b.inspect("fiche-fautes")
    assert not documents(desk, "diagnostic")
    assert field(b, "charges.total-mensuel").get_attribute("value") == \
        "beaucoup"
    put(b, "charges.total-mensuel", "700,50")
    put(b, "date", "2026-11-20")
    put(b, "dette.montant", "1830")
    put(b, "bail.date", "2024-03-01")
    Select(field(b, "procedure.dates.0.evenement")).select_by_value(
        "commandement-de-payer")
    put(b, "procedure.dates.0.date", "2026-11-02")
    b.click("Calculer, et ajouter des lignes")
    b.wait_for("Reste à vivre")
    assert b.sees("500.00 € par mois") or b.sees("500,00 € par mois"), b.text
    assert b.sees("6 semaines") and b.sees("14/12/2026"), b.text
    b.inspect("fiche-calculee")
    # Closed before it is filed: what is written is there.
    b.quit()
    b = desk.at("amelie")
    b.open(HERE + "/fiche/diagnostic")
    b.wait_for("repris ici")
    assert field(b, "dette.montant").get_attribute("value") == "1830"
    b.click("Garder comme brouillon, au coffre")
    b.wait_for("Brouillon gardé au coffre")
    [d] = documents(desk, "diagnostic")
    assert d["draft"], d
    b.open(HERE + "/fiche/diagnostic")
    assert field(b, "dette.montant").get_attribute("value") == "1830"
    put(b, "recit", "Rien à signaler")
    b.click("Déposer la fiche")
    b.wait_for("Fiche déposée")
    b.inspect("fiche-deposee")
    [d] = documents(desk, "diagnostic")
    assert not d["draft"] and d["version"] == 2, d
    b.click("Imprimer, pour la signature")
    b.wait_for("Lu et approuvé")
    assert b.sees("1830.00 €") or b.sees("1830,00 €"), b.text
    # What goes to nobody is not on the paper that the household signs.
    assert not b.sees("Rien à signaler"), b.text
    b.inspect("fiche-imprimee")


def printed(b, name):
    """The paper, as it looks on the screen and goes to the printer."""
    b.inspect(name)
    pdf = base64.b64decode(b.cdp("Page.printToPDF", preferCSSPageSize=True,
                                 printBackground=False)["data"])
    assert pdf.startswith(b"%PDF-")
    with open(os.path.join(os.environ["SCEAU_WEB_SHOTS"], name + ".pdf"),
              "wb") as f:
        f.write(pdf)


def boxes(b):
    """Who has a place to sign, in order."""
    return [e.text for e in b.all(".signatures strong")]


def readings(desk, d):
    return [e for e in desk.sceau("dora", "audit", "who-saw",
                                  d["document"])["entries"]
            if e["class"] == "doc-read"]


def read(desk):
    """une fiche déposée se lit, et la lecture est inscrite ; un fichier ne se
    lit pas ainsi"""
    b = desk.at("amelie")
    [d] = documents(desk, "diagnostic")
    seen = readings(desk, d)
    b.open("/document/" + d["document"])
    b.click("Lire la fiche")
    b.wait_for("Cette lecture est inscrite")
    assert b.sees("Rien à signaler") and b.sees("1830,00 €"), b.text
    b.inspect("fiche-lue")
    again = readings(desk, d)
    assert len(again) == len(seen) + 1, again
    with b.refusals():
        b.open("/document/%s/lire" % ("a" * 26))
        b.wait_for("n'existe pas")


def contract(desk):
    """un contrat : rempli, refusé avec des mots, calculé, imprimé, signé,
    déposé en photographie ; la fiche n'est jamais le contrat"""
    b = desk.at("amelie")
    b.open(HERE + "/fiche/contrat-engagement")
    # What the case knows is there already.
    assert field(b, "parties.menage").get_attribute("value") == \
        "Alix Exemple, Sam Exemple"
    assert field(b, "date").get_attribute("value") != ""
    with b.refusals():
        b.click("Enregistrer, pour l'imprimer")
        b.wait_for("À corriger avant de continuer")
    assert b.sees("Nombre de mois : À remplir")
    put(b, "date", "2026-12-01")
    put(b, "duree.debut", "2026-12-01")
    put(b, "duree.mois", "6")
    put(b, "parties.structure", "Structure d'exemple")
    put(b, "objectifs.0.objectif", "Rester dans le logement")
    put(b, "engagements-menage.0.engagement", "Payer le loyer du mois <b>")
    put(b, "engagements-equipe.0.engagement", "Écrire au bailleur")
    Select(field(b, "demarches.0.dispositif")).select_by_value("fsl")
    Select(field(b, "demarches.0.qui")).select_by_value("ensemble")
    put(b, "demarches.0.echeance", "2027-09-01")
    put(b, "duree.fin", "2027-05-01")
    with b.refusals():
        b.click("Enregistrer, pour l'imprimer")
        b.wait_for("À corriger avant de continuer")
        assert b.sees("Ce nombre de mois finit le 01/06/2027"), b.text
        assert b.sees("n'est pas dans le contrat, qui va du 01/12/2026 au "
                      "01/06/2027"), b.text
        b.inspect("contrat-fautes")
    assert not documents(desk, "projet-contrat-engagement")
    put(b, "duree.fin", "")
    put(b, "demarches.0.echeance", "2027-01-15")
    b.click("Calculer, et ajouter des lignes")
    b.wait_for("Fin du contrat")
    assert field(b, "duree.fin").get_attribute("value") == "2027-06-01"
    b.click("Garder comme brouillon, au coffre")
    b.wait_for("Brouillon gardé au coffre")
    b.open(HERE + "/fiche/contrat-engagement")
    b.click("Enregistrer, pour l'imprimer")
    b.wait_for("Rien n'est signé encore")
    b.inspect("contrat-enregistre")
    [d] = documents(desk, "projet-contrat-engagement")
    assert d["version"] == 2 and not d["draft"], d
    assert documents(desk, "contrat-engagement") == []
    b.click("Imprimer, pour la signature")
    b.wait_for("Signatures")
    assert b.first("h1").text.startswith("Contrat d'engagement"), b.text
    assert b.sees("Payer le loyer du mois <b>"), b.text
    assert b.sees("01/06/2027") and b.sees(d["ref"]), b.text
    assert b.sees("vous plaindre à la CNIL")
    names = boxes(b)
    assert names[:2] == ["Alix Exemple", "Sam Exemple"], names
    assert len(names) == 3, names
    printed(b, "contrat-imprime")
    # Signed, photographed: filed under the kind that was said.
    b.open(HERE + "/fiche/contrat-engagement/deposee")
    b.click("Déposer le papier signé")
    b.attach("Fichiers", os.environ["PHOTO"])
    b.click("Continuer")
    b.wait_for("Ce que le coffre en reconnaît")
    for name, value in (("kind", "contrat-engagement"),
                        ("level", "handwritten-scan")):
        assert Select(b.d.find_element("name", name)).first_selected_option \
            .get_attribute("value") == value
    b.click("Déposer")
    b.wait_for("C'est déposé")
    [d] = documents(desk, "contrat-engagement")
    b.open(HERE + "/fiches")
    b.wait_for("papier signé déposé le")
    b.inspect("fiches-signees")


def plan(desk):
    """un plan : ce qui ne tombe pas juste est dit, le reste calculé"""
    b = desk.at("amelie")
    b.open(HERE + "/fiche/plan-apurement")
    for name, value in (
            ("date", "2026-12-01"), ("locataires", "Alix Exemple"),
            ("bailleur.nom", "Bailleur d'exemple"),
            ("logement.adresse", "1 rue d'Exemple, Melun"),
            ("dette.montant", "1 230"), ("dette.arretee-au", "2026-11-30"),
            ("echeances.mensualite", "100"), ("echeances.nombre", "12"),
            ("echeances.premiere", "2026-11-10"),
            ("manquement", "Le bailleur et l'équipe en parlent d'abord.")):
        put(b, name, value)
    with b.refusals():
        b.click("Enregistrer, pour l'imprimer")
        b.wait_for("À corriger avant de continuer")
    assert b.sees("12 échéances de 100,00 € ne font pas la dette : il en "
                  "faut 13"), b.text
    assert b.sees("avant la date du plan"), b.text
    b.inspect("plan-fautes")
    put(b, "echeances.dernier-montant", "120")
    put(b, "echeances.premiere", "2026-12-31")
    with b.refusals():
        b.click("Enregistrer, pour l'imprimer")
        b.wait_for("il manque 10,00 €")
    put(b, "echeances.dernier-montant", "")
    put(b, "echeances.nombre", "13")
    b.click("Calculer, et ajouter des lignes")
    b.wait_for("Dernière échéance")
    assert b.sees("31/12/2027") and b.sees("1230,00 €, dont 30,00 €"), b.text
    b.inspect("plan-calcule")
    b.click("Enregistrer, pour l'imprimer")
    b.wait_for("Rien n'est signé encore")
    b.click("Imprimer, pour la signature")
    b.wait_for("Les échéances, une par une")
    assert len(b.all(".instalments tbody tr")) == 13
    assert b.sees("28/02/2027") and b.sees("30,00 €"), b.text
    names = boxes(b)
    assert names[:3] == ["Alix Exemple", "Sam Exemple",
                         "Bailleur d'exemple"], names
    printed(b, "plan-imprime")
    b.open(HERE + "/fiche/plan-apurement/deposee")
    b.click("L'inscrire avec une visite")
    b.wait_for("Document 1")
    assert Select(b.d.find_element("name", "kind.0")).first_selected_option \
        .get_attribute("value") == "plan-apurement"
    b.click("Abandonner")
    assert documents(desk, "plan-apurement") == []


def consent(desk):
    """une feuille d'accords par adulte, avec ce que les règles en disent"""
    b = desk.at("amelie")
    b.open(HERE + "/fiche/consentement")
    with b.refusals():
        b.click("Enregistrer, pour l'imprimer")
        b.wait_for("Ce qui est demandé : À remplir")
    b.tick("Réalisation du diagnostic")
    b.tick("Partage avec la Caisse d'allocations familiales")
    Select(field(b, "maniere")).select_by_value("oral-temoin")
    with b.refusals():
        b.click("Enregistrer, pour l'imprimer")
        b.wait_for("devant un témoin : écrivez son nom")
    b.inspect("consentement-fautes")
    put(b, "temoin", "Témoin d'exemple")
    b.click("Enregistrer, pour l'imprimer")
    b.wait_for("Rien n'est signé encore")
    b.click("Imprimer, pour la signature")
    b.wait_for("J'accepte")
    sheets = [e.text for e in b.all(".sheet > h2")]
    assert sheets == ["Alix Exemple", "Sam Exemple"], sheets
    assert len(b.all(".asked")) == 4
    assert b.sees("dette et reprise du loyer") and b.sees("12 mois au plus")
    texts = "\n".join(e.text for e in b.all("pre.letter"))
    for notice in ("diagnostic", "partage-caf"):
        with open(NOTICES + "/notice-%s-2026-11.txt" % notice, "rb") as f:
            text = f.read()
        assert hashlib.sha256(text).hexdigest() in b.text
        assert text.decode().split("\n")[0] in texts
    printed(b, "consentement-imprime")
    # Of one adult alone.
    b.open(HERE + "/fiche/consentement?neuve=1")
    put(b, "adulte", "Sam Exemple")
    b.tick("Réalisation du diagnostic")
    b.click("Enregistrer, pour l'imprimer")
    b.click("Imprimer, pour la signature")
    b.wait_for("J'accepte")
    assert [e.text for e in b.all(".sheet > h2")] == ["Sam Exemple"]
    # Nothing was agreed to by any of this.
    got = desk.sceau("amelie", "consent", "list", CASE)
    assert not [c for c in got["consents"] if c.get("state") == "given"], got


def without_scripts(desk):
    """sans JavaScript ; une version de plus corrige"""
    b = desk.at("amelie")
    b.scripts(False)
    b.open(HERE + "/fiche/diagnostic")
    put(b, "dette.montant", "1900")
    b.click("Déposer la fiche")
    b.wait_for("version 3")
    b.scripts(True)
    [d] = documents(desk, "diagnostic")
    assert d["version"] == 3


def hostile(desk):
    """un champ qui n'en est pas, un type qui n'en est pas"""
    b = desk.at("amelie")
    with b.refusals():
        b.open(HERE + "/fiche/piece")
        b.wait_for("n'existe pas")
        b.open(HERE + "/fiche/cloture")
        b.wait_for("n'existe pas")
    b.open(HERE + "/fiche/dsf")
    b.d.execute_script(
        "const i = document.createElement('input'); i.name = 'f.intrus';"
        "i.value = '1'; document.querySelector('.fiche form').append(i)")
    with b.refusals():
        b.click("Calculer, et ajouter des lignes")
        b.wait_for("Cela n'a pas été fait")


run(every_kind, corrected, read, contract, plan, consent, without_scripts, hostile)
