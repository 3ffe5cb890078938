#include "tests/unit/core/core_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/rw.h"
#include "base/sshsig.h"
#include "base/text.h"

/* Two by two, made with zlib and nothing else. */
const uint8_t core_fixture_png[] = {
	0x89,
	0x50,
	0x4e,
	0x47,
	0x0d,
	0x0a,
	0x1a,
	0x0a,
	0x00,
	0x00,
	0x00,
	0x0d,
	0x49,
	0x48,
	0x44,
	0x52,
	0x00,
	0x00,
	0x00,
	0x02,
	0x00,
	0x00,
	0x00,
	0x02,
	0x08,
	0x02,
	0x00,
	0x00,
	0x00,
	0xfd,
	0xd4,
	0x9a,
	0x73,
	0x00,
	0x00,
	0x00,
	0x10,
	0x49,
	0x44,
	0x41,
	0x54,
	0x78,
	0x9c,
	0x63,
	0xf8,
	0xdf,
	0x20,
	0x00,
	0x44,
	0x0c,
	0x10,
	0x0a,
	0x00,
	0x2f,
	0x6e,
	0x06,
	0x3d,
	0x57,
	0x7f,
	0x8f,
	0x5b,
	0x00,
	0x00,
	0x00,
	0x00,
	0x49,
	0x45,
	0x4e,
	0x44,
	0xae,
	0x42,
	0x60,
	0x82,
};
const size_t core_fixture_png_len = sizeof(core_fixture_png);

static const struct {
	uint32_t uid;
	const char *account, *role, *team, *key;
} people[] = {
	[CAMILLE] = { 62001, "camille.exemple", "caseworker", "nord",
	    "AAAAC3NzaC1lZDI1NTE5AAAAIHSIku2Rivbe3HaSRvOm3vS69rhvH0E/MUyb7D32"
	    "Wnm7" },
	[NOA] = { 62002, "noa.exemple", "lead", "nord",
	    "AAAAC3NzaC1lZDI1NTE5AAAAIAya4tvQQLVr/8aYGG4wo6HhPftS/tFPBrvObufi"
	    "QXn3" },
	[SACHA] = { 62003, "sacha.exemple", "caseworker", "sud", NULL },
	[ADMIN] = { 62004, "ada.exemple", "administrator", NULL, NULL },
	[DIRECTOR] = { 62005, "denis.exemple", "director", NULL, "seed" },
	[JURIST] = { 62006, "jade.exemple", "jurist", "nord", "seed" },
	[CAF] = { 62007, "caf.exemple", "partner", NULL, NULL },
	[CCAPEX] = { 62008, "ccapex.exemple", "partner", NULL, NULL },
	[DPO] = { 62010, "dana.exemple", "dpo", NULL, "seed" },
	[NOBODY] = { 62009, "personne", NULL, NULL, NULL },
};

void
core_fixture_seed(enum person who, uint8_t seed[32])
{
	memset(seed, 0x40 + (int)who, 32);
}

/* In place of the machine's clock; NULL: that one. */
static int64_t (*other_clock)(void);

void
core_fixture_set_clock(struct core_fixture *f, int64_t (*now_ms)(void))
{
	(void)f;
	other_clock = now_ms;
}

int64_t
core_fixture_now(void)
{
	struct timespec t;

	if (other_clock != NULL)
		return other_clock();

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
copy_rules(struct core_fixture *f, const char *name)
{
	AUTO(buf_done) struct buf text = { 0 };
	char from[512], to[512];

	snprintf(from, sizeof(from), "%s/policy/rules/%s", SCEAU_SOURCE, name);
	snprintf(to, sizeof(to), "%s/policy/%s", f->agent.dir, name);
	assert_int_equal(file_read(AT_FDCWD, from, 1u << 20, &text, NULL), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, to, text.p, text.len, 0644, NULL), 0);
}

/* A folder beside the rules. */
static void
copy_folder(struct core_fixture *f, const char *name)
{
	struct dirent *d;
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/policy/%s", f->agent.dir, name);
	assert_int_equal(dir_make(AT_FDCWD, path, 0755, NULL), 0);
	snprintf(path, sizeof(path), "%s/policy/rules/%s", SCEAU_SOURCE, name);
	if ((dir = opendir(path)) == NULL)
		return;
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%.200s", name, d->d_name);
		copy_rules(f, path);
	}
	closedir(dir);
}

static void
add_keys(struct buf *b, enum person who)
{
	AUTO(buf_done) struct buf line = { 0 };
	uint8_t seed[32], pub[32];

	if (people[who].key == NULL)
		return;
	if (strcmp(people[who].key, "seed") != 0) {
		assert_int_equal(
		    buf_addf(b, NULL, " keys = { \"ssh-ed25519 %s x\" }\n",
			people[who].key),
		    0);
		return;
	}
	core_fixture_seed(who, seed);
	assert_int_equal(ed25519_public(seed, pub, NULL), 0);
	assert_int_equal(ssh_public_line(pub, "x", &line, NULL), 0);
	line.len = strcspn(buf_str(&line), "\n");
	assert_int_equal(
	    buf_addf(b, NULL, " keys = { \"%s\" }\n", buf_str(&line)), 0);
}

static void
write_people(struct core_fixture *f)
{
	AUTO(buf_done) struct buf b = { 0 };
	char path[512];
	size_t i;

	assert_int_equal(buf_addstr(&b, "format = 1\n", NULL), 0);
	for (i = 0; i < NOBODY; i++) {
		assert_int_equal(
		    buf_addf(&b, NULL,
			"person \"%s\" {\n uid = %u\n name = \"%s\"\n"
			" role = %s\n organisation = asso\n status = active\n",
			people[i].account, people[i].uid, people[i].account,
			people[i].role),
		    0);
		if (people[i].team != NULL)
			assert_int_equal(
			    buf_addf(&b, NULL, " team = %s\n", people[i].team),
			    0);
		add_keys(&b, (enum person)i);
		if (i == CAF || i == CCAPEX)
			assert_int_equal(buf_addf(&b, NULL, " recipient = %s\n",
					     i == CAF ? "caf" : "ccapex"),
			    0);
		assert_int_equal(buf_addstr(&b, "}\n", NULL), 0);
	}
	snprintf(path, sizeof(path), "%s/policy/people.conf", f->agent.dir);
	assert_int_equal(file_write(AT_FDCWD, path, b.p, b.len, 0644, NULL), 0);
}

static void
write_policy(struct core_fixture *f)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/policy", f->agent.dir);
	assert_int_equal(dir_make(AT_FDCWD, path, 0755, NULL), 0);
	copy_rules(f, "00-common.conf");
	copy_rules(f, "10-2027.conf");
	copy_rules(f, "77-seine-et-marne.conf");
	copy_folder(f, "notices");
	copy_folder(f, "tests");
	write_people(f);
}

static void
start_inspect(struct core_fixture *f)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	f->inspect = fork();
	assert_true(f->inspect >= 0);
	if (f->inspect == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		if (dup2(ends[1], 3) < 0)
			_exit(126);
		execl(SCEAU_INSPECT, SCEAU_INSPECT, "-d", f->agent.dir,
		    "--ready-fd", "3", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
}

int
core_fixture_init(struct core_fixture *f)
{
	memset(f, 0, sizeof(*f));
	if (!agent_fixture_init(&f->agent))
		return 0;
	write_policy(f);
	agent_fixture_start(&f->agent);
	agent_fixture_unseal(&f->agent);
	start_inspect(f);
	return 1;
}

void
core_fixture_open(struct core_fixture *f)
{
	if (core_open(&f->agent.settings, core_fixture_now, &f->core, &f->e) <
	    0)
		fail_msg("core: %s", f->e.text);
}

void
core_fixture_live(struct core_fixture *f, int64_t *clock, int64_t until)
{
	static const int64_t step = 40 * INT64_C(86400000);
	struct caller who = core_fixture_caller(f, ADMIN);
	uint64_t leaf;

	while (until - *clock > 0) {
		*clock += until - *clock < step ? until - *clock : step;
		assert_int_equal(core_read_leaf(f->core, &who, LEAF_DUE, NULL,
				     NULL, &leaf, &f->e),
		    0);
	}
}

void
core_fixture_close(struct core_fixture *f)
{
	other_clock = NULL;
	core_freep(&f->core);
}

void
core_fixture_done(struct core_fixture *f)
{
	core_fixture_close(f);
	if (f->inspect > 0) {
		kill(f->inspect, SIGKILL);
		waitpid(f->inspect, NULL, 0);
	}
	agent_fixture_done(&f->agent);
}

int
core_fixture_setup(void **state)
{
	struct core_fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || !core_fixture_init(f)) {
		free(f);
		*state = NULL;
		return 0;
	}
	core_fixture_open(f);
	*state = f;
	return 0;
}

int
core_fixture_teardown(void **state)
{
	struct core_fixture *f = *state;

	if (f != NULL)
		core_fixture_done(f);
	free(f);
	return 0;
}

struct caller
core_fixture_caller(struct core_fixture *f, enum person who)
{
	struct caller c = { .actor = { .uid = people[who].uid },
		.request = ++f->requests };

	snprintf(c.actor.account, sizeof(c.actor.account), "%s",
	    people[who].account);
	if (people[who].role != NULL)
		snprintf(
		    c.actor.role, sizeof(c.actor.role), "%s", people[who].role);
	c.who = policy_principal(
	    f->core->policy, people[who].uid, people[who].account);
	assert_int_equal(c.who == NULL, who == NOBODY);
	return c;
}

void
core_fixture_statement(struct core_fixture *f, enum policy_op op,
    const char *object, struct statement *out)
{
	memset(out, 0, sizeof(*out));
	out->vault = f->agent.settings.vault;
	snprintf(
	    out->operation, sizeof(out->operation), "%s", policy_op_name(op));
	snprintf(out->object, sizeof(out->object), "%s",
	    object != NULL ? object : "-");
	snprintf(out->purpose, sizeof(out->purpose), "-");
	out->log_size = audit_size(f->core->audit);
	out->expires_ms = core_fixture_now() / 1000 * 1000 + 300000;
	assert_int_equal(
	    crypto_random(out->nonce, sizeof(out->nonce), NULL), 0);
}

void
core_fixture_sign(enum person who, const char *text, struct buf *header)
{
	AUTO(buf_done) struct buf plain = { 0 }, armored = { 0 };
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	assert_int_equal(buf_addstr(&plain, text, NULL), 0);
	assert_int_equal(sshsig_sign(seed, STEP_UP_NAMESPACE, text,
			     strlen(text), &armored, NULL),
	    0);
	buf_reset(header);
	assert_int_equal(statement_pack(&plain, &armored, header, NULL), 0);
}

#define SK_TYPE "sk-ssh-ed25519@openssh.com"

void
core_fixture_token(const uint8_t seed[32], struct buf *blob)
{
	uint8_t pub[32];
	struct wr w;

	assert_int_equal(ed25519_public(seed, pub, NULL), 0);
	wr_init(&w, blob);
	wr_str(&w, SK_TYPE);
	wr_blob(&w, pub, sizeof(pub));
	wr_str(&w, "ssh:");
	assert_int_equal(wr_end(&w, NULL), 0);
}

/* What a security key signs (PROTOCOL.u2f) of what ssh-keygen would have
 * signed (PROTOCOL.sshsig), with these flags. */
static void
sk_raw(const uint8_t seed[32], uint8_t flags, const char *ns, const char *page,
    uint8_t out[64])
{
	AUTO(buf_done) struct buf text = { 0 }, b = { 0 };
	uint8_t sum[64];
	struct wr w;

	wr_init(&w, &text);
	wr_bytes(&w, "SSHSIG", 6);
	wr_str(&w, ns);
	wr_str(&w, "");
	wr_str(&w, "sha512");
	assert_int_equal(
	    digest_of(DIGEST_SHA512, page, strlen(page), sum, NULL), 0);
	wr_blob(&w, sum, 64);
	assert_int_equal(digest_of(DIGEST_SHA256, "ssh:", 4, sum, NULL), 0);
	wr_init(&w, &b);
	wr_bytes(&w, sum, 32);
	wr_u8(&w, flags);
	wr_u32(&w, 7);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, text.p, text.len, sum, NULL), 0);
	wr_bytes(&w, sum, 32);
	assert_int_equal(ed25519_sign(seed, b.p, b.len, out, NULL), 0);
}

void
core_fixture_token_sign(const uint8_t seed[32], uint8_t flags, const char *ns,
    const char *page, struct buf *armored)
{
	AUTO(buf_done)
	struct buf key = { 0 }, sig = { 0 }, all = { 0 }, b64 = { 0 };
	uint8_t raw[64];
	struct wr w;

	core_fixture_token(seed, &key);
	sk_raw(seed, flags, ns, page, raw);
	wr_init(&w, &sig);
	wr_str(&w, SK_TYPE);
	wr_blob(&w, raw, sizeof(raw));
	wr_u8(&w, flags);
	wr_u32(&w, 7);
	wr_init(&w, &all);
	wr_bytes(&w, "SSHSIG", 6);
	wr_u32(&w, 1);
	wr_blob(&w, key.p, key.len);
	wr_str(&w, ns);
	wr_str(&w, "");
	wr_str(&w, "sha512");
	wr_blob(&w, sig.p, sig.len);
	assert_int_equal(wr_end(&w, NULL), 0);
	assert_int_equal(base64_format(all.p, all.len, &b64, NULL), 0);
	assert_int_equal(
	    buf_addstr(armored, "-----BEGIN SSH SIGNATURE-----\n", NULL), 0);
	for (size_t at = 0; at < b64.len; at += 70)
		assert_int_equal(
		    buf_addf(armored, NULL, "%.70s\n", buf_str(&b64) + at), 0);
	assert_int_equal(
	    buf_addstr(armored, "-----END SSH SIGNATURE-----\n", NULL), 0);
}

struct caller
core_fixture_stepped_up(struct core_fixture *f, enum person who,
    enum policy_op op, const char *object, struct buf *header)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct caller c = core_fixture_caller(f, who);
	struct statement s;

	core_fixture_statement(f, op, object, &s);
	assert_int_equal(statement_format(&s, &text, NULL), 0);
	core_fixture_sign(who, buf_str(&text), header);
	c.step_up = buf_str(header);
	return c;
}

static void
take_text(json_t *answer, const char *name, char out[ID_TEXT])
{
	const char *s = json_string_value(json_object_get(answer, name));

	assert_non_null(s);
	assert_int_equal(strlen(s), ID_TEXT - 1);
	memcpy(out, s, ID_TEXT);
}

void
core_fixture_case(
    struct core_fixture *f, enum person who, const char *name, char id[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, who);
	struct case_person p = {
		.role = "titulaire", .name = name, .birth_year = 1980
	};
	struct case_opening o = { .stage = "amont",
		.source = "CCAPEX",
		.title = "Ménage fictif",
		.commune = "Melun",
		.reference = "EX-2026-17",
		.persons = &p,
		.npersons = 1 };
	json_t *answer = NULL;

	if (case_open(f->core, &c, &o, &answer, &f->e) < 0)
		fail_msg("case: %s", f->e.text);
	take_text(answer, "case", id);
	json_decref(answer);
}

void
core_fixture_send(struct core_fixture *f, enum person who, const void *p,
    size_t n, char id[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, who);
	const uint8_t *at = p;
	struct upload *u = NULL;
	struct id raw;
	size_t some;
	int r;

	assert_int_equal(id_random(&raw, NULL), 0);
	id_format(&raw, id);
	/* The event loop would tell the client to come again. */
	while ((r = uploads_begin(f->core, &c, id, 0, &u, &f->e)) == -ERR_BUSY)
		usleep(1000);
	if (r < 0)
		fail_msg("upload: %s", f->e.text);
	for (; n > 0; at += some, n -= some) {
		some = n < 60000 ? n : 60000;
		if (upload_write(u, at, some, &f->e) < 0)
			fail_msg("upload: %s", f->e.text);
	}
	upload_pause(u);
}

int
core_fixture_file(struct core_fixture *f, enum person who, const char *kase,
    const char *kind, const void *p, size_t n, const char *level,
    const char *key, json_t **answer)
{
	struct caller c = core_fixture_caller(f, who);
	char upload[ID_TEXT];
	struct filing fl = { .kase = kase,
		.kind = kind,
		.level = level,
		.title = "",
		.replaces = "",
		.npages = 1 };
	int again;

	core_fixture_send(f, who, p, n, upload);
	fl.pages[0] = (struct filing_page){ upload, "fichier" };
	c.idempotency = key;
	return document_file(
	    f->core, &c, &fl, &f->object, answer, &again, &f->e);
}

int
core_fixture_get(struct core_fixture *f, enum person who, const char *doc,
    uint32_t version, uint32_t page, struct buf *out)
{
	struct caller c = core_fixture_caller(f, who);
	struct content content = { 0 };
	size_t was;
	int r;

	if ((r = content_open(f->core, &c, doc, version, page, &f->object,
		 &content, &f->e)) < 0)
		return r;
	do {
		was = out->len;
		r = content_next(content.stream, out, &f->e);
	} while (r == 0 && out->len > was);
	content_freep(&content.stream);
	if (r == 0)
		assert_int_equal(out->len, content.size);
	return r;
}

void
core_fixture_pdf(struct buf *out, const char *text, size_t n)
{
	buf_reset(out);
	assert_int_equal(
	    buf_addf(out, NULL, "%%PDF-1.4\n%%\xe2\xe3\xcf\xd3\n%% %s\n", text),
	    0);
	while (out->len < n)
		assert_int_equal(buf_addf(out, NULL, "%% %zu\n", out->len), 0);
	assert_int_equal(
	    buf_addstr(out,
		"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
		"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
		"trailer\n<</Root 1 0 R/Size 3>>\nstartxref\n0\n%%EOF\n",
		NULL),
	    0);
}
