/* sceau report breaches, breach-settle: what was seen by who should not. */
#include <jansson.h>

#include "client/acts.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

/* Whose account, key or machine. */
static void
print_incident(const json_t *words)
{
	json_t *one;
	size_t i;

	if (*jstr(words, "subject") == '\0')
		return;
	printf("  %s ", word_for(jstr(words, "subject")));
	out_text(stdout, jstr(words, "name"));
	json_array_foreach(json_object_get(words, "accounts"), i, one)
	{
		printf(", ");
		out_text(stdout, jstr(one, "account"));
	}
	printf("\n");
}

static void
print_seen(const json_t *b)
{
	const json_t *words = json_object_get(b, "words");
	char at[32];
	json_t *one;
	size_t i;

	print_incident(words);
	json_array_foreach(json_object_get(words, "seen"), i, one)
	{
		printf("  %s ", jtime(one, "at", at));
		out_text(stdout, jstr(one, "account"));
		printf(" (%s, %s)\n", jword(one, "role"),
		    act_for(jstr(one, "class")));
	}
	if (*jstr(json_object_get(b, "note"), "note") != '\0')
		out_line(stdout, _("Note"),
		    jstr(json_object_get(b, "note"), "note"));
}

static const char *
state_of(const json_t *b)
{
	if (strcmp(jstr(b, "state"), "settled") != 0)
		return _("à traiter");
	return *jstr(b, "outcome") != '\0' ? jword(b, "outcome") : _("traitée");
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	char at[32], due[32];
	json_t *b;
	size_t i;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/breaches")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if (jcount(j, "breaches") == 0)
		printf("%s\n", _("Aucune violation."));
	json_array_foreach(json_object_get(j, "breaches"), i, b)
	{
		if (*jstr(b, "case") != '\0')
			printf(_("%s : %s, dossier %s, connue le %s, échéance "
				 "%s\n"),
			    jstr(b, "breach"), state_of(b), jstr(b, "case"),
			    jtime(b, "since", at), jtime(b, "due_at", due));
		else
			printf(_("%s : %s, incident, connue le %s, échéance "
				 "%s\n"),
			    jstr(b, "breach"), state_of(b),
			    jtime(b, "since", at), jtime(b, "due_at", due));
		print_seen(b);
	}
	return 0;
}

static int
settle_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int notified = cli_option(c, "notified") != NULL,
	    riskless = cli_option(c, "no-risk") != NULL;
	const char *note;
	int r;

	if (notified && riskless)
		return err_set(e, ERR_USAGE, "--notified --no-risk");

	(void)argc;
	if ((r = cli_required(c, "note", &note, e)) < 0 ||
	    (r = cli_member(body, "note", note, e)) < 0 ||
	    (r = cli_member(body, "outcome",
		 notified   ? "notified"
		 : riskless ? "no-risk"
			    : NULL,
		 e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/breaches/%/settlement", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Violation %s traitée, inscription n° %lld\n"),
		    jstr(j, "breach"), jint(j, "leaf"));
	return 0;
}

static const char *const settle_options[] = { "note", "notified!", "no-risk!",
	NULL };

const struct cmd cmd_report_breaches = {
	.noun = "report",
	.verb = "breaches",
	.usage = "",
	.about = N_("les violations inscrites : qui a vu quoi, et l'échéance "
		    "de 72 heures"),
	.min_args = 0,
	.max_args = 0,
	.run = list_run,
};
const struct cmd cmd_report_breach_settle = {
	.noun = "report",
	.verb = "breach-settle",
	.usage = N_("VIOLATION --note TEXTE [--notified | --no-risk]"),
	.about = N_("dire ce qui fut fait d'une violation : notifiée à la "
		    "CNIL, ou sans risque, et pourquoi"),
	.options = settle_options,
	.min_args = 1,
	.max_args = 1,
	.run = settle_run,
};
