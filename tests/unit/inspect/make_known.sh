#!/bin/sh
# Makes daemon/inspect/cms_known.h: the signatures that sceau-inspect judges
# before the first file. Their keys are thrown away.
#
#   make_known.sh > daemon/inspect/cms_known.h
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
printf 'sceau' >content

# $1 the name of the constant, the rest: options for the key
one() {
	name=$1
	shift
	openssl req -x509 -new -nodes -sha256 -keyout key -out cert -days 36500 \
	    -subj '/CN=Essai' -addext 'keyUsage=critical,digitalSignature' \
	    "$@" 2>/dev/null
	openssl cms -sign -binary -in content -signer cert -inkey key -md sha256 \
	    -outform DER -out p7s
	printf '\nstatic const char %s[] =\n' "$name"
	openssl base64 -in p7s | sed 's/.*/    "&"/; $s/$/;/'
}

cat <<'HEADER'
/*
 * Signatures over KNOWN_CONTENT, in base64, and their certificates in them:
 * made by tests/unit/inspect/make_known.sh, with keys that are gone.
 */
#ifndef DAEMON_INSPECT_CMS_KNOWN_H
#define DAEMON_INSPECT_CMS_KNOWN_H

#define KNOWN_CONTENT "sceau"
HEADER
one known_rsa -newkey rsa:2048
one known_ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
printf '\n#endif\n'
