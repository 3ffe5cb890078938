#include "daemon/core/breach.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"

#define FIGURE "breach-hours"
#define HOUR_MS INT64_C(3600000)
#define INCIDENT "incident"

/* The versions in the contexts of the two sealed texts of one key. */
enum { WORDS = 0, NOTE = 1 };

const char *const breach_schema =
    "CREATE TABLE breach ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " kase BLOB NOT NULL, object BLOB NOT NULL, what TEXT NOT NULL,"
    " since INTEGER NOT NULL,"	 /* ms: known from then on */
    " settled INTEGER NOT NULL," /* ms; 0: it waits */
    " leaf INTEGER NOT NULL,"
    " key INTEGER NOT NULL," /* 0: its words were erased */
    " sealed BLOB, note BLOB,"
    " outcome TEXT NOT NULL" /* "": not said */
    "  CHECK (outcome IN ('', 'notified', 'no-risk')))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX breach_since ON breach (settled, since);"
    "CREATE INDEX breach_kase ON breach (kase);";

static int64_t
due_ms(const struct core *core, int64_t since_ms)
{
	int64_t hours;

	if (policy_figure_on(
		core->policy, FIGURE, civil_day(since_ms), &hours, NULL) < 0)
		return 0;
	return since_ms + hours * HOUR_MS;
}

/* --- opening -------------------------------------------------------------- */

int
breach_prepare(
    struct core *core, struct breach *b, const json_t *words, struct err *e)
{
	int r;

	if ((r = id_random(&b->id, e)) < 0 ||
	    (r = keypool_take(core->keys, &b->key, e)) < 0)
		return r;
	return row_seal(
	    core, b->key.key.p, &b->kase, &b->id, WORDS, words, &b->sealed, e);
}

int
breach_open(struct tx *tx, const struct breach *b, int64_t since_ms,
    uint64_t leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO breach (id, kase, object, what, since, settled,"
		 " leaf, key, sealed, outcome)"
		 " VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, '')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &b->id, e)) < 0 ||
	    (r = sql_id(q, 2, &b->kase, e)) < 0 ||
	    (r = sql_id(q, 3, &b->object, e)) < 0 ||
	    (r = sql_text(q, 4, b->what, e)) < 0 ||
	    (r = sql_int(q, 5, since_ms, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)leaf, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)b->key.number, e)) < 0 ||
	    (r = sql_blob(q, 8, b->sealed.p, b->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

void
breach_done(struct breach *b)
{
	fresh_key_done(&b->key);
	buf_done(&b->sealed);
}

/* --- the list ------------------------------------------------------------- */

/* Columns id, kase, object, what, since, settled, leaf, key, sealed, note,
 * outcome. */
static json_t *
clear_json(const struct core *core, struct sql *q)
{
	int64_t since = sql_get_int(q, 4), settled = sql_get_int(q, 5);
	struct id id, kase, object;

	if (sql_get_id(q, 0, &id, NULL) < 0 ||
	    sql_get_id(q, 1, &kase, NULL) < 0 ||
	    sql_get_id(q, 2, &object, NULL) < 0)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:s, s:I}",
	    "breach", json_of_id(&id), "case",
	    id_is_zero(&kase) ? json_null() : json_of_id(&kase), "object",
	    json_of_id(&object), "what", sql_get_text(q, 3), "since",
	    json_of_time(since), "due_at", json_of_time(due_ms(core, since)),
	    "state", settled != 0 ? "settled" : "open", "settled_at",
	    json_of_time(settled), "outcome", sql_get_text(q, 10), "leaf",
	    (json_int_t)sql_get_int(q, 6));
}

static int
add_sealed(struct sealed_rows *rows, struct sql *q, int column,
    uint32_t version, json_t *clear, struct err *e)
{
	struct sealed_row row = { .version = version };
	int r;

	if ((r = sql_get_id(q, 0, &row.id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &row.kase, e)) < 0)
		return r;
	row.key = (uint64_t)sql_get_int(q, 7);
	row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, column, &row.n);
	return rows_add(rows, &row, json_incref(clear), e);
}

static int
load(struct core *core, struct tx *tx, struct sealed_rows *rows, json_t *list,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	json_t *clear;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, kase, object, what, since, settled, leaf, key,"
		 " sealed, note, outcome FROM breach ORDER BY settled <> 0, "
		 "since DESC"
		 " LIMIT 1000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		clear = clear_json(core, q);
		if (clear == NULL || json_array_append_new(list, clear) < 0)
			return err_set(e, ERR_NOMEM, "breaches");
		if (sql_get_int(q, 7) == 0)
			continue;
		if ((r = add_sealed(rows, q, 8, WORDS, clear, e)) < 0 ||
		    (!sql_is_null(q, 9) &&
			(r = add_sealed(rows, q, 9, NOTE, clear, e)) < 0))
			return r;
	}
	return r;
}

static int
tell(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	(void)arg;
	if (json_object_set(row->clear, row->version == NOTE ? "note" : "words",
		opened) < 0)
		return err_set(e, ERR_NOMEM, "breaches");
	return 0;
}

static int
enter_reading(struct core *core, const struct caller *caller,
    const struct id *object, uint64_t *leaf, struct err *e)
{
	struct decision d;
	json_t *detail;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_REPORT_BREACH, NULL, NULL,
		 core_now(core), &d, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:o}", "what", "breaches", "decision",
	    decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_REGISTER_READ, object, detail, leaf, e);
	json_decref(detail);
	return r;
}

int
breach_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *list;
	uint64_t leaf;
	int r;

	if ((r = enter_reading(core, caller, NULL, &leaf, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "breaches");
	if ((r = load(core, &tx, &rows, list, e)) < 0 ||
	    (r = rows_open(core, &rows, leaf, tell, NULL, e)) < 0) {
		json_decref(list);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "breaches", list, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "breaches");
}

/* --- settling ------------------------------------------------------------- */

struct settling {
	struct core *core;
	const struct caller *caller;
	const char *outcome;
	struct id id, kase;
	uint64_t key, leaf;
	int64_t settled;
	struct buf sealed;
	int words; /* they are there still */
};

/* What an incident came to is always said: to be notified, or not, is the
 * one question of its hours. */
static int
check_outcome(const char *outcome, int is_incident, struct err *e)
{
	if (strcmp(outcome, "notified") == 0 ||
	    strcmp(outcome, "no-risk") == 0 ||
	    (outcome[0] == '\0' && !is_incident))
		return 0;
	return err_tag(e, ERR_INVALID, "breach-outcome",
	    "outcome: \"notified\" or \"no-risk\"");
}

static int
settling_find(struct settling *s, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, key, settled, what FROM breach WHERE id = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, &s->id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	s->key = (uint64_t)sql_get_int(q, 1);
	s->words = s->key != 0;
	if (sql_get_int(q, 2) != 0)
		return err_tag(e, ERR_CONFLICT, "breach-settled",
		    "this breach was settled already");
	if ((r = check_outcome(
		 s->outcome, strcmp(sql_get_text(q, 3), INCIDENT) == 0, e)) < 0)
		return r;
	return sql_get_id(q, 0, &s->kase, e);
}

static int
settling_seal(
    struct settling *s, const char *note, uint64_t leaf, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	json_t *j;
	int r;

	if (!s->words)
		return 0;
	j = json_pack(
	    "{s:s, s:s}", "note", note, "by", s->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "breach");
	if ((r = rows_keys(s->core, &s->key, 1, leaf, &key, e)) == 0)
		r = row_seal(
		    s->core, key.p, &s->kase, &s->id, NOTE, j, &s->sealed, e);
	json_decref(j);
	return r;
}

static int
settling_update(struct tx *tx, struct settling *s, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE breach SET settled = ?, note = ?, outcome = ?"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, s->settled, e)) < 0 ||
	    (r = s->words ? sql_blob(q, 2, s->sealed.p, s->sealed.len, e)
			  : sql_null(q, 2, e)) < 0 ||
	    (r = sql_text(q, 3, s->outcome, e)) < 0 ||
	    (r = sql_id(q, 4, &s->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
settling_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct settling *s = arg;
	json_t *detail;
	int r;

	/* If its words were erased between, so is what would be added. */
	if ((r = settling_find(s, tx, e)) < 0)
		return r;
	s->settled = audit_time(s->core->audit, now_ms);
	detail = json_pack("{s:o*, s:o, s:s}", "case",
	    id_is_zero(&s->kase) ? NULL : json_of_id(&s->kase), "breach",
	    json_of_id(&s->id), "outcome", s->outcome);
	r = core_leaf(s->core, tx, s->caller, LEAF_BREACH, LEAF_OK, &s->kase,
	    detail, now_ms, &s->leaf, e);
	json_decref(detail);
	return r < 0 ? r : settling_update(tx, s, e);
}

static int
settle(struct settling *s, const char *note, struct id *object, struct err *e)
{
	struct change ch = {
		.apply = settling_apply,
		.arg = s,
		.need_head = 1,
	};
	uint64_t leaf;
	int r;

	if ((r = enter_reading(s->core, s->caller, NULL, &leaf, e)) < 0 ||
	    (r = text_check(note, BREACH_NOTE_MAX, "note", e)) < 0)
		return r;
	if (note[0] == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "note: what was done, or why nothing is to be notified");
	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(s->core->catalog, &tx, e)) < 0 ||
		    (r = settling_find(s, &tx, e)) < 0)
			return r;
	}
	*object = s->kase;
	if ((r = settling_seal(s, note, leaf, e)) < 0)
		return r;
	return commit_run(s->core->committer, &ch, e);
}

int
breach_settle(struct core *core, const struct caller *caller,
    const char *breach, const char *outcome, const char *note,
    struct id *object, json_t **answer, struct err *e)
{
	struct settling s = {
		.core = core,
		.caller = caller,
		.outcome = outcome,
	};
	int r;

	if (id_parse(breach, &s.id, NULL) < 0)
		s.id = (struct id){ 0 }; /* no breach has it */
	r = settle(&s, note, object, e);
	buf_done(&s.sealed);
	if (r < 0)
		return r;
	*answer = json_pack("{s:o, s:o, s:s, s:s, s:o, s:I}", "breach",
	    json_of_id(&s.id), "case",
	    id_is_zero(&s.kase) ? json_null() : json_of_id(&s.kase), "state",
	    "settled", "outcome", outcome, "settled_at",
	    json_of_time(s.settled), "leaf", (json_int_t)s.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "breach");
}

/* --- incidents ------------------------------------------------------------ */

struct opening {
	struct core *core;
	const struct caller *caller;
	struct incident *i;
	struct breach b;
};

/* 1: one of this object is open: its id, leaf and since. */
static int
find_open(struct tx *tx, struct incident *i, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, since, leaf FROM breach WHERE settled = 0"
		 " AND object = ? AND what = '" INCIDENT "'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &i->object, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0 || (r = sql_get_id(q, 0, &i->id, e)) < 0)
		return r;
	i->since_ms = sql_get_int(q, 1);
	i->leaf = (uint64_t)sql_get_int(q, 2);
	return 1;
}

static int
move_back(struct tx *tx, const struct incident *i, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(
		 tx, "UPDATE breach SET since = ? WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_int(q, 1, i->known_ms, e)) < 0 ||
	    (r = sql_id(q, 2, &i->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
opening_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct opening *o = arg;
	struct incident *i = o->i;
	AUTO(json_decrefp) json_t *detail = NULL;
	int found, r;

	if ((found = find_open(tx, i, e)) < 0)
		return found;
	if (found && i->since_ms <= i->known_ms)
		return 0;
	if (!found)
		i->id = o->b.id;
	detail = json_pack("{s:o, s:s, s:o}", "breach", json_of_id(&i->id),
	    "what", INCIDENT, "known", json_of_time(i->known_ms));
	if ((r = core_leaf(o->core, tx, o->caller, LEAF_BREACH, LEAF_OK, NULL,
		 detail, now_ms, &i->leaf, e)) < 0 ||
	    (r = found ? move_back(tx, i, e)
		       : breach_open(tx, &o->b, i->known_ms, i->leaf, e)) < 0)
		return r;
	i->since_ms = i->known_ms;
	i->is_new = !found;
	return 0;
}

int
breach_incident(struct core *core, const struct caller *caller,
    struct incident *i, struct err *e)
{
	struct opening o = { .core = core, .caller = caller, .i = i };
	struct change ch = {
		.apply = opening_apply,
		.arg = &o,
		.need_head = 1,
	};
	int r;

	if (i->known_ms > core_now(core))
		return err_tag(e, ERR_REFUSED, "breach-known",
		    "nobody knows of it before it is now");
	i->is_new = 0;
	o.b.object = i->object;
	o.b.what = INCIDENT;
	if ((r = breach_prepare(core, &o.b, i->words, e)) == 0)
		r = commit_run(core->committer, &ch, e);
	breach_done(&o.b);
	if (r < 0)
		return r;
	i->due_ms = due_ms(core, i->since_ms);
	return 0;
}

/* --- forgetting, and what is due ------------------------------------------ */

int
breach_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM breach WHERE kase = ? AND key <> 0", kase, numbers,
	    e);
}

int
breach_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx,
	    "UPDATE breach SET key = 0, sealed = NULL, note = NULL"
	    " WHERE kase = ?",
	    kase, e);
}

static const char *
due_name(const char *what)
{
	return strcmp(what, INCIDENT) == 0 ? "breach" : "misfiling-breach";
}

int
breach_due(struct due_list *d, struct err *e)
{
	static const struct id nobodys = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	json_t *more;
	int64_t since;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, since, what FROM breach WHERE settled = 0"
		 " ORDER BY since LIMIT 1000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0)
			return r;
		since = sql_get_int(q, 2);
		/* Not the team's line: who answers for breaches sees it. */
		more = id_is_zero(&kase)
			   ? NULL
			   : json_pack("{s:o}", "case", json_of_id(&kase));
		if ((r = due_add(d, due_name(sql_get_text(q, 3)), &nobodys, &id,
			 since, due_ms(d->core, since), more, e)) < 0)
			return r;
	}
	return r;
}

int
breach_counts(struct tx *tx, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT what, settled <> 0, outcome, count(*) FROM breach"
		 " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:I}", "what",
				  sql_get_text(q, 0), "state",
				  sql_get_int(q, 1) != 0 ? "settled" : "open",
				  "outcome", sql_get_text(q, 2), "n",
				  (json_int_t)sql_get_int(q, 3))) < 0)
			return err_set(e, ERR_NOMEM, "breaches");
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}
