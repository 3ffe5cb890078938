/* sceau key attest: a custodian stands behind a page. */
#include <jansson.h>

#include "base/secret.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/custody.h"
#include "client/out.h"

#define PAGE_LEN 32 /* bytes of a SHA-256 */

static int
open_door(struct cli *c, struct custody *door, struct err *e)
{
	const char *named = cli_option(c, "unseal-socket");
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if (named == NULL && (r = cli_socket(c, "unseal.sock", &path, e)) < 0)
		return r;
	if ((r = custody_open(
		 door, named != NULL ? named : buf_str(&path), e)) < 0)
		return r;
	/* run/ is open to all: whoever listens there may not be the agent. */
	return door->known
		   ? 0
		   : err_tag(e, ERR_DENIED, "agent-unknown", "vault.conf");
}

static int
attest_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(custody_done) struct custody door = { .fd = -1 };
	AUTO(secret_done) struct secret pass = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	uint8_t page[PAGE_LEN];
	long long fd = -1;
	int r;

	(void)argc;
	if (hex_parse(argv[0], page, sizeof(page), NULL) < 0)
		return err_set(e, ERR_USAGE, "%s",
		    _("un SHA-256 : 64 chiffres hexadécimaux"));
	if ((r = cli_descriptor(c, "passphrase-fd", &fd, e)) < 0 ||
	    (r = open_door(c, &door, e)) < 0 ||
	    (r = cli_passphrase(
		 (int)fd, _("Phrase secrète du coffre : "), &pass, e)) < 0 ||
	    (r = custody_attest(&door, &pass, page, e)) < 0)
		return r;
	if ((j = json_pack(
		 "{s:s, s:s}", "sha256", argv[0], "state", "attested")) == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (!cli_print_json(c, j))
		printf("%s\n", _("Page attestée ; c'est inscrit au journal."));
	return 0;
}

static const char *const attest_options[] = { "passphrase-fd", "unseal-socket",
	NULL };

const struct cmd cmd_key_attest = {
	.noun = "key",
	.verb = "attest",
	.usage = N_("SHA-256"),
	.about = N_("dépositaire : se porter garant d'une page (clé perdue "
		    "d'une personne qui approuve)"),
	.options = attest_options,
	.min_args = 1,
	.max_args = 1,
	.run = attest_run,
};
