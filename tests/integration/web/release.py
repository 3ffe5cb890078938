"""What leaves: seen field by field before, refused where a consent is missing
or the rules say no, released once, printed, handed over, revoked."""

import os

from browser import run

CASE = os.environ["CASE"]
HOME = "/dossier/%s/transmettre" % CASE
CAF = "Caisse d'allocations familiales de Seine-et-Marne"
SECRET = "Récit libre"


def register(desk):
    return desk.sceau("amelie", "extract", "list", CASE)["extracts"]


def ask(b, recipient, purpose, channel=None):
    b.open(HOME)
    e = b.named("À qui, pour quoi", "select")
    for o in b.all("option", e):
        if o.text.startswith(recipient) and purpose in o.text:
            o.click()
            break
    else:
        raise AssertionError("pas de %s : %s" % (
            recipient, [o.text for o in b.all("option", e)]))
    if channel:
        b.choose("Par quelle voie (facultatif)", channel)
    b.click("Voir ce qui partirait")


def on_paper(b, name):
    b.cdp("Emulation.setEmulatedMedia", media="print")
    b.shot(name + "-papier")
    b.cdp("Emulation.setEmulatedMedia", media="")


def the_register(desk):
    """le registre du dossier"""
    b = desk.at("amelie")
    b.open(HOME)
    b.wait_for("Ce qui a été transmis")
    b.inspect("transmettre")
    assert b.sees(CAF)


def a_preview(desk):
    """ce qui part et ce qui reste, avant ; puis une remise, une seule"""
    b = desk.at("amelie")
    before = len(register(desk))
    ask(b, CAF, "aide au logement")
    b.wait_for("Ce qui part")
    assert b.sees("2 448,00 €") or b.sees("2\u00a0448,00\u00a0€"), b.text[:2000]
    assert not b.sees(SECRET)
    b.inspect("transmettre-apercu")
    leaves = b.d.execute_async_script("""
        const done = arguments[0];
        const f = document.querySelector("form[action$=remettre]");
        const send = () => fetch(f.action, {method: "POST",
            body: new URLSearchParams(new FormData(f))}).then(r => r.text())
            .then(t => /nscription n° ([0-9]+)/.exec(t)[1]);
        send().then(a => send().then(b => done([a, b])))""")
    assert leaves[0] == leaves[1], leaves
    assert len(register(desk)) == before + 1
    b.open(HOME)
    b.press(b.first("tbody a", -1))
    b.wait_for("Une transmission")
    b.inspect("transmission")


def a_consent_is_missing(desk):
    """sans l'accord de tous : qui manque est nommé, rien ne part"""
    b = desk.at("amelie")
    before = len(register(desk))
    ask(b, "SIAO", "hébergement")
    b.wait_for("Rien ne partirait.")
    assert b.sees("Marguerite Exemplaire")
    assert not b.is_there("Transmettre", "button")
    b.inspect("transmettre-sans-accord")
    assert len(register(desk)) == before


def no_rule(desk):
    """ce que les règles ne permettent pas se dit au-dessus du choix"""
    b = desk.at("amelie")
    with b.refusals():
        ask(b, CAF, "aide au logement", "sur papier")
        b.wait_for("Aller au champ concerné")
        b.inspect("transmettre-refuse")


def withdrawn_in_between(desk):
    """un accord retiré entre l'aperçu et la remise : refusé, redit"""
    b = desk.at("amelie")
    ask(b, "Banque de France", "surendettement")
    b.wait_for("Ce qui part")
    given = [c["consent"] for c in desk.sceau(
        "amelie", "consent", "list", CASE)["consents"]
        if c["purpose"] == "partage:banque-de-france"]
    before = len(register(desk))
    desk.sceau("amelie", "consent", "withdraw", given[0],
               "--channel", "visite")
    with b.refusals():
        b.wait_for("Ce qui partirait")
        b.click("Transmettre", within=b.first("main"))
        b.wait_for("Rien ne partirait.")
        assert b.all("[role=alert]")
        b.inspect("transmettre-retire")
    assert len(register(desk)) == before
    desk.sceau("amelie", "consent", "give", CASE, "partage:banque-de-france",
               "--method", "handwritten", "--evidence",
               os.environ["CONSENT_FORM"])


def on_sheets(desk):
    """sur papier : des feuilles à imprimer, puis la réception"""
    b = desk.at("amelie")
    ask(b, "Banque de France", "surendettement")
    b.wait_for("Ce qui partirait")
    b.click("Transmettre", within=b.first("main"))
    b.wait_for("Il est à remettre.")
    b.inspect("transmission-papier")
    b.click("Faire les feuilles")
    b.wait_for("Feuilles à remettre")
    b.inspect("feuilles")
    on_paper(b, "feuilles")
    pulls = register(desk)[-1]["pulls"]
    b.d.refresh()
    b.wait_for("Feuilles à remettre")
    assert register(desk)[-1]["pulls"] == pulls == 1
    b.click("Retour")
    with b.refusals():
        b.fill("Reçu par", "Guichet")
        b.fill("Le", "2001-01-01")
        b.click("Inscrire la réception")
        b.wait_for("Aller au champ concerné")
        assert b.named("Reçu par", "input").get_attribute("value") == "Guichet"
    today = b.d.execute_script(
        "return new Date().toLocaleDateString('sv', "
        "{timeZone: 'Europe/Paris'})")
    b.fill("Le", today)
    b.click("Inscrire la réception")
    b.wait_for("Réception enregistrée.")
    assert register(desk)[-1]["state"] == "acknowledged"
    assert not b.is_there("Faire les feuilles")


def by_hand_then_revoked(desk):
    """en main propre : un fichier scellé ; puis révoqué"""
    b = desk.at("amelie")
    ask(b, CAF, "aide au logement", "en main propre, un fichier scellé")
    b.wait_for("Ce qui partirait")
    b.click("Transmettre", within=b.first("main"))
    b.wait_for("Il est à remettre.")
    b.click("Prendre le fichier scellé")
    with open(b.downloads()[0], "rb") as f:
        assert f.read()[:1] == b"\x30"
    b.open(b.d.current_url)
    b.fill("Motif", "erreur de destinataire")
    b.click("Révoquer")
    b.wait_for("Extrait révoqué.")
    b.inspect("transmission-revoquee")


def rectified(desk):
    """une fiche rectifiée : l'extrait est annulé, et c'est dit"""
    b = desk.at("amelie")
    desk.sceau("amelie", "file", CASE, "diagnostic",
               "/run/home/amelie/pieces/diagnostic.json",
               "--replaces", os.environ["DIAGNOSTIC"])
    b.open(HOME + "/" + os.environ["EXTRACT"])
    b.wait_for("a été rectifiée")
    b.inspect("transmission-rectifiee")


def not_of_this_case(desk):
    """l'extrait d'un autre dossier n'existe pas ici"""
    b = desk.at("amelie")
    with b.refusals():
        for path in ("/dossier/%s/transmettre" % os.environ["OTHER"],
                     HOME + "/" + "a" * 26):
            b.open(path)
            b.wait_for("n'existe pas")


run(the_register, a_preview, a_consent_is_missing, no_rule,
    withdrawn_in_between, on_sheets, by_hand_then_revoked, rectified,
    not_of_this_case)
