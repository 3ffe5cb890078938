/*
 * A record that a command composes, filed as sceau file would: no file of it
 * is ever on a disk. The same command run again after a cut gives the first
 * answer.
 */
#ifndef CLIENT_RECORD_FILE_H
#define CLIENT_RECORD_FILE_H

#include <jansson.h>

#include "client/upload.h"

/* replaces: the document it is a new version of, or NULL. */
int record_file(struct cli *c, const char *kase, const char *kind,
    const json_t *record, const char *replaces, json_t **answer, struct err *e)
    NODISCARD;
/* Its bytes as a file, in anonymous memory, under this name (borrowed): the
 * same record has the same ones. source_done is the caller's. */
int record_source(struct source *s, const json_t *record, const char *name,
    struct err *e) NODISCARD;
/* The record of a document as it stands. */
int record_get(struct cli *c, const char *document, json_t **record,
    struct err *e) NODISCARD;

#endif
