#include "client/web/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "base/wait.h"
#include "client/save.h"
#include "client/web/engine.h"

#define PIECE (64u << 10)
#define SILENCE_MS 20000  /* of the vault, in the midst of its answer */
#define FIRST_MS 60000	  /* until its first byte */
#define NAME_MAX_SHOWN 70 /* bytes: three characters each when escaped */
#define EXTENSION_MAX 8

/* Held by the thread that asks the vault and by the answer that is given; the
 * last one frees it. */
struct stream {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned refs;
	int begun, ended, r;
	struct err failed;
	struct http *http;
	struct http_exchange x;
	struct digest *digest;
	struct buf path;
	char purpose[POLICY_NAME_MAX + 1];
	int rd, wr;
	uint64_t size, given;
};

static void
put(struct stream *s)
{
	unsigned left;

	pthread_mutex_lock(&s->lock);
	left = --s->refs;
	pthread_mutex_unlock(&s->lock);
	if (left > 0)
		return;
	http_freep(&s->http);
	http_exchange_done(&s->x);
	digest_freep(&s->digest);
	buf_done(&s->path);
	fd_closep(&s->rd);
	fd_closep(&s->wr);
	pthread_cond_destroy(&s->moved);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- the vault's side ------------------------------------------------------
 */

static void
tell(struct stream *s, int *what)
{
	pthread_mutex_lock(&s->lock);
	*what = 1;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
}

static int
on_started(struct http_exchange *x, struct err *e)
{
	struct stream *s = x->arg;

	(void)e;
	tell(s, &s->begun);
	return 0;
}

static int
check(struct stream *s, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = digest_final(s->digest, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	if (strcmp(hex, s->x.sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed", "SHA-256");
	return 0;
}

static void *
ask(void *arg)
{
	struct stream *s = arg;
	struct err e = { 0 };
	int r = http_run(s->http, &s->x, &e);

	if (r == 0)
		r = check(s, &e);
	pthread_mutex_lock(&s->lock);
	s->r = r;
	s->failed = e;
	pthread_mutex_unlock(&s->lock);
	/* The bytes end here; what they are worth was said before. */
	tell(s, &s->ended);
	fd_closep(&s->wr);
	put(s);
	return NULL;
}

/* --- the browser's side ----------------------------------------------------
 */

/* Until *what is said; 0 when it is not in time. */
static int
await(struct stream *s, const int *what, int64_t ms)
{
	struct timespec until = wait_until(ms);
	int said;

	pthread_mutex_lock(&s->lock);
	while (!*what && !s->ended &&
	       pthread_cond_timedwait(&s->moved, &s->lock, &until) == 0)
		;
	said = *what || s->ended;
	pthread_mutex_unlock(&s->lock);
	return said;
}

/* What the vault's side ended with, when it has. */
static int
outcome(struct stream *s, struct err *e)
{
	int r;

	pthread_mutex_lock(&s->lock);
	r = s->ended ? s->r : 0;
	if (r < 0)
		*e = s->failed;
	pthread_mutex_unlock(&s->lock);
	return r;
}

static int
read_piece(struct stream *s, struct buf *out, struct err *e)
{
	struct pollfd p = { .fd = s->rd, .events = POLLIN };
	size_t n = PIECE;
	ssize_t got;
	int r;

	if (s->size - s->given < n)
		n = (size_t)(s->size - s->given);
	if (poll(&p, 1, SILENCE_MS) <= 0)
		return err_tag(e, ERR_UNAVAILABLE, "timeout", "vault");
	if ((r = buf_reserve(out, n, e)) < 0)
		return r;
	do
		got = read(s->rd, out->p + out->len, n);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_tag(e, ERR_INCOMPLETE, "cut", "vault");
	out->len += (size_t)got;
	s->given += (uint64_t)got;
	return 0;
}

static int
next(void *arg, struct buf *out, struct err *e)
{
	struct stream *s = arg;
	int r;

	if (s->given == s->size)
		return 0;
	if ((r = read_piece(s, out, e)) < 0 || s->given < s->size)
		return r;
	/* All of it is here: is it what was filed? */
	if (!await(s, &s->ended, SILENCE_MS))
		return err_tag(e, ERR_UNAVAILABLE, "timeout", "vault");
	return outcome(s, e);
}

static void
done(void *arg)
{
	struct stream *s = arg;

	/* Who still writes learns that nobody reads. */
	fd_closep(&s->rd);
	put(s);
}

/* --- both -------------------------------------------------------------------
 */

static int
make(struct web_call *c, const char *path, struct stream **out, struct err *e)
{
	struct stream *s = calloc(1, sizeof(*s));
	int fd[2], r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "download");
	s->rd = s->wr = -1;
	s->refs = 1;
	pthread_mutex_init(&s->lock, NULL);
	if ((r = wait_cond_init(&s->moved, e)) < 0)
		goto fail;
	if (pipe2(fd, O_CLOEXEC) < 0) {
		r = err_sys(e, ERR_INTERNAL, "download");
		goto fail;
	}
	s->rd = fd[0];
	s->wr = fd[1];
	if ((r = buf_addstr(&s->path, path, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &s->digest, e)) < 0 ||
	    (r = http_open(c->web->settings.socket, c->web->settings.host,
		 &s->http, e)) < 0)
		goto fail;
	if (c->cli.purpose != NULL)
		snprintf(s->purpose, sizeof(s->purpose), "%s", c->cli.purpose);
	s->x = (struct http_exchange){ .method = "GET",
		.path = buf_str(&s->path),
		.fd = -1,
		.out_fd = s->wr,
		.purpose = s->purpose[0] != '\0' ? s->purpose : NULL,
		.started = on_started,
		.digest = s->digest,
		.arg = s };
	*out = s;
	return 0;
fail:
	put(s);
	return r;
}

static int
begin(struct stream *s, struct err *e)
{
	pthread_attr_t detached;
	pthread_t thread;
	int r;

	s->refs++;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &detached, ask, s);
	pthread_attr_destroy(&detached);
	if (r != 0) {
		s->refs--;
		return err_set(e, ERR_NOMEM, "download");
	}
	if (!await(s, &s->begun, FIRST_MS))
		return err_tag(e, ERR_UNAVAILABLE, "timeout", "vault");
	if ((r = outcome(s, e)) < 0)
		return r;
	return text_decimal(s->x.said_length, strlen(s->x.said_length),
		   &s->size, NULL) < 0
		   ? err_tag(e, ERR_UNAVAILABLE, "answer", "length")
		   : 0;
}

static int
give(struct web_call *c, const char *path, const char *type, struct err *e)
{
	char disposition[HTTP_VALUE_MAX];
	struct stream *s = NULL;
	int r;

	if ((r = make(c, path, &s, e)) < 0 || s == NULL)
		return r;
	if ((r = begin(s, e)) < 0)
		goto fail;
	web_disposition(s->x.name, disposition);
	if (type == NULL &&
	    (r = web_header(c, "Content-Disposition", disposition, e)) < 0)
		goto fail;
	c->whole = 1;
	c->sandbox = 1;
	c->rs->status = 200;
	snprintf(c->rs->type, sizeof(c->rs->type), "%s",
	    type != NULL ? type : "application/octet-stream");
	if (s->size == 0) {
		done(s);
		return 0;
	}
	c->rs->next = next;
	c->rs->done = done;
	c->rs->arg = s;
	c->rs->size = s->size;
	return 0;
fail:
	done(s);
	return r;
}

int
web_stream(struct web_call *c, const char *path, struct err *e)
{
	return give(c, path, NULL, e);
}

int
web_stream_picture(
    struct web_call *c, const char *path, const char *type, struct err *e)
{
	/* Nothing else is ever shown: least of all what could run. */
	if (strcmp(type, "image/jpeg") != 0 && strcmp(type, "image/png") != 0)
		return err_tag(e, ERR_REFUSED, "web-picture", "%.60s", type);
	return give(c, path,
	    strcmp(type, "image/png") == 0 ? "image/png" : "image/jpeg", e);
}

/* --- the name ----------------------------------------------------------------
 */

/* At most max bytes, whole characters of them, and the extension stays. */
static void
shorten(char *name, size_t max)
{
	char *dot = strrchr(name, '.'), tail[EXTENSION_MAX + 2] = "";
	size_t n = strlen(name), keep;

	if (n <= max)
		return;
	if (dot != NULL && strlen(dot) <= EXTENSION_MAX + 1)
		snprintf(tail, sizeof(tail), "%s", dot);
	keep = max - strlen(tail);
	while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
		keep--;
	memcpy(name + keep, tail, strlen(tail) + 1);
}

static int
is_plain(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch >= '0' && ch <= '9') || (ch != '\0' && strchr("-._", ch));
}

void
web_disposition(const char *name, char out[HTTP_VALUE_MAX])
{
	AUTO(buf_done) struct buf escaped = { 0 };
	char kept[SAVE_NAME_MAX + 1], ascii[NAME_MAX_SHOWN + 1];
	size_t i;

	save_name(name, kept);
	shorten(kept, NAME_MAX_SHOWN);
	for (i = 0; kept[i] != '\0'; i++)
		ascii[i] = is_plain(kept[i]) || kept[i] == ' ' ? kept[i] : '_';
	ascii[i] = '\0';
	if (http_escape(kept, &escaped, NULL) < 0)
		buf_reset(&escaped);
	snprintf(out, HTTP_VALUE_MAX,
	    "attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii,
	    escaped.len > 0 ? buf_str(&escaped) : "document");
}
