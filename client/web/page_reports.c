/*
 * Registre and Rapports: the register of processing activities, the data
 * protection officer's page, the bilan with its bars, a breach.
 */
#include "client/report.h"
#include "client/web/control.h"
#include "client/words.h"

/* --- the register
 * --------------------------------------------------------------- */

static int
register_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf b = { 0 };
	const char *title, *value;
	const json_t *o;
	json_t *a;
	size_t i, k;
	int r;

	snprintf(c->title, sizeof(c->title), "%s",
	    _("Registre des activités de traitement (RGPD art. 30)"));
	c->place = "/registre";
	if ((r = cli_get(&c->cli, &j, e, "/v1/reports/register")) < 0)
		return r;
	o = json_object_get(j, "operator");
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Responsable du traitement"), jstr(o, "title"));
	web_fact(c, _("Adresse"), jstr(o, "address"));
	web_fact(c, _("Contact"), jstr(o, "contact"));
	web_fact(c, _("Représentant"), jstr(o, "representative"));
	web_fact(c, _("Délégué à la protection des données"), jstr(o, "dpo"));
	html_raw(&c->h, "</dl>");
	html(&c->h,
	    "<p class=\"actions\"><a class=\"button second\" "
	    "href=\"/registre.csv\">%s</a></p>",
	    _("Télécharger (CSV)"));
	json_array_foreach(json_object_get(j, "activities"), i, a)
	{
		html(&c->h, "<section><h2>%zu. %s</h2><dl class=\"facts\">",
		    i + 1, jstr(a, "title"));
		for (k = 0;
		     (value = report_heading(a, k, &title, &b, e)) != NULL; k++)
			web_fact(c, title, value);
		html_raw(&c->h, "</dl></section>");
	}
	return 0;
}

/* The whole answer: a file to save. */
static int
give_file(struct web_call *c, const char *name, const char *type, FILE *f,
    char **text, size_t *n, struct err *e)
{
	char line[128];
	int r;

	if (fclose(f) != 0)
		return err_set(e, ERR_NOMEM, "report");
	c->whole = 1;
	c->sandbox = 1;
	c->rs->status = 200;
	snprintf(c->rs->type, sizeof(c->rs->type), "%s", type);
	snprintf(line, sizeof(line), "attachment; filename=\"%s\"", name);
	if ((r = web_header(c, "Content-Disposition", line, e)) < 0)
		return r;
	return buf_add(&c->rs->body, *text, *n, e);
}

static int
register_csv(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(mem_freep) char *text = NULL;
	size_t n = 0;
	FILE *f;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/reports/register")) < 0)
		return r;
	if ((f = open_memstream(&text, &n)) == NULL)
		return err_set(e, ERR_NOMEM, "report");
	/* A spreadsheet takes UTF-8 by this mark. */
	fputs("\xef\xbb\xbf", f);
	report_register_csv(f, j, e);
	return give_file(
	    c, "registre.csv", "text/csv; charset=utf-8", f, &text, &n, e);
}

/* --- the bilan
 * -------------------------------------------------------------------- */

#define BAR_HEIGHT 14
#define BAR_WIDTH 240

static long long
largest(const json_t *list)
{
	long long most = 1;
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (jint(v, "n") > most)
			most = jint(v, "n");
	}
	return most;
}

/* A bar for the eye, beside the number that everybody gets. */
static void
write_bar(struct web_call *c, long long n, long long most)
{
	html(&c->h,
	    "<td><svg class=\"bar\" aria-hidden=\"true\" width=\"%d\" "
	    "height=\"%d\"><rect width=\"%lld\" height=\"%d\"></rect></svg>"
	    "</td>",
	    BAR_WIDTH, BAR_HEIGHT, n * BAR_WIDTH / most, BAR_HEIGHT);
}

static void
write_totals(struct web_call *c, const json_t *j)
{
	const json_t *totals = json_object_get(j, "totals");
	long long most = largest(totals);
	char n[REPORT_COUNT];
	json_t *v;
	size_t i;

	web_table(c, _("Indicateurs de la période"), _("Indicateur"),
	    _("Nombre"), _("En barre"), NULL);
	json_array_foreach(totals, i, v)
	{
		html(&c->h, "<tr><th scope=\"row\">%s</th><td>%s</td>",
		    jstr(v, "title"), report_count(json_object_get(v, "n"), n));
		write_bar(c, jint(v, "n"), most);
		html_raw(&c->h, "</tr>");
	}
	web_table_end(c);
}

static void
write_cells(struct web_call *c, const json_t *t)
{
	const json_t *dims = json_object_get(t, "dimensions");
	const char *a = json_string_value(json_array_get(dims, 0)),
		   *b = json_string_value(json_array_get(dims, 1));
	json_t *row, *v;
	char n[REPORT_COUNT], caption[256];
	size_t i, k;

	snprintf(caption, sizeof(caption), "%s, %s – %s", jstr(t, "title"),
	    jstr(t, "from"), jstr(t, "until"));
	web_table(c, caption, a != NULL ? a : "–", b != NULL ? b : "–",
	    _("Nombre"), NULL);
	json_array_foreach(json_object_get(t, "cells"), i, row)
	{
		json_array_foreach(row, k, v)
		{
			html(&c->h,
			    "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s"
			    "</td></tr>",
			    report_side(t, "rows", i),
			    b != NULL ? report_side(t, "cols", k) : "",
			    report_count(v, n));
		}
	}
	html(&c->h, "<tr><th scope=\"row\">%s</th><td></td><td>%s</td></tr>",
	    _("Total"), report_count(json_object_get(t, "total"), n));
	web_table_end(c);
}

static void
write_bilan(struct web_call *c, const json_t *j)
{
	json_t *m, *t;
	size_t i;

	html(&c->h, "<section><h2>%s %s – %s</h2>", _("Bilan"), jstr(j, "from"),
	    jstr(j, "until"));
	json_array_foreach(json_object_get(j, "months"), i, m)
	{
		if (strcmp(jstr(m, "state"), "frozen") != 0)
			html(&c->h, "<p class=\"none\">%s : %s</p>",
			    jstr(m, "month"), _("provisoire, à arrêter"));
	}
	write_totals(c, j);
	json_array_foreach(json_object_get(j, "tables"), i, t)
	    write_cells(c, t);
	html(&c->h, "<p class=\"muted\">%s</p></section>",
	    jcount(j, "tables") > 0
		? _("* : nombre retenu, pour que personne ne se reconnaisse")
		: _("Aucun tableau : la période ne contient aucun bloc de mois "
		    "entièrement arrêté"));
}

static void
ask_bilan(struct web_call *c)
{
	web_section(c, _("Bilan de la convention"));
	web_form(c, 0, "/rapports/bilan");
	web_input(c, &(struct web_control){ .name = "from",
			 .label = _("Du mois"),
			 .hint = _("AAAA-MM"),
			 .required = 1 });
	web_input(c, &(struct web_control){ .name = "until",
			 .label = _("Au mois"),
			 .hint = _("AAAA-MM"),
			 .required = 1 });
	html(&c->h, "<p class=\"actions\"><button>%s</button></p></form>",
	    _("Montrer le bilan"));
	if (web_may(c, "bilan-freeze")) {
		web_form(c, 0, "/rapports/arreter");
		web_input(c, &(struct web_control){ .name = "month",
				 .label = _("Arrêter et signer le mois"),
				 .hint = _("AAAA-MM"),
				 .required = 1 });
		html(&c->h, "<button class=\"second\">%s</button></form>",
		    _("Arrêter"));
	}
	html_raw(&c->h, "</section>");
}

/* --- the officer's page
 * -------------------------------------------------------------- */

static void
write_section(struct web_call *c, const char *heading, int any)
{
	web_section(c, heading);
	if (!any)
		web_none(c, _("Rien."));
}

static void
write_opinions(struct web_call *c, const json_t *j)
{
	json_t *o;
	size_t i;

	write_section(c, _("Avis attendus"), jcount(j, "opinions") > 0);
	html_raw(&c->h, "<ul>");
	json_array_foreach(json_object_get(j, "opinions"), i, o)
	{
		html(&c->h, "<li>%s %s, %s ", jword(o, "what"),
		    jstr(o, "subject"), _("demandé le"));
		web_time(&c->h, o, "asked_at");
		html(&c->h, " %s %s</li>", _("par"), jstr(o, "asked_by"));
	}
	html_raw(&c->h, "</ul></section>");
}

static void
write_glass(struct web_call *c, const json_t *j)
{
	json_t *g;
	size_t i;

	write_section(c, _("Bris de glace"), jcount(j, "break_glass") > 0);
	html_raw(&c->h, "<ul>");
	json_array_foreach(json_object_get(j, "break_glass"), i, g)
	{
		html_raw(&c->h, "<li>");
		web_time(&c->h, g, "at");
		html(&c->h, ", %s, %s %s : %s</li>", jstr(g, "by"),
		    _("dossier"), jstr(g, "ref"), jword(g, "state"));
	}
	html_raw(&c->h, "</ul></section>");
}

static void
write_refusals(struct web_call *c, const json_t *j)
{
	json_t *r;
	size_t i;

	write_section(c, _("Refus, par compte"), jcount(j, "refusals") > 0);
	if (jcount(j, "refusals") > 0) {
		web_table(c, _("Refus de la période"), _("Compte"), _("Rôle"),
		    _("Accès refusés"), _("Autres refus"), _("Le dernier"),
		    NULL);
		json_array_foreach(json_object_get(j, "refusals"), i, r)
		{
			html(&c->h,
			    "<tr><td>%s</td><td>%s</td><td>%lld</td><td>%lld"
			    "</td><td>",
			    jstr(r, "account"), jword(r, "role"),
			    jint(r, "denied"), jint(r, "other"));
			web_time(&c->h, r, "last_at");
			html_raw(&c->h, "</td></tr>");
		}
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
}

static const char *
odd_words(const char *sort)
{
	if (strcmp(sort, "many-cases-in-a-day") == 0)
		return _("beaucoup de dossiers en un jour");
	if (strcmp(sort, "night") == 0)
		return _("lectures de nuit");
	if (strcmp(sort, "other-team") == 0)
		return _("dossiers d'une autre équipe");
	return _("dossier à adresse confidentielle");
}

static void
write_odds(struct web_call *c, const json_t *j)
{
	json_t *o;
	size_t i;

	write_section(c, _("Lectures inhabituelles (un signe, pas une preuve)"),
	    jcount(j, "odd") > 0);
	html_raw(&c->h, "<ul>");
	json_array_foreach(json_object_get(j, "odd"), i, o)
	{
		html(&c->h, "<li>%s (%s) : %s, %lld</li>", jstr(o, "account"),
		    jword(o, "role"), odd_words(jstr(o, "sort")), jint(o, "n"));
	}
	html_raw(&c->h, "</ul></section>");
}

static void
write_waiting(struct web_call *c, const json_t *j)
{
	json_t *d;
	size_t i;

	write_section(c, _("Échéances de tous"), jcount(j, "due") > 0);
	if (jcount(j, "due") > 0) {
		web_table(c, _("Ce qui attend, par échéance"), _("Échéance"),
		    _("En retard"), _("En attente"), NULL);
		json_array_foreach(json_object_get(j, "due"), i, d)
		{
			html(&c->h,
			    "<tr><th scope=\"row\">%s</th><td>%lld</td>"
			    "<td>%lld</td></tr>",
			    jstr(d, "title"), jint(d, "overdue"),
			    jint(d, "waiting"));
		}
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
}

static void
write_destructions(struct web_call *c, const json_t *j)
{
	json_t *d;
	size_t i;

	write_section(c, _("Tris, effacements, certificats"),
	    jcount(j, "destructions") > 0);
	html_raw(&c->h, "<ul>");
	json_array_foreach(json_object_get(j, "destructions"), i, d)
	{
		html(&c->h,
		    "<li><a href=\"/conservation/tri/%s\">%s %s</a> : %s</li>",
		    jstr(d, "erasure"),
		    strcmp(jstr(d, "what"), "retention") == 0 ? _("tri")
							      : _("effacement"),
		    jstr(d, "erasure"), jword(d, "state"));
	}
	html_raw(&c->h, "</ul></section>");
}

static int
dpo_report(struct web_call *c, const char *since, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if ((r = buf_addstr(&path, "/v1/reports/dpo", e)) < 0 ||
	    (r = cli_query(&path, "since", since, e)) < 0)
		return r;
	return cli_call(&c->cli, "GET", buf_str(&path), NULL, NULL, out, e);
}

static int
dpo_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const char *since = web_said(c, "since");
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Page du délégué"));
	c->place = "/rapports";
	if (since == NULL)
		return err_tag(
		    e, ERR_INVALID, "web-missing", "%s", _("Depuis le"));
	if ((r = dpo_report(c, since, &j, e)) < 0)
		return r;
	if (json_is_true(
		json_object_get(json_object_get(j, "clock"), "suspect")))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Horloge : DOUTEUSE, rien n'est détruit avant sa "
		      "confirmation"));
	write_opinions(c, j);
	write_glass(c, j);
	write_refusals(c, j);
	write_odds(c, j);
	write_waiting(c, j);
	write_destructions(c, j);
	return 0;
}

/* --- a breach
 * ---------------------------------------------------------------------------
 */

static void
ask_breach(struct web_call *c)
{
	web_section(c, _("Violation de données (RGPD art. 33)"));
	html(&c->h, "<p>%s</p>",
	    _("Ce qu'un compte a pu voir et a vu. Les 72 heures courent du "
	      "moment où quelqu'un a su."));
	web_form(c, 0, "/rapports/violation");
	web_input(c, &(struct web_control){
			 .name = "account", .quiet = 1, .label = _("Compte") });
	web_input(c, &(struct web_control){ .name = "key",
			 .label = _("Empreinte de la clé"),
			 .hint = _("SHA256:… comme ssh-keygen -l l'écrit ; ou "
				   "un compte") });
	web_input(c, &(struct web_control){ .name = "since",
			 .label = _("Depuis le"),
			 .id = "breach-since",
			 .type = "date",
			 .required = 1 });
	web_input(c, &(struct web_control){ .name = "until",
			 .label = _("Jusqu'au"),
			 .id = "breach-until",
			 .type = "date" });
	html(&c->h,
	    "<p><label class=\"choice\"><input type=\"checkbox\" "
	    "name=\"clock\" "
	    "value=\"1\">%s</label></p><button class=\"second\">%s</button>"
	    "</form></section>",
	    _("Ouvrir les 72 heures"), _("Voir ce qui a pu être vu"));
}

static void
write_counts(struct web_call *c, const char *heading, const json_t *o)
{
	static const struct {
		const char *member, *label;
	} all[] = {
		{ "cases", N_("Dossiers") },
		{ "persons", N_("Personnes") },
		{ "documents", N_("Documents") },
		{ "sensitive", N_("Dont sensibles") },
		{ "confidential", N_("Adresses confidentielles") },
		{ "acts", N_("Actes") },
	};
	char n[32];
	size_t i;

	web_section(c, heading);
	html_raw(&c->h, "<dl class=\"facts\">");
	for (i = 0; i < NELEMS(all); i++)
		if (json_object_get(o, all[i].member) != NULL) {
			snprintf(n, sizeof(n), "%lld", jint(o, all[i].member));
			web_fact(c, _(all[i].label), n);
		}
	html_raw(&c->h, "</dl></section>");
}

static int
breach_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "key", "key" },
		{ "!since", "since" }, { "until", "until" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *account = web_said(c, "account");
	json_t *clock;
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Violation de données"));
	c->place = "/rapports";
	if ((r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	if (account != NULL)
		json_object_set_new(
		    body, "accounts", json_pack("[s]", account));
	json_object_set_new(
	    body, "clock", json_boolean(web_is(c, "clock", "1")));
	if ((r = cli_post(&c->cli, body, &j, e, "/v1/reports/breach")) < 0)
		return r;
	clock = json_object_get(j, "clock");
	if (json_is_object(clock)) {
		html(&c->h, "<p class=\"note\">%s ",
		    _("À notifier à la CNIL avant le"));
		web_time(&c->h, clock, "due_at");
		html_raw(&c->h, "</p>");
	}
	write_counts(c, _("Ce qui a pu être vu, selon les règles d'alors"),
	    json_object_get(j, "could"));
	write_counts(c, _("Ce qui a été vu, selon le journal"),
	    json_object_get(j, "seen"));
	return 0;
}

/* --- the page
 * ------------------------------------------------------------------------------
 */

static int
reports_get(struct web_call *c, struct err *e)
{
	(void)e;
	snprintf(c->title, sizeof(c->title), "%s", _("Rapports"));
	c->place = "/rapports";
	if (web_may(c, "report-controle")) {
		web_section(c, _("Page du délégué"));
		web_form(c, 0, "/rapports/delegue");
		web_input(c, &(struct web_control){ .name = "since",
				 .label = _("Depuis le"),
				 .type = "date",
				 .required = 1 });
		html(&c->h, "<button>%s</button></form></section>",
		    _("Montrer la page"));
	}
	ask_bilan(c);
	if (web_may(c, "report-breach"))
		ask_breach(c);
	return 0;
}

static int
bilan_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	struct err refused = { 0 };

	if (buf_addstr(&path, "/v1/reports/bilan", &refused) < 0 ||
	    cli_query(&path, "from", web_said(c, "from"), &refused) < 0 ||
	    cli_query(&path, "until", web_said(c, "until"), &refused) < 0 ||
	    cli_call(&c->cli, "GET", buf_str(&path), NULL, NULL, &j, &refused) <
		0) {
		c->status = err_http(refused.code);
		web_error(c, &refused);
	} else
		write_bilan(c, j);
	return reports_get(c, e);
}

static int
freeze_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!month", "month" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, NELEMS(pairs), &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, "/v1/reports/bilan") < 0) {
		c->status = err_http(refused.code);
		web_error(c, &refused);
		return reports_get(c, e);
	}
	web_tell(c, "%s", _("Le mois est arrêté et signé."));
	return web_redirect(c, e, "/rapports");
}

const struct web_route web_reports[] = {
	{ "GET", "/registre", register_get, 0 },
	{ "GET", "/registre.csv", register_csv, 0 },
	{ "GET", "/rapports", reports_get, 0 },
	{ "POST", "/rapports/bilan", bilan_post, 0 },
	{ "POST", "/rapports/arreter", freeze_post, 0 },
	{ "POST", "/rapports/delegue", dpo_post, 0 },
	{ "POST", "/rapports/violation", breach_post, 0 },
	{ 0 },
};
