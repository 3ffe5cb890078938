#include "daemon/core/bilan.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/crypto.h"
#include "base/text.h"
#include "daemon/core/bilan_count.h"
#include "daemon/core/due.h"
#include "daemon/core/indicator.h"
#include "daemon/core/json_of.h"

const char *const bilan_schema =
    "CREATE TABLE bilan ("
    " month INTEGER PRIMARY KEY,"
    " counts TEXT NOT NULL," /* JSON, in full */
    " salt BLOB NOT NULL CHECK (length(salt) = 32),"
    " totals TEXT NOT NULL," /* JSON: what is signed of them */
    " at INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL,"
    " note TEXT) STRICT;" /* NULL: still to be signed */
    "CREATE TABLE bilan_table ("
    " first INTEGER NOT NULL,"
    " last INTEGER NOT NULL,"
    " code TEXT NOT NULL,"
    " shown TEXT NOT NULL," /* JSON, as published */
    " PRIMARY KEY (last, code)) STRICT, WITHOUT ROWID;";

int
bilan_month_parse(const char *s, int32_t *month, struct err *e)
{
	char day[11];
	int32_t days;
	struct civil_date d;

	if (strlen(s) == 7 && snprintf(day, sizeof(day), "%s-01", s) == 10 &&
	    date_parse(day, &days, NULL) == 0) {
		d = civil_date(days);
		*month = d.year * 12 + d.month - 1;
		return 0;
	}
	return err_tag(e, ERR_INVALID, "month", "a month is YYYY-MM");
}

void
bilan_month_format(int32_t month, char out[BILAN_MONTH_TEXT])
{
	snprintf(
	    out, BILAN_MONTH_TEXT, "%04d-%02d", month / 12, month % 12 + 1);
}

/* --- freezing ----------------------------------------------------------- */

struct freezing {
	struct core *core;
	const struct caller *caller;
	const struct policy *rules;
	struct decision d;
	int32_t month, block; /* months of a block */
	int64_t small;
	uint8_t salt[32];
	json_t *counts, *totals;
	int64_t at_ms;
	uint64_t leaf;
	struct buf text, note;
};

static void
freezing_done(struct freezing *x)
{
	json_decref(x->counts);
	json_decref(x->totals);
	buf_done(&x->text);
	buf_done(&x->note);
}

/* One number of a query with up to one parameter; none is absent. */
static int
ask(struct tx *tx, const char *sql, int64_t arg, int64_t *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 ||
	    (strchr(sql, '?') != NULL && (r = sql_int(q, 1, arg, e)) < 0) ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0 || sql_is_null(q, 0))
		return 0;
	*out = sql_get_int(q, 0);
	return 1;
}

/* May this month be frozen, as things stand? *unsigned_: it is, but the
 * agent was away before it could be signed. */
static int
check_month(const struct freezing *x, struct tx *tx, int64_t at_ms,
    int *unsigned_, struct err *e)
{
	int64_t v, first = 0, last = -1;
	int r;

	*unsigned_ = 0;
	if (x->month >= indicator_month(at_ms))
		return err_tag(
		    e, ERR_CONFLICT, "bilan-month", "the month is not over");
	if ((r = ask(tx, "SELECT note IS NULL FROM bilan WHERE month = ?",
		 x->month, &v, e)) < 0)
		return r;
	*unsigned_ = r > 0 && v;
	if (r > 0 && !v)
		return err_tag(
		    e, ERR_CONFLICT, "bilan-frozen", "it is frozen already");
	if (*unsigned_)
		return 0;
	if ((r = ask(tx, "SELECT min(month) FROM indicator", 0, &first, e)) < 0)
		return r;
	if (r == 0 || x->month < first)
		return err_tag(e, ERR_CONFLICT, "bilan-empty",
		    "nothing had been counted by the end of that month");
	if ((r = ask(tx, "SELECT max(month) FROM bilan", 0, &last, e)) < 0)
		return r;
	if (x->month != (r > 0 ? last + 1 : first))
		return err_tag(e, ERR_CONFLICT, "bilan-order",
		    "a month before it is not frozen");
	return 0;
}

static int
insert(struct freezing *x, struct tx *tx, struct err *e)
{
	AUTO(mem_freep) char *counts = NULL, *totals = NULL;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	counts = json_dumps(x->counts, JSON_COMPACT | JSON_SORT_KEYS);
	totals = json_dumps(x->totals, JSON_COMPACT | JSON_SORT_KEYS);
	if (counts == NULL || totals == NULL)
		return err_set(e, ERR_NOMEM, "bilan");
	if ((r = sql_open(tx,
		 "INSERT INTO bilan (month, counts, salt, totals, at, leaf)"
		 " VALUES (?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->month, e)) < 0 ||
	    (r = sql_text(q, 2, counts, e)) < 0 ||
	    (r = sql_blob(q, 3, x->salt, sizeof(x->salt), e)) < 0 ||
	    (r = sql_text(q, 4, totals, e)) < 0 ||
	    (r = sql_int(q, 5, x->at_ms, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)x->leaf, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
insert_table(struct tx *tx, int32_t first, int32_t last, const char *code,
    const json_t *shown, struct err *e)
{
	AUTO(mem_freep)
	char *text = json_dumps(shown, JSON_COMPACT | JSON_SORT_KEYS);
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "bilan");
	if ((r = sql_open(tx,
		 "INSERT INTO bilan_table (first, last, code, shown)"
		 " VALUES (?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, first, e)) < 0 ||
	    (r = sql_int(q, 2, last, e)) < 0 ||
	    (r = sql_text(q, 3, code, e)) < 0 ||
	    (r = sql_text(q, 4, text, e)) < 0)
		return r;
	return sql_run(q, e);
}

/*
 * The block that ends with this month, if one does: its tables. One that
 * would share a month with an older one, because the figure changed, is left
 * out: the difference of the two would tell what both hide.
 */
static int
freeze_block(struct freezing *x, struct tx *tx, struct err *e)
{
	const struct policy_indicator *all;
	size_t i, n = policy_indicators(x->rules, &all);
	int32_t first = x->month - x->block + 1;
	int64_t last = -1;
	int r;

	if (x->month % 12 % x->block != x->block - 1)
		return 0;
	if ((r = ask(tx, "SELECT max(last) FROM bilan_table", 0, &last, e)) < 0)
		return r;
	for (i = 0; i < n && last < first; i++) {
		AUTO(json_decrefp) json_t *shown = NULL;

		if (all[i].dimensions[0] == NULL)
			continue;
		if ((r = bilan_count_table(tx, first, x->month, &all[i],
			 x->small, &shown, e)) < 0 ||
		    (r = insert_table(
			 tx, first, x->month, all[i].code, shown, e)) < 0)
			return r;
	}
	return 0;
}

static int
freeze(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct freezing *x = arg;
	AUTO(json_decrefp) json_t *detail = NULL;
	char month[BILAN_MONTH_TEXT];
	int again, r;

	bilan_month_format(x->month, month);
	x->at_ms = audit_time(x->core->audit, now_ms);
	detail = json_pack("{s:s, s:o}", "month", month, "decision",
	    decision_json(x->core, &x->d));
	if ((r = check_month(x, tx, x->at_ms, &again, e)) < 0 ||
	    (r = core_leaf(x->core, tx, x->caller, LEAF_BILAN, LEAF_OK, NULL,
		 detail, now_ms, &x->leaf, e)) < 0)
		return r;
	if (again)
		return 0;
	if ((r = bilan_count_month(tx, x->month, &x->counts, e)) < 0 ||
	    (r = bilan_count_totals(x->rules, x->counts, &x->totals, e)) < 0 ||
	    (r = insert(x, tx, e)) < 0)
		return r;
	return freeze_block(x, tx, e);
}

/* --- signing ------------------------------------------------------------ */

static int
write_text(struct freezing *x, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(json_decrefp) json_t *totals = NULL;
	char month[BILAN_MONTH_TEXT], hex[65];
	uint8_t digest[32];
	const char *counts, *code;
	const void *salt;
	json_t *v;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT counts, salt, totals, leaf FROM bilan WHERE month = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->month, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_INTERNAL, "bilan");
	counts = sql_get_text(q, 0);
	salt = sql_get_blob(q, 1, &n);
	x->leaf = (uint64_t)sql_get_int(q, 3);
	if ((r = buf_add(&b, salt, n, e)) < 0 ||
	    (r = buf_addstr(&b, counts, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, b.p, b.len, digest, e)) < 0)
		return r;
	hex_format(digest, sizeof(digest), hex);
	bilan_month_format(x->month, month);
	if ((r = buf_addf(&x->text, e, "sceau bilan 1\nmonth %s\nleaf %llu\n",
		 month, (unsigned long long)x->leaf)) < 0)
		return r;
	totals = json_loads(sql_get_text(q, 2), 0, NULL);
	json_object_foreach(totals, code, v)
	{
		if ((r = buf_addf(&x->text, e, "total %s %lld\n", code,
			 (long long)json_integer_value(v))) < 0)
			return r;
	}
	return buf_addf(&x->text, e, "counts %s\n", hex);
}

static int
keep_note(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct freezing *x = arg;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	(void)now_ms;
	if ((r = sql_open(
		 tx, "UPDATE bilan SET note = ? WHERE month = ?", &q, e)) < 0 ||
	    (r = sql_text(q, 1, buf_str(&x->note), e)) < 0 ||
	    (r = sql_int(q, 2, x->month, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* After a crash before it, freezing the month again signs it. */
static int
sign(struct freezing *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct change ch = { .apply = keep_note, .arg = x };
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = write_text(x, &tx, e)) < 0)
		return r;
	tx_end(&tx);
	if ((r = agent_sign_certificate(x->core->agent, (const char *)x->text.p,
		 x->text.len, x->leaf, &x->note, e)) < 0)
		return r;
	return commit_run(x->core->committer, &ch, e);
}

static int
figures(struct freezing *x, int32_t day, struct err *e)
{
	int64_t block;

	if (policy_figure_on(
		x->rules, "small-cell-count", day, &x->small, NULL) < 0 ||
	    policy_figure_on(
		x->rules, "bilan-table-months", day, &block, NULL) < 0 ||
	    block < 1 || block > 12 || 12 % block != 0 || x->small < 1)
		return err_set(e, ERR_INTERNAL,
		    "the rules do not say how tables are published");
	x->block = (int32_t)block;
	return 0;
}

int
bilan_freeze(struct core *core, const struct caller *caller, const char *month,
    json_t **answer, struct err *e)
{
	AUTO(freezing_done)
	struct freezing x = {
		.core = core,
		.caller = caller,
		.rules = core->policy,
	};
	struct change ch = { .apply = freeze, .arg = &x, .need_head = 1 };
	int64_t now = core_now(core);
	int r;

	if ((r = core_authorize(core, caller, OP_BILAN_FREEZE, NULL, NULL, now,
		 &x.d, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0 ||
	    (r = bilan_month_parse(month, &x.month, e)) < 0 ||
	    (r = figures(&x, civil_day(now), e)) < 0 ||
	    (r = crypto_random(x.salt, sizeof(x.salt), e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0 ||
	    (r = sign(&x, e)) < 0)
		return r;
	*answer = json_pack("{s:s, s:s, s:s, s:I}", "month", month, "state",
	    "frozen", "note", buf_str(&x.note), "leaf", (json_int_t)x.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "bilan");
}

/* --- due ---------------------------------------------------------------- */

int
bilan_due(struct due_list *d, struct err *e)
{
	static const struct id none;
	int32_t month, from, now = indicator_month(d->now_ms);
	int64_t first = 0, last = 0, over;
	char text[BILAN_MONTH_TEXT];
	int r, found;

	if ((found = ask(
		 d->tx, "SELECT min(month) FROM indicator", 0, &first, e)) <= 0)
		return found;
	if ((r = ask(d->tx, "SELECT max(month) FROM bilan WHERE note NOT NULL",
		 0, &last, e)) < 0)
		return r;
	from = r > 0 ? (int32_t)last + 1 : (int32_t)first;
	for (month = from; month < now && month - from < BILAN_MONTHS_MAX;
	     month++) {
		over = civil_start_ms(
		    civil_days((month + 1) / 12, (month + 1) % 12 + 1, 1));
		bilan_month_format(month, text);
		if ((r = due_add(d, "bilan-freeze", &none, NULL, over,
			 due_after(d->core, "bilan-freeze-days", over),
			 json_pack("{s:s}", "month", text), e)) < 0)
			return r;
	}
	return 0;
}
