#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/cli.h"
#include "client/messages.h"
#include "client/upload.h"

static void
a_path_escapes_what_people_type(void **state)
{
	static const struct {
		const char *arg, *wanted;
	} rows[] = {
		{ "4f7k-2q8", "/v1/cases/4f7k-2q8/documents" },
		{ "a/b", "/v1/cases/a%2Fb/documents" },
		{ "..", "/v1/cases/../documents" },
		{ "a?b=c&d", "/v1/cases/a%3Fb%3Dc%26d/documents" },
		{ "a#b%41", "/v1/cases/a%23b%2541/documents" },
		{ "a b\r\nX: y", "/v1/cases/a%20b%0D%0AX%3A%20y/documents" },
		{ "\xc3\xa9", "/v1/cases/%C3%A9/documents" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf b = { 0 };
		struct err e = { 0 };

		assert_int_equal(
		    cli_path(&b, &e, "/v1/cases/%/documents", rows[i].arg), 0);
		assert_string_equal(buf_str(&b), rows[i].wanted);
	}
}

static void
an_empty_argument_names_nothing(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(cli_path(&b, &e, "/v1/cases/%", ""), -ERR_USAGE);
}

static void
a_query_takes_what_was_given(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(buf_addstr(&b, "/v1/audit", &e), 0);
	assert_int_equal(cli_query(&b, "a", NULL, &e), 0);
	assert_int_equal(cli_query(&b, "b", "1", &e), 0);
	assert_int_equal(cli_query(&b, "c", "x&y", &e), 0);
	assert_string_equal(buf_str(&b), "/v1/audit?b=1&c=x%26y");
}

static void
sizes_are_written_for_people(void **state)
{
	static const struct {
		unsigned long long n;
		const char *wanted;
	} rows[] = {
		{ 0, "0 octets" },
		{ 999, "999 octets" },
		{ 1000, "1,0 ko" },
		{ 2449, "2,4 ko" },
		{ 999999, "999,9 ko" },
		{ 1000000, "1,0 Mo" },
		{ 2400000000ULL, "2,4 Go" },
		{ UINT64_MAX, "18446744073,7 Go" },
	};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_string_equal(human_size(rows[i].n, out), rows[i].wanted);
}

static void
what_is_not_there_reads_as_nothing(void **state)
{
	AUTO(json_decrefp)
	json_t *j = json_pack("{s:s, s:n, s:[s, s], s:s}", "s", "text", "null",
	    "l", "a", "b", "at", "not a time");
	char out[32], list[4];

	(void)state;
	assert_string_equal(jstr(j, "s"), "text");
	assert_string_equal(jstr(j, "null"), "");
	assert_string_equal(jstr(j, "none"), "");
	assert_string_equal(jstr(NULL, "none"), "");
	assert_int_equal(jint(j, "s"), 0);
	assert_int_equal(jcount(j, "l"), 2);
	assert_int_equal(jcount(j, "s"), 0);
	assert_string_equal(jtime(j, "at", out), "");
	assert_string_equal(jtime(j, "none", out), "");
	assert_string_equal(jlist(j, "l", out, sizeof(out)), "a, b");
	assert_string_equal(jlist(j, "l", list, sizeof(list)), "a, ");
}

static void
numbers_of_options_have_their_limits(void **state)
{
	static const struct {
		const char *given;
		int code;
	} rows[] = { { "1", 0 }, { "9", 0 }, { "10", ERR_USAGE },
		{ "0", ERR_USAGE }, { "-1", ERR_USAGE }, { "", ERR_USAGE },
		{ "1x", ERR_USAGE }, { "01", ERR_USAGE },
		{ "99999999999999999999", ERR_USAGE } };
	struct err e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		struct cli c = { .given = { { "page", rows[i].given } },
			.ngiven = 1 };
		long long n = 77;

		assert_int_equal(
		    cli_number(&c, "page", 9, &n, &e), -rows[i].code);
		if (rows[i].code != 0)
			assert_int_equal(n, 77);
	}
}

static void
every_code_has_a_sentence(void **state)
{
	int code;

	(void)state;
	for (code = ERR_OK + 1; code < ERR_CODES; code++) {
		struct err e = { .code = (enum err_code)code };

		assert_non_null(cli_sentence(&e));
	}
}

static void
an_unknown_tag_falls_back_to_its_code(void **state)
{
	struct err e = { .code = ERR_DENIED, .tag = "never-heard-of" };

	(void)state;
	assert_null(message_tag("never-heard-of"));
	assert_string_equal(cli_sentence(&e), message_for("denied"));
}

static void
an_upload_is_named_after_what_it_is(void **state)
{
	struct source s = { .size = 5 }, t;
	struct err e = { 0 };

	(void)state;
	memset(s.sha256, 7, sizeof(s.sha256));
	assert_int_equal(source_name_upload(&s, "case", "kind", 0, &e), 0);
	assert_int_equal(strlen(s.upload), 26);
	t = s;
	assert_int_equal(source_name_upload(&t, "case", "kind", 0, &e), 0);
	assert_string_equal(s.upload, t.upload);
	assert_int_equal(source_name_upload(&t, "case", "kind", 1, &e), 0);
	assert_string_not_equal(s.upload, t.upload);
	assert_int_equal(source_name_upload(&t, "case", "kin", 0, &e), 0);
	assert_string_not_equal(s.upload, t.upload);
	assert_int_equal(source_name_upload(&t, "cas", "kind", 0, &e), 0);
	assert_string_not_equal(s.upload, t.upload);
	t.size = 6;
	assert_int_equal(source_name_upload(&t, "case", "kind", 0, &e), 0);
	assert_string_not_equal(s.upload, t.upload);
	t = s;
	t.sha256[31] ^= 1;
	assert_int_equal(source_name_upload(&t, "case", "kind", 0, &e), 0);
	assert_string_not_equal(s.upload, t.upload);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_escapes_what_people_type),
		cmocka_unit_test(an_empty_argument_names_nothing),
		cmocka_unit_test(a_query_takes_what_was_given),
		cmocka_unit_test(sizes_are_written_for_people),
		cmocka_unit_test(what_is_not_there_reads_as_nothing),
		cmocka_unit_test(numbers_of_options_have_their_limits),
		cmocka_unit_test(every_code_has_a_sentence),
		cmocka_unit_test(an_unknown_tag_falls_back_to_its_code),
		cmocka_unit_test(an_upload_is_named_after_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
