/*
 * By hand and on paper: staff take an extract to deliver it, and enter who
 * received it where the recipient has no door to say so.
 */
#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/explain.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/moving.h"
#include "daemon/core/person.h"

#define ROW_ACK 2 /* version of what the row seals: extract_json.c */

static int
check_channel(const struct extract_row *row, struct err *e)
{
	if (strcmp(row->channel, "ssh") == 0)
		return err_tag(e, ERR_CONFLICT, "extract-channel",
		    "this extract goes by the recipient's own door");
	return 0;
}

/* --- delivering ----------------------------------------------------------- */

static int
apply_deliver(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	int r;

	/* Staff are told when it is the second signature that is missing. */
	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0 ||
	    (r = register_move_check(&m->row, "pulled", e)) < 0 ||
	    (r = moving_pull(m, tx, now_ms, e)) < 0)
		return r;
	return moving_enter(m, tx, LEAF_EXTRACT_DELIVER,
	    json_pack("{s:s, s:s, s:o, s:o}", "rule", m->now.d.rule->name,
		"why", m->now.d.why, "consents", disclosing_consents(&m->now),
		"disclosure",
		disclosure_decision_json(m->core, &m->now.facts, &m->now.d)),
	    now_ms, e);
}

int
extract_deliver(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, struct buf *out,
    struct extract_delivery *d, struct err *e)
{
	struct moving m = { .core = core, .caller = caller };
	int r;

	if ((r = moving_begin(&m, extract, OP_EXTRACT_DELIVER, object, e)) <
		0 ||
	    (r = check_channel(&m.row, e)) < 0 ||
	    (r = moving_commit(&m, apply_deliver, e)) < 0 ||
	    (r = moving_container(&m, out, e)) < 0)
		return r;
	d->leaf = m.leaf;
	d->is_paper = strcmp(m.row.channel, "paper") == 0;
	return 0;
}

/* --- acknowledging -------------------------------------------------------- */

struct acking {
	struct moving m;
	const struct extract_receipt *receipt;
	int32_t day;
	struct buf sealed;
};

/* Not before it left, not after today. */
static int
check_receipt(struct acking *a, int64_t now_ms, struct err *e)
{
	const struct extract_receipt *c = a->receipt;
	int r;

	if (c->by[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "by: who received it");
	if ((r = text_check(c->by, EXTRACT_TEXT_MAX, "by", e)) < 0)
		return r;
	a->day = civil_day(now_ms);
	if (c->on[0] != '\0' && (r = date_parse(c->on, &a->day, e)) < 0)
		return r;
	if (a->day > civil_day(now_ms) || a->day < civil_day(a->m.row.released))
		return err_tag(e, ERR_REFUSED, "extract-ack-date",
		    "on: between the release and today");
	return 0;
}

/* Sealed with the row's key, which a leaf has to be there for. */
static int
seal_receipt(struct acking *a, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct moving *m = &a->m;
	char day[11];
	uint64_t leaf;
	json_t *j;
	int r;

	j = decision_json(m->core, &m->access);
	j = json_pack("{s:o}", "decision", j);
	r = core_read_leaf(
	    m->core, m->caller, LEAF_REGISTER_READ, &m->row.kase, j, &leaf, e);
	json_decref(j);
	if (r < 0 || (r = extract_key(m->core, &m->row, leaf, &key, e)) < 0)
		return r;
	date_format(a->day, day);
	j = json_pack("{s:s, s:s, s:s}", "acknowledged_by", a->receipt->by,
	    "acknowledged_on", day, "acknowledgment_entered_by",
	    m->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "acknowledgment");
	r = row_seal(m->core, key.p, &m->row.kase, &m->extract, ROW_ACK, j,
	    &a->sealed, e);
	json_decref(j);
	return r;
}

static int
apply_receipt(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct acking *a = arg;
	struct moving *m = &a->m;
	char day[11];
	int r;

	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0 ||
	    (r = register_move(tx, &m->row, "acknowledged", now_ms, e)) < 0 ||
	    (r = register_keep_ack(tx, &m->extract, &a->sealed, e)) < 0)
		return r;
	date_format(a->day, day);
	return moving_enter(m, tx, LEAF_EXTRACT_ACK,
	    json_pack("{s:s, s:s}", "by", a->receipt->by, "on", day), now_ms,
	    e);
}

int
extract_ack(struct core *core, const struct caller *caller, const char *extract,
    const struct extract_receipt *receipt, struct id *object, json_t **answer,
    struct err *e)
{
	struct acking a = {
		.m = { .core = core, .caller = caller },
		.receipt = receipt,
	};
	struct change ch = {
		.apply = apply_receipt,
		.arg = &a,
		.need_head = 1,
	};
	int r;

	if ((r = moving_begin(&a.m, extract, OP_EXTRACT_DELIVER, object, e)) <
		0 ||
	    (r = check_channel(&a.m.row, e)) < 0 ||
	    (r = check_receipt(&a, core_now(core), e)) < 0 ||
	    (r = seal_receipt(&a, e)) < 0)
		return r;
	r = commit_run(core->committer, &ch, e);
	buf_done(&a.sealed);
	if (r < 0)
		return r;
	return moving_answer(&a.m, "acknowledged", answer, e);
}
