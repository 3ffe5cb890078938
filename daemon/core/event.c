#include "daemon/core/event.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_giving.h"
#include "daemon/core/declared.h"
#include "daemon/core/happened.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"
#include "daemon/core/search.h"
#include "daemon/core/stage.h"

#define EVENTS_OF_CASE_MAX 500

/* --- entering ------------------------------------------------------------- */

struct entering {
	struct core *core;
	const struct caller *caller;
	const struct event_entry *en;
	const struct policy_event *event;
	struct case_facts kase;
	struct decision d;
	struct id id, document;
	int32_t day;
	int64_t at;
	struct fresh_key key;
	struct buf sealed;
	int moved; /* the stage */
	uint64_t leaf;
};

static void
entering_done(struct entering *x)
{
	fresh_key_done(&x->key);
	buf_done(&x->sealed);
}

/* A day to come is for events that are announced: a hearing. */
static int
check_day(struct entering *x, int64_t now_ms, struct err *e)
{
	int32_t day;
	int r;

	if (x->event->in_future && x->en->occurred_on[0] != '\0') {
		if ((r = date_parse(x->en->occurred_on, &day, e)) < 0)
			return r;
		if (day > civil_day(now_ms)) {
			x->day = day;
			return 0;
		}
	}
	return declared_day(
	    x->core, x->en->occurred_on, now_ms, "event-date", &x->day, e);
}

static int
check_document(struct entering *x, struct tx *tx, struct err *e)
{
	struct document_facts doc;
	struct err why = { 0 };
	int r;

	if (x->en->document[0] == '\0') {
		if (x->event->with_document)
			return err_tag(e, ERR_REFUSED, "event-document",
			    "%s is entered with its decision", x->event->name);
		return 0;
	}
	if ((r = consent_document(
		 tx, &x->kase.id, x->en->document, &doc, &why)) < 0)
		return why.tag != NULL && strcmp(why.tag, "document-draft") == 0
			   ? document_check_final(&doc, e)
			   : err_tag(e, ERR_REFUSED, "event-document",
				 "that is not a document of this case");
	x->document = doc.id;
	return 0;
}

/* Says which ones there are. */
static int
unknown_event(const struct policy *p, int32_t day, struct err *e)
{
	AUTO(buf_done) struct buf names = { 0 };
	const struct policy_event *all;
	size_t i, n = policy_events(p, &all);
	int r;

	for (i = 0; i < n; i++)
		if (policy_in_force(&all[i].when, day) &&
		    (r = buf_addf(&names, e, "%s%s", names.len > 0 ? ", " : "",
			 all[i].name)) < 0)
			return r;
	return err_tag(
	    e, ERR_REFUSED, "event-unknown", "event: %s", buf_str(&names));
}

static int
check(struct entering *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(x->core);
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, x->en->kase,
		 OP_CASE_EVENT, NULL, now, &x->kase, object, &x->d, e)) < 0)
		return r;
	x->event = policy_event(x->core->policy, x->en->name);
	if (x->event == NULL ||
	    !policy_in_force(&x->event->when, civil_day(now)))
		return unknown_event(x->core->policy, civil_day(now), e);
	if ((r = text_check(x->en->note, EVENT_NOTE_MAX, "note", e)) < 0 ||
	    (r = check_day(x, now, e)) < 0)
		return r;
	return check_document(x, &tx, e);
}

static int
seal(struct entering *x, struct err *e)
{
	json_t *j = json_pack("{s:s, s:s}", "note", x->en->note, "entered_by",
	    x->caller->actor.account);
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "event");
	if ((r = id_random(&x->id, e)) == 0 &&
	    (r = keypool_take(x->core->keys, &x->key, e)) == 0)
		r = row_seal(x->core, x->key.key.p, &x->kase.id, &x->id, 0, j,
		    &x->sealed, e);
	json_decref(j);
	return r;
}

/* An event that is to come moves the case on its day (stage_pass). */
static int
move_stage(struct tx *tx, struct entering *x, struct err *e)
{
	int r;

	if (!stage_is_moved_by(x->event) || x->day > civil_day(x->at))
		return 0;
	if ((r = stage_move(tx, &x->kase.id, e)) < 0)
		return r;
	x->moved = r > 0;
	return 0;
}

static int
check_room(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT count(*) FROM case_event WHERE kase = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (sql_get_int(q, 0) >= EVENTS_OF_CASE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "events",
		    "more than %d events in one case", EVENTS_OF_CASE_MAX);
	return 0;
}

static int
insert(struct tx *tx, const struct entering *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO case_event"
		 " (id, kase, name, day, at, leaf, document, key, sealed)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->kase.id, e)) < 0 ||
	    (r = sql_text(q, 3, x->event->name, e)) < 0 ||
	    (r = sql_int(q, 4, x->day, e)) < 0 ||
	    (r = sql_int(q, 5, x->at, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)x->leaf, e)) < 0 ||
	    (r = id_is_zero(&x->document)
		     ? sql_null(q, 7, e)
		     : sql_id(q, 7, &x->document, e)) < 0 ||
	    (r = sql_int(q, 8, (int64_t)x->key.number, e)) < 0 ||
	    (r = sql_blob(q, 9, x->sealed.p, x->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
tell(struct tx *tx, const struct entering *x, struct err *e)
{
	struct happening h = { &x->kase.id, x->at, x->leaf };

	return happened_event(
	    x->core, tx, &h, &x->id, x->event->name, x->day, e);
}

static json_t *
entry_detail(const struct entering *x)
{
	char kase[ID_TEXT], day[11];
	json_t *j;

	id_format(&x->kase.id, kase);
	date_format(x->day, day);
	j = json_pack("{s:s, s:s, s:s, s:o}", "case", kase, "event",
	    x->event->name, "occurred_on", day, "decision",
	    decision_json(x->core, &x->d));
	if (j != NULL && !id_is_zero(&x->document))
		json_object_set_new(j, "document", json_of_id(&x->document));
	return j;
}

static int
enter(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct entering *x = arg;
	json_t *detail = entry_detail(x);
	int r;

	x->at = audit_time(x->core->audit, now_ms);
	r = core_leaf(x->core, tx, x->caller, LEAF_CASE_EVENT, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	if (r < 0 || (r = case_touch(tx, &x->kase.id, x->leaf, e)) < 0 ||
	    (r = check_room(tx, &x->kase.id, e)) < 0 ||
	    (r = insert(tx, x, e)) < 0 || (r = move_stage(tx, x, e)) < 0)
		return r;
	return tell(tx, x, e);
}

static int
entered_answer(const struct entering *x, json_t **answer, struct err *e)
{
	char day[11];

	date_format(x->day, day);
	*answer = json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:I}", "id",
	    json_of_id(&x->id), "case", json_of_id(&x->kase.id), "event",
	    x->event->name, "title", x->event->title, "occurred_on", day,
	    "stage", x->moved ? "aval" : x->kase.stage, "leaf",
	    (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "event");
}

int
event_add(struct core *core, const struct caller *caller,
    const struct event_entry *en, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(entering_done)
	struct entering x = { .core = core, .caller = caller, .en = en };
	struct change ch = { .apply = enter, .arg = &x, .need_head = 1 };
	int r;

	if ((r = check(&x, object, e)) < 0 || (r = seal(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	if ((r = search_update(core, &x.kase.id, x.leaf, e)) < 0)
		return err_wrap(e, "the event is entered; the search index");
	return entered_answer(&x, answer, e);
}

/* --- reading -------------------------------------------------------------- */

static json_t *
event_json(struct core *core, struct sql *q)
{
	const struct policy_event *ev =
	    policy_event(core->policy, sql_get_text(q, 1));
	char day[11];
	struct id id;
	json_t *j;

	date_format((int32_t)sql_get_int(q, 2), day);
	j = json_pack("{s:s, s:s*, s:s, s:o, s:I}", "event", sql_get_text(q, 1),
	    "title", ev != NULL ? ev->title : NULL, "occurred_on", day,
	    "entered_at", json_of_time(sql_get_int(q, 3)), "leaf",
	    (json_int_t)sql_get_int(q, 4));
	if (j == NULL || sql_get_id(q, 0, &id, NULL) < 0)
		return j;
	json_object_set_new(j, "id", json_of_id(&id));
	if (!sql_is_null(q, 5) && sql_get_id(q, 5, &id, NULL) == 0)
		json_object_set_new(j, "document", json_of_id(&id));
	return j;
}

static int
take_rows(struct core *core, struct tx *tx, const struct id *kase,
    struct sealed_rows *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, name, day, at, leaf, document, key, sealed"
		 " FROM case_event WHERE kase = ? ORDER BY day, at, rowid",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		struct sealed_row row = { .kase = *kase };

		if ((r = sql_get_id(q, 0, &row.id, e)) < 0)
			return r;
		row.key = (uint64_t)sql_get_int(q, 6);
		row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 7, &row.n);
		if ((r = rows_add(rows, &row, event_json(core, q), e)) < 0)
			return r;
	}
	return r;
}

static int
list_one(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	if (json_object_update(row->clear, opened) < 0 ||
	    json_array_append(arg, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "events");
	return 0;
}

int
event_list(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	json_t *list;
	int r;

	if ((r = take_rows(core, tx, kase, &rows, e)) < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "events");
	if ((r = rows_open(core, &rows, leaf, list_one, list, e)) < 0) {
		json_decref(list);
		return r;
	}
	*out = list;
	return 0;
}

int
events_of_case(struct core *core, struct tx *tx, const struct id *kase,
    int32_t day, const char *out[EVENTS_MAX + 1], struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_event *ev;
	size_t n = 0;
	int r;

	out[0] = NULL;
	if ((r = sql_open(tx,
		 "SELECT DISTINCT name FROM case_event"
		 " WHERE kase = ? AND day <= ? ORDER BY name",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_int(q, 2, day, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		/* A name that the rules have no more decides nothing. */
		ev = policy_event(core->policy, sql_get_text(q, 0));
		if (ev == NULL)
			continue;
		if (n == EVENTS_MAX)
			return err_tag(e, ERR_TOO_LARGE, "events",
			    "more than %d kinds of events in one case",
			    EVENTS_MAX);
		out[n++] = ev->name;
		out[n] = NULL;
	}
	return r;
}
