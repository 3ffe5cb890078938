/*
 * A vault for tests of the store: a catalog and a store in a scratch folder,
 * hooks that sign with a real key and commit with real transactions, and
 * stock git to judge what comes out.
 */
#ifndef TESTS_UNIT_STORE_VAULT_H
#define TESTS_UNIT_STORE_VAULT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/store.h"

struct vault {
	char dir[64], catalog_path[96], store_path[96];
	struct catalog *c;
	struct store *s;
	struct store_hooks hooks;
	struct store_report rep;
	struct err e;
	uint64_t reserve;
	/* Run once, before the next commit of a hook; then forgotten. */
	void (*before_commit)(struct vault *v);
	int fail_sign;
};

/* For cmocka: *state gets the vault. */
int vault_setup(void **state);
int vault_teardown(void **state);

void vault_open(struct vault *v);
void vault_close(struct vault *v);
void vault_again(struct vault *v);

/* n bytes that follow from seed, and from nothing else. */
void vault_bytes(uint64_t seed, uint8_t *out, size_t n);
/* A stage of n such bytes, finished. */
struct stage *vault_stage(struct vault *v, uint64_t seed, size_t n);
/* File n bytes as a part, as a whole group. */
void vault_file(struct vault *v, const struct id *owner, uint32_t version,
    enum store_part part, uint64_t seed, size_t n);
/* The owner whose id is made of k. */
struct id vault_owner(unsigned k);
/* Reads the part back and compares. The result of the first call that
 * failed, or 0. */
int vault_read(struct vault *v, const struct id *owner, uint32_t version,
    enum store_part part, uint64_t seed, size_t n);
void vault_forget(struct vault *v, const struct id *owner, uint32_t version);
void vault_publish(struct vault *v);
void vault_sweep(struct vault *v, double share);
/* One number that a constant statement gives. */
int64_t vault_count(struct vault *v, const char *text);

/* Are the first 64 bytes that follow from seed in any file of the store? */
int vault_holds(struct vault *v, uint64_t seed);
/* How many files have path (a folder of the store) and this suffix. */
int vault_files(struct vault *v, const char *path, const char *suffix);

/* Run a program in the store; its status, and what it printed (both). */
int vault_run(struct vault *v, char *out, size_t size, const char *const *argv);
/* git fsck --full --strict says nothing and succeeds. */
void vault_fsck(struct vault *v);
/* Every ref's commit has a good signature of the test key. */
void vault_check_signatures(struct vault *v);
/* clone --mirror through the protocol; the clone has as many refs. */
void vault_check_mirror(struct vault *v, int refs);
/* The independent reader finds every pack and segment sound. */
void vault_check_python(struct vault *v);

#endif
