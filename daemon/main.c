/*
 * sceaud: the daemon's charter.
 *
 *   sceaud -d DIR [--ready-fd N]
 *
 * Reads the settings; opens its two doors (run/api.sock, run/partner.sock);
 * becomes its own uid; gives up new privileges, files outside the vault and
 * the system calls it does not need (no exec, no network); opens the core;
 * serves until SIGTERM or SIGINT. It stops at once when a sync or a commit
 * failed: what it would answer after that could be a lie.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/clock.h"
#include "daemon/core/core.h"
#include "daemon/house.h"
#include "daemon/watch.h"

#define STOP_MS 10000
#define HEALTH_MS 500

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Also while the machine sleeps, and nobody can set it. */
static int64_t
boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct options {
	const char *dir;
	int ready_fd;
};

static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "ready-fd", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	char *end;
	int c;

	o->dir = NULL;
	o->ready_fd = -1;
	while ((c = getopt_long(argc, argv, "d:h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->dir = optarg;
			break;
		case 'r':
			o->ready_fd = (int)strtol(optarg, &end, 10);
			if (*end != '\0')
				return -1;
			break;
		case 'V':
			printf("sceaud %s\n", SCEAU_VERSION);
			exit(0);
		case 'h':
			printf("usage: sceaud -d DIR [--ready-fd N]\n");
			exit(0);
		default:
			return -1;
		}
	}
	return o->dir != NULL && optind == argc ? 0 : -1;
}

static int
open_doors(const struct settings *s, struct http_listener l[2], struct err *e)
{
	static const struct {
		const char *path;
		int door;
	} doors[2] = {
		{ "run/api.sock", API_DOOR_STAFF },
		{ "run/partner.sock", API_DOOR_PARTNER },
	};
	char path[SETTINGS_PATH_MAX];
	int i, r;

	for (i = 0; i < 2; i++) {
		l[i].door = doors[i].door;
		if ((r = settings_path(s, doors[i].path, path, e)) < 0 ||
		    (r = ipc_listen(path, SOCK_STREAM, 0666, &l[i].fd, e)) < 0)
			return r;
	}
	return 0;
}

static int
confine(const struct settings *s, struct err *e)
{
	char data[SETTINGS_PATH_MAX], run[SETTINGS_PATH_MAX],
	    rules[SETTINGS_PATH_MAX];
	const struct sandbox_path paths[] = {
		{ data, 1 },
		{ run, 1 },
		{ rules, 0 },
		{ "/etc", 0 },
		{ "/usr", 0 },
		{ "/dev/urandom", 0 },
		{ "/proc/self", 0 },
	};
	int r, landlocked;

	if ((r = settings_path(s, "data", data, e)) < 0 ||
	    (r = settings_path(s, "run", run, e)) < 0 ||
	    (r = settings_path(s, "policy", rules, e)) < 0 ||
	    (r = sandbox_paths(paths, NELEMS(paths), &landlocked, e)) < 0 ||
	    (r = sandbox_syscalls(SANDBOX_DAEMON, e)) < 0)
		return r;
	if (!landlocked)
		log_note("this kernel has no Landlock");
	return 0;
}

/* Serve until told to stop; < 0 when the daemon may not go on. */
static int
serve(struct core *core, int signals, struct err *e)
{
	struct pollfd p = { .fd = signals, .events = POLLIN };

	for (;;) {
		if (poll(&p, 1, HEALTH_MS) > 0)
			return 0;
		if (committer_is_broken(core->committer))
			return err_set(
			    e, ERR_IO, "a sync or a commit failed: stopping");
	}
}

static int
block_signals(int *fd, struct err *e)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (*fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return err_sys(e, ERR_INTERNAL, "signals");
	return 0;
}

/* Starts are leaves; the rules in force go with the start. */
static int
enter_life(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct core *core = arg;
	struct audit_entry en = { .klass = LEAF_VAULT_START };
	struct actor actor = { .uid = getuid(), .account = "sceaud" };
	char rules[2 * SHA256_LEN + 1];
	uint64_t seq;
	int r;

	hex_format(policy_sha256(core->policy), SHA256_LEN, rules);
	en.actor = &actor;
	en.detail = json_pack("{s:s, s:i, s:s}", "version", SCEAU_VERSION,
	    "policy", (int)policy_version(core->policy), "rules", rules);
	r = audit_append(tx, core->audit, &en, now_ms, &seq, e);
	json_decref(en.detail);
	return r;
}

static int
enter_start(struct core *core, struct err *e)
{
	struct change ch = { .apply = enter_life, .arg = core };

	return commit_run(core->committer, &ch, e);
}

static int
run(const struct options *o, struct err *e)
{
	AUTO(core_freep) struct core *core = NULL;
	AUTO(watch_freep) struct watch *watch = NULL;
	AUTO(house_freep) struct house *house = NULL;
	const struct clocks clocks = { now_ms, boot_ms };
	char agent_path[SETTINGS_PATH_MAX];
	struct http_listener doors[2];
	struct api *api = NULL;
	struct settings s;
	int signals = -1, r;

	if ((r = crypto_init(e)) < 0 || (r = secret_harden_process(e)) < 0 ||
	    (r = block_signals(&signals, e)) < 0 ||
	    (r = settings_load(o->dir, &s, e)) < 0 ||
	    (r = settings_path(&s, "run/agent.sock", agent_path, e)) < 0)
		return r;
	if (!s.accept_swap && (r = sandbox_check_swap(e)) < 0)
		return r;
	if ((r = sandbox_become(s.uid_daemon, s.gid_daemon, e)) < 0 ||
	    (r = secret_harden_process(e)) < 0)
		return r;
	/* The vault's lock before the doors: a second daemon must not take
	 * the sockets of the first. */
	if ((r = confine(&s, e)) < 0 ||
	    (r = core_open_by(&s, &clocks, &core, e)) < 0 ||
	    (r = enter_start(core, e)) < 0 || (r = clock_watch(core, e)) < 0 ||
	    (r = open_doors(&s, doors, e)) < 0 ||
	    (r = watch_open(core, agent_path, s.uid_keys, &watch, e)) < 0 ||
	    (r = house_open(core, boot_ms, &house, e)) < 0 ||
	    (r = api_open(core, doors, 2, &api, e)) < 0)
		return r;
	log_note("serving %s", s.origin);
	if (o->ready_fd >= 0 && write(o->ready_fd, "\n", 1) != 1)
		log_warn("ready-fd: nobody reads it");
	r = serve(core, signals, e);
	api_close(api, STOP_MS);
	watch_freep(&watch);
	house_freep(&house);
	/* The last leaf, so that the next start knows this end was planned. */
	if (r == 0)
		r = clock_stop(core, e);
	return r;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	struct options o;

	log_open("sceaud");
	if (parse_options(argc, argv, &o) < 0) {
		fprintf(stderr, "usage: sceaud -d DIR [--ready-fd N]\n");
		return err_exit(ERR_USAGE);
	}
	if (run(&o, &e) < 0) {
		log_error("%s", e.text);
		return err_exit(e.code);
	}
	return 0;
}
