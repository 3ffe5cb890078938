/*
 * HTTP/1.1 on Unix sockets: libmicrohttpd behind a guard (only this file
 * includes microhttpd.h). One event loop a socket (epoll); handlers run on
 * worker threads and may block; the connection is suspended meanwhile.
 *
 * The guard refuses, and closes the connection: Content-Length together with
 * Transfer-Encoding, either twice, an unknown Transfer-Encoding, a missing
 * or double Host, a Content-Length that is no number, a target with control
 * characters or a broken escape, any Origin or Referer (unless browsers are
 * meant to come: then the handler judges them); and what is over the
 * connections of a uid. libmicrohttpd's own error pages cannot be changed:
 * clients survive that.
 */
#ifndef BASE_HTTPD_H
#define BASE_HTTPD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ipc.h"

#define HTTP_BODY_MAX (1u << 20) /* bytes of a JSON body */
#define HTTP_PER_UID_MAX 96	 /* connections of one uid */
#define HTTP_CONNECTIONS_MAX 512
#define HTTP_WORKERS 80 /* handlers that may block at once */
#define HTTP_IDLE_S 60
#define HTTP_VALUE_MAX 400 /* bytes of a header's value, with its NUL */

struct http_request {
	const char *method, *path;    /* path without the query */
	struct peer peer;	      /* at connect() */
	int door;		      /* of the listener */
	struct buf body;	      /* whole, unless sink is set */
	uint64_t received;	      /* bytes given to the sink */
	int cut;		      /* the body ended before its time */
	void *state;		      /* the handler's, from begin to done */
	struct http_connection *conn; /* the engine's own */
};
/* NULL when absent. Names are compared without case. */
const char *http_header(const struct http_request *rq, const char *name);
/* "" for a name without a value. */
const char *http_query(const struct http_request *rq, const char *name);
/* Content-Length, or -1. */
int64_t http_length(const struct http_request *rq);

struct http_response {
	int status;
	char type[64];	 /* Content-Type; "" for none */
	struct buf body; /* sent whole, unless next is set */
	struct http_header_line {
		char name[48], value[HTTP_VALUE_MAX];
	} headers[12];
	size_t nheaders;
	/*
	 * A streamed body of size bytes: next appends the next piece to out
	 * (nothing at the end); an error aborts the connection. done frees.
	 */
	int (*next)(void *arg, struct buf *out, struct err *e);
	void (*done)(void *arg);
	void *arg;
	uint64_t size;
	int close; /* close the connection after it */
};
int http_set_header(struct http_response *rs, const char *name,
    const char *value, struct err *e) NODISCARD;

struct http_handler {
	void *arg;
	/*
	 * At the headers, in the event loop: quick, never blocks. Return 0
	 * to take the body into rq->body, 1 to get it through sink, < 0 to
	 * answer *rs at once and close.
	 */
	int (*begin)(
	    void *arg, struct http_request *rq, struct http_response *rs);
	/* A piece of the body, in the event loop. < 0: answer *rs, close. */
	int (*sink)(void *arg, struct http_request *rq, const void *p, size_t n,
	    struct http_response *rs);
	/* On a worker: the whole request is there. Fills *rs. */
	void (*run)(
	    void *arg, struct http_request *rq, struct http_response *rs);
	/*
	 * On a worker: a request that the guard refused, and why. Fills *rs
	 * (400, closed after it); neither begin nor done is called. NULL: the
	 * engine answers.
	 */
	void (*refuse)(void *arg, struct http_request *rq, const char *why,
	    struct http_response *rs);
	/* Last, after each begin; rq->cut: the body did not arrive whole. */
	void (*done)(void *arg, struct http_request *rq);
	unsigned workers; /* handlers that may block at once; 0: HTTP_WORKERS */
	/* Of one uid at once, so that some are left for the others; 0: all. */
	unsigned per_uid;
};

struct httpd;
struct http_listener {
	int fd;	  /* listening Unix stream socket; taken */
	int door; /* given back in http_request */
	/* Browsers come here: Origin and Referer pass, for begin to judge. The
	 * socket may be TCP on loopback; its peers have no uid of their own and
	 * get this process's. */
	int browsers;
};

/*
 * A form as browsers send it (application/x-www-form-urlencoded or
 * multipart/form-data), taken apart while it arrives. part is called for each
 * piece of each field, in order: filename and type are NULL but for files;
 * offset is that of the piece within its field. Return < 0 to end it.
 */
struct http_form;
typedef int http_form_part(void *arg, const char *name, const char *filename,
    const char *type, const char *data, uint64_t offset, size_t n);
/* In begin. ERR_INVALID when Content-Type is neither. */
int http_form_open(struct http_request *rq, http_form_part *part, void *arg,
    struct http_form **out, struct err *e) NODISCARD;
/* ERR_INVALID: not of that form, or ended by part. */
int http_form_feed(struct http_form *f, const void *p, size_t n, struct err *e)
    NODISCARD;
/* The last piece; frees. */
int http_form_close(struct http_form *f, struct err *e) NODISCARD;
void http_form_freep(struct http_form **f);

int httpd_open(const struct http_listener *l, size_t n,
    const struct http_handler *h, struct httpd **out, struct err *e) NODISCARD;
/* Stop accepting, let what runs end (at most timeout_ms), close. */
void httpd_close(struct httpd *h, int timeout_ms);

#endif
