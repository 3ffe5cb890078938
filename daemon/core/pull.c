/* The partner's door: what a recipient may have, and what it says of it. */
#include "daemon/core/disclosure.h"
#include "daemon/core/explain.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/moving.h"

/* Authorised in the very transaction of the leaf: a withdrawal comes before
 * it or after it, never beside it. */
static int
apply_pull(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	int r;

	if ((r = moving_own(m, tx, e)) < 0 ||
	    (r = moving_pull(m, tx, now_ms, e)) < 0)
		return r;
	return moving_enter(m, tx, LEAF_EXTRACT_PULL,
	    json_pack("{s:s, s:s, s:o, s:o}", "rule", m->now.d.rule->name,
		"why", m->now.d.why, "consents", disclosing_consents(&m->now),
		"disclosure",
		disclosure_decision_json(m->core, &m->now.facts, &m->now.d)),
	    now_ms, e);
}

int
partner_pull(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, struct buf *out, uint64_t *leaf,
    struct err *e)
{
	struct moving m = { .core = core, .caller = caller };
	int r;

	if ((r = moving_begin_partner(
		 &m, extract, OP_EXTRACT_PULL, object, e)) < 0 ||
	    (r = moving_commit(&m, apply_pull, e)) < 0)
		return r;
	*leaf = m.leaf;
	return moving_container(&m, out, e);
}

static int
apply_ack(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	int r;

	if ((r = moving_own(m, tx, e)) < 0 ||
	    (r = register_move(tx, &m->row, "acknowledged", now_ms, e)) < 0)
		return r;
	return moving_enter(m, tx, LEAF_EXTRACT_ACK, NULL, now_ms, e);
}

int
partner_ack(struct core *core, const struct caller *caller, const char *extract,
    struct id *object, json_t **answer, struct err *e)
{
	struct moving m = { .core = core, .caller = caller };
	int r;

	if ((r = moving_begin_partner(&m, extract, OP_EXTRACT_ACK, object, e)) <
		0 ||
	    (r = moving_commit(&m, apply_ack, e)) < 0)
		return r;
	return moving_answer(&m, "acknowledged", answer, e);
}

/* Only what goes by this door, and is released. */
static int
list_own(struct core *core, struct tx *tx, const char *recipient, json_t *into,
    struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 }, own = { 0 };
	struct extract_row row;
	struct id id;
	json_t *line;
	size_t i;
	int r;

	if ((r = register_select(tx, NULL, recipient, "", NULL, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (strcmp(row.channel, "ssh") == 0 &&
		    register_was_released(&row) &&
		    (r = buf_add(&own, id.b, ID_LEN, e)) < 0)
			return r;
	}
	if ((r = extract_rows_json(core, tx, &own, 0, into, e)) < 0)
		return r;
	json_array_foreach(into, i, line)
	{
		json_object_del(line, "case");
		json_object_del(line, "second_due_at");
		json_object_del(line, "second_at");
	}
	return 0;
}

int
partner_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct moving m = { .core = core, .caller = caller };
	json_t *a, *detail;
	uint64_t leaf;
	int r;

	if ((r = moving_begin_partner(&m, NULL, OP_EXTRACT_LIST, NULL, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:o}", "recipient", caller->who->recipient,
	    "decision", decision_json(core, &m.access));
	r = core_read_leaf(
	    core, caller, LEAF_EXTRACT_LIST, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	a = json_array();
	if ((r = list_own(core, &tx, caller->who->recipient, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "extracts", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "extracts");
}
