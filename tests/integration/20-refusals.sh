#!/bin/bash
# Goal: whatever a vault must refuse, it refuses with the right exit status
# and a stable code, enters exactly one leaf that says so, and keeps nothing:
# no document, no piece of a file.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "${BASH_SOURCE[0]}")/journey.sh" # write_diagnostic

W=/run/work/out
BAD=/run/work/out/bad

# --- what is looked at before and after --------------------------------

entries() {
	as dora sceau --json audit log --limit 100 >$W/log.json
	jq -c '.entries[]' $W/log.json
}

last_leaf() { entries | jq -s 'map(.leaf) | max'; }

# The refusals since leaf $1: outcome and code, one a line. Of a large file
# sceau first asks how much is there; that nothing is, is no refusal.
refusals_since() {
	entries | jq -r "select(.leaf > $1 and .outcome != \"ok\") |
	    .outcome + \" \" + (.detail.code // \"-\")" |
		grep -v '^not-found upload$' || true
}

documents() {
	as amelie sceau --json list "$CASE" | jq '.documents | length'
}

nothing_incoming() {
	[ -z "$(find $VAULT/data/store/incoming -type f 2>/dev/null)" ]
}

# Run COMMAND…, which must be refused: its exit status, one leaf with outcome
# and code, nothing kept. refusal OUTCOME STATUS CODE COMMAND…
refusal() {
	local outcome=$1 status=$2 code=$3 mark docs got
	shift 3
	mark=$(last_leaf)
	docs=$(documents)
	expect_status "$status" "$@" >$W/refused 2>&1
	got=$(refusals_since "$mark")
	[ "$got" = "$outcome $code" ] || fail "inscriptions de refus :" \
	    "« $got » au lieu de « $outcome $code » : $* : $(cat $W/refused)"
	[ "$(documents)" = "$docs" ] || fail "un document de plus : $*"
	nothing_incoming || fail "un reste dans incoming : $*"
	ok "$code : $*"
}

# curl in the place of sceau, for what sceau itself would not send: 7 when
# the answer is not a success, and the answer is told.
# raw USER METHOD PATH [curl option…]
raw() {
	local user=$1 method=$2 path=$3 status
	shift 3
	status=$(as "$user" curl -sS --unix-socket "${DOOR:-$VAULT/run/api.sock}" \
	    -X "$method" -o $W/raw.json -w '%{http_code}' "$@" \
	    "http://sceau$path")
	chmod a+rw $W/raw.json
	cat $W/raw.json
	[ "$status" -lt 400 ] || return 7
}

# --- material ------------------------------------------------------------

make_bad_files() {
	mkdir -p $BAD
	as_material $BAD/image.pdf "$MATERIAL/make_png.py"
	pdf $BAD/good.pdf "Une page."
	{ printf 'des octets devant\n'; cat $BAD/good.pdf; } >$BAD/late.pdf
	: >$BAD/empty.pdf
	# Over what waits in memory: it goes to the disk before it is judged.
	head -c 12582912 /dev/zero | tr '\0' 'x' >$BAD/text.pdf
	signed_pdf $BAD/signed.pdf "Nous nous engageons." menage
	PYTHONDONTWRITEBYTECODE=1 python3 - $BAD <<-'END'
		import sys
		import zipfile
		d = sys.argv[1]
		for name, members in {
		    "plain.zip": [],
		    "contract.asics": [("mimetype",
		        b"application/vnd.etsi.asic-s+zip"),
		        ("META-INF/signature.p7s", b"0")],
		    "contract.asice": [("mimetype",
		        b"application/vnd.etsi.asic-e+zip"),
		        ("META-INF/ASiCManifest.xml", b"0")]}.items():
		    with zipfile.ZipFile(d + "/" + name, "w") as z:
		        for member, text in members:
		            z.writestr(member, text)
		        z.write(d + "/good.pdf", "bail.pdf")
		b = open(d + "/signed.pdf", "rb").read()
		i = b.index(b"MediaBox")
		open(d + "/tampered.pdf", "wb").write(b[:i] + b"MediaBux" + b[i + 8:])
		good = '"date": "2026-11-16"'
		for name, text in {
		    "not-json": "date = 2026-11-16",
		    "array": "[]",
		    "unknown": "{%s, \"inconnu\": 1}" % good,
		    "duplicate": "{%s, %s}" % (good, good),
		    "type": "{\"date\": 20261116}",
		    "deep": "[" * 10000 + "]" * 10000,
		    "deep-member": "{\"date\": " + "{\"a\":" * 10000 + "1"
		        + "}" * 10001,
		    "not-utf8": None}.items():
		    raw = b'{"date": "\xff"}' if text is None else text.encode()
		    open(d + "/" + name + ".json", "wb").write(raw)
	END
	chmod -R a+rX $BAD
}

# --- the list --------------------------------------------------------------

refuse_files() {
	refusal refused 7 media-type as amelie sceau --json file "$CASE" \
	    fiche-transfert $BAD/image.pdf
	refusal refused 7 media-type as amelie sceau --json file "$CASE" piece \
	    $BAD/late.pdf
	refusal refused 7 media-type as amelie sceau --json file "$CASE" \
	    contrat-engagement $BAD/text.pdf
	# An archive, whatever is in it and whatever it is called.
	for container in plain.zip contract.asics contract.asice; do
		refusal refused 7 media-type as amelie sceau --json file \
		    "$CASE" piece $BAD/$container
	done
	refusal refused 7 media-type as amelie sceau --json file "$CASE" \
	    contrat-engagement $BAD/contract.asics --level advanced
	refusal refused 7 empty-file as amelie sceau --json file "$CASE" piece \
	    $BAD/empty.pdf
	refusal refused 7 file-max as amelie sceau --json file "$CASE" piece \
	    $BAD/over.pdf
	refusal refused 7 signature-failed as amelie sceau --json file "$CASE" \
	    contrat-engagement $BAD/tampered.pdf
	refusal refused 7 level as amelie sceau --json file "$CASE" \
	    contrat-engagement $BAD/good.pdf
}

refuse_records() {
	local f code
	for f in not-json:record-json array:record-field unknown:record-field \
	    duplicate:record-duplicate type:record-field deep:record-depth \
	    deep-member:record-depth not-utf8:record-json; do
		refusal refused 7 "${f#*:}" as amelie sceau --json file \
		    "$CASE" diagnostic "$BAD/${f%:*}.json"
	done
}

refuse_names() {
	refusal not-found 4 not-found as amelie sceau --json file \
	    aaaaaaaaaaaaaaaaaaaaaaaaaa piece $BAD/good.pdf
	refusal refused 7 reference-check as amelie sceau --json file \
	    ZZZZ-ZZZ piece $BAD/good.pdf
	refusal denied 3 kind-unknown as amelie sceau --json file "$CASE" \
	    telegramme $BAD/good.pdf
	refusal denied 3 purpose-unknown as amelie sceau --json --purpose \
	    curiosite get "$DOC" -o $W/never.pdf
	refusal denied 3 purpose-missing as amelie sceau --json extract \
	    release "$CASE" ccapex
	refusal denied 3 no-rule as ada sceau --json get "$DOC" \
	    -o $W/never.pdf
	[ ! -e $W/never.pdf ] || fail "un fichier a été écrit"
}

refuse_people() {
	refusal denied 3 nobody as quidam sceau --json case list
	refusal denied 4 not-found as yann sceau --json list "$CASE"
	refusal denied 4 not-found as yann sceau --json file "$CASE" piece \
	    $BAD/good.pdf
	refusal denied 3 wrong-door as caf sceau --json case list
	DOOR=$VAULT/run/partner.sock refusal denied 7 wrong-door \
	    raw amelie GET /v1/partner/extracts
}

# Another partner's extract, and one that does not exist: the same bytes.
refuse_partners() {
	local none=aaaaaaaaaaaaaaaaaaaaaaaaaa a b
	local key="Sceau-Door-Key: $(key_print caf)"
	DOOR=$VAULT/run/partner.sock
	refusal denied 7 door-key raw caf GET /v1/partner/extracts
	refusal denied 7 door-key raw caf GET /v1/partner/extracts \
	    -H "Sceau-Door-Key: $(key_print ccapex)"
	refusal denied 7 door-key raw caf GET /v1/partner/extracts \
	    -H "Sceau-Door-Key: $(key_print caf)x"
	refusal not-found 7 not-found raw caf GET \
	    "/v1/partner/extracts/$none/content" -H "$key"
	a=$(jq -S 'del(.audit)' $W/raw.json)
	refusal not-found 7 not-found raw caf GET \
	    "/v1/partner/extracts/$EXTRACT/content" -H "$key"
	b=$(jq -S 'del(.audit)' $W/raw.json)
	DOOR=
	[ "$a" = "$b" ] || fail "les réponses diffèrent : $a $b"
}

refuse_requests() {
	refusal refused 7 body-json raw amelie POST /v1/cases -d 'x'
	refusal refused 7 body-json raw amelie POST /v1/cases \
	    -d '{"stage":"amont","stage":"aval"}'
	refusal refused 7 member-unknown raw amelie POST /v1/cases \
	    -d '{"stage":"amont","source":"ccapex","inconnu":1}'
	refusal refused 7 member-missing raw amelie POST /v1/cases \
	    -d '{"stage":"amont"}'
	refusal refused 7 http-form raw amelie POST /v1/cases -d '{}' \
	    -H 'Transfer-Encoding: chunked' -H 'Content-Length: 2'
	refusal refused 7 http-form raw amelie GET /v1/cases \
	    -H 'Origin: http://ailleurs.example'
	refusal not-found 7 route raw amelie GET /v1/nowhere
	refusal refused 7 offset raw amelie PUT \
	    "/v1/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa/content?offset=5" \
	    --data-binary x
	refusal refused 7 upload-id raw amelie PUT \
	    "/v1/uploads/../content?offset=0" --path-as-is --data-binary x
}

refuse_second_daemon() {
	local status=0
	sceaud -d $VAULT --ready-fd 9 9>/run/work/second.ready \
	    >/run/work/second 2>&1 || status=$?
	[ $status != 0 ] || fail "un deuxième sceaud tourne"
	[ ! -s /run/work/second.ready ] || fail "il s'est dit prêt"
	as amelie sceau list "$CASE" >/run/work/quiet
	ok "un deuxième sceaud : refusé (statut $status), le premier répond"
}

# The leaf of a sealed vault has no detail; it is read after the unseal.
refuse_sealed() {
	local mark
	mark=$(last_leaf)
	as claire sceau seal >/run/work/quiet
	wait_until is_sealed
	expect_status 6 as amelie sceau file "$CASE" piece $BAD/good.pdf \
	    2>$W/refused
	expect_status 6 as amelie sceau get "$DOC" -o $W/never.pdf \
	    2>$W/refused
	nothing_incoming || fail "un reste dans incoming"
	unseal claire
	[ "$(refusals_since "$mark" | sort | uniq -c | tr -s ' ')" = \
	    " 2 sealed -" ] || fail "inscriptions : $(refusals_since "$mark")"
	ok "sealed : coffre fermé, deux inscriptions sans détail"
}

is_sealed() {
	as claire sceau status --json | jq -e '.sealed == true'
}

# --- -----------------------------------------------------------------------

scratch_disk
build_vault file-max=16777216
start_all
unseal
make_bad_files
head -c 16777217 /dev/zero >$BAD/over.pdf
chmod -R a+rX $BAD

as amelie sceau --json case open --stage amont --source ccapex >$W/case.json
CASE=$(json $W/case.json .ref)
as amelie sceau --json file "$CASE" piece $BAD/good.pdf >$W/filed.json
DOC=$(json $W/filed.json .ref)
write_diagnostic >$BAD/diagnostic.json
as amelie sceau --json file "$CASE" diagnostic $BAD/diagnostic.json \
    >$W/filed.json
as amelie sceau --json --purpose examen-ccapex extract release "$CASE" ccapex \
    >$W/release.json
EXTRACT=$(json $W/release.json .extract)
KEPT=$(documents)

refuse_files
refuse_records
refuse_names
refuse_people
refuse_partners
refuse_requests
refuse_second_daemon
refuse_sealed
[ "$(documents)" = "$KEPT" ] || fail "le dossier a changé"
say "tout ce qui devait être refusé l'a été, une inscription chacun"
