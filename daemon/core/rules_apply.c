/* Approving a proposal, and putting it in force. */
#include <string.h>

#include "base/text.h"
#include "daemon/core/rules_rows.h"

struct acting {
	struct core *core;
	const struct caller *caller;
	struct rules_row row;
	struct decision decision;
	struct approval approval;
	const struct policy *candidate; /* while it is applied */
	uint64_t leaf;
};

static int
find_row(
    struct acting *a, const char *proposal, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if (id_parse(proposal, &id, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such proposal");
	if ((r = tx_read(a->core->catalog, &tx, e)) < 0 ||
	    (r = rules_row_load(&tx, &id, &a->row, e)) < 0)
		return r;
	*object = id;
	return 0;
}

static int
begin(struct acting *a, enum policy_op op, const char *proposal,
    struct id *object, struct err *e)
{
	int r;

	if ((r = core_check_open(a->core, e)) < 0 ||
	    (r = core_authorize(a->core, a->caller, op, NULL, NULL,
		 core_now(a->core), &a->decision, e)) < 0)
		return r;
	return find_row(a, proposal, object, e);
}

/* Is it still to be done, over the rules in force? In the transaction. */
static int
check_state(struct acting *a, struct tx *tx, struct err *e)
{
	uint32_t newest;
	int r;

	if ((r = rules_row_load(tx, &a->row.id, &a->row, e)) < 0 ||
	    (r = rules_newest(tx, &newest, e)) < 0)
		return r;
	if (a->row.generation != 0)
		return err_tag(e, ERR_CONFLICT, "rules-state",
		    "this proposal was applied");
	if (a->row.base != newest)
		return err_tag(e, ERR_CONFLICT, "policy-changed",
		    "other rules came into force since: propose again");
	return 0;
}

/* --- approving --------------------------------------------------------------
 */

static int
verify(struct acting *a, const char *signature, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct approval_subject s;
	int r;

	if ((r = tx_read(a->core->catalog, &tx, e)) < 0 ||
	    (r = check_state(a, &tx, e)) < 0 ||
	    (r = approval_subject_get(&tx, &a->row.id, &s, e)) < 0)
		return r;
	return approval_verify(a->core, &s, a->row.page.p, a->row.page.len,
	    signature, core_now(a->core), &a->approval, e);
}

static int
apply_approval(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct acting *a = arg;
	int r;

	if ((r = check_state(a, tx, e)) < 0)
		return r;
	return approval_enter(
	    a->core, tx, a->caller, &a->approval, 0, &a->decision, now_ms, e);
}

static int
answer_row(struct acting *a, uint64_t leaf, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(a->core->catalog, &tx, e)) < 0)
		return r;
	return rules_proposal_json(a->core, &tx, &a->row.id, leaf, answer, e);
}

int
rules_approve(struct core *core, const struct caller *caller,
    const char *proposal, const char *signature, struct id *object,
    json_t **answer, struct err *e)
{
	struct acting a = { .core = core, .caller = caller };
	struct change ch = {
		.apply = apply_approval,
		.arg = &a,
		.need_head = 1,
	};
	int r;

	if ((r = begin(&a, OP_RULES_APPROVE, proposal, object, e)) == 0 &&
	    (r = verify(&a, signature, e)) == 0 &&
	    (r = commit_run(core->committer, &ch, e)) == 0)
		r = answer_row(&a, a.approval.leaf, answer, e);
	rules_row_done(&a.row);
	return r;
}

/* --- applying ----------------------------------------------------------------
 */

static int
enter_leaf(struct acting *a, struct tx *tx, const uint8_t hash[32],
    int64_t now_ms, struct err *e)
{
	struct audit_entry en = {
		.klass = LEAF_POLICY,
		.actor = &a->caller->actor,
		.object = a->row.id,
		.bind = a->row.set,
		.approvals = hash,
	};
	char set[2 * SHA256_LEN + 1], id[ID_TEXT];
	int r;

	id_format(&a->row.id, id);
	hex_format(a->row.set, SHA256_LEN, set);
	en.detail = json_pack("{s:s, s:i, s:i, s:s, s:s, s:o}", "proposal", id,
	    "generation", (int)a->row.generation, "version",
	    (int)a->row.version, "set", set, "what", a->row.what, "decision",
	    decision_json(a->core, &a->decision));
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	r = core_enter(a->core, tx, a->caller, &en, now_ms, &a->leaf, e);
	json_decref(en.detail);
	return r;
}

/* Enough signatures, or one less and the custodians. */
static int
check_approvals(struct acting *a, struct tx *tx, int64_t now_ms,
    uint8_t hash[32], struct err *e)
{
	AUTO(buf_done) struct buf words = { 0 };
	int r;

	r = rules_spared(tx, a->core->policy, a->candidate, &a->row, &words, e);
	if (r < 0)
		return r;
	return approval_check_spared(
	    a->core, tx, &a->row.id, now_ms, (uint32_t)r, &words, hash, e);
}

static int
apply_set(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct acting *a = arg;
	uint8_t hash[32];
	int r;

	if ((r = check_state(a, tx, e)) < 0)
		return r;
	a->row.applied_ms = audit_time(a->core->audit, now_ms);
	a->row.applied_leaf = audit_mark(a->core->audit);
	if ((r = check_approvals(a, tx, now_ms, hash, e)) < 0)
		return r;
	a->row.generation = a->row.base + 1;
	a->row.applied_uid = a->caller->actor.uid;
	snprintf(a->row.applied_by, sizeof(a->row.applied_by), "%s",
	    a->caller->actor.account);
	if ((r = enter_leaf(a, tx, hash, now_ms, e)) < 0)
		return r;
	a->row.applied_leaf = a->leaf;
	return rules_insert_generation(tx, &a->row, e);
}

/* The set is loaded before it is entered: what was entered can be kept. */
static int
load_candidate(struct acting *a, struct policy **out, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(rules_files_done) struct rules_files f = { 0 };
	AUTO(policy_freep) struct policy *p = NULL;
	struct rules_row is = { 0 };
	int r;

	if ((r = tx_read(a->core->catalog, &tx, e)) < 0 ||
	    (r = rules_files_load(&tx, &a->row.id, &f, e)) < 0 ||
	    (r = policy_load_files(f.v, f.n, &p, NULL, e)) < 0 ||
	    (r = rules_row_fill(&is, p, &f, e)) < 0)
		return r;
	if (memcmp(is.set, a->row.set, 32) != 0)
		return err_set(e, ERR_INTEGRITY, "rules: another set");
	*out = TAKE(p);
	return 0;
}

static int
put_in_force(struct acting *a, struct err *e)
{
	struct change ch = { .apply = apply_set, .arg = a, .need_head = 1 };
	struct policy *p = NULL;
	struct err none;
	int r, kept;

	if ((r = load_candidate(a, &p, e)) < 0)
		return r;
	a->candidate = p;
	r = commit_run(a->core->committer, &ch, e);
	if (r < 0 && r != -(int)ERR_PENDING) {
		policy_freep(&p);
		return r;
	}
	/* Committed, so it decides, whether a head covers it yet or not. */
	kept = rules_keep(a->core, a->row.generation, p, &none);
	if (kept < 0) {
		*e = none;
		return kept;
	}
	rules_switch(a->core, a->row.generation);
	return r;
}

static int
applied_json(const struct acting *a, json_t **answer, struct err *e)
{
	char id[ID_TEXT], sha[2 * SHA256_LEN + 1], people[2 * SHA256_LEN + 1];

	id_format(&a->row.id, id);
	hex_format(a->row.sha256, SHA256_LEN, sha);
	hex_format(a->row.people, SHA256_LEN, people);
	*answer = json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:I}", "proposal",
	    id, "state", "applied", "generation", (int)a->row.generation,
	    "version", (int)a->row.version, "sha256", sha, "people_sha256",
	    people, "leaf", (json_int_t)a->row.applied_leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "rules");
}

int
rules_apply(struct core *core, const struct caller *caller,
    const char *proposal, struct id *object, json_t **answer, struct err *e)
{
	struct acting a = { .core = core, .caller = caller };
	int r;

	rules_enter(core);
	if ((r = begin(&a, OP_RULES_APPLY, proposal, object, e)) == 0) {
		/* Again: it is in force, or was. */
		if (a.row.generation == 0)
			r = put_in_force(&a, e);
		else
			r = core_read_leaf(core, caller, LEAF_POLICY_READ,
			    &a.row.id, NULL, &a.leaf, e);
	}
	rules_leave(core);
	if (r == 0)
		r = applied_json(&a, answer, e);
	rules_row_done(&a.row);
	return r;
}
