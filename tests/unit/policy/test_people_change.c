/* How much a new people.conf changes: in doubt, all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules.h"

#define CASEWORKER                                                             \
	"person \"lou.neuve\" {\n uid = 62050\n name = \"Lou Neuve\"\n"        \
	" role = caseworker\n team = equipe-nord\n"                            \
	" organisation = association-exemple\n status = active\n}\n"
#define JURIST                                                                 \
	"person \"lou.neuve\" {\n uid = 62050\n name = \"Lou Neuve\"\n"        \
	" role = jurist\n team = equipe-nord\n"                                \
	" organisation = association-exemple\n status = active\n}\n"
#define LOAN                                                                   \
	"loan \"absence\" {\n role = lead\n from = louis.fictif\n"             \
	" to = ines.exemple\n effective-from = \"2026-11-01\"\n"               \
	" effective-until = \"2026-12-01\"\n source = \"s\"\n}\n"
#define HEAD "format = 1\n"
#define INES                                                                   \
	"\trole = caseworker\n\tteam = equipe-nord\n"                          \
	"\torganisation = association-exemple\n\tstatus = active\n"
#define INES_GONE                                                              \
	"\trole = caseworker\n\tteam = equipe-nord\n"                          \
	"\torganisation = association-exemple\n\tstatus = suspended\n"
#define DENIS                                                                  \
	"\trole = director\n\torganisation = association-exemple\n"            \
	"\tstatus = active\n"
#define DENIS_GONE                                                             \
	"\trole = director\n\torganisation = association-exemple\n"            \
	"\tstatus = suspended\n"
#define PARTI                                                                  \
	"\tuid = 62007\n\tname = \"Paul Parti\"\n\trole = caseworker\n"        \
	"\tteam = equipe-nord\n\torganisation = association-exemple\n"         \
	"\tstatus = suspended\n"
#define PARTI_BACK                                                             \
	"\tuid = 62007\n\tname = \"Paul Parti\"\n\trole = caseworker\n"        \
	"\tteam = equipe-nord\n\torganisation = association-exemple\n"         \
	"\tstatus = active\n"

static const struct {
	const char *what;
	struct {
		const char *from, *to;
	} edit[2];
	enum people_change expected;
} rows[] = {
	{ "a comment", { { HEAD, "# un mot\n" HEAD } }, PEOPLE_SAME },
	{ "a caseworker suspended", { { INES, INES_GONE } },
	    PEOPLE_SUSPENSION },
	{ "the director suspended", { { DENIS, DENIS_GONE } },
	    PEOPLE_SUSPENSION },
	{ "two suspended", { { INES, INES_GONE }, { DENIS, DENIS_GONE } },
	    PEOPLE_SUSPENSION },
	{ "a caseworker added", { { HEAD, HEAD CASEWORKER } },
	    PEOPLE_CASEWORKER },
	{ "one added, one suspended",
	    { { HEAD, HEAD CASEWORKER }, { INES, INES_GONE } },
	    PEOPLE_CASEWORKER },
	{ "one added, the director suspended",
	    { { HEAD, HEAD CASEWORKER }, { DENIS, DENIS_GONE } },
	    PEOPLE_OTHER },
	{ "a jurist added", { { HEAD, HEAD JURIST } }, PEOPLE_OTHER },
	{ "somebody is back", { { PARTI, PARTI_BACK } }, PEOPLE_OTHER },
	{ "suspended, and another uid",
	    { { INES, INES_GONE }, { "uid = 62001", "uid = 62051" } },
	    PEOPLE_OTHER },
	{ "suspended, and another team",
	    { { DENIS, DENIS_GONE },
		{ "team = equipe-nord", "team = equipe-sud" } },
	    PEOPLE_OTHER },
	{ "another name", { { "Inès Exemple", "Inès Autre" } }, PEOPLE_OTHER },
	{ "another account", { { "\"ines.exemple\"", "\"ines.autre\"" } },
	    PEOPLE_OTHER },
	{ "another role", { { "role = lead", "role = jurist" } },
	    PEOPLE_OTHER },
	{ "another key", { { "1NTE5AAAAIHSI", "1NTE5AAAAIHSJ" } }, PEOPLE_KEY },
	{ "another key for two",
	    { { "1NTE5AAAAIHSI", "1NTE5AAAAIHSJ" },
		{ "1NTE5AAAAIAya", "1NTE5AAAAIAyb" } },
	    PEOPLE_OTHER },
	{ "another key, a caseworker added",
	    { { "1NTE5AAAAIHSI", "1NTE5AAAAIHSJ" }, { HEAD, HEAD CASEWORKER } },
	    PEOPLE_OTHER },
	{ "another key, somebody suspended",
	    { { "1NTE5AAAAIHSI", "1NTE5AAAAIHSJ" }, { DENIS, DENIS_GONE } },
	    PEOPLE_OTHER },
	{ "another key, another name",
	    { { "1NTE5AAAAIHSI", "1NTE5AAAAIHSJ" },
		{ "Inès Exemple", "Inès Autre" } },
	    PEOPLE_OTHER },
	{ "another key of who is suspended",
	    { { "1NTE5AAAAIHSI", "1NTE5AAAAIHSJ" }, { INES, INES_GONE } },
	    PEOPLE_OTHER },
	{ "a key less",
	    { { "\tkeys = { \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"
		"IHSIku2Rivbe3HaSRvOm3vS69rhvH0E/MUyb7D32Wnm7 "
		"exemple\" }\n",
		"" } },
	    PEOPLE_OTHER },
	{ "another organisation",
	    { { "organisation = caf-exemple", "organisation = autre" } },
	    PEOPLE_OTHER },
	{ "a role lent", { { HEAD, HEAD LOAN } }, PEOPLE_OTHER },
	{ "a role lent, a caseworker added", { { HEAD, HEAD LOAN CASEWORKER } },
	    PEOPLE_OTHER },
};

static int
loads(struct rules *r, const char *text)
{
	rules_put(r, "people.conf", text);
	return rules_load(r);
}

static void
each_change_is_as_large_as_its_largest_part(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf people = { 0 };
	AUTO(policy_freep) struct policy *now = NULL;
	size_t i, k;
	int line, wrong = 0;

	rules_shipped("people.example.conf", &people);
	if (loads(r, buf_str(&people)) < 0)
		fail_msg("%s", buf_str(&r->problems));
	now = TAKE(r->p);
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf text = { 0 };
		enum people_change got;

		assert_int_equal(buf_add(&text, people.p, people.len, NULL), 0);
		for (k = 0; k < 2 && rows[i].edit[k].from != NULL; k++) {
			AUTO(buf_done) struct buf was = text;

			memset(&text, 0, sizeof(text));
			rules_edit(buf_str(&was), rows[i].edit[k].from,
			    rows[i].edit[k].to, &text, &line);
		}
		if (loads(r, buf_str(&text)) < 0)
			fail_msg("%s: %s", rows[i].what, buf_str(&r->problems));
		got = policy_people_change(now, r->p);
		if (got != rows[i].expected) {
			print_error("%s: %d\n", rows[i].what, (int)got);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Taking somebody from the list, or a loan, is no small thing either. */
static void
what_goes_away_is_as_much_as_what_comes(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf people = { 0 }, more = { 0 };
	AUTO(policy_freep) struct policy *now = NULL;
	int line;

	rules_shipped("people.example.conf", &people);
	rules_edit(buf_str(&people), HEAD, HEAD CASEWORKER, &more, &line);
	if (loads(r, buf_str(&more)) < 0)
		fail_msg("%s", buf_str(&r->problems));
	now = TAKE(r->p);
	assert_int_equal(loads(r, buf_str(&people)), 0);
	assert_int_equal(policy_people_change(now, r->p), PEOPLE_OTHER);
	assert_int_equal(policy_people_change(r->p, now), PEOPLE_CASEWORKER);
	policy_freep(&now);
	buf_reset(&more);
	rules_edit(buf_str(&people), HEAD, HEAD LOAN, &more, &line);
	if (loads(r, buf_str(&more)) < 0)
		fail_msg("%s", buf_str(&r->problems));
	now = TAKE(r->p);
	assert_int_equal(loads(r, buf_str(&people)), 0);
	assert_int_equal(policy_people_change(now, r->p), PEOPLE_OTHER);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, rules_setup_shipped, rules_teardown)
	const struct CMUnitTest tests[] = {
		T(each_change_is_as_large_as_its_largest_part),
		T(what_goes_away_is_as_much_as_what_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
