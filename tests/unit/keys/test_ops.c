#include "fixture.h"

#include <string.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/rw.h"
#include "keys/door.h"
#include "keys/proto.h"

struct desk {
	struct fixture *f;
	struct events events;
	struct custodians who;
	struct ops ops;
	struct buf req, ans;
	struct wr w;
};

static int
setup(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));
	void *f = NULL;

	assert_non_null(d);
	assert_int_equal(fixture_setup(&f), 0);
	d->f = f;
	assert_ok(events_open(-1, &d->events, &d->f->e));
	assert_ok(custodians_add(&d->who, "root", &d->f->e));
	d->ops.safe = &d->f->safe;
	d->ops.events = &d->events;
	d->ops.custodians = &d->who;
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;
	void *f = d->f;

	events_close(&d->events);
	buf_done(&d->req);
	buf_done(&d->ans);
	free(d);
	return fixture_teardown(&f);
}

static void
begin(struct desk *d, int op)
{
	buf_reset(&d->req);
	wr_init(&d->w, &d->req);
	wr_u8(&d->w, (uint8_t)op);
}

/* The code of the answer to the first n bytes of the request. */
static uint32_t
ask(struct desk *d, size_t n, int memfd)
{
	struct rd r;
	char text[256];
	uint32_t code;

	buf_reset(&d->ans);
	if (ops_answer(&d->ops, d->req.p, n, memfd, &d->ans) == OPS_WAIT)
		return ERR_CODES;
	rd_init(&r, d->ans.p, d->ans.len);
	code = rd_u32(&r);
	rd_str(&r, text, sizeof(text));
	assert_false(r.bad);
	if (code != ERR_OK)
		assert_int_equal(rd_end(&r, "answer", NULL), 0);
	return code;
}

static void
put_request(struct desk *d, int op)
{
	struct wr *w = &d->w;
	uint8_t zeros[64] = { 0 };

	begin(d, op);
	switch (op) {
	case AGENT_OP_FLOOR:
		wr_u64(w, 1);
		break;
	case AGENT_OP_GET:
		wr_u64(w, 0);
		wr_u32(w, 2);
		wr_u64(w, 1);
		wr_u64(w, 2);
		break;
	case AGENT_OP_DETAIL:
		wr_u32(w, 2026 * 12);
		break;
	case AGENT_OP_HEAD:
		wr_u64(w, 1);
		wr_bytes(w, zeros, 32);
		wr_u32(w, 0);
		break;
	case AGENT_OP_COMMIT:
		wr_bytes(w, zeros, 20);
		wr_u8(w, 1);
		wr_bytes(w, zeros, 20);
		wr_u32(w, 1);
		wr_u64(w, 1);
		break;
	case AGENT_OP_EXTRACT:
		wr_bytes(w, zeros, 16);
		wr_u64(w, 0);
		wr_bytes(w, zeros, 64);
		wr_u64(w, 1);
		break;
	case AGENT_OP_CERTIFICATE:
		wr_u64(w, 0);
		wr_str(w, "sceau erasure certificate 1\nleaf 0\n");
		break;
	case AGENT_OP_EVENT:
		wr_u32(w, 10);
		break;
	case AGENT_OP_EVENT_DONE:
		wr_u64(w, 1);
		break;
	case AGENT_OP_ENVELOPE:
		wr_u64(w, 1);
		wr_bytes(w, zeros, 16);
		wr_bytes(w, zeros, 64);
		wr_u8(w, 0);
		break;
	default:
		break;
	}
}

static void
sealed_every_use_of_keys_says_so(void **state)
{
	struct desk *d = *state;
	int op;

	for (op = AGENT_OP_PUBLIC; op <= AGENT_OP_CERTIFICATE; op++) {
		put_request(d, op);
		assert_int_equal(ask(d, d->req.len, -1), ERR_SEALED);
	}
	for (op = AGENT_OP_INTAKE; op <= AGENT_OP_ENVELOPE; op++) {
		put_request(d, op);
		assert_int_equal(ask(d, d->req.len, -1), ERR_SEALED);
	}
	put_request(d, AGENT_OP_STATUS);
	assert_int_equal(ask(d, d->req.len, -1), ERR_OK);
}

static void
open_every_operation_answers(void **state)
{
	struct desk *d = *state;
	int op;

	fixture_open(d->f);
	for (op = AGENT_OP_STATUS; op <= AGENT_OP_CERTIFICATE; op++) {
		put_request(d, op);
		assert_int_equal(ask(d, d->req.len, -1), ERR_OK);
	}
	put_request(d, AGENT_OP_INTAKE);
	assert_int_equal(ask(d, d->req.len, -1), ERR_OK);
	/* Sealed to a key of zeros: not ours. */
	put_request(d, AGENT_OP_ENVELOPE);
	assert_int_equal(ask(d, d->req.len, -1), ERR_NOT_FOUND);
}

static void
every_cut_and_every_excess_is_refused(void **state)
{
	struct desk *d = *state;
	size_t n, whole;
	int op;

	fixture_open(d->f);
	for (op = AGENT_OP_STATUS; op <= AGENT_OP_ENVELOPE; op++) {
		if (op == AGENT_OP_ROTATE)
			continue;
		put_request(d, op);
		whole = d->req.len;
		for (n = 1; n < whole; n++)
			assert_int_equal(ask(d, n, -1), ERR_INVALID);
		wr_u8(&d->w, 0);
		assert_int_equal(ask(d, whole + 1, -1), ERR_INVALID);
	}
	assert_int_equal(d->f->safe.mark, 1); /* nothing was drawn */
	assert_int_equal(ask(d, 0, -1), ERR_INVALID);
}

static void
unknown_operations_and_stray_files_are_refused(void **state)
{
	struct desk *d = *state;
	int op, fd;

	fixture_open(d->f);
	for (op = 0; op < 256; op++) {
		if (op >= AGENT_OP_STATUS && op <= AGENT_OP_ENVELOPE)
			continue;
		put_request(d, op);
		assert_int_equal(ask(d, d->req.len, -1), ERR_INVALID);
	}
	assert_ok(memfd_of("stray", "x", 1, &fd, NULL));
	put_request(d, AGENT_OP_DRAW);
	assert_int_equal(ask(d, d->req.len, fd), ERR_INVALID);
	fd_closep(&fd);
}

static void
put_rotate(struct desk *d, const struct hash *root, uint64_t n, uint32_t months)
{
	begin(d, AGENT_OP_ROTATE);
	wr_u64(&d->w, 4);
	wr_u64(&d->w, 5);
	wr_bytes(&d->w, root->b, HASH_LEN);
	wr_u64(&d->w, n);
	wr_u32(&d->w, months);
}

static void
a_delete_set_must_be_as_long_as_said(void **state)
{
	struct desk *d = *state;
	static const uint8_t numbers[] = { 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
		0, 0, 0, 2 };
	struct hash root;
	size_t n;
	int fd;

	fixture_open(d->f);
	put_request(d, AGENT_OP_DRAW);
	assert_int_equal(ask(d, d->req.len, -1), ERR_OK);
	fixture_sign_log(d->f, 5, &root);
	for (n = 0; n < sizeof(numbers); n++) {
		assert_ok(memfd_of("set", numbers, n, &fd, NULL));
		put_rotate(d, &root, 2, 0);
		assert_int_equal(ask(d, d->req.len, fd), ERR_INVALID);
		fd_closep(&fd);
	}
	put_rotate(d, &root, 2, 0);
	assert_int_equal(ask(d, d->req.len, -1), ERR_INVALID);
	assert_ok(memfd_of("set", numbers, sizeof(numbers), &fd, NULL));
	put_rotate(d, &root, UINT64_MAX, 0);
	assert_int_equal(ask(d, d->req.len, fd), ERR_INVALID);
	put_rotate(d, &root, 1, 2);
	assert_int_equal(ask(d, d->req.len, fd), ERR_INVALID);
	put_rotate(d, &root, 2, 0);
	assert_int_equal(ask(d, d->req.len, fd), ERR_OK);
	assert_int_equal(d->f->safe.generation, 2);
	fd_closep(&fd);
}

static void
faults_of_ours_are_told_without_their_text(void **state)
{
	struct desk *d = *state;
	struct err e;

	err_set(&e, ERR_IO, "keys/head: secret detail");
	ops_failed(&e, &d->ans);
	assert_null(memmem(d->ans.p, d->ans.len, "secret", 6));
	err_set(&e, ERR_NOT_FOUND, "no key 7");
	ops_failed(&e, &d->ans);
	assert_non_null(memmem(d->ans.p, d->ans.len, "no key 7", 8));
}

static void
an_event_is_waited_for_and_then_told(void **state)
{
	struct desk *d = *state;

	put_request(d, AGENT_OP_EVENT);
	assert_int_equal(ask(d, d->req.len, -1), ERR_CODES);
	assert_int_equal(d->ops.wait_ms, 10);
	assert_ok(events_add(&d->events, AGENT_UNSEALED, 7, "seven", &d->f->e));
	assert_int_equal(ask(d, d->req.len, -1), ERR_OK);
	assert_int_equal(ask(d, d->req.len, -1), ERR_OK); /* again */
	put_request(d, AGENT_OP_EVENT_DONE);
	assert_int_equal(ask(d, d->req.len, -1), ERR_OK);
	assert_int_equal(ask(d, d->req.len, -1), ERR_NOT_FOUND);
}

static void
the_door_takes_four_requests_and_no_other(void **state)
{
	struct desk *d = *state;
	AUTO(secret_done) struct secret pass = { 0 };
	uint8_t digest[SHA256_LEN];
	struct err e;
	int op;

	for (op = 0; op < 256; op++) {
		begin(d, op);
		if (op == UNSEAL_OP_SEAL || op == UNSEAL_OP_STATUS)
			assert_int_equal(door_decode(d->req.p, d->req.len,
					     &pass, digest, &e),
			    op);
		else
			assert_err(door_decode(
				       d->req.p, d->req.len, &pass, digest, &e),
			    ERR_INVALID);
		wr_u8(&d->w, 0);
		assert_err(door_decode(d->req.p, d->req.len, &pass, digest, &e),
		    ERR_INVALID);
	}
	assert_err(door_decode("", 0, &pass, digest, &e), ERR_INVALID);
	begin(d, UNSEAL_OP_UNSEAL);
	wr_blob(&d->w, "", 0);
	assert_err(
	    door_decode(d->req.p, d->req.len, &pass, digest, &e), ERR_INVALID);
	assert_null(pass.p);
	begin(d, UNSEAL_OP_UNSEAL);
	wr_str(&d->w, "secret");
	assert_int_equal(door_decode(d->req.p, d->req.len, &pass, digest, &e),
	    UNSEAL_OP_UNSEAL);
	assert_int_equal(pass.len, 6);
}

static void
an_attestation_has_a_passphrase_and_a_whole_digest(void **state)
{
	struct desk *d = *state;
	AUTO(secret_done) struct secret pass = { 0 };
	uint8_t digest[SHA256_LEN] = { 0 }, page[SHA256_LEN];
	struct err e;
	size_t n;

	memset(page, 0x5a, sizeof(page));
	for (n = 0; n < SHA256_LEN; n++) {
		begin(d, UNSEAL_OP_ATTEST);
		wr_str(&d->w, "secret");
		wr_bytes(&d->w, page, n);
		assert_err(door_decode(d->req.p, d->req.len, &pass, digest, &e),
		    ERR_INVALID);
	}
	begin(d, UNSEAL_OP_ATTEST);
	wr_str(&d->w, "");
	wr_bytes(&d->w, page, SHA256_LEN);
	assert_err(
	    door_decode(d->req.p, d->req.len, &pass, digest, &e), ERR_INVALID);
	assert_null(pass.p);
	begin(d, UNSEAL_OP_ATTEST);
	wr_str(&d->w, "secret");
	wr_bytes(&d->w, page, SHA256_LEN);
	assert_int_equal(door_decode(d->req.p, d->req.len, &pass, digest, &e),
	    UNSEAL_OP_ATTEST);
	assert_memory_equal(digest, page, SHA256_LEN);
	assert_int_equal(pass.len, 6);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(sealed_every_use_of_keys_says_so),
		WITH(open_every_operation_answers),
		WITH(every_cut_and_every_excess_is_refused),
		WITH(unknown_operations_and_stray_files_are_refused),
		WITH(a_delete_set_must_be_as_long_as_said),
		WITH(faults_of_ours_are_told_without_their_text),
		WITH(an_event_is_waited_for_and_then_told),
		WITH(an_attestation_has_a_passphrase_and_a_whole_digest),
		WITH(the_door_takes_four_requests_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
