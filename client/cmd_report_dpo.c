/* sceau report dpo: the data protection officer's page. */
#include <jansson.h>
#include <string.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

static void
heading(const char *s)
{
	printf("\n%s\n", s);
}

static int
is_empty(const json_t *j, const char *member, const char *none)
{
	if (jcount(j, member) > 0)
		return 0;
	printf("  %s\n", none);
	return 1;
}

static void
print_opinions(const json_t *j)
{
	char at[32];
	json_t *o;
	size_t i;

	heading(_("AVIS ATTENDUS"));
	if (is_empty(j, "opinions", _("Aucun.")))
		return;
	json_array_foreach(json_object_get(j, "opinions"), i, o)
	{
		printf(_("  %s %s, demandé le %s par %s\n"), jword(o, "what"),
		    jstr(o, "subject"), jtime(o, "asked_at", at),
		    jstr(o, "asked_by"));
	}
}

static void
print_glass(const json_t *j)
{
	char at[32];
	json_t *g;
	size_t i;

	heading(_("BRIS DE GLACE"));
	if (is_empty(j, "break_glass", _("Aucun.")))
		return;
	json_array_foreach(json_object_get(j, "break_glass"), i, g)
	{
		printf(_("  %s, par %s, dossier %s : %s\n"), jtime(g, "at", at),
		    jstr(g, "by"), jstr(g, "ref"), jword(g, "state"));
	}
}

static void
print_refusals(const json_t *j)
{
	char at[32];
	json_t *r;
	size_t i;

	heading(_("REFUS, par compte"));
	if (!is_empty(j, "refusals", _("Aucun.")))
		json_array_foreach(json_object_get(j, "refusals"), i, r)
		{
			printf(_("  %s (%s) : accès refusés : %lld ; autres "
				 "refus : %lld ; le dernier le %s\n"),
			    jstr(r, "account"), jword(r, "role"),
			    jint(r, "denied"), jint(r, "other"),
			    jtime(r, "last_at", at));
		}
	if (jint(j, "floods") > 0)
		printf(_("  Refus en nombre, comptés ensemble : %lld fois\n"),
		    jint(j, "floods"));
}

/* --- odd readings --------------------------------------------------------- */

static void
print_odd(const json_t *o)
{
	char first[32], last[32];

	printf("  %s (%s) : ", jstr(o, "account"), jword(o, "role"));
	if (strcmp(jstr(o, "sort"), "many-cases-in-a-day") == 0) {
		printf(_("%lld dossiers lus le %s\n"), jint(o, "n"),
		    jdate(o, "day", first));
		return;
	}
	if (strcmp(jstr(o, "sort"), "night") == 0)
		printf(_("%lld lectures de nuit"), jint(o, "n"));
	else if (strcmp(jstr(o, "sort"), "other-team") == 0)
		printf(_("%lld lectures du dossier d'une autre équipe"),
		    jint(o, "n"));
	else
		printf(_("%lld lectures d'un dossier à adresse confidentielle"),
		    jint(o, "n"));
	printf(_(", du %s au %s\n"), jtime(o, "first_at", first),
	    jtime(o, "last_at", last));
}

static void
print_odds(const json_t *j)
{
	const json_t *f = json_object_get(j, "figures");
	json_t *o;
	size_t i;

	heading(_("LECTURES INHABITUELLES (un signe, pas une preuve)"));
	json_array_foreach(json_object_get(j, "odd"), i, o)
	{
		print_odd(o);
	}
	if (i == 0)
		printf("  %s\n", _("Aucune."));
	printf(_("  Règles : plus de %lld dossiers en un jour ; la nuit, de "
		 "%lld h à %lld h ; une autre équipe ; une adresse "
		 "confidentielle.\n"),
	    jint(f, "cases_a_day"), jint(f, "night_from"),
	    jint(f, "night_until"));
}

/* --- what happened, what waits -------------------------------------------- */

static void
print_withdrawals(const json_t *j)
{
	json_t *w;
	size_t i;

	heading(_("CONSENTEMENTS RETIRÉS"));
	if (is_empty(j, "withdrawals", _("Aucun.")))
		return;
	json_array_foreach(json_object_get(j, "withdrawals"), i, w)
	{
		printf("  %s : %lld\n",
		    *jstr(w, "title") != '\0' ? jstr(w, "title")
					      : jstr(w, "purpose"),
		    jint(w, "n"));
	}
}

static int
print_due(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char late[24], waits[24];
	json_t *d;
	size_t i;
	int r;

	heading(_("ÉCHÉANCES DE TOUS"));
	if ((r = table_head(&t, e, _("Échéance"), _("En retard"),
		 _("En attente"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "due"), i, d)
	{
		snprintf(late, sizeof(late), "%lld", jint(d, "overdue"));
		snprintf(waits, sizeof(waits), "%lld", jint(d, "waiting"));
		if ((r = table_row(&t, e, jstr(d, "title"),
			 jint(d, "overdue") > 0 ? late : "",
			 jint(d, "waiting") > 0 ? waits : "", NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("  Rien n'attend."));
	return 0;
}

static void
print_destructions(const json_t *j)
{
	char at[32];
	json_t *d;
	size_t i;

	heading(_("TRIS, EFFACEMENTS, CERTIFICATS"));
	json_array_foreach(json_object_get(j, "destructions"), i, d)
	{
		printf("  %s %s : %s",
		    strcmp(jstr(d, "what"), "retention") == 0 ? _("tri")
							      : _("effacement"),
		    jstr(d, "erasure"), jword(d, "state"));
		if (*jstr(d, "keys_gone_at") != '\0')
			printf(_(", clés détruites le %s"),
			    jtime(d, "keys_gone_at", at));
		printf("%s\n", json_is_true(json_object_get(d, "certificate"))
				   ? _(", certificat établi")
				   : "");
	}
	if (i == 0)
		printf("  %s\n", _("Aucun."));
	printf(_("  Gels en place : %lld\n"), jint(j, "holds"));
}

static void
print_state(const json_t *j)
{
	const json_t *p = json_object_get(j, "publication"),
		     *log = json_object_get(j, "log");
	char at[32];

	heading(_("ÉTAT"));
	printf("  %s\n",
	    json_is_true(
		json_object_get(json_object_get(j, "clock"), "suspect"))
		? _("Horloge : DOUTEUSE, rien n'est détruit avant sa "
		    "confirmation")
		: _("Horloge : crue"));
	if (*jstr(p, "last_at") != '\0')
		printf(_("  Copie git (miroirs) publiée pour la dernière fois "
			 "le %s\n"),
		    jtime(p, "last_at", at));
	else
		printf("  %s\n", _("Copie git (miroirs) : aucune publication "
				   "dans la période"));
	if (*jstr(p, "failed_at") != '\0')
		printf(_("  Une publication a échoué le %s\n"),
		    jtime(p, "failed_at", at));
	printf(_("  Journal : %lld inscriptions lues"), jint(log, "leaves"));
	if (jint(log, "expired") > 0)
		printf(_(", dont %lld n'ont plus leur détail (gardé %lld "
			 "mois)"),
		    jint(log, "expired"), jint(log, "detail_months"));
	printf("%s\n", json_is_true(json_object_get(log, "cut"))
			   ? _(" ; les plus anciennes n'ont pas été lues")
			   : "");
	printf(_("\nInscription n° %lld\n"), jint(j, "leaf"));
}

static int
print_page(const json_t *j, struct err *e)
{
	char since[32], until[32];
	int r;

	printf(_("PAGE DU DÉLÉGUÉ, du %s au %s\n"), jtime(j, "since", since),
	    jtime(j, "until", until));
	print_opinions(j);
	print_glass(j);
	print_refusals(j);
	print_odds(j);
	print_withdrawals(j);
	if ((r = print_due(j, e)) < 0)
		return r;
	print_destructions(j);
	print_state(j);
	return 0;
}

static int
dpo_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	const char *since;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_required(c, "since", &since, e)) < 0 ||
	    (r = buf_addstr(&path, "/v1/reports/dpo", e)) < 0 ||
	    (r = cli_query(&path, "since", since, e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_page(j, e);
}

static const char *const options[] = { "since", NULL };

const struct cmd cmd_report_dpo = {
	.noun = "report",
	.verb = "dpo",
	.usage = N_("--since JOUR"),
	.about = N_("la page du délégué : avis attendus, bris de glace, refus, "
		    "lectures inhabituelles, retards"),
	.options = options,
	.run = dpo_run,
};
