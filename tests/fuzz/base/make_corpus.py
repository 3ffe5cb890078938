#!/usr/bin/python3
"""Writes the corpora of the fuzz targets in this folder.

  make_corpus.py TOOL     TOOL: the program tests/unit/base/interop
"""
import base64
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def put(form, name, data):
    folder = os.path.join(HERE, "corpus-" + form)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def get(*names):
    with open(os.path.join(*names), "rb") as f:
        return f.read()


def sealed(tool, d):
    with open(os.path.join(d, "parameters"), "w") as f:
        f.write("key %s\ntype 5\nvault %s\ncase %s\ndocument %s\nversion 4\n"
                "epoch 4294967295\n" % (bytes(range(32)).hex(), "00" * 16,
                                        "00" * 16, "00" * 16))
    for n in (0, 1, 300, 16384):
        with open(os.path.join(d, "text-%d" % n), "wb") as f:
            f.write(bytes(n))
        subprocess.run([tool, "seal", d, str(n)], check=True)
        put("seal", "length-%d" % n, get(d, "sealed-%d" % n))
    put("seal", "cut-at-a-border", get(d, "sealed-16384")[:56 + 16400])


def receipts(tool, d):
    subprocess.run([tool, "receipt", d], check=True)
    for n in (1, 3):
        receipt = get(d, "receipt-%d" % n)
        put("receipt", "pages-%d" % n, receipt)
        proof = receipt[receipt.index(b"c2sp.org"):]
        put("proof", "of-receipt-%d" % n, proof)
        put("proof", "with-extra-%d" % n,
            proof.replace(b"\nindex", b"\nextra Zm9v\nindex", 1))
        note = proof[proof.index(b"\n\n") + 2:]
        put("note", "head-%d" % n, note)
        put("note", "two-signatures-%d" % n, note +
            note[note.index(b"\n\n") + 2:])
        put("note", "checkpoint-%d" % n, note[:note.index(b"\n\n") + 1])
        for line in receipt.split(b"\n"):
            if line.startswith(b"entry "):
                leaf = base64.b64decode(line[6:])
                put("leaf", "filing-%d" % n, leaf)
                put("leaf", "clear-%d" % n, leaf[:192] +
                    bytes([0, 0, 0, 2]) + bytes(range(48)))
    put("vkey", "log", get(d, "vkey"))
    put("vkey", "wrong-id", get(d, "vkey").replace(b"+e", b"+f", 1))


def signatures(d):
    for kind in ("ed25519", "ecdsa", "rsa"):
        key, text = os.path.join(d, kind), os.path.join(d, "text")
        with open(text, "w") as f:
            f.write("text")
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "", "-t", kind,
                        "-f", key], check=True)
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n",
                        "sceau-test", text], check=True)
        put("sshsig", kind, get(text + ".sig"))
        put("sshsig", kind + "-line", get(key + ".pub"))
        os.unlink(text + ".sig")


def texts():
    for name, text in (("id", "aaaqeayeaudaocajbifqydiob4"),
                       ("reference", "4F7K-2Q0"), ("base64", "Zm9vYg=="),
                       ("hex", "00abff"), ("time", "2026-11-23T04:05:06Z"),
                       ("date", "2024-02-29"), ("number", "18446744073709551615"),
                       ("utf8", "\u00e9\u2014\U0001f600")):
        put("text", name, text)


def main(tool):
    with tempfile.TemporaryDirectory() as d:
        sealed(tool, d)
        receipts(tool, d)
        signatures(d)
    texts()


if __name__ == "__main__":
    main(sys.argv[1])
