#!/usr/bin/env python3
"""Files made to wear the inspection out, for a vault that is in use.

  make_hostile.py --pdf SIGNED.pdf --pki DIR --out DIR

SIGNED.pdf is one that passes, signed by DIR/menage of the authority DIR/ca.
One line of standard output for each file: KIND, the words that may be the
answer to its filing (refused, or an indication), the file, its signature or
"-".
"""
import argparse
import datetime
import pathlib
import re
import subprocess
import zlib

MANY = 1000000
DEEP = 5 << 20
PAGES = b"2 0 R"  # of sign_pdf.py, whose catalog is object 1


def update(pdf, objects):
    """The next revision: these objects, a table of them, a trailer."""
    out, table = bytearray(pdf), b""
    for number, body in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    return bytes(out) + (
        b"xref\n0 1\n0000000000 65535 f \n" + table +
        b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n"
        b"%%%%EOF\n" % (max(objects) + 1, before, start))


def catalog(pdf, more):
    one = re.search(rb"1 0 obj\n(.*?)\nendobj", pdf, re.S).group(1)
    end = one.rindex(b">>")
    return one[:end] + more + one[end:]


def stream(content):
    packed = zlib.compress(content, 9)
    return (b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) +
            packed + b"\nendstream")


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    k = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 + k]) + n.to_bytes(k, "big") + body


def take(p):
    """(content, rest) of the element that p begins with."""
    n, at = p[1], 2
    if n & 0x80:
        at += n & 0x7f
        n = int.from_bytes(p[2:at], "big")
    return p[at:at + n], p[at + n:]


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def answer_of(pki, megabytes):
    """An OCSPResponse that the authority signed itself, over very many
    certificates, none of which is the signer's."""
    cert = openssl("x509", "-in", f"{pki}/ca.pem", "-outform", "DER")
    name = openssl("asn1parse", "-in", f"{pki}/ca.pem", "-strparse", "4",
                   "-noout", "-out", "/dev/stdout")
    rest = take(name)[0]
    for _ in range(3):  # version, serial number, algorithm
        rest = take(rest)[1]
    rest = take(take(rest)[1])[1]  # issuer, validity
    subject = rest[:len(rest) - len(take(rest)[1])]
    now = der(0x18, datetime.datetime.now(datetime.timezone.utc)
              .strftime("%Y%m%d%H%M%SZ").encode())
    sha1 = der(0x30, der(6, bytes.fromhex("2b0e03021a")), der(5))

    def single(n):
        ident = der(0x30, sha1, der(4, bytes(20)), der(4, bytes(20)),
                    der(2, (1 << 60 | n).to_bytes(8, "big")))
        return der(0x30, ident, b"\x80\0", now)

    many = (megabytes << 20) // len(single(0))
    data = der(0x30, der(0xa1, subject), now,
               der(0x30, *(single(n) for n in range(many))))
    octets = openssl("dgst", "-sha256", "-sign", f"{pki}/ca.key", stdin=data)
    inside = der(0x30, data,
                 der(0x30, der(6, bytes.fromhex("2a8648ce3d040302"))),
                 der(3, b"\0" + octets), der(0xa0, der(0x30, cert)))
    return der(0x30, der(0x0a, b"\0"), der(0xa0, der(
        0x30, der(6, bytes.fromhex("2b0601050507300101")), der(4, inside))))


def main():
    p = argparse.ArgumentParser()
    for name in ("pdf", "pki", "out"):
        p.add_argument("--" + name, required=True)
    a = p.parse_args()
    folder = pathlib.Path(a.out)
    folder.mkdir(parents=True, exist_ok=True)
    pdf = pathlib.Path(a.pdf).read_bytes()

    def put(name, content, kind, words, signature="-"):
        path = folder / name
        path.write_bytes(content)
        path.chmod(0o644)
        if kind is not None:
            print(kind, words, path, signature)
        return path

    for kind, words in (("contrat-engagement", "refused"),
                        ("piece", "refused,TOTAL-FAILED,INDETERMINATE")):
        put(f"ranges-{kind}.pdf", pdf + b"/ByteRange [0 10 20 30] " * MANY,
            kind, words)
    put("ranges-cut.pdf", b"%PDF-1.7\n" + b"/ByteRange[" * MANY + b"%%EOF",
        "contrat-engagement", "refused")
    for name, c in (("lower", b"<"), ("brackets", b"["), ("words", b"("),
                    ("entries", b"<<")):
        deep = c * (DEEP // len(c))
        put(f"{name}.pdf", deep, "piece", "refused,NOT-SIGNED")
        put(f"{name}-head.pdf", b"%PDF-1.7\n" + deep + b"\n%%EOF\n", "piece",
            "refused,NOT-SIGNED")
        put(f"{name}-added.pdf", update(pdf, {1: catalog(
            pdf, b" /Own " + deep)}), "contrat-engagement", "refused,INDETERMINATE")
    graph = {n: b"[%d 0 R %d 0 R << /A %d 0 R >>]" % ((n + 1,) * 3)
             for n in range(40, 4000)}
    graph[1] = catalog(pdf, b" /Own 40 0 R")
    put("graph.pdf", update(pdf, graph), "contrat-engagement",
        "refused,INDETERMINATE")
    chain = {n: b"<< /Next %d 0 R >>" % (n + 1) for n in range(40, 30000)}
    chain[1] = catalog(pdf, b" /Own 40 0 R")
    put("chain.pdf", update(pdf, chain), "contrat-engagement",
        "refused,INDETERMINATE")
    bomb = stream(bytes(200 << 20))
    put("bomb.pdf", update(pdf, {
        40: bomb.replace(b"<< ", b"<< /Type /ObjStm /N 1 /First 4 ", 1),
        1: catalog(pdf, b" /Own 40 0 R")}), "contrat-engagement",
        "refused,INDETERMINATE")
    put("answer.pdf", update(pdf, {
        40: stream(answer_of(a.pki, 3)),
        1: catalog(pdf, b" /DSS << /OCSPs [40 0 R] >>")}),
        "contrat-engagement", "TOTAL-PASSED")
    plain = put("plain.pdf", pdf, None, None)
    for name, content in (
            ("sequence", b"\x30\x80" * 250000),
            ("octets", b"\x24\x80" * 250000 + bytes(500000)),
            ("context", b"\xa0\x80" * 250000 + bytes(500000)),
            ("pieces", bytes.fromhex("308006092a864886f70d010702a080") +
             b"\x30\x80" + b"\x04\x01x" * 300000)):
        p7s = put(f"{name}.p7s", content, None, None)
        put(f"{name}.pdf", plain.read_bytes(), "piece",
            "refused,TOTAL-FAILED,INDETERMINATE", p7s)


main()
