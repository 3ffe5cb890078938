#!/usr/bin/env python3
"""Make a large PDF: a page of text, and an attached stream of noise.

  large_pdf.py --out F.pdf [--mebibytes 24] [--seed 1]

The noise is that of a seeded generator: the same file each time.
"""
import argparse
import random

import sign_pdf


def large(mebibytes, seed=1):
    noise = random.Random(seed).randbytes(mebibytes << 20)
    obj = sign_pdf.objects("Pièce volumineuse", ["Un plan numérisé."], None)
    obj[7] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise)
    return sign_pdf.assemble(obj)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", required=True)
    ap.add_argument("--mebibytes", type=int, default=24)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    with open(a.out, "wb") as f:
        f.write(large(a.mebibytes, a.seed))


if __name__ == "__main__":
    main()
