#!/bin/bash
#
# Goal: a machine's clock that the vault does not believe, as people see it in
# a real browser: said on the pages where it matters, nothing destroyed and
# nothing expired meanwhile, confirmed by one person after a planned stop and
# signed by two after another end; and then what is over is shown as over, an
# extract and a consent among it.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"
# shellcheck source=tests/integration/web/scene.sh
. "$TOP/tests/integration/web/scene.sh"

FAKETIME=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$FAKETIME" ] || skip "faketime is not installed"

# The daemon under a clock that is wrong by so many days.
start_at() {
	start daemon env LD_PRELOAD="$FAKETIME" FAKETIME="$1 days" \
	    FAKETIME_DONT_FAKE_MONOTONIC=1 sceaud -d $VAULT ||
		fail "sceaud ne démarre pas à $1 jours"
	wait_until is_open
}

make_scene
approve bruno "$ERASURE"
approve denis "$ERASURE"
start_sshd
for name in amelie claire denis; do web_console $name; done
export CASE CONTRACT PHOTOS EXTRACT ERASURE
web_drive "$WEB/clock.py"
