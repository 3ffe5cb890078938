/*
 * What could make a signed PDF look different without a change that anybody
 * would notice: prepared before it was signed ("shadow attacks"), or allowed
 * by who signed. Warnings, not verdicts. Runs in a worker.
 */
#ifndef DAEMON_INSPECT_PDF_TRICKS_H
#define DAEMON_INSPECT_PDF_TRICKS_H

#include "daemon/inspect/inspect.h"

/* INSPECT_WARN_… of the whole file, INSPECT_HAS_HINTS; 0 for one that is not
 * read strictly. */
unsigned pdf_tricks(const uint8_t *p, size_t n, const struct inspect_type *t);

#endif
