#!/usr/bin/env python3
"""Make a PNG that looks like a photograph of a page of writing.

  make_png.py --out F.png [--width 620] [--height 877] [--page 1]

Grey paper with lines of dark strokes; the page number changes the strokes,
so that no two pages are the same. ISO/IEC 15948, 8-bit grey, no interlace.
Also usable as a module: pixels(), png().
"""
import argparse
import struct
import zlib


def noise(seed):
    """A small deterministic generator (xorshift32)."""
    state = (seed * 2654435761 + 1) & 0xffffffff
    while True:
        state ^= (state << 13) & 0xffffffff
        state ^= state >> 17
        state ^= (state << 5) & 0xffffffff
        yield state


def pixels(width, height, page):
    """Rows of grey values."""
    draw = noise(page)
    rows = []
    for y in range(height):
        paper = 225 - 30 * y // height
        row = bytearray(paper + next(draw) % 6 for _ in range(width))
        line, inside = divmod(y, 24)
        if 2 <= line and inside < 9 and y < height - 48:
            stop = width - 60 - (line * 37 * page) % (width // 3)
            for x in range(60, max(60, stop)):
                if (x * 7 + inside * 13 + line * 29 * page) % 11 < 4:
                    row[x] = 40 + next(draw) % 30
        rows.append(bytes(row))
    return rows


def chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body +
            struct.pack(">I", zlib.crc32(kind + body)))


def png(width=620, height=877, page=1):
    raw = b"".join(b"\0" + row for row in pixels(width, height, page))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b""))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", required=True)
    ap.add_argument("--width", type=int, default=620)
    ap.add_argument("--height", type=int, default=877)
    ap.add_argument("--page", type=int, default=1)
    a = ap.parse_args()
    with open(a.out, "wb") as f:
        f.write(png(a.width, a.height, a.page))


if __name__ == "__main__":
    main()
