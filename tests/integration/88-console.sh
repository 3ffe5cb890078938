#!/bin/bash
#
# Goal: the console's doors, spoken to by curl: one person's socket, the code of
# a loopback port, its cookie, forged forms, names and origins that are not its
# own, methods and targets that it does not know, and what every answer carries.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }
SOCK=/run/disk/vault/run/web/$(id -u amelie).sock
JAR=/run/work/jars/jar

# ask STATUS CURL-ARGUMENT…: amelie's curl to her console; the body in
# $OUT/body, the headers in $OUT/head.
ask() {
	local want=$1 got
	shift
	got=$(as amelie curl -s -o $OUT/body -D $OUT/head -w '%{http_code}' \
	    --max-time 20 --unix-socket "$SOCK" "$@") || fail "curl $*"
	[ "$got" = "$want" ] || fail "$got au lieu de $want : $* : $(cat $OUT/body)"
}
has() { grep -q -e "$1" $OUT/body || fail "« $1 » manque : $(cat $OUT/body)"; }
B=http://localhost:8080

scratch_disk
build_vault
start_all
unseal
make_files

# --- her socket ------------------------------------------------------------
mkdir -m 1777 -p /run/work/jars
mkdir -p $OUT && chmod 777 $OUT
as amelie sceau web >$OUT/web.log 2>&1 &
wait_until test -S "$SOCK"
is "$(stat -c '%a %U' "$SOCK")" "600 amelie"
ask 200 -c $JAR $B/
has "Aujourd"
grep -qi '^set-cookie: sceau=[0-9a-f]\{32\}; HttpOnly; SameSite=Strict; Path=/' $OUT/head ||
	fail "$(cat $OUT/head)"
for header in "content-security-policy: default-src 'none'" \
    "cache-control: no-store" "x-content-type-options: nosniff" \
    "referrer-policy: same-origin" "x-frame-options: DENY"; do
	grep -qi "^$header" $OUT/head || fail "$header : $(cat $OUT/head)"
done
ask 200 -b $JAR $B/
grep -qi '^set-cookie' $OUT/head && fail "un second témoin"
if as claire curl -s --max-time 5 --unix-socket "$SOCK" $B/ >/dev/null; then
	fail "la console d'Amélie répond à Claire"
fi
is "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$SOCK" $B/)" 403
ok "une console par personne ; l'administrateur n'y entre pas"

# --- names, origins, forms ---------------------------------------------------
for host in evil.example localhost.evil.example 127.0.0.1.nip.io "localhost:80a"; do
	ask 421 -b $JAR -H "Host: $host" $B/
done
ask 303 -b $JAR -H "Sec-Fetch-Site: cross-site" $B/
ask 303 -b $JAR -H "Sec-Fetch-Site: same-site" $B/
ask 303 -b "sceau=00000000000000000000000000000000" $B/
CSRF=$(as amelie curl -s -b $JAR --unix-socket "$SOCK" $B/ |
	sed -n 's/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p' | head -n 1)
ask 403 -b $JAR -H "Origin: http://evil.example" -d "csrf=$CSRF" $B/sortie
ask 403 -b $JAR -H "Origin: null" -d "csrf=$CSRF" $B/sortie
ask 403 -b $JAR -d "csrf=$CSRF" $B/sortie
ask 403 -b $JAR -H "Origin: $B" -d "csrf=00000000000000000000000000000000" $B/sortie
ask 403 -b $JAR -H "Origin: $B" -d "" $B/sortie
ask 403 -H "Origin: $B" -d "csrf=$CSRF" $B/sortie
ask 200 -b $JAR $B/
ask 404 -b $JAR $B/nulle-part
ask 404 -b $JAR $B/s/../../etc/passwd --path-as-is
ask 404 -b $JAR "$B/s/%2e%2e%2fstyle.css"
ask 400 -b $JAR -X DELETE -H "Origin: $B" $B/
ask 200 -b $JAR $B/s/style.css
ask 303 -b $JAR -H "Origin: $B" -d "csrf=$CSRF" $B/sortie
ask 303 -b $JAR $B/
ok "ce qui vient d'ailleurs n'a pas de session, une sortie la ferme"

# --- when nobody sits there any more ---------------------------------------
ask 303 $B/
grep -q "Code" $OUT/web.log && fail "un code sans que personne n'ait frappé"
ask 200 $B/entree
has "Le code est à l"
wait_until grep -q "Code" $OUT/web.log
CODE=$(sed -n 's/.* : \([0-9a-z-]*\)$/\1/p' $OUT/web.log | tail -n 1)
ask 403 -H "Origin: $B" -d "code=aaaa-aaaa-aaaa-aaaa-aaaa" $B/entree
ask 403 -H "Origin: $B" -d "" $B/entree
ask 303 $B/
ask 303 -c $JAR -H "Origin: $B" -d "code=$CODE" $B/entree
ask 200 -b $JAR $B/
ask 200 $B/
ok "la dernière session close, il faut le code du terminal ; tant qu'une vit, non"

# --- a port, and its code ------------------------------------------------------
as amelie sceau web --loopback >$OUT/port.log 2>&1 &
wait_until grep -q "sceau.localhost:" $OUT/port.log
PORT=$(sed -n 's|.*sceau.localhost:\([0-9]*\)/.*|\1|p' $OUT/port.log)
L=http://127.0.0.1:$PORT
knock() { curl -s -o $OUT/body -w '%{http_code}' --max-time 20 "$@"; }
is "$(knock $L/)" 303
grep -q "Code" $OUT/port.log && fail "un code sans que personne n'ait frappé"
is "$(knock $L/entree)" 200
wait_until grep -q "Code" $OUT/port.log
CODE=$(sed -n 's/.* : \([0-9a-z-]*\)$/\1/p' $OUT/port.log | tail -n 1)
is "$(knock -H "Origin: $L" -d "code=aaaa-aaaa-aaaa-aaaa-aaaa" $L/entree)" 403
is "$(knock -H "Origin: http://evil.example" -d "code=$CODE" $L/entree)" 403
is "$(knock -c /run/work/jar2 -H "Origin: $L" -d "code=$CODE" $L/entree)" 303
is "$(knock -b /run/work/jar2 $L/)" 200
has "Amélie\|amelie"
is "$(knock -H "Origin: $L" -d "code=$CODE" $L/entree)" 403
ok "le port de cette machine s'ouvre par un code, une fois"

# --- a vault that is sealed, or gone ---------------------------------------------
quiet as claire sceau seal
is "$(knock -b /run/work/jar2 $L/)" 503
has "Une dépositaire"
ok "un coffre scellé : la page le dit"
