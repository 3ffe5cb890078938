/* sceau submission list|get|take|accept|discard|reject: what partners handed
 * in at their door. */
#include <jansson.h>

#include "base/crypto.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"
#include "client/words.h"

static int
print_submissions(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char at[32], size[32];
	json_t *s;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Dépôt"), _("Partenaire"), _("Reçu le"),
		 _("Format"), _("Taille"), _("État"), _("Par"), _("Motif"),
		 NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "submissions"), i, s)
	{
		human_size((unsigned long long)jint(s, "size"), size);
		if ((r = table_row(&t, e, jstr(s, "submission"),
			 jstr(s, "recipient"), jtime(s, "at", at),
			 *jstr(s, "media") != '\0' ? jstr(s, "media")
						   : _("inconnu"),
			 size, jword(s, "state"), jstr(s, "by"),
			 jstr(s, "reason"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun dépôt."));
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/submissions")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_submissions(j, e);
}

/* A stranger's bytes: never to a terminal, whole or not at all. */
static int
fetch(struct cli *c, const char *id, int fd, struct http_exchange *x,
    struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(digest_freep) struct digest *d = NULL;
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	struct http *h;
	int r;

	if ((r = cli_path(&path, e, "/v1/submissions/%/content", id)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = cli_http(c, &h, e)) < 0)
		return r;
	*x = (struct http_exchange){
		.method = "GET",
		.path = buf_str(&path),
		.fd = -1,
		.out_fd = fd,
		.purpose = c->purpose,
		.digest = d,
	};
	r = http_run(h, x, e);
	x->path = NULL;
	x->digest = NULL;
	if (r < 0 || (r = digest_final(d, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	if (strcmp(hex, x->sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed", "SHA-256");
	return 0;
}

static int
get_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(http_exchange_done) struct http_exchange x = { .fd = -1 };
	AUTO(save_done) struct save s = { .fd = -1 };
	AUTO(json_decrefp) json_t *j = NULL;
	const char *output;
	int r;

	(void)argc;
	if ((r = cli_required(c, "output", &output, e)) < 0 ||
	    (r = save_begin(&s, output, cli_option(c, "force") != NULL, e)) <
		0 ||
	    (r = fetch(c, argv[0], s.fd, &x, e)) < 0 ||
	    (r = save_commit(&s, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s%, s:s, s:s, s:I}", "submission", argv[0],
	    "file", output, strlen(output), "media", x.media, "sha256",
	    x.sha256, "leaf", (json_int_t)strtoll(x.leaf, NULL, 10));
	if (cli_print_json(c, j))
		return 0;
	fputs(_("Enregistré : "), stdout);
	out_text(stdout, output);
	putchar('\n');
	out_line(stdout, _("Format"),
	    strcmp(x.media, "unknown") != 0 ? x.media : _("inconnu"));
	out_line(stdout, "SHA-256", x.sha256);
	return 0;
}

static int
take_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_member(body, "case", argv[1], e)) < 0 ||
	    (r = cli_member(body, "kind", argv[2], e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/submissions/%/take", argv[0])) <
		0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Dépôt %s versé : document %s, inscription n° %lld\n"),
		    argv[0], jstr(j, "document"), jint(j, "leaf"));
	return 0;
}

static int
settle(struct cli *c, const json_t *body, const char *path, const char *id,
    struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_post(c, body, &j, e, path, id)) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Dépôt %s : %s, inscription n° %lld\n"),
		    jstr(j, "submission"), jword(j, "state"), jint(j, "leaf"));
	return 0;
}

static int
accept_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	return settle(c, NULL, "/v1/submissions/%/acceptance", argv[0], e);
}

static int
discard_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	return settle(c, NULL, "/v1/submissions/%/discard", argv[0], e);
}

static int
reject_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	const char *reason;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0)
		return r;
	return settle(c, body, "/v1/submissions/%/rejection", argv[0], e);
}

static const char *const get_options[] = { "output", "force!", NULL };
static const char *const reject_options[] = { "reason", NULL };

const struct cmd cmd_submission_list = {
	.noun = "submission",
	.verb = "list",
	.about = N_("ce que les partenaires ont déposé"),
	.run = list_run,
};
const struct cmd cmd_submission_get = {
	.noun = "submission",
	.verb = "get",
	.usage = N_("DÉPÔT"),
	.about = N_("regarder un dépôt (-o FICHIER)"),
	.options = get_options,
	.min_args = 1,
	.max_args = 1,
	.run = get_run,
};
const struct cmd cmd_submission_take = {
	.noun = "submission",
	.verb = "take",
	.usage = N_("DÉPÔT DOSSIER TYPE"),
	.about = N_("verser un dépôt à un dossier"),
	.min_args = 3,
	.max_args = 3,
	.run = take_run,
};
const struct cmd cmd_submission_accept = {
	.noun = "submission",
	.verb = "accept",
	.usage = N_("DÉPÔT"),
	.about = N_("accepter un dépôt qui n'est d'aucun dossier"),
	.min_args = 1,
	.max_args = 1,
	.run = accept_run,
};
const struct cmd cmd_submission_discard = {
	.noun = "submission",
	.verb = "discard",
	.usage = N_("DÉPÔT"),
	.about = N_("retirer de la quarantaine un dépôt accepté et exploité"),
	.min_args = 1,
	.max_args = 1,
	.run = discard_run,
};
const struct cmd cmd_submission_reject = {
	.noun = "submission",
	.verb = "reject",
	.usage = N_("DÉPÔT"),
	.about = N_("refuser un dépôt (--reason MOTIF, que le partenaire lit)"),
	.options = reject_options,
	.min_args = 1,
	.max_args = 1,
	.run = reject_run,
};
