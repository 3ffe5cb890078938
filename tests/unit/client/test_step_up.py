#!/usr/bin/env python3
"""Statements that the client signs, as stock ssh-keygen and a reader of our
own see them; and what it makes of explanations.

usage: test_step_up.py SCEAU LOCALE_DIR"""

import base64
import calendar
import json
import subprocess
import time

from vault import main, same, within

VAULT = "a" * 26
CASE = "b" * 25 + "a"
SWEEP = "c" * 25 + "a"  # of no case
STATUS = {"vault": VAULT, "head_size": 41}
GLASS = {"break_glass": CASE, "case": CASE, "ref": "4F7K-2Q8", "by": "dora",
         "at": "2026-11-23T05:06:07Z", "until": "2026-11-23T05:36:07Z",
         "state": "unreviewed", "leaf": 42}


def key(v):
    path = v.file("key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                    path], check=True)
    return path


def answers(q):
    if q.path == "/v1/status":
        q.give(200, STATUS)
    elif q.command == "GET" and q.path == "/v1/cases/bbbb":
        q.give(200, {"case": CASE})
    elif q.command == "GET" and q.path == "/v1/erasures/" + CASE:
        q.give(200, {"erasure": CASE, "case": CASE})
    elif q.command == "GET" and q.path == "/v1/erasures/" + SWEEP:
        q.give(200, {"erasure": SWEEP, "case": 26 * "a"})
    elif q.command == "GET":
        q.problem(404, "not-found")
    else:
        q.body()
        q.give(201, GLASS)


def header_of(v, path):
    found = [h.get("Sceau-Step-Up") for _, p, h in v.requests if p == path]
    same(len(found), 1, path)
    return found[0]


def read(v, key_path, header):
    """The lines of the statement, whose signature stock ssh-keygen likes."""
    text, armored = (base64.b64decode(x, validate=True)
                     for x in header.split("."))
    with open(key_path + ".pub", encoding="utf-8") as f:
        public = f.read()
    signers = v.file("signers", b"dora " + public.encode())
    signature = v.file("signature", armored)
    done = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "dora", "-n",
         "sceau-step-up", "-s", signature], input=text, check=False,
        capture_output=True)
    same(done.returncode, 0, done.stderr)
    lines = text.decode().split("\n")
    same(lines[-1], "")
    return lines[:-1]


def smash(v, key_path, case, *more):
    return v.run("--json", *more, "case", "break-glass", case, "--reason",
                 "urgence", "--step-up", key_path, answer=answers)


def the_statement_is_of_this_act(v):
    k = key(v)
    before = int(time.time())
    same(smash(v, k, CASE)[0], 0)
    path = "/v1/cases/%s/break-glass" % CASE
    lines = read(v, k, header_of(v, path))
    same(lines[0], "sceau-step-up/1")
    same(lines[1], "vault " + VAULT)
    same(lines[2], "operation break-glass")
    same(lines[3], "object " + CASE)
    same(lines[4], "purpose -")
    same(lines[5], "log-size 41")
    within("nonce ", lines[6])
    same(len(lines[6]), 6 + 32)
    ends = calendar.timegm(time.strptime(lines[7],
                                         "expires %Y-%m-%dT%H:%M:%SZ"))
    if not before < ends <= time.time() + 600:
        raise AssertionError(lines[7])
    same(len(lines), 8)
    # Only the act carries it; and no two are the same.
    same(header_of(v, "/v1/status"), None)
    smash(v, k, CASE)
    again = read(v, k, header_of(v, path))
    if again[6] == lines[6]:
        raise AssertionError("the same nonce")


def the_purpose_stands_in_it(v):
    k = key(v)
    same(smash(v, k, CASE, "--purpose", "controle-interne")[0], 0)
    lines = read(v, k, header_of(v, "/v1/cases/%s/break-glass" % CASE))
    same(lines[4], "purpose controle-interne")


def a_case_is_named_in_one_way(v):
    k = key(v)
    # As it is spoken: case, hyphen and look-alikes are forgiven.
    for said, named in (("4F7K-2Q0", "4F7K-2Q0"), ("4f7k2q0", "4F7K-2Q0"),
                        ("4f7k-2qo", "4F7K-2Q0"), ("bbbb", CASE)):
        same(smash(v, k, said)[0], 0, said)
        lines = read(v, k, header_of(v, "/v1/cases/%s/break-glass" % said))
        same(lines[3], "object " + named, said)
    # What is neither, and is not there for the caller.
    same(smash(v, k, "cccc")[0], 4)
    same([m for m, _, _ in v.requests if m == "POST"], [])


def nothing_goes_without_a_signature(v):
    same(smash(v, v.file("no-such-key"), CASE)[0], 7)
    same([m for m, _, _ in v.requests if m == "POST"], [])
    same(v.run("case", "break-glass", CASE, "--reason", "urgence",
               answer=answers)[0], 2)
    same(v.requests, [])


def other_acts_sign_when_they_are_asked_to(v):
    k = key(v)
    rows = (
        (("publish",), "/v1/publish", "publish", "-"),
        (("retention", "run", CASE), "/v1/erasures/%s/run" % CASE,
         "erase-run", "-"),
        (("retention", "run", SWEEP), "/v1/erasures/%s/run" % SWEEP,
         "retention-run", "-"),
        (("retention", "visa", SWEEP, "--reference", "R"),
         "/v1/sweeps/%s/visa" % SWEEP, "retention-visa", "-"),
        (("case", "reopen", CASE, "--reason", "M"),
         "/v1/cases/%s/reopen" % CASE, "case-reopen", CASE),
        (("subject", "lift", CASE, "--channel", "courrier"),
         "/v1/cases/%s/restriction/lift" % CASE, "restrict-lift", CASE),
        (("clock", "confirm"), "/v1/clock/confirmation", "clock-confirm",
         "-"),
        (("extract", "release", CASE, "caf"), "/v1/cases/%s/extracts" % CASE,
         "extract-release", CASE),
    )
    for words, path, operation, thing in rows:
        v.run("--json", *words, "--step-up", k, answer=answers)
        lines = read(v, k, header_of(v, path))
        same(lines[2:4], ["operation " + operation, "object " + thing])
        v.run("--json", *words, answer=answers)
        same(header_of(v, path), None, operation)


def explanation(same_again):
    return {
        "leaf": 7, "at": "2026-11-23T05:06:07Z", "class": "doc-read",
        "outcome": "ok", "policy": 2026112301, "generation": 3,
        "actor": {"account": "amelie", "uid": 1, "role": "caseworker"},
        "same": same_again,
        "decision": {"rule": "equipe-lecture", "default": True,
                     "purpose": "accompagnement", "why": "It is so.",
                     "role": "lead", "loan": "conges"},
        "facts": {"account": "amelie", "role": "caseworker", "op": "doc-read",
                  "kind": "acte", "own": True,
                  "case": {"team": "nord", "state": "open"}},
        "rule": {"name": "equipe-lecture", "title": "Lire\u001b[2J",
                 "source": "RGPD art. 32"},
        "disclosure": {
            "kept": {"allowed": False, "tag": "consent-missing", "why": "No.",
                     "facts": {"recipient": "caf", "stage": "amont",
                               "state": "open", "consents": [],
                               "adults": [{"role": "conjoint",
                                           "consents": ["partage:caf"]}]}},
            "rule": {"name": "caf-aide-logement"}},
        "consent_versions": [
            {"consent": "x", "version": 2, "event": "renewed", "leaf": 5,
             "effective_at": "2026-11-02T05:06:07Z"}],
    }


def an_explanation_is_told_in_words(v):
    status, out, _ = v.run("policy", "explain", "7",
                           answer=lambda q: q.give(200, explanation(True)))
    same(status, 0)
    for word in ("Inscription n° 7", "amelie, caseworker", "doc-read, acte",
                 "ouvert par cette personne", "permis", "equipe-lecture",
                 "RGPD art. 32", "accompagnement, par défaut",
                 "Rôle prêté : conges", "Destinataire : caf",
                 "conjoint : partage:caf", "refusé (le consentement",
                 "x : version 2, renouvelé le 02/11/2026 05:06, inscription n° 5", "jeu n° 3",
                 "la même décision, mot pour mot"):
        within(word, out)
    if "\033" in out:
        raise AssertionError("a control character")
    same(v.requests[0][1], "/v1/audit/7/explanation")


def another_decision_is_a_failed_check(v):
    status, out, err = v.run("policy", "explain", "7",
                             answer=lambda q: q.give(200, explanation(False)))
    same(status, 8)
    within("UNE AUTRE DÉCISION", out)
    within("n'est pas le sien", err)
    status, out, _ = v.run("--json", "policy", "explain", "7")
    same((status, json.loads(out)["same"]), (8, False))


def what_cannot_be_explained_says_why(v):
    for http, code, title, status, word in (
            (409, "detail-expired", "conflict", 5, "a expiré"),
            (409, "no-decision", "conflict", 5, "aucune décision"),
            (500, "detail-damaged", "integrity", 8, "n'est pas le sien")):
        got = v.run("policy", "explain", "7",
                    answer=lambda q: q.problem(http, code, title))
        same(got[:2], (status, ""), code)
        within(word, got[2])


if __name__ == "__main__":
    main([f for n, f in list(globals().items())
          if callable(f) and getattr(f, "__module__", "") == "__main__"
          and n.count("_") > 1])
