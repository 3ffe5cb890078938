#!/usr/bin/env python3
"""Makes corpus-pack: packed objects of the sizes where the form changes,
and two that git may write and we do not: a deflated blob and a delta."""
import os
import struct
import zlib

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus-pack")


def head(kind, n):
    byte, n, out = kind << 4 | n & 15, n >> 4, b""
    while n:
        out += bytes([byte | 0x80])
        byte, n = n & 0x7F, n >> 7
    return out + bytes([byte])


def stored(data):
    out, at = b"\x78\x01", 0
    while True:
        block = data[at:at + 65535]
        at += len(block)
        last = at >= len(data)
        out += struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF)
        out += block
        if last:
            return out + struct.pack(">I", zlib.adler32(data))


def main():
    os.makedirs(HERE, exist_ok=True)
    for kind, n in ((2, 0), (3, 1), (3, 15), (3, 16), (1, 200), (3, 2048),
                    (3, 65536)):
        with open(os.path.join(HERE, "%d-%d" % (kind, n)), "wb") as f:
            f.write(head(kind, n) + stored(bytes(i % 251 for i in range(n))))
    with open(os.path.join(HERE, "deflated"), "wb") as f:
        f.write(head(3, 500) + zlib.compress(b"a" * 500))
    with open(os.path.join(HERE, "ofs-delta"), "wb") as f:
        f.write(bytes([0x61, 0x10]) + zlib.compress(b"\x10\x10\x90\x10"))


if __name__ == "__main__":
    main()
