#!/usr/bin/env python3
"""The copy of a person: whole or not at all, as a folder or one tar file,
every byte what the vault said, in French for who reads it.

usage: test_subject.py SCEAU LOCALE_DIR"""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile

from vault import main, same, within

CASE, PERSON = "4F7K-2Q0", "p" * 26
SHA = lambda b: hashlib.sha256(b).hexdigest()
DOC = "d" * 26
PAGES = [b"%PDF-1.7 a page of the contract\n" * 40, b"",
         b"\xff\xd8" + b"x" * 511]
SIGNATURE = b"a detached signature"


def page(name, b):
    return {"name": name, "media": "application/pdf", "size": len(b),
            "sha256": SHA(b)}


def answer():
    return {
        "case": "c" * 26, "alone": True, "leaf": 41, "policy": 1,
        "made_at": "2026-11-23T13:00:00Z", "organisation": "asso",
        "details_months": 12, "accesses_more": False,
        "origin": {"source": "ccapex", "commune": "Melun", "title": "=1+1",
                   "stage": "amont", "opened_at": "2026-11-02T08:00:00Z"},
        "person": {"person": PERSON, "name": "Camille Exemple",
                   "birth_year": 1979, "confidential_address": True,
                   "roles": [{"role": "titulaire", "from": None,
                              "until": None}]},
        "records": [{"document": DOC, "version": 1, "kind": "diagnostic",
                     "title": "Diagnostic", "data": {
                         "dette": {"montant": -12.5, "note": "=HYPERLINK()"},
                         "causes": [{"code": "a"}, {"code": "b"}]}}],
        "originals": [
            {"document": DOC, "version": 2, "kind": "contrat-engagement",
             "title": "Contrat d'engagement",
             "pages": [page("../../évasion.PDF", PAGES[0]),
                       page("sans-extension", PAGES[1]),
                       page("x.tropdelettres", PAGES[2])],
             "signature": page("c.p7s", SIGNATURE),
             "filed_at": "2026-11-20T08:00:00Z"}],
        "withheld": [{"document": DOC, "version": 1, "kind": "piece",
                      "kind_title": "Pièce", "path": "", "title": "",
                      "why": "several"}],
        "consents": [{"consent": "k" * 26, "purpose": "partage:caf",
                      "title": "Partager avec la CAF", "state": "withdrawn",
                      "given_at": "2026-11-20T08:00:00Z", "until": None,
                      "valid_through": None}],
        "receipts": [{"sheet": "s" * 26, "page": "Reçu de vos accords\n",
                      "receipt": {"@type": "dpv:ConsentReceipt"},
                      "consents": []}],
        "recipients": [{"recipient": "caf", "recipient_title": "CAF",
                        "purpose_title": "Maintenir l'aide",
                        "channel": "ssh", "state": "pulled",
                        "released_at": "2026-11-21T08:00:00Z",
                        "pulled_at": None, "sha256": "0" * 64}],
        "events": [{"event": "audience", "title": "Audience",
                    "occurred_on": "2026-11-19"}],
        "requests": [{"right": "access", "words": "l'accès à vos données",
                      "received_on": "2026-11-20", "due_on": "2026-12-20",
                      "state": "open", "settled_on": None}],
        "objections": [{"received_on": "2026-11-20", "state": "waiting",
                        "decided_on": None}],
        "restrictions": [],
        "kinds": [{"kind": "Contrat", "kept": "Contrats",
                   "active_months": 24, "intermediate_months": 60,
                   "from": "last-contact", "from_title": "Dernier contact",
                   "source": "CNIL"}],
        "purposes": [{"title": "Accompagnement", "basis": "RGPD art. 6(1)(e)",
                      "purposes": ["Accompagner", "Informer"],
                      "source": "x"}],
        "accesses": [{"day": "2026-11-20", "function": "Intervenante",
                      "what": "document lu", "purpose": "Accompagner",
                      "outcome": "fait"}],
    }


class Vault:
    """With faults to order, by the number of the original asked for."""

    def __init__(self, at=0, how=None):
        self.at, self.how, self.asked = at, how, []

    def __call__(self, q):
        m = re.match(r"/v1/cases/[^/]+/persons/%s/(export|documents/%s/"
                     r"(content|signature)\?(.*))$" % (PERSON, DOC), q.path)
        if not m:
            q.problem(404, "not-found")
        elif m.group(1) == "export":
            q.give(200, answer())
        else:
            self.original(q, m.group(2), m.group(3))

    def original(self, q, what, query):
        self.asked.append((what, query, q.headers["Sceau-Purpose"]))
        body = SIGNATURE if what == "signature" else \
            PAGES[int(re.search(r"page=(\d)", query).group(1)) - 1]
        if len(self.asked) != self.at:
            q.give(200, body, "application/octet-stream",
                   Sceau_Sha256=SHA(body))
        elif self.how == "cut":
            q.give(200, body[:7], "application/octet-stream", size=len(body))
        elif self.how == "lie":
            q.give(200, body[::-1], "application/octet-stream")
        elif self.how == "longer":
            q.give(200, body + b"x", "application/octet-stream")
        else:
            q.problem(403, "subject-withheld", "denied")


def export(v, name, vault, *more, **how):
    return v.run("--purpose", "exercice-des-droits", "subject", "export",
                 CASE, "--person", PERSON, "-o", v.file(name), *more,
                 answer=vault, **how)


def tree(top):
    got = {}
    for where, _, names in os.walk(top):
        for n in names:
            path = os.path.join(where, n)
            with open(path, "rb") as f:
                got[os.path.relpath(path, top)] = f.read()
    return got


def table(b):
    assert b.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(b.decode("utf-8-sig")),
                           delimiter=";"))


ORIGINALS = {"originaux/001-contrat-engagement-v2-01.pdf": PAGES[0],
             "originaux/001-contrat-engagement-v2-02.bin": PAGES[1],
             "originaux/001-contrat-engagement-v2-03.bin": PAGES[2],
             "originaux/001-contrat-engagement-v2-signature.p7s": SIGNATURE}


def check_files(got):
    for name, b in ORIGINALS.items():
        same(got.get(name), b, name)
    same(json.loads(got["donnees.json"])["leaf"], 41)
    same(json.loads(got["consentements/001.jsonld"])["@type"],
         "dpv:ConsentReceipt")
    same(got["consentements/001.txt"].decode(), "Reçu de vos accords\n")
    names = [n for n in got if "/" not in n]
    same(sorted(names), sorted([
        "LISEZMOI.txt", "SHA256SUMS", "acces.csv", "consentements.csv",
        "demandes.csv", "destinataires.csv", "donnees.csv", "donnees.json",
        "durees.csv", "evenements.csv", "finalites.csv", "identite.csv",
        "originaux.csv", "retenu.csv"]))
    sums = dict(reversed(line.split("  ", 1)) for line in
                got["SHA256SUMS"].decode().splitlines())
    same(sorted(sums), sorted(n for n in got if n != "SHA256SUMS"))
    for name, digest in sums.items():
        same(SHA(got[name]), digest, name)


def a_folder_holds_all_of_it(v):
    vault = Vault()
    status, out, _ = export(v, "copie", vault)
    same(status, 0)
    within("n° 41", out)
    got = tree(v.file("copie"))
    check_files(got)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"],
                   cwd=v.file("copie"), check=True)
    same([a for a, _, _ in vault.asked], ["content"] * 3 + ["signature"])
    same({p for _, _, p in vault.asked}, {"exercice-des-droits"})
    same(os.stat(v.file("copie")).st_mode & 0o777, 0o700)
    same(os.stat(v.file("copie/originaux.csv")).st_mode & 0o777, 0o600)


def a_tar_file_is_read_by_stock_tools(v):
    status, out, _ = export(v, "copie.tar", Vault(), "--json")
    same(status, 0)
    j = json.loads(out)
    same((j["originals"], j["withheld"], j["leaf"]), (4, 1, 41))
    same(os.stat(v.file("copie.tar")).st_mode & 0o777, 0o600)
    with tarfile.open(v.file("copie.tar")) as t:
        got = {m.name.removeprefix("copie/"): t.extractfile(m).read()
               for m in t.getmembers()}
        same({m.mtime for m in t.getmembers()}, {1795438800})
        assert all(m.name.startswith("copie/") for m in t.getmembers())
    check_files(got)
    subprocess.run(["tar", "-xf", v.file("copie.tar"), "-C", v.folder.name],
                   check=True)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"],
                   cwd=v.file("copie"), check=True)


def the_same_facts_make_the_same_tar(v):
    for name in ("a.tar", "b.tar"):
        same(export(v, name, Vault())[0], 0)
    with open(v.file("a.tar"), "rb") as a, open(v.file("b.tar"), "rb") as b:
        same(SHA(a.read()), SHA(b.read()))


def what_is_not_as_listed_leaves_nothing(v):
    for how, wanted in (("cut", 9), ("lie", 8), ("longer", 8), ("no", 3)):
        for at in (1, 3, 4):
            for name in ("copie", "copie.tar"):
                status, out, err = export(v, name, Vault(at, how))
                same(status, wanted, "%s at %d: %s" % (how, at, err))
                left = [n for n in os.listdir(v.folder.name)
                        if n != "api.sock"]
                same(left, [], "%s at %d" % (how, at))


def what_is_there_is_not_replaced(v):
    v.file("copie.tar", b"mine")
    os.mkdir(v.file("copie"))
    v.file("copie/mine", b"mine")
    for name in ("copie", "copie.tar"):
        vault = Vault()
        same(export(v, name, vault)[0], 5, name)
        same(vault.asked, [])
    same(tree(v.file("copie")), {"mine": b"mine"})


def it_is_french_whoever_makes_it(v):
    same(export(v, "fr", Vault())[0], 0)
    same(export(v, "en", Vault(), language="en")[0], 0)
    same(tree(v.file("fr")), tree(v.file("en")))
    got = tree(v.file("en"))
    page = got["LISEZMOI.txt"].decode()
    within("Camille Exemple", page)
    assert max(map(len, page.splitlines())) <= 80, page
    same(table(got["demandes.csv"])[1:],
         [["Demande", "l'accès à vos données", "2026-11-20", "à répondre",
           ""], ["Opposition", "", "2026-11-20", "à examiner", ""]])
    same(table(got["consentements.csv"])[1],
         ["Partager avec la CAF", "retiré", "2026-11-20", ""])
    same(table(got["destinataires.csv"])[1][:4],
         ["CAF", "Maintenir l'aide",
          "par la ligne chiffrée du destinataire", "2026-11-21"])
    same(table(got["retenu.csv"])[1][0], "Pièce")
    for name, b in got.items():
        if name.endswith(".csv") or name.endswith(".txt"):
            text = b.decode()
            for word in ("withdrawn", "pulled", "several", "doc-read",
                         "open\"", "waiting", "ssh", "\"true", "last-contact"):
                assert word not in text, (name, word)


def a_spreadsheet_runs_nothing_of_it(v):
    same(export(v, "copie", Vault())[0], 0)
    got = tree(v.file("copie"))
    rows = table(got["donnees.csv"])[1:]
    same([r[3:] for r in rows],
         [["dette.montant", "-12.5"], ["dette.note", "'=HYPERLINK()"],
          ["causes[1].code", "a"], ["causes[2].code", "b"]])
    same([r[1] for r in table(got["identite.csv"])
          if r[0] == "Intitulé du dossier"], ["'=1+1"])


def a_name_stays_in_its_folder(v):
    same(export(v, "copie", Vault())[0], 0)
    for name in tree(v.file("copie")):
        assert name.isascii() and ".." not in name, name
    within("../../évasion.PDF",
           tree(v.file("copie"))["originaux.csv"].decode())


main([a_folder_holds_all_of_it, a_tar_file_is_read_by_stock_tools,
      the_same_facts_make_the_same_tar, what_is_not_as_listed_leaves_nothing,
      what_is_there_is_not_replaced, it_is_french_whoever_makes_it,
      a_spreadsheet_runs_nothing_of_it, a_name_stays_in_its_folder])
