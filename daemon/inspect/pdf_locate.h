/*
 * Where the signatures of a PDF might be, by a strict reading of its bytes,
 * and whether it is encrypted. No object is parsed and nothing is inflated: a
 * signature that needs that is not one that we accept. Pure.
 */
#ifndef DAEMON_INSPECT_PDF_LOCATE_H
#define DAEMON_INSPECT_PDF_LOCATE_H

#include "daemon/inspect/inspect.h"

/*
 * Fill encrypted, ranges and nranges of t, in the order of the file. Every
 * /ByteRange gives one range, also in a comment, a string or a stream: one
 * that is not sound is all zero. More than INSPECT_SIGS_MAX give a single
 * one that is all zero, and t->reason says so.
 */
void pdf_locate(const uint8_t *p, size_t n, struct inspect_type *t);

#endif
