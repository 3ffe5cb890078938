#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

void
tree_remove(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *at;
	char name[512];

	while (d != NULL && (at = readdir(d)) != NULL) {
		if (strcmp(at->d_name, ".") == 0 ||
		    strcmp(at->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, at->d_name);
		if (unlink(name) < 0)
			tree_remove(name);
	}
	if (d != NULL)
		closedir(d);
	(void)!rmdir(path);
}

static void
copy_file(const char *from, const char *to)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int fd = -1;

	assert_ok(file_read(AT_FDCWD, from, 64 << 20, &b, NULL));
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_ok(fd_write_all(fd, b.p, b.len, NULL));
}

void
tree_copy(const char *from, const char *to)
{
	DIR *d = opendir(from);
	char a[512], b[512];
	struct dirent *at;
	struct stat st;

	assert_non_null(d);
	assert_true(mkdir(to, 0700) == 0);
	while ((at = readdir(d)) != NULL) {
		if (strcmp(at->d_name, ".") == 0 ||
		    strcmp(at->d_name, "..") == 0)
			continue;
		snprintf(a, sizeof(a), "%s/%s", from, at->d_name);
		snprintf(b, sizeof(b), "%s/%s", to, at->d_name);
		assert_true(lstat(a, &st) == 0);
		if (S_ISDIR(st.st_mode))
			tree_copy(a, b);
		else
			copy_file(a, b);
	}
	closedir(d);
}

static void
create(struct fixture *f)
{
	AUTO(secret_done) struct secret pass = { 0 };
	struct custodians who = { .n = 0 };
	struct safe_new made = { .custodians = &who,
		.pass = &pass,
		.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN,
		.now_ms = 1795000000000 };

	assert_ok(custodians_add(&who, "root", &f->e));
	assert_ok(
	    secret_copy(&pass, FIXTURE_PASS, strlen(FIXTURE_PASS), &f->e));
	assert_ok(safe_create(&f->spec, &made, &f->e));
}

int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->path, sizeof(f->path), "/tmp/sceau-keys-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->spec.path = f->path;
	f->spec.origin = FIXTURE_ORIGIN;
	f->spec.reserve = FIXTURE_RESERVE;
	assert_ok(id_random(&f->spec.vault, &f->e));
	create(f);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
	*state = f;
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	safe_done(&f->safe);
	tree_remove(f->path);
	free(f);
	return 0;
}

void
fixture_restart(struct fixture *f)
{
	safe_done(&f->safe);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
}

int
fixture_unseal(struct fixture *f, const char *pass)
{
	AUTO(secret_done) struct secret p = { 0 };
	AUTO(secret_done) struct secret root = { 0 };
	AUTO(slots_done) struct slots slots = { .n = 0 };
	struct ecies_context c = { f->spec.vault, 0 };
	int r;

	assert_ok(secret_copy(&p, pass, strlen(pass), &f->e));
	if ((r = safe_slots(&f->safe, &slots, &f->e)) < 0)
		return r;
	c.generation = f->safe.generation;
	if ((r = safe_root(&slots, &c, &p, &root, &f->e)) < 0)
		return r;
	return safe_open(&f->safe, &root, 0, &f->e);
}

void
fixture_open(struct fixture *f)
{
	assert_ok(fixture_unseal(f, FIXTURE_PASS));
	assert_ok(safe_floor(&f->safe, 1, &f->e));
}

void
fixture_sign_log(struct fixture *f, uint64_t n, struct hash *root)
{
	AUTO(merkle_freep) struct merkle *m = NULL;
	AUTO(buf_done) struct buf note = { 0 };
	struct hash leaf, hashes[MERKLE_PROOF_MAX];
	struct head_proof proof = { hashes, 0 };
	uint64_t i;
	int broken;

	assert_ok(merkle_new(&m, &f->e));
	for (i = 0; i < n; i++) {
		assert_ok(merkle_leaf_hash(&i, sizeof(i), &leaf, &f->e));
		assert_ok(merkle_append(m, &leaf, &f->e));
	}
	assert_ok(merkle_root(m, n, root, &f->e));
	if (f->safe.head.size > 0 && f->safe.head.size < n)
		assert_ok(merkle_consistency(
		    m, f->safe.head.size, n, hashes, &proof.n, &f->e));
	assert_ok(safe_sign_head(
	    &f->safe, n, root, &proof, 0, &broken, &note, &f->e));
}

int
fixture_key(struct fixture *f, uint64_t number, uint8_t key[32])
{
	AUTO(secret_done) struct secret got = { 0 };
	int r;

	r = safe_get(&f->safe, &number, 1, 0, 1 << 30, &got, &f->e);
	if (r == 0)
		memcpy(key, got.p, 32);
	return r;
}
