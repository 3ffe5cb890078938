#!/bin/bash
# Goal: what one person files cannot hurt the others. While colleagues file
# signed documents without a break: files made to wear the inspection out are
# refused or kept with a cautious verdict, in bounded time and memory; and an
# inspector whose workers are taken over by a file loses that worker, at its
# first forbidden act, and nothing else. Nobody else's filing fails meanwhile.
#
# The intruded inspector is built for the tests alone (tests/unit/inspect/
# intruder.c); the daemon cannot tell it from the other.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "${BASH_SOURCE[0]}")/journey.sh"

INTRUDED=$BUILD/tests/unit/inspect/sceau-inspect-intruded
ACTS=$TOP/tests/unit/inspect/misbehave.h
[ -x "$INTRUDED" ] || skip "$INTRUDED is not built"
CORPUS=${SCEAU_CORPUS:-$(realpath -m "$TOP/../shared/corpus")}

W=/run/disk/hostile
NEIGHBOURS="amelie bruno"
ONE_MS=20000      # a hostile file: two workers of 5 s of processor
NEIGHBOUR_MS=9000 # a question has 10 s, and is refused then
# What a daemon may take for inspection: its memfds (128 MiB) and 64 MiB.
BOUND_KIB=$(((128 + 64) * 1024))

# --- colleagues -------------------------------------------------------------

# Signed documents, no two of which are the same.
make_documents() {
	PYTHONDONTWRITEBYTECODE=1 python3 - "$MATERIAL" $W/own \
	    /run/work/pki/menage <<-'END'
		import os, sys
		sys.path.insert(0, sys.argv[1])
		import sign_pdf
		os.makedirs(sys.argv[2])
		for n in range(30):
		    b = sign_pdf.sign("Contrat", ["Exemplaire %d." % n],
		                      sys.argv[3] + ".key", sys.argv[3] + ".pem")
		    open("%s/%d.pdf" % (sys.argv[2], n), "wb").write(b)
	END
	chmod -R a+rX $W/own
}

# open_case WHO: its reference.
open_case() {
	as "$1" sceau --json case open --stage amont --source ccapex |
		jq -er .ref
}

# neighbour WHO: files one after another until $W/end is there, in a new case
# when all are filed; a line for each: milliseconds, or what went wrong.
neighbour() {
	local who=$1 kase began n=30 got
	trap - ERR
	until [ -e $W/end ]; do
		if [ $n = 30 ]; then
			n=0
			kase=$(open_case "$who") || echo "échec : dossier"
		fi
		began=$(now_ms)
		got=$(as "$who" sceau --json file "$kase" contrat-engagement \
		    $W/own/$n.pdf 2>&1 | jq -r .indication 2>&1) || true
		[ "$got" = TOTAL-PASSED ] || echo "échec : $got"
		echo $(($(now_ms) - began))
		n=$((n + 1))
	done >>"$W/$who.log"
}

neighbours_begin() {
	local who
	rm -f $W/end
	for who in $NEIGHBOURS; do
		: >"$W/$who.log"
		neighbour "$who" &
		BACK+=($!)
	done
	watch_memory "${PID[daemon]}" $W/end >$W/most &
	BACK+=($!)
}

# All of them filed all they had, and none waited too long; so did the memory.
neighbours_end() {
	local who used
	touch $W/end
	wait "${BACK[@]}"
	BACK=()
	for who in $NEIGHBOURS; do
		! grep -q échec "$W/$who.log" ||
			fail "$1 : $who : $(grep échec "$W/$who.log")"
		[ "$(wc -l <"$W/$who.log")" -ge 3 ] ||
			fail "$1 : $who ne dépose presque rien"
		[ "$(sort -n "$W/$who.log" | tail -n 1)" -lt $NEIGHBOUR_MS ] ||
			fail "$1 : $who attend $(sort -n "$W/$who.log" |
				tail -n 1) ms"
	done
	used=$(($(cat $W/most) - IDLE))
	[ $used -lt $BOUND_KIB ] || fail "$1 : $used KiB de plus qu'au repos"
	ok "$1 : $(cat $W/*.log | wc -l) dépôts des collègues, le plus long" \
	    "$(sort -n $W/*.log | tail -n 1) ms, la médiane $(sort -n $W/*.log |
	        awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }') ms ;" \
	    "$used KiB de plus qu'au repos"
}

# --- one hostile file --------------------------------------------------------

# answer_to KIND FILE [option…]: "refused CODE" or the indication, in ANSWER;
# the milliseconds, in TOOK. Anything but a clean answer ends the test.
answer_to() {
	local kind=$1 file=$2 got=0 began
	shift 2
	began=$(now_ms)
	as yann sceau --json file "$BAD" "$kind" "$file" "$@" \
	    >$W/answer.json 2>$W/answer.err || got=$?
	TOOK=$(($(now_ms) - began))
	case $got in
	0) ANSWER=$(json $W/answer.json .indication) ;;
	7) ANSWER="refused" ;;
	*) fail "$file ($kind) : statut $got : $(cat $W/answer.err)" ;;
	esac
	[ $TOOK -lt $ONE_MS ] || fail "$file ($kind) : $TOOK ms"
}

same_daemon() {
	kill -0 "${PID[daemon]}" || fail "$1 : sceaud n'est plus là"
	kill -0 "${PID[inspect]}" || fail "$1 : sceau-inspect n'est plus là"
	is_open >/dev/null || fail "$1 : le coffre ne répond plus"
}

hostile_files() {
	local kind words file signature longest=0 n=0
	while read -r kind words file signature; do
		if [ "$signature" = - ]; then
			answer_to "$kind" "$file"
		else
			answer_to "$kind" "$file" --signature "$signature"
		fi
		case ",$words," in
		*",$ANSWER,"*) ;;
		*) fail "$file ($kind) : $ANSWER au lieu de $words :" \
		    "$(cat $W/answer.err)" ;;
		esac
		same_daemon "$file"
		n=$((n + 1))
		[ $TOOK -le $longest ] || longest=$TOOK
	done <$W/list
	ok "$n fichiers hostiles, le plus long $longest ms"
}

# Every file of these folders; those that are wrong never pass.
corpus_files() {
	local file expected n=0
	while IFS=$'\t' read -r file _ _ _ _ _ _ expected _; do
		case $file in
		pdf-bad/* | magic/* | pdf-signed/*) ;;
		*) continue ;;
		esac
		# The home of nobody: a copy that everyone may read.
		cp "$CORPUS/$file" $W/corpus
		chmod 0644 $W/corpus
		answer_to piece $W/corpus
		case $expected:$ANSWER in
		*verdict=FAIL*:TOTAL-PASSED) fail "$file est passé" ;;
		esac
		n=$((n + 1))
	done <"$CORPUS/MANIFEST.tsv"
	same_daemon corpus
	[ $n -gt 20 ] || fail "le corpus n'est pas lu"
	ok "$n fichiers du corpus : chacun sa réponse"
}

# --- a worker that was taken over ---------------------------------------------

# intrude STAGE NUMBER: files that take a worker over at that stage.
intrude() {
	local mark
	mark=$(printf 'INTRUDER-%s-%02d' "$1" "$2")
	{
		printf '%%PDF-1.4\n%%%s\n' "$mark"
		tail -c +10 $W/page.pdf
	} >$W/intruder.pdf
	{
		cat $FILES/contrat-2.p7s
		printf '%s' "$mark"
	} >$W/intruder.p7s
	chmod 0644 $W/intruder.*
	if [ "$1" = TYPE ]; then
		answer_to piece $W/intruder.pdf
	else
		answer_to piece $FILES/contrat-2.pdf \
		    --signature $W/intruder.p7s
	fi
}

# Every act, at both stages. What does nothing that is forbidden is no end:
# to write where nothing is open. It forges no answer either.
intruders() {
	local stage name n
	for stage in TYPE CMS; do
		n=0
		while read -r name; do
			intrude $stage $n
			case $name:$ANSWER in
			WRITE_OTHERS:NOT-SIGNED | WRITE_OTHERS:TOTAL-FAILED) ;;
			WRITE_OTHERS:*) fail "$stage $name : $ANSWER" ;;
			*:refused)
				grep -q "l'examen du fichier n'a pas abouti" \
				    $W/answer.err ||
					fail "$name : $(cat $W/answer.err)"
				;;
			*) fail "$stage $name : $ANSWER" ;;
			esac
			same_daemon "$stage $name"
			n=$((n + 1))
		done < <(sed -n 's/^\tACT_\([A-Z_]*\),.*/\1/p' "$ACTS")
		[ $n -ge 16 ] || fail "les actes ne sont pas lus"
		ok "$stage : $n actes, chacun refusé ; le coffre répond"
	done
	[ ! -e /tmp/intruder ] || fail "un fichier est écrit"
}

# More of them at once than there are workers: they take their processor time
# and die; who waits behind them is served.
many_intruders() {
	local n spin jobs=()
	spin=$(sed -n 's/^\tACT_\([A-Z_]*\),.*/\1/p' "$ACTS" |
		grep -n '^SPIN$' | cut -d: -f1)
	for n in $(seq 32); do
		{
			printf '%%PDF-1.4\n%%INTRUDER-TYPE-%02d %s\n' \
			    $((spin - 1)) "$n"
			tail -c +10 $W/page.pdf
		} >"$W/spin-$n.pdf"
		chmod 0644 "$W/spin-$n.pdf"
		exec_as yann sceau --json file "$BAD" piece \
		    "$W/spin-$n.pdf" >"$W/spin-$n.out" 2>&1 &
		jobs+=($!)
	done
	for n in "${jobs[@]}"; do
		expect_status 7 wait "$n"
	done
	same_daemon "32 à la fois"
	ok "32 fichiers qui tournent sans fin, pour 16 ouvriers : tous refusés"
}

scratch_disk
mkdir -m 1777 $W
BACK=()
build_vault
start_all
unseal
make_files
make_documents
pdf $W/page.pdf "Une page."
BAD=$(open_case yann)
for n in $NEIGHBOURS; do
	quiet as "$n" sceau file "$(open_case "$n")" contrat-engagement \
	    $W/own/0.pdf
done
touch $W/end
IDLE=$(watch_memory "${PID[daemon]}" $W/end)
PYTHONDONTWRITEBYTECODE=1 python3 "$MATERIAL/make_hostile.py" \
    --pdf $W/own/1.pdf --pki /run/work/pki --out $W/files >$W/list

neighbours_begin
hostile_files
neighbours_end "fichiers hostiles"
if [ -f "$CORPUS/MANIFEST.tsv" ]; then
	neighbours_begin
	corpus_files
	neighbours_end "corpus"
else
	say "pas de corpus ici : ses fichiers ne sont pas déposés"
fi

# The same inspector, but that files take its workers over.
stop inspect
start inspect "$INTRUDED" -d $VAULT || fail "l'inspecteur ne démarre pas"
neighbours_begin
intruders
neighbours_end "ouvriers compromis"
neighbours_begin
many_intruders
neighbours_end "ouvriers sans fin"

# And the sentences that take it over are only words to the shipped one.
stop inspect
start_inspect || fail "sceau-inspect ne démarre pas"
intrude TYPE 0
[ "$ANSWER" = NOT-SIGNED ] || fail "le programme livré obéit : $ANSWER"
ok "le programme livré n'a pas cette porte"
