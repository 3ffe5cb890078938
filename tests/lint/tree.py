"""What the lints share: the files of the source tree, C without its comments,
and a way to plant a violation in a small tree of its own."""

import os
import re
import sys
import tempfile

ROOMS = ("base", "policy", "keys", "daemon", "client", "tests")

SKIP = 77  # meson's exit status for a test that could not be run


def files(root, *ends):
    """Paths of the tree's files with these endings, relative to root."""
    found = []
    for room in ROOMS:
        for folder, names, leaves in os.walk(os.path.join(root, room)):
            names[:] = [n for n in names if n != "__pycache__"]
            for leaf in leaves:
                if not ends or leaf.endswith(ends):
                    path = os.path.join(folder, leaf)
                    found.append(os.path.relpath(path, root))
    for leaf in os.listdir(root):
        path = os.path.join(root, leaf)
        if os.path.isfile(path) and (not ends or leaf.endswith(ends)):
            found.append(leaf)
    return sorted(found)


def read(root, path):
    """The text of a file, or None when it is not text."""
    try:
        with open(os.path.join(root, path), encoding="utf-8") as f:
            return f.read()
    except UnicodeDecodeError:
        return None


TOKEN = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.S | re.X,
)


def bare(text):
    """C text with its comments and strings blanked; lines keep their
    number."""

    def blank(m):
        return re.sub(r"[^\n]", " ", m.group())

    return TOKEN.sub(blank, text)


def uncommented(text):
    """C text with its comments blanked, its strings left."""

    def blank(m):
        if m.group()[0] == "/":
            return re.sub(r"[^\n]", " ", m.group())
        return m.group()

    return TOKEN.sub(blank, text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def plant(root, tree):
    """Write {path: text} under root; without a text, remove."""
    for path, text in tree.items():
        full = os.path.join(root, path)
        if text is None:
            os.remove(full)
            continue
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


def prove(check, sound, violations):
    """Run check(root) on a sound tree, which must pass, and on the same tree
    with each violation planted: {what: ({path: text}, word in the report)}.
    Returns the exit status."""
    bad = 0
    with tempfile.TemporaryDirectory() as root:
        plant(root, sound)
        for line in check(root):
            print("sound tree refused:", line)
            bad += 1
    for what, (tree, word) in violations.items():
        with tempfile.TemporaryDirectory() as root:
            plant(root, sound)
            plant(root, tree)
            found = check(root)
            if not any(word in line for line in found):
                print("not caught:", what, "- reported:", found)
                bad += 1
    print(len(violations), "violations planted,", bad, "faults of the lint")
    return 1 if bad else 0


def report(found, name):
    """Print what was found and give the exit status."""
    for line in found:
        print(line)
    print(name + ":", len(found), "found" if found else "found: all is well")
    return 1 if found else 0


def run(name, check, sound, violations):
    """The main of a lint: NAME.py [--self-test] ROOT."""
    if sys.argv[1:2] == ["--self-test"]:
        sys.exit(prove(check, sound, violations))
    if len(sys.argv) != 2:
        sys.exit("usage: %s [--self-test | ROOT]" % sys.argv[0])
    sys.exit(report(check(sys.argv[1]), name))
