#!/bin/bash
#
# Goal: what a signature was worth is said again years later, and nothing that
# was said before is lost: the same verdict with the rules of the day of the
# filing, another one with a list of revoked certificates that came since; both
# side by side, added, never overwritten; bytes that are not those of the
# manifest are never judged.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

PKI=/run/work/pki
NEW=/run/work/out/regles

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

# check STATUS [option…]: the answer in $OUT/check.json.
check() {
	local want=$1 got=0
	shift
	as amelie sceau --json check "$DOC" --signatures "$@" \
	    >$OUT/check.json 2>$OUT/check.err || got=$?
	[ "$got" = "$want" ] ||
		fail "statut $got au lieu de $want : $(cat $OUT/check.err)"
}
differs() { json $OUT/check.json '[.differs[].what] | unique | join(" ")'; }
of() { json $OUT/check.json ".$1.indication"; }

# authority NAME USE: a certificate of the authority for this extended use.
authority() {
	quiet openssl req -newkey rsa:3072 -nodes -utf8 \
	    -subj "/CN=Horodatage $1 (exemple)" -keyout $PKI/$1.key \
	    -out $PKI/$1.csr
	printf '%s\n' basicConstraints=critical,CA:FALSE \
	    keyUsage=critical,digitalSignature "extendedKeyUsage=$2" \
	    >$PKI/$1.ext
	quiet openssl x509 -req -in $PKI/$1.csr -CA ${3:-$PKI/ca}.pem \
	    -CAkey ${3:-$PKI/ca}.key -CAcreateserial -days 730 \
	    -extfile $PKI/$1.ext -out $PKI/$1.pem
}

# stamp NAME QUERY OUT: this authority answers, on no network.
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

# The list of revoked certificates of the authority, with this one on it.
revoke() {
	local d=$PKI/crl
	mkdir -p $d
	: >$d/index
	echo 01 >$d/number
	printf '%s\n' '[ca]' 'default_ca = d' '[d]' "database = $d/index" \
	    "crlnumber = $d/number" 'default_md = sha256' \
	    'default_crl_days = 3650' >$d/conf
	quiet openssl ca -config $d/conf -cert $PKI/ca.pem \
	    -keyfile $PKI/ca.key -revoke "$1"
	quiet openssl ca -config $d/conf -cert $PKI/ca.pem \
	    -keyfile $PKI/ca.key -gencrl -out $d/ca.crl
}

# Other rules in force: the folder $NEW, signed by two people.
put_in_force() {
	local v
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
as amelie sceau --json case open --from $FILES/dossier.json >$OUT/case.json
CASE=$(json $OUT/case.json .ref)
as amelie sceau --json file "$CASE" contrat-engagement $FILES/contrat.pdf \
    >$OUT/filed.json
DOC=$(json $OUT/filed.json .document)
FILED=$(json $OUT/filed.json .filed_at)
is "$(json $OUT/filed.json .indication)" TOTAL-PASSED

# --- the same again -------------------------------------------------------

check 0
is "$(of filing) $(of check)" "TOTAL-PASSED TOTAL-PASSED"
is "$(json $OUT/check.json .filing.evidence.anchors_sha256)" \
    "$(sha256sum $PKI/ca.pem | cut -d' ' -f1)"
is "$(json $OUT/check.json .filing.evidence.signatures)" \
    "$(json $OUT/check.json .check.evidence.signatures)"
FIRST=$(json $OUT/check.json .leaf)
ok "jugé de nouveau, le même verdict, à côté de celui du dépôt"

# --- what a signature covers, and nothing that came after it ---------------

quiet python3 "$MATERIAL/sign_again.py" $FILES/contrat.pdf $PKI/menage.key \
    $PKI/menage.pem $FILES/deux.pdf
cp $FILES/deux.pdf $FILES/ajout.pdf
printf '%% ajouté\n' >>$FILES/ajout.pdf
chmod 0644 $FILES/deux.pdf $FILES/ajout.pdf
TWO=$(as amelie sceau --json file "$CASE" piece $FILES/ajout.pdf | tee $OUT/two.json |
    jq -er .document)
is "$(json $OUT/two.json .indication)" INDETERMINATE
prefix() {
	rm -f /run/home/amelie/debut.pdf
	as amelie sceau --json get "$TWO" "$@" -o /run/home/amelie/debut.pdf >$OUT/get.json
}
prefix --signed-prefix
same $FILES/deux.pdf /run/home/amelie/debut.pdf
is "$(json $OUT/get.json '.files[0].sha256')" \
    "$(sha256sum $FILES/deux.pdf | cut -d' ' -f1)"
prefix --signed-prefix=2
same $FILES/deux.pdf /run/home/amelie/debut.pdf
prefix --signed-prefix=1
same $FILES/contrat.pdf /run/home/amelie/debut.pdf
prefix
same $FILES/ajout.pdf /run/home/amelie/debut.pdf
as dora sceau --json audit log --class doc-read >$OUT/log.json
jq -e '[.entries[].detail.signed_prefix] | index("last") != null and
    index(1) != null and index(2) != null' $OUT/log.json >/dev/null ||
	fail "la portée lue n'est pas inscrite : $(cat $OUT/log.json)"
refused 5 "pas cette signature" as amelie sceau --json get "$TWO" \
    --signed-prefix=3 -o /run/home/amelie/trois.pdf
NONE=$(as amelie sceau --json file "$CASE" piece $FILES/contrat-2.pdf |
    jq -er .document)
refused 5 "pas cette signature" as amelie sceau --json get "$NONE" \
    --signed-prefix -o /run/home/amelie/trois.pdf
sed 's|/ETSI.CAdES.detached|/ETSI.CAdES.inconnu_|' $FILES/contrat.pdf \
    >$FILES/inconnu.pdf
chmod 0644 $FILES/inconnu.pdf
NONE=$(as amelie sceau --json file "$CASE" piece $FILES/inconnu.pdf |
    jq -er .document)
for which in "" =1; do
	refused 5 "trouvée juste" as amelie sceau --json get "$NONE" \
	    --signed-prefix$which -o /run/home/amelie/trois.pdf
done
refused 4 "pas à vous" as yann sceau --json get "$TWO" --signed-prefix \
    -o /run/home/yann/trois.pdf
refused 2 "sans --page" as amelie sceau --json get "$TWO" --signed-prefix \
    --page 1 -o /run/home/amelie/trois.pdf
[ ! -e /run/home/amelie/trois.pdf ] || fail "un refus laisse un fichier"
ok "ce que couvre la première signature, ou la dernière, sans ce qui fut ajouté"

# --- a list of revoked certificates comes later ----------------------------

revoke $PKI/menage.pem
as denis sceau policy show --export $NEW >/dev/null
chmod -R u+w $NEW
cat $PKI/crl/ca.crl >>$NEW/anchors.pem
put_in_force
check 9
is "$(of filing) $(of check)" "TOTAL-PASSED INDETERMINATE"
is "$(json $OUT/check.json '.check.verdicts[0].sub_indication')" REVOKED_NO_POE
for what in anchors revocation indication; do
	case " $(differs) " in
	*" $what "*) ;;
	*) fail "« $what » ne figure pas parmi ce qui diffère : $(differs)" ;;
	esac
done
is "$(json $OUT/check.json .check.evidence.generation)" 2
expect_status 9 as amelie sceau check "$DOC" --signatures >$OUT/said 2>&1
grep -q 'révocation du certificat : not-checked → revoked' $OUT/said || fail "$(cat $OUT/said)"
ok "un certificat révoqué depuis : un autre verdict, et pourquoi il diffère"

check 0 --at "$FILED"
is "$(of check)" TOTAL-PASSED
is "$(json $OUT/check.json .check.evidence.generation)" 1
case " $(differs) " in
*" anchors "* | *" revocation "* | *" indication "* | *" reasons "*)
	fail "au jour du dépôt : $(differs)" ;;
esac
ok "avec les règles du jour du dépôt, c'est le verdict du dépôt"

as amelie sceau --json show "$DOC" >$OUT/show.json
is "$(json $OUT/show.json .indication)" TOTAL-PASSED
is "$(json $OUT/show.json '[.checks[].indication] | join(" ")')" \
    "TOTAL-PASSED INDETERMINATE INDETERMINATE TOTAL-PASSED"
is "$(json $OUT/show.json '.checks[0].leaf')" "$FIRST"
jq -e '[.checks[].leaf] | . == sort' $OUT/show.json >/dev/null ||
	fail "pas dans l'ordre"
as dora sceau --json audit log --class doc-check >$OUT/log.json
# What was sealed is what the log has the digest of.
want=$(jq -cSj '.checks[0] | del(.at, .leaf)' $OUT/show.json | sha256sum)
jq -e --arg sha "${want%% *}" --argjson leaf "$FIRST" '.entries |
    map(select(.leaf == $leaf and .detail.evidence == $sha)) | length == 1' \
    $OUT/log.json >/dev/null || fail "pas d'inscription : $(cat $OUT/log.json)"
ok "quatre verdicts ajoutés, aucun remplacé ; l'inscription a leur empreinte"

# --- refusals -----------------------------------------------------------------

refused 4 "pas à vous" as yann sceau --json check "$DOC" --signatures
refused 3 "aucune règle" as ada sceau --json check "$DOC" --signatures
refused 3 "personne pour ce coffre" as quidam sceau --json check "$DOC" --signatures
check 7 --at 2999-01-01
grep -q 'pas une date à venir' $OUT/check.err || fail "$(cat $OUT/check.err)"
check 2 --anchors $PKI
as amelie sceau --json show "$DOC" >$OUT/show.json
is "$(json $OUT/show.json '.checks | length')" 4
ok "refus : rien n'est ajouté"

# --- a time stamp over the receipt ----------------------------------------------

HOME_A=/run/home/amelie
OTHER=$(as amelie sceau --json file "$CASE" piece $FILES/contrat-2.pdf |
    jq -er .document)
authority tsa critical,timeStamping
authority mail emailProtection
quiet openssl req -x509 -newkey rsa:3072 -nodes -days 730 -utf8 \
    -subj "/CN=Autorité inconnue" -keyout $PKI/other.key -out $PKI/other.pem
authority stranger critical,timeStamping $PKI/other

as amelie sceau receipt "$DOC" --tsq $HOME_A/q.tsq >$OUT/before.recu
as amelie sceau receipt "$OTHER" --tsq $HOME_A/autre.tsq >/dev/null
openssl ts -query -in $HOME_A/q.tsq -text >$OUT/query 2>/dev/null ||
	fail "openssl ne lit pas la demande"
grep -q sha256 $OUT/query || fail "$(cat $OUT/query)"
for n in tsa stranger; do stamp $n $HOME_A/q.tsq $OUT/$n.tsr; done
stamp tsa $HOME_A/autre.tsq $OUT/autre.tsr
# openssl ts does not stamp with a certificate for mail: the same words,
# signed by it as CMS.
quiet openssl ts -reply -in $OUT/tsa.tsr -token_out -out $OUT/tsa.tst
quiet openssl cms -verify -noverify -binary -inform DER -in $OUT/tsa.tst \
    -out $OUT/words
quiet openssl cms -sign -binary -nodetach -cades -md sha256 -outform DER \
    -econtent_type 1.2.840.113549.1.9.16.1.4 -in $OUT/words \
    -signer $PKI/mail.pem -inkey $PKI/mail.key -out $OUT/mail.tsr
chmod 0644 $OUT/mail.tsr
quiet openssl ts -verify -queryfile $HOME_A/q.tsq -in $OUT/tsa.tsr \
    -CAfile $PKI/ca.pem
refused 7 "pas celui de ce reçu" as amelie sceau --json receipt "$DOC" \
    --tsr $OUT/autre.tsr
refused 7 "aucune autorité des règles" as amelie sceau --json receipt "$DOC" \
    --tsr $OUT/stranger.tsr
refused 7 "pas fait pour horodater" as amelie sceau --json receipt "$DOC" \
    --tsr $OUT/mail.tsr
head -c 900 /dev/zero >$OUT/zero.tsr
head -c 600 $OUT/tsa.tsr >$OUT/court.tsr
for f in zero court; do
	chmod 0644 $OUT/$f.tsr
	refused 7 "réponse juste" as amelie sceau --json receipt "$DOC" \
	    --tsr $OUT/$f.tsr
done
head -c 30000 /dev/zero >$OUT/long.tsr
chmod 0644 $OUT/long.tsr
refused 7 "trop longue" as amelie sceau --json receipt "$DOC" --tsr $OUT/long.tsr
refused 4 "pas à vous" as yann sceau --json receipt "$DOC" --tsr $OUT/tsa.tsr
quiet as amelie sceau receipt "$DOC" -o $HOME_A/sans.recu
grep -q '^stamp ' $HOME_A/sans.recu && fail "un horodatage refusé est gardé"
ok "autre reçu, autorité inconnue, autre usage, octets quelconques : refusés, chacun avec sa raison"

as amelie sceau --json receipt "$DOC" --tsr $OUT/tsa.tsr >$OUT/stamped.json
jq -e '.authority | test("Horodatage tsa")' $OUT/stamped.json >/dev/null ||
	fail "$(cat $OUT/stamped.json)"
refused 5 "déjà gardé" as amelie sceau --json receipt "$DOC" --tsr $OUT/tsa.tsr
quiet as amelie sceau receipt "$DOC" -o $HOME_A/avec.recu
is "$(grep -c '^stamp ' $HOME_A/avec.recu)" 1
# What is stamped is the same whatever head the proof is for.
same <(sed '/^entry /q' $OUT/before.recu) <(sed '/^entry /q' $HOME_A/avec.recu)
quiet sceau verify $HOME_A/avec.recu $FILES/contrat.pdf
sceau --json verify $HOME_A/avec.recu $FILES/contrat.pdf \
    --anchors $PKI/ca.pem >$OUT/verify.json
is "$(json $OUT/verify.json '.verdict + " " + .stamps[0].verdict')" \
    "GENUINE TOTAL-PASSED"
expect_status 9 sceau verify $HOME_A/avec.recu $FILES/contrat.pdf \
    --anchors $PKI/other.pem >$OUT/said 2>&1
# Another's stamp, put into this receipt by hand.
sed "s|^stamp .*|stamp $(base64 -w0 $OUT/autre.tsr)|" $HOME_A/avec.recu \
    >$OUT/faux.recu
expect_status 8 sceau verify $OUT/faux.recu $FILES/contrat.pdf \
    --anchors $PKI/ca.pem >$OUT/said 2>&1
ok "l'horodatage est rendu avec le reçu, et se vérifie hors ligne"

# --- answers of a responder in the rules ------------------------------------------

# answer STATE [REVOKED]: what the authority says of the signer, as PEM.
answer() {
	printf '%s\t361231000000Z\t%s\t%s\tunknown\t/CN=menage\n' "$1" "$2" \
	    "$(openssl x509 -in $PKI/menage.pem -noout -serial |
	        cut -d= -f2)" >$PKI/crl/book
	quiet openssl ocsp -issuer $PKI/ca.pem -cert $PKI/menage.pem -no_nonce \
	    -reqout $PKI/crl/ask
	quiet openssl ocsp -index $PKI/crl/book -CA $PKI/ca.pem \
	    -rsigner $PKI/ca.pem -rkey $PKI/ca.key -ndays 30 \
	    -reqin $PKI/crl/ask -respout $PKI/crl/said
	echo '-----BEGIN OCSP RESPONSE-----'
	base64 $PKI/crl/said
	echo '-----END OCSP RESPONSE-----'
}

{ cat $PKI/ca.pem; answer V ''; } >$NEW/anchors.pem
put_in_force
check 0
is "$(of check)" TOTAL-PASSED
jq -e '.differs[] | select(.what == "revocation") | .is == "checked"' \
    $OUT/check.json >/dev/null || fail "$(cat $OUT/check.json)"
answer R "$(date -u -d '1 hour ago' +%y%m%d%H%M%SZ)" >>$NEW/anchors.pem
put_in_force
check 9
is "$(of check) $(json $OUT/check.json '.check.verdicts[0].sub_indication')" \
    "INDETERMINATE REVOKED_NO_POE"
ok "la réponse d'un répondeur, dans les règles : valable, puis révoqué ; « révoqué » l'emporte"

# --- what came since, for one document alone --------------------------------

signed_pdf $FILES/intervenante.pdf "Un avenant de l'équipe." intervenante
chown portable: $FILES/intervenante.pdf
DOC=$(as amelie sceau --json file "$CASE" avenant $FILES/intervenante.pdf |
	jq -er .document)
check 0
revoke $PKI/intervenante.pem
openssl crl -in $PKI/crl/ca.crl -outform DER -out $OUT/ca.der
chmod 0644 $PKI/crl/ca.crl $OUT/ca.der
cp $PKI/crl/ca.crl $OUT/liste.pem
for list in liste.pem ca.der; do
	check 9 --revocation $OUT/$list
	is "$(json $OUT/check.json '.check.verdicts[0].sub_indication')" \
	    REVOKED_NO_POE
	is "$(json $OUT/check.json '.check.lists[0].sha256')" \
	    "$(sha256sum <$OUT/ca.der | cut -d' ' -f1)"
done
check 0
is "$(as amelie sceau --json show "$DOC" |
	jq -er '[.checks[] | .indication + (.lists // [] | length | tostring)]
	    | join(" ")')" \
    "TOTAL-PASSED0 INDETERMINATE1 INDETERMINATE1 TOTAL-PASSED0"
as amelie sceau --json show "$DOC" | jq -e '.checks[1].lists[0].der == null' \
    >/dev/null || fail "la liste entière est dans la réponse"
ok "une liste venue depuis, pour un document : un verdict de plus, avec elle"

# An authority in place of a list makes nobody believed.
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -days 30 -subj "/CN=Personne" -keyout $PKI/nul.key -out $PKI/nul.pem
pdf $FILES/nul.pdf "Signé par personne." --key $PKI/nul.key \
    --cert $PKI/nul.pem --cades
chown portable: $FILES/nul.pdf
DOC=$(as amelie sceau --json file "$CASE" avenant $FILES/nul.pdf \
    --level advanced | jq -er .document)
sed 's/CERTIFICATE/X509 CRL/' $PKI/nul.pem >$OUT/faux.pem
openssl x509 -in $PKI/nul.pem -outform DER -out $OUT/faux.der
cp $PKI/nul.pem $OUT/nul.pem
chmod 0644 $OUT/*.pem $OUT/faux.der
for list in faux.pem faux.der; do
	check 9 --revocation $OUT/$list
	is "$(json $OUT/check.json .check.indication)" INDETERMINATE
done
refused 7 "ni une liste de révocation" as amelie sceau check "$DOC" \
    --signatures --revocation $OUT/nul.pem
refused 2 signatures as amelie sceau check $FILES/nul.pdf \
    --revocation $OUT/liste.pem
ok "une autorité passée pour une liste ne fait croire personne"

# --- a store that somebody touched ---------------------------------------------

quiet as amelie sceau get "$DOC" -o $HOME_A/avant.pdf
stop_all
# A bit every 512 bytes of what the store keeps: its ciphertext.
python3 - $VAULT/data/store <<'END'
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        if not name.endswith((".pack", ".open", ".seg")) and \
                os.path.getsize(path) < 4096:
            continue
        with open(path, "r+b") as f:
            data = bytearray(f.read())
            for i in range(512, len(data) - 64, 512):
                data[i] ^= 1
            f.seek(0)
            f.write(data)
END
start_all
unseal
check 8
if as amelie sceau get "$DOC" -o $HOME_A/apres.pdf 2>$OUT/said; then
	fail "des octets altérés ont été rendus"
fi
[ ! -e $HOME_A/apres.pdf ] || fail "des octets altérés ont été rendus"
as amelie sceau --json list "$CASE" >$OUT/list.json
ok "un dépôt altéré : rien n'en est jugé (statut 8) ni rendu, le reste répond"
