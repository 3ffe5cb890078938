/*
 * Suppression, proven by brute force: of every small table, all tables are
 * enumerated that have what is published, and each small cell must be able to
 * have a value far from its own among them. This knows nothing of flows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "daemon/core/suppress.h"

#define K 5
#define CELLS_MAX 9
#define SIDE_MAX 4

struct trial {
	size_t rows, cols;
	int64_t v[CELLS_MAX];
	uint8_t cell[CELLS_MAX], row[SIDE_MAX], col[SIDE_MAX];
	struct suppress_mask m;
	int exact;
	/* The search: a table in which target (a cell; or CELLS_MAX + i: the
	 * total of row i; 2 * CELLS_MAX + j: of column j; 3 * CELLS_MAX: the
	 * grand total) is at least wanted. */
	int64_t w[CELLS_MAX];
	size_t target;
	int64_t wanted;
	int64_t limit; /* no cell of the search is larger */
};

static int64_t
sum(const struct trial *t, const int64_t *v, size_t what)
{
	size_t i, j;
	int64_t s = 0;

	if (what < CELLS_MAX)
		return v[what];
	for (i = 0; i < t->rows; i++)
		for (j = 0; j < t->cols; j++)
			if (what == 3 * CELLS_MAX || what == CELLS_MAX + i ||
			    what == 2 * CELLS_MAX + j)
				s += v[i * t->cols + j];
	return s;
}

static int
row_may_be(const struct trial *t, size_t i)
{
	int64_t s = sum(t, t->w, CELLS_MAX + i);

	if (t->cols == 1)
		return 1;
	return t->row[i] ? s >= 1 : s == sum(t, t->v, CELLS_MAX + i);
}

static int
totals_may_be(const struct trial *t)
{
	int64_t s;
	size_t j;

	for (j = 0; t->cols > 1 && j < t->cols && j < SIDE_MAX; j++) {
		s = sum(t, t->w, 2 * CELLS_MAX + j);
		if (t->col[j] ? s < 1 : s != sum(t, t->v, 2 * CELLS_MAX + j))
			return 0;
	}
	s = sum(t, t->w, 3 * CELLS_MAX);
	return t->m.total ? s >= 1 : s == sum(t, t->v, 3 * CELLS_MAX);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Could what is published be that of a table from which at is filled in? */
static int
is_possible(struct trial *t, size_t at)
{
	size_t cells = t->rows * t->cols;
	int64_t x, first = 1, last = t->limit;
	size_t i = at / t->cols, j = at % t->cols;

	if (at > 0 && at % t->cols == 0 && !row_may_be(t, at / t->cols - 1))
		return 0;
	if (at == cells)
		return totals_may_be(t) && sum(t, t->w, t->target) >= t->wanted;
	if (!t->cell[at]) {
		t->w[at] = t->v[at];
		return is_possible(t, at + 1);
	}
	/* What a published total leaves for the last cell of its line. */
	memset(t->w + at, 0, (cells - at) * sizeof(*t->w));
	if (t->cols > 1 && i == t->rows - 1 && !t->col[j])
		first = last = sum(t, t->v, 2 * CELLS_MAX + j) -
			       sum(t, t->w, 2 * CELLS_MAX + j);
	else if (t->cols > 1 && j == t->cols - 1 && !t->row[i])
		first = last =
		    sum(t, t->v, CELLS_MAX + i) - sum(t, t->w, CELLS_MAX + i);
	else if (at == t->target)
		first = t->wanted;
	else if (at == cells - 1 && !t->m.total)
		first = last =
		    sum(t, t->v, 3 * CELLS_MAX) - sum(t, t->w, 3 * CELLS_MAX);
	if (!t->m.total)
		last = least(last,
		    sum(t, t->v, 3 * CELLS_MAX) - sum(t, t->w, 3 * CELLS_MAX));
	if (t->cols > 1 && !t->col[j])
		last = least(last, sum(t, t->v, 2 * CELLS_MAX + j) -
				       sum(t, t->w, 2 * CELLS_MAX + j));
	if (t->cols > 1 && !t->row[i])
		last = least(last,
		    sum(t, t->v, CELLS_MAX + i) - sum(t, t->w, CELLS_MAX + i));
	if (first < 1)
		return 0;
	for (x = first; x <= last; x++) {
		t->w[at] = x;
		if (is_possible(t, at + 1))
			return 1;
	}
	return 0;
}

static void
show(const struct trial *t, const char *why)
{
	size_t i, j;

	print_message(
	    "%s: %zux%zu exact %d\n", why, t->rows, t->cols, t->exact);
	for (i = 0; i < t->rows; i++) {
		for (j = 0; j < t->cols; j++)
			print_message(" %lld%s",
			    (long long)t->v[i * t->cols + j],
			    t->cell[i * t->cols + j] ? "*" : "");
		print_message(" | %s\n", t->row[i] ? "*" : "");
	}
	fail();
}

static void
expect_hidden(struct trial *t, size_t what, int hidden)
{
	int64_t v = sum(t, t->v, what);
	int small = v > 0 && v < K;

	if (small && !hidden)
		show(t, "a small count is published");
	if (v == 0 && hidden && !t->m.all)
		show(t, "a zero is hidden");
	if (!small || !hidden || t->m.all)
		return;
	t->target = what;
	t->wanted = v + K;
	t->limit = 2 * K + 4;
	if (!is_possible(t, 0)) {
		t->limit = sum(t, t->v, 3 * CELLS_MAX) + K;
		if (!is_possible(t, 0))
			show(t, "a small count is told by the others");
	}
}

static void
expect_all_hidden(struct trial *t)
{
	size_t i, cells = t->rows * t->cols;

	for (i = 0; i < cells; i++)
		if (!t->cell[i])
			show(t, "all but this cell is hidden");
	for (i = 0; t->cols > 1 && i < t->rows; i++)
		if (!t->row[i])
			show(t, "all but the total of a row is hidden");
	if (t->m.total == t->exact)
		show(t, "the grand total is not as it was asked for");
}

static void
try(struct trial *t)
{
	struct suppress_table table = { t->rows, t->cols, t->v, K, t->exact };
	size_t i;

	t->m = (struct suppress_mask){ t->cell, t->row, t->col, 0, 0 };
	assert_int_equal(suppress(&table, &t->m, NULL), 0);
	for (i = 0; i < t->rows * t->cols; i++)
		expect_hidden(t, i, t->cell[i]);
	for (i = 0; t->cols > 1 && i < t->rows; i++)
		expect_hidden(t, CELLS_MAX + i, t->row[i]);
	for (i = 0; t->cols > 1 && i < t->cols; i++)
		expect_hidden(t, 2 * CELLS_MAX + i, t->col[i]);
	if (!t->exact)
		expect_hidden(t, 3 * CELLS_MAX, t->m.total);
	else
		assert_int_equal(t->m.total, 0);
	if (t->m.all)
		expect_all_hidden(t);
}

/* All tables of this form whose cells are among values. */
static void
try_all(size_t rows, size_t cols, const int64_t *values, size_t n)
{
	struct trial t = { .rows = rows, .cols = cols };
	size_t at[CELLS_MAX] = { 0 }, i;

	for (;;) {
		for (i = 0; i < rows * cols; i++)
			t.v[i] = values[at[i]];
		for (t.exact = 0; t.exact < 2; t.exact++)
			try(&t);
		for (i = 0; i < rows * cols && ++at[i] == n; i++)
			at[i] = 0;
		if (i == rows * cols)
			return;
	}
}

static const int64_t few[] = { 0, 1, 2, 3, 4, 5, 6, 9, 14 };
static const int64_t fewer[] = { 0, 1, 4, 9 };
static const int64_t fewest[] = { 0, 2, 7 };

static void
no_list_tells_a_small_count(void **state)
{
	(void)state;
	try_all(1, 1, few, NELEMS(few));
	try_all(2, 1, few, NELEMS(few));
	try_all(3, 1, few, NELEMS(few));
	try_all(4, 1, few, NELEMS(few));
}

static void
no_two_by_two_tells_a_small_count(void **state)
{
	(void)state;
	try_all(2, 2, few, NELEMS(few));
}

static void
no_two_by_three_tells_a_small_count(void **state)
{
	(void)state;
	try_all(2, 3, fewer, NELEMS(fewer));
	try_all(3, 2, fewest, NELEMS(fewest));
}

static void
no_three_by_three_tells_a_small_count(void **state)
{
	struct trial t = { .rows = 3, .cols = 3 };
	uint32_t seed = 20261123;
	size_t round, i;

	(void)state;
	for (round = 0; round < 1500; round++) {
		for (i = 0; i < 9; i++) {
			seed = seed * 1664525 + 1013904223;
			t.v[i] = few[(seed >> 16) % NELEMS(few)];
		}
		t.exact = round % 2;
		try(&t);
	}
}

/* What needs no hiding is not hidden: counts of 5 and zeros. */
static void
a_table_without_small_counts_is_published_whole(void **state)
{
	const int64_t v[] = { 5, 0, 12, 0, 7, 30 };
	struct trial t = { .rows = 2, .cols = 3 };
	size_t i;

	(void)state;
	memcpy(t.v, v, sizeof(v));
	try(&t);
	for (i = 0; i < 6; i++)
		assert_int_equal(t.cell[i], 0);
	assert_int_equal(t.m.total, 0);
}

/* And not more than it takes, in the plainest case. */
static void
one_small_count_costs_one_square(void **state)
{
	const int64_t v[] = { 3, 10, 40, 11, 12, 50, 60, 70, 80 };
	struct trial t = { .rows = 3, .cols = 3, .exact = 1 };
	size_t i, n = 0;

	(void)state;
	memcpy(t.v, v, sizeof(v));
	try(&t);
	for (i = 0; i < 9; i++)
		n += t.cell[i];
	for (i = 0; i < 3; i++)
		n += t.row[i] + t.col[i];
	assert_int_equal(n, 4);
	assert_int_equal(t.m.all, 0);
}

static void
what_is_no_table_is_refused(void **state)
{
	int64_t v[2] = { 1, -1 };
	uint8_t a[2], b[2], c[2];
	struct suppress_mask m = { a, b, c, 0, 0 };
	struct suppress_table t = { 2, 1, v, K, 0 };

	(void)state;
	assert_int_equal(suppress(&t, &m, NULL), -ERR_INVALID);
	v[1] = 1;
	t.rows = 0;
	assert_int_equal(suppress(&t, &m, NULL), -ERR_INVALID);
	t.rows = SUPPRESS_SIDE_MAX + 1;
	assert_int_equal(suppress(&t, &m, NULL), -ERR_INVALID);
	t.rows = 2;
	t.k = 0;
	assert_int_equal(suppress(&t, &m, NULL), -ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_list_tells_a_small_count),
		cmocka_unit_test(no_two_by_two_tells_a_small_count),
		cmocka_unit_test(no_two_by_three_tells_a_small_count),
		cmocka_unit_test(no_three_by_three_tells_a_small_count),
		cmocka_unit_test(
		    a_table_without_small_counts_is_published_whole),
		cmocka_unit_test(one_small_count_costs_one_square),
		cmocka_unit_test(what_is_no_table_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
