#include "client/custody.h"

#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rw.h"
#include "base/settings.h"
#include "keys/unseal.h"

#define PAGE_DIGEST 32	 /* bytes of the SHA-256 of a page */
#define ANSWER_MS 120000 /* a derivation, and those of others before it */

/* The folder of the vault whose run/ holds the socket at path, links
 * resolved; NULL when there is none. */
static char *
vault_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = NULL, *above = NULL, *real = NULL;

	folder = slash != NULL ? strndup(path, (size_t)(slash + 1 - path))
			       : strdup("./");
	/* The run folder may be a link from /run: the vault is above it. */
	if (folder != NULL && (real = realpath(folder, NULL)) != NULL &&
	    asprintf(&above, "%s/..", real) < 0)
		above = NULL;
	free(folder);
	free(real);
	return above;
}

int
custody_open(struct custody *c, const char *path, struct err *e)
{
	AUTO(mem_freep) char *dir = vault_of(path);
	struct settings s;
	struct peer peer;
	int r;

	if ((r = ipc_connect(path, SOCK_SEQPACKET, &c->fd, e)) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "no-agent", "%s", path);
	if ((r = ipc_peer(c->fd, &peer, e)) < 0)
		return r;
	c->known = 0;
	if (dir == NULL)
		return 0;
	r = settings_load(dir, &s, e);
	if (r == -(int)ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	if (peer.uid != s.uid_keys)
		return err_tag(e, ERR_DENIED, "agent-other", "uid %u, %u",
		    (unsigned)peer.uid, (unsigned)s.uid_keys);
	c->known = 1;
	return 0;
}

void
custody_done(struct custody *c)
{
	fd_closep(&c->fd);
}

int
custody_decode(struct rd *r, struct err *e)
{
	uint32_t code = rd_u32(r);
	char text[ERR_TEXT_MAX];

	rd_str(r, text, sizeof(text));
	if (r->bad || code >= ERR_CODES)
		return err_tag(e, ERR_UNAVAILABLE, "no-agent", "answer");
	if (code == ERR_OK)
		return 0;
	return err_set(e, (enum err_code)code, "%s", text);
}

/* One request; the answer stays in the buffer that *r reads. */
static int
call(struct custody *c, const struct buf *request, struct buf *answer,
    struct rd *r, struct err *e)
{
	size_t nfds = 0;
	int ret;

	if ((ret = ipc_send(c->fd, request->p, request->len, NULL, 0, e)) < 0 ||
	    (ret = ipc_recv(c->fd, answer, NULL, &nfds, ANSWER_MS, e)) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "no-agent", "unseal.sock");
	rd_init(r, answer->p, answer->len);
	return custody_decode(r, e);
}

static int
simple(struct custody *c, uint8_t op, const struct secret *pass,
    const uint8_t *page, struct err *e)
{
	AUTO(buf_done) struct buf request = { 0 }, answer = { 0 };
	struct wr w;
	struct rd rd;
	int r;

	/* Room at once: growing would copy the passphrase. */
	if ((r = buf_reserve(&request, UNSEAL_PASSPHRASE_MAX + 64, e)) < 0)
		return r;
	wr_init(&w, &request);
	wr_u8(&w, op);
	if (pass != NULL)
		wr_blob(&w, pass->p, pass->len);
	if (page != NULL)
		wr_bytes(&w, page, PAGE_DIGEST);
	if ((r = wr_end(&w, e)) < 0 ||
	    (r = call(c, &request, &answer, &rd, e)) < 0)
		return r;
	return rd_end(&rd, "answer", e);
}

int
custody_status(struct custody *c, struct custody_status *out, struct err *e)
{
	AUTO(buf_done) struct buf request = { 0 }, answer = { 0 };
	struct custody_status got = { 0 };
	struct wr w;
	struct rd rd;
	int r;

	wr_init(&w, &request);
	wr_u8(&w, UNSEAL_OP_STATUS);
	if ((r = wr_end(&w, e)) < 0 ||
	    (r = call(c, &request, &answer, &rd, e)) < 0)
		return r;
	got.sealed = rd_u8(&rd);
	got.slots = rd_u32(&rd);
	got.reserve = rd_u64(&rd);
	got.given = rd_u64(&rd);
	got.generation = rd_u32(&rd);
	rd_str(&rd, got.custodians, sizeof(got.custodians));
	if ((r = rd_end(&rd, "answer", e)) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "no-agent", "answer");
	*out = got;
	return 0;
}

/* Is the caller's account one of the names? */
static int
is_custodian(const char *names)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *at = names;
	size_t n = pw != NULL ? strlen(pw->pw_name) : 0;

	for (; n > 0 && at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, pw->pw_name, n) == 0 &&
		    (at[n] == ' ' || at[n] == '\0'))
			return 1;
	}
	return 0;
}

/* The same with a tag, so that it has a sentence. */
static int
explain(struct custody *c, struct err *e)
{
	struct custody_status s;
	const struct err was = *e;

	if (was.code == ERR_CONFLICT)
		return err_tag(e, ERR_CONFLICT, "unsealed", "%s", "");
	if (was.code == ERR_BUSY)
		return err_tag(e, ERR_BUSY, "unseal-wait", "%s", was.text);
	if (was.code != ERR_DENIED)
		return -(int)was.code;
	if (custody_status(c, &s, NULL) == 0 && !is_custodian(s.custodians))
		return err_tag(e, ERR_DENIED, "custodian", "%s", "");
	return err_tag(e, ERR_DENIED, "passphrase", "%s", "");
}

int
custody_unseal(struct custody *c, const struct secret *pass, struct err *e)
{
	int r = simple(c, UNSEAL_OP_UNSEAL, pass, NULL, e);

	return r < 0 ? explain(c, e) : 0;
}

int
custody_seal(struct custody *c, struct err *e)
{
	int r = simple(c, UNSEAL_OP_SEAL, NULL, NULL, e);

	return r < 0 ? explain(c, e) : 0;
}

int
custody_attest(struct custody *c, const struct secret *pass,
    const uint8_t page[32], struct err *e)
{
	int r = simple(c, UNSEAL_OP_ATTEST, pass, page, e);

	if (r == -(int)ERR_SEALED)
		return err_tag(e, ERR_SEALED, "sealed", "unseal.sock");
	return r < 0 ? explain(c, e) : 0;
}
