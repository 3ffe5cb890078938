#!/bin/bash
#
# Goal: what a household says is entered once, counts at once and can be shown:
# a couple signs three purposes in one command; a telephone call withdraws, the
# waiting extract stops and a letter is due; a refusal at the door leaves no
# social record; an objection stops everything until the DPO has settled it;
# after an erasure nothing is granted and everything is still withdrawn.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

open_case() {
	cat >/run/home/amelie/case.json <<-'END'
		{ "stage": "amont", "source": "ccapex", "title": "Couple fictif",
		  "commune": "Melun", "persons": [
		    {"role": "titulaire", "name": "Alix Durand", "birth_year": 1981},
		    {"role": "co-titulaire", "name": "Sam Exemple"},
		    {"role": "mineur", "name": "Enfant Fictif"}] }
	END
	as amelie sceau --json case open --from /run/home/amelie/case.json \
	    >$OUT/case.json
	CASE=$(json $OUT/case.json .ref)
	ALIX=$(json $OUT/case.json '.persons[0].person')
	SAM=$(json $OUT/case.json '.persons[1].person')
}

file_sheet() {
	as amelie sceau --json file "$CASE" consentement \
	    $FILES/consentement.pdf >$OUT/sheet.json
	SHEET=$(json $OUT/sheet.json .document)
}

# in_force PURPOSE [list option…]: the word that says why or why not.
in_force() {
	local purpose=$1
	shift
	as amelie sceau --json consent list "$CASE" "$@" |
		jq -er ".in_force[] | select(.purpose == \"$purpose\") | .reason"
}

# consent_of PERSON PURPOSE: the id of what is valid.
consent_of() {
	as amelie sceau --json consent list "$CASE" |
		jq -er ".consents[] | select(.person == \"$1\" and
		    .purpose == \"$2\" and
		    (.state == \"given\" or .state == \"renewed\")) | .consent"
}

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

scratch_disk
build_vault
start_all
unseal
make_files
open_case
file_sheet

# --- one sheet ------------------------------------------------------------

is "$(in_force partage:caf)" never-asked
give() {
	as amelie sceau --json consent give "$CASE" diagnostic partage:caf \
	    partage:banque-de-france --method handwritten \
	    --evidence "$SHEET" --place domicile "$@"
}
give >$OUT/given.json
is "$(json $OUT/given.json '.consents | length')" 6
is "$(json $OUT/given.json '[.consents[].state] | unique | .[0]')" given
is "$(json $OUT/given.json .diagnosis)" accepted
give >$OUT/again.json
is "$(json $OUT/again.json .leaf)" "$(json $OUT/given.json .leaf)"
is "$(as amelie sceau --json consent list "$CASE" | jq '.consents | length')" 6
is "$(in_force partage:caf)" in-force
is "$(in_force partage:caf --at 2001-01-01)" never-asked
ok "un couple, trois finalités : une commande, six consentements, une fois"

refused 7 "un témoin" as amelie sceau --json consent give "$CASE" \
    partage:caf --method oral --on "$(in_days 0)"
refused 7 "date du consentement" as amelie sceau --json consent give "$CASE" \
    partage:caf --method handwritten --evidence "$SHEET" --on 2001-01-01
refused 7 "ne peut pas consentir" as amelie sceau --json consent give "$CASE" \
    partage:caf --method handwritten --evidence "$SHEET" --person "$SHEET"
refused 4 "n'existe pas" as yann sceau --json consent give "$CASE" partage:caf \
    --method handwritten --evidence "$SHEET"
ok "sans témoin, hors délai, pour un autre, d'une autre équipe : refusé"

# --- the receipt ----------------------------------------------------------

ONE=$(consent_of "$ALIX" partage:caf)
as amelie sceau consent receipt "$ONE" >$OUT/receipt.jsonld
quiet python3 "$TOP/tests/py/consent_reader.py" $OUT/receipt.jsonld
as amelie sceau consent receipt "$ONE" --page >$OUT/page
grep -q "Alix Durand : d'accord" $OUT/page || fail "la page : $(cat $OUT/page)"
grep -q "Sam Exemple : d'accord" $OUT/page || fail "la page : $(cat $OUT/page)"
[ "$(wc -l <$OUT/page)" -le 60 ] || fail "plus d'une page"
is "$(as amelie sceau --json consent list "$CASE" |
    jq '[.consents[0].history[] | select(.event == "receipt")] | length')" 2
ok "reçu JSON-LD lu par un lecteur indépendant, page pour le ménage, inscrits"

# --- a telephone call -----------------------------------------------------

write_diagnostic >$OUT/diagnostic.json
as amelie sceau --json file "$CASE" diagnostic $OUT/diagnostic.json \
    >$OUT/diag.json
as amelie sceau --json --purpose maintien-aide-logement extract release \
    "$CASE" caf >$OUT/release.json
WAITING=$(json $OUT/release.json .extract)
SAMS=$(consent_of "$SAM" partage:caf)
refused 7 "a été reconnue" as yann sceau --json consent withdraw "$SAMS" \
    --channel telephone
is "$(in_force partage:caf)" in-force
# A colleague of another team picks up.
as yann sceau --json consent withdraw "$SAMS" --channel telephone \
    --caller-check "rappelé au numéro du dossier" >$OUT/withdrawn.json
is "$(json $OUT/withdrawn.json '.cancelled[0]')" "$WAITING"
json $OUT/withdrawn.json .letter_due_at >/dev/null
is "$(in_force partage:caf)" not-all-adults
refused 5 "état de ce consentement" as amelie sceau --json consent withdraw "$SAMS" \
    --channel visite
quiet as amelie sceau consent letter "$SAMS"
refused 5 "aucun courrier" as amelie sceau --json consent letter "$SAMS"
ok "retrait par téléphone : vérifié, immédiat, l'extrait s'arrête, la lettre"

# --- who leaves -----------------------------------------------------------

quiet as amelie sceau person edit "$CASE" "$SAM" --end co-titulaire \
    --until "$(in_days -1)"
is "$(in_force partage:caf)" in-force
quiet as amelie sceau person edit "$CASE" "$ALIX" --address confidential
as amelie sceau person show "$CASE" "$ALIX" >$OUT/alix
grep -q "adresse confidentielle" $OUT/alix || fail "$(cat $OUT/alix)"
ok "qui a quitté le foyer n'est plus compté ; adresse confidentielle"

# --- events ---------------------------------------------------------------

refused 7 "premier-impaye" as amelie sceau --json case event "$CASE" anniversaire
quiet as amelie sceau case event "$CASE" assignation --note "reçue ce matin"
as amelie sceau --json case show "$CASE" >$OUT/shown.json
is "$(json $OUT/shown.json .stage)" aval
is "$(json $OUT/shown.json '.events[0].event')" assignation
ok "l'assignation fait passer le dossier en aval"

# --- an objection ---------------------------------------------------------

as amelie sceau --json subject object "$CASE" --channel courrier \
    --words "pas à la CAF" >$OUT/objection.json
OBJECTION=$(json $OUT/objection.json .objection)
refused 3 "une opposition attend" as amelie sceau --json --purpose maintien-aide-logement \
    extract release "$CASE" caf
expect_status 3 as amelie sceau subject objection-decide "$OBJECTION" \
    --decision rejected --grounds "non" >$OUT/got 2>&1
as dora sceau --json subject objection-decide "$OBJECTION" \
    --decision rejected --grounds "motif légitime" >$OUT/got
is "$(as amelie sceau --json consent list "$CASE" | jq .objection)" false
refused 5 "déjà tranchée" as dora sceau --json subject objection-decide \
    "$OBJECTION" --decision upheld --grounds "trop tard"
ok "une opposition arrête tout ; la déléguée seule tranche, une fois"

# --- a refusal at the door ------------------------------------------------

FIRST=$CASE
LAST=$(consent_of "$ALIX" partage:banque-de-france)
open_case
refused 7 "ne-souhaite-pas" as amelie sceau --json consent refuse "$CASE" \
    --reason "parce que"
quiet as amelie sceau consent refuse "$CASE" --reason ne-souhaite-pas \
    --channel visite
refused 5 "a refusé le diagnostic" as amelie sceau --json file "$CASE" diagnostic \
    $OUT/diagnostic.json
is "$(in_force diagnostic)" refused
CASE=$FIRST
refused 5 "déjà des fiches sociales" as amelie sceau --json consent refuse "$CASE" \
    --reason ne-souhaite-pas
ok "refus à la porte : aucune fiche sociale ; trop tard après un diagnostic"

# --- after an erasure -----------------------------------------------------

erase "$CASE"
refused 5 "a été effacé" as amelie sceau --json consent give "$CASE" \
    partage:caf --method handwritten --evidence "$SHEET"
refused 4 "n'existe pas" as yann sceau --json consent give "$CASE" partage:caf \
    --method handwritten --evidence "$SHEET"
quiet as amelie sceau consent withdraw "$LAST" --channel courrier
quiet as amelie sceau subject object "$CASE" --channel courrier
ok "après un effacement : rien ne se consent, tout se retire, on s'oppose"
