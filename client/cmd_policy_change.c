/*
 * sceau policy sign|apply: a folder of rules becomes a proposal, people read
 * its page and sign it, and it is put in force.
 */
#include <jansson.h>
#include <unistd.h>

#include "base/text.h"
#include "client/approve.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/ruleset.h"
#include "client/save.h"
#include "client/stepup.h"
#include "client/words.h"

#define PEOPLE "people.conf"

static json_t *
file_named(const json_t *list, const char *name)
{
	json_t *f;
	size_t i;

	json_array_foreach(list, i, f)
	{
		if (strcmp(jstr(f, "name"), name) == 0)
			return f;
	}
	return NULL;
}

/* --- the folder ------------------------------------------------------------
 */

/* Text goes as text, for who reads the request; else base64. */
static json_t *
file_json(const struct policy_file *f)
{
	AUTO(buf_done) struct buf b64 = { 0 };

	if (utf8_is_valid(f->p, f->n) && memchr(f->p, '\0', f->n) == NULL)
		return json_pack("{s:s, s:s%}", "name", f->name, "text",
		    (const char *)f->p, f->n);
	if (base64_format(f->p, f->n, &b64, NULL) < 0)
		return NULL;
	return json_pack(
	    "{s:s, s:s}", "name", f->name, "base64", buf_str(&b64));
}

/* What differs from the set in force. A folder without people.conf leaves
 * people as they are. */
static int
changes(
    const struct policy *p, const json_t *in_force, json_t *out, struct err *e)
{
	const struct policy_file *f;
	size_t i, n = policy_files(p, &f);
	json_t *one;
	int bad = 0;

	for (i = 0; i < n && !bad; i++) {
		one = file_json(&f[i]);
		if (one != NULL &&
		    json_equal(one, file_named(in_force, f[i].name)))
			json_decref(one);
		else
			bad = json_array_append_new(out, one) < 0;
	}
	json_array_foreach(in_force, i, one)
	{
		if (bad || policy_file(p, jstr(one, "name")) != NULL ||
		    strcmp(jstr(one, "name"), PEOPLE) == 0)
			continue;
		bad = json_array_append_new(
			  out, json_pack("{s:s, s:b}", "name",
				   jstr(one, "name"), "removed", 1)) < 0;
	}
	return bad ? err_set(e, ERR_NOMEM, "policy") : 0;
}

/* The same folder over the same rules is the same proposal. */
static int
propose(struct cli *c, const char *dir, int dry, json_t **out, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(json_decrefp) json_t *now = NULL, *body = NULL;
	json_t *files;
	int r;

	if ((r = ruleset_load(c, dir, &p, e)) < 0 ||
	    (r = cli_get(c, &now, e, "/v1/policy/files")) < 0)
		return r;
	body = json_pack("{s:[]}", "files");
	if ((files = json_object_get(body, "files")) == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	if ((r = changes(p, json_object_get(now, "files"), files, e)) < 0)
		return r;
	return cli_post(c, body, out, e,
	    dry ? "/v1/policy/proposals?dry-run=1" : "/v1/policy/proposals");
}

/* A path always holds a slash; an identifier never does. */
static int
find(struct cli *c, const char *what, json_t **out, struct err *e)
{
	json_t *j = NULL;
	int r;

	r = strchr(what, '/') != NULL || strcmp(what, ".") == 0
		? propose(c, what, 0, &j, e)
		: cli_get(c, &j, e, "/v1/policy/proposals/%", what);
	if (r < 0)
		return r;
	if ((r = approve_check(j, "page", e)) < 0) {
		json_decref(j);
		return r;
	}
	*out = j;
	return 0;
}

/* --- sign --------------------------------------------------------------------
 */

static void
print_state(FILE *f, const json_t *j)
{
	out_line(f, _("Proposition"), jstr(j, "proposal"));
	out_line(f, _("État"), jword(j, "state"));
	out_line(f, "SHA-256", jstr(j, "sha256"));
	fprintf(f, _("Approbations : %lld sur %lld\n"), jint(j, "have"),
	    jint(j, "needed"));
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
	if (path == NULL) {
		print_state(stderr, j);
		fputs(page, stdout);
		return 0;
	}
	print_state(stdout, j);
	return save_bytes(
	    path, cli_option(c, "force") != NULL, page, strlen(page), e);
}

static int
try_run(struct cli *c, const char *dir, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *line;
	size_t i;
	int r;

	if ((r = propose(c, dir, 1, &j, e)) < 0)
		return r;
	if (jcount(j, "problems") == 0)
		return give_page(c, j, e);
	if (!cli_print_json(c, j))
		json_array_foreach(json_object_get(j, "problems"), i, line)
		{
			out_text(stderr, json_string_value(line));
			fputc('\n', stderr);
		}
	return err_tag(e, ERR_REFUSED,
	    strcmp(jstr(j, "code"), "policy-tests") == 0 ? "policy-tests"
							 : "policy",
	    "%.200s", dir);
}

static int
sign_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *body = json_object();
	AUTO(json_decrefp) json_t *after = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	int r;

	(void)argc;
	if (cli_option(c, "dry-run") != NULL)
		return try_run(c, argv[0], e);
	if ((r = find(c, argv[0], &j, e)) < 0)
		return r;
	if (cli_option(c, "key") == NULL && cli_option(c, "signature") == NULL)
		return give_page(c, j, e);
	if ((r = approve_signature(c, _("Signer cette page ? [oui/non]"),
		 take_page, j, &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = cli_post(c, body, &after, e,
		 "/v1/policy/proposals/%/approvals", jstr(j, "proposal"))) < 0)
		return r;
	if (cli_print_json(c, after))
		return 0;
	print_state(stdout, after);
	if ((r = approve_print(json_object_get(after, "approvals"), e)) < 0)
		return r;
	if (jint(after, "have") >= jint(after, "needed"))
		printf(_("Il ne reste qu'à les mettre en vigueur : sceau "
			 "policy apply %s\n"),
		    jstr(after, "proposal"));
	return 0;
}

/* --- apply -------------------------------------------------------------------
 */

static int
apply_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *after = NULL;
	int r;

	(void)argc;
	if ((r = find(c, argv[0], &j, e)) < 0 ||
	    (r = stepup_sign(c, "rules-apply", NULL, e)) < 0 ||
	    (r = cli_post(c, NULL, &after, e,
		 "/v1/policy/proposals/%/application", jstr(j, "proposal"))) <
		0)
		return r;
	if (cli_print_json(c, after))
		return 0;
	printf(_("En vigueur : règles version %lld, génération %lld, "
		 "inscription n° %lld\n"),
	    jint(after, "version"), jint(after, "generation"),
	    jint(after, "leaf"));
	out_line(stdout, "SHA-256", jstr(after, "sha256"));
	return 0;
}

static const char *const sign_options[] = { "key", "signature", "output",
	"force!", "dry-run!", "yes!", NULL };

static const char *const apply_options[] = { STEPUP_OPTION, NULL };

const struct cmd cmd_policy_sign = {
	.noun = "policy",
	.verb = "sign",
	.usage = N_("DOSSIER-DE-RÈGLES|PROPOSITION"),
	.about = N_("proposer des règles et signer leur page (--key CLÉ, ou "
		    "--signature FICHIER) ; sans clé : la page à signer"),
	.options = sign_options,
	.min_args = 1,
	.max_args = 1,
	.run = sign_run,
};
const struct cmd cmd_policy_apply = {
	.noun = "policy",
	.verb = "apply",
	.usage = N_("PROPOSITION|DOSSIER-DE-RÈGLES"),
	.about = N_("mettre en vigueur des règles approuvées, sans arrêt"),
	.options = apply_options,
	.min_args = 1,
	.max_args = 1,
	.run = apply_run,
};
