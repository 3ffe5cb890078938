/*
 * A pull against a withdrawal, and against a rectification, with real
 * threads that start together: whichever comes first, no pull's leaf comes
 * after the other's. SCEAU_RACES: how many withdrawals instead of 1000.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/core/extract_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define WITHDRAWALS 1000
#define RECTIFICATIONS 200

struct puller {
	struct scene *s;
	const char *extract;
	pthread_barrier_t *start;
	int64_t late_us; /* it begins so much after the other */
	struct err e;
	uint64_t leaf;
	int r;
};

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *
pull(void *arg)
{
	struct puller *p = arg;
	AUTO(buf_done) struct buf out = { 0 };
	struct caller caf = p->s->caf;
	struct id object;
	int64_t from;

	pthread_barrier_wait(p->start);
	for (from = now_us(); now_us() - from < p->late_us;)
		;
	p->r = partner_pull(
	    p->s->f->core, &caf, p->extract, &object, &out, &p->leaf, &p->e);
	return NULL;
}

/* How late the pull begins follows who came first the last time: so that they
 * meet, and now one, now the other wins. */
struct meeting {
	int64_t late_us;
	unsigned round, pulls;
};
#define STEP_US 150

/* Start both; other runs here and gives its leaf. */
static void
race(struct scene *s, const char *extract, struct meeting *m,
    uint64_t (*other)(struct scene *s, const void *arg), const void *arg)
{
	pthread_barrier_t start;
	struct puller p = { .s = s,
		.extract = extract,
		.start = &start,
		.late_us = m->late_us };
	pthread_t thread;
	uint64_t leaf;

	assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, pull, &p), 0);
	pthread_barrier_wait(&start);
	leaf = other(s, arg);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&start);
	if (p.r == 0 && p.leaf > leaf)
		fail_msg("round %u: pull %llu after %llu", m->round,
		    (unsigned long long)p.leaf, (unsigned long long)leaf);
	if (p.r < 0 && p.r != -(int)ERR_CONFLICT && p.r != -(int)ERR_DENIED)
		fail_msg("round %u: %s", m->round, p.e.text);
	m->pulls += p.r == 0;
	m->round++;
	m->late_us += p.r == 0 ? STEP_US : -STEP_US;
	if (m->late_us < 0)
		m->late_us = 0;
}

/* A race that one side always wins shows nothing. */
static void
check_met(const struct meeting *m)
{
	print_message("%u of %u pulls came first\n", m->pulls, m->round);
	assert_true(m->round < 200 || (m->pulls > 0 && m->pulls < m->round));
}

static uint64_t
withdraw(struct scene *s, const void *consent)
{
	json_t *answer = NULL;
	uint64_t leaf;

	if (scene_withdraw(s, consent, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	leaf = (uint64_t)json_integer_value(json_object_get(answer, "leaf"));
	assert_true(leaf > 0);
	json_decref(answer);
	return leaf;
}

static uint64_t
rectify(struct scene *s, const void *arg)
{
	uint64_t leaf = 0;

	(void)arg;
	if (scene_rectify(s, &leaf) < 0)
		fail_msg("%s", s->f->e.text);
	assert_true(leaf > 0);
	return leaf;
}

static unsigned
rounds(void)
{
	const char *s = getenv("SCEAU_RACES");

	return s != NULL ? (unsigned)strtoul(s, NULL, 10) : WITHDRAWALS;
}

static void
no_pull_comes_after_the_withdrawal(void **state)
{
	char consent[ID_TEXT], extract[ID_TEXT];
	struct meeting m = { 0 };
	unsigned n = rounds();
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	while (m.round < n) {
		if (scene_give(&s, "partage:caf", NULL, consent) < 0 ||
		    scene_extract(
			&s, "caf", "maintien-aide-logement", extract) < 0)
			fail_msg("round %u: %s", m.round, f->e.text);
		race(&s, extract, &m, withdraw, consent);
	}
	check_met(&m);
}

static void
no_pull_comes_after_the_rectification(void **state)
{
	unsigned n = rounds() < RECTIFICATIONS ? rounds() : RECTIFICATIONS;
	char consent[ID_TEXT], extract[ID_TEXT];
	struct meeting m = { 0 };
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(scene_give(&s, "partage:caf", NULL, consent), 0);
	while (m.round < n) {
		if (scene_extract(
			&s, "caf", "maintien-aide-logement", extract) < 0)
			fail_msg("round %u: %s", m.round, f->e.text);
		race(&s, extract, &m, rectify, NULL);
	}
	check_met(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_pull_comes_after_the_withdrawal, extract_setup,
		    core_fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    no_pull_comes_after_the_rectification, extract_setup,
		    core_fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
