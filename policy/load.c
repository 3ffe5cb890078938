/* Loading: the files of a folder, in order, into one model. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "policy/build.h"
#include "policy/scan.h"

#define FILES_MAX 32
#define FILE_NAME_MAX 128
#define PEOPLE "people.conf"
#define SUFFIX ".conf"
#define EXAMPLE ".example.conf"

struct listing {
	char name[FILES_MAX][FILE_NAME_MAX];
	size_t n;
	int has_people;
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

/* One name of the folder: a rule file, the people, or of no concern. */
static void
list_name(const char *name, struct listing *l, struct problems *ps)
{
	if (!ends_with(name, SUFFIX) || ends_with(name, EXAMPLE) ||
	    name[0] == '.')
		return;
	if (strcmp(name, PEOPLE) == 0)
		l->has_people = 1;
	else if (!is_digit(name[0]) || !is_digit(name[1]) || name[2] != '-')
		problem(ps, name, 0,
		    "a rule file is called NN-name.conf, NN two digits");
	else if (strlen(name) >= FILE_NAME_MAX || l->n == FILES_MAX)
		problem(ps, name, 0,
		    "more than %d rule files, or the name "
		    "is longer than %d bytes",
		    FILES_MAX, FILE_NAME_MAX - 1);
	else
		memcpy(l->name[l->n++], name, strlen(name) + 1);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
dir_closep(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

static int
list_folder(const char *path, int *fd, struct listing *l, struct problems *ps,
    struct err *e)
{
	AUTO(dir_closep) DIR *dir = NULL;
	struct dirent *d;
	int copy;

	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "policy folder %s", path);
	if ((copy = fcntl(*fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return err_sys(e, ERR_IO, "policy folder %s", path);
	if ((dir = fdopendir(copy)) == NULL) {
		fd_closep(&copy);
		return err_sys(e, ERR_IO, "policy folder %s", path);
	}
	errno = 0;
	while ((d = readdir(dir)) != NULL)
		list_name(d->d_name, l, ps);
	if (errno != 0)
		return err_sys(e, ERR_IO, "policy folder %s", path);
	if (l->n == 0)
		problem(ps, path, 0, "no rule files");
	qsort(l->name, l->n, sizeof(l->name[0]), by_name);
	return 0;
}

/* A file that cannot be read is a problem of the rules, with its name. */
static int
load_file(int dirfd, enum syntax_file what, const char *name, struct arena *a,
    struct digest *digest, struct node **out, struct problems *ps,
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct err why = { 0 };
	char len[24];
	char *copy;
	int r;

	if ((r = file_read(dirfd, name, SCAN_FILE_MAX, &text, &why)) < 0) {
		if (-r == ERR_NOMEM)
			return err_set(e, ERR_NOMEM, "%s", name);
		if (-r == ERR_TOO_LARGE)
			problem(
			    ps, name, 0, "larger than %u bytes", SCAN_FILE_MAX);
		else
			problem(ps, name, 0, "cannot be read: %s", why.text);
		return 0;
	}
	snprintf(len, sizeof(len), "%zu", text.len);
	if ((r = digest_add(digest, name, strlen(name) + 1, e)) < 0 ||
	    (r = digest_add(digest, len, strlen(len) + 1, e)) < 0 ||
	    (r = digest_add(digest, text.p, text.len, e)) < 0)
		return r;
	if ((copy = arena_copy(a, name, e)) == NULL)
		return -ERR_NOMEM;
	return syntax_parse(what, copy, text.p, text.len, a, out, ps, e);
}

struct loader {
	struct policy *p;
	struct problems *ps;
	int dirfd;
	struct listing list;
	struct node *files[FILES_MAX], *people;
};

static int
load_rules(struct loader *l, struct err *e)
{
	AUTO(digest_freep) struct digest *digest = NULL;
	size_t i;
	int r;

	if ((r = digest_new(DIGEST_SHA256, &digest, e)) < 0)
		return r;
	for (i = 0; i < l->list.n; i++)
		if ((r = load_file(l->dirfd, SYNTAX_RULES, l->list.name[i],
			 &l->p->arena, digest, &l->files[i], l->ps, e)) < 0)
			return r;
	return digest_final(digest, l->p->sha256, e);
}

static int
load_people(struct loader *l, struct err *e)
{
	AUTO(digest_freep) struct digest *digest = NULL;
	int r;

	if (!l->list.has_people)
		return 0;
	if ((r = digest_new(DIGEST_SHA256, &digest, e)) < 0 ||
	    (r = load_file(l->dirfd, SYNTAX_PEOPLE, PEOPLE, &l->p->arena,
		 digest, &l->people, l->ps, e)) < 0)
		return r;
	return digest_final(digest, l->p->people_sha256, e);
}

static int
load_all(struct loader *l, struct err *e)
{
	struct build b = { .p = l->p, .ps = l->ps };
	int r;

	if ((r = load_rules(l, e)) < 0 || (r = load_people(l, e)) < 0)
		return r;
	/* Cross references mean nothing when a file could not be read. */
	if (l->ps->count > 0)
		return 0;
	return build_policy(&b, l->files, l->list.n, l->people, e);
}

int
policy_load(
    const char *dir, struct policy **out, struct buf *text, struct err *e)
{
	AUTO(policy_freep) struct policy *p = calloc(1, sizeof(*p));
	AUTO(mem_freep) struct loader *l = calloc(1, sizeof(*l));
	AUTO(fd_closep) int fd = -1;
	struct problems ps = { .out = text };
	int r;

	if (p == NULL || l == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	l->p = p;
	l->ps = &ps;
	if ((r = list_folder(dir, &fd, &l->list, &ps, e)) < 0)
		return r;
	l->dirfd = fd;
	if ((r = load_all(l, e)) < 0)
		return r;
	if (ps.count > 0)
		return err_tag(e, ERR_INVALID, "policy", "%s", ps.first.text);
	*out = TAKE(p);
	return 0;
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
