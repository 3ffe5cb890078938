#!/bin/bash
#
# Goal: the life of a case on the real daemon, from the list that brings the
# household to its return: contact, a diagnosis begun as a draft, the visit
# with a contract, consents and steps in one command, the act and its check,
# a hearing that moves the case on its day, the veille sociale, the closing,
# the return; and a household that refuses at the door. At each step sceau due
# tells each of the team, the director and the delegate what is theirs to do,
# soonest first, as of any day.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

FAKETIME=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
# A sanitizer's library must be the first one: no other clock then.
if ldd "$BUILD/daemon/sceaud" | grep -q libasan; then FAKETIME=; fi

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# due WHO [option…]: WHAT:DAY lines of the case, in their order.
due() {
	local who=$1
	shift
	as "$who" sceau --json due "$@" >$OUT/due.json
	jq -er --arg ref "$CASE" '[.due[] | select((.ref // $ref) == $ref) |
	    .what] | join(" ")' $OUT/due.json || true
}

has_due() {
	local who=$1 what=$2
	shift 2
	due "$who" "$@" | tr ' ' '\n' | grep -qx "$what"
}
waits_for() { has_due "$@" || fail "$2 n'attend pas $1 : $(due "$1")"; }
not_for() { ! has_due "$@" || fail "$2 attend $1 : $(due "$1")"; }

# overdue WHO WHAT [option…]: true or false.
overdue() {
	local who=$1 what=$2
	shift 2
	as "$who" sceau --json due "$@" |
		jq -r --arg what "$what" --arg ref "$CASE" \
		    '[.due[] | select(.what == $what and .ref == $ref)][0].overdue'
}

sorted() {
	as "$1" sceau --json due | jq -e '[.due[].due_at] | . == sort' \
	    >$OUT/no || fail "la liste de $1 n'est pas par échéance"
}

documents_of() {
	as amelie sceau --json list "$CASE" | jq -er '.documents | length'
}

stage() { as amelie sceau --json case show "$CASE" | jq -er .stage; }

# seen COMMAND…: what a person reads, for who looks.
seen() {
	"$@" >$OUT/seen 2>&1 || fail "$* : $(cat $OUT/seen)"
	[ -z "$VERBOSE" ] || { typed "> $*" && echo && sed 's/^/   | /' $OUT/seen; }
}

record() {
	cat >"$FILES/$1.json"
	chmod 0644 "$FILES/$1.json"
}

scratch_disk
build_vault
start_all
unseal
make_files
pdf $FILES/acte.pdf "Commandement de payer, pour essai."
pdf $FILES/notice.pdf "Vos données et vos droits."

# --- the list -------------------------------------------------------------
printf '%s\n' "REFERENCE CCAPEX;NOM DU LOCATAIRE;PRENOM DU LOCATAIRE;DATE DE NAISSANCE;COMMUNE;NOM DU CO-TITULAIRE;PRENOM DU CO-TITULAIRE" \
    "VIE-1;Exemple;Alix;1981;Melun;Exemple;Sam" \
    "VIE-2;Porte;Lou;1970;Meaux;;" >/run/home/amelie/liste.csv
chown amelie: /run/home/amelie/liste.csv
seen as amelie sceau intake /run/home/amelie/liste.csv --source ccapex
CASE=$(as amelie sceau --json find "exemple alix" | jq -er '.results[0].ref')
DOOR=$(as amelie sceau --json find "porte lou" | jq -er '.results[0].ref')
for who in amelie claire bruno; do
	waits_for $who information-art14
done
not_for denis information-art14
not_for dora information-art14
is "$(overdue amelie information-art14)" false
is "$(overdue amelie information-art14 --as-of "$(in_days 32)")" true
ok "une liste ouvre le dossier : informer le ménage sous un mois, pour l'équipe"

# --- contacts -------------------------------------------------------------
seen as amelie sceau contact "$CASE" --on "$(in_days -20)" --channel telephone \
    --result sans-reponse
not_for amelie veille
before=$(documents_of)
as amelie sceau contact "$CASE" --on "$(in_days -20)" --channel telephone \
    --result sans-reponse >$OUT/no 2>$OUT/twice
grep -q "déjà inscrit" $OUT/twice || fail "deux appels pareils se confondent sans un mot"
is "$(documents_of)" "$before"
seen as amelie sceau contact "$CASE" --on "$(in_days -20)" --channel telephone \
    --result sans-reponse --note "le soir"
is "$(documents_of)" $((before + 1))
seen as amelie sceau contact "$CASE" --on "$(in_days -10)" --channel visite \
    --result rencontre --note "vu à la porte"
# The first communication brings the information forward: it was due then.
is "$(overdue amelie veille)" false
is "$(overdue amelie veille --as-of "$(in_days 5)")" false
is "$(overdue amelie veille --as-of "$(in_days 6)")" true
seen as amelie sceau file "$CASE" notice-art14 $FILES/notice.pdf -o $OUT/notice.recu
not_for amelie information-art14
refused 7 "30" as amelie sceau contact "$CASE" --on "$(in_days -31)" \
    --channel visite --result rencontre
refused 7 "date" as amelie sceau contact "$CASE" --on "$(in_days 1)" \
    --channel visite --result rencontre
# A mistyped word is told in French, with the words that there are.
expect_status 7 as amelie sceau contact "$CASE" --channel pigeon \
    --result rencontre >$OUT/no 2>$OUT/typo
grep -q "champ canal : n'est pas un des codes : .*telephone" $OUT/typo ||
	fail "rien ne dit les canaux : $(cat $OUT/typo)"
expect_status 7 as amelie sceau contact "$CASE" --on "$(in_days 1)" \
    --channel visite --result rencontre >$OUT/no 2>$OUT/typo
grep -q "ce jour est à venir" $OUT/typo ||
	fail "rien ne dit pourquoi ce jour : $(cat $OUT/typo)"
ok "contacts : l'absence n'ouvre rien, la rencontre ouvre la veille à quinze jours"

# --- the other household refuses at the door ------------------------------
seen as amelie sceau refus "$DOOR" --reason defiance
record refusee <<<'{"date": "2026-11-16", "dette": {"montant": 10}}'
expect_status 5 as amelie sceau file "$DOOR" diagnostic $FILES/refusee.json \
    >$OUT/no 2>&1
expect_status 5 as amelie sceau file "$DOOR" diagnostic $FILES/refusee.json \
    --draft >$OUT/no 2>&1
seen as amelie sceau case close "$DOOR" --outcome refus
ok "le refus à la porte : une commande, et plus aucune fiche sociale, brouillon compris"

# --- a diagnosis, begun and completed -------------------------------------
record brouillon <<<'{"recit": "CANARI-VIE, à reprendre"}'
expect_status 7 as amelie sceau file "$CASE" diagnostic $FILES/brouillon.json \
    >$OUT/incomplete 2>&1
grep -q -e "--draft" $OUT/incomplete ||
	fail "rien ne dit comment garder une fiche incomplète"
[ -z "$VERBOSE" ] || cat $OUT/incomplete
as amelie sceau --json file "$CASE" diagnostic $FILES/brouillon.json --draft \
    >$OUT/draft.json
DRAFT=$(json $OUT/draft.json .ref)
for who in amelie claire bruno; do waits_for $who draft; done
not_for denis draft
not_for dora draft
waits_for amelie draft --mine
as amelie sceau list "$CASE" | grep -q brouillon || fail "la liste ne dit pas que c'est un brouillon"
as amelie sceau show "$DRAFT" | grep -q "brouillon" || fail "show ne le dit pas"
as amelie sceau --json extract preview "$CASE" ccapex >$OUT/preview.json
if grep -q "CANARI\|$(json $OUT/draft.json .document)" $OUT/preview.json; then
	fail "l'aperçu montre le brouillon"
fi
write_diagnostic | jq --arg d "$(in_days -10)" '.date = $d' | record diagnostic
seen as amelie sceau file "$CASE" diagnostic $FILES/diagnostic.json \
    --replaces "$DRAFT" -o $OUT/diagnostic.recu
not_for amelie draft
expect_status 7 as amelie sceau file "$CASE" diagnostic $FILES/brouillon.json \
    --replaces "$DRAFT" --draft >$OUT/no 2>&1
ok "un diagnostic commencé est un brouillon dû, jamais communiqué, puis complet"

# --- the visit ------------------------------------------------------------
VISIT=(visit "$CASE" "contrat-engagement=$FILES/contrat.pdf"
    "consentement=$FILES/consentement.pdf" --channel visite
    --result rencontre --consent diagnostic --consent partage:caf
    --consent partage:banque-de-france
    --demarche "fsl=$(in_days 10)" --demarche "surendettement=$(in_days 20)"
    --demarche dls)
seen as amelie sceau "${VISIT[@]}"
as amelie sceau --json "${VISIT[@]}" >$OUT/visit.json
is "$(json $OUT/visit.json '.documents | map(.kind) | join(" ")')" \
    "contrat-engagement consentement contact demarche demarche demarche"
is "$(json $OUT/visit.json '.consents[0].consents | length')" 6
seen as amelie sceau demarche list "$CASE"
is "$(as amelie sceau --json demarche list "$CASE" |
	jq -er '[.demarches[].device] | join(" ")')" "fsl surendettement dls"
waits_for amelie demarche
is "$(overdue amelie demarche)" false
is "$(overdue amelie demarche --as-of "$(in_days 11)")" true
expect_status 7 as amelie sceau visit "$CASE" --channel visite \
    --result rencontre --demarche fsl --demarche rien >$OUT/no 2>&1
is "$(as amelie sceau --json demarche list "$CASE" |
	jq -er '.demarches | length')" 3
ok "une visite, une commande : contrat, six consentements, contact, démarches ; ou rien"

# --- the steps ------------------------------------------------------------
step_of() {
	as amelie sceau --json demarche list "$CASE" | jq -er --arg d "$1" \
	    '.demarches[] | select(.device == $d) | .ref'
}
as amelie sceau --json file "$CASE" piece $FILES/acte.pdf >$OUT/proof.json
PROOF=$(json $OUT/proof.json .ref)
seen as amelie sceau demarche set "$CASE" "$(step_of fsl)" --state faite \
    --reference FSL-2026-118 --decision accord --decided-on "$(in_days -1)" \
    --decision-document "$PROOF"
expect_status 7 as amelie sceau demarche set "$CASE" "$(step_of dls)" \
    --state abandonnee >$OUT/no 2>&1
seen as amelie sceau demarche set "$CASE" "$(step_of dls)" --state abandonnee \
    --reason "le ménage reste"
# A surendettement is receivable by its decision, and not without it.
expect_status 7 as amelie sceau case event "$CASE" recevabilite >$OUT/no 2>&1
seen as amelie sceau case event "$CASE" depot-surendettement --on "$(in_days -2)"
seen as amelie sceau case event "$CASE" recevabilite --document "$PROOF"
ok "les démarches : référence, décision, document ; abandonnée avec sa raison"

# --- the act, and its check -----------------------------------------------
seen as amelie sceau file "$CASE" acte $FILES/acte.pdf -o $OUT/acte.recu
waits_for bruno regularite
waits_for claire regularite
not_for amelie regularite
record controle <<END
{"date": "$(in_days 0)", "acte": "commandement-de-payer", "regulier": true}
END
expect_status 3 as amelie sceau file "$CASE" controle-regularite \
    $FILES/controle.json >$OUT/no 2>&1
seen as bruno sceau file "$CASE" controle-regularite $FILES/controle.json \
    -o $OUT/controle.recu
not_for bruno regularite
ok "l'acte reçu attend le juriste, et son contrôle le règle"

# --- the hearing ----------------------------------------------------------
is "$(stage)" amont
seen as amelie sceau case event "$CASE" commandement \
    --on "$(date -d "$(in_days -9)" +%d/%m/%Y)"
is "$(stage)" amont
seen as amelie sceau case event "$CASE" audience --on "$(in_days 12)"
is "$(stage)" amont
expect_status 7 as amelie sceau case event "$CASE" assignation \
    --on "$(in_days 1)" >$OUT/no 2>&1
sorted amelie
seen as amelie sceau due
seen as bruno sceau due
seen as claire sceau due --as-of "$(in_days 40)"
seen as denis sceau due
seen as dora sceau due
ok "l'audience annoncée ne change rien avant son jour"

# --- veille sociale -------------------------------------------------------
# The visit of today was the last exchange: fifteen days from it.
is "$(overdue amelie veille --as-of "$(in_days 15)")" false
is "$(overdue amelie veille --as-of "$(in_days 16)")" true
seen as amelie sceau veille "$CASE" --result absent
not_for amelie veille
not_for amelie veille --as-of "$(in_days 40)"
ok "la veille faite règle l'échéance et n'en ouvre pas d'autre"

# --- its day comes --------------------------------------------------------
if [ -n "$FAKETIME" ]; then
	stop daemon
	start daemon env LD_PRELOAD="$FAKETIME" FAKETIME="+12 days" \
	    FAKETIME_DONT_FAKE_MONOTONIC=1 sceaud -d $VAULT ||
		fail "sceaud ne démarre pas"
	wait_until is_open
	is_aval() { [ "$(stage)" = aval ]; }
	wait_until is_aval
	ok "le jour de l'audience, le dossier est en aval"
else
	seen as amelie sceau case event "$CASE" assignation
	is "$(stage)" aval
fi

# --- closing, return ------------------------------------------------------
expect_status 5 as amelie sceau case close "$CASE" --outcome maintenu \
    >$OUT/open 2>&1
grep -q "démarche" $OUT/open || fail "rien ne dit ce qui reste : $(cat $OUT/open)"
seen as amelie sceau demarche set "$CASE" "$(step_of surendettement)" \
    --state faite --decision accord
as amelie sceau get "$(step_of surendettement)" -o $OUT/step.json --force
json $OUT/step.json '."date-decision"' >$OUT/no ||
	fail "une décision sans date"
seen as amelie sceau case close "$CASE" --outcome maintenu --note "apuré"
not_for amelie demarche
is "$(due amelie)" ""
expect_status 3 as amelie sceau case show "$CASE" >$OUT/no 2>&1
sed -i '/VIE-2/d; s/VIE-1/VIE-9/' /run/home/amelie/liste.csv
cp /run/home/amelie/liste.csv /run/home/claire/liste.csv
chown claire: /run/home/claire/liste.csv
seen as claire sceau intake /run/home/claire/liste.csv --source ccapex
as amelie sceau --json case show "$CASE" >$OUT/case.json
is "$(json $OUT/case.json .state)" open
is "$(json $OUT/case.json .stage)" aval
# Informed on the very day of the return, they are informed.
[ -z "$FAKETIME" ] || waits_for amelie information-art14
ok "clos avec son issue, il revient avec la liste suivante"
