/* Rows of consents and their events, for the modules of consent. */
#ifndef DAEMON_CORE_CONSENT_ROW_H
#define DAEMON_CORE_CONSENT_ROW_H

#include "daemon/core/consent.h"
#include "daemon/core/consent_state.h"

struct consent_row {
	struct id id, kase, person;
	struct id sheet; /* what was signed together has one */
	char purpose[64];
	enum consent_state state; /* as kept: never expired */
	int64_t given, until;	  /* ms; until 0: no end */
	uint64_t key;		  /* 0: erased */
	int64_t letter;		  /* ms: a letter is due then; 0: none */
};
/* ERR_NOT_FOUND: also for what is no id. */
int consent_row_find(struct tx *tx, const char *id, struct consent_row *out,
    struct err *e) NODISCARD;
/* The record of this person and purpose that lives: 1, or 0: none does. */
int consent_row_living(struct tx *tx, const struct id *kase,
    const struct id *person, const char *purpose, struct consent_row *out,
    struct err *e) NODISCARD;
/* Ids of a case's records, or of a sheet's, oldest first, at most
 * CONSENT_LIST_MAX. */
int consent_row_ids(struct tx *tx, const struct id *kase, struct buf *ids,
    struct err *e) NODISCARD;
int consent_row_ids_of_sheet(struct tx *tx, const struct id *sheet,
    struct buf *ids, struct err *e) NODISCARD;
int consent_row_by_id(struct tx *tx, const struct id *id,
    struct consent_row *out, struct err *e) NODISCARD;
/* ERR_CONFLICT "consent-changed": another one lives meanwhile. */
int consent_row_insert(
    struct tx *tx, const struct consent_row *r, struct err *e) NODISCARD;
/* Look again, check the move, and make it. ERR_CONFLICT "consent-state". */
int consent_row_move(struct tx *tx, struct consent_row *r,
    enum consent_state to, int64_t now_ms, struct err *e) NODISCARD;
/* After a renewal or a giving of what was asked for. */
int consent_row_set_term(
    struct tx *tx, const struct consent_row *r, struct err *e) NODISCARD;
int consent_row_set_letter(
    struct tx *tx, const struct consent_row *r, struct err *e) NODISCARD;
/* When a record of this person and purpose last ended: ms, 0: never. */
int consent_row_ended(struct tx *tx, const struct id *kase,
    const struct id *person, const char *purpose, int64_t *at, struct err *e)
    NODISCARD;

/*
 * An event. Its words are sealed under the consent's key with the context's
 * version seal, a random number, because events may come between the sealing
 * and the transaction.
 */
struct consent_event {
	const char *what;  /* a state's name; "receipt", "letter" */
	int64_t effective; /* ms: declared, or when it was entered */
	int64_t at;	   /* ms: entered */
	int64_t until;	   /* of given and renewed */
	uint64_t leaf;
	uint32_t seal;
	const struct buf *sealed; /* NULL: no words */
};
/* Chained to the one before: SHA-256 over its clear columns, the SHA-256 of
 * its sealed words, and its own link. */
int consent_event_append(struct tx *tx, const struct id *consent,
    const struct consent_event *ev, struct err *e) NODISCARD;
/* Is the chain whole? ERR_INTEGRITY. */
int consent_event_check(struct tx *tx, const struct id *consent, struct err *e)
    NODISCARD;
/*
 * The history, opened with key (NULL: words stay closed): [{event, at,
 * effective_at, valid_until, leaf, previous, …words}].
 */
int consent_events(struct core *core, struct tx *tx,
    const struct consent_row *row, const uint8_t *key, json_t **out,
    struct err *e) NODISCARD;
/* What a record stood at when this leaf was entered, in clear: {consent,
 * version (the number of its event, from 1), event, effective_at, leaf}; NULL
 * when there is nothing of it. */
int consent_event_at(struct tx *tx, const struct id *consent, uint64_t leaf,
    json_t **out, struct err *e) NODISCARD;
/* State of a record at an instant, from its events; *since gets the instant
 * of the event, *until that of its end (0: none). */
int consent_state_of(struct tx *tx, const struct id *consent, int64_t at_ms,
    enum consent_state *state, int64_t *since, struct err *e) NODISCARD;

/* Words for an event: {by, …}; seal is drawn. j is borrowed. */
int consent_seal(struct core *core, const uint8_t key[32],
    const struct consent_row *row, const json_t *j, uint32_t *seal,
    struct buf *out, struct err *e) NODISCARD;

/* A consent rests on this document (zero: on none). Within the change. */
int consent_paper_add(struct tx *tx, const struct id *consent,
    const struct id *document, struct err *e) NODISCARD;

/* The last day before an instant that ends a term; null for 0. */
json_t *consent_day_json(int64_t until_ms);

/* An adult's valid record of this purpose now: 1 and *id, or 0. */
int consent_in_force(struct tx *tx, const struct id *kase,
    const struct id *person, const char *purpose, int64_t now_ms, struct id *id,
    struct err *e) NODISCARD;

#endif
