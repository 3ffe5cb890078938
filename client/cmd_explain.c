/* sceau policy explain: a decision of the log in plain words. */
#include <jansson.h>

#include "client/acts.h"
#include "client/commands.h"
#include "client/messages.h"
#include "client/out.h"
#include "client/words.h"

static int
is_true(const json_t *j, const char *name)
{
	return json_is_true(json_object_get(j, name));
}

/* "label : a, b": the parts that are there. */
static void
print_parts(const char *label, const char *const *parts)
{
	int any = 0;

	for (; *parts != NULL; parts++) {
		if (**parts == '\0')
			continue;
		fputs(any++ ? ", " : label, stdout);
		if (any == 1)
			fputs(_(" : "), stdout);
		out_text(stdout, *parts);
	}
	if (any)
		putchar('\n');
}

static void
print_act(const json_t *j)
{
	const json_t *actor = json_object_get(j, "actor");
	char at[32];

	printf(_("Inscription n° %lld du %s\n"), jint(j, "leaf"),
	    jtime(j, "at", at));
	print_parts(_("Acte"), (const char *const[]){ act_for(jstr(j, "class")),
				   jword(j, "outcome"), NULL });
	print_parts(_("Compte"), (const char *const[]){ jstr(actor, "account"),
				     jword(actor, "role"), NULL });
	out_line(stdout, _("Objet"), jstr(j, "object"));
}

static void
print_access_facts(const json_t *f)
{
	const json_t *kase = json_object_get(f, "case");

	print_parts(_("Qui"),
	    (const char *const[]){ is_true(f, "nobody")
				       ? _("personne pour ce coffre")
				       : jstr(f, "account"),
		jstr(f, "role"), jstr(f, "team"), jstr(f, "organisation"),
		is_true(f, "suspended") ? _("compte suspendu") : "", NULL });
	print_parts(_("Quoi"),
	    (const char *const[]){ jstr(f, "op"), jstr(f, "kind"), NULL });
	out_line(stdout, _("Finalité demandée"), jstr(f, "purpose"));
	if (kase != NULL)
		print_parts(_("Dossier"),
		    (const char *const[]){ jword(kase, "state"),
			jstr(kase, "team"), jstr(kase, "organisation"),
			is_true(f, "own") ? _("ouvert par cette personne") : "",
			NULL });
	if (is_true(f, "glass"))
		puts(_("La glace de ce dossier était brisée."));
	if (is_true(f, "stepped_up"))
		puts(_("Une déclaration signée pour cet acte était jointe."));
}

static void
print_verdict(int allowed, const char *tag)
{
	const char *s = allowed ? NULL : message_for(tag);

	printf("%s%s", _("Décision"), _(" : "));
	if (allowed)
		puts(_("permis"));
	else
		printf("%s (%s)\n", _("refusé"), s != NULL ? _(s) : tag);
}

static void
print_rule(const json_t *rule)
{
	out_line(stdout, _("Règle"), jstr(rule, "name"));
	out_line(stdout, _("Intitulé"), jstr(rule, "title"));
	out_line(stdout, _("Base"), jstr(rule, "basis"));
	out_line(stdout, _("Texte"), jstr(rule, "source"));
}

static void
print_access(const json_t *j)
{
	const json_t *d = json_object_get(j, "decision");

	if (d == NULL)
		return;
	putchar('\n');
	print_access_facts(json_object_get(j, "facts"));
	print_verdict(json_object_get(d, "denied") == NULL, jstr(d, "denied"));
	print_rule(json_object_get(j, "rule"));
	print_parts(_("Finalité"),
	    (const char *const[]){ jstr(d, "purpose"),
		is_true(d, "default") ? _("par défaut") : "", NULL });
	out_line(stdout, _("Au titre du rôle"), jstr(d, "role"));
	out_line(stdout, _("Rôle prêté"), jstr(d, "loan"));
	if (is_true(d, "broken_glass"))
		puts(_("Permis par le seul bris de glace."));
	out_line(stdout, _("Mot à mot"), jstr(d, "why"));
}

static void
print_adult(const json_t *adult)
{
	char consents[512];

	jlist(adult, "consents", consents, sizeof(consents));
	printf("  ");
	out_text(stdout, jstr(adult, "role"));
	fputs(_(" : "), stdout);
	out_text(
	    stdout, consents[0] != '\0' ? consents : _("aucun consentement"));
	putchar('\n');
}

static void
print_disclosure_facts(const json_t *f)
{
	char names[512];
	json_t *adult;
	size_t i;

	out_line(stdout, _("Destinataire"), jstr(f, "recipient"));
	out_line(stdout, _("Finalité demandée"), jstr(f, "purpose"));
	print_parts(_("Dossier"),
	    (const char *const[]){ jword(f, "state"), jstr(f, "stage"), NULL });
	out_line(stdout, _("Diagnostic"), jword(f, "diagnosis"));
	out_line(
	    stdout, _("Événements"), jlist(f, "events", names, sizeof(names)));
	out_line(stdout, _("Consentements de tous"),
	    jlist(f, "consents", names, sizeof(names)));
	if (jcount(f, "adults") > 0)
		puts(_("Adultes du ménage"));
	json_array_foreach(json_object_get(f, "adults"), i, adult)
	    print_adult(adult);
	if (is_true(f, "objection"))
		puts(_("Une opposition attendait, ou était retenue."));
}

/* Each consent, with the event of its history that counted. */
static void
print_consents(const json_t *j)
{
	char at[32];
	json_t *v;
	size_t i;

	if (jcount(j, "consent_versions") > 0)
		puts(_("Consentements invoqués"));
	json_array_foreach(json_object_get(j, "consent_versions"), i, v)
	{
		printf("  ");
		out_text(stdout, jstr(v, "consent"));
		printf(_(" : version %lld, %s le %s, inscription n° %lld\n"),
		    jint(v, "version"), jword(v, "event"),
		    jtime(v, "effective_at", at), jint(v, "leaf"));
	}
}

static void
print_disclosure(const json_t *j)
{
	const json_t *x = json_object_get(j, "disclosure");
	const json_t *d = json_object_get(x, "kept");

	if (d == NULL)
		return;
	putchar('\n');
	puts(_("Communication"));
	print_disclosure_facts(json_object_get(d, "facts"));
	print_verdict(is_true(d, "allowed"), jstr(d, "tag"));
	print_rule(json_object_get(x, "rule"));
	print_consents(j);
	out_line(stdout, _("Mot à mot"), jstr(d, "why"));
}

static void
print_explanation(const json_t *j)
{
	print_act(j);
	print_access(j);
	print_disclosure(j);
	putchar('\n');
	printf(_("Règles d'alors : version %lld, jeu n° %lld\n"),
	    jint(j, "policy"), jint(j, "generation"));
	puts(is_true(j, "same")
		 ? _("Rejouée sur les mêmes faits et les mêmes règles : la "
		     "même décision, mot pour mot.")
		 : _("Rejouée sur les mêmes faits et les mêmes règles : UNE "
		     "AUTRE DÉCISION. L'inscription ne dit pas ce que les "
		     "règles donnaient."));
}

/* Another decision than the log's is a failed check. */
static int
explain_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/audit/%/explanation", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_explanation(j);
	if (!is_true(j, "same"))
		return err_tag(e, ERR_INTEGRITY, "detail-damaged", "%s %s",
		    _("n°"), argv[0]);
	return 0;
}

const struct cmd cmd_policy_explain = {
	.noun = "policy",
	.verb = "explain",
	.usage = N_("N°"),
	.about = N_("expliquer une décision du journal et la rejouer"),
	.min_args = 1,
	.max_args = 1,
	.run = explain_run,
};
