#!/usr/bin/env python3
"""Reads the store's segments and packs without any of our code.

Open segments (segments/*.seg) are git packs without count and trailer; closed
ones (objects/pack/*.pack) are complete, with an index of version 2. For every
object the zlib stream is inflated and the id recomputed; for packs the count,
the trailer, and each line of the index are compared.

    pack_reader.py STORE [--list]

Status 0 when all is sound.
"""
import glob
import hashlib
import os
import struct
import sys
import zlib

TYPES = {1: b"commit", 2: b"tree", 3: b"blob"}


class Bad(Exception):
    pass


def read_object(data, at):
    """(type, content, end) of the packed object at offset at."""
    start = at
    byte = data[at]
    kind = (byte >> 4) & 7
    size = byte & 15
    shift = 4
    while byte & 0x80:
        at += 1
        byte = data[at]
        size |= (byte & 0x7F) << shift
        shift += 7
    at += 1
    if kind not in TYPES:
        raise Bad("type %d at %d" % (kind, start))
    inflate = zlib.decompressobj()
    window = size + size // 1000 + 1024
    content = inflate.decompress(data[at:at + window])
    if not inflate.eof or len(content) != size:
        raise Bad("stream at %d" % start)
    end = at + min(window, len(data) - at) - len(inflate.unused_data)
    return TYPES[kind], content, end


def oid_of(kind, content):
    head = kind + b" " + str(len(content)).encode() + b"\0"
    return hashlib.sha1(head + content).digest()


def objects(data, end):
    at = 12
    while at < end:
        kind, content, after = read_object(data, at)
        yield oid_of(kind, content), at, zlib.crc32(data[at:after]), kind
        at = after
    if at != end:
        raise Bad("objects end at %d, not at %d" % (at, end))


def read_index(path, trailer):
    data = open(path, "rb").read()
    if data[:8] != b"\xfftOc\0\0\0\2":
        raise Bad("index head")
    if hashlib.sha1(data[:-20]).digest() != data[-20:]:
        raise Bad("index checksum")
    if data[-40:-20] != trailer:
        raise Bad("index of another pack")
    fan = struct.unpack(">256I", data[8:8 + 1024])
    count = fan[255]
    at = 8 + 1024
    oids = [data[at + 20 * i:at + 20 * i + 20] for i in range(count)]
    at += 20 * count
    crcs = struct.unpack(">%dI" % count, data[at:at + 4 * count])
    at += 4 * count
    small = struct.unpack(">%dI" % count, data[at:at + 4 * count])
    at += 4 * count
    large = struct.unpack(">%dQ" % ((len(data) - 40 - at) // 8),
                          data[at:len(data) - 40])
    offsets = [large[o & 0x7FFFFFFF] if o >> 31 else o for o in small]
    if oids != sorted(oids):
        raise Bad("index order")
    for byte in range(256):
        if fan[byte] != sum(1 for o in oids if o[0] <= byte):
            raise Bad("fan-out")
    return sorted(zip(offsets, oids, crcs))


def read_pack(path):
    data = open(path, "rb").read()
    magic, version, count = struct.unpack(">4sII", data[:12])
    if magic != b"PACK" or version != 2:
        raise Bad("head")
    if hashlib.sha1(data[:-20]).digest() != data[-20:]:
        raise Bad("trailer")
    found = list(objects(data, len(data) - 20))
    if len(found) != count:
        raise Bad("count %d, objects %d" % (count, len(found)))
    index = read_index(path[:-5] + ".idx", data[-20:])
    if index != sorted((at, oid, crc) for oid, at, crc, _ in found):
        raise Bad("index and pack differ")
    return found


def read_segment(path):
    data = open(path, "rb").read()
    if data[:8] != b"PACK\0\0\0\2":
        raise Bad("head")
    return list(objects(data, len(data)))


def main(argv):
    store = argv[1]
    total = 0
    for folder, suffix, read in (("segments", ".seg", read_segment),
                                 ("objects/pack", ".pack", read_pack)):
        for path in sorted(glob.glob(os.path.join(store, folder, "*"))):
            if not path.endswith(suffix):
                continue
            try:
                found = read(path)
            except (Bad, IndexError, zlib.error, struct.error) as why:
                print("%s: %s" % (path, why))
                return 1
            total += len(found)
            if "--list" in argv:
                for oid, at, crc, kind in found:
                    print(os.path.basename(path), at, oid.hex(),
                          "%08x" % crc, kind.decode())
    print("%d objects" % total)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
