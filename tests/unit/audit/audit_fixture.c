#include "tests/unit/audit/audit_fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void
fixture_init(struct audit_fixture *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-audit-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->db, sizeof(f->db), "%s/catalog.db", f->dir);
	snprintf(f->log, sizeof(f->log), "%s/audit", f->dir);
	memset(f->vault.b, 9, sizeof(f->vault.b));
	fake_agent_init(&f->agent);
	assert_int_equal(fixture_open(f), 0);
}

static int
drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
fixture_close(struct audit_fixture *f)
{
	audit_freep(&f->a);
	catalog_freep(&f->c);
}

void
fixture_done(struct audit_fixture *f)
{
	fixture_close(f);
	nftw(f->dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

int
fixture_open(struct audit_fixture *f)
{
	const char *schema[] = { audit_schema };
	int r;

	if (f->c == NULL)
		assert_int_equal(
		    catalog_open(f->db, schema, 1, &f->c, &f->e), 0);
	r = audit_open(f->log, f->c, &f->agent, &f->vault, &f->a, &f->e);
	return r;
}

uint64_t
fixture_add(struct audit_fixture *f, const struct audit_entry *en, int64_t now)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t seq;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_append(&tx, f->a, en, now, &seq, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	return seq;
}

void
fixture_fill(struct audit_fixture *f, uint64_t n)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct actor who = { 1000, "claire", "caseworker" };
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &who };
	uint64_t seq;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	while (n-- > 0)
		assert_int_equal(
		    audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
}

void
fixture_sql(struct audit_fixture *f, const char *text)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	assert_int_equal(sql_open(&tx, text, &q, &f->e), 0);
	assert_int_equal(sql_run(q, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
}
