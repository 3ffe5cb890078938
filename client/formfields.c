#include "client/formfields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli.h"
#include "client/formcode.h"
#include "client/markup.h"

/* Where we are: the path in the rules and the place in the record. */
struct at {
	const struct formfields *f;
	struct buf *out;
	const struct policy_field *field;
	char place[FORMFIELDS_NAME_MAX];
	const json_t *value; /* what is there, or NULL */
	int blank;	     /* a row to come: its errors are nobody's */
};

static int fields_under(
    const struct at *up, const char *path, const json_t *object, struct err *e);

/* The last part of a path directly under another ("" is the top); or NULL. */
static const char *
child_of(const char *path, const char *up)
{
	size_t n = strlen(up);

	if (n > 0) {
		if (strncmp(path, up, n) != 0 || path[n] != '.')
			return NULL;
		path += n + 1;
	}
	return strchr(path, '.') == NULL ? path : NULL;
}

static const struct policy_field *
only_child(const struct policy_kind *k, const char *path)
{
	const struct policy_field *found = NULL;
	size_t i;

	for (i = 0; i < k->nfields; i++) {
		if (child_of(k->fields[i].path, path) == NULL)
			continue;
		if (found != NULL)
			return NULL;
		found = &k->fields[i];
	}
	return found;
}

static int
has_children(const struct policy_kind *k, const char *path)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (child_of(k->fields[i].path, path) != NULL)
			return 1;
	return 0;
}

/* Boxes to tick? Then the code of each row, the list's own or its child's. */
const struct policy_field *
formfields_boxes(const struct policy_kind *k, const struct policy_field *f)
{
	const struct policy_field *c;

	if (f->type != FIELD_LIST)
		return NULL;
	if (!has_children(k, f->path))
		return f->values != NULL && f->values[0] != NULL ? f : NULL;
	c = only_child(k, f->path);
	return c != NULL && c->type == FIELD_CODE ? c : NULL;
}

static const char *
title_of(const struct policy_field *f)
{
	return f->title != NULL && f->title[0] != '\0' ? f->title : f->path;
}

static const char *
error_at(const struct at *a)
{
	const json_t *v =
	    a->blank ? NULL : json_object_get(a->f->errors, a->place);

	return json_string_value(v);
}

/* --- a control ------------------------------------------------------------ */

static const char *const type_names[] = { "string", "text", "integer", "amount",
	"date", "boolean", "code", "group", "list" };

/* What people write for a value, and what they wrote. */
static void
amount_text(double x, char out[64])
{
	char *dot;

	snprintf(out, 64, "%.2f", x);
	if ((dot = strchr(out, '.')) == NULL)
		return;
	*dot = ',';
	if (strcmp(dot, ",00") == 0)
		*dot = '\0';
}

static const char *
value_text(const struct at *a, char room[64])
{
	const json_t *v = a->value;

	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "oui" : "non";
	room[0] = '\0';
	if (json_is_integer(v))
		snprintf(room, 64, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v) && json_real_value(v) < 1e15 &&
		 json_real_value(v) > -1e15)
		amount_text(json_real_value(v), room);
	return room;
}

static const char *
type_help(const struct policy_field *f)
{
	switch (f->type) {
	case FIELD_AMOUNT:
		return _("En euros, par exemple 512,40.");
	case FIELD_INTEGER:
		return _("Un nombre entier.");
	case FIELD_TEXT:
		return _("N'écrivez rien sur la santé, l'origine ou les "
			 "opinions de quelqu'un : ce qui n'est pas écrit ne "
			 "peut pas fuir.");
	default:
		return "";
	}
}

/* Attributes that every control has: its name, id, type and what belongs to
 * it. What is typed is for the vault, not for the browser to keep. */
static int
control_start(
    const struct at *a, const char *element, const char *more, struct err *e)
{
	const char *p = a->f->prefix, *err = error_at(a);
	struct buf *o = a->out;
	int r;

	if ((r = markup_add(o, e,
		 "<% id=\"%%\" name=\"%%\" data-type=\"%\" "
		 "autocomplete=\"off\"",
		 element, p, a->place, p, a->place, type_names[a->field->type],
		 NULL)) < 0 ||
	    (r = buf_addstr(o, more, e)) < 0)
		return r;
	if (a->field->required && (r = buf_addstr(o, " data-required", e)) < 0)
		return r;
	if (a->field->required && strchr(a->place, '.') == NULL &&
	    (r = buf_addstr(o, " aria-required=\"true\"", e)) < 0)
		return r;
	if (err != NULL && (r = buf_addstr(o, " aria-invalid=\"true\"", e)) < 0)
		return r;
	/* The script puts its own error beside a control in the same place. */
	if (type_help(a->field)[0] == '\0')
		return markup_add(
		    o, e, " aria-describedby=\"%%-e\"", p, a->place, NULL);
	return markup_add(o, e, " aria-describedby=\"%%-h %%-e\"", p, a->place,
	    p, a->place, NULL);
}

static int
option(struct buf *o, const char *value, const char *shown, const char *is,
    struct err *e)
{
	return markup_add(o, e,
	    strcmp(value, is) == 0 ? "<option value=\"%\" selected>%</option>"
				   : "<option value=\"%\">%</option>",
	    value, shown, NULL);
}

static int
select_control(const struct at *a, struct err *e)
{
	static const char *const truth[] = { "oui", "non", NULL };
	int boolean = a->field->type == FIELD_BOOLEAN;
	const char *const *v = boolean ? truth : a->field->values;
	char room[64];
	const char *is = value_text(a, room);
	int r, known = is[0] == '\0';

	if ((r = control_start(a, "select", "", e)) < 0 ||
	    (r = buf_addstr(a->out, ">", e)) < 0)
		return r;
	for (r = option(a->out, "", _("Non renseigné"), is, e);
	     r == 0 && v != NULL && *v != NULL; v++) {
		known |= strcmp(*v, is) == 0;
		r = option(a->out, *v,
		    boolean ? (v == truth ? _("Oui") : _("Non"))
			    : formcode_of(a->field, *v),
		    is, e);
	}
	/* What was typed and is none of them is shown beside its error. */
	if (r == 0 && !known)
		r = option(a->out, is, is, is, e);
	return r < 0 ? r : buf_addstr(a->out, "</select>", e);
}

static int
text_control(const struct at *a, struct err *e)
{
	char room[64], max[64];
	int r;

	snprintf(max, sizeof(max),
	    " rows=\"4\" spellcheck=\"false\""
	    " maxlength=\"%u\"",
	    a->field->max > 0 ? a->field->max : FORMFIELDS_TEXT_MAX);
	if ((r = control_start(a, "textarea", max, e)) < 0)
		return r;
	/* A first newline would be the element's own. */
	return markup_add(
	    a->out, e, ">\n%</textarea>", value_text(a, room), NULL);
}

static int
input_control(const struct at *a, struct err *e)
{
	char room[64], more[96];
	int r;

	switch (a->field->type) {
	case FIELD_INTEGER:
		snprintf(more, sizeof(more),
		    " type=\"text\" inputmode=\"numeric\" maxlength=\"12\"");
		break;
	case FIELD_AMOUNT:
		snprintf(more, sizeof(more),
		    " type=\"text\" inputmode=\"decimal\" maxlength=\"20\"");
		break;
	case FIELD_DATE:
		snprintf(more, sizeof(more), " type=\"%s\"",
		    error_at(a) != NULL ? "text" : "date");
		break;
	default:
		snprintf(more, sizeof(more),
		    " type=\"text\" spellcheck=\"false\" maxlength=\"%u\"",
		    a->field->max > 0 ? a->field->max : FORMFIELDS_STRING_MAX);
	}
	if ((r = control_start(a, "input", more, e)) < 0)
		return r;
	return markup_add(
	    a->out, e, " value=\"%\">", value_text(a, room), NULL);
}

/* --- a field: label, help, control, error --------------------------------- */

/* Where the error of a place is said, empty until there is one. */
static int
error_line(const struct at *a, struct err *e)
{
	const char *err = error_at(a);

	return markup_add(a->out, e, "<p class=\"error\" id=\"%%-e\">%</p>\n",
	    a->f->prefix, a->place, err != NULL ? err : "", NULL);
}

static const char *
mark(const struct policy_field *f, const char *place)
{
	if (!f->required)
		return "";
	return strchr(place, '.') == NULL
		   ? _(" (obligatoire)")
		   : _(" (obligatoire si cette partie est remplie)");
}

static int
simple(const struct at *a, struct err *e)
{
	const char *help = type_help(a->field);
	int r;

	if ((r = markup_add(a->out, e,
		 "<div class=\"field field-%\"><label for=\"%%\">%"
		 "<span class=\"mark\">%</span></label>\n",
		 type_names[a->field->type], a->f->prefix, a->place,
		 title_of(a->field), mark(a->field, a->place), NULL)) < 0)
		return r;
	if (help[0] != '\0' &&
	    (r = markup_add(a->out, e, "<p class=\"hint%\" id=\"%%-h\">%</p>\n",
		 a->field->type == FIELD_TEXT ? " warning" : "", a->f->prefix,
		 a->place, help, NULL)) < 0)
		return r;
	if ((r = error_line(a, e)) < 0)
		return r;
	switch (a->field->type) {
	case FIELD_CODE:
	case FIELD_BOOLEAN:
		r = select_control(a, e);
		break;
	case FIELD_TEXT:
		r = text_control(a, e);
		break;
	default:
		r = input_control(a, e);
	}
	return r < 0 ? r : buf_addstr(a->out, "</div>\n", e);
}

/* --- groups and lists ----------------------------------------------------- */

static int
legend(const struct at *a, const char *class, struct err *e)
{
	int r;

	if ((r = markup_add(a->out, e,
		 "<fieldset class=\"%\" id=\"%%\" data-place=\"%\""
		 " tabindex=\"-1\"",
		 class, a->f->prefix, a->place, a->place, NULL)) < 0 ||
	    (a->field->required &&
		(r = buf_addstr(a->out, " data-required", e)) < 0) ||
	    (r = markup_add(a->out, e,
		 "><legend>%<span class=\"mark\">%</span></legend>\n",
		 title_of(a->field), mark(a->field, a->place), NULL)) < 0)
		return r;
	return error_line(a, e);
}

static int
box_is_ticked(
    const struct at *a, const struct policy_field *code, const char *v)
{
	const char *name = child_of(code->path, a->field->path), *is;
	const json_t *item;
	size_t i;

	json_array_foreach(a->value, i, item)
	{
		is = json_string_value(
		    name != NULL ? json_object_get(item, name) : item);
		if (is != NULL && strcmp(is, v) == 0)
			return 1;
	}
	return 0;
}

static int
boxes(const struct at *a, const struct policy_field *code, struct err *e)
{
	const char *name = child_of(code->path, a->field->path);
	const char *const *v;
	int r;

	if ((r = legend(a, "boxes", e)) < 0)
		return r;
	for (v = code->values; v != NULL && *v != NULL; v++)
		if ((r = markup_add(a->out, e,
			 box_is_ticked(a, code, *v)
			     ? "<label class=\"box\"><input type=\"checkbox\""
			       " name=\"%%.*%%\" value=\"%\" data-type=\"box\""
			       " autocomplete=\"off\" checked> %</label>\n"
			     : "<label class=\"box\"><input type=\"checkbox\""
			       " name=\"%%.*%%\" value=\"%\" data-type=\"box\""
			       " autocomplete=\"off\"> %</label>\n",
			 a->f->prefix, a->place, name != NULL ? "." : "",
			 name != NULL ? name : "", *v, formcode_of(code, *v),
			 NULL)) < 0)
			return r;
	return buf_addstr(a->out, "</fieldset>\n", e);
}

#define ROW_TO_COME SIZE_MAX /* of the template: "##" for its number */

/* One row, its number from 0. */
static int
row(const struct at *list, size_t number, const json_t *value, struct err *e)
{
	struct at a = *list;
	char sent[24] = "##", shown[24] = "##";
	int r, n;

	/* People count from 1. */
	if (number != ROW_TO_COME) {
		snprintf(sent, sizeof(sent), "%zu", number);
		snprintf(shown, sizeof(shown), "%zu", number + 1);
	}
	n = snprintf(a.place, sizeof(a.place), "%.200s.%s", list->place, sent);
	if (n < 0 || (size_t)n >= sizeof(a.place))
		return err_set(e, ERR_INTERNAL, "form: a place is too long");
	a.value = value;
	a.blank = list->blank || number == ROW_TO_COME;
	if ((r = markup_add(a.out, e,
		 "<div class=\"row\" role=\"group\" aria-label=\"% %\""
		 " data-row=\"%\" id=\"%%\" tabindex=\"-1\">\n",
		 title_of(list->field), shown, a.place, a.f->prefix, a.place,
		 NULL)) < 0 ||
	    (r = error_line(&a, e)) < 0)
		return r;
	if (has_children(a.f->kind, a.field->path)) {
		r = fields_under(&a, a.field->path, value, e);
	} else {
		struct policy_field item = *a.field;

		item.type = FIELD_STRING;
		item.max = FORMFIELDS_STRING_MAX;
		item.required = 0;
		a.field = &item;
		r = simple(&a, e);
	}
	return r < 0 ? r : buf_addstr(a.out, "</div>\n", e);
}

static int
list(const struct at *a, struct err *e)
{
	const struct policy_field *code =
	    formfields_boxes(a->f->kind, a->field);
	size_t i, have = json_array_size(a->value);
	size_t max = a->field->max > 0 ? a->field->max : FORMFIELDS_LIST_MAX;
	size_t all = have + a->f->spare < max ? have + a->f->spare : max;
	char number[24];
	int r;

	if (code != NULL)
		return boxes(a, code, e);
	if ((r = legend(a, "rows", e)) < 0)
		return r;
	/* What is there is shown, however much it is. */
	for (i = 0; i < (all > have ? all : have); i++)
		if ((r = row(a, i, json_array_get(a->value, i), e)) < 0)
			return r;
	if (a->f->fixed)
		return buf_addstr(a->out, "</fieldset>\n", e);
	snprintf(number, sizeof(number), "%zu", max);
	if ((r = markup_add(a->out, e,
		 "<template data-rows=\"%\" data-max=\"%\">", a->place, number,
		 NULL)) < 0 ||
	    (r = row(a, ROW_TO_COME, NULL, e)) < 0)
		return r;
	return buf_addstr(a->out, "</template></fieldset>\n", e);
}

static int
group(const struct at *a, struct err *e)
{
	int r;

	if ((r = legend(a, "group", e)) < 0 ||
	    (r = fields_under(a, a->field->path, a->value, e)) < 0)
		return r;
	return buf_addstr(a->out, "</fieldset>\n", e);
}

static int
one_field(const struct at *a, struct err *e)
{
	switch (a->field->type) {
	case FIELD_GROUP:
		return group(a, e);
	case FIELD_LIST:
		return list(a, e);
	default:
		return simple(a, e);
	}
}

static int
fields_under(
    const struct at *up, const char *path, const json_t *object, struct err *e)
{
	const struct policy_kind *k = up->f->kind;
	const char *name;
	struct at a;
	size_t i;
	int r, n;

	for (i = 0; i < k->nfields; i++) {
		if ((name = child_of(k->fields[i].path, path)) == NULL)
			continue;
		a = *up;
		a.field = &k->fields[i];
		a.value = json_object_get(object, name);
		n = snprintf(a.place, sizeof(a.place), "%s%s%s", up->place,
		    up->place[0] != '\0' ? "." : "", name);
		if (n < 0 || (size_t)n >= sizeof(a.place))
			return err_set(
			    e, ERR_INTERNAL, "form: a place is too long");
		if ((r = one_field(&a, e)) < 0)
			return r;
	}
	return 0;
}

int
formfields_html(const struct formfields *f, struct buf *out, struct err *e)
{
	struct at top = { .f = f, .out = out };

	return fields_under(&top, "", f->values, e);
}

/* --- the summary ---------------------------------------------------------- */

/* The title of what is at a place: its path without the rows' numbers. */
static const char *
place_title(const struct policy_kind *k, const char *place)
{
	const struct policy_field *f;
	char path[FORMFIELDS_NAME_MAX];
	const char *part = place;
	size_t n, len = 0;

	for (; *part != '\0'; part += n + (part[n] == '.')) {
		n = strcspn(part, ".");
		if (strspn(part, "0123456789") >= n)
			continue;
		if (len + n + 2 > sizeof(path))
			return place;
		if (len > 0)
			path[len++] = '.';
		memcpy(path + len, part, n);
		len += n;
	}
	path[len] = '\0';
	f = policy_field(k, path);
	return f != NULL ? title_of(f) : place;
}

int
formfields_summary(const struct formfields *f, struct buf *out, struct err *e)
{
	json_t *errors = (json_t *)(uintptr_t)f->errors, *v;
	const char *place;
	int r;

	if (json_object_size(errors) == 0)
		return 0;
	if ((r = markup_add(out, e,
		 "<div class=\"errors\" id=\"%erreurs\" role=\"alert\""
		 " tabindex=\"-1\"><p>%</p><ul>\n",
		 f->prefix, _("À corriger avant de continuer :"), NULL)) < 0)
		return r;
	json_object_foreach(errors, place, v)
	{
		if ((r = markup_add(out, e,
			 "<li><a href=\"#%%\">%</a> : %</li>\n", f->prefix,
			 place, place_title(f->kind, place),
			 json_string_value(v) != NULL ? json_string_value(v)
						      : "",
			 NULL)) < 0)
			return r;
	}
	return buf_addstr(out, "</ul></div>\n", e);
}
