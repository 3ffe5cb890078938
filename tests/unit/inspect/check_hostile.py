#!/usr/bin/env python3
"""Files made to wear the inspection out.

  check_hostile.py SCEAU_INSPECT

Goal: each is answered or refused within seconds, cleanly: a word that is not
PASS, or "inspection-failed". The memory of a worker is bounded by its limit
(test_service.c): what would need more ends there.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from check_revisions import CATALOG, FIRST, packed, update  # noqa: E402
import check_revocation as revocation  # noqa: E402
import sign_pdf  # noqa: E402

PROGRAM = sys.argv[1]
SECONDS = 8
OID = bytes.fromhex("06092a864886f70d010702")


def der(tag, body):
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    k = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 + k]) + n.to_bytes(k, "big") + body


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="sceau-hostile-"))
        key, cert = str(cls.dir / "key"), str(cls.dir / "cert")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-keyout", key, "-out", cert, "-subj",
                        "/CN=x", "-days", "3"], check=True,
                       stderr=subprocess.DEVNULL)
        cls.pdf = sign_pdf.sign("Contrat", ["texte"], key, cert)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def bounded(self, content, signature=None):
        path = self.dir / "hostile"
        path.write_bytes(content)
        args = [PROGRAM, "--check", str(path)]
        if signature is not None:
            (self.dir / "p7s").write_bytes(signature)
            args += ["--signature", str(self.dir / "p7s")]
        before = time.monotonic()
        done = subprocess.run(args, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=30, check=False)
        took = time.monotonic() - before
        self.assertLess(took, SECONDS)
        self.assertGreaterEqual(done.returncode, 0, done.stderr)
        if done.returncode != 0:
            self.assertIn(b"inspection", done.stderr)
            return "refused"
        word = json.loads(done.stdout)["integrity"]
        self.assertNotEqual(word, "PASS")
        return word

    def test_a_million_ranges(self):
        many = b"/ByteRange [0 10 20 30] " * 1000000
        self.assertEqual(self.bounded(self.pdf + many), "FAIL")
        self.bounded(b"%PDF-1.7\n" + b"/ByteRange[" * 1000000 + b"%%EOF")
        self.bounded(b"%PDF-1.7\n" + b"/#42yte#52ange " * 1000000 + b"%%EOF")

    def test_brackets(self):
        for c in (b"<", b"(", b"[", b"<<", b"/", b"\\("):
            self.bounded(b"%PDF-1.7\n" + c * (5 << 20) + b"%%EOF")
            self.bounded(update(self.pdf, {1: c * (1 << 20)}))
            self.bounded(update(self.pdf, {
                1: CATALOG % (FIRST, b" /Own " + c * 300000)}))
            deep = CATALOG % (FIRST, b" /Own " + b"[" * 40 + b"]" * 40)
            self.bounded(update(self.pdf, {1: deep}))

    def test_a_long_chain_of_objects(self):
        chain = {n: b"<< /Next %d 0 R >>" % (n + 1) for n in range(40, 30000)}
        body = update(self.pdf, {
            1: CATALOG % (FIRST, b" /Own 40 0 R"), **chain})
        self.bounded(body.replace(b"/Size 40 ", b"/Size 30001 "))
        self.bounded(update(body, {4: b"null"}).replace(
            b"/Size 40 ", b"/Size 30001 "))

    def test_a_wide_graph(self):
        # Each refers twice to the next: 2^n ways through it.
        graph = {n: b"[%d 0 R %d 0 R << /A %d 0 R >>]" % (
            n + 1, n + 1, n + 1) for n in range(40, 4000)}
        one = update(self.pdf, {1: CATALOG % (FIRST, b" /Own 40 0 R"),
                                **graph})
        two = update(one, {40: graph[40] + b" "})
        self.bounded(two.replace(b"/Size 40 ", b"/Size 4001 "))

    def test_streams_that_grow(self):
        bomb = zlib.compress(bytes(200 << 20), 9)
        self.bounded(packed(self.pdf, {
            12: b" " * (200 << 20) + b"1", 1: CATALOG % (FIRST, b"")}))
        at = len(self.pdf)
        xref = (b"31 0 obj\n<< /Type /XRef /W [1 4 1] /Size 399999 /Root 1 0 R"
                b" /Prev 9 /Filter /FlateDecode /Length %d >>\nstream\n" %
                len(bomb))
        self.bounded(self.pdf + xref + bomb + b"\nendstream\nendobj\n"
                     b"startxref\n%d\n%%%%EOF\n" % at)

    def test_loops(self):
        loop = update(self.pdf, {4: b"null"})
        start = loop.rindex(b"xref\n0 1")
        self.bounded(loop.replace(b"/Prev ", b"/Prev %d %% " % start))
        self.bounded(update(self.pdf, {
            1: b"1 0 R", 30: b"<< /Length 30 0 R >>\nstream\n\nendstream"}))
        self.bounded(update(self.pdf, {
            30: b"<< /Type /ObjStm /N 1 /First 4 /Length 31 0 R >>\nstream\n"
                b"31 0 5\nendstream",
            1: CATALOG % (FIRST, b" /Own 30 0 R")}))

    def test_numbers(self):
        for size in (b"0", b"-1", b"99999999999999999999999", b"4000000000"):
            self.bounded(update(self.pdf, {4: b"null"}).replace(
                b"/Size 40 ", b"/Size %s " % size))

    def test_nested_ber(self):
        for depth in (30, 100, 250000):
            for open_ in (b"\x30\x80", b"\x24\x80", b"\xa0\x80"):
                self.bounded(b"content\n", open_ * depth)
                self.bounded(b"content\n", open_ * depth + bytes(2 * depth))
        head = b"\x30\x80" + OID + b"\xa0\x80\x30\x80"
        self.bounded(head + b"\x24\x80" * 100000)
        self.bounded(head + b"\x04\x01x" * 300000)

    def test_a_huge_attribute(self):
        huge = der(0x30, OID + der(0xa0, der(0x30, der(2, b"\1") + der(
            0x31, b"") + der(0x30, bytes.fromhex("06092a864886f70d010701")) +
            der(0xa1, der(0x04, bytes(900000))) + der(0x31, b""))))
        self.bounded(b"content\n", huge)
        many = der(0x31, der(0x30, der(6, b"\x2a") + der(0x31, b"")) * 80000)
        self.bounded(b"content\n", der(0x30, OID + der(0xa0, der(
            0x30, der(2, b"\1") + many))))

    def test_a_hole_of_zeros_and_a_full_one(self):
        b = self.pdf.index(b"/Contents <") + 11
        e = self.pdf.index(b">", b)
        for fill in (b"0", b"3", b"f"):
            word = self.bounded(self.pdf[:b] + fill * (e - b) + self.pdf[e:])
            self.assertIn(word, ("FAIL", "NOSIG"))


class HostileData(unittest.TestCase):
    """Validation data made to wear it out, around a right signature: that
    one is judged in time, and nothing is known of its revocation."""

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="sceau-hostile-")
        cls.b = revocation.Bench(cls.dir)
        cls.pdf = sign_pdf.sign("Contrat", ["texte"], cls.b.path("signer.key"),
                                cls.b.path("signer.pem"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def judged(self, file, signature=None):
        """The reasons; the signature passes."""
        before = time.monotonic()
        report = self.b.ask(file, signature)
        self.assertLess(time.monotonic() - before, SECONDS)
        got, = report["signatures"]
        self.assertEqual(got["indication"], "TOTAL-PASSED", got)
        return got["reasons"]

    def with_data(self, *streams, keys=(b"Certs", b"OCSPs", b"CRLs"),
                  many=1):
        objects = {12 + i: x for i, x in enumerate(streams)}
        refs = b" ".join(b"%d 0 R" % n for n in objects) + b" "
        objects[1] = CATALOG % (FIRST, b" /DSS << %s >>" % b" ".join(
            b"/%s [%s]" % (key, refs * many) for key in keys))
        return update(self.pdf, objects)

    @staticmethod
    def stream(content):
        content = zlib.compress(content, 9)
        return (b"<< /Length %d /Filter /FlateDecode >>\nstream\n" %
                len(content) + content + b"\nendstream")

    def along(self, answer):
        return self.b.sign(revocation.TEXT, unsigned=(revocation.attribute(
            revocation.REVOCATION_VALUES, answer),))

    def test_a_huge_answer(self):
        one = self.b.single(until=revocation.days(7))
        other = self.b.single("second", until=revocation.days(7))
        for single, known in ((one, True), (other, False)):
            answer = self.b.made([single] * (900000 // len(single)))
            for p7s in (revocation.values(answers=(revocation.basic(
                    answer),)), revocation.values(answers=(answer,))):
                reasons = self.judged(revocation.TEXT, self.along(p7s))
                self.assertEqual("revocation-not-checked" in reasons,
                                 not known)
            answer = self.b.made([single] * ((3 << 20) // len(single)))
            reasons = self.judged(self.with_data(
                self.stream(answer), keys=(b"OCSPs",)))
            self.assertEqual("revocation-not-checked" in reasons, not known)

    def test_many_answers(self):
        answer = self.b.made([self.b.single("second")])
        self.judged(revocation.TEXT, self.along(revocation.values(
            answers=(answer,) * (900000 // len(answer)))))
        wrong = bytearray(self.b.made([self.b.single()]))
        wrong[-40] ^= 1
        reasons = self.judged(self.with_data(
            self.stream(bytes(wrong)), many=20000))
        self.assertIn("revocation-not-checked", reasons)

    def huge_list(self):
        self.b.index("second", revocation.days(-1))
        line = (self.b.dir / "index").read_text().split("\t")
        self.b.write("index", "".join("\t".join(
            line[:3] + ["%016X" % (1 << 60 | i)] + line[4:])
            for i in range(80000)).encode())
        real = self.b.index
        try:
            self.b.index = lambda *_: None
            listed = self.b.list_of()
        finally:
            self.b.index = real
        self.assertGreater(len(listed), 2 << 20)
        return listed

    def test_a_huge_list(self):
        listed = self.huge_list()
        self.assertEqual(self.judged(self.with_data(
            self.stream(listed), keys=(b"CRLs",))), ["validation-data-added"])

    def test_the_bundle_is_not_silenced(self):
        """What fills the memory, of the right authority, or of nobody."""
        bundle = {"ca.pem": self.b.pem("ca"),
                  "no.ocsp": self.b.answer(revoked=revocation.days(-1))}
        single = self.b.single("second", until=revocation.days(7))
        answer = self.b.made([single] * ((4 << 20) // len(single) - 20))
        # A million elements of nothing, as a certificate would hold them.
        fill = der(0x30, der(0x30, der(5, b"") * 1900000))
        for streams, key in (((self.huge_list(),), b"CRLs"),
                             ((answer,), b"OCSPs"), ((fill,), b"OCSPs"),
                             ((fill,), b"Certs")):
            file = self.with_data(*(self.stream(x) for x in streams),
                                  keys=(key,), many=3)
            report = self.b.ask(file, None, bundle)
            got, = report["signatures"]
            self.assertEqual(got["sub_indication"], "REVOKED_NO_POE", got)

    def test_nested(self):
        for open_ in (b"\x30\x80", b"\x24\x80", b"\xa0\x80"):
            for depth in (30, 1000, 200000):
                deep = open_ * depth + bytes(2 * depth)
                for bad in (deep, der(0x30, deep), der(0x30, der(
                        0x0a, b"\0") + der(0xa0, deep))):
                    reasons = self.judged(self.with_data(self.stream(bad)))
                    self.assertIn("revocation-not-checked", reasons)
        deep = b""
        for _ in range(2000):
            deep = der(0x30, deep)
        for bad in (deep, der(0x30, der(0xa1, deep)), revocation.values(
                answers=(deep,)), revocation.values((deep,))):
            reasons = self.judged(revocation.TEXT, self.along(bad))
            self.assertIn("revocation-not-checked", reasons)

    def test_streams_that_grow(self):
        bomb = self.stream(b"\x30" + bytes(200 << 20))
        fits = self.stream(b"\x30" + bytes(15 << 20))
        for streams in ((bomb,) * 20, (fits,) * 20, (bomb, fits) * 10):
            reasons = self.judged(self.with_data(*streams, many=5000))
            self.assertIn("revocation-not-checked", reasons)

    def test_lists_of_themselves(self):
        for more in (b"[12 0 R]", b"1 0 R", b"<< /Certs 12 0 R >>"):
            report = self.b.ask(self.with_data(more))
            self.assertNotEqual(report["verdict"], "TOTAL-PASSED")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
