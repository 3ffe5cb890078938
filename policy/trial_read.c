/* Reading test files: each word is one of the rules', or it is a problem. */
#include <string.h>

#include "base/text.h"
#include "policy/build.h"
#include "policy/trial_model.h"

#define FORMAT 1

struct reading {
	struct trial *t;
	struct build b; /* for the readers of values: its problems alone */
	int has_day;
	int32_t day; /* of the tests of this file that do not say theirs */
	struct err *e;
};

static const char *const nothing[] = { NULL };
static const char *const verdicts[] = { "deny", "allow", NULL };
/* Whose consents count (daemon/core/person.h). */
const char *const trial_adults[] = { "titulaire", "co-titulaire", "occupant",
	NULL };
const char *const trial_diagnosis[] = { "unknown", "accepted", "refused",
	NULL };
const char *const trial_states[] = { "open", "closed", "restricted", "erased",
	"archived", "none", NULL };
_Static_assert(NELEMS(trial_states) == STATE_COUNT + 2,
    "the states of a case, none at all, and the end");

/* Words of one side alone: in the other they would say nothing. */
static const char *const of_disclosure[] = { "recipient", "stage", "stages",
	"diagnosis", "consents", "adult", "objection", "events", "fields",
	"withheld", "attach", "landlord-facing", "without-consent",
	"without-consent-of-all", "without-event", "unless-blocked", "sources",
	"labels", "anything", "except", NULL };
static const char *const of_access[] = { "role", "operation", "operations",
	"operations-except", "kind", "own-case", "own-team", "own-organisation",
	"glass", "step-up", NULL };

/* --- references ------------------------------------------------------- */

typedef int (*is_known_fn)(const struct policy *p, const char *s);

static int
is_recipient(const struct policy *p, const char *s)
{
	return policy_recipient(p, s) != NULL;
}

static int
is_consent(const struct policy *p, const char *s)
{
	return policy_consent(p, s) != NULL;
}

static int
is_event(const struct policy *p, const char *s)
{
	return policy_event(p, s) != NULL;
}

static int
is_kind(const struct policy *p, const char *s)
{
	return policy_kind(p, s) != NULL;
}

static int
is_role(const struct policy *p, const char *s)
{
	return model_role(p, s) != NULL;
}

static int
is_stage(const struct policy *p, const char *s)
{
	(void)p;
	return names_find(names_stages, s) >= 0;
}

/* Does the rule exist that a test names? */
static int
is_disclosure(const struct policy *p, const char *s)
{
	size_t i;

	for (i = 0; i < p->ndisclosures; i++)
		if (strcmp(p->disclosures[i].name, s) == 0)
			return 1;
	return 0;
}

static int
is_access_rule(const struct policy *p, const char *s)
{
	size_t i;

	for (i = 0; i < p->naccess; i++)
		if (strcmp(p->access[i].name, s) == 0)
			return 1;
	return 0;
}

static void
unknown(struct reading *r, const struct node *n, const char *word, size_t i,
    const char *s)
{
	const struct value *v = read_value(n, word);

	problem(r->b.ps, n->file, v->lines[i],
	    "%s of %s \"%s\": the rules have no \"%s\"", word, n->word,
	    n->title, s);
}

static const char *
known_name(struct reading *r, const struct node *n, const char *word,
    is_known_fn is_known)
{
	const char *s = read_name(&r->b, n, word, 0);

	if (s != NULL && !is_known(r->t->p, s))
		unknown(r, n, word, 0, s);
	return s;
}

static const char *const *
known_names(struct reading *r, const struct node *n, const char *word,
    is_known_fn is_known)
{
	const char *const *v = read_names(&r->b, n, word);
	size_t i;

	for (i = 0; v[i] != NULL; i++)
		if (!is_known(r->t->p, v[i]))
			unknown(r, n, word, i, v[i]);
	return v;
}

/* A list that may be the word none; NULL when not given. */
static const char *const *
names_or_none(struct reading *r, const struct node *n, const char *word)
{
	return read_value(n, word) != NULL ? read_names_or_none(&r->b, n, word)
					   : NULL;
}

/* --- flags, days, sides ----------------------------------------------- */

static int
flag(struct reading *r, const struct node *n, const char *word, int otherwise)
{
	return read_value(n, word) != NULL ? read_flag(&r->b, n, word)
					   : otherwise;
}

static int32_t
day(struct reading *r, const struct node *n, const char *word,
    int32_t otherwise)
{
	const struct value *v = read_value(n, word);
	int32_t got = otherwise;

	if (v != NULL && date_parse(v->v[0], &got, NULL) < 0)
		problem(r->b.ps, n->file, v->lines[0],
		    "%s of %s \"%s\" is not a date YYYY-MM-DD", word, n->word,
		    n->title);
	return got;
}

static void
refuse_words(struct reading *r, const struct node *n, const char *const *words,
    const char *side)
{
	size_t i;

	for (; *words != NULL; words++) {
		if (read_value(n, *words) != NULL)
			problem(r->b.ps, n->file, read_line(n, *words),
			    "%s \"%s\" is about %s: %s says nothing there",
			    n->word, n->title, side, *words);
		for (i = 0; i < n->nsub; i++)
			if (strcmp(n->sub[i].word, *words) == 0)
				problem(r->b.ps, n->file, n->sub[i].line,
				    "%s \"%s\" is about %s: %s says nothing "
				    "there",
				    n->word, n->title, side, *words);
	}
}

static void
check_title(struct reading *r, const struct node *n)
{
	if (n->title[0] == '\0')
		problem(
		    r->b.ps, n->file, n->line, "%s without a title", n->word);
}

/* --- test ------------------------------------------------------------- */

static void
read_adults(struct reading *r, struct trial_test *x)
{
	const struct node *n;
	size_t i;

	for (i = 0; i < x->n->nsub; i++) {
		n = &x->n->sub[i];
		if (i == TRIAL_ADULTS_MAX) {
			problem(r->b.ps, n->file, n->line,
			    "more than %d adults", TRIAL_ADULTS_MAX);
			return;
		}
		x->adults[i].role = read_name(&r->b, n, "role", 0);
		if (x->adults[i].role == NULL)
			x->adults[i].role = n->title;
		if (names_find(trial_adults, x->adults[i].role) < 0)
			problem(r->b.ps, n->file, n->line,
			    "\"%s\" is no role of a person in a case",
			    x->adults[i].role);
		x->adults[i].consents =
		    known_names(r, n, "consents", is_consent);
	}
	x->disclosure.nadults = i;
}

/* What is in force for every adult, from what each of them gave. */
static int
join_consents(struct reading *r, struct trial_test *x)
{
	const char **all;
	size_t i, j, n = 0;

	if (x->disclosure.nadults == 0)
		return 0;
	if (read_value(x->n, "consents") != NULL)
		problem(r->b.ps, x->n->file, read_line(x->n, "consents"),
		    "test \"%s\" says consents of all adults and of each",
		    x->n->title);
	for (i = 0; x->adults[0].consents[i] != NULL; i++)
		;
	all = arena_array(&r->t->arena, i + 1, sizeof(*all), r->e);
	if (all == NULL)
		return -ERR_NOMEM;
	for (i = 0; x->adults[0].consents[i] != NULL; i++) {
		for (j = 1; j < x->disclosure.nadults; j++)
			if (!model_has(x->adults[j].consents,
				x->adults[0].consents[i]))
				break;
		if (j == x->disclosure.nadults)
			all[n++] = x->adults[0].consents[i];
	}
	x->disclosure.consents = all;
	x->disclosure.adults = x->adults;
	return 0;
}

static int
read_disclosure(struct reading *r, struct trial_test *x)
{
	struct disclosure_facts *f = &x->disclosure;
	const struct node *n = x->n;

	refuse_words(r, n, of_access, "a disclosure");
	f->recipient = known_name(r, n, "recipient", is_recipient);
	f->purpose = known_name(r, n, "purpose", policy_purpose_is_known);
	f->stage = known_name(r, n, "stage", is_stage);
	f->case_state =
	    names_states[read_word(&r->b, n, "case", names_states, STATE_OPEN)];
	f->diagnosis = (enum policy_diagnosis)read_word(
	    &r->b, n, "diagnosis", trial_diagnosis, DIAGNOSIS_UNKNOWN);
	f->consents = known_names(r, n, "consents", is_consent);
	f->events = known_names(r, n, "events", is_event);
	f->objection = flag(r, n, "objection", 0);
	f->day = day(r, n, "on", r->day);
	x->rule = known_name(r, n, "rule", is_disclosure);
	x->fields = names_or_none(r, n, "fields");
	x->withheld = names_or_none(r, n, "withheld");
	x->attach = names_or_none(r, n, "attach");
	if (!x->allow &&
	    (x->fields != NULL || x->withheld != NULL || x->attach != NULL))
		problem(r->b.ps, n->file, n->line,
		    "test \"%s\" expects deny, and says what goes", n->title);
	read_adults(r, x);
	return join_consents(r, x);
}

static void
read_access(struct reading *r, struct trial_test *x)
{
	struct trial_access *f = &x->access;
	const struct node *n = x->n;
	const char *op = read_name(&r->b, n, "operation", 1);

	refuse_words(r, n, of_disclosure, "an access");
	f->role = known_name(r, n, "role", is_role);
	if (op != NULL && !policy_op_from_name(op, &f->op))
		unknown(r, n, "operation", 0, op);
	f->kind = known_name(r, n, "kind", is_kind);
	f->purpose = known_name(r, n, "purpose", policy_purpose_is_known);
	f->state = read_word(&r->b, n, "case", trial_states, TRIAL_NO_CASE);
	f->own_case = flag(r, n, "own-case", 0);
	f->own_team = flag(r, n, "own-team", 0);
	f->own_organisation = flag(r, n, "own-organisation", f->own_team);
	f->glass = flag(r, n, "glass", 0);
	f->step_up = flag(r, n, "step-up", 0);
	f->day = day(r, n, "on", r->day);
	x->rule = known_name(r, n, "rule", is_access_rule);
	if (f->state == TRIAL_NO_CASE &&
	    (f->own_case || f->own_team || f->own_organisation))
		problem(r->b.ps, n->file, n->line,
		    "test \"%s\" names no case, and says whose it is",
		    n->title);
}

static int
read_test(struct reading *r, struct trial_test *x)
{
	const struct node *n = x->n;
	int has_recipient = read_value(n, "recipient") != NULL;

	check_title(r, n);
	x->allow = read_word(&r->b, n, "expect", verdicts, -1);
	x->tag = read_name(&r->b, n, "tag", 0);
	if (x->allow && x->tag != NULL)
		problem(r->b.ps, n->file, read_line(n, "tag"),
		    "test \"%s\" expects allow: there is no tag", n->title);
	if (!r->has_day && read_value(n, "on") == NULL)
		problem(r->b.ps, n->file, n->line,
		    "test \"%s\" does not say its day (on)", n->title);
	x->is_access = read_value(n, "role") != NULL;
	if (x->is_access == has_recipient) {
		problem(r->b.ps, n->file, n->line,
		    "test \"%s\" says a recipient or a role, one of them",
		    n->title);
		return 0;
	}
	if (!x->is_access)
		return read_disclosure(r, x);
	read_access(r, x);
	return 0;
}

/* --- never ------------------------------------------------------------ */

static void
check_source(struct reading *r, const struct node *n, const char *word,
    size_t i, const struct trial_source *s)
{
	const struct policy_kind *k = policy_kind(r->t->p, s->kind);

	if (k == NULL || policy_field(k, s->path) == NULL)
		problem(r->b.ps, n->file, read_value(n, word)->lines[i],
		    "%s of %s \"%s\": the rules have no field %s:%s", word,
		    n->word, n->title, s->kind, s->path);
}

static int
read_sources(struct reading *r, const struct node *n, const char *word,
    const struct trial_source **out, size_t *count)
{
	const char *const *v = read_list(&r->b, n, word);
	struct trial_source *s;
	size_t i, len;
	char *copy, *colon;

	for (len = 0; v[len] != NULL; len++)
		;
	s = arena_array(&r->t->arena, len, sizeof(*s), r->e);
	if (s == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < len; i++) {
		if ((copy = arena_copy(&r->t->arena, v[i], r->e)) == NULL)
			return -ERR_NOMEM;
		colon = strchr(copy, ':');
		s[i].kind = copy;
		s[i].path = colon != NULL ? colon + 1 : "";
		if (colon != NULL)
			*colon = '\0';
		check_source(r, n, word, i, &s[i]);
	}
	*out = s;
	*count = len;
	return 0;
}

static int
read_never_disclosure(struct reading *r, struct trial_never *x)
{
	const struct node *n = x->n;
	int rc;

	refuse_words(r, n, of_access, "a disclosure");
	x->recipients = known_names(r, n, "recipient", is_recipient);
	x->landlord_facing = flag(r, n, "landlord-facing", TRIAL_ANY);
	x->stages = known_names(r, n, "stages", is_stage);
	x->states = read_bits(&r->b, n, "cases", names_states);
	x->diagnosis = read_bits(&r->b, n, "diagnosis", trial_diagnosis);
	x->objection = flag(r, n, "objection", TRIAL_ANY);
	x->without_consent = known_names(r, n, "without-consent", is_consent);
	x->without_all =
	    known_names(r, n, "without-consent-of-all", is_consent);
	x->without_event = known_names(r, n, "without-event", is_event);
	x->unless_blocked = read_name(&r->b, n, "unless-blocked", 0);
	x->labels = read_bits(&r->b, n, "labels", names_labels);
	x->anything = flag(r, n, "anything", 0);
	if ((rc = read_sources(r, n, "sources", &x->sources, &x->nsources)) <
		0 ||
	    (rc = read_sources(r, n, "except", &x->except, &x->nexcept)) < 0)
		return rc;
	if (x->unless_blocked != NULL &&
	    (x->nsources == 0 || x->labels != 0 || x->kinds[0] != NULL ||
		x->anything))
		problem(r->b.ps, n->file, read_line(n, "unless-blocked"),
		    "unless-blocked of never \"%s\" is about sources alone",
		    n->title);
	if (x->nsources == 0 && x->labels == 0 && x->kinds[0] == NULL &&
	    !x->anything)
		problem(r->b.ps, n->file, n->line,
		    "never \"%s\" does not say what must not go: sources, "
		    "labels, kinds or anything",
		    n->title);
	return 0;
}

static void
read_operations(struct reading *r, struct trial_never *x)
{
	const struct node *n = x->n;
	int but = read_value(n, "operations-except") != NULL;
	const char *word = but ? "operations-except" : "operations";
	const char *const *v = read_names(&r->b, n, word);
	struct opset named = { 0 };
	enum policy_op op;
	size_t i;

	if (but == (read_value(n, "operations") != NULL))
		problem(r->b.ps, n->file, n->line,
		    "never \"%s\" says operations or operations-except, one "
		    "of them",
		    n->title);
	for (i = 0; v[i] != NULL; i++) {
		if (policy_op_from_name(v[i], &op))
			opset_add(&named, op);
		else
			unknown(r, n, word, i, v[i]);
	}
	for (i = 0; i < OP_COUNT; i++)
		if (opset_has(&named, (enum policy_op)i) != but)
			opset_add(&x->ops, (enum policy_op)i);
}

static void
read_never_access(struct reading *r, struct trial_never *x)
{
	const struct node *n = x->n;

	refuse_words(r, n, of_disclosure, "an access");
	x->roles = known_names(r, n, "role", is_role);
	x->states = read_bits(&r->b, n, "cases", trial_states);
	x->own_case = flag(r, n, "own-case", TRIAL_ANY);
	x->own_team = flag(r, n, "own-team", TRIAL_ANY);
	x->own_organisation = flag(r, n, "own-organisation", TRIAL_ANY);
	x->glass = flag(r, n, "glass", TRIAL_ANY);
	x->step_up = flag(r, n, "step-up", TRIAL_ANY);
	read_operations(r, x);
}

static int
read_never(struct reading *r, struct trial_never *x)
{
	const struct node *n = x->n;

	check_title(r, n);
	x->is_access = read_value(n, "operations") != NULL ||
		       read_value(n, "operations-except") != NULL ||
		       read_value(n, "role") != NULL;
	x->when.from = day(r, n, "from", INT32_MIN);
	x->when.until = day(r, n, "until", INT32_MAX);
	if (x->when.from > x->when.until)
		problem(r->b.ps, n->file, read_line(n, "until"),
		    "until of never \"%s\" is before from", n->title);
	x->purposes = known_names(r, n, "purposes", policy_purpose_is_known);
	x->kinds = known_names(r, n, "kinds", is_kind);
	x->recipients = x->stages = x->without_consent = x->without_all =
	    nothing;
	x->without_event = x->roles = nothing;
	if (!x->is_access)
		return read_never_disclosure(r, x);
	read_never_access(r, x);
	return 0;
}

/* --- files ------------------------------------------------------------ */

static int
read_sections(struct reading *r, const struct node *file)
{
	struct trial *t = r->t;
	size_t i;
	int rc = 0;

	for (i = 0; i < file->nsub && rc == 0; i++) {
		if (strcmp(file->sub[i].word, "test") == 0) {
			t->tests[t->ntests].n = &file->sub[i];
			rc = read_test(r, &t->tests[t->ntests++]);
		} else {
			t->nevers[t->nnevers].n = &file->sub[i];
			rc = read_never(r, &t->nevers[t->nnevers++]);
		}
	}
	return rc;
}

static int
read_file(struct reading *r, struct node *file)
{
	file->title = file->file; /* for the texts of problems */
	file->word = "file";
	(void)read_number_must(&r->b, file, "format", FORMAT, FORMAT);
	r->has_day = read_value(file, "on") != NULL;
	r->day = day(r, file, "on", 0);
	if (r->has_day)
		r->t->day = r->day;
	if (file->nsub == 0)
		problem(r->b.ps, file->file, 0, "no test in this file");
	return read_sections(r, file);
}

static int
make_room(struct trial *t, struct node *const *files, size_t n, struct err *e)
{
	size_t i, room = 0;

	for (i = 0; i < n; i++)
		room += files[i] != NULL ? files[i]->nsub : 0;
	t->tests = arena_array(&t->arena, room, sizeof(*t->tests), e);
	t->nevers = arena_array(&t->arena, room, sizeof(*t->nevers), e);
	return t->tests != NULL && t->nevers != NULL ? 0 : -ERR_NOMEM;
}

int
trial_read(struct trial *t, const struct policy_file *files, size_t n,
    struct problems *ps, struct err *e)
{
	struct reading r = { .t = t, .b = { .ps = ps }, .e = e };
	struct node **nodes = arena_array(&t->arena, n, sizeof(*nodes), e);
	const char *name;
	size_t i;
	int rc;

	if (nodes == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < n; i++) {
		if ((name = arena_copy(&t->arena, files[i].name, e)) == NULL)
			return -ERR_NOMEM;
		if ((rc = syntax_parse(SYNTAX_TESTS, name, files[i].p,
			 files[i].n, &t->arena, &nodes[i], ps, e)) < 0)
			return rc;
	}
	if ((rc = make_room(t, nodes, n, e)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		if (nodes[i] != NULL && (rc = read_file(&r, nodes[i])) < 0)
			return rc;
	return 0;
}
