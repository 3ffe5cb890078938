#!/bin/bash
#
# Goal: a page made by the vault is filled in a browser without a network, in a
# kitchen; what it gives is a sealed file that the vault alone opens, files
# whole or not at all, and only once; nothing of it is in clear on the tablet
# or on the vault's disk. What was sealed before a restart opens after it.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"

web_needs

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }
HOME_A=/run/home/amelie
CANARY=Zebulonquartz

open_case() {
	cat >$HOME_A/case.json <<-END
		{ "stage": "amont", "source": "ccapex", "title": "$1",
		  "commune": "Melun", "persons": [
		    {"role": "titulaire", "name": "$1", "birth_year": 1981},
		    {"role": "co-titulaire", "name": "Sam Exemple"}] }
	END
	as amelie sceau --json case open --from $HOME_A/case.json | jq -er .ref
}

documents_of() {
	as amelie sceau --json list "$1" |
		jq -er '[.documents[] | select(.state == "filed")] | length'
}

# fill KIND FILE: the page of that kind, filled by form.py; the sealed file.
fill() {
	as amelie sceau form "$1" --force --output "$HOME_A/$1.html"
	mkdir -p /run/work/tablet
	TMPDIR=/run/work/tablet PYTHONDONTWRITEBYTECODE=1 \
	PYTHONPATH=$TOP/tests/py:$WEB /usr/bin/python3 "$WEB/form.py" \
	    "$1" "$HOME_A/$1.html" "$2" $CANARY
	chown amelie: "$2"
}

# refused STATUS WORDS FILE: what sceau visit says of it.
refused() {
	local status=0
	chown amelie: "$3"
	as amelie sceau visit "$CASE" "$3" >$OUT/none 2>$OUT/none.err ||
		status=$?
	is "$status" "$1"
	grep -q "$2" $OUT/none.err || fail "$(cat $OUT/none.err)"
	is "$(documents_of "$CASE")" 0
}

scratch_disk
build_vault
start_all
unseal
CASE=$(open_case "Alix Durand")
OTHER=$(open_case "Alix Durant")

# --- a visit in a kitchen -------------------------------------------------
fill visite $HOME_A/visite.sceau
ok "une visite remplie et scellée sans réseau ; rien sur la tablette"

# --- what was changed, cut, or is another's is refused whole ----------------
size=$(stat -c %s $HOME_A/visite.sceau)
for at in 0 20 60 93 94 130 20000 $((size - 1)); do
	cp $HOME_A/visite.sceau $HOME_A/autre.sceau
	printf '\377\000' | dd of=$HOME_A/autre.sceau bs=1 seek="$at" \
	    conv=notrunc status=none count=1
	cmp -s $HOME_A/visite.sceau $HOME_A/autre.sceau &&
		printf '\001' | dd of=$HOME_A/autre.sceau bs=1 seek="$at" \
		    conv=notrunc status=none
	refused 7 formulaire $HOME_A/autre.sceau
done
for n in 1 93 94 20000 $((size - 1)); do
	head -c "$n" $HOME_A/visite.sceau >$HOME_A/autre.sceau
	refused 7 formulaire $HOME_A/autre.sceau
done
ok "un octet changé, un fichier coupé : refusés, rien n'est gardé"

# --- all of it, once ---------------------------------------------------------
as amelie sceau --json visit "$CASE" $HOME_A/visite.sceau >$OUT/visit.json
is "$(json $OUT/visit.json '[.documents[].kind] | sort | join(" ")')" \
    "consentement contact contrat-engagement demarche"
is "$(json $OUT/visit.json '.consents[0].consents | length')" 2
is "$(documents_of "$CASE")" 4
for c in visit file; do
	as amelie sceau --json $c "$CASE" $HOME_A/visite.sceau >$OUT/again.json
	for f in .visit .leaf '[.documents[] | .document, .sha256, .leaf]'; do
		is "$(json $OUT/again.json "$f")" "$(json $OUT/visit.json "$f")"
	done
done
is "$(documents_of "$CASE")" 4
if as amelie sceau visit "$OTHER" $HOME_A/visite.sceau 2>$OUT/other.err; then
	fail "le même formulaire entre dans un second dossier"
fi
grep -q "déjà été déposé" $OUT/other.err || fail "$(cat $OUT/other.err)"
is "$(documents_of "$OTHER")" 0
ok "déposée en entier, une seule fois, dans un seul dossier"

# --- who opened what is in the log -------------------------------------------
as dora sceau --json audit log --class form-open --limit 100 >$OUT/log.json
[ "$(grep -o '"form-open"' $OUT/log.json | wc -l)" -ge 5 ] ||
	fail "le journal ne dit pas que des formulaires ont été ouverts"
ok "chaque ouverture a son inscription"

# --- a record, after a restart ------------------------------------------------
stop_all
start_all
unseal
fill diagnostic $HOME_A/diagnostic.sceau
as amelie sceau file "$OTHER" $HOME_A/diagnostic.sceau >$OUT/text
grep -q "Déposé : document" $OUT/text
ref=$(as amelie sceau --json list "$OTHER" |
	jq -er '.documents[] | select(.kind == "diagnostic") | .ref')
as amelie sceau get "$ref" --output $HOME_A/diagnostic.json
is "$(jq -r .identite.nom $HOME_A/diagnostic.json)" "$CANARY"
rm $HOME_A/diagnostic.json
ok "une fiche scellée avant, ouverte après un redémarrage"

# --- a contract: its record and, as the contract, the signed pages -------------
fill contrat-engagement $HOME_A/contrat.sceau
as amelie sceau --json visit "$OTHER" $HOME_A/contrat.sceau >$OUT/contract.json
is "$(json $OUT/contract.json '[.documents[].kind] | sort | join(" ")')" \
    "contrat-engagement projet-contrat-engagement"
doc_of() {
	json $OUT/contract.json \
	    ".documents[] | select(.kind == \"$1\") | .document"
}
as amelie sceau --json show "$(doc_of contrat-engagement)" >$OUT/shown.json
is "$(json $OUT/shown.json '[.pages[].media] | unique | join(" ")')" image/jpeg
as amelie sceau get "$(doc_of projet-contrat-engagement)" \
    --output $HOME_A/contrat.json
is "$(jq -r .parties.menage $HOME_A/contrat.json)" "$CANARY"
before=$(documents_of "$OTHER")
for kind in contrat-engagement plan-apurement consentement; do
	status=0
	as amelie sceau file "$OTHER" $kind $HOME_A/contrat.json \
	    --level handwritten-scan >$OUT/none 2>&1 || status=$?
	is "$status" 7
done
is "$(documents_of "$OTHER")" "$before"
rm $HOME_A/contrat.json
status=0
as amelie sceau form projet-contrat-engagement >$OUT/none 2>$OUT/none.err ||
	status=$?
is "$status" 2
grep -q "demandez contrat-engagement" $OUT/none.err || fail "$(cat $OUT/none.err)"
ok "un contrat : ses pages signées, sa fiche à part, jamais l'une pour l'autre"

# --- the console gives the same page ------------------------------------------
start_sshd
web_console amelie
export CASE PAGE=/run/work/page.html
web_drive "$WEB/offline.py"
cmp /run/work/page.html $HOME_A/diagnostic.html ||
	fail "la page de la console n'est pas celle de la commande"
ok "la console donne la même page"

# --- nowhere in clear ---------------------------------------------------------
stop daemon
if grep -rlF "$CANARY" "$VAULT" /run/work/tablet /run/home 2>/dev/null |
	grep -v '/case.json$'; then
	fail "en clair quelque part"
fi
ok "en clair nulle part"
