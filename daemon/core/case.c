#include "daemon/core/case.h"

#include <string.h>

#include "base/text.h"
#include "daemon/core/case_opening.h"
#include "daemon/core/event.h"
#include "daemon/core/glass.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/objection.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"
#include "daemon/core/search.h"

const char *const case_schema =
    "CREATE TABLE dossier ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " ref INTEGER NOT NULL,"
    " team TEXT NOT NULL,"
    " organisation TEXT NOT NULL,"
    " state TEXT NOT NULL"
    "  CHECK (state IN ('open', 'closed', 'archived', 'restricted',"
    "   'erased')),"
    " before TEXT" /* the state before a restriction */
    "  CHECK (before IN ('open', 'closed', 'archived')),"
    " stage TEXT NOT NULL,"
    " diagnosis TEXT NOT NULL DEFAULT 'unknown'"
    "  CHECK (diagnosis IN ('unknown', 'accepted', 'refused')),"
    " opened_by INTEGER NOT NULL,"
    " opened_ms INTEGER NOT NULL,"
    " changed INTEGER NOT NULL," /* leaf of the last change, for search */
    " key INTEGER UNIQUE,"
    " sealed BLOB) STRICT;"
    "CREATE INDEX dossier_ref ON dossier (ref);"
    "CREATE INDEX dossier_changed ON dossier (changed);";

static const char range_sql[] =
    "SELECT id FROM dossier WHERE id BETWEEN ? AND ? AND state <> 'erased'"
    " LIMIT 64";
static const char ref_sql[] =
    "SELECT id FROM dossier WHERE ref = ? AND state <> 'erased' LIMIT 64";

/* The same, tombstones too. */
static const char range_all_sql[] =
    "SELECT id FROM dossier WHERE id BETWEEN ? AND ? LIMIT 64";
static const char ref_all_sql[] =
    "SELECT id FROM dossier WHERE ref = ? LIMIT 64";

static void
copy_text(char *out, size_t size, const char *s)
{
	snprintf(out, size, "%s", s);
}

static const char *
diagnosis_word(enum policy_diagnosis d)
{
	if (d == DIAGNOSIS_ACCEPTED)
		return "accepted";
	return d == DIAGNOSIS_REFUSED ? "refused" : "unknown";
}

static enum policy_diagnosis
diagnosis_of(const char *word)
{
	if (strcmp(word, "accepted") == 0)
		return DIAGNOSIS_ACCEPTED;
	return strcmp(word, "refused") == 0 ? DIAGNOSIS_REFUSED
					    : DIAGNOSIS_UNKNOWN;
}

/* Columns team, organisation, state, stage, opened_by, key, diagnosis from
 * column at. */
static void
read_facts(struct sql *q, int at, struct case_facts *f)
{
	copy_text(f->team, sizeof(f->team), sql_get_text(q, at));
	copy_text(
	    f->organisation, sizeof(f->organisation), sql_get_text(q, at + 1));
	copy_text(f->state, sizeof(f->state), sql_get_text(q, at + 2));
	copy_text(f->stage, sizeof(f->stage), sql_get_text(q, at + 3));
	f->opened_by = (uint32_t)sql_get_int(q, at + 4);
	f->key = (uint64_t)sql_get_int(q, at + 5);
	f->diagnosis = diagnosis_of(sql_get_text(q, at + 6));
}

int
case_by_id(
    struct tx *tx, const struct id *id, struct case_facts *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT team, organisation, state, stage, opened_by, key,"
		 " diagnosis FROM dossier WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	memset(out, 0, sizeof(*out));
	out->id = *id;
	read_facts(q, 0, out);
	return 0;
}

/* Columns id, team, organisation, state, stage, opened_by, key, diagnosis. */
static int
each_row(struct sql *q,
    int (*each)(void *arg, const struct case_facts *kase, struct err *e),
    void *arg, struct err *e)
{
	struct case_facts f;
	int r;

	while ((r = sql_step(q, e)) > 0) {
		memset(&f, 0, sizeof(f));
		if ((r = sql_get_id(q, 0, &f.id, e)) < 0)
			return r;
		read_facts(q, 1, &f);
		if ((r = each(arg, &f, e)) < 0)
			return r;
	}
	return r;
}

int
case_each(struct tx *tx, const char *state,
    int (*each)(void *arg, const struct case_facts *kase, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, team, organisation, state, stage, opened_by, key,"
		 " diagnosis FROM dossier WHERE state = ? ORDER BY id",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, state, e)) < 0)
		return r;
	return each_row(q, each, arg, e);
}

int
case_each_before(struct tx *tx, int64_t until_ms,
    int (*each)(void *arg, const struct case_facts *kase, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, team, organisation, state, stage, opened_by, key,"
		 " diagnosis FROM dossier WHERE opened_ms < ? ORDER BY id",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, until_ms, e)) < 0)
		return r;
	return each_row(q, each, arg, e);
}

static int
ambiguous(struct err *e)
{
	return err_tag(e, ERR_CONFLICT, "reference-ambiguous",
	    "several begin like this: give more symbols");
}

int
case_find(struct tx *tx, const char *ref, struct case_facts *out, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	int r;

	if ((r = ref_candidates(tx, ref, range_sql, ref_sql, &ids, e)) < 0)
		return r;
	if (ids.len == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	if (ids.len > ID_LEN)
		return ambiguous(e);
	memcpy(id.b, ids.p, ID_LEN);
	return case_by_id(tx, &id, out, e);
}

/*
 * As case_find, for a caller: what begins alike in another team's cases must
 * not be told, so among several only those of the caller's team count.
 */
static int
find_for(struct tx *tx, const struct caller *caller, const char *ref,
    int erased_too, struct case_facts *out, int *found, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	const char *team = caller->who->team;
	struct case_facts f;
	struct id id;
	size_t at;
	int r, count = 0;

	r = ref_candidates(tx, ref, erased_too ? range_all_sql : range_sql,
	    erased_too ? ref_all_sql : ref_sql, &ids, e);
	if (r < 0)
		return r;
	for (at = 0; at < ids.len; at += ID_LEN) {
		memcpy(id.b, ids.p + at, ID_LEN);
		if ((r = case_by_id(tx, &id, &f, e)) < 0)
			return r;
		if (ids.len > ID_LEN &&
		    (team == NULL || strcmp(team, f.team) != 0))
			continue;
		if (++count > 1)
			return ambiguous(e);
		*out = f;
	}
	*found = count;
	return 0;
}

static int
authorize_one(struct core *core, struct tx *tx, const struct caller *caller,
    const char *ref, int erased_too, enum policy_op op, const char *kind,
    int64_t now_ms, struct case_facts *out, struct id *object,
    struct decision *d, struct err *e)
{
	struct case_facts f;
	int r, found = 0;

	if (caller->who == NULL)
		return authorize_unknown(core, caller, op, kind, now_ms, e);
	if ((r = find_for(tx, caller, ref, erased_too, &f, &found, e)) < 0)
		return r;
	if (!found)
		return authorize_unknown(core, caller, op, kind, now_ms, e);
	*object = f.id;
	if ((r = core_authorize(core, caller, op, kind, &f, now_ms, d, e)) < 0)
		return r;
	*out = f;
	return 0;
}

int
case_authorize(struct core *core, struct tx *tx, const struct caller *caller,
    const char *ref, enum policy_op op, const char *kind, int64_t now_ms,
    struct case_facts *out, struct id *object, struct decision *d,
    struct err *e)
{
	return authorize_one(
	    core, tx, caller, ref, 0, op, kind, now_ms, out, object, d, e);
}

int
case_authorize_erased(struct core *core, struct tx *tx,
    const struct caller *caller, const char *ref, enum policy_op op,
    int64_t now_ms, struct case_facts *out, struct id *object,
    struct decision *d, struct err *e)
{
	return authorize_one(
	    core, tx, caller, ref, 1, op, NULL, now_ms, out, object, d, e);
}

int
case_find_erased(struct tx *tx, const struct caller *caller, const char *ref,
    struct case_facts *out, struct err *e)
{
	int r, found = 0;

	if ((r = find_for(tx, caller, ref, 1, out, &found, e)) < 0)
		return r;
	return found && strcmp(out->state, "erased") == 0;
}

int
case_touch(struct tx *tx, const struct id *kase, uint64_t leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE dossier SET changed = ?"
		 " WHERE id = ? AND state = 'open'",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)leaf, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_tag(e, ERR_CONFLICT, "case-state",
		    "the case is not open any more");
	return 0;
}

/* --- opening -------------------------------------------------------------- */

int
text_check(const char *s, size_t max, const char *what, struct err *e)
{
	const unsigned char *p = (const unsigned char *)s;

	if (strlen(s) > max)
		return err_tag(e, ERR_TOO_LARGE, "member-size",
		    "%s: over %zu bytes", what, max);
	if (!utf8_is_valid(s, strlen(s)))
		return err_tag(
		    e, ERR_INVALID, "member-text", "%s: not UTF-8", what);
	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return err_tag(e, ERR_INVALID, "member-text",
			    "%s: control characters", what);
	return 0;
}

static int
open_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct opening *op = arg;
	int r;

	if ((r = opening_apply(tx, op, now_ms, e)) < 0)
		return r;
	return idempotency_keep(
	    tx, op->caller, "case", &op->id, 0, op->leaf, now_ms, e);
}

static int answer_case(struct core *core, const struct id *id, uint64_t leaf,
    json_t **answer, struct err *e);

/* The first answer again, under a leaf of its own: rows are opened. */
static int
opened_before(struct core *core, const struct caller *caller,
    const struct decision *d, json_t **answer, struct err *e)
{
	uint64_t leaf, first;
	char text[ID_TEXT];
	uint32_t version;
	struct id id;
	json_t *detail;
	int r, found;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0)
			return r;
		found = idempotency_find(
		    &tx, caller, "case", &id, &version, &first, e);
	}
	if (found <= 0)
		return found;
	id_format(&id, text);
	detail = json_pack("{s:s, s:I, s:o}", "case", text, "first",
	    (json_int_t)first, "decision", decision_json(core, d));
	r = core_read_leaf(core, caller, LEAF_CASE_READ, &id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = answer_case(core, &id, leaf, answer, e)) < 0)
		return r;
	json_object_set_new(*answer, "leaf", json_integer((json_int_t)first));
	return 1;
}

static int
open_new(struct core *core, const struct caller *caller,
    const struct case_opening *o, const struct decision *d, json_t **answer,
    struct err *e)
{
	AUTO(opening_done) struct opening op = { 0 };
	struct change ch = { .apply = open_apply, .arg = &op, .need_head = 1 };
	json_t *decision = decision_json(core, d);
	int r;

	if (decision == NULL)
		return err_set(e, ERR_NOMEM, "case");
	r = opening_prepare(core, caller, o, decision, &op, e);
	json_decref(decision);
	if (r < 0 || (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	if ((r = search_update(core, &op.id, op.leaf, e)) < 0)
		return err_wrap(e, "the case is open; the search index");
	return answer_case(core, &op.id, op.leaf, answer, e);
}

int
case_open(struct core *core, const struct caller *caller,
    const struct case_opening *o, json_t **answer, struct err *e)
{
	AUTO(idempotency_leave) struct idempotency_turn turn = { 0 };
	int64_t now = core_now(core);
	struct decision d;
	int r;

	if ((r = core_authorize(
		 core, caller, OP_CASE_OPEN, NULL, NULL, now, &d, e)) < 0)
		return r;
	if (caller->who->team == NULL || caller->who->organisation == NULL)
		return err_tag(e, ERR_DENIED, "no-team",
		    "a case belongs to a team, and the caller has none");
	if ((r = opening_check(o, now, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0 ||
	    (r = idempotency_enter(core, caller, "case", &turn, e)) < 0 ||
	    (r = opened_before(core, caller, &d, answer, e)) != 0)
		return r < 0 ? r : 0;
	return open_new(core, caller, o, &d, answer, e);
}

/* --- reading -------------------------------------------------------------- */

/* What a case says in clear. */
static json_t *
clear_json(const struct id *id, const struct case_facts *f, int64_t opened_ms)
{
	char text[ID_TEXT], ref[REF_TEXT], at[TIME_TEXT];

	id_format(id, text);
	id_ref(id, ref);
	time_format(opened_ms, at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "case", text, "ref",
	    ref, "stage", f->stage, "state", f->state, "opened_at", at,
	    "diagnosis", diagnosis_word(f->diagnosis));
}

/* The row of column 0 (id), facts from 1, opened_ms in 8, sealed in 9. */
static int
take_row(struct sql *q, struct sealed_rows *rows, const struct case_facts *f,
    struct err *e)
{
	struct sealed_row row = { .id = f->id, .kase = f->id, .key = f->key };

	row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 9, &row.n);
	return rows_add(
	    rows, &row, clear_json(&f->id, f, sql_get_int(q, 8)), e);
}

static int
one_row(
    struct tx *tx, const struct id *id, struct sealed_rows *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct case_facts f = { .id = *id };
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, team, organisation, state, stage, opened_by, key,"
		 " diagnosis, opened_ms, sealed FROM dossier"
		 " WHERE id = ? AND state <> 'erased'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	read_facts(q, 1, &f);
	return take_row(q, rows, &f, e);
}

static int
keep_opened(
    void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	json_t **out = arg;

	if (json_object_update(row->clear, opened) < 0)
		return err_set(e, ERR_NOMEM, "case");
	*out = json_incref(row->clear);
	return 0;
}

int
case_row(struct core *core, struct tx *tx, const struct id *kase, uint64_t leaf,
    json_t **out, struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	json_t *j = NULL;
	int r;

	if ((r = one_row(tx, kase, &rows, e)) < 0 ||
	    (r = rows_open(core, &rows, leaf, keep_opened, &j, e)) < 0)
		return r;
	if (j == NULL)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	*out = j;
	return 0;
}

/* Persons, events, whose glass was broken, whether an objection stands. */
static int
add_rest(struct core *core, struct tx *tx, const struct id *id, uint64_t leaf,
    json_t *into, struct err *e)
{
	json_t *persons = NULL, *events = NULL, *glass = NULL;
	int r, on;

	if ((r = person_list(core, tx, id, leaf, &persons, e)) < 0)
		return r;
	if (json_object_set_new(into, "persons", persons) < 0)
		return err_set(e, ERR_NOMEM, "case");
	if ((r = event_list(core, tx, id, leaf, &events, e)) < 0)
		return r;
	if (json_object_set_new(into, "events", events) < 0)
		return err_set(e, ERR_NOMEM, "case");
	if ((r = glass_list(tx, id, &glass, e)) < 0)
		return r;
	if (json_object_set_new(into, "break_glass", glass) < 0)
		return err_set(e, ERR_NOMEM, "case");
	if ((on = objection_is_on(tx, id, e)) < 0)
		return on;
	if (json_object_set_new(into, "objection", json_boolean(on)) < 0 ||
	    json_object_set_new(into, "leaf", json_integer((json_int_t)leaf)) <
		0)
		return err_set(e, ERR_NOMEM, "case");
	return 0;
}

static int
answer_case(struct core *core, const struct id *id, uint64_t leaf,
    json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *j = NULL;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = case_row(core, &tx, id, leaf, &j, e)) < 0)
		return r;
	if ((r = add_rest(core, &tx, id, leaf, j, e)) < 0) {
		json_decref(j);
		return r;
	}
	*answer = j;
	return 0;
}

int
case_show(struct core *core, const struct caller *caller, const char *ref,
    struct id *object, json_t **answer, struct err *e)
{
	struct case_facts f;
	struct decision d;
	char text[ID_TEXT];
	json_t *detail;
	uint64_t leaf;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = case_authorize(core, &tx, caller, ref, OP_CASE_READ,
			 NULL, core_now(core), &f, object, &d, e)) < 0)
			return r;
	}
	if ((r = core_check_open(core, e)) < 0)
		return r;
	id_format(&f.id, text);
	detail = json_pack(
	    "{s:s, s:o}", "case", text, "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_CASE_READ, &f.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return answer_case(core, &f.id, leaf, answer, e);
}

/* --- the list ------------------------------------------------------------- */

/* Which cases may this caller see in a list? The policy is asked for each. */
static int
visible_rows(struct core *core, const struct caller *caller, int64_t now_ms,
    struct sealed_rows *rows, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct caller quiet = *caller;
	struct case_facts f;
	struct decision d;
	int r;

	quiet.decided = NULL; /* a case left out is no refusal */
	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT id, team, organisation, state, stage, opened_by, key,"
		 " diagnosis, opened_ms, sealed FROM dossier WHERE state <> "
		 "'erased'"
		 " ORDER BY rowid DESC",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0 && rows->n < CASE_LIST_MAX) {
		memset(&f, 0, sizeof(f));
		if ((r = sql_get_id(q, 0, &f.id, e)) < 0)
			return r;
		read_facts(q, 1, &f);
		if (core_authorize(core, &quiet, OP_CASE_LIST, NULL, &f, now_ms,
			&d, NULL) < 0)
			continue;
		if ((r = take_row(q, rows, &f, e)) < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

static int
list_one(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	static const char *const shown[] = { "title", "commune" };
	json_t *list = arg;
	size_t i;

	for (i = 0; i < NELEMS(shown); i++)
		if (json_object_set(row->clear, shown[i],
			json_object_get(opened, shown[i])) < 0)
			return err_set(e, ERR_NOMEM, "cases");
	if (json_array_append(list, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "cases");
	return 0;
}

int
case_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	int64_t now = core_now(core);
	json_t *detail, *list;
	struct decision d;
	uint64_t leaf;
	int r;

	if ((r = core_authorize(
		 core, caller, OP_CASE_LIST, NULL, NULL, now, &d, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0 ||
	    (r = visible_rows(core, caller, now, &rows, e)) < 0)
		return r;
	detail = json_pack("{s:i, s:o}", "cases", (int)rows.n, "decision",
	    decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_CASE_LIST, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "cases");
	if ((r = rows_open(core, &rows, leaf, list_one, list, e)) < 0) {
		json_decref(list);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "cases", list, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "cases");
}

/* --- for erasure ---------------------------------------------------------- */

int
case_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM dossier WHERE id = ?1 AND key IS NOT NULL"
	    " UNION ALL SELECT key FROM person WHERE dossier = ?1",
	    kase, numbers, e);
}

int
case_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = person_forget(tx, kase, e)) < 0 ||
	    (r = sql_open(tx,
		 "UPDATE dossier SET state = 'erased', key = NULL,"
		 " sealed = NULL WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}
