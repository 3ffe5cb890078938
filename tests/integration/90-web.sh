#!/bin/bash
#
# Goal: every page of the console that links lead to, in a real Chromium, as a
# caseworker, a lead, the data protection officer and the director have it,
# each at a desk with stock ssh: nothing that axe-core finds, no error, no
# request elsewhere, light, quick, narrow, with keys alone and without scripts.
# Pictures of all of them are in BUILD/screenshots.
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
for name in amelie claire dora denis; do
	web_console $name
done
[ -n "$(axe_file)" ] || say "axe-core n'est pas là : web/axe.sh $BUILD/web"
export TOP OTHER CASE CONTRACT PHOTOS EXTRACT ERASURE REQUEST
web_drive "$WEB/pages.py"
