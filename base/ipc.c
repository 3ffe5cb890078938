#include "base/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define IPC_BACKLOG 128 /* connections that may wait to be accepted */

static int
address_of(const char *path, struct sockaddr_un *sa, struct err *e)
{
	size_t len = strlen(path);

	/* An empty path would be the abstract namespace: open to all. */
	if (len == 0)
		return err_set(e, ERR_INVALID, "socket without a path");
	if (len > IPC_PATH_MAX || len >= sizeof(sa->sun_path))
		return err_set(e, ERR_TOO_LARGE,
		    "%s: a socket's path has at most %d bytes", path,
		    IPC_PATH_MAX);
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	memcpy(sa->sun_path, path, len);
	return 0;
}

static int
connect_to(int fd, const struct sockaddr_un *sa)
{
	int r;

	do
		r = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	while (r < 0 && errno == EINTR);
	return r;
}

/*
 * Remove a socket at path that nobody listens on any more. Someone there,
 * or something that is no socket, is ERR_CONFLICT.
 */
static int
clear_path(const struct sockaddr_un *sa, int type, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (lstat(sa->sun_path, &st) < 0)
		return errno == ENOENT ? 0
				       : err_sys(e, ERR_IO, "%s", sa->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(
		    e, ERR_CONFLICT, "%s: there, and no socket", sa->sun_path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, ERR_IO, "socket");
	/*
	 * Only "refused" proves that nobody listens: a full queue, another
	 * type or a closed door are signs of life.
	 */
	if (connect_to(fd, sa) == 0 || errno != ECONNREFUSED)
		return err_set(e, ERR_CONFLICT,
		    "%s: another process listens there", sa->sun_path);
	if (unlink(sa->sun_path) < 0 && errno != ENOENT)
		return err_sys(
		    e, ERR_CONFLICT, "%s: remove the old socket", sa->sun_path);
	return 0;
}

/*
 * Hold the folder of path, so that two programs that start together do not
 * both take the other's new socket for an old one. -1 where the folder may
 * not be opened: then there is no such protection.
 */
static int
hold_folder(const char *path)
{
	char folder[IPC_PATH_MAX + 1] = ".";
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);
	int fd, r;

	if (slash != NULL) {
		memcpy(folder, path, len + 1);
		folder[len > 0 ? len : 1] = '\0';
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	do
		r = flock(fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	return fd;
}

/*
 * The mode of an unbound socket becomes the mode of its file, less the
 * umask; what the umask took is given back before anyone may connect.
 */
static int
bind_listen(int fd, const struct sockaddr_un *sa, mode_t mode, struct err *e)
{
	if (fchmod(fd, mode) < 0)
		return err_sys(e, ERR_IO, "%s: mode", sa->sun_path);
	if (bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0)
		return err_sys(e, errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO,
		    "%s", sa->sun_path);
	if (chmod(sa->sun_path, mode) < 0 || listen(fd, IPC_BACKLOG) < 0) {
		err_sys(e, ERR_IO, "%s", sa->sun_path);
		(void)!unlink(sa->sun_path);
		return -(int)ERR_IO;
	}
	return 0;
}

int
ipc_listen(const char *path, int type, mode_t mode, int *fd, struct err *e)
{
	AUTO(fd_closep) int made = -1, folder = -1;
	struct sockaddr_un sa;
	int r;

	if ((r = address_of(path, &sa, e)) < 0)
		return r;
	folder = hold_folder(path);
	if ((r = clear_path(&sa, type, e)) < 0)
		return r;
	made = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (made < 0)
		return err_sys(e, ERR_IO, "socket");
	if ((r = bind_listen(made, &sa, mode, e)) < 0)
		return r;
	*fd = made;
	made = -1;
	return 0;
}

int
ipc_connect(const char *path, int type, int *fd, struct err *e)
{
	AUTO(fd_closep) int made = -1;
	struct sockaddr_un sa;
	int r;

	if ((r = address_of(path, &sa, e)) < 0)
		return r;
	made = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (made < 0)
		return err_sys(e, ERR_IO, "socket");
	if (connect_to(made, &sa) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return err_sys(e, ERR_UNAVAILABLE, "%s", path);
		if (errno == EACCES || errno == EPERM)
			return err_sys(e, ERR_DENIED, "%s", path);
		return err_sys(e, ERR_IO, "%s", path);
	}
	*fd = made;
	made = -1;
	return 0;
}

int
ipc_peer(int fd, struct peer *out, struct err *e)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return err_sys(e, ERR_IO, "identity of the peer");
	/* A socket that was never connected has nobody at the other end. */
	if (len != sizeof(c) || c.uid == (uid_t)-1)
		return err_set(e, ERR_UNAVAILABLE, "no peer");
	out->uid = c.uid;
	out->gid = c.gid;
	out->pid = c.pid;
	return 0;
}

/* Control data of one message: a header and its descriptors. */
union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int) * IPC_FDS_MAX)];
};

static void
attach(struct msghdr *m, union control *c, const int *fds, size_t nfds)
{
	struct cmsghdr *h;

	if (nfds == 0)
		return;
	memset(c, 0, sizeof(*c));
	m->msg_control = c->room;
	m->msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	memcpy(CMSG_DATA(h), fds, sizeof(int) * nfds);
}

static int
gone(int sys)
{
	return sys == EPIPE || sys == ECONNRESET || sys == ENOTCONN ||
	       sys == ECONNREFUSED;
}

int
ipc_send(
    int fd, const void *p, size_t n, const int *fds, size_t nfds, struct err *e)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control c;
	ssize_t put;

	/* An empty message could not be told from the end. */
	if (n == 0 || nfds > IPC_FDS_MAX)
		return err_set(e, ERR_INVALID,
		    "message: empty, or over %d "
		    "descriptors",
		    IPC_FDS_MAX);
	if (n > IPC_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "message over %d bytes", IPC_MAX);
	attach(&m, &c, fds, nfds);
	do
		put = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put < 0 && gone(errno))
		return err_sys(e, ERR_UNAVAILABLE, "send");
	if (put < 0 && (errno == EAGAIN || errno == ETOOMANYREFS))
		return err_sys(e, ERR_BUSY, "send");
	if (put < 0)
		return err_sys(e, ERR_IO, "send");
	if ((size_t)put != n)
		return err_set(e, ERR_IO, "send: cut short");
	return 0;
}

static int64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until fd can be read. ERR_BUSY when the time is up. */
static int
wait_readable(int fd, int timeout_ms, struct err *e)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int64_t end = monotonic_ms() + timeout_ms, left;
	int r;

	for (;;) {
		left = timeout_ms < 0 ? -1 : end - monotonic_ms();
		if (timeout_ms >= 0 && left < 0)
			left = 0;
		r = poll(&pfd, 1, (int)left);
		if (r > 0)
			return 0;
		if (r == 0)
			return err_set(
			    e, ERR_BUSY, "no message in %d ms", timeout_ms);
		if (errno != EINTR)
			return err_sys(e, ERR_IO, "wait for a message");
	}
}

/* What came with the message. Every descriptor counted is ours to close. */
static size_t
detach(struct msghdr *m, int got[IPC_FDS_MAX])
{
	struct cmsghdr *h;
	size_t n = 0, k;

	for (h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		k = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (k > IPC_FDS_MAX - n)
			k = IPC_FDS_MAX - n;
		memcpy(got + n, CMSG_DATA(h), k * sizeof(int));
		n += k;
	}
	return n;
}

/* What recv and recvmsg failed with. -EAGAIN is told as ERR_BUSY. */
static int
not_received(struct err *e)
{
	if (errno == EAGAIN)
		return err_set(e, ERR_BUSY, "no message yet");
	return err_sys(e, gone(errno) ? ERR_UNAVAILABLE : ERR_IO, "receive");
}

/*
 * Room in out for the next message, which stays where it is: a buffer of
 * IPC_MAX for every message would be made, and wiped, for a few bytes. What
 * another reader takes meanwhile may be shorter than the message that comes
 * then: that one is cut, and refused.
 */
static int
make_room(int fd, struct buf *out, size_t *room, struct err *e)
{
	ssize_t n;

	do
		n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return not_received(e);
	*room = (size_t)n > IPC_MAX ? IPC_MAX : (size_t)n;
	return buf_reserve(out, *room, e);
}

/*
 * One recvmsg. out gets the bytes, got[] and *ngot the descriptors, *flags
 * what was cut.
 */
static int
receive(int fd, struct buf *out, size_t room, int got[IPC_FDS_MAX],
    size_t *ngot, int *flags, struct err *e)
{
	struct iovec iov = { .iov_base = out->p, .iov_len = room };
	union control c;
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = sizeof(c.room) };
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return not_received(e);
	*ngot = detach(&m, got);
	*flags = m.msg_flags;
	out->len = (size_t)n;
	return 0;
}

static int
check_received(
    const struct buf *out, size_t ngot, size_t most, int flags, struct err *e)
{
	if (ngot > most || (flags & MSG_CTRUNC) != 0)
		return err_set(e, ERR_INVALID,
		    "message with more than %zu descriptors", most);
	if ((flags & MSG_TRUNC) != 0)
		return err_set(
		    e, ERR_TOO_LARGE, "message over %d bytes", IPC_MAX);
	if (out->len == 0)
		return err_set(e, ERR_UNAVAILABLE, "the peer has gone");
	return 0;
}

int
ipc_recv(int fd, struct buf *out, int *fds, size_t *nfds, int timeout_ms,
    struct err *e)
{
	int got[IPC_FDS_MAX], flags = 0, r;
	size_t ngot = 0, i, room = 0, most = nfds != NULL ? *nfds : 0;

	buf_reset(out);
	/* Someone else may have taken what poll saw: then wait again. */
	do {
		if ((r = wait_readable(fd, timeout_ms, e)) < 0)
			return r;
		if ((r = make_room(fd, out, &room, e)) == 0)
			r = receive(fd, out, room, got, &ngot, &flags, e);
	} while (r == -(int)ERR_BUSY);
	if (r < 0)
		return r;
	if ((r = check_received(out, ngot, most, flags, e)) < 0) {
		for (i = 0; i < ngot; i++)
			close(got[i]);
		buf_reset(out);
		return r;
	}
	for (i = 0; i < ngot; i++)
		fds[i] = got[i];
	if (nfds != NULL)
		*nfds = ngot;
	return 0;
}
