#!/usr/bin/env python3
"""The manual pages are set without a warning, and the pages of sceau have
each command that its help has.

usage: check_pages.py SCEAU PAGE..."""

import os
import shutil
import subprocess
import sys


def groff(path, device="utf8"):
    done = subprocess.run(
        ["groff", "-K", "utf8", "-t", "-man", "-ww", "-T", device,
         "-rLL=400n", path], capture_output=True, check=False,
        env=dict(os.environ, LC_ALL="C.UTF-8", GROFF_NO_SGR="1"))
    text = done.stdout.decode()
    plain = []
    for c in text:  # overstruck characters: X, backspace, X
        if c == "\b" and plain:
            plain.pop()
        else:
            plain.append(c)
    return "".join(plain), done.stderr.decode()


def commands(sceau):
    done = subprocess.run([sceau, "--help"], check=True, text=True,
                          encoding="utf-8", stdout=subprocess.PIPE)
    return ["sceau " + line.strip().partition("  ")[0]
            for line in done.stdout.splitlines()
            if line.startswith("  ") and line[2] != " "]


def main():
    if shutil.which("groff") is None:
        print("groff is not installed")
        return 77
    found, names = [], commands(sys.argv[1])
    if not names:
        found.append("the help has no command")
    for page in sys.argv[2:]:
        text, warnings = groff(page)
        found += [page + ": " + w for w in warnings.splitlines()]
        flat = text.replace("\u2010", "-").replace("\u2212", "-")
        if os.path.basename(page) == "sceau.1":
            found += ["%s: %s is missing" % (page, n) for n in names
                      if n not in flat]
        elif not os.path.basename(page).split(".")[0] in flat:
            found.append(page + ": empty")
    print("\n".join(found) or "%d pages, %d commands" % (
        len(sys.argv) - 2, len(names)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
