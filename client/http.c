#include "client/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/statement.h"
#include "client/cli.h"
#include "client/details.h"
#include "client/messages.h"
#include "client/session.h"

#define CONNECT_S 10
#define HEADER_MAX 128 /* bytes of a header's value that we send */
#define SILENCE_S 900  /* an exchange in which nothing moves for so long */

struct http {
	CURL *curl;
	char *socket, *host;
	struct session session; /* to host */
	int answered;		/* something came back at least once */
	char *door_key;
};

int
http_open(
    const char *socket, const char *host, struct http **out, struct err *e)
{
	struct http *h;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return err_set(e, ERR_NOMEM, "HTTP");
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK ||
	    (h->curl = curl_easy_init()) == NULL ||
	    (socket != NULL && (h->socket = strdup(socket)) == NULL) ||
	    (host != NULL && (h->host = strdup(host)) == NULL)) {
		http_freep(&h);
		return err_set(e, ERR_NOMEM, "HTTP");
	}
	*out = h;
	return 0;
}

void
http_freep(struct http **h)
{
	if (*h == NULL)
		return;
	if ((*h)->curl != NULL)
		curl_easy_cleanup((*h)->curl);
	session_close(&(*h)->session);
	free((*h)->socket);
	free((*h)->host);
	free((*h)->door_key);
	free(*h);
	*h = NULL;
}

/* A header's value is one line, and short. */
static int
check_header(const char *s, struct err *e)
{
	size_t n = s != NULL ? strlen(s) : 0, i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			break;
	if (i < n || n > HEADER_MAX)
		return err_set(e, ERR_USAGE,
		    _("une finalité tient sur une ligne de %d octets"),
		    HEADER_MAX);
	return 0;
}

int
http_tell_key(struct http *h, const char *fingerprint, struct err *e)
{
	int r;

	if ((r = check_header(fingerprint, e)) < 0)
		return r;
	free(h->door_key);
	if ((h->door_key = strdup(fingerprint)) == NULL)
		return err_set(e, ERR_NOMEM, "HTTP");
	return 0;
}

int
http_answered(const struct http *h)
{
	return h->answered;
}

void
http_exchange_done(struct http_exchange *x)
{
	buf_done(&x->text);
	json_decref(x->json);
	x->json = NULL;
}

/* --- one exchange ----------------------------------------------------- */

struct transfer {
	struct http_exchange *x;
	uint64_t sent, received;
	off_t from;	   /* where the body begins in x->fd */
	struct err failed; /* on our side, while the exchange ran */
};

static int
is_success(const struct http_exchange *x)
{
	return x->status >= 200 && x->status < 300;
}

/* A successful answer goes where it was asked for; all else is kept to be
 * understood. */
static int
keep_body(struct transfer *t, const char *p, size_t n)
{
	struct http_exchange *x = t->x;
	int r;

	if (x->out_fd < 0 || !is_success(x)) {
		if (x->text.len + n > HTTP_ANSWER_MAX)
			return err_set(&t->failed, ERR_TOO_LARGE,
			    "answer over %u bytes", HTTP_ANSWER_MAX);
		return buf_add(&x->text, p, n, &t->failed);
	}
	if (t->received == 0 && x->started != NULL &&
	    (r = x->started(x, &t->failed)) < 0)
		return r;
	if (x->digest != NULL &&
	    (r = digest_add(x->digest, p, n, &t->failed)) < 0)
		return r;
	return fd_write_all(x->out_fd, p, n, &t->failed);
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	if (keep_body(t, p, n) < 0)
		return n == 0 ? 1 : 0;
	t->received += n;
	return n;
}

/* "Name: value\r\n" into out when it is this header. */
static void
keep_header(
    const char *line, size_t n, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	if (n <= len + 1 || strncasecmp(line, name, len) != 0 ||
	    line[len] != ':')
		return;
	line += len + 1;
	n -= len + 1;
	while (n > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	if (n < size) {
		memcpy(out, line, n);
		out[n] = '\0';
	}
}

static size_t
take_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct http_exchange *x = t->x;

	n *= size;
	/* "HTTP/1.1 200 OK": an interim answer (100) may come before. */
	if (n > 12 && strncmp(p, "HTTP/1.", 7) == 0)
		x->status = strtol(p + 9, NULL, 10);
	keep_header(p, n, "Sceau-Leaf", x->leaf, sizeof(x->leaf));
	keep_header(p, n, "Sceau-Sha256", x->sha256, sizeof(x->sha256));
	keep_header(p, n, "Sceau-Name", x->name, sizeof(x->name));
	keep_header(p, n, "Sceau-Pages", x->pages, sizeof(x->pages));
	keep_header(p, n, "Sceau-Media", x->media, sizeof(x->media));
	keep_header(p, n, "Content-Type", x->type, sizeof(x->type));
	keep_header(
	    p, n, "Content-Length", x->said_length, sizeof(x->said_length));
	return n;
}

static size_t
give_body(char *out, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	uint64_t left = t->x->length - t->sent;
	ssize_t got;

	n *= size;
	if (n > left)
		n = (size_t)left;
	if (n == 0)
		return 0;
	do
		got = read(t->x->fd, out, n);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		err_sys(&t->failed, ERR_IO, "file");
		return CURL_READFUNC_ABORT;
	}
	if (got == 0) {
		err_tag(&t->failed, ERR_CONFLICT, "file-changed",
		    "the file became shorter");
		return CURL_READFUNC_ABORT;
	}
	t->sent += (uint64_t)got;
	if (t->x->progress != NULL)
		t->x->progress(t->x->arg, t->sent, t->x->length);
	return (size_t)got;
}

/* curl begins again when a connection that it kept turned out dead. */
static int
rewind_body(void *arg, curl_off_t offset, int whence)
{
	struct transfer *t = arg;

	if (whence != SEEK_SET ||
	    lseek(t->x->fd, t->from + offset, SEEK_SET) < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	t->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static struct curl_slist *
headers_of(const struct http *h, const struct http_exchange *x)
{
	struct curl_slist *l = NULL;
	char line[256], long_line[STEP_UP_HEADER_MAX + 32];

	l = curl_slist_append(l, "Expect:");
	if (x->body != NULL)
		l = curl_slist_append(l, "Content-Type: application/json");
	else if (x->fd >= 0)
		l = curl_slist_append(
		    l, "Content-Type: application/octet-stream");
	if (x->purpose != NULL) {
		snprintf(line, sizeof(line), "Sceau-Purpose: %s", x->purpose);
		l = curl_slist_append(l, line);
	}
	if (x->step_up != NULL) {
		snprintf(long_line, sizeof(long_line), STEP_UP_HEADER ": %s",
		    x->step_up);
		l = curl_slist_append(l, long_line);
	}
	if (x->idempotency != NULL) {
		snprintf(
		    line, sizeof(line), "Idempotency-Key: %s", x->idempotency);
		l = curl_slist_append(l, line);
	}
	if (h->door_key != NULL) {
		snprintf(line, sizeof(line), "Sceau-Door-Key: %s", h->door_key);
		l = curl_slist_append(l, line);
	}
	return l;
}

/* The code of a problem: its title is the code's name; without one ("no
 * such thing" says nothing more) its status decides. */
static enum err_code
problem_code(const struct http_exchange *x, const char *title)
{
	enum err_code code;
	int i;

	if (title != NULL) {
		code = err_code_from_name(title);
		return code == ERR_OK ? ERR_INTERNAL : code;
	}
	for (i = ERR_INVALID; x->status < 500 && i < ERR_INTERNAL; i++)
		if (err_http((enum err_code)i) == x->status)
			return (enum err_code)i;
	return ERR_INTERNAL;
}

static int
is_problem(const struct http_exchange *x)
{
	return strncmp(x->type, "application/problem+json", 24) == 0 &&
	       json_is_object(x->json);
}

/* At most so many bytes of s, whole characters of them. */
static int
add_cut(struct buf *out, const char *s, size_t max, struct err *e)
{
	size_t n = strlen(s);

	if (n <= max)
		return buf_addstr(out, s, e);
	for (n = max - strlen("…"); n > 0 && (s[n] & 0xc0) == 0x80;)
		n--;
	return buf_addf(out, e, "%.*s…", (int)n, s);
}

#define AUDIT_ROOM 48 /* bytes that the number of the entry may take */

/* What the vault adds, in the reader's words. */
static void
add_detail(struct buf *out, const char *detail)
{
	AUTO(buf_done) struct buf shown = { 0 };

	if (details_add(&shown, detail, NULL) == 0)
		(void)!add_cut(
		    out, buf_str(&shown), ERR_TEXT_MAX - AUDIT_ROOM, NULL);
}

/* The answer's problem as an error. */
static int
problem(struct http_exchange *x, struct err *e)
{
	const char *title, *tag, *known;
	json_t *leaf = json_object_get(x->json, "audit");
	AUTO(buf_done) struct buf text = { 0 };
	enum err_code code;

	title = json_string_value(json_object_get(x->json, "title"));
	tag = jstr(x->json, "code");
	known = message_tag(tag);
	code = problem_code(x, title);
	if (known == NULL || !message_is_whole(known))
		add_detail(&text, jstr(x->json, "detail"));
	if (known == NULL && *tag != '\0' && strcmp(tag, err_code_name(code)))
		(void)!buf_addf(&text, NULL, " [%s]", tag);
	if (json_is_integer(leaf)) {
		(void)!buf_addf(&text, NULL, "%s", text.len > 0 ? "; " : "");
		(void)!buf_addf(&text, NULL, _("inscription n° %lld"),
		    (long long)json_integer_value(leaf));
	}
	return err_tag(e, code, known, "%s", buf_str(&text));
}

static void
setup(struct http *h, struct transfer *t, const char *url,
    struct curl_slist *headers)
{
	struct http_exchange *x = t->x;
	CURL *c = h->curl;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, x->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	/* Erasing and filing may take long without a byte moving; an upload
	 * over a slow line takes long while they move. */
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (h->socket != NULL) {
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, h->socket);
		return;
	}
	curl_easy_setopt(c, CURLOPT_ABSTRACT_UNIX_SOCKET, h->session.name);
}

static int
not_connected(const struct http *h, struct err *e)
{
	long sys = 0;

	curl_easy_getinfo(h->curl, CURLINFO_OS_ERRNO, &sys);
	if (sys == EACCES || sys == EPERM)
		return err_tag(e, ERR_DENIED, "no-access", "%s",
		    h->socket != NULL ? h->socket : h->host);
	return err_tag(e, ERR_UNAVAILABLE, "no-vault", "%s",
	    h->socket != NULL ? h->socket : h->host);
}

static int
was_cut(struct http *h, const struct transfer *t, struct err *e)
{
	/* ssh said on the terminal what it did not like. */
	if (h->host != NULL && !h->answered)
		return err_tag(e, ERR_UNAVAILABLE, "relay", "%s", h->host);
	return err_tag(e, t->received > 0 ? ERR_INCOMPLETE : ERR_UNAVAILABLE,
	    "cut", _("après %llu octets envoyés, %llu reçus"),
	    (unsigned long long)t->sent, (unsigned long long)t->received);
}

static int
run_curl(struct http *h, struct transfer *t, struct err *e)
{
	CURLcode rc = curl_easy_perform(h->curl);

	if (t->x->status != 0)
		h->answered = 1;
	switch (rc) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_CONNECT:
		return not_connected(h, e);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
		return was_cut(h, t, e);
	case CURLE_OPERATION_TIMEDOUT:
		return err_tag(
		    e, ERR_UNAVAILABLE, "timeout", "%d s", SILENCE_S);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_tag(
		    e, ERR_UNAVAILABLE, "answer", "%s", curl_easy_strerror(rc));
	default:
		return err_set(
		    e, ERR_UNAVAILABLE, "%s", curl_easy_strerror(rc));
	}
}

static void
setup_body(struct http *h, struct transfer *t, const char *json)
{
	if (json != NULL) {
		/* On a connection that was kept and turns out dead curl asks
		 * again by itself: only where twice is as good as once,
		 * which a statement never is. */
		curl_easy_setopt(h->curl, CURLOPT_FRESH_CONNECT,
		    t->x->idempotency == NULL || t->x->step_up != NULL ? 1L
								       : 0L);
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, json);
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(json));
	} else if (t->x->fd >= 0) {
		t->from = lseek(t->x->fd, 0, SEEK_CUR);
		curl_easy_setopt(h->curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(h->curl, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(h->curl, CURLOPT_READDATA, t);
		curl_easy_setopt(h->curl, CURLOPT_SEEKFUNCTION, rewind_body);
		curl_easy_setopt(h->curl, CURLOPT_SEEKDATA, t);
		curl_easy_setopt(h->curl, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)t->x->length);
		curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, t->x->method);
	}
}

/* What came back, after the transfer ended with r. A problem that arrived
 * whole says more than how its connection ended. */
static int
judge(struct http_exchange *x, const struct transfer *t, int r, struct err *e)
{
	if (x->text.len > 0)
		x->json = json_loadb((const char *)x->text.p, x->text.len,
		    JSON_REJECT_DUPLICATES, NULL);
	if (is_problem(x) && (x->status >= 400 || x->status == 202))
		return problem(x, e);
	if (t->failed.code != ERR_OK) {
		*e = t->failed;
		return -(int)e->code;
	}
	if (r < 0)
		return r;
	if (!is_success(x) || x->status == 202)
		return err_tag(
		    e, ERR_UNAVAILABLE, "answer", "HTTP %ld", x->status);
	return 0;
}

int
http_run(struct http *h, struct http_exchange *x, struct err *e)
{
	struct transfer t = { .x = x };
	AUTO(mem_freep) char *body = NULL;
	AUTO(buf_done) struct buf url = { 0 };
	struct curl_slist *headers;
	int r;

	if (x->body != NULL &&
	    (body = json_dumps(x->body, JSON_COMPACT)) == NULL)
		return err_set(e, ERR_NOMEM, "request");
	if ((r = check_header(x->purpose, e)) < 0 ||
	    (r = check_header(x->idempotency, e)) < 0 ||
	    (r = buf_addf(&url, e, "http://vault%s", x->path)) < 0)
		return r;
	if (h->host != NULL && h->session.pid == 0 &&
	    (r = session_open(&h->session, h->host, e)) < 0)
		return r;
	headers = headers_of(h, x);
	setup(h, &t, buf_str(&url), headers);
	setup_body(h, &t, body);
	r = run_curl(h, &t, e);
	curl_slist_free_all(headers);
	return judge(x, &t, r, e);
}

int
http_escape(const char *s, struct buf *out, struct err *e)
{
	char *p = curl_easy_escape(NULL, s, 0);
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "path");
	r = buf_addstr(out, p, e);
	curl_free(p);
	return r;
}

int
http_json(struct http *h, const char *method, const char *path,
    const json_t *body, json_t **out, struct err *e)
{
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = method,
		.path = path,
		.body = body,
		.fd = -1,
		.out_fd = -1,
	};
	int r;

	if ((r = http_run(h, &x, e)) < 0)
		return r;
	*out = x.json;
	x.json = NULL;
	return 0;
}
