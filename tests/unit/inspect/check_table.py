#!/usr/bin/env python3
"""The corpus as a table: what sceau check says of each file, and what should.

  check_table.py SCEAU_INSPECT

Goal: over the folders pdf-signed, cms, tsa, asic, magic and pdf-bad, no file
marked FAIL passes, nothing that is not plainly PASS does, at least 95 of 100
of the PASS files pass, and nothing hangs or breaks. Every disagreement with
the word expected is printed.

The corpus is found by SCEAU_CORPUS, or beside the source; without it: 77.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

FOLDERS = ("pdf-signed", "cms", "tsa", "asic", "magic", "pdf-bad")
WORDS = ("PASS", "FAIL", "INDET", "NOSIG", "UNSUPPORTED", "ERROR")
DETACHED = {"cms/detached.p7s": "cms/hello-world.bin",
            "cms/detached-ect-signeddata.p7s": "cms/hello-world.bin"}
# Time stamps: what they are of, whose authority is known, the word.
STAMPS = [
    ("local-response.tsr", "hello.bin", "local-chain.pem", {"PASS"}),
    ("local-response.tsr", "local-request.tsq", "local-chain.pem", {"PASS"}),
    ("local-response.tsr", "local-other-request.tsq", "local-chain.pem",
     {"FAIL"}),
    ("local-other-response.tsr", "hello.bin", "local-chain.pem",
     {"FAIL", "INDET"}),
    ("local-response-injected-certs.tsr", "hello.bin", "local-chain.pem",
     {"PASS", "FAIL", "INDET"}),
    ("sectigo.tsr", "sectigo.tsq", "sectigo-root.pem", {"PASS"}),
    ("sigstage-sha256.tsr", "hello.bin", "sigstage-chain.pem", {"PASS"}),
    ("sigstage-sha512.tsr", "hello.bin", "sigstage-chain.pem", {"PASS"}),
    ("sigstage-invalid-signature.tsr", "hello.bin", "sigstage-chain.pem",
     {"FAIL"}),
    ("sigstage-no-embedded-cert.tsr", "hello.bin", "sigstage-chain.pem",
     {"PASS", "INDET"}),
    ("sigstage-sha256.tsr", "local-request.tsq", "sigstage-chain.pem",
     {"FAIL"}),
]


def find_corpus():
    here = pathlib.Path(__file__).resolve()
    for path in [os.environ.get("SCEAU_CORPUS"),
                 here.parents[4] / "shared" / "corpus"]:
        if path and (pathlib.Path(path) / "MANIFEST.tsv").is_file():
            return pathlib.Path(path)
    print("no corpus: skipped")
    sys.exit(77)


def expected_words(text):
    """The words named before the explanation; none: nothing is promised."""
    m = re.search(r"verdict=([A-Z]+(?:(?:/| or )[A-Z]+)*)", text)
    if not m and "NOSIG or ERROR" in text:
        return {"NOSIG", "ERROR"}
    words = set(re.split(r"/| or ", m.group(1))) if m else set()
    return words & set(WORDS)


def check(program, *args):
    done = subprocess.run([program, "--check", *map(str, args)], timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    return json.loads(done.stdout)["integrity"] if done.stdout else "BROKEN"


def rows(corpus):
    for line in (corpus / "MANIFEST.tsv").read_text().splitlines()[1:]:
        cells = line.split("\t")
        folder = cells[0].split("/")[0]
        words = expected_words(cells[7])
        if folder in FOLDERS and folder != "tsa" and words:
            yield cells[0], words, cells[7]
    for stamp, content, chain, words in STAMPS:
        yield ("tsa/" + stamp, words, "of %s with %s" % (content, chain))


def main():
    program = sys.argv[1]
    corpus = find_corpus()
    passes = wanted = 0
    wrong = []
    for name, words, why in rows(corpus):
        if name.startswith("tsa/"):
            _, content, _, chain = why.split()
            got = check(program, corpus / "tsa" / content, "--signature",
                        corpus / name, "--anchors", corpus / "tsa" / chain)
        elif name in DETACHED:
            got = check(program, corpus / DETACHED[name], "--signature",
                        corpus / name)
        else:
            got = check(program, corpus / name)
        if words == {"PASS"}:
            wanted += 1
            passes += got == "PASS"
        if got not in words:
            print("%s: says %s; expected %s" % (name, got, why))
        if got == "BROKEN" or (got == "PASS" and "PASS" not in words):
            wrong.append(name)
    print("%d of %d PASS files pass" % (passes, wanted))
    for name in wrong:
        print("WRONG: " + name)
    return 1 if wrong or passes < 0.95 * wanted else 0


if __name__ == "__main__":
    sys.exit(main())
