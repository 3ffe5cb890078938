/* The requests of a case, those that wait, and what stands for them. */
#include <string.h>

#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/erasure.h"
#include "daemon/core/json_of.h"
#include "daemon/core/request_row.h"
#include "daemon/core/row.h"

static json_t *
id_or_null(const struct id *id)
{
	return id_is_zero(id) ? json_null() : json_of_id(id);
}

static json_t *
row_json(const struct core *core, const struct request_row *row)
{
	int32_t today = civil_day(core_now(core));
	int is_open = strcmp(row->state, "open") == 0;
	json_t *j;

	j = json_pack(
	    "{s:o, s:o, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:I}",
	    "request", json_of_id(&row->id), "person", id_or_null(&row->person),
	    "right", row->right, "state", row->state, "received_on",
	    json_of_day(row->received), "due_on", json_of_day(row->due),
	    "overdue", is_open && row->due < today, "extended_on",
	    json_of_day_or_null(row->extended), "settled_on",
	    json_of_day_or_null(row->settled), "linked",
	    id_or_null(&row->linked), "document", id_or_null(&row->document),
	    "leaf", (json_int_t)row->leaf);
	if (j != NULL && row->ground[0] != '\0')
		json_object_set_new(j, "ground", json_string(row->ground));
	return j;
}

static int
put_part(struct core *core, struct tx *tx, const struct request_row *row,
    const uint8_t *key, enum request_part part, json_t *into, struct err *e)
{
	AUTO(json_decrefp) json_t *words = NULL;
	AUTO(buf_done) struct buf sealed = { 0 };
	static const char *const names[] = { [REQUEST_WORDS] = "asked",
		[REQUEST_EXTENSION] = "extension",
		[REQUEST_ANSWER] = "answer" };
	int r;

	if ((r = request_row_sealed(tx, &row->id, part, &sealed, e)) < 0 ||
	    sealed.len == 0)
		return r;
	if ((r = row_open(core, key, &row->kase, &row->id, part, sealed.p,
		 sealed.len, &words, e)) < 0)
		return r;
	return json_object_set(into, names[part], words) < 0
		   ? err_set(e, ERR_NOMEM, "requests")
		   : 0;
}

static int
list_one(struct core *core, struct tx *tx, const struct id *id, uint64_t leaf,
    json_t *into, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct request_row row;
	enum request_part part;
	json_t *j;
	int r;

	if ((r = request_row_by_id(tx, id, &row, e)) < 0)
		return r;
	j = row_json(core, &row);
	if (j == NULL || json_array_append_new(into, j) < 0)
		return err_set(e, ERR_NOMEM, "requests");
	if (row.key == 0)
		return 0;
	if ((r = rows_keys(core, &row.key, 1, leaf, &key, e)) < 0)
		return r;
	for (part = REQUEST_WORDS; part <= REQUEST_ANSWER; part++)
		if ((r = put_part(core, tx, &row, key.p, part, j, e)) < 0)
			return r;
	return 0;
}

static int
list_all(struct core *core, const struct id *kase, uint64_t leaf, json_t *into,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = request_row_ids(&tx, kase, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = list_one(core, &tx, &id, leaf, into, e)) < 0)
			return r;
	}
	return 0;
}

int
request_check_reader(struct core *core, const struct caller *caller,
    const struct case_facts *kase, int64_t now_ms, struct err *e)
{
	struct caller quiet = *caller;
	struct decision d;

	quiet.decided = NULL;
	if (core_authorize(
		core, &quiet, OP_DUE, NULL, kase, now_ms, &d, NULL) == 0)
		return 0;
	return authorize_unknown(
	    core, caller, OP_RIGHTS_REQUEST, NULL, now_ms, e);
}

int
request_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *a = json_array(), *detail = NULL;
	struct case_facts facts;
	struct decision d;
	uint64_t leaf;
	int r;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "requests");
	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = core_check_open(core, e)) < 0 ||
		    (r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = case_authorize_erased(core, &tx, caller, kase,
			 OP_RIGHTS_REQUEST, core_now(core), &facts, object, &d,
			 e)) < 0 ||
		    (r = request_check_reader(
			 core, caller, &facts, core_now(core), e)) < 0)
			return r;
	}
	detail = json_pack("{s:o, s:s, s:o}", "case", json_of_id(&facts.id),
	    "what", "requests", "decision", decision_json(core, &d));
	if ((r = core_read_leaf(core, caller, LEAF_RIGHTS_REQUEST, &facts.id,
		 detail, &leaf, e)) < 0 ||
	    (r = list_all(core, &facts.id, leaf, a, e)) < 0)
		return r;
	*answer =
	    json_pack("{s:O, s:I}", "requests", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "requests");
}

int
request_of_person(struct tx *tx, const struct id *kase, const struct id *person,
    json_t *into, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const char *words;
	int r;

	if ((r = sql_open(tx,
		 "SELECT what, received, due, state, settled FROM request"
		 " WHERE kase = ? AND (person = ? OR person IS NULL)"
		 " ORDER BY at, rowid LIMIT 200",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_id(q, 2, person, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		words = request_right_words(sql_get_text(q, 0));
		if (json_array_append_new(into,
			json_pack("{s:s, s:s*, s:o, s:o, s:s, s:o}", "right",
			    sql_get_text(q, 0), "words", words, "received_on",
			    json_of_day((int32_t)sql_get_int(q, 1)), "due_on",
			    json_of_day((int32_t)sql_get_int(q, 2)), "state",
			    sql_get_text(q, 3), "settled_on",
			    json_of_day_or_null((int32_t)sql_get_int(q, 4)))) <
		    0)
			return err_set(e, ERR_NOMEM, "requests");
	}
	return r;
}

/* --- what waits ----------------------------------------------------------- */

/* An objection that waits has a line of its own, with the same clock. */
int
request_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, received, due, what FROM request r"
		 " WHERE state = 'open' AND NOT EXISTS (SELECT 1"
		 " FROM objection o WHERE o.id = r.linked"
		 " AND o.state = 'waiting') ORDER BY due LIMIT 2000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0 ||
		    (r = due_add(d, "rights-request", &kase, &id,
			 civil_start_ms((int32_t)sql_get_int(q, 2)),
			 civil_start_ms((int32_t)sql_get_int(q, 3) + 1),
			 json_pack("{s:s}", "right", sql_get_text(q, 4)), e)) <
			0)
			return r;
	}
	return r;
}

/* --- what stands for it --------------------------------------------------- */

int
request_check(struct tx *tx, const char *request, const char *right,
    const struct id *kase, struct id *id, struct err *e)
{
	struct request_row row;
	int r;

	if ((r = request_row_find(tx, request, &row, e)) < 0)
		return r;
	if (memcmp(row.kase.b, kase->b, ID_LEN) != 0)
		return err_set(e, ERR_NOT_FOUND, "no such request");
	if (strcmp(row.right, right) != 0)
		return err_tag(e, ERR_CONFLICT, "request-right",
		    "this request is for %s", row.right);
	if (strcmp(row.state, "open") != 0)
		return err_tag(e, ERR_CONFLICT, "request-state",
		    "this request is %s", row.state);
	*id = row.id;
	return 0;
}

int
request_settle_linked(
    struct tx *tx, const struct id *linked, int64_t at_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE request SET state = 'answered', settled = ?"
		 " WHERE linked = ? AND state = 'open'",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, civil_day(at_ms), e)) < 0 ||
	    (r = sql_id(q, 2, linked, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
erasing_case(struct core *core, const struct caller *caller,
    const char *request, struct request_row *row, char kase[ID_TEXT],
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts facts;
	struct decision d;
	int64_t now = core_now(core);
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	if (request_row_find(&tx, request, row, e) < 0)
		return authorize_unknown(
		    core, caller, OP_ERASE_PLAN, NULL, now, e);
	id_format(&row->kase, kase);
	if ((r = case_authorize(core, &tx, caller, kase, OP_ERASE_PLAN, NULL,
		 now, &facts, object, &d, e)) < 0)
		return r;
	return request_check(&tx, request, "erasure", &row->kase, &row->id, e);
}

int
request_erase(struct core *core, const struct caller *caller,
    const char *request, const char *basis, struct id *object, json_t **answer,
    struct err *e)
{
	struct request_row row;
	char kase[ID_TEXT], id[ID_TEXT], reason[64];
	struct erasure_asking a = {
		.kase = kase,
		.reason = reason,
		.basis = basis,
		.request = id,
	};
	int r;

	if ((r = erasing_case(core, caller, request, &row, kase, object, e)) <
	    0)
		return r;
	id_format(&row.id, id);
	snprintf(reason, sizeof(reason), "Demande %s", id);
	return erasure_plan(core, caller, &a, object, answer, e);
}
