/*
 * sceau relay: standard input and output to the vault's socket and back, for
 * sceau --host. Bytes only: the daemon sees the account that ssh let in.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ipc.h"
#include "client/commands.h"

#define ROOM 65536

/* One way: what was read and is not written yet. */
struct way {
	int from, to;
	size_t at, n;
	int ended;	/* nothing more comes */
	int socket_end; /* to is the socket: half-close it at the end */
	uint8_t room[ROOM];
};

static int
may_be_tried_again(void)
{
	return errno == EINTR || errno == EAGAIN;
}

/*
 * A pipe that poll(2) calls writable takes PIPE_BUF bytes without waiting;
 * the socket is told not to wait.
 */
static ssize_t
write_some(const struct way *w)
{
	size_t n = w->n - w->at;

	if (w->socket_end)
		return send(
		    w->to, w->room + w->at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(w->to, w->room + w->at, n < PIPE_BUF ? n : PIPE_BUF);
}

/* -1: this way is over because nobody takes what it brings. */
static int
move_on(struct way *w, short from, short to)
{
	ssize_t n;

	if (w->n == 0 && !w->ended && from != 0) {
		n = read(w->from, w->room, ROOM);
		if (n < 0 && may_be_tried_again())
			return 0;
		w->n = n > 0 ? (size_t)n : 0;
		w->at = 0;
		w->ended = n <= 0;
		if (w->ended && w->socket_end)
			shutdown(w->to, SHUT_WR);
	} else if (w->n > 0 && to != 0) {
		n = write_some(w);
		if (n < 0)
			return may_be_tried_again() ? 0 : -1;
		w->at += (size_t)n;
		if (w->at == w->n)
			w->n = 0;
	}
	return 0;
}

static short
wanted(const struct way *w, int writing)
{
	if (writing)
		return w->n > 0 ? POLLOUT : 0;
	return w->n == 0 && !w->ended ? POLLIN : 0;
}

/* poll(2) passes over a negative descriptor: no hang-up of one that is not
 * waited for keeps the loop spinning. */
static struct pollfd
watch(int fd, short events)
{
	return (struct pollfd){ .fd = events != 0 ? fd : -1, .events = events };
}

/* Until the vault closes, or nobody reads what it says. */
static int
relay(struct way *up, struct way *down, struct err *e)
{
	struct pollfd p[4];

	while (!(down->ended && down->n == 0)) {
		p[0] = watch(up->from, wanted(up, 0));
		p[1] = watch(up->to, wanted(up, 1));
		p[2] = watch(down->from, wanted(down, 0));
		p[3] = watch(down->to, wanted(down, 1));
		if (poll(p, 4, -1) < 0 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		/* The vault may answer and close without reading it all. */
		if (move_on(up, p[0].revents, p[1].revents) < 0) {
			up->n = 0;
			up->ended = 1;
		}
		if (move_on(down, p[2].revents, p[3].revents) < 0)
			return err_tag(e, ERR_UNAVAILABLE, "cut", "stdout");
	}
	return 0;
}

static int
relay_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(mem_freep) struct way *ways = calloc(2, sizeof(*ways));
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(fd_closep) int fd = -1;
	int r;

	(void)argc;
	(void)argv;
	if (ways == NULL)
		return err_set(e, ERR_NOMEM, "relay");
	signal(SIGPIPE, SIG_IGN);
	if ((r = cli_socket(c, "api.sock", &path, e)) < 0)
		return r;
	/* What was named is taken as it is. */
	if ((r = ipc_connect(c->socket != NULL ? c->socket : buf_str(&path),
		 SOCK_STREAM, &fd, e)) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "no-vault", "api.sock");
	ways[0].from = STDIN_FILENO;
	ways[0].to = fd;
	ways[0].socket_end = 1;
	ways[1].from = fd;
	ways[1].to = STDOUT_FILENO;
	return relay(&ways[0], &ways[1], e);
}

const struct cmd cmd_relay = {
	.noun = "relay",
	.about = N_("relier l'entrée et la sortie au coffre (pour --host)"),
	.run = relay_run,
};
