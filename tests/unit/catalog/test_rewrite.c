/*
 * The catalog written anew: copies of deleted cells that SQLite leaves in the
 * free part of a page are gone, and nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/catalog/catalog.h"
#include "tests/unit/catalog/scratch.h"

#define DEAD "what-was-deleted-for-good-"
#define ALIVE "what-lives-on-"
#define ROWS 3000
#define LATER 600   /* rows that come before one goes */
#define TOGETHER 60 /* rows of a transaction */

static const char things[] = "CREATE TABLE thing (id BLOB PRIMARY KEY, v TEXT)"
			     " STRICT, WITHOUT ROWID";
static const char *const schema[] = { things };

struct fixture {
	struct scratch s;
	struct catalog *c;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	scratch_init(&f->s);
	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	catalog_freep(&f->c);
	scratch_done(&f->s);
	free(f);
	return 0;
}

/* Ids that come in no order, so that pages are balanced. */
static void
id_of(uint32_t n, struct id *out)
{
	uint32_t x = n;
	size_t i;

	for (i = 0; i < ID_LEN; i++) {
		x = x * 1664525u + 1013904223u;
		out->b[i] = (uint8_t)(x >> 24);
	}
}

static void
put(struct tx *tx, uint32_t n, const char *text)
{
	AUTO(sql_done) struct sql *q = NULL;
	char v[600];
	struct id id;

	id_of(n, &id);
	snprintf(v, sizeof(v), "%s%u-%0*d", text, n, 100 + (int)(n % 300), 0);
	assert_int_equal(
	    sql_open(tx, "INSERT INTO thing (id, v) VALUES (?, ?)", &q, NULL),
	    0);
	assert_int_equal(sql_id(q, 1, &id, NULL), 0);
	assert_int_equal(sql_text(q, 2, v, NULL), 0);
	assert_int_equal(sql_run(q, NULL), 0);
}

static void
take(struct tx *tx, uint32_t n)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;

	id_of(n, &id);
	assert_int_equal(
	    sql_open(tx, "DELETE FROM thing WHERE id = ?", &q, NULL), 0);
	assert_int_equal(sql_id(q, 1, &id, NULL), 0);
	assert_int_equal(sql_run(q, NULL), 0);
}

static int64_t
living(struct fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT count(*) FROM thing", &q, NULL), 0);
	assert_int_equal(sql_step(q, NULL), 1);
	return sql_get_int(q, 0);
}

/* Every third row lives; the others come and go. */
static void
fill(struct fixture *f)
{
	uint32_t i, k;

	for (i = 0; i < ROWS + LATER; i += TOGETHER) {
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
		for (k = i; k < i + TOGETHER; k++) {
			if (k < ROWS)
				put(&tx, k, k % 3 == 0 ? ALIVE : DEAD);
			if (k >= LATER && (k - LATER) % 3 != 0)
				take(&tx, k - LATER);
		}
		assert_int_equal(tx_commit(&tx, &f->e), 0);
	}
}

static void
copies_in_free_parts_of_pages_are_gone_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	fill(f);
	assert_int_equal(catalog_checkpoint(f->c, 1, &f->e), 0);
	/* Another SQLite may leave none: then there is nothing to show. */
	print_message("before: %s\n",
	    scratch_holds(&f->s, DEAD) ? "copies are left" : "no copy");
	assert_int_equal(catalog_rewrite(f->c, &f->e), 0);
	assert_false(scratch_holds(&f->s, DEAD));
	assert_true(scratch_holds(&f->s, ALIVE));
	assert_int_equal(living(f), ROWS / 3);
	catalog_freep(&f->c);
	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(living(f), ROWS / 3);
}

static void
a_snapshot_stands_and_the_writer_goes_on_after_it(void **state)
{
	struct fixture *f = *state;
	struct tx old = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };

	fill(f);
	assert_int_equal(tx_read(f->c, &old, &f->e), 0);
	/* The reader keeps the write-ahead log from being folded. */
	assert_int_equal(catalog_rewrite(f->c, &f->e), -ERR_BUSY);
	tx_end(&old);
	assert_int_equal(catalog_rewrite(f->c, &f->e), 0);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	put(&tx, ROWS, ALIVE);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(living(f), ROWS / 3 + 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(copies_in_free_parts_of_pages_are_gone_and_nothing_else),
		T(a_snapshot_stands_and_the_writer_goes_on_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
