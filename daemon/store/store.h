/*
 * The store: a bare git repository of ciphertext that we write ourselves.
 * Blobs of at most 1 MiB go into open segments in git pack format (stored
 * zlib blocks); a group of filings is one append and one fdatasync. Closed
 * segments are ordinary packs. This is the only room that includes git2.h
 * and zlib.h.
 *
 * Rows (tables segment, chunk, published) are written inside the caller's
 * transaction: a blob without a row is garbage, a row without its blob is
 * corruption and is reported (ERR_INCOMPLETE).
 */
#ifndef DAEMON_STORE_STORE_H
#define DAEMON_STORE_STORE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/merkle.h"
#include "daemon/catalog/catalog.h"

#define STORE_BLOB_MAX (1u << 20)      /* bytes of ciphertext in a blob */
#define STORE_MEMORY_MAX (8u << 20)    /* staged in memory, then on disk */
#define STORE_SEGMENT_MAX (256u << 20) /* a segment closes at this size */

extern const char *const store_schema;

struct store;

/*
 * Open DIR (made when missing: a bare repository whose HEAD names a ref that
 * is created at the first publication). reserve: bytes of free disk under
 * which appends are refused (ERR_FULL, tag "disk-reserve"). Truncates the
 * tail of open segments after the last byte the catalog knows, removes
 * leftovers under incoming/.
 */
int store_open(const char *dir, struct catalog *c, uint64_t reserve,
    struct store **out, struct err *e) NODISCARD;
void store_freep(struct store **s);

/*
 * A stage holds the sealed bytes of one object while they arrive. Any
 * thread. stage_write takes sealed bytes in any cut; above STORE_MEMORY_MAX
 * they go to a pack of their own under incoming/, unlinked by stage_freep
 * unless it was appended. ERR_FULL.
 */
struct stage;
int stage_new(struct store *s, struct stage **out, struct err *e) NODISCARD;
int stage_write(struct stage *g, const void *p, size_t n, struct err *e)
    NODISCARD;
int stage_finish(struct stage *g, struct err *e) NODISCARD;
uint64_t stage_size(const struct stage *g); /* sealed bytes so far */
void stage_freep(struct stage **g);

/*
 * Append a group: one thread at a time. Durable when it returns; each stage
 * then knows its places. ERR_FULL leaves nothing; ERR_IO: stop the daemon.
 */
int store_append(struct store *s, struct stage *const *stages, size_t n,
    struct err *e) NODISCARD;

/* What an object is, for its place in the published tree. */
enum store_part {
	STORE_CONTENT = 0, /* the only file, or the first page */
	STORE_MANIFEST = 1,
	STORE_PAGE = 2,	       /* 2 … 2 + 62: the second page and on */
	STORE_SIGNATURE = 128, /* a detached signature */
	STORE_PROOF = 129,     /* a signing service's proof file */
	STORE_PART_MAX = 255
};
enum store_space {
	STORE_DOCUMENTS = 0,
	STORE_EXTRACTS = 1,
	STORE_SUBMISSIONS = 2,
	STORE_DRAFTS = 3 /* files of a visit that is not entered yet */
};

/*
 * Enter the appended stage as a part of version of object owner. hour: hours
 * since 1970, for the commit. Within the caller's transaction.
 */
int store_place(struct tx *tx, struct stage *g, enum store_space space,
    const struct id *owner, uint32_t version, enum store_part part,
    uint64_t hour, struct err *e) NODISCARD;

/*
 * Read a part back: sealed bytes in order, in pieces of at most
 * STORE_BLOB_MAX. The reader pins the segments it uses until freed.
 * store_reader_next gives 0 bytes at the end. ERR_NOT_FOUND: no such part;
 * ERR_INCOMPLETE, ERR_INTEGRITY (CRC-32 or framing of the packed bytes).
 */
struct store_reader;
int store_reader_open(struct store *s, struct tx *tx, const struct id *owner,
    uint32_t version, enum store_part part, struct store_reader **out,
    struct err *e) NODISCARD;
uint64_t store_reader_size(const struct store_reader *r);
int store_reader_next(struct store_reader *r, struct buf *out, struct err *e)
    NODISCARD;
void store_reader_freep(struct store_reader **r);

/* Drop the rows of a version (0: all versions) of owner; its blobs are dead
 * from then on. Within the caller's transaction. */
int store_forget(struct tx *tx, const struct id *owner, uint32_t version,
    struct err *e) NODISCARD;

/* How the store asks others for what it may not do itself. */
struct store_hooks {
	void *arg;
	/* The signed commit object of a version (the agent's). */
	int (*sign)(void *arg, const uint8_t tree[20], const uint8_t *parent,
	    uint32_t version, uint64_t hour, struct buf *commit, struct err *e);
	/* Run apply in one writer transaction, durable on return. */
	int (*commit)(void *arg,
	    int (*apply)(struct tx *tx, void *apply_arg, struct err *e),
	    void *apply_arg, struct err *e);
};

struct store_report {
	uint64_t versions, refs; /* publish */
	uint64_t segments, dead_bytes, dropped_objects, live_bytes; /* sweep */
};

/* 1: a publication has something to do. */
int store_has_unpublished(struct tx *tx, struct err *e) NODISCARD;

/*
 * Publish: close the open segments, write trees, signed commits and
 * packed-refs for every version not yet published, drop the refs of what was
 * forgotten. Afterwards git fsck --full --strict, verify-commit, clone
 * --mirror work. One document, one branch: refs/documents/<id>,
 * refs/extracts/<id>, refs/submissions/<id>, refs/drafts/<id>; the tree holds,
 * for each part, its chunks in order (c00000000…, p02-00000000…, manifest,
 * signature-00000000…); the parent is the previous version. A document whose
 * versions were partly forgotten is rewritten from the living ones.
 */
int store_publish(struct store *s, const struct store_hooks *h,
    struct store_report *rep, struct err *e) NODISCARD;

/*
 * Sweep: rewrite every closed segment in which more than share (0..1) of the
 * bytes are dead (share 0: any dead byte), copying the living; offsets move
 * in one transaction; the old file goes after its last reader. Unpublished
 * trees and commits that no ref reaches go too. When it returns the dead
 * blobs are physically gone from the store's files.
 */
int store_sweep(struct store *s, const struct store_hooks *h, double share,
    struct store_report *rep, struct err *e) NODISCARD;

/* Every row has its blob, every blob its CRC: ERR_INCOMPLETE/INTEGRITY. */
int store_verify(struct store *s, uint64_t *blobs, struct err *e) NODISCARD;

/* Free bytes of the disk above the reserve; 0 when it is reached. */
uint64_t store_room(struct store *s);

#endif
