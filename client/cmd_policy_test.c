/* sceau policy test: the tests of rules, offline. */
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/ruleset.h"
#include "policy/trial.h"

#define TESTS_MAX 1048576u /* bytes of one file */

/* The files to try: the rules' own, then those named. */
struct files {
	struct policy_file v[POLICY_FILES_MAX + OPTIONS_MAX];
	struct buf text[OPTIONS_MAX];
	size_t n, nread;
};

struct telling {
	const struct cli *c;
	json_t *failures;
};

static void
files_freep(struct files **f)
{
	size_t i;

	for (i = 0; *f != NULL && i < (*f)->nread; i++)
		buf_done(&(*f)->text[i]);
	free(*f);
	*f = NULL;
}

static int
gather(
    const struct cli *c, const struct policy *p, struct files *f, struct err *e)
{
	const struct policy_file *own;
	size_t i, n = policy_files(p, &own);
	const char *path;
	int r;

	for (i = 0; i < n; i++)
		if (policy_trial_is_file(own[i].name))
			f->v[f->n++] = own[i];
	for (; (path = cli_option_n(c, "tests", (int)f->nread)) != NULL;) {
		struct buf *text = &f->text[f->nread++];

		if ((r = file_read(AT_FDCWD, path, TESTS_MAX, text, e)) < 0)
			return r;
		f->v[f->n++] =
		    (struct policy_file){ path, buf_str(text), text->len };
	}
	if (f->n == 0)
		return err_tag(e, ERR_NOT_FOUND, "no-tests", "tests/");
	return 0;
}

static const char *
what_word(enum trial_what what)
{
	static const char *const words[] = { N_("décision"), N_("règle"),
		N_("motif"), N_("champ communiqué"), N_("champ retenu"),
		N_("pièce jointe"), N_("jamais") };

	return _(words[what]);
}

/* A value of the failure as people read it. */
static const char *
shown(const struct trial_failure *f, const char *s)
{
	if (s == NULL)
		return _("rien");
	if (f->what != TRIAL_EXPECT)
		return s;
	return strcmp(s, "allow") == 0 ? _("permis") : _("refusé");
}

static void
print_never(const struct trial_failure *f)
{
	if (f->got == NULL) {
		printf("  %s\n",
		    _("aucune situation n'est ainsi : cet énoncé ne dit "
		      "rien"));
		return;
	}
	printf(_("  contre-exemple : %s, par la règle %s, quand\n"), f->got,
	    f->rule);
	printf("    %s\n", f->facts);
}

static void
print_failure(const struct trial_failure *f)
{
	out_text(stdout, f->file);
	printf(":%d : « ", f->line);
	out_text(stdout, f->title);
	fputs(" »\n", stdout);
	if (f->what == TRIAL_NEVER) {
		print_never(f);
		return;
	}
	printf(_("  %s : attendu %s, obtenu %s\n"), what_word(f->what),
	    shown(f, f->expected), shown(f, f->got));
	if (f->what == TRIAL_EXPECT) {
		fputs("    ", stdout);
		out_text(stdout, f->why);
		putchar('\n');
	}
}

static int
tell(void *arg, const struct trial_failure *f, struct err *e)
{
	static const char *const whats[] = { "expect", "rule", "tag", "fields",
		"withheld", "attach", "never" };
	struct telling *t = arg;
	json_t *j;

	if (!t->c->json) {
		print_failure(f);
		return 0;
	}
	j = json_pack("{s:s, s:i, s:s, s:s, s:s?, s:s?, s:s?, s:s, s:s}",
	    "file", f->file, "line", f->line, "title", f->title, "what",
	    whats[f->what], "expected", f->expected, "got", f->got, "rule",
	    f->rule, "facts", f->facts, "why", f->why);
	if (j == NULL || json_array_append_new(t->failures, j) < 0)
		return err_set(e, ERR_NOMEM, "answer");
	return 0;
}

static int
answer(const struct cli *c, const struct trial_counts *n, json_t *failures)
{
	AUTO(json_decrefp)
	json_t *j = json_pack("{s:I, s:I, s:I, s:I, s:I, s:O}", "tests",
	    (json_int_t)n->tests, "nevers", (json_int_t)n->nevers, "failed",
	    (json_int_t)n->failed, "points", (json_int_t)n->points, "decisions",
	    (json_int_t)n->decisions, "failures", failures);

	if (cli_print_json(c, j))
		return 0;
	printf(_("%llu essais, %llu énoncés « jamais » ; %llu en échec\n"),
	    (unsigned long long)n->tests, (unsigned long long)n->nevers,
	    (unsigned long long)n->failed);
	if (n->nevers > 0)
		printf(_("« jamais » : %llu situations couvertes, par %llu "
			 "décisions ;\ncelles qu'aucune règle ne distingue "
			 "sont essayées une fois\n"),
		    (unsigned long long)n->points,
		    (unsigned long long)n->decisions);
	return 0;
}

static int
test_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(files_freep) struct files *f = calloc(1, sizeof(*f));
	AUTO(buf_done) struct buf problems = { 0 };
	AUTO(json_decrefp) json_t *failures = json_array();
	AUTO(mem_freep) char *dir = NULL;
	struct telling t = { c, failures };
	struct trial_counts n;
	int r;

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "tests");
	if ((r = ruleset_folder(argc > 0 ? argv[0] : NULL, &dir, e)) < 0 ||
	    (r = ruleset_load(c, dir, &p, e)) < 0 ||
	    (r = gather(c, p, f, e)) < 0)
		return r;
	r = policy_trial_each(p, f->v, f->n, tell, &t, &problems, &n, e);
	if (r < 0) {
		if (problems.len > 0)
			ruleset_tell(c, &problems);
		return r;
	}
	answer(c, &n, failures);
	if (n.failed > 0)
		return err_tag(e, ERR_INTERNAL, "tests-failed", "%llu / %llu",
		    (unsigned long long)n.failed,
		    (unsigned long long)(n.tests + n.nevers));
	return 0;
}

static const char *const options[] = { "tests", NULL };

const struct cmd cmd_policy_test = {
	.noun = "policy",
	.verb = "test",
	.usage = N_("[DOSSIER-DE-RÈGLES] [--tests FICHIER]…"),
	.about = N_("essayer des règles : ce qu'elles doivent décider, et ce "
		    "qui ne doit jamais être"),
	.options = options,
	.max_args = 1,
	.run = test_run,
};
