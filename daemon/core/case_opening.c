/* The opening of a case in its steps. */
#include "daemon/core/case_opening.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/core/happened.h"

int
opening_check(const struct case_opening *o, int64_t now_ms, struct err *e)
{
	size_t i;
	int r;

	if (strcmp(o->stage, "amont") != 0 && strcmp(o->stage, "aval") != 0)
		return err_tag(e, ERR_INVALID, "stage", "stage: amont or aval");
	if (o->source[0] == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "source: who referred the household?");
	if (o->npersons > CASE_PERSONS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "persons",
		    "more than %d persons", CASE_PERSONS_MAX);
	if ((r = text_check(o->source, CASE_TEXT_MAX, "source", e)) < 0 ||
	    (r = text_check(o->title, CASE_TEXT_MAX, "title", e)) < 0 ||
	    (r = text_check(o->commune, CASE_TEXT_MAX, "commune", e)) < 0 ||
	    (r = text_check(o->reference, CASE_TEXT_MAX, "reference", e)) < 0)
		return r;
	for (i = 0; i < o->npersons; i++)
		if ((r = person_check(&o->persons[i], now_ms, e)) < 0)
			return r;
	return 0;
}

void
opening_done(struct opening *op)
{
	size_t i;

	fresh_key_done(&op->key);
	buf_done(&op->sealed);
	for (i = 0; i < op->npersons; i++)
		person_row_done(&op->persons[i]);
	free(op->persons);
	json_decref(op->detail);
	*op = (struct opening){ 0 };
}

static json_t *
row_json(const struct case_opening *o)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "source", o->source, "title",
	    o->title, "commune", o->commune, "reference", o->reference);
}

/* Everybody sealed; a key is not held longer than it is needed, for there may
 * be thousands of them. */
static int
prepare_persons(struct opening *op, const struct case_opening *o, struct err *e)
{
	struct person_row *row;
	size_t i;
	int r;

	op->persons = calloc(o->npersons + 1, sizeof(*op->persons));
	if (op->persons == NULL)
		return err_set(e, ERR_NOMEM, "case");
	for (i = 0; i < o->npersons; i++, op->npersons++) {
		row = &op->persons[i];
		if ((r = person_prepare(
			 op->core, &op->id, &o->persons[i], row, e)) < 0)
			return r;
		secret_done(&row->key.key);
	}
	return 0;
}

static int
prepare_case(struct opening *op, const struct case_opening *o, struct err *e)
{
	json_t *j = row_json(o);
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "case");
	if ((r = id_random(&op->id, e)) == 0 &&
	    (r = keypool_take(op->core->keys, &op->key, e)) == 0)
		r = row_seal(op->core, op->key.key.p, &op->id, &op->id, 0, j,
		    &op->sealed, e);
	secret_done(&op->key.key);
	json_decref(j);
	return r;
}

int
opening_prepare(struct core *core, const struct caller *caller,
    const struct case_opening *o, json_t *decision, struct opening *op,
    struct err *e)
{
	char text[ID_TEXT];
	int r;

	*op = (struct opening){ .core = core, .caller = caller };
	snprintf(op->stage, sizeof(op->stage), "%s", o->stage);
	snprintf(op->source, sizeof(op->source), "%s", o->source);
	if ((r = prepare_case(op, o, e)) < 0 ||
	    (r = prepare_persons(op, o, e)) < 0) {
		opening_done(op);
		return r;
	}
	id_format(&op->id, text);
	op->detail = json_pack("{s:s, s:s, s:s, s:i, s:O}", "case", text,
	    "stage", o->stage, "source", o->source, "persons",
	    (int)op->npersons, "decision", decision);
	if (op->detail != NULL)
		return 0;
	opening_done(op);
	return err_set(e, ERR_NOMEM, "case");
}

static int
insert(
    struct tx *tx, const struct opening *op, int64_t opened_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO dossier (id, ref, team, organisation, state,"
		 " stage, opened_by, opened_ms, changed, key, sealed)"
		 " VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &op->id, e)) < 0 ||
	    (r = sql_int(q, 2, id_ref_bits(&op->id), e)) < 0 ||
	    (r = sql_text(q, 3, op->caller->who->team, e)) < 0 ||
	    (r = sql_text(q, 4, op->caller->who->organisation, e)) < 0 ||
	    (r = sql_text(q, 5, op->stage, e)) < 0 ||
	    (r = sql_int(q, 6, op->caller->who->uid, e)) < 0 ||
	    (r = sql_int(q, 7, opened_ms, e)) < 0 ||
	    (r = sql_int(q, 8, (int64_t)op->leaf, e)) < 0 ||
	    (r = sql_int(q, 9, (int64_t)op->key.number, e)) < 0 ||
	    (r = sql_blob(q, 10, op->sealed.p, op->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
opening_apply(struct tx *tx, struct opening *op, int64_t now_ms, struct err *e)
{
	int64_t opened_ms = audit_time(op->core->audit, now_ms);
	struct happening h = { &op->id, opened_ms, 0 };
	size_t i;
	int r;

	if ((r = core_leaf(op->core, tx, op->caller, LEAF_CASE_OPEN, LEAF_OK,
		 &op->id, op->detail, now_ms, &op->leaf, e)) < 0 ||
	    (r = insert(tx, op, opened_ms, e)) < 0)
		return r;
	for (i = 0; i < op->npersons; i++)
		if ((r = person_insert(tx, &op->id, &op->persons[i], e)) < 0)
			return r;
	h.leaf = op->leaf;
	return happened_case(op->core, tx, &h, "opened", op->source, NULL, e);
}
