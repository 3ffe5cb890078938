#!/usr/bin/env python3
"""Every message of the client is translated, and nothing else is; formats
agree (msgfmt --check). With --self-test: the check sees a message that is
missing, one that is empty, one too many and a format that differs."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ENV = dict(os.environ, LC_ALL="C.UTF-8")
EXTRACT = ["xgettext", "--from-code=UTF-8", "--language=C", "-k_", "-kN_",
           "--no-location", "--no-wrap", "-o", "-"]


def run(args, **more):
    return subprocess.run(args, env=ENV, text=True, encoding="utf-8",
                          capture_output=True, check=False, **more)


def messages(po):
    """{msgid: msgstr} of PO text without plurals, obsolete ones left out."""
    found, field, entry = {}, None, {}
    for line in po.splitlines() + ['msgid ""']:
        m = re.match(r'(msgid|msgstr)? ?"(.*)"$', line)
        if not m:
            continue
        if m.group(1) == "msgid" and "msgstr" in entry:
            found[entry["msgid"]] = entry["msgstr"]
            entry = {}
        field = m.group(1) or field
        entry[field] = entry.get(field, "") + m.group(2)
    found.pop("", None)
    return found


def check(sources, po):
    used = messages(run(EXTRACT + sources).stdout)
    if not used:
        return ["no message in the sources"]
    with open(po, encoding="utf-8") as f:
        known = messages(f.read())
    found = ["not translated: " + m for m in sorted(used) if not known.get(m)]
    found += ["not in the sources: " + m for m in sorted(known)
              if m not in used]
    done = run(["msgfmt", "--check", "-o", os.devnull, po])
    if done.returncode != 0:
        found.append(done.stderr.strip())
    return found


HEAD = ('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Language: en\\n"\n"Project-Id-Version: x\\n"\n'
        '"PO-Revision-Date: x\\n"\n"Last-Translator: x\\n"\n'
        '"Language-Team: x\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n')
SOURCE = 'f(_("é %d"), N_("deux"\n " mots"));\n'
ONE = '#, c-format\nmsgid "é %d"\nmsgstr "e %d"\n\n'
TWO = 'msgid "deux mots"\nmsgstr "two words"\n\n'
FAULTS = (
    (ONE, "not translated: deux mots"),
    (ONE + 'msgid "deux mots"\nmsgstr ""\n', "not translated: deux mots"),
    (ONE + TWO + 'msgid "trois"\nmsgstr "three"\n', "not in the sources"),
    (TWO + ONE.replace("e %d", "e %s"), "format"),
)


def self_test():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        source, po = (os.path.join(folder, n) for n in ("a.c", "a.po"))
        with open(source, "w", encoding="utf-8") as f:
            f.write(SOURCE)
        for text, word in ((ONE + TWO, None),) + FAULTS:
            with open(po, "w", encoding="utf-8") as f:
                f.write(HEAD + text)
            found = "\n".join(check([source], po))
            if found if word is None else word not in found:
                print("wanted:", word, "- found:", found)
                bad += 1
    return bad


if __name__ == "__main__":
    if shutil.which("xgettext") is None or shutil.which("msgfmt") is None:
        print("gettext's programs are not installed")
        sys.exit(77)
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    root = sys.argv[1]
    problems = []
    with open(os.path.join(root, "translations/LINGUAS")) as f:
        languages = f.read().split()
    for language in languages:
        problems += check(sorted(glob.glob(root + "/client/**/*.c",
                                         recursive=True)),
                          "%s/translations/%s.po" % (root, language))
    print("\n".join(problems) or "all is translated")
    sys.exit(1 if problems else 0)
