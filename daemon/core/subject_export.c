#include <string.h>

#include "base/civil.h"
#include "daemon/core/document.h"
#include "daemon/core/json_of.h"
#include "daemon/core/record.h"
#include "daemon/core/subject_work.h"

static json_t **
lists(struct exporting *x, size_t i)
{
	json_t **all[] = { &x->records, &x->originals, &x->withheld,
		&x->consents, &x->receipts, &x->recipients, &x->events,
		&x->requests, &x->objections, &x->restrictions, &x->kinds,
		&x->purposes, &x->accesses };

	return i < NELEMS(all) ? all[i] : NULL;
}

static int
exporting_init(struct exporting *x, struct err *e)
{
	json_t **list;
	size_t i;

	for (i = 0; (list = lists(x, i)) != NULL; i++)
		if ((*list = json_array()) == NULL)
			return err_set(e, ERR_NOMEM, "subject export");
	return 0;
}

static void
exporting_done(struct exporting *x)
{
	json_t **list;
	size_t i;

	json_decref(x->who);
	json_decref(x->origin);
	for (i = 0; (list = lists(x, i)) != NULL; i++)
		json_decref(*list);
}

int
subject_append(json_t *a, json_t *j, struct err *e)
{
	return j == NULL || json_array_append_new(a, j) < 0
		   ? err_set(e, ERR_NOMEM, "subject export")
		   : 0;
}

/* --- whose ---------------------------------------------------------------- */

static int
find_person(struct exporting *x, json_t *persons, struct err *e)
{
	char id[ID_TEXT];
	const char *role;
	json_t *p;
	size_t i;

	id_format(&x->person, id);
	json_array_foreach(persons, i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "person")),
			id) == 0)
			x->who = json_incref(p);
	}
	if (x->who == NULL)
		return err_tag(e, ERR_REFUSED, "subject-person",
		    "not a person of this case");
	/* Who has no role today has none to say. */
	role = json_string_value(json_object_get(x->who, "role"));
	x->is_holder = role != NULL && strcmp(role, "titulaire") == 0;
	return 0;
}

/* Where the case came from; its title may name others. */
static int
load_origin(struct exporting *x, struct tx *tx, struct err *e)
{
	static const char *const members[] = { "opened_at", "source", "stage",
		"state", "commune", "reference" };
	AUTO(json_decrefp) json_t *row = NULL;
	size_t i;
	int r;

	if ((r = case_row(x->core, tx, &x->kase.id, x->leaf, &row, e)) < 0)
		return r;
	if ((x->origin = json_object()) == NULL)
		return err_set(e, ERR_NOMEM, "subject export");
	for (i = 0; i < NELEMS(members); i++)
		json_object_set(
		    x->origin, members[i], json_object_get(row, members[i]));
	if (x->alone)
		json_object_set(
		    x->origin, "title", json_object_get(row, "title"));
	return 0;
}

static int
load_person(struct exporting *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(json_decrefp) json_t *persons = NULL;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = person_list(x->core, &tx, &x->kase.id, x->leaf, &persons, e)) <
		0 ||
	    (r = find_person(x, persons, e)) < 0)
		return r;
	return load_origin(x, &tx, e);
}

/* --- documents ------------------------------------------------------------ */

static const char *
kind_title(const struct exporting *x, const json_t *manifest)
{
	const char *name = json_string_value(json_object_get(manifest, "kind"));
	const struct policy_kind *kind =
	    name != NULL ? policy_kind(x->p, name) : NULL;

	return kind != NULL ? kind->title : "";
}

static int
withhold_all(struct exporting *x, const json_t *manifest, struct err *e)
{
	return subject_append(x->withheld,
	    json_pack("{s:O, s:O, s:O, s:s, s:s, s:s, s:s}", "document",
		json_object_get(manifest, "document"), "version",
		json_object_get(manifest, "version"), "kind",
		json_object_get(manifest, "kind"), "kind_title",
		kind_title(x, manifest), "path", "", "title", "", "why",
		"several"),
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
		json_object_set_new(
		    one, "kind_title", json_string(kind_title(x, manifest)));
		if ((r = subject_append(x->withheld, json_incref(one), e)) < 0)
			return r;
	}
	return 0;
}

/* To be fetched, byte for byte (subject_original). */
static int
add_original(struct exporting *x, const json_t *manifest, struct err *e)
{
	return subject_append(x->originals,
	    json_pack("{s:O, s:O, s:O, s:s, s:O, s:O*, s:O*, s:O*, s:O*, s:O?}",
		"document", json_object_get(manifest, "document"), "version",
		json_object_get(manifest, "version"), "kind",
		json_object_get(manifest, "kind"), "title",
		kind_title(x, manifest), "pages",
		json_object_get(manifest, "pages"), "signature",
		json_object_get(manifest, "signature"), "proof",
		json_object_get(manifest, "proof"), "signers",
		json_object_get(manifest, "signers"), "provenance",
		json_object_get(manifest, "provenance"), "filed_at",
		json_object_get(manifest, "filed_at")),
	    e);
}

/* What a record may say to this person; the rest is listed. */
static int
share_record(struct exporting *x, const struct policy_kind *kind,
    const json_t *manifest, json_t *record, struct err *e)
{
	AUTO(json_decrefp) json_t *paths = json_array(), *given = NULL;
	int r;

	given = x->alone ? json_incref(record)
			 : subject_share(kind, policy_subject(x->p, kind->name),
			       x->is_holder, record, paths);
	if (given == NULL || paths == NULL)
		return err_set(e, ERR_NOMEM, "subject export");
	if ((r = withhold_paths(x, manifest, paths, e)) < 0)
		return r;
	return subject_append(x->records,
	    json_pack("{s:O, s:O, s:s, s:s, s:b, s:O?, s:O}", "document",
		json_object_get(manifest, "document"), "version",
		json_object_get(manifest, "version"), "kind", kind->name,
		"title", kind->title, "draft",
		json_is_true(json_object_get(manifest, "draft")), "filed_at",
		json_object_get(manifest, "filed_at"), "data", given),
	    e);
}

/* Records are held in memory, so many bytes of them; what is over that goes
 * as an original, where nothing of it must stay behind. */
static int
add_record(struct exporting *x, const struct id *doc, uint32_t version,
    const struct policy_kind *kind, const json_t *manifest, struct err *e)
{
	AUTO(json_decrefp) json_t *record = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if ((r = document_content(
		 x->core, doc, version, 0, x->leaf, RECORD_MAX, &text, e)) < 0)
		return r;
	if (x->bytes + text.len > SUBJECT_RECORDS_MAX)
		return x->alone ? add_original(x, manifest, e)
				: err_tag(e, ERR_TOO_LARGE, "subject-size",
				      "records over %llu bytes",
				      (unsigned long long)SUBJECT_RECORDS_MAX);
	x->bytes += text.len;
	if ((r = record_parse(text.p, text.len, &record, e)) < 0)
		return r;
	return share_record(x, kind, manifest, record, e);
}

/* Something of a document of this kind may go to them. */
static int
may_have(const struct policy *p, int alone, const char *kind)
{
	return alone || (policy_kind(p, kind) != NULL &&
			    policy_subject(p, kind) != NULL);
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
	if (name == NULL || !may_have(x->p, x->alone, name))
		return withhold_all(x, m, e);
	kind = policy_kind(x->p, name);
	if (kind != NULL && kind->is_record)
		return add_record(x, doc, version, kind, m, e);
	return add_original(x, m, e);
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

/* --- all of it ------------------------------------------------------------ */

/* The case, asked of the policy; the person, of it. */
static int
find(struct exporting *x, struct tx *tx, const char *kase, const char *person,
    struct id *object, struct err *e)
{
	int64_t now = core_now(x->core);
	int r;

	x->p = x->core->policy;
	x->today = civil_day(now);
	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, tx, e)) < 0 ||
	    (r = case_authorize(x->core, tx, x->caller, kase, OP_SUBJECT_EXPORT,
		 NULL, now, &x->kase, object, &x->d, e)) < 0)
		return r;
	if (id_parse(person, &x->person, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "subject-person",
		    "not a person of this case");
	if ((r = person_is_alone(tx, &x->kase.id, &x->person, e)) < 0)
		return r;
	x->alone = r;
	return 0;
}

static int
begin(struct exporting *x, const char *kase, const char *person,
    struct id *object, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = find(x, &tx, kase, person, object, e)) < 0)
			return r;
	}
	detail = json_pack("{s:o, s:o, s:o}", "case", json_of_id(&x->kase.id),
	    "person", json_of_id(&x->person), "decision",
	    decision_json(x->core, &x->d));
	return core_read_leaf(x->core, x->caller, LEAF_SUBJECT_EXPORT,
	    &x->kase.id, detail, &x->leaf, e);
}

static int
answer_all(struct exporting *x, json_t **answer, struct err *e)
{
	int64_t months;

	if (policy_figure_on(
		x->p, "audit-detail-months", x->today, &months, NULL) < 0)
		months = 0;
	*answer = json_pack("{s:o, s:O, s:O, s:b, s:O, s:O, s:O, s:O, s:O, s:O,"
			    " s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:b, s:I, s:o,"
			    " s:s, s:I, s:I}",
	    "case", json_of_id(&x->kase.id), "origin", x->origin, "person",
	    x->who, "alone", x->alone, "records", x->records, "originals",
	    x->originals, "withheld", x->withheld, "consents", x->consents,
	    "receipts", x->receipts, "recipients", x->recipients, "events",
	    x->events, "requests", x->requests, "objections", x->objections,
	    "restrictions", x->restrictions, "kinds", x->kinds, "purposes",
	    x->purposes, "accesses", x->accesses, "accesses_more", x->more,
	    "details_months", (json_int_t)months, "made_at",
	    json_of_time(core_now(x->core)), "organisation",
	    x->kase.organisation, "policy", (json_int_t)policy_version(x->p),
	    "leaf", (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "subject export");
}

int
subject_export(struct core *core, const struct caller *caller, const char *kase,
    const char *person, struct id *object, json_t **answer, struct err *e)
{
	AUTO(exporting_done)
	struct exporting x = { .core = core, .caller = caller };
	int r;

	if ((r = exporting_init(&x, e)) < 0 ||
	    (r = begin(&x, kase, person, object, e)) < 0 ||
	    (r = load_person(&x, e)) < 0 || (r = add_documents(&x, e)) < 0 ||
	    (r = subject_rest(&x, e)) < 0)
		return r;
	return answer_all(&x, answer, e);
}

/* --- one original --------------------------------------------------------- */

/* Of this case, living, and of a kind that may go to them whole: a record
 * of several is told field by field, in the export. */
static int
check_original(const struct exporting *x, struct tx *tx, const char *document,
    struct document_facts *out, struct err *e)
{
	const struct policy_kind *kind;
	struct id id;

	if (id_parse(document, &id, NULL) < 0 ||
	    document_by_id(tx, &id, out, NULL) < 0 ||
	    !id_equal(&out->kase, &x->kase.id) ||
	    strcmp(out->state, "filed") != 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	kind = policy_kind(x->p, out->kind);
	if (!may_have(x->p, x->alone, out->kind) ||
	    (!x->alone && kind->is_record))
		return err_tag(e, ERR_DENIED, "subject-withheld",
		    "this document may speak of others: it is examined before "
		    "it is handed over");
	return 0;
}

static int
original_leaf(struct exporting *x, const struct subject_piece *piece,
    const struct document_facts *doc, struct err *e)
{
	AUTO(json_decrefp)
	json_t *detail = document_detail(
	    x->core, &x->kase.id, &doc->id, piece->version, &x->d);
	const char *part = document_part_name(piece->page);

	if (detail != NULL) {
		json_object_set_new(detail, "person", json_of_id(&x->person));
		json_object_set_new(detail, "page",
		    part != NULL ? json_string(part)
				 : json_integer(piece->page));
	}
	return core_read_leaf(x->core, x->caller, LEAF_SUBJECT_EXPORT, &doc->id,
	    detail, &x->leaf, e);
}

int
subject_original(struct core *core, const struct caller *caller,
    const struct subject_piece *piece, struct id *object, struct content *out,
    struct err *e)
{
	AUTO(exporting_done)
	struct exporting x = { .core = core, .caller = caller };
	struct document_facts doc;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = find(&x, &tx, piece->kase, piece->person, object, e)) <
			0 ||
		    (r = check_original(&x, &tx, piece->document, &doc, e)) < 0)
			return r;
	}
	*object = doc.id;
	if ((r = original_leaf(&x, piece, &doc, e)) < 0)
		return r;
	return content_under(
	    core, &doc.id, piece->version, piece->page, x.leaf, out, e);
}
