/*
 * sceau policy authorized-keys: the lines that sshd must have for each
 * account, from the rules; --check says where a file is not that.
 */
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "client/authorized_keys.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/ruleset.h"

#define PROGRAM "/usr/bin/sceau"
#define RUN "/run/sceau"
#define FILE_MAX (1u << 20) /* bytes of one authorized_keys */

struct keys {
	struct cli *c;
	struct policy *policy;
	struct authorized_places at;
	const char *account; /* being compared */
	json_t *drift;	     /* [{account, what, key, line}] */
};

static const char *const names[] = {
	[AUTHORIZED_EXTRA] = "extra",
	[AUTHORIZED_MISSING] = "missing",
	[AUTHORIZED_CHANGED] = "changed",
	[AUTHORIZED_UNREADABLE] = "unreadable",
};

static const char *
sentence(const char *what)
{
	static const char *const shown[] = {
		[AUTHORIZED_EXTRA] = N_("ligne de trop"),
		[AUTHORIZED_MISSING] = N_("ligne qui manque"),
		[AUTHORIZED_CHANGED] = N_("options changées"),
		[AUTHORIZED_UNREADABLE] = N_("ligne illisible"),
	};
	size_t i;

	for (i = 0; i < NELEMS(names); i++)
		if (strcmp(names[i], what) == 0)
			return _(shown[i]);
	return what;
}

/* --rules: a folder's, where the vault cannot be asked; else those in force. */
static int
load(struct keys *k, struct err *e)
{
	const char *dir = cli_option(k->c, "rules");

	return dir != NULL ? ruleset_load(k->c, dir, &k->policy, e)
			   : ruleset_fetch(k->c, &k->policy, e);
}

static const struct principal *
find(const struct keys *k, const char *account)
{
	const struct principal *all;
	size_t n = policy_people(k->policy, &all), i;

	for (i = 0; i < n; i++)
		if (strcmp(all[i].account, account) == 0)
			return &all[i];
	return NULL;
}

/* --- the lines ---------------------------------------------------------- */

static int
lines_of(const struct keys *k, const struct principal *who, int titled,
    struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf lines = { 0 };
	int r;

	if ((r = authorized_lines(who, &k->at, &lines, e)) < 0 ||
	    lines.len == 0)
		return r;
	if (titled && (r = buf_addf(out, e, "# %s\n", who->account)) < 0)
		return r;
	return buf_add(out, lines.p, lines.len, e);
}

static int
print_lines(struct keys *k, const struct principal *who, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	const struct principal *all;
	size_t n = policy_people(k->policy, &all), i;
	int r;

	if (who != NULL) {
		if ((r = lines_of(k, who, 0, &text, e)) < 0)
			return r;
	} else {
		for (i = 0; i < n; i++)
			if ((r = lines_of(k, &all[i], 1, &text, e)) < 0)
				return r;
	}
	(void)buf_str(&text); /* also an empty one is a string */
	return cli_give_text(k->c, "authorized_keys", &text, e);
}

/* --- comparing ---------------------------------------------------------- */

static int
note(void *arg, enum authorized_drift what, const char *line, const char *key)
{
	struct keys *k = arg;
	json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "account", k->account,
	    "what", names[what], "key", key, "line",
	    utf8_is_valid(line, strlen(line)) ? line : "");

	json_array_append_new(k->drift, j);
	return 0;
}

/* who NULL: a file of nobody, in which any line is too much. A file that is
 * not there is an empty one. */
static int
compare(struct keys *k, const struct principal *who, const char *account,
    int dirfd, const char *path, struct err *e)
{
	AUTO(buf_done) struct buf file = { 0 }, wanted = { 0 };
	struct err why = { 0 };
	int r;

	k->account = account;
	r = file_read(dirfd, path, FILE_MAX, &file, &why);
	if (r < 0 && r != -ERR_NOT_FOUND) {
		*e = why;
		return r;
	}
	if (who != NULL && (r = authorized_lines(who, &k->at, &wanted, e)) < 0)
		return r;
	return authorized_compare(&file, &wanted, note, k, e);
}

/* One file an account, named after it, as "AuthorizedKeysFile …/%u" has it. */
static int
compare_strangers(struct keys *k, DIR *dir, struct err *e)
{
	struct dirent *d;
	int r;

	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0 &&
		    find(k, d->d_name) == NULL &&
		    (r = compare(
			 k, NULL, d->d_name, dirfd(dir), d->d_name, e)) < 0)
			return r;
	return 0;
}

static int
compare_folder(struct keys *k, const char *path, struct err *e)
{
	const struct principal *all;
	size_t n = policy_people(k->policy, &all), i;
	DIR *dir = opendir(path);
	int r = 0;

	if (dir == NULL)
		return err_sys(e, ERR_IO, "%s", path);
	for (i = 0; i < n && r == 0; i++)
		r = compare(
		    k, &all[i], all[i].account, dirfd(dir), all[i].account, e);
	if (r == 0)
		r = compare_strangers(k, dir, e);
	closedir(dir);
	return r;
}

static int
print_drift(struct keys *k, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	json_t *d;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Compte"), _("Constat"), _("Clé"),
		 _("Ligne"), NULL)) < 0)
		return r;
	json_array_foreach(k->drift, i, d)
	{
		if ((r = table_row(&t, e, jstr(d, "account"),
			 sentence(jstr(d, "what")), jstr(d, "key"),
			 jstr(d, "line"), NULL)) < 0)
			return r;
	}
	table_print(
	    &t, stdout, _("Les clés autorisées sont celles des règles."));
	return 0;
}

static int
check(struct keys *k, const struct principal *who, const char *path,
    struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((k->drift = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "authorized-keys");
	r = who != NULL ? compare(k, who, who->account, AT_FDCWD, path, e)
			: compare_folder(k, path, e);
	j = json_pack("{s:o}", "drift", k->drift);
	if (r < 0 || (!cli_print_json(k->c, j) && (r = print_drift(k, e)) < 0))
		return r;
	if (json_array_size(k->drift) > 0)
		return err_tag(e, ERR_INTEGRITY, "authorized-keys", "%zu",
		    json_array_size(k->drift));
	return 0;
}

static int
keys_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *program = cli_option(c, "program"),
		   *run = cli_option(c, "run"), *file = cli_option(c, "check");
	const struct principal *who = NULL;
	AUTO(policy_freep) struct policy *p = NULL;
	struct keys k = { .c = c };
	int r;

	k.at.program = program != NULL ? program : PROGRAM;
	k.at.run = run != NULL ? run : RUN;
	if ((r = authorized_check_places(&k.at, e)) < 0 ||
	    (r = load(&k, e)) < 0)
		return r;
	p = k.policy;
	if (argc > 0 && (who = find(&k, argv[0])) == NULL)
		return err_set(e, ERR_NOT_FOUND, "%.64s", argv[0]);
	return file != NULL ? check(&k, who, file, e) : print_lines(&k, who, e);
}

static const char *const options[] = { "rules", "program", "run", "check",
	"output", "force!", NULL };

const struct cmd cmd_policy_authorized_keys = {
	.noun = "policy",
	.verb = "authorized-keys",
	.usage = N_("[COMPTE]"),
	.about = N_("les clés ssh que les règles autorisent ; --check FICHIER "
		    "ou DOSSIER : ce qui en diffère"),
	.options = options,
	.max_args = 1,
	.run = keys_run,
};
