# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
# shellcheck source=tests/integration/journey.sh
#
# What a team has on its desk, so that the console's pages have something to
# show: to be read after journey.sh and web.sh. make_scene opens a vault and
# leaves CASE, OTHER (of the other team), CONSENT_FORM, DIAGNOSTIC, CONTRACT,
# PHOTOS, EXTRACT, FOUR (waits for a second signature), ERASURE (waits for
# approvals), REQUEST.
#
# MARK is added to every word that a person may choose, and to the names of
# files: empty, or what would hurt a page that does not escape it.

MARK=${MARK:-}

w() { printf '%s%s' "$1" "$MARK"; }

scene_file() {
	as amelie sceau --json file "$CASE" "$@" >$OUT/filed.json \
	    2>$OUT/filed.err || fail "$* : $(cat $OUT/filed.err)"
	FILED=$(json $OUT/filed.json .ref)
}

# Files as people name them.
scene_material() {
	local d=/run/home/amelie/pieces n
	mkdir -p $d $FILES
	signed_pdf "$d/$(w consentement).pdf" "Nous acceptons." menage \
	    --title Consentement --name "Marguerite Exemplaire"
	signed_pdf "$d/$(w contrat).pdf" "Nous nous engageons." menage \
	    --name "Marguerite Exemplaire"
	for n in 1 2 3; do
		as_material "$d/$(w "photo-$n").jpg" "$MATERIAL/make_jpeg.py" \
		    --page $n --width 310 --height 438
	done
	write_case | jq --arg m "$MARK" '.title += $m | .commune += $m |
	    .reference += $m | .persons[].name += $m' >$d/dossier.json
	write_diagnostic | jq --arg m "$MARK" '.recit += $m |
	    .identite.nom += $m | .identite.adresse += $m |
	    .bailleur.nom += $m' >$d/diagnostic.json
	chown -R amelie: $d
	cp $d/*.jpg $d/*.pdf $SEAT/
	chown portable: $SEAT/*.jpg $SEAT/*.pdf
}

scene_case() {
	local d=/run/home/amelie/pieces
	as amelie sceau --json case open --from $d/dossier.json >$OUT/case.json
	CASE=$(json $OUT/case.json .ref)
	scene_file consentement "$d/$(w consentement).pdf" \
	    --title "$(w Consentement)"
	CONSENT_FORM=$FILED
	scene_file contrat-engagement "$d/$(w contrat).pdf" \
	    --title "$(w "Contrat d'engagement")"
	CONTRACT=$FILED
	scene_file contrat-engagement "$d/$(w photo-1).jpg" \
	    "$d/$(w photo-2).jpg" "$d/$(w photo-3).jpg" --title "$(w Papier)"
	PHOTOS=$FILED
	scene_file diagnostic $d/diagnostic.json
	DIAGNOSTIC=$FILED
	as yann sceau --json case open --stage amont --source ccapex \
	    >$OUT/other.json
	OTHER=$(json $OUT/other.json .ref)
}

scene_life() {
	local today
	today=$(in_days 0)
	quiet as amelie sceau contact "$CASE" --channel visite \
	    --result rencontre --note "$(w "Reçue à domicile")"
	quiet as amelie sceau case event "$CASE" commandement --on "$today" \
	    --note "$(w "remis à la personne")"
	quiet as amelie sceau demarche add "$CASE" --device fsl \
	    --objective "$(w "Aide au maintien")" --who "$(w "Amélie")" \
	    --deadline "$today"
	quiet as amelie sceau consent give "$CASE" partage:caf \
	    partage:banque-de-france --method handwritten \
	    --evidence "$CONSENT_FORM"
}

scene_out() {
	as amelie sceau --json --purpose maintien-aide-logement extract \
	    release "$CASE" caf >$OUT/release.json
	EXTRACT=$(json $OUT/release.json .extract)
}

scene_rights() {
	as amelie sceau --json subject request "$CASE" --right access \
	    --channel courrier --identity "$(w "carte vue")" \
	    >$OUT/request.json
	REQUEST=$(json $OUT/request.json .request)
	as claire sceau --json subject erase --document "$PHOTOS" \
	    --reason "$(w "déposé deux fois")" --basis "RGPD art. 17" >$OUT/erase.json
	ERASURE=$(json $OUT/erase.json .erasure)
	as claire sceau --json retention hold --document "$CONTRACT" \
	    --reason "$(w "audience à venir")" \
	    --review "$(in_days 90)" >$OUT/hold.json
}

make_scene() {
	scratch_disk
	mkdir -p $OUT
	build_vault
	start_all
	unseal
	scene_material
	scene_case
	scene_life
	scene_out
	scene_rights
}
