/*
 * Objections (GDPR art. 21) and refusals of the diagnosis: two different
 * things. An objection to a disclosure stops it until the DPO has settled
 * it, and is accepted also after an erasure; a refusal is the household's
 * word that there will be no diagnosis: no social data from then on, and
 * only the outcome may go. Tables objection, refusal; column diagnosis of
 * dossier.
 */
#ifndef DAEMON_CORE_OBJECTION_H
#define DAEMON_CORE_OBJECTION_H

#include "daemon/core/core.h"

#define OBJECTION_TEXT_MAX 400

extern const char *const objection_schema;
extern const char *const refusal_schema;

struct objecting {
	const char *kase, *person; /* person "": the household */
	const char *channel, *words;
	const char *received_on; /* YYYY-MM-DD, "": today */
};
int objection_enter(struct core *core, const struct caller *caller,
    const struct objecting *o, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* decision: "upheld" (nothing goes any more) or "rejected" (grounds). */
int objection_decide(struct core *core, const struct caller *caller,
    const char *objection, const char *decision, const char *grounds,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/* The person takes it back: what it stopped may go again. channel: how they
 * said so. ERR_CONFLICT "objection-state"; ERR_REFUSED "channel". */
int objection_lift(struct core *core, const struct caller *caller,
    const char *objection, const char *channel, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
int objection_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/*
 * Entering: ERR_REFUSED "channel", "objection-date", "objection-person". By
 * deciding: ERR_CONFLICT "objection-state", ERR_INVALID "objection-decision".
 */
/* Those of this person, or of the household: {received_on, state,
 * decided_on}, in clear columns alone; appended to into. */
int objection_of_person(struct tx *tx, const struct id *kase,
    const struct id *person, json_t *into, struct err *e) NODISCARD;
/* 1: one waits, or was upheld. */
int objection_is_on(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

struct refusing {
	const char *kase;
	const char *reason; /* a code of kind "issue", field "motif" */
	const char *channel, *refused_on, *document; /* or "" */
};
/* ERR_CONFLICT "diagnosis-made" when social records are there already. */
int refusal_enter(struct core *core, const struct caller *caller,
    const struct refusing *r, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* The same in its steps, for who makes one change of several. */
struct refusal_work;
int refusal_prepare(struct core *core, const struct caller *caller,
    const struct refusing *r, struct id *object, struct refusal_work **out,
    struct err *e) NODISCARD;
int refusal_apply(struct tx *tx, struct refusal_work *x, int64_t now_ms,
    struct err *e) NODISCARD;
/* Once the change is made. */
int refusal_applied(struct refusal_work *x, struct err *e) NODISCARD;
void refusal_free(struct refusal_work **xp);
/* The record of kind "issue" that the vault makes of a case's own facts:
 * {resultat, motif, date}; NULL in *out when there is nothing to tell. */
int refusal_record(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e) NODISCARD;

/* A kind that is never kept of who refused: ERR_CONFLICT
 * "diagnosis-refused". Within the change that files it. */
int refusal_check_filing(struct tx *tx, const struct id *kase,
    const struct policy_kind *kind, struct err *e) NODISCARD;
/* Every adult has agreed to the diagnosis: it is accepted from now on,
 * whatever was before. *changed: it was not. Within the change. */
int diagnosis_accept(struct tx *tx, const struct id *kase, int64_t now_ms,
    int *changed, struct err *e) NODISCARD;

/* Key numbers (u64); an objection leaves a tombstone that still counts. */
int objection_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int objection_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;
int refusal_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int refusal_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
