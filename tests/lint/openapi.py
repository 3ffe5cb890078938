#!/usr/bin/env python3
"""daemon/api/openapi.yaml says what the tables of routes do: every path,
method and door, the members of every body, the codes of problems, both ways.
And it is sound in itself: its references lead somewhere, the parameters of a
path are told, no operation has another's name.

Reads the part of YAML that the file is written in: block maps and lists, flow
maps and lists in one line, scalars, "|" texts. Anything else is an error."""

import os
import re

import tree

YAML = "daemon/api/openapi.yaml"
API = "daemon/api"

# --- YAML ---------------------------------------------------------------


class Bad(Exception):
    pass


def strip_comment(line):
    out, quoted = [], False
    for i, c in enumerate(line):
        if c == '"':
            quoted = not quoted
        if c == "#" and not quoted and (i == 0 or line[i - 1] == " "):
            break
        out.append(c)
    return "".join(out).rstrip()


class Flow:
    """One line's value: a scalar, [a, b] or {a: b}."""

    def __init__(self, text, where):
        self.s, self.at, self.where = text, 0, where

    def fail(self, what):
        raise Bad("%s: %s: %r" % (self.where, what, self.s))

    def space(self):
        while self.at < len(self.s) and self.s[self.at] == " ":
            self.at += 1

    def take(self, c):
        self.space()
        if self.s[self.at : self.at + 1] != c:
            return False
        self.at += 1
        return True

    def next_or_end(self, end):
        if not self.take(",") and self.s[self.at : self.at + 1] != end:
            self.fail("%s is missing" % end)

    def scalar(self, ends):
        self.space()
        if self.take('"'):
            end = self.s.find('"', self.at)
            if end < 0:
                self.fail("open string")
            value, self.at = self.s[self.at : end], end + 1
            return value
        begin = self.at
        while self.at < len(self.s) and self.s[self.at] not in ends:
            if self.s.startswith(": ", self.at) and ":" in ends:
                break
            self.at += 1
        value = self.s[begin : self.at].strip()
        if value == "" or value[0] in "&*!>%@`'":
            self.fail("not in the part of YAML we read")
        return value

    def value(self, ends=""):
        if self.take("{"):
            found = {}
            while not self.take("}"):
                name = self.scalar("{}[],:")
                if not self.take(":"):
                    self.fail("a name without a value")
                if name in found:
                    self.fail("%s twice" % name)
                found[name] = self.value("{}[],")
                self.next_or_end("}")
            return found
        if self.take("["):
            found = []
            while not self.take("]"):
                found.append(self.value("{}[],"))
                self.next_or_end("]")
            return found
        return self.scalar(ends)

    def whole(self):
        found = self.value()
        self.space()
        if self.at != len(self.s):
            self.fail("more than one value")
        return found


class Yaml:
    NAME = re.compile(r'("[^"]*"|[^\s"{}\[\],#&*!|>%@`\'-][^\s:]*):(?: (.*))?$')

    def __init__(self, text):
        self.lines = []
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line:
                raise Bad("%s:%d: a tab" % (YAML, number))
            self.lines.append((number, line))
        self.at = 0

    def where(self):
        return "%s:%d" % (YAML, self.lines[self.at][0])

    def peek(self):
        """Indentation and text of the next line that says something."""
        while self.at < len(self.lines):
            line = strip_comment(self.lines[self.at][1])
            if line.strip():
                return len(line) - len(line.lstrip()), line.strip()
            self.at += 1
        return -1, ""

    def literal(self, indent):
        out = []
        while self.at < len(self.lines):
            line = self.lines[self.at][1]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            out.append(line.strip())
            self.at += 1
        return "\n".join(out)

    def after(self, text, indent):
        """The value of a name, the rest of whose line is text."""
        where = self.where()
        self.at += 1
        if text == "|":
            return self.literal(indent)
        if text:
            return Flow(text, where).whole()
        deeper, _ = self.peek()
        if deeper <= indent:
            raise Bad("%s: a name without a value" % where)
        return self.block(deeper)

    def block(self, indent):
        _, text = self.peek()
        return self.list(indent) if text.startswith("- ") else self.map(indent)

    def list(self, indent):
        found = []
        while True:
            at, text = self.peek()
            if at != indent or not text.startswith("- "):
                break
            rest = text[2:]
            if self.NAME.match(rest):
                # A map whose first line stands after the dash.
                number, line = self.lines[self.at]
                line = line.replace("- ", "  ", 1)
                self.lines[self.at] = (number, line)
                found.append(self.map(indent + 2))
            else:
                found.append(Flow(rest, self.where()).whole())
                self.at += 1
        if at > indent:
            raise Bad("%s: indentation" % self.where())
        return found

    def map(self, indent):
        found = {}
        while True:
            at, text = self.peek()
            if at != indent:
                break
            m = self.NAME.match(text)
            if not m:
                raise Bad("%s: not a name: %r" % (self.where(), text))
            name = m.group(1).strip('"')
            if name in found:
                raise Bad("%s: %s twice" % (self.where(), name))
            found[name] = self.after(m.group(2) or "", indent)
        if at > indent:
            raise Bad("%s: indentation" % self.where())
        return found

    def document(self):
        indent, _ = self.peek()
        found = self.map(indent) if indent == 0 else None
        if found is None or self.peek()[0] >= 0:
            raise Bad("%s: not one map" % YAML)
        return found


# --- the tables of routes -------------------------------------------------

ROW = re.compile(
    r'\{\s*"([A-Z]+)"\s*,\s*"(/[^"]*)"\s*,\s*API_DOOR_(\w+)\s*,\s*\w+\s*,'
    r"\s*\w+\s*,\s*(\w+)\s*,?\s*\}"
)
ROWS = re.compile(r"\bconst struct route \w+\[\] = \{(.*?)\n\};", re.S)
BEGINS = re.compile(r'\{\s*"[A-Z]+"')
MEMBERS = re.compile(
    r"static const char \*const (\w+)\[\] = \{([^}]*)\}", re.S
)
# The upload's body does not go through the table.
UPLOAD = re.compile(
    r'API_DOOR_(\w+)\s*&&\s*strcmp\(rq->method, "([A-Z]+)"\) == 0.*?'
    r'pattern_matches\(\s*"(/[^"]*)"',
    re.S,
)


def routes(root):
    """{(path, method): (door, members or None, file)}, and what is wrong."""
    found, wrong = {}, []
    for path in tree.files(root, ".c"):
        if os.path.dirname(path) != API:
            continue
        text = tree.uncommented(tree.read(root, path))
        members = {
            name: re.findall(r'"(!?\w+)"', body)
            for name, body in MEMBERS.findall(text)
        }
        for table in ROWS.findall(text):
            rows = ROW.findall(table)
            if len(rows) != len(BEGINS.findall(table)):
                wrong.append("%s: a row that this lint cannot read" % path)
            for method, where, door, body in rows:
                known = None if body == "NULL" else members.get(body)
                if body != "NULL" and known is None:
                    wrong.append("%s: members %s not found" % (path, body))
                found[(where, method.lower())] = (door.lower(), known, path)
        for door, method, where in UPLOAD.findall(text):
            found[(where, method.lower())] = (door.lower(), None, path)
    if not found:
        wrong.append(API + ": no routes")
    return found, wrong


# --- codes ------------------------------------------------------------------

NAMED = re.compile(r'\[ERR_(\w+)\] = \{ "([a-z-]+)"')
TAG = re.compile(
    r'\berr_tag\(\s*[^,"]+,\s*[^,"]+,\s*((?:[^"(,]|\([^)]*\))*"[^,]*),'
)
DENY = re.compile(r"\bdeny\(([^;]*?)\);", re.S)
STUCK = re.compile(r'\{ "[a-z]+", "(extract-[a-z]+)" \}')
NOT_HTTP = ("ok", "usage")


def literals(text):
    return re.findall(r'"([a-z][a-z0-9-]*)"', text)


def codes_given(root):
    """Codes that api and core answer with, and {every literal anywhere}."""
    given, literal = set(), set()
    for path in tree.files(root, ".c"):
        room = path.split("/")[0]
        if room not in ("base", "policy", "daemon", "keys"):
            continue
        text = tree.uncommented(tree.read(root, path))
        literal.update(literals(text))
        if os.path.dirname(path) in (API, "daemon/core"):
            for m in TAG.finditer(text):
                given.update(literals(m.group(1).split("?", 1)[-1]))
            given.update(STUCK.findall(text))
        if path in ("policy/authorize.c", "policy/disclose.c"):
            for m in DENY.finditer(text):
                words = m.group(1).split(",")
                given.update(w for x in words[1:3] for w in literals(x))
        if path == "base/err.c":
            given.update(n for _, n in NAMED.findall(text) if n not in NOT_HTTP)
    return given, literal


# --- comparing ----------------------------------------------------------------


def resolve(doc, node):
    """What a node means: itself, or what its $ref names."""
    for _ in range(8):
        if not isinstance(node, dict) or "$ref" not in node:
            return node
        target = doc
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        if target is None:
            return None
        node = target
    return None


def each_ref(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from each_ref(value)
    elif isinstance(node, list):
        for value in node:
            yield from each_ref(value)


def check_soundness(doc):
    for ref in set(each_ref(doc)):
        if resolve(doc, {"$ref": ref}) is None:
            yield "%s: %s leads nowhere" % (YAML, ref)
    refs = set(each_ref(doc))
    for room, parts in doc.get("components", {}).items():
        for name in parts:
            if "#/components/%s/%s" % (room, name) not in refs:
                yield "%s: %s %s is not used" % (YAML, room, name)
    for name, schema in doc.get("components", {}).get("schemas", {}).items():
        for member in schema.get("required", []):
            if member not in schema.get("properties", {}):
                yield "%s: %s asks for %s, unknown" % (YAML, name, member)


def body_of(doc, op):
    """The schema of the JSON body, or None."""
    content = op.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    return resolve(doc, content["application/json"].get("schema", {}))


def check_body(doc, op, members, name):
    schema = body_of(doc, op)
    if members is None:
        if schema is not None:
            yield "%s: has no JSON body" % name
        return
    if schema is None:
        yield "%s: its JSON body is not told" % name
        return
    told = set(schema.get("properties", {}))
    known = {m.lstrip("!") for m in members}
    for m in sorted(known - told):
        yield "%s: member %s is not told" % (name, m)
    for m in sorted(told - known):
        yield "%s: member %s does not exist" % (name, m)
    asked = {m[1:] for m in members if m.startswith("!")}
    if asked != set(schema.get("required", [])):
        yield "%s: required members are %s" % (name, sorted(asked))
    if schema.get("additionalProperties") != "false":
        yield "%s: other members are refused: say so" % name


def check_operation(doc, path, op, name):
    told = [resolve(doc, p) or {} for p in op.get("parameters", [])]
    told = {p.get("name") for p in told if p.get("in") == "path"}
    if told != set(re.findall(r"\{(\w+)\}", path)):
        yield "%s: parameters of the path: %s told" % (name, sorted(told))
    if "default" not in op.get("responses", {}):
        yield "%s: no answer for a refusal" % name


def check_routes(doc, table):
    told, ids = {}, {}
    for path, methods in doc.get("paths", {}).items():
        for method, op in methods.items():
            told[(path, method)] = op
    for path, method in sorted(set(table) - set(told)):
        home = table[(path, method)][2]
        yield "%s %s of %s is not told" % (method.upper(), path, home)
    for (path, method), op in told.items():
        name = "%s: %s %s" % (YAML, method.upper(), path)
        if (path, method) not in table:
            yield "%s: no such route" % name
            continue
        door, members, _ = table[(path, method)]
        if op.get("x-door") != door:
            yield "%s: its door is %s" % (name, door)
        if ids.setdefault(op.get("operationId"), name) != name:
            yield "%s: operationId is another's" % name
        yield from check_body(doc, op, members, name)
        yield from check_operation(doc, path, op, name)


def check_codes(doc, root):
    schemas = doc.get("components", {}).get("schemas", {})
    told = schemas.get("Code", {}).get("enum", [])
    given, literal = codes_given(root)
    for code in sorted(given - set(told)):
        yield "%s: code %s is not told" % (YAML, code)
    for code in told:
        if code not in literal:
            yield "%s: code %s does not exist" % (YAML, code)
        if told.count(code) > 1:
            yield "%s: code %s twice" % (YAML, code)


def check(root):
    table, found = routes(root)
    try:
        doc = Yaml(tree.read(root, YAML)).document()
    except (Bad, OSError) as e:
        return found + [str(e)]
    found += check_routes(doc, table)
    found += check_soundness(doc)
    found += check_codes(doc, root)
    return found


# --- the lint's own test --------------------------------------------------------

TABLE = """/* { "GET", "/v1/not", API_DOOR_STAFF, 0, f, NULL } */
static const char *const giving[] = { "!who", "why",
	NULL };
const struct route routes_a[] = {
	{ "GET", "/v1/a/{id}", API_DOOR_STAFF, LEAF_A,
	    a_get, NULL },
	{ "POST", "/v1/a", API_DOOR_PARTNER, 0, a_post, giving },
	{ 0 },
};
void f(void) { return err_tag(e, ERR_X, x ? "yes" : "no", "text"); }
"""

CORE = 'int f(void) { return err_tag(e, ERR_X, "gone", "it is %s", "so"); }\n'

OPEN = """openapi: 3.1.0
info:
  description: |
    text: of # any - kind

    more
paths:
  /v1/a/{id}:
    get:
      operationId: getA
      x-door: staff
      parameters:
        - { name: id, in: path, schema: { $ref: "#/components/schemas/Id" } }
      responses:
        default: { description: "a: b, c" }
  /v1/a:
    post:
      operationId: postA # a comment
      x-door: partner
      requestBody:
        content:
          application/json:
            schema:
              additionalProperties: false
              required: [who]
              properties:
                who: { type: [string, "null"] }
                why: {}
      responses:
        default: {}
  /v1/up/{id}:
    put:
      operationId: putUp
      x-door: staff
      parameters:
        - name: id
          in: path
      responses:
        default: {}
components:
  schemas:
    Id: { type: string }
    Code:
      enum:
        # those of the table
        - invalid
        - gone
        - "yes"
        - "no"
  unused: {}
"""

SOUND = {
    "daemon/api/routes_a.c": TABLE,
    "daemon/api/api.c": "int f(void) { return rq->door == API_DOOR_STAFF && "
    'strcmp(rq->method, "PUT") == 0 && strlen(p) < 3 &&\n'
    '\tpattern_matches(\n\t"/v1/up/{id}", p); }\n',
    "daemon/core/a.c": CORE,
    "base/err.c": '[ERR_OK] = { "ok", 200, 0 },\n'
    '[ERR_INVALID] = { "invalid", 400, 7 },\n',
    YAML: OPEN.replace("  unused: {}\n", "").replace(
        "default: {}\n  /v1/up",
        'default: { x: { $ref: "#/components/schemas/Code" } }\n  /v1/up',
    ),
}


def changed(path, old, new):
    assert old in SOUND[path], old
    return {path: SOUND[path].replace(old, new)}


VIOLATIONS = {
    "a route that is not told": (
        changed(
            "daemon/api/routes_a.c",
            "\t{ 0 },",
            '\t{ "GET", "/v1/b", API_DOOR_STAFF, 0, b, NULL },\n\t{ 0 },',
        ),
        "GET /v1/b of",
    ),
    "a method that is not told": (
        changed("daemon/api/routes_a.c", '"GET"', '"PATCH"'),
        "PATCH /v1/a/{id} of",
    ),
    "a route that is not there": (
        changed(YAML, "  /v1/a:\n", "  /v1/c:\n"),
        "POST /v1/c: no such route",
    ),
    "a method that is not there": (
        changed(YAML, "    get:", "    delete:"),
        "DELETE /v1/a/{id}: no such route",
    ),
    "the upload that is not told": (
        changed(YAML, "/v1/up/{id}", "/v1/down/{id}"),
        "PUT /v1/up/{id} of",
    ),
    "a row of another form": (
        changed("daemon/api/routes_a.c", "LEAF_A,", "LEAF_A | 1,"),
        "cannot read",
    ),
    "another door": (
        changed(YAML, "x-door: partner", "x-door: staff"),
        "its door is partner",
    ),
    "a member that is not told": (
        changed("daemon/api/routes_a.c", '"why"', '"why", "when"'),
        "member when is not told",
    ),
    "a member that is not there": (
        changed("daemon/api/routes_a.c", '"why",', ""),
        "member why does not exist",
    ),
    "a member that must be there": (
        changed("daemon/api/routes_a.c", '"!who"', '"who"'),
        "required members are []",
    ),
    "a body where there is none": (
        changed("daemon/api/routes_a.c", "a_post, giving", "a_post, NULL"),
        "has no JSON body",
    ),
    "a body that is not told": (
        changed("daemon/api/routes_a.c", "a_get, NULL", "a_get, giving"),
        "its JSON body is not told",
    ),
    "other members accepted": (
        changed(YAML, "additionalProperties: false", "type: object"),
        "other members are refused",
    ),
    "a parameter of the path": (
        changed(YAML, "name: id, in: path", "name: it, in: path"),
        "parameters of the path",
    ),
    "no refusal": (
        changed(YAML, 'default: { description: "a: b, c" }', '"200": {}'),
        "no answer for a refusal",
    ),
    "one name for two": (
        changed(YAML, "operationId: putUp", "operationId: getA"),
        "operationId is another's",
    ),
    "a reference to nothing": (
        changed(YAML, "schemas/Id", "schemas/Idd"),
        "leads nowhere",
    ),
    "what nobody uses": (
        changed(YAML, "    Code:", "    Odd: { type: string }\n    Code:"),
        "Odd is not used",
    ),
    "a code that is not told": (
        changed("daemon/core/a.c", '"gone"', '"lost"'),
        "code lost is not told",
    ),
    "a code of a condition": (
        changed("daemon/api/routes_a.c", ': "no"', ': "never"'),
        "code never is not told",
    ),
    "a code that is not there": (
        changed(YAML, "- gone", "- gone\n        - odd"),
        "code odd does not exist",
    ),
    "a code of the table": (
        changed("base/err.c", '{ "invalid"', '{ "wrong"'),
        "code wrong is not told",
    ),
    "a name twice": (
        changed(YAML, "  /v1/a:\n", "  /v1/a/{id}:\n"),
        "twice",
    ),
    "a line moved in": (
        changed(YAML, "      x-door: partner", "        x-door: partner"),
        YAML,
    ),
    "a tab": (changed(YAML, "    get:", "\tget:"), "a tab"),
    "a map that does not end": (
        changed(YAML, "{ type: string }", "{ type: string"),
        YAML,
    ),
    "no file": ({YAML: None}, YAML),
}

if __name__ == "__main__":
    tree.run("openapi", check, SOUND, VIOLATIONS)
