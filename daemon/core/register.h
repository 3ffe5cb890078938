/*
 * The register of disclosures: rows of the tables extract and
 * extract_source. Rows and their moves only; deciding is disclosure's.
 *
 * States of an extract:
 *   awaiting -> released -> pulled -> acknowledged
 *   awaiting | released | pulled -> revoked, withdrawn, rectified, erased
 * "expired" is computed from its end.
 */
#ifndef DAEMON_CORE_REGISTER_H
#define DAEMON_CORE_REGISTER_H

#include "daemon/core/gather.h"

struct extract_row {
	struct id id, kase;
	char recipient[64], purpose[64], rule[64], consent[64], state[16];
	char channel[8];
	int64_t released, expires, pulled, acknowledged; /* ms; 0: not yet */
	uint32_t pulls; /* how many times it was pulled or delivered */
	/* The second signature: by when it is due (0: none is;
	 * REGISTER_SECOND_FIRST: nothing goes before it), and when it came
	 * (0: not yet). */
	int64_t second_due, seconded;
	uint64_t key, leaf; /* key 0: erased */
	uint64_t size;	    /* bytes of the container */
	uint8_t sha256[32]; /* of the container */
	uint32_t released_by;
};

#define REGISTER_SECOND_FIRST (-1)

/* Was it ever released? What was stopped while it awaited its second
 * signature is still nobody's business outside. */
int register_was_released(const struct extract_row *row);
/* Is it still to come: awaiting, released or pulled, and not expired? */
int register_is_open(const struct extract_row *row, int64_t now_ms);
/* The state as people are told it. */
const char *register_state(const struct extract_row *row, int64_t now_ms);

int register_find(struct tx *tx, const struct id *id, struct extract_row *out,
    struct err *e) NODISCARD;
/* terms: disclosing_terms of its decision. row->state: "awaiting" or
 * "released". */
int register_insert(struct tx *tx, const struct extract_row *row,
    const char *terms, const struct buf *sealed,
    const struct gather_source *sources, size_t nsources, struct err *e)
    NODISCARD;
/* Appended. */
int register_terms(struct tx *tx, const struct id *id, struct buf *out,
    struct err *e) NODISCARD;
/* Move to state to; ERR_CONFLICT tag "extract-<state>" when the table of
 * moves has no way there from where it stands. at: for pulled and
 * acknowledged. */
int register_move(struct tx *tx, const struct extract_row *row, const char *to,
    int64_t at_ms, struct err *e) NODISCARD;
/* Would register_move go there? */
int register_move_check(
    const struct extract_row *row, const char *to, struct err *e) NODISCARD;
/* The second signature came. */
int register_second(struct tx *tx, const struct extract_row *row,
    int64_t now_ms, struct err *e) NODISCARD;
/* Who received it, by the word of staff: sealed with the row's key. */
int register_keep_ack(struct tx *tx, const struct id *id,
    const struct buf *sealed, struct err *e) NODISCARD;
/* ERR_CONFLICT tag "extract-<state>" unless it may be pulled at now; one
 * that awaits its second signature is ERR_NOT_FOUND. */
int register_check_pull(
    const struct extract_row *row, int64_t now_ms, struct err *e) NODISCARD;
/* What it was made from: [{document, version}], as leaves tell it. */
int register_sources(struct tx *tx, const struct id *extract, json_t **out,
    struct err *e) NODISCARD;
/* ERR_CONFLICT "extract-rectified" when a source has a newer version. */
int register_check_sources(
    struct tx *tx, const struct id *extract, struct err *e) NODISCARD;

/* Ids (16 bytes each) of the extracts of a case (recipient ""), or of a
 * recipient (kase NULL); consent not "": only those resting on it;
 * document not NULL: only those made from it. All of them: what is withdrawn
 * or erased must miss none; of a recipient, the newest 1000. */
int register_select(struct tx *tx, const struct id *kase, const char *recipient,
    const char *consent, const struct id *document, struct buf *ids,
    struct err *e) NODISCARD;

/*
 * Each extract that was on its way in a period: released before until_ms and
 * not expired before since_ms, whatever its state is now; those still awaiting
 * a second signature and those stopped before it were nobody's outside.
 */
int register_each_in(struct tx *tx, int64_t since_ms, int64_t until_ms,
    int (*each)(void *arg, const struct extract_row *row, struct err *e),
    void *arg, struct err *e) NODISCARD;

/* What each recipient was sent: [{recipient, extracts, pulled}]. */
int register_counts(struct tx *tx, json_t **out, struct err *e) NODISCARD;

/* Ids of the extracts that may be due: open ones, and those whose second
 * signature is missing. */
int register_select_due(struct tx *tx, struct buf *ids, struct err *e)
    NODISCARD;

/* The sealed words of who acknowledged, or nothing. Appended. */
int register_ack(struct tx *tx, const struct id *id, struct buf *out,
    struct err *e) NODISCARD;
/* The sealed words of a row; n 0 after an erasure. Appended. */
int register_sealed(struct tx *tx, const struct id *id, struct buf *out,
    struct err *e) NODISCARD;
/* Key, words and terms (that an address was to be hidden is told by them)
 * go, the line stays. */
int register_forget(struct tx *tx, const struct extract_row *row, struct err *e)
    NODISCARD;

#endif
