/*
 * How long a rotate takes with many keys: the daemon waits for it. Prints
 * the median of five, and what a plain copy of the same bytes takes.
 * argv: [keys [folder]]; 1 200 000 keys in /tmp otherwise.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "keys/rotate.h"

#define RUNS 5
#define KEYS_DEFAULT 1200000
#define DOOMED 1000

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int r, const struct err *e)
{
	if (r >= 0)
		return;
	fprintf(stderr, "%s\n", e->text);
	exit(1);
}

static int
by_value(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* A vault's folder with n keys, all given, and one slot. */
static void
make(struct keydir *d, struct rotate_keys *keys, const char *path, size_t n)
{
	struct keystore none = { .n = 0 };
	AUTO(secret_done) struct secret pass = { 0 };
	AUTO(slot_done) struct slot slot = { 0 };
	AUTO(fd_closep) int dir = -1;
	struct slot_spec spec = { .kind = SLOT_PASSPHRASE,
		.name = "passphrase",
		.credential = &pass,
		.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN };
	struct id vault = { { 1 } };
	struct err e;

	must(keydir_open(d, path, &vault, &e), &e);
	must(secret_copy(&pass, "bench", 5, &e), &e);
	must(secret_random(&keys->root, SECRET_KEY_LEN, &e), &e);
	must(
	    keyring_make("sceau.example/bench", 1795000000000, &keys->ring, &e),
	    &e);
	must(keystore_grown(&none, 1, n, &keys->store, &e), &e);
	must(keydir_generation(d, 1, 1, &dir, &e), &e);
	must(keystore_save(dir, &vault, keys->ring.k->kek, &keys->store, &e),
	    &e);
	must(keyring_save(dir, &vault, &keys->root, &keys->ring, &e), &e);
	must(slot_make(&spec, &slot, &e), &e);
	must(slot_save(dir, &slot, &e), &e);
	must(keydir_set_current(d, 1, &e), &e);
}

/* The floor: the same bytes written and synced, and nothing else. */
static double
plain_write(const struct keydir *d, const struct rotate_keys *keys)
{
	double start = now_s();
	struct err e;

	must(file_write(d->fd, "plain", keys->store.entries.p,
		 keys->store.n * KEYSTORE_ENTRY, 0600, &e),
	    &e);
	return now_s() - start;
}

static void
run(const struct keydir *d, struct rotate_keys *keys, size_t n)
{
	uint64_t doomed[DOOMED], destroyed;
	double took[RUNS], plain[RUNS], start;
	struct rotate_set set = { .numbers = doomed, .n = DOOMED };
	int committed, i;
	struct err e;
	size_t j;

	for (i = 0; i < RUNS; i++) {
		for (j = 0; j < DOOMED; j++)
			doomed[j] = 1 + (uint64_t)i + j * (n / DOOMED);
		plain[i] = plain_write(d, keys);
		start = now_s();
		must(rotate_run(d, keys, &set, &destroyed, &committed, &e), &e);
		took[i] = now_s() - start;
		if (destroyed != DOOMED) {
			fprintf(stderr, "wrong count\n");
			exit(1);
		}
	}
	qsort(took, RUNS, sizeof(took[0]), by_value);
	qsort(plain, RUNS, sizeof(plain[0]), by_value);
	printf("rotate of %zu keys: median %.3f s (%.3f to %.3f); the same "
	       "bytes written plainly: %.3f s; ratio %.1f\n",
	    n, took[RUNS / 2], took[0], took[RUNS - 1], plain[RUNS / 2],
	    took[RUNS / 2] / plain[RUNS / 2]);
}

static void
clean(const struct keydir *d, const char *path)
{
	struct err e;

	must(keydir_sweep(d, 0, &e), &e);
	(void)!unlinkat(d->fd, "plain", 0);
	(void)!unlinkat(d->fd, "current", 0);
	(void)!unlinkat(d->fd, "lock", 0);
	(void)!rmdir(path);
}

int
main(int argc, char **argv)
{
	AUTO(rotate_keys_done) struct rotate_keys keys = { .root = { 0 } };
	AUTO(keydir_close) struct keydir d = { .fd = -1, .lock = -1 };
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : KEYS_DEFAULT;
	char path[256];
	struct err e;

	must(secret_harden_process(&e), &e);
	snprintf(path, sizeof(path), "%s/sceau-bench-XXXXXX",
	    argc > 2 ? argv[2] : "/tmp");
	if (n < DOOMED * RUNS || mkdtemp(path) == NULL) {
		fprintf(
		    stderr, "at least %d keys, in a folder\n", DOOMED * RUNS);
		return 2;
	}
	make(&d, &keys, path, n);
	run(&d, &keys, n);
	clean(&d, path);
	return 0;
}
