#include "daemon/core/disclosing.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/explain.h"
#include "daemon/core/json_of.h"

#define DAY_MS INT64_C(86400000)

/* Where is a name in a list that NULL ends? */
static int
has_name(const char *const *list, const char *name)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return 1;
	return 0;
}

/* --- facts ---------------------------------------------------------------- */

static int
gather_facts(struct disclosing *x, struct tx *tx, struct err *e)
{
	struct consents_in_force *c = &x->consents;
	int32_t day = civil_day(x->now_ms);
	size_t i;
	int r;

	memset(&x->facts, 0, sizeof(x->facts));
	if ((r = consents_of_case(x->core, tx, &x->kase.id, x->now_ms, c, e)) <
		0 ||
	    (r = events_of_case(x->core, tx, &x->kase.id, day, x->events, e)) <
		0 ||
	    (r = person_address_is_confidential(tx, &x->kase.id, e)) < 0)
		return r;
	x->hides_addresses = r > 0;
	for (i = 0; i < c->nadults && i < NELEMS(x->adults); i++) {
		x->adults[i].role = c->adults[i].role;
		x->adults[i].consents = c->adults[i].purposes;
	}
	x->facts = (struct disclosure_facts){
		.recipient = x->recipient,
		.purpose = x->purpose,
		.stage = x->kase.stage,
		.case_state = x->kase.state,
		.consents = c->purposes,
		.objection = c->objection,
		.day = day,
		.diagnosis = x->kase.diagnosis,
		.events = x->events,
		.adults = x->adults,
		.nadults = i,
	};
	return 0;
}

/* What a refusal's leaf tells besides. */
static void
tell(const struct disclosing *x)
{
	if (x->caller->told != NULL)
		json_object_set_new(x->caller->told, "disclosure",
		    disclosure_decision_json(x->core, &x->facts, &x->d));
}

int
disclosing_decide(struct disclosing *x, struct tx *tx, struct err *e)
{
	int r;

	/* Facts and decision by one set, should another come into force. */
	do {
		x->policy = x->core->policy;
		if ((r = gather_facts(x, tx, e)) < 0)
			return r;
	} while (x->policy != x->core->policy);
	x->to = policy_recipient(x->policy, x->recipient);
	policy_disclose(x->policy, &x->facts, &x->d);
	if (x->d.allowed)
		return 0;
	tell(x);
	return err_tag(e, ERR_DENIED, x->d.tag, "%.200s", x->d.why);
}

int
disclosing_begin(struct disclosing *x, const char *kase, enum policy_op op,
    struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	x->now_ms = core_now(x->core);
	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(x->core, &tx, x->caller, kase, op, NULL,
		 x->now_ms, &x->kase, object, &x->access, e)) < 0)
		return r;
	return disclosing_decide(x, &tx, e);
}

/* --- verdicts ------------------------------------------------------------- */

void
disclosing_verdicts(const struct disclosing *x, struct cut_verdict *verdicts)
{
	static const enum cut_why why[] = {
		[FIELD_GIVEN] = CUT_GIVEN,
		[FIELD_BLOCKED] = CUT_BLOCKED,
		[FIELD_NOT_ALL_AGREE] = CUT_NOT_ALL_AGREE,
		[FIELD_THEY_DISAGREE] = CUT_THEY_DISAGREE,
	};
	const struct disclosure_rule *rule = x->d.rule;
	size_t i;

	for (i = 0; i < rule->nfields; i++) {
		verdicts[i].block = NULL;
		verdicts[i].why = why[policy_field_verdict(x->policy, &x->facts,
		    rule, &rule->fields[i], &verdicts[i].block)];
	}
}

int
disclosing_blocks(const struct disclosing *x,
    const struct policy_block **blocks, size_t max, size_t *n, struct err *e)
{
	const struct policy_block *all;
	size_t i, on = 0, count = policy_blocks(x->policy, &all);

	for (i = 0; i < count; i++) {
		if (!policy_block_is_on(x->policy, &all[i], &x->facts))
			continue;
		if (on == max)
			return err_set(e, ERR_TOO_LARGE,
			    "more than %zu blocks hold back what goes to %s",
			    max, x->recipient);
		blocks[on++] = &all[i];
	}
	*n = on;
	return 0;
}

/* --- telling -------------------------------------------------------------- */

json_t *
disclosing_json(const struct disclosing *x)
{
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:o}", "case",
	    json_of_id(&x->kase.id), "recipient", x->recipient, "purpose",
	    x->d.rule->purpose, "rule", x->d.rule->name, "basis",
	    x->d.rule->basis, "citation", x->d.rule->citation, "policy",
	    (int)policy_version(x->policy), "why", x->d.why, "decision",
	    decision_json(x->core, &x->access), "consents",
	    disclosing_consents(x), "disclosure",
	    disclosure_decision_json(x->core, &x->facts, &x->d));
}

static json_t *
consent_ids(const struct disclosing *x)
{
	const struct consents_in_force *c = &x->consents;
	json_t *ids = json_array();
	size_t i, k;

	if (x->d.rule == NULL || x->d.rule->consent == NULL)
		return ids;
	for (i = 0; i < c->nadults; i++)
		for (k = 0; c->adults[i].purposes[k] != NULL; k++)
			if (strcmp(c->adults[i].purposes[k],
				x->d.rule->consent) == 0)
				json_array_append_new(
				    ids, json_of_id(&c->adults[i].ids[k]));
	if (json_array_size(ids) > 0)
		return ids;
	for (i = 0; c->purposes[i] != NULL; i++)
		if (strcmp(c->purposes[i], x->d.rule->consent) == 0)
			json_array_append_new(ids, json_of_id(&c->ids[i]));
	return ids;
}

int
disclosing_all_agree(const struct disclosing *x)
{
	const char *consent = x->d.rule->consent;

	return consent == NULL || has_name(x->facts.consents, consent);
}

json_t *
disclosing_consents(const struct disclosing *x)
{
	if (x->d.rule->consent == NULL)
		return json_null();
	return json_pack("{s:s, s:b, s:o}", "purpose", x->d.rule->consent,
	    "in_force", has_name(x->facts.consents, x->d.rule->consent),
	    "consents", consent_ids(x));
}

/* The newest of a kind, if there is one and it is not yet in the list. */
static int
add_newest(const struct disclosing *x, struct tx *tx, const char *kind,
    json_t *list, struct err *e)
{
	struct document_facts doc;
	struct err none = { 0 };
	char text[ID_TEXT];
	const json_t *had;
	size_t i;
	int r;

	r = document_newest_final(tx, &x->kase.id, kind, &doc, &none);
	if (r == -(int)ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		*e = none;
		return r;
	}
	id_format(&doc.id, text);
	json_array_foreach(list, i, had)
	{
		if (strcmp(json_string_value(json_object_get(had, "document")),
			text) == 0)
			return 0;
	}
	return json_array_append_new(
		   list, json_pack("{s:s, s:i}", "document", text, "version",
			     (int)doc.versions)) < 0
		   ? err_set(e, ERR_NOMEM, "extract")
		   : 0;
}

/* What the rule opens, as the case stands: who saw a document is found by
 * it. */
static int
add_sources(const struct disclosing *x, json_t *detail, struct err *e)
{
	const struct disclosure_rule *rule = x->d.rule;
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *list = json_array();
	const char *const *kind;
	size_t i;
	int r;

	r = tx_read(x->core->catalog, &tx, e);
	for (i = 0; i < rule->nfields && r == 0; i++)
		r = add_newest(x, &tx, rule->fields[i].kind, list, e);
	for (kind = rule->attach; r == 0 && kind != NULL && *kind != NULL;
	     kind++)
		r = add_newest(x, &tx, *kind, list, e);
	if (r == 0 && json_object_set(detail, "sources", list) < 0)
		r = err_set(e, ERR_NOMEM, "extract");
	json_decref(list);
	return r;
}

int
disclosing_leaf(const struct disclosing *x, enum leaf_class klass,
    uint64_t *leaf, struct err *e)
{
	json_t *detail = disclosing_json(x);
	int r;

	if (detail == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	/* Without a decision that allows it, nothing is opened. */
	r = x->d.allowed ? add_sources(x, detail, e) : 0;
	if (r == 0)
		r = core_read_leaf(
		    x->core, x->caller, klass, &x->kase.id, detail, leaf, e);
	json_decref(detail);
	return r;
}

int64_t
disclosing_expiry(const struct disclosing *x, int64_t from_ms)
{
	return from_ms + x->d.rule->expires_days * DAY_MS;
}
