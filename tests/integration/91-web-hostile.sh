#!/bin/bash
#
# Goal: the console is the door of one person alone. A forged host, origin,
# cookie or token gets neither page nor change; another account reaches
# nobody's socket; a code lets in once and is not guessed; a session ends by
# itself; strange paths and strange HTTP get nothing; and words that would
# hurt a page are shown as they are on every page that links lead to.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"
MARK='<xss-probe a="1">"'"'"' data-xss-probe=1 x="><img src=x onerror=probe()>'
export MARK
# shellcheck source=tests/integration/web/scene.sh
. "$TOP/tests/integration/web/scene.sh"

make_scene
start_sshd
web_console amelie
web_drive "$WEB/hostile.py"
