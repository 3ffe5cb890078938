#include "daemon/core/breach_report.h"

#include <string.h>

#include "base/civil.h"
#include "base/crypto.h"
#include "base/text.h"
#include "daemon/core/breach_draft.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/json_of.h"
#include "daemon/core/reach.h"
#include "daemon/core/register.h"

int
report_instant(const char *text, int is_end, int64_t *ms, struct err *e)
{
	int32_t day;

	if (date_parse(text, &day, NULL) == 0) {
		*ms = civil_start_ms(day + (is_end != 0));
		return 0;
	}
	if (time_parse(text, ms, NULL) == 0)
		return 0;
	return err_tag(e, ERR_INVALID, "instant",
	    "a day YYYY-MM-DD, or an instant YYYY-MM-DDTHH:MM:SSZ");
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "breach report");
}

static void
reporting_done(struct reporting *x)
{
	reach_freep(&x->reach);
	json_decref(x->seen_cases);
	json_decref(x->seen_documents);
	json_decref(x->acts);
	json_decref(x->recipients);
	json_decref(x->reached);
	json_decref(x->exported);
	json_decref(x->accounts);
}

/* --- the question --------------------------------------------------------- */

static int
set_period(struct reporting *x, struct err *e)
{
	/* The end is outside: what bears this very instant is within. */
	int64_t end_ms = x->now_ms + 1;
	int r;

	if ((r = report_instant(x->a->since, 0, &x->since_ms, e)) < 0)
		return r;
	x->until_ms = end_ms;
	if (x->a->until[0] != '\0' &&
	    (r = report_instant(x->a->until, 1, &x->until_ms, e)) < 0)
		return r;
	if (x->until_ms > end_ms)
		x->until_ms = end_ms;
	x->known_ms = x->now_ms;
	if (x->a->known[0] != '\0' &&
	    (r = report_instant(x->a->known, 0, &x->known_ms, e)) < 0)
		return r;
	if (x->since_ms >= x->until_ms)
		return err_tag(
		    e, ERR_INVALID, "period", "it ends before it begins");
	if (x->known_ms > x->now_ms)
		return err_tag(e, ERR_REFUSED, "breach-known",
		    "nobody knows of it before it is now");
	return 0;
}

/* Which of the three, and no two. */
static int
set_subject(struct reporting *x, struct err *e)
{
	const struct breach_asking *a = x->a;
	int accounts = a->accounts[0] != NULL, key = a->key[0] != '\0',
	    host = a->host[0] != '\0';

	if ((!accounts && !key && !host) || (key && (accounts || host)))
		return err_tag(e, ERR_INVALID, "breach-subject",
		    "accounts, or a key, or a machine");
	x->subject = host ? "host" : key ? "key" : "actor";
	x->name = host ? a->host : key ? a->key : a->accounts[0];
	x->all = host && (strcmp(a->host, BREACH_VAULT_HOST) == 0 ||
			     strcmp(a->host, x->core->settings.origin) == 0);
	if (x->all && accounts)
		return err_tag(e, ERR_INVALID, "breach-subject",
		    "the vault's own machine is everybody's");
	if (host && !x->all && !accounts)
		return err_tag(e, ERR_REFUSED, "breach-host",
		    "the log knows no machines: name the accounts used on it");
	return 0;
}

static int
find_reach(struct reporting *x, struct err *e)
{
	const char *owner[2] = { x->owner, NULL };
	struct reach_asking q = {
		.accounts = x->a->accounts,
		.all = x->all,
		.since_ms = x->since_ms,
		.until_ms = x->until_ms,
	};
	int r;

	if (x->a->key[0] != '\0') {
		if ((r = reach_key_owner(x->core, x->a->key, x->since_ms,
			 x->until_ms, x->owner, e)) < 0)
			return r;
		q.accounts = owner;
	}
	if ((r = reach_new(x->core, &q, &x->reach, e)) < 0)
		return r;
	return (x->accounts = reach_json(x->reach)) != NULL ? 0 : no_memory(e);
}

static int
begin(struct reporting *x, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL;
	int r;

	if ((r = core_authorize(x->core, x->caller, OP_REPORT_BREACH, NULL,
		 NULL, x->now_ms, &x->d, e)) < 0 ||
	    (r = core_check_open(x->core, e)) < 0 ||
	    (r = set_period(x, e)) < 0 || (r = set_subject(x, e)) < 0 ||
	    (r = find_reach(x, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "report", "breach",
	    "subject", x->subject, "name", x->name, "since",
	    json_of_time(x->since_ms), "until", json_of_time(x->until_ms),
	    "decision", decision_json(x->core, &x->d));
	if ((r = core_read_leaf(x->core, x->caller, LEAF_REPORT, NULL, detail,
		 &x->leaf, e)) < 0)
		return r;
	x->seen_cases = json_object();
	x->seen_documents = json_object();
	x->acts = json_object();
	x->recipients = json_object();
	x->reached = json_object();
	x->exported = json_object();
	return x->exported != NULL && x->seen_cases != NULL &&
		       x->seen_documents != NULL && x->acts != NULL &&
		       x->recipients != NULL && x->reached != NULL
		   ? 0
		   : no_memory(e);
}

/* --- what was done, by the log -------------------------------------------- */

static const struct sort {
	uint16_t klass;
	enum act_sort sort;
} sorts[] = {
	{ LEAF_CASE_LIST, ACT_LIST },
	{ LEAF_SEARCH, ACT_LIST },
	{ LEAF_DUE, ACT_LIST },
	{ LEAF_EXTRACT_LIST, ACT_LIST },
	{ LEAF_REGISTER_READ, ACT_LIST },
	{ LEAF_AUDIT_READ, ACT_LIST },
	{ LEAF_CASE_READ, ACT_SHEET },
	{ LEAF_PERSON_READ, ACT_SHEET },
	{ LEAF_DOC_META, ACT_SHEET },
	{ LEAF_DOC_CHECK, ACT_SHEET },
	{ LEAF_CONSENT_READ, ACT_SHEET },
	{ LEAF_DOC_READ, ACT_CONTENT },
	{ LEAF_EXTRACT_PREVIEW, ACT_CONTENT },
	{ LEAF_EXTRACT_RELEASE, ACT_CONTENT },
	{ LEAF_EXTRACT_DELIVER, ACT_CONTENT },
	{ LEAF_EXTRACT_PULL, ACT_CONTENT },
	{ LEAF_SUBJECT_EXPORT, ACT_CONTENT },
	{ LEAF_SUBMISSION_READ, ACT_CONTENT },
	{ LEAF_VISIT_DRAFT_READ, ACT_CONTENT },
	{ LEAF_DOC_MOVE, ACT_GONE },
	{ LEAF_DOC_VOID, ACT_GONE },
	{ LEAF_ERASE_RUN, ACT_GONE },
	{ LEAF_CASE_OPEN, ACT_CHANGE },
	{ LEAF_CASE_EVENT, ACT_CHANGE },
	{ LEAF_CASE_CLOSE, ACT_CHANGE },
	{ LEAF_CASE_REOPEN, ACT_CHANGE },
	{ LEAF_INTAKE, ACT_CHANGE },
	{ LEAF_PERSON_ADD, ACT_CHANGE },
	{ LEAF_PERSON_EDIT, ACT_CHANGE },
	{ LEAF_DOC_FILE, ACT_CHANGE },
	{ LEAF_CONSENT_GIVE, ACT_CHANGE },
	{ LEAF_CONSENT_WITHDRAW, ACT_CHANGE },
	{ LEAF_OBJECTION, ACT_CHANGE },
	{ LEAF_REFUSAL, ACT_CHANGE },
	{ LEAF_RIGHTS_REQUEST, ACT_CHANGE },
	{ LEAF_RIGHTS_ANSWER, ACT_CHANGE },
	{ LEAF_EXTRACT_REVOKE, ACT_CHANGE },
	{ LEAF_NOTICE_SETTLE, ACT_CHANGE },
	{ LEAF_SUBMISSION_SETTLE, ACT_CHANGE },
	{ LEAF_VISIT_DRAFT, ACT_CHANGE },
	{ LEAF_HOLD, ACT_CHANGE },
	{ LEAF_HOLD_RELEASE, ACT_CHANGE },
	{ LEAF_RESTRICT, ACT_CHANGE },
	{ LEAF_RESTRICT_LIFT, ACT_CHANGE },
	{ LEAF_POLICY, ACT_CHANGE },
};

static enum act_sort
sort_of(const char *klass)
{
	uint16_t k = 0;
	size_t i;

	if (leaf_class_from_name(klass, &k) < 0)
		return ACT_OTHER;
	for (i = 0; i < NELEMS(sorts); i++)
		if (sorts[i].klass == k)
			return sorts[i].sort;
	return ACT_OTHER;
}

/* Theirs? Of a partner's key: by the key that the leaf has. */
static int
is_theirs(const struct reporting *x, const json_t *entry)
{
	const char *account =
		       json_string_value(json_object_get(entry, "account")),
		   *key = json_string_value(json_object_get(
		       json_object_get(entry, "detail"), "key"));
	json_t *one;
	size_t i;

	if (x->all)
		return 1;
	json_array_foreach(x->accounts, i, one)
	{
		if (account != NULL &&
		    strcmp(account, json_string_value(
					json_object_get(one, "account"))) == 0)
			return x->a->key[0] == '\0' || key == NULL ||
			       strcmp(key, x->a->key) == 0;
	}
	return 0;
}

static int
count_act(struct reporting *x, const char *klass, int ok, struct err *e)
{
	const char *member = ok ? "done" : "refused";
	json_t *act = json_object_get(x->acts, klass), *n;

	if (act == NULL) {
		act = json_pack("{s:i, s:i}", "done", 0, "refused", 0);
		if (json_object_set_new(x->acts, klass, act) < 0)
			return no_memory(e);
	}
	n = json_object_get(act, member);
	return json_integer_set(n, json_integer_value(n) + 1) < 0 ? no_memory(e)
								  : 0;
}

static int
mark(json_t *set, const json_t *id, struct err *e)
{
	const char *s = json_string_value(id);

	if (s == NULL || json_object_size(set) >= BREACH_SEEN_MAX)
		return 0;
	return json_object_set_new(set, s, json_true()) < 0 ? no_memory(e) : 0;
}

static int
mark_objects(
    struct reporting *x, const json_t *entry, enum act_sort sort, struct err *e)
{
	const json_t *detail = json_object_get(entry, "detail");
	json_t *one;
	size_t i;
	int r;

	if ((r = mark(x->seen_cases, json_object_get(detail, "case"), e)) < 0)
		return r;
	/* A person's copy is made of the whole case. */
	if (sort == ACT_CONTENT && json_object_get(detail, "person") != NULL &&
	    (r = mark(x->exported, json_object_get(detail, "case"), e)) < 0)
		return r;
	if (sort != ACT_CONTENT)
		return 0;
	if ((r = mark(x->seen_documents, json_object_get(detail, "document"),
		 e)) < 0)
		return r;
	json_array_foreach(json_object_get(detail, "sources"), i, one)
	{
		if ((r = mark(x->seen_documents,
			 json_object_get(one, "document"), e)) < 0)
			return r;
	}
	return 0;
}

static int
each_leaf(void *arg, const json_t *entry, struct err *e)
{
	struct reporting *x = arg;
	const char *klass = json_string_value(json_object_get(entry, "class")),
		   *at = json_string_value(json_object_get(entry, "at")),
		   *out = json_string_value(json_object_get(entry, "outcome"));
	int ok = out != NULL && strcmp(out, "ok") == 0, r;
	enum act_sort sort;

	if (klass == NULL || at == NULL || !is_theirs(x, entry))
		return 0;
	/* Newest first. */
	snprintf(x->first_at, sizeof(x->first_at), "%s", at);
	if (x->last_at[0] == '\0')
		snprintf(x->last_at, sizeof(x->last_at), "%s", at);
	sort = sort_of(klass);
	if (ok)
		x->sorts[sort]++;
	else
		x->refused++;
	if ((r = count_act(x, klass, ok, e)) < 0)
		return r;
	return ok && (sort == ACT_SHEET || sort == ACT_CONTENT ||
			 sort == ACT_CHANGE || sort == ACT_GONE)
		   ? mark_objects(x, entry, sort, e)
		   : 0;
}

static int
was_seen(const struct reporting *x, const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_object_get(x->seen_cases, text) != NULL;
}

static int
mark_document(void *arg, const struct document_facts *doc, struct err *e)
{
	struct reporting *x = arg;
	AUTO(json_decrefp) json_t *id = json_of_id(&doc->id);

	return mark(x->seen_documents, id, e);
}

static int
mark_exported(struct reporting *x, struct tx *tx, struct err *e)
{
	const char *text;
	struct id id;
	json_t *v;
	int r;

	json_object_foreach(x->exported, text, v)
	{
		if (id_parse(text, &id, NULL) == 0 &&
		    (r = document_each_before(
			 tx, &id, x->until_ms, mark_document, x, e)) < 0)
			return r;
	}
	return 0;
}

static int
add_seen(struct reporting *x, struct tx *tx, struct err *e)
{
	struct document_facts doc;
	struct case_facts kase;
	const char *text;
	json_t *v;
	struct id id;
	int r;

	json_object_foreach(x->seen_cases, text, v)
	{
		if (id_parse(text, &id, NULL) < 0 ||
		    case_by_id(tx, &id, &kase, NULL) < 0)
			continue;
		if ((r = exposure_add_case(&x->seen, tx, &kase, e)) < 0)
			return r;
	}
	json_object_foreach(x->seen_documents, text, v)
	{
		if (id_parse(text, &id, NULL) < 0 ||
		    document_by_id(tx, &id, &doc, NULL) < 0)
			continue;
		exposure_add_document(&x->seen, &doc);
	}
	return 0;
}

/* --- what was within reach ------------------------------------------------ */

struct within {
	struct reporting *x;
	struct tx *tx;
	const struct case_facts *kase;
	int whole; /* a broken glass opened all of the case */
};

static int
each_document(void *arg, const struct document_facts *doc, struct err *e)
{
	struct within *w = arg;

	(void)e;
	if (w->whole || reach_kind(w->x->reach, w->kase, doc->kind))
		exposure_add_document(&w->x->could, doc);
	return 0;
}

/* 1: it is not in the set yet, and is now. */
static int
is_new(json_t *set, const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	if (json_object_get(set, text) != NULL)
		return 0;
	json_object_set_new(set, text, json_true());
	return 1;
}

/* What was seen without being within their ordinary reach, a broken glass
 * opened, or a partner pulled: then the rest of the case stayed closed. */
static int
each_case(void *arg, const struct case_facts *kase, struct err *e)
{
	struct within *w = arg;
	int ordinary = reach_case(w->x->reach, kase), r;

	if (!ordinary && !was_seen(w->x, &kase->id))
		return 0;
	w->whole = !ordinary && !reach_is_partner(w->x->reach);
	if (!ordinary)
		is_new(w->x->reached, &kase->id);
	if ((r = exposure_add_case(&w->x->could, w->tx, kase, e)) < 0)
		return r;
	w->kase = kase;
	return document_each_before(
	    w->tx, &kase->id, w->x->until_ms, each_document, w, e);
}

/* A partner's: the extract, its case, what it was made from. */
static int
add_extract(struct within *w, const struct extract_row *row, struct err *e)
{
	AUTO(json_decrefp) json_t *sources = NULL;
	struct document_facts doc;
	struct case_facts kase;
	struct id id;
	json_t *one;
	size_t i;
	int r;

	if (is_new(w->x->reached, &row->kase)) {
		if ((r = case_by_id(w->tx, &row->kase, &kase, e)) < 0 ||
		    (r = exposure_add_case(&w->x->could, w->tx, &kase, e)) < 0)
			return r;
	}
	w->x->extracts++;
	if ((r = register_sources(w->tx, &row->id, &sources, e)) < 0)
		return r;
	json_array_foreach(sources, i, one)
	{
		if (id_parse(
			json_string_value(json_object_get(one, "document")),
			&id, NULL) == 0 &&
		    is_new(w->x->reached, &id) &&
		    document_by_id(w->tx, &id, &doc, NULL) == 0)
			exposure_add_document(&w->x->could, &doc);
	}
	return 0;
}

static int
add_recipient(struct within *w, const struct extract_row *row, struct err *e)
{
	json_t *n = json_object_get(w->x->recipients, row->recipient);

	if (n != NULL)
		return json_integer_set(n, json_integer_value(n) + 1) < 0
			   ? no_memory(e)
			   : 0;
	return json_object_set_new(
		   w->x->recipients, row->recipient, json_integer(1)) < 0
		   ? no_memory(e)
		   : 0;
}

static int
each_extract(void *arg, const struct extract_row *row, struct err *e)
{
	struct within *w = arg;
	struct reporting *x = w->x;
	struct case_facts kase;
	int r;

	if (reach_recipient(x->reach, row->recipient) &&
	    (r = add_extract(w, row, e)) < 0)
		return r;
	if (row->pulled < x->since_ms || row->pulled >= x->until_ms)
		return 0;
	if ((r = case_by_id(w->tx, &row->kase, &kase, e)) < 0)
		return r;
	return reach_case(x->reach, &kase) || was_seen(x, &kase.id) ||
		       reach_recipient(x->reach, row->recipient)
		   ? add_recipient(w, row, e)
		   : 0;
}

static int
measure(struct reporting *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct within w = { .x = x, .tx = &tx };
	int r;

	if ((r = log_scan(x->core, x->since_ms, x->until_ms, each_leaf, x,
		 &x->log, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = mark_exported(x, &tx, e)) < 0 ||
	    (r = add_seen(x, &tx, e)) < 0 ||
	    (r = case_each_before(&tx, x->until_ms, each_case, &w, e)) < 0)
		return r;
	return register_each_in(
	    &tx, x->since_ms, x->until_ms, each_extract, &w, e);
}

/* --- the hours ------------------------------------------------------------ */

/* The same for the same: a second report goes on with its hours. */
static int
object_of(const struct reporting *x, struct id *out, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	uint8_t sha[SHA256_LEN];
	int r;

	if ((r = buf_addf(
		 &b, e, "sceau/breach/1\n%s\n%s\n", x->subject, x->name)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, b.p, b.len, sha, e)) < 0)
		return r;
	memcpy(out->b, sha, sizeof(out->b));
	return 0;
}

static int
start_clock(struct reporting *x, struct err *e)
{
	AUTO(json_decrefp) json_t *words = NULL;
	int r;

	if (x->a->no_clock)
		return 0;
	words = json_pack("{s:s, s:s, s:O, s:o, s:o, s:s}", "subject",
	    x->subject, "name", x->name, "accounts", x->accounts, "since",
	    json_of_time(x->since_ms), "until", json_of_time(x->until_ms), "by",
	    x->caller->actor.account);
	if (words == NULL)
		return no_memory(e);
	x->incident.known_ms = x->known_ms;
	x->incident.words = words;
	if ((r = object_of(x, &x->incident.object, e)) < 0)
		return r;
	return breach_incident(x->core, x->caller, &x->incident, e);
}

int
breach_report(struct core *core, const struct caller *caller,
    const struct breach_asking *a, json_t **answer, struct err *e)
{
	AUTO(reporting_done)
	struct reporting x = {
		.core = core,
		.caller = caller,
		.a = a,
		.p = core->policy,
		.now_ms = core_now(core),
	};
	int r;

	if ((r = begin(&x, e)) < 0 || (r = measure(&x, e)) < 0 ||
	    (r = start_clock(&x, e)) < 0)
		return r;
	*answer = breach_draft(&x);
	return *answer != NULL ? 0 : no_memory(e);
}
