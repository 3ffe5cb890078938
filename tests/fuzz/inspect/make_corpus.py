#!/usr/bin/env python3
"""Make the seeds of the fuzz targets: make_corpus.py [FOLDER].

Files of our own making only, small. The keys are thrown away.
"""
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "integration" / "material"))
import make_jpeg  # noqa: E402
import make_png  # noqa: E402
import sign_pdf  # noqa: E402

LINES = ["Fait à Évreux."]


def openssl(*args, stdin=None):
    return subprocess.run(("openssl",) + args, input=stdin, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def package(*names):
    with tempfile.TemporaryFile() as f:
        with zipfile.ZipFile(f, "w") as z:
            for name in names:
                z.writestr(zipfile.ZipInfo(name), "x")
        f.seek(0)
        return f.read()


def with_data():
    """A PDF with a /DSS: one stream as it is, one deflated."""
    objects = sign_pdf.objects("T", LINES, None)
    objects[1] = (objects[1][:-2] +
                  b"/DSS << /Certs [7 0 R] /OCSPs [8 0 R 7 0 R] >> >>")
    for number, content, more in (
            (7, b"\x30\x03\x02\x01\x05", b""),
            (8, zlib.compress(b"\x30\x03\x0a\x01\x06"),
             b" /Filter /FlateDecode")):
        objects[number] = b"<< /Length %d%s >>\nstream\n%s\nendstream" % (
            len(content), more, content)
    return sign_pdf.assemble(objects)


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for kind in ("type", "range", "cms"):
        (out / ("corpus-" + kind)).mkdir(exist_ok=True)

    def put(kind, name, content):
        (out / ("corpus-" + kind) / name).write_bytes(content)
    sign_pdf.ROOM = 1200
    with tempfile.TemporaryDirectory() as d:
        key, cert = d + "/key", d + "/cert"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                cert, "-subj", "/CN=A", "-days", "3650")
        for name, how in (("plain", []), ("cades", ["-cades"]),
                          ("bare", ["-noattr"]), ("inside", ["-nodetach"]),
                          ("nocert", ["-nocerts"]),
                          ("sha512", ["-md", "sha512"])):
            put("cms", name, openssl(
                "cms", "-sign", "-binary", "-outform", "DER", "-signer", cert,
                "-inkey", key, *how, stdin=b"Bonjour\n"))
        pdf = sign_pdf.sign("T", LINES, key, cert)
        cades = sign_pdf.sign("/ByteRange", LINES, key, cert, cades=True)
    put("type", "signed.pdf", pdf)
    put("type", "dss.pdf", with_data())
    put("type", "cades.pdf", cades)
    put("type", "plain.pdf", sign_pdf.pdf("T", LINES))
    put("type", "picture.png", make_png.png(8, 8))
    put("type", "picture.jpg", make_jpeg.jpeg(16, 16))
    put("type", "letter.docx", package("[Content_Types].xml",
                                       "word/document.xml"))
    put("type", "macro.xlsm", package("[Content_Types].xml", "xl/a.xml",
                                      "xl/vbaProject.bin"))
    put("type", "record.json", b'{"a": [1, -2.5e3, "\\u00e9", null, {}]}')
    put("type", "text.txt", "Bonjour é\n".encode())
    put("type", "page.html", b"<!DOCTYPE html><html></html>")
    b = pdf.index(b"<", pdf.index(b"/Contents <"))
    c = pdf.index(b">", b) + 1
    put("range", "sound", struct.pack(">QQQ", b, c, len(pdf) - c) + pdf)
    put("range", "short", struct.pack(">QQQ", b, c, len(pdf) - c - 1) + pdf)
    put("range", "wraps", struct.pack(">QQQ", b, c, 2**64 - c) + pdf)
    put("range", "words", b"/ByteRange [0 9 20 3] /#42yteRange " * 9)


if __name__ == "__main__":
    main()
