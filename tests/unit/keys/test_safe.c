#include "fixture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static int
draw(struct fixture *f, uint64_t *first, uint32_t *count)
{
	AUTO(secret_done) struct secret keys = { 0 };

	return safe_draw(&f->safe, first, count, &keys, &f->e);
}

static void
a_sealed_safe_gives_nothing(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_done) struct secret s = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct commit_spec c = { .version = 1 };
	struct extract_spec x = { .leaf = 0 };
	struct head_proof proof = { NULL, 0 };
	struct envelope_head h = { .ephemeral = { 4 } };
	struct safe_rotate q = { .size = 0 };
	struct hash root = { { 0 } };
	uint64_t n = 1;
	uint32_t count;
	int broken;

	assert_err(safe_public(&f->safe, &b, &f->e), ERR_SEALED);
	assert_err(safe_floor(&f->safe, 1, &f->e), ERR_SEALED);
	assert_err(safe_draw(&f->safe, &n, &count, &s, &f->e), ERR_SEALED);
	assert_err(safe_get(&f->safe, &n, 1, 0, 0, &s, &f->e), ERR_SEALED);
	assert_err(safe_detail(&f->safe, 24000, &s, &f->e), ERR_SEALED);
	assert_err(safe_search(&f->safe, &s, &count, &f->e), ERR_SEALED);
	assert_err(
	    safe_sign_head(&f->safe, 1, &root, &proof, 0, &broken, &b, &f->e),
	    ERR_SEALED);
	assert_err(safe_sign_commit(&f->safe, &c, &b, &f->e), ERR_SEALED);
	assert_err(safe_sign_extract(&f->safe, &x, 0, &b, &f->e), ERR_SEALED);
	assert_err(safe_sign_certificate(&f->safe, "x", 1, 0, 0, &b, &f->e),
	    ERR_SEALED);
	assert_err(safe_rotate(&f->safe, &q, &n, &f->e), ERR_SEALED);
	assert_err(safe_intake_key(&f->safe, &b, &f->e), ERR_SEALED);
	assert_err(
	    safe_open_envelope(&f->safe, &h, 0, 0, &s, &f->e), ERR_SEALED);
	assert_int_equal(b.len, 0);
	assert_null(s.p);
}

static int
open_envelope(struct fixture *f, const struct buf *b, struct buf *text)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct envelope_head h;
	struct seal_context c;
	int r;

	if ((r = envelope_decode(b->p, b->len, &h, &f->e)) < 0 ||
	    (r = safe_open_envelope(&f->safe, &h, 3, 0, &key, &f->e)) < 0)
		return r;
	envelope_context(&f->spec.vault, &h.key, &c);
	return open_bytes(key.p, &c, b->p + ENVELOPE_HEAD,
	    b->len - ENVELOPE_HEAD, text, &f->e);
}

static void
what_is_sealed_to_the_intake_key_opens_after_a_rotate(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf pub = { 0 }, b = { 0 }, text = { 0 };
	struct safe_rotate q = { .leaf = 2, .size = 5 };
	uint64_t destroyed;

	fixture_open(f);
	assert_ok(safe_intake_key(&f->safe, &pub, &f->e));
	assert_int_equal(pub.len, P256_PUB_LEN);
	assert_ok(
	    envelope_seal(&f->spec.vault, pub.p, "bonjour", 7, &b, &f->e));
	fixture_sign_log(f, 5, &q.root);
	assert_ok(safe_rotate(&f->safe, &q, &destroyed, &f->e));
	fixture_restart(f);
	fixture_open(f);
	assert_ok(open_envelope(f, &b, &text));
	assert_int_equal(text.len, 7);
	assert_memory_equal(text.p, "bonjour", 7);
}

/* Each byte counts; nothing of it says more than that it does not open. */
static void
a_changed_envelope_does_not_open(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf pub = { 0 }, b = { 0 }, text = { 0 };
	size_t i;
	int r;

	fixture_open(f);
	assert_ok(safe_intake_key(&f->safe, &pub, &f->e));
	assert_ok(
	    envelope_seal(&f->spec.vault, pub.p, "bonjour", 7, &b, &f->e));
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		r = open_envelope(f, &b, &text);
		if (i < ENVELOPE_MAGIC_LEN)
			assert_err(r, ERR_REFUSED);
		else if (i < ENVELOPE_MAGIC_LEN + ID_LEN)
			assert_err(r, ERR_NOT_FOUND);
		else if (i == ENVELOPE_MAGIC_LEN + ID_LEN)
			assert_err(r, ERR_REFUSED);
		else
			assert_err(r, ERR_INTEGRITY);
		b.p[i] ^= 1;
	}
	assert_int_equal(text.len, 0);
	assert_ok(open_envelope(f, &b, &text));
}

/* An envelope's key is asked for by a leaf that a head must cover. */
static void
the_key_of_an_envelope_is_a_promise_and_counts(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf pub = { 0 }, b = { 0 };
	AUTO(secret_done) struct secret key = { 0 };
	struct envelope_head h;
	struct hash root;
	int i, r = 0;

	fixture_open(f);
	fixture_sign_log(f, 2, &root);
	assert_ok(safe_intake_key(&f->safe, &pub, &f->e));
	assert_ok(envelope_seal(&f->spec.vault, pub.p, "x", 1, &b, &f->e));
	assert_ok(envelope_decode(b.p, b.len, &h, &f->e));
	assert_int_equal(f->safe.promise.waiting, 0);
	assert_ok(safe_open_envelope(&f->safe, &h, 7, 0, &key, &f->e));
	assert_int_equal(f->safe.promise.waiting, 1);
	for (i = 0; r == 0 && i <= QUOTA_KEYS_PER_MINUTE; i++) {
		secret_done(&key);
		r = safe_open_envelope(&f->safe, &h, 1, 0, &key, &f->e);
	}
	assert_err(r, ERR_BUSY);
}

/* A vault whose keyring is of before. */
static void
an_older_vault_has_its_intake_key_from_the_next_unseal_on(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf was = { 0 }, is = { 0 }, again = { 0 };
	AUTO(fd_closep) int dir = -1;

	fixture_open(f);
	assert_ok(safe_intake_key(&f->safe, &was, &f->e));
	f->safe.keys.ring.k->has_intake = 0;
	assert_ok(keydir_generation(
	    &f->safe.dir, f->safe.generation, 0, &dir, &f->e));
	assert_ok(keyring_save(dir, &f->spec.vault, &f->safe.keys.root,
	    &f->safe.keys.ring, &f->e));
	fixture_restart(f);
	fixture_open(f);
	assert_ok(safe_intake_key(&f->safe, &is, &f->e));
	assert_memory_not_equal(is.p, was.p, P256_PUB_LEN);
	fixture_restart(f);
	fixture_open(f);
	assert_ok(safe_intake_key(&f->safe, &again, &f->e));
	assert_memory_equal(again.p, is.p, P256_PUB_LEN);
}

static void
only_the_passphrase_opens_it(void **state)
{
	struct fixture *f = *state;

	assert_err(fixture_unseal(f, "a passphrase for test"), ERR_DENIED);
	assert_int_equal(f->safe.open, 0);
	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	assert_err(fixture_unseal(f, FIXTURE_PASS), ERR_CONFLICT);
	safe_seal(&f->safe);
	assert_null(f->safe.keys.root.p);
	assert_null(f->safe.keys.store.entries.p);
	assert_ok(fixture_unseal(f, FIXTURE_PASS));
}

static void
a_second_agent_on_one_folder_is_refused(void **state)
{
	struct fixture *f = *state;
	struct safe other;

	assert_err(safe_load(&f->spec, &other, &f->e), ERR_CONFLICT);
}

static void
keys_are_made_only_once(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_done) struct secret pass = { 0 };
	struct custodians who = { .n = 0 };
	struct safe_new made = { .custodians = &who,
		.pass = &pass,
		.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN };

	safe_done(&f->safe);
	assert_ok(secret_copy(&pass, "x", 1, &f->e));
	assert_err(safe_create(&f->spec, &made, &f->e), ERR_CONFLICT);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
	assert_ok(fixture_unseal(f, FIXTURE_PASS));
}

static void
a_folder_open_to_others_is_refused(void **state)
{
	struct fixture *f = *state;

	safe_done(&f->safe);
	assert_true(chmod(f->path, 0750) == 0);
	assert_err(safe_load(&f->spec, &f->safe, &f->e), ERR_DENIED);
	assert_true(chmod(f->path, 0700) == 0);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
}

static void
without_its_mark_or_head_it_does_not_start(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "mark", "head", "current" };
	char path[96], aside[96];
	size_t i;

	safe_done(&f->safe);
	for (i = 0; i < NELEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->path, names[i]);
		snprintf(aside, sizeof(aside), "%s/aside", f->path);
		assert_true(rename(path, aside) == 0);
		assert_err(
		    safe_load(&f->spec, &f->safe, &f->e), ERR_INCOMPLETE);
		assert_true(rename(aside, path) == 0);
	}
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
}

static void
a_mark_that_is_no_number_is_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = { "", "0\n", "1", "01\n", "1\n\n",
		"-1\n", "x\n", "1 \n", "99999999999999999999999\n",
		"18446744073709551615\n" };
	size_t i;

	for (i = 0; i < NELEMS(bad); i++) {
		uint64_t mark;

		assert_ok(file_write(f->safe.dir.fd, "mark", bad[i],
		    strlen(bad[i]), 0600, &f->e));
		assert_err(keydir_mark_load(&f->safe.dir, &mark, &f->e),
		    ERR_INTEGRITY);
	}
}

static void
no_key_is_given_before_the_floor_is_told(void **state)
{
	struct fixture *f = *state;
	uint64_t first;
	uint32_t count;

	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	assert_err(draw(f, &first, &count), ERR_CONFLICT);
	assert_ok(safe_floor(&f->safe, 1, &f->e));
	assert_ok(draw(f, &first, &count));
	safe_seal(&f->safe);
	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	assert_err(draw(f, &first, &count), ERR_CONFLICT);
}

static void
blocks_follow_each_other_and_the_reserve_is_refilled(void **state)
{
	struct fixture *f = *state;
	uint64_t first, next = 1;
	uint32_t count;
	uint8_t key[32];
	int i;

	fixture_open(f);
	for (i = 0; i < 20; i++) {
		assert_ok(draw(f, &first, &count));
		assert_int_equal(first, next);
		assert_int_equal(count, AGENT_BLOCK);
		next = first + count;
		if (i % 2 == 0)
			assert_ok(safe_refill(&f->safe, &f->e));
		assert_true(safe_reserve(&f->safe) <= FIXTURE_RESERVE);
	}
	fixture_restart(f);
	fixture_open(f);
	assert_int_equal(f->safe.mark, next);
	assert_ok(fixture_key(f, 1, key));
	assert_ok(fixture_key(f, next - 1, key));
	assert_err(fixture_key(f, next, key), ERR_NOT_FOUND);
	assert_err(fixture_key(f, 0, key), ERR_NOT_FOUND);
}

static void
the_reserve_is_refilled_at_half_and_not_before(void **state)
{
	struct fixture *f = *state;
	uint64_t first;
	uint32_t count;

	fixture_open(f);
	assert_ok(draw(f, &first, &count));
	assert_ok(safe_refill(&f->safe, &f->e));
	assert_int_equal(safe_reserve(&f->safe), FIXTURE_RESERVE - 256);
	assert_ok(draw(f, &first, &count));
	assert_ok(safe_refill(&f->safe, &f->e));
	assert_int_equal(safe_reserve(&f->safe), FIXTURE_RESERVE);
}

static void
a_restored_folder_gives_no_number_again(void **state)
{
	struct fixture *f = *state;
	uint64_t first, last = 0;
	uint32_t count;
	char saved[80];
	int i;

	safe_done(&f->safe);
	snprintf(saved, sizeof(saved), "%s-saved", f->path);
	tree_copy(f->path, saved);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
	fixture_open(f);
	for (i = 0; i < 7; i++) {
		assert_ok(draw(f, &first, &count));
		last = first + count - 1;
	}
	assert_true(last > FIXTURE_RESERVE);
	safe_done(&f->safe);
	tree_remove(f->path);
	assert_true(rename(saved, f->path) == 0);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
	assert_int_equal(f->safe.mark, 1);
	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	/* The daemon knows the highest number: beyond the old reserve. */
	assert_ok(safe_floor(&f->safe, last + 1, &f->e));
	assert_ok(safe_floor(&f->safe, 5, &f->e)); /* never lowered */
	assert_int_equal(f->safe.mark, last + 1);
	assert_ok(draw(f, &first, &count));
	assert_int_equal(first, last + 1);
	assert_err(safe_floor(&f->safe, UINT64_MAX, &f->e), ERR_TOO_LARGE);
}

static void
a_floor_within_the_reserve_starts_there(void **state)
{
	struct fixture *f = *state;
	uint64_t first;
	uint32_t count;

	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	assert_ok(safe_floor(&f->safe, FIXTURE_RESERVE - 9, &f->e));
	assert_ok(draw(f, &first, &count));
	assert_int_equal(first, FIXTURE_RESERVE - 9);
	assert_int_equal(count, AGENT_BLOCK);
}

static void
a_floor_far_beyond_the_reserve_starts_there_too(void **state)
{
	struct fixture *f = *state;
	uint64_t first;
	uint32_t count;
	uint8_t key[32];

	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	assert_ok(safe_floor(&f->safe, 1000000, &f->e));
	assert_ok(draw(f, &first, &count));
	assert_int_equal(first, 1000000);
	assert_int_equal(count, AGENT_BLOCK);
	assert_ok(fixture_key(f, FIXTURE_RESERVE, key));
	assert_err(fixture_key(f, 999999, key), ERR_NOT_FOUND);
}

/* What a child shares with its parent: the highest number it was given. */
struct shared {
	volatile uint64_t last;
	volatile int repeated;
};

static void
draw_until_killed(struct fixture *f, struct shared *s)
{
	uint64_t first;
	uint32_t count;

	memset(&f->safe, 0, sizeof(f->safe));
	if (safe_load(&f->spec, &f->safe, &f->e) < 0 ||
	    fixture_unseal(f, FIXTURE_PASS) < 0 ||
	    safe_floor(&f->safe, 1, &f->e) < 0)
		_exit(3);
	for (;;) {
		if (draw(f, &first, &count) < 0)
			_exit(4);
		if (first <= s->last)
			s->repeated = 1;
		s->last = first + count - 1;
		if (safe_refill(&f->safe, &f->e) < 0)
			_exit(5);
	}
}

static void
killed_at_any_moment_no_number_is_given_twice(void **state)
{
	struct fixture *f = *state;
	struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t from;
	int i, status;
	pid_t pid;

	assert_true(s != MAP_FAILED);
	safe_done(&f->safe);
	for (i = 0; i < 12; i++) {
		from = s->last;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			draw_until_killed(f, s);
		/* Some blocks on, and then a moment that nobody chose. */
		while (s->last < from + 256 * (1 + (uint64_t)i % 5) &&
		       waitpid(pid, &status, WNOHANG) == 0)
			;
		kill(pid, SIGKILL);
		assert_true(waitpid(pid, &status, 0) == pid);
		assert_true(WIFSIGNALED(status));
	}
	assert_int_equal(s->repeated, 0);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
	assert_true(f->safe.mark > s->last);
	munmap(s, 4096);
}

static void
over_the_quota_keys_are_refused_until_time_passes(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t numbers[AGENT_GET_MAX], first;
	uint32_t count;
	int i, r = 0;

	fixture_open(f);
	assert_ok(draw(f, &first, &count));
	for (i = 0; i < AGENT_GET_MAX; i++)
		numbers[i] = 1 + (uint64_t)i % 256;
	for (i = 0; i < 100; i++) {
		secret_done(&keys);
		r = safe_get(
		    &f->safe, numbers, AGENT_GET_MAX, 0, 0, &keys, &f->e);
		if (r < 0)
			break;
	}
	assert_err(r, ERR_BUSY);
	assert_int_equal(i, QUOTA_KEYS_PER_MINUTE / AGENT_GET_MAX);
	assert_ok(
	    safe_get(&f->safe, numbers, AGENT_GET_MAX, 0, 2000, &keys, &f->e));
}

static void
too_many_or_no_keys_at_once_are_refused(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t numbers[AGENT_GET_MAX + 1] = { 0 };

	fixture_open(f);
	assert_err(
	    safe_get(&f->safe, numbers, 0, 0, 0, &keys, &f->e), ERR_TOO_LARGE);
	assert_err(
	    safe_get(&f->safe, numbers, AGENT_GET_MAX + 1, 0, 0, &keys, &f->e),
	    ERR_TOO_LARGE);
}

static int
certify(struct fixture *f, const char *text, uint64_t leaf)
{
	AUTO(buf_done) struct buf note = { 0 };

	return safe_sign_certificate(
	    &f->safe, text, strlen(text), leaf, 0, &note, &f->e);
}

static void
only_the_text_of_an_erasure_is_certified(void **state)
{
	struct fixture *f = *state;

#define START "sceau erasure certificate 1\n"
#define BILAN "sceau bilan 1\n"
	fixture_open(f);
	assert_ok(certify(f, START "case x\nleaf 17\n", 17));
	assert_ok(certify(f, START "leaf 17\nkeys 3\n", 17));
	assert_err(certify(f, "sceau.example/x\n17\nabc=\n", 17), ERR_INVALID);
	assert_err(certify(f, START, 17), ERR_INVALID);
	assert_err(certify(f, START "leaf 17", 17), ERR_INVALID);
	assert_err(certify(f, START "leaf 171\n", 17), ERR_INVALID);
	assert_err(certify(f, START "xleaf 17\n", 17), ERR_INVALID);
	assert_err(certify(f, START "leaf 18\n", 17), ERR_INVALID);
	assert_err(certify(f, " " START "leaf 17\n", 17), ERR_INVALID);
	assert_err(certify(f, "", 17), ERR_INVALID);
	/* The counts of a month, as strictly. */
	assert_ok(certify(f, BILAN "month 2026-10\nleaf 17\n", 17));
	assert_err(
	    certify(f, BILAN "month 2026-10\nleaf 18\n", 17), ERR_INVALID);
	assert_err(certify(f, BILAN "leaf 17", 17), ERR_INVALID);
	assert_err(certify(f, "sceau bilan 2\nleaf 17\n", 17), ERR_INVALID);
	assert_err(certify(f, "sceau bilan 1 \nleaf 17\n", 17), ERR_INVALID);
	assert_err(certify(f, "x" BILAN "leaf 17\n", 17), ERR_INVALID);
	/* Nothing in it may look like the signatures' part. */
	assert_true(certify(f, START "leaf 17\n\x01\n", 17) < 0);
}

static void
a_head_that_leaves_out_a_promised_leaf_breaks_it(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_done) struct secret keys = { 0 };
	AUTO(buf_done) struct buf note = { 0 };
	struct head_proof proof = { NULL, 0 };
	struct hash root;
	uint64_t first, n = 1;
	uint32_t count;
	int broken;

	fixture_open(f);
	assert_ok(draw(f, &first, &count));
	fixture_sign_log(f, 5, &root);
	assert_ok(safe_get(&f->safe, &n, 1, 9, 1000, &keys, &f->e));
	/* The head that was being made then: nothing happens. */
	assert_ok(safe_sign_head(
	    &f->safe, 5, &root, &proof, 1010, &broken, &note, &f->e));
	assert_int_equal(broken, 0);
	buf_reset(&note);
	assert_err(safe_sign_head(&f->safe, 5, &root, &proof,
		       1001 + PROMISE_HEAD_MS, &broken, &note, &f->e),
	    ERR_SEALED);
	assert_int_equal(broken, 1);
	assert_int_equal(note.len, 0);
}

#define WITH(t)                                                                \
	cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_sealed_safe_gives_nothing),
		WITH(what_is_sealed_to_the_intake_key_opens_after_a_rotate),
		WITH(a_changed_envelope_does_not_open),
		WITH(the_key_of_an_envelope_is_a_promise_and_counts),
		WITH(an_older_vault_has_its_intake_key_from_the_next_unseal_on),
		WITH(only_the_passphrase_opens_it),
		WITH(a_second_agent_on_one_folder_is_refused),
		WITH(keys_are_made_only_once),
		WITH(a_folder_open_to_others_is_refused),
		WITH(without_its_mark_or_head_it_does_not_start),
		WITH(a_mark_that_is_no_number_is_refused),
		WITH(no_key_is_given_before_the_floor_is_told),
		WITH(blocks_follow_each_other_and_the_reserve_is_refilled),
		WITH(the_reserve_is_refilled_at_half_and_not_before),
		WITH(a_restored_folder_gives_no_number_again),
		WITH(a_floor_within_the_reserve_starts_there),
		WITH(a_floor_far_beyond_the_reserve_starts_there_too),
		WITH(killed_at_any_moment_no_number_is_given_twice),
		WITH(over_the_quota_keys_are_refused_until_time_passes),
		WITH(too_many_or_no_keys_at_once_are_refused),
		WITH(only_the_text_of_an_erasure_is_certified),
		WITH(a_head_that_leaves_out_a_promised_leaf_breaks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
