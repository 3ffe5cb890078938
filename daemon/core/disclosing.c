#include "daemon/core/disclosing.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/explain.h"

#define DAY_MS INT64_C(86400000)
#define NO_ADDRESS "no-address\n"

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

	x->policy = x->core->policy;
	if ((r = gather_facts(x, tx, e)) < 0)
		return r;
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

	x->now_ms = x->core->now_ms();
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

size_t
disclosing_blocks(
    const struct disclosing *x, const struct policy_block **blocks, size_t max)
{
	const struct policy_block *all;
	size_t i, n = 0, count = policy_blocks(x->policy, &all);

	for (i = 0; i < count && n < max; i++)
		if (policy_block_is_on(x->policy, &all[i], &x->facts))
			blocks[n++] = &all[i];
	return n;
}

/* --- terms ---------------------------------------------------------------- */

/*
 *   rule NAME
 *   channel NAME
 *   field KIND:PATH        (that may go, whether or not it is filled in)
 *   attach KIND
 *   block NAME             (that looks at values in records)
 *   no-address             (somebody must not be found)
 */
static int
field_terms(const struct disclosing *x, struct buf *out, struct err *e)
{
	const struct disclosure_rule *rule = x->d.rule;
	struct cut_verdict *v = calloc(rule->nfields + 1, sizeof(*v));
	size_t i;
	int r = 0;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	disclosing_verdicts(x, v);
	for (i = 0; i < rule->nfields && r == 0; i++)
		if (v[i].why == CUT_GIVEN)
			r = buf_addf(out, e, "field %s:%s\n",
			    rule->fields[i].kind, rule->fields[i].path);
	free(v);
	return r;
}

static int
looks_at_values(const struct policy_block *b)
{
	size_t i;

	for (i = 0; i < b->nblocked; i++)
		if (b->blocked[i].value != NULL)
			return 1;
	return 0;
}

static int
block_terms(const struct disclosing *x, struct buf *out, struct err *e)
{
	const struct policy_block *on[DISCLOSING_BLOCKS_MAX];
	size_t i, n = disclosing_blocks(x, on, NELEMS(on));
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		if (looks_at_values(on[i]))
			r = buf_addf(out, e, "block %s\n", on[i]->name);
	return r;
}

int
disclosing_terms(const struct disclosing *x, const char *channel,
    struct buf *out, struct err *e)
{
	const char *const *kind;
	int r;

	if ((r = buf_addf(out, e, "rule %s\nchannel %s\n", x->d.rule->name,
		 channel)) < 0 ||
	    (r = field_terms(x, out, e)) < 0)
		return r;
	for (kind = x->d.rule->attach; kind != NULL && *kind != NULL; kind++)
		if ((r = buf_addf(out, e, "attach %s\n", *kind)) < 0)
			return r;
	if (x->hides_addresses && (r = buf_addstr(out, NO_ADDRESS, e)) < 0)
		return r;
	return block_terms(x, out, e);
}

/* Is this line one of the text? */
static int
has_line(const char *text, size_t left, const char *line, size_t n)
{
	const char *got;
	size_t len;

	while (text_line(&text, &left, &got, &len))
		if (len == n && memcmp(got, line, n) == 0)
			return 1;
	return 0;
}

/* Does this line hold something back? */
static int
is_held(const char *line, size_t n)
{
	return (n > 6 && memcmp(line, "block ", 6) == 0) ||
	       (n == strlen(NO_ADDRESS) - 1 &&
		   memcmp(line, NO_ADDRESS, n) == 0);
}

/* Every line of a that stands for what may go (held 0), or that holds
 * something back (held 1), must be in b. */
static int
all_in(const char *a, size_t alen, const char *b, size_t blen, int held)
{
	const char *line;
	size_t n;

	while (text_line(&a, &alen, &line, &n))
		if (is_held(line, n) == held && !has_line(b, blen, line, n))
			return 0;
	return 1;
}

int
disclosing_check_terms(
    const struct disclosing *x, const char *terms, struct err *e)
{
	AUTO(buf_done) struct buf now = { 0 };
	const char *channel = strstr(terms, "\nchannel ");
	char name[POLICY_NAME_MAX + 1] = "";
	size_t n = strlen(terms);
	int r;

	if (channel != NULL)
		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(channel + 9, "\n"), channel + 9);
	if ((r = disclosing_terms(x, name, &now, e)) < 0)
		return r;
	if (x->hides_addresses && strstr(terms, "\n" NO_ADDRESS) == NULL)
		return err_tag(e, ERR_CONFLICT, "extract-suspended",
		    "an address became confidential since");
	if (disclosing_has_channel(x, name) &&
	    all_in(terms, n, buf_str(&now), now.len, 0) &&
	    all_in(buf_str(&now), now.len, terms, n, 1))
		return 0;
	return err_tag(e, ERR_CONFLICT, "extract-rules-changed",
	    "the rules changed since this extract was released");
}

/* --- channels ------------------------------------------------------------- */

static int
is_empty(const char *const *list)
{
	return list == NULL || list[0] == NULL;
}

/* A recipient that names none has the usual one; a rule that names none
 * takes those of its recipient. */
int
disclosing_has_channel(const struct disclosing *x, const char *channel)
{
	const char *const *to = x->to->channels, *const *by =
						     x->d.rule->channels;

	if (is_empty(to) ? strcmp(x->to->channel, channel) != 0
			 : !has_name(to, channel))
		return 0;
	return is_empty(by) || has_name(by, channel);
}

/* The usual one; else the first that both allow. */
static const char *
usual_channel(const struct disclosing *x)
{
	const char *const *c;

	if (disclosing_has_channel(x, x->to->channel))
		return x->to->channel;
	for (c = x->to->channels; c != NULL && *c != NULL; c++)
		if (disclosing_has_channel(x, *c))
			return *c;
	return NULL;
}

int
disclosing_channel(
    const struct disclosing *x, const char **channel, struct err *e)
{
	const char *c = x->channel != NULL ? x->channel : usual_channel(x);
	int has_certificate =
	    x->to->certificate != NULL && x->to->certificate[0] != '\0';

	if (c == NULL || !disclosing_has_channel(x, c))
		return err_tag(e, ERR_REFUSED, "extract-channel",
		    "rule %s does not go to %s by %.16s", x->d.rule->name,
		    x->recipient, c != NULL ? c : "any channel");
	if (!has_certificate && strcmp(c, "paper") != 0)
		return err_tag(e, ERR_CONFLICT, "recipient-certificate",
		    "%s has no certificate: paper only", x->to->name);
	*channel = c;
	return 0;
}

/* --- telling -------------------------------------------------------------- */

static json_t *
id_json(const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_string(text);
}

json_t *
disclosing_json(const struct disclosing *x)
{
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:o}", "case",
	    id_json(&x->kase.id), "recipient", x->recipient, "purpose",
	    x->d.rule->purpose, "rule", x->d.rule->name, "basis",
	    x->d.rule->basis, "citation", x->d.rule->citation, "policy",
	    (int)policy_version(x->policy), "why", x->d.why, "decision",
	    decision_json(x->core, &x->access), "consents",
	    disclosing_consents(x), "disclosure",
	    disclosure_decision_json(x->core, &x->facts, &x->d));
}

/* The consent of each adult who gave the one that the rule needs. */
static json_t *
consent_ids(const struct disclosing *x)
{
	const struct consents_in_force *c = &x->consents;
	json_t *ids = json_array();
	size_t i, k;

	for (i = 0; i < c->nadults; i++)
		for (k = 0; c->adults[i].purposes[k] != NULL; k++)
			if (strcmp(c->adults[i].purposes[k],
				x->d.rule->consent) == 0)
				json_array_append_new(
				    ids, id_json(&c->adults[i].ids[k]));
	if (json_array_size(ids) > 0)
		return ids;
	for (i = 0; c->purposes[i] != NULL; i++)
		if (strcmp(c->purposes[i], x->d.rule->consent) == 0)
			json_array_append_new(ids, id_json(&c->ids[i]));
	return ids;
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

int
disclosing_leaf(const struct disclosing *x, enum leaf_class klass,
    uint64_t *leaf, struct err *e)
{
	json_t *detail = disclosing_json(x);
	int r;

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
