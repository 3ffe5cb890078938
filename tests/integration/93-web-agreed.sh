#!/bin/bash
#
# Goal: what a household agreed to and what leaves the vault, by the console
# in a real browser: an answer given and taken back, its receipt; an extract
# seen before it goes, and what stays behind and why; what waits for a
# signature, signed elsewhere by stock ssh-keygen. What is refused says why,
# and keeps what was typed.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"
# shellcheck source=tests/integration/web/scene.sh
. "$TOP/tests/integration/web/scene.sh"

WHICH=${1:-}
journey() { [ "${WHICH:-$1}" != "$1" ] || web_drive "$WEB/$1.py"; }

# What waits for somebody's word: two extracts under four eyes, a hold to be
# released, rules, a broken glass.
waiting() {
	local n rules=/run/work/out/regles key=/run/home/dora/.ssh/id_ed25519
	for n in FOUR GONE; do
		as claire sceau --json --purpose decompte extract release \
		    "$CASE" prefet --channel paper >$OUT/four.json
		printf -v $n %s "$(json $OUT/four.json .extract)"
	done
	as claire sceau --json retention hold "$CASE" --reason assignation \
	    --review "$(in_days 30)" >$OUT/hold.json
	HOLD=$(json $OUT/hold.json .hold)
	quiet as claire sceau retention release "$HOLD" --reason jugé
	quiet as denis sceau policy show --export $rules
	sed -i "s/^version = .*/version = 2026112399/" $rules/00-common.conf
	chmod -R a+rX $rules
	as denis sceau --json policy sign $rules >$OUT/rules.json
	RULES=$(json $OUT/rules.json .proposal)
	as dora sceau --json case break-glass "$CASE" --reason urgence \
	    --step-up $key >$OUT/glass.json
	GLASS=$(json $OUT/glass.json .break_glass)
	export FOUR GONE HOLD RULES GLASS
}

# What came from a partner, and what a recipient has to be told.
arriving() {
	local consent
	pdf $OUT/avis.pdf "Avis de la commission (exemple)"
	echo "ni un avis ni une liste" >$OUT/autre.txt
	ONE=$(partner ccapex submit <$OUT/avis.pdf | jq -er .submission)
	TWO=$(partner ccapex submit <$OUT/autre.txt | jq -er .submission)
	THREE=$(partner ccapex submit <$OUT/avis.pdf | jq -er .submission)
	quiet as amelie sceau consent give "$CASE" partage:fsl \
	    --method handwritten --evidence "$CONSENT_FORM"
	as amelie sceau --json --purpose aide-fsl extract release "$CASE" \
	    fsl --channel paper >$OUT/paper.json
	quiet as amelie sceau extract deliver \
	    "$(json $OUT/paper.json .extract)" -o /run/home/amelie/page.txt
	consent=$(as amelie sceau --json consent list "$CASE" |
		jq -er '[.consents[] | select(.purpose == "partage:fsl" and
		    (.state == "given" or .state == "renewed")) | .consent][0]')
	quiet as amelie sceau consent withdraw "$consent" --channel visite
	export ONE TWO THREE
}

make_scene
start_sshd
export CASE OTHER CONSENT_FORM DIAGNOSTIC EXTRACT ERASURE
web_console amelie
journey consents
journey release
arriving
journey arrivals
waiting
for name in claire denis dora; do web_console $name; done
journey decide
