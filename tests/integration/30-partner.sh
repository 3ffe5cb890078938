#!/bin/bash
#
# Goal: a partner's key opens the five verbs of "sceau partner" and nothing
# else: no shell, no file transfer, no forwarding of any kind, no other
# command; and another partner's extract or notice is answered like one that
# does not exist, to the byte but for the number of the leaf. What a partner
# hands in, staff take in or reject; it never comes back. The lines that sshd
# accepts are those that sceau writes from the rules, the key used is in every
# leaf, and a key that the rules do not have opens nothing.
#
# sshd itself is as permissive as Debian leaves it: the keys alone confine.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

scratch_disk
step_1
step_2
step_4
end_step
echo

# --- nothing but the verbs ---------------------------------------------

# Commands are never run: what they would print does not come out.
for words in "id" "sh -c id" "list; id" "list && id" 'list $(id)' \
    "list | id" "/bin/sh" "pull" "pull ../../etc/passwd" "pull ../x" \
    "pull $CAF_ONE; id" "sceau case list" "internal-sftp" "pull *" "ack ?" \
    "pull --output=/tmp/x $CAF_ONE" "--json list" "list --socket /x" \
    "pull $CAF_ONE $CAF_ONE" "submit /etc/passwd" "Submit" \
    $'list\nid' $'list\tid' "pull été" $'pull \xff\xfe' $'list\x01' \
    "pull $(printf 'a%.0s' {1..5000})" "notices 1" " list" "list " \
    "scp -t /tmp" "rsync --server . ." "git-upload-pack x" "audit log"; do
	got=0
	# shellcheck disable=SC2086
	partner caf "$words" >$OUT/got 2>&1 </dev/null || got=$?
	[ $got -ne 0 ] || fail "« $words » a réussi"
	! grep -q -e 'uid=' -e root: $OUT/got || fail "« $words » a tourné"
done
ok "aucune autre commande, même accolée à un verbe"

# Without a command: no shell; with a terminal asked for: none is given.
expect_status 2 partner caf </dev/null >$OUT/got 2>&1
ssh_to poste-caf caf -tt 127.0.0.1 list </dev/null >$OUT/got 2>$OUT/tty || true
! grep -q $'\r' $OUT/got || fail "un terminal a été donné"
grep -qi "PTY allocation request failed" /run/work/log/sshd.log $OUT/tty ||
	fail "le terminal n'est pas refusé"
ok "pas de terminal"

# What the other side sends in its environment is nothing to the door.
SCEAU_ENV="SCEAU_SOCKET=$VAULT/run/api.sock SCEAU_DIR=/tmp LC_ALL=C"
# shellcheck disable=SC2086
ssh_to poste-caf caf -o SendEnv=SCEAU_* -o "SetEnv=$SCEAU_ENV SSH_USER_AUTH=/etc/passwd" \
    127.0.0.1 list >$OUT/list.json 2>$OUT/got || fail "$(cat $OUT/got)"
as dora sceau --json audit log --class extract-list --account caf \
    --limit 1 >$OUT/log.json
[ "$(json $OUT/log.json '.entries[0].detail.key')" = "$(key_print caf)" ] ||
	fail "la clé n'est pas à l'inscription"
ok "l'environnement ne change rien ; la clé est inscrite, par son empreinte"

ssh_file() {
	local program=$1
	shift
	as poste-caf "$program" -F /dev/null -P $SSHD_PORT -o BatchMode=yes \
	    -o IdentitiesOnly=yes -i /run/home/poste-caf/.ssh/caf \
	    -o UserKnownHostsFile=/run/ssh/known_hosts "$@"
}
echo put /etc/hostname /tmp/x >$OUT/batch
! ssh_file sftp -b $OUT/batch caf@127.0.0.1 >$OUT/got 2>&1 ||
	fail "sftp a réussi"
! ssh_file scp /etc/hostname caf@127.0.0.1:/tmp/x >$OUT/got 2>&1 ||
	fail "scp vers le coffre a réussi"
! ssh_file scp -O caf@127.0.0.1:/etc/passwd /run/home/poste-caf/x \
    >$OUT/got 2>&1 || fail "scp depuis le coffre a réussi"
[ ! -s /run/home/poste-caf/x ] || fail "un fichier est sorti"
ok "ni sftp ni scp"

# --- no forwarding -----------------------------------------------------

home=/run/home/poste-caf

# tries_tunnel NAME OPTION…: the connection may stand; nothing passes.
through() {
	as poste-caf sceau --socket $home/tunnel.sock --json status
}
ssh_to poste-caf caf -f -N -M -S $home/control \
    -L $home/tunnel.sock:$VAULT/run/api.sock 127.0.0.1 </dev/null \
    >$OUT/got 2>&1
! through >$OUT/got 2>&1 || fail "la prise du personnel s'est ouverte"
ok "la prise du personnel ne se transmet pas"
ssh_to poste-caf caf -S $home/control -O exit 127.0.0.1 >$OUT/got 2>&1

# refused_line WHO ACCOUNT OPTION…: the forwarding is asked for at once, and
# refused.
refused_line() {
	local seat=$1 account=$2
	shift 2
	! ssh_to "$seat" "$account" -o ExitOnForwardFailure=yes -N "$@" \
	    127.0.0.1 </dev/null >$OUT/got 2>&1 ||
		fail "s'est ouvert : $account $*"
}
refused_line poste-caf caf -R $home/back.sock:/etc/passwd
refused_line poste-caf caf -R 127.0.0.1:4444:127.0.0.1:22
refused_line poste-caf caf -R 4445
# -W and -D ask for TCP connections from there: refused.
! ssh_to poste-caf caf -W 127.0.0.1:$SSHD_PORT 127.0.0.1 </dev/null \
    >$OUT/got 2>&1 || fail "un port s'est ouvert"

# proxied SEAT ACCOUNT: through a SOCKS proxy (-D) to sshd's own port.
proxied() {
	local got=0
	ssh_to "$1" "$2" -f -N -M -S $OUT/socks-control -D 127.0.0.1:4446 \
	    127.0.0.1 </dev/null >$OUT/got 2>&1
	curl -s --max-time 10 --socks5 127.0.0.1:4446 \
	    "telnet://127.0.0.1:$SSHD_PORT" </dev/null >$OUT/banner 2>&1 ||
		got=$?
	ssh_to "$1" "$2" -S $OUT/socks-control -O exit 127.0.0.1 \
	    >$OUT/got 2>&1
	! grep -q SSH-2.0 $OUT/banner
}
proxied poste-caf caf || fail "un mandataire s'est ouvert à la CAF"

# Agent and X11: sshd gives neither.
quiet as poste-caf ssh-agent -a $home/agent.sock
SSH_AUTH_SOCK=$home/agent.sock ssh_to poste-caf caf -A -v 127.0.0.1 list \
    </dev/null >$OUT/got 2>$OUT/agent || true
! grep -q "SSH_AUTH_SOCK" $OUT/got || fail "l'agent est passé"
ok "aucun port, aucune prise, aucun mandataire, dans aucun sens"

# Staff: their key forwards the vault's socket, and that alone.
tunnel_to() {
	rm -f /run/home/portable/other.sock
	ssh_to portable amelie -f -N -M -S $OUT/other-control \
	    -L "/run/home/portable/other.sock:$1" 127.0.0.1 </dev/null \
	    >$OUT/got 2>&1
	as portable curl -s --max-time 10 -o /dev/null \
	    --unix-socket /run/home/portable/other.sock \
	    http://vault/v1/status && got=0 || got=$?
	ssh_to portable amelie -S $OUT/other-control -O exit 127.0.0.1 \
	    >$OUT/got 2>&1
	return $got
}
tunnel_to $VAULT/run/api.sock || fail "la prise du personnel ne passe pas"
for other in partner.sock agent.sock unseal.sock inspect.sock \
    "web/$(id -u denis).sock"; do
	! tunnel_to $VAULT/run/$other || fail "$other s'est ouverte"
done
! tunnel_to $VAULT/run/../run/api.sock || fail "un autre nom est passé"
! ssh_to portable amelie -W 127.0.0.1:$SSHD_PORT 127.0.0.1 </dev/null \
    >$OUT/got 2>&1 || fail "un port s'est ouvert au personnel"
proxied portable amelie || fail "un mandataire s'est ouvert au personnel"
refused_line portable amelie -R /run/home/portable/back.sock:/etc/passwd
refused_line portable amelie -R 127.0.0.1:4444:127.0.0.1:22
refused_line portable amelie -R localhost:1:127.0.0.1:22
ok "la clé du personnel transmet la prise du coffre, et rien d'autre"

# The staff's key: the relay is all it runs; a partner's key is not theirs.
! ssh_to portable amelie 127.0.0.1 id </dev/null >$OUT/got 2>&1 || true
! grep -q uid= $OUT/got || fail "la clé du personnel a lancé une commande"
! as poste-caf ssh -F /dev/null -p $SSHD_PORT -o BatchMode=yes \
    -o IdentitiesOnly=yes -i $home/.ssh/caf \
    -o UserKnownHostsFile=/run/ssh/known_hosts -l ccapex 127.0.0.1 list \
    >$OUT/got 2>&1 || fail "la clé de la CAF ouvre le compte de la CCAPEX"
ok "une clé n'ouvre que son compte"

# --- the doors ---------------------------------------------------------

# On the machine itself: each door for its own.
# door USER SOCKET PATH STATUS
door() {
	local got
	got=$(as "$1" curl -s -o /dev/null -w '%{http_code}' \
	    -H "Sceau-Door-Key: $(key_print "${5:-caf}")" --unix-socket "$VAULT/run/$2" "http://vault$3")
	[ "$got" = "$4" ] || fail "$1 à $2$3 : $got, non $4"
}
door caf api.sock /v1/cases 403
door caf api.sock /v1/partner/extracts 404
door amelie partner.sock /v1/partner/extracts 403
door amelie partner.sock /v1/cases 404
door quidam partner.sock /v1/partner/extracts 403
door quidam api.sock /v1/cases 403
door caf partner.sock /v1/partner/extracts 200
door caf partner.sock /v1/partner/extracts 403 ccapex
ok "chaque porte n'est que pour les siens"

# --- another's extract, and one that does not exist ---------------------

without_leaf() {
	sed -E 's/(inscription n°|"audit":) *[0-9]+/\1/' "$1"
}
unknown=aaaaaaaaaaaaaaaaaaaaaaaaaa
for verb in pull ack; do
	expect_status 4 partner ccapex "$verb" "$CAF_ONE" >$OUT/theirs 2>&1
	expect_status 4 partner ccapex "$verb" $unknown >$OUT/unknown 2>&1
	[ "$(without_leaf $OUT/theirs)" = "$(without_leaf $OUT/unknown)" ] ||
		fail "$verb : $(cat $OUT/theirs $OUT/unknown)"
done
partner ccapex list >$OUT/list
! grep -q "$CAF_ONE" $OUT/list || fail "la CCAPEX voit l'extrait de la CAF"
ok "l'extrait d'un autre : la même réponse que s'il n'existait pas"

# Both were entered in the log, as what they were.
as dora sceau --json audit log --class extract-pull --account ccapex \
    >$OUT/log.json
[ "$(jq '[.entries[] | select(.outcome == "not-found")] | length' \
    $OUT/log.json)" -ge 2 ] || fail "les essais ne sont pas au journal"
ok "et chaque essai est au journal"

# --- after acknowledgment ----------------------------------------------

expect_status 5 partner caf pull "$CAF_ONE" >$OUT/got 2>&1
ok "un extrait dont la réception est reconnue ne se reprend pas"

# --- notices -------------------------------------------------------------

step_5
expect_status 4 partner ccapex ack "$CAF_ONE" >$OUT/theirs 2>&1
NOTICE=$(partner caf notices | jq -er \
    --arg x "$CAF_ONE" '.notices[] | select(.extract == $x) | .notice')
[ "$(partner caf notices | jq -r '.notices[0].state')" = delivered ] ||
	fail "la notice n'est pas remise"
expect_status 4 partner ccapex ack "$NOTICE" >$OUT/theirs 2>&1
expect_status 4 partner ccapex ack $unknown >$OUT/unknown 2>&1
[ "$(without_leaf $OUT/theirs)" = "$(without_leaf $OUT/unknown)" ] ||
	fail "la notice d'un autre : $(cat $OUT/theirs $OUT/unknown)"
expect_status 4 partner caf pull "$NOTICE" >$OUT/got 2>&1
as amelie sceau --json due >$OUT/due.json
json $OUT/due.json ".due[] | select(.object == \"$NOTICE\") | .due_at" \
    >/dev/null
as yann sceau --json due >$OUT/due.json
! grep -q "$NOTICE" $OUT/due.json || fail "une autre équipe voit l'échéance"
refused 5 "a sa porte" as amelie sceau --json notice settle "$NOTICE" \
    --how acknowledged
partner caf ack "$NOTICE" >$OUT/got
[ "$(json $OUT/got .state)" = acknowledged ] || fail "$(cat $OUT/got)"
expect_status 5 partner caf ack "$NOTICE" >$OUT/got 2>&1
as amelie sceau --json due >$OUT/due.json
! grep -q "$NOTICE" $OUT/due.json || fail "la notice attend encore"
ok "une notice est remise, puis confirmée ; la même réponse aux autres"

# --- handing in ------------------------------------------------------------

pdf $OUT/avis.pdf "Avis de la commission (exemple)"
# hand_in NAME FILE: the submission's id.
hand_in() { partner "$1" submit <"$2" | jq -er .submission; }
ONE=$(hand_in ccapex $OUT/avis.pdf)
partner ccapex list >$OUT/list.json
[ "$(jq -r ".submissions[] | select(.submission == \"$ONE\") | .sha256" \
    $OUT/list.json)" = "$(sha256sum <$OUT/avis.pdf | cut -d' ' -f1)" ] ||
	fail "le dépôt n'est pas dans la liste"
partner caf list >$OUT/list.json
! grep -q "$ONE" $OUT/list.json || fail "la CAF voit le dépôt de la CCAPEX"
for verb in pull ack; do
	expect_status 4 partner ccapex $verb "$ONE" >$OUT/got 2>&1
done
! grep -rqa "Avis de la commission" $VAULT/data || fail "en clair sur le disque"
ok "un dépôt attend, scellé ; celui qui l'a remis ne le relit pas"

refused 3 "aucune règle" as ada sceau --json submission list
as amelie sceau --json submission list >$OUT/list.json
[ "$(json $OUT/list.json '.submissions[0].media')" = application/pdf ] ||
	fail "$(cat $OUT/list.json)"
as amelie sceau submission get "$ONE" -o $OUT/lu.pdf >$OUT/got
same $OUT/avis.pdf $OUT/lu.pdf
refused 4 "" as yann sceau --json submission take "$ONE" "$CASE" piece
as amelie sceau --json submission take "$ONE" "$CASE" piece >$OUT/got
DOC=$(json $OUT/got .document)
as amelie sceau get "$DOC" -o $OUT/verse.pdf >/dev/null
same $OUT/avis.pdf $OUT/verse.pdf
refused 5 "déjà versé" as amelie sceau --json submission get "$ONE" \
    -o $OUT/encore.pdf
refused 5 "déjà versé" as amelie sceau --json submission reject "$ONE" \
    --reason non
ok "il est versé au dossier par les contrôles de tout dépôt, une seule fois"

echo "ni un avis ni une liste" >$OUT/autre.txt
TWO=$(hand_in ccapex $OUT/autre.txt)
as amelie sceau --json submission reject "$TWO" \
    --reason "illisible : à remettre en PDF" >$OUT/got
partner ccapex list >$OUT/list.json
[ "$(jq -r ".submissions[] | select(.submission == \"$TWO\") | .reason" \
    $OUT/list.json)" = "illisible : à remettre en PDF" ] ||
	fail "le motif n'arrive pas"
refused 5 "a été refusé" as amelie sceau --json submission get "$TWO" \
    -o $OUT/encore.txt
ok "refusé : le partenaire lit pourquoi, le contenu n'est plus là"

expect_status 7 partner ccapex submit </dev/null >$OUT/got 2>&1
head -c 17000000 /dev/zero | expect_status 7 partner ccapex submit \
    >$OUT/got 2>&1
ok "ni vide, ni de plus de 16 Mio"

# --- keys ------------------------------------------------------------------

authorized_keys --check /run/ssh/authorized >$OUT/got ||
	fail "$(cat $OUT/got)"
# The set in force says the same, to whoever may read it.
in_force() {
	as claire sceau --json policy authorized-keys \
	    --program /run/bin/sceau --run $VAULT/run "$@"
}
in_force --check /run/ssh/authorized >$OUT/got || fail "$(cat $OUT/got)"
make_ssh_key poste-caf $home/.ssh/ancienne
sed "s|ssh-ed25519 .*|$(cat $home/.ssh/ancienne.pub)|" \
    /run/ssh/authorized/caf >$OUT/old-line
cat $OUT/old-line >>/run/ssh/authorized/caf
expect_status 8 in_force --check /run/ssh/authorized >$OUT/drift.json \
    2>$OUT/got
[ "$(json $OUT/drift.json '.drift | map(.account + " " + .what) | join(",")')" \
    = "caf extra" ] || fail "$(cat $OUT/drift.json)"
old_key() {
	as poste-caf ssh -F /dev/null -p $SSHD_PORT -o BatchMode=yes \
	    -o IdentitiesOnly=yes -i $home/.ssh/ancienne \
	    -o UserKnownHostsFile=/run/ssh/known_hosts -o LogLevel=ERROR \
	    -l caf 127.0.0.1 "$@"
}
for words in list notices "pull $CAF_ONE" "ack $CAF_ONE"; do
	expect_status 3 old_key "$words" </dev/null >$OUT/got 2>&1
done
expect_status 3 old_key submit <$OUT/avis.pdf >$OUT/got 2>&1
as dora sceau --json audit log --class extract-list --account caf \
    --limit 1 >$OUT/log.json
json $OUT/log.json '.entries[0] | select(.outcome == "denied" and
    .detail.code == "door-key") | .detail.key' >$OUT/key
[ "$(cat $OUT/key)" = \
    "$(ssh-keygen -lf $home/.ssh/ancienne.pub | cut -d' ' -f2)" ] ||
	fail "$(cat $OUT/log.json)"
sed -i '$d' /run/ssh/authorized/caf
expect_status 255 old_key list </dev/null >$OUT/got 2>&1
ok "une clé que les règles n'ont pas n'ouvre rien, même si sshd l'accepte ;" \
    "l'écart se voit"
stop_all
