/* sceau form: the page that is filled where there is no network. */
#include "client/commands.h"
#include "client/form.h"
#include "client/ruleset.h"

static int
form_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf page = { 0 };
	struct form_spec s = { .kind = argv[0] };
	int r;

	(void)argc;
	if ((r = ruleset_fetch(c, &p, e)) < 0)
		return r;
	s.policy = p;
	if ((r = form_prepare(c, &s, e)) < 0 ||
	    (r = form_page(&s, &page, e)) < 0)
		return r;
	return cli_give_text(c, "page", &page, e);
}

static const char *const form_options[] = { "output", "force!", NULL };

const struct cmd cmd_form = {
	.noun = "form",
	.usage = N_("TYPE"),
	.about = N_("une page à remplir sans réseau, en visite : TYPE est un "
		    "type des règles, ou visite ; ce qui est rempli revient "
		    "scellé en un fichier .sceau, que prennent sceau visit et "
		    "sceau file"),
	.options = form_options,
	.min_args = 1,
	.max_args = 1,
	.run = form_run,
};
