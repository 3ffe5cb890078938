#!/bin/bash
#
# packages.sh [--list LIST] [FILE]: install what LIST (packages.txt beside this
# file) names and the machine has not yet, as root or with sudo. Prints what
# was installed, one name a line, and adds it to FILE.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
list=$here/packages.txt
if [ "${1:-}" = --list ]; then
	list=$2
	shift 2
fi
missing=$(grep -v '^#' "$list" | while read -r p program; do
	[ -n "$program" ] && command -v "$program" >/dev/null && continue
	dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
		grep -q '^install ok installed$' || echo "$p"
done)
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# No service starts on the machine for our sake: sshd is run by the tests, on
# a network of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f "$log"; $sudo rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 0755 $policy
fi
# shellcheck disable=SC2086
{
	$sudo apt-get update -q &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install \
		    -q -y --no-install-recommends $missing
} >"$log" 2>&1 || {
	cat "$log" >&2
	exit 1
}
echo "$missing"
[ $# -eq 0 ] || echo "$missing" >>"$1"
