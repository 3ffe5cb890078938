#!/bin/bash
#
# Goal: kill -9 of any of the three processes, at any of the nine steps, takes
# back nothing that was answered: after a restart every receipt given proves
# its file, the vault has the bytes, and the step goes on where it was.
#
#   1. between the acts of the journey: each process in turn, then all three
#      at once;
#   2. while people file: the process dies with requests in flight;
#   3. while an erasure runs: it is taken up and ends, once.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

scratch_disk

# --- what comes after a death -------------------------------------------

# Start again what was killed, as an administrator would, and have the vault
# open (unless it was sealed).
revive() {
	local p
	for p in keys inspect daemon; do
		[ -n "${PID[$p]:-}" ] || "start_$p" || fail "$p ne repart pas"
	done
	[ -z "$SEALED" ] || return 0
	if agent_is_sealed; then
		unseal
	else
		wait_until is_open
	fi
}

# The agent itself, as custodians ask it: the daemon may not have seen yet.
agent_is_sealed() { as claire sceau status | grep -q scellé; }

kill_9() {
	local p
	for p; do
		stop "$p" KILL
	done
}

# --- 1. between the acts ------------------------------------------------

KILLS=0
SEALED=1
moment() {
	[ "$1" != opened ] || SEALED=
	for p in keys inspect daemon "keys inspect daemon"; do
		# shellcheck disable=SC2086
		kill_9 $p
		revive
		KILLS=$((KILLS + 1))
	done
	[ ! -s $KEPT ] || check_kept
}

: >$KEPT
for n in 1 2 3 4 5 6 7; do
	"step_$n"
done
end_step
echo
ok "$KILLS morts entre les gestes : chaque reçu donné est honoré"
moment() { :; }

# --- 2. while people file -----------------------------------------------

# filer WHO N: files small documents until it is told to stop; each receipt
# that was given is written down before the next.
filer() {
	local who=$1 dir=/run/home/$1/depots n=0
	set +e
	trap - ERR
	as "$who" mkdir -p "$dir"
	while [ ! -e $OUT/enough ]; do
		n=$((n + 1))
		as "$who" sh -c "cp '$FILES/contrat-2.pdf' '$dir/$n.pdf' &&
		    echo '%$who $n' >>'$dir/$n.pdf'"
		as "$who" sceau --json file "$CASE" piece "$dir/$n.pdf" \
		    -o "$dir/$n.recu" >"$OUT/$who.json" 2>"$OUT/$who.err" &&
			echo "$dir/$n $(jq -r .ref "$OUT/$who.json")" \
			    >>"$OUT/given.$who"
	done
}

given() { cat $OUT/given.* | wc -l; }
more_than() { [ "$(given)" -gt "$1" ]; }

rm -f $OUT/enough $OUT/given.*
FILERS=
for who in amelie bruno claire; do
	: >$OUT/given.$who
	filer $who >/run/work/log/filer.$who 2>&1 &
	FILERS="$FILERS $!"
done
for p in daemon keys inspect daemon keys "keys inspect daemon" daemon; do
	wait_until more_than $(($(given) + 5))
	# shellcheck disable=SC2086
	kill_9 $p
	revive
done
wait_until more_than $(($(given) + 3))
touch $OUT/enough
# shellcheck disable=SC2086
wait $FILERS
# Each receipt; and each document is there once.
while read -r name ref; do
	quiet sceau verify "$name.recu" "$name.pdf" --key "$LOG_KEY"
	as amelie sceau get "$ref" >$OUT/got
	same "$name.pdf" $OUT/got
	echo "$ref"
done < <(cat $OUT/given.*) >$OUT/refs
[ "$(sort $OUT/refs | uniq -d | wc -l)" = 0 ] || fail "un document, deux reçus"
ok "$(given) reçus donnés pendant sept morts en plein dépôt : tous honorés"

# What was cut in flight gives its one receipt when it is filed again.
as amelie sceau --json list "$CASE" >$OUT/list.json
there=$(json $OUT/list.json '[.documents[] | select(.kind == "piece")] | length')
for who in amelie bruno claire; do
	for f in /run/home/$who/depots/*.pdf; do
		quiet as "$who" sceau file "$CASE" piece "$f" \
		    -o "${f%.pdf}.recu" --force
		quiet sceau verify "${f%.pdf}.recu" "$f" --key "$LOG_KEY"
	done
done
as amelie sceau --json list "$CASE" >$OUT/list.json
after=$(json $OUT/list.json '[.documents[] | select(.kind == "piece")] | length')
files=$(find /run/home/*/depots -name '*.pdf' | wc -l)
[ "$after" = $((files + 1)) ] ||
	fail "$files fichiers et la pièce, mais $after documents (avant : $there)"
ok "déposer encore une fois les $files fichiers n'en a doublé aucun"

# --- 3. while an erasure runs --------------------------------------------

# The plan of a document, approved; then run, and killed while it runs.
plan() {
	as claire sceau --json subject erase --document "$1" --reason essai \
	    --basis "RGPD art. 17" >$OUT/erasure.json
	ERASURE=$(json $OUT/erasure.json .erasure)
	approve bruno "$ERASURE"
	approve denis "$ERASURE"
}

erasure_is() {
	as claire sceau --json retention show "$ERASURE" |
		jq -e --arg s "$1" '.state == $s'
}

# Has it gone past what can be taken back?
begun() { ! erasure_is approved; }

for p in daemon keys "keys daemon"; do
	ref=$(shuf -n 1 --random-source=/dev/zero $OUT/refs)
	sed -i "/^$ref\$/d" $OUT/refs
	plan "$ref"
	exec_as claire sceau retention run "$ERASURE" >$OUT/run 2>&1 &
	runner=$!
	wait_until begun
	# shellcheck disable=SC2086
	kill_9 $p
	wait $runner 2>/dev/null || true
	revive
	got=0
	erasure_is done >/dev/null || {
		as claire sceau retention run "$ERASURE" >$OUT/run 2>&1 ||
			got=$?
	}
	[ $got = 0 ] || fail "l'effacement ne reprend pas : $(cat $OUT/run)"
	erasure_is done >/dev/null || fail "l'effacement n'est pas fini"
	expect_status 4 as amelie sceau get "$ref" >$OUT/got 2>&1
	as claire sceau --json retention show "$ERASURE" |
		jq -er .certificate | grep -q "keys gone" ||
		fail "pas de certificat"
done
ok "trois effacements coupés : repris, finis, certifiés"
while read -r ref; do
	as amelie sceau get "$ref" >$OUT/got
done <$OUT/refs
ok "le reste est là"

# --- the two last steps of the journey, killed as the others --------------

moment() {
	for p in keys inspect daemon; do
		kill_9 $p
		revive
	done
	[ ! -s $KEPT ] || check_kept
}
step_8
step_9
as sceau true
start_all
unseal
as dora sceau audit export /run/home/dora/fin >$OUT/got 2>&1 ||
	fail "$(cat $OUT/got)"
quiet sceau verify log /run/home/dora/fin --key "$LOG_KEY"
ok "et le journal entier, d'un bout à l'autre, se vérifie"
stop_all
