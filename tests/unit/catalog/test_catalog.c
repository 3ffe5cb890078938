/* The catalog: settings, transactions, readers, schema, lock, residues. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "daemon/catalog/catalog.h"
#include "tests/unit/catalog/scratch.h"

static const char people[] =
    "CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE person (id BLOB PRIMARY KEY, team INTEGER REFERENCES team,"
    " name TEXT UNIQUE, note BLOB) STRICT;"
    "CREATE INDEX person_team ON person (team)";
static const char things[] =
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, v TEXT) STRICT";
static const char *const schema[] = { people, things };

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
	assert_int_equal(catalog_open(f->s.path, schema, 2, &f->c, &f->e), 0);
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

static void
again(struct fixture *f)
{
	catalog_freep(&f->c);
	assert_int_equal(catalog_open(f->s.path, schema, 2, &f->c, &f->e), 0);
}

static int
run(struct tx *tx, const char *text, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, text, &q, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
add(struct tx *tx, int64_t id, const char *v, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(
		 tx, "INSERT INTO thing (id, v) VALUES (?, ?)", &q, e)) < 0 ||
	    (r = sql_int(q, 1, id, e)) < 0 || (r = sql_text(q, 2, v, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int64_t
count(struct tx *tx)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct err e;

	assert_int_equal(sql_open(tx, "SELECT count(*) FROM thing", &q, &e), 0);
	assert_int_equal(sql_step(q, &e), 1);
	return sql_get_int(q, 0);
}

static int64_t
count_now(struct fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };

	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	return count(&tx);
}

static const struct {
	const char *get, *want;
} settings[] = {
	{ "PRAGMA journal_mode", "wal" },
	{ "PRAGMA synchronous", "2" },
	{ "PRAGMA foreign_keys", "1" },
	{ "PRAGMA trusted_schema", "0" },
	{ "PRAGMA secure_delete", "1" },
	{ "PRAGMA wal_autocheckpoint", "0" },
	{ "PRAGMA mmap_size", "0" },
	{ "PRAGMA cell_size_check", "1" },
	{ "PRAGMA temp_store", "2" },
	{ "PRAGMA writable_schema", "0" },
};

static void
in_force(struct tx *tx)
{
	struct err e;
	size_t i;

	for (i = 0; i < NELEMS(settings); i++) {
		AUTO(sql_done) struct sql *q = NULL;

		assert_int_equal(sql_open(tx, settings[i].get, &q, &e), 0);
		assert_int_equal(sql_step(q, &e), 1);
		assert_string_equal(sql_get_text(q, 0), settings[i].want);
	}
}

static void
the_settings_are_in_force_for_writer_and_reader(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx w = { 0 }, r = { 0 };

	assert_int_equal(tx_begin(f->c, &w, &f->e), 0);
	in_force(&w);
	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	in_force(&r);
}

static void
the_file_is_private(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char wal[96];

	assert_int_equal(stat(f->s.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(wal, sizeof(wal), "%s-wal", f->s.path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
a_symbolic_link_is_refused(void **state)
{
	struct fixture *f = *state;
	struct catalog *c = NULL;
	char link[96];

	snprintf(link, sizeof(link), "%s/link.db", f->s.dir);
	assert_int_equal(symlink(f->s.path, link), 0);
	assert_int_equal(catalog_open(link, schema, 2, &c, &f->e), -ERR_IO);
	assert_null(c);
}

static void
the_schema_cannot_be_edited_in_place(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_true(run(&tx, "UPDATE sqlite_schema SET sql = 'x'", &f->e) < 0);
	assert_true(run(&tx, "ATTACH 'other.db' AS o", &f->e) < 0);
}

static void
a_commit_is_there_after_opening_again(void **state)
{
	struct fixture *f = *state;
	struct tx tx = { 0 };

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(add(&tx, 1, "one", &f->e), 0);
	assert_int_equal(sql_changes(&tx), 1);
	assert_int_equal(sql_last_rowid(&tx), 1);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	again(f);
	assert_int_equal(count_now(f), 1);
}

static void
leaving_without_commit_rolls_back(void **state)
{
	struct fixture *f = *state;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
		assert_int_equal(add(&tx, 1, "one", &f->e), 0);
	}
	assert_int_equal(count_now(f), 0);
}

static void
a_transaction_commits_once(void **state)
{
	struct fixture *f = *state;
	struct tx tx = { 0 };

	assert_int_equal(tx_commit(&tx, &f->e), -ERR_INTERNAL);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), -ERR_INTERNAL);
	assert_int_equal(add(&tx, 1, "one", &f->e), -ERR_INTERNAL);
	tx_end(&tx);
}

static void
a_thread_that_writes_cannot_begin_again(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx a = { 0 }, b = { 0 };

	assert_int_equal(tx_begin(f->c, &a, &f->e), 0);
	assert_int_equal(tx_begin(f->c, &b, &f->e), -ERR_INTERNAL);
	assert_int_equal(catalog_checkpoint(f->c, 1, &f->e), -ERR_INTERNAL);
}

static void
savepoints_nest_and_rewind_to_their_own_mark(void **state)
{
	struct fixture *f = *state;
	struct tx tx = { 0 };

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(add(&tx, 1, "kept", &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(add(&tx, 2, "kept too", &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(add(&tx, 3, "undone", &f->e), 0);
	assert_int_equal(tx_rewind(&tx, &f->e), 0);
	assert_int_equal(count(&tx), 2);
	assert_int_equal(tx_release(&tx, &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(add(&tx, 4, "undone", &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(add(&tx, 5, "released into undone", &f->e), 0);
	assert_int_equal(tx_release(&tx, &f->e), 0);
	assert_int_equal(tx_rewind(&tx, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(count_now(f), 2);
}

static void
one_savepoint_too_many_or_too_few_is_refused(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	int i;

	assert_int_equal(tx_mark(&tx, &f->e), -ERR_INTERNAL);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(tx_release(&tx, &f->e), -ERR_INTERNAL);
	assert_int_equal(tx_rewind(&tx, &f->e), -ERR_INTERNAL);
	for (i = 0; i < 64; i++)
		assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), -ERR_INTERNAL);
	tx_end(&tx);
	/* The depth is the transaction's, not the connection's. */
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(tx_release(&tx, &f->e), -ERR_INTERNAL);
}

static void
a_change_that_fails_leaves_the_others_of_its_group(void **state)
{
	struct fixture *f = *state;
	struct tx tx = { 0 };

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(add(&tx, 1, "one", &f->e), 0);
	assert_int_equal(tx_release(&tx, &f->e), 0);
	assert_int_equal(tx_mark(&tx, &f->e), 0);
	assert_int_equal(add(&tx, 2, "two", &f->e), 0);
	assert_int_equal(add(&tx, 1, "again", &f->e), -ERR_CONFLICT);
	assert_int_equal(tx_rewind(&tx, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(count_now(f), 1);
}

static void
a_reader_keeps_its_snapshot(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx r = { 0 };
	struct tx w = { 0 };

	/* Taken before the commit, first used after it. */
	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	assert_int_equal(tx_begin(f->c, &w, &f->e), 0);
	assert_int_equal(add(&w, 1, "one", &f->e), 0);
	assert_int_equal(count_now(f), 0);
	assert_int_equal(tx_commit(&w, &f->e), 0);
	assert_int_equal(count(&r), 0);
	assert_int_equal(count_now(f), 1);
}

static void
a_reader_cannot_write(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx r = { 0 };

	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	assert_int_equal(add(&r, 1, "one", &f->e), -ERR_INTERNAL);
	tx_end(&r);
	assert_int_equal(count_now(f), 0);
}

static void
readers_are_bounded(void **state)
{
	struct fixture *f = *state;
	static struct tx r[129];
	int i;

	for (i = 0; i < 128; i++)
		assert_int_equal(tx_read(f->c, &r[i], &f->e), 0);
	assert_int_equal(tx_read(f->c, &r[128], &f->e), -ERR_BUSY);
	tx_end(&r[7]);
	assert_int_equal(tx_read(f->c, &r[128], &f->e), 0);
	for (i = 0; i < 129; i++)
		tx_end(&r[i]);
}

static void
constraints_are_conflicts(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    run(&tx, "INSERT INTO team (id, name) VALUES (1, NULL)", &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(
	    run(&tx, "INSERT INTO person (id, team) VALUES (x'00', 9)", &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(
	    run(&tx, "INSERT INTO team (id, name) VALUES (1, x'00')", &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(
	    run(&tx, "INSERT INTO nowhere VALUES (1)", &f->e), -ERR_INTERNAL);
	assert_int_equal(run(&tx, "SELECT 1", &f->e), -ERR_INTERNAL);
	assert_int_equal(run(&tx, "", &f->e), -ERR_INTERNAL);
	/* A quoted word is a name, never a text by accident. */
	assert_int_equal(
	    run(&tx, "INSERT INTO team (id, name) VALUES (1, \"x\")", &f->e),
	    -ERR_INTERNAL);
}

static void
values_come_back_as_they_went_in(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *in = NULL, *out = NULL;
	struct id id, got;
	const void *p;
	size_t n;

	assert_int_equal(id_random(&id, &f->e), 0);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(sql_open(&tx,
			     "INSERT INTO person (id, team, name, note)"
			     " VALUES (?, ?, ?, ?)",
			     &in, &f->e),
	    0);
	assert_int_equal(sql_id(in, 1, &id, &f->e), 0);
	assert_int_equal(sql_null(in, 2, &f->e), 0);
	assert_int_equal(sql_text(in, 3, "Zoé", &f->e), 0);
	assert_int_equal(sql_blob(in, 4, NULL, 0, &f->e), 0);
	assert_int_equal(sql_int(in, 5, 1, &f->e), -ERR_INTERNAL);
	assert_int_equal(sql_run(in, &f->e), 0);
	assert_int_equal(
	    sql_open(
		&tx, "SELECT id, team, name, note FROM person", &out, &f->e),
	    0);
	assert_int_equal(sql_step(out, &f->e), 1);
	assert_int_equal(sql_get_id(out, 0, &got, &f->e), 0);
	assert_true(id_equal(&id, &got));
	assert_true(sql_is_null(out, 1));
	assert_int_equal(sql_get_int(out, 1), 0);
	assert_string_equal(sql_get_text(out, 1), "");
	assert_string_equal(sql_get_text(out, 2), "Zoé");
	assert_false(sql_is_null(out, 3));
	p = sql_get_blob(out, 3, &n);
	assert_non_null(p);
	assert_int_equal(n, 0);
	assert_int_equal(sql_get_id(out, 2, &got, &f->e), -ERR_INTEGRITY);
	assert_int_equal(sql_step(out, &f->e), 0);
}

static void
a_statement_may_be_open_twice(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *a = NULL, *b = NULL;
	const char *text = "SELECT id FROM thing ORDER BY id";

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(add(&tx, 1, "one", &f->e), 0);
	assert_int_equal(add(&tx, 2, "two", &f->e), 0);
	assert_int_equal(sql_open(&tx, text, &a, &f->e), 0);
	assert_int_equal(sql_step(a, &f->e), 1);
	assert_int_equal(sql_open(&tx, text, &b, &f->e), 0);
	assert_int_equal(sql_step(b, &f->e), 1);
	assert_int_equal(sql_step(a, &f->e), 1);
	assert_int_equal(sql_get_int(a, 0), 2);
	assert_int_equal(sql_get_int(b, 0), 1);
}

static void
a_statement_forgets_its_values_between_uses(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	const char *text = "INSERT INTO thing (id, v) VALUES (?, ?)";
	AUTO(sql_done) struct sql *q = NULL, *look = NULL;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(add(&tx, 1, "one", &f->e), 0);
	assert_int_equal(sql_open(&tx, text, &q, &f->e), 0);
	assert_int_equal(sql_int(q, 1, 2, &f->e), 0);
	assert_int_equal(sql_run(q, &f->e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT v FROM thing WHERE id = 2", &look, &f->e), 0);
	assert_int_equal(sql_step(look, &f->e), 1);
	assert_true(sql_is_null(look, 0));
}

static void
a_statement_kept_past_its_transaction_is_dead(void **state)
{
	struct fixture *f = *state;
	AUTO(sql_done) struct sql *q = NULL;
	struct tx tx = { 0 };
	struct id id;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(add(&tx, 1, "one", &f->e), 0);
	assert_int_equal(sql_open(&tx, "SELECT id FROM thing", &q, &f->e), 0);
	assert_int_equal(sql_step(q, &f->e), 1);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(sql_step(q, &f->e), -ERR_INTERNAL);
	assert_int_equal(sql_int(q, 1, 1, &f->e), -ERR_INTERNAL);
	assert_int_equal(sql_get_int(q, 0), 0);
	assert_string_equal(sql_get_text(q, 0), "");
	assert_true(sql_is_null(q, 0));
	assert_int_equal(sql_get_id(q, 0, &id, &f->e), -ERR_INTEGRITY);
}

static void
texts_that_are_not_constant_are_noticed(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	char text[64];
	int i, r = 0;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	for (i = 0; i < 1000 && r == 0; i++) {
		snprintf(
		    text, sizeof(text), "DELETE FROM thing WHERE id = %d", i);
		r = run(&tx, text, &f->e);
	}
	assert_int_equal(r, -ERR_INTERNAL);
}

static void
a_second_opener_is_refused(void **state)
{
	struct fixture *f = *state;
	AUTO(catalog_freep) struct catalog *c = NULL;

	assert_int_equal(
	    catalog_open(f->s.path, schema, 2, &c, &f->e), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "vault-in-use");
	assert_null(c);
	catalog_freep(&f->c);
	assert_int_equal(catalog_open(f->s.path, schema, 2, &c, &f->e), 0);
}

static void
another_schema_is_refused(void **state)
{
	static const char other[] =
	    "CREATE TABLE thing (id INTEGER PRIMARY KEY, v TEXT, w TEXT)";
	static const struct {
		const char *texts[3];
		size_t n;
	} rows[] = {
		{ { people, other }, 2 },
		{ { things, people }, 2 },
		{ { people }, 1 },
		{ { NULL }, 0 },
		{ { people, things, "CREATE TABLE more (a)" }, 3 },
	};
	struct fixture *f = *state;
	struct catalog *c = NULL;
	size_t i;

	catalog_freep(&f->c);
	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(catalog_open(f->s.path, rows[i].texts,
				     rows[i].n, &c, &f->e),
		    -ERR_INCONSISTENT);
		assert_string_equal(f->e.tag, "schema");
		assert_null(c);
	}
	assert_int_equal(catalog_open(f->s.path, schema, 2, &f->c, &f->e), 0);
}

static void
a_schema_that_fails_leaves_an_empty_file(void **state)
{
	static const char *const bad[] = { things, "CREATE NONSENSE" };
	struct fixture *f = *state;
	struct catalog *c = NULL;

	catalog_freep(&f->c);
	assert_int_equal(unlink(f->s.path), 0);
	assert_true(catalog_open(f->s.path, bad, 2, &c, &f->e) < 0);
	assert_null(c);
	/* Nothing of it is left: the right schema can be made. */
	assert_int_equal(catalog_open(f->s.path, schema, 2, &f->c, &f->e), 0);
	assert_int_equal(count_now(f), 0);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	char junk[8192];

	catalog_freep(&f->c);
	memset(junk, 'x', sizeof(junk));
	assert_int_equal(
	    file_write(AT_FDCWD, f->s.path, junk, sizeof(junk), 0600, &f->e),
	    0);
	assert_int_equal(
	    catalog_open(f->s.path, schema, 2, &f->c, &f->e), -ERR_INTEGRITY);
}

static void
a_damaged_page_is_an_integrity_error(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(tx_end) struct tx r = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct tx tx = { 0 };
	int64_t i;
	int rc;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	for (i = 0; i < 2000; i++)
		assert_int_equal(add(&tx, i, "a row of some length", &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	catalog_freep(&f->c);
	assert_int_equal(
	    file_read(AT_FDCWD, f->s.path, 1u << 24, &b, &f->e), 0);
	/* Only what lies behind the schema's pages. */
	for (i = (int64_t)b.len / 2; i < (int64_t)b.len; i++)
		b.p[i] = 0xff;
	assert_int_equal(
	    file_write(AT_FDCWD, f->s.path, b.p, b.len, 0600, &f->e), 0);
	assert_int_equal(catalog_open(f->s.path, schema, 2, &f->c, &f->e), 0);
	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	assert_int_equal(sql_open(&r, "SELECT id, v FROM thing", &q, &f->e), 0);
	while ((rc = sql_step(q, &f->e)) > 0)
		;
	assert_int_equal(rc, -ERR_INTEGRITY);
}

#define CANARY "canary-of-the-erased-household"

static void
deleted_bytes_are_gone_after_a_full_checkpoint(void **state)
{
	struct fixture *f = *state;
	struct tx tx = { 0 };
	char text[4096];
	int64_t i;

	/* Short values in cells, long ones on overflow pages. */
	memset(text, '.', sizeof(text));
	memcpy(text + 3000, CANARY, sizeof(CANARY));
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	for (i = 0; i < 300; i++)
		assert_int_equal(add(&tx, i,
				     i % 3 == 0	  ? text
				     : i % 3 == 1 ? CANARY
						  : "kept",
				     &f->e),
		    0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(catalog_checkpoint(f->c, 1, &f->e), 0);
	assert_true(scratch_holds(&f->s, CANARY));
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(
	    run(&tx, "DELETE FROM thing WHERE v <> 'kept'", &f->e), 0);
	assert_int_equal(sql_changes(&tx), 200);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	/* Until then it is still in the file. */
	assert_true(scratch_holds(&f->s, CANARY));
	assert_int_equal(catalog_checkpoint(f->c, 1, &f->e), 0);
	assert_false(scratch_holds(&f->s, CANARY));
	assert_int_equal(count_now(f), 100);
}

static void
a_checkpoint_does_not_disturb_reader_or_writer(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx r = { 0 }, w = { 0 };

	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	assert_int_equal(tx_begin(f->c, &w, &f->e), 0);
	assert_int_equal(add(&w, 1, "one", &f->e), 0);
	assert_int_equal(catalog_checkpoint(f->c, 0, &f->e), 0);
	assert_int_equal(tx_commit(&w, &f->e), 0);
	assert_int_equal(catalog_checkpoint(f->c, 0, &f->e), 0);
	assert_int_equal(count(&r), 0);
	assert_int_equal(count_now(f), 1);
}

static void *
fold_fully(void *arg)
{
	struct fixture *f = arg;
	struct err e;

	return catalog_checkpoint(f->c, 1, &e) == 0 ? f : NULL;
}

static void
a_full_checkpoint_lets_the_writer_in_while_a_reader_is_out(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx r = { 0 };
	pthread_t t;
	void *done;
	int64_t i;

	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	assert_int_equal(pthread_create(&t, NULL, fold_fully, f), 0);
	for (i = 0; i < 50; i++) {
		AUTO(tx_end) struct tx w = { 0 };

		assert_int_equal(tx_begin(f->c, &w, &f->e), 0);
		assert_int_equal(add(&w, i, CANARY, &f->e), 0);
		assert_int_equal(tx_commit(&w, &f->e), 0);
	}
	tx_end(&r);
	pthread_join(t, &done);
	assert_ptr_equal(done, f);
}

struct racer {
	struct fixture *f;
	int64_t first;
	int failed;
};

static void *
race(void *arg)
{
	struct racer *me = arg;
	struct err e;
	int64_t i;

	for (i = 0; i < 100; i++) {
		AUTO(tx_end) struct tx w = { 0 }, r = { 0 };
		int64_t before;

		if (tx_read(me->f->c, &r, &e) < 0) {
			me->failed = 1;
			break;
		}
		before = count(&r);
		if (tx_begin(me->f->c, &w, &e) < 0 ||
		    add(&w, me->first + i, "x", &e) < 0 ||
		    tx_commit(&w, &e) < 0 || count(&r) != before)
			me->failed = 1;
		tx_end(&r);
		if (i % 10 == 0 &&
		    catalog_checkpoint(me->f->c, i % 20 == 0, &e) < 0)
			me->failed = 1;
	}
	return NULL;
}

static void
threads_write_in_turn_and_lose_nothing(void **state)
{
	struct fixture *f = *state;
	struct racer me[4];
	pthread_t t[4];
	int i;

	for (i = 0; i < 4; i++) {
		me[i] = (struct racer){ .f = f, .first = i * 1000 };
		assert_int_equal(pthread_create(&t[i], NULL, race, &me[i]), 0);
	}
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 4; i++)
		assert_int_equal(me[i].failed, 0);
	assert_int_equal(count_now(f), 400);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_settings_are_in_force_for_writer_and_reader),
		T(the_file_is_private),
		T(a_symbolic_link_is_refused),
		T(the_schema_cannot_be_edited_in_place),
		T(a_commit_is_there_after_opening_again),
		T(leaving_without_commit_rolls_back),
		T(a_transaction_commits_once),
		T(a_thread_that_writes_cannot_begin_again),
		T(savepoints_nest_and_rewind_to_their_own_mark),
		T(one_savepoint_too_many_or_too_few_is_refused),
		T(a_change_that_fails_leaves_the_others_of_its_group),
		T(a_reader_keeps_its_snapshot),
		T(a_reader_cannot_write),
		T(readers_are_bounded),
		T(constraints_are_conflicts),
		T(values_come_back_as_they_went_in),
		T(a_statement_may_be_open_twice),
		T(a_statement_forgets_its_values_between_uses),
		T(a_statement_kept_past_its_transaction_is_dead),
		T(texts_that_are_not_constant_are_noticed),
		T(a_second_opener_is_refused),
		T(another_schema_is_refused),
		T(a_schema_that_fails_leaves_an_empty_file),
		T(a_file_that_is_no_database_is_refused),
		T(a_damaged_page_is_an_integrity_error),
		T(deleted_bytes_are_gone_after_a_full_checkpoint),
		T(a_checkpoint_does_not_disturb_reader_or_writer),
		T(a_full_checkpoint_lets_the_writer_in_while_a_reader_is_out),
		T(threads_write_in_turn_and_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
