#include "daemon/house.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/core/archive.h"
#include "daemon/core/clock.h"
#include "daemon/core/publish.h"
#include "daemon/core/retention.h"
#include "daemon/core/stage.h"
#include "daemon/core/visit_draft.h"

#define TICK_MS 500

struct house {
	struct core *core;
	int64_t (*boot_ms)(void);
	int64_t pass_ms;      /* not before, by the time since boot */
	int64_t published_ms; /* tried, by the time since boot */
	pthread_t thread;
	int stop; /* eventfd */
};

static void
look_at_clock(struct house *h)
{
	struct err e = { 0 };

	if (clock_watch(h->core, &e) < 0)
		log_warn("clock: %s", e.text);
}

/* Tried once in each span, whatever became of it: a failure is told in the
 * log and waits for the next. */
static void
publish(struct house *h)
{
	struct err e = { 0 };

	if (h->boot_ms() - h->published_ms < publish_every_ms(h->core) ||
	    core_check_open(h->core, NULL) < 0)
		return;
	h->published_ms = h->boot_ms();
	if (core_publish_new(h->core, &e) < 0)
		log_warn("publication: %s", e.text);
}

/* The same: each does its work once a day. */
static void
pass(struct house *h)
{
	struct err e = { 0 };
	size_t n;

	if (h->boot_ms() < h->pass_ms || core_check_open(h->core, NULL) < 0)
		return;
	h->pass_ms = h->boot_ms() + publish_every_ms(h->core);
	if (stage_pass(h->core, &n, &e) < 0)
		log_warn("stages: %s", e.text);
	if (archive_pass(h->core, &n, &e) < 0)
		log_warn("archive: %s", e.text);
	if (visit_draft_pass(h->core, &n, &e) < 0)
		log_warn("drafts: %s", e.text);
	if (retention_look(h->core, &e) < 0)
		log_warn("retention: %s", e.text);
}

static void *
keeping(void *arg)
{
	struct house *h = arg;
	struct pollfd p = { .fd = h->stop, .events = POLLIN };

	while (poll(&p, 1, TICK_MS) <= 0) {
		if (committer_is_broken(h->core->committer))
			continue;
		look_at_clock(h);
		pass(h);
		publish(h);
	}
	return NULL;
}

int
house_open(struct core *core, int64_t (*boot_ms)(void), struct house **out,
    struct err *e)
{
	struct house *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_set(e, ERR_NOMEM, "housekeeping");
	h->core = core;
	h->boot_ms = boot_ms;
	h->published_ms = boot_ms();
	if ((h->stop = eventfd(0, EFD_CLOEXEC)) < 0 ||
	    pthread_create(&h->thread, NULL, keeping, h) != 0) {
		if (h->stop >= 0)
			close(h->stop);
		free(h);
		return err_set(e, ERR_NOMEM, "housekeeping");
	}
	*out = h;
	return 0;
}

void
house_freep(struct house **hp)
{
	struct house *h = *hp;
	uint64_t one = 1;

	*hp = NULL;
	if (h == NULL)
		return;
	(void)!write(h->stop, &one, sizeof(one));
	pthread_join(h->thread, NULL);
	close(h->stop);
	free(h);
}
