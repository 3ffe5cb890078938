"""A vault that says what a test tells it to: HTTP on a Unix socket, each
answer given by the test."""

import http.server
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading

ASAN = "exitcode=97"  # told apart from every status of ours


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away is none of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "test"

    def log_message(self, *_):
        pass

    def serve(self):
        self.server.vault.requests.append(
            (self.command, self.path, self.headers))
        self.length = int(self.headers.get("Content-Length") or 0)
        self.server.vault.answer(self)

    do_GET = do_POST = do_PUT = serve

    # --- what answers are made of ---

    def body(self):
        return self.rfile.read(self.length)

    def json_body(self):
        return json.loads(self.body())

    def give(self, status, body, kind="application/json", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        size = headers.pop("size", len(body))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if size != len(body):
            self.cut()

    def problem(self, status, code, title=None, **more):
        p = {"type": "about:blank", "status": status, "code": code,
             "detail": "some detail"}
        p.update({"title": title or code} if status != 404 else {}, **more)
        self.give(status, p, "application/problem+json")

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(2)


class Vault:
    def __init__(self, sceau, locale_dir):
        self.sceau, self.locale_dir = sceau, locale_dir
        self.folder = tempfile.TemporaryDirectory(prefix="sceau-client-")
        self.path = os.path.join(self.folder.name, "api.sock")
        self.server = Server(self.path, Handler)
        self.server.vault = self
        self.answer, self.requests = None, []
        threading.Thread(target=self.server.serve_forever, args=(0.01,),
                         daemon=True).start()

    def file(self, name, content=None):
        path = os.path.join(self.folder.name, name)
        if content is not None:
            with open(path, "wb") as f:
                f.write(content)
        return path

    def run(self, *args, answer=None, language="", **more):
        """(exit status, standard output, standard error) of one command."""
        if answer is not None:
            self.answer = answer
        self.requests.clear()
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
               "LANGUAGE": language, "SCEAU_SOCKET": self.path,
               "SCEAU_LOCALE_DIR": self.locale_dir, "TZ": "UTC",
               "HOME": self.folder.name, "ASAN_OPTIONS": ASAN}
        env.update(more.pop("env", {}))
        done = subprocess.run([self.sceau, *args], env=env, timeout=60,
                              capture_output=True, check=False,
                              **{"stdin": subprocess.DEVNULL, **more})
        return (done.returncode, done.stdout.decode(),
                done.stderr.decode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()


def main(tests):
    """Run the functions of tests, each with a vault of its own."""
    sceau, locale_dir = sys.argv[1:3]
    bad = 0
    for test in tests:
        vault = Vault(sceau, locale_dir)
        try:
            test(vault)
        except Exception as e:  # a test that breaks has failed
            print("FAILED", test.__name__, repr(e))
            bad += 1
        finally:
            vault.close()
    print(len(tests), "tests,", bad, "failed")
    sys.exit(1 if bad else 0)


def same(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: got %r, wanted %r" % (what, got, wanted))


def within(word, text):
    if word not in text:
        raise AssertionError("%r is not in %r" % (word, text))
