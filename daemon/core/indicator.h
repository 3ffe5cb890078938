/*
 * Indicators: anonymous counts written when something happens, so that they
 * outlive log and file. Table indicator: month, code, up to two dimensions, a
 * number; no id of anything. A case carries which of the once-only ones it
 * has been counted for (dossier_counted), and loses it with the case.
 */
#ifndef DAEMON_CORE_INDICATOR_H
#define DAEMON_CORE_INDICATOR_H

#include "daemon/core/core.h"

#define INDICATOR_WORD_MAX 48 /* bytes of a code or dimension */

extern const char *const indicator_schema;

/*
 * One more in the month (in Paris) of vault time at_ms. code: one of
 * names_indicators (policy/names.c): "received", "over-quota",
 * "contact-attempt", "contacted", "met", "refused", "diagnosis", "contract",
 * "demarche", "demarche-outcome", "veille", "closed", "reopened",
 * "delay-first-contact" (dimension: a class of days), …; a, b: dimensions
 * (source, device, outcome, stage), "" when none. What the rules say of each
 * is policy_indicator. ERR_INTERNAL for another code, or a dimension that is
 * no word of lower-case letters, digits and -.: between.
 */
int indicator_add(struct tx *tx, int64_t at_ms, const char *code, const char *a,
    const char *b, struct err *e) NODISCARD;
/* The same, once for each case: 1 counted, 0 it had been. */
int indicator_once(struct tx *tx, const struct id *kase, int64_t at_ms,
    const char *code, const char *a, const char *b, struct err *e) NODISCARD;
/*
 * What a document was counted for, until it goes: so that a misfiling that is
 * moved or voided is counted where it belongs, or nowhere. Opaque ids and the
 * words of the counts.
 */
int indicator_note(struct tx *tx, const struct id *document, int64_t at_ms,
    const char *code, const char *a, const char *b, struct err *e) NODISCARD;
/*
 * Each of them is one less again, and its case unmarked, but for what stays
 * says (1: another document of the case is counted for it) and for months
 * that were frozen: those were signed.
 */
int indicator_take_back(struct tx *tx, const struct id *kase,
    const struct id *document,
    int (*stays)(void *arg, const char *code, struct err *e), void *arg,
    struct err *e) NODISCARD;
int indicator_forget_document(
    struct tx *tx, const struct id *document, struct err *e) NODISCARD;
/* The case is counted anew: it was reopened on another list. */
int indicator_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

/* The month of an instant, as the table has it: 12 * year + month - 1. */
int32_t indicator_month(int64_t at_ms);

#endif
