/*
 * Breaches (GDPR art. 33): something was seen by who had no business with
 * it. A line is opened within the change that finds it, runs for the hours
 * of figure breach-hours, and is settled by a note: what was done, or why
 * nothing was to be notified (art. 33(5)). Table breach: times and ids in
 * clear; who saw what, and the note, are sealed under the line's own key.
 */
#ifndef DAEMON_CORE_BREACH_H
#define DAEMON_CORE_BREACH_H

#include "daemon/core/core.h"
#include "daemon/core/due.h"

#define BREACH_NOTE_MAX 2000 /* bytes */
#define BREACH_LIST_MAX 1000

extern const char *const breach_schema;

/* One about to be opened. */
struct breach {
	struct id id, kase, object; /* object: what was seen */
	const char *what;	    /* "misfiling", "incident" */
	struct fresh_key key;
	struct buf sealed;
};
/* words: {…} what is known; borrowed. id, key and sealed are set. */
int breach_prepare(struct core *core, struct breach *b, const json_t *words,
    struct err *e) NODISCARD;
/* Within the change, after its leaf. since_ms: when the vault knew, which is
 * when the hours begin. */
int breach_open(struct tx *tx, const struct breach *b, int64_t since_ms,
    uint64_t leaf, struct err *e) NODISCARD;
void breach_done(struct breach *b);

/*
 * An incident: somebody's account, key or machine was in other hands
 * (breach_report.h). object says whose, the same for the same: while one of it
 * is open it goes on, and an earlier known_ms moves its hours back, never
 * forth. words: borrowed. ERR_REFUSED "breach-known": in the future.
 */
struct incident {
	struct id object;
	int64_t known_ms; /* when somebody here knew */
	const json_t *words;
	/* out */
	struct id id;
	int64_t since_ms; /* known, as it stands */
	int64_t due_ms;	  /* 0: the rules do not say */
	uint64_t leaf;	  /* of this, or of its opening */
	int is_new;
};
int breach_incident(struct core *core, const struct caller *caller,
    struct incident *i, struct err *e) NODISCARD;

/* {breaches: [{breach, case, what, object, since, due_at, state, leaf, words,
 * note…}], leaf}: those that wait first. Operation report-breach. */
int breach_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e) NODISCARD;
/*
 * outcome: "notified" (to the CNIL: note has its number), "no-risk" (GDPR
 * art. 33(1): note says why), or "" for a misfiling. ERR_NOT_FOUND;
 * ERR_CONFLICT "breach-settled"; ERR_INVALID "member-missing",
 * "breach-outcome". Operation report-breach.
 */
int breach_settle(struct core *core, const struct caller *caller,
    const char *breach, const char *outcome, const char *note,
    struct id *object, json_t **answer, struct err *e) NODISCARD;

/* [{what, state, outcome, n}]: how many, and what was said of them. */
int breach_counts(struct tx *tx, json_t **out, struct err *e) NODISCARD;

/* With the erasure of a case its words go; that there was a breach stays. */
int breach_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int breach_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;
int breach_due(struct due_list *d, struct err *e) NODISCARD;

#endif
