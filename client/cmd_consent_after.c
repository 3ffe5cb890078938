/* sceau consent receipt|letter|end|refuse. */
#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

/* --- receipt ------------------------------------------------------------ */

static int
receipt_text(
    const struct cli *c, const json_t *j, struct buf *out, struct err *e)
{
	char *text;
	int r;

	if (cli_option(c, "page") != NULL)
		return buf_addstr(out, jstr(j, "page"), e);
	text = json_dumps(json_object_get(j, "receipt"),
	    JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "receipt");
	r = buf_addf(out, e, "%s\n", text);
	free(text);
	return r;
}

static int
receipt_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	(void)argc;
	if ((r = cli_post(c, body, &j, e, "/v1/consents/%/receipt", argv[0])) <
		0 ||
	    (r = receipt_text(c, j, &text, e)) < 0)
		return r;
	return cli_give_text(
	    c, cli_option(c, "page") != NULL ? "page" : "receipt", &text, e);
}

/* --- letter, end -------------------------------------------------------- */

static int
letter_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_member(body, "document", cli_option(c, "document"), e)) <
		0 ||
	    (r = cli_post(c, body, &j, e, "/v1/consents/%/letter", argv[0])) <
		0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Courrier de confirmation envoyé, inscription n° "
			 "%lld\n"),
		    jint(j, "leaf"));
	return 0;
}

static int
end_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *as, *reason;
	int r;

	(void)argc;
	if ((r = cli_required(c, "as", &as, e)) < 0 ||
	    (r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(body, "as", as, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_member(body, "document", cli_option(c, "document"), e)) <
		0 ||
	    (r = cli_post(c, body, &j, e, "/v1/consents/%/end", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Consentement %s : %s, inscription n° %lld\n"),
		    jstr(j, "consent"), jword(j, "state"), jint(j, "leaf"));
	return 0;
}

/* --- refuse ------------------------------------------------------------- */

static int
refuse_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "on", "refused_on" },
		{ "channel", "channel" }, { "document", "document" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason;
	char on[32];
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(pairs); i++)
		if ((r = cli_member(
			 body, pairs[i][1], cli_option(c, pairs[i][0]), e)) < 0)
			return r;
	if ((r = cli_post(c, body, &j, e, "/v1/cases/%/refusal", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Refus du diagnostic au %s, inscription n° %lld : "
			 "aucune fiche sociale ne sera gardée.\n"),
		    jdate(j, "refused_on", on), jint(j, "leaf"));
	return 0;
}

static const char *const receipt_options[] = { "output", "page!", "force!",
	NULL };
static const char *const letter_options[] = { "document", NULL };
static const char *const end_options[] = { "as", "reason", "document", NULL };
static const char *const refuse_options[] = { "reason", "on", "channel",
	"document", NULL };

const struct cmd cmd_consent_receipt = {
	.noun = "consent",
	.verb = "receipt",
	.usage = N_("CONSENTEMENT"),
	.about = N_("le reçu de la feuille : JSON-LD, ou --page pour le "
		    "ménage"),
	.options = receipt_options,
	.min_args = 1,
	.max_args = 1,
	.run = receipt_run,
};
const struct cmd cmd_consent_letter = {
	.noun = "consent",
	.verb = "letter",
	.usage = N_("CONSENTEMENT"),
	.about = N_("le courrier qui confirme un retrait par téléphone est "
		    "parti"),
	.options = letter_options,
	.min_args = 1,
	.max_args = 1,
	.run = letter_run,
};
const struct cmd cmd_consent_end = {
	.noun = "consent",
	.verb = "end",
	.usage = N_("CONSENTEMENT"),
	.about = N_("mettre fin à un consentement sans que la personne le "
		    "retire (--as terminated ou invalidated ; --reason)"),
	.options = end_options,
	.min_args = 1,
	.max_args = 1,
	.run = end_run,
};
const struct cmd cmd_consent_refuse = {
	.noun = "consent",
	.verb = "refuse",
	.usage = N_("DOSSIER"),
	.about = N_("le ménage refuse le diagnostic (--reason CODE)"),
	.options = refuse_options,
	.min_args = 1,
	.max_args = 1,
	.run = refuse_run,
};
