/* sceau list, show, history, receipt. */
#include <fcntl.h>
#include <jansson.h>

#include "base/file.h"
#include "base/receipt.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"
#include "client/scan.h"
#include "client/signers.h"
#include "client/words.h"

static const char *
state_of(const json_t *document)
{
	return json_is_true(json_object_get(document, "draft"))
		   ? _("brouillon")
		   : jword(document, "state");
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(table_done) struct table t = { 0 };
	char at[32], size[32], version[32];
	json_t *d;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/documents", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Document"), _("Type"), _("Version"),
		 _("Intitulé"), _("Taille"), _("Signature"), _("Déposé le"),
		 _("État"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "documents"), i, d)
	{
		snprintf(version, sizeof(version), "%lld", jint(d, "version"));
		human_size((unsigned long long)jint(d, "size"), size);
		if ((r = table_row(&t, e, jstr(d, "ref"), jstr(d, "kind"),
			 version, jstr(d, "title"), size,
			 jword(d, "indication"), jtime(d, "filed_at", at),
			 state_of(d), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun document."));
	return 0;
}

/* --- one document ----------------------------------------------------- */

static void
print_pages(const json_t *j)
{
	char size[32];
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(j, "pages"), i, p)
	{
		printf(_("Page %zu : "), i + 1);
		out_text(stdout, jstr(p, "name"));
		printf(" (");
		out_text(stdout, jstr(p, "media"));
		printf(", %s)\n    SHA-256 ",
		    human_size((unsigned long long)jint(p, "size"), size));
		out_text(stdout, jstr(p, "sha256"));
		putchar('\n');
	}
}

static void
print_verdicts(const json_t *j)
{
	char covers[32];
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(j, "verdicts"), i, v)
	{
		printf(_("Signature %zu : "), i + 1);
		verdict_print(stdout, v);
		putchar('\n');
		human_size((unsigned long long)jint(v, "covers"), covers);
		out_line(stdout, _("    signataire"), jstr(v, "signer"));
		out_line(stdout, _("    couvre"), covers);
		out_line(stdout, _("    parce que"), jstr(v, "reasons"));
	}
}

/* Oldest first; the one of the filing is above. */
static void
print_checks(const json_t *j)
{
	char at[32];
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(j, "checks"), i, v)
	{
		printf(_("Jugé de nouveau le %s, inscription n° %lld : "),
		    jtime(v, "at", at), jint(v, "leaf"));
		out_text(stdout, jstr(v, "indication"));
		putchar('\n');
		out_line(stdout, _("    à la date du"),
		    jtime(json_object_get(v, "evidence"), "judged_at", at));
		out_line(stdout, _("    par"), jstr(v, "by"));
	}
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	char at[32];
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/documents/%", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Document %s (%s)\n"), jstr(j, "ref"), jstr(j, "document"));
	out_line(stdout, _("Dossier"), jstr(j, "case"));
	out_line(stdout, _("Type"), jstr(j, "kind"));
	out_line(stdout, _("Intitulé"), jstr(j, "title"));
	out_line(stdout, _("État"), state_of(j));
	if (jint(j, "version") > 0)
		printf(_("Version : %lld sur %lld\n"), jint(j, "version"),
		    jint(j, "versions"));
	out_line(stdout, _("Niveau"), jstr(j, "level"));
	signers_print(j);
	out_line(stdout, _("Déposé le"), jtime(j, "filed_at", at));
	out_line(stdout, _("Déposé par"), jstr(j, "filed_by"));
	out_line(stdout, "SHA-256", jstr(j, "sha256"));
	print_pages(j);
	print_verdicts(j);
	print_checks(j);
	scan_print(j);
	return 0;
}

static int
history_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(table_done) struct table t = { 0 };
	char at[32], size[32], version[32], leaf[32];
	json_t *v;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/documents/%/versions", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Version"), _("Déposé le"),
		 _("Déposé par"), _("Taille"), _("Inscription"), "SHA-256",
		 NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "versions"), i, v)
	{
		snprintf(version, sizeof(version), "%lld", jint(v, "version"));
		snprintf(leaf, sizeof(leaf), "%lld", jint(v, "leaf"));
		human_size((unsigned long long)jint(v, "size"), size);
		if ((r = table_row(&t, e, version, jtime(v, "filed_at", at),
			 jstr(v, "filed_by"), size, leaf, jstr(v, "sha256"),
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune version."));
	return 0;
}

/* ?version=N from --version. */
static int
version_query(const struct cli *c, struct buf *path, struct err *e)
{
	long long version = 0;
	int r;

	if ((r = cli_number(c, "version", INT32_MAX, &version, e)) < 0)
		return r;
	return cli_query(path, "version", cli_option(c, "version"), e);
}

/* --- time stamps over a receipt ------------------------------------------ */

/*
 * RFC 3161, 2.4.1: TimeStampReq { version 1, SHA-256 and its value, certReq }.
 * No nonce: nobody keeps it until the answer is imported, and the imprint says
 * what it answers.
 */
static const uint8_t query_head[] = { 0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31,
	0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	0x01, 0x05, 0x00, 0x04, 0x20 };
static const uint8_t query_tail[] = { 0x01, 0x01, 0xff };

static int
make_query(const struct buf *text, struct buf *out, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	size_t len;
	int r;

	if ((r = receipt_stamped((const char *)text->p, text->len, &len, e)) <
		0 ||
	    (r = digest_of(DIGEST_SHA256, text->p, len, sum, e)) < 0 ||
	    (r = buf_add(out, query_head, sizeof(query_head), e)) < 0 ||
	    (r = buf_add(out, sum, sizeof(sum), e)) < 0)
		return r;
	return buf_add(out, query_tail, sizeof(query_tail), e);
}

static int
write_query(const struct cli *c, const char *path, const struct buf *text,
    struct err *e)
{
	AUTO(buf_done) struct buf query = { 0 };
	int r;

	if ((r = make_query(text, &query, e)) < 0)
		return r;
	return save_bytes(
	    path, cli_option(c, "force") != NULL, query.p, query.len, e);
}

/* The answer of the authority, as it came. */
static int
read_answer(const char *path, json_t *body, struct err *e)
{
	AUTO(buf_done) struct buf der = { 0 }, b64 = { 0 };
	int r;

	r = file_read(AT_FDCWD, path, RECEIPT_STAMP_MAX, &der, e);
	if (r == -(int)ERR_TOO_LARGE)
		return err_tag(e, ERR_TOO_LARGE, "stamp-size", "%s", path);
	if (r < 0 || (r = base64_format(der.p, der.len, &b64, e)) < 0)
		return r;
	return json_object_set_new(body, "token", json_string(buf_str(&b64))) <
		       0
		   ? err_set(e, ERR_NOMEM, "token")
		   : 0;
}

static int
import_answer(
    struct cli *c, const char *document, const char *path, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	long long version = 0;
	char at[32];
	int r;

	if (body == NULL)
		return err_set(e, ERR_NOMEM, "token");
	if ((r = cli_number(c, "version", INT32_MAX, &version, e)) < 0 ||
	    (r = read_answer(path, body, e)) < 0)
		return r;
	if (version > 0 &&
	    json_object_set_new(body, "version", json_integer(version)) < 0)
		return err_set(e, ERR_NOMEM, "token");
	if ((r = cli_post(c, body, &j, e, "/v1/documents/%/stamps", document)) <
	    0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Horodaté le %s"), jtime(j, "stamped_at", at));
	putchar('\n');
	out_line(stdout, _("Autorité"), jstr(j, "authority"));
	printf(_("Gardé avec le reçu, inscription n° %lld\n"), jint(j, "leaf"));
	return 0;
}

static int
receipt_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *tsq = cli_option(c, "tsq"), *tsr = cli_option(c, "tsr");
	AUTO(buf_done) struct buf path = { 0 }, text = { 0 };
	int r;

	(void)argc;
	if (tsr != NULL && (tsq != NULL || cli_option(c, "output") != NULL))
		return err_set(e, ERR_USAGE, "--tsr");
	if (tsr != NULL)
		return import_answer(c, argv[0], tsr, e);
	if ((r = cli_path(&path, e, "/v1/documents/%/receipt", argv[0])) < 0 ||
	    (r = version_query(c, &path, e)) < 0 ||
	    (r = cli_get_text(c, buf_str(&path), &text, e)) < 0 ||
	    (tsq != NULL && (r = write_query(c, tsq, &text, e)) < 0))
		return r;
	return cli_give_text(c, "receipt", &text, e);
}

static const char *const receipt_options[] = { "output", "version", "force!",
	"tsq", "tsr", NULL };

const struct cmd cmd_list = {
	.noun = "list",
	.usage = N_("DOSSIER"),
	.about = N_("les documents d'un dossier"),
	.min_args = 1,
	.max_args = 1,
	.run = list_run,
};
const struct cmd cmd_show = {
	.noun = "show",
	.usage = N_("DOCUMENT"),
	.about = N_("un document : pages, signatures, empreinte"),
	.min_args = 1,
	.max_args = 1,
	.run = show_run,
};
const struct cmd cmd_history = {
	.noun = "history",
	.usage = N_("DOCUMENT"),
	.about = N_("les versions d'un document"),
	.min_args = 1,
	.max_args = 1,
	.run = history_run,
};
const struct cmd cmd_receipt = {
	.noun = "receipt",
	.usage = N_("DOCUMENT"),
	.about = N_("le reçu d'un dépôt, à vérifier par sceau verify"),
	.options = receipt_options,
	.min_args = 1,
	.max_args = 1,
	.run = receipt_run,
};
