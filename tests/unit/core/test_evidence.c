/*
 * Signatures judged again: the verdict of the filing stays, each later one is
 * added under a key of its own, and all go with the document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/evidence.h"
#include "daemon/core/plan.h"
#include "daemon/core/recheck.h"
#include "daemon/core/rules.h"
#include "tests/unit/core/core_fixture.h"

struct scene {
	struct core_fixture *f;
	char kase[ID_TEXT], doc[ID_TEXT];
	struct id id;
	json_t *answer;
};

/* A case with one PDF in it, which nobody signed. */
static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;
	void *f;

	assert_non_null(s);
	assert_int_equal(core_fixture_setup(&f), 0);
	if (f == NULL) {
		free(s);
		*state = NULL;
		return 0;
	}
	s->f = f;
	core_fixture_case(s->f, CAMILLE, "Preuve", s->kase);
	core_fixture_pdf(&pdf, "contrat", 3000);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "contrat-engagement",
		pdf.p, pdf.len, "stylus", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(s->doc, sizeof(s->doc), "%s",
	    json_string_value(json_object_get(answer, "document")));
	assert_int_equal(id_parse(s->doc, &s->id, NULL), 0);
	json_decref(answer);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;
	void *f;

	if (s == NULL)
		return 0;
	f = s->f;
	json_decref(s->answer);
	free(s);
	return core_fixture_teardown(&f);
}

#define SCENE(s)                                                               \
	struct scene *s = *state;                                              \
	if (s == NULL)                                                         \
	skip()

static int
check_as(struct scene *s, enum person who, const char *at, uint32_t version)
{
	struct caller c = core_fixture_caller(s->f, who);
	struct recheck rc = {
		.document = s->doc, .version = version, .at = at
	};

	json_decref(s->answer);
	s->answer = NULL;
	return recheck(
	    s->f->core, &c, &rc, &s->f->object, &s->answer, &s->f->e);
}

static void
right(struct scene *s, int r)
{
	if (r < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
}

static void
refused(struct scene *s, int r, enum err_code code, const char *tag)
{
	if (r != -(int)code || strcmp(err_name(&s->f->e), tag) != 0)
		fail_msg("%d %s: %s", r, err_name(&s->f->e), s->f->e.text);
}

static const char *
in(const json_t *j, const char *object, const char *name)
{
	const json_t *o = object != NULL ? json_object_get(j, object) : j;
	const char *t = json_string_value(json_object_get(o, name));

	assert_non_null(t);
	return t;
}

/* The answer of `sceau show`; the caller's. */
static json_t *
show(struct scene *s)
{
	struct caller c = core_fixture_caller(s->f, NOA);
	json_t *j = NULL;

	right(s,
	    document_show(s->f->core, &c, s->doc, &s->f->object, &j, &s->f->e));
	return j;
}

static size_t
checks(struct scene *s)
{
	json_t *j = show(s);
	size_t n = json_array_size(json_object_get(j, "checks"));

	json_decref(j);
	return n;
}

static void
run_sql(struct scene *s, const char *text)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	right(s, tx_begin(s->f->core->catalog, &tx, &s->f->e));
	right(s, sql_open(&tx, text, &q, &s->f->e));
	right(s, sql_run(q, &s->f->e));
	sql_done(&q);
	right(s, tx_commit(&tx, &s->f->e));
}

static size_t
keys_of(struct scene *s)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };

	right(s, tx_read(s->f->core->catalog, &tx, &s->f->e));
	right(s, document_key_numbers(&tx, &s->id, &numbers, &s->f->e));
	return numbers.len / sizeof(uint64_t);
}

static void
each_verdict_is_added_and_none_replaced(void **state)
{
	json_t *before, *after, *list;
	size_t keys;
	int64_t leaf;
	SCENE(s);

	before = show(s);
	keys = keys_of(s);
	right(s, check_as(s, CAMILLE, "", 0));
	assert_string_equal(
	    in(s->answer, "filing", "indication"), "NOT-SIGNED");
	assert_string_equal(in(s->answer, "check", "indication"), "NOT-SIGNED");
	assert_string_equal(in(s->answer, "check", "by"), "camille.exemple");
	leaf = json_integer_value(json_object_get(s->answer, "leaf"));
	right(s, check_as(s, NOA, "", 1));
	assert_true(
	    json_integer_value(json_object_get(s->answer, "leaf")) > leaf);
	after = show(s);
	assert_true(json_equal(json_object_get(before, "verdicts"),
	    json_object_get(after, "verdicts")));
	list = json_object_get(after, "checks");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(
	    in(json_array_get(list, 0), NULL, "by"), "camille.exemple");
	assert_int_equal(json_integer_value(
			     json_object_get(json_array_get(list, 0), "leaf")),
	    leaf);
	assert_string_equal(
	    in(json_array_get(list, 1), NULL, "by"), "noa.exemple");
	assert_int_equal(keys_of(s), keys + 2);
	json_decref(before);
	json_decref(after);
}

static void
what_it_was_judged_by_is_kept_at_the_filing(void **state)
{
	json_t *by;
	SCENE(s);

	right(s, check_as(s, CAMILLE, "", 0));
	by = json_object_get(json_object_get(s->answer, "filing"), "evidence");
	assert_non_null(by);
	assert_int_equal(
	    json_integer_value(json_object_get(by, "generation")), 1);
	assert_int_equal(strlen(in(by, NULL, "anchors_sha256")), 64);
	assert_string_equal(in(by, NULL, "engine"),
	    in(json_object_get(s->answer, "check"), "evidence", "engine"));
	assert_string_equal(in(by, NULL, "anchors_sha256"),
	    in(json_object_get(s->answer, "check"), "evidence",
		"anchors_sha256"));
}

static void
a_time_is_one_that_was(void **state)
{
	static const char *const wrong[] = { "hier", "2999-01-01",
		"2999-01-01T00:00:00Z", "2026-02-30", "2026-11-01T25:00:00Z" };
	size_t i;
	SCENE(s);

	for (i = 0; i < NELEMS(wrong); i++)
		refused(s, check_as(s, CAMILLE, wrong[i], 0), ERR_INVALID,
		    "check-time");
	assert_int_equal(checks(s), 0);
	right(s, check_as(s, CAMILLE, "2020-06-30", 0));
	assert_string_equal(
	    in(json_array_get(json_object_get(s->answer, "differs"), 0), NULL,
		"what"),
	    "time");
	/* The day's end in France. */
	assert_string_equal(
	    in(json_object_get(s->answer, "check"), "evidence", "judged_at"),
	    "2020-06-30T21:59:59Z");
	right(s, check_as(s, CAMILLE, "2020-06-30T12:00:00Z", 0));
	assert_int_equal(checks(s), 2);
}

static void
it_is_decided_as_reading_is(void **state)
{
	SCENE(s);

	refused(s, check_as(s, SACHA, "", 0), ERR_NOT_FOUND, "not-found");
	refused(s, check_as(s, NOBODY, "", 0), ERR_DENIED, "nobody");
	refused(s, check_as(s, ADMIN, "", 0), ERR_DENIED, "no-rule");
	/* Before the time is read: no oracle. */
	refused(s, check_as(s, SACHA, "hier", 0), ERR_NOT_FOUND, "not-found");
	refused(s, check_as(s, CAMILLE, "", 7), ERR_NOT_FOUND, "version");
	run_sql(s, "UPDATE dossier SET state = 'restricted'");
	refused(s, check_as(s, CAMILLE, "", 0), ERR_DENIED, "case-restricted");
	run_sql(s, "UPDATE dossier SET state = 'open'");
	assert_int_equal(checks(s), 0);
}

/* As reading is: of an archived case by the jurist, with a reason. */
static void
an_archived_case_s_signatures_are_judged_for_a_reason(void **state)
{
	struct caller c;
	struct recheck rc = { .at = "" };
	SCENE(s);

	run_sql(s, "UPDATE dossier SET state = 'closed'");
	refused(s, check_as(s, CAMILLE, "", 0), ERR_DENIED, "no-rule");
	run_sql(s, "UPDATE dossier SET state = 'archived'");
	refused(s, check_as(s, CAMILLE, "", 0), ERR_DENIED, "no-rule");
	refused(s, check_as(s, JURIST, "", 0), ERR_DENIED, "purpose-missing");
	c = core_fixture_caller(s->f, JURIST);
	c.purpose = "preuve-contentieux";
	rc.document = s->doc;
	right(s,
	    recheck(s->f->core, &c, &rc, &s->f->object, &s->answer, &s->f->e));
	run_sql(s, "UPDATE dossier SET state = 'open'");
	assert_int_equal(checks(s), 1);
}

static int
check_lists(struct scene *s, const char *kind, const char *der, size_t n)
{
	struct caller c = core_fixture_caller(s->f, CAMILLE);
	struct recheck rc = { .document = s->doc, .at = "", .nlists = n };
	size_t i;

	for (i = 0; i < n; i++)
		rc.lists[i] = (struct recheck_list){ kind, der };
	json_decref(s->answer);
	s->answer = NULL;
	return recheck(
	    s->f->core, &c, &rc, &s->f->object, &s->answer, &s->f->e);
}

static void
lists_are_lists_and_bounded(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, big = { 0 };
	SCENE(s);

	refused(s, check_lists(s, "crl", "?", 1), ERR_INVALID, "member-type");
	refused(
	    s, check_lists(s, "crl", "", 1), ERR_REFUSED, "revocation-format");
	refused(s, check_lists(s, "crl", "AAAA", 1), ERR_REFUSED,
	    "revocation-format");
	refused(s, check_lists(s, "anchor", "MAAA", 1), ERR_REFUSED,
	    "revocation-format");
	right(s, buf_reserve(&big, RECHECK_LISTS_BYTES / 2 + 1, &s->f->e));
	big.len = RECHECK_LISTS_BYTES / 2 + 1;
	memset(big.p, 0x30, big.len);
	right(s, base64_format(big.p, big.len, &text, &s->f->e));
	refused(s, check_lists(s, "ocsp", buf_str(&text), 2), ERR_TOO_LARGE,
	    "revocation-size");
	assert_int_equal(checks(s), 0);
}

static void
other_bytes_are_not_judged(void **state)
{
	AUTO(version_done) struct version_row v = { 0 };
	struct document_facts doc;
	struct reopened files = { .signature.fd = -1 };
	struct caller c;
	json_t *manifest;
	uint64_t leaf;
	SCENE(s);

	c = core_fixture_caller(s->f, CAMILLE);
	right(s, core_read_leaf(s->f->core, &c, LEAF_DOC_CHECK, &s->id, NULL,
		     &leaf, &s->f->e));
	{
		AUTO(tx_end) struct tx tx = { 0 };

		right(s, tx_read(s->f->core->catalog, &tx, &s->f->e));
		right(s, document_by_id(&tx, &s->id, &doc, &s->f->e));
		right(s, version_load(&tx, &doc, 0, &v, &s->f->e));
	}
	right(s, version_open(s->f->core, &v, leaf, &manifest, &s->f->e));
	right(
	    s, recheck_open(s->f->core, &v, manifest, leaf, &files, &s->f->e));
	assert_int_equal(files.npages, 1);
	assert_int_equal(files.pages[0].held, files.pages[0].size);
	reopened_done(&files);
	json_object_set_new(manifest, "sha256",
	    json_string("00000000000000000000000000000000"
			"00000000000000000000000000000000"));
	refused(s,
	    recheck_open(s->f->core, &v, manifest, leaf, &files, &s->f->e),
	    ERR_INTEGRITY, "content-differs");
	json_decref(manifest);
	/* What was put in its place does not open under its key. */
	run_sql(s, "UPDATE page SET content = randomblob(16)");
	refused(s, check_as(s, CAMILLE, "", 0), ERR_INTEGRITY, "integrity");
	assert_int_equal(checks(s), 0);
}

static void
there_is_an_end_to_them(void **state)
{
	int i;
	SCENE(s);

	for (i = 0; i < EVIDENCE_MAX; i++)
		right(s, check_as(s, CAMILLE, "", 0));
	refused(s, check_as(s, CAMILLE, "", 0), ERR_CONFLICT, "evidence-full");
	assert_int_equal(checks(s), EVIDENCE_MAX);
}

static void
too_many_at_once_are_told_to_wait(void **state)
{
	SCENE(s);

	s->f->core->rechecks = RECHECKS_MAX;
	refused(s, check_as(s, CAMILLE, "", 0), ERR_BUSY, "busy");
	assert_int_equal(s->f->core->rechecks, RECHECKS_MAX);
	s->f->core->rechecks = 0;
	right(s, check_as(s, CAMILLE, "", 0));
}

static void
they_go_with_the_document(void **state)
{
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct id kase;
	size_t keys;
	SCENE(s);

	keys = keys_of(s);
	right(s, check_as(s, CAMILLE, "", 0));
	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	right(s, tx_begin(s->f->core->catalog, &tx, &s->f->e));
	right(s, plan_make(&tx, &kase, &s->id, 1, &p, &s->f->e));
	assert_int_equal(plan_keys(&p), keys + 1);
	right(s, plan_forget(&tx, &p, core_now(s->f->core), &s->f->e));
	right(s, sql_open(&tx, "SELECT count(*) FROM evidence", &q, &s->f->e));
	assert_int_equal(sql_step(q, &s->f->e), 1);
	assert_int_equal(sql_get_int(q, 0), 0);
}

static void
rules_of_a_time_are_those_in_force_then(void **state)
{
	uint32_t g = 0;
	SCENE(s);

	right(s, rules_when(s->f->core, 0, &g, &s->f->e));
	assert_int_equal(g, 1);
	right(s, rules_when(s->f->core, core_now(s->f->core), &g, &s->f->e));
	assert_int_equal(g, rules_generation(s->f->core));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_verdict_is_added_and_none_replaced),
		TEST(what_it_was_judged_by_is_kept_at_the_filing),
		TEST(a_time_is_one_that_was),
		TEST(it_is_decided_as_reading_is),
		TEST(an_archived_case_s_signatures_are_judged_for_a_reason),
		TEST(lists_are_lists_and_bounded),
		TEST(other_bytes_are_not_judged),
		TEST(there_is_an_end_to_them),
		TEST(too_many_at_once_are_told_to_wait),
		TEST(they_go_with_the_document),
		TEST(rules_of_a_time_are_those_in_force_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
