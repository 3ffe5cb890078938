/*
 * Folders that a command makes: complete or not there at all. They grow
 * under another name beside their place, readable by their owner only, and
 * get their own name when everything is in them.
 */
#ifndef CLIENT_FOLDER_H
#define CLIENT_FOLDER_H

#include <sys/types.h>

#include "base/err.h"

struct folder {
	char *path;	 /* what it will be called */
	char *temporary; /* what it is called now; NULL when it is done */
};

/* ERR_CONFLICT tag "folder-exists" when something is at path, an empty
 * folder excepted. */
int folder_begin(struct folder *f, const char *path, struct err *e) NODISCARD;
/* path/name within the folder as it is called now; the caller frees. */
int folder_path(const struct folder *f, const char *name, char **out,
    struct err *e) NODISCARD;
/* A file of it, with the folders of its name made as needed. */
int folder_write(const struct folder *f, const char *name, const void *p,
    size_t n, mode_t mode, struct err *e) NODISCARD;
/* Durable under its name. ERR_CONFLICT tag "folder-exists". */
int folder_commit(struct folder *f, mode_t mode, struct err *e) NODISCARD;
/* What was not committed is gone; usable with AUTO. */
void folder_done(struct folder *f);

#endif
