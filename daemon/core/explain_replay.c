/* A candidate set of rules over the decisions that were really taken. */
#include <string.h>

#include "daemon/core/explain.h"

#define DAY_MS INT64_C(86400000)
#define CHUNK 1000 /* leaves read in one snapshot */

enum outcome { SAME, NEWLY_ALLOWED, NEWLY_DENIED, CHANGED, OUTCOMES };
static const char *const outcome_names[] = { "same", "newly_allowed",
	"newly_denied", "changed" };

struct replay {
	struct core *core;
	const struct policy *candidate;
	json_int_t decisions, count[OUTCOMES], unreadable;
	json_t *list[OUTCOMES];
};

static void
replay_done(struct replay *rp)
{
	size_t i;

	for (i = 0; i < OUTCOMES; i++)
		json_decref(rp->list[i]);
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "replay");
}

static const char *
text_of(const json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name));
}

static int
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* --- one decision ----------------------------------------------------- */

/* Count it; name it while there is room. more is taken. */
static int
tell(struct replay *rp, enum outcome o, const json_t *entry, json_t *more,
    struct err *e)
{
	static const char *const as_is[] = { "leaf", "at" };
	json_t *who = json_object_get(entry, "account");
	size_t i;

	if (more == NULL)
		return no_memory(e);
	rp->decisions++;
	rp->count[o]++;
	if (o == SAME || json_array_size(rp->list[o]) >= REPLAY_LIST_MAX) {
		json_decref(more);
		return 0;
	}
	for (i = 0; i < NELEMS(as_is); i++)
		json_object_set(
		    more, as_is[i], json_object_get(entry, as_is[i]));
	if (who != NULL)
		json_object_set(more, "who", who);
	return json_array_append_new(rp->list[o], more) < 0 ? no_memory(e) : 0;
}

static enum outcome
compare(int was, int is, int other)
{
	if (was != is)
		return is ? NEWLY_ALLOWED : NEWLY_DENIED;
	return is && other ? CHANGED : SAME;
}

static int
replay_access(
    struct replay *rp, const json_t *entry, const json_t *kept, struct err *e)
{
	struct access_kept k;
	struct decision d;
	int was = json_object_get(kept, "denied") == NULL;
	enum outcome o;

	if (access_kept_parse(json_object_get(kept, "facts"), &k, NULL) < 0) {
		rp->unreadable++;
		return 0;
	}
	policy_authorize_kept(rp->candidate, &k, &d);
	o = compare(was, d.allowed,
	    !is_same(text_of(kept, "rule"), d.rule) ||
		!is_same(text_of(kept, "purpose"), d.purpose) ||
		!is_same(text_of(kept, "role"), d.role));
	return tell(rp, o, entry,
	    json_pack("{s:s, s:s*, s:s*, s:s}", "what", policy_op_name(k.op),
		"rule_was", text_of(kept, "rule"), "rule", d.rule, "why",
		d.why),
	    e);
}

/* --- fields ----------------------------------------------------------- */

/* The fields that the rule of d gives under these facts. */
static json_t *
given_fields(const struct policy *p, const struct disclosure_facts *f,
    const struct disclosure_decision *d)
{
	const struct policy_block *block = NULL;
	json_t *a = json_array();
	size_t i;

	for (i = 0; a != NULL && d->allowed && i < d->rule->nfields; i++)
		if (policy_field_verdict(p, f, d->rule, &d->rule->fields[i],
			&block) == FIELD_GIVEN)
			json_array_append_new(
			    a, json_sprintf("%s %s", d->rule->fields[i].kind,
				   d->rule->fields[i].path));
	return a;
}

static int
has(const json_t *list, const json_t *one)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) if (json_equal(v, one)) return 1;
	return 0;
}

/* Those of a that b has not. */
static json_t *
less(const json_t *a, const json_t *b)
{
	json_t *out = json_array(), *v;
	size_t i;

	json_array_foreach(a, i, v) if (!has(b, v)) json_array_append(out, v);
	return out;
}

static json_t *
disclosure_line(const struct disclosure_facts *f, const json_t *kept,
    const struct disclosure_decision *d, const json_t *was, const json_t *is)
{
	return json_pack("{s:s, s:s*, s:s*, s:s*, s:s, s:o, s:o}", "what",
	    "disclosure", "recipient", f->recipient, "rule_was",
	    text_of(kept, "rule"), "rule",
	    d->rule != NULL ? d->rule->name : NULL, "why", d->why, "lost",
	    less(was, is), "gained", less(is, was));
}

static int
replay_disclosure(
    struct replay *rp, const json_t *entry, const json_t *kept, struct err *e)
{
	AUTO(disclosure_kept_done) struct disclosure_kept k = { 0 };
	AUTO(json_decrefp) json_t *was = NULL, *is = NULL;
	struct disclosure_decision then, now;
	const struct policy *p;
	int allowed = json_is_true(json_object_get(kept, "allowed"));

	if (disclosure_facts_parse(json_object_get(kept, "facts"), &k, NULL) <
		0 ||
	    explain_rules(rp->core, kept, &p, NULL) < 0) {
		rp->unreadable++;
		return 0;
	}
	policy_disclose(p, &k.facts, &then);
	policy_disclose(rp->candidate, &k.facts, &now);
	was = given_fields(p, &k.facts, &then);
	is = given_fields(rp->candidate, &k.facts, &now);
	return tell(rp,
	    compare(allowed, now.allowed,
		!is_same(text_of(kept, "rule"),
		    now.rule != NULL ? now.rule->name : NULL) ||
		    !json_equal(was, is)),
	    entry, disclosure_line(&k.facts, kept, &now, was, is), e);
}

/* --- the period ------------------------------------------------------- */

static int
replay_entry(struct replay *rp, const json_t *entry, struct err *e)
{
	const json_t *detail = json_object_get(entry, "detail");
	const json_t *access = json_object_get(detail, "decision"),
		     *disclosure = json_object_get(detail, "disclosure");
	int r;

	if (json_is_true(json_object_get(entry, "expired")) ||
	    json_is_true(json_object_get(entry, "damaged")))
		rp->unreadable++;
	if (json_object_get(access, "facts") != NULL &&
	    (r = replay_access(rp, entry, access, e)) < 0)
		return r;
	if (json_object_get(disclosure, "facts") == NULL)
		return 0;
	return replay_disclosure(rp, entry, disclosure, e);
}

static int
replay_chunk(struct replay *rp, struct audit_query *q, struct err *e)
{
	AUTO(json_decrefp) json_t *list = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *entry;
	size_t i;
	int r;

	if ((r = tx_read(rp->core->catalog, &tx, e)) < 0 ||
	    (r = audit_read(rp->core->audit, &tx, q, &list, &q->before, e)) < 0)
		return r;
	json_array_foreach(
	    list, i, entry) if ((r = replay_entry(rp, entry, e)) < 0) return r;
	return 0;
}

/* Newest first, until the beginning or the bound. 1: all of it. */
static int
replay_all(struct replay *rp, uint64_t before, int64_t since_ms, struct err *e)
{
	struct audit_query q = {
		.before = before, .since_ms = since_ms, .limit = CHUNK
	};
	int r;

	do {
		if ((r = replay_chunk(rp, &q, e)) < 0)
			return r;
	} while (q.before > 0 && rp->decisions < REPLAY_MAX);
	return q.before == 0;
}

static int
enter_replay(struct core *core, const struct caller *caller,
    const struct policy *candidate, uint32_t days, const struct decision *d,
    uint64_t *leaf, struct err *e)
{
	json_t *detail = json_pack("{s:i, s:I, s:o}", "days", (int)days,
	    "candidate", (json_int_t)policy_version(candidate), "decision",
	    decision_json(core, d));
	int r;

	r = core_read_leaf(core, caller, LEAF_REPLAY, NULL, detail, leaf, e);
	json_decref(detail);
	return r;
}

static int
put_outcome(json_t *j, const struct replay *rp, enum outcome o)
{
	char name[32];

	snprintf(name, sizeof(name), "%s_count", outcome_names[o]);
	return json_object_set(j, outcome_names[o], rp->list[o]) < 0 ||
		       json_object_set_new(
			   j, name, json_integer(rp->count[o])) < 0
		   ? -1
		   : 0;
}

static int
answer_replay(const struct replay *rp, int complete, uint64_t leaf,
    json_t **answer, struct err *e)
{
	json_t *j = json_pack("{s:I, s:I, s:I, s:b, s:I}", "decisions",
	    rp->decisions, "same", rp->count[SAME], "unreadable",
	    rp->unreadable, "complete", complete, "leaf", (json_int_t)leaf);

	if (j == NULL || put_outcome(j, rp, NEWLY_ALLOWED) < 0 ||
	    put_outcome(j, rp, NEWLY_DENIED) < 0 ||
	    put_outcome(j, rp, CHANGED) < 0) {
		json_decref(j);
		return no_memory(e);
	}
	*answer = j;
	return 0;
}

/* --- the candidate ---------------------------------------------------- */

static int
bad_files(struct err *e)
{
	return err_tag(e, ERR_INVALID, "files", "files: [{name, text}]");
}

static int
check_files(const json_t *files, struct err *e)
{
	const json_t *one, *text;
	const char *name;
	size_t i, k;

	if (!json_is_array(files) || json_array_size(files) > POLICY_FILES_MAX)
		return bad_files(e);
	json_array_foreach(files, i, one)
	{
		name = text_of(one, "name");
		text = json_object_get(one, "text");
		if (name == NULL || json_object_size(one) != 2 ||
		    (!json_is_string(text) && !json_is_null(text)))
			return bad_files(e);
		for (k = 0; k < i; k++)
			if (is_same(text_of(json_array_get(files, k), "name"),
				name))
				return bad_files(e);
	}
	return 0;
}

static int
is_replaced(const json_t *files, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(
	    files, i, one) if (is_same(text_of(one, "name"), name)) return 1;
	return 0;
}

static int
load_candidate(
    struct core *core, const json_t *files, struct policy **out, struct err *e)
{
	struct policy_file all[2 * POLICY_FILES_MAX];
	const struct policy_file *now;
	const json_t *one, *text;
	size_t i, n = 0, nnow;
	struct err why = { 0 };
	int r;

	if ((r = check_files(files, e)) < 0)
		return r;
	nnow = policy_files(core->policy, &now);
	for (i = 0; i < nnow && i < POLICY_FILES_MAX; i++)
		if (!is_replaced(files, now[i].name))
			all[n++] = now[i];
	json_array_foreach(files, i, one)
	{
		text = json_object_get(one, "text");
		if (!json_is_string(text))
			continue;
		all[n].name = text_of(one, "name");
		all[n].p = json_string_value(text);
		all[n++].n = json_string_length(text);
	}
	if ((r = policy_load_files(all, n, out, NULL, &why)) < 0)
		return err_tag(e,
		    why.code == ERR_INVALID ? ERR_REFUSED : why.code, "policy",
		    "%s", why.text);
	return 0;
}

int
explain_replay(struct core *core, const struct caller *caller,
    const json_t *files, uint32_t days, json_t **answer, struct err *e)
{
	AUTO(policy_freep) struct policy *candidate = NULL;
	AUTO(replay_done) struct replay rp = { .core = core };
	int64_t now = core_now(core);
	struct decision d;
	uint64_t leaf;
	size_t i;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(
		 core, caller, OP_REPLAY, NULL, NULL, now, &d, e)) < 0)
		return r;
	if (days == 0 || days > REPLAY_DAYS_MAX)
		return err_tag(e, ERR_INVALID, "days", "days: from 1 to %d",
		    REPLAY_DAYS_MAX);
	if ((r = load_candidate(core, files, &candidate, e)) < 0)
		return r;
	rp.candidate = candidate;
	if ((r = enter_replay(core, caller, candidate, days, &d, &leaf, e)) < 0)
		return r;
	for (i = SAME + 1; i < OUTCOMES; i++)
		if ((rp.list[i] = json_array()) == NULL)
			return no_memory(e);
	/* Its own leaf, and what comes after, is not of the past. */
	if ((r = replay_all(&rp, leaf, now - days * DAY_MS, e)) < 0)
		return r;
	return answer_replay(&rp, r, leaf, answer, e);
}
