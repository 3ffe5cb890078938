/*
 * sceau report breach: who could see what, and did, through an account, a key
 * or a machine; the draft for GDPR art. 33 and 34, and the hours.
 */
#include <jansson.h>
#include <string.h>

#include "client/acts.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

static void
heading(const char *s)
{
	printf("\n%s\n", s);
}

static void
number(const char *label, const json_t *j, const char *member)
{
	printf("  %s : %lld\n", label, jint(j, member));
}

/* --- whose, when ---------------------------------------------------------- */

static const char *
subject_words(const json_t *subject)
{
	const char *kind = jstr(subject, "kind");

	if (strcmp(kind, "key") == 0)
		return _("Clé");
	return strcmp(kind, "host") == 0 ? _("Machine") : _("Compte");
}

static void
print_account(const json_t *a)
{
	printf("  ");
	out_text(stdout, jstr(a, "account"));
	printf(" : ");
	out_text(stdout, jstr(a, "name"));
	printf(", %s", jword(a, "role"));
	if (*jstr(a, "team") != '\0')
		printf(", %s", jstr(a, "team"));
	if (*jstr(a, "recipient") != '\0')
		printf(_(", partenaire %s"), jstr(a, "recipient"));
	if (strcmp(jstr(a, "status"), "active") == 0)
		printf(" (%s)\n", _("toujours actif"));
	else if (strcmp(jstr(a, "status"), "suspended") == 0)
		printf(" (%s)\n", _("suspendu depuis"));
	else
		printf(" (%s)\n", _("retiré depuis"));
}

static void
print_clock(const json_t *clock)
{
	char known[32], due[32];

	if (!json_is_object(clock)) {
		printf("%s\n", _("Simple examen : aucun délai n'est ouvert."));
		return;
	}
	printf(_("Violation %s : connue le %s, à notifier à la CNIL avant le "
		 "%s%s\n"),
	    jstr(clock, "breach"), jtime(clock, "known_at", known),
	    jtime(clock, "due_at", due),
	    json_is_true(json_object_get(clock, "overdue")) ? _(" : DÉPASSÉ")
							    : "");
	out_wrapped(stdout,
	    _("Elle reste dans sceau due jusqu'à ce qu'elle soit dite notifiée "
	      "ou sans risque, avec sa raison (sceau report breach-settle)."),
	    0, 0);
}

static void
print_head(const json_t *j)
{
	const json_t *subject = json_object_get(j, "subject");
	char since[32], until[32];
	json_t *a;
	size_t i;

	printf("%s\n\n", _("VIOLATION DE DONNÉES : qui a pu voir quoi (RGPD "
			   "art. 33 et 34)"));
	printf("%s : ", subject_words(subject));
	out_text(stdout, jstr(subject, "name"));
	printf("\n");
	json_array_foreach(json_object_get(j, "accounts"), i, a)
	{
		print_account(a);
	}
	printf(_("Période : du %s au %s\n"), jtime(j, "since", since),
	    jtime(j, "until", until));
	print_clock(json_object_get(j, "clock"));
}

/* --- numbers -------------------------------------------------------------- */

static int
print_kinds(const json_t *exposed, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char n[24];
	json_t *k;
	size_t i;
	int r;

	if (jcount(exposed, "kinds") == 0)
		return 0;
	if ((r = table_head(&t, e, _("Type de document"), _("Nombre"),
		 _("Sensible"), _("Social"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(exposed, "kinds"), i, k)
	{
		snprintf(n, sizeof(n), "%lld", jint(k, "documents"));
		if ((r = table_row(&t, e, jstr(k, "title"), n,
			 json_is_true(json_object_get(k, "sensitive"))
			     ? _("oui")
			     : "",
			 json_is_true(json_object_get(k, "social")) ? _("oui")
								    : "",
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, "");
	return 0;
}

static void
print_counts(const json_t *x)
{
	number(_("dossiers"), x, "cases");
	number(_("personnes"), x, "persons");
	number(_("  dont l'adresse est confidentielle"), x, "confidential");
	number(_("documents et fiches"), x, "documents");
	number(_("  d'un type qui a des champs sensibles"), x, "sensitive");
	if (jint(x, "erased_cases") > 0)
		number(_("dossiers effacés depuis, dont le contenu n'est plus "
			 "connu"),
		    x, "erased_cases");
}

static int
print_could(const json_t *could, struct err *e)
{
	heading(_("CE QUI POUVAIT ÊTRE VU (rôle et équipe d'alors)"));
	if (json_is_true(json_object_get(could, "everything")))
		printf("  %s\n",
		    _("Tout ce que le coffre contenait : c'est sa machine."));
	print_counts(could);
	if (jint(could, "extracts") > 0)
		number(_("extraits à disposition du partenaire"), could,
		    "extracts");
	if (json_is_true(json_object_get(could, "rules_cut")))
		printf(
		    "  %s\n", _("Des règles plus anciennes n'ont pas été "
				"rejouées : le nombre peut être plus grand."));
	return print_kinds(could, e);
}

static int
print_acts(const json_t *seen, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char done[24], refused[24];
	json_t *a;
	size_t i;
	int r;

	if (jcount(seen, "acts") == 0)
		return 0;
	if ((r = table_head(&t, e, _("Acte"), _("Faits"), _("Refusés"), NULL)) <
	    0)
		return r;
	json_array_foreach(json_object_get(seen, "acts"), i, a)
	{
		snprintf(done, sizeof(done), "%lld", jint(a, "done"));
		snprintf(refused, sizeof(refused), "%lld", jint(a, "refused"));
		if ((r = table_row(&t, e, act_for(jstr(a, "class")), done,
			 jint(a, "refused") > 0 ? refused : "", NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, "");
	return 0;
}

static int
print_seen(const json_t *seen, struct err *e)
{
	char first[32], last[32];
	int r;

	heading(_("CE QUI A ÉTÉ VU, d'après le journal"));
	if (*jstr(seen, "first_at") == '\0') {
		printf("  %s\n", _("Le journal ne dit aucun acte dans cette "
				   "période."));
		return 0;
	}
	printf(_("  Du %s au %s :\n"), jtime(seen, "first_at", first),
	    jtime(seen, "last_at", last));
	print_counts(seen);
	number(_("documents ou extraits ouverts (lectures)"), seen, "contents");
	number(_("listes et recherches, qui montrent des intitulés"), seen,
	    "lists");
	number(_("modifications"), seen, "changes");
	number(
	    _("reclassements, annulations, effacements"), seen, "taken_away");
	number(_("tentatives refusées"), seen, "refused");
	if ((r = print_kinds(seen, e)) < 0)
		return r;
	return print_acts(seen, e);
}

static void
print_log(const json_t *log)
{
	char at[32];

	heading(_("CE QUE LE JOURNAL NE DIT PLUS"));
	if (jint(log, "expired") + jint(log, "sealed") + jint(log, "damaged") ==
		0 &&
	    !json_is_true(json_object_get(log, "cut"))) {
		printf(_("  Rien : les %lld inscriptions de la période ont été "
			 "lues.\n"),
		    jint(log, "leaves"));
		return;
	}
	if (jint(log, "expired") > 0)
		printf(_("  %lld inscriptions, jusqu'au %s, n'ont plus leur "
			 "détail (gardé %lld mois) :\n  on ne sait plus qui a "
			 "fait quoi ; seul « ce qui pouvait être vu » "
			 "vaut.\n"),
		    jint(log, "expired"), jtime(log, "expired_until", at),
		    jint(log, "detail_months"));
	if (jint(log, "sealed") > 0)
		printf(_("  %lld inscriptions faites coffre scellé, sans "
			 "détail.\n"),
		    jint(log, "sealed"));
	if (jint(log, "damaged") > 0)
		printf(_("  %lld inscriptions dont le détail est abîmé.\n"),
		    jint(log, "damaged"));
	if (json_is_true(json_object_get(log, "cut")))
		printf(_("  Les plus anciennes n'ont pas été lues : %lld l'ont "
			 "été ; réduisez la période.\n"),
		    jint(log, "leaves"));
}

static void
print_recipients(const json_t *j)
{
	json_t *x;
	size_t i;

	heading(_("DESTINATAIRES QUI ONT REÇU UN EXTRAIT DANS LA PÉRIODE"));
	if (jcount(j, "recipients") == 0)
		printf("  %s\n", _("Aucun, pour les dossiers concernés."));
	json_array_foreach(json_object_get(j, "recipients"), i, x)
	{
		printf("  ");
		out_text(stdout, jstr(x, "title"));
		printf(" : %lld\n", jint(x, "extracts"));
	}
}

/* --- the draft ------------------------------------------------------------ */

static void
print_list(const json_t *list, int as_words)
{
	const char *s;
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		s = json_string_value(v);
		printf("     - ");
		out_wrapped(stdout, as_words ? word_for(s) : s, 7, 7);
	}
}

static void
print_titles(const json_t *kinds)
{
	json_t *k;
	size_t i;

	json_array_foreach(kinds, i, k)
	{
		printf("     - %s : %lld\n", jstr(k, "title"),
		    jint(k, "documents"));
	}
}

static void
print_taken(const json_t *taken)
{
	json_t *m;
	size_t i;

	json_array_foreach(taken, i, m)
	{
		printf("     - ");
		if (json_is_true(json_object_get(m, "done")))
			printf(_("compte %s suspendu ou retiré\n"),
			    jstr(m, "account"));
		else
			printf(_("compte %s : TOUJOURS ACTIF (people.conf)\n"),
			    jstr(m, "account"));
	}
	printf("     - %s\n", _("à compléter par une personne"));
}

static void
print_33(const json_t *j)
{
	const json_t *a = json_object_get(j, "article_33"),
		     *o = json_object_get(j, "operator");

	heading(_("PROJET POUR LA CNIL (RGPD art. 33(3))"));
	printf("  a) %s\n", _("Nature de la violation :"));
	print_list(json_object_get(a, "nature"), 1);
	printf(_("     Personnes concernées, environ %lld :\n"),
	    jint(a, "persons"));
	print_list(json_object_get(a, "categories"), 0);
	printf(_("     Enregistrements concernés, environ %lld :\n"),
	    jint(a, "records"));
	print_titles(json_object_get(a, "kinds"));
	printf("  b) %s ", _("Délégué à la protection des données :"));
	out_text(stdout, *jstr(o, "dpo") != '\0'
			     ? jstr(o, "dpo")
			     : _("les règles ne le disent pas"));
	printf("\n  c) %s\n", _("Conséquences probables : à écrire par une "
				"personne."));
	printf("  d) %s\n", _("Mesures en place :"));
	print_list(json_object_get(a, "measures"), 0);
	printf("     %s\n", _("Mesures prises :"));
	print_taken(json_object_get(a, "taken"));
}

static void
print_34(const json_t *j)
{
	const json_t *a = json_object_get(j, "article_34"),
		     *o = json_object_get(j, "operator");

	heading(_("PROJET POUR LES PERSONNES (RGPD art. 34)"));
	out_wrapped(stdout,
	    _("  Le risque est-il élevé ? À dire par une personne. Éléments :"),
	    0, 2);
	printf(_("     - documents d'un type sensible : %lld ; fiches "
		 "sociales : %lld\n"),
	    jint(a, "sensitive"), jint(a, "social"));
	printf(_("     - personnes dont l'adresse ne doit pas être connue : "
		 "%lld\n"),
	    jint(a, "confidential"));
	printf(_("     - personnes à prévenir, si le risque est élevé : "
		 "environ %lld\n"),
	    jint(a, "persons"));
	printf("  %s ", _("Contact à leur donner :"));
	out_text(stdout,
	    *jstr(o, "dpo") != '\0' ? jstr(o, "dpo") : jstr(o, "contact"));
	printf("\n");
}

static int
print_report(const json_t *j, struct err *e)
{
	int r;

	print_head(j);
	if ((r = print_could(json_object_get(j, "could"), e)) < 0 ||
	    (r = print_seen(json_object_get(j, "seen"), e)) < 0)
		return r;
	print_log(json_object_get(j, "log"));
	print_recipients(j);
	print_33(j);
	print_34(j);
	printf(_("\nInscription n° %lld. Rien du contenu des dossiers n'est "
		 "ici.\n"),
	    jint(j, "leaf"));
	return 0;
}

/*
 * --host says where the vault is, USER@VAULT, with every command; without an
 * @ it is here the machine in question, as --machine.
 */
static const char *
machine(struct cli *c)
{
	const char *name = cli_option(c, "machine"), *host;
	int i;

	c->host = NULL;
	for (i = 0; (host = cli_option_n(c, "host", i)) != NULL; i++) {
		if (strchr(host, '@') != NULL)
			c->host = host;
		else
			name = host;
	}
	return name;
}

static int
breach_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *since;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_required(c, "since", &since, e)) < 0 ||
	    (r = cli_member(body, "since", since, e)) < 0 ||
	    (r = cli_members(c, "actor", body, "accounts", e)) < 0 ||
	    (r = cli_member(body, "key", cli_option(c, "key"), e)) < 0 ||
	    (r = cli_member(body, "host", machine(c), e)) < 0 ||
	    (r = cli_member(body, "until", cli_option(c, "until"), e)) < 0 ||
	    (r = cli_member(body, "known", cli_option(c, "known"), e)) < 0)
		return r;
	if (cli_option(c, "no-clock") != NULL &&
	    json_object_set_new(body, "clock", json_false()) < 0)
		return err_set(e, ERR_NOMEM, "body");
	if ((r = cli_post(c, body, &j, e, "/v1/reports/breach")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_report(j, e);
}

static const char *const options[] = { "actor", "key", "machine", "since",
	"until", "known", "no-clock!", NULL };

const struct cmd cmd_report_breach = {
	.noun = "report",
	.verb = "breach",
	.usage = N_("--actor COMPTE… | --key SHA256:… | --host MACHINE --since "
		    "JOUR [--until JOUR] [--known INSTANT] [--no-clock]"),
	.about = N_("une violation : qui a pu voir quoi, le projet de "
		    "notification, le délai de 72 heures"),
	.options = options,
	.run = breach_run,
};
