#!/usr/bin/env python3
"""Mutated PDFs: our locator against a second one, our verdicts against openssl.

  campaign.py BATCH INSPECT_FILE SCEAU_INSPECT [--count N] [--seed S]

Goal: over N files made from signed ones by changing, cutting, doubling and
swapping bytes and words, (1) no range is taken that the slow locator does not
take, and none is where another token could be meant; (2) each signature whose
integrity we pass is one that `openssl cms -verify` (or `openssl ts`'s imprint,
for a stamp) passes over the bytes of that range; (3) no file passes in which
a byte under a signature was changed. Disagreements of the other kind, where we
take less, are counted.

The files: made here with openssl, and those of the corpus when it is there
(SCEAU_CORPUS, or beside the source). The long form is
`--count 100000` (about half an hour); `check` runs the short one.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "integration" / "material")]
import sign_pdf  # noqa: E402
import slow_locate  # noqa: E402

WORDS = [b"/ByteRange", b"/Contents", b"/SubFilter", b"endobj", b" obj",
         b"/Encrypt", b"[0 ", b"/Byte#52ange", b"%", b"(", b")", b"stream",
         b"/Prev", b"startxref", b"trailer", b"<<", b">>", b"/Root"]
DIGESTS = ("sha256", "sha384", "sha512")
STEP = 97  # every so many bytes one is changed


def base_files(folder, made):
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-keyout", key, "-out", cert, "-subj",
                    "/CN=Essai", "-days", "30"], check=True,
                   stderr=subprocess.DEVNULL)
    files = [sign_pdf.sign("Contrat", ["Essai %d" % i] * (i + 1), key, cert,
                           cades=i % 2 == 1, digest=DIGESTS[i // 2 % 3])
             for i in range(made)]
    for path in (os.environ.get("SCEAU_CORPUS"),
                 HERE.parents[3] / "shared" / "corpus"):
        signed = pathlib.Path(path) / "pdf-signed" if path else None
        if signed and signed.is_dir():
            files += [p.read_bytes() for p in sorted(signed.glob("*.pdf"))]
            break
    return files


def places(data):
    """Where a change is most likely to matter: about the words that count."""
    return [m.start() for m in re.finditer(
        rb"/ByteRange|/Contents|/SubFilter|startxref|/Prev", data)]


def swap_digit(rng, data):
    at = [m.start() for m in re.finditer(rb"(?<=[\[ \d])\d", data)]
    if at:
        data[rng.choice(at)] = rng.choice(b"0123456789 -+")


def mutate_once(rng, data):
    near = places(data)
    at = rng.randrange(len(data))
    if near and rng.random() < 0.7:
        at = min(len(data) - 1, max(0, rng.choice(near) +
                                    rng.randrange(-8, 60)))
    kind = rng.randrange(8)
    if kind == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at] = rng.choice(b"[]<>()/% 0123456789\n\0#")
    elif kind == 2:
        del data[at:at + rng.randrange(1, 12)]
    elif kind == 3:
        data[at:at] = rng.choice(WORDS)
    elif kind == 4:
        n = rng.randrange(1, 400)
        to = rng.randrange(len(data))
        data[to:to] = data[at:at + n]
    elif kind == 5:
        del data[rng.randrange(len(data) // 2, len(data)):]
    elif kind == 6:
        data += data[at:at + rng.randrange(1, 2000)]
    else:
        window = data[max(0, at - 100):at + 100]
        swap_digit(rng, window)
        data[max(0, at - 100):at + 100] = window


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if len(data) > 64:
            mutate_once(rng, data)
    return bytes(data)


class Batch:
    """The locator, asked over a pipe."""

    def __init__(self, program):
        self.tool = subprocess.Popen([program], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)

    def ask(self, data):
        self.tool.stdin.write(struct.pack(">I", len(data)) + data)
        self.tool.stdin.flush()
        line = self.tool.stdout.readline().decode().split()
        if not line:
            raise SystemExit("WRONG: the locator died")
        ranges = [tuple(map(int, r.split(":"))) for r in line[1:] if r != "-"]
        return ranges, len(line) - 1

    def close(self):
        self.tool.stdin.close()
        return self.tool.wait()


def openssl_accepts(folder, data, r):
    """Is what stands in the gap a signature of what is around it?"""
    b, c, length = r
    der = bytes.fromhex(data[b + 1:c - 1].decode())
    (folder / "der").write_bytes(der)
    (folder / "content").write_bytes(data[:b] + data[c:c + length])
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER",
         "-in", str(folder / "der"), "-content", str(folder / "content"),
         "-out", os.devnull], stderr=subprocess.PIPE, check=False)
    if done.returncode == 0:
        return True
    # A time stamp has its content inside; its imprint is told apart.
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in",
         str(folder / "der"), "-out", str(folder / "info")],
        stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return False
    info = (folder / "info").read_bytes()
    return any(subprocess.run(
        ["openssl", "dgst", "-binary", "-" + md, str(folder / "content")],
        stdout=subprocess.PIPE, check=True).stdout in info
        for md in ("sha256", "sha384", "sha512"))


class Campaign:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.wrong, self.less, self.passed, self.asked = [], 0, 0, 0

    def verdicts(self, datas):
        paths = []
        for i, data in enumerate(datas):
            path = self.folder / ("m%d.pdf" % i)
            path.write_bytes(data)
            paths.append(str(path))
        done = subprocess.run(
            [self.args.inspect_file, "--program", self.args.program] + paths,
            stdout=subprocess.PIPE, check=True, timeout=600)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def keep(self, name, data, why):
        path = pathlib.Path(tempfile.gettempdir()) / ("campaign-" + name)
        path.write_bytes(data)
        self.wrong.append("%s: %s" % (path, why))

    def locate(self, batch, number, data):
        """True: something in it may be a signature."""
        ours, count = batch.ask(data)
        theirs, tokens = slow_locate.locate(data)
        if count > 0 and tokens <= 16 and count != tokens:
            self.keep("%d.pdf" % number, data, "%d literals, %d tokens" % (
                count, tokens))
        extra = [r for r in ours if r not in theirs]
        if extra:
            self.keep("%d.pdf" % number, data, "ours alone: %r" % extra)
        self.less += len(ours) < len(theirs)
        return bool(ours)

    def judge(self, datas):
        for data, answer in zip(datas, self.verdicts(datas)):
            if "error" in answer and answer["error"] != "inspection-failed":
                self.keep("error.pdf", data, answer["error"])
            sound, _ = slow_locate.locate(data)
            for s in answer.get("signatures", []):
                if s["integrity"] != "PASS":
                    continue
                self.asked += 1
                r = [r for r in sound if r[1] + r[2] == s["covers"]]
                if not r or not openssl_accepts(self.folder, data, r[0]):
                    self.keep("crypto.pdf", data, "passed by us alone")
            self.passed += answer.get("integrity") == "PASS"

    def mutations(self, files):
        rng = random.Random(self.args.seed)
        batch = Batch(self.args.batch)
        some = []
        for i in range(self.args.count):
            data = mutate(rng, rng.choice(files))
            if self.locate(batch, i, data) and \
                    i % self.args.every == 0:
                some.append(data)
            if len(some) == 100:
                self.judge(some)
                some = []
        self.judge(some) if some else None
        if batch.close() != 0:
            self.wrong.append("the locator ended badly")

    def single_bytes(self, files):
        """Every 97th byte under a signature, one at a time."""
        tried = 0
        for data in files:
            ranges, _ = slow_locate.locate(data)
            if not ranges:
                continue
            b, c, length = max(ranges, key=lambda r: r[1] + r[2])
            at = [i for i in range(0, c + length, STEP) if i < b or i >= c]
            for k in range(0, len(at), 200):
                changed = [data[:i] + bytes([data[i] ^ 1]) + data[i + 1:]
                           for i in at[k:k + 200]]
                for i, answer in zip(at[k:k + 200], self.verdicts(changed)):
                    tried += 1
                    if answer.get("integrity") == "PASS":
                        self.keep("byte.pdf", data, "byte %d changed" % i)
        return tried


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("batch")
    ap.add_argument("inspect_file")
    ap.add_argument("program")
    ap.add_argument("--count", type=int, default=1500)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--every", type=int, default=10,
                    help="one of so many also gets its verdicts compared")
    ap.add_argument("--files", type=int, default=3,
                    help="files whose every 97th byte is changed")
    args = ap.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sceau-campaign-"))
    try:
        files = [f for f in base_files(folder, max(2, args.files // 3))
                 if len(f) < 300000]
        c = Campaign(args, folder)
        # Only files that pass as they are can show that they no longer do.
        right = [f for f, v in zip(files, c.verdicts(files))
                 if v.get("integrity") == "PASS"]
        right.sort(key=len)
        tried = c.single_bytes(right[:args.files])
        c.mutations(files)
    finally:
        shutil.rmtree(folder)
    print("%d files, %d mutated (seed %d): %d pass whole, %d signatures held "
          "against openssl, the second locator takes more in %d" % (
              len(files), args.count, args.seed, c.passed, c.asked, c.less))
    print("%d single bytes changed in %d files" % (
        tried, len(right[:args.files])))
    for line in c.wrong[:20]:
        print("WRONG: " + line)
    return 1 if c.wrong or tried == 0 or c.asked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
