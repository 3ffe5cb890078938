#include "keys/door.h"

#include <string.h>

#include "base/rw.h"

#define NAMES_MAX 512 /* bytes of the custodians' names */

int
door_decode(const void *p, size_t n, struct secret *pass,
    uint8_t digest[SHA256_LEN], struct err *e)
{
	uint8_t attested[SHA256_LEN] = { 0 };
	const uint8_t *text = NULL;
	size_t len = 0;
	struct rd r;
	int op, secret, ret;

	rd_init(&r, p, n);
	op = rd_u8(&r);
	secret = op == UNSEAL_OP_UNSEAL || op == UNSEAL_OP_ATTEST;
	if (secret)
		text = rd_blob(&r, UNSEAL_PASSPHRASE_MAX, &len);
	else if (op != UNSEAL_OP_SEAL && op != UNSEAL_OP_STATUS)
		r.bad = 1;
	if (secret && len == 0)
		r.bad = 1;
	if (op == UNSEAL_OP_ATTEST)
		rd_bytes(&r, attested, sizeof(attested));
	if ((ret = rd_end(&r, "request", e)) < 0)
		return ret;
	if (secret && (ret = secret_copy(pass, text, len, e)) < 0)
		return ret;
	memcpy(digest, attested, sizeof(attested));
	return op;
}

static void
begin(struct wr *w, struct buf *answer)
{
	wr_init(w, answer);
	wr_u32(w, ERR_OK);
	wr_str(w, "");
}

static void
end(const struct wr *w, struct buf *answer)
{
	if (wr_end(w, NULL) < 0)
		buf_reset(answer);
}

void
door_done(struct buf *answer)
{
	struct wr w;

	begin(&w, answer);
	end(&w, answer);
}

void
door_status(
    const struct safe *s, const struct custodians *c, struct buf *answer)
{
	char names[NAMES_MAX];
	struct wr w;

	custodians_names(c, names, sizeof(names));
	begin(&w, answer);
	wr_u8(&w, !s->open);
	wr_u32(&w, s->nslots);
	wr_u64(&w, safe_reserve(s));
	wr_u64(&w, s->mark);
	wr_u32(&w, s->generation);
	wr_str(&w, names);
	end(&w, answer);
}
