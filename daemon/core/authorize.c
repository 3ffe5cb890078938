/* Who may, and the leaves that tell it. */
#include <string.h>

#include "base/civil.h"
#include "base/log.h"
#include "daemon/core/case.h"
#include "daemon/core/door.h"
#include "daemon/core/explain.h"
#include "daemon/core/glass.h"
#include "daemon/core/rules.h"
#include "daemon/core/step_up.h"

/*
 * Who the caller is by the rules of this moment, not of when they came in:
 * somebody may have been suspended since.
 */
static const struct principal *
who_now(const struct policy *p, const struct caller *caller)
{
	return caller->who == NULL ? NULL
				   : policy_principal(p, caller->who->uid,
					 caller->who->account);
}

static struct access_facts
facts_of(const struct policy *p, const struct caller *caller, enum policy_op op,
    const char *kind, int64_t now_ms)
{
	return (struct access_facts){ .who = who_now(p, caller),
		.op = op,
		.kind = kind,
		.purpose = caller->purpose,
		.day = civil_day(now_ms) };
}

static int
denied(const struct decision *d, struct err *e)
{
	return err_tag(e, ERR_DENIED, d->tag != NULL ? d->tag : "no-rule",
	    "%.200s", d->why);
}

/* Refusals that would tell that the thing exists, or is of some kind. */
static int
hides(const struct decision *d, const char *kind)
{
	return d->tag != NULL &&
	       (strcmp(d->tag, "other-team") == 0 ||
		   (kind == NULL && strcmp(d->tag, "kind-unknown") == 0));
}

int
authorize_unknown(struct core *core, const struct caller *caller,
    enum policy_op op, const char *kind, int64_t now_ms, struct err *e)
{
	const struct policy *p = core->policy;
	struct access_facts f = facts_of(p, caller, op, kind, now_ms);
	struct decision d = { 0 };

	if (caller->who != NULL) {
		/* Who has no team may have rights in all: a case of no
		 * team's name stands for any of them. */
		f.team = caller->who->team != NULL ? caller->who->team : "-";
		f.organisation = caller->who->organisation;
		f.case_state = "open";
	}
	/* Whether a statement is good is told of what is there alone. */
	f.stepped_up = caller->step_up != NULL;
	policy_authorize(p, &f, &d);
	if (d.allowed || hides(&d, kind))
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	if (caller->decided != NULL)
		*caller->decided = d;
	return denied(&d, e);
}

/* The rule fits this very case: only the statement is missing. */
static int
lacks_step_up(const struct decision *d)
{
	return d->tag != NULL && strcmp(d->tag, "step-up") == 0;
}

static int
same_team(const struct principal *who, const struct case_facts *c)
{
	return who != NULL && who->team != NULL &&
	       strcmp(who->team, c->team) == 0 && who->organisation != NULL &&
	       strcmp(who->organisation, c->organisation) == 0;
}

/*
 * Decide; where only a step-up is missing, look at the one that came. What
 * needs none does not spend it. p is the set that f was gathered by: who is
 * suspended by a newer one is not judged by it half.
 */
static int
decide(struct core *core, const struct policy *p, const struct caller *caller,
    struct access_facts *f, const struct id *kase, int64_t now_ms,
    struct decision *d, struct err *e)
{
	char fingerprint[64];
	int r;

	policy_authorize(p, f, d);
	if (!lacks_step_up(d))
		return 0;
	if ((r = step_up_check(
		 core, caller, f->op, kase, now_ms, fingerprint, e)) <= 0)
		return r;
	f->stepped_up = 1;
	policy_authorize(p, f, d);
	return 0;
}

int
core_authorize(struct core *core, const struct caller *caller,
    enum policy_op op, const char *kind, const struct case_facts *c,
    int64_t now_ms, struct decision *d, struct err *e)
{
	const struct policy *p = core->policy;
	struct access_facts f = facts_of(p, caller, op, kind, now_ms);
	struct decision *told = caller->decided;
	int bad, r;

	if (c != NULL) {
		f.team = c->team;
		f.organisation = c->organisation;
		f.case_state = c->state;
		f.own_case = c->opened_by == caller->actor.uid;
		f.broken_glass = glass_is_broken(core, caller, &c->id, now_ms);
	}
	memset(d, 0, sizeof(*d));
	bad = decide(
	    core, p, caller, &f, c != NULL ? &c->id : NULL, now_ms, d, e);
	if (told != NULL)
		*told = *d;
	if (bad < 0 || d->allowed)
		return bad;
	if (c == NULL || lacks_step_up(d) ||
	    (same_team(caller->who, c) && !hides(d, kind)))
		return denied(d, e);
	/* Another team's case answers as one that does not exist. */
	r = authorize_unknown(core, caller, op, kind, now_ms, e);
	if (told != NULL)
		*told = *d;
	return r;
}

json_t *
decision_form(const struct decision *d, uint32_t policy, uint32_t generation)
{
	json_t *j = json_pack("{s:s*, s:s*, s:b, s:s*, s:s, s:I, s:s*, s:s*}",
	    "rule", d->rule, "purpose", d->purpose, "default",
	    d->purpose_is_default, "denied", d->allowed ? NULL : d->tag, "why",
	    d->why, "policy", (json_int_t)policy, "role", d->role, "loan",
	    d->loan);

	if (j == NULL ||
	    json_object_set_new(j, "facts", access_kept_json(&d->facts)) < 0 ||
	    (generation > 0 && json_object_set_new(j, "generation",
				   json_integer(generation)) < 0) ||
	    (d->broken_glass &&
		json_object_set_new(j, "broken_glass", json_true()) < 0)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* By the rules it was taken on: others may be in force by now. */
json_t *
decision_json(const struct core *core, const struct decision *d)
{
	const struct policy *p = d->policy != NULL ? d->policy : core->policy;

	return decision_form(
	    d, policy_version(p), rules_generation_of(core, p));
}

/* Does the act that this detail tells rest on a signed statement? */
static int
is_stepped_up(const struct audit_entry *en)
{
	const json_t *d = json_object_get(en->detail, "decision");

	return en->outcome == LEAF_OK &&
	       json_is_true(
		   json_object_get(json_object_get(d, "facts"), "stepped_up"));
}

/* Put one more member into a detail that is ours: made when first needed. */
static int
add_member(struct audit_entry *en, json_t **own, const char *name,
    const char *value, struct err *e)
{
	if (*own == NULL)
		*own =
		    en->detail != NULL ? json_copy(en->detail) : json_object();
	en->detail = *own;
	if (json_object_set_new(*own, name, json_string(value)) < 0)
		return err_set(e, ERR_NOMEM, "leaf");
	return 0;
}

/* The partner's key, the statement that is spent. */
static int
tell_more(struct core *core, const struct caller *caller,
    struct audit_entry *en, json_t **own, int64_t now_ms, struct err *e)
{
	int r;

	/* What is entered bare (sealed) has no detail to add to. */
	if (caller->partner_door && en->outcome != LEAF_SEALED &&
	    (r = add_member(en, own, "key", door_key(caller), e)) < 0)
		return r;
	if (!is_stepped_up(en))
		return 0;
	if ((r = step_up_use(core, caller, now_ms, e)) < 0)
		return r;
	return add_member(en, own, "step_up", caller->step_up, e);
}

int
core_enter(struct core *core, struct tx *tx, const struct caller *caller,
    const struct audit_entry *entry, int64_t now_ms, uint64_t *seq,
    struct err *e)
{
	AUTO(json_decrefp) json_t *own = NULL;
	struct audit_entry en = *entry;
	int r;

	en.actor = &caller->actor;
	if ((r = tell_more(core, caller, &en, &own, now_ms, e)) < 0)
		return r;
	return audit_append(tx, core->audit, &en, now_ms, seq, e);
}

int
core_leaf(struct core *core, struct tx *tx, const struct caller *caller,
    enum leaf_class klass, enum leaf_outcome outcome, const struct id *object,
    json_t *detail, int64_t now_ms, uint64_t *seq, struct err *e)
{
	struct audit_entry en = {
		.klass = klass, .outcome = outcome, .detail = detail
	};

	if (object != NULL)
		en.object = *object;
	return core_enter(core, tx, caller, &en, now_ms, seq, e);
}

struct leaf_only {
	struct core *core;
	const struct caller *caller;
	enum leaf_class klass;
	enum leaf_outcome outcome;
	const struct id *object;
	json_t *detail;
	uint64_t seq;
};

static int
leaf_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct leaf_only *l = arg;

	return core_leaf(l->core, tx, l->caller, l->klass, l->outcome,
	    l->object, l->detail, now_ms, &l->seq, e);
}

static int
leaf_run(struct leaf_only *l, int need_head, uint64_t *seq, struct err *e)
{
	struct change ch = {
		.apply = leaf_apply, .arg = l, .need_head = need_head
	};
	int r;

	if ((r = commit_run(l->core->committer, &ch, e)) < 0)
		return r;
	*seq = l->seq;
	return 0;
}

int
core_read_leaf(struct core *core, const struct caller *caller,
    enum leaf_class klass, const struct id *object, json_t *detail,
    uint64_t *seq, struct err *e)
{
	struct leaf_only l = { core, caller, klass, LEAF_OK, object, detail,
		0 };

	return leaf_run(&l, 0, seq, e);
}

int
core_read_leaf_headed(struct core *core, const struct caller *caller,
    enum leaf_class klass, const struct id *object, json_t *detail,
    uint64_t *seq, struct err *e)
{
	struct leaf_only l = { core, caller, klass, LEAF_OK, object, detail,
		0 };

	return leaf_run(&l, 1, seq, e);
}

/* The log tells what the answer hides: not yours is not no such. */
static enum leaf_outcome
outcome_of(const struct err *why, const struct decision *d)
{
	switch (why->code) {
	case ERR_DENIED:
		return LEAF_DENIED;
	case ERR_NOT_FOUND:
		return d != NULL && d->tag != NULL && !d->allowed
			   ? LEAF_DENIED
			   : LEAF_NOT_FOUND;
	case ERR_SEALED:
		return LEAF_SEALED;
	default:
		return why->code < ERR_INTEGRITY ? LEAF_REFUSED : LEAF_FAILED;
	}
}

/* detail's members, the error's name, and the decision when there was one. */
static json_t *
refusal_json(const struct core *core, const struct err *why,
    const struct decision *d, json_t *detail)
{
	json_t *j = json_object();

	if (j == NULL || (detail != NULL && json_object_update(j, detail) < 0))
		goto fail;
	if (json_object_set_new(j, "code", json_string(err_name(why))) < 0)
		goto fail;
	if (err_is_public(why->code) &&
	    json_object_set_new(j, "error", json_string(why->text)) < 0)
		goto fail;
	if (d != NULL && d->why[0] != '\0' &&
	    json_object_set_new(j, "decision", decision_json(core, d)) < 0)
		goto fail;
	return j;
fail:
	json_decref(j);
	return NULL;
}

void
core_refusal_leaf(struct core *core, const struct caller *caller,
    enum leaf_class klass, const struct id *object, const struct err *why,
    json_t *detail, uint64_t *seq)
{
	struct leaf_only l = { core, caller, klass,
		outcome_of(why, caller->decided), object, NULL, 0 };
	struct err e = { 0 };

	*seq = 0;
	if (l.outcome != LEAF_SEALED)
		l.detail = refusal_json(core, why, caller->decided, detail);
	if (leaf_run(&l, 0, seq, &e) < 0)
		log_error("a refusal's leaf (%s): %s",
		    leaf_class_name((uint16_t)klass), e.text);
	json_decref(l.detail);
}
