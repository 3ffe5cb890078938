/* The receipt that the household takes away, and that it was made. */
#include "daemon/core/consent_receipt.h"

#include "daemon/core/case.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

#define PROOF_KIND "consentement" /* whose retention tells how long */

struct receiving {
	struct core *core;
	const struct caller *caller;
	struct case_facts kase;
	struct decision decision;
	struct id sheet;
	struct id person; /* of these alone; zero: of everybody */
	struct receipt_item *items;
	size_t n;
	json_t *persons;
	uint64_t leaf;
};

static void
receiving_done(struct receiving *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		json_decref(x->items[i].history);
	free(x->items);
	json_decref(x->persons);
}

/* --- which ---------------------------------------------------------------- */

static int
find(struct receiving *x, const char *consent, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct consent_row row;
	char kase[ID_TEXT];
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	if (consent_row_find(&tx, consent, &row, e) < 0)
		return authorize_unknown(x->core, x->caller, OP_CONSENT_LIST,
		    NULL, core_now(x->core), e);
	id_format(&row.kase, kase);
	if ((r = case_authorize(x->core, &tx, x->caller, kase, OP_CONSENT_LIST,
		 NULL, core_now(x->core), &x->kase, object, &x->decision, e)) <
	    0)
		return r;
	if (row.key == 0)
		return err_tag(e, ERR_CONFLICT, "consent-state",
		    "the words of this consent are erased");
	x->sheet = row.sheet;
	return 0;
}

/* --- that it was made ----------------------------------------------------- */

static int
enter(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct receiving *x = arg;
	int64_t at = audit_time(x->core->audit, now_ms);
	struct consent_event ev = {
		.what = "receipt", .effective = at, .at = at
	};
	char kase[ID_TEXT];
	json_t *detail;
	struct id id;
	size_t i;
	int r;

	id_format(&x->kase.id, kase);
	detail = json_pack("{s:s, s:s, s:o, s:o}", "case", kase, "event",
	    "receipt", "sheet", json_of_id(&x->sheet), "decision",
	    decision_json(x->core, &x->decision));
	r = core_leaf(x->core, tx, x->caller, LEAF_CONSENT_READ, LEAF_OK,
	    &x->kase.id, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	if (r < 0 || (r = consent_row_ids_of_sheet(tx, &x->sheet, &ids, e)) < 0)
		return r;
	ev.leaf = x->leaf;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = consent_event_append(tx, &id, &ev, e)) < 0)
			return r;
	}
	return 0;
}

/* --- what it says --------------------------------------------------------- */

static int
load_rows(struct receiving *x, struct tx *tx, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = consent_row_ids_of_sheet(tx, &x->sheet, &ids, e)) < 0)
		return r;
	x->items = calloc(ids.len / ID_LEN + 1, sizeof(*x->items));
	if (x->items == NULL)
		return err_set(e, ERR_NOMEM, "receipt");
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		struct consent_row *row = &x->items[x->n].row;

		if ((r = consent_row_by_id(tx, &id, row, e)) < 0)
			return r;
		if (id_is_zero(&x->person) ||
		    (id_equal(&x->person, &row->person) && row->key != 0))
			x->n++;
	}
	return 0;
}

/* The words of the newest event that says something of the consent. */
static json_t *
newest_words(const json_t *history)
{
	enum consent_state s;
	const char *what;
	json_t *ev;
	size_t i;

	for (i = json_array_size(history); i > 0; i--) {
		ev = json_array_get(history, i - 1);
		what = json_string_value(json_object_get(ev, "event"));
		if (consent_state_from_name(what, &s) == 0 &&
		    json_object_get(ev, "collected_by") != NULL)
			return ev;
	}
	return NULL;
}

static void
name_person(const struct receiving *x, struct receipt_item *it)
{
	char id[ID_TEXT];
	const json_t *p;
	const char *s;
	size_t i;

	it->name = it->role = "";
	id_format(&it->row.person, id);
	json_array_foreach(x->persons, i, p)
	{
		s = json_string_value(json_object_get(p, "person"));
		if (s == NULL || strcmp(s, id) != 0)
			continue;
		it->name = json_string_value(json_object_get(p, "name"));
		it->role = json_string_value(json_object_get(p, "role"));
	}
}

static int
fill_item(struct receiving *x, struct tx *tx, struct receipt_item *it,
    const uint8_t *key, struct err *e)
{
	const struct policy *p = x->core->policy;
	int r;

	it->purpose = policy_consent(p, it->row.purpose);
	if (it->purpose != NULL && it->purpose->recipient != NULL)
		it->recipient = policy_recipient(p, it->purpose->recipient);
	it->state =
	    consent_state_at(it->row.state, it->row.until, core_now(x->core));
	name_person(x, it);
	if ((r = consent_events(x->core, tx, &it->row, key, &it->history, e)) <
	    0)
		return r;
	it->words = newest_words(it->history);
	return 0;
}

static int
load_items(struct receiving *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t numbers[CONSENT_LIST_MAX];
	size_t i;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = load_rows(x, &tx, e)) < 0 ||
	    (r = person_list(
		 x->core, &tx, &x->kase.id, x->leaf, &x->persons, e)) < 0)
		return r;
	for (i = 0; i < x->n; i++)
		numbers[i] = x->items[i].row.key;
	if ((r = rows_keys(x->core, numbers, x->n, x->leaf, &keys, e)) < 0)
		return r;
	for (i = 0; i < x->n; i++)
		if ((r = fill_item(x, &tx, &x->items[i],
			 (const uint8_t *)keys.p + SECRET_KEY_LEN * i, e)) < 0)
			return r;
	return 0;
}

/* How long the proof is kept, by the rule of the signed sheet: "P60M". */
static const char *
proof_kept(const struct policy *p, char out[16])
{
	const struct policy_kind *k = policy_kind(p, PROOF_KIND);
	const struct policy_retention *r =
	    k != NULL && k->retention != NULL
		? policy_retention(p, k->retention)
		: NULL;

	if (r == NULL || r->intermediate_months == 0)
		return NULL;
	snprintf(out, 16, "P%uM", r->intermediate_months);
	return out;
}

static int
answer_receipt(struct receiving *x, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 };
	char ref[REF_TEXT], kept[16];
	struct receipt_facts f = {
		.sheet = x->sheet,
		.kase = x->kase.id,
		.ref = ref,
		.controller = x->kase.organisation,
		.retention = proof_kept(x->core->policy, kept),
		.now_ms = core_now(x->core),
		.leaf = x->leaf,
		.items = x->items,
		.n = x->n,
	};
	json_t *ids = json_array(), *receipt;
	size_t i;
	int r;

	id_ref(&x->kase.id, ref);
	for (i = 0; i < x->n; i++)
		json_array_append_new(ids, json_of_id(&x->items[i].row.id));
	if ((r = receipt_page(&f, &page, e)) < 0) {
		json_decref(ids);
		return r;
	}
	receipt = receipt_jsonld(&f);
	*answer = json_pack("{s:o, s:s, s:o, s:I}", "receipt", receipt, "page",
	    buf_str(&page), "consents", ids, "leaf", (json_int_t)x->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "receipt");
}

int
consent_receipt(struct core *core, const struct caller *caller,
    const char *consent, struct id *object, json_t **answer, struct err *e)
{
	AUTO(receiving_done)
	struct receiving x = { .core = core, .caller = caller };
	struct change ch = { .apply = enter, .arg = &x, .need_head = 1 };
	int r;

	if ((r = find(&x, consent, object, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0 ||
	    (r = load_items(&x, e)) < 0)
		return r;
	return answer_receipt(&x, answer, e);
}

/* --- for a person's copy ---------------------------------------------------
 */

/* The sheets that this person is on, each once, in the order of their rows. */
static int
sheets_of(struct core *core, const struct id *kase, const struct id *person,
    struct buf *sheets, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	struct consent_row row;
	struct id id;
	size_t i, k;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = consent_row_ids(&tx, kase, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = consent_row_by_id(&tx, &id, &row, e)) < 0)
			return r;
		if (row.key == 0 || !id_equal(&row.person, person))
			continue;
		for (k = 0; k < sheets->len; k += ID_LEN)
			if (memcmp(sheets->p + k, row.sheet.b, ID_LEN) == 0)
				break;
		if (k == sheets->len &&
		    (r = buf_add(sheets, row.sheet.b, ID_LEN, e)) < 0)
			return r;
	}
	return 0;
}

static int
one_sheet(struct receiving *x, json_t *into, struct err *e)
{
	json_t *j = NULL;
	int r;

	if ((r = load_items(x, e)) < 0 || (r = answer_receipt(x, &j, e)) < 0)
		return r;
	json_object_del(j, "leaf");
	json_object_set_new(j, "sheet", json_of_id(&x->sheet));
	return json_array_append_new(into, j) < 0
		   ? err_set(e, ERR_NOMEM, "receipts")
		   : 0;
}

int
consent_receipts_of(struct core *core, const struct case_facts *kase,
    const struct id *person, uint64_t leaf, json_t *into, struct err *e)
{
	AUTO(buf_done) struct buf sheets = { 0 };
	size_t i;
	int r;

	if ((r = sheets_of(core, &kase->id, person, &sheets, e)) < 0)
		return r;
	for (i = 0; i < sheets.len; i += ID_LEN) {
		AUTO(receiving_done)
		struct receiving x = {
			.core = core,
			.kase = *kase,
			.person = *person,
			.leaf = leaf,
		};

		memcpy(x.sheet.b, sheets.p + i, ID_LEN);
		if ((r = one_sheet(&x, into, e)) < 0)
			return r;
	}
	return 0;
}
