/*
 * A visit is one change: a contract, its consents and the contact, or
 * nothing of them, whichever part is refused; the same again is the first
 * answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/visit.h"
#include "tests/unit/core/consent_scene.h"

#define NOW "2026-03-02T09:00:00Z"

#define SCENE(s, f)                                                            \
	struct core_fixture *f = *state;                                       \
	struct scene s;                                                        \
	if (f == NULL)                                                         \
		skip();                                                        \
	scene_init(&s, f, NOW)

static const char contact[] = "{\"date\":\"2026-03-02\",\"canal\":\"visite\","
			      "\"resultat\":\"rencontre\"}";
static const char refused_contact[] =
    "{\"date\":\"2026-03-02\",\"canal\":\"visite\",\"resultat\":\"refus\"}";

static char uploads[8][ID_TEXT];

static struct filing
send(struct scene *s, size_t i, const char *kind, const void *p, size_t n)
{
	struct filing f = {
		.kind = kind,
		.level = strcmp(kind, "contact") == 0 ? "" : "handwritten-scan",
		.title = "",
		.replaces = "",
		.npages = 1,
	};

	core_fixture_send(s->f, CAMILLE, p, n, uploads[i]);
	f.pages[0] = (struct filing_page){ uploads[i],
		strcmp(kind, "contact") == 0 ? "contact.json" : "page.png" };
	return f;
}

/* A contract, the sheet of consents, the contact; 2 adults, 3 purposes. */
static void
prepare(struct scene *s, struct visiting *v)
{
	*v = (struct visiting){ .kase = s->kase };
	v->documents[0] = send(
	    s, 0, "contrat-engagement", core_fixture_png, core_fixture_png_len);
	v->documents[1] =
	    send(s, 1, "consentement", core_fixture_png, core_fixture_png_len);
	v->documents[2] = send(s, 2, "contact", contact, strlen(contact));
	v->ndocuments = 3;
	v->sheets[0] = scene_sheet(s);
	v->sheets[0].evidence = "";
	v->evidence[0] = 2;
	v->nsheets = 1;
}

static int
enter(struct scene *s, const struct visiting *v, const char *key,
    json_t **answer, int *again)
{
	struct caller c = s->camille;

	c.idempotency = key;
	s->f->e = (struct err){ 0 };
	return visit_enter(
	    s->f->core, &c, v, &s->f->object, answer, again, &s->f->e);
}

static int64_t
count(struct scene *s, const char *sql)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, &s->f->e), 0);
	assert_int_equal(sql_open(&tx, sql, &q, &s->f->e), 0);
	assert_int_equal(sql_step(q, &s->f->e), 1);
	return sql_get_int(q, 0);
}

/* Documents beside the scene's own, and consents. */
static void
holds(struct scene *s, int64_t documents, int64_t consents)
{
	assert_int_equal(
	    count(s, "SELECT count(*) FROM document") - 1, documents);
	assert_int_equal(count(s, "SELECT count(*) FROM consent"), consents);
	assert_int_equal(count(s, "SELECT count(*) FROM visit"), documents > 0);
}

static void
a_contract_and_six_consents_are_one_change(void **state)
{
	json_t *answer = NULL, *one;
	struct visiting v;
	const char *doc;
	int again = -1;
	SCENE(s, f);

	prepare(&s, &v);
	if (enter(&s, &v, NULL, &answer, &again) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(again, 0);
	holds(&s, 3, 6);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "documents")), 3);
	one = json_array_get(json_object_get(answer, "consents"), 0);
	assert_int_equal(json_array_size(json_object_get(one, "consents")), 6);
	/* Each document has its receipt, and the consents rest on theirs. */
	one = json_array_get(json_object_get(answer, "documents"), 1);
	assert_true(json_string_length(json_object_get(one, "receipt")) > 0);
	doc = json_string_value(json_object_get(one, "document"));
	assert_string_not_equal(doc, s.evidence);
	assert_int_equal(
	    count(&s, "SELECT count(DISTINCT document) FROM consent_paper"), 1);
	assert_int_equal(count(&s, "SELECT count(*) FROM consent_paper p"
				   " JOIN document d ON d.id = p.document"
				   " WHERE d.kind = 'consentement'"),
	    6);
	json_decref(answer);
}

static void
the_same_again_is_the_first_answer(void **state)
{
	json_t *first = NULL, *second = NULL;
	struct visiting v;
	int again = -1;
	SCENE(s, f);

	prepare(&s, &v);
	if (enter(&s, &v, "cle", &first, &again) < 0)
		fail_msg("%s", f->e.text);
	/* The line was cut before the answer: the uploads are gone now. */
	if (enter(&s, &v, "cle", &second, &again) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(again, 1);
	assert_true(json_equal(first, second));
	holds(&s, 3, 6);
	json_decref(first);
	json_decref(second);
}

static void
nothing_stays_of(struct scene *s, const struct visiting *v, const char *tag,
    const char *part)
{
	json_t *answer = NULL;
	int again;

	if (enter(s, v, "cle", &answer, &again) == 0)
		fail_msg("not refused: %s", part);
	assert_string_equal(err_name(&s->f->e), tag);
	if (strncmp(s->f->e.text, part, strlen(part)) != 0)
		fail_msg("%s: %s", part, s->f->e.text);
	assert_null(answer);
	holds(s, 0, 0);
}

static void
any_part_refused_leaves_nothing_and_is_named(void **state)
{
	json_t *answer = NULL;
	struct visiting v;
	int again;
	SCENE(s, f);

	prepare(&s, &v);
	v.documents[2].kind = "rien";
	nothing_stays_of(&s, &v, "kind-unknown", "documents[3]");
	v.documents[2].kind = "contact";
	v.documents[1].level = "rien";
	nothing_stays_of(&s, &v, "level", "documents[2]");
	prepare(&s, &v);
	v.documents[2] = send(&s, 2, "contact", "{}", 2);
	nothing_stays_of(&s, &v, "record-incomplete", "documents[3]");
	prepare(&s, &v);
	v.sheets[0].purposes[1] = "rien";
	nothing_stays_of(&s, &v, "consent-purpose", "consents[1]");
	v.evidence[0] = 0;
	prepare(&s, &v);
	v.evidence[0] = 0;
	nothing_stays_of(&s, &v, "consent-evidence", "consents[1]");
	v.evidence[0] = 4;
	nothing_stays_of(&s, &v, "visit-evidence", "consents[1]");
	v.evidence[0] = 2;
	/* Twice the same consents: only the change itself can see it. */
	v.sheets[1] = v.sheets[0];
	v.evidence[1] = 2;
	v.nsheets = 2;
	nothing_stays_of(&s, &v, "consent-changed", "consents[2]");
	/* Refused before the change, what was sent may be filed still. */
	prepare(&s, &v);
	v.sheets[0].purposes[1] = "rien";
	nothing_stays_of(&s, &v, "consent-purpose", "consents[1]");
	v.sheets[0] = scene_sheet(&s);
	if (enter(&s, &v, "cle", &answer, &again) < 0)
		fail_msg("%s", f->e.text);
	holds(&s, 3, 6);
	json_decref(answer);
}

static void
nobody_elses_case_is_told_of(void **state)
{
	struct visiting v;
	struct caller sacha;
	json_t *answer = NULL;
	int again;
	SCENE(s, f);

	prepare(&s, &v);
	sacha = core_fixture_caller(f, SACHA);
	assert_int_equal(visit_enter(f->core, &sacha, &v, &f->object, &answer,
			     &again, &f->e),
	    -ERR_NOT_FOUND);
	assert_string_equal(err_name(&f->e), "not-found");
	v = (struct visiting){ .kase = s.kase };
	assert_int_equal(enter(&s, &v, NULL, &answer, &again), -ERR_INVALID);
	assert_string_equal(err_name(&f->e), "visit-empty");
	holds(&s, 0, 0);
}

static void
the_refusal_at_the_door_goes_with_its_contact(void **state)
{
	struct refusing rf = {
		.reason = "defiance",
		.channel = "visite",
		.refused_on = "",
		.document = "",
	};
	struct visiting v = { .refusal = &rf };
	json_t *answer = NULL;
	int again;
	SCENE(s, f);

	v.kase = s.kase;
	v.documents[0] =
	    send(&s, 0, "contact", refused_contact, strlen(refused_contact));
	v.documents[1] = send(&s, 1, "contrat-engagement", core_fixture_png,
	    core_fixture_png_len);
	/* Nobody refuses the diagnosis and signs a contract at once. */
	v.ndocuments = 2;
	nothing_stays_of(&s, &v, "diagnosis-made", "refusal");
	assert_int_equal(count(&s, "SELECT count(*) FROM refusal"), 0);
	rf.reason = "rien";
	v.ndocuments = 1;
	v.documents[0] =
	    send(&s, 2, "contact", refused_contact, strlen(refused_contact));
	nothing_stays_of(&s, &v, "refusal-reason", "refusal");
	rf.reason = "defiance";
	if (enter(&s, &v, "cle", &answer, &again) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(count(&s, "SELECT count(*) FROM refusal"), 1);
	assert_int_equal(count(&s, "SELECT count(*) FROM document"), 2);
	json_decref(answer);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_contract_and_six_consents_are_one_change),
		T(the_same_again_is_the_first_answer),
		T(any_part_refused_leaves_nothing_and_is_named),
		T(nobody_elses_case_is_told_of),
		T(the_refusal_at_the_door_goes_with_its_contact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
