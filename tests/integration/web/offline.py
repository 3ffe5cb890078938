"""A page to be filled without a network, taken from the console: PAGE is where
it is put."""

import os
import shutil

from browser import run

CASE = os.environ["CASE"]


def a_page_to_take_away(desk):
    b = desk.at("amelie")
    b.open("/dossier/%s" % CASE)
    b.click("Autres actes")
    b.click("Pages à remplir sans réseau, sur une tablette")
    b.wait_for("Une visite")
    b.inspect("pages-sans-reseau")
    b.click("Diagnostic (amont)")
    page = b.downloads()[0]
    assert page.endswith("diagnostic.html"), page
    shutil.copyfile(page, os.environ["PAGE"])


run(a_page_to_take_away)
