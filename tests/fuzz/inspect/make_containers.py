#!/usr/bin/env python3
"""Seeds of fuzz_container and fuzz_manifest: make_containers.py FOLDER FOLDER.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "unit" / "inspect"))
from make_asic import build, manifest, member, mimetype  # noqa: E402

DATA = b"Le bail est du 3 mars.\n" * 3
SIGNATURE = member("META-INF/signature.p7s", b"\x30\x03\2\1\0")


def parts(**more):
    return [mimetype("s"), member("Bail.txt", DATA, **more), SIGNATURE]


SEEDS = {
    "stored": build([mimetype("s"), member("Bail.txt", DATA, 0), SIGNATURE]),
    "deflated": build(parts()),
    "later": build(parts(flags=8)),
    "folder": build(parts() + [member("META-INF/", b"", 0)]),
    "extra": build(parts(extra=b"UT\5\0\3\0\0\0\0")),
    "zip64": build(parts(extra=b"\1\0\x10\0" + bytes(16))),
    "names": build(parts() + [member("bail.TXT", b"x")]),
    "comment": build(parts(), comment=b"mimetype=application/vnd.etsi."
                     b"asic-s+zip"),
    "gap": build(parts(), gap=b"hidden"),
    "size": build(parts(both={"size": 7})),
}

ONE = manifest("META-INF/signature.p7s", [("Bail.txt", DATA)])
MANIFESTS = {
    "one": ONE,
    "two": manifest("META-INF/signature.p7s", [
        ("Bail.txt", DATA, "sha512"), ("a%20b.pdf", b"x", "sha1")]),
    "unknown": manifest("META-INF/s.p7s", [("a&amp;b", DATA, "md5")]),
    "default": ONE.replace(b"xmlns:ds", b"xmlns:other").replace(
        b"ds:", b"").replace(
        b"<DigestMethod", b'<DigestMethod xmlns="http://www.w3.org/2000/09/'
        b'xmldsig#"').replace(
        b"<DigestValue", b'<DigestValue xmlns="http://www.w3.org/2000/09/'
        b'xmldsig#"'),
    "doctype": ONE.replace(b"?>", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
}

for folder, seeds in zip(sys.argv[1:], (SEEDS, MANIFESTS)):
    pathlib.Path(folder).mkdir(exist_ok=True)
    for name, data in seeds.items():
        (pathlib.Path(folder) / name).write_bytes(data)
