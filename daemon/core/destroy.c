#include "daemon/core/destroy.h"

#include "daemon/core/burnt.h"
#include "daemon/core/clock.h"
#include "daemon/core/publish.h"

#define ROTATE_TRIES 50 /* heads that may pass while we ask */

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

void
destroy_begin(void)
{
	pthread_mutex_lock(&one);
}

void
destroy_end(void)
{
	pthread_mutex_unlock(&one);
}

/*
 * The agent destroys only for the log that it signed last: while others
 * write, a head may pass between our question and the answer.
 */
int
destroy_keys(struct core *core, struct buf *numbers,
    const struct destroy_months *months, uint64_t leaf, struct err *e)
{
	static const struct destroy_months none;
	struct agent_status st;
	struct hash root;
	uint64_t destroyed = 0;
	int i, r;

	if (months == NULL)
		months = &none;
	if ((r = clock_check(core, e)) < 0 ||
	    (r = burnt_join(core, numbers, e)) < 0)
		return r;
	for (i = 0; i < ROTATE_TRIES; i++) {
		if ((r = agent_status(core->agent, &st, e)) < 0 ||
		    (r = audit_root(core->audit, st.head_size, &root, e)) < 0)
			return r;
		r = agent_rotate(core->agent,
		    (const uint64_t *)(const void *)numbers->p,
		    numbers->len / sizeof(uint64_t), months->v, months->n, leaf,
		    st.head_size, &root, &destroyed, e);
		if (r != -(int)ERR_INCONSISTENT)
			break;
	}
	return r;
}

int
destroy_copies(struct core *core, struct err *e)
{
	struct store_report rep = { 0 };
	int r;

	if ((r = search_rekey(core, e)) < 0 ||
	    (r = core_sweep(core, 0, &rep, e)) < 0)
		return r;
	return catalog_checkpoint(core->catalog, 1, e);
}
