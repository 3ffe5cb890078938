/* sceau form: the page that is filled where there is no network. */
#include <string.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/form.h"
#include "client/ruleset.h"

static int
bad_answer(struct err *e)
{
	return err_tag(e, ERR_INTEGRITY, "answer", "intake key");
}

/* The vault's key, and that its name is its own. */
static int
take_key(struct cli *c, struct form_spec *s, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const char *public;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/intake-key", NULL)) < 0)
		return r;
	public = jstr(j, "public");
	if (id_parse(jstr(j, "vault"), &s->vault, NULL) < 0 ||
	    strlen(public) != 2 * P256_PUB_LEN ||
	    hex_parse(public, s->public, P256_PUB_LEN, NULL) < 0 ||
	    jint(j, "size_max") < 1024)
		return bad_answer(e);
	s->size_max = (uint64_t)jint(j, "size_max");
	return 0;
}

static int
form_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf page = { 0 };
	struct form_spec s = { .kind = argv[0] };
	char today[11];
	int r;

	(void)argc;
	cli_today(today);
	if ((r = date_parse(today, &s.today, e)) < 0 ||
	    (r = ruleset_fetch(c, &p, e)) < 0)
		return r;
	s.policy = p;
	if ((r = take_key(c, &s, e)) < 0 || (r = form_page(&s, &page, e)) < 0)
		return r;
	return cli_give_text(c, "page", &page, e);
}

static const char *const form_options[] = { "output", NULL };

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
