/*
 * The rules in the catalog, and what the modules of the rules share. Tables
 * rule_text (bytes by their SHA-256), rule_proposal and rule_file (a set and
 * its files, whether it was applied or not), rule_set (the generations).
 */
#ifndef DAEMON_CORE_RULES_ROWS_H
#define DAEMON_CORE_RULES_ROWS_H

#include "daemon/core/rules.h"

#define RULES_FORMAT "sceau rules set 1\n"

/* Files of a set, by name; names and bytes are its own or borrowed. */
struct rules_files {
	struct policy_file v[POLICY_FILES_MAX];
	size_t n;
	int owned;
};
void rules_files_done(struct rules_files *f);
/* Those a policy was loaded from: borrowed. */
void rules_files_of(const struct policy *p, struct rules_files *out);
/* NULL when there is none of that name. */
const struct policy_file *rules_file_named(
    const struct rules_files *f, const char *name);
/*
 * One line a file, as sha256sum prints it: "HEX  NAME". The digest of a set
 * is the SHA-256 of RULES_FORMAT and these lines.
 */
int rules_manifest(const struct rules_files *f, struct buf *out, struct err *e)
    NODISCARD;
int rules_digest(const struct rules_files *f, uint8_t out[32], struct err *e)
    NODISCARD;

/* A set that was proposed; that was applied when generation is not 0. */
struct rules_row {
	struct id id;
	uint32_t base;	  /* the generation it takes the place of; 0: none */
	uint32_t version; /* of the rules */
	uint8_t set[32], sha256[32], people[32];
	char what[32]; /* the approval it takes; "genesis" */
	struct buf page;
	uint32_t uid; /* who proposed it */
	char account[64];
	int64_t at_ms;
	uint64_t leaf;
	/* Once applied: */
	uint32_t generation;
	uint32_t applied_uid;
	char applied_by[64];
	int64_t applied_ms;
	uint64_t applied_leaf;
};
void rules_row_done(struct rules_row *row);
/* What the rules say of themselves, and the digest of f. */
int rules_row_fill(struct rules_row *row, const struct policy *p,
    const struct rules_files *f, struct err *e) NODISCARD;

/* ERR_NOT_FOUND. */
int rules_row_load(struct tx *tx, const struct id *id, struct rules_row *out,
    struct err *e) NODISCARD;
int rules_row_of(struct tx *tx, uint32_t generation, struct rules_row *out,
    struct err *e) NODISCARD;
/* The proposal of this set over this base: 1 and *id, or 0. */
int rules_row_find(struct tx *tx, uint32_t base, const uint8_t set[32],
    struct id *id, struct err *e) NODISCARD;
/* The newest generation; 0: none yet. */
int rules_newest(struct tx *tx, uint32_t *generation, struct err *e) NODISCARD;
/* The files, each checked against its digest: ERR_INTEGRITY. */
int rules_files_load(struct tx *tx, const struct id *id,
    struct rules_files *out, struct err *e) NODISCARD;

/* A proposal and its files. */
int rules_insert(struct tx *tx, const struct rules_row *row,
    const struct rules_files *f, struct err *e) NODISCARD;
/* It becomes row->generation. ERR_CONFLICT. */
int rules_insert_generation(
    struct tx *tx, const struct rules_row *row, struct err *e) NODISCARD;

/* --- between the modules ------------------------------------------------ */

/* Which approval it takes to put b in the place of a (policy_approval). */
const char *rules_takes(const struct policy *a, const struct policy *b);
/*
 * A lost key (DESIGN.md): b gives one person of a's other keys and changes
 * nothing else, and as many custodians as a's figure recovery-quorum asks
 * attested the page while approvals of it hold, before the row's applied_leaf
 * (the next one, while it is being applied). 1: they stand in for one
 * signature, *words is what they leave in the digest of the act; 0: no.
 */
int rules_spared(struct tx *tx, const struct policy *a, const struct policy *b,
    const struct rules_row *row, struct buf *words, struct err *e) NODISCARD;
/* The page up to the digests: what a and b are, and where. */
int rules_page_head(const struct core *core, const struct rules_row *a,
    const struct rules_row *b, struct buf *out, struct err *e) NODISCARD;
/* The whole page. b->page is set. */
int rules_page(const struct core *core, const struct rules_row *a,
    const struct policy *pa, struct rules_row *b, const struct policy *pb,
    struct err *e) NODISCARD;

/* A set that is or was in force. p is taken. */
int rules_keep(struct core *core, uint32_t generation, struct policy *p,
    struct err *e) NODISCARD;
/* From now on generation decides: it is kept already. */
void rules_switch(struct core *core, uint32_t generation);
/* Every generation against its digests, signatures and leaf; each is kept.
 * ERR_INCONSISTENT tag "rules-edited". */
int rules_check(
    struct core *core, struct tx *tx, uint32_t newest, struct err *e) NODISCARD;
/* A proposal as it stands: what rules_show_proposal answers. */
int rules_proposal_json(struct core *core, struct tx *tx, const struct id *id,
    uint64_t leaf, json_t **answer, struct err *e) NODISCARD;
/* Who applies is alone until rules_leave. */
void rules_enter(struct core *core);
void rules_leave(struct core *core);

#endif
