/* Kinds with their fields, and retention. */
#include "policy/build.h"

#include <string.h>

#define STRING_MAX 200 /* bytes, where the rules do not say */
#define TEXT_MAX 20000
#define LIST_MAX 100
#define MEDIA_MAX 255 /* bytes; RFC 6838, 4.2: 127 for each half */
#define ANY_MAX 1000000
#define SIZE_MAX_MAX (1ull << 40)

/* Of the field that path lies under; NULL at the top. */
static const struct policy_field *
field_above(const struct policy_field *v, size_t n, const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t i, len = dot != NULL ? (size_t)(dot - path) : 0;

	for (i = 0; dot != NULL && i < n; i++)
		if (strlen(v[i].path) == len &&
		    memcmp(v[i].path, path, len) == 0)
			return &v[i];
	return NULL;
}

static int
holds_fields(const struct policy_field *f)
{
	return f->type == FIELD_GROUP || f->type == FIELD_LIST;
}

/* A field stands under a group or list that is declared before it, and is
 * labelled at least as strictly. */
static void
place_field(
    struct build *b, const struct node *n, struct policy_field *v, size_t i)
{
	const struct policy_field *above = field_above(v, i, v[i].path);

	if (strchr(v[i].path, '.') == NULL)
		return;
	if (above == NULL || !holds_fields(above))
		problem(b->ps, n->file, n->line,
		    "field \"%s\" is not under a group or list declared "
		    "before it",
		    v[i].path);
	else if (above->label > v[i].label)
		v[i].label = above->label;
}

static uint32_t
default_max(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
		return TEXT_MAX;
	case FIELD_LIST:
		return LIST_MAX;
	case FIELD_STRING:
		return STRING_MAX;
	default:
		return 0;
	}
}

/* The codes of a field are the purposes that may be consented to, in the
 * words of the rules: a local one is offered as soon as it is declared. */
static int
read_values_of(struct build *b, const struct node *n, struct policy_field *f,
    struct err *e)
{
	const struct sections *s = &b->of[WORD_CONSENT];
	const char *of = read_text(b, n, "values-of", 0);
	const char **v, **titles;
	size_t i;

	if (*of == '\0')
		return 0;
	if (strcmp(of, "consents") != 0 || f->values[0] != NULL)
		problem(b->ps, n->file, read_line(n, "values-of"),
		    "field \"%s\": values-of is consents, and there are no "
		    "other values",
		    f->path);
	v = arena_array(&b->p->arena, s->n + 1, sizeof(*v), e);
	titles = arena_array(&b->p->arena, s->n + 1, sizeof(*titles), e);
	if (v == NULL || titles == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i] = s->v[i]->title;
		titles[i] = read_text(b, s->v[i], "title", 0);
	}
	f->values = v;
	f->value_titles = titles;
	return 0;
}

static int
read_field(struct build *b, const struct node *n, struct policy_field *f,
    struct err *e)
{
	uint32_t max;
	int r;

	f->path = n->title;
	if (!names_is_path(n->title))
		problem(
		    b->ps, n->file, n->line, "\"%s\" is not a path", n->title);
	f->title = read_text(b, n, "title", 0);
	f->type = (enum field_type)read_word(b, n, "type", names_types, -1);
	f->label = (enum field_label)read_word(
	    b, n, "label", names_labels, LABEL_ORDINARY);
	f->required = read_flag(b, n, "required");
	f->values = read_names(b, n, "values");
	if ((r = read_values_of(b, n, f, e)) < 0)
		return r;
	if ((f->type == FIELD_CODE) != (f->values[0] != NULL))
		problem(b->ps, n->file, n->line,
		    "field \"%s\": a code has values, and nothing else has",
		    f->path);
	max = default_max(f->type);
	if (max == 0 && read_value(n, "max") != NULL)
		problem(b->ps, n->file, read_line(n, "max"),
		    "field \"%s\": max is for strings, texts and lists",
		    f->path);
	f->max = (uint32_t)read_number(b, n, "max", 1, ANY_MAX, max);
	return 0;
}

static void
check_not_empty(
    struct build *b, const struct node *n, const struct policy_kind *k)
{
	const struct policy_field *f = k->fields, *g;
	size_t i, j;

	for (i = 0; i < k->nfields; i++) {
		if (!holds_fields(&f[i]))
			continue;
		for (j = i + 1; j < k->nfields; j++) {
			g = field_above(f, k->nfields, f[j].path);
			if (g == &f[i])
				break;
		}
		if (j == k->nfields)
			problem(b->ps, n->file, n->sub[i].line,
			    "field \"%s\" has no fields under it", f[i].path);
	}
}

static int
read_fields(
    struct build *b, const struct node *n, struct policy_kind *k, struct err *e)
{
	struct policy_field *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, n->nsub, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < n->nsub; i++) {
		if ((r = read_field(b, &n->sub[i], &v[i], e)) < 0)
			return r;
		place_field(b, &n->sub[i], v, i);
		/* What is only for a paper goes nowhere but on it. */
		if (k->prepares != NULL)
			v[i].label = LABEL_NEVER;
	}
	k->fields = v;
	k->nfields = n->nsub;
	check_not_empty(b, n, k);
	return 0;
}

/* What is in an archive is looked at by nobody: none is filed. */
static int
is_archive(const char *media)
{
	static const char *const names[] = { "application/zip",
		"application/vnd.etsi.asic-e+zip",
		"application/vnd.etsi.asic-s+zip" };
	size_t i;

	for (i = 0; i < NELEMS(names); i++)
		if (strcmp(media, names[i]) == 0)
			return 1;
	return 0;
}

static void
check_media(struct build *b, const struct node *n, const struct policy_kind *k)
{
	const char *const *m;
	const char *slash;

	for (m = k->media; *m != NULL; m++) {
		slash = strchr(*m, '/');
		if (slash == NULL || slash == *m || slash[1] == '\0' ||
		    strchr(*m, '*') != NULL || strlen(*m) > MEDIA_MAX)
			problem(b->ps, n->file, read_line(n, "media"),
			    "\"%s\" is not a media type", *m);
		if (is_archive(*m))
			problem(b->ps, n->file, read_line(n, "media"),
			    "\"%s\" is an archive: what is in it is not "
			    "inspected",
			    *m);
	}
}

/* A record has fields and is JSON; a file has media types and no fields. */
static void
check_shape(struct build *b, const struct node *n, const struct policy_kind *k)
{
	static const char *const for_files[] = { "levels", "signed", "strict",
		"uninspected", "provenance", "pages-max", NULL };
	size_t i;

	if (k->media[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "kind \"%s\" accepts no media type", k->name);
	if (!k->is_record && k->nfields > 0)
		problem(b->ps, n->file, n->sub[0].line,
		    "kind \"%s\" is a file: it has no fields", k->name);
	if (!k->is_record)
		return;
	if (k->nfields == 0)
		problem(b->ps, n->file, n->line,
		    "record kind \"%s\" has no fields", k->name);
	for (i = 0; for_files[i] != NULL; i++)
		if (read_value(n, for_files[i]) != NULL)
			problem(b->ps, n->file, read_line(n, for_files[i]),
			    "kind \"%s\" is a record: it has no %s", k->name,
			    for_files[i]);
	if (strcmp(k->media[0] != NULL ? k->media[0] : "",
		"application/json") != 0 ||
	    k->media[1] != NULL)
		problem(b->ps, n->file, read_line(n, "media"),
		    "record kind \"%s\" is application/json alone", k->name);
}

static int
accepts_scans(const struct policy_kind *k)
{
	size_t i;

	for (i = 0; k->levels[i] != NULL; i++)
		if (strcmp(k->levels[i], "handwritten-scan") == 0)
			return 1;
	return 0;
}

static void
check_signing(
    struct build *b, const struct node *n, const struct policy_kind *k)
{
	size_t i;

	if (k->strict && !k->is_signed)
		problem(b->ps, n->file, read_line(n, "strict"),
		    "kind \"%s\": strict is about signatures, and it has "
		    "none",
		    k->name);
	if (k->is_signed && k->uninspected)
		problem(b->ps, n->file, read_line(n, "uninspected"),
		    "kind \"%s\": what is signed is inspected", k->name);
	if (k->is_signed != (k->levels[0] != NULL))
		problem(b->ps, n->file, read_line(n, "levels"),
		    "kind \"%s\": levels are for what is signed, and it "
		    "needs some",
		    k->name);
	if (k->provenance != PROVENANCE_NONE && !accepts_scans(k))
		problem(b->ps, n->file, read_line(n, "provenance"),
		    "kind \"%s\": provenance is of scans, and it accepts "
		    "none",
		    k->name);
	for (i = 0; k->levels[i] != NULL; i++)
		if (names_find(names_levels, k->levels[i]) < 0)
			problem(b->ps, n->file, read_line(n, "levels"),
			    "unknown level \"%s\" in kind \"%s\"", k->levels[i],
			    k->name);
}

/* Who signs is said of what is signed, and what the vault writes itself is a
 * record. */
static void
check_signers(
    struct build *b, const struct node *n, const struct policy_kind *k)
{
	if (k->is_signed != (k->signers[0] != NULL))
		problem(b->ps, n->file, read_line(n, "signers"),
		    "kind \"%s\": signers are for what is signed, and it needs "
		    "some",
		    k->name);
	if (k->by_vault && !k->is_record)
		problem(b->ps, n->file, read_line(n, "by-vault"),
		    "kind \"%s\": what the vault writes itself is a record",
		    k->name);
}

/* The kind that it prepares is looked at when all are read (check.c). */
static int
read_paper(
    struct build *b, const struct node *n, struct policy_kind *k, struct err *e)
{
	struct build_page page = { 0 };
	int r;

	k->prepares = read_name(b, n, "prepares", 0);
	if (k->prepares != NULL && (!k->is_record || k->by_vault))
		problem(b->ps, n->file, read_line(n, "prepares"),
		    "kind \"%s\": what prepares a paper is a record that "
		    "people fill",
		    k->name);
	if (read_value(n, "notice") == NULL &&
	    read_value(n, "notice-version") == NULL)
		return 0;
	if (k->prepares == NULL)
		problem(b->ps, n->file, n->line,
		    "kind \"%s\": a notice is for what prepares a paper",
		    k->name);
	if ((r = build_page(b, n, &page, e)) < 0)
		return r;
	k->notice = page.name;
	k->notice_version = page.version;
	k->notice_text = page.text;
	k->notice_sha256 = page.sha256;
	return 0;
}

static int
read_kind(
    struct build *b, const struct node *n, struct policy_kind *k, struct err *e)
{
	int r;

	k->name = read_title(b, n);
	k->title = read_text(b, n, "title", 1);
	read_source(b, n);
	read_window(b, n, &k->when);
	k->is_record = read_flag(b, n, "record");
	k->media = read_list(b, n, "media");
	k->size_max = read_number(b, n, "size-max", 1, SIZE_MAX_MAX, 0);
	k->pages_max = (uint32_t)read_number(b, n, "pages-max", 1, 1000, 1);
	k->levels = read_names(b, n, "levels");
	if (!k->is_record)
		k->is_signed = read_flag_must(b, n, "signed");
	k->strict = k->is_signed ? read_flag_must(b, n, "strict")
				 : read_flag(b, n, "strict");
	k->uninspected = read_flag(b, n, "uninspected");
	k->provenance = (enum provenance)read_word(
	    b, n, "provenance", names_provenance, PROVENANCE_NONE);
	k->by_vault = read_flag(b, n, "by-vault");
	k->is_social = read_flag_must(b, n, "social");
	k->signers = read_words(b, n, "signers", names_signers);
	k->retention = read_name(b, n, "retention", 1);
	if ((r = read_paper(b, n, k, e)) < 0 ||
	    (r = read_fields(b, n, k, e)) < 0)
		return r;
	check_media(b, n, k);
	check_shape(b, n, k);
	check_signing(b, n, k);
	check_signers(b, n, k);
	return 0;
}

static int
build_retentions(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_RETENTION];
	struct policy_retention *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].active_months = (uint32_t)read_number_must(
		    b, s->v[i], "active-months", 0, 1200);
		v[i].intermediate_months = (uint32_t)read_number(
		    b, s->v[i], "intermediate-months", 0, 1200, 0);
		v[i].from = read_name(b, s->v[i], "from", 1);
		v[i].active_until = read_name(b, s->v[i], "active-until", 0);
		v[i].intermediate_from =
		    read_name(b, s->v[i], "intermediate-from", 0);
		if (v[i].intermediate_from == NULL)
			v[i].intermediate_from = v[i].from;
		v[i].intermediate_until =
		    read_name(b, s->v[i], "intermediate-until", 0);
		v[i].instead_of = read_name(b, s->v[i], "instead-of", 0);
		v[i].once = read_name(b, s->v[i], "once", 0);
		read_window(b, s->v[i], &v[i].when);
	}
	b->p->retentions = v;
	b->p->nretentions = s->n;
	return 0;
}

int
build_kinds(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_KIND];
	struct policy_kind *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++)
		if ((r = read_kind(b, s->v[i], &v[i], e)) < 0)
			return r;
	b->p->kinds = v;
	b->p->nkinds = s->n;
	return build_retentions(b, e);
}
