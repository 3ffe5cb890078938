#include "client/web/control.h"

#include <stdarg.h>

#include "base/crypto.h"
#include "base/text.h"
#include "client/formcode.h"

#define ONCE "une-fois"
#define ONCE_BYTES 16

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
	    id_of(f), f->label,
	    f->required || f->quiet ? "" : _(" (facultatif)"));
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

	html(h, " id=\"%s\" name=\"%s\" autocomplete=\"off\"", id_of(f),
	    f->name);
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

const struct web_choice web_channels[] = { { "visite", N_("en visite") },
	{ "telephone", N_("par téléphone") },
	{ "courrier", N_("par courrier") }, { "courriel", N_("par courriel") },
	{ "sms", N_("par SMS") }, { "rendez-vous", N_("en rendez-vous") },
	{ "guichet", N_("au guichet") }, { 0 } };

void
web_select_codes(
    struct web_call *c, const struct web_control *f, const char *const *codes)
{
	select_begin(c, f);
	for (; codes != NULL && *codes != NULL; codes++)
		option(c, *codes, formcode_words(*codes), value_of(c, f));
	html_raw(&c->h, "</select></div>");
}

/* --- what is wrong ---------------------------------------------------------
 */

void
web_wrong(json_t *wrong, const char *field, const char *sentence)
{
	json_object_set_new(wrong, field, json_string(sentence));
}

const char *
web_wrong_of(const json_t *wrong, const char *field)
{
	return json_string_value(json_object_get(wrong, field));
}

void
web_summary(struct web_call *c, const json_t *wrong)
{
	const char *field;
	json_t *v;

	if (json_object_size(wrong) == 0)
		return;
	html(&c->h, "<div class=\"error\" role=\"alert\"><p>%s</p><ul>",
	    _("Il reste à corriger :"));
	json_object_foreach((json_t *)(uintptr_t)wrong, field, v) html(&c->h,
	    "<li><a href=\"#%s\">%s</a></li>", field, json_string_value(v));
	html_raw(&c->h, "</ul></div>");
}

int
web_is_theirs(const struct err *e)
{
	switch (e->code) {
	case ERR_USAGE:
	case ERR_INVALID:
	case ERR_REFUSED:
	case ERR_TOO_LARGE:
	case ERR_CONFLICT:
		return 1;
	default:
		return 0;
	}
}

/* --- sent once -------------------------------------------------------------
 */

const char *
web_once_key(struct web_call *c)
{
	const char *key = web_is_post(c) ? web_field(c, ONCE) : NULL;
	size_t n = key != NULL ? strlen(key) : 0;

	return n == (size_t)2 * ONCE_BYTES &&
		       strspn(key, "0123456789abcdef") == n
		   ? key
		   : NULL;
}

void
web_once(struct web_call *c)
{
	char drawn[2 * ONCE_BYTES + 1];
	const char *key = web_once_key(c);
	uint8_t r[ONCE_BYTES];

	if (key == NULL && crypto_random(r, sizeof(r), NULL) == 0) {
		hex_format(r, sizeof(r), drawn);
		key = drawn;
	}
	html(&c->h, "<input type=\"hidden\" name=\"" ONCE "\" value=\"%s\">",
	    key);
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

int
web_leads_to(const char *pattern, const char *id, char path[WEB_PATH])
{
	size_t n = strcspn(pattern, "%");
	char bare[WEB_PATH];

	snprintf(path, WEB_PATH, "%.*s%s%s", (int)n, pattern, id,
	    pattern[n] != '\0' ? pattern + n + 1 : "");
	snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(path, "?"), path);
	return web_leads(bare);
}

void
web_link(struct web_call *c, const char *klass, const char *pattern,
    const char *id, const char *words)
{
	char path[WEB_PATH];

	if (web_leads_to(pattern, id, path))
		html(&c->h, "<a class=\"%s\" href=\"%s\">%s</a> ", klass, path,
		    words);
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
