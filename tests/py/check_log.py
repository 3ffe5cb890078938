#!/usr/bin/python3
"""Grows logs with the daemon's code and reads them with log_reader: right as
they are, forged with any bit flipped, any byte cut, any file gone.

  check_log.py TOOL     TOOL: the program tests/unit/audit/make-log
"""
import os
import random
import shutil
import subprocess
import sys

import log_reader
from merkle_reader import leaf_hash, mth

GROWTH = [[1], [2, 3], [255, 256], [256], [100, 257], [700, 1024, 1300]]
FLIPS = 400


def forged(path, vkey):
    try:
        log_reader.verify(path, vkey)
    except log_reader.Forged:
        return True
    return False


def files(path):
    return sorted(os.path.join(base, name)
                  for base, _, names in os.walk(path) for name in names)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, raw):
    with open(path, "wb") as f:
        f.write(raw)


def spoiled(rng, raw):
    """Every bit of a short file, a choice of those of a long one."""
    bits = range(8 * len(raw))
    for bit in bits if len(bits) <= FLIPS else rng.sample(bits, FLIPS // 8):
        b = bytearray(raw)
        b[bit // 8] ^= 1 << bit % 8
        yield bytes(b)
    yield raw[:-1]
    yield raw + b"\0"


def check_forgeries(path, vkey):
    rng, n = random.Random(1), 0
    for name in files(path):
        raw = read(name)
        for bad in spoiled(rng, raw):
            write(name, bad)
            assert forged(path, vkey), name
            n += 1
        os.unlink(name)
        assert forged(path, vkey), name
        write(name, raw)
    write(os.path.join(path, "tile", "0", "001.p.extra"), b"x")
    assert forged(path, vkey)
    return n


def check_tree(path, vkey):
    """The root again, by the definition of RFC 6962."""
    size, root = log_reader.verify(path, vkey)
    entries = log_reader.read_entries(log_reader.Folder(path), size)
    assert mth([leaf_hash(e) for e in entries]) == root
    return size


def check(tool, sizes):
    out = subprocess.run([tool, *map(str, sizes)], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    vault, vkey = out.split()
    try:
        live, export = (os.path.join(vault, d) for d in ("audit", "export"))
        assert check_tree(live, vkey) == sizes[-1]
        assert check_tree(export, vkey) == sizes[-1]
        other = vkey[:-2] + ("B=" if vkey[-2] != "B" else "C=")
        assert other == vkey or forged(live, other)
        n = check_forgeries(export, vkey)
    finally:
        shutil.rmtree(vault)
    print("%s leaves: right, and %d forgeries found" % (sizes, n))


def main():
    for sizes in GROWTH:
        check(sys.argv[1], sizes)


if __name__ == "__main__":
    main()
