/*
 * The draft of a visit: what one person typed into its form and the files
 * they chose, kept sealed in the vault until the visit is entered. It is of
 * one case and of one person, and nobody else is told that it is there.
 * Nothing rests on it: it is in no list of documents, no count, no extract.
 * It goes when the visit is entered, when it is given up, after the days that
 * the rules say (figure "visit-draft-days"), and with its case.
 *
 * Tables visit_draft (a row: ids, uid, account, revision and time in clear,
 * the words sealed), visit_draft_page (a file in the store, under a key of its
 * own), visit_draft_mark (the highest key number that a draft ever had: those
 * that went are in no row, and join the next delete set, burnt.h).
 */
#ifndef DAEMON_CORE_VISIT_DRAFT_H
#define DAEMON_CORE_VISIT_DRAFT_H

#include "daemon/core/core.h"
#include "daemon/core/due.h"

#define VISIT_DRAFT_PAGES_MAX 64	  /* whatever the rules say */
#define VISIT_DRAFT_WORDS_MAX (64u << 10) /* bytes of what is typed */
#define VISIT_DRAFT_NAME_MAX 64		  /* bytes of a field's name */
#define VISIT_DRAFT_PART_MAX 64		  /* which document a file is of */
/* Who may file this may have a draft: a visit always brings a contact. */
#define VISIT_DRAFT_KIND "contact"

extern const char *const visit_draft_schema;

/* A file: one that is kept already, or an upload of the caller's. */
struct visit_draft_page {
	const char *page, *upload; /* one of the two; the other NULL */
	const char *name;
	int part, turns; /* the form's own: 0 and on; quarters, 0 to 3 */
};
struct visit_draft_saying {
	const char *kase;
	uint64_t over;	    /* the revision that it follows; 0: none */
	const json_t *said; /* {field: [text, …]} */
	struct visit_draft_page pages[VISIT_DRAFT_PAGES_MAX];
	size_t npages;
};
/*
 * All of the draft, as it is now: a file that is not named goes. {draft,
 * revision, saved_at, until, pages: [{page, part, name, size, sha256, turns}],
 * leaf}.
 *
 * ERR_CONFLICT "visit-draft-changed": over is not its revision (it was saved
 * elsewhere, given up or entered); ERR_INVALID "visit-draft"; ERR_TOO_LARGE
 * "visit-draft-size" (more words, files or bytes than the rules let one keep);
 * ERR_REFUSED "empty-file", "figure-missing"; ERR_NOT_FOUND "upload".
 */
int visit_draft_keep(struct core *core, const struct caller *caller,
    const struct visit_draft_saying *s, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/* The caller's own of this case: as above, and said. None, another's and one
 * that is too old are one answer: draft null, revision 0. */
int visit_draft_read(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* The bytes of one of its files. ERR_NOT_FOUND "visit-draft". */
int visit_draft_content(struct core *core, const struct caller *caller,
    const char *kase, const char *page, struct id *object, struct buf *out,
    uint64_t *leaf, struct err *e) NODISCARD;
/* It is given up: {draft, leaf}. ERR_NOT_FOUND "visit-draft". */
int visit_draft_drop(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/* Within the change that enters the visit: this draft of the caller's goes,
 * with its leaf. Nothing when they have no such one in this case. */
int visit_draft_entered(struct core *core, struct tx *tx,
    const struct caller *caller, const struct id *kase, const struct id *draft,
    int64_t now_ms, struct err *e) NODISCARD;

/* What is older than the rules let it be goes, a leaf each; *n of them. Once a
 * day; nothing while the vault is sealed or its clock is suspect. */
int visit_draft_pass(struct core *core, size_t *n, struct err *e) NODISCARD;

/* Lines of the list of what is due: to its own person, nobody else. */
int visit_draft_due(struct due_list *d, struct err *e) NODISCARD;

int visit_draft_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int visit_draft_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
