#!/usr/bin/env python3
"""Make what fuzz_hints judges, and its seeds: make_hints.py [FOLDER].

hints_material.inc: a signature over "Bonjour\\n", a bundle of its authority, the
same with that authority's word that the signer is revoked, a bundle of
somebody else, the time. corpus-hints: what may come along with a file. The
keys are thrown away.
"""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
sys.dont_write_bytecode = True
sys.argv = [sys.argv[0], ""]
sys.path[:0] = [str(HERE.parents[1] / "unit" / "inspect"),
                str(HERE.parents[1] / "integration" / "material")]
import check_revocation as r  # noqa: E402

CERT, LIST, ANSWER = 1, 2, 3


def frame(kind, content):
    return bytes([kind]) + len(content).to_bytes(4, "big") + content


def array(name, content):
    rows = [", ".join("0x%02x" % c for c in content[i:i + 12])
            for i in range(0, len(content), 12)]
    return "static const uint8_t %s[] = {\n\t%s\n};\n" % (
        name, ",\n\t".join(rows))


def main():
    with tempfile.TemporaryDirectory() as folder:
        b = r.Bench(folder)
        later = r.days(3000)
        revoked = b.answer(revoked=r.days(-1))
        pem = r.openssl("base64", stdin=revoked)
        bundle = b.pem("ca")
        text = ("/* Made by make_hints.py. */\n"
                "#define NOW_MS INT64_C(%d)\n" % (
                    r.days(1).timestamp() * 1000))
        text += array("signature", b.sign(b"Bonjour\n"))
        text += array("bundle", bundle)
        text += array("bundle_revoked", bundle +
                      b"-----BEGIN OCSP RESPONSE-----\n" + pem +
                      b"-----END OCSP RESPONSE-----\n")
        text += array("bundle_other", b.pem("other"))
        (OUT / "hints_material.inc").write_text(text)
        good = b.made((b.single(until=later),))
        seeds = {
            "good": frame(ANSWER, good),
            "revoked": frame(ANSWER, revoked),
            "of-another": frame(ANSWER, b.answer(about="second")),
            "list": frame(LIST, b.list_of("second", span=(r.days(-1),
                                                         later))),
            "list-revoked": frame(LIST, b.list_of(revoked=r.days(-1))),
            "by-a-twin": frame(LIST, b.list_of(by="twin", span=(
                r.days(-1), later))),
            "certificates": frame(CERT, b.cert("ca")) + frame(
                CERT, b.cert("twin")) + frame(CERT, b.cert("responder")),
            "all": frame(CERT, b.cert("middle")) + frame(
                LIST, b.list_of("second")) + frame(ANSWER, good),
        }
        (OUT / "corpus-hints").mkdir(exist_ok=True)
        for name, content in seeds.items():
            (OUT / "corpus-hints" / name).write_bytes(content)


if __name__ == "__main__":
    main()
