#!/usr/bin/env python3
"""Say bytes to a vault's socket as they are, and print what comes back.

  talk.py SOCKET [--cut] < BYTES

Prints the statuses of the answers, one a line, then "closed" or "open". With
--cut the line is cut as soon as the bytes are sent.
"""
import re
import socket
import sys


def main():
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(3)
    sock.connect(sys.argv[1])
    said = sys.stdin.buffer.read()
    heard, end = b"", "closed"
    try:
        sock.sendall(said)
        if "--cut" in sys.argv:
            return
        while piece := sock.recv(65536):
            heard += piece
    except TimeoutError:
        end = "open"
    except (BrokenPipeError, ConnectionResetError):
        pass
    for status in re.findall(rb"HTTP/1\.1 (\d{3})", heard):
        print(status.decode())
    print(end)


if __name__ == "__main__":
    main()
