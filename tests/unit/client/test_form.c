/*
 * The offline page as it is written: what it may run is what is in it, it
 * names no other place, and rules with anything in their titles cannot change
 * that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "client/form.h"

#define DAY "2026-03-02"
#define EVIL "</script><script>alert(1)</script><b a='"

struct fixture {
	struct policy *p;
	struct form_spec s;
	struct buf page;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t private[P256_KEY_LEN];

	*state = f;
	f->s.size_max = UINT64_C(32) << 20;
	if (policy_load(SHIPPED_RULES, &f->p, NULL, &f->e) < 0 ||
	    p256_generate(private, f->s.public, &f->e) < 0 ||
	    date_parse(DAY, &f->s.today, &f->e) < 0)
		return -1;
	f->s.policy = f->p;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	policy_freep(&f->p);
	buf_done(&f->page);
	free(f);
	return 0;
}

static const char *
page(struct fixture *f, const char *kind)
{
	buf_reset(&f->page);
	f->s.kind = kind;
	if (form_page(&f->s, &f->page, &f->e) < 0)
		fail_msg("%s: %s", kind, f->e.text);
	return buf_str(&f->page);
}

static size_t
times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* What stands between the last start and its end has the SHA-256 that the
 * policy names after where. */
static void
allows(const char *html, const char *start, const char *end, const char *where)
{
	AUTO(buf_done) struct buf want = { 0 };
	const char *at, *from = NULL;
	uint8_t sum[SHA256_LEN];
	struct err e;

	for (at = html; (at = strstr(at, start)) != NULL; at++)
		from = at + strlen(start);
	assert_non_null(from);
	assert_int_equal(digest_of(DIGEST_SHA256, from,
			     (size_t)(strstr(from, end) - from), sum, &e),
	    0);
	assert_int_equal(buf_addf(&want, &e, "%s 'sha256-", where), 0);
	assert_int_equal(base64_format(sum, sizeof(sum), &want, &e), 0);
	assert_int_equal(buf_addstr(&want, "'; ", &e), 0);
	assert_non_null(strstr(html, buf_str(&want)));
}

static void
it_may_run_what_it_carries_and_reach_nothing(void **state)
{
	static const char *const kinds[] = { "diagnostic", "evaluation", "dsf",
		"contrat-engagement", "controle-regularite", "plan-apurement",
		"consentement", FORM_VISIT };
	struct fixture *f = *state;
	const char *html;
	size_t i;

	for (i = 0; i < NELEMS(kinds); i++) {
		html = page(f, kinds[i]);
		allows(html, "<script>", "</script>", "script-src");
		allows(html, "<style>", "</style>", "style-src");
		assert_non_null(strstr(
		    html, "content=\"default-src 'none'; script-src 'sha256-"));
		assert_int_equal(times(html, "<script"), 2);
		assert_int_equal(times(html, "</script>"), 2);
		assert_null(strstr(html, "://"));
		assert_null(strstr(html, " style="));
		assert_null(strstr(html, " onclick"));
		assert_null(strstr(html, "localStorage"));
		assert_true(f->page.len < 100000);
	}
}

/* Of every control that is typed in: the browser is told to keep nothing. */
static void
no_control_is_for_the_browser_to_keep(void **state)
{
	struct fixture *f = *state;
	const char *html = page(f, "diagnostic"), *at, *end;
	static const char *const elements[] = { "<input ", "<select ",
		"<textarea " };
	size_t i;

	assert_non_null(strstr(html, "<form autocomplete=\"off\""));
	for (i = 0; i < NELEMS(elements); i++)
		for (at = html; (at = strstr(at, elements[i])) != NULL;
		     at = end) {
			end = strchr(at, '>');
			assert_true(memmem(at, (size_t)(end - at),
					"autocomplete=\"off\"", 18) != NULL);
		}
}

static void
kinds_that_nobody_fills_have_no_page(void **state)
{
	static const char *const kinds[] = { "issue", "cloture",
		"fiche-transfert", "projet-contrat-engagement", "nope", "",
		"../x" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(kinds); i++) {
		f->s.kind = kinds[i];
		assert_int_equal(form_page(&f->s, &f->page, &f->e), -ERR_USAGE);
		assert_int_equal(f->page.len, 0);
	}
}

/* The shipped rules, with a title of somebody who means ill. */
static void
a_title_is_only_ever_text(void **state)
{
	struct fixture *f = *state;
	AUTO(policy_freep) struct policy *bad = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	struct policy_file files[POLICY_FILES_MAX];
	const struct policy_file *all;
	const char *was = "title = \"Date du diagnostic\"", *at, *html;
	size_t i, n = policy_files(f->p, &all);

	for (i = 0; i < n; i++) {
		files[i] = all[i];
		if (strcmp(all[i].name, "00-common.conf") != 0)
			continue;
		at = memmem(all[i].p, all[i].n, was, strlen(was));
		assert_non_null(at);
		assert_int_equal(
		    buf_add(&text, all[i].p,
			(size_t)(at - (const char *)all[i].p), &f->e),
		    0);
		assert_int_equal(
		    buf_addstr(&text, "title = \"" EVIL "\"", &f->e), 0);
		at += strlen(was);
		assert_int_equal(
		    buf_add(&text, at,
			all[i].n - (size_t)(at - (const char *)all[i].p),
			&f->e),
		    0);
		files[i].p = text.p;
		files[i].n = text.len;
	}
	if (policy_load_files(files, n, &bad, NULL, &f->e) < 0)
		fail_msg("%s", f->e.text);
	f->s.policy = bad;
	html = page(f, "diagnostic");
	assert_int_equal(times(html, "<script"), 2);
	assert_non_null(strstr(html, "&lt;/script&gt;&lt;script&gt;alert(1)"));
	allows(html, "<script>", "</script>", "script-src");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(it_may_run_what_it_carries_and_reach_nothing),
		T(no_control_is_for_the_browser_to_keep),
		T(kinds_that_nobody_fills_have_no_page),
		T(a_title_is_only_ever_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
