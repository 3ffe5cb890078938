#!/bin/bash
#
# Goal: no page of the console is forgotten: each pattern of its tables was
# inspected (axe-core, 320 px, a picture) by some journey of this build. To be
# run after all of them; skipped while one has not been.
set -euo pipefail
cd "$(dirname "$0")"
TOP=$(cd ../.. && pwd)
export TOP
BUILD=${SCEAU_BUILD:-$TOP/build}

scripts=()
for f in $(grep -l '^[^#]*web_drive ' ./*.sh); do
	name=$(basename "$f" .sh)
	case $name in 88-web-harness) continue ;; esac
	if [ ! -s "$BUILD/web-inspected/$name" ]; then
		echo "$name n'a rien inspecté dans $BUILD"
		exit 77
	fi
	scripts+=("$name")
done
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=web python3 web/coverage.py \
    "$BUILD/web-inspected" "${scripts[@]}"
echo "   ✓ chaque page est inspectée par un script au moins"
