# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
#
# One household's file, from the contract to the erased vault, in nine steps.
# To be read after lib.sh, by quickstart and by the tests. step_1 … step_9
# follow one another; each prints what it does in plain words, and ends the
# script at the first thing that is not as expected.
#
# What the steps leave for one another: CASE, CONSENT_FORM, CONTRACT, PHOTOS,
# DIAGNOSTIC, PIECE (spoken references), CONSENT, CAF_ONE,
# CAF_TWO, CCAPEX_ONE (extracts), REFUSAL (an entry of the log), LOG_KEY, OUT
# (a folder of what was got).

OUT=/run/work/out
M=/run/work/material
FILES=/run/home/portable/pieces
VERBOSE=${VERBOSE:-}

# Called between two things; a test may do something there.
moment() { :; }

declare -a STEP_TITLES=() STEP_MS=()

now_ms() { date +%s%3N; }

# step N TITLE: a header; the time until the next one is this step's.
step() {
	end_step
	STEP=$1
	STEP_TITLES[STEP]=$2
	STEP_BEGAN=$(now_ms)
	printf '\n%s. %s\n' "$1" "$2"
}

end_step() {
	[ -n "${STEP:-}" ] || return 0
	STEP_MS[STEP]=$(($(now_ms) - STEP_BEGAN))
	printf '   (%s s)\n' "$(seconds "${STEP_MS[STEP]}")"
	STEP=
}

seconds() { printf '%d,%02d' $(($1 / 1000)) $(($1 % 1000 / 10)); }

# Our functions, as the commands that they stand for.
typed() {
	local words=$*
	words=${words#as * }
	words=${words#offline }
	words=${words/#from_afar/sceau}
	words=${words/#stock_git/git}
	words=${words/#partner /ssh }
	printf '%s' "$words"
}

# shown WHO COMMAND…: what is typed, and what is answered.
shown() {
	local who=$1 words
	shift
	words=$(typed "$@")
	if [ -z "$VERBOSE" ]; then
		"$@" >$OUT/shown 2>&1 || fail "$words : $(cat $OUT/shown)"
		return 0
	fi
	printf '   %s> %s\n' "$who" "$words"
	"$@" >$OUT/shown 2>&1 || fail "$(cat $OUT/shown)"
	sed 's/^/   | /' $OUT/shown
}

# shown_refused N CODE WHO COMMAND…: the same for what must be refused.
shown_refused() {
	local want=$1 code=$2 who=$3 words got=0
	shift 3
	words=$(typed "$@")
	"$@" >$OUT/shown 2>&1 || got=$?
	[ "$got" = "$want" ] ||
		fail "statut $got au lieu de $want : $words : $(cat $OUT/shown)"
	[ -z "$code" ] || grep -q -e "$code" $OUT/shown ||
		fail "« $code » manque : $(cat $OUT/shown)"
	[ -n "$VERBOSE" ] || return 0
	printf '   %s> %s\n' "$who" "$words"
	sed 's/^/   | /' $OUT/shown
	printf '   | (statut %s)\n' "$got"
}

# --- receipts that must be honoured --------------------------------------

KEPT=/run/work/kept

# keep NAME DOCUMENT VERSION FILE…: a receipt given, in $OUT/NAME.recu.
keep() {
	local name=$1 doc=$2 version=$3
	shift 3
	cp "$FILES/$name.recu" "$OUT/$name.recu"
	echo "$name $doc $version $*" >>$KEPT
}

# Each receipt proves its file offline, and the vault still has the bytes.
check_kept() {
	local name doc version files n f dir
	while read -r name doc version files; do
		# shellcheck disable=SC2086
		quiet sceau verify "$OUT/$name.recu" $files --key "$LOG_KEY"
		dir=$(mktemp -d $OUT/kept.XXXXXX)
		quiet as amelie true
		chown amelie: "$dir"
		n=0
		for f in $files; do
			n=$((n + 1))
			quiet as amelie sceau get "$doc" --version "$version" \
			    --page $n -o "$dir/$n"
			same "$f" "$dir/$n"
		done
		rm -rf "$dir"
	done <$KEPT
}

# --- material ------------------------------------------------------------

# What the household signed, and what the team writes. Nobody here exists.
make_files() {
	mkdir -p $M $FILES
	signed_pdf $FILES/consentement.pdf \
	    "Nous acceptons que l'équipe partage avec la CAF ce qu'il faut." \
	    menage --title Consentement --name "Marguerite Exemplaire"
	signed_pdf $FILES/contrat.pdf \
	    "Le ménage et l'équipe s'engagent pour six mois." \
	    menage --name "Marguerite Exemplaire"
	pdf $FILES/contrat-2.pdf \
	    "Le ménage et l'équipe s'engagent pour douze mois."
	quiet openssl cms -sign -binary -cades -md sha256 -outform DER \
	    -in $FILES/contrat-2.pdf -signer /run/work/pki/menage.pem \
	    -inkey /run/work/pki/menage.key -certfile /run/work/pki/ca.pem \
	    -out $FILES/contrat-2.p7s
	make_photographs
	large_pdf $FILES/piece.pdf 24
	write_case >$FILES/dossier.json
	write_diagnostic >$FILES/diagnostic.json
	chown -R portable: $FILES
	chmod 0755 $FILES /run/home/portable
}

make_photographs() {
	local n
	for n in 1 2 3; do
		as_material $FILES/photo-$n.jpg "$MATERIAL/make_jpeg.py" \
		    --page $n --width 310 --height 438
	done
}

# Names go in a file, not on a command line that others could read.
write_case() {
	cat <<-'END'
		{
		  "stage": "amont", "source": "ccapex",
		  "title": "Ménage Exemplaire, rue des Essais",
		  "commune": "Melun", "reference": "CCAPEX-77-EXEMPLE-0001",
		  "persons": [
		    {"role": "titulaire", "name": "Marguerite Exemplaire",
		     "birth_year": 1979},
		    {"role": "mineur", "name": "Octave Exemplaire",
		     "birth_year": 2014}
		  ]
		}
	END
}

write_diagnostic() {
	cat <<-'END'
		{
		  "date": "2026-11-16", "lieu": "domicile",
		  "rencontre": "rencontre",
		  "origine": {"source": "ccapex", "date": "2026-11-02",
		    "reference": "CCAPEX-77-EXEMPLE-0001"},
		  "identite": {"nom": "Exemplaire", "prenom": "Marguerite",
		    "naissance": "1979-03-14",
		    "numero-allocataire": "0000007",
		    "adresse": "1 rue des Essais", "code-postal": "77000",
		    "commune": "Melun", "telephone": "01 99 00 00 01",
		    "situation-familiale": "separe",
		    "titulaires": [{"nom": "Exemplaire",
		      "prenom": "Marguerite", "qualite": "titulaire"}]},
		  "composition": {"adultes": 1, "mineurs": 1},
		  "emploi-revenus": {"situation": "emploi-precaire",
		    "total-mensuel": 1312.40},
		  "charges": {"total-mensuel": 1105.00},
		  "bail": {"type": "vide", "date": "2019-07-01",
		    "clause-resolutoire": true, "loyer": 612.00,
		    "charges": 70.00, "aide-logement": 214.00,
		    "aide-versee-a": "bailleur"},
		  "bailleur": {"nom": "SCI de l'Exemple",
		    "adresse": "2 place du Modèle, 77000 Melun",
		    "type": "sci"},
		  "logement": {"adresse": "1 rue des Essais, 77000 Melun",
		    "type": "appartement", "surface": 48, "pieces": 3},
		  "dette": {"montant": 2448.00, "depuis": "2026-06-01",
		    "jusqu-au": "2026-10-31", "reprise": true,
		    "reprise-date": "2026-11-05",
		    "causes": [{"code": "baisse-ressources"}]},
		  "plan": {"montant": 102.00, "nombre": 24,
		    "premiere-date": "2026-12-10", "accord-bailleur": true},
		  "procedure": {"stade": "commandement-de-payer"},
		  "surendettement": {"numero": "EXEMPLE-77"},
		  "preconisations": [{"code": "plan-apurement"}],
		  "referent": {"nom": "Amélie Exemple",
		    "service": "Association Exemple"},
		  "recit": "Récit libre qui ne sort jamais du coffre."
		}
	END
}

# --- 1 -------------------------------------------------------------------

step_1() {
	step 1 "Un coffre est créé, puis ouvert par une dépositaire"
	build_vault "$@"
	ok "l'administrateur de la machine a créé le coffre : trois" \
	    "dépositaires, des règles, aucune phrase secrète gardée"
	start_all
	ok "trois programmes tournent, chacun sous son propre compte :" \
	    "sceau-keys, sceau-inspect, sceaud"
	shown_refused 6 "" Amélie as amelie sceau case list
	ok "tant que personne ne l'a ouvert, le coffre ne rend rien"
	moment sealed
	unseal claire
	ok "Claire, dépositaire, l'a ouvert"
	as amelie sceau status --json >$OUT/status.json
	LOG_KEY=$(json $OUT/status.json .log_key)
	json $OUT/status.json .certificate >$OUT/coffre.pem
	shown Claire as claire sceau status
	moment opened
}

# --- 2 -------------------------------------------------------------------

# file_afar NAME KIND ARGUMENTS…: files, keeps the receipt; the reference in FILED.
file_afar() {
	local name=$1 kind=$2
	shift 2
	from_afar --json file "$CASE" "$kind" "$@" -o "$FILES/$name.recu" \
	    >$OUT/filed.json
	FILED=$(json $OUT/filed.json .ref)
}

expect_level() {
	[ "$(json $OUT/filed.json .level)" = "$1" ] ||
		fail "niveau $(json $OUT/filed.json .level), non $1"
}

expect_passed() {
	[ "$(json $OUT/filed.json '.verdicts[0].indication')" = TOTAL-PASSED ] ||
		fail "verdict : $(jq -c .verdicts $OUT/filed.json)"
}

step_2() {
	step 2 "Amélie, chez le ménage, dépose à travers ssh"
	[ -d $FILES ] || make_files
	start_sshd
	open_tunnel
	ok "son ordinateur est relié au coffre par le ssh de Debian"
	from_afar --json case open --from $FILES/dossier.json >$OUT/case.json
	CASE=$(json $OUT/case.json .ref)
	ok "dossier $CASE ouvert : amont, orienté par la CCAPEX"
	: >$KEPT
	file_signed_papers
	file_photographs
	file_diagnostic
	file_second_version
	file_cut_half_way
}

file_signed_papers() {
	file_afar consentement consentement $FILES/consentement.pdf
	expect_passed
	CONSENT_FORM=$FILED
	keep consentement "$FILED" 1 $FILES/consentement.pdf
	ok "consentement signé, vérifié, déposé : reçu n° $(filed_leaf)"
	moment consent-filed
	file_afar contrat contrat-engagement $FILES/contrat.pdf \
	    --title "Contrat d'engagement"
	expect_passed
	CONTRACT=$FILED
	keep contrat "$FILED" 1 $FILES/contrat.pdf
	ok "contrat d'engagement signé, vérifié, déposé : reçu n° $(filed_leaf)"
	[ -z "$VERBOSE" ] || sed 's/^/   | /' $FILES/contrat.recu
	moment contract-filed
}

filed_leaf() { json $OUT/filed.json .leaf; }

file_photographs() {
	file_afar photos contrat-engagement $FILES/photo-[123].jpg
	expect_level handwritten-scan
	PHOTOS=$FILED
	PHOTOS_ID=$(json $OUT/filed.json .document)
	keep photos "$FILED" 1 $FILES/photo-[123].jpg
	ok "contrat sur papier : trois photographies, un seul document," \
	    "niveau « handwritten-scan »"
	moment photographs-filed
}

file_diagnostic() {
	file_afar diagnostic diagnostic $FILES/diagnostic.json
	DIAGNOSTIC=$FILED
	keep diagnostic "$FILED" 1 $FILES/diagnostic.json
	ok "diagnostic : une fiche, chaque champ contrôlé"
	moment diagnostic-filed
}

file_second_version() {
	file_afar contrat-2 contrat-engagement $FILES/contrat-2.pdf \
	    --signature $FILES/contrat-2.p7s --replaces "$CONTRACT" \
	    --title "Contrat d'engagement"
	expect_passed
	[ "$FILED" = "$CONTRACT" ] || fail "un autre document"
	[ "$(json $OUT/filed.json .version)" = 2 ] || fail "pas la version 2"
	keep contrat-2 "$CONTRACT" 2 $FILES/contrat-2.pdf
	ok "deuxième version du contrat, signature détachée (.p7s)"
	moment second-version-filed
}

# A line between the tunnel and sceau that stops after so many bytes.
open_line() {
	LINE=/run/home/portable/ligne.sock
	rm -f $LINE $OUT/line
	mkfifo -m 0666 $OUT/line
	# The checkout may lie in a home that only its owner enters.
	install -m 0755 "$MATERIAL/cut_line.py" /run/bin/cut_line.py
	exec_as portable python3 /run/bin/cut_line.py --listen $LINE \
	    --to $TUNNEL --after "$1" >$OUT/line 2>/run/work/log/line.log &
	PID[line]=$!
	exec 8<$OUT/line
	line_says listening
}

line_says() {
	local word
	IFS= read -r -t 60 -u 8 word && [[ $word == "$1"* ]] ||
		fail "la ligne dit « ${word:-} », non « $1 »"
	SAID=$word
}

file_cut_half_way() {
	local half pid
	half=$(($(stat -c %s $FILES/piece.pdf) / 2))
	open_line $half
	exec_as portable sceau --socket $LINE file "$CASE" piece $FILES/piece.pdf \
	    >$OUT/cut 2>&1 &
	pid=$!
	line_says stopped
	stop line KILL
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	break_tunnel
	ok "une pièce de 24 Mo : la ligne est coupée à la moitié"
	moment cut
	open_tunnel
	open_line 1000000000000
	as portable sceau --socket $LINE --json file "$CASE" piece \
	    $FILES/piece.pdf -o $FILES/piece.recu >$OUT/filed.json
	stop line
	line_says passed
	PIECE=$(json $OUT/filed.json .ref)
	keep piece "$PIECE" 1 $FILES/piece.pdf
	ok "la même commande, une fois la ligne revenue : déposée" \
	    "(cette fois, ${SAID#passed } octets sur $((2 * half)))"
	moment resumed
	from_afar --json file "$CASE" piece $FILES/piece.pdf \
	    -o $FILES/piece.recu --force >$OUT/again.json
	same_receipt $FILES/piece.recu $OUT/piece.recu
	[ "$(json $OUT/again.json .ref)" = "$PIECE" ] ||
		fail "déposé deux fois"
	from_afar --json list "$CASE" >$OUT/list.json
	[ "$(json $OUT/list.json '[.documents[] | select(.kind == "piece")] | length')" = 1 ] ||
		fail "la pièce n'est pas là une fois"
	ok "encore la même commande : le même reçu, rien en double"
	moment filed-again
}

# The same statement about the same entry of the log. The proof under it may
# lead to a later head: both prove.
same_receipt() {
	local f
	for f; do
		sed '/^$/,$d' "$f" >"$f.statement"
		quiet sceau verify "$f" $FILES/piece.pdf --key "$LOG_KEY"
	done
	same "$1.statement" "$2.statement"
}

# --- 3 -------------------------------------------------------------------

get_same() {
	local doc=$1 file=$2
	shift 2
	rm -f /run/home/portable/got
	quiet from_afar get "$doc" -o /run/home/portable/got "$@"
	same "$file" /run/home/portable/got
}

step_3() {
	local n
	step 3 "Amélie relit, cherche, compare"
	shown Amélie from_afar list "$CASE"
	shown Amélie from_afar show "$CONTRACT"
	shown Amélie from_afar history "$CONTRACT"
	get_same "$CONTRACT" $FILES/contrat.pdf --version 1
	moment read
	get_same "$CONTRACT" $FILES/contrat-2.pdf
	get_same "$CONSENT_FORM" $FILES/consentement.pdf
	get_same "$DIAGNOSTIC" $FILES/diagnostic.json
	get_same "$PIECE" $FILES/piece.pdf
	rm -rf /run/home/portable/photos
	quiet from_afar get "$PHOTOS" -o /run/home/portable/photos/
	for n in 1 2 3; do
		same $FILES/photo-$n.jpg /run/home/portable/photos/*photo-$n.jpg
	done
	ok "tout est rendu à l'octet près, les deux versions du contrat aussi"
	shown Amélie from_afar find marg exempl
	grep -q "$CASE" $OUT/shown || fail "le dossier n'est pas trouvé"
	shown_refused 4 "" Yann as yann sceau list "$CASE"
	ok "Yann, d'une autre équipe : pour lui ce dossier n'existe pas"
	moment found
}

# --- 4 -------------------------------------------------------------------

# release RECIPIENT PURPOSE: the extract's id in EXTRACT.
release() {
	from_afar --json --purpose "$2" extract release "$CASE" "$1" \
	    >$OUT/release.json
	EXTRACT=$(json $OUT/release.json .extract)
}

# pull PARTNER EXTRACT: into the partner's home, NAME.cms.
pull() { partner "$1" pull "$2" >"/run/home/poste-$1/$2.cms"; }

# The partner opens what was pulled, with our program and with openssl alone.
open_extract() {
	local p=$1 id=$2 home=/run/home/poste-$1
	cp $OUT/coffre.pem "$home/coffre.pem"
	rm -rf "$home/ouvert"
	quiet as "poste-$p" sceau extract open "$home/$id.cms" \
	    --key "$home/dechiffrement.key" --cert "$home/certificat.pem" \
	    --vault-cert "$home/coffre.pem" --log-key "$LOG_KEY" \
	    -o "$home/ouvert"
	quiet openssl cms -decrypt -inform DER -in "$home/$id.cms" \
	    -inkey "$home/dechiffrement.key" -recip "$home/certificat.pem" \
	    -out "$OUT/$p.inner"
	quiet openssl cms -verify -inform DER -in "$OUT/$p.inner" \
	    -CAfile $OUT/coffre.pem -out "$OUT/$p.json"
	jq -e . "$OUT/$p.json" >/dev/null
}

step_4() {
	step 4 "La CAF et la CCAPEX reçoivent un extrait ; la Banque de France, non"
	shown_refused 3 "" Amélie from_afar extract preview "$CASE" caf
	ok "sans consentement, rien ne part vers la CAF"
	give_consent
	shown Amélie from_afar extract preview "$CASE" caf
	release caf maintien-aide-logement
	CAF_ONE=$EXTRACT
	ok "extrait remis : figé, signé et chiffré à cet instant"
	moment released
	shown CAF partner caf list
	pull caf "$CAF_ONE"
	moment pulled
	open_extract caf "$CAF_ONE"
	check_caf_content
	ok "la CAF l'a pris par ssh, ouvert avec sa clé par « sceau extract" \
	    "open » et par « openssl cms » seul"
	shown CAF partner caf ack "$CAF_ONE"
	moment acknowledged
	shown_refused 3 "" Amélie from_afar \
	    --purpose traitement-surendettement extract release "$CASE" \
	    banque-de-france
	REFUSAL=$(grep -o 'inscription n° [0-9]*' $OUT/shown | grep -o '[0-9]*$')
	ok "Banque de France : refusé, faute de consentement, et c'est dit"
	release ccapex examen-ccapex
	CCAPEX_ONE=$EXTRACT
	pull ccapex "$CCAPEX_ONE"
	open_extract ccapex "$CCAPEX_ONE"
	ok "CCAPEX : remis sur sa base légale, sans consentement"
	moment ccapex-done
}

give_consent() {
	from_afar --json consent give "$CASE" partage:caf \
	    --method handwritten --evidence "$CONSENT_FORM" \
	    >$OUT/consents.json
	CONSENT=$(json $OUT/consents.json '.consents[0].consent')
	ok "consentement au partage avec la CAF, avec le document qui le prouve"
	moment consent-given
}

# Fields of the rule, and nothing that no rule names.
check_caf_content() {
	jq -e '.content.fields["dette.montant"] == 2448' $OUT/caf.json >/dev/null ||
		fail "un champ manque à l'extrait"
	! grep -q "Récit libre" $OUT/caf.json || fail "le récit est sorti"
	! grep -q "EXEMPLE-77\"" $OUT/caf.json || fail "le surendettement est sorti"
}

# --- 5 -------------------------------------------------------------------

step_5() {
	step 5 "Le consentement est retiré : tout de suite, plus rien ne part"
	release caf maintien-aide-logement
	CAF_TWO=$EXTRACT
	ok "un second extrait attend la CAF"
	shown Amélie from_afar consent withdraw "$CONSENT" \
	    --channel telephone --reason "appel du ménage" \
	    --caller-check "rappelé au numéro du dossier"
	moment withdrawn
	shown Amélie from_afar consent list "$CASE" --at "$(in_days 0)"
	grep -q "partage:caf *retiré" $OUT/shown ||
		fail "encore en vigueur : $(cat $OUT/shown)"
	shown_refused 5 "" CAF partner caf pull "$CAF_TWO"
	shown_refused 3 "" Amélie from_afar --purpose maintien-aide-logement \
	    extract release "$CASE" caf
	ok "l'extrait qui attendait est refusé, un nouveau aussi"
	shown CAF partner caf notices
	grep -q "$CAF_ONE" $OUT/shown || fail "pas de notice pour l'extrait pris"
	ok "la CAF est avertie pour celui qu'elle avait déjà pris"
}

# --- 6 -------------------------------------------------------------------

# offline COMMAND…: no network, no vault in sight, nobody of the vault.
offline() {
	unshare --net setpriv --reuid=quidam --regid=quidam --init-groups \
	    env -i PATH=/run/bin:/usr/bin:/bin LC_ALL=C.UTF-8 \
	    HOME=/run/home/quidam "$@"
}

step_6() {
	local dora=/run/home/dora
	step 6 "La déléguée à la protection des données contrôle, sans le coffre"
	shown Dora as dora sceau audit log --limit 12
	shown Dora as dora sceau audit who-saw "$CONTRACT"
	shown Dora as dora sceau policy explain "$REFUSAL"
	grep -q "la même décision, mot pour mot" $OUT/shown ||
		fail "n° $REFUSAL : $(cat $OUT/shown)"
	ok "le refus de la Banque de France s'explique : règle, faits, texte"
	shown Dora as dora sceau policy test
	shown Dora as dora sceau due
	ok "les règles passent leurs essais ; ce qui attend est daté"
	moment audited
	rm -rf $dora/journal
	shown Dora as dora sceau audit export $dora/journal
	rm -rf $OUT/journal $OUT/preuve
	cp -r $dora/journal $OUT/journal
	mkdir -p $OUT/preuve
	cp $OUT/contrat.recu $FILES/contrat.pdf $FILES/contrat-2.pdf $OUT/preuve
	chown -R quidam: $OUT/journal $OUT/preuve
	shown "hors ligne" offline sceau verify log $OUT/journal \
	    --key "$LOG_KEY"
	shown "hors ligne" offline sceau verify $OUT/preuve/contrat.recu \
	    $OUT/preuve/contrat.pdf --key "$LOG_KEY"
	ok "le journal entier et le reçu sont vérifiés sans réseau ni coffre"
	shown_refused 8 "" "hors ligne" offline sceau verify \
	    $OUT/preuve/contrat.recu $OUT/preuve/contrat-2.pdf \
	    --key "$LOG_KEY"
	ok "le reçu ne vaut pas pour un autre fichier"
	flip_a_bit
	moment verified
}

# One bit, in one tile of the exported log.
flip_a_bit() {
	local tile
	tile=$(find $OUT/journal -type f -path '*tile*' | sort | head -n 1)
	[ -n "$tile" ] || fail "pas de tuile dans l'export"
	python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(5); b = f.read(1)[0]; f.seek(5); f.write(bytes([b ^ 1]))' "$tile"
	shown_refused 8 "" "hors ligne" offline sceau verify log \
	    $OUT/journal --key "$LOG_KEY"
	ok "un seul bit changé dans une copie du journal : c'est vu"
}

# --- 7 -------------------------------------------------------------------

# The store belongs to the daemon: its account reads it here, with stock git.
stock_git() {
	setpriv --reuid=sceau --regid=sceau --init-groups \
	    env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 HOME=/run/home/sceau \
	    GIT_CONFIG_NOSYSTEM=1 git "$@"
}

step_7() {
	local ref n=0 mirror=/run/home/sceau/miroir.git
	step 7 "Le dépôt chiffré, lu par le git de tout le monde"
	shown Ada as ada sceau publish
	moment published
	rm -rf $mirror
	shown "git" stock_git clone --quiet --mirror $VAULT/data/store $mirror
	shown "git" stock_git -C $mirror fsck --full --strict
	stock_git -C $mirror config gpg.ssh.allowedSignersFile \
	    $VAULT/data/store/allowed_signers
	for ref in $(stock_git -C $mirror for-each-ref \
	    --format='%(refname)' refs/documents); do
		quiet stock_git -C $mirror verify-commit "$ref"
		n=$((n + 1))
	done
	[ $n -ge 5 ] || fail "$n références seulement"
	ok "un miroir, entier (git fsck), $n documents : chaque commit est" \
	    "signé par le coffre (git verify-commit)"
	! grep -rqa -e Exemplaire $mirror || fail "un nom en clair"
	ok "et rien n'y est lisible"
	moment mirrored
}

# --- 8 -------------------------------------------------------------------

# A copy of the data as it is now, as a backup would have it.
back_up() {
	stop daemon
	rm -rf "$1"
	mkdir -p "$1"
	cp -a $VAULT/data "$1/data"
	start_daemon || fail "sceaud ne redémarre pas"
	wait_until is_open
}

# approve WHO ERASURE: with that person's own key.
approve() {
	quiet as "$1" sceau retention approve "$2" --yes \
	    --key "/run/home/$1/.ssh/id_ed25519"
	moment "approved-by-$1"
}

# erase ARGUMENTS…: planned by Claire, approved by two others, run.
erase() {
	local id
	as claire sceau --json subject erase "$@" --reason "demande du ménage" \
	    --basis "RGPD art. 17" >$OUT/erasure.json
	id=$(json $OUT/erasure.json .erasure)
	ERASURE=$id
	expect_status 5 as claire sceau retention run "$id" \
	    >$OUT/too-early 2>&1
	approve bruno "$id"
	approve denis "$id"
	rm -f /run/home/claire/certificat-*
	shown Claire as claire sceau retention run "$id" \
	    -o "/run/home/claire/certificat-$id"
	[ -z "$VERBOSE" ] || sed 's/^/   | /' "/run/home/claire/certificat-$id"
}

step_8() {
	step 8 "Effacer : un document, puis le dossier entier"
	back_up /run/disk/old
	ok "une sauvegarde des données, faite avant"
	objects_of "$PHOTOS_ID" >$OUT/objects
	erase --document "$PHOTOS"
	sed -i '/^photos /d' $KEPT
	moment document-erased
	shown_refused 4 "" Amélie from_afar get "$PHOTOS" --page 1
	get_same "$CONTRACT" $FILES/contrat-2.pdf
	objects_are_gone
	ok "deux personnes ont approuvé : le document n'est plus, le reste est là"
	old_copy_with_todays_keys
	erase "$CASE"
	: >$KEPT
	moment case-erased
	shown_refused 4 "" Amélie from_afar get "$CONTRACT"
	shown_refused 4 "" Amélie from_afar case show "$CASE"
	ok "le dossier entier est effacé"
	no_trace
}

# The blobs of a document in the published store.
objects_of() {
	stock_git -C $VAULT/data/store ls-tree -r "refs/documents/$1" |
		awk '{ print $3 }'
}

objects_are_gone() {
	local id n=0
	for id in $(cat $OUT/objects); do
		! stock_git -C $VAULT/data/store cat-file -e "$id" \
		    2>/dev/null || fail "l'objet $id est encore là"
		n=$((n + 1))
	done
	[ $n -gt 0 ] || fail "le document n'avait pas d'objet"
	ok "ses $n objets chiffrés ont quitté le dépôt"
}

# The programs on the old data and a copy of today's keys; the vault itself
# rests meanwhile. The agent signs no log shorter than the one it knows: a
# vault that was set back says so and goes no further, until the administrator
# says that it was restored; then what today's keys open is seen.
old_copy_with_todays_keys() {
	local here=$VAULT
	stop_all
	cp -a $VAULT/vault.conf $VAULT/policy /run/disk/old/
	cp -a $VAULT/keys /run/disk/old/keys
	mkdir -m 1777 /run/disk/old/run
	VAULT=/run/disk/old
	start_keys || fail "sceau-keys ne démarre pas"
	start_inspect || fail "sceau-inspect ne démarre pas"
	# The agent says how long its log is also while it is sealed: sceaud may
	# see it before it is ready, or after the unsealing.
	if start_daemon; then
		unseal_only bruno
		ended daemon && fail "un coffre ramené en arrière continue"
	fi
	grep -q "leaves was signed, there are" /run/work/log/daemon.log ||
		fail "sceaud n'a pas dit pourquoi il s'arrête"
	ok "l'ancienne sauvegarde mise à la place du coffre : le recul du" \
	    "journal est vu, sceaud s'arrête"
	stop_all
	quiet sceau-keys -d $VAULT --restored
	start_all
	unseal bruno
	shown_refused 4 "" Amélie as amelie sceau get "$PHOTOS" --page 1
	rm -f /run/home/amelie/got
	quiet as amelie sceau get "$CONTRACT" -o /run/home/amelie/got
	same $FILES/contrat-2.pdf /run/home/amelie/got
	rm -f /run/home/amelie/got
	stop_all
	VAULT=$here
	ok "déclarée comme restauration : les clés d'aujourd'hui n'ouvrent pas" \
	    "le document effacé, et ouvrent le reste"
	start_all
	unseal denis
}

# Words that only this case has, in the files as they lie on the disk.
no_trace() {
	local word
	for word in Exemplaire "rue des Essais" EXEMPLE-0001 "Récit libre" \
	    photo-1.jpg contrat-2.pdf; do
		! grep -rqaF -e "$word" $VAULT/data ||
			fail "« $word » est encore dans $(grep -rlaF \
			    -e "$word" $VAULT/data | head -n 1)"
	done
	ok "aucun mot du dossier ne se retrouve dans les fichiers du coffre"
}

# --- 9 -------------------------------------------------------------------

step_9() {
	local n total=0
	step 9 "En résumé"
	shown Dora as dora sceau audit log --limit 3
	stop_all
	end_step
	echo
	for n in "${!STEP_MS[@]}"; do
		printf '   %s. %8s s   %s\n' "$n" "$(seconds "${STEP_MS[n]}")" \
		    "${STEP_TITLES[n]}"
		total=$((total + STEP_MS[n]))
	done
	printf '      %8s s   en tout\n' "$(seconds $total)"
}
