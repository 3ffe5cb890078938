#include "client/options.h"

static const char *const global[] = { "socket", "host", "purpose", "json!",
	"help!", NULL };

/* Is entry ("version", "void!", "which?") the option name[0..len)? */
static int
is_named(const char *entry, const char *name, size_t len)
{
	return strcspn(entry, "!?") == len && strncmp(entry, name, len) == 0;
}

const char *
cli_option_n(const struct cli *c, const char *name, int i)
{
	int k;

	for (k = 0; k < c->ngiven; k++)
		if (is_named(c->given[k].entry, name, strlen(name)) && i-- == 0)
			return c->given[k].value;
	return NULL;
}

const char *
cli_option(const struct cli *c, const char *name)
{
	return cli_option_n(c, name, 0);
}

/* The entry of list for name[0..len), or NULL. */
static const char *
find(const char *const *list, const char *name, size_t len)
{
	for (; list != NULL && *list != NULL; list++)
		if (is_named(*list, name, len))
			return *list;
	return NULL;
}

static int
keep(struct cli *c, const char *entry, const char *value, struct err *e)
{
	if (c->ngiven == OPTIONS_MAX)
		return err_set(
		    e, ERR_USAGE, _("plus de %d options"), OPTIONS_MAX);
	c->given[c->ngiven].entry = entry;
	c->given[c->ngiven].value = value;
	c->ngiven++;
	if (strcmp(entry, "socket") == 0)
		c->socket = value;
	else if (strcmp(entry, "host") == 0)
		c->host = value;
	else if (strcmp(entry, "purpose") == 0)
		c->purpose = value;
	else if (strcmp(entry, "json!") == 0)
		c->json = 1;
	return 0;
}

/*
 * Days as people here write them: 23/11/2026 is 2026-11-23. Anything else
 * stays as it is, and is judged where it goes.
 */
static void
as_iso(char *s)
{
	static const char shape[] = "dd/dd/dddd";
	char iso[sizeof(shape)];
	size_t i;

	for (i = 0; i < sizeof(shape); i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9'
				    : s[i] != shape[i])
			return;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s", s + 6, s + 3, s);
	memcpy(s, iso, sizeof(iso));
}

/* Options that are a day, and the one that may end with one. */
static void
read_day(const char *entry, char *value)
{
	static const char *const days[] = { "on", "as-of", "deadline",
		"decided-on", "since", "until", "review", "from", "to", NULL };

	if (find(days, entry, strlen(entry)) != NULL)
		as_iso(value);
	else if (strcmp(entry, "demarche") == 0 && strchr(value, '=') != NULL)
		as_iso(strchr(value, '=') + 1);
}

static int
take_option(struct cli *c, const struct cmd *cmd, char **argv, int argc, int *i,
    struct err *e)
{
	const char *name = argv[*i] + 2, *entry;
	char *value = NULL;
	size_t len = strcspn(name, "=");

	if (strcmp(argv[*i], "-o") == 0) {
		name = "output";
		len = strlen(name);
	}
	if ((entry = find(cmd->options, name, len)) == NULL &&
	    (entry = find(global, name, len)) == NULL)
		return err_set(e, ERR_USAGE, _("option inconnue %s"), argv[*i]);
	if (strchr(entry, '!') != NULL) {
		if (name[len] == '=')
			return err_set(e, ERR_USAGE,
			    _("l'option --%.*s ne prend pas de valeur"),
			    (int)len, name);
	} else if (name[len] == '=') {
		value = argv[*i] + 2 + len + 1;
	} else if (strchr(entry, '?') == NULL && *i + 1 < argc) {
		value = argv[++*i];
	} else if (strchr(entry, '?') == NULL) {
		return err_set(e, ERR_USAGE,
		    _("l'option --%.*s attend une valeur"), (int)len, name);
	}
	if (value != NULL)
		read_day(entry, value);
	return keep(c, entry, value != NULL ? value : "", e);
}

int
options_parse(struct cli *c, const struct cmd *cmd, int argc, char **argv,
    char **args, int *nargs, struct err *e)
{
	int i, r, only_args = 0;

	*nargs = 0;
	for (i = 0; i < argc; i++) {
		if (!only_args && strcmp(argv[i], "--") == 0) {
			only_args = 1;
		} else if (!only_args && (strncmp(argv[i], "--", 2) == 0 ||
					     strcmp(argv[i], "-o") == 0)) {
			if ((r = take_option(c, cmd, argv, argc, &i, e)) < 0)
				return r;
		} else if (*nargs == ARGS_MAX) {
			return err_set(
			    e, ERR_USAGE, _("plus de %d arguments"), ARGS_MAX);
		} else {
			args[(*nargs)++] = argv[i];
		}
	}
	return 0;
}
