#!/usr/bin/env python3
"""Filing over lines that break, and approving what was read.

usage: test_filing.py SCEAU LOCALE_DIR"""

import hashlib
import json
import os
import re
import subprocess

from vault import main, same, within

SHA = lambda b: hashlib.sha256(b).hexdigest()
DOC = "a" * 25 + "a"


class Desk:
    """Uploads and filings of a vault, with faults to order."""

    def __init__(self):
        self.uploads, self.filed, self.posts = {}, {}, []
        self.received = 0
        self.cut_upload_at = None  # bytes of a body, once
        self.cut_answers = self.pending = 0
        self.forget = False  # the uploads, at the first filing
        self.lie = False

    def __call__(self, q):
        m = re.match(r"/v1/uploads/([a-z2-7]{26})(/content\?offset=(\d+))?$",
                     q.path)
        if m and q.command == "PUT":
            self.put(q, m.group(1), int(m.group(3)))
        elif m:
            n = self.uploads.get(m.group(1))
            if n is None:
                q.problem(404, "not-found")
            else:
                q.give(200, {"upload": m.group(1), "offset": len(n)})
        else:
            self.post(q)

    def put(self, q, name, offset):
        have = self.uploads.get(name, b"")
        if offset != len(have):
            q.body()
            q.problem(409, "offset", "conflict")
            return
        if self.cut_upload_at is not None:
            part = q.rfile.read(min(self.cut_upload_at, q.length))
            self.cut_upload_at = None
            self.uploads[name] = have + part
            self.received += len(part)
            q.cut()
            return
        body = q.body()
        self.received += len(body)
        self.uploads[name] = have + body
        q.give(200, {"upload": name, "offset": len(have + body)})

    def post(self, q):
        body, key = q.json_body(), q.headers["Idempotency-Key"]
        self.posts.append((key, body))
        if self.forget:
            self.forget = False
            self.uploads.clear()
            q.cut()
            return
        again = key in self.filed
        if not again:
            if any(p["upload"] not in self.uploads for p in body["pages"]):
                q.problem(404, "not-found")
                return
            self.filed[key] = self.file(body)
        if self.pending:
            self.pending -= 1
            q.problem(202, "pending")
        elif self.cut_answers:
            self.cut_answers -= 1
            q.cut()
        else:
            q.give(200 if again else 201, self.filed[key])

    def file(self, body):
        pages = [self.uploads.pop(p["upload"]) for p in body["pages"]]
        whole = SHA(pages[0])
        if len(pages) > 1:
            lines = "".join("%s %d\n" % (SHA(p), len(p)) for p in pages)
            whole = SHA(("sceau/pages/1\n" + lines).encode())
        return {"document": DOC, "ref": "4F7K-2Q0", "version": 1,
                "kind": body["kind"], "size": sum(map(len, pages)),
                "sha256": SHA(b"") if self.lie else whole,
                "verdicts": [], "leaf": 41}


def file(v, desk, *args, **more):
    return v.run("file", "4F7K-2Q0", "piece", *args, answer=desk, **more)


def a_file_is_filed_as_it_is(v):
    desk, data = Desk(), os.urandom(300000)
    status, out, err = file(v, desk, v.file("a.pdf", data), "--title", "T",
                            "--level", "L", "--replaces", "R")
    same((status, out), (0, ""))
    within("inscription n° 41", err)
    key, body = desk.posts[0]
    same(len(key), 64)
    same([p["name"] for p in body["pages"]], ["a.pdf"])
    same((body["kind"], body["title"], body["level"], body["replaces"]),
         ("piece", "T", "L", "R"))


def json_of_a_filing_is_the_answer(v):
    status, out, _ = file(v, Desk(), "--json", v.file("a", b"x"))
    same((status, json.loads(out)["leaf"]), (0, 41))


def pages_keep_their_order(v):
    desk = Desk()
    names = ["c.jpg", "a.jpg", "b.jpg"]
    same(file(v, desk, *[v.file(n, n.encode()) for n in names])[0], 0)
    same([p["name"] for p in desk.posts[0][1]["pages"]], names)


def the_same_page_twice_is_two_uploads(v):
    desk, path = Desk(), v.file("a.jpg", b"page")
    same(file(v, desk, path, path)[0], 0)


def a_contact_is_of_a_day_of_france_wherever_the_machine_is(v):
    """Two places that never have the same day: by their own clocks one of
    them would always date it wrongly."""
    for command in (("contact", "4F7K-2Q0", "--channel", "visite",
                     "--result", "rencontre"),
                    ("demarche", "add", "4F7K-2Q0", "--device", "fsl")):
        days = []
        for zone in ("WEST12", "EAST-14", "UTC"):
            desk, records = Desk(), []
            keep = desk.put
            desk.put = lambda q, name, at: (keep(q, name, at), records.append(
                json.loads(desk.uploads[name])))
            status, _, err = v.run(*command, answer=desk, env={"TZ": zone})
            same((status, len(records)), (0, 1), err)
            days.append(records[0]["date"])
        same(len(set(days)), 1, days)


def standard_input_is_a_file(v):
    desk = Desk()
    with open(v.file("in", b"piped"), "rb") as f:
        same(file(v, desk, "-", "--name", "n.pdf", stdin=f)[0], 0)
    same(desk.posts[0][1]["pages"][0]["name"], "n.pdf")
    same(desk.received, 5)


def a_cut_upload_goes_on_where_it_was(v):
    for size in (1000000, 9000000):
        desk, data = Desk(), os.urandom(size)
        desk.cut_upload_at = size * 2 // 3
        same(file(v, desk, v.file("a", data))[0], 0)
        same(desk.received, size)


def a_second_run_goes_on_where_the_first_was_killed(v):
    desk, data = Desk(), os.urandom(500000)
    path = v.file("a", data)
    same(file(v, desk, path)[0], 0)
    name = v.requests[0][1].split("/")[3]
    desk = Desk()
    desk.uploads[name] = data[:200000]
    same(file(v, desk, path)[0], 0)
    # The first try is for nothing; then only what is missing.
    same(desk.received, 300000)


def a_cut_answer_gives_the_first_filing(v):
    desk = Desk()
    desk.cut_answers = 2
    same(file(v, desk, v.file("a", b"data"))[0], 0)
    same(len(desk.filed), 1)
    same(len(set(key for key, _ in desk.posts)), 1)


def a_command_run_again_gives_the_first_filing(v):
    desk, path = Desk(), v.file("a", b"data")
    same(file(v, desk, path)[0], 0)
    # Another way to write the same reference is the same case.
    same(v.run("file", "4f7k2q0", "piece", path, answer=desk)[0], 0)
    same(len(desk.filed), 1)


def other_filings_have_other_keys(v):
    desk, a, b = Desk(), v.file("a", b"a"), v.file("b", b"b")
    rows = ((a,), (b,), (a, b), (b, a), (a, "--signature", b),
            (a, "--replaces", "R"))
    for args in rows:
        same(file(v, desk, *args)[0], 0, args)
    same(v.run("file", "X", "piece", a, answer=desk)[0], 0)
    same(v.run("file", "4F7K-2Q0", "acte", a, answer=desk)[0], 0)
    same(len(desk.filed), len(rows) + 2)


def what_is_pending_is_asked_again(v):
    desk = Desk()
    desk.pending = 2
    same(file(v, desk, v.file("a", b"data"))[0], 0)
    desk = Desk()
    desk.pending = 1000
    got = file(v, desk, v.file("b", b"data"))
    same(got[:2], (1, ""))
    within("pas encore signé", got[2])
    same(len(desk.posts) < 20, True)


def an_unknown_case_costs_one_sending(v):
    desk = Desk()
    desk.post = lambda q: (q.body(), q.problem(404, "not-found"))
    got = file(v, desk, v.file("a", b"data"))
    same((got[0], desk.received), (4, 4))


def a_vault_that_restarted_gets_the_file_again(v):
    desk = Desk()
    desk.forget = True
    same(file(v, desk, v.file("a", b"data"))[0], 0)
    same(desk.received, 8)


def a_line_that_stays_cut_is_given_up(v):
    got = v.run("file", "C", "piece", v.file("a", b"x"),
                answer=lambda q: q.cut())
    same(got[:2], (1, ""))
    within("reprendra", got[2])
    same(len(v.requests) < 20, True)


def a_refusal_is_not_asked_again(v):
    got = v.run("file", "C", "piece", v.file("a", b"x"),
                answer=lambda q: q.problem(413, "file-max", "too-large"))
    same(got[0], 7)
    same(len(v.requests), 1)


def an_answer_about_something_else_is_told(v):
    desk = Desk()
    desk.lie = True
    got = file(v, desk, v.file("a", b"data"))
    same(got[:2], (8, ""))
    within("n'a pas inscrit ce qui a été envoyé", got[2])


def a_receipt_of_something_else_is_told(v):
    desk = Desk()
    made = desk.file
    desk.file = lambda body: {**made(body), "receipt": "sceau receipt 1\n"}
    same(file(v, desk, v.file("a", b"data"))[:2], (8, ""))


def what_cannot_be_read_is_not_sent(v):
    for path in (v.file("none"), v.folder.name):
        got = v.run("file", "C", "piece", path, answer=Desk())
        same(got[0] in (2, 4), True, path)
        same(v.requests, [])


def an_output_in_the_way_stops_before_filing(v):
    got = file(v, Desk(), v.file("a", b"x"), "-o", v.file("r", b"old"))
    same(got[0], 5)
    same(v.requests, [])


# --- approvals ---

PLAN = "plan of an erasure\nDESTROY …\n"


def erasure(posted, sha256=SHA(PLAN.encode())):
    def answer(q):
        if q.command == "POST":
            posted.append(q.json_body())
        q.give(200, {"erasure": "E", "state": "planned", "plan": PLAN,
                     "sha256": sha256, "approvals": [], "needed": 2})
    return answer


def an_approval_is_a_signature_of_the_plan(v):
    key, posted = v.file("key"), []
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key],
                   check=True, stdin=subprocess.DEVNULL)
    got = v.run("retention", "approve", "E", "--key", key,
                answer=erasure(posted))
    same(got[0], 0, got[2])
    signature = v.file("s", posted[0]["signature"].encode())
    done = subprocess.run(
        ["ssh-keygen", "-Y", "check-novalidate", "-n", "sceau-approval",
         "-s", signature], input=PLAN.encode(), capture_output=True,
        check=False)
    same(done.returncode, 0, done.stderr)
    # And one that was made elsewhere goes as it is.
    same(v.run("retention", "approve", "E", "--signature", signature)[0], 0)
    same(posted[1], posted[0])


def a_plan_that_is_not_the_one_named_is_not_signed(v):
    posted = []
    got = v.run("retention", "approve", "E", "--key", v.file("none"),
                answer=erasure(posted, SHA(b"other")))
    same((got[0], posted), (8, []))


def without_a_key_nothing_is_sent(v):
    posted = []
    answer = erasure(posted)
    got = v.run("retention", "approve", "E", "--key", v.file("none"),
                answer=answer)
    same((got[0], posted), (7, []))
    same(v.run("retention", "approve", "E")[0], 2)


def the_plan_is_shown_to_the_byte(v):
    got = v.run("retention", "show", "E", "--plan", answer=erasure([]))
    same(got[:2], (0, PLAN))


if __name__ == "__main__":
    main([f for n, f in list(globals().items())
          if callable(f) and getattr(f, "__module__", "") == "__main__"
          and "_" in n])
