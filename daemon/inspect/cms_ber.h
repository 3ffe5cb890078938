/*
 * BER to DER: signatures are written with indefinite lengths and strings in
 * pieces by tools that stream. Pure; runs in a worker.
 */
#ifndef DAEMON_INSPECT_CMS_BER_H
#define DAEMON_INSPECT_CMS_BER_H

#include "base/buf.h"

/*
 * Write the one element at p again with definite lengths of the fewest bytes
 * and octet strings in one piece; sets are left in their order. *used: the
 * bytes of p that it takes. 1, or 0 when it is not BER or too deep.
 */
int cms_ber_to_der(const uint8_t *p, size_t n, struct buf *out, size_t *used);

#endif
