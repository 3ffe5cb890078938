# shellcheck shell=bash
#
# The world in which the real programs are driven: by quickstart and by every
# NN-*.sh here. To be read (".") first thing; then the script runs again inside
#
#   - a mount namespace of its own: /run is empty memory, /etc/passwd, group
#     and shadow are copies with a few people who do not exist. No account and
#     no file of the machine is touched;
#   - a network namespace of its own: sshd is on a loopback that nobody else
#     sees;
#   - a process namespace of its own: when the script ends, however it ends,
#     all that it started is gone.
#
# Root is needed for that, and namespaces: exit status 77 (skipped) without.
#
#   /run/disk      a folder of the disk, bound here so that the paths of the
#                  sockets are short; the vault is /run/disk/vault
#   /run/bin       the programs of $SCEAU_BUILD, where every uid may run them
#   /run/home/NAME the homes, and each person's keys
#   /run/work      material, logs, what the test makes
#   /run/ssh       sshd's keys and the keys it accepts, as an administrator
#                  would lay them out
#
# Everything that is waited for is a condition: a byte on a descriptor, an
# answer, a file. A command that is not expected to fail ends the script.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(realpath -m "${SCEAU_BUILD:-$TOP/build}")
MATERIAL=$TOP/tests/integration/material
VAULT=/run/disk/vault

set -euo pipefail

# --- entering ----------------------------------------------------------

skip() {
	echo "skipped: $*" >&2
	exit 77
}

if [ -z "${SCEAU_WORLD:-}" ]; then
	[ "$(id -u)" = 0 ] || skip "root is needed"
	for p in daemon/sceaud keys/sceau-keys daemon/inspect/sceau-inspect \
	    client/sceau; do
		[ -x "$BUILD/$p" ] || skip "$BUILD/$p is not built"
	done
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	ns="--mount --propagation private --net --pid --fork --kill-child"
	# shellcheck disable=SC2086
	unshare $ns --mount-proc true 2>/dev/null ||
		skip "this machine gives no namespaces"
	export SCEAU_WORLD=1 SCEAU_BUILD="$BUILD"
	# shellcheck disable=SC2086
	exec unshare $ns --mount-proc bash "$(realpath "$0")" "$@"
fi

# --- saying ------------------------------------------------------------

# Where failures are told, whatever is redirected around them.
exec 7>&2

# What a reader of the output is told; tests say little, quickstart more.
say() { printf '   %s\n' "$*"; }
ok() { printf '   ✓ %s\n' "$*"; }

fail() {
	local f i
	trap - ERR
	printf '   ✗ %s\n' "$*" >&7
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		printf '     %s:%s %s\n' "${BASH_SOURCE[i]##*/}" \
		    "${BASH_LINENO[i - 1]}" "${FUNCNAME[i]}" >&7
	done
	for f in /run/work/log/{keys,inspect,daemon}.log; do
		[ -s "$f" ] || continue
		printf -- '--- %s\n' "$f" >&7
		tail -n 15 "$f" >&7
	done
	exit 1
}

trap 'fail "« $BASH_COMMAND » a rendu $?"' ERR
trap 'exit 130' INT TERM HUP
set -E

# in_days N: so many days from today as it is in France, whatever the machine's own
# zone, the hour and the change of the clocks.
in_days() { TZ=UTC date -d "$(TZ=Europe/Paris date +%F) $1 days" +%F; }

# expect_status N COMMAND…: runs it; its exit status must be N.
expect_status() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || fail "statut $got au lieu de $want : $*"
}

# refused N CODE COMMAND…: exit status N and the stable code in the answer of
# sceau --json on standard error.
refused() {
	local want=$1 code=$2 err=/run/work/refused
	shift 2
	expect_status "$want" "$@" >/run/work/refused.out 2>$err
	grep -q -e "$code" $err /run/work/refused.out ||
		fail "le code $code manque : $(cat $err)"
}

# Wait for a condition: until COMMAND succeeds, at most 30 seconds.
wait_until() {
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "n'arrive pas : $*"
		read -r -t 0.05 _ <>/run/work/never || true
	done
}

same() {
	cmp -s "$1" "$2" || fail "$1 et $2 diffèrent"
}

# json FILE FILTER: one value, which must be there.
json() { jq -er "$2" "$1"; }

# --- people ------------------------------------------------------------

# account uid role team organisation name; "-" for none. Nobody here exists.
PEOPLE="
amelie   47001 caseworker    equipe-nord association-exemple  Amélie Exemple
bruno    47002 jurist        equipe-nord association-exemple  Bruno Fictif
claire   47003 lead          equipe-nord association-exemple  Claire Modèle
denis    47004 director      -           association-exemple  Denis Spécimen
dora     47005 dpo           -           cabinet-exemple      Dora Exemple
ada      47006 administrator -           association-exemple  Ada Fictive
yann     47007 caseworker    equipe-sud  association-exemple  Yann Modèle
caf      47011 partner       -           caf-exemple          Guichet fictif de la CAF
ccapex   47012 partner       -           ccapex-exemple       Guichet fictif de la CCAPEX
bdf      47013 partner       -           bdf-exemple          Guichet fictif de la Banque de France
"
# Accounts the vault does not know: someone of the machine, and the computers
# that staff and partners sit at.
OTHERS="quidam:47008 portable:47021 poste-caf:47022 poste-ccapex:47023
poste-bdf:47024"
DAEMONS="sceau:47101 sceau-keys:47102 sceau-inspect:47103"
APPROVERS="bruno claire denis"
PARTNERS="caf ccapex bdf"

add_account() {
	local name=$1 uid=$2 home=/run/home/$1
	echo "$name:x:$uid:$uid::$home:/bin/sh" >>/run/etc/passwd
	echo "$name:x:$uid:" >>/run/etc/group
	# No password, and not locked either: sshd refuses a locked account.
	echo "$name:*:19000:0:99999:7:::" >>/run/etc/shadow
	mkdir -p "$home/.ssh"
	chmod 0700 "$home" "$home/.ssh"
	chown -R "$uid:$uid" "$home"
}

make_accounts() {
	local f p line
	cp /etc/passwd /etc/group /run/etc/
	cp /etc/shadow /run/etc/shadow
	while read -r name uid _; do
		[ -n "$name" ] && add_account "$name" "$uid"
	done <<<"$PEOPLE"
	for p in $OTHERS $DAEMONS; do
		add_account "${p%:*}" "${p#*:}"
	done
	for f in passwd group shadow; do
		mount --bind "/run/etc/$f" "/etc/$f"
	done
}

# exec_as USER COMMAND…: this process becomes it, so that "exec_as … &" has
# the pid of the command itself in $!.
exec_as() {
	local user=$1
	shift
	exec setpriv --reuid="$user" --regid="$user" --init-groups \
	    env -i PATH=/run/bin:/usr/bin:/bin LC_ALL=C.UTF-8 \
	    HOME="/run/home/$user" USER="$user" SCEAU_DIR=$VAULT "$@"
}

# as USER COMMAND…: with that uid, that group, and nothing of ours around it.
as() { (exec_as "$@"); }

# --- the machine -------------------------------------------------------

make_world() {
	mount -t tmpfs -o mode=0755 tmpfs /run
	mkdir -p /run/etc /run/bin /run/home /run/disk /run/sshd /run/ssh \
	    /run/work/log /run/work/out
	chmod 1777 /run/work/out
	mkfifo /run/work/never
	chmod 0755 /run/sshd
	make_accounts
	install -m 0755 "$BUILD/daemon/sceaud" "$BUILD/keys/sceau-keys" \
	    "$BUILD/daemon/inspect/sceau-inspect" "$BUILD/client/sceau" \
	    /run/bin/
	# The sources may lie where others have no way in.
	cd /
	# No ip(8) needed: SIOCSIFFLAGS, IFF_UP.
	python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))'
	export PATH=/run/bin:$PATH LC_ALL=C.UTF-8 SCEAU_DIR=$VAULT
	unset LANGUAGE SSH_AUTH_SOCK SCEAU_SOCKET
}

# place_disk FOLDER: where the vault, and copies of it, lie on the disk.
place_disk() {
	mkdir -p "$1"
	mount --bind "$1" /run/disk
}

# A folder of the disk for a test; gone when the script ends.
scratch_disk() {
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/sceau-world.XXXXXX")
	trap 'rm -rf "$SCRATCH"' EXIT
	chmod 0755 "$SCRATCH"
	place_disk "$SCRATCH"
}

# --- material: keys, certificates, files ------------------------------

quiet() {
	"$@" >/run/work/quiet 2>&1 || fail "$*: $(cat /run/work/quiet)"
}

# A small authority, the signers of the test, partners' certificates.
make_certificates() {
	local d=/run/work/pki name
	mkdir -p $d /run/work/certificates
	quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
	    -nodes -days 3650 -subj "/CN=Autorité de l'exemple" -utf8 \
	    -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign,cRLSign \
	    -keyout $d/ca.key -out $d/ca.pem
	for name in menage intervenante; do
		quiet openssl req -newkey ec \
		    -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 \
		    -subj "/CN=Signature $name (exemple)" \
		    -keyout $d/$name.key -out $d/$name.csr
		printf '%s\n' basicConstraints=critical,CA:FALSE \
		    keyUsage=critical,digitalSignature,nonRepudiation \
		    >$d/$name.ext
		quiet openssl x509 -req -in $d/$name.csr -CA $d/ca.pem \
		    -CAkey $d/ca.key -CAcreateserial -days 730 \
		    -extfile $d/$name.ext -out $d/$name.pem
	done
	make_partner_certificate caf caf -newkey rsa:3072
	make_partner_certificate ccapex ccapex -newkey ec \
	    -pkeyopt ec_paramgen_curve:P-256
	make_partner_certificate bdf banque-de-france -newkey ec \
	    -pkeyopt ec_paramgen_curve:P-384
}

# The key stays with the partner; the certificate comes to the vault.
make_partner_certificate() {
	local account=$1 name=$2 home=/run/home/poste-$1
	shift 2
	quiet openssl req -x509 "$@" -nodes -days 730 -utf8 \
	    -subj "/CN=Guichet fictif $name" \
	    -keyout "$home/dechiffrement.key" -out "$home/certificat.pem"
	chown "poste-$account:" "$home/dechiffrement.key" \
	    "$home/certificat.pem"
	cp "$home/certificat.pem" "/run/work/certificates/$name.pem"
}

# make_ssh_key OWNER FILE: an Ed25519 key without passphrase.
make_ssh_key() {
	quiet as "$1" ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$2"
}

make_ssh_keys() {
	local p
	for p in $APPROVERS dora; do
		make_ssh_key "$p" "/run/home/$p/.ssh/id_ed25519"
	done
	make_ssh_key portable /run/home/portable/.ssh/amelie
	for p in $PARTNERS; do
		make_ssh_key "poste-$p" "/run/home/poste-$p/.ssh/$p"
	done
}

# key_file ACCOUNT: the public key that the rules have for it; nothing when
# there is none. A partner's, and that of Amélie, are where they sit.
key_file() {
	case $1 in
	bruno | claire | denis | dora) echo "/run/home/$1/.ssh/id_ed25519.pub" ;;
	amelie) echo /run/home/portable/.ssh/amelie.pub ;;
	caf | ccapex | bdf) echo "/run/home/poste-$1/.ssh/$1.pub" ;;
	esac
}

# key_print ACCOUNT: its fingerprint.
key_print() { ssh-keygen -lf "$(key_file "$1")" | cut -d' ' -f2; }

write_people() {
	local name uid role team org title
	echo "format = 1"
	while read -r name uid role team org title; do
		[ -n "$name" ] || continue
		printf '\nperson "%s" {\n\tuid = %s\n\tname = "%s"\n' \
		    "$name" "$uid" "$title"
		printf '\trole = %s\n\torganisation = %s\n\tstatus = active\n' \
		    "$role" "$org"
		[ "$team" = - ] || printf '\tteam = %s\n' "$team"
		case $name in
		caf | ccapex) printf '\trecipient = %s\n' "$name" ;;
		bdf) printf '\trecipient = banque-de-france\n' ;;
		esac
		[ -z "$(key_file "$name")" ] || printf '\tkeys = { "%s" }\n' \
		    "$(cat "$(key_file "$name")")"
		echo "}"
	done <<<"$PEOPLE"
}

# pdf OUT LINE [option…]: a page of French text.
pdf() {
	local out=$1 line=$2
	shift 2
	as_material "$out" "$MATERIAL/sign_pdf.py" --line "$line" "$@"
}

as_material() {
	local out=$1
	shift
	PYTHONDONTWRITEBYTECODE=1 python3 "$@" --out "$out"
	chmod 0644 "$out"
}

# signed_pdf OUT LINE SIGNER [option…]
signed_pdf() {
	local out=$1 line=$2 signer=/run/work/pki/$3
	shift 3
	pdf "$out" "$line" --key "$signer.key" --cert "$signer.pem" \
	    --chain /run/work/pki/ca.pem --cades "$@"
}

# A PDF of about N mebibytes that does not compress.
large_pdf() {
	as_material "$1" "$MATERIAL/large_pdf.py" --mebibytes "$2"
}

# --- the vault ---------------------------------------------------------

PASSPHRASE=${PASSPHRASE:-"quatre mots qui ne servent que la"}

# Everything an administrator prepares, then sceau init.
build_vault() {
	make_certificates
	make_ssh_keys
	write_people >/run/work/people.conf
	init_vault
	write_settings "$@"
}

init_vault() {
	sceau init $VAULT --passphrase-fd 3 --origin coffre.example/essai \
	    --custodian claire --custodian bruno --custodian denis \
	    --uid-daemon sceau --uid-keys sceau-keys \
	    --uid-inspect sceau-inspect \
	    --people /run/work/people.conf \
	    --rules "${RULES_FROM:-$TOP/policy/rules}" \
	    --anchors /run/work/pki/ca.pem \
	    --certificates /run/work/certificates \
	    --swap accept --scrypt-log2 14 3<<<"$PASSPHRASE" \
	    >/run/work/log/init.log 2>&1
}

# write_settings NAME=VALUE…: change vault.conf.
write_settings() {
	local s
	for s; do
		sed -i "/^${s%%=*} *=/d" $VAULT/vault.conf
		echo "${s%%=*} = ${s#*=}" >>$VAULT/vault.conf
	done
}

# --- processes ---------------------------------------------------------

declare -A PID=()

# start NAME COMMAND…: returns when it says on its --ready-fd that it serves.
# 1 when it ended instead.
start() {
	local name=$1 fifo=/run/work/ready.$1
	shift
	rm -f "$fifo"
	mkfifo "$fifo"
	"$@" --ready-fd 9 9>"$fifo" >>"/run/work/log/$name.log" 2>&1 \
	    </dev/null &
	PID[$name]=$!
	# The other end closes when the program ends: read fails then.
	if ! IFS= read -r -N 1 -t 60 _ <"$fifo"; then
		wait "${PID[$name]}" || true
		unset "PID[$name]"
		return 1
	fi
}

start_keys() { start keys sceau-keys -d $VAULT; }
start_inspect() { start inspect sceau-inspect -d $VAULT; }
start_daemon() { start daemon sceaud -d $VAULT; }

# stop NAME [SIGNAL]: and wait for its end.
stop() {
	local pid=${PID[$1]:-}
	[ -n "$pid" ] || return 0
	kill -"${2:-TERM}" "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	unset "PID[$1]"
}

# ended NAME: waits for a program that ends by itself; its exit status.
ended() {
	local got=0
	wait "${PID[$1]}" || got=$?
	unset "PID[$1]"
	return $got
}

start_all() {
	start_keys || fail "sceau-keys ne démarre pas"
	start_inspect || fail "sceau-inspect ne démarre pas"
	start_daemon || fail "sceaud ne démarre pas"
}

stop_all() {
	stop daemon
	stop inspect
	stop keys
}

# unseal [CUSTODIAN]: the daemon is open when this returns.
unseal() {
	unseal_only "$@"
	wait_until is_open
}

unseal_only() {
	as "${1:-claire}" sceau unseal --passphrase-fd 3 3<<<"$PASSPHRASE" \
	    >/run/work/out/unseal 2>&1 ||
		fail "unseal: $(cat /run/work/out/unseal)"
}

is_open() {
	as claire sceau status --json | jq -e '.sealed == false'
}

# watch_memory PID FILE: until that file is there; then the greatest sum that
# was seen, in KiB, of what is resident and private or of a file (RssAnon,
# RssFile), and of all its memfds, mapped or not, by the blocks they have.
watch_memory() {
	python3 - "$1" "$2" <<-'END'
		import os, sys, time
		pid, end = sys.argv[1], sys.argv[2]

		def resident():
		    want = ("RssAnon:", "RssFile:", "VmLck:")
		    with open(f"/proc/{pid}/status") as f:
		        got = {l.split()[0]: int(l.split()[1]) for l in f
		               if l.startswith(want)}
		    return got["RssAnon:"] + got["RssFile:"]

		def memfds():
		    total, seen = 0, set()
		    for fd in os.listdir(f"/proc/{pid}/fd"):
		        path = f"/proc/{pid}/fd/{fd}"
		        try:
		            if not os.readlink(path).startswith("/memfd:"):
		                continue
		            st = os.stat(path)
		        except OSError:
		            continue
		        if st.st_ino not in seen:
		            seen.add(st.st_ino)
		            total += st.st_blocks // 2
		    return total

		most = 0
		while True:
		    most = max(most, resident() + memfds())
		    if os.path.exists(end):
		        break
		    time.sleep(0.02)
		print(most)
	END
}

# --- ssh ---------------------------------------------------------------

SSHD_PORT=2222

# The lines that the rules ask for, as sceau writes them: staff have the
# relay and forwarded sockets, partners one command. sshd reads a file as the
# account it is for.
authorized_keys() {
	sceau policy authorized-keys --rules $VAULT/policy \
	    --program /run/bin/sceau --run $VAULT/run "$@"
}

allow_keys() {
	local name
	mkdir -p /run/ssh/authorized
	while read -r name _; do
		[ -n "$name" ] || continue
		authorized_keys "$name" >"/run/ssh/authorized/$name"
		[ -s "/run/ssh/authorized/$name" ] ||
			rm "/run/ssh/authorized/$name"
	done <<<"$PEOPLE"
}

# Debian's sshd with a configuration of its own. Forwarding is left as Debian
# has it, so that the options of the keys alone say who may what.
start_sshd() {
	quiet ssh-keygen -q -t ed25519 -N "" -f /run/ssh/host_ed25519
	printf '[127.0.0.1]:%s %s\n' $SSHD_PORT \
	    "$(cut -d' ' -f1,2 /run/ssh/host_ed25519.pub)" \
	    >/run/ssh/known_hosts
	allow_keys
	cat >/run/ssh/sshd_config <<-END
		Port $SSHD_PORT
		ListenAddress 127.0.0.1
		HostKey /run/ssh/host_ed25519
		PidFile /run/ssh/pid
		AuthorizedKeysFile /run/ssh/authorized/%u
		AuthenticationMethods publickey
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		PermitRootLogin no
		ExposeAuthInfo yes
		X11Forwarding yes
		AcceptEnv LANG LC_* SCEAU_*
		PrintMotd no
		Subsystem sftp internal-sftp
		LogLevel VERBOSE
	END
	# It leaves the foreground when it listens: no waiting.
	quiet /usr/sbin/sshd -f /run/ssh/sshd_config -E /run/work/log/sshd.log
}

# ssh_to SEAT ACCOUNT [ssh option…]: with the key of that seat; commands and
# further options follow.
ssh_to() {
	local seat=$1 account=$2 key=$2
	shift 2
	as "$seat" ssh -F /dev/null -p $SSHD_PORT -o BatchMode=yes \
	    -o IdentitiesOnly=yes -i "/run/home/$seat/.ssh/$key" \
	    -o UserKnownHostsFile=/run/ssh/known_hosts \
	    -o StrictHostKeyChecking=yes -o LogLevel=ERROR -l "$account" \
	    "$@"
}

# partner NAME VERB…: from the partner's own computer.
partner() {
	local name=$1
	shift
	ssh_to "poste-$name" "$name" 127.0.0.1 "$@"
}

# The caseworker's computer: $TUNNEL there is the vault's socket.
TUNNEL=/run/home/portable/coffre.sock
open_tunnel() {
	rm -f $TUNNEL
	# -f returns when the forwarding stands.
	ssh_to portable amelie -f -N -M -S /run/home/portable/ssh-control \
	    -o ExitOnForwardFailure=yes \
	    -L $TUNNEL:$VAULT/run/api.sock 127.0.0.1 </dev/null \
	    >/run/work/log/tunnel.log 2>&1
}

tunnel_pid() {
	ssh_to portable amelie -S /run/home/portable/ssh-control -O check \
	    127.0.0.1 2>&1 | sed -n 's/.*pid=\([0-9]*\).*/\1/p'
}

# kill -9: a line that breaks.
break_tunnel() {
	local pid
	pid=$(tunnel_pid)
	kill -9 "$pid"
	wait_until gone "$pid"
	rm -f $TUNNEL /run/home/portable/ssh-control
}

gone() { ! kill -0 "$1"; }

# from_afar ARGUMENTS…: sceau at the caseworker's computer.
from_afar() { as portable sceau --socket $TUNNEL "$@"; }

make_world
