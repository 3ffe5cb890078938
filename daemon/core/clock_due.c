/* What is due of the clock: to be confirmed, or put right. */
#include <string.h>

#include "daemon/core/clock_row.h"
#include "daemon/core/due.h"

int
clock_due(struct due_list *d, struct err *e)
{
	struct id nobodys = { 0 };
	struct clock_reading now;
	json_t *more;

	vault_clock_read(d->core->clock->time, &now);
	if (now.trust == CLOCK_TRUSTED)
		return 0;
	more = json_pack("{s:s}", "reason", clock_why(now.trust));
	if (more == NULL)
		return err_set(e, ERR_NOMEM, "due");
	return due_add(
	    d, "clock-suspect", &nobodys, &nobodys, now.since_ms, 0, more, e);
}
