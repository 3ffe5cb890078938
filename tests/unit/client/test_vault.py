#!/usr/bin/env python3
"""A vault's beginning with the real key agent: init makes all of it or
nothing, unseal asks no stranger, the partner's door and the relay."""

import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

SCEAU, LOCALE, AGENT, RULES = map(os.path.abspath, sys.argv[1:5])
PASS = b"une longue phrase secrete\n"
ME = pwd.getpwuid(os.getuid()).pw_name


def same(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: got %r, wanted %r" % (what, got, wanted))


class Place:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sceau-vault-")
        os.chmod(self.folder, 0o755)
        self.people("people.conf", ["lead", "jurist"])

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def people(self, name, roles, one_key=False):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write("format = 1\n")
            for i, role in enumerate(roles):
                key = self.path("key-%s-%d" % (name, 0 if one_key else i))
                if not os.path.exists(key):
                    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519",
                                    "-N", "", "-f", key], check=True)
                with open(key + ".pub", encoding="utf-8") as k:
                    f.write('person "p%d" {\nuid = %d\nname = "P"\n'
                            'role = %s\nteam = nord\norganisation = asso\n'
                            'status = active\nkeys = { "%s" }\n}\n'
                            % (i, 62001 + i, role, k.read().strip()))

    def run(self, *args, passphrase=None, env=None, stdin=b""):
        e = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LANGUAGE": "",
             "SCEAU_LOCALE_DIR": LOCALE, "HOME": self.folder,
             "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
             ":exitcode=97"}
        e.update(env or {})
        fds = ()
        if passphrase is not None:
            r, w = os.pipe()
            os.write(w, passphrase)
            os.close(w)
            args += ("--passphrase-fd", str(r))
            fds = (r,)
        done = subprocess.run([SCEAU, *args], env=e, pass_fds=fds,
                              input=stdin, capture_output=True, timeout=120,
                              cwd=self.folder, check=False)
        for fd in fds:
            os.close(fd)
        return done.returncode, done.stdout, done.stderr.decode()

    def init(self, name="coffre", *more, people="people.conf",
             passphrase=PASS, custodian=ME, scrypt="10", rules=RULES):
        args = ["init", name, "--custodian", custodian, "--rules", rules,
                "--scrypt-log2", scrypt, "--swap", "accept", *more]
        if people:
            args += ["--people", people]
        if os.getuid() == 0:
            for who in ("daemon", "keys", "inspect"):
                if not any(a.startswith("--uid-" + who) for a in more):
                    args.append("--uid-%s=%d" % (who, os.getuid()))
        return self.run(*args, passphrase=passphrase)

    def close(self):
        shutil.rmtree(self.folder)


class Agent:
    def __init__(self, place):
        r, w = os.pipe()
        self.process = subprocess.Popen(
            [AGENT, "-d", place.path("coffre"), "--ready-fd", str(w)],
            pass_fds=(w,), stderr=subprocess.DEVNULL)
        os.close(w)
        ready = os.read(r, 1)
        os.close(r)
        if not ready:
            raise AssertionError("the agent does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def init_makes_a_vault(p):
    code, out, err = p.init("coffre", "--json")
    same(code, 0, err)
    made = json.loads(out)
    same(made["custodians"], [ME])
    with open(p.path("coffre", "vault.conf"), encoding="utf-8") as f:
        same("vault = " + made["vault"] in f.read(), True)
    modes = {n: oct(os.lstat(p.path("coffre", n)).st_mode & 0o7777)
             for n in os.listdir(p.path("coffre"))}
    same(modes, {"vault.conf": "0o644", "policy": "0o755", "data": "0o700",
                 "keys": "0o700", "run": "0o1777"})
    same("une longue" in err or b"une longue" in out, False, "passphrase")
    same("people.example.conf" in os.listdir(p.path("coffre", "policy")),
         False)


def nothing_is_half_done(p):
    p.people("one.conf", ["lead", "caseworker"])
    p.people("same.conf", ["lead", "jurist"], one_key=True)
    p.people("none.conf", ["caseworker", "dpo"])
    with open(p.path("bad.conf"), "w", encoding="utf-8") as f:
        f.write("format = 1\nperson {\n")
    before = sorted(os.listdir(p.folder))
    for what, wanted, run in (
            ("no people", 7, lambda: p.init(people=None)),
            ("one approver", 7, lambda: p.init(people="one.conf")),
            ("one key for two", 7, lambda: p.init(people="same.conf")),
            ("no approver", 7, lambda: p.init(people="none.conf")),
            ("rules with errors", None, lambda: p.init(people="bad.conf")),
            ("no such people", 4, lambda: p.init(people="nowhere")),
            ("no such rules", None,
             lambda: p.init(rules="/nowhere")),
            ("no such custodian", 2, lambda: p.init(custodian="x-nobody-x")),
            ("no custodian", 2,
             lambda: p.run("init", "coffre", passphrase=PASS)),
            ("a short passphrase", 7, lambda: p.init(passphrase=b"court\n")),
            ("no passphrase", None, lambda: p.init(passphrase=b"\n")),
            ("scrypt beyond bounds", 7, lambda: p.init(scrypt="99")),
            ("a wrong size", None, lambda: p.init("coffre",
                                                  "--file-max=beaucoup")),
            ("a line of its own", 2, lambda: p.init(
                "coffre", "--origin=a\nswap = accept")),
            ("no such folder", 4, lambda: p.init("nowhere/coffre"))):
        code, out, err = run()
        if code == 0 or code > 10 or wanted not in (None, code):
            raise AssertionError("%s: %d %s" % (what, code, err))
        same(out, b"", what)
        same(sorted(os.listdir(p.folder)), before, what)


def an_existing_vault_stays(p):
    same(p.init()[0], 0)
    with open(p.path("coffre", "vault.conf"), "rb") as f:
        was = f.read()
    code, _, err = p.init()
    same(code, 5, err)
    with open(p.path("coffre", "vault.conf"), "rb") as f:
        same(f.read(), was)
    os.mkdir(p.path("other"))
    with open(p.path("other", "file"), "wb"):
        pass
    same(p.init("other")[0], 5)
    os.mkdir(p.path("empty"))
    same(p.init("empty")[0], 0)


def wrong_then_too_soon(p, env):
    """The wait is twice as long after each wrong one, up to a minute: a
    machine too slow to meet the first meets a later one."""
    for _ in range(7):
        code = 1
        while code == 1:
            code, _, err = p.run("unseal", passphrase=b"une autre\n", env=env)
        same(code, 3, err)
        same("la phrase secrète n'est pas la bonne" in err, True, err)
        code, _, err = p.run("unseal", passphrase=b"une autre\n", env=env)
        if code != 3:
            break
    same(code, 1, "at once after a wrong one: " + err)


def custodians_open_and_seal(p):
    same(p.init()[0], 0)
    env = {"SCEAU_DIR": p.path("coffre")}
    same(p.run("status", env=env)[0], 1, "nobody there")
    with Agent(p):
        status = json.loads(p.run("status", "--json", env=env)[1])
        same(status["keys"]["sealed"], True)
        same(status["keys"]["custodians"], [ME])
        wrong_then_too_soon(p, env)
        code = 1
        while code == 1:
            code, _, err = p.run("unseal", passphrase=PASS, env=env)
        same(code, 0, err)
        same(p.run("unseal", passphrase=PASS, env=env)[0], 5)
        status = json.loads(p.run("status", "--json", env=env)[1])
        same(status["keys"]["sealed"], False)
        same(p.run("seal", env=env)[0], 0)
        status = json.loads(p.run("status", "--json", env=env)[1])
        same(status["keys"]["sealed"], True)


def listen(path, kind):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path)
    s.listen(4)
    s.settimeout(20)
    return s


def a_stranger_gets_no_passphrase(p):
    """Somebody else listens where the agent should."""
    same(p.init()[0], 0)
    conf = p.path("coffre", "vault.conf")
    with open(conf, encoding="utf-8") as f:
        text = f.read()
    with open(conf, "w", encoding="utf-8") as f:
        for line in text.splitlines():
            f.write("uid-keys = 62009\n" if line.startswith("uid-keys")
                    else line + "\n")
    s = listen(p.path("coffre", "run", "unseal.sock"), socket.SOCK_SEQPACKET)
    for remove in (False, True):
        if remove:
            os.unlink(conf)
        code, _, err = p.run("unseal", passphrase=PASS,
                             env={"SCEAU_DIR": p.path("coffre")})
        same(code, 3, err)
        c, _ = s.accept()
        same(c.recv(100), b"", "what the stranger heard")
        c.close()
    s.close()


def serve_once(s, answer, heard):
    c, _ = s.accept()
    data = b""
    while b"\r\n\r\n" not in data:
        more = c.recv(65536)
        if not more:
            break
        data += more
    heard.append(data)
    c.sendall(answer)
    c.close()


def http(body, *headers, status="200 OK", kind="application/octet-stream",
         size=None):
    return ("\r\n".join(["HTTP/1.1 " + status, "Content-Type: " + kind,
                         "Content-Length: %d" % (size or len(body)),
                         "Connection: close", *headers, "", ""])).encode() \
        + body


def partner(p, command, answer):
    path = p.path("partner.sock")
    s = listen(path, socket.SOCK_STREAM)
    heard = []
    t = threading.Thread(target=serve_once, args=(s, answer, heard),
                         daemon=True)
    t.start()
    done = p.run("partner", "--socket", path,
                 env={"SSH_ORIGINAL_COMMAND": command,
                      "SCEAU_SOCKET": "/nowhere"})
    s.close()
    os.unlink(path)
    return done, heard


def a_partner_pulls_whole_and_right_or_nothing(p):
    body = os.urandom(300000)
    sha = "Sceau-Sha256: " + hashlib.sha256(body).hexdigest()
    other = "Sceau-Sha256: " + hashlib.sha256(b"x").hexdigest()
    (code, out, err), heard = partner(p, "pull abc", http(body, sha))
    same((code, out == body), (0, True), err)
    same(heard[0].split(b"\r\n")[0],
         b"GET /v1/partner/extracts/abc/content HTTP/1.1")
    for wanted, answer in ((8, http(body, other)), (8, http(body)),
                           (9, http(body[:1000], sha, size=300000)),
                           (4, http(b'{"type":"about:blank","title":"not-found",'
                                    b'"status":404,"code":"not-found"}',
                                    status="404 Not Found",
                                    kind="application/problem+json"))):
        (code, out, err), heard = partner(p, "pull abc", answer)
        same((code, out), (wanted, b""), err)
        same(err.startswith("sceau: "), True)


def a_partner_has_its_verbs_and_no_others(p):
    listing = http(b'{"extracts":[],"leaf":3}', kind="application/json")
    for command, line in (
            ("list", b"GET /v1/partner/extracts HTTP/1.1"),
            ("notices", b"GET /v1/partner/notices HTTP/1.1"),
            ("ack abc", b"POST /v1/partner/extracts/abc/ack HTTP/1.1")):
        (code, out, err), heard = partner(p, command, listing)
        same((code, json.loads(out)["leaf"]), (0, 3), err)
        same(heard[0].split(b"\r\n")[0], line)
    for command in ("", "submit x", "sh", "list x", "pull ../x", "pull a b"):
        code, out, _ = p.run("partner", "--socket", "/nowhere",
                             env={"SSH_ORIGINAL_COMMAND": command})
        same((code, out), (2, b""), command)


def the_relay_carries_both_ways(p):
    """More than any buffer holds, both ways, and each side's end."""
    path = p.path("api.sock")
    s = listen(path, socket.SOCK_STREAM)
    up = os.urandom(3000000)
    heard = []

    def serve():
        c, _ = s.accept()
        data = b""
        while True:
            more = c.recv(65536)
            if not more:
                break
            data += more
        heard.append(data)
        c.sendall(data[::-1])
        c.close()

    t = threading.Thread(target=serve, daemon=True)
    t.start()
    code, out, err = p.run("relay", "--socket", path, stdin=up)
    t.join()
    same((code, heard[0] == up, out == up[::-1]), (0, True, True), err)
    s.close()


def the_relay_ends_with_the_vault(p):
    """The input stays open: the vault's end is enough."""
    path = p.path("api.sock")
    s = listen(path, socket.SOCK_STREAM)
    child = subprocess.Popen([SCEAU, "relay", "--socket", path],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    c, _ = s.accept()
    c.sendall(b"bye")
    c.close()
    same(child.stdout.read(), b"bye")
    same(child.wait(30), 0)
    child.stdin.close()
    child.stdout.close()
    s.close()


def the_relay_says_that_nobody_is_there(p):
    code, out, err = p.run("relay", "--socket", p.path("nobody.sock"))
    same((code, out), (1, b""), err)


TESTS = (
    init_makes_a_vault,
    nothing_is_half_done,
    an_existing_vault_stays,
    custodians_open_and_seal,
    a_stranger_gets_no_passphrase,
    a_partner_pulls_whole_and_right_or_nothing,
    a_partner_has_its_verbs_and_no_others,
    the_relay_carries_both_ways,
    the_relay_ends_with_the_vault,
    the_relay_says_that_nobody_is_there,
)


def main():
    bad = 0
    for test in TESTS:
        place = Place()
        try:
            test(place)
        except Exception as e:  # a test that breaks has failed
            print("FAILED", test.__name__, repr(e))
            bad += 1
        finally:
            place.close()
    print(len(TESTS), "tests,", bad, "failed")
    sys.exit(1 if bad else 0)


main()
