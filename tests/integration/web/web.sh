# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
#
# The console in a real browser: to be read after lib.sh, in its world.
#
#   web_console NAME      "sceau web" of that person, in their own uid, and
#                         from the desk (the account "portable") an ssh that
#                         forwards a port to their socket; after start_sshd
#   web_break, web_line   that line cut, and laid again
#   web_drive SCRIPT.py   the journeys: Python, with browser.py beside it
#
# scene.sh makes a vault with something on every desk.
#
# The desk is no one that the vault knows: an account of another computer with
# Chromium, Debian's ssh and people's keys. Python itself is run by root, so
# that a journey may also ask the vault what became of what was clicked.
#
# Chromium, its driver and Selenium are in tests/packages-web.txt; axe-core is
# put into $BUILD/web by web/axe.sh, or lies where SCEAU_AXE says.

WEB=$TOP/tests/integration/web
SEAT=/run/home/portable
SHOTS=${SCEAU_SHOTS:-$BUILD/screenshots}
# What this script inspects, a line each, for 99-web-pages.sh.
INSPECTED=$BUILD/web-inspected/$(basename "$0" .sh)

# Debian's own Python: Selenium is a package of its.
web_python() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$WEB /usr/bin/python3 "$@"
}

web_needs() {
	local p
	for p in chromium chromedriver; do
		[ -x /usr/bin/$p ] || skip "$p is not installed"
	done
	web_python -c 'import selenium' 2>/dev/null ||
		skip "python3-selenium is not installed"
}

axe_file() {
	local f
	for f in "${SCEAU_AXE:-}" "$BUILD/web" "$BUILD/../web"; do
		f=$f/node_modules/axe-core/axe.min.js
		[ -s "$f" ] && echo "$f" && return 0
	done
	return 0
}

# The desk's disk is memory too: all that the browser leaves can be searched.
make_desk() {
	rm -f "$SHOTS"/echec-*.png "$INSPECTED"
	mkdir -p "${INSPECTED%/*}"
	mkdir -p $SEAT/tmp $SEAT/telechargements
	chown portable: $SEAT/tmp $SEAT/telechargements
	# Where the shared memory of a run that was killed would stay.
	case ${TMPDIR:-} in
	/dev/shm*) ;;
	*) mount -t tmpfs -o mode=1777 tmpfs /dev/shm ;;
	esac
	mkdir -p "$SHOTS"
}

declare -A WEB_PORT=()

web_uid() { id -u "$1"; }

# desk_key NAME: their key, at the desk.
desk_key() {
	local key=$SEAT/.ssh/$1 from
	from=$(key_file "$1")
	[ -f "$key" ] || install -m 0600 -o portable -g portable \
	    "${from%.pub}" "$key"
}

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

web_socket() { echo "$VAULT/run/web/$(web_uid "$1").sock"; }

# web_console NAME [option…]: their console, and the line of their desk to it.
web_console() {
	local name=$1
	shift
	desk_key "$name"
	WEB_PORT[$name]=$(free_port)
	web_serve "$name" "$@"
	web_line "$name"
}

# web_serve NAME [option…]: "sceau web" as them, on their socket.
web_serve() {
	local name=$1 socket
	shift
	socket=$(web_socket "$name")
	exec_as "$name" sceau web "$@" >>"/run/work/log/web-$name.log" 2>&1 \
	    </dev/null &
	PID[web-$name]=$!
	wait_until test -S "$socket"
}

# Stock ssh from the desk; -f returns when the forwarding stands.
web_line() {
	ssh_to portable "$1" -f -N -M -S "$SEAT/web-$1" \
	    -o ExitOnForwardFailure=yes \
	    -L "127.0.0.1:${WEB_PORT[$1]}:$(web_socket "$1")" 127.0.0.1 \
	    </dev/null >"/run/work/log/web-line-$1.log" 2>&1
}

# A line that breaks.
web_break() {
	local pid
	pid=$(ssh_to portable "$1" -S "$SEAT/web-$1" -O check 127.0.0.1 2>&1 |
		sed -n 's/.*pid=\([0-9]*\).*/\1/p')
	kill -9 "$pid"
	wait_until gone "$pid"
	rm -f "$SEAT/web-$1"
}

# web_drive SCRIPT [argument…]: what Python asks of the shell ("shell" in
# browser.py) is run here, so that it has the functions of lib.sh and the
# programs it started. A command that fails ends the test, as anywhere.
web_drive() {
	local ask=/run/work/ask answer=/run/work/answer line driver got=0 p
	local ports=
	rm -f $ask $answer
	mkfifo $ask $answer
	for p in "${!WEB_PORT[@]}"; do ports+="$p=${WEB_PORT[$p]} "; done
	{ SCEAU_WEB_PORTS=$ports SCEAU_WEB_SHOTS=$SHOTS \
	    SCEAU_WEB_INSPECTED=$INSPECTED \
	    SCEAU_WEB_AXE=$(axe_file) SCEAU_WEB_SEAT=$SEAT \
	    web_python "$@" 3>$ask 4<$answer || exit $?; } &
	driver=$!
	exec 5<$ask 6>$answer
	while IFS= read -r line <&5; do
		eval "$line" >/run/work/shell 2>&1 5<&- 6>&- ||
			fail "$line : $(cat /run/work/shell)"
		echo 'done' >&6
	done
	exec 5<&- 6>&-
	wait $driver || got=$?
	[ $got = 0 ] || fail "${1##*/} a rendu $got"
}

web_needs
make_desk
