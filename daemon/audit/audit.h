/*
 * The audit log: leaves in the same transaction as what they tell, a Merkle
 * tree over them, heads signed by the agent, tiles and checkpoint written
 * for whoever verifies. Tables leaf, detail, head.
 *
 * Writing (audit_append, audit_settle, audit_rewind) belongs to the
 * committer's thread; reading is for any thread.
 */
#ifndef DAEMON_AUDIT_AUDIT_H
#define DAEMON_AUDIT_AUDIT_H

#include <jansson.h>

#include "base/leaf.h"
#include "base/note.h"
#include "base/secret.h"
#include "daemon/catalog/catalog.h"
#include "keys/agent.h"

extern const char *const audit_schema;

struct audit;

/*
 * dir: the tiles' folder (audit/). Loads the leaf hashes from the catalog.
 * vault: for the context of sealed details. agent may be sealed then, or
 * NULL, which is as if it never answered. ERR_INTEGRITY when leaves are
 * missing, ERR_INCONSISTENT when they are not those of the kept head.
 */
int audit_open(const char *dir, struct catalog *c, struct agent *agent,
    const struct id *vault, struct audit **out, struct err *e) NODISCARD;
void audit_freep(struct audit **a);

/* Who acts: the kernel's word (SO_PEERCRED) and the account's name. */
struct actor {
	uint32_t uid;
	char account[64];
	char role[32]; /* "" when nobody */
};

/*
 * What is stored of detail is one object {actor, class, detail, object,
 * outcome, …} with the caller's as "detail", so that no name collides.
 */
struct audit_entry {
	enum leaf_class klass;
	enum leaf_outcome outcome;
	const struct actor *actor;
	struct id object;		 /* zero: none */
	const uint8_t *bind, *approvals; /* 32 bytes or NULL */
	/*
	 * The detail: why, purpose, rule, facts, explanation; "case" with the
	 * case's id makes who-saw find the leaf by case, "sources" (an array
	 * with "document" in each) by document. Who, object and
	 * class are added by audit. Borrowed; may be NULL.
	 */
	json_t *detail;
	const struct leaf_clear *clear;
	uint32_t nclear;
};

/* The policy version that leaves carry from now on. */
void audit_set_policy(struct audit *a, uint32_t version);
/*
 * How far the machine's clock is ahead of vault time (behind: below 0): it
 * stands in the details of the leaves to come when it is over a second.
 */
void audit_set_clock(struct audit *a, int64_t ahead_ms);

/*
 * The instant a leaf appended at now_ms, vault time, will carry: never before
 * the last leaf's.
 */
int64_t audit_time(const struct audit *a, int64_t now_ms);
/* The last leaf of the catalog: class and time. 0 when there is none. */
int audit_last(struct tx *tx, uint16_t *klass, int64_t *time_ms, struct err *e)
    NODISCARD;

/*
 * Append within tx; *seq gets the leaf's number. Without the month's key
 * (sealed, or the agent away) the leaf has no detail and no tags; who acted
 * waits in memory, in a bounded queue (256), and is told in the detail of
 * the first leaf that has one ("while_sealed").
 */
int audit_append(struct tx *tx, struct audit *a, const struct audit_entry *en,
    int64_t now_ms, uint64_t *seq, struct err *e) NODISCARD;

/* The committer: a point to come back to, before each change's apply. */
uint64_t audit_mark(const struct audit *a);
void audit_rewind(struct audit *a, uint64_t mark);
/* After the catalog's commit, before anybody is answered: what was appended
 * counts from now on. */
void audit_committed(struct audit *a);
/*
 * After the catalog's commit: have the head signed. ERR_SEALED,
 * ERR_UNAVAILABLE: heads wait, leaves stand, a later call covers them all.
 * ERR_INCONSISTENT, tag "log-rolled-back": the agent signed a longer log or
 * another one: stop.
 */
int audit_settle(struct audit *a, struct err *e) NODISCARD;
/*
 * Keep the newest head in the catalog and write what is new of tiles and
 * checkpoint under dir. From any thread that is in no writer transaction;
 * a few times a second is enough: nothing that was promised waits for it.
 */
int audit_flush(struct audit *a, struct err *e) NODISCARD;
/* Forget the month's key: the vault was sealed. Any thread. */
void audit_seal(struct audit *a);
/* Size of the committed log, and of the last signed head. */
uint64_t audit_size(struct audit *a);
uint64_t audit_head_size(struct audit *a);
int audit_root(struct audit *a, uint64_t size, struct hash *out, struct err *e)
    NODISCARD;

/* The newest signed checkpoint (a note). ERR_NOT_FOUND before the first. */
int audit_checkpoint(struct audit *a, struct buf *note, struct err *e)
    NODISCARD;
/* The proof of leaf seq under the newest head that covers it; ERR_PENDING
 * before there is one. */
int audit_proof(struct audit *a, uint64_t seq, struct tlog_proof *out,
    struct err *e) NODISCARD;
/* The leaf's bytes. ERR_NOT_FOUND. */
int audit_leaf(struct tx *tx, uint64_t seq, struct buf *entry, struct err *e)
    NODISCARD;

/*
 * Read the log for a person who may: leaves with details opened (expired
 * details say so), newest first, as an array of objects {leaf, at, class,
 * outcome, policy, account, uid, role, object, detail}. A leaf whose detail
 * expired has "expired": true instead of what is behind policy, one entered
 * without detail "sealed": true, one whose detail is not what the leaf
 * names "damaged": true. Conditions are ANDed; empty ones do not count.
 * limit <= 1000 (0: 100); *next gets the sequence to go on before, or 0 at
 * the end; the array may be short of limit, even empty, before the end,
 * because at most AUDIT_SCAN_MAX leaves are looked at. ERR_SEALED,
 * ERR_UNAVAILABLE.
 */
#define AUDIT_SCAN_MAX 20000

struct audit_query {
	uint64_t before;	    /* only leaves < before; 0: all */
	int64_t since_ms, until_ms; /* since <= time < until */
	const char *account;	    /* what-did */
	/* who-saw: the object, or detail.case, or the document of one of
	 * detail.sources: what an extract was made from. */
	const struct id *object;
	uint16_t klass;
	uint32_t limit;
};
int audit_read(struct audit *a, struct tx *tx, const struct audit_query *q,
    json_t **out, uint64_t *next, struct err *e) NODISCARD;

/*
 * Each leaf of this class, outcome OK, with from <= seq < until, in order,
 * as its entry says it and not as columns beside it do. Every entry looked at
 * is compared with its hash: ERR_INTEGRITY. What each returns below 0.
 */
int audit_trace(struct tx *tx, enum leaf_class klass, uint64_t from,
    uint64_t until, int (*each)(void *arg, const struct leaf *l, struct err *e),
    void *arg, struct err *e) NODISCARD;

/* Write checkpoint, tiles and entries under dir for sceau verify. The live
 * folder audit/ already has that form. */
int audit_export(struct audit *a, struct tx *tx, int dirfd, struct err *e)
    NODISCARD;

/*
 * Compare every leaf of the snapshot with the tree, and every detail with
 * its leaf: ERR_INTEGRITY names the leaf. *leaves gets how many were read.
 */
int audit_check(struct audit *a, struct tx *tx, uint64_t *leaves, struct err *e)
    NODISCARD;

/* Months (year * 12 + month - 1) whose details exist, ascending. */
int audit_months(struct tx *tx, uint32_t *months, size_t *n, size_t room,
    struct err *e) NODISCARD;
/* Drop the details of a month whose key was destroyed. */
int audit_expire(struct tx *tx, uint32_t month, struct err *e) NODISCARD;

#endif
