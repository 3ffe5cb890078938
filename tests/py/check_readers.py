#!/usr/bin/python3
"""Runs the independent readers against what base/ writes, and base/ against
what they write.

  check_readers.py TOOL     TOOL: the program tests/unit/base/interop
"""
import os
import random
import subprocess
import sys
import tempfile

import envelope_reader
import merkle_reader
import receipt_reader
import seal_reader

LENGTHS = [0, 1, 15, 16, 100, 16383, 16384, 16385, 32767, 32768, 32769, 50000]
VARIANTS = 400


def read(*names):
    with open(os.path.join(*names), "rb") as f:
        return f.read()


def write(data, *names):
    with open(os.path.join(*names), "wb") as f:
        f.write(data)


def tool(*args):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def refused(p, sealed):
    try:
        seal_reader.unseal(p, sealed)
    except seal_reader.Integrity:
        return True
    return False


def check_seal(program, d):
    rng = random.Random(1)
    p = seal_reader.parameters(os.path.join(d, "parameters"))
    for n in LENGTHS:
        write(rng.randbytes(n), d, "text-%d" % n)
    tool(program, "seal", d, *map(str, LENGTHS))
    for n in LENGTHS:
        text = read(d, "text-%d" % n)
        sealed = read(d, "sealed-%d" % n)
        assert seal_reader.unseal(p, sealed) == text, n
        assert refused(p, sealed[:-1]) and refused(p, sealed + b"\0"), n
        assert refused(dict(p, epoch=p["epoch"] ^ 1), sealed), n
        write(seal_reader.seal(p, text), d, "sealed-%d" % n)
    tool(program, "open", d, *map(str, LENGTHS))
    for n in LENGTHS:
        assert read(d, "opened-%d" % n) == read(d, "text-%d" % n), n
    print("seal: %d lengths each way" % len(LENGTHS))


def check_envelope(program, d):
    vault = b"\x11" * 16
    private, pub = envelope_reader.generate()
    write(private, d, "private")
    write(pub, d, "pub")
    tool(program, "envelope", d, *map(str, LENGTHS))
    for n in LENGTHS:
        text = read(d, "text-%d" % n)
        made = read(d, "envelope-%d" % n)
        assert envelope_reader.unwrap(vault, private, made) == text, n
        for wrong in (made[:-1], made + b"\0", b"S" + made[1:],
                      made[:20] + b"\xff" + made[21:],
                      made[:60] + bytes([made[60] ^ 1]) + made[61:]):
            try:
                envelope_reader.unwrap(vault, private, wrong)
                assert False, n
            except envelope_reader.Integrity:
                pass
        write(envelope_reader.wrap(vault, pub, text), d, "envelope-%d" % n)
    tool(program, "unwrap", d, *map(str, LENGTHS))
    for n in LENGTHS:
        assert read(d, "opened-%d" % n) == read(d, "text-%d" % n), n
    print("envelope: %d lengths each way" % len(LENGTHS))


def check_merkle(program, d):
    write(tool(program, "merkle").encode(), d, "merkle")
    n = merkle_reader.check_file(os.path.join(d, "merkle"))
    assert n > 1000
    print("merkle: %d roots and proofs" % n)


def verdict(receipt, vkey):
    try:
        receipt_reader.verify(receipt, vkey)
    except receipt_reader.Forged:
        return "refused"
    return "right"


def variants(rng, good):
    """Receipts of which most are wrong somewhere."""
    lines = good.splitlines(keepends=True)
    for _ in range(VARIANTS):
        kind = rng.randrange(5)
        if kind == 0:
            b = bytearray(good)
            b[rng.randrange(len(b))] ^= 1 << rng.randrange(8)
            yield bytes(b)
        elif kind == 1:
            yield good[:rng.randrange(len(good))]
        else:
            new = list(lines)
            i, k = rng.randrange(len(new)), rng.randrange(len(new))
            if kind == 2:
                del new[i]
            elif kind == 3:
                new.insert(i, new[k])
            else:
                new[i], new[k] = new[k], new[i]
            yield b"".join(new)
    yield good


def check_receipts(program, d):
    rng = random.Random(2)
    tool(program, "receipt", d)
    vkey = read(d, "vkey").decode()
    names, wants = [], []
    for n in (1, 3):
        good = read(d, "receipt-%d" % n)
        assert verdict(good, vkey) == "right"
        for variant in variants(rng, good):
            name = os.path.join(d, "variant-%d" % len(names))
            write(variant, name)
            names.append(name)
            wants.append(verdict(variant, vkey))
    got = tool(program, "check", d, *names).split()
    assert len(got) == len(wants)
    for name, a, b in zip(names, got, wants):
        assert a == b, "%s: C says %s, Python %s" % (
            read(name).decode("utf-8", "replace"), a, b)
    assert wants.count("right") < len(wants) / 4
    print("receipts: %d variants, %d right, one verdict" %
          (len(wants), wants.count("right")))


def main(program):
    with tempfile.TemporaryDirectory() as d:
        write(b"key " + bytes(range(32)).hex().encode() + b"\ntype 5\nvault " +
              b"11" * 16 + b"\ncase " + b"22" * 16 + b"\ndocument " +
              b"33" * 16 + b"\nversion 4\nepoch 4294967295\n",
              d, "parameters")
        check_seal(program, d)
        check_envelope(program, d)
        check_merkle(program, d)
        check_receipts(program, d)


if __name__ == "__main__":
    main(sys.argv[1])
