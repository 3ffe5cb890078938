#!/bin/bash
#
# Goal: the data protection officer and the lead in the console: the log with
# its filters and a decision explained, what the rules would destroy, a hold set
# and asked back, a request entered, extended with its letter and answered, a
# case restricted, the register saved, the bilan with its bars, a breach; and
# each refusal beside what was typed.
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
for name in claire dora; do
	web_console $name
done
export CASE REQUEST
web_drive "$WEB/controle.py"
