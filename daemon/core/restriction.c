#include "daemon/core/restriction.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/declared.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/json_of.h"
#include "daemon/core/letter.h"
#include "daemon/core/person.h"
#include "daemon/core/request.h"
#include "daemon/core/row.h"

const char *const restriction_schema =
    "CREATE TABLE restriction ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL,"
    " state TEXT NOT NULL"
    "  CHECK (state IN ('on', 'announced', 'lifted')),"
    " ground TEXT NOT NULL,"
    " before TEXT NOT NULL," /* state of the case when it began */
    " since INTEGER NOT NULL,"
    " announced INTEGER NOT NULL," /* ms; 0: not yet */
    " told INTEGER NOT NULL,"	   /* day; 0: not yet */
    " lifted INTEGER NOT NULL,"	   /* ms; 0: not yet */
    " leaf INTEGER NOT NULL,"
    " key INTEGER NOT NULL," /* 0: no words */
    " words BLOB, letter BLOB) STRICT;"
    "CREATE INDEX restriction_kase ON restriction (kase, since);"
    "CREATE UNIQUE INDEX restriction_on ON restriction (kase)"
    " WHERE state <> 'lifted';"
    "CREATE INDEX restriction_announced ON restriction (announced)"
    " WHERE state = 'announced';";

enum part { PART_WORDS = 1, PART_LETTER };

struct row {
	struct id id, kase;
	char state[16], ground[64], before[16];
	int64_t since, announced, lifted;
	int32_t told;
	uint64_t leaf, key;
};

/* --- rows ----------------------------------------------------------------- */

#define COLUMNS                                                                \
	"id, kase, state, ground, before, since, announced, told, lifted,"     \
	" leaf, key"

static int
read_row(struct sql *q, struct row *out, struct err *e)
{
	int r;

	*out = (struct row){ 0 };
	if ((r = sql_get_id(q, 0, &out->id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &out->kase, e)) < 0)
		return r;
	snprintf(out->state, sizeof(out->state), "%s", sql_get_text(q, 2));
	snprintf(out->ground, sizeof(out->ground), "%s", sql_get_text(q, 3));
	snprintf(out->before, sizeof(out->before), "%s", sql_get_text(q, 4));
	out->since = sql_get_int(q, 5);
	out->announced = sql_get_int(q, 6);
	out->told = (int32_t)sql_get_int(q, 7);
	out->lifted = sql_get_int(q, 8);
	out->leaf = (uint64_t)sql_get_int(q, 9);
	out->key = (uint64_t)sql_get_int(q, 10);
	return 0;
}

/* The one that stands. */
static int
standing(struct tx *tx, const struct id *kase, struct row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT " COLUMNS " FROM restriction"
		 " WHERE kase = ? AND state <> 'lifted'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(e, ERR_CONFLICT, "restriction-state",
		    "this case is not restricted");
	return read_row(q, out, e);
}

static int
insert(struct tx *tx, const struct row *row, const struct buf *words,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO restriction (id, kase, state, ground, before,"
		 " since, announced, told, lifted, leaf, key, words)"
		 " VALUES (?, ?, 'on', ?, ?, ?, 0, 0, 0, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->kase, e)) < 0 ||
	    (r = sql_text(q, 3, row->ground, e)) < 0 ||
	    (r = sql_text(q, 4, row->before, e)) < 0 ||
	    (r = sql_int(q, 5, row->since, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)row->leaf, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)row->key, e)) < 0 ||
	    (r = sql_blob(q, 8, words->p, words->len, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* From one state of the case to another, or somebody was faster. */
static int
move_case(struct tx *tx, const struct id *kase, const char *from,
    const char *to, uint64_t leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE dossier SET before = CASE ?1 WHEN 'restricted'"
		 " THEN state END, state = ?1, changed = ?2"
		 " WHERE id = ?3 AND state = ?4",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, to, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)leaf, e)) < 0 ||
	    (r = sql_id(q, 3, kase, e)) < 0 ||
	    (r = sql_text(q, 4, from, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_tag(e, ERR_CONFLICT, "case-state",
		    "the case is not %s any more", from);
	return 0;
}

static json_t *
row_json(const struct row *row)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I}",
	    "restriction", json_of_id(&row->id), "case", json_of_id(&row->kase),
	    "state", row->state, "ground", row->ground, "before", row->before,
	    "since", json_of_time(row->since), "announced_at",
	    json_of_time(row->announced), "told_on",
	    json_of_day_or_null(row->told), "lifted_at",
	    json_of_time(row->lifted), "leaf", (json_int_t)row->leaf);
}

/* --- restricting ---------------------------------------------------------- */

struct acting {
	struct core *core;
	const struct caller *caller;
	const struct restricting *q;
	const char *reason, *channel;
	const struct policy_ground *ground;
	struct case_facts kase;
	struct decision d;
	struct row row;
	struct id request; /* zero: none */
	struct fresh_key key;
	struct buf words, letter;
	json_t *notices;
	uint64_t leaf;
};

static void
acting_done(struct acting *x)
{
	fresh_key_done(&x->key);
	buf_done(&x->words);
	buf_done(&x->letter);
	json_decref(x->notices);
}

static int
find_ground(struct acting *x, int64_t now_ms, struct err *e)
{
	AUTO(buf_done) struct buf names = { 0 };
	const struct policy_ground *all;
	size_t i, n = policy_grounds(x->core->policy, &all);
	int r;

	for (i = 0; i < n; i++) {
		if ((all[i].uses & 1u << GROUND_RESTRICTION) == 0 ||
		    !policy_in_force(&all[i].when, civil_day(now_ms)))
			continue;
		if (strcmp(all[i].name, x->q->ground) == 0) {
			x->ground = &all[i];
			return 0;
		}
		if ((r = buf_addf(&names, e, "%s%s", names.len > 0 ? ", " : "",
			 all[i].name)) < 0)
			return r;
	}
	return err_tag(e, ERR_REFUSED, "restriction-ground", "ground: %s",
	    buf_str(&names));
}

static int
check(struct acting *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(x->core);
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, x->q->kase,
		 OP_RESTRICT, NULL, now, &x->kase, object, &x->d, e)) < 0 ||
	    (r = find_ground(x, now, e)) < 0 ||
	    (r = text_check(x->q->words, RESTRICTION_TEXT_MAX, "words", e)) < 0)
		return r;
	if (x->q->request[0] == '\0')
		return 0;
	return request_check(
	    &tx, x->q->request, "restriction", &x->kase.id, &x->request, e);
}

static int
seal(struct acting *x, struct err *e)
{
	json_t *j;
	int r;

	j = json_pack("{s:s, s:s}", "words", x->q->words, "entered_by",
	    x->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "restriction");
	if ((r = id_random(&x->row.id, e)) == 0 &&
	    (r = keypool_take(x->core->keys, &x->key, e)) == 0)
		r = row_seal(x->core, x->key.key.p, &x->kase.id, &x->row.id,
		    PART_WORDS, j, &x->words, e);
	json_decref(j);
	x->row.key = x->key.number;
	return r;
}

/* In clear: a restored catalog that has not this restriction yet must not
 * use the case either. */
static int
enter_leaf(struct acting *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct leaf_clear clear[] = {
		{ x->row.id, x->row.key },
		{ x->kase.id, 0 },
	};
	struct audit_entry en = {
		.klass = LEAF_RESTRICT,
		.actor = &x->caller->actor,
		.object = x->kase.id,
		.clear = clear,
		.nclear = NELEMS(clear),
	};
	int r;

	en.detail = json_pack("{s:o, s:o, s:s, s:s, s:O, s:o}", "case",
	    json_of_id(&x->kase.id), "restriction", json_of_id(&x->row.id),
	    "ground", x->ground->name, "before", x->row.before, "notices",
	    x->notices, "decision", decision_json(x->core, &x->d));
	r = core_enter(x->core, tx, x->caller, &en, now_ms, &x->row.leaf, e);
	json_decref(en.detail);
	return r;
}

static int
settle_request(struct acting *x, struct tx *tx, struct err *e)
{
	struct id id;
	int r;

	if (id_is_zero(&x->request))
		return 0;
	if ((r = request_check(
		 tx, x->q->request, "restriction", &x->kase.id, &id, e)) < 0 ||
	    (r = request_link(tx, &id, &x->row.id, e)) < 0)
		return r;
	return request_settle_linked(tx, &x->row.id, x->row.since, e);
}

static int
apply_set(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct acting *x = arg;
	struct case_facts now;
	int r;

	json_array_clear(x->notices);
	if ((r = case_by_id(tx, &x->kase.id, &now, e)) < 0)
		return r;
	if (strcmp(now.state, "restricted") == 0 ||
	    strcmp(now.state, "erased") == 0)
		return err_tag(e, ERR_CONFLICT, "case-state", "this case is %s",
		    now.state);
	snprintf(x->row.before, sizeof(x->row.before), "%s", now.state);
	snprintf(x->row.state, sizeof(x->row.state), "on");
	snprintf(x->row.ground, sizeof(x->row.ground), "%s", x->ground->name);
	x->row.kase = x->kase.id;
	x->row.since = audit_time(x->core->audit, now_ms);
	if ((r = disclosure_restricted(
		 tx, &x->kase.id, x->row.since, x->notices, e)) < 0 ||
	    (r = enter_leaf(x, tx, now_ms, e)) < 0 ||
	    (r = insert(tx, &x->row, &x->words, e)) < 0 ||
	    (r = move_case(
		 tx, &x->kase.id, now.state, "restricted", x->row.leaf, e)) < 0)
		return r;
	return settle_request(x, tx, e);
}

int
restriction_set(struct core *core, const struct caller *caller,
    const struct restricting *q, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(acting_done)
	struct acting x = {
		.core = core,
		.caller = caller,
		.q = q,
		.notices = json_array(),
	};
	struct change ch = { .apply = apply_set, .arg = &x, .need_head = 1 };
	int r;

	if (x.notices == NULL)
		return err_set(e, ERR_NOMEM, "restriction");
	if ((r = check(&x, object, e)) < 0 || (r = seal(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	if ((*answer = row_json(&x.row)) == NULL ||
	    json_object_set(*answer, "notices", x.notices) < 0)
		return err_set(e, ERR_NOMEM, "restriction");
	return 0;
}

/* --- lifting -------------------------------------------------------------- */

static int
find(struct acting *x, const char *kase, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, kase, OP_RESTRICT_LIFT,
		 NULL, core_now(x->core), &x->kase, object, &x->d, e)) < 0)
		return r;
	return standing(&tx, &x->kase.id, &x->row, e);
}

static int
write_letter(struct acting *x, struct err *e)
{
	const struct policy_ground *g =
	    policy_ground(x->core->policy, x->row.ground);
	char today[11], since[11];
	const struct letter_word words[] = {
		{ "jour", today },
		{ "depuis", since },
		{ "raisons", x->reason },
		{ "motif", g != NULL ? g->title : x->row.ground },
		{ "citation", g != NULL ? g->source : "RGPD art. 18(1)" },
	};
	int32_t day = civil_day(core_now(x->core));

	letter_day(day, today);
	letter_day(civil_day(x->row.since), since);
	return letter_write(x->core->policy, POLICY_LETTER_LIFT, day, words,
	    NELEMS(words), &x->letter, e);
}

static int
seal_letter(struct acting *x, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	if ((r = core_read_leaf(x->core, x->caller, LEAF_RESTRICT_LIFT,
		 &x->kase.id, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(x->core, &x->row.key, 1, leaf, &key, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s, s:s}", "reason", x->reason, "letter",
	    buf_str(&x->letter), "announced_by", x->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "restriction");
	r = row_seal(x->core, key.p, &x->kase.id, &x->row.id, PART_LETTER, j,
	    &x->words, e);
	json_decref(j);
	return r;
}

static int
lift_leaf(struct acting *x, struct tx *tx, const char *what, int64_t now_ms,
    struct err *e)
{
	json_t *detail;
	int r;

	detail = json_pack("{s:o, s:o, s:s, s:s*, s:o}", "case",
	    json_of_id(&x->kase.id), "restriction", json_of_id(&x->row.id),
	    "settled", what, "channel", x->channel, "decision",
	    decision_json(x->core, &x->d));
	r = core_leaf(x->core, tx, x->caller, LEAF_RESTRICT_LIFT, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	return r;
}

/* Announced again, the letter is the new one. */
static int
apply_announce(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct acting *x = arg;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = standing(tx, &x->kase.id, &x->row, e)) < 0 ||
	    (r = lift_leaf(x, tx, "announced", now_ms, e)) < 0)
		return r;
	x->row.announced = audit_time(x->core->audit, now_ms);
	snprintf(x->row.state, sizeof(x->row.state), "announced");
	if ((r = sql_open(tx,
		 "UPDATE restriction SET state = 'announced', announced = ?,"
		 " letter = ? WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->row.announced, e)) < 0 ||
	    (r = sql_blob(q, 2, x->words.p, x->words.len, e)) < 0 ||
	    (r = sql_id(q, 3, &x->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
restriction_announce(struct core *core, const struct caller *caller,
    const char *kase, const char *reason, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(acting_done)
	struct acting x = { .core = core, .caller = caller, .reason = reason };
	struct change ch = {
		.apply = apply_announce,
		.arg = &x,
		.need_head = 1,
	};
	int r;

	if ((r = find(&x, kase, object, e)) < 0)
		return r;
	if (reason[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "reason: why?");
	if ((r = text_check(reason, RESTRICTION_TEXT_MAX, "reason", e)) < 0 ||
	    (r = write_letter(&x, e)) < 0 || (r = seal_letter(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	x.row.leaf = x.leaf;
	if ((*answer = row_json(&x.row)) == NULL ||
	    json_object_set_new(
		*answer, "letter", json_string(buf_str(&x.letter))) < 0)
		return err_set(e, ERR_NOMEM, "restriction");
	return 0;
}

static int
check_told(struct acting *x, const char *told_on, struct err *e)
{
	int32_t today = civil_day(core_now(x->core));
	int r;

	if (strcmp(x->row.state, "announced") != 0)
		return err_tag(e, ERR_CONFLICT, "restriction-untold",
		    "the person is informed first: announce it");
	x->row.told = today;
	if (told_on[0] != '\0' &&
	    (r = date_parse(told_on, &x->row.told, e)) < 0)
		return r;
	if (x->row.told > today || x->row.told < civil_day(x->row.announced))
		return err_tag(e, ERR_REFUSED, "restriction-date",
		    "from the day it was announced to today");
	return declared_channel(x->channel, e);
}

static int
apply_lift(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct acting *x = arg;
	AUTO(sql_done) struct sql *q = NULL;
	int32_t told = x->row.told;
	int r;

	if ((r = standing(tx, &x->kase.id, &x->row, e)) < 0 ||
	    (r = lift_leaf(x, tx, "lifted", now_ms, e)) < 0)
		return r;
	x->row.told = told;
	x->row.lifted = audit_time(x->core->audit, now_ms);
	snprintf(x->row.state, sizeof(x->row.state), "lifted");
	if ((r = sql_open(tx,
		 "UPDATE restriction SET state = 'lifted', told = ?,"
		 " lifted = ? WHERE id = ? AND state = 'announced'",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, told, e)) < 0 ||
	    (r = sql_int(q, 2, x->row.lifted, e)) < 0 ||
	    (r = sql_id(q, 3, &x->row.id, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	return move_case(
	    tx, &x->kase.id, "restricted", x->row.before, x->leaf, e);
}

int
restriction_lift(struct core *core, const struct caller *caller,
    const char *kase, const char *told_on, const char *channel,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(acting_done)
	struct acting x = {
		.core = core,
		.caller = caller,
		.channel = channel,
	};
	struct change ch = { .apply = apply_lift, .arg = &x, .need_head = 1 };
	int r;

	if ((r = find(&x, kase, object, e)) < 0 ||
	    (r = check_told(&x, told_on, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	x.row.leaf = x.leaf;
	*answer = row_json(&x.row);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "restriction");
}

/* --- listing -------------------------------------------------------------- */

static int
take_rows(struct tx *tx, const struct id *kase, int letters,
    struct sealed_rows *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct row row;
	int r;

	if ((r = sql_open(tx,
		 "SELECT " COLUMNS ", CASE ?2 WHEN 1 THEN letter ELSE words"
		 " END FROM restriction WHERE kase = ?1"
		 " ORDER BY since, rowid LIMIT 200",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_int(q, 2, letters, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		struct sealed_row s = { .kase = *kase };

		if ((r = read_row(q, &row, e)) < 0)
			return r;
		if (sql_is_null(q, 11) || row.key == 0)
			continue;
		s.id = row.id;
		s.key = row.key;
		s.version = letters ? PART_LETTER : PART_WORDS;
		s.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 11, &s.n);
		if ((r = rows_add(rows, &s, row_json(&row), e)) < 0)
			return r;
	}
	return r;
}

/* The letter joins the line of its restriction. */
static int
list_one(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	json_t *list = arg, *line;
	char id[ID_TEXT];
	size_t i;

	id_format(&row->id, id);
	json_array_foreach(list, i, line)
	{
		if (strcmp(
			json_string_value(json_object_get(line, "restriction")),
			id) == 0)
			return json_object_update_missing(line, opened) < 0
				   ? err_set(e, ERR_NOMEM, "restrictions")
				   : 0;
	}
	if (json_object_update_missing(row->clear, opened) < 0 ||
	    json_array_append(list, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "restrictions");
	return 0;
}

static int
list_all(struct core *core, const struct id *kase, uint64_t leaf, json_t *into,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = take_rows(&tx, kase, 0, &rows, e)) < 0 ||
	    (r = take_rows(&tx, kase, 1, &rows, e)) < 0)
		return r;
	return rows_open(core, &rows, leaf, list_one, into, e);
}

int
restriction_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *a = json_array(), *detail = NULL;
	struct case_facts facts;
	struct decision d;
	uint64_t leaf;
	int r;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "restrictions");
	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = core_check_open(core, e)) < 0 ||
		    (r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = case_authorize(core, &tx, caller, kase,
			 OP_RIGHTS_REQUEST, NULL, core_now(core), &facts,
			 object, &d, e)) < 0 ||
		    (r = request_check_reader(
			 core, caller, &facts, core_now(core), e)) < 0)
			return r;
	}
	detail = json_pack("{s:o, s:s, s:o}", "case", json_of_id(&facts.id),
	    "what", "restrictions", "decision", decision_json(core, &d));
	if ((r = core_read_leaf(core, caller, LEAF_RIGHTS_REQUEST, &facts.id,
		 detail, &leaf, e)) < 0 ||
	    (r = list_all(core, &facts.id, leaf, a, e)) < 0)
		return r;
	*answer = json_pack(
	    "{s:O, s:I}", "restrictions", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "restrictions");
}

/* --- for others ----------------------------------------------------------- */

int
restriction_check(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM dossier WHERE id = ?"
		 " AND state = 'restricted'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r > 0)
		return err_tag(e, ERR_CONFLICT, "restricted",
		    "the case is restricted: nothing of it is destroyed");
	return 0;
}

int
restriction_of_case(struct core *core, struct tx *tx, const struct id *kase,
    json_t *into, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_ground *g;
	int r;

	if ((r = sql_open(tx,
		 "SELECT since, ground, state, lifted FROM restriction"
		 " WHERE kase = ? ORDER BY since, rowid LIMIT 200",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		g = policy_ground(core->policy, sql_get_text(q, 1));
		if (json_array_append_new(
			into, json_pack("{s:o, s:s, s:s, s:o}", "since",
				  json_of_time(sql_get_int(q, 0)), "ground",
				  g != NULL ? g->title : "", "state",
				  sql_get_text(q, 2), "lifted_at",
				  json_of_time(sql_get_int(q, 3)))) < 0)
			return err_set(e, ERR_NOMEM, "restrictions");
	}
	return r;
}

/* The letter is to be sent at once: the lifting waits for it. */
int
restriction_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, announced FROM restriction"
		 " WHERE state = 'announced' ORDER BY announced LIMIT 2000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0 ||
		    (r = due_add(d, "restriction-letter", &kase, &id,
			 sql_get_int(q, 2), 0, NULL, e)) < 0)
			return r;
	return r;
}

int
restriction_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM restriction WHERE kase = ? AND key <> 0", kase,
	    numbers, e);
}

int
restriction_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx,
	    "UPDATE restriction SET key = 0, words = NULL, letter = NULL"
	    " WHERE kase = ?",
	    kase, e);
}
