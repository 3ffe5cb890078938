#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "keys/keystore.h"

static void
grow(struct keystore *k, uint64_t first, size_t n)
{
	AUTO(keystore_done) struct keystore out = { .n = 0 };
	struct err e;

	assert_ok(keystore_grown(k, first, n, &out, &e));
	keystore_done(k);
	keystore_move(k, &out);
}

static void
a_key_is_found_by_its_number_and_no_other(void **state)
{
	AUTO(keystore_done) struct keystore k = { .n = 0 };

	(void)state;
	assert_null(keystore_find(&k, 1));
	grow(&k, 1, 10);
	grow(&k, 100, 5);
	assert_int_equal(k.n, 15);
	assert_non_null(keystore_find(&k, 1));
	assert_non_null(keystore_find(&k, 10));
	assert_null(keystore_find(&k, 0));
	assert_null(keystore_find(&k, 11));
	assert_null(keystore_find(&k, 99));
	assert_ptr_equal(keystore_find(&k, 100), keystore_key(&k, 10));
	assert_null(keystore_find(&k, 105));
	assert_int_equal(keystore_last(&k), 104);
}

static void
keys_are_independent_and_stay_when_the_store_grows(void **state)
{
	AUTO(keystore_done) struct keystore k = { .n = 0 };
	uint8_t first[32];

	(void)state;
	grow(&k, 1, 2);
	assert_memory_not_equal(keystore_key(&k, 0), keystore_key(&k, 1), 32);
	memcpy(first, keystore_key(&k, 0), 32);
	grow(&k, 3, 2);
	assert_memory_equal(keystore_key(&k, 0), first, 32);
	assert_memory_not_equal(keystore_key(&k, 2), keystore_key(&k, 3), 32);
}

static void
numbers_never_go_back(void **state)
{
	AUTO(keystore_done) struct keystore k = { .n = 0 };
	struct keystore out = { .n = 0 };
	struct err e;

	(void)state;
	grow(&k, 5, 5);
	assert_err(keystore_grown(&k, 9, 1, &out, &e), ERR_INTERNAL);
	assert_err(keystore_grown(&k, 1, 1, &out, &e), ERR_INTERNAL);
	assert_err(keystore_grown(&k, AGENT_NUMBER_MAX + 1, 1, &out, &e),
	    ERR_INTERNAL);
	assert_err(
	    keystore_grown(&k, 10, KEYSTORE_KEYS_MAX, &out, &e), ERR_TOO_LARGE);
	assert_null(out.entries.p);
}

static void
exactly_the_named_keys_are_left_out(void **state)
{
	AUTO(keystore_done) struct keystore k = { .n = 0 };
	AUTO(keystore_done) struct keystore out = { .n = 0 };
	/* First, last, neighbours, and three that are not there. */
	const uint64_t gone[] = { 1, 4, 5, 10, 50, 104, 999 };
	uint64_t removed, i;
	struct err e;

	(void)state;
	grow(&k, 1, 10);
	grow(&k, 100, 5);
	assert_ok(keystore_without(&k, gone, NELEMS(gone), &out, &removed, &e));
	assert_int_equal(removed, 5);
	assert_int_equal(out.n, 10);
	for (i = 0; i < NELEMS(gone); i++)
		assert_null(keystore_find(&out, gone[i]));
	for (i = 0; i < out.n; i++)
		assert_memory_equal(keystore_key(&out, i),
		    keystore_find(&k, keystore_number(&out, i)), 32);
}

static int
decode(const void *p, size_t n)
{
	AUTO(secret_done) struct secret text = { 0 };
	AUTO(keystore_done) struct keystore k = { .n = 0 };

	assert_ok(secret_copy(&text, p, n, NULL));
	return keystore_decode(&text, &k, NULL);
}

static void
text_that_is_not_in_order_is_refused(void **state)
{
	uint8_t t[3 * KEYSTORE_ENTRY] = { 0 };

	(void)state;
	t[7] = 1;
	t[KEYSTORE_ENTRY + 7] = 2;
	t[2 * KEYSTORE_ENTRY + 7] = 3;
	assert_ok(decode(t, 0));
	assert_ok(decode(t, sizeof(t)));
	assert_err(decode(t, sizeof(t) - 1), ERR_INTEGRITY);
	assert_err(decode(t, KEYSTORE_ENTRY + 1), ERR_INTEGRITY);
	t[2 * KEYSTORE_ENTRY + 7] = 2; /* twice */
	assert_err(decode(t, sizeof(t)), ERR_INTEGRITY);
	t[2 * KEYSTORE_ENTRY + 7] = 1; /* back */
	assert_err(decode(t, sizeof(t)), ERR_INTEGRITY);
	t[2 * KEYSTORE_ENTRY] = 0xff; /* over the highest number */
	assert_err(decode(t, sizeof(t)), ERR_INTEGRITY);
	t[7] = 0; /* nought is no number */
	assert_err(decode(t, KEYSTORE_ENTRY), ERR_INTEGRITY);
}

static void
a_file_opens_with_its_kek_in_its_vault_only(void **state)
{
	struct fixture *f = *state;
	AUTO(keystore_done) struct keystore k = { .n = 0 };
	AUTO(keystore_done) struct keystore back = { .n = 0 };
	AUTO(fd_closep) int dir = open(f->path, O_RDONLY | O_DIRECTORY);
	struct id other = f->spec.vault;
	uint8_t kek[32] = { 1 }, wrong[32] = { 2 };

	grow(&k, 1, 1000);
	assert_ok(keystore_save(dir, &f->spec.vault, kek, &k, &f->e));
	assert_err(keystore_load(dir, &f->spec.vault, wrong, &back, &f->e),
	    ERR_INTEGRITY);
	other.b[0] ^= 1;
	assert_err(
	    keystore_load(dir, &other, kek, &back, &f->e), ERR_INTEGRITY);
	assert_ok(keystore_load(dir, &f->spec.vault, kek, &back, &f->e));
	assert_int_equal(back.n, 1000);
	assert_memory_equal(back.entries.p, k.entries.p, 1000 * KEYSTORE_ENTRY);
}

static void
a_damaged_or_missing_file_is_an_error(void **state)
{
	struct fixture *f = *state;
	AUTO(keystore_done) struct keystore k = { .n = 0 };
	AUTO(keystore_done) struct keystore back = { .n = 0 };
	AUTO(fd_closep) int dir = open(f->path, O_RDONLY | O_DIRECTORY);
	AUTO(fd_closep) int fd = -1;
	uint8_t kek[32] = { 1 };

	assert_err(keystore_load(dir, &f->spec.vault, kek, &back, &f->e),
	    ERR_INCOMPLETE);
	grow(&k, 1, 1000);
	assert_ok(keystore_save(dir, &f->spec.vault, kek, &k, &f->e));
	fd = openat(dir, "keystore", O_RDWR);
	assert_true(pwrite(fd, "x", 1, 30000) == 1);
	assert_err(keystore_load(dir, &f->spec.vault, kek, &back, &f->e),
	    ERR_INTEGRITY);
	/* Cut at the border of a chunk: whole chunks, but not all. */
	assert_ok(keystore_save(dir, &f->spec.vault, kek, &k, &f->e));
	fd_closep(&fd);
	fd = openat(dir, "keystore", O_RDWR);
	assert_true(ftruncate(fd, 56 + 16400) == 0);
	assert_err(keystore_load(dir, &f->spec.vault, kek, &back, &f->e),
	    ERR_INTEGRITY);
	assert_true(ftruncate(fd, 0) == 0);
	assert_err(keystore_load(dir, &f->spec.vault, kek, &back, &f->e),
	    ERR_INTEGRITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_found_by_its_number_and_no_other),
		cmocka_unit_test(
		    keys_are_independent_and_stay_when_the_store_grows),
		cmocka_unit_test(numbers_never_go_back),
		cmocka_unit_test(exactly_the_named_keys_are_left_out),
		cmocka_unit_test(text_that_is_not_in_order_is_refused),
		cmocka_unit_test_setup_teardown(
		    a_file_opens_with_its_kek_in_its_vault_only, fixture_setup,
		    fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    a_damaged_or_missing_file_is_an_error, fixture_setup,
		    fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
