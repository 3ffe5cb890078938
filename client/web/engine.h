/* What the files of the console's engine share. Not for pages. */
#ifndef CLIENT_WEB_ENGINE_H
#define CLIENT_WEB_ENGINE_H

#include <pthread.h>

#include "client/web/lot.h"
#include "client/web/web.h"

#define SESSION_TEXT 32 /* digits of a cookie: 128 random bits */
#define CODE_SYMBOLS 20 /* of 31: 99 bits */

struct web_session {
	char cookie[SESSION_TEXT + 1], csrf[SESSION_TEXT + 1];
	int64_t last_s, me_s; /* of the clock since boot */
	unsigned refs;
	int ended;
	json_t *kept, *me;
	char *told;
	char name[128];
};

/* The rules of the vault as they were fetched; shared by calls. */
struct web_rules {
	struct policy *policy;
	char sha256[72];
	unsigned refs;
};

struct web_upstream {
	struct http *http;
	int busy;
};

struct web {
	struct web_settings settings;
	struct httpd *httpd;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t freed; /* an upstream */
	struct web_session *sessions[WEB_SESSIONS_MAX];
	struct web_upstream upstreams[WEB_UPSTREAMS_MAX];
	struct web_rules *rules; /* the newest */
	struct lot *lots[LOTS_MAX];
	char code[CODE_SYMBOLS + 1];
	int used; /* there was a session */
	int code_shown, code_tries, code_fd;
	int port;
};

struct web_field {
	char *name;
	struct buf value;
};

void web_sessions_close(struct web *w);
int web_code_draw(struct web *w, struct err *e) NODISCARD;

/* A connection to the vault for one request; waits for a free one. A cut one
 * is not given again. */
int web_upstream_take(struct web *w, struct http **out, struct err *e)
    NODISCARD;
void web_upstream_give(struct web *w, struct http **h, int keep);
void web_upstreams_close(struct web *w);

void web_rules_put(struct web *w, struct web_rules **r);

/* Of the form: fields and files as they arrive (form.c). */
int web_form_part(void *call, const char *name, const char *filename,
    const char *type, const char *data, uint64_t offset, size_t n);
int web_form_check(struct web_call *c, struct err *e) NODISCARD;
void web_form_done(struct web_call *c);

#endif
