/*
 * What several readers of a PDF ask of its fields and permissions. Runs in a
 * worker.
 */
#ifndef DAEMON_INSPECT_PDF_FORM_H
#define DAEMON_INSPECT_PDF_FORM_H

#include "daemon/inspect/pdf_read.h"

/* Certified so that nothing may change (/DocMDP, P 1)? *allows_more: it is
 * certified, and something may. */
int pdf_allows_nothing(struct pdf_doc *d, int *allows_more);
/* Is it a field for a signature, or its place on a page? */
int pdf_is_signature_field(struct pdf_doc *d, const struct pdf_obj *field);
/*
 * Does a signature that is there lock this field: /Lock of its field, or
 * /FieldMDP in its references (ISO 32000-1, 12.7.4.5, 12.8.2.4)? Names are
 * compared as they are written; one with escapes or in hexadecimal is taken
 * for another.
 */
int pdf_is_locked(struct pdf_doc *d, const struct pdf_obj *field);
/* Has its rectangle an area? */
int pdf_has_area(struct pdf_doc *d, const struct pdf_obj *annotation);

#endif
