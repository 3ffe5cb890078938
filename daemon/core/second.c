#include "daemon/core/second.h"

#include "base/civil.h"
#include "base/text.h"
#include "base/workday.h"
#include "daemon/core/approval.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/explain.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/json_of.h"
#include "daemon/core/moving.h"

#define TERM "urgent-second-signature-days" /* a figure of the rules */

/* --- asking --------------------------------------------------------------- */

/* The end of the last of so many working days. */
static int
term(const struct frozen *f, int64_t now_ms, int64_t *due_ms, struct err *e)
{
	int32_t day = civil_day(now_ms);
	int64_t days;
	int r;

	if ((r = policy_figure_on(f->x.policy, TERM, day, &days, e)) < 0)
		return r;
	*due_ms = civil_start_ms(workday_add(day, (uint32_t)days) + 1);
	return 0;
}

int
second_ask(struct tx *tx, struct frozen *f, int64_t now_ms, struct err *e)
{
	const struct disclosure_rule *rule = f->x.d.rule;
	struct approval_subject s = {
		.id = f->extract,
		.what = "release",
		.kase = f->x.kase.id,
		.asked_uid = f->x.caller->actor.uid,
		.asked_ms = now_ms,
		.policy = policy_version(f->x.policy),
	};
	int r;

	snprintf(f->row.state, sizeof(f->row.state), "%s",
	    rule->four_eyes && !rule->urgent ? "awaiting" : "released");
	if (!rule->four_eyes && !rule->urgent)
		return 0;
	snprintf(
	    s.asked_by, sizeof(s.asked_by), "%s", f->x.caller->actor.account);
	if (!rule->urgent)
		f->row.second_due = REGISTER_SECOND_FIRST;
	if ((rule->urgent &&
		(r = term(f, now_ms, &f->row.second_due, e)) < 0) ||
	    (r = digest_of(DIGEST_SHA256, f->approval_page.p,
		 f->approval_page.len, s.page, e)) < 0)
		return r;
	return approval_ask(tx, &s, e);
}

/* --- the page ------------------------------------------------------------- */

/*
 * Who may sign may read it; so may who may see what would go, because it is
 * they who send it to whom will sign. Its purpose is the extract's own.
 */
static int
begin_page(struct moving *m, struct caller *as, const char *extract,
    struct id *object, struct err *e)
{
	struct err why = { 0 };
	int r;

	as->decided = NULL; /* one that is denied here may pass below */
	if (moving_begin(m, extract, OP_EXTRACT_APPROVE, object, &why) == 0)
		return 0;
	as->decided = m->caller->decided;
	if (as->purpose == NULL && m->row.purpose[0] != '\0')
		as->purpose = m->row.purpose;
	r = moving_begin(m, extract, OP_EXTRACT_PREVIEW, object, e);
	return r;
}

/* Its bytes, under a leaf of their own. */
static int
open_page(struct moving *m, struct buf *page, uint64_t *leaf, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *words = NULL, *detail;
	const char *text;
	int r;

	detail = json_pack("{s:o, s:o, s:s, s:o}", "case",
	    json_of_id(&m->row.kase), "extract", json_of_id(&m->extract),
	    "what", "page", "decision", decision_json(m->core, &m->access));
	r = core_read_leaf(m->core, m->caller, LEAF_EXTRACT_PREVIEW,
	    &m->row.kase, detail, leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(m->core->catalog, &tx, e)) < 0 ||
	    (r = extract_words(m->core, &tx, &m->row, *leaf, &words, e)) < 0)
		return r;
	text = json_string_value(json_object_get(words, "page"));
	r = text != NULL ? buf_addstr(page, text, e)
			 : err_set(e, ERR_INTEGRITY, "extract: no page");
	json_decref(words);
	return r;
}

/* None where nothing is asked. */
static int
approvals_of(struct moving *m, struct tx *tx, json_t **out, struct err *e)
{
	struct err none = { 0 };
	int r = approval_list(tx, m->core, &m->extract, out, &none);

	if (r == -(int)ERR_NOT_FOUND) {
		*out = json_array();
		return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "page");
	}
	if (r < 0)
		*e = none;
	return r;
}

static int
page_answer(struct moving *m, struct buf *page, uint64_t leaf, json_t **answer,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint8_t sha[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	json_t *approvals = NULL;
	int r;

	if ((r = tx_read(m->core->catalog, &tx, e)) < 0 ||
	    (r = register_find(&tx, &m->extract, &m->row, e)) < 0 ||
	    (r = approvals_of(m, &tx, &approvals, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, page->p, page->len, sha, e)) < 0)
		return r;
	hex_format(sha, sizeof(sha), hex);
	*answer = json_pack("{s:o, s:s, s:s, s:s, s:o, s:i, s:I}", "extract",
	    json_of_id(&m->extract), "state",
	    register_state(&m->row, core_now(m->core)), "page", buf_str(page),
	    "sha256", hex, "approvals", approvals, "needed",
	    (int)approval_needed(m->core, "release"), "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "page");
}

int
extract_page(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 };
	struct caller as = *caller;
	struct moving m = { .core = core, .caller = &as };
	uint64_t leaf;
	int r;

	if ((r = begin_page(&m, &as, extract, object, e)) < 0 ||
	    (r = open_page(&m, &page, &leaf, e)) < 0)
		return r;
	return page_answer(&m, &page, leaf, answer, e);
}

/* --- signing -------------------------------------------------------------- */

struct signing {
	struct moving m;
	struct approval approval;
	const char *signature;
};

static int
verify(struct signing *s, const struct buf *page, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct approval_subject subject;
	int r;

	if ((r = tx_read(s->m.core->catalog, &tx, e)) < 0)
		return r;
	r = approval_subject_get(&tx, &s->m.extract, &subject, e);
	if (r == -(int)ERR_NOT_FOUND)
		return err_tag(e, ERR_CONFLICT, "extract-one-signature",
		    "the rule of this extract asks for no second signature");
	if (r < 0)
		return r;
	return approval_verify(s->m.core, &subject, page->p, page->len,
	    s->signature, core_now(s->m.core), &s->approval, e);
}

/* Does it still wait for one? */
static int
check_waits(const struct extract_row *row, int64_t now_ms, struct err *e)
{
	if (row->seconded != 0)
		return err_tag(e, ERR_CONFLICT, "extract-seconded",
		    "this extract has its second signature");
	if (row->second_due > 0 && (strcmp(row->state, "released") == 0 ||
				       strcmp(row->state, "pulled") == 0 ||
				       strcmp(row->state, "acknowledged") == 0))
		return 0;
	if (strcmp(register_state(row, now_ms), "expired") == 0)
		return err_tag(e, ERR_CONFLICT, "extract-expired",
		    "this extract has expired");
	return register_move_check(row, "released", e);
}

/* From now on it may be had: what it takes, and its leaf with the hash of
 * the signatures. */
static int
let_go(struct signing *s, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct moving *m = &s->m;
	uint8_t hash[32];
	struct audit_entry en = {
		.klass = LEAF_EXTRACT_RELEASE,
		.actor = &m->caller->actor,
		.object = m->row.kase,
		.approvals = hash,
	};
	json_t *sources = NULL;
	int r, waits = strcmp(m->row.state, "awaiting") == 0;

	if ((r = approval_check(m->core, tx, &m->extract, now_ms, hash, e)) <
		0 ||
	    (r = register_second(tx, &m->row, now_ms, e)) < 0)
		return r;
	if (waits &&
	    ((r = moving_check_still(m, tx, now_ms, e)) < 0 ||
		(r = register_move(tx, &m->row, "released", now_ms, e)) < 0))
		return r;
	if ((r = register_sources(tx, &m->extract, &sources, e)) < 0)
		return r;
	en.detail = json_pack("{s:o, s:o, s:s, s:s, s:o, s:o}", "case",
	    json_of_id(&m->row.kase), "extract", json_of_id(&m->extract),
	    "recipient", m->row.recipient, "what",
	    waits ? "released" : "seconded", "sources", sources, "decision",
	    decision_json(m->core, &m->access));
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	if (waits)
		json_object_set_new(en.detail, "disclosure",
		    disclosure_decision_json(
			m->core, &m->now.facts, &m->now.d));
	r = audit_append(tx, m->core->audit, &en, now_ms, &m->leaf, e);
	json_decref(en.detail);
	return r;
}

static int
apply_signing(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct signing *s = arg;
	struct moving *m = &s->m;
	uint32_t have, need;
	int r;

	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0 ||
	    (r = check_waits(&m->row, now_ms, e)) < 0 ||
	    (r = approval_enter(m->core, tx, m->caller, &s->approval,
		 LEAF_EXTRACT_APPROVE, &m->access, now_ms, e)) < 0 ||
	    (r = approval_count(
		 m->core, tx, &m->extract, now_ms, &have, &need, e)) < 0)
		return r;
	m->leaf = s->approval.leaf;
	return have < need ? 0 : let_go(s, tx, now_ms, e);
}

int
extract_approve(struct core *core, const struct caller *caller,
    const char *extract, const char *signature, struct id *object,
    json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 };
	struct signing s = {
		.m = { .core = core, .caller = caller },
		.signature = signature,
	};
	struct change ch = {
		.apply = apply_signing,
		.arg = &s,
		.need_head = 1,
	};
	uint64_t leaf;
	int r;

	if ((r = moving_begin(&s.m, extract, OP_EXTRACT_APPROVE, object, e)) <
		0 ||
	    (r = open_page(&s.m, &page, &leaf, e)) < 0 ||
	    (r = verify(&s, &page, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return page_answer(&s.m, &page, s.m.leaf, answer, e);
}
