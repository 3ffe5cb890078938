/* A person's copy: all of it that is no document. */
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/event.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/subject_work.h"

/* --- consents, recipients ------------------------------------------------- */

static int
add_consent(struct exporting *x, const struct consent_row *row, struct err *e)
{
	const struct policy_consent *c = policy_consent(x->p, row->purpose);
	enum consent_state state =
	    consent_state_at(row->state, row->until, core_now(x->core));

	return subject_append(x->consents,
	    json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "consent",
		json_of_id(&row->id), "purpose", row->purpose, "title",
		c != NULL ? c->title : "", "state", consent_state_name(state),
		"given_at", json_of_time(row->given), "until",
		json_of_time(row->until), "valid_through",
		consent_day_json(row->until)),
	    e);
}

static int
add_consents(struct exporting *x, struct tx *tx, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct consent_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = consent_row_ids(tx, &x->kase.id, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = consent_row_by_id(tx, &id, &row, e)) < 0 ||
		    (id_equal(&row.person, &x->person) &&
			(r = add_consent(x, &row, e)) < 0))
			return r;
	}
	return 0;
}

/* What the register says, less who of the staff did it. */
static int
add_recipient(struct exporting *x, const json_t *row, struct err *e)
{
	static const char *const members[] = { "extract", "recipient",
		"purpose", "channel", "state", "sha256", "released_at",
		"pulled_at", "acknowledged_at", "fields", "basis" };
	const char *name = json_string_value(json_object_get(row, "recipient"));
	const char *why = json_string_value(json_object_get(row, "purpose"));
	const struct policy_recipient *to =
	    name != NULL ? policy_recipient(x->p, name) : NULL;
	json_t *line, *v;
	size_t i;

	if (why != NULL)
		why = policy_purpose_title(x->p, why);
	line = json_pack("{s:s, s:s}", "recipient_title",
	    to != NULL ? to->title : "", "purpose_title",
	    why != NULL ? why : "");
	for (i = 0; line != NULL && i < NELEMS(members); i++)
		if ((v = json_object_get(row, members[i])) != NULL)
			json_object_set(line, members[i], v);
	return subject_append(x->recipients, line, e);
}

static int
add_recipients(struct exporting *x, struct tx *tx, struct err *e)
{
	AUTO(json_decrefp) json_t *rows = json_array();
	AUTO(buf_done) struct buf ids = { 0 };
	json_t *row;
	size_t i;
	int r;

	if (rows == NULL)
		return err_set(e, ERR_NOMEM, "subject export");
	if ((r = register_select(tx, &x->kase.id, "", "", NULL, &ids, e)) < 0 ||
	    (r = extract_rows_json(x->core, tx, &ids, x->leaf, rows, e)) < 0)
		return r;
	json_array_foreach(rows, i, row)
	{
		if ((r = add_recipient(x, row, e)) < 0)
			return r;
	}
	return 0;
}

/* --- events, and the rights that were used -------------------------------- */

/* Who entered it stays behind; a note of several may be about another. */
static int
add_events(struct exporting *x, struct tx *tx, struct err *e)
{
	AUTO(json_decrefp) json_t *all = NULL;
	const json_t *ev;
	size_t i;
	int r;

	if ((r = event_list(x->core, tx, &x->kase.id, x->leaf, &all, e)) < 0)
		return r;
	json_array_foreach(all, i, ev)
	{
		if ((r = subject_append(x->events,
			 json_pack("{s:O, s:O?, s:O, s:O?, s:O?}", "event",
			     json_object_get(ev, "event"), "title",
			     json_object_get(ev, "title"), "occurred_on",
			     json_object_get(ev, "occurred_on"), "document",
			     json_object_get(ev, "document"), "note",
			     x->alone ? json_object_get(ev, "note") : NULL),
			 e)) < 0)
			return r;
	}
	return 0;
}

static int
add_rights(struct exporting *x, struct tx *tx, struct err *e)
{
	const struct id *kase = &x->kase.id, *person = &x->person;
	int r;

	if ((r = request_of_person(tx, kase, person, x->requests, e)) < 0 ||
	    (r = objection_of_person(tx, kase, person, x->objections, e)) < 0)
		return r;
	return restriction_of_case(x->core, tx, kase, x->restrictions, e);
}

/* --- the rules ------------------------------------------------------------ */

static json_t *
titles_of(const struct policy *p, const char *const *purposes)
{
	json_t *a = json_array();
	const char *title;

	for (; a != NULL && *purposes != NULL; purposes++)
		if ((title = policy_purpose_title(p, *purposes)) != NULL)
			json_array_append_new(a, json_string(title));
	return a;
}

/* Art. 15(1)(a): what the register of activities says. */
static int
add_purposes(struct exporting *x, struct err *e)
{
	const struct policy_processing *all;
	size_t i, n = policy_processings(x->p, &all);
	int r;

	for (i = 0; i < n; i++)
		if (policy_in_force(&all[i].when, x->today) &&
		    (r = subject_append(x->purposes,
			 json_pack("{s:s, s:s, s:o, s:s}", "title",
			     all[i].title, "basis", all[i].basis, "purposes",
			     titles_of(x->p, all[i].purposes), "source",
			     all[i].source),
			 e)) < 0)
			return r;
	return 0;
}

static int
add_kinds(struct exporting *x, struct err *e)
{
	const struct policy_kind *all;
	const struct policy_retention *t;
	size_t i, n = policy_kinds(x->p, &all);
	int r;

	for (i = 0; i < n; i++) {
		const struct policy_moment *from;

		t = all[i].retention != NULL
			? policy_retention(x->p, all[i].retention)
			: NULL;
		if (t == NULL || !policy_in_force(&all[i].when, x->today))
			continue;
		from = policy_moment(x->p, t->from);
		if ((r = subject_append(x->kinds,
			 json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s}",
			     "kind", all[i].title, "kept", t->title,
			     "active_months", (json_int_t)t->active_months,
			     "intermediate_months",
			     (json_int_t)t->intermediate_months, "from",
			     t->from, "from_title",
			     from != NULL ? from->title : "", "source",
			     t->source),
			 e)) < 0)
			return r;
	}
	return 0;
}

/* --- who saw it ----------------------------------------------------------- */

/* Day, function, what, purpose: never who (CJUE C-579/21). */
static int
add_access(struct exporting *x, const json_t *entry, struct err *e)
{
	const char *at = json_string_value(json_object_get(entry, "at"));
	const char *role = json_string_value(json_object_get(entry, "role"));
	const char *what = json_string_value(json_object_get(entry, "class"));
	const char *how = json_string_value(json_object_get(entry, "outcome"));
	const json_t *d =
	    json_object_get(json_object_get(entry, "detail"), "decision");
	const char *purpose = json_string_value(json_object_get(d, "purpose"));
	const char *title;
	char day[11];
	int64_t ms;

	if (at == NULL || what == NULL || time_parse(at, &ms, NULL) < 0)
		return 0;
	date_format(civil_day(ms), day);
	if (role == NULL)
		role = json_string_value(json_object_get(d, "role"));
	title = role != NULL ? policy_role_title(x->p, role) : NULL;
	purpose = purpose != NULL ? policy_purpose_title(x->p, purpose) : NULL;
	return subject_append(x->accesses,
	    json_pack("{s:s, s:s, s:s*, s:s, s:s*}", "day", day, "function",
		title != NULL ? title : "", "what", subject_access_words(what),
		"purpose", purpose != NULL ? purpose : "", "outcome",
		how != NULL ? subject_outcome_words(how) : NULL),
	    e);
}

static int
add_accesses(struct exporting *x, struct err *e)
{
	struct audit_query q = { .object = &x->kase.id, .limit = 1000 };
	json_t *entries, *one;
	uint64_t next;
	size_t i;
	int r;

	do {
		AUTO(tx_end) struct tx tx = { 0 };

		entries = NULL;
		if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
		    (r = audit_read(
			 x->core->audit, &tx, &q, &entries, &next, e)) < 0)
			return r;
		json_array_foreach(entries, i, one)
		{
			if (json_array_size(x->accesses) >=
			    SUBJECT_ACCESSES_MAX) {
				x->more = 1;
				break;
			}
			if ((r = add_access(x, one, e)) < 0)
				break;
		}
		json_decref(entries);
		q.before = next;
	} while (r == 0 && next != 0 && !x->more);
	return r;
}

/* --- all of it ------------------------------------------------------------ */

int
subject_rest(struct exporting *x, struct err *e)
{
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
		    (r = add_consents(x, &tx, e)) < 0 ||
		    (r = add_recipients(x, &tx, e)) < 0 ||
		    (r = add_events(x, &tx, e)) < 0 ||
		    (r = add_rights(x, &tx, e)) < 0)
			return r;
	}
	if ((r = consent_receipts_of(
		 x->core, &x->kase, &x->person, x->leaf, x->receipts, e)) < 0 ||
	    (r = add_kinds(x, e)) < 0 || (r = add_purposes(x, e)) < 0)
		return r;
	return add_accesses(x, e);
}
