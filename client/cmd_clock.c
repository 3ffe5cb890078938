/* sceau clock show|confirm: the machine's clock that the vault does not
 * believe, and people who say that it is right. */
#include "client/clock.h"

#include <jansson.h>

#include "base/text.h"
#include "client/approve.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"
#include "client/stepup.h"
#include "client/words.h"

void
clock_print(FILE *f, const json_t *j)
{
	char at[32];

	out_line(f, _("Raison"), jword(j, "why"));
	out_line(f, _("Depuis"), jtime(j, "since", at));
	out_line(f, _("Heure du coffre"), jtime(j, "vault_at", at));
	out_line(f, _("Heure de la machine"), jtime(j, "clock_at", at));
}

static void
print_state(FILE *f, const json_t *j)
{
	out_line(f, _("Horloge"), jword(j, "state"));
	clock_print(f, j);
	if (json_is_true(json_object_get(j, "behind")))
		fprintf(f, "%s\n",
		    _("L'heure du coffre est en avance : elle avance à "
		      "mi-vitesse jusqu'à ce que l'horloge la rattrape."));
	out_line(f, "SHA-256", jstr(j, "sha256"));
	if (json_object_get(j, "page") != NULL)
		fprintf(f, _("Approbations : %lld sur %lld\n"), jint(j, "have"),
		    jint(j, "needed"));
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/clock")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	print_state(stdout, j);
	if (json_is_true(json_object_get(j, "suspect")))
		printf("%s\n",
		    _("Rien n'est détruit tant qu'elle n'est pas confirmée ou "
		      "remise à l'heure : sceau clock confirm"));
	return json_object_get(j, "page") != NULL
		   ? approve_print(json_object_get(j, "approvals"), e)
		   : 0;
}

static int
take_page(void *arg, struct buf *page, struct err *e)
{
	return buf_addstr(page, jstr(arg, "page"), e);
}

/* To the byte, for who signs it elsewhere. */
static int
give_page(struct cli *c, const json_t *j, struct err *e)
{
	const char *path = cli_option(c, "output"), *page = jstr(j, "page");

	if (cli_print_json(c, j))
		return 0;
	print_state(path == NULL ? stderr : stdout, j);
	if (path == NULL) {
		fputs(page, stdout);
		return 0;
	}
	return save_bytes(
	    path, cli_option(c, "force") != NULL, page, strlen(page), e);
}

static int
sign(struct cli *c, const json_t *j, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *after = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	int r;

	if ((r = approve_signature(c, _("Signer cette page ? [oui/non]"),
		 take_page, (void *)(uintptr_t)j, &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = stepup_sign(c, "clock-confirm", NULL, e)) < 0 ||
	    (r = cli_post(c, body, &after, e, "/v1/clock/approvals")) < 0)
		return r;
	if (!cli_print_json(c, after))
		print_state(stdout, after);
	return 0;
}

/*
 * The vault says whether one word is enough. Where it takes signatures, the
 * page is asked for, and signed when there is something to sign it with.
 */
static int
confirm_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = stepup_sign(c, "clock-confirm", NULL, e)) < 0 ||
	    (r = cli_post(c, NULL, &j, e, "/v1/clock/confirmation")) < 0)
		return r;
	if (json_object_get(j, "page") == NULL) {
		if (!cli_print_json(c, j))
			print_state(stdout, j);
		return 0;
	}
	if ((r = approve_check(j, "page", e)) < 0)
		return r;
	if (cli_option(c, "key") == NULL && cli_option(c, "signature") == NULL)
		return give_page(c, j, e);
	return sign(c, j, e);
}

static const char *const confirm_options[] = { "key", "signature", "output",
	"force!", "yes!", STEPUP_OPTION, NULL };

const struct cmd cmd_clock_show = {
	.noun = "clock",
	.verb = "show",
	.about = N_("l'heure du coffre, et l'horloge de la machine quand il ne "
		    "la croit pas"),
	.run = show_run,
};
const struct cmd cmd_clock_confirm = {
	.noun = "clock",
	.verb = "confirm",
	.about = N_("dire que l'horloge de la machine est juste : une personne "
		    "après un arrêt voulu, sinon deux qui signent (--key CLÉ, "
		    "ou --signature FICHIER)"),
	.options = confirm_options,
	.run = confirm_run,
};
