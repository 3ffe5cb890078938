#include "daemon/inspect/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ipc.h"
#include "base/log.h"

/* A connection, and its worker while it has a request. */
struct conn {
	int fd;	    /* -1: a free place */
	pid_t pid;  /* 0: no worker */
	int pidfd;  /* readable when the worker has ended */
	int answer; /* the pipe it writes to */
	int64_t deadline;
};

struct launcher {
	int listener, stop;
	uid_t uid;
	const struct worker_kit *kit;
	struct conn conns[LAUNCHER_CONNS_MAX];
	size_t workers; /* running */
	size_t first;	/* whose turn it is */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
launcher_new(int listener, int stop, uid_t uid_daemon,
    const struct worker_kit *kit, struct launcher **out, struct err *e)
{
	struct launcher *l = calloc(1, sizeof(*l));
	size_t i;

	if (l == NULL)
		return err_set(e, ERR_NOMEM, "launcher");
	l->listener = listener;
	l->stop = stop;
	l->uid = uid_daemon;
	l->kit = kit;
	for (i = 0; i < LAUNCHER_CONNS_MAX; i++)
		l->conns[i] = (struct conn){ -1, 0, -1, -1, 0 };
	*out = l;
	return 0;
}

/* The worker's end: dead for sure, buried, its descriptors closed. */
static int
bury(struct launcher *l, struct conn *c)
{
	int status = -1;
	pid_t r;

	kill(c->pid, SIGKILL);
	do
		r = waitpid(c->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	fd_closep(&c->pidfd);
	fd_closep(&c->answer);
	c->pid = 0;
	l->workers--;
	return r < 0 ? -1 : status;
}

static void
hang_up(struct launcher *l, struct conn *c)
{
	if (c->pid != 0)
		(void)bury(l, c);
	fd_closep(&c->fd);
}

void
launcher_freep(struct launcher **l)
{
	size_t i;

	if (*l == NULL)
		return;
	for (i = 0; i < LAUNCHER_CONNS_MAX; i++)
		hang_up(*l, &(*l)->conns[i]);
	free(*l);
	*l = NULL;
}

/*
 * Answer c: how it ended, then the worker's bytes. A daemon that does not
 * read its answers is let go rather than waited for: fd does not block.
 */
static void
reply(struct launcher *l, struct conn *c, enum wire_end end, const uint8_t *p,
    size_t n)
{
	uint8_t packet[1 + WIRE_ANSWER_MAX] = { (uint8_t)end };
	struct err e;

	if (n > 0)
		memcpy(packet + 1, p, n);
	if (ipc_send(c->fd, packet, 1 + n, NULL, 0, &e) < 0)
		hang_up(l, c);
}

/*
 * The worker has ended: what is in the pipe is all that there will be. Only
 * a clean end with an answer of the right size counts.
 */
static void
collect(struct launcher *l, struct conn *c)
{
	uint8_t p[WIRE_ANSWER_MAX + 1];
	ssize_t n;
	int status;

	do
		n = read(c->answer, p, sizeof(p));
	while (n < 0 && errno == EINTR);
	status = bury(l, c);
	if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 ||
	    n <= 0 || n > WIRE_ANSWER_MAX) {
		if (status != -1 && WIFSIGNALED(status))
			log_warn("a worker was killed by signal %d",
			    WTERMSIG(status));
		reply(l, c, WIRE_DIED, NULL, 0);
		return;
	}
	reply(l, c, WIRE_DONE, p, (size_t)n);
}

/* Fork. In the child: never returns. */
static int
spawn(struct launcher *l, struct conn *c, const struct wire_request *q,
    const int fds[WIRE_FDS_MAX])
{
	AUTO(fd_closep) int in = -1, out = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	in = ends[0];
	out = ends[1];
	if (fcntl(in, F_SETFL, O_NONBLOCK) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0)
		worker_run(l->kit, q, fds, out);
	c->pid = pid;
	l->workers++;
	c->answer = in;
	in = -1;
	c->deadline = now_ms() + LAUNCHER_DEADLINE_MS;
	if ((c->pidfd = pidfd_open(pid, 0)) < 0) {
		(void)bury(l, c);
		return -1;
	}
	return 0;
}

/* A request is there, or the daemon has gone. */
static void
receive(struct launcher *l, struct conn *c)
{
	AUTO(buf_done) struct buf b = { 0 };
	int fds[WIRE_FDS_MAX] = { -1, -1, -1 };
	size_t i, nfds = WIRE_FDS_MAX;
	struct wire_request q;
	struct err e;
	int r = ipc_recv(c->fd, &b, fds, &nfds, 0, &e);

	if (r == -(int)ERR_BUSY)
		return;
	if (r < 0) {
		hang_up(l, c);
		return;
	}
	if (wire_request_decode(b.p, b.len, &q, &e) < 0 ||
	    nfds != wire_request_fds(&q))
		reply(l, c, WIRE_BAD, NULL, 0);
	else if (spawn(l, c, &q, fds) < 0)
		reply(l, c, WIRE_DIED, NULL, 0);
	for (i = 0; i < nfds; i++)
		close(fds[i]);
}

static struct conn *
free_place(struct launcher *l)
{
	size_t i;

	for (i = 0; i < LAUNCHER_CONNS_MAX; i++)
		if (l->conns[i].fd < 0)
			return &l->conns[i];
	return NULL;
}

int
launcher_adopt(struct launcher *l, int *fd, struct err *e)
{
	struct conn *c = free_place(l);

	if (c == NULL)
		return err_set(e, ERR_BUSY, "too many connections");
	if (fcntl(*fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, ERR_INTERNAL, "a connection");
	c->fd = *fd;
	*fd = -1;
	return 0;
}

static int
is_deserted(const struct launcher *l)
{
	size_t i;

	for (i = 0; i < LAUNCHER_CONNS_MAX; i++)
		if (l->conns[i].fd >= 0)
			return 0;
	return l->listener < 0;
}

static void
accept_one(struct launcher *l)
{
	AUTO(fd_closep) int fd = -1;
	struct conn *c = free_place(l);
	struct peer peer;
	struct err e;

	fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || c == NULL)
		return;
	if (ipc_peer(fd, &peer, &e) < 0 || peer.uid != l->uid) {
		log_warn("a peer that is not the daemon was turned away");
		return;
	}
	c->fd = fd;
	fd = -1;
}

/*
 * What to wait for: the stop, new connections while there is a place, workers
 * to end, and requests while there may be another worker. A connection that
 * waits for its worker is watched for its end only.
 */
static int
fill_polls(const struct launcher *l, struct pollfd *p)
{
	const struct conn *c;
	int64_t now = now_ms(), wait = -1;
	int i, places = 0;

	for (i = 0; i < LAUNCHER_CONNS_MAX; i++) {
		c = &l->conns[i];
		p[2 + 2 * i] = (struct pollfd){ .fd = c->fd };
		p[3 + 2 * i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		places += c->fd < 0;
		if (c->pid != 0) {
			p[3 + 2 * i].fd = c->pidfd;
			if (wait < 0 || c->deadline - now < wait)
				wait =
				    c->deadline > now ? c->deadline - now : 0;
		} else if (l->workers < LAUNCHER_WORKERS_MAX) {
			p[2 + 2 * i].events = POLLIN;
		}
	}
	p[0] = (struct pollfd){ .fd = l->stop, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = places > 0 ? l->listener : -1,
		.events = POLLIN };
	return (int)wait;
}

static void
serve(struct launcher *l, struct conn *c, const struct pollfd *p)
{
	if (c->pid != 0 && p[1].revents != 0)
		collect(l, c);
	else if (c->pid != 0 && (p[0].revents & (POLLHUP | POLLERR)) != 0)
		hang_up(l, c);
	else if (c->pid != 0 && now_ms() >= c->deadline) {
		(void)bury(l, c);
		log_warn("a worker was killed: out of time");
		reply(l, c, WIRE_LATE, NULL, 0);
	} else if (c->pid == 0 && p[0].revents != 0 &&
		   l->workers < LAUNCHER_WORKERS_MAX)
		receive(l, c);
}

int
launcher_run(struct launcher *l, struct err *e)
{
	struct pollfd p[2 + 2 * LAUNCHER_CONNS_MAX];
	size_t i, k;
	int wait;

	while (!is_deserted(l)) {
		wait = fill_polls(l, p);
		if (poll(p, NELEMS(p), wait) < 0 && errno != EINTR)
			return err_sys(e, ERR_INTERNAL, "poll");
		if (p[0].revents != 0)
			return 0;
		/* Each in its turn first, so that nobody waits for ever. */
		l->first = (l->first + 1) % LAUNCHER_CONNS_MAX;
		for (i = 0; i < LAUNCHER_CONNS_MAX; i++) {
			k = (l->first + i) % LAUNCHER_CONNS_MAX;
			if (l->conns[k].fd >= 0)
				serve(l, &l->conns[k], &p[2 + 2 * k]);
		}
		if ((p[1].revents & POLLIN) != 0)
			accept_one(l);
	}
	return 0;
}
