/* Generating. */
#include "life.h"

#include <stdlib.h>
#include <string.h>

struct dice {
	uint64_t x;
};

/* splitmix64 (Steele, Lea, Flood, 2014). */
static uint32_t
roll(struct dice *g, uint32_t sides)
{
	uint64_t z = g->x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % sides);
}

static int
in_ten(struct dice *g, uint32_t n)
{
	return roll(g, 10) < n;
}

#define PICK(g, list) list[roll(g, sizeof(list) / sizeof(list[0]))]

static struct life_act *
act(struct life *l, int32_t day, enum life_what what, const char *word, int doc)
{
	struct life_act *a = &l->acts[l->nacts];

	if (l->nacts++ == LIFE_ACTS)
		abort();
	*a = (struct life_act){ day, day, what, word, NULL, doc, 0 };
	return a;
}

static int
doc(struct life *l, const char *kind)
{
	if (l->ndocs == LIFE_DOCS)
		abort();
	l->docs[l->ndocs] = (struct life_doc){
		.kind = kind, .filed = LIFE_NOT_YET, .gone = LIFE_NOT_YET
	};
	return l->ndocs++;
}

static void
file(struct life *l, int32_t day, const char *kind)
{
	act(l, day, LIFE_FILE, kind, doc(l, kind));
}

static void
contact(struct life *l, struct dice *g, int32_t day, enum life_what what,
    const char *result)
{
	static const char *const channels[] = { "visite", "visite", "telephone",
		"courrier", "rendez-vous" };
	struct life_act *a;

	a = act(l, day, what, result,
	    doc(l, what == LIFE_VEILLE ? "veille" : "contact"));
	a->channel = PICK(g, channels);
	/* Written down some days later, now and then. */
	if (in_ten(g, 3))
		a->said = day - (int32_t)roll(g, 30);
}

static void
attempt(struct life *l, struct dice *g, int32_t day)
{
	static const char *const results[] = { "absent", "message-laisse",
		"sans-reponse", "refus" };

	contact(l, g, day, LIFE_ATTEMPT, PICK(g, results));
}

/* By the kind of act, so that what opens a case comes first on its day. */
static int
by_day(const void *a, const void *b)
{
	const struct life_act *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int32_t
last_of(const struct life *l)
{
	int32_t last = 0;
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].day > last)
			last = l->acts[i].day;
	return last;
}

static void
nobody_answers(struct life *l, struct dice *g, int32_t from)
{
	int32_t d = from;
	int i, n = 1 + (int)roll(g, 3);

	for (i = 0; i < n; i++) {
		d += 3 + (int32_t)roll(g, 20);
		attempt(l, g, d);
	}
	if (in_ten(g, 5))
		act(l, d + 5 + (int32_t)roll(g, 60), LIFE_CLOSE, "injoignable",
		    -1);
}

/* Meetings, missed ones, calls after them. */
static int32_t
follow(struct life *l, struct dice *g, int32_t from)
{
	int i, n = (int)roll(g, 6);

	for (i = 0; i < n; i++) {
		from += 8 + (int32_t)roll(g, 60);
		if (in_ten(g, 2))
			attempt(l, g, from);
		else if (in_ten(g, 3))
			contact(l, g, from, LIFE_VEILLE,
			    in_ten(g, 5) ? "rencontre" : "sans-reponse");
		else
			contact(l, g, from, LIFE_MEET, "rencontre");
	}
	return from;
}

static void
procedure(struct life *l, struct dice *g, int32_t met, int32_t last)
{
	int32_t d = met + (int32_t)roll(g, 60);

	file(l, d, "acte");
	file(l, d + 2, "controle-regularite");
	if (in_ten(g, 5))
		return;
	act(l, d + 20, LIFE_EVENT, "assignation", -1)->said -=
	    (int32_t)roll(g, 20);
	if (in_ten(g, 5)) {
		file(l, d + 21, "acte");
		file(l, d + 24, "controle-regularite");
	}
	if (in_ten(g, 7))
		act(l,
		    (d + 20 > last ? d + 20 : last) + 30 +
			(int32_t)roll(g, 500),
		    LIFE_EVENT, "decision-definitive", -1)
		    ->said -= (int32_t)roll(g, 20);
}

static void
steps(struct life *l, struct dice *g, int32_t met)
{
	static const char *const devices[] = { "fsl", "dalo", "surendettement",
		"siao", "action-logement" };
	static const char *const decisions[] = { "accord", "refus",
		"accord-partiel" };
	int i, n = 1 + (int)roll(g, 3), made;
	int32_t d;

	for (i = 0; i < n; i++) {
		d = met + 1 + (int32_t)roll(g, 30);
		made = doc(l, "demarche");
		act(l, d, LIFE_STEP, PICK(g, devices), made);
		if (in_ten(g, 8))
			act(l, d + 10 + (int32_t)roll(g, 120), LIFE_STEP_DONE,
			    PICK(g, decisions), made);
	}
	file(l, met + 2, "piece");
	if (in_ten(g, 3))
		file(l, met + 20 + (int32_t)roll(g, 150), "piece");
}

static void
papers(struct life *l, struct dice *g, int32_t met)
{
	file(l, met, "diagnostic");
	if (in_ten(g, 5))
		file(l, met, "notice-art14");
	if (in_ten(g, 6))
		file(l, met + 1, "contrat-engagement");
	if (in_ten(g, 5))
		file(l, met + 1, "consentement");
	if (in_ten(g, 5) &&
	    strcmp(l->acts[l->nacts - 1].word, "consentement") == 0)
		act(l, met + 1, LIFE_CONSENT, "partage:caf", l->ndocs - 1);
	if (!in_ten(g, 3))
		return;
	file(l, met + 3, "plan-apurement");
	if (in_ten(g, 6))
		act(l, met + 3 + (int32_t)roll(g, 3), LIFE_EVENT,
		    "derniere-echeance", -1)
		    ->said += (int32_t)roll(g, 900);
}

static void
end(struct life *l, struct dice *g)
{
	static const char *const outcomes[] = { "maintenu", "reloge",
		"expulse" };

	/* After everything that must find the case open. */
	if (in_ten(g, 7))
		act(l, last_of(l) + 1 + (int32_t)roll(g, 90), LIFE_CLOSE,
		    PICK(g, outcomes), -1)
		    ->said -= in_ten(g, 3) ? 1 : 0;
}

static void
somebody_answers(struct life *l, struct dice *g, int32_t from)
{
	int32_t met = from + 3 + (int32_t)roll(g, 40), last;

	/* Now and then nobody writes down that they met. */
	if (roll(g, 100) < 95)
		contact(l, g, met, LIFE_MEET, "rencontre");
	if (in_ten(g, 1)) {
		act(l, met + 1, LIFE_REFUSE, "ne-souhaite-pas", -1);
		return;
	}
	papers(l, g, met);
	last = follow(l, g, met);
	if (in_ten(g, 4))
		procedure(l, g, met, last);
	if (in_ten(g, 5))
		steps(l, g, met);
	if (in_ten(g, 3))
		act(l, last + 1 + (int32_t)roll(g, 100), LIFE_EVENT,
		    "fin-contrat", -1)
		    ->said += (int32_t)roll(g, 300);
	end(l, g);
}

static void
hold(struct life *l, struct dice *g, int32_t from)
{
	int32_t d = from + 30 + (int32_t)roll(g, 600);

	act(l, d, LIFE_HOLD, "litige",
	    l->ndocs > 0 && in_ten(g, 4) ? (int)roll(g, (uint32_t)l->ndocs)
					 : LIFE_ALL);
	if (in_ten(g, 7))
		act(l, d + 60 + (int32_t)roll(g, 700), LIFE_RELEASE, "", -1);
}

static void
restriction(struct life *l, struct dice *g, int32_t from)
{
	int32_t d = from + 30 + (int32_t)roll(g, 600);

	act(l, d, LIFE_RESTRICT, "exactitude-contestee", -1);
	if (in_ten(g, 8))
		act(l, d + 20 + (int32_t)roll(g, 500), LIFE_LIFT, "", -1);
}

/* On the list of another year. */
static void
again(struct life *l, struct dice *g)
{
	int32_t d = last_of(l) + 100 + (int32_t)roll(g, 900);

	act(l, d, LIFE_REOPEN, "", -1);
	if (in_ten(g, 4))
		nobody_answers(l, g, d);
	else
		somebody_answers(l, g, d);
}

void
life_make(
    uint64_t seed, uint32_t n, int32_t first, int32_t last, struct life *out)
{
	static const char *const sources[] = { "ccapex", "ccapex", "ccapex",
		"service-social", "caf", "mairie" };
	struct dice g = { seed + n * UINT64_C(0xd1342543de82ef95) };
	int32_t opened = first + (int32_t)roll(&g, (uint32_t)(last - first));

	memset(out, 0, sizeof(*out));
	out->n = n;
	out->gone = out->consents_gone = LIFE_NOT_YET;
	out->source = PICK(&g, sources);
	act(out, opened, LIFE_OPEN, "", -1);
	if (roll(&g, 100) < 15)
		nobody_answers(out, &g, opened);
	else
		somebody_answers(out, &g, opened);
	if (roll(&g, 100) < 8)
		again(out, &g);
	if (roll(&g, 100) < 6)
		hold(out, &g, opened);
	else if (roll(&g, 100) < 5)
		restriction(out, &g, opened);
	if (roll(&g, 100) < 5)
		act(out, opened + 20 + (int32_t)roll(&g, 300), LIFE_ASK,
		    "access", -1);
	if (roll(&g, 100) < 3)
		act(out, opened + 30 + (int32_t)roll(&g, 900), LIFE_ERASE,
		    "RGPD art. 17(1)(b)", -1);
	qsort(out->acts, (size_t)out->nacts, sizeof(out->acts[0]), by_day);
}
