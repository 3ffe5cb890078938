#!/bin/bash
#
# Goal: the nine steps of a household's file, through sshd, by different uids,
# on the real programs; and after each of them every receipt that was given
# proves its file offline, and the vault gives back the very bytes.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

scratch_disk
for n in 1 2 3 4 5 6 7 8; do
	"step_$n"
	[ "$n" = 1 ] || check_kept
done
step_9
