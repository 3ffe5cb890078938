#!/bin/bash
#
# Goal: records are filled in the console, in a real Chromium: what is wrong is
# said beside its field, what can be computed is, what is typed survives a
# closed browser, a draft is completed by a new version, and the paper to sign
# has what was filled. What people sign (contract, plan, consents) is filled and
# printed too, and what is filed is the signed paper, never the record.
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
start_sshd
web_console amelie
[ -n "$(axe_file)" ] || say "axe-core n'est pas là : web/axe.sh $BUILD/web"
export CASE NOTICES=$TOP/policy/rules/notices PHOTO=$FILES/photo-1.jpg
web_drive "$WEB/records.py"
