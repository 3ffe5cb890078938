#!/usr/bin/env python3
"""The floors of the house: which folder may include which, and which file
may use which library. A broken floor fails the build.

Includes of our own are judged one by one. Libraries are judged through
headers too: a room whose header draws one in gives it to all who include
that header."""

import functools
import os
import re

import tree

# Room -> the rooms it may include. Below daemon/ only downwards. A header in
# place of a room is its one door: the rest of that room stays closed.
MAY_ENTER = {
    "base": set(),
    "policy": {"base"},
    "keys": {"base"},
    "daemon/catalog": {"base"},
    "daemon/store": {"base", "daemon/catalog"},
    "daemon/audit": {"base", "daemon/catalog", "keys/agent.h"},
    "daemon/core": {
        "base",
        "policy",
        "daemon/catalog",
        "daemon/store",
        "daemon/audit",
        "daemon/inspect/inspect.h",
        "keys/agent.h",
    },
    "daemon/api": {"base", "policy", "daemon/core"},
    "daemon/inspect": {"base"},
    "daemon": {
        "base",
        "policy",
        "daemon/catalog",
        "daemon/store",
        "daemon/audit",
        "daemon/core",
        "daemon/api",
        "daemon/inspect/inspect.h",
        "keys/agent.h",
    },
    "client": {"base", "policy", "keys/unseal.h"},
}

# Header of a library (a name, or a folder ending in /) -> who may use it: a
# room with all below it (ending in /), the files of one folder (ending in /*)
# or a file.
LIBRARIES = {
    "openssl/": {
        "base/crypto.c",
        "keys/",
        "daemon/inspect/",
        "daemon/core/cms.c",
        "client/open_extract.c",
    },
    "sqlite3.h": {"daemon/catalog/"},
    "git2.h": {"daemon/store/"},
    "git2/": {"daemon/store/"},
    "zlib.h": {
        "daemon/store/",
        "daemon/inspect/container_inflate.c",
        "daemon/inspect/pdf_read.c",
    },
    "microhttpd.h": {"base/httpd.c"},
    "magic.h": {"daemon/inspect/"},
    "confuse.h": {"policy/"},
    "seccomp.h": {"base/sandbox.c"},
    "curl/": {"client/http.c"},
    "jansson.h": {
        "daemon/core/",
        "daemon/api/",
        "daemon/audit/",
        "daemon/*",
        "daemon/inspect/check_json.c",
        "client/",
    },
}

# The C library and the kernel, for everyone.
SYSTEM_FOLDERS = ("sys/", "linux/", "netinet/", "arpa/", "net/")
SYSTEM = set(
    """assert complex ctype errno fenv float inttypes iso646 limits locale
    math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint stdio
    stdlib stdnoreturn string tgmath threads time uchar wchar wctype
    aio cpio dirent dlfcn endian fcntl fnmatch fts ftw getopt glob grp iconv
    ifaddrs langinfo libgen libintl malloc mqueue netdb nl_types paths poll
    pthread pty pwd regex sched search semaphore spawn strings syslog tar
    termios ucontext ulimit unistd utime utmp utmpx wordexp byteswap elf link
    execinfo""".split()
)

PROGRAMS = ("policy", "keys", "daemon", "client")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)


def room_of(path):
    folder = os.path.dirname(path)
    while folder and folder not in MAY_ENTER:
        folder = os.path.dirname(folder)
    return folder


@functools.lru_cache(maxsize=None)
def includes(root, path):
    """(line, own or not, name) of each include of a file."""
    text = tree.uncommented(tree.read(root, path) or "")
    return [
        (tree.line_of(text, m.start()), m.group(1) == '"', m.group(2))
        for m in INCLUDE.finditer(text)
    ]


def may_enter(room, name):
    there = room_of(name)
    return there == room or there in MAY_ENTER[room] or name in MAY_ENTER[room]


def library_of(name):
    for library in LIBRARIES:
        if name == library or library[-1] == "/" and name.startswith(library):
            return library
    return None


def is_system(name):
    return name.startswith(SYSTEM_FOLDERS) or (
        name.endswith(".h") and name[:-2] in SYSTEM
    )


def may_use(path, library):
    users = LIBRARIES[library]
    if path in users or os.path.dirname(path) + "/*" in users:
        return True
    return any(u[-1] == "/" and path.startswith(u) for u in users)


def drawn_in(root, path, seen=None):
    """The libraries that path includes, itself or through our headers."""
    seen = set() if seen is None else seen
    if path in seen or not os.path.exists(os.path.join(root, path)):
        return set()
    seen.add(path)
    found = set()
    for _, own, name in includes(root, path):
        if own:
            found |= drawn_in(root, name, seen)
        elif library_of(name):
            found.add(library_of(name))
    return found


def check_file(root, path):
    room = room_of(path)
    for line, own, name in includes(root, path):
        where = "%s:%d: " % (path, line)
        if own and not os.path.exists(os.path.join(root, name)):
            yield where + '"%s" is not a path from the top' % name
        elif own and not may_enter(room, name):
            yield where + "%s may not enter %s" % (room, name)
        elif own:
            for library in sorted(drawn_in(root, name)):
                if not may_use(path, library):
                    yield where + "%s draws in <%s>" % (name, library)
        elif library_of(name):
            if not may_use(path, library_of(name)):
                yield where + "<%s> has no place here" % name
        elif not is_system(name):
            yield where + "<%s> is of no library that we know" % name


def check(root):
    found = []
    for path in tree.files(root, ".c", ".h"):
        if path.startswith("tests/"):
            continue
        if room_of(path) == "":
            found.append("%s: in no room" % path)
            continue
        found += check_file(root, path)
    for program in PROGRAMS:
        if not os.path.exists(os.path.join(root, program, "DESIGN.md")):
            found.append(program + "/DESIGN.md: missing")
    return found


SOUND = {
    "policy/DESIGN.md": "x\n",
    "keys/DESIGN.md": "x\n",
    "daemon/DESIGN.md": "x\n",
    "client/DESIGN.md": "x\n",
    "base/err.h": "#include <stdio.h>\n",
    "base/crypto.c": '#include "base/err.h"\n#include <openssl/evp.h>\n',
    "base/sandbox.c": "#include <seccomp.h>\n#include <sys/prctl.h>\n",
    "policy/policy.h": '#include "base/err.h"\n',
    "policy/parse.c": "#include <confuse.h>\n",
    "keys/agent.h": '#include "base/err.h"\n',
    "keys/keystore.h": '#include "base/err.h"\n',
    "daemon/catalog/catalog.h": '#include "base/err.h"\n',
    "daemon/catalog/conn.h": "#include <sqlite3.h>\n",
    "daemon/catalog/conn.c": '#include "daemon/catalog/conn.h"\n',
    "daemon/store/store.h": '#include "daemon/catalog/catalog.h"\n',
    "daemon/store/store.c": "#include <git2/sys/odb_backend.h>\n",
    "daemon/audit/audit.h": '#include "daemon/catalog/catalog.h"\n',
    "daemon/inspect/inspect.h": '#include "base/err.h"\n',
    "daemon/inspect/worker.h": "#include <magic.h>\n",
    "daemon/core/core.h": '#include "keys/agent.h"\n'
    '#include "policy/policy.h"\n#include "daemon/inspect/inspect.h"\n',
    "daemon/core/cms.c": "#include <openssl/cms.h>\n",
    "base/httpd.h": "#include <stddef.h>\n",
    "daemon/api/api.c": '#include "daemon/core/core.h"\n'
    '#include "base/httpd.h"\n#include <jansson.h>\n',
    "daemon/main.c": '#include "daemon/core/core.h"\n#include <jansson.h>\n',
    "client/main.c": '#include "policy/policy.h"\n/* #include <zlib.h> */\n',
    "tests/unit/anything.c": "#include <sqlite3.h>\n#include <cmocka.h>\n",
}

VIOLATIONS = {
    "base looks up": (
        {"base/err.h": '#include "policy/policy.h"\n'},
        "base may not enter",
    ),
    "policy takes the clock of the daemon": (
        {"policy/parse.c": '#include "daemon/core/core.h"\n'},
        "may not enter daemon/core",
    ),
    "catalog looks up": (
        {"daemon/catalog/conn.c": '#include "daemon/store/store.h"\n'},
        "daemon/catalog may not enter",
    ),
    "audit looks sideways": (
        {"daemon/audit/audit.h": '#include "daemon/store/store.h"\n'},
        "daemon/audit may not enter",
    ),
    "api reaches the catalog": (
        {"daemon/api/api.c": '#include "daemon/catalog/catalog.h"\n'},
        "daemon/api may not enter",
    ),
    "api reaches the store": (
        {"daemon/api/api.c": '#include "daemon/store/store.h"\n'},
        "daemon/api may not enter",
    ),
    "api reaches the keys": (
        {"daemon/api/api.c": '#  include "keys/agent.h"\n'},
        "daemon/api may not enter",
    ),
    "core passes the agent's door": (
        {"daemon/core/core.h": '#include "keys/keystore.h"\n'},
        "may not enter keys/keystore.h",
    ),
    "core passes the inspector's door": (
        {"daemon/core/core.h": '#include "daemon/inspect/worker.h"\n'},
        "may not enter daemon/inspect/worker.h",
    ),
    "keys know the daemon": (
        {"keys/keystore.h": '#include "daemon/catalog/catalog.h"\n'},
        "keys may not enter",
    ),
    "client knows the daemon": (
        {"client/main.c": '#include "daemon/core/core.h"\n'},
        "client may not enter",
    ),
    "a second file with OpenSSL": (
        {"base/seal.c": "#include <openssl/evp.h>\n"},
        "<openssl/evp.h>",
    ),
    "OpenSSL in another file of core": (
        {"daemon/core/case.c": "#include <openssl/cms.h>\n"},
        "<openssl/cms.h>",
    ),
    "sqlite outside the catalog": (
        {"daemon/core/case.c": "#include <sqlite3.h>\n"},
        "<sqlite3.h>",
    ),
    "sqlite through a header": (
        {"daemon/core/case.c": '#include "daemon/catalog/conn.h"\n'},
        "draws in <sqlite3.h>",
    ),
    "sqlite through two headers": (
        {
            "daemon/store/more.h": '#include "daemon/catalog/conn.h"\n',
            "daemon/core/case.c": '#include "daemon/store/more.h"\n',
        },
        "case.c:1: daemon/store/more.h draws in",
    ),
    "git outside the store": (
        {"daemon/core/case.c": "#include <git2.h>\n"},
        "<git2.h>",
    ),
    "curl outside its file": (
        {"client/main.c": "#include <curl/curl.h>\n"},
        "<curl/curl.h>",
    ),
    "JSON in the vocabulary": (
        {"base/err.h": "#include <jansson.h>\n"},
        "<jansson.h>",
    ),
    "a library nobody chose": (
        {"client/main.c": "#include <glib.h>\n"},
        "no library that we know",
    ),
    "an include from nearby": (
        {"client/main.c": '#include "cli.h"\n'},
        "not a path from the top",
    ),
    "a file in no room": ({"stray.c": "\n"}, "in no room"),
    "a program without its DESIGN.md": (
        {"keys/DESIGN.md": None},
        "keys/DESIGN.md: missing",
    ),
    "the charter's libraries are not the catalog's": (
        {"daemon/catalog/conn.c": "#include <jansson.h>\n"},
        "<jansson.h>",
    ),
}


if __name__ == "__main__":
    tree.run("floors", check, SOUND, VIOLATIONS)
