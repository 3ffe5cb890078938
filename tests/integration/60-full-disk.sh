#!/bin/bash
# Goal: on a disk that fills, filings are refused before it is full, nothing
# is half-written, what was filed can be read, refusals and reads go on being
# entered in the log; with room again, filing works again.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

W=/run/work/out

documents() {
	as amelie sceau --json list "$CASE" | jq '.documents | length'
}

nothing_incoming() {
	[ -z "$(find $VAULT/data/store/incoming -type f 2>/dev/null)" ]
}

last_refusal() {
	as dora sceau --json audit log --limit 30 |
		jq -r '[.entries[] | select(.outcome != "ok")] |
		    max_by(.leaf) | .outcome + " " + .detail.code'
}

room_kib() { df --output=avail -k $VAULT/data | tail -n 1; }

# file N MEBIBYTES: a file like no other; its exit status.
file() {
	large_pdf "$W/piece-$1.pdf" "$2"
	printf '%%%s\n' "$1" >>"$W/piece-$1.pdf"
	as amelie sceau --json file "$CASE" piece "$W/piece-$1.pdf" \
	    >$W/filed.json 2>$W/refused
}

# Until files of so many MiB are refused: the number of the last that was
# kept in KEPT. What is allocated already may still take smaller ones.
fill_up() {
	local n status=0
	for n in $(seq $((KEPT + 1)) $((KEPT + 60))); do
		file "$n" "$1" || status=$?
		[ $status = 0 ] || break
		KEPT=$n
		REFS+=("$(json $W/filed.json .ref)")
		rm -f "$W/piece-$((n - 1)).pdf"
	done
	[ $status = 1 ] || fail "statut $status : $(cat $W/refused)"
	case $(last_refusal) in
	"refused disk-reserve" | "refused full") ;;
	*) fail "inscription : $(last_refusal) : $(cat $W/refused)" ;;
	esac
}

check_reads() {
	local n
	for n in 0 $((KEPT - 1)); do
		rm -f $W/back
		as amelie sceau get "${REFS[$n]}" -o $W/back >/run/work/quiet
		[ ! -e "$W/piece-$((n + 1)).pdf" ] ||
			same $W/back "$W/piece-$((n + 1)).pdf"
	done
	rm -f $W/back
}

scratch_disk
build_vault reserve=33554432
# The rest of the vault stays where it is: data/ alone is small.
mount -t tmpfs -o size=128m,mode=0700,uid=47101,gid=47101 data \
    $VAULT/data
trap 'stop_all; umount -l $VAULT/data; rm -rf "$SCRATCH"' EXIT
start_all
unseal
as amelie sceau --json case open --stage amont --source ccapex >$W/case.json
CASE=$(json $W/case.json .ref)
REFS=()
KEPT=0

fill_up 4
fill_up 1
ok "$KEPT dépôts, puis le refus : la réserve est atteinte"
[ "$(documents)" = "$KEPT" ] || fail "des documents de trop ou de moins"
nothing_incoming || fail "un reste dans incoming"
[ "$(room_kib)" -gt 1024 ] || fail "la réserve est entamée : $(room_kib) KiB"
check_reads
ok "ce qui fut déposé se lit ; rien n'est à demi écrit"

for n in 1 2 3 4 5; do
	expect_status 1 file "again-$n" 1
	as amelie sceau list "$CASE" >/run/work/quiet
done
[ "$(documents)" = "$KEPT" ] || fail "un dépôt refusé a laissé un document"
ok "refus et lectures continuent d'être inscrits au journal"

# The last byte of the disk gone: what is read is still entered or refused,
# and the daemon that comes back has all it promised.
fallocate -l "$(($(room_kib) - 512))K" $VAULT/data/filler
expect_status 1 file last 1
rm $VAULT/data/filler

stop daemon
start_daemon || fail "sceaud ne redémarre pas"
wait_until is_open
[ "$(documents)" = "$KEPT" ] || fail "des documents perdus au redémarrage"
check_reads
mount -o remount,size=192m $VAULT/data
file after 4 || fail "avec de la place : $(cat $W/refused)"
[ "$(documents)" = $((KEPT + 1)) ] || fail "le dépôt manque"
ok "avec de la place, on dépose à nouveau"
