/* Rows of corrections; and what follows one until it is done. */
#include <unistd.h>

#include "daemon/core/breach.h"
#include "daemon/core/correct_row.h"
#include "daemon/core/destroy.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

#define LOG_PAGE 200	     /* leaves at a time */
#define READERS_TOLD_MAX 200 /* in the words of a breach; all are counted */
#define TAKE_UP_MAX 100	     /* corrections at a time */

const char *const correction_schema =
    "CREATE TABLE correction ("
    " document BLOB PRIMARY KEY CHECK (length(document) = 16),"
    " kase BLOB NOT NULL, replacement BLOB NOT NULL, to_case BLOB NOT NULL,"
    " author INTEGER NOT NULL, filed INTEGER NOT NULL, at INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL, keys INTEGER NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('entered', 'looked', 'done')),"
    " breach BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX correction_open ON correction (at) WHERE state <> 'done';"
    "CREATE TABLE correction_key ("
    " document BLOB NOT NULL, number INTEGER NOT NULL,"
    " PRIMARY KEY (document, number)) STRICT, WITHOUT ROWID;";

/* --- rows ----------------------------------------------------------------- */

static int
take_row(struct sql *q, struct correction *out, struct err *e)
{
	struct correction c = { 0 };
	int r;

	if ((r = sql_get_id(q, 0, &c.document, e)) < 0 ||
	    (r = sql_get_id(q, 1, &c.kase, e)) < 0 ||
	    (r = sql_get_id(q, 2, &c.replacement, e)) < 0 ||
	    (r = sql_get_id(q, 3, &c.to_case, e)) < 0 ||
	    (r = sql_get_id(q, 10, &c.breach, e)) < 0)
		return r;
	c.author = (uint32_t)sql_get_int(q, 4);
	c.filed_ms = sql_get_int(q, 5);
	c.at_ms = sql_get_int(q, 6);
	c.leaf = (uint64_t)sql_get_int(q, 7);
	c.keys = (uint64_t)sql_get_int(q, 8);
	snprintf(c.state, sizeof(c.state), "%s", sql_get_text(q, 9));
	*out = c;
	return 0;
}

int
correction_load(struct tx *tx, const struct id *document,
    struct correction *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT document, kase, replacement, to_case, author, filed,"
		 " at, leaf, keys, state, breach FROM correction"
		 " WHERE document = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	r = take_row(q, out, e);
	return r < 0 ? r : 1;
}

static int
insert_number(
    struct tx *tx, const struct id *document, uint64_t number, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO correction_key (document, number) VALUES (?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)number, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
correction_insert(struct tx *tx, const struct correction *c,
    const struct buf *numbers, struct err *e)
{
	const uint64_t *v = (const uint64_t *)(const void *)numbers->p;
	size_t i, n = numbers->len / sizeof(*v);
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO correction (document, kase, replacement, to_case,"
		 " author, filed, at, leaf, keys, state, breach)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'entered', ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &c->document, e)) < 0 ||
	    (r = sql_id(q, 2, &c->kase, e)) < 0 ||
	    (r = sql_id(q, 3, &c->replacement, e)) < 0 ||
	    (r = sql_id(q, 4, &c->to_case, e)) < 0 ||
	    (r = sql_int(q, 5, c->author, e)) < 0 ||
	    (r = sql_int(q, 6, c->filed_ms, e)) < 0 ||
	    (r = sql_int(q, 7, c->at_ms, e)) < 0 ||
	    (r = sql_int(q, 8, (int64_t)c->leaf, e)) < 0 ||
	    (r = sql_int(q, 9, (int64_t)n, e)) < 0 ||
	    (r = sql_id(q, 10, &c->breach, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((r = insert_number(tx, &c->document, v[i], e)) < 0)
			return r;
	return 0;
}

/* --- who saw it ----------------------------------------------------------- */

/* Leaves that show somebody what is in a document, or what was made of it. */
static int
class_shows(const char *name)
{
	static const enum leaf_class shows[] = {
		LEAF_DOC_READ,
		LEAF_DOC_META,
		LEAF_DOC_CHECK,
		LEAF_EXTRACT_PREVIEW,
		LEAF_EXTRACT_RELEASE,
		LEAF_EXTRACT_PULL,
		LEAF_EXTRACT_DELIVER,
	};
	size_t i;

	for (i = 0; i < NELEMS(shows); i++)
		if (strcmp(leaf_class_name(shows[i]), name) == 0)
			return 1;
	return 0;
}

struct looking {
	const struct correction *c;
	json_t *seen; /* [{leaf, at, class, account, role}] */
	size_t n;
};

/* What is damaged hides nobody: it counts, by no name. */
static int
look_at(struct looking *l, const json_t *entry, struct err *e)
{
	static const char *const told[] = { "leaf", "at", "class", "account",
		"role" };
	const char *outcome, *class;
	json_t *uid = json_object_get(entry, "uid"), *one;
	size_t i;

	outcome = json_string_value(json_object_get(entry, "outcome"));
	class = json_string_value(json_object_get(entry, "class"));
	if (outcome == NULL || class == NULL || strcmp(outcome, "ok") != 0 ||
	    !class_shows(class) ||
	    (uid != NULL &&
		json_integer_value(uid) == (json_int_t)l->c->author) ||
	    l->n++ >= READERS_TOLD_MAX)
		return 0;
	if ((one = json_object()) == NULL ||
	    json_array_append_new(l->seen, one) < 0)
		return err_set(e, ERR_NOMEM, "who saw it");
	for (i = 0; i < NELEMS(told); i++)
		if (json_object_get(entry, told[i]) != NULL &&
		    json_object_set(
			one, told[i], json_object_get(entry, told[i])) < 0)
			return err_set(e, ERR_NOMEM, "who saw it");
	return 0;
}

/*
 * From the filing to the correction: after that, the tombstone shows nobody
 * anything. A reading that began before has its leaf before.
 */
static int
look(struct core *core, struct looking *l, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct audit_query q = {
		.before = l->c->leaf + 1,
		.since_ms = l->c->filed_ms,
		.until_ms = l->c->at_ms + 1,
		.object = &l->c->document,
		.limit = LOG_PAGE,
	};
	json_t *page, *one;
	uint64_t next;
	size_t i;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	do {
		r = audit_read(core->audit, &tx, &q, &page, &next, e);
		if (r < 0)
			return r;
		json_array_foreach(page, i, one) if (r == 0) r =
		    look_at(l, one, e);
		json_decref(page);
		q.before = next;
	} while (r == 0 && next != 0);
	return r;
}

struct looked {
	struct core *core;
	const struct caller *caller;
	struct correction *c;
	struct breach *breach; /* NULL: nobody saw it */
};

static int
set_state(struct tx *tx, const struct correction *c, const char *from,
    const char *to, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE correction SET state = ?, breach = ?"
		 " WHERE document = ? AND state = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, to, e)) < 0 ||
	    (r = sql_id(q, 2, &c->breach, e)) < 0 ||
	    (r = sql_id(q, 3, &c->document, e)) < 0 ||
	    (r = sql_text(q, 4, from, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply_looked(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct looked *l = arg;
	json_t *detail;
	uint64_t leaf;
	int r;

	if (l->breach != NULL) {
		detail = json_pack("{s:o, s:o, s:o, s:s}", "case",
		    json_of_id(&l->c->kase), "breach",
		    json_of_id(&l->breach->id), "document",
		    json_of_id(&l->c->document), "what", l->breach->what);
		r = core_leaf(l->core, tx, l->caller, LEAF_BREACH, LEAF_OK,
		    &l->c->document, detail, now_ms, &leaf, e);
		json_decref(detail);
		if (r < 0 ||
		    (r = breach_open(tx, l->breach,
			 audit_time(l->core->audit, now_ms), leaf, e)) < 0)
			return r;
	}
	return set_state(tx, l->c, "entered", "looked", e);
}

static int
open_breach(struct core *core, const struct caller *caller,
    struct correction *c, const struct looking *l, struct err *e)
{
	struct breach b = {
		.kase = c->kase,
		.object = c->document,
		.what = "misfiling",
	};
	struct looked x = { core, caller, c, NULL };
	struct change ch = { .apply = apply_looked, .arg = &x };
	json_t *words;
	int r;

	if (l->n == 0)
		return commit_run(core->committer, &ch, e);
	words = json_pack("{s:I, s:O, s:o, s:o}", "count", (json_int_t)l->n,
	    "seen", l->seen, "filed_at", json_of_time(c->filed_ms),
	    "corrected_at", json_of_time(c->at_ms));
	if (words == NULL)
		return err_set(e, ERR_NOMEM, "breach");
	r = breach_prepare(core, &b, words, e);
	json_decref(words);
	if (r == 0) {
		x.breach = &b;
		c->breach = b.id;
		r = commit_run(core->committer, &ch, e);
	}
	breach_done(&b);
	return r;
}

static int
look_and_tell(struct core *core, const struct caller *caller,
    struct correction *c, struct err *e)
{
	struct looking l = { .c = c, .seen = json_array() };
	int r;

	if (l.seen == NULL)
		return err_set(e, ERR_NOMEM, "who saw it");
	if ((r = look(core, &l, e)) == 0)
		r = open_breach(core, caller, c, &l, e);
	json_decref(l.seen);
	return r;
}

/* --- the rotation --------------------------------------------------------- */

static int
load_numbers(struct core *core, const struct correction *c, struct buf *out,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	return rows_key_numbers(&tx,
	    "SELECT number FROM correction_key WHERE document = ?"
	    " ORDER BY number",
	    &c->document, out, e);
}

static int
apply_done(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct looked *x = arg;
	json_t *detail;
	uint64_t leaf;
	int r;

	detail = json_pack("{s:o, s:I}", "document",
	    json_of_id(&x->c->document), "destroyed", (json_int_t)x->c->keys);
	r = core_leaf(x->core, tx, x->caller, LEAF_KEY_ROTATE, LEAF_OK,
	    &x->c->document, detail, now_ms, &leaf, e);
	json_decref(detail);
	if (r < 0 ||
	    (r = rows_run(tx, "DELETE FROM correction_key WHERE document = ?",
		 &x->c->document, e)) < 0)
		return r;
	return set_state(tx, x->c, "looked", "done", e);
}

/* A leaf whose head also covers the correction's: the agent destroys for
 * nothing less. */
static int
apply_taken_up(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct looked *x = arg;
	json_t *detail;
	uint64_t leaf;
	int r;

	detail = json_pack("{s:o, s:s}", "document",
	    json_of_id(&x->c->document), "what", "taken up");
	r = core_leaf(x->core, tx, x->caller, LEAF_KEY_ROTATE, LEAF_OK,
	    &x->c->document, detail, now_ms, &leaf, e);
	json_decref(detail);
	return r;
}

static int
rotate(struct core *core, const struct caller *caller, struct correction *c,
    struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	struct looked x = { core, caller, c, NULL };
	struct change begin = {
		.apply = apply_taken_up,
		.arg = &x,
		.need_head = 1,
	};
	struct change end = { .apply = apply_done, .arg = &x, .need_head = 1 };
	int r;

	if ((r = load_numbers(core, c, &numbers, e)) < 0)
		return r;
	if (audit_head_size(core->audit) <= c->leaf &&
	    (r = commit_run(core->committer, &begin, e)) < 0)
		return r;
	if ((r = destroy_keys(core, &numbers, NULL, c->leaf, e)) < 0 ||
	    (r = destroy_copies(core, e)) < 0 ||
	    (r = commit_run(core->committer, &end, e)) < 0)
		return r;
	snprintf(c->state, sizeof(c->state), "done");
	return 0;
}

/* Under destroy_begin: another may have ended it meanwhile. */
static int
end_one(struct core *core, const struct caller *caller, struct correction *c,
    struct err *e)
{
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };
		struct id document = c->document;

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = correction_load(&tx, &document, c, e)) < 0)
			return r;
	}
	if (strcmp(c->state, "done") == 0)
		return 0;
	if (strcmp(c->state, "entered") == 0 &&
	    (r = look_and_tell(core, caller, c, e)) < 0)
		return r;
	return rotate(core, caller, c, e);
}

int
correction_end(struct core *core, const struct caller *caller,
    struct correction *c, struct err *e)
{
	int r;

	destroy_begin();
	r = end_one(core, caller, c, e);
	destroy_end();
	return r;
}

/* --- what was cut --------------------------------------------------------- */

static int
load_open(struct core *core, struct buf *ids, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT document FROM correction WHERE state <> 'done'"
		 " ORDER BY at LIMIT ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, TAKE_UP_MAX, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

int
correct_take_up(struct core *core, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct caller vault = { .actor = {
				    .uid = getuid(), .account = "sceaud" } };
	struct correction c;
	size_t i;
	int r = load_open(core, &ids, e);

	for (i = 0; r == 0 && i < ids.len; i += ID_LEN) {
		memcpy(c.document.b, ids.p + i, ID_LEN);
		r = correction_end(core, &vault, &c, e);
	}
	return r;
}
