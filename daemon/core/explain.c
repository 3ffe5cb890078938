/* A decision taken again from what its leaf kept, by the rules of then. */
#include "daemon/core/explain.h"

#include <string.h>

#include "daemon/core/consent_row.h"
#include "daemon/core/rules.h"

int
explain_rules(struct core *core, const json_t *kept, const struct policy **out,
    struct err *e)
{
	json_int_t n = json_integer_value(json_object_get(kept, "generation"));

	if (n > 0 && n <= UINT32_MAX &&
	    rules_at(core, (uint32_t)n, out, NULL) == 0)
		return 0;
	return err_tag(e, ERR_INTEGRITY, "detail-damaged",
	    "the rules of this decision are not known");
}

/* --- the leaf --------------------------------------------------------- */

static int
is_set(const json_t *entry, const char *name)
{
	return json_is_true(json_object_get(entry, name));
}

/* Can anything be told? The log says why not. */
static int
check_entry(const json_t *entry, uint64_t leaf, struct err *e)
{
	const json_t *detail = json_object_get(entry, "detail");
	unsigned long long n = leaf;

	if (is_set(entry, "expired"))
		return err_tag(e, ERR_CONFLICT, "detail-expired",
		    "leaf %llu: the month's key was destroyed", n);
	if (is_set(entry, "damaged"))
		return err_tag(e, ERR_INTEGRITY, "detail-damaged",
		    "leaf %llu: its detail is not what it names", n);
	if (!json_is_object(json_object_get(
		json_object_get(detail, "decision"), "facts")) &&
	    !json_is_object(json_object_get(
		json_object_get(detail, "disclosure"), "facts")))
		return err_tag(e, ERR_CONFLICT, "no-decision",
		    "leaf %llu tells of no decision", n);
	return 0;
}

static int
read_entry(struct core *core, uint64_t leaf, json_t **out, struct err *e)
{
	struct audit_query q = { .before = leaf + 1, .limit = 1 };
	AUTO(json_decrefp) json_t *list = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *entry;
	uint64_t next;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = audit_read(core->audit, &tx, &q, &list, &next, e)) < 0)
		return r;
	entry = json_array_get(list, 0);
	if (entry == NULL || json_integer_value(json_object_get(
				 entry, "leaf")) != (json_int_t)leaf)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	*out = json_incref(entry);
	return 0;
}

/* --- taken again ------------------------------------------------------ */

static uint32_t
number_of(const json_t *kept, const char *name)
{
	return (uint32_t)json_integer_value(json_object_get(kept, name));
}

static int
unreadable(struct err *e)
{
	return err_tag(e, ERR_INTEGRITY, "detail-damaged",
	    "the facts of this decision cannot be read");
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "explanation");
}

static json_t *
access_rule_json(const struct policy *p, const struct decision *d)
{
	const char *title = NULL, *source = NULL;

	if (d->rule == NULL ||
	    !policy_access_words(p, d->rule, &title, &source))
		return json_null();
	return json_pack("{s:s, s:s*, s:s*}", "name", d->rule, "title", title,
	    "source", source);
}

static int
explain_access(struct core *core, const json_t *kept, json_t *answer, int *same,
    struct err *e)
{
	const struct policy *p;
	struct access_kept k;
	struct decision d;
	json_t *again;
	int r;

	if (access_kept_parse(json_object_get(kept, "facts"), &k, NULL) < 0)
		return unreadable(e);
	if ((r = explain_rules(core, kept, &p, e)) < 0)
		return r;
	policy_authorize_kept(p, &k, &d);
	again =
	    decision_form(&d, policy_version(p), number_of(kept, "generation"));
	*same &= json_equal(again, kept);
	if (json_object_set(answer, "decision", (json_t *)(uintptr_t)kept) <
		0 ||
	    json_object_set_new(answer, "replayed", again) < 0 ||
	    json_object_set_new(answer, "rule", access_rule_json(p, &d)) < 0 ||
	    json_object_set(answer, "facts", json_object_get(kept, "facts")) <
		0)
		return no_memory(e);
	return 0;
}

static json_t *
disclosure_rule_json(const struct disclosure_rule *r)
{
	if (r == NULL)
		return json_null();
	return json_pack("{s:s, s:s*, s:s*, s:s*, s:s*}", "name", r->name,
	    "title", r->title, "source", r->citation, "basis", r->basis,
	    "consent", r->consent);
}

static int
explain_disclosure(struct core *core, const json_t *kept, json_t *answer,
    int *same, struct err *e)
{
	AUTO(disclosure_kept_done) struct disclosure_kept k = { 0 };
	struct disclosure_decision d;
	const struct policy *p;
	json_t *again, *told;
	int r;

	if (disclosure_facts_parse(json_object_get(kept, "facts"), &k, NULL) <
	    0)
		return unreadable(e);
	if ((r = explain_rules(core, kept, &p, e)) < 0)
		return r;
	policy_disclose(p, &k.facts, &d);
	again = disclosure_decision_form(
	    &k.facts, &d, policy_version(p), number_of(kept, "generation"));
	*same &= json_equal(again, kept);
	told = json_pack("{s:O, s:o, s:o}", "kept", kept, "replayed", again,
	    "rule", disclosure_rule_json(d.rule));
	return json_object_set_new(answer, "disclosure", told) < 0
		   ? no_memory(e)
		   : 0;
}

/* What the entry says of the act. */
static json_t *
act_json(const json_t *entry)
{
	static const char *const as_is[] = { "leaf", "at", "class", "outcome",
		"policy", "object" };
	json_t *j = json_pack("{s:{s:O*, s:O*, s:O*}}", "actor", "account",
	    json_object_get(entry, "account"), "uid",
	    json_object_get(entry, "uid"), "role",
	    json_object_get(entry, "role"));
	json_t *v;
	size_t i;

	for (i = 0; j != NULL && i < NELEMS(as_is); i++)
		if ((v = json_object_get(entry, as_is[i])) != NULL)
			json_object_set(j, as_is[i], v);
	return j;
}

/* What it rests on besides, as the detail has it. */
static void
copy_rest(const json_t *detail, json_t *answer)
{
	static const char *const names[] = { "consents", "sources", "fields" };
	const json_t *d = json_object_get(detail, "decision");
	json_t *v;
	size_t i;

	for (i = 0; i < NELEMS(names); i++)
		if ((v = json_object_get(detail, names[i])) != NULL)
			json_object_set(answer, names[i], v);
	if (d == NULL)
		d = json_object_get(detail, "disclosure");
	if ((v = json_object_get(d, "generation")) != NULL)
		json_object_set(answer, "generation", v);
}

/* What each consent that is named stood at then. */
static int
add_consents(struct core *core, const json_t *detail, uint64_t leaf,
    json_t *answer, struct err *e)
{
	const json_t *ids =
	    json_object_get(json_object_get(detail, "consents"), "consents");
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *list, *one, *id;
	struct id consent;
	size_t i;
	int r;

	if (json_array_size(ids) == 0)
		return 0;
	if ((list = json_array()) == NULL ||
	    json_object_set_new(answer, "consent_versions", list) < 0)
		return no_memory(e);
	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	json_array_foreach(ids, i, id)
	{
		if (!json_is_string(id) ||
		    id_parse(json_string_value(id), &consent, NULL) < 0)
			continue;
		if ((r = consent_event_at(&tx, &consent, leaf, &one, e)) < 0)
			return r;
		if (one != NULL && json_array_append_new(list, one) < 0)
			return no_memory(e);
	}
	return 0;
}

static int
explain_entry(
    struct core *core, const json_t *entry, json_t **answer, struct err *e)
{
	const json_t *detail = json_object_get(entry, "detail");
	const json_t *access = json_object_get(detail, "decision"),
		     *disclosure = json_object_get(detail, "disclosure");
	AUTO(json_decrefp) json_t *j = act_json(entry);
	int r, same = 1;

	if (j == NULL)
		return no_memory(e);
	if (json_object_get(access, "facts") != NULL &&
	    (r = explain_access(core, access, j, &same, e)) < 0)
		return r;
	if (json_object_get(disclosure, "facts") != NULL &&
	    (r = explain_disclosure(core, disclosure, j, &same, e)) < 0)
		return r;
	copy_rest(detail, j);
	if ((r = add_consents(core, detail,
		 (uint64_t)json_integer_value(json_object_get(entry, "leaf")),
		 j, e)) < 0)
		return r;
	if (json_object_set_new(j, "same", json_boolean(same)) < 0)
		return no_memory(e);
	*answer = TAKE(j);
	return 0;
}

static int
enter_reading(struct core *core, const struct caller *caller, uint64_t leaf,
    const struct decision *d, uint64_t *own, struct err *e)
{
	json_t *detail = json_pack("{s:I, s:o}", "explained", (json_int_t)leaf,
	    "decision", decision_json(core, d));
	int r;

	r = core_read_leaf(core, caller, LEAF_EXPLAIN, NULL, detail, own, e);
	json_decref(detail);
	return r;
}

int
explain_leaf(struct core *core, const struct caller *caller, uint64_t leaf,
    json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *entry = NULL;
	struct decision d;
	uint64_t own;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_EXPLAIN, NULL, NULL,
		 core_now(core), &d, e)) < 0)
		return r;
	if ((r = enter_reading(core, caller, leaf, &d, &own, e)) < 0)
		return r;
	/* Its own is not there yet when it is asked for. */
	if (leaf >= own)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	if ((r = read_entry(core, leaf, &entry, e)) < 0 ||
	    (r = check_entry(entry, leaf, e)) < 0 ||
	    (r = explain_entry(core, entry, answer, e)) < 0)
		return r;
	json_object_set_new(
	    *answer, "explained_by", json_integer((json_int_t)own));
	return 0;
}
