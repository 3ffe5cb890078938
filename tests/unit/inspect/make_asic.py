"""ASiC containers written byte by byte, so that each part can be wrong.

A container is a list of members (dicts), given to build(). What is not said
of a member is as it should be; head and entry override fields of the local
header and of the directory's entry alone.
"""
import base64
import hashlib
import struct
import zlib

MIME = {"s": b"application/vnd.etsi.asic-s+zip",
        "e": b"application/vnd.etsi.asic-e+zip"}
XMLENC = "http://www.w3.org/2001/04/xmlenc#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
SHA3 = "http://www.w3.org/2007/05/xmldsig-more#"
DIGESTS = {"sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
           "sha224": MORE + "sha224", "sha256": XMLENC + "sha256",
           "sha384": MORE + "sha384", "sha512": XMLENC + "sha512",
           "sha3_256": SHA3 + "sha3-256", "sha3_384": SHA3 + "sha3-384",
           "sha3_512": SHA3 + "sha3-512", "md5": MORE + "md5"}


def deflate(data):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def member(name, data, method=8, **more):
    return dict(name=name, data=data, method=method, **more)


def fields(m, packed, side):
    """Version, flags, method, time, date, crc, packed, size as written."""
    f = dict(version=20, flags=m.get("flags", 0), method=m["method"],
             time=0x4800, date=0x5a21, crc=zlib.crc32(m["data"]),
             packed=len(packed), size=len(m["data"]), name=m["name"],
             extra=m.get("extra", b""))
    if side == "head" and f["flags"] & 8:
        f.update(crc=0, packed=0, size=0)
    f.update(m.get("both", {}))
    f.update(m.get(side, {}))
    if isinstance(f["name"], str):
        f["name"] = f["name"].encode()
    return f


def common(f):
    return struct.pack("<HHHHHIIIHH", f["version"], f["flags"], f["method"],
                       f["time"], f["date"], f["crc"], f["packed"], f["size"],
                       len(f["name"]), len(f["extra"]))


def build(members, before=b"", comment=b"", end=None, gap=b"", order=None):
    """gap: bytes between the last member and the directory."""
    out, entries = bytearray(before), []
    for m in members:
        packed = m.get("packed")
        if packed is None:
            packed = deflate(m["data"]) if m["method"] == 8 else m["data"]
        at = m.get("at", len(out))
        h = fields(m, packed, "head")
        out += b"PK\3\4" + common(h) + h["name"] + h["extra"] + packed
        if h["flags"] & 8:
            out += m.get("later", b"PK\7\10" + struct.pack(
                "<III", zlib.crc32(m["data"]), len(packed), len(m["data"])))
        out += m.get("after", b"")
        c = fields(m, packed, "entry")
        entries.append(
            b"PK\1\2" + struct.pack("<H", 20) + common(c) +
            struct.pack("<HHHII", len(m.get("note", b"")), m.get("disk", 0),
                        0, 0, at) + c["name"] + c["extra"] +
            m.get("note", b""))
    out += gap
    start = len(out)
    directory = b"".join(entries[i] for i in order or range(len(entries)))
    e = dict(disk=0, here=len(entries), count=len(entries),
             size=len(directory), start=start, comment=len(comment))
    e.update(end or {})
    return bytes(out) + directory + b"PK\5\6" + struct.pack(
        "<HHHHIIH", e["disk"], 0, e["here"], e["count"], e["size"],
        e["start"], e["comment"]) + comment


def mimetype(kind):
    return member("mimetype", MIME[kind], 0)


def manifest(signature, references, alg="sha256", mime="application/x-pkcs7-"
             "signature", more="", namespace="http://uri.etsi.org/02918/"
             "v1.2.1#"):
    """references: (URI, bytes) each, or (URI, bytes, digest's name)."""
    out = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
           '<asic:ASiCManifest xmlns:asic="%s" xmlns:ds="http://www.w3.org/'
           '2000/09/xmldsig#">\n  <asic:SigReference URI="%s" MimeType="%s"/>'
           % (namespace, signature, mime)]
    for uri, data, *how in references:
        name = how[0] if how else alg
        value = base64.b64encode(hashlib.new(name, data).digest()).decode()
        out.append('  <asic:DataObjectReference URI="%s">\n    '
                   '<ds:DigestMethod Algorithm="%s"/>\n    <ds:DigestValue>%s'
                   '</ds:DigestValue>\n  </asic:DataObjectReference>'
                   % (uri, DIGESTS[name], value))
    return ("\n".join(out) + more + "\n</asic:ASiCManifest>\n").encode()
