#include "daemon/core/erasure.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/canary.h"
#include "daemon/core/case.h"
#include "daemon/core/certified.h"
#include "daemon/core/clock.h"
#include "daemon/core/destroy.h"
#include "daemon/core/document.h"
#include "daemon/core/hold.h"
#include "daemon/core/json_of.h"
#include "daemon/core/plan.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/sweep.h"

#define CLEAR_ROOM (LEAF_CLEAR_MAX)

const char *const erasure_schema =
    "CREATE TABLE erasure ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL, state TEXT NOT NULL,"
    " sha256 BLOB NOT NULL, objects BLOB NOT NULL,"
    " leaf INTEGER NOT NULL, destroyed INTEGER NOT NULL,"
    " rotated INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB NOT NULL,"
    " certificate TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE erasure_document ("
    " erasure BLOB NOT NULL, n INTEGER NOT NULL, document BLOB NOT NULL,"
    " PRIMARY KEY (erasure, n)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE erasure_key ("
    " erasure BLOB NOT NULL, number INTEGER NOT NULL,"
    " PRIMARY KEY (erasure, number)) STRICT, WITHOUT ROWID;";

/* --- rows
 * --------------------------------------------------------------------- */

struct erasure_row {
	struct id id, kase;
	char state[16];
	uint8_t sha256[32];  /* of the plan's text */
	uint8_t objects[32]; /* plan_digest when it was made */
	int64_t rotated;     /* ms; 0: not yet */
	uint64_t leaf, destroyed, key;
	struct buf sealed, certificate;
};

static void
row_done(struct erasure_row *row)
{
	buf_done(&row->sealed);
	buf_done(&row->certificate);
}

static int
fixed_blob(struct sql *q, int i, uint8_t out[32], struct err *e)
{
	size_t n;
	const void *p = sql_get_blob(q, i, &n);

	if (n != 32)
		return err_set(e, ERR_INTEGRITY, "erasure: column %d", i);
	memcpy(out, p, 32);
	return 0;
}

static int
row_load(
    struct tx *tx, const struct id *id, struct erasure_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, state, sha256, objects, leaf, destroyed,"
		 " rotated, key, sealed, certificate"
		 " FROM erasure WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such erasure");
	row->id = *id;
	snprintf(row->state, sizeof(row->state), "%s", sql_get_text(q, 1));
	row->leaf = (uint64_t)sql_get_int(q, 4);
	row->destroyed = (uint64_t)sql_get_int(q, 5);
	row->rotated = sql_get_int(q, 6);
	row->key = (uint64_t)sql_get_int(q, 7);
	buf_reset(&row->sealed);
	buf_reset(&row->certificate);
	p = sql_get_blob(q, 8, &n);
	if ((r = buf_add(&row->sealed, p, n, e)) < 0 ||
	    (r = buf_addstr(&row->certificate, sql_get_text(q, 9), e)) < 0 ||
	    (r = fixed_blob(q, 2, row->sha256, e)) < 0 ||
	    (r = fixed_blob(q, 3, row->objects, e)) < 0)
		return r;
	return sql_get_id(q, 0, &row->kase, e);
}

static int
row_find(
    struct core *core, const char *text, struct erasure_row *row, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if (id_parse(text, &id, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such erasure");
	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	return row_load(&tx, &id, row, e);
}

static int
documents_load(
    struct tx *tx, const struct id *erasure, struct buf *docs, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT document FROM erasure_document WHERE erasure = ?"
		 " ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, erasure, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(docs, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

/* A sweep is an erasure of no one case. */
static int
is_sweep(const struct erasure_row *row)
{
	return id_is_zero(&row->kase);
}

static const char *
what_of(const struct erasure_row *row)
{
	return is_sweep(row) ? "retention" : "erasure";
}

static enum policy_op
op_of(const struct erasure_row *row, enum policy_op of_erasure)
{
	if (!is_sweep(row))
		return of_erasure;
	if (of_erasure == OP_ERASE_RUN)
		return OP_RETENTION_RUN;
	return of_erasure == OP_ERASE_APPROVE ? OP_RETENTION_APPROVE
					      : OP_RETENTION_READ;
}

/* The row, and may the caller? What is not there is told after that. */
static int
find_and_authorize(struct core *core, const struct caller *caller,
    const char *erasure, enum policy_op op, struct erasure_row *row,
    struct decision *d, struct err *e)
{
	int found = row_find(core, erasure, row, NULL) == 0, r;

	r = core_authorize(core, caller, found ? op_of(row, op) : op, NULL,
	    NULL, core_now(core), d, e);
	if (r == 0 && !found)
		return err_set(e, ERR_NOT_FOUND, "no such erasure");
	return r;
}

/* --- a row that is made
 * ----------------------------------------------------------------- */

void
erasure_new_done(struct erasure_new *n)
{
	fresh_key_done(&n->key);
	buf_done(&n->sealed);
}

int
erasure_seal(struct core *core, const struct caller *caller,
    struct erasure_new *n, const char *page, struct err *e)
{
	json_t *j;
	int r;

	if ((r = keypool_take(core->keys, &n->key, e)) < 0)
		return r;
	j = json_pack(
	    "{s:s, s:s}", "plan", page, "planned_by", caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "plan");
	r = row_seal(core, n->key.key.p, &n->kase, &n->id, 1, j, &n->sealed, e);
	json_decref(j);
	return r;
}

static int
ask_approval(struct tx *tx, const struct caller *caller,
    const struct erasure_new *n, const char *what, int64_t now_ms,
    struct err *e)
{
	struct approval_subject s = {
		.id = n->id,
		.kase = n->kase,
		.asked_uid = caller->actor.uid,
		.asked_ms = now_ms,
		.policy = n->policy,
	};

	memcpy(s.page, n->sha256, sizeof(s.page));
	snprintf(s.what, sizeof(s.what), "%s", what);
	snprintf(s.asked_by, sizeof(s.asked_by), "%s", caller->actor.account);
	return approval_ask(tx, &s, e);
}

int
erasure_insert(struct tx *tx, const struct caller *caller,
    const struct erasure_new *n, const char *what, int64_t now_ms,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = ask_approval(tx, caller, n, what, now_ms, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO erasure (id, kase, state, sha256, objects,"
		 " leaf, destroyed, rotated, key, sealed, certificate)"
		 " VALUES (?, ?, 'planned', ?, ?, ?, 0, 0, ?, ?, '')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &n->id, e)) < 0 ||
	    (r = sql_id(q, 2, &n->kase, e)) < 0 ||
	    (r = sql_blob(q, 3, n->sha256, 32, e)) < 0 ||
	    (r = sql_blob(q, 4, n->objects, 32, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)n->leaf, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)n->key.number, e)) < 0 ||
	    (r = sql_blob(q, 7, n->sealed.p, n->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* What is held stays: the whole case for any hold in it, else each of these
 * documents (ids of ID_LEN bytes); and all of a restricted case. Inside the
 * transaction that decides. */
static int
check_held(
    struct tx *tx, const struct id *kase, const struct buf *docs, struct err *e)
{
	char text[ID_TEXT];
	struct id hold, doc;
	size_t i;
	int r;

	if ((r = restriction_check(tx, kase, e)) < 0)
		return r;
	r = docs->len == 0 ? hold_stands(tx, kase, NULL, &hold, e) : 0;
	for (i = 0; r == 0 && i < docs->len; i += ID_LEN) {
		memcpy(doc.b, docs->p + i, ID_LEN);
		r = hold_stands(tx, kase, &doc, &hold, e);
	}
	if (r <= 0)
		return r;
	id_format(&hold, text);
	return err_tag(e, ERR_CONFLICT, "held", "held by hold %s", text);
}

/* --- planning
 * ------------------------------------------------------------------- */

struct planning {
	struct core *core;
	const struct caller *caller;
	const struct erasure_asking *a;
	struct case_facts kase;
	struct decision decision;
	struct id docs[64];
	size_t ndocs;
	struct plan plan;
	struct buf text;
	struct erasure_new row;
	int64_t now_ms;
};

static void
planning_done(struct planning **pp)
{
	struct planning *p = *pp;

	if (p == NULL)
		return;
	plan_done(&p->plan);
	buf_done(&p->text);
	erasure_new_done(&p->row);
	free(p);
	*pp = NULL;
}

/* The documents named, all of one case; then that case, authorised. */
static int
find_objects(
    struct planning *p, struct tx *tx, struct id *object, struct err *e)
{
	struct document_facts doc;
	char kase[ID_TEXT];
	size_t i;
	int r;

	if (p->a->kase != NULL)
		return case_authorize(p->core, tx, p->caller, p->a->kase,
		    OP_ERASE_PLAN, NULL, p->now_ms, &p->kase, object,
		    &p->decision, e);
	for (i = 0; i < p->a->ndocuments; i++) {
		if (document_find(tx, p->a->documents[i], &doc, e) < 0)
			return authorize_unknown(p->core, p->caller,
			    OP_ERASE_PLAN, NULL, p->now_ms, e);
		if (i > 0 && !id_equal(&doc.kase, &p->kase.id))
			return err_tag(e, ERR_INVALID, "erasure-cases",
			    "the documents are not of one case");
		p->kase.id = doc.kase;
		p->docs[p->ndocs++] = doc.id;
		id_format(&doc.kase, kase);
		if ((r = case_authorize(p->core, tx, p->caller, kase,
			 OP_ERASE_PLAN, NULL, p->now_ms, &p->kase, object,
			 &p->decision, e)) < 0)
			return r;
	}
	return 0;
}

/* The page that people sign: opaque ids only, and why. */
static int
write_text(struct planning *p, struct err *e)
{
	char id[ID_TEXT], kase[ID_TEXT], ref[REF_TEXT], at[TIME_TEXT],
	    rules[2 * 32 + 1];
	const struct policy *policy = p->core->policy;
	int r;

	p->row.policy = policy_version(policy);
	id_format(&p->row.id, id);
	id_format(&p->kase.id, kase);
	id_ref(&p->kase.id, ref);
	time_format(p->now_ms, at);
	hex_format(policy_sha256(policy), 32, rules);
	if ((r = buf_addf(&p->text, e,
		 "sceau erasure plan 1\n"
		 "vault %s\nerasure %s\ncase %s %s\n"
		 "policy %u %s\nplanned %s by %s\n"
		 "basis %s\nreason %s\n",
		 p->core->settings.origin, id, kase, ref, p->row.policy, rules,
		 at, p->caller->actor.account, p->a->basis, p->a->reason)) <
		0 ||
	    (r = plan_lines(&p->plan, &p->text, e)) < 0 ||
	    (r = buf_addf(&p->text, e, "keys %zu\n", plan_keys(&p->plan))) <
		0 ||
	    (r = plan_digest(&p->plan, p->row.objects, e)) < 0)
		return r;
	return digest_of(
	    DIGEST_SHA256, p->text.p, p->text.len, p->row.sha256, e);
}

static int
insert_documents(struct tx *tx, const struct planning *p, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < p->ndocs; i++) {
		AUTO(sql_done) struct sql *d = NULL;

		if ((r = sql_open(tx,
			 "INSERT INTO erasure_document"
			 " (erasure, n, document) VALUES (?, ?, ?)",
			 &d, e)) < 0 ||
		    (r = sql_id(d, 1, &p->row.id, e)) < 0 ||
		    (r = sql_int(d, 2, (int64_t)i, e)) < 0 ||
		    (r = sql_id(d, 3, &p->docs[i], e)) < 0 ||
		    (r = sql_run(d, e)) < 0)
			return r;
	}
	return 0;
}

/* Still open, or somebody answered it meanwhile. */
static int
link_request(const struct planning *p, struct tx *tx, struct err *e)
{
	struct id id;
	int r;

	if (p->a->request == NULL)
		return 0;
	if ((r = request_check(
		 tx, p->a->request, "erasure", &p->kase.id, &id, e)) < 0)
		return r;
	return request_link(tx, &id, &p->row.id, e);
}

static int
apply_plan(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct planning *p = arg;
	AUTO(buf_done) struct buf docs = { 0 };
	char sha[2 * 32 + 1];
	json_t *detail;
	int r;

	if ((r = buf_add(&docs, p->docs, p->ndocs * ID_LEN, e)) < 0 ||
	    (r = check_held(tx, &p->kase.id, &docs, e)) < 0)
		return r;
	hex_format(p->row.sha256, 32, sha);
	detail = json_pack("{s:o, s:s, s:s, s:s, s:b, s:o}", "erasure",
	    json_of_id(&p->row.id), "sha256", sha, "reason", p->a->reason,
	    "basis", p->a->basis, "dry_run", p->a->dry_run, "decision",
	    decision_json(p->core, &p->decision));
	r = core_leaf(p->core, tx, p->caller, LEAF_ERASE_PLAN, LEAF_OK,
	    &p->kase.id, detail, now_ms, &p->row.leaf, e);
	json_decref(detail);
	if (r < 0 || p->a->dry_run)
		return r;
	if ((r = erasure_insert(tx, p->caller, &p->row, "erasure", now_ms, e)) <
	    0)
		return r;
	if ((r = link_request(p, tx, e)) < 0)
		return r;
	return insert_documents(tx, p, e);
}

static json_t *
objects_json(const struct plan *plan)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < plan->n; i++)
		json_array_append_new(
		    a, json_pack("{s:s, s:o, s:I, s:s}", "kind",
			   plan_name(plan->objects[i].what), "id",
			   json_of_id(&plan->objects[i].id), "keys",
			   (json_int_t)(plan->objects[i].numbers.len /
					sizeof(uint64_t)),
			   "verdict", "DESTROY"));
	return a;
}

static int
plan_answer(const struct planning *p, json_t **answer, struct err *e)
{
	char sha[2 * 32 + 1];

	hex_format(p->row.sha256, 32, sha);
	*answer = json_pack("{s:s, s:s, s:o, s:o, s:i, s:I}", "state",
	    p->a->dry_run ? "dry-run" : "planned", "sha256", sha, "plan",
	    json_string(buf_str((struct buf *)(uintptr_t)&p->text)), "objects",
	    objects_json(&p->plan), "needed",
	    (int)approval_needed(p->core, "erasure"), "leaf",
	    (json_int_t)p->row.leaf);
	if (*answer == NULL)
		return err_set(e, ERR_NOMEM, "plan");
	if (!p->a->dry_run)
		json_object_set_new(*answer, "erasure", json_of_id(&p->row.id));
	return 0;
}

static int
prepare_plan(struct planning *p, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(p->core, e)) < 0 ||
	    (r = tx_read(p->core->catalog, &tx, e)) < 0 ||
	    (r = find_objects(p, &tx, object, e)) < 0)
		return r;
	if (strpbrk(p->a->reason, "\r\n") != NULL ||
	    strpbrk(p->a->basis, "\r\n") != NULL)
		return err_tag(e, ERR_INVALID, "member-type",
		    "reason and basis are one line each");
	if ((r = id_random(&p->row.id, e)) < 0 ||
	    (r = plan_make(&tx, &p->kase.id, p->docs, p->ndocs, &p->plan, e)) <
		0 ||
	    (r = write_text(p, e)) < 0)
		return r;
	p->row.kase = p->kase.id;
	return erasure_seal(p->core, p->caller, &p->row, buf_str(&p->text), e);
}

int
erasure_plan(struct core *core, const struct caller *caller,
    const struct erasure_asking *a, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(planning_done) struct planning *p = calloc(1, sizeof(*p));
	struct change ch = { .apply = apply_plan, .need_head = 1 };
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "plan");
	p->core = core;
	p->caller = caller;
	p->a = a;
	p->now_ms = core_now(core);
	if ((r = prepare_plan(p, object, e)) < 0)
		return r;
	ch.arg = p;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return plan_answer(p, answer, e);
}

/* --- showing
 * ---------------------------------------------------------------------- */

/* As the answers and the certificate tell them: "name" is the account. */
static int
approvals_json(struct core *core, struct tx *tx, const struct id *erasure,
    json_t **out, struct err *e)
{
	json_t *a, *each;
	size_t i;
	int r;

	if ((r = approval_list(tx, core, erasure, &a, e)) < 0)
		return r;
	json_array_foreach(a, i, each)
	{
		if (json_object_set(each, "name", json_object_get(each, "by")) <
			0 ||
		    json_object_del(each, "by") < 0) {
			json_decref(a);
			return err_set(e, ERR_NOMEM, "approvals");
		}
	}
	*out = a;
	return 0;
}

/* The plan's text, opened under leaf. */
static int
open_plan(struct core *core, const struct erasure_row *row, uint64_t leaf,
    struct buf *text, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	json_t *j = NULL;
	const char *s;
	int r;

	if ((r = agent_get(core->agent, &row->key, 1, leaf, &key, e)) < 0 ||
	    (r = row_open(core, key.p, &row->kase, &row->id, 1, row->sealed.p,
		 row->sealed.len, &j, e)) < 0)
		return r;
	s = json_string_value(json_object_get(j, "plan"));
	r = s != NULL ? buf_addstr(text, s, e)
		      : err_set(e, ERR_INTEGRITY, "plan");
	json_decref(j);
	return r;
}

static int
show_row(struct core *core, const struct id *id, uint64_t leaf, json_t **answer,
    struct err *e)
{
	AUTO(row_done) struct erasure_row row = { 0 };
	AUTO(buf_done) struct buf text = { 0 }, json = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *approvals = NULL;
	char sha[2 * 32 + 1];
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = row_load(&tx, id, &row, e)) < 0 ||
	    (r = open_plan(core, &row, leaf, &text, e)) < 0 ||
	    (r = certified_load(&tx, id, &json, e)) < 0 ||
	    (r = approvals_json(core, &tx, id, &approvals, e)) < 0)
		return r;
	hex_format(row.sha256, 32, sha);
	*answer = json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:i, s:I, s:I}",
	    "erasure", json_of_id(id), "case", json_of_id(&row.kase), "state",
	    row.state, "sha256", sha, "plan", buf_str(&text), "approvals",
	    approvals, "needed", (int)approval_needed(core, what_of(&row)),
	    "destroyed", (json_int_t)row.destroyed, "leaf", (json_int_t)leaf);
	if (*answer == NULL)
		return err_set(e, ERR_NOMEM, "erasure");
	if (row.certificate.len > 0)
		json_object_set_new(*answer, "certificate",
		    json_string(buf_str(&row.certificate)));
	if (json.len > 0)
		json_object_set_new(
		    *answer, "certificate_json", json_string(buf_str(&json)));
	return 0;
}

int
erasure_show(struct core *core, const struct caller *caller,
    const char *erasure, struct id *object, json_t **answer, struct err *e)
{
	AUTO(row_done) struct erasure_row row = { 0 };
	struct decision d;
	uint64_t leaf;
	json_t *detail;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = find_and_authorize(
		 core, caller, erasure, OP_ERASE_READ, &row, &d, e)) < 0)
		return r;
	*object = row.kase;
	detail = json_pack("{s:o, s:o}", "erasure", json_of_id(&row.id),
	    "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_ERASE_PLAN, &row.kase, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return show_row(core, &row.id, leaf, answer, e);
}

/* --- approving
 * ---------------------------------------------------------------------- */

struct approving {
	struct core *core;
	const struct caller *caller;
	struct erasure_row row;
	struct approval approval;
	const char *signature;
	struct decision decision;
};

/* Of an erasure, the rules are a part of its plan. */
static int
plan_changed(int r, struct err *e)
{
	if (r < 0 && e->tag != NULL && strcmp(e->tag, "policy-changed") == 0)
		return err_tag(e, ERR_CONFLICT, "plan-changed",
		    "the rules changed since: plan again");
	return r;
}

static int
check_signature(struct approving *a, const struct buf *text, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct approval_subject s;
	int r;

	if ((r = tx_read(a->core->catalog, &tx, e)) < 0 ||
	    (r = approval_subject_get(&tx, &a->row.id, &s, e)) < 0)
		return r;
	r = approval_verify(a->core, &s, text->p, text->len, a->signature,
	    core_now(a->core), &a->approval, e);
	return plan_changed(r, e);
}

/* The allowed moves of a plan. */
static const struct {
	const char *from, *to;
} moves[] = {
	{ "planned", "approved" },
	{ "approved", "approved" },
	{ "approved", "running" },
	{ "running", "done" },
};

static int
set_state(struct tx *tx, const struct id *id, const char *from, const char *to,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	size_t i;
	int r;

	for (i = 0; i < NELEMS(moves); i++)
		if (strcmp(moves[i].from, from) == 0 &&
		    strcmp(moves[i].to, to) == 0)
			break;
	if (i == NELEMS(moves))
		return err_tag(e, ERR_CONFLICT, "erasure-state",
		    "this erasure is %s", from);
	if ((r = sql_open(
		 tx, "UPDATE erasure SET state = ? WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_text(q, 1, to, e)) < 0 || (r = sql_id(q, 2, id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply_approval(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct approving *a = arg;
	uint32_t have, need;
	int r;

	if ((r = row_load(tx, &a->row.id, &a->row, e)) < 0)
		return r;
	if (strcmp(a->row.state, "planned") != 0 &&
	    strcmp(a->row.state, "approved") != 0)
		return err_tag(e, ERR_CONFLICT, "erasure-state",
		    "this erasure is %s", a->row.state);
	if ((r = approval_enter(a->core, tx, a->caller, &a->approval,
		 LEAF_ERASE_APPROVE, &a->decision, now_ms, e)) < 0 ||
	    (r = approval_count(
		 a->core, tx, &a->row.id, now_ms, &have, &need, e)) < 0)
		return r;
	return have < need
		   ? 0
		   : set_state(tx, &a->row.id, a->row.state, "approved", e);
}

static int
run_approval(struct approving *a, const char *erasure, struct id *object,
    json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct change ch = {
		.apply = apply_approval,
		.arg = a,
		.need_head = 1,
	};
	uint64_t leaf;
	int r;

	if ((r = core_check_open(a->core, e)) < 0 ||
	    (r = find_and_authorize(a->core, a->caller, erasure,
		 OP_ERASE_APPROVE, &a->row, &a->decision, e)) < 0)
		return r;
	*object = a->row.kase;
	if ((r = core_read_leaf(a->core, a->caller, LEAF_ERASE_PLAN,
		 &a->row.kase, NULL, &leaf, e)) < 0 ||
	    (r = open_plan(a->core, &a->row, leaf, &text, e)) < 0 ||
	    (r = check_signature(a, &text, e)) < 0 ||
	    (r = commit_run(a->core->committer, &ch, e)) < 0)
		return r;
	return show_row(a->core, &a->row.id, a->approval.leaf, answer, e);
}

int
erasure_approve(struct core *core, const struct caller *caller,
    const char *erasure, const char *signature, struct id *object,
    json_t **answer, struct err *e)
{
	struct approving a = {
		.core = core,
		.caller = caller,
		.signature = signature,
	};
	int r;

	r = run_approval(&a, erasure, object, answer, e);
	row_done(&a.row);
	return r;
}

/* --- its plans
 * ----------------------------------------------------------------- */

/*
 * Each plan of it, as the catalog stands: one, or a case's after a case's.
 * day: what a sweep destroys must be due still on that day; 0: not asked.
 */
static int
plans_each(struct core *core, struct tx *tx, const struct erasure_row *row,
    int32_t day, int (*each)(void *arg, struct plan *plan, struct err *e),
    void *arg, struct err *e)
{
	AUTO(plan_done) struct plan plan = { 0 };
	AUTO(buf_done) struct buf docs = { 0 };
	int r;

	if (is_sweep(row))
		return sweep_each(core, tx, &row->id, day, each, arg, e);
	if ((r = documents_load(tx, &row->id, &docs, e)) < 0 ||
	    (r = check_held(tx, &row->kase, &docs, e)) < 0 ||
	    (r = plan_make(tx, &row->kase,
		 (const struct id *)(const void *)docs.p, docs.len / ID_LEN,
		 &plan, e)) < 0)
		return r;
	return each(arg, &plan, e);
}

static int
add_digest(void *arg, struct plan *plan, struct err *e)
{
	uint8_t digest[32];
	int r = plan_digest(plan, digest, e);

	return r < 0 ? r : buf_add(arg, digest, sizeof(digest), e);
}

/* Are they what was approved? */
static int
check_plans(struct core *core, struct tx *tx, const struct erasure_row *row,
    int32_t day, struct err *e)
{
	AUTO(buf_done) struct buf digests = { 0 };
	uint8_t digest[32] = { 0 };
	int r;

	if ((r = plans_each(core, tx, row, day, add_digest, &digests, e)) < 0 ||
	    (is_sweep(row) &&
		(r = sweep_add_months(tx, &row->id, &digests, e)) < 0))
		return r;
	if (!is_sweep(row) && digests.len == sizeof(digest))
		memcpy(digest, digests.p, sizeof(digest));
	else if ((r = digest_of(
		      DIGEST_SHA256, digests.p, digests.len, digest, e)) < 0)
		return r;
	if (memcmp(digest, row->objects, sizeof(digest)) != 0)
		return err_tag(e, ERR_CONFLICT, "plan-changed",
		    "what is to be erased changed since: plan again");
	return 0;
}

/* --- running
 * ------------------------------------------------------------------------- */

struct running {
	struct core *core;
	const struct caller *caller;
	struct erasure_row row;
	struct decision decision;
	struct buf numbers; /* u64, ascending */
	uint32_t months[SWEEP_MONTHS_MAX];
	size_t nmonths;
	struct buf slices; /* canaries, taken before it begins */
	size_t canaries;
	uint64_t leaf;
	struct tx *tx;	  /* of the beginning */
	uint8_t hash[32]; /* of the approvals */
	int64_t now_ms;
	struct buf cases; /* ids of those that went whole */
	struct buf certificate, json;
};

static int
keep_number(
    struct tx *tx, const struct id *erasure, uint64_t number, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT OR IGNORE INTO erasure_key (erasure, number)"
		 " VALUES (?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, erasure, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)number, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Every (object, key) of the plan, for the leaves and for the agent. */
static int
list_clear(const struct plan *plan, struct leaf_clear *out, size_t *n)
{
	const uint64_t *numbers;
	size_t i, k, count;

	for (i = 0, *n = 0; i < plan->n; i++) {
		numbers =
		    (const uint64_t *)(const void *)plan->objects[i].numbers.p;
		count = plan->objects[i].numbers.len / sizeof(*numbers);
		for (k = 0; k < count; k++, (*n)++) {
			out[*n].id = plan->objects[i].id;
			out[*n].key = numbers[k];
		}
	}
	return 0;
}

/* Leaves with ids and key numbers in clear, so that a restore can replay. */
static int
enter_leaves(struct running *x, struct tx *tx, const struct leaf_clear *all,
    size_t n, const uint8_t hash[32], int64_t now_ms, struct err *e)
{
	struct audit_entry en = {
		.klass = LEAF_ERASE_RUN,
		.actor = &x->caller->actor,
		.object = x->row.kase,
		.approvals = hash,
	};
	size_t at, k;
	int r = 0;

	en.detail = json_pack("{s:o, s:I, s:o}", "erasure",
	    json_of_id(&x->row.id), "keys", (json_int_t)n, "decision",
	    decision_json(x->core, &x->decision));
	for (at = 0; r == 0 && at < n; at += k) {
		k = n - at < CLEAR_ROOM ? n - at : CLEAR_ROOM;
		en.clear = all + at;
		en.nclear = (uint32_t)k;
		r = core_enter(
		    x->core, tx, x->caller, &en, now_ms, &x->leaf, e);
	}
	json_decref(en.detail);
	return r;
}

/* One plan of it: the leaves, the numbers, the rows. */
static int
remember_and_forget(void *arg, struct plan *plan, struct err *e)
{
	AUTO(mem_freep) struct leaf_clear *all = NULL;
	struct running *x = arg;
	size_t n = plan_keys(plan), i;
	int r;

	if ((all = calloc(n + 1, sizeof(*all))) == NULL)
		return err_set(e, ERR_NOMEM, "erasure");
	list_clear(plan, all, &n);
	for (i = 0; i < n; i++)
		if ((r = keep_number(x->tx, &x->row.id, all[i].key, e)) < 0)
			return r;
	if ((r = enter_leaves(x, x->tx, all, n, x->hash, x->now_ms, e)) < 0)
		return r;
	return plan_forget(x->tx, plan, x->now_ms, e);
}

/* The months of the log whose details go: a leaf of their own. */
static int
enter_months(struct running *x, struct tx *tx, struct err *e)
{
	json_t *detail, *months = json_array();
	char text[16];
	size_t i;
	int r;

	for (i = 0; i < x->nmonths; i++) {
		snprintf(text, sizeof(text), "%04u-%02u", x->months[i] / 12,
		    x->months[i] % 12 + 1);
		json_array_append_new(months, json_string(text));
	}
	detail = json_pack("{s:o, s:o, s:o}", "erasure", json_of_id(&x->row.id),
	    "months", months, "decision", decision_json(x->core, &x->decision));
	r = core_leaf(x->core, tx, x->caller, LEAF_DETAIL_EXPIRE, LEAF_OK, NULL,
	    detail, x->now_ms, &x->leaf, e);
	json_decref(detail);
	return r;
}

static int
load_months(struct running *x, struct tx *tx, struct err *e)
{
	x->nmonths = 0;
	return is_sweep(&x->row) ? sweep_months(tx, &x->row.id, x->months,
				       &x->nmonths, NELEMS(x->months), e)
				 : 0;
}

/* From here on it happens: the same plan still, two approvals, the leaves. */
static int
apply_begin(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct running *x = arg;
	int32_t day;
	int r;

	x->tx = tx;
	x->now_ms = now_ms;
	day = civil_day(audit_time(x->core->audit, now_ms));
	if ((r = row_load(tx, &x->row.id, &x->row, e)) < 0)
		return r;
	if (strcmp(x->row.state, "approved") != 0)
		return err_tag(e, ERR_CONFLICT,
		    strcmp(x->row.state, "planned") == 0 ? "approvals-missing"
							 : "erasure-state",
		    "this erasure is %s", x->row.state);
	if ((r = clock_check(x->core, e)) < 0)
		return r;
	r = approval_check(x->core, tx, &x->row.id, now_ms, x->hash, e);
	if ((r = plan_changed(r, e)) < 0 ||
	    (is_sweep(&x->row) &&
		(r = sweep_check_visa(tx, &x->row.id, e)) < 0) ||
	    (r = check_plans(x->core, tx, &x->row, day, e)) < 0 ||
	    (r = canary_keep(tx, &x->row.id, &x->slices, e)) < 0 ||
	    (r = plans_each(
		 x->core, tx, &x->row, 0, remember_and_forget, x, e)) < 0 ||
	    (r = load_months(x, tx, e)) < 0 ||
	    (x->nmonths > 0 && (r = enter_months(x, tx, e)) < 0) ||
	    (r = set_state(tx, &x->row.id, x->row.state, "running", e)) < 0 ||
	    (r = sql_open(
		 tx, "UPDATE erasure SET leaf = ? WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_id(q, 2, &x->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

/*
 * A run that was cut goes on where it stopped. This leaf's head also covers
 * the leaves of its beginning: the agent destroys for nothing less.
 */
static int
apply_take_up(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct running *x = arg;
	json_t *detail;
	uint64_t leaf;
	int r;

	detail = json_pack("{s:o, s:s, s:o}", "erasure", json_of_id(&x->row.id),
	    "what", "taken up", "decision",
	    decision_json(x->core, &x->decision));
	r = core_leaf(x->core, tx, x->caller, LEAF_ERASE_RUN, LEAF_OK,
	    &x->row.kase, detail, now_ms, &leaf, e);
	json_decref(detail);
	return r;
}

/* The cases that go whole: words of theirs leave the search index. */
static int
load_cases(struct running *x, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(buf_done) struct buf docs = { 0 };
	struct id kase;
	int r;

	buf_reset(&x->cases);
	if (!is_sweep(&x->row)) {
		r = documents_load(tx, &x->row.id, &docs, e);
		if (r < 0 || docs.len > 0)
			return r;
		return buf_add(&x->cases, x->row.kase.b, ID_LEN, e);
	}
	if ((r = sql_open(tx,
		 "SELECT DISTINCT kase FROM sweep_object"
		 " WHERE sweep = ? AND kind = '" SWEEP_CASE "'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->row.id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &kase, e)) < 0 ||
		    (r = buf_add(&x->cases, kase.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

static int
load_numbers(struct running *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	uint64_t number;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = row_load(&tx, &x->row.id, &x->row, e)) < 0 ||
	    (r = load_cases(x, &tx, e)) < 0 ||
	    (r = load_months(x, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT number FROM erasure_key WHERE erasure = ?"
		 " ORDER BY number",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->row.id, e)) < 0)
		return r;
	buf_reset(&x->numbers);
	while ((r = sql_step(q, e)) > 0) {
		number = (uint64_t)sql_get_int(q, 0);
		if ((r = buf_add(&x->numbers, &number, sizeof(number), e)) < 0)
			return r;
	}
	return r;
}

static int
apply_rotated(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct running *x = arg;
	AUTO(sql_done) struct sql *q = NULL;
	json_t *detail;
	uint64_t leaf;
	size_t i;
	int r;

	for (i = 0; i < x->nmonths; i++)
		if ((r = audit_expire(tx, x->months[i], e)) < 0)
			return r;
	if ((r = sql_open(tx,
		 "UPDATE erasure SET destroyed = ?, rotated = ?"
		 " WHERE id = ? AND rotated = 0",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)x->row.destroyed, e)) < 0 ||
	    (r = sql_int(q, 2, now_ms, e)) < 0 ||
	    (r = sql_id(q, 3, &x->row.id, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	detail = json_pack("{s:o, s:I}", "erasure", json_of_id(&x->row.id),
	    "destroyed", (json_int_t)x->row.destroyed);
	r = core_leaf(x->core, tx, x->caller, LEAF_KEY_ROTATE, LEAF_OK,
	    &x->row.kase, detail, now_ms, &leaf, e);
	json_decref(detail);
	return r;
}

/* Live copies go: the index, the store's segments, the catalog's pages. */
static int
clean(struct running *x, struct err *e)
{
	struct id kase;
	size_t i;
	int r;

	for (i = 0; i < x->cases.len; i += ID_LEN) {
		memcpy(kase.b, x->cases.p + i, ID_LEN);
		if ((r = search_forget(x->core, &kase, e)) < 0)
			return r;
	}
	return destroy_copies(x->core, e);
}

static int
apply_done(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct running *x = arg;
	json_t *detail;
	int r;

	if ((r = row_load(tx, &x->row.id, &x->row, e)) < 0)
		return r;
	detail = json_pack("{s:o, s:I}", "erasure", json_of_id(&x->row.id),
	    "destroyed", (json_int_t)x->row.destroyed);
	r = core_leaf(x->core, tx, x->caller, LEAF_ERASE_DONE, LEAF_OK,
	    &x->row.kase, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	return r;
}

/* What the archives answered, if they were asked; the caller's. */
static int
visa_json(struct tx *tx, const struct id *sweep, json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	*out = NULL;
	if ((r = sql_open(tx,
		 "SELECT visa_leaf, visa_day, visa_reference FROM sweep"
		 " WHERE id = ? AND visa_leaf > 0",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, sweep, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	*out = json_pack("{s:s, s:o, s:I}", "reference", sql_get_text(q, 2),
	    "date", json_of_day((int32_t)sql_get_int(q, 1)), "leaf",
	    (json_int_t)sql_get_int(q, 0));
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "certificate");
}

/* What was done, with its dates, and what is left to others. */
static int
write_certificate(struct running *x, struct buf *text, struct err *e)
{
	struct certified_facts f = {
		.erasure = x->row.id,
		.kase = x->row.kase,
		.leaf = x->leaf,
		.destroyed = x->row.destroyed,
		.rotated_ms = x->row.rotated,
		.live_ms = core_now(x->core),
		.canaries = x->canaries,
		.months = x->months,
		.nmonths = x->nmonths,
	};
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *approvals = NULL, *visa = NULL;
	int r;

	memcpy(f.plan, x->row.sha256, sizeof(f.plan));
	buf_reset(&x->json);
	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = approvals_json(x->core, &tx, &x->row.id, &approvals, e)) < 0)
		return r;
	if ((r = visa_json(&tx, &x->row.id, &visa, e)) == 0) {
		f.approvals = approvals;
		f.visa = visa;
		r = certified_make(x->core, &f, &x->json, text, e);
	}
	json_decref(approvals);
	json_decref(visa);
	return r;
}

static int
apply_certificate(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct running *x = arg;
	AUTO(sql_done) struct sql *q = NULL, *keys = NULL;
	int r;

	/* What a person asked for is answered by its certificate. */
	if ((r = request_settle_linked(tx, &x->row.id, now_ms, e)) < 0 ||
	    (r = sql_open(tx, "UPDATE erasure SET certificate = ? WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, buf_str(&x->certificate), e)) < 0 ||
	    (r = sql_id(q, 2, &x->row.id, e)) < 0 || (r = sql_run(q, e)) < 0 ||
	    (r = sql_open(tx, "DELETE FROM erasure_key WHERE erasure = ?",
		 &keys, e)) < 0 ||
	    (r = sql_id(keys, 1, &x->row.id, e)) < 0 ||
	    (r = sql_run(keys, e)) < 0 ||
	    (r = canary_drop(tx, &x->row.id, e)) < 0 ||
	    (r = certified_keep(tx, &x->row.id, x->row.rotated, &x->json, e)) <
		0)
		return r;
	return set_state(tx, &x->row.id, x->row.state, "done", e);
}

static int
certify(struct running *x, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct change done = {
		.apply = apply_done,
		.arg = x,
		.need_head = 1,
	};
	struct change kept = { .apply = apply_certificate, .arg = x };
	int r;

	if ((r = commit_run(x->core->committer, &done, e)) < 0 ||
	    (r = write_certificate(x, &text, e)) < 0 ||
	    (r = agent_sign_certificate(x->core->agent, (const char *)text.p,
		 text.len, x->leaf, &x->certificate, e)) < 0)
		return r;
	return commit_run(x->core->committer, &kept, e);
}

static int
finish(struct running *x, struct err *e)
{
	struct change rotated = {
		.apply = apply_rotated,
		.arg = x,
		.need_head = 1,
	};
	int r;

	if ((r = load_numbers(x, e)) < 0)
		return r;
	/* What is certified are this erasure's keys, whichever run of it
	 * destroyed them; the burnt ones go with them. */
	x->row.destroyed = x->numbers.len / sizeof(uint64_t);
	if ((r = destroy_keys(x->core, &x->numbers,
		 &(struct destroy_months){ x->months, x->nmonths }, x->row.leaf,
		 e)) < 0 ||
	    (r = commit_run(x->core->committer, &rotated, e)) < 0 ||
	    (r = clean(x, e)) < 0 ||
	    (r = canary_scan(x->core, &x->row.id, &x->canaries, e)) < 0)
		return r;
	retention_look_again(x->core);
	return certify(x, e);
}

/* Slices of what is about to go: of the very plan that was approved, or the
 * run will not begin. */
static int
add_canaries(void *arg, struct plan *plan, struct err *e)
{
	struct running *x = arg;

	return canary_take(x->core, x->tx, plan, &x->slices, e);
}

static int
take_canaries(struct running *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	size_t i;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	x->tx = &tx;
	r = plans_each(x->core, &tx, &x->row, 0, add_canaries, x, e);
	x->tx = NULL;
	if (r == 0)
		r = load_months(x, &tx, e);
	for (i = 0; r == 0 && i < x->nmonths; i++)
		r = canary_take_month(&tx, x->months[i], &x->slices, e);
	return r;
}

static int
run(struct running *x, const char *erasure, struct id *object, json_t **answer,
    struct err *e)
{
	struct change start = {
		.apply = apply_begin,
		.arg = x,
		.need_head = 1,
	};
	uint64_t leaf;
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = find_and_authorize(x->core, x->caller, erasure, OP_ERASE_RUN,
		 &x->row, &x->decision, e)) < 0)
		return r;
	*object = x->row.kase;
	if (strcmp(x->row.state, "done") != 0) {
		if ((r = clock_check(x->core, e)) < 0)
			return r;
		if (strcmp(x->row.state, "running") == 0)
			start.apply = apply_take_up;
		else if (strcmp(x->row.state, "approved") == 0 &&
			 (r = take_canaries(x, e)) < 0)
			return r;
		if ((r = commit_run(x->core->committer, &start, e)) < 0 ||
		    (r = finish(x, e)) < 0)
			return r;
	}
	if ((r = core_read_leaf(x->core, x->caller, LEAF_ERASE_PLAN,
		 &x->row.kase, NULL, &leaf, e)) < 0)
		return r;
	return show_row(x->core, &x->row.id, leaf, answer, e);
}

int
erasure_run(struct core *core, const struct caller *caller, const char *erasure,
    struct id *object, json_t **answer, struct err *e)
{
	struct running x = { .core = core, .caller = caller };
	int r;

	destroy_begin();
	r = run(&x, erasure, object, answer, e);
	destroy_end();
	row_done(&x.row);
	buf_done(&x.numbers);
	buf_done(&x.slices);
	buf_done(&x.cases);
	buf_done(&x.certificate);
	buf_done(&x.json);
	return r;
}

/* --- lists ----------------------------------------------------------------
 */

int
erasure_is_undecided(struct tx *tx, const struct id *erasure, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM erasure WHERE id = ?"
		 " AND state IN ('planned', 'approved')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, erasure, e)) < 0)
		return r;
	return sql_step(q, e);
}

int
erasure_since(struct tx *tx, int64_t since_ms, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, kase, state, destroyed, rotated,"
		 " certificate <> '' FROM erasure"
		 " WHERE state <> 'done' OR rotated >= ?"
		 " ORDER BY rotated = 0 DESC, rotated DESC LIMIT 1000",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, since_ms, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0)
			return r;
		if (json_array_append_new(
			list, json_pack("{s:o, s:s, s:s, s:I, s:o, s:b}",
				  "erasure", json_of_id(&id), "what",
				  id_is_zero(&kase) ? "retention" : "erasure",
				  "state", sql_get_text(q, 2), "keys_destroyed",
				  (json_int_t)sql_get_int(q, 3), "keys_gone_at",
				  json_of_time(sql_get_int(q, 4)),
				  "certificate", (int)sql_get_int(q, 5))) < 0)
			return err_set(e, ERR_NOMEM, "erasures");
	}
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}

int
erasure_certificates(struct tx *tx, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, certificate FROM erasure WHERE certificate <> ''"
		 " ORDER BY rotated DESC LIMIT 1000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		AUTO(buf_done) struct buf json = { 0 };

		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = certified_load(tx, &id, &json, e)) < 0)
			return r;
		if (json_array_append_new(list,
			json_pack("{s:o, s:s, s:s}", "erasure", json_of_id(&id),
			    "text", sql_get_text(q, 1), "json",
			    json.len > 0 ? buf_str(&json) : "")) < 0)
			return err_set(e, ERR_NOMEM, "certificates");
	}
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}
