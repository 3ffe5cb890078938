/*
 * What one person gets of what the vault holds: theirs, with what was
 * withheld and why; the recipients by name; who saw it by function.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/event.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/subject_export.h"
#include "tests/unit/core/extract_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static int
export_of(struct scene *s, enum person who, const char *person, json_t **j)
{
	struct caller c = core_fixture_caller(s->f, who);

	c.purpose = "exercice-des-droits";
	*j = NULL;
	memset(&s->f->e, 0, sizeof(s->f->e));
	return subject_export(
	    s->f->core, &c, s->kase, person, &s->f->object, j, &s->f->e);
}

/* The first person of the case. */
static void
first(struct scene *s, char out[ID_TEXT])
{
	json_t *j = NULL;

	if (case_show(s->f->core, &s->camille, s->kase, &s->f->object, &j,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(
		json_array_get(json_object_get(j, "persons"), 0), "person")));
	json_decref(j);
}

static int
says(const json_t *j, const char *what)
{
	char *text = json_dumps(j, 0);
	int found = strstr(text, what) != NULL;

	free(text);
	return found;
}

static json_t *
must_export(struct scene *s)
{
	char person[ID_TEXT];
	json_t *j;

	first(s, person);
	if (export_of(s, DPO, person, &j) < 0)
		fail_msg("%s", s->f->e.text);
	return j;
}

static void
who_is_alone_gets_all(void **state)
{
	struct scene s;
	json_t *j, *record;
	FIXTURE(f);

	scene_init(&s, f);
	j = must_export(&s);
	assert_true(json_is_true(json_object_get(j, "alone")));
	record = json_array_get(json_object_get(j, "records"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(record, "document")), s.record);
	assert_true(says(json_object_get(j, "originals"), s.evidence));
	assert_int_equal(json_array_size(json_object_get(j, "withheld")), 0);
	assert_true(json_array_size(json_object_get(j, "kinds")) > 0);
	json_decref(j);
}

static void
of_several_each_gets_their_own_and_the_list_of_the_rest(void **state)
{
	char other[ID_TEXT];
	struct scene s;
	json_t *j;
	FIXTURE(f);

	scene_init(&s, f);
	scene_person(&s, "co-titulaire", "Autrui Exemple", 0, other);
	j = must_export(&s);
	assert_false(json_is_true(json_object_get(j, "alone")));
	assert_false(says(j, "Autrui Exemple"));
	/* The form says nothing of whose it is: it stays, and is listed. */
	assert_false(says(json_object_get(j, "originals"), s.evidence));
	assert_true(says(json_object_get(j, "withheld"), s.evidence));
	assert_true(json_array_size(json_object_get(j, "withheld")) > 0);
	json_decref(j);
	/* The other is no holder of that name. */
	assert_int_equal(export_of(&s, DPO, other, &j), 0);
	assert_true(says(json_object_get(j, "withheld"), "\"holder\""));
	json_decref(j);
}

static void
recipients_are_named_and_readers_are_not(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	struct scene s;
	json_t *j, *line;
	size_t i, n = 0;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(
	    scene_extract(&s, "ccapex", "examen-ccapex", extract), 0);
	assert_int_equal(scene_pull(&s, &s.ccapex, extract, &out), 0);
	j = must_export(&s);
	line = json_array_get(json_object_get(j, "recipients"), 0);
	assert_true(
	    json_string_length(json_object_get(line, "recipient_title")) > 0);
	assert_true(
	    json_string_length(json_object_get(line, "purpose_title")) > 0);
	json_array_foreach(json_object_get(j, "accesses"), i, line)
	{
		n++;
		assert_null(json_object_get(line, "account"));
		assert_int_equal(
		    json_string_length(json_object_get(line, "day")), 10);
	}
	assert_true(n > 2);
	assert_false(says(json_object_get(j, "accesses"), "camille"));
	json_decref(j);
}

static int64_t late_ms;

static int64_t
late(void)
{
	return late_ms;
}

/* Half an hour before midnight in UTC, it is tomorrow in Paris. */
static void
the_day_of_an_access_is_the_one_in_paris(void **state)
{
	const int64_t day_ms = INT64_C(86400000);
	char today[11];
	struct scene s;
	json_t *j, *line;
	FIXTURE(f);

	late_ms = core_fixture_now();
	late_ms += day_ms - late_ms % day_ms - day_ms / 48;
	if (late_ms < core_fixture_now())
		late_ms += day_ms;
	core_fixture_set_clock(f, late);
	scene_init(&s, f);
	j = must_export(&s);
	date_format(civil_day(late_ms), today);
	line = json_array_get(json_object_get(j, "accesses"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(line, "day")), today);
	json_decref(j);
}

static void
who_may_not_gets_nothing(void **state)
{
	char person[ID_TEXT];
	struct caller c;
	struct scene s;
	json_t *j = NULL;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	assert_int_equal(export_of(&s, CAMILLE, person, &j), -ERR_DENIED);
	assert_int_equal(export_of(&s, ADMIN, person, &j), -ERR_DENIED);
	assert_int_equal(export_of(&s, NOBODY, person, &j), -ERR_DENIED);
	/* Another case's id is no person of this one. */
	assert_int_equal(export_of(&s, DPO, s.kase, &j), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "subject-person");
	assert_int_equal(export_of(&s, DPO, "nobody", &j), -ERR_REFUSED);
	/* Without the purpose there is no export. */
	c = core_fixture_caller(f, DPO);
	assert_int_equal(
	    subject_export(f->core, &c, s.kase, person, &f->object, &j, &f->e),
	    -ERR_DENIED);
	assert_string_equal(f->e.tag, "purpose-missing");
	assert_null(j);
}

/* --- originals ------------------------------------------------------------ */

static int
original(struct scene *s, enum person who, const char *person,
    const char *document, uint32_t version, uint32_t page, struct buf *out)
{
	struct caller c = core_fixture_caller(s->f, who);
	struct subject_piece piece = { s->kase, person, document, version,
		page };
	struct content found = { 0 };
	size_t was;
	int r;

	c.purpose = "exercice-des-droits";
	memset(&s->f->e, 0, sizeof(s->f->e));
	if ((r = subject_original(
		 s->f->core, &c, &piece, &s->f->object, &found, &s->f->e)) < 0)
		return r;
	do {
		was = out->len;
		r = content_next(found.stream, out, &s->f->e);
	} while (r == 0 && out->len > was);
	content_freep(&found.stream);
	return r;
}

static void
expect(struct scene *s, int got, enum err_code code, const char *tag)
{
	if (got != -(int)code)
		fail_msg("%d: %s", got, s->f->e.text);
	if (tag != NULL)
		assert_string_equal(s->f->e.tag, tag);
}

/* How often the log says that a copy had this document. */
static size_t
copies_of(struct scene *s, const char *document)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	struct audit_query q = {
		.object = &id, .klass = LEAF_SUBJECT_EXPORT, .limit = 1000
	};
	json_t *entries = NULL;
	uint64_t next;
	size_t n;

	assert_int_equal(id_parse(document, &id, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    audit_read(s->f->core->audit, &tx, &q, &entries, &next, NULL), 0);
	n = json_array_size(entries);
	json_decref(entries);
	return n;
}

static void
an_original_goes_byte_for_byte_each_under_its_leaf(void **state)
{
	AUTO(buf_done) struct buf read = { 0 }, copy = { 0 };
	char person[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	assert_int_equal(
	    core_fixture_get(f, CAMILLE, s.evidence, 1, 0, &read), 0);
	assert_int_equal(copies_of(&s, s.evidence), 0);
	expect(&s, original(&s, DPO, person, s.evidence, 1, 0, &copy), ERR_OK,
	    NULL);
	assert_int_equal(copy.len, read.len);
	assert_memory_equal(copy.p, read.p, read.len);
	assert_int_equal(copies_of(&s, s.evidence), 1);
	expect(&s, original(&s, DPO, person, s.evidence, 1, 0, &copy), ERR_OK,
	    NULL);
	assert_int_equal(copies_of(&s, s.evidence), 2);
}

static void
an_original_that_may_not_go_is_refused(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char person[ID_TEXT], other[ID_TEXT], elsewhere[ID_TEXT], doc[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	expect(&s, original(&s, CAMILLE, person, s.evidence, 1, 0, &out),
	    ERR_DENIED, NULL);
	expect(&s, original(&s, NOBODY, person, s.evidence, 1, 0, &out),
	    ERR_DENIED, NULL);
	expect(&s, original(&s, DPO, s.kase, s.evidence, 1, 0, &out),
	    ERR_REFUSED, "subject-person");
	expect(&s, original(&s, DPO, person, s.evidence, 2, 0, &out),
	    ERR_NOT_FOUND, NULL);
	expect(&s, original(&s, DPO, person, s.evidence, 1, 1, &out),
	    ERR_NOT_FOUND, NULL);
	expect(&s,
	    original(&s, DPO, person, s.evidence, 1, CONTENT_SIGNATURE, &out),
	    ERR_NOT_FOUND, NULL);
	expect(&s, original(&s, DPO, person, "nothing", 1, 0, &out),
	    ERR_NOT_FOUND, "not-found");
	/* Another case's is none of this one's. */
	core_fixture_case(f, CAMILLE, "Autre ménage", elsewhere);
	memcpy(doc, s.kase, sizeof(doc));
	memcpy(s.kase, elsewhere, sizeof(s.kase));
	scene_file(&s, "acte", core_fixture_png, core_fixture_png_len, "", doc);
	first(&s, other);
	expect(&s, original(&s, DPO, other, doc, 1, 0, &out), ERR_OK, NULL);
	expect(&s, original(&s, DPO, other, s.evidence, 1, 0, &out),
	    ERR_NOT_FOUND, "not-found");
	assert_true(out.len > 0);
}

static void
what_may_speak_of_another_waits_for_a_look(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char person[ID_TEXT], other[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	scene_person(&s, "co-titulaire", "Autrui Exemple", 0, other);
	expect(&s, original(&s, DPO, person, s.evidence, 1, 0, &out),
	    ERR_DENIED, "subject-withheld");
	/* A record of several is told field by field, never whole. */
	expect(&s, original(&s, DPO, other, s.record, 1, 0, &out), ERR_DENIED,
	    "subject-withheld");
	assert_int_equal(out.len, 0);
	assert_int_equal(copies_of(&s, s.evidence), 0);
}

/* --- consents, events, rights --------------------------------------------- */

static void
receipts_are_of_their_own_consents_alone(void **state)
{
	char other[ID_TEXT], consent[ID_TEXT];
	struct scene s;
	json_t *j, *sheet;
	FIXTURE(f);

	scene_init(&s, f);
	scene_person(&s, "co-titulaire", "Autrui Exemple", 0, other);
	assert_int_equal(scene_give(&s, "partage:caf", NULL, consent), 0);
	j = must_export(&s);
	assert_int_equal(json_array_size(json_object_get(j, "consents")), 1);
	assert_int_equal(json_array_size(json_object_get(j, "receipts")), 1);
	sheet = json_array_get(json_object_get(j, "receipts"), 0);
	assert_true(says(json_object_get(sheet, "receipt"), "dpv:Consent"));
	assert_true(json_string_length(json_object_get(sheet, "page")) > 100);
	assert_int_equal(
	    json_array_size(json_object_get(sheet, "consents")), 1);
	assert_false(says(sheet, "Autrui Exemple"));
	json_decref(j);
	assert_int_equal(export_of(&s, DPO, other, &j), 0);
	assert_true(says(json_object_get(j, "receipts"), "Autrui Exemple"));
	json_decref(j);
}

static void
enter_event(struct scene *s, const char *note)
{
	struct event_entry en = { .kase = s->kase,
		.name = "commandement",
		.occurred_on = "",
		.document = "",
		.note = note };
	json_t *j = NULL;

	if (event_add(
		s->f->core, &s->camille, &en, &s->f->object, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(j);
}

static void
ask_and_object(struct scene *s, const char *person)
{
	struct requesting q = { s->kase, person, "access", "", "courrier",
		"vue", "", "" };
	struct objecting o = { s->kase, "", "courrier", "", "" };
	json_t *j = NULL;

	if (request_enter(
		s->f->core, &s->camille, &q, &s->f->object, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(j);
	if (objection_enter(
		s->f->core, &s->camille, &o, &s->f->object, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(j);
}

static size_t
count(const json_t *j, const char *member)
{
	return json_array_size(json_object_get(j, member));
}

static void
events_and_requests_are_told_without_who_entered_them(void **state)
{
	char person[ID_TEXT], other[ID_TEXT];
	struct scene s;
	json_t *j;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	enter_event(&s, "Note du dossier");
	ask_and_object(&s, person);
	j = must_export(&s);
	assert_int_equal(count(j, "events"), 1);
	assert_true(says(json_object_get(j, "events"), "Note du dossier"));
	assert_int_equal(count(j, "requests"), 1);
	assert_int_equal(count(j, "objections"), 1);
	assert_true(count(j, "purposes") > 0);
	assert_true(says(json_object_get(j, "origin"), "title"));
	assert_false(says(json_object_get(j, "events"), "camille"));
	assert_false(says(json_object_get(j, "requests"), "camille"));
	json_decref(j);
	/* Of several: no note, no title, not what the other asked. */
	scene_person(&s, "co-titulaire", "Autrui Exemple", 0, other);
	assert_int_equal(export_of(&s, DPO, other, &j), 0);
	assert_int_equal(count(j, "events"), 1);
	assert_false(says(json_object_get(j, "events"), "Note du dossier"));
	assert_false(says(json_object_get(j, "origin"), "title"));
	assert_int_equal(count(j, "requests"), 0);
	assert_int_equal(count(j, "objections"), 1); /* the household's */
	json_decref(j);
}

/* GDPR art. 18(2): a restricted case is read with the person's consent. */
static void
a_restricted_case_is_copied_for_its_person(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct restricting q = {
		.ground = "exactitude-contestee", .words = "", .request = ""
	};
	char person[ID_TEXT];
	struct scene s;
	json_t *j = NULL;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	q.kase = s.kase;
	if (restriction_set(f->core, &s.camille, &q, &f->object, &j, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(j);
	assert_true(core_fixture_get(f, CAMILLE, s.evidence, 1, 0, &out) < 0);
	assert_int_equal(export_of(&s, DPO, person, &j), 0);
	assert_int_equal(count(j, "restrictions"), 1);
	json_decref(j);
	expect(&s, original(&s, DPO, person, s.evidence, 1, 0, &out), ERR_OK,
	    NULL);
}

/* --- words ---------------------------------------------------------------- */

/* No operation reaches the household by its English name. */
static void
every_class_of_the_log_has_french_words(void **state)
{
	static const char other[] = "autre opération du coffre";
	const char *name, *words;
	size_t n = 0, rest = 0;
	uint16_t klass;
	int o;

	(void)state;
	for (klass = 1; klass < 1024; klass++) {
		name = leaf_class_name(klass);
		if (strcmp(name, "?") == 0)
			continue;
		words = subject_access_words(name);
		assert_string_not_equal(words, name);
		n++;
		rest += strcmp(words, other) == 0;
	}
	assert_true(n > 60 && rest < 10);
	assert_string_not_equal(subject_access_words("doc-read"), other);
	for (o = LEAF_OK; o <= LEAF_NOT_FOUND; o++)
		assert_non_null(
		    subject_outcome_words(leaf_outcome_name((uint16_t)o)));
	assert_string_equal(subject_access_words("no-such-class"), other);
}

static void
accesses_are_told_in_french(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char person[ID_TEXT];
	struct scene s;
	json_t *j, *line;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	assert_int_equal(
	    core_fixture_get(f, CAMILLE, s.evidence, 1, 0, &out), 0);
	assert_int_equal(original(&s, DPO, person, s.evidence, 1, 0, &out), 0);
	j = must_export(&s);
	assert_true(says(json_object_get(j, "accesses"), "document lu"));
	assert_true(
	    says(json_object_get(j, "accesses"), "copie pr\u00e9par\u00e9e") ||
	    says(json_object_get(j, "accesses"), "copie préparée"));
	json_array_foreach(json_object_get(j, "accesses"), i, line)
	{
		assert_true(
		    json_string_length(json_object_get(line, "what")) > 0);
		assert_true(
		    json_string_length(json_object_get(line, "outcome")) > 0);
		assert_null(json_object_get(line, "class"));
	}
	json_decref(j);
}

#define T(test)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    test, extract_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_is_alone_gets_all),
		T(of_several_each_gets_their_own_and_the_list_of_the_rest),
		T(recipients_are_named_and_readers_are_not),
		T(the_day_of_an_access_is_the_one_in_paris),
		T(who_may_not_gets_nothing),
		T(an_original_goes_byte_for_byte_each_under_its_leaf),
		T(an_original_that_may_not_go_is_refused),
		T(what_may_speak_of_another_waits_for_a_look),
		T(receipts_are_of_their_own_consents_alone),
		T(events_and_requests_are_told_without_who_entered_them),
		T(a_restricted_case_is_copied_for_its_person),
		cmocka_unit_test(every_class_of_the_log_has_french_words),
		T(accesses_are_told_in_french),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
