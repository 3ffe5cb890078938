#include "policy/syntax.h"

#include <confuse.h>
#include <pthread.h>
#include <stdint.h>

#include "policy/scan.h"

#define VALUES_MAX 16384 /* values in one file */
#define SEEN_SLOTS (2 * VALUES_MAX)

/*
 * libConfuse's lexer is global and its callbacks carry no argument of ours:
 * one parse at a time, and this says which.
 */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static struct parse *current;

struct seen {
	const cfg_opt_t *opt;
	unsigned int index;
	int line;
};

struct parse {
	const char *file;
	struct arena *a;
	struct problems *ps;
	const int32_t *open; /* lines where sections begin, as they end */
	size_t nopen, closed;
	struct seen *seen; /* a hash table of SEEN_SLOTS; opt NULL: free */
	size_t nseen;
};

static int value_seen(
    cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result);

#define WORD(name) CFG_STR_CB(name, NULL, CFGF_NODEFAULT, value_seen)
#define LIST(name) CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, value_seen)
#define SECTION(name, opts)                                                    \
	CFG_SEC(name, opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)
/* What every section may say of where it comes from and when it applies. */
#define ORIGIN WORD("source"), WORD("effective-from"), WORD("effective-until")

static cfg_opt_t named_words[] = { WORD("title"), ORIGIN, CFG_END() };
static cfg_opt_t field_words[] = {
	WORD("title"),
	WORD("type"),
	WORD("label"),
	WORD("required"),
	LIST("values"),
	WORD("max"),
	WORD("values-of"),
	WORD("source"),
	CFG_END(),
};
static cfg_opt_t kind_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("record"),
	LIST("media"),
	WORD("size-max"),
	WORD("pages-max"),
	LIST("levels"),
	WORD("signed"),
	WORD("strict"),
	WORD("uninspected"),
	WORD("provenance"),
	WORD("by-vault"),
	WORD("prepares"),
	WORD("notice"),
	WORD("notice-version"),
	WORD("social"),
	LIST("signers"),
	WORD("retention"),
	SECTION("field", field_words),
	CFG_END(),
};
static cfg_opt_t retention_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("active-months"),
	WORD("intermediate-months"),
	WORD("from"),
	WORD("intermediate-from"),
	WORD("intermediate-until"),
	WORD("active-until"),
	WORD("instead-of"),
	WORD("once"),
	CFG_END(),
};
static cfg_opt_t access_words[] = {
	WORD("title"),
	ORIGIN,
	LIST("roles"),
	LIST("operations"),
	LIST("kinds"),
	WORD("scope"),
	LIST("states"),
	LIST("purposes"),
	WORD("default-purpose"),
	WORD("break-glass"),
	WORD("step-up"),
	CFG_END(),
};
static cfg_opt_t recipient_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("account"),
	WORD("channel"),
	LIST("channels"),
	WORD("certificate"),
	WORD("landlord-facing"),
	CFG_END(),
};
static cfg_opt_t adapt_words[] = {
	WORD("title"),
	WORD("source"),
	WORD("account"),
	WORD("channel"),
	LIST("channels"),
	WORD("certificate"),
	CFG_END(),
};
static cfg_opt_t consent_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("recipient"),
	WORD("valid-months"),
	WORD("notice"),
	WORD("notice-version"),
	WORD("basis"),
	LIST("classes"),
	CFG_END(),
};
static cfg_opt_t disclosed_words[] = {
	WORD("from"),
	WORD("title"),
	WORD("about"),
	CFG_END(),
};
static cfg_opt_t disclosure_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("recipient"),
	WORD("purpose"),
	WORD("basis"),
	WORD("consent"),
	LIST("attach"),
	LIST("stages"),
	WORD("expires-days"),
	WORD("four-eyes"),
	WORD("urgent"),
	WORD("partial"),
	WORD("despite-objection"),
	LIST("diagnosis"),
	LIST("events"),
	LIST("channels"),
	LIST("sensitive"),
	SECTION("field", disclosed_words),
	CFG_END(),
};
static cfg_opt_t event_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("document"),
	WORD("in-future"),
	WORD("stage"),
	CFG_END(),
};
static cfg_opt_t blocked_words[] = { WORD("value"), CFG_END() };
static cfg_opt_t block_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("landlord-facing"),
	LIST("recipients"),
	WORD("until-event"),
	WORD("fields-count"),
	SECTION("field", blocked_words),
	CFG_END(),
};
static cfg_opt_t approval_words[] = {
	WORD("title"),
	ORIGIN,
	LIST("roles"),
	WORD("count"),
	WORD("valid-days"),
	LIST("opinions"),
	WORD("own"),
	CFG_END(),
};
static cfg_opt_t figure_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("value"),
	WORD("unit"),
	CFG_END(),
};
static cfg_opt_t made_by_words[] = {
	LIST("values"),
	WORD("date"),
	CFG_END(),
};
static cfg_opt_t moment_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("by-vault"),
	WORD("first"),
	WORD("otherwise"),
	LIST("events"),
	LIST("kinds"),
	WORD("records-count"),
	SECTION("record", made_by_words),
	CFG_END(),
};
static cfg_opt_t deadline_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("after"),
	WORD("before"),
	WORD("figure"),
	WORD("no-later-than"),
	WORD("figure-on"),
	WORD("truce"),
	WORD("once"),
	LIST("settled-by"),
	LIST("stages"),
	LIST("states"),
	LIST("roles"),
	CFG_END(),
};
static cfg_opt_t ground_words[] = {
	WORD("title"),
	ORIGIN,
	LIST("for"),
	CFG_END(),
};
static cfg_opt_t letter_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("notice"),
	WORD("notice-version"),
	LIST("mentions"),
	CFG_END(),
};
static cfg_opt_t subject_words[] = {
	ORIGIN,
	LIST("holder"),
	LIST("others"),
	CFG_END(),
};
static cfg_opt_t column_words[] = {
	WORD("to"),
	WORD("required"),
	CFG_END(),
};
static cfg_opt_t intake_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("separator"),
	WORD("case-source"),
	WORD("stage"),
	WORD("quota-month"),
	WORD("quota-year"),
	SECTION("column", column_words),
	CFG_END(),
};
static cfg_opt_t operator_words[] = {
	WORD("title"),
	WORD("source"),
	WORD("address"),
	WORD("contact"),
	WORD("representative"),
	WORD("dpo"),
	WORD("public-archives"),
	CFG_END(),
};
static cfg_opt_t processing_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("basis"),
	LIST("purposes"),
	LIST("persons"),
	LIST("kinds"),
	LIST("data"),
	LIST("recipients"),
	WORD("transfers"),
	WORD("duration"),
	LIST("security"),
	CFG_END(),
};
static cfg_opt_t indicator_words[] = {
	WORD("title"),
	ORIGIN,
	LIST("dimensions"),
	WORD("exact"),
	CFG_END(),
};
static cfg_opt_t trust_words[] = {
	WORD("title"),
	ORIGIN,
	WORD("anchors"),
	WORD("level"),
	LIST("signers"),
	LIST("kinds"),
	WORD("time-stamps"),
	WORD("proof"),
	CFG_END(),
};
static cfg_opt_t signing_words[] = {
	WORD("title"),
	ORIGIN,
	LIST("kinds"),
	LIST("signers"),
	LIST("levels"),
	CFG_END(),
};
static cfg_opt_t rules_words[] = {
	WORD("format"),
	WORD("version"),
	SECTION("purpose", named_words),
	SECTION("role", named_words),
	SECTION("kind", kind_words),
	SECTION("retention", retention_words),
	SECTION("access", access_words),
	SECTION("recipient", recipient_words),
	SECTION("adapt-recipient", adapt_words),
	SECTION("consent", consent_words),
	SECTION("event", event_words),
	SECTION("disclosure", disclosure_words),
	SECTION("block", block_words),
	SECTION("approval", approval_words),
	SECTION("figure", figure_words),
	SECTION("moment", moment_words),
	SECTION("deadline", deadline_words),
	SECTION("ground", ground_words),
	SECTION("letter", letter_words),
	SECTION("subject", subject_words),
	SECTION("intake", intake_words),
	SECTION("operator", operator_words),
	SECTION("processing", processing_words),
	SECTION("indicator", indicator_words),
	SECTION("trust", trust_words),
	SECTION("signing", signing_words),
	CFG_END(),
};
/* Every path at which a section may stand, for the callback of its end. */
static const char *const rules_sections[] = { "purpose", "role", "kind",
	"kind|field", "retention", "access", "recipient", "adapt-recipient",
	"consent", "event", "disclosure", "disclosure|field", "block",
	"block|field", "approval", "figure", "moment", "moment|record",
	"deadline", "ground", "letter", "subject", "intake", "intake|column",
	"operator", "processing", "indicator", "trust", "signing", NULL };

static cfg_opt_t person_words[] = {
	WORD("uid"),
	WORD("name"),
	WORD("role"),
	WORD("team"),
	WORD("organisation"),
	WORD("status"),
	LIST("keys"),
	WORD("recipient"),
	CFG_END(),
};
static cfg_opt_t loan_words[] = {
	ORIGIN,
	WORD("role"),
	WORD("from"),
	WORD("to"),
	CFG_END(),
};
static cfg_opt_t people_words[] = {
	WORD("format"),
	SECTION("person", person_words),
	SECTION("loan", loan_words),
	CFG_END(),
};
static const char *const people_sections[] = { "person", "loan", NULL };

static cfg_opt_t adult_words[] = {
	WORD("role"),
	LIST("consents"),
	CFG_END(),
};
/* What a test and a never say of an access alike. */
#define ACCESS                                                                 \
	WORD("own-case"), WORD("own-team"), WORD("own-organisation"),          \
	    WORD("glass"), WORD("step-up")
static cfg_opt_t test_words[] = {
	WORD("source"),
	WORD("recipient"),
	WORD("purpose"),
	WORD("stage"),
	WORD("case"),
	WORD("diagnosis"),
	LIST("consents"),
	SECTION("adult", adult_words),
	WORD("objection"),
	LIST("events"),
	WORD("role"),
	WORD("operation"),
	WORD("kind"),
	ACCESS,
	WORD("on"),
	WORD("expect"),
	WORD("rule"),
	WORD("tag"),
	LIST("fields"),
	LIST("withheld"),
	LIST("attach"),
	CFG_END(),
};
static cfg_opt_t never_words[] = {
	WORD("source"),
	LIST("recipient"),
	WORD("landlord-facing"),
	LIST("purposes"),
	LIST("stages"),
	LIST("cases"),
	LIST("diagnosis"),
	WORD("objection"),
	LIST("without-consent"),
	LIST("without-consent-of-all"),
	LIST("without-event"),
	WORD("from"),
	WORD("until"),
	LIST("sources"),
	LIST("labels"),
	LIST("kinds"),
	WORD("anything"),
	WORD("unless-blocked"),
	LIST("except"),
	LIST("role"),
	LIST("operations"),
	LIST("operations-except"),
	ACCESS,
	CFG_END(),
};
static cfg_opt_t tests_words[] = {
	WORD("format"),
	WORD("on"),
	SECTION("test", test_words),
	SECTION("never", never_words),
	CFG_END(),
};
static const char *const tests_sections[] = { "test", "test|adult", "never",
	NULL };

static const struct {
	cfg_opt_t *words;
	const char *const *sections;
} languages[] = {
	[SYNTAX_RULES] = { rules_words, rules_sections },
	[SYNTAX_PEOPLE] = { people_words, people_sections },
	[SYNTAX_TESTS] = { tests_words, tests_sections },
};

static void syntax_error(cfg_t *cfg, const char *fmt, va_list ap) PRINTF(2, 0);

static void
syntax_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char what[ERR_TEXT_MAX];

	vsnprintf(what, sizeof(what), fmt, ap);
	problem(current->ps, current->file, cfg->line, "%s", what);
}

/* The slot of a value, or the free one where it belongs. */
static struct seen *
seen_slot(const struct parse *t, const cfg_opt_t *opt, unsigned int index)
{
	size_t at = ((uintptr_t)opt / sizeof(*opt) + index) % SEEN_SLOTS;

	while (t->seen[at].opt != NULL &&
	       (t->seen[at].opt != opt || t->seen[at].index != index))
		at = (at + 1) % SEEN_SLOTS;
	return &t->seen[at];
}

/*
 * Called for each value as it is read, and only then is its line known. A
 * word given twice would silently replace the first: refused.
 */
static int
value_seen(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct parse *t = current;
	unsigned int index = cfg_opt_size(opt) - 1;
	struct seen *slot = seen_slot(t, opt, index);

	if (slot->opt != NULL) {
		cfg_error(cfg, "%s is given twice", opt->name);
		return -1;
	}
	if (t->nseen++ == VALUES_MAX) {
		cfg_error(cfg, "more than %d values in a file", VALUES_MAX);
		return -1;
	}
	*slot = (struct seen){ opt, index, cfg->line };
	*(const char **)result = value;
	return 0;
}

/* A section ends: the library has forgotten where it began, scan.c not. */
static int
section_ends(cfg_t *cfg, cfg_opt_t *opt)
{
	struct parse *t = current;
	cfg_t *s = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	if (s == NULL || t->closed >= t->nopen) {
		cfg_error(cfg, "section %s is not well formed", opt->name);
		return -1;
	}
	s->line = t->open[t->closed++];
	return 0;
}

static int
copy_value(struct parse *t, cfg_opt_t *opt, struct value *out, struct err *e)
{
	unsigned int i, n = cfg_opt_size(opt);
	const char **v = arena_array(t->a, n + 1, sizeof(*v), e);
	int *lines = arena_array(t->a, n, sizeof(*lines), e);

	if (v == NULL || lines == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < n; i++) {
		v[i] = arena_copy(t->a, cfg_opt_getnstr(opt, i), e);
		if (v[i] == NULL)
			return -ERR_NOMEM;
		lines[i] = seen_slot(t, opt, i)->line;
	}
	out->word = arena_copy(t->a, opt->name, e);
	out->v = v;
	out->lines = lines;
	out->n = n;
	return out->word != NULL ? 0 : -ERR_NOMEM;
}

static int copy_section(
    struct parse *t, cfg_t *cfg, struct node *out, struct err *e);

static int
copy_sections(struct parse *t, cfg_opt_t *opt, struct node *n, struct err *e)
{
	unsigned int i;
	int r;

	for (i = 0; i < cfg_opt_size(opt); i++)
		if ((r = copy_section(t, cfg_opt_getnsec(opt, i),
			 &n->sub[n->nsub++], e)) < 0)
			return r;
	return 0;
}

static int
copy_section(struct parse *t, cfg_t *cfg, struct node *n, struct err *e)
{
	size_t subs = 0, values = 0;
	cfg_opt_t *o;
	int r;

	for (o = cfg->opts; o->name != NULL; o++) {
		if (o->type == CFGT_SEC)
			subs += cfg_opt_size(o);
		else
			values += cfg_opt_size(o) > 0;
	}
	n->file = t->file;
	n->line = cfg->line;
	n->word = arena_copy(t->a, cfg->name, e);
	n->title = arena_copy(t->a, cfg->title != NULL ? cfg->title : "", e);
	n->sub = arena_array(t->a, subs, sizeof(*n->sub), e);
	n->values = arena_array(t->a, values, sizeof(*n->values), e);
	if (n->word == NULL || n->title == NULL || n->sub == NULL ||
	    n->values == NULL)
		return -ERR_NOMEM;
	for (o = cfg->opts; o->name != NULL; o++) {
		if (o->type == CFGT_SEC)
			r = copy_sections(t, o, n, e);
		else if (cfg_opt_size(o) > 0)
			r = copy_value(t, o, &n->values[n->nvalues++], e);
		else
			continue;
		if (r < 0)
			return r;
	}
	return 0;
}

static int
parse_text(struct parse *t, cfg_t *cfg, const struct buf *text,
    struct node **out, struct err *e)
{
	struct node *root;
	size_t before = t->ps->count;
	FILE *fp;
	int rc, r;

	if ((fp = fmemopen(text->p, text->len, "r")) == NULL)
		return err_sys(e, ERR_NOMEM, "%s", t->file);
	rc = cfg_parse_fp(cfg, fp);
	fclose(fp);
	if (rc != CFG_SUCCESS || t->closed != t->nopen) {
		if (t->ps->count == before)
			problem(t->ps, t->file, cfg->line, "cannot be read");
		return 0;
	}
	if ((root = arena_get(t->a, sizeof(*root), e)) == NULL)
		return -ERR_NOMEM;
	if ((r = copy_section(t, cfg, root, e)) < 0)
		return r;
	root->line = 1;
	*out = root;
	return 0;
}

static int
parse_scanned(enum syntax_file what, struct parse *t, const struct buf *text,
    struct node **out, struct err *e)
{
	const char *const *section = languages[what].sections;
	cfg_t *cfg = cfg_init(languages[what].words, CFGF_NONE);
	int r;

	if (cfg == NULL)
		return err_set(e, ERR_NOMEM, "%s", t->file);
	cfg_set_error_function(cfg, syntax_error);
	for (; *section != NULL; section++)
		cfg_set_validate_func(cfg, *section, section_ends);
	r = parse_text(t, cfg, text, out, e);
	cfg_free(cfg);
	return r;
}

int
syntax_parse(enum syntax_file what, const char *file, const void *p, size_t n,
    struct arena *a, struct node **out, struct problems *ps, struct err *e)
{
	AUTO(scan_done) struct scan s = { 0 };
	AUTO(mem_freep) struct seen *seen = NULL;
	struct parse t = { .file = file, .a = a, .ps = ps };
	size_t before = ps->count;
	int r;

	if (n == 0) {
		problem(ps, file, 0, "empty");
		return 0;
	}
	if ((r = scan_text(file, p, n, &s, ps, e)) < 0 || ps->count > before)
		return r;
	if ((seen = calloc(SEEN_SLOTS, sizeof(*seen))) == NULL)
		return err_set(e, ERR_NOMEM, "%s", file);
	t.seen = seen;
	t.open = (const int32_t *)(const void *)s.open.p;
	t.nopen = s.open.len / sizeof(*t.open);
	pthread_mutex_lock(&one_at_a_time);
	current = &t;
	r = parse_scanned(what, &t, &s.text, out, e);
	current = NULL;
	pthread_mutex_unlock(&one_at_a_time);
	return r;
}
