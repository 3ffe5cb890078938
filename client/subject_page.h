/*
 * What a person's copy is made of, beside the originals: its page to read
 * first, and its tables. In French whoever makes it: the household reads it.
 */
#ifndef CLIENT_SUBJECT_PAGE_H
#define CLIENT_SUBJECT_PAGE_H

#include "client/csv_out.h"

/* j: the vault's answer. Appended. */
int subject_page(const json_t *j, struct buf *out, struct err *e) NODISCARD;

struct subject_list {
	const char *file;   /* NULL ends the lists */
	const char *member; /* of the answer: an array of objects */
	/* Instead of a member: rows made of the answer; NULL: no memory. */
	json_t *(*make)(const json_t *j);
	struct csv_column columns[10];
};
extern const struct subject_list subject_lists[];
/* Of the files that were put into it: {file, title, name, filed_at, size,
 * sha256, document}. */
extern const struct subject_list subject_originals;

#endif
