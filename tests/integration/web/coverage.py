"""Is every page that the console has inspected by some journey? Counted over
all scripts of this build, by what inspect() wrote down."""

import os
import re
import sys

from line import routes

# Answers that are no pages: files that are saved, pictures, and what only
# leads to the page that is meant.
NOT_PAGES = {
    "/s/%",
    "/decider/%/%/page",
    "/decider/horloge/page",
    "/declaration/%",
    "/document/%/contenu/%/%",
    "/document/%/image/%/%",
    "/document/%/numerisation/%/page",
    "/document/%/recu/%",
    "/dossier/%/deposer/%/image/%",
    "/dossier/%/deposer/%/provenance/page",
    "/dossier/%/deposer/%/recu.txt",
    "/dossier/%/visite",
    "/formulaires/%",
    "/registre.csv",
}


def fits(pattern, path):
    return re.fullmatch(re.escape(pattern).replace("%", "[^/]+"), path)


def pattern_of(path, patterns):
    """The one that answers: what is written out goes before any id."""
    found = [p for p in patterns if fits(p, path)]
    return min(found, key=lambda p: p.count("%"), default=None)


def inspected(folder, scripts):
    """Paths of pages that answered, with the name of their inspection."""
    for script in scripts:
        with open(os.path.join(folder, script), encoding="utf-8") as f:
            for line in f:
                status, path, name = line.rstrip("\n").split(" ", 2)
                if status == "200":
                    yield path, "%s:%s" % (script, name)


def judge(patterns, pages, not_pages=NOT_PAGES):
    """Sentences: what no script inspects, and what is listed wrongly."""
    seen = {}
    for path, name in pages:
        seen.setdefault(pattern_of(path, patterns), name)
    for p in sorted(patterns - not_pages - set(seen)):
        yield "aucun script n'inspecte %s" % p
    for p in sorted(not_pages & set(seen)):
        yield "%s est une page (%s)" % (p, seen[p])
    for p in sorted(not_pages - patterns):
        yield "%s n'existe plus" % p


def self_test():
    """What is planted is found."""
    saved = {"/s/%"}
    patterns = {"/a", "/a/%", "/b", "/s/%"}
    pages = [("/a", "x"), ("/a/1", "y"), ("/b", "z")]
    assert not list(judge(patterns, pages, saved))
    assert list(judge(patterns, pages[:1], saved)) == [
        "aucun script n'inspecte /a/%", "aucun script n'inspecte /b"]
    assert list(judge(patterns, pages + [("/s/x", "w")], saved)) == [
        "/s/% est une page (w)"]
    assert list(judge(patterns - saved, pages, saved)) == ["/s/% n'existe plus"]


if __name__ == "__main__":
    self_test()
    wrong = list(judge(set(routes()), inspected(sys.argv[1], sys.argv[2:])))
    for sentence in wrong:
        print("   " + sentence)
    sys.exit(1 if wrong else 0)
