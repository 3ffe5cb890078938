#!/bin/bash
#
# Goal: an authority's word counts for what the rules say, and for nothing
# else: a provider's seal with its proof file, the team's own certificates for
# the team alone, an authority of time stamps for time stamps alone; each
# signer of a document has a level of their own, and what is wrong is refused or
# told in one word.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

PKI=/run/work/pki
NEW=/run/work/out/regles

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }
has() { grep -q -e "$1" "$2" || fail "« $1 » manque : $(cat "$2")"; }

# authority NAME: a root of its own, in NAME-ca.pem.
authority() {
	quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
	    -nodes -days 3650 -utf8 -subj "/CN=Autorité $1 (exemple)" \
	    -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign,cRLSign \
	    -keyout $PKI/$1-ca.key -out $PKI/$1-ca.pem
}

# certificate NAME AUTHORITY USE
certificate() {
	quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -utf8 -subj "/CN=$1 (exemple)" -keyout $PKI/$1.key -out $PKI/$1.csr
	printf '%s\n' basicConstraints=critical,CA:FALSE \
	    keyUsage=critical,digitalSignature "extendedKeyUsage=$3" \
	    >$PKI/$1.ext
	quiet openssl x509 -req -in $PKI/$1.csr -CA $PKI/$2-ca.pem \
	    -CAkey $PKI/$2-ca.key -CAcreateserial -days 730 \
	    -extfile $PKI/$1.ext -out $PKI/$1.pem
}

# signed OUT LINE NAME AUTHORITY
signed() {
	pdf "$FILES/$1" "$2" --key $PKI/$3.key --cert $PKI/$3.pem \
	    --chain $PKI/$4-ca.pem --cades
	chown portable: "$FILES/$1"
}

# file_as OUT FILE [option…]; refused_as WORDS FILE [option…].
file_as() {
	local out=$OUT/$1 f=$2
	shift 2
	as amelie sceau --json file "$CASE" contrat-engagement "$FILES/$f" "$@" \
	    >"$out" 2>$OUT/err || fail "$(cat $OUT/err)"
}
refused_as() {
	local words=$1 f=$2
	shift 2
	refused 7 "$words" as amelie sceau --json file "$CASE" \
	    contrat-engagement "$FILES/$f" "$@"
}

# stamp NAME QUERY OUT
stamp() {
	echo 01 >$PKI/tsa.serial
	printf '%s\n' '[tsa]' 'default_tsa = t' '[t]' "serial = $PKI/tsa.serial" \
	    'default_policy = 1.2.3.4.1' 'digests = sha256' \
	    'signer_digest = sha256' 'ess_cert_id_alg = sha256' \
	    'ess_cert_id_chain = no' >$PKI/tsa.conf
	quiet openssl ts -reply -config $PKI/tsa.conf -queryfile "$2" \
	    -signer $PKI/$1.pem -inkey $PKI/$1.key -out "$3"
	chmod 0644 "$3"
}

put_in_force() {
	local v id
	v=$(sed -n 's/^version = //p' $NEW/00-common.conf)
	sed -i "s/^version = .*/version = $((v + 1))/" $NEW/00-common.conf
	as denis sceau --json policy sign $NEW --yes \
	    --key /run/home/denis/.ssh/id_ed25519 >$OUT/signed.json
	id=$(json $OUT/signed.json .proposal)
	quiet as bruno sceau policy sign "$id" --yes \
	    --key /run/home/bruno/.ssh/id_ed25519
	quiet as claire sceau policy apply "$id"
}

scratch_disk
build_vault
start_all
unseal
make_files
for who in prestataire equipe horloge; do authority $who; done
certificate cachet prestataire emailProtection
certificate intervenant equipe emailProtection
certificate horodateur horloge critical,timeStamping
certificate imposteur horloge emailProtection
certificate faux-horodateur equipe critical,timeStamping
signed cachete.pdf "Signé par un service en ligne." cachet prestataire
signed equipe.pdf "Signé par l'intervenant." intervenant equipe
signed equipe-0.pdf "Signé avant que les règles le sachent." intervenant equipe
signed imposteur.pdf "Signé par une clé de l'horloge." imposteur horloge
signed preuve.pdf "Alix Durand a signé, code reçu par SMS." cachet prestataire
pdf $FILES/preuve-nue.pdf "Alix Durand a signé."
# The proof file, with one byte of its text changed under the seal.
python3 - $FILES/preuve.pdf $FILES/preuve-fausse.pdf <<'END'
import sys
p = bytearray(open(sys.argv[1], "rb").read())
at = p.index(b"Alix")
p[at] = ord("E")
open(sys.argv[2], "wb").write(p)
END
chown portable: $FILES/*.pdf
as amelie sceau --json case open --from $FILES/dossier.json >$OUT/case.json
CASE=$(json $OUT/case.json .ref)

# --- before: nobody is believed ---------------------------------------------

file_as before.json equipe-0.pdf --signer structure=advanced
is "$(json $OUT/before.json .indication)" INDETERMINATE
is "$(json $OUT/before.json '.verdicts[0].sub_indication')" \
    NO_CERTIFICATE_CHAIN_FOUND
case $(json $OUT/before.json '.verdicts[0].reasons') in
*authority-not-for-this*) fail "une autorité inconnue passe pour connue" ;;
esac
as denis sceau policy show --export $NEW >/dev/null
chmod -R u+w $NEW
mkdir $NEW/trust
cp $PKI/prestataire-ca.pem $NEW/trust/prestataires.pem
cp $PKI/equipe-ca.pem $NEW/trust/equipe.pem
cp $PKI/horloge-ca.pem $NEW/trust/horodatage.pem
chmod -R a+rX $NEW
put_in_force
as amelie sceau policy show --public >$OUT/public.txt
has "QUI FAIT FOI POUR UNE SIGNATURE" $OUT/public.txt
has "trust/qualifiees.pem (aucun" $OUT/public.txt
ok "sans certificats dans les règles, personne n'est cru ; la page publique le dit"

# --- the signer counts --------------------------------------------------------

file_as team.json equipe.pdf --signer structure=advanced
is "$(json $OUT/team.json .indication)" TOTAL-PASSED
is "$(json $OUT/team.json '.verdicts[0] | .trust + " " + .level')" \
    "certificats-equipe advanced"
is "$(json $OUT/team.json '.signers[0].signer')" structure
file_as wrong.json equipe.pdf --signer titulaire=advanced
is "$(json $OUT/wrong.json '.verdicts[0] | .indication + " " + .sub_indication')" \
    "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND"
case $(json $OUT/wrong.json '.verdicts[0].reasons') in
*authority-not-for-this*) ;;
*) fail "$(json $OUT/wrong.json '.verdicts[0].reasons')" ;;
esac
ok "le certificat de l'équipe vaut pour la structure, pas pour le ménage"

file_as clock.json imposteur.pdf --level advanced
is "$(json $OUT/clock.json '.verdicts[0] | .indication + " " + .sub_indication')" \
    "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND"
case $(json $OUT/clock.json '.verdicts[0].reasons') in
*authority-not-for-this*) ;;
*) fail "$(json $OUT/clock.json '.verdicts[0].reasons')" ;;
esac
TEAM=$(json $OUT/team.json .document)
as amelie sceau receipt "$TEAM" --tsq $OUT/q.tsq >/dev/null
stamp faux-horodateur $OUT/q.tsq $OUT/wrong.tsr
stamp horodateur $OUT/q.tsq $OUT/right.tsr
refused 7 "mène à celle qui a" as amelie sceau receipt "$TEAM" \
    --tsr $OUT/wrong.tsr
quiet as amelie sceau receipt "$TEAM" --tsr $OUT/right.tsr
ok "une autorité d'horodatage horodate, et ne vaut pour aucune signature"

# --- a provider's seal and its proof file -----------------------------------

refused_as "est gardé avec ce" cachete.pdf
refused_as "est gardé avec ce" cachete.pdf --level provider-seal
refused_as "est gardé avec ce" cachete.pdf --signer titulaire=provider-seal
refused_as "signature du fichier de preuve" cachete.pdf --proof $FILES/preuve-fausse.pdf
refused_as "est un PDF qui se lit" cachete.pdf --proof $FILES/photo-1.jpg
refused_as "par un service dont" equipe.pdf --signer structure=advanced \
    --proof $FILES/preuve.pdf
file_as sealed.json cachete.pdf --proof $FILES/preuve.pdf \
    --signer titulaire=provider-seal:1 --signer structure=provider-seal:1
is "$(json $OUT/sealed.json '.indication + " " + .level')" \
    "TOTAL-PASSED provider-seal"
is "$(json $OUT/sealed.json '.verdicts[0].signers | join(" ")')" \
    "titulaire structure"
is "$(json $OUT/sealed.json '.proof.verdicts[0] | .indication + " " + .trust')" \
    "TOTAL-PASSED cachet-prestataire"
SEALED=$(json $OUT/sealed.json .document)
as amelie sceau get "$SEALED" --proof -o $OUT/preuve.pdf >/dev/null
same $FILES/preuve.pdf $OUT/preuve.pdf
quiet as amelie sceau check "$SEALED" --signatures
as amelie sceau show "$SEALED" >$OUT/show.txt
has "titulaire, cachet du prestataire de signature, signature 1" $OUT/show.txt
has "preuve.pdf" $OUT/show.txt
ok "le cachet du prestataire : sa preuve est gardée avec lui, rendue au bit près"

as amelie sceau --json case open --from $FILES/dossier.json \
    >$OUT/other.json 2>$OUT/err || fail "$(cat $OUT/err)"
as amelie sceau --json file move "$SEALED" "$(json $OUT/other.json .ref)" \
    --reason "homonyme" >$OUT/moved.json 2>$OUT/err || fail "$(cat $OUT/err)"
MOVED=$(json $OUT/moved.json .document)
as amelie sceau get "$MOVED" --proof -o $OUT/preuve-2.pdf >/dev/null
same $FILES/preuve.pdf $OUT/preuve-2.pdf
is "$(as amelie sceau --json show "$MOVED" | jq -er '.signers | length')" 2
ok "déplacé dans un autre dossier, la preuve suit"

# What the person takes away has it too, to the byte.
as claire sceau --json --purpose exercice-des-droits subject export \
    "$(json $OUT/other.json .ref)" --person "$(as claire sceau --json case show \
        "$(json $OUT/other.json .ref)" | jq -er '.persons[0].person')" \
    -o /run/home/claire/copie >/dev/null 2>$OUT/err || fail "$(cat $OUT/err)"
find /run/home/claire/copie -type f -exec sha256sum {} + | cut -d' ' -f1 \
    >$OUT/copied
for f in preuve cachete; do
	grep -q "^$(sha256sum <$FILES/$f.pdf | cut -d' ' -f1)" $OUT/copied ||
		fail "$f.pdf n'est pas dans la copie : $(ls -R /run/home/claire/copie)"
done
ok "la copie remise à la personne a le contrat et la preuve du prestataire"

# --- each signer a level of their own -----------------------------------------

refused_as "niveau" equipe.pdf --signer structure=oral-witnessed
refused_as "par cette personne" equipe.pdf --signer bailleur=advanced
refused_as "pas la signature de ce" equipe.pdf --signer structure=advanced:2
refused_as "pas la signature de ce" equipe.pdf --signer titulaire=stylus:1
refused_as "niveau" equipe.pdf --level qualified
refused_as "niveau" equipe.pdf --signer titulaire=stylus \
    --signer structure=advanced --level advanced
file_as mixed.json equipe.pdf --signer titulaire=handwritten-scan \
    --signer structure=advanced
is "$(json $OUT/mixed.json '.indication + " " + .level')" \
    "TOTAL-PASSED handwritten-scan"
is "$(as amelie sceau --json show "$(json $OUT/mixed.json .document)" |
	jq -er .scan_check.state)" unchecked
ok "deux signataires, deux niveaux : le plus faible est celui du contrat"
