/*
 * What the convention counts is counted when it happens, by the acts
 * themselves: nothing here writes an indicator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/closing.h"
#include "daemon/core/filing.h"
#include "daemon/core/objection.h"
#include "tests/unit/core/consent_scene.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

static long long
counted(struct core_fixture *f, const char *code, const char *a, const char *b)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    sql_open(&tx,
		"SELECT coalesce(sum(n), 0) FROM indicator WHERE code = ?"
		" AND a = ? AND b = ?",
		&q, NULL),
	    0);
	assert_int_equal(sql_text(q, 1, code, NULL), 0);
	assert_int_equal(sql_text(q, 2, a, NULL), 0);
	assert_int_equal(sql_text(q, 3, b, NULL), 0);
	assert_int_equal(sql_step(q, NULL), 1);
	return sql_get_int(q, 0);
}

static void
expect(struct core_fixture *f, const char *code, const char *a, const char *b,
    long long n)
{
	if (counted(f, code, a, b) != n)
		fail_msg("%s %s %s: %lld, not %lld", code, a, b,
		    counted(f, code, a, b), n);
}

static void
open_case(struct core_fixture *f, const char *source, char id[ID_TEXT])
{
	struct case_person p = { .role = "titulaire", .name = "Durand" };
	struct case_opening o = {
		.stage = "amont",
		.source = source,
		.title = "",
		.commune = "",
		.reference = "",
		.persons = &p,
		.npersons = 1,
	};
	struct caller c = core_fixture_caller(f, CAMILLE);
	AUTO(json_decrefp) json_t *answer = NULL;

	if (case_open(f->core, &c, &o, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	snprintf(id, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "case")));
}

/* A record of today with these members besides; replaces "": a new one. */
static void
file_record(struct core_fixture *f, enum person who, const char *kase,
    const char *kind, const char *members, const char *replaces,
    char doc[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, who);
	char upload[ID_TEXT], date[11], text[400];
	struct filing x = {
		.kase = kase,
		.kind = kind,
		.level = "",
		.title = "",
		.replaces = replaces,
		.npages = 1,
	};
	AUTO(json_decrefp) json_t *answer = NULL;
	int again = 0;

	date_format(civil_day(core_now(f->core)), date);
	snprintf(text, sizeof(text), "{\"date\":\"%s\"%s%s}", date,
	    *members != '\0' ? "," : "", members);
	core_fixture_send(f, who, text, strlen(text), upload);
	x.pages[0].upload = upload;
	x.pages[0].name = "fiche.json";
	if (document_file(f->core, &c, &x, &f->object, &answer, &again, &f->e) <
	    0)
		fail_msg("%s: %s", kind, f->e.text);
	snprintf(doc, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
}

static void
file_new(struct core_fixture *f, const char *kase, const char *kind,
    const char *members)
{
	char doc[ID_TEXT];

	file_record(f, CAMILLE, kase, kind, members, "", doc);
}

static void
close_case(struct core_fixture *f, const char *kase, const char *outcome)
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	struct closing_entry x = { kase, outcome, "", "", "" };
	AUTO(json_decrefp) json_t *answer = NULL;

	if (closing_enter(f->core, &c, &x, &f->object, &answer, &f->e) < 0)
		fail_msg("%s: %s", outcome, f->e.text);
}

static void
households_are_counted_by_where_they_come_from(void **state)
{
	struct scene s;
	char id[ID_TEXT];
	NEED(state);

	scene_init(&s, f, "2026-03-02T09:00:00Z");
	expect(f, "received", "ccapex", "", 0);
	open_case(f, "ccapex", id);
	open_case(f, "ccapex", id);
	open_case(f, "service-social", id);
	/* Words that somebody wrote are no code: never kept as they are. */
	open_case(f, "Mme Durand du 3e", id);
	expect(f, "received", "ccapex", "", 2);
	expect(f, "received", "service-social", "", 1);
	expect(f, "received", "mme durand du 3e", "", 0);
	assert_true(counted(f, "received", "autre", "") >= 1);
}

static void
attempts_are_all_counted_and_households_once(void **state)
{
	struct scene s;
	char id[ID_TEXT];
	NEED(state);

	scene_init(&s, f, "2026-03-02T09:00:00Z");
	open_case(f, "ccapex", id);
	file_new(
	    f, id, "contact", "\"canal\":\"visite\",\"resultat\":\"absent\"");
	expect(f, "contact-attempt", "visite", "absent", 1);
	expect(f, "met", "", "", 0);
	file_new(f, id, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	file_new(f, id, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	expect(f, "contact-attempt", "visite", "rencontre", 2);
	expect(f, "met", "", "", 1);
	expect(f, "contacted", "", "", 1);
	file_new(f, id, "veille",
	    "\"canal\":\"telephone\",\"resultat\":\"rencontre\"");
	expect(f, "veille", "rencontre", "", 1);
}

/* The classes of the shipped rules: up to 7, 15, 30 and 90 days. */
static void
delays_are_in_their_class_on_its_last_day_and_the_day_after(void **state)
{
	struct scene s;
	char in_time[ID_TEXT], later[ID_TEXT], doc[ID_TEXT];
	NEED(state);

	scene_init(&s, f, "2026-03-02T09:00:00Z");
	open_case(f, "ccapex", later);
	scene_live_until(&s, "2026-03-03T09:00:00Z");
	open_case(f, "ccapex", in_time);
	/* Seven days after the one, eight after the other. */
	scene_live_until(&s, "2026-03-10T09:00:00Z");
	file_new(f, in_time, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	expect(f, "delay-first-contact", "0-7", "", 1);
	expect(f, "delay-first-contact", "8-15", "", 0);
	file_new(f, later, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	expect(f, "delay-first-contact", "0-7", "", 1);
	expect(f, "delay-first-contact", "8-15", "", 1);
	file_new(f, later, "diagnostic", "");
	file_new(f, later, "diagnostic", "");
	expect(f, "diagnosis", "", "", 1);
	expect(f, "delay-diagnosis", "8-15", "", 1);
	scene_live_until(&s, "2026-04-02T09:00:00Z");
	scene_file(&s, later, "contrat-engagement", doc);
	expect(f, "contract", "", "", 1);
	expect(f, "delay-contract", "31-90", "", 1);
	scene_live_until(&s, "2026-06-02T09:00:00Z");
	close_case(f, later, "maintenu");
	expect(f, "delay-closing", "91-plus", "", 1);
}

static void
steps_are_counted_by_device_and_their_first_decision(void **state)
{
	static const char fsl[] = "\"dispositif\":\"fsl\"";
	struct scene s;
	char id[ID_TEXT], step[ID_TEXT], text[200];
	NEED(state);

	scene_init(&s, f, "2026-03-02T09:00:00Z");
	open_case(f, "ccapex", id);
	snprintf(text, sizeof(text), "%s,\"etat\":\"en-cours\"", fsl);
	file_record(f, CAMILLE, id, "demarche", text, "", step);
	expect(f, "demarche", "fsl", "", 1);
	expect(f, "demarche-outcome", "fsl", "accord", 0);
	/* Waiting is no outcome. */
	snprintf(text, sizeof(text),
	    "%s,\"etat\":\"en-cours\",\"decision\":\"en-attente\"", fsl);
	file_record(f, CAMILLE, id, "demarche", text, step, step);
	expect(f, "demarche-outcome", "fsl", "en-attente", 0);
	snprintf(text, sizeof(text),
	    "%s,\"etat\":\"faite\",\"decision\":\"accord\"", fsl);
	file_record(f, CAMILLE, id, "demarche", text, step, step);
	expect(f, "demarche-outcome", "fsl", "accord", 1);
	/* Corrected: what was counted, was. */
	snprintf(text, sizeof(text),
	    "%s,\"etat\":\"faite\",\"decision\":\"refus\"", fsl);
	file_record(f, CAMILLE, id, "demarche", text, step, step);
	expect(f, "demarche-outcome", "fsl", "accord", 1);
	expect(f, "demarche-outcome", "fsl", "refus", 0);
	expect(f, "demarche", "fsl", "", 1);
	file_new(f, id, "demarche",
	    "\"dispositif\":\"dalo\",\"etat\":\"faite\","
	    "\"decision\":\"refus\"");
	expect(f, "demarche", "dalo", "", 1);
	expect(f, "demarche-outcome", "dalo", "refus", 1);
}

static void
records_of_the_work_are_counted_once_a_case(void **state)
{
	struct scene s;
	char id[ID_TEXT], doc[ID_TEXT];
	NEED(state);

	scene_init(&s, f, "2026-03-02T09:00:00Z");
	open_case(f, "ccapex", id);
	file_new(f, id, "evaluation", "");
	file_new(f, id, "evaluation", "");
	file_new(f, id, "dsf", "");
	file_record(f, JURIST, id, "controle-regularite",
	    "\"acte\":\"commandement-de-payer\"", "", doc);
	expect(f, "evaluation", "", "", 1);
	expect(f, "dsf", "", "", 1);
	expect(f, "act-checked", "", "", 1);
}

static void
how_cases_end_is_counted_by_stage(void **state)
{
	static const char *const outcomes[] = { "maintenu", "reloge",
		"expulse" };
	struct caller c;
	struct scene s;
	char id[ID_TEXT];
	size_t i;
	NEED(state);

	scene_init(&s, f, "2026-03-02T09:00:00Z");
	c = core_fixture_caller(f, CAMILLE);
	for (i = 0; i < NELEMS(outcomes); i++) {
		open_case(f, "ccapex", id);
		close_case(f, id, outcomes[i]);
		expect(f, "closed", outcomes[i], "amont", 1);
	}
	expect(f, "delay-closing", "0-7", "", 3);
	{
		struct caller noa = core_fixture_caller(f, NOA);
		AUTO(json_decrefp) json_t *answer = NULL;

		if (closing_reopen(f->core, &noa, id, "nouvelle assignation",
			&f->object, &answer, &f->e) < 0)
			fail_msg("%s", f->e.text);
	}
	expect(f, "reopened", "", "", 1);
	open_case(f, "ccapex", id);
	{
		struct refusing r = { id, "defiance", "", "", "" };
		AUTO(json_decrefp) json_t *answer = NULL;

		if (refusal_enter(f->core, &c, &r, &f->object, &answer, &f->e) <
		    0)
			fail_msg("%s", f->e.text);
	}
	expect(f, "refused", "amont", "", 1);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, scene_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(households_are_counted_by_where_they_come_from),
		TEST(attempts_are_all_counted_and_households_once),
		TEST(
		    delays_are_in_their_class_on_its_last_day_and_the_day_after),
		TEST(steps_are_counted_by_device_and_their_first_decision),
		TEST(records_of_the_work_are_counted_once_a_case),
		TEST(how_cases_end_is_counted_by_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
