#include "client/save.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/cli.h"

static int
exists(const char *path, struct err *e)
{
	return err_tag(e, ERR_CONFLICT, "file-exists", "%s", path);
}

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A file with a name, where the file system has none without. */
static int
open_named(struct save *s, struct err *e)
{
	if (asprintf(&s->temporary, "%s/.sceau-XXXXXX", s->folder) < 0) {
		s->temporary = NULL;
		return err_set(e, ERR_NOMEM, "file");
	}
	if ((s->fd = mkostemp(s->temporary, O_CLOEXEC)) < 0) {
		mem_freep(&s->temporary);
		return err_sys(e, ERR_IO, "%s", s->folder);
	}
	return 0;
}

int
save_check(const char *path, int force, struct err *e)
{
	struct stat st;

	if (path != NULL && lstat(path, &st) == 0 &&
	    (!force || !S_ISREG(st.st_mode)))
		return exists(path, e);
	return 0;
}

int
save_begin(struct save *s, const char *path, int force, struct err *e)
{
	int r;

	*s = (struct save){ .path = path, .fd = -1, .force = force };
	if ((r = save_check(path, force, e)) < 0)
		return r;
	if ((s->folder = folder_of(path)) == NULL)
		return err_set(e, ERR_NOMEM, "file");
	s->fd = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return err_sys(e, ERR_IO, "%s", s->folder);
	return open_named(s, e);
}

/* Give the nameless file the name to. */
static int
link_to(const struct save *s, const char *to)
{
	char from[32];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", s->fd);
	return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW);
}

/* To replace a file takes a rename, and that takes a name. */
static int
name_it(struct save *s, struct err *e)
{
	int tries;

	for (tries = 0; tries < 16; tries++) {
		if (asprintf(&s->temporary, "%s/.sceau-%d-%d", s->folder,
			(int)getpid(), tries) < 0) {
			s->temporary = NULL;
			return err_set(e, ERR_NOMEM, "file");
		}
		if (link_to(s, s->temporary) == 0)
			return 0;
		mem_freep(&s->temporary);
		if (errno != EEXIST)
			break;
	}
	return err_sys(e, ERR_IO, "%s", s->folder);
}

static int
put_in_place(struct save *s, struct err *e)
{
	int r;

	if (s->temporary == NULL && !s->force) {
		if (link_to(s, s->path) == 0)
			return 0;
		return errno == EEXIST ? exists(s->path, e)
				       : err_sys(e, ERR_IO, "%s", s->path);
	}
	if (s->temporary == NULL && (r = name_it(s, e)) < 0)
		return r;
	if (renameat2(AT_FDCWD, s->temporary, AT_FDCWD, s->path,
		s->force ? 0 : RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? exists(s->path, e)
				       : err_sys(e, ERR_IO, "%s", s->path);
	mem_freep(&s->temporary);
	return 0;
}

int
save_commit(struct save *s, struct err *e)
{
	int r;

	if (fsync(s->fd) < 0)
		return err_sys(e, ERR_IO, "%s", s->path);
	if ((r = put_in_place(s, e)) < 0)
		return r;
	return dir_sync(AT_FDCWD, s->folder, e);
}

void
save_done(struct save *s)
{
	fd_closep(&s->fd);
	if (s->temporary != NULL)
		unlink(s->temporary);
	mem_freep(&s->temporary);
	mem_freep(&s->folder);
}

int
save_bytes(const char *path, int force, const void *p, size_t n, struct err *e)
{
	AUTO(save_done) struct save s = { .fd = -1 };
	int r;

	if ((r = save_begin(&s, path, force, e)) < 0 ||
	    (r = fd_write_all(s.fd, p, n, e)) < 0)
		return r;
	return save_commit(&s, e);
}

static int
hex_value(char c)
{
	const char *digits = "0123456789abcdef", *p;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	p = c != '\0' ? strchr(digits, c) : NULL;
	return p != NULL ? (int)(p - digits) : -1;
}

void
save_name(const char *s, char out[SAVE_NAME_MAX + 1])
{
	size_t n = 0;
	char ch;

	while (*s != '\0' && n < SAVE_NAME_MAX) {
		ch = *s++;
		if (ch == '%' && hex_value(s[0]) >= 0 && hex_value(s[1]) >= 0) {
			ch = (char)(hex_value(s[0]) << 4 | hex_value(s[1]));
			s += 2;
		}
		if ((unsigned char)ch < 0x20 || ch == 0x7f || ch == '/' ||
		    (n == 0 && (ch == '.' || ch == '-')))
			ch = '_';
		out[n++] = ch;
	}
	out[n] = '\0';
	if (n == 0 || !utf8_is_valid(out, n))
		snprintf(out, SAVE_NAME_MAX + 1, "document");
}
