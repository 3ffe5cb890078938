/* Loading: files, of a folder or from memory, into one model. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "policy/build.h"
#include "policy/scan.h"

#define PEOPLE "people.conf"
#define ANCHORS "anchors.pem"
#define SUFFIX ".conf"
#define EXAMPLE ".example.conf"

/* The folders beside the rules, and what a file in them is called. */
static const struct subfolder {
	const char *path, *suffix;
} subfolders[] = {
	{ "certificates/", "" },
	{ "notices/", ".txt" },
	{ "tests/", ".tests" },
	{ "trust/", ".pem" },
};

struct loader {
	struct policy *p;
	struct problems *ps;
	struct policy_file *files; /* their bytes in the arena */
	size_t n, total;
	struct node *rules[POLICY_FILES_MAX], *people;
	size_t nrules;
};

static int
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_rules(const char *name)
{
	return is_digit(name[0]) && is_digit(name[1]) && name[2] == '-' &&
	       name[3] != '.' && strchr(name, '/') == NULL &&
	       ends_with(name, SUFFIX) && !ends_with(name, EXAMPLE);
}

/* A leaf: letters, digits and . _ - after a letter or a digit. */
static int
is_leaf(const char *s)
{
	if (!isalnum((unsigned char)*s))
		return 0;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s > 0x7e ||
		    (!isalnum((unsigned char)*s) && strchr("._-", *s) == NULL))
			return 0;
	return 1;
}

/* The names that policy.h tells, and no other. */
static int
is_known(const char *name)
{
	const struct subfolder *s = subfolders;
	size_t i, n;

	if (strnlen(name, POLICY_FILE_NAME_MAX + 1) > POLICY_FILE_NAME_MAX)
		return 0;
	if (strcmp(name, PEOPLE) == 0 || strcmp(name, ANCHORS) == 0)
		return 1;
	if (is_rules(name))
		return is_leaf(name);
	for (i = 0; i < NELEMS(subfolders); i++) {
		n = strlen(s[i].path);
		if (strncmp(name, s[i].path, n) == 0)
			return is_leaf(name + n) &&
			       ends_with(name + n, s[i].suffix) &&
			       strlen(name + n) > strlen(s[i].suffix);
	}
	return 0;
}

/* Room for one more; what is too much is a problem, and 0. */
static int
has_room(struct loader *l, const char *name, size_t n)
{
	if (l->n == POLICY_FILES_MAX) {
		if (l->total <= POLICY_FILES_BYTES_MAX)
			problem(l->ps, name, 0, "more than %d files",
			    POLICY_FILES_MAX);
		l->total = POLICY_FILES_BYTES_MAX + 1;
		return 0;
	}
	if (n > POLICY_FILES_BYTES_MAX - l->total) {
		problem(l->ps, name, 0, "all files are larger than %u bytes",
		    POLICY_FILES_BYTES_MAX);
		return 0;
	}
	return 1;
}

/* A copy that ends with a zero byte, so that text can be read as such. */
static int
add_file(
    struct loader *l, const char *name, const void *p, size_t n, struct err *e)
{
	struct policy_file *f = &l->files[l->n];
	char *copy;

	if (l->total > POLICY_FILES_BYTES_MAX || !has_room(l, name, n))
		return 0;
	if ((copy = arena_get(&l->p->arena, n + 1, e)) == NULL ||
	    (f->name = arena_copy(&l->p->arena, name, e)) == NULL)
		return -ERR_NOMEM;
	if (n > 0)
		memcpy(copy, p, n);
	f->p = copy;
	f->n = n;
	l->total += n;
	l->n++;
	return 0;
}

/* --- of a folder ------------------------------------------------------ */

/* A file that cannot be read is a problem of the rules, with its name. */
static int
read_file(struct loader *l, int dirfd, const char *name, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct err why = { 0 };
	int r;

	if ((r = file_read(dirfd, name, SCAN_FILE_MAX, &text, &why)) == 0)
		return add_file(l, name, text.p, text.len, e);
	if (-r == ERR_NOMEM)
		return err_set(e, ERR_NOMEM, "%s", name);
	if (-r == ERR_TOO_LARGE)
		problem(l->ps, name, 0, "larger than %u bytes", SCAN_FILE_MAX);
	else
		problem(l->ps, name, 0, "cannot be read: %s", why.text);
	return 0;
}

/* One name of the folder: a rule file, the people, or of no concern. */
static int
load_name(struct loader *l, int dirfd, const char *name, struct err *e)
{
	if (name[0] == '.' || ends_with(name, EXAMPLE) ||
	    (!ends_with(name, SUFFIX) && strcmp(name, ANCHORS) != 0))
		return 0;
	if (is_known(name))
		return read_file(l, dirfd, name, e);
	problem(l->ps, name, 0,
	    "a rule file is called NN-name.conf, NN two digits, at most %d "
	    "bytes",
	    POLICY_FILE_NAME_MAX);
	return 0;
}

/* The same beneath one of the folders beside the rules. */
static int
load_name_under(struct loader *l, int dirfd, const struct subfolder *s,
    const char *leaf, struct err *e)
{
	char name[POLICY_FILE_NAME_MAX + NAME_MAX + 1];

	if (leaf[0] == '.' || !ends_with(leaf, s->suffix))
		return 0;
	snprintf(name, sizeof(name), "%s%.*s", s->path, NAME_MAX, leaf);
	if (is_known(name))
		return read_file(l, dirfd, name, e);
	problem(l->ps, name, 0,
	    "a file here is called by letters, digits and . _ -, at most %d "
	    "bytes",
	    POLICY_FILE_NAME_MAX);
	return 0;
}

static void
dir_closep(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

/* under NULL: the folder itself. */
static int
load_names(struct loader *l, int dirfd, const struct subfolder *under, DIR *dir,
    const char *path, struct err *e)
{
	struct dirent *d;
	int r;

	errno = 0;
	while ((d = readdir(dir)) != NULL) {
		r = under == NULL
			? load_name(l, dirfd, d->d_name, e)
			: load_name_under(l, dirfd, under, d->d_name, e);
		if (r < 0)
			return r;
		errno = 0;
	}
	return errno == 0 ? 0 : err_sys(e, ERR_IO, "policy folder %s", path);
}

static int
read_folder(struct loader *l, int dirfd, const char *path,
    const struct subfolder *under, struct err *e)
{
	AUTO(dir_closep) DIR *dir = NULL;
	AUTO(fd_closep) int fd = -1;

	fd = openat(dirfd, under != NULL ? under->path : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && under != NULL)
		return 0;
	if (fd < 0 || (dir = fdopendir(fd)) == NULL)
		return err_sys(e, ERR_IO, "policy folder %s", path);
	fd = -1;
	return load_names(l, dirfd, under, dir, path, e);
}

static int
read_all(struct loader *l, const char *path, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	size_t i;
	int r;

	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "policy folder %s", path);
	if ((r = read_folder(l, fd, path, NULL, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(subfolders); i++)
		if ((r = read_folder(l, fd, path, &subfolders[i], e)) < 0)
			return r;
	return 0;
}

/* --- from memory ------------------------------------------------------ */

static int
take_all(
    struct loader *l, const struct policy_file *files, size_t n, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if (!is_known(files[i].name)) {
			problem(l->ps, "files", 0,
			    "\"%.128s\" is not the name of a file of rules",
			    files[i].name);
			continue;
		}
		if ((r = add_file(
			 l, files[i].name, files[i].p, files[i].n, e)) < 0)
			return r;
	}
	return 0;
}

/* --- to a model ------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct policy_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
sort_files(struct loader *l)
{
	size_t i;

	qsort(l->files, l->n, sizeof(*l->files), by_name);
	for (i = 1; i < l->n; i++)
		if (strcmp(l->files[i - 1].name, l->files[i].name) == 0)
			problem(l->ps, l->files[i].name, 0, "is given twice");
	l->p->files = l->files;
	l->p->nfiles = l->n;
}

/* Name and length before the bytes: no two sets of files read the same. */
static int
digest_file(struct digest *d, const struct policy_file *f, struct err *e)
{
	char len[24];
	int r;

	snprintf(len, sizeof(len), "%zu", f->n);
	if ((r = digest_add(d, f->name, strlen(f->name) + 1, e)) < 0 ||
	    (r = digest_add(d, len, strlen(len) + 1, e)) < 0)
		return r;
	return digest_add(d, f->p, f->n, e);
}

/* The people are apart: they change on their own. */
static int
digest_files(
    struct loader *l, int people, uint8_t out[SHA256_LEN], struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	size_t i, n = 0;
	int r;

	if ((r = digest_new(DIGEST_SHA256, &d, e)) < 0)
		return r;
	for (i = 0; i < l->n; i++) {
		if ((strcmp(l->files[i].name, PEOPLE) == 0) != people)
			continue;
		if ((r = digest_file(d, &l->files[i], e)) < 0)
			return r;
		n++;
	}
	return n > 0 ? digest_final(d, out, e) : 0;
}

static int
parse_file(struct loader *l, const struct policy_file *f, struct err *e)
{
	int is_people = strcmp(f->name, PEOPLE) == 0;

	if (!is_people && !is_rules(f->name))
		return 0;
	return syntax_parse(is_people ? SYNTAX_PEOPLE : SYNTAX_RULES, f->name,
	    f->p, f->n, &l->p->arena,
	    is_people ? &l->people : &l->rules[l->nrules++], l->ps, e);
}

static int
build_all(struct loader *l, struct err *e)
{
	struct build b = { .p = l->p, .ps = l->ps };
	size_t i;
	int r;

	sort_files(l);
	if ((r = digest_files(l, 0, l->p->sha256, e)) < 0 ||
	    (r = digest_files(l, 1, l->p->people_sha256, e)) < 0)
		return r;
	for (i = 0; i < l->n; i++)
		if ((r = parse_file(l, &l->files[i], e)) < 0)
			return r;
	if (l->nrules == 0)
		problem(l->ps, "NN-name.conf", 0, "no rule files");
	/* Cross references mean nothing when a file could not be read. */
	if (l->ps->count > 0)
		return 0;
	return build_policy(&b, l->rules, l->nrules, l->people, e);
}

/* dir, or the n files where it is NULL. */
static int
load(const char *dir, const struct policy_file *files, size_t n,
    struct policy **out, struct buf *text, struct err *e)
{
	AUTO(policy_freep) struct policy *p = calloc(1, sizeof(*p));
	AUTO(mem_freep) struct loader *l = calloc(1, sizeof(*l));
	struct problems ps = { .out = text };
	int r;

	if (p == NULL || l == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	l->p = p;
	l->ps = &ps;
	l->files =
	    arena_array(&p->arena, POLICY_FILES_MAX, sizeof(*l->files), e);
	if (l->files == NULL)
		return -ERR_NOMEM;
	r = dir != NULL ? read_all(l, dir, e) : take_all(l, files, n, e);
	if (r < 0 || (r = build_all(l, e)) < 0)
		return r;
	if (ps.count > 0)
		return err_tag(e, ERR_INVALID, "policy", "%s", ps.first.text);
	*out = TAKE(p);
	return 0;
}

int
policy_load(
    const char *dir, struct policy **out, struct buf *problems, struct err *e)
{
	return load(dir, NULL, 0, out, problems, e);
}

int
policy_load_files(const struct policy_file *files, size_t n,
    struct policy **out, struct buf *problems, struct err *e)
{
	return load(NULL, files, n, out, problems, e);
}

void
policy_freep(struct policy **p)
{
	if (*p == NULL)
		return;
	arena_done(&(*p)->arena);
	free(*p);
	*p = NULL;
}
