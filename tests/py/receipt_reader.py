#!/usr/bin/python3
"""Verifies a receipt from the description of its format (base/receipt.h,
base/leaf.h, C2SP signed-note, tlog-checkpoint and tlog-proof); shares no
code with base/.

  receipt_reader.py RECEIPT VKEY FILE…

VKEY is the verifier key of the log, had from elsewhere; FILEs are the pages
in order. Exit status 0 if the receipt proves that they were filed.
"""
import base64
import binascii
import datetime
import hashlib
import re
import sys

from merkle_reader import check_inclusion, leaf_hash

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import \
        Ed25519PublicKey
except ImportError:
    print("no python3-cryptography: skipped")
    sys.exit(77)

DOC_FILE, DOC_MOVE, OK = 32, 35, 0
SECOND = datetime.timedelta(seconds=1)
HEX32 = "([0-9a-f]{64})"
WORD = r"([^\x00-\x20\x7f]+)"
FORM = re.compile(
    r"sceau receipt 1\n"
    r"vault " + WORD + r"\nkey " + WORD + r"\ndocument ([a-z2-7]{26})\n"
    r"version ([1-9][0-9]*)\n"
    r"filed ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n"
    r"kind " + WORD + r"\n((?:page [0-9a-f]{64} [0-9]+\n){1,64})"
    r"sha256 " + HEX32 + r"\nsalt " + HEX32 + r"\nentry ([^\n]+)\n\n"
    r"c2sp\.org/tlog-proof@v1\n(?:extra ([^\n]+)\n)?"
    r"index (0|[1-9][0-9]*)\n((?:[^\n]+\n)*)\n(.+)\Z", re.DOTALL)


class Forged(Exception):
    pass


def need(what, true):
    if not true:
        raise Forged(what)


def b64(s):
    try:
        raw = base64.b64decode(s, validate=True)
    except (binascii.Error, ValueError):
        raise Forged("base64")
    need("base64", base64.b64encode(raw).decode() == s)
    return raw


def note_text(note, vkey):
    """The text of a note that the key signed."""
    name, keyid, blob = vkey.split("+", 2)
    raw = b64(blob)
    ident = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    need("key id", ident.hex() == keyid and raw[0] == 1 and len(raw) == 33)
    at = note.rfind("\n\n")
    need("no signatures", at >= 0 and note.endswith("\n"))
    text, lines = note[:at + 1], note[at + 2:-1].split("\n")
    seen = False
    for line in lines:
        m = re.fullmatch("\u2014 ([^ +]+) ([^ ]+)", line)
        need("signature line", m)
        sig = b64(m.group(2))
        need("signature line", len(sig) > 4)
        if m.group(1) != name or sig[:4] != ident:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(
                sig[4:], text.encode())
        except InvalidSignature:
            raise Forged("signature")
        seen = True
    need("not signed", seen)
    return name, text


def checkpoint(text):
    m = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n", text)
    need("checkpoint", m and int(m.group(2)) < 2 ** 64)
    root = b64(m.group(3))
    need("checkpoint", len(root) == 32)
    return m.group(1), int(m.group(2)), root


def document_sum(pages):
    if len(pages) == 1:
        return pages[0][0]
    lines = "".join("%s %d\n" % p for p in pages)
    return hashlib.sha256(b"sceau/pages/1\n" + lines.encode()).hexdigest()


def check_leaf(entry, bind, filed):
    need("leaf", len(entry) >= 196 and entry[:8] == b"sceauL1\0")
    need("leaf", len(entry) ==
         196 + 24 * int.from_bytes(entry[192:196], "big"))
    time = int.from_bytes(entry[16:24], "big", signed=True)
    kind = int.from_bytes(entry[24:26], "big")
    outcome = int.from_bytes(entry[26:28], "big")
    need("class", kind in (DOC_FILE, DOC_MOVE) and outcome == OK)
    need("bind", entry[96:128] == bind)
    try:
        when = datetime.datetime.strptime(filed, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise Forged("time")
    since = when - datetime.datetime(1970, 1, 1)
    need("time", since // SECOND == time // 1000)


def verify(receipt, vkey):
    """The pages (hex digest, size) that the receipt proves."""
    try:
        m = FORM.fullmatch(receipt.decode())
    except UnicodeDecodeError:
        raise Forged("not UTF-8")
    need("form", m)
    (origin, _, ident, version, filed, _, lines, digest, salt, entry, extra,
     index, proof, note) = m.groups()
    need("numbers", int(version) < 2 ** 32 and int(index) < 2 ** 64)
    pages = []
    for line in lines.split("\n")[:-1]:
        _, page, size = line.split(" ")
        need("size", str(int(size)) == size)
        pages.append((page, int(size)))
    need("pages", document_sum(pages) == digest)
    document = base64.b32decode(ident.upper() + "======")
    need("document", base64.b32encode(document).decode().lower()
         .rstrip("=") == ident)
    bind = hashlib.sha256(
        b"sceau/bind/1" + bytes.fromhex(salt) + bytes.fromhex(digest) +
        document + int(version).to_bytes(4, "big")).digest()
    entry = b64(entry)
    check_leaf(entry, bind, filed)
    if extra is not None:
        b64(extra)
    hashes = [b64(h) for h in proof.split("\n")[:-1]]
    need("proof", all(len(h) == 32 for h in hashes))
    name, text = note_text(note, vkey)
    head_origin, size, root = checkpoint(text)
    need("origin", head_origin == origin == name)
    need("inclusion", check_inclusion(leaf_hash(entry), int(index), size,
                                      hashes, root))
    return pages


def main(argv):
    with open(argv[1], "rb") as f:
        receipt = f.read()
    try:
        pages = verify(receipt, argv[2])
        need("number of files", len(pages) == len(argv) - 3)
        for (digest, size), name in zip(pages, argv[3:]):
            with open(name, "rb") as f:
                data = f.read()
            need(name, len(data) == size and
                 hashlib.sha256(data).hexdigest() == digest)
    except Forged as why:
        print("FORGED: %s" % why)
        return 8
    print("right")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
