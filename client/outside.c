#include "client/outside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "client/sibling.h"

#define REPORT_MAX (1u << 20) /* bytes */
#define ARGS 12
#define PATH_ROOM 4096
#define CONTENT "content"
#define TOKEN "token"

/* What sceau-inspect said in its own words stands on standard error. */
static int
as_error(int status, struct err *e)
{
	enum err_code code;

	for (code = ERR_USAGE; code < ERR_CODES; code++)
		if (err_exit(code) == status)
			return err_tag(e, code, "check-failed",
			    "sceau-inspect: %d", status);
	return err_tag(
	    e, ERR_INTERNAL, "check-failed", "sceau-inspect: %d", status);
}

static int
ask(const struct outside *o, int fd, struct err *e)
{
	const char *const values[] = { o->signature, o->anchors, o->at };
	static const char *const options[] = { "--signature", "--anchors",
		"--at" };
	AUTO(mem_freep) char *program = NULL;
	const char *args[ARGS] = { "sceau-inspect", "--check", o->file,
		"--report-fd", "3" };
	size_t i, n = 5;
	int r, status;

	for (i = 0; i < NELEMS(values); i++) {
		if (values[i] == NULL)
			continue;
		args[n++] = options[i];
		args[n++] = values[i];
	}
	if ((r = sibling_program(
		 "sceau-inspect", "daemon/inspect", &program, e)) < 0 ||
	    (r = sibling_run(
		 program, (char *const *)(uintptr_t)args, fd, &status, e)) < 0)
		return r;
	return status == 0 ? 0 : as_error(status, e);
}

static int
read_report(int fd, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	off_t n = lseek(fd, 0, SEEK_END);
	int r;

	if (n <= 0 || n > (off_t)REPORT_MAX)
		return err_set(e, ERR_INTERNAL, "sceau-inspect: no report");
	if ((r = buf_reserve(&text, (size_t)n, e)) < 0 ||
	    (r = fd_pread_all(fd, text.p, (size_t)n, 0, e)) < 0)
		return r;
	*out = json_loadb((const char *)text.p, (size_t)n, 0, NULL);
	return *out != NULL ? 0
			    : err_set(e, ERR_INTERNAL, "sceau-inspect: JSON");
}

int
outside_check(const struct outside *o, json_t **out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r;

	if ((r = memfd_new("report", &fd, e)) < 0 || (r = ask(o, fd, e)) < 0)
		return r;
	return read_report(fd, out, e);
}

/* --- of bytes ------------------------------------------------------------- */

struct scratch {
	char dir[PATH_ROOM];
	int fd;
};

static void
scratch_done(struct scratch *s)
{
	if (s->fd >= 0) {
		unlinkat(s->fd, CONTENT, 0);
		unlinkat(s->fd, TOKEN, 0);
	}
	fd_closep(&s->fd);
	if (s->dir[0] != '\0')
		rmdir(s->dir);
}

static int
scratch_new(struct scratch *s, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	int n;

	n = snprintf(s->dir, sizeof(s->dir), "%s/sceau.XXXXXX",
	    tmp != NULL && *tmp == '/' ? tmp : "/tmp");
	if (n < 0 || (size_t)n >= sizeof(s->dir) || mkdtemp(s->dir) == NULL) {
		s->dir[0] = '\0';
		return err_sys(e, ERR_IO, "TMPDIR");
	}
	s->fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->fd >= 0 ? 0 : err_sys(e, ERR_IO, "%s", s->dir);
}

int
outside_check_bytes(const void *content, size_t n, const void *signature,
    size_t ns, const char *anchors, const char *at, json_t **out, struct err *e)
{
	AUTO(scratch_done) struct scratch s = { .fd = -1 };
	char file[PATH_ROOM + 16], token[PATH_ROOM + 16];
	struct outside o = {
		.file = file, .signature = token, .anchors = anchors, .at = at
	};
	int r;

	if ((r = scratch_new(&s, e)) < 0 ||
	    (r = file_write(s.fd, CONTENT, content, n, 0600, e)) < 0 ||
	    (r = file_write(s.fd, TOKEN, signature, ns, 0600, e)) < 0)
		return r;
	snprintf(file, sizeof(file), "%s/" CONTENT, s.dir);
	snprintf(token, sizeof(token), "%s/" TOKEN, s.dir);
	return outside_check(&o, out, e);
}
