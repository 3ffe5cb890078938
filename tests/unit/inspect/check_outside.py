#!/usr/bin/env python3
"""sceau check: a file outside the vault, without a daemon.

  check_outside.py SCEAU

Goal: the shape and the words of its answer, its exit status, each way of
giving a signature, a time stamp of a local authority made with openssl ts,
revocation by a list, and the time at which trust is judged. Refusals: a
changed byte, other content, a stamp of something else, a revoked certificate.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "integration" / "material"))
import sign_pdf  # noqa: E402

SCEAU = sys.argv[1]
MEMBERS = {"type", "integrity", "verdict", "after_last_signature",
           "signatures"}
OF_SIGNATURE = {"indication", "sub_indication", "covers", "signer", "time",
                "reasons"}
TEXT = b"Le bail est du 3 mars.\n"
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
digests = sha256, sha512
ess_cert_id_alg = sha256
[ ca ]
default_ca = own
[ own ]
database = %(dir)s/index
certificate = %(dir)s/ca.pem
private_key = %(dir)s/ca.key
default_md = sha256
default_crl_days = 30
"""


def openssl(*args, stdin=None):
    return subprocess.run(("openssl",) + args, input=stdin, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


class Outside(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="sceau-outside-"))
        cls.write("conf", (CONF % {"dir": cls.dir}).encode())
        cls.write("serial", b"01\n")
        cls.write("index", b"")
        cls.certificate("ca", None, "basicConstraints=critical,CA:TRUE\n"
                        "keyUsage=critical,keyCertSign,cRLSign\n")
        cls.certificate("signer", "ca", "keyUsage=critical,nonRepudiation\n")
        cls.certificate("tsa", "ca", "keyUsage=critical,digitalSignature\n"
                        "extendedKeyUsage=critical,timeStamping\n")
        (cls.dir / "anchors").mkdir()
        shutil.copy(cls.dir / "ca.pem", cls.dir / "anchors")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    @classmethod
    def path(cls, name):
        return str(cls.dir / name)

    @classmethod
    def write(cls, name, content):
        (cls.dir / name).write_bytes(content)
        return cls.path(name)

    @classmethod
    def certificate(cls, name, issuer, extensions):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                "rsa_keygen_bits:2048", "-out", cls.path(name + ".key"))
        cls.write(name + ".ext", extensions.encode())
        request = openssl("req", "-new", "-key", cls.path(name + ".key"),
                          "-subj", "/CN=" + name)
        by = ["-CA", cls.path(issuer + ".pem"), "-CAkey",
              cls.path(issuer + ".key"), "-CAcreateserial"] if issuer else [
                  "-signkey", cls.path(name + ".key")]
        openssl("x509", "-req", "-days", "300", "-sha256", "-extfile",
                cls.path(name + ".ext"), "-out", cls.path(name + ".pem"), *by,
                stdin=request)

    def sign(self, content, *extra):
        return openssl("cms", "-sign", "-binary", "-outform", "DER", "-signer",
                       self.path("signer.pem"), "-inkey",
                       self.path("signer.key"), *extra, stdin=content)

    def stamp(self, content):
        self.write("stamped", content)
        query = openssl("ts", "-query", "-data", self.path("stamped"),
                        "-sha256", "-cert", "-config", self.path("conf"))
        self.write("query", query)
        return openssl("ts", "-reply", "-config", self.path("conf"),
                       "-queryfile", self.path("query"))

    def check(self, content, status, *options, anchors=True):
        args = [SCEAU, "--json", "check", self.write("question", content)]
        if anchors:
            args += ["--anchors", self.path("anchors")]
        done = subprocess.run(args + list(options), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=30)
        self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        answer = json.loads(done.stdout)
        self.assertLessEqual(MEMBERS, set(answer))
        for signature in answer["signatures"]:
            self.assertLessEqual(OF_SIGNATURE, set(signature))
            self.assertIsInstance(signature["reasons"], list)
        return answer

    def one(self, answer, integrity, verdict, reason=None):
        self.assertEqual((answer["integrity"], answer["verdict"]),
                         (integrity, verdict), answer)
        self.assertEqual(len(answer["signatures"]), 1, answer)
        if reason:
            self.assertIn(reason, answer["signatures"][0]["reasons"])
        return answer["signatures"][0]

    def pdf(self):
        return sign_pdf.sign("Contrat", ["Article premier"],
                             self.path("signer.key"), self.path("signer.pem"))

    def test_a_signed_pdf(self):
        pdf = self.pdf()
        answer = self.check(pdf, 0)
        got = self.one(answer, "PASS", "TOTAL-PASSED")
        self.assertEqual(answer["type"], "application/pdf")
        self.assertEqual(answer["after_last_signature"], "nothing")
        self.assertEqual(got["covers"], len(pdf))
        self.assertEqual(got["signer"], "CN=signer")

    def test_integrity_does_not_ask_who_signed(self):
        answer = self.check(self.pdf(), 0, anchors=False)
        self.one(answer, "PASS", "INDETERMINATE", "issuer-unknown")

    def test_a_changed_byte_and_bytes_behind(self):
        pdf = self.pdf()
        at = pdf.index(b"Article")
        self.one(self.check(pdf[:at] + b"a" + pdf[at + 1:], 8), "FAIL",
                 "TOTAL-FAILED", "content-changed")
        answer = self.check(pdf + b"\n% more\n", 9)
        self.one(answer, "INDET", "INDETERMINATE", "added-after-signature")
        self.assertEqual(answer["after_last_signature"], "changes")

    def test_not_signed(self):
        answer = self.check(sign_pdf.pdf("Note", ["rien"]), 0)
        self.assertEqual((answer["integrity"], answer["verdict"]),
                         ("NOSIG", "NOT-SIGNED"))
        self.assertEqual(answer["signatures"], [])

    def test_what_is_no_document(self):
        answer = self.check(b"\x00\x01\x02\x03" * 9, 7)
        self.assertEqual(answer["integrity"], "ERROR")

    def test_detached(self):
        p7s = self.write("p7s", self.sign(TEXT))
        self.one(self.check(TEXT, 0, "--signature", p7s), "PASS",
                 "TOTAL-PASSED")
        self.one(self.check(TEXT + b" ", 8, "--signature", p7s), "FAIL",
                 "TOTAL-FAILED", "content-changed")

    def test_enveloping_and_in_pieces(self):
        for extra in (("-nodetach",), ("-nodetach", "-stream")):
            p7m = self.sign(TEXT, *extra)
            self.one(self.check(p7m, 0), "PASS", "TOTAL-PASSED")
            self.one(self.check(p7m.replace(b"3 mars", b"4 mars"), 8), "FAIL",
                     "TOTAL-FAILED", "content-changed")
        self.one(self.check(self.sign(TEXT), 9), "INDET", "INDETERMINATE",
                 "content-missing")

    def test_a_time_stamp(self):
        tsr = self.write("tsr", self.stamp(TEXT))
        got = self.one(self.check(TEXT, 0, "--signature", tsr), "PASS",
                       "TOTAL-PASSED")
        self.assertTrue(got["time_proven"])
        self.assertEqual((got["kind"], got["signer"]),
                         ("time-stamp", "CN=tsa"))
        got = self.one(self.check(TEXT + b" ", 8, "--signature", tsr), "FAIL",
                       "TOTAL-FAILED", "imprint-differs")
        self.assertFalse(got["time_proven"])
        # Alone it is of nothing; a signature is no time stamp.
        self.one(self.check((self.dir / "tsr").read_bytes(), 9), "INDET",
                 "INDETERMINATE", "nothing-stamped")

    def test_a_stamp_by_who_may_not(self):
        tsr = self.write("tsr", self.stamp(TEXT))
        token = openssl("ts", "-reply", "-in", tsr, "-token_out")
        info = openssl("cms", "-verify", "-noverify", "-inform", "DER",
                       stdin=token)
        # The same words signed by the key of a person.
        forged = self.sign(info, "-nodetach", "-cades", "-econtent_type",
                           "1.2.840.113549.1.9.16.1.4")
        path = self.write("forged", forged)
        self.one(self.check(TEXT, 9, "--signature", path), "INDET",
                 "INDETERMINATE", "key-usage")

    def test_the_query_that_it_answers(self):
        tsr = self.write("tsr", self.stamp(TEXT))
        query = (self.dir / "query").read_bytes()
        self.one(self.check(query, 0, "--signature", tsr), "PASS",
                 "TOTAL-PASSED")
        self.stamp(TEXT)
        self.one(self.check((self.dir / "query").read_bytes(), 8,
                            "--signature", tsr), "FAIL", "TOTAL-FAILED",
                 "imprint-differs")

    def test_the_time_of_judging(self):
        answer = self.check(self.pdf(), 0, "--at", "2031-01-01")
        self.one(answer, "PASS", "INDETERMINATE", "certificate-expired")
        self.assertEqual(answer["at"], "2031-01-01T00:00:00Z")

    def test_a_revoked_certificate(self):
        pdf = self.pdf()
        ca = ("ca", "-config", self.path("conf"))
        crl = self.path("anchors/list.crl")
        try:
            openssl(*ca, "-gencrl", "-out", crl)
            got = self.one(self.check(pdf, 0), "PASS", "TOTAL-PASSED")
            self.assertNotIn("revocation-not-checked", got["reasons"])
            openssl(*ca, "-revoke", self.path("signer.pem"))
            openssl(*ca, "-gencrl", "-out", crl)
            got = self.one(self.check(pdf, 0), "PASS", "INDETERMINATE",
                           "certificate-revoked")
            self.assertEqual(got["sub_indication"], "REVOKED_NO_POE")
        finally:
            pathlib.Path(crl).unlink(missing_ok=True)

    def test_what_is_not_there(self):
        for args in ((self.path("nothing"),),
                     (self.path("conf"), "--anchors", self.path("nothing")),
                     (self.path("conf"), "--at", "demain")):
            done = subprocess.run([SCEAU, "check", *args], check=False,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=30)
            self.assertIn(done.returncode, (2, 4), done.stderr)
            self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
