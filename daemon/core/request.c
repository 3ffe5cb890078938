#include "daemon/core/request.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/consent_giving.h"
#include "daemon/core/declared.h"
#include "daemon/core/json_of.h"
#include "daemon/core/letter.h"
#include "daemon/core/objection_row.h"
#include "daemon/core/person.h"
#include "daemon/core/request_row.h"
#include "daemon/core/row.h"

/* --- entering ------------------------------------------------------------- */

struct entering {
	struct core *core;
	const struct caller *caller;
	const struct requesting *q;
	struct case_facts kase;
	struct decision d;
	struct request_row row;
	struct fresh_key key;
	struct buf words;
};

static void
entering_done(struct entering *x)
{
	fresh_key_done(&x->key);
	buf_done(&x->words);
}

/* A day in the past, however long ago: a request found late is late, and
 * still to be answered. */
static int
check_received(struct entering *x, int64_t now_ms, struct err *e)
{
	int32_t today = civil_day(now_ms);
	int r;

	x->row.received = today;
	if (x->q->received_on[0] == '\0')
		return 0;
	if ((r = date_parse(x->q->received_on, &x->row.received, e)) < 0)
		return r;
	if (x->row.received > today)
		return err_tag(
		    e, ERR_REFUSED, "request-date", "that day is to come yet");
	return 0;
}

/* The last day of so many months from a day, by a figure of the rules. */
static int
months_from(const struct core *core, const char *figure, int32_t received,
    uint32_t more, int32_t *last, uint32_t *months, struct err *e)
{
	enum term_unit unit;
	uint32_t n;

	if (policy_period_on(core->policy, figure, received, &n, &unit, NULL) <
		0 ||
	    unit != TERM_MONTHS)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules have no figure %s, in months", figure);
	*last = term_last_day(received, n + more, TERM_MONTHS);
	if (months != NULL)
		*months = n;
	return 0;
}

static int
check_person(struct entering *x, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (x->q->person[0] == '\0')
		return 0;
	if (id_parse(x->q->person, &x->row.person, NULL) == 0) {
		if ((r = sql_open(tx,
			 "SELECT 1 FROM person WHERE id = ? AND dossier = ?",
			 &q, e)) < 0 ||
		    (r = sql_id(q, 1, &x->row.person, e)) < 0 ||
		    (r = sql_id(q, 2, &x->kase.id, e)) < 0 ||
		    (r = sql_step(q, e)) != 0)
			return r < 0 ? r : 0;
	}
	return err_tag(
	    e, ERR_REFUSED, "request-person", "not a person of this case");
}

/* An objection has its clock since it was entered: it is named, not made
 * again. */
static int
check_objection(struct entering *x, struct tx *tx, struct err *e)
{
	int is_objection = strcmp(x->q->right, "objection") == 0;
	struct objection_row o;

	if (!is_objection && x->q->objection[0] == '\0')
		return 0;
	if (!is_objection ||
	    objection_row_find(tx, x->q->objection, &o, NULL) < 0 ||
	    memcmp(o.kase.b, x->kase.id.b, ID_LEN) != 0)
		return err_tag(e, ERR_REFUSED, "request-objection",
		    "an objection of this case, which is entered first");
	x->row.linked = o.id;
	return 0;
}

static int
check_words(const struct requesting *q, struct err *e)
{
	int r;

	if (request_right_words(q->right) == NULL)
		return err_tag(e, ERR_REFUSED, "request-right",
		    "right is access, portability, rectification, erasure, "
		    "restriction or objection");
	if ((r = declared_channel(q->channel, e)) < 0 ||
	    (r = text_check(q->identity, REQUEST_TEXT_MAX, "identity", e)) <
		0 ||
	    (r = text_check(q->words, REQUEST_TEXT_MAX, "words", e)) < 0)
		return r;
	if (q->identity[0] == '\0')
		return err_tag(e, ERR_REFUSED, "request-identity",
		    "how is it known that it is them?");
	return 0;
}

static int
check(struct entering *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(x->core);
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize_erased(x->core, &tx, x->caller, x->q->kase,
		 OP_RIGHTS_REQUEST, now, &x->kase, object, &x->d, e)) < 0 ||
	    (r = check_words(x->q, e)) < 0 ||
	    (r = check_received(x, now, e)) < 0 ||
	    (r = check_objection(x, &tx, e)) < 0)
		return r;
	snprintf(x->row.right, sizeof(x->row.right), "%s", x->q->right);
	x->row.kase = x->kase.id;
	if ((r = months_from(x->core, "rights-answer-months", x->row.received,
		 0, &x->row.due, NULL, e)) < 0)
		return r;
	return check_person(x, &tx, e);
}

/* An erased case gets no new words: nobody would erase them again. */
static int
seal(struct entering *x, struct err *e)
{
	json_t *j;
	int r;

	if ((r = id_random(&x->row.id, e)) < 0 ||
	    strcmp(x->kase.state, "erased") == 0)
		return r;
	j = json_pack("{s:s, s:s, s:s, s:s}", "channel", x->q->channel,
	    "identity", x->q->identity, "words", x->q->words, "entered_by",
	    x->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "request");
	if ((r = keypool_take(x->core->keys, &x->key, e)) == 0)
		r = row_seal(x->core, x->key.key.p, &x->kase.id, &x->row.id,
		    REQUEST_WORDS, j, &x->words, e);
	json_decref(j);
	x->row.key = r == 0 ? x->key.number : 0;
	return r;
}

static int
check_room(struct tx *tx, const struct entering *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT count(*), count(*) FILTER (WHERE linked = ?2)"
		 " FROM request WHERE kase = ?1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->kase.id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->row.linked, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (sql_get_int(q, 0) >= REQUESTS_OF_CASE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "requests",
		    "more than %d requests in one case", REQUESTS_OF_CASE_MAX);
	if (!id_is_zero(&x->row.linked) && sql_get_int(q, 1) > 0)
		return err_tag(e, ERR_CONFLICT, "request-linked",
		    "that objection has its request already");
	return 0;
}

static int
enter(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	static const struct buf none;
	struct entering *x = arg;
	struct case_facts now;
	json_t *detail;
	int r;

	if ((r = case_by_id(tx, &x->kase.id, &now, e)) < 0 ||
	    (r = check_room(tx, x, e)) < 0)
		return r;
	if (strcmp(now.state, "erased") == 0)
		x->row.key = 0; /* since a moment ago */
	detail = json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "case",
	    json_of_id(&x->kase.id), "request", json_of_id(&x->row.id), "right",
	    x->row.right, "received_on", json_of_day(x->row.received), "due_on",
	    json_of_day(x->row.due), "decision", decision_json(x->core, &x->d));
	r = core_leaf(x->core, tx, x->caller, LEAF_RIGHTS_REQUEST, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->row.leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	x->row.at = audit_time(x->core->audit, now_ms);
	return request_row_insert(
	    tx, &x->row, x->row.key != 0 ? &x->words : &none, e);
}

int
request_enter(struct core *core, const struct caller *caller,
    const struct requesting *q, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(entering_done)
	struct entering x = { .core = core, .caller = caller, .q = q };
	struct change ch = { .apply = enter, .arg = &x, .need_head = 1 };
	int r;

	if ((r = check(&x, object, e)) < 0 || (r = seal(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:I}", "request",
	    json_of_id(&x.row.id), "case", json_of_id(&x.kase.id), "right",
	    x.row.right, "state", "open", "received_on",
	    json_of_day(x.row.received), "due_on", json_of_day(x.row.due),
	    "leaf", (json_int_t)x.row.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "request");
}

/* --- acting upon one ------------------------------------------------------ */

struct settling {
	struct core *core;
	const struct caller *caller;
	const char *what;   /* "extended", "answered", "refused" */
	const char *ground; /* or "" */
	const char *reason, *document, *words;
	struct request_row row;
	struct case_facts kase;
	struct decision d;
	enum request_part part;
	struct buf letter, sealed;
	int32_t first_month, today;
	uint64_t leaf;
};

static void
settling_done(struct settling *x)
{
	buf_done(&x->letter);
	buf_done(&x->sealed);
}

/* Who may not hears the same of one that is and of one that is not there. */
static int
find(struct settling *x, struct tx *tx, const char *request, struct id *object,
    struct err *e)
{
	int64_t now = core_now(x->core);
	char kase[ID_TEXT];
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, tx, e)) < 0)
		return r;
	if (request_row_find(tx, request, &x->row, e) < 0)
		return authorize_unknown(
		    x->core, x->caller, OP_RIGHTS_ANSWER, NULL, now, e);
	id_format(&x->row.kase, kase);
	x->today = civil_day(now);
	return case_authorize_erased(x->core, tx, x->caller, kase,
	    OP_RIGHTS_ANSWER, now, &x->kase, object, &x->d, e);
}

static int
check_open(const struct request_row *row, struct err *e)
{
	if (strcmp(row->state, "open") == 0)
		return 0;
	return err_tag(
	    e, ERR_CONFLICT, "request-state", "this request is %s", row->state);
}

/* Once, and told within the first month (art. 12(3)). */
static int
check_extension(
    const struct settling *x, const struct request_row *row, struct err *e)
{
	int r;

	if ((r = check_open(row, e)) < 0)
		return r;
	if (row->extended != 0)
		return err_tag(e, ERR_CONFLICT, "request-extended",
		    "it was extended once already");
	if (x->today > x->first_month)
		return err_tag(e, ERR_CONFLICT, "request-late",
		    "the first month is over: too late to extend it");
	return 0;
}

static int
write_letter(struct settling *x, const char *name,
    const struct policy_ground *g, struct err *e)
{
	char today[11], received[11], due[11], number[ID_TEXT];
	const struct letter_word words[] = {
		{ "jour", today },
		{ "demande", request_right_words(x->row.right) },
		{ "recue", received },
		{ "numero", number },
		{ "echeance", due },
		{ "raisons", x->reason },
		{ "motif", g != NULL ? g->title : "" },
		{ "citation", g != NULL ? g->source : "" },
	};

	letter_day(x->today, today);
	letter_day(x->row.received, received);
	letter_day(x->row.due, due);
	id_format(&x->row.id, number);
	return letter_write(x->core->policy, name, x->today, words,
	    NELEMS(words), &x->letter, e);
}

/* Under the row's own key; an erased case's request gets no words. */
static int
seal_part(struct settling *x, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	if (x->row.key == 0)
		return 0;
	if ((r = core_read_leaf(x->core, x->caller, LEAF_RIGHTS_ANSWER,
		 &x->kase.id, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(x->core, &x->row.key, 1, leaf, &key, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s*, s:s*, s:s*}", "by", x->caller->actor.account,
	    "reason", x->reason, "words", x->words, "letter",
	    x->letter.len > 0 ? buf_str(&x->letter) : NULL);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "request");
	r = row_seal(
	    x->core, key.p, &x->kase.id, &x->row.id, x->part, j, &x->sealed, e);
	json_decref(j);
	return r;
}

static json_t *
settling_detail(const struct settling *x)
{
	uint8_t sha256[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	json_t *j;

	j = json_pack("{s:o, s:o, s:s, s:s, s:o, s:s*, s:o}", "case",
	    json_of_id(&x->kase.id), "request", json_of_id(&x->row.id), "right",
	    x->row.right, "settled", x->what, "due_on", json_of_day(x->row.due),
	    "ground", x->ground, "decision", decision_json(x->core, &x->d));
	if (j != NULL && !id_is_zero(&x->row.document))
		json_object_set_new(
		    j, "document", json_of_id(&x->row.document));
	if (j == NULL || x->letter.len == 0)
		return j;
	/* The letter itself is erased with its case. */
	if (digest_of(
		DIGEST_SHA256, x->letter.p, x->letter.len, sha256, NULL) == 0) {
		hex_format(sha256, sizeof(sha256), hex);
		json_object_set_new(j, "letter", json_string(hex));
	}
	return j;
}

static int
settle(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	static const struct buf none;
	struct settling *x = arg;
	struct request_row now;
	json_t *detail;
	int r;

	if ((r = request_row_by_id(tx, &x->row.id, &now, e)) < 0 ||
	    (r = x->part == REQUEST_EXTENSION ? check_extension(x, &now, e)
					      : check_open(&now, e)) < 0)
		return r;
	detail = settling_detail(x);
	r = core_leaf(x->core, tx, x->caller, LEAF_RIGHTS_ANSWER, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return request_row_update(
	    tx, &x->row, x->part, now.key != 0 ? &x->sealed : &none, e);
}

static int
settled_answer(struct settling *x, json_t **answer, struct err *e)
{
	*answer = json_pack("{s:o, s:o, s:s, s:s, s:o, s:s*, s:I}", "request",
	    json_of_id(&x->row.id), "case", json_of_id(&x->kase.id), "right",
	    x->row.right, "state", x->row.state, "due_on",
	    json_of_day(x->row.due), "letter",
	    x->letter.len > 0 ? buf_str(&x->letter) : NULL, "leaf",
	    (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "request");
}

static int
commit(struct settling *x, json_t **answer, struct err *e)
{
	struct change ch = { .apply = settle, .arg = x, .need_head = 1 };
	int r;

	if ((r = seal_part(x, e)) < 0 ||
	    (r = commit_run(x->core->committer, &ch, e)) < 0)
		return r;
	return settled_answer(x, answer, e);
}

static int
check_reason(const char *reason, struct err *e)
{
	if (reason[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "reason: why?");
	return text_check(reason, REQUEST_TEXT_MAX, "reason", e);
}

static int
prepare_extension(
    struct settling *x, const char *request, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t months;
	int r;

	if ((r = find(x, &tx, request, object, e)) < 0 ||
	    (r = check_reason(x->reason, e)) < 0 ||
	    (r = months_from(x->core, "rights-answer-months", x->row.received,
		 0, &x->first_month, &months, e)) < 0 ||
	    (r = check_extension(x, &x->row, e)) < 0)
		return r;
	return months_from(x->core, "rights-extension-months", x->row.received,
	    months, &x->row.due, NULL, e);
}

int
request_extend(struct core *core, const struct caller *caller,
    const char *request, const char *reason, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(settling_done)
	struct settling x = {
		.core = core,
		.caller = caller,
		.what = "extended",
		.reason = reason,
		.part = REQUEST_EXTENSION,
	};
	int r;

	if ((r = prepare_extension(&x, request, object, e)) < 0 ||
	    (r = write_letter(&x, POLICY_LETTER_EXTENSION, NULL, e)) < 0)
		return r;
	x.row.extended = x.today;
	return commit(&x, answer, e);
}

static int
prepare_answer(
    struct settling *x, const char *request, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct document_facts doc;
	int r;

	if ((r = find(x, &tx, request, object, e)) < 0 ||
	    (r = text_check(x->words, REQUEST_TEXT_MAX, "words", e)) < 0 ||
	    (r = check_open(&x->row, e)) < 0)
		return r;
	if (x->document[0] == '\0')
		return x->words[0] != '\0'
			   ? 0
			   : err_tag(e, ERR_INVALID, "request-answer",
				 "a document, or words: what was answered?");
	if (consent_document(&tx, &x->kase.id, x->document, &doc, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "request-document",
		    "that is not a document of this case");
	x->row.document = doc.id;
	return 0;
}

int
request_answer(struct core *core, const struct caller *caller,
    const char *request, const char *document, const char *words,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(settling_done)
	struct settling x = {
		.core = core,
		.caller = caller,
		.what = "answered",
		.document = document,
		.words = words,
		.part = REQUEST_ANSWER,
	};
	int r;

	if ((r = prepare_answer(&x, request, object, e)) < 0)
		return r;
	snprintf(x.row.state, sizeof(x.row.state), "answered");
	x.row.settled = x.today;
	return commit(&x, answer, e);
}

/* The list of art. 17(3) is for erasures, and no other ground is. */
static int
check_ground(
    const struct settling *x, const struct policy_ground **out, struct err *e)
{
	unsigned use = strcmp(x->row.right, "erasure") == 0
			   ? 1u << GROUND_ERASURE_REFUSAL
			   : 1u << GROUND_REFUSAL;
	AUTO(buf_done) struct buf names = { 0 };
	const struct policy_ground *all;
	size_t i, n = policy_grounds(x->core->policy, &all);
	int r;

	for (i = 0; i < n; i++) {
		if ((all[i].uses & use) == 0 ||
		    !policy_in_force(&all[i].when, x->today))
			continue;
		if (strcmp(all[i].name, x->ground) == 0) {
			*out = &all[i];
			return 0;
		}
		if ((r = buf_addf(&names, e, "%s%s", names.len > 0 ? ", " : "",
			 all[i].name)) < 0)
			return r;
	}
	return err_tag(
	    e, ERR_REFUSED, "request-ground", "ground: %s", buf_str(&names));
}

static int
prepare_refusal(struct settling *x, const char *request, struct id *object,
    const struct policy_ground **ground, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = find(x, &tx, request, object, e)) < 0 ||
	    (r = check_reason(x->reason, e)) < 0 ||
	    (r = check_open(&x->row, e)) < 0)
		return r;
	return check_ground(x, ground, e);
}

int
request_refuse(struct core *core, const struct caller *caller,
    const char *request, const char *ground, const char *reason,
    struct id *object, json_t **answer, struct err *e)
{
	const struct policy_ground *g = NULL;
	AUTO(settling_done)
	struct settling x = {
		.core = core,
		.caller = caller,
		.what = "refused",
		.ground = ground,
		.reason = reason,
		.part = REQUEST_ANSWER,
	};
	int r;

	if ((r = prepare_refusal(&x, request, object, &g, e)) < 0 ||
	    (r = write_letter(&x, POLICY_LETTER_REFUSAL, g, e)) < 0)
		return r;
	snprintf(x.row.state, sizeof(x.row.state), "refused");
	snprintf(x.row.ground, sizeof(x.row.ground), "%s", g->name);
	x.row.settled = x.today;
	return commit(&x, answer, e);
}
