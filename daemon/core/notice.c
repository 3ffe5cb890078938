#include "daemon/core/notice.h"

#include <string.h>

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/door.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"

const char *const notice_schema =
    "CREATE TABLE notice ("
    " id BLOB PRIMARY KEY, extract BLOB NOT NULL, kase BLOB NOT NULL,"
    " recipient TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,"
    " at INTEGER NOT NULL, delivered INTEGER NOT NULL,"
    " settled INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX notice_recipient ON notice(recipient, at);"
    "CREATE INDEX notice_kase ON notice(kase, at);"
    "CREATE INDEX notice_open ON notice(at)"
    " WHERE state IN ('queued', 'delivered');";

#define COLUMNS                                                                \
	"id, extract, kase, recipient, reason, state, at, delivered,"          \
	" settled, key"
/* Open ones first, then the newest. */
#define ORDER                                                                  \
	" ORDER BY state IN ('acknowledged', 'impossible'), at DESC, id"       \
	" LIMIT 1000"

struct notice_row {
	struct id id, extract, kase;
	char recipient[64], reason[32], state[16];
	int64_t at, delivered, settled; /* ms; 0: not yet */
	uint64_t key;			/* of the sealed words; 0: none */
};

static const struct {
	const char *from, *to;
} moves[] = {
	{ "queued", "delivered" },
	{ "queued", "impossible" },
	{ "delivered", "acknowledged" },
	{ "delivered", "impossible" },
};

/* Why a notice in this state does not move: stable tags. */
static const struct {
	const char *state, *tag;
} stuck[] = {
	{ "queued", "notice-queued" },
	{ "delivered", "notice-delivered" },
	{ "acknowledged", "notice-acknowledged" },
	{ "impossible", "notice-impossible" },
};

static int
check_move(const struct notice_row *row, const char *to, struct err *e)
{
	const char *tag = "notice-state";
	size_t i;

	for (i = 0; i < NELEMS(moves); i++)
		if (strcmp(moves[i].from, row->state) == 0 &&
		    strcmp(moves[i].to, to) == 0)
			return 0;
	for (i = 0; i < NELEMS(stuck); i++)
		if (strcmp(stuck[i].state, row->state) == 0)
			tag = stuck[i].tag;
	return err_tag(
	    e, ERR_CONFLICT, tag, "this notice is %s already", row->state);
}

static int
is_open(const struct notice_row *row)
{
	return strcmp(row->state, "queued") == 0 ||
	       strcmp(row->state, "delivered") == 0;
}

/* --- rows -------------------------------------------------------------- */

static int
read_row(struct sql *q, struct notice_row *out, struct err *e)
{
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = sql_get_id(q, 0, &out->id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &out->extract, e)) < 0 ||
	    (r = sql_get_id(q, 2, &out->kase, e)) < 0)
		return r;
	snprintf(
	    out->recipient, sizeof(out->recipient), "%s", sql_get_text(q, 3));
	snprintf(out->reason, sizeof(out->reason), "%s", sql_get_text(q, 4));
	snprintf(out->state, sizeof(out->state), "%s", sql_get_text(q, 5));
	out->at = sql_get_int(q, 6);
	out->delivered = sql_get_int(q, 7);
	out->settled = sql_get_int(q, 8);
	out->key = (uint64_t)sql_get_int(q, 9);
	return 0;
}

static int
find(struct tx *tx, const struct id *id, struct notice_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT " COLUMNS " FROM notice WHERE id = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such notice");
	return read_row(q, out, e);
}

int
notice_add(struct tx *tx, const struct extract_row *row, const char *reason,
    int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = id_random(&id, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO notice (id, extract, kase, recipient, reason,"
		 " state, at, delivered, settled, key, sealed) VALUES"
		 " (?, ?, ?, ?, ?, 'queued', ?, 0, 0, 0, NULL)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->id, e)) < 0 ||
	    (r = sql_id(q, 3, &row->kase, e)) < 0 ||
	    (r = sql_text(q, 4, row->recipient, e)) < 0 ||
	    (r = sql_text(q, 5, reason, e)) < 0 ||
	    (r = sql_int(q, 6, now_ms, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
notice_was_made(struct tx *tx, const struct extract_row *row,
    const char *reason, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM notice WHERE kase = ? AND extract = ?"
		 " AND reason = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->kase, e)) < 0 ||
	    (r = sql_id(q, 2, &row->id, e)) < 0 ||
	    (r = sql_text(q, 3, reason, e)) < 0)
		return r;
	return sql_step(q, e);
}

/* Move it; the caller enters the leaf. */
static int
move(struct tx *tx, struct notice_row *row, const char *to, int64_t now_ms,
    struct err *e)
{
	int delivering = strcmp(to, "delivered") == 0;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = check_move(row, to, e)) < 0)
		return r;
	if (delivering)
		row->delivered = now_ms;
	else
		row->settled = now_ms;
	snprintf(row->state, sizeof(row->state), "%s", to);
	if ((r = sql_open(tx,
		 "UPDATE notice SET state = ?, delivered = ?, settled = ?"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, to, e)) < 0 ||
	    (r = sql_int(q, 2, row->delivered, e)) < 0 ||
	    (r = sql_int(q, 3, row->settled, e)) < 0 ||
	    (r = sql_id(q, 4, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
keep_words(struct tx *tx, const struct id *id, uint64_t key,
    const struct buf *sealed, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE notice SET key = ?, sealed = ? WHERE id = ?", &q, e)) <
		0 ||
	    (r = sql_int(q, 1, (int64_t)key, e)) < 0 ||
	    (r = sql_blob(q, 2, sealed->p, sealed->len, e)) < 0 ||
	    (r = sql_id(q, 3, id, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* --- as answers tell them ---------------------------------------------- */

/* When it must be settled; 0: the rules do not say. */
static int64_t
due_ms(const struct core *core, const struct notice_row *row)
{
	return due_after(core, "notice-days", row->at);
}

/* What the recipient sees. */
static json_t *
row_json(const struct notice_row *row)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:s}", "notice",
	    json_of_id(&row->id), "extract", json_of_id(&row->extract),
	    "reason", row->reason, "at", json_of_time(row->at), "state",
	    row->state);
}

static json_t *
staff_json(const struct core *core, const struct notice_row *row)
{
	int64_t due = due_ms(core, row), now = core_now(core);
	json_t *j = row_json(row);

	if (j == NULL ||
	    json_object_set_new(j, "case", json_of_id(&row->kase)) < 0 ||
	    json_object_set_new(j, "recipient", json_string(row->recipient)) <
		0 ||
	    json_object_set_new(
		j, "delivered_at", json_of_time(row->delivered)) < 0 ||
	    json_object_set_new(j, "settled_at", json_of_time(row->settled)) <
		0 ||
	    json_object_set_new(j, "due_at", json_of_time(due)) < 0 ||
	    json_object_set_new(j, "overdue",
		json_boolean(is_open(row) && due > 0 && due < now)) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int
append(json_t *a, json_t *j, struct err *e)
{
	if (j == NULL || json_array_append_new(a, j) < 0)
		return err_set(e, ERR_NOMEM, "notice");
	return 0;
}

/* --- the partner's door ------------------------------------------------ */

struct delivery {
	struct core *core;
	const struct caller *caller;
	struct decision access;
	json_t *notices;
	uint64_t leaf;
};

static int
of_recipient(
    struct tx *tx, const char *recipient, struct buf *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct notice_row row;
	int r;

	if ((r = sql_open(tx,
		 "SELECT " COLUMNS " FROM notice WHERE recipient = ?" ORDER, &q,
		 e)) < 0 ||
	    (r = sql_text(q, 1, recipient, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = read_row(q, &row, e)) < 0 ||
		    (r = buf_add(rows, &row, sizeof(row), e)) < 0)
			return r;
	return r;
}

static int
deliver_rows(struct delivery *d, struct tx *tx, const struct buf *rows,
    json_t *now_delivered, int64_t now_ms, struct err *e)
{
	struct notice_row row;
	size_t at;
	int r;

	for (at = 0; at < rows->len; at += sizeof(row)) {
		memcpy(&row, rows->p + at, sizeof(row));
		if (strcmp(row.state, "queued") == 0) {
			if ((r = move(tx, &row, "delivered", now_ms, e)) < 0 ||
			    (r = append(
				 now_delivered, json_of_id(&row.id), e)) < 0)
				return r;
		}
		if ((r = append(d->notices, row_json(&row), e)) < 0)
			return r;
	}
	return 0;
}

static int
apply_deliver(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(buf_done) struct buf rows = { 0 };
	struct delivery *d = arg;
	json_t *detail, *ids = json_array();
	int r;

	json_array_clear(d->notices);
	r = of_recipient(tx, d->caller->who->recipient, &rows, e);
	if (r == 0)
		r = deliver_rows(d, tx, &rows, ids, now_ms, e);
	detail = json_pack("{s:o, s:s, s:o}", "delivered", ids, "recipient",
	    d->caller->who->recipient, "decision",
	    decision_json(d->core, &d->access));
	if (r == 0)
		r = core_leaf(d->core, tx, d->caller, LEAF_NOTICE, LEAF_OK,
		    NULL, detail, now_ms, &d->leaf, e);
	json_decref(detail);
	return r;
}

int
notice_deliver(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	struct delivery d = { .core = core, .caller = caller };
	struct change ch = {
		.apply = apply_deliver,
		.arg = &d,
		.need_head = 1,
	};
	int r;

	if ((r = door_authorize(core, caller, OP_NOTICE_READ, &d.access, e)) <
	    0)
		return r;
	if ((d.notices = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "notices");
	if ((r = commit_run(core->committer, &ch, e)) < 0) {
		json_decref(d.notices);
		return r;
	}
	*answer = json_pack(
	    "{s:o, s:I}", "notices", d.notices, "leaf", (json_int_t)d.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "notices");
}

/* One notice on its way to another state. */
struct settling {
	struct core *core;
	const struct caller *caller;
	struct id id;
	const char *how, *words;
	struct decision access;
	struct notice_row row;
	struct fresh_key key;
	/* Of the words before, 0: none; of those that are written. */
	uint64_t had, number;
	struct buf sealed;
	uint64_t leaf;
};

static int
settling_leaf(struct settling *s, struct tx *tx, enum leaf_class klass,
    int64_t now_ms, struct err *e)
{
	json_t *detail = json_pack("{s:o, s:o, s:s, s:s, s:s*, s:s*, s:o}",
	    "notice", json_of_id(&s->id), "extract",
	    json_of_id(&s->row.extract), "recipient", s->row.recipient, "state",
	    s->row.state, "how", s->how, "words", s->words, "decision",
	    decision_json(s->core, &s->access));
	int r;

	r = core_leaf(s->core, tx, s->caller, klass, LEAF_OK, &s->row.kase,
	    detail, now_ms, &s->leaf, e);
	json_decref(detail);
	return r;
}

/* Another recipient's and none: one answer. */
static int
find_own(struct settling *s, struct tx *tx, struct err *e)
{
	int r;

	if ((r = find(tx, &s->id, &s->row, e)) < 0)
		return r;
	if (strcmp(s->row.recipient, s->caller->who->recipient) != 0)
		return err_set(e, ERR_NOT_FOUND, "no such notice");
	return 0;
}

static int
apply_ack(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct settling *s = arg;
	int r;

	if ((r = find_own(s, tx, e)) < 0 ||
	    (r = move(tx, &s->row, "acknowledged", now_ms, e)) < 0)
		return r;
	return settling_leaf(s, tx, LEAF_NOTICE_SETTLE, now_ms, e);
}

static json_t *
settled_json(const struct settling *s)
{
	return json_pack("{s:o, s:s, s:I}", "notice", json_of_id(&s->id),
	    "state", s->row.state, "leaf", (json_int_t)s->leaf);
}

int
notice_ack(struct core *core, const struct caller *caller,
    const struct id *notice, struct id *object, json_t **answer, struct err *e)
{
	struct settling s = { .core = core, .caller = caller, .id = *notice };
	struct change ch = { .apply = apply_ack, .arg = &s, .need_head = 1 };
	int r;

	if ((r = door_authorize(core, caller, OP_EXTRACT_ACK, &s.access, e)) <
	    0)
		return r;
	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = find_own(&s, &tx, e)) < 0)
			return r;
	}
	*object = *notice;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = settled_json(&s);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "notice");
}

/* --- staff ------------------------------------------------------------- */

/* Also about a notice of an erased case: its tombstone knows whose it was,
 * and the rules name that state. */
static int
authorize(struct core *core, struct tx *tx, const struct caller *caller,
    const struct id *kase, enum policy_op op, struct decision *d, struct err *e)
{
	struct case_facts f;
	int r;

	if ((r = case_by_id(tx, kase, &f, e)) < 0)
		return r;
	return core_authorize(core, caller, op, NULL, &f, core_now(core), d, e);
}

static int
check_words(const char *how, const char *words, struct err *e)
{
	int impossible = strcmp(how, "impossible") == 0;

	if (!impossible && strcmp(how, "delivered") != 0 &&
	    strcmp(how, "acknowledged") != 0)
		return err_tag(e, ERR_INVALID, "notice-how",
		    "how: delivered, acknowledged or impossible");
	/* GDPR art. 19: that it is impossible is reasoned. */
	if (impossible && words[0] == '\0')
		return err_tag(e, ERR_INVALID, "notice-words",
		    "words: why is it impossible?");
	return text_check(words, NOTICE_WORDS_MAX, "words", e);
}

/* Who has a door answers there, not by the mouth of others. */
static int
check_door(const struct settling *s, struct err *e)
{
	const struct policy_recipient *to =
	    policy_recipient(s->core->policy, s->row.recipient);

	if (strcmp(s->how, "impossible") == 0 || to == NULL ||
	    to->account[0] == '\0')
		return 0;
	return err_tag(e, ERR_CONFLICT, "notice-door",
	    "%s has a door and acknowledges there", to->name);
}

static int
open_words(struct core *core, struct tx *tx, const struct notice_row *row,
    const uint8_t key[32], json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if ((r = sql_open(
		 tx, "SELECT sealed FROM notice WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such notice");
	p = sql_get_blob(q, 0, &n);
	return row_open(core, key, &row->kase, &row->id, 1, p, n, out, e);
}

/* Words that are there already stay, under the key they have; what is
 * written now holds them. Opening them is a leaf. */
static int
take_words(
    struct settling *s, struct secret *key, json_t **before, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t leaf;
	int r;

	if ((r = core_read_leaf(s->core, s->caller, LEAF_NOTICE_SETTLE,
		 &s->row.kase, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(s->core, &s->row.key, 1, leaf, key, e)) < 0 ||
	    (r = tx_read(s->core->catalog, &tx, e)) < 0)
		return r;
	return open_words(s->core, &tx, &s->row, key->p, before, e);
}

static int
seal_words(struct settling *s, struct err *e)
{
	AUTO(secret_done) struct secret old = { 0 };
	AUTO(json_decrefp) json_t *before = NULL, *j = NULL;
	int r;

	s->had = s->row.key;
	if (s->had != 0)
		r = take_words(s, &old, &before, e);
	else
		r = keypool_take(s->core->keys, &s->key, e);
	if (r < 0)
		return r;
	s->number = s->had != 0 ? s->had : s->key.number;
	j = json_pack("{s:s, s:s, s:s, s:O*}", "how", s->how, "words", s->words,
	    "by", s->caller->actor.account, "before", before);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "notice");
	return row_seal(s->core, s->had != 0 ? old.p : s->key.key.p,
	    &s->row.kase, &s->id, 1, j, &s->sealed, e);
}

/* Acknowledged implies received: both moves at once. */
static int
apply_settle(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct settling *s = arg;
	int r;

	if ((r = find(tx, &s->id, &s->row, e)) < 0)
		return r;
	/* Somebody else settled it since its words were sealed, or its case
	 * was erased. */
	if (s->row.key != s->had)
		return err_tag(e, ERR_CONFLICT, "notice-state",
		    "this notice changed meanwhile");
	if (strcmp(s->how, "acknowledged") == 0 &&
	    strcmp(s->row.state, "queued") == 0 &&
	    (r = move(tx, &s->row, "delivered", now_ms, e)) < 0)
		return r;
	if ((r = move(tx, &s->row, s->how, now_ms, e)) < 0 ||
	    (r = keep_words(tx, &s->id, s->number, &s->sealed, e)) < 0)
		return r;
	return settling_leaf(s, tx, LEAF_NOTICE_SETTLE, now_ms, e);
}

static int
find_for_staff(struct settling *s, const char *notice, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(s->core->catalog, &tx, e)) < 0)
		return r;
	if (id_parse(notice, &s->id, NULL) < 0 ||
	    find(&tx, &s->id, &s->row, NULL) < 0)
		return authorize_unknown(s->core, s->caller, OP_NOTICE_SETTLE,
		    NULL, core_now(s->core), e);
	return authorize(s->core, &tx, s->caller, &s->row.kase,
	    OP_NOTICE_SETTLE, &s->access, e);
}

static int
settle(struct settling *s, const char *notice, struct id *object, struct err *e)
{
	struct change ch = { .apply = apply_settle, .arg = s, .need_head = 1 };
	int r;

	if ((r = core_check_open(s->core, e)) < 0 ||
	    (r = find_for_staff(s, notice, e)) < 0)
		return r;
	*object = s->row.kase;
	if ((r = check_words(s->how, s->words, e)) < 0 ||
	    (r = check_door(s, e)) < 0 || (r = seal_words(s, e)) < 0)
		return r;
	return commit_run(s->core->committer, &ch, e);
}

int
notice_settle(struct core *core, const struct caller *caller,
    const char *notice, const char *how, const char *words, struct id *object,
    json_t **answer, struct err *e)
{
	struct settling s = {
		.core = core,
		.caller = caller,
		.how = how,
		.words = words,
	};
	int r;

	r = settle(&s, notice, object, e);
	fresh_key_done(&s.key);
	buf_done(&s.sealed);
	if (r < 0)
		return r;
	*answer = settled_json(&s);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "notice");
}

/* --- lists ------------------------------------------------------------- */

/* Of one case, or (zero) of all. */
static int
select_rows(
    struct tx *tx, const struct id *kase, struct buf *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct notice_row row;
	int r;

	if (id_is_zero(kase))
		r = sql_open(tx, "SELECT " COLUMNS " FROM notice" ORDER, &q, e);
	else
		r = sql_open(tx,
		    "SELECT " COLUMNS " FROM notice WHERE kase = ?" ORDER, &q,
		    e);
	if (r < 0 || (!id_is_zero(kase) && (r = sql_id(q, 1, kase, e)) < 0))
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = read_row(q, &row, e)) < 0 ||
		    (r = buf_add(rows, &row, sizeof(row), e)) < 0)
			return r;
	return r;
}

/* What staff wrote when they settled it, under leaf. */
static int
add_words(struct core *core, struct tx *tx, const struct notice_row *row,
    uint64_t leaf, json_t *into, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	json_t *words = NULL;
	int r;

	if (row->key == 0)
		return 0;
	if ((r = rows_keys(core, &row->key, 1, leaf, &key, e)) < 0 ||
	    (r = open_words(core, tx, row, key.p, &words, e)) < 0)
		return r;
	json_object_update_missing(into, words);
	json_decref(words);
	return 0;
}

/* Those the caller may see; the policy is asked for each case. leaf 0:
 * without what people wrote. */
static int
list_rows(struct core *core, struct tx *tx, const struct caller *caller,
    const struct buf *rows, uint64_t leaf, json_t *into, struct err *e)
{
	struct notice_row row;
	struct decision d;
	json_t *j;
	size_t at;
	int r;

	for (at = 0; at < rows->len; at += sizeof(row)) {
		memcpy(&row, rows->p + at, sizeof(row));
		if (caller != NULL && authorize(core, tx, caller, &row.kase,
					  OP_NOTICE_SETTLE, &d, NULL) < 0)
			continue;
		j = staff_json(core, &row);
		if ((r = append(into, j, e)) < 0 ||
		    (leaf > 0 &&
			(r = add_words(core, tx, &row, leaf, j, e)) < 0))
			return r;
	}
	return 0;
}

int
notice_of_case(struct core *core, struct tx *tx, const struct id *kase,
    json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf rows = { 0 };
	json_t *a = json_array();
	int r;

	if ((r = select_rows(tx, kase, &rows, e)) < 0 ||
	    (r = list_rows(core, tx, NULL, &rows, 0, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*out = a;
	return 0;
}

/* The case named, or none: then each notice is asked for. */
static int
find_listed(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, struct id *out, struct decision *d, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts facts;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = core_check_open(core, e)) < 0)
		return r;
	if (kase[0] == '\0')
		return core_authorize(
		    core, caller, OP_DUE, NULL, NULL, core_now(core), d, e);
	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(core, &tx, caller, kase, OP_NOTICE_SETTLE, NULL,
		 core_now(core), &facts, object, d, e)) < 0)
		return r;
	*out = facts.id;
	return 0;
}

int
notice_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf rows = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	struct caller quiet = *caller;
	struct decision d;
	json_t *a, *detail;
	struct id id;
	uint64_t leaf;
	int r;

	if ((r = find_listed(core, caller, kase, object, &id, &d, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:o}", "what", "notices", "decision",
	    decision_json(core, &d));
	r = core_read_leaf(core, caller, LEAF_REGISTER_READ,
	    id_is_zero(&id) ? NULL : &id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = select_rows(&tx, &id, &rows, e)) < 0)
		return r;
	quiet.decided = NULL; /* a line left out is no refusal */
	a = json_array();
	r = list_rows(
	    core, &tx, id_is_zero(&id) ? &quiet : NULL, &rows, leaf, a, e);
	if (r < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "notices", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "notices");
}

int
notice_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct notice_row row;
	json_t *more;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT " COLUMNS " FROM notice"
		 " WHERE state IN ('queued', 'delivered') ORDER BY at",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = read_row(q, &row, e)) < 0)
			return r;
		more = json_pack("{s:s, s:s, s:s}", "recipient", row.recipient,
		    "reason", row.reason, "state", row.state);
		if ((r = due_add(d, "notice", &row.kase, &row.id, row.at,
			 due_ms(d->core, &row), more, e)) < 0)
			return r;
	}
	return r;
}

/* --- erasure ----------------------------------------------------------- */

int
notice_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM notice WHERE kase = ? AND key > 0 ORDER BY key",
	    kase, numbers, e);
}

int
notice_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE notice SET key = 0, sealed = NULL WHERE kase = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}
