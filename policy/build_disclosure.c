/* What goes to whom on which basis. */
#include "policy/build.h"

#include <string.h>

/* --- fields that go --------------------------------------------------- */

/* "diagnostic:dette.montant" -> kind and field; NULL: a problem. */
const struct policy_field *
build_source(struct build *b, const struct node *n, const char *word,
    const char *from, int line, const struct policy_kind **kind)
{
	char name[POLICY_NAME_MAX + 1];
	const char *colon = strchr(from, ':');
	const struct policy_field *f;
	size_t len = colon != NULL ? (size_t)(colon - from) : sizeof(name);

	if (len >= sizeof(name)) {
		problem(b->ps, n->file, line, "%s \"%s\" is not KIND:FIELD",
		    word, from);
		return NULL;
	}
	memcpy(name, from, len);
	name[len] = '\0';
	if ((*kind = policy_kind(b->p, name)) == NULL)
		problem(b->ps, n->file, line, "unknown kind in \"%s\"", from);
	else if ((f = policy_field(*kind, colon + 1)) != NULL)
		return f;
	else
		problem(b->ps, n->file, line, "unknown field in \"%s\"", from);
	return NULL;
}

/* Is "kind:path" on the rule's list of sensitive fields? */
static int
is_listed(const struct value *list, const char *kind, const char *path)
{
	size_t i, n = strlen(kind);

	for (i = 0; list != NULL && i < list->n; i++)
		if (strncmp(list->v[i], kind, n) == 0 && list->v[i][n] == ':' &&
		    strcmp(list->v[i] + n + 1, path) == 0)
			return 1;
	return 0;
}

/*
 * Creditors must not learn of a surendettement filing before it is
 * admissible (L721-3 C. conso.), and the landlord is one: what faces the
 * landlord gets nothing sensitive, listed or not.
 */
static int
faces_landlord(const struct build *b, const struct node *rule)
{
	const struct value *v = read_value(rule, "recipient");
	const struct policy_recipient *r;

	r = v != NULL ? policy_recipient(b->p, v->v[0]) : NULL;
	return r != NULL && r->landlord_facing;
}

static void
check_label(struct build *b, const struct node *rule, const struct node *n,
    const struct policy_kind *k, const struct policy_field *f)
{
	const struct value *list = read_value(rule, "sensitive");
	const char *why = NULL;

	if (f->label == LABEL_NEVER)
		why = "never disclosed";
	else if (f->label == LABEL_ORDINARY)
		return;
	else if (faces_landlord(b, rule))
		why = "sensitive, to one who faces the landlord";
	else if (!is_listed(list, k->name, f->path))
		why = "sensitive and not on its list";
	if (why != NULL)
		problem(b->ps, n->file, n->line,
		    "disclosure \"%s\" would give %s:%s, which is %s",
		    rule->title, k->name, f->path, why);
}

/* A group or list takes all under it along: each is looked at. */
static void
check_labels(struct build *b, const struct node *rule, const struct node *n,
    const struct policy_kind *k, const char *top)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (model_is_at_or_under(k->fields[i].path, top))
			check_label(b, rule, n, k, &k->fields[i]);
}

/* One field of a list's items would lose which item it is of. */
static void
check_not_in_list(struct build *b, const struct node *n,
    const struct policy_kind *k, const struct policy_field *f)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (k->fields[i].type == FIELD_LIST && &k->fields[i] != f &&
		    model_is_at_or_under(f->path, k->fields[i].path))
			problem(b->ps, n->file, n->line,
			    "%s:%s is inside a list: disclose the list",
			    k->name, f->path);
}

/* A role of an adult of the case; NULL: the household's. */
static const char *
read_person(struct build *b, const struct node *n, const char *word)
{
	if (read_value(n, word) == NULL)
		return NULL;
	return names_persons[read_word(b, n, word, names_persons, -1)];
}

static void
read_disclosed(struct build *b, const struct node *rule, const struct node *n,
    struct disclosed_field *d)
{
	const struct policy_kind *k = NULL;
	const struct policy_field *f;
	const char *from = read_text(b, n, "from", 1);

	d->label = n->title;
	d->kind = d->path = "";
	d->title = read_text(b, n, "title", 0);
	d->about = read_person(b, n, "about");
	if (!names_is_path(n->title))
		problem(
		    b->ps, n->file, n->line, "\"%s\" is not a path", n->title);
	if (*from == '\0' || (f = build_source(b, n, "from", from,
				  read_line(n, "from"), &k)) == NULL)
		return;
	d->kind = k->name;
	d->path = f->path;
	if (*d->title == '\0')
		d->title = f->title;
	check_not_in_list(b, n, k, f);
	check_labels(b, rule, n, k, f->path);
}

/* Two members of one extract may not lie one under the other. */
static void
check_members(struct build *b, const struct node *rule)
{
	size_t i, j;

	for (i = 0; i < rule->nsub; i++)
		for (j = 0; j < rule->nsub; j++)
			if (i != j && model_is_at_or_under(rule->sub[i].title,
					  rule->sub[j].title))
				problem(b->ps, rule->file, rule->sub[i].line,
				    "member \"%s\" lies under \"%s\"",
				    rule->sub[i].title, rule->sub[j].title);
}

/* The list of sensitive fields names only what the rule gives. */
static void
check_sensitive(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	const struct value *v = read_value(n, "sensitive");
	const struct policy_kind *k;
	const struct policy_field *f;
	size_t i, j;

	for (i = 0; v != NULL && i < v->n; i++) {
		f = build_source(b, n, "sensitive", v->v[i], v->lines[i], &k);
		if (f == NULL)
			continue;
		for (j = 0; j < d->nfields; j++)
			if (strcmp(d->fields[j].kind, k->name) == 0 &&
			    model_is_at_or_under(f->path, d->fields[j].path))
				break;
		if (j == d->nfields || f->label != LABEL_SENSITIVE)
			problem(b->ps, n->file, v->lines[i],
			    "\"%s\" is not a sensitive field that disclosure "
			    "\"%s\" gives",
			    v->v[i], n->title);
	}
}

static int
read_disclosed_all(struct build *b, const struct node *n,
    struct disclosure_rule *d, struct err *e)
{
	struct disclosed_field *v;
	size_t i;

	v = arena_array(&b->p->arena, n->nsub, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < n->nsub; i++)
		read_disclosed(b, n, &n->sub[i], &v[i]);
	d->fields = v;
	d->nfields = n->nsub;
	if (n->nsub == 0 && d->attach[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "disclosure \"%s\" gives nothing", n->title);
	check_members(b, n);
	check_sensitive(b, n, d);
	return 0;
}

/* What a rule would be wider without. */
static void
must_list(struct build *b, const struct node *n, const char *word)
{
	if (read_value(n, word) == NULL)
		problem(b->ps, n->file, n->line,
		    "%s \"%s\" does not say its %s", n->word, n->title, word);
}

static int
read_disclosure(struct build *b, const struct node *n,
    struct disclosure_rule *d, struct err *e)
{
	d->name = read_title(b, n);
	d->title = read_text(b, n, "title", 1);
	d->recipient = read_name(b, n, "recipient", 1);
	d->purpose = read_name(b, n, "purpose", 1);
	d->basis = read_text(b, n, "basis", 1);
	d->citation = read_text(b, n, "source", 1);
	d->consent = read_name(b, n, "consent", 1);
	if (d->consent != NULL && strcmp(d->consent, "none") == 0)
		d->consent = NULL;
	d->attach = read_names(b, n, "attach");
	d->stages = read_words_or_none(b, n, "stages", names_stages);
	d->events = read_names_or_none(b, n, "events");
	d->channels = read_words(b, n, "channels", names_channels);
	d->diagnosis = read_bits(b, n, "diagnosis", names_diagnosis);
	d->expires_days =
	    (uint32_t)read_number_must(b, n, "expires-days", 1, 366);
	d->four_eyes = read_flag_must(b, n, "four-eyes");
	d->urgent = read_flag(b, n, "urgent");
	d->partial = read_flag(b, n, "partial");
	d->despite_objection = read_flag(b, n, "despite-objection");
	read_window(b, n, &d->when);
	must_list(b, n, "diagnosis");
	must_list(b, n, "channels");
	return read_disclosed_all(b, n, d, e);
}

int
build_disclosure(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_DISCLOSURE];
	struct disclosure_rule *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	b->p->disclosures = v;
	b->p->ndisclosures = s->n;
	for (i = 0; i < s->n; i++)
		if ((r = read_disclosure(b, s->v[i], &v[i], e)) < 0)
			return r;
	return 0;
}
