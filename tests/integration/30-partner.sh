#!/bin/bash
#
# Goal: a partner's key opens the five verbs of "sceau partner" and nothing
# else: no shell, no file transfer, no forwarding of any kind, no other
# command; and another partner's extract is answered like one that does not
# exist, to the byte but for the number of the leaf.
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
    "list | id" "/bin/sh" "pull" "pull ../../etc/passwd" \
    "pull $CAF_ONE; id" "sceau case list" "internal-sftp" \
    "scp -t /tmp" "rsync --server . ." "git-upload-pack x" "audit log"; do
	got=0
	# shellcheck disable=SC2086
	partner caf "$words" >$OUT/got 2>&1 </dev/null || got=$?
	[ $got -ne 0 ] || fail "« $words » a réussi"
	! grep -q -e 'uid=' -e root: $OUT/got || fail "« $words » a tourné"
done
ok "aucune autre commande, même accolée à un verbe"

# Without a command: no shell.
expect_status 2 partner caf </dev/null >$OUT/got 2>&1
ok "pas de terminal"

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

! ssh_to poste-caf caf -o ExitOnForwardFailure=yes -N \
    -R $home/back.sock:/etc/passwd 127.0.0.1 </dev/null >$OUT/got 2>&1 ||
	fail "un transfert en retour s'est ouvert"
! ssh_to poste-caf caf -o ExitOnForwardFailure=yes -N \
    -R 127.0.0.1:4444:127.0.0.1:22 127.0.0.1 </dev/null >$OUT/got 2>&1 ||
	fail "un port en retour s'est ouvert"
# -W asks for one TCP connection from there: refused.
! ssh_to poste-caf caf -W 127.0.0.1:$SSHD_PORT 127.0.0.1 </dev/null \
    >$OUT/got 2>&1 || fail "un port s'est ouvert"
ok "aucun port, aucune prise, dans aucun sens"

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
	    --unix-socket "$VAULT/run/$2" "http://vault$3")
	[ "$got" = "$4" ] || fail "$1 à $2$3 : $got, non $4"
}
door caf api.sock /v1/cases 403
door caf api.sock /v1/partner/extracts 404
door amelie partner.sock /v1/partner/extracts 403
door amelie partner.sock /v1/cases 404
door quidam partner.sock /v1/partner/extracts 403
door quidam api.sock /v1/cases 403
door caf partner.sock /v1/partner/extracts 200
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
stop_all
