#include "daemon/core/burnt.h"

#include "daemon/core/tables.h"

/* Every number below this was given: a bound on what one call lists. */
#define BURNT_MAX (UINT64_C(1) << 24)

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* One bit a number below limit: 1 when a row has it. */
static int
mark_in_use(struct core *core, uint64_t limit, uint8_t *bits, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	const char *const *texts;
	size_t i, n = tables_keys_in_use(&texts);
	uint64_t k;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		AUTO(sql_done) struct sql *q = NULL;

		if ((r = sql_open(&tx, texts[i], &q, e)) < 0 ||
		    (r = sql_int(q, 1, (int64_t)limit, e)) < 0)
			return r;
		while ((r = sql_step(q, e)) > 0) {
			k = (uint64_t)sql_get_int(q, 0);
			bits[k / 8] |= (uint8_t)(1u << (k % 8));
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* Sort, and drop what stands twice. */
static void
make_ascending(struct buf *numbers)
{
	uint64_t *v = (uint64_t *)(void *)numbers->p;
	size_t n = numbers->len / sizeof(*v), i, k = 0;

	if (n == 0)
		return;
	qsort(v, n, sizeof(*v), compare);
	for (i = 1; i < n; i++)
		if (v[i] != v[k])
			v[++k] = v[i];
	numbers->len = (k + 1) * sizeof(*v);
}

int
burnt_join(struct core *core, struct buf *numbers, struct err *e)
{
	AUTO(mem_freep) uint8_t *bits = NULL;
	uint64_t limit, k;
	int r;

	pthread_mutex_lock(&core->lock);
	limit = core->keys_before;
	pthread_mutex_unlock(&core->lock);
	if (limit > BURNT_MAX)
		limit = BURNT_MAX;
	if ((bits = calloc(1, (size_t)limit / 8 + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "burnt numbers");
	if ((r = mark_in_use(core, limit, bits, e)) < 0)
		return r;
	for (k = 0; k < limit; k++)
		if ((bits[k / 8] & (1u << (k % 8))) == 0 &&
		    (r = buf_add(numbers, &k, sizeof(k), e)) < 0)
			return r;
	make_ascending(numbers);
	return 0;
}
