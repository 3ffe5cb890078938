/*
 * What each revision after a signature did to a PDF, by comparing the graphs
 * of objects that both ends show; and what could change how it looks. Runs in
 * a worker.
 */
#ifndef DAEMON_INSPECT_PDF_STEPS_H
#define DAEMON_INSPECT_PDF_STEPS_H

#include "daemon/inspect/inspect.h"

/* Fill steps and warnings of t, whose ranges are there; a range that is not
 * sound has AFTER_UNKNOWN. */
void pdf_steps(const uint8_t *p, size_t n, struct inspect_type *t);

#endif
