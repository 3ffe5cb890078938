#!/bin/bash
#
# Goal: the reports of the director and the data protection officer, on the
# real daemon with the real accounts: each of them, and nobody else, gets what
# a breach could reach and the officer's page; a folder for a visit of the
# CNIL is whole, verified offline with stock tools, and holds nothing of a
# case: canaries of two households are looked for in every byte of it.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# What no report may ever say.
CANARIES="Canarinom Canaricommune CANARI-REF Canarimenage"

no_canary() {
	local c
	for c in $CANARIES; do
		if grep -rqi -e "$c" "$@"; then
			fail "« $c » est dans $*: $(grep -rli -e "$c" "$@")"
		fi
	done
}

# open_case WHO CONFIDENTIAL: its reference on stdout.
open_case() {
	cat >"/run/home/$1/case.json" <<-END
		{ "stage": "amont", "source": "ccapex",
		  "title": "Canarimenage", "commune": "Canaricommune",
		  "reference": "CANARI-REF", "persons": [
		    {"role": "titulaire", "name": "Canarinom Alix",
		     "birth_year": 1981, "confidential_address": $2},
		    {"role": "mineur", "name": "Canarinom Sam"}] }
	END
	as "$1" sceau --json case open --from "/run/home/$1/case.json" |
		jq -er .ref
}

# Exit status 3 for everybody but those two.
for_two() {
	local who
	for who in amelie bruno claire yann ada quidam; do
		expect_status 3 as "$who" "$@" >$OUT/got 2>&1
	done
	for who in dora denis; do
		as "$who" "$@" >$OUT/got 2>&1 || fail "$who: $(cat $OUT/got)"
	done
}

scratch_disk
build_vault
start_all
unseal
make_files
NORD=$(open_case amelie true)
SUD=$(open_case yann false)
as amelie sceau --json file "$NORD" piece $FILES/consentement.pdf \
    >$OUT/filed.json
DOCUMENT=$(json $OUT/filed.json .document)
quiet as bruno sceau get "$DOCUMENT" -o /run/home/bruno/lu.pdf
expect_status 4 as yann sceau get "$DOCUMENT" -o /run/home/yann/non.pdf \
    >$OUT/got 2>&1
TODAY=$(in_days 0)

# --- a breach -------------------------------------------------------------
for_two sceau report breach --actor bruno --since "$TODAY" --no-clock
for_two sceau report dpo --since "$TODAY"
ok "violation et page du délégué : la direction et la déléguée, personne d'autre"

as dora sceau --json report breach --actor bruno --since "$TODAY" \
    >$OUT/breach.json
# A jurist may make a person's copy in any case of the organisation.
is "$(json $OUT/breach.json .could.cases)" 2
is "$(json $OUT/breach.json .could.persons)" 4
is "$(json $OUT/breach.json .could.confidential)" 1
is "$(json $OUT/breach.json .seen.documents)" 1
is "$(json $OUT/breach.json .seen.contents)" 1
is "$(json $OUT/breach.json .accounts[0].status)" active
BREACH=$(json $OUT/breach.json .clock.breach)
as denis sceau report breach --actor bruno --since "$TODAY" >$OUT/breach.txt
grep -q "$BREACH" $OUT/breach.txt || fail "un second délai s'est ouvert"
no_canary $OUT/breach.json $OUT/breach.txt
as dora sceau --json due | jq -e --arg id "$BREACH" \
    '.due[] | select(.what == "breach" and .object == $id)' >/dev/null ||
	fail "la violation n'est pas due"
as claire sceau --json due | jq -e --arg id "$BREACH" \
    '[.due[] | select(.object == $id)] | length == 0' >/dev/null ||
	fail "la violation est due à l'équipe"
refused 7 "sans risque" as dora sceau --json report breach-settle \
    "$BREACH" --note "rien"
quiet as dora sceau report breach-settle "$BREACH" --notified \
    --note "CNIL, dossier 2026-1"
as dora sceau --json due | jq -e --arg id "$BREACH" \
    '[.due[] | select(.object == $id)] | length == 0' >/dev/null ||
	fail "la violation notifiée est encore due"
refused 7 "ne connaît pas les postes" as dora sceau --json report breach \
    --host poste-3 --since "$TODAY"
refused 7 "que des règles de cette" as dora sceau --json report breach \
    --actor personne-ici --since "$TODAY"
as dora sceau --json report breach --host coffre --since "$TODAY" --no-clock \
    >$OUT/host.json
is "$(json $OUT/host.json .could.cases)" 2
is "$(jq .clock $OUT/host.json)" null
as dora sceau --json report breach --key "$(key_print bruno)" \
    --since "$TODAY" --no-clock >$OUT/key.json
is "$(json $OUT/key.json .subject.owner)" bruno
ok "ce qui pouvait être vu, ce qui l'a été, le délai de 72 heures"

# --- the officer's page -----------------------------------------------------
as claire sceau --json subject erase "$NORD" --reason "demande" \
    --basis "RGPD art. 17" >$OUT/erasure.json
ERASURE=$(json $OUT/erasure.json .erasure)
as dora sceau --json report dpo --since "$TODAY" >$OUT/dpo.json
as dora sceau report dpo --since "$TODAY" >$OUT/dpo.txt
jq -e --arg id "$ERASURE" '.opinions[] | select(.subject == $id)' \
    $OUT/dpo.json >/dev/null || fail "l'avis attendu manque"
jq -e '.refusals[] | select(.account == "yann" and .denied > 0)' \
    $OUT/dpo.json >/dev/null || fail "le refus manque"
jq -e '.odd[] | select(.sort == "confidential-address"
    and .account == "bruno")' $OUT/dpo.json >/dev/null ||
	fail "l'adresse confidentielle lue manque"
is "$(jq .clock.suspect $OUT/dpo.json)" false
no_canary $OUT/dpo.json $OUT/dpo.txt
ok "la page du délégué : avis, refus, lectures inhabituelles"

# --- the log, as its reader reads it ------------------------------------------
as dora sceau audit log >$OUT/log.txt
for word in autorisé intervenant Pourquoi; do
	grep -q -e "$word" $OUT/log.txt || fail "le journal ne dit pas « $word »"
done
for word in doc-file denied caseworker; do
	if grep -q -e "$word" $OUT/log.txt; then fail "« $word » au journal"; fi
done

# --- the bilan and the register ---------------------------------------------
MONTH=$(TZ=Europe/Paris date +%Y-%m)
for who in claire denis dora; do
	quiet as "$who" sceau report bilan --from "$MONTH" --to "$MONTH"
	quiet as "$who" sceau report bilan --from "$MONTH" --to "$MONTH" --csv
	quiet as "$who" sceau report register --csv
done
for who in amelie bruno ada; do
	expect_status 3 as "$who" sceau report bilan --from "$MONTH" \
	    --to "$MONTH" >$OUT/got 2>&1
done
as dora sceau --json report bilan --from "$MONTH" --to "$MONTH" >$OUT/bilan.json
is "$(jq '.totals[] | select(.code == "received") | .n' $OUT/bilan.json)" 2
expect_status 5 as claire sceau report bilan-freeze --month "$MONTH" \
    >$OUT/got 2>&1
ok "bilan et registre : responsable, direction, déléguée ; le mois court"

# --- the folder of a visit ---------------------------------------------------
approve bruno "$ERASURE"
approve denis "$ERASURE"
quiet as claire sceau retention run "$ERASURE"
LOG_KEY=$(as dora sceau --json status | jq -er .log_key)
for who in amelie claire ada; do
	expect_status 3 as "$who" sceau report controle \
	    "/run/home/$who/controle" >$OUT/got 2>&1
	[ ! -e "/run/home/$who/controle" ] || fail "il en reste quelque chose"
done
for who in dora denis; do
	as "$who" sceau report controle "/run/home/$who/controle" >$OUT/got \
	    2>&1 || fail "$who: $(cat $OUT/got)"
done
FOLDER=/run/home/dora/controle
# The scan sees what it looks for, where it is.
for c in Canarinom Canaricommune CANARI-REF Canarimenage; do
	grep -rqi -e "$c" /run/home/amelie/case.json || fail "$c ?"
done
no_canary $FOLDER
(cd $FOLDER && sha256sum --quiet -c SHA256SUMS) || fail "l'index est faux"
is "$(cd $FOLDER && find . -type f ! -name SHA256SUMS | wc -l)" \
    "$(wc -l <$FOLDER/SHA256SUMS)"
quiet sceau verify log $FOLDER/journal --key "$LOG_KEY"
quiet sceau verify certificate "$FOLDER/certificats/$ERASURE.txt" \
    --key "$LOG_KEY"
jq -e '.volumes.cases == 1 and .cases.erased == 1' $FOLDER/chiffres.json \
    >/dev/null || fail "les nombres : $(cat $FOLDER/chiffres.json)"
for f in registre.json registre.csv registre.txt regles.txt aipd.txt \
    conservation.csv demandes.csv LISEZMOI.txt; do
	[ -s $FOLDER/$f ] || fail "$f manque"
done
expect_status 5 as dora sceau report controle $FOLDER >$OUT/got 2>&1
# A changed byte anywhere is seen.
printf x >>$FOLDER/aipd.txt
if (cd $FOLDER && sha256sum --quiet -c SHA256SUMS) >$OUT/got 2>&1; then
	fail "un fichier changé passe"
fi
ok "un dossier pour la CNIL : entier, vérifié hors ligne, sans aucun contenu"

if [ -n "${SCEAU_SHOW:-}" ]; then
	cat $OUT/breach.txt $OUT/dpo.txt $FOLDER/LISEZMOI.txt \
	    $FOLDER/aipd.txt $FOLDER/conservation.csv $FOLDER/demandes.csv
	head -60 $FOLDER/registre.txt
	ls -R $FOLDER | head -60
fi
stop_all
