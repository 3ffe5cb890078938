"""Fiches: filled, corrected in words, computed, kept, filed, printed."""

import os

from selenium.webdriver.support.ui import Select

from browser import run

CASE = os.environ["CASE"]
HERE = "/dossier/" + CASE


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
    for kind in ("diagnostic", "evaluation", "dsf", "controle-regularite"):
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
    b.inspect("fiche-imprimee")


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


run(every_kind, corrected, without_scripts, hostile)
