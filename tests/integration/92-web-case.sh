#!/bin/bash
#
# Goal: the case in the console, in a real Chromium: found by words without
# accents, opened with its persons, read, told what happened in it, its
# documents and their verdicts, who saw it, what was put into the wrong case;
# and the reason that is asked where the rules ask for one. Each thing that was
# clicked is asked of the vault itself afterwards.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"
# shellcheck source=tests/integration/web/scene.sh
. "$TOP/tests/integration/web/scene.sh"

make_scene
start_sshd
for name in amelie claire dora; do
	web_console $name
done
export CASE CONTRACT PHOTOS DIAGNOSTIC CONSENT_FORM OTHER
web_drive "$WEB/case.py"
