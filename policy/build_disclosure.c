/* Recipients, consents, and what goes to whom on which basis. */
#include "policy/build.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Relative, and inside the policy folder. */
static const char *
read_certificate(struct build *b, const struct node *n)
{
	const char *s = read_text(b, n, "certificate", 0);

	if (*s == '/' || strstr(s, "..") != NULL)
		problem(b->ps, n->file, read_line(n, "certificate"),
		    "certificate of \"%s\" is not under the policy folder",
		    n->title);
	return s;
}

static const char *
read_account(struct build *b, const struct node *n)
{
	const char *s = read_text(b, n, "account", 0);

	if (*s != '\0' && !names_is_account(s))
		problem(b->ps, n->file, read_line(n, "account"),
		    "\"%s\" is not an account name", s);
	return s;
}

static int
build_recipients(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_RECIPIENT];
	struct policy_recipient *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].account = read_account(b, s->v[i]);
		v[i].channel = names_channels[read_word(
		    b, s->v[i], "channel", names_channels, -1)];
		v[i].certificate = read_certificate(b, s->v[i]);
		v[i].landlord_facing =
		    read_flag_must(b, s->v[i], "landlord-facing");
		read_source(b, s->v[i]);
		read_window(b, s->v[i], &v[i].when);
	}
	b->p->recipients = v;
	b->p->nrecipients = s->n;
	return 0;
}

/* What a département says about a recipient all have. */
static void
adapt(struct build *b, const struct node *n)
{
	struct policy_recipient *r = NULL;
	size_t i;

	for (i = 0; i < b->p->nrecipients; i++)
		if (strcmp(b->p->recipients[i].name, n->title) == 0)
			r = &b->p->recipients[i];
	if (r == NULL) {
		problem(b->ps, n->file, n->line, "unknown recipient \"%s\"",
		    n->title);
		return;
	}
	if (read_value(n, "title") != NULL)
		r->title = read_text(b, n, "title", 1);
	if (read_value(n, "account") != NULL)
		r->account = read_account(b, n);
	if (read_value(n, "channel") != NULL)
		r->channel = names_channels[read_word(
		    b, n, "channel", names_channels, -1)];
	if (read_value(n, "certificate") != NULL)
		r->certificate = read_certificate(b, n);
}

/*
 * What a person is given to read before they consent: without it there is
 * nothing that they could have consented to (GDPR art. 7(1), 13).
 */
static int
read_notice(struct build *b, const struct node *n, struct policy_consent *c,
    struct err *e)
{
	char name[POLICY_FILE_NAME_MAX + 1];
	const struct policy_file *f;
	uint8_t *sha256;
	int len;

	len = snprintf(name, sizeof(name), "notices/%s-%s.txt", c->notice,
	    c->notice_version);
	if (*c->notice == '\0' || *c->notice_version == '\0')
		return 0;
	f = len < (int)sizeof(name) ? policy_file(b->p, name) : NULL;
	if (f == NULL || f->n == 0 || !utf8_is_valid(f->p, f->n) ||
	    memchr(f->p, '\0', f->n) != NULL) {
		problem(b->ps, n->file, read_line(n, "notice"),
		    f == NULL ? "the notice of consent \"%s\" is not there: %s"
			      : "the notice of consent \"%s\" is no text: %s",
		    c->purpose, name);
		return 0;
	}
	if ((sha256 = arena_get(&b->p->arena, SHA256_LEN, e)) == NULL)
		return -ERR_NOMEM;
	c->notice_text = f->p;
	c->notice_sha256 = sha256;
	return digest_of(DIGEST_SHA256, f->p, f->n, sha256, e);
}

static int
build_consents(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_CONSENT];
	struct policy_consent *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].purpose = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].recipient = read_name(b, s->v[i], "recipient", 0);
		v[i].valid_months = (uint32_t)read_number(
		    b, s->v[i], "valid-months", 0, 1200, 0);
		v[i].notice = read_text(b, s->v[i], "notice", 1);
		v[i].notice_version =
		    read_text(b, s->v[i], "notice-version", 1);
		read_source(b, s->v[i]);
		read_window(b, s->v[i], &v[i].when);
		if ((r = read_notice(b, s->v[i], &v[i], e)) < 0)
			return r;
		if (v[i].recipient != NULL &&
		    policy_recipient(b->p, v[i].recipient) == NULL)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "recipient"),
			    "unknown recipient \"%s\" in consent \"%s\"",
			    v[i].recipient, v[i].purpose);
	}
	b->p->consents = v;
	b->p->nconsents = s->n;
	return 0;
}

/* --- fields that go --------------------------------------------------- */

/* "diagnostic:dette.montant" -> kind and field; NULL: a problem. */
static const struct policy_field *
find_source(struct build *b, const struct node *n, const char *word,
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

static int
is_at_or_under(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 &&
	       (path[n] == '\0' || path[n] == '.');
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
		if (is_at_or_under(k->fields[i].path, top))
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
		    is_at_or_under(f->path, k->fields[i].path))
			problem(b->ps, n->file, n->line,
			    "%s:%s is inside a list: disclose the list",
			    k->name, f->path);
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
	if (!names_is_path(n->title))
		problem(
		    b->ps, n->file, n->line, "\"%s\" is not a path", n->title);
	if (*from == '\0' || (f = find_source(b, n, "from", from,
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
			if (i != j && is_at_or_under(rule->sub[i].title,
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
		f = find_source(b, n, "sensitive", v->v[i], v->lines[i], &k);
		if (f == NULL)
			continue;
		for (j = 0; j < d->nfields; j++)
			if (strcmp(d->fields[j].kind, k->name) == 0 &&
			    is_at_or_under(f->path, d->fields[j].path))
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
	if (n->nsub == 0)
		problem(b->ps, n->file, n->line,
		    "disclosure \"%s\" gives nothing", n->title);
	check_members(b, n);
	check_sensitive(b, n, d);
	return 0;
}

static void
check_references(
    struct build *b, const struct node *n, const struct disclosure_rule *d)
{
	const struct policy_consent *c;
	size_t i;

	if (d->recipient != NULL &&
	    policy_recipient(b->p, d->recipient) == NULL)
		problem(b->ps, n->file, read_line(n, "recipient"),
		    "unknown recipient \"%s\" in disclosure \"%s\"",
		    d->recipient, d->name);
	if (d->purpose != NULL && model_purpose(b->p, d->purpose) == NULL)
		problem(b->ps, n->file, read_line(n, "purpose"),
		    "unknown purpose \"%s\" in disclosure \"%s\"", d->purpose,
		    d->name);
	for (i = 0; d->attach[i] != NULL; i++)
		if (policy_kind(b->p, d->attach[i]) == NULL)
			problem(b->ps, n->file, read_line(n, "attach"),
			    "unknown kind \"%s\" in disclosure \"%s\"",
			    d->attach[i], d->name);
	if (d->consent == NULL)
		return;
	if ((c = policy_consent(b->p, d->consent)) == NULL)
		problem(b->ps, n->file, read_line(n, "consent"),
		    "unknown consent \"%s\" in disclosure \"%s\"", d->consent,
		    d->name);
	else if (d->recipient != NULL &&
		 (c->recipient == NULL ||
		     strcmp(c->recipient, d->recipient) != 0))
		problem(b->ps, n->file, read_line(n, "consent"),
		    "consent \"%s\" is not one to share with \"%s\"",
		    d->consent, d->recipient);
}

static int
read_disclosure(struct build *b, const struct node *n,
    struct disclosure_rule *d, struct err *e)
{
	size_t i;

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
	d->stages = read_names_or_none(b, n, "stages");
	for (i = 0; d->stages[i] != NULL; i++)
		if (names_find(names_stages, d->stages[i]) < 0)
			problem(b->ps, n->file, read_line(n, "stages"),
			    "unknown stage \"%s\" in disclosure \"%s\"",
			    d->stages[i], d->name);
	d->expires_days =
	    (uint32_t)read_number_must(b, n, "expires-days", 1, 366);
	d->four_eyes = read_flag_must(b, n, "four-eyes");
	read_window(b, n, &d->when);
	check_references(b, n, d);
	return read_disclosed_all(b, n, d, e);
}

/* The same recipient, purpose and stage on the same days: which one? */
static void
check_one_rule(struct build *b, size_t i)
{
	const struct disclosure_rule *v = b->p->disclosures, *a = &v[i];
	const struct node *n = b->of[WORD_DISCLOSURE].v[i];
	size_t j;

	for (j = 0; j < i; j++) {
		const char *const *s = a->stages;
		int overlap = s[0] == NULL || v[j].stages[0] == NULL;

		for (; *s != NULL; s++)
			overlap |= model_has(v[j].stages, *s);
		if (overlap && a->recipient != NULL && a->purpose != NULL &&
		    v[j].recipient != NULL && v[j].purpose != NULL &&
		    strcmp(a->recipient, v[j].recipient) == 0 &&
		    strcmp(a->purpose, v[j].purpose) == 0 &&
		    a->when.from <= v[j].when.until &&
		    v[j].when.from <= a->when.until)
			problem(b->ps, n->file, n->line,
			    "disclosure \"%s\" is for the same recipient, "
			    "purpose and days as \"%s\"",
			    a->name, v[j].name);
	}
}

int
build_disclosure(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_DISCLOSURE];
	struct disclosure_rule *v;
	size_t i;
	int r;

	if ((r = build_recipients(b, e)) < 0)
		return r;
	for (i = 0; i < b->of[WORD_ADAPT].n; i++)
		adapt(b, b->of[WORD_ADAPT].v[i]);
	if ((r = build_consents(b, e)) < 0)
		return r;
	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	b->p->disclosures = v;
	b->p->ndisclosures = s->n;
	for (i = 0; i < s->n; i++)
		if ((r = read_disclosure(b, s->v[i], &v[i], e)) < 0)
			return r;
	for (i = 0; i < s->n; i++)
		check_one_rule(b, i);
	return 0;
}
