#include "fixture.h"

#include <fcntl.h>
#include <string.h>

#include "keys/slot.h"

struct made {
	struct slot slot;
	struct ecies_context c;
	struct secret pass, root;
	struct err e;
};

static int
setup(void **state)
{
	struct made *m = calloc(1, sizeof(*m));
	struct slot_spec spec = { .kind = SLOT_PASSPHRASE,
		.name = "passphrase",
		.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN };

	assert_non_null(m);
	assert_ok(id_random(&m->c.vault, &m->e));
	m->c.generation = 7;
	assert_ok(secret_copy(&m->pass, "right", 5, &m->e));
	assert_ok(secret_random(&m->root, 32, &m->e));
	spec.vault = m->c.vault;
	spec.credential = &m->pass;
	assert_ok(slot_make(&spec, &m->slot, &m->e));
	assert_ok(slot_wrap(&m->slot, &m->c, &m->root, &m->e));
	*state = m;
	return 0;
}

static int
teardown(void **state)
{
	struct made *m = *state;

	slot_done(&m->slot);
	secret_done(&m->pass);
	secret_done(&m->root);
	free(m);
	return 0;
}

static int
open_with(struct made *m, const struct slot *s, const struct ecies_context *c,
    const char *pass)
{
	AUTO(secret_done) struct secret p = { 0 };
	AUTO(secret_done) struct secret root = { 0 };
	int r;

	assert_ok(secret_copy(&p, pass, strlen(pass), &m->e));
	r = slot_open(s, c, &p, &root, &m->e);
	if (r == 0)
		assert_memory_equal(root.p, m->root.p, 32);
	else
		assert_null(root.p);
	return r;
}

static void
the_passphrase_opens_and_nothing_near_it_does(void **state)
{
	struct made *m = *state;
	static const char *const wrong[] = { "", "r", "righ", "right ", "Right",
		"right\n", "rightright" };
	size_t i;

	assert_ok(open_with(m, &m->slot, &m->c, "right"));
	for (i = 0; i < NELEMS(wrong); i++)
		assert_err(open_with(m, &m->slot, &m->c, wrong[i]), ERR_DENIED);
}

static void
a_wrap_of_another_vault_or_generation_does_not_open(void **state)
{
	struct made *m = *state;
	struct ecies_context other = m->c;

	other.generation++;
	assert_err(open_with(m, &m->slot, &other, "right"), ERR_INTEGRITY);
	other = m->c;
	other.vault.b[3] ^= 0x10;
	/* The private key is sealed for its vault too: that fails first. */
	assert_err(open_with(m, &m->slot, &other, "right"), ERR_DENIED);
}

static void
a_new_root_is_wrapped_without_the_passphrase(void **state)
{
	struct made *m = *state;

	secret_done(&m->root);
	assert_ok(secret_random(&m->root, 32, &m->e));
	m->c.generation++;
	assert_ok(slot_wrap(&m->slot, &m->c, &m->root, &m->e));
	assert_ok(open_with(m, &m->slot, &m->c, "right"));
}

static void
no_flipped_bit_of_the_file_gives_a_root(void **state)
{
	struct made *m = *state;
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;

	assert_ok(slot_encode(&m->slot, &b, &m->e));
	for (i = 0; i < b.len; i++) {
		AUTO(slot_done) struct slot s = { 0 };

		/* The name is no secret, and part of nothing. */
		if (i >= 13 && i < 13 + strlen("passphrase"))
			continue;
		b.p[i] ^= 1;
		if (slot_decode(b.p, b.len, &s, &m->e) == 0)
			assert_true(open_with(m, &s, &m->c, "right") < 0);
		b.p[i] ^= 1;
	}
}

static void
every_cut_and_every_excess_is_refused(void **state)
{
	struct made *m = *state;
	AUTO(buf_done) struct buf b = { 0 };
	struct slot s;
	size_t n;

	assert_ok(slot_encode(&m->slot, &b, &m->e));
	for (n = 0; n < b.len; n++)
		assert_err(slot_decode(b.p, n, &s, &m->e), ERR_INTEGRITY);
	assert_ok(buf_add(&b, "", 1, &m->e));
	assert_err(slot_decode(b.p, b.len, &s, &m->e), ERR_INTEGRITY);
}

static void
a_kind_that_is_not_known_is_refused(void **state)
{
	struct made *m = *state;
	AUTO(buf_done) struct buf b = { 0 };
	struct slot s;

	m->slot.kind = 2;
	assert_ok(slot_encode(&m->slot, &b, &m->e));
	assert_err(slot_decode(b.p, b.len, &s, &m->e), ERR_INTEGRITY);
}

static void
names_and_costs_have_limits(void **state)
{
	struct made *m = *state;
	static const char *const bad[] = { "", ".", "../x", "a b", "a/b",
		"0123456789012345678901234567890123" };
	struct slot_spec spec = { .kind = SLOT_PASSPHRASE,
		.vault = m->c.vault,
		.credential = &m->pass,
		.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN };
	struct slot s;
	size_t i;

	for (i = 0; i < NELEMS(bad); i++) {
		spec.name = bad[i];
		assert_err(slot_make(&spec, &s, &m->e), ERR_INVALID);
	}
	spec.name = "x";
	spec.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN - 1;
	assert_err(slot_make(&spec, &s, &m->e), ERR_INVALID);
	spec.scrypt_log2 = SLOT_SCRYPT_LOG2_MAX + 1;
	assert_err(slot_make(&spec, &s, &m->e), ERR_INVALID);
}

static void
a_slot_under_anothers_file_name_is_refused(void **state)
{
	struct made *m = *state;
	char path[] = "/tmp/sceau-slot-XXXXXX";
	AUTO(slots_done) struct slots slots = { .n = 0 };
	AUTO(fd_closep) int dir = -1;

	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY);
	assert_err(slots_load(dir, &slots, &m->e), ERR_INCOMPLETE);
	assert_ok(slot_save(dir, &m->slot, &m->e));
	assert_ok(slots_load(dir, &slots, &m->e));
	assert_int_equal(slots.n, 1);
	slots_done(&slots);
	assert_true(renameat(dir, "slot-passphrase", dir, "slot-other") == 0);
	assert_err(slots_load(dir, &slots, &m->e), ERR_INTEGRITY);
	tree_remove(path);
}

static void
ecies_opens_for_its_key_pair_only(void **state)
{
	struct made *m = *state;
	uint8_t mine[32], pub[65], other[32], other_pub[65], w[ECIES_LEN];
	AUTO(secret_done) struct secret out = { 0 };
	size_t i;

	assert_ok(p256_generate(mine, pub, &m->e));
	assert_ok(p256_generate(other, other_pub, &m->e));
	assert_ok(ecies_wrap(pub, &m->c, &m->root, w, &m->e));
	assert_err(ecies_unwrap(other, other_pub, &m->c, w, &out, &m->e),
	    ERR_INTEGRITY);
	assert_err(ecies_unwrap(mine, other_pub, &m->c, w, &out, &m->e),
	    ERR_INTEGRITY);
	for (i = 0; i < ECIES_LEN; i++) {
		w[i] ^= 0x40;
		assert_err(ecies_unwrap(mine, pub, &m->c, w, &out, &m->e),
		    ERR_INTEGRITY);
		w[i] ^= 0x40;
	}
	assert_ok(ecies_unwrap(mine, pub, &m->c, w, &out, &m->e));
	assert_memory_equal(out.p, m->root.p, 32);
}

static void
two_wraps_of_one_key_differ(void **state)
{
	struct made *m = *state;
	uint8_t a[ECIES_LEN], b[ECIES_LEN];

	assert_ok(ecies_wrap(m->slot.pub, &m->c, &m->root, a, &m->e));
	assert_ok(ecies_wrap(m->slot.pub, &m->c, &m->root, b, &m->e));
	assert_memory_not_equal(a, b, 65);
	assert_memory_not_equal(a + 65, b + 65, 48);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(the_passphrase_opens_and_nothing_near_it_does),
		WITH(a_wrap_of_another_vault_or_generation_does_not_open),
		WITH(a_new_root_is_wrapped_without_the_passphrase),
		WITH(no_flipped_bit_of_the_file_gives_a_root),
		WITH(every_cut_and_every_excess_is_refused),
		WITH(a_kind_that_is_not_known_is_refused),
		WITH(names_and_costs_have_limits),
		WITH(a_slot_under_anothers_file_name_is_refused),
		WITH(ecies_opens_for_its_key_pair_only),
		WITH(two_wraps_of_one_key_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
