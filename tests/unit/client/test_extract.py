#!/usr/bin/env python3
"""Releasing extracts over lines that break, and the register of a case.

usage: test_extract.py SCEAU LOCALE_DIR"""

import json
import subprocess

from vault import main, same, within

CASE = "4F7K-2Q0"
DAY = "2026-11-23T05:06:07Z"
FOREVER = 1000


class Register:
    """A vault that releases once a key, with faults to order."""

    def __init__(self, cut=0, pending=0, refuse=None):
        self.cut, self.pending, self.refuse = cut, pending, refuse
        self.released, self.posts = {}, []

    def __call__(self, q):
        if q.path == "/v1/status":
            q.give(200, {"vault": "a" * 26, "head_size": 41})
            return
        body, key = q.json_body(), q.headers["Idempotency-Key"]
        self.posts.append((key, body, q.headers["Sceau-Step-Up"]))
        if self.refuse:
            q.problem(*self.refuse)
            return
        self.released.setdefault(key, len(self.released) + 1)
        if self.cut:
            self.cut -= 1
            q.cut()
        elif self.pending:
            self.pending -= 1
            q.problem(202, "pending")
        else:
            q.give(201, {"extract": "e%d" % self.released[key],
                         "recipient": body["recipient"], "leaf": 41,
                         "expires_at": DAY})


def release(v, register, *more):
    return v.run("extract", "release", CASE, "caf", *more, answer=register)


def a_release_has_a_key_of_its_own(v):
    register = Register()
    for n in (1, 2):
        status, out, _ = release(v, register, "--json", "--for", "but",
                                 "--channel", "hand")
        same((status, json.loads(out)["extract"]), (0, "e%d" % n))
    keys = [key for key, _, _ in register.posts]
    same([len(k) for k in keys], [32, 32])
    same(len(set(keys)), 2)
    same(register.posts[0][1],
         {"recipient": "caf", "purpose": "but", "channel": "hand"})


def a_cut_answer_gives_the_first_release(v):
    register = Register(cut=2)
    status, out, _ = release(v, register, "--json")
    same((status, json.loads(out)["extract"]), (0, "e1"))
    same((len(register.released), len(register.posts)), (1, 3))


def what_is_pending_is_asked_again(v):
    register = Register(pending=2)
    same(release(v, register)[0], 0)
    same((len(register.released), len(register.posts)), (1, 3))


def a_vault_that_stays_silent_is_given_up(v):
    for fault in ({"cut": FOREVER}, {"pending": FOREVER}):
        register = Register(**fault)
        same(release(v, register)[:2], (1, ""), fault)
        same(len(register.released), 1, fault)


def a_refusal_is_not_asked_twice(v):
    for refuse in ((403, "consent-missing", "denied"),
                   (409, "extract-rule", "conflict"),
                   (422, "extract-channel", "refused")):
        register = Register(refuse=refuse)
        same(release(v, register)[1], "", refuse)
        same(len(register.posts), 1, refuse)


def each_try_has_its_own_statement(v):
    path = v.file("key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                    path], check=True)
    register = Register(cut=1)
    same(release(v, register, "--step-up", path)[0], 0)
    statements = [s for _, _, s in register.posts]
    same((len(statements), len(set(statements))), (2, 2))
    same(len({key for key, _, _ in register.posts}), 1)


def a_preview_has_no_key(v):
    v.run("extract", "preview", CASE, "caf", answer=lambda q: q.give(
        200, {"allowed": True, "expires_at": DAY}))
    same([h["Idempotency-Key"] for _, _, h in v.requests], [None])


def line(extract, *notices):
    return {"extract": extract, "recipient": "caf", "purpose": "but",
            "state": "pulled", "channel": "ssh", "pulls": 1,
            "released_at": DAY, "expires_at": DAY, "acknowledged_at": None,
            "fields": [], "notices": list(notices)}


def the_register_has_the_notices_of_each_extract(v):
    notice = {"notice": "n1", "reason": "objection", "state": "queued",
              "at": DAY, "due_at": DAY, "overdue": True}
    answer = {"extracts": [line("e1"), line("e2", notice)], "leaf": 41}
    give = lambda q: q.give(200, answer)
    status, out, _ = v.run("extract", "list", CASE, answer=give)
    same(status, 0)
    told = [l for l in out.split("\n") if l.endswith("n1")]
    same(len(told), 1)
    for word in ("e2", "caf", "opposition", "à remettre", "EN RETARD"):
        within(word, told[0])
    out = v.run("extract", "list", CASE, "--json")[1]
    same(json.loads(out)["extracts"][1]["notices"], [notice])


def without_notices_nothing_is_told_of_them(v):
    for extracts in ([], [line("e1")]):
        answer = {"extracts": extracts, "leaf": 41}
        out = v.run("extract", "list", CASE,
                    answer=lambda q: q.give(200, answer))[1]
        same("Motif" in out, False, extracts)


if __name__ == "__main__":
    main([f for n, f in list(globals().items())
          if callable(f) and getattr(f, "__module__", "") == "__main__"
          and "_" in n])
