/*
 * An analysis over a vault of many cases: one pass, whose memory does not
 * grow with the vault; the sum of its verdicts is all there is; what does not
 * go into one sweep waits for the next, and this is said.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/civil.h"
#include "daemon/core/retention.h"
#include "tests/unit/core/retention_fill.h"
#include "tests/unit/core/retention_scene.h"

/* Documents: already more than one answer tells, and than one sweep takes. */
#define SMALL 15000
#define LARGE (4 * SMALL)
#define GROWTH_MAX (3 * 1024) /* KiB, from one to the other */

#if defined(__SANITIZE_ADDRESS__)
#define IS_MEASURED 0
#else
#define IS_MEASURED 1
#endif

static long
peak_kib(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_maxrss;
}

static void
fill(struct retention_scene *s, size_t documents, uint64_t *key)
{
	if (retention_fill(s->f->core, documents,
		civil_day(core_now(s->f->core)), *key, key, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
}

static int64_t
number(const json_t *j, const char *member)
{
	return json_integer_value(json_object_get(j, member));
}

static json_t *
analysed(struct retention_scene *s, int dry, int64_t share)
{
	json_t *answer = NULL;

	if (retention_analysis(s, &s->noa, "", dry, share, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	return answer;
}

static void
its_memory_does_not_grow_with_the_vault(void **state)
{
	uint64_t key = UINT64_C(1) << 40;
	long small, large;
	json_t *answer;
	RETENTION_SCENE(s);

	fill(s, SMALL, &key);
	answer = analysed(s, 1, -1);
	assert_true(number(answer, "living") > SMALL);
	json_decref(answer);
	small = peak_kib();
	fill(s, LARGE - SMALL, &key);
	answer = analysed(s, 1, -1);
	assert_true(number(answer, "living") > LARGE);
	large = peak_kib();
	print_message("%ld KiB, then %ld KiB\n", small, large);
	assert_int_equal(number(answer, "living"),
	    number(answer, "destroy") + number(answer, "conflicts") +
		number(answer, "kept"));
	assert_int_equal(json_array_size(json_object_get(answer, "objects")),
	    RETENTION_LINES_MAX);
	json_decref(answer);
	/* What the address sanitizer keeps aside is not ours. */
	if (IS_MEASURED && large - small > GROWTH_MAX)
		fail_msg("%ld KiB, then %ld KiB", small, large);
}

static void
what_does_not_go_into_one_sweep_waits_and_this_is_said(void **state)
{
	uint64_t key = UINT64_C(1) << 40;
	char line[64];
	int64_t destroy, taken, left;
	json_t *answer;
	RETENTION_SCENE(s);

	fill(s, SMALL, &key);
	answer = analysed(s, 1, -1);
	destroy = number(answer, "destroy");
	left = number(answer, "left");
	taken = destroy - left;
	assert_true(destroy > SWEEP_OBJECTS_MAX);
	assert_true(taken <= SWEEP_OBJECTS_MAX);
	/* Less than a case of it is not used. */
	assert_true(taken > SWEEP_OBJECTS_MAX - RETENTION_FILL_DOCUMENTS - 3);
	snprintf(
	    line, sizeof(line), "\nleft for another sweep %" PRId64 "\n", left);
	assert_non_null(
	    strstr(json_string_value(json_object_get(answer, "plan")), line));
	/* For good, and the same. */
	json_t *real = analysed(s, 0, number(answer, "share"));
	assert_int_equal(number(real, "left"), left);
	assert_int_equal(number(real, "destroy"), destroy);
	json_decref(real);
	json_decref(answer);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, retention_setup, retention_teardown)
	const struct CMUnitTest tests[] = {
		T(its_memory_does_not_grow_with_the_vault),
		T(what_does_not_go_into_one_sweep_waits_and_this_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
