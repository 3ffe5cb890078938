#!/usr/bin/env python3
"""Every tag that a refusal may carry, and every code, has its sentence in
client/messages.c; no sentence is there twice, none is for a tag that nobody
gives.

usage: check_messages.py --self-test | ROOT"""

import os
import re
import sys
import tempfile

ROOMS = ("base", "daemon", "keys", "policy", "client")
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')

# err_tag with a variable: where its values are.
TABLES = (
    ("daemon/core/register.c", re.compile(r'\{ "[a-z]+", "(extract-[a-z]+)" \}')),
    ("daemon/core/register.c", re.compile(r'\*tag = "([a-z-]+)"')),
    ("daemon/core/notice.c", re.compile(r'\{ "[a-z]+", "(notice-[a-z]+)" \}')),
    ("daemon/core/notice.c", re.compile(r'\*tag = "([a-z-]+)"')),
    (
        "daemon/core/submission.c",
        re.compile(r'\{ "[a-z]+", "(submission-[a-z]+)" \}'),
    ),
    ("daemon/core/submission.c", re.compile(r'\*tag = "([a-z-]+)"')),
    ("daemon/core/event.c", re.compile(r'"([a-z]+-date)"')),
    ("daemon/core/closing.c", re.compile(r'"([a-z]+-date)"')),
    ("daemon/core/happened.c", re.compile(r'"([a-z]+-date)"')),
    ("daemon/core/objection.c", re.compile(r'"([a-z]+-date)"')),
    ("daemon/core/refusal.c", re.compile(r'"([a-z]+-date)"')),
    ("daemon/core/visa.c", re.compile(r'"([a-z]+-date)"')),
    ("policy/disclose.c", re.compile(r'deny\(\w+, \w+, "([a-z-]+)"')),
    ("policy/authorize.c", re.compile(r'deny\([^;]*?\);')),
    ("daemon/core/csv.c", re.compile(r'"(csv-[a-z]+)"')),
)


def arguments(text, at):
    """The arguments of a call whose parenthesis is just before at."""
    found, depth, begin = [], 0, at
    while at < len(text):
        m = STRING.match(text, at)
        if m:
            at = m.end()
            continue
        c = text[at]
        if c in "([{":
            depth += 1
        elif c in ")]}" and depth > 0:
            depth -= 1
        elif c == ")" or c == "," and depth == 0:
            found.append(text[begin:at])
            begin = at + 1
            if c == ")":
                break
        at += 1
    return found


def literals(expression):
    """The strings that an expression may be: of a condition, its results."""
    if "?" in STRING.sub("", expression):
        plain = STRING.sub(lambda m: m.group().replace("?", "."), expression)
        expression = expression[plain.index("?") :]
    return STRING.findall(expression)


def sources(root):
    for room in ROOMS:
        for folder, _, leaves in os.walk(os.path.join(root, room)):
            for leaf in sorted(leaves):
                if leaf.endswith(".c"):
                    path = os.path.join(folder, leaf)
                    with open(path, encoding="utf-8") as f:
                        yield os.path.relpath(path, root), f.read()


def given(root):
    """{tag: where it is given}"""
    tags = {}
    for path, text in sources(root):
        for m in re.finditer(r"\berr_tag\(", text):
            args = arguments(text, m.end())
            for tag in literals(args[2]) if len(args) > 3 else []:
                tags.setdefault(tag, path)
        for name, pattern in TABLES:
            if name != path:
                continue
            for m in pattern.finditer(text):
                found = m.groups() or literals(arguments(
                    m.group(), m.group().index("(") + 1)[-1])
                for tag in found:
                    tags.setdefault(tag, path)
        if path == "base/err.c":
            for m in re.finditer(r'\[ERR_\w+\] = \{ "([a-z-]+)"', text):
                tags.setdefault(m.group(1), path)
    tags.pop("ok", None)
    return tags


def sentences(root):
    path = os.path.join(root, "client/messages.c")
    with open(path, encoding="utf-8") as f:
        return re.findall(r'\{ "([a-z0-9-]+)",\s*N_\("', f.read())


def check(root):
    tags, known = given(root), sentences(root)
    found = ["%s: no sentence for %s" % (tags[t], t)
             for t in sorted(tags) if t not in known]
    found += ["client/messages.c: %s is there twice" % t
              for t in sorted(set(known)) if known.count(t) > 1]
    found += ["client/messages.c: nobody gives %s" % t
              for t in sorted(known) if t not in tags]
    return found


SOUND = {
    "base/err.c": '\t[ERR_OK] = { "ok", 200 },\n'
                  '\t[ERR_DENIED] = { "denied", 403 },\n',
    "daemon/core/register.c": '\t{ "erased", "extract-erased" },\n'
                              '\tconst char *tag = "extract-state";\n',
    "policy/disclose.c": 'deny(d, NULL, "stage",\n"Nothing.");\n',
    "policy/authorize.c": 'deny(d, a->name, x == NULL ? "one" : "two");\n',
    "keys/a.c": 'err_tag(e, f(1, "x"), strcmp(a, "no") ? "yes" : "cut", "t");',
    "client/messages.c": "".join(
        '{ "%s", N_("…") },\n' % t
        for t in ("denied", "extract-erased", "extract-state", "stage",
                  "one", "two", "yes", "cut")),
}
FAULTS = (
    ("keys/b.c", 'err_tag(e, ERR_X, "new", "(%s)", ")");', "for new"),
    ("client/messages.c", '{ "unused", N_("…") },', "nobody gives unused"),
    ("client/messages.c", SOUND["client/messages.c"] * 2, "twice"),
    ("base/err.c", SOUND["base/err.c"] + '[ERR_IO] = { "io", 1 }', "for io"),
    ("policy/authorize.c", 'deny(d, NULL, "other");', "for other"),
    ("policy/disclose.c", 'deny(d, r, "why",\n"x");', "for why"),
)


def plant(root, files):
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


def self_test():
    bad = 0
    for path, text, word in ((None, None, None),) + FAULTS:
        with tempfile.TemporaryDirectory() as root:
            plant(root, SOUND)
            if path is not None:
                plant(root, {path: text})
            found = check(root)
        if path is None and found:
            print("sound tree refused:", found)
            bad += 1
        if path is not None and not any(word in line for line in found):
            print("not caught:", word, "- reported:", found)
            bad += 1
    return bad


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    problems = check(sys.argv[1])
    print("\n".join(problems) or "all is said")
    sys.exit(1 if problems else 0)
