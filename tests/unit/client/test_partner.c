#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/partner.h"

#define ID "c3fwqv24mis4tsgph473h6fmwe"

static void
the_four_requests_are_understood(void **state)
{
	static const struct {
		const char *line;
		enum partner_verb verb;
		const char *id;
	} rows[] = {
		{ "list", PARTNER_LIST, "" },
		{ "notices", PARTNER_NOTICES, "" },
		{ "pull " ID, PARTNER_PULL, ID },
		{ "ack " ID, PARTNER_ACK, ID },
		{ "ack 4f7k-2q8", PARTNER_ACK, "4f7k-2q8" },
		{ "submit", PARTNER_SUBMIT, "" },
	};
	struct partner_command p;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(partner_parse(rows[i].line, &p, NULL), 0);
		assert_int_equal(p.verb, rows[i].verb);
		assert_string_equal(p.id, rows[i].id);
	}
}

static void
nothing_else_is(void **state)
{
	static const char *const rows[] = {
		NULL,
		"",
		" ",
		" list",
		"list ",
		"list  ",
		"list\n",
		"list\t",
		"List",
		"LIST",
		"lis",
		"lists",
		"list " ID,
		"list --json",
		"--json list",
		"-o list",
		"--socket=/tmp/x list",
		"notices 1",
		"submit x",
		"pull",
		"pull ",
		"pull  " ID,
		"pull " ID " ",
		"pull " ID " " ID,
		"pull\t" ID,
		"pull -o",
		"pull --output",
		"pull *",
		"pull ?",
		"pull ../x",
		"pull a/b",
		"pull a.b",
		"pull a_b",
		"pull A",
		"pull $(id)",
		"pull `id`",
		"pull a;id",
		"pull a|id",
		"pull a&id",
		"pull a>b",
		"pull 'a'",
		"pull \"a\"",
		"pull a\\ b",
		"pull %61",
		"pull \xc3\xa9",
		"list;id",
		"list|id",
		"list&&id",
		"sh",
		"sh -c id",
		"scp -t .",
		"sceau partner list",
		"internal-sftp",
		"pull "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct partner_command p = { .verb = PARTNER_ACK };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		if (partner_parse(rows[i], &p, NULL) != -(int)ERR_USAGE)
			fail_msg("understood: %s", rows[i]);
	/* On failure no output is touched. */
	assert_int_equal(p.verb, PARTNER_ACK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_four_requests_are_understood),
		cmocka_unit_test(nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
