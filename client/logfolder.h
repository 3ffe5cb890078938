/*
 * A log as a folder of files (C2SP tlog-tiles), checked whole and offline:
 * checkpoint, tile/L/N, tile/entries/N; beside them, where they were exported
 * too, bilan/YYYY-MM: the signed months of the bilan (bilannote.h).
 */
#ifndef CLIENT_LOGFOLDER_H
#define CLIENT_LOGFOLDER_H

#include "base/leaf.h"
#include "client/bilannote.h"

#define TILE_WIDTH 256
/* An entry's length is a u16. */
#define TILE_BYTES_MAX (TILE_WIDTH * (2 + 65535))

/* The checkpoint of a signed note. ERR_INTEGRITY tag "log-forged". */
int logfolder_head(const struct buf *note, const struct note_key *key,
    struct checkpoint *out, struct err *e) NODISCARD;

/*
 * Call each with every file that a log of size leaves has besides its
 * checkpoint, in the order of levels. level -1: the entries.
 */
typedef int logfolder_fn(
    void *arg, int level, uint64_t n, unsigned width, struct err *e);
int logfolder_tiles(uint64_t size, logfolder_fn *each, void *arg, struct err *e)
    NODISCARD;

struct logfolder_report {
	struct checkpoint head, since;
	uint64_t tiles;	  /* files that were read */
	int64_t first_ms; /* times of the first and the last leaf */
	int64_t last_ms;
	size_t bilans; /* signed months beside the log (LOG_BILANS) */
	char bilan_first[8], bilan_last[8]; /* YYYY-MM */
};

/* Where the signed months of the bilan are, within the folder of a log. */
#define LOG_BILANS "bilan"

/*
 * Read everything that the checkpoint of dir covers, and compute every hash,
 * the root and the signature anew. since: an older signed note, or NULL.
 * ERR_INTEGRITY tag "log-forged" names the file or the leaf; ERR_INCOMPLETE
 * tag "log-incomplete" the file that is missing; ERR_INCONSISTENT tag
 * "log-inconsistent": not the log that since was a part of. Signed months of
 * the bilan that lie beside it are checked as bilan_notes_check does, and each
 * must name a leaf of this log that says so: ERR_INTEGRITY tag "forged-bilan".
 */
int logfolder_check(const char *dir, const struct note_key *key,
    const struct buf *since, struct logfolder_report *out, struct err *e)
    NODISCARD;

/*
 * What a restored vault has forgotten: both folders are checked whole, and
 * each leaf of newer, from the first that is not own's, which protects
 * somebody and says in clear what it is about (a restriction, an objection, a
 * withdrawal, a hold, an erasure) is given to each, in order; clear entries
 * are the leaf's. *from: the number of that first leaf; newer's size when own
 * has all of it. Errors as logfolder_check; what each returns below 0.
 */
typedef int logfolder_leaf_fn(
    void *arg, const struct leaf *leaf, struct err *e);
int logfolder_lost(const char *own, const char *newer,
    const struct note_key *key, logfolder_leaf_fn *each, void *arg,
    uint64_t *from, struct err *e) NODISCARD;

#endif
