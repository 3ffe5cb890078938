/* sceau retention hold|hold-list|hold-review|release: legal holds. */
#include <jansson.h>

#include "client/approve.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

static void
print_hold(const json_t *j)
{
	out_line(stdout, _("Gel"), jstr(j, "hold"));
	out_line(stdout, _("Dossier"), jstr(j, "case"));
	out_line(stdout, _("État"), jword(j, "state"));
	if (*jstr(j, "review") != '\0')
		out_line(stdout, _("À revoir avant le"), jstr(j, "review"));
}

static int
hold_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *document = cli_option(c, "document"), *reason, *review;
	int r;

	if ((argc == 1) == (document != NULL))
		return err_set(
		    e, ERR_USAGE, "%s", _("un DOSSIER, ou --document"));
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_required(c, "review", &review, e)) < 0 ||
	    (r = cli_member(body, "case", argc == 1 ? argv[0] : NULL, e)) < 0 ||
	    (r = cli_member(body, "document", document, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_member(body, "review", review, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/holds")) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_hold(j);
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *h;
	size_t i;
	int r;

	if ((r = buf_addstr(&path, "/v1/holds", e)) < 0 ||
	    (r = cli_query(&path, "case", argc > 0 ? argv[0] : NULL, e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Gel"), _("Dossier"), _("Document"),
		 _("État"), _("À revoir avant le"), _("Motif"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "holds"), i, h)
	{
		if ((r = table_row(&t, e, jstr(h, "hold"), jstr(h, "case"),
			 jstr(h, "document"), jword(h, "state"),
			 jstr(h, "review"), jstr(h, "reason"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun gel."));
	return 0;
}

static int
review_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason, *review;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_required(c, "review", &review, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_member(body, "review", review, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/holds/%/review", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_hold(j);
	return 0;
}

struct page_of {
	struct cli *c;
	const char *hold;
};

static int
page_text(void *arg, struct buf *page, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct page_of *p = arg;
	int r;

	if ((r = cli_get(p->c, &j, e, "/v1/holds/%/release", p->hold)) < 0 ||
	    (r = approve_check(j, "page", e)) < 0)
		return r;
	return buf_addstr(page, jstr(j, "page"), e);
}

static int
print_release(struct cli *c, const json_t *j, struct err *e)
{
	if (cli_print_json(c, j))
		return 0;
	print_hold(j);
	printf(_("Approbations : %zu sur %lld\n"), jcount(j, "approvals"),
	    jint(j, "needed"));
	return approve_print(json_object_get(j, "approvals"), e);
}

/* With a reason: ask. With a key or a signature: sign what was asked. */
static int
release_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	struct page_of page = { c, argv[0] };
	const char *reason = cli_option(c, "reason");
	int r;

	(void)argc;
	if (reason != NULL) {
		if ((r = cli_member(body, "reason", reason, e)) < 0 ||
		    (r = cli_post(
			 c, body, &j, e, "/v1/holds/%/release", argv[0])) < 0)
			return r;
		if (cli_print_json(c, j))
			return 0;
		out_page(stdout, jstr(j, "page"));
		return 0;
	}
	if (cli_option(c, "page") != NULL) {
		AUTO(buf_done) struct buf text = { 0 };

		if ((r = page_text(&page, &text, e)) == 0)
			fputs(buf_str(&text), stdout);
		return r;
	}
	if ((r = approve_signature(c, _("Signer cette levée ? [oui/non]"),
		 page_text, &page, &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/holds/%/release/approvals", argv[0])) < 0)
		return r;
	return print_release(c, j, e);
}

static const char *const hold_options[] = { "document", "reason", "review",
	NULL };
static const char *const review_options[] = { "reason", "review", NULL };
static const char *const release_options[] = { "reason", "signature", "key",
	"yes!", "page!", NULL };

const struct cmd cmd_retention_hold = {
	.noun = "retention",
	.verb = "hold",
	.usage = N_("[DOSSIER]"),
	.about = N_("geler un dossier ou --document DOCUMENT : rien n'est "
		    "détruit avant la levée (--reason MOTIF --review "
		    "AAAA-MM-JJ)"),
	.options = hold_options,
	.max_args = 1,
	.run = hold_run,
};
const struct cmd cmd_retention_hold_list = {
	.noun = "retention",
	.verb = "hold-list",
	.usage = N_("[DOSSIER]"),
	.about = N_("les gels d'un dossier, ou tous ceux en place"),
	.max_args = 1,
	.run = list_run,
};
const struct cmd cmd_retention_hold_review = {
	.noun = "retention",
	.verb = "hold-review",
	.usage = N_("GEL"),
	.about = N_("revoir un gel et le garder (--reason MOTIF --review "
		    "AAAA-MM-JJ)"),
	.options = review_options,
	.min_args = 1,
	.max_args = 1,
	.run = review_run,
};
const struct cmd cmd_retention_release = {
	.noun = "retention",
	.verb = "release",
	.usage = N_("GEL"),
	.about = N_("demander la levée d'un gel (--reason MOTIF), ou la signer "
		    "(--key CLÉ, --signature FICHIER) ; --page : le texte "
		    "exact à signer"),
	.options = release_options,
	.min_args = 1,
	.max_args = 1,
	.run = release_run,
};
