#include "keys/slot.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rw.h"
#include "base/seal.h"

#define MAGIC_LEN 8
#define SALT_LEN 32
#define SCRYPT_R 8
#define SCRYPT_P 1
#define FILE_PREFIX "slot-"

static const uint8_t magic[MAGIC_LEN] = "sceauS1";

/* How a kind of slot keeps its private key. */
struct protector {
	uint8_t kind;
	int (*protect)(const struct slot_spec *spec, const struct secret *key,
	    struct buf *own, struct err *e);
	int (*reveal)(const struct buf *own, const struct id *vault,
	    const struct secret *credential, struct secret *key, struct err *e);
	int (*check)(const struct buf *own, struct err *e);
};

/* The passphrase: u8 log2 N, salt 32, blob private key sealed. */
struct passphrase {
	unsigned log2;
	uint8_t salt[SALT_LEN];
	const uint8_t *sealed; /* borrowed */
	size_t len;
};

static int
passphrase_decode(const struct buf *own, struct passphrase *p, struct err *e)
{
	struct rd r;

	rd_init(&r, own->p, own->len);
	p->log2 = rd_u8(&r);
	rd_bytes(&r, p->salt, SALT_LEN);
	p->sealed = rd_blob(&r, SLOT_PROTECTOR_MAX, &p->len);
	if (rd_end(&r, "slot", e) < 0 || p->log2 < SLOT_SCRYPT_LOG2_MIN ||
	    p->log2 > SLOT_SCRYPT_LOG2_MAX ||
	    p->len != seal_length(P256_KEY_LEN))
		return err_set(e, ERR_INTEGRITY, "passphrase slot");
	return 0;
}

static int
passphrase_check(const struct buf *own, struct err *e)
{
	struct passphrase p;

	return passphrase_decode(own, &p, e);
}

static void
passphrase_context(const struct id *vault, struct seal_context *c)
{
	memset(c, 0, sizeof(*c));
	c->type = SEAL_SLOT;
	c->vault = *vault;
}

static int
passphrase_key(const struct passphrase *p, const struct secret *pass,
    struct secret *key, struct err *e)
{
	int r;

	if ((r = secret_init(key, SECRET_KEY_LEN, e)) < 0)
		return r;
	return scrypt(pass->p, pass->len, p->salt, SALT_LEN,
	    UINT64_C(1) << p->log2, SCRYPT_R, SCRYPT_P, key->p, key->len, e);
}

static int
passphrase_protect(const struct slot_spec *spec, const struct secret *key,
    struct buf *own, struct err *e)
{
	AUTO(secret_done) struct secret under = { 0 };
	AUTO(buf_done) struct buf sealed = { 0 };
	struct passphrase p = { .log2 = spec->scrypt_log2 };
	struct seal_context c;
	struct wr w;
	int r;

	if (p.log2 < SLOT_SCRYPT_LOG2_MIN || p.log2 > SLOT_SCRYPT_LOG2_MAX)
		return err_set(e, ERR_INVALID, "scrypt cost from %d to %d",
		    SLOT_SCRYPT_LOG2_MIN, SLOT_SCRYPT_LOG2_MAX);
	passphrase_context(&spec->vault, &c);
	if ((r = crypto_random(p.salt, SALT_LEN, e)) < 0 ||
	    (r = passphrase_key(&p, spec->credential, &under, e)) < 0 ||
	    (r = seal_bytes(under.p, &c, key->p, key->len, &sealed, e)) < 0)
		return r;
	wr_init(&w, own);
	wr_u8(&w, (uint8_t)p.log2);
	wr_bytes(&w, p.salt, SALT_LEN);
	wr_blob(&w, sealed.p, sealed.len);
	return wr_end(&w, e);
}

static int
passphrase_reveal(const struct buf *own, const struct id *vault,
    const struct secret *credential, struct secret *key, struct err *e)
{
	AUTO(secret_done) struct secret under = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	struct seal_context c;
	struct passphrase p;
	int r;

	passphrase_context(vault, &c);
	if ((r = passphrase_decode(own, &p, e)) < 0 ||
	    (r = passphrase_key(&p, credential, &under, e)) < 0)
		return r;
	r = open_bytes(under.p, &c, p.sealed, p.len, &text, e);
	if (r == -(int)ERR_INTEGRITY)
		return err_set(e, ERR_DENIED, "the passphrase is not accepted");
	if (r < 0)
		return r;
	return secret_copy(key, text.p, text.len, e);
}

static const struct protector protectors[] = {
	{ SLOT_PASSPHRASE, passphrase_protect, passphrase_reveal,
	    passphrase_check },
};

static const struct protector *
protector_of(unsigned kind)
{
	size_t i;

	for (i = 0; i < NELEMS(protectors); i++)
		if (protectors[i].kind == kind)
			return &protectors[i];
	return NULL;
}

void
slot_done(struct slot *s)
{
	buf_done(&s->protector);
	memset(s, 0, sizeof(*s));
}

/* A name becomes part of a file's name: no dot, no slash, not empty. */
static int
name_is_plain(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return n > 0 && n < SLOT_NAME_MAX && s[n] == '\0';
}

int
slot_make(const struct slot_spec *spec, struct slot *out, struct err *e)
{
	const struct protector *p = protector_of(spec->kind);
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(slot_done) struct slot s = { .kind = (uint8_t)spec->kind };
	int r;

	if (p == NULL || !name_is_plain(spec->name))
		return err_set(e, ERR_INVALID, "a slot's kind or name");
	memcpy(s.name, spec->name, strlen(spec->name) + 1);
	if ((r = secret_init(&key, P256_KEY_LEN, e)) < 0 ||
	    (r = p256_generate(key.p, s.pub, e)) < 0 ||
	    (r = p->protect(spec, &key, &s.protector, e)) < 0)
		return r;
	*out = s;
	memset(&s, 0, sizeof(s));
	return 0;
}

int
slot_wrap(struct slot *s, const struct ecies_context *c,
    const struct secret *root, struct err *e)
{
	return ecies_wrap(s->pub, c, root, s->wrapped, e);
}

int
slot_open(const struct slot *s, const struct ecies_context *c,
    const struct secret *credential, struct secret *root, struct err *e)
{
	const struct protector *p = protector_of(s->kind);
	AUTO(secret_done) struct secret key = { 0 };
	int r;

	if (p == NULL)
		return err_set(e, ERR_INTERNAL, "slot of an unknown kind");
	if ((r = p->reveal(&s->protector, &c->vault, credential, &key, e)) < 0)
		return r;
	return ecies_unwrap(key.p, s->pub, c, s->wrapped, root, e);
}

int
slot_encode(const struct slot *s, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_bytes(&w, magic, MAGIC_LEN);
	wr_u8(&w, s->kind);
	wr_str(&w, s->name);
	wr_bytes(&w, s->pub, P256_PUB_LEN);
	wr_blob(&w, s->protector.p, s->protector.len);
	wr_blob(&w, s->wrapped, ECIES_LEN);
	return wr_end(&w, e);
}

int
slot_decode(const void *p, size_t n, struct slot *out, struct err *e)
{
	AUTO(slot_done) struct slot s = { 0 };
	const struct protector *protector;
	const uint8_t *own, *wrapped;
	size_t own_len, wrapped_len;
	uint8_t start[MAGIC_LEN];
	struct rd r;
	int ret;

	rd_init(&r, p, n);
	rd_bytes(&r, start, MAGIC_LEN);
	s.kind = rd_u8(&r);
	rd_str(&r, s.name, sizeof(s.name));
	rd_bytes(&r, s.pub, P256_PUB_LEN);
	own = rd_blob(&r, SLOT_PROTECTOR_MAX, &own_len);
	wrapped = rd_blob(&r, ECIES_LEN, &wrapped_len);
	if (rd_end(&r, "slot", e) < 0 || memcmp(start, magic, MAGIC_LEN) != 0 ||
	    wrapped_len != ECIES_LEN || !name_is_plain(s.name))
		return err_set(e, ERR_INTEGRITY, "a slot's form");
	if ((protector = protector_of(s.kind)) == NULL)
		return err_set(e, ERR_INTEGRITY, "slot of an unknown kind");
	memcpy(s.wrapped, wrapped, ECIES_LEN);
	if ((ret = buf_add(&s.protector, own, own_len, e)) < 0 ||
	    (ret = protector->check(&s.protector, e)) < 0)
		return ret;
	*out = s;
	memset(&s, 0, sizeof(s));
	return 0;
}

void
slots_done(struct slots *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		slot_done(&s->slot[i]);
	s->n = 0;
}

static void
slot_file(const char *name, char out[SLOT_NAME_MAX + 8])
{
	snprintf(out, SLOT_NAME_MAX + 8, FILE_PREFIX "%s", name);
}

int
slot_save(int dir, const struct slot *s, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	char file[SLOT_NAME_MAX + 8];
	int r;

	if ((r = slot_encode(s, &b, e)) < 0)
		return r;
	slot_file(s->name, file);
	return file_write(dir, file, b.p, b.len, 0600, e);
}

static int
slot_load(int dir, const char *file, struct slot *out, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(slot_done) struct slot s = { 0 };
	int r;

	if ((r = file_read(dir, file, SLOT_FILE_MAX, &b, e)) < 0)
		return r;
	if ((r = slot_decode(b.p, b.len, &s, e)) < 0)
		return err_wrap(e, "%s", file);
	/* A slot under another's name would be renamed by the next rotate. */
	if (strcmp(s.name, file + strlen(FILE_PREFIX)) != 0)
		return err_set(e, ERR_INTEGRITY, "%s: another slot's", file);
	*out = s;
	memset(&s, 0, sizeof(s));
	return 0;
}

static void
dir_closep(DIR **dp)
{
	if (*dp != NULL)
		closedir(*dp);
	*dp = NULL;
}

static int
load_all(DIR *list, int dir, struct slots *out, struct err *e)
{
	struct dirent *at;
	int r;

	while ((at = readdir(list)) != NULL) {
		if (strncmp(at->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) != 0)
			continue;
		if (out->n == SLOT_MAX)
			return err_set(
			    e, ERR_TOO_LARGE, "over %d slots", SLOT_MAX);
		if ((r = slot_load(dir, at->d_name, &out->slot[out->n], e)) < 0)
			return r;
		out->n++;
	}
	return 0;
}

int
slots_load(int dir, struct slots *out, struct err *e)
{
	AUTO(dir_closep) DIR *list = NULL;
	AUTO(slots_done) struct slots got = { .n = 0 };
	int fd, r;

	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, ERR_IO, "list slots");
	if ((list = fdopendir(fd)) == NULL) {
		err_sys(e, ERR_IO, "list slots");
		close(fd);
		return -(int)ERR_IO;
	}
	if ((r = load_all(list, dir, &got, e)) < 0)
		return r;
	if (got.n == 0)
		return err_set(e, ERR_INCOMPLETE, "the vault has no slot");
	*out = got;
	got.n = 0;
	return 0;
}
