/*
 * Drafts: a record that is not complete is in the case and on the list of
 * what is due; no extract, consent, event, step, moment or count rests on
 * it, until a version that is complete replaces it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/correct.h"
#include "daemon/core/due.h"
#include "daemon/core/event.h"
#include "daemon/core/moment.h"
#include "daemon/core/objection.h"
#include "daemon/core/subject_export.h"
#include "daemon/core/visit.h"
#include "tests/unit/core/extract_scene.h"

#define CANARY "CANARI-BROUILLON"

/* A case whose only record is what the test files. */
#define SCENE(s, f)                                                            \
	struct core_fixture *f = *state;                                       \
	struct scene s;                                                        \
	if (f == NULL)                                                         \
		skip();                                                        \
	begin(&s, f)

static void
begin(struct scene *s, struct core_fixture *f)
{
	scene_init(s, f);
	core_fixture_case(f, CAMILLE, "Exemple", s->kase);
	scene_file(s, "consentement", core_fixture_png, core_fixture_png_len,
	    "handwritten-scan", s->evidence);
}

/* One record; document: what it became. */
static int
file(struct scene *s, const char *kind, const char *text, int draft,
    const char *replaces, char document[ID_TEXT])
{
	struct filing g = {
		.kase = s->kase,
		.kind = kind,
		.level = "",
		.title = "",
		.replaces = replaces,
		.npages = 1,
		.draft = draft,
	};
	char upload[ID_TEXT];
	json_t *answer = NULL;
	int again, r;

	s->f->e = (struct err){ 0 };
	core_fixture_send(s->f, CAMILLE, text, strlen(text), upload);
	g.pages[0].upload = upload;
	g.pages[0].name = "fiche.json";
	r = document_file(s->f->core, &s->camille, &g, &s->f->object, &answer,
	    &again, &s->f->e);
	if (r == 0) {
		snprintf(document, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "document")));
		assert_int_equal(
		    json_is_true(json_object_get(answer, "draft")), draft);
	}
	json_decref(answer);
	return r;
}

static void
must_file(struct scene *s, const char *kind, const char *text, int draft,
    const char *replaces, char document[ID_TEXT])
{
	if (file(s, kind, text, draft, replaces, document) < 0)
		fail_msg("%s: %s", kind, s->f->e.text);
}

/* A record of the fixture's day, or so many days before it; rest: its other
 * members. */
static const char *
dated(struct scene *s, const char *rest, int before)
{
	static char text[512];
	char day[11];

	date_format(civil_day(core_now(s->f->core)) - before, day);
	snprintf(text, sizeof(text), "{\"date\":\"%s\"%s}", day, rest);
	return text;
}

static int64_t
count(struct scene *s, const char *sql)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(sql_open(&tx, sql, &q, NULL), 0);
	return sql_step(q, NULL) > 0 ? sql_get_int(q, 0) : 0;
}

#define COUNTED(code)                                                          \
	"SELECT coalesce(sum(n), 0) FROM indicator WHERE code = '" code "'"

/* Lines of drafts that this person has; mine: as --mine. */
static size_t
due_lines(struct scene *s, enum person who, int mine)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL, *l;
	size_t i, n = 0;

	assert_int_equal(due(s->f->core, &c, mine, &answer, &s->f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, l) n +=
	    strcmp(json_string_value(json_object_get(l, "what")), "draft") == 0;
	json_decref(answer);
	return n;
}

static void
refused(struct scene *s, int r, const char *tag)
{
	assert_true(r < 0);
	if (s->f->e.tag == NULL || strcmp(s->f->e.tag, tag) != 0)
		fail_msg("%s, not %s: %s", s->f->e.tag, tag, s->f->e.text);
}

/* --- filing ----------------------------------------------------------------
 */

static void
what_is_missing_may_be_missing_and_nothing_else(void **state)
{
	char doc[ID_TEXT];
	SCENE(s, f);

	refused(
	    &s, file(&s, "diagnostic", "{}", 0, "", doc), "record-incomplete");
	refused(&s, file(&s, "diagnostic", "{\"autre\":1}", 1, "", doc),
	    "record-field");
	refused(&s,
	    file(&s, "diagnostic", "{\"dette\":{\"montant\":\"x\"}}", 1, "",
		doc),
	    "record-field");
	refused(&s, file(&s, "diagnostic", "[]", 1, "", doc), "record-field");
	refused(&s, file(&s, "diagnostic", "{", 1, "", doc), "record-json");
	refused(
	    &s, file(&s, "piece", "a page of text", 1, "", doc), "draft-kind");
	assert_int_equal(due_lines(&s, CAMILLE, 0), 0);
	must_file(&s, "diagnostic", "{}", 1, "", doc);
	assert_int_equal(due_lines(&s, CAMILLE, 0), 1);
	/* Group members are required as well. */
	must_file(&s, "diagnostic", "{\"dette\":{}}", 1, "", doc);
	assert_int_equal(due_lines(&s, CAMILLE, 0), 2);
}

static void
what_is_complete_stays_complete(void **state)
{
	char doc[ID_TEXT], again[ID_TEXT];
	SCENE(s, f);

	must_file(&s, "diagnostic", "{\"recit\":\"un\"}", 1, "", doc);
	must_file(&s, "diagnostic", "{\"recit\":\"deux\"}", 1, doc, again);
	assert_string_equal(doc, again);
	must_file(&s, "diagnostic", scene_record, 0, doc, again);
	assert_string_equal(doc, again);
	assert_int_equal(due_lines(&s, CAMILLE, 0), 0);
	refused(&s, file(&s, "diagnostic", "{}", 1, doc, again),
	    "draft-over-final");
	refused(&s, file(&s, "diagnostic", "{}", 0, doc, again),
	    "record-incomplete");
	assert_int_equal(
	    count(&s, "SELECT max(versions) FROM document WHERE draft = 0"), 3);
}

/* --- who is told ------------------------------------------------------------
 */

static void
its_team_has_it_on_the_list_and_its_author_as_theirs(void **state)
{
	char doc[ID_TEXT];
	SCENE(s, f);

	/* A case that another of the team opened. */
	core_fixture_case(f, NOA, "Autre", s.kase);
	must_file(&s, "contact", "{\"canal\":\"visite\"}", 1, "", doc);
	assert_int_equal(due_lines(&s, CAMILLE, 0), 1);
	assert_int_equal(due_lines(&s, CAMILLE, 1), 1);
	assert_int_equal(due_lines(&s, NOA, 0), 1);
	assert_int_equal(due_lines(&s, SACHA, 0), 0);
	assert_int_equal(due_lines(&s, DPO, 0), 0);
	assert_int_equal(due_lines(&s, CAMILLE, 1), 1);
}

/* --- what rests on it -------------------------------------------------------
 */

static int
is_said(const json_t *answer, const char *word)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	int found = strstr(text, word) != NULL;

	free(text);
	return found;
}

static void
no_extract_is_made_of_it(void **state)
{
	static const char text[] =
	    "{\"identite\":{\"nom\":\"" CANARY "\",\"numero-allocataire\":"
	    "\"0000009\"},\"dette\":{\"montant\":77}}";
	char doc[ID_TEXT], consent[ID_TEXT], extract[ID_TEXT];
	json_t *answer = NULL;
	SCENE(s, f);

	must_file(&s, "diagnostic", text, 1, "", doc);
	assert_int_equal(scene_give(&s, "partage:caf", NULL, consent), 0);
	assert_int_equal(scene_preview(&s, "caf", &answer), 0);
	assert_false(is_said(answer, CANARY));
	assert_false(is_said(answer, doc));
	assert_int_equal(json_array_size(json_object_get(answer, "fields")), 0);
	json_decref(answer);
	refused(&s, scene_extract(&s, "caf", "maintien-aide-logement", extract),
	    "extract-empty");
	/* Neither when a complete one is older than it. */
	must_file(&s, "diagnostic", scene_record, 0, "", consent);
	must_file(&s, "diagnostic", text, 1, "", doc);
	answer = NULL;
	assert_int_equal(scene_preview(&s, "caf", &answer), 0);
	assert_true(is_said(answer, "Durand"));
	assert_false(is_said(answer, CANARY));
	assert_false(is_said(answer, doc));
	json_decref(answer);
	assert_int_equal(
	    scene_extract(&s, "caf", "maintien-aide-logement", extract), 0);
}

static void
nothing_proves_itself_by_it(void **state)
{
	char doc[ID_TEXT], consent[ID_TEXT], step[ID_TEXT];
	struct event_entry en = { .name = "recevabilite",
		.occurred_on = "",
		.note = "",
		.document = doc };
	char text[256];
	json_t *answer = NULL;
	SCENE(s, f);

	must_file(&s, "diagnostic", "{}", 1, "", doc);
	en.kase = s.kase;
	snprintf(s.evidence, sizeof(s.evidence), "%s", doc);
	refused(
	    &s, scene_give(&s, "partage:caf", NULL, consent), "document-draft");
	f->e = (struct err){ 0 };
	refused(&s,
	    event_add(f->core, &s.camille, &en, &f->object, &answer, &f->e),
	    "document-draft");
	snprintf(text, sizeof(text),
	    ",\"dispositif\":\"fsl\",\"etat\":\"faite\","
	    "\"preuve\":\"%s\"",
	    doc);
	refused(&s, file(&s, "demarche", dated(&s, text, 0), 0, "", step),
	    "document-draft");
}

static void
a_visit_may_bring_one_and_no_consent_rests_on_it(void **state)
{
	struct visiting v = { .ndocuments = 1, .nsheets = 1 };
	char upload[ID_TEXT];
	json_t *answer = NULL;
	int again;
	SCENE(s, f);

	v.kase = s.kase;
	v.documents[0] = (struct filing){ .kind = "diagnostic",
		.level = "",
		.title = "",
		.replaces = "",
		.npages = 1,
		.draft = 1 };
	core_fixture_send(f, CAMILLE, "{}", 2, upload);
	v.documents[0].pages[0] =
	    (struct filing_page){ upload, "diagnostic.json" };
	v.sheets[0] = (struct consent_giving){ .purposes = { "partage:caf" },
		.npurposes = 1,
		.method = "handwritten",
		.evidence = "",
		.given_on = "",
		.language = "fr",
		.interpreter = "",
		.witness = "",
		.place = "" };
	v.evidence[0] = 1;
	refused(&s,
	    visit_enter(
		f->core, &s.camille, &v, &f->object, &answer, &again, &f->e),
	    "document-draft");
	assert_int_equal(due_lines(&s, CAMILLE, 0), 0);
	v.nsheets = 0;
	if (visit_enter(f->core, &s.camille, &v, &f->object, &answer, &again,
		&f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(due_lines(&s, CAMILLE, 0), 1);
	json_decref(answer);
}

/* --- what it does not tell --------------------------------------------------
 */

static int32_t
moment(struct scene *s, const char *name)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int32_t day;
	struct id kase;
	int r;

	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	r = moment_day(s->f->core, &tx, &kase, name,
	    civil_day(core_now(s->f->core)), &day, NULL);
	return r > 0 ? day : -1;
}

static void
it_is_counted_and_dated_once_it_is_complete(void **state)
{
	static const char complete[] =
	    ",\"canal\":\"visite\",\"resultat\":\"rencontre\"";
	int32_t today;
	int64_t attempts, met;
	char doc[ID_TEXT];
	SCENE(s, f);

	today = civil_day(core_now(f->core));
	attempts = count(&s, COUNTED("contact-attempt"));
	met = count(&s, COUNTED("met"));
	must_file(&s, "contact", dated(&s, ",\"resultat\":\"rencontre\"", 2), 1,
	    "", doc);
	assert_int_equal(moment(&s, "exchange"), -1);
	assert_int_equal(moment(&s, "last-contact"), today); /* the entry */
	assert_int_equal(count(&s, COUNTED("contact-attempt")), attempts);
	assert_int_equal(count(&s, COUNTED("met")), met);
	must_file(&s, "contact", dated(&s, complete, 2), 0, doc, doc);
	assert_int_equal(moment(&s, "exchange"), today - 2);
	assert_int_equal(count(&s, COUNTED("contact-attempt")), attempts + 1);
	assert_int_equal(count(&s, COUNTED("met")), met + 1);
	/* A correction of what is complete is not another contact. */
	must_file(&s, "contact", dated(&s, complete, 1), 0, doc, doc);
	assert_int_equal(moment(&s, "exchange"), today - 1);
	assert_int_equal(count(&s, COUNTED("contact-attempt")), attempts + 1);
}

static void
a_step_is_there_once_it_is_complete(void **state)
{
	char doc[ID_TEXT];
	SCENE(s, f);

	must_file(&s, "demarche", dated(&s, "", 0), 1, "", doc);
	assert_int_equal(count(&s, "SELECT count(*) FROM demarche"), 0);
	assert_int_equal(count(&s, COUNTED("demarche")), 0);
	must_file(&s, "demarche",
	    dated(&s, ",\"dispositif\":\"fsl\",\"etat\":\"a-faire\"", 0), 0,
	    doc, doc);
	assert_int_equal(
	    count(&s, "SELECT count(*) FROM demarche WHERE open = 1"), 1);
	assert_int_equal(count(&s, COUNTED("demarche")), 1);
}

/* --- it is kept like anything else ------------------------------------------
 */

static void
moved_it_is_a_draft_there_and_gone_here(void **state)
{
	char doc[ID_TEXT], other[ID_TEXT];
	struct correcting c = { .document = doc, .to = other, .reason = "" };
	json_t *answer = NULL;
	SCENE(s, f);

	core_fixture_case(f, CAMILLE, "Bon dossier", other);
	must_file(&s, "contact", dated(&s, ",\"resultat\":\"rencontre\"", 0), 1,
	    "", doc);
	if (correct(f->core, &s.camille, &c, &f->object, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_true(json_is_true(json_object_get(answer, "draft")));
	json_decref(answer);
	assert_int_equal(due_lines(&s, CAMILLE, 0), 1);
	snprintf(s.kase, sizeof(s.kase), "%s", other);
	assert_int_equal(moment(&s, "exchange"), -1);
	assert_int_equal(
	    count(&s, "SELECT count(*) FROM document WHERE draft = 1"
		      " AND state = 'filed'"),
	    1);
}

static void
a_refusal_does_not_overlook_it(void **state)
{
	struct refusing rf = {
		.reason = "defiance",
		.channel = "visite",
		.refused_on = "",
		.document = "",
	};
	char doc[ID_TEXT];
	json_t *answer = NULL;
	SCENE(s, f);

	rf.kase = s.kase;
	must_file(&s, "diagnostic", "{\"recit\":\"x\"}", 1, "", doc);
	f->e = (struct err){ 0 };
	refused(&s,
	    refusal_enter(f->core, &s.camille, &rf, &f->object, &answer, &f->e),
	    "diagnosis-made");
}

static void
the_person_gets_it_marked(void **state)
{
	char doc[ID_TEXT], person[ID_TEXT];
	json_t *answer = NULL, *records, *one;
	size_t i, marked = 0;
	SCENE(s, f);

	must_file(&s, "diagnostic", "{\"recit\":\"" CANARY "\"}", 1, "", doc);
	assert_int_equal(
	    case_show(f->core, &s.camille, s.kase, &f->object, &answer, &f->e),
	    0);
	snprintf(person, sizeof(person), "%s",
	    json_string_value(json_object_get(
		json_array_get(json_object_get(answer, "persons"), 0),
		"person")));
	json_decref(answer);
	answer = NULL;
	s.noa.purpose = "exercice-des-droits";
	if (subject_export(f->core, &s.noa, s.kase, person, &f->object, &answer,
		&f->e) < 0)
		fail_msg("%s", f->e.text);
	records = json_object_get(answer, "records");
	json_array_foreach(records, i, one) marked +=
	    json_is_true(json_object_get(one, "draft"));
	assert_int_equal(marked, 1);
	assert_true(is_said(answer, CANARY));
	json_decref(answer);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, extract_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_missing_may_be_missing_and_nothing_else),
		T(what_is_complete_stays_complete),
		T(its_team_has_it_on_the_list_and_its_author_as_theirs),
		T(no_extract_is_made_of_it),
		T(nothing_proves_itself_by_it),
		T(a_visit_may_bring_one_and_no_consent_rests_on_it),
		T(it_is_counted_and_dated_once_it_is_complete),
		T(a_step_is_there_once_it_is_complete),
		T(moved_it_is_a_draft_there_and_gone_here),
		T(a_refusal_does_not_overlook_it),
		T(the_person_gets_it_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
