/*
 * sceau-keys: the key agent. Reads its settings, becomes its own uid, opens
 * the two sockets and the keys folder, gives up everything else, and serves.
 * With --init it makes the keys of a new vault instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "keys/events.h"
#include "keys/keydir.h"
#include "keys/server.h"
#include "keys/unseal.h"

#define PASSPHRASE_MIN 8 /* bytes; length is what protects a copy */

struct options {
	const char *dir;
	int init, restored;
	int passphrase_fd, ready_fd;
	unsigned scrypt_log2;
	struct custodians custodians;
};

static const char usage[] =
    "usage: sceau-keys -d DIR [--ready-fd N]\n"
    "       sceau-keys -d DIR --init --passphrase-fd N --custodian NAME...\n"
    "       sceau-keys -d DIR --restored\n"
    "\n"
    "The key agent of the vault in DIR. It serves DIR/run/agent.sock for the\n"
    "daemon and DIR/run/unseal.sock for the custodians.\n"
    "\n"
    "  -d, --dir DIR         the vault's folder\n"
    "  --init                make the keys of a new vault in DIR/keys\n"
    "  --passphrase-fd N     read the passphrase from this descriptor\n"
    "  --custodian NAME...   accounts that may unseal; three at least\n"
    "  --restored            set the last signed head aside, because the data\n"
    "                        are an older copy; the log will say so\n"
    "  --ready-fd N          write one byte here when serving\n"
    "  --help, --version\n";

enum {
	OPT_INIT = 256,
	OPT_PASSPHRASE,
	OPT_CUSTODIAN,
	OPT_READY,
	OPT_RESTORED,
	OPT_SCRYPT,
	OPT_HELP,
	OPT_VERSION
};

static const struct option longs[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "init", no_argument, NULL, OPT_INIT },
	{ "passphrase-fd", required_argument, NULL, OPT_PASSPHRASE },
	{ "custodian", required_argument, NULL, OPT_CUSTODIAN },
	{ "ready-fd", required_argument, NULL, OPT_READY },
	{ "restored", no_argument, NULL, OPT_RESTORED },
	{ "scrypt-log2", required_argument, NULL, OPT_SCRYPT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int
parse_small(const char *what, const char *text, int *out, struct err *e)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 6 || text[n] != '\0')
		return err_set(e, ERR_USAGE, "%s: a number is needed", what);
	*out = (int)strtol(text, NULL, 10);
	return 0;
}

static int
set_option(struct options *o, int c, struct err *e)
{
	int n, r;

	switch (c) {
	case 'd':
		o->dir = optarg;
		return 0;
	case OPT_INIT:
		o->init = 1;
		return 0;
	case OPT_RESTORED:
		o->restored = 1;
		return 0;
	case OPT_PASSPHRASE:
		return parse_small(
		    "--passphrase-fd", optarg, &o->passphrase_fd, e);
	case OPT_READY:
		return parse_small("--ready-fd", optarg, &o->ready_fd, e);
	case OPT_CUSTODIAN:
		return custodians_add(&o->custodians, optarg, e);
	case OPT_SCRYPT:
		r = parse_small("--scrypt-log2", optarg, &n, e);
		if (r == 0)
			o->scrypt_log2 = (unsigned)n;
		return r;
	default:
		return err_set(e, ERR_USAGE, "an option that is not known");
	}
}

static int
check_options(const struct options *o, struct err *e)
{
	if (o->dir == NULL)
		return err_set(e, ERR_USAGE, "-d DIR is needed");
	if (!o->init && (o->passphrase_fd >= 0 || o->custodians.n > 0))
		return err_set(
		    e, ERR_USAGE, "a passphrase and custodians go with --init");
	if (o->init && o->restored)
		return err_set(
		    e, ERR_USAGE, "--init and --restored exclude one another");
	if (o->init && (o->passphrase_fd < 0 || o->custodians.n == 0))
		return err_set(e, ERR_USAGE,
		    "--init needs --passphrase-fd and --custodian");
	return 0;
}

/* 1 when the answer was given already (--help, --version). */
static int
parse_options(int argc, char **argv, struct options *o, struct err *e)
{
	int c, r;

	*o = (struct options){ .passphrase_fd = -1,
		.ready_fd = -1,
		.scrypt_log2 = SLOT_SCRYPT_LOG2 };
	opterr = 0;
	while ((c = getopt_long(argc, argv, "d:", longs, NULL)) != -1) {
		if (c == OPT_HELP || c == OPT_VERSION) {
			fputs(c == OPT_HELP ? usage
					    : "sceau-keys " SCEAU_VERSION "\n",
			    stdout);
			return 1;
		}
		if ((r = set_option(o, c, e)) < 0)
			return r;
	}
	/* --custodian may be followed by several names. */
	for (; optind < argc; optind++) {
		if (o->custodians.n == 0)
			return err_set(
			    e, ERR_USAGE, "an argument that is not known");
		if ((r = custodians_add(&o->custodians, argv[optind], e)) < 0)
			return r;
	}
	return check_options(o, e);
}

/* --init. */

/* The passphrase up to the first line end or the end of the stream. */
static int
read_passphrase(int fd, struct secret *out, struct err *e)
{
	AUTO(secret_done) struct secret room = { 0 };
	size_t n = 0;
	ssize_t got;
	int r;

	if ((r = secret_init(&room, UNSEAL_PASSPHRASE_MAX + 1, e)) < 0)
		return r;
	while (n < room.len) {
		got = read(fd, room.p + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, ERR_IO, "read the passphrase");
		if (got == 0 || room.p[n] == '\n')
			break;
		n++;
	}
	if (n > UNSEAL_PASSPHRASE_MAX || n < PASSPHRASE_MIN)
		return err_set(e, ERR_INVALID,
		    "the passphrase has %d to %d characters", PASSPHRASE_MIN,
		    UNSEAL_PASSPHRASE_MAX);
	room.len = n;
	secret_move(out, &room);
	return 0;
}

/* A folder of the vault that belongs to the agent, or to all (run). */
static int
make_folder(
    const struct settings *s, const char *name, mode_t mode, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = settings_path(s, name, path, e)) < 0)
		return r;
	return dir_make(AT_FDCWD, path, mode, e);
}

static int
make_keys_folder(const struct settings *s, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = make_folder(s, "run", 01777, e)) < 0 ||
	    (r = make_folder(s, "keys", 0700, e)) < 0 ||
	    (r = settings_path(s, "keys", path, e)) < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if (geteuid() == 0 && fchown(fd, s->uid_keys, s->gid_keys) < 0)
		return err_sys(e, ERR_IO, "%s: owner", path);
	if (fchmod(fd, 0700) < 0)
		return err_sys(e, ERR_IO, "%s: mode", path);
	return dir_sync(AT_FDCWD, s->dir, e);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
init(const struct options *o, const struct settings *s,
    const struct safe_spec *spec, struct err *e)
{
	AUTO(secret_done) struct secret pass = { 0 };
	struct safe_new made = { .custodians = &o->custodians,
		.pass = &pass,
		.scrypt_log2 = o->scrypt_log2 };
	int r;

	/* Rights are used for the folder alone; no secret is here yet. */
	if ((r = make_keys_folder(s, e)) < 0 ||
	    (r = sandbox_become(s->uid_keys, s->gid_keys, e)) < 0 ||
	    (r = read_passphrase(o->passphrase_fd, &pass, e)) < 0)
		return r;
	if (o->custodians.n < CUSTODIANS_WANTED)
		log_warn("fewer than %d custodians: when they are away, "
			 "nobody can unseal",
		    CUSTODIANS_WANTED);
	made.now_ms = now_ms();
	return safe_create(spec, &made, e);
}

/* --restored. */

/*
 * The agent signs no head that does not extend its last: an older copy of
 * the data could never be opened with today's keys. Whoever restores one
 * says so here, with the agent stopped; the log enters it as a ceremony, and
 * whoever holds a later checkpoint sees the fork (DESIGN.md, 3.5).
 */
static int
restored(const struct settings *s, const char *keys, struct err *e)
{
	AUTO(keydir_close) struct keydir dir = { .fd = -1, .lock = -1 };
	AUTO(events_close) struct events events = { .dir = -1 };
	char account[AGENT_ACCOUNT_MAX];
	uid_t uid = getuid();
	int r;

	account_of(uid, account);
	if ((r = sandbox_become(s->uid_keys, s->gid_keys, e)) < 0 ||
	    (r = keydir_open(&dir, keys, &s->vault, e)) < 0 ||
	    (r = events_open(dir.fd, &events, e)) < 0 ||
	    (r = events_add(&events, AGENT_RESTORED, uid, account, e)) < 0)
		return r;
	return head_create(dir.fd, e);
}

/* Serving. */

static int
open_signals(int *fd, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (*fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return err_sys(e, ERR_INTERNAL, "signals");
	return 0;
}

/* A socket in run/ that anyone may reach: peers are told by their uid. */
static int
open_socket(const struct settings *s, const char *name, int *fd, struct err *e)
{
	char path[SETTINGS_PATH_MAX];
	int r;

	if ((r = settings_path(s, name, path, e)) < 0)
		return r;
	return ipc_listen(path, SOCK_SEQPACKET, 0666, fd, e);
}

static int
confine(const struct settings *s, const char *keys, struct err *e)
{
	char run[SETTINGS_PATH_MAX];
	struct sandbox_path paths[] = {
		{ keys, 1 },
		{ run, 1 },
		{ "/etc", 0 },
	};
	int landlock, r;

	if ((r = settings_path(s, "run", run, e)) < 0 ||
	    (r = sandbox_paths(paths, NELEMS(paths), &landlock, e)) < 0)
		return r;
	if (!landlock)
		log_warn("no Landlock in this kernel: files are guarded by "
			 "their owner alone");
	return sandbox_syscalls(SANDBOX_AGENT, e);
}

static void
remove_sockets(const struct settings *s)
{
	char path[SETTINGS_PATH_MAX];

	if (settings_path(s, "run/agent.sock", path, NULL) == 0)
		(void)!unlink(path);
	if (settings_path(s, "run/unseal.sock", path, NULL) == 0)
		(void)!unlink(path);
}

static int
serve(const struct options *o, const struct settings *s,
    const struct safe_spec *safe, struct err *e)
{
	AUTO(server_freep) struct server *server = NULL;
	struct server_spec spec = {
		.settings = s, .safe = safe, .signals = -1, .ready = o->ready_fd
	};
	AUTO(fd_closep) int agent = -1;
	AUTO(fd_closep) int door = -1;
	char account[AGENT_ACCOUNT_MAX];
	int r;

	if (!s->accept_swap && (r = sandbox_check_swap(e)) < 0)
		return r;
	if ((r = sandbox_become(s->uid_keys, s->gid_keys, e)) < 0 ||
	    (r = open_signals(&spec.signals, e)) < 0)
		return r;
	/* The folder's lock before the sockets: a second agent touches none. */
	if ((r = server_new(&spec, &server, e)) < 0 ||
	    (r = open_socket(s, "run/agent.sock", &agent, e)) < 0 ||
	    (r = open_socket(s, "run/unseal.sock", &door, e)) < 0)
		return r;
	server_listen(server, agent, door);
	/* What the account data base loads, it loads now. */
	account_of(s->uid_keys, account);
	if ((r = confine(s, safe->path, e)) < 0)
		return r;
	r = server_run(server, e);
	remove_sockets(s);
	return r;
}

static int
run(int argc, char **argv, struct err *e)
{
	char keys[SETTINGS_PATH_MAX];
	struct safe_spec spec = { .path = keys };
	struct settings s;
	struct options o;
	int r;

	if ((r = secret_harden_process(e)) < 0)
		return r;
	if ((r = parse_options(argc, argv, &o, e)) != 0)
		return r;
	if ((r = settings_load(o.dir, &s, e)) < 0 ||
	    (r = settings_path(&s, "keys", keys, e)) < 0)
		return r;
	spec.vault = s.vault;
	spec.origin = s.origin;
	umask(077);
	if (o.restored)
		return restored(&s, keys, e);
	return o.init ? init(&o, &s, &spec, e) : serve(&o, &s, &spec, e);
}

int
main(int argc, char **argv)
{
	struct err e = { .code = ERR_OK };
	int r;

	log_open("sceau-keys");
	if ((r = run(argc, argv, &e)) >= 0)
		return 0;
	log_error("%s", e.text);
	if (e.code == ERR_USAGE)
		fputs(usage, stderr);
	return err_exit(e.code);
}
