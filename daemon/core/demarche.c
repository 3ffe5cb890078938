#include "daemon/core/demarche.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/due.h"
#include "daemon/core/indicator.h"
#include "daemon/core/json_of.h"
#include "daemon/core/moment.h"
#include "daemon/core/row.h"

/* Codes of the record's state: the first two are open. */
#define DONE "faite"
#define ABANDONED "abandonnee"
#define OUTCOME "demarche-outcome" /* counted */
#define UNDECIDED "en-attente"	   /* of a decision */

const char *const demarche_schema =
    "CREATE TABLE demarche ("
    " document BLOB PRIMARY KEY,"
    " kase BLOB NOT NULL REFERENCES dossier (id),"
    " device TEXT NOT NULL, state TEXT NOT NULL,"
    " open INTEGER NOT NULL CHECK (open IN (0, 1)),"
    " since INTEGER NOT NULL,"	 /* ms: filed first */
    " deadline INTEGER,"	 /* days since 1970 */
    " decision TEXT NOT NULL,"	 /* "" when there is none */
    " counted INTEGER NOT NULL," /* its decision was, for the indicators */
    " done INTEGER) STRICT;"	 /* days since 1970 */
    "CREATE INDEX demarche_kase ON demarche (kase, open);"
    "CREATE INDEX demarche_deadline ON demarche (deadline) WHERE open = 1;";

static const char *
member(const json_t *record, const char *name)
{
	const char *s = json_string_value(json_object_get(record, name));

	return s != NULL ? s : "";
}

/* --- what stands in the way ----------------------------------------------- */

static int
check_proof(
    struct tx *tx, const struct id *kase, const char *text, struct err *e)
{
	struct document_facts doc;
	struct err why = { 0 };

	if (text[0] == '\0')
		return 0;
	if (document_find(tx, text, &doc, &why) == 0 &&
	    id_equal(&doc.kase, kase) && strcmp(doc.state, "filed") == 0)
		return document_check_final(&doc, e);
	return err_tag(e, ERR_REFUSED, "demarche-proof",
	    "that is not a document of this case");
}

static int
check(struct tx *tx, const struct id *kase, const json_t *record, struct err *e)
{
	int r;

	if (strcmp(member(record, "etat"), ABANDONED) == 0 &&
	    member(record, "raison")[0] == '\0')
		return err_tag(e, ERR_REFUSED, "demarche-reason",
		    "raison: why was it abandoned?");
	if ((r = check_proof(tx, kase, member(record, "preuve"), e)) < 0)
		return r;
	return check_proof(tx, kase, member(record, "decision-document"), e);
}

/* --- keeping -------------------------------------------------------------- */

static int
is_open(const json_t *record)
{
	const char *state = member(record, "etat");

	return strcmp(state, DONE) != 0 && strcmp(state, ABANDONED) != 0;
}

static int
keep(struct tx *tx, const struct happening *h, const struct id *document,
    const json_t *record, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int open = is_open(record), r;
	int32_t deadline;
	int has = date_parse(member(record, "echeance"), &deadline, NULL) == 0;

	if ((r = sql_open(tx,
		 "INSERT INTO demarche (document, kase, device, state, open,"
		 " since, deadline, decision, counted, done)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)"
		 " ON CONFLICT (document) DO UPDATE SET"
		 " device = excluded.device, state = excluded.state,"
		 " open = excluded.open, deadline = excluded.deadline,"
		 " decision = excluded.decision,"
		 " done = CASE WHEN excluded.open = 1 THEN NULL"
		 "  ELSE coalesce(demarche.done, excluded.done) END",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 ||
	    (r = sql_id(q, 2, h->kase, e)) < 0 ||
	    (r = sql_text(q, 3, member(record, "dispositif"), e)) < 0 ||
	    (r = sql_text(q, 4, member(record, "etat"), e)) < 0 ||
	    (r = sql_int(q, 5, open, e)) < 0 ||
	    (r = sql_int(q, 6, h->at_ms, e)) < 0 ||
	    (r = has ? sql_int(q, 7, deadline, e) : sql_null(q, 7, e)) < 0 ||
	    (r = sql_text(q, 8, member(record, "decision"), e)) < 0 ||
	    (r = open ? sql_null(q, 9, e)
		      : sql_int(q, 9, civil_day(h->at_ms), e)) < 0)
		return r;
	return sql_run(q, e);
}

/* The first decision of each is counted, once. */
static int
count_outcome(struct tx *tx, const struct happening *h,
    const struct id *document, const json_t *record, struct err *e)
{
	const char *decision = member(record, "decision");
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (decision[0] == '\0' || strcmp(decision, UNDECIDED) == 0)
		return 0;
	if ((r = sql_open(tx,
		 "UPDATE demarche SET counted = 1"
		 " WHERE document = ? AND counted = 0",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 || (r = sql_run(q, e)) < 0 ||
	    sql_changes(tx) == 0)
		return r;
	if ((r = indicator_add(tx, h->at_ms, OUTCOME,
		 member(record, "dispositif"), decision, e)) < 0)
		return r;
	return indicator_note(tx, document, h->at_ms, OUTCOME,
	    member(record, "dispositif"), decision, e);
}

int
demarche_count_open(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT count(*) FROM demarche WHERE kase = ? AND open = 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	return (int)sql_get_int(q, 0);
}

/* The day on which the last one ended: 1 and *day; 0: there are none. */
static int
last_done(struct tx *tx, const struct id *kase, int32_t *day, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT max(done) FROM demarche WHERE kase = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (sql_is_null(q, 0))
		return 0;
	*day = (int32_t)sql_get_int(q, 0);
	return 1;
}

static int
set_moment(struct tx *tx, const struct happening *h, struct err *e)
{
	int32_t day;
	int open, r;

	if ((open = demarche_count_open(tx, h->kase, e)) < 0)
		return open;
	if ((r = last_done(tx, h->kase, &day, e)) < 0)
		return r;
	if (open == 0 && r > 0)
		return moment_put(tx, h->kase, MOMENT_STEP_DONE, day, h->kase,
		    h->at_ms, h->leaf, e);
	return moment_take_back(tx, h->kase, MOMENT_STEP_DONE, NULL, e);
}

int
demarche_filed(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, const json_t *record, struct err *e)
{
	int r;

	(void)core;
	if ((r = check(tx, h->kase, record, e)) < 0 ||
	    (r = keep(tx, h, document, record, e)) < 0 ||
	    (r = count_outcome(tx, h, document, record, e)) < 0)
		return r;
	return set_moment(tx, h, e);
}

int
demarche_void(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e)
{
	int r;

	(void)core;
	if ((r = rows_run(tx, "DELETE FROM demarche WHERE document = ?",
		 document, e)) < 0)
		return r;
	return sql_changes(tx) > 0 ? set_moment(tx, h, e) : 0;
}

/* The moment at which the steps ended stays: terms count from it still. */
int
demarche_forget_document(
    struct tx *tx, const struct id *document, struct err *e)
{
	return rows_run(
	    tx, "DELETE FROM demarche WHERE document = ?", document, e);
}

int
demarche_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx, "DELETE FROM demarche WHERE kase = ?", kase, e);
}

/* --- showing -------------------------------------------------------------- */

static json_t *
line(struct sql *q, int32_t today)
{
	int has = !sql_is_null(q, 3);
	int32_t deadline = (int32_t)sql_get_int(q, 3);
	char ref[REF_TEXT];
	struct id id;
	json_t *j;

	if (sql_get_id(q, 0, &id, NULL) < 0)
		return NULL;
	id_ref(&id, ref);
	j = json_pack("{s:o, s:s, s:s, s:s, s:s, s:b}", "document",
	    json_of_id(&id), "ref", ref, "device", sql_get_text(q, 1), "state",
	    sql_get_text(q, 2), "decision", sql_get_text(q, 4), "overdue",
	    has && sql_get_int(q, 6) == 1 && deadline < today);
	if (j == NULL)
		return NULL;
	json_object_set_new(
	    j, "deadline", has ? json_of_day(deadline) : json_null());
	json_object_set_new(j, "done",
	    sql_is_null(q, 5) ? json_null()
			      : json_of_day((int32_t)sql_get_int(q, 5)));
	return j;
}

static int
take_lines(
    struct core *core, const struct id *kase, json_t *list, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int32_t today = civil_day(core_now(core));
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT document, device, state, deadline, decision, done,"
		 " open FROM demarche WHERE kase = ?"
		 " ORDER BY open DESC, deadline IS NULL, deadline, since"
		 " LIMIT 500",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(list, line(q, today)) < 0)
			return err_set(e, ERR_NOMEM, "steps");
	return r;
}

static int
may_list(struct core *core, const struct caller *caller, const char *ref,
    struct case_facts *f, struct decision *d, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(core, &tx, caller, ref, OP_CASE_READ, NULL,
		 core_now(core), f, object, d, e)) < 0)
		return r;
	return core_check_open(core, e);
}

int
demarche_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	struct case_facts f;
	struct decision d;
	json_t *detail, *list;
	uint64_t leaf;
	int r;

	if ((r = may_list(core, caller, kase, &f, &d, object, e)) < 0)
		return r;
	detail = json_pack("{s:o, s:s, s:o}", "case", json_of_id(&f.id),
	    "shown", "demarches", "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_CASE_READ, &f.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "steps");
	if ((r = take_lines(core, &f.id, list, e)) < 0) {
		json_decref(list);
		return r;
	}
	*answer = json_pack(
	    "{s:o, s:I}", "demarches", list, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "steps");
}

/* --- what is due -----------------------------------------------------------
 */

int
demarche_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	json_t *more;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT document, kase, since, deadline, device"
		 " FROM demarche WHERE open = 1 AND deadline IS NOT NULL"
		 " AND kase IN (SELECT id FROM dossier WHERE state = 'open')"
		 " ORDER BY deadline LIMIT 2000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0)
			return r;
		more = json_pack("{s:s}", "device", sql_get_text(q, 4));
		if ((r = due_add(d, "demarche", &kase, &id, sql_get_int(q, 2),
			 civil_start_ms((int32_t)sql_get_int(q, 3) + 1), more,
			 e)) < 0)
			return r;
	}
	return r;
}
