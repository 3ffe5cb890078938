#!/usr/bin/env python3
"""Verdicts on signatures that we make ourselves.

  check_verdicts.py INSPECT_FILE SCEAU_INSPECT

Goal: a right signature passes with its anchor and only then; each way in
which one can be wrong has its own verdict, and none of them passes. Keys,
certificates and files are made here with openssl and sign_pdf.py.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "integration" / "material"))
import make_jpeg  # noqa: E402
import make_png  # noqa: E402
import sign_pdf  # noqa: E402

TOOL, PROGRAM = sys.argv[1:3]
DAY = 86400
PASSED, DOUBT, FAILED = "TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED"
LINES = ["Le ménage s'engage à reprendre le paiement du loyer courant.",
         "Fait à Évreux, en trois exemplaires."]
END_ENTITY = ("basicConstraints=critical,CA:FALSE\n"
              "keyUsage=critical,digitalSignature,nonRepudiation\n")
AUTHORITY = ("basicConstraints=critical,CA:TRUE\n"
             "keyUsage=critical,keyCertSign,cRLSign\n"
             "subjectKeyIdentifier=hash\n")


def openssl(*args, stdin=None):
    done = subprocess.run(("openssl",) + args, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


class Bench:
    """A folder of keys and certificates by name."""

    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.key("ca")
        self.cert("ca", None, AUTHORITY, days=3650)
        self.issue("signer", "ca", END_ENTITY)

    def path(self, name):
        return str(self.dir / name)

    def key(self, name, *how):
        how = how or ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        openssl("genpkey", *how, "-out", self.path(name + ".key"))

    def cert(self, name, issuer, extensions, days=365, digest="-sha256",
             cn=None):
        ext = self.path(name + ".ext")
        pathlib.Path(ext).write_text(extensions)
        csr = openssl("req", "-new", "-key", self.path(name + ".key"), "-subj",
                      "/CN=" + (cn or name), "-utf8")
        sign = ["-CA", self.path(issuer + ".pem"), "-CAkey",
                self.path(issuer + ".key"), "-CAcreateserial"] if issuer else [
                    "-signkey", self.path(name + ".key")]
        openssl("x509", "-req", "-days", str(days), "-extfile", ext, digest,
                "-out", self.path(name + ".pem"), *sign, stdin=csr)

    def issue(self, name, issuer, extensions, *key, **how):
        self.key(name, *key)
        self.cert(name, issuer, extensions, **how)

    def pdf(self, who="signer", **how):
        return sign_pdf.sign("Contrat d'engagement", LINES,
                             self.path(who + ".key"), self.path(who + ".pem"),
                             **how)

    def cms(self, content, who="signer", *extra):
        return openssl("cms", "-sign", "-binary", "-outform", "DER", "-signer",
                       self.path(who + ".pem"), "-inkey",
                       self.path(who + ".key"), *extra, stdin=content)

    def ask(self, content, signature=None, anchor="ca", later_days=0):
        """The service's answer about these bytes."""
        path = self.dir / "question"
        path.write_bytes(content)
        cmd = [TOOL, "--program", PROGRAM]
        if anchor:
            cmd += ["--anchors", self.path(anchor + ".pem")]
        if signature is not None:
            p7s = self.dir / "question.p7s"
            p7s.write_bytes(signature)
            cmd += ["--signature", str(p7s)]
        if later_days:
            now = int(subprocess.check_output(["date", "+%s"]))
            cmd += ["--now", str((now + later_days * DAY) * 1000)]
        return json.loads(subprocess.check_output(cmd + [str(path)]))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sceau-verdicts-")
        cls.bench = Bench(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def judge(self, content, indication, sub, *reasons, **how):
        answer = self.bench.ask(content, **how)
        self.assertEqual(len(answer["signatures"]), 1, answer)
        got = answer["signatures"][0]
        self.assertEqual((got["indication"], got["sub"]), (indication, sub),
                         got)
        for word in reasons:
            self.assertIn(word, got["reasons"].split())
        return got


class Pdfs(Case):
    def test_a_right_signature_passes(self):
        for cades in (False, True):
            for digest in ("sha256", "sha384", "sha512", "sha3-256"):
                f = self.bench.pdf(cades=cades, digest=digest)
                got = self.judge(f, PASSED, "")
                self.assertEqual(got["covers"], len(f))
                self.assertEqual(got["signer"], "CN=signer")
                self.assertGreater(got["signing_time_ms"], 0)

    def test_without_its_anchor_it_is_not_decided(self):
        f = self.bench.pdf(chain=self.bench.path("ca.pem"))
        self.judge(f, DOUBT, "NO_CERTIFICATE_CHAIN_FOUND", anchor=None)

    def test_every_changed_byte_is_noticed(self):
        f = bytearray(self.bench.pdf())
        gap = f.index(b"/Contents <") + 10
        end = f.index(b">", gap)
        for at in list(range(0, gap, 97)) + list(range(end + 1, len(f), 31)):
            g = bytearray(f)
            g[at] ^= 1
            for s in self.bench.ask(bytes(g))["signatures"]:
                self.assertNotEqual(s["indication"], PASSED, at)

    def test_changed_text_is_a_hash_failure(self):
        f = self.bench.pdf().replace(b"courant", b"suivant")
        self.judge(f, FAILED, "HASH_FAILURE", "content-changed")

    def test_bytes_after_the_signature_hold_it_back(self):
        for more in (b"\n", b"x", b"% comment\n", b"\n%%EOF\n" * 3):
            self.judge(self.bench.pdf() + more, DOUBT,
                       "SIG_CONSTRAINTS_FAILURE", "added-after-signature")

    def test_a_range_that_is_no_literal_is_unsound(self):
        f = self.bench.pdf()
        m = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", f)
        for bad in (b"null", b"[]", b"[0 1]", b"[1 0 0 0]", b"[0 -1 2 3]",
                    b"[0 5 0 R]", b"8 0 R", b"[0 1 2 3 4]", b"(0 1 2 3)",
                    b"[0 %d %d 99999999999999999999]" % (int(m[1]),
                                                         int(m[2]))):
            room = len(m[0]) - len(b"/ByteRange ")
            g = f.replace(m[0], b"/ByteRange " + bad[:room].ljust(room))
            self.judge(g, FAILED, "FORMAT_FAILURE", "unsound-range")

    def test_another_range_in_the_file_holds_all_back(self):
        for word in ("/ByteRange [0 1 2 3]", "/ByteRange", "/Byte#52ange []"):
            f = sign_pdf.sign(word, LINES, self.bench.path("signer.key"),
                              self.bench.path("signer.pem"))
            answer = self.bench.ask(f)["signatures"]
            # In the page, in the title, and the real one.
            self.assertEqual(len(answer), 3)
            self.assertNotIn(PASSED, [s["indication"] for s in answer])

    def test_the_word_encrypt_holds_it_back(self):
        for word in ("/Encrypt 9 0 R", "/#45ncrypt 9 0 R"):
            f = sign_pdf.sign(word, LINES, self.bench.path("signer.key"),
                              self.bench.path("signer.pem"))
            self.judge(f, DOUBT, "SIG_CONSTRAINTS_FAILURE", "encrypted")

    def test_seventeen_ranges_are_too_many(self):
        f = sign_pdf.sign("/ByteRange " * 17, LINES,
                          self.bench.path("signer.key"),
                          self.bench.path("signer.pem"))
        self.judge(f, FAILED, "FORMAT_FAILURE")

    def test_a_gap_that_hides_something_fails(self):
        f = self.bench.pdf()
        end = f.index(b">", f.index(b"/Contents <3"))
        self.judge(f[:end - 2] + b"41" + f[end:], FAILED, "FORMAT_FAILURE",
                   "bytes-after-signature")
        self.judge(f[:end - 2] + b"  " + f[end:], FAILED, "FORMAT_FAILURE",
                   "unsound-range")

    def test_an_empty_signature_fails(self):
        f = self.bench.pdf()
        at = f.index(b"/Contents <3") + 11
        end = f.index(b">", at)
        self.judge(f[:at] + b"0" * (end - at) + f[end:], FAILED,
                   "FORMAT_FAILURE", "signature-empty")

    def test_other_subfilters_are_not_judged(self):
        real = sign_pdf.cms
        unknown = (DOUBT, "GENERIC", "subfilter-unknown")
        stamp = (FAILED, "FORMAT_FAILURE", "not-a-time-stamp")
        for name, verdict in ((b"/adbe.pkcs7.sha1", unknown),
                              (b"/ETSI.RFC3161", stamp),
                              (b"9 0 R", unknown)):
            try:
                # The bytes that are signed carry another name.
                def swap(content, *rest, name=name):
                    old = b"/SubFilter /adbe.pkcs7.detached"
                    new = b"/SubFilter " + name
                    return real(content.replace(old, new.ljust(len(old))),
                                *rest)
                sign_pdf.cms = swap
                f = self.bench.pdf()
            finally:
                sign_pdf.cms = real
            old = b"/SubFilter /adbe.pkcs7.detached"
            f = f.replace(old, (b"/SubFilter " + name).ljust(len(old)))
            self.judge(f, *verdict)

    def test_cades_needs_its_attribute(self):
        real = sign_pdf.cms
        try:
            sign_pdf.cms = lambda c, k, s, chain, cades, d: real(
                c, k, s, chain, False, d)
            f = self.bench.pdf(cades=True)
        finally:
            sign_pdf.cms = real
        self.judge(f, DOUBT, "SIG_CONSTRAINTS_FAILURE",
                   "signing-certificate-attribute-missing")

    def test_an_unsigned_one_has_no_verdict(self):
        answer = self.bench.ask(sign_pdf.pdf("Titre", LINES))
        self.assertEqual(answer["signatures"], [])
        self.assertTrue(answer["agreed"])


class Certificates(Case):
    def signed_by(self, name, *verdict, anchor="ca", **how):
        content = b"Contenu"
        return self.judge(content, *verdict, anchor=anchor,
                          signature=self.bench.cms(content, name), **how)

    def test_elliptic_curves_pass(self):
        for curve in ("P-256", "P-384", "P-521"):
            self.bench.issue(curve, "ca", END_ENTITY, "-algorithm", "EC",
                             "-pkeyopt", "ec_paramgen_curve:" + curve)
            self.signed_by(curve, PASSED, "")

    def test_pss_passes(self):
        content = b"Contenu"
        sig = self.bench.cms(content, "signer", "-keyopt",
                             "rsa_padding_mode:pss")
        self.judge(content, PASSED, "", signature=sig)

    def test_eddsa_is_not_decided(self):
        self.bench.issue("ed", "ca", END_ENTITY, "-algorithm", "ED25519")
        with self.assertRaises(RuntimeError):
            # If openssl learns it, this test wants a real signature.
            self.bench.cms(b"Contenu", "ed")

    def test_expired_and_not_yet_valid_are_not_decided(self):
        self.signed_by("signer", DOUBT, "OUT_OF_BOUNDS_NO_POE",
                       "certificate-expired", later_days=400)
        self.signed_by("signer", DOUBT, "OUT_OF_BOUNDS_NO_POE",
                       "certificate-not-yet-valid", later_days=-10)

    def test_a_short_key_is_not_decided(self):
        self.bench.issue("short", "ca", END_ENTITY, "-algorithm", "RSA",
                         "-pkeyopt", "rsa_keygen_bits:1024")
        self.signed_by("short", DOUBT, "CRYPTO_CONSTRAINTS_FAILURE",
                       "key-too-small")

    def test_a_certificate_for_something_else_does_not_pass(self):
        rows = {
            "agree": "keyUsage=critical,keyAgreement\n",
            "server": END_ENTITY + "extendedKeyUsage=serverAuth\n",
            "stamp": END_ENTITY + "extendedKeyUsage=critical,timeStamping\n",
            "ocsp": END_ENTITY + "extendedKeyUsage=OCSPSigning\n",
        }
        for name, extensions in rows.items():
            self.bench.issue(name, "ca", extensions)
            self.signed_by(name, DOUBT, "CHAIN_CONSTRAINTS_FAILURE",
                           "key-usage")

    def test_a_mail_certificate_passes(self):
        self.bench.issue("mail", "ca", END_ENTITY +
                         "extendedKeyUsage=emailProtection\n")
        self.signed_by("mail", PASSED, "")

    def test_a_leaf_does_not_issue(self):
        self.bench.issue("child", "signer", END_ENTITY)
        content = b"Contenu"
        sig = self.bench.cms(content, "child", "-certfile",
                             self.bench.path("signer.pem"))
        self.judge(content, DOUBT, "CHAIN_CONSTRAINTS_FAILURE", signature=sig)

    def test_an_intermediate_passes_with_its_root(self):
        self.bench.issue("middle", "ca", AUTHORITY)
        self.bench.issue("person", "middle", END_ENTITY)
        content = b"Contenu"
        sig = self.bench.cms(content, "person", "-certfile",
                             self.bench.path("middle.pem"))
        self.judge(content, PASSED, "", signature=sig)
        self.judge(content, PASSED, "", signature=sig, anchor="middle")
        self.judge(content, DOUBT, "NO_CERTIFICATE_CHAIN_FOUND",
                   signature=self.bench.cms(content, "person"))

    def test_one_of_the_same_name_is_not_the_anchor(self):
        self.bench.key("false")
        self.bench.cert("false", None, AUTHORITY, cn="ca")
        self.bench.issue("victim", "false", END_ENTITY)
        content = b"Contenu"
        sig = self.bench.cms(content, "victim", "-certfile",
                             self.bench.path("false.pem"))
        got, = self.bench.ask(content, signature=sig)["signatures"]
        self.assertEqual(got["indication"], DOUBT)

    def test_names_cannot_play_tricks(self):
        self.bench.issue("odd", "ca", END_ENTITY,
                         cn="Élodie\u202eetnavlas\n\x1b[31m")
        got = self.signed_by("odd", PASSED, "")
        self.assertIn("Élodie", got["signer"])
        for c in "\u202e\n\x1b":
            self.assertNotIn(c, got["signer"])


class Detached(Case):
    CONTENT = b"Bonjour\n"

    def test_it_passes_over_its_content_only(self):
        sig = self.bench.cms(self.CONTENT)
        self.judge(self.CONTENT, PASSED, "", signature=sig)
        for other in (b"", b"Bonjour", b"bonjour\n", self.CONTENT * 2):
            self.judge(other, FAILED, "HASH_FAILURE", signature=sig)

    def test_without_attributes_too(self):
        sig = self.bench.cms(self.CONTENT, "signer", "-noattr")
        self.judge(self.CONTENT, PASSED, "", signature=sig)
        self.judge(b"Bonsoir\n", FAILED, "SIG_CRYPTO_FAILURE", signature=sig)

    def test_without_attributes_each_kind_of_key_is_tried(self):
        self.bench.issue("bare", "ca", END_ENTITY, "-algorithm", "EC",
                         "-pkeyopt", "ec_paramgen_curve:P-256")
        pss = ("-keyopt", "rsa_padding_mode:pss")
        for who, extra in (("signer", ("-md", "sha512")), ("signer", pss),
                           ("signer", pss + ("-md", "sha384", "-keyopt",
                                             "rsa_pss_saltlen:17")),
                           ("bare", ()), ("bare", ("-md", "sha384"))):
            sig = self.bench.cms(self.CONTENT, who, "-noattr", *extra)
            self.judge(self.CONTENT, PASSED, "", signature=sig)
            self.judge(self.CONTENT + b"x", FAILED, "SIG_CRYPTO_FAILURE",
                       "signature-wrong", signature=sig)
            for at in (-1, -40):
                wrong = bytearray(sig)
                wrong[at] ^= 1
                self.judge(self.CONTENT, FAILED, "SIG_CRYPTO_FAILURE",
                           signature=bytes(wrong))

    def test_attributes_passed_off_as_content_do_not_pass(self):
        """Strip the attributes, file their encoding: the known confusion."""
        sig = self.bench.cms(self.CONTENT)
        # [0] IMPLICIT holding the contentType attribute first
        at = next(i for i in range(len(sig)) if sig[i] == 0xa0 and
                  b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
                  in sig[i + 2:i + 20])
        head = 2 if sig[at + 1] < 0x80 else 3
        size = sig[at + 1] if head == 2 else sig[at + 2]
        attributes = b"\x31" + sig[at + 1:at + head + size]
        without = self.without(sig, at, head + size)
        got = self.judge(attributes, DOUBT, "GENERIC", signature=without)
        self.assertIn("without-attributes", got["reasons"])

    @staticmethod
    def without(sig, at, size):
        """sig less size bytes at `at`, the lengths around it mended."""
        out = bytearray(sig[:at] + sig[at + size:])

        def mend(pos):
            if out[pos + 1] == 0x82:
                n = int.from_bytes(out[pos + 2:pos + 4], "big") - size
                out[pos + 2:pos + 4] = n.to_bytes(2, "big")
                return 4
            raise AssertionError("a length of another form")
        # ContentInfo, [0], SignedData; SignerInfos and SignerInfo
        pos = mend(0)
        pos += 11
        pos += mend(pos)
        pos += mend(pos)
        end = len(sig)
        for i in range(pos, at):
            n = int.from_bytes(sig[i + 2:i + 4], "big")
            if sig[i] in (0x30, 0x31) and sig[i + 1] == 0x82 and \
                    i + 4 + n == end:
                mend(i)
        return bytes(out)

    def test_content_inside_is_refused(self):
        sig = self.bench.cms(self.CONTENT, "signer", "-nodetach")
        self.judge(self.CONTENT, FAILED, "FORMAT_FAILURE",
                   "content-in-detached-signature", signature=sig)

    def test_two_signers_are_refused(self):
        self.bench.issue("second", "ca", END_ENTITY)
        sig = self.bench.cms(self.CONTENT, "signer", "-signer",
                             self.bench.path("second.pem"), "-inkey",
                             self.bench.path("second.key"))
        self.judge(self.CONTENT, FAILED, "FORMAT_FAILURE", "several-signers",
                   signature=sig)

    def test_without_its_certificate_it_is_not_decided(self):
        sig = self.bench.cms(self.CONTENT, "signer", "-nocerts")
        self.judge(self.CONTENT, DOUBT, "NO_SIGNING_CERTIFICATE_FOUND",
                   signature=sig)

    def test_a_changed_signature_is_wrong(self):
        sig = bytearray(self.bench.cms(self.CONTENT))
        sig[-5] ^= 1
        self.judge(self.CONTENT, FAILED, "SIG_CRYPTO_FAILURE",
                   signature=bytes(sig))

    def test_algorithms_that_disagree_are_refused(self):
        self.bench.issue("ec", "ca", END_ENTITY, "-algorithm", "EC",
                         "-pkeyopt", "ec_paramgen_curve:P-256")
        sig = self.bench.cms(self.CONTENT, "ec")
        sha256 = bytes.fromhex("06082a8648ce3d040302")
        at = sig.rindex(sha256)
        sig = sig[:at + 9] + b"\x03" + sig[at + 10:]
        self.judge(self.CONTENT, FAILED, "FORMAT_FAILURE",
                   "algorithms-disagree", signature=sig)

    def test_algorithms_announced_must_be_those_used(self):
        """digestAlgorithms, which nobody signs: openssl refuses these too."""
        oid = bytes.fromhex("0609608648016503040201")
        for extra in ((), ("-noattr",)):
            sig = self.bench.cms(self.CONTENT, "signer", *extra)
            at = sig.index(oid)
            self.assertLess(at, 60)
            for i, byte in ((2, 0x62), (10, 0x02), (10, 0x7f)):
                wrong = bytearray(sig)
                wrong[at + i] = byte
                self.judge(self.CONTENT, FAILED, "FORMAT_FAILURE",
                           "algorithms-disagree", signature=bytes(wrong))

    def test_sha1_is_too_weak(self):
        sig = self.bench.cms(self.CONTENT, "signer", "-md", "sha1")
        self.judge(self.CONTENT, DOUBT, "CRYPTO_CONSTRAINTS_FAILURE",
                   "digest-too-weak", signature=sig)

    def test_attributes_out_of_order_are_refused(self):
        sig = self.bench.cms(self.CONTENT)
        ct = bytes.fromhex("301806092a864886f70d010903310b06092a864886f70d"
                           "010701")
        at = sig.index(ct)
        size = 2 + sig[at + len(ct) + 1]
        swapped = (sig[:at] + sig[at + len(ct):at + len(ct) + size] + ct +
                   sig[at + len(ct) + size:])
        self.assertEqual(len(swapped), len(sig))
        self.judge(self.CONTENT, FAILED, "FORMAT_FAILURE",
                   "attributes-not-der", signature=swapped)

    def test_no_changed_bit_of_attributes_or_signature_passes(self):
        sig = self.bench.cms(self.CONTENT)
        first = sig.index(bytes.fromhex("06092a864886f70d010903")) - 4
        for at in list(range(first, first + 100, 7)) + list(
                range(len(sig) - 250, len(sig), 25)):
            bad = bytearray(sig)
            bad[at] ^= 0x10
            got, = self.bench.ask(self.CONTENT, bytes(bad))["signatures"]
            self.assertNotEqual(got["indication"], PASSED, at)


class Types(Case):
    def agreed(self, content, media):
        answer = self.bench.ask(content)
        self.assertEqual((answer["media"], answer["agreed"]), (media, True),
                         answer)
        return answer

    def refused(self, content, reason):
        answer = self.bench.ask(content)
        self.assertEqual((answer["agreed"], answer["reason"]),
                         (False, reason), answer)

    def test_what_we_make_is_what_it_is(self):
        self.agreed(make_png.png(64, 64), "image/png")
        self.agreed(make_jpeg.jpeg(64, 64), "image/jpeg")
        self.agreed(sign_pdf.pdf("T", LINES), "application/pdf")
        self.agreed("Éviter l'expulsion\n".encode(), "text/plain")
        self.agreed(b'{"a": [1, 2.5e3, "\\u00e9", null]}',
                    "application/json")
        self.agreed(self.bench.cms(b"x"), "application/pkcs7-signature")

    def test_data_after_the_end_of_a_picture_is_refused(self):
        pdf = sign_pdf.pdf("T", LINES)
        self.refused(make_png.png(64, 64) + b"x", "trailing-data")
        self.refused(make_png.png(64, 64)[:-5], "truncated")
        self.refused(make_jpeg.jpeg(64, 64) + pdf, "trailing-data")
        self.refused(make_jpeg.jpeg(64, 64)[:-2], "truncated")

    def test_a_second_picture_after_the_first_is_a_telephone(self):
        one = make_jpeg.jpeg(64, 64)
        answer = self.agreed(one + one, "image/jpeg")
        self.assertEqual(answer["reason"], "maker-data-after-the-picture")

    def test_a_header_that_is_not_at_the_start_is_refused(self):
        pdf = sign_pdf.pdf("T", LINES)
        for before in (b"\n", b" ", b"\xef\xbb\xbf", b"x" * 900, b"\0" * 100):
            answer = self.bench.ask(before + pdf)
            self.assertFalse(answer["agreed"], before)


def main():
    unittest.main(argv=sys.argv[:1], verbosity=1)


if __name__ == "__main__":
    main()
