/* Holds as they are shown, and those that must be looked at again. */
#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/due.h"
#include "daemon/core/hold_row.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

struct listing {
	struct core *core;
	const struct caller *caller;
	struct case_facts kase; /* id zero: all */
	struct sealed_rows rows;
	json_t *out;
};

/* Of a list over all cases: those that the caller may see. */
static int
may_see(struct listing *l, struct tx *tx, const struct id *kase, struct err *e)
{
	struct caller quiet = *l->caller;
	struct decision d;
	struct case_facts f;
	int r;

	if (!id_is_zero(&l->kase.id))
		return 1;
	quiet.decided = NULL; /* a line left out is no refusal */
	if ((r = case_by_id(tx, kase, &f, e)) < 0)
		return r;
	/* Who may hold it, and who answers its people. */
	return core_authorize(l->core, &quiet, OP_HOLD, NULL, &f,
		   core_now(l->core), &d, NULL) == 0 ||
	       core_authorize(l->core, &quiet, OP_RIGHTS_ANSWER, NULL, &f,
		   core_now(l->core), &d, NULL) == 0;
}

static int
add_row(struct listing *l, const struct hold_row *h, struct err *e)
{
	struct sealed_row row = {
		.id = h->id,
		.kase = h->kase,
		.version = HOLD_VERSION_WORDS,
		.key = h->key,
		.p = h->words.p,
		.n = h->words.len,
	};
	json_t *clear = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:I}", "hold",
	    json_of_id(&h->id), "case", json_of_id(&h->kase), "document",
	    id_is_zero(&h->document) ? json_null() : json_of_id(&h->document),
	    "state", h->state, "review", json_of_day(h->review), "at",
	    json_of_time(h->at), "leaf", (json_int_t)h->leaf);

	if (h->key == 0) { /* of an erased case: the days are left */
		if (clear == NULL || json_array_append_new(l->out, clear) < 0)
			return err_set(e, ERR_NOMEM, "holds");
		return 0;
	}
	return rows_add(&l->rows, &row, clear, e);
}

static int
collect(struct listing *l, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int all = id_is_zero(&l->kase.id), r;
	struct id id;

	if ((r = tx_read(l->core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 all ? "SELECT id FROM hold WHERE state = 'set'"
		       " ORDER BY review, id"
		     : "SELECT id FROM hold WHERE kase = ? ORDER BY at, id",
		 &q, e)) < 0 ||
	    (!all && (r = sql_id(q, 1, &l->kase.id, e)) < 0))
		return r;
	while ((r = sql_step(q, e)) > 0 &&
	       l->rows.n + json_array_size(l->out) < HOLD_LIST_MAX) {
		AUTO(hold_row_done) struct hold_row h = { 0 };

		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = hold_row_by_id(&tx, &id, &h, e)) < 0 ||
		    (r = may_see(l, &tx, &h.kase, e)) < 0 ||
		    (r > 0 && (r = add_row(l, &h, e)) < 0))
			return r;
	}
	return r < 0 ? r : 0;
}

static int
show(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	struct listing *l = arg;

	if (json_object_update_missing(row->clear, opened) < 0 ||
	    json_array_append(l->out, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "holds");
	return 0;
}

static int
authorize(struct listing *l, const char *kase, struct decision *d,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(l->core);
	int r;

	if ((r = core_check_open(l->core, e)) < 0 ||
	    (r = tx_read(l->core->catalog, &tx, e)) < 0)
		return r;
	if (kase == NULL)
		return core_authorize(l->core, l->caller, OP_RETENTION_READ,
		    NULL, NULL, now, d, e);
	return case_authorize(l->core, &tx, l->caller, kase, OP_DOC_LIST, NULL,
	    now, &l->kase, object, d, e);
}

static int
list(
    struct listing *l, const struct decision *d, json_t **answer, struct err *e)
{
	json_t *detail;
	uint64_t leaf;
	int r;

	detail = json_pack("{s:s, s:o}", "what", "holds", "decision",
	    decision_json(l->core, d));
	r = core_read_leaf(l->core, l->caller, LEAF_HOLD,
	    id_is_zero(&l->kase.id) ? NULL : &l->kase.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = collect(l, e)) < 0 ||
	    (r = rows_open(l->core, &l->rows, leaf, show, l, e)) < 0)
		return r;
	*answer =
	    json_pack("{s:O, s:I}", "holds", l->out, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "holds");
}

int
hold_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	struct listing l = { .core = core, .caller = caller };
	struct decision d;
	int r;

	if ((l.out = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "holds");
	if ((r = authorize(&l, kase, &d, object, e)) == 0)
		r = list(&l, &d, answer, e);
	rows_done(&l.rows);
	json_decref(l.out);
	return r;
}

int
hold_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, review, at, page IS NOT NULL FROM hold"
		 " WHERE state = 'set'"
		 " ORDER BY review, id",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0 ||
		    (r = due_add(d, "hold-review", &kase, &id,
			 sql_get_int(q, 3),
			 civil_start_ms((int32_t)sql_get_int(q, 2) + 1),
			 json_pack("{s:s*}", "state",
			     sql_get_int(q, 4) ? "release-asked" : NULL),
			 e)) < 0)
			return r;
	}
	return r;
}
