/* The letter that confirms a withdrawal by telephone. */
#include "daemon/core/consent_giving.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

struct letter {
	struct core *core;
	const struct caller *caller;
	struct case_facts kase;
	struct decision decision;
	struct consent_row row;
	struct id document;
	struct buf words;
	uint32_t seal;
	uint64_t leaf;
};

static int
find(struct letter *l, const char *consent, const char *document,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct document_facts doc;
	char kase[ID_TEXT];
	int r;

	if ((r = tx_read(l->core->catalog, &tx, e)) < 0)
		return r;
	if (consent_row_find(&tx, consent, &l->row, e) < 0)
		return authorize_unknown(l->core, l->caller,
		    OP_CONSENT_WITHDRAW, NULL, core_now(l->core), e);
	id_format(&l->row.kase, kase);
	if ((r = case_authorize_erased(l->core, &tx, l->caller, kase,
		 OP_CONSENT_WITHDRAW, core_now(l->core), &l->kase, object,
		 &l->decision, e)) < 0)
		return r;
	if (document == NULL || document[0] == '\0')
		return 0;
	if ((r = consent_document(&tx, &l->kase.id, document, &doc, e)) < 0)
		return r;
	l->document = doc.id;
	return 0;
}

static int
seal(struct letter *l, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint64_t leaf;
	json_t *j;
	int r;

	if (l->row.key == 0)
		return 0;
	if ((r = core_read_leaf(l->core, l->caller, LEAF_CONSENT_READ,
		 &l->kase.id, NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(l->core, &l->row.key, 1, leaf, &key, e)) < 0)
		return r;
	j = json_pack("{s:s}", "by", l->caller->actor.account);
	if (j != NULL && !id_is_zero(&l->document))
		json_object_set_new(j, "document", json_of_id(&l->document));
	r = consent_seal(l->core, key.p, &l->row, j, &l->seal, &l->words, e);
	json_decref(j);
	return r;
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct letter *l = arg;
	int64_t at = audit_time(l->core->audit, now_ms);
	struct consent_event ev = {
		.what = "letter", .effective = at, .at = at, .seal = l->seal
	};
	json_t *detail;
	int r;

	if ((r = consent_row_by_id(tx, &l->row.id, &l->row, e)) < 0)
		return r;
	if (l->row.letter == 0)
		return err_tag(e, ERR_CONFLICT, "letter-state",
		    "no letter is due for this consent");
	detail = json_pack("{s:o, s:s, s:o}", "consent", json_of_id(&l->row.id),
	    "event", "letter", "decision",
	    decision_json(l->core, &l->decision));
	r = core_leaf(l->core, tx, l->caller, LEAF_CONSENT_WITHDRAW, LEAF_OK,
	    &l->kase.id, detail, now_ms, &l->leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	l->row.letter = 0;
	ev.leaf = l->leaf;
	ev.sealed = l->row.key != 0 && l->words.len > 0 ? &l->words : NULL;
	if ((r = consent_row_set_letter(tx, &l->row, e)) < 0)
		return r;
	return consent_event_append(tx, &l->row.id, &ev, e);
}

int
consent_letter(struct core *core, const struct caller *caller,
    const char *consent, const char *document, struct id *object,
    json_t **answer, struct err *e)
{
	struct letter l = { .core = core, .caller = caller };
	struct change ch = { .apply = apply, .arg = &l, .need_head = 1 };
	int r;

	if ((r = core_check_open(core, e)) == 0 &&
	    (r = find(&l, consent, document, object, e)) == 0 &&
	    (r = seal(&l, e)) == 0)
		r = commit_run(core->committer, &ch, e);
	if (r == 0) {
		*answer = json_pack("{s:o, s:o, s:I}", "consent",
		    json_of_id(&l.row.id), "case", json_of_id(&l.kase.id),
		    "leaf", (json_int_t)l.leaf);
		if (*answer == NULL)
			r = err_set(e, ERR_NOMEM, "letter");
	}
	buf_done(&l.words);
	return r;
}
