"""What the household agreed to, as a caseworker enters it and takes it back."""

import base64
import os

from browser import run

CASE = os.environ["CASE"]
HOME = "/dossier/%s/consentements" % CASE
NAME = "Marguerite Exemplaire"
FSL = "Partage avec le fonds de solidarité pour le logement"


def told(desk):
    return desk.sceau("amelie", "consent", "list", CASE)


def of(desk, purpose):
    return [c["state"] for c in told(desk)["consents"]
            if c["purpose"] == purpose]


def what_is_in_force(desk):
    """ce qui est en vigueur, aujourd'hui et un autre jour"""
    b = desk.at("amelie")
    b.open(HOME)
    b.wait_for("En vigueur le")
    b.inspect("consentements")
    assert b.sees(NAME)
    assert NAME not in b.d.title, b.d.title
    b.fill("Voir un autre jour", "2001-01-01")
    b.click("Voir ce jour-là")
    b.wait_for("Rien n'a encore été demandé ni dit.")
    b.inspect("consentements-autrefois")
    with b.refusals():
        b.open(HOME + "?le=demain")
        assert b.sees("En vigueur le")


def refused(b, words, typed):
    """Told, beside its field; what was typed is there still."""
    b.wait_for(lambda: b.all("[role=alert]"))
    b.wait_for(words)
    for name, value in typed.items():
        e = b.named(name, "input, select, textarea")
        assert e.get_attribute("value") == value, (name, value)


def an_answer(desk):
    """une réponse : refusée sans feuille, puis enregistrée une fois"""
    b = desk.at("amelie")
    b.open(HOME)
    b.click("Enregistrer une réponse")
    b.wait_for("Pour quoi ?")
    b.inspect("consentement-donner")
    b.tick(FSL)
    b.choose("La réponse est (facultatif)", "une feuille signée à la main")
    b.fill("Lieu (facultatif)", "domicile")
    with b.refusals():
        b.click("Enregistrer")
        refused(b, "Aller au champ concerné",
                {"Lieu (facultatif)": "domicile"})
        b.inspect("consentement-donner-refuse")
    assert b.named(FSL, "input[type=checkbox]").is_selected()
    assert of(desk, "partage:fsl") == []
    b.click("Aller au champ concerné")
    sheet = b.named("La feuille signée (facultatif)", "select")
    choices = [o.text for o in b.all("option", sheet)]
    b.choose("La feuille signée (facultatif)",
             next(o for o in choices if o.startswith("consentement")))
    b.click("Enregistrer")
    b.wait_for("Réponses enregistrées : 1")
    assert of(desk, "partage:fsl") == ["given"]


def sent_twice(desk):
    """le même formulaire envoyé deux fois : une seule inscription"""
    b = desk.at("amelie")
    b.open(HOME + "/donner")
    b.tick("Partage avec le conseil départemental")
    b.choose("Leur réponse", "la réponse est remise à plus tard")
    leaves = b.d.execute_async_script("""
        const done = arguments[0], f = document.querySelector("main form");
        const send = () => fetch(f.action, {method: "POST",
            body: new URLSearchParams(new FormData(f))}).then(r => r.text())
            .then(t => /inscription n° ([0-9]+)/.exec(t)[1]);
        send().then(a => send().then(b => done([a, b])))""")
    assert leaves[0] == leaves[1], leaves
    assert of(desk, "partage:conseil-departemental") == ["deferred"]


def a_withdrawal_by_telephone(desk):
    """un retrait par téléphone : qui appelle est reconnu, un courrier part"""
    b = desk.at("amelie")
    b.open(HOME)
    b.click("Enregistrer un retrait")
    b.wait_for("Ce qui est retiré")
    b.inspect("consentement-retirer")
    b.tick("%s : %s" % (NAME, FSL))
    b.choose("Comment la personne l'a dit", "par téléphone")
    with b.refusals():
        b.click("Retirer")
        refused(b, "reconnue", {})
        assert not b.sees("--")
        b.inspect("consentement-retirer-refuse")
    assert of(desk, "partage:fsl") == ["given"]
    b.fill("Comment elle a été reconnue (facultatif)",
           "rappelée au numéro du dossier")
    b.click("Retirer")
    b.wait_for("Retrait enregistré")
    assert b.sees("Un courrier de confirmation est à envoyer au plus tard")
    assert of(desk, "partage:fsl") == ["withdrawn"]
    b.inspect("consentements-retire")
    b.click("Le courrier est parti")
    b.wait_for("Courrier de confirmation envoyé")
    assert not b.is_there("Le courrier est parti")


def the_receipt(desk):
    """le reçu du ménage, imprimable, fait une fois"""
    b = desk.at("amelie")
    b.open(HOME)
    b.press(b.first("details:has(button.second) summary"))
    b.press(b.every("Reçu pour le ménage")[0])
    b.wait_for("REÇU DE CONSENTEMENT")
    b.inspect("consentement-recu")
    on_paper(b, "consentement-recu")
    n = receipts(desk)
    b.d.refresh()
    b.wait_for("REÇU DE CONSENTEMENT")
    assert receipts(desk) == n > 0, n


def on_paper(b, name):
    """As the printer has it: its picture, and one sheet."""
    b.cdp("Emulation.setEmulatedMedia", media="print")
    b.shot(name + "-papier")
    b.cdp("Emulation.setEmulatedMedia", media="")
    sheet = base64.b64decode(b.cdp(
        "Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
    assert sheet.count(b"/Type /Page\n") == 1, "pas une feuille"


def receipts(desk):
    return sum(e["event"] == "receipt" for c in told(desk)["consents"]
               for e in c["history"])


def without_scripts(desk):
    """sans JavaScript : une réponse attendue"""
    b = desk.at("amelie")
    b.scripts(False)
    b.open(HOME + "/donner")
    b.tick("Partage avec le service intégré d'accueil et d'orientation")
    b.choose("Leur réponse", "la réponse est attendue")
    b.click("Enregistrer")
    b.wait_for("Réponses enregistrées : 1")
    b.scripts(True)
    assert of(desk, "partage:siao") == ["requested"]


def a_refusal_at_the_door(desk):
    """un refus du diagnostic ; trop tard après une fiche"""
    b = desk.at("amelie")
    b.open(HOME + "/refus")
    b.wait_for("Seul le refus est gardé")
    b.inspect("consentement-refus")
    b.choose("Motif", "Ne souhaite pas")
    with b.refusals():
        b.click("Enregistrer le refus")
        b.wait_for("fiches sociales")
    other = desk.sceau("amelie", "case", "open", "--stage", "amont",
                       "--source", "ccapex")["ref"]
    b.open("/dossier/%s/consentements/refus" % other)
    b.choose("Motif", "Ne souhaite pas")
    b.click("Enregistrer le refus")
    b.wait_for("Le ménage a refusé le diagnostic")
    b.inspect("consentements-refuse")


def not_ones_own(desk):
    """le dossier d'une autre équipe n'existe pas"""
    b = desk.at("amelie")
    with b.refusals():
        for rest in ("", "/donner", "/retirer", "/refus"):
            b.open("/dossier/%s/consentements%s" % (
                os.environ["OTHER"], rest))
            b.wait_for("n'existe pas")


run(what_is_in_force, an_answer, sent_twice, a_withdrawal_by_telephone, the_receipt,
    without_scripts, a_refusal_at_the_door, not_ones_own)
