#!/bin/bash
#
# Goal: what is done in an emergency, or signed at that moment, by the console
# in a real browser: a glass broken from the refusal on, its statement signed
# by stock ssh-keygen, seen by the team and examined by somebody else; and any
# act whose rules ask for a statement. What is not the statement's signature,
# is late or was used does nothing.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$TOP/tests/integration/journey.sh"
# shellcheck source=tests/integration/web/web.sh
. "$TOP/tests/integration/web/web.sh"
# shellcheck source=tests/integration/web/scene.sh
. "$TOP/tests/integration/web/scene.sh"

# Rules under which a reopening and a disclosure are signed too.
RULES_FROM=/run/work/regles
cp -r "$TOP/policy/rules" $RULES_FROM
python3 - $RULES_FROM/00-common.conf <<'END'
import re, sys
with open(sys.argv[1], encoding="utf-8") as f:
    text = f.read()
again = re.search(r'access "reouverture" \{.*?\n\}\n', text, re.S).group(0)
text = text.replace(again, again.replace("step-up = false", "step-up = true"))
sent = next(m for m in re.findall(r'access "[^"]*" \{.*?\n\}\n', text, re.S)
            if "roles = { caseworker, lead, jurist }" in m
            and "operations = { extract-release }" in m)
text = text.replace(sent, sent.replace("caseworker, lead, jurist", "caseworker")
    + re.sub('access "', 'access "signe-', sent).replace(
    "caseworker, lead, jurist", "lead, jurist").replace(
    "step-up = false", "step-up = true"))
assert text.count("step-up = true") == 3
with open(sys.argv[1], "w", encoding="utf-8") as f:
    f.write(text)
END

make_scene
start_sshd
for name in dora denis claire amelie; do web_console $name; done
export CASE OTHER CONTRACT
web_drive "$WEB/urgent.py"
