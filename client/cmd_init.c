/*
 * sceau init: a new vault. Everything is made under another name beside it,
 * checked, and gets its name at the very end: there is no half of a vault.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/settings.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/folder.h"
#include "client/out.h"
#include "client/sibling.h"
#include "policy/policy.h"

#define RULE_FILE_MAX (1u << 20)
#define APPROVERS_MIN 2
#define HOST_MAX 32 /* the log's name is also the subject of a certificate */
#define CUSTODIANS_MAX 16
#define CUSTODIANS_WANTED 3
#define PASSPHRASE_MIN 8

struct vault_plan {
	const struct cli *c;
	const char *dir;
	const char *custodians[CUSTODIANS_MAX];
	size_t ncustodians;
	struct folder folder;
	struct settings settings;
	uint32_t policy_version;
	char policy_sha256[2 * SHA256_LEN + 1];
};

/* --- vault.conf ------------------------------------------------------- */

/* An option's value as a line of vault.conf. Its own reader judges it. */
static int
add_line(const struct cli *c, const char *option, const char *name,
    const char *otherwise, struct buf *out, struct err *e)
{
	const char *v = cli_option(c, option);

	if (v == NULL)
		v = otherwise;
	if (v == NULL)
		return 0;
	if (strpbrk(v, "\r\n") != NULL)
		return err_set(e, ERR_USAGE, "--%s", option);
	return buf_addf(out, e, "%s = %s\n", name, v);
}

/* Without a name of its own the log has that of the machine. */
static int
add_origin(
    const struct cli *c, const char *vault, struct buf *out, struct err *e)
{
	char host[65] = "", origin[128];
	const char *p;

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	for (p = host; *p > ' ' && *p <= '~' && *p != '+'; p++)
		;
	snprintf(origin, sizeof(origin), "%s/%s",
	    *host != '\0' && *p == '\0' && p - host <= HOST_MAX ? host
								: "sceau",
	    vault);
	return add_line(c, "origin", "origin", origin, out, e);
}

/* Only root gives a part of the vault to another account. */
static int
add_uids(const struct cli *c, struct buf *out, struct err *e)
{
	static const struct {
		const char *name, *account;
	} rows[] = { { "uid-daemon", "sceaud" }, { "uid-keys", "sceau-keys" },
		{ "uid-inspect", "sceau-inspect" } };
	const char *otherwise;
	char own[16];
	size_t i;
	int r = 0;

	snprintf(own, sizeof(own), "%u", (unsigned)geteuid());
	for (i = 0; i < NELEMS(rows) && r == 0; i++) {
		otherwise = geteuid() == 0 ? rows[i].account : own;
		if (cli_option(c, rows[i].name) == NULL &&
		    otherwise == rows[i].account && getpwnam(otherwise) == NULL)
			return err_set(e, ERR_USAGE,
			    _("il n'y a pas de compte %s : --%s"), otherwise,
			    rows[i].name);
		r = add_line(c, rows[i].name, rows[i].name, otherwise, out, e);
	}
	return r;
}

static int
write_settings(struct vault_plan *p, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, final = { 0 };
	const struct cli *c = p->c;
	char vault[ID_TEXT];
	struct id id;
	int r;

	if ((r = id_random(&id, e)) < 0)
		return r;
	id_format(&id, vault);
	if ((r = buf_addf(&text, e, "vault = %s\n", vault)) < 0 ||
	    (r = add_origin(c, vault, &text, e)) < 0 ||
	    (r = add_uids(c, &text, e)) < 0 ||
	    (r = add_line(c, "inspect-max", "inspect-max", NULL, &text, e)) <
		0 ||
	    (r = add_line(c, "file-max", "file-max", NULL, &text, e)) < 0 ||
	    (r = add_line(c, "reserve", "reserve", NULL, &text, e)) < 0 ||
	    (r = add_line(c, "swap", "swap", "refuse", &text, e)) < 0 ||
	    (r = folder_write(
		 &p->folder, "vault.conf", text.p, text.len, 0644, e)) < 0)
		return r;
	/* As every program will read it; what it says of the file's name is
	 * of no use to anybody. */
	if ((r = settings_load(p->folder.temporary, &p->settings, e)) < 0)
		return r;
	if ((geteuid() != 0) && (p->settings.uid_daemon != geteuid() ||
				    p->settings.uid_keys != geteuid() ||
				    p->settings.uid_inspect != geteuid()))
		return err_set(e, ERR_DENIED, "%s",
		    _("seul root donne une partie du coffre à un autre "
		      "compte"));
	if ((r = settings_format(&p->settings, &final, e)) < 0)
		return r;
	return folder_write(
	    &p->folder, "vault.conf", final.p, final.len, 0644, e);
}

/* --- policy/ ---------------------------------------------------------- */

static int
copy_file(struct vault_plan *p, const char *from, const char *to, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = file_read(AT_FDCWD, from, RULE_FILE_MAX, &b, e)) < 0)
		return r;
	return folder_write(&p->folder, to, b.p, b.len, 0644, e);
}

static int
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static int
is_rule(const struct dirent *d)
{
	return d->d_name[0] != '.' && ends_with(d->d_name, ".conf") &&
	       !ends_with(d->d_name, ".example.conf");
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
is_notice(const struct dirent *d)
{
	return d->d_name[0] != '.' && ends_with(d->d_name, ".txt");
}

static int
is_tests(const struct dirent *d)
{
	return d->d_name[0] != '.' && ends_with(d->d_name, ".tests");
}

static void
names_free(struct dirent **names, int n)
{
	while (n > 0)
		free(names[--n]);
	free(names);
}

/* The files of from that choose wants, to the folder to of the vault. */
static int
copy_folder(struct vault_plan *p, const char *from, const char *to,
    int (*choose)(const struct dirent *), struct err *e)
{
	struct dirent **names;
	char *a, *b;
	int i, r = 0, n = scandir(from, &names, choose, alphasort);

	if (n < 0)
		return err_sys(
		    e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", from);
	for (i = 0; i < n && r == 0; i++) {
		if (asprintf(&a, "%s/%s", from, names[i]->d_name) < 0)
			a = NULL;
		if (asprintf(&b, "%s/%s", to, names[i]->d_name) < 0)
			b = NULL;
		r = a != NULL && b != NULL ? copy_file(p, a, b, e)
					   : err_set(e, ERR_NOMEM, "path");
		free(a);
		free(b);
	}
	names_free(names, n);
	return r;
}

/* The same of a folder beside the rules, which may be absent. */
static int
copy_beside(struct vault_plan *p, const char *rules, const char *name,
    int (*choose)(const struct dirent *), struct err *e)
{
	char *from, *to;
	int r;

	if (asprintf(&from, "%s/%s", rules, name) < 0)
		from = NULL;
	if (asprintf(&to, "policy/%s", name) < 0)
		to = NULL;
	if (from == NULL || to == NULL)
		r = err_set(e, ERR_NOMEM, "path");
	else if (access(from, F_OK) < 0)
		r = 0;
	else
		r = copy_folder(p, from, to, choose, e);
	free(from);
	free(to);
	return r;
}

static int
copy_policy(struct vault_plan *p, struct err *e)
{
	const char *rules = cli_option(p->c, "rules");
	const char *people = cli_option(p->c, "people");
	const char *anchors = cli_option(p->c, "anchors");
	const char *certificates = cli_option(p->c, "certificates");
	AUTO(mem_freep) char *shipped = NULL;
	int r;

	if (rules == NULL) {
		if ((r = sibling_rules(&shipped, e)) < 0)
			return r;
		rules = shipped;
	}
	if ((r = copy_folder(p, rules, "policy", is_rule, e)) < 0)
		return r;
	if ((r = copy_beside(p, rules, "notices", is_notice, e)) < 0 ||
	    (r = copy_beside(p, rules, "tests", is_tests, e)) < 0)
		return r;
	if (people != NULL &&
	    (r = copy_file(p, people, "policy/people.conf", e)) < 0)
		return r;
	if (anchors != NULL &&
	    (r = copy_file(p, anchors, "policy/anchors.pem", e)) < 0)
		return r;
	return certificates == NULL ? 0
				    : copy_folder(p, certificates,
					  "policy/certificates", is_visible, e);
}

static int
role_approves(const struct policy_approval *a, const char *role)
{
	const char *const *k;

	for (k = a->roles; *k != NULL; k++)
		if (strcmp(*k, role) == 0)
			return 1;
	return 0;
}

/* People whose key would count for an erasure: one key is one person's. */
static size_t
count_approvers(const struct policy *policy, const struct policy_approval *a)
{
	const struct principal *all;
	const char *const *k;
	size_t i, found = 0, n = policy_people(policy, &all);

	for (i = 0; i < n; i++) {
		if (all[i].status != POLICY_ACTIVE ||
		    !role_approves(a, all[i].role))
			continue;
		for (k = all[i].keys; k != NULL && *k != NULL; k++) {
			AUTO(buf_done) struct buf blob = { 0 };

			if (ssh_public_parse(*k, &blob, NULL) == 0 &&
			    policy_key_owner(policy, blob.p, blob.len) ==
				&all[i])
				break;
		}
		found += k != NULL && *k != NULL;
	}
	return found;
}

/* Rules in order, and enough people to approve an erasure. */
static int
check_policy(struct vault_plan *p, struct err *e)
{
	AUTO(policy_freep) struct policy *policy = NULL;
	AUTO(buf_done) struct buf problems = { 0 };
	AUTO(mem_freep) char *path = NULL;
	const struct policy_approval *a;
	size_t found, wanted = APPROVERS_MIN;
	int r;

	if ((r = folder_path(&p->folder, "policy", &path, e)) < 0)
		return r;
	if ((r = policy_load(path, &policy, &problems, e)) < 0) {
		out_page(stderr, buf_str(&problems));
		return r;
	}
	p->policy_version = policy_version(policy);
	hex_format(policy_sha256(policy), SHA256_LEN, p->policy_sha256);
	if ((a = policy_approval(policy, "erasure")) == NULL)
		return err_tag(e, ERR_REFUSED, "approvers", "erasure");
	if (a->count > wanted)
		wanted = a->count;
	if ((found = count_approvers(policy, a)) < wanted)
		return err_tag(
		    e, ERR_REFUSED, "approvers", "%zu < %zu", found, wanted);
	return 0;
}

/* --- data/, run/, keys/ ----------------------------------------------- */

static int
make_folder(struct vault_plan *p, const char *name, mode_t mode, uid_t uid,
    gid_t gid, struct err *e)
{
	AUTO(mem_freep) char *path = NULL;
	int r;

	if ((r = folder_path(&p->folder, name, &path, e)) < 0 ||
	    (r = dir_make(AT_FDCWD, path, mode, e)) < 0)
		return r;
	if (geteuid() == 0 && lchown(path, uid, gid) < 0)
		return err_sys(e, ERR_IO, "%s", name);
	return 0;
}

/* A pipe that holds the passphrase, which is smaller than its room. */
static int
pipe_of(const struct secret *pass, int *fd, struct err *e)
{
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, ERR_INTERNAL, "pipe");
	r = fd_write_all(ends[1], pass->p, pass->len, e);
	close(ends[1]);
	if (r < 0)
		close(ends[0]);
	else
		*fd = ends[0];
	return r;
}

/* sceau-keys makes the keys: nobody else ever sees them. */
static int
make_keys(struct vault_plan *p, const struct secret *pass, struct err *e)
{
	char *args[CUSTODIANS_MAX * 2 + 16];
	AUTO(mem_freep) char *program = NULL;
	AUTO(fd_closep) int fd = -1;
	const char *log2 = cli_option(p->c, "scrypt-log2");
	size_t i, n = 0;
	int r, status;

	if ((r = sibling_program("sceau-keys", "keys", &program, e)) < 0 ||
	    (r = pipe_of(pass, &fd, e)) < 0)
		return r;
#define ARG(s) (args[n++] = (char *)(uintptr_t)(s))
	ARG("sceau-keys");
	ARG("-d");
	ARG(p->folder.temporary);
	ARG("--init");
	ARG("--passphrase-fd");
	ARG("3");
	if (log2 != NULL) {
		ARG("--scrypt-log2");
		ARG(log2);
	}
	for (i = 0; i < p->ncustodians; i++) {
		ARG("--custodian");
		ARG(p->custodians[i]);
	}
	args[n] = NULL;
#undef ARG
	if ((r = sibling_run(program, args, fd, &status, e)) < 0)
		return r;
	if (status != 0)
		return err_tag(
		    e, ERR_REFUSED, "keys-init", "sceau-keys: %d", status);
	return 0;
}

static int
make_vault(struct vault_plan *p, const struct secret *pass, struct err *e)
{
	const struct settings *s = &p->settings;
	int r;

	if ((r = write_settings(p, e)) < 0 || (r = copy_policy(p, e)) < 0 ||
	    (r = check_policy(p, e)) < 0 ||
	    (r = make_folder(
		 p, "data", 0700, s->uid_daemon, s->gid_daemon, e)) < 0 ||
	    (r = make_folder(p, "run", 01777, geteuid(), getegid(), e)) < 0 ||
	    (r = make_folder(p, "run/web", 01777, geteuid(), getegid(), e)) < 0)
		return r;
	/* The agent finds its folder as another account. */
	if (chmod(p->folder.temporary, 0755) < 0)
		return err_sys(e, ERR_IO, "%s", p->dir);
	if ((r = make_keys(p, pass, e)) < 0)
		return r;
	return folder_commit(&p->folder, 0755, e);
}

/* --- the command ------------------------------------------------------ */

static int
add_custodian(struct vault_plan *p, const char *name, struct err *e)
{
	if (p->ncustodians == CUSTODIANS_MAX)
		return err_set(
		    e, ERR_USAGE, "--custodian: > %d", CUSTODIANS_MAX);
	if (getpwnam(name) == NULL)
		return err_set(e, ERR_USAGE,
		    _("dépositaire : il n'y a pas de compte %s"), name);
	p->custodians[p->ncustodians++] = name;
	return 0;
}

/* Each --custodian, and what follows the folder. */
static int
take_custodians(struct vault_plan *p, int argc, char **argv, struct err *e)
{
	const char *s;
	int i, r;

	if (cli_option(p->c, "custodian") == NULL)
		return err_set(
		    e, ERR_USAGE, _("l'option --%s manque"), "custodian");
	for (i = 0; (s = cli_option_n(p->c, "custodian", i)) != NULL; i++)
		if ((r = add_custodian(p, s, e)) < 0)
			return r;
	for (i = 1; i < argc; i++)
		if ((r = add_custodian(p, argv[i], e)) < 0)
			return r;
	return 0;
}

/* From a terminal twice: nothing opens a vault whose passphrase has a slip
 * of the finger. */
static int
new_passphrase(const struct cli *c, struct secret *out, struct err *e)
{
	AUTO(secret_done) struct secret again = { 0 };
	long long fd = -1;
	int r;

	if ((r = cli_descriptor(c, "passphrase-fd", &fd, e)) < 0 ||
	    (r = cli_passphrase(
		 (int)fd, _("Phrase secrète du coffre : "), out, e)) < 0)
		return r;
	if (out->len < PASSPHRASE_MIN)
		return err_set(e, ERR_REFUSED,
		    _("la phrase secrète a moins de %d caractères"),
		    PASSPHRASE_MIN);
	if (fd >= 0)
		return 0;
	if ((r = cli_passphrase(
		 -1, _("La même, encore une fois : "), &again, e)) < 0)
		return r;
	if (again.len != out->len || !secret_equal(again.p, out->p, out->len))
		return err_set(e, ERR_REFUSED, "%s",
		    _("les deux phrases secrètes diffèrent"));
	return 0;
}

static json_t *
made_json(const struct vault_plan *p, const char *vault)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < p->ncustodians; i++)
		json_array_append_new(names, json_string(p->custodians[i]));
	return json_pack("{s:s, s:s, s:s, s:{s:i, s:s}, s:o}", "vault", vault,
	    "dir", p->folder.path, "origin", p->settings.origin, "policy",
	    "version", (int)p->policy_version, "sha256", p->policy_sha256,
	    "custodians", names);
}

static void
print_made(const struct vault_plan *p, const char *vault)
{
	const char *dir = p->folder.path;
	size_t i;

	printf(_("Coffre créé : %s\n"), dir);
	out_line(stdout, _("Identifiant"), vault);
	out_line(stdout, _("Journal"), p->settings.origin);
	printf(_("Règles : version %u, SHA-256 %s\n"), p->policy_version,
	    p->policy_sha256);
	fputs(_("Dépositaires :"), stdout);
	for (i = 0; i < p->ncustodians; i++)
		printf(" %s", p->custodians[i]);
	printf(_("\n\nÀ présent, démarrez :\n"
		 "  sceau-keys -d %s\n"
		 "  sceau-inspect -d %s\n"
		 "  sceaud -d %s\n"
		 "puis un dépositaire ouvre le coffre :\n"
		 "  SCEAU_DIR=%s sceau unseal\n"),
	    dir, dir, dir, dir);
}

static void
plan_done(struct vault_plan *p)
{
	folder_done(&p->folder);
}

static int
init_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(plan_done) struct vault_plan p = { .c = c, .dir = argv[0] };
	AUTO(secret_done) struct secret pass = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char vault[ID_TEXT];
	int r;

	umask(022);
	if ((r = take_custodians(&p, argc, argv, e)) < 0 ||
	    (r = folder_begin(&p.folder, p.dir, e)) < 0 ||
	    (r = new_passphrase(c, &pass, e)) < 0 ||
	    (r = make_vault(&p, &pass, e)) < 0)
		return r;
	if (p.ncustodians < CUSTODIANS_WANTED)
		fprintf(stderr, "sceau: %s\n",
		    _("moins de trois dépositaires : quand ils sont absents, "
		      "personne n'ouvre le coffre"));
	id_format(&p.settings.vault, vault);
	j = made_json(&p, vault);
	if (!cli_print_json(c, j))
		print_made(&p, vault);
	return 0;
}

static const char *const options[] = { "passphrase-fd", "custodian",
	"uid-daemon", "uid-keys", "uid-inspect", "people", "rules", "anchors",
	"certificates", "origin", "swap", "inspect-max", "file-max", "reserve",
	"scrypt-log2", NULL };

const struct cmd cmd_init = {
	.noun = "init",
	.usage = N_("DOSSIER-DU-COFFRE [DÉPOSITAIRE…]"),
	.about = N_("créer un coffre (administrateur)"),
	.options = options,
	.min_args = 1,
	.max_args = 1 + CUSTODIANS_MAX,
	.run = init_run,
};
