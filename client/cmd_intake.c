/* sceau intake LISTE, sceau intake list: households that others hand in. */
#include <jansson.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"
#include "client/upload.h"
#include "client/words.h"

static const char suffix[] = ".rejets.csv";

static void
print_counts(const json_t *j)
{
	static const struct {
		const char *member, *label;
	} rows[] = {
		{ "lines", N_("Lignes lues") },
		{ "opened", N_("Dossiers ouverts") },
		{ "over_quota", N_("Au-delà du volume") },
		{ "duplicates", N_("Déjà connus") },
		{ "reopened", N_("Dossiers rouverts") },
		{ "rejected", N_("Lignes refusées") },
	};
	long long waiting = jint(j, "reopen") - jint(j, "reopened");
	char n[24];
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		snprintf(n, sizeof(n), "%lld", jint(j, rows[i].member));
		out_line(stdout, _(rows[i].label), n);
	}
	if (waiting > 0)
		printf(_("Dossiers clos à rouvrir par le responsable ou le "
			 "juriste : %lld (sceau due)\n"),
		    waiting);
}

/* Kept lines that the convention's volume does not cover. */
static void
print_over(const json_t *j)
{
	if (jint(j, "over_quota") > 0)
		puts(_("Ce qui est au-delà du volume est gardé, marqué, et "
		       "signalé au responsable et à la direction."));
}

static void
print_intake(const json_t *j)
{
	char at[32];
	json_t *p;
	size_t i;

	if (json_is_true(json_object_get(j, "dry_run")))
		puts(_("À blanc : rien n'a été inscrit."));
	if (json_is_true(json_object_get(j, "again")))
		puts(_("Cette liste avait été prise : voici ce qui fut fait."));
	if (json_object_get(j, "same_as") != NULL)
		printf(_("Ce même fichier a été pris le %s.\n"),
		    jtime(json_object_get(j, "same_as"), "at", at));
	print_counts(j);
	print_over(j);
	json_array_foreach(json_object_get(j, "problems"), i, p)
	{
		printf(
		    _("ligne %lld : %s"), jint(p, "line"), jword(p, "reason"));
		if (*jstr(p, "ref") != '\0')
			printf(_(" (dossier %s)"), jstr(p, "ref"));
		putchar('\n');
	}
}

/* LISTE.rejets.csv, unless it is said where; of a dry run only where it is
 * said, so that the file is still free for the run that counts. */
static int
rejects_path(
    const struct cli *c, const char *list, struct buf *out, struct err *e)
{
	const char *said = cli_option(c, "rejects");

	if (said != NULL)
		return buf_addstr(out, said, e);
	if (cli_option(c, "dry-run") != NULL)
		return 0;
	return buf_addf(out, e, "%s%s", list, suffix);
}

static int
save_rejects(const char *path, const json_t *j, struct err *e)
{
	const char *text = jstr(j, "rejects");
	int r;

	if (*text == '\0' || *path == '\0')
		return 0;
	if ((r = save_bytes(path, 0, text, strlen(text), e)) < 0)
		return r;
	fputs(_("Lignes refusées : "), stderr);
	out_text(stderr, path);
	fputc('\n', stderr);
	return 0;
}

/* The same list of the same person for the same source is one request. */
static int
name_request(const char *source, const char *what, char out[2 * SHA256_LEN + 1],
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = buf_addf(&text, e, "sceau/intake/1\n%u\n%s\n%s\n",
		 (unsigned)getuid(), source, what)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), out);
	return 0;
}

static int
post(struct cli *c, json_t *body, const char *source, json_t **out,
    struct err *e)
{
	char key[2 * SHA256_LEN + 1];
	int dry = cli_option(c, "dry-run") != NULL, r;
	const char *what = jstr(body, "upload");

	if (*what == '\0')
		what = jstr(body, "submission");
	if ((r = cli_member(body, "source", source, e)) < 0 ||
	    (r = name_request(source, what, key, e)) < 0)
		return r;
	if (json_object_set_new(body, "dry_run", json_boolean(dry)) < 0)
		return err_set(e, ERR_NOMEM, "request");
	return cli_call(
	    c, "POST", "/v1/intakes", body, dry ? NULL : key, out, e);
}

static int
send_list(struct cli *c, const char *path, const char *source, json_t *body,
    struct err *e)
{
	AUTO(source_done) struct source s = { .fd = -1 };
	int r;

	if ((r = source_open(&s, path, e)) < 0 ||
	    (r = source_name_upload(&s, "intake", source, 0, e)) < 0 ||
	    (r = upload_send(c, &s, e)) < 0)
		return r;
	return cli_member(body, "upload", s.upload, e);
}

static int
intake_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	const char *submission = cli_option(c, "submission");
	const char *name = submission != NULL ? submission : argv[0], *source;
	int r;

	if ((argc == 0) == (submission == NULL))
		return err_set(
		    e, ERR_USAGE, "%s", _("une liste, ou --submission DÉPÔT"));
	if ((r = cli_required(c, "source", &source, e)) < 0 ||
	    (r = rejects_path(c, name, &path, e)) < 0 ||
	    (path.len > 0 && (r = save_check(buf_str(&path), 0, e)) < 0) ||
	    (r = submission != NULL
		     ? cli_member(body, "submission", submission, e)
		     : send_list(c, argv[0], source, body, e)) < 0 ||
	    (r = post(c, body, source, &j, e)) < 0 ||
	    (r = save_rejects(buf_str(&path), j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_intake(j);
	return 0;
}

static int
print_intakes(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	static const char *const counts[] = { "lines", "opened", "over_quota",
		"duplicates", "rejected" };
	char n[NELEMS(counts)][24], at[32];
	json_t *k;
	size_t i, m;
	int r;

	if ((r = table_head(&t, e, _("Liste"), _("Origine"), _("Reçue le"),
		 _("Lignes"), _("Ouverts"), _("Au-delà"), _("Déjà connus"),
		 _("Refusées"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "intakes"), i, k)
	{
		for (m = 0; m < NELEMS(counts); m++)
			snprintf(
			    n[m], sizeof(n[m]), "%lld", jint(k, counts[m]));
		if ((r = table_row(&t, e, jstr(k, "intake"), jstr(k, "source"),
			 jtime(k, "at", at), n[0], n[1], n[2], n[3], n[4],
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune liste."));
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/intakes")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_intakes(j, e);
}

static const char *const intake_options[] = { "source", "submission", "rejects",
	"dry-run!", NULL };

const struct cmd cmd_intake = {
	.noun = "intake",
	.usage = N_("LISTE"),
	.about = N_("recevoir une liste de ménages (--source ORIGINE, "
		    "--dry-run, --rejects FICHIER, --submission DÉPÔT)"),
	.options = intake_options,
	.max_args = 1,
	.run = intake_run,
};
const struct cmd cmd_intake_list = {
	.noun = "intake",
	.verb = "list",
	.about = N_("les listes reçues"),
	.run = list_run,
};
