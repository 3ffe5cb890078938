/* What was filled, as the record that the vault takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/cli.h"
#include "client/formfields.h"

#define ROW_MAX 99999 /* the highest number of a row that is read */
#define NUMBER_MAX 32 /* bytes of a number without its spaces */

struct reading {
	const struct formfields *f;
	const struct formfields_pair *pairs;
	uint8_t *used; /* which pairs were read */
	size_t n;
	int draft;
	json_t *errors;
};

/* A place as it is named in what was sent, and in the record that comes of
 * it: rows that are empty are left out and the others move up. */
struct place {
	char sent[FORMFIELDS_NAME_MAX], kept[FORMFIELDS_NAME_MAX];
};

static int read_members(struct reading *g, const char *path,
    const struct place *at, json_t **out, struct err *e);

static int
step(const struct place *up, const char *sent, const char *kept,
    struct place *in, struct err *e)
{
	const char *d1 = up->sent[0] != '\0' ? "." : "";
	const char *d2 = up->kept[0] != '\0' ? "." : "";
	int a, b;

	a = snprintf(
	    in->sent, sizeof(in->sent), "%.200s%s%s", up->sent, d1, sent);
	b = snprintf(
	    in->kept, sizeof(in->kept), "%.200s%s%s", up->kept, d2, kept);
	if (a >= (int)sizeof(in->sent) || b >= (int)sizeof(in->kept))
		return err_set(e, ERR_INTERNAL, "form: a place is too long");
	return 0;
}

/* The name behind the prefix, or NULL: none of ours. */
static const char *
ours(const struct reading *g, size_t i)
{
	size_t n = strlen(g->f->prefix);

	return strncmp(g->pairs[i].name, g->f->prefix, n) == 0
		   ? g->pairs[i].name + n
		   : NULL;
}

/* The next unread value of this name from *i on; NULL when there is none. */
static const char *
next_value(struct reading *g, const char *name, size_t *i)
{
	const char *at;

	for (; *i < g->n; (*i)++) {
		at = ours(g, *i);
		if (at == NULL || g->used[*i] || strcmp(at, name) != 0)
			continue;
		g->used[*i] = 1;
		return g->pairs[(*i)++].value;
	}
	return NULL;
}

static int
wrong(struct reading *g, const struct place *at, const char *sentence,
    struct err *e)
{
	if (json_object_set_new(g->errors, at->kept, json_string(sentence)) < 0)
		return err_set(e, ERR_NOMEM, "form");
	return 0;
}

/* --- values --------------------------------------------------------------- */

static int
is_blank(const char *s)
{
	return *s == ' ' || *s == '\t' || *s == '\n' || *s == '\r';
}

/* Without what stands before and behind; lines end with a newline alone. */
static int
trimmed(const char *s, struct buf *out, struct err *e)
{
	const char *end = s + strlen(s);
	int r;

	while (is_blank(s))
		s++;
	while (end > s && is_blank(end - 1))
		end--;
	for (; s < end; s++)
		if (!(s[0] == '\r' && s[1] == '\n') &&
		    (r = buf_add(out, s, 1, e)) < 0)
			return r;
	return 0;
}

static int
is_plain(const char *s, int lines)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 || *s == 0x7f) &&
		    !(lines && (*s == '\n' || *s == '\t')))
			return 0;
	return 1;
}

/* Digits with one sign at most and one comma or point: without the spaces of
 * people (U+0020, U+00A0, U+202F), the point for the comma, and no euro. */
static int
number_text(const char *s, char out[NUMBER_MAX])
{
	size_t n = 0;

	while (*s != '\0') {
		if (*s == ' ')
			s++;
		else if (strncmp(s, "\xc2\xa0", 2) == 0)
			s += 2;
		else if (strncmp(s, "\xe2\x80\xaf", 3) == 0 ||
			 strcmp(s, "\xe2\x82\xac") == 0)
			s += 3;
		else if (n + 1 < NUMBER_MAX)
			out[n++] = *s == ',' ? '.' : *s, s++;
		else
			return -1;
	}
	out[n] = '\0';
	return 0;
}

static json_t *
integer_of(const char *s)
{
	char t[NUMBER_MAX];
	const char *d = t;

	if (number_text(s, t) < 0)
		return NULL;
	d += *d == '-';
	if (*d == '\0' || strlen(d) > 9 || strspn(d, "0123456789") != strlen(d))
		return NULL;
	return json_integer(strtoll(t, NULL, 10));
}

/* At most two decimals and twelve digits before them. */
static json_t *
amount_of(const char *s)
{
	char t[NUMBER_MAX];
	const char *d = t, *rest;
	size_t whole;

	if (number_text(s, t) < 0)
		return NULL;
	d += *d == '-';
	whole = strspn(d, "0123456789");
	rest = d + whole;
	if (whole == 0 || whole > 12)
		return NULL;
	if (*rest == '\0')
		return json_integer(strtoll(t, NULL, 10));
	if (*rest != '.' || strspn(rest + 1, "0123456789") != strlen(rest + 1))
		return NULL;
	switch (strlen(rest + 1)) {
	case 1:
	case 2:
		return json_real(strtod(t, NULL));
	}
	return NULL;
}

/* 2026-11-23 as it is, 23/11/2026 turned round. */
static json_t *
date_of(const char *s)
{
	char t[11];
	int32_t day;

	if (strlen(s) != 10)
		return NULL;
	if (s[2] == '/' && s[5] == '/')
		snprintf(t, sizeof(t), "%.4s-%.2s-%.2s", s + 6, s + 3, s);
	else
		snprintf(t, sizeof(t), "%s", s);
	return date_parse(t, &day, NULL) == 0 ? json_string(t) : NULL;
}

static json_t *
code_of(const struct policy_field *f, const char *s)
{
	const char *const *v;

	for (v = f->values; v != NULL && *v != NULL; v++)
		if (strcmp(*v, s) == 0)
			return json_string(s);
	return NULL;
}

static json_t *
text_of(const struct policy_field *f, const char *s, const char **why)
{
	int lines = f->type == FIELD_TEXT;
	size_t max = f->max;

	if (max == 0)
		max = lines ? FORMFIELDS_TEXT_MAX : FORMFIELDS_STRING_MAX;
	*why = strlen(s) > max ? _("C'est trop long : raccourcissez.")
			       : _("Enlevez les caractères qui ne s'affichent "
				   "pas.");
	return strlen(s) <= max && is_plain(s, lines) ? json_string(s) : NULL;
}

/* The value, or NULL and what is to be done. */
static json_t *
value_of(const struct policy_field *f, const char *s, const char **why)
{
	switch (f->type) {
	case FIELD_INTEGER:
		*why = _("Écrivez un nombre entier, par exemple 3.");
		return integer_of(s);
	case FIELD_AMOUNT:
		*why = _("Écrivez un montant en euros, par exemple 512,40.");
		return amount_of(s);
	case FIELD_DATE:
		*why = _("Écrivez une date, par exemple 23/11/2026.");
		return date_of(s);
	case FIELD_BOOLEAN:
		*why = _("Choisissez oui ou non.");
		if (strcmp(s, "oui") != 0 && strcmp(s, "non") != 0)
			return NULL;
		return json_boolean(strcmp(s, "oui") == 0);
	case FIELD_CODE:
		*why = _("Choisissez dans la liste.");
		return code_of(f, s);
	default:
		return text_of(f, s, why);
	}
}

/* *out stays NULL when nothing was filled. */
static int
read_simple(struct reading *g, const struct policy_field *f,
    const struct place *at, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	const char *why = NULL, *s;
	size_t i = 0;
	int r;

	if ((s = next_value(g, at->sent, &i)) == NULL)
		return 0;
	if ((r = trimmed(s, &text, e)) < 0 || text.len == 0)
		return r;
	if ((*out = value_of(f, buf_str(&text), &why)) != NULL)
		return 0;
	if ((*out = json_string(buf_str(&text))) == NULL)
		return err_set(e, ERR_NOMEM, "form");
	return wrong(g, at, why, e);
}

/* --- lists ---------------------------------------------------------------- */

static int
append(json_t **list, json_t *item, struct err *e)
{
	if (*list == NULL)
		*list = json_array();
	if (item == NULL || json_array_append_new(*list, item) < 0)
		return err_set(e, ERR_NOMEM, "form");
	return 0;
}

static int
read_boxes(struct reading *g, const struct policy_field *f,
    const struct policy_field *code, const struct place *at, json_t **out,
    struct err *e)
{
	const char *child = code == f ? NULL : code->path + strlen(f->path) + 1;
	char name[2 * FORMFIELDS_NAME_MAX];
	const char *s;
	size_t i = 0;
	int r;

	snprintf(name, sizeof(name), "%s.*%s%s", at->sent,
	    child != NULL ? "." : "", child != NULL ? child : "");
	while ((s = next_value(g, name, &i)) != NULL) {
		json_t *v = code_of(code, s);

		if (v == NULL)
			return err_tag(e, ERR_INVALID, "form-field",
			    "a box that the form has not");
		if (child != NULL)
			v = json_pack("{s:o}", child, v);
		if ((r = append(out, v, e)) < 0)
			return r;
	}
	return 0;
}

/* The lowest number of a row of this list above *number; 0: none. */
static int
next_row(const struct reading *g, const char *list, long *number)
{
	long best = ROW_MAX + 1, found;
	size_t i, n = strlen(list);
	const char *at;
	char *end;

	for (i = 0; i < g->n; i++) {
		at = ours(g, i);
		if (at == NULL || strncmp(at, list, n) != 0 || at[n] != '.' ||
		    at[n + 1] < '0' || at[n + 1] > '9' ||
		    (at[n + 1] == '0' && at[n + 2] >= '0' && at[n + 2] <= '9'))
			continue;
		found = strtol(at + n + 1, &end, 10);
		if ((*end == '.' || *end == '\0') && found > *number &&
		    found < best)
			best = found;
	}
	*number = best;
	return best <= ROW_MAX;
}

static int
read_row(struct reading *g, const struct policy_field *f, int of_fields,
    const struct place *at, json_t **out, struct err *e)
{
	struct policy_field item = *f;

	if (of_fields)
		return read_members(g, f->path, at, out, e);
	item.type = FIELD_STRING;
	item.max = FORMFIELDS_STRING_MAX;
	return read_simple(g, &item, at, out, e);
}

static int
has_fields(const struct policy_kind *k, const char *path)
{
	size_t i, n = strlen(path);

	for (i = 0; i < k->nfields; i++)
		if (strncmp(k->fields[i].path, path, n) == 0 &&
		    k->fields[i].path[n] == '.')
			return 1;
	return 0;
}

static int
read_list(struct reading *g, const struct policy_field *f,
    const struct place *at, json_t **out, struct err *e)
{
	const struct policy_field *code = formfields_boxes(g->f->kind, f);
	size_t max = f->max > 0 ? f->max : FORMFIELDS_LIST_MAX;
	char sent[24], kept[24];
	struct place in;
	long number = -1;
	json_t *item;
	int r;

	if (code != NULL)
		return read_boxes(g, f, code, at, out, e);
	while (next_row(g, at->sent, &number)) {
		snprintf(sent, sizeof(sent), "%ld", number);
		snprintf(kept, sizeof(kept), "%zu", json_array_size(*out));
		item = NULL;
		if ((r = step(at, sent, kept, &in, e)) < 0 ||
		    (r = read_row(g, f, has_fields(g->f->kind, f->path), &in,
			 &item, e)) < 0) {
			json_decref(item);
			return r;
		}
		if (item != NULL && (r = append(out, item, e)) < 0)
			return r;
	}
	if (json_array_size(*out) > max)
		return wrong(
		    g, at, _("Il y a trop de lignes : enlevez-en."), e);
	return 0;
}

/* --- objects -------------------------------------------------------------- */

static int
read_field(struct reading *g, const struct policy_field *f,
    const struct place *at, json_t **out, struct err *e)
{
	switch (f->type) {
	case FIELD_GROUP:
		return read_members(g, f->path, at, out, e);
	case FIELD_LIST:
		return read_list(g, f, at, out, e);
	default:
		return read_simple(g, f, at, out, e);
	}
}

/* The name of a field directly under path, or NULL. */
static const char *
member_name(const struct policy_field *f, const char *path)
{
	size_t n = strlen(path);
	const char *name = f->path;

	if (n > 0) {
		if (strncmp(name, path, n) != 0 || name[n] != '.')
			return NULL;
		name += n + 1;
	}
	return strchr(name, '.') == NULL ? name : NULL;
}

/* What is required of an object that is there, and missing. */
static int
check_required(struct reading *g, const char *path, const struct place *at,
    const json_t *object, struct err *e)
{
	const struct policy_kind *k = g->f->kind;
	struct place in;
	const char *name;
	size_t i;
	int r;

	for (i = 0; i < k->nfields && !g->draft; i++) {
		name = member_name(&k->fields[i], path);
		if (name == NULL || !k->fields[i].required ||
		    json_object_get(object, name) != NULL)
			continue;
		if ((r = step(at, name, name, &in, e)) < 0 ||
		    (r = wrong(g, &in, _("À remplir."), e)) < 0)
			return r;
	}
	return 0;
}

static int
read_into(struct reading *g, const char *path, const struct place *at,
    json_t *object, struct err *e)
{
	const struct policy_kind *k = g->f->kind;
	struct place in;
	const char *name;
	json_t *v;
	size_t i;
	int r;

	for (i = 0; i < k->nfields; i++) {
		if ((name = member_name(&k->fields[i], path)) == NULL)
			continue;
		v = NULL;
		if ((r = step(at, name, name, &in, e)) < 0 ||
		    (r = read_field(g, &k->fields[i], &in, &v, e)) < 0) {
			json_decref(v);
			return r;
		}
		if (v != NULL && json_object_set_new(object, name, v) < 0)
			return err_set(e, ERR_NOMEM, "form");
	}
	return 0;
}

static int
read_members(struct reading *g, const char *path, const struct place *at,
    json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *object = json_object();
	int r;

	if (object == NULL)
		return err_set(e, ERR_NOMEM, "form");
	if ((r = read_into(g, path, at, object, e)) < 0)
		return r;
	/* Nothing of it was filled: it is not there. But the record is. */
	if (json_object_size(object) == 0 && path[0] != '\0')
		return 0;
	if ((r = check_required(g, path, at, object, e)) < 0)
		return r;
	*out = TAKE(object);
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

/* Twice the same name, or a field that the kind has not: not our page. */
static int
check_all_read(const struct reading *g, struct err *e)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!g->used[i] && ours(g, i) != NULL)
			return err_tag(e, ERR_INVALID, "form-field",
			    "a field that the form has not");
	return 0;
}

static int
check_pairs(const struct reading *g, struct err *e)
{
	size_t i;

	if (g->n > FORMFIELDS_PAIRS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "form-field",
		    "more than %d fields", FORMFIELDS_PAIRS_MAX);
	for (i = 0; i < g->n; i++)
		if (ours(g, i) != NULL && !utf8_is_valid(g->pairs[i].value,
					      strlen(g->pairs[i].value)))
			return err_tag(e, ERR_INVALID, "form-field",
			    "a field that is not UTF-8");
	return 0;
}

int
formfields_record(const struct formfields *f,
    const struct formfields_pair *pairs, size_t n, int draft, json_t **record,
    json_t **errors, struct err *e)
{
	AUTO(json_decrefp) json_t *wrongs = json_object();
	AUTO(json_decrefp) json_t *made = NULL;
	AUTO(mem_freep) uint8_t *used = calloc(n + 1, 1);
	struct reading g = { .f = f,
		.pairs = pairs,
		.used = used,
		.n = n,
		.draft = draft,
		.errors = wrongs };
	const struct place top = { "", "" };
	int r;

	if (wrongs == NULL || used == NULL)
		return err_set(e, ERR_NOMEM, "form");
	if ((r = check_pairs(&g, e)) < 0 ||
	    (r = read_members(&g, "", &top, &made, e)) < 0 ||
	    (r = check_all_read(&g, e)) < 0)
		return r;
	*record = TAKE(made);
	*errors = TAKE(wrongs);
	return 0;
}
