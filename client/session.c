#include "client/session.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* An address that the kernel chooses (unix(7), autobind): five digits. */
static int
listen_somewhere(int *fd, char name[SESSION_NAME], struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(a.sun_family);
	size_t len;

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (const struct sockaddr *)&a, n) < 0 ||
	    listen(*fd, 4) < 0)
		return err_sys(e, ERR_INTERNAL, "ssh");
	n = sizeof(a);
	if (getsockname(*fd, (struct sockaddr *)&a, &n) < 0)
		return err_sys(e, ERR_INTERNAL, "ssh");
	len = n - offsetof(struct sockaddr_un, sun_path);
	if (len < 2 || len > SESSION_NAME)
		return err_set(e, ERR_INTERNAL, "ssh");
	memcpy(name, a.sun_path + 1, len - 1);
	name[len - 1] = '\0';
	return 0;
}

/*
 * Never returns. The server's forced command is the relay whatever is asked
 * for; without one, this asks for it. A person at a terminal may be asked
 * for a passphrase by ssh itself; a script may not.
 */
static void
run_ssh(const char *host, int fd)
{
	const char *batch =
	    isatty(STDERR_FILENO) ? "BatchMode=no" : "BatchMode=yes";

	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
		execlp("ssh", "ssh", "-T", "-o", batch, "--", host, "sceau",
		    "relay", (char *)NULL);
	_exit(127);
}

/* Anybody on this machine can connect: only the process we serve may. */
static int
is_ours(int fd, pid_t client)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       peer.pid == client;
}

static void
serve(int listener, const char *host, pid_t client)
{
	int fd;

	/* Nobody waits for the sessions: they end with their connection. */
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != client)
		_exit(0);
	for (;;) {
		if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			_exit(1);
		}
		if (is_ours(fd, client) && fork() == 0)
			run_ssh(host, fd);
		close(fd);
	}
}

int
session_open(struct session *s, const char *host, struct err *e)
{
	AUTO(fd_closep) int listener = -1;
	char name[SESSION_NAME];
	pid_t pid, client = getpid();
	int r;

	if ((r = listen_somewhere(&listener, name, e)) < 0)
		return r;
	if ((pid = fork()) < 0)
		return err_sys(e, ERR_INTERNAL, "ssh");
	if (pid == 0)
		serve(listener, host, client);
	s->pid = pid;
	memcpy(s->name, name, sizeof(name));
	return 0;
}

void
session_close(struct session *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGTERM);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
}
