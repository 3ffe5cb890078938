#include "client/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define OPEN_MAX_FOLDERS 16

static int
exists(const char *path, struct err *e)
{
	return err_tag(e, ERR_CONFLICT, "folder-exists", "%s", path);
}

/* Nothing there, or a folder with nothing in it? */
static int
is_free(const char *path)
{
	struct dirent *d;
	int n = 0;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return errno == ENOENT;
	while (n <= 2 && (d = readdir(dir)) != NULL)
		n++;
	closedir(dir);
	return n <= 2;
}

/* The folder that path lies in, with its slash; "" for the present one. */
static size_t
parent_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash + 1 - path) : 0;
}

int
folder_begin(struct folder *f, const char *path, struct err *e)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || (n == 1 && *path == '/'))
		return exists(path, e);
	if ((f->path = strndup(path, n)) == NULL)
		return err_set(e, ERR_NOMEM, "folder");
	if (!is_free(f->path))
		return exists(f->path, e);
	if (asprintf(&f->temporary, "%.*s.sceau-XXXXXX",
		(int)parent_length(f->path), f->path) < 0) {
		f->temporary = NULL;
		return err_set(e, ERR_NOMEM, "folder");
	}
	if (mkdtemp(f->temporary) == NULL) {
		mem_freep(&f->temporary);
		return err_sys(
		    e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", f->path);
	}
	return 0;
}

int
folder_path(const struct folder *f, const char *name, char **out, struct err *e)
{
	char *p;

	if (asprintf(&p, "%s/%s", f->temporary, name) < 0)
		return err_set(e, ERR_NOMEM, "folder");
	*out = p;
	return 0;
}

/* The folders on the way to path, within the folder. */
static int
make_way(const struct folder *f, char *path, struct err *e)
{
	char *slash = path + strlen(f->temporary) + 1;
	int r = 0;

	while (r == 0 && (slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		r = dir_make(AT_FDCWD, path, 0755, e);
		*slash++ = '/';
	}
	return r;
}

int
folder_write(const struct folder *f, const char *name, const void *p, size_t n,
    mode_t mode, struct err *e)
{
	AUTO(mem_freep) char *path = NULL;
	int r;

	if ((r = folder_path(f, name, &path, e)) < 0 ||
	    (r = make_way(f, path, e)) < 0)
		return r;
	return file_write(AT_FDCWD, path, p, n, mode, e);
}

int
folder_commit(struct folder *f, mode_t mode, struct err *e)
{
	AUTO(mem_freep) char *parent = NULL;
	int r;

	if (chmod(f->temporary, mode) < 0)
		return err_sys(e, ERR_IO, "%s", f->path);
	if ((r = dir_sync(AT_FDCWD, f->temporary, e)) < 0)
		return r;
	parent = strndup(f->path, parent_length(f->path));
	if (parent == NULL)
		return err_set(e, ERR_NOMEM, "folder");
	/* Over an empty folder, and nothing else (rename(2)). */
	if (rename(f->temporary, f->path) < 0)
		return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
			   ? exists(f->path, e)
			   : err_sys(e, ERR_IO, "%s", f->path);
	mem_freep(&f->temporary);
	return dir_sync(AT_FDCWD, *parent != '\0' ? parent : ".", e);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	remove(path);
	return 0;
}

void
folder_done(struct folder *f)
{
	if (f->temporary != NULL)
		nftw(f->temporary, remove_one, OPEN_MAX_FOLDERS,
		    FTW_DEPTH | FTW_PHYS);
	mem_freep(&f->temporary);
	mem_freep(&f->path);
}
