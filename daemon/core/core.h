/*
 * The core: what its modules share. One module owns each table; this header
 * has the handles, the caller, fresh keys, sealed rows and decisions.
 */
#ifndef DAEMON_CORE_CORE_H
#define DAEMON_CORE_CORE_H

#include <jansson.h>
#include <pthread.h>

#include "base/settings.h"
#include "daemon/audit/audit.h"
#include "daemon/catalog/catalog.h"
#include "daemon/core/commit.h"
#include "daemon/inspect/inspect.h"
#include "daemon/store/store.h"
#include "keys/agent.h"
#include "policy/policy.h"

struct uploads;
struct search;
struct keypool;
struct inflight; /* idempotency keys whose first request is running */
struct rules;	 /* the rules in force and those before (rules.h) */
struct glass;	 /* who broke which glass (glass.h) */
struct step_ups; /* statements used (step_up.h) */
struct clock;	 /* vault time (clock.h) */
struct clocks;

struct core {
	struct settings settings;
	struct catalog *catalog;
	struct store *store;
	struct audit *audit;
	struct committer *committer;
	struct agent *agent;
	struct inspector *inspector;
	/*
	 * The rules in force. Each is immutable, and lives as long as the
	 * daemon runs; another takes its place when it is applied (rules.h).
	 * Who decides several things on one set reads this once.
	 */
	struct policy *_Atomic policy;
	struct rules *rules;
	struct glass *glass;
	struct step_ups *step_ups;
	struct keypool *keys;
	struct uploads *uploads;
	struct search *search;
	struct inflight *inflight;
	struct agent_public *public; /* NULL until the first unseal */
	/*
	 * Numbers below were given before this run of the daemon: those that
	 * no row has are burnt, and join the next delete set. 0 before the
	 * first unseal; guarded by lock.
	 */
	uint64_t keys_before;
	_Atomic int32_t archived_day; /* of the last archive_pass */
	_Atomic int32_t drafts_day;   /* of the last visit_draft_pass */
	_Atomic int32_t staged_day;   /* of the last stage_pass */
	/* What the day's look for objects to destroy found: how many, since
	 * when (the last day of the first), on which day; 0: none yet. */
	_Atomic int64_t due_objects;
	_Atomic int32_t due_since, due_day;
	_Atomic int rechecks; /* running now (recheck.h) */
	int open;	      /* unsealed, and core_unsealed has run */
	pthread_mutex_t lock; /* guards public, open */
	struct clock *clock;
};

/*
 * Vault time: what every module counts by (vaultclock.h). No module reads the
 * machine's clock, and the committer hands out vault time too.
 */
int64_t core_now(const struct core *c);

/*
 * Open everything under settings->dir (data/), in order, and close it in
 * reverse. The agent must run (it may be sealed); the inspector may be away.
 */
int core_open_by(const struct settings *s, const struct clocks *clocks,
    struct core **out, struct err *e) NODISCARD;
/* With no other clock to compare that one with. */
int core_open(const struct settings *s, int64_t (*now_ms)(void),
    struct core **out, struct err *e) NODISCARD;
void core_freep(struct core **c);
/* Called when the agent reports an unseal (fetch public keys, raise the
 * number floor, load the search index) and a seal (drop what is open). */
int core_unsealed(struct core *c, struct err *e) NODISCARD;
void core_sealed(struct core *c);
/* 0, or ERR_SEALED. */
int core_check_open(struct core *c, struct err *e) NODISCARD;

/* Who asks, through which door. Made by api from the peer's credentials. */
struct caller {
	struct actor actor;
	const struct principal *who; /* NULL: nobody */
	const char *purpose;	     /* asked for; NULL */
	const char *idempotency;     /* key, or NULL */
	int partner_door;	     /* partner.sock */
	/* The Sceau-Step-Up header, as it came; NULL (step_up.h). */
	const char *step_up;
	/* A number no other request of this run has: 0, none. */
	uint64_t request;
	/* Partners: fingerprint of the ssh key, as their door tells; NULL. */
	const char *door_key;
	/*
	 * Where core_authorize leaves its last decision, so that the leaf of a
	 * refusal can tell it. The dispatcher's; NULL: nowhere.
	 */
	struct decision *decided;
	/*
	 * What else the leaf of a refusal must tell (the facts of a refused
	 * disclosure): an object, whose members core adds. NULL: nowhere.
	 */
	json_t *told;
};

/* --- decisions -------------------------------------------------------- */

/* The case a decision is about. */
struct case_facts {
	struct id id;
	char team[64], organisation[64], state[16], stage[16];
	enum policy_diagnosis diagnosis;
	uint32_t opened_by;
	uint64_t key;
};
/*
 * Ask the policy; on refusal ERR_DENIED with the decision's tag, or
 * ERR_NOT_FOUND tag "not-found" when the case is another team's (no such
 * and not yours have one answer). c may be NULL. The decision is filled in
 * both cases: callers put decision_json into their leaf.
 */
int core_authorize(struct core *core, const struct caller *caller,
    enum policy_op op, const char *kind, const struct case_facts *c,
    int64_t now_ms, struct decision *d, struct err *e) NODISCARD;
/*
 * {rule, purpose, default, denied, why, policy, generation, role, loan,
 * broken_glass, facts}: a new reference; what is not so is left out. NULL:
 * no memory. facts is all it was decided on, so that it can be decided again
 * (explain.h).
 */
json_t *decision_json(const struct core *core, const struct decision *d);

/*
 * Append a leaf for this caller within tx: its actor is filled in. Every act
 * enters its leaves through one of the two. A decision in en->detail that
 * rests on a step-up spends the statement here, and the detail keeps it
 * ("step_up"). ERR_DENIED "step-up" when another spent it in between.
 */
int core_enter(struct core *core, struct tx *tx, const struct caller *caller,
    const struct audit_entry *en, int64_t now_ms, uint64_t *seq, struct err *e)
    NODISCARD;
int core_leaf(struct core *core, struct tx *tx, const struct caller *caller,
    enum leaf_class klass, enum leaf_outcome outcome, const struct id *object,
    json_t *detail, int64_t now_ms, uint64_t *seq, struct err *e) NODISCARD;
/*
 * A change that is only a leaf: for reads, before anything is opened.
 * Returns when the leaf is durable.
 */
int core_read_leaf(struct core *core, const struct caller *caller,
    enum leaf_class klass, const struct id *object, json_t *detail,
    uint64_t *seq, struct err *e) NODISCARD;
/* The same, and a signed head covers it when it returns: for who is about to
 * show the log to others. ERR_PENDING. */
int core_read_leaf_headed(struct core *core, const struct caller *caller,
    enum leaf_class klass, const struct id *object, json_t *detail,
    uint64_t *seq, struct err *e) NODISCARD;
/* The leaf of a refusal or failure: outcome from the error's code. Never
 * fails loudly: what cannot be entered is logged. *seq 0 when none. */
void core_refusal_leaf(struct core *core, const struct caller *caller,
    enum leaf_class klass, const struct id *object, const struct err *why,
    json_t *detail, uint64_t *seq);

/* --- keys ------------------------------------------------------------- */

struct fresh_key {
	uint64_t number;
	struct secret key; /* 32 bytes */
};
/* A key nobody has had. The caller's, with fresh_key_done. ERR_SEALED. */
int keypool_take(struct keypool *k, struct fresh_key *out, struct err *e)
    NODISCARD;
void fresh_key_done(struct fresh_key *k);
int keypool_open(struct agent *agent, struct keypool **out, struct err *e)
    NODISCARD;
void keypool_freep(struct keypool **k);
/* Forget what is held, and draw anew: after a rotate. */
void keypool_reset(struct keypool *k);

/* A catalog row's sealed JSON: SEAL_ROW, case and row id in the context. */
int row_seal(const struct core *core, const uint8_t key[32],
    const struct id *kase, const struct id *row, uint32_t version,
    const json_t *j, struct buf *out, struct err *e) NODISCARD;
int row_open(const struct core *core, const uint8_t key[32],
    const struct id *kase, const struct id *row, uint32_t version,
    const void *p, size_t n, json_t **out, struct err *e) NODISCARD;

/* --- cases, as other modules see them ---------------------------------- */

/*
 * Find by id, spoken reference or unique beginning (at least 4 symbols).
 * ERR_NOT_FOUND; ERR_CONFLICT tag "reference-ambiguous".
 */
int case_find(struct tx *tx, const char *ref, struct case_facts *out,
    struct err *e) NODISCARD;
int case_by_id(struct tx *tx, const struct id *id, struct case_facts *out,
    struct err *e) NODISCARD;
/* Every key number of the case: row, persons. Appended to numbers. */
int case_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers /* u64, host order */, struct err *e) NODISCARD;
/* Leave a tombstone: sealed columns and keys go. Within tx. */
int case_forget(struct tx *tx, const struct id *kase, struct err *e) NODISCARD;

/* --- documents, as other modules see them ------------------------------ */

struct document_facts {
	struct id id, kase;
	char kind[64], state[16]; /* "filed", "erased" */
	uint32_t versions;	  /* the newest version's number */
	int draft; /* the newest version is one, and so are all before it */
};
int document_find(struct tx *tx, const char *ref, struct document_facts *out,
    struct err *e) NODISCARD;
/* The newest version of the newest living document of this kind in the
 * case. ERR_NOT_FOUND. */
int document_newest(struct tx *tx, const struct id *kase, const char *kind,
    struct document_facts *out, struct err *e) NODISCARD;
/*
 * A draft is a record that is not complete yet: it is in the case, and
 * nothing rests on it: no extract, no consent, no moment, no count. The
 * newest that is none; ERR_REFUSED tag "document-draft" for one.
 */
int document_newest_final(struct tx *tx, const struct id *kase,
    const char *kind, struct document_facts *out, struct err *e) NODISCARD;
int document_check_final(const struct document_facts *doc, struct err *e)
    NODISCARD;
/*
 * Open a version's content whole into memory (records, attachments), under
 * the leaf already durable. ERR_TOO_LARGE over max. page: from 0.
 */
int document_content(struct core *core, const struct id *document,
    uint32_t version, uint32_t page, uint64_t leaf, size_t max, struct buf *out,
    struct err *e) NODISCARD;
/* Facts of a version for disclosure and erasure (opened under leaf):
 * {document, version, kind, pages:[{name,media,size,sha256}], sha256,
 * level, signatures:[…], filed_at}. */
int document_manifest(struct core *core, const struct id *document,
    uint32_t version, uint64_t leaf, json_t **out, struct err *e) NODISCARD;
int document_key_numbers(struct tx *tx, const struct id *document,
    struct buf *numbers, struct err *e) NODISCARD;
/* All living documents of a case, ids appended (16 bytes each). */
int document_of_case(struct tx *tx, const struct id *kase, struct buf *ids,
    struct err *e) NODISCARD;
/* Rows to a tombstone and store_forget, within tx. */
int document_forget(struct tx *tx, const struct id *document, struct err *e)
    NODISCARD;
/* Idempotency: has this caller's key been used? 1 and *document, *version,
 * *leaf; 0 no. */
int idempotency_find(struct tx *tx, const struct caller *caller,
    const char *what, struct id *object, uint32_t *version, uint64_t *leaf,
    struct err *e) NODISCARD;
int idempotency_keep(struct tx *tx, const struct caller *caller,
    const char *what, const struct id *object, uint32_t version, uint64_t leaf,
    int64_t now_ms, struct err *e) NODISCARD;

/* The search index is told what it must forget after a rotate. */
int search_forget(struct core *core, const struct id *kase, struct err *e)
    NODISCARD;
int search_rekey(struct core *core, struct err *e) NODISCARD;

/* Consents and objections in force for a case, for decisions. */
struct consents_in_force {
	const char *purposes[33]; /* policy's strings; NULL at the end */
	struct id ids[32];	  /* a consent each (one adult's) */
	int objection;
	/* Adult by adult, for extracts of those who agree. */
	struct adult_consents {
		struct id person;
		char role[32];
		const char *purposes[33]; /* policy's strings; NULL ends */
		struct id ids[32];	  /* the consent of each */
	} adults[16];
	size_t nadults;
};
int consents_of_case(struct core *core, struct tx *tx, const struct id *kase,
    int64_t now_ms, struct consents_in_force *out, struct err *e) NODISCARD;

#endif
