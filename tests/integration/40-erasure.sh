#!/bin/bash
#
# Goal: what is erased is gone. Strings that only the erased case has are in
# no file of the vault, nor in the memory that the programs leave in files; a
# backup made before opens nothing of it with today's keys, and opens the rest
# (another case); a mirror forgets when it is told to; approvals count only
# from two different people who may give them.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

# Each in one place of the case: title, name, commune, reference, file name,
# title of a document, a record's field, a record's free text, bytes of a
# file, the reason of a consent.
CANARIES="CANARI-TITRE CANARI-NOM CANARI-COMMUNE CANARI-REFERENCE
CANARI-FICHIER CANARI-INTITULE CANARI-CHAMP CANARI-RECIT CANARI-OCTETS
CANARI-LIEU"

write_canaries() {
	cat <<-'END'
		{ "stage": "amont", "source": "ccapex", "title": "CANARI-TITRE",
		  "commune": "CANARI-COMMUNE", "reference": "CANARI-REFERENCE",
		  "persons": [{"role": "titulaire", "name": "CANARI-NOM",
		    "birth_year": 1981}] }
	END
}

fill_case() {
	local f=/run/home/amelie
	write_canaries >$f/case.json
	sed -e 's/"Marguerite"/"CANARI-CHAMP"/' \
	    -e 's/Récit libre.*coffre\./CANARI-RECIT/' \
	    $FILES/diagnostic.json >$f/diagnostic.json
	pdf $f/CANARI-FICHIER.pdf CANARI-OCTETS
	as amelie sceau --json case open --from $f/case.json >$OUT/case.json
	CASE=$(json $OUT/case.json .ref)
	as amelie sceau --json file "$CASE" piece $f/CANARI-FICHIER.pdf \
	    --title CANARI-INTITULE >$OUT/filed.json
	DOCUMENT=$(json $OUT/filed.json .ref)
	as amelie sceau --json file "$CASE" diagnostic $f/diagnostic.json \
	    >$OUT/filed.json
	as amelie sceau --json consent give "$CASE" partage:caf \
	    --method handwritten --evidence "$DOCUMENT" \
	    --place CANARI-LIEU >$OUT/consent.json
	as amelie sceau --json --purpose maintien-aide-logement extract \
	    release "$CASE" caf >$OUT/release.json
	quiet as amelie sceau find CANARI-NOM
	quiet as amelie sceau get "$DOCUMENT" -o $OUT/got.pdf --force
}

# scan WHERE…: none of the words, in any encoding that a file may have.
scan() {
	local word where
	for where; do
		for word in $CANARIES; do
			! grep -rqaF -e "$word" "$where" ||
				fail "$word est dans $where"
			! grep -rqaF -e "$(printf %s "$word" | xxd_p)" \
			    "$where" || fail "$word (hex) est dans $where"
		done
	done
}

xxd_p() { python3 -c 'import sys; print(sys.stdin.read().encode().hex(), end="")'; }

scratch_disk
build_vault
start_all
unseal
LOG_KEY=$(as claire sceau status --json | jq -er .log_key)
make_files

# A case that stays.
as amelie sceau --json case open --from $FILES/dossier.json >$OUT/stays.json
STAYS=$(json $OUT/stays.json .ref)
as amelie sceau --json file "$STAYS" contrat-engagement $FILES/contrat.pdf \
    -o $OUT/stays.recu >$OUT/stays-filed.json
OTHER=$(json $OUT/stays-filed.json .ref)
as amelie sceau --json file "$STAYS" piece $FILES/piece.pdf >$OUT/piece.json

fill_case
quiet as ada sceau publish
mirror=/run/home/sceau/miroir.git
stock_git clone --quiet --mirror $VAULT/data/store $mirror
DOCUMENT_ID=$(as amelie sceau --json show "$DOCUMENT" | jq -er .document)
objects_of "$DOCUMENT_ID" >$OUT/objects
# Even before, nothing is in clear: the scan must then find what it plants.
scan $VAULT $mirror
echo CANARI-OCTETS >$VAULT/data/plante
(trap - ERR; scan $VAULT) >/dev/null 2>&1 7>&1 && fail "le balayage est aveugle"
rm $VAULT/data/plante
ok "rien n'est en clair, et le balayage voit ce qu'on y plante"

back_up /run/disk/old

# --- who may approve ----------------------------------------------------

as claire sceau --json subject erase "$CASE" --reason "demande" \
    --basis "RGPD art. 17" >$OUT/erasure.json
id=$(json $OUT/erasure.json .erasure)
expect_status 5 as claire sceau retention run "$id" >$OUT/got 2>&1
ok "sans approbation : rien"
expect_status 7 as claire sceau retention approve "$id" --yes \
    --key /run/home/claire/.ssh/id_ed25519 >$OUT/got 2>&1
ok "qui a préparé n'approuve pas"
make_ssh_key bruno /run/home/bruno/.ssh/autre
expect_status 7 as bruno sceau retention approve "$id" --yes \
    --key /run/home/bruno/.ssh/autre >$OUT/got 2>&1
ok "une clé que le coffre ne connaît pas ne compte pas"
expect_status 3 as amelie sceau retention approve "$id" --yes \
    --key /run/home/portable/.ssh/amelie >$OUT/got 2>&1
expect_status 3 as dora sceau retention run "$id" >$OUT/got 2>&1
ok "ni l'intervenante ni la déléguée n'effacent"
approve bruno "$id"
expect_status 5 as bruno sceau retention approve "$id" --yes \
    --key /run/home/bruno/.ssh/id_ed25519 >$OUT/got 2>&1
expect_status 5 as claire sceau retention run "$id" >$OUT/got 2>&1
ok "deux fois la même personne : une seule approbation"
# A signature over another plan is none of this one.
as denis ssh-keygen -q -Y sign -n sceau-approval \
    -f /run/home/denis/.ssh/id_ed25519 <<<"un autre plan" >$OUT/other.sig
chmod 0644 $OUT/other.sig
expect_status 7 as denis sceau retention approve "$id" \
    --signature $OUT/other.sig >$OUT/got 2>&1
ok "la signature d'un autre texte ne compte pas"
approve denis "$id"

# What changed since is planned again.
as amelie sceau --json file "$CASE" piece $FILES/contrat-2.pdf >$OUT/late.json
expect_status 5 as claire sceau retention run "$id" >$OUT/got 2>&1
ok "le dossier a changé depuis : le plan ne vaut plus"

erase "$CASE"

# --- gone ---------------------------------------------------------------

expect_status 4 as amelie sceau get "$DOCUMENT" >$OUT/got 2>&1
expect_status 4 as amelie sceau case show "$CASE" >$OUT/got 2>&1
as amelie sceau --json find CANARI-NOM >$OUT/found.json
[ "$(jq '.results | length' $OUT/found.json)" = 0 ] || fail "encore trouvé"
scan $VAULT
objects_are_gone
ok "aucune trace : catalogue, WAL, dépôt, journal, recherche, clés"

quiet as ada sceau publish
stock_git -C $VAULT/data/store fsck --full --strict >$OUT/got 2>&1 ||
	fail "fsck : $(cat $OUT/got)"
stock_git -C $mirror fetch --quiet --prune
stock_git -C $mirror reflog expire --expire=now --all
stock_git -C $mirror gc --quiet --prune=now
for object in $(cat $OUT/objects); do
	! stock_git -C $mirror cat-file -e "$object" 2>/dev/null ||
		fail "le miroir garde $object"
done
stock_git -C $mirror fsck --full --strict >$OUT/got 2>&1 ||
	fail "fsck du miroir : $(cat $OUT/got)"
ok "un miroir mis à jour puis nettoyé a oublié aussi"

# --- what stays ---------------------------------------------------------

quiet as amelie sceau get "$OTHER" -o $OUT/stays.pdf
same $FILES/contrat.pdf $OUT/stays.pdf
quiet sceau verify $OUT/stays.recu $FILES/contrat.pdf --key "$LOG_KEY"
as dora sceau audit export /run/home/dora/journal >$OUT/got 2>&1
quiet sceau verify log /run/home/dora/journal --key "$LOG_KEY"
ok "l'autre dossier est entier, son reçu et le journal prouvent encore"

# --- the backup of before ------------------------------------------------

here=$VAULT
stop_all
cp -a $VAULT/vault.conf $VAULT/policy /run/disk/old/
cp -a $VAULT/keys /run/disk/old/keys
mkdir -m 1777 /run/disk/old/run
VAULT=/run/disk/old
quiet sceau-keys -d $VAULT --restored
start_all
unseal
expect_status 4 as amelie sceau get "$DOCUMENT" >$OUT/got 2>&1
expect_status 4 as amelie sceau show "$DOCUMENT" >$OUT/got 2>&1
# Rows of the old catalog are there; what they say is not.
for what in "show $DOCUMENT" "history $DOCUMENT" "case show $CASE" \
    "list $CASE" "consent list $CASE" "extract list $CASE" "case list" \
    "find CANARI"; do
	# shellcheck disable=SC2086
	as amelie sceau --json $what >$OUT/got 2>&1 || true
	! grep -q CANARI- $OUT/got || fail "« $what » : $(cat $OUT/got)"
done
rm -f $OUT/stays.pdf
quiet as amelie sceau get "$OTHER" -o $OUT/stays.pdf
same $FILES/contrat.pdf $OUT/stays.pdf
stop_all
VAULT=$here
ok "la sauvegarde d'avant, les clés d'aujourd'hui : rien de l'effacé ne" \
    "s'ouvre, le reste s'ouvre"
