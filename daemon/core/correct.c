#include "daemon/core/correct.h"

#include <string.h>

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/correct_row.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/happened.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection.h"
#include "daemon/core/person.h"
#include "daemon/core/record.h"
#include "daemon/core/refile.h"

/* What its end may wait for: the tag, and what the answer says. */
#define WAITS "clock-suspect"

/* One correction on its way; new: where it goes, when it goes anywhere. */
struct work {
	struct core *core;
	const struct caller *caller;
	const struct correcting *c;
	struct document_facts doc;
	struct case_facts from;
	struct decision d;
	json_t *manifest, *record; /* record: of a kind that is one */
	struct refiled new;
	struct correction row;
	int waits; /* for the clock: the copy is not destroyed yet */
};

static void
work_free(struct work **wp)
{
	struct work *w = *wp;

	if (w == NULL)
		return;
	json_decref(w->manifest);
	json_decref(w->record);
	refile_done(&w->new);
	free(w);
	*wp = NULL;
}

/* --- what is asked -------------------------------------------------------- */

static int
find_target(struct work *w, struct tx *tx, struct err *e)
{
	struct filed *to = &w->new.w;
	struct id object = { 0 };
	int r;

	if (w->c->to == NULL)
		return 0;
	to->core = w->core;
	to->caller = w->caller;
	to->kind = policy_kind(w->core->policy, w->doc.kind);
	if (to->kind == NULL)
		return err_tag(e, ERR_DENIED, "kind-unknown",
		    "the rules have no such kind");
	if ((r = case_authorize(w->core, tx, w->caller, w->c->to,
		 OP_DOC_CORRECT, w->doc.kind, core_now(w->core), &to->kase,
		 &object, &to->d, e)) < 0)
		return r;
	if (id_equal(&to->kase.id, &w->from.id))
		return err_tag(e, ERR_CONFLICT, "correction-same-case",
		    "it is in that case already");
	return 0;
}

static int
find(struct work *w, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(w->core, e)) < 0 ||
	    (r = tx_read(w->core->catalog, &tx, e)) < 0 ||
	    (r = document_authorize(w->core, &tx, w->caller, w->c->document,
		 OP_DOC_CORRECT, core_now(w->core), &w->doc, &w->from, object,
		 &w->d, e)) < 0 ||
	    (r = find_target(w, &tx, e)) < 0)
		return r;
	return text_check(w->c->reason, CORRECTION_REASON_MAX, "reason", e);
}

/* What may change until the transaction is looked at in it again. */
static int
check(struct work *w, struct tx *tx, int64_t now_ms, struct err *e)
{
	struct document_facts doc;
	struct case_facts kase;
	int r;

	if ((r = document_by_id(tx, &w->doc.id, &doc, e)) < 0 ||
	    (r = case_by_id(tx, &w->from.id, &kase, e)) < 0 ||
	    (r = correct_check(
		 w->core, tx, w->caller, &doc, &kase, now_ms, e)) < 0 ||
	    w->c->to == NULL)
		return r;
	if ((r = case_by_id(tx, &w->new.w.kase.id, &kase, e)) < 0)
		return r;
	if (strcmp(kase.state, "open") != 0)
		return err_tag(e, ERR_CONFLICT, "case-state",
		    "the case it belongs to is %s", kase.state);
	return refusal_check_filing(tx, &w->new.w.kase.id, w->new.w.kind, e);
}

static int
check_now(struct work *w, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(w->core->catalog, &tx, e)) < 0)
		return r;
	return check(w, &tx, core_now(w->core), e);
}

/* --- what is misfiled, opened --------------------------------------------- */

/* A uid may be somebody else's by now: the name must be the same as well. */
static int
check_account(const struct work *w, struct err *e)
{
	const char *by =
	    json_string_value(json_object_get(w->manifest, "filed_by"));

	if (by == NULL || strcmp(by, w->caller->actor.account) != 0)
		return err_tag(e, ERR_DENIED, "not-author",
		    "only who filed it may correct that");
	return 0;
}

/* What a record says brings moments, there as it did here. */
static int
read_record(struct work *w, uint64_t leaf, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if (!w->new.w.kind->is_record)
		return 0;
	if ((r = document_content(w->core, &w->doc.id, 1, 0, leaf,
		 (size_t)RECORD_MAX, &text, e)) < 0)
		return r;
	return record_parse(text.p, text.len, &w->record, e);
}

/* A void reads nothing but the manifest; a move, all of it. */
static int
open_misfiled(struct work *w, struct err *e)
{
	json_t *detail;
	uint64_t leaf;
	int r;

	detail = document_detail(w->core, &w->from.id, &w->doc.id, 1, &w->d);
	r = core_read_leaf(w->core, w->caller,
	    w->c->to != NULL ? LEAF_DOC_READ : LEAF_DOC_META, &w->doc.id,
	    detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = document_manifest(
			  w->core, &w->doc.id, 1, leaf, &w->manifest, e)) < 0)
		return r;
	/* That is when it was filed first, not what it says. */
	json_object_del(w->manifest, "filed_at");
	if ((r = check_account(w, e)) < 0 || w->c->to == NULL ||
	    (r = read_record(w, leaf, e)) < 0)
		return r;
	w->new.form.draft = w->doc.draft;
	return refile_prepare(&w->new, &w->doc.id, w->manifest, leaf, e);
}

/* --- the change ----------------------------------------------------------- */

/* Both cases and both documents are found by it: who looks for one finds
 * what became of it. */
static json_t *
make_detail(
    const struct work *w, const json_t *cancelled, const json_t *notices)
{
	const struct filed *to = &w->new.w;
	json_t *j, *sources;

	j = json_pack("{s:o, s:o, s:s, s:s, s:i, s:O, s:O, s:o}", "case",
	    json_of_id(&w->from.id), "document", json_of_id(&w->doc.id), "kind",
	    w->doc.kind, "reason", w->c->reason, "keys", (int)w->row.keys,
	    "cancelled", cancelled, "notices", notices, "decision",
	    decision_json(w->core, &w->d));
	sources = json_pack("[{s:o}]", "document", json_of_id(&w->doc.id));
	if (w->c->to != NULL) {
		json_array_append_new(sources,
		    json_pack("{s:o}", "document", json_of_id(&to->id)));
		json_object_set_new(j, "to", json_of_id(&to->kase.id));
		json_object_set_new(j, "moved_to", json_of_id(&to->id));
		json_object_set_new(
		    j, "decision_to", decision_json(w->core, &to->d));
	}
	if (json_object_set_new(j, "sources", sources) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int
enter_leaf(struct work *w, struct tx *tx, const struct buf *numbers,
    json_t *detail, int64_t now_ms, struct err *e)
{
	const uint64_t *v = (const uint64_t *)(const void *)numbers->p;
	size_t i, n = numbers->len / sizeof(*v);
	AUTO(mem_freep)
	struct leaf_clear *clear = calloc(n + 1, sizeof(*clear));
	struct filed *to = &w->new.w;
	uint8_t bind[SHA256_LEN];
	struct audit_entry en = {
		.klass = w->c->to != NULL ? LEAF_DOC_MOVE : LEAF_DOC_VOID,
		.outcome = LEAF_OK,
		.object = w->c->to != NULL ? to->kase.id : w->doc.id,
		.detail = detail,
		.clear = clear,
		.nclear = (uint32_t)n,
	};
	int r;

	if (clear == NULL || detail == NULL)
		return err_set(e, ERR_NOMEM, "correction");
	for (i = 0; i < n; i++)
		clear[i] = (struct leaf_clear){ w->doc.id, v[i] };
	if (w->c->to != NULL) {
		if ((r = leaf_bind(to->salt, to->sha256, &to->id, 1, bind, e)) <
		    0)
			return r;
		en.bind = bind;
	}
	return core_enter(w->core, tx, w->caller, &en, now_ms, &w->row.leaf, e);
}

/* What it brought to the one case is taken back, and comes to the other. */
static int
tell(struct work *w, struct tx *tx, struct err *e)
{
	struct happening here = { &w->from.id, w->row.at_ms, w->row.leaf };
	struct filed *to = &w->new.w;
	struct happening there = { &to->kase.id, w->row.at_ms, w->row.leaf };
	int r;

	if ((r = happened_void(w->core, tx, &here, &w->doc.id, e)) < 0 ||
	    w->c->to == NULL)
		return r;
	if (to->f->draft)
		return 0;
	return happened_filed(
	    w->core, tx, &there, &to->id, 1, w->doc.kind, w->record, e);
}

/* Extracts made of it stop; one leaf; a tombstone here, a document there. */
static int
enter(struct work *w, struct tx *tx, const struct buf *numbers, int64_t now_ms,
    struct err *e)
{
	AUTO(json_decrefp)
	json_t *cancelled = json_array(), *notices = json_array();
	AUTO(json_decrefp) json_t *detail = NULL;
	struct filed *to = &w->new.w;
	int r;

	if (cancelled == NULL || notices == NULL)
		return err_set(e, ERR_NOMEM, "correction");
	if ((r = disclosure_rectified(
		 tx, &w->doc.id, w->row.at_ms, cancelled, notices, e)) < 0)
		return r;
	detail = make_detail(w, cancelled, notices);
	if ((r = enter_leaf(w, tx, numbers, detail, now_ms, e)) < 0 ||
	    (r = document_forget(tx, &w->doc.id, e)) < 0)
		return r;
	if (w->c->to != NULL) {
		to->row.filed_ms = w->row.at_ms;
		to->row.leaf = w->row.leaf;
		if ((r = filing_place(tx, to, e)) < 0)
			return r;
	}
	if ((r = tell(w, tx, e)) < 0)
		return r;
	return correction_insert(tx, &w->row, numbers, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	struct work *w = arg;
	struct correction *row = &w->row;
	int r;

	row->at_ms = audit_time(w->core->audit, now_ms);
	if ((r = check(w, tx, row->at_ms, e)) < 0 ||
	    (r = correct_author(
		 tx, &w->doc.id, &row->author, &row->filed_ms, e)) < 0 ||
	    (r = document_key_numbers(tx, &w->doc.id, &numbers, e)) < 0)
		return r;
	row->document = w->doc.id;
	row->kase = w->from.id;
	row->keys = numbers.len / sizeof(uint64_t);
	if (w->c->to != NULL) {
		row->replacement = w->new.w.id;
		row->to_case = w->new.w.kase.id;
	}
	return enter(w, tx, &numbers, now_ms, e);
}

static int
commit(struct work *w, struct err *e)
{
	AUTO(mem_freep) struct change *ch = calloc(1, sizeof(*ch));
	int r;

	if (ch == NULL)
		return err_set(e, ERR_NOMEM, "correction");
	ch->apply = apply;
	ch->arg = w;
	ch->need_head = 1;
	if (w->c->to != NULL && (r = filing_stages(&w->new.w, ch, e)) < 0)
		return r;
	return commit_run(w->core->committer, ch, e);
}

/* --- the answer ----------------------------------------------------------- */

static json_t *
id_or_null(const struct id *id)
{
	return id_is_zero(id) ? json_null() : json_of_id(id);
}

static int
tell_waits(const struct work *w, json_t *j, struct err *e)
{
	if (w->waits && json_object_set_new(j, "waits", json_string(WAITS)) < 0)
		return err_set(e, ERR_NOMEM, "correction");
	return 0;
}

static int
tell_moved(struct work *w, json_t *j, struct err *e)
{
	const struct correction *row = &w->row;

	if (json_object_set_new(j, "moved_from",
		json_pack("{s:o, s:o}", "document", json_of_id(&row->document),
		    "case", json_of_id(&row->kase))) < 0 ||
	    json_object_set_new(
		j, "keys", json_integer((json_int_t)row->keys)) < 0 ||
	    json_object_set_new(j, "breach", id_or_null(&row->breach)) < 0)
		return err_set(e, ERR_NOMEM, "correction");
	return tell_waits(w, j, e);
}

static int
answer_void(const struct work *w, json_t **answer, struct err *e)
{
	const struct correction *row = &w->row;

	*answer = json_pack("{s:o, s:o, s:s, s:I, s:o, s:I, s:s*}", "document",
	    json_of_id(&row->document), "case", json_of_id(&row->kase), "state",
	    "erased", "keys", (json_int_t)row->keys, "breach",
	    id_or_null(&row->breach), "leaf", (json_int_t)row->leaf, "waits",
	    w->waits ? WAITS : NULL);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "correction");
}

/* The new document as the vault has it, whoever put it there. */
static int
answer_move(struct work *w, json_t **answer, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	AUTO(json_decrefp) json_t *manifest = NULL;
	struct document_facts doc;
	json_t *detail, *j;
	uint64_t leaf;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(w->core->catalog, &tx, e)) < 0 ||
		    (r = document_by_id(&tx, &w->row.replacement, &doc, e)) <
			0 ||
		    (r = version_load(&tx, &doc, 1, &v, e)) < 0)
			return r;
	}
	detail = document_detail(w->core, &v.kase, &v.document, 1, &w->new.w.d);
	r = core_read_leaf(
	    w->core, w->caller, LEAF_RECEIPT, &v.document, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = version_open(w->core, &v, leaf, &manifest, e)) < 0 ||
	    (r = filing_answer(w->core, &v, manifest, &j, e)) < 0)
		return r;
	if ((r = tell_moved(w, j, e)) < 0) {
		json_decref(j);
		return r;
	}
	*answer = j;
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

/* Was this very thing done before, by the same person? 1: it was, and is
 * taken up. A crash may have come between the change and its end. */
static int
done_before(struct work *w, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	const struct filed *to = &w->new.w;
	int r;

	if (strcmp(w->doc.state, "filed") == 0)
		return 0;
	if ((r = tx_read(w->core->catalog, &tx, e)) < 0 ||
	    (r = correction_load(&tx, &w->doc.id, &w->row, e)) <= 0)
		return r;
	return w->row.author == w->caller->actor.uid &&
	       id_equal(&w->row.to_case, &to->kase.id);
}

/* The correction is entered: that its end waits is no failure of it. */
static int
wait_for_clock(struct work *w, struct err *e)
{
	if (e->tag == NULL || strcmp(e->tag, WAITS) != 0)
		return -(int)e->code;
	memset(e, 0, sizeof(*e));
	w->waits = 1;
	return 0;
}

static int
run(struct work *w, struct id *object, json_t **answer, struct err *e)
{
	int r;

	if ((r = find(w, object, e)) < 0 || (r = done_before(w, e)) < 0)
		return r;
	if (r == 0 &&
	    ((r = check_now(w, e)) < 0 || (r = open_misfiled(w, e)) < 0 ||
		(r = commit(w, e)) < 0))
		return r;
	/* The sweep waits for whoever holds a segment: not for ourselves. */
	refile_release(&w->new);
	if ((r = correction_end(w->core, w->caller, &w->row, e)) < 0 &&
	    (r = wait_for_clock(w, e)) < 0)
		return r;
	return w->c->to != NULL ? answer_move(w, answer, e)
				: answer_void(w, answer, e);
}

int
correct(struct core *core, const struct caller *caller,
    const struct correcting *c, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(work_free) struct work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "correction");
	w->core = core;
	w->caller = caller;
	w->c = c;
	return run(w, object, answer, e);
}
