/*
 * Who signed and how, as it is said at a filing: what a kind takes of whom,
 * and which signature of the file it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/signers.h"

#define TODAY 20780

static struct policy *rules;
static const struct policy_kind *contract;

static int
setup(void **state)
{
	struct err e;

	(void)state;
	if (policy_load(SCEAU_SOURCE "/policy/rules", &rules, NULL, &e) < 0)
		return -1;
	contract = policy_kind(rules, "contrat-engagement");
	return contract != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	policy_freep(&rules);
	return 0;
}

static void
what_the_kind_does_not_take_is_refused(void **state)
{
	static const struct {
		struct trust_signer s;
		const char *tag;
	} rows[] = {
		{ { "titulaire", "advanced", 0 }, NULL },
		{ { "titulaire", "oral-witnessed", 0 }, NULL },
		{ { "structure", "stylus", 0 }, NULL },
		/* Of the household, not of the team. */
		{ { "structure", "oral-witnessed", 0 }, "level" },
		{ { "titulaire", "thumb", 0 }, "level" },
		{ { "titulaire", "", 0 }, "level" },
		{ { "bailleur", "advanced", 0 }, "signer" },
		{ { "", "advanced", 0 }, "signer" },
		{ { "titulaire", "stylus", 1 }, "signer-signature" },
		{ { "titulaire", "handwritten-scan", 9 }, "signer-signature" },
	};
	struct trust_signer s;
	struct err e;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		s = rows[i].s;
		r = signers_check(rules, contract, &s, 1, TODAY, &e);
		if ((r < 0) != (rows[i].tag != NULL) ||
		    (r < 0 && (r != -ERR_REFUSED ||
				  strcmp(err_name(&e), rows[i].tag) != 0)))
			fail_msg("row %zu: %d %s", i, r, err_name(&e));
	}
}

static void
signatures_are_numbered_in_their_order(void **state)
{
	struct trust_signer v[] = {
		{ "titulaire", "stylus", 0 },
		{ "titulaire", "qualified", 0 },
		{ "co-titulaire", "provider-seal", 3 },
		{ "occupant", "provider-seal", 3 },
		{ "structure", "advanced", 0 },
	};
	static const uint32_t numbers[] = { 0, 1, 3, 3, 4 };
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(
	    signers_check(rules, contract, v, NELEMS(v), TODAY, &e), 0);
	for (i = 0; i < NELEMS(v); i++)
		assert_int_equal(v[i].signature, numbers[i]);
	assert_int_equal(signers_count(v, NELEMS(v), 4, &e), 0);
	assert_int_equal(signers_count(v, NELEMS(v), 3, &e), -ERR_REFUSED);
	assert_string_equal(err_name(&e), "signer-signature");
	assert_string_equal(signers_weakest(v, NELEMS(v)), "stylus");
	assert_string_equal(signers_weakest(v + 1, 1), "qualified");
	assert_string_equal(signers_weakest(v, 0), "");
	assert_true(signers_have_level(v, NELEMS(v), "advanced"));
	assert_false(signers_have_level(v, NELEMS(v), "handwritten-scan"));
}

static void
they_come_back_from_a_manifest(void **state)
{
	const struct trust_signer v[] = {
		{ "titulaire", "stylus", 0 },
		{ "structure", "advanced", 2 },
	};
	struct trust_signer back[SIGNERS_MAX];
	json_t *list = signers_json(v, NELEMS(v));
	size_t i;

	(void)state;
	assert_non_null(list);
	assert_int_equal(signers_of(list, back), NELEMS(v));
	for (i = 0; i < NELEMS(v); i++) {
		assert_string_equal(back[i].signer, v[i].signer);
		assert_string_equal(back[i].level, v[i].level);
		assert_int_equal(back[i].signature, v[i].signature);
	}
	for (i = 0; i < SIGNERS_MAX; i++)
		json_array_append(list, json_array_get(list, 0));
	assert_int_equal(signers_of(list, back), SIGNERS_MAX);
	json_decref(list);
	assert_int_equal(signers_of(NULL, back), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kind_does_not_take_is_refused),
		cmocka_unit_test(signatures_are_numbered_in_their_order),
		cmocka_unit_test(they_come_back_from_a_manifest),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
