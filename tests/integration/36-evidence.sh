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

# --- a list of revoked certificates comes later ----------------------------

revoke $PKI/menage.pem
as denis sceau policy show --export $NEW >/dev/null
chmod -R u+w $NEW
cat $PKI/crl/ca.crl >>$NEW/anchors.pem
put_in_force
check 9
is "$(of filing) $(of check)" "TOTAL-PASSED INDETERMINATE"
is "$(json $OUT/check.json '.check.verdicts[0].sub_indication')" REVOKED_NO_POE
for what in anchors time revocation indication; do
	case " $(differs) " in
	*" $what "*) ;;
	*) fail "« $what » ne figure pas parmi ce qui diffère : $(differs)" ;;
	esac
done
is "$(json $OUT/check.json .check.evidence.generation)" 2
as amelie sceau check "$DOC" --signatures >$OUT/said 2>&1 || true
grep -q 'TOTAL-PASSED → INDETERMINATE' $OUT/said || fail "$(cat $OUT/said)"
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
