#!/usr/bin/env python3
"""ASiC containers with CAdES signatures: what passes, and all that must not.

  check_asic.py INSPECT_FILE SCEAU_INSPECT

Goal: a container is judged as passed only when every reader of ZIP sees the
same members and each is covered by a right signature. Refused or told: bytes
before, between and after; headers that differ; the same name twice, also in
other letters; bombs; a type that lies; XAdES; what no signature covers. And a
campaign: a byte changed at sampled places, then mutations; what passes then
must read the same for zipfile, and be right for `openssl cms`.
"""
import argparse
import io
import json
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE)]
import make_asic  # noqa: E402
from make_asic import build, deflate, member, mimetype  # noqa: E402

ARGS = None
DATA = b"Le bail est du 3 mars 2026.\n" * 40
SIGNATURE = "META-INF/signature.p7s"


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="sceau-asic-"))
        cls.key, cls.cert = str(cls.dir / "key"), str(cls.dir / "cert")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-keyout", cls.key, "-out", cls.cert,
                        "-subj", "/CN=Essai", "-days", "30", "-addext",
                        "keyUsage=critical,digitalSignature"], check=True,
                       stderr=subprocess.DEVNULL)
        cls.p7s = cls.sign(DATA)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    @classmethod
    def sign(cls, content, *options):
        return subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-outform", "DER",
             "-cades", "-signer", cls.cert, "-inkey", cls.key, *options],
            input=content, stdout=subprocess.PIPE, check=True).stdout

    @classmethod
    def ask(cls, datas):
        paths = []
        for i, data in enumerate(datas):
            path = cls.dir / ("c%d" % i)
            path.write_bytes(data)
            paths.append(str(path))
        done = subprocess.run(
            [ARGS.inspect_file, "--program", ARGS.program, "--anchors",
             cls.cert] + paths, stdout=subprocess.PIPE, check=True,
            timeout=600)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def word(self, data):
        """The word on the whole, and all reasons."""
        a = self.ask([data])[0]
        if not a.get("agreed", True):
            return "ERROR", a["reason"]
        if "error" in a:
            return "REFUSED", a["error"]
        if not a["signatures"] and a.get("why"):
            return "UNSUPPORTED", a["why"]
        return a["integrity"], " ".join(
            s["sub"] + " " + s["reasons"] for s in a["signatures"])

    def says(self, data, word, reason=""):
        got, why = self.word(data)
        self.assertEqual((got, reason in why), (word, True), (got, why))

    def refuses(self, data, reason=""):
        got, why = self.word(data)
        self.assertNotEqual(got, "PASS", why)
        self.assertIn(reason, why)


class Simple(Bench):
    """ASiC-S: one data object and its signature."""

    def parts(self, method=8, **more):
        return [mimetype("s"),
                member("Bail.txt", DATA, method, **more),
                member(SIGNATURE, self.p7s, method)]

    def put(self, change):
        m = self.parts()
        change(m)
        return build(m)

    def test_good_ones(self):
        for method in (0, 8):
            self.says(build(self.parts(method)), "PASS")
        m = self.parts()
        self.says(build(m[1:] + m[:1]), "PASS")
        self.says(build([dict(x, flags=8) if x["method"] else x for x in m]),
                  "PASS")
        self.says(build(m, comment=b"mimetype=" + make_asic.MIME["s"]),
                  "PASS")
        self.says(build(m + [member("META-INF/", b"", 0)]), "PASS")
        self.says(build(self.parts(extra=b"UT\5\0\3\0\0\0\0")), "PASS")
        accent = member("Été.txt", DATA, flags=0x800)
        self.says(build([m[0], accent, m[2]]), "PASS")
        empty = [m[0], member("vide", b"", 0), member(SIGNATURE,
                                                       self.sign(b""))]
        self.says(build(empty), "PASS")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            z.writestr("mimetype", make_asic.MIME["s"])
            z.writestr("Bail.txt", DATA, zipfile.ZIP_DEFLATED)
            z.writestr(SIGNATURE, self.p7s, zipfile.ZIP_DEFLATED)
        self.says(out.getvalue(), "PASS")

    def test_trust_is_judged(self):
        a = self.ask([build(self.parts())])[0]["signatures"][0]
        self.assertEqual(a["indication"], "TOTAL-PASSED")
        self.assertEqual((a["covers"], a["signer"]), (len(DATA), "CN=Essai"))

    def test_changed_content(self):
        for method in (0, 8):
            m = self.parts(method)
            m[1]["data"] = DATA.replace(b"mars", b"juin")
            self.says(build(m), "FAIL", "content-changed")
        self.says(build([mimetype("s"), member("a", DATA),
                         member(SIGNATURE, self.p7s[:-1] + b"\0")]), "FAIL")
        for nothing in (b"", bytes(900000), b"\x30\x80", self.p7s[:99]):
            self.says(build([mimetype("s"), member("a", DATA),
                             member(SIGNATURE, nothing)]), "FAIL")

    def test_content_inside_the_signature(self):
        m = self.parts()
        m[2]["data"] = self.sign(DATA, "-nodetach")
        self.says(build(m), "FAIL", "content-in-detached")

    def test_without_the_cades_attribute(self):
        m = self.parts()
        m[2]["data"] = subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-outform", "DER",
             "-signer", self.cert, "-inkey", self.key], input=DATA,
            stdout=subprocess.PIPE, check=True).stdout
        a = self.ask([build(m)])[0]["signatures"][0]
        self.assertEqual(a["indication"], "INDETERMINATE")
        self.assertIn("signing-certificate-attribute-missing", a["reasons"])

    def test_bytes_that_belong_to_nothing(self):
        m = self.parts()
        self.refuses(build(m, before=b"PK\3\4 hidden"), "")
        self.refuses(build(m, before=b"hidden"), "")
        self.says(build(m, gap=b"hidden"), "FAIL", "container-unsound")
        for k in range(3):
            self.says(self.put(lambda m: m[k].update(after=b"x")), "FAIL",
                      "container-unsound")
        self.refuses(build(m) + b"x")
        self.refuses(build(m, comment=b"a note"), "container-unsupported")
        self.refuses(self.put(lambda m: m[1].update(note=b"x")))
        self.refuses(build(m) + build(m))

    def test_a_member_between_the_members(self):
        # In the file, with a header of its own, and not in the directory.
        hidden = build([member("Bail.txt", b"another")])
        hidden = hidden[:hidden.index(b"PK\1\2")]
        self.says(self.put(lambda m: m[0].update(after=hidden)), "FAIL",
                  "container-unsound")

    def test_headers_that_differ(self):
        for side in ("head", "entry"):
            for field, value in (
                    ("name", "Bail.exe"), ("name", "Bail.tx"), ("crc", 7),
                    ("size", len(DATA) - 1), ("size", 0), ("packed", 3),
                    ("packed", 0), ("method", 0), ("flags", 8),
                    ("flags", 2), ("time", 1), ("date", 1), ("version", 10)):
                self.refuses(self.put(
                    lambda m: m[1].update({side: {field: value}})),
                    "container-un")
        # In both, and wrong all the same.
        for field, value in (("crc", 7), ("size", len(DATA) - 1),
                             ("size", len(DATA) + 1), ("method", 0)):
            self.refuses(self.put(
                lambda m: m[1].update(both={field: value})))
        for later in (b"", b"PK\7\10" + bytes(12), b"PK\7\10" + bytes(11)):
            self.refuses(self.put(
                lambda m: m[1].update(flags=8, later=later)),
                "container-unsound")

    def test_overlapping_members(self):
        one = build(self.parts())
        at = one.index(b"PK\3\4", 4)
        # Two entries of one place, or one inside another.
        for where in (0, at, at + 1, 1 << 20, 0xffffffff):
            self.refuses(self.put(lambda m: m[2].update(at=where)),
                         "container-un")
        quoted = member("Bail.txt", b"PK\3\4" + DATA, 0)
        self.refuses(build([mimetype("s"), quoted,
                            member("META-INF/signature.p7s", self.p7s,
                                   at=at + 38)]))

    def test_the_directory(self):
        m = self.parts()
        for end in (dict(count=2), dict(here=2), dict(count=4, here=4),
                    dict(disk=1), dict(size=1), dict(start=0),
                    dict(start=0xffffffff), dict(comment=3)):
            self.refuses(build(m, end=end))
        self.refuses(build(m, order=[1, 0, 2]), "container-unsound")
        self.refuses(build(m, order=[0, 2, 1]), "container-unsound")
        self.refuses(build(m, order=[0, 1, 1]), "container-unsound")
        self.refuses(build(m, order=[0, 2]))
        self.refuses(self.put(lambda m: m[1].update(disk=1)),
                     "container-unsupported")

    def test_names(self):
        for name in ("mimetype", "MimeType", "META-INF/signature.p7s",
                     "meta-inf/SIGNATURE.p7s"):
            self.refuses(build(self.parts() + [member(name, b"x")]))
        for name in (b"../Bail.txt", b"/Bail.txt", b"a//b", b"a/./b", b"..",
                     b"", b"a\\b", b"C:b", b"a\0b", b"\xff", b"a\nb",
                     "Bail\u202etxt".encode(), "B\u200bail".encode(),
                     b"x" * 256):
            self.refuses(build([mimetype("s"),
                                member(name, DATA, flags=0x800),
                                member(SIGNATURE, self.p7s)]))
        # Of which alphabet?
        self.refuses(build([mimetype("s"), member("Été.txt", DATA),
                            member(SIGNATURE, self.p7s)]))
        self.refuses(build(self.parts() + [member("META-INF/", b"x", 0)]),
                     "container-unsound")
        # Two that a reader may take for one.
        self.refuses(build(self.parts() + [member("bail.TXT", DATA)]),
                     "container-unsound")

    def test_second_data_object(self):
        self.says(build(self.parts() + [member("Annexe.txt", b"x")]),
                  "INDET", "members-ambiguous")
        m = self.parts()
        self.says(build([m[0], m[2]]), "INDET", "member-missing")

    def test_unknown_in_meta_inf(self):
        for name in ("META-INF/other.txt", "META-INF/sub/signature.p7s",
                     "META-INF/ASiCManifest.xml", "META-INF/container.xml"):
            self.says(build(self.parts() + [member(name, b"x")]), "INDET",
                      "container-member-unknown")
        for name in ("META-INF/signature2.p7s", "META-INF/mysignature.p7s"):
            self.refuses(build(self.parts() + [member(name, self.p7s)]))

    def test_xades(self):
        m = self.parts()
        for name in ("META-INF/signatures.xml", "META-INF/signatures001.xml"):
            self.says(build(m[:2] + [member(name, b"<x/>")]), "UNSUPPORTED",
                      "format-unsupported")
            self.says(build(m + [member(name, b"<x/>")]), "UNSUPPORTED")

    def test_types_that_lie(self):
        m = self.parts()
        for wrong in (b"application/zip", b"", make_asic.MIME["s"] + b"\n",
                      b"application/epub+zip",
                      b"application/vnd.etsi.asic-x+zip"):
            self.refuses(build([member("mimetype", wrong, 0)] + m[1:]))
        self.refuses(build(m[1:]), "format-unsupported")
        self.refuses(build([member("mimetype", make_asic.MIME["s"])] + m[1:]),
                     "format-unsupported")

    def test_what_zip_can_and_we_do_not(self):
        for more in (dict(flags=1), dict(flags=0x40), dict(flags=0x2000),
                     dict(both={"method": 12}), dict(both={"version": 45}),
                     dict(extra=b"\1\0\x10\0" + bytes(16)),
                     dict(extra=b"up\5\0\1abcd"), dict(extra=b"\1"),
                     dict(extra=b"UT\xff\0")):
            self.refuses(build(self.parts(**more)), "container-un")
        self.refuses(build(self.parts(0, flags=8)), "container-unsupported")
        many = [member("f%d" % i, b"", 0) for i in range(62)]
        self.says(build(self.parts() + many), "UNSUPPORTED",
                  "container-too-large")

    def test_bombs(self):
        before = time.monotonic()
        zeros = deflate(bytes(80 << 20))
        for size in (10, 64 << 20, (64 << 20) + 1, 80 << 20, 0xfffffffe):
            for k in (1, 2):
                self.refuses(self.put(lambda m: m[k].update(
                    data=b"", packed=zeros, both={"size": size})))
        # All announced, all there, and too much together.
        full = dict(data=b"", packed=deflate(bytes(50 << 20)),
                    both={"size": 50 << 20})
        self.says(build(self.parts() + [dict(member("f%d" % i, b""), **full)
                                        for i in range(3)]),
                  "UNSUPPORTED", "container-too-large")
        self.assertLess(time.monotonic() - before, 120)

    def test_deflated_streams(self):
        good = deflate(DATA)
        for packed in (good[:-1], good + b"\0", good + good, b"",
                       b"\7" + good, DATA, b"\0" * 9, good[:40] + good):
            self.says(self.put(lambda m: m[1].update(packed=packed)), "FAIL",
                      "member-unreadable")
            self.refuses(self.put(lambda m: m[2].update(packed=packed)))

    def test_stamps_are_no_signature(self):
        m = self.parts()
        stamp = member("META-INF/timestamp.tst", self.p7s)
        self.refuses(build(m[:2] + [stamp]), "not-a-time-stamp")
        self.refuses(build(m + [stamp]), "not-a-time-stamp")


def reads_the_same(data, want):
    """For zipfile: are these all members, and their bytes?"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            names = [i.filename for i in z.infolist()]
            return sorted(names) == sorted(want) and \
                all(z.read(n) == want[n] for n in names)
    except Exception:  # whatever it is: it does not read
        return False


class Campaign(Bench):
    """A byte changed, then mutations: what passes reads the same."""

    def bases(self):
        want = {"mimetype": make_asic.MIME["s"], "Bail.txt": DATA,
                SIGNATURE: self.p7s}
        for method, flags in ((0, 0), (8, 0), (8, 8)):
            m = [mimetype("s"), member("Bail.txt", DATA, method, flags=flags),
                 member(SIGNATURE, self.p7s, method, flags=flags)]
            yield build(m), want

    def judge(self, datas, want):
        passed = 0
        for k in range(0, len(datas), 200):
            some = datas[k:k + 200]
            for data, a in zip(some, self.ask(some)):
                self.assertNotIn("error", a)
                if a.get("integrity") == "PASS":
                    passed += 1
                    if not reads_the_same(data, want):
                        path = pathlib.Path(tempfile.gettempdir())
                        (path / "asic-wrong").write_bytes(data)
                        self.fail("passes, and reads otherwise")
        return passed

    def test_single_bytes(self):
        tried = passed = 0
        for base, want in self.bases():
            at = range(0, len(base), ARGS.step)
            some = [base[:i] + bytes([base[i] ^ 1 << i % 8]) + base[i + 1:]
                    for i in at]
            tried += len(some)
            passed += self.judge(some, want)
        print("%d of %d changed bytes pass" % (passed, tried))

    def test_mutations(self):
        rng = random.Random(ARGS.seed)
        bases = list(self.bases())
        passed = 0
        for base, want in bases:
            self.assertEqual(self.judge([base], want), 1)
            some = [mutate(rng, base) for _ in range(ARGS.count //
                                                     len(bases))]
            passed += self.judge(some, want)
        print("%d of %d mutations pass" % (passed, ARGS.count))


WORDS = [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\7\10", b"META-INF/",
         b"signature", b"mimetype", bytes(4), b"\xff" * 4]


def mutate(rng, base):
    data = bytearray(base)
    for _ in range(rng.choice((1, 1, 2, 3))):
        marks = [i for i in range(len(data) - 3) if data[i:i + 2] == b"PK"]
        at = rng.randrange(len(data))
        if marks and rng.random() < 0.7:
            at = min(len(data) - 1, rng.choice(marks) + rng.randrange(60))
        kind = rng.randrange(6)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:at + 4] = struct.pack("<I", rng.choice(
                (0, 1, at, len(data), len(data) - at, 0xffffffff)))
        elif kind == 2:
            del data[at:at + rng.randrange(1, 40)]
        elif kind == 3:
            data[at:at] = rng.choice(WORDS)
        elif kind == 4:
            to = rng.randrange(len(data))
            data[to:to] = data[at:at + rng.randrange(1, 200)]
        else:
            other = rng.choice(marks) if marks else 0
            n = rng.randrange(1, 46)
            data[at:at + n] = data[other:other + n]
    return bytes(data)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("inspect_file")
    ap.add_argument("program")
    ap.add_argument("--count", type=int, default=900)
    ap.add_argument("--step", type=int, default=7)
    ap.add_argument("--seed", type=int, default=1)
    ARGS, rest = ap.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
