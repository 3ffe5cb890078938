"""The vault does not believe the machine's clock: what people see of that,
and what they can do."""

import os
import re

from browser import run
from signing import pressed, sign

CASE = os.environ["CASE"]
EXTRACT = os.environ["EXTRACT"]
ERASURE = os.environ["ERASURE"]
DOUBT = "L'horloge de la machine n'est pas crue."
RIGHT = "L'heure de la machine est juste"


def suspect(desk):
    return desk.sceau("claire", "status")["clock"]["suspect"]


def said(desk):
    """crue, elle n'est nulle part ; 400 jours d'avance, et c'est dit"""
    c = desk.at("claire")
    for path in ("/", "/decider", "/conservation"):
        c.open(path)
        assert not c.sees(DOUBT), path
    desk.shell("stop daemon; start_at +400")
    assert suspect(desk)
    for path, name in (("/", "horloge-aujourdhui"),
                       ("/decider", "horloge-decider"),
                       ("/conservation", "horloge-conservation")):
        c.open(path)
        c.wait_for(DOUBT)
        assert c.is_there("Voir et confirmer l'heure"), path
        c.inspect(name)
    a = desk.at("amelie")
    a.open("/")
    a.wait_for(DOUBT)
    assert not a.is_there("Voir et confirmer l'heure")


def nothing_goes(desk):
    """une destruction approuvée est refusée ; rien n'échoit ; on lit encore"""
    c = desk.at("claire")
    c.open("/conservation/tri/" + ERASURE)
    c.tick("J'ai lu le plan")
    with c.refusals():
        c.press(c.first("form[action$=executer] button"))
        c.wait_for("n'est pas crue : rien")
        c.inspect("horloge-refus")
    desk.sceau("amelie", "get", os.environ["PHOTOS"], "--page", "1", "-o",
               "/run/home/amelie/photo", "--force")
    a = desk.at("amelie")
    a.open("/dossier/" + CASE)
    assert a.sees("en vigueur") and not a.sees("expiré"), a.text
    a.open("/dossier/%s/transmettre/%s" % (CASE, EXTRACT))
    assert not a.sees("expiré"), a.text


def confirmed(desk):
    """une personne la confirme : ce qui est échu l'est, l'extrait aussi"""
    c = desk.at("claire")
    c.open("/")
    c.click("Voir et confirmer l'heure")
    c.wait_for(RIGHT)
    c.inspect("horloge-a-confirmer")
    pressed(c, RIGHT)
    c.wait_for("Horloge confirmée")
    assert not c.sees(DOUBT) and not suspect(desk)
    a = desk.at("amelie")
    a.open("/dossier/%s/transmettre/%s" % (CASE, EXTRACT))
    a.wait_for("expiré")
    assert not a.is_there("Révoquer", "button"), a.text
    a.inspect("extrait-expire")
    a.open("/dossier/" + CASE)
    a.wait_for("expiré")
    a.inspect("dossier-expire")


def two_people(desk):
    """après une fin brutale : une page, que deux personnes signent"""
    desk.shell("stop daemon KILL; start_at +800")
    assert suspect(desk)
    c = desk.at("claire")
    c.open("/decider/horloge")
    pressed(c, RIGHT)
    c.wait_for("Une personne ne suffit pas")
    c.inspect("horloge-a-signer")
    for who in ("claire", "denis"):
        b = desk.at(who)
        b.open("/decider/horloge")
        path = os.path.join(b.saved, "horloge.txt")
        if os.path.exists(path):
            os.remove(path)
        b.click("horloge.txt")
        b.wait_for(lambda: os.path.exists(path))
        b.attach("Le fichier .sig", sign(b, path, who))
        pressed(b, "Remettre la signature")
        b.wait_for("Signature enregistrée")
        assert suspect(desk) == (who == "claire"), who
    b.open("/")
    assert not b.sees(DOUBT)


def a_sweep(desk):
    """trente ans après : un tri préparé, son bordereau pour les archives"""
    desk.shell("stop daemon; start_at +11000")
    c = desk.at("claire")
    c.open("/decider/horloge")
    pressed(c, RIGHT)
    c.wait_for("Horloge confirmée")
    c.open("/conservation")
    with c.refusals():
        pressed(c, "Préparer le tri d'aujourd'hui")
        share = re.search(r"(\d+) pour cent du coffre", c.text).group(1)
        c.inspect("tri-part")
    c.fill("Part confirmée, en % (facultatif)", share)
    pressed(c, "Préparer le tri d'aujourd'hui")
    c.wait_for("Tri préparé")
    assert c.sees("Visa des archives"), c.text
    c.inspect("tri")
    pressed(c, "Bordereau d'élimination, à imprimer")
    assert c.path.endswith("/bordereau"), c.path
    c.inspect("bordereau")


run(said, nothing_goes, confirmed, two_people, a_sweep)
