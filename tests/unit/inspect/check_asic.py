#!/usr/bin/env python3
"""ASiC containers with CAdES signatures: what passes, and all that must not.

  check_asic.py INSPECT_FILE INSPECT_BATCH SCEAU_INSPECT

Goal: a container is judged as passed only when every reader of ZIP sees the
same members and each is covered by a right signature. Refused or told: bytes
before, between and after; headers that differ; the same name twice, also in
other letters; bombs; a type that lies; XAdES; what no signature covers. And a
campaign: a byte changed at sampled places, then mutations; what passes then
must read the same for zipfile. What is understood of a mutated manifest must
be what another reader of XML understands.
"""
import argparse
import base64
import binascii
import hashlib
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
import urllib.parse
import xml.etree.ElementTree
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE)]
import make_asic  # noqa: E402
from make_asic import build, deflate, manifest, member  # noqa: E402
from make_asic import mimetype  # noqa: E402

ARGS = None
MANIFEST = "META-INF/ASiCManifest.xml"
DATA = b"Le bail est du 3 mars 2026.\n" * 40
SIGNATURE = "META-INF/signature.p7s"


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="sceau-asic-"))
        cls.key, cls.cert = str(cls.dir / "key"), str(cls.dir / "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-keyout", cls.key, "-out", cls.cert,
                        "-subj", "/CN=Essai", "-days", "30", "-addext",
                        "keyUsage=critical,digitalSignature"], check=True,
                       stderr=subprocess.DEVNULL)
        cls.anchors = cls.cert
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
             cls.anchors] + paths, stdout=subprocess.PIPE, check=True,
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

    def test_a_pdf_for_who_reads_pdfs(self):
        pdf = b"%PDF-1.7\n" + DATA + b"%%EOF\n"
        for method, word in ((8, "PASS"), (0, "UNSUPPORTED")):
            path = self.dir / "p.asics"
            path.write_bytes(build([mimetype("s"),
                                    member("Bail.pdf", pdf, method),
                                    member(SIGNATURE, self.sign(pdf))]))
            report = json.loads(subprocess.run(
                [ARGS.program, "--check", str(path)], check=True,
                stdout=subprocess.PIPE).stdout)
            self.assertEqual(report["integrity"], word)
            self.assertEqual(report["why"], "" if method else
                             "pdf-header-not-at-start")

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


class Extended(Bench):
    """ASiC-E: a manifest, what it names, and its signature."""

    NAMES = {"Bail.txt": DATA, "annexes/État.pdf": b"x" * 3000}

    def parts(self, text=None, names=None, method=8):
        names = self.NAMES if names is None else names
        if text is None:
            text = manifest(SIGNATURE, [
                (urllib.parse.quote(n), d) for n, d in self.NAMES.items()])
        return [mimetype("e")] + [
            member(n, d, method, flags=0x800) for n, d in names.items()] + [
                member(MANIFEST, text, method),
                member(SIGNATURE, self.sign(text), method)]

    def test_good_ones(self):
        for method in (0, 8):
            self.says(build(self.parts(method=method)), "PASS")
        raw = manifest(SIGNATURE, list(self.NAMES.items()), "sha512")
        self.says(build(self.parts(raw)), "PASS")
        for name in ("sha224", "sha384", "sha512", "sha3_256", "sha3_384",
                     "sha3_512"):
            self.says(build(self.parts(manifest(SIGNATURE, [
                ("Bail.txt", DATA), ("annexes/État.pdf", b"x" * 3000, name)
            ]))), "PASS")
        amp = {"a & b.txt": DATA}
        for uri in ("a%20&amp;%20b.txt", "a &amp; b.txt", "a%20%26%20b.txt"):
            self.says(build(self.parts(manifest(SIGNATURE, [(uri, DATA)]),
                                       amp)), "PASS")
        a = self.ask([build(self.parts())])[0]["signatures"][0]
        self.assertEqual((a["indication"], a["covers"]),
                         ("TOTAL-PASSED", len(DATA) + 3000))

    def test_two_signatures(self):
        both = [(urllib.parse.quote(n), d) for n, d in self.NAMES.items()]
        second = manifest("META-INF/signature2.p7s", both)
        more = [member("META-INF/ASiCManifest2.xml", second),
                member("META-INF/signature2.p7s", self.sign(second))]
        self.says(build(self.parts() + more), "PASS")
        # One of them is over less.
        less = manifest("META-INF/signature2.p7s", both[:1])
        self.says(build(self.parts() + [
            member("META-INF/ASiCManifest2.xml", less),
            member("META-INF/signature2.p7s", self.sign(less))]), "INDET",
            "member-not-signed")
        # One of them is wrong.
        more[1]["data"] = self.sign(less)
        self.says(build(self.parts() + more), "FAIL", "content-changed")
        # Both manifests lean on one signature, or on each other's.
        self.refuses(build(self.parts() + [
            dict(more[0], data=manifest(SIGNATURE, both)), more[1]]))

    def test_changed_member(self):
        for method in (0, 8):
            names = dict(self.NAMES, **{"Bail.txt": DATA + b"!"})
            self.says(build(self.parts(names=names, method=method)), "FAIL",
                      "member-changed")
        m = self.parts()
        m[2]["packed"] = deflate(b"x" * 3000)[:-1]
        self.says(build(m), "FAIL", "member-changed")

    def test_changed_manifest(self):
        m = self.parts()
        m[3]["data"] = m[3]["data"].replace(b"Bail", b"Prix")
        self.refuses(build(m))
        m = self.parts(names={"Bail.txt": DATA + b"!"})
        m[2]["data"] = manifest(SIGNATURE, [("Bail.txt", DATA + b"!")])
        self.says(build(m), "FAIL", "content-changed")

    def test_missing_member(self):
        self.says(build(self.parts(names={"Bail.txt": DATA})), "INDET",
                  "member-missing")
        # Another case, another place: not the member that is named.
        for name in ("bail.txt", "sub/Bail.txt", "Bail.txt "):
            self.says(build(self.parts(manifest(SIGNATURE, [
                ("Bail.txt", DATA)]), {name: DATA})), "INDET",
                "member-missing")

    def test_unsigned_member(self):
        names = dict(self.NAMES, Avenant=b"new")
        self.says(build(self.parts(names=names)), "INDET",
                  "member-not-signed")

    def test_report_says_which(self):
        names = dict(self.NAMES, Avenant=b"new")
        path = self.dir / "f.asice"
        for change, signed in ((lambda m: None, True),
                               (lambda m: m[4].update(data=b"no"), False),
                               (lambda m: m[1].update(data=b"no"), False)):
            m = self.parts(names=names)
            change(m)
            if not signed:
                m[-1]["data"] = self.sign(b"of something else")
            path.write_bytes(build(m))
            report = json.loads(subprocess.run(
                [ARGS.program, "--check", str(path), "--anchors",
                 self.cert], stdout=subprocess.PIPE,
                check=True).stdout)
            got = {x["name"]: x["signed"] for x in report["members"]}
            self.assertEqual(got, {"Bail.txt": signed, "Avenant": False,
                                   "annexes/État.pdf": signed})
            self.assertNotEqual(report["integrity"], "PASS")

    def test_digests(self):
        self.says(build(self.parts(manifest(SIGNATURE, [
            (n, d, "sha1") for n, d in self.NAMES.items()]))), "INDET",
            "digest-too-weak")
        self.says(build(self.parts(manifest(SIGNATURE, [
            (n, d, "md5") for n, d in self.NAMES.items()]))), "UNSUPPORTED",
            "algorithm-unsupported")
        # Another digest than the one that is named.
        text = manifest(SIGNATURE, list(self.NAMES.items()))
        for a, b in ((b"xmlenc#sha256", b"xmlenc#sha512"),
                     (b"xmlenc#sha256", b"xmldsig-more#sha384")):
            self.refuses(build(self.parts(text.replace(a, b))),
                         "manifest-not-understood")
        self.refuses(build(self.parts(text.replace(
            b"xmlenc#sha256", b"xmlenc#SHA256"))), "algorithm-unsupported")

    def test_manifests_that_are_not_understood(self):
        one = manifest(SIGNATURE, list(self.NAMES.items()))
        ref = one[one.index(b"  <asic:DataObjectReference"):
                  one.index(b"</asic:ASiCManifest>")]
        end = b"</asic:ASiCManifest>"
        for text in (
                b"", b"<a/>", one[:-5], one + b"x", one + one,
                one.replace(b"?>", b"?><!DOCTYPE a>"),
                one.replace(b"?>", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
                one.replace(b"?>", b"?><!-- a -->"),
                one.replace(b"?>", b"?><?a b?>"),
                one.replace(b"UTF-8", b"UTF-16"),
                one.replace(b"Bail.txt", b"B&#97;il.txt"),
                one.replace(b"Bail.txt", b"B&a;il.txt"),
                one.replace(b"Bail.txt", b"Bail.txt?"),
                one.replace(b"Bail.txt", b"Bail.txt#x"),
                one.replace(b"Bail.txt", b"Bail.txt%"),
                one.replace(b"Bail.txt", b"Bail%00.txt"),
                one.replace(b"Bail.txt", b"B	ail.txt"),
                one.replace(b"Bail.txt", b"x" * 256),
                one.replace(b"v1.2.1", b"v1.2.2"),
                one.replace(b"09/xmldsig#\">", b"09/xmldsig\">"),
                one.replace(b"xmlns:ds", b"xmlns:dt"),
                one.replace(b"<ds:DigestValue>", b"<ds:DigestValue a='b'>"),
                one.replace(b"URI=", b"uri="),
                one.replace(b"MimeType=", b"Other="),
                one.replace(b'MimeType="', b'URI="x" MimeType="'),
                one.replace(b"<asic:SigReference", b"<asic:SigReferenc"),
                one.replace(b"=</ds:DigestValue>", b"</ds:DigestValue>"),
                one.replace(b"</ds:DigestValue>", b"AAAA</ds:DigestValue>"),
                one.replace(end, ref + end),
                one.replace(end, b"<asic:ASiCManifestExtensions/>" + end),
                one.replace(ref, b""),
                one.replace(end, b"text" + end),
                manifest(SIGNATURE, [("f%d" % i, b"") for i in range(65)])):
            m = self.parts()
            m[3]["data"], m[4]["data"] = text, self.sign(text)
            self.says(build(m), "INDET", "manifest-not-understood")

    def test_signature_of_no_manifest(self):
        m = self.parts()
        self.says(build([x for x in m if x["name"] != MANIFEST]), "INDET",
                  "manifest-missing")
        self.says(build(m[:-1]), "UNSUPPORTED", "format-unsupported")
        self.says(build(m + [member("META-INF/signature9.p7s",
                                    self.sign(b"x"))]), "INDET",
                  "signature-without-manifest")
        for where in ("META-INF/signature9.p7s", "Bail.txt", "mimetype",
                      "META-INF/ASiCManifest.xml", "meta-inf/signature.p7s"):
            text = manifest(where, list(self.NAMES.items()))
            self.says(build(self.parts(text)), "INDET", "signature-missing")

    def test_unknown_in_meta_inf(self):
        self.says(build(self.parts() + [
            member("META-INF/manifest.xml", b"x")]), "INDET",
            "container-member-unknown")
        self.says(build(self.parts() + [
            member("META-INF/signatures.xml", b"x")]), "UNSUPPORTED",
            "format-unsupported")

    def test_archive_manifest_is_never_signed(self):
        text = manifest(SIGNATURE, list(self.NAMES.items()))
        m = self.parts(text)
        m[3]["name"] = "META-INF/ASiCArchiveManifest.xml"
        self.says(build(m), "INDET", "signature-missing")

    def test_kinds_mixed_up(self):
        m = self.parts()
        m[0] = mimetype("s")
        self.refuses(build(m))
        self.says(build([mimetype("e"), member("Bail.txt", DATA),
                         member(SIGNATURE, self.p7s)]), "INDET",
                  "manifest-missing")

    def test_too_many(self):
        one = self.parts()
        more = [member("META-INF/ASiCManifest%d.xml" % i, one[3]["data"])
                for i in range(16)]
        self.says(build(one + more), "UNSUPPORTED", "container-too-large")
        big = manifest(SIGNATURE, [("Bail.txt", DATA)], more=" " * (1 << 20))
        self.says(build(self.parts(big)), "UNSUPPORTED",
                  "container-too-large")


class Stamps(Bench):
    """Time stamps over data and over manifests: nobody's signature."""

    CONF = """
[ tsa ]
default_tsa = one
[ one ]
serial = %(dir)s/serial
crypto_device = builtin
signer_cert = %(dir)s/tsa.pem
signer_key = %(dir)s/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.dir / "conf").write_text(cls.CONF % {"dir": cls.dir})
        (cls.dir / "serial").write_text("01\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-keyout", str(cls.dir / "tsa.key"),
                        "-out", str(cls.dir / "tsa.pem"), "-subj",
                        "/CN=Horodatage", "-days", "30", "-addext",
                        "keyUsage=critical,digitalSignature", "-addext",
                        "extendedKeyUsage=critical,timeStamping"],
                       check=True, stderr=subprocess.DEVNULL)
        both = (cls.dir / "tsa.pem").read_bytes() + \
            pathlib.Path(cls.cert).read_bytes()
        cls.anchors = str(cls.dir / "both.pem")
        pathlib.Path(cls.anchors).write_bytes(both)

    def stamp(self, content):
        (self.dir / "stamped").write_bytes(content)
        query = subprocess.run(
            ["openssl", "ts", "-query", "-data", str(self.dir / "stamped"),
             "-sha256", "-cert"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=True).stdout
        (self.dir / "query").write_bytes(query)
        return subprocess.run(
            ["openssl", "ts", "-reply", "-config", str(self.dir / "conf"),
             "-queryfile", str(self.dir / "query"), "-token_out"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=True).stdout

    def members(self, kind, *more):
        return build([mimetype(kind), member("Bail.txt", DATA), *more])

    def test_over_data(self):
        token = member("META-INF/timestamp.tst", self.stamp(DATA))
        self.says(self.members("s", token), "PASS")
        a = self.ask([self.members("s", token)])[0]["signatures"]
        self.assertEqual(a[0]["signer"], "CN=Horodatage")
        self.says(self.members("s", token, member(SIGNATURE, self.p7s)),
                  "PASS")
        wrong = member("META-INF/timestamp.tst", self.stamp(b"other"))
        self.says(self.members("s", wrong), "FAIL", "imprint-differs")
        self.says(self.members("s", wrong, member(SIGNATURE, self.p7s)),
                  "FAIL", "imprint-differs")
        # A token is no signature, whatever it is called.
        self.says(self.members("s", member(SIGNATURE, token["data"])),
                  "FAIL", "time-stamp-as-signature")

    def archive(self, *names, where="META-INF/timestamp.tst", over=None):
        text = manifest(where, names)
        return [member("META-INF/ASiCArchiveManifest.xml", text),
                member("META-INF/timestamp.tst",
                       self.stamp(over or text))]

    def test_over_an_archive(self):
        text = manifest(SIGNATURE, [("Bail.txt", DATA)])
        signed = [member(MANIFEST, text),
                  member(SIGNATURE, self.sign(text))]
        names = [("Bail.txt", DATA), (MANIFEST, text),
                 (SIGNATURE, signed[1]["data"])]
        self.says(self.members("e", *signed, *self.archive(*names)), "PASS")
        self.says(self.members("e", *signed, *self.archive(
            *names, over=b"other")), "FAIL", "imprint-differs")
        names[2] = (SIGNATURE, b"another")
        self.says(self.members("e", *signed, *self.archive(*names)), "FAIL",
                  "member-changed")
        self.says(self.members("e", *signed, *self.archive(
            names[0], where=SIGNATURE)), "INDET", "signature")
        # Stamped, and signed by nobody.
        alone = self.members("e", *self.archive(("Bail.txt", DATA)))
        path = self.dir / "f"
        path.write_bytes(alone)
        report = json.loads(subprocess.run(
            [ARGS.program, "--check", str(path)], stdout=subprocess.PIPE,
            check=True).stdout)
        self.assertEqual([s["kind"] for s in report["signatures"]],
                         ["time-stamp"])
        self.assertFalse(any(m["signed"] for m in report["members"]))


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
        text = manifest(SIGNATURE, [("Bail.txt", DATA)])
        p7s = self.sign(text)
        yield build([mimetype("e"), member("Bail.txt", DATA),
                     member(MANIFEST, text), member(SIGNATURE, p7s)]), {
            "mimetype": make_asic.MIME["e"], "Bail.txt": DATA,
            MANIFEST: text, SIGNATURE: p7s}

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


ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
ORDER = ["sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256",
         "sha3_384", "sha3_512"]
NAMED = {make_asic.DIGESTS[name]: name for name in ORDER}


def read_manifest(text):
    """As another reader of XML has it; None: it is no such thing."""
    try:
        root = xml.etree.ElementTree.fromstring(text)
        out = [urllib.parse.unquote_to_bytes(
            root.find(ASIC + "SigReference").attrib["URI"]).hex()]
        for ref in root.findall(ASIC + "DataObjectReference"):
            name = urllib.parse.unquote_to_bytes(ref.attrib["URI"]).hex()
            how = ref.find(DSIG + "DigestMethod").attrib["Algorithm"]
            value = base64.b64decode("".join(
                ref.find(DSIG + "DigestValue").text.split()), validate=True)
            alg = NAMED.get(how)
            if alg is None:
                out.append(name + "=x:")
            elif len(value) == hashlib.new(alg).digest_size:
                out.append("%s=%d:%s" % (name, ORDER.index(alg),
                                         value.hex()))
            else:
                return None
        return out if root.tag == ASIC + "ASiCManifest" else None
    except (xml.etree.ElementTree.ParseError, AttributeError, KeyError,
            ValueError, binascii.Error, TypeError):
        return None


BITS = [b"<", b">", b"/", b'"', b"'", b"&amp;", b"&#65;", b"<!--", b"-->",
        b"<![CDATA[", b"]]>", b"%41", b"%", b" ", b"\t", b"\n", b"\xc3\xa9",
        b"xmlns:ds=", b"xmlns=\"x\"", b"asic:", b"ds:", b"sha1", b"\0", b":"]


class Manifests(unittest.TestCase):
    """What is understood is what another reader understands."""

    def test_mutated(self):
        rng = random.Random(ARGS.seed)
        bases = [manifest(SIGNATURE, [("Bail.txt", b"x"), (
            "a%20b", b"y", "sha512"), ("c&amp;d", b"z", "md5")]),
            manifest(SIGNATURE, [("Bail.txt", b"x", "sha1")])]
        tool = subprocess.Popen([ARGS.batch, "--manifest"],
                                stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)
        understood = 0
        for base in bases:
            self.assertIsNotNone(read_manifest(base))
        for _ in range(ARGS.count * 20):
            text = bytearray(rng.choice(bases))
            for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
                at = rng.randrange(len(text))
                n = rng.randrange(0, 30) if rng.random() < 0.5 else 0
                if rng.random() < 0.3:
                    to = rng.randrange(len(text))
                    text[at:at + n] = text[to:to + n]
                else:
                    text[at:at + n] = rng.choice(BITS)
            tool.stdin.write(struct.pack(">I", len(text)) + text)
            tool.stdin.flush()
            ours = tool.stdout.readline().decode().split()
            self.assertTrue(ours, "the reader died")
            if ours != ["-"]:
                understood += 1
                self.assertEqual(ours, read_manifest(bytes(text)), text)
        tool.stdin.close()
        self.assertEqual(tool.wait(), 0)
        tool.stdout.close()
        self.assertGreater(understood, ARGS.count)
        print("%d of %d manifests understood" % (understood,
                                                 ARGS.count * 20))


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
    ap.add_argument("batch")
    ap.add_argument("program")
    ap.add_argument("--count", type=int, default=900)
    ap.add_argument("--step", type=int, default=7)
    ap.add_argument("--seed", type=int, default=1)
    ARGS, rest = ap.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest)
