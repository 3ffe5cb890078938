/* Withdrawing, and the other ends of a consent; the letter that confirms a
 * withdrawal by telephone. */
#include "daemon/core/consent_giving.h"
#include "daemon/core/declared.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/due.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"

struct ending {
	struct core *core;
	const struct caller *caller;
	const struct consent_ending *w;
	enum consent_state to;
	struct case_facts kase;
	struct decision decision;
	struct id document;
	struct consent_row rows[CONSENT_PURPOSES_MAX];
	struct buf words[CONSENT_PURPOSES_MAX]; /* empty after an erasure */
	uint32_t seals[CONSENT_PURPOSES_MAX];
	size_t n;
	int64_t letter; /* ms: when the letter is due; 0: none is */
	json_t *cancelled, *notices;
	uint64_t leaf;
};

static void
ending_free(struct ending **xp)
{
	struct ending *x = *xp;
	size_t i;

	if (x == NULL)
		return;
	for (i = 0; i < NELEMS(x->words); i++)
		buf_done(&x->words[i]);
	json_decref(x->cancelled);
	json_decref(x->notices);
	free(x);
	*xp = NULL;
}

static const char *
word(const char *s)
{
	return s != NULL ? s : "";
}

/* --- form ----------------------------------------------------------------- */

static int
check_channel(const struct consent_ending *w, struct err *e)
{
	int r;

	if ((r = declared_channel(w->channel, e)) < 0)
		return r;
	if (strcmp(w->channel, "telephone") == 0 &&
	    word(w->caller_check)[0] == '\0')
		return err_tag(e, ERR_REFUSED, "caller-check",
		    "by telephone: how was it known that it was them?");
	return 0;
}

static int
check_form(struct ending *x, struct err *e)
{
	const struct consent_ending *w = x->w;
	int r;

	if (consent_state_from_name(w->as, &x->to) < 0 ||
	    (x->to != CONSENT_WITHDRAWN && x->to != CONSENT_TERMINATED &&
		x->to != CONSENT_INVALIDATED))
		return err_tag(e, ERR_INVALID, "consent-outcome",
		    "a consent is withdrawn, terminated or invalidated");
	if (w->n == 0 || w->n > CONSENT_PURPOSES_MAX)
		return err_tag(e, ERR_INVALID, "consent-count",
		    "from 1 to %d consents at once", CONSENT_PURPOSES_MAX);
	if (x->to == CONSENT_WITHDRAWN && (r = check_channel(w, e)) < 0)
		return r;
	if (x->to != CONSENT_WITHDRAWN && word(w->reason)[0] == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "reason: why is it %s?", w->as);
	if ((r = text_check(word(w->reason), CONSENT_TEXT_MAX, "reason", e)) <
	    0)
		return r;
	return text_check(
	    word(w->caller_check), CONSENT_TEXT_MAX, "caller_check", e);
}

/* Without a figure the letter is due at once. */
static void
set_letter(struct ending *x, int64_t now_ms)
{
	if (x->to != CONSENT_WITHDRAWN ||
	    strcmp(x->w->channel, "telephone") != 0)
		return;
	x->letter = due_after(x->core, "withdrawal-letter-days", now_ms);
	if (x->letter == 0)
		x->letter = now_ms;
}

/* --- which ---------------------------------------------------------------- */

/* Another team's consent and one that is not are one answer. */
static int
find_row(struct ending *x, struct tx *tx, const char *text,
    struct consent_row *out, struct id *object, struct err *e)
{
	char kase[ID_TEXT];
	int r;

	if (consent_row_find(tx, text, out, e) < 0)
		return authorize_unknown(x->core, x->caller,
		    OP_CONSENT_WITHDRAW, NULL, core_now(x->core), e);
	id_format(&out->kase, kase);
	if ((r = case_authorize_erased(x->core, tx, x->caller, kase,
		 OP_CONSENT_WITHDRAW, core_now(x->core), &x->kase, object,
		 &x->decision, e)) < 0)
		return r;
	return 0;
}

static int
find_rows(struct ending *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct document_facts doc;
	size_t i;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	for (i = 0; i < x->w->n && i < NELEMS(x->rows); i++) {
		r = find_row(x, &tx, x->w->consents[i], &x->rows[i], object, e);
		if (r < 0)
			return r;
		if (!id_equal(&x->rows[i].kase, &x->rows[0].kase))
			return err_tag(e, ERR_REFUSED, "consent-cases",
			    "consents of one case at a time");
	}
	x->n = i;
	if ((r = check_form(x, e)) < 0 || word(x->w->document)[0] == '\0')
		return r;
	if ((r = consent_document(&tx, &x->kase.id, x->w->document, &doc, e)) <
	    0)
		return r;
	x->document = doc.id;
	return 0;
}

/* --- words ---------------------------------------------------------------- */

static json_t *
ending_words(const struct ending *x)
{
	json_t *j = json_pack("{s:s, s:s*, s:s*, s:s*}", "by",
	    x->caller->actor.account, "channel", x->w->channel, "caller_check",
	    x->w->caller_check, "reason", x->w->reason);

	if (j != NULL && !id_is_zero(&x->document))
		json_object_set_new(j, "document", json_of_id(&x->document));
	return j;
}

/* Sealed under each consent's key, for which the agent wants a leaf: the one
 * of looking them up. After an erasure there is no key: no words. */
static int
seal_words(struct ending *x, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t numbers[CONSENT_PURPOSES_MAX], leaf;
	json_t *j;
	size_t i;
	int r;

	for (i = 0; i < x->n; i++) {
		if (x->rows[i].key == 0)
			return 0;
		numbers[i] = x->rows[i].key;
	}
	if ((r = core_read_leaf(x->core, x->caller, LEAF_CONSENT_READ,
		 &x->kase.id, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(x->core, numbers, x->n, leaf, &keys, e)) < 0)
		return r;
	if ((j = ending_words(x)) == NULL)
		return err_set(e, ERR_NOMEM, "withdrawal");
	for (i = 0; r == 0 && i < x->n; i++)
		r = consent_seal(x->core,
		    (const uint8_t *)keys.p + SECRET_KEY_LEN * i, &x->rows[i],
		    j, &x->seals[i], &x->words[i], e);
	json_decref(j);
	return r;
}

/* --- the change ----------------------------------------------------------- */

/* With ids and key numbers in clear, so that a restore can replay it. */
static int
enter_leaf(struct ending *x, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct leaf_clear clear[CONSENT_PURPOSES_MAX];
	struct audit_entry en = {
		.klass = LEAF_CONSENT_WITHDRAW,
		.actor = &x->caller->actor,
		.object = x->kase.id,
		.clear = clear,
		.nclear = (uint32_t)x->n,
	};
	json_t *purposes = json_array();
	size_t i;
	int r;

	for (i = 0; i < x->n; i++) {
		clear[i].id = x->rows[i].id;
		clear[i].key = x->rows[i].key;
		json_array_append_new(
		    purposes, json_string(x->rows[i].purpose));
	}
	en.detail = json_pack("{s:o, s:s, s:s*, s:s*, s:s*, s:O, s:o}",
	    "purposes", purposes, "as", x->w->as, "channel", x->w->channel,
	    "caller_check", x->w->caller_check, "reason", x->w->reason,
	    "cancelled", x->cancelled, "decision",
	    decision_json(x->core, &x->decision));
	r = core_enter(x->core, tx, x->caller, &en, now_ms, &x->leaf, e);
	json_decref(en.detail);
	return r;
}

static int
end_one(
    struct ending *x, struct tx *tx, size_t i, int64_t now_ms, struct err *e)
{
	struct consent_row *row = &x->rows[i];
	size_t k;
	int r;

	if ((r = consent_row_move(tx, row, x->to, now_ms, e)) < 0)
		return r;
	for (k = 0; k < i; k++) /* its extracts are stopped already */
		if (strcmp(x->rows[k].purpose, row->purpose) == 0)
			return 0;
	return disclosure_withdrawn(
	    tx, &row->kase, row->purpose, now_ms, x->cancelled, x->notices, e);
}

static int
tell_one(
    struct ending *x, struct tx *tx, size_t i, int64_t now_ms, struct err *e)
{
	struct consent_row *row = &x->rows[i];
	int64_t at = audit_time(x->core->audit, now_ms);
	struct consent_event ev = {
		.what = consent_state_name(x->to),
		.effective = at,
		.at = at,
		.leaf = x->leaf,
		.seal = x->seals[i],
		.sealed = x->words[i].len > 0 ? &x->words[i] : NULL,
	};
	int r;

	row->letter = x->letter;
	if (x->letter != 0 && (r = consent_row_set_letter(tx, row, e)) < 0)
		return r;
	return consent_event_append(tx, &row->id, &ev, e);
}

static int
apply_ending(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct ending *x = arg;
	struct consent_row now;
	size_t i;
	int r;

	for (i = 0; i < x->n; i++) {
		/* Erased between the sealing and now: the words go too. */
		if ((r = consent_row_by_id(tx, &x->rows[i].id, &now, e)) < 0)
			return r;
		if (now.key == 0)
			buf_done(&x->words[i]);
		x->rows[i].key = now.key;
		if ((r = end_one(x, tx, i, now_ms, e)) < 0)
			return r;
	}
	if ((r = enter_leaf(x, tx, now_ms, e)) < 0)
		return r;
	for (i = 0; i < x->n; i++)
		if ((r = tell_one(x, tx, i, now_ms, e)) < 0)
			return r;
	return 0;
}

/* --- the answer ----------------------------------------------------------- */

static int
ending_answer(const struct ending *x, json_t **answer, struct err *e)
{
	json_t *a = json_array(), *j;
	size_t i;

	for (i = 0; i < x->n; i++)
		json_array_append_new(
		    a, json_pack("{s:o, s:o, s:s, s:s}", "consent",
			   json_of_id(&x->rows[i].id), "person",
			   json_of_id(&x->rows[i].person), "purpose",
			   x->rows[i].purpose, "state", x->w->as));
	j = json_pack("{s:o, s:s, s:o, s:s, s:o, s:O, s:O, s:o, s:I}",
	    "consent", json_of_id(&x->rows[0].id), "purpose",
	    x->rows[0].purpose, "case", json_of_id(&x->kase.id), "state",
	    x->w->as, "consents", a, "cancelled", x->cancelled, "notices",
	    x->notices, "letter_due_at", json_of_time(x->letter), "leaf",
	    (json_int_t)x->leaf);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "withdrawal");
	*answer = j;
	return 0;
}

int
consent_end(struct core *core, const struct caller *caller,
    const struct consent_ending *w, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(ending_free) struct ending *x = calloc(1, sizeof(*x));
	struct change ch = { .apply = apply_ending, .need_head = 1 };
	int r;

	if (x == NULL)
		return err_set(e, ERR_NOMEM, "withdrawal");
	x->core = core;
	x->caller = caller;
	x->w = w;
	x->cancelled = json_array();
	x->notices = json_array();
	ch.arg = x;
	if ((r = core_check_open(core, e)) < 0 ||
	    (r = find_rows(x, object, e)) < 0)
		return r;
	set_letter(x, core_now(core));
	if ((r = seal_words(x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return ending_answer(x, answer, e);
}

int
consent_withdraw(struct core *core, const struct caller *caller,
    const char *consent, const char *channel, const char *reason,
    struct id *object, json_t **answer, struct err *e)
{
	struct consent_ending w = {
		.consents = { consent },
		.n = 1,
		.as = "withdrawn",
		.channel = channel,
		.reason = reason,
	};

	return consent_end(core, caller, &w, object, answer, e);
}
