"""Déposer: photographs as one document, keys alone, no scripts, a cut line,
and what is refused."""


import json
import os
import re

from browser import run

CASE = os.environ["CASE"]
FILES = os.environ["FILES"]
HERE = "/dossier/" + CASE
API = os.environ["SCEAU_DIR"] + "/run/api.sock"


def f(name):
    return os.path.join(FILES, name)


def documents(desk):
    return [d for d in desk.sceau("amelie", "list", CASE)["documents"]
            if d["state"] == "filed"]


def photographs(desk):
    """trois photos, une page : vues, tournées, remises en ordre, déposées"""
    b = desk.at("amelie")
    b.open(HERE + "/deposer")
    b.inspect("deposer")
    b.attach("Fichiers", f("placee.jpg"), f("photo-2.jpg"), f("photo-3.jpg"))
    b.click("Continuer")
    b.wait_for("Les pages, dans l'ordre")
    b.choose("Type de document", "Contrat d'engagement")
    b.click("Vérifier de nouveau")
    b.wait_for("Ce que le coffre en reconnaît")
    assert b.sees("manuscrite numérisée"), b.text
    assert not documents(desk), "déposé sans que personne ne le dise"
    b.click("Plus tard : placee.jpg")
    b.wait_for("1. photo-2.jpg")
    b.click("Tourner : placee.jpg")
    b.wait_for("2. placee.jpg")
    b.inspect("deposer-verifier")
    b.click("Déposer")
    b.wait_for("C'est déposé")
    b.inspect("deposer-recu")
    [d] = documents(desk)
    shown = desk.sceau("amelie", "show", d["document"])
    assert [p["name"] for p in shown["pages"]] == [
        "photo-2.jpg", "placee.jpg", "photo-3.jpg"], shown
    got = "/run/home/amelie/tournee.jpg"
    desk.run_as("amelie", "sceau", "get", d["document"], "--page", "2",
                "-o", got, "--force")
    with open(got, "rb") as file:
        data = file.read()
    assert b"CANARI" not in data, "l'appareil est resté dans la photo"
    # A quarter to the right, said in EXIF alone.
    assert b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6" in data[:80], \
        data[:80]
    b.click("Enregistrer le reçu")
    with open(b.downloads()[0], encoding="utf-8") as file:
        assert shown["document"] in file.read()


def sure(desk, name, kind="Pièce justificative"):
    b = desk.at("amelie")
    b.wait_for("Les pages, dans l'ordre")
    b.choose("Type de document", kind)
    b.click("Vérifier de nouveau")
    b.wait_for("Ce que le coffre en reconnaît")


def by_keys(desk):
    """au clavier seul"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.open(HERE + "/deposer")
    k = b.keyboard()
    k.to("Fichiers").files(f("consentement.pdf"))
    k.to("Continuer").enter()
    b.wait_for("Ce que le coffre en reconnaît")
    assert b.sees("valide"), b.text
    k.to("Déposer").enter()
    b.wait_for("C'est déposé")
    assert len(documents(desk)) == before + 1


def signed_with_a_place(desk):
    """un PDF signé dont la photo dit le lieu : il reste tel quel, on le dit"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.open(HERE + "/deposer")
    b.attach("Fichiers", f("placee.pdf"))
    b.click("Continuer")
    sure(desk, "placee.pdf")
    assert b.sees("disent encore le lieu"), b.text
    b.click("Abandonner ce dépôt")
    b.wait_for("abandonné")
    assert len(documents(desk)) == before


def without_scripts(desk):
    """sans JavaScript, avec une signature à part"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.scripts(False)
    b.open(HERE + "/deposer")
    b.attach("Fichiers", f("contrat-2.pdf"))
    b.click("Une signature à part")
    b.attach("Fichier de signature (.p7s)", f("contrat-2.p7s"))
    b.click("Continuer")
    b.wait_for("Ce que le coffre en reconnaît")
    assert b.sees("Contrat d'engagement") and b.sees("valide"), b.text
    b.click("Déposer")
    b.wait_for("C'est déposé")
    b.scripts(True)
    assert len(documents(desk)) == before + 1


CUT = """
    const real = window.fetch;
    let sent = 0;
    window.fetch = (where, what) => {
        if (what && what.method === 'PUT' && ++sent > %d)
            return Promise.reject(new TypeError('cut'));
        return real(where, what);
    };"""


def cut_and_resumed(desk):
    """coupé aux quatre cinquièmes, repris : un document, le reçu du terminal"""
    b = desk.at("amelie")
    before = len(documents(desk))
    size = os.path.getsize(f("longue.txt"))
    pieces = -(-size // (512 * 1024))
    b.open(HERE + "/deposer")
    b.d.execute_script(CUT % (pieces * 4 // 5))
    b.attach("Fichiers", f("longue.txt"))
    b.click("Continuer")
    b.wait_for("La liaison est coupée", seconds=30)
    assert len(documents(desk)) == before
    # The page is gone with what it knew; what arrived is not.
    b.open(HERE + "/deposer")
    b.click("Reprendre le dépôt")
    b.wait_for("incomplet")
    b.inspect("deposer-incomplet")
    b.click("Ajouter ou reprendre des fichiers")
    b.d.execute_script("""
        const real = window.fetch;
        window.offsets = [];
        window.fetch = (where, what) => {
            if (what && what.method === 'PUT')
                sessionStorage.setItem('n',
                    (+sessionStorage.getItem('n') || 0) + 1);
            return real(where, what);
        };""")
    b.attach("Fichiers", f("longue.txt"))
    b.click("Continuer")
    sure(desk, "longue.txt")
    again = int(b.d.execute_script(
        "const n = sessionStorage.getItem('n'); sessionStorage.clear();"
        "return n"))
    assert again == pieces - pieces * 4 // 5, (again, pieces)
    b.click("Déposer")
    b.wait_for("C'est déposé")
    assert len(documents(desk)) == before + 1
    # The same by the command line is the same filing, not another one.
    twice = desk.sceau("amelie", "file", CASE, "piece", f("longue.txt"))
    assert len(documents(desk)) == before + 1, "deux documents"
    receipt = b.d.execute_script(
        "return document.querySelector('details pre').textContent")
    assert twice["document"] in receipt
    number = re.search(r"entry (\d+)|index (\d+)", receipt)
    assert b.sees(str(twice["leaf"])), (twice["leaf"], number)


def refused(desk):
    """refusé : la phrase, rien de déposé, ce qui attend reste"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.open(HERE + "/deposer")
    with b.refusals():
        b.click("Continuer")
        b.wait_for("aucun fichier n'a été choisi")
        b.inspect("deposer-sans-fichier")
        b.attach("Fichiers", f("contrat-2.pdf"))
        b.click("Continuer")
        b.wait_for("Les pages, dans l'ordre")
        # Not signed: the kind needs to know how it was.
        b.choose("Type de document", "Contrat d'engagement")
        b.click("Vérifier de nouveau")
        b.wait_for("Comment c'est signé")
        assert not b.is_there("Déposer"), "offert bien que refusé"
        b.inspect("deposer-refuse")
        b.choose("Type de document", "Diagnostic (amont)")
        b.click("Vérifier de nouveau")
        b.wait_for("Les pages, dans l'ordre")
        assert not b.is_there("Déposer")
    # The session ends meanwhile; what waits does not.
    b.open("/")
    b.click("Quitter")
    b.enter_again()
    b.open(HERE + "/deposer")
    b.click("Reprendre le dépôt")
    b.wait_for("contrat-2.pdf")
    b.click("Abandonner ce dépôt")
    b.wait_for("abandonné")
    assert len(documents(desk)) == before


def review(desk, *files, signature=None, kind="Pièce justificative"):
    b = desk.at("amelie")
    b.open(HERE + "/deposer")
    b.attach("Fichiers", *files)
    if signature:
        b.click("Une signature à part")
        b.attach("Fichier de signature (.p7s)", signature)
    b.click("Continuer")
    b.wait_for("Les pages, dans l'ordre")
    b.choose("Type de document", kind)
    b.click("Vérifier de nouveau")
    return b


def not_what_it_says(desk):
    """deux choses en un fichier, une page qui se dit PDF, la signature d'un
    autre"""
    before = len(documents(desk))
    rows = (
        ([f("deux-choses.jpg")], None, "Pièce justificative", "photo"),
        ([f("page.pdf")], None, "Pièce justificative", "format"),
        ([f("consentement.pdf")], f("contrat-2.p7s"), "Contrat d'engagement",
         "signature"),
    )
    for files, signature, kind, word in rows:
        b = desk.at("amelie")
        with b.refusals():
            review(desk, *files, signature=signature, kind=kind)
            told = b.text_of("[role=alert]")
            print("   " + told)
            assert word in told.lower(), told
            assert not b.is_there("Déposer")
        b.click("Abandonner ce dépôt")
        b.wait_for("abandonné")
    assert len(documents(desk)) == before


STEAL = """
    const done = arguments[arguments.length - 1];
    const csrf = document.querySelector('[name=csrf]').value;
    const lot = document.querySelector('[name=lot]').value;
    const at = location.pathname + '/' + lot;
    const key = 'a'.repeat(64);
    const put = (path, csrf) => fetch(path, {method: 'PUT', body: 'x',
        headers: csrf ? {'Sceau-Csrf': csrf} : {}}).then(r => r.status);
    const say = (more) => fetch(at + '/annonce', {method: 'POST',
        body: new URLSearchParams({csrf, ...more})}).then(r => r.status);
    (async () => done([
        await put(at + '/morceau/' + key + '?offset=0', csrf),
        await say({key, name: '../../x', size: '2'}),
        await put(at + '/morceau/' + key + '?offset=0', null),
        await put(at + '/morceau/' + key + '?offset=0', 'b'.repeat(32)),
        await put(at + '/morceau/' + key + '?offset=1', csrf),
        await put(at + '/morceau/' + key + '?offset=-1', csrf),
        await put(at + '/morceau/' + key + '?offset=0', csrf),
        await put(at + '/morceau/' + key + '?offset=1', csrf),
        await say({key: 'A', name: 'x', size: '2'}),
        await say({key: 'b'.repeat(64), name: 'x', size: '0'}),
        await say({key: 'b'.repeat(64), name: 'x', size: '99999999999999'}),
    ]))()"""


def forged(desk):
    """morceaux forgés : sans jeton, hors de leur place, autres qu'annoncés"""
    b = desk.at("amelie")
    b.open(HERE + "/deposer")
    with b.refusals():
        b.d.set_script_timeout(20)
        got = b.d.execute_async_script(STEAL)
        b.open(HERE + "/deposer")
    # The last piece makes it whole, and its sum is another.
    assert got[:7] == [404, 200, 403, 403, 409, 400, 200], got
    assert got[7] >= 400 and got[8:10] == [400, 400] and got[10] == 413, got
    b.click("Reprendre le dépôt")
    b.wait_for("incomplet")
    assert b.sees("1. x") and not b.sees("..")
    b.click("Abandonner ce dépôt")
    b.wait_for("abandonné")


def consents(desk):
    return desk.sceau("amelie", "consent", "list", CASE)["consents"]


PURPOSES = ["Réalisation du diagnostic",
            "Partage avec la Caisse d'allocations familiales",
            "Partage avec la Banque de France"]


def visit(desk):
    """une visite : un contrat de trois photos, deux adultes, six accords"""
    b = desk.at("amelie")
    before = len(documents(desk))
    clicks = b.clicks
    b.open(HERE + "/visite")
    b.attach("Fichiers, ou photos dans l'ordre des pages", f("photo-1.jpg"),
             f("photo-2.jpg"), f("photo-3.jpg"), within="Document 1")
    for adult in ("Alix Exemple", "Sam Exemple"):
        for purpose in PURPOSES:
            b.tick(purpose, within=adult)
    b.inspect("visite")
    b.click("Inscrire la visite")
    b.wait_for("La visite est inscrite")
    spent = b.clicks - clicks
    print("   %d clics" % spent)
    assert spent <= 12, spent
    b.inspect("visite-inscrite")
    now = documents(desk)
    assert len(now) == before + 2, now
    assert [d["kind"] for d in now[-2:]] == ["contrat-engagement", "contact"]
    assert len(consents(desk)) == 6


def visit_refused(desk):
    """refusée : rien n'est inscrit, ce qui est écrit reste ; un navigateur
    fermé n'en perd rien"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.open(HERE + "/visite")
    b.fill("Note (facultatif)", "Reçue sur le palier")
    b.attach("Fichiers, ou photos dans l'ordre des pages",
             f("diagnostic.json"), within="Document 1")
    b.tick(PURPOSES[0], within="Alix Exemple")
    with b.refusals():
        b.click("Inscrire la visite")
        b.wait_for("en cause")
        b.inspect("visite-refusee")
    assert len(documents(desk)) == before
    assert b.sees("diagnostic.json") and b.one(
        "Note (facultatif)", "textarea", None, True).get_attribute(
            "value") == "Reçue sur le palier"
    b.quit()
    b = desk.at("amelie")
    b.open(HERE + "/visite")
    assert b.sees("diagnostic.json")
    assert b.one("Note (facultatif)", "textarea", None,
                 True).get_attribute("value") == "Reçue sur le palier"
    b.choose("Type de document (facultatif)", "Diagnostic (amont)",
             within="Document 1")
    b.tick(PURPOSES[0], within="Alix Exemple", on=False)
    b.click("Inscrire la visite")
    b.wait_for("La visite est inscrite")
    assert len(documents(desk)) == before + 2


CANARY = "Volubilisambre"


def note_of(b):
    return b.one("Note (facultatif)", "textarea", None,
                 True).get_attribute("value")


def draft_of(desk, person):
    return desk.run_as(
        person, "curl", "-s", "--unix-socket", API,
        "http://localhost/v1/cases/%s/visit-draft" % CASE)


def visit_lasts(desk):
    """gardée au coffre, scellée : quitter, tuer la console, relancer le
    coffre n'en perdent rien ; nul autre ne la voit"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.open(HERE + "/visite")
    b.fill("Note (facultatif)", CANARY + " sur le palier")
    b.attach("Fichiers, ou photos dans l'ordre des pages", f("placee.jpg"),
             f("photo-2.jpg"), within="Document 2")
    b.wait_for("est gardé au coffre")
    b.wait_for(lambda: b.sees("placee.jpg"))
    b.inspect("visite-brouillon")
    draft = draft_of(desk, "amelie")
    assert [p["name"] for p in draft["pages"]] == [
        "placee.jpg", "photo-2.jpg"], draft
    b.click("Quitter")
    b.wait_for("Entrer")
    desk.shell("stop web-amelie KILL; rm -f $(web_socket amelie);"
               " web_serve amelie;"
               " stop daemon KILL; start_daemon; wait_until is_open")
    desk.shell("! grep -rqa %s $VAULT /run/work/log" % CANARY)
    desk.shell("! grep -rqa CANARI-TELEPHONE $VAULT")
    # Of the same team, and of another.
    for person in ("bruno", "dora"):
        got = draft_of(desk, person)
        assert got.get("draft") is None and CANARY not in str(got), got
    assert not [d for d in desk.sceau("bruno", "due")["due"]
                if d["what"] == "visit-draft"]
    # A connection that Chromium had kept open ends first.
    b.wait_for(lambda: b.open(HERE).is_there("Reprendre la visite", "a"))
    b.open("/")
    b.inspect("aujourdhui-brouillon")
    b.click("Reprendre la visite", within="Mes dossiers")
    b.wait_for("Brouillon gardé au coffre")
    assert note_of(b) == CANARY + " sur le palier"
    assert b.sees("placee.jpg") and b.sees("photo-2.jpg")
    b.inspect("visite-reprise")
    b.choose("Type de document (facultatif)", "Pièce justificative",
             within="Document 2")
    b.click("Inscrire la visite")
    b.wait_for("La visite est inscrite")
    assert len(documents(desk)) == before + 2
    assert draft_of(desk, "amelie")["draft"] is None
    b.open(HERE)
    assert not b.is_there("Reprendre la visite", "a")


def visit_given_up(desk):
    """sans JavaScript : gardée par un bouton, un fichier retiré, abandonnée ;
    gardée ailleurs, elle n'est pas écrasée"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.scripts(False)
    b.open(HERE + "/visite")
    b.fill("Note (facultatif)", "Un")
    b.attach("Fichiers, ou photos dans l'ordre des pages", f("photo-1.jpg"),
             f("photo-3.jpg"), within="Document 1")
    b.click("Garder le brouillon")
    b.wait_for("Le brouillon est gardé au coffre")
    assert len(draft_of(desk, "amelie")["pages"]) == 2
    b.press(b.first("input[name=oter]"))
    b.click("Garder le brouillon")
    b.wait_for(lambda: not b.sees("photo-1.jpg"))
    draft = draft_of(desk, "amelie")
    assert [p["name"] for p in draft["pages"]] == ["photo-3.jpg"], draft
    b.scripts(True)
    b.open(HERE + "/visite")
    # Somebody's other console saved it meanwhile.
    desk.run_as("amelie", "curl", "-s", "--unix-socket", API, "-H",
                "Content-Type: application/json", "-d",
                json.dumps({"over": draft["revision"],
                            "said": {"note": ["Ailleurs"]}}),
                "http://localhost/v1/cases/%s/visit-draft" % CASE)
    b.fill("Note (facultatif)", "Ici")
    with b.refusals():
        b.click("Garder le brouillon")
        b.wait_for("gardé, abandonné ou inscrit ailleurs")
        b.inspect("visite-ailleurs")
    assert note_of(b) == "Ici"
    assert draft_of(desk, "amelie")["said"] == {"note": ["Ailleurs"]}
    b.click("Reprendre ce qui est au coffre")
    b.wait_for(lambda: note_of(b) == "Ailleurs")
    b.click("Abandonner")
    b.wait_for("abandonnée")
    assert draft_of(desk, "amelie")["draft"] is None
    assert len(documents(desk)) == before
    b.open(HERE + "/visite")
    assert note_of(b) == "" and not b.sees("photo-3.jpg")
    b.wait_for("Visite")
    b.click("Abandonner")
    b.wait_for("abandonnée")


def not_met(desk):
    """pas rencontré : le contact seul, gardé en écrivant, sans JavaScript"""
    b = desk.at("amelie")
    before = len(documents(desk))
    b.open(HERE + "/visite")
    b.fill("Note (facultatif)", "Personne")
    b.wait_for("Ce qui est écrit est gardé")
    b.open("/")
    b.scripts(False)
    b.open(HERE + "/visite")
    assert b.one("Note (facultatif)", "textarea", None,
                 True).get_attribute("value") == "Personne"
    b.tick("Absent")
    b.click("Inscrire la visite")
    b.wait_for("La visite est inscrite")
    b.scripts(True)
    now = documents(desk)
    assert len(now) == before + 1 and now[-1]["kind"] == "contact", now


def sealed_form(desk):
    """un formulaire scellé : ouvert par le coffre seul, une fois ; ou rien"""
    b = desk.at("amelie")
    before = len(documents(desk))
    for name in ("coupee.sceau", "visite.sceau"):
        b.open(HERE + "/deposer")
        b.attach("Fichiers", f(name))
        b.click("Continuer")
        b.wait_for("le coffre seul l'ouvre")
        if name == "visite.sceau":
            b.inspect("deposer-scelle")
            break
        with b.refusals():
            b.click("Inscrire ce que contient le formulaire")
            b.wait_for(lambda: b.all("[role=alert]"))
        assert len(documents(desk)) == before
        b.click("Abandonner ce dépôt")
        b.wait_for("abandonné")
    b.click("Inscrire ce que contient le formulaire")
    b.wait_for("La visite est inscrite")
    assert len(documents(desk)) > before


def searched(desk):
    """rien n'en reste dans le navigateur"""
    desk.at("amelie").quit(["Alix Exemple", "CANARI-TELEPHONE", CANARY])


run(photographs, by_keys, signed_with_a_place, without_scripts,
    cut_and_resumed, refused, not_what_it_says, forged, visit,
    visit_refused, visit_lasts, visit_given_up, not_met, sealed_form, searched)
