#include "daemon/core/cut.h"

#include <stdio.h>
#include <string.h>

#include "base/scope.h"

#define NUMBER_TEXT 32

const char *
cut_words(enum cut_why why)
{
	static const char *const words[] = {
		[CUT_GIVEN] = "given",
		[CUT_NO_RECORD] = "no such record in the case",
		[CUT_EMPTY] = "not filled in",
		[CUT_NOT_IN_RULE] = "not in the rule",
		[CUT_SENSITIVE] = "sensitive, not in the rule",
		[CUT_NEVER] = "never disclosed",
		[CUT_BLOCKED] = "blocked",
		[CUT_STOPPED] = "the record is blocked",
		[CUT_NOT_ALL_AGREE] = "not all agree",
		[CUT_THEY_DISAGREE] = "they do not agree",
		[CUT_ADDRESS] = "confidential address",
		[CUT_WHOLE] = "a record does not go whole",
	};

	return words[why];
}

int
cut_is_under(const char *a, const char *b)
{
	size_t n = strlen(b);

	return strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '.');
}

const json_t *
cut_value(const json_t *record, const char *path)
{
	char name[CUT_PATH_MAX];
	size_t n;

	while (record != NULL && *path != '\0') {
		n = strcspn(path, ".");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		record = json_object_get(record, name);
		path += n + (path[n] == '.');
	}
	return record;
}

/* --- blocks --------------------------------------------------------------- */

/* Is a scalar of a record what the rules write as this word? */
static int
is_value(const json_t *v, const char *word)
{
	char number[NUMBER_TEXT];

	if (json_is_string(v))
		return strcmp(json_string_value(v), word) == 0;
	if (json_is_boolean(v))
		return strcmp(json_is_true(v) ? "true" : "false", word) == 0;
	if (!json_is_integer(v))
		return 0;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(v));
	return strcmp(number, word) == 0;
}

/* Does the value stand at this path, in any item of the lists on the way? */
static int
holds(const json_t *v, const char *path, const char *word)
{
	char name[CUT_PATH_MAX];
	const json_t *item;
	size_t i, n;

	if (json_is_array(v)) {
		json_array_foreach(v, i, item)
		{
			if (holds(item, path, word))
				return 1;
		}
		return 0;
	}
	if (*path == '\0')
		return v != NULL && is_value(v, word);
	n = strcspn(path, ".");
	if (n >= sizeof(name) || !json_is_object(v))
		return 0;
	memcpy(name, path, n);
	name[n] = '\0';
	return holds(
	    json_object_get(v, name), path + n + (path[n] == '.'), word);
}

const struct policy_block *
cut_stops(const struct cutting *c, const struct policy_kind *kind,
    const json_t *record)
{
	const struct policy_blocked *x;
	size_t i, k;

	for (i = 0; i < c->nblocks; i++)
		for (k = 0; k < c->blocks[i]->nblocked; k++) {
			x = &c->blocks[i]->blocked[k];
			if (x->value != NULL &&
			    strcmp(x->kind, kind->name) == 0 &&
			    holds(record, x->path, x->value))
				return c->blocks[i];
		}
	return NULL;
}

/* The block that holds this field, or what it lies in, back. */
static const struct policy_block *
block_of(const struct cutting *c, const char *kind, const char *path)
{
	const struct policy_blocked *x;
	size_t i, k;

	for (i = 0; i < c->nblocks; i++)
		for (k = 0; k < c->blocks[i]->nblocked; k++) {
			x = &c->blocks[i]->blocked[k];
			if (x->value == NULL && strcmp(x->kind, kind) == 0 &&
			    cut_is_under(path, x->path))
				return c->blocks[i];
		}
	return NULL;
}

int
cut_is_address(const char *path)
{
	static const char *const words[] = { "adresse", "code-postal",
		"commune" };
	size_t i, n;

	for (; *path != '\0'; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		for (i = 0; i < NELEMS(words); i++)
			if (strlen(words[i]) == n &&
			    memcmp(words[i], path, n) == 0)
				return 1;
	}
	return 0;
}

/* --- what lies under a field ---------------------------------------------- */

/* Is the value of the type that its field is declared to have? */
static int
has_type(const struct policy_field *f, const json_t *v)
{
	const json_t *item;
	size_t i;

	switch (f->type) {
	case FIELD_GROUP:
		return json_is_object(v);
	case FIELD_LIST:
		json_array_foreach(v, i, item)
		{
			if (!json_is_object(item))
				return 0;
		}
		return json_is_array(v);
	case FIELD_INTEGER:
		return json_is_integer(v);
	case FIELD_AMOUNT:
		return json_is_number(v);
	case FIELD_BOOLEAN:
		return json_is_boolean(v);
	default:
		return json_is_string(v);
	}
}

/* May this member, at child, go with the group that it lies in? */
static int
may_go_along(const struct cutting *c, const struct policy_kind *kind,
    const char *key, const char *child, const json_t *v)
{
	const struct policy_field *f;

	/* A name with a dot could pass for a path of another field. */
	if (key[0] == '\0' || strchr(key, '.') != NULL)
		return 0;
	f = policy_field(kind, child);
	return f != NULL && f->label == LABEL_ORDINARY && has_type(f, v) &&
	       block_of(c, kind->name, child) == NULL &&
	       !(c->hides_addresses && cut_is_address(child));
}

/* As deep as fields are declared: what is not declared goes unread. */
static void
prune(const struct cutting *c, const struct policy_kind *kind, const char *path,
    json_t *value)
{
	char child[CUT_PATH_MAX];
	const char *key;
	json_t *item;
	void *next;
	size_t i;
	int n;

	json_array_foreach(value, i, item) prune(c, kind, path, item);
	json_object_foreach_safe(value, next, key, item)
	{
		n = snprintf(child, sizeof(child), "%s.%s", path, key);
		if (n < 0 || (size_t)n >= sizeof(child) ||
		    !may_go_along(c, kind, key, child, item))
			json_object_del(value, key);
		else
			prune(c, kind, child, item);
	}
}

/* --- the cut -------------------------------------------------------------- */

static int
withhold(json_t *withheld, const char *kind, const char *path,
    const char *label, enum cut_why why, const struct policy_block *block,
    struct err *e)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*}", "kind", kind,
	    "path", path, "why", cut_words(why), "label", label, "block",
	    block != NULL ? block->name : NULL, "citation",
	    block != NULL ? block->citation : NULL);

	if (j == NULL || json_array_append_new(withheld, j) < 0)
		return err_set(e, ERR_NOMEM, "extract");
	return 0;
}

static const struct cut_source *
source_of(const struct cutting *c, const char *kind)
{
	size_t i;

	for (i = 0; i < c->nsources; i++)
		if (strcmp(c->sources[i].kind->name, kind) == 0)
			return &c->sources[i];
	return NULL;
}

/* Does the field lie in groups alone? One value out of a list is nobody's. */
static int
lies_in_groups(const struct policy_kind *kind, const char *path)
{
	char above[CUT_PATH_MAX];
	const struct policy_field *f;
	const char *dot;

	for (dot = strchr(path, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
		snprintf(above, sizeof(above), "%.*s", (int)(dot - path), path);
		f = policy_field(kind, above);
		if (f == NULL || f->type != FIELD_GROUP)
			return 0;
	}
	return 1;
}

/* Why a field of the rule stays behind, or CUT_GIVEN. */
static enum cut_why
judge_field(const struct cutting *c, size_t i, const struct cut_source *s,
    const struct policy_block **block)
{
	const struct disclosed_field *f = &c->rule->fields[i];
	const struct policy_field *declared = policy_field(s->kind, f->path);
	const json_t *v = cut_value(s->record, f->path);

	*block = NULL;
	if (declared == NULL || declared->label == LABEL_NEVER)
		return CUT_NEVER;
	if ((*block = cut_stops(c, s->kind, s->record)) != NULL)
		return CUT_STOPPED;
	if (v == NULL || !has_type(declared, v) ||
	    !lies_in_groups(s->kind, f->path))
		return CUT_EMPTY;
	if (c->verdicts[i].why != CUT_GIVEN) {
		*block = c->verdicts[i].block;
		return c->verdicts[i].why;
	}
	if ((*block = block_of(c, f->kind, f->path)) != NULL)
		return CUT_BLOCKED;
	return c->hides_addresses && cut_is_address(f->path) ? CUT_ADDRESS
							     : CUT_GIVEN;
}

static int
give(const struct cutting *c, const struct disclosed_field *f,
    const struct cut_source *s, json_t *fields, struct err *e)
{
	json_t *j, *copy = json_deep_copy(cut_value(s->record, f->path));

	if (copy == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	prune(c, s->kind, f->path, copy);
	j = json_pack("{s:s, s:s*, s:o, s:s, s:s, s:O*, s:i}", "label",
	    f->label, "title", f->title, "value", copy, "kind", f->kind, "path",
	    f->path, "document", s->document, "version", (int)s->version);
	if (j == NULL || json_array_append_new(fields, j) < 0)
		return err_set(e, ERR_NOMEM, "extract");
	return 0;
}

static int
cut_field(const struct cutting *c, size_t i, json_t *fields, json_t *withheld,
    struct err *e)
{
	const struct disclosed_field *f = &c->rule->fields[i];
	const struct cut_source *s = source_of(c, f->kind);
	const struct policy_block *block;
	enum cut_why why;

	if (s == NULL || s->record == NULL)
		return 0;
	why = judge_field(c, i, s, &block);
	if (why == CUT_GIVEN)
		return give(c, f, s, fields, e);
	return withhold(withheld, f->kind, f->path, f->label, why, block, e);
}

/* Does the rule give path, or something above it? */
static int
rule_gives(
    const struct disclosure_rule *rule, const char *kind, const char *path)
{
	size_t i;

	for (i = 0; i < rule->nfields; i++)
		if (strcmp(rule->fields[i].kind, kind) == 0 &&
		    cut_is_under(path, rule->fields[i].path))
			return 1;
	return 0;
}

/* Every filled field of a record that the rule does not name. */
static int
tell_the_rest(const struct cutting *c, const struct cut_source *s,
    json_t *withheld, struct err *e)
{
	static const enum cut_why why[] = {
		[LABEL_ORDINARY] = CUT_NOT_IN_RULE,
		[LABEL_SENSITIVE] = CUT_SENSITIVE,
		[LABEL_NEVER] = CUT_NEVER,
	};
	const struct policy_field *f;
	size_t i;
	int r;

	if (s->record == NULL)
		return withhold(
		    withheld, s->kind->name, "", NULL, CUT_NO_RECORD, NULL, e);
	for (i = 0; i < s->kind->nfields; i++) {
		f = &s->kind->fields[i];
		if (f->type != FIELD_GROUP &&
		    cut_value(s->record, f->path) != NULL &&
		    !rule_gives(c->rule, s->kind->name, f->path) &&
		    (r = withhold(withheld, s->kind->name, f->path, NULL,
			 why[f->label], NULL, e)) < 0)
			return r;
	}
	return 0;
}

int
cut(const struct cutting *c, json_t **fields, json_t **withheld, struct err *e)
{
	json_t *given = json_array(), *held = json_array();
	size_t i;
	int r = 0;

	if (given == NULL || held == NULL)
		r = err_set(e, ERR_NOMEM, "extract");
	for (i = 0; i < c->rule->nfields && r == 0; i++)
		r = cut_field(c, i, given, held, e);
	for (i = 0; i < c->nsources && r == 0; i++)
		r = tell_the_rest(c, &c->sources[i], held, e);
	if (r < 0) {
		json_decref(given);
		json_decref(held);
		return r;
	}
	*fields = given;
	*withheld = held;
	return 0;
}
