#include "policy/build.h"

#include <string.h>

#define FORMAT 1 /* of the language */

static const char *const words[WORD_COUNT] = {
	[WORD_PURPOSE] = "purpose",
	[WORD_ROLE] = "role",
	[WORD_KIND] = "kind",
	[WORD_RETENTION] = "retention",
	[WORD_ACCESS] = "access",
	[WORD_RECIPIENT] = "recipient",
	[WORD_ADAPT] = "adapt-recipient",
	[WORD_CONSENT] = "consent",
	[WORD_EVENT] = "event",
	[WORD_DISCLOSURE] = "disclosure",
	[WORD_BLOCK] = "block",
	[WORD_APPROVAL] = "approval",
	[WORD_FIGURE] = "figure",
	[WORD_MOMENT] = "moment",
	[WORD_DEADLINE] = "deadline",
	[WORD_GROUND] = "ground",
	[WORD_LETTER] = "letter",
	[WORD_SUBJECT] = "subject",
	[WORD_INTAKE] = "intake",
	[WORD_OPERATOR] = "operator",
	[WORD_PROCESSING] = "processing",
	[WORD_INDICATOR] = "indicator",
	[WORD_TRUST] = "trust",
	[WORD_SIGNING] = "signing",
	[WORD_PERSON] = "person",
	[WORD_LOAN] = "loan",
};

/* Titles are unique within a file already; here, over all of them. */
static void
check_unique(struct build *b, const struct sections *s)
{
	size_t i, j;

	for (i = 1; i < s->n; i++)
		for (j = 0; j < i; j++)
			if (s->v[i]->file != s->v[j]->file &&
			    strcmp(s->v[i]->title, s->v[j]->title) == 0)
				problem(b->ps, s->v[i]->file, s->v[i]->line,
				    "%s \"%s\" is already declared at %s:%d",
				    s->v[i]->word, s->v[i]->title,
				    s->v[j]->file, s->v[j]->line);
}

/* All sections of one word, in the order of the files. */
static int
gather(struct build *b, enum word w, struct node *const *files, size_t nfiles,
    struct err *e)
{
	struct sections *s = &b->of[w];
	size_t i, j, n = 0;

	for (i = 0; i < nfiles; i++)
		for (j = 0; j < files[i]->nsub; j++)
			n += strcmp(files[i]->sub[j].word, words[w]) == 0;
	s->v = arena_array(&b->p->arena, n, sizeof(*s->v), e);
	if (s->v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < nfiles; i++)
		for (j = 0; j < files[i]->nsub; j++)
			if (strcmp(files[i]->sub[j].word, words[w]) == 0)
				s->v[s->n++] = &files[i]->sub[j];
	check_unique(b, s);
	return 0;
}

static void
read_head(struct build *b, struct node *file, int is_first, int is_people)
{
	file->title = file->file; /* for the texts of problems */
	file->word = "file";
	(void)read_number_must(b, file, "format", FORMAT, FORMAT);
	if (is_first)
		b->p->version = (uint32_t)read_number_must(
		    b, file, "version", 1, UINT32_MAX);
	else if (!is_people && read_value(file, "version") != NULL)
		problem(b->ps, file->file, read_line(file, "version"),
		    "only the first file gives the version");
}

static int
build_named(struct build *b, enum word w, struct named **out, size_t *count,
    struct err *e)
{
	const struct sections *s = &b->of[w];
	struct named *v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	size_t i;

	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		read_source(b, s->v[i]);
		read_window(b, s->v[i], &v[i].when);
	}
	*out = v;
	*count = s->n;
	return 0;
}

static int
build_approvals(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_APPROVAL];
	struct policy_approval *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].what = read_title(b, s->v[i]);
		if (names_find(names_approvals, v[i].what) < 0)
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "nothing called \"%s\" is ever approved",
			    v[i].what);
		v[i].roles = read_names(b, s->v[i], "roles");
		v[i].count =
		    (uint32_t)read_number_must(b, s->v[i], "count", 1, 9);
		v[i].valid_days = (uint32_t)read_number_must(
		    b, s->v[i], "valid-days", 1, 366);
		v[i].opinions = read_names(b, s->v[i], "opinions");
		v[i].own = read_flag_must(b, s->v[i], "own");
		read_source(b, s->v[i]);
		read_window(b, s->v[i], &v[i].when);
	}
	b->p->approvals = v;
	b->p->napprovals = s->n;
	return 0;
}

int
build_meet(const struct policy_window *a, const struct policy_window *b)
{
	return a->from <= b->until && b->from <= a->until;
}

/* "NAME:WORD" succeeds NAME: never two of them on one day. */
static void
check_successor(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_FIGURE].v[i];
	const struct figure *v = b->p->figures;
	size_t j, len = strcspn(v[i].name, ":");

	for (j = 0; j < i; j++)
		if (strcspn(v[j].name, ":") == len &&
		    strncmp(v[i].name, v[j].name, len) == 0 &&
		    build_meet(&v[i].when, &v[j].when))
			problem(b->ps, n->file, n->line,
			    "figure \"%s\" is in force on days of \"%s\"",
			    v[i].name, v[j].name);
}

static int
build_figures(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_FIGURE];
	struct figure *v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	size_t i;

	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].value = (int64_t)read_number_must(
		    b, s->v[i], "value", 0, INT32_MAX);
		v[i].unit = read_word(b, s->v[i], "unit", names_units, -1);
		read_source(b, s->v[i]);
		read_window(b, s->v[i], &v[i].when);
	}
	b->p->figures = v;
	b->p->nfigures = s->n;
	for (i = 0; i < s->n; i++)
		check_successor(b, i);
	return 0;
}

static int
build_parts(struct build *b, struct err *e)
{
	struct policy *p = b->p;
	int r;

	if ((r = build_named(b, WORD_ROLE, &p->roles, &p->nroles, e)) < 0 ||
	    (r = build_named(b, WORD_PURPOSE, &p->purposes, &p->npurposes, e)) <
		0 ||
	    (r = build_kinds(b, e)) < 0 || (r = build_access(b, e)) < 0 ||
	    (r = build_recipients(b, e)) < 0 || (r = build_events(b, e)) < 0 ||
	    (r = build_disclosure(b, e)) < 0 || (r = build_blocks(b, e)) < 0 ||
	    (r = build_approvals(b, e)) < 0 || (r = build_figures(b, e)) < 0 ||
	    (r = build_rights(b, e)) < 0 || (r = build_moments(b, e)) < 0 ||
	    (r = build_intakes(b, e)) < 0 || (r = build_trust(b, e)) < 0)
		return r;
	if ((r = build_reports(b, e)) < 0)
		return r;
	return build_people(b, e);
}

int
build_policy(struct build *b, struct node *const *files, size_t nfiles,
    struct node *people, struct err *e)
{
	size_t i;
	int w, r;

	for (i = 0; i < nfiles; i++)
		read_head(b, files[i], i == 0, 0);
	if (people != NULL)
		read_head(b, people, 0, 1);
	for (w = 0; w < WORD_PERSON; w++)
		if ((r = gather(b, (enum word)w, files, nfiles, e)) < 0)
			return r;
	for (; people != NULL && w < WORD_COUNT; w++)
		if ((r = gather(b, (enum word)w, &people, 1, e)) < 0)
			return r;
	if ((r = build_parts(b, e)) < 0)
		return r;
	check_policy(b);
	return 0;
}
