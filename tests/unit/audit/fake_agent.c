#include "tests/unit/audit/fake_agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORIGIN "sceau.example/log"

void
fake_agent_init(struct agent *a)
{
	uint8_t pub[ED25519_LEN];

	memset(a, 0, sizeof(*a));
	a->sync_fd = -1;
	memset(a->seed, 7, sizeof(a->seed));
	assert_int_equal(ed25519_public(a->seed, pub, NULL), 0);
	assert_int_equal(
	    note_key_make(ORIGIN, NOTE_ED25519, pub, &a->key, NULL), 0);
}

int
agent_status(struct agent *a, struct agent_status *out, struct err *e)
{
	if (a->away)
		return err_set(e, ERR_UNAVAILABLE, "away");
	memset(out, 0, sizeof(*out));
	out->sealed = a->sealed;
	out->head_size = a->head_size;
	out->head_root = a->head_root;
	return 0;
}

int
agent_detail_key(
    struct agent *a, uint32_t month, struct secret *key, struct err *e)
{
	uint8_t k[SECRET_KEY_LEN] = { 0 };

	if (a->away)
		return err_set(e, ERR_UNAVAILABLE, "away");
	if (a->sealed)
		return err_set(e, ERR_SEALED, "sealed");
	if (month == a->expired)
		return err_set(e, ERR_NOT_FOUND, "expired");
	a->detail_keys++;
	memcpy(k, &month, sizeof(month));
	return secret_copy(key, k, sizeof(k), e);
}

static int
sign(struct agent *a, uint64_t size, const struct hash *root, struct buf *note,
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct checkpoint cp = { .size = size, .root = *root };
	int r;

	snprintf(cp.origin, sizeof(cp.origin), "%s", ORIGIN);
	if (a->lie)
		cp.root.b[0] ^= 1;
	if ((r = checkpoint_format(&cp, &text, e)) < 0)
		return r;
	return note_sign(
	    &a->key, a->seed, (const char *)text.p, text.len, note, e);
}

int
agent_sign_head(struct agent *a, uint64_t size, const struct hash *root,
    const struct hash *proof, size_t nproof, struct buf *note, struct err *e)
{
	int r;

	if (a->away)
		return err_set(e, ERR_UNAVAILABLE, "away");
	if (a->sealed)
		return err_set(e, ERR_SEALED, "sealed");
	if (a->head_size > 0 &&
	    merkle_check_consistency(
		a->head_size, &a->head_root, size, root, proof, nproof, e) < 0)
		return err_set(e, ERR_INCONSISTENT, "it does not extend");
	a->head_size = size;
	a->head_root = *root;
	a->signs++;
	if (a->sync_fd >= 0 && (pwrite(a->sync_fd, root, 32, 0) != 32 ||
				   fdatasync(a->sync_fd) < 0))
		return err_sys(e, ERR_IO, "sync");
	if ((r = sign(a, size, root, note, e)) < 0)
		return r;
	if (a->lose_answer) {
		buf_done(note);
		return err_set(e, ERR_UNAVAILABLE, "gone");
	}
	return 0;
}
