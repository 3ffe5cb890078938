#!/usr/bin/env python3
"""A line that stops: pass a Unix socket on, until so many bytes went in.

  cut_line.py --listen A.sock --to B.sock --after BYTES

Says "listening" when A.sock is there, and "stopped" when BYTES bytes went
from A to B: from then on nothing passes, either way, and the connections hang
until this process is killed. At SIGTERM it says "passed N", the bytes so far.
"""
import argparse
import os
import selectors
import signal
import socket


def say(word):
    os.write(1, word.encode() + b"\n")


class Asked(Exception):
    """SIGTERM came."""


def asked(*_):
    raise Asked


def serve(listener, to, count, most):
    """Returns when the bytes are used up; count[0] is what went in."""
    sel = selectors.DefaultSelector()
    sel.register(listener, selectors.EVENT_READ)
    peer, inward = {}, set()
    while True:
        for key, _ in sel.select():
            s = key.fileobj
            if s is listener:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(to)
                peer[near], peer[far] = far, near
                inward.add(near)
                sel.register(near, selectors.EVENT_READ)
                sel.register(far, selectors.EVENT_READ)
                continue
            if s not in peer:
                continue
            left = most - count[0] if s in inward else 65536
            block = s.recv(min(65536, left))
            if not block:
                for end in (s, peer.pop(s)):
                    sel.unregister(end)
                    peer.pop(end, None)
                    end.close()
                continue
            peer[s].sendall(block)
            if s in inward:
                count[0] += len(block)
                if count[0] == most:
                    return peer


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--listen", required=True)
    ap.add_argument("--to", required=True)
    ap.add_argument("--after", type=int, required=True)
    a = ap.parse_args()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(a.listen)
    listener.listen(16)
    signal.signal(signal.SIGTERM, asked)
    count = [0]
    try:
        say("listening")
        held = serve(listener, a.to, count, a.after)
        say("stopped")
        while held is not None:
            signal.pause()
    except Asked:
        say("passed %d" % count[0])


if __name__ == "__main__":
    main()
