/*
 * sceau extract page|approve|deliver|ack: the second signature, and what
 * goes by hand or on paper.
 */
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"
#include "client/sign.h"
#include "client/words.h"

#define NAMESPACE "sceau-approval"

static int
get_page(struct cli *c, const char *extract, json_t **out, struct err *e)
{
	return cli_get(c, out, e, "/v1/extracts/%/page", extract);
}

/* To the byte, for who signs it elsewhere. */
static int
page_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const char *path = cli_option(c, "output"), *page;
	int force = cli_option(c, "force") != NULL, r;

	(void)argc;
	if ((r = save_check(path, force, e)) < 0 ||
	    (r = get_page(c, argv[0], &j, e)) < 0)
		return r;
	page = jstr(j, "page");
	if (path != NULL &&
	    (r = save_bytes(path, force, page, strlen(page), e)) < 0)
		return r;
	if (!cli_print_json(c, j) && path == NULL)
		fputs(page, stdout);
	return 0;
}

/* --- approving ------------------------------------------------------------ */

/* Nobody signs at a terminal what they were not shown there. */
static int
ask_to_sign(const struct cli *c, const char *page, struct err *e)
{
	char line[16] = "";

	if (cli_option(c, "yes") != NULL || !isatty(STDIN_FILENO))
		return 0;
	out_page(stderr, page);
	fprintf(stderr, "\n%s ", _("Signer cette page ? [oui/non]"));
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    strchr("oOyY", line[0]) == NULL || line[0] == '\0')
		return err_tag(
		    e, ERR_REFUSED, "not-signed", "%s", _("pas de oui"));
	return 0;
}

static int
make_signature(
    struct cli *c, const char *extract, struct buf *signature, struct err *e)
{
	const char *file = cli_option(c, "signature");
	const char *key = cli_option(c, "key"), *page;
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((file == NULL) == (key == NULL))
		return err_set(
		    e, ERR_USAGE, "%s", _("--signature FICHIER ou --key CLÉ"));
	if (file != NULL)
		return file_read(AT_FDCWD, file, SSHSIG_MAX, signature, e);
	if ((r = get_page(c, extract, &j, e)) < 0)
		return r;
	page = jstr(j, "page");
	if ((r = ask_to_sign(c, page, e)) < 0 ||
	    (r = buf_addstr(&text, page, e)) < 0)
		return r;
	return sign_text(key, NAMESPACE, &text, signature, e);
}

static int
approve_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	int r;

	(void)argc;
	if ((r = make_signature(c, argv[0], &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/extracts/%/approvals", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	out_line(stdout, _("Extrait"), jstr(j, "extract"));
	out_line(stdout, _("État"), jword(j, "state"));
	printf(_("Approbations : %zu sur %lld\n"), jcount(j, "approvals"),
	    jint(j, "needed"));
	if (jint(j, "leaf") > 0)
		printf(_("Inscription n° %lld\n"), jint(j, "leaf"));
	return 0;
}

/* --- handing over --------------------------------------------------------- */

/* What arrived against what the vault said it sent. */
static int
check_bytes(const struct http_exchange *x, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	uint8_t got[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, x->text.p, x->text.len, got, e)) < 0)
		return r;
	hex_format(got, sizeof(got), hex);
	if (strcmp(hex, x->sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed",
		    "SHA-256 %s, %s", hex,
		    *x->sha256 != '\0' ? x->sha256 : "?");
	return 0;
}

static int
print_delivered(struct cli *c, const char *extract, const char *path,
    const struct http_exchange *x, struct err *e)
{
	AUTO(json_decrefp)
	json_t *j = json_pack("{s:s, s:s, s:s, s:I}", "extract", extract,
	    "file", path, "sha256", x->sha256, "leaf",
	    (json_int_t)strtoll(x->leaf, NULL, 10));

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (cli_print_json(c, j))
		return 0;
	printf(_("Extrait %s pris pour être remis, inscription n° %s\n"),
	    extract, x->leaf);
	out_line(stdout, _("Enregistré dans"), path);
	out_line(stdout, "SHA-256", x->sha256);
	return 0;
}

static int
deliver_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = "GET", .fd = -1, .out_fd = -1, .purpose = c->purpose
	};
	int force = cli_option(c, "force") != NULL, r;
	const char *file;
	struct http *h;

	(void)argc;
	if ((r = cli_required(c, "output", &file, e)) < 0 ||
	    (r = save_check(file, force, e)) < 0 ||
	    (r = cli_path(&path, e, "/v1/extracts/%/content", argv[0], NULL)) <
		0 ||
	    (r = cli_http(c, &h, e)) < 0)
		return r;
	x.path = buf_str(&path);
	if ((r = http_run(h, &x, e)) < 0 || (r = check_bytes(&x, e)) < 0 ||
	    (r = save_bytes(file, force, x.text.p, x.text.len, e)) < 0)
		return r;
	return print_delivered(c, argv[0], file, &x, e);
}

static int
ack_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *by;
	int r;

	(void)argc;
	if ((r = cli_required(c, "by", &by, e)) < 0 ||
	    (r = cli_member(body, "by", by, e)) < 0 ||
	    (r = cli_member(body, "on", cli_option(c, "on"), e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/extracts/%/ack", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Réception de l'extrait %s enregistrée, inscription "
			 "n° %lld\n"),
		    jstr(j, "extract"), jint(j, "leaf"));
	return 0;
}

static const char *const page_options[] = { "output", "force!", NULL };
static const char *const approve_options[] = { "signature", "key", "yes!",
	NULL };
static const char *const deliver_options[] = { "output", "force!", NULL };
static const char *const ack_options[] = { "by", "on", NULL };

const struct cmd cmd_extract_page = {
	.noun = "extract",
	.verb = "page",
	.usage = N_("EXTRAIT"),
	.about = N_("la page exacte qu'une seconde personne signe"),
	.options = page_options,
	.min_args = 1,
	.max_args = 1,
	.run = page_run,
};
const struct cmd cmd_extract_approve = {
	.noun = "extract",
	.verb = "approve",
	.usage = N_("EXTRAIT"),
	.about = N_("seconde signature d'un extrait (--key CLÉ ou "
		    "--signature FICHIER)"),
	.options = approve_options,
	.min_args = 1,
	.max_args = 1,
	.run = approve_run,
};
const struct cmd cmd_extract_deliver = {
	.noun = "extract",
	.verb = "deliver",
	.usage = N_("EXTRAIT"),
	.about = N_("prendre un extrait à remettre en main propre ou sur "
		    "papier (-o FICHIER)"),
	.options = deliver_options,
	.min_args = 1,
	.max_args = 1,
	.run = deliver_run,
};
const struct cmd cmd_extract_ack = {
	.noun = "extract",
	.verb = "ack",
	.usage = N_("EXTRAIT"),
	.about = N_("enregistrer qui a reçu un extrait (--by NOM --on DATE)"),
	.options = ack_options,
	.min_args = 1,
	.max_args = 1,
	.run = ack_run,
};
