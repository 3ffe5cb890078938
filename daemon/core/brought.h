/*
 * What a form brought home: an envelope (base/envelope.h) that was uploaded
 * as any file is, opened with the key agent, its files made into uploads of
 * their own and its words into the body of a visit. Nothing is filed here,
 * and nothing of it is ever in clear on a disk.
 *
 * The envelope's text: u32 big-endian length of a record || the record (JSON,
 * RFC 8259) || the bytes of the files, in the order the record names them,
 * and nothing more:
 *
 *   {"form": 1, "kind": what the page was made for,
 *    "documents": [{…, "pages": [{"name": …, "size": bytes}, …]}, …],
 *    "consents": […], "refusal": {…}}
 *
 * as the body of POST /v1/cases/{case}/visits, with the size of a page's file
 * in place of its upload. consents and refusal may be absent.
 */
#ifndef DAEMON_CORE_BROUGHT_H
#define DAEMON_CORE_BROUGHT_H

#include <jansson.h>

#include "daemon/core/core.h"
#include "daemon/core/upload.h"

#define BROUGHT_MAX (UINT64_C(32) << 20)       /* bytes of an envelope */
#define BROUGHT_RECORD_MAX (UINT32_C(1) << 20) /* bytes of its record */
#define BROUGHT_FILES_MAX 100

struct brought {
	struct core *core;
	const struct caller *caller;
	json_t *body;	    /* documents, consents, refusal: of a visit */
	struct id envelope; /* the first 128 bits of the file's SHA-256 */
	struct upload *upload;
	size_t nfiles;
	uint64_t size[BROUGHT_FILES_MAX];
	char file[BROUGHT_FILES_MAX][ID_TEXT]; /* uploads */
};

/*
 * Open the uploaded envelope, for this case. The caller may read the case;
 * the leaf that says that it is opened is durable before the agent is asked.
 * ERR_REFUSED tags "form-file" (no envelope), "form-key" (sealed to another
 * vault's key), "form-damaged", "form-content" (whole, but not what a form
 * holds); ERR_TOO_LARGE "form-size"; ERR_NOT_FOUND "upload". *out must be
 * {0}; it is the caller's, also after an error.
 */
int brought_open(struct core *core, const struct caller *caller,
    const char *kase, const char *upload, struct id *object,
    struct brought *out, struct err *e) NODISCARD;
/* The envelope is entered: its upload goes as well. */
void brought_entered(struct brought *b);
/* What of the files was not filed goes; the envelope may be tried again.
 * Usable with AUTO. */
void brought_done(struct brought *b);

#endif
