#include "daemon/core/consent.h"

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/disclosure.h"

#define MONTH_MS (INT64_C(86400000) * 30)
#define DAY_MS INT64_C(86400000)
#define CONSENTS_MAX 256 /* made at once: adults x purposes */
#define LIST_MAX 500

const char *const consent_schema =
    "CREATE TABLE consent ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL, person BLOB NOT NULL,"
    " purpose TEXT NOT NULL, state TEXT NOT NULL,"
    " given INTEGER NOT NULL, until INTEGER NOT NULL,"
    " key INTEGER NOT NULL, sealed BLOB) STRICT, WITHOUT ROWID;"
    "CREATE INDEX consent_kase ON consent(kase, purpose);"
    "CREATE TABLE consent_event ("
    " consent BLOB NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL,"
    " at INTEGER NOT NULL, leaf INTEGER NOT NULL, previous BLOB NOT NULL,"
    " sealed BLOB, PRIMARY KEY (consent, n)) STRICT, WITHOUT ROWID;";

/* States that count as valid (DPV guide to TS 27560). */
static int
state_is_valid(const char *state)
{
	return strcmp(state, "given") == 0 || strcmp(state, "renewed") == 0;
}

static json_t *
id_json(const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_string(text);
}

/* --- giving ------------------------------------------------------------- */

/* One record about to be made. */
struct made {
	struct id id, person;
	const struct policy_consent *purpose;
	struct fresh_key key;
	int64_t until_ms; /* 0: the life of the processing */
	struct buf row, event;
};

struct giving {
	struct core *core;
	const struct caller *caller;
	const struct consent_giving *g;
	struct case_facts kase;
	struct decision decision;
	struct id evidence;
	int64_t given_ms;
	struct made made[CONSENTS_MAX];
	size_t n;
	uint64_t leaf;
};

static void
giving_done(struct giving **gp)
{
	struct giving *g = *gp;
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->n; i++) {
		fresh_key_done(&g->made[i].key);
		buf_done(&g->made[i].row);
		buf_done(&g->made[i].event);
	}
	free(g);
	*gp = NULL;
}

static int
check_form(const struct consent_giving *g, struct err *e)
{
	static const char *const methods[] = { "handwritten", "tablet",
		"oral" };
	size_t i;

	for (i = 0; i < NELEMS(methods); i++)
		if (strcmp(g->method, methods[i]) == 0)
			break;
	if (i == NELEMS(methods))
		return err_tag(e, ERR_REFUSED, "consent-method",
		    "method is handwritten, tablet or oral");
	if (strcmp(g->method, "oral") == 0 && g->witness[0] == '\0')
		return err_tag(e, ERR_REFUSED, "consent-witness",
		    "an oral consent needs a witness");
	if (strcmp(g->method, "oral") != 0 && g->evidence[0] == '\0')
		return err_tag(e, ERR_REFUSED, "consent-evidence",
		    "a written consent needs its document");
	if (g->npurposes == 0)
		return err_tag(
		    e, ERR_REFUSED, "consent-purpose", "no purpose is named");
	return 0;
}

/* Declared dates are past and recent: at most consent-days-back (policy). */
static int
check_date(struct giving *gv, int64_t now_ms, struct err *e)
{
	int64_t back = 30;
	int32_t day;
	int r;

	gv->given_ms = now_ms;
	if (gv->g->given_on[0] == '\0')
		return 0;
	if ((r = date_parse(gv->g->given_on, &day, e)) < 0)
		return r;
	if (policy_figure(gv->core->policy, "declared-days-back", &back, NULL) <
	    0)
		back = 30;
	if (day > now_ms / DAY_MS || day < now_ms / DAY_MS - back)
		return err_tag(e, ERR_REFUSED, "consent-date",
		    "given_on is in the future or over %lld days back",
		    (long long)back);
	gv->given_ms = (int64_t)day * DAY_MS;
	return 0;
}

static int
check_evidence(struct giving *gv, struct tx *tx, struct err *e)
{
	struct document_facts doc;
	int r;

	if (gv->g->evidence[0] == '\0')
		return 0;
	if ((r = document_find(tx, gv->g->evidence, &doc, e)) < 0)
		return r;
	if (!id_equal(&doc.kase, &gv->kase.id) ||
	    strcmp(doc.state, "filed") != 0)
		return err_tag(e, ERR_REFUSED, "consent-evidence",
		    "the evidence is not a document of this case");
	gv->evidence = doc.id;
	return 0;
}

static int
add_made(struct giving *gv, const struct id *person, const char *purpose,
    struct err *e)
{
	struct made *m = &gv->made[gv->n];
	int r;

	if (gv->n == CONSENTS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "consent-count",
		    "more than %d consents at once", CONSENTS_MAX);
	m->purpose = policy_consent(gv->core->policy, purpose);
	if (m->purpose == NULL)
		return err_tag(e, ERR_REFUSED, "consent-purpose",
		    "no such purpose of consent: %.64s", purpose);
	m->person = *person;
	m->until_ms = m->purpose->valid_months == 0
			  ? 0
			  : gv->given_ms + m->purpose->valid_months * MONTH_MS;
	if ((r = id_random(&m->id, e)) < 0 ||
	    (r = keypool_take(gv->core->keys, &m->key, e)) < 0)
		return r;
	gv->n++;
	return 0;
}

/* Every person named must be an adult of the case. */
static int
persons_of(
    struct giving *gv, const struct buf *adults, struct buf *out, struct err *e)
{
	struct id id;
	size_t i, k;
	int r;

	for (i = 0; i < gv->g->npersons; i++) {
		if ((r = id_parse(gv->g->persons[i], &id, e)) < 0)
			return r;
		for (k = 0; k < adults->len; k += ID_LEN)
			if (memcmp(adults->p + k, id.b, ID_LEN) == 0)
				break;
		if (k >= adults->len)
			return err_tag(e, ERR_REFUSED, "consent-person",
			    "not an adult of this case");
		if ((r = buf_add(out, id.b, ID_LEN, e)) < 0)
			return r;
	}
	if (gv->g->npersons == 0 &&
	    (r = buf_add(out, adults->p, adults->len, e)) < 0)
		return r;
	if (out->len == 0)
		return err_tag(e, ERR_REFUSED, "consent-person",
		    "the case has no adult whose consent counts");
	return 0;
}

static int
prepare_records(struct giving *gv, struct tx *tx, struct err *e)
{
	AUTO(buf_done) struct buf adults = { 0 }, persons = { 0 };
	struct id person;
	size_t i, k;
	int r;

	if ((r = person_adults(tx, &gv->kase.id, &adults, e)) < 0 ||
	    (r = persons_of(gv, &adults, &persons, e)) < 0)
		return r;
	for (i = 0; i < persons.len; i += ID_LEN) {
		memcpy(person.b, persons.p + i, ID_LEN);
		for (k = 0; k < gv->g->npurposes; k++)
			if ((r = add_made(gv, &person, gv->g->purposes[k], e)) <
			    0)
				return r;
	}
	return 0;
}

static int
seal_record(struct giving *gv, struct made *m, struct err *e)
{
	const struct consent_giving *g = gv->g;
	json_t *row, *event;
	int r;

	row = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "method", g->method, "evidence",
	    id_is_zero(&gv->evidence) ? json_string("")
				      : id_json(&gv->evidence),
	    "language", g->language, "interpreter", g->interpreter, "witness",
	    g->witness, "place", g->place, "notice",
	    m->purpose->notice ? m->purpose->notice : "", "notice_version",
	    m->purpose->notice_version ? m->purpose->notice_version : "",
	    "collected_by", gv->caller->actor.account);
	event = json_pack("{s:s, s:s}", "by", gv->caller->actor.account,
	    "channel", g->method);
	if (row == NULL || event == NULL)
		r = err_set(e, ERR_NOMEM, "consent");
	else if ((r = row_seal(gv->core, m->key.key.p, &gv->kase.id, &m->id, 1,
		      row, &m->row, e)) == 0)
		r = row_seal(gv->core, m->key.key.p, &gv->kase.id, &m->id, 2,
		    event, &m->event, e);
	json_decref(row);
	json_decref(event);
	return r;
}

/* The next event of a consent's history, chained to the one before by its
 * SHA-256. */
static int
event_add(struct tx *tx, const struct id *consent, const char *state,
    int64_t now_ms, uint64_t leaf, const struct buf *sealed, struct err *e)
{
	AUTO(sql_done) struct sql *last = NULL, *q = NULL;
	AUTO(buf_done) struct buf chain = { 0 };
	uint8_t previous[SHA256_LEN] = { 0 };
	const void *p;
	size_t len;
	int64_t n = 0;
	int r;

	if ((r = sql_open(tx,
		 "SELECT n, state, at, leaf, previous FROM consent_event"
		 " WHERE consent = ? ORDER BY n DESC LIMIT 1",
		 &last, e)) < 0 ||
	    (r = sql_id(last, 1, consent, e)) < 0 ||
	    (r = sql_step(last, e)) < 0)
		return r;
	if (r > 0) {
		n = sql_get_int(last, 0) + 1;
		p = sql_get_blob(last, 4, &len);
		if ((r = buf_addf(&chain, e, "%s %lld %lld ",
			 sql_get_text(last, 1), (long long)sql_get_int(last, 2),
			 (long long)sql_get_int(last, 3))) < 0 ||
		    (r = buf_add(&chain, p, len, e)) < 0 ||
		    (r = digest_of(
			 DIGEST_SHA256, chain.p, chain.len, previous, e)) < 0)
			return r;
	}
	if ((r = sql_open(tx,
		 "INSERT INTO consent_event"
		 " (consent, n, state, at, leaf, previous, sealed)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0 ||
	    (r = sql_int(q, 2, n, e)) < 0 ||
	    (r = sql_text(q, 3, state, e)) < 0 ||
	    (r = sql_int(q, 4, now_ms, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)leaf, e)) < 0 ||
	    (r = sql_blob(q, 6, previous, SHA256_LEN, e)) < 0 ||
	    (r = sealed != NULL ? sql_blob(q, 7, sealed->p, sealed->len, e)
				: sql_null(q, 7, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
insert_record(struct tx *tx, const struct giving *gv, const struct made *m,
    int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO consent (id, kase, person, purpose, state,"
		 " given, until, key, sealed)"
		 " VALUES (?, ?, ?, ?, 'given', ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &m->id, e)) < 0 ||
	    (r = sql_id(q, 2, &gv->kase.id, e)) < 0 ||
	    (r = sql_id(q, 3, &m->person, e)) < 0 ||
	    (r = sql_text(q, 4, m->purpose->purpose, e)) < 0 ||
	    (r = sql_int(q, 5, gv->given_ms, e)) < 0 ||
	    (r = sql_int(q, 6, m->until_ms, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)m->key.number, e)) < 0 ||
	    (r = sql_blob(q, 8, m->row.p, m->row.len, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	return event_add(tx, &m->id, "given", now_ms, gv->leaf, &m->event, e);
}

static json_t *
giving_detail(const struct giving *gv)
{
	json_t *ids = json_array(), *purposes = json_array();
	size_t i;

	for (i = 0; i < gv->n; i++)
		json_array_append_new(ids, id_json(&gv->made[i].id));
	for (i = 0; i < gv->g->npurposes; i++)
		json_array_append_new(
		    purposes, json_string(gv->g->purposes[i]));
	return json_pack("{s:o, s:o, s:s, s:o}", "consents", ids, "purposes",
	    purposes, "method", gv->g->method, "decision",
	    decision_json(gv->core, &gv->decision));
}

static int
apply_giving(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct giving *gv = arg;
	struct case_facts now;
	json_t *detail;
	size_t i;
	int r;

	/* The case may have been erased since it was looked up. */
	if ((r = case_by_id(tx, &gv->kase.id, &now, e)) < 0)
		return r;
	if (strcmp(now.state, "open") != 0)
		return err_tag(
		    e, ERR_CONFLICT, "case-state", "the case is %s", now.state);
	detail = giving_detail(gv);
	r = core_leaf(gv->core, tx, gv->caller, LEAF_CONSENT_GIVE, LEAF_OK,
	    &gv->kase.id, detail, now_ms, &gv->leaf, e);
	json_decref(detail);
	for (i = 0; r == 0 && i < gv->n; i++)
		r = insert_record(tx, gv, &gv->made[i], now_ms, e);
	return r;
}

static json_t *
until_json(int64_t ms)
{
	char text[TIME_TEXT];

	if (ms == 0)
		return json_null();
	time_format(ms, text);
	return json_string(text);
}

static int
giving_answer(const struct giving *gv, json_t **answer, struct err *e)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < gv->n; i++) {
		const struct made *m = &gv->made[i];

		json_array_append_new(
		    a, json_pack("{s:o, s:o, s:s, s:s, s:o}", "consent",
			   id_json(&m->id), "person", id_json(&m->person),
			   "purpose", m->purpose->purpose, "state", "given",
			   "valid_until", until_json(m->until_ms)));
	}
	*answer = json_pack(
	    "{s:o, s:I}", "consents", a, "leaf", (json_int_t)gv->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "consents");
}

static int
prepare_giving(struct giving *gv, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = gv->core->now_ms();
	size_t i;
	int r;

	if ((r = core_check_open(gv->core, e)) < 0 ||
	    (r = tx_read(gv->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(gv->core, &tx, gv->caller, gv->g->kase,
		 OP_CONSENT_GIVE, NULL, now, &gv->kase, object, &gv->decision,
		 e)) < 0 ||
	    (r = check_form(gv->g, e)) < 0 ||
	    (r = check_date(gv, now, e)) < 0 ||
	    (r = check_evidence(gv, &tx, e)) < 0 ||
	    (r = prepare_records(gv, &tx, e)) < 0)
		return r;
	for (i = 0; i < gv->n; i++)
		if ((r = seal_record(gv, &gv->made[i], e)) < 0)
			return r;
	return 0;
}

int
consent_give(struct core *core, const struct caller *caller,
    const struct consent_giving *g, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(giving_done) struct giving *gv = calloc(1, sizeof(*gv));
	struct change ch = { .apply = apply_giving, .need_head = 1 };
	int r;

	if (gv == NULL)
		return err_set(e, ERR_NOMEM, "consent");
	gv->core = core;
	gv->caller = caller;
	gv->g = g;
	if ((r = prepare_giving(gv, object, e)) < 0)
		return r;
	ch.arg = gv;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return giving_answer(gv, answer, e);
}

/* --- withdrawing ---------------------------------------------------------- */

struct row {
	struct id id, kase, person;
	char purpose[64], state[16];
	int64_t given, until;
	uint64_t key;
};

struct withdrawal {
	struct core *core;
	const struct caller *caller;
	struct row row;
	struct decision decision;
	const char *channel, *reason;
	struct buf event; /* sealed; empty after an erasure */
	json_t *cancelled, *notices;
	uint64_t leaf;
};

static int
row_find(struct tx *tx, const char *text, struct row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if (id_parse(text, &id, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such consent");
	if ((r = sql_open(tx,
		 "SELECT kase, person, purpose, state, given, until, key"
		 " FROM consent WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such consent");
	out->id = id;
	snprintf(out->purpose, sizeof(out->purpose), "%s", sql_get_text(q, 2));
	snprintf(out->state, sizeof(out->state), "%s", sql_get_text(q, 3));
	out->given = sql_get_int(q, 4);
	out->until = sql_get_int(q, 5);
	out->key = (uint64_t)sql_get_int(q, 6);
	if ((r = sql_get_id(q, 0, &out->kase, e)) < 0)
		return r;
	return sql_get_id(q, 1, &out->person, e);
}

static int
set_withdrawn(struct tx *tx, const struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE consent SET state = 'withdrawn' WHERE id = ?"
		 " AND state IN ('given', 'renewed')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_tag(e, ERR_CONFLICT, "consent-state",
		    "this consent is not in force");
	return 0;
}

static int
apply_withdrawal(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct withdrawal *w = arg;
	struct leaf_clear clear = { w->row.id, w->row.key };
	struct audit_entry en = {
		.klass = LEAF_CONSENT_WITHDRAW,
		.actor = &w->caller->actor,
		.object = w->row.kase,
		.clear = &clear,
		.nclear = 1,
	};
	int r;

	if ((r = set_withdrawn(tx, &w->row.id, e)) < 0 ||
	    (r = disclosure_withdrawn(tx, &w->row.kase, w->row.purpose, now_ms,
		 w->cancelled, w->notices, e)) < 0)
		return r;
	en.detail =
	    json_pack("{s:s, s:s, s:s, s:O, s:o}", "purpose", w->row.purpose,
		"channel", w->channel, "reason", w->reason, "cancelled",
		w->cancelled, "decision", decision_json(w->core, &w->decision));
	r = core_enter(w->core, tx, w->caller, &en, now_ms, &w->leaf, e);
	json_decref(en.detail);
	if (r < 0)
		return r;
	return event_add(tx, &w->row.id, "withdrawn", now_ms, w->leaf,
	    w->event.len > 0 ? &w->event : NULL, e);
}

/* The event's words, sealed under the consent's key; its leaf is the one of
 * looking the consent up. After an erasure there is no key: no words. */
static int
seal_withdrawal(struct withdrawal *w, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	if (w->row.key == 0)
		return 0;
	if ((r = core_read_leaf(w->core, w->caller, LEAF_CONSENT_READ,
		 &w->row.kase, NULL, &leaf, e)) < 0 ||
	    (r = agent_get(w->core->agent, &w->row.key, 1, leaf, &key, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s, s:s}", "by", w->caller->actor.account,
	    "channel", w->channel, "reason", w->reason);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "withdrawal");
	r = row_seal(
	    w->core, key.p, &w->row.kase, &w->row.id, 3, j, &w->event, e);
	json_decref(j);
	return r;
}

static int
find_for_withdrawal(
    struct withdrawal *w, const char *consent, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	char kase[ID_TEXT];
	struct case_facts facts;
	int r;

	if ((r = core_check_open(w->core, e)) < 0 ||
	    (r = tx_read(w->core->catalog, &tx, e)) < 0)
		return r;
	if (row_find(&tx, consent, &w->row, e) < 0)
		return authorize_unknown(w->core, w->caller,
		    OP_CONSENT_WITHDRAW, NULL, w->core->now_ms(), e);
	id_format(&w->row.kase, kase);
	return case_authorize(w->core, &tx, w->caller, kase,
	    OP_CONSENT_WITHDRAW, NULL, w->core->now_ms(), &facts, object,
	    &w->decision, e);
}

static int
run_withdrawal(
    struct withdrawal *w, const char *consent, struct id *object, struct err *e)
{
	struct change ch = {
		.apply = apply_withdrawal,
		.arg = w,
		.need_head = 1,
	};
	int r;

	if ((r = find_for_withdrawal(w, consent, object, e)) < 0 ||
	    (r = seal_withdrawal(w, e)) < 0)
		return r;
	return commit_run(w->core->committer, &ch, e);
}

int
consent_withdraw(struct core *core, const struct caller *caller,
    const char *consent, const char *channel, const char *reason,
    struct id *object, json_t **answer, struct err *e)
{
	struct withdrawal w = {
		.core = core,
		.caller = caller,
		.channel = channel,
		.reason = reason,
		.cancelled = json_array(),
		.notices = json_array(),
	};
	int r;

	r = run_withdrawal(&w, consent, object, e);
	if (r == 0) {
		*answer = json_pack("{s:o, s:o, s:s, s:s, s:O, s:O, s:I}",
		    "consent", id_json(&w.row.id), "case", id_json(&w.row.kase),
		    "purpose", w.row.purpose, "state", "withdrawn", "cancelled",
		    w.cancelled, "notices", w.notices, "leaf",
		    (json_int_t)w.leaf);
		if (*answer == NULL)
			r = err_set(e, ERR_NOMEM, "withdrawal");
	}
	buf_done(&w.event);
	json_decref(w.cancelled);
	json_decref(w.notices);
	return r;
}

/* --- listing -------------------------------------------------------------- */

/* Words of the history; each event has its own context version. */
static int
event_words(struct core *core, const uint8_t *key, const struct id *kase,
    const struct id *consent, const char *state, const void *p, size_t n,
    json_t *into, struct err *e)
{
	uint32_t version = strcmp(state, "withdrawn") == 0 ? 3 : 2;
	json_t *words = NULL;
	int r;

	if (key == NULL || p == NULL)
		return 0;
	if ((r = row_open(core, key, kase, consent, version, p, n, &words, e)) <
	    0)
		return r;
	json_object_update(into, words);
	json_decref(words);
	return 0;
}

static int
history(struct core *core, struct tx *tx, const uint8_t *key,
    const struct id *kase, const struct id *consent, json_t **out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	char at[TIME_TEXT];
	const void *p;
	json_t *a, *ev;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT state, at, leaf, sealed FROM consent_event"
		 " WHERE consent = ? ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0)
		return r;
	a = json_array();
	while ((r = sql_step(q, e)) > 0) {
		time_format(sql_get_int(q, 1), at);
		ev = json_pack("{s:s, s:s, s:I}", "state", sql_get_text(q, 0),
		    "at", at, "leaf", (json_int_t)sql_get_int(q, 2));
		p = sql_is_null(q, 3) ? NULL : sql_get_blob(q, 3, &n);
		r = event_words(core, key, kase, consent, sql_get_text(q, 0), p,
		    p != NULL ? n : 0, ev, e);
		json_array_append_new(a, ev);
		if (r < 0)
			break;
	}
	if (r < 0) {
		json_decref(a);
		return r;
	}
	*out = a;
	return 0;
}

/* The name of a person of the list made by person_list. */
static const char *
name_of(const json_t *persons, const char *person)
{
	const json_t *p;
	size_t i;

	json_array_foreach(persons, i, p)
	{
		const char *id =
		    json_string_value(json_object_get(p, "person"));

		if (id != NULL && strcmp(id, person) == 0)
			return json_string_value(json_object_get(p, "name"));
	}
	return NULL;
}

/* Where it stands now: a given one may have expired. */
static const char *
effective_state(const struct row *row, int64_t now_ms)
{
	if (state_is_valid(row->state) && row->until != 0 &&
	    row->until <= now_ms)
		return "expired";
	return row->state;
}

static int
list_one(struct core *core, struct tx *tx, const struct row *row,
    const uint8_t *key, const void *sealed, size_t n, const json_t *persons,
    json_t *into, struct err *e)
{
	json_t *j, *words = NULL, *past = NULL;
	char person[ID_TEXT];
	const char *name;
	int r;

	if (key != NULL && (r = row_open(core, key, &row->kase, &row->id, 1,
				sealed, n, &words, e)) < 0)
		return r;
	if ((r = history(core, tx, key, &row->kase, &row->id, &past, e)) < 0) {
		json_decref(words);
		return r;
	}
	id_format(&row->person, person);
	name = name_of(persons, person);
	j = json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "consent",
	    id_json(&row->id), "person", person, "name",
	    name != NULL ? name : "", "purpose", row->purpose, "state",
	    effective_state(row, core->now_ms()), "given_at",
	    until_json(row->given), "valid_until", until_json(row->until),
	    "history", past);
	if (words != NULL)
		json_object_update_missing(j, words);
	json_decref(words);
	json_array_append_new(into, j);
	return 0;
}

struct listed {
	struct row row;
	struct buf sealed;
};

static void
listed_free(struct listed *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_done(&l[i].sealed);
	free(l);
}

static int
load_rows(struct tx *tx, const struct id *kase, struct listed *l, size_t *n,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	char text[ID_TEXT];
	const void *p;
	struct id id;
	size_t len;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, sealed FROM consent WHERE kase = ?"
		 " ORDER BY given, id LIMIT 500",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while (*n < LIST_MAX && (r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0)
			return r;
		id_format(&id, text);
		p = sql_get_blob(q, 1, &len);
		if ((r = buf_add(&l[*n].sealed, p, len, e)) < 0)
			return r;
		(*n)++;
		if ((r = row_find(tx, text, &l[*n - 1].row, e)) < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

/* The keys of the living rows, in the rows' order. */
static int
keys_of(struct core *core, const struct listed *l, size_t n, uint64_t leaf,
    struct secret *keys, struct err *e)
{
	uint64_t numbers[LIST_MAX];
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (l[i].row.key != 0)
			numbers[k++] = l[i].row.key;
	if (k == 0)
		return 0;
	return agent_get(core->agent, numbers, k, leaf, keys, e);
}

static int
list_rows(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, struct listed *l, json_t *into, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	json_t *persons = NULL;
	size_t n = 0, i, k = 0;
	int r;

	if ((r = load_rows(tx, kase, l, &n, e)) == 0 &&
	    (r = keys_of(core, l, n, leaf, &keys, e)) == 0)
		r = person_list(core, tx, kase, leaf, &persons, e);
	for (i = 0; r == 0 && i < n; i++) {
		const uint8_t *key = NULL;

		if (l[i].row.key != 0)
			key = keys.p + SECRET_KEY_LEN * k++;
		r = list_one(core, tx, &l[i].row, key, l[i].sealed.p,
		    l[i].sealed.len, persons, into, e);
	}
	listed_free(l, n);
	json_decref(persons);
	return r;
}

int
consent_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 }, rows = { 0 };
	struct case_facts facts;
	struct listed *l;
	struct decision d;
	json_t *a, *detail;
	uint64_t leaf;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(core, &tx, caller, kase, OP_CONSENT_LIST, NULL,
		 core->now_ms(), &facts, object, &d, e)) < 0)
		return r;
	tx_end(&tx);
	detail = json_pack("{s:o}", "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_CONSENT_READ, &facts.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(core->catalog, &rows, e)) < 0)
		return r;
	if ((l = calloc(LIST_MAX, sizeof(*l))) == NULL)
		return err_set(e, ERR_NOMEM, "consents");
	a = json_array();
	if ((r = list_rows(core, &rows, &facts.id, leaf, l, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "consents", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "consents");
}

/* --- in force ------------------------------------------------------------- */

/* Has this adult a valid consent to purpose now? *id gets it. */
static int
adult_agrees(struct tx *tx, const struct id *kase, const void *person,
    const char *purpose, int64_t now_ms, struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM consent WHERE kase = ? AND purpose = ?"
		 " AND person = ? AND state IN ('given', 'renewed')"
		 " AND given <= ? AND (until = 0 OR until > ?) LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, purpose, e)) < 0 ||
	    (r = sql_blob(q, 3, person, ID_LEN, e)) < 0 ||
	    (r = sql_int(q, 4, now_ms, e)) < 0 ||
	    (r = sql_int(q, 5, now_ms, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	r = sql_get_id(q, 0, id, e);
	return r < 0 ? r : 1;
}

int
consents_of_case(struct core *core, struct tx *tx, const struct id *kase,
    int64_t now_ms, struct consents_in_force *out, struct err *e)
{
	AUTO(buf_done) struct buf adults = { 0 };
	struct consents_in_force f = { 0 };
	const struct policy_consent *all;
	size_t i, k, count, n = 0;
	struct id id;
	int r;

	if ((r = person_adults(tx, kase, &adults, e)) < 0)
		return r;
	count = policy_consents(core->policy, &all);
	for (i = 0; i < count && n < NELEMS(f.ids); i++) {
		/* Every adult must agree; a case without adults has nobody
		 * who could. */
		for (k = 0, r = adults.len > 0; k < adults.len && r > 0;
		     k += ID_LEN)
			r = adult_agrees(tx, kase, adults.p + k, all[i].purpose,
			    now_ms, &id, e);
		if (r < 0)
			return r;
		if (r > 0) {
			f.purposes[n] = all[i].purpose;
			f.ids[n++] = id;
		}
	}
	*out = f;
	return 0;
}

/* --- forgetting ------------------------------------------------------------
 */

int
consent_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint64_t key;
	int r;

	if ((r = sql_open(tx,
		 "SELECT key FROM consent WHERE kase = ? AND key <> 0", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		key = (uint64_t)sql_get_int(q, 0);
		if ((r = buf_add(numbers, &key, sizeof(key), e)) < 0)
			return r;
	}
	return r;
}

int
consent_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *events = NULL, *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE consent_event SET sealed = NULL WHERE consent IN"
		 " (SELECT id FROM consent WHERE kase = ?)",
		 &events, e)) < 0 ||
	    (r = sql_id(events, 1, kase, e)) < 0 ||
	    (r = sql_run(events, e)) < 0 ||
	    (r = sql_open(tx,
		 "UPDATE consent SET key = 0, sealed = NULL WHERE kase = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}
