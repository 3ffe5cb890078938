#!/bin/bash
#
# axe.sh FOLDER: axe-core, as package-lock.json beside this file has it, into
# FOLDER/node_modules; nothing is fetched when it is there already. To be run
# before the tests, which have no network; exit status 1, and one line that
# says why, when it cannot be had. Where npm takes it from is npm's own
# setting.
set -euo pipefail
[ $# = 1 ] || { echo "usage: axe.sh FOLDER" >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
if [ -s node_modules/axe-core/axe.min.js ] &&
    cmp -s "$here/package-lock.json" package-lock.json; then
	exit 0
fi
command -v npm >/dev/null || { echo "axe-core: npm is missing" >&2; exit 1; }
cp "$here/package.json" .
rm -f package-lock.json
lock=$(mktemp -d)
trap 'rm -rf "$lock"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$lock/"
(cd "$lock" && timeout 90 npm ci --ignore-scripts --no-audit --no-fund \
    --fetch-retries 1 --fetch-timeout 20000) >npm.log 2>&1 || {
	echo "axe-core: npm could not install it:" \
	    "$(grep -m 1 'npm error' npm.log)" >&2
	exit 1
}
rm -rf node_modules
mv "$lock/node_modules" .
# Last: it says that what is beside it is whole.
cp "$here/package-lock.json" .
