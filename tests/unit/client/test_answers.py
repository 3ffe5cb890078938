#!/usr/bin/env python3
"""What the client makes of answers: refusals, other servers, cut lines,
hostile text.

usage: test_answers.py SCEAU LOCALE_DIR"""

import hashlib
import json
import os
import socket
import sys

from vault import main, same, within

SHA = lambda b: hashlib.sha256(b).hexdigest()


def each_refusal_has_its_status_and_sentence(v):
    rows = (
        (400, "body-json", "invalid", 7, "JSON correct"),
        (403, "consent-missing", "denied", 3, "consentement nécessaire"),
        (404, "not-found", None, 4, "n'existe pas, ou n'est pas à vous"),
        (409, "case-state", "conflict", 5, "état du dossier"),
        (413, "file-max", "too-large", 7, "dépasse la taille"),
        (422, "media-type", "refused", 7, "format de fichier"),
        (429, "busy", "busy", 1, "réessayez"),
        (500, "internal", "internal", 1, "le coffre a échoué"),
        (500, "integrity", "integrity", 8, "intégrité"),
        (503, "sealed", "sealed", 6, "scellé"),
        (503, "unavailable", "unavailable", 1, "ne répond pas"),
        (507, "disk-reserve", "full", 1, "plein"),
        (202, "pending", "pending", 1, "pas encore signé"),
        (403, "never-heard-of", "denied", 3, "[never-heard-of]"),
    )
    for status, code, title, exit_status, word in rows:
        got = v.run("case", "list", answer=lambda q: q.problem(
            status, code, title, audit=12))
        same(got[:2], (exit_status, ""), code)
        within(word, got[2])
        within("inscription n° 12", got[2])


def the_vaults_words_follow_when_they_name_something(v):
    """A sentence that says it all stands alone with the number; a field, a
    file or a value is told; what is too long leaves the number its room."""
    for code, status, detail, told in (
            ("no-rule", 403, "caseworker camille: denied", ""),
            ("not-found", 404, "no such thing, or not yours", ""),
            ("record-field", 422, "field dette.montant: must be a number",
             "champ dette.montant : doit être un nombre; "),
            ("record-field", 422, "field fields: said by the vault",
             "champ fields : said by the vault; "),
            ("event-unknown", 422, "event: " + "é" * 200, None)):
        got = v.run("case", "list", answer=lambda q: q.problem(
            status, code, "refused" if status == 422 else None,
            audit=12, detail=detail))
        if told is None:
            within("é…; inscription n° 12)", got[2])
        else:
            within(" (" + told + "inscription n° 12)", got[2])


def the_vaults_words_are_in_the_readers_language(v):
    """What is no phrase of the vault's stays: codes, names, parts of words."""
    for said, french in (
            ("documents[2]: field canal: is not one of the codes: visite, sms",
             "documents[2] : champ canal : n'est pas un des codes : visite,"
             " sms"),
            ("that day is over 30 days back",
             "ce jour est à plus de 30 jours en arrière"),
            ("field line-over: overtime", "champ line-over : overtime"),
            ("", "")):
        for language, told in (("", french), ("en", said)):
            got = v.run("case", "list", language=language,
                        answer=lambda q: q.problem(
                            422, "record-field", "refused", detail=said))
            within(" (" + told + ")\n" if told else "convient pas\n"
                   if language == "" else "\n", got[2])


def help_is_a_word_too(v):
    got = v.run("help", "consent")
    same(got[0], 0)
    within("consent withdraw", got[1])
    same("extract" in got[1], False)
    same(max(len(line) for line in got[1].splitlines()) <= 100, True)
    same(v.run("help")[0], 0)
    got = v.run("help", "rien")
    same(got[:2], (2, ""))
    within("rien", got[2])


def a_refusal_is_no_json_output(v):
    got = v.run("--json", "case", "list",
                answer=lambda q: q.problem(403, "no-rule", "denied"))
    same(got[:2], (3, ""))


def what_is_no_vault_is_named_so(v):
    html = b"<html><h1>502 Bad Gateway</h1></html>"
    for status in (200, 301, 404, 502, 503):
        got = v.run("case", "list",
                    answer=lambda q: q.give(status, html, "text/html"))
        same(got[:2], (1, ""), status)
        within("n'est pas un coffre", got[2])


def an_answer_that_is_cut_is_told(v):
    got = v.run("case", "list",
                answer=lambda q: q.give(200, b'{"cases": [', size=100))
    same(got[:2], (9, ""))
    within("coupée", got[2])
    got = v.run("case", "list", answer=lambda q: q.cut())
    same(got[:2], (1, ""))
    within("coupée", got[2])


def nobody_there_is_told(v):
    got = v.run("case", "list", env={"SCEAU_SOCKET": v.file("none.sock")})
    same(got[:2], (1, ""))
    within("le coffre ne répond pas", got[2])
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(v.file("dead.sock"))
    bound.close()
    got = v.run("case", "list", env={"SCEAU_SOCKET": v.file("dead.sock")})
    same(got[0], 1)


def a_wrong_command_line_is_status_2(v):
    for args in ((), ("nothing",), ("case",), ("case", "none"), ("--frob",),
                 ("case", "show"), ("case", "show", "a", "b"),
                 ("case", "list", "--frob"), ("get", "a", "--page", "0"),
                 ("case", "open", "--stage", "amont"),
                 ("case", "show", ""),
                 ("case", "list", "--purpose", "a\r\nX: y")):
        got = v.run(*args, answer=lambda q: q.give(200, {}))
        same(got[:2], (2, ""), args)
        same(v.requests, [], args)


def one_json_value_comes_out(v):
    cases = {"cases": [{"case": "x", "title": "été"}], "leaf": 3}
    for args in (("--json", "case", "list"), ("case", "list", "--json")):
        status, out, err = v.run(*args, answer=lambda q: q.give(200, cases))
        same((status, json.loads(out), err), (0, cases, ""))


def titles_do_not_command_the_terminal(v):
    cases = {"cases": [{"ref": "4F7K-2Q8", "title": "a\x1b]0;x\x07\u202eb",
                        "opened_at": "2026-11-23T04:05:06Z"}], "leaf": 3}
    status, out, _ = v.run("case", "list",
                           answer=lambda q: q.give(200, cases))
    same(status, 0)
    within("23/11/2026 04:05", out)
    for c in "\x1b\x07\u202e":
        same(c in out, False)


def the_purpose_goes_along(v):
    v.run("--purpose", "P", "case", "list", answer=lambda q: q.give(200, {}))
    same(v.requests[0][2]["Sceau-Purpose"], "P")


def french_is_spoken_unless_asked(v):
    answer = lambda q: q.give(200, {"cases": [], "leaf": 1})
    same(v.run("case", "list", answer=answer)[1], "Aucun dossier.\n")
    same(v.run("case", "list", language="fr")[1], "Aucun dossier.\n")
    same(v.run("case", "list", language="en")[1], "No case.\n")
    got = v.run("case", "list", env={"LC_ALL": "C", "LANGUAGE": "en"})
    same(got[1], "Aucun dossier.\n")


# --- the relay ---

SSH = """#!%s
import socket, sys, threading
assert sys.argv[-4:] == ["--", "u@vault", "sceau", "relay"], sys.argv
s = socket.socket(socket.AF_UNIX)
s.connect(%r)
def back():
    while data := s.recv(65536):
        sys.stdout.buffer.raw.write(data)
    sys.stdout.buffer.raw.close()
threading.Thread(target=back, daemon=True).start()
while data := sys.stdin.buffer.raw.read(65536):
    s.sendall(data)
"""


def relay(v, text):
    os.mkdir(v.file("bin"))
    with open(v.file("bin/ssh"), "w") as f:
        f.write(text)
    os.chmod(v.file("bin/ssh"), 0o700)
    return {"PATH": v.file("bin") + ":" + os.environ["PATH"]}


def a_vault_elsewhere_is_reached_through_ssh(v):
    env = relay(v, SSH % (sys.executable, v.path))
    cases = {"cases": [], "leaf": 3}
    got = v.run("--host", "u@vault", "--json", "case", "list", env=env,
                answer=lambda q: q.give(200, cases))
    same(got[0], 0, got[2])
    same(json.loads(got[1]), cases)
    data = os.urandom(2 << 20)
    out = v.file("out")
    same(v.run("--host=u@vault", "get", "D", "-o", out, env=env,
               answer=content(data))[0], 0)
    with open(out, "rb") as f:
        same(f.read() == data, True)


def an_ssh_that_fails_is_told(v):
    env = relay(v, "#!/bin/sh\necho no route >&2\nexit 255\n")
    got = v.run("--host", "u@vault", "case", "list", env=env)
    same(got[:2], (1, ""))
    within("session ssh", got[2])
    within("no route", got[2])


# --- get ---


def content(data, **headers):
    headers = {"Sceau_Sha256": SHA(data), "Sceau_Pages": "1",
               "Sceau_Leaf": "7", "Sceau_Name": "a.pdf", **headers}
    return lambda q: q.give(200, data, "application/octet-stream", **headers)


def get_gives_the_very_bytes(v):
    data = os.urandom(3 << 20)
    out = v.file("out")
    same(v.run("get", "D", "-o", out, answer=content(data))[0], 0)
    with open(out, "rb") as f:
        same(f.read() == data, True)
    same(os.stat(out).st_mode & 0o777, 0o600)
    got = v.run("get", "D", "-o", out)
    same(got[0], 5)
    within("--force", got[2])
    same(len(v.requests), 0)
    same(v.run("get", "D", "-o", out, "--force")[0], 0)


def get_to_a_pipe_gives_the_very_bytes(v):
    data = b"text\nof a page\n"
    same(v.run("get", "D", answer=content(data))[:2], (0, data.decode()))


def get_keeps_nothing_that_is_not_right(v):
    data = os.urandom(100000)
    answers = (
        (content(data, Sceau_Sha256=SHA(b"other")), 8),
        (content(data, Sceau_Sha256=""), 8),
        (content(data, size=200000), 9),
        (content(data, Sceau_Pages="3"), 2),
        (lambda q: q.give(502, b"<html>", "text/html"), 1),
        (lambda q: q.problem(404, "not-found"), 4),
        (lambda q: q.cut(), 1),
    )
    out = v.file("out")
    for i, (answer, status) in enumerate(answers):
        before = os.listdir(v.folder.name)
        same(v.run("get", "D", "-o", out, answer=answer)[0], status, i)
        same(os.listdir(v.folder.name), before, i)


def get_of_several_pages_fills_a_folder(v):
    pages = [b"one", b"two", b"three"]
    names = ["p.jpg", "p.jpg", "%2e%2e%2f..%2Fetc%2Fpasswd%00%0A"]

    def answer(q):
        n = int(q.path.partition("page=")[2] or 1)
        content(pages[n - 1], Sceau_Pages="3", Sceau_Name=names[n - 1])(q)

    folder = v.file("pages") + "/"
    status, out, _ = v.run("get", "D", "--json", "-o", folder, answer=answer)
    same(status, 0)
    same([f["sha256"] for f in json.loads(out)["files"]],
         [SHA(p) for p in pages])
    found = sorted(os.listdir(folder))
    same(found, ["01-p.jpg", "02-p.jpg", "03-_._.._etc_passwd__"])
    for name, data in zip(found, pages):
        with open(folder + name, "rb") as f:
            same(f.read(), data)
    same(v.run("get", "D", "-o", folder)[0], 5)


def texts_are_given_as_they_are(v):
    text = "receipt\n".encode()
    answer = lambda q: q.give(200, text, "text/plain; charset=utf-8")
    same(v.run("receipt", "D", answer=answer)[:2], (0, "receipt\n"))
    status, out, _ = v.run("receipt", "D", "--json")
    same((status, json.loads(out)), (0, {"receipt": "receipt\n"}))
    same(v.run("receipt", "D", "-o", v.file("r"))[:2], (0, ""))
    with open(v.file("r"), "rb") as f:
        same(f.read(), text)
    same(v.run("receipt", "D", answer=lambda q: q.give(
        200, b"<html>", "text/html"))[:2], (1, ""))


if __name__ == "__main__":
    main([f for n, f in list(globals().items())
          if callable(f) and getattr(f, "__module__", "") == "__main__"
          and "_" in n])
