#include "tests/unit/store/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sshsig.h"

static const uint8_t seed_key[ED25519_LEN] = { 7, 7, 7 };

static int
sign(void *arg, const uint8_t tree[20], const uint8_t *parent, uint32_t version,
    uint64_t hour, struct buf *commit, struct err *e)
{
	AUTO(buf_done) struct buf head = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf sig = { 0 };
	const struct vault *v = arg;
	unsigned long long t = (unsigned long long)hour * 3600;
	char hex[41];
	const char *p, *end;
	int i;

	if (v->fail_sign)
		return err_set(e, ERR_SEALED, "no key");
	for (i = 0; i < 20; i++)
		snprintf(hex + 2 * i, 3, "%02x", tree[i]);
	assert_int_equal(buf_addf(&head, e, "tree %s\n", hex), 0);
	for (i = 0; parent != NULL && i < 20; i++)
		snprintf(hex + 2 * i, 3, "%02x", parent[i]);
	if (parent != NULL)
		assert_int_equal(buf_addf(&head, e, "parent %s\n", hex), 0);
	assert_int_equal(buf_addf(&head, e,
			     "author Vault <vault@example.org> %llu +0000\n"
			     "committer Vault <vault@example.org> %llu +0000\n",
			     t, t),
	    0);
	assert_int_equal(
	    buf_addf(&text, e, "%s\nversion %u\n", buf_str(&head), version), 0);
	assert_int_equal(
	    sshsig_sign(seed_key, "git", text.p, text.len, &sig, e), 0);
	assert_int_equal(buf_addf(commit, e, "%sgpgsig", buf_str(&head)), 0);
	for (p = buf_str(&sig); *p != '\0'; p = *end ? end + 1 : end) {
		end = strchrnul(p, '\n');
		if (end > p)
			assert_int_equal(
			    buf_addf(commit, e, " %.*s\n", (int)(end - p), p),
			    0);
	}
	return buf_addf(commit, e, "\nversion %u\n", version);
}

static int
commit(void *arg, int (*apply)(struct tx *tx, void *apply_arg, struct err *e),
    void *apply_arg, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct vault *v = arg;
	void (*before)(struct vault *) = v->before_commit;
	int r;

	v->before_commit = NULL;
	if (before != NULL)
		before(v);
	if ((r = tx_begin(v->c, &tx, e)) < 0 ||
	    (r = apply(&tx, apply_arg, e)) < 0)
		return r;
	return tx_commit(&tx, e);
}

void
vault_open(struct vault *v)
{
	const char *const schema[] = { store_schema };

	if (catalog_open(v->catalog_path, schema, 1, &v->c, &v->e) < 0 ||
	    store_open(v->store_path, v->c, v->reserve, &v->s, &v->e) < 0)
		fail_msg("%s", v->e.text);
}

void
vault_close(struct vault *v)
{
	store_freep(&v->s);
	catalog_freep(&v->c);
}

void
vault_again(struct vault *v)
{
	vault_close(v);
	vault_open(v);
}

static void
write_signers(struct vault *v)
{
	AUTO(buf_done) struct buf line = { 0 };
	AUTO(buf_done) struct buf key = { 0 };
	uint8_t pub[ED25519_LEN];
	char path[128];

	assert_int_equal(ed25519_public(seed_key, pub, &v->e), 0);
	assert_int_equal(ssh_public_line(pub, "", &key, &v->e), 0);
	assert_int_equal(
	    buf_addf(&line, &v->e, "vault@example.org namespaces=\"git\" %s\n",
		buf_str(&key)),
	    0);
	snprintf(path, sizeof(path), "%s/allowed_signers", v->dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, line.p, line.len, 0600, &v->e), 0);
}

int
vault_setup(void **state)
{
	struct vault *v = calloc(1, sizeof(*v));
	const char *tmp = getenv("TMPDIR");

	assert_non_null(v);
	snprintf(v->dir, sizeof(v->dir), "%.40s/sceau-store-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(v->dir));
	snprintf(
	    v->catalog_path, sizeof(v->catalog_path), "%s/catalog.db", v->dir);
	snprintf(v->store_path, sizeof(v->store_path), "%s/store", v->dir);
	v->hooks.arg = v;
	v->hooks.sign = sign;
	v->hooks.commit = commit;
	write_signers(v);
	vault_open(v);
	*state = v;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

int
vault_teardown(void **state)
{
	struct vault *v = *state;

	vault_close(v);
	nftw(v->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(v);
	return 0;
}

void
vault_bytes(uint64_t seed, uint8_t *out, size_t n)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL + 0x1234567;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i % 8 == 0) {
			x ^= x >> 12;
			x ^= x << 25;
			x ^= x >> 27;
		}
		out[i] =
		    (uint8_t)((x * 2685821657736338717ULL) >> (8 * (i % 8)));
	}
}

struct stage *
vault_stage(struct vault *v, uint64_t seed, size_t n)
{
	AUTO(mem_freep) uint8_t *p = malloc(n);
	struct stage *g = NULL;
	size_t at, step;

	assert_non_null(p);
	vault_bytes(seed, p, n);
	assert_int_equal(stage_new(v->s, &g, &v->e), 0);
	/* Odd cuts: where a write ends must not matter. */
	for (at = 0; at < n; at += step) {
		step = n - at < 77777 ? n - at : 77777;
		assert_int_equal(stage_write(g, p + at, step, &v->e), 0);
	}
	assert_int_equal(stage_finish(g, &v->e), 0);
	assert_int_equal(stage_size(g), n);
	return g;
}

void
vault_file(struct vault *v, const struct id *owner, uint32_t version,
    enum store_part part, uint64_t seed, size_t n)
{
	AUTO(stage_freep) struct stage *g = vault_stage(v, seed, n);
	AUTO(tx_end) struct tx tx = { 0 };

	if (store_append(v->s, &g, 1, &v->e) < 0 ||
	    tx_begin(v->c, &tx, &v->e) < 0 ||
	    store_place(&tx, g, STORE_DOCUMENTS, owner, version, part, 490000,
		&v->e) < 0 ||
	    tx_commit(&tx, &v->e) < 0)
		fail_msg("%s", v->e.text);
}

struct id
vault_owner(unsigned k)
{
	struct id id;

	vault_bytes(1000000007ULL * (k + 1), id.b, ID_LEN);
	return id;
}

static int
compare(struct vault *v, struct store_reader *rd, const uint8_t *want, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t at = 0;
	int r;

	assert_int_equal(store_reader_size(rd), n);
	for (;;) {
		if ((r = store_reader_next(rd, &b, &v->e)) < 0)
			return r;
		if (b.len == 0)
			break;
		assert_true(b.len <= STORE_BLOB_MAX && b.len <= n - at);
		assert_memory_equal(b.p, want + at, b.len);
		at += b.len;
	}
	assert_int_equal(at, n);
	return 0;
}

int
vault_read(struct vault *v, const struct id *owner, uint32_t version,
    enum store_part part, uint64_t seed, size_t n)
{
	AUTO(store_reader_freep) struct store_reader *rd = NULL;
	AUTO(mem_freep) uint8_t *want = malloc(n);
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	assert_non_null(want);
	vault_bytes(seed, want, n);
	assert_int_equal(tx_read(v->c, &tx, &v->e), 0);
	r = store_reader_open(v->s, &tx, owner, version, part, &rd, &v->e);
	return r < 0 ? r : compare(v, rd, want, n);
}

void
vault_forget(struct vault *v, const struct id *owner, uint32_t version)
{
	AUTO(tx_end) struct tx tx = { 0 };

	if (tx_begin(v->c, &tx, &v->e) < 0 ||
	    store_forget(&tx, owner, version, &v->e) < 0 ||
	    tx_commit(&tx, &v->e) < 0)
		fail_msg("%s", v->e.text);
}

void
vault_publish(struct vault *v)
{
	if (store_publish(v->s, &v->hooks, &v->rep, &v->e) < 0)
		fail_msg("%s", v->e.text);
}

void
vault_sweep(struct vault *v, double share)
{
	if (store_sweep(v->s, &v->hooks, share, &v->rep, &v->e) < 0)
		fail_msg("%s", v->e.text);
}

int64_t
vault_count(struct vault *v, const char *text)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(v->c, &tx, &v->e), 0);
	assert_int_equal(sql_open(&tx, text, &q, &v->e), 0);
	assert_int_equal(sql_step(q, &v->e), 1);
	return sql_get_int(q, 0);
}

static uint8_t needle[64];
static int found;

static int
scan_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)st;
	(void)f;
	if (kind != FTW_F)
		return 0;
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 30, &b, NULL), 0);
	if (b.len > 0 && memmem(b.p, b.len, needle, sizeof(needle)) != NULL)
		found++;
	return 0;
}

int
vault_holds(struct vault *v, uint64_t seed)
{
	found = 0;
	vault_bytes(seed, needle, sizeof(needle));
	assert_int_equal(nftw(v->store_path, scan_one, 16, FTW_PHYS), 0);
	return found > 0;
}

int
vault_files(struct vault *v, const char *path, const char *suffix)
{
	char full[256];
	struct dirent *d;
	size_t n, m = strlen(suffix);
	int count = 0;
	DIR *dir;

	snprintf(full, sizeof(full), "%s/%s", v->store_path, path);
	assert_non_null(dir = opendir(full));
	while ((d = readdir(dir)) != NULL) {
		n = strlen(d->d_name);
		count += d->d_name[0] != '.' && n >= m &&
			 strcmp(d->d_name + n - m, suffix) == 0;
	}
	closedir(dir);
	return count;
}

static void
run_child(struct vault *v, int out, const char *const *argv)
{
	char *env[] = { (char *)(uintptr_t) "PATH=/usr/bin:/bin",
		(char *)(uintptr_t) "HOME=/nonexistent",
		(char *)(uintptr_t) "GIT_CONFIG_NOSYSTEM=1",
		(char *)(uintptr_t) "LC_ALL=C", NULL };

	if (chdir(v->store_path) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	execvpe(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(127);
}

int
vault_run(struct vault *v, char *out, size_t size, const char *const *argv)
{
	AUTO(fd_closep) int in = -1;
	int fd[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	in = fd[0];
	assert_true((pid = fork()) >= 0);
	if (pid == 0)
		run_child(v, fd[1], argv);
	close(fd[1]);
	while (n < size - 1 && (got = read(in, out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
vault_fsck(struct vault *v)
{
	static const char *const argv[] = { "git", "fsck", "--full", "--strict",
		"--no-progress", NULL };
	char out[4096];
	int status = vault_run(v, out, sizeof(out), argv);

	/* A vault without a version has a HEAD without a branch. */
	if (status != 0 ||
	    (out[0] != '\0' &&
		strncmp(out, "notice: HEAD points to an unborn", 32) != 0))
		fail_msg("git fsck (%d): %s", status, out);
}

void
vault_check_signatures(struct vault *v)
{
	char out[16384], config[128];
	const char *refs[] = { "git", "for-each-ref", "--format=%(objectname)",
		NULL };
	const char *argv[64] = { "git", "-c", config, "verify-commit" };
	char *line, *save = NULL;
	int n = 4;

	snprintf(config, sizeof(config),
	    "gpg.ssh.allowedSignersFile=%s/allowed_signers", v->dir);
	assert_int_equal(vault_run(v, out, sizeof(out), refs), 0);
	line = strtok_r(out, "\n", &save);
	assert_non_null(line);
	for (; line != NULL && n < 63; line = strtok_r(NULL, "\n", &save))
		argv[n++] = line;
	argv[n] = NULL;
	{
		char said[16384];

		if (vault_run(v, said, sizeof(said), argv) != 0)
			fail_msg("verify-commit: %s", said);
		assert_non_null(strstr(said, "Good \"git\" signature"));
	}
}

void
vault_check_mirror(struct vault *v, int refs)
{
	char out[65536], from[128], to[128];
	const char *clone[] = { "git", "clone", "--quiet", "--mirror", from, to,
		NULL };
	const char *list[] = { "git", "-C", to, "for-each-ref", NULL };
	const char *check[] = { "git", "-C", to, "fsck", "--full", "--strict",
		"--no-progress", NULL };
	int n = 0;
	char *p;

	snprintf(from, sizeof(from), "file://%s", v->store_path);
	snprintf(to, sizeof(to), "%s/mirror", v->dir);
	nftw(to, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (vault_run(v, out, sizeof(out), clone) != 0)
		fail_msg("clone: %s", out);
	assert_int_equal(vault_run(v, out, sizeof(out), check), 0);
	assert_int_equal(vault_run(v, out, sizeof(out), list), 0);
	for (p = out; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	assert_int_equal(n, refs);
}

void
vault_check_python(struct vault *v)
{
	const char *argv[] = { "python3", SCEAU_PACK_READER, v->store_path,
		NULL };
	char out[8192];

	if (vault_run(v, out, sizeof(out), argv) != 0)
		fail_msg("pack_reader.py: %s", out);
}
