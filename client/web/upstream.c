/* Connections to the vault, in the person's name: a few, used in turn. */
#include "base/wait.h"
#include "client/web/engine.h"

#define WAIT_MS 30000

int
web_upstream_take(struct web *w, struct http **out, struct err *e)
{
	struct timespec until = wait_until(WAIT_MS);
	struct http *got = NULL;
	int at = -1, i, r = 0;

	pthread_mutex_lock(&w->lock);
	while (at < 0) {
		for (i = 0; i < WEB_UPSTREAMS_MAX; i++)
			if (!w->upstreams[i].busy &&
			    (at < 0 || w->upstreams[i].http != NULL))
				at = i;
		if (at < 0 &&
		    pthread_cond_timedwait(&w->freed, &w->lock, &until) != 0)
			break;
	}
	if (at >= 0) {
		w->upstreams[at].busy = 1;
		got = TAKE(w->upstreams[at].http);
	}
	pthread_mutex_unlock(&w->lock);
	if (at < 0)
		return err_set(e, ERR_BUSY, "connections to the vault");
	if (got == NULL &&
	    (r = http_open(w->settings.socket, w->settings.host, &got, e)) < 0)
		web_upstream_give(w, &got, 0);
	*out = got;
	return r;
}

void
web_upstream_give(struct web *w, struct http **h, int keep)
{
	struct http *own = TAKE(*h);
	int i;

	if (!keep)
		http_freep(&own);
	pthread_mutex_lock(&w->lock);
	for (i = 0; i < WEB_UPSTREAMS_MAX; i++)
		if (w->upstreams[i].busy && w->upstreams[i].http == NULL) {
			w->upstreams[i].busy = 0;
			w->upstreams[i].http = own;
			break;
		}
	pthread_cond_signal(&w->freed);
	pthread_mutex_unlock(&w->lock);
}

void
web_upstreams_close(struct web *w)
{
	int i;

	for (i = 0; i < WEB_UPSTREAMS_MAX; i++)
		http_freep(&w->upstreams[i].http);
}
