#!/bin/bash
#
# Goal: a machine's clock that is wrong by 400 days moves nothing. With a
# consent about to expire and an erasure approved, the daemon is stopped, or
# killed, and started under faketime: nothing is destroyed, nothing expires or
# revives, sceau status and sceau due say so; one person confirms after a
# planned stop, two after another end; and then the clock counts again.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

FAKETIME=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$FAKETIME" ] || skip "faketime is not installed"

# start_at DAYS: the daemon, in its sandbox, under a clock that is wrong by so
# much; the time since boot is what it is.
start_at() {
	start daemon env LD_PRELOAD="$FAKETIME" FAKETIME="$1 days" \
	    FAKETIME_DONT_FAKE_MONOTONIC=1 sceaud -d $VAULT ||
		fail "sceaud ne démarre pas à $1 jours"
	wait_until is_open
}

suspect() {
	as claire sceau status --json | jq -e '.clock.suspect == true'
}

trusted() {
	as claire sceau status --json | jq -e '.clock.suspect == false'
}

state_of_consent() {
	as amelie sceau --json consent list "$CASE" |
		jq -ce '[.consents[] | [.consent, .state]]'
}

nothing_moves() {
	quiet suspect
	as claire sceau --json due >$OUT/due.json
	jq -e '.due[] | select(.what == "clock-suspect")' $OUT/due.json \
	    >/dev/null || fail "due ne dit rien de l'horloge"
	refused 5 "crue" as claire sceau retention run "$ERASURE"
	quiet as amelie sceau get "$DOCUMENT" -o $OUT/got.pdf --force
	[ "$(state_of_consent)" = "$CONSENT" ] ||
		fail "un consentement a changé : $(state_of_consent)"
	ok "rien n'est détruit, rien n'échoit, rien ne revit"
}

confirm_by() {
	as "$1" sceau --json clock confirm --yes \
	    --key "/run/home/$1/.ssh/id_ed25519" >$OUT/clock.json
}

scratch_disk
build_vault
start_all
unseal
make_files

as amelie sceau --json case open --from $FILES/dossier.json >$OUT/case.json
CASE=$(json $OUT/case.json .ref)
as amelie sceau --json file "$CASE" piece $FILES/piece.pdf >$OUT/filed.json
DOCUMENT=$(json $OUT/filed.json .ref)
as amelie sceau --json consent give "$CASE" partage:caf \
    --method handwritten --evidence "$DOCUMENT" \
    --until "$(in_days 20)" >$OUT/consent.json
CONSENT=$(state_of_consent)
as claire sceau --json subject erase "$CASE" --reason "demande" \
    --basis "RGPD art. 17" >$OUT/erasure.json
ERASURE=$(json $OUT/erasure.json .erasure)
approve bruno "$ERASURE"
approve denis "$ERASURE"
quiet trusted

for days in +400 -400; do
	say "un arrêt voulu, puis $days jours"
	stop daemon
	start_at $days
	nothing_moves
	# Put right, it is believed again without anybody's word.
	stop daemon
	start_daemon
	wait_until is_open
	if suspect >/dev/null; then
		quiet as claire sceau clock confirm
	fi
	quiet trusted
	[ "$(state_of_consent)" = "$CONSENT" ] || fail "un consentement a changé"
done

say "une fin par kill -9, puis -400 jours : il faut deux personnes"
stop daemon KILL
start_at -400
nothing_moves
confirm_by claire
quiet suspect
expect_status 5 confirm_by claire 2>$OUT/got
quiet suspect
ok "la même personne deux fois ne suffit pas"
confirm_by denis
quiet trusted
[ "$(state_of_consent)" = "$CONSENT" ] || fail "un consentement a changé"
ok "deux personnes confirment, rien ne revit"

say "un arrêt voulu, puis +400 jours : une personne confirme"
stop daemon
start_at +400
nothing_moves
quiet as claire sceau clock confirm
quiet trusted
[ "$(state_of_consent)" != "$CONSENT" ] ||
	fail "le consentement devait être échu"
ok "confirmée, l'horloge compte : le consentement est échu"
stop_all
