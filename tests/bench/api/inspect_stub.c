/*
 * inspect-stub: in the place of sceau-inspect, says of every file that it is
 * an unsigned PDF without looking at it. For the benchmark alone: what filing
 * costs without inspection.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/settings.h"
#include "daemon/inspect/wire.h"

#define CONNS 128

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* 0: the daemon has gone. */
static int
answer(int fd)
{
	static const struct inspect_type pdf = { .media = "application/pdf",
		.agreed = 1 };
	AUTO(buf_done) struct buf in = { 0 }, out = { 0 };
	int fds[WIRE_FDS_MAX] = { -1, -1, -1 };
	size_t n = WIRE_FDS_MAX, i;
	const uint8_t done = WIRE_DONE;

	if (ipc_recv(fd, &in, fds, &n, 0, NULL) < 0)
		return 0;
	for (i = 0; i < n; i++)
		close(fds[i]);
	return buf_add(&out, &done, 1, NULL) == 0 &&
	       wire_type_encode(&pdf, &out, NULL) == 0 &&
	       ipc_send(fd, out.p, out.len, NULL, 0, NULL) == 0;
}

static void
serve(int listener)
{
	struct pollfd p[CONNS + 1] = { { .fd = listener, .events = POLLIN } };
	nfds_t n = 1, i;

	for (;;) {
		must(poll(p, n, -1) > 0, "poll");
		for (i = 1; i < n; i++)
			if (p[i].revents != 0 && !answer(p[i].fd)) {
				close(p[i].fd);
				p[i--] = p[--n];
			}
		if ((p[0].revents & POLLIN) != 0 && n <= CONNS) {
			p[n].events = POLLIN;
			p[n].revents = 0;
			p[n].fd = accept4(
			    listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
			n += p[n].fd >= 0;
		}
	}
}

/* -d DIR --ready-fd N, as sceau-inspect. */
int
main(int argc, char **argv)
{
	char path[SETTINGS_PATH_MAX];
	struct settings s;
	int listener = -1, ready;

	must(argc == 5, "inspect-stub -d DIR --ready-fd N");
	must(settings_load(argv[2], &s, NULL) == 0 &&
		 settings_path(&s, "run/inspect.sock", path, NULL) == 0 &&
		 ipc_listen(path, SOCK_SEQPACKET, 0666, &listener, NULL) == 0,
	    argv[2]);
	ready = (int)strtol(argv[4], NULL, 10);
	must(write(ready, "\n", 1) == 1, "ready");
	close(ready);
	serve(listener);
}
