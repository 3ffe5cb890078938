#include "keys/rotate.h"

#include <string.h>

#include "base/file.h"

void
rotate_keys_done(struct rotate_keys *k)
{
	secret_done(&k->root);
	keyring_done(&k->ring);
	keystore_done(&k->store);
}

int
rotate_check(const struct rotate_set *set, struct err *e)
{
	size_t i;

	for (i = 1; i < set->n; i++)
		if (set->numbers[i] <= set->numbers[i - 1])
			return err_set(
			    e, ERR_INVALID, "numbers must ascend, none twice");
	for (i = 1; i < set->nmonths; i++)
		if (set->months[i] <= set->months[i - 1])
			return err_set(
			    e, ERR_INVALID, "months must ascend, none twice");
	return 0;
}

/* What the next generation holds, in memory. */
static int
prepare(const struct rotate_keys *old, const struct rotate_set *set,
    struct rotate_keys *out, uint64_t *destroyed, struct err *e)
{
	size_t i;
	int r;

	if ((r = secret_random(&out->root, SECRET_KEY_LEN, e)) < 0 ||
	    (r = keyring_next(&old->ring, &out->ring, e)) < 0)
		return r;
	for (i = 0; i < set->nmonths; i++)
		if ((r = keyring_month_expire(&out->ring, set->months[i], e)) <
		    0)
			return r;
	return keystore_without(
	    &old->store, set->numbers, set->n, &out->store, destroyed, e);
}

/* Every slot of the old folder, with the new root, into the new one. */
static int
write_slots(const struct keydir *d, int from, int to,
    const struct rotate_keys *next, struct err *e)
{
	struct ecies_context c = { d->vault, next->ring.generation };
	AUTO(slots_done) struct slots slots = { .n = 0 };
	size_t i;
	int r;

	if ((r = slots_load(from, &slots, e)) < 0)
		return r;
	for (i = 0; i < slots.n; i++) {
		keydir_step(d, "slot");
		if ((r = slot_wrap(&slots.slot[i], &c, &next->root, e)) < 0 ||
		    (r = slot_save(to, &slots.slot[i], e)) < 0)
			return r;
	}
	return 0;
}

static int
write_generation(const struct keydir *d, uint32_t old,
    const struct rotate_keys *next, struct err *e)
{
	AUTO(fd_closep) int from = -1;
	AUTO(fd_closep) int to = -1;
	int r;

	keydir_step(d, "folder");
	if ((r = keydir_generation(d, old, 0, &from, e)) < 0 ||
	    (r = keydir_generation(d, next->ring.generation, 1, &to, e)) < 0)
		return r;
	keydir_step(d, "keystore");
	r = keystore_save(to, &d->vault, next->ring.k->kek, &next->store, e);
	if (r < 0)
		return r;
	keydir_step(d, "keyring");
	r = keyring_save(to, &d->vault, &next->root, &next->ring, e);
	if (r < 0)
		return r;
	if ((r = write_slots(d, from, to, next, e)) < 0)
		return r;
	keydir_step(d, "sync");
	/* The new folder's own name must be there before current says so. */
	return dir_sync(d->fd, ".", e);
}

/*
 * Make the new generation the current one. When that fails it is read back
 * which one counts: the replacement may have happened before the failure.
 */
static int
commit(
    const struct keydir *d, uint32_t generation, int *committed, struct err *e)
{
	uint32_t found;
	int r;

	keydir_step(d, "current");
	if ((r = keydir_set_current(d, generation, e)) == 0) {
		*committed = 1;
		keydir_step(d, "committed");
		return 0;
	}
	*committed = keydir_current(d, &found, NULL) < 0 || found == generation;
	return r;
}

static void
take_over(struct rotate_keys *keys, struct rotate_keys *next)
{
	rotate_keys_done(keys);
	secret_move(&keys->root, &next->root);
	keyring_move(&keys->ring, &next->ring);
	keystore_move(&keys->store, &next->store);
}

int
rotate_run(const struct keydir *d, struct rotate_keys *keys,
    const struct rotate_set *set, uint64_t *destroyed, int *committed,
    struct err *e)
{
	AUTO(rotate_keys_done) struct rotate_keys next = { .root = { 0 } };
	uint32_t old = keys->ring.generation;
	uint64_t count;
	int r;

	*committed = 0;
	/* What an earlier rotate left behind goes first. */
	if ((r = rotate_check(set, e)) < 0 ||
	    (r = keydir_sweep(d, old, e)) < 0 ||
	    (r = prepare(keys, set, &next, &count, e)) < 0)
		return r;
	r = write_generation(d, old, &next, e);
	if (r == 0)
		r = commit(d, next.ring.generation, committed, e);
	if (r < 0) {
		if (!*committed)
			(void)!keydir_sweep(d, old, NULL);
		return r;
	}
	r = keydir_sweep(d, next.ring.generation, e);
	if (r < 0)
		return r;
	take_over(keys, &next);
	*destroyed = count;
	return 0;
}
