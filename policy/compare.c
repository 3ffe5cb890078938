#include "policy/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "policy/arena.h"
#include "policy/syntax.h"

/* One thing a policy says: a section that is there, or a value in it. */
struct saying {
	const char *section, *name, *inner, *inner_name, *word, *value;
};

/* All a policy says, sorted; and its sections in their own order. */
struct sayings {
	struct arena arena;
	struct saying *v;
	size_t n, room;
	struct saying *in_order;
	size_t nordered, order_room;
};

struct comparison {
	int (*each)(
	    void *arg, const struct policy_difference *d, struct err *e);
	void *arg;
};

/* Among these the first that fits decides. */
static const char *const ordered[] = { "access", "disclosure", "trust", NULL };

const char *
policy_difference_name(enum policy_difference_kind kind)
{
	static const char *const names[] = { "added", "removed", "changed",
		"moved" };

	return names[kind];
}

static void
sayings_done(struct sayings *s)
{
	free(s->v);
	free(s->in_order);
	arena_done(&s->arena);
}

/* --- what a policy says ----------------------------------------------- */

static int
push(struct saying **v, size_t *n, size_t *room, const struct saying *x,
    struct err *e)
{
	struct saying *more;

	if (*n == *room) {
		size_t want = *room == 0 ? 1024 : 2 * *room;

		more = reallocarray(*v, want, sizeof(**v));
		if (more == NULL)
			return err_set(e, ERR_NOMEM, "comparison");
		*v = more;
		*room = want;
	}
	(*v)[(*n)++] = *x;
	return 0;
}

static int
say(struct sayings *s, const struct saying *x, struct err *e)
{
	return push(&s->v, &s->n, &s->room, x, e);
}

static int
say_values(struct sayings *s, const struct node *n, const struct saying *at,
    struct err *e)
{
	struct saying x = *at;
	size_t i, j;
	int r;

	for (i = 0; i < n->nvalues; i++) {
		x.word = n->values[i].word;
		/* Of the language, not of these rules. */
		if (at->word == NULL && strcmp(x.section, "rules") == 0 &&
		    strcmp(x.word, "format") == 0)
			continue;
		for (j = 0; j < n->values[i].n; j++) {
			x.value = n->values[i].v[j];
			if ((r = say(s, &x, e)) < 0)
				return r;
		}
	}
	return 0;
}

static int
say_inner(struct sayings *s, const struct node *n, const struct saying *at,
    struct err *e)
{
	struct saying x = *at;
	int r;

	if (n->nsub > 0)
		return err_set(e, ERR_INTERNAL, "%s:%d: sections in %s",
		    n->file, n->line, n->word);
	x.inner = n->word;
	x.inner_name = n->title;
	if ((r = say(s, &x, e)) < 0)
		return r;
	return say_values(s, n, &x, e);
}

static int
say_section(struct sayings *s, const struct node *n, struct err *e)
{
	struct saying x = { n->word, n->title, "", "", "", NULL };
	size_t i;
	int r;

	if ((r = say(s, &x, e)) < 0 ||
	    (r = push(&s->in_order, &s->nordered, &s->order_room, &x, e)) < 0 ||
	    (r = say_values(s, n, &x, e)) < 0)
		return r;
	for (i = 0; i < n->nsub; i++)
		if ((r = say_inner(s, &n->sub[i], &x, e)) < 0)
			return r;
	return 0;
}

static int
say_sections(struct sayings *s, const struct policy_file *f,
    enum syntax_file what, int is_first, struct err *e)
{
	struct saying head = { "rules", is_first ? "" : f->name, "", "", NULL,
		NULL };
	struct problems ps = { .out = NULL };
	struct node *root = NULL;
	size_t i;
	int r;

	if ((r = syntax_parse(
		 what, f->name, f->p, f->n, &s->arena, &root, &ps, e)) < 0)
		return r;
	if (root == NULL)
		return err_set(e, ERR_INTERNAL, "%s", ps.first.text);
	if ((r = say_values(s, root, &head, e)) < 0)
		return r;
	for (i = 0; i < root->nsub; i++)
		if ((r = say_section(s, &root->sub[i], e)) < 0)
			return r;
	return 0;
}

static int
say_file(struct sayings *s, const struct policy_file *f, struct err *e)
{
	struct saying x = { "file", f->name, "", "", "", NULL };
	uint8_t digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = digest_of(DIGEST_SHA256, f->p, f->n, digest, e)) < 0 ||
	    (r = say(s, &x, e)) < 0)
		return r;
	hex_format(digest, sizeof(digest), hex);
	x.word = "sha256";
	if ((x.value = arena_copy(&s->arena, hex, e)) == NULL)
		return -ERR_NOMEM;
	return say(s, &x, e);
}

static int
is_conf(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".conf") == 0;
}

static int
by_place(const struct saying *a, const struct saying *b)
{
	int r;

	if ((r = strcmp(a->section, b->section)) != 0 ||
	    (r = strcmp(a->name, b->name)) != 0 ||
	    (r = strcmp(a->inner, b->inner)) != 0 ||
	    (r = strcmp(a->inner_name, b->inner_name)) != 0)
		return r;
	return strcmp(a->word, b->word);
}

static int
by_all(const void *p, const void *q)
{
	const struct saying *a = p, *b = q;
	int r = by_place(a, b);

	if (r != 0 || a->value == NULL || b->value == NULL)
		return r;
	return strcmp(a->value, b->value);
}

static int
say_all(struct sayings *s, const struct policy *p, struct err *e)
{
	const struct policy_file *f;
	size_t i, n = policy_files(p, &f), rules = 0;
	int r;

	for (i = 0; i < n; i++) {
		if (!is_conf(f[i].name))
			r = say_file(s, &f[i], e);
		else if (strcmp(f[i].name, "people.conf") == 0)
			r = say_sections(s, &f[i], SYNTAX_PEOPLE, 0, e);
		else
			r = say_sections(
			    s, &f[i], SYNTAX_RULES, rules++ == 0, e);
		if (r < 0)
			return r;
	}
	qsort(s->v, s->n, sizeof(*s->v), by_all);
	return 0;
}

/* --- differences ------------------------------------------------------ */

static int
tell(const struct comparison *c, enum policy_difference_kind kind,
    const struct saying *x, const char *from, const char *to, struct err *e)
{
	struct policy_difference d = {
		.kind = kind,
		.section = x->section,
		.name = x->name,
		.inner = x->inner[0] != '\0' ? x->inner : NULL,
		.inner_name = x->inner[0] != '\0' ? x->inner_name : NULL,
		.word = x->word[0] != '\0' ? x->word : NULL,
		.from = from,
		.to = to,
	};

	return c->each(c->arg, &d, e);
}

/* Values of one word, na of them in a and nb in b, both sorted. */
static int
compare_values(const struct comparison *c, const struct saying *a, size_t na,
    const struct saying *b, size_t nb, struct err *e)
{
	size_t i, j;
	int r;

	if (na == 1 && nb == 1 && a->value != NULL)
		return strcmp(a->value, b->value) == 0
			   ? 0
			   : tell(c, POLICY_CHANGED, a, a->value, b->value, e);
	for (i = 0, j = 0; i < na; i++) {
		while (j < nb && by_all(&b[j], &a[i]) < 0)
			j++;
		if ((j == nb || by_all(&b[j], &a[i]) != 0) &&
		    (r = tell(c, POLICY_REMOVED, &a[i], a[i].value, NULL, e)) <
			0)
			return r;
	}
	for (i = 0, j = 0; j < nb; j++) {
		while (i < na && by_all(&a[i], &b[j]) < 0)
			i++;
		if ((i == na || by_all(&a[i], &b[j]) != 0) &&
		    (r = tell(c, POLICY_ADDED, &b[j], NULL, b[j].value, e)) < 0)
			return r;
	}
	return 0;
}

/* How many from v on stand in the same place. */
static size_t
run(const struct saying *v, size_t n)
{
	size_t i = 1;

	while (i < n && by_place(&v[i], v) == 0)
		i++;
	return i;
}

static int
compare_sayings(const struct comparison *c, const struct sayings *a,
    const struct sayings *b, struct err *e)
{
	size_t i = 0, j = 0;
	int r;

	while (i < a->n || j < b->n) {
		int side = i == a->n   ? 1
			   : j == b->n ? -1
				       : by_place(&a->v[i], &b->v[j]);
		size_t na = side <= 0 ? run(&a->v[i], a->n - i) : 0;
		size_t nb = side >= 0 ? run(&b->v[j], b->n - j) : 0;

		if ((r = compare_values(c, a->v + i, na, b->v + j, nb, e)) < 0)
			return r;
		i += na;
		j += nb;
	}
	return 0;
}

/* --- order ------------------------------------------------------------ */

struct place {
	const char *name;
	size_t before; /* its position in the other policy */
	size_t longest, previous;
	int stays;
};

static const char *
name_before(const struct sayings *s, const char *section, const char *name)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < s->nordered; i++) {
		if (strcmp(s->in_order[i].section, section) != 0)
			continue;
		if (strcmp(s->in_order[i].name, name) == 0)
			break;
		last = s->in_order[i].name;
	}
	return last;
}

/* Sections of b that are in a as well, in b's order. */
static size_t
find_places(const struct sayings *a, const struct sayings *b,
    const char *section, struct place *out)
{
	size_t i, j, n = 0;

	for (j = 0; j < b->nordered; j++) {
		if (strcmp(b->in_order[j].section, section) != 0)
			continue;
		for (i = 0; i < a->nordered; i++)
			if (strcmp(a->in_order[i].section, section) == 0 &&
			    strcmp(a->in_order[i].name, b->in_order[j].name) ==
				0)
				break;
		if (i == a->nordered)
			continue;
		out[n].name = b->in_order[j].name;
		out[n++].before = i;
	}
	return n;
}

/*
 * The longest sequence that kept its order stays; the others moved. So one
 * rule that was carried elsewhere is one difference.
 */
static void
mark_stays(struct place *v, size_t n)
{
	size_t i, j, best = 0;

	for (i = 0; i < n; i++) {
		v[i].longest = 1;
		v[i].previous = n;
		for (j = 0; j < i; j++)
			if (v[j].before < v[i].before &&
			    v[j].longest + 1 > v[i].longest) {
				v[i].longest = v[j].longest + 1;
				v[i].previous = j;
			}
		if (v[i].longest > v[best].longest)
			best = i;
	}
	for (i = n > 0 ? best : n; i < n; i = v[i].previous)
		v[i].stays = 1;
}

static int
compare_order(const struct comparison *c, const struct sayings *a,
    const struct sayings *b, const char *section, struct err *e)
{
	struct saying x = { section, "", "", "", "after", NULL };
	AUTO(mem_freep) struct place *v = calloc(b->nordered + 1, sizeof(*v));
	size_t i, n;
	int r;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "comparison");
	n = find_places(a, b, section, v);
	mark_stays(v, n);
	for (i = 0; i < n; i++) {
		if (v[i].stays)
			continue;
		x.name = v[i].name;
		if ((r = tell(c, POLICY_MOVED, &x,
			 name_before(a, section, x.name),
			 name_before(b, section, x.name), e)) < 0)
			return r;
	}
	return 0;
}

int
policy_compare(const struct policy *a, const struct policy *b,
    int (*each)(void *arg, const struct policy_difference *d, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sayings_done) struct sayings of_a = { 0 }, of_b = { 0 };
	struct comparison c = { each, arg };
	const char *const *s;
	int r;

	if ((r = say_all(&of_a, a, e)) < 0 || (r = say_all(&of_b, b, e)) < 0 ||
	    (r = compare_sayings(&c, &of_a, &of_b, e)) < 0)
		return r;
	for (s = ordered; *s != NULL; s++)
		if ((r = compare_order(&c, &of_a, &of_b, *s, e)) < 0)
			return r;
	return 0;
}

static int
add_line(void *arg, const struct policy_difference *d, struct err *e)
{
	struct buf *out = arg;
	int r;

	if ((r = buf_addf(out, e, "%s %s", policy_difference_name(d->kind),
		 d->section)) < 0)
		return r;
	if ((d->name[0] != '\0' &&
		(r = buf_addf(out, e, " \"%s\"", d->name)) < 0) ||
	    (d->inner != NULL && (r = buf_addf(out, e, " %s \"%s\"", d->inner,
				      d->inner_name)) < 0) ||
	    (d->word != NULL && (r = buf_addf(out, e, " %s", d->word)) < 0) ||
	    (d->from != NULL &&
		(r = buf_addf(out, e, " \"%s\"", d->from)) < 0) ||
	    (d->from != NULL && d->to != NULL &&
		(r = buf_addstr(out, " ->", e)) < 0) ||
	    (d->to != NULL && (r = buf_addf(out, e, " \"%s\"", d->to)) < 0))
		return r;
	return buf_addstr(out, "\n", e);
}

int
policy_compare_text(const struct policy *a, const struct policy *b,
    struct buf *out, struct err *e)
{
	return policy_compare(a, b, add_line, out, e);
}
