#!/usr/bin/python3
"""Reads the folder audit/ of a vault as anyone may: checkpoint (C2SP
signed-note and tlog-checkpoint), tiles and entries (C2SP tlog-tiles), leaves
(base/leaf.h); recomputes every hash. Shares no code with the daemon.

  log_reader.py DIR VKEY      prints the size and the root; status 1: forged
"""
import base64
import hashlib
import os
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from merkle_reader import leaf_hash, node

WIDTH = 256
FIXED = struct.Struct(">8sQqHHI32s32s32s32s32sI")


class Forged(Exception):
    pass


def need(true, what):
    if not true:
        raise Forged(what)


def unbase64(s):
    """Canonical base64 only: one text for each value."""
    try:
        raw = base64.b64decode(s, validate=True)
    except ValueError as e:
        raise Forged("base64") from e
    need(base64.b64encode(raw).decode() == s, "base64 is not canonical")
    return raw


def parse_vkey(vkey):
    name, keyid, key = vkey.split("+", 2)
    raw = unbase64(key)
    want = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(raw[0] == 1 and len(raw) == 33 and want.hex() == keyid, "key")
    return name, want, Ed25519PublicKey.from_public_bytes(raw[1:])


def note_text(note, vkey):
    """The text of a note that the key signed."""
    name, keyid, key = parse_vkey(vkey)
    try:
        s = note.decode()
    except UnicodeDecodeError as e:
        raise Forged("note is not UTF-8") from e
    text, mid, signatures = s.rpartition("\n\n")
    need(mid and signatures.endswith("\n"), "note")
    text += "\n"
    good = 0
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", "signature line")
        sig = unbase64(parts[2])
        if parts[1] != name or sig[:4] != keyid:
            continue
        try:
            key.verify(sig[4:], text.encode())
        except InvalidSignature as e:
            raise Forged("signature") from e
        good += 1
    need(good == 1, "no signature of the log")
    return name, text


def checkpoint(note, vkey):
    name, text = note_text(note, vkey)
    lines = text.split("\n")
    need(len(lines) == 4 and lines[3] == "" and lines[0] == name, "head")
    size = int(lines[1])
    need(size >= 0 and str(size) == lines[1], "size")
    root = unbase64(lines[2])
    need(len(root) == 32, "root")
    return size, root


def tile_path(level, n, width):
    groups = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        groups.insert(0, "x%03d" % (n % 1000))
    p = "tile/%s/%s" % (level, "/".join(groups))
    return p if width == WIDTH else "%s.p/%d" % (p, width)


def widths(count):
    """Tiles over count nodes: number and width of each."""
    for n in range(0, count, WIDTH):
        yield n // WIDTH, min(WIDTH, count - n)


def split_bundle(raw, width):
    out, at = [], 0
    while at < len(raw):
        need(at + 2 <= len(raw), "bundle")
        n = struct.unpack_from(">H", raw, at)[0]
        need(at + 2 + n <= len(raw), "bundle")
        out.append(raw[at + 2:at + 2 + n])
        at += 2 + n
    need(len(out) == width, "entries in a bundle")
    return out


def check_leaf(entry, seq, last):
    need(len(entry) >= FIXED.size, "leaf")
    f = FIXED.unpack_from(entry)
    need(f[0] == b"sceauL1\0" and f[1] == seq, "leaf %d" % seq)
    need(f[2] >= last, "time of leaf %d" % seq)
    need(len(entry) == FIXED.size + 24 * f[11], "leaf %d" % seq)
    return f[2]


def fold(hashes):
    """Tree hash of a full tile."""
    while len(hashes) > 1:
        hashes = [node(hashes[i], hashes[i + 1])
                  for i in range(0, len(hashes), 2)]
    return hashes[0]


def root_of(levels, size):
    """From the nodes of the tiles' levels, largest subtree first."""
    stack = []
    for level in range(len(levels) - 1, -1, -1):
        rest = levels[level][(size >> 8 * (level + 1)) * WIDTH:]
        at, bit = 0, 128
        while bit:
            if len(rest) & bit:
                stack.append(fold(rest[at:at + bit]))
                at += bit
            bit //= 2
    if not stack:
        return hashlib.sha256(b"").digest()
    root = stack.pop()
    while stack:
        root = node(stack.pop(), root)
    return root


class Folder:
    def __init__(self, path):
        self.path, self.seen = path, set()

    def read(self, name):
        self.seen.add(name)
        try:
            with open(os.path.join(self.path, name), "rb") as f:
                return f.read()
        except OSError as e:
            raise Forged("%s is missing" % name) from e

    def strays(self):
        for base, _, names in os.walk(self.path):
            for name in names:
                rel = os.path.relpath(os.path.join(base, name), self.path)
                if rel not in self.seen:
                    yield rel


def read_entries(folder, size):
    seq, last = 0, -2 ** 63
    for n, width in widths(size):
        raw = folder.read(tile_path("entries", n, width))
        for entry in split_bundle(raw, width):
            last = check_leaf(entry, seq, last)
            seq += 1
            yield entry


def check_level(folder, level, nodes):
    for n, width in widths(len(nodes)):
        path = tile_path(level, n, width)
        want = b"".join(nodes[n * WIDTH:n * WIDTH + width])
        need(folder.read(path) == want, path)


def verify(path, vkey):
    """Size and root of a log that is right; Forged otherwise."""
    folder = Folder(path)
    size, root = checkpoint(folder.read("checkpoint"), vkey)
    nodes = [leaf_hash(e) for e in read_entries(folder, size)]
    levels = []
    while nodes:
        levels.append(nodes)
        check_level(folder, len(levels) - 1, nodes)
        nodes = [fold(nodes[i:i + WIDTH])
                 for i in range(0, len(nodes) // WIDTH * WIDTH, WIDTH)]
    need(root_of(levels, size) == root, "root")
    for stray in folder.strays():
        raise Forged("%s belongs to no log of %d leaves" % (stray, size))
    return size, root


def main():
    try:
        size, root = verify(sys.argv[1], sys.argv[2])
    except Forged as e:
        print("FORGED: %s" % e)
        return 1
    print("%d %s" % (size, root.hex()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
