/*
 * Releasing a hold: a page, signed by as many people as the rules say, never
 * fewer than two. The last signature that it takes releases.
 */
#include "base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/hold_row.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

#define WHAT "hold-release"

struct releasing {
	struct core *core;
	const struct caller *caller;
	struct hold_row row;
	struct case_facts kase;
	struct decision d;
	struct buf page, sealed;
	uint8_t sha256[32];
	uint32_t policy;
	struct approval approval;
	uint32_t have, need;
	uint64_t leaf;
};

static void
releasing_done(struct releasing *x)
{
	hold_row_done(&x->row);
	buf_done(&x->page);
	buf_done(&x->sealed);
}

static int
check_state(const struct hold_row *row, struct err *e)
{
	if (strcmp(row->state, "set") == 0)
		return 0;
	return err_tag(
	    e, ERR_CONFLICT, "hold-state", "this hold is %s", row->state);
}

static int
write_page(struct releasing *x, const char *reason, struct err *e)
{
	char id[ID_TEXT], kase[ID_TEXT], doc[ID_TEXT], at[TIME_TEXT],
	    rules[2 * 32 + 1];
	const struct policy *policy = x->core->policy;
	int r;

	x->policy = policy_version(policy);
	id_format(&x->row.id, id);
	id_format(&x->row.kase, kase);
	id_format(&x->row.document, doc);
	time_format(core_now(x->core), at);
	hex_format(policy_sha256(policy), 32, rules);
	if ((r = buf_addf(&x->page, e,
		 "sceau hold release 1\n"
		 "vault %s\nhold %s\ncase %s\ndocument %s\n"
		 "policy %u %s\nasked %s by %s\nreason %s\n",
		 x->core->settings.origin, id, kase,
		 id_is_zero(&x->row.document) ? "all" : doc, x->policy, rules,
		 at, x->caller->actor.account, reason)) < 0)
		return r;
	return digest_of(DIGEST_SHA256, x->page.p, x->page.len, x->sha256, e);
}

static int
seal_page(struct releasing *x, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	if ((r = core_read_leaf(x->core, x->caller, LEAF_HOLD_RELEASE,
		 &x->row.kase, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(x->core, &x->row.key, 1, leaf, &key, e)) < 0)
		return r;
	j = json_pack("{s:s}", "page", buf_str(&x->page));
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "hold");
	r = row_seal(x->core, key.p, &x->row.kase, &x->row.id,
	    HOLD_VERSION_PAGE, j, &x->sealed, e);
	json_decref(j);
	return r;
}

static int
ask(struct releasing *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct approval_subject s = {
		.id = x->row.id,
		.what = WHAT,
		.kase = x->row.kase,
		.asked_uid = x->caller->actor.uid,
		.asked_ms = now_ms,
		.policy = x->policy,
	};

	memcpy(s.page, x->sha256, sizeof(s.page));
	snprintf(
	    s.asked_by, sizeof(s.asked_by), "%s", x->caller->actor.account);
	return approval_ask(tx, &s, e);
}

static int
apply_ask(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct releasing *x = arg;
	AUTO(hold_row_done) struct hold_row now = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = hold_row_by_id(tx, &x->row.id, &now, e)) < 0 ||
	    (r = check_state(&now, e)) < 0 ||
	    (r = hold_enter(x->core, tx, x->caller, &x->row, LEAF_HOLD,
		 "release asked", NULL, &x->d, now_ms, &x->leaf, e)) < 0 ||
	    (r = ask(x, tx, audit_time(x->core->audit, now_ms), e)) < 0 ||
	    (r = sql_open(tx, "UPDATE hold SET page = ? WHERE id = ?", &q, e)) <
		0 ||
	    (r = sql_blob(q, 1, x->sealed.p, x->sealed.len, e)) < 0 ||
	    (r = sql_id(q, 2, &x->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static uint32_t
needed(const struct core *core)
{
	uint32_t n = approval_needed(core, WHAT);

	return n < 2 ? 2 : n;
}

static int
page_answer(const struct releasing *x, const char *state, uint64_t leaf,
    json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct buf *page = (struct buf *)(uintptr_t)&x->page;
	json_t *approvals = NULL;
	char sha[2 * 32 + 1];
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = approval_list(&tx, x->core, &x->row.id, &approvals, e)) < 0)
		return r;
	hex_format(x->sha256, 32, sha);
	*answer = json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:i, s:I}", "hold",
	    json_of_id(&x->row.id), "case", json_of_id(&x->row.kase), "state",
	    state, "page", buf_str(page), "sha256", sha, "approvals", approvals,
	    "needed", (int)needed(x->core), "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "hold");
}

int
hold_release_ask(struct core *core, const struct caller *caller,
    const char *hold, const char *reason, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(releasing_done)
	struct releasing x = { .core = core, .caller = caller };
	struct change ch = { .apply = apply_ask, .arg = &x, .need_head = 1 };
	int r;

	if ((r = hold_authorize(core, caller, hold, OP_HOLD_RELEASE, &x.row,
		 &x.kase, &x.d, object, e)) < 0 ||
	    (r = check_state(&x.row, e)) < 0 ||
	    (r = hold_check_reason(reason, e)) < 0 ||
	    (r = write_page(&x, reason, e)) < 0 || (r = seal_page(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return page_answer(&x, "set", x.leaf, answer, e);
}

/* --- signing ---------------------------------------------------------------
 */

/* The page as it was asked for, opened under its leaf. */
static int
open_page(struct releasing *x, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	json_t *j = NULL;
	const char *s;
	int r;

	if (x->row.page.len == 0)
		return err_tag(e, ERR_CONFLICT, "hold-not-asked",
		    "nobody asked for its release");
	if ((r = core_read_leaf(x->core, x->caller, LEAF_HOLD_RELEASE,
		 &x->row.kase, NULL, &x->leaf, e)) < 0 ||
	    (r = rows_keys(x->core, &x->row.key, 1, x->leaf, &key, e)) < 0 ||
	    (r = row_open(x->core, key.p, &x->row.kase, &x->row.id,
		 HOLD_VERSION_PAGE, x->row.page.p, x->row.page.len, &j, e)) < 0)
		return r;
	s = json_string_value(json_object_get(j, "page"));
	r = s != NULL ? buf_addstr(&x->page, s, e)
		      : err_set(e, ERR_INTEGRITY, "hold");
	json_decref(j);
	if (r < 0)
		return r;
	return digest_of(DIGEST_SHA256, x->page.p, x->page.len, x->sha256, e);
}

static int
verify(struct releasing *x, const char *signature, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct approval_subject s;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = approval_subject_get(&tx, &x->row.id, &s, e)) < 0)
		return r;
	return approval_verify(x->core, &s, x->page.p, x->page.len, signature,
	    core_now(x->core), &x->approval, e);
}

static int
release(struct releasing *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t hash[32];
	int r;

	if ((r = approval_check(x->core, tx, &x->row.id, now_ms, hash, e)) <
		0 ||
	    (r = hold_enter(x->core, tx, x->caller, &x->row, LEAF_HOLD_RELEASE,
		 "released", hash, &x->d, now_ms, &x->leaf, e)) < 0 ||
	    (r = sql_open(tx,
		 "UPDATE hold SET state = 'released', released = ?, leaf = ?"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, audit_time(x->core->audit, now_ms), e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_id(q, 3, &x->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply_approval(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct releasing *x = arg;
	AUTO(hold_row_done) struct hold_row now = { 0 };
	int r;

	if ((r = hold_row_by_id(tx, &x->row.id, &now, e)) < 0 ||
	    (r = check_state(&now, e)) < 0 ||
	    (r = approval_enter(x->core, tx, x->caller, &x->approval, 0, &x->d,
		 now_ms, e)) < 0 ||
	    (r = approval_count(
		 x->core, tx, &x->row.id, now_ms, &x->have, &x->need, e)) < 0)
		return r;
	x->leaf = x->approval.leaf;
	if (x->need < 2)
		x->need = 2;
	return x->have < x->need ? 0 : release(x, tx, now_ms, e);
}

int
hold_release_approve(struct core *core, const struct caller *caller,
    const char *hold, const char *signature, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(releasing_done)
	struct releasing x = { .core = core, .caller = caller };
	struct change ch = {
		.apply = apply_approval,
		.arg = &x,
		.need_head = 1,
	};
	int r;

	if ((r = hold_authorize(core, caller, hold, OP_HOLD_RELEASE, &x.row,
		 &x.kase, &x.d, object, e)) < 0 ||
	    (r = check_state(&x.row, e)) < 0 || (r = open_page(&x, e)) < 0 ||
	    (r = verify(&x, signature, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return page_answer(
	    &x, x.have < x.need ? "set" : "released", x.leaf, answer, e);
}

int
hold_release_page(struct core *core, const struct caller *caller,
    const char *hold, struct id *object, json_t **answer, struct err *e)
{
	AUTO(releasing_done)
	struct releasing x = { .core = core, .caller = caller };
	int r;

	if ((r = hold_authorize(core, caller, hold, OP_HOLD_RELEASE, &x.row,
		 &x.kase, &x.d, object, e)) < 0 ||
	    (r = open_page(&x, e)) < 0)
		return r;
	return page_answer(&x, x.row.state, x.leaf, answer, e);
}
