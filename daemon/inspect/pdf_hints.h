/*
 * The validation data that a PDF brings along (/DSS; ETSI EN 319 142-1,
 * 5.4.2). Nobody vouches for it: it is handed on as it is, to be verified by
 * who can. Runs in a worker of stage 1, over hostile bytes: compression is
 * undone here, and nowhere where a verdict is made.
 */
#ifndef DAEMON_INSPECT_PDF_HINTS_H
#define DAEMON_INSPECT_PDF_HINTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Write the certificates, answers and lists of the file's newest revision to
 * out, as wire.h tells; what does not fit is left out. The bytes written: 0
 * also when the file cannot be read strictly.
 */
size_t pdf_hints(const uint8_t *p, size_t n, uint8_t *out, size_t room);

#endif
