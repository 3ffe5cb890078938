#!/usr/bin/env python3
"""What was added to a PDF after a signature.

  check_revisions.py SCEAU_INSPECT

Goal: validation data and further signatures leave an earlier signature as it
was; what changes a page, a field, a note or a signature is never shown as
signed, also when somebody signs on top of it; what cannot be read strictly is
not judged. Revisions are made here, byte by byte.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "integration" / "material"))
import sign_pdf  # noqa: E402

PROGRAM = sys.argv[1]
CATALOG = (b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) /AcroForm << /Fields"
           b" [%s] /SigFlags 3 >>%s >>")
PAGE = (b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> /Annots [%s] >>")
FIELD = (b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /Rect [0 0 0 0]"
         b" /F 132 /P 3 0 R%s >>")
HOLE = b"<" + b"0" * 16384 + b">"
BLANK = b"[0 0000000000 0000000000 0000000000]"
SIGNATURE = (b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter"
             b" /adbe.pkcs7.detached /ByteRange " + BLANK + b" /Contents " +
             HOLE + b" >>")
TEXT = b"<< /Length 30 >>\nstream\nBT /F1 12 Tf (500000 EUR) Tj ET\nendstream"
FIRST, SECOND = b"7 0 R", b"7 0 R 9 0 R"


def update(pdf, objects, extra=b"", startxref=None, shift=0):
    """The next revision: these objects, a table of them, a trailer."""
    out = bytearray(pdf)
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, at in offsets.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, at + shift)
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    out += (b"trailer\n<< /Size 40 /Root 1 0 R /Info 6 0 R /Prev %d%s >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (before, extra, startxref or start))
    return bytes(out)


def packed(pdf, objects):
    """The same with the objects in a stream, and a stream as the table."""
    first, bodies = b"", b""
    for number, body in objects.items():
        first += b"%d %d " % (number, len(bodies))
        bodies += body + b"\n"
    inside = zlib.compress(first + bodies)
    out = bytearray(pdf)
    at = len(out)
    out += (b"30 0 obj\n<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode"
            b" /Length %d >>\nstream\n" % (len(objects), len(first),
                                          len(inside)))
    out += inside + b"\nendstream\nendobj\n"
    start = len(out)
    rows = [(30, 1, at, 0), (31, 1, start, 0)]
    rows += [(n, 2, 30, i) for i, n in enumerate(objects)]
    index = b" ".join(b"%d 1" % r[0] for r in sorted(rows))
    # Rows with PNG's "up" filter: what real writers do.
    table, above = b"", bytes(6)
    for _, kind, where, i in sorted(rows):
        row = bytes([kind]) + where.to_bytes(4, "big") + bytes([i])
        table += b"\x02" + bytes((x - y) % 256 for x, y in zip(row, above))
        above = row
    table = zlib.compress(table)
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    out += (b"31 0 obj\n<< /Type /XRef /W [1 4 1] /Index [%s] /Size 40 /Root"
            b" 1 0 R /Info 6 0 R /Prev %d /Filter /FlateDecode /DecodeParms"
            b" << /Predictor 12 /Columns 6 >> /Length %d >>\nstream\n" %
            (index, before, len(table)))
    out += table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


class Revisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="sceau-revisions-"))
        cls.key, cls.cert = str(cls.dir / "key"), str(cls.dir / "anchor.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-keyout", cls.key, "-out", cls.cert,
                        "-subj", "/CN=Signataire", "-days", "30", "-addext",
                        "keyUsage=critical,digitalSignature"], check=True,
                       stderr=subprocess.DEVNULL)
        cls.pdf = sign_pdf.sign("Contrat", ["Loyer : 500 EUR"], cls.key,
                                cls.cert)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def seal(self, pdf):
        """Fill in the last empty signature."""
        b = pdf.rindex(HOLE)
        c = b + len(HOLE)
        literal = (b"[0 %d %d %d]" % (b, c, len(pdf) - c)).ljust(len(BLANK))
        at = pdf.rindex(BLANK)
        pdf = pdf[:at] + literal + pdf[at + len(BLANK):]
        der = sign_pdf.cms(pdf[:b] + pdf[c:], self.key, self.cert)
        digits = der.hex().encode().ljust(len(HOLE) - 2, b"0")
        return pdf[:b] + b"<" + digits + b">" + pdf[c:]

    def sign_again(self, pdf, objects=None, catalog=b"", how=update):
        more = {1: CATALOG % (SECOND, catalog), 3: PAGE % (4, SECOND),
                9: FIELD % (b"Two", b" /V 10 0 R"), **(objects or {})}
        if how is packed:
            pdf = how(pdf, more)
            return self.seal(update(pdf, {10: SIGNATURE}))
        return self.seal(how(pdf, {**more, 10: SIGNATURE}))

    def check(self, pdf):
        path = self.dir / "question.pdf"
        path.write_bytes(pdf)
        done = subprocess.run(
            [PROGRAM, "--check", str(path), "--anchors", self.cert],
            stdout=subprocess.PIPE, check=True, timeout=30)
        return json.loads(done.stdout)

    def expect(self, pdf, integrity, after, reason=None, first=None):
        answer = self.check(pdf)
        self.assertEqual((answer["integrity"], answer[
            "after_last_signature"]), (integrity, after), answer)
        signature = answer["signatures"][0]
        if reason:
            self.assertIn(reason, signature["reasons"], answer)
        self.assertEqual(signature["indication"], first or (
            "TOTAL-PASSED" if integrity == "PASS" else "INDETERMINATE"))
        return answer

    def test_nothing(self):
        self.expect(self.pdf, "PASS", "nothing")

    def test_validation_data(self):
        dss = b" /DSS << /Certs [12 0 R] >>"
        objects = {1: CATALOG % (FIRST, dss),
                   12: b"<< /Length 3 >>\nstream\nabc\nendstream"}
        self.expect(update(self.pdf, objects), "PASS", "validation-data",
                    "validation-data-added")
        objects = {1: CATALOG % (FIRST, b" /DSS << /Type /DSS >>")}
        self.expect(packed(self.pdf, objects), "PASS", "validation-data")

    def test_validation_data_that_is_something_else(self):
        for dss in (b"<< /Own 4 0 R >>", b"<< /Certs 4 0 R >>", b"[4 0 R]",
                    b"<< /Certs [<< /S /JavaScript >>] >>"):
            self.expect(update(self.pdf, {1: CATALOG % (
                FIRST, b" /DSS " + dss)}), "INDET", "changes")

    def test_a_certified_document(self):
        for p, visible, word in ((2, False, "signature-added"),
                                 (2, True, "changed-after-signature"),
                                 (1, False, "content-changed-after-signature")):
            perms = b" /Perms << /DocMDP 21 0 R >>"
            certified = SIGNATURE[:-3] + (
                b" /Reference [<< /TransformMethod /DocMDP /TransformParams"
                b" << /P %d >> >>] >>" % p)
            base = self.pdf.replace(b"/V 8 0 R", b"/X 8 0 R")
            base = self.seal(update(base, {
                1: CATALOG % (FIRST, perms), 21: certified,
                7: FIELD % (b"One", b" /V 21 0 R")}))
            field = FIELD % (b"Two", b" /V 10 0 R")
            if visible:
                field = field.replace(b"[0 0 0 0]", b"[0 0 500 800]")
            both = self.sign_again(base, {9: field}, perms)
            answer = self.check(both)
            reasons = answer["signatures"][1]["reasons"]
            self.assertIn(word, reasons, (p, visible, answer))
            self.assertEqual("certified-with-changes-allowed" in reasons,
                             p == 2)

    def test_a_second_signature(self):
        for how in (update, packed):
            answer = self.expect(self.sign_again(self.pdf, how=how), "PASS",
                                 "nothing", "signature-added")
            self.assertEqual(answer["verdict"], "TOTAL-PASSED")
            self.assertEqual(len(answer["signatures"]), 2)

    def test_a_page_that_changed(self):
        changes = ({4: TEXT}, {12: TEXT, 3: PAGE % (12, FIRST)},
                   {5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"},
                   {2: b"<< /Type /Pages /Kids [3 0 R 12 0 R] /Count 2 >>",
                    12: PAGE % (4, b"")},
                   {2: b"<< /Type /Pages /Kids [] /Count 0 >>"})
        for objects in changes:
            for how in (update, packed):
                if how is packed and any(b"stream" in v
                                         for v in objects.values()):
                    continue
                self.expect(how(self.pdf, objects), "FAIL", "changes",
                            "content-changed-after-signature")

    def test_signing_on_top_does_not_help(self):
        for objects in ({4: TEXT},
                        {2: b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>"}):
            pdf = self.sign_again(self.pdf, objects)
            answer = self.expect(pdf, "FAIL", "nothing",
                                 "content-changed-after-signature")
            self.assertEqual(answer["signatures"][1]["indication"],
                             "TOTAL-PASSED")
            self.assertNotEqual(answer["verdict"], "TOTAL-PASSED")

    def test_a_change_between_and_one_after(self):
        twice = self.sign_again(self.pdf)
        self.expect(update(twice, {4: TEXT}), "FAIL", "changes")
        first = update(self.pdf, {4: TEXT})
        self.expect(self.sign_again(first), "FAIL", "nothing")

    def test_a_signature_that_was_replaced(self):
        other = b"<< /Type /Sig /Reason (Autre chose) >>"
        self.expect(update(self.pdf, {8: other}), "FAIL", "changes")
        self.expect(update(self.pdf, {7: FIELD % (b"Signature1", b"")}),
                    "FAIL", "changes")
        self.expect(update(self.pdf, {1: CATALOG % (b"", b"")}), "FAIL",
                    "changes")

    def test_things_to_be_told(self):
        note = {3: PAGE % (4, b"7 0 R 12 0 R"),
                12: b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 99 99]"
                    b" /Contents (Lu) >>"}
        self.expect(update(self.pdf, note), "INDET", "changes",
                    "changed-after-signature")
        self.expect(self.sign_again(self.pdf, {
            **note, 3: PAGE % (4, b"7 0 R 9 0 R 12 0 R")}), "INDET", "nothing")
        # A field for a signature that nobody gave.
        self.expect(update(self.pdf, {
            1: CATALOG % (SECOND, b""), 9: FIELD % (b"Two", b"")}),
            "INDET", "changes")
        # One that says that it is signed, where nothing was found.
        self.expect(update(self.pdf, {
            1: CATALOG % (SECOND, b""), 9: FIELD % (b"Two", b" /V 8 0 R")}),
            "INDET", "changes")

    def test_a_signature_in_a_compressed_object(self):
        # Before the signature, so that nothing came after it.
        hidden = b"<< /Type /Sig /ByteRange [0 5 9 40] /Contents <00> >>"
        base = self.pdf.replace(b"/V 8 0 R", b"/X 8 0 R")
        for value, word in ((b"", "PASS"), (b" /V 24 0 R", "INDET")):
            pdf = packed(base, {1: CATALOG % (SECOND, b""), 24: hidden,
                                9: FIELD % (b"Two", value)})
            pdf = self.seal(update(pdf, {
                7: FIELD % (b"One", b" /V 21 0 R"), 21: SIGNATURE}))
            last = self.check(pdf)["signatures"][-1]
            self.assertEqual(last["integrity"], word, last)
            self.assertEqual("signature-not-located" in last["reasons"],
                             word == "INDET")

    def test_scripts(self):
        script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
        self.expect(update(self.pdf, {
            1: CATALOG % (FIRST, b" /OpenAction " + script)}), "FAIL",
            "changes", "document-has-scripts")
        self.expect(update(self.pdf, {1: CATALOG % (
            FIRST, b" /Names << /JavaScript << /Names [(a) 12 0 R] >> >>"),
            12: script}), "FAIL", "changes")

    def test_looks_that_are_shown_elsewhere_too(self):
        form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 1 >>" \
               b"\nstream\n%s\nendstream"
        looks = b" /AP << /N 20 0 R >>"
        for elsewhere, integrity in ((b"", "PASS"), (b" /Own 20 0 R", "FAIL")):
            # Prepared before the first signature: an empty second field.
            base = update(self.pdf, {
                1: CATALOG % (SECOND, elsewhere), 3: PAGE % (4, SECOND),
                9: FIELD % (b"Two", looks), 20: form % b"q"})
            base = base.replace(b"/V 8 0 R", b"/X 8 0 R")
            base = self.seal(update(base, {
                7: FIELD % (b"One", b" /V 21 0 R"), 21: SIGNATURE}))
            # Other looks under another number: those of before stay where
            # something else shows them.
            other = self.seal(update(base, {
                9: FIELD % (b"Two", b" /AP << /N 23 0 R >> /V 22 0 R"),
                23: form % b"Q", 22: SIGNATURE}))
            self.assertIn("signature-added" if integrity == "PASS" else
                          "added-after-signature",
                          self.check(other)["signatures"][1]["reasons"])
            both = self.seal(update(base, {
                9: FIELD % (b"Two", looks + b" /V 22 0 R"), 20: form % b"Q",
                22: SIGNATURE}))
            answer = self.check(both)
            self.assertEqual([s["integrity"] for s in answer["signatures"]][1:],
                             ["PASS", "PASS"])
            after = answer["signatures"][1]["reasons"]
            self.assertIn("signature-added" if integrity == "PASS" else
                          "content-changed-after-signature", after)

    def prepared(self, objects, fields=FIRST, catalog=b"", signature=SIGNATURE,
                 lock=b""):
        """Something put in before the (one) signature over everything."""
        base = update(sign_pdf.pdf("Contrat", ["Loyer : 500 EUR"]), {
            1: CATALOG % (fields, catalog), 3: PAGE % (4, FIRST), **objects})
        return self.seal(update(base, {
            7: FIELD % (b"One", b" /V 21 0 R" + lock), 21: signature}))

    def warnings(self, pdf):
        answer = self.check(pdf)
        self.assertEqual(answer["integrity"], "PASS", answer)
        return {w for w in answer["signatures"][-1]["reasons"]
                if w.startswith("document-has-")}

    def test_what_lies_over_a_page_is_told(self):
        area = b" /Rect [10 10 300 300] >>"
        rows = ((b"<< /Type /Annot /Subtype /FreeText" + area, True),
                (b"<< /Type /Annot /Subtype /Stamp /F 2" + area, True),
                (b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Montant)" +
                 area, True),
                (b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Two) /AP << /N"
                 b" 4 0 R >>" + area, True),
                (b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Two)" + area,
                 False),
                (b"<< /Type /Annot /Subtype /Link" + area, False),
                (b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 0 0] >>",
                 False))
        for note, told in rows:
            pdf = self.prepared({3: PAGE % (4, b"7 0 R 12 0 R"), 12: note})
            self.assertEqual("document-has-overlays" in self.warnings(pdf),
                             told, note)
        self.assertEqual(self.warnings(self.prepared({})), set())

    def test_a_field_filled_in_is_told_and_a_locked_one_refused(self):
        text = b"<< /FT /Tx /T (Montant)%s >>"
        deep = {12: b"<< /T (Bail) /Kids [14 0 R] >>",
                14: b"<< /FT /Tx /T (Loyer) /Parent 12 0 R%s >>"}
        rows = ((b"", "INDET"), (b"/Action /All", "FAIL"),
                (b"/Action /Include /Fields [(Autre) (Montant)]", "FAIL"),
                (b"/Action /Include /Fields [(Autre) (Mont)]", "INDET"),
                (b"/Action /Exclude /Fields [(Montant)]", "INDET"),
                (b"/Action /Exclude /Fields [(Autre)]", "FAIL"),
                (b"/Action /Include /Fields []", "INDET"),
                (b"/Fields [(Montant)]", "INDET"))
        reference = (b" /Reference [<< /TransformMethod /FieldMDP"
                     b" /TransformParams << %s >> >>] >>")
        for words, integrity in rows:
            for how in ({"lock": b" /Lock << " + words + b" >>"},
                        {"signature": SIGNATURE[:-3] + reference % words}):
                base = self.prepared({12: text % b""}, b"7 0 R 12 0 R", **how)
                self.expect(base, "PASS", "nothing")
                filled = update(base, {12: text % b" /V (900 EUR)"})
                self.expect(filled, integrity, "changes",
                            "content-changed-after-signature"
                            if integrity == "FAIL" else
                            "changed-after-signature")
        for name, integrity in ((b"(Bail)", "FAIL"), (b"(Bail.Loyer)", "FAIL"),
                                (b"(Loyer)", "INDET"), (b"(Bai)", "INDET")):
            base = self.prepared(
                {12: deep[12], 14: deep[14] % b""}, b"7 0 R 12 0 R",
                lock=b" /Lock << /Action /Include /Fields [%s] >>" % name)
            self.expect(update(base, {14: deep[14] % b" /V (900)"}), integrity,
                        "changes")
        # A lock of a field that nobody signed holds nothing.
        two = FIELD % (b"Two", b" /Lock << /Action /All >>")
        base = self.prepared({12: text % b"", 9: two},
                             b"7 0 R 9 0 R 12 0 R")
        self.expect(update(base, {12: text % b" /V (900)"}), "INDET", "changes")

    def test_an_overlay_on_any_page_is_found(self):
        note = b"<< /Type /Annot /Subtype /Square /Rect [1 1 9 9] >>"
        pdf = self.prepared({
            2: b"<< /Type /Pages /Kids [3 0 R 13 0 R] /Count 2 >>",
            13: b"<< /Type /Pages /Parent 2 0 R /Kids [14 0 R] /Count 1 >>",
            14: (PAGE % (4, b"12 0 R")).replace(b"2 0 R", b"13 0 R", 1),
            12: note})
        self.assertEqual(self.warnings(pdf), {"document-has-overlays"})

    def test_what_may_run_is_told_wherever_it_is(self):
        script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
        link = b"<< /Type /Annot /Subtype /Link /Rect [1 1 9 9] /A %s >>"
        page = PAGE % (4, b"7 0 R 12 0 R")
        field = b"<< /FT /Tx /T (Total) /AA << /C 13 0 R >> >>"
        rows = (({3: page, 12: link % b"<< /S /URI /URI (https://a.example) >>"},
                 {}, False),
                ({3: page, 12: link % b"<< /S /GoTo /D [3 0 R /Fit] >>"}, {},
                 False),
                ({3: page, 12: link % script}, {}, True),
                ({3: page, 12: link % b"<< /S /Hide /T (Montant) >>"}, {}, True),
                ({3: page, 12: link % b"<< /S /Launch /F (a) >>"}, {}, True),
                ({3: page, 12: link % (b"<< /S /URI /URI (https://a.example)"
                                       b" /Next 13 0 R >>"), 13: script}, {},
                 True),
                ({3: page[:-3] + b" /AA << /O 13 0 R >> >>", 13: script,
                  12: b"<< >>"}, {}, True),
                ({12: field, 13: script}, {"fields": b"7 0 R 12 0 R"}, True),
                ({12: b"<< /T (Up) /Kids [14 0 R] >>", 14: field, 13: script},
                 {"fields": b"7 0 R 12 0 R"}, True),
                ({}, {"catalog": b" /AA << /WC 13 0 R >>"}, True),
                ({}, {"catalog": b" /OCProperties << /OCGs [] >>"}, False))
        for objects, how, told in rows:
            got = self.warnings(self.prepared(objects, **how))
            self.assertEqual("document-has-scripts" in got, told, objects)

    def test_pages_that_go_round_are_not_followed_for_ever(self):
        pdf = self.prepared({
            2: b"<< /Type /Pages /Kids [3 0 R 2 0 R 2 0 R] /Count 3 >>"})
        self.assertEqual(self.warnings(pdf), {
            "document-has-overlays", "document-has-scripts"})

    def test_a_table_that_leaves_the_old_one_out(self):
        """The same objects at the same places, and a table of all of them
        that is not the old one's successor: what a reader takes for the
        document then no longer hangs on what was signed."""
        start = int(re.findall(rb"startxref\s+(\d+)", self.pdf)[-1])
        lines = self.pdf[start:self.pdf.index(b"trailer", start)]
        trailer = self.pdf[self.pdf.index(b"trailer", start):]
        trailer = trailer[:trailer.index(b"startxref")]
        self.assertNotIn(b"/Prev", trailer)
        pdf = self.pdf + lines + trailer + b"startxref\n%d\n%%%%EOF\n" % len(
            self.pdf)
        self.expect(pdf, "INDET", "changes", "added-after-signature")
        # With a link to the old one it is a revision in which nothing is new.
        linked = trailer.replace(b"<<", b"<< /Prev %d" % start, 1)
        pdf = self.pdf + lines + linked + b"startxref\n%d\n%%%%EOF\n" % len(
            self.pdf)
        self.expect(pdf, "PASS", "validation-data")
        # A link past it, to where no table is the old one's.
        signed = self.prepared({12: b"<< >>"})
        first = int(re.findall(rb"startxref\s+(\d+)", signed)[-2])
        last = int(re.findall(rb"startxref\s+(\d+)", signed)[-1])
        table = signed[last:signed.index(b"trailer", last)]
        pdf = signed + table + (
            b"trailer\n<< /Size 40 /Root 1 0 R /Info 6 0 R /Prev %d >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (first, len(signed)))
        got = self.check(pdf)
        self.assertEqual(got["integrity"], "INDET", got)
        self.assertIn("added-after-signature", got["signatures"][-1]["reasons"])

    def test_what_is_not_read_strictly(self):
        dss = {1: CATALOG % (FIRST, b" /DSS << >>")}
        for how in ({"startxref": 7}, {"shift": 3}, {"extra": b" /Own 4 0 R"}):
            answer = self.check(update(self.pdf, dss, **how))
            self.assertIn(answer["integrity"], ("INDET", "FAIL"), how)
        # A whole new file behind the signature, with no link to the old.
        fresh = sign_pdf.pdf("Autre", ["Loyer : 900 EUR"])
        self.assertNotEqual(self.check(self.pdf + fresh)["integrity"], "PASS")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
