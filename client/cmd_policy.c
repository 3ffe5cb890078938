/* sceau policy check|show. */
#include <jansson.h>

#include "base/crypto.h"
#include "base/text.h"
#include "client/approve.h"
#include "client/cmd_policy_public.h"
#include "client/commands.h"
#include "client/folder.h"
#include "client/out.h"
#include "client/ruleset.h"
#include "policy/policy.h"

/*
 * An extract is encrypted to its recipient's certificate: without one,
 * nothing can be released to them by the vault's own door or by hand.
 */
static json_t *
missing_certificates(const struct policy *p)
{
	const struct policy_recipient *r;
	size_t i, n = policy_recipients(p, &r);
	json_t *missing = json_array();

	for (i = 0; i < n; i++)
		if (r[i].certificate[0] != '\0' &&
		    policy_file(p, r[i].certificate) == NULL)
			json_array_append_new(missing,
			    json_pack("{s:s, s:s}", "recipient", r[i].name,
				"certificate", r[i].certificate));
	return missing;
}

static void
warn_of_certificates(const json_t *missing)
{
	json_t *x;
	size_t i;

	json_array_foreach(missing, i, x)
	{
		fprintf(stderr, _("attention : %s n'a pas son certificat : "),
		    jstr(x, "recipient"));
		out_text(stderr, jstr(x, "certificate"));
		fputc('\n', stderr);
	}
}

static int
check_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(json_decrefp) json_t *missing = NULL;
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(mem_freep) char *dir = NULL;
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = ruleset_folder(argc > 0 ? argv[0] : NULL, &dir, e)) < 0 ||
	    (r = ruleset_load(c, dir, &p, e)) < 0)
		return r;
	hex_format(policy_sha256(p), SHA256_LEN, hex);
	missing = missing_certificates(p);
	j = json_pack("{s:i, s:s, s:[], s:O}", "version",
	    (int)policy_version(p), "sha256", hex, "problems",
	    "missing-certificates", missing);
	if (cli_print_json(c, j))
		return 0;
	warn_of_certificates(missing);
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

static void
print_attestations(const json_t *list)
{
	const json_t *a;
	char at[32];
	size_t i;

	json_array_foreach(list, i, a)
	{
		printf(_("Dépositaire garant de la page : %s, %s, inscription "
			 "n° %lld\n"),
		    jstr(a, "by"), jtime(a, "at", at), jint(a, "leaf"));
	}
}

static int
print_history(struct cli *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *g;
	char at[32];
	size_t i;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/policy/history")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	json_array_foreach(json_object_get(j, "generations"), i, g)
	{
		if (i > 0)
			putchar('\n');
		printf(_("Génération %lld : règles version %lld, inscription "
			 "n° %lld\n"),
		    jint(g, "generation"), jint(g, "version"), jint(g, "leaf"));
		out_line(stdout, _("Le"), jtime(g, "applied_at", at));
		out_line(stdout, "SHA-256", jstr(g, "sha256"));
		out_line(stdout, "people.conf", jstr(g, "people_sha256"));
		r = approve_print(json_object_get(g, "approvals"), e);
		if (r < 0)
			return r;
		print_attestations(json_object_get(g, "attestations"));
	}
	return 0;
}

static int
write_file(struct folder *f, const json_t *file, struct err *e)
{
	const char *text = json_string_value(json_object_get(file, "text"));
	const char *b64 = json_string_value(json_object_get(file, "base64"));
	AUTO(buf_done) struct buf bytes = { 0 };
	int r;

	if (text != NULL)
		r = buf_add(&bytes, text,
		    json_string_length(json_object_get(file, "text")), e);
	else if (b64 != NULL)
		r = base64_parse(b64, strlen(b64), &bytes, e);
	else
		r = err_tag(e, ERR_UNAVAILABLE, "answer", "files");
	if (r < 0)
		return r;
	return folder_write(f, jstr(file, "name"), bytes.p, bytes.len, 0644, e);
}

/* Names come from the vault; they stay within the folder all the same. */
static int
is_inside(const char *name)
{
	return *name != '\0' && *name != '/' && *name != '.' &&
	       strstr(name, "/.") == NULL && strstr(name, "//") == NULL;
}

/* The files of the set in force, or of --generation N, in a new folder. */
static int export(struct cli *c, const char *dir, struct err *e)
{
	AUTO(folder_done) struct folder f = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	json_t *file;
	size_t i;
	int r;

	if ((r = folder_begin(&f, dir, e)) < 0 ||
	    (r = cli_path(&path, e, "/v1/policy/files", NULL)) < 0 ||
	    (r = cli_query(
		 &path, "generation", cli_option(c, "generation"), e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "files"), i, file)
	{
		if (!is_inside(jstr(file, "name")))
			return err_tag(e, ERR_UNAVAILABLE, "answer", "files");
		if ((r = write_file(&f, file, e)) < 0)
			return r;
	}
	if ((r = folder_commit(&f, 0755, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Règles version %lld, génération %lld : %s\n"),
		    jint(j, "version"), jint(j, "generation"), dir);
	return 0;
}

static int
print_policy(struct cli *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/policy")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Règles du coffre : version %lld, génération %lld\n"),
	    jint(j, "version"), jint(j, "generation"));
	out_line(stdout, "SHA-256", jstr(j, "sha256"));
	out_line(stdout, "people.conf", jstr(j, "people_sha256"));
	putchar('\n');
	if ((r = print_kinds(j, e)) < 0)
		return r;
	putchar('\n');
	return print_recipients(j, e);
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *dir = cli_option(c, "export");

	if (cli_option(c, "public") != NULL)
		return policy_show_public(c, argc > 0 ? argv[0] : NULL, e);
	if (argc > 0)
		return err_set(e, ERR_USAGE, "%s",
		    _("un dossier de règles se montre avec --public"));
	if (dir != NULL)
		return export(c, dir, e);
	return cli_option(c, "history") != NULL ? print_history(c, e)
						: print_policy(c, e);
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

static const char *const show_options[] = { "public!", "output", "force!",
	"history!", "export", "generation", NULL };

const struct cmd cmd_policy_show = {
	.noun = "policy",
	.verb = "show",
	.usage = N_("[--public [DOSSIER-DE-RÈGLES]]"),
	.options = show_options,
	.max_args = 1,
	.about = N_("les règles en vigueur ; --history : toutes, et qui les a "
		    "signées ; --export DOSSIER : leurs fichiers"),
	.run = show_run,
};
