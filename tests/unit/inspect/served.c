#include "tests/unit/inspect/served.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "served: %s: %s\n", what, strerror(errno));
	abort();
}

static void
make_vault(struct served *v, uid_t uid)
{
	char dir[] = "/tmp/sceau-inspect-XXXXXX";
	AUTO(buf_done) struct buf text = { 0 };
	char path[SETTINGS_PATH_MAX];
	struct err e;

	must(mkdtemp(dir) != NULL, "mkdtemp");
	snprintf(v->s.dir, sizeof(v->s.dir), "%s", dir);
	snprintf(v->s.origin, sizeof(v->s.origin), "sceau.example/test");
	v->s.uid_daemon = v->s.uid_keys = getuid();
	v->s.gid_daemon = v->s.gid_keys = getgid();
	v->s.uid_inspect = uid;
	v->s.gid_inspect = uid == getuid() ? getgid() : (gid_t)uid;
	v->s.inspect_max = 32 << 20;
	v->s.file_max = 1 << 30;
	memset(&v->s.vault, 7, sizeof(v->s.vault));
	must(settings_format(&v->s, &text, &e) == 0, "settings");
	must(settings_path(&v->s, "run", path, &e) == 0 &&
		 mkdir(path, 0700) == 0 && chmod(path, 01777) == 0 &&
		 chmod(dir, 0755) == 0,
	    "run");
	must(settings_path(&v->s, "vault.conf", path, &e) == 0 &&
		 file_write(AT_FDCWD, path, text.p, text.len, 0644, &e) == 0,
	    "vault.conf");
	must(settings_path(&v->s, "run/inspect.sock", v->socket, &e) == 0,
	    "socket");
}

static void
spawn(struct served *v, const char *program)
{
	char number[16], byte;
	int ends[2];

	must(pipe(ends) == 0, "pipe");
	v->pid = fork();
	must(v->pid >= 0, "fork");
	if (v->pid == 0) {
		close(ends[0]);
		snprintf(number, sizeof(number), "%d", ends[1]);
		execl(program, program, "-d", v->s.dir, "--ready-fd", number,
		    (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	must(read(ends[0], &byte, 1) == 1, program);
	close(ends[0]);
}

void
served_start_as(struct served *v, const char *program, uid_t uid)
{
	struct err e;

	memset(v, 0, sizeof(*v));
	make_vault(v, uid);
	spawn(v, program);
	must(inspector_open(v->socket, uid, &v->inspector, &e) == 0,
	    "inspector");
}

void
served_start(struct served *v, const char *program)
{
	served_start_as(v, program, getuid());
}

static int
end(struct served *v, int signal)
{
	int status = -1;

	kill(v->pid, signal);
	must(waitpid(v->pid, &status, 0) == v->pid, "waitpid");
	return status;
}

void
served_restart(struct served *v, const char *program)
{
	(void)end(v, SIGKILL);
	spawn(v, program);
}

int
served_stop(struct served *v)
{
	char path[SETTINGS_PATH_MAX];
	struct err e;
	int status = end(v, SIGTERM);
	const char *const files[] = { "run/inspect.sock", "vault.conf" };
	size_t i;

	inspector_freep(&v->inspector);
	for (i = 0; i < NELEMS(files); i++)
		if (settings_path(&v->s, files[i], path, &e) == 0)
			(void)unlink(path);
	if (settings_path(&v->s, "run", path, &e) == 0)
		(void)rmdir(path);
	(void)rmdir(v->s.dir);
	return status;
}
