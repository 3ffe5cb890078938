/*
 * The signed text of a frozen month of the bilan, checked offline:
 *
 *   sceau bilan 1
 *   month YYYY-MM
 *   leaf N
 *   total CODE NUMBER      as many as the rules name exact
 *   counts SHA-256         of what was counted in full, salted
 *
 * as a note signed by the vault's log key. The leaf it names is in the log.
 */
#ifndef CLIENT_BILANNOTE_H
#define CLIENT_BILANNOTE_H

#include "base/note.h"

#define BILAN_NOTES_MAX 1200 /* months of one log */

struct bilan_note {
	char month[8];	/* YYYY-MM */
	uint64_t leaf;	/* that says that it was frozen */
	size_t text;	/* bytes that are signed, from the start */
	size_t ntotals; /* lines "total" */
};
/*
 * ERR_INTEGRITY tag "forged-bilan": not signed by this key, or not such a
 * text; another note of the same key is none.
 */
int bilan_note_check(const struct buf *note, const struct note_key *key,
    struct bilan_note *out, struct err *e) NODISCARD;

/* The lines "total" of a checked note, in order, until it returns below 0. */
int bilan_note_totals(const struct buf *note, const struct bilan_note *checked,
    int (*each)(void *arg, const char *code, uint64_t n, struct err *e),
    void *arg, struct err *e) NODISCARD;

/*
 * The notes of a folder, files named YYYY-MM: each checked, named as the
 * month it says, no month missing between the first and the last, and leaves
 * in the order of months. A folder that is not there has none. *out (room for
 * BILAN_NOTES_MAX) by month. ERR_INTEGRITY tag "forged-bilan" names the file;
 * ERR_INCOMPLETE tag "bilan-missing" the month.
 */
int bilan_notes_check(int dirfd, const char *path, const struct note_key *key,
    struct bilan_note *out, size_t *n, struct err *e) NODISCARD;

#endif
