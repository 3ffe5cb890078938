/*
 * Sessions of browsers: an unguessable cookie, a token against forged forms,
 * what pages keep, and an end when nothing comes for a while. All of it in
 * memory, all of it gone with the process.
 */
#include <pthread.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/web/engine.h"

#define CODE_TRIES 5
#define ME_S 30 /* what the vault says of the person is asked anew */

static int64_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

static void
session_free(struct web_session *s)
{
	json_decref(s->kept);
	json_decref(s->me);
	if (s->told != NULL)
		secret_wipe(s->told, strlen(s->told));
	free(s->told);
	secret_wipe(s, sizeof(*s));
	free(s);
}

/* Under the lock: taken off the list; freed when nobody uses it. */
static void
drop(struct web *w, size_t i)
{
	struct web_session *s = w->sessions[i];

	w->sessions[i] = NULL;
	s->ended = 1;
	if (s->refs == 0)
		session_free(s);
}

/* Under the lock. */
static void
sweep(struct web *w)
{
	int64_t now = now_s();
	size_t i;

	for (i = 0; i < WEB_SESSIONS_MAX; i++)
		if (w->sessions[i] != NULL &&
		    now - w->sessions[i]->last_s > w->settings.idle_s)
			drop(w, i);
}

struct web_session *
web_session_find(struct web *w, const char *cookie)
{
	struct web_session *found = NULL;
	size_t i;

	if (strlen(cookie) != SESSION_TEXT)
		return NULL;
	pthread_mutex_lock(&w->lock);
	sweep(w);
	for (i = 0; i < WEB_SESSIONS_MAX; i++)
		if (w->sessions[i] != NULL &&
		    secret_equal(w->sessions[i]->cookie, cookie, SESSION_TEXT))
			found = w->sessions[i];
	if (found != NULL) {
		found->last_s = now_s();
		found->refs++;
	}
	pthread_mutex_unlock(&w->lock);
	return found;
}

static int
draw(char out[SESSION_TEXT + 1], struct err *e)
{
	uint8_t r[SESSION_TEXT / 2];
	int rc;

	if ((rc = crypto_random(r, sizeof(r), e)) < 0)
		return rc;
	hex_format(r, sizeof(r), out);
	return 0;
}

/* Under the lock: a free place, that of the oldest one if need be. */
static size_t
place(struct web *w)
{
	size_t i, oldest = 0;

	sweep(w);
	for (i = 0; i < WEB_SESSIONS_MAX; i++) {
		if (w->sessions[i] == NULL)
			return i;
		if (w->sessions[i]->last_s < w->sessions[oldest]->last_s)
			oldest = i;
	}
	drop(w, oldest);
	return oldest;
}

struct web_session *
web_session_new(struct web *w, struct err *e)
{
	struct web_session *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->kept = json_object()) == NULL) {
		free(s);
		err_set(e, ERR_NOMEM, "session");
		return NULL;
	}
	if (draw(s->cookie, e) < 0 || draw(s->csrf, e) < 0) {
		session_free(s);
		return NULL;
	}
	s->last_s = now_s();
	s->refs = 1;
	pthread_mutex_lock(&w->lock);
	w->sessions[place(w)] = s;
	w->used = 1;
	pthread_mutex_unlock(&w->lock);
	return s;
}

void
web_session_put(struct web *w, struct web_session **sp)
{
	struct web_session *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	pthread_mutex_lock(&w->lock);
	if (--s->refs == 0 && s->ended)
		session_free(s);
	pthread_mutex_unlock(&w->lock);
}

void
web_session_end(struct web *w, struct web_session *s)
{
	size_t i;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < WEB_SESSIONS_MAX; i++)
		if (w->sessions[i] == s && s != NULL)
			drop(w, i);
	pthread_mutex_unlock(&w->lock);
}

void
web_sessions_close(struct web *w)
{
	size_t i;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < WEB_SESSIONS_MAX; i++)
		if (w->sessions[i] != NULL)
			drop(w, i);
	pthread_mutex_unlock(&w->lock);
	secret_wipe(w->code, sizeof(w->code));
}

const char *
web_session_cookie(const struct web_session *s)
{
	return s->cookie;
}

int
web_session_csrf_is(const struct web_session *s, const char *said)
{
	return said != NULL && strlen(said) == SESSION_TEXT &&
	       secret_equal(s->csrf, said, SESSION_TEXT);
}

const char *
web_csrf(const struct web_call *c)
{
	return c->session != NULL ? c->session->csrf : "";
}

/* --- what pages keep -------------------------------------------------- */

int
web_keep(struct web_call *c, const char *name, json_t *v, struct err *e)
{
	json_t *kept = c->session->kept;
	size_t n = v != NULL ? json_dumpb(v, NULL, 0, JSON_ENCODE_ANY) : 0;
	int r = 0;

	if (n > WEB_KEPT_MAX) {
		json_decref(v);
		return err_tag(e, ERR_TOO_LARGE, "session-full",
		    "over %u bytes", WEB_KEPT_MAX);
	}
	pthread_mutex_lock(&c->web->lock);
	if (v == NULL)
		json_object_del(kept, name);
	else if (json_object_set_new(kept, name, v) < 0)
		r = err_set(e, ERR_NOMEM, "session");
	pthread_mutex_unlock(&c->web->lock);
	return r;
}

json_t *
web_kept(struct web_call *c, const char *name)
{
	json_t *v;

	pthread_mutex_lock(&c->web->lock);
	v = json_incref(json_object_get(c->session->kept, name));
	pthread_mutex_unlock(&c->web->lock);
	return v;
}

void
web_tell(struct web_call *c, const char *fmt, ...)
{
	char *said = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&said, fmt, ap) < 0)
		said = NULL;
	va_end(ap);
	pthread_mutex_lock(&c->web->lock);
	free(c->session->told);
	c->session->told = said;
	pthread_mutex_unlock(&c->web->lock);
}

char *
web_told(struct web_call *c)
{
	char *said;

	if (c->session == NULL)
		return NULL;
	pthread_mutex_lock(&c->web->lock);
	said = TAKE(c->session->told);
	pthread_mutex_unlock(&c->web->lock);
	return said;
}

/* --- who the person is ------------------------------------------------ */

/* What the vault says of the person; asked again after ME_S. */
json_t *
web_me(struct web_call *c)
{
	json_t *now = NULL;
	int fresh;

	if (c->session == NULL)
		return NULL;
	pthread_mutex_lock(&c->web->lock);
	fresh = c->session->me != NULL && now_s() - c->session->me_s < ME_S;
	pthread_mutex_unlock(&c->web->lock);
	if (!fresh && cli_get(&c->cli, &now, NULL, "/v1/me") == 0) {
		pthread_mutex_lock(&c->web->lock);
		json_decref(c->session->me);
		c->session->me = TAKE(now);
		c->session->me_s = now_s();
		pthread_mutex_unlock(&c->web->lock);
	}
	json_decref(now);
	pthread_mutex_lock(&c->web->lock);
	now = json_incref(c->session->me);
	pthread_mutex_unlock(&c->web->lock);
	return now;
}

static int
among(struct web_call *c, const char *member, const char *word)
{
	AUTO(json_decrefp) json_t *j = web_me(c);
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(j, member), i, v)
	{
		if (strcmp(json_string_value(v), word) == 0)
			return 1;
	}
	return 0;
}

int
web_may(struct web_call *c, const char *operation)
{
	return among(c, "operations", operation);
}

int
web_holds(struct web_call *c, const char *role)
{
	return among(c, "roles", role);
}

const char *
web_account(struct web_call *c)
{
	AUTO(json_decrefp) json_t *j = web_me(c);

	if (c->session == NULL)
		return "";
	if (c->session->name[0] == '\0')
		snprintf(c->session->name, sizeof(c->session->name), "%s",
		    *jstr(j, "name") != '\0' ? jstr(j, "name")
					     : jstr(j, "account"));
	return c->session->name;
}

/* --- the code at the door --------------------------------------------- */

/* Under the lock. */
static int
draw_code(struct web *w, struct err *e)
{
	static const char symbols[] = "abcdefghjkmnpqrstuvwxyz23456789_";
	uint8_t r[CODE_SYMBOLS];
	size_t i;
	int rc;

	if ((rc = crypto_random(r, sizeof(r), e)) < 0)
		return rc;
	for (i = 0; i < CODE_SYMBOLS; i++)
		w->code[i] = symbols[r[i] % (sizeof(symbols) - 2)];
	w->code[CODE_SYMBOLS] = '\0';
	w->code_tries = 0;
	w->code_shown = 0;
	return 0;
}

int
web_code_draw(struct web *w, struct err *e)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = draw_code(w, e);
	pthread_mutex_unlock(&w->lock);
	return r;
}

/* What a person typed, without the blanks and dashes between groups. */
static int
code_equal(const char *code, const char *said)
{
	char plain[CODE_SYMBOLS + 1] = "";
	size_t n = 0;

	for (; *said != '\0'; said++) {
		if (*said == ' ' || *said == '-')
			continue;
		if (n == CODE_SYMBOLS)
			return 0;
		plain[n++] =
		    *said >= 'A' && *said <= 'Z' ? (char)(*said | 32) : *said;
	}
	return n == CODE_SYMBOLS && secret_equal(code, plain, CODE_SYMBOLS);
}

int
web_code_is(struct web *w, const char *said, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&w->lock);
	/* A code that nobody was shown lets nobody in. */
	if (!w->code_shown || said == NULL || !code_equal(w->code, said)) {
		r = err_tag(e, ERR_DENIED, "web-code", "the code is another");
		if (++w->code_tries >= CODE_TRIES && draw_code(w, NULL) < 0)
			w->code_shown = 0;
	} else
		r = draw_code(w, e);
	pthread_mutex_unlock(&w->lock);
	return r;
}

void
web_code_wanted(struct web *w)
{
	pthread_mutex_lock(&w->lock);
	if (!w->code_shown)
		(void)!eventfd_write(w->code_fd, 1);
	pthread_mutex_unlock(&w->lock);
}

char *
web_take_code(struct web *w)
{
	eventfd_t n;
	char *out = NULL;

	pthread_mutex_lock(&w->lock);
	(void)!eventfd_read(w->code_fd, &n);
	if (!w->code_shown &&
	    asprintf(&out, "%.4s-%.4s-%.4s-%.4s-%.4s", w->code, w->code + 4,
		w->code + 8, w->code + 12, w->code + 16) >= 0)
		w->code_shown = 1;
	pthread_mutex_unlock(&w->lock);
	return out;
}

int
web_code_fd(const struct web *w)
{
	return w->code_fd;
}

/*
 * Who started the console enters; when their last session is over, nobody
 * sits there any more for all that is known, and whoever comes shows that
 * they have the terminal.
 */
int
web_wants_code(struct web *w)
{
	int live = 0, wants;
	size_t i;

	pthread_mutex_lock(&w->lock);
	sweep(w);
	for (i = 0; i < WEB_SESSIONS_MAX; i++)
		live |= w->sessions[i] != NULL;
	wants = w->settings.code || (w->used && !live);
	pthread_mutex_unlock(&w->lock);
	return wants;
}
