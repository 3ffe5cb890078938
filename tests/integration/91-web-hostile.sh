#!/bin/bash
#
# Goal: the console is the door of one person alone. A forged host, origin,
# cookie or token gets neither page nor change; another account reaches
# nobody's socket; a code lets in once and is not guessed; a session ends by
# itself; strange paths and strange HTTP get nothing; and words that would
# hurt a page are shown as they are on every page that links lead to.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"
# shellcheck disable=SC2089,SC2090
MARK='<xss-probe a="1">"'"'"' data-xss-probe=1 x="><img src=x onerror=probe()>'
# shellcheck disable=SC2090
export MARK
# shellcheck source=tests/integration/web/scene.sh
. "$TOP/tests/integration/web/scene.sh"

FAKETIME=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$FAKETIME" ] || skip "faketime is not installed"

# knock NAME CURL-ARGUMENT…: of that account, to the socket of Amélie; the
# status, 000 when there is no answer.
knock() {
	local name=$1
	shift
	as "$name" curl -s -o $OUT/body -w '%{http_code}' --max-time 20 \
	    --unix-socket "$(web_socket amelie)" "$@" || true
}

# --- whose socket ----------------------------------------------------------

other_people() {
	local name
	web_serve denis
	for name in yann claire denis dora ada quidam caf sceau; do
		[ "$(knock $name http://localhost/)" = 000 ] ||
			fail "$name est à la prise d'Amélie"
	done
	[ "$(knock root http://localhost/)" = 403 ] ||
		fail "l'administrateur de la machine est entré"
	# Her key leads to hers, and to nobody else's, whatever its mode.
	chmod 0666 "$(web_socket denis)"
	rm -f $SEAT/other.sock
	ssh_to portable amelie -f -N -M -S $SEAT/other-control \
	    -L "$SEAT/other.sock:$(web_socket denis)" 127.0.0.1 </dev/null \
	    >$OUT/got 2>&1
	! as portable curl -s --max-time 10 --unix-socket $SEAT/other.sock \
	    http://localhost/ >$OUT/got 2>&1 ||
		fail "la clé d'Amélie mène à la console de Denis"
	grep -q "denied" /run/work/log/sshd.log || fail "sshd n'a pas refusé"
	[ "$(as amelie curl -s -o $OUT/body -w '%{http_code}' \
	    --unix-socket "$(web_socket denis)" http://localhost/)" = 403 ] ||
		fail "une prise mal protégée laisse entrer un autre compte"
	stop web-denis
	ok "une console par compte : ni un collègue, ni root, ni une autre clé"
}

# --- a session that nobody uses ----------------------------------------------

ends_by_itself() {
	local at=$OUT/clock jar=$OUT/jar-idle
	echo "+0" >$at
	exec_as amelie env LD_PRELOAD="$FAKETIME" FAKETIME_NO_CACHE=1 \
	    FAKETIME_TIMESTAMP_FILE=$at FAKETIME_DONT_FAKE_MONOTONIC=0 \
	    sceau web --idle 30 >>/run/work/log/web-idle.log 2>&1 </dev/null &
	PID[web-idle]=$!
	wait_until test -S "$(web_socket amelie)"
	ask() { knock amelie -b $jar "$@" http://localhost/; }
	[ "$(ask -c $jar)" = 200 ] || fail "$(cat $OUT/body)"
	echo "+29m" >$at
	[ "$(ask)" = 200 ] || fail "finie trop tôt"
	echo "+58m" >$at
	[ "$(ask)" = 200 ] || fail "une demande ne l'a pas prolongée"
	echo "+89m" >$at
	[ "$(ask)" = 303 ] || fail "une session de 31 minutes sans demande"
	stop web-idle
	ok "une session que rien ne demande se ferme"
}

# --- a port of this machine, and its code --------------------------------------

code_shown() {
	sed -n 's/.* : \([0-9a-z-]*\)$/\1/p' /run/work/log/web-port.log | tail -n 1
}

# try_code CODE [argument…]: the status.
try_code() {
	local code=$1
	shift
	curl -s -o $OUT/body -D $OUT/head -w '%{http_code}' --max-time 20 \
	    -H "Origin: $AT" -d "code=$code" "$@" "$AT/entree"
}

guessed_code() {
	local n code
	exec_as amelie sceau web --loopback >/run/work/log/web-port.log 2>&1 \
	    </dev/null &
	PID[web-port]=$!
	wait_until grep -q "localhost:" /run/work/log/web-port.log
	AT=http://127.0.0.1:$(sed -n 's|.*localhost:\([0-9]*\)/.*|\1|p' \
	    /run/work/log/web-port.log)
	curl -s -o $OUT/body "$AT/entree"
	wait_until grep -q " : [0-9a-z-]*$" /run/work/log/web-port.log
	code=$(code_shown)
	for n in "$AT/?code=$code" "$AT/entree?code=$code" "$AT/$code"; do
		! curl -s -D - -o /dev/null "$n" | grep -qi '^set-cookie' ||
			fail "un code dans une adresse : $n"
	done
	for n in "" 1 "${code%?}" "${code}a" "${code%?}_"; do
		[ "$(try_code "$n")" = 403 ] || fail "un autre code est entré"
	done
	! grep -qi '^set-cookie' $OUT/head || fail "refusé, avec un cookie"
	[ "$(try_code "$code")" = 403 ] || fail "après cinq essais, le même code"
	curl -s -o $OUT/body "$AT/entree"
	wait_until other_code "$code"
	code=$(code_shown)
	[ "$(try_code "$(tr 'a-z-' 'A-Z ' <<<"$code")" -c $OUT/jar)" = 303 ] ||
		fail "le code, en capitales et en groupes, n'entre pas"
	[ "$(try_code "$code")" = 403 ] || fail "un code a servi deux fois"
	stop web-port
	! grep -q "$(awk '/sceau/ {print $7}' $OUT/jar)" \
	    /run/work/log/web-port.log || fail "le cookie est au journal"
	ok "un code ne se devine pas, ne va pas dans une adresse, sert une fois"
}

other_code() { [ "$(code_shown)" != "$1" ]; }

make_scene
start_sshd
ends_by_itself
web_console amelie
other_people
guessed_code
export TOP CASE CONTRACT PHOTOS EXTRACT ERASURE REQUEST
web_drive "$WEB/hostile.py"
web_drive "$WEB/intruder.py"
