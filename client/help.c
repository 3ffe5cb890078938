#include "client/help.h"

static void
print_name(FILE *f, const struct cmd *cmd)
{
	fprintf(f, "sceau %s%s%s", cmd->noun, cmd->verb != NULL ? " " : "",
	    cmd->verb != NULL ? cmd->verb : "");
}

void
help_usage(FILE *f, const struct cmd *cmd)
{
	const char *const *o;
	size_t n;

	fprintf(f, "%s ", _("usage :"));
	print_name(f, cmd);
	for (o = cmd->options; o != NULL && *o != NULL; o++) {
		n = strcspn(*o, "!");
		fprintf(
		    f, " [--%.*s%s]", (int)n, *o, (*o)[n] == '!' ? "" : " …");
	}
	if (cmd->usage != NULL && cmd->usage[0] != '\0')
		fprintf(f, " %s", _(cmd->usage));
	fputc('\n', f);
}

void
help_command(const struct cmd *cmd)
{
	print_name(stdout, cmd);
	printf(" — %s\n\n", _(cmd->about));
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
		fprintf(f, "  %-25s %s\n", name, _((*c)->about));
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
