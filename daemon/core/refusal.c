/* The household refuses the diagnosis: at the door, by telephone, by letter.
 * Only the outcome is kept. */
#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_giving.h"
#include "daemon/core/declared.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/happened.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection.h"
#include "daemon/core/row.h"
#include "daemon/core/search.h"

#define ISSUE_KIND "issue" /* of the record that is made of it */
#define ISSUE_REASON "motif"

const char *const refusal_schema =
    "CREATE TABLE refusal ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL,"
    " day INTEGER NOT NULL,"   /* declared, days since 1970 */
    " at INTEGER NOT NULL,"    /* entered, ms */
    " ended INTEGER NOT NULL," /* they accepted after all, ms; 0: not */
    " leaf INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB) STRICT;"
    "CREATE INDEX refusal_kase ON refusal (kase, at);";

struct refusal_work {
	struct core *core;
	const struct caller *caller;
	const struct refusing *r;
	struct consent_giving sheet; /* as a refusal of the consent */
	struct giving gv;
	struct id id, document;
	struct fresh_key key;
	struct buf sealed;
	json_t *cancelled, *notices;
};

void
refusal_free(struct refusal_work **xp)
{
	struct refusal_work *x = *xp;

	if (x == NULL)
		return;
	consent_made_done(&x->gv);
	fresh_key_done(&x->key);
	buf_done(&x->sealed);
	json_decref(x->cancelled);
	json_decref(x->notices);
	free(x);
	*xp = NULL;
}

/* --- what stands in the way ----------------------------------------------- */

static int
check_reason(const struct policy *p, const char *reason, struct err *e)
{
	const struct policy_kind *kind = policy_kind(p, ISSUE_KIND);
	const struct policy_field *f =
	    kind != NULL ? policy_field(kind, ISSUE_REASON) : NULL;
	AUTO(buf_done) struct buf names = { 0 };
	size_t i;
	int r;

	for (i = 0; f != NULL && f->values != NULL && f->values[i] != NULL;
	     i++) {
		if (strcmp(f->values[i], reason) == 0)
			return 0;
		if ((r = buf_addf(&names, e, "%s%s", i > 0 ? ", " : "",
			 f->values[i])) < 0)
			return r;
	}
	return err_tag(
	    e, ERR_REFUSED, "refusal-reason", "reason: %s", buf_str(&names));
}

/* Is there a living record that must not be kept of who refused? */
static int
check_nothing_made(
    struct core *core, struct tx *tx, const struct id *kase, struct err *e)
{
	const struct policy_kind *all;
	size_t i, n = policy_kinds(core->policy, &all);
	struct document_facts doc;
	int r;

	for (i = 0; i < n; i++) {
		if (!all[i].is_social)
			continue;
		r = document_newest(tx, kase, all[i].name, &doc, e);
		if (r == 0)
			return err_tag(e, ERR_CONFLICT, "diagnosis-made",
			    "the case has social records: %s", all[i].name);
		if (r != -(int)ERR_NOT_FOUND)
			return r;
	}
	return 0;
}

int
refusal_check_filing(struct tx *tx, const struct id *kase,
    const struct policy_kind *kind, struct err *e)
{
	struct case_facts f;
	int r;

	if (!kind->is_social)
		return 0;
	if ((r = case_by_id(tx, kase, &f, e)) < 0)
		return r;
	if (f.diagnosis == DIAGNOSIS_REFUSED)
		return err_tag(e, ERR_CONFLICT, "diagnosis-refused",
		    "the household refused the diagnosis: no %s is kept",
		    kind->name);
	return 0;
}

/* --- entering ------------------------------------------------------------- */

static int
check_form(struct refusal_work *x, struct tx *tx, struct err *e)
{
	struct core *core = x->core;
	struct document_facts doc;
	int r;

	if (x->gv.kase.diagnosis == DIAGNOSIS_REFUSED)
		return err_tag(e, ERR_CONFLICT, "diagnosis-refused",
		    "the diagnosis is refused already");
	if ((r = check_reason(core->policy, x->r->reason, e)) < 0 ||
	    (x->r->channel[0] != '\0' &&
		(r = declared_channel(x->r->channel, e)) < 0) ||
	    (r = declared_day(core, x->r->refused_on, core_now(core),
		 "refusal-date", &x->gv.given_day, e)) < 0 ||
	    (r = check_nothing_made(core, tx, &x->gv.kase.id, e)) < 0)
		return r;
	x->gv.given_ms = declared_ms(x->gv.given_day, core_now(core));
	if (x->r->document[0] == '\0')
		return 0;
	if ((r = consent_document(
		 tx, &x->gv.kase.id, x->r->document, &doc, e)) < 0)
		return r;
	x->document = doc.id;
	return 0;
}

/* The consent to a diagnosis is refused by every adult; where the rules have
 * no such consent, there is nothing but the refusal. */
static int
prepare_consents(struct refusal_work *x, struct tx *tx, struct err *e)
{
	const struct policy_consent *p =
	    policy_consent(x->core->policy, CONSENT_DIAGNOSIS);

	x->sheet.purposes[0] = CONSENT_DIAGNOSIS;
	x->sheet.npurposes =
	    p != NULL && policy_in_force(&p->when, x->gv.given_day);
	x->sheet.reason = x->r->reason;
	x->gv.g = &x->sheet;
	x->gv.outcome = CONSENT_REFUSED;
	x->gv.refusing = 1;
	x->gv.evidence = x->document;
	return consent_made_prepare(&x->gv, tx, e);
}

static int
find(struct refusal_work *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, x->r->kase, OP_REFUSAL,
		 NULL, core_now(x->core), &x->gv.kase, object, &x->gv.decision,
		 e)) < 0 ||
	    (r = check_form(x, &tx, e)) < 0 || (r = id_random(&x->id, e)) < 0)
		return r;
	x->gv.sheet = x->id;
	return prepare_consents(x, &tx, e);
}

static int
seal(struct refusal_work *x, struct err *e)
{
	json_t *j = json_pack("{s:s, s:s, s:s}", "reason", x->r->reason,
	    "channel", x->r->channel, "by", x->caller->actor.account);
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "refusal");
	if (!id_is_zero(&x->document))
		json_object_set_new(j, "document", json_of_id(&x->document));
	if ((r = keypool_take(x->core->keys, &x->key, e)) == 0)
		r = row_seal(x->core, x->key.key.p, &x->gv.kase.id, &x->id, 0,
		    j, &x->sealed, e);
	json_decref(j);
	return r < 0 ? r : consent_made_seal(&x->gv, e);
}

static int
insert(struct tx *tx, const struct refusal_work *x, int64_t at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO refusal"
		 " (id, kase, day, at, ended, leaf, key, sealed)"
		 " VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->gv.kase.id, e)) < 0 ||
	    (r = sql_int(q, 3, x->gv.given_day, e)) < 0 ||
	    (r = sql_int(q, 4, at, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)x->gv.leaf, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)x->key.number, e)) < 0 ||
	    (r = sql_blob(q, 7, x->sealed.p, x->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
set_diagnosis(struct tx *tx, const struct id *kase, const char *to,
    int *changed, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE dossier SET diagnosis = ?1"
		 " WHERE id = ?2 AND diagnosis <> ?1",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, to, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	*changed = sql_changes(tx) == 1;
	return 0;
}

static int
enter_leaf(struct refusal_work *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	char kase[ID_TEXT], day[11];
	json_t *detail;
	int r;

	id_format(&x->gv.kase.id, kase);
	date_format(x->gv.given_day, day);
	detail = json_pack("{s:s, s:s, s:s, s:i, s:O, s:o}", "case", kase,
	    "refused_on", day, "reason", x->r->reason, "consents", (int)x->gv.n,
	    "cancelled", x->cancelled, "decision",
	    decision_json(x->core, &x->gv.decision));
	r = core_leaf(x->core, tx, x->caller, LEAF_REFUSAL, LEAF_OK,
	    &x->gv.kase.id, detail, now_ms, &x->gv.leaf, e);
	json_decref(detail);
	return r;
}

int
refusal_apply(
    struct tx *tx, struct refusal_work *x, int64_t now_ms, struct err *e)
{
	const struct id *kase = &x->gv.kase.id;
	struct happening h = { kase, audit_time(x->core->audit, now_ms), 0 };
	int r, changed;

	/* Nothing was filed meanwhile, nobody else refused for them. */
	if ((r = check_nothing_made(x->core, tx, kase, e)) < 0 ||
	    (r = set_diagnosis(tx, kase, "refused", &changed, e)) < 0)
		return r;
	if (!changed)
		return err_tag(e, ERR_CONFLICT, "diagnosis-refused",
		    "the diagnosis is refused already");
	if ((r = disclosure_withdrawn(tx, kase, CONSENT_DIAGNOSIS, now_ms,
		 x->cancelled, x->notices, e)) < 0 ||
	    (r = enter_leaf(x, tx, now_ms, e)) < 0 ||
	    (r = case_touch(tx, kase, x->gv.leaf, e)) < 0 ||
	    (r = insert(tx, x, h.at_ms, e)) < 0)
		return r;
	h.leaf = x->gv.leaf;
	if ((r = happened_case(x->core, tx, &h, "refused", NULL, NULL, e)) < 0)
		return r;
	return consent_made_apply(tx, &x->gv, now_ms, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	return refusal_apply(tx, arg, now_ms, e);
}

static int
entered_answer(const struct refusal_work *x, json_t **answer, struct err *e)
{
	json_t *consents = json_array();
	const struct consent_made *m;
	char day[11];
	size_t i;

	for (i = 0; i < x->gv.n; i++) {
		m = &x->gv.made[i];
		json_array_append_new(
		    consents, json_pack("{s:o, s:o, s:s}", "consent",
				  json_of_id(&m->row.id), "person",
				  json_of_id(&m->row.person), "state",
				  consent_state_name(m->to)));
	}
	date_format(x->gv.given_day, day);
	*answer = json_pack("{s:o, s:s, s:s, s:s, s:o, s:I}", "case",
	    json_of_id(&x->gv.kase.id), "diagnosis", "refused", "reason",
	    x->r->reason, "refused_on", day, "consents", consents, "leaf",
	    (json_int_t)x->gv.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "refusal");
}

int
refusal_prepare(struct core *core, const struct caller *caller,
    const struct refusing *rf, struct id *object, struct refusal_work **out,
    struct err *e)
{
	AUTO(refusal_free) struct refusal_work *x = calloc(1, sizeof(*x));
	int r;

	if (x == NULL)
		return err_set(e, ERR_NOMEM, "refusal");
	x->core = x->gv.core = core;
	x->caller = x->gv.caller = caller;
	x->r = rf;
	x->cancelled = json_array();
	x->notices = json_array();
	if ((r = find(x, object, e)) < 0 || (r = seal(x, e)) < 0)
		return r;
	*out = TAKE(x);
	return 0;
}

int
refusal_applied(struct refusal_work *x, struct err *e)
{
	if (search_update(x->core, &x->gv.kase.id, x->gv.leaf, e) < 0)
		return err_wrap(e, "the refusal is entered; the search index");
	return 0;
}

int
refusal_enter(struct core *core, const struct caller *caller,
    const struct refusing *rf, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(refusal_free) struct refusal_work *x = NULL;
	struct change ch = { .apply = apply, .need_head = 1 };
	int r;

	if ((r = refusal_prepare(core, caller, rf, object, &x, e)) < 0)
		return r;
	ch.arg = x;
	if ((r = commit_run(core->committer, &ch, e)) < 0 ||
	    (r = refusal_applied(x, e)) < 0)
		return r;
	return entered_answer(x, answer, e);
}

/* --- accepted after all --------------------------------------------------- */

static int
end_refusals(
    struct tx *tx, const struct id *kase, int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE refusal SET ended = ? WHERE kase = ? AND ended = 0",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, now_ms, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
diagnosis_accept(struct tx *tx, const struct id *kase, int64_t now_ms,
    int *changed, struct err *e)
{
	struct person_adult adults[CASE_PERSONS_MAX];
	struct id consent;
	size_t i, n;
	int r;

	*changed = 0;
	if ((r = person_adults(tx, kase, civil_day(now_ms), adults, &n, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if ((r = consent_in_force(tx, kase, &adults[i].id,
			 CONSENT_DIAGNOSIS, now_ms, &consent, e)) <= 0)
			return r;
	if (n == 0)
		return 0;
	if ((r = set_diagnosis(tx, kase, "accepted", changed, e)) < 0)
		return r;
	return *changed ? end_refusals(tx, kase, now_ms, e) : 0;
}

/* --- telling -------------------------------------------------------------- */

static int
newest(struct tx *tx, const struct id *kase, struct sealed_rows *rows,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct sealed_row row = { .kase = *kase };
	char day[11];
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, day, key, sealed FROM refusal"
		 " WHERE kase = ? AND ended = 0 AND key <> 0"
		 " ORDER BY at DESC LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	if ((r = sql_get_id(q, 0, &row.id, e)) < 0)
		return r;
	date_format((int32_t)sql_get_int(q, 1), day);
	row.key = (uint64_t)sql_get_int(q, 2);
	row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 3, &row.n);
	return rows_add(rows, &row,
	    json_pack("{s:s, s:s}", "resultat", "refus", "date", day), e);
}

static int
tell(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	json_t **out = arg;

	if (json_object_set(row->clear, ISSUE_REASON,
		json_object_get(opened, "reason")) < 0)
		return err_set(e, ERR_NOMEM, "refusal");
	*out = json_incref(row->clear);
	return 0;
}

int
refusal_record(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	int r;

	*out = NULL;
	if ((r = newest(tx, kase, &rows, e)) < 0 || rows.n == 0)
		return r;
	return rows_open(core, &rows, leaf, tell, out, e);
}

/* --- forgetting ----------------------------------------------------------- */

int
refusal_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM refusal WHERE kase = ? AND key <> 0", kase,
	    numbers, e);
}

int
refusal_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx, "DELETE FROM refusal WHERE kase = ?", kase, e);
}
