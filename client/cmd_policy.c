/* sceau policy check|show. */
#include <jansson.h>

#include "base/crypto.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "policy/policy.h"

static json_t *
lines_json(struct buf *problems)
{
	const char *s = buf_str(problems), *line;
	size_t left = problems->len, n;
	json_t *a = json_array();

	while (text_line(&s, &left, &line, &n))
		json_array_append_new(a, json_stringn(line, n));
	return a;
}

/* --json answers also when there are problems: they are the answer. */
static int
print_problems(const struct cli *c, struct buf *problems)
{
	AUTO(json_decrefp) json_t *j = NULL;

	if (c->json) {
		j = json_pack("{s:o}", "problems", lines_json(problems));
		return cli_print_json(c, j);
	}
	out_page(stderr, buf_str(problems));
	return 0;
}

/* The folder named, or that of the vault in $SCEAU_DIR. */
static int
rules_folder(const char *named, char **out, struct err *e)
{
	const char *vault = getenv("SCEAU_DIR");
	int r;

	if (named == NULL && vault == NULL)
		return err_set(
		    e, ERR_USAGE, "%s", _("quel dossier de règles ?"));
	r = named != NULL ? asprintf(out, "%s", named)
			  : asprintf(out, "%s/policy", vault);
	if (r < 0) {
		*out = NULL;
		return err_set(e, ERR_NOMEM, "policy");
	}
	return 0;
}

static int
check_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf problems = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(mem_freep) char *dir = NULL;
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = rules_folder(argc > 0 ? argv[0] : NULL, &dir, e)) < 0)
		return r;
	if ((r = policy_load(dir, &p, &problems, e)) < 0) {
		if (problems.len == 0)
			return r;
		print_problems(c, &problems);
		return err_tag(e, ERR_INVALID, "policy", "%.200s", dir);
	}
	hex_format(policy_sha256(p), SHA256_LEN, hex);
	j = json_pack("{s:i, s:s, s:[]}", "version", (int)policy_version(p),
	    "sha256", hex, "problems");
	if (!cli_print_json(c, j))
		printf(_("Règles en ordre : version %u, SHA-256 %s\n"),
		    policy_version(p), hex);
	return 0;
}

static int
print_kinds(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char media[512], levels[256];
	json_t *k;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Type"), _("Sorte"), _("Formats"),
		 _("Niveaux"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "kinds"), i, k)
	{
		if ((r = table_row(&t, e, jstr(k, "kind"),
			 json_is_true(json_object_get(k, "record"))
			     ? _("fiche")
			     : _("fichier"),
			 jlist(k, "media", media, sizeof(media)),
			 jlist(k, "levels", levels, sizeof(levels)), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun type."));
	return 0;
}

static int
print_recipients(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	json_t *k;
	size_t i;
	int r;

	if ((r = table_head(
		 &t, e, _("Destinataire"), _("Nom"), _("Voie"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "recipients"), i, k)
	{
		if ((r = table_row(&t, e, jstr(k, "recipient"),
			 jstr(k, "title"), jstr(k, "channel"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun destinataire."));
	return 0;
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/policy")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Règles du coffre : version %lld\n"), jint(j, "version"));
	out_line(stdout, "SHA-256", jstr(j, "sha256"));
	putchar('\n');
	if ((r = print_kinds(j, e)) < 0)
		return r;
	putchar('\n');
	return print_recipients(j, e);
}

const struct cmd cmd_policy_check = {
	.noun = "policy",
	.verb = "check",
	.usage = N_("[DOSSIER-DE-RÈGLES]"),
	.about = N_("contrôler des fichiers de règles : fichier, ligne, "
		    "erreur"),
	.max_args = 1,
	.run = check_run,
};
const struct cmd cmd_policy_show = {
	.noun = "policy",
	.verb = "show",
	.about = N_("les règles en vigueur : types, formats, destinataires"),
	.run = show_run,
};
