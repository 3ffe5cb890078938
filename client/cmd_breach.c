/* sceau report breaches, breach-settle: what was seen by who should not. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

static void
print_seen(const json_t *b)
{
	const json_t *words = json_object_get(b, "words");
	char at[32];
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(words, "seen"), i, one)
	{
		printf("  %s ", jtime(one, "at", at));
		out_text(stdout, jstr(one, "account"));
		printf(" (%s, %s)\n", jstr(one, "role"), jstr(one, "class"));
	}
	if (*jstr(json_object_get(b, "note"), "note") != '\0')
		out_line(stdout, _("Note"),
		    jstr(json_object_get(b, "note"), "note"));
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
		printf(_("%s : %s, dossier %s, connue le %s, échéance %s\n"),
		    jstr(b, "breach"),
		    strcmp(jstr(b, "state"), "settled") == 0 ? _("traitée")
							     : _("à traiter"),
		    jstr(b, "case"), jtime(b, "since", at),
		    jtime(b, "due_at", due));
		print_seen(b);
	}
	return 0;
}

static int
settle_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *note;
	int r;

	(void)argc;
	if ((r = cli_required(c, "note", &note, e)) < 0 ||
	    (r = cli_member(body, "note", note, e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/breaches/%/settlement", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Violation %s traitée, inscription n° %lld\n"),
		    jstr(j, "breach"), jint(j, "leaf"));
	return 0;
}

static const char *const settle_options[] = { "note", NULL };

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
	.usage = N_("VIOLATION"),
	.about = N_("dire ce qui fut fait d'une violation (--note TEXTE)"),
	.options = settle_options,
	.min_args = 1,
	.max_args = 1,
	.run = settle_run,
};
