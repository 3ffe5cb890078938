/* Moments of a case, and what somebody has to do by some day after one. */
#include "policy/build.h"

#include <string.h>

#define RECORDS_MAX 32 /* sections "record" of one moment */

/* --- moments ---------------------------------------------------------- */

/* The field of a record, of this type and outside of lists; NULL: a problem.
 * A list has several values of it, and none of them is the record's. */
static const struct policy_field *
find_field(struct build *b, const struct node *n, const char *word,
    const struct policy_kind *k, const char *path, enum field_type type)
{
	const struct policy_field *f = policy_field(k, path);
	size_t i;

	if (f == NULL || f->type != type) {
		problem(b->ps, n->file, read_line(n, word),
		    "\"%s\" is no %s of kind \"%s\"", path, names_types[type],
		    k->name);
		return NULL;
	}
	for (i = 0; i < k->nfields; i++)
		if (k->fields[i].type == FIELD_LIST &&
		    model_is_at_or_under(path, k->fields[i].path)) {
			problem(b->ps, n->file, read_line(n, word),
			    "%s:%s is inside a list", k->name, path);
			return NULL;
		}
	return f;
}

static void
read_values(struct build *b, const struct node *n,
    struct policy_moment_source *v, const struct policy_kind *k)
{
	const struct policy_field *f =
	    find_field(b, n, "record", k, v->path, FIELD_CODE);
	size_t i;

	if (v->values[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "record \"%s\" does not say which values", n->title);
	for (i = 0; f != NULL && v->values[i] != NULL; i++)
		if (!model_has(f->values, v->values[i]))
			problem(b->ps, n->file, read_line(n, "values"),
			    "\"%s\" is not a value that %s can have",
			    v->values[i], n->title);
}

/* "KIND", or "KIND:PATH" of a code with the values that count. */
static int
read_record(struct build *b, const struct node *n,
    struct policy_moment_source *v, struct err *e)
{
	char *name = (char *)arena_copy(&b->p->arena, n->title, e);
	const struct policy_kind *k;
	char *colon;

	if (name == NULL)
		return -ERR_NOMEM;
	if ((colon = strchr(name, ':')) != NULL) {
		*colon = '\0';
		v->path = colon + 1;
	}
	v->kind = name;
	v->values = read_names(b, n, "values");
	v->date = read_name(b, n, "date", 1);
	if (v->date != NULL && strcmp(v->date, "none") == 0)
		v->date = NULL; /* the day of filing */
	if ((k = policy_kind(b->p, name)) == NULL || !k->is_record) {
		problem(b->ps, n->file, n->line, "\"%s\" is no kind of record",
		    name);
		return 0;
	}
	if (v->date != NULL)
		(void)find_field(b, n, "date", k, v->date, FIELD_DATE);
	if (v->path != NULL)
		read_values(b, n, v, k);
	else if (v->values[0] != NULL)
		problem(b->ps, n->file, read_line(n, "values"),
		    "record \"%s\" names no field that has values", n->title);
	return 0;
}

static size_t
count(const char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return n;
}

static void
check_event_named(struct build *b, const struct node *n, const char *name)
{
	if (policy_event(b->p, name) == NULL)
		problem(b->ps, n->file, read_line(n, "events"),
		    "unknown event \"%s\" in moment \"%s\"", name, n->title);
}

static void
check_kind_named(struct build *b, const struct node *n, const char *name)
{
	if (policy_kind(b->p, name) == NULL)
		problem(b->ps, n->file, read_line(n, "kinds"),
		    "unknown kind \"%s\" in moment \"%s\"", name, n->title);
}

/* All that makes it happen. What is left out would make it happen less, and
 * what is counted from something earlier would end sooner: so events, kinds
 * and the number of records are always said. */
static int
read_sources(struct build *b, const struct node *n, struct policy_moment *m,
    struct err *e)
{
	const char *const *events = read_names_or_none(b, n, "events");
	const char *const *kinds = read_names_or_none(b, n, "kinds");
	struct policy_moment_source *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, count(events) + count(kinds) + n->nsub,
	    sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; events[i] != NULL; i++) {
		check_event_named(b, n, events[i]);
		v[m->nfrom++].event = events[i];
	}
	for (i = 0; kinds[i] != NULL; i++) {
		check_kind_named(b, n, kinds[i]);
		v[m->nfrom++].kind = kinds[i];
	}
	for (i = 0; i < n->nsub; i++)
		if ((r = read_record(b, &n->sub[i], &v[m->nfrom++], e)) < 0)
			return r;
	m->from = v;
	if (read_number_must(b, n, "records-count", 0, RECORDS_MAX) != n->nsub)
		problem(b->ps, n->file, read_line(n, "records-count"),
		    "moment \"%s\" has %zu records, and says another number",
		    m->name, n->nsub);
	return 0;
}

static void
check_moment(
    struct build *b, const struct node *n, const struct policy_moment *m)
{
	if (m->by_vault && names_find(names_moments, m->name) < 0)
		problem(b->ps, n->file, read_line(n, "by-vault"),
		    "the vault itself enters no moment \"%s\"", m->name);
	if (m->by_vault && m->nfrom > 0)
		problem(b->ps, n->file, n->line,
		    "moment \"%s\" is the vault's own, and names what makes "
		    "it",
		    m->name);
	if (!m->by_vault && m->nfrom == 0 && m->otherwise == NULL)
		problem(b->ps, n->file, n->line,
		    "nothing ever makes moment \"%s\"", m->name);
}

/* A name, or the word none, which is NULL; left out is a problem. */
static const char *
read_name_or_none(struct build *b, const struct node *n, const char *word)
{
	const char *s = read_name(b, n, word, 1);

	return s != NULL && strcmp(s, "none") == 0 ? NULL : s;
}

static int
build_moment_list(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_MOMENT];
	struct policy_moment *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].by_vault = read_flag_must(b, s->v[i], "by-vault");
		v[i].is_first = read_flag_must(b, s->v[i], "first");
		v[i].otherwise = read_name_or_none(b, s->v[i], "otherwise");
		read_window(b, s->v[i], &v[i].when);
		if ((r = read_sources(b, s->v[i], &v[i], e)) < 0)
			return r;
		check_moment(b, s->v[i], &v[i]);
	}
	b->p->moments = v;
	b->p->nmoments = s->n;
	return 0;
}

/* --- deadlines -------------------------------------------------------- */

/* What the vault computes says all it hangs on; of a module's line the rules
 * say only whose it is and how long it takes. */
static void
read_computed(struct build *b, const struct node *n, struct policy_deadline *v)
{
	v->before = read_flag_must(b, n, "before");
	v->no_later_than = read_name_or_none(b, n, "no-later-than");
	v->figure_on = read_name(b, n, "figure-on", 0);
	v->truce = read_flag(b, n, "truce");
	v->once = read_name(b, n, "once", 0);
	v->settled_by = read_names(b, n, "settled-by");
	v->stages = read_words_or_none(b, n, "stages", names_stages);
	v->states = read_words(b, n, "states", names_states);
	if (v->settled_by[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "nothing settles deadline \"%s\"", v->name);
	if (v->states[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "deadline \"%s\" does not say its states", v->name);
	if (v->before && v->figure == NULL)
		problem(b->ps, n->file, read_line(n, "before"),
		    "deadline \"%s\" is before something by no figure",
		    v->name);
	if (v->before && v->truce)
		problem(b->ps, n->file, read_line(n, "truce"),
		    "deadline \"%s\" is before something: no truce moves it",
		    v->name);
	if (v->figure_on != NULL && v->figure == NULL)
		problem(b->ps, n->file, read_line(n, "figure-on"),
		    "deadline \"%s\" has no figure to choose", v->name);
}

static void
check_module_line(struct build *b, const struct node *n)
{
	static const char *const computed[] = { "before", "no-later-than",
		"figure-on", "truce", "once", "settled-by", "stages", "states",
		NULL };
	size_t i;

	for (i = 0; computed[i] != NULL; i++)
		if (read_value(n, computed[i]) != NULL)
			problem(b->ps, n->file, read_line(n, computed[i]),
			    "deadline \"%s\" runs from no moment: it has no "
			    "%s",
			    n->title, computed[i]);
}

static int
build_deadlines(struct build *b, struct err *e)
{
	static const char *const none[] = { NULL };
	const struct sections *s = &b->of[WORD_DEADLINE];
	struct policy_deadline *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].after = read_name_or_none(b, s->v[i], "after");
		v[i].figure = read_name_or_none(b, s->v[i], "figure");
		v[i].roles = read_names(b, s->v[i], "roles");
		v[i].settled_by = v[i].stages = v[i].states = none;
		read_window(b, s->v[i], &v[i].when);
		if (v[i].roles[0] == NULL)
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "deadline \"%s\" is nobody's", v[i].name);
		if (v[i].after != NULL)
			read_computed(b, s->v[i], &v[i]);
		else
			check_module_line(b, s->v[i]);
	}
	b->p->deadlines = v;
	b->p->ndeadlines = s->n;
	return 0;
}

int
build_moments(struct build *b, struct err *e)
{
	int r = build_moment_list(b, e);

	return r < 0 ? r : build_deadlines(b, e);
}

/* --- contradictions --------------------------------------------------- */

static void
check_is_moment(struct build *b, const struct node *n, const char *word,
    const char *name, int line)
{
	if (name != NULL && policy_moment(b->p, name) == NULL)
		problem(b->ps, n->file, line,
		    "unknown moment \"%s\" in %s of %s \"%s\"", name, word,
		    n->word, n->title);
}

/* That stands in its place, in turn: never itself again. */
static void
check_otherwise(
    struct build *b, const struct node *n, const struct policy_moment *m)
{
	const struct policy_moment *at = m;
	size_t steps;

	check_is_moment(
	    b, n, "otherwise", m->otherwise, read_line(n, "otherwise"));
	for (steps = 0; at != NULL && at->otherwise != NULL; steps++) {
		at = policy_moment(b->p, at->otherwise);
		if (at != m && steps < b->p->nmoments)
			continue;
		if (at == m)
			problem(b->ps, n->file, read_line(n, "otherwise"),
			    "moment \"%s\" would stand in its own place",
			    m->name);
		return;
	}
}

static void
check_figure(struct build *b, const struct node *n, const char *name)
{
	const struct figure *f = b->p->figures;
	size_t i, found = 0, len = strlen(name);

	for (i = 0; i < b->p->nfigures; i++) {
		if (strncmp(f[i].name, name, len) != 0 ||
		    (f[i].name[len] != '\0' && f[i].name[len] != ':'))
			continue; /* neither it nor one that succeeds it */
		found++;
		if (f[i].unit > TERM_YEARS)
			problem(b->ps, n->file, read_line(n, "figure"),
			    "figure \"%s\" in deadline \"%s\" is no period",
			    f[i].name, n->title);
	}
	if (found == 0)
		problem(b->ps, n->file, read_line(n, "figure"),
		    "unknown figure \"%s\" in deadline \"%s\"", name, n->title);
}

static void
check_deadline(
    struct build *b, const struct node *n, const struct policy_deadline *v)
{
	const struct value *roles = read_value(n, "roles");
	const struct value *settled = read_value(n, "settled-by");
	size_t i;

	check_is_moment(b, n, "after", v->after, read_line(n, "after"));
	check_is_moment(b, n, "no-later-than", v->no_later_than,
	    read_line(n, "no-later-than"));
	check_is_moment(b, n, "once", v->once, read_line(n, "once"));
	check_is_moment(
	    b, n, "figure-on", v->figure_on, read_line(n, "figure-on"));
	for (i = 0; v->settled_by[i] != NULL; i++) {
		check_is_moment(
		    b, n, "settled-by", v->settled_by[i], settled->lines[i]);
		if (v->after != NULL && strcmp(v->after, v->settled_by[i]) == 0)
			problem(b->ps, n->file, settled->lines[i],
			    "deadline \"%s\" would be settled by what begins "
			    "it",
			    v->name);
	}
	for (i = 0; v->roles[i] != NULL; i++)
		if (model_role(b->p, v->roles[i]) == NULL)
			problem(b->ps, n->file, roles->lines[i],
			    "unknown role \"%s\" in deadline \"%s\"",
			    v->roles[i], v->name);
	if (v->figure != NULL)
		check_figure(b, n, v->figure);
}

static void
check_instead(
    struct build *b, const struct node *n, const struct policy_retention *v)
{
	if ((v->instead_of == NULL) != (v->once == NULL))
		problem(b->ps, n->file, n->line,
		    "retention \"%s\": instead-of and once go together",
		    v->name);
	if (v->instead_of == NULL)
		return;
	if (policy_retention(b->p, v->instead_of) == NULL)
		problem(b->ps, n->file, read_line(n, "instead-of"),
		    "unknown retention \"%s\" in retention \"%s\"",
		    v->instead_of, v->name);
	else if (strcmp(v->instead_of, v->name) == 0)
		problem(b->ps, n->file, read_line(n, "instead-of"),
		    "retention \"%s\" would stand in its own place", v->name);
}

void
check_moments(struct build *b)
{
	const struct sections *s = &b->of[WORD_MOMENT];
	const struct policy_retention *r = b->p->retentions;
	size_t i;

	for (i = 0; i < s->n; i++)
		check_otherwise(b, s->v[i], &b->p->moments[i]);
	s = &b->of[WORD_DEADLINE];
	for (i = 0; i < s->n; i++)
		check_deadline(b, s->v[i], &b->p->deadlines[i]);
	s = &b->of[WORD_RETENTION];
	for (i = 0; i < s->n; i++) {
		check_is_moment(
		    b, s->v[i], "from", r[i].from, read_line(s->v[i], "from"));
		check_is_moment(b, s->v[i], "active-until", r[i].active_until,
		    read_line(s->v[i], "active-until"));
		check_is_moment(b, s->v[i], "intermediate-from",
		    r[i].intermediate_from,
		    read_line(s->v[i], "intermediate-from"));
		check_is_moment(b, s->v[i], "intermediate-until",
		    r[i].intermediate_until,
		    read_line(s->v[i], "intermediate-until"));
		check_is_moment(
		    b, s->v[i], "once", r[i].once, read_line(s->v[i], "once"));
		check_instead(b, s->v[i], &r[i]);
	}
}
