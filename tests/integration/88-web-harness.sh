#!/bin/bash
#
# Goal: what the tests of the console stand on sees what it is for. In small
# pages of a server of this test, each fault that a page must not have is
# planted once: a script in the page, another origin, a field without a name, a
# grey too faint, a line too wide, a stored answer, a focus that is not seen, a
# name in the history. Each must be found, and none in a sound page.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"

[ -n "$(axe_file)" ] || say "axe-core n'est pas là : web/axe.sh $BUILD/web"
web_drive "$WEB/harness.py"
