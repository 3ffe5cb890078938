#!/usr/bin/env python3
"""The console's static files as a table of C: embed.py OUT FILE…"""

import os
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def main(out, files):
    lines = ['#include "client/web/web.h"', ""]
    rows = []
    for i, path in enumerate(sorted(files)):
        with open(path, "rb") as f:
            data = f.read()
        body = ",".join(str(b) for b in data)
        lines.append("static const unsigned char file%d[] = {%s};" % (i, body))
        kind = TYPES[os.path.splitext(path)[1]]
        rows.append(
            '\t{ "%s", "%s", file%d, sizeof(file%d) },'
            % (os.path.basename(path), kind, i, i)
        )
    lines += ["", "const struct web_static web_statics[] = {"]
    lines += rows + ["\t{ 0 },", "};", ""]
    with open(out, "w", encoding="ascii") as f:
        f.write("\n".join(lines))


main(sys.argv[1], sys.argv[2:])
