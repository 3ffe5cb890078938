#!/usr/bin/env python3
"""Answers of responders and lists of revoked certificates.

  check_revocation.py SCEAU_INSPECT

Goal: an answer counts when the authority that issued the certificate signed
it, or one to whom that authority gave this use; of that very certificate; for
the time in question. The one that says "revoked" is heard before all others,
wherever each comes from: in the bundle, in the signature, in the file. What
came along is never an authority, and cannot hide what the bundle says.
"""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
from check_revisions import CATALOG, FIRST, update  # noqa: E402
import sign_pdf  # noqa: E402

PROGRAM = sys.argv[1]
TEXT = b"Le bail est du 3 mars.\n"
CA = ("basicConstraints=critical,CA:TRUE\n"
      "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n")
SIGNER = "keyUsage=critical,digitalSignature,nonRepudiation\n"
RESPONDER = SIGNER + "extendedKeyUsage=OCSPSigning\nnoCheck=ignored\n"
CONF = """
[ tsa ]
default_tsa = one
[ one ]
dir = %(dir)s
serial = %(dir)s/serial
crypto_device = builtin
signer_cert = %(dir)s/tsa.pem
certs = %(dir)s/ca.pem
signer_key = %(dir)s/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[ ca ]
default_ca = own
[ own ]
database = %(dir)s/index
default_md = sha256
default_crl_days = 30
rand_serial = yes
policy = any
[ any ]
commonName = supplied
[ kept ]
2.5.29.60 = DER:180f32303230303130313030303030305a
[ scope ]
issuingDistributionPoint = critical,@point
[ point ]
%(scope)s
"""
DATA = "2a864886f70d010701"
SIGNED = "2a864886f70d010702"
TYPE, DIGEST = "2a864886f70d010903", "2a864886f70d010904"
STAMP = "2a864886f70d010910020e"
CERT_VALUES = "2a864886f70d0109100217"
REVOCATION_VALUES = "2a864886f70d0109100218"
ARCHIVAL = "2a864886f72f010108"
OTHER_OCSP = "2b06010505071002"


def openssl(*args, stdin=None):
    done = subprocess.run(("openssl",) + args, input=stdin, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    k = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 + k]) + n.to_bytes(k, "big") + body


def oid(hexa):
    return der(6, bytes.fromhex(hexa))


def take(p):
    """The first element: its contents, itself, and what follows."""
    n, head = p[1], 2
    if n >= 0x80:
        head += n - 0x80
        n = int.from_bytes(p[2:head], "big")
    return p[head:head + n], p[:head + n], p[head + n:]


def attribute(name, *values):
    return der(0x30, oid(name), der(0x31, *values))


def values(lists=(), answers=()):
    """RevocationValues, and Adobe's RevocationInfoArchival."""
    out = []
    if lists:
        out.append(der(0xa0, der(0x30, *lists)))
    if answers:
        out.append(der(0xa1, der(0x30, *answers)))
    return der(0x30, *out)


def basic(answer):
    """The BasicOCSPResponse in an OCSPResponse."""
    inside = take(take(take(take(answer)[0])[2])[0])[0]
    return take(take(inside)[2])[0]


def days(n):
    now = datetime.datetime.now(datetime.timezone.utc)
    return now + datetime.timedelta(days=n)


def zulu(at):
    return at.strftime("%Y%m%d%H%M%SZ")


def generalized(at):
    return der(0x18, zulu(at).encode())


class Bench:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.conf()
        self.write("serial", b"01\n")
        self.issue("ca", None, CA, span=(days(-90), days(3000)))
        for name, issuer, extensions in (
                ("signer", "ca", SIGNER), ("second", "ca", SIGNER),
                ("responder", "ca", RESPONDER), ("plain", "ca", SIGNER),
                ("tsa", "ca", "keyUsage=critical,digitalSignature\n"
                 "extendedKeyUsage=critical,timeStamping\n"),
                ("middle", "ca", CA), ("person", "middle", SIGNER),
                ("middle-responder", "middle", RESPONDER),
                ("other", None, CA), ("other-responder", "other", RESPONDER)):
            self.issue(name, issuer, extensions)
        # Of the same name as the authority, with a key of its own.
        self.issue("twin", None, CA, cn="ca")
        self.issue("twin-responder", "twin", RESPONDER, cn="responder")

    def conf(self, scope=""):
        self.write("conf", (CONF % {"dir": self.dir,
                                    "scope": scope}).encode())

    def path(self, name):
        return str(self.dir / name)

    def write(self, name, content):
        (self.dir / name).write_bytes(content)
        return self.path(name)

    def issue(self, name, issuer, extensions, cn=None, span=None):
        key = self.path(name + ".key")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", key)
        self.write(name + ".ext", extensions.encode())
        request = openssl("req", "-new", "-key", key, "-subj",
                          "/CN=" + (cn or name))
        if span:
            self.write("index", b"")
            openssl("ca", "-batch", "-config", self.path("conf"), "-in",
                    self.write("csr", request), *(
                        ("-cert", self.path(issuer + ".pem")) if issuer else
                        ("-selfsign",)), "-keyfile",
                    self.path((issuer or name) + ".key"), "-out",
                    self.path(name + ".pem"), "-outdir", str(self.dir),
                    "-notext", "-extfile", self.path(name + ".ext"),
                    "-startdate", zulu(span[0]), "-enddate", zulu(span[1]))
            return
        # Numbers of one length, so that one can stand for another.
        number = 1 << 62 | int.from_bytes(os.urandom(7), "big")
        by = ["-CA", self.path(issuer + ".pem"), "-CAkey",
              self.path(issuer + ".key"), "-set_serial",
              str(number)] if issuer else ["-signkey", key]
        openssl("x509", "-req", "-days", "3000", "-sha256", "-extfile",
                self.path(name + ".ext"), "-out", self.path(name + ".pem"),
                *by, stdin=request)

    def cert(self, name):
        return openssl("x509", "-in", self.path(name + ".pem"), "-outform",
                       "DER")

    def pem(self, name):
        return (self.dir / (name + ".pem")).read_bytes()

    def index(self, about, revoked):
        """The authority's book with one line."""
        number = openssl("x509", "-in", self.path(about + ".pem"), "-serial",
                         "-noout").decode().strip().partition("=")[2]
        state = "R" if revoked else "V"
        at = revoked.strftime("%y%m%d%H%M%SZ") if revoked else ""
        self.write("index", f"{state}\t360101000000Z\t{at}\t{number}\tunknown"
                   f"\t/CN={about}\n".encode())
        self.write("index.attr", b"unique_subject = no\n")

    def answer(self, about="signer", issuer="ca", by="responder",
               revoked=None, book=None, valid=7, extra=()):
        """What the responder `by` says of that certificate, DER."""
        self.index(book or about, revoked)
        openssl("ocsp", "-sha256", "-issuer", self.path(issuer + ".pem"),
                "-cert", self.path(about + ".pem"), "-no_nonce", "-reqout",
                self.path("ask"))
        openssl("ocsp", "-index", self.path("index"), "-CA",
                self.path(issuer + ".pem"), "-rsigner",
                self.path(by + ".pem"), "-rkey", self.path(by + ".key"),
                "-reqin", self.path("ask"), "-respout", self.path("said"),
                *(("-ndays", str(valid)) if valid else ()), *extra)
        return (self.dir / "said").read_bytes()

    def number(self, name):
        """The number of a certificate, as an INTEGER."""
        tbs = take(take(self.cert(name))[0])[0]
        return take(take(tbs)[2])[1]

    def single(self, about="signer", issuer="ca", this=None, until=None,
               kept=None):
        """A SingleResponse: good."""
        tbs = take(take(self.cert(issuer))[0])[0]
        rest = take(take(take(tbs)[2])[2])[2]  # after the algorithm
        name = take(rest)[1]
        key = take(take(take(take(rest)[2])[2])[2])[0]
        bits = take(take(key)[2])[0][1:]
        sha1 = der(0x30, oid("2b0e03021a"), der(5))
        ident = der(0x30, sha1, *(
            der(4, openssl("dgst", "-sha1", "-binary", stdin=x))
            for x in (name, bits)), self.number(about))
        return der(0x30, ident, b"\x80\0", generalized(this or days(0)),
                   der(0xa0, generalized(until)) if until else b"",
                   der(0xa1, der(0x30, der(0x30, oid("2b0601050507300106"),
                                           der(4, generalized(kept)))))
                   if kept else b"")

    def made(self, singles, by="responder"):
        """An OCSPResponse, made by hand."""
        cert = self.cert(by)
        tbs = take(take(cert)[0])[0]
        rest = take(take(take(tbs)[2])[2])[2]
        subject = take(take(take(rest)[2])[2])[1]
        data = der(0x30, der(0xa1, subject), generalized(days(0)),
                   der(0x30, *singles))
        octets = openssl("dgst", "-sha256", "-sign", self.path(by + ".key"),
                         stdin=data)
        inside = der(0x30, data, der(0x30, oid("2a8648ce3d040302")),
                     der(3, b"\0" + octets), der(0xa0, der(0x30, cert)))
        return der(0x30, der(0x0a, b"\0"), der(0xa0, der(
            0x30, oid("2b0601050507300101"), der(4, inside))))

    def list_of(self, about="signer", by="ca", revoked=None, extra=(),
                span=None):
        """A list of revoked certificates, DER."""
        self.index(about, revoked)
        when = ("-crl_lastupdate", zulu(span[0]), "-crl_nextupdate",
                zulu(span[1])) if span else ()
        pem = openssl("ca", "-config", self.path("conf"), "-gencrl", "-cert",
                      self.path(by + ".pem"), "-keyfile",
                      self.path(by + ".key"), *when, *extra)
        return openssl("crl", "-outform", "DER", stdin=pem)

    def stamp(self, content):
        self.write("stamped", content)
        openssl("ts", "-query", "-data", self.path("stamped"), "-sha256",
                "-cert", "-config", self.path("conf"), "-out",
                self.path("query"))
        return openssl("ts", "-reply", "-config", self.path("conf"),
                       "-queryfile", self.path("query"), "-token_out")

    def sign(self, content=TEXT, who="signer", certs=(), choices=(),
             signed=(), unsigned=(), stamped=False):
        """A detached SignedData, made by hand."""
        cert = self.cert(who)
        tbs = take(take(cert)[0])[0]
        number = take(take(tbs)[2])
        issuer = take(take(number[2])[2])[1]
        digest = openssl("dgst", "-sha256", "-binary", stdin=content)
        sha256 = der(0x30, oid("608648016503040201"))
        attributes = b"".join(sorted((
            attribute(TYPE, oid(DATA)), attribute(DIGEST, der(4, digest)),
            *signed)))
        octets = openssl("dgst", "-sha256", "-sign", self.path(who + ".key"),
                         stdin=der(0x31, attributes))
        if stamped:
            unsigned = (*unsigned, attribute(STAMP, self.stamp(octets)))
        signer = der(0x30, der(2, b"\1"), der(0x30, issuer, number[1]),
                     sha256, der(0xa0, attributes),
                     der(0x30, oid("2a8648ce3d040302")), der(4, octets),
                     der(0xa1, *unsigned) if unsigned else b"")
        along = der(0xa0, cert, *(self.cert(c) for c in certs))
        return der(0x30, oid(SIGNED), der(0xa0, der(
            0x30, der(2, b"\1"), der(0x31, sha256), der(0x30, oid(DATA)),
            along, der(0xa1, *choices) if choices else b"",
            der(0x31, signer))))

    def ask(self, file, signature=None, bundle=None, at=None):
        """The report on these bytes."""
        folder = self.dir / "bundle"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in (bundle or {"ca.pem": self.pem("ca")}).items():
            (folder / name).write_bytes(content)
        cmd = [PROGRAM, "--check", self.write("file", file), "--anchors",
               str(folder)]
        if signature is not None:
            cmd += ["--signature", self.write("p7s", signature)]
        if at is not None:
            cmd += ["--at", at.strftime("%Y-%m-%dT%H:%M:%SZ")]
        return json.loads(subprocess.run(
            cmd, check=True, stdout=subprocess.PIPE, timeout=30).stdout)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sceau-revocation-")
        cls.b = Bench(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def word(self, signature, bundle=None, at=None, file=TEXT):
        """good, revoked, unknown: what is held of the signature."""
        files = {"ca.pem": self.b.pem("ca")}
        for i, (kind, content) in enumerate(bundle or ()):
            files["%d.%s" % (i, kind)] = content
        report = self.b.ask(file, signature, files, at)
        got = report["signatures"][-1]
        if got["sub_indication"] == "CERTIFICATE_CHAIN_GENERAL_FAILURE":
            return got["sub_indication"]
        self.assertEqual(got["integrity"], "PASS", got)
        reasons = got["reasons"]
        if got["indication"] == "TOTAL-PASSED":
            return ("unknown" if "revocation-not-checked" in reasons else
                    "half" if "authority-revocation-unknown" in reasons else
                    "good")
        self.assertEqual(got["indication"], "INDETERMINATE")
        for word, sub in (("certificate-revoked", "REVOKED_NO_POE"),
                          ("authority-revoked", "REVOKED_CA_NO_POE")):
            if word in reasons:
                self.assertEqual(got["sub_indication"], sub)
                return "revoked"
        return got["sub_indication"]


class Answers(Case):
    """In the bundle: whose answers count, and what of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.p7s = cls.b.sign()

    def says(self, want, *answers, at=None, p7s=None):
        self.assertEqual(self.word(p7s or self.p7s, [
            ("ocsp", a) for a in answers], at), want)

    def test_without_any_it_is_not_known(self):
        self.says("unknown")

    def test_the_delegate_of_the_authority(self):
        self.says("good", self.b.answer())
        self.says("revoked", self.b.answer(revoked=days(-1)))

    def test_the_authority_itself(self):
        self.says("good", self.b.answer(by="ca"))
        self.says("revoked", self.b.answer(by="ca", revoked=days(-1)))

    def test_in_pem_as_in_the_rules(self):
        pem = b"".join(
            b"-----BEGIN OCSP RESPONSE-----\n" + subprocess.run(
                ("base64",), input=a, stdout=subprocess.PIPE,
                check=True).stdout + b"-----END OCSP RESPONSE-----\n"
            for a in (self.b.answer(about="second"),
                      self.b.answer(revoked=days(-1))))
        self.assertEqual(self.word(self.p7s, [("pem", pem)]), "revoked")

    def test_nobody_else_is_heard(self):
        for by in ("plain", "signer", "tsa", "other", "other-responder",
                   "twin", "twin-responder", "middle-responder"):
            for revoked in (None, days(-1)):
                with self.subTest(by=by, revoked=revoked):
                    self.says("unknown",
                              self.b.answer(by=by, revoked=revoked))

    def test_a_responder_that_had_expired(self):
        self.b.issue("short", "ca", RESPONDER, span=(days(-9), days(-1)))
        self.says("unknown", self.b.answer(by="short"))

    def test_of_another_certificate(self):
        self.says("unknown", self.b.answer(about="second"))
        self.says("unknown",
                  self.b.answer(about="second", revoked=days(-1)))
        # The same number at another authority.
        self.says("unknown", self.b.answer(issuer="other",
                                           by="other-responder"))
        self.says("unknown", self.b.answer(issuer="twin", by="ca",
                                           revoked=days(-1)))

    def test_one_among_many(self):
        singles = [self.b.single("second", until=days(7))] * 200
        self.says("unknown", self.b.made(singles))
        self.says("good", self.b.made(
            singles + [self.b.single(until=days(7))]))
        # All that it says must be of this authority's certificates.
        self.says("unknown", self.b.made([
            self.b.single("second", "other"), self.b.single(
                until=days(7))]))

    def test_one_that_does_not_know(self):
        self.says("unknown", self.b.answer(book="second"))

    def test_for_the_time_in_question(self):
        answer = self.b.answer(valid=7)
        self.says("good", answer, at=days(6))
        self.says("unknown", answer, at=days(8))
        # What is said later holds for the time before, until it expired.
        self.b.issue("early", "ca", SIGNER, span=(days(-20), days(9)))
        self.says("good", self.b.answer("early"), at=days(-9),
                  p7s=self.b.sign(who="early"))
        self.b.issue("gone", "ca", SIGNER, span=(days(-20), days(-3)))
        self.says("unknown", self.b.answer("gone"), at=days(-9),
                  p7s=self.b.sign(who="gone"))
        # One that says how long it remembers.
        self.says("good", self.b.made((self.b.single(
            "gone", kept=days(-30)),)), at=days(-9),
                  p7s=self.b.sign(who="gone"))
        self.says("unknown", self.b.made((self.b.single(
            "gone", kept=days(-2)),)), at=days(-9),
                  p7s=self.b.sign(who="gone"))
        # Without an end, for its own time and before.
        answer = self.b.answer(valid=None)
        self.says("unknown", answer, at=days(1))
        # "Revoked" has no end.
        answer = self.b.answer(revoked=days(-1), valid=7)
        self.says("revoked", answer, at=days(100))

    def test_revoked_later(self):
        answer = self.b.answer(revoked=days(5), valid=30)
        self.says("good", answer)
        self.says("revoked", answer, at=days(6))

    def test_a_stamp_from_before_the_revocation(self):
        answer = self.b.answer(revoked=days(5), valid=30)
        self.says("revoked", answer, at=days(10))
        self.says("good", answer, at=days(10),
                  p7s=self.b.sign(stamped=True))

    def test_revoked_is_heard_before_good(self):
        good = self.b.answer()
        bad = self.b.answer(revoked=days(-1))
        self.says("revoked", good, bad)
        self.says("revoked", bad, good)

    def test_a_weak_digest_may_only_revoke(self):
        self.says("unknown", self.b.answer(extra=("-rmd", "sha1")))
        self.says("revoked", self.b.answer(revoked=days(-1),
                                           extra=("-rmd", "sha1")))

    def test_a_responder_that_was_revoked(self):
        listed = self.b.list_of(about="responder", revoked=days(-2))
        got = self.word(self.p7s, [("ocsp", self.b.answer())])
        self.assertEqual(got, "good")
        # The list also says of the signer that it is good: leave that out.
        late = self.b.list_of(about="responder", revoked=days(-2),
                              span=(days(-9), days(-8)))
        self.assertEqual(self.word(self.p7s, [
            ("ocsp", self.b.answer()), ("crl", late)]), "unknown")
        self.assertEqual(self.word(self.p7s, [("crl", listed)]), "good")

    def test_a_changed_byte(self):
        answer = self.b.answer()
        for at in range(len(answer) - 1, 0, -37):
            bad = bytearray(answer)
            bad[at] ^= 1
            got = self.word(self.p7s, [("ocsp", bytes(bad))])
            # Names and times outside the signature do not matter; none
            # turns the certificate into a revoked one.
            self.assertIn(got, ("good", "unknown",
                                "CERTIFICATE_CHAIN_GENERAL_FAILURE"))
        # A bundle that cannot be read whole is no bundle.
        for bad in (answer[:60], answer[:-1], b"\x30\0", b"0"):
            self.says("CERTIFICATE_CHAIN_GENERAL_FAILURE", answer, bad)
        # "Try later" is no answer, and not broken.
        self.says("good", der(0x30, der(0x0a, b"\3")), answer)

    def test_the_signature_of_the_answer(self):
        """One of the second certificate, passed off as one of the signer."""
        second = self.b.answer(about="second")
        forged = second.replace(self.b.number("second"),
                                self.b.number("signer"))
        self.assertNotEqual(forged, second)
        self.says("unknown", forged)


class Chains(Case):
    def test_an_intermediate_authority(self):
        p7s = self.b.sign(who="person", certs=("middle",))
        leaf = self.b.answer("person", "middle", "middle-responder")
        above = self.b.answer("middle")
        bad = self.b.answer("middle", revoked=days(-1))
        for want, answers in (
                ("unknown", ()), ("half", (leaf,)), ("unknown", (above,)),
                ("good", (leaf, above)), ("revoked", (leaf, bad)),
                ("revoked", (bad,))):
            with self.subTest(want=want):
                self.assertEqual(self.word(p7s, [
                    ("ocsp", a) for a in answers]), want)

    def test_the_authority_above_does_not_answer_for_the_one_below(self):
        p7s = self.b.sign(who="person", certs=("middle",))
        for by in ("ca", "responder"):
            self.assertEqual(self.word(p7s, [(
                "ocsp", self.b.answer("person", "middle", by))]), "unknown")


class Lists(Case):
    def says(self, want, *lists, at=None, p7s=None):
        self.assertEqual(self.word(p7s or self.b.sign(), [
            ("crl", x) for x in lists], at), want)

    def test_lists(self):
        self.says("good", self.b.list_of("second", revoked=days(-1)))
        self.says("revoked", self.b.list_of(revoked=days(-1)))
        self.says("good", self.b.list_of(revoked=days(5)))
        self.says("revoked", self.b.list_of(revoked=days(5)), at=days(6))
        self.says("unknown", self.b.list_of("second"), at=days(31))
        for by in ("twin", "other", "middle"):
            self.says("unknown", self.b.list_of(by=by, revoked=days(-1)))

    def test_one_that_was_old_does_not_hide_a_newer_one(self):
        old = self.b.list_of("second", span=(days(-5), days(25)))
        new = self.b.list_of(revoked=days(-1), span=(days(1), days(20)))
        self.says("good", old)
        self.says("revoked", old, new)

    def test_one_of_after_the_certificate_expired(self):
        self.b.issue("gone", "ca", SIGNER, span=(days(-20), days(-3)))
        p7s = self.b.sign(who="gone")
        then = days(-9)
        before = self.b.list_of("second", span=(days(-5), days(25)))
        self.says("good", before, at=then, p7s=p7s)
        after = self.b.list_of("second", span=(days(-2), days(25)))
        self.says("unknown", after, at=then, p7s=p7s)
        self.says("revoked", self.b.list_of("gone", revoked=days(-10)),
                  at=then, p7s=p7s)
        self.says("good", self.b.list_of("second", extra=(
            "-crlexts", "kept")), at=then, p7s=p7s)

    def test_lists_of_a_part(self):
        self.b.conf("onlyuser = TRUE")
        part = ("-crlexts", "scope")
        self.says("good", self.b.list_of("second", extra=part))
        self.b.conf("onlyCA = TRUE")
        self.says("unknown", self.b.list_of("second", extra=part))
        self.says("revoked", self.b.list_of(revoked=days(-1), extra=part))
        self.b.conf("onlysomereasons = keyCompromise")
        self.says("unknown", self.b.list_of("second", extra=part))
        self.b.conf("fullname = URI:http://ca.example/1.crl")
        listed = self.b.list_of("second", extra=part)
        self.says("unknown", listed)
        self.b.issue("pointed", "ca", SIGNER + "crlDistributionPoints="
                     "URI:http://ca.example/1.crl\n")
        self.says("good", listed, p7s=self.b.sign(who="pointed"))
        self.b.issue("elsewhere", "ca", SIGNER + "crlDistributionPoints="
                     "URI:http://ca.example/2.crl\n")
        self.says("unknown", listed, p7s=self.b.sign(who="elsewhere"))


class Along(Case):
    """In the signature: nobody vouches for it but its own signature."""

    def ways(self, answer):
        choice = der(0xa1, oid(OTHER_OCSP), answer)
        return {
            "choices": {"choices": (choice,)},
            "values": {"unsigned": (attribute(
                REVOCATION_VALUES, values(answers=(basic(answer),))),)},
            "archival": {"signed": (attribute(
                ARCHIVAL, values(answers=(answer,))),)},
        }

    def test_each_place(self):
        for revoked, want in ((None, "good"), (days(-1), "revoked")):
            for name, how in self.ways(self.b.answer(
                    revoked=revoked)).items():
                with self.subTest(place=name, want=want):
                    self.assertEqual(self.word(self.b.sign(**how)), want)

    def test_lists_in_each_place(self):
        for revoked, want in ((None, "good"), (days(-1), "revoked")):
            x = self.b.list_of(revoked=revoked)
            for how in ({"choices": (x,)},
                        {"unsigned": (attribute(
                            REVOCATION_VALUES, values((x,))),)},
                        {"signed": (attribute(ARCHIVAL, values((x,))),)}):
                self.assertEqual(self.word(self.b.sign(**how)), want)

    def test_what_came_along_does_not_hide_the_bundle(self):
        bad = self.b.answer(revoked=days(-1))
        listed = self.b.list_of(revoked=days(-1))
        good = self.b.answer()
        forged = self.b.list_of("second", by="twin", span=(days(-1),
                                                           days(90)))
        fresh = self.b.list_of("second")
        for bundle in (("ocsp", bad), ("crl", listed)):
            for how in (*self.ways(good).values(), {"choices": (forged,)},
                        {"choices": (fresh,)},
                        {"choices": (forged,) * 70 + (fresh,)}):
                self.assertEqual(self.word(self.b.sign(**how), [bundle]),
                                 "revoked")

    def test_certificates_are_no_authorities(self):
        p7s = self.b.sign(who="person", unsigned=(attribute(
            CERT_VALUES, der(0x30, self.b.cert("middle"))),))
        self.assertEqual(self.word(p7s), "unknown")
        whole = self.b.sign(who="person", unsigned=(attribute(
            CERT_VALUES, der(0x30, self.b.cert("middle"),
                             self.b.cert("ca"))),))
        report = self.b.ask(TEXT, whole, {"o.pem": self.b.pem("other")})
        self.assertEqual(report["signatures"][0]["sub_indication"],
                         "NO_CERTIFICATE_CHAIN_FOUND")

    def test_rubbish_in_each_place(self):
        answer = self.b.answer()
        for bad in (b"", b"\x30", der(4, b"x"), der(0x30), answer[:-9],
                    b"\x30\x80" * 60 + bytes(120), der(0x30, answer),
                    der(0x0a, b"\6"), der(0x30, der(0x0a, b"\6"))):
            for name, how in (
                    ("values", {"unsigned": (attribute(
                        REVOCATION_VALUES, values(answers=(bad,))),)}),
                    ("unsigned", {"unsigned": (attribute(
                        REVOCATION_VALUES, bad or der(5)),)})):
                with self.subTest(place=name, bad=bad[:8]):
                    report = self.b.ask(TEXT, self.b.sign(**how))
                    got = report["signatures"][0]
                    if got["indication"] == "TOTAL-PASSED":
                        self.assertIn("revocation-not-checked",
                                      got["reasons"])


class Files(Case):
    """In the /DSS of a PDF: as little vouched for."""

    def pdf(self, who="signer"):
        return sign_pdf.sign("Contrat", ["Loyer : 500 EUR"],
                             self.b.path(who + ".key"),
                             self.b.path(who + ".pem"))

    @staticmethod
    def stream(content, flate=False, more=b""):
        if flate:
            content = zlib.compress(content)
            more += b" /Filter /FlateDecode"
        return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (
            len(content), more, content)

    def with_data(self, pdf, certs=(), lists=(), answers=(), flate=False):
        """A revision more, with a /DSS."""
        objects, dss = {}, b""
        for key, all_ in ((b"Certs", certs), (b"CRLs", lists),
                          (b"OCSPs", answers)):
            refs = b""
            for content in all_:
                number = 12 + len(objects)
                objects[number] = content if content.startswith(
                    b"<<") else self.stream(content, flate)
                refs += b"%d 0 R " % number
            if refs:
                dss += b" /%s [%s]" % (key, refs)
        objects[1] = CATALOG % (FIRST, b" /DSS <<%s >>" % dss)
        return update(pdf, objects).replace(
            b"/Size 40 ", b"/Size %d " % (14 + len(objects) + 40))

    def says(self, want, pdf, bundle=None, **data):
        for flate in (False, True):
            file = self.with_data(pdf, flate=flate, **data)
            with self.subTest(want=want, flate=flate):
                self.assertEqual(self.word(None, bundle, file=file), want)

    def test_answers_and_lists(self):
        pdf = self.pdf()
        for revoked, want in ((None, "good"), (days(-1), "revoked")):
            self.says(want, pdf, answers=(self.b.answer(revoked=revoked),))
            self.says(want, pdf, lists=(self.b.list_of(revoked=revoked),))
        self.says("unknown", pdf, answers=(
            self.b.answer(by="twin-responder", revoked=days(-1)),
            self.b.answer(about="second", revoked=days(-1))))
        self.says("revoked", pdf, answers=(
            self.b.answer(), self.b.answer(revoked=days(-1))))

    def test_a_certificate_completes_a_chain(self):
        pdf = self.pdf("person")
        answers = (self.b.answer("person", "middle", "middle-responder"),
                   self.b.answer("middle"))
        self.assertEqual(self.word(None, file=pdf),
                         "NO_CERTIFICATE_CHAIN_FOUND")
        self.says("unknown", pdf, certs=(self.b.cert("middle"),))
        self.says("good", pdf, certs=(self.b.cert("middle"),),
                  answers=answers)

    def test_a_certificate_is_never_an_authority(self):
        file = self.with_data(self.pdf(), certs=(self.b.cert("ca"),),
                              answers=(self.b.answer(),))
        report = self.b.ask(file, None, {"o.pem": self.b.pem("other")})
        self.assertEqual(report["signatures"][0]["sub_indication"],
                         "NO_CERTIFICATE_CHAIN_FOUND")

    def test_it_does_not_hide_what_the_bundle_says(self):
        pdf = self.pdf()
        good, fresh = self.b.answer(), self.b.list_of("second")
        forged = self.b.list_of("second", by="twin")
        for bundle in (("ocsp", self.b.answer(revoked=days(-1))),
                       ("crl", self.b.list_of(revoked=days(-1)))):
            for data in ({"answers": (good,)}, {"lists": (fresh,)},
                         {"lists": (forged,) * 70, "answers": (good,) * 70},
                         {"certs": (self.b.cert("twin"),) * 70}):
                self.says("revoked", pdf, [bundle], **data)

    def test_it_does_not_hide_what_the_signature_says(self):
        """No more than so many of each are taken; the signature's first."""
        bad = basic(self.b.answer(revoked=days(-1)))
        good = self.b.answer()
        real = sign_pdf.cms
        try:
            sign_pdf.cms = lambda content, *rest: self.b.sign(
                content, unsigned=(attribute(
                    REVOCATION_VALUES, values(answers=(bad,))),))
            pdf = self.pdf()
        finally:
            sign_pdf.cms = real
        self.says("revoked", pdf, answers=(good,) * 70)

    def test_what_is_no_data(self):
        pdf = self.pdf()
        answer = self.b.answer()
        for bad in (
                self.stream(b""), self.stream(b"0"),
                self.stream(b"\x30\x84\xff\xff\xff\xff"),
                self.stream(b"\x30\x80" * 5000),
                self.stream(answer[:40]), self.stream(answer[:-1], True),
                self.stream(answer, more=b" /Filter /LZWDecode"),
                self.stream(b"not deflated", more=b" /Filter /FlateDecode"),
                self.stream(answer, True, b" /DecodeParms << /Predictor 12"
                            b" /Columns 4000 >>")):
            file = self.with_data(pdf, (bad,), (bad,), (bad,))
            self.assertEqual(self.word(None, file=file), "unknown")
            # What is right stands beside it.
            file = self.with_data(pdf, answers=(bad, answer))
            self.assertEqual(self.word(None, file=file), "good")

    def test_what_is_too_large_is_left_out(self):
        pdf, answer = self.pdf(), self.b.answer()
        for large in (b"\x30" + bytes(5 << 20), b"\x30" + bytes(200 << 20)):
            file = self.with_data(pdf, answers=(
                self.stream(large, True), answer))
            self.assertEqual(self.word(None, file=file), "good")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
