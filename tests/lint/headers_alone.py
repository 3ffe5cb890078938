#!/usr/bin/env python3
"""Every header compiles alone, and twice: it includes what it needs and is
guarded.

usage: headers_alone.py --self-test CC…
       headers_alone.py ROOT CC…"""

import concurrent.futures
import os
import subprocess
import sys

import tree

FLAGS = [
    "-x",
    "c",
    "-fsyntax-only",
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-D_GNU_SOURCE",
    "-D_FILE_OFFSET_BITS=64",
]


def compile_alone(root, path, cc):
    text = '#include "%s"\n#include "%s"\n' % (path, path)
    banned = os.path.join(root, "base/banned.h")
    done = subprocess.run(
        cc + FLAGS + ["-I", root, "-include", banned, "-"],
        input=text,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode == 0:
        return []
    first = next((x for x in done.stderr.splitlines() if "error" in x), "")
    return ["%s: does not compile alone: %s" % (path, first)]


def check(root, cc):
    headers = tree.files(root, ".h")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda h: compile_alone(root, h, cc), headers)
        return [line for lines in found for line in lines]


SOUND = {
    "base/banned.h": "#define strcpy(x, y) sorry\n",
    "base/a.h": "#ifndef A\n#define A\n#include <stdint.h>\n"
    "struct a { uint8_t b; };\n#endif\n",
    "base/b.h": '#ifndef B\n#define B\n#include "base/a.h"\n'
    "void b(struct a a);\n#endif\n",
}

VIOLATIONS = {
    "a type from elsewhere": (
        {"keys/c.h": "#ifndef C\n#define C\nuint8_t c(void);\n#endif\n"},
        "keys/c.h",
    ),
    "no guard": (
        {"keys/c.h": "struct c { int d; };\n"},
        "keys/c.h",
    ),
    "a warning": (
        {"keys/c.h": "#ifndef C\n#define C\nvoid c(struct d *e);\n#endif\n"},
        "keys/c.h",
    ),
    "an include that is not there": (
        {"keys/c.h": '#include "keys/none.h"\n'},
        "keys/c.h",
    ),
}

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    compiler = sys.argv[2:]
    if sys.argv[1] == "--self-test":
        sys.exit(tree.prove(lambda r: check(r, compiler), SOUND, VIOLATIONS))
    sys.exit(tree.report(check(sys.argv[1], compiler), "headers_alone"))
