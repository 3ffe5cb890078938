#!/usr/bin/python3
"""The offline page of a form in a real Chromium without a network: filled,
photographed, sealed; its file opened by the independent reader with a test
key, its record checked; and nothing of it in the browser's profile.

usage: test_form_page.py FORMPAGE RULES READERS"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

FORMPAGE, RULES, READERS = sys.argv[1:4]
sys.path.insert(0, READERS)
import envelope_reader  # noqa: E402  (it skips by itself)
from form_browser import (  # noqa: E402
    PLACE,
    By,
    Page,
    children,
    photograph,
)

VAULT = b"\x11" * 16
AXE = os.path.join(os.path.dirname(os.path.abspath(FORMPAGE)),
                   "../../../web/node_modules/axe-core/axe.min.js")
CANARY = "Zebulonquartz"


class Sealing(Page):
    """The page for a key of which we have the private half."""

    def __init__(self, kind):
        self.private, pub = envelope_reader.generate()
        with tempfile.NamedTemporaryFile() as f:
            f.write(pub)
            f.flush()
            html = subprocess.run(
                [FORMPAGE, RULES, kind, f.name],
                check=True, stdout=subprocess.PIPE).stdout
        super().__init__(html)

    def seal(self):
        """What is in the file that the page gives."""
        self.name, self.sealed = super().seal()
        return envelope_reader.parts(
            envelope_reader.unwrap(VAULT, self.private, self.sealed))


class Forms(unittest.TestCase):
    def page(self, kind):
        p = Sealing(kind)
        self.addCleanup(p.remove)
        self.addCleanup(p.quit)
        return p

    def well_behaved(self, p):
        self.assertEqual(p.complaints(), [])
        self.assertEqual(p.requests(), [])
        self.assertEqual(p.stored(), [0, 0, 0, "", ""])

    def test_a_diagnosis_is_filled_sealed_and_forgotten(self):
        p = self.page("diagnostic")
        p.type("r.date", "2026-03-02")
        p.type("r.identite.nom", CANARY)
        p.type("r.composition.adultes", "2")
        p.type("r.composition.mineurs", "1")
        p.type("r.emploi-revenus.total-mensuel", "1 850,50")
        p.type("r.charges.total-mensuel", "950,5")
        self.assertIn("900,00 €", p.d.find_element(By.ID, "help-live").
                      get_attribute("textContent"))
        self.assertIn("10,00 €", p.d.find_element(By.ID, "help-live").
                      get_attribute("textContent"))
        p.click("details summary")
        p.click("#help-take")
        p.type("r.dette.montant", "2400")
        p.choose("r.dette.reprise", "non")
        p.click("input[name='r.dette.causes.*.code'][value='perte-emploi']")
        add = p.d.find_element(By.CSS_SELECTOR,
                               "fieldset[data-place='dette.mensuel'] .add")
        p.d.execute_script("arguments[0].click()", add)
        p.d.execute_script("arguments[0].click()", add)
        p.type("r.dette.mensuel.1.mois", "2026-01")
        p.type("r.dette.mensuel.1.paye", "0")
        paper = os.path.join(p.dir, "paper.png")
        photograph(paper, 2400, 1600)
        p.photo("p1", paper)
        p.wait(lambda: p.photos("p1") == 1)
        record, files = p.seal()
        self.assertEqual(record["kind"], "diagnostic")
        self.assertEqual([d["kind"] for d in record["documents"]],
                         ["piece", "diagnostic"])
        self.assertEqual(json.loads(files[1]), {
            "date": "2026-03-02",
            "identite": {"nom": CANARY},
            "composition": {"adultes": 2, "mineurs": 1},
            "emploi-revenus": {"total-mensuel": 1850.5},
            "charges": {"total-mensuel": 950.5},
            "reste-a-vivre": {"mensuel": 900, "par-personne-jour": 10},
            "dette": {"montant": 2400, "reprise": False,
                      "causes": [{"code": "perte-emploi"}],
                      "mensuel": [{"mois": "2026-01", "paye": 0}]},
        })
        # The photograph is drawn anew: smaller, and it says no place.
        self.assertEqual(files[0][:3], b"\xff\xd8\xff")
        self.assertNotIn(b"Exif", files[0])
        self.assertNotIn(PLACE.encode(), files[0])
        # Sealed, and the page is as empty as when it was opened.
        self.assertNotIn(CANARY.encode(), p.sealed)
        self.assertNotIn(CANARY, p.name)
        self.assertEqual(p.by_name("r.identite.nom").get_attribute("value"),
                         "")
        self.assertEqual(p.photos("p1"), 0)
        self.assertEqual(p.d.find_elements(By.CSS_SELECTOR, "form .row"), [])
        self.well_behaved(p)
        p.quit()
        self.assertEqual(p.scan(CANARY, "2400", PLACE), [])

    def test_a_page_left_or_killed_leaves_nothing(self):
        p = self.page("diagnostic")
        p.type("r.identite.nom", CANARY)
        p.type("r.autonomie.observations", CANARY + " encore")
        p.d.execute_script(
            "window.dispatchEvent(new PageTransitionEvent('pagehide'))")
        self.assertEqual(p.by_name("r.identite.nom").get_attribute("value"),
                         "")
        # A page beside it that takes no care: what is typed there is on the
        # disk in seconds, and so would be what is typed here.
        ours = p.d.current_window_handle
        with open(os.path.join(p.dir, "careless.html"), "w") as f:
            f.write("<!DOCTYPE html><title>x</title><input name=c>")
        p.d.switch_to.new_window("window")
        p.d.get("file://" + os.path.join(p.dir, "careless.html"))
        careless = p.d.current_window_handle
        for marker in ("Premierquartz", "Secondquartz"):
            p.d.switch_to.window(ours)
            p.type("r.identite.nom", CANARY)
            p.type("r.autonomie.observations", CANARY + " encore")
            p.d.switch_to.window(careless)
            p.type("c", marker)
            p.wait(lambda: p.scan(marker))
        # A tablet that loses its power: nobody closes anything.
        for pid in children(p.d.service.process.pid):
            os.kill(pid, signal.SIGKILL)
        p.d.service.process.kill()
        p.d.quit = lambda: None
        self.assertEqual(p.scan(CANARY), [])

    def test_faults_are_said_beside_their_field(self):
        p = self.page("diagnostic")
        p.type("r.dette.montant", "beaucoup")
        p.type("r.composition.adultes", "2,5")
        text = p.faults()
        self.assertIn("Date du diagnostic : À remplir.", text)
        self.assertIn("Montant : Écrivez un montant", text)
        self.assertIn("Nombre d'adultes : Écrivez un nombre entier", text)
        e = p.by_name("r.dette.montant")
        self.assertEqual(e.get_attribute("aria-invalid"), "true")
        said = p.d.find_element(By.ID, "r.dette.montant-e")
        self.assertIn("Écrivez un montant", said.text)
        self.assertIn(said.get_attribute("id"),
                      e.get_attribute("aria-describedby").split())
        self.assertEqual(p.d.switch_to.active_element.get_attribute("id"),
                         "summary")
        p.d.find_element(By.LINK_TEXT, "Montant").click()
        self.assertEqual(p.d.switch_to.active_element.get_attribute("name"),
                         "r.dette.montant")
        self.assertEqual(os.listdir(p.downloads), [])
        # As a draft it may lack what it likes, and be wrong in nothing.
        p.click("[data-draft]")
        p.type("r.dette.montant", "")
        p.type("r.composition.adultes", "2")
        record, files = p.seal()
        self.assertTrue(record["documents"][0]["draft"])
        self.assertEqual(json.loads(files[0]),
                         {"composition": {"adultes": 2}})
        self.well_behaved(p)

    def test_a_whole_visit(self):
        p = self.page("visite")
        paper = os.path.join(p.dir, "paper.png")
        photograph(paper, 300, 200)
        p.type("c.date", "2026-03-02")
        p.choose("c.canal", "visite")
        p.choose("c.resultat", "rencontre")
        p.photo("p1", paper, paper, paper)
        p.wait(lambda: p.photos("p1") == 3)
        p.click("[data-purpose][value='diagnostic']")
        text = p.faults()
        self.assertIn("Photographiez la feuille signée", text)
        self.assertIn("Cochez si tous ont signé", text)
        p.photo("p2", paper)
        p.wait(lambda: p.photos("p2") == 1)
        p.click("#everybody")
        p.click("fieldset .add")
        self.assertIn("Dispositif : À remplir.", p.faults())
        self.assertNotEqual(p.by_name("m0.date").get_attribute("value"), "")
        p.type("m0.date", "2026-03-02")
        p.choose("m0.dispositif", "fsl")
        p.choose("m0.etat", "a-faire")
        record, files = p.seal()
        kinds = [d["kind"] for d in record["documents"]]
        self.assertEqual(kinds, ["contrat-engagement", "consentement",
                                 "contact", "demarche"])
        self.assertEqual(len(record["documents"][0]["pages"]), 3)
        self.assertEqual(record["documents"][0]["level"], "handwritten-scan")
        self.assertEqual(record["consents"], [
            {"purposes": ["diagnostic"], "method": "handwritten",
             "evidence_document": 2}])
        self.assertEqual(json.loads(files[5])["dispositif"], "fsl")
        self.well_behaved(p)

    def paper_of(self, p):
        """What the printer gets; printing itself asks nobody here."""
        p.d.execute_script("window.print = () => {}")
        p.click("#paper-print")
        return p.d.execute_script(
            "return document.getElementById('paper').textContent")

    def row(self, p, place, *values):
        """One more row of a list, filled."""
        p.click("fieldset[data-place='%s'] > .add" % place)
        for name, value in values:
            p.type("r.%s.0.%s" % (place, name), value)

    def contract(self, p):
        p.type("r.date", "2026-03-02")
        p.type("r.parties.menage", "Alix Exemple, Sam Exemple")
        p.type("r.parties.structure", "Structure d'exemple")
        p.type("r.parties.referent", "Camille Exemple")
        self.row(p, "objectifs", ("objectif", "Rester"))
        self.row(p, "engagements-menage", ("engagement", "<b>Payer</b>"))
        p.type("r.duree.debut", "2026-03-02")
        p.type("r.duree.mois", "6")

    def test_a_contract_is_filled_printed_and_photographed(self):
        p = self.page("contrat-engagement")
        self.contract(p)
        self.row(p, "demarches", ("echeance", "2026-12-01"))
        p.choose("r.demarches.0.dispositif", "fsl")
        p.choose("r.demarches.0.qui", "menage")
        text = p.faults()
        # A list of which nothing is there, and a day that is outside.
        self.assertIn("L'équipe s'engage à : À remplir", text)
        self.assertIn("qui va du 02/03/2026 au 02/09/2026", text)
        self.row(p, "engagements-equipe", ("engagement", "Écrire"))
        p.type("r.demarches.0.echeance", "2026-06-01")
        p.type("r.duree.fin", "2026-09-30")
        self.assertIn("finit le 02/09/2026", p.faults())
        p.type("r.duree.fin", "")
        paper = self.paper_of(p)
        for words in ("Contrat d'engagement", "<b>Payer</b>", "02/09/2026",
                      "vous plaindre à la CNIL", "Alix Exemple",
                      "Date et signature"):
            self.assertIn(words, paper)
        self.assertEqual(p.d.execute_script(
            "return [...document.querySelectorAll('#paper .boxes strong')]"
            ".map(e => e.textContent)"),
            ["Alix Exemple", "Sam Exemple", "Camille Exemple"])
        p.d.execute_script("dispatchEvent(new Event('afterprint'))")
        photo = os.path.join(p.dir, "paper.png")
        photograph(photo, 300, 200)
        p.photo("p1", photo, photo)
        p.wait(lambda: p.photos("p1") == 2)
        record, files = p.seal()
        self.assertEqual([d["kind"] for d in record["documents"]],
                         ["contrat-engagement", "projet-contrat-engagement"])
        self.assertEqual(record["documents"][0]["level"], "handwritten-scan")
        got = json.loads(files[2])
        self.assertEqual(got["duree"], {
            "debut": "2026-03-02", "mois": 6, "fin": "2026-09-02"})
        self.assertEqual(got["demarches"][0]["qui"], "menage")
        self.assertEqual(p.d.execute_script(
            "return document.getElementById('paper').textContent"), "")
        self.well_behaved(p)

    def test_a_contract_that_was_printed_before_is_its_photographs(self):
        p = self.page("contrat-engagement")
        photo = os.path.join(p.dir, "paper.png")
        photograph(photo, 300, 200)
        p.photo("p1", photo)
        p.wait(lambda: p.photos("p1") == 1)
        record, files = p.seal()
        self.assertEqual([d["kind"] for d in record["documents"]],
                         ["contrat-engagement"])
        self.well_behaved(p)

    def test_a_plan_adds_up(self):
        p = self.page("plan-apurement")
        for name, value in (
                ("date", "2026-03-02"), ("locataires", "Alix Exemple"),
                ("bailleur.nom", "Bailleur d'exemple"),
                ("logement.adresse", "1 rue d'Exemple"),
                ("dette.montant", "1 230"), ("dette.arretee-au", "2026-03-01"),
                ("echeances.mensualite", "100"), ("echeances.nombre", "12"),
                ("echeances.premiere", "2026-02-28"),
                ("manquement", "On en parle.")):
            p.type("r." + name, value)
        text = p.faults()
        self.assertIn("il en faut 13", text)
        self.assertIn("avant la date du plan", text)
        p.type("r.echeances.premiere", "2026-03-31")
        p.type("r.echeances.dernier-montant", "120")
        self.assertIn("il manque 10,00 €", p.faults())
        p.type("r.echeances.dernier-montant", "140")
        self.assertIn("10,00 € de plus", p.faults())
        p.type("r.echeances.dernier-montant", "130")
        p.type("r.echeances.derniere", "2027-01-31")
        self.assertIn("la dernière est le 28/02/2027", p.faults())
        p.type("r.echeances.derniere", "")
        paper = self.paper_of(p)
        self.assertIn("28/02/2027", paper)
        self.assertIn("Bailleur d'exemple", paper)
        p.d.execute_script("dispatchEvent(new Event('afterprint'))")
        record, files = p.seal()
        self.assertEqual([d["kind"] for d in record["documents"]],
                         ["projet-plan-apurement"])
        self.assertEqual(json.loads(files[0])["echeances"], {
            "mensualite": 100, "nombre": 12, "premiere": "2026-03-31",
            "dernier-montant": 130, "derniere": "2027-02-28"})
        self.well_behaved(p)

    def test_a_sheet_of_consents_says_what_is_asked(self):
        p = self.page("consentement")
        p.click("section input[value='partage:caf']")
        p.choose("r.maniere", "oral-temoin")
        self.assertIn("devant un témoin", p.faults())
        p.choose("r.maniere", "papier")
        p.type("r.adulte", "Sam Exemple")
        paper = self.paper_of(p)
        for words in ("Partage avec la Caisse", "12 mois au plus",
                      "dette et reprise du loyer", "SHA-256 ",
                      "Sam Exemple", "a établi et remis ce papier"):
            self.assertIn(words, paper)
        with open(RULES + "/notices/notice-partage-caf-2026-11.txt") as f:
            self.assertIn(f.read(), paper)
        p.d.execute_script("dispatchEvent(new Event('afterprint'))")
        # Asked for is not given: no photograph, no consent.
        record, files = p.seal()
        self.assertEqual([d["kind"] for d in record["documents"]],
                         ["projet-consentement"])
        self.assertNotIn("consents", record)
        self.assertEqual(json.loads(files[0])["accords"],
                         [{"objet": "partage:caf"}])
        self.well_behaved(p)

    def test_axe_finds_nothing_in_any_state(self):
        if not os.path.exists(AXE):
            self.skipTest("axe-core is not there: tests/integration/web")
        with open(AXE) as f:
            script = f.read()
        for kind in ("diagnostic", "controle-regularite", "visite",
                     "contrat-engagement", "plan-apurement", "consentement"):
            with self.subTest(kind):
                p = self.page(kind)
                self.assertEqual(p.axe(script), [])
                for add in p.d.find_elements(By.CSS_SELECTOR, ".add"):
                    p.d.execute_script("arguments[0].click()", add)
                paper = os.path.join(p.dir, "paper.png")
                photograph(paper, 300, 200)
                p.photo("p1", paper, paper)
                p.wait(lambda: p.photos("p1") == 2)
                p.d.execute_script(
                    "for (const e of document.querySelectorAll('details'))"
                    " e.open = true;")
                if kind == "plan-apurement":
                    p.type("r.dette.montant", "-1")
                if kind == "consentement":
                    p.choose("r.maniere", "oral-temoin")
                p.faults()
                self.assertEqual(p.axe(script), [])
                p.quit()

    def test_every_form_opens_and_scrolls_one_way(self):
        for kind in ("diagnostic", "evaluation", "dsf", "contrat-engagement",
                     "controle-regularite", "plan-apurement", "consentement",
                     "visite"):
            with self.subTest(kind):
                p = self.page(kind)
                # 320 pixels: a narrow screen, and a wide one at 400 %.
                p.d.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                    "width": 320, "height": 640, "deviceScaleFactor": 1,
                    "mobile": True})
                self.assertLessEqual(p.d.execute_script(
                    "return document.documentElement.scrollWidth"), 320)
                self.assertIn("Rien n'est rempli" if kind == "visite" else
                              "À corriger", p.faults())
                self.well_behaved(p)
                p.quit()

    def test_the_delays_are_those_of_the_rules(self):
        p = self.page("controle-regularite")
        p.click("details summary")

        def put(name, value):
            p.d.execute_script(
                "const e = document.getElementById(arguments[0]);"
                "e.value = arguments[1];"
                "e.dispatchEvent(new Event('input', {bubbles: true}));",
                name, value)

        def said(name):
            return p.d.find_element(By.ID, name).text
        put("help-act", "2026-03-02")
        for lease, words in (("2023-07-28", "2 mois, jusqu'au 02/05/2026"),
                             ("2023-07-29", "6 semaines, jusqu'au 13/04/2026"),
                             ("1985-01-01", "2 mois, jusqu'au 02/05/2026")):
            put("help-lease", lease)
            self.assertEqual(said("help-delay"), words)
        # Easter Monday (6 April) and a weekend lie between.
        put("help-hearing", "2026-04-10")
        self.assertEqual(said("help-send"),
                         "À transmettre au plus tard le 02/04/2026.")

    def test_the_page_runs_nothing_but_its_own(self):
        p = self.page("diagnostic")
        html = p.html.decode()
        self.assertEqual(re.findall(r"https?://", html), [])
        p.d.execute_script(
            "const s = document.createElement('script');"
            "s.textContent = 'window.foreign = 1';"
            "document.body.append(s);"
            "const i = new Image(); i.src = 'data:image/gif;base64,R0';"
            "document.body.append(i);")
        self.assertIsNone(p.d.execute_script("return window.foreign || null"))
        self.assertEqual(p.d.execute_async_script(
            "const done = arguments[0];"
            "fetch('file:///etc/hostname').then(() => done('read'),"
            " () => done('refused'))"), "refused")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
