/* The rights of the person: grounds, letters, what goes to one of several. */
#include "policy/build.h"

#include <string.h>

static int
build_grounds(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_GROUND];
	struct policy_ground *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].uses = read_bits(b, s->v[i], "for", names_ground_uses);
		read_window(b, s->v[i], &v[i].when);
		if (v[i].uses == 0)
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "ground \"%s\" is for nothing", v[i].name);
	}
	b->p->grounds = v;
	b->p->ngrounds = s->n;
	return 0;
}

/* Is needle in the text, lines being folded into one? A mention may run over
 * the end of a line. */
static int
is_said(const char *text, size_t n, const char *needle)
{
	size_t len = strlen(needle), at, i, j;

	for (at = 0; at < n; at++) {
		for (i = at, j = 0; i < n && j < len; i++, j++)
			if (text[i] != needle[j] &&
			    !(text[i] == '\n' && needle[j] == ' '))
				break;
		if (j == len)
			return 1;
	}
	return 0;
}

static void
check_mentions(struct build *b, const struct node *n,
    const struct policy_letter *l, const struct build_page *page)
{
	size_t i;

	for (i = 0; l->mentions[i] != NULL; i++)
		if (page->text != NULL &&
		    !is_said(page->text, page->n, l->mentions[i]))
			problem(b->ps, n->file, read_line(n, "mentions"),
			    "letter \"%s\" does not say \"%s\"", l->name,
			    l->mentions[i]);
	if (strcmp(l->name, POLICY_LETTER_REFUSAL) == 0 &&
	    i < POLICY_LETTER_MENTIONS)
		problem(b->ps, n->file, read_line(n, "mentions"),
		    "letter \"%s\" has fewer than %d mentions", l->name,
		    POLICY_LETTER_MENTIONS);
}

static int
build_letters(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_LETTER];
	struct policy_letter *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		struct build_page page = { 0 };

		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].mentions = read_list_must(b, s->v[i], "mentions");
		read_window(b, s->v[i], &v[i].when);
		if ((r = build_page(b, s->v[i], &page, e)) < 0)
			return r;
		v[i].version = page.version;
		v[i].text = page.text != NULL ? page.text : "";
		v[i].size = page.n;
		v[i].sha256 = page.sha256;
		check_mentions(b, s->v[i], &v[i], &page);
	}
	b->p->letters = v;
	b->p->nletters = s->n;
	return 0;
}

static void
check_paths(struct build *b, const struct node *n, const char *word,
    const struct policy_kind *k, const char *const *paths)
{
	size_t i;

	for (i = 0; paths[i] != NULL; i++)
		if (policy_field(k, paths[i]) == NULL)
			problem(b->ps, n->file, read_line(n, word),
			    "%s is no field of \"%s\"", paths[i], k->name);
}

static int
build_subjects(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_SUBJECT];
	const struct policy_kind *k;
	struct policy_subject *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].kind = read_title(b, s->v[i]);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].holder = read_list(b, s->v[i], "holder");
		v[i].others = read_list(b, s->v[i], "others");
		read_window(b, s->v[i], &v[i].when);
		if ((k = policy_kind(b->p, v[i].kind)) == NULL) {
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "unknown kind \"%s\"", v[i].kind);
			continue;
		}
		check_paths(b, s->v[i], "holder", k, v[i].holder);
		check_paths(b, s->v[i], "others", k, v[i].others);
	}
	b->p->subjects = v;
	b->p->nsubjects = s->n;
	return 0;
}

int
build_rights(struct build *b, struct err *e)
{
	int r;

	if ((r = build_grounds(b, e)) < 0 || (r = build_letters(b, e)) < 0)
		return r;
	return build_subjects(b, e);
}
