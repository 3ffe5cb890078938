/*
 * What comes from outside is never markup: between tags, in an attribute, in
 * lines. Sabotaged texts of every kind go through each conversion.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/web/html.h"

#define BAD "\xef\xbf\xbd"

static void
text_cannot_be_markup(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "<script>alert(1)</script>",
		    "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "\" onload=\"x", "&quot; onload=&quot;x" },
		{ "' onload='x", "&#39; onload=&#39;x" },
		{ "a&amp;b", "a&amp;amp;b" },
		{ "Zoé\n\tdeux", "Zoé\n\tdeux" },
		{ "a\x01\x1b[0m", "a" BAD BAD "[0m" },
		{ "fdp\xe2\x80\xae.exe", "fdp" BAD ".exe" },
		{ "\xc0\xbcscript", BAD BAD "script" },
		{ "+ADw-script+AD4-", "+ADw-script+AD4-" },
		{ "", "" },
		{ NULL, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		struct html h = { 0 };

		html(&h, "%s", rows[i].in);
		assert_int_equal(html_check(&h, NULL), 0);
		assert_string_equal(buf_str(&h.out), rows[i].out);
		html_done(&h);
	}
}

static void
formats_are_ours(void **state)
{
	struct html h = { 0 };

	(void)state;
	html(&h, "<a href=\"/%s\" data-n=\"%d\">%u %lld %llu %zu 100 %%</a>",
	    "x\"y", -3, 4u, -5LL, 6ULL, (size_t)7);
	html_lines(&h, "un\ndeux<b>");
	html_raw(&h, "<hr>");
	assert_int_equal(html_check(&h, NULL), 0);
	assert_string_equal(buf_str(&h.out),
	    "<a href=\"/x&quot;y\" data-n=\"-3\">4 -5 6 7 100 %</a>"
	    "un<br>deux&lt;b&gt;<hr>");
	html_done(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_cannot_be_markup),
		cmocka_unit_test(formats_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
