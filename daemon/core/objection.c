#include "daemon/core/objection.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/declared.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection_row.h"
#include "daemon/core/person.h"
#include "daemon/core/request.h"
#include "daemon/core/row.h"

const char *const objection_schema =
    "CREATE TABLE objection ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL,"
    " person BLOB," /* NULL: the household */
    " state TEXT NOT NULL"
    "  CHECK (state IN ('waiting', 'upheld', 'rejected', 'lifted')),"
    " received INTEGER NOT NULL," /* day, declared */
    " at INTEGER NOT NULL,"	  /* entered, ms */
    " decided INTEGER NOT NULL,"  /* ms; 0: not yet */
    " leaf INTEGER NOT NULL,"
    " key INTEGER NOT NULL," /* 0: no words */
    " words BLOB, grounds BLOB) STRICT;"
    "CREATE INDEX objection_kase ON objection (kase, state);";

#define VERSION_WORDS 1 /* of the seal's context */
#define VERSION_GROUNDS 2

/* --- entering ------------------------------------------------------------- */

struct entering {
	struct core *core;
	const struct caller *caller;
	const struct objecting *o;
	struct case_facts kase;
	struct decision d;
	struct id id, person;
	int32_t received;
	int erased;
	struct fresh_key key;
	struct buf words;
	uint64_t leaf;
};

static void
entering_done(struct entering *x)
{
	fresh_key_done(&x->key);
	buf_done(&x->words);
}

static int
check_person(struct entering *x, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (x->o->person[0] == '\0')
		return 0;
	if (id_parse(x->o->person, &x->person, NULL) == 0) {
		if ((r = sql_open(tx,
			 "SELECT 1 FROM person WHERE id = ? AND dossier = ?",
			 &q, e)) < 0 ||
		    (r = sql_id(q, 1, &x->person, e)) < 0 ||
		    (r = sql_id(q, 2, &x->kase.id, e)) < 0 ||
		    (r = sql_step(q, e)) != 0)
			return r < 0 ? r : 0;
	}
	return err_tag(
	    e, ERR_REFUSED, "objection-person", "not a person of this case");
}

static int
check(struct entering *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(x->core);
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize_erased(x->core, &tx, x->caller, x->o->kase,
		 OP_OBJECTION, now, &x->kase, object, &x->d, e)) < 0 ||
	    (r = declared_channel(x->o->channel, e)) < 0 ||
	    (r = text_check(x->o->words, OBJECTION_TEXT_MAX, "words", e)) < 0 ||
	    (r = declared_day(x->core, x->o->received_on, now, "objection-date",
		 &x->received, e)) < 0)
		return r;
	x->erased = strcmp(x->kase.state, "erased") == 0;
	return check_person(x, &tx, e);
}

/* An erased case gets no new words: nobody would erase them again. */
static int
seal(struct entering *x, struct err *e)
{
	json_t *j;
	int r;

	if ((r = id_random(&x->id, e)) < 0 || x->erased)
		return r;
	j = json_pack("{s:s, s:s, s:s}", "channel", x->o->channel, "words",
	    x->o->words, "entered_by", x->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "objection");
	if ((r = keypool_take(x->core->keys, &x->key, e)) == 0)
		r = row_seal(x->core, x->key.key.p, &x->kase.id, &x->id,
		    VERSION_WORDS, j, &x->words, e);
	json_decref(j);
	return r;
}

static int
insert(struct tx *tx, const struct entering *x, int64_t at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO objection (id, kase, person, state, received,"
		 " at, decided, leaf, key, words)"
		 " VALUES (?, ?, ?, 'waiting', ?, ?, 0, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->kase.id, e)) < 0 ||
	    (r = id_is_zero(&x->person) ? sql_null(q, 3, e)
					: sql_id(q, 3, &x->person, e)) < 0 ||
	    (r = sql_int(q, 4, x->received, e)) < 0 ||
	    (r = sql_int(q, 5, at, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_int(q, 7, x->erased ? 0 : (int64_t)x->key.number, e)) <
		0 ||
	    (r = x->erased ? sql_null(q, 8, e)
			   : sql_blob(q, 8, x->words.p, x->words.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Objection and case in clear: a restored catalog that has not this
 * objection yet must still stop the case's disclosures. */
static int
enter_leaf(struct entering *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct leaf_clear clear[] = {
		{ x->id, x->erased ? 0 : x->key.number },
		{ x->kase.id, 0 },
	};
	struct audit_entry en = {
		.klass = LEAF_OBJECTION,
		.actor = &x->caller->actor,
		.object = x->kase.id,
		.clear = clear,
		.nclear = NELEMS(clear),
	};
	char kase[ID_TEXT];
	int r;

	id_format(&x->kase.id, kase);
	en.detail = json_pack("{s:s, s:o, s:s, s:o}", "case", kase, "objection",
	    json_of_id(&x->id), "channel", x->o->channel, "decision",
	    decision_json(x->core, &x->d));
	r = core_enter(x->core, tx, x->caller, &en, now_ms, &x->leaf, e);
	json_decref(en.detail);
	return r;
}

static int
enter(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct entering *x = arg;
	struct case_facts now;
	int r;

	if ((r = case_by_id(tx, &x->kase.id, &now, e)) < 0)
		return r;
	x->erased |= strcmp(now.state, "erased") == 0;
	if ((r = enter_leaf(x, tx, now_ms, e)) < 0)
		return r;
	return insert(tx, x, audit_time(x->core->audit, now_ms), e);
}

int
objection_enter(struct core *core, const struct caller *caller,
    const struct objecting *o, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(entering_done)
	struct entering x = { .core = core, .caller = caller, .o = o };
	struct change ch = { .apply = enter, .arg = &x, .need_head = 1 };
	int r;

	if ((r = check(&x, object, e)) < 0 || (r = seal(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:o, s:s, s:o, s:I}", "objection",
	    json_of_id(&x.id), "case", json_of_id(&x.kase.id), "state",
	    "waiting", "due_at",
	    json_of_time(objection_due_ms(core, x.received)), "leaf",
	    (json_int_t)x.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "objection");
}

/* --- deciding ------------------------------------------------------------- */

struct deciding {
	struct core *core;
	const struct caller *caller;
	enum policy_op op;
	const char *decision, *grounds;
	const char *channel; /* lifting: how they said so; else NULL */
	struct objection_row row;
	struct case_facts kase;
	struct decision d;
	struct buf sealed;
	json_t *notices; /* [{recipient, extract}]: who is told */
	uint64_t leaf;
};

static void
deciding_done(struct deciding *x)
{
	buf_done(&x->sealed);
	json_decref(x->notices);
}

/* The allowed moves. */
static const struct {
	const char *from, *to;
} moves[] = {
	{ "waiting", "upheld" },
	{ "waiting", "rejected" },
	{ "waiting", "lifted" },
	{ "upheld", "lifted" },
};

static int
check_decision(const struct deciding *x, struct err *e)
{
	if (x->channel != NULL)
		return declared_channel(x->channel, e);
	if (strcmp(x->decision, "upheld") != 0 &&
	    strcmp(x->decision, "rejected") != 0)
		return err_tag(e, ERR_INVALID, "objection-decision",
		    "an objection is upheld or rejected");
	if (x->grounds[0] == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "grounds: why is it %s?", x->decision);
	return text_check(x->grounds, OBJECTION_TEXT_MAX, "grounds", e);
}

static int
check_move(const char *from, const char *to, struct err *e)
{
	size_t i;

	for (i = 0; i < NELEMS(moves); i++)
		if (strcmp(moves[i].from, from) == 0 &&
		    strcmp(moves[i].to, to) == 0)
			return 0;
	return err_tag(
	    e, ERR_CONFLICT, "objection-state", "this objection is %s", from);
}

static int
find(
    struct deciding *x, const char *objection, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	char kase[ID_TEXT];
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	if (objection_row_find(&tx, objection, &x->row, e) < 0)
		return authorize_unknown(
		    x->core, x->caller, x->op, NULL, core_now(x->core), e);
	id_format(&x->row.kase, kase);
	return case_authorize_erased(x->core, &tx, x->caller, kase, x->op,
	    core_now(x->core), &x->kase, object, &x->d, e);
}

static int
seal_grounds(struct deciding *x, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	/* Lifted, the DPO's grounds stay as they are. */
	if (x->row.key == 0 || x->channel != NULL)
		return 0;
	if ((r = core_read_leaf(x->core, x->caller, LEAF_OBJECTION_DECIDE,
		 &x->kase.id, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(x->core, &x->row.key, 1, leaf, &key, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s}", "grounds", x->grounds, "decided_by",
	    x->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "objection");
	r = row_seal(x->core, key.p, &x->kase.id, &x->row.id, VERSION_GROUNDS,
	    j, &x->sealed, e);
	json_decref(j);
	return r;
}

static int
update(struct tx *tx, const struct deciding *x, int64_t at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r, words = x->row.key != 0 && x->sealed.len > 0;

	if ((r = sql_open(tx,
		 "UPDATE objection SET state = ?, decided = ?,"
		 " grounds = coalesce(?, grounds)"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, x->decision, e)) < 0 ||
	    (r = sql_int(q, 2, at, e)) < 0 ||
	    (r = words ? sql_blob(q, 3, x->sealed.p, x->sealed.len, e)
		       : sql_null(q, 3, e)) < 0 ||
	    (r = sql_id(q, 4, &x->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Those who had it before are told. */
static int
tell_recipients(
    struct deciding *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	json_array_clear(x->notices);
	if (strcmp(x->decision, "upheld") != 0)
		return 0;
	return disclosure_objected(tx, &x->kase.id, now_ms, x->notices, e);
}

/* What was asked for is granted, or taken back; a rejection is answered by a
 * letter of its own, with its three mentions (GDPR art. 12(4)). */
static int
settle_row(struct deciding *x, struct tx *tx, int64_t at, struct err *e)
{
	int r;

	if ((r = update(tx, x, at, e)) < 0 ||
	    strcmp(x->decision, "rejected") == 0)
		return r;
	return request_settle_linked(tx, &x->row.id, at, e);
}

static int
decide(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct deciding *x = arg;
	char kase[ID_TEXT];
	json_t *detail;
	int r;

	if ((r = objection_row_by_id(tx, &x->row.id, &x->row, e)) < 0 ||
	    (r = check_move(x->row.state, x->decision, e)) < 0 ||
	    (r = tell_recipients(x, tx, now_ms, e)) < 0)
		return r;
	id_format(&x->kase.id, kase);
	detail = json_pack("{s:s, s:o, s:s, s:s*, s:O, s:o}", "case", kase,
	    "objection", json_of_id(&x->row.id), "settled", x->decision,
	    "channel", x->channel, "notices", x->notices, "decision",
	    decision_json(x->core, &x->d));
	r = core_leaf(x->core, tx, x->caller, LEAF_OBJECTION_DECIDE, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return settle_row(x, tx, audit_time(x->core->audit, now_ms), e);
}

static int
run_decision(struct deciding *x, const char *objection, struct id *object,
    json_t **answer, struct err *e)
{
	struct change ch = { .apply = decide, .arg = x, .need_head = 1 };
	int r;

	if ((x->notices = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "objection");
	if ((r = find(x, objection, object, e)) == 0 &&
	    (r = check_decision(x, e)) == 0 &&
	    (r = check_move(x->row.state, x->decision, e)) == 0 &&
	    (r = seal_grounds(x, e)) == 0)
		r = commit_run(x->core->committer, &ch, e);
	if (r < 0)
		return r;
	*answer = json_pack("{s:o, s:o, s:s, s:O, s:I}", "objection",
	    json_of_id(&x->row.id), "case", json_of_id(&x->kase.id), "state",
	    x->decision, "notices", x->notices, "leaf", (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "objection");
}

int
objection_decide(struct core *core, const struct caller *caller,
    const char *objection, const char *decision, const char *grounds,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(deciding_done)
	struct deciding x = {
		.core = core,
		.caller = caller,
		.op = OP_OBJECTION_DECIDE,
		.decision = decision,
		.grounds = grounds,
	};

	return run_decision(&x, objection, object, answer, e);
}

int
objection_lift(struct core *core, const struct caller *caller,
    const char *objection, const char *channel, struct id *object,
    json_t **answer, struct err *e)
{
	AUTO(deciding_done)
	struct deciding x = {
		.core = core,
		.caller = caller,
		.op = OP_OBJECTION_LIFT,
		.decision = "lifted",
		.channel = channel,
	};

	return run_decision(&x, objection, object, answer, e);
}

/* --- listing -------------------------------------------------------------- */

static int
put_words(struct core *core, const struct objection_row *row,
    const uint8_t *key, uint32_t version, const struct buf *sealed,
    json_t *into, struct err *e)
{
	json_t *words = NULL;
	int r;

	if (key == NULL || sealed->len == 0)
		return 0;
	if ((r = row_open(core, key, &row->kase, &row->id, version, sealed->p,
		 sealed->len, &words, e)) < 0)
		return r;
	r = json_object_update_missing(into, words) < 0
		? err_set(e, ERR_NOMEM, "objection")
		: 0;
	json_decref(words);
	return r;
}

static int
list_one(struct core *core, struct tx *tx, const struct id *id, uint64_t leaf,
    json_t *into, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf words = { 0 }, grounds = { 0 };
	struct objection_row row;
	char day[11];
	json_t *j;
	int r;

	if ((r = objection_row_by_id(tx, id, &row, e)) < 0 ||
	    (r = objection_row_sealed(tx, id, &words, &grounds, e)) < 0 ||
	    (row.key != 0 &&
		(r = rows_keys(core, &row.key, 1, leaf, &key, e)) < 0))
		return r;
	date_format(row.received, day);
	j = json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:I}", "objection",
	    json_of_id(id), "person",
	    id_is_zero(&row.person) ? json_null() : json_of_id(&row.person),
	    "state", row.state, "received_on", day, "entered_at",
	    json_of_time(row.at), "due_at",
	    json_of_time(objection_due_ms(core, row.received)), "decided_at",
	    json_of_time(row.decided), "leaf", (json_int_t)row.leaf);
	if (j == NULL || json_array_append_new(into, j) < 0)
		return err_set(e, ERR_NOMEM, "objections");
	if ((r = put_words(core, &row, key.p, VERSION_WORDS, &words, j, e)) < 0)
		return r;
	return put_words(core, &row, key.p, VERSION_GROUNDS, &grounds, j, e);
}

static int
list_all(struct core *core, const struct id *kase, uint64_t leaf, json_t *into,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = objection_row_ids(&tx, kase, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = list_one(core, &tx, &id, leaf, into, e)) < 0)
			return r;
	}
	return 0;
}

int
objection_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	struct case_facts facts;
	struct decision d;
	char text[ID_TEXT];
	json_t *a, *detail;
	uint64_t leaf;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = core_check_open(core, e)) < 0 ||
		    (r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = case_authorize_erased(core, &tx, caller, kase,
			 OP_CONSENT_LIST, core_now(core), &facts, object, &d,
			 e)) < 0)
			return r;
	}
	id_format(&facts.id, text);
	detail = json_pack("{s:s, s:s, s:o}", "case", text, "what",
	    "objections", "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_CONSENT_READ, &facts.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((a = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "objections");
	if ((r = list_all(core, &facts.id, leaf, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "objections", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "objections");
}
