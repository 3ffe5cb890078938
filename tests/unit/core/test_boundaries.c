/*
 * Every deadline, every retention and every figure of the shipped rules,
 * against a table written from the law (boundaries.py, which knows nothing
 * of the rules nor of base/term.c): the day before, the last day, the day
 * after; from instants late in the evening and early in the morning. A rule
 * that the table does not know fails, and one the rules do not have as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "daemon/core/deadline.h"
#include "daemon/core/due.h"
#include "daemon/core/retention_judge.h"

#include <fcntl.h>

#define TABLE SCEAU_SOURCE "/tests/unit/core/boundaries.txt"
#define RULES SCEAU_SOURCE "/policy/rules/"
#define COLUMNS_MAX 6
#define NAMES_MAX 256
#define HALF_HOUR_MS (INT64_C(30) * 60 * 1000)

static struct policy *rules;

struct row {
	char text[512];
	const char *of[COLUMNS_MAX]; /* the first is one letter */
	size_t n;
};

static int32_t
day(const char *s)
{
	int32_t d;

	if (date_parse(s, &d, NULL) < 0)
		fail_msg("%s is no day", s);
	return d;
}

/* --- the table ------------------------------------------------------------ */

static void
split(struct row *r, const char *from, size_t n)
{
	char *p = r->text, *bar;

	assert_true(n < sizeof(r->text));
	memcpy(r->text, from, n);
	r->text[n] = '\0';
	for (r->n = 0; r->n < COLUMNS_MAX;) {
		r->of[r->n++] = p;
		if ((bar = strstr(p, " | ")) == NULL)
			return;
		*bar = '\0';
		p = bar + 3;
	}
	fail_msg("too many columns: %s", r->text);
}

/* Each row of one letter; how many there were. */
static size_t
each_row(char letter, void (*check)(const struct row *r))
{
	AUTO(buf_done) struct buf text = { 0 };
	const char *p, *end;
	struct row r;
	struct err e;
	size_t n = 0;

	if (file_read(AT_FDCWD, TABLE, 1u << 20, &text, &e) < 0)
		fail_msg("%s: %s", TABLE, e.text);
	for (p = buf_str(&text); *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		assert_non_null(end);
		if (p[0] != letter || p[1] != ' ')
			continue;
		split(&r, p, (size_t)(end - p));
		check(&r);
		n++;
	}
	return n;
}

static struct {
	const char *letters, *name;
	size_t n;
} counted;

static void
count_row(const struct row *r)
{
	counted.n += strcmp(r->of[1], counted.name) == 0;
}

/* How many rows of these letters the table has of a name. */
static size_t
rows_of(const char *letters, const char *name)
{
	counted.name = name;
	counted.n = 0;
	for (; *letters != '\0'; letters++)
		(void)each_row(*letters, count_row);
	return counted.n;
}

/* --- moments -------------------------------------------------------------- */

/* "entry 2026-11-23 lease 2020-01-01": the day each was. */
static int
day_in(const char *moments, const char *name, int32_t *out)
{
	size_t n = strlen(name);
	const char *p;
	char text[11];

	for (p = moments; (p = strstr(p, name)) != NULL; p++)
		if ((p == moments || p[-1] == ' ') && p[n] == ' ') {
			snprintf(text, sizeof(text), "%.10s", p + n + 1);
			*out = day(text);
			return 1;
		}
	return 0;
}

/* As it stood on a day: what lies ahead by nature is known before. */
struct known {
	const char *moments;
	int32_t as_of;
};

static int
known_day(const struct known *k, const char *name, int32_t *out)
{
	static const char *const ahead[] = { "audience", "end-of-contract",
		"end-of-mandate", "last-instalment", "lease", NULL };
	size_t i;

	if (!day_in(k->moments, name, out))
		return 0;
	for (i = 0; ahead[i] != NULL; i++)
		if (strcmp(ahead[i], name) == 0)
			return 1;
	return *out <= k->as_of;
}

static int
deadline_moment(const void *arg, const char *name, int32_t *out)
{
	return known_day(arg, name, out);
}

static int
retention_moment(void *arg, const char *name, int32_t *out)
{
	return known_day(arg, name, out);
}

/* --- deadlines ------------------------------------------------------------ */

static int
waits_on(const struct row *r, int32_t as_of, struct deadline_line *out)
{
	struct known k = { r->of[3], as_of };
	struct deadline_case c = { .state = "open",
		.stage = r->of[2],
		.as_of = as_of,
		.day = deadline_moment,
		.arg = &k };

	return deadline_runs(rules, policy_deadline(rules, r->of[1]), &c, out);
}

static void
check_deadline(const struct row *r)
{
	int32_t begin = day(r->of[4]), last = day(r->of[5]), on;
	struct deadline_line l = { 0 };
	char got[11];

	assert_int_equal(r->n, 6);
	if (policy_deadline(rules, r->of[1]) == NULL)
		fail_msg("the rules have no deadline %s", r->of[1]);
	if (waits_on(r, begin - 1, &l))
		fail_msg("%s: %s: waits before it began", r->of[1], r->of[3]);
	/* The day before the last, that day, the day after: it is told. */
	for (on = last - 1; on <= last + 1; on++) {
		if (on < begin)
			continue;
		if (!waits_on(r, on, &l))
			fail_msg("%s: %s: does not wait", r->of[1], r->of[3]);
		date_format(l.last, got);
		/* A contact to come brings nothing forward yet. */
		if (on == last - 1 && strstr(r->of[3], "first-contact"))
			continue;
		if (l.last != last)
			fail_msg("%s: %s: until %s, not %s", r->of[1], r->of[3],
			    got, r->of[5]);
	}
	/* In time until midnight in Paris, and late from then on. */
	assert_int_equal(
	    civil_day(civil_start_ms(last + 1) - HALF_HOUR_MS), last);
	assert_int_equal(
	    civil_day(civil_start_ms(last + 1) + HALF_HOUR_MS), last + 1);
}

static void
each_deadline_ends_on_the_day_of_the_law(void **state)
{
	(void)state;
	assert_true(each_row('D', check_deadline) > 400);
}

/* --- terms of modules ------------------------------------------------------
 */

static void
check_module(const struct row *r)
{
	const struct policy_deadline *d = policy_deadline(rules, r->of[1]);
	struct core core = { .policy = rules };
	int64_t from = strtoll(r->of[2], NULL, 10);
	int64_t until = strtoll(r->of[3], NULL, 10), got;

	assert_int_equal(r->n, 4);
	if (d == NULL || d->after != NULL || d->figure == NULL)
		fail_msg("%s has no term of a module", r->of[1]);
	if ((got = due_after(&core, d->figure, from)) != until)
		fail_msg("%s: from %lld until %lld, not %lld", r->of[1],
		    (long long)from, (long long)got, (long long)until);
}

static void
check_before(const struct row *r)
{
	const struct policy_deadline *d = policy_deadline(rules, r->of[1]);
	enum term_unit unit;
	uint32_t n;

	assert_non_null(d);
	assert_int_equal(
	    policy_period_on(rules, d->figure, day(r->of[2]), &n, &unit, NULL),
	    0);
	assert_int_equal(
	    term_day_before(day(r->of[2]), n, unit), day(r->of[3]));
}

static void
check_termless(const struct row *r)
{
	const struct policy_deadline *d = policy_deadline(rules, r->of[1]);

	if (d == NULL || d->after != NULL || d->figure != NULL)
		fail_msg("%s has a term", r->of[1]);
}

static void
each_term_of_a_module_ends_with_a_day_of_paris(void **state)
{
	(void)state;
	assert_true(each_row('M', check_module) > 900);
	assert_true(each_row('B', check_before) > 20);
	assert_true(each_row('N', check_termless) > 5);
}

/* --- retention ------------------------------------------------------------ */

static struct retention_finding
judge(const struct row *r, int32_t on, int held)
{
	struct known k = { r->of[2], on };
	struct retention_facts f = {
		.day = on, .moment = retention_moment, .arg = &k, .held = held
	};
	struct retention_finding out;

	retention_judge(rules, r->of[1], &f, &out);
	return out;
}

static void
expect_state(const struct row *r, int32_t on, enum retention_state want)
{
	struct retention_finding f = judge(r, on, 0);
	enum retention_verdict verdict =
	    want == RETENTION_DUE ? RETENTION_DESTROY : RETENTION_KEEP;
	char text[11];

	date_format(on, text);
	if (f.state != want || f.verdict != verdict)
		fail_msg("%s: %s: on %s it is %s, %s", r->of[1], r->of[2], text,
		    retention_state_name(f.state),
		    retention_verdict_name(f.verdict));
	if (want == RETENTION_DUE)
		assert_int_equal(judge(r, on, 1).verdict, RETENTION_CONFLICT);
}

static void
check_retention(const struct row *r)
{
	int32_t active = day(r->of[3]), last = day(r->of[4]);
	enum retention_state then =
	    active < last ? RETENTION_INTERMEDIATE : RETENTION_DUE;

	assert_int_equal(r->n, 5);
	if (policy_retention(rules, r->of[1]) == NULL)
		fail_msg("the rules have no retention %s", r->of[1]);
	expect_state(r, active, RETENTION_ACTIVE);
	expect_state(r, active + 1, then);
	if (active < last) {
		expect_state(r, last - 1,
		    last - 1 > active ? RETENTION_INTERMEDIATE
				      : RETENTION_ACTIVE);
		expect_state(r, last, RETENTION_INTERMEDIATE);
	}
	expect_state(r, last + 1, RETENTION_DUE);
	expect_state(r, last + 20000, RETENTION_DUE);
}

static void
each_retention_ends_on_the_day_of_the_law(void **state)
{
	(void)state;
	assert_true(each_row('R', check_retention) > 500);
}

/* --- figures -------------------------------------------------------------- */

static void
check_figure(const struct row *r)
{
	static const char *const units[] = { "minutes", "hours", "days",
		"working-days", "weeks", "months", "years" };
	char base[POLICY_NAME_MAX + 1];
	int64_t value;
	enum term_unit unit;
	uint32_t n;

	if (policy_figure(rules, r->of[1], &value, NULL) < 0 ||
	    value != strtoll(r->of[2], NULL, 10))
		fail_msg("%s is not %s", r->of[1], r->of[2]);
	/* In force on a day of each law, where one succeeds the other. */
	snprintf(
	    base, sizeof(base), "%.*s", (int)strcspn(r->of[1], ":"), r->of[1]);
	if (policy_period_on(rules, base,
		day(strcmp(r->of[1], "commandement-delay") == 0 ? "2023-07-28"
								: "2026-11-23"),
		&n, &unit, NULL) < 0) {
		assert_string_equal(r->of[3], "-");
		return;
	}
	if (strcmp(units[unit], r->of[3]) != 0)
		fail_msg("%s is in %s", r->of[1], units[unit]);
	assert_int_equal(n, value);
}

static void
each_figure_is_that_of_the_table(void **state)
{
	(void)state;
	assert_true(each_row('F', check_figure) > 40);
}

/* --- nothing is left out ---------------------------------------------------
 */

/* Titles of the sections of a word, as they stand in a file of rules. */
static void
find_sections(const char *file, const char *word, void (*found)(const char *))
{
	AUTO(buf_done) struct buf text = { 0 };
	char path[512], start[64], name[POLICY_NAME_MAX + 1];
	const char *p;
	struct err e;

	snprintf(path, sizeof(path), "%s%s", RULES, file);
	snprintf(start, sizeof(start), "\n%s \"", word);
	if (file_read(AT_FDCWD, path, 1u << 20, &text, &e) < 0)
		fail_msg("%s: %s", path, e.text);
	for (p = buf_str(&text); (p = strstr(p, start)) != NULL;) {
		p += strlen(start);
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, "\""), p);
		found(name);
	}
}

static void
want_figure(const char *name)
{
	if (rows_of("F", name) != 1)
		fail_msg("the table does not know figure %s", name);
}

static void
each_rule_is_in_the_table(void **state)
{
	static const char *const files[] = { "00-common.conf", "10-2027.conf",
		"77-seine-et-marne.conf" };
	const struct policy_deadline *d;
	const struct policy_retention *r;
	size_t i, n;

	(void)state;
	n = policy_deadlines(rules, &d);
	assert_true(n > 20);
	for (i = 0; i < n; i++)
		if (d[i].after != NULL || d[i].figure != NULL
			? rows_of("DMB", d[i].name) < 20
			: rows_of("N", d[i].name) != 1)
			fail_msg(
			    "the table does not know deadline %s", d[i].name);
	n = policy_retentions(rules, &r);
	assert_true(n > 10);
	for (i = 0; i < n; i++)
		if (rows_of("R", r[i].name) < 20)
			fail_msg(
			    "the table does not know retention %s", r[i].name);
	for (i = 0; i < NELEMS(files); i++)
		find_sections(files[i], "figure", want_figure);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_deadline_ends_on_the_day_of_the_law),
		cmocka_unit_test(
		    each_term_of_a_module_ends_with_a_day_of_paris),
		cmocka_unit_test(each_retention_ends_on_the_day_of_the_law),
		cmocka_unit_test(each_figure_is_that_of_the_table),
		cmocka_unit_test(each_rule_is_in_the_table),
	};
	struct err e = { 0 };
	int r;

	if (policy_load(SCEAU_SOURCE "/policy/rules", &rules, NULL, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	r = cmocka_run_group_tests(tests, NULL, NULL);
	policy_freep(&rules);
	return r;
}
