#!/bin/bash
#
# Goal: a caseworker brings things in by the console, in a real Chromium: three
# photographs as one document, looked at, turned, filed; with keys alone and
# without scripts; cut at four fifths and resumed, one document and the receipt
# that the command line gives; and what is refused leaves nothing. A second
# person compares a scan with its paper, and signs it elsewhere.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"

scratch_disk
mkdir -p $OUT
build_vault
start_all
unseal
make_files
# Where and by what it was taken, as a telephone says it; and 4 MB to send.
python3 - $FILES/photo-1.jpg $FILES/placee.jpg <<'END'
import struct, sys
jpeg = open(sys.argv[1], "rb").read()
exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x0f\0\2\0\0\0\x10\0\0\0\x1a\0\0\0\0CANARI-TELEPHONE"
open(sys.argv[2], "wb").write(
    jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
END
printf '\377\330\377%%PDF-1.4 deux choses\n%%%%EOF\n' >$FILES/deux-choses.jpg
printf '<!doctype html><script>1</script>' >$FILES/page.pdf
# A signed PDF with that photograph behind what is signed.
{
	cat $FILES/contrat.pdf
	printf '60 0 obj\n<< /Filter /DCTDecode >>\nstream\n'
	cat $FILES/placee.jpg
	printf '\nendstream\nendobj\n%%%%EOF\n'
} >$FILES/placee.pdf
head -c 4000000 /dev/urandom | base64 | tr -d '\n' >$FILES/longue.txt
chmod 0644 $FILES/*
cat >/run/home/amelie/case.json <<'END'
{ "stage": "amont", "source": "ccapex", "title": "Alix Exemple",
  "commune": "Melun", "persons": [
    {"role": "titulaire", "name": "Alix Exemple", "birth_year": 1981},
    {"role": "co-titulaire", "name": "Sam Exemple"}] }
END
as amelie sceau --json case open --from /run/home/amelie/case.json \
    >$OUT/case.json
CASE=$(json $OUT/case.json .ref)
# A name without a value is said all the same: this files nothing.
API="as amelie curl -s --unix-socket $VAULT/run/api.sock"
UPLOAD=aaaaaaaaaaaaaaaaaaaaaaaaaa
$API -X PUT --data-binary @$FILES/contrat-2.pdf -o /dev/null \
    "http://localhost/v1/uploads/$UPLOAD/content?offset=0"
$API -H "Content-Type: application/json" \
    -d '{"kind": "piece", "pages": [{"upload": "'$UPLOAD'", "name": "x.pdf"}]}' \
    "http://localhost/v1/cases/$CASE/documents?dry-run" >$OUT/look.json
[ "$(jq -r .state $OUT/look.json)" = dry-run ] || fail "$(cat $OUT/look.json)"
[ "$(as amelie sceau --json list "$CASE" | jq '.documents | length')" = 0 ] ||
	fail "un regard a déposé"
as amelie sceau form visite --output /run/home/amelie/visite.html
mkdir -p /run/work/tablet
TMPDIR=/run/work/tablet PYTHONDONTWRITEBYTECODE=1 \
PYTHONPATH=$TOP/tests/py:$WEB /usr/bin/python3 "$WEB/form.py" \
    visite /run/home/amelie/visite.html $FILES/visite.sceau Zebulonquartz
(head -c 20000 $FILES/visite.sceau; echo) >$FILES/coupee.sceau
chmod 0644 $FILES/*.sceau
start_sshd
web_console amelie
[ -n "$(axe_file)" ] || say "axe-core n'est pas là : web/axe.sh $BUILD/web"
export CASE FILES
web_drive "$WEB/filing.py"
web_console bruno
web_drive "$WEB/scans.py"
