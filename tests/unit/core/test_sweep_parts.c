/*
 * A case that stays, of which a part goes: consents whose proof has had its
 * time, while the contract's has not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/moment.h"
#include "daemon/core/retention.h"
#include "tests/unit/core/consent_scene.h"
#include "tests/unit/core/retention_scene.h"

static void
enter_moment(struct core_fixture *f, const char *kase, const char *name,
    const char *date)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int32_t day;

	assert_int_equal(id_parse(kase, &id, NULL), 0);
	assert_int_equal(date_parse(date, &day, NULL), 0);
	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(moment_put(&tx, &id, name, day, &id, 1, 1, &f->e), 0);
	assert_int_equal(tx_commit(&tx, NULL), 0);
}

/* Of the last analysis: the verdict on what has this kind, "" when there is
 * none; and on this id. */
static const char *
verdict(const json_t *answer, const char *member, const char *value)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(answer, "objects"), i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, member)),
			value) == 0)
			return json_string_value(json_object_get(o, "verdict"));
	}
	return "";
}

static json_t *
dry_run(struct retention_scene *r)
{
	json_t *answer = NULL;

	if (retention_analysis(r, &r->noa, "", 1, -1, &answer) < 0)
		fail_msg("%s", r->f->e.text);
	return answer;
}

static void
consents_go_when_their_time_is_over_and_the_rest_stays(void **state)
{
	struct core_fixture *f = *state;
	struct retention_scene r = { .f = f };
	struct consent_giving g;
	char contract[ID_TEXT];
	json_t *answer;
	int64_t share;
	struct scene s;

	if (f == NULL)
		skip();
	scene_init(&s, f, "2027-02-26T10:00:00Z");
	g = scene_sheet(&s);
	scene_must_give(&s, &g, 6);
	scene_file(&s, s.kase, "contrat-engagement", contract);
	enter_moment(f, s.kase, MOMENT_FIRST, "2027-02-26");
	enter_moment(f, s.kase, MOMENT_CONTACT, "2027-02-26");
	enter_moment(f, s.kase, "end-of-contract", "2030-01-01");
	enter_moment(f, s.kase, MOMENT_PROCESSING_END, "2027-03-01");
	r.director = core_fixture_caller(f, DIRECTOR);
	r.noa = core_fixture_caller(f, NOA);

	scene_live_until(&s, "2032-03-01T20:00:00Z");
	answer = dry_run(&r);
	assert_string_equal(verdict(answer, "kind", "consents"), "KEEP");
	json_decref(answer);
	scene_live_until(&s, "2032-03-02T10:00:00Z");
	answer = dry_run(&r);
	assert_string_equal(verdict(answer, "kind", "consents"), "DESTROY");
	assert_string_equal(verdict(answer, "id", contract), "KEEP");
	/* Its own two years are over; it stays for the contract. */
	assert_string_equal(verdict(answer, "kind", "case"), "KEEP");
	share = json_integer_value(json_object_get(answer, "share"));
	json_decref(answer);

	retention_plan(&r, share);
	assert_non_null(strstr(r.page, "\nobject consents "));
	assert_int_equal(retention_approve(&r, DIRECTOR), 0);
	assert_int_equal(retention_approve(&r, JURIST), 0);
	assert_int_equal(retention_visa_by(&r, &r.director), 0);
	answer = NULL;
	if (retention_run(&r, &answer) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);

	assert_int_equal(retention_get(&r, contract), 0);
	answer = dry_run(&r);
	assert_string_equal(verdict(answer, "kind", "consents"), "");
	assert_string_equal(verdict(answer, "id", contract), "KEEP");
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "destroy")), 0);
	json_decref(answer);
	/* The case can still be read. */
	answer = NULL;
	if (case_show(f->core, &r.noa, s.kase, &f->object, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	answer = NULL;
	if (consent_list(f->core, &r.noa, s.kase, &f->object, &answer, &f->e) <
	    0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	free(r.page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    consents_go_when_their_time_is_over_and_the_rest_stays,
		    scene_setup, core_fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
