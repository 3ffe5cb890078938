/*
 * What a command hands over as one thing: a folder, or one tar file (POSIX
 * ustar, which every system opens). Complete or not there at all; each file
 * in it is listed with its SHA-256 in SHA256SUMS, which sha256sum -c reads.
 * A tar file has no name until it is whole, so that a killed command leaves
 * nothing of it behind.
 */
#ifndef CLIENT_PACK_H
#define CLIENT_PACK_H

#include "base/buf.h"
#include "base/crypto.h"
#include "client/folder.h"
#include "client/save.h"

#define PACK_NAME_MAX 100			/* bytes of a name, ASCII */
#define PACK_FILE_MAX ((UINT64_C(1) << 33) - 1) /* bytes of a file: ustar's */

struct pack {
	struct folder folder;
	struct save tar;
	int is_tar;
	int64_t now; /* seconds: the date of the files in a tar */
	struct buf sums;
	/* The file that is being written. */
	int fd; /* -1: none */
	uint64_t size, start;
	char name[PACK_NAME_MAX + 1];
};

/*
 * path ending with ".tar": one file; else a folder. ERR_CONFLICT
 * "file-exists", "folder-exists".
 */
int pack_begin(struct pack *p, const char *path, int64_t now, struct err *e)
    NODISCARD;
/* A file of so many bytes, which the caller writes to *fd (borrowed), no
 * more and no less, before pack_close. Folders of its name are made. */
int pack_open(struct pack *p, const char *name, uint64_t size, int *fd,
    struct err *e) NODISCARD;
/* sha256: of what was written. ERR_INTEGRITY: it was not size bytes. */
int pack_close(struct pack *p, const uint8_t sha256[SHA256_LEN], struct err *e)
    NODISCARD;
/* A whole file at once. */
int pack_add(struct pack *p, const char *name, const void *bytes, size_t n,
    struct err *e) NODISCARD;
/* SHA256SUMS last, then durable under its name. */
int pack_commit(struct pack *p, struct err *e) NODISCARD;
/* What was not committed is gone; usable with AUTO. */
void pack_done(struct pack *p);

#endif
