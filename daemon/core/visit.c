#include "daemon/core/visit.h"

#include "daemon/core/case.h"
#include "daemon/core/consent_giving.h"
#include "daemon/core/filing.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"
#include "daemon/core/visit_draft.h"

#define PART_DOCUMENT "document"
#define PART_CONSENTS "consents"
#define PART_REFUSAL "refusal"
#define PARTS_MAX (VISIT_DOCUMENTS_MAX + VISIT_SHEETS_MAX + 1)

const char *const visit_schema =
    "CREATE TABLE visit ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " kase BLOB NOT NULL, leaf INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX visit_kase ON visit (kase);"
    "CREATE TABLE visit_part ("
    " visit BLOB NOT NULL, n INTEGER NOT NULL, what TEXT NOT NULL,"
    " object BLOB NOT NULL, version INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL, PRIMARY KEY (visit, n))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE visit_envelope ("
    " envelope BLOB PRIMARY KEY CHECK (length(envelope) = 16),"
    " visit BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX visit_envelope_visit ON visit_envelope (visit);";

/* What one part became, for the answer and for who asks again. */
struct part {
	char what[16];
	struct id object;
	uint32_t version;
	uint64_t leaf;
};

struct work {
	struct core *core;
	const struct caller *caller;
	const struct visiting *v;
	struct case_facts kase;
	struct filed *filed[VISIT_DOCUMENTS_MAX];
	struct filing form[VISIT_DOCUMENTS_MAX];
	struct giving *giving[VISIT_SHEETS_MAX];
	struct consent_giving sheet[VISIT_SHEETS_MAX];
	char evidence[VISIT_SHEETS_MAX][ID_TEXT];
	struct refusing refusing;
	struct refusal_work *refusal;
	struct id id;
	struct part parts[PARTS_MAX];
	size_t nparts;
};

static void
work_free(struct work **wp)
{
	struct work *w = *wp;
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < VISIT_DOCUMENTS_MAX; i++) {
		if (w->filed[i] != NULL)
			filing_done(w->filed[i]);
		free(w->filed[i]);
	}
	for (i = 0; i < VISIT_SHEETS_MAX; i++)
		consent_giving_free(&w->giving[i]);
	refusal_free(&w->refusal);
	free(w);
	*wp = NULL;
}

/* The part at fault, in the order it was given. */
static int
blame(int r, const char *what, size_t i, struct err *e)
{
	return r < 0 ? err_wrap(e, "%s[%zu]", what, i + 1) : r;
}

/* --- what is asked -------------------------------------------------------- */

static int
shares_upload(const struct filing *f, const struct filing *other)
{
	size_t a, b;

	for (a = 0; a < f->npages; a++)
		for (b = 0; b < other->npages; b++)
			if (strcmp(f->pages[a].upload,
				other->pages[b].upload) == 0)
				return 1;
	return 0;
}

static int
check_form(const struct visiting *v, struct err *e)
{
	size_t i, k;

	if (v->ndocuments + v->nsheets + (v->refusal != NULL) == 0)
		return err_tag(e, ERR_INVALID, "visit-empty",
		    "a visit brings something back");
	for (i = 0; i < v->nsheets; i++)
		if (v->evidence[i] > v->ndocuments)
			return err_tag(e, ERR_INVALID, "visit-evidence",
			    "consents[%zu]: no such document in this visit",
			    i + 1);
	for (i = 0; i < v->ndocuments; i++)
		for (k = 0; k < i; k++)
			if (shares_upload(&v->documents[i], &v->documents[k]))
				return err_tag(e, ERR_INVALID, "pages",
				    "documents[%zu]: an upload twice", i + 1);
	return 0;
}

/* Whoever may do no part of it is told nothing of the case. */
static int
find_document(struct work *w, size_t i, struct id *object, struct err *e)
{
	struct filed *f = calloc(1, sizeof(*f));
	int r;

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	w->filed[i] = f;
	w->form[i] = w->v->documents[i];
	w->form[i].kase = w->v->kase;
	f->core = w->core;
	f->caller = w->caller;
	f->f = &w->form[i];
	/* What is sent already may be filed again, whichever part fails. */
	f->keep = 1;
	if ((r = filing_find(f, object, e)) < 0)
		return r;
	return filing_check(f->f, e);
}

static int
find_case(struct work *w, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct decision d;
	int r;

	if ((r = core_check_open(w->core, e)) < 0 ||
	    (r = tx_read(w->core->catalog, &tx, e)) < 0)
		return r;
	return case_authorize(w->core, &tx, w->caller, w->v->kase, OP_CASE_READ,
	    NULL, core_now(w->core), &w->kase, object, &d, e);
}

/* --- prepared, part by part ----------------------------------------------- */

static int
prepare_sheet(struct work *w, size_t i, struct id *object, struct err *e)
{
	struct giving *gv = calloc(1, sizeof(*gv));
	struct consent_giving *g = &w->sheet[i];
	size_t at = w->v->evidence[i];

	if (gv == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	w->giving[i] = gv;
	*g = w->v->sheets[i];
	g->kase = w->v->kase;
	gv->core = w->core;
	gv->caller = w->caller;
	gv->g = g;
	if (at > 0) {
		if (w->v->documents[at - 1].draft)
			return err_tag(e, ERR_REFUSED, "document-draft",
			    "no consent rests on a draft");
		gv->evidence = w->filed[at - 1]->id;
		id_format(&gv->evidence, w->evidence[i]);
		g->evidence = w->evidence[i];
	}
	return consent_giving_prepare(gv, object, e);
}

static int
prepare(struct work *w, struct id *object, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < w->v->ndocuments; i++) {
		r = find_document(w, i, object, e);
		if (r == 0)
			r = filing_prepare(w->filed[i], e);
		if ((r = blame(r, "documents", i, e)) < 0)
			return r;
	}
	for (i = 0; i < w->v->nsheets; i++)
		if ((r = blame(
			 prepare_sheet(w, i, object, e), "consents", i, e)) < 0)
			return r;
	if (w->v->refusal != NULL) {
		w->refusing = *w->v->refusal;
		w->refusing.kase = w->v->kase;
		if ((r = refusal_prepare(w->core, w->caller, &w->refusing,
			 object, &w->refusal, e)) < 0)
			return err_wrap(e, "refusal");
	}
	return id_random(&w->id, e);
}

/* --- the change ----------------------------------------------------------- */

/* The visit that an envelope became: 1, or 0 when it is new. */
static int
envelope_visit(
    struct tx *tx, const struct id *envelope, struct id *visit, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT visit FROM visit_envelope WHERE envelope = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, envelope, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	r = sql_get_id(q, 0, visit, e);
	return r < 0 ? r : 1;
}

static void
add_part(struct work *w, const char *what, const struct id *object,
    uint32_t version, uint64_t leaf)
{
	struct part *p = &w->parts[w->nparts++];

	snprintf(p->what, sizeof(p->what), "%s", what);
	p->object = *object;
	p->version = version;
	p->leaf = leaf;
}

static int
apply_parts(struct work *w, struct tx *tx, int64_t now_ms, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < w->v->ndocuments; i++) {
		if ((r = blame(filing_apply(tx, w->filed[i], now_ms, e),
			 "documents", i, e)) < 0)
			return r;
		add_part(w, PART_DOCUMENT, &w->filed[i]->id,
		    w->filed[i]->version, w->filed[i]->row.leaf);
	}
	for (i = 0; i < w->v->nsheets; i++) {
		if ((r = blame(
			 consent_giving_apply(tx, w->giving[i], now_ms, e),
			 "consents", i, e)) < 0)
			return r;
		add_part(w, PART_CONSENTS, &w->giving[i]->sheet, 0,
		    w->giving[i]->leaf);
	}
	if (w->refusal == NULL)
		return 0;
	if (refusal_apply(tx, w->refusal, now_ms, e) < 0)
		return err_wrap(e, "refusal");
	add_part(w, PART_REFUSAL, &w->kase.id, 0, 0);
	return 0;
}

static int
insert_part(struct tx *tx, const struct work *w, size_t n, struct err *e)
{
	const struct part *p = &w->parts[n];
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO visit_part"
		 " (visit, n, what, object, version, leaf)"
		 " VALUES (?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &w->id, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)n, e)) < 0 ||
	    (r = sql_text(q, 3, p->what, e)) < 0 ||
	    (r = sql_id(q, 4, &p->object, e)) < 0 ||
	    (r = sql_int(q, 5, p->version, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)p->leaf, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
insert_visit(struct tx *tx, const struct work *w, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	size_t i;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO visit (id, kase, leaf) VALUES (?, ?, ?)", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, &w->id, e)) < 0 ||
	    (r = sql_id(q, 2, &w->kase.id, e)) < 0 ||
	    (r = sql_int(q, 3, (int64_t)w->parts[0].leaf, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	for (i = 0; i < w->nparts; i++)
		if ((r = insert_part(tx, w, i, e)) < 0)
			return r;
	return 0;
}

static int
insert_envelope(struct tx *tx, const struct work *w, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id before;
	int r;

	if (w->v->envelope == NULL)
		return 0;
	/* Somebody else brought it in between. */
	if ((r = envelope_visit(tx, w->v->envelope, &before, e)) != 0)
		return r < 0 ? r
			     : err_tag(e, ERR_CONFLICT, "form-entered",
				   "this form was entered before");
	if ((r = sql_open(tx,
		 "INSERT INTO visit_envelope (envelope, visit) VALUES (?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, w->v->envelope, e)) < 0 ||
	    (r = sql_id(q, 2, &w->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct work *w = arg;
	int r;

	if ((r = apply_parts(w, tx, now_ms, e)) < 0 ||
	    (r = insert_visit(tx, w, e)) < 0 ||
	    (r = insert_envelope(tx, w, e)) < 0 ||
	    (w->v->draft != NULL &&
		(r = visit_draft_entered(w->core, tx, w->caller, &w->kase.id,
		     w->v->draft, now_ms, e)) < 0))
		return r;
	return idempotency_keep(
	    tx, w->caller, "visit", &w->id, 0, w->parts[0].leaf, now_ms, e);
}

static int
commit(struct work *w, struct err *e)
{
	AUTO(mem_freep) struct change *ch = calloc(1, sizeof(*ch));
	size_t i;
	int r;

	if (ch == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	ch->apply = apply;
	ch->arg = w;
	ch->need_head = 1;
	for (i = 0; i < w->v->ndocuments; i++)
		if ((r = blame(filing_stages(w->filed[i], ch, e), "documents",
			 i, e)) < 0)
			return r;
	/* What is in a segment once is not put there again. */
	for (i = 0; i < w->v->ndocuments; i++)
		w->filed[i]->keep = 0;
	if ((r = commit_run(w->core->committer, ch, e)) < 0)
		return r;
	return w->refusal != NULL ? refusal_applied(w->refusal, e) : 0;
}

/* --- the answer ----------------------------------------------------------- */

/* 1; 0: it is no visit of this case. */
static int
load_parts(struct work *w, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL, *of = NULL;
	struct id kase, object;
	int r;

	if ((r = sql_open(tx, "SELECT kase FROM visit WHERE id = ?", &of, e)) <
		0 ||
	    (r = sql_id(of, 1, &w->id, e)) < 0 || (r = sql_step(of, e)) < 0)
		return r;
	if (r == 0 || sql_get_id(of, 0, &kase, NULL) < 0 ||
	    !id_equal(&kase, &w->kase.id))
		return 0;
	if ((r = sql_open(tx,
		 "SELECT what, object, version, leaf FROM visit_part"
		 " WHERE visit = ? ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &w->id, e)) < 0)
		return r;
	w->nparts = 0;
	while ((r = sql_step(q, e)) > 0 && w->nparts < PARTS_MAX) {
		if ((r = sql_get_id(q, 1, &object, e)) < 0)
			return r;
		add_part(w, sql_get_text(q, 0), &object,
		    (uint32_t)sql_get_int(q, 2), (uint64_t)sql_get_int(q, 3));
	}
	return r < 0 ? r : 1;
}

static int
answer_document(struct work *w, const struct part *p, uint64_t leaf,
    json_t *list, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	AUTO(json_decrefp) json_t *manifest = NULL;
	struct document_facts doc;
	json_t *j;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(w->core->catalog, &tx, e)) < 0 ||
		    (r = document_by_id(&tx, &p->object, &doc, e)) < 0 ||
		    (r = version_load(&tx, &doc, p->version, &v, e)) < 0)
			return r;
	}
	if ((r = version_open(w->core, &v, leaf, &manifest, e)) < 0 ||
	    (r = filing_answer(w->core, &v, manifest, &j, e)) < 0)
		return r;
	return json_array_append_new(list, j) < 0
		   ? err_set(e, ERR_NOMEM, "visit")
		   : 0;
}

static int
answer_part(struct work *w, const struct part *p, uint64_t leaf, json_t *out,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *j;
	int r;

	if (strcmp(p->what, PART_DOCUMENT) == 0)
		return answer_document(
		    w, p, leaf, json_object_get(out, "documents"), e);
	if (strcmp(p->what, PART_REFUSAL) == 0)
		return json_object_set_new(out, "refusal",
			   json_pack("{s:s}", "diagnosis", "refused")) < 0
			   ? err_set(e, ERR_NOMEM, "visit")
			   : 0;
	if ((r = tx_read(w->core->catalog, &tx, e)) < 0 ||
	    (r = consent_sheet_answer(
		 w->core, &tx, &w->kase.id, &p->object, p->leaf, &j, e)) < 0)
		return r;
	return json_array_append_new(json_object_get(out, "consents"), j) < 0
		   ? err_set(e, ERR_NOMEM, "visit")
		   : 0;
}

/* As the vault has it, whether it was entered now or before. */
static int
give_answer(struct work *w, json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *out = NULL;
	json_t *detail;
	uint64_t leaf;
	size_t i;
	int r;

	detail = json_pack("{s:o, s:o, s:s}", "case", json_of_id(&w->kase.id),
	    "visit", json_of_id(&w->id), "what", "the receipts of a visit");
	r = core_read_leaf(
	    w->core, w->caller, LEAF_RECEIPT, &w->kase.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	out = json_pack("{s:o, s:o, s:[], s:[], s:I}", "visit",
	    json_of_id(&w->id), "case", json_of_id(&w->kase.id), "documents",
	    "consents", "leaf", (json_int_t)w->parts[0].leaf);
	if (out == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	for (i = 0; i < w->nparts; i++)
		if ((r = answer_part(w, &w->parts[i], leaf, out, e)) < 0)
			return r;
	*answer = TAKE(out);
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

static int
entered_before(struct work *w, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t version;
	uint64_t leaf;
	int r;

	if ((r = tx_read(w->core->catalog, &tx, e)) < 0 ||
	    (r = idempotency_find(
		 &tx, w->caller, "visit", &w->id, &version, &leaf, e)) < 0)
		return r;
	if (r > 0) {
		r = load_parts(w, &tx, e);
		return r != 0 ? r
			      : err_tag(e, ERR_CONFLICT, "idempotency-key",
				    "this key was used for something else");
	}
	if (w->v->envelope == NULL ||
	    (r = envelope_visit(&tx, w->v->envelope, &w->id, e)) <= 0)
		return r;
	/* Nothing is said of the other case. */
	r = load_parts(w, &tx, e);
	return r != 0 ? r
		      : err_tag(e, ERR_CONFLICT, "form-entered",
			    "this form was entered before, in another case");
}

static int
run(struct work *w, struct id *object, json_t **answer, int *again,
    struct err *e)
{
	AUTO(idempotency_leave) struct idempotency_turn turn = { 0 };
	int r;

	if ((r = find_case(w, object, e)) < 0 ||
	    (r = check_form(w->v, e)) < 0 ||
	    (r = idempotency_enter(w->core, w->caller, "visit", &turn, e)) <
		0 ||
	    (r = entered_before(w, e)) < 0)
		return r;
	*again = r;
	if (r == 0 &&
	    ((r = prepare(w, object, e)) < 0 || (r = commit(w, e)) < 0))
		return r;
	*object = w->kase.id;
	return give_answer(w, answer, e);
}

int
visit_enter(struct core *core, const struct caller *caller,
    const struct visiting *v, struct id *object, json_t **answer, int *again,
    struct err *e)
{
	AUTO(work_free) struct work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	w->core = core;
	w->caller = caller;
	w->v = v;
	return run(w, object, answer, again, e);
}

int
visit_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	int r;

	if ((r = rows_run(tx,
		 "DELETE FROM visit_envelope WHERE visit IN"
		 " (SELECT id FROM visit WHERE kase = ?)",
		 kase, e)) < 0 ||
	    (r = rows_run(tx,
		 "DELETE FROM visit_part WHERE visit IN"
		 " (SELECT id FROM visit WHERE kase = ?)",
		 kase, e)) < 0 ||
	    (r = rows_run(tx,
		 "DELETE FROM idempotency WHERE object IN"
		 " (SELECT id FROM visit WHERE kase = ?)",
		 kase, e)) < 0)
		return r;
	return rows_run(tx, "DELETE FROM visit WHERE kase = ?", kase, e);
}
