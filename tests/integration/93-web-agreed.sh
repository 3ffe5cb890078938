#!/bin/bash
#
# Goal: what a household agreed to and what leaves the vault, by the console
# in a real browser: an answer given and taken back, its receipt; an extract
# seen before it goes, and what stays behind and why; what waits for a
# signature, signed elsewhere by stock ssh-keygen. What is refused says why,
# and keeps what was typed.
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
export CASE OTHER CONSENT_FORM DIAGNOSTIC EXTRACT ERASURE
web_console amelie
web_drive "$WEB/${1:-consents}.py"
[ -n "${1:-}" ] || web_drive "$WEB/release.py"
