#!/bin/bash
#
# Goal: what comes back from a visit is one command and one change: a sheet, the
# contact and six consents of a couple, or nothing, and the file at fault is
# named; run again it changes nothing. What was filed in the wrong case is
# moved by its author, also when the daemon is killed in the middle of it. The
# refusal at the door is one command.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# open_case FILE NAME…: a case of these adults; its reference on stdout.
open_case() {
	local first=$1
	cat >/run/home/amelie/case.json <<-END
		{ "stage": "amont", "source": "ccapex", "title": "$first",
		  "commune": "Melun", "persons": [
		    {"role": "titulaire", "name": "$first", "birth_year": 1981},
		    {"role": "co-titulaire", "name": "Sam Exemple"}] }
	END
	as amelie sceau --json case open --from /run/home/amelie/case.json |
		jq -er .ref
}

documents_of() {
	as amelie sceau --json list "$1" |
		jq -er '[.documents[] | select(.state == "filed")] | length'
}

visit() {
	as amelie sceau --json visit "$CASE" \
	    "consentement=$FILES/consentement.pdf" "$@" --channel visite \
	    --result rencontre --consent diagnostic --consent partage:caf \
	    --consent partage:banque-de-france
}

scratch_disk
build_vault
start_all
unseal
make_files
CASE=$(open_case "Alix Durand")
OTHER=$(open_case "Alix Durant")

# --- all of it, or nothing ------------------------------------------------
if visit "diagnostic=$FILES/consentement.pdf" >$OUT/none.json 2>$OUT/none.err; then
	fail "un PDF passe pour une fiche"
fi
grep -q "consentement.pdf (diagnostic)" $OUT/none.err ||
	fail "la pièce en cause n'est pas nommée : $(cat $OUT/none.err)"
is "$(documents_of "$CASE")" 0
is "$(as amelie sceau --json consent list "$CASE" |
	jq -er '.consents | length')" 0
ok "une pièce refusée : rien n'est gardé, elle est nommée"

visit >$OUT/visit.json
is "$(json $OUT/visit.json '.documents | length')" 2
is "$(json $OUT/visit.json '.consents[0].consents | length')" 6
visit >$OUT/again.json
# Receipts are made anew, under the newest head; what they prove is the same.
for f in .visit .leaf '[.documents[] | .document, .sha256, .leaf]' .consents; do
	is "$(jq -S "$f" $OUT/again.json)" "$(jq -S "$f" $OUT/visit.json)"
done
is "$(documents_of "$CASE")" 2
ok "une commande : contact, feuille, six consentements ; deux fois, la même"

# --- the wrong case -------------------------------------------------------
as amelie sceau --json file "$CASE" piece $FILES/consentement.pdf \
    >$OUT/wrong.json
WRONG=$(json $OUT/wrong.json .document)
as amelie sceau --json file move "$WRONG" "$OTHER" >$OUT/moved.json 2>&1 &
MOVE=$!
sleep 0.05
stop daemon KILL
wait $MOVE || true
start_daemon
wait_until is_open
as amelie sceau --json file move "$WRONG" "$OTHER" >$OUT/moved.json
MOVED=$(json $OUT/moved.json .document)
is "$(jq .breach $OUT/moved.json)" null
is "$(documents_of "$CASE")" 2
is "$(documents_of "$OTHER")" 1
as amelie sceau get "$MOVED" -o /run/home/amelie/moved.pdf
cmp /run/home/amelie/moved.pdf $FILES/consentement.pdf ||
	fail "le document déplacé n'est pas le même"
if as amelie sceau get "$WRONG" -o /run/home/amelie/wrong.pdf 2>/dev/null; then
	fail "la copie mal classée s'ouvre encore"
fi
ok "mal classé, déplacé, tué au milieu : un seul document, au bon endroit"

# --- the refusal at the door ----------------------------------------------
DOOR=$(open_case "Porte Close")
as amelie sceau --json refus "$DOOR" --reason defiance >$OUT/refus.json
is "$(json $OUT/refus.json .refusal.diagnosis)" refused
is "$(json $OUT/refus.json '.documents[0].kind')" contact
ok "le refus à la porte est une commande"
