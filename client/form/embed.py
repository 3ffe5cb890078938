#!/usr/bin/env python3
"""What the offline form carries with it, as C: embed.py OUT SCRIPT PAPER STYLE.

The comments of the script are for who reads the source: they stay here."""

import re
import sys


def plain(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"^\s*/\*.*?\*/\n", "", text, flags=re.S | re.M)
    assert "</script" not in text and "</style" not in text
    return text.encode("utf-8") + b"\0"


def main(out, script, paper, style):
    lines = ['#include "client/form.h"', ""]
    for name, path in (("form_script", script), ("form_paper", paper),
                       ("form_style", style)):
        body = ",".join("%d" % b for b in plain(path))
        lines.append(
            "static const unsigned char %s_bytes[] = {%s};" % (name, body))
        lines.append("const char *const %s = (const char *)%s_bytes;"
                     % (name, name))
    with open(out, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


main(*sys.argv[1:])
