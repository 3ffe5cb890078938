#!/usr/bin/python3
"""Reads a receipt of consents with no code of ours: strict JSON, a context
that stands in it, terms of DPV 2, the structure of ISO/IEC TS 27560 as the
W3C guide maps it; and the page that goes with it.

  consent_reader.py FILE          {"receipt": …, "page": …} or a receipt alone
  consent_reader.py --tool PROGRAM RULES
                                  what PROGRAM RULES prints; receipts spoiled in
                                  many ways are refused; the corpus, if there

With SCEAU_CORPUS, or the corpus beside the source: our records have every
property that the guide's example has, and its broken example is refused.
"""
import copy
import json
import os
import re
import subprocess
import sys
import uuid

STATUS = {
    "dpv:ConsentRequested", "dpv:ConsentRequestDeferred", "dpv:ConsentGiven",
    "dpv:RenewedConsentGiven", "dpv:ConsentRefused", "dpv:ConsentWithdrawn",
    "dpv:ConsentExpired", "dpv:ConsentRevoked", "dpv:ConsentInvalidated",
}
GIVEN = {"dpv:ConsentGiven", "dpv:RenewedConsentGiven"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
NAMESPACES = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
}


class Bad(Exception):
    pass


def need(ok, what):
    if not ok:
        raise Bad(what)


def strict(text):
    def members(pairs):
        names = [name for name, _ in pairs]
        need(len(set(names)) == len(names), "a member twice: %s" % names)
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=members)
    except ValueError as e:
        raise Bad("not JSON: %s" % e)


def terms(value):
    """Every term used as a property or a type."""
    if isinstance(value, list):
        for v in value:
            yield from terms(v)
    elif isinstance(value, dict):
        for name, v in value.items():
            if name == "@context":
                continue
            if not name.startswith("@"):
                yield name
            if name == "@type":
                yield from v if isinstance(v, list) else [v]
            else:
                yield from terms(v)


def context(receipt):
    ctx = receipt.get("@context")
    need(isinstance(ctx, dict), "the context is to be fetched")
    for prefix, iri in NAMESPACES.items():
        need(ctx.get(prefix) == iri, "prefix %s" % prefix)
    for term in terms(receipt):
        need(term.partition(":")[0] in ctx and ":" in term,
             "term %s has no namespace" % term)


def types(o):
    t = o.get("@type", [])
    return t if isinstance(t, list) else [t]


def process(p, controller):
    need(types(p) == ["dpv:Process"], "a process")
    need(controller in p["dpv:hasRecipient"], "recipients are named")
    purpose = p["dpv:hasPurpose"]
    need(purpose["dct:identifier"] and purpose["dct:title"], "a purpose")
    need(len(p["dpv:hasPersonalData"]) > 0, "classes of data")
    need("eu-gdpr:A6-1-a" in types(p["dpv:hasLegalBasis"]), "a legal basis")
    kinds = [types(s)[0] for s in p["dpv:hasStorageCondition"]]
    need("dpv:StorageLocation" in kinds and "dpv:StorageDuration" in kinds,
         "where and how long")


def notice(n):
    need(types(n) == ["dpv:ConsentNotice"], "a notice")
    for name in ("dct:identifier", "dct:hasVersion", "dct:language"):
        need(n.get(name), "notice: %s" % name)
    sha = n["spdx:checksum"]["spdx:checksumValue"]
    need(re.fullmatch("[0-9a-f]{64}", sha), "notice: SHA-256")


def statuses(all_of):
    need(len(all_of) > 0, "a status")
    last, valid = "", None
    for s in all_of:
        named = [t for t in types(s) if t in STATUS]
        need(len(named) == 1, "one status: %s" % types(s))
        valid = named[0] in GIVEN
        need(valid == ("dpv:ExplicitlyExpressedConsent" in types(s)),
             "an expressed consent is a given one")
        at = s["dpv:isIndicatedAtTime"]
        need(TIME.match(at) and at >= last, "statuses in order")
        last = at
        if named[0] != "dpv:ConsentExpired":
            need(s["dpv:hasIndicationMethod"] and s["dpv:isIndicatedBy"],
                 "who said it, and how")
    return valid


def record(r, controller):
    need(types(r) == ["dpv:ConsentRecord"], "a record")
    need(r["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record",
         "what the record conforms to")
    ident = uuid.UUID(r["dct:identifier"])
    need(ident.version == 4 and ident.variant == uuid.RFC_4122, "a UUID")
    need(r["@id"] == ident.urn, "the record's id")
    need(r["dpv:hasDataController"] == controller, "the controller")
    need(r["dpv:hasJurisdiction"] == "loc:FR", "the jurisdiction")
    need(r["dpv:hasApplicableLaw"] == "eu-gdpr:GDPR", "the law")
    subject = r["dpv:hasDataSubject"]
    need(subject["@id"] and subject["schema:name"], "the person")
    process(r["dpv:hasProcess"], controller)
    notice(r["dpv:hasNotice"])
    need("dpv:WithdrawConsent" in types(r["dpv:hasConsentControl"]),
         "how to withdraw")
    need(r["dpv:hasConsentControl"]["dpv:isExercisedAt"], "where it is done")
    need("eu-gdpr:A7-3" in types(r["dpv:hasRight"]), "the right to withdraw")
    need(r["dpv:hasRight"]["dpv:isExercisedAt"], "where to withdraw")
    return statuses(r["dpv:hasConsentStatus"])


def check_receipt(receipt):
    """How many of its consents are valid."""
    try:
        context(receipt)
        need(types(receipt) == ["dpv:ConsentReceipt"], "a receipt")
        need(receipt["dct:conformsTo"] ==
             "https://w3id.org/dpv/schema/dpv-27560#receipt", "conforms to")
        need(TIME.match(receipt["dct:created"]), "created")
        need(receipt["schema:recipient"] == "dpv:DataSubject", "for whom")
        records = receipt["dpv:hasRecordOfActivity"]
        need(len(records) > 0, "records")
        need(len({r["@id"] for r in records}) == len(records), "ids twice")
        return sum(record(r, receipt["dct:publisher"]) for r in records)
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        raise Bad("%s: %s" % (type(e).__name__, e))


def check_page(page, receipt):
    lines = page.splitlines()
    need(len(lines) <= 60, "more than a page: %d lines" % len(lines))
    need(max(map(len, lines)) <= 80, "over 80 columns")
    flat = " ".join(page.split())
    for r in receipt["dpv:hasRecordOfActivity"]:
        need(r["dpv:hasDataSubject"]["schema:name"] in flat, "a name")
        need(r["dpv:hasProcess"]["dpv:hasPurpose"]["dct:title"] in flat,
             "a purpose")
        for who in r["dpv:hasProcess"]["dpv:hasRecipient"]:
            need(who in flat, "recipient %s" % who)
    for words in ("retirer votre accord à tout moment", "CNIL", "téléphone"):
        need(words in flat, words)


# --- the reader itself --------------------------------------------------


def places(value, path=()):
    """Every member and element, as a path."""
    items = (value.items() if isinstance(value, dict)
             else enumerate(value) if isinstance(value, list) else ())
    for k, v in items:
        yield path + (k,)
        yield from places(v, path + (k,))


# What may be missing: kept short, so that the reader stays one.
OPTIONAL = {"@context", "dct:source", "dct:valid", "rdf", "skos", "spdx",
            "loc", "schema", "dct:identifier", "schema:position", "dct:title",
            "spdx:algorithm", "dpv:hasLocation", "dpv:hasDuration", "@type",
            "@id"}


def spoiled(receipt):
    n = 0
    for path in list(places(receipt)):
        if not isinstance(path[-1], str) or path[-1] in OPTIONAL:
            continue
        other = copy.deepcopy(receipt)
        at = other
        for k in path[:-1]:
            at = at[k]
        del at[path[-1]]
        try:
            check_receipt(other)
        except Bad:
            n += 1
            continue
        raise Bad("not missed: %s" % "/".join(map(str, path)))
    return n


def corpus():
    here = os.path.dirname(os.path.abspath(__file__))
    for path in (os.environ.get("SCEAU_CORPUS"),
                 os.path.join(here, "../../../shared/corpus")):
        if path and os.path.isdir(os.path.join(path, "consent")):
            return os.path.join(path, "consent")
    return None


def compare(receipt, folder):
    with open(os.path.join(folder, "dpv-27560-receipt.jsonld")) as f:
        guide = json.load(f)  # it has a member twice: not strict
    # There is no processor: the vault is the controller's own.
    of_record = set(guide["dpv:hasRecordOfActivity"]) - {
        "dpv:hasDataProcessor"}
    for r in receipt["dpv:hasRecordOfActivity"]:
        need(of_record <= set(r), "missing: %s" % (of_record - set(r)))
    need(set(guide) <= set(receipt), "missing in the receipt")
    of_process = set(guide["dpv:hasRecordOfActivity"]["dpv:hasProcess"])
    need(of_process <= set(
        receipt["dpv:hasRecordOfActivity"][0]["dpv:hasProcess"]), "process")
    with open(os.path.join(folder, "dpv-27560-record-broken.json")) as f:
        text = f.read()
    try:
        strict(text)
    except Bad:
        return
    raise Bad("the broken record was taken")


def main(argv):
    if argv[:1] == ["--tool"]:
        out = subprocess.run(argv[1:], check=True, stdout=subprocess.PIPE,
                             text=True, encoding="utf-8").stdout
    else:
        with open(argv[0], encoding="utf-8") as f:
            out = f.read()
    got = strict(out)
    receipt = got.get("receipt", got)
    valid = check_receipt(receipt)
    if "page" in got:
        check_page(got["page"], receipt)
    if argv[:1] != ["--tool"]:
        print("%d records, %d valid" % (
            len(receipt["dpv:hasRecordOfActivity"]), valid))
        return 0
    need(valid == 5, "five of the six are valid: %d" % valid)
    print("%d spoiled receipts refused" % spoiled(receipt))
    if corpus():
        compare(receipt, corpus())
        print("every property of the guide's example is there")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Bad as bad:
        print(bad)
        sys.exit(1)
