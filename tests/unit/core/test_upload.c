/* Uploads: their offsets, their owners, their limits. */
#include "tests/unit/core/core_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static void
fresh(char id[ID_TEXT])
{
	struct id raw;

	assert_int_equal(id_random(&raw, NULL), 0);
	id_format(&raw, id);
}

static void
refused(struct core_fixture *f, int r, enum err_code code, const char *tag)
{
	if (r != -(int)code || strcmp(err_name(&f->e), tag) != 0)
		fail_msg("%d %s: %s", r, err_name(&f->e), f->e.text);
}

static struct upload *
begin(struct core_fixture *f, enum person who, const char *id, uint64_t offset)
{
	struct caller c = core_fixture_caller(f, who);
	struct upload *u = NULL;
	int r;

	while ((r = uploads_begin(f->core, &c, id, offset, &u, &f->e)) < 0 &&
	       strcmp(err_name(&f->e), "keys") == 0)
		usleep(1000);
	if (r < 0)
		fail_msg("%s", f->e.text);
	return u;
}

static int
try_begin(
    struct core_fixture *f, enum person who, const char *id, uint64_t offset)
{
	struct caller c = core_fixture_caller(f, who);
	struct upload *u = NULL;
	int r = uploads_begin(f->core, &c, id, offset, &u, &f->e);

	if (r == 0)
		upload_pause(u);
	return r;
}

/* Cut and resumed, the bytes and their SHA-256 are those sent at once. */
static void
a_cut_upload_goes_on_where_it_was(void **state)
{
	struct caller c;
	struct upload *u, *taken = NULL;
	struct upload_facts facts;
	uint8_t sha[SHA256_LEN], *copy;
	char id[ID_TEXT], bytes[50000];
	uint64_t offset;
	FIXTURE(f);

	memset(bytes, 'x', sizeof(bytes));
	fresh(id);
	u = begin(f, CAMILLE, id, 0);
	assert_int_equal(upload_write(u, bytes, 17000, &f->e), 0);
	upload_pause(u);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(uploads_offset(f->core, &c, id, &offset, &f->e), 0);
	assert_int_equal(offset, 17000);
	refused(f, try_begin(f, CAMILLE, id, 16999), ERR_CONFLICT, "offset");
	assert_non_null(strstr(f->e.text, "17000"));
	refused(f, try_begin(f, CAMILLE, id, 0), ERR_CONFLICT, "offset");
	u = begin(f, CAMILLE, id, 17000);
	assert_int_equal(
	    upload_write(u, bytes, sizeof(bytes) - 17000, &f->e), 0);
	upload_pause(u);
	assert_int_equal(
	    uploads_take(f->core, &c, id, &taken, &facts, &f->e), 0);
	assert_int_equal(facts.size, sizeof(bytes));
	assert_int_equal(
	    digest_of(DIGEST_SHA256, bytes, sizeof(bytes), sha, NULL), 0);
	assert_memory_equal(facts.sha256, sha, sizeof(sha));
	assert_true(facts.whole);
	copy = malloc(sizeof(bytes));
	assert_non_null(copy);
	assert_int_equal(
	    fd_pread_all(facts.fd, copy, sizeof(bytes), 0, &f->e), 0);
	assert_memory_equal(copy, bytes, sizeof(bytes));
	free(copy);
	/* Sealed: the copy that is inspected cannot change any more. */
	assert_int_equal(pwrite(facts.fd, "y", 1, 0), -1);
	upload_put(&taken);
	refused(f, try_begin(f, CAMILLE, id, sizeof(bytes)), ERR_CONFLICT,
	    "upload-finished");
	assert_int_equal(
	    uploads_take(f->core, &c, id, &taken, &facts, &f->e), 0);
	upload_drop(&taken);
	refused(f, uploads_offset(f->core, &c, id, &offset, &f->e),
	    ERR_NOT_FOUND, "upload");
}

static void
an_upload_is_its_uids_alone(void **state)
{
	struct upload *u, *taken = NULL;
	struct upload_facts facts;
	struct caller c;
	uint64_t offset;
	char id[ID_TEXT];
	FIXTURE(f);

	fresh(id);
	u = begin(f, CAMILLE, id, 0);
	assert_int_equal(upload_write(u, "abc", 3, &f->e), 0);
	upload_pause(u);
	c = core_fixture_caller(f, NOA);
	refused(f, uploads_offset(f->core, &c, id, &offset, &f->e),
	    ERR_NOT_FOUND, "upload");
	refused(f, uploads_take(f->core, &c, id, &taken, &facts, &f->e),
	    ERR_NOT_FOUND, "upload");
	refused(f, try_begin(f, NOA, id, 3), ERR_CONFLICT, "offset");
	assert_non_null(strstr(f->e.text, "0 bytes"));
	refused(f, try_begin(f, NOBODY, id, 0), ERR_DENIED, "nobody");
	refused(f, try_begin(f, CAMILLE, "../../etc/passwd", 0), ERR_INVALID,
	    "upload-id");
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    uploads_take(f->core, &c, id, &taken, &facts, &f->e), 0);
	refused(f, try_begin(f, CAMILLE, id, 3), ERR_BUSY, "upload-busy");
	upload_drop(&taken);
}

static void
one_person_has_so_many_and_no_more(void **state)
{
	struct upload *u[UPLOADS_PER_UID];
	char id[ID_TEXT];
	int i;
	FIXTURE(f);

	for (i = 0; i < UPLOADS_PER_UID; i++) {
		fresh(id);
		u[i] = begin(f, CAMILLE, id, 0);
	}
	fresh(id);
	refused(f, try_begin(f, CAMILLE, id, 0), ERR_BUSY, "uploads-open");
	/* A colleague is not hindered. */
	assert_int_equal(try_begin(f, NOA, id, 0), 0);
	/* The seal of the vault drops them; those in use, when given back. */
	uploads_reset(f->core->uploads);
	for (i = 0; i < UPLOADS_PER_UID; i++)
		upload_pause(u[i]);
	fresh(id);
	assert_int_equal(try_begin(f, CAMILLE, id, 0), 0);
	uploads_reset(f->core->uploads);
}

static void
a_file_over_the_limit_is_dropped(void **state)
{
	uint64_t was;
	struct upload *u;
	char id[ID_TEXT];
	FIXTURE(f);

	was = f->core->settings.file_max;
	f->core->settings.file_max = 10;
	fresh(id);
	u = begin(f, CAMILLE, id, 0);
	assert_int_equal(upload_write(u, "0123456789", 10, &f->e), 0);
	refused(f, upload_write(u, "x", 1, &f->e), ERR_TOO_LARGE, "file-max");
	upload_pause(u);
	f->core->settings.file_max = was;
	refused(f, try_begin(f, CAMILLE, id, 10), ERR_CONFLICT, "offset");
}

/* Above inspect-max only the first MiB stays in memory. */
static void
what_is_too_large_to_inspect_keeps_its_head(void **state)
{
	struct upload *u, *taken = NULL;
	struct upload_facts facts;
	struct caller c;
	struct stat st;
	uint64_t was, i;
	char id[ID_TEXT];
	uint8_t *mib = calloc(1, 1u << 20);
	FIXTURE(f);

	assert_non_null(mib);
	was = f->core->settings.inspect_max;
	f->core->settings.inspect_max = 2u << 20;
	fresh(id);
	u = begin(f, CAMILLE, id, 0);
	for (i = 0; i < 12; i++)
		assert_int_equal(upload_write(u, mib, 1u << 20, &f->e), 0);
	upload_pause(u);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    uploads_take(f->core, &c, id, &taken, &facts, &f->e), 0);
	assert_int_equal(facts.size, 12u << 20);
	assert_false(facts.whole);
	assert_int_equal(fstat(facts.fd, &st), 0);
	assert_int_equal(st.st_size, UPLOAD_HEAD_MAX);
	upload_drop(&taken);
	f->core->settings.inspect_max = was;
	free(mib);
}

/* All copies together have a bound; idle ones give way, busy ones do not. */
static void
memory_for_inspection_is_bounded(void **state)
{
	struct upload *u[5];
	char id[5][ID_TEXT];
	uint8_t *mib = calloc(1, 1u << 20);
	int i, k, r = 0;
	FIXTURE(f);

	assert_non_null(mib);
	for (i = 0; i < 5 && r == 0; i++) {
		fresh(id[i]);
		u[i] = begin(f, CAMILLE, id[i], 0);
		for (k = 0; k < 30 && r == 0; k++)
			r = upload_write(u[i], mib, 1u << 20, &f->e);
	}
	refused(f, r, ERR_BUSY, "inspection-memory");
	assert_int_equal(i, 5); /* 4 * 30 MiB fit in 128 */
	assert_int_equal(k, 8 + 1);
	/* Nothing was lost: it goes on when there is room. */
	assert_int_equal(upload_offset(u[4]), 8u << 20);
	for (i = 0; i < 4; i++)
		upload_pause(u[i]);
	uploads_reset(f->core->uploads);
	assert_int_equal(upload_write(u[4], mib, 1u << 20, &f->e), 0);
	upload_pause(u[4]);
	free(mib);
}

static size_t
files_under(const char *dir)
{
	struct dirent *d;
	size_t n = 0;
	DIR *p = opendir(dir);

	while (p != NULL && (d = readdir(p)) != NULL)
		n += d->d_name[0] != '.';
	if (p != NULL)
		closedir(p);
	return n;
}

static void
a_dropped_upload_leaves_no_file(void **state)
{
	struct upload *u;
	char id[ID_TEXT], dir[512];
	uint8_t *mib = calloc(1, 1u << 20);
	int i;
	FIXTURE(f);

	assert_non_null(mib);
	snprintf(dir, sizeof(dir), "%s/data/store/incoming", f->agent.dir);
	fresh(id);
	u = begin(f, CAMILLE, id, 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(upload_write(u, mib, 1u << 20, &f->e), 0);
	upload_pause(u);
	assert_true(files_under(dir) > 0);
	uploads_reset(f->core->uploads);
	assert_int_equal(files_under(dir), 0);
	free(mib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_upload_goes_on_where_it_was),
		cmocka_unit_test(an_upload_is_its_uids_alone),
		cmocka_unit_test(one_person_has_so_many_and_no_more),
		cmocka_unit_test(a_file_over_the_limit_is_dropped),
		cmocka_unit_test(what_is_too_large_to_inspect_keeps_its_head),
		cmocka_unit_test(memory_for_inspection_is_bounded),
		cmocka_unit_test(a_dropped_upload_leaves_no_file),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
