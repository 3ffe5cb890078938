#!/usr/bin/env python3
"""Seeds of fuzz_container: make_containers.py FOLDER."""
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "unit" / "inspect"))
from make_asic import build, member, mimetype  # noqa: E402

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

folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
for name, data in SEEDS.items():
    (folder / name).write_bytes(data)
