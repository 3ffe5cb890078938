#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
tally_done(struct tally *t)
{
	free(t->v);
	*t = (struct tally){ 0 };
}

static void
add(struct tally *t, int32_t day, const char *code, const char *a,
    const char *b)
{
	int32_t month = life_month(day);
	struct tally_row *v;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].month == month && strcmp(t->v[i].code, code) == 0 &&
		    strcmp(t->v[i].a, a) == 0 && strcmp(t->v[i].b, b) == 0)
			break;
	if (i == t->cap) {
		t->cap = t->cap > 0 ? 2 * t->cap : 64;
		if ((v = realloc(t->v, t->cap * sizeof(*v))) == NULL)
			abort();
		t->v = v;
	}
	if (i == t->n) {
		v = &t->v[t->n++];
		memset(v, 0, sizeof(*v));
		v->month = month;
		snprintf(v->code, sizeof(v->code), "%s", code);
		snprintf(v->a, sizeof(v->a), "%s", a);
		snprintf(v->b, sizeof(v->b), "%s", b);
	}
	t->v[i].n++;
}

int64_t
tally_sum(const struct tally *t, int32_t first, int32_t last, const char *code,
    const char *a, const char *b)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].month >= first && t->v[i].month <= last &&
		    strcmp(t->v[i].code, code) == 0 &&
		    (a == NULL || strcmp(t->v[i].a, a) == 0) &&
		    (b == NULL || strcmp(t->v[i].b, b) == 0))
			sum += t->v[i].n;
	return sum;
}

/* How often it was done before, of this word (NULL: any). */
static int
before(const struct life *l, enum life_what what, const char *word)
{
	int i, n = 0;

	for (i = 0; i < l->nacts; i++)
		n += l->acts[i].done && l->acts[i].what == what &&
		     (word == NULL || strcmp(l->acts[i].word, word) == 0);
	return n;
}

/* Since it was received, or received again. */
static int32_t
received(const struct life *l)
{
	int32_t day = 0;
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].done && (l->acts[i].what == LIFE_OPEN ||
					   l->acts[i].what == LIFE_REOPEN))
			day = l->acts[i].day;
	return day;
}

/* The convention's classes of delays, in days. */
static void
add_delay(struct tally *t, const struct life *l, const struct life_act *a,
    const char *code)
{
	int32_t days = a->day - received(l);

	add(t, a->day, code,
	    days <= 7	 ? "0-7"
	    : days <= 15 ? "8-15"
	    : days <= 30 ? "16-30"
	    : days <= 90 ? "31-90"
			 : "91-plus",
	    "");
}

static void
file_act(struct tally *t, const struct life *l, const struct life_act *a)
{
	static const struct {
		const char *kind, *code, *delay;
	} counted[] = {
		{ "diagnostic", "diagnosis", "delay-diagnosis" },
		{ "contrat-engagement", "contract", "delay-contract" },
	};
	size_t i;

	/* Acts, each of them; households, each once. */
	if (strcmp(a->word, "controle-regularite") == 0)
		add(t, a->day, "act-checked", "", "");
	for (i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		if (strcmp(a->word, counted[i].kind) == 0 &&
		    before(l, LIFE_FILE, a->word) == 0) {
			add(t, a->day, counted[i].code, "", "");
			add_delay(t, l, a, counted[i].delay);
		}
}

/* They answered for the first time, if only to refuse. */
static void
contact_act(struct tally *t, const struct life *l, const struct life_act *a)
{
	add(t, a->day, "contact-attempt", a->channel, a->word);
	if ((a->what != LIFE_MEET && strcmp(a->word, "refus") != 0) ||
	    before(l, LIFE_MEET, NULL) > 0 ||
	    before(l, LIFE_ATTEMPT, "refus") > 0)
		return;
	add(t, a->day, "contacted", "", "");
	add_delay(t, l, a, "delay-first-contact");
}

/* They were met: at a contact, or when they were called again. */
static void
meeting_act(struct tally *t, const struct life *l, const struct life_act *a)
{
	if (strcmp(a->word, "rencontre") == 0 &&
	    before(l, LIFE_MEET, NULL) == 0 &&
	    before(l, LIFE_VEILLE, "rencontre") == 0)
		add(t, a->day, "met", "", "");
}

static const char *
device(const struct life *l, int doc)
{
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].what == LIFE_STEP && l->acts[i].doc == doc)
			return l->acts[i].word;
	return "";
}

void
tally_act(struct tally *t, const struct life *l, const struct life_act *a)
{
	switch (a->what) {
	case LIFE_OPEN:
		add(t, a->day, "received", l->source, "");
		break;
	case LIFE_REOPEN:
		add(t, a->day, "reopened", "", "");
		break;
	case LIFE_ATTEMPT:
	case LIFE_MEET:
		contact_act(t, l, a);
		meeting_act(t, l, a);
		break;
	case LIFE_VEILLE:
		meeting_act(t, l, a);
		add(t, a->day, "veille", a->word, "");
		break;
	case LIFE_REFUSE:
		if (before(l, LIFE_REFUSE, NULL) == 0)
			add(t, a->day, "refused", life_stage(l), "");
		break;
	case LIFE_FILE:
		file_act(t, l, a);
		break;
	case LIFE_STEP:
		add(t, a->day, "demarche", a->word, "");
		break;
	case LIFE_STEP_DONE:
		add(t, a->day, "demarche-outcome", device(l, a->doc), a->word);
		break;
	case LIFE_CLOSE:
		add(t, a->day, "closed", a->word, life_stage(l));
		add_delay(t, l, a, "delay-closing");
		break;
	default:
		break;
	}
}
