/*
 * The HTTP engine behind a real Unix socket, spoken to in raw bytes: what the
 * guard refuses, bodies that are too large or cut, streamed answers, handlers
 * that block, the bound per uid, and closing.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/httpd.h"
#include "base/log.h"

#define PARALLEL 64
#define PATIENCE_S 20
#define STREAM_PIECE 70001
#define OF_ONE_UID (HTTP_WORKERS - 8)

struct fixture {
	char dir[64], socket[96];
	struct httpd *http;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* what the handler saw, under the lock */
	unsigned begun, ran, done, cut, refused, streams_done, inside;
	int open_gate; /* /gate answers when it is set */
	int finished;  /* the handler of /gate came to its end */
	size_t body_len;
	uint64_t received;
	char why[128], last_path[256], last_query[64];
	int door;
	struct peer peer;
};

/* --- the handler ------------------------------------------------------ */

static int
on_begin(void *arg, struct http_request *rq, struct http_response *rs)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->begun++;
	snprintf(f->last_path, sizeof(f->last_path), "%s", rq->path);
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (strcmp(rq->path, "/denied") == 0) {
		rs->status = 403;
		return -1;
	}
	return strncmp(rq->path, "/sink", 5) == 0;
}

static int
on_sink(void *arg, struct http_request *rq, const void *p, size_t n,
    struct http_response *rs)
{
	(void)arg;
	(void)p;
	(void)n;
	if (strcmp(rq->path, "/sink-full") == 0 && rq->received > 300000) {
		rs->status = 507;
		return -1;
	}
	return 0;
}

struct streaming {
	struct fixture *f;
	uint64_t at, size, fail_at;
};

/* The byte of a streamed answer at this place. */
static uint8_t
stream_byte(uint64_t at)
{
	return (uint8_t)(at * 2654435761U >> 13);
}

static int
stream_next(void *arg, struct buf *out, struct err *e)
{
	struct streaming *s = arg;
	uint8_t piece[STREAM_PIECE];
	size_t n;

	for (n = 0; n < sizeof(piece) && s->at < s->size; n++) {
		if (s->at == s->fail_at)
			return err_set(e, ERR_INTEGRITY, "a bad chunk");
		piece[n] = stream_byte(s->at++);
	}
	return n > 0 ? buf_add(out, piece, n, e) : 0;
}

static void
stream_done(void *arg)
{
	struct streaming *s = arg;

	pthread_mutex_lock(&s->f->lock);
	s->f->streams_done++;
	pthread_cond_broadcast(&s->f->changed);
	pthread_mutex_unlock(&s->f->lock);
	free(s);
}

static void
answer_stream(
    struct fixture *f, const struct http_request *rq, struct http_response *rs)
{
	struct streaming *s = calloc(1, sizeof(*s));
	const char *size = http_query(rq, "size"),
		   *fail = http_query(rq, "fail");

	if (s == NULL || size == NULL)
		abort();
	s->f = f;
	s->size = strtoull(size, NULL, 10);
	s->fail_at = fail != NULL ? strtoull(fail, NULL, 10) : UINT64_MAX;
	rs->size = s->size;
	if (http_query(rq, "short") != NULL)
		s->size -= 10;
	rs->next = stream_next;
	rs->done = stream_done;
	rs->arg = s;
}

/* Answers when PARALLEL handlers are inside at the same moment. */
static void
meet(struct fixture *f)
{
	pthread_mutex_lock(&f->lock);
	f->inside++;
	pthread_cond_broadcast(&f->changed);
	while (f->inside < PARALLEL)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

static void
wait_at_gate(struct fixture *f)
{
	pthread_mutex_lock(&f->lock);
	f->inside++;
	pthread_cond_broadcast(&f->changed);
	while (!f->open_gate)
		pthread_cond_wait(&f->changed, &f->lock);
	f->finished = 1;
	pthread_mutex_unlock(&f->lock);
}

static void
on_run(void *arg, struct http_request *rq, struct http_response *rs)
{
	struct fixture *f = arg;
	const char *q = http_query(rq, "q");

	pthread_mutex_lock(&f->lock);
	f->ran++;
	f->body_len = rq->body.len;
	f->received = rq->received;
	f->peer = rq->peer;
	f->door = rq->door;
	snprintf(f->last_query, sizeof(f->last_query), "%s",
	    q != NULL ? q : "(none)");
	pthread_mutex_unlock(&f->lock);
	rs->status = 200;
	if (strcmp(rq->path, "/barrier") == 0)
		meet(f);
	else if (strcmp(rq->path, "/gate") == 0)
		wait_at_gate(f);
	else if (strcmp(rq->path, "/stream") == 0)
		answer_stream(f, rq, rs);
	else if (strcmp(rq->path, "/echo") == 0) {
		snprintf(rs->type, sizeof(rs->type), "text/plain");
		(void)!buf_add(&rs->body, rq->body.p, rq->body.len, NULL);
	}
}

static void
on_refuse(void *arg, struct http_request *rq, const char *why,
    struct http_response *rs)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->refused++;
	f->peer = rq->peer;
	snprintf(f->why, sizeof(f->why), "%s", why);
	pthread_mutex_unlock(&f->lock);
	rs->status = 400;
	(void)!buf_addstr(&rs->body, "refused", NULL);
}

static void
on_done(void *arg, struct http_request *rq)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->done++;
	f->cut += rq->cut != 0;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

/* Wait until *what is at least n: the engine's side of a connection. */
static void
wait_for(struct fixture *f, const unsigned *what, unsigned n)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&f->lock);
	while (*what < n && r == 0)
		r = pthread_cond_timedwait(&f->changed, &f->lock, &until);
	pthread_mutex_unlock(&f->lock);
	assert_int_equal(r, 0);
}

/* --- a client --------------------------------------------------------- */

static int
dial(struct fixture *f)
{
	struct timeval tv = { .tv_sec = PATIENCE_S };
	struct err e;
	int fd;

	assert_int_equal(ipc_connect(f->socket, SOCK_STREAM, &fd, &e), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
say(int fd, const void *p, size_t n)
{
	const char *s = p;
	ssize_t w;

	for (; n > 0; s += w, n -= (size_t)w)
		if ((w = send(fd, s, n, MSG_NOSIGNAL)) < 0)
			return; /* it may close under us: the answer tells */
}

/* All until the other side closes; "(open)" behind it if it does not. */
static void
hear_all(int fd, struct buf *out)
{
	char room[65536];
	ssize_t n;

	while ((n = recv(fd, room, sizeof(room), 0)) > 0)
		assert_int_equal(buf_add(out, room, (size_t)n, NULL), 0);
	if (n < 0 && errno != ECONNRESET)
		assert_int_equal(buf_addstr(out, "(open)", NULL), 0);
}

/* One answer with a Content-Length, the connection may stay. The status. */
static int
hear_one(int fd, struct buf *out)
{
	char room[65536];
	const char *end, *length;
	ssize_t n;

	for (;;) {
		end = strstr(buf_str(out), "\r\n\r\n");
		length = strcasestr(buf_str(out), "\r\nContent-Length: ");
		if (end != NULL && length != NULL && length < end &&
		    out->len >= (size_t)(end + 4 - buf_str(out)) +
				    strtoull(length + 18, NULL, 10))
			return (int)strtol(buf_str(out) + 9, NULL, 10);
		n = recv(fd, room, sizeof(room), 0);
		if (n <= 0)
			return -1;
		assert_int_equal(buf_add(out, room, (size_t)n, NULL), 0);
	}
}

static unsigned
answers_in(struct buf *b)
{
	const char *s = buf_str(b);
	unsigned n = 0;

	while ((s = strstr(s, "HTTP/1.1 ")) != NULL) {
		n++;
		s += 9;
	}
	return n;
}

/*
 * Closed, and nothing but answers with this status, one at least
 * (libmicrohttpd's own errors come with their head twice).
 */
static int
all_are(struct buf *b, const char *status)
{
	const char *s = buf_str(b);

	if (strstr(s, "(open)") != NULL || answers_in(b) == 0)
		return 0;
	for (; (s = strstr(s, "HTTP/1.1 ")) != NULL; s += 9)
		if (strncmp(s + 9, status, strlen(status)) != 0)
			return 0;
	return 1;
}

/* Send these bytes alone, hear one answer: its status. */
static int
ask(struct fixture *f, const char *text, struct buf *out)
{
	int fd = dial(f), status;

	say(fd, text, strlen(text));
	status = hear_one(fd, out);
	close(fd);
	return status;
}

/* --- set up ----------------------------------------------------------- */

static void
open_http(struct fixture *f)
{
	struct http_handler h = { .arg = f,
		.begin = on_begin,
		.sink = on_sink,
		.run = on_run,
		.refuse = on_refuse,
		.done = on_done,
		.per_uid = OF_ONE_UID };
	struct http_listener l = { .door = 7 };
	struct err e;

	assert_int_equal(
	    ipc_listen(f->socket, SOCK_STREAM, 0600, &l.fd, &e), 0);
	assert_int_equal(httpd_open(&l, 1, &h, &f->http, &e), 0);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-http-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->socket, sizeof(f->socket), "%s/http.sock", f->dir);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	open_http(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->http != NULL)
		httpd_close(f->http, 1000);
	assert_int_equal(f->begun, f->done);
	unlink(f->socket);
	rmdir(f->dir);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return 0;
}

/* --- the guard -------------------------------------------------------- */

/*
 * Each is sent with a whole second request behind it, which a server that
 * sees another end of the first one would run.
 */
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
#define TEXT(s) s SMUGGLED, sizeof(s SMUGGLED) - 1

static const struct {
	const char *name, *text;
	size_t len;
} refused_rows[] = {
	{ "length with chunked",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked with length",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\n"
		 "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
		 "0\r\n\r\n") },
	{ "length with chunked on GET",
	    TEXT("GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "length with chunked on DELETE",
	    TEXT("DELETE /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "two lengths",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
		 "Content-Length: 40\r\n\r\nhi") },
	{ "one length twice",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
		 "Content-Length: 2\r\n\r\nhi") },
	{ "two lengths on GET",
	    TEXT("GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
		 "Content-Length: 2\r\n\r\n") },
	{ "a list of lengths",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n"
		 "\r\nhi") },
	{ "a signed length",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n"
		 "\r\nhi") },
	{ "a negative length",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n"
		 "\r\nhi") },
	{ "a hexadecimal length",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n"
		 "\r\nhi") },
	{ "gzip encoding", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\n"
				"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n") },
	{ "gzip, chunked",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\n"
		 "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked twice",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\n"
		 "Transfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked behind a blank",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\n"
		 "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n"
		 "0\r\n\r\n") },
	{ "chunked behind a tab",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\n"
		 "Transfer-Encoding: \tchunked\v\r\n\r\n0\r\n\r\n") },
	{ "no host", TEXT("GET /echo HTTP/1.1\r\n\r\n") },
	{ "no host in 1.0", TEXT("GET /echo HTTP/1.0\r\n\r\n") },
	{ "two hosts",
	    TEXT("GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n") },
	{ "an encoded NUL", TEXT("GET /echo%00 HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an encoded NUL in the query",
	    TEXT("GET /echo?q=a%00b HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an encoded line end",
	    TEXT("GET /echo%0d%0aX: HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an encoded line end in the query",
	    TEXT("GET /echo?q=%0a HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an encoded delete",
	    TEXT("GET /echo%7F HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "half an escape", TEXT("GET /echo%4 HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an escape that is none",
	    TEXT("GET /echo%zz HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an escape with a sign",
	    TEXT("GET /echo%-1 HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "a raw control character",
	    TEXT("GET /ec\x01ho HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "a raw NUL", TEXT("GET /ec\0ho HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "an origin", TEXT("GET /echo HTTP/1.1\r\nHost: x\r\n"
			    "Origin: http://elsewhere.example\r\n\r\n") },
	{ "origin null",
	    TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nOrigin: null\r\n"
		 "Content-Length: 0\r\n\r\n") },
	{ "a referer", TEXT("GET /echo HTTP/1.1\r\nHost: x\r\n"
			    "Referer: http://elsewhere.example/\r\n\r\n") },
};

static void
what_the_guard_refuses_never_runs_nor_what_is_behind_it(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(refused_rows); i++) {
		AUTO(buf_done) struct buf heard = { 0 };
		int fd = dial(f);

		say(fd, refused_rows[i].text, refused_rows[i].len);
		hear_all(fd, &heard);
		close(fd);
		if (f->ran + f->begun != 0)
			fail_msg("%s: it ran %s", refused_rows[i].name,
			    f->last_path);
		if (!all_are(&heard, "400"))
			fail_msg(
			    "%s: %s", refused_rows[i].name, buf_str(&heard));
	}
}

static void
a_refusal_of_the_guard_is_told_to_the_handler(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;

	assert_int_equal(ask(f,
			     "POST /echo HTTP/1.1\r\nHost: x\r\n"
			     "Content-Length: 5\r\n"
			     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			     &heard),
	    400);
	assert_non_null(strstr(buf_str(&heard), "refused"));
	assert_non_null(strcasestr(buf_str(&heard), "Connection: close"));
	assert_int_equal(f->refused, 1);
	assert_int_equal(f->peer.uid, getuid());
	assert_string_equal(
	    f->why, "Content-Length together with Transfer-Encoding");
}

static void
a_good_request_knows_its_peer_door_path_and_query(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;

	assert_int_equal(
	    ask(f, "GET /a%20b?q=c%2Fd HTTP/1.1\r\nHost: x\r\n\r\n", &heard),
	    200);
	assert_string_equal(f->last_path, "/a b");
	assert_string_equal(f->last_query, "c/d");
	assert_int_equal(f->peer.uid, getuid());
	assert_int_equal(f->door, 7);
	assert_int_equal(f->refused, 0);
}

static void
two_requests_in_a_row_have_two_answers(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;
	int fd = dial(f);
	const char text[] = "POST /echo HTTP/1.1\r\nHost: x\r\n"
			    "Content-Length: 3\r\n\r\none"
			    "POST /echo HTTP/1.1\r\nHost: x\r\n"
			    "Connection: close\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n"
			    "3\r\ntwo\r\n0\r\n\r\n";

	say(fd, text, sizeof(text) - 1);
	hear_all(fd, &heard);
	close(fd);
	assert_int_equal(answers_in(&heard), 2);
	assert_non_null(strstr(buf_str(&heard), "one"));
	assert_non_null(strstr(buf_str(&heard), "two"));
	assert_int_equal(f->ran, 2);
}

static void
rubbish_does_not_stop_the_engine(void **state)
{
	static const char *const rows[] = { "\r\n\r\n\r\n", "\n", "GET\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\xff", "GET  HTTP/9.9\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		int fd = dial(f);

		say(fd, rows[i], strlen(rows[i]));
		close(fd);
	}
	AUTO(buf_done) struct buf heard = { 0 };
	assert_int_equal(
	    ask(f, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n", &heard), 200);
	assert_int_equal(f->ran, 1);
}

/* --- bodies ----------------------------------------------------------- */

static void
post(struct fixture *f, const char *path, size_t n, int chunked,
    struct buf *heard, int *status)
{
	AUTO(buf_done) struct buf rq = { 0 };
	int fd = dial(f);

	assert_int_equal(
	    buf_addf(&rq, NULL, "POST %s HTTP/1.1\r\nHost: x\r\n", path), 0);
	if (chunked)
		assert_int_equal(buf_addf(&rq, NULL,
				     "Transfer-Encoding: chunked\r\n\r\n"
				     "%zx\r\n",
				     n),
		    0);
	else
		assert_int_equal(
		    buf_addf(&rq, NULL, "Content-Length: %zu\r\n\r\n", n), 0);
	assert_int_equal(buf_reserve(&rq, n, NULL), 0);
	memset(rq.p + rq.len, 'b', n);
	rq.len += n;
	if (chunked)
		assert_int_equal(buf_addstr(&rq, "\r\n0\r\n\r\n", NULL), 0);
	say(fd, rq.p, rq.len);
	*status = hear_one(fd, heard);
	close(fd);
}

static void
a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_413(void **state)
{
	struct fixture *f = *state;
	int chunked, status;

	for (chunked = 0; chunked < 2; chunked++) {
		AUTO(buf_done) struct buf a = { 0 };
		AUTO(buf_done) struct buf b = { 0 };

		f->ran = 0;
		post(f, "/echo", HTTP_BODY_MAX, chunked, &a, &status);
		assert_int_equal(status, 200);
		assert_int_equal(f->body_len, HTTP_BODY_MAX);
		assert_int_equal(f->ran, 1);
		post(f, "/echo", HTTP_BODY_MAX + 1, chunked, &b, &status);
		assert_int_equal(status, 413);
		assert_int_equal(f->ran, 1);
		assert_non_null(strstr(buf_str(&b), "\"code\":\"too-large\""));
	}
}

static void
a_sink_takes_more_than_fits_in_memory(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;
	int status;

	post(f, "/sink", 5 << 20, 0, &heard, &status);
	assert_int_equal(status, 200);
	assert_int_equal(f->received, 5 << 20);
	assert_int_equal(f->body_len, 0);
}

static void
a_sink_that_refuses_answers_without_running(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;
	int status;

	post(f, "/sink-full", 5 << 20, 0, &heard, &status);
	assert_int_equal(status, 507);
	assert_int_equal(f->ran, 0);
	wait_for(f, &f->done, 1);
}

static void
what_begin_denies_is_answered_at_once_and_closed(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;
	int fd = dial(f);
	const char text[] = "POST /denied HTTP/1.1\r\nHost: x\r\n"
			    "Content-Length: 100000\r\n\r\nfirst bytes";

	say(fd, text, sizeof(text) - 1);
	hear_all(fd, &heard);
	close(fd);
	assert_int_equal(answers_in(&heard), 1);
	assert_non_null(strstr(buf_str(&heard), " 403 "));
	assert_int_equal(f->ran, 0);
	wait_for(f, &f->done, 1);
}

static void
a_cut_body_never_runs_and_done_says_so(void **state)
{
	static const char *const rows[] = {
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
		"half",
		"POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
		"PUT /sink HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"PUT /sink HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
		"PUT /sink HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\n80\r\nhalf",
	};
	struct fixture *f = *state;
	unsigned i;
	int fd;

	for (i = 0; i < NELEMS(rows); i++) {
		fd = dial(f);
		say(fd, rows[i], strlen(rows[i]));
		wait_for(f, &f->begun, i + 1);
		if (i % 2 == 0)
			shutdown(fd, SHUT_WR);
		close(fd);
		wait_for(f, &f->done, i + 1);
		assert_int_equal(f->cut, i + 1);
		assert_int_equal(f->ran, 0);
	}
}

static void
a_whole_body_is_not_called_cut(void **state)
{
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;
	int status;

	post(f, "/sink", 1000, 0, &heard, &status);
	assert_int_equal(status, 200);
	wait_for(f, &f->done, 1);
	assert_int_equal(f->cut, 0);
}

/* --- answers ---------------------------------------------------------- */

static void
a_streamed_answer_arrives_whole(void **state)
{
	static const unsigned sizes[] = { 0, 1, STREAM_PIECE, 128 << 10,
		5000011 };
	struct fixture *f = *state;
	char text[128];
	size_t i, j, at;

	for (i = 0; i < NELEMS(sizes); i++) {
		AUTO(buf_done) struct buf heard = { 0 };

		snprintf(text, sizeof(text),
		    "GET /stream?size=%u HTTP/1.1\r\nHost: x\r\n\r\n",
		    sizes[i]);
		assert_int_equal(ask(f, text, &heard), 200);
		at = (size_t)(strstr(buf_str(&heard), "\r\n\r\n") + 4 -
			      buf_str(&heard));
		assert_int_equal(heard.len - at, sizes[i]);
		for (j = 0; j < sizes[i]; j++)
			if (heard.p[at + j] != stream_byte(j))
				fail_msg("byte %zu of %u", j, sizes[i]);
		wait_for(f, &f->streams_done, (unsigned)i + 1);
	}
}

static void
a_streamed_answer_that_fails_is_cut_short_of_its_length(void **state)
{
	static const char *const rows[] = { "fail=200000", "fail=0",
		"short=1" };
	struct fixture *f = *state;
	char text[128];
	size_t i, at;

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf heard = { 0 };
		int fd = dial(f);

		snprintf(text, sizeof(text),
		    "GET /stream?size=1000000&%s HTTP/1.1\r\nHost: x\r\n\r\n",
		    rows[i]);
		say(fd, text, strlen(text));
		hear_all(fd, &heard);
		close(fd);
		if (heard.len > 0) {
			at = (size_t)(strstr(buf_str(&heard), "\r\n\r\n") + 4 -
				      buf_str(&heard));
			assert_true(heard.len - at < 1000000);
		}
		wait_for(f, &f->streams_done, (unsigned)i + 1);
	}
}

static void
a_client_that_leaves_during_an_answer_is_cleaned_up(void **state)
{
	struct fixture *f = *state;
	const char text[] = "GET /stream?size=100000000 HTTP/1.1\r\n"
			    "Host: x\r\n\r\n";
	char room[4096];
	int fd = dial(f);

	say(fd, text, sizeof(text) - 1);
	assert_true(recv(fd, room, sizeof(room), 0) > 0);
	close(fd);
	wait_for(f, &f->streams_done, 1);
	wait_for(f, &f->done, 1);
}

/* --- many at once ------------------------------------------------------ */

static void
slow_handlers_run_side_by_side_and_block_nobody(void **state)
{
	const char slow[] = "GET /barrier HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture *f = *state;
	int fds[PARALLEL], i;

	for (i = 0; i < PARALLEL - 1; i++) {
		fds[i] = dial(f);
		say(fds[i], slow, sizeof(slow) - 1);
	}
	wait_for(f, &f->inside, PARALLEL - 1);
	/* All but one are inside and wait; another request passes. */
	AUTO(buf_done) struct buf quick = { 0 };
	assert_int_equal(
	    ask(f, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n", &quick), 200);
	fds[i] = dial(f);
	say(fds[i], slow, sizeof(slow) - 1);
	for (i = 0; i < PARALLEL; i++) {
		AUTO(buf_done) struct buf heard = { 0 };

		assert_int_equal(hear_one(fds[i], &heard), 200);
		close(fds[i]);
	}
}

static void
connections_of_a_uid_are_bounded_and_given_back(void **state)
{
	const char text[] = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture *f = *state;
	int fds[HTTP_PER_UID_MAX], round, i, status;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < HTTP_PER_UID_MAX; i++) {
			AUTO(buf_done) struct buf heard = { 0 };

			/* The closings of the last round arrive in time. */
			do {
				buf_reset(&heard);
				fds[i] = dial(f);
				say(fds[i], text, sizeof(text) - 1);
				status = hear_one(fds[i], &heard);
				if (status != 200)
					close(fds[i]);
			} while (status == 429 && round == 1);
			assert_int_equal(status, 200);
		}
		AUTO(buf_done) struct buf over = { 0 };
		assert_int_equal(ask(f, text, &over), 429);
		for (i = 0; i < HTTP_PER_UID_MAX; i++)
			close(fds[i]);
	}
}

/* Wait until so many handlers are inside: -1 when they are not in time. */
static int
wait_inside(struct fixture *f, unsigned n, int ms)
{
	struct timespec end;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	end.tv_sec += ms / 1000 + end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	pthread_mutex_lock(&f->lock);
	while (f->inside < n && r == 0)
		r = pthread_cond_timedwait(&f->changed, &f->lock, &end);
	r = f->inside >= n ? 0 : -1;
	pthread_mutex_unlock(&f->lock);
	return r;
}

static void
one_uid_leaves_workers_to_the_others(void **state)
{
	const char text[] = "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture *f = *state;
	int fds[HTTP_WORKERS], i;

	for (i = 0; i < HTTP_WORKERS; i++) {
		fds[i] = dial(f);
		say(fds[i], text, sizeof(text) - 1);
	}
	assert_int_equal(wait_inside(f, OF_ONE_UID, 30000), 0);
	/* The others of it wait, until one of them ends. */
	assert_int_equal(wait_inside(f, OF_ONE_UID + 1, 300), -1);
	pthread_mutex_lock(&f->lock);
	f->open_gate = 1;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	for (i = 0; i < HTTP_WORKERS; i++) {
		AUTO(buf_done) struct buf heard = { 0 };

		assert_int_equal(hear_one(fds[i], &heard), 200);
		close(fds[i]);
	}
}

/* --- closing ---------------------------------------------------------- */

static void *
close_it(void *arg)
{
	struct fixture *f = arg;

	httpd_close(TAKE(f->http), 10000);
	pthread_mutex_lock(&f->lock);
	/* A handler that runs ends before httpd_close returns. */
	f->received = (uint64_t)f->finished;
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

static void
closing_waits_for_what_runs_and_its_answer_leaves(void **state)
{
	const char text[] = "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n";
	AUTO(buf_done) struct buf heard = { 0 };
	struct fixture *f = *state;
	pthread_t closer;
	struct err e;
	int fd = dial(f), late;

	say(fd, text, sizeof(text) - 1);
	wait_for(f, &f->inside, 1);
	assert_int_equal(pthread_create(&closer, NULL, close_it, f), 0);
	/* Closing has begun when nobody listens any more. */
	while (ipc_connect(f->socket, SOCK_STREAM, &late, &e) == 0)
		close(late);
	pthread_mutex_lock(&f->lock);
	assert_int_equal(f->finished, 0);
	f->open_gate = 1;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	assert_int_equal(pthread_join(closer, NULL), 0);
	assert_int_equal(f->received, 1);
	assert_int_equal(hear_one(fd, &heard), 200);
	close(fd);
}

static void
closing_with_idle_and_half_open_connections_ends(void **state)
{
	struct fixture *f = *state;
	int a = dial(f), b = dial(f);
	const char half[] = "POST /sink HTTP/1.1\r\nHost: x\r\n"
			    "Content-Length: 10\r\n\r\nabc";
	struct buf heard = { 0 };

	say(b, half, sizeof(half) - 1);
	wait_for(f, &f->begun, 1);
	httpd_close(TAKE(f->http), 1000);
	assert_int_equal(f->done, 1);
	assert_int_equal(f->cut, 1);
	assert_int_equal(f->ran, 0);
	hear_all(a, &heard);
	hear_all(b, &heard);
	buf_done(&heard);
	close(a);
	close(b);
}

/* --- small things ------------------------------------------------------ */

static void
a_header_line_cannot_be_split(void **state)
{
	struct http_response rs = { 0 };
	struct err e;
	char large[HTTP_VALUE_MAX + 1];
	int i;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_true(http_set_header(&rs, "A", "b\r\nC: d", &e) < 0);
	assert_true(http_set_header(&rs, "A", "b\nC: d", &e) < 0);
	assert_true(http_set_header(&rs, "A", large, &e) < 0);
	assert_true(http_set_header(&rs, large, "b", &e) < 0);
	assert_int_equal(rs.nheaders, 0);
	for (i = 0; i < (int)NELEMS(rs.headers); i++)
		assert_int_equal(http_set_header(&rs, "A", "b", &e), 0);
	assert_true(http_set_header(&rs, "A", "b", &e) < 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_the_guard_refuses_never_runs_nor_what_is_behind_it),
		T(a_refusal_of_the_guard_is_told_to_the_handler),
		T(a_good_request_knows_its_peer_door_path_and_query),
		T(two_requests_in_a_row_have_two_answers),
		T(rubbish_does_not_stop_the_engine),
		T(a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_413),
		T(a_sink_takes_more_than_fits_in_memory),
		T(a_sink_that_refuses_answers_without_running),
		T(what_begin_denies_is_answered_at_once_and_closed),
		T(a_cut_body_never_runs_and_done_says_so),
		T(a_whole_body_is_not_called_cut),
		T(a_streamed_answer_arrives_whole),
		T(a_streamed_answer_that_fails_is_cut_short_of_its_length),
		T(a_client_that_leaves_during_an_answer_is_cleaned_up),
		T(slow_handlers_run_side_by_side_and_block_nobody),
		T(connections_of_a_uid_are_bounded_and_given_back),
		T(one_uid_leaves_workers_to_the_others),
		T(closing_waits_for_what_runs_and_its_answer_leaves),
		T(closing_with_idle_and_half_open_connections_ends),
		cmocka_unit_test(a_header_line_cannot_be_split),
	};

	log_open("test-http");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
