"""A visit, a contract or a diagnosis, filled in the offline page as a caseworker does, and
sealed: form.py KIND PAGE OUT CANARY. The browser's folder is searched."""

import os
import shutil
import sys

from form_browser import PLACE, Page, photograph


def visit(p, paper, canary):
    p.type("c.date", os.environ.get("FORM_DAY") or today(p))
    p.choose("c.canal", "visite")
    p.choose("c.resultat", "rencontre")
    p.type("c.commentaire", canary)
    p.photo("p1", paper, paper, paper)
    p.wait(lambda: p.photos("p1") == 3)
    p.photo("p2", paper)
    p.wait(lambda: p.photos("p2") == 1)
    p.click("[data-purpose][value='diagnostic']")
    p.click("#everybody")
    p.click("fieldset .add")
    p.type("m0.date", today(p))
    p.choose("m0.dispositif", "fsl")
    p.choose("m0.etat", "a-faire")


def today(p):
    return p.d.execute_script(
        "return new Date().toLocaleDateString('sv', "
        "{timeZone: 'Europe/Paris'})")


def diagnosis(p, paper, canary):
    p.type("r.date", today(p))
    p.type("r.identite.nom", canary)
    p.type("r.dette.montant", "2 400,50")


def contract(p, paper, canary):
    p.type("r.date", today(p))
    p.type("r.parties.menage", canary)
    p.type("r.parties.structure", "Structure d'exemple")
    for place, name in (("objectifs", "objectif"),
                        ("engagements-menage", "engagement"),
                        ("engagements-equipe", "engagement")):
        p.click("fieldset[data-place='%s'] > .add" % place)
        p.type("r.%s.0.%s" % (place, name), "Essai")
    p.type("r.duree.debut", today(p))
    p.type("r.duree.mois", "6")
    p.photo("p1", paper, paper)
    p.wait(lambda: p.photos("p1") == 2)


FILLED = {"visite": visit, "contrat-engagement": contract}


def main(kind, page, out, canary):
    with open(page, "rb") as f:
        p = Page(f.read())
    paper = os.path.join(p.dir, "paper.png")
    photograph(paper, 1200, 800)
    FILLED.get(kind, diagnosis)(p, paper, canary)
    name, data = p.seal()
    assert canary not in name
    assert p.requests() == [], p.requests()
    assert p.stored() == [0, 0, 0, "", ""]
    p.quit()
    found = p.scan(canary, PLACE)
    assert found == [], found
    with open(out, "wb") as f:
        f.write(data)
    shutil.rmtree(os.path.join(p.dir, "downloads"))


main(*sys.argv[1:])
