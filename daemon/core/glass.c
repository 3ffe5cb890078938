#include "daemon/core/glass.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/due.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"

const char *const glass_schema =
    "CREATE TABLE glass ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " dossier BLOB NOT NULL REFERENCES dossier (id),"
    " uid INTEGER NOT NULL,"
    " account TEXT NOT NULL,"
    " at INTEGER NOT NULL,"
    " until INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL,"
    " finding TEXT CHECK (finding IN ('justified', 'unjustified')),"
    " reviewed_by TEXT,"
    " reviewed_at INTEGER,"
    " review_leaf INTEGER) STRICT;"
    "CREATE INDEX glass_dossier ON glass (dossier);"
    "CREATE INDEX glass_waiting ON glass (at) WHERE finding IS NULL;";

/* One that stands open. */
struct grant {
	struct id id, kase;
	uint32_t uid;
	char account[64];
	int64_t until_ms;
};

struct glass {
	pthread_mutex_t lock;
	/* The greatest clock seen: one that goes back opens nothing again. */
	int64_t latest_ms;
	struct grant grants[GLASS_OPEN_MAX];
	size_t n;
};

/* --- what stands open ------------------------------------------------- */

static void
drop_late(struct glass *g, int64_t now_ms)
{
	size_t i = 0;

	if (now_ms > g->latest_ms)
		g->latest_ms = now_ms;
	while (i < g->n)
		if (g->grants[i].until_ms <= g->latest_ms)
			g->grants[i] = g->grants[--g->n];
		else
			i++;
}

int
glass_is_broken(struct core *core, const struct caller *caller,
    const struct id *kase, int64_t now_ms)
{
	struct glass *g = core->glass;
	const struct grant *gr;
	int broken = 0;
	size_t i;

	if (caller->who == NULL)
		return 0;
	pthread_mutex_lock(&g->lock);
	drop_late(g, now_ms);
	for (i = 0; i < g->n && !broken; i++) {
		gr = &g->grants[i];
		broken = gr->uid == caller->actor.uid &&
			 strcmp(gr->account, caller->actor.account) == 0 &&
			 id_equal(&gr->kase, kase);
	}
	pthread_mutex_unlock(&g->lock);
	return broken;
}

static int
check_room(struct glass *g, int64_t now_ms, struct err *e)
{
	size_t n;

	pthread_mutex_lock(&g->lock);
	drop_late(g, now_ms);
	n = g->n;
	pthread_mutex_unlock(&g->lock);
	return n < GLASS_OPEN_MAX
		   ? 0
		   : err_set(e, ERR_BUSY, "too many cases stand open");
}

/* Without room it does not open; the row stands, and a restart reads it. */
static void
remember(struct glass *g, const struct grant *gr)
{
	pthread_mutex_lock(&g->lock);
	if (g->n < GLASS_OPEN_MAX)
		g->grants[g->n++] = *gr;
	pthread_mutex_unlock(&g->lock);
}

static void
end_grant(struct glass *g, const struct id *id)
{
	size_t i;

	pthread_mutex_lock(&g->lock);
	for (i = 0; i < g->n; i++)
		if (id_equal(&g->grants[i].id, id)) {
			g->grants[i] = g->grants[--g->n];
			break;
		}
	pthread_mutex_unlock(&g->lock);
}

static int
load(struct tx *tx, struct glass *g, int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct grant *gr;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, dossier, uid, account, until FROM glass"
		 " WHERE finding IS NULL AND until > ?"
		 " ORDER BY until DESC LIMIT 256",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, now_ms, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0 && g->n < GLASS_OPEN_MAX) {
		gr = &g->grants[g->n];
		if ((r = sql_get_id(q, 0, &gr->id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &gr->kase, e)) < 0)
			return r;
		gr->uid = (uint32_t)sql_get_int(q, 2);
		snprintf(
		    gr->account, sizeof(gr->account), "%s", sql_get_text(q, 3));
		gr->until_ms = sql_get_int(q, 4);
		g->n++;
	}
	return r < 0 ? r : 0;
}

int
glass_open(struct core *core, struct glass **out, struct err *e)
{
	AUTO(glass_freep) struct glass *g = calloc(1, sizeof(*g));
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if (g == NULL)
		return err_set(e, ERR_NOMEM, "broken glass");
	pthread_mutex_init(&g->lock, NULL);
	/* The log's time: a clock set back over a restart opens nothing. */
	g->latest_ms = audit_time(core->audit, core_now(core));
	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = load(&tx, g, g->latest_ms, e)) < 0)
		return r;
	*out = TAKE(g);
	return 0;
}

void
glass_freep(struct glass **gp)
{
	struct glass *g = TAKE(*gp);

	if (g == NULL)
		return;
	pthread_mutex_destroy(&g->lock);
	free(g);
}

/* --- lists ------------------------------------------------------------ */

#define COLUMNS                                                                \
	"id, dossier, account, at, until, leaf, finding, reviewed_by,"         \
	" reviewed_at, review_leaf, uid"

struct glass_row {
	struct id id, kase;
	uint32_t uid;
	char account[64];
	int64_t at_ms, until_ms;
	uint64_t leaf;
	/* "" and 0 before the review. */
	char finding[16], reviewed_by[64];
	int64_t reviewed_ms;
	uint64_t review_leaf;
};

static int
row_read(struct sql *q, struct glass_row *row, struct err *e)
{
	int r;

	if ((r = sql_get_id(q, 0, &row->id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &row->kase, e)) < 0)
		return r;
	snprintf(row->account, sizeof(row->account), "%s", sql_get_text(q, 2));
	row->at_ms = sql_get_int(q, 3);
	row->until_ms = sql_get_int(q, 4);
	row->leaf = (uint64_t)sql_get_int(q, 5);
	snprintf(row->finding, sizeof(row->finding), "%s", sql_get_text(q, 6));
	snprintf(row->reviewed_by, sizeof(row->reviewed_by), "%s",
	    sql_get_text(q, 7));
	row->reviewed_ms = sql_get_int(q, 8);
	row->review_leaf = (uint64_t)sql_get_int(q, 9);
	row->uid = (uint32_t)sql_get_int(q, 10);
	return 0;
}

static json_t *
row_json(const struct glass_row *row)
{
	char id[ID_TEXT], kase[ID_TEXT], ref[REF_TEXT];
	json_t *j;

	id_format(&row->id, id);
	id_format(&row->kase, kase);
	id_ref(&row->kase, ref);
	j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:I}", "break_glass",
	    id, "case", kase, "ref", ref, "by", row->account, "at",
	    json_of_time(row->at_ms), "until", json_of_time(row->until_ms),
	    "state", row->finding[0] != '\0' ? row->finding : "unreviewed",
	    "leaf", (json_int_t)row->leaf);
	if (j != NULL && row->finding[0] != '\0' &&
	    (json_object_set_new(
		 j, "reviewed_by", json_string(row->reviewed_by)) < 0 ||
		json_object_set_new(
		    j, "reviewed_at", json_of_time(row->reviewed_ms)) < 0 ||
		json_object_set_new(j, "review_leaf",
		    json_integer((json_int_t)row->review_leaf)) < 0)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int
open_list(struct tx *tx, const struct id *kase, struct sql **q, struct err *e)
{
	int r;

	if (kase == NULL)
		return sql_open(tx,
		    "SELECT " COLUMNS " FROM glass WHERE finding IS NULL"
		    " ORDER BY at",
		    q, e);
	if ((r = sql_open(tx,
		 "SELECT " COLUMNS " FROM glass WHERE dossier = ? ORDER BY at",
		 q, e)) < 0)
		return r;
	return sql_id(*q, 1, kase, e);
}

static int
take_list(struct sql *q, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	struct glass_row row;
	int r;

	while ((r = sql_step(q, e)) > 0) {
		if ((r = row_read(q, &row, e)) < 0)
			return r;
		if (json_array_append_new(list, row_json(&row)) < 0)
			return err_set(e, ERR_NOMEM, "broken glass");
	}
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}

int
glass_list(struct tx *tx, const struct id *kase, json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = open_list(tx, kase, &q, e)) < 0)
		return r;
	return take_list(q, out, e);
}

int
glass_since(struct tx *tx, int64_t since_ms, json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT " COLUMNS " FROM glass WHERE finding IS NULL OR"
		 " at >= ? ORDER BY at DESC LIMIT 1000",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, since_ms, e)) < 0)
		return r;
	return take_list(q, out, e);
}

/* Who sees that something is due in a case sees this too. */
static int
may_see(struct core *core, struct tx *tx, const struct caller *caller,
    const struct id *kase, int64_t now_ms)
{
	struct caller quiet = *caller;
	struct case_facts f;
	struct decision d;

	quiet.decided = NULL; /* what is left out is no refusal */
	return case_by_id(tx, kase, &f, NULL) == 0 &&
	       core_authorize(
		   core, &quiet, OP_DUE, NULL, &f, now_ms, &d, NULL) == 0;
}

static int
list_visible(struct core *core, const struct caller *caller, int64_t now_ms,
    json_t *out, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct glass_row row;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = open_list(&tx, NULL, &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = row_read(q, &row, e)) < 0)
			return r;
		if (may_see(core, &tx, caller, &row.kase, now_ms) &&
		    json_array_append_new(out, row_json(&row)) < 0)
			return err_set(e, ERR_NOMEM, "broken glass");
	}
	return r;
}

int
glass_waiting(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array(), *detail = NULL;
	int64_t now = core_now(core);
	struct decision d;
	uint64_t leaf;
	int r;

	if (list == NULL)
		return err_set(e, ERR_NOMEM, "broken glass");
	if ((r = core_authorize(core, caller, OP_DUE, NULL, NULL, now, &d, e)) <
		0 ||
	    (r = list_visible(core, caller, now, list, e)) < 0)
		return r;
	detail = json_pack("{s:I, s:o}", "break_glass",
	    (json_int_t)json_array_size(list), "decision",
	    decision_json(core, &d));
	if ((r = core_read_leaf(
		 core, caller, LEAF_DUE, NULL, detail, &leaf, e)) < 0)
		return r;
	*answer = json_pack(
	    "{s:O, s:I}", "break_glass", list, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "broken glass");
}

int
glass_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct glass_row row;
	json_t *more;
	int r;

	if ((r = open_list(d->tx, NULL, &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = row_read(q, &row, e)) < 0)
			return r;
		more = json_pack("{s:s, s:I}", "by", row.account, "leaf",
		    (json_int_t)row.leaf);
		if ((r = due_add(d, "break-glass-review", &row.kase, &row.id,
			 row.at_ms,
			 due_after(
			     d->core, "break-glass-review-days", row.at_ms),
			 more, e)) < 0)
			return r;
	}
	return r;
}

/* --- breaking --------------------------------------------------------- */

struct breaking {
	struct core *core;
	const struct caller *caller;
	const char *reason;
	struct decision d;
	int64_t minutes;
	struct glass_row row;
};

static int
check_words(const char *s, const char *what, struct err *e)
{
	if (*s == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "member \"%s\" is missing", what);
	return text_check(s, GLASS_REASON_MAX, what, e);
}

/* Still there, in the transaction of the leaf? */
static int
check_lives(struct tx *tx, const struct id *kase, struct err *e)
{
	struct case_facts f;
	int r;

	if ((r = case_by_id(tx, kase, &f, e)) < 0)
		return r;
	if (strcmp(f.state, "erased") == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	return 0;
}

static int
insert(struct tx *tx, const struct glass_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO glass (id, dossier, uid, account, at, until,"
		 " leaf) VALUES (?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->kase, e)) < 0 ||
	    (r = sql_int(q, 3, row->uid, e)) < 0 ||
	    (r = sql_text(q, 4, row->account, e)) < 0 ||
	    (r = sql_int(q, 5, row->at_ms, e)) < 0 ||
	    (r = sql_int(q, 6, row->until_ms, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)row->leaf, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
break_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct breaking *b = arg;
	struct glass_row *row = &b->row;
	AUTO(json_decrefp) json_t *detail = NULL;
	char id[ID_TEXT], kase[ID_TEXT];
	int r;

	row->at_ms = audit_time(b->core->audit, now_ms);
	row->until_ms = row->at_ms + b->minutes * 60000;
	id_format(&row->id, id);
	id_format(&row->kase, kase);
	detail =
	    json_pack("{s:s, s:s, s:s, s:o, s:o}", "case", kase, "break_glass",
		id, "reason", b->reason, "until", json_of_time(row->until_ms),
		"decision", decision_json(b->core, &b->d));
	if (detail == NULL)
		return err_set(e, ERR_NOMEM, "broken glass");
	if ((r = check_lives(tx, &row->kase, e)) < 0 ||
	    (r = core_leaf(b->core, tx, b->caller, LEAF_BREAK_GLASS, LEAF_OK,
		 &row->kase, detail, now_ms, &row->leaf, e)) < 0)
		return r;
	return insert(tx, row, e);
}

static int
break_prepare(
    struct breaking *b, const char *kase, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(b->core);
	struct case_facts f;
	int r;

	if ((r = tx_read(b->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(b->core, &tx, b->caller, kase, OP_BREAK_GLASS,
		 NULL, now, &f, object, &b->d, e)) < 0 ||
	    (r = core_check_open(b->core, e)) < 0 ||
	    (r = check_words(b->reason, "reason", e)) < 0 ||
	    (r = check_room(b->core->glass, now, e)) < 0)
		return r;
	/* Rules that let somebody break it say for how long. */
	if (policy_figure_on(b->core->policy, "break-glass-minutes",
		civil_day(now), &b->minutes, e) < 0)
		return err_set(e, ERR_INTERNAL,
		    "the rules have no figure break-glass-minutes");
	b->row.kase = f.id;
	b->row.uid = b->caller->actor.uid;
	snprintf(b->row.account, sizeof(b->row.account), "%s",
	    b->caller->actor.account);
	return id_random(&b->row.id, e);
}

int
glass_break(struct core *core, const struct caller *caller, const char *kase,
    const char *reason, struct id *object, json_t **answer, struct err *e)
{
	struct breaking b = {
		.core = core, .caller = caller, .reason = reason
	};
	struct change ch = { .apply = break_apply, .arg = &b, .need_head = 1 };
	struct grant gr = { 0 };
	int r;

	if ((r = break_prepare(&b, kase, object, e)) < 0)
		return r;
	r = commit_run(core->committer, &ch, e);
	if (r < 0 && r != -ERR_PENDING)
		return r;
	gr.id = b.row.id;
	gr.kase = b.row.kase;
	gr.uid = b.row.uid;
	gr.until_ms = b.row.until_ms;
	memcpy(gr.account, b.row.account, sizeof(gr.account));
	remember(core->glass, &gr);
	if (r < 0)
		return r;
	*answer = row_json(&b.row);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "broken glass");
}

/* --- the review ------------------------------------------------------- */

struct review {
	struct core *core;
	const struct caller *caller;
	const char *finding, *words;
	struct decision d;
	struct glass_row row;
};

static int
find(struct tx *tx, const char *glass, struct glass_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if (id_parse(glass, &id, NULL) < 0)
		return 0;
	if ((r = sql_open(tx, "SELECT " COLUMNS " FROM glass WHERE id = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, &id, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	return (r = row_read(q, row, e)) < 0 ? r : 1;
}

static int
check_review(const struct review *rv, struct err *e)
{
	const struct glass_row *row = &rv->row;

	if (row->uid == rv->caller->actor.uid ||
	    strcmp(row->account, rv->caller->actor.account) == 0)
		return err_tag(e, ERR_DENIED, "own-review",
		    "who broke the glass does not review it");
	if (strcmp(rv->finding, "justified") != 0 &&
	    strcmp(rv->finding, "unjustified") != 0)
		return err_tag(e, ERR_INVALID, "finding",
		    "finding: justified or unjustified");
	return check_words(rv->words, "words", e);
}

static int
reviewed(struct err *e)
{
	return err_tag(e, ERR_CONFLICT, "glass-reviewed",
	    "this has been reviewed already");
}

static int
review_prepare(
    struct review *rv, const char *glass, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(rv->core);
	struct case_facts f;
	int r;

	if ((r = tx_read(rv->core->catalog, &tx, e)) < 0 ||
	    (r = find(&tx, glass, &rv->row, e)) < 0)
		return r;
	if (r == 0)
		return authorize_unknown(
		    rv->core, rv->caller, OP_BREAK_GLASS_REVIEW, NULL, now, e);
	*object = rv->row.kase;
	if ((r = case_by_id(&tx, &rv->row.kase, &f, e)) < 0 ||
	    (r = core_authorize(rv->core, rv->caller, OP_BREAK_GLASS_REVIEW,
		 NULL, &f, now, &rv->d, e)) < 0 ||
	    (r = core_check_open(rv->core, e)) < 0)
		return r;
	if (rv->row.finding[0] != '\0')
		return reviewed(e);
	return check_review(rv, e);
}

static int
update(struct tx *tx, const struct glass_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE glass SET finding = ?, reviewed_by = ?,"
		 " reviewed_at = ?, review_leaf = ?, until = min(until, ?3)"
		 " WHERE id = ? AND finding IS NULL",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, row->finding, e)) < 0 ||
	    (r = sql_text(q, 2, row->reviewed_by, e)) < 0 ||
	    (r = sql_int(q, 3, row->reviewed_ms, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)row->review_leaf, e)) < 0 ||
	    (r = sql_id(q, 5, &row->id, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	return sql_changes(tx) == 1 ? 0 : reviewed(e);
}

static int
review_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct review *rv = arg;
	struct glass_row *row = &rv->row;
	AUTO(json_decrefp) json_t *detail = NULL;
	char id[ID_TEXT], kase[ID_TEXT];
	int r;

	id_format(&row->id, id);
	id_format(&row->kase, kase);
	detail = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "case", kase,
	    "break_glass", id, "by", row->account, "broken", row->leaf,
	    "finding", rv->finding, "words", rv->words, "decision",
	    decision_json(rv->core, &rv->d));
	if (detail == NULL)
		return err_set(e, ERR_NOMEM, "broken glass");
	if ((r = core_leaf(rv->core, tx, rv->caller, LEAF_BREAK_GLASS_REVIEW,
		 LEAF_OK, &row->kase, detail, now_ms, &row->review_leaf, e)) <
	    0)
		return r;
	snprintf(row->finding, sizeof(row->finding), "%s", rv->finding);
	snprintf(row->reviewed_by, sizeof(row->reviewed_by), "%s",
	    rv->caller->actor.account);
	row->reviewed_ms = audit_time(rv->core->audit, now_ms);
	if (row->until_ms > row->reviewed_ms)
		row->until_ms = row->reviewed_ms;
	return update(tx, row, e);
}

int
glass_review(struct core *core, const struct caller *caller, const char *glass,
    const char *finding, const char *words, struct id *object, json_t **answer,
    struct err *e)
{
	struct review rv = {
		.core = core,
		.caller = caller,
		.finding = finding,
		.words = words,
	};
	struct change ch = {
		.apply = review_apply, .arg = &rv, .need_head = 1
	};
	int r;

	if ((r = review_prepare(&rv, glass, object, e)) < 0)
		return r;
	r = commit_run(core->committer, &ch, e);
	if (r == 0 || r == -ERR_PENDING)
		end_grant(core->glass, &rv.row.id);
	if (r < 0)
		return r;
	*answer = row_json(&rv.row);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "broken glass");
}
