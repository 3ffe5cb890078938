#!/usr/bin/env python3
"""No file of the corpus that must not pass does.

  check_corpus.py INSPECT_FILE SCEAU_INSPECT

Goal: over the signed and broken PDFs, the CMS files and the type samples,
under the most generous trust (every certificate of the corpus and every
certificate inside the files is an anchor; both a time of the test keys and
today), no file whose expected verdict is not PASS passes, and nothing makes
the service fail. A file passes when all its signatures do. Disagreements the
other way, where we say less than we could, are printed.

The corpus is found by SCEAU_CORPUS, or beside the source; without it: 77.
"""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TIMES_MS = [1604188800000, 1795392000000]  # 2020-11-01, 2026-11-23
PDFS = ("pdf-signed/", "pdf-bad/", "magic/")


def find_corpus():
    here = pathlib.Path(__file__).resolve()
    for path in [os.environ.get("SCEAU_CORPUS"),
                 here.parents[4] / "shared" / "corpus"]:
        if path and (pathlib.Path(path) / "MANIFEST.tsv").is_file():
            return pathlib.Path(path)
    print("no corpus: skipped")
    sys.exit(77)


def certificates(der):
    """Everything inside der that openssl reads as a certificate."""
    for m in re.finditer(rb"\x30\x82(..)\x30\x82..\xa0\x03\x02\x01\x02", der,
                         re.S):
        length = int.from_bytes(m.group(1), "big") + 4
        yield der[m.start():m.start() + length]


def harvest(path):
    data = path.read_bytes()
    yield from certificates(data)
    for m in re.finditer(rb"<([0-9a-fA-F]{200,})>", data):
        digits = m.group(1)
        yield from certificates(bytes.fromhex(
            digits[:len(digits) & ~1].decode()))


def pem(der):
    text = base64.encodebytes(der).decode()
    return "-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % text


def write_anchors(corpus, paths, out):
    found = {der for p in paths for der in harvest(p)}
    own = "".join(p.read_text() for p in sorted((corpus / "certs").glob("*")))
    out.write_text(own + "".join(map(pem, sorted(found))))
    return len(found)


def rows(corpus):
    for line in (corpus / "MANIFEST.tsv").read_text().splitlines()[1:]:
        cells = line.split("\t")
        yield cells[0], cells[7]


def must_not_pass(expected):
    """FAIL, or anything that is not plainly PASS."""
    m = re.match(r"verdict=([A-Z]+(?:/[A-Z]+| or [A-Z]+)*)", expected)
    return m is None or "PASS" not in m.group(1)


class Tally:
    def __init__(self):
        self.bad, self.passed, self.less = [], set(), set()

    def judge(self, name, expected, answer):
        if "error" in answer:
            self.bad.append("%s: %s" % (name, answer["error"]))
            return
        words = [s["indication"] for s in answer["signatures"]]
        if words and all(w == "TOTAL-PASSED" for w in words):
            self.passed.add(name)
            if must_not_pass(expected):
                self.bad.append("%s passes; expected %s" % (name, expected))
        elif not must_not_pass(expected):
            self.less.add(name)


def ask(tool, program, anchors, now, files, signature=None):
    cmd = [tool, "--program", program, "--anchors", str(anchors), "--now",
           str(now)]
    if signature:
        cmd += ["--signature", str(signature)]
    done = subprocess.run(cmd + list(map(str, files)), check=True,
                          stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    tool, program = sys.argv[1:3]
    corpus = find_corpus()
    wanted = dict(rows(corpus))
    pdfs = [n for n in wanted if n.startswith(PDFS)]
    cms = [n for n in wanted if n.startswith("cms/")]
    tally = Tally()
    with tempfile.TemporaryDirectory() as d:
        anchors = pathlib.Path(d) / "anchors.pem"
        count = write_anchors(corpus, [corpus / n for n in pdfs + cms],
                              anchors)
        for now in TIMES_MS:
            for name, answer in zip(pdfs, ask(
                    tool, program, anchors, now, [corpus / n for n in pdfs])):
                tally.judge(name, wanted[name], answer)
            for name in cms:
                for content in ("cms/hello-world.bin", "cms/detached.p7s"):
                    answer, = ask(tool, program, anchors, now,
                                  [corpus / content], corpus / name)
                    expected = wanted[name]
                    if content != "cms/hello-world.bin":
                        expected = "verdict=FAIL (other content)"
                    tally.judge(name, expected, answer)
    tally.less -= tally.passed
    print("%d files, %d anchors from them" % (len(pdfs) + len(cms), count))
    print("passed: " + " ".join(sorted(tally.passed)))
    for name in sorted(tally.less):
        print("says less than it could: %s: %s" % (name, wanted[name]))
    for line in tally.bad:
        print("WRONG: " + line)
    # A build that passes nothing would prove nothing.
    if len(tally.passed) < 4:
        print("WRONG: hardly anything passes")
        return 1
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
