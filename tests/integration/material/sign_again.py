#!/usr/bin/env python3
"""A second signature in a PDF that sign_pdf.py made: a revision of its own.

  sign_again.py PDF KEY CERTIFICATE OUT
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sign_pdf  # noqa: E402

HOLE = b"<" + b"0" * 16384 + b">"
BLANK = b"[0 0000000000 0000000000 0000000000]"
FIELDS = b"7 0 R 9 0 R"
OBJECTS = {
    1: b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) /AcroForm << /Fields"
       b" [" + FIELDS + b"] /SigFlags 3 >> >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
       b" /Resources << /Font << /F1 5 0 R >> >> /Annots [" + FIELDS + b"] >>",
    9: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature2) /Rect"
       b" [0 0 0 0] /F 132 /P 3 0 R /V 10 0 R >>",
    10: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached"
        b" /ByteRange " + BLANK + b" /Contents " + HOLE + b" >>",
}


def revision(pdf):
    out, table = bytearray(pdf), b""
    for number, body in OBJECTS.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    start = len(out)
    out += (b"xref\n0 1\n0000000000 65535 f \n" + table + b"trailer\n<< /Size"
            b" 40 /Root 1 0 R /Info 6 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
            % (before, start))
    return bytes(out)


def main():
    source, key, cert, target = sys.argv[1:]
    pdf = revision(pathlib.Path(source).read_bytes())
    b = pdf.rindex(HOLE)
    c = b + len(HOLE)
    literal = (b"[0 %d %d %d]" % (b, c, len(pdf) - c)).ljust(len(BLANK))
    pdf = pdf.replace(BLANK, literal)
    der = sign_pdf.cms(pdf[:b] + pdf[c:], key, cert)
    digits = der.hex().encode().ljust(len(HOLE) - 2, b"0")
    pathlib.Path(target).write_bytes(pdf[:b] + b"<" + digits + b">" + pdf[c:])


if __name__ == "__main__":
    main()
