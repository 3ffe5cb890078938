/*
 * The register of disclosures: rows of the tables extract and
 * extract_source. Rows and their moves only; deciding is disclosure's.
 *
 * States of an extract:
 *   released -> pulled -> acknowledged
 *   released | pulled -> revoked, withdrawn, expired, rectified, erased
 */
#ifndef DAEMON_CORE_REGISTER_H
#define DAEMON_CORE_REGISTER_H

#include "daemon/core/gather.h"

struct extract_row {
	struct id id, kase;
	char recipient[64], purpose[64], rule[64], consent[64], state[16];
	int64_t released, expires, pulled, acknowledged; /* ms; 0: not yet */
	uint64_t key, leaf;				 /* key 0: erased */
	uint64_t size;	    /* bytes of the container */
	uint8_t sha256[32]; /* of the container */
};

int register_find(struct tx *tx, const struct id *id, struct extract_row *out,
    struct err *e) NODISCARD;
int register_insert(struct tx *tx, const struct extract_row *row,
    const void *sealed, size_t n, const struct gather_source *sources,
    size_t nsources, struct err *e) NODISCARD;
/* Move to state to; ERR_CONFLICT tag "extract-<state>" when the table of
 * moves has no way there from where it stands. at: for pulled and
 * acknowledged. */
int register_move(struct tx *tx, const struct extract_row *row, const char *to,
    int64_t at_ms, struct err *e) NODISCARD;
/* ERR_CONFLICT tag "extract-<state>" unless it may be pulled at now. */
int register_check_pull(
    const struct extract_row *row, int64_t now_ms, struct err *e) NODISCARD;
/* ERR_CONFLICT "extract-rectified" when a source has a newer version. */
int register_check_sources(
    struct tx *tx, const struct id *extract, struct err *e) NODISCARD;

/* Ids (16 bytes each) of the extracts of a case (recipient ""), or of a
 * recipient (kase NULL); consent not "": only those resting on it;
 * document not NULL: only those made from it. */
int register_select(struct tx *tx, const struct id *kase, const char *recipient,
    const char *consent, const struct id *document, struct buf *ids,
    struct err *e) NODISCARD;

/* The sealed words of a row; n 0 after an erasure. Appended. */
int register_sealed(struct tx *tx, const struct id *id, struct buf *out,
    struct err *e) NODISCARD;
/* Key and words go, the line stays. */
int register_forget(struct tx *tx, const struct extract_row *row, struct err *e)
    NODISCARD;

#endif
