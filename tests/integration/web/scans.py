"""Scans of paper: who scanned says where the paper is, a second person compares
them; both sign elsewhere with the very command that the page shows; and what
must not be taken."""

import os
import subprocess

from browser import DESK_USER, SEAT, become, run
from signing import sign

CASE = os.environ["CASE"]
FILES = os.environ["FILES"]


def f(name):
    return os.path.join(FILES, name)


def filed(desk, *names):
    return desk.sceau("amelie", "file", CASE, "contrat-engagement",
                      *[f(n) for n in names], "--level", "handwritten-scan")


def state(desk, document):
    return desk.sceau("bruno", "show", document)["scan_check"]["state"]


def waits(desk, person, document):
    return [d for d in desk.sceau(person, "due")["due"]
            if d["what"] == "scan-check" and d["object"] == document]


def saved(b):
    """The page to sign, as the browser saves it."""
    name = next(e.text for e in b.all("pre code")
                if e.text.startswith("ssh-keygen")).split()[-1]
    path = os.path.join(b.saved, name)
    if os.path.exists(path):
        os.remove(path)
    b.click(name)
    b.wait_for(lambda: os.path.exists(path))
    return path


def refused(b, act, words):
    b.d.execute_script("window.before = true")
    b.click(act)
    b.wait_for(lambda: not b.d.execute_script("return window.before"))
    b.wait_for(words)


def not_by_the_same(desk):
    """qui l'a déposée ne la vérifie pas : ni page, ni signature"""
    d = filed(desk, "photo-1.jpg")
    a = desk.at("amelie")
    a.open("/document/" + d["document"])
    a.click("Comparer au papier")
    a.wait_for("Vous avez déposé cette numérisation")
    a.inspect("numerisation-la-sienne")
    a.open("/document/%s/numerisation/fidele" % d["document"])
    a.wait_for("Vous avez déposé cette numérisation")
    assert not a.is_there("Inscrire la vérification", "button")
    # By hand: the form of another document's page, to this one.
    path = os.path.join(a.saved, "forge.txt")
    text = a.d.execute_async_script("""
        const done = arguments[arguments.length - 1];
        fetch(location.pathname + '/page').then(r => r.text()).then(done);""")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["chown", DESK_USER, path], check=True)
    subprocess.run(become(
        DESK_USER, "ssh-keygen", "-Y", "sign", "-n", "sceau-scan-check", "-f",
        SEAT + "/.ssh/amelie", path), check=True, capture_output=True)
    with open(path + ".sig", encoding="utf-8") as file:
        signature = file.read()
    with a.refusals():
        got = a.d.execute_async_script("""
            const done = arguments[arguments.length - 1];
            const body = new URLSearchParams();
            body.append('csrf', document.querySelector(
                '[name=csrf]').value);
            body.append('text', arguments[0]);
            fetch(location.pathname, { method: 'POST', body: body })
                .then(r => r.text().then(t => done([r.status, t])));""",
            signature)
        assert got[0] == 422 and "ne vérifie pas" in got[1], got
        for way in ("autre", "not", "fidele%2F..%2Fpage"):
            assert a.d.execute_async_script("""
                const done = arguments[arguments.length - 1];
                fetch(arguments[0]).then(r => done(r.status));""",
                "/document/%s/numerisation/%s" % (d["document"], way)) == 404
    assert state(desk, d["document"]) == "unchecked"


def by_another(desk):
    """une autre personne compare, signe, l'inscrit ; le reste est refusé"""
    d = filed(desk, "photo-1.jpg", "photo-2.jpg")
    other = filed(desk, "photo-3.jpg")
    b = desk.at("bruno")
    assert waits(desk, "bruno", d["document"])
    b.open("/")
    b.open("/document/" + d["document"])
    b.click("Comparer au papier")
    b.wait_for("1. Comparer")
    assert len(b.all("figure img")) == 2
    b.inspect("numerisation-comparer")
    b.click("Fidèle au papier")
    b.wait_for("Ce qui est à signer")
    b.inspect("numerisation-signer")
    page = saved(b)
    with b.refusals():
        refused(b, "Inscrire la vérification", "Inscrire la vérification")
        for who, ns in (("amelie", None), ("bruno", "sceau-approval")):
            b.attach("Le fichier .sig", sign(b, page, who, ns))
            refused(b, "Inscrire la vérification", "signature")
            assert b.all("[role=alert]")
        b.inspect("numerisation-refusee")
        b.fill("Ou son texte, collé (facultatif)", "<script>alert(1)</script>")
        refused(b, "Inscrire la vérification", "signature")
    assert state(desk, d["document"]) == "unchecked"
    good = sign(b, page, "bruno")
    with b.refusals():
        # What was signed of one finding, or one document, is not of another.
        for way in ("/document/%s/numerisation/pas-fidele" % d["document"],
                    "/document/%s/numerisation/fidele" % other["document"]):
            b.open(way)
            b.attach("Le fichier .sig", good)
            refused(b, "Inscrire la vérification", "signature")
    b.open("/document/%s/numerisation/fidele" % d["document"])
    b.attach("Le fichier .sig", good)
    b.click("Inscrire la vérification")
    b.wait_for("Vérification inscrite")
    assert b.sees("Comparée au papier, fidèle")
    b.inspect("numerisation-verifiee")
    assert state(desk, d["document"]) == "faithful"
    assert not waits(desk, "bruno", d["document"])
    b.open("/document/%s/numerisation" % d["document"])
    b.wait_for("n'attend pas de vérification")


def not_faithful(desk):
    """pas fidèle, sans JavaScript, la signature collée : cela reste dû"""
    d = filed(desk, "photo-2.jpg")
    b = desk.at("bruno")
    b.open("/document/%s/numerisation/pas-fidele" % d["document"])
    page = saved(b)
    with open(sign(b, page, "bruno"), encoding="utf-8") as file:
        pasted = file.read()
    b.scripts(False)
    b.open("/document/%s/numerisation/pas-fidele" % d["document"])
    b.fill("Ou son texte, collé (facultatif)", pasted)
    b.click("Inscrire la vérification")
    b.wait_for("PAS fidèle")
    b.scripts(True)
    assert state(desk, d["document"]) == "not"
    assert waits(desk, "bruno", d["document"])


def tell(b, **said):
    said = {"Appareil": "Téléphone d'équipe", "Pages du papier": "2",
            "Nombre d'originaux": "2",
            "Où le papier est gardé": "Armoire B, chemise 12",
            "À qui un original a été remis (facultatif)":
                "le ménage\nle bailleur"} | said
    for name, value in said.items():
        b.fill(name, value)
    b.click("Préparer la page à signer")


def where_it_comes_from(desk):
    """d'où vient le papier : dit, signé de sa clé, gardé avec le document ;
    d'un autre, d'autres pages ou d'autre chose, refusé"""
    b = desk.at("amelie")
    before = len(desk.sceau("amelie", "list", CASE)["documents"])
    b.open("/dossier/%s/deposer" % CASE)
    b.attach("Fichiers", f("photo-1.jpg"), f("photo-2.jpg"))
    b.click("Continuer")
    b.wait_for("Les pages, dans l'ordre")
    b.choose("Type de document", "Contrat d'engagement")
    b.click("Vérifier de nouveau")
    b.wait_for("D'où vient le papier")
    b.click("Dire la provenance")
    b.inspect("provenance")
    with b.refusals():
        for wrong in ({"Nombre d'originaux": "1"}, {"Pages du papier": "0"}):
            tell(b, **wrong)
            b.wait_for("provenance de la numérisation")
            assert b.all("[role=alert]")
        b.inspect("provenance-refusee")
    tell(b)
    b.wait_for("Ce qui est à signer")
    b.inspect("provenance-signer")
    page = saved(b)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    assert text.startswith("sceau-provenance/1\n") and \
        "scanned-by amelie\n" in text and text in b.d.execute_script(
            "return document.querySelector('pre').textContent + '\\n'"
            ).replace("\n\n", "\n"), text
    way = b.path
    # Somebody else's key, another namespace: the vault says so, nothing is
    # filed.
    with b.refusals():
        refused(b, "Remettre la signature", "Remettre la signature")
        for who, ns in (("bruno", None), ("amelie", "sceau-approval")):
            b.attach("Le fichier .sig", sign(b, page, who, ns))
            b.click("Remettre la signature")
            b.wait_for("la provenance n'est pas signée")
            assert not b.is_there("Déposer", "button")
            b.open(way)
    b.attach("Le fichier .sig", sign(b, page, "amelie"))
    b.click("Remettre la signature")
    b.wait_for("est dite et signée")
    b.inspect("provenance-signee")
    # The pages in another order are another document.
    with b.refusals():
        b.click("Plus tard : photo-1.jpg")
        b.wait_for("la provenance n'est pas signée")
        b.click("Plus tôt : photo-1.jpg")
        b.wait_for("Ce que le coffre en reconnaît")
    b.click("Déposer")
    b.wait_for("C'est déposé")
    docs = desk.sceau("amelie", "list", CASE)["documents"]
    assert len(docs) == before + 1
    d = desk.sceau("amelie", "show", docs[-1]["document"])
    p = d["provenance"]
    assert p["text"] == text and p["scanned_by"] == "amelie"
    assert p["given_to"] == ["le ménage", "le bailleur"], p
    assert (p["pages"], p["originals"], p["resolution"]) == (2, 2, 0), p
    assert d["scan_check"]["state"] == "unchecked"
    # Taken back, it is filed without.
    b.open("/dossier/%s/deposer" % CASE)
    b.attach("Fichiers", f("photo-3.jpg"))
    b.click("Continuer")
    b.wait_for("Les pages, dans l'ordre")
    b.choose("Type de document", "Contrat d'engagement")
    b.click("Vérifier de nouveau")
    b.wait_for("D'où vient le papier")
    b.click("Dire la provenance")
    b.scripts(False)
    tell(b, **{"Pages du papier": "1"})
    b.wait_for("Ce qui est à signer")
    b.fill("Ou son texte, collé (facultatif)", "<script>alert(1)</script>")
    with b.refusals():
        b.click("Remettre la signature")
        b.wait_for("la provenance n'est pas signée")
        b.click("Déposer sans elle")
        b.wait_for("Ce que le coffre en reconnaît")
    b.scripts(True)
    b.click("Déposer")
    b.wait_for("C'est déposé")
    docs = desk.sceau("amelie", "list", CASE)["documents"]
    assert "provenance" not in desk.sceau(
        "amelie", "show", docs[-1]["document"])


run(where_it_comes_from, not_by_the_same, by_another, not_faithful)
