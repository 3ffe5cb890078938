"""The data protection officer's and the lead's own pages."""

import datetime
import os
import zoneinfo

from browser import run

CASE = os.environ["CASE"]
FRANCE = zoneinfo.ZoneInfo("Europe/Paris")
TODAY = datetime.datetime.now(FRANCE).date()


def the_log(desk):
    """le journal, ses filtres, une décision expliquée"""
    b = desk.at("dora")
    b.open("/")
    b.click("Accès")
    b.fill("Compte", "amelie")
    b.click("Montrer")
    b.wait_for("Le journal")
    assert b.sees("amelie")
    assert not b.sees("claire"), "un autre compte dans un journal filtré"
    assert "amelie" not in b.path
    b.inspect("acces-filtre")
    b.press(b.first("tbody tr:last-child a"))
    b.wait_for("Rejouée sur les mêmes faits")
    assert b.sees("la même décision")
    b.inspect("acces-decision")
    with b.refusals():
        b.open("/acces/999999")
        b.wait_for("Cela n'a pas été fait")


def what_is_kept(desk):
    """ce que disent les règles, un gel posé puis sa levée demandée"""
    b = desk.at("claire")
    b.open("/conservation")
    later = TODAY.replace(year=TODAY.year + 30)
    b.fill("Tel qu'au", later.isoformat())
    b.click("Essayer")
    b.wait_for("Ce que disent les règles")
    assert b.sees("À détruire")
    b.inspect("conservation-essai")
    with b.refusals():
        b.fill("Dossier (facultatif)", CASE)
        b.fill("Motif", "Instance en cours")
        b.fill("À revoir avant le", "2001-01-01")
        b.click("Geler")
        b.wait_for("Instance en cours")
        b.inspect("conservation-refus")
    b.fill("À revoir avant le", (TODAY + datetime.timedelta(60)).isoformat())
    b.click("Geler")
    b.wait_for("Gelé")
    b.inspect("conservation-gel")
    b.press(b.first("a[href^='/conservation/gel/']"))
    b.wait_for("Le revoir et le garder")
    b.inspect("gel")
    b.fill("Motif de la levée", "L'instance est finie")
    b.click("Demander la levée")
    b.wait_for("Levée demandée")


def the_rights(desk):
    """une demande, sa prolongation et sa lettre, sa réponse ; une limitation"""
    b = desk.at("claire")
    b.open("/droits")
    b.fill("Dossier", CASE)
    b.click("Ouvrir")
    b.wait_for("accès")
    b.inspect("droits-dossier")
    b.press(b.first("a[href*='/demande/']"))
    b.wait_for("Répondre à une demande")
    b.inspect("demande")
    b.fill("Pourquoi, comme la lettre le dira",
           "Le dossier compte beaucoup de pièces.",
           within="Prolonger de deux mois, une fois")
    b.click("Prolonger et faire la lettre")
    b.wait_for("Prolongée")
    b.click("La lettre à remettre à la personne, à imprimer")
    b.wait_for("Lettre à la personne")
    b.inspect("lettre")
    b.open("/droits/" + CASE)
    b.choose("Le droit", "rectification")
    b.choose("Comment la demande est venue", "par courrier")
    b.fill("Comment on sait que c'est elle", "carte vue au guichet")
    b.click("Inscrire la demande")
    b.wait_for("son délai court")


def the_reports(desk):
    """le registre et son fichier, le bilan en barres, la page du délégué"""
    b = desk.at("dora")
    b.open("/registre")
    assert b.sees("Base légale") and b.sees("Durées de conservation")
    b.inspect("registre")
    b.click("Télécharger (CSV)")
    saved = b.downloads()
    with open(saved[0], "rb") as f:
        assert f.read(3) == b"\xef\xbb\xbf"
    b.open("/rapports")
    b.inspect("rapports")
    b.fill("Depuis le", TODAY.isoformat(), within="Page du délégué")
    b.click("Montrer la page")
    b.wait_for("Avis attendus")
    b.inspect("rapport-delegue")
    b.open("/rapports")
    month = TODAY.strftime("%Y-%m")
    b.fill("Du mois", month)
    b.fill("Au mois", month)
    b.click("Montrer le bilan")
    b.wait_for("Indicateurs de la période")
    b.inspect("bilan")
    b.open("/rapports")
    b.fill("Compte", "amelie")
    b.fill("Depuis le", TODAY.isoformat(),
           within="Violation de données (RGPD art. 33)")
    b.click("Voir ce qui a pu être vu")
    b.wait_for("selon le journal")
    b.inspect("violation")


run(the_log, what_is_kept, the_rights, the_reports)
