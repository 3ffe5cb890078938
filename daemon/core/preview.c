/* Preview: what would go, what stays behind and why, and who is missing. */
#include "base/text.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/gather.h"
#include "daemon/core/page.h"

/* Denied for nothing but a consent: the caseworker is told whose. */
static int
is_for_consent(const struct disclosing *x)
{
	return !x->d.allowed && x->d.rule != NULL &&
	       strcmp(x->d.tag, "consent-missing") == 0;
}

static json_t *
head_json(const struct disclosing *x, const char *channel, uint64_t leaf)
{
	char until[TIME_TEXT];

	time_format(disclosing_expiry(x, x->now_ms), until);
	return json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:s*,"
			 " s:b, s:b, s:s, s:s, s:I}",
	    "allowed", x->d.allowed, "recipient", x->recipient, "title",
	    x->to->title, "purpose", x->d.rule->purpose, "rule",
	    x->d.rule->name, "basis", x->d.rule->basis, "citation",
	    x->d.rule->citation, "policy", (int)policy_version(x->policy),
	    "consent", disclosing_consents(x), "channel", channel, "four_eyes",
	    x->d.rule->four_eyes, "urgent", x->d.rule->urgent, "expires_at",
	    until, "why", x->d.why, "leaf", (json_int_t)leaf);
}

static int
preview_denied(const struct disclosing *x, json_t **answer, struct err *e)
{
	json_t *missing = NULL, *j;
	uint64_t leaf;
	int r;

	if ((r = disclosing_leaf(x, LEAF_EXTRACT_PREVIEW, &leaf, e)) < 0 ||
	    (r = gather_missing(x, leaf, &missing, e)) < 0)
		return r;
	j = head_json(x, NULL, leaf);
	if (j == NULL ||
	    json_object_update_new(
		j, json_pack("{s:[], s:[], s:[], s:o}", "fields", "withheld",
		       "attachments", "missing", missing)) < 0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "preview");
	}
	*answer = j;
	return 0;
}

/* Each value as the page will say it, for who checks before releasing. */
static int
add_texts(const struct policy *p, json_t *fields, struct err *e)
{
	json_t *f;
	size_t i;
	int r;

	json_array_foreach(fields, i, f)
	{
		AUTO(buf_done) struct buf text = { 0 };
		const struct policy_kind *kind = policy_kind(
		    p, json_string_value(json_object_get(f, "kind")));

		if (kind == NULL)
			return err_set(e, ERR_INTERNAL, "preview");
		r = page_line(kind,
		    json_string_value(json_object_get(f, "path")),
		    json_object_get(f, "value"), &text, e);
		if (r < 0)
			return r;
		if (json_object_set_new(
			f, "text", json_string(buf_str(&text))) < 0)
			return err_set(e, ERR_NOMEM, "preview");
	}
	return 0;
}

static int
preview_allowed(const struct disclosing *x, json_t **answer, struct err *e)
{
	AUTO(gathered_done) struct gathered g = { 0 };
	const char *channel = NULL;
	uint64_t leaf;
	json_t *j;
	int r;

	if ((r = disclosing_channel(x, &channel, e)) < 0 ||
	    (r = disclosing_leaf(x, LEAF_EXTRACT_PREVIEW, &leaf, e)) < 0 ||
	    (r = gather(x, leaf, &g, e)) < 0 ||
	    (r = add_texts(x->policy, g.fields, e)) < 0)
		return r;
	j = head_json(x, channel, leaf);
	if (j == NULL ||
	    json_object_update_new(
		j, json_pack("{s:O, s:O, s:O, s:o}", "fields", g.fields,
		       "withheld", g.withheld, "attachments", g.attachments,
		       "sources", gathered_sources(&g))) < 0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "preview");
	}
	*answer = j;
	return 0;
}

int
extract_preview(struct core *core, const struct caller *caller,
    const struct extract_asking *a, struct id *object, json_t **answer,
    struct err *e)
{
	struct disclosing x = {
		.core = core,
		.caller = caller,
		.recipient = a->recipient,
		.purpose = a->purpose,
		.channel = a->channel,
	};
	struct err why = { 0 };
	int r;

	r = disclosing_begin(&x, a->kase, OP_EXTRACT_PREVIEW, object, &why);
	if (r == 0)
		return preview_allowed(&x, answer, e);
	if (r == -(int)ERR_DENIED && x.access.allowed && is_for_consent(&x))
		return preview_denied(&x, answer, e);
	*e = why;
	return r;
}
