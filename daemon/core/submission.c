#include "daemon/core/submission.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/seal.h"
#include "base/text.h"
#include "daemon/core/document.h"
#include "daemon/core/door.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"
#include "daemon/core/upload.h"

#define HOUR_MS INT64_C(3600000)

/*
 * drawn: the highest of the row's two key numbers. It stays when the
 * content's is taken out, so that no restored keystore gives it again.
 */
const char *const submission_schema =
    "CREATE TABLE submission ("
    " id BLOB PRIMARY KEY, recipient TEXT NOT NULL, state TEXT NOT NULL,"
    " at INTEGER NOT NULL, settled INTEGER NOT NULL,"
    " content BLOB NOT NULL, content_key INTEGER NOT NULL,"
    " size INTEGER NOT NULL, key INTEGER NOT NULL, drawn INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX submission_recipient ON submission(recipient, state);"
    "CREATE INDEX submission_state ON submission(state, at);";

#define COLUMNS                                                                \
	"id, recipient, state, at, settled, content, content_key, size, key,"  \
	" sealed"

struct submission_row {
	struct id id, content;
	char recipient[64], state[16];
	int64_t at, settled;	   /* ms; settled 0: not yet */
	uint64_t content_key, key; /* content_key 0: the content is gone */
	uint64_t size;		   /* padded bytes */
	struct buf sealed;
};

static void
row_done(struct submission_row *row)
{
	buf_done(&row->sealed);
}

static const struct {
	const char *from, *to;
	int keeps; /* the content stays */
} moves[] = {
	{ "waiting", "taken", 0 },
	{ "waiting", "accepted", 1 },
	{ "waiting", "rejected", 0 },
	{ "accepted", "discarded", 0 },
};

static const struct {
	const char *state, *tag;
} stuck[] = {
	{ "waiting", "submission-waiting" },
	{ "taken", "submission-taken" },
	{ "accepted", "submission-accepted" },
	{ "rejected", "submission-rejected" },
	{ "discarded", "submission-discarded" },
};

static int
refuse_state(const char *state, struct err *e)
{
	const char *tag = "submission-state";
	size_t i;

	for (i = 0; i < NELEMS(stuck); i++)
		if (strcmp(stuck[i].state, state) == 0)
			tag = stuck[i].tag;
	return err_tag(e, ERR_CONFLICT, tag, "this submission is %s", state);
}

static int
check_move(const char *from, const char *to, int *keeps, struct err *e)
{
	size_t i;

	for (i = 0; i < NELEMS(moves); i++)
		if (strcmp(moves[i].from, from) == 0 &&
		    strcmp(moves[i].to, to) == 0) {
			*keeps = moves[i].keeps;
			return 0;
		}
	return refuse_state(from, e);
}

/* --- rows -------------------------------------------------------------- */

static int
read_row(struct sql *q, struct submission_row *out, struct err *e)
{
	const void *p;
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = sql_get_id(q, 0, &out->id, e)) < 0 ||
	    (r = sql_get_id(q, 5, &out->content, e)) < 0)
		return r;
	snprintf(
	    out->recipient, sizeof(out->recipient), "%s", sql_get_text(q, 1));
	snprintf(out->state, sizeof(out->state), "%s", sql_get_text(q, 2));
	out->at = sql_get_int(q, 3);
	out->settled = sql_get_int(q, 4);
	out->content_key = (uint64_t)sql_get_int(q, 6);
	out->size = (uint64_t)sql_get_int(q, 7);
	out->key = (uint64_t)sql_get_int(q, 8);
	p = sql_get_blob(q, 9, &n);
	return buf_add(&out->sealed, p, n, e);
}

static int
find(struct tx *tx, const struct id *id, struct submission_row *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT " COLUMNS " FROM submission WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	return read_row(q, out, e);
}

static int
insert(struct tx *tx, const struct submission_row *row, uint64_t leaf,
    struct err *e)
{
	uint64_t drawn =
	    row->key > row->content_key ? row->key : row->content_key;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO submission (id, recipient, state, at, settled,"
		 " content, content_key, size, key, drawn, leaf, sealed)"
		 " VALUES (?, ?, 'waiting', ?, 0, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_text(q, 2, row->recipient, e)) < 0 ||
	    (r = sql_int(q, 3, row->at, e)) < 0 ||
	    (r = sql_id(q, 4, &row->content, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)row->content_key, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)row->size, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)row->key, e)) < 0 ||
	    (r = sql_int(q, 8, (int64_t)drawn, e)) < 0 ||
	    (r = sql_int(q, 9, (int64_t)leaf, e)) < 0 ||
	    (r = sql_blob(q, 10, row->sealed.p, row->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
count_waiting(struct tx *tx, const char *recipient, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT count(*) FROM submission"
		 " WHERE recipient = ? AND state = 'waiting'",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, recipient, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	return (int)sql_get_int(q, 0);
}

static int
check_quota(struct tx *tx, const char *recipient, struct err *e)
{
	int n = count_waiting(tx, recipient, e);

	if (n < 0)
		return n;
	if (n >= SUBMISSION_PER_PARTNER)
		return err_tag(e, ERR_CONFLICT, "submission-quota",
		    "%d submissions wait already", n);
	return 0;
}

/* --- handing in --------------------------------------------------------- */

struct handing {
	struct core *core;
	const struct caller *caller;
	struct decision access;
	struct upload *upload;
	struct upload_facts facts;
	int keep; /* the upload may be used again after this failure */
	char media[INSPECT_TYPE_MAX], sha256[2 * SHA256_LEN + 1];
	struct fresh_key key;
	struct submission_row row;
	uint64_t leaf;
};

static void
handing_done(struct handing *h)
{
	if (h->keep)
		upload_put(&h->upload);
	else
		upload_drop(&h->upload);
	fresh_key_done(&h->key);
	row_done(&h->row);
}

static int
check_size(const struct handing *h, struct err *e)
{
	if (h->facts.size == 0)
		return err_tag(
		    e, ERR_REFUSED, "empty-file", "nothing was handed in");
	if (h->facts.size > SUBMISSION_MAX)
		return err_tag(e, ERR_TOO_LARGE, "submission-size",
		    "over %llu bytes", (unsigned long long)SUBMISSION_MAX);
	return 0;
}

/* What it looks like; a partner may hand in whatever it likes, so only the
 * word is kept. */
static int
look_at(struct handing *h, struct err *e)
{
	AUTO(mem_freep) struct inspect_type *t = calloc(1, sizeof(*t));
	AUTO(inspect_turn_done) struct inspect_turn turn = { 0 };
	int r;

	if (t == NULL)
		return err_set(e, ERR_NOMEM, "inspection");
	inspect_turn_take(h->core->inspector, h->caller->actor.uid, &turn);
	r = inspect_type(h->core->inspector, h->facts.fd, h->facts.held,
	    h->facts.whole, t, e);
	if (r < 0 && r != -ERR_REFUSED)
		return r;
	if (r == 0 && t->agreed)
		snprintf(h->media, sizeof(h->media), "%s", t->media);
	return 0;
}

static int
seal_words(struct core *core, const uint8_t key[32], const struct id *id,
    const json_t *words, struct buf *out, struct err *e)
{
	static const struct id no_case;

	return row_seal(core, key, &no_case, id, 1, words, out, e);
}

static int
prepare(struct handing *h, struct err *e)
{
	struct submission_row *row = &h->row;
	json_t *j;
	int r;

	hex_format(h->facts.sha256, SHA256_LEN, h->sha256);
	snprintf(row->recipient, sizeof(row->recipient), "%s",
	    h->caller->who->recipient);
	row->content = h->facts.id;
	row->content_key = h->facts.key;
	row->size = seal_padme(h->facts.size);
	if ((r = id_random(&row->id, e)) < 0 ||
	    (r = keypool_take(h->core->keys, &h->key, e)) < 0)
		return r;
	row->key = h->key.number;
	j = json_pack("{s:s, s:I, s:s}", "sha256", h->sha256, "size",
	    (json_int_t)h->facts.size, "media", h->media);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "submission");
	r = seal_words(h->core, h->key.key.p, &row->id, j, &row->sealed, e);
	json_decref(j);
	return r;
}

static int
apply_add(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct handing *h = arg;
	json_t *detail;
	int r;

	h->row.at = audit_time(h->core->audit, now_ms);
	if ((r = check_quota(tx, h->row.recipient, e)) < 0)
		return r;
	detail = json_pack("{s:o, s:s, s:s, s:I, s:s, s:o}", "submission",
	    json_of_id(&h->row.id), "recipient", h->row.recipient, "sha256",
	    h->sha256, "size", (json_int_t)h->facts.size, "media", h->media,
	    "decision", decision_json(h->core, &h->access));
	r = core_leaf(h->core, tx, h->caller, LEAF_SUBMISSION, LEAF_OK,
	    &h->row.id, detail, now_ms, &h->leaf, e);
	json_decref(detail);
	if (r < 0 || (r = insert(tx, &h->row, h->leaf, e)) < 0)
		return r;
	return store_place(tx, h->facts.stage, STORE_SUBMISSIONS, &h->row.id, 1,
	    STORE_CONTENT, (uint64_t)(now_ms / HOUR_MS), e);
}

static int
hand_in(struct handing *h, const char *upload, struct err *e)
{
	struct change ch = {
		.nstages = 1,
		.apply = apply_add,
		.arg = h,
		.need_head = 1,
	};
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(h->core->catalog, &tx, e)) < 0 ||
		    (r = check_quota(&tx, h->caller->who->recipient, e)) < 0)
			return r;
	}
	if ((r = uploads_take(
		 h->core, h->caller, upload, &h->upload, &h->facts, e)) < 0 ||
	    (r = check_size(h, e)) < 0 || (r = look_at(h, e)) < 0 ||
	    (r = prepare(h, e)) < 0) {
		h->keep = r == -ERR_BUSY || r == -ERR_UNAVAILABLE;
		return r;
	}
	ch.stages[0] = h->facts.stage;
	return commit_run(h->core->committer, &ch, e);
}

int
submission_add(struct core *core, const struct caller *caller,
    const char *upload, json_t **answer, struct err *e)
{
	struct handing h = { .core = core, .caller = caller };
	int r;

	if ((r = door_authorize(
		 core, caller, OP_PARTNER_SUBMIT, &h.access, e)) < 0)
		return r;
	r = hand_in(&h, upload, e);
	if (r == 0) {
		*answer = json_pack("{s:o, s:s, s:o, s:I, s:s, s:I}",
		    "submission", json_of_id(&h.row.id), "state", "waiting",
		    "at", json_of_time(h.row.at), "size",
		    (json_int_t)h.facts.size, "sha256", h.sha256, "leaf",
		    (json_int_t)h.leaf);
		if (*answer == NULL)
			r = err_set(e, ERR_NOMEM, "submission");
	}
	handing_done(&h);
	return r;
}

/* --- lists --------------------------------------------------------------- */

/* The row's words, under leaf; NULL members stay out. */
static int
open_words(struct core *core, const struct submission_row *row, uint64_t leaf,
    struct secret *key, json_t **out, struct err *e)
{
	static const struct id no_case;
	int r;

	if ((r = rows_keys(core, &row->key, 1, leaf, key, e)) < 0)
		return r;
	return row_open(core, key->p, &no_case, &row->id, 1, row->sealed.p,
	    row->sealed.len, out, e);
}

/* What the partner may know of its own, and what staff see besides. */
static const char *const own_words[] = { "size", "sha256", "reason", NULL };
static const char *const staff_words[] = { "size", "sha256", "media", "reason",
	"kind", "by", NULL };

static json_t *
row_json(const struct submission_row *row, const json_t *words,
    const char *const *shown)
{
	json_t *j = json_pack("{s:o, s:s, s:o, s:o}", "submission",
	    json_of_id(&row->id), "state", row->state, "at",
	    json_of_time(row->at), "settled_at", json_of_time(row->settled));
	json_t *v;

	for (; j != NULL && *shown != NULL; shown++)
		if ((v = json_object_get(words, *shown)) != NULL)
			json_object_set(j, *shown, v);
	return j;
}

static int
list_one(struct core *core, struct sql *q, uint64_t leaf, int staff,
    json_t *into, struct err *e)
{
	AUTO(row_done) struct submission_row row = { 0 };
	AUTO(secret_done) struct secret key = { 0 };
	json_t *words = NULL, *j;
	int r;

	if ((r = read_row(q, &row, e)) < 0 ||
	    (r = open_words(core, &row, leaf, &key, &words, e)) < 0)
		return r;
	j = row_json(&row, words, staff ? staff_words : own_words);
	json_decref(words);
	if (j != NULL && staff)
		json_object_set_new(j, "recipient", json_string(row.recipient));
	if (j == NULL || json_array_append_new(into, j) < 0)
		return err_set(e, ERR_NOMEM, "submissions");
	return 0;
}

/* recipient "": of all, for staff. */
static int
list(struct core *core, const char *recipient, uint64_t leaf, json_t **out,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	json_t *a;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT " COLUMNS " FROM submission"
		 " WHERE ?1 = '' OR recipient = ?1"
		 " ORDER BY state <> 'waiting', at DESC, id LIMIT 1000",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, recipient, e)) < 0)
		return r;
	a = json_array();
	while ((r = sql_step(q, e)) > 0)
		if ((r = list_one(core, q, leaf, recipient[0] == '\0', a, e)) <
		    0)
			break;
	if (r < 0) {
		json_decref(a);
		return r;
	}
	*out = a;
	return 0;
}

int
submission_own(struct core *core, const struct caller *caller, uint64_t leaf,
    json_t **out, struct err *e)
{
	if (caller->who == NULL || caller->who->recipient == NULL)
		return err_tag(e, ERR_DENIED, "wrong-door",
		    "only a recipient may do this");
	return list(core, caller->who->recipient, leaf, out, e);
}

/* The leaf before anything is opened. */
static int
reading_leaf(struct core *core, const struct caller *caller, const char *what,
    const struct id *id, const struct decision *d, uint64_t *leaf,
    struct err *e)
{
	json_t *detail = json_pack(
	    "{s:s, s:o}", "what", what, "decision", decision_json(core, d));
	int r;

	if (detail != NULL && id != NULL)
		json_object_set_new(detail, "submission", json_of_id(id));
	r = core_read_leaf(
	    core, caller, LEAF_SUBMISSION_READ, id, detail, leaf, e);
	json_decref(detail);
	return r;
}

int
submission_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	struct decision d;
	json_t *a = NULL;
	uint64_t leaf;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_SUBMISSION_READ, NULL, NULL,
		 core_now(core), &d, e)) < 0 ||
	    (r = reading_leaf(core, caller, "list", NULL, &d, &leaf, e)) < 0 ||
	    (r = list(core, "", leaf, &a, e)) < 0)
		return r;
	*answer =
	    json_pack("{s:o, s:I}", "submissions", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "submissions");
}

/* --- looking at one ------------------------------------------------------- */

/* One submission in the hands of staff. */
struct settling {
	struct core *core;
	const struct caller *caller;
	struct decision access;
	struct submission_row row;
	struct secret key; /* of the words */
	json_t *words;
	const char *to; /* the state it goes to */
	struct buf sealed;
	uint64_t read_leaf, leaf;
};

static void
settling_done(struct settling *s)
{
	row_done(&s->row);
	secret_done(&s->key);
	json_decref(s->words);
	buf_done(&s->sealed);
}

static int
find_for_staff(struct settling *s, const char *submission, enum policy_op op,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if ((r = core_check_open(s->core, e)) < 0 ||
	    (r = core_authorize(s->core, s->caller, op, NULL, NULL,
		 core_now(s->core), &s->access, e)) < 0 ||
	    (r = tx_read(s->core->catalog, &tx, e)) < 0)
		return r;
	if (id_parse(submission, &id, NULL) < 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	if ((r = find(&tx, &id, &s->row, e)) < 0)
		return r;
	*object = id;
	return 0;
}

/* The content, whole: all chunks checked, padding cut off. */
static int
open_content(struct settling *s, struct buf *out, struct err *e)
{
	struct seal_context c = {
		.type = SEAL_CONTENT,
		.vault = s->core->settings.vault,
		.document = s->row.content,
	};
	AUTO(store_reader_freep) struct store_reader *reader = NULL;
	AUTO(opener_freep) struct opener *opener = NULL;
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf piece = { 0 }, text = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	json_int_t size = json_integer_value(json_object_get(s->words, "size"));
	int r;

	if ((r = rows_keys(
		 s->core, &s->row.content_key, 1, s->read_leaf, &key, e)) < 0 ||
	    (r = opener_new(key.p, &c, &opener, e)) < 0 ||
	    (r = tx_read(s->core->catalog, &tx, e)) < 0 ||
	    (r = store_reader_open(s->core->store, &tx, &s->row.id, 1,
		 STORE_CONTENT, &reader, e)) < 0)
		return r;
	do {
		buf_reset(&piece);
		if ((r = store_reader_next(reader, &piece, e)) < 0 ||
		    (r = opener_write(opener, piece.p, piece.len, &text, e)) <
			0)
			return r;
	} while (piece.len > 0);
	if ((r = opener_finish(opener, &text, e)) < 0)
		return r;
	if (size < 0 || (uint64_t)size > text.len)
		return err_set(e, ERR_INTEGRITY, "a shorter submission");
	return buf_add(out, text.p, (size_t)size, e);
}

/* Leaf, words, content, in this order. */
static int
look_into(struct settling *s, const char *what, struct buf *out, struct err *e)
{
	int r;

	if (s->row.content_key == 0)
		return refuse_state(s->row.state, e);
	if ((r = reading_leaf(s->core, s->caller, what, &s->row.id, &s->access,
		 &s->read_leaf, e)) < 0 ||
	    (r = open_words(
		 s->core, &s->row, s->read_leaf, &s->key, &s->words, e)) < 0)
		return r;
	return open_content(s, out, e);
}

int
submission_content(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, struct buf *out,
    char media[INSPECT_TYPE_MAX], uint64_t *leaf, struct err *e)
{
	AUTO(settling_done)
	struct settling s = { .core = core, .caller = caller };
	int r;

	if ((r = find_for_staff(
		 &s, submission, OP_SUBMISSION_READ, object, e)) < 0 ||
	    (r = look_into(&s, "content", out, e)) < 0)
		return r;
	snprintf(media, INSPECT_TYPE_MAX, "%s",
	    json_string_value(json_object_get(s.words, "media")));
	*leaf = s.read_leaf;
	return 0;
}

/* --- settling ------------------------------------------------------------- */

static int
add_word(struct settling *s, const char *name, const char *value, struct err *e)
{
	if (json_object_set_new(s->words, name, json_string(value)) < 0)
		return err_set(e, ERR_NOMEM, "submission");
	return 0;
}

static int
seal_again(struct settling *s, struct err *e)
{
	int r;

	if ((r = add_word(s, "by", s->caller->actor.account, e)) < 0)
		return r;
	return seal_words(
	    s->core, s->key.p, &s->row.id, s->words, &s->sealed, e);
}

static int
update(struct tx *tx, const struct settling *s, int keeps, int64_t now_ms,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE submission SET state = ?, settled = ?, sealed = ?,"
		 " content_key = CASE ? WHEN 1 THEN content_key ELSE 0 END"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, s->to, e)) < 0 ||
	    (r = sql_int(q, 2, now_ms, e)) < 0 ||
	    (r = sql_blob(q, 3, s->sealed.p, s->sealed.len, e)) < 0 ||
	    (r = sql_int(q, 4, keeps, e)) < 0 ||
	    (r = sql_id(q, 5, &s->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Still where it was; its row moves, its content may go, and the leaf. */
static int
settle(struct tx *tx, struct settling *s, const struct id *document,
    int64_t now_ms, struct err *e)
{
	AUTO(row_done) struct submission_row now = { 0 };
	int keeps, r;
	json_t *detail;

	if ((r = find(tx, &s->row.id, &now, e)) < 0 ||
	    (r = check_move(now.state, s->to, &keeps, e)) < 0 ||
	    (r = update(tx, s, keeps, now_ms, e)) < 0 ||
	    (!keeps && (r = store_forget(tx, &s->row.id, 0, e)) < 0))
		return r;
	detail = json_pack("{s:o, s:s, s:s, s:O, s:O*, s:o*, s:o}",
	    "submission", json_of_id(&s->row.id), "recipient", s->row.recipient,
	    "state", s->to, "sha256", json_object_get(s->words, "sha256"),
	    "reason", json_object_get(s->words, "reason"), "document",
	    document != NULL ? json_of_id(document) : NULL, "decision",
	    decision_json(s->core, &s->access));
	r = core_leaf(s->core, tx, s->caller, LEAF_SUBMISSION_SETTLE, LEAF_OK,
	    &s->row.id, detail, now_ms, &s->leaf, e);
	json_decref(detail);
	return r;
}

static int
apply_settle(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	return settle(tx, arg, NULL, now_ms, e);
}

/* Within the transaction of the filing: both or neither. */
static int
also_taken(struct tx *tx, const struct id *document, int64_t now_ms, void *arg,
    struct err *e)
{
	return settle(tx, arg, document, now_ms, e);
}

static int
settle_plain(struct settling *s, const char *submission, const char *reason,
    struct id *object, json_t **answer, struct err *e)
{
	struct change ch = { .apply = apply_settle, .arg = s, .need_head = 1 };
	int keeps, r;

	if ((r = find_for_staff(
		 s, submission, OP_SUBMISSION_SETTLE, object, e)) < 0 ||
	    (r = check_move(s->row.state, s->to, &keeps, e)) < 0 ||
	    (r = reading_leaf(s->core, s->caller, s->to, &s->row.id, &s->access,
		 &s->read_leaf, e)) < 0 ||
	    (r = open_words(
		 s->core, &s->row, s->read_leaf, &s->key, &s->words, e)) < 0 ||
	    (reason != NULL && (r = add_word(s, "reason", reason, e)) < 0) ||
	    (r = seal_again(s, e)) < 0 ||
	    (r = commit_run(s->core->committer, &ch, e)) < 0)
		return r;
	*answer =
	    json_pack("{s:o, s:s, s:I}", "submission", json_of_id(&s->row.id),
		"state", s->to, "leaf", (json_int_t)s->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "submission");
}

int
submission_accept(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, json_t **answer, struct err *e)
{
	AUTO(settling_done)
	struct settling s = {
		.core = core, .caller = caller, .to = "accepted"
	};

	return settle_plain(&s, submission, NULL, object, answer, e);
}

int
submission_discard(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, json_t **answer, struct err *e)
{
	AUTO(settling_done)
	struct settling s = {
		.core = core, .caller = caller, .to = "discarded"
	};

	return settle_plain(&s, submission, NULL, object, answer, e);
}

int
submission_reject(struct core *core, const struct caller *caller,
    const char *submission, const char *reason, struct id *object,
    json_t **answer, struct err *e)
{
	AUTO(settling_done)
	struct settling s = {
		.core = core, .caller = caller, .to = "rejected"
	};
	int r;

	if (reason[0] == '\0')
		return err_tag(e, ERR_INVALID, "submission-reason",
		    "reason: the partner reads why");
	if ((r = text_check(reason, SUBMISSION_REASON_MAX, "reason", e)) < 0)
		return r;
	return settle_plain(&s, submission, reason, object, answer, e);
}

/* --- taking into a case ----------------------------------------------------
 */

/* A name for the file, which came without one. */
static void
name_file(const struct settling *s, char *out, size_t size)
{
	static const struct {
		const char *media, *suffix;
	} suffixes[] = {
		{ "application/pdf", ".pdf" },
		{ "application/json", ".json" },
		{ "image/jpeg", ".jpg" },
		{ "image/png", ".png" },
	};
	const char *suffix = "", *media;
	char day[11];
	size_t i;

	media = json_string_value(json_object_get(s->words, "media"));
	for (i = 0; i < NELEMS(suffixes); i++)
		if (media != NULL && strcmp(suffixes[i].media, media) == 0)
			suffix = suffixes[i].suffix;
	date_format(civil_day(s->row.at), day);
	snprintf(out, size, "remise-%s-%s%s", s->row.recipient, day, suffix);
}

/* Through the same door as what staff send. */
static int
send(const struct settling *s, const struct buf *text, const char *id,
    struct err *e)
{
	struct upload *u;
	int r;

	if ((r = uploads_begin(s->core, s->caller, id, 0, &u, e)) < 0)
		return r;
	r = upload_write(u, text->p, text->len, e);
	upload_pause(u);
	return r;
}

static void
drop(const struct settling *s, const char *id)
{
	struct upload_facts facts;
	struct upload *u;

	if (uploads_take(s->core, s->caller, id, &u, &facts, NULL) == 0)
		upload_drop(&u);
}

static int
file_it(struct settling *s, const char *kase, const char *kind, const char *id,
    struct id *object, json_t **answer, struct err *e)
{
	struct caller caller = *s->caller;
	char name[DOCUMENT_NAME_MAX + 1];
	struct filing f = {
		.kase = kase,
		.kind = kind,
		.level = "",
		.title = "",
		.replaces = "",
		.npages = 1,
		.also = also_taken,
		.also_arg = s,
	};
	int again, r;

	/* Another request's key would answer with another filing. */
	caller.idempotency = NULL;
	name_file(s, name, sizeof(name));
	f.pages[0].upload = id;
	f.pages[0].name = name;
	if ((r = document_file(
		 s->core, &caller, &f, object, answer, &again, e)) < 0)
		return r;
	json_object_set_new(*answer, "submission", json_of_id(&s->row.id));
	return 0;
}

int
submission_take(struct core *core, const struct caller *caller,
    const char *submission, const char *kase, const char *kind,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(settling_done)
	struct settling s = { .core = core, .caller = caller, .to = "taken" };
	AUTO(buf_done) struct buf text = { 0 };
	char upload[ID_TEXT];
	struct id id;
	int keeps, r;

	if ((r = find_for_staff(
		 &s, submission, OP_SUBMISSION_SETTLE, object, e)) < 0 ||
	    (r = check_move(s.row.state, s.to, &keeps, e)) < 0 ||
	    (r = look_into(&s, s.to, &text, e)) < 0 ||
	    (r = add_word(&s, "kind", kind, e)) < 0 ||
	    (r = seal_again(&s, e)) < 0 || (r = id_random(&id, e)) < 0)
		return r;
	id_format(&id, upload);
	if ((r = send(&s, &text, upload, e)) < 0 ||
	    (r = file_it(&s, kase, kind, upload, object, answer, e)) < 0)
		drop(&s, upload);
	return r;
}

/* --- a list that is taken in ---------------------------------------------- */

void
submission_list_freep(struct settling **list)
{
	if (*list != NULL)
		settling_done(*list);
	free(*list);
	*list = NULL;
}

int
submission_list_open(struct core *core, const struct caller *caller,
    const char *submission, int settle, struct id *object, struct buf *out,
    struct settling **list, struct err *e)
{
	AUTO(submission_list_freep)
	struct settling *s = calloc(1, sizeof(*s));
	enum policy_op op = settle ? OP_SUBMISSION_SETTLE : OP_SUBMISSION_READ;
	int keeps, r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "submission");
	s->core = core;
	s->caller = caller;
	if ((r = find_for_staff(s, submission, op, object, e)) < 0)
		return r;
	/* What was accepted waited for just this. */
	s->to = strcmp(s->row.state, "accepted") == 0 ? "discarded" : "taken";
	if ((r = check_move(s->row.state, s->to, &keeps, e)) < 0 ||
	    (r = look_into(s, "intake", out, e)) < 0 ||
	    (r = seal_again(s, e)) < 0)
		return r;
	*list = TAKE(s);
	return 0;
}

int
submission_list_taken(
    struct tx *tx, struct settling *list, int64_t now_ms, struct err *e)
{
	return settle(tx, list, NULL, now_ms, e);
}

/* --- what waits ------------------------------------------------------------
 */

int
submission_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	static const struct id no_case;
	int64_t at;
	struct id id;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, recipient, state, at FROM submission"
		 " WHERE state IN ('waiting', 'accepted') ORDER BY at",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0)
			return r;
		at = sql_get_int(q, 3);
		if ((r = due_add(d, "submission", &no_case, &id, at,
			 due_after(d->core, "submission-days", at),
			 json_pack("{s:s, s:s}", "recipient",
			     sql_get_text(q, 1), "state", sql_get_text(q, 2)),
			 e)) < 0)
			return r;
	}
	return r;
}
