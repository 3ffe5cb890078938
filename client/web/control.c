#include "client/web/control.h"

#include <stdarg.h>

static const char *
id_of(const struct web_control *f)
{
	return f->id != NULL ? f->id : f->name;
}

static const char *
value_of(struct web_call *c, const struct web_control *f)
{
	const char *v = web_field(c, f->name);

	return v != NULL ? v : f->value;
}

static void
begin(struct web_call *c, const struct web_control *f)
{
	html(&c->h, "<div class=\"field\"><label for=\"%s\">%s%s</label>",
	    id_of(f), f->label, f->required ? "" : _(" (facultatif)"));
	if (f->hint != NULL)
		html(&c->h, "<span class=\"hint\" id=\"%s-hint\">%s</span>",
		    id_of(f), f->hint);
	if (f->wrong != NULL)
		html(&c->h, "<span class=\"wrong\" id=\"%s-wrong\">%s</span>",
		    id_of(f), f->wrong);
}

/* What every control has, after its tag's name. */
static void
attributes(struct web_call *c, const struct web_control *f)
{
	struct html *h = &c->h;

	html(
	    h, " id=\"%s\" name=\"%s\" autocomplete=\"off\"", f->name, f->name);
	if (f->required)
		html_raw(h, " required");
	if (f->wrong != NULL)
		html_raw(h, " aria-invalid=\"true\"");
	if (f->hint != NULL && f->wrong != NULL)
		html(h, " aria-describedby=\"%s-wrong %s-hint\"", id_of(f),
		    id_of(f));
	else if (f->hint != NULL || f->wrong != NULL)
		html(h, " aria-describedby=\"%s-%s\"", id_of(f),
		    f->hint != NULL ? "hint" : "wrong");
}

void
web_input(struct web_call *c, const struct web_control *f)
{
	struct html *h = &c->h;
	int area = f->type != NULL && strcmp(f->type, "area") == 0;

	begin(c, f);
	if (area)
		html(h, "<textarea rows=\"%d\"", f->rows > 0 ? f->rows : 4);
	else
		html(h, "<input type=\"%s\"",
		    f->type != NULL ? f->type : "text");
	attributes(c, f);
	/* A newline right behind the tag would be dropped by the browser. */
	if (area)
		html(h, ">\n%s</textarea></div>", value_of(c, f));
	else
		html(h, " value=\"%s\"></div>", value_of(c, f));
}

static void
option(struct web_call *c, const char *value, const char *label,
    const char *chosen)
{
	html(&c->h, "<option value=\"%s\"", value);
	if (chosen != NULL && strcmp(chosen, value) == 0)
		html_raw(&c->h, " selected");
	html(&c->h, ">%s</option>", label);
}

static void
select_begin(struct web_call *c, const struct web_control *f)
{
	begin(c, f);
	html_raw(&c->h, "<select");
	attributes(c, f);
	html_raw(&c->h, "><option value=\"\"></option>");
}

void
web_select(struct web_call *c, const struct web_control *f,
    const struct web_choice *choices)
{
	select_begin(c, f);
	for (; choices->value != NULL; choices++)
		option(c, choices->value, _(choices->label), value_of(c, f));
	html_raw(&c->h, "</select></div>");
}

void
web_select_json(struct web_call *c, const struct web_control *f,
    const json_t *list, const char *value, const char *label)
{
	json_t *v;
	size_t i;

	select_begin(c, f);
	json_array_foreach(list, i, v)
	    option(c, jstr(v, value), jstr(v, label), value_of(c, f));
	html_raw(&c->h, "</select></div>");
}

int
web_fill(struct web_call *c, json_t *body, const char *const pairs[][2],
    size_t n, struct err *e)
{
	const char *field, *said;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		field = pairs[i][0] + (pairs[i][0][0] == '!');
		said = web_said(c, field);
		if (said == NULL && field != pairs[i][0])
			return err_tag(
			    e, ERR_INVALID, "web-missing", "%s", pairs[i][1]);
		if ((r = cli_member(body, pairs[i][1], said, e)) < 0)
			return r;
	}
	return 0;
}

void
web_fact(struct web_call *c, const char *label, const char *value)
{
	if (value != NULL && *value != '\0')
		html(&c->h, "<dt>%s</dt><dd>%s</dd>", label, value);
}

void
web_table(struct web_call *c, const char *caption, ...)
{
	const char *title;
	va_list ap;

	html(&c->h,
	    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	    "aria-label=\"%s\"><table><caption>%s</caption><thead><tr>",
	    caption, caption);
	va_start(ap, caption);
	while ((title = va_arg(ap, const char *)) != NULL)
		html(&c->h, "<th scope=\"col\">%s</th>", title);
	va_end(ap);
	html_raw(&c->h, "</tr></thead><tbody>");
}

void
web_table_end(struct web_call *c)
{
	html_raw(&c->h, "</tbody></table></div>");
}
