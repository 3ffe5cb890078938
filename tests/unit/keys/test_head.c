#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "keys/head.h"

#define LOG 40

struct log {
	char path[64];
	int dir;
	struct head head;
	struct merkle *tree, *fork;
	struct err e;
};

static struct merkle *
tree_of(uint64_t from, uint64_t bent)
{
	struct merkle *m = NULL;
	struct hash leaf;
	uint64_t i, entry;

	assert_ok(merkle_new(&m, NULL));
	for (i = 0; i < LOG; i++) {
		entry = i < from ? i : i + bent;
		assert_ok(merkle_leaf_hash(&entry, sizeof(entry), &leaf, NULL));
		assert_ok(merkle_append(m, &leaf, NULL));
	}
	return m;
}

static int
setup(void **state)
{
	struct log *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	memcpy(l->path, "/tmp/sceau-head-XXXXXX", 23);
	assert_non_null(mkdtemp(l->path));
	l->dir = open(l->path, O_RDONLY | O_DIRECTORY);
	assert_ok(head_create(l->dir, &l->e));
	assert_ok(head_open(l->dir, &l->head, &l->e));
	l->tree = tree_of(0, 0);
	l->fork = tree_of(7, 1000);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	struct log *l = *state;

	head_close(&l->head);
	close(l->dir);
	tree_remove(l->path);
	merkle_freep(&l->tree);
	merkle_freep(&l->fork);
	free(l);
	return 0;
}

/* Advance to size of tree m, with the proof that m itself gives. */
static int
advance(struct log *l, const struct merkle *m, uint64_t size)
{
	struct hash root, hashes[MERKLE_PROOF_MAX];
	struct head_proof proof = { hashes, 0 };

	assert_ok(merkle_root(m, size, &root, &l->e));
	if (l->head.size > 0 && l->head.size < size)
		assert_ok(merkle_consistency(
		    m, l->head.size, size, hashes, &proof.n, &l->e));
	return head_advance(&l->head, size, &root, &proof, &l->e);
}

static void
reopen(struct log *l)
{
	head_close(&l->head);
	assert_ok(head_open(l->dir, &l->head, &l->e));
}

static void
every_extension_is_taken_and_kept(void **state)
{
	struct log *l = *state;
	uint64_t size;
	struct hash root;

	assert_int_equal(l->head.size, 0);
	for (size = 1; size <= LOG; size += 1 + size % 3) {
		assert_ok(advance(l, l->tree, size));
		reopen(l);
		assert_int_equal(l->head.size, size);
		assert_ok(merkle_root(l->tree, size, &root, &l->e));
		assert_memory_equal(l->head.root.b, root.b, HASH_LEN);
	}
}

static void
the_same_head_again_is_fine(void **state)
{
	struct log *l = *state;

	assert_ok(advance(l, l->tree, 9));
	assert_ok(advance(l, l->tree, 9));
	assert_int_equal(l->head.turn, 2);
}

static void
a_smaller_head_is_refused(void **state)
{
	struct log *l = *state;

	assert_ok(advance(l, l->tree, 9));
	assert_err(advance(l, l->tree, 8), ERR_INCONSISTENT);
	assert_err(advance(l, l->tree, 1), ERR_INCONSISTENT);
	assert_err(advance(l, l->tree, 0), ERR_INVALID);
	reopen(l);
	assert_int_equal(l->head.size, 9);
}

static void
a_fork_is_refused_at_the_same_and_at_any_later_size(void **state)
{
	struct log *l = *state;
	uint64_t size;

	assert_ok(advance(l, l->tree, 9));
	for (size = 9; size <= LOG; size++)
		assert_err(advance(l, l->fork, size), ERR_INCONSISTENT);
	assert_ok(advance(l, l->tree, LOG));
}

static void
a_wrong_or_missing_proof_is_refused(void **state)
{
	struct log *l = *state;
	struct hash root, hashes[MERKLE_PROOF_MAX];
	struct head_proof proof = { hashes, 0 };
	size_t n, i;

	assert_ok(advance(l, l->tree, 9));
	assert_ok(merkle_root(l->tree, 20, &root, &l->e));
	assert_ok(merkle_consistency(l->tree, 9, 20, hashes, &n, &l->e));
	for (i = 0; i < n; i++) {
		proof.n = i;
		assert_err(head_advance(&l->head, 20, &root, &proof, &l->e),
		    ERR_INCONSISTENT);
		proof.n = n;
		hashes[i].b[31] ^= 1;
		assert_err(head_advance(&l->head, 20, &root, &proof, &l->e),
		    ERR_INCONSISTENT);
		hashes[i].b[31] ^= 1;
	}
	assert_ok(head_advance(&l->head, 20, &root, &proof, &l->e));
	/* None belongs to the same head again. */
	assert_err(
	    head_advance(&l->head, 20, &root, &proof, &l->e), ERR_INVALID);
}

static void
a_torn_write_loses_only_the_head_nobody_saw(void **state)
{
	struct log *l = *state;
	uint8_t was[4096], is[4096];
	off_t place;
	size_t cut;
	int fd;

	assert_ok(advance(l, l->tree, 5));
	place = (off_t)((l->head.turn + 1) % 2) * 4096;
	fd = openat(l->dir, "head", O_RDWR);
	assert_true(fd >= 0);
	assert_true(pread(fd, was, sizeof(was), place) == sizeof(was));
	assert_ok(advance(l, l->tree, 6));
	assert_true(pread(fd, is, sizeof(is), place) == sizeof(is));
	for (cut = 0; cut < 88; cut++) {
		/* The new one up to cut, the older one behind. */
		assert_true(pwrite(fd, is, cut, place) == (ssize_t)cut);
		assert_true(pwrite(fd, was + cut, 4096 - cut,
				place + (off_t)cut) == (ssize_t)(4096 - cut));
		reopen(l);
		assert_true(l->head.size == 5 || memcmp(is, was, cut) == 0 ||
			    memcmp(is + cut, was + cut, 88 - cut) == 0);
	}
	close(fd);
}

static void
a_file_with_no_whole_head_is_refused(void **state)
{
	struct log *l = *state;
	int fd = openat(l->dir, "head", O_RDWR);
	struct head h = { .fd = -1 };

	assert_ok(advance(l, l->tree, 5));
	assert_true(pwrite(fd, "x", 1, 20) == 1);
	assert_true(pwrite(fd, "x", 1, 4096 + 20) == 1);
	assert_err(head_open(l->dir, &h, &l->e), ERR_INTEGRITY);
	assert_true(ftruncate(fd, 100) == 0);
	assert_err(head_open(l->dir, &h, &l->e), ERR_INCOMPLETE);
	assert_true(unlinkat(l->dir, "head", 0) == 0);
	assert_err(head_open(l->dir, &h, &l->e), ERR_INCOMPLETE);
	close(fd);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(every_extension_is_taken_and_kept),
		WITH(the_same_head_again_is_fine),
		WITH(a_smaller_head_is_refused),
		WITH(a_fork_is_refused_at_the_same_and_at_any_later_size),
		WITH(a_wrong_or_missing_proof_is_refused),
		WITH(a_torn_write_loses_only_the_head_nobody_saw),
		WITH(a_file_with_no_whole_head_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
