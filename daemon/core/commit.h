/*
 * The commit pipeline: how a change becomes durable, and in which order
 * (DESIGN.md, 3.1). Two threads: an appender (segments, one fdatasync a
 * group) and a committer (one catalog transaction a group, then the head).
 *
 * A change's apply runs in the committer's thread, inside the group's
 * transaction, under a savepoint of its own: it checks what must still be
 * true, writes rows and appends at least one leaf. When it fails, only its
 * own work is undone; the others of the group stand.
 */
#ifndef DAEMON_CORE_COMMIT_H
#define DAEMON_CORE_COMMIT_H

#include "daemon/audit/audit.h"
#include "daemon/catalog/catalog.h"
#include "daemon/core/vaultclock.h"
#include "daemon/store/store.h"

#define COMMIT_STAGES_MAX 70
#define COMMIT_GROUP_MAX 256 /* changes in a group */

struct committer;

struct change {
	struct stage *stages[COMMIT_STAGES_MAX]; /* borrowed; appended first */
	size_t nstages;
	/*
	 * now_ms: vault time of the group, for audit_append; what a row must
	 * share with its leaf is audit_time of it. Must not block on the
	 * agent, the inspector or another commit.
	 */
	int (*apply)(struct tx *tx, int64_t now_ms, void *arg, struct err *e);
	void *arg;
	/* 1: return when a signed head covers it (writes, receipts). 0: when
	 * the catalog holds it (reads need only their leaf). */
	int need_head;
};

/* store may be NULL when no change has stages. */
int committer_open(struct catalog *c, struct store *s, struct audit *a,
    struct vault_clock *clock, struct committer **out, struct err *e) NODISCARD;
/* Waits for what was given; then stops the threads. */
void committer_freep(struct committer **c);

/*
 * Run a change; blocks. The error of its apply, ERR_FULL, or ERR_PENDING:
 * it is committed and its head is not signed yet (agent gone or sealed).
 */
int commit_run(struct committer *c, struct change *ch, struct err *e) NODISCARD;

/* Did an fsync or a commit fail? Then the daemon must stop. */
int committer_is_broken(const struct committer *c);

#endif
