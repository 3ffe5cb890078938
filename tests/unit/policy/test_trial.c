/* Tests of rules: what fails is told, and what must never be is found
 * wherever it hides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/model.h"
#include "policy/trial.h"
#include "rules.h"

#define HEAD "format = 1\non = \"2026-11-23\"\n"

static int
try_text(const struct policy *p, const char *text, struct buf *report,
    struct trial_counts *counts, struct err *e)
{
	struct policy_file f = { "t", text, strlen(text) };

	return policy_trial(p, &f, 1, report, counts, e);
}

/* What the small rules, with from replaced by to, make of a test file. */
static void
expect_report(struct rules *r, const char *from, const char *to,
    const char *text, const char *wanted)
{
	AUTO(buf_done) struct buf rules = { 0 }, report = { 0 };
	struct trial_counts n;
	struct err e = { 0 };
	int line;

	rules_edit(rules_small, from, to, &rules, &line);
	rules_put(r, "00-a.conf", buf_str(&rules));
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
	if (try_text(r->p, text, &report, &n, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_str(&report), wanted);
	assert_int_equal(n.failed > 0, *wanted != '\0');
}

/* --- tests ------------------------------------------------------------ */

#define DISCLOSURE                                                             \
	"test \"office\" {\n"                                                  \
	"	recipient = office purpose = share stage = amont\n"                  \
	"	consents = { share:office }\n"

static void
what_the_rules_decide_passes(void **state)
{
	expect_report(*state, "version = 7", "version = 8",
	    HEAD DISCLOSURE
	    "	expect = allow rule = to-office\n"
	    "	fields = { name, sum } withheld = none attach = none\n"
	    "}\n"
	    "test \"no consent\" { recipient = office stage = amont\n"
	    "	expect = deny tag = consent-missing rule = to-office }\n"
	    "test \"frozen\" { recipient = office stage = amont\n"
	    "	case = restricted consents = { share:office }\n"
	    "	expect = deny tag = case-restricted }\n"
	    "test \"team\" { role = worker operation = doc-read kind = note\n"
	    "	case = open own-team = true expect = allow rule = team }\n"
	    "test \"other\" { role = worker operation = doc-read kind = note\n"
	    "	case = open expect = deny tag = other-team }\n",
	    "");
}

static void
each_thing_that_differs_is_told(void **state)
{
	struct rules *r = *state;

	expect_report(r, "stages = { amont }", "stages = { aval }",
	    HEAD DISCLOSURE "	expect = allow }\n",
	    "t:3: \"office\": decision: expected allow, got deny. Nothing goes "
	    "to office: rule to-office is not for stage amont.\n");
	expect_report(r, "disclosure \"to-office\"", "disclosure \"renamed\"",
	    HEAD "test \"rule\" { recipient = office stage = aval\n"
		 "	consents = { share:office } expect = deny\n"
		 "	tag = consent-missing }\n",
	    "t:3: \"rule\": tag: expected consent-missing, got stage. Nothing "
	    "goes to office: rule renamed is not for stage aval.\n");
}

static void
fields_are_an_exact_list(void **state)
{
	AUTO(buf_done) struct buf report = { 0 };
	struct rules *r = *state;
	struct trial_counts n;
	struct err e;

	rules_put(r, "00-a.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(try_text(r->p,
			     HEAD DISCLOSURE
			     "	expect = allow fields = { name, health }\n"
			     "	withheld = { name } attach = { scan } }\n",
			     &report, &n, &e),
	    0);
	assert_int_equal(n.failed, 1);
	assert_non_null(strstr(buf_str(&report),
	    "\"office\": field: expected health, got nothing."));
	assert_non_null(strstr(
	    buf_str(&report), "\"office\": field: expected nothing, got sum."));
	assert_non_null(strstr(buf_str(&report),
	    "\"office\": withheld field: expected name, got nothing."));
	assert_non_null(strstr(buf_str(&report),
	    "\"office\": attached kind: expected scan, got nothing."));
}

static void
each_adult_has_consents_of_their_own(void **state)
{
	expect_report(*state, "version = 7", "version = 8",
	    HEAD "test \"both\" { recipient = office stage = amont\n"
		 "	adult \"titulaire\" { consents = { share:office } }\n"
		 "	adult \"b\" { role = occupant "
		 "consents = { share:office } }\n"
		 "	expect = allow }\n"
		 "test \"one\" { recipient = office stage = amont\n"
		 "	adult \"titulaire\" { consents = { share:office } }\n"
		 "	adult \"b\" { role = occupant }\n"
		 "	expect = deny tag = consent-missing }\n",
	    "");
}

/* --- never ------------------------------------------------------------ */

#define SITUATION                                                              \
	" when recipient = office stage = amont case = open diagnosis = "      \
	"unknown consents = { share:office } on = \"2026-11-23\"\n"

static void
what_never_goes_is_silent(void **state)
{
	expect_report(*state, "version = 7", "version = 8",
	    HEAD "never \"story\" { recipient = office\n"
		 "	sources = { note:story, note:health } }\n"
		 "never \"labels\" { labels = { sensitive, never } }\n"
		 "never \"paper\" { kinds = { scan } }\n"
		 "never \"aval\" { stages = { aval } anything = true }\n"
		 "never \"frozen\" { cases = { restricted } "
		 "anything = true }\n"
		 "never \"objection\" { objection = true anything = true }\n"
		 "never \"unasked\" { without-consent = { share:office }\n"
		 "	anything = true }\n"
		 "never \"work\" { purposes = { work } anything = true }\n"
		 "never \"but\" { anything = true\n"
		 "	except = { note:name, note:debt } }\n",
	    "");
}

/* A sabotage of the rules, and the never that sees it. */
static void
a_sensitive_field_that_goes_is_found(void **state)
{
	expect_report(*state, "	field \"sum\"",
	    "	sensitive = { note:health }\n"
	    "	field \"sick\" { from = \"note:health\" }\n"
	    "	field \"sum\"",
	    HEAD "never \"sick\" { recipient = office "
		 "labels = { sensitive } }\n",
	    "t:3: \"sick\": note:health goes by rule to-office" SITUATION);
}

static void
a_field_is_found_in_the_group_that_goes_whole(void **state)
{
	expect_report(*state, "\"note:debt.amount\"", "\"note:debt\"",
	    HEAD "never \"sum\" { sources = { note:debt.amount } }\n",
	    "t:3: \"sum\": note:debt goes by rule to-office" SITUATION);
}

static void
an_attached_document_is_found(void **state)
{
	expect_report(*state, "	expires-days = 30",
	    "	attach = { scan }\n	expires-days = 30",
	    HEAD "never \"paper\" { kinds = { scan } }\n",
	    "t:3: \"paper\": scan goes by rule to-office" SITUATION);
}

/* A rule that begins next year, or that ended, is tried on its days. */
static void
a_rule_of_another_day_is_found(void **state)
{
	expect_report(*state, "	expires-days = 30",
	    "	effective-from = \"2031-01-01\"\n	expires-days = 30",
	    HEAD "never \"later\" { recipient = office anything = true }\n",
	    "t:3: \"later\": note:name goes by rule to-office when recipient = "
	    "office stage = amont case = open diagnosis = unknown consents = "
	    "{ share:office } on = \"2031-01-01\"\n");
	expect_report(*state, "	expires-days = 30",
	    "	effective-until = \"2011-05-04\"\n	expires-days = 30",
	    HEAD "never \"now\" { recipient = office anything = true\n"
		 "	from = \"2011-05-05\" }\n",
	    "");
}

static void
a_consent_that_is_no_longer_asked_is_missed(void **state)
{
	expect_report(*state, "consent = share:office", "consent = none",
	    HEAD "never \"unasked\" { without-consent = { share:office }\n"
		 "	anything = true }\n",
	    "t:3: \"unasked\": note:name goes by rule to-office when recipient "
	    "= office stage = amont case = open diagnosis = unknown on = "
	    "\"2026-11-23\"\n");
}

static void
what_covers_no_situation_is_no_success(void **state)
{
	expect_report(*state, "version = 7", "version = 8",
	    HEAD "never \"nobody\" { recipient = office "
		 "landlord-facing = true\n"
		 "	anything = true }\n",
	    "t:3: \"nobody\": No situation is like this: it says nothing.\n");
}

static void
an_access_that_must_not_be_is_found(void **state)
{
	expect_report(*state, "scope = own-team", "scope = any",
	    HEAD "never \"others\" { role = worker operations = { doc-read }\n"
		 "	kinds = { scan } own-team = false }\n"
		 "never \"partner\" { role = partner\n"
		 "	operations-except = { extract-list } }\n",
	    "t:3: \"others\": doc-read goes by rule team when role = worker "
	    "operation = doc-read kind = scan case = open on = "
	    "\"2026-11-23\"\n");
}

static void
accesses_that_are_not_are_silent(void **state)
{
	expect_report(*state, "version = 7", "version = 8",
	    HEAD "never \"others\" { role = worker operations = { doc-read }\n"
		 "	own-team = false }\n"
		 "never \"closed\" { operations = { doc-read, doc-file }\n"
		 "	cases = { closed, restricted, none } }\n"
		 "never \"share\" { operations = { doc-read }\n"
		 "	purposes = { share } }\n"
		 "never \"the rest\" { role = worker operations-except =\n"
		 "	{ case-list, doc-read, doc-file, erase-approve } }\n",
	    "");
}

/* --- files that are not well formed ----------------------------------- */

static void
a_file_that_says_nothing_sure_is_refused(void **state)
{
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{ "format = 1\n", "t: no test in this file" },
		{ "on = \"2026-11-23\"\ntest \"a\" { recipient = office "
		  "expect = deny }\n",
		    "t:1: file \"t\" does not say its format" },
		{ "format = 1\ntest \"a\" { recipient = office "
		  "expect = deny }\n",
		    "t:2: test \"a\" does not say its day (on)" },
		{ HEAD "test \"a\" { recipient = office }\n",
		    "t:3: test \"a\" does not say its expect" },
		{ HEAD "test \"a\" { recipient = office expect = maybe }\n",
		    "t:3: unknown expect \"maybe\" in test \"a\"" },
		{ HEAD "test \"a\" {\nrecipient = nobody expect = deny }\n",
		    "t:4: recipient of test \"a\": the rules have no "
		    "\"nobody\"" },
		{ HEAD "test \"a\" { expect = deny }\n",
		    "t:3: test \"a\" says a recipient or a role, one of "
		    "them" },
		{ HEAD "test \"a\" { recipient = office role = worker "
		       "expect = deny }\n",
		    "t:3: test \"a\" says a recipient or a role, one of "
		    "them" },
		{ HEAD "test \"a\" { recipient = office glass = true "
		       "expect = deny }\n",
		    "t:3: test \"a\" is about a disclosure: glass says "
		    "nothing there" },
		{ HEAD "test \"a\" { role = worker operation = doc-read "
		       "stage = amont expect = deny }\n",
		    "t:3: test \"a\" is about an access: stage says nothing "
		    "there" },
		{ HEAD "test \"a\" { role = worker operation = fly "
		       "expect = deny }\n",
		    "t:3: operation of test \"a\": the rules have no "
		    "\"fly\"" },
		{ HEAD "test \"a\" { role = worker operation = status "
		       "own-team = true expect = deny }\n",
		    "t:3: test \"a\" names no case, and says whose it is" },
		{ HEAD "test \"a\" { recipient = office expect = deny "
		       "fields = { name } }\n",
		    "t:3: test \"a\" expects deny, and says what goes" },
		{ HEAD "test \"a\" { recipient = office expect = allow "
		       "tag = stage }\n",
		    "t:3: test \"a\" expects allow: there is no tag" },
		{ HEAD "test \"a\" { recipient = office expect = allow "
		       "rule = team }\n",
		    "t:3: rule of test \"a\": the rules have no \"team\"" },
		{ HEAD "test \"a\" { recipient = office expect = deny "
		       "on = \"2026-02-30\" }\n",
		    "t:3: on of test \"a\" is not a date YYYY-MM-DD" },
		{ HEAD "test \"a\" { recipient = office expect = deny "
		       "consents = { share:office } adult \"titulaire\" { } "
		       "}\n",
		    "t:3: test \"a\" says consents of all adults and of "
		    "each" },
		{ HEAD "test \"a\" { recipient = office expect = deny "
		       "adult \"voisin\" { } }\n",
		    "t:3: \"voisin\" is no role of a person in a case" },
		{ HEAD "test \"a\" { recipient = office weather = fair "
		       "expect = deny }\n",
		    "t:3: no such option 'weather'" },
		{ HEAD "never \"a\" { recipient = office }\n",
		    "t:3: never \"a\" does not say what must not go: sources, "
		    "labels, kinds or anything" },
		{ HEAD "never \"a\" { sources = { note:nothing } }\n",
		    "t:3: sources of never \"a\": the rules have no field "
		    "note:nothing" },
		{ HEAD "never \"a\" { sources = { note } }\n",
		    "t:3: sources of never \"a\": the rules have no field "
		    "note:" },
		{ HEAD "never \"a\" { labels = { secret } }\n",
		    "t:3: unknown word \"secret\" in labels of never \"a\"" },
		{ HEAD "never \"a\" { role = worker }\n",
		    "t:3: never \"a\" says operations or operations-except, "
		    "one of them" },
		{ HEAD "never \"a\" { operations = { doc-read }\n"
		       "anything = true }\n",
		    "t:4: never \"a\" is about an access: anything says "
		    "nothing there" },
		{ HEAD "never \"a\" { anything = true from = \"2027-01-01\"\n"
		       "until = \"2026-01-01\" }\n",
		    "t:4: until of never \"a\" is before from" },
		{ HEAD "never \"a\" { anything = \"${HOME}\" }\n",
		    "t:3: ${…} in a string: nothing is expanded here" },
	};
	struct rules *r = *state;
	size_t i;

	rules_put(r, "00-a.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf report = { 0 };
		struct trial_counts n;
		struct err e = { 0 };

		assert_int_equal(try_text(r->p, rows[i].text, &report, &n, &e),
		    -ERR_INVALID);
		assert_string_equal(e.tag, "policy");
		if (strncmp(buf_str(&report), rows[i].problem,
			strlen(rows[i].problem)) != 0)
			fail_msg("%s: %s", rows[i].problem, buf_str(&report));
		assert_int_equal(n.tests + n.nevers, 0);
	}
}

static int
stop(void *arg, const struct trial_failure *f, struct err *e)
{
	(void)f;
	++*(int *)arg;
	return err_set(e, ERR_FULL, "enough");
}

static void
who_is_told_may_stop(void **state)
{
	static const char text[] =
	    HEAD "test \"a\" { recipient = office expect = allow }\n"
		 "test \"b\" { recipient = office expect = allow }\n";
	const struct policy_file f = { "t", text, sizeof(text) - 1 };
	struct rules *r = *state;
	struct trial_counts n;
	struct err e = { 0 };
	int told = 0;

	rules_put(r, "00-a.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(
	    policy_trial_each(r->p, &f, 1, stop, &told, NULL, &n, &e),
	    -ERR_FULL);
	assert_int_equal(told, 1);
}

/* --- the whole domain of the shipped rules ---------------------------- */

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* One never for each role and operation: "role operation". */
static void
nevers_of_all(const struct policy *p, struct buf *out)
{
	size_t i;
	int op;

	assert_int_equal(buf_addstr(out, HEAD, NULL), 0);
	for (i = 0; i < p->nroles; i++)
		for (op = 0; op < OP_COUNT; op++)
			assert_int_equal(
			    buf_addf(out, NULL,
				"never \"%s %s\" { role = %s operations = { %s "
				"} }\n",
				p->roles[i].name,
				policy_op_name((enum policy_op)op),
				p->roles[i].name,
				policy_op_name((enum policy_op)op)),
			    0);
}

static int
is_told(const struct buf *report, const char *role, enum policy_op op)
{
	char title[160];

	snprintf(
	    title, sizeof(title), ": \"%s %s\": ", role, policy_op_name(op));
	return strstr((const char *)report->p, title) != NULL;
}

/*
 * What no rule tells apart is tried once: then whatever is allowed anywhere
 * in the domain must have been found.
 */
static void
no_access_hides_from_a_never(void **state)
{
	struct rules *r = *state;
	const struct policy *p = r->p;
	AUTO(buf_done) struct buf text = { 0 }, report = { 0 };
	struct trial_counts n;
	uint64_t x = 20261123;
	unsigned i, allowed = 0;
	struct err e;

	nevers_of_all(p, &text);
	assert_int_equal(try_text(p, buf_str(&text), &report, &n, &e), 0);
	assert_true(n.failed > 50 && n.failed < n.nevers);
	for (i = 0; i < 200000; i++) {
		uint64_t bits = next_random(&x);
		int on_case = bits >> 1 & 3;
		struct principal who = { .account = "",
			.role = NULL,
			.team = "a",
			.organisation = "a" };
		struct access_facts f = { .who = &who,
			.op = (enum policy_op)((bits >> 16) % OP_COUNT),
			.own_case = bits & 1,
			.day = 20000 + (int32_t)(bits >> 24 & 0x7ff),
			.broken_glass = bits >> 3 & 1,
			.stepped_up = bits >> 4 & 1 };
		struct decision d;

		who.role = p->roles[(bits >> 40) % p->nroles].name;
		if (on_case > 0) {
			f.team = on_case > 1 ? "a" : "b";
			f.organisation = bits >> 5 & 1 ? "a" : "b";
			f.case_state = names_states[(bits >> 6) % STATE_COUNT];
		}
		if (bits >> 46 & 1)
			f.kind = p->kinds[(bits >> 47) % p->nkinds].name;
		if (bits >> 54 & 1)
			f.purpose =
			    p->purposes[(bits >> 55) % p->npurposes].name;
		policy_authorize(p, &f, &d);
		allowed += (unsigned)d.allowed;
		if (d.allowed && !is_told(&report, who.role, f.op))
			fail_msg("%s", d.why);
	}
	assert_true(allowed > 1000);
}

/* One never for each recipient and field that some rule gives it:
 * "recipient kind:path". */
static void
nevers_of_fields(const struct policy *p, struct buf *out)
{
	const struct disclosure_rule *d;
	char title[256];
	size_t i, j;

	assert_int_equal(buf_addstr(out, HEAD, NULL), 0);
	for (i = 0; i < p->ndisclosures; i++) {
		d = &p->disclosures[i];
		for (j = 0; j < d->nfields; j++) {
			snprintf(title, sizeof(title), "\"%s %s:%s\"",
			    d->recipient, d->fields[j].kind, d->fields[j].path);
			if (out->len > 0 && strstr(buf_str(out), title) != NULL)
				continue;
			assert_int_equal(
			    buf_addf(out, NULL,
				"never %s { recipient = %s sources = { %s:%s } "
				"}\n",
				title, d->recipient, d->fields[j].kind,
				d->fields[j].path),
			    0);
		}
	}
}

struct chance {
	struct disclosure_facts f;
	struct disclosure_adult adults[3];
	const char *consents[3][8], *all[8], *events[33];
};

/* Some of the consents, those that all have into all. */
static void
draw_consents(const struct policy *p, struct chance *c, uint64_t *x)
{
	static const char *const roles[] = { "titulaire", "co-titulaire",
		"occupant" };
	size_t i, j, n[3] = { 0 }, nall = 0;

	c->f.nadults = next_random(x) % 4;
	for (j = 0; j < c->f.nadults; j++) {
		c->adults[j].role = roles[next_random(x) % 3];
		c->adults[j].consents = c->consents[j];
	}
	for (i = 0; i < p->nconsents && nall < 7; i++) {
		uint64_t bits = next_random(x) >> 8 & 7;
		int is_all = 1;

		for (j = 0; j < c->f.nadults; j++) {
			is_all &= (int)(bits >> j & 1);
			if ((bits >> j & 1) != 0 && n[j] < 7)
				c->consents[j][n[j]++] = p->consents[i].purpose;
		}
		if (is_all && (c->f.nadults > 0 || bits > 2))
			c->all[nall++] = p->consents[i].purpose;
	}
}

static void
draw_facts(const struct policy *p, struct chance *c, uint64_t *x)
{
	uint64_t bits = next_random(x) >> 8;
	size_t i, n = 0;

	memset(c, 0, sizeof(*c));
	c->f = (struct disclosure_facts){
		.recipient = p->recipients[bits % p->nrecipients].name,
		.case_state = bits >> 8 & 3 ? "open" : "closed",
		.objection = (bits >> 10 & 7) == 0,
		.day = 19500 + (int32_t)(bits >> 13 & 0x7ff),
		.diagnosis = (enum policy_diagnosis)((bits >> 24 & 0xff) % 3),
		.adults = c->adults,
		.consents = c->all,
		.events = c->events,
	};
	if (bits >> 32 & 1)
		c->f.stage = bits >> 33 & 1 ? "amont" : "aval";
	if (bits >> 34 & 3)
		c->f.purpose = p->purposes[(bits >> 36) % p->npurposes].name;
	bits = next_random(x);
	for (i = 0; i < p->nevents && n < 32; i++)
		if ((bits >> i & 1) != 0)
			c->events[n++] = p->events[i].name;
	draw_consents(p, c, x);
}

static void
expect_told(const struct policy *p, const struct buf *report,
    const struct chance *c, const struct disclosure_rule *rule)
{
	char title[256];
	size_t i;

	for (i = 0; i < rule->nfields; i++) {
		if (policy_field_verdict(
			p, &c->f, rule, &rule->fields[i], NULL) != FIELD_GIVEN)
			continue;
		snprintf(title, sizeof(title),
		    ": \"%s %s:%s\": ", rule->recipient, rule->fields[i].kind,
		    rule->fields[i].path);
		if (strstr((const char *)report->p, title) == NULL)
			fail_msg("%s by %s was not found", title, rule->name);
	}
}

/* The same for what goes: whatever goes anywhere was found. Sources that are
 * held back until an event need that event, and so on. */
static void
no_field_hides_from_a_never(void **state)
{
	struct rules *r = *state;
	const struct policy *p = r->p;
	AUTO(buf_done) struct buf text = { 0 }, report = { 0 };
	struct disclosure_decision d;
	struct trial_counts n;
	uint64_t x = 20270101;
	unsigned i, allowed = 0;
	struct chance c;
	struct err e;

	nevers_of_fields(p, &text);
	if (try_text(p, buf_str(&text), &report, &n, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(n.failed > 200);
	for (i = 0; i < 20000; i++) {
		draw_facts(p, &c, &x);
		policy_disclose(p, &c.f, &d);
		allowed += (unsigned)d.allowed;
		if (d.allowed)
			expect_told(p, &report, &c, d.rule);
	}
	assert_true(allowed > 200);
}

/* A counter-example, put into a file as a test, is one. */
static void
each_counter_example_is_a_test_that_passes(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 }, report = { 0 };
	AUTO(buf_done) struct buf tests = { 0 }, again = { 0 };
	struct trial_counts n, m;
	const char *line, *end, *facts;
	struct err e;

	nevers_of_all(r->p, &text);
	assert_int_equal(
	    buf_addstr(&text, "never \"any\" { anything = true }\n", NULL), 0);
	assert_int_equal(try_text(r->p, buf_str(&text), &report, &n, &e), 0);
	assert_int_equal(buf_addstr(&tests, "format = 1\n", NULL), 0);
	for (line = buf_str(&report); *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		facts = strstr(line, " when ");
		assert_true(facts != NULL && facts < end);
		assert_int_equal(buf_addf(&tests, NULL,
				     "test \"%u\" { expect = allow %.*s }\n",
				     (unsigned)(line - (const char *)report.p),
				     (int)(end - facts - 6), facts + 6),
		    0);
	}
	if (try_text(r->p, buf_str(&tests), &again, &m, &e) < 0)
		fail_msg("%s", buf_str(&again));
	assert_string_equal(buf_str(&again), "");
	assert_int_equal(m.tests, n.failed);
}

static int
setup_with_tests(void **state)
{
	static const char *const names[] = { "tests/10-ccapex.tests",
		"tests/20-caf.tests", "tests/30-banque-de-france.tests",
		"tests/40-bailleur.tests", "tests/45-autres.tests",
		"tests/50-acces.tests", "tests/90-jamais.tests" };
	struct rules *r;
	size_t i;

	if (rules_setup_shipped(state) < 0)
		return -1;
	r = *state;
	for (i = 0; i < NELEMS(names); i++) {
		AUTO(buf_done) struct buf text = { 0 };

		rules_shipped(names[i], &text);
		rules_put(r, names[i], buf_str(&text));
	}
	return rules_load(r);
}

/* --- the shipped tests ------------------------------------------------ */

static void
own_report(const struct policy *p, struct buf *report, struct trial_counts *n)
{
	struct err e = { 0 };

	if (policy_trial_own(p, report, n, &e) < 0)
		fail_msg("%s", e.text);
}

static void
the_shipped_rules_pass_their_tests(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf report = { 0 };
	struct trial_counts n;

	own_report(r->p, &report, &n);
	assert_string_equal(buf_str(&report), "");
	assert_true(n.tests > 100 && n.nevers > 30);
	assert_true(n.points > 100000 && n.decisions < n.points);
}

/* Each of these would be a harm, and loads. */
static const struct sabotage {
	const char *what, *from, *to, *caught;
} sabotages[] = {
	{ "the CAF sees other debts",
	    "	field \"allocataire.numero\" { from = "
	    "\"diagnostic:identite.numero-allocataire\"",
	    "	sensitive = { diagnostic:autres-dettes, "
	    "diagnostic:autres-dettes.type, diagnostic:autres-dettes.montant "
	    "}\n"
	    "	field \"dettes\" { from = \"diagnostic:autres-dettes\" }\n"
	    "	field \"allocataire.numero\" { from = "
	    "\"diagnostic:identite.numero-allocataire\"",
	    "la CAF ne voit rien de sensible" },
	{ "what is everybody's goes when one agrees",
	    "\"diagnostic:dette.montant\" }",
	    "\"diagnostic:dette.montant\" about = titulaire }",
	    "rien de commun à la CAF sans l'accord de tous" },
	{ "the landlord hears of it before it is admissible",
	    "value = surendettement }\n	field \"dsf:preconisations.code\"",
	    "value = mediation }\n	field \"dsf:preconisations.code\"",
	    "le bailleur n'apprend pas un surendettement" },
	{ "the landlord is no creditor",
	    "	landlord-facing = true\n	recipients = {",
	    "	landlord-facing = false\n	recipients = {",
	    "le bailleur n'apprend pas un surendettement" },
	{ "the report goes before the writ", "	events = { assignation }",
	    "	events = none", "rien de l'instance avant l'assignation" },
	{ "a refusal sends more than its outcome",
	    "	field \"resultat\" { from = \"issue:resultat\" }",
	    "	field \"resultat\" { from = \"issue:resultat\" }\n"
	    "	field \"dette\" { from = \"dsf:dette.montant\" }",
	    "d'un diagnostic refusé, l'issue seule" },
	{ "the administrator lists cases", "	operations = { publish }",
	    "	operations = { publish, case-list }",
	    "l'administrateur n'ouvre rien" },
	{ "partners search", "	operations = { extract-list, extract-ack,",
	    "	operations = { search, extract-list, extract-ack,",
	    "un partenaire ne fait jamais" },
	{ "a team reads them all",
	    "	scope = own-team\n	states = { open }\n	purposes = {\n"
	    "		accompagnement, exercice-des-droits, ",
	    "	scope = any\n	states = { open }\n	purposes = {\n"
	    "		accompagnement, exercice-des-droits, ",
	    "dans le dossier d'une autre équipe" },
};

static void
what_would_do_harm_is_caught_with_a_counter_example(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 };
	size_t i;

	rules_shipped("00-common.conf", &text);
	for (i = 0; i < NELEMS(sabotages); i++) {
		const struct sabotage *s = &sabotages[i];
		AUTO(buf_done) struct buf edited = { 0 }, report = { 0 };
		struct trial_counts n;
		const char *at;
		int line;

		rules_edit(buf_str(&text), s->from, s->to, &edited, &line);
		rules_put(r, "00-common.conf", buf_str(&edited));
		if (rules_load(r) < 0)
			fail_msg("%s: %s", s->what, buf_str(&r->problems));
		own_report(r->p, &report, &n);
		at = strstr(buf_str(&report), s->caught);
		if (at == NULL || strstr(at, " when r") == NULL)
			fail_msg("%s: %s", s->what, buf_str(&report));
	}
}

static void
trials_come_out_the_same(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 }, a = { 0 }, b = { 0 };
	struct trial_counts n, m;
	struct err e;

	nevers_of_all(r->p, &text);
	assert_int_equal(try_text(r->p, buf_str(&text), &a, &n, &e), 0);
	assert_int_equal(try_text(r->p, buf_str(&text), &b, &m, &e), 0);
	assert_string_equal(buf_str(&a), buf_str(&b));
	assert_memory_equal(&n, &m, sizeof(n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_RULES(t)                                                          \
	cmocka_unit_test_setup_teardown(t, rules_setup, rules_teardown)
		WITH_RULES(what_the_rules_decide_passes),
		WITH_RULES(each_thing_that_differs_is_told),
		WITH_RULES(fields_are_an_exact_list),
		WITH_RULES(each_adult_has_consents_of_their_own),
		WITH_RULES(what_never_goes_is_silent),
		WITH_RULES(a_sensitive_field_that_goes_is_found),
		WITH_RULES(a_field_is_found_in_the_group_that_goes_whole),
		WITH_RULES(an_attached_document_is_found),
		WITH_RULES(a_rule_of_another_day_is_found),
		WITH_RULES(a_consent_that_is_no_longer_asked_is_missed),
		WITH_RULES(what_covers_no_situation_is_no_success),
		WITH_RULES(an_access_that_must_not_be_is_found),
		WITH_RULES(accesses_that_are_not_are_silent),
		WITH_RULES(a_file_that_says_nothing_sure_is_refused),
		WITH_RULES(who_is_told_may_stop),
#define WITH_SHIPPED(t)                                                        \
	cmocka_unit_test_setup_teardown(t, rules_setup_shipped, rules_teardown)
		WITH_SHIPPED(no_access_hides_from_a_never),
		WITH_SHIPPED(no_field_hides_from_a_never),
		WITH_SHIPPED(each_counter_example_is_a_test_that_passes),
		cmocka_unit_test_setup_teardown(
		    the_shipped_rules_pass_their_tests, setup_with_tests,
		    rules_teardown),
		cmocka_unit_test_setup_teardown(
		    what_would_do_harm_is_caught_with_a_counter_example,
		    setup_with_tests, rules_teardown),
		WITH_SHIPPED(trials_come_out_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
