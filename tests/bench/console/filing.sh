#!/bin/bash
#
# Goal: what the console costs: three photographs of 1 MB filed as one contract
# by its pages (sent, looked at, confirmed), and by the command line; the same
# vault, the same machine. Milliseconds, the middle of ROUNDS, and their ratio:
# the page asks the vault twice (a look, then the filing) and sends once.
ROUNDS=${ROUNDS:-5}
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../../integration/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"

SOCK=/run/disk/vault/run/web/$(id -u amelie).sock
B=http://localhost:8080
P=/run/home/amelie/photos

# Pictures that nobody filed yet: noise between the first scan's bytes.
photographs() {
	mkdir -p $P
	PYTHONPATH=$MATERIAL python3 - $P "$1" <<'END'
import os, subprocess, sys
import make_jpeg
folder, way = sys.argv[1:]
path = folder + "/modele.jpg"
if not os.path.exists(path):
    subprocess.run([sys.executable, make_jpeg.__file__, "--out", path],
                   check=True)
data = open(path, "rb").read()
for n in (1, 2, 3):
    noise = os.urandom(1000000).replace(b"\xff", b"\x7f")
    with open("%s/%s-%d.jpg" % (folder, way, n), "wb") as f:
        f.write(data[:-2] + noise + data[-2:])
END
	chown -R amelie: $P
}

web() {
	as amelie curl -s -b $OUT/jar -c $OUT/jar --unix-socket "$SOCK" \
	    -H "Origin: $B" "$@"
}

# One way of filing them, timed.
by_pages() {
	local at form lot
	lot=$(web "$B/dossier/$CASE/deposer" |
	    sed -n 's/.*name="lot" value="\([a-z2-7]*\)".*/\1/p')
	at=$(web -o /dev/null -w '%{redirect_url}' -F csrf="$CSRF" \
	    -F lot="$lot" \
	    -F "fichiers=@$P/pages-1.jpg" -F "fichiers=@$P/pages-2.jpg" \
	    -F "fichiers=@$P/pages-3.jpg" "$B/dossier/$CASE/deposer")
	form=$(web -d csrf="$CSRF" -d kind=contrat-engagement -d revoir=1 "$at")
	[[ $form = *"Rien n'est déposé encore"* || $form = *"Rien n&#39;est"* ]] ||
		fail "pas reconnu : $form"
	[ "$(web -o /dev/null -w '%{http_code}' -d csrf="$CSRF" \
	    -d kind=contrat-engagement -d deposer=1 "$at")" = 303 ] ||
		fail "pas déposé"
}
by_command() {
	as amelie sceau --json file "$CASE" contrat-engagement \
	    $P/command-[123].jpg >/dev/null
}

middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

scratch_disk
mkdir -p $OUT
chmod 777 $OUT
build_vault
start_all
unseal
cat >/run/home/amelie/case.json <<'END'
{ "stage": "amont", "source": "ccapex", "title": "Alix Exemple",
  "commune": "Melun",
  "persons": [{"role": "titulaire", "name": "Alix Exemple"}] }
END
as amelie sceau --json case open --from /run/home/amelie/case.json \
    >$OUT/case.json
CASE=$(json $OUT/case.json .ref)
as amelie sceau web >$OUT/web.log 2>&1 &
wait_until test -S "$SOCK"
CSRF=$(web $B/ | sed -n 's/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p' |
	head -n 1)

pages=() command=()
for ((round = 0; round < ROUNDS; round++)); do
	photographs pages
	photographs command
	began=$(now_ms)
	by_pages
	pages+=($(($(now_ms) - began)))
	began=$(now_ms)
	by_command
	command+=($(($(now_ms) - began)))
done
a=$(middle "${pages[@]}")
b=$(middle "${command[@]}")
say "console : $a ms ; commande : $b ms ; rapport $((100 * a / b)) %"
[ "$(as amelie sceau --json list "$CASE" | jq '.documents | length')" = \
    $((2 * ROUNDS)) ] || fail "il manque des dépôts"
