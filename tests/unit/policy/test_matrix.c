/*
 * Who gets what, cell by cell: every recipient, purpose, answer to the
 * diagnosis, stage, state of the case, state of consents, event that counts
 * and day around the change of the law, against matrix.txt, which matrix.py
 * wrote from the domain without having seen the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define LISTS_MAX 128
#define COLUMNS 10
#define CONSENTS 5
#define DAY 20780  /* 2026-11-23 */
#define LAST 20818 /* 2026-12-31 */

static const char *const consent_words[] = { "none", "titulaire", "other",
	"all", "elsewhere" };
static const char *const states[] = { "open", "closed", "restricted",
	"erased" };
static const int32_t days[] = { DAY, LAST, LAST + 1 };

struct matrix {
	struct rules *r;
	char *lists[LISTS_MAX]; /* fields, by number */
	size_t rows, cells, allowed;
	struct seen {
		const char *recipient, *purpose;
	} seen[64];
	size_t nseen;
};

static size_t
split(char *line, char *out[COLUMNS])
{
	size_t n = 0;
	char *save = NULL, *p;

	for (p = strtok_r(line, " ", &save); p != NULL && n < COLUMNS;
	     p = strtok_r(NULL, " ", &save))
		out[n++] = p;
	return n;
}

/* Is word one of list, whose words stand between blanks or commas? */
static int
holds(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || strchr(" ,", p[-1]) != NULL) &&
		    strchr(" ,", p[n]) != NULL)
			return 1;
	return 0;
}

static size_t
count_words(const char *list)
{
	size_t n = strcmp(list, "-") != 0;

	for (; *list != '\0'; list++)
		n += *list == ' ';
	return n;
}

/* All consents of the rules, or all but those of this recipient, or only
 * those. */
static void
choose_consents(struct matrix *m, const char *recipient, int mine, int others,
    const char *out[32])
{
	const struct policy_consent *c;
	size_t i, k = 0, n = policy_consents(m->r->p, &c);
	int is_mine;

	for (i = 0; i < n; i++) {
		is_mine = c[i].recipient != NULL &&
			  strcmp(c[i].recipient, recipient) == 0;
		if (is_mine ? mine : others)
			out[k++] = c[i].purpose;
	}
	out[k] = NULL;
}

struct household {
	const char *none[32], *his[32], *theirs[32];
	struct disclosure_adult adults[2];
};

static void
ask_household(struct matrix *m, struct disclosure_facts *f, struct household *h,
    size_t consent)
{
	const char *word = consent_words[consent];
	int mine = strcmp(word, "none") != 0 && strcmp(word, "elsewhere") != 0;

	choose_consents(m, f->recipient, 0, 0, h->none);
	choose_consents(
	    m, f->recipient, mine, strcmp(word, "elsewhere") == 0, h->his);
	choose_consents(m, f->recipient, strcmp(word, "all") == 0,
	    strcmp(word, "elsewhere") == 0, h->theirs);
	h->adults[0] = (struct disclosure_adult){ "titulaire", h->his };
	h->adults[1] = (struct disclosure_adult){ "occupant", h->theirs };
	if (strcmp(word, "other") == 0) {
		h->adults[0].consents = h->none;
		h->adults[1].consents = h->his;
	}
	f->adults = h->adults;
	f->nadults = 2;
	f->consents = h->theirs; /* what both gave */
}

static int
has(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return 1;
	return 0;
}

static char
letter_of(const struct disclosure_decision *d, const struct disclosure_facts *f)
{
	if (!d->allowed)
		return strcmp(d->tag, "no-rule") == 0 ? 'n' : d->tag[0];
	return d->rule->consent == NULL || has(f->consents, d->rule->consent)
		   ? 'a'
		   : 'p';
}

/* Exactly these fields go, no more and no less. */
static void
compare_fields(struct matrix *m, const struct disclosure_facts *f,
    const struct disclosure_rule *rule, const char *want, const char *where)
{
	size_t i, given = 0;
	char path[256];

	for (i = 0; i < rule->nfields; i++) {
		const struct disclosed_field *x = &rule->fields[i];
		int goes = policy_field_verdict(m->r->p, f, rule, x, NULL) ==
			   FIELD_GIVEN;

		snprintf(path, sizeof(path), "%s:%s", x->kind, x->path);
		if (goes != holds(want, path))
			fail_msg("%s: %s %s", where, path,
			    goes ? "goes, and must not" : "does not go");
		given += (size_t)goes;
	}
	if (given != count_words(want))
		fail_msg("%s: %zu fields go, not %zu", where, given,
		    count_words(want));
}

static void
compare_cell(struct matrix *m, const struct disclosure_facts *f,
    char *const column[COLUMNS], char want, const char *where)
{
	const char *rule = column[f->day > LAST ? 7 : 6], *fields;
	struct disclosure_decision d;
	char got;

	policy_disclose(m->r->p, f, &d);
	got = letter_of(&d, f);
	m->cells++;
	if (got != want)
		fail_msg("%s: wanted %c, got %c: %s", where, want, got, d.why);
	/* Where not even the stage or the answer fits, any rule may tell so. */
	if (strchr("sd", got) == NULL &&
	    (d.rule == NULL || strcmp(d.rule->name, rule) != 0))
		fail_msg("%s: rule %s, not %s", where,
		    d.rule != NULL ? d.rule->name : "(none)", rule);
	if (!d.allowed)
		return;
	m->allowed++;
	fields = m->lists[strtoul(column[got == 'a' ? 8 : 9], NULL, 10)];
	compare_fields(m, f, d.rule, fields != NULL ? fields : "-", where);
}

static void
ask_states(struct matrix *m, struct disclosure_facts *f,
    char *const column[COLUMNS], char want)
{
	struct disclosure_decision d;
	char where[512];
	size_t s, t;

	for (s = 0; s < NELEMS(states); s++)
		for (t = 0; t < NELEMS(days); t++) {
			f->case_state = states[s];
			f->day = days[t];
			snprintf(where, sizeof(where),
			    "%s %s %s %s after %s%s, case %s, day %d",
			    column[0], column[1], column[2], column[3],
			    column[4], f->objection ? ", objection" : "",
			    states[s], f->day);
			if (s < 2) {
				compare_cell(m, f, column, want, where);
				continue;
			}
			policy_disclose(m->r->p, f, &d);
			m->cells++;
			if (d.allowed ||
			    strcmp(d.tag,
				s == 2 ? "case-restricted" : "no-rule") != 0)
				fail_msg("%s: not refused", where);
		}
}

static void
split_events(char *text, const char *out[8])
{
	size_t n = 0;
	char *save = NULL, *p;

	if (strcmp(text, "-") != 0)
		for (p = strtok_r(text, ",", &save); p != NULL && n < 7;
		     p = strtok_r(NULL, ",", &save))
			out[n++] = p;
	out[n] = NULL;
}

static void
ask_row(struct matrix *m, char *line)
{
	static const char *const answers[] = { "unknown", "accepted",
		"refused" };
	char *column[COLUMNS], events_text[128];
	const char *events[8];
	struct disclosure_facts f = { 0 };
	struct household h;
	size_t i;

	assert_int_equal(split(line, column), COLUMNS);
	assert_int_equal(strlen(column[5]), 2 * CONSENTS);
	f.recipient = column[0];
	f.purpose = column[1];
	f.stage = strcmp(column[2], "none") != 0 ? column[2] : NULL;
	for (i = 0; strcmp(answers[i], column[3]) != 0; i++)
		;
	f.diagnosis = (enum policy_diagnosis)i;
	snprintf(events_text, sizeof(events_text), "%s", column[4]);
	split_events(events_text, events);
	f.events = events;
	for (i = 0; i < (size_t)2 * CONSENTS; i++) {
		ask_household(m, &f, &h, i % CONSENTS);
		f.objection = i >= CONSENTS;
		ask_states(m, &f, column, column[5][i]);
	}
	m->rows++;
	for (i = 0; i < m->nseen; i++)
		if (strcmp(m->seen[i].recipient, column[0]) == 0 &&
		    strcmp(m->seen[i].purpose, column[1]) == 0)
			return;
	assert_true(m->nseen < NELEMS(m->seen));
	m->seen[m->nseen++] = (struct seen){ column[0], column[1] };
}

static int
is_in_the_matrix(
    const struct matrix *m, const char *recipient, const char *purpose)
{
	size_t i;

	for (i = 0; i < m->nseen; i++)
		if (strcmp(m->seen[i].recipient, recipient) == 0 &&
		    strcmp(m->seen[i].purpose, purpose) == 0)
			return 1;
	return 0;
}

/* What the matrix does not name goes nowhere, whatever else holds. */
static void
ask_what_is_not_there(struct matrix *m)
{
	static const char *const recipients[] = { "ccapex", "caf",
		"banque-de-france", "conseil-departemental", "tribunal",
		"locataire", "bailleur", "fsl", "siao", "commission-dalo",
		"action-logement", "operateur", "prefet", "assureur", "dihal",
		"*", "" };
	static const char *const purposes[] = { "accompagnement",
		"maintien-aide-logement", "examen-ccapex",
		"traitement-surendettement", "exercice-des-droits",
		"preuve-contentieux", "controle-interne", "pilotage",
		"coordination-sociale", "instance-judiciaire",
		"mediation-bailleur", "aide-fsl", "hebergement", "recours-dalo",
		"aide-action-logement", "relais-operateur", "decompte",
		"curiosite", "*", "" };
	static const char *const events[] = { "assignation",
		"concours-force-publique", "recevabilite", NULL };
	struct disclosure_decision d;
	struct household h;
	size_t i, j, k;

	for (i = 0; i < NELEMS(recipients); i++)
		for (j = 0; j < NELEMS(purposes); j++)
			for (k = 0; k < 12; k++) {
				struct disclosure_facts f = { .recipient =
								  recipients[i],
					.purpose = purposes[j],
					.stage = k % 2 ? "amont" : "aval",
					.case_state = "open",
					.diagnosis =
					    (enum policy_diagnosis)(k % 3),
					.events = k < 6 ? events : NULL,
					.day = DAY };

				if (is_in_the_matrix(
					m, recipients[i], purposes[j]))
					continue;
				ask_household(m, &f, &h, 3);
				policy_disclose(m->r->p, &f, &d);
				m->cells++;
				if (d.allowed)
					fail_msg("%s gets something for %s",
					    recipients[i], purposes[j]);
			}
}

static void
every_cell_is_what_the_domain_says(void **state)
{
	struct matrix m = { .r = *state };
	AUTO(buf_done) struct buf text = { 0 };
	char *line, *save = NULL, *rest, *whole;
	unsigned long n;

	rules_source("tests/unit/policy/matrix.txt", &text);
	assert_int_equal(buf_add(&text, "", 1, NULL), 0);
	whole = (char *)text.p;
	for (line = strtok_r(whole, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		if (*line != '=') {
			ask_row(&m, line);
			continue;
		}
		n = strtoul(line + 2, &rest, 10);
		assert_true(n > 0 && n < LISTS_MAX && *rest == ' ');
		m.lists[n] = rest + 1;
	}
	ask_what_is_not_there(&m);
	print_message("%zu rows, %zu cells, %zu of them allow\n", m.rows,
	    m.cells, m.allowed);
	assert_true(m.rows > 1000 && m.allowed > 1000);
}

/* Whatever may be disclosed for a purpose, somebody may release for it. */
static void
every_purpose_can_be_released_for(void **state)
{
	struct rules *r = *state;
	const struct disclosure_rule *rule;
	struct principal who = { .account = "a",
		.role = "caseworker",
		.team = "nord",
		.organisation = "asso" };
	struct access_facts f = { .who = &who,
		.op = OP_EXTRACT_RELEASE,
		.team = "nord",
		.organisation = "asso",
		.case_state = "open",
		.day = DAY };
	struct decision d;
	size_t i, n = policy_disclosures(r->p, &rule);

	for (i = 0; i < n; i++) {
		f.purpose = rule[i].purpose;
		policy_authorize(r->p, &f, &d);
		if (!d.allowed)
			fail_msg("%s: %s", rule[i].name, d.why);
	}
}

#define S(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rules_setup_shipped, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		S(every_cell_is_what_the_domain_says),
		S(every_purpose_can_be_released_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
