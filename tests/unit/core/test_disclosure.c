/*
 * Consent and disclosure through the real core: what goes, what stays, and
 * what a withdrawal stops. Containers are opened with stock openssl.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/cut.h"
#include "daemon/core/notice.h"
#include "tests/unit/core/extract_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define CAF_FOR "maintien-aide-logement"
#define CCAPEX_FOR "examen-ccapex"

/* --- the tests ----------------------------------------------------------- */

static void
without_consent_the_caf_gets_nothing_and_the_rule_is_named(void **state)
{
	char extract[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(
	    scene_extract(&s, "caf", CAF_FOR, extract), -ERR_DENIED);
	assert_string_equal(err_name(&f->e), "consent-missing");
	assert_non_null(strstr(f->e.text, "caf-aide-logement"));
}

static void
the_ccapex_extract_goes_on_its_legal_basis(void **state)
{
	AUTO(buf_done) struct buf container = { 0 };
	char extract[ID_TEXT];
	json_t *j, *fields;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	if (scene_extract(&s, "ccapex", CCAPEX_FOR, extract) < 0)
		fail_msg("%s", f->e.text);
	if (scene_pull(&s, &s.ccapex, extract, &container) < 0)
		fail_msg("%s", f->e.text);
	j = scene_open_stock(&s, &container, "ccapex");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_true(
	    json_real_value(json_object_get(fields, "dette.montant")) > 2150);
	assert_null(json_object_get(fields, "allocataire.numero"));
	json_decref(j);
}

static void
a_given_consent_lets_exactly_the_rules_fields_go(void **state)
{
	AUTO(buf_done) struct buf container = { 0 };
	char consent[ID_TEXT], extract[ID_TEXT];
	json_t *j, *fields, *preview = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(scene_give(&s, "partage:caf", NULL, consent), 0);
	if (scene_preview(&s, "caf", &preview) < 0)
		fail_msg("%s", f->e.text);
	assert_non_null(scene_withheld(preview, "recit", "never disclosed"));
	json_decref(preview);
	if (scene_extract(&s, "caf", CAF_FOR, extract) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(scene_pull(&s, &s.caf, extract, &container), 0);
	j = scene_open_stock(&s, &container, "caf");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_string_equal(
	    json_string_value(json_object_get(fields, "allocataire.numero")),
	    "0000001");
	assert_int_equal(json_object_size(fields), 5);
	json_decref(j);
}

static void
a_withdrawal_stops_the_next_pull_at_once(void **state)
{
	AUTO(buf_done) struct buf one = { 0 }, two = { 0 };
	char consent[ID_TEXT], pulled[ID_TEXT], waiting[ID_TEXT];
	json_t *answer = NULL, *notices = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(scene_give(&s, "partage:caf", NULL, consent), 0);
	assert_int_equal(scene_extract(&s, "caf", CAF_FOR, pulled), 0);
	assert_int_equal(scene_extract(&s, "caf", CAF_FOR, waiting), 0);
	assert_int_equal(scene_pull(&s, &s.caf, pulled, &one), 0);
	/* Lines break: the same bytes again. */
	assert_int_equal(scene_pull(&s, &s.caf, pulled, &two), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.p, two.p, one.len);
	if (scene_withdraw(&s, consent, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "cancelled")), 1);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "notices")), 1);
	json_decref(answer);
	assert_int_equal(scene_pull(&s, &s.caf, waiting, &two), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-withdrawn");
	assert_int_equal(scene_pull(&s, &s.caf, pulled, &two), -ERR_CONFLICT);
	assert_int_equal(
	    scene_extract(&s, "caf", CAF_FOR, waiting), -ERR_DENIED);
	assert_int_equal(notice_deliver(f->core, &s.caf, &notices, &f->e), 0);
	assert_int_equal(
	    json_array_size(json_object_get(notices, "notices")), 1);
	json_decref(notices);
	answer = NULL;
	assert_int_equal(scene_withdraw(&s, consent, &answer), -ERR_CONFLICT);
}

static void
another_partners_extract_is_like_one_that_is_not(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT], unknown[ID_TEXT];
	struct err first;
	struct scene s;
	struct id id;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(scene_extract(&s, "ccapex", CCAPEX_FOR, extract), 0);
	assert_int_equal(scene_pull(&s, &s.caf, extract, &out), -ERR_NOT_FOUND);
	first = f->e;
	assert_int_equal(id_random(&id, NULL), 0);
	id_format(&id, unknown);
	assert_int_equal(scene_pull(&s, &s.caf, unknown, &out), -ERR_NOT_FOUND);
	assert_string_equal(first.text, f->e.text);
	assert_int_equal(out.len, 0);
}

static void
acknowledged_is_the_end(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(scene_extract(&s, "ccapex", CCAPEX_FOR, extract), 0);
	/* Not before it was pulled. */
	assert_int_equal(partner_ack(f->core, &s.ccapex, extract, &f->object,
			     &answer, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(scene_pull(&s, &s.ccapex, extract, &out), 0);
	assert_int_equal(partner_ack(f->core, &s.ccapex, extract, &f->object,
			     &answer, &f->e),
	    0);
	json_decref(answer);
	assert_int_equal(
	    scene_pull(&s, &s.ccapex, extract, &out), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-acknowledged");
}

static void
a_rectified_source_cancels_what_waits(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char waiting[ID_TEXT], pulled[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(scene_extract(&s, "ccapex", CCAPEX_FOR, waiting), 0);
	assert_int_equal(scene_extract(&s, "ccapex", CCAPEX_FOR, pulled), 0);
	assert_int_equal(scene_pull(&s, &s.ccapex, pulled, &out), 0);
	assert_int_equal(scene_rectify(&s, NULL), 0);
	assert_int_equal(
	    scene_pull(&s, &s.ccapex, waiting, &out), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-rectified");
	/* Nor may what was pulled before be pulled again. */
	assert_int_equal(
	    scene_pull(&s, &s.ccapex, pulled, &out), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-rectified");
}

static void
a_group_given_whole_does_not_carry_what_is_never_given(void **state)
{
	json_t *r = json_loads("{\"a\":{\"b\":1}}", 0, NULL);

	(void)state;
	assert_int_equal(json_integer_value(cut_value(r, "a.b")), 1);
	assert_null(cut_value(r, "a.c"));
	assert_null(cut_value(r, "b"));
	json_decref(r);
}

static void
a_consent_needs_its_form(void **state)
{
	char consent[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(
	    scene_give(&s, "partage:inconnu", NULL, consent), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "consent-purpose");
	s.evidence[0] = '\0';
	assert_int_equal(
	    scene_give(&s, "partage:caf", NULL, consent), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "consent-evidence");
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, extract_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(without_consent_the_caf_gets_nothing_and_the_rule_is_named),
		T(the_ccapex_extract_goes_on_its_legal_basis),
		T(a_given_consent_lets_exactly_the_rules_fields_go),
		T(a_withdrawal_stops_the_next_pull_at_once),
		T(another_partners_extract_is_like_one_that_is_not),
		T(acknowledged_is_the_end),
		T(a_rectified_source_cancels_what_waits),
		T(a_consent_needs_its_form),
		cmocka_unit_test(
		    a_group_given_whole_does_not_carry_what_is_never_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
