#!/usr/bin/env python3
"""No banned function (base/banned.h lists them), no way around the ban, no
path of a developer's machine, no word of unfinished work."""

import re

import tree

HOME = "base/banned.h"

# Not macros in banned.h: no argument list is safe.
NEVER = ["gets", "alloca", "tempnam", "vfork"]

# Joined here, so that this file passes its own check.
WORDS = ["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]
PATHS = ["/wo" + "rk/", "/tmp/bu" + "ild", "/ro" + "ot/."]

UNFINISHED = re.compile(r"\b(?:%s)\b" % "|".join(WORDS))
DEVELOPER = re.compile(
    r"(?<![\w.$})*-])(?:%s)" % "|".join(re.escape(p) for p in PATHS)
)


def banned_names(root):
    text = tree.read(root, HOME)
    names = re.findall(r"^#define\s+(\w+)\([^)]*\)\s+BANNED\(", text, re.M)
    return sorted(set(names) | set(NEVER))


def check_code(path, text, names):
    code = tree.bare(text)
    word = "(?:%s)" % "|".join(names)
    call = re.compile(r"\b(?:__builtin_)?(%s)\s*\(" % word)
    around = re.compile(r"#\s*(?:undef|define)\s+%s\b" % word)
    for m in call.finditer(code):
        line = tree.line_of(code, m.start())
        yield "%s:%d: %s is banned" % (path, line, m.group(1))
    for m in around.finditer(code):
        line = tree.line_of(code, m.start())
        yield "%s:%d: a way around the ban" % (path, line)


def check_text(path, text):
    for m in UNFINISHED.finditer(text):
        line = tree.line_of(text, m.start())
        yield "%s:%d: unfinished: %s" % (path, line, m.group())
    for m in DEVELOPER.finditer(text):
        line = tree.line_of(text, m.start())
        yield "%s:%d: a developer's path: %s" % (path, line, m.group())


def check(root):
    names = banned_names(root)
    found = [] if len(names) > len(NEVER) else [HOME + ": bans nothing"]
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is None:
            continue
        found += check_text(path, text)
        if path.endswith((".c", ".h")) and path != HOME:
            found += check_code(path, text, names)
    return found


SOUND = {
    HOME: "#undef strcpy\n#define strcpy(x, y) BANNED(strcpy)\n"
    "#define rand() BANNED(rand)\n",
    "base/a.c": "/* strcpy(a, b) is banned */\nint brand(int);\n"
    'char *s = "strcpy(a, b)", t[] = "/tmp/a-XXXXXX";\n'
    "int strand(void) { return brand(1); }\n",
    "tests/a.sh": 'cd "$dir/work/x"\n',
}

VIOLATIONS = {
    "a banned call": ({"base/b.c": "void f() { strcpy(a, b); }\n"}, "strcpy"),
    "with a space": ({"base/b.c": "x = rand ();\n"}, "rand is banned"),
    "as a builtin": ({"base/b.c": "__builtin_strcpy(a, b);\n"}, "strcpy"),
    "one that no macro bans": ({"base/b.h": "p = alloca(3);\n"}, "alloca"),
    "the ban lifted": ({"base/b.c": "# undef strcpy\n"}, "around the ban"),
    "after a string with a comment in it": (
        {"base/b.c": 'f("/*"); strcpy(a, b); g("*/");\n'},
        "strcpy",
    ),
    "a ban without names": ({HOME: "\n"}, "bans nothing"),
    "a developer's path": (
        {"tests/b.py": 'open("%smain/x")\n' % PATHS[0]},
        "developer",
    ),
    "a build folder": ({"README.md": "cd %s-x\n" % PATHS[1]}, "developer"),
    "unfinished": ({"base/b.c": "/* %s: later */\n" % WORDS[0]}, "unfinished"),
    "unfinished text": ({"README.md": "%s\n" % WORDS[1]}, "unfinished"),
}

if __name__ == "__main__":
    tree.run("banned", check, SOUND, VIOLATIONS)
