/*
 * OpenSSL's default provider with few keys and decoders. To read the public
 * key of a certificate OpenSSL 3.0 asks each of both that it has whether it
 * could take part, each time. Of eighteen and forty, for private keys, key
 * exchange, PEM and formats of others, those remain that verify signatures,
 * and read a SubjectPublicKeyInfo (RFC 5280, 4.1). Everything else is the
 * default provider as it is.
 */
#ifndef DAEMON_INSPECT_PROVIDER_H
#define DAEMON_INSPECT_PROVIDER_H

#include "base/err.h"

/*
 * In this process from now on: before anything else is asked of OpenSSL, and
 * once (later calls do nothing). ERR_INTERNAL when OpenSSL refuses.
 */
int provider_narrow(struct err *e) NODISCARD;

#endif
