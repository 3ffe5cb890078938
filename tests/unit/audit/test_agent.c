/* The audit log with the real key agent, in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/audit/audit.h"
#include "tests/unit/fixture/agent_fixture.h"

#define NOW INT64_C(1790000000000)

struct fixture {
	struct agent_fixture v;
	struct agent *agent;
	struct catalog *c;
	struct audit *a;
	struct note_key key;
	struct err e;
};

static struct actor claire = { 1000, "claire", "caseworker" };

static void
open_log(struct fixture *f)
{
	const char *schema[] = { audit_schema };
	char db[128], log[128];

	snprintf(db, sizeof(db), "%s/data/catalog.db", f->v.dir);
	snprintf(log, sizeof(log), "%s/data/audit", f->v.dir);
	assert_int_equal(catalog_open(db, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(
	    audit_open(log, f->c, f->agent, &f->v.settings.vault, &f->a, &f->e),
	    0);
}

static void
close_log(struct fixture *f)
{
	audit_freep(&f->a);
	catalog_freep(&f->c);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	*state = f;
	if (!agent_fixture_init(&f->v))
		return 0;
	agent_fixture_start(&f->v);
	agent_fixture_open(&f->v, &f->agent);
	open_log(f);
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	close_log(f);
	agent_freep(&f->agent);
	agent_fixture_done(&f->v);
	free(f);
	return 0;
}

static int
add(struct fixture *f, enum leaf_outcome outcome, int n)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct audit_entry en = {
		.klass = LEAF_DOC_READ, .outcome = outcome, .actor = &claire
	};
	uint64_t seq;

	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	while (n-- > 0)
		assert_int_equal(
		    audit_append(&tx, f->a, &en, NOW, &seq, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	return audit_settle(f->a, &f->e);
}

static void
verify(struct fixture *f, uint64_t seq)
{
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct agent_public pub = { 0 };
	struct checkpoint cp;
	struct hash leaf;
	size_t n;

	assert_int_equal(agent_public(f->agent, &pub, &f->e), 0);
	assert_int_equal(audit_proof(f->a, seq, &p, &f->e), 0);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_leaf(&tx, seq, &b, &f->e), 0);
	assert_int_equal(merkle_leaf_hash(b.p, b.len, &leaf, &f->e), 0);
	assert_int_equal(note_verify((const char *)p.checkpoint.p,
			     p.checkpoint.len, &pub.log, 1, &n, NULL, &f->e),
	    0);
	assert_int_equal(
	    checkpoint_parse((const char *)p.checkpoint.p, n, &cp, &f->e), 0);
	assert_string_equal(cp.origin, f->v.settings.origin);
	assert_int_equal(merkle_check_inclusion(&leaf, p.index, cp.size,
			     p.hashes, p.n, &cp.root, &f->e),
	    0);
	agent_public_done(&pub);
}

#define NEEDS_AGENT(f)                                                         \
	if ((f)->v.dir[0] == '\0')                                             \
		skip();

static void
heads_go_on_through_seals_and_restarts_of_the_agent(void **state)
{
	struct fixture *f = *state;

	NEEDS_AGENT(f);
	assert_int_equal(add(f, LEAF_SEALED, 2), -ERR_SEALED);
	agent_fixture_unseal(&f->v);
	assert_int_equal(add(f, LEAF_OK, 3), 0);
	verify(f, 0);
	verify(f, 4);
	assert_int_equal(agent_fixture_seal(&f->v), 0);
	assert_int_equal(add(f, LEAF_OK, 1), -ERR_SEALED);
	agent_fixture_unseal(&f->v);
	assert_int_equal(add(f, LEAF_OK, 1), 0);
	verify(f, 5);
	agent_fixture_kill(&f->v);
	assert_int_equal(add(f, LEAF_OK, 2), -ERR_UNAVAILABLE);
	agent_fixture_start(&f->v);
	assert_int_equal(add(f, LEAF_OK, 2), -ERR_SEALED);
	agent_fixture_unseal(&f->v);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_head_size(f->a), 11);
	verify(f, 10);
}

static void
both_restart_and_agree_on_the_same_head(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf before = { 0 }, after = { 0 };

	NEEDS_AGENT(f);
	agent_fixture_unseal(&f->v);
	assert_int_equal(add(f, LEAF_OK, 300), 0);
	assert_int_equal(audit_checkpoint(f->a, &before, &f->e), 0);
	close_log(f); /* before any flush: the head is the agent's alone */
	agent_fixture_stop(&f->v);
	agent_fixture_start(&f->v);
	agent_fixture_unseal(&f->v);
	open_log(f);
	assert_int_equal(audit_head_size(f->a), 0);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_checkpoint(f->a, &after, &f->e), 0);
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_int_equal(add(f, LEAF_OK, 1), 0);
	verify(f, 300);
}

static void
a_catalog_brought_back_from_an_old_copy_is_refused(void **state)
{
	struct fixture *f = *state;
	char db[128];

	NEEDS_AGENT(f);
	agent_fixture_unseal(&f->v);
	assert_int_equal(add(f, LEAF_OK, 5), 0);
	close_log(f);
	snprintf(db, sizeof(db), "%s/data/catalog.db", f->v.dir);
	assert_int_equal(unlink(db), 0);
	open_log(f);
	assert_int_equal(add(f, LEAF_OK, 1), -ERR_INCONSISTENT);
	assert_int_equal(add(f, LEAF_OK, 20), -ERR_INCONSISTENT);
	assert_string_equal(f->e.tag, "log-changed");
}

static void
details_are_read_back_with_the_agents_key(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	struct audit_query q = { .account = "claire" };
	uint64_t next;
	json_t *j = NULL;

	NEEDS_AGENT(f);
	agent_fixture_unseal(&f->v);
	assert_int_equal(add(f, LEAF_OK, 2), 0);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_read(f->a, &tx, &q, &j, &next, &f->e), 0);
	assert_int_equal(json_array_size(j), 2);
	json_decref(j);
	assert_int_equal(agent_fixture_seal(&f->v), 0);
	assert_int_equal(
	    audit_read(f->a, &tx, &q, &j, &next, &f->e), -ERR_SEALED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(heads_go_on_through_seals_and_restarts_of_the_agent),
		T(both_restart_and_agree_on_the_same_head),
		T(a_catalog_brought_back_from_an_old_copy_is_refused),
		T(details_are_read_back_with_the_agents_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
