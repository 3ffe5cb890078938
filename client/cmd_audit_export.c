/*
 * sceau audit export: the whole log as a folder that anyone can check, with
 * sceau verify log or a tool of their own. It gets its name when it has been
 * checked in the same way.
 */
#include <jansson.h>

#include "client/commands.h"
#include "client/logexport.h"
#include "client/out.h"

static void
print_export(const struct log_exported *x)
{
	printf(_("Journal exporté et contrôlé : %llu inscriptions\n"),
	    (unsigned long long)x->report.head.size);
	if (x->bilans_denied)
		printf("%s\n", _("Sans les mois signés du bilan : ce compte "
				 "ne lit pas les rapports."));
	else
		printf(_("Mois signés du bilan, avec lui : %zu\n"),
		    x->report.bilans);
}

static int
export_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(folder_done) struct folder folder = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	struct log_exported x;
	int r;

	(void)argc;
	if ((r = folder_begin(&folder, argv[0], e)) < 0 ||
	    (r = log_export(c, &folder, "", cli_option(c, "key"), &x, e)) < 0 ||
	    (r = folder_commit(&folder, 0755, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s, s:I, s:I, s:o}", "folder", folder.path,
	    "vault", x.report.head.origin, "size",
	    (json_int_t)x.report.head.size, "tiles", (json_int_t)x.report.tiles,
	    "bilans",
	    x.bilans_denied ? json_null()
			    : json_integer((json_int_t)x.report.bilans));
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (!cli_print_json(c, j))
		print_export(&x);
	return 0;
}

static const char *const options[] = { "key", NULL };

const struct cmd cmd_audit_export = {
	.noun = "audit",
	.verb = "export",
	.usage = N_("DOSSIER"),
	.about = N_("tout le journal, en fichiers que chacun peut contrôler"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = export_run,
};
