/*
 * The client's side of the API: HTTP/1.1 over the vault's Unix socket, or
 * over `sceau relay` at the other end of an ssh session. libcurl is included
 * in http.c only.
 */
#ifndef CLIENT_HTTP_H
#define CLIENT_HTTP_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

#define HTTP_ANSWER_MAX (16u << 20) /* bytes of an answer kept in memory */

struct http;

/*
 * socket: path of api.sock (or a forwarded socket); host: USER@VAULT for the
 * relay over ssh; exactly one is not NULL. Nothing is sent yet.
 */
int http_open(const char *socket, const char *host, struct http **out,
    struct err *e) NODISCARD;
void http_freep(struct http **h);
/* The fingerprint of the ssh key that let us in, for every request from now
 * on: of a partner's door. */
int http_tell_key(struct http *h, const char *fingerprint, struct err *e)
    NODISCARD;
/* Did anything ever come back? */
int http_answered(const struct http *h);

struct http_exchange {
	const char *method, *path; /* path with its query */
	const json_t *body;	   /* a JSON object, or NULL */
	/* Another body: length bytes from fd, at its present offset. */
	int fd; /* -1: none */
	uint64_t length;
	/* Headers; NULL: none. */
	const char *purpose, *idempotency, *step_up;
	/* A successful answer's bytes; -1: the answer goes to text. */
	int out_fd;
	/* Called before the first byte to out_fd, with status and headers
	 * known; not 0 ends the exchange with that error. Or NULL. */
	int (*started)(struct http_exchange *x, struct err *e);
	/* Runs over the bytes written to out_fd; borrowed, or NULL. */
	struct digest *digest;
	void (*progress)(void *arg, uint64_t done, uint64_t all);
	void *arg;
	/* out */
	long status;
	struct buf text; /* the answer, when not to out_fd */
	json_t *json;	 /* parsed, when it is JSON */
	char leaf[32], sha256[80], name[1024], pages[16]; /* Sceau-… */
	char media[96], type[64]; /* Sceau-Media, Content-Type */
	char said_length[24];	  /* Content-Length of the answer */
};
void http_exchange_done(struct http_exchange *x);

/*
 * One exchange. A problem+json answer becomes the error: its code, its
 * stable tag, its detail and the number of its leaf as the text. A 202 is
 * ERR_PENDING. Another answer that is no success is ERR_UNAVAILABLE, tag
 * "answer": something else than a vault sits there. ERR_UNAVAILABLE, tags
 * "no-vault": nobody listens; "relay": the ssh session did not come about;
 * "cut": the connection broke; "timeout". ERR_DENIED, tag "no-access": the
 * socket is not for this account. An answer that is cut short is
 * ERR_INCOMPLETE, tag "cut".
 */
int http_run(struct http *h, struct http_exchange *x, struct err *e) NODISCARD;

/* Percent-encode s for a path segment or a query value. */
int http_escape(const char *s, struct buf *out, struct err *e) NODISCARD;

/* GET or POST and the parsed answer in *out (the caller's; NULL when the
 * answer is no JSON). */
int http_json(struct http *h, const char *method, const char *path,
    const json_t *body, json_t **out, struct err *e) NODISCARD;

#endif
