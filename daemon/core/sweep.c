#include "daemon/core/sweep.h"

#include "daemon/core/hold.h"

const char *const retention_schema =
    "CREATE TABLE sweep ("
    " id BLOB PRIMARY KEY, day INTEGER NOT NULL,"
    " objects INTEGER NOT NULL, living INTEGER NOT NULL,"
    " visa INTEGER NOT NULL," /* 1: the archives' is needed */
    " visa_leaf INTEGER NOT NULL, visa_day INTEGER NOT NULL,"
    " visa_reference TEXT) STRICT, WITHOUT ROWID;"
    "CREATE TABLE sweep_object ("
    " sweep BLOB NOT NULL, n INTEGER NOT NULL, kase BLOB NOT NULL,"
    " document BLOB," /* NULL: of the case, as kind says */
    " kind TEXT NOT NULL, rule TEXT NOT NULL, year INTEGER NOT NULL,"
    " month INTEGER NOT NULL," /* of the log; 0 */
    " PRIMARY KEY (sweep, n)) STRICT, WITHOUT ROWID;";

static int
insert_line(struct tx *tx, const struct id *sweep, int64_t n,
    const struct sweep_line *l, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO sweep_object"
		 " (sweep, n, kase, document, kind, rule, year, month)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, sweep, e)) < 0 || (r = sql_int(q, 2, n, e)) < 0 ||
	    (r = sql_id(q, 3, &l->kase, e)) < 0 ||
	    (r = id_is_zero(&l->document)
		     ? sql_null(q, 4, e)
		     : sql_id(q, 4, &l->document, e)) < 0 ||
	    (r = sql_text(q, 5, l->kind, e)) < 0 ||
	    (r = sql_text(q, 6, l->rule, e)) < 0 ||
	    (r = sql_int(q, 7, l->year, e)) < 0 ||
	    (r = sql_int(q, 8, l->month, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
sweep_insert(struct tx *tx, const struct sweep_new *s,
    const struct sweep_line *v, size_t n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	size_t i;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO sweep (id, day, objects, living, visa,"
		 " visa_leaf, visa_day) VALUES (?, ?, ?, ?, ?, 0, 0)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &s->id, e)) < 0 ||
	    (r = sql_int(q, 2, s->day, e)) < 0 ||
	    (r = sql_int(q, 3, s->objects, e)) < 0 ||
	    (r = sql_int(q, 4, s->living, e)) < 0 ||
	    (r = sql_int(q, 5, s->visa, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((r = insert_line(tx, &s->id, (int64_t)i, &v[i], e)) < 0)
			return r;
	return 0;
}

/* --- the plans of its cases ------------------------------------------------
 */

unsigned
sweep_part(const char *kind)
{
	if (strcmp(kind, SWEEP_CONSENTS) == 0)
		return PLAN_PART_CONSENTS;
	return strcmp(kind, SWEEP_EXTRACTS) == 0 ? PLAN_PART_EXTRACTS : 0;
}

int
sweep_months(struct tx *tx, const struct id *sweep, uint32_t *months, size_t *n,
    size_t room, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	*n = 0;
	if ((r = sql_open(tx,
		 "SELECT month FROM sweep_object WHERE sweep = ?"
		 " AND month > 0 ORDER BY month",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, sweep, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if (*n == room)
			return err_set(e, ERR_TOO_LARGE, "months of a sweep");
		months[(*n)++] = (uint32_t)sql_get_int(q, 0);
	}
	return r;
}

int
sweep_add_month(uint32_t month, struct buf *digests, struct err *e)
{
	uint8_t digest[32];
	char text[16];
	int n, r;

	n = snprintf(
	    text, sizeof(text), "%04u-%02u", month / 12, month % 12 + 1);
	r = digest_of(DIGEST_SHA256, text, (size_t)n, digest, e);
	return r < 0 ? r : buf_add(digests, digest, sizeof(digest), e);
}

int
sweep_add_months(
    struct tx *tx, const struct id *sweep, struct buf *digests, struct err *e)
{
	uint32_t months[SWEEP_MONTHS_MAX];
	size_t n, i;
	int r;

	r = sweep_months(tx, sweep, months, &n, NELEMS(months), e);
	for (i = 0; r == 0 && i < n; i++)
		r = sweep_add_month(months[i], digests, e);
	return r;
}

struct group {
	struct id kase;
	int whole;
	unsigned parts;	 /* of a case that stays */
	struct buf docs; /* ids */
};

static int
part_is_due(const struct retention_case *c, unsigned part)
{
	enum plan_what what =
	    part == PLAN_PART_CONSENTS ? PLAN_CONSENTS : PLAN_EXTRACTS;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].what == what)
			return c->v[i].f.verdict == RETENTION_DESTROY;
	return 0;
}

static int
parts_are_due(const struct retention_case *c, unsigned parts)
{
	return ((parts & PLAN_PART_CONSENTS) == 0 ||
		   part_is_due(c, PLAN_PART_CONSENTS)) &&
	       ((parts & PLAN_PART_EXTRACTS) == 0 ||
		   part_is_due(c, PLAN_PART_EXTRACTS));
}

static int
is_due(const struct retention_case *c, const struct id *doc)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].what == PLAN_DOCUMENT && id_equal(&c->v[i].id, doc))
			return c->v[i].f.verdict == RETENTION_DESTROY;
	return 0;
}

/* What was due when it was planned may be held, or live again. */
static int
check_due(struct core *core, struct tx *tx, const struct group *g, int32_t day,
    struct err *e)
{
	AUTO(retention_case_done) struct retention_case c = { 0 };
	struct id doc, hold;
	char text[ID_TEXT];
	size_t i;
	int r, due;

	if ((r = retention_case_judge(core, tx, &g->kase, day, &c, e)) < 0)
		return r;
	due = g->whole ? c.whole : parts_are_due(&c, g->parts);
	r = g->whole || g->parts != 0
		? hold_stands(tx, &g->kase, NULL, &hold, e)
		: 0;
	for (i = 0; r == 0 && i < g->docs.len; i += ID_LEN) {
		memcpy(doc.b, g->docs.p + i, ID_LEN);
		due = due && is_due(&c, &doc);
		r = hold_stands(tx, &g->kase, &doc, &hold, e);
	}
	if (r < 0)
		return r;
	if (r > 0) {
		id_format(&hold, text);
		return err_tag(
		    e, ERR_CONFLICT, "held", "held by hold %s", text);
	}
	return due ? 0
		   : err_tag(e, ERR_CONFLICT, "plan-changed",
			 "what is to be destroyed is not all due: plan again");
}

struct walking {
	struct core *core;
	struct tx *tx;
	int32_t day;
	int (*each)(void *arg, struct plan *plan, struct err *e);
	void *arg;
};

static int
end_group(struct walking *w, struct group *g, struct err *e)
{
	AUTO(plan_done) struct plan plan = { 0 };
	int r;

	if (!g->whole && g->docs.len == 0 && g->parts == 0)
		return 0;
	if (w->day != 0 && (r = check_due(w->core, w->tx, g, w->day, e)) < 0)
		return r;
	r = plan_make_parts(w->tx, &g->kase,
	    (const struct id *)(const void *)g->docs.p,
	    g->whole ? 0 : g->docs.len / ID_LEN, g->whole ? 0 : g->parts, &plan,
	    e);
	if (r == 0)
		r = w->each(w->arg, &plan, e);
	buf_reset(&g->docs);
	g->whole = 0;
	g->parts = 0;
	return r;
}

/* Of each line, one after the other: case, document (or zeros), and a byte
 * that says what it is: a part, LINE_WHOLE, or 0 for a document. */
#define LINE_LEN (2 * ID_LEN + 1)
#define LINE_WHOLE 0x80
static int
load_lines(
    struct tx *tx, const struct id *sweep, struct buf *lines, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id kase, doc;
	uint8_t what;
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, coalesce(document, zeroblob(16)), kind"
		 " FROM sweep_object WHERE sweep = ? AND month = 0 ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, sweep, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &kase, e)) < 0 ||
		    (r = sql_get_id(q, 1, &doc, e)) < 0)
			return r;
		what = !id_is_zero(&doc) ? 0
		       : strcmp(sql_get_text(q, 2), SWEEP_CASE) == 0
			   ? LINE_WHOLE
			   : (uint8_t)sweep_part(sql_get_text(q, 2));
		if ((r = buf_add(lines, kase.b, ID_LEN, e)) < 0 ||
		    (r = buf_add(lines, doc.b, ID_LEN, e)) < 0 ||
		    (r = buf_add(lines, &what, 1, e)) < 0)
			return r;
	}
	return r;
}

int
sweep_each(struct core *core, struct tx *tx, const struct id *sweep,
    int32_t day, int (*each)(void *arg, struct plan *plan, struct err *e),
    void *arg, struct err *e)
{
	struct walking w = { core, tx, day, each, arg };
	AUTO(buf_done) struct buf lines = { 0 };
	struct group g = { 0 };
	struct id kase, doc;
	size_t i;
	int r;

	if ((r = load_lines(tx, sweep, &lines, e)) < 0)
		return r;
	for (i = 0; r == 0 && i < lines.len; i += LINE_LEN) {
		memcpy(kase.b, lines.p + i, ID_LEN);
		memcpy(doc.b, lines.p + i + ID_LEN, ID_LEN);
		if (!id_equal(&kase, &g.kase) && (r = end_group(&w, &g, e)) < 0)
			break;
		g.kase = kase;
		if (lines.p[i + 2 * ID_LEN] == LINE_WHOLE)
			g.whole = 1;
		else if (id_is_zero(&doc))
			g.parts |= lines.p[i + 2 * ID_LEN];
		else
			r = buf_add(&g.docs, doc.b, ID_LEN, e);
	}
	if (r == 0)
		r = end_group(&w, &g, e);
	buf_done(&g.docs);
	return r;
}

int
sweep_check_visa(struct tx *tx, const struct id *sweep, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT visa = 1 AND visa_leaf = 0 FROM sweep WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, sweep, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such sweep");
	if (sql_get_int(q, 0) != 0)
		return err_tag(e, ERR_CONFLICT, "awaiting-visa",
		    "the archives' visa is waited for (C. patrimoine L214-3)");
	return 0;
}
