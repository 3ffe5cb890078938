#!/usr/bin/env python3
"""The form of every C file is what clang-format makes of it with the
.clang-format of the tree. Versions differ in details: the one of Debian 12
(14) decides, with another the check is left out."""

import os
import re
import shutil
import subprocess
import sys

import tree

VERSION = "14"
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


def clang_format():
    for name in ("clang-format-" + VERSION, "clang-format"):
        path = shutil.which(name)
        if path is None:
            continue
        done = subprocess.run(
            [path, "--version"], text=True, capture_output=True, check=False
        )
        m = re.search(r"version (\d+)", done.stdout)
        if m and m.group(1) == VERSION:
            return path
    return None


def check(root):
    tool = clang_format()
    paths = tree.files(root, ".c", ".h")
    if not paths:
        return []
    done = subprocess.run(
        [tool, "--style=file", "--dry-run", "-Werror"] + paths,
        cwd=root,
        text=True,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode == 0:
        return []
    count = {}
    for m in re.finditer(r"^(\S+?):(\d+):\d+: error:", done.stderr, re.M):
        count.setdefault(m.group(1), []).append(m.group(2))
    found = [
        "%s:%s: not as clang-format has it (%d places); run: clang-format -i %s"
        % (path, lines[0], len(lines), path)
        for path, lines in sorted(count.items())
    ]
    return found or [done.stderr]


def sound():
    style = tree.read(TOP, ".clang-format")
    return {
        ".clang-format": style,
        "base/a.c": "int\nf(int a)\n{\n\treturn a;\n}\n",
    }


VIOLATIONS = {
    "spaces for a tab": (
        {"base/b.c": "int\nf(int a)\n{\n        return a;\n}\n"},
        "base/b.c:",
    ),
    "a type on the line of its name": (
        {"keys/b.c": "int f(int a)\n{\n\treturn a;\n}\n"},
        "keys/b.c:",
    ),
    "a long line": (
        {"base/b.h": "int %s(int a, int b);\n" % ("f" * 70)},
        "base/b.h:",
    ),
}

if __name__ == "__main__":
    if clang_format() is None:
        print("clang-format", VERSION, "is not installed")
        sys.exit(tree.SKIP)
    tree.run("format", check, sound(), VIOLATIONS)
