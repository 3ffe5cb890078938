#include "client/web/recordhelp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/cli.h"
#include "client/formcode.h"

#define MONTHS 12.0
#define DAYS 365.0

/* --- what is in a record ----------------------------------------------------
 */

json_t *
recordhelp_at(const json_t *record, const char *path)
{
	json_t *v = (json_t *)(uintptr_t)record;
	char part[64];
	size_t n;

	for (; v != NULL && *path != '\0'; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		if (n >= sizeof(part))
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		v = json_object_get(v, part);
	}
	return v;
}

static int
amount_at(const json_t *record, const char *path, double *out)
{
	const json_t *v = recordhelp_at(record, path);

	if (!json_is_number(v))
		return 0;
	*out = json_number_value(v);
	return 1;
}

/* The total that was written, or the sum of the lines. */
static int
total(const json_t *record, const char *path, const char *lines, double *out)
{
	json_t *l;
	double sum = 0;
	size_t i;
	int any = 0;

	if (amount_at(record, path, out))
		return 1;
	json_array_foreach(recordhelp_at(record, lines), i, l)
	{
		if (json_is_number(json_object_get(l, "montant"))) {
			sum += json_number_value(json_object_get(l, "montant"));
			any = 1;
		}
	}
	*out = sum;
	return any;
}

/* Euros as people write them, whatever the locale: 1234,50 €. */
static const char *
money(double x, char out[48])
{
	char *dot;

	snprintf(out, 48, "%.2f €", x < 1e15 && x > -1e15 ? x : 0.0);
	if ((dot = strchr(out, '.')) != NULL)
		*dot = ',';
	return out;
}

struct left {
	double income, charges, month, day;
	long long persons;
	int known, by_day;
};

/* Cents that are there: never more than there is. */
static double
cents(double x)
{
	return floor(x * 100 + 1e-6) / 100;
}

static struct left
left_of(const struct policy_kind *k, const json_t *record)
{
	struct left l = { 0 };

	if (policy_field(k, "reste-a-vivre.mensuel") == NULL ||
	    !total(record, "emploi-revenus.total-mensuel",
		"emploi-revenus.ressources", &l.income) ||
	    !total(
		record, "charges.total-mensuel", "charges.postes", &l.charges))
		return l;
	l.known = 1;
	l.month = cents(l.income - l.charges);
	l.persons = jint(recordhelp_at(record, "composition"), "adultes") +
		    jint(recordhelp_at(record, "composition"), "mineurs");
	if (l.persons > 0 && l.persons < 1000) {
		l.by_day = 1;
		l.day = cents(l.month * MONTHS / DAYS / (double)l.persons);
	}
	return l;
}

static int
set(json_t *record, const char *group, const char *name, double x,
    struct err *e)
{
	json_t *g = json_object_get(record, group);

	if (g == NULL) {
		g = json_object();
		if (json_object_set_new(record, group, g) < 0)
			return err_set(e, ERR_NOMEM, "record");
	}
	return json_object_set_new(g, name, json_real(x)) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "record");
}

int
recordhelp_fill(const struct policy_kind *k, json_t *record, struct err *e)
{
	struct left l = left_of(k, record);
	int r;

	if (!l.known)
		return 0;
	if ((r = set(record, "emploi-revenus", "total-mensuel", l.income, e)) <
		0 ||
	    (r = set(record, "charges", "total-mensuel", l.charges, e)) < 0 ||
	    (r = set(record, "reste-a-vivre", "mensuel", l.month, e)) < 0)
		return r;
	return l.by_day
		   ? set(record, "reste-a-vivre", "par-personne-jour", l.day, e)
		   : 0;
}

/* --- days ----------------------------------------------------------------- */

static int
day_at(const json_t *record, const char *path, int32_t *out)
{
	const char *s = json_string_value(recordhelp_at(record, path));

	return s != NULL && date_parse(s, out, NULL) == 0;
}

/* The day of an event among those of the procedure. */
static int
procedure_day(const json_t *record, const char *event, int32_t *out)
{
	json_t *l;
	size_t i;

	json_array_foreach(recordhelp_at(record, "procedure.dates"), i, l)
	{
		if (strcmp(jstr(l, "evenement"), event) == 0 &&
		    date_parse(jstr(l, "date"), out, NULL) == 0)
			return 1;
	}
	return 0;
}

static int
case_day(const json_t *kase, const char *event, int32_t *out)
{
	json_t *l;
	size_t i;
	int found = 0;

	json_array_foreach(json_object_get(kase, "events"), i, l)
	{
		if (strcmp(jstr(l, "event"), event) == 0 &&
		    date_parse(jstr(l, "occurred_on"), out, NULL) == 0)
			found = 1;
	}
	return found;
}

static const char *
day_text(int32_t day, char out[32])
{
	AUTO(json_decrefp) json_t *j = NULL;
	char iso[11];

	date_format(day, iso);
	j = json_pack("{s:s}", "on", iso);
	return jdate(j, "on", out);
}

/* "six semaines" of the rules: 6 and weeks. */
static const char *
period_text(uint32_t n, enum term_unit unit, char out[64])
{
	if (unit == TERM_WEEKS)
		snprintf(out, 64, _("%u semaines"), n);
	else if (unit == TERM_MONTHS)
		snprintf(out, 64, _("%u mois"), n);
	else if (unit == TERM_WORKING_DAYS)
		snprintf(out, 64, _("%u jours ouvrés"), n);
	else
		snprintf(out, 64, _("%u jours"), n);
	return out;
}

static void
fact(struct html *h, int *any, const char *label, const char *value)
{
	if (!(*any)++)
		html(h,
		    "<section class=\"note\"><h2>%s</h2><dl class=\"facts\">",
		    _("Calculs"));
	html(h, "<dt>%s</dt><dd>%s</dd>", label, value);
}

/* A term of the rules, from a day: when it ends, and by which rule. */
static void
term(struct html *h, int *any, const struct policy *p, const char *name,
    int32_t day, int32_t law)
{
	const struct policy_deadline *d = policy_deadline(p, name);
	char on[32], period[64], line[512];
	enum term_unit unit;
	uint32_t n;

	if (d == NULL || d->figure == NULL ||
	    policy_period_on(p, d->figure, law, &n, &unit, NULL) < 0)
		return;
	snprintf(line, sizeof(line), _("au plus tard le %s (%s ; %.300s)"),
	    day_text(d->before ? term_day_before(day, n, unit)
			       : term_last_day(day, n, unit),
		on),
	    period_text(n, unit, period), d->source);
	fact(h, any, d->title, line);
}

static void
write_terms(struct html *h, int *any, const struct policy *p,
    const struct policy_kind *k, const json_t *record, const json_t *kase)
{
	int32_t act, lease, hearing;
	int has_act = 0;

	if (policy_field(k, "date-acte") != NULL)
		has_act = strcmp(jstr(record, "acte"),
			      "commandement-de-payer") == 0 &&
			  day_at(record, "date-acte", &act);
	else if (policy_field(k, "procedure.dates.date") != NULL)
		has_act = procedure_day(record, "commandement-de-payer", &act);
	if (has_act) {
		if (!day_at(record, "date-bail", &lease) &&
		    !day_at(record, "bail.date", &lease))
			lease = act;
		term(h, any, p, "commandement", act, lease);
	}
	if (procedure_day(record, "audience", &hearing) ||
	    case_day(kase, "audience", &hearing))
		term(h, any, p, "dsf-transmission", hearing, hearing);
}

void
recordhelp_html(struct html *h, const struct policy *p,
    const struct policy_kind *k, const json_t *record, const json_t *kase)
{
	struct left l = left_of(k, record);
	char text[160], sum[48];
	int any = 0;

	if (l.known) {
		snprintf(
		    text, sizeof(text), _("%s par mois"), money(l.month, sum));
		fact(h, &any, _("Reste à vivre"), text);
	}
	if (l.by_day) {
		snprintf(text, sizeof(text), _("%s par personne et par jour"),
		    money(l.day, sum));
		fact(h, &any, _("Soit, pour le ménage"), text);
	}
	write_terms(h, &any, p, k, record, kase);
	if (any)
		html_raw(h, "</dl></section>");
}

/* --- on paper ----------------------------------------------------------------
 */

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

/* What is printed: of which kind, and also what is never given. */
struct printed {
	const struct policy_kind *k;
	int all;
};

static void print_under(struct html *h, const struct printed *g,
    const char *path, const json_t *object);

static int
is_out(const struct printed *g, const struct policy_field *f)
{
	return !g->all && f->label == LABEL_NEVER;
}

static void
print_value(struct html *h, const struct policy_field *f, const json_t *v,
    const char *s)
{
	AUTO(json_decrefp) json_t *o = NULL;
	char text[48];

	if (s != NULL && f->type == FIELD_DATE) {
		o = json_pack("{s:s}", "on", s);
		html(h, "%s", jdate(o, "on", text));
	} else if (s != NULL && f->type == FIELD_CODE)
		html(h, "%s", formcode_of(f, s));
	else if (s != NULL)
		html_lines(h, s);
	else if (json_is_boolean(v))
		html(h, "%s", json_is_true(v) ? _("Oui") : _("Non"));
	else if (json_is_integer(v) && f->type != FIELD_AMOUNT)
		html(h, "%lld", (long long)json_integer_value(v));
	else if (json_is_number(v))
		html(h, "%s", money(json_number_value(v), text));
}

static int
is_simple(const struct policy_field *f)
{
	return f->type != FIELD_GROUP && f->type != FIELD_LIST;
}

/* The one thing that each item of a list says: it needs no name. */
static const struct policy_field *
only_simple(const struct policy_kind *k, const char *path)
{
	const struct policy_field *found = NULL;
	size_t i;

	for (i = 0; i < k->nfields; i++) {
		if (child_of(k->fields[i].path, path) == NULL)
			continue;
		if (found != NULL || !is_simple(&k->fields[i]))
			return NULL;
		found = &k->fields[i];
	}
	return found;
}

static void
print_list(struct html *h, const struct printed *g,
    const struct policy_field *f, const json_t *list)
{
	const struct policy_field *one = only_simple(g->k, f->path);
	json_t *item, *v;
	size_t i;

	html(h, "<section><%s>%s</%s><ol>",
	    strchr(f->path, '.') != NULL ? "h3" : "h2", f->title,
	    strchr(f->path, '.') != NULL ? "h3" : "h2");
	json_array_foreach(list, i, item)
	{
		html_raw(h, "<li>");
		if (one != NULL && json_is_object(item)) {
			v = json_object_get(item, child_of(one->path, f->path));
			print_value(h, one, v, json_string_value(v));
		} else if (json_is_object(item)) {
			html_raw(h, "<dl class=\"facts\">");
			print_under(h, g, f->path, item);
			html_raw(h, "</dl>");
		} else
			print_value(h, f, item, json_string_value(item));
		html_raw(h, "</li>");
	}
	html_raw(h, "</ol></section>");
}

/* The simple members as <dt><dd>, of what lies directly under path. */
static void
print_under(struct html *h, const struct printed *g, const char *path,
    const json_t *object)
{
	const struct policy_kind *k = g->k;
	const char *name;
	json_t *v;
	size_t i;

	for (i = 0; i < k->nfields; i++) {
		name = child_of(k->fields[i].path, path);
		if (name == NULL || !is_simple(&k->fields[i]) ||
		    is_out(g, &k->fields[i]) ||
		    (v = json_object_get(object, name)) == NULL)
			continue;
		html(h, "<dt>%s</dt><dd>", k->fields[i].title);
		print_value(h, &k->fields[i], v, json_string_value(v));
		html_raw(h, "</dd>");
	}
}

static void
print_lists(struct html *h, const struct printed *g, const char *path,
    const json_t *object)
{
	const struct policy_kind *k = g->k;
	const char *name;
	json_t *v;
	size_t i;

	for (i = 0; i < k->nfields; i++) {
		name = child_of(k->fields[i].path, path);
		if (name != NULL && k->fields[i].type == FIELD_LIST &&
		    !is_out(g, &k->fields[i]) &&
		    json_array_size(v = json_object_get(object, name)) > 0)
			print_list(h, g, &k->fields[i], v);
	}
}

void
recordhelp_print(
    struct html *h, const struct policy_kind *k, const json_t *record, int all)
{
	const struct printed g = { k, all };
	const struct policy_field *f;
	const char *name;
	json_t *v;
	size_t i;

	html_raw(h, "<dl class=\"facts\">");
	print_under(h, &g, "", record);
	html_raw(h, "</dl>");
	for (i = 0; i < k->nfields; i++) {
		f = &k->fields[i];
		name = child_of(f->path, "");
		if (name == NULL || f->type != FIELD_GROUP || is_out(&g, f) ||
		    (v = json_object_get(record, name)) == NULL)
			continue;
		html(h, "<section><h2>%s</h2><dl class=\"facts\">", f->title);
		print_under(h, &g, f->path, v);
		html_raw(h, "</dl>");
		print_lists(h, &g, f->path, v);
		html_raw(h, "</section>");
	}
	print_lists(h, &g, "", record);
}
