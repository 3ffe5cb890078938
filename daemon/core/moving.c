#include "daemon/core/moving.h"

#include "base/seal.h"
#include "daemon/core/case.h"
#include "daemon/core/json_of.h"

/* --- who asks ------------------------------------------------------------- */

int
moving_begin(struct moving *m, const char *extract, enum policy_op op,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(m->core);
	struct case_facts facts;
	char kase[ID_TEXT];
	int r;

	if ((r = core_check_open(m->core, e)) < 0 ||
	    (r = tx_read(m->core->catalog, &tx, e)) < 0)
		return r;
	if (id_parse(extract, &m->extract, NULL) < 0 ||
	    register_find(&tx, &m->extract, &m->row, NULL) < 0)
		return authorize_unknown(m->core, m->caller, op, NULL, now, e);
	id_format(&m->row.kase, kase);
	return case_authorize(m->core, &tx, m->caller, kase, op, NULL, now,
	    &facts, object, &m->access, e);
}

int
moving_begin_partner(struct moving *m, const char *extract, enum policy_op op,
    struct id *object, struct err *e)
{
	int64_t now = core_now(m->core);
	int r;

	if ((r = core_check_open(m->core, e)) < 0 ||
	    (r = core_authorize(
		 m->core, m->caller, op, NULL, NULL, now, &m->access, e)) < 0)
		return r;
	if (m->caller->who->recipient == NULL)
		return err_tag(e, ERR_DENIED, "wrong-door",
		    "only a recipient may do this");
	if (extract == NULL)
		return 0;
	if (id_parse(extract, &m->extract, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such extract");
	*object = m->extract;
	return 0;
}

int
moving_own(struct moving *m, struct tx *tx, struct err *e)
{
	int r;

	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0)
		return r;
	if (strcmp(m->row.recipient, m->caller->who->recipient) != 0 ||
	    strcmp(m->row.channel, "ssh") != 0 ||
	    !register_was_released(&m->row))
		return err_set(e, ERR_NOT_FOUND, "no such extract");
	return 0;
}

/* --- leaving -------------------------------------------------------------- */

static int
has_tag(const struct err *e, const char *const *tags)
{
	for (; *tags != NULL; tags++)
		if (strcmp(err_name(e), *tags) == 0)
			return 1;
	return 0;
}

/*
 * A partner is told what concerns it: that a consent is gone, that the rules
 * changed. What the household asked for, or what became of its file, is in
 * the leaf, and not in the answer.
 */
static int
refuse(const struct moving *m, struct err *e)
{
	static const char *const rules[] = { "no-rule", "purpose-unknown",
		"purpose-missing", "recipient-unknown", NULL };
	static const char *const consent[] = { "consent-missing", NULL };

	if (has_tag(e, rules))
		return err_tag(e, ERR_CONFLICT, "extract-rules-changed",
		    "the rules changed since this extract was released");
	if (!m->caller->partner_door || has_tag(e, consent))
		return -(int)e->code;
	return err_tag(e, ERR_CONFLICT, "extract-suspended",
	    "this extract may not be had for now");
}

/* The decision, as it is now; and still for what was frozen. */
static int
decide_again(struct moving *m, struct tx *tx, int64_t now_ms, struct err *e)
{
	AUTO(buf_done) struct buf terms = { 0 };
	struct disclosing *now = &m->now;
	int r;

	now->core = m->core;
	now->caller = m->caller;
	now->recipient = m->row.recipient;
	now->purpose = m->row.purpose;
	now->access = m->access;
	now->now_ms = now_ms;
	if ((r = case_by_id(tx, &m->row.kase, &now->kase, e)) < 0)
		return r;
	r = disclosing_decide(now, tx, e);
	if (r == -(int)ERR_DENIED)
		return refuse(m, e);
	if (r < 0 || (r = register_terms(tx, &m->extract, &terms, e)) < 0)
		return r;
	return disclosing_check_terms(now, buf_str(&terms), e);
}

int
moving_check_still(
    struct moving *m, struct tx *tx, int64_t now_ms, struct err *e)
{
	int r;

	if ((r = decide_again(m, tx, now_ms, e)) < 0)
		return r;
	return register_check_sources(tx, &m->extract, e);
}

int
moving_pull(struct moving *m, struct tx *tx, int64_t now_ms, struct err *e)
{
	int r;

	if ((r = register_check_pull(&m->row, now_ms, e)) < 0 ||
	    (r = moving_check_still(m, tx, now_ms, e)) < 0)
		return r;
	return register_move(tx, &m->row, "pulled", now_ms, e);
}

/* --- entering ------------------------------------------------------------- */

int
moving_enter(struct moving *m, struct tx *tx, enum leaf_class klass,
    json_t *more, int64_t now_ms, struct err *e)
{
	json_t *detail, *sources = NULL;
	int r;

	if ((r = register_sources(tx, &m->extract, &sources, e)) < 0) {
		json_decref(more);
		return r;
	}
	detail = json_pack("{s:o, s:o, s:s, s:s, s:s*, s:o, s:o}", "case",
	    json_of_id(&m->row.kase), "extract", json_of_id(&m->extract),
	    "recipient", m->row.recipient, "channel", m->row.channel,
	    "door_key", m->caller->door_key, "sources", sources, "decision",
	    decision_json(m->core, &m->access));

	if (detail != NULL && more != NULL)
		json_object_update(detail, more);
	json_decref(more);
	r = core_leaf(m->core, tx, m->caller, klass, LEAF_OK, &m->row.kase,
	    detail, now_ms, &m->leaf, e);
	json_decref(detail);
	return r;
}

int
moving_commit(struct moving *m,
    int (*apply)(struct tx *tx, int64_t now_ms, void *arg, struct err *e),
    struct err *e)
{
	struct change ch = { .apply = apply, .arg = m, .need_head = 1 };

	return commit_run(m->core->committer, &ch, e);
}

int
moving_answer(
    const struct moving *m, const char *state, json_t **answer, struct err *e)
{
	*answer =
	    json_pack("{s:o, s:s, s:I}", "extract", json_of_id(&m->extract),
		"state", state, "leaf", (json_int_t)m->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "extract");
}

/* --- the bytes ------------------------------------------------------------ */

int
moving_container(struct moving *m, struct buf *out, struct err *e)
{
	struct seal_context c = {
		.type = SEAL_EXTRACT,
		.vault = m->core->settings.vault,
		.kase = m->row.kase,
		.document = m->extract,
		.version = 1,
	};
	AUTO(store_reader_freep) struct store_reader *reader = NULL;
	AUTO(opener_freep) struct opener *opener = NULL;
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf piece = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = agent_get(m->core->agent, &m->row.key, 1, m->leaf, &key, e)) <
		0 ||
	    (r = opener_new(key.p, &c, &opener, e)) < 0 ||
	    (r = tx_read(m->core->catalog, &tx, e)) < 0 ||
	    (r = store_reader_open(m->core->store, &tx, &m->extract, 1,
		 STORE_CONTENT, &reader, e)) < 0)
		return r;
	do {
		if ((r = store_reader_next(reader, &piece, e)) < 0 ||
		    (r = opener_write(opener, piece.p, piece.len, out, e)) < 0)
			return r;
	} while (piece.len > 0);
	return opener_finish(opener, out, e);
}
