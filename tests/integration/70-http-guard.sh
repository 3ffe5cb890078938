#!/bin/bash
# Goal: bytes that two readers of HTTP would understand in two ways are
# refused by the real daemon, for a caller of another uid; the request behind
# them never runs; the refusal is in the log; and the daemon goes on.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

W=/run/work/out
OPENING='{"stage":"amont","source":"ccapex"}'
SMUGGLED="POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: ${#OPENING}\r\n\r\n$OPENING"

cases() { as amelie sceau --json case list | jq '.cases | length'; }

refused_by_form() {
	as dora sceau --json audit log --limit 100 |
		jq '[.entries[] | select(.detail.code == "http-form")] | length'
}

# talk USER BYTES [option]: as printf writes them.
talk() {
	local user=$1 bytes=$2
	shift 2
	# shellcheck disable=SC2059
	printf "$bytes" | as "$user" python3 /run/bin/talk.py \
	    $VAULT/run/api.sock "$@"
}

# guarded NAME HEAD: refused once, closed, one leaf, nothing behind it ran.
guarded() {
	local name=$1 head=$2 mark got open
	mark=$(refused_by_form)
	open=$(cases)
	got=$(talk amelie "$head$SMUGGLED" | tr '\n' ' ')
	[ "$got" = "400 closed " ] || fail "$name : $got"
	[ "$(cases)" = "$open" ] || fail "$name : la demande cachée a couru"
	[ "$(refused_by_form)" = $((mark + 1)) ] ||
		fail "$name : pas d'inscription"
	ok "$name"
}

# libmicrohttpd refuses this one itself, in HTML, before it asks us: no leaf.
without_host() {
	local got open
	open=$(cases)
	got=$(talk amelie "GET /v1/cases HTTP/1.1\r\n\r\n$SMUGGLED" |
		sort -u | tr '\n' ' ')
	[ "$got" = "400 closed " ] || fail "sans hôte : $got"
	[ "$(cases)" = "$open" ] || fail "la demande cachée a couru"
	ok "sans hôte"
}

try_forms() {
	local post="POST /v1/cases HTTP/1.1\r\nHost: x\r\n"
	guarded "longueur et morceaux" \
	    "${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	guarded "morceaux et longueur" \
	    "${post}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"
	guarded "deux longueurs" \
	    "${post}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"
	guarded "encodage inconnu" \
	    "${post}Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"
	guarded "blanc devant les deux-points" \
	    "${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
	without_host
	guarded "deux hôtes" "GET /v1/cases HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"
	guarded "NUL" "GET /v1/cases%%00 HTTP/1.1\r\nHost: x\r\n\r\n"
	guarded "NUL nu" "GET /v1/ca\\000ses HTTP/1.1\r\nHost: x\r\n\r\n"
	guarded "origine d'ailleurs" \
	    "GET /v1/cases HTTP/1.1\r\nHost: x\r\nOrigin: http://a.example\r\n\r\n"
	guarded "page d'ailleurs" \
	    "GET /v1/cases HTTP/1.1\r\nHost: x\r\nReferer: http://a.example\r\n\r\n"
}

# A body over the limit: 413, and nobody's memory.
try_large_body() {
	local got
	got=$({
		printf 'POST /v1/cases HTTP/1.1\r\nHost: x\r\n'
		printf 'Connection: close\r\nContent-Length: 1048577\r\n\r\n'
		head -c 1048577 /dev/zero | tr '\0' ' '
	} | as amelie python3 /run/bin/talk.py $VAULT/run/api.sock |
		tr '\n' ' ')
	[ "$got" = "413 closed " ] || fail "corps trop long : $got"
	ok "un corps de plus d'un mébioctet : 413"
}

# A request that is cut never runs.
try_cut() {
	local open
	open=$(cases)
	talk amelie "POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n$OPENING" --cut
	talk amelie "POST /v1/cases HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n$OPENING\r\n" --cut
	[ "$(cases)" = "$open" ] || fail "une demande coupée a couru"
	ok "une demande coupée ne court jamais"
}

# Somebody whom the vault does not know takes all connections they may have:
# the others go on.
try_many() {
	as quidam python3 - $VAULT/run/api.sock <<-'END' >$W/many
		import socket, sys
		ask = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"
		held, refused = [], 0
		for _ in range(150):
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		    s.settimeout(20)
		    s.connect(sys.argv[1])
		    s.sendall(ask)
		    refused += b" 429 " in s.recv(200)
		    held.append(s)
		t = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		print(refused)
	END
	[ "$(cat $W/many)" = 54 ] || fail "refusées : $(cat $W/many) sur 150"
	as amelie sceau case list >/run/work/quiet
	ok "les connexions d'un compte sont comptées : 96, pas une de plus"
}

scratch_disk
build_vault
start_all
unseal
install -m 0755 "$MATERIAL/talk.py" /run/bin/talk.py
as amelie sceau --json case open --stage amont --source ccapex >$W/case.json
try_forms
try_large_body
try_cut
try_many
kill -0 "${PID[daemon]}" || fail "sceaud est tombé"
