#include "daemon/core/closing.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/declared.h"
#include "daemon/core/demarche.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/happened.h"
#include "daemon/core/json_of.h"
#include "daemon/core/moment.h"
#include "daemon/core/person.h"
#include "daemon/core/register.h"
#include "daemon/core/row.h"
#include "daemon/core/search.h"

#define CLOSING_KIND "cloture" /* the rules' list of outcomes */
#define CLOSING_OUTCOME "issue"

const char *const closing_schema =
    "CREATE TABLE closing ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL,"
    " what TEXT NOT NULL CHECK (what IN ('closed', 'reopened')),"
    " outcome TEXT NOT NULL,"
    " day INTEGER NOT NULL," /* declared, days since 1970 */
    " at INTEGER NOT NULL,"  /* entered, ms */
    " leaf INTEGER NOT NULL, key INTEGER NOT NULL,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX closing_kase ON closing (kase, at);";

struct act {
	struct core *core;
	const struct caller *caller;
	const struct closing_entry *c; /* NULL: it is reopened */
	const char *reason;	       /* of reopening */
	struct case_facts kase;
	struct decision d;
	struct id id;
	int32_t day;
	int64_t at;
	struct fresh_key key;
	struct buf sealed;
	json_t *cancelled, *notices;
	size_t consents;
	uint64_t leaf;
};

static void
act_done(struct act *x)
{
	fresh_key_done(&x->key);
	buf_done(&x->sealed);
	json_decref(x->cancelled);
	json_decref(x->notices);
}

/* --- what stands in the way ----------------------------------------------- */

static int
check_outcome(const struct policy *p, const char *outcome, struct err *e)
{
	const struct policy_kind *kind = policy_kind(p, CLOSING_KIND);
	const struct policy_field *f =
	    kind != NULL ? policy_field(kind, CLOSING_OUTCOME) : NULL;
	AUTO(buf_done) struct buf names = { 0 };
	size_t i;
	int r;

	for (i = 0; f != NULL && f->values != NULL && f->values[i] != NULL;
	     i++) {
		if (strcmp(f->values[i], outcome) == 0)
			return 0;
		if ((r = buf_addf(&names, e, "%s%s", i > 0 ? ", " : "",
			 f->values[i])) < 0)
			return r;
	}
	return err_tag(
	    e, ERR_REFUSED, "closing-outcome", "outcome: %s", buf_str(&names));
}

static int
check_extracts(
    struct tx *tx, const struct act *x, int64_t now_ms, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select(tx, &x->kase.id, "", "", NULL, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.pulled == 0 && register_is_open(&row, now_ms))
			return err_tag(e, ERR_CONFLICT, "extract-open",
			    "an extract waits to be fetched");
	}
	return 0;
}

static int
check_nothing_open(
    struct tx *tx, const struct act *x, int64_t now_ms, struct err *e)
{
	int r;

	if (x->c->force[0] != '\0')
		return 0;
	if ((r = check_extracts(tx, x, now_ms, e)) < 0 ||
	    (r = demarche_count_open(tx, &x->kase.id, e)) < 0)
		return r;
	if (r > 0)
		return err_tag(e, ERR_CONFLICT, "demarche-open",
		    "%d steps are open still", r);
	return 0;
}

static int
check_closing(struct act *x, struct tx *tx, int64_t now, struct err *e)
{
	int r;

	if (strcmp(x->kase.state, "open") != 0)
		return err_tag(e, ERR_CONFLICT, "case-state", "the case is %s",
		    x->kase.state);
	if ((r = check_outcome(x->core->policy, x->c->outcome, e)) < 0 ||
	    (r = text_check(x->c->note, CLOSING_WORDS_MAX, "note", e)) < 0 ||
	    (r = text_check(x->c->force, CLOSING_WORDS_MAX, "force", e)) < 0 ||
	    (r = declared_day(x->core, x->c->closed_on, now, "closing-date",
		 &x->day, e)) < 0)
		return r;
	return check_nothing_open(tx, x, now, e);
}

static int
check_reopening(struct act *x, int64_t now, struct err *e)
{
	if (strcmp(x->kase.state, "closed") != 0 &&
	    strcmp(x->kase.state, "archived") != 0)
		return err_tag(e, ERR_CONFLICT, "case-state", "the case is %s",
		    x->kase.state);
	if (x->reason[0] == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "reason: why does the case live again?");
	x->day = civil_day(now);
	return text_check(x->reason, CLOSING_WORDS_MAX, "reason", e);
}

/* --- entering ------------------------------------------------------------- */

static int
find(struct act *x, const char *ref, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	enum policy_op op = x->c != NULL ? OP_CASE_CLOSE : OP_CASE_REOPEN;
	int64_t now = core_now(x->core);
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, ref, op, NULL, now,
		 &x->kase, object, &x->d, e)) < 0)
		return r;
	return x->c != NULL ? check_closing(x, &tx, now, e)
			    : check_reopening(x, now, e);
}

static int
seal(struct act *x, struct err *e)
{
	const char *by = x->caller->actor.account;
	json_t *j;
	int r;

	j = x->c != NULL
		? json_pack("{s:s, s:s, s:s}", "note", x->c->note, "force",
		      x->c->force, "by", by)
		: json_pack("{s:s, s:s}", "reason", x->reason, "by", by);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "closing");
	if ((r = id_random(&x->id, e)) == 0 &&
	    (r = keypool_take(x->core->keys, &x->key, e)) == 0)
		r = row_seal(x->core, x->key.key.p, &x->kase.id, &x->id, 0, j,
		    &x->sealed, e);
	json_decref(j);
	return r;
}

static int
set_state(struct tx *tx, const struct act *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE dossier SET state = ?, changed = ?"
		 " WHERE id = ? AND state = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, x->c != NULL ? "closed" : "open", e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_id(q, 3, &x->kase.id, e)) < 0 ||
	    (r = sql_text(q, 4, x->kase.state, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_tag(e, ERR_CONFLICT, "case-state",
		    "the case is not %s any more", x->kase.state);
	return 0;
}

static int
insert(struct tx *tx, const struct act *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO closing"
		 " (id, kase, what, outcome, day, at, leaf, key, sealed)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->kase.id, e)) < 0 ||
	    (r = sql_text(q, 3, x->c != NULL ? "closed" : "reopened", e)) < 0 ||
	    (r = sql_text(q, 4, x->c != NULL ? x->c->outcome : "", e)) < 0 ||
	    (r = sql_int(q, 5, x->day, e)) < 0 ||
	    (r = sql_int(q, 6, x->at, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_int(q, 8, (int64_t)x->key.number, e)) < 0 ||
	    (r = sql_blob(q, 9, x->sealed.p, x->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static json_t *
leaf_detail(const struct act *x)
{
	char kase[ID_TEXT], day[11];
	json_t *j;

	id_format(&x->kase.id, kase);
	date_format(x->day, day);
	j = json_pack("{s:s, s:s, s:o}", "case", kase, "from", x->kase.state,
	    "decision", decision_json(x->core, &x->d));
	if (j == NULL || x->c == NULL)
		return j;
	json_object_set_new(j, "outcome", json_string(x->c->outcome));
	json_object_set_new(j, "closed_on", json_string(day));
	json_object_set_new(j, "consents", json_integer((int)x->consents));
	json_object_set(j, "cancelled", x->cancelled);
	if (x->c->force[0] != '\0')
		json_object_set_new(j, "forced", json_true());
	return j;
}

/* The consents that live: their rows; those of one purpose stop what waits
 * and rests on it. */
static int
end_consents(struct tx *tx, struct act *x, int64_t now_ms, struct buf *ended,
    struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct consent_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = consent_row_ids(tx, &x->kase.id, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = consent_row_by_id(tx, &id, &row, e)) < 0)
			return r;
		if (!consent_state_is_living(row.state))
			continue;
		if ((r = consent_row_move(
			 tx, &row, CONSENT_TERMINATED, now_ms, e)) < 0 ||
		    (r = buf_add(ended, id.b, ID_LEN, e)) < 0 ||
		    (x->c->force[0] != '\0' &&
			(r = disclosure_withdrawn(tx, &x->kase.id, row.purpose,
			     now_ms, x->cancelled, x->notices, e)) < 0))
			return r;
		x->consents++;
	}
	return 0;
}

static int
tell_consents(
    struct tx *tx, const struct act *x, const struct buf *ended, struct err *e)
{
	struct consent_event ev = {
		.what = consent_state_name(CONSENT_TERMINATED),
		.effective = x->at,
		.at = x->at,
		.leaf = x->leaf,
	};
	struct id id;
	size_t i;
	int r;

	for (i = 0; i < ended->len; i += ID_LEN) {
		memcpy(id.b, ended->p + i, ID_LEN);
		if ((r = consent_event_append(tx, &id, &ev, e)) < 0)
			return r;
	}
	return 0;
}

/* The term runs from the day that was said. */
static int
tell(struct tx *tx, const struct act *x, struct err *e)
{
	struct happening h = { &x->kase.id, x->at, x->leaf };
	int r;

	r = happened_case(x->core, tx, &h, x->c != NULL ? "closed" : "reopened",
	    NULL, x->c != NULL ? x->c->outcome : NULL, e);
	if (r < 0 || x->c == NULL)
		return r;
	return moment_put(tx, &x->kase.id, MOMENT_CLOSING, x->day, &x->kase.id,
	    x->at, x->leaf, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(buf_done) struct buf ended = { 0 };
	struct act *x = arg;
	json_t *detail;
	int r;

	x->at = audit_time(x->core->audit, now_ms);
	if (x->c != NULL &&
	    ((r = check_nothing_open(tx, x, x->at, e)) < 0 ||
		(r = end_consents(tx, x, now_ms, &ended, e)) < 0))
		return r;
	detail = leaf_detail(x);
	r = core_leaf(x->core, tx, x->caller,
	    x->c != NULL ? LEAF_CASE_CLOSE : LEAF_CASE_REOPEN, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	if (r < 0 || (r = set_state(tx, x, e)) < 0 ||
	    (r = insert(tx, x, e)) < 0 ||
	    (r = tell_consents(tx, x, &ended, e)) < 0)
		return r;
	return tell(tx, x, e);
}

/* --- both ------------------------------------------------------------------
 */

static int
run(struct act *x, const char *ref, struct id *object, json_t **answer,
    struct err *e)
{
	struct change ch = { .apply = apply, .arg = x, .need_head = 1 };
	char day[11];
	int r;

	x->cancelled = json_array();
	x->notices = json_array();
	if (x->cancelled == NULL || x->notices == NULL)
		return err_set(e, ERR_NOMEM, "closing");
	if ((r = find(x, ref, object, e)) < 0 || (r = seal(x, e)) < 0 ||
	    (r = commit_run(x->core->committer, &ch, e)) < 0)
		return r;
	if ((r = search_update(x->core, &x->kase.id, x->leaf, e)) < 0)
		return err_wrap(e, "the act is entered; the search index");
	date_format(x->day, day);
	*answer = json_pack("{s:o, s:s, s:s, s:s, s:i, s:I}", "case",
	    json_of_id(&x->kase.id), "state", x->c != NULL ? "closed" : "open",
	    "outcome", x->c != NULL ? x->c->outcome : "", "on", day, "consents",
	    (int)x->consents, "leaf", (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "closing");
}

int
closing_enter(struct core *core, const struct caller *caller,
    const struct closing_entry *c, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(act_done)
	struct act x = { .core = core, .caller = caller, .c = c };

	return run(&x, c->kase, object, answer, e);
}

int
closing_reopen(struct core *core, const struct caller *caller, const char *kase,
    const char *reason, struct id *object, json_t **answer, struct err *e)
{
	AUTO(act_done)
	struct act x = { .core = core, .caller = caller, .reason = reason };

	return run(&x, kase, object, answer, e);
}

/* --- several at once ------------------------------------------------------ */

struct reopening {
	struct act x;
};

void
reopening_freep(struct reopening **xp)
{
	if (*xp != NULL)
		act_done(&(*xp)->x);
	free(*xp);
	*xp = NULL;
}

int
reopening_prepare(struct core *core, const struct caller *caller,
    const struct case_facts *kase, const struct decision *d, const char *reason,
    struct reopening **out, struct err *e)
{
	AUTO(reopening_freep) struct reopening *n = calloc(1, sizeof(*n));
	int r;

	if (n == NULL)
		return err_set(e, ERR_NOMEM, "reopening");
	n->x = (struct act){
		.core = core,
		.caller = caller,
		.reason = reason,
		.kase = *kase,
		.d = *d,
	};
	if ((r = check_reopening(&n->x, core_now(core), e)) < 0 ||
	    (r = seal(&n->x, e)) < 0)
		return r;
	secret_done(&n->x.key.key);
	*out = TAKE(n);
	return 0;
}

int
reopening_apply(
    struct tx *tx, struct reopening *n, int64_t now_ms, struct err *e)
{
	return apply(tx, now_ms, &n->x, e);
}

int
closing_since(
    struct tx *tx, const struct id *kase, int64_t since_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM closing WHERE kase = ? AND at >= ? LIMIT 1", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_int(q, 2, since_ms, e)) < 0)
		return r;
	return sql_step(q, e);
}

/* --- forgetting ----------------------------------------------------------- */

int
closing_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(
	    tx, "SELECT key FROM closing WHERE kase = ?", kase, numbers, e);
}

int
closing_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx, "DELETE FROM closing WHERE kase = ?", kase, e);
}
