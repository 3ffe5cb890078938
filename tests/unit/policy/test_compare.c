/* What differs between two policies: each change is told, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/compare.h"
#include "rules.h"

/* The rules of text, with people or none. */
static struct policy *
load(struct rules *r, const char *text, const char *people)
{
	struct policy *p;

	rules_put(r, "00-a.conf", text);
	if (people != NULL)
		rules_put(r, "people.conf", people);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
	p = r->p;
	r->p = NULL;
	return p;
}

static void
expect(const struct policy *a, const struct policy *b, const char *lines)
{
	AUTO(buf_done) struct buf got = { 0 };

	assert_int_equal(policy_compare_text(a, b, &got, NULL), 0);
	assert_string_equal(buf_str(&got), lines);
}

/* One edit of the small rules, and what must be told of it. */
static void
expect_edit(
    struct rules *r, const char *from, const char *to, const char *lines)
{
	AUTO(policy_freep) struct policy *a = load(r, rules_small, NULL);
	AUTO(policy_freep) struct policy *b = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	rules_edit(rules_small, from, to, &text, &line);
	b = load(r, buf_str(&text), NULL);
	expect(a, b, lines);
}

static void
a_policy_does_not_differ_from_itself(void **state)
{
	struct rules *r = *state;
	AUTO(policy_freep)
	struct policy *a = load(r, rules_small, rules_people);

	expect(a, a, "");
}

static void
the_form_of_a_file_is_no_difference(void **state)
{
	expect_edit(*state, "	count = 2\n	valid-days = 30\n",
	    "	# two\n	valid-days = \"30\"	count = 2\n", "");
}

static void
a_value_that_changed_is_told_with_both(void **state)
{
	expect_edit(*state, "count = 2", "count = 3",
	    "changed approval \"erasure\" count \"2\" -> \"3\"\n");
	expect_edit(*state, "version = 7", "version = 8",
	    "changed rules version \"7\" -> \"8\"\n");
}

static void
a_list_is_told_by_what_comes_and_goes(void **state)
{
	expect_edit(*state, "{ case-list, doc-read, doc-file }",
	    "{ doc-file, doc-meta, case-list, search }",
	    "removed access \"team\" operations \"doc-read\"\n"
	    "added access \"team\" operations \"doc-meta\"\n"
	    "added access \"team\" operations \"search\"\n");
}

static void
the_order_of_a_list_is_no_difference(void **state)
{
	expect_edit(*state, "{ case-list, doc-read, doc-file }",
	    "{ doc-file, case-list, doc-read }", "");
}

static void
an_inner_section_is_told_with_its_own_name(void **state)
{
	expect_edit(*state, "field \"sum\" { from = \"note:debt.amount\" }",
	    "field \"sum\" { from = \"note:causes\" }\n"
	    "	field \"sick\" { from = \"note:name\" }",
	    "added disclosure \"to-office\" field \"sick\"\n"
	    "added disclosure \"to-office\" field \"sick\" from "
	    "\"note:name\"\n"
	    "changed disclosure \"to-office\" field \"sum\" from "
	    "\"note:debt.amount\" -> \"note:causes\"\n");
}

static void
a_new_section_is_told_with_all_it_says(void **state)
{
	expect_edit(*state, "purpose \"share\"",
	    "purpose \"more\" { title = \"Été\" source = \"t\" }\n"
	    "purpose \"share\"",
	    "added purpose \"more\"\n"
	    "added purpose \"more\" source \"t\"\n"
	    "added purpose \"more\" title \"Été\"\n");
}

static void
what_goes_is_what_would_come_the_other_way(void **state)
{
	struct rules *r = *state;
	AUTO(policy_freep) struct policy *a = load(r, rules_small, NULL);
	AUTO(policy_freep) struct policy *b = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	rules_edit(rules_small,
	    "purpose \"share\" { title = \"Partage\" source = \"s\" }",
	    "purpose \"share\" { title = \"Partage\" source = \"s\" }"
	    "purpose \"z\" { title = \"Z\" source = \"s\" }",
	    &text, &line);
	b = load(r, buf_str(&text), NULL);
	expect(b, a,
	    "removed purpose \"z\"\n"
	    "removed purpose \"z\" source \"s\"\n"
	    "removed purpose \"z\" title \"Z\"\n");
}

/* Three rules, in the order of their names in which. */
static struct policy *
load_in_order(struct rules *r, const char *which)
{
	static const char *const operations[] = { "status", "search", "due" };
	AUTO(buf_done) struct buf text = { 0 };

	assert_int_equal(
	    buf_addstr(&text,
		"format = 1\nversion = 1\n"
		"role \"worker\" { title = \"W\" source = \"s\" }\n"
		"purpose \"x\" { title = \"X\" source = \"s\" }\n",
		NULL),
	    0);
	for (; *which != '\0'; which++)
		assert_int_equal(
		    buf_addf(&text, NULL,
			"access \"%c\" { source = \"s\" scope = none purposes "
			"= none\n	roles = { worker } operations = "
			"{ %s } }\n",
			*which, operations[*which - 'a']),
		    0);
	return load(r, buf_str(&text), NULL);
}

/* The first rule that fits decides: to come earlier is to count more. */
static void
a_rule_that_moved_is_one_difference(void **state)
{
	struct rules *r = *state;
	AUTO(policy_freep) struct policy *a = load_in_order(r, "abc");
	AUTO(policy_freep) struct policy *b = load_in_order(r, "cab");

	expect(a, b, "moved access \"c\" after \"b\" -> \"\"\n");
}

static void
a_section_may_stand_in_another_file(void **state)
{
	struct rules *r = *state;
	AUTO(policy_freep) struct policy *a = load(r, rules_small, NULL);
	AUTO(policy_freep) struct policy *b = NULL;
	AUTO(buf_done) struct buf text = { 0 }, more = { 0 };
	static const char figure[] = "figure \"correction-hours\" "
				     "{ value = 24 unit = hours source = "
				     "\"s\" }\n";
	int line;

	rules_edit(rules_small, figure, "", &text, &line);
	assert_int_equal(buf_addf(&more, NULL, "format = 1\n%s", figure), 0);
	rules_put(r, "10-b.conf", buf_str(&more));
	b = load(r, buf_str(&text), NULL);
	rules_remove(r, "10-b.conf");
	expect(a, b, "");
}

static void
people_are_told_apart(void **state)
{
	struct rules *r = *state;
	AUTO(policy_freep)
	struct policy *a = load(r, rules_small, rules_people);
	AUTO(policy_freep) struct policy *b = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	rules_edit(rules_people, "status = active", "status = suspended", &text,
	    &line);
	b = load(r, rules_small, buf_str(&text));
	expect(a, b,
	    "changed person \"ines.exemple\" status \"active\" -> "
	    "\"suspended\"\n");
}

/* What signs, or is read to people, counts by its bytes. */
static void
a_file_beside_the_rules_is_told_by_its_digest(void **state)
{
	struct policy_file files[] = {
		{ "00-a.conf", rules_small, strlen(rules_small) },
		{ "notices/n-1.txt", "n", 1 },
		{ "anchors.pem", "a", 1 },
	};
	AUTO(policy_freep) struct policy *a = NULL;
	AUTO(policy_freep) struct policy *b = NULL;
	AUTO(policy_freep) struct policy *c = NULL;
	struct err e;

	(void)state;
	assert_int_equal(policy_load_files(files, 3, &a, NULL, &e), 0);
	files[2].p = "b";
	assert_int_equal(policy_load_files(files, 3, &b, NULL, &e), 0);
	assert_int_equal(policy_load_files(files, 2, &c, NULL, &e), 0);
	expect(a, b,
	    "changed file \"anchors.pem\" sha256 \"ca978112ca1bbdcafac231b39a"
	    "23dc4da786eff8147c4e72b9807785afee48bb\" -> \"3e23e8160039594a33"
	    "894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\"\n");
	expect(b, c,
	    "removed file \"anchors.pem\"\n"
	    "removed file \"anchors.pem\" sha256 \"3e23e8160039594a33894f6564"
	    "e1b1348bbd7a0088d42c4acb73eeaed59c009d\"\n");
}

static int
stop(void *arg, const struct policy_difference *d, struct err *e)
{
	int *told = arg;

	(void)d;
	++*told;
	return err_set(e, ERR_FULL, "enough");
}

static void
who_is_told_may_stop(void **state)
{
	struct rules *r = *state;
	AUTO(policy_freep) struct policy *a = load(r, rules_small, NULL);
	AUTO(policy_freep)
	struct policy *b = load(r, rules_small, rules_people);
	struct err e = { 0 };
	int told = 0;

	assert_int_equal(policy_compare(a, b, stop, &told, &e), -ERR_FULL);
	assert_int_equal(told, 1);
	assert_string_equal(e.text, "enough");
}

/* text without its line at. */
static const char *
cut(const struct buf *text, const char *at, size_t n, struct buf *out)
{
	const char *all = (const char *)text->p;

	buf_reset(out);
	assert_int_equal(buf_add(out, all, (size_t)(at - all), NULL), 0);
	assert_int_equal(
	    buf_add(out, at + n, text->len - (size_t)(at - all) - n, NULL), 0);
	return buf_str(out);
}

static int
says_something(const char *line, size_t n)
{
	while (n > 0 && (*line == ' ' || *line == '\t'))
		line++, n--;
	return n > 1 && *line != '#';
}

/* Whatever word a line of the shipped rules says, its loss is told. */
static void
no_line_of_the_shipped_rules_goes_unseen(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf less = { 0 };
	AUTO(policy_freep) struct policy *a = NULL;
	const char *line, *next;
	unsigned seen = 0, i = 0;

	rules_shipped("00-common.conf", &text);
	a = r->p;
	r->p = NULL;
	for (line = buf_str(&text); *line != '\0'; line = next) {
		AUTO(buf_done) struct buf told = { 0 };

		next = strchr(line, '\n') + 1;
		/* One in some: a load takes a while. */
		if (!says_something(line, (size_t)(next - line)) ||
		    i++ % 23 != 0)
			continue;
		rules_put(r, "00-common.conf",
		    cut(&text, line, (size_t)(next - line), &less));
		if (rules_load(r) < 0)
			continue;
		assert_int_equal(policy_compare_text(a, r->p, &told, NULL), 0);
		if (told.len == 0)
			fail_msg("unseen: %.*s", (int)(next - line), line);
		seen++;
	}
	assert_true(seen > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_RULES(t)                                                          \
	cmocka_unit_test_setup_teardown(t, rules_setup, rules_teardown)
		WITH_RULES(a_policy_does_not_differ_from_itself),
		WITH_RULES(the_form_of_a_file_is_no_difference),
		WITH_RULES(a_value_that_changed_is_told_with_both),
		WITH_RULES(a_list_is_told_by_what_comes_and_goes),
		WITH_RULES(the_order_of_a_list_is_no_difference),
		WITH_RULES(an_inner_section_is_told_with_its_own_name),
		WITH_RULES(a_new_section_is_told_with_all_it_says),
		WITH_RULES(what_goes_is_what_would_come_the_other_way),
		WITH_RULES(a_rule_that_moved_is_one_difference),
		WITH_RULES(a_section_may_stand_in_another_file),
		WITH_RULES(people_are_told_apart),
		WITH_RULES(a_file_beside_the_rules_is_told_by_its_digest),
		WITH_RULES(who_is_told_may_stop),
		cmocka_unit_test_setup_teardown(
		    no_line_of_the_shipped_rules_goes_unseen,
		    rules_setup_shipped, rules_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
