/*
 * Uploads: a body is sealed while it arrives, into a stage under a key of
 * its own, its SHA-256 running, a copy in anonymous memory for inspection;
 * nothing of it is ever in clear on disk. An upload belongs to one uid, may
 * be resumed at its offset while the daemon lives, and is dropped after
 * UPLOAD_IDLE_MS without use.
 */
#ifndef DAEMON_CORE_UPLOAD_H
#define DAEMON_CORE_UPLOAD_H

#include "daemon/core/core.h"

#define UPLOADS_PER_UID 128   /* open at once: two documents of all pages */
#define UPLOADS_PER_PARTNER 4 /* likewise, of a partner */
#define UPLOADS_MAX 512	      /* of all people together */
#define UPLOAD_IDLE_MS (INT64_C(3600) * 1000) /* dropped after an hour */
#define UPLOAD_YIELD_MS (INT64_C(60) * 1000)  /* idle: may go under pressure */
#define UPLOAD_MEMORY_MAX (UINT64_C(128) << 20) /* copies for inspection */
#define UPLOAD_HEAD_MAX (UINT64_C(1) << 20)	/* kept of what is too large */

struct upload;
struct uploads;

int uploads_open(struct uploads **out, struct err *e) NODISCARD;
void uploads_freep(struct uploads **u);
/* Drop all that nobody is using, and the others when they are put back: the
 * vault was sealed. */
void uploads_reset(struct uploads *u);

/* Bytes of one upload of this caller: file-max; less for a partner. */
uint64_t uploads_max(const struct core *c, const struct caller *caller);

/*
 * Take an upload to write at offset; made when there is none and offset is
 * 0. Never blocks: for the event loop. Give it back with upload_pause.
 * ERR_INVALID (id_text), ERR_DENIED tag "nobody", ERR_SEALED, ERR_CONFLICT
 * tag "offset" (the text says what is there) or "upload-finished", ERR_BUSY
 * (in use, no key ready, over a limit), ERR_FULL.
 */
int uploads_begin(struct core *c, const struct caller *caller,
    const char *id_text, uint64_t offset, struct upload **out, struct err *e)
    NODISCARD;
/* The next n bytes, any cut. After an error only upload_pause may follow.
 * ERR_TOO_LARGE over the vault's file-max, ERR_FULL, ERR_BUSY when there is
 * no memory for inspection: what arrived before stays. */
int upload_write(struct upload *u, const void *p, size_t n, struct err *e)
    NODISCARD;
uint64_t upload_offset(const struct upload *u);
/* End of a body, whole or cut: u is not the caller's any more. */
void upload_pause(struct upload *u);

/* How much is there. ERR_NOT_FOUND: none of this uid's. */
int uploads_offset(struct core *c, const struct caller *caller,
    const char *id_text, uint64_t *offset, struct err *e) NODISCARD;

/* --- for filing ---------------------------------------------------------- */

/* What a finished upload is. The stage and fd stay the upload's. */
struct upload_facts {
	struct id id;
	struct stage *stage;
	uint64_t key;  /* number */
	uint64_t size; /* true bytes */
	uint8_t sha256[32];
	int fd;	       /* memfd, sealed against writing */
	int whole;     /* 0: fd has only the first MiB */
	uint64_t held; /* bytes in fd */
};
/*
 * Take an upload to file it: padded, sealed to its end. ERR_NOT_FOUND tag
 * "upload", ERR_BUSY when a body is still arriving.
 */
int uploads_take(struct core *c, const struct caller *caller,
    const char *id_text, struct upload **out, struct upload_facts *facts,
    struct err *e) NODISCARD;
/* Taken uploads: put back for another try, or drop for good. */
void upload_put(struct upload **u);
void upload_drop(struct upload **u);

#endif
