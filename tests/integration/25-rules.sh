#!/bin/bash
#
# Goal: nobody changes the rules alone, and nobody unseen. A vault whose folder
# of rules was edited does not start, and says which file; two people read a
# page, sign it with their own ssh-keygen, and the rules decide at once, with
# a leaf; somebody suspended is out at their next request, on a connection
# that is open too; the files of every generation can be had again.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

RULES=$VAULT/policy/00-common.conf
NEW=/run/work/out/regles

# version_up FILE: rules that change have a greater version.
version_up() {
	local v
	v=$(sed -n 's/^version = //p' "$1")
	sed -i "s/^version = .*/version = $((v + 1))/" "$1"
}

# The rules in force, as files that somebody works on.
take_rules() {
	rm -rf $NEW
	quiet as denis sceau policy show --export $NEW
}

# sign WHO WHAT: with that person's key, read from the page they are shown.
sign() {
	as "$1" sceau --json policy sign "$2" --yes \
	    --key "/run/home/$1/.ssh/id_ed25519" >$OUT/signed.json
}

generation() { as denis sceau --json policy show | jq -er .generation; }

scratch_disk
build_vault
start_all
unseal
make_files
chmod 0755 $VAULT/policy

# --- an edit without signatures -----------------------------------------

stop daemon
cp -a $RULES /run/work/rules.kept
sed -i 's/caseworker, lead, jurist, director, dpo, administrator/caseworker/' \
    $RULES
cmp -s $RULES /run/work/rules.kept && fail "rien n'a été édité"
expect_status 1 start_daemon
grep -q 'policy folder was edited without signatures: 00-common.conf' \
    /run/work/log/daemon.log || fail "le journal ne nomme pas le fichier"
ok "des règles éditées sans signatures : le coffre ne démarre pas, et dit quel fichier"
cp -a /run/work/rules.kept $RULES
echo 'format = 1' >$VAULT/policy/90-de-trop.conf
expect_status 1 start_daemon
grep -q '90-de-trop.conf' /run/work/log/daemon.log || fail "pas nommé"
rm $VAULT/policy/90-de-trop.conf
start_daemon
wait_until is_open
[ "$(generation)" = 1 ] || fail "génération $(generation)"
ok "remis comme avant : il démarre"

# --- requests that are not well formed -----------------------------------

# raw CODE USER METHOD PATH [curl option…]: refused with this code.
raw() {
	local code=$1 user=$2 method=$3 path=$4
	shift 4
	as "$user" curl -sS --unix-socket $VAULT/run/api.sock -X "$method" \
	    "$@" "http://sceau$path" >$OUT/raw.json
	[ "$(json $OUT/raw.json .code)" = "$code" ] ||
		fail "$path : $(cat $OUT/raw.json)"
}
propose_raw() { raw "$1" denis POST /v1/policy/proposals -d "$2"; }

propose_raw member-missing '{}'
propose_raw member-unknown '{"files": [], "x": 1}'
propose_raw member-type '{"files": {}}'
propose_raw member-type '{"files": ["x"]}'
propose_raw member-type '{"files": [{"text": "x"}]}'
propose_raw member-type '{"files": [{"name": "people.conf"}]}'
propose_raw member-type '{"files": [{"name": "people.conf", "removed": false}]}'
propose_raw member-type '{"files": [{"name": "people.conf", "base64": "!"}]}'
propose_raw member-type \
    '{"files": [{"name": "people.conf", "text": "x", "base64": "eA=="}]}'
propose_raw rules-same '{"files": []}'
propose_raw policy '{"files": [{"name": "../x.conf", "text": "x"}]}'
propose_raw policy '{"files": [{"name": "99-rien.conf", "removed": true}]}'
propose_raw approvers '{"files": [{"name": "people.conf", "removed": true}]}'
none=$(printf 'a%.0s' {1..26})
raw not-found denis GET /v1/policy/proposals/$none
raw not-found denis GET /v1/policy/proposals/rien
raw not-found denis POST /v1/policy/proposals/$none/approvals \
    -d '{"signature": "x"}'
raw not-found denis POST /v1/policy/proposals/$none/application -d '{}'
raw generation denis GET "/v1/policy/files?generation=0"
raw not-found denis GET "/v1/policy/files?generation=2"
raw nobody quidam GET /v1/policy/history
raw no-rule ada POST /v1/policy/proposals -d '{"files": []}'
ok "des demandes mal formées sont refusées, chacune avec son code"

# --- two people, a page, other rules --------------------------------------

as amelie sceau --json case open --from $FILES/dossier.json >$OUT/case.json
CASE=$(json $OUT/case.json .ref)
take_rules
# Caseworkers no longer look at the list of documents.
sed -i '/^access "equipe-lecture"/,/^}/s/doc-list, //' \
    $NEW/00-common.conf
cmp -s $NEW/00-common.conf $RULES && fail "rien n'a changé"
refused 7 "version doit augmenter" as denis sceau --json policy sign $NEW
version_up $NEW/00-common.conf
refused 3 "aucune règle" as amelie sceau --json policy sign $NEW
as denis sceau policy sign $NEW -o $OUT/page.txt >$OUT/said
id=$(sed -n 's/^Proposition : //p' $OUT/said)
grep -q '^generation 1 -> 2$' $OUT/page.txt || fail "la page : $(cat $OUT/page.txt)"
grep -q '^removed access "equipe-lecture" operations "doc-list"$' \
    $OUT/page.txt || fail "la page ne dit pas le changement"
refused 5 "il manque des approbations" as denis sceau --json policy apply "$id"
ok "la page dit ce qui change ; sans signature, rien n'entre en vigueur"

sign denis $NEW
[ "$(json $OUT/signed.json .proposal)" = "$id" ] || fail "une autre proposition"
refused 5 "a déjà approuvé" as denis sceau --json policy sign "$id" --yes \
    --key /run/home/denis/.ssh/id_ed25519
refused 5 "il manque des approbations" as denis sceau --json policy apply "$id"
ok "deux fois la même personne : une seule signature"
make_ssh_key bruno /run/home/bruno/.ssh/autre
refused 7 "n'est celle de personne" as bruno sceau --json policy sign "$id" --yes \
    --key /run/home/bruno/.ssh/autre
# Bruno signs on a train: the page and stock ssh-keygen, nothing else.
cp $OUT/page.txt /run/home/bruno/page.txt
chown bruno: /run/home/bruno/page.txt
quiet as bruno ssh-keygen -Y sign -n sceau-approval \
    -f /run/home/bruno/.ssh/id_ed25519 /run/home/bruno/page.txt
sed 's/generation 1 -> 2/generation 1 -> 3/' $OUT/page.txt \
    >/run/home/bruno/autre.txt
quiet as bruno ssh-keygen -Y sign -n sceau-approval \
    -f /run/home/bruno/.ssh/id_ed25519 - \
    </run/home/bruno/autre.txt
cp /run/work/quiet /run/home/bruno/autre.txt.sig
refused 7 "pas celle de cette page" as bruno sceau --json policy sign "$id" \
    --signature /run/home/bruno/autre.txt.sig
quiet as bruno sceau policy sign "$id" \
    --signature /run/home/bruno/page.txt.sig
ok "une signature faite ailleurs compte ; celle d'une autre page, non"

quiet as amelie sceau list "$CASE"
as claire sceau --json policy apply "$id" >$OUT/applied.json
leaf=$(json $OUT/applied.json .leaf)
[ "$(generation)" = 2 ] || fail "génération $(generation)"
refused 3 "aucune règle" as amelie sceau --json list "$CASE"
quiet as amelie sceau case show "$CASE"
ok "en vigueur sans arrêt : les décisions suivent"

as dora sceau --json audit log --class policy >$OUT/log.json
jq -e --argjson leaf "$leaf" '.entries | map(select(.leaf == $leaf and
    .class == "policy" and .outcome == "ok" and
    .detail.generation == 2)) | length == 1' $OUT/log.json >/dev/null ||
	fail "pas d'inscription : $(cat $OUT/log.json)"
as denis sceau --json policy show --history >$OUT/history.json
jq -e '.generations | length == 2 and (.[0].approvals | map(.by) | sort ==
    ["bruno", "denis"])' $OUT/history.json >/dev/null ||
	fail "l'histoire : $(cat $OUT/history.json)"
ok "le journal le dit, et l'histoire dit qui a signé"

# --- a restart, the folder behind, the folder up to date -------------------

stop daemon
start_daemon
wait_until is_open
[ "$(generation)" = 2 ] || fail "génération $(generation)"
refused 3 "aucune règle" as amelie sceau --json list "$CASE"
ok "après un redémarrage ce sont elles, bien que le dossier ait les anciennes"
take_rules
stop daemon
cp $NEW/00-common.conf $RULES
start_daemon
wait_until is_open
quiet as denis sceau policy show --export $NEW.1 --generation 1
same $NEW.1/00-common.conf /run/work/rules.kept
ok "le dossier mis à jour convient aussi ; les anciennes règles restent lisibles"

# --- people ------------------------------------------------------------------

# A request that is being made while its author is suspended: the connection
# is opened before, the request sent after.
take_rules
python3 - $NEW/people.conf <<'END'
import re, sys
p = sys.argv[1]
s = open(p).read()
a = s.index('person "amelie"')
b = s.index("}\n", s.index("status", a))
s = s[:a] + s[a:b].replace("status = active", "status = suspended") + s[b:]
open(p, "w").write(s)
END
cat >$OUT/ask.py <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
def ask():
    s.sendall(b"GET /v1/policy/history HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while b"\r\n\r\n" not in got:
        got += s.recv(65536)
    head, body = got.split(b"\r\n\r\n", 1)
    size = int([l for l in head.split(b"\r\n")
                if l.lower().startswith(b"content-length")][0].split(b":")[1])
    while len(body) < size:
        body += s.recv(65536)
    return head.split(b" ")[1].decode()
print(ask(), flush=True)
sys.stdin.readline()
print(ask(), flush=True)
END
chmod 0644 $OUT/ask.py
mkfifo $OUT/go
as amelie python3 $OUT/ask.py $VAULT/run/api.sock <$OUT/go >$OUT/asked &
asking=$!
exec 8>$OUT/go
wait_until grep -q 200 $OUT/asked
sign claire $NEW
[ "$(json $OUT/signed.json .what)" = people-suspension ] ||
	fail "$(cat $OUT/signed.json)"
quiet as claire sceau policy apply "$(json $OUT/signed.json .proposal)"
refused 3 "personne pour ce coffre" as amelie sceau --json find x
echo >&8
wait $asking
[ "$(tr '\n' ' ' <$OUT/asked)" = "200 403 " ] || fail "$(cat $OUT/asked)"
exec 8>&-
ok "suspendue par une seule personne, elle est dehors à la requête suivante"

# Granting takes two.
take_rules
sed -i 's/status = suspended/status = active/' $NEW/people.conf
sign denis $NEW
id=$(json $OUT/signed.json .proposal)
[ "$(json $OUT/signed.json .what)" = people ] || fail "$(cat $OUT/signed.json)"
refused 5 "il manque des approbations" as denis sceau --json policy apply "$id"
sign claire "$id"
quiet as denis sceau policy apply "$id"
quiet as amelie sceau case show "$CASE"
ok "la remettre en prend deux"

# The director alone adds a caseworker, and nobody else.
take_rules
printf '\nperson "quidam" {\n\tuid = 47008\n\tname = "Quidam"\n\trole = caseworker\n\tteam = equipe-nord\n\torganisation = association-exemple\n\tstatus = active\n}\n' \
    >>$NEW/people.conf
refused 7 "ce rôle n.approuve pas" as bruno sceau --json policy sign $NEW --yes \
    --key /run/home/bruno/.ssh/id_ed25519
sign denis $NEW
[ "$(json $OUT/signed.json .what)" = people-caseworker ] ||
	fail "$(cat $OUT/signed.json)"
quiet as denis sceau policy apply $NEW
quiet as quidam sceau case show "$CASE"
ok "le directeur seul ajoute une intervenante"

# --- a lost key ----------------------------------------------------------------

# attest WHO SHA256: a custodian, with the passphrase of the vault.
attest() {
	as "$1" sceau key attest "$2" --unseal-socket $VAULT/run/unseal.sock \
	    --passphrase-fd 9 9<<<"${3:-$PASSPHRASE}"
}
attested() {
	[ "$(as dora sceau --json audit log --class key-ceremony |
		jq '[.entries[] | select(.outcome == "ok")] | length')" = "$1" ]
}

# Bruno's is lost. His new one takes denis, and two custodians.
take_rules
rm /run/home/bruno/.ssh/id_ed25519*
make_ssh_key bruno /run/home/bruno/.ssh/id_ed25519
python3 - $NEW/people.conf "$(cut -d' ' -f1,2 /run/home/bruno/.ssh/id_ed25519.pub)" <<'END'
import re, sys
p, key = sys.argv[1:]
s = open(p).read()
a = s.index('person "bruno"')
s = s[:a] + re.sub(r'keys = \{[^}]*\}', 'keys = { "%s" }' % key, s[a:], count=1)
open(p, "w").write(s)
END
as denis sceau policy sign $NEW -o $OUT/cle.txt >$OUT/said
id=$(sed -n 's/^Proposition : //p' $OUT/said)
page=$(sha256sum $OUT/cle.txt | cut -d' ' -f1)
sign denis "$id"
refused 3 "" attest amelie "$page"
refused 3 "" attest claire "$page" "pas la bonne phrase"
wait_until attest claire "$page"
wait_until attested 1
refused 5 "il manque des approbations" as denis sceau --json policy apply "$id"
quiet attest denis "$page"
wait_until attested 2
quiet as denis sceau policy apply "$id"
stop daemon
start_daemon
wait_until is_open
as denis sceau --json policy show --history >$OUT/history.json
jq -e '[.generations[] | select(.generation == 6).approvals[].by] == ["denis"]' \
    $OUT/history.json >/dev/null || fail "$(cat $OUT/history.json)"
jq -e '[.generations[] | select(.generation == 6).attestations[].by] ==
    ["claire", "denis"]' $OUT/history.json >/dev/null ||
	fail "$(cat $OUT/history.json)"
take_rules
version_up $NEW/00-common.conf
sign bruno $NEW
jq -e '[.approvals[].by] == ["bruno"]' $OUT/signed.json >/dev/null ||
	fail "$(cat $OUT/signed.json)"
ok "une clé perdue : une signature et deux dépositaires la remplacent"

# --- the catalog edited --------------------------------------------------------

stop daemon
cp -a $VAULT/data/catalog.db /run/work/catalog.kept
python3 - $VAULT/data/catalog.db <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("DELETE FROM rule_set WHERE generation = (SELECT max(generation)"
          " FROM rule_set)")
c.commit()
END
chown sceau: $VAULT/data/catalog.db*
expect_status 1 start_daemon
grep -q 'newer rules came into force' /run/work/log/daemon.log ||
	fail "$(tail -3 /run/work/log/daemon.log)"
cp -a /run/work/catalog.kept $VAULT/data/catalog.db
rm -f $VAULT/data/catalog.db-wal $VAULT/data/catalog.db-shm
start_daemon
wait_until is_open
ok "des règles retirées du catalogue : le coffre ne démarre pas"
