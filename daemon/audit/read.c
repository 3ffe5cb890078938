/* Reading the log for people: newest first, details opened. */
#include <string.h>

#include "base/text.h"
#include "daemon/audit/log.h"

/* One reading: the question, and the keys of the month it is in. */
struct reading {
	struct audit *a;
	const struct audit_query *q;
	char object[ID_TEXT]; /* of q->object, or "" */
	uint32_t month;	      /* whose keys are loaded; 0: none */
	int expired;	      /* its key is no more */
	struct month_keys keys;
};

static void
reading_done(struct reading *rd)
{
	month_keys_done(&rd->keys);
}

/* One leaf as it lies in the catalog. */
struct row {
	struct leaf leaf;
	uint32_t month;
	const uint8_t *sealed; /* NULL: there is none */
	size_t n;
};

static int
row_get(struct sql *q, struct row *row, struct err *e)
{
	const void *p;
	size_t n;

	p = sql_get_blob(q, 1, &n);
	if (leaf_decode(p, n, &row->leaf, NULL, e) < 0 ||
	    row->leaf.seq != (uint64_t)sql_get_int(q, 0))
		return err_set(e, ERR_INTEGRITY,
		    "audit: leaf %lld is not what was entered",
		    (long long)sql_get_int(q, 0));
	row->month = (uint32_t)sql_get_int(q, 2);
	row->sealed = NULL;
	row->n = 0;
	if (!sql_is_null(q, 3))
		row->sealed = sql_get_blob(q, 3, &row->n);
	return 0;
}

/* The keys of the row's month; expired is no error. */
static int
month_enter(struct reading *rd, uint32_t month, struct err *e)
{
	int r;

	if (rd->month == month)
		return 0;
	month_keys_done(&rd->keys);
	rd->month = 0;
	r = month_keys_load(rd->a->agent, month, &rd->keys, e);
	if (r < 0 && r != -ERR_NOT_FOUND)
		return r;
	rd->month = month;
	rd->expired = r < 0;
	return 0;
}

/* How a leaf's detail turned out. */
enum state { OPENED, EXPIRED, NEVER, DAMAGED };
static const char *const state_names[] = { "", "expired", "sealed", "damaged" };

static int
detail_matches(const struct row *row)
{
	uint8_t h[SHA256_LEN];

	return digest_of(DIGEST_SHA256, row->sealed, row->n, h, NULL) == 0 &&
	       memcmp(h, row->leaf.detail, sizeof(h)) == 0;
}

static int
row_open(struct reading *rd, const struct row *row, enum state *state,
    json_t **out, struct err *e)
{
	static const uint8_t none[SHA256_LEN];
	int r;

	*state = NEVER;
	if (memcmp(row->leaf.detail, none, sizeof(none)) == 0)
		return 0;
	*state = EXPIRED;
	if (row->sealed == NULL)
		return 0;
	*state = DAMAGED;
	if (!detail_matches(row))
		return 0;
	if ((r = month_enter(rd, row->month, e)) < 0)
		return r;
	*state = EXPIRED;
	if (rd->expired)
		return 0;
	*state = DAMAGED;
	r = detail_open(&rd->keys, &rd->a->vault, row->month, row->leaf.seq,
	    row->sealed, row->n, out, e);
	if (r == -ERR_INTEGRITY)
		return 0;
	*state = OPENED;
	return r;
}

static int
text_is(const json_t *j, const char *name, const char *want)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL && strcmp(s, want) == 0;
}

/* Was this made from the object: is it among the sources of an extract? */
static int
is_source(const struct reading *rd, const json_t *detail)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(detail, "sources"), i, one)
	{
		if (text_is(one, "document", rd->object))
			return 1;
	}
	return 0;
}

/* Does a record of facts answer the question? */
static int
facts_match(const struct reading *rd, const json_t *j)
{
	const json_t *detail = json_object_get(j, "detail");

	if (rd->q->account != NULL &&
	    !text_is(json_object_get(j, "actor"), "account", rd->q->account))
		return 0;
	return rd->object[0] == '\0' || text_is(j, "object", rd->object) ||
	       text_is(detail, "case", rd->object) || is_source(rd, detail);
}

/* What a leaf tells of the time while sealed counts too. */
static int
any_matches(const struct reading *rd, enum state state, const json_t *j)
{
	json_t *one;
	size_t i;

	if (rd->q->account == NULL && rd->object[0] == '\0')
		return 1;
	if (state != OPENED)
		return state == DAMAGED; /* nobody shall hide behind that */
	if (facts_match(rd, j))
		return 1;
	json_array_foreach(json_object_get(j, "while_sealed"), i,
	    one) if (facts_match(rd, one)) return 1;
	return 0;
}

static int
copy(json_t *to, const char *as, const json_t *from, const char *name)
{
	json_t *v = json_object_get(from, name);

	return v == NULL ? 0 : json_object_set(to, as, v);
}

static int
fill(json_t *j, const struct row *row, enum state state, const json_t *detail)
{
	const struct leaf *l = &row->leaf;
	const json_t *actor = json_object_get(detail, "actor");
	char at[TIME_TEXT];

	time_format(l->time_ms, at);
	if (json_object_set_new(j, "leaf", json_integer((json_int_t)l->seq)) <
		0 ||
	    json_object_set_new(j, "at", json_string(at)) < 0 ||
	    json_object_set_new(
		j, "class", json_string(leaf_class_name(l->klass))) < 0 ||
	    json_object_set_new(
		j, "outcome", json_string(leaf_outcome_name(l->outcome))) < 0 ||
	    json_object_set_new(j, "policy", json_integer(l->policy)) < 0)
		return -1;
	if (state != OPENED)
		return json_object_set_new(j, state_names[state], json_true());
	if (copy(j, "account", actor, "account") < 0 ||
	    copy(j, "uid", actor, "uid") < 0 ||
	    copy(j, "role", actor, "role") < 0 ||
	    copy(j, "object", detail, "object") < 0 ||
	    copy(j, "detail", detail, "detail") < 0 ||
	    copy(j, "raw_ms", detail, "raw_ms") < 0 ||
	    copy(j, "while_sealed", detail, "while_sealed") < 0)
		return -1;
	return copy(j, "while_sealed_lost", detail, "while_sealed_lost");
}

/* Look at one row; add it to list if it answers the question. */
static int
consider(struct reading *rd, const struct row *row, json_t *list, struct err *e)
{
	AUTO(json_freep) json_t *detail = NULL, *j = NULL;
	enum state state;
	int r;

	if (rd->q->klass != 0 && rd->q->klass != row->leaf.klass)
		return 0;
	if ((r = row_open(rd, row, &state, &detail, e)) < 0)
		return r;
	if (!any_matches(rd, state, detail))
		return 0;
	if ((j = json_object()) == NULL || fill(j, row, state, detail) < 0 ||
	    json_array_append(list, j) < 0)
		return err_set(e, ERR_NOMEM, "out of memory");
	return 0;
}

static int
time_at(struct tx *tx, uint64_t seq, int64_t *ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT time FROM leaf WHERE seq = ?", &q, e)) <
		0 ||
	    (r = sql_int(q, 1, (int64_t)seq, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_INTEGRITY, "audit: leaf %llu is missing",
		    (unsigned long long)seq);
	*ms = sql_get_int(q, 0);
	return 0;
}

/* Times never go back: the first leaf at or after ms, by halves. */
static int
first_at(struct tx *tx, uint64_t size, int64_t ms, uint64_t *out, struct err *e)
{
	uint64_t lo = 0, hi = size, mid;
	int64_t at = 0;
	int r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((r = time_at(tx, mid, &at, e)) < 0)
			return r;
		if (at < ms)
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo;
	return 0;
}

static int
size_of(struct tx *tx, uint64_t *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT coalesce(max(seq) + 1, 0) FROM leaf", &q,
		 e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	*out = (uint64_t)sql_get_int(q, 0);
	return 0;
}

/* The sequences the question is about: [*lo, *hi). */
static int
range(struct tx *tx, const struct audit_query *q, uint64_t *lo, uint64_t *hi,
    struct err *e)
{
	uint64_t size, until;
	int r;

	if ((r = size_of(tx, &size, e)) < 0)
		return r;
	*lo = 0;
	*hi = size;
	if (q->before > 0 && q->before < size)
		*hi = q->before;
	if (q->since_ms != 0 &&
	    (r = first_at(tx, size, q->since_ms, lo, e)) < 0)
		return r;
	if (q->until_ms == 0)
		return 0;
	if ((r = first_at(tx, size, q->until_ms, &until, e)) < 0)
		return r;
	if (until < *hi)
		*hi = until;
	return 0;
}

static int
scan(struct reading *rd, struct tx *tx, json_t *list, uint64_t *next,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint32_t limit = rd->q->limit > 0 ? rd->q->limit : 100;
	uint64_t lo, hi;
	struct row row;
	int r;

	if (limit > AUDIT_READ_MAX)
		limit = AUDIT_READ_MAX;
	if ((r = range(tx, rd->q, &lo, &hi, e)) < 0 ||
	    (r = sql_open(tx,
		 "SELECT l.seq, l.entry, d.month, d.sealed FROM leaf l"
		 " LEFT JOIN detail d ON d.seq = l.seq"
		 " WHERE l.seq < ? AND l.seq >= ? ORDER BY l.seq DESC LIMIT ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)hi, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)lo, e)) < 0 ||
	    (r = sql_int(q, 3, AUDIT_SCAN_MAX, e)) < 0)
		return r;
	while (json_array_size(list) < limit && (r = sql_step(q, e)) > 0) {
		hi = (uint64_t)sql_get_int(q, 0);
		if ((r = row_get(q, &row, e)) < 0 ||
		    (r = consider(rd, &row, list, e)) < 0)
			return r;
	}
	*next = r >= 0 && hi > lo ? hi : 0;
	return r < 0 ? r : 0;
}

int
audit_read(struct audit *a, struct tx *tx, const struct audit_query *q,
    json_t **out, uint64_t *next, struct err *e)
{
	AUTO(reading_done) struct reading rd = { .a = a, .q = q };
	AUTO(json_freep) json_t *list = json_array();
	uint64_t go_on = 0;
	int r;

	if (list == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	if (q->object != NULL)
		id_format(q->object, rd.object);
	if ((r = scan(&rd, tx, list, &go_on, e)) < 0)
		return r;
	*out = TAKE(list);
	*next = go_on;
	return 0;
}

static int
check_row(struct audit *a, struct sql *q, struct err *e)
{
	struct hash is, want;
	struct row row;
	const void *p;
	size_t n;
	int r;

	if ((r = row_get(q, &row, e)) < 0)
		return r;
	p = sql_get_blob(q, 1, &n);
	if ((r = merkle_leaf_hash(p, n, &is, e)) < 0)
		return r;
	pthread_rwlock_rdlock(&a->lock);
	r = merkle_node(a->tree, 0, row.leaf.seq, &want, e);
	pthread_rwlock_unlock(&a->lock);
	if (r < 0)
		return r;
	if (memcmp(is.b, want.b, HASH_LEN) != 0)
		return err_set(e, ERR_INTEGRITY,
		    "audit: leaf %llu is not what was entered",
		    (unsigned long long)row.leaf.seq);
	if (row.sealed != NULL && !detail_matches(&row))
		return err_set(e, ERR_INTEGRITY,
		    "audit: the detail of leaf %llu is not its own",
		    (unsigned long long)row.leaf.seq);
	return 0;
}

int
audit_check(struct audit *a, struct tx *tx, uint64_t *leaves, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint64_t n = 0;
	int r;

	if ((r = sql_open(tx,
		 "SELECT l.seq, l.entry, d.month, d.sealed FROM leaf l"
		 " LEFT JOIN detail d ON d.seq = l.seq ORDER BY l.seq",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = check_row(a, q, e)) < 0)
			return r;
		n++;
	}
	if (r == 0)
		*leaves = n;
	return r;
}

int
audit_months(
    struct tx *tx, uint32_t *months, size_t *n, size_t room, struct err *e)
{
	int64_t last = -1;
	size_t got = 0;
	int r;

	for (;;) {
		AUTO(sql_done) struct sql *q = NULL;

		if ((r = sql_open(tx,
			 "SELECT min(month) FROM detail WHERE month > ?", &q,
			 e)) < 0 ||
		    (r = sql_int(q, 1, last, e)) < 0 ||
		    (r = sql_step(q, e)) < 0)
			return r;
		if (r == 0 || sql_is_null(q, 0))
			break;
		if (got == room)
			return err_set(e, ERR_TOO_LARGE,
			    "audit: more than %zu months", room);
		last = sql_get_int(q, 0);
		months[got++] = (uint32_t)last;
	}
	*n = got;
	return 0;
}

int
audit_expire(struct tx *tx, uint32_t month, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "DELETE FROM detail WHERE month = ?", &q, e)) <
		0 ||
	    (r = sql_int(q, 1, month, e)) < 0)
		return r;
	return sql_run(q, e);
}
