/*
 * What a person asks (GDPR art. 15 to 21) and the clock of its answer: one
 * month from receipt, two more when they were told why within the first (art.
 * 12(3)). A refusal is a letter with its reasons and both remedies (art.
 * 12(4)). Table request: what, days and state are in clear, words are sealed;
 * a tombstone stays after an erasure, because its answer is still due.
 *
 * States: open -> answered | refused.
 */
#ifndef DAEMON_CORE_REQUEST_H
#define DAEMON_CORE_REQUEST_H

#include "daemon/core/due.h"

#define REQUEST_TEXT_MAX 1000	 /* bytes of words, of reasons */
#define REQUESTS_OF_CASE_MAX 200 /* in one list */

extern const char *const request_schema;

struct requesting {
	const char *kase;
	const char *person;	 /* "": the household */
	const char *right;	 /* access, portability, rectification, erasure,
				    restriction, objection */
	const char *received_on; /* YYYY-MM-DD; "": today. However long ago */
	const char *channel;
	const char *identity;  /* how we know that it is them */
	const char *words;     /* or "" */
	const char *objection; /* right objection: the one it is; else "" */
};
/*
 * ERR_REFUSED "request-right", "request-date", "request-person",
 * "request-identity", "request-objection", "channel"; "figure-missing" when
 * the rules do not say how long an answer may take; ERR_CONFLICT
 * "request-linked": that objection has its request already; ERR_TOO_LARGE
 * "requests".
 */
int request_enter(struct core *core, const struct caller *caller,
    const struct requesting *q, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/*
 * Two months more; the answer has the "letter" that tells the person so.
 * ERR_CONFLICT "request-state", "request-extended" (once only),
 * "request-late" (the first month is over).
 */
int request_extend(struct core *core, const struct caller *caller,
    const char *request, const char *reason, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* document: of the case, or ""; words: or "". ERR_INVALID "request-answer":
 * neither. ERR_REFUSED "request-document". */
int request_answer(struct core *core, const struct caller *caller,
    const char *request, const char *document, const char *words,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/*
 * ground: of the rules' list for this right (policy_ground). The answer has
 * the letter, with its three mentions. ERR_REFUSED "request-ground".
 */
int request_refuse(struct core *core, const struct caller *caller,
    const char *request, const char *ground, const char *reason,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/*
 * To receive what a person asks is for everybody of the organisation; to read
 * what was asked, and what came of it, is for those on whose list of what is
 * due that case stands. After OP_RIGHTS_REQUEST: 0, or ERR_NOT_FOUND as of a
 * case that is not there.
 */
int request_check_reader(struct core *core, const struct caller *caller,
    const struct case_facts *kase, int64_t now_ms, struct err *e) NODISCARD;
/* {requests: […], leaf}, letters with them; of an erased case too. */
int request_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/*
 * An open request for erasure of this case goes the way of an erasure
 * (erasure_plan), which is its answer when it is done. ERR_CONFLICT
 * "request-right": it asks for something else.
 */
int request_erase(struct core *core, const struct caller *caller,
    const char *request, const char *basis, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* Within a change: what stands for it (an objection, an erasure) is settled
 * so that it is answered. Nothing when no open request is linked to it. */
int request_settle_linked(struct tx *tx, const struct id *linked, int64_t at_ms,
    struct err *e) NODISCARD;
/* The case of an open request of this right; for who acts upon it.
 * ERR_NOT_FOUND; ERR_CONFLICT "request-state", "request-right". */
int request_check(struct tx *tx, const char *request, const char *right,
    const struct id *kase, struct id *id, struct err *e) NODISCARD;
/* Within a change: it stands for this request from now on. */
int request_link(struct tx *tx, const struct id *request,
    const struct id *linked, struct err *e) NODISCARD;

/*
 * What this person, or the household, asked: {right, words, received_on,
 * due_on, state, settled_on}, in clear columns alone; appended to into.
 */
int request_of_person(struct tx *tx, const struct id *kase,
    const struct id *person, json_t *into, struct err *e) NODISCARD;

/*
 * How requests were answered: [{right, open, overdue, answered, refused,
 * extended, days_most, late}], overdue on that day; days_most and late of the
 * settled ones.
 */
int request_counts(struct tx *tx, int32_t today, json_t **out, struct err *e)
    NODISCARD;

int request_due(struct due_list *d, struct err *e) NODISCARD;
int request_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int request_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
