#!/usr/bin/python3
"""The seal format, read and written from its specification alone (C2SP
chunked-encryption with SHA-512 and AES-256-GCM); shares no code with base/.

  seal_reader.py PARAMETERS SEALED      text to standard output

PARAMETERS is a file of lines: key HEX, type N, vault HEX, case HEX,
document HEX, version N, epoch N.
"""
import hmac
import os
import sys

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
except ImportError:
    print("no python3-cryptography: skipped")
    sys.exit(77)

TEXT = 16384
TAG = 16
HEAD = 24 + 32


class Integrity(Exception):
    pass


def context(p):
    record = b"sceau/1\0" + bytes([p["type"]]) + bytes(7)
    record += p["vault"] + p["case"] + p["document"]
    record += p["version"].to_bytes(4, "big") + p["epoch"].to_bytes(4, "big")
    assert len(record) == 72
    return record


def derive(p, salt):
    info = b"c2sp.org/chunked-encryption@v1+" + b"AEAD_AES_256_GCM" + b"\0"
    okm = HKDFExpand(SHA512(), 76, info + salt + context(p)).derive(p["key"])
    return AESGCM(okm[:32]), okm[32:44], okm[44:]


def nonce(base, k):
    n = int.from_bytes(base, "big") ^ k
    return n.to_bytes(12, "big")


def unseal(p, sealed):
    if len(sealed) < HEAD + TAG:
        raise Integrity("short")
    salt, commitment, body = sealed[:24], sealed[24:HEAD], sealed[HEAD:]
    aead, base, want = derive(p, salt)
    if not hmac.compare_digest(want, commitment):
        raise Integrity("commitment")
    text, k = b"", 0
    while True:
        chunk, body = body[:TEXT + TAG], body[TEXT + TAG:]
        if len(chunk) < TAG:
            raise Integrity("cut short")
        try:
            text += aead.decrypt(nonce(base, k), chunk, None)
        except InvalidTag:
            raise Integrity("chunk %d" % k)
        if len(chunk) < TEXT + TAG:
            return text
        k += 1


def seal(p, text):
    salt = os.urandom(24)
    aead, base, commitment = derive(p, salt)
    out, k = [salt, commitment], 0
    while True:
        part = text[k * TEXT:(k + 1) * TEXT]
        out.append(aead.encrypt(nonce(base, k), part, None))
        if len(part) < TEXT:
            return b"".join(out)
        k += 1


def parameters(path):
    p = {}
    with open(path) as f:
        for line in f:
            name, value = line.split()
            p[name] = (int(value) if name in ("type", "version", "epoch")
                       else bytes.fromhex(value))
    return p


if __name__ == "__main__":
    with open(sys.argv[2], "rb") as f:
        sys.stdout.buffer.write(unseal(parameters(sys.argv[1]), f.read()))
