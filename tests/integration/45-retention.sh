#!/bin/bash
#
# Goal: what is kept too long goes, and nothing else. Seven months go by on the
# real daemon, confirmed by hand; the analysis says DESTROY, KEEP and CONFLICT
# with rule and citation; two people sign, the archives answer, the sweep runs;
# its certificate is verified offline, gets its later dates, and is complete.
# A hold keeps; released, it goes with the next sweep. After two sweeps, none
# of four data backups opens with today's keys anything that was destroyed,
# and each opens all the rest. Details of the log expire, and it verifies. What
# is archived is read for a reason alone, by another role.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

FAKETIME=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$FAKETIME" ] || skip "faketime is not installed"

NOW=0 # days since the beginning

start_sealed() {
	start daemon env LD_PRELOAD="$FAKETIME" FAKETIME="+$NOW days" \
	    FAKETIME_DONT_FAKE_MONOTONIC=1 sceaud -d $VAULT ||
		fail "sceaud ne démarre pas au jour $NOW"
}

start_now() {
	start_sealed
	wait_until is_open
}

# day N: the vault was stopped on purpose, and is started on that day; one
# person says that the clock is right.
day() {
	stop daemon
	NOW=$1
	start_now
	if as claire sceau status --json | jq -e '.clock.suspect' >/dev/null; then
		refused 5 "crue" as claire sceau audit expire
		quiet as claire sceau clock confirm
	fi
}

date_of() { in_days "$1"; }

new_case() {
	write_case | sed "s/Ménage Exemplaire/$1/" >$OUT/case-in.json
	chmod 0644 $OUT/case-in.json
	as amelie sceau --json case open --from $OUT/case-in.json \
	    >$OUT/case.json
	json $OUT/case.json .ref
}

# new_document CASE NAME: a file that no other is like.
new_document() {
	pdf $FILES/"$2".pdf "Pièce $2"
	as amelie sceau --json file "$1" fiche-transfert \
	    $FILES/"$2".pdf >$OUT/filed.json
	json $OUT/filed.json .document
}

keep_backup() {
	stop daemon
	mkdir -p "/run/disk/sauvegarde-$1"
	cp -a $VAULT/data "/run/disk/sauvegarde-$1/data"
	start_now
}

# analyse …: of this day, for good; SWEEP.
analyse() {
	as claire sceau --json retention analyse "$@" >$OUT/sweep.json
	SWEEP=$(json $OUT/sweep.json .erasure)
}

sweep() {
	approve bruno "$SWEEP"
	refused 5 "approbations" as claire sceau retention run "$SWEEP"
	expect_status 5 as bruno sceau retention approve "$SWEEP" --yes \
	    --key /run/home/bruno/.ssh/id_ed25519 >$OUT/got 2>&1
	approve denis "$SWEEP"
	refused 5 "visa" as claire sceau retention run "$SWEEP"
	quiet as claire sceau retention visa "$SWEEP" --reference AD77-2027-014
	expect_status 3 as amelie sceau retention run "$SWEEP" >$OUT/got 2>&1
	expect_status 3 as dora sceau retention run "$SWEEP" >$OUT/got 2>&1
	quiet as claire sceau retention run "$SWEEP"
}

# verdict OBJECT: of the last analysis.
verdict() {
	jq -r --arg id "$1" \
	    '.objects[] | select(.id == $id) | .verdict' $OUT/sweep.json
}

opens() { as amelie sceau get "$1" -o $OUT/got.pdf --force; }

# In its text and in its JSON, by who has nothing but the key of the log.
verify_certificate() {
	as claire sceau retention show "$SWEEP" --certificate \
	    >$OUT/certificat.txt
	as claire sceau --json retention show "$SWEEP" --certificate \
	    >$OUT/certificat.json
	chmod 0644 $OUT/certificat.txt $OUT/certificat.json
	quiet as quidam sceau verify certificate $OUT/certificat.txt \
	    --key "$LOG_KEY" --with $OUT/certificat.json
}

is_due_for() {
	as "$1" sceau --json due >$OUT/due.json
	jq -e --arg w "$2" '.due[] | select(.what == $w)' $OUT/due.json \
	    >/dev/null
}

scratch_disk
build_vault
start_all
unseal
make_files
LOG_KEY=$(as claire sceau status --json | jq -er .log_key)

# --- the cases -------------------------------------------------------------

STAYS=$(new_case "Ménage Suivi")
D0=$(new_document "$STAYS" reste)
printf '{"date":"%s","canal":"visite","resultat":"rencontre"}' \
    "$(in_days 0)" >$FILES/contact.json
as amelie sceau --json file "$STAYS" contact $FILES/contact.json >$OUT/filed.json
OLD_LEAF=$(json $OUT/filed.json .leaf)
HELD=$(new_case "Ménage Gelé")
D1=$(new_document "$HELD" gelee)
NEVER=$(new_case "Ménage Jamais")
D2=$(new_document "$NEVER" jamais)
keep_backup 0
cp -a $VAULT/keys /run/disk/cles-d-alors

day 120
LATER=$(new_case "Ménage Tardif")
D3=$(new_document "$LATER" tardive)
keep_backup 1

# --- the first sweep ---------------------------------------------------------

day 214
LIVING=$(new_case "Ménage Récent")
D4=$(new_document "$LIVING" recente)
quiet as bruno sceau retention hold "$HELD" --reason "assignation" \
    --review "$(date_of 300)"
as bruno sceau --json retention hold-list "$HELD" >$OUT/holds.json
HOLD=$(json $OUT/holds.json '.holds[0].hold')

expect_status 3 as amelie sceau retention analyse --dry-run >$OUT/got 2>&1
as claire sceau --json retention analyse --dry-run >$OUT/sweep.json
[ "$(verdict "$D2")" = DESTROY ] ||
	fail "D2 : $(jq -c --arg id "$D2" ".objects[] | select(.id == \$id)" $OUT/sweep.json)"
[ "$(verdict "$D1")" = CONFLICT ] || fail "D1 : $(verdict "$D1")"
for doc in "$D0" "$D3" "$D4"; do
	[ "$(verdict "$doc")" = KEEP ] || fail "$doc : $(verdict "$doc")"
done
jq -e '[.objects[] | select(.rule == "" or .source == "")] | length == 0' \
    $OUT/sweep.json >/dev/null || fail "une règle ou sa source manque"
ok "à détruire, en conflit, gardé : chacun avec sa règle et sa source"

refused 5 "part" as claire sceau retention analyse
analyse --confirm-share "$(json $OUT/sweep.json .share)"
is_due_for denis destruction-approve || fail "due ne dit rien de l'approbation"
# Dora's is an opinion.
approve dora "$SWEEP"
sweep
FIRST=$SWEEP
expect_status 4 opens "$D2" 2>$OUT/got
for doc in "$D0" "$D1" "$D3" "$D4"; do
	quiet opens "$doc"
done
ok "deux signatures et le visa : ce qui est échu n'est plus, le reste est là"

verify_certificate
grep -q "^oldest backup expired: not yet" $OUT/certificat.txt ||
	fail "la date des sauvegardes : $(cat $OUT/certificat.txt)"
sed 's/"complete":false/"complete":true/' $OUT/certificat.json >$OUT/faux.json
chmod 0644 $OUT/faux.json
expect_status 8 as quidam sceau verify certificate $OUT/certificat.txt \
    --key "$LOG_KEY" --with $OUT/faux.json >$OUT/got 2>&1
sed 's/^complete no/complete yes/' $OUT/certificat.txt >$OUT/faux.txt
chmod 0644 $OUT/faux.txt
expect_status 8 as quidam sceau verify certificate $OUT/faux.txt \
    --key "$LOG_KEY" >$OUT/got 2>&1
ok "le certificat se vérifie hors ligne, texte et JSON ; altéré, il est faux"
keep_backup 2

# --- the hold is released; the second sweep ------------------------------------

day 330
expect_status 3 as amelie sceau retention settle "$FIRST" mirrors \
    >$OUT/got 2>&1
refused 7 "date" as ada sceau retention settle "$FIRST" mirrors \
    --date "$(date_of 200)"
quiet as ada sceau retention settle "$FIRST" mirrors --date "$(date_of 220)"
quiet as ada sceau retention settle "$FIRST" recovery
grep -q "copie de secours refaite, [0-9][0-9]/[0-9][0-9]/" /run/work/quiet ||
	fail "ce qui est inscrit : $(cat /run/work/quiet)"
is_due_for denis certificate-backups || fail "due ne dit rien des sauvegardes"
quiet as claire sceau retention settle "$FIRST" backups
! is_due_for denis certificate-backups || fail "due le dit encore"
SWEEP=$FIRST
verify_certificate
grep -q "^complete yes" $OUT/certificat.txt || fail "incomplet"
ok "les dates viennent quand elles sont vraies ; le certificat est complet"

as claire sceau --json retention release "$HOLD" --reason "jugé" >$OUT/got
for who in bruno denis; do
	quiet as $who sceau retention release "$HOLD" --yes \
	    --key /run/home/$who/.ssh/id_ed25519
done
SWEEP=
as claire sceau --json retention analyse --dry-run >$OUT/sweep.json
for doc in "$D1" "$D3"; do
	[ "$(verdict "$doc")" = DESTROY ] || fail "$doc : $(verdict "$doc")"
done
analyse --confirm-share "$(json $OUT/sweep.json .share)"
sweep
ok "le gel levé par deux personnes, le tri suivant le voit"
keep_backup 3

# --- four backups, today's keys --------------------------------------------------

stop_all
here=$VAULT

# restored FOLDER KEYS: that data with those keys, running; VAULT.
restored() {
	VAULT=$1
	cp -a $here/vault.conf $here/policy "$VAULT/"
	rm -rf "$VAULT/keys" "$VAULT/run"
	cp -a "$2" "$VAULT/keys"
	mkdir -m 1777 "$VAULT/run"
	quiet sceau-keys -d "$VAULT" --restored
	start_all
	unseal
}

# With the keys of then, which nobody may keep, it would all be there: what
# follows is not blind.
cp -a /run/disk/sauvegarde-0 /run/disk/temoin
restored /run/disk/temoin /run/disk/cles-d-alors
for doc in "$D0" "$D1" "$D2"; do
	quiet opens "$doc"
done
stop_all
ok "avec les clés d'alors, tout s'ouvrait"

for n in 0 1 2 3; do
	restored "/run/disk/sauvegarde-$n" $here/keys
	for doc in "$D1" "$D2" "$D3"; do
		expect_status 4 opens "$doc" >$OUT/got 2>&1
	done
	quiet opens "$D0"
	same $FILES/reste.pdf $OUT/got.pdf
	if [ "$n" -ge 2 ]; then
		quiet opens "$D4"
		same $FILES/recente.pdf $OUT/got.pdf
	else
		expect_status 4 opens "$D4" >$OUT/got 2>&1
	fi
	stop_all
	ok "sauvegarde $n : rien de ce qui est détruit, tout le reste"
done
VAULT=$here
start_keys
start_inspect
start_sealed
unseal

# --- the archive, and the details of the log ----------------------------------------

quiet as dora sceau policy explain "$OLD_LEAF"
# shown_to_staff: what the ordinary lists say of the case that stays.
shown_to_staff() {
	as amelie sceau --json case list >$OUT/list.json
	as amelie sceau --json find Suivi >$OUT/found.json
	as amelie sceau --json due >$OUT/due.json
	grep -q "$STAYS" $OUT/list.json $OUT/found.json $OUT/due.json
}
shown_to_staff || fail "le dossier actif devait être dans les listes"
day 800
# Started again: the pass of the day is done when it opens.
stop daemon
start_now
is_archived() {
	as bruno sceau --json --purpose preuve-contentieux case show "$STAYS" |
		jq -e '.state == "archived"'
}
wait_until is_archived
expect_status 3 as amelie sceau case show "$STAYS" >$OUT/got 2>&1
expect_status 3 as bruno sceau case show "$STAYS" >$OUT/got 2>&1
expect_status 3 as amelie sceau get "$D0" >$OUT/got 2>&1
! shown_to_staff || fail "l'archive est encore dans les listes"
as bruno sceau --json --purpose preuve-contentieux get "$D0" \
    -o /run/home/bruno/got.pdf >$OUT/got 2>&1
same $FILES/reste.pdf /run/home/bruno/got.pdf
as dora sceau --json audit who-saw "$D0" >$OUT/saw.json
jq -e '[.. | objects | select(.account? == "bruno" and
    (tostring | contains("preuve-contentieux")))] | length > 0' $OUT/saw.json \
    >/dev/null || fail "le journal ne dit pas le motif : $(cat $OUT/saw.json)"
ok "l'archive intermédiaire : la juriste, pour un motif, et personne d'autre"

quiet as claire sceau audit expire --dry-run
as claire sceau --json audit expire >$OUT/sweep.json
SWEEP=$(json $OUT/sweep.json .erasure)
sweep
verify_certificate
grep -q "^details of the log expired " $OUT/certificat.txt ||
	fail "les mois : $(cat $OUT/certificat.txt)"
refused 5 "détail" as dora sceau policy explain "$OLD_LEAF"
as dora sceau audit export /run/home/dora/journal >$OUT/got 2>&1
quiet sceau verify log /run/home/dora/journal --key "$LOG_KEY"
ok "les détails du journal expirent, ses preuves demeurent"
stop_all
