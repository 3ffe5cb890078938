/*
 * sceau file: hash, send each page, file them as one document, check the
 * receipt against what was sent. Every name is derived from what is filed,
 * so that running the command again after a cut gives the first receipt.
 */
#include <jansson.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/filed.h"
#include "client/formfile.h"
#include "client/out.h"
#include "client/parcel.h"
#include "client/save.h"
#include "client/scan.h"
#include "client/signers.h"

static int
open_all(struct cli *c, struct parcel *f, int argc, char **argv, struct err *e)
{
	const char *name = cli_option(c, "name");
	const char *signature = cli_option(c, "signature");
	const char *proof = cli_option(c, "proof");
	int i, stdins = 0, r;

	if (argc > PARCEL_PAGES_MAX)
		return err_set(
		    e, ERR_USAGE, _("plus de %d pages"), PARCEL_PAGES_MAX);
	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-") == 0 && stdins++ > 0)
			return err_set(e, ERR_USAGE, "%s",
			    _("« - » ne se lit qu'une fois"));
		/* Counted before: its descriptor is closed in any case. */
		f->pages++;
		if ((r = source_open(&f->page[i], argv[i], e)) < 0 ||
		    (r = source_strip(&f->page[i], signature != NULL, e)) < 0)
			return r;
		if (strcmp(argv[i], "-") == 0)
			f->page[i].name = name != NULL ? name : "document";
	}
	if (name != NULL && argc == 1)
		f->page[0].name = name;
	if (proof != NULL && (r = source_open(&f->proof, proof, e)) < 0)
		return r;
	if (signature == NULL)
		return 0;
	return source_open(&f->signature, signature, e);
}

static const char *const options[] = { "signature", "replaces", "level",
	"title", "name", "draft!", "output", "force!", "signer", "proof",
	SCAN_OPTIONS, NULL };

static int
file_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(mem_freep) struct parcel *f = calloc(1, sizeof(*f));
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	if (argc == 2 && formfile_is(argv[1]))
		return formfile_run(c, argv[0], argv[1], options, e);
	if (argc < 3)
		return err_set(
		    e, ERR_USAGE, "%s", _("sceau file DOSSIER TYPE FICHIER…"));
	if (f == NULL)
		return err_set(e, ERR_NOMEM, "filing");
	/* Better now than after the filing. */
	if ((r = save_check(cli_option(c, "output"),
		 cli_option(c, "force") != NULL, e)) < 0)
		return r;
	if ((r = scan_options_check(c, e)) < 0)
		return r;
	f->kind = argv[1];
	f->level = cli_option(c, "level");
	f->title = cli_option(c, "title");
	f->replaces = cli_option(c, "replaces");
	f->draft = cli_option(c, "draft") != NULL;
	r = open_all(c, f, argc - 2, argv + 2, e);
	if (r == 0)
		r = signers_lines(c, &f->more, e);
	if (r == 0)
		r = scan_options_lines(c, &f->more, e);
	if (r == 0)
		r = parcel_name(f, argv[0], e);
	if (r == 0)
		r = parcel_body(f, body, e);
	if (r == 0)
		r = signers_member(c, body, e);
	if (r == 0)
		r = scan_member(c, body, f->sha256, f->pages, e);
	if (r == 0)
		r = parcel_file(c, f, argv[0], body, &j, e);
	if (r == 0)
		r = source_tell_place(f->page, f->pages, j, e);
	parcel_done(f);
	return r < 0 ? r : filed_give(c, j, e);
}

const struct cmd cmd_file = {
	.noun = "file",
	.usage = N_("DOSSIER TYPE FICHIER… | FORMULAIRE.sceau"),
	.about =
	    N_("déposer un document (plusieurs fichiers : ses pages, "
	       "dans l'ordre ; --draft : une fiche à compléter ; --sign-key : "
	       "d'où vient une numérisation ; --signer RÔLE=NIVEAU : qui a "
	       "signé ; --proof PDF : la preuve du prestataire) ; rend le "
	       "reçu"),
	.options = options,
	.min_args = 2,
	.max_args = -1,
	.run = file_run,
};
