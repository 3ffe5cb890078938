#!/usr/bin/env python3
"""The manual page of sceau: the template with its commands as the program's
own help says them, so that the page cannot say something else.

usage: make_sceau.py TEMPLATE LANGUAGE LOCALE_DIR OUTPUT SCEAU"""

import os
import subprocess
import sys


def help_of(sceau, locale_dir, language, words):
    env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE=language,
               SCEAU_LOCALE_DIR=locale_dir)
    done = subprocess.run([sceau, *words, "--help"], env=env, check=True,
                          stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return unwrapped(done.stdout.splitlines())


def unwrapped(lines):
    """Lines that were too long go on at an indent: made one again."""
    out = []
    for line in lines:
        if line.startswith("   ") and out:
            out[-1] += " " + line.strip()
        else:
            out.append(line)
    return out


def escape(s):
    s = s.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\\&" + s if s.startswith(".") else s


def entry(sceau, locale_dir, language, words, about):
    lines = help_of(sceau, locale_dir, language, words)
    # The usage line: the colon before the command differs by language.
    usage = next(x for x in lines[1:] if "sceau " + " ".join(words) in x)
    usage = usage[usage.index("sceau "):]
    name = "sceau " + " ".join(words)
    rest = usage[len(name):].strip()
    return [".TP", "\\fB%s\\fR%s" % (escape(name),
                                     " " + escape(rest) if rest else ""),
            escape(about)]


def commands(sceau, locale_dir, language):
    out = []
    for line in help_of(sceau, locale_dir, language, []):
        if not line.startswith("  "):
            continue
        name, _, about = line.strip().partition("  ")
        out += entry(sceau, locale_dir, language, name.split(),
                     about.strip())
    return "\n".join(out)


def main():
    template, language, locale_dir, output, sceau = sys.argv[1:]
    with open(template, encoding="utf-8") as f:
        text = f.read()
    text = text.replace("@COMMANDS@", commands(sceau, locale_dir, language))
    with open(output, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
