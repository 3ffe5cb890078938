/* The audit log: leaves, time, heads, sealing, reading, tampering. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/unit/audit/audit_fixture.h"

static struct actor claire = { 1000, "claire", "caseworker" };
static struct actor hugo = { 1001, "hugo", "dpo" };

static int
setup(void **state)
{
	struct audit_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fixture_init(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	fixture_done(*state);
	free(*state);
	return 0;
}

static json_t *
read_all(struct audit_fixture *f, const struct audit_query *q, uint64_t *next)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t unused;
	json_t *j = NULL;

	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    audit_read(f->a, &tx, q, &j, next != NULL ? next : &unused, &f->e),
	    0);
	return j;
}

/* The numbers of the leaves that answer, as text: "7 4 0 ". */
static const char *
answer(struct audit_fixture *f, const struct audit_query *q)
{
	static char out[512];
	json_t *j = read_all(f, q, NULL), *one;
	size_t i, n = 0;

	out[0] = '\0';
	json_array_foreach(j, i, one) n +=
	    (size_t)snprintf(out + n, sizeof(out) - n, "%lld ",
		(long long)json_integer_value(json_object_get(one, "leaf")));
	json_decref(j);
	return out;
}

static const char *
text_at(json_t *list, size_t i, const char *name)
{
	return json_string_value(
	    json_object_get(json_array_get(list, i), name));
}

static void
leaf_of(struct audit_fixture *f, uint64_t seq, struct leaf *l)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf b = { 0 };

	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_leaf(&tx, seq, &b, &f->e), 0);
	assert_int_equal(leaf_decode(b.p, b.len, l, NULL, &f->e), 0);
}

static int
is_zero(const uint8_t p[32])
{
	static const uint8_t z[32];

	return memcmp(p, z, 32) == 0;
}

static void
a_leaf_carries_what_it_was_told(void **state)
{
	struct audit_fixture *f = *state;
	uint8_t bind[32], approvals[32];
	struct audit_entry en = { .klass = LEAF_DOC_FILE,
		.outcome = LEAF_OK,
		.actor = &claire,
		.object = { { 1, 2, 3 } },
		.bind = bind,
		.approvals = approvals };
	struct leaf l;

	memset(bind, 5, sizeof(bind));
	memset(approvals, 6, sizeof(approvals));
	audit_set_policy(f->a, 42);
	assert_int_equal(fixture_add(f, &en, NOW), 0);
	assert_int_equal(fixture_add(f, &en, NOW + 5), 1);
	leaf_of(f, 1, &l);
	assert_int_equal(l.seq, 1);
	assert_int_equal(l.time_ms, NOW + 5);
	assert_int_equal(l.klass, LEAF_DOC_FILE);
	assert_int_equal(l.policy, 42);
	assert_memory_equal(l.bind, bind, 32);
	assert_memory_equal(l.approvals, approvals, 32);
	assert_false(is_zero(l.detail));
	assert_false(is_zero(l.actor));
	assert_false(is_zero(l.object));
}

static void
tags_are_the_same_within_a_month_and_differ_across(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };
	struct audit_entry other = { .klass = LEAF_DOC_READ, .actor = &hugo };
	struct leaf a, b, c, d;

	fixture_add(f, &en, NOW);
	fixture_add(f, &en, NOW + 1);
	fixture_add(f, &other, NOW + 2);
	fixture_add(f, &en, NOW + 32 * DAY);
	leaf_of(f, 0, &a);
	leaf_of(f, 1, &b);
	leaf_of(f, 2, &c);
	leaf_of(f, 3, &d);
	assert_memory_equal(a.actor, b.actor, 32);
	assert_memory_not_equal(a.actor, c.actor, 32);
	assert_memory_not_equal(a.actor, d.actor, 32);
	assert_true(is_zero(a.object)); /* there is none */
	assert_memory_not_equal(a.detail, b.detail, 32);
}

static void
time_is_monotone_and_the_clock_stands_in_the_detail(void **state)
{
	/* ahead: of the machine's clock over vault time. */
	static const struct {
		int64_t now, ahead, want;
	} rows[] = {
		{ NOW, 0, NOW },
		{ NOW + 10, 0, NOW + 10 },
		{ NOW - 1, 0, NOW + 10 },
		{ 0, 0, NOW + 10 },
		{ NOW + 11, 400 * DAY, NOW + 11 },
		{ NOW + 12, -400 * DAY, NOW + 12 },
		{ NOW + 13, 1000, NOW + 13 },
		{ NOW + 14, 1001, NOW + 14 },
		{ NOW + 60 * DAY, 0, NOW + 60 * DAY },
	};
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };
	struct audit_query q = { .limit = 20 };
	struct leaf l;
	json_t *j, *raw;
	int64_t said;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(audit_time(f->a, rows[i].now), rows[i].want);
		audit_set_clock(f->a, rows[i].ahead);
		fixture_add(f, &en, rows[i].now);
		leaf_of(f, i, &l);
		assert_int_equal(l.time_ms, rows[i].want);
		if (i % 2 == 0)
			assert_int_equal(audit_settle(f->a, &f->e), 0);
	}
	/* The clock's own word is in the detail when it was another. */
	j = read_all(f, &q, NULL);
	for (i = 0; i < NELEMS(rows); i++) {
		raw = json_object_get(
		    json_array_get(j, NELEMS(rows) - 1 - i), "raw_ms");
		said = rows[i].now + rows[i].ahead;
		if (llabs(said - rows[i].want) > 1000)
			assert_int_equal(json_integer_value(raw), said);
		else
			assert_null(raw);
	}
	json_decref(j);
}

static void
time_outlives_a_restart_and_a_rewind(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t mark, seq;

	fixture_add(f, &en, NOW);
	fixture_close(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_time(f->a, NOW - DAY), NOW);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW + 1, &seq, &f->e), 0);
	mark = audit_mark(f->a);
	assert_int_equal(
	    audit_append(&tx, f->a, &en, NOW + DAY, &seq, &f->e), 0);
	assert_int_equal(audit_time(f->a, NOW), NOW + DAY);
	audit_rewind(f->a, mark);
	assert_int_equal(audit_time(f->a, NOW), NOW + 1);
	audit_rewind(f->a, 0);
	assert_int_equal(audit_time(f->a, NOW - 1), NOW);
	assert_int_equal(audit_mark(f->a), 1);
}

static void
a_change_that_is_undone_takes_its_leaves_along(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_FILE, .actor = &claire };
	struct audit_entry no = { .klass = LEAF_DOC_FILE,
		.outcome = LEAF_REFUSED,
		.actor = &claire };
	struct tx tx = { 0 };
	struct leaf l;
	uint64_t mark, seq;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	mark = audit_mark(f->a);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(tx_rewind(&tx, &f->e), 0);
	audit_rewind(f->a, mark);
	assert_int_equal(audit_append(&tx, f->a, &no, NOW, &seq, &f->e), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	leaf_of(f, 1, &l);
	assert_int_equal(l.outcome, LEAF_REFUSED);
	assert_int_equal(audit_size(f->a), 2);
	fixture_close(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_size(f->a), 2);
}

static void
a_transaction_that_is_rolled_back_leaves_no_leaf(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_FILE, .actor = &claire };
	uint64_t mark, seq;

	fixture_fill(f, 3);
	mark = audit_mark(f->a);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
		assert_int_equal(
		    audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	}
	audit_rewind(f->a, mark);
	assert_int_equal(audit_size(f->a), 3);
	assert_int_equal(fixture_add(f, &en, NOW), 3);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_head_size(f->a), 4);
}

static void
a_forgotten_rewind_is_refused_before_it_makes_a_gap(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_FILE, .actor = &claire };
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t seq;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	tx_end(&tx);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    audit_append(&tx, f->a, &en, NOW, &seq, &f->e), -ERR_INTERNAL);
	audit_rewind(f->a, 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	assert_int_equal(seq, 0);
}

static void
too_many_clear_entries_are_refused_and_leave_nothing(void **state)
{
	struct audit_fixture *f = *state;
	struct leaf_clear *clear = calloc(LEAF_CLEAR_MAX + 1, sizeof(*clear));
	struct audit_entry en = { .klass = LEAF_ERASE_RUN,
		.actor = &claire,
		.clear = clear,
		.nclear = LEAF_CLEAR_MAX + 1 };
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t seq;

	assert_non_null(clear);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    audit_append(&tx, f->a, &en, NOW, &seq, &f->e), -ERR_TOO_LARGE);
	assert_int_equal(audit_mark(f->a), 0);
	en.nclear--;
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	free(clear);
}

static void
verify_proof(struct audit_fixture *f, uint64_t seq)
{
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct checkpoint cp;
	struct hash leaf;
	size_t n;

	assert_int_equal(audit_proof(f->a, seq, &p, &f->e), 0);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_leaf(&tx, seq, &b, &f->e), 0);
	assert_int_equal(merkle_leaf_hash(b.p, b.len, &leaf, &f->e), 0);
	assert_int_equal(
	    note_verify((const char *)p.checkpoint.p, p.checkpoint.len,
		&f->agent.key, 1, &n, NULL, &f->e),
	    0);
	assert_int_equal(
	    checkpoint_parse((const char *)p.checkpoint.p, n, &cp, &f->e), 0);
	assert_int_equal(merkle_check_inclusion(&leaf, p.index, cp.size,
			     p.hashes, p.n, &cp.root, &f->e),
	    0);
}

static void
every_leaf_has_a_proof_under_the_newest_head(void **state)
{
	struct audit_fixture *f = *state;
	uint64_t i;

	fixture_fill(f, 1);
	verify_proof(f, 0);
	fixture_fill(f, 299);
	assert_int_equal(audit_head_size(f->a), 300);
	for (i = 0; i < 300; i += 13)
		verify_proof(f, i);
	verify_proof(f, 299);
}

static void
a_proof_waits_for_its_head(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	AUTO(buf_done) struct buf note = { 0 };
	struct hash root;

	assert_int_equal(audit_checkpoint(f->a, &note, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(audit_settle(f->a, &f->e), 0); /* nothing to do */
	assert_int_equal(f->agent.signs, 0);
	f->agent.away = 1;
	fixture_add(f, &en, NOW);
	assert_int_equal(audit_proof(f->a, 0, &p, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_UNAVAILABLE);
	assert_int_equal(audit_size(f->a), 1);
	assert_int_equal(audit_head_size(f->a), 0);
	assert_int_equal(audit_root(f->a, 1, &root, &f->e), 0);
	assert_int_equal(audit_root(f->a, 2, &root, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(audit_proof(f->a, 0, &p, &f->e), -ERR_PENDING);
	assert_int_equal(audit_proof(f->a, 1, &p, &f->e), -ERR_NOT_FOUND);
	f->agent.away = 0;
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	verify_proof(f, 0);
}

static void
one_later_head_covers_all_that_waited(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };
	int i;

	fixture_fill(f, 5);
	f->agent.away = 1;
	for (i = 0; i < 3; i++) {
		fixture_add(f, &en, NOW);
		assert_int_equal(audit_settle(f->a, &f->e), -ERR_UNAVAILABLE);
	}
	f->agent.away = 0;
	f->agent.sealed = 1;
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_SEALED);
	f->agent.sealed = 0;
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(f->agent.signs, 2);
	assert_int_equal(audit_head_size(f->a), 8);
	verify_proof(f, 6);
}

static void
a_head_whose_answer_was_lost_is_asked_for_again(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };

	fixture_fill(f, 2);
	fixture_add(f, &en, NOW);
	f->agent.lose_answer = 1;
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_UNAVAILABLE);
	assert_int_equal(audit_head_size(f->a), 2);
	f->agent.lose_answer = 0;
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	verify_proof(f, 2);
	/* And with more leaves behind it. */
	f->agent.lose_answer = 1;
	fixture_add(f, &en, NOW);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_UNAVAILABLE);
	f->agent.lose_answer = 0;
	fixture_add(f, &en, NOW);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	verify_proof(f, 4);
}

static void
a_head_lost_in_a_crash_is_signed_anew_the_same(void **state)
{
	struct audit_fixture *f = *state;
	AUTO(buf_done) struct buf before = { 0 }, after = { 0 };

	fixture_fill(f, 7);
	assert_int_equal(audit_checkpoint(f->a, &before, &f->e), 0);
	fixture_close(f); /* never flushed */
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_head_size(f->a), 0);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_checkpoint(f->a, &after, &f->e), 0);
	assert_string_equal(buf_str(&before), buf_str(&after));
	/* Flushed, it is there at once, with a sealed agent too. */
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	fixture_close(f);
	f->agent.sealed = 1;
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_head_size(f->a), 7);
	verify_proof(f, 6);
}

static void
a_catalog_older_than_the_agents_head_is_refused(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 4);
	f->agent.head_size = 5; /* it has signed more than there is */
	fixture_close(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_INCONSISTENT);
	assert_string_equal(f->e.tag, "log-rolled-back");
}

static void
a_catalog_with_other_leaves_is_refused(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 4);
	f->agent.head_root.b[3] ^= 1;
	fixture_close(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_INCONSISTENT);
	assert_string_equal(f->e.tag, "log-changed");
}

static void
a_head_over_something_else_is_not_taken(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };

	fixture_add(f, &en, NOW);
	f->agent.lie = 1;
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_INCONSISTENT);
	assert_int_equal(audit_head_size(f->a), 0);
}

static void
a_missing_leaf_stops_the_start(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 9);
	fixture_sql(f, "DELETE FROM detail WHERE seq = 4");
	fixture_sql(f, "DELETE FROM leaf WHERE seq = 4");
	audit_freep(&f->a);
	assert_int_equal(fixture_open(f), -ERR_INTEGRITY);
}

static void
a_cut_or_changed_log_does_not_fit_the_kept_head(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 9);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	fixture_sql(f, "UPDATE leaf SET hash = zeroblob(32) WHERE seq = 2");
	audit_freep(&f->a);
	assert_int_equal(fixture_open(f), -ERR_INCONSISTENT);
	assert_string_equal(f->e.tag, "log-changed");
	fixture_sql(f, "DELETE FROM detail WHERE seq >= 8");
	fixture_sql(f, "DELETE FROM leaf WHERE seq >= 8");
	assert_int_equal(fixture_open(f), -ERR_INCONSISTENT);
	assert_string_equal(f->e.tag, "log-rolled-back");
}

static int
check(struct audit_fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t n = 0;
	int r;

	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	r = audit_check(f->a, &tx, &n, &f->e);
	if (r == 0)
		assert_int_equal(n, audit_size(f->a));
	return r;
}

static void
a_check_finds_a_changed_entry_and_a_changed_detail(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 9);
	assert_int_equal(check(f), 0);
	fixture_sql(f, "UPDATE detail SET sealed = zeroblob(312)"
		       " WHERE seq = 3");
	assert_int_equal(check(f), -ERR_INTEGRITY);
	fixture_sql(f, "DELETE FROM detail WHERE seq = 3"); /* expired */
	assert_int_equal(check(f), 0);
	fixture_sql(f, "UPDATE leaf SET entry = (SELECT entry FROM leaf"
		       " WHERE seq = 5) WHERE seq = 6");
	assert_int_equal(check(f), -ERR_INTEGRITY);
}

static json_t *
detail(const char *purpose, const struct id *kase)
{
	char id[ID_TEXT];

	id_format(kase, id);
	return json_pack("{s:s, s:s}", "purpose", purpose, "case", id);
}

static const struct id doc1 = { { 1 } }, doc2 = { { 2 } };
static const struct id case1 = { { 11 } }, case2 = { { 12 } };

static void
add(struct audit_fixture *f, enum leaf_class klass, enum leaf_outcome outcome,
    const struct actor *who, const struct id *object, const struct id *kase,
    int64_t now)
{
	struct audit_entry en = { .klass = klass,
		.outcome = outcome,
		.actor = who,
		.object = *object };

	en.detail = detail("follow-up", kase);
	fixture_add(f, &en, now);
	json_decref(en.detail);
}

/* Six leaves over three days. */
static void
some_leaves(struct audit_fixture *f)
{
	add(f, LEAF_DOC_FILE, LEAF_OK, &claire, &doc1, &case1, NOW);
	add(f, LEAF_DOC_READ, LEAF_OK, &hugo, &doc1, &case1, NOW + 1);
	add(f, LEAF_DOC_FILE, LEAF_OK, &claire, &doc2, &case2, NOW + DAY);
	add(f, LEAF_DOC_READ, LEAF_DENIED, &hugo, &doc2, &case2, NOW + DAY + 1);
	add(f, LEAF_CASE_READ, LEAF_OK, &hugo, &case1, &case1, NOW + DAY + 2);
	add(f, LEAF_DOC_READ, LEAF_OK, &claire, &doc1, &case1, NOW + 2 * DAY);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
}

/* An extract of the case, made from both documents. */
static void
add_extract(struct audit_fixture *f, const struct actor *who, int64_t now)
{
	struct audit_entry en = {
		.klass = LEAF_EXTRACT_PULL, .actor = who, .object = case1
	};
	char kase[ID_TEXT], one[ID_TEXT], two[ID_TEXT];

	id_format(&case1, kase);
	id_format(&doc1, one);
	id_format(&doc2, two);
	en.detail = json_pack("{s:s, s:[{s:s, s:i}, {s:s, s:i}]}", "case", kase,
	    "sources", "document", one, "version", 1, "document", two,
	    "version", 3);
	fixture_add(f, &en, now);
	json_decref(en.detail);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
}

static void
questions_find_their_leaves_newest_first(void **state)
{
	static const struct {
		struct audit_query q;
		const char *want;
	} rows[] = {
		{ { 0 }, "5 4 3 2 1 0 " },
		{ { .limit = 2 }, "5 4 " },
		{ { .before = 4 }, "3 2 1 0 " },
		{ { .before = 1 }, "0 " },
		{ { .before = 99 }, "5 4 3 2 1 0 " },
		{ { .account = "claire" }, "5 2 0 " },
		{ { .account = "clair" }, "" },
		{ { .account = "" }, "" },
		{ { .object = &doc1 }, "5 1 0 " },
		{ { .object = &case1 }, "5 4 1 0 " },
		{ { .object = &case2 }, "3 2 " },
		{ { .object = &case1, .account = "hugo" }, "4 1 " },
		{ { .klass = LEAF_DOC_READ }, "5 3 1 " },
		{ { .klass = LEAF_SEARCH }, "" },
		{ { .since_ms = NOW + 1 }, "5 4 3 2 1 " },
		{ { .since_ms = NOW + 3 * DAY }, "" },
		{ { .until_ms = NOW + 1 }, "0 " },
		{ { .until_ms = NOW }, "" },
		{ { .since_ms = NOW + 1, .until_ms = NOW + DAY + 1 }, "2 1 " },
		{ { .since_ms = NOW + DAY, .until_ms = NOW + 1 }, "" },
		{ { .klass = LEAF_DOC_READ, .account = "hugo", .limit = 1 },
		    "3 " },
	};
	struct audit_fixture *f = *state;
	size_t i;

	assert_string_equal(answer(f, &rows[0].q), "");
	some_leaves(f);
	for (i = 0; i < NELEMS(rows); i++)
		assert_string_equal(answer(f, &rows[i].q), rows[i].want);
}

/* Who has an extract of it has seen it. */
static void
a_document_is_found_by_the_extracts_made_from_it(void **state)
{
	static const struct id doc3 = { { 3 } };
	static const struct {
		struct audit_query q;
		const char *want;
	} rows[] = {
		{ { .object = &doc1 }, "6 5 1 0 " },
		{ { .object = &doc2 }, "6 3 2 " },
		{ { .object = &doc3 }, "" },
		{ { .object = &case1 }, "6 5 4 1 0 " },
		{ { .object = &case2 }, "3 2 " },
		{ { .object = &doc2, .account = "hugo" }, "6 3 " },
		{ { .object = &doc2, .account = "claire" }, "2 " },
	};
	struct audit_fixture *f = *state;
	size_t i;

	some_leaves(f);
	add_extract(f, &hugo, NOW + 2 * DAY + 1);
	for (i = 0; i < NELEMS(rows); i++)
		assert_string_equal(answer(f, &rows[i].q), rows[i].want);
}

static void
an_answer_says_all_of_a_leaf(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query q = { .before = 4, .limit = 1 };
	char id[ID_TEXT], at[TIME_TEXT];
	uint64_t next;
	json_t *j;

	some_leaves(f);
	j = read_all(f, &q, &next);
	assert_int_equal(json_array_size(j), 1);
	assert_int_equal(next, 3);
	time_format(NOW + DAY + 1, at);
	assert_string_equal(text_at(j, 0, "at"), at);
	assert_string_equal(text_at(j, 0, "class"), "doc-read");
	assert_string_equal(text_at(j, 0, "outcome"), "denied");
	assert_string_equal(text_at(j, 0, "account"), "hugo");
	assert_string_equal(text_at(j, 0, "role"), "dpo");
	id_format(&doc2, id);
	assert_string_equal(text_at(j, 0, "object"), id);
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(j, 0), "uid")),
	    1001);
	assert_string_equal(
	    json_string_value(json_object_get(
		json_object_get(json_array_get(j, 0), "detail"), "purpose")),
	    "follow-up");
	json_decref(j);
}

static void
pages_join_without_gap_or_double(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query q = { .limit = 7 };
	uint64_t want = 50, next;
	size_t i;

	fixture_fill(f, 50);
	do {
		json_t *j = read_all(f, &q, &next), *one;

		json_array_foreach(j, i, one) assert_int_equal(
		    json_integer_value(json_object_get(one, "leaf")), --want);
		json_decref(j);
		q.before = next;
	} while (next > 0);
	assert_int_equal(want, 0);
}

static void
a_long_search_stops_and_says_where(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query q = { .klass = LEAF_SEARCH };
	uint64_t next;
	json_t *j;

	fixture_fill(f, AUDIT_SCAN_MAX + 10);
	j = read_all(f, &q, &next);
	assert_int_equal(json_array_size(j), 0);
	assert_int_equal(next, 10);
	json_decref(j);
	q.before = next;
	j = read_all(f, &q, &next);
	assert_int_equal(next, 0);
	json_decref(j);
}

static void
an_expired_month_says_so_and_the_tree_still_stands(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query all = { 0 }, who = { .account = "claire" };
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t months[4];
	size_t n;
	json_t *j;

	some_leaves(f);
	add(f, LEAF_DOC_READ, LEAF_OK, &claire, &doc1, &case1, NOW + 40 * DAY);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    audit_months(&tx, months, &n, 1, &f->e), -ERR_TOO_LARGE);
	assert_int_equal(audit_months(&tx, months, &n, 4, &f->e), 0);
	tx_end(&tx);
	assert_int_equal(n, 2);
	assert_int_equal(months[0], 2026 * 12 + 8);
	assert_int_equal(months[1], 2026 * 12 + 9);
	f->agent.expired = months[0];
	j = read_all(f, &all, NULL);
	assert_int_equal(json_array_size(j), 7);
	assert_true(
	    json_is_true(json_object_get(json_array_get(j, 3), "expired")));
	assert_string_equal(text_at(j, 3, "class"), "doc-read");
	assert_null(text_at(j, 3, "account"));
	assert_null(json_object_get(json_array_get(j, 3), "detail"));
	json_decref(j);
	assert_string_equal(answer(f, &who), "6 ");
	/* The rows go too: it reads the same. */
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_expire(&tx, months[0], &f->e), 0);
	assert_int_equal(audit_months(&tx, months, &n, 4, &f->e), 0);
	assert_int_equal(n, 1);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	f->agent.expired = 0;
	j = read_all(f, &all, NULL);
	assert_true(
	    json_is_true(json_object_get(json_array_get(j, 3), "expired")));
	json_decref(j);
	assert_int_equal(check(f), 0);
	verify_proof(f, 2);
}

static void
a_damaged_detail_shows_and_cannot_hide(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query who = { .account = "nobody" };

	some_leaves(f);
	fixture_sql(f, "UPDATE detail SET sealed = substr(sealed, 2)"
		       " WHERE seq = 3");
	assert_string_equal(answer(f, &who), "3 ");
	/* A detail put in another's place does not pass either. */
	fixture_sql(f, "UPDATE detail SET sealed = (SELECT sealed FROM detail"
		       " WHERE seq = 5) WHERE seq = 1");
	assert_string_equal(answer(f, &who), "3 1 ");
}

static void
a_changed_entry_is_not_read_over(void **state)
{
	struct audit_fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	struct audit_query q = { 0 };
	json_t *j = NULL;
	uint64_t next;

	some_leaves(f);
	fixture_sql(f, "UPDATE leaf SET entry = zeroblob(196) WHERE seq = 3");
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    audit_read(f->a, &tx, &q, &j, &next, &f->e), -ERR_INTEGRITY);
	assert_null(j);
}

static void
reading_while_sealed_is_refused(void **state)
{
	struct audit_fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	struct audit_query q = { 0 };
	json_t *j = NULL;
	uint64_t next;

	some_leaves(f);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	f->agent.sealed = 1;
	assert_int_equal(
	    audit_read(f->a, &tx, &q, &j, &next, &f->e), -ERR_SEALED);
	f->agent.away = 1;
	assert_int_equal(
	    audit_read(f->a, &tx, &q, &j, &next, &f->e), -ERR_UNAVAILABLE);
	assert_null(j);
}

static void
attempts_while_sealed_are_told_by_the_first_leaf_after(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query q = { .limit = 2 }, who = { .account = "hugo" };
	struct leaf l;
	json_t *j, *told;

	f->agent.sealed = 1;
	add(f, LEAF_DOC_READ, LEAF_SEALED, &hugo, &doc1, &case1, NOW);
	add(f, LEAF_CASE_READ, LEAF_SEALED, &claire, &case2, &case2, NOW);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_SEALED);
	leaf_of(f, 0, &l);
	assert_true(is_zero(l.detail));
	assert_true(is_zero(l.actor));
	assert_true(is_zero(l.object));
	assert_int_equal(l.outcome, LEAF_SEALED);
	f->agent.sealed = 0;
	add(f, LEAF_DOC_READ, LEAF_OK, &claire, &doc2, &case2, NOW + 1);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	add(f, LEAF_DOC_READ, LEAF_OK, &claire, &doc2, &case2, NOW + 2);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	j = read_all(f, &q, NULL);
	/* Once, and in the first. */
	assert_null(json_object_get(json_array_get(j, 0), "while_sealed"));
	told = json_object_get(json_array_get(j, 1), "while_sealed");
	assert_int_equal(json_array_size(told), 2);
	assert_string_equal(text_at(told, 0, "class"), "doc-read");
	assert_string_equal(text_at(told, 1, "outcome"), "sealed");
	assert_string_equal(
	    json_string_value(json_object_get(
		json_object_get(json_array_get(told, 0), "actor"), "account")),
	    "hugo");
	json_decref(j);
	assert_string_equal(answer(f, &who), "2 ");
}

static void
the_queue_is_bounded_and_counts_what_it_lost(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_query q = { .limit = 1 };
	json_t *j;
	int i;

	f->agent.away = 1;
	for (i = 0; i < 300; i++)
		add(f, LEAF_DOC_READ, LEAF_SEALED, &hugo, &doc1, &case1, NOW);
	f->agent.away = 0;
	fixture_fill(f, 1);
	j = read_all(f, &q, NULL);
	assert_int_equal(json_array_size(json_object_get(
			     json_array_get(j, 0), "while_sealed")),
	    256);
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(j, 0), "while_sealed_lost")),
	    300 - 256);
	json_decref(j);
}

static void
what_waits_follows_the_rewinds(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &hugo };
	struct audit_query q = { .limit = 1 };
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t seq;
	json_t *j;

	f->agent.sealed = 1;
	fixture_add(f, &en, NOW);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_SEALED);
	/* One more that is undone, then one that tells and is undone. */
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	tx_end(&tx);
	audit_rewind(f->a, 1);
	f->agent.sealed = 0;
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	tx_end(&tx);
	audit_rewind(f->a, 1);
	fixture_fill(f, 1);
	j = read_all(f, &q, NULL);
	assert_int_equal(json_array_size(json_object_get(
			     json_array_get(j, 0), "while_sealed")),
	    1);
	json_decref(j);
}

static void
the_months_key_is_asked_for_once_until_sealed(void **state)
{
	struct audit_fixture *f = *state;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };

	fixture_fill(f, 50);
	assert_int_equal(f->agent.detail_keys, 1);
	audit_seal(f->a);
	f->agent.sealed = 1;
	fixture_add(f, &en, NOW);
	f->agent.sealed = 0;
	fixture_fill(f, 50);
	assert_int_equal(f->agent.detail_keys, 2);
	fixture_add(f, &en, NOW + 32 * DAY);
	assert_int_equal(f->agent.detail_keys, 3);
}

static void
details_have_lengths_that_say_little(void **state)
{
	struct audit_fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &claire };
	char why[600];
	size_t i, n;

	for (i = 0; i < 40; i++) {
		memset(why, 'x', sizeof(why));
		why[i * 14] = '\0';
		en.detail = json_pack("{s:s}", "why", why);
		fixture_add(f, &en, NOW);
		json_decref(en.detail);
	}
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT sealed FROM detail", &q, &f->e), 0);
	while (sql_step(q, &f->e) > 0) {
		sql_get_blob(q, 0, &n);
		assert_int_equal((n - 56 - 16) % 256, 0);
	}
}

static int found;

static int
look(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)st;
	(void)ftw;
	if (flag != FTW_F)
		return 0;
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 26, &b, NULL), 0);
	if (b.p != NULL && (memmem(b.p, b.len, "claire", 6) != NULL ||
			       memmem(b.p, b.len, "follow-up", 9) != NULL))
		found = 1;
	return 0;
}

static void
no_name_and_no_purpose_is_on_disk_in_clear(void **state)
{
	struct audit_fixture *f = *state;

	some_leaves(f);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	found = 0;
	nftw(f->dir, look, 16, FTW_PHYS);
	assert_false(found);
	fixture_sql(f, "UPDATE head SET note = x'636c61697265'");
	nftw(f->dir, look, 16, FTW_PHYS);
	assert_true(found); /* it would have been seen */
}

static void
few_heads_are_kept_and_the_newest_is_among_them(void **state)
{
	struct audit_fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int i;

	for (i = 0; i < 80; i++) {
		fixture_fill(f, 1);
		assert_int_equal(audit_flush(f->a, &f->e), 0);
	}
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT count(*), max(size) FROM head", &q, &f->e),
	    0);
	assert_int_equal(sql_step(q, &f->e), 1);
	assert_int_equal(sql_get_int(q, 0), 64);
	assert_int_equal(sql_get_int(q, 1), 80);
}

struct shared {
	struct audit_fixture *f;
	atomic_int stop;
	int failed[3];
};

static void *
prove_all_along(void *arg)
{
	struct shared *s = arg;
	struct err e;

	while (!atomic_load(&s->stop)) {
		AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
		uint64_t n = audit_head_size(s->f->a);

		if (n > 0 && audit_proof(s->f->a, n - 1, &p, &e) < 0)
			s->failed[0] = 1;
	}
	return NULL;
}

static void *
read_all_along(void *arg)
{
	struct shared *s = arg;
	struct audit_query q = { .account = "claire", .limit = 20 };
	struct err e;

	while (!atomic_load(&s->stop)) {
		AUTO(tx_end) struct tx tx = { 0 };
		uint64_t next, leaves;
		json_t *j = NULL;

		if (tx_read(s->f->c, &tx, &e) < 0 ||
		    audit_read(s->f->a, &tx, &q, &j, &next, &e) < 0 ||
		    audit_check(s->f->a, &tx, &leaves, &e) < 0)
			s->failed[1] = 1;
		json_decref(j);
	}
	return NULL;
}

static void *
flush_all_along(void *arg)
{
	struct shared *s = arg;
	struct err e;

	while (!atomic_load(&s->stop)) {
		if (audit_flush(s->f->a, &e) < 0)
			s->failed[2] = 1;
		audit_seal(s->f->a);
	}
	return NULL;
}

static void
readers_and_flushes_go_along_with_the_committer(void **state)
{
	static void *(*const what[])(
	    void *) = { prove_all_along, read_all_along, flush_all_along };
	struct audit_fixture *f = *state;
	struct shared s = { .f = f };
	pthread_t t[3];
	int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, what[i], &s), 0);
	for (i = 0; i < 60; i++) {
		fixture_fill(f, 11);
		audit_rewind(f->a, audit_mark(f->a));
	}
	atomic_store(&s.stop, 1);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 3; i++)
		assert_int_equal(s.failed[i], 0);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	verify_proof(f, 659);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_leaf_carries_what_it_was_told),
		T(tags_are_the_same_within_a_month_and_differ_across),
		T(time_is_monotone_and_the_clock_stands_in_the_detail),
		T(time_outlives_a_restart_and_a_rewind),
		T(a_change_that_is_undone_takes_its_leaves_along),
		T(a_transaction_that_is_rolled_back_leaves_no_leaf),
		T(a_forgotten_rewind_is_refused_before_it_makes_a_gap),
		T(too_many_clear_entries_are_refused_and_leave_nothing),
		T(every_leaf_has_a_proof_under_the_newest_head),
		T(a_proof_waits_for_its_head),
		T(one_later_head_covers_all_that_waited),
		T(a_head_whose_answer_was_lost_is_asked_for_again),
		T(a_head_lost_in_a_crash_is_signed_anew_the_same),
		T(a_catalog_older_than_the_agents_head_is_refused),
		T(a_catalog_with_other_leaves_is_refused),
		T(a_head_over_something_else_is_not_taken),
		T(a_missing_leaf_stops_the_start),
		T(a_cut_or_changed_log_does_not_fit_the_kept_head),
		T(a_check_finds_a_changed_entry_and_a_changed_detail),
		T(questions_find_their_leaves_newest_first),
		T(a_document_is_found_by_the_extracts_made_from_it),
		T(an_answer_says_all_of_a_leaf),
		T(pages_join_without_gap_or_double),
		T(a_long_search_stops_and_says_where),
		T(an_expired_month_says_so_and_the_tree_still_stands),
		T(a_damaged_detail_shows_and_cannot_hide),
		T(a_changed_entry_is_not_read_over),
		T(reading_while_sealed_is_refused),
		T(attempts_while_sealed_are_told_by_the_first_leaf_after),
		T(the_queue_is_bounded_and_counts_what_it_lost),
		T(what_waits_follows_the_rewinds),
		T(the_months_key_is_asked_for_once_until_sealed),
		T(details_have_lengths_that_say_little),
		T(no_name_and_no_purpose_is_on_disk_in_clear),
		T(few_heads_are_kept_and_the_newest_is_among_them),
		T(readers_and_flushes_go_along_with_the_committer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
