/*
 * sceau-inspect: listens for the daemon on inspect.sock and has each hostile
 * file looked at by a process of its own, which dies after it.
 *
 * Charter: reads the settings, becomes the inspection account, listens, loads
 * libmagic's database and OpenSSL's algorithms once, gives up the file system
 * and all calls that it does not need, then only passes messages.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/settings.h"
#include "daemon/inspect/check.h"
#include "daemon/inspect/launcher.h"

struct options {
	const char *dir;
	int ready_fd;
	int is_check; /* one file, without a vault */
	struct check_options check;
};

static int
parse_descriptor(const char *s, int *out)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (*end != '\0' || end == s || n < 0 || n > 1024)
		return -1;
	*out = (int)n;
	return 0;
}

static int
take_option(int c, struct options *o)
{
	switch (c) {
	case 'd':
		o->dir = optarg;
		return 0;
	case 'r':
		return parse_descriptor(optarg, &o->ready_fd);
	case 'R':
		return parse_descriptor(optarg, &o->check.report_fd);
	case 'c':
		o->is_check = 1;
		o->check.file = optarg;
		return 0;
	case 's':
		o->check.signature = optarg;
		return 0;
	case 'a':
		o->check.anchors = optarg;
		return 0;
	case 't':
		o->check.at = optarg;
		return 0;
	case 'v':
		printf("sceau-inspect %s\n", SCEAU_VERSION);
		exit(0);
	default:
		return -1;
	}
}

static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "ready-fd", required_argument, NULL, 'r' },
		{ "check", required_argument, NULL, 'c' },
		{ "signature", required_argument, NULL, 's' },
		{ "anchors", required_argument, NULL, 'a' },
		{ "at", required_argument, NULL, 't' },
		{ "report-fd", required_argument, NULL, 'R' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	*o = (struct options){ .ready_fd = -1,
		.check = { .report_fd = STDOUT_FILENO } };
	while ((c = getopt_long(argc, argv, "d:", longs, NULL)) != -1)
		if (take_option(c, o) < 0)
			return -1;
	if (optind != argc)
		return -1;
	return (o->dir != NULL) != o->is_check ? 0 : -1;
}

/* SIGTERM and SIGINT as something that poll sees. */
static int
open_stop(int *out, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (*out = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return err_sys(e, ERR_INTERNAL, "signals");
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int
tell_ready(int fd, struct err *e)
{
	int r;

	if (fd < 0)
		return 0;
	if ((r = fd_write_all(fd, "\n", 1, e)) < 0)
		return r;
	close(fd);
	return 0;
}

/*
 * The socket is made under the inspection account: the daemon checks whose it
 * is, and the kernel remembers who listened.
 */
static int
start(const struct settings *s, int *listener, struct worker_kit *kit,
    struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r, got = 0;

	if ((r = settings_path(s, "run/inspect.sock", path, e)) < 0 ||
	    (r = sandbox_become(s->uid_inspect, s->gid_inspect, e)) < 0 ||
	    (r = secret_harden_process(e)) < 0 ||
	    (r = ipc_listen(path, SOCK_SEQPACKET, 0666, listener, e)) < 0 ||
	    (r = worker_kit_init(kit, e)) < 0)
		return r;
	/* The sanitizers read /proc when the program ends. */
	if (sandbox_enforced() && (r = sandbox_paths(NULL, 0, &got, e)) < 0)
		return r;
	if (sandbox_enforced() && !got)
		log_note("this kernel has no Landlock");
	return sandbox_syscalls(SANDBOX_AGENT, e);
}

static int
run(const struct options *o, struct err *e)
{
	AUTO(fd_closep) int listener = -1, stop = -1;
	AUTO(worker_kit_done) struct worker_kit kit = { 0 };
	AUTO(launcher_freep) struct launcher *l = NULL;
	struct settings s;
	int r;

	/* OpenSSL and libmagic ask for the zone: no file for that. */
	if (setenv("TZ", "UTC", 1) < 0)
		return err_sys(e, ERR_NOMEM, "TZ");
	tzset();
	if (o->is_check)
		return check_run(&o->check, e);
	if ((r = settings_load(o->dir, &s, e)) < 0 ||
	    (r = open_stop(&stop, e)) < 0 ||
	    (r = start(&s, &listener, &kit, e)) < 0 ||
	    (r = launcher_new(listener, stop, s.uid_daemon, &kit, &l, e)) < 0 ||
	    (r = tell_ready(o->ready_fd, e)) < 0)
		return r;
	return launcher_run(l, e);
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err e;

	if (parse_options(argc, argv, &o) < 0) {
		fprintf(stderr,
		    "sceau-inspect -d DIR [--ready-fd N]\n"
		    "sceau-inspect --check FILE [--signature FILE] "
		    "[--anchors DIR] [--at TIME] [--report-fd N]\n");
		return err_exit(ERR_USAGE);
	}
	log_open("sceau-inspect");
	if (run(&o, &e) < 0) {
		log_error("%s", e.text);
		return err_exit(e.code);
	}
	return 0;
}
