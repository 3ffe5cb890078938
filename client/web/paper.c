#include "client/web/paper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/term.h"
#include "base/text.h"
#include "client/cli.h"
#include "client/formcode.h"
#include "client/web/recordhelp.h"

#define CENTS_MAX INT64_C(100000000000) /* a thousand million euros */
#define INSTALMENTS_MAX 600		/* fifty years of months */
#define MONTHS_MAX 600
#define LINES_MAX 120 /* instalments that are listed on the paper */
#define NAMES_MAX 300

/* --- what is in a record ----------------------------------------------------
 */

static int
cents_at(const json_t *record, const char *path, int64_t *out)
{
	const json_t *v = recordhelp_at(record, path);
	double x = json_is_number(v) ? json_number_value(v) * 100 : NAN;

	if (!(x > -(double)CENTS_MAX && x < (double)CENTS_MAX))
		return 0;
	*out = llround(x);
	return 1;
}

static int
number_at(const json_t *record, const char *path, int64_t *out)
{
	const json_t *v = recordhelp_at(record, path);

	if (!json_is_integer(v))
		return 0;
	*out = json_integer_value(v);
	return 1;
}

static int
day_at(const json_t *record, const char *path, int32_t *out)
{
	const char *s = json_string_value(recordhelp_at(record, path));

	return s != NULL && date_parse(s, out, NULL) == 0;
}

/* Euros as people write them: 1234,50 €. */
static const char *
euros(int64_t cents, char out[48])
{
	int64_t whole = cents < 0 ? -cents : cents;

	snprintf(out, 48, "%s%lld,%02lld €", cents < 0 ? "-" : "",
	    (long long)(whole / 100), (long long)(whole % 100));
	return out;
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

static int
put(json_t *record, const char *group, const char *name, json_t *v,
    struct err *e)
{
	json_t *g = json_object_get(record, group);

	if (json_is_object(g) && json_object_set_new(g, name, v) == 0)
		return 0;
	if (!json_is_object(g))
		json_decref(v);
	return err_set(e, ERR_NOMEM, "paper");
}

static int
put_day(json_t *record, const char *group, const char *name, int32_t day,
    struct err *e)
{
	char iso[11];

	date_format(day, iso);
	return put(record, group, name, json_string(iso), e);
}

/* --- a plan: instalments ------------------------------------------------- */

struct plan {
	int64_t debt, each, count, last; /* cents, and how many */
	int32_t first, end;
	int whole;    /* the debt, the amount and their number are there */
	int has_last; /* the last amount was written */
	int has_days; /* the first day is there, so the last one is known */
};

static struct plan
plan_of(const struct policy_kind *k, const json_t *record)
{
	struct plan p = { 0 };

	if (policy_field(k, "echeances.mensualite") == NULL ||
	    !cents_at(record, "dette.montant", &p.debt) ||
	    !cents_at(record, "echeances.mensualite", &p.each) ||
	    !number_at(record, "echeances.nombre", &p.count))
		return p;
	p.whole = p.debt > 0 && p.each > 0 && p.count > 0 &&
		  p.count <= INSTALMENTS_MAX;
	if (!p.whole)
		return p;
	p.has_last = cents_at(record, "echeances.dernier-montant", &p.last);
	if (!p.has_last)
		p.last = p.debt - (p.count - 1) * p.each;
	p.has_days = day_at(record, "echeances.premiere", &p.first);
	if (p.has_days)
		p.end = p.count == 1
			    ? p.first
			    : term_last_day(p.first, (uint32_t)(p.count - 1),
				  TERM_MONTHS);
	return p;
}

static int
wrong(json_t *errors, const char *place, const char *sentence, struct err *e)
{
	if (json_object_get(errors, place) != NULL ||
	    json_object_set_new(errors, place, json_string(sentence)) == 0)
		return 0;
	return err_set(e, ERR_NOMEM, "paper");
}

/* What a plan of one amount cannot be. */
static int
check_positive(const json_t *record, json_t *errors, struct err *e)
{
	static const char *const amounts[] = { "dette.montant",
		"echeances.mensualite", "echeances.dernier-montant" };
	int64_t x;
	size_t i;
	int r;

	for (i = 0; i < NELEMS(amounts); i++)
		if (cents_at(record, amounts[i], &x) && x <= 0 &&
		    (r = wrong(errors, amounts[i],
			 _("Écrivez un montant plus grand que zéro."), e)) < 0)
			return r;
	if (number_at(record, "echeances.nombre", &x) &&
	    (x < 1 || x > INSTALMENTS_MAX))
		return wrong(errors, "echeances.nombre",
		    _("Écrivez combien d'échéances il y a, au moins une."), e);
	return 0;
}

/* The sum of the instalments is the debt. */
static int
check_sum(const struct plan *p, json_t *errors, struct err *e)
{
	int64_t all = (p->count - 1) * p->each + p->last;
	int64_t enough = (p->debt + p->each - 1) / p->each;
	char sum[48], rest[48], line[400];

	if (p->has_last && all == p->debt)
		return 0;
	if (p->has_last) {
		snprintf(line, sizeof(line),
		    all < p->debt ? _("Les échéances font %s : il manque %s "
				      "pour la dette.")
				  : _("Les échéances font %s : c'est %s de "
				      "plus que la dette."),
		    euros(all, sum),
		    euros(all < p->debt ? p->debt - all : all - p->debt, rest));
		return wrong(errors, "echeances.dernier-montant", line, e);
	}
	if (p->last > 0 && p->last <= p->each)
		return 0;
	snprintf(line, sizeof(line),
	    _("%lld échéances de %s ne font pas la dette : il en faut %lld, "
	      "ou un autre montant pour la dernière."),
	    (long long)p->count, euros(p->each, sum), (long long)enough);
	return wrong(errors, "echeances.nombre", line, e);
}

static int
check_plan(const struct policy_kind *k, const json_t *record, json_t *errors,
    struct err *e)
{
	struct plan p = plan_of(k, record);
	int32_t day = 0, said;
	char on[32], line[400];
	int r;

	if (policy_field(k, "echeances.mensualite") == NULL)
		return 0;
	if ((r = check_positive(record, errors, e)) < 0 || !p.whole ||
	    (r = check_sum(&p, errors, e)) < 0 || !p.has_days)
		return r;
	if (day_at(record, "date", &day) && p.first < day &&
	    (r = wrong(errors, "echeances.premiere",
		 _("La première échéance est avant la date du plan."), e)) < 0)
		return r;
	if (!day_at(record, "echeances.derniere", &said) || said == p.end)
		return 0;
	snprintf(line, sizeof(line),
	    _("Une échéance par mois : la dernière est le %s. Corrigez, ou "
	      "laissez vide."),
	    day_text(p.end, on));
	return wrong(errors, "echeances.derniere", line, e);
}

/* --- a contract: how long it is ------------------------------------------- */

static int
contract_days(const struct policy_kind *k, const json_t *record, int32_t *from,
    int32_t *to)
{
	int64_t months;

	if (policy_field(k, "duree.mois") == NULL ||
	    !day_at(record, "duree.debut", from) ||
	    !number_at(record, "duree.mois", &months) || months < 1 ||
	    months > MONTHS_MAX)
		return 0;
	*to = term_last_day(*from, (uint32_t)months, TERM_MONTHS);
	return 1;
}

/* A day that the contract speaks of lies within it. */
static int
check_within(const json_t *record, const char *path, const char *place,
    const int32_t days[2], json_t *errors, struct err *e)
{
	char a[32], b[32], line[300];
	int32_t day;

	if (!day_at(record, path, &day) || (day >= days[0] && day <= days[1]))
		return 0;
	snprintf(line, sizeof(line),
	    _("Ce jour n'est pas dans le contrat, qui va du %s au %s."),
	    day_text(days[0], a), day_text(days[1], b));
	return wrong(errors, place, line, e);
}

static int
check_contract_days(
    const json_t *record, const int32_t days[2], json_t *errors, struct err *e)
{
	char place[64], on[32], line[300];
	const json_t *step;
	int32_t said;
	size_t i;
	int r;

	if (day_at(record, "duree.fin", &said) && said != days[1]) {
		snprintf(line, sizeof(line),
		    _("Ce nombre de mois finit le %s. Corrigez, ou laissez "
		      "vide."),
		    day_text(days[1], on));
		if ((r = wrong(errors, "duree.fin", line, e)) < 0)
			return r;
	}
	if ((r = check_within(record, "point.premier", "point.premier", days,
		 errors, e)) < 0)
		return r;
	json_array_foreach(json_object_get(record, "demarches"), i, step)
	{
		snprintf(place, sizeof(place), "demarches.%zu.echeance", i);
		if ((r = check_within(
			 step, "echeance", place, days, errors, e)) < 0)
			return r;
	}
	return 0;
}

static int
check_contract(const struct policy_kind *k, const json_t *record,
    json_t *errors, struct err *e)
{
	static const char *const counts[] = { "duree.mois", "point.tous-les",
		"originaux" };
	int32_t days[2];
	int64_t n;
	size_t i;
	int r;

	for (i = 0; i < NELEMS(counts); i++)
		if (policy_field(k, counts[i]) != NULL &&
		    number_at(record, counts[i], &n) &&
		    (n < 1 || n > MONTHS_MAX) &&
		    (r = wrong(errors, counts[i],
			 _("Écrivez un nombre entier, au moins 1."), e)) < 0)
			return r;
	if (!contract_days(k, record, &days[0], &days[1]))
		return 0;
	return check_contract_days(record, days, errors, e);
}

static int
check_consent(const struct policy_kind *k, const json_t *record, json_t *errors,
    struct err *e)
{
	if (policy_field(k, "temoin") == NULL ||
	    strcmp(jstr(record, "maniere"), "oral-temoin") != 0 ||
	    *jstr(record, "temoin") != '\0')
		return 0;
	return wrong(errors, "temoin",
	    _("Un accord de vive voix se donne devant un témoin : écrivez son "
	      "nom."),
	    e);
}

int
paper_check(const struct policy_kind *k, const json_t *record, json_t *errors,
    struct err *e)
{
	int r;

	if (k->prepares == NULL)
		return 0;
	if ((r = check_plan(k, record, errors, e)) < 0 ||
	    (r = check_contract(k, record, errors, e)) < 0)
		return r;
	return check_consent(k, record, errors, e);
}

/* --- what follows from the rest ------------------------------------------- */

static int
fill_plan(const struct policy_kind *k, json_t *record, struct err *e)
{
	struct plan p = plan_of(k, record);
	int r;

	if (p.whole && !p.has_last && p.last > 0 && p.last <= p.each &&
	    (r = put(record, "echeances", "dernier-montant",
		 json_real((double)p.last / 100), e)) < 0)
		return r;
	if (p.has_days && recordhelp_at(record, "echeances.derniere") == NULL)
		return put_day(record, "echeances", "derniere", p.end, e);
	return 0;
}

int
paper_fill(const struct policy_kind *k, json_t *record, struct err *e)
{
	int32_t from, to;
	int r;

	if (k->prepares == NULL)
		return 0;
	if ((r = fill_plan(k, record, e)) < 0)
		return r;
	if (contract_days(k, record, &from, &to) &&
	    recordhelp_at(record, "duree.fin") == NULL)
		return put_day(record, "duree", "fin", to, e);
	return 0;
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

void
paper_html(struct html *h, const struct policy_kind *k, const json_t *record)
{
	struct plan p = plan_of(k, record);
	char sum[48], last[48], on[32], line[200];
	int32_t from, to;
	int any = 0;

	if (k->prepares == NULL)
		return;
	if (p.whole) {
		snprintf(line, sizeof(line), _("%s, dont %s à la dernière"),
		    euros((p.count - 1) * p.each + p.last, sum),
		    euros(p.last, last));
		fact(h, &any, _("Total des échéances"), line);
		fact(h, &any, _("Dette"), euros(p.debt, sum));
	}
	if (p.has_days)
		fact(h, &any, _("Dernière échéance"), day_text(p.end, on));
	if (contract_days(k, record, &from, &to))
		fact(h, &any, _("Fin du contrat"), day_text(to, on));
	if (any)
		html_raw(h, "</dl></section>");
}

/* --- what is known to begin with ------------------------------------------ */

static int
is_signer(const struct policy_kind *k, const char *role)
{
	const char *const *s;

	for (s = k->signers; s != NULL && *s != NULL; s++)
		if (strcmp(*s, role) == 0)
			return 1;
	return 0;
}

/* Is this person, now, in a role of who signs? */
static int
signs(const struct policy_kind *k, const json_t *person)
{
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(person, "roles"), i, role)
	{
		if (*jstr(role, "until") == '\0' &&
		    is_signer(k, jstr(role, "role")))
			return 1;
	}
	return 0;
}

static int
is_landlord(const json_t *person)
{
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(person, "roles"), i, role)
	{
		if (strcmp(jstr(role, "role"), "bailleur") == 0)
			return 1;
	}
	return 0;
}

/* A household's adult who signs what k is. */
static int
is_adult_signer(const struct policy_kind *k, const json_t *person)
{
	return json_is_true(json_object_get(person, "adult")) &&
	       !is_landlord(person) && signs(k, person);
}

static void
add_name(char *out, size_t room, const char *name)
{
	size_t n = strlen(out);

	if (n + strlen(name) + 3 > room)
		return;
	snprintf(out + n, room - n, "%s%s", n > 0 ? ", " : "", name);
}

static void
names_of(const struct policy_kind *to, const json_t *kase, char household[],
    char landlord[])
{
	const json_t *p;
	size_t i;

	household[0] = landlord[0] = '\0';
	json_array_foreach(json_object_get(kase, "persons"), i, p)
	{
		if (is_landlord(p))
			add_name(landlord, NAMES_MAX, jstr(p, "name"));
		else if (is_adult_signer(to, p))
			add_name(household, NAMES_MAX, jstr(p, "name"));
	}
}

/* A value at a place of at most one group, where the kind has it. */
static int
say(const struct policy_kind *k, json_t *record, const char *path,
    const char *value, struct err *e)
{
	const struct policy_field *f = policy_field(k, path);
	const char *dot = strchr(path, '.');
	json_t *g = record, *v;
	char group[64];

	if (f == NULL || value == NULL || *value == '\0' ||
	    (f->type == FIELD_STRING && strlen(value) > f->max))
		return 0;
	if (dot != NULL) {
		snprintf(group, sizeof(group), "%.*s", (int)(dot - path), path);
		if ((g = json_object_get(record, group)) == NULL) {
			g = json_object();
			if (json_object_set_new(record, group, g) < 0)
				return err_set(e, ERR_NOMEM, "paper");
		}
	}
	v = json_string(value);
	return json_object_set_new(g, dot != NULL ? dot + 1 : path, v) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "paper");
}

int
paper_begin(const struct policy *p, const struct policy_kind *k,
    const json_t *kase, const char *who, const char *today, json_t **record,
    struct err *e)
{
	AUTO(json_decrefp) json_t *made = json_object();
	const struct policy_kind *to = policy_kind(p, k->prepares);
	const struct policy_operator *op = policy_operator(p);
	char household[NAMES_MAX], landlord[NAMES_MAX];
	int r;

	if (made == NULL)
		return err_set(e, ERR_NOMEM, "paper");
	names_of(to, kase, household, landlord);
	if ((r = say(k, made, "date", today, e)) < 0 ||
	    (r = say(k, made, "duree.debut", today, e)) < 0 ||
	    (r = say(k, made, "parties.menage", household, e)) < 0 ||
	    (r = say(k, made, "parties.structure",
		 op != NULL ? op->title : NULL, e)) < 0 ||
	    (r = say(k, made, "parties.referent", who, e)) < 0 ||
	    (r = say(k, made, "locataires", household, e)) < 0 ||
	    (r = say(k, made, "bailleur.nom", landlord, e)) < 0 ||
	    (r = say(k, made, "maniere", "papier", e)) < 0)
		return r;
	*record = TAKE(made);
	return 0;
}

/* --- on paper --------------------------------------------------------------
 */

static void
write_instalments(struct html *h, const struct plan *p)
{
	char on[32], sum[48];
	int64_t i;
	int32_t day;

	if (!p->whole || !p->has_days || p->count > LINES_MAX)
		return;
	html(h,
	    "<table class=\"instalments\"><caption>%s</caption><thead><tr>"
	    "<th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
	    "<th scope=\"col\">%s</th></tr></thead><tbody>",
	    _("Les échéances, une par une"), _("N°"), _("Au plus tard le"),
	    _("Montant"));
	for (i = 0; i < p->count; i++) {
		day = i == 0
			  ? p->first
			  : term_last_day(p->first, (uint32_t)i, TERM_MONTHS);
		html(h, "<tr><td>%lld</td><td>%s</td><td>%s</td></tr>",
		    (long long)(i + 1), day_text(day, on),
		    euros(i + 1 == p->count ? p->last : p->each, sum));
	}
	html_raw(h, "</tbody></table>");
}

static void
box(struct html *h, const char *name, const char *as)
{
	html(h,
	    "<li><strong>%s</strong><span class=\"hint\">%s</span>"
	    "<span class=\"hint\">%s</span></li>",
	    name, as, _("Date et signature :"));
}

/* "only": the one adult of this sheet; "" all of them. */
static void
write_boxes(struct html *h, const struct paper *p, const char *only)
{
	const struct policy_kind *to = policy_kind(p->rules, p->kind->prepares);
	const char *agent =
	    jstr(recordhelp_at(p->record, "bailleur"), "mandataire");
	const json_t *person;
	size_t i;

	html(h,
	    "<section class=\"signing\"><h2>%s</h2><p>%s</p>"
	    "<ul class=\"signatures\">",
	    _("Signatures"), _("Fait à ………………………………, le ………………………"));
	json_array_foreach(json_object_get(p->kase, "persons"), i, person)
	{
		if (*only == '\0' && is_adult_signer(to, person))
			box(h, jstr(person, "name"), _("pour soi-même"));
	}
	if (*only != '\0')
		box(h, only, _("pour soi-même"));
	if (is_signer(to, "bailleur"))
		box(h, jstr(recordhelp_at(p->record, "bailleur"), "nom"),
		    *agent != '\0' ? agent : _("bailleur"));
	box(h, p->who,
	    is_signer(to, "structure") ? _("pour la structure")
				       : _("a établi et remis ce papier"));
	html_raw(h, "</ul></section>");
}

static void
write_text(struct html *h, const char *heading, const char *text)
{
	html(h,
	    "<section class=\"notice\"><h2>%s</h2><pre class=\"letter\">%s"
	    "</pre></section>",
	    heading, text);
}

/* Who answers for it, and how to reach its delegate: notices refer to it. */
static void
write_operator(struct html *h, const struct policy *rules)
{
	const struct policy_operator *o = policy_operator(rules);

	if (o == NULL)
		return;
	html(h, "<p class=\"operator\"><strong>%s</strong>", o->title);
	if (*o->address != '\0')
		html(h, "<br>%s", o->address);
	if (*o->contact != '\0')
		html(h, "<br>%s", o->contact);
	if (*o->dpo != '\0')
		html(h, "<br>%s %s", _("Délégué à la protection des données :"),
		    o->dpo);
	html_raw(h, "</p>");
}

/* --- a sheet of consents, one for each adult --------------------------------
 */

static void
write_consent(struct html *h, const struct policy *rules, const char *purpose)
{
	const struct policy_consent *c = policy_consent(rules, purpose);
	const struct policy_recipient *to;
	char line[32];
	size_t i;

	if (c == NULL)
		return;
	to =
	    c->recipient != NULL ? policy_recipient(rules, c->recipient) : NULL;
	html(h, "<section class=\"asked\"><h3>%s</h3><dl class=\"facts\">",
	    c->title);
	html(h, "<dt>%s</dt><dd>%s</dd>", _("À qui"),
	    to != NULL ? to->title : _("à l'équipe, et à elle seule"));
	html(h, "<dt>%s</dt><dd>", _("Quoi"));
	for (i = 0; c->classes[i] != NULL; i++)
		html(h, "%s%s", i > 0 ? ", " : "", c->classes[i]);
	html_raw(h, "</dd>");
	if (c->valid_months > 0) {
		snprintf(
		    line, sizeof(line), _("%u mois au plus"), c->valid_months);
		html(h, "<dt>%s</dt><dd>%s</dd>", _("Combien de temps"), line);
	}
	html(h, "<dt>%s</dt><dd>%s %s</dd></dl>", _("À lire, plus loin"),
	    c->notice, c->notice_version);
	html(h, "<p class=\"answer\">☐ %s &#160; ☐ %s</p></section>",
	    _("J'accepte"), _("Je n'accepte pas"));
}

static void
write_row(struct html *h, const char *label, const char *value)
{
	if (*value != '\0')
		html(h, "<dt>%s</dt><dd>%s</dd>", label, value);
}

static void
write_sheet(struct html *h, const struct paper *p, const char *name)
{
	const json_t *asked;
	char on[32];
	size_t i;

	html_raw(h, "<section class=\"sheet\">");
	write_operator(h, p->rules);
	html(h, "<h2>%s</h2><dl class=\"facts\">", name);
	write_row(h, _("Date de la feuille"), jdate(p->record, "date", on));
	write_row(h, _("Comment l'accord est donné"),
	    formcode_words(jstr(p->record, "maniere")));
	write_row(h, _("Langue, interprète"), jstr(p->record, "langue"));
	write_row(h, _("Témoin"), jstr(p->record, "temoin"));
	write_row(h, _("Lieu"), jstr(p->record, "lieu"));
	html(h, "</dl><p>%s</p>",
	    _("Je suis libre d'accepter ou non, accord par accord. Ne pas "
	      "accepter ne me sera pas reproché. Je peux changer d'avis quand "
	      "je veux, en le disant à n'importe quelle personne de "
	      "l'équipe."));
	json_array_foreach(json_object_get(p->record, "accords"), i, asked)
	    write_consent(h, p->rules, jstr(asked, "objet"));
	write_boxes(h, p, name);
	html_raw(h, "</section>");
}

static void
write_notices(struct html *h, const struct paper *p)
{
	const struct policy_consent *c;
	char sum[2 * SHA256_LEN + 1], title[300];
	const json_t *asked;
	size_t i;

	json_array_foreach(json_object_get(p->record, "accords"), i, asked)
	{
		c = policy_consent(p->rules, jstr(asked, "objet"));
		if (c == NULL || c->notice_text == NULL)
			continue;
		snprintf(title, sizeof(title), _("À lire : %.80s %.20s"),
		    c->notice, c->notice_version);
		write_text(h, title, c->notice_text);
		hex_format(c->notice_sha256, SHA256_LEN, sum);
		html(h, "<p class=\"code\">SHA-256 %s</p>", sum);
	}
}

static void
print_consents(struct html *h, const struct paper *p)
{
	const struct policy_kind *to = policy_kind(p->rules, p->kind->prepares);
	const char *one = jstr(p->record, "adulte");
	const json_t *person;
	size_t i;
	int any = 0;

	if (*one != '\0')
		write_sheet(h, p, one);
	json_array_foreach(json_object_get(p->kase, "persons"), i, person)
	{
		if (*one != '\0' || !is_adult_signer(to, person))
			continue;
		write_sheet(h, p, jstr(person, "name"));
		any = 1;
	}
	if (*one == '\0' && !any)
		write_sheet(h, p, "…………………………………………");
	write_notices(h, p);
}

void
paper_print(struct html *h, const struct paper *p)
{
	struct plan plan = plan_of(p->kind, p->record);
	const struct policy_kind *k = p->kind;

	if (policy_field(k, "accords.objet") != NULL) {
		print_consents(h, p);
		return;
	}
	write_operator(h, p->rules);
	recordhelp_print(h, k, p->record, 1);
	write_instalments(h, &plan);
	if (k->notice_text != NULL)
		write_text(h, _("À savoir"), k->notice_text);
	write_boxes(h, p, "");
}
