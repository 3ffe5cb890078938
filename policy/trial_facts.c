/* A situation in the words of a test, so that it can be put into a file. */
#include "base/text.h"
#include "policy/trial_domain.h"

static int
add_list(struct buf *out, const char *word, const char *const *v, struct err *e)
{
	size_t i;
	int r;

	if (v == NULL || v[0] == NULL)
		return 0;
	if ((r = buf_addf(out, e, " %s = {", word)) < 0)
		return r;
	for (i = 0; v[i] != NULL; i++)
		if ((r = buf_addf(out, e, "%s %s", i > 0 ? "," : "", v[i])) < 0)
			return r;
	return buf_addstr(out, " }", e);
}

static int
add_word(struct buf *out, const char *word, const char *s, struct err *e)
{
	if (s == NULL)
		return 0;
	return buf_addf(out, e, "%s%s = %s", out->len > 0 ? " " : "", word, s);
}

static int
add_flag(struct buf *out, const char *word, int is, struct err *e)
{
	return is ? add_word(out, word, "true", e) : 0;
}

static int
add_adults(struct buf *out, const struct disclosure_facts *f, struct err *e)
{
	size_t i;
	int r;

	if (f->nadults == 0)
		return add_list(out, "consents", f->consents, e);
	for (i = 0; i < f->nadults; i++)
		if ((r = buf_addf(out, e, " adult \"%zu\" { role = %s", i + 1,
			 f->adults[i].role)) < 0 ||
		    (r = add_list(out, "consents", f->adults[i].consents, e)) <
			0 ||
		    (r = buf_addstr(out, " }", e)) < 0)
			return r;
	return 0;
}

static int
add_on(struct buf *out, int32_t day, struct err *e)
{
	char on[11];

	date_format(day, on);
	return buf_addf(out, e, " on = \"%s\"", on);
}

int
domain_describe_disclosure(
    struct buf *out, const struct disclosure_facts *f, struct err *e)
{
	int r;

	if ((r = add_word(out, "recipient", f->recipient, e)) < 0 ||
	    (r = add_word(out, "purpose", f->purpose, e)) < 0 ||
	    (r = add_word(out, "stage", f->stage, e)) < 0 ||
	    (r = add_word(out, "case", f->case_state, e)) < 0 ||
	    (r = add_word(out, "diagnosis", trial_diagnosis[f->diagnosis], e)) <
		0 ||
	    (r = add_adults(out, f, e)) < 0 ||
	    (r = add_list(out, "events", f->events, e)) < 0 ||
	    (r = add_flag(out, "objection", f->objection, e)) < 0)
		return r;
	return add_on(out, f->day, e);
}

int
domain_describe_access(
    struct buf *out, const struct trial_access *x, struct err *e)
{
	int r;

	if ((r = add_word(out, "role", x->role, e)) < 0 ||
	    (r = add_word(out, "operation", policy_op_name(x->op), e)) < 0 ||
	    (r = add_word(out, "kind", x->kind, e)) < 0 ||
	    (r = add_word(out, "purpose", x->purpose, e)) < 0 ||
	    (r = add_word(out, "case", trial_states[x->state], e)) < 0 ||
	    (r = add_flag(out, "own-case", x->own_case, e)) < 0 ||
	    (r = add_flag(out, "own-team", x->own_team, e)) < 0 ||
	    (x->state != TRIAL_NO_CASE && x->own_team != x->own_organisation &&
		(r = add_word(out, "own-organisation",
		     x->own_organisation ? "true" : "false", e)) < 0) ||
	    (r = add_flag(out, "glass", x->glass, e)) < 0 ||
	    (r = add_flag(out, "step-up", x->step_up, e)) < 0)
		return r;
	return add_on(out, x->day, e);
}
