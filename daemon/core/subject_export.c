#include "daemon/core/subject_export.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/json_of.h"
#include "daemon/core/record.h"

struct exporting {
	struct core *core;
	const struct policy *p;
	const struct caller *caller;
	struct case_facts kase;
	struct decision d;
	struct id person;
	json_t *who; /* their line of person_list */
	int alone, is_holder;
	int32_t today;
	uint64_t leaf, bytes;
	json_t *records, *originals, *withheld, *consents, *recipients, *kinds,
	    *accesses;
	int more; /* accesses there are besides */
};

static void
exporting_done(struct exporting *x)
{
	json_decref(x->who);
	json_decref(x->records);
	json_decref(x->originals);
	json_decref(x->withheld);
	json_decref(x->consents);
	json_decref(x->recipients);
	json_decref(x->kinds);
	json_decref(x->accesses);
}

static int
append(json_t *a, json_t *j, struct err *e)
{
	return json_array_append_new(a, j) < 0
		   ? err_set(e, ERR_NOMEM, "subject export")
		   : 0;
}

/* --- whose ---------------------------------------------------------------- */

/* An adult now or before: what the case says may be about them. */
static int
was_adult(const json_t *person)
{
	const json_t *role;
	size_t i;

	if (json_is_true(json_object_get(person, "adult")))
		return 1;
	json_array_foreach(json_object_get(person, "roles"), i, role)
	{
		if (person_role_is_adult(
			json_string_value(json_object_get(role, "role"))))
			return 1;
	}
	return 0;
}

static int
find_person(struct exporting *x, json_t *persons, struct err *e)
{
	char id[ID_TEXT];
	json_t *p;
	size_t i;

	x->alone = 1;
	id_format(&x->person, id);
	json_array_foreach(persons, i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "person")),
			id) == 0)
			x->who = json_incref(p);
		else if (was_adult(p))
			x->alone = 0;
	}
	if (x->who == NULL)
		return err_tag(e, ERR_REFUSED, "subject-person",
		    "not a person of this case");
	x->is_holder =
	    strcmp(json_string_value(json_object_get(x->who, "role")),
		"titulaire") == 0;
	return 0;
}

static int
load_person(struct exporting *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *persons = NULL;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = person_list(x->core, &tx, &x->kase.id, x->leaf, &persons, e)) <
		0)
		return r;
	r = find_person(x, persons, e);
	json_decref(persons);
	return r;
}

/* --- documents ------------------------------------------------------------ */

static int
withhold_all(struct exporting *x, const json_t *manifest, struct err *e)
{
	return append(x->withheld,
	    json_pack("{s:O, s:O, s:O, s:s, s:s, s:s}", "document",
		json_object_get(manifest, "document"), "version",
		json_object_get(manifest, "version"), "kind",
		json_object_get(manifest, "kind"), "path", "", "title", "",
		"why", "several"),
	    e);
}

/* Each path that stays behind, with the document it is of. */
static int
withhold_paths(
    struct exporting *x, const json_t *manifest, json_t *paths, struct err *e)
{
	json_t *one;
	size_t i;
	int r;

	json_array_foreach(paths, i, one)
	{
		json_object_set(
		    one, "document", json_object_get(manifest, "document"));
		json_object_set(
		    one, "version", json_object_get(manifest, "version"));
		json_object_set(one, "kind", json_object_get(manifest, "kind"));
		if ((r = append(x->withheld, json_incref(one), e)) < 0)
			return r;
	}
	return 0;
}

static int
add_record(struct exporting *x, const struct id *doc, uint32_t version,
    const struct policy_kind *kind, const json_t *manifest, struct err *e)
{
	AUTO(json_decrefp) json_t *record = NULL, *paths = json_array();
	AUTO(buf_done) struct buf text = { 0 };
	json_t *given;
	int r;

	if ((r = document_content(x->core, doc, version, 0, x->leaf, RECORD_MAX,
		 &text, e)) < 0 ||
	    (r = record_parse(text.p, text.len, &record, e)) < 0)
		return r;
	if ((x->bytes += text.len) > SUBJECT_RECORDS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "subject-size",
		    "records over %llu bytes",
		    (unsigned long long)SUBJECT_RECORDS_MAX);
	given = x->alone ? json_incref(record)
			 : subject_share(kind, policy_subject(x->p, kind->name),
			       x->is_holder, record, paths);
	if (given == NULL)
		return err_set(e, ERR_NOMEM, "subject export");
	if ((r = withhold_paths(x, manifest, paths, e)) < 0) {
		json_decref(given);
		return r;
	}
	return append(x->records,
	    json_pack("{s:O, s:O, s:s, s:s, s:b, s:o}", "document",
		json_object_get(manifest, "document"), "version",
		json_object_get(manifest, "version"), "kind", kind->name,
		"title", kind->title, "draft",
		json_is_true(json_object_get(manifest, "draft")), "data",
		given),
	    e);
}

static int
add_version(
    struct exporting *x, const struct id *doc, uint32_t version, struct err *e)
{
	AUTO(json_decrefp) json_t *m = NULL;
	const struct policy_kind *kind;
	const char *name;
	int r;

	if ((r = document_manifest(x->core, doc, version, x->leaf, &m, e)) < 0)
		return r;
	name = json_string_value(json_object_get(m, "kind"));
	kind = name != NULL ? policy_kind(x->p, name) : NULL;
	if (!x->alone &&
	    (kind == NULL || policy_subject(x->p, kind->name) == NULL))
		return withhold_all(x, m, e);
	if (kind != NULL && kind->is_record)
		return add_record(x, doc, version, kind, m, e);
	return append(x->originals,
	    json_pack("{s:O, s:O, s:O, s:s, s:O, s:O?}", "document",
		json_object_get(m, "document"), "version",
		json_object_get(m, "version"), "kind",
		json_object_get(m, "kind"), "title",
		kind != NULL ? kind->title : "", "pages",
		json_object_get(m, "pages"), "filed_at",
		json_object_get(m, "filed_at")),
	    e);
}

static int
add_documents(struct exporting *x, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct document_facts doc;
	struct id id;
	uint32_t v;
	size_t i;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
		    (r = document_of_case(&tx, &x->kase.id, &ids, e)) < 0)
			return r;
	}
	for (i = 0; i < ids.len; i += ID_LEN) {
		AUTO(tx_end) struct tx tx = { 0 };

		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
		    (r = document_by_id(&tx, &id, &doc, e)) < 0)
			return r;
		tx_end(&tx);
		for (v = 1; v <= doc.versions; v++)
			if ((r = add_version(x, &id, v, e)) < 0)
				return r;
	}
	return 0;
}

/* --- consents, recipients, rules ------------------------------------------ */

static int
add_consents(struct exporting *x, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_consent *c;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, purpose, state, given, until FROM consent"
		 " WHERE kase = ? AND person = ? ORDER BY purpose, given"
		 " LIMIT 500",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->kase.id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->person, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		c = policy_consent(x->p, sql_get_text(q, 1));
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = append(x->consents,
			 json_pack("{s:o, s:s, s:s, s:s, s:o, s:o}", "consent",
			     json_of_id(&id), "purpose", sql_get_text(q, 1),
			     "title", c != NULL ? c->title : "", "state",
			     sql_get_text(q, 2), "given_at",
			     json_of_time(sql_get_int(q, 3)), "until",
			     json_of_time(sql_get_int(q, 4))),
			 e)) < 0)
			return r;
	}
	return r;
}

static int
add_recipients(struct exporting *x, struct tx *tx, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	const struct policy_recipient *to;
	const char *purpose, *name;
	json_t *line;
	size_t i;
	int r;

	if ((r = register_select(tx, &x->kase.id, "", "", NULL, &ids, e)) < 0 ||
	    (r = extract_rows_json(
		 x->core, tx, &ids, x->leaf, x->recipients, e)) < 0)
		return r;
	json_array_foreach(x->recipients, i, line)
	{
		name = json_string_value(json_object_get(line, "recipient"));
		to = name != NULL ? policy_recipient(x->p, name) : NULL;
		name = json_string_value(json_object_get(line, "purpose"));
		purpose =
		    name != NULL ? policy_purpose_title(x->p, name) : NULL;
		json_object_set_new(line, "recipient_title",
		    json_string(to != NULL ? to->title : ""));
		json_object_set_new(line, "purpose_title",
		    json_string(purpose != NULL ? purpose : ""));
	}
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
		t = all[i].retention != NULL
			? policy_retention(x->p, all[i].retention)
			: NULL;
		if (t == NULL || !policy_in_force(&all[i].when, x->today))
			continue;
		if ((r = append(x->kinds,
			 json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "kind",
			     all[i].title, "kept", t->title, "active_months",
			     (json_int_t)t->active_months,
			     "intermediate_months",
			     (json_int_t)t->intermediate_months, "from",
			     t->from, "source", t->source),
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
	const json_t *d =
	    json_object_get(json_object_get(entry, "detail"), "decision");
	const char *purpose = json_string_value(json_object_get(d, "purpose"));
	const char *title;
	char day[11];

	if (at == NULL || what == NULL)
		return 0;
	snprintf(day, sizeof(day), "%s", at);
	title = role != NULL ? policy_role_title(x->p, role) : NULL;
	if (purpose != NULL && policy_purpose_title(x->p, purpose) != NULL)
		purpose = policy_purpose_title(x->p, purpose);
	return append(x->accesses,
	    json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "day", day, "function",
		title != NULL ? title : "", "what", what, "purpose", purpose,
		"outcome",
		json_string_value(json_object_get(entry, "outcome"))),
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

static int
begin(struct exporting *x, const char *kase, const char *person,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(json_decrefp) json_t *detail = NULL;
	int64_t now = core_now(x->core);
	int r;

	x->p = x->core->policy;
	x->today = civil_day(now);
	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, kase,
		 OP_SUBJECT_EXPORT, NULL, now, &x->kase, object, &x->d, e)) < 0)
		return r;
	tx_end(&tx);
	if (id_parse(person, &x->person, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "subject-person",
		    "not a person of this case");
	detail = json_pack("{s:o, s:o, s:o}", "case", json_of_id(&x->kase.id),
	    "person", json_of_id(&x->person), "decision",
	    decision_json(x->core, &x->d));
	return core_read_leaf(x->core, x->caller, LEAF_SUBJECT_EXPORT,
	    &x->kase.id, detail, &x->leaf, e);
}

static int
collect(struct exporting *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = load_person(x, e)) < 0 || (r = add_documents(x, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = add_consents(x, &tx, e)) < 0 ||
	    (r = add_recipients(x, &tx, e)) < 0)
		return r;
	tx_end(&tx);
	if ((r = add_kinds(x, e)) < 0)
		return r;
	return add_accesses(x, e);
}

static int
answer_all(struct exporting *x, json_t **answer, struct err *e)
{
	int64_t months;

	if (policy_figure_on(
		x->p, "audit-detail-months", x->today, &months, NULL) < 0)
		months = 0;
	*answer = json_pack("{s:o, s:O, s:b, s:O, s:O, s:O, s:O, s:O, s:O, s:O,"
			    " s:b, s:I, s:I, s:I}",
	    "case", json_of_id(&x->kase.id), "person", x->who, "alone",
	    x->alone, "records", x->records, "originals", x->originals,
	    "withheld", x->withheld, "consents", x->consents, "recipients",
	    x->recipients, "kinds", x->kinds, "accesses", x->accesses,
	    "accesses_more", x->more, "details_months", (json_int_t)months,
	    "policy", (json_int_t)policy_version(x->p), "leaf",
	    (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "subject export");
}

int
subject_export(struct core *core, const struct caller *caller, const char *kase,
    const char *person, struct id *object, json_t **answer, struct err *e)
{
	AUTO(exporting_done)
	struct exporting x = {
		.core = core,
		.caller = caller,
		.records = json_array(),
		.originals = json_array(),
		.withheld = json_array(),
		.consents = json_array(),
		.recipients = json_array(),
		.kinds = json_array(),
		.accesses = json_array(),
	};
	int r;

	if ((r = begin(&x, kase, person, object, e)) < 0 ||
	    (r = collect(&x, e)) < 0)
		return r;
	return answer_all(&x, answer, e);
}
