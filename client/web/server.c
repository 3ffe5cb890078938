/*
 * The console's charter: who may speak, as what, and which page answers.
 *
 * At the headers (nothing of the body is read before): the Host is one of
 * ours (a name that somebody else's DNS leads here is not); what another
 * site's page sends (Sec-Fetch-Site, Origin) has no session; the cookie is
 * one of ours; a body is taken where a route wants one. Then the form with
 * its token against forgery, then the page. Every answer has the headers of
 * harden().
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wait.h"
#include "client/web/engine.h"

#define WORKERS 12
#define CLOSE_MS 3000
#define COOKIE "sceau"
#define NEXT "suite" /* of a query: the answer that was kept */

static const struct web_route *const tables[] = {
	web_entry,
	web_file,
	web_case,
	web_case_acts,
	web_correct,
	web_declare,
	web_document,
	web_seen,
	web_glass,
	web_today,
	web_record,
	web_visit,
	web_provenance,
	web_scan,
	web_log,
	web_opening,
	web_offline,
	web_consents,
	web_release,
	web_decide,
	web_arrivals,
	web_purpose,
	web_reports,
	web_retention,
	web_rights,
	web_search,
};

/* A request from its headers to its end. */
struct state {
	struct web_call call;
	const struct web_route *route;
	struct http_form *form;
	struct err refused; /* found at the headers or in the body */
	int gone; /* a kept answer is asked for where only forms are sent */
	char cookie[SESSION_TEXT + 1];
};

/* --- targets ----------------------------------------------------------- */

/* Does path fit pattern? Each % takes one segment that is an id or a code of
 * ours: letters, digits, "-", "_", ".", not dots alone. */
static int
fits(const char *pattern, const char *path,
    char part[WEB_PARTS_MAX][sizeof(((struct web_call *)0)->part[0])])
{
	size_t n, at = 0;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%') {
			if (*pattern != *path++)
				return 0;
			continue;
		}
		n = strspn(path, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
		if (n == 0 || n >= sizeof(part[0]) || at == WEB_PARTS_MAX ||
		    strspn(path, ".") == n)
			return 0;
		memcpy(part[at], path, n);
		part[at++][n] = '\0';
		path += n;
	}
	return *path == '\0';
}

/* The route of a method and path; *known: the path has another method. */
static const struct web_route *
find_route(struct web_call *c, int *known)
{
	const char *method = strcmp(c->method, "HEAD") == 0 ? "GET" : c->method;
	const struct web_route *r;
	size_t i;

	*known = 0;
	for (i = 0; i < NELEMS(tables); i++)
		for (r = tables[i]; r->method != NULL; r++) {
			if (!fits(r->pattern, c->path, c->part))
				continue;
			*known = 1;
			if (strcmp(r->method, method) == 0)
				return r;
		}
	return NULL;
}

int
web_leads(const char *path)
{
	struct web_call c = { .method = "GET", .path = path };
	int known;

	return find_route(&c, &known) != NULL;
}

/* --- who may speak ----------------------------------------------------- */

/* localhost[:port] and the like: names that only mean this machine. */
static int
host_is_ours(const char *host)
{
	static const char *const names[] = { "localhost", "sceau.localhost",
		"127.0.0.1", "[::1]" };
	size_t i, n;

	for (i = 0; host != NULL && i < NELEMS(names); i++) {
		n = strlen(names[i]);
		if (strncasecmp(host, names[i], n) != 0)
			continue;
		host += n;
		if (*host == '\0')
			return 1;
		return *host == ':' && strlen(host) <= 6 &&
		       host[1 + strspn(host + 1, "0123456789")] == '\0' &&
		       host[1] != '\0';
	}
	return 0;
}

/* Was it sent by a page of ours, or by the person themself? A browser says
 * so; what says nothing is no browser, and has no cookie to abuse. */
static int
from_us(const struct http_request *rq)
{
	const char *site = http_header(rq, "Sec-Fetch-Site"),
		   *origin = http_header(rq, "Origin"),
		   *host = http_header(rq, "Host");

	if (site != NULL && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0)
		return 0;
	if (origin == NULL)
		return strcmp(rq->method, "GET") == 0 ||
		       strcmp(rq->method, "HEAD") == 0 || site != NULL;
	return strncmp(origin, "http://", 7) == 0 &&
	       strcasecmp(origin + 7, host) == 0;
}

/* The value of our cookie among those of the header. */
static int
cookie_of(const struct http_request *rq, char out[SESSION_TEXT + 1])
{
	const char *s = http_header(rq, "Cookie");
	size_t n;

	for (; s != NULL && *s != '\0'; s += strspn(s, "; ")) {
		n = strcspn(s, ";");
		if (n == strlen(COOKIE "=") + SESSION_TEXT &&
		    strncmp(s, COOKIE "=", strlen(COOKIE "=")) == 0) {
			memcpy(out, s + strlen(COOKIE "="), SESSION_TEXT);
			out[SESSION_TEXT] = '\0';
			return 1;
		}
		s += n;
	}
	return 0;
}

/* --- headers of every answer ------------------------------------------- */

#define CSP                                                                    \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self' blob:; connect-src 'self'; form-action "               \
	"'self'; base-uri 'none'; frame-ancestors 'none'"
/* Of bytes that others made: should a browser show them after all. */
#define CSP_SANDBOX                                                            \
	"default-src 'none'; form-action 'none'; base-uri 'none'; "            \
	"frame-ancestors 'none'; sandbox"

static void
harden(struct http_response *rs, int sandbox)
{
	const struct {
		const char *name, *value;
	} all[] = {
		{ "Content-Security-Policy", sandbox ? CSP_SANDBOX : CSP },
		{ "Referrer-Policy", "same-origin" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "X-Frame-Options", "DENY" },
		{ "Permissions-Policy",
		    "geolocation=(), microphone=(), camera=(self)" },
	};
	struct err e;
	size_t i;

	for (i = 0; i < NELEMS(all); i++)
		if (http_set_header(rs, all[i].name, all[i].value, &e) < 0)
			log_error("answer: %s", e.text);
}

static void
plain(struct http_response *rs, int status, const char *sentence)
{
	rs->status = status;
	snprintf(rs->type, sizeof(rs->type), "text/plain; charset=utf-8");
	(void)!buf_addf(&rs->body, NULL, "%s\n", sentence);
	harden(rs, 0);
}

/* --- from the headers to the body -------------------------------------- */

static int
take_body(struct state *st, struct http_request *rq)
{
	struct err *e = &st->refused;

	if (strcmp(rq->method, "GET") == 0 || strcmp(rq->method, "HEAD") == 0)
		return 0;
	if (st->route->flags & WEB_RAW)
		return 0;
	if (http_form_open(rq, web_form_part, &st->call, &st->form, e) < 0)
		return 0;
	return 1;
}

static int
on_begin(void *arg, struct http_request *rq, struct http_response *rs)
{
	struct web *w = arg;
	struct state *st;
	int known;

	if (!host_is_ours(http_header(rq, "Host"))) {
		plain(rs, 421, "Sceau: this name is not the console's.");
		return -1;
	}
	/* Its socket is one person's; not even the administrator comes in by
	 * it. */
	if (rq->peer.uid != getuid()) {
		plain(rs, 403, "Sceau: this console is somebody else's.");
		return -1;
	}
	if ((st = calloc(1, sizeof(*st))) == NULL) {
		plain(rs, 500, "Sceau: no memory.");
		return -1;
	}
	rq->state = st;
	st->call.web = w;
	st->call.rq = rq;
	st->call.method = rq->method;
	st->call.path = rq->path;
	st->route = find_route(&st->call, &known);
	if (st->route == NULL && known && http_query(rq, NEXT) != NULL &&
	    strcmp(rq->method, "GET") == 0) {
		st->gone = 1;
		st->route = &web_today[0];
	}
	if (st->route == NULL) {
		if (known)
			err_tag(&st->refused, ERR_INVALID, "web-method", "%s",
			    rq->method);
		else
			err_tag(
			    &st->refused, ERR_NOT_FOUND, "web-page", "page");
		return strcmp(rq->method, "GET") == 0 ? 0 : 1;
	}
	if (cookie_of(rq, st->cookie) && from_us(rq))
		st->call.session = web_session_find(w, st->cookie);
	if (!from_us(rq) && strcmp(rq->method, "GET") != 0) {
		err_tag(
		    &st->refused, ERR_DENIED, "web-foreign", "another site");
		return 1;
	}
	if (st->call.session == NULL && !(st->route->flags & WEB_OPEN) &&
	    strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
		err_tag(&st->refused, ERR_DENIED, "web-session", "no session");
		return 1;
	}
	return take_body(st, rq);
}

static int
on_sink(void *arg, struct http_request *rq, const void *p, size_t n,
    struct http_response *rs)
{
	struct state *st = rq->state;

	(void)arg;
	(void)rs;
	/* What is refused is read to its end, so that the answer is. */
	if (st->refused.code == ERR_OK && st->form != NULL &&
	    http_form_feed(st->form, p, n, &st->refused) < 0)
		st->refused.tag = "web-form";
	return 0;
}

/* --- the page ----------------------------------------------------------- */

/* A browser without a session, at a page: it gets one when nothing more is
 * asked of it, or the page that asks for the code. */
static int
enter(struct state *st, struct err *e)
{
	struct web_call *c = &st->call;
	char line[128];
	int r;

	if (c->session != NULL || (st->route->flags & WEB_OPEN))
		return 0;
	if (web_wants_code(c->web) || !from_us(c->rq) || st->cookie[0] != '\0')
		return web_redirect(c, e, "/entree");
	if ((c->session = web_session_new(c->web, e)) == NULL)
		return -(int)e->code;
	snprintf(line, sizeof(line),
	    COOKIE "=%s; HttpOnly; SameSite=Strict; Path=/",
	    web_session_cookie(c->session));
	if ((r = http_set_header(c->rs, "Set-Cookie", line, e)) < 0)
		return r;
	return 0;
}

static int
check_forgery(struct state *st, struct err *e)
{
	const struct web_call *c = &st->call;
	const char *said;

	if (strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0 ||
	    (st->route->flags & WEB_OPEN))
		return 0;
	said = st->route->flags & WEB_RAW ? http_header(c->rq, "Sceau-Csrf")
					  : web_field(c, "csrf");
	if (c->session != NULL && web_session_csrf_is(c->session, said))
		return 0;
	return err_tag(e, ERR_DENIED, "web-forged", "csrf");
}

/*
 * What answers a form stays in the browser's history with all that was typed,
 * and the history is on its disk. So a page that answers one is kept here,
 * once, and fetched from its own path: what was typed is in no entry of it.
 */
static int
is_navigation(const struct web_call *c)
{
	const char *mode = http_header(c->rq, "Sec-Fetch-Mode");

	return c->session != NULL && strcmp(c->method, "POST") == 0 &&
	       mode != NULL && strcmp(mode, "navigate") == 0;
}

static int
keep_answer(struct web_call *c, struct err *e)
{
	char token[2 * 8 + 1];
	uint8_t drawn[8];
	json_t *page;
	int r;

	if ((r = crypto_random(drawn, sizeof(drawn), e)) < 0)
		return r;
	hex_format(drawn, sizeof(drawn), token);
	page = json_pack("{s:s, s:s, s:i, s:s}", "token", token, "path",
	    c->path, "status", c->rs->status, "html", buf_str(&c->rs->body));
	if (page == NULL)
		return err_set(e, ERR_NOMEM, "page");
	if ((r = web_keep(c, NEXT, page, e)) < 0)
		return r;
	snprintf(c->redirect, sizeof(c->redirect), "%.200s?" NEXT "=%s",
	    c->path, token);
	return 0;
}

/* The page that was kept for this very request; 1: it is the answer. */
static int
kept_answer(struct web_call *c)
{
	const char *token = http_query(c->rq, NEXT);
	AUTO(json_decrefp) json_t *page = NULL;

	if (c->session == NULL || token == NULL ||
	    strcmp(c->method, "GET") != 0)
		return 0;
	page = web_kept(c, NEXT);
	if (strcmp(jstr(page, "token"), token) != 0 ||
	    strcmp(jstr(page, "path"), c->path) != 0)
		return 0;
	c->whole = 1;
	c->rs->status = (int)jint(page, "status");
	snprintf(c->rs->type, sizeof(c->rs->type), "text/html; charset=utf-8");
	return buf_addstr(&c->rs->body, jstr(page, "html"), NULL) == 0;
}

static void
see_other(struct web_call *c, struct err *e)
{
	c->rs->status = 303;
	c->rs->type[0] = '\0';
	buf_reset(&c->rs->body);
	if (http_set_header(c->rs, "Location", c->redirect, e) < 0)
		log_error("answer: %s", e->text);
}

static int
run_page(struct state *st, struct err *e)
{
	struct web_call *c = &st->call;
	struct err lost = { 0 };
	int r;

	if (st->form != NULL && http_form_close(TAKE(st->form), &lost) < 0 &&
	    st->refused.code == ERR_OK) {
		st->refused = lost;
		st->refused.tag = "web-form";
	}
	if (st->refused.code != ERR_OK) {
		*e = st->refused;
		return -(int)e->code;
	}
	if (c->nfiles > 0 && !(st->route->flags & WEB_FILES) &&
	    !web_step_up_files(c))
		return err_tag(e, ERR_INVALID, "web-form", "files");
	if ((r = web_form_check(c, e)) < 0 || (r = check_forgery(st, e)) < 0 ||
	    (r = enter(st, e)) < 0 || c->redirect[0] != '\0' ||
	    (r = web_purpose_take(c, e)) < 0)
		return r;
	if (kept_answer(c))
		return 0;
	/* It is gone: a form's own path may have no page. */
	if (st->gone)
		return web_redirect(c, e, "/");
	return st->route->run(c, e);
}

static void
give(struct state *st, int r, struct err *e)
{
	struct web_call *c = &st->call;

	if (r < 0) {
		c->redirect[0] = '\0';
		c->whole = 0;
		web_error_page(c, e);
	}
	if (c->redirect[0] != '\0')
		see_other(c, e);
	else if (!c->whole) {
		if (web_frame(c, e) < 0)
			plain(c->rs, 500, "Sceau: no memory.");
		else if (is_navigation(c) && keep_answer(c, e) == 0)
			see_other(c, e);
	}
	harden(c->rs, c->whole && c->sandbox);
}

static void
on_run(void *arg, struct http_request *rq, struct http_response *rs)
{
	struct web *w = arg;
	struct state *st = rq->state;
	struct web_call *c = &st->call;
	struct http *up = NULL;
	struct err e = { 0 };
	int r, asked;

	c->rs = rs;
	c->cli.socket = w->settings.socket;
	c->cli.host = w->settings.host;
	if ((r = web_upstream_take(w, &up, &e)) == 0) {
		c->cli.http = up;
		r = run_page(st, &e);
		if (r < 0)
			web_step_up_note(c, &e);
		if (r < 0 && web_purpose_ask(c, &e))
			r = 0;
		else if ((asked = web_step_up_ask(c, &e)) != 0)
			r = asked < 0 ? asked : 0;
	}
	give(st, r, &e);
	if (up != NULL)
		web_upstream_give(w, &up, e.code != ERR_UNAVAILABLE);
	c->cli.http = NULL;
}

static void
on_refuse(void *arg, struct http_request *rq, const char *why,
    struct http_response *rs)
{
	(void)arg;
	(void)rq;
	(void)why;
	plain(rs, 400, "Sceau: this is no request of a browser.");
}

static void
on_done(void *arg, struct http_request *rq)
{
	struct web *w = arg;
	struct state *st = rq->state;

	if (st == NULL)
		return;
	http_form_freep(&st->form);
	web_form_done(&st->call);
	html_done(&st->call.h);
	buf_done(&st->call.cli.step_up);
	web_session_put(w, &st->call.session);
	web_rules_put(w, &st->call.rules);
	free(st);
}

/* --- answers of pages ---------------------------------------------------- */

int
web_header(
    struct web_call *c, const char *name, const char *value, struct err *e)
{
	return http_set_header(c->rs, name, value, e);
}

int
web_redirect(struct web_call *c, struct err *e, const char *pattern, ...)
{
	AUTO(buf_done) struct buf path = { 0 };
	const char *arg;
	va_list ap;
	int r = 0;

	va_start(ap, pattern);
	for (; *pattern != '\0' && r == 0; pattern++) {
		if (*pattern != '%')
			r = buf_add(&path, pattern, 1, e);
		else if ((arg = va_arg(ap, const char *)) == NULL)
			r = err_set(e, ERR_INTERNAL, "target");
		else
			r = http_escape(arg, &path, e);
	}
	va_end(ap);
	if (r == 0 && path.len >= sizeof(c->redirect))
		r = err_set(e, ERR_INTERNAL, "target");
	if (r == 0)
		snprintf(
		    c->redirect, sizeof(c->redirect), "%s", buf_str(&path));
	return r;
}

int
web_json(struct web_call *c, int status, json_t *j, struct err *e)
{
	AUTO(mem_freep) char *text = json_dumps(j, JSON_COMPACT);
	int r;

	json_decref(j);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	c->whole = 1;
	c->rs->status = status;
	snprintf(c->rs->type, sizeof(c->rs->type), "application/json");
	r = buf_addstr(&c->rs->body, text, e);
	secret_wipe(text, strlen(text));
	return r;
}

/* --- opening and closing -------------------------------------------------- */

static int
listen_loopback(struct web *w, int *fd, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)w->settings.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int one = 1;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 ||
	    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(*fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(*fd, 64) < 0 ||
	    getsockname(*fd, (struct sockaddr *)&a, &n) < 0) {
		err_sys(e, ERR_UNAVAILABLE, "127.0.0.1:%d", w->settings.port);
		fd_closep(fd);
		return -(int)ERR_UNAVAILABLE;
	}
	w->port = ntohs(a.sin_port);
	return 0;
}

int
web_open(const struct web_settings *s, struct web **out, struct err *e)
{
	struct http_handler h = { .begin = on_begin,
		.sink = on_sink,
		.run = on_run,
		.refuse = on_refuse,
		.done = on_done,
		.workers = WORKERS };
	struct http_listener l = { .fd = -1, .browsers = 1 };
	struct web *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "console");
	w->settings = *s;
	if (w->settings.idle_s <= 0)
		w->settings.idle_s = WEB_IDLE_S;
	h.arg = w;
	pthread_mutex_init(&w->lock, NULL);
	w->code_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->code_fd < 0)
		r = err_sys(e, ERR_INTERNAL, "console");
	else if ((r = wait_cond_init(&w->freed, e)) == 0 &&
		 (r = web_code_draw(w, e)) == 0)
		r = s->listen != NULL
			? ipc_listen(s->listen, SOCK_STREAM, 0600, &l.fd, e)
			: listen_loopback(w, &l.fd, e);
	if (r == 0 && (r = httpd_open(&l, 1, &h, &w->httpd, e)) == 0)
		l.fd = -1; /* taken */
	fd_closep(&l.fd);
	if (r < 0) {
		web_close(w);
		return r;
	}
	*out = w;
	return 0;
}

int
web_port(const struct web *w)
{
	return w->port;
}

void
web_close(struct web *w)
{
	if (w == NULL)
		return;
	if (w->httpd != NULL)
		httpd_close(w->httpd, CLOSE_MS);
	web_upstreams_close(w);
	web_sessions_close(w);
	lots_close(w);
	web_rules_put(w, &w->rules);
	if (w->settings.listen != NULL)
		unlink(w->settings.listen);
	fd_closep(&w->code_fd);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->freed);
	free(w);
}
