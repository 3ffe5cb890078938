#!/usr/bin/env python3
"""Make a small PDF of French text, and sign it.

  sign_pdf.py --out F.pdf --line "…" [--line "…"] [--title T]
  sign_pdf.py --out F.pdf --line "…" --key KEY.pem --cert CERT.pem
              [--chain CA.pem] [--cades] [--digest sha256]
              [--name "Signer"] [--reason "…"] [--date 2026-11-23T09:00:00Z]

Without --key the PDF is not signed. The signature is a detached CMS made by
`openssl cms -sign` over a literal /ByteRange [0 a b c] that covers the whole
file but the hexadecimal string of /Contents (ISO 32000-1, 12.8.1). --cades
gives /SubFilter /ETSI.CAdES.detached with the ESS signing-certificate
attribute; else it is /adbe.pkcs7.detached. Also usable as a module: pdf(),
sign().
"""
import argparse
import datetime
import subprocess
import sys

ROOM = 8192  # bytes kept for the CMS; twice as many digits
WIDTH, HEIGHT, MARGIN, LEADING = 595, 842, 56, 18


def text_string(s):
    """A PDF text string: ASCII when it can be, else UTF-16 with a mark."""
    try:
        raw = s.encode("ascii")
    except UnicodeEncodeError:
        return b"<" + (b"\xfe\xff" + s.encode("utf-16-be")).hex().encode() + b">"
    return b"(" + escape(raw) + b")"


def escape(raw):
    out = bytearray()
    for c in raw:
        if c in b"\\()":
            out += b"\\" + bytes([c])
        elif 32 <= c < 127:
            out.append(c)
        else:
            out += b"\\%03o" % c
    return bytes(out)


def page_stream(title, lines):
    """Title and lines in Helvetica, WinAnsi encoding: French needs no more."""
    y = HEIGHT - MARGIN
    out = [b"BT", b"/F1 16 Tf", b"%d %d Td" % (MARGIN, y),
           b"(" + escape(title.encode("cp1252", "replace")) + b") Tj",
           b"/F1 11 Tf", b"%d TL" % LEADING, b"T*"]
    for line in lines:
        out += [b"T*",
                b"(" + escape(line.encode("cp1252", "replace")) + b") Tj"]
    out.append(b"ET")
    return b"\n".join(out)


def objects(title, lines, signature):
    """Number -> body. signature: the signature dictionary, or None."""
    stream = page_stream(title, lines)
    annots = b" /Annots [7 0 R]" if signature else b""
    form = b" /AcroForm << /Fields [7 0 R] /SigFlags 3 >>" if signature else b""
    obj = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR)" + form + b" >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
           b" /Resources << /Font << /F1 5 0 R >> >>%s >>" % (
               WIDTH, HEIGHT, annots),
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
           b" /Encoding /WinAnsiEncoding >>",
        6: b"<< /Title " + text_string(title) + b" /Producer (sign_pdf) >>",
    }
    if signature:
        obj[7] = (b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1)"
                  b" /Rect [0 0 0 0] /F 132 /P 3 0 R /V 8 0 R >>")
        obj[8] = signature
    return obj


def assemble(obj):
    """Header, bodies, cross-reference table, trailer."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number in sorted(obj):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, obj[number])
    start = len(out)
    count = max(obj) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    for number in range(1, count):
        out += b"%010d 00000 n \n" % offsets[number]
    out += (b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (count, start))
    return bytes(out)


def pdf(title, lines):
    """An unsigned PDF."""
    return assemble(objects(title, lines, None))


def cms(content, key, cert, chain=None, cades=False, digest="sha256"):
    """A detached CMS over content, DER, by openssl."""
    cmd = ["openssl", "cms", "-sign", "-binary", "-outform", "DER",
           "-signer", cert, "-inkey", key, "-md", digest]
    if chain:
        cmd += ["-certfile", chain]
    if cades:
        cmd.append("-cades")
    done = subprocess.run(cmd, input=content, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("openssl cms: " + done.stderr.decode(errors="replace"))
    return done.stdout


def sign(title, lines, key, cert, chain=None, cades=False, digest="sha256",
         name=None, reason=None, date=None):
    """A signed PDF: laid out with room, measured, signed, filled in."""
    date = date or datetime.datetime.now(datetime.timezone.utc)
    entries = b""
    if name:
        entries += b" /Name " + text_string(name)
    if reason:
        entries += b" /Reason " + text_string(reason)
    subfilter = b"/ETSI.CAdES.detached" if cades else b"/adbe.pkcs7.detached"
    hole = b"<" + b"0" * (2 * ROOM) + b">"
    blank = b"[0 0000000000 0000000000 0000000000]"
    body = assemble(objects(title, lines, b"".join([
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter ", subfilter,
        b" /M (D:", date.strftime("%Y%m%d%H%M%S").encode(), b"Z)", entries,
        b" /ByteRange ", blank, b" /Contents ", hole, b" >>"])))
    b = body.index(hole)
    c = b + len(hole)
    literal = b"[0 %d %d %d]" % (b, c, len(body) - c)
    body = body.replace(blank, literal.ljust(len(blank)), 1)
    der = cms(body[:b] + body[c:], key, cert, chain, cades, digest)
    if len(der) > ROOM:
        sys.exit("the signature needs %d bytes" % len(der))
    digits = der.hex().encode().ljust(2 * ROOM, b"0")
    return body[:b] + b"<" + digits + b">" + body[c:]


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", required=True)
    ap.add_argument("--title", default="Contrat d'engagement")
    ap.add_argument("--line", "--lines", action="append", nargs="+",
                    default=[], dest="lines")
    ap.add_argument("--key")
    ap.add_argument("--cert")
    ap.add_argument("--chain")
    ap.add_argument("--cades", action="store_true")
    ap.add_argument("--digest", default="sha256")
    ap.add_argument("--name")
    ap.add_argument("--reason")
    ap.add_argument("--date", help="RFC 3339, UTC")
    a = ap.parse_args()
    lines = [line for group in a.lines for line in group]
    if a.key is None:
        out = pdf(a.title, lines)
    else:
        if a.cert is None:
            ap.error("--key needs --cert")
        date = datetime.datetime.strptime(
            a.date, "%Y-%m-%dT%H:%M:%SZ") if a.date else None
        out = sign(a.title, lines, a.key, a.cert, a.chain, a.cades, a.digest,
                   a.name, a.reason, date)
    with open(a.out, "wb") as f:
        f.write(out)


if __name__ == "__main__":
    main()
