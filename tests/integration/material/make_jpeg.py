#!/usr/bin/env python3
"""Make a baseline JPEG that looks like a photograph of a page of writing.

  make_jpeg.py --out F.jpg [--width 620] [--height 877] [--page 1]

Grey, one component, the quantisation and Huffman tables of ITU-T T.81 annex
K. The picture is that of make_png.py. Also usable as a module: jpeg().
"""
import argparse
import math
import struct

import make_png

ZIGZAG = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26,
          33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
          57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38,
          31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63]
QUANT = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14,
         13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22,
         37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64,
         78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
DC_BITS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
DC_VALUES = list(range(12))
AC_BITS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d]
AC_VALUES = list(bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
    "2433627282090a161718191a25262728292a3435363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a83848586878889"
    "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5"
    "c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8"
    "f9fa"))
COS = [[math.cos((2 * x + 1) * u * math.pi / 16) / 2 *
        (math.sqrt(0.5) if u == 0 else 1) for x in range(8)]
       for u in range(8)]


def codes(bits, values):
    """T.81 annex C: value -> (code, length)."""
    out, code, k = {}, 0, 0
    for length, count in enumerate(bits, 1):
        for _ in range(count):
            out[values[k]] = (code, length)
            code, k = code + 1, k + 1
        code <<= 1
    return out


DC, AC = codes(DC_BITS, DC_VALUES), codes(AC_BITS, AC_VALUES)


class Bits:
    """Entropy-coded bits, with a zero after every 0xff."""

    def __init__(self):
        self.out, self.value, self.count = bytearray(), 0, 0

    def put(self, value, length):
        self.value = self.value << length | value
        self.count += length
        while self.count >= 8:
            self.count -= 8
            byte = self.value >> self.count & 0xff
            self.out.append(byte)
            if byte == 0xff:
                self.out.append(0)
        self.value &= (1 << self.count) - 1

    def finish(self):
        if self.count:
            self.put((1 << (8 - self.count)) - 1, 8 - self.count)
        return bytes(self.out)


def transform(block):
    rows = [[sum(row[x] * c[x] for x in range(8)) for c in COS]
            for row in block]
    out = [sum(rows[y][u] * COS[v][y] for y in range(8))
           for v in range(8) for u in range(8)]
    return [round(out[k] / QUANT[k]) for k in ZIGZAG]


def put_signed(bits, value, size):
    bits.put(value if value >= 0 else value + (1 << size) - 1, size)


def put_block(bits, coefficients, before):
    diff = coefficients[0] - before
    size = abs(diff).bit_length()
    bits.put(*DC[size])
    put_signed(bits, diff, size)
    last = max((k for k in range(1, 64) if coefficients[k]), default=0)
    run = 0
    for k in range(1, last + 1):
        value = coefficients[k]
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.put(*AC[0xf0])
            run -= 16
        size = abs(value).bit_length()
        bits.put(*AC[run << 4 | size])
        put_signed(bits, value, size)
        run = 0
    if last < 63:
        bits.put(*AC[0])
    return coefficients[0]


def segment(marker, body):
    return struct.pack(">BBH", 0xff, marker, len(body) + 2) + body


def jpeg(width=620, height=877, page=1):
    rows = make_png.pixels(width, height, page)
    bits, before = Bits(), 0
    for top in range(0, height, 8):
        band = [rows[min(y, height - 1)] for y in range(top, top + 8)]
        for left in range(0, width, 8):
            block = [[row[min(x, width - 1)] - 128
                      for x in range(left, left + 8)] for row in band]
            before = put_block(bits, transform(block), before)
    return b"".join([
        b"\xff\xd8",
        segment(0xe0, b"JFIF\0\x01\x01\x01\x00\x48\x00\x48\x00\x00"),
        segment(0xdb, b"\0" + bytes(QUANT[k] for k in ZIGZAG)),
        segment(0xc0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11,
                                  0)),
        segment(0xc4, b"\0" + bytes(DC_BITS) + bytes(DC_VALUES)),
        segment(0xc4, b"\x10" + bytes(AC_BITS) + bytes(AC_VALUES)),
        segment(0xda, b"\x01\x01\x00\x00\x3f\x00"),
        bits.finish(), b"\xff\xd9"])


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", required=True)
    ap.add_argument("--width", type=int, default=620)
    ap.add_argument("--height", type=int, default=877)
    ap.add_argument("--page", type=int, default=1)
    a = ap.parse_args()
    with open(a.out, "wb") as f:
        f.write(jpeg(a.width, a.height, a.page))


if __name__ == "__main__":
    main()
