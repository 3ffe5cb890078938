#!/usr/bin/env python3
"""The commands that look at rules: offline, and against a vault's.

usage: test_policy.py SCEAU LOCALE_DIR RULES"""

import json
import os
import shutil
import sys

from vault import main, same, within

RULES = sys.argv[3]


def copy_of_rules(v, name="regles"):
    path = v.file(name)
    shutil.copytree(RULES, path)
    return path


def edit(folder, name, old, new):
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    within(old, text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new, 1))


def files_of(folder):
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".example.conf") or name.endswith(".md"):
                continue
            path = os.path.join(root, name)
            with open(path, encoding="utf-8") as f:
                found.append({"name": os.path.relpath(path, folder),
                              "text": f.read()})
    return found


def the_shipped_rules_pass(v):
    got = v.run("policy", "test", RULES)
    same((got[0], got[2]), (0, ""))
    within("0 en échec", got[1])
    within("situations couvertes", got[1])
    got = v.run("policy", "test", RULES, language="en")
    within("0 failed", got[1])
    got = v.run("--json", "policy", "test", RULES)
    j = json.loads(got[1])
    same((j["failed"], j["failures"]), (0, []))
    assert j["points"] > j["decisions"] > 0


def a_test_of_ones_own_that_fails_is_status_1(v):
    path = v.file("a.tests", 'format = 1\non = "2026-11-23"\n'
                  'test "essai" { recipient = caf stage = amont\n'
                  '  expect = allow }\n'
                  'never "jamais" { recipient = prefet\n'
                  '  anything = true }\n'.encode())
    got = v.run("policy", "test", RULES, "--tests", path)
    same(got[0], 1)
    within("a.tests:3 : « essai »", got[1])
    within("attendu permis, obtenu refusé", got[1])
    within("a.tests:5 : « jamais »", got[1])
    within("contre-exemple", got[1])
    within("recipient = prefet", got[1])
    within("des essais échouent", got[2])
    got = v.run("--json", "policy", "test", RULES, "--tests", path)
    same(got[0], 1)
    j = json.loads(got[1])
    same([f["what"] for f in j["failures"]], ["expect", "never"])
    same((j["failures"][0]["line"], j["failures"][0]["got"]), (3, "deny"))


def a_file_of_tests_that_is_wrong_is_status_7(v):
    path = v.file("b.tests", b'format = 1\ntest "x" { recipient = personne\n'
                  b' expect = deny on = "2026-11-23" }\n')
    got = v.run("policy", "test", RULES, "--tests", path)
    same(got[:2], (7, ""))
    within("b.tests:2:", got[2])
    got = v.run("--json", "policy", "test", RULES, "--tests", path)
    same(got[0], 7)
    within("b.tests:2:", json.loads(got[1])["problems"][0])
    same(v.run("policy", "test", RULES, "--tests", v.file("none"))[0], 4)


def rules_that_are_wrong_are_status_7(v):
    folder = copy_of_rules(v)
    edit(folder, "00-common.conf", "recipient = caf", "recipient = cafe")
    for verb in ("check", "test"):
        got = v.run("policy", verb, folder)
        same(got[:2], (7, ""), verb)
        within("00-common.conf:", got[2])
    got = v.run("policy", "diff", RULES, folder)
    same(got[:2], (7, ""))
    got = v.run("policy", "show", "--public", folder)
    same(got[:2], (7, ""))


def rules_without_tests_say_so(v):
    folder = copy_of_rules(v)
    shutil.rmtree(os.path.join(folder, "tests"))
    got = v.run("policy", "test", folder)
    same(got[:2], (4, ""))
    within("n'ont pas d'essais", got[2])


def a_missing_certificate_is_a_warning(v):
    got = v.run("policy", "check", RULES)
    same(got[0], 0)
    within("Règles en ordre", got[1])
    within("certificates/caf.pem", got[2])
    j = json.loads(v.run("--json", "policy", "check", RULES)[1])
    same({"recipient": "caf", "certificate": "certificates/caf.pem"}
         in j["missing-certificates"], True)
    folder = copy_of_rules(v)
    os.makedirs(os.path.join(folder, "certificates"), exist_ok=True)
    for name in ("caf", "ccapex", "banque-de-france"):
        with open(os.path.join(folder, "certificates", name + ".pem"),
                  "w", encoding="ascii") as f:
            f.write("-----BEGIN CERTIFICATE-----\n")
    same(v.run("policy", "check", folder)[::2], (0, ""))


def two_folders_are_compared(v):
    folder = copy_of_rules(v)
    got = v.run("policy", "diff", RULES, folder)
    same((got[0], got[2]), (0, ""))
    within("les mêmes fichiers", got[1])
    edit(folder, "00-common.conf", "# The rules all", "# Rules that all")
    within("la forme", v.run("policy", "diff", RULES, folder)[1])
    edit(folder, "00-common.conf", "operations = { publish }",
         "operations = { publish, search }")
    got = v.run("policy", "diff", RULES, folder)
    same(got[0], 0)
    within("Règle d'accès « administration »\n  ajouté operations : search\n",
           got[1])
    within("Différences : 1", got[1])
    j = json.loads(v.run("--json", "policy", "diff", RULES, folder)[1])
    same(j, {"differences": [{
        "change": "added", "section": "access", "name": "administration",
        "inner": None, "inner-name": None, "word": "operations",
        "from": None, "to": "search"}], "same": False, "replay": None})


def a_candidate_is_compared_with_the_vaults(v):
    folder = copy_of_rules(v)
    people = {"name": "people.conf", "text": "format = 1\n"}

    def answer(q):
        if q.path == "/v1/policy/files":
            q.give(200, {"files": files_of(RULES) + [people]})
        else:
            q.problem(404, "not-found")

    got = v.run("policy", "diff", folder, answer=answer)
    # Its people stay as they are.
    same((got[0], got[2]), (0, ""))
    within("les mêmes fichiers", got[1])
    within("RÈGLES DU COFFRE",
           v.run("policy", "show", "--public", answer=answer)[1])


def the_past_is_replayed_under_a_candidate(v):
    folder = copy_of_rules(v)
    os.remove(os.path.join(folder, "10-2027.conf"))
    edit(folder, "00-common.conf", 'effective-until = "2026-12-31"\n', "")
    asked = []

    def answer(q):
        if q.path == "/v1/policy/files":
            q.give(200, {"files": files_of(RULES)})
            return
        asked.append(q.json_body())
        q.give(200, {
            "decisions": 40, "same": 37, "newly_allowed": [
                {"leaf": 7, "at": "2026-11-01T10:00:00Z", "who": "camille",
                 "what": "disclosure", "recipient": "caf",
                 "why": "parce que\u202e \x1b[31m"}],
            "newly_denied": [], "changed": [], "newly_allowed_count": 2,
            "newly_denied_count": 0, "changed_count": 1, "unreadable": 3,
            "complete": False})

    got = v.run("policy", "diff", folder, "--replay", "180d", answer=answer)
    same((got[0], got[2]), (0, ""))
    within("2 de plus, en refuseraient 0", got[1])
    within("3 ne se lisent plus", got[1])
    within("les plus récentes seules", got[1])
    within("disclosure → caf  camille", got[1])
    same("\x1b" in got[1] or "\u202e" in got[1], False)
    same(asked[0]["days"], 180)
    texts = {f["name"]: f["text"] for f in asked[0]["files"]}
    same(texts["10-2027.conf"], None)
    within("format = 1", texts["00-common.conf"])
    for bad in ("180", "d", "0d", "-1d", "99999d", "1 d", "180m"):
        same(v.run("policy", "diff", folder, "--replay", bad)[:2], (2, ""),
             bad)
    got = v.run("policy", "diff", RULES, folder, "--replay", "10j",
                answer=lambda q: q.problem(403, "no-rule", "denied"))
    same(got[0], 3)


def the_rules_are_a_page_for_everybody(v):
    got = v.run("policy", "show", "--public", RULES)
    same((got[0], got[2]), (0, ""))
    for words in ("CE QUI EST CONSERVÉ", "24 mois après le dernier contact",
                  "CE QUI N'EST JAMAIS COMMUNIQUÉ", "Récit",
                  "Caisse d'allocations familiales",
                  "(contrat-engagement, fichier)",
                  "demande de la personne (exercice-des-droits)",
                  "Avec l'accord de chaque adulte"):
        within(words, got[1])
    within("WHAT IS KEPT",
           v.run("policy", "show", "--public", RULES, language="en")[1])
    out = v.file("page.txt")
    same(v.run("policy", "show", "--public", RULES, "-o", out)[:2], (0, ""))
    with open(out, encoding="utf-8") as f:
        same(f.read(), got[1])
    j = json.loads(v.run("--json", "policy", "show", "--public", RULES)[1])
    same(j, {"page": got[1]})
    same(v.run("policy", "show", RULES)[0], 2)


main([the_shipped_rules_pass, a_test_of_ones_own_that_fails_is_status_1,
      a_file_of_tests_that_is_wrong_is_status_7,
      rules_that_are_wrong_are_status_7, rules_without_tests_say_so,
      a_missing_certificate_is_a_warning, two_folders_are_compared,
      a_candidate_is_compared_with_the_vaults,
      the_past_is_replayed_under_a_candidate,
      the_rules_are_a_page_for_everybody])
