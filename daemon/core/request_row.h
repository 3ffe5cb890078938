/* Rows of requests, for the module that owns them. */
#ifndef DAEMON_CORE_REQUEST_ROW_H
#define DAEMON_CORE_REQUEST_ROW_H

#include "daemon/core/request.h"

/* What is sealed, each under the row's key with this version in its context. */
enum request_part { REQUEST_WORDS = 1, REQUEST_EXTENSION, REQUEST_ANSWER };

struct request_row {
	struct id id, kase, person, linked, document; /* zero: none */
	char right[16], state[16], ground[64];
	int32_t received, due, extended, settled; /* days; 0: not yet */
	int64_t at;
	uint64_t leaf, key; /* key 0: the words are gone */
};

int request_row_by_id(struct tx *tx, const struct id *id,
    struct request_row *out, struct err *e) NODISCARD;
/* ERR_NOT_FOUND, also for what is no id. */
int request_row_find(struct tx *tx, const char *id, struct request_row *out,
    struct err *e) NODISCARD;
int request_row_insert(struct tx *tx, const struct request_row *row,
    const struct buf *words, struct err *e) NODISCARD;
/* Due, days, state, ground, document, and one sealed part (empty: as it
 * was). */
int request_row_update(struct tx *tx, const struct request_row *row,
    enum request_part part, const struct buf *sealed, struct err *e) NODISCARD;
int request_row_ids(struct tx *tx, const struct id *kase, struct buf *ids,
    struct err *e) NODISCARD;
/* Appended; nothing when there is none. */
int request_row_sealed(struct tx *tx, const struct id *id,
    enum request_part part, struct buf *out, struct err *e) NODISCARD;
/* In French, for letters: "l'accès à vos données". NULL: no such right. */
const char *request_right_words(const char *right);

#endif
