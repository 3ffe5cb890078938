#!/usr/bin/env python3
"""Write the seeds of the fuzz targets beside this file.

Everything in them is made up here: fixed bytes, no key of anyone.
"""
import hashlib
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def fill(label, n):
    out = b""
    i = 0
    while len(out) < n:
        out += hashlib.sha256(b"%s %d" % (label.encode(), i)).digest()
        i += 1
    return out[:n]


def u32(v):
    return struct.pack(">I", v)


def u64(v):
    return struct.pack(">Q", v)


def blob(b):
    return u32(len(b)) + b


def put(folder, name, content):
    path = os.path.join(HERE, "corpus-" + folder)
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, name), "wb") as f:
        f.write(content)


def keyring(months):
    text = u32(1) + fill("keys", 160) + blob(fill("certificate", 300))
    text += u32(len(months))
    for month, living in months:
        text += u32(month) + bytes([living])
        text += fill("month %d" % month, 32) if living else b""
    return text


def events(rows):
    text = b"sceauE2\0" + u64(100) + u32(len(rows))
    for number, kind, uid, account in rows:
        text += u64(number) + bytes([kind]) + u32(uid) + blob(account)
        text += fill("page", 32) if kind == 7 else bytes(32)
    return text


def slot():
    own = bytes([18]) + fill("salt", 32) + blob(fill("sealed", 56 + 48))
    return (b"sceauS1\0\x01" + blob(b"passphrase") + fill("public", 65) +
            blob(own) + blob(fill("wrapped", 65 + 48)))


def keystore(numbers):
    return b"".join(u64(n) + fill("key %d" % n, 32) for n in numbers)


def requests():
    h = fill("hash", 32)
    yield "status", bytes([1])
    yield "public", bytes([2])
    yield "floor", bytes([3]) + u64(1)
    yield "draw", bytes([4])
    yield "get", bytes([5]) + u64(0) + u32(2) + u64(1) + u64(2)
    yield "detail", bytes([6]) + u32(2026 * 12 + 10)
    yield "search", bytes([7])
    yield "head", bytes([8]) + u64(1) + h + u32(0)
    yield "head-proof", bytes([8]) + u64(7) + h + u32(2) + h + h
    yield "commit", bytes([9]) + h[:20] + b"\1" + h[:20] + u32(2) + u64(9)
    yield "extract", bytes([10]) + h[:16] + u64(3) + h + h + u64(1795000000)
    yield "certificate", (bytes([11]) + u64(3) +
                          blob(b"sceau erasure certificate 1\nleaf 3\n"))
    yield "rotate", bytes([12]) + u64(0) + u64(1) + h + u64(1) + u32(0)
    yield "event", bytes([13]) + u32(10)
    yield "event-done", bytes([14]) + u64(1)
    yield "unseal", bytes([1]) + blob(b"a passphrase")
    yield "attest", bytes([4]) + blob(b"a passphrase") + fill("page", 32)


def main():
    put("keyring", "none", keyring([]))
    put("keyring", "months", keyring([(24322, 1), (24323, 0), (24324, 1)]))
    put("keyring", "events", events([(1, 1, 0, b"root"), (2, 4, 9, b""),
                                     (3, 7, 5, b"custodian")]))
    put("slot", "passphrase", slot())
    put("slot", "custodians", b"0 root\n1000 claire\n1001 karim\n")
    put("keystore", "three", keystore([1, 2, 900]))
    put("keystore", "many", keystore(range(1, 60)))
    for name, content in requests():
        put("request", name, content)


main()
