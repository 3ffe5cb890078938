/* sceau report bilan|bilan-freeze|justificatifs|register. */
#include <jansson.h>
#include <string.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/report.h"
#include "client/words.h"

/* --- bilan -------------------------------------------------------------- */

static int
get_period(struct cli *c, const char *what, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	const char *from, *to;
	int r;

	if ((r = cli_required(c, "from", &from, e)) < 0 ||
	    (r = cli_required(c, "to", &to, e)) < 0 ||
	    (r = buf_addf(&path, e, "/v1/reports/%s", what)) < 0 ||
	    (r = cli_query(&path, "from", from, e)) < 0 ||
	    (r = cli_query(&path, "until", to, e)) < 0)
		return r;
	return cli_call(c, "GET", buf_str(&path), NULL, NULL, out, e);
}

const char *
report_count(const json_t *v, char out[REPORT_COUNT])
{
	if (json_is_integer(v))
		snprintf(out, REPORT_COUNT, "%lld",
		    (long long)json_integer_value(v));
	else
		snprintf(out, REPORT_COUNT, "*");
	return out;
}

const char *
report_side(const json_t *t, const char *name, size_t i)
{
	const char *s =
	    json_string_value(json_array_get(json_object_get(t, name), i));

	return s != NULL && *s != '\0' ? s : "-";
}

/* A field of CSV (RFC 4180): quoted, and no formula to a spreadsheet. */
void
report_csv(FILE *f, const char *s, int is_last)
{
	fputc('"', f);
	if (*s == '=' || *s == '+' || *s == '-' || *s == '@')
		fputc('\'', f);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputc('"', f);
		fputc(*s, f);
	}
	fputs(is_last ? "\"\r\n" : "\";", f);
}

static void
csv(const char *s, int is_last)
{
	report_csv(stdout, s, is_last);
}

static void
csv_row(const json_t *t, const char *row, const char *col, const json_t *v)
{
	char n[24];

	csv(jstr(t, "from"), 0);
	csv(jstr(t, "until"), 0);
	csv(jstr(t, "code"), 0);
	csv(row, 0);
	csv(col, 0);
	csv(report_count(v, n), 1);
}

static void
bilan_csv(const json_t *j)
{
	json_t *t, *row, *v, *m;
	const char *code;
	size_t i, k, n;

	printf("\"du\";\"au\";\"indicateur\";\"a\";\"b\";\"nombre\"\r\n");
	json_array_foreach(json_object_get(j, "months"), i, m)
	{
		json_object_foreach(json_object_get(m, "totals"), code, v)
		{
			char text[24];

			csv(jstr(m, "month"), 0);
			csv(jstr(m, "month"), 0);
			csv(code, 0);
			csv(jstr(m, "state"), 0);
			csv("", 0);
			csv(report_count(v, text), 1);
		}
	}
	json_array_foreach(json_object_get(j, "tables"), i, t)
	{
		json_array_foreach(json_object_get(t, "cells"), k, row)
		{
			json_array_foreach(row, n, v)
			{
				csv_row(t, report_side(t, "rows", k),
				    report_side(t, "cols", n), v);
			}
		}
		csv_row(t, "total", "", json_object_get(t, "total"));
	}
}

static int
print_totals(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	json_t *v;
	char n[24];
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Indicateur"), _("Nombre"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "totals"), i, v)
	{
		if ((r = table_row(&t, e, jstr(v, "title"),
			 report_count(json_object_get(v, "n"), n), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun indicateur."));
	return 0;
}

/* One line a cell: the same form whatever the number of columns. */
static int
print_cells(const json_t *t, struct err *e)
{
	AUTO(table_done) struct table out = { 0 };
	const json_t *dims = json_object_get(t, "dimensions");
	const char *b = json_string_value(json_array_get(dims, 1));
	json_t *row, *v;
	char n[24];
	size_t i, k;
	int r;

	if ((r = table_head(&out, e,
		 json_array_size(dims) > 0
		     ? json_string_value(json_array_get(dims, 0))
		     : "",
		 b != NULL ? b : "", _("Nombre"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(t, "cells"), i, row)
	{
		json_array_foreach(row, k, v)
		{
			if ((r = table_row(&out, e, report_side(t, "rows", i),
				 b != NULL ? report_side(t, "cols", k) : "",
				 report_count(v, n), NULL)) < 0)
				return r;
		}
	}
	if ((r = table_row(&out, e, _("Total"), "",
		 report_count(json_object_get(t, "total"), n), NULL)) < 0)
		return r;
	table_print(&out, stdout, "");
	return 0;
}

static int
print_bilan(const json_t *j, struct err *e)
{
	json_t *m, *t;
	size_t i;
	int r;

	printf(_("Bilan de %s à %s\n\n"), jstr(j, "from"), jstr(j, "until"));
	json_array_foreach(json_object_get(j, "months"), i, m)
	{
		if (strcmp(jstr(m, "state"), "frozen") != 0)
			printf(_("%s : provisoire, à arrêter\n"),
			    jstr(m, "month"));
	}
	if ((r = print_totals(j, e)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "tables"), i, t)
	{
		printf("\n%s, %s – %s\n", jstr(t, "title"), jstr(t, "from"),
		    jstr(t, "until"));
		if ((r = print_cells(t, e)) < 0)
			return r;
	}
	printf("\n%s\n",
	    json_array_size(json_object_get(j, "tables")) > 0
		? _("* : nombre retenu, pour que personne ne se reconnaisse")
		: _("Aucun tableau : la période ne contient aucun bloc de mois "
		    "entièrement arrêté"));
	return 0;
}

static int
bilan_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = get_period(c, "bilan", &j, e)) < 0 || cli_print_json(c, j))
		return r;
	if (cli_option(c, "csv") == NULL)
		return print_bilan(j, e);
	bilan_csv(j);
	return 0;
}

static int
freeze_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *month;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_required(c, "month", &month, e)) < 0 ||
	    (r = cli_member(body, "month", month, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/reports/bilan")) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Bilan de %s arrêté, inscription n° %lld\n"),
		    jstr(j, "month"), jint(j, "leaf"));
	return 0;
}

static int
vouchers_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *m;
	size_t i;
	int r;

	(void)argc;
	(void)argv;
	if ((r = get_period(c, "vouchers", &j, e)) < 0 || cli_print_json(c, j))
		return r;
	if (json_array_size(json_object_get(j, "months")) == 0)
		printf("%s\n", _("Aucun mois arrêté."));
	json_array_foreach(json_object_get(j, "months"), i, m)
	{
		out_page(stdout, jstr(m, "note"));
		printf("\n");
	}
	return 0;
}

/* --- the register of processing activities ------------------------------ */

static void
join(const json_t *list, struct buf *out, struct err *e)
{
	json_t *v;
	size_t i;

	buf_reset(out);
	json_array_foreach(list, i, v)
	{
		if (buf_addf(out, e, "%s%s", i > 0 ? " ; " : "",
			json_string_value(v)) < 0)
			return;
	}
}

/* "so long after a moment", or until it comes. */
static int
add_term(struct buf *out, const json_t *v, struct err *e)
{
	int r = 0;

	if (json_object_get(v, "from") == NULL)
		return 0;
	if (jint(v, "active_months") > 0)
		r = buf_addf(out, e, _(" : %lld mois après « %s »"),
		    jint(v, "active_months"), jstr(v, "from_title"));
	else
		r = buf_addf(
		    out, e, _(" : jusqu'à « %s »"), jstr(v, "from_title"));
	if (r == 0 && jint(v, "intermediate_months") > 0)
		r = buf_addf(out, e, _(", puis archive restreinte %lld mois"),
		    jint(v, "intermediate_months"));
	return r;
}

static void
join_durations(const json_t *list, struct buf *out, struct err *e)
{
	json_t *v;
	size_t i;

	buf_reset(out);
	json_array_foreach(list, i, v)
	{
		if (buf_addf(out, e, "%s%s", i > 0 ? " ; " : "",
			jstr(v, "what")) < 0 ||
		    add_term(out, v, e) < 0)
			return;
	}
}

/* In CNIL's order: purposes, persons, data, recipients, transfers, times,
 * security. */
static const struct {
	const char *member, *title;
} headings[] = {
	{ "basis", N_("Base légale") },
	{ "purposes", N_("Finalités") },
	{ "persons", N_("Catégories de personnes") },
	{ "data", N_("Catégories de données") },
	{ "recipients", N_("Destinataires") },
	{ "transfers", N_("Transferts hors de l'Union européenne") },
	{ "durations", N_("Durées de conservation") },
	{ "security", N_("Mesures de sécurité") },
	{ "source", N_("Sources") },
};

static const char *
heading_value(const json_t *a, size_t i, struct buf *out, struct err *e)
{
	const json_t *v = json_object_get(a, headings[i].member);

	if (json_is_string(v))
		return json_string_value(v);
	if (strcmp(headings[i].member, "durations") == 0)
		join_durations(v, out, e);
	else
		join(v, out, e);
	return out->len > 0 ? buf_str(out) : "";
}

const char *
report_heading(
    const json_t *a, size_t k, const char **title, struct buf *b, struct err *e)
{
	if (k >= NELEMS(headings))
		return NULL;
	*title = _(headings[k].title);
	buf_reset(b);
	return heading_value(a, k, b, e);
}

void
report_register_csv(FILE *f, const json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	const json_t *o = json_object_get(j, "operator");
	json_t *a;
	size_t i, k;

	report_csv(f, _("Responsable du traitement"), 0);
	report_csv(f, _("Délégué à la protection des données"), 0);
	report_csv(f, _("Activité de traitement"), 0);
	for (k = 0; k < NELEMS(headings); k++)
		report_csv(f, _(headings[k].title), k == NELEMS(headings) - 1);
	json_array_foreach(json_object_get(j, "activities"), i, a)
	{
		report_csv(f, jstr(o, "title"), 0);
		report_csv(f, jstr(o, "dpo"), 0);
		report_csv(f, jstr(a, "title"), 0);
		for (k = 0; k < NELEMS(headings); k++)
			report_csv(f, heading_value(a, k, &b, e),
			    k == NELEMS(headings) - 1);
	}
}

void
report_register_page(FILE *f, const json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	const json_t *o = json_object_get(j, "operator");
	json_t *a;
	size_t i, k;

	fprintf(f, "%s\n\n",
	    _("Registre des activités de traitement (RGPD "
	      "art. 30)"));
	if (!json_is_object(o))
		fprintf(f, "%s\n",
		    _("Les règles ne disent pas qui est le "
		      "responsable du traitement."));
	out_line(f, _("Responsable du traitement"), jstr(o, "title"));
	out_line(f, _("Adresse"), jstr(o, "address"));
	out_line(f, _("Contact"), jstr(o, "contact"));
	out_line(f, _("Représentant"), jstr(o, "representative"));
	out_line(f, _("Délégué à la protection des données"), jstr(o, "dpo"));
	json_array_foreach(json_object_get(j, "activities"), i, a)
	{
		fprintf(f, "\n%zu. ", i + 1);
		out_text(f, jstr(a, "title"));
		fprintf(f, "\n");
		for (k = 0; k < NELEMS(headings); k++)
			out_line(f, _(headings[k].title),
			    heading_value(a, k, &b, e));
	}
	join(json_object_get(j, "unnamed"), &b, e);
	if (b.len > 0) {
		fprintf(f, "\n");
		out_line(f, _("Types dans aucune activité"), buf_str(&b));
	}
}

static int
register_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/reports/register", NULL)) < 0 ||
	    cli_print_json(c, j))
		return r;
	if (cli_option(c, "csv") != NULL)
		report_register_csv(stdout, j, e);
	else
		report_register_page(stdout, j, e);
	return 0;
}

static const char *const bilan_options[] = { "from", "to", "csv!", NULL };
static const char *const vouchers_options[] = { "from", "to", NULL };
static const char *const freeze_options[] = { "month", NULL };
static const char *const register_options[] = { "csv!", NULL };

const struct cmd cmd_report_bilan = {
	.noun = "report",
	.verb = "bilan",
	.usage = N_("--from AAAA-MM --to AAAA-MM [--csv]"),
	.about = N_("les indicateurs de la convention, petits nombres retenus"),
	.options = bilan_options,
	.run = bilan_run,
};

const struct cmd cmd_report_freeze = {
	.noun = "report",
	.verb = "bilan-freeze",
	.usage = N_("--month AAAA-MM"),
	.about = N_("arrêter et signer le bilan d'un mois achevé"),
	.options = freeze_options,
	.run = freeze_run,
};

const struct cmd cmd_report_vouchers = {
	.noun = "report",
	.verb = "justificatifs",
	.usage = N_("--from AAAA-MM --to AAAA-MM"),
	.about = N_("les totaux des mois arrêtés, signés, pour la convention"),
	.options = vouchers_options,
	.run = vouchers_run,
};

const struct cmd cmd_report_register = {
	.noun = "report",
	.verb = "register",
	.usage = "[--csv]",
	.about = N_("le registre des activités de traitement (RGPD art. 30)"),
	.options = register_options,
	.run = register_run,
};
