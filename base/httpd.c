#include "base/httpd.h"

#include <microhttpd.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/wait.h"

#define DOORS_MAX 4
#define WORKER_STACK (1u << 20)
#define READ_BLOCK (128u << 10)
#define FORM_BLOCK (64u << 10)
/* A body that was refused is read and dropped so far, so that the client can
 * read the answer; beyond it the connection is cut. */
#define DISCARD_MAX (64u << 20)
#define UIDS_MAX 256

enum phase { PHASE_BODY, PHASE_RUNNING, PHASE_READY, PHASE_ANSWERED };

struct door {
	struct httpd *http;
	struct MHD_Daemon *mhd;
	int number, browsers;
};

/* One connection: whose it is, counted once. */
struct socket_owner {
	struct peer peer;
	int known;   /* the peer could be read */
	int counted; /* in the table of connections per uid */
	/* The target as it came, where libmicrohttpd keeps it. */
	const char *target;
	size_t target_len;
};

struct http_connection {
	struct http_request rq;
	struct http_response rs;
	struct MHD_Connection *mhd;
	struct door *door;
	struct httpd *http;
	struct http_connection *next;
	enum phase phase;
	int begun, wants_sink, failed, queued;
	const char *refused; /* by the guard, and why */
	uint64_t discarded;
	struct buf piece; /* of a streamed answer, not yet sent */
	uint64_t streamed;
};

struct httpd {
	struct http_handler handler;
	struct door doors[DOORS_MAX];
	size_t ndoors;
	pthread_t workers[HTTP_WORKERS];
	size_t nworkers, workers_wanted;
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	struct http_connection *first, **last;
	unsigned running; /* queued, with a worker, or being answered */
	int stopping;
	struct {
		uid_t uid;
		unsigned count;	  /* connections */
		unsigned at_once; /* of them with a worker */
	} uids[UIDS_MAX];
};

const char *
http_header(const struct http_request *rq, const char *name)
{
	return MHD_lookup_connection_value(
	    rq->conn->mhd, MHD_HEADER_KIND, name);
}

const char *
http_query(const struct http_request *rq, const char *name)
{
	const char *value = NULL;

	/* "?dry-run" says as much as "?dry-run=". */
	if (MHD_lookup_connection_value_n(rq->conn->mhd, MHD_GET_ARGUMENT_KIND,
		name, strlen(name), &value, NULL) != MHD_YES)
		return NULL;
	return value != NULL ? value : "";
}

int64_t
http_length(const struct http_request *rq)
{
	const char *s = http_header(rq, "Content-Length");
	char *end;
	long long v;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	v = strtoll(s, &end, 10);
	return *end == '\0' ? v : -1;
}

int
http_set_header(struct http_response *rs, const char *name, const char *value,
    struct err *e)
{
	struct http_header_line *h;

	if (rs->nheaders == NELEMS(rs->headers))
		return err_set(e, ERR_INTERNAL, "too many headers");
	h = &rs->headers[rs->nheaders];
	if (strlen(name) >= sizeof(h->name) ||
	    strlen(value) >= sizeof(h->value) || strpbrk(value, "\r\n") != NULL)
		return err_set(e, ERR_INTERNAL, "header %s", name);
	snprintf(h->name, sizeof(h->name), "%s", name);
	snprintf(h->value, sizeof(h->value), "%s", value);
	rs->nheaders++;
	return 0;
}

static void
response_done(struct http_response *rs)
{
	if (rs->done != NULL)
		rs->done(rs->arg);
	buf_done(&rs->body);
	memset(rs, 0, sizeof(*rs));
}

/* --- the guard -------------------------------------------------------- */

struct counts {
	unsigned length, encoding, host, foreign, control;
	int bad_name, bad_length, bad_encoding;
};

static int
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return 1;
	return 0;
}

static enum MHD_Result
count_header(
    void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct counts *n = arg;

	(void)kind;
	/* A blank before the colon hides a field from some (RFC 9112, 5.1). */
	n->bad_name |= name[strcspn(name, "\t ()<>@,;\\\"/[]?={}")] != '\0' ||
		       has_control(name);
	if (strcasecmp(name, "Content-Length") == 0) {
		n->length++;
		n->bad_length |= value == NULL || *value == '\0' ||
				 value[strspn(value, "0123456789")] != '\0';
	} else if (strcasecmp(name, "Host") == 0)
		n->host++;
	else if (strcasecmp(name, "Origin") == 0 ||
		 strcasecmp(name, "Referer") == 0)
		n->foreign++;
	else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		n->encoding++;
		n->bad_encoding |=
		    value == NULL || strcasecmp(value, "chunked") != 0;
	}
	return MHD_YES;
}

static enum MHD_Result
count_argument(
    void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct counts *n = arg;

	(void)kind;
	n->control +=
	    has_control(name) || (value != NULL && has_control(value));
	return MHD_YES;
}

/*
 * What libmicrohttpd lets through and must not pass (RFC 9112, 6.1 and 3.2):
 * the reason, or NULL.
 */
static const char *
guard(struct MHD_Connection *c, const struct door *d,
    const struct socket_owner *o, const char *path, const char *version)
{
	struct counts n = { 0 };

	MHD_get_connection_values(c, MHD_HEADER_KIND, count_header, &n);
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, count_argument, &n);
	if (n.length > 0 && n.encoding > 0)
		return "Content-Length together with Transfer-Encoding";
	if (n.length > 1)
		return "Content-Length twice";
	if (n.bad_name)
		return "the name of a header is none";
	if (n.bad_length)
		return "Content-Length is not a number";
	if (n.encoding > 1 || n.bad_encoding)
		return "Transfer-Encoding other than chunked";
	if (n.host != 1)
		return "Host must be there once";
	if (n.foreign > 0 && !d->browsers)
		return "Origin and Referer are not accepted here";
	/* What is behind a NUL, or a second blank, nobody would look at. */
	if (o->target == NULL || version != o->target + o->target_len + 1)
		return "the target ends before its line does";
	if (n.control > 0 || has_control(path))
		return "control character in the target";
	return NULL;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * Percent decoding. An encoded NUL, and an escape that is none, become 0x01,
 * which the guard refuses.
 */
static size_t
unescape(void *arg, struct MHD_Connection *c, char *s)
{
	char *r = s, *w = s;
	int high, low;

	(void)arg;
	(void)c;
	while (*r != '\0') {
		if (*r != '%') {
			*w++ = *r++;
			continue;
		}
		high = hex_digit(r[1]);
		low = high < 0 ? -1 : hex_digit(r[2]);
		if (low < 0 || high + low == 0) {
			*w++ = 1;
			r += low < 0 ? 1 : 3;
			continue;
		}
		*w++ = (char)(high * 16 + low);
		r += 3;
	}
	*w = '\0';
	return (size_t)(w - s);
}

static struct socket_owner *
owner_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *ci =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return ci != NULL ? ci->socket_context : NULL;
}

/* The target before it is decoded: for the guard. */
static void *
keep_target(void *arg, const char *target, struct MHD_Connection *c)
{
	struct socket_owner *o = owner_of(c);

	(void)arg;
	if (o != NULL) {
		o->target = target;
		o->target_len = strlen(target);
	}
	return NULL;
}

/* --- connections per uid ---------------------------------------------- */

static int
uid_enter(struct httpd *h, uid_t uid)
{
	size_t i, at = UIDS_MAX;
	int ok = 0;

	pthread_mutex_lock(&h->lock);
	for (i = 0; i < UIDS_MAX; i++) {
		if (h->uids[i].count > 0 && h->uids[i].uid == uid)
			break;
		if (h->uids[i].count == 0 && at == UIDS_MAX)
			at = i;
	}
	if (i == UIDS_MAX)
		i = at;
	if (i < UIDS_MAX && h->uids[i].count < HTTP_PER_UID_MAX) {
		h->uids[i].uid = uid;
		h->uids[i].count++;
		ok = 1;
	}
	pthread_mutex_unlock(&h->lock);
	return ok;
}

static void
uid_leave(struct httpd *h, uid_t uid)
{
	size_t i;

	pthread_mutex_lock(&h->lock);
	for (i = 0; i < UIDS_MAX; i++)
		if (h->uids[i].count > 0 && h->uids[i].uid == uid) {
			h->uids[i].count--;
			break;
		}
	pthread_mutex_unlock(&h->lock);
}

/* Whom the kernel names; over TCP, which only browsers use, nobody can be. */
static int
peer_of(const struct door *d, int fd, struct peer *out)
{
	int domain = AF_UNIX;
	socklen_t n = sizeof(domain);

	if (d->browsers &&
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
	    domain != AF_UNIX) {
		*out = (struct peer){ .uid = getuid(), .gid = getgid() };
		return 0;
	}
	return ipc_peer(fd, out, NULL);
}

static void
notify_connection(void *arg, struct MHD_Connection *c, void **socket_state,
    enum MHD_ConnectionNotificationCode code)
{
	struct door *d = arg;
	const union MHD_ConnectionInfo *fd;
	struct socket_owner *o;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		o = *socket_state;
		if (o != NULL && o->counted)
			uid_leave(d->http, o->peer.uid);
		free(o);
		*socket_state = NULL;
		return;
	}
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return;
	fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	o->known = fd != NULL && peer_of(d, fd->connect_fd, &o->peer) == 0;
	o->counted = o->known && uid_enter(d->http, o->peer.uid);
	*socket_state = o;
}

/* --- answers ---------------------------------------------------------- */

static void
plain(
    struct http_response *rs, int status, const char *code, const char *detail)
{
	snprintf(rs->type, sizeof(rs->type), "application/problem+json");
	rs->status = status;
	rs->close = 1;
	buf_reset(&rs->body);
	(void)!buf_addf(&rs->body, NULL,
	    "{\"type\":\"about:blank\",\"status\":%d,\"code\":\"%s\","
	    "\"detail\":\"%s\"}\n",
	    status, code, detail);
}

static ssize_t
stream(void *arg, uint64_t pos, char *out, size_t max)
{
	struct http_connection *c = arg;
	struct err e = { 0 };
	size_t n;

	(void)pos;
	if (c->piece.len == 0 && c->rs.next(c->rs.arg, &c->piece, &e) < 0) {
		log_error("answer to %s cut: %s", c->rq.path, e.text);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (c->piece.len == 0)
		return c->streamed == c->rs.size
			   ? MHD_CONTENT_READER_END_OF_STREAM
			   : MHD_CONTENT_READER_END_WITH_ERROR;
	n = c->piece.len < max ? c->piece.len : max;
	memcpy(out, c->piece.p, n);
	buf_drop(&c->piece, n);
	c->streamed += n;
	return (ssize_t)n;
}

static enum MHD_Result
send_answer(struct http_connection *c)
{
	struct http_response *rs = &c->rs;
	struct MHD_Response *r;
	enum MHD_Result ok;
	size_t i;

	if (rs->next != NULL && rs->size > 0)
		r = MHD_create_response_from_callback(
		    rs->size, READ_BLOCK, stream, c, NULL);
	else
		r = MHD_create_response_from_buffer(
		    rs->body.len, rs->body.p, MHD_RESPMEM_PERSISTENT);
	if (r == NULL)
		return MHD_NO;
	if (rs->type[0] != '\0')
		MHD_add_response_header(r, "Content-Type", rs->type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (rs->close)
		MHD_add_response_header(r, "Connection", "close");
	for (i = 0; i < rs->nheaders; i++)
		MHD_add_response_header(
		    r, rs->headers[i].name, rs->headers[i].value);
	c->phase = PHASE_ANSWERED;
	ok = MHD_queue_response(c->mhd, (unsigned)rs->status, r);
	MHD_destroy_response(r);
	return ok;
}

/* --- forms ------------------------------------------------------------ */

struct http_form {
	struct MHD_PostProcessor *pp;
	http_form_part *part;
	void *arg;
	int ended; /* by part */
};

static enum MHD_Result
form_part(void *arg, enum MHD_ValueKind kind, const char *key,
    const char *filename, const char *type, const char *transfer,
    const char *data, uint64_t offset, size_t n)
{
	struct http_form *f = arg;

	(void)kind;
	(void)transfer;
	if (!f->ended && f->part(f->arg, key != NULL ? key : "", filename, type,
			     data, offset, n) < 0)
		f->ended = 1;
	return f->ended ? MHD_NO : MHD_YES;
}

int
http_form_open(struct http_request *rq, http_form_part *part, void *arg,
    struct http_form **out, struct err *e)
{
	struct http_form *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "form");
	f->part = part;
	f->arg = arg;
	f->pp =
	    MHD_create_post_processor(rq->conn->mhd, FORM_BLOCK, form_part, f);
	if (f->pp == NULL) {
		free(f);
		return err_set(e, ERR_INVALID, "Content-Type is of no form");
	}
	*out = f;
	return 0;
}

int
http_form_feed(struct http_form *f, const void *p, size_t n, struct err *e)
{
	if (n > 0 && (MHD_post_process(f->pp, p, n) != MHD_YES || f->ended))
		return err_set(e, ERR_INVALID, "the form cannot be read");
	return 0;
}

int
http_form_close(struct http_form *f, struct err *e)
{
	int whole = MHD_destroy_post_processor(f->pp) == MHD_YES && !f->ended;

	free(f);
	return whole ? 0 : err_set(e, ERR_INVALID, "the form ended early");
}

void
http_form_freep(struct http_form **f)
{
	if (*f == NULL)
		return;
	MHD_destroy_post_processor((*f)->pp);
	free(*f);
	*f = NULL;
}

/* --- the life of a request -------------------------------------------- */

static void
enqueue(struct http_connection *c)
{
	struct httpd *h = c->http;

	pthread_mutex_lock(&h->lock);
	c->phase = PHASE_RUNNING;
	c->queued = 1;
	c->next = NULL;
	*h->last = c;
	h->last = &c->next;
	h->running++;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

/* Under the lock: by how much more workers this uid has. */
static void
uid_works(struct httpd *h, uid_t uid, int by)
{
	size_t i;

	for (i = 0; i < UIDS_MAX; i++)
		if (h->uids[i].count > 0 && h->uids[i].uid == uid) {
			h->uids[i].at_once += (unsigned)by;
			return;
		}
}

static int
uid_may_work(const struct httpd *h, uid_t uid)
{
	size_t i;

	if (h->handler.per_uid == 0 || h->stopping)
		return 1;
	for (i = 0; i < UIDS_MAX; i++)
		if (h->uids[i].count > 0 && h->uids[i].uid == uid)
			return h->uids[i].at_once < h->handler.per_uid;
	return 1;
}

/*
 * The first that may run; NULL. What waits for others of its uid is taken by
 * the worker that ends one of them.
 */
static struct http_connection *
dequeue(struct httpd *h)
{
	struct http_connection **at, *c;

	for (at = &h->first; (c = *at) != NULL; at = &c->next) {
		if (!uid_may_work(h, c->rq.peer.uid))
			continue;
		if ((*at = c->next) == NULL)
			h->last = at;
		uid_works(h, c->rq.peer.uid, 1);
		return c;
	}
	return NULL;
}

static void *
worker(void *arg)
{
	struct httpd *h = arg;
	struct http_connection *c;
	uid_t uid;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while ((c = dequeue(h)) == NULL && !h->stopping)
			pthread_cond_wait(&h->work, &h->lock);
		if (c == NULL)
			break;
		uid = c->rq.peer.uid;
		pthread_mutex_unlock(&h->lock);

		if (c->refused != NULL)
			h->handler.refuse(
			    h->handler.arg, &c->rq, c->refused, &c->rs);
		else
			h->handler.run(h->handler.arg, &c->rq, &c->rs);

		/* Before it is let go: with it, its uid may leave the table. */
		pthread_mutex_lock(&h->lock);
		uid_works(h, uid, -1);
		pthread_mutex_unlock(&h->lock);
		/* The event loop reads phase only after the resumption. */
		c->phase = PHASE_READY;
		MHD_resume_connection(c->mhd);

		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

static struct http_connection *
connection_new(struct door *d, struct MHD_Connection *mhd, const char *method,
    const char *path)
{
	struct http_connection *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->mhd = mhd;
	c->door = d;
	c->http = d->http;
	c->rq.conn = c;
	c->rq.door = d->number;
	c->rq.method = strdup(method);
	c->rq.path = strdup(path);
	if (c->rq.method == NULL || c->rq.path == NULL) {
		free((void *)(uintptr_t)c->rq.method);
		free((void *)(uintptr_t)c->rq.path);
		free(c);
		return NULL;
	}
	return c;
}

static void
connection_free(struct http_connection *c)
{
	if (c->begun && c->http->handler.done != NULL)
		c->http->handler.done(c->http->handler.arg, &c->rq);
	response_done(&c->rs);
	buf_done(&c->piece);
	buf_done(&c->rq.body);
	free((void *)(uintptr_t)c->rq.method);
	free((void *)(uintptr_t)c->rq.path);
	free(c);
}

/* No byte after the headers is looked at: nobody knows where it belongs. */
static enum MHD_Result
refuse(struct http_connection *c, const char *why)
{
	log_warn("uid %u: request refused: %s", (unsigned)c->rq.peer.uid, why);
	c->rs.close = 1;
	if (c->http->handler.refuse == NULL) {
		plain(&c->rs, 400, "invalid", why);
		return send_answer(c);
	}
	c->refused = why;
	MHD_suspend_connection(c->mhd);
	enqueue(c);
	return MHD_YES;
}

/* The headers are there: who, guard, then the handler's begin. */
static enum MHD_Result
at_headers(struct http_connection *c, const char *version)
{
	const struct socket_owner *o = owner_of(c->mhd);
	const char *why;
	int r;

	if (o == NULL || !o->known) {
		plain(&c->rs, 403, "nobody", "the peer cannot be named");
		return send_answer(c);
	}
	c->rq.peer = o->peer;
	if (!o->counted) {
		plain(&c->rs, 429, "busy", "too many connections of this uid");
		return send_answer(c);
	}
	if ((why = guard(c->mhd, c->door, o, c->rq.path, version)) != NULL)
		return refuse(c, why);
	c->begun = 1;
	if ((r = c->http->handler.begin(c->http->handler.arg, &c->rq, &c->rs)) <
	    0) {
		c->rs.close = 1;
		return send_answer(c);
	}
	c->wants_sink = r == 1;
	c->phase = PHASE_BODY;
	return MHD_YES;
}

static enum MHD_Result
at_body(struct http_connection *c, const char *p, size_t n)
{
	struct http_handler *h = &c->http->handler;

	if (c->failed) {
		c->discarded += n;
		return c->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
	}
	c->rq.received += n;
	if (c->wants_sink) {
		c->failed = h->sink(h->arg, &c->rq, p, n, &c->rs) < 0;
		return MHD_YES;
	}
	if (c->rq.body.len + n > HTTP_BODY_MAX ||
	    buf_add(&c->rq.body, p, n, NULL) < 0) {
		plain(&c->rs, 413, "too-large", "body over 1 MiB");
		c->failed = 1;
	}
	return MHD_YES;
}

static enum MHD_Result
answer(void *arg, struct MHD_Connection *mhd, const char *path,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
	struct http_connection *c = *state;
	enum MHD_Result ok;

	if (c == NULL) {
		if ((c = connection_new(arg, mhd, method, path)) == NULL)
			return MHD_NO;
		*state = c;
		return at_headers(c, version);
	}
	switch (c->phase) {
	case PHASE_BODY:
		if (*size > 0) {
			ok = at_body(c, data, *size);
			*size = 0;
			return ok;
		}
		if (c->failed) {
			c->rs.close = 1;
			return send_answer(c);
		}
		MHD_suspend_connection(mhd);
		enqueue(c);
		return MHD_YES;
	case PHASE_READY:
		return send_answer(c);
	case PHASE_RUNNING:
	case PHASE_ANSWERED:
		break;
	}
	return MHD_YES;
}

static void
completed(void *arg, struct MHD_Connection *mhd, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct http_connection *c = *state;
	struct door *d = arg;
	int queued;

	(void)mhd;
	(void)code;
	if (c == NULL)
		return;
	*state = NULL;
	c->rq.cut = c->phase == PHASE_BODY;
	queued = c->queued;
	connection_free(c);
	if (!queued)
		return;
	pthread_mutex_lock(&d->http->lock);
	if (--d->http->running == 0)
		pthread_cond_broadcast(&d->http->idle);
	pthread_mutex_unlock(&d->http->lock);
}

static void mhd_log(void *arg, const char *fmt, va_list ap) PRINTF(2, 0);

static void
mhd_log(void *arg, const char *fmt, va_list ap)
{
	char text[256];

	(void)arg;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	log_note("http: %s", text);
}

/* --- opening and closing ---------------------------------------------- */

static int
start_workers(struct httpd *h, struct err *e)
{
	pthread_attr_t attr;
	int r = 0;

	if (pthread_attr_init(&attr) != 0)
		return err_set(e, ERR_NOMEM, "worker threads");
	pthread_attr_setstacksize(&attr, WORKER_STACK);
	while (h->nworkers < h->workers_wanted) {
		if (pthread_create(
			&h->workers[h->nworkers], &attr, worker, h) != 0) {
			r = err_set(e, ERR_NOMEM, "worker threads");
			break;
		}
		h->nworkers++;
	}
	pthread_attr_destroy(&attr);
	return r;
}

static int
start_door(struct httpd *h, const struct http_listener *l, struct err *e)
{
	struct door *d = &h->doors[h->ndoors];

	d->http = h;
	d->number = l->door;
	d->browsers = l->browsers;
	d->mhd = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
				      MHD_ALLOW_SUSPEND_RESUME |
				      MHD_USE_ERROR_LOG,
	    0, NULL, NULL, answer, d, MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL,
	    MHD_OPTION_LISTEN_SOCKET, l->fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)(256 << 10), MHD_OPTION_NOTIFY_COMPLETED, completed, d,
	    MHD_OPTION_NOTIFY_CONNECTION, notify_connection, d,
	    MHD_OPTION_URI_LOG_CALLBACK, keep_target, NULL,
	    MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (d->mhd == NULL)
		return err_set(e, ERR_INTERNAL, "start the HTTP event loop");
	h->ndoors++;
	return 0;
}

int
httpd_open(const struct http_listener *l, size_t n,
    const struct http_handler *handler, struct httpd **out, struct err *e)
{
	struct httpd *h;
	size_t i;
	int r;

	if (n > DOORS_MAX)
		return err_set(e, ERR_INTERNAL, "too many listeners");
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return err_set(e, ERR_NOMEM, "HTTP");
	h->handler = *handler;
	h->workers_wanted =
	    handler->workers > 0 && handler->workers < HTTP_WORKERS
		? handler->workers
		: HTTP_WORKERS;
	h->last = &h->first;
	pthread_mutex_init(&h->lock, NULL);
	if ((r = wait_cond_init(&h->work, e)) == 0 &&
	    (r = wait_cond_init(&h->idle, e)) == 0)
		r = start_workers(h, e);
	for (i = 0; r == 0 && i < n; i++)
		r = start_door(h, &l[i], e);
	if (r < 0) {
		httpd_close(h, 0);
		return r;
	}
	*out = h;
	return 0;
}

static void
wait_until_idle(struct httpd *h, int timeout_ms)
{
	struct timespec until = wait_until(timeout_ms);

	pthread_mutex_lock(&h->lock);
	while (h->running > 0 &&
	       pthread_cond_timedwait(&h->idle, &h->lock, &until) == 0)
		;
	pthread_mutex_unlock(&h->lock);
}

void
httpd_close(struct httpd *h, int timeout_ms)
{
	size_t i;
	int fd;

	if (h == NULL)
		return;
	/* Quiesce first: stopping would close the listening socket under
	 * clients that are waiting in its queue. */
	for (i = 0; i < h->ndoors; i++)
		if ((fd = MHD_quiesce_daemon(h->doors[i].mhd)) >= 0)
			close(fd);
	wait_until_idle(h, timeout_ms);
	pthread_mutex_lock(&h->lock);
	h->stopping = 1;
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
	for (i = 0; i < h->nworkers; i++)
		pthread_join(h->workers[i], NULL);
	for (i = 0; i < h->ndoors; i++)
		MHD_stop_daemon(h->doors[i].mhd);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->idle);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
