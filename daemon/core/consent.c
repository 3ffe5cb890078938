/* Giving: one signed sheet, several adults, several purposes, one
 * transaction. */
#include "daemon/core/consent.h"

#include "daemon/core/consent_giving.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection.h"

void
consent_giving_free(struct giving **gp)
{
	if (*gp != NULL)
		consent_made_done(*gp);
	free(*gp);
	*gp = NULL;
}

/* --- the change ----------------------------------------------------------- */

static json_t *
giving_detail(const struct giving *gv)
{
	json_t *ids = json_array(), *purposes = json_array();
	char kase[ID_TEXT];
	size_t i;

	for (i = 0; i < gv->n; i++)
		json_array_append_new(ids, json_of_id(&gv->made[i].row.id));
	for (i = 0; i < gv->g->npurposes; i++)
		json_array_append_new(
		    purposes, json_string(gv->g->purposes[i]));
	id_format(&gv->kase.id, kase);
	return json_pack("{s:s, s:o, s:o, s:s, s:s*, s:o}", "case", kase,
	    "consents", ids, "purposes", purposes, "outcome",
	    consent_state_name(gv->outcome), "method", gv->g->method,
	    "decision", decision_json(gv->core, &gv->decision));
}

static int
names_diagnosis(const struct giving *gv)
{
	size_t i;

	for (i = 0; i < gv->g->npurposes; i++)
		if (strcmp(gv->g->purposes[i], CONSENT_DIAGNOSIS) == 0)
			return 1;
	return 0;
}

int
consent_giving_apply(
    struct tx *tx, struct giving *gv, int64_t now_ms, struct err *e)
{
	struct case_facts now;
	json_t *detail;
	int r;

	/* The case may have been erased since it was looked up. */
	if ((r = case_by_id(tx, &gv->kase.id, &now, e)) < 0)
		return r;
	if (strcmp(now.state, "open") != 0)
		return err_tag(
		    e, ERR_CONFLICT, "case-state", "the case is %s", now.state);
	detail = giving_detail(gv);
	r = core_leaf(gv->core, tx, gv->caller, LEAF_CONSENT_GIVE, LEAF_OK,
	    &gv->kase.id, detail, now_ms, &gv->leaf, e);
	json_decref(detail);
	if (r == 0)
		r = consent_made_apply(tx, gv, now_ms, e);
	if (r == 0 && gv->outcome == CONSENT_GIVEN && names_diagnosis(gv))
		r = diagnosis_accept(
		    tx, &gv->kase.id, now_ms, &gv->diagnosis, e);
	return r;
}

static int
apply_giving(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct giving *gv = arg;
	int r;

	if ((r = consent_giving_apply(tx, gv, now_ms, e)) < 0)
		return r;
	return idempotency_keep(
	    tx, gv->caller, "consents", &gv->sheet, 0, gv->leaf, now_ms, e);
}

/* --- the answer ----------------------------------------------------------- */

static json_t *
row_answer(const struct consent_row *row, int64_t now_ms)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o}", "consent",
	    json_of_id(&row->id), "person", json_of_id(&row->person), "purpose",
	    row->purpose, "state",
	    consent_state_name(
		consent_state_at(row->state, row->until, now_ms)),
	    "valid_until", json_of_time(row->until), "valid_through",
	    consent_day_json(row->until));
}

static int
answer_with(json_t *rows, const struct id *sheet, uint64_t leaf,
    json_t **answer, struct err *e)
{
	*answer = json_pack("{s:o, s:o, s:I}", "consents", rows, "sheet",
	    json_of_id(sheet), "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "consents");
}

static int
giving_answer(const struct giving *gv, json_t **answer, struct err *e)
{
	int64_t now = core_now(gv->core);
	json_t *a = json_array();
	size_t i;
	int r;

	for (i = 0; i < gv->n; i++)
		json_array_append_new(a, row_answer(&gv->made[i].row, now));
	if ((r = answer_with(a, &gv->sheet, gv->leaf, answer, e)) < 0)
		return r;
	if (gv->diagnosis)
		json_object_set_new(
		    *answer, "diagnosis", json_string("accepted"));
	return 0;
}

int
consent_sheet_answer(struct core *core, struct tx *tx, const struct id *kase,
    const struct id *sheet, uint64_t leaf, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct consent_row row;
	struct id id;
	json_t *a;
	size_t i;
	int r;

	if ((r = consent_row_ids_of_sheet(tx, sheet, &ids, e)) < 0)
		return r;
	if ((a = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "consents");
	for (i = 0; r == 0 && i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = consent_row_by_id(tx, &id, &row, e)) < 0)
			break;
		/* The key says nothing about another case's consents. */
		if (id_equal(&row.kase, kase))
			json_array_append_new(
			    a, row_answer(&row, core_now(core)));
	}
	if (r < 0 || json_array_size(a) == 0) {
		json_decref(a);
		return r < 0 ? r
			     : err_tag(e, ERR_CONFLICT, "idempotency-key",
				   "this key was used for something else");
	}
	return answer_with(a, sheet, leaf, answer, e);
}

/* A key that was used: the records of that sheet, as they are now. 1, or 0:
 * it was not. */
static int
given_before(const struct giving *gv, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t version;
	struct id sheet;
	uint64_t leaf;
	int r;

	if ((r = tx_read(gv->core->catalog, &tx, e)) < 0 ||
	    (r = idempotency_find(
		 &tx, gv->caller, "consents", &sheet, &version, &leaf, e)) <= 0)
		return r;
	r = consent_sheet_answer(
	    gv->core, &tx, &gv->kase.id, &sheet, leaf, answer, e);
	return r < 0 ? r : 1;
}

/* --- all of it ------------------------------------------------------------ */

/*
 * An erased case is found, because who may give consents in it while it was
 * open may know why nothing can be given any more; for all others it is like
 * one that never was.
 */
static int
find_case(struct giving *gv, struct tx *tx, struct id *object, struct err *e)
{
	struct case_facts f;
	struct err why = { 0 };
	struct decision d;
	int64_t now = core_now(gv->core);
	int r, erased;

	r = case_authorize(gv->core, tx, gv->caller, gv->g->kase,
	    OP_CONSENT_GIVE, NULL, now, &gv->kase, object, &gv->decision, e);
	if (r != -(int)ERR_NOT_FOUND || gv->caller->who == NULL)
		return r;
	erased = case_find_erased(tx, gv->caller, gv->g->kase, &f, &why);
	if (erased <= 0)
		return r;
	snprintf(f.state, sizeof(f.state), "open");
	if (core_authorize(gv->core, gv->caller, OP_CONSENT_GIVE, NULL, &f, now,
		&d, &why) < 0)
		return r;
	*object = f.id;
	return err_tag(
	    e, ERR_CONFLICT, "case-erased", "this case has been erased");
}

static int
prepare_giving(struct giving *gv, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(gv->core->catalog, &tx, e)) < 0 ||
	    (r = find_case(gv, &tx, object, e)) < 0 ||
	    (r = consent_words_check(gv, e)) < 0 ||
	    (r = consent_words_dates(gv, core_now(gv->core), e)) < 0 ||
	    (r = consent_words_documents(gv, &tx, e)) < 0 ||
	    (r = id_random(&gv->sheet, e)) < 0)
		return r;
	return consent_made_prepare(gv, &tx, e);
}

int
consent_giving_prepare(struct giving *gv, struct id *object, struct err *e)
{
	int r;

	if ((r = prepare_giving(gv, object, e)) < 0)
		return r;
	return consent_made_seal(gv, e);
}

static int
find_giving(struct giving *gv, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(gv->core, e)) < 0 ||
	    (r = tx_read(gv->core->catalog, &tx, e)) < 0)
		return r;
	return find_case(gv, &tx, object, e);
}

int
consent_give(struct core *core, const struct caller *caller,
    const struct consent_giving *g, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(idempotency_leave) struct idempotency_turn turn = { 0 };
	AUTO(consent_giving_free) struct giving *gv = calloc(1, sizeof(*gv));
	struct change ch = { .apply = apply_giving, .need_head = 1 };
	int r;

	if (gv == NULL)
		return err_set(e, ERR_NOMEM, "consent");
	gv->core = core;
	gv->caller = caller;
	gv->g = g;
	if ((r = find_giving(gv, object, e)) < 0 ||
	    (r = idempotency_enter(core, caller, "consents", &turn, e)) < 0 ||
	    (r = given_before(gv, answer, e)) != 0)
		return r < 0 ? r : 0;
	if ((r = consent_giving_prepare(gv, object, e)) < 0)
		return r;
	ch.arg = gv;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return giving_answer(gv, answer, e);
}
