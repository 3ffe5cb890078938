#include "daemon/api/flood.h"

struct window {
	uint32_t uid;
	int64_t minute;
	uint64_t seen, suppressed;
};

struct flood {
	pthread_mutex_t lock;
	struct window windows[FLOOD_UIDS];
};

int
flood_new(struct flood **out, struct err *e)
{
	struct flood *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "flood table");
	pthread_mutex_init(&f->lock, NULL);
	*out = f;
	return 0;
}

void
flood_freep(struct flood **f)
{
	if (*f != NULL)
		pthread_mutex_destroy(&(*f)->lock);
	free(*f);
	*f = NULL;
}

/* The window of uid; a stranger takes the one idle for longest. */
static struct window *
window_of(struct flood *f, uint32_t uid)
{
	struct window *oldest = &f->windows[0];
	size_t i;

	for (i = 0; i < FLOOD_UIDS; i++) {
		if (f->windows[i].minute != 0 && f->windows[i].uid == uid)
			return &f->windows[i];
		if (f->windows[i].minute < oldest->minute)
			oldest = &f->windows[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->uid = uid;
	return oldest;
}

int
flood_allows(struct flood *f, uint32_t uid, int64_t now_ms, uint64_t *count)
{
	int64_t minute = now_ms / 60000;
	struct window *w;
	int allowed;

	*count = 0;
	pthread_mutex_lock(&f->lock);
	w = window_of(f, uid);
	if (w->minute != minute) {
		*count = w->suppressed;
		w->minute = minute;
		w->seen = w->suppressed = 0;
	}
	allowed = w->seen++ < FLOOD_PER_MINUTE;
	w->suppressed += !allowed;
	pthread_mutex_unlock(&f->lock);
	return allowed;
}
