#include "client/help.h"

#include "client/out.h"

#define ABOUT_AT 28 /* place of the second column */

static void
print_name(FILE *f, const struct cmd *cmd)
{
	fprintf(f, "sceau %s%s%s", cmd->noun, cmd->verb != NULL ? " " : "",
	    cmd->verb != NULL ? cmd->verb : "");
}

void
help_usage(FILE *f, const struct cmd *cmd)
{
	AUTO(buf_done) struct buf rest = { 0 };
	const char *const *o;
	size_t n, at;
	int r = 0;

	fprintf(f, "%s ", _("usage :"));
	print_name(f, cmd);
	at = out_width(_("usage :")) + strlen("sceau ") + strlen(cmd->noun) +
	     (cmd->verb != NULL ? strlen(cmd->verb) + 1 : 0) + 2;
	for (o = cmd->options; o != NULL && *o != NULL && r == 0; o++) {
		/* Not cut between an option and its value. */
		n = strcspn(*o, "!?");
		r = buf_addf(&rest, NULL, "%s[--%.*s%s]",
		    rest.len > 0 ? " " : "", (int)n, *o,
		    (*o)[n] == '!'   ? ""
		    : (*o)[n] == '?' ? "[=…]"
				     : "\u00a0…");
	}
	if (r == 0 && cmd->usage != NULL && cmd->usage[0] != '\0')
		r = buf_addf(&rest, NULL, "%s%s", rest.len > 0 ? " " : "",
		    _(cmd->usage));
	fputc(rest.len > 0 ? ' ' : '\n', f);
	if (r == 0 && rest.len > 0)
		out_wrapped(f, buf_str(&rest), at, 4);
}

void
help_command(const struct cmd *cmd)
{
	print_name(stdout, cmd);
	fputs(" — ", stdout);
	out_wrapped(stdout, _(cmd->about), ABOUT_AT, 2);
	putchar('\n');
	help_usage(stdout, cmd);
	printf("\n%s\n", _("Options communes : --socket CHEMIN | --host "
			   "UTILISATEUR@COFFRE, --json, --purpose FINALITÉ, "
			   "--help"));
}

static void
list_commands(FILE *f, const char *noun)
{
	const struct cmd *const *c;
	char name[64];

	for (c = commands; *c != NULL; c++) {
		if (noun != NULL && strcmp((*c)->noun, noun) != 0)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", (*c)->noun,
		    (*c)->verb != NULL ? " " : "",
		    (*c)->verb != NULL ? (*c)->verb : "");
		fprintf(f, "  %-25s ", name);
		out_wrapped(f, _((*c)->about), ABOUT_AT, ABOUT_AT);
	}
}

static int
is_noun(const char *s)
{
	const struct cmd *const *c;

	for (c = commands; *c != NULL; c++)
		if (strcmp((*c)->noun, s) == 0)
			return 1;
	return 0;
}

int
help_main(int argc, char **argv, int at)
{
	int i;

	if (at < argc && strcmp(argv[at], "help") == 0) {
		if (at + 1 < argc && !is_noun(argv[at + 1])) {
			fprintf(stderr, "sceau: %s: %s\n",
			    _("commande inconnue"), argv[at + 1]);
			return err_exit(ERR_USAGE);
		}
		list_commands(stdout, at + 1 < argc ? argv[at + 1] : NULL);
		return 0;
	}
	for (i = 1; i < at && i < argc; i++) {
		if (strcmp(argv[i], "--version") == 0) {
			printf("sceau %s\n", SCEAU_VERSION);
			return 0;
		}
		if (strcmp(argv[i], "--help") == 0) {
			printf("%s\n\n", _("sceau : le coffre de documents "
					   "et de consentements de l'équipe"));
			list_commands(stdout, NULL);
			return 0;
		}
	}
	if (at < argc && is_noun(argv[at])) {
		fprintf(stderr, "%s\n", _("Commandes :"));
		list_commands(stderr, argv[at]);
	} else if (at < argc) {
		fprintf(stderr, "sceau: %s: %s\n", _("commande inconnue"),
		    argv[at]);
	} else {
		fprintf(stderr, "%s\n", _("Commandes :"));
		list_commands(stderr, NULL);
	}
	return err_exit(ERR_USAGE);
}
