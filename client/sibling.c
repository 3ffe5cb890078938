#include "client/sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES 4096
#ifndef RULES_DIR
#define RULES_DIR "/usr/share/sceau/rules"
#endif

/* The folder of this very program. */
static int
own_folder(char out[PATH_BYTES], struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_BYTES - 1);
	char *slash;

	if (n <= 0)
		return err_sys(e, ERR_INTERNAL, "/proc/self/exe");
	out[n] = '\0';
	if ((slash = strrchr(out, '/')) == NULL)
		return err_set(e, ERR_INTERNAL, "/proc/self/exe");
	*slash = '\0';
	return 0;
}

/* Is a/b/c there, as a folder or as a program? Then *out is that path. */
static int
try_path(const char *a, const char *b, const char *c, int is_folder, char **out,
    struct err *e)
{
	struct stat st;
	char *p;

	if (asprintf(&p, "%s/%s%s", a, b, c) < 0)
		return err_set(e, ERR_NOMEM, "path");
	if (stat(p, &st) == 0 &&
	    (is_folder ? S_ISDIR(st.st_mode)
		       : S_ISREG(st.st_mode) && access(p, X_OK) == 0)) {
		*out = p;
		return 1;
	}
	free(p);
	return 0;
}

/* Absolute entries of $PATH only: a program found where one stands by
 * chance is not ours. */
static int
search_path(const char *program, char **out, struct err *e)
{
	const char *at = getenv("PATH");
	char dir[PATH_BYTES];
	size_t n;
	int r = 0;

	while (at != NULL && r == 0) {
		n = strcspn(at, ":");
		if (*at == '/' && n < sizeof(dir)) {
			memcpy(dir, at, n);
			dir[n] = '\0';
			r = try_path(dir, program, "", 0, out, e);
		}
		at = at[n] == ':' ? at + n + 1 : NULL;
	}
	return r;
}

int
sibling_program(
    const char *program, const char *room, char **out, struct err *e)
{
	char own[PATH_BYTES], build[64];
	int r;

	if ((r = own_folder(own, e)) < 0)
		return r;
	snprintf(build, sizeof(build), "../%s/", room);
	if ((r = try_path(own, program, "", 0, out, e)) == 0 &&
	    (r = try_path(own, build, program, 0, out, e)) == 0 &&
	    (r = try_path(own, "../sbin/", program, 0, out, e)) == 0 &&
	    (r = try_path(own, "../libexec/sceau/", program, 0, out, e)) == 0)
		r = search_path(program, out, e);
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "%s", program);
	return r < 0 ? r : 0;
}

int
sibling_rules(char **out, struct err *e)
{
	char own[PATH_BYTES];
	int r;

	if ((r = own_folder(own, e)) < 0)
		return r;
	if ((r = try_path(own, "rules", "", 1, out, e)) == 0)
		r = try_path(RULES_DIR, "", "", 1, out, e);
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, RULES_DIR);
	return r < 0 ? r : 0;
}

/* Never returns. */
static void
become_program(const char *path, char *const args[], int fd)
{
	int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);

	signal(SIGPIPE, SIG_DFL);
	/* dup2 of a descriptor onto itself would leave it close-on-exec. */
	if (fd == 3)
		fd = dup(fd);
	if (empty == 3)
		empty = dup(empty);
	if (empty >= 0 && fd >= 0 && dup2(fd, 3) >= 0 &&
	    dup2(empty, STDIN_FILENO) >= 0 &&
	    dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 &&
	    close_range(4, ~0U, 0) == 0)
		execv(path, args);
	perror(path);
	_exit(127);
}

int
sibling_run(
    const char *path, char *const args[], int fd, int *status, struct err *e)
{
	pid_t pid, got;
	int s;

	fflush(NULL);
	if ((pid = fork()) < 0)
		return err_sys(e, ERR_INTERNAL, "%s", path);
	if (pid == 0)
		become_program(path, args, fd);
	do
		got = waitpid(pid, &s, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, ERR_INTERNAL, "%s", path);
	*status = WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
	return 0;
}
