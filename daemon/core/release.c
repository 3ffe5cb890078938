/* Release: decided, frozen, decided once more in the transaction. */
#include "daemon/core/disclosure.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/freeze.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/json_of.h"
#include "daemon/core/second.h"

#define HOUR_MS INT64_C(3600000)

struct releasing {
	struct frozen f;
	uint64_t leaf;
};

static void
releasing_freep(struct releasing **rp)
{
	if (*rp == NULL)
		return;
	frozen_done(&(*rp)->f);
	free(*rp);
	*rp = NULL;
}

/* A consent may have gone since it was prepared, a rule may have changed. */
static int
decide_again(struct releasing *l, struct tx *tx, int64_t now_ms,
    struct disclosing *now, struct err *e)
{
	AUTO(buf_done) struct buf terms = { 0 };
	int r;

	now->core = l->f.x.core;
	now->caller = l->f.x.caller;
	now->recipient = l->f.x.recipient;
	now->purpose = l->f.x.d.rule->purpose;
	now->access = l->f.x.access;
	now->now_ms = now_ms;
	if ((r = case_by_id(tx, &l->f.x.kase.id, &now->kase, e)) < 0 ||
	    (r = disclosing_decide(now, tx, e)) < 0 ||
	    (r = disclosing_terms(now, l->f.channel, &terms, e)) < 0)
		return r;
	if (strcmp(buf_str(&terms), buf_str(&l->f.terms)) != 0)
		return err_tag(e, ERR_CONFLICT, "extract-rule",
		    "something else applies now: preview again");
	return 0;
}

static int
enter(struct releasing *l, struct tx *tx, const struct disclosing *now,
    int64_t now_ms, struct err *e)
{
	json_t *detail = disclosing_json(now);
	int r;

	if (detail == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	json_object_set_new(detail, "extract", json_of_id(&l->f.extract));
	json_object_set_new(detail, "what", json_string(l->f.row.state));
	json_object_set_new(
	    detail, "bind_leaf", json_integer((json_int_t)l->f.bind_leaf));
	json_object_set_new(detail, "sources", gathered_sources(&l->f.g));
	r = core_leaf(now->core, tx, now->caller, LEAF_EXTRACT_RELEASE, LEAF_OK,
	    &now->kase.id, detail, now_ms, &l->leaf, e);
	json_decref(detail);
	return r;
}

static int
apply_release(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct releasing *l = arg;
	struct frozen *f = &l->f;
	struct disclosing now = { 0 };
	int r;

	if ((r = decide_again(l, tx, now_ms, &now, e)) < 0 ||
	    (r = second_ask(tx, f, now_ms, e)) < 0 ||
	    (r = register_insert(tx, &f->row, buf_str(&f->terms),
		 &f->sealed_row, f->g.sources, f->g.nsources, e)) < 0 ||
	    (r = register_check_sources(tx, &f->extract, e)) < 0 ||
	    (r = store_place(tx, f->stage, STORE_EXTRACTS, &f->extract, 1,
		 STORE_CONTENT, (uint64_t)(now_ms / HOUR_MS), e)) < 0 ||
	    (r = enter(l, tx, &now, now_ms, e)) < 0)
		return r;
	return idempotency_keep(
	    tx, f->x.caller, "extract", &f->extract, 0, l->leaf, now_ms, e);
}

static int
commit_release(struct releasing *l, struct err *e)
{
	struct change ch = {
		.stages = { l->f.stage },
		.nstages = 1,
		.apply = apply_release,
		.arg = l,
		.need_head = 1,
	};

	return commit_run(l->f.x.core->committer, &ch, e);
}

/* --- the answer ----------------------------------------------------------- */

static int
answer_release(const struct extract_row *row, const char *basis, uint64_t leaf,
    int64_t now_ms, json_t **answer, struct err *e)
{
	json_t *j = extract_row_json(row, now_ms);

	if (j == NULL ||
	    json_object_set_new(j, "basis", json_string(basis)) < 0 ||
	    json_object_set_new(j, "leaf", json_integer((json_int_t)leaf)) <
		0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "extract");
	}
	*answer = j;
	return 0;
}

/* The first answer again; its words are opened under a leaf of its own. */
static int
released_before(const struct disclosing *x, struct id *object, json_t **answer,
    struct err *e)
{
	const struct caller *caller = x->caller;
	struct core *core = x->core;
	AUTO(tx_end) struct tx tx = { 0 };
	struct extract_row row;
	uint64_t first, leaf;
	uint32_t version;
	json_t *words = NULL, *detail;
	struct id id;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = idempotency_find(
		 &tx, caller, "extract", &id, &version, &first, e)) <= 0 ||
	    (r = register_find(&tx, &id, &row, e)) < 0)
		return r;
	/* It is this case that they were allowed, to this recipient. */
	if (!id_equal(&row.kase, &x->kase.id) ||
	    strcmp(row.recipient, x->recipient) != 0 ||
	    strcmp(row.purpose, x->d.rule->purpose) != 0)
		return err_tag(e, ERR_CONFLICT, "idempotency-key",
		    "this key was used for another extract");
	detail = json_pack("{s:o, s:o, s:I}", "case", json_of_id(&row.kase),
	    "extract", json_of_id(&id), "first", (json_int_t)first);
	r = core_read_leaf(
	    core, caller, LEAF_REGISTER_READ, &row.kase, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = extract_words(core, &tx, &row, leaf, &words, e)) < 0)
		return r;
	r = answer_release(&row,
	    json_string_value(json_object_get(words, "basis")), first,
	    core_now(core), answer, e);
	json_decref(words);
	*object = row.kase;
	return r < 0 ? r : 1;
}

static int
release_new(struct releasing *l, json_t **answer, struct err *e)
{
	struct frozen *f = &l->f;
	int r;

	if ((r = freeze(f, e)) < 0 || (r = commit_release(l, e)) < 0)
		return r;
	return answer_release(&f->row, f->x.d.rule->basis, l->leaf,
	    core_now(f->x.core), answer, e);
}

int
extract_release(struct core *core, const struct caller *caller,
    const struct extract_asking *a, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(releasing_freep) struct releasing *l = calloc(1, sizeof(*l));
	AUTO(idempotency_leave) struct idempotency_turn turn = { 0 };
	int r;

	if (l == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	l->f.x.core = core;
	l->f.x.caller = caller;
	l->f.x.recipient = a->recipient;
	l->f.x.purpose = a->purpose;
	l->f.x.channel = a->channel;
	if ((r = idempotency_enter(core, caller, "extract", &turn, e)) < 0 ||
	    (r = disclosing_begin(
		 &l->f.x, a->kase, OP_EXTRACT_RELEASE, object, e)) < 0 ||
	    (r = released_before(&l->f.x, object, answer, e)) != 0)
		return r < 0 ? r : 0;
	return release_new(l, answer, e);
}
