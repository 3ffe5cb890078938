/* What disclosure rules name, and where they contradict one another. */
#include "policy/build.h"

#include <string.h>

/* It exists, and there is a day on which both are in force. */
static void
check_named(struct build *b, const struct node *n, const char *word,
    const char *what, const char *name, const struct policy_window *mine,
    const struct policy_window *other)
{
	if (other == NULL)
		problem(b->ps, n->file, read_line(n, word),
		    "unknown %s \"%s\" in %s \"%s\"", what, name, n->word,
		    n->title);
	else if (!build_meet(mine, other))
		problem(b->ps, n->file, read_line(n, word),
		    "%s \"%s\" is never in force together with %s \"%s\"",
		    n->word, n->title, what, name);
}

static void
check_consent(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	const struct policy_consent *c;

	if (d->consent == NULL)
		return;
	c = policy_consent(b->p, d->consent);
	check_named(b, n, "consent", "consent", d->consent, &d->when,
	    c != NULL ? &c->when : NULL);
	if (c != NULL && d->recipient != NULL &&
	    (c->recipient == NULL || strcmp(c->recipient, d->recipient) != 0))
		problem(b->ps, n->file, read_line(n, "consent"),
		    "consent \"%s\" is not one to share with \"%s\"",
		    d->consent, d->recipient);
}

static void
check_channels(struct build *b, const struct node *n,
    const struct disclosure_rule *d, const struct policy_recipient *r)
{
	size_t i;

	for (i = 0; d->channels[i] != NULL; i++)
		if (!model_has(r->channels, d->channels[i]))
			problem(b->ps, n->file, read_line(n, "channels"),
			    "\"%s\" is no channel of \"%s\"", d->channels[i],
			    r->name);
}

static void
check_parties(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	const struct policy_recipient *r;
	const struct named *purpose;
	const struct policy_event *ev;
	size_t i;

	if (d->recipient != NULL) {
		r = policy_recipient(b->p, d->recipient);
		check_named(b, n, "recipient", "recipient", d->recipient,
		    &d->when, r != NULL ? &r->when : NULL);
		if (r != NULL)
			check_channels(b, n, d, r);
	}
	if (d->purpose != NULL) {
		purpose = model_purpose(b->p, d->purpose);
		check_named(b, n, "purpose", "purpose", d->purpose, &d->when,
		    purpose != NULL ? &purpose->when : NULL);
	}
	for (i = 0; d->events[i] != NULL; i++) {
		ev = policy_event(b->p, d->events[i]);
		check_named(b, n, "events", "event", d->events[i], &d->when,
		    ev != NULL ? &ev->when : NULL);
	}
}

/* Of who refused the diagnosis nothing social is kept, nor goes. */
static void
check_social(struct build *b, const struct node *n, const char *word, int line,
    const struct disclosure_rule *d, const struct policy_kind *k)
{
	if ((d->diagnosis >> DIAGNOSIS_REFUSED & 1) != 0 && k->is_social)
		problem(b->ps, n->file, line,
		    "disclosure \"%s\" would give %s \"%s\" of who refused the "
		    "diagnosis",
		    d->name, word, k->name);
}

static void
check_attached(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	const struct policy_kind *k;
	size_t i;

	for (i = 0; d->attach[i] != NULL; i++) {
		k = policy_kind(b->p, d->attach[i]);
		check_named(b, n, "attach", "kind", d->attach[i], &d->when,
		    k != NULL ? &k->when : NULL);
		if (k == NULL)
			continue;
		check_social(b, n, "kind", read_line(n, "attach"), d, k);
		if (k->is_record)
			problem(b->ps, n->file, read_line(n, "attach"),
			    "disclosure \"%s\" attaches \"%s\", which is a "
			    "record: give its fields",
			    d->name, k->name);
	}
}

static void
check_fields(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	const struct policy_kind *k;
	size_t i, whose = 0;

	for (i = 0; i < d->nfields; i++) {
		whose += d->fields[i].about != NULL;
		if ((k = policy_kind(b->p, d->fields[i].kind)) == NULL)
			continue;
		check_social(b, n, "a field of", n->sub[i].line, d, k);
		if (!build_meet(&d->when, &k->when))
			problem(b->ps, n->file, n->sub[i].line,
			    "disclosure \"%s\" is never in force together with "
			    "kind \"%s\"",
			    d->name, k->name);
	}
	if (d->partial && whose == 0)
		problem(b->ps, n->file, read_line(n, "partial"),
		    "disclosure \"%s\" may go in part, and no field of it says "
		    "whom it is about",
		    d->name);
}

static void
check_conditions(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	int64_t days;

	if (d->partial && d->consent == NULL)
		problem(b->ps, n->file, read_line(n, "partial"),
		    "disclosure \"%s\" asks for no consent: nobody can agree "
		    "to "
		    "a part",
		    d->name);
	if (d->urgent && !d->four_eyes)
		problem(b->ps, n->file, read_line(n, "urgent"),
		    "disclosure \"%s\" is urgent, and has no second signature "
		    "to wait for",
		    d->name);
	if (d->urgent && policy_figure(b->p, "urgent-second-signature-days",
			     &days, NULL) < 0)
		problem(b->ps, n->file, read_line(n, "urgent"),
		    "disclosure \"%s\" is urgent, and no figure "
		    "\"urgent-second-signature-days\" says until when",
		    d->name);
	if (d->four_eyes && policy_approval(b->p, "release") == NULL)
		problem(b->ps, n->file, read_line(n, "four-eyes"),
		    "disclosure \"%s\" asks for four eyes, and no approval "
		    "\"release\" says whose",
		    d->name);
}

/* Do both lists, of which an empty one is any, share a word? */
static int
share(const char *const *a, const char *const *b)
{
	if (a[0] == NULL || b[0] == NULL)
		return 1;
	for (; *a != NULL; a++)
		if (model_has(b, *a))
			return 1;
	return 0;
}

static int
is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Does a hold wherever b holds, as far as events go? */
static int
asks_no_more(const char *const *a, const char *const *b)
{
	for (; *a != NULL; a++)
		if (!model_has(b, *a))
			return 0;
	return 1;
}

/*
 * The same recipient, purpose, stage, answer and days: which one? A rule
 * that asks for more events may stand before one that asks for fewer.
 */
static void
check_one_rule(struct build *b, size_t i)
{
	const struct disclosure_rule *v = b->p->disclosures, *a = &v[i];
	const struct node *n = b->of[WORD_DISCLOSURE].v[i];
	size_t j;

	for (j = 0; j < i; j++)
		if (is_same(a->recipient, v[j].recipient) &&
		    is_same(a->purpose, v[j].purpose) &&
		    share(a->stages, v[j].stages) &&
		    (a->diagnosis & v[j].diagnosis) != 0 &&
		    asks_no_more(v[j].events, a->events) &&
		    build_meet(&a->when, &v[j].when))
			problem(b->ps, n->file, n->line,
			    "disclosure \"%s\" is for the same recipient, "
			    "purpose and days as \"%s\"",
			    a->name, v[j].name);
}

/* A block that is over before a rule begins, or names what is not there. */
static void
check_block(struct build *b, size_t i)
{
	const struct policy_block *v = &b->p->blocks[i];
	const struct node *n = b->of[WORD_BLOCK].v[i];
	const struct policy_event *ev;

	if (v->until_event == NULL)
		return;
	ev = policy_event(b->p, v->until_event);
	if (ev != NULL)
		check_named(b, n, "until-event", "event", v->until_event,
		    &v->when, &ev->when);
}

void
check_disclosure(struct build *b)
{
	const struct sections *s = &b->of[WORD_DISCLOSURE];
	const struct disclosure_rule *d;
	size_t i;

	for (i = 0; i < s->n; i++) {
		d = &b->p->disclosures[i];
		check_parties(b, s->v[i], d);
		check_consent(b, s->v[i], d);
		check_attached(b, s->v[i], d);
		check_fields(b, s->v[i], d);
		check_conditions(b, s->v[i], d);
		check_one_rule(b, i);
	}
	for (i = 0; i < b->p->nblocks; i++)
		check_block(b, i);
}
