#include "client/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "client/messages.h"

#define CONNECT_S 10
#define EXCHANGE_S 3600

struct http {
	CURL *curl;
	char *socket, *host;
	pid_t ssh; /* the relay's session, or 0 */
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
	if ((*h)->ssh > 0)
		waitpid((*h)->ssh, NULL, 0);
	free((*h)->socket);
	free((*h)->host);
	free(*h);
	*h = NULL;
}

void
http_exchange_done(struct http_exchange *x)
{
	buf_done(&x->text);
	json_decref(x->json);
	x->json = NULL;
}

/* --- the relay: an ssh session whose stdin and stdout are the socket ---- */

static curl_socket_t
open_relay(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http *h = arg;
	int pair[2];

	(void)purpose;
	(void)address;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return CURL_SOCKET_BAD;
	if ((h->ssh = fork()) < 0) {
		close(pair[0]);
		close(pair[1]);
		return CURL_SOCKET_BAD;
	}
	if (h->ssh == 0) {
		if (dup2(pair[1], 0) < 0 || dup2(pair[1], 1) < 0)
			_exit(127);
		/* The server's forced command is sceau relay whatever we
		 * say; without one, this asks for it. */
		execlp("ssh", "ssh", "-T", "-o", "BatchMode=yes", "--", h->host,
		    "sceau", "relay", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	return pair[0];
}

static int
already_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* --- one exchange ----------------------------------------------------- */

struct transfer {
	struct http_exchange *x;
	uint64_t sent, received;
	int is_problem; /* the answer is kept in memory whatever out_fd is */
	int failed;
};

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct http_exchange *x = t->x;

	n *= size;
	t->received += n;
	if (x->out_fd >= 0 && !t->is_problem)
		return fd_write_all(x->out_fd, p, n, NULL) < 0 ? 0 : n;
	if (x->text.len + n > HTTP_ANSWER_MAX ||
	    buf_add(&x->text, p, n, NULL) < 0)
		return 0;
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
	char type[64] = "";

	n *= size;
	keep_header(p, n, "Sceau-Leaf", x->leaf, sizeof(x->leaf));
	keep_header(p, n, "Sceau-Sha256", x->sha256, sizeof(x->sha256));
	keep_header(p, n, "Sceau-Name", x->name, sizeof(x->name));
	keep_header(p, n, "Sceau-Pages", x->pages, sizeof(x->pages));
	keep_header(p, n, "Content-Type", type, sizeof(type));
	if (strncmp(type, "application/problem+json", 24) == 0)
		t->is_problem = 1;
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
	if ((got = read(t->x->fd, out, n)) <= 0)
		return CURL_READFUNC_ABORT;
	t->sent += (uint64_t)got;
	if (t->x->progress != NULL)
		t->x->progress(t->x->arg, t->sent, t->x->length);
	return (size_t)got;
}

static struct curl_slist *
headers_of(const struct http_exchange *x)
{
	struct curl_slist *l = NULL;
	char line[256];

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
	if (x->idempotency != NULL) {
		snprintf(
		    line, sizeof(line), "Idempotency-Key: %s", x->idempotency);
		l = curl_slist_append(l, line);
	}
	return l;
}

/* The answer's problem as an error. */
static int
problem(struct http_exchange *x, struct err *e)
{
	const char *tag, *title, *detail;
	enum err_code code = ERR_INTERNAL;
	int i;

	tag = json_string_value(json_object_get(x->json, "code"));
	title = json_string_value(json_object_get(x->json, "title"));
	detail = json_string_value(json_object_get(x->json, "detail"));
	if (title != NULL)
		code = err_code_from_name(title);
	if (code == ERR_INTERNAL || code == ERR_OK)
		for (i = ERR_INVALID; i < ERR_INTERNAL; i++)
			if (err_http((enum err_code)i) == x->status) {
				code = (enum err_code)i;
				break;
			}
	err_tag(e, code, message_tag(tag != NULL ? tag : ""), "%s",
	    detail != NULL ? detail : "");
	if (detail == NULL)
		return err_set(e, code, "HTTP %ld", x->status);
	if (e->tag == NULL && tag != NULL && strcmp(tag, title ? title : ""))
		return err_set(e, code, "%s (%s)", detail, tag);
	return -(int)code;
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
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)EXCHANGE_S);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (h->socket != NULL) {
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, h->socket);
		return;
	}
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_relay);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, already_connected);
}

static int
run_curl(struct http *h, struct transfer *t, struct err *e)
{
	CURLcode rc = curl_easy_perform(h->curl);

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &t->x->status);
	switch (rc) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_CONNECT:
		return err_tag(e, ERR_UNAVAILABLE, "no-vault",
		    "nobody answers at %s",
		    h->socket != NULL ? h->socket : h->host);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return err_tag(e,
		    t->received > 0 ? ERR_INCOMPLETE : ERR_UNAVAILABLE, "cut",
		    "the connection was cut");
	case CURLE_WRITE_ERROR:
		return err_set(e, ERR_IO, "the answer cannot be written");
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(e, ERR_IO, "the file cannot be read");
	default:
		return err_set(
		    e, ERR_UNAVAILABLE, "%s", curl_easy_strerror(rc));
	}
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
	if ((r = buf_addf(&url, e, "http://vault%s", x->path)) < 0)
		return r;
	headers = headers_of(x);
	setup(h, &t, buf_str(&url), headers);
	if (body != NULL) {
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(body));
	} else if (x->fd >= 0) {
		curl_easy_setopt(h->curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(h->curl, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(h->curl, CURLOPT_READDATA, &t);
		curl_easy_setopt(
		    h->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->length);
		curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, x->method);
	}
	r = run_curl(h, &t, e);
	curl_slist_free_all(headers);
	if (x->text.len > 0)
		x->json = json_loadb((const char *)x->text.p, x->text.len,
		    JSON_REJECT_DUPLICATES, NULL);
	if (x->status >= 400 || (x->status == 202 && t.is_problem))
		return problem(x, e);
	return r;
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
