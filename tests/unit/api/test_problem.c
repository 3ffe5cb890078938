/* Problem details: what a refusal tells, and what it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/api/problem.h"

struct answer {
	struct http_response rs;
	json_t *j;
};

static void
make(struct answer *a, const struct err *why, uint64_t audit)
{
	problem_answer(&a->rs, why, audit);
	a->j = json_loads(buf_str(&a->rs.body), 0, NULL);
	assert_non_null(a->j);
	assert_string_equal(a->rs.type, "application/problem+json");
}

static const char *
member(const struct answer *a, const char *name)
{
	const char *s = json_string_value(json_object_get(a->j, name));

	return s != NULL ? s : "(none)";
}

static void
answer_done(struct answer *a)
{
	json_decref(a->j);
	buf_done(&a->rs.body);
}

static void
every_code_has_its_status_and_a_code(void **state)
{
	int code;

	(void)state;
	for (code = ERR_OK + 1; code < ERR_CODES; code++) {
		AUTO(answer_done) struct answer a = { 0 };
		struct err e = { 0 };

		(void)err_set(&e, (enum err_code)code, "something happened");
		make(&a, &e, 7);
		assert_int_equal(a.rs.status, err_http(e.code));
		assert_int_equal(
		    json_integer_value(json_object_get(a.j, "status")),
		    err_http(e.code));
		assert_string_equal(member(&a, "code"), err_code_name(e.code));
		assert_string_equal(member(&a, "type"), "about:blank");
		assert_int_equal(
		    json_integer_value(json_object_get(a.j, "audit")), 7);
	}
}

static void
a_public_refusal_shows_its_tag_and_text(void **state)
{
	AUTO(answer_done) struct answer a = { 0 };
	struct err e = { 0 };

	(void)state;
	(void)err_tag(&e, ERR_REFUSED, "media-type", "file 1 is text/plain");
	make(&a, &e, 0);
	assert_string_equal(member(&a, "code"), "media-type");
	assert_string_equal(member(&a, "detail"), "file 1 is text/plain");
	assert_null(json_object_get(a.j, "audit"));
}

static void
what_is_ours_is_not_shown(void **state)
{
	static const enum err_code codes[] = { ERR_INTERNAL, ERR_NOMEM,
		ERR_IO };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(codes); i++) {
		AUTO(answer_done) struct answer a = { 0 };
		struct err e = { 0 };

		(void)err_tag(&e, codes[i], "secret-tag", "/srv/vault/key 17");
		make(&a, &e, 3);
		assert_int_equal(a.rs.status, err_http(codes[i]));
		assert_null(strstr(buf_str(&a.rs.body), "secret-tag"));
		assert_null(strstr(buf_str(&a.rs.body), "/srv"));
	}
}

static void
none_and_not_yours_are_the_same_bytes(void **state)
{
	AUTO(answer_done) struct answer a = { 0 };
	AUTO(answer_done) struct answer b = { 0 };
	struct err none = { 0 }, other = { 0 };

	(void)state;
	(void)err_tag(&none, ERR_NOT_FOUND, "not-found", "no such case");
	(void)err_tag(&other, ERR_NOT_FOUND, "other-team", "team nord's case");
	make(&a, &none, 9);
	make(&b, &other, 9);
	assert_string_equal(buf_str(&a.rs.body), buf_str(&b.rs.body));
}

/* The texts of errors are cut at a byte, and what a caller sent is in some. */
static void
a_text_cut_inside_a_character_is_still_told(void **state)
{
	static const char *const rows[] = { "member \"\xc3", "a\xe2\x82",
		"x\xff", "\xc3\xa9\xc3" };
	static const char *const shown[] = { "member \"", "a", "x",
		"\xc3\xa9" };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(answer_done) struct answer a = { 0 };
		struct err e = { 0 };

		(void)err_tag(&e, ERR_INVALID, "member-unknown", "%s", rows[i]);
		make(&a, &e, 1);
		assert_string_equal(member(&a, "code"), "member-unknown");
		assert_string_equal(member(&a, "detail"), shown[i]);
	}
}

static int
no_bytes(void *arg, struct buf *out, struct err *e)
{
	(void)arg;
	(void)out;
	(void)e;
	return 0;
}

static void
what_was_prepared_for_success_is_dropped(void **state)
{
	AUTO(answer_done) struct answer a = { 0 };
	struct err e = { 0 };

	(void)state;
	a.rs.next = no_bytes;
	a.rs.size = 12345;
	assert_int_equal(http_set_header(&a.rs, "Sceau-Name", "x", &e), 0);
	assert_int_equal(buf_addstr(&a.rs.body, "half an answer", &e), 0);
	(void)err_set(&e, ERR_DENIED, "no");
	make(&a, &e, 0);
	assert_null(a.rs.next);
	assert_int_equal(a.rs.nheaders, 0);
	assert_null(strstr(buf_str(&a.rs.body), "half"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_status_and_a_code),
		cmocka_unit_test(a_public_refusal_shows_its_tag_and_text),
		cmocka_unit_test(what_is_ours_is_not_shown),
		cmocka_unit_test(none_and_not_yours_are_the_same_bytes),
		cmocka_unit_test(a_text_cut_inside_a_character_is_still_told),
		cmocka_unit_test(what_was_prepared_for_success_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
