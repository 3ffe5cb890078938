/*
 * While sealed nothing can be written about who acted. It waits here, in
 * memory and bounded, for the first leaf that has a detail.
 */
#include "base/text.h"
#include "daemon/audit/log.h"

/* A copy of a detail, if it is small. */
static json_t *
small_copy(const json_t *detail)
{
	if (detail == NULL ||
	    json_dumpb(detail, NULL, 0, JSON_COMPACT) > AUDIT_WAITING_DETAIL)
		return NULL;
	return json_deep_copy(detail);
}

void
queue_put(struct queue *q, uint64_t seq, int64_t time_ms,
    const struct audit_entry *en)
{
	struct waiting *w;

	if (q->n == AUDIT_WAITING) {
		if (q->lost++ == 0)
			q->lost_first = seq;
		return;
	}
	w = &q->w[q->n];
	*w = (struct waiting){ .seq = seq,
		.time_ms = time_ms,
		.klass = en->klass,
		.outcome = en->outcome,
		.object = en->object };
	if ((w->acted = en->actor != NULL))
		w->actor = *en->actor;
	w->detail = small_copy(en->detail);
	q->n++;
}

static int
tell_one(const struct waiting *w, json_t *list, struct err *e)
{
	AUTO(json_freep) json_t *j = NULL;
	struct facts f = { .klass = w->klass,
		.outcome = w->outcome,
		.actor = w->acted ? &w->actor : NULL,
		.object = w->object,
		.detail = w->detail };
	char at[TIME_TEXT];
	int r;

	if ((r = facts_json(&f, &j, e)) < 0)
		return r;
	time_format(w->time_ms, at);
	if (json_object_set_new(j, "leaf", json_integer((json_int_t)w->seq)) <
		0 ||
	    json_object_set_new(j, "at", json_string(at)) < 0 ||
	    json_array_append(list, j) < 0)
		return err_set(e, ERR_NOMEM, "out of memory");
	return 0;
}

int
queue_tell(struct queue *q, uint64_t seq, json_t *j, struct err *e)
{
	AUTO(json_freep) json_t *list = NULL;
	size_t i;
	int r;

	if (q->told || q->n == 0)
		return 0;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	for (i = 0; i < q->n; i++)
		if ((r = tell_one(&q->w[i], list, e)) < 0)
			return r;
	if (json_object_set(j, "while_sealed", list) < 0 ||
	    (q->lost > 0 && json_object_set_new(j, "while_sealed_lost",
				json_integer((json_int_t)q->lost)) < 0))
		return err_set(e, ERR_NOMEM, "out of memory");
	q->told = 1;
	q->told_lost = q->lost;
	q->told_at = seq;
	return 0;
}

void
queue_rewind(struct queue *q, uint64_t mark)
{
	while (q->n > 0 && q->w[q->n - 1].seq >= mark)
		json_freep(&q->w[--q->n].detail);
	/* Every leaf after the first that was lost was lost too. */
	if (q->lost > 0 && mark <= q->lost_first)
		q->lost = 0;
	else if (q->lost > 0 && mark - q->lost_first < q->lost)
		q->lost = mark - q->lost_first;
	if (q->told && mark <= q->told_at)
		q->told = 0;
}

/* What a committed leaf tells need not wait any longer. */
void
queue_settle(struct queue *q)
{
	size_t i, kept = 0;

	if (!q->told)
		return;
	for (i = 0; i < q->n; i++) {
		if (q->w[i].seq < q->told_at)
			json_freep(&q->w[i].detail);
		else
			q->w[kept++] = q->w[i];
	}
	q->n = kept;
	q->lost -= q->told_lost;
	q->lost_first = q->told_at + 1;
	q->told = 0;
}

void
queue_done(struct queue *q)
{
	while (q->n > 0)
		json_freep(&q->w[--q->n].detail);
	secret_wipe(q->w, sizeof(q->w));
}
