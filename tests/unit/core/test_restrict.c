/*
 * Restriction: effective at once, told to each who pulled, lifted only after
 * the person was told; nothing is read, pulled or erased meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/core/document.h"
#include "daemon/core/erasure.h"
#include "daemon/core/notice.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "tests/unit/core/extract_scene.h"

#define CAF_FOR "maintien-aide-logement"
#define CCAPEX_FOR "examen-ccapex"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static void
expect(struct scene *s, int got, enum err_code code, const char *tag)
{
	if (got != -(int)code)
		fail_msg("%d: %s", got, s->f->e.text);
	if (tag != NULL)
		assert_string_equal(s->f->e.tag, tag);
}

static int
limit(struct scene *s, enum person who, const char *ground, const char *request,
    size_t *notices)
{
	struct caller c = core_fixture_caller(s->f, who);
	struct restricting q = { .kase = s->kase,
		.ground = ground,
		.words = "Le montant est contesté.",
		.request = request };
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = restriction_set(s->f->core, &c, &q, &s->f->object, &j, &s->f->e);
	if (notices != NULL)
		*notices = json_array_size(json_object_get(j, "notices"));
	json_decref(j);
	return r;
}

static int
announce(struct scene *s, enum person who, const char *reason)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = restriction_announce(
	    s->f->core, &c, s->kase, reason, &s->f->object, &j, &s->f->e);
	if (r == 0)
		assert_non_null(strstr(
		    json_string_value(json_object_get(j, "letter")), reason));
	json_decref(j);
	return r;
}

static int
lift(struct scene *s, enum person who, const char *told, const char *channel)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = restriction_lift(s->f->core, &c, s->kase, told, channel,
	    &s->f->object, &j, &s->f->e);
	json_decref(j);
	return r;
}

static void
must_limit(struct scene *s, size_t *notices)
{
	if (limit(s, CAMILLE, "exactitude-contestee", "", notices) < 0)
		fail_msg("%s", s->f->e.text);
}

static void
must_lift(struct scene *s)
{
	if (announce(s, NOA, "Le montant est vérifié.") < 0 ||
	    lift(s, NOA, "", "courrier") < 0)
		fail_msg("%s", s->f->e.text);
}

static int
read_record(struct scene *s)
{
	AUTO(buf_done) struct buf out = { 0 };

	return core_fixture_get(s->f, CAMILLE, s->record, 0, 0, &out);
}

static int
plan(struct scene *s)
{
	struct erasure_asking a = {
		.kase = s->kase,
		.reason = "Demande",
		.basis = "RGPD art. 17",
	};
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = erasure_plan(s->f->core, &s->noa, &a, &s->f->object, &j, &s->f->e);
	json_decref(j);
	return r;
}

/* What everything that destroys asks within its transaction. */
static int
destroys(struct scene *s)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id kase;

	memset(&s->f->e, 0, sizeof(s->f->e));
	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	return restriction_check(&tx, &kase, &s->f->e);
}

static void
nothing_is_read_or_erased_until_it_is_lifted(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(read_record(&s), 0);
	must_limit(&s, NULL);
	expect(&s, read_record(&s), ERR_DENIED, NULL);
	expect(&s, plan(&s), ERR_DENIED, NULL);
	expect(&s, destroys(&s), ERR_CONFLICT, "restricted");
	expect(&s, announce(&s, NOA, "Vérifié."), ERR_OK, NULL);
	/* Announced is not lifted. */
	expect(&s, read_record(&s), ERR_DENIED, NULL);
	expect(&s, destroys(&s), ERR_CONFLICT, "restricted");
	expect(&s, lift(&s, NOA, "", "courrier"), ERR_OK, NULL);
	assert_int_equal(read_record(&s), 0);
	expect(&s, destroys(&s), ERR_OK, NULL);
	expect(&s, plan(&s), ERR_OK, NULL);
}

/* What was released before cannot be pulled, and may again when nothing else
 * changed. */
/* GDPR art. 18(2): a right before the courts, and nothing else. */
static void
it_is_read_for_a_right_in_court_by_the_jurist_alone(void **state)
{
	static const struct {
		enum person who;
		const char *purpose;
		int allowed;
	} rows[] = { { JURIST, "preuve-contentieux", 1 }, { JURIST, NULL, 0 },
		{ JURIST, "accompagnement", 0 },
		{ JURIST, "controle-interne", 0 },
		{ NOA, "preuve-contentieux", 0 },
		{ CAMILLE, "preuve-contentieux", 0 },
		{ DIRECTOR, "preuve-contentieux", 0 },
		{ DPO, "preuve-contentieux", 0 } };
	struct scene s;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f);
	must_limit(&s, NULL);
	for (i = 0; i < NELEMS(rows); i++) {
		struct caller c = core_fixture_caller(f, rows[i].who);
		struct content found = { 0 };
		int r;

		c.purpose = rows[i].purpose;
		r = content_open(
		    f->core, &c, s.record, 0, 0, &f->object, &found, &f->e);
		content_freep(&found.stream);
		if (r != (rows[i].allowed ? 0 : -ERR_DENIED))
			fail_msg("row %zu: %d %s", i, r, f->e.text);
	}
}

static void
a_released_extract_waits_for_the_lifting(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	struct scene s;
	json_t *j = NULL;
	FIXTURE(f);

	scene_init(&s, f);
	expect(
	    &s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract), ERR_OK, NULL);
	must_limit(&s, NULL);
	expect(&s, scene_pull(&s, &s.ccapex, extract, &out), ERR_CONFLICT,
	    "extract-suspended");
	assert_int_equal(out.len, 0);
	expect(&s, scene_release(&s, "ccapex", CCAPEX_FOR, NULL, &j),
	    ERR_DENIED, NULL);
	must_lift(&s);
	expect(&s, scene_pull(&s, &s.ccapex, extract, &out), ERR_OK, NULL);
	assert_true(out.len > 0);
}

static size_t
notices_of(struct scene *s, const struct caller *who, const char *reason)
{
	json_t *j = NULL, *o;
	size_t i, n = 0;

	if (notice_deliver(s->f->core, who, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(j, "notices"), i, o) n +=
	    strcmp(json_string_value(json_object_get(o, "reason")), reason) ==
	    0;
	json_decref(j);
	return n;
}

/* Two recipients: ccapex by law, caf by consent. Both pulled. */
static void
two_pull(struct scene *s)
{
	AUTO(buf_done) struct buf out = { 0 };
	char a[ID_TEXT], b[ID_TEXT], consent[ID_TEXT];

	expect(s, scene_extract(s, "ccapex", CCAPEX_FOR, a), ERR_OK, NULL);
	expect(s, scene_give(s, "partage:caf", NULL, consent), ERR_OK, NULL);
	expect(s, scene_extract(s, "caf", CAF_FOR, b), ERR_OK, NULL);
	expect(s, scene_pull(s, &s->ccapex, a, &out), ERR_OK, NULL);
	expect(s, scene_pull(s, &s->caf, b, &out), ERR_OK, NULL);
}

static void
each_recipient_who_pulled_is_told(void **state)
{
	struct scene s;
	size_t told = 0;
	FIXTURE(f);

	scene_init(&s, f);
	two_pull(&s);
	must_limit(&s, &told);
	assert_int_equal(told, 2);
	assert_int_equal(notices_of(&s, &s.ccapex, "restricted"), 1);
	assert_int_equal(notices_of(&s, &s.caf, "restricted"), 1);
	assert_int_equal(notices_of(&s, &s.siao, "restricted"), 0);
}

/* GDPR art. 19, for a rectification. */
static void
each_recipient_is_told_of_a_rectification(void **state)
{
	struct scene s;
	uint64_t leaf;
	FIXTURE(f);

	scene_init(&s, f);
	two_pull(&s);
	expect(&s, scene_rectify(&s, &leaf), ERR_OK, NULL);
	assert_int_equal(notices_of(&s, &s.ccapex, "rectified"), 1);
	assert_int_equal(notices_of(&s, &s.caf, "rectified"), 1);
	assert_int_equal(notices_of(&s, &s.siao, "rectified"), 0);
}

static void
who_may_not_and_what_is_not_are_refused(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	expect(&s, limit(&s, CAMILLE, "parce-que", "", NULL), ERR_REFUSED,
	    "restriction-ground");
	/* A ground for refusing an erasure is none for a restriction. */
	expect(&s, limit(&s, CAMILLE, "obligation-legale", "", NULL),
	    ERR_REFUSED, "restriction-ground");
	expect(&s, limit(&s, ADMIN, "exactitude-contestee", "", NULL),
	    ERR_DENIED, NULL);
	expect(&s,
	    limit(&s, CAMILLE, "exactitude-contestee",
		"aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL),
	    ERR_NOT_FOUND, NULL);
	must_limit(&s, NULL);
	expect(&s, limit(&s, CAMILLE, "exactitude-contestee", "", NULL),
	    ERR_DENIED, "case-restricted");
	expect(&s, announce(&s, CAMILLE, "Vérifié."), ERR_DENIED, NULL);
	expect(&s, lift(&s, NOA, "", "courrier"), ERR_CONFLICT,
	    "restriction-untold");
	expect(&s, announce(&s, NOA, "Vérifié."), ERR_OK, NULL);
	expect(&s, lift(&s, NOA, "2000-01-01", "courrier"), ERR_REFUSED,
	    "restriction-date");
	expect(&s, lift(&s, NOA, "2999-01-01", "courrier"), ERR_REFUSED,
	    "restriction-date");
	expect(&s, lift(&s, NOA, "", "pigeon"), ERR_REFUSED, "channel");
	expect(&s, lift(&s, NOA, "", "courrier"), ERR_OK, NULL);
	expect(&s, lift(&s, NOA, "", "courrier"), ERR_DENIED, NULL);
}

#define T(test)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    test, extract_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_read_or_erased_until_it_is_lifted),
		T(it_is_read_for_a_right_in_court_by_the_jurist_alone),
		T(a_released_extract_waits_for_the_lifting),
		T(each_recipient_who_pulled_is_told),
		T(each_recipient_is_told_of_a_rectification),
		T(who_may_not_and_what_is_not_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
