#!/bin/bash
#
# Goal: each recipient gets exactly what its rule gives, by the channel it
# has: by hand a container that stock openssl opens, on paper numbered sheets
# whose digest can be checked, and nothing before a second person signed where
# the rule wants four eyes. A changed byte opens nothing; a rectified source
# stops what waits; everything is in the register.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

scratch_disk
step_1
step_2
end_step
echo

# given PURPOSE…: the household signs for these.
given() {
	local p
	for p; do
		from_afar --json consent give "$CASE" "$p" \
		    --method handwritten --evidence "$CONSENT_FORM" \
		    >$OUT/given.json
	done
}

# released PURPOSE RECIPIENT CHANNEL: the extract's id in EXTRACT.
released() {
	as amelie sceau --json --purpose "$1" extract release "$CASE" "$2" \
	    --channel "$3" >$OUT/release.json
	EXTRACT=$(json $OUT/release.json .extract)
}

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# --- who is missing -------------------------------------------------------

expect_status 3 as amelie sceau --json extract preview "$CASE" caf \
    >$OUT/preview.json 2>/dev/null
is "$(json $OUT/preview.json '.missing[0].name')" "Marguerite Exemplaire"
ok "l'aperçu nomme qui n'a pas encore consenti"

as amelie sceau extract preview "$CASE" ccapex >$OUT/preview.txt
grep -q $'dette.montant .*2\xc2\xa0448,00\xc2\xa0€' $OUT/preview.txt ||
	fail "un montant : $(cat $OUT/preview.txt)"
grep -q "dette.depuis .*1er juin 2026" $OUT/preview.txt ||
	fail "une date : $(cat $OUT/preview.txt)"
! grep -q '[{}]' $OUT/preview.txt || fail "du JSON dans l'aperçu"
ok "l'aperçu dit les montants et les dates comme la page les dira"

# --- by hand --------------------------------------------------------------

home=/run/home/poste-ccapex
released examen-ccapex ccapex hand
HAND=$EXTRACT
expect_status 4 partner ccapex pull "$HAND" >$OUT/got 2>&1
ok "ce qui part en main propre n'est pas à la porte du partenaire"
quiet as amelie sceau extract deliver "$HAND" -o /run/home/amelie/remis.cms
cp /run/home/amelie/remis.cms "$home/$HAND.cms"
chown poste-ccapex: "$home/$HAND.cms"
open_extract ccapex "$HAND"
jq -e '.content.channel == "hand"' $OUT/ccapex.json >/dev/null ||
	fail "la voie manque"
jq -r .content.page $OUT/ccapex.json >$OUT/page.txt
grep -q $'2\xc2\xa0448,00\xc2\xa0€' $OUT/page.txt || fail "$(cat $OUT/page.txt)"
grep -q "31 octobre 2026" $OUT/page.txt || fail "$(cat $OUT/page.txt)"
! grep -q "Récit libre" $OUT/page.txt || fail "le récit est sorti"
ok "en main propre : un fichier scellé, ouvert par « openssl cms » seul"

python3 - "$home/$HAND.cms" "$home/abime.cms" <<'END'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[len(b) // 2] ^= 1
open(sys.argv[2], "wb").write(b)
END
chown poste-ccapex: "$home/abime.cms"
expect_status 8 as poste-ccapex sceau extract open "$home/abime.cms" \
    --key "$home/dechiffrement.key" --cert "$home/certificat.pem" \
    --vault-cert "$home/coffre.pem" -o "$home/abime" >$OUT/got 2>&1
[ ! -e "$home/abime" ] || fail "un fichier abîmé a laissé quelque chose"
ok "un octet changé : rien ne s'ouvre, rien n'est écrit"

quiet as amelie sceau extract ack "$HAND" --by "Guichet de la CCAPEX" \
    --on "$(in_days 0)"
refused 5 "accusé" as amelie sceau --json extract deliver "$HAND" \
    -o /run/home/amelie/encore.cms
[ ! -e /run/home/amelie/encore.cms ] || fail "repris après réception"
ok "la réception est inscrite par le personnel ; puis c'est fini"

# --- on paper -------------------------------------------------------------

given partage:banque-de-france
released traitement-surendettement banque-de-france paper
PAPER=$EXTRACT
quiet as amelie sceau extract deliver "$PAPER" -o /run/home/amelie/page.txt
cp /run/home/amelie/page.txt $OUT/feuilles.txt
grep -q "$PAPER" $OUT/feuilles.txt || fail "le numéro manque"
grep -q "page 1/" $OUT/feuilles.txt || fail "la page n'est pas numérotée"
python3 - $OUT/feuilles.txt <<'END'
import hashlib, sys
sheets = open(sys.argv[1], encoding="utf-8").read().split("\f")
text = "".join("".join(s.splitlines(True)[:-4]) for s in sheets)
said = sheets[0].splitlines()[-1].split(" : ")[1]
assert hashlib.sha256(text.encode()).hexdigest() == said, said
END
[ "$(sha256sum <$OUT/feuilles.txt | cut -d' ' -f1)" = \
    "$(json $OUT/release.json .sha256)" ] || fail "pas ce qui est au registre"
ok "sur papier : des feuilles numérotées, leur SHA-256 se vérifie"

# --- four eyes ------------------------------------------------------------

released decompte prefet paper
FOUR=$EXTRACT
is "$(json $OUT/release.json .state)" awaiting
refused 5 "seconde signature" as amelie sceau --json extract deliver "$FOUR" \
    -o /run/home/amelie/quatre.txt
quiet as amelie sceau extract page "$FOUR" -o /run/home/amelie/a-signer
cp /run/home/amelie/a-signer /run/home/denis/a-signer
chown denis: /run/home/denis/a-signer
as denis sceau --json due >$OUT/due.json
grep -q extract-approval $OUT/due.json || fail "rien n'est attendu"
# On a train: stock ssh-keygen over the page, then the armored signature.
quiet as denis ssh-keygen -Y sign -n sceau-approval \
    -f /run/home/denis/.ssh/id_ed25519 /run/home/denis/a-signer
quiet as denis sceau extract approve "$FOUR" \
    --signature /run/home/denis/a-signer.sig
refused 5 "déjà sa seconde signature" as claire sceau --json extract approve \
    "$FOUR" --key /run/home/claire/.ssh/id_ed25519 --yes
quiet as amelie sceau extract deliver "$FOUR" -o /run/home/amelie/quatre.txt
ok "quatre yeux : rien ne sort avant la signature d'un autre, faite ailleurs"

# --- rectified ------------------------------------------------------------

given partage:caf
released maintien-aide-logement caf ssh
WAITS=$EXTRACT
from_afar --json file "$CASE" diagnostic $FILES/diagnostic.json \
    --replaces "$DIAGNOSTIC" >$OUT/filed.json
expect_status 5 partner caf pull "$WAITS" >$OUT/got 2>&1
grep -q rectifi $OUT/got || fail "$(cat $OUT/got)"
as amelie sceau --json extract list "$CASE" >$OUT/list.json
state() { json $OUT/list.json ".extracts[] | select(.extract == \"$1\") | .state"; }
is "$(state "$WAITS")" rectified
is "$(state "$HAND")" acknowledged
jq -e --arg e "$HAND" '.extracts[] | select(.extract == $e) |
    .acknowledged_by == "Guichet de la CCAPEX" and .pulls == 1 and
    (.fields | length) > 3 and (.sources | length) > 0' $OUT/list.json \
    >/dev/null || fail "$(cat $OUT/list.json)"
ok "une source rectifiée arrête ce qui attend ; le registre dit tout"
stop_all
