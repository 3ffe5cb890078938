/* Staging, appending, entering, reading; and opening after a stop. */
#include "tests/unit/store/vault.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/pack.h"

static const struct {
	size_t n;
	int blobs;
} borders[] = {
	{ 1, 1 },
	{ 65535, 1 },
	{ STORE_BLOB_MAX - 1, 1 },
	{ STORE_BLOB_MAX, 1 },
	{ STORE_BLOB_MAX + 1, 2 },
	{ 2 * STORE_BLOB_MAX, 2 },
	{ STORE_MEMORY_MAX, 8 },
	{ STORE_MEMORY_MAX + STORE_BLOB_MAX, 9 },
};

static void
every_size_is_read_back(void **state)
{
	struct vault *v = *state;
	struct id id;
	int blobs = 0;
	unsigned i;

	for (i = 0; i < NELEMS(borders); i++) {
		id = vault_owner(i);
		vault_file(v, &id, 1, STORE_CONTENT, i, borders[i].n);
		blobs += borders[i].blobs;
		assert_int_equal(
		    vault_count(v, "SELECT count(*) FROM chunk"), blobs);
	}
	for (i = 0; i < NELEMS(borders); i++) {
		id = vault_owner(i);
		assert_int_equal(
		    vault_read(v, &id, 1, STORE_CONTENT, i, borders[i].n), 0);
	}
	vault_check_python(v);
	vault_again(v);
	for (i = 0; i < NELEMS(borders); i++) {
		id = vault_owner(i);
		assert_int_equal(
		    vault_read(v, &id, 1, STORE_CONTENT, i, borders[i].n), 0);
	}
	vault_check_python(v);
}

static void
parts_and_versions_are_apart(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1), b = vault_owner(2);

	vault_file(v, &a, 1, STORE_CONTENT, 11, 500);
	vault_file(v, &a, 1, STORE_MANIFEST, 12, 60);
	vault_file(v, &a, 2, STORE_CONTENT, 13, 700);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 11, 500), 0);
	assert_int_equal(vault_read(v, &a, 1, STORE_MANIFEST, 12, 60), 0);
	assert_int_equal(vault_read(v, &a, 2, STORE_CONTENT, 13, 700), 0);
	assert_int_equal(
	    vault_read(v, &a, 2, STORE_MANIFEST, 0, 1), -ERR_NOT_FOUND);
	assert_int_equal(
	    vault_read(v, &a, 3, STORE_CONTENT, 0, 1), -ERR_NOT_FOUND);
	assert_int_equal(
	    vault_read(v, &b, 1, STORE_CONTENT, 0, 1), -ERR_NOT_FOUND);
}

static void
a_group_is_appended_as_one(void **state)
{
	struct vault *v = *state;
	struct stage *g[64];
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	unsigned i;

	for (i = 0; i < 64; i++)
		g[i] = vault_stage(v, i, i == 9 ? 9u << 20 : 1000 + i);
	assert_int_equal(store_append(v->s, g, 64, &v->e), 0);
	assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
	for (i = 0; i < 64; i++) {
		id = vault_owner(i);
		assert_int_equal(store_place(&tx, g[i], STORE_DOCUMENTS, &id, 1,
				     STORE_CONTENT, 1, &v->e),
		    0);
	}
	assert_int_equal(tx_commit(&tx, &v->e), 0);
	for (i = 0; i < 64; i++) {
		stage_freep(&g[i]);
		id = vault_owner(i);
		assert_int_equal(vault_read(v, &id, 1, STORE_CONTENT, i,
				     i == 9 ? 9u << 20 : 1000 + i),
		    0);
	}
}

struct filer {
	struct vault *v;
	unsigned first;
	struct err e;
	int r;
};

#define RACE 40

/* Append only: the catalog has one writer. */
static struct stage *raced[2 * RACE];

static void *
append_many(void *arg)
{
	struct filer *f = arg;
	uint8_t body[3000];
	unsigned i;

	for (i = f->first; f->r == 0 && i < f->first + RACE; i++) {
		vault_bytes(i, body, sizeof(body));
		if ((f->r = stage_new(f->v->s, &raced[i], &f->e)) < 0 ||
		    (f->r = stage_write(raced[i], body, sizeof(body), &f->e)) <
			0 ||
		    (f->r = stage_finish(raced[i], &f->e)) < 0)
			return NULL;
		f->r = store_append(f->v->s, &raced[i], 1, &f->e);
	}
	return NULL;
}

static void
two_may_append_at_once(void **state)
{
	struct vault *v = *state;
	struct filer f[2] = { { .v = v }, { .v = v, .first = RACE } };
	AUTO(tx_end) struct tx tx = { 0 };
	pthread_t t[2];
	struct id id;
	unsigned i;

	for (i = 0; i < 2; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, append_many, &f[i]), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(f[i].r, 0);
	}
	assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
	for (i = 0; i < 2 * RACE; i++) {
		id = vault_owner(i);
		assert_int_equal(store_place(&tx, raced[i], STORE_DOCUMENTS,
				     &id, 1, STORE_CONTENT, 1, &v->e),
		    0);
		stage_freep(&raced[i]);
	}
	assert_int_equal(tx_commit(&tx, &v->e), 0);
	for (i = 0; i < 2 * RACE; i++) {
		id = vault_owner(i);
		assert_int_equal(
		    vault_read(v, &id, 1, STORE_CONTENT, i, 3000), 0);
	}
	vault_check_python(v);
}

static void
an_empty_object_is_refused(void **state)
{
	AUTO(stage_freep) struct stage *g = NULL;
	struct vault *v = *state;

	assert_int_equal(stage_new(v->s, &g, &v->e), 0);
	assert_int_equal(stage_write(g, "", 0, &v->e), 0);
	assert_int_equal(stage_finish(g, &v->e), -ERR_INVALID);
}

static void
a_stage_out_of_its_order_is_refused(void **state)
{
	AUTO(stage_freep) struct stage *g = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	struct vault *v = *state;
	struct id id = vault_owner(1), none = { 0 };

	assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
	assert_int_equal(stage_new(v->s, &g, &v->e), 0);
	assert_int_equal(stage_write(g, "x", 1, &v->e), 0);
	assert_int_equal(store_append(v->s, &g, 1, &v->e), -ERR_INTERNAL);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &id, 1,
			     STORE_CONTENT, 1, &v->e),
	    -ERR_INTERNAL);
	assert_int_equal(stage_finish(g, &v->e), 0);
	assert_int_equal(stage_write(g, "x", 1, &v->e), -ERR_INTERNAL);
	assert_int_equal(stage_finish(g, &v->e), -ERR_INTERNAL);
	assert_int_equal(store_append(v->s, &g, 1, &v->e), 0);
	assert_int_equal(store_append(v->s, &g, 1, &v->e), -ERR_INTERNAL);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &none, 1,
			     STORE_CONTENT, 1, &v->e),
	    -ERR_INVALID);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &id, 0,
			     STORE_CONTENT, 1, &v->e),
	    -ERR_INVALID);
}

static void
the_same_place_twice_is_a_conflict(void **state)
{
	struct vault *v = *state;
	AUTO(stage_freep) struct stage *g = vault_stage(v, 1, 10);
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id = vault_owner(1), other = vault_owner(2);

	assert_int_equal(store_append(v->s, &g, 1, &v->e), 0);
	assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &id, 1,
			     STORE_CONTENT, 1, &v->e),
	    0);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &id, 1,
			     STORE_CONTENT, 1, &v->e),
	    -ERR_CONFLICT);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &other, 1,
			     STORE_CONTENT, 1, &v->e),
	    -ERR_CONFLICT);
}

static void
a_refused_stage_leaves_no_file(void **state)
{
	struct vault *v = *state;
	struct stage *g = vault_stage(v, 1, 10u << 20);

	assert_int_equal(vault_files(v, "incoming", ".seg"), 1);
	stage_freep(&g);
	assert_int_equal(vault_files(v, "incoming", ".seg"), 0);
	assert_int_equal(vault_files(v, "segments", ".seg"), 0);
}

static void
a_rolled_back_filing_is_not_there(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1), b = vault_owner(2);
	struct stage *g = vault_stage(v, 1, 3000);

	assert_int_equal(store_append(v->s, &g, 1, &v->e), 0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
		assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &a, 1,
				     STORE_CONTENT, 1, &v->e),
		    0);
	}
	stage_freep(&g);
	assert_int_equal(
	    vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), -ERR_NOT_FOUND);
	/* Twice: both lanes. */
	vault_file(v, &b, 1, STORE_CONTENT, 2, 4000);
	vault_file(v, &b, 2, STORE_CONTENT, 3, 4000);
	vault_again(v);
	assert_int_equal(vault_read(v, &b, 1, STORE_CONTENT, 2, 4000), 0);
	assert_int_equal(vault_read(v, &b, 2, STORE_CONTENT, 3, 4000), 0);
	vault_publish(v);
	vault_sweep(v, 0);
	assert_false(vault_holds(v, 1));
	assert_int_equal(vault_read(v, &b, 1, STORE_CONTENT, 2, 4000), 0);
	vault_fsck(v);
}

static void
an_unclaimed_tail_is_cut_at_the_next_open(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	struct stage *g;
	int i;

	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	vault_file(v, &a, 2, STORE_CONTENT, 2, 3000);
	for (i = 0; i < 2; i++) {
		g = vault_stage(v, 77, 5000);
		assert_int_equal(store_append(v->s, &g, 1, &v->e), 0);
		stage_freep(&g);
	}
	assert_true(vault_holds(v, 77));
	vault_again(v);
	assert_false(vault_holds(v, 77));
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), 0);
	assert_int_equal(vault_read(v, &a, 2, STORE_CONTENT, 2, 3000), 0);
	vault_check_python(v);
}

static void
half_an_object_at_the_end_is_cut(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	char path[160];
	int fd;

	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	snprintf(path, sizeof(path), "%s/segments/%016x.seg", v->store_path, 1);
	assert_true((fd = open(path, O_WRONLY | O_APPEND)) >= 0);
	assert_int_equal(write(fd, "\xb1\x80torn", 6), 6);
	close(fd);
	vault_again(v);
	vault_check_python(v);
	vault_publish(v);
	vault_fsck(v);
}

static void
files_without_a_row_go_at_the_next_open(void **state)
{
	static const char *const names[] = { "segments/00000000000000ff.seg",
		"objects/pack/pack-0000000000000000000000000000000000000000"
		".pack",
		"objects/pack/pack-0000000000000000000000000000000000000000"
		".idx",
		"objects/pack/tmp_idx_1", "incoming/00000001.seg" };
	struct vault *v = *state;
	char path[256];
	size_t i;
	int fd;

	for (i = 0; i < NELEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", v->store_path, names[i]);
		assert_true((fd = open(path, O_CREAT | O_WRONLY, 0600)) >= 0);
		close(fd);
	}
	vault_again(v);
	for (i = 0; i < NELEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", v->store_path, names[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void
the_store_of_another_catalog_is_refused(void **state)
{
	const char *const schema[] = { store_schema };
	struct vault *v = *state;
	struct id a = vault_owner(1);
	struct store *s = NULL;
	char path[128];

	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	vault_close(v);
	snprintf(path, sizeof(path), "%s/other.db", v->dir);
	assert_int_equal(catalog_open(path, schema, 1, &v->c, &v->e), 0);
	assert_int_equal(
	    store_open(v->store_path, v->c, 0, &s, &v->e), -ERR_INCONSISTENT);
	assert_string_equal(err_name(&v->e), "another-store");
	catalog_freep(&v->c);
	/* Nothing was collected. */
	vault_open(v);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), 0);
}

static void
a_missing_store_is_not_made_anew(void **state)
{
	struct vault *v = *state;
	struct store *s = NULL;
	char path[128];

	store_freep(&v->s);
	snprintf(path, sizeof(path), "%s/elsewhere", v->dir);
	assert_int_equal(store_open(path, v->c, 0, &s, &v->e), -ERR_INCOMPLETE);
	assert_string_equal(err_name(&v->e), "store-missing");
}

static void
flip(struct vault *v, const char *folder, const char *name, off_t at)
{
	char path[256];
	uint8_t b;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", v->store_path, folder, name);
	assert_true((fd = open(path, O_RDWR)) >= 0);
	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= 1;
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	close(fd);
}

static void
a_flipped_bit_is_found(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	uint64_t blobs;

	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	assert_int_equal(store_verify(v->s, &blobs, &v->e), 0);
	assert_int_equal(blobs, 1);
	flip(v, "segments", "0000000000000001.seg", 1500);
	assert_int_equal(
	    vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), -ERR_INTEGRITY);
	assert_int_equal(store_verify(v->s, &blobs, &v->e), -ERR_INTEGRITY);
	/* Nor is it published as if it were sound. */
	assert_int_equal(
	    store_publish(v->s, &v->hooks, &v->rep, &v->e), -ERR_INTEGRITY);
}

static void
a_missing_segment_is_reported(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	uint64_t blobs;
	char path[160];

	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	vault_close(v);
	snprintf(path, sizeof(path), "%s/segments/%016x.seg", v->store_path, 1);
	assert_int_equal(unlink(path), 0);
	vault_open(v);
	assert_int_equal(
	    vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), -ERR_INCOMPLETE);
	assert_int_equal(store_verify(v->s, &blobs, &v->e), -ERR_INCOMPLETE);
}

static void
a_short_segment_is_reported(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	uint64_t blobs;
	char path[160];

	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	snprintf(path, sizeof(path), "%s/segments/%016x.seg", v->store_path, 1);
	vault_close(v);
	assert_int_equal(truncate(path, 2000), 0);
	vault_open(v);
	assert_int_equal(
	    vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), -ERR_INCOMPLETE);
	assert_int_equal(store_verify(v->s, &blobs, &v->e), -ERR_INCOMPLETE);
}

static void
under_the_reserve_filings_are_refused_and_reads_work(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	struct stage *g, *big = NULL;
	uint8_t *p = calloc(1, 1u << 20);
	int i, r = 0;

	assert_non_null(p);
	vault_file(v, &a, 1, STORE_CONTENT, 1, 3000);
	v->reserve = UINT64_MAX / 2;
	vault_again(v);
	assert_int_equal(store_room(v->s), 0);
	g = vault_stage(v, 2, 3000);
	assert_int_equal(store_append(v->s, &g, 1, &v->e), -ERR_FULL);
	assert_string_equal(err_name(&v->e), "disk-reserve");
	stage_freep(&g);
	assert_int_equal(stage_new(v->s, &big, &v->e), 0);
	for (i = 0; i < 10 && r == 0; i++)
		r = stage_write(big, p, 1u << 20, &v->e);
	assert_int_equal(r, -ERR_FULL);
	assert_string_equal(err_name(&v->e), "disk-reserve");
	stage_freep(&big);
	assert_int_equal(vault_files(v, "incoming", ".seg"), 0);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 3000), 0);
	free(p);
}

static long
resident_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(f);
	return kib;
}

static void
a_large_file_takes_no_memory(void **state)
{
	struct vault *v = *state;
	AUTO(stage_freep) struct stage *g = NULL;
	AUTO(store_reader_freep) struct store_reader *rd = NULL;
	AUTO(mem_freep) uint8_t *p = malloc(1u << 16);
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	struct id a = vault_owner(1);
	uint64_t n = 192u << 20, at;
	long before;
	size_t i;

	assert_non_null(p);
	assert_int_equal(stage_new(v->s, &g, &v->e), 0);
	vault_bytes(1, p, 1u << 16);
	before = resident_kib();
	for (at = 0, i = 0; at < n; at += 1u << 16, i++) {
		memcpy(p, &i, sizeof(i));
		assert_int_equal(stage_write(g, p, 1u << 16, &v->e), 0);
	}
	assert_int_equal(stage_finish(g, &v->e), 0);
	assert_int_equal(store_append(v->s, &g, 1, &v->e), 0);
	assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &a, 1,
			     STORE_CONTENT, 1, &v->e),
	    0);
	assert_int_equal(tx_commit(&tx, &v->e), 0);
	stage_freep(&g);
	vault_publish(v);
	{
		AUTO(tx_end) struct tx rtx = { 0 };

		assert_int_equal(tx_read(v->c, &rtx, &v->e), 0);
		assert_int_equal(store_reader_open(v->s, &rtx, &a, 1,
				     STORE_CONTENT, &rd, &v->e),
		    0);
	}
	for (at = 0; at < n; at += b.len) {
		assert_int_equal(store_reader_next(rd, &b, &v->e), 0);
		assert_int_equal(b.len, STORE_BLOB_MAX);
		i = at >> 16;
		assert_memory_equal(b.p, &i, sizeof(i));
	}
#ifndef __SANITIZE_ADDRESS__
	/* Freed memory is kept aside by the sanitizer. */
	assert_true(resident_kib() - before < 32 * 1024);
#else
	(void)before;
#endif
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, vault_setup, vault_teardown)
	const struct CMUnitTest tests[] = {
		T(every_size_is_read_back),
		T(parts_and_versions_are_apart),
		T(a_group_is_appended_as_one),
		T(two_may_append_at_once),
		T(an_empty_object_is_refused),
		T(a_stage_out_of_its_order_is_refused),
		T(the_same_place_twice_is_a_conflict),
		T(a_refused_stage_leaves_no_file),
		T(a_rolled_back_filing_is_not_there),
		T(an_unclaimed_tail_is_cut_at_the_next_open),
		T(half_an_object_at_the_end_is_cut),
		T(files_without_a_row_go_at_the_next_open),
		T(the_store_of_another_catalog_is_refused),
		T(a_missing_store_is_not_made_anew),
		T(a_flipped_bit_is_found),
		T(a_missing_segment_is_reported),
		T(a_short_segment_is_reported),
		T(under_the_reserve_filings_are_refused_and_reads_work),
		T(a_large_file_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
