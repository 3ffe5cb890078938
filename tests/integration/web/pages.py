"""Every page that a person's links lead to, in their browser, by every rule
of inspect(): whatever page is added to the console is looked at here as soon
as something leads to it."""

import os
import re

from browser import Fault, run, until
from line import Line, routes, shape, walk

PEOPLE = ("amelie", "claire", "dora", "denis")
FIRST_BYTE_MS = 100
# Pages whose content depends on what they are of: two of each.
MANY = ("/document/%", "/acces/%")

dead = set()
forms = {}  # shape: an address with a form that has something to fill in
lines = []  # sessions of amelie's beside her browser's
seen = {}  # shape: the person in whose browser it was inspected


def line_of(desk, person):
    line = Line(desk.ports[person])
    line.enter()
    if person == "amelie":
        lines.append(line)
    return line


def picture(person, target):
    words = re.sub(r"[^a-z0-9]+", "-", shape(target).lower()).strip("-")
    return "%s-%s" % (person, words or "accueil")


def the_morning(desk):
    """la page du matin : à travers ssh, vite, légère, au clavier, sans script"""
    b = desk.at("amelie")
    b.open("/")
    b.wait_for("Aujourd'hui")
    b.inspect("matin")
    times = []
    for _ in range(7):
        b.open("/")
        b.look()
        times.append(b.first_byte_ms)
    if sorted(times)[1] > FIRST_BYTE_MS:
        raise Fault("la première page en %s ms" % times)
    print("   premier octet : %.0f ms, page entière : %.1f ko" % (
        min(times), b.weight / 1000))
    k = b.keyboard()
    k.to("Aller au contenu").enter()
    until(lambda: k.active.tag_name == "main", "le lien d'évitement")
    b.scripts(False)
    b.open("/")
    assert b.sees("Mes dossiers")
    b.scripts(True)


def fits(pattern, target):
    return re.fullmatch(re.escape(pattern).replace("%", "[^/]+"),
                        target.split("?")[0])


def is_a_page(target):
    """Does the console have such a page at all?"""
    return any(fits(p, target) for p in routes())


def targets_of(desk, person):
    """Addresses by their shape."""
    kept = {}

    def each(target, a, linked):
        html = a.get("Content-Type").startswith("text/html")
        disposition = a.get("Content-Disposition")
        if a.status == 200 and html and not disposition:
            kept.setdefault(shape(target), []).append(target)
        elif a.status >= 400 and linked:
            # A deadline may name a case of another team, to its lead.
            if os.environ["OTHER"] not in target and is_a_page(target):
                dead.add("%s (%s) : %d" % (target, person, a.status))

    walk(line_of(desk, person), each, per_shape=4)
    return kept


def every_page(person):
    def pages(desk):
        b = desk.at(person)
        count = 0
        for kind, targets in sorted(targets_of(desk, person).items()):
            if kind in seen and kind != "/":
                continue
            seen[kind] = person
            for i, target in enumerate(targets[:2 if kind in MANY else 1]):
                b.open(target)
                b.inspect(picture(person, target) + ("-%d" % i if i else ""))
                if person == "amelie" and b.d.execute_script(FORMS):
                    forms[kind] = target
                count += 1
        print("   %d pages inspectées" % count)
    pages.__doc__ = "toutes les pages de %s" % person
    return pages


# What a form says that was sent empty, whatever the browser thinks of it.
SEND_EMPTY = """
    const form = document.querySelectorAll('main form[method=post]')[arguments[0]];
    form.noValidate = true;
    for (const e of form.querySelectorAll('input, textarea, select'))
        if (!['hidden', 'checkbox', 'radio', 'file', 'submit'].includes(e.type))
            e.value = '';
    (form.querySelector('button:not([type=button])') ||
        form.querySelector('button')).click()"""
FORMS = """return [...document.querySelectorAll('main form[method=post]')].map(
    (f, i) => f.querySelector('[required]') ? i : -1).filter(i => i >= 0)"""
FAULTS_OF_FIELDS = """
    return [...document.querySelectorAll('[aria-invalid=true]')].filter(e =>
        !(e.getAttribute('aria-describedby') || '').split(' ').some(id => {
            const d = document.getElementById(id);
            return d && d.textContent.trim() && d.className.includes('wrong')
        })).map(e => e.outerHTML.slice(0, 200))"""


def empty_forms(desk):
    """chaque formulaire, envoyé vide : ce qui manque est dit à sa place"""
    b = desk.at("amelie")
    count = 0
    for kind, target in sorted(forms.items()):
        b.open(target)
        for i in b.d.execute_script(FORMS)[:2]:
            with b.refusals():
                b.open(target)
                b.d.execute_script(SEND_EMPTY, i)
                b.wait_for(lambda: b.d.execute_script(
                    "return document.readyState") == "complete")
                if not b.all("[aria-invalid=true], [role=alert]"):
                    continue
                alone = b.d.execute_script(FAULTS_OF_FIELDS)
                if alone:
                    raise Fault("%s : un champ sans sa phrase : %s" % (
                        kind, alone))
                b.inspect(picture("vide", target) + ("-%d" % i if i else ""))
                count += 1
    print("   %d formulaires vides inspectés" % count)


def no_dead_link(_):
    """aucun lien ne mène nulle part"""
    if dead:
        raise Fault("des liens ne mènent nulle part : " + "; ".join(
            sorted(dead)))


def the_door(desk):
    """l'entrée et la sortie"""
    b = desk.at("amelie")
    b.open("/entree")
    b.open("/")
    b.click("Quitter")
    b.wait_for("Au revoir")
    b.inspect("au-revoir")
    # The walks of the other journeys have sessions of their own.
    for line in lines:
        line.ask("POST", "/sortie", {"csrf": line.csrf})
    b.open("/")
    b.wait_for("Le code est à l'écran")
    assert b.path == "/entree", b.path
    b.inspect("entrer")
    with b.refusals():
        b.fill("Code", "aaaa-aaaa-aaaa-aaaa-aaaa")
        b.click("Entrer")
        b.wait_for(lambda: b.all("[role=alert]"))
        b.inspect("entrer-refuse")
    b.enter_again()
    with b.refusals():
        b.open("/nulle-part")
        b.inspect("introuvable")


run(the_morning, *(every_page(p) for p in PEOPLE), empty_forms,
    no_dead_link, the_door)
