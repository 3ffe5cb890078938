#!/bin/bash
#
# Goal: the list that the CCAPEX hands in each month becomes cases: what a dry
# run says is what happens, in UTF-8 or Windows-1252; bad lines come back with
# their reason and nothing else of them is kept; the same list twice adds
# nothing; what is over the volume is kept and marked; a household that was
# closed, or is in the archive, lives again; what a spreadsheet could be made
# to run, what is no list, and whoever may not, is refused. Social services
# have their own list and their own volume.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
OUT=/run/work/out
LISTS=/run/home/claire/listes

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# list NAME: what comes in becomes a file of Claire's.
list() {
	cat >"$LISTS/$1"
	chown claire: "$LISTS/$1"
}

HEAD="REFERENCE CCAPEX;NOM DU LOCATAIRE;PRENOM DU LOCATAIRE;DATE DE NAISSANCE"
HEAD="$HEAD;COMMUNE;NOM DU BAILLEUR;MONTANT DE LA DETTE"

# intake FILE [option…]: as the lead; JSON in $OUT/intake.json.
intake() {
	local file=$1
	shift
	as claire sceau --json intake "$LISTS/$file" --source ccapex "$@" \
	    >$OUT/intake.json 2>$OUT/intake.err ||
		fail "$file : $(cat $OUT/intake.err)"
}

counts() {
	jq -c '[.opened, .duplicates, .reopened, .rejected, .over_quota]' \
	    $OUT/intake.json
}

cases() {
	as claire sceau --json case list | jq -er '.cases | length'
}

# What must be refused, and leave nothing.
not_taken() {
	local tag=$1 file=$2 before
	before=$(cases)
	refused 7 "$tag" as claire sceau --json intake "$LISTS/$file" \
	    --source ccapex
	is "$(cases)" "$before"
	[ ! -e "$LISTS/$file.rejets.csv" ] || fail "$file laisse des rejets"
}

# households LETTER N: so many lines.
households() {
	seq 1 "$2" | sed "s/.*/$1-&;Nom$1&;P;1980;Meaux;;1/"
}

due_of() {
	as "$1" sceau --json due | jq -er --arg what "$2" \
	    '[.due[] | select(.what == $what)] | length'
}

scratch_disk
build_vault
start_all
unseal
mkdir -p $LISTS
chown claire: $LISTS

# --- dry run first; Windows-1252 ------------------------------------------
printf '%s\r\n' "$HEAD" \
    "CC-1;Lefèvre;Élise;12/05/1980;Meaux;SCI des Érables;2150,40" \
    "CC-2;Martin;Jean;1975;Melun;;980" \
    "CC-3;;Sans;1960;Melun;;1" \
    "CC-4;Bernard;Ana;19x0;Meaux;;1" \
    "CC-5;Petit;Luc;1990" \
    'CC-6;"=HYPERLINK(""http://exemple.invalid"")";Lou;0000;Meaux;;1' |
	iconv -f UTF-8 -t WINDOWS-1252 | list nov.csv
intake nov.csv --dry-run
is "$(counts)" "[2,0,0,4,0]"
is "$(jq -c '[.problems[].reason]' $OUT/intake.json)" \
    '["missing","birth-year","columns","birth-year"]'
is "$(cases)" 0
[ ! -e $LISTS/nov.csv.rejets.csv ] || fail "un essai à blanc écrit des rejets"
intake nov.csv
is "$(counts)" "[2,0,0,4,0]"
is "$(cases)" 2
as amelie sceau find "lefevre meaux" >$OUT/found
grep -q "Lefèvre" $OUT/found || fail "introuvable : $(cat $OUT/found)"
ok "une liste en Windows-1252 : l'essai à blanc dit ce qui se fait"

# --- what comes back ------------------------------------------------------
REJECTS=$LISTS/nov.csv.rejets.csv
is "$(stat -c '%U %a' "$REJECTS")" "claire 600"
is "$(head -c 3 "$REJECTS" | od -An -tx1 | tr -d ' ')" efbbbf
is "$(wc -l <"$REJECTS")" 5
head -n 1 "$REJECTS" | grep -q '"motif"' || fail "rejets sans motif"
grep -q "\"'=HYPERLINK" "$REJECTS" || fail "une formule repart vivante"
if grep -q "Martin" "$REJECTS"; then fail "une bonne ligne repart"; fi
# Mended, it is a list like another: its column of reasons is passed over.
sed -e 's/"CC-3";""/"CC-3";"Sauvé"/' "$REJECTS" | list nov-2.csv
intake nov-2.csv --rejects $LISTS/encore.csv
is "$(counts)" "[1,0,0,3,0]"
is "$(cases)" 3
ok "les lignes refusées reviennent avec leur motif, désarmées, et corrigées passent"

# --- twice ----------------------------------------------------------------
rm "$REJECTS"
as claire sceau intake $LISTS/nov.csv --source ccapex >$OUT/twice 2>&1
is "$(cases)" 3
rm -f "$REJECTS"
# Another copy of it: another request, and nobody new.
sed 's/CC-2;Martin;Jean/CC-2;MARTIN;Jean/' $LISTS/nov.csv | list copie.csv
intake copie.csv
is "$(jq -c '[.opened, .duplicates]' $OUT/intake.json)" "[0,2]"
is "$(cases)" 3
ok "la même liste deux fois n'ajoute rien"

# --- who is told nothing --------------------------------------------------
cp $LISTS/copie.csv /run/home/yann/liste.csv
chown yann: /run/home/yann/liste.csv
as yann sceau --json intake /run/home/yann/liste.csv --source ccapex \
    --dry-run >$OUT/intake.json
is "$(jq -c '[.opened, .duplicates]' $OUT/intake.json)" "[2,0]"
for who in denis dora ada; do
	cp $LISTS/copie.csv /run/home/$who/liste.csv
	chown $who: /run/home/$who/liste.csv
	expect_status 3 as $who sceau --json intake /run/home/$who/liste.csv \
	    --source ccapex --dry-run >$OUT/no 2>&1
done
refused 7 "de cette origine" as claire sceau --json intake $LISTS/copie.csv \
    --source inconnue --dry-run
ok "une autre équipe n'apprend rien ; direction, délégué, administrateur n'en reçoivent pas"

# --- what is no list ------------------------------------------------------
printf '%s\n' "$HEAD" 'CC-9;"Ouvert;A;1980;Meaux;;1' | list guillemet.csv
printf '%s\nCC-9;A\0B;A;1980;Meaux;;1\n' "$HEAD" | list nul.csv
printf '%s;SEXE\n%s;F\n' "$HEAD" "CC-9;A;B;1980;Meaux;;1" | list colonne.csv
printf '%s\n' "NOM DU LOCATAIRE;COMMUNE" "A;Meaux" | list manque.csv
printf '%s;COMMUNE\n%s;Melun\n' "$HEAD" "CC-9;A;B;1980;Meaux;;1" |
	list deux-fois.csv
printf '%s\n' "$HEAD" | list vide.csv
: | list rien.csv
{
	printf '%s\n' "$HEAD"
	households L 100000
} | list longue.csv
printf '%s\n' "$HEAD" "CC-9;Été;A;1980;Meaux;;1" |
	iconv -f UTF-8 -t UTF-16 | list utf16.csv
pdf $LISTS/liste.pdf "Ceci est une liste, dit-on."
not_taken guillemet guillemet.csv
not_taken "pas une liste en CSV" nul.csv
not_taken "une colonne de la liste" colonne.csv
not_taken "manque" manque.csv
not_taken "deux fois" deux-fois.csv
not_taken "la liste est vide" vide.csv
not_taken "pas une liste en CSV" utf16.csv
not_taken "pas une liste en texte" liste.pdf
before=$(cases)
expect_status 7 as claire sceau intake $LISTS/longue.csv --source ccapex \
    >$OUT/longue 2>&1
is "$(cases)" "$before"
grep -q "trop de lignes\|trop grande" $OUT/longue ||
	fail "cent mille lignes : $(cat $OUT/longue)"
expect_status 7 as claire sceau intake $LISTS/rien.csv --source ccapex \
    >$OUT/rien 2>&1
ok "ni guillemet ouvert, ni NUL, ni colonne inconnue, ni cent mille lignes, ni PDF"

# --- over the volume ------------------------------------------------------
{
	printf '%s\n' "$HEAD"
	households Q 40
} | list quota.csv
intake quota.csv
# Three of this month are in already.
is "$(counts)" "[40,0,0,0,3]"
is "$(cases)" 43
is "$(due_of claire intake-over-quota)" 1
is "$(due_of denis intake-over-quota)" 1
is "$(due_of amelie intake-over-quota)" 0
ok "au-delà du volume : gardé, marqué, et la direction le sait"

# --- social services ------------------------------------------------------
{
	echo "NOM;PRENOM;ANNEE DE NAISSANCE;COMMUNE;REFERENCE;SERVICE"
	seq -f "Social%.0f;P;1980;Meaux;;MDS de Meaux" 1 11
	echo "Martin;Jean;1975;Melun;;MDS de Melun"
} | list services.csv
as claire sceau --json intake $LISTS/services.csv --source services-sociaux \
    >$OUT/intake.json
is "$(counts)" "[11,1,0,0,1]"
ok "les services sociaux ont leur liste et leur volume ; un ménage de la CCAPEX y est connu"

# --- who comes back -------------------------------------------------------
BACK=$(as claire sceau --json find "martin jean" | jq -er '.results[0].ref')
as claire sceau case close "$BACK" --outcome injoignable >$OUT/closed
printf '%s\n' "$HEAD" "DD-2;Martin;Jean;1975;Melun;;1200" | list an-2.csv
cp $LISTS/an-2.csv /run/home/amelie/an-2.csv
chown amelie: /run/home/amelie/an-2.csv
as amelie sceau intake /run/home/amelie/an-2.csv --source ccapex >$OUT/again
grep -q "à rouvrir par le responsable" $OUT/again ||
	fail "rien ne dit qui rouvre : $(cat $OUT/again)"
is "$(due_of claire intake-reopen)" 1
is "$(due_of amelie intake-reopen)" 0
printf '%s\n' "$HEAD" "DD-2;Martin;Jean;1975;Melun;;1250" | list an-2b.csv
intake an-2b.csv
is "$(jq -c '[.opened, .reopen, .reopened]' $OUT/intake.json)" "[0,1,1]"
is "$(due_of claire intake-reopen)" 0
as amelie sceau --json case show "$BACK" | jq -e '.state == "open"' >$OUT/no ||
	fail "le dossier n'est pas rouvert"
ok "qui revient l'année suivante : le dossier vit de nouveau, par qui en a le droit"

# --- from what a partner handed in ----------------------------------------
start_sshd
printf '%s\r\n' "$HEAD" "EE-1;Déposé;Zoé;1988;Provins;;1" |
	iconv -f UTF-8 -t WINDOWS-1252 >/run/home/poste-ccapex/liste.csv
ID=$(partner ccapex submit </run/home/poste-ccapex/liste.csv |
	jq -er .submission)
as claire sceau --json intake --submission "$ID" --source ccapex \
    >$OUT/intake.json
is "$(jq -c '[.opened, .rejected]' $OUT/intake.json)" "[1,0]"
as claire sceau --json submission list |
	jq -e --arg id "$ID" \
	    '.submissions[] | select(.submission == $id) | .state == "taken"' \
	    >$OUT/no || fail "le dépôt du partenaire attend encore"
ok "la liste que la CCAPEX dépose elle-même"

# --- all or nothing -------------------------------------------------------
{
	printf '%s\n' "$HEAD"
	households K 1500
} | list coupure.csv
before=$(cases)
{ as claire sceau --json intake $LISTS/coupure.csv --source ccapex \
    >$OUT/cut.json 2>&1 || true; } &
CUT=$!
read -r -t 0.4 _ <>/run/work/never || true
stop daemon KILL
wait $CUT
start_daemon
wait_until is_open
now=$(as claire sceau --json intake list | jq -er '[.intakes[] | .opened] | add')
others=$(as claire sceau --json intake list |
	jq -er '[.intakes[] | select(.lines != 1500) | .opened] | add')
[ "$now" = "$others" ] || [ "$now" = $((others + 1500)) ] ||
	fail "une liste à moitié : $now, $others"
intake coupure.csv
is "$(as claire sceau --json intake list |
	jq -er '[.intakes[] | .opened] | add')" $((others + 1500))
ok "tué au milieu d'une liste : toute la liste ou rien, et une seule fois"

if [ -n "${VERBOSE:-}" ]; then cat $OUT/twice $OUT/again $OUT/longue; fi
