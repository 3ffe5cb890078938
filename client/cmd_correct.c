/* sceau file move, sceau file void: what went into the wrong case. */
#include <jansson.h>

#include "client/commands.h"
#include "client/filed.h"
#include "client/out.h"
#include "client/save.h"

static void
tell_breach(const json_t *j)
{
	if (*jstr(j, "breach") == '\0')
		return;
	fprintf(stderr,
	    _("Quelqu'un d'autre l'avait lu ou reçu : violation %s, à traiter "
	      "par la direction et le délégué.\n"),
	    jstr(j, "breach"));
}

static void
tell_waiting(const json_t *j)
{
	if (*jstr(j, "waits") != '\0')
		fprintf(stderr, "%s\n",
		    _("L'horloge du coffre n'est pas crue : la copie mal "
		      "classée n'est plus dans le dossier, et sera détruite "
		      "quand l'horloge sera confirmée (sceau clock confirm)."));
}

static int
move_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	(void)argc;
	if ((r = save_check(cli_option(c, "output"),
		 cli_option(c, "force") != NULL, e)) < 0 ||
	    (r = cli_member(body, "case", argv[1], e)) < 0 ||
	    (r = cli_member(body, "reason", cli_option(c, "reason"), e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/documents/%/move", argv[0])) <
		0 ||
	    (r = filed_give(c, j, e)) < 0)
		return r;
	tell_waiting(j);
	tell_breach(j);
	return 0;
}

static int
void_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/documents/%/void", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		;
	else if (*jstr(j, "waits") != '\0')
		printf(_("Annulé : document %s, inscription n° %lld\n"),
		    jstr(j, "document"), jint(j, "leaf"));
	else
		printf(_("Annulé : le document %s est détruit (%lld clés), "
			 "inscription n° %lld\n"),
		    jstr(j, "document"), jint(j, "keys"), jint(j, "leaf"));
	tell_waiting(j);
	tell_breach(j);
	return 0;
}

static const char *const move_options[] = { "reason", "output", "force!",
	NULL };
static const char *const void_options[] = { "reason", NULL };

const struct cmd cmd_file_move = {
	.noun = "file",
	.verb = "move",
	.usage = N_("DOCUMENT DOSSIER"),
	.about = N_("déplacer ce que l'on a classé dans le mauvais dossier, "
		    "dans les 24 heures ; rend le nouveau reçu"),
	.options = move_options,
	.min_args = 2,
	.max_args = 2,
	.run = move_run,
};
const struct cmd cmd_file_void = {
	.noun = "file",
	.verb = "void",
	.usage = N_("DOCUMENT"),
	.about = N_("annuler ce que l'on a déposé à tort, dans les 24 heures "
		    "(--reason MOTIF)"),
	.options = void_options,
	.min_args = 1,
	.max_args = 1,
	.run = void_run,
};
