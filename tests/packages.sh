#!/bin/bash
#
# packages.sh [FILE]: install what packages.txt names and Debian has not yet,
# as root or with sudo. What was installed is added to FILE, one name a line.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
missing=$(grep -v '^#' "$here/packages.txt" | while read -r p; do
	dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
		grep -q '^install ok installed$' || echo "$p"
done)

if [ -z "$missing" ]; then
	echo "   ✓ tous les paquets nécessaires sont là"
	exit 0
fi

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "   installe :" $missing
# openssh-server must not start a server on the machine for our sake; other
# services keep what they do.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 0755 $policy
	trap 'rm -f "$log"; $sudo rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
{
	$sudo apt-get update -q
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
	    --no-install-recommends $missing
} >"$log" 2>&1 || {
	cat "$log" >&2
	exit 1
}
[ $# -eq 0 ] || printf '%s\n' $missing >>"$1"
