/*
 * A case is closed, with how it ended; and lives again when the household
 * comes back. Table closing: days and outcomes are in clear because reports
 * count them, words are sealed.
 *
 * Closing ends the consents: what they allowed was for this processing
 * ("terminated"). It is refused while an extract waits to be fetched or a
 * step is open, unless somebody says why.
 */
#ifndef DAEMON_CORE_CLOSING_H
#define DAEMON_CORE_CLOSING_H

#include "daemon/core/case.h"

#define CLOSING_WORDS_MAX 400 /* bytes of a note, of a reason */

extern const char *const closing_schema;

struct closing_entry {
	const char *kase;
	const char *outcome;   /* a code of the rules (kind "cloture") */
	const char *closed_on; /* YYYY-MM-DD, a declared day; "": today */
	const char *note;      /* or "" */
	const char *force;     /* why in spite of what is open; "": not */
};
/*
 * ERR_REFUSED "closing-outcome", "closing-date"; ERR_CONFLICT "extract-open",
 * "demarche-open" unless force, "case-state".
 */
int closing_enter(struct core *core, const struct caller *caller,
    const struct closing_entry *c, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* From closed or archived. ERR_CONFLICT "case-state"; ERR_INVALID
 * "member-missing" without a reason. */
int closing_reopen(struct core *core, const struct caller *caller,
    const char *kase, const char *reason, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/*
 * Reopening in its steps, for who reopens several in one change: prepared
 * outside of it. kase was found by the caller.
 */
struct reopening;
int reopening_prepare(struct core *core, const struct caller *caller,
    const struct case_facts *kase, const struct decision *d, const char *reason,
    struct reopening **out, struct err *e) NODISCARD;
/* Within the change: ERR_CONFLICT "case-state" when it lives already. */
int reopening_apply(struct tx *tx, struct reopening *x, int64_t now_ms,
    struct err *e) NODISCARD;
void reopening_freep(struct reopening **x);

/* 1: it was closed or reopened since then (ms). */
int closing_since(struct tx *tx, const struct id *kase, int64_t since_ms,
    struct err *e) NODISCARD;

int closing_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int closing_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
