/*
 * sceau web: the console, for the browser of the person who starts it. On the
 * vault's machine it listens on a Unix socket of theirs, to which stock ssh
 * leads a port of their own machine; with --host it runs on their own machine
 * and takes a port of loopback there, entered with a one-time code.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "client/commands.h"
#include "client/web/web.h"

#define PORT_MAX 65535
#define IDLE_MAX_MIN 480 /* a working day */
#define MINUTE_S 60

/* Where the console of this account listens: web/UID.sock beside api.sock. */
static int
own_socket(const struct cli *c, struct buf *out, struct err *e)
{
	char name[32];

	snprintf(name, sizeof(name), "web/%lu.sock", (unsigned long)getuid());
	return cli_socket(c, name, out, e);
}

static int
settings_of(const struct cli *c, struct web_settings *s, struct buf *path,
    struct err *e)
{
	long long port = 0, idle = 0;
	int r;

	if ((r = cli_number(c, "port", PORT_MAX, &port, e)) < 0 ||
	    (r = cli_number(c, "idle", IDLE_MAX_MIN, &idle, e)) < 0)
		return r;
	if (cli_option(c, "port") != NULL && cli_option(c, "listen") != NULL)
		return err_set(e, ERR_USAGE, "%s",
		    _("--port ou --listen : un navigateur entre par l'un ou "
		      "par l'autre"));
	s->idle_s = (int)idle * MINUTE_S;
	s->port = (int)port;
	s->listen = cli_option(c, "listen");
	if (s->listen == NULL && cli_option(c, "port") == NULL &&
	    c->host == NULL && cli_option(c, "loopback") == NULL) {
		if ((r = own_socket(c, path, e)) < 0)
			return r;
		s->listen = buf_str(path);
	}
	/* Anybody on a machine reaches its loopback; a socket is one's own. */
	s->code = s->listen == NULL || cli_option(c, "code") != NULL;
	return 0;
}

/* Where the vault is: found once, for all connections. */
static int
find_vault(
    struct cli *c, struct web_settings *s, struct buf *path, struct err *e)
{
	int r;

	s->host = c->host;
	if (c->host != NULL)
		return 0;
	if ((r = cli_socket(c, "api.sock", path, e)) < 0)
		return r;
	s->socket = c->socket != NULL ? c->socket : buf_str(path);
	return 0;
}

static void
say_where(const struct web *w, const struct web_settings *s)
{
	if (s->listen == NULL) {
		printf("%s http://sceau.localhost:%d/\n",
		    _("La console est ouverte dans votre navigateur :"),
		    web_port(w));
	} else {
		printf("%s %s\n", _("La console écoute sur"), s->listen);
		printf("%s\n  ssh -N -L 127.0.0.1:8080:%s %s\n  %s\n",
		    _("De votre poste :"), s->listen, _("COMPTE@COFFRE"),
		    "http://sceau.localhost:8080/");
	}
	printf("%s\n", _("Ctrl-C la ferme."));
	fflush(stdout);
}

static int
serve(struct web *w, int signals)
{
	struct pollfd p[2] = { { .fd = signals, .events = POLLIN },
		{ .fd = web_code_fd(w), .events = POLLIN } };
	char *code;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (p[0].revents != 0)
			return 0;
		if (p[1].revents == 0 || (code = web_take_code(w)) == NULL)
			continue;
		printf("%s %s\n",
		    _("Un navigateur demande à entrer. Code, pour une fois :"),
		    code);
		fflush(stdout);
		explicit_bzero(code, strlen(code));
		free(code);
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
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (*fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return err_sys(e, ERR_INTERNAL, "signals");
	return 0;
}

static int
web_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf listen = { 0 }, vault = { 0 };
	AUTO(json_decrefp) json_t *me = NULL;
	AUTO(fd_closep) int signals = -1;
	struct web_settings s = { 0 };
	struct web *w = NULL;
	int r;

	(void)argc;
	(void)argv;
	log_open("sceau web");
	if ((r = settings_of(c, &s, &listen, e)) < 0 ||
	    (r = find_vault(c, &s, &vault, e)) < 0 ||
	    (r = block_signals(&signals, e)) < 0)
		return r;
	/* Nobody's console serves nothing. */
	if ((r = cli_get(c, &me, e, "/v1/me")) < 0 ||
	    (r = web_open(&s, &w, e)) < 0)
		return r;
	say_where(w, &s);
	if (serve(w, signals) < 0)
		r = err_sys(e, ERR_INTERNAL, "wait");
	web_close(w);
	return r;
}

static const char *const web_options[] = { "port", "loopback!", "listen",
	"code!", "idle", NULL };

const struct cmd cmd_web = {
	.noun = "web",
	.about = N_("la console, pour un navigateur (--loopback ou --port N : "
		    "sur cette machine, avec un code ; --idle MINUTES)"),
	.options = web_options,
	.run = web_run,
};
