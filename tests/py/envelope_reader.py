#!/usr/bin/python3
"""The envelope that a form comes home in, read and written from the words of
base/envelope.h alone; shares no code with base/ or with the page's script.

  envelope_reader.py VAULT PRIVATE FILE     content to standard output
  envelope_reader.py --parts VAULT PRIVATE FILE    the record of what is in it

VAULT: 32 hexadecimal digits; PRIVATE: a file of the 32 bytes of the scalar.
"""
import json
import sys

import seal_reader
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

MAGIC = b"sceau/form/1\n"
SEAL_FORM = 10
Integrity = seal_reader.Integrity


def public_bytes(key):
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def private_key(scalar):
    return ec.derive_private_key(int.from_bytes(scalar, "big"),
                                 ec.SECP256R1())


def generate():
    """The scalar, 32 bytes, and the public point, 65."""
    key = ec.generate_private_key(ec.SECP256R1())
    n = key.private_numbers().private_value
    return n.to_bytes(32, "big"), public_bytes(key.public_key())


def key_id(pub):
    h = Hash(SHA256())
    h.update(pub)
    return h.finalize()[:16]


def parameters(vault, mine, other, ephemeral, recipient):
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), other)
    shared = mine.exchange(ec.ECDH(), point)
    info = b"sceau/intake/1\0" + vault + ephemeral + recipient
    key = HKDF(SHA256(), 32, None, info).derive(shared)
    return {"key": key, "type": SEAL_FORM, "vault": vault,
            "case": bytes(16), "document": key_id(recipient),
            "version": 1, "epoch": 0}


def unwrap(vault, scalar, data):
    mine = private_key(scalar)
    recipient = public_bytes(mine.public_key())
    magic, kid, ephemeral = data[:13], data[13:29], data[29:94]
    if magic != MAGIC or kid != key_id(recipient):
        raise Integrity("not sealed to this key")
    try:
        p = parameters(vault, mine, ephemeral, ephemeral, recipient)
    except ValueError:
        raise Integrity("no point of the curve")
    return seal_reader.unseal(p, data[94:])


def wrap(vault, pub, text):
    once = ec.generate_private_key(ec.SECP256R1())
    ephemeral = public_bytes(once.public_key())
    p = parameters(vault, once, pub, ephemeral, pub)
    return MAGIC + key_id(pub) + ephemeral + seal_reader.seal(p, text)


def parts(content):
    """The record and the files, as daemon/core/brought.h says them."""
    n = int.from_bytes(content[:4], "big")
    record, at = json.loads(content[4:4 + n]), 4 + n
    files = []
    for d in record["documents"]:
        for page in d["pages"]:
            files.append(content[at:at + page["size"]])
            at += page["size"]
    if at != len(content):
        raise Integrity("more than its files")
    return record, files


def main(argv):
    names = argv[1:]
    only_record = names[:1] == ["--parts"]
    vault, private, path = names[1:] if only_record else names
    with open(private, "rb") as f:
        scalar = f.read()
    with open(path, "rb") as f:
        content = unwrap(bytes.fromhex(vault), scalar, f.read())
    if only_record:
        print(json.dumps(parts(content)[0], sort_keys=True))
    else:
        sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main(sys.argv)
