/*
 * sceau: the client's charter. Finds the command in the table, parses its
 * options, runs it, says in a sentence what went wrong, and exits with the
 * status of the error's code (one table: base/err.c).
 */
#include <libintl.h>
#include <locale.h>
#include <unistd.h>

#include "base/secret.h"
#include "client/cli.h"
#include "client/help.h"
#include "client/options.h"

#ifndef LOCALE_DIR
#define LOCALE_DIR "/usr/share/locale"
#endif

/* Global options may stand before the noun: skip to it. */
static int
noun_at(int argc, char **argv)
{
	static const char *const with_value[] = { "--socket", "--host",
		"--purpose" };
	static const char *const alone[] = { "--json", "--help", "--version" };
	size_t k, n;
	int i;

	for (i = 1; i < argc; i++) {
		for (k = 0; k < NELEMS(alone); k++)
			if (strcmp(argv[i], alone[k]) == 0)
				break;
		if (k < NELEMS(alone))
			continue;
		n = strcspn(argv[i], "=");
		for (k = 0; k < NELEMS(with_value); k++)
			if (strncmp(argv[i], with_value[k], n) == 0 &&
			    strlen(with_value[k]) == n)
				break;
		if (k == NELEMS(with_value))
			return i;
		if (argv[i][n] == '\0')
			i++;
	}
	return argc;
}

/* The command of noun [verb]; *words how many words it took. */
static const struct cmd *
find_command(int argc, char **argv, int at, int *words)
{
	const struct cmd *const *c;

	for (c = commands; *c != NULL; c++) {
		if (at >= argc || strcmp((*c)->noun, argv[at]) != 0)
			continue;
		if ((*c)->verb == NULL) {
			*words = 1;
			return *c;
		}
		if (at + 1 < argc && strcmp((*c)->verb, argv[at + 1]) == 0) {
			*words = 2;
			return *c;
		}
	}
	return NULL;
}

static void
tell(const struct err *e)
{
	const char *sentence = cli_sentence(e);

	if (sentence != NULL && e->text[0] != '\0')
		fprintf(stderr, "sceau: %s (%s)\n", sentence, e->text);
	else
		fprintf(stderr, "sceau: %s\n",
		    sentence != NULL ? sentence : e->text);
}

static int
run(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct cli c = { 0 };
	char *args[ARGS_MAX];
	int nargs, r;

	if ((r = options_parse(&c, cmd, argc, argv, args, &nargs, e)) < 0)
		return r;
	if (cli_option(&c, "help") != NULL) {
		help_command(cmd);
		return 0;
	}
	if (nargs < cmd->min_args ||
	    (cmd->max_args >= 0 && nargs > cmd->max_args)) {
		help_usage(stderr, cmd);
		return err_set(
		    e, ERR_USAGE, "%s: %d", _("nombre d'arguments"), nargs);
	}
	r = cmd->run(&c, nargs, args, e);
	http_freep(&c.http);
	buf_done(&c.step_up);
	return r;
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("SCEAU_LOCALE_DIR");
	char *rest[ARGS_MAX * 2];
	const struct cmd *cmd;
	struct err e = { 0 };
	int at, words, i, n = 0;

	setlocale(LC_ALL, "");
	/* JSON and the protocol write numbers one way. */
	setlocale(LC_NUMERIC, "C");
	bindtextdomain("sceau", dir != NULL ? dir : LOCALE_DIR);
	bind_textdomain_codeset("sceau", "UTF-8");
	textdomain("sceau");
	if (secret_harden_process(&e) < 0) {
		tell(&e);
		return err_exit(e.code);
	}
	at = noun_at(argc, argv);
	if ((cmd = find_command(argc, argv, at, &words)) == NULL)
		return help_main(argc, argv, at);
	if (argc > ARGS_MAX) {
		err_set(&e, ERR_USAGE, _("plus de %d arguments"), ARGS_MAX);
		tell(&e);
		return err_exit(ERR_USAGE);
	}
	for (i = 1; i < argc; i++)
		if (i < at || i >= at + words)
			rest[n++] = argv[i];
	if (run(cmd, n, rest, &e) < 0) {
		tell(&e);
		return err_exit(e.code);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sceau");
		return 1;
	}
	return 0;
}
