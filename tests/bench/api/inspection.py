#!/usr/bin/env python3
"""What inspecting a signed PDF of 200 KiB costs a filing.

  inspection.py BENCH-API INSPECT-STUB [--clients 64] [--rounds 2]

Filings a second through the whole vault, with the real sceau-inspect (type,
place of the signature, revisions, verification) and with one that looks at
nothing, in turns. The ratio is what counts: at most 2.0.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "integration" / "material"))
import sign_pdf  # noqa: E402


def signed(folder):
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-keyout", key, "-out", cert, "-subj",
                    "/CN=Essai", "-days", "30"], check=True,
                   stderr=subprocess.DEVNULL)
    lines = ["Article %d : %s" % (i, "x" * 60) for i in range(2200)]
    data = sign_pdf.sign("Contrat", lines, key, cert)
    path = folder / "signed.pdf"
    path.write_bytes(data)
    return path, len(data)


def filings(bench, clients, body, extra):
    done = subprocess.run([bench, "--clients", str(clients), "--body",
                           str(body)] + extra, stdout=subprocess.PIPE,
                          check=True, text=True)
    for line in done.stdout.splitlines():
        cells = line.split()
        if len(cells) > 4 and cells[1] == "api":
            return float(cells[3])
    raise SystemExit("no figure in " + done.stdout)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("bench")
    ap.add_argument("stub")
    ap.add_argument("--clients", type=int, default=64)
    ap.add_argument("--rounds", type=int, default=2)
    args = ap.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sceau-bench-"))
    stub = str(pathlib.Path(args.stub).resolve())
    total = {"with": 0.0, "without": 0.0}
    try:
        body, size = signed(folder)
        for _ in range(args.rounds):
            for name, extra in (("with", []),
                                ("without", ["--inspect", stub])):
                got = filings(args.bench, args.clients, body, extra)
                print("%-8s %8.0f filings/s" % (name, got), flush=True)
                total[name] += got
    finally:
        shutil.rmtree(folder)
    print("%d KiB signed, %d clients: ratio %.2f" % (
        size >> 10, args.clients, total["without"] / total["with"]))


if __name__ == "__main__":
    main()
