#!/bin/bash
#
# Goal: a household uses its rights on the real programs. It asks for a copy and
# gets one file: originals byte for byte, every fingerprint right, French words.
# It has a figure corrected, and who had the old one is told. It objects, and
# another team cannot let things go out again. It has its case limited: nothing is
# read or goes out until it was told that this ends. It asks for erasure:
# refused on a ground of the law, with a letter; asked again, granted, with a
# certificate. A vault restored from a backup made before is told what it forgot.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# request RIGHT [option…]: what is asked, in REQUEST.
request() {
	local right=$1
	shift
	as amelie sceau --json subject request "$CASE" --right "$right" \
	    --channel courrier --identity "carte d'identité vue" "$@" \
	    >$OUT/request.json
	REQUEST=$(json $OUT/request.json .request)
}

# state REQUEST: of a request.
state() {
	as claire sceau --json subject requests "$CASE" |
		jq -er --arg r "$1" '.requests[] | select(.request == $r) | .state'
}

# waits WHO: does the request wait for them?
waits() {
	as "$1" sceau --json due | jq -e --arg r "$REQUEST" \
	    '[.due[] | select(.what == "rights-request" and .object == $r)]
	    | length == 1' >/dev/null
}

export_to() {
	as claire sceau --json --purpose exercice-des-droits subject export \
	    "$CASE" --person "$PERSON" -o "$1"
}

scratch_disk
step_1
step_2
end_step
echo

as amelie sceau --json case show "$CASE" >$OUT/shown.json
PERSON=$(json $OUT/shown.json '.persons[0].person')
quiet as amelie sceau consent give "$CASE" partage:caf --method handwritten \
    --evidence "$CONSENT_FORM"
quiet as amelie sceau case event "$CASE" commandement --on "$(in_days 0)"
as amelie sceau --json --purpose examen-ccapex extract release "$CASE" ccapex \
    >$OUT/release.json
EXTRACT=$(json $OUT/release.json .extract)
quiet partner ccapex pull "$EXTRACT"

# --- a copy ---------------------------------------------------------------

request access
is "$(json $OUT/request.json .due_on)" "$(python3 - "$(in_days 0)" <<'END'
import calendar, datetime, sys
d = datetime.date.fromisoformat(sys.argv[1])
y, m = d.year + d.month // 12, d.month % 12 + 1
print(datetime.date(y, m, min(d.day, calendar.monthrange(y, m)[1])))
END
)"
waits claire || fail "la demande n'attend pas la coordinatrice"
waits dora || fail "la demande n'attend pas la déléguée"
! waits amelie || fail "la demande attend qui ne répond pas"
ok "une demande est inscrite ; elle attend qui peut y répondre, un mois"

expect_status 3 as amelie sceau --purpose exercice-des-droits subject export \
    "$CASE" --person "$PERSON" -o /run/home/amelie/copie >$OUT/got 2>&1
expect_status 3 as claire sceau subject export "$CASE" --person "$PERSON" \
    -o /run/home/claire/copie >$OUT/got 2>&1
[ ! -e /run/home/amelie/copie ] && [ ! -e /run/home/claire/copie ] ||
	fail "une copie refusée a laissé quelque chose"
export_to /run/home/claire/copie.tar >$OUT/export.json
is "$(json $OUT/export.json .withheld)" 0
tar -xf /run/home/claire/copie.tar -C $OUT
(cd $OUT/copie && quiet sha256sum --strict -c SHA256SUMS)
is "$(find $OUT/copie/originaux -type f | wc -l)" \
    "$(json $OUT/export.json .originals)"
# Every file that the household gave, byte for byte, the one of 24 MiB too.
for f in consentement.pdf contrat.pdf contrat-2.pdf contrat-2.p7s photo-1.jpg \
    photo-2.jpg photo-3.jpg piece.pdf; do
	sha=$(sha256sum <$FILES/$f | cut -d' ' -f1)
	grep -q "^$sha  originaux/" $OUT/copie/SHA256SUMS ||
		fail "$f manque à la copie"
done
jq -e '.records[] | select(.kind == "diagnostic") |
    .data.dette.montant == 2448' $OUT/copie/donnees.json >/dev/null
grep -q "dpv:ConsentReceipt" $OUT/copie/consentements/001.jsonld
grep -q -i "allocations familiales" $OUT/copie/consentements/001.txt
grep -q "CCAPEX" $OUT/copie/destinataires.csv
grep -q "Commandement de payer" $OUT/copie/evenements.csv
grep -q "l'accès à vos données" $OUT/copie/demandes.csv
grep -q '"document déposé"' $OUT/copie/acces.csv
for word in amelie claire doc-file case-read extract-pull; do
	! grep -q -e "$word" $OUT/copie/acces.csv ||
		fail "« $word » est dans acces.csv"
done
export_to /run/home/claire/copie >$OUT/again.json
(cd /run/home/claire/copie && quiet sha256sum --strict -c SHA256SUMS)
as dora sceau --json audit who-saw "$CASE" >$OUT/saw.json
n=$(jq '[.entries[] | select(.class == "subject-export" and
    .outcome == "ok")] | length' $OUT/saw.json)
# Two copies, each one leaf, and one for each original of each.
is "$n" $((2 * ($(json $OUT/export.json .originals) + 1)))
quiet as claire sceau subject answer "$REQUEST" --words "Copie remise."
is "$(state "$REQUEST")" answered
! waits claire || fail "elle attend encore"
ok "la copie : un fichier, $(json $OUT/export.json .originals) originaux" \
    "entiers, chaque lecture au journal, en français"

# --- a correction -----------------------------------------------------------

request rectification --words "Le montant de la dette est faux."
sed 's/"montant": 2448.00/"montant": 1948.00/' $FILES/diagnostic.json \
    >/run/home/amelie/diagnostic.json
as amelie sceau --json file "$CASE" diagnostic \
    /run/home/amelie/diagnostic.json --replaces "$DIAGNOSTIC" \
    >$OUT/filed.json
is "$(json $OUT/filed.json .version)" 2
partner ccapex notices >$OUT/notices.txt
grep -q rectified $OUT/notices.txt ||
	fail "la CCAPEX n'est pas prévenue : $(cat $OUT/notices.txt)"
as amelie sceau --json --purpose examen-ccapex extract release "$CASE" ccapex \
    >$OUT/release.json
LATER=$(json $OUT/release.json .extract)
refused 7 document as claire sceau --json subject answer "$REQUEST" \
    --document "$LATER"
quiet as claire sceau subject answer "$REQUEST" --document "$DIAGNOSTIC"
is "$(state "$REQUEST")" answered
ok "une information corrigée : nouvelle version, et qui avait l'ancienne" \
    "en est prévenu"

# A backup of before what follows.
back_up /run/disk/old

# --- an objection -----------------------------------------------------------

as amelie sceau --json subject object "$CASE" --channel telephone \
    >$OUT/object.json
OBJECTION=$(json $OUT/object.json .objection)
expect_status 3 as amelie sceau --json --purpose examen-ccapex extract release \
    "$CASE" ccapex >$OUT/got 2>&1
expect_status 4 as yann sceau subject object-lift "$OBJECTION" \
    --channel telephone >$OUT/got 2>&1
expect_status 3 as amelie sceau --json --purpose examen-ccapex extract release \
    "$CASE" ccapex >$OUT/got 2>&1
quiet as amelie sceau subject object-lift "$OBJECTION" --channel telephone
quiet as amelie sceau extract preview "$CASE" ccapex
ok "une opposition arrête tout ; une autre équipe ne la lève pas"

# --- a restriction ----------------------------------------------------------

request restriction
expect_status 7 as amelie sceau subject restrict "$CASE" --ground autre \
    >$OUT/got 2>&1
quiet as amelie sceau subject restrict "$CASE" --request "$REQUEST" \
    --ground exactitude-contestee
is "$(state "$REQUEST")" answered
expect_status 3 as amelie sceau get "$CONTRACT" -o /run/home/amelie/lu.pdf \
    >$OUT/got 2>&1
expect_status 3 as amelie sceau --json --purpose examen-ccapex extract release \
    "$CASE" ccapex >$OUT/got 2>&1
partner ccapex pull "$LATER" >$OUT/got 2>&1 && fail "un extrait est parti"
as claire sceau --json subject erase "$CASE" --reason essai --basis essai \
    >$OUT/got 2>&1 && fail "un dossier limité serait effacé"
quiet export_to /run/home/claire/copie-limitee
ok "limité : rien n'est lu, transmis ni effacé ; la personne a sa copie"

expect_status 5 as claire sceau subject lift "$CASE" --channel courrier \
    >$OUT/got 2>&1
quiet as claire sceau subject lift "$CASE" --reason "Le montant est vérifié."
as claire sceau --json due | jq -e \
    '[.due[] | select(.what == "restriction-letter")] | length == 1' \
    >/dev/null || fail "la lettre n'est pas due"
expect_status 3 as amelie sceau get "$CONTRACT" -o /run/home/amelie/lu.pdf \
    >$OUT/got 2>&1
quiet as claire sceau subject lift "$CASE" --channel courrier
quiet as amelie sceau get "$CONTRACT" -o /run/home/amelie/lu.pdf
same $FILES/contrat-2.pdf /run/home/amelie/lu.pdf
quiet partner ccapex pull "$LATER"
ok "la levée est annoncée à la personne d'abord, puis seulement faite"

# --- an erasure, refused, then granted --------------------------------------

request erasure
FIRST=$REQUEST
refused 7 droits-en-justice as claire sceau --json subject refuse "$FIRST" \
    --ground demande-excessive --reason "Non."
as claire sceau --json subject refuse "$FIRST" --ground droits-en-justice \
    --reason "Une audience est prévue le mois prochain." >$OUT/refused.json
json $OUT/refused.json .letter | tr '\n' ' ' >$OUT/letter.txt
for mention in "Une audience est prévue" "RGPD art. 17(3)(e)" \
    "Commission nationale de l'informatique et des libertés" \
    "recours juridictionnel"; do
	grep -q -F -e "$mention" $OUT/letter.txt ||
		fail "la lettre ne dit pas « $mention » : $(cat $OUT/letter.txt)"
done
is "$(state "$FIRST")" refused
expect_status 5 as claire sceau subject erase --request "$FIRST" \
    --basis "RGPD art. 17(1)(b)" >$OUT/got 2>&1
quiet as amelie sceau get "$CONTRACT" -o /run/home/amelie/encore.pdf
ok "un effacement est refusé pour un motif de la loi, par une lettre qui" \
    "dit ses raisons, la CNIL et le juge"

request erasure
as claire sceau --json subject erase --request "$REQUEST" \
    --basis "RGPD art. 17(1)(b)" >$OUT/erasure.json
id=$(json $OUT/erasure.json .erasure)
is "$(state "$REQUEST")" open
expect_status 5 as claire sceau retention run "$id" >$OUT/got 2>&1
approve bruno "$id"
approve denis "$id"
quiet as claire sceau retention run "$id" -o /run/home/claire/certificat
[ -s /run/home/claire/certificat ] || fail "pas de certificat"
is "$(state "$REQUEST")" answered
is "$(state "$FIRST")" refused
expect_status 4 as amelie sceau get "$CONTRACT" >$OUT/got 2>&1
expect_status 4 as claire sceau --purpose exercice-des-droits subject export \
    "$CASE" --person "$PERSON" -o /run/home/claire/apres >$OUT/got 2>&1
partner ccapex notices >$OUT/notices.txt
grep -q erased $OUT/notices.txt || fail "$(cat $OUT/notices.txt)"
quiet as dora sceau audit export /run/home/dora/journal
quiet sceau verify log /run/home/dora/journal --key "$LOG_KEY"
ok "accordé : effacé, certifié, la demande a sa réponse, le destinataire" \
    "est prévenu"

# --- what a backup of before does not know -----------------------------------

stop_all
cp -a $VAULT/vault.conf $VAULT/policy /run/disk/old/
cp -a $VAULT/keys /run/disk/old/keys
mkdir -m 1777 /run/disk/old/run
VAULT=/run/disk/old
export SCEAU_DIR=$VAULT
quiet sceau-keys -d $VAULT --restored
start_all
unseal
quiet as dora sceau audit export /run/home/dora/restaure
expect_status 9 sceau --json verify lost /run/home/dora/restaure \
    /run/home/dora/journal --key "$LOG_KEY" >$OUT/lost.json 2>$OUT/got
CASE_ID=$(json $OUT/shown.json .case)
for what in objection restrict; do
	jq -e --arg w "$what" --arg c "$CASE_ID" \
	    '[.lost[] | select(.what == $w and (.objects | index($c)))]
	    | length == 1' $OUT/lost.json >/dev/null ||
		fail "$what n'est pas à refaire : $(cat $OUT/lost.json)"
done
jq -e '[.lost[] | select(.what == "erase-run")] | length > 0' $OUT/lost.json \
    >/dev/null || fail "l'effacement n'est pas à refaire"
sceau verify lost /run/home/dora/restaure /run/home/dora/journal \
    --key "$LOG_KEY" >$OUT/lost.txt 2>&1 || true
grep -q "limitation d'un dossier" $OUT/lost.txt || fail "$(cat $OUT/lost.txt)"
quiet sceau verify lost /run/home/dora/journal /run/home/dora/journal \
    --key "$LOG_KEY"
stop_all
ok "un coffre restauré d'avant : l'opposition, la limitation et" \
    "l'effacement qu'il ignore sont listés, à refaire"
