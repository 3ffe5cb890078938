/* The rows of drafts of visits (visit_draft.h), between its files. */
#ifndef DAEMON_CORE_VISIT_DRAFT_ROW_H
#define DAEMON_CORE_VISIT_DRAFT_ROW_H

#include "daemon/core/visit_draft.h"

struct draft_row {
	struct id id, kase;
	uint32_t uid;
	char account[64];
	int64_t saved_ms;
	uint64_t revision, key;
	struct buf sealed; /* the words */
};
void draft_row_done(struct draft_row *row);

/* A file: id owns it in the store, content is in its seal. */
struct draft_page_row {
	struct id id, content;
	uint64_t key;
};

/* The caller's of this case: 1 and *out, or 0. */
int draft_row_find(struct tx *tx, const struct caller *caller,
    const struct id *kase, struct draft_row *out, struct err *e) NODISCARD;
/* A new row, or the one of this id anew. */
int draft_row_put(struct tx *tx, const struct draft_row *row, struct err *e)
    NODISCARD;
int draft_page_put(struct tx *tx, const struct id *draft,
    const struct draft_page_row *page, struct err *e) NODISCARD;
/* Of this draft; ERR_NOT_FOUND "not-found". */
int draft_page_find(struct tx *tx, const struct id *draft, const struct id *id,
    struct draft_page_row *out, struct err *e) NODISCARD;
/* Row and store forget it. */
int draft_page_drop(struct tx *tx, const struct id *id, struct err *e)
    NODISCARD;
/* The draft with all of its files. */
int draft_row_drop(struct tx *tx, const struct id *draft, struct err *e)
    NODISCARD;

/* When it goes: the first instant after; ERR_REFUSED "figure-missing". */
int draft_until(const struct core *core, int64_t saved_ms, int64_t *until_ms,
    struct err *e) NODISCARD;
/* The leaf of what became of it: "kept", "given-up", "entered", "expired". */
int draft_leaf(struct core *core, struct tx *tx, const struct caller *caller,
    const struct draft_row *row, const char *state,
    const struct decision *decision, int64_t now_ms, uint64_t *leaf,
    struct err *e) NODISCARD;
/* The leaf before it is opened. */
int draft_read_leaf(struct core *core, const struct caller *caller,
    const struct draft_row *row, const char *what,
    const struct decision *decision, uint64_t *leaf, struct err *e) NODISCARD;
/* Its words, under that leaf; and its key. */
int draft_words_open(struct core *core, const struct draft_row *row,
    uint64_t leaf, struct secret *key, json_t **out, struct err *e) NODISCARD;

#endif
