/*
 * Sealed rows of one access: found first, in clear only what is in clear;
 * then, the leaf being durable, their keys are asked for together and each
 * is opened.
 */
#ifndef DAEMON_CORE_ROW_H
#define DAEMON_CORE_ROW_H

#include "daemon/core/core.h"

#define ROW_MIN 128 /* bytes: shorter rows look alike */

struct sealed_row {
	struct id id, kase;
	uint32_t version;
	uint64_t key; /* number */
	uint8_t *p;
	size_t n;
	json_t *clear; /* what the row says in clear; its own */
};
struct sealed_rows {
	struct sealed_row *v;
	size_t n, cap;
};
void rows_done(struct sealed_rows *rows);

/* p is copied; clear is taken, also on failure (NULL there: no memory). */
int rows_add(struct sealed_rows *rows, const struct sealed_row *row,
    json_t *clear, struct err *e) NODISCARD;
/*
 * Open all under leaf: each gets a row and its opened JSON (borrowed). A row
 * whose key was destroyed meanwhile is passed over.
 */
int rows_open(struct core *core, const struct sealed_rows *rows, uint64_t leaf,
    int (*each)(
	void *arg, const struct sealed_row *row, json_t *opened, struct err *e),
    void *arg, struct err *e) NODISCARD;

/*
 * The key numbers that a constant query of one column gives for this id, its
 * one parameter: appended to numbers (u64, host order). NULL ones are passed
 * over.
 */
int rows_key_numbers(struct tx *tx, const char *sql, const struct id *id,
    struct buf *numbers, struct err *e) NODISCARD;
/* Run a constant statement whose one parameter is this id. */
int rows_run(struct tx *tx, const char *sql, const struct id *id, struct err *e)
    NODISCARD;

/* n keys of 32 bytes, one after the other. The caller's. */
int rows_keys(struct core *core, const uint64_t *numbers, size_t n,
    uint64_t leaf, struct secret *keys, struct err *e) NODISCARD;

#endif
