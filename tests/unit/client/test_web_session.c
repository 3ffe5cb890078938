/*
 * Who gets into a console: the first one without being asked, further ones
 * while somebody is there, and nobody for nothing once all are gone, be it
 * that they left or that nothing came from them for a while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/web/engine.h"

#define IDLE_S 1
#define PATIENCE 400 /* looks at 25 ms */

static struct web *
opened(int code)
{
	struct web_settings s = { .code = code, .idle_s = IDLE_S };
	struct web *w = NULL;
	struct err e = { 0 };

	assert_int_equal(web_open(&s, &w, &e), 0);
	return w;
}

static struct web_session *
entered(struct web *w)
{
	struct err e = { 0 };
	struct web_session *s = web_session_new(w, &e);

	assert_non_null(s);
	return s;
}

static void
look_again(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 25000000 }, NULL);
}

static void
who_left_is_asked(void **state)
{
	struct web *w = opened(0);
	struct web_session *a, *b;

	(void)state;
	assert_false(web_wants_code(w));
	a = entered(w);
	b = entered(w);
	assert_false(web_wants_code(w));
	web_session_end(w, a);
	web_session_put(w, &a);
	assert_false(web_wants_code(w));
	web_session_end(w, b);
	web_session_put(w, &b);
	assert_true(web_wants_code(w));
	web_close(w);
}

static void
who_was_idle_is_asked(void **state)
{
	struct web *w = opened(0);
	struct web_session *s = entered(w);
	char cookie[SESSION_TEXT + 1];
	struct err e = { 0 };
	char *code;
	int i;

	(void)state;
	snprintf(cookie, sizeof(cookie), "%s", web_session_cookie(s));
	web_session_put(w, &s);
	for (i = 0; !web_wants_code(w) && i < PATIENCE; i++)
		look_again();
	assert_true(web_wants_code(w));
	assert_null(web_session_find(w, cookie));
	/* A code that nobody was shown lets nobody in. */
	assert_int_equal(web_code_is(w, "", &e), -ERR_DENIED);
	code = web_take_code(w);
	assert_non_null(code);
	assert_int_equal(
	    web_code_is(w, "aaaa-aaaa-aaaa-aaaa-aaaa", &e), -ERR_DENIED);
	assert_int_equal(web_code_is(w, code, &e), 0);
	assert_int_equal(web_code_is(w, code, &e), -ERR_DENIED);
	free(code);
	s = entered(w);
	web_session_put(w, &s);
	assert_false(web_wants_code(w));
	web_close(w);
}

/* What is asked for keeps a session; the idle end counts from the last. */
static void
who_asks_stays(void **state)
{
	struct web *w = opened(0);
	struct web_session *s = entered(w);
	char cookie[SESSION_TEXT + 1];
	int i;

	(void)state;
	snprintf(cookie, sizeof(cookie), "%s", web_session_cookie(s));
	web_session_put(w, &s);
	for (i = 0; i < 3 * IDLE_S * 40; i++) {
		look_again();
		assert_non_null(s = web_session_find(w, cookie));
		web_session_put(w, &s);
	}
	web_close(w);
}

static void
a_port_always_asks(void **state)
{
	struct web *w = opened(1);
	struct web_session *s;

	(void)state;
	assert_true(web_wants_code(w));
	s = entered(w);
	assert_true(web_wants_code(w));
	web_session_put(w, &s);
	web_close(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_left_is_asked),
		cmocka_unit_test(who_was_idle_is_asked),
		cmocka_unit_test(who_asks_stays),
		cmocka_unit_test(a_port_always_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
