#include "fixture.h"

#include <fcntl.h>
#include <string.h>

#include "base/rw.h"
#include "keys/keyring.h"

#define INTAKE (P256_KEY_LEN + P256_PUB_LEN)
#define MONTH (2026 * 12 + 10) /* November 2026 */

static void
make(struct keyring *r)
{
	struct err e;

	assert_ok(keyring_make(FIXTURE_ORIGIN, 1795000000000, r, &e));
}

static void
a_month_is_made_once_and_expires_for_ever(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	const uint8_t *key;
	uint8_t first[32];
	struct err e;

	(void)state;
	make(&r);
	assert_ok(keyring_month_get(&r, MONTH, &key, &e));
	assert_null(key);
	assert_ok(keyring_month_add(&r, MONTH, &e));
	assert_ok(keyring_month_get(&r, MONTH, &key, &e));
	memcpy(first, key, 32);
	assert_err(keyring_month_add(&r, MONTH, &e), ERR_CONFLICT);
	assert_ok(keyring_month_add(&r, MONTH - 1, &e));
	assert_ok(keyring_month_get(&r, MONTH, &key, &e));
	assert_memory_equal(key, first, 32);
	assert_ok(keyring_month_expire(&r, MONTH, &e));
	assert_err(keyring_month_get(&r, MONTH, &key, &e), ERR_NOT_FOUND);
	assert_err(keyring_month_add(&r, MONTH, &e), ERR_CONFLICT);
	assert_ok(keyring_month_get(&r, MONTH - 1, &key, &e));
	assert_non_null(key);
}

static void
a_month_that_was_never_made_can_expire_too(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	const uint8_t *key;
	struct err e;

	(void)state;
	make(&r);
	assert_ok(keyring_month_expire(&r, MONTH, &e));
	assert_err(keyring_month_get(&r, MONTH, &key, &e), ERR_NOT_FOUND);
}

static void
a_month_taken_back_leaves_the_others(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	uint8_t before[32];
	const uint8_t *key;
	struct err e;

	(void)state;
	make(&r);
	assert_ok(keyring_month_add(&r, MONTH + 1, &e));
	assert_ok(keyring_month_get(&r, MONTH + 1, &key, &e));
	memcpy(before, key, 32);
	assert_ok(keyring_month_add(&r, MONTH, &e));
	keyring_month_undo(&r, MONTH);
	keyring_month_undo(&r, MONTH); /* not listed: nothing happens */
	assert_int_equal(r.k->nmonths, 1);
	assert_ok(keyring_month_get(&r, MONTH, &key, &e));
	assert_null(key);
	assert_ok(keyring_month_get(&r, MONTH + 1, &key, &e));
	assert_memory_equal(key, before, 32);
}

static void
absurd_months_are_refused(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	uint32_t i;
	struct err e;

	(void)state;
	make(&r);
	assert_err(keyring_month_add(&r, 0, &e), ERR_INVALID);
	assert_err(
	    keyring_month_add(&r, KEYRING_MONTH_MIN - 1, &e), ERR_INVALID);
	assert_err(keyring_month_add(&r, UINT32_MAX, &e), ERR_INVALID);
	for (i = 0; i < KEYRING_MONTHS_MAX; i++)
		assert_ok(keyring_month_add(&r, KEYRING_MONTH_MIN + i, &e));
	assert_err(keyring_month_add(&r, KEYRING_MONTH_MAX, &e), ERR_TOO_LARGE);
}

static void
everything_comes_back_as_it_was(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(keyring_done) struct keyring back = { 0 };
	AUTO(secret_done) struct secret text = { 0 };
	struct err e;

	(void)state;
	make(&r);
	assert_ok(keyring_month_add(&r, MONTH, &e));
	assert_ok(keyring_month_add(&r, MONTH + 1, &e));
	assert_ok(keyring_month_expire(&r, MONTH, &e));
	assert_ok(keyring_encode(&r, &text, &e));
	assert_ok(keyring_decode(text.p, text.len, &back, &e));
	assert_int_equal(back.generation, r.generation);
	assert_memory_equal(back.k, r.k, sizeof(*r.k));
	assert_int_equal(back.certificate.len, r.certificate.len);
	assert_memory_equal(
	    back.certificate.p, r.certificate.p, r.certificate.len);
}

static void
every_cut_of_the_text_is_refused(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(secret_done) struct secret text = { 0 };
	struct keyring back = { 0 };
	struct err e;
	size_t n;

	(void)state;
	make(&r);
	assert_ok(keyring_month_add(&r, MONTH, &e));
	assert_ok(keyring_encode(&r, &text, &e));
	for (n = 0; n < text.len; n++)
		if (n != text.len - INTAKE)
			assert_err(keyring_decode(text.p, n, &back, &e),
			    ERR_INTEGRITY);
	assert_null(back.k);
}

/* Of before there were intake keys: it ends with its months. */
static void
an_older_keyring_gets_its_intake_key_once(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(keyring_done) struct keyring old = { 0 };
	AUTO(secret_done) struct secret text = { 0 };
	uint8_t pub[P256_PUB_LEN];
	struct err e;
	int made;

	(void)state;
	make(&r);
	assert_int_equal(r.k->has_intake, 1);
	assert_ok(keyring_encode(&r, &text, &e));
	assert_ok(keyring_decode(text.p, text.len - INTAKE, &old, &e));
	assert_int_equal(old.k->has_intake, 0);
	assert_ok(keyring_intake_make(&old, &made, &e));
	assert_int_equal(made, 1);
	assert_memory_not_equal(old.k->intake, r.k->intake, P256_KEY_LEN);
	memcpy(pub, old.k->intake_pub, sizeof(pub));
	assert_ok(keyring_intake_make(&old, &made, &e));
	assert_int_equal(made, 0);
	assert_memory_equal(old.k->intake_pub, pub, sizeof(pub));
}

static void
an_expired_key_is_not_in_the_text(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(secret_done) struct secret text = { 0 };
	const uint8_t *key;
	uint8_t gone[32];
	struct err e;

	(void)state;
	make(&r);
	assert_ok(keyring_month_add(&r, MONTH, &e));
	assert_ok(keyring_month_get(&r, MONTH, &key, &e));
	memcpy(gone, key, 32);
	assert_ok(keyring_month_expire(&r, MONTH, &e));
	assert_ok(keyring_encode(&r, &text, &e));
	assert_null(memmem(text.p, text.len, gone, 32));
	assert_null(memmem(r.memory.p, r.memory.map, gone, 32));
}

static void
the_next_generation_keeps_what_signs_and_no_more(void **state)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(keyring_done) struct keyring next = { 0 };
	struct err e;

	(void)state;
	make(&r);
	assert_ok(keyring_next(&r, &next, &e));
	assert_int_equal(next.generation, 2);
	assert_memory_not_equal(next.k->kek, r.k->kek, 32);
	assert_memory_not_equal(next.k->search, r.k->search, 32);
	assert_memory_equal(next.k->log, r.k->log, 32);
	assert_memory_equal(next.k->store, r.k->store, 32);
	assert_memory_equal(next.k->extract, r.k->extract, 32);
	assert_int_equal(next.k->has_intake, 1);
	assert_memory_equal(next.k->intake, r.k->intake, 32);
	assert_memory_equal(next.k->intake_pub, r.k->intake_pub, 65);
}

static void
a_keyring_of_another_generation_or_root_does_not_open(void **state)
{
	struct fixture *f = *state;
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(keyring_done) struct keyring back = { 0 };
	AUTO(secret_done) struct secret root = { 0 };
	AUTO(secret_done) struct secret wrong = { 0 };
	AUTO(fd_closep) int dir = open(f->path, O_RDONLY | O_DIRECTORY);

	make(&r);
	assert_ok(secret_random(&root, 32, &f->e));
	assert_ok(secret_random(&wrong, 32, &f->e));
	assert_ok(keyring_save(dir, &f->spec.vault, &root, &r, &f->e));
	assert_err(keyring_load(dir, &f->spec.vault, 1, &wrong, &back, &f->e),
	    ERR_INTEGRITY);
	assert_err(keyring_load(dir, &f->spec.vault, 2, &root, &back, &f->e),
	    ERR_INTEGRITY);
	assert_ok(keyring_load(dir, &f->spec.vault, 1, &root, &back, &f->e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_is_made_once_and_expires_for_ever),
		cmocka_unit_test(a_month_that_was_never_made_can_expire_too),
		cmocka_unit_test(a_month_taken_back_leaves_the_others),
		cmocka_unit_test(absurd_months_are_refused),
		cmocka_unit_test(everything_comes_back_as_it_was),
		cmocka_unit_test(every_cut_of_the_text_is_refused),
		cmocka_unit_test(an_older_keyring_gets_its_intake_key_once),
		cmocka_unit_test(an_expired_key_is_not_in_the_text),
		cmocka_unit_test(
		    the_next_generation_keeps_what_signs_and_no_more),
		cmocka_unit_test_setup_teardown(
		    a_keyring_of_another_generation_or_root_does_not_open,
		    fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
