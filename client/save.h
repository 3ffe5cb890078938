/*
 * Files that a command makes: complete or not there at all, readable by
 * their owner only, and in the place of another file only when asked. The
 * bytes have no name until they are whole, so that a killed command leaves
 * nothing in clear behind.
 */
#ifndef CLIENT_SAVE_H
#define CLIENT_SAVE_H

#include <stddef.h>

#include "base/err.h"

struct save {
	const char *path; /* borrowed */
	char *folder;
	char *temporary; /* the name that the bytes have now, or NULL */
	int fd, force;
};

/* Would save_begin accept path? NULL is accepted. ERR_CONFLICT. */
int save_check(const char *path, int force, struct err *e) NODISCARD;
/* Ready to write to s->fd. ERR_CONFLICT tag "file-exists" unless force. */
int save_begin(struct save *s, const char *path, int force, struct err *e)
    NODISCARD;
/* Durable under its name. ERR_CONFLICT tag "file-exists". */
int save_commit(struct save *s, struct err *e) NODISCARD;
/* What was not committed is gone; usable with AUTO. */
void save_done(struct save *s);

int save_bytes(const char *path, int force, const void *p, size_t n,
    struct err *e) NODISCARD;

#define SAVE_NAME_MAX 200 /* bytes of a file's name that we make */

/*
 * A file name from one that others chose, perhaps percent-encoded: no
 * folder, no control character, not hidden, never empty.
 */
void save_name(const char *s, char out[SAVE_NAME_MAX + 1]);

#endif
