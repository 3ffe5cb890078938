#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/options.h"

static const char *const known[] = { "output", "void!", "many", "on",
	"demarche", NULL };
static const struct cmd command = { .noun = "try", .options = known };

struct row {
	const char *argv[8];
	int code; /* of the error; 0: none */
	const char *args[8];
	const char *output, *isvoid;
};

static const struct row rows[] = {
	{ .argv = { "a", "b" }, .args = { "a", "b" } },
	{ .argv = { "--output", "F", "a" }, .args = { "a" }, .output = "F" },
	{ .argv = { "a", "--output=F" }, .args = { "a" }, .output = "F" },
	{ .argv = { "a", "-o", "F" }, .args = { "a" }, .output = "F" },
	{ .argv = { "--output=" }, .output = "" },
	{ .argv = { "--output", "--void" }, .output = "--void" },
	{ .argv = { "--void", "x" }, .args = { "x" }, .isvoid = "" },
	{ .argv = { "--", "--void", "-o" }, .args = { "--void", "-o" } },
	{ .argv = { "-" }, .args = { "-" } },
	{ .argv = { "-x" }, .args = { "-x" } },
	{ .argv = { "--output" }, .code = ERR_USAGE },
	{ .argv = { "-o" }, .code = ERR_USAGE },
	{ .argv = { "--void=yes" }, .code = ERR_USAGE },
	{ .argv = { "--unknown" }, .code = ERR_USAGE },
	{ .argv = { "--unknown=x" }, .code = ERR_USAGE },
	{ .argv = { "--out" }, .code = ERR_USAGE },
	{ .argv = { "--outputs", "F" }, .code = ERR_USAGE },
	{ .argv = { "--void!" }, .code = ERR_USAGE },
	{ .argv = { "--=x" }, .code = ERR_USAGE },
};

static int
count(const char *const *a)
{
	int n = 0;

	while (a[n] != NULL)
		n++;
	return n;
}

static int
parse(struct cli *c, const char *const *argv, int n, char **args, int *nargs,
    struct err *e)
{
	char *copy[ARGS_MAX * 2];
	int i;

	/* Only a day is written to, as main's argv may be. */
	for (i = 0; i < n; i++)
		copy[i] = (char *)(uintptr_t)argv[i];
	return options_parse(c, &command, n, copy, args, nargs, e);
}

static void
same(const char *got, const char *wanted)
{
	if (wanted == NULL)
		assert_null(got);
	else
		assert_string_equal(got, wanted);
}

static void
a_command_line_is_options_and_arguments(void **state)
{
	char *args[ARGS_MAX];
	int nargs, k;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		const struct row *r = &rows[i];
		struct cli c = { 0 };
		struct err e = { 0 };
		int got = parse(&c, r->argv, count(r->argv), args, &nargs, &e);

		assert_int_equal(got, -r->code);
		if (r->code != 0)
			continue;
		assert_int_equal(nargs, count(r->args));
		for (k = 0; k < nargs; k++)
			assert_string_equal(args[k], r->args[k]);
		same(cli_option(&c, "output"), r->output);
		same(cli_option(&c, "void"), r->isvoid);
		assert_null(cli_option(&c, "many"));
	}
}

static void
global_options_are_known_to_every_command(void **state)
{
	const char *const argv[] = { "--json", "--purpose", "P", "--socket=S",
		"--host", "a@b", NULL };
	char *args[ARGS_MAX];
	struct cli c = { 0 };
	struct err e = { 0 };
	int nargs;

	(void)state;
	assert_int_equal(parse(&c, argv, 6, args, &nargs, &e), 0);
	assert_int_equal(nargs, 0);
	assert_int_equal(c.json, 1);
	assert_string_equal(c.purpose, "P");
	assert_string_equal(c.socket, "S");
	assert_string_equal(c.host, "a@b");
}

static void
an_option_may_come_several_times(void **state)
{
	const char *const argv[] = { "--many", "1", "--many=2", "--void",
		"--many", "3", NULL };
	char *args[ARGS_MAX];
	struct cli c = { 0 };
	struct err e = { 0 };
	int nargs;

	(void)state;
	assert_int_equal(parse(&c, argv, 6, args, &nargs, &e), 0);
	assert_string_equal(cli_option_n(&c, "many", 0), "1");
	assert_string_equal(cli_option_n(&c, "many", 1), "2");
	assert_string_equal(cli_option_n(&c, "many", 2), "3");
	assert_null(cli_option_n(&c, "many", 3));
}

static void
two_command_lines_do_not_mix(void **state)
{
	const char *const one[] = { "--output", "1", NULL };
	struct cli a = { 0 }, b = { 0 };
	char *args[ARGS_MAX];
	struct err e = { 0 };
	int nargs;

	(void)state;
	assert_int_equal(parse(&a, one, 2, args, &nargs, &e), 0);
	assert_int_equal(parse(&b, one, 0, args, &nargs, &e), 0);
	assert_string_equal(cli_option(&a, "output"), "1");
	assert_null(cli_option(&b, "output"));
}

static void
too_many_of_anything_is_refused(void **state)
{
	const char *argv[ARGS_MAX * 2];
	char *args[ARGS_MAX];
	struct cli c = { 0 }, d = { 0 };
	struct err e = { 0 };
	int nargs, i;

	(void)state;
	for (i = 0; i < ARGS_MAX + 1; i++)
		argv[i] = "x";
	assert_int_equal(parse(&c, argv, ARGS_MAX, args, &nargs, &e), 0);
	assert_int_equal(
	    parse(&c, argv, ARGS_MAX + 1, args, &nargs, &e), -ERR_USAGE);
	for (i = 0; i < OPTIONS_MAX + 1; i++)
		argv[i] = "--void";
	assert_int_equal(
	    parse(&d, argv, OPTIONS_MAX + 1, args, &nargs, &e), -ERR_USAGE);
}

/* As people write them; what is no such day, and what is no day's option,
 * stays as it is. */
static void
a_day_is_read_as_it_is_written(void **state)
{
	static const struct {
		const char *option, *given, *read;
	} days[] = {
		{ "on", "23/11/2026", "2026-11-23" },
		{ "on", "2026-11-23", "2026-11-23" },
		{ "on", "31/02/2026", "2026-02-31" }, /* refused elsewhere */
		{ "on", "3/11/2026", "3/11/2026" },
		{ "on", "23-11-2026", "23-11-2026" },
		{ "on", "23/11/20266", "23/11/20266" },
		{ "on", "23/11/202", "23/11/202" },
		{ "on", "", "" },
		{ "demarche", "fsl=03/12/2026", "fsl=2026-12-03" },
		{ "demarche", "fsl", "fsl" },
		{ "many", "23/11/2026", "23/11/2026" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(days); i++) {
		char option[32], value[32];
		const char *const argv[] = { option, value, NULL };
		char *args[ARGS_MAX];
		struct cli c = { 0 };
		struct err e = { 0 };
		int nargs;

		snprintf(option, sizeof(option), "--%s", days[i].option);
		snprintf(value, sizeof(value), "%s", days[i].given);
		assert_int_equal(parse(&c, argv, 2, args, &nargs, &e), 0);
		assert_string_equal(
		    cli_option(&c, days[i].option), days[i].read);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_line_is_options_and_arguments),
		cmocka_unit_test(global_options_are_known_to_every_command),
		cmocka_unit_test(an_option_may_come_several_times),
		cmocka_unit_test(two_command_lines_do_not_mix),
		cmocka_unit_test(too_many_of_anything_is_refused),
		cmocka_unit_test(a_day_is_read_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
