#include "rules.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

const char rules_small[] =
    "format = 1\n"
    "version = 7\n"
    "role \"worker\" {\n"
    "	title = \"Intervenant\"\n"
    "	source = \"s\"\n"
    "}\n"
    "role \"partner\" { title = \"Partenaire\" source = \"s\" }\n"
    "purpose \"work\" { title = \"Travail\" source = \"s\" }\n"
    "purpose \"share\" { title = \"Partage\" source = \"s\" }\n"
    "retention \"short\" {\n"
    "	title = \"Court\" active-months = 24\n"
    "	from = last-contact\n"
    "	source = \"s\"\n"
    "}\n"
    "kind \"note\" {\n"
    "	title = \"Note\" social = true\n"
    "	source = \"s\"\n"
    "	record = true\n"
    "	media = { \"application/json\" }\n"
    "	retention = short\n"
    "	field \"name\" { type = string required = true max = 50 }\n"
    "	field \"debt\" { type = group }\n"
    "	field \"debt.amount\" { type = amount }\n"
    "	field \"causes\" { type = list }\n"
    "	field \"causes.code\" { type = code values = { a, b } }\n"
    "	field \"health\" { type = string label = sensitive }"
    "	field \"state\" { type = code values = { met, away } }"
    "	field \"day\" { type = date }\n"
    "	field \"story\" { type = text label = never }\n"
    "}\n"
    "kind \"scan\" {\n"
    "	title = \"Copie\" social = true signers = { titulaire }\n"
    "	source = \"s\"\n"
    "	media = { \"application/pdf\", \"image/png\" }\n"
    "	pages-max = 4\n"
    "	signed = true\n"
    "	strict = false\n"
    "	levels = { advanced, stylus }\n"
    "	retention = short\n"
    "}\n"
    "access \"team\" {\n"
    "	source = \"s\"\n"
    "	roles = { worker }\n"
    "	operations = { case-list, doc-read, doc-file }\n"
    "	kinds = { note, scan }\n"
    "	scope = own-team\n"
    "	states = { open }\n"
    "	purposes = { work }\n"
    "	default-purpose = work\n"
    "	break-glass = false\n"
    "}\n"
    "recipient \"office\" {\n"
    "	title = \"Office\"\n"
    "	channel = ssh\n"
    "	landlord-facing = false\n"
    "	source = \"s\"\n"
    "}\n"
    "consent \"share:office\" {\n"
    "	title = \"Partage\" basis = \"b\" classes = { \"c\" }\n"
    "	recipient = office\n"
    "	valid-months = 12\n"
    "	notice = \"n\"\n"
    "	notice-version = \"1\"\n"
    "	source = \"s\"\n"
    "}\n"
    "disclosure \"to-office\" {\n"
    "	title = \"Extrait\" diagnosis = { unknown, accepted } events = none\n"
    "	recipient = office\n"
    "	purpose = share channels = { ssh }\n"
    "	basis = \"b\"\n"
    "	source = \"s\"\n"
    "	consent = share:office\n"
    "	stages = { amont }\n"
    "	expires-days = 30\n"
    "	four-eyes = false\n"
    "	field \"name\" { from = \"note:name\" }\n"
    "	field \"sum\" { from = \"note:debt.amount\" }\n"
    "}\n"
    "approval \"erasure\" {\n"
    "	roles = { worker }\n"
    "	count = 2\n"
    "	valid-days = 30\n"
    "	own = false\n"
    "	source = \"s\"\n"
    "}\n"
    "figure \"correction-hours\" { value = 24 unit = hours source = \"s\" }\n"
    "moment \"entry\" {\n"
    "	title = \"Ouverture\"\n"
    "	by-vault = true\n"
    "	first = true\n"
    "	otherwise = none\n"
    "	events = none\n"
    "	kinds = none\n"
    "	records-count = 0\n"
    "	source = \"s\"\n"
    "}\n"
    "moment \"last-contact\" {\n"
    "	title = \"Dernier contact\"\n"
    "	by-vault = false\n"
    "	first = false\n"
    "	otherwise = entry\n"
    "	events = none\n"
    "	kinds = { scan }\n"
    "	records-count = 1\n"
    "	record \"note:state\" { values = { met } date = \"day\" }\n"
    "	source = \"s\"\n"
    "}\n"
    "deadline \"call\" {\n"
    "	title = \"Appel\"\n"
    "	after = entry\n"
    "	before = false\n"
    "	figure = correction-hours\n"
    "	no-later-than = none\n"
    "	settled-by = { last-contact }\n"
    "	stages = { amont }\n"
    "	states = { open }\n"
    "	roles = { worker }\n"
    "	source = \"s\"\n"
    "}\n"
    "access \"votes\" { source = \"s\" roles = { worker }\n"
    "	operations = { erase-approve }\n"
    "	scope = any states = { open } purposes = none }\n";

const char rules_people[] =
    "format = 1\n"
    "person \"ines.exemple\" {\n"
    "	uid = 62001\n"
    "	name = \"Inès Exemple\"\n"
    "	role = worker\n"
    "	team = nord\n"
    "	organisation = asso\n"
    "	status = active\n"
    "	keys = { \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHSIku2Rivbe3HaSRvOm3vS6"
    "9rhvH0E/MUyb7D32Wnm7 a\" }\n"
    "}\n"
    "person \"paul.parti\" {\n"
    "	uid = 62002\n"
    "	name = \"Paul Parti\"\n"
    "	role = worker\n"
    "	team = nord\n"
    "	organisation = asso\n"
    "	status = suspended\n"
    "	keys = { \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAya4tvQQLVr/8aYGG4wo6Hh"
    "PftS/tFPBrvObufiQXn3 b\" }\n"
    "}\n"
    "person \"guichet\" {\n"
    "	uid = 62003\n"
    "	name = \"Guichet fictif\"\n"
    "	role = partner\n"
    "	organisation = office\n"
    "	status = active\n"
    "	recipient = office\n"
    "}\n";

const char rules_more[] =
    "format = 1\n"
    "role \"boss\" {\n"
    "	title = \"Chef\"\n"
    "	source = \"s\"\n"
    "}\n"
    "purpose \"check\" {\n"
    "	title = \"Contrôle\"\n"
    "	source = \"s\"\n"
    "}\n"
    "recipient \"landlord\" {\n"
    "	title = \"Bailleur\"\n"
    "	channel = paper\n"
    "	channels = { paper, hand }\n"
    "	landlord-facing = true\n"
    "	source = \"s\"\n"
    "}\n"
    "event \"ruling\" {\n"
    "	title = \"Décision\"\n"
    "	document = true\n"
    "	source = \"s\"\n"
    "}\n"
    "event \"hearing\" {\n"
    "	title = \"Audience\"\n"
    "	document = false\n"
    "	in-future = true\n"
    "	stage = aval\n"
    "	source = \"s\"\n"
    "}\n"
    "disclosure \"to-landlord\" {\n"
    "	title = \"Extrait\" effective-from = \"2024-01-01\"\n"
    "	recipient = landlord\n"
    "	purpose = check\n"
    "	basis = \"b\"\n"
    "	source = \"s\"\n"
    "	consent = none\n"
    "	stages = none\n"
    "	diagnosis = { unknown, accepted }\n"
    "	events = none\n"
    "	channels = { paper }\n"
    "	expires-days = 30\n"
    "	four-eyes = false\n"
    "	field \"name\" { from = \"note:name\" }\n"
    "	field \"debt\" { from = \"note:debt\" }\n"
    "	field \"causes\" { from = \"note:causes\" }\n"
    "}\n"
    "disclosure \"later\" {\n"
    "	title = \"Extrait\" effective-from = \"2024-01-01\"\n"
    "	recipient = office\n"
    "	purpose = work\n"
    "	basis = \"b\"\n"
    "	source = \"s\"\n"
    "	consent = none\n"
    "	stages = { aval }\n"
    "	diagnosis = { refused }\n"
    "	events = { hearing }\n"
    "	channels = { ssh }\n"
    "	expires-days = 30\n"
    "	four-eyes = false\n"
    "	despite-objection = true\n"
    "	attach = { paper }\n"
    "}\n"
    "disclosure \"in-part\" {\n"
    "	title = \"Extrait\" effective-from = \"2024-01-01\"\n"
    "	recipient = office\n"
    "	purpose = check\n"
    "	basis = \"b\"\n"
    "	source = \"s\"\n"
    "	consent = share:office\n"
    "	stages = { amont }\n"
    "	diagnosis = { unknown, accepted }\n"
    "	events = none\n"
    "	channels = { ssh }\n"
    "	expires-days = 30\n"
    "	four-eyes = true\n"
    "	urgent = true\n"
    "	partial = true\n"
    "	field \"name\" { from = \"note:name\" about = titulaire }\n"
    "	field \"debt\" { from = \"note:debt\" }\n"
    "}\n"
    "block \"hold\" {\n"
    "	title = \"Rien\" effective-from = \"2024-01-01\"\n"
    "	landlord-facing = true\n"
    "	recipients = none\n"
    "	until-event = ruling\n"
    "	source = \"s\"\n"
    "	fields-count = 3\n"
    "	field \"note:debt.amount\" { value = any }\n"
    "	field \"note:causes\" { value = any }\n"
    "	field \"note:causes.code\" { value = a }\n"
    "}\n"
    "kind \"paper\" {\n"
    "	title = \"Papier\"\n"
    "	source = \"s\"\n"
    "	media = { \"application/pdf\" }\n"
    "	signed = false\n"
    "	social = false\n"
    "	retention = short\n"
    "}\n"
    "kind \"outcome\" {\n"
    "	title = \"Issue\"\n"
    "	source = \"s\"\n"
    "	media = { \"application/json\" }\n"
    "	record = true\n"
    "	by-vault = true\n"
    "	social = false\n"
    "	retention = short\n"
    "	field \"date\" { type = date }\n"
    "}\n"
    "access \"boss\" {\n"
    "	source = \"s\" effective-from = \"2024-01-01\"\n"
    "	roles = { boss }\n"
    "	operations = { case-read }\n"
    "	scope = any\n"
    "	states = { open }\n"
    "	purposes = { check }\n"
    "	break-glass = false\n"
    "}\n"
    "access \"emergency\" {\n"
    "	source = \"s\"\n"
    "	roles = { boss, worker }\n"
    "	operations = { break-glass }\n"
    "	scope = any\n"
    "	states = { open }\n"
    "	purposes = none\n"
    "	step-up = true\n"
    "}\n"
    "access \"behind-glass\" {\n"
    "	source = \"s\"\n"
    "	roles = { worker }\n"
    "	operations = { case-read }\n"
    "	scope = any\n"
    "	states = { open }\n"
    "	purposes = { check }\n"
    "	break-glass = true\n"
    "}\n"
    "approval \"release\" {\n"
    "	roles = { boss }\n"
    "	opinions = { partner }\n"
    "	count = 1\n"
    "	own = false\n"
    "	valid-days = 30\n"
    "	source = \"s\"\n"
    "}\n"
    "figure \"urgent-second-signature-days\" {\n"
    "	value = 2\n"
    "	unit = working-days\n"
    "	source = \"s\"\n"
    "}\n"
    "access \"second\" {\n"
    "	source = \"s\"\n"
    "	roles = { boss }\n"
    "	operations = { extract-approve }\n"
    "	scope = any\n"
    "	states = { open }\n"
    "	purposes = none\n"
    "}\n";

/* To stand behind rules_people. */
const char rules_loans[] = "person \"alma.exemple\" {\n"
			   "	uid = 62010\n"
			   "	name = \"Alma Exemple\"\n"
			   "	role = boss\n"
			   "	organisation = asso\n"
			   "	status = active\n"
			   "}\n"
			   "loan \"summer\" {\n"
			   "	role = boss\n"
			   "	from = \"alma.exemple\"\n"
			   "	to = \"ines.exemple\"\n"
			   "	effective-from = \"2026-12-30\"\n"
			   "	effective-until = \"2027-01-02\"\n"
			   "	source = \"s\"\n"
			   "}\n";

int
rules_setup(void **state)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -1;
	snprintf(r->dir, sizeof(r->dir), "/tmp/sceau-rules-XXXXXX");
	if (mkdtemp(r->dir) == NULL)
		return -1;
	rules_put(r, "notices/n-1.txt", "Lisez ceci.\n");
	*state = r;
	return 0;
}

static void
clear_folder(const char *path)
{
	struct dirent *d;
	DIR *dir = opendir(path);
	char under[512];

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.' ||
		    unlinkat(dirfd(dir), d->d_name, 0) == 0)
			continue;
		snprintf(under, sizeof(under), "%s/%.200s", path, d->d_name);
		clear_folder(under);
	}
	if (dir != NULL)
		closedir(dir);
	(void)rmdir(path);
}

int
rules_teardown(void **state)
{
	struct rules *r = *state;

	clear_folder(r->dir);
	policy_freep(&r->p);
	buf_done(&r->problems);
	free(r);
	return 0;
}

void
rules_put(struct rules *r, const char *name, const char *text)
{
	const char *slash = strchr(name, '/');
	char path[256];
	FILE *f;

	if (slash != NULL) {
		snprintf(path, sizeof(path), "%s/%.*s", r->dir,
		    (int)(slash - name), name);
		(void)mkdir(path, 0755);
	}
	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

void
rules_remove(struct rules *r, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	assert_int_equal(unlink(path), 0);
}

int
rules_load(struct rules *r)
{
	policy_freep(&r->p);
	buf_reset(&r->problems);
	memset(&r->e, 0, sizeof(r->e));
	return policy_load(r->dir, &r->p, &r->problems, &r->e);
}

void
rules_shipped(const char *name, struct buf *out)
{
	char path[512];

	snprintf(path, sizeof(path), "policy/rules/%s", name);
	rules_source(path, out);
}

void
rules_source(const char *name, struct buf *out)
{
	char path[1024];
	struct err e;

	snprintf(path, sizeof(path), "%s/%s", SCEAU_SOURCE, name);
	if (file_read(AT_FDCWD, path, 1u << 20, out, &e) < 0)
		fail_msg("%s: %s", path, e.text);
}

static void
put_notices(struct rules *r)
{
	struct dirent *d;
	char name[300];
	DIR *dir = opendir(SCEAU_SOURCE "/policy/rules/notices");

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		AUTO(buf_done) struct buf text = { 0 };

		if (d->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "notices/%.200s", d->d_name);
		rules_shipped(name, &text);
		rules_put(r, name, buf_str(&text));
	}
	closedir(dir);
}

int
rules_setup_shipped(void **state)
{
	static const char *const files[][2] = {
		{ "00-common.conf", "00-common.conf" },
		{ "10-2027.conf", "10-2027.conf" },
		{ "77-seine-et-marne.conf", "77-seine-et-marne.conf" },
		{ "people.example.conf", "people.conf" },
	};
	struct rules *r;
	size_t i;

	if (rules_setup(state) < 0)
		return -1;
	r = *state;
	for (i = 0; i < NELEMS(files); i++) {
		AUTO(buf_done) struct buf text = { 0 };

		rules_shipped(files[i][0], &text);
		rules_put(r, files[i][1], buf_str(&text));
	}
	put_notices(r);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
	return 0;
}

void
rules_edit(const char *text, const char *from, const char *to, struct buf *out,
    int *line)
{
	const char *at = strstr(text, from), *p;

	if (at == NULL)
		fail_msg("\"%s\" is not in the text", from);
	*line = 1;
	for (p = text; p < at; p++)
		*line += *p == '\n';
	buf_reset(out);
	assert_int_equal(buf_add(out, text, (size_t)(at - text), NULL), 0);
	assert_int_equal(buf_addstr(out, to, NULL), 0);
	assert_int_equal(buf_addstr(out, at + strlen(from), NULL), 0);
}
