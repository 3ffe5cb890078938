#!/usr/bin/python3
"""Merkle tree of RFC 6962, 2.1, by its recursive definitions, and the
verification of RFC 9162, 2.1.3.2 and 2.1.4.2; shares no code with base/.

  merkle_reader.py FILE

FILE has lines: leaf HASH (in order), root SIZE HASH, inclusion INDEX SIZE
HASH…, consistency OLD SIZE HASH…; exit status 0 if all are right.
"""
import hashlib
import sys


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(d):
    if not d:
        return hashlib.sha256(b"").digest()
    if len(d) == 1:
        return d[0]
    k = split(len(d))
    return node(mth(d[:k]), mth(d[k:]))


def path(m, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return path(m, d[:k]) + [mth(d[k:])]
    return path(m - k, d[k:]) + [mth(d[:k])]


def subproof(m, d, b):
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return subproof(m, d[:k], b) + [mth(d[k:])]
    return subproof(m - k, d[k:], False) + [mth(d[:k])]


def check_inclusion(leaf, index, size, proof, root):
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = node(r, p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == root


def check_consistency(old, old_root, size, root, proof):
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    if not proof:
        return False
    if old & (old - 1) == 0:
        proof = [old_root] + proof
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            sr = node(sr, c)
        fn >>= 1
        sn >>= 1
    return fr == old_root and sr == root and sn == 0


def check_line(leaves, words):
    hashes = [bytes.fromhex(w) for w in words if len(w) == 64]
    numbers = [int(w) for w in words[1:] if len(w) != 64]
    if words[0] == "root":
        return mth(leaves[:numbers[0]]) == hashes[0]
    first, size = numbers
    root = mth(leaves[:size])
    if words[0] == "inclusion":
        return (path(first, leaves[:size]) == hashes and
                check_inclusion(leaves[first], first, size, hashes, root))
    return (subproof(first, leaves[:size], True) == hashes and
            check_consistency(first, mth(leaves[:first]), size, root, hashes))


def check_file(name):
    leaves, count = [], 0
    with open(name) as f:
        for line in f:
            words = line.split()
            if words[0] == "leaf":
                leaves.append(bytes.fromhex(words[1]))
                continue
            if not check_line(leaves, words):
                print("wrong: " + line[:60])
                return 0
            count += 1
    return count


if __name__ == "__main__":
    n = check_file(sys.argv[1])
    print("%d roots and proofs are right" % n)
    sys.exit(0 if n > 0 else 1)
