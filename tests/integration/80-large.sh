#!/bin/bash
# Goal: a large file is filed and read back, the same bytes, in constant
# memory: what sceaud holds (resident, and shared memory that is nobody's
# resident set: memfds) stays under 64 MiB + inspect-max over its idle state.
# 128 MiB here; SCEAU_SLOW=1: 1 GiB.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

W=/run/disk/large
MIB=128
[ -z "${SCEAU_SLOW:-}" ] || MIB=1024
INSPECT_MIB=32
BOUND_KIB=$(((64 + INSPECT_MIB) * 1024))

# measured NAME COMMAND…: KiB over idle in USED.
measured() {
	local name=$1 watcher
	shift
	rm -f $W/end
	watch_memory "${PID[daemon]}" $W/end >$W/most &
	watcher=$!
	"$@" || fail "$name : statut $?"
	touch $W/end
	wait $watcher
	USED=$(($(cat $W/most) - IDLE))
	[ $USED -lt $BOUND_KIB ] ||
		fail "$name : $USED KiB de plus qu'au repos, au-delà de $BOUND_KIB"
	ok "$name : $USED KiB de plus qu'au repos (borne $BOUND_KIB)"
}

file_it() {
	as amelie sceau --json file "$CASE" piece $W/large.pdf \
	    >$W/filed.json
}

get_it() { as amelie sceau get "$DOC" -o $W/back >/run/work/quiet; }

scratch_disk
mkdir -m 1777 $W
build_vault inspect-max=$((INSPECT_MIB << 20)) file-max=2147483648
# In the shipped rules a document ends at 64 MiB: here it has room.
sed -i '/^kind "piece" {/,/^}/s/size-max = .*/size-max = 2147483648/' \
    $VAULT/policy/00-common.conf
start_all
unseal
as amelie sceau --json case open --stage amont --source ccapex >$W/case.json
CASE=$(json $W/case.json .ref)
# Idle: after a first small filing, so that what is loaded once is loaded.
pdf $W/small.pdf "Une page."
as amelie sceau --json file "$CASE" piece $W/small.pdf >$W/filed.json
{ cat $W/small.pdf; head -c ${MIB}M /dev/urandom; } >$W/large.pdf
chmod 0644 $W/large.pdf
touch $W/end
IDLE=$(watch_memory "${PID[daemon]}" $W/end)

measured "dépôt de $MIB MiB" file_it
DOC=$(json $W/filed.json .ref)
measured "lecture de $MIB MiB" get_it
same $W/large.pdf $W/back
[ -z "$(find $VAULT/data/store/incoming -type f)" ] || fail "un reste"
ok "les mêmes octets ; rien ne reste en chemin"
