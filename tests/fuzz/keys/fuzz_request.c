/*
 * Requests on both sockets, against an open safe. Whatever comes: there is
 * an answer with a head that is well formed, the mark never falls, the
 * signed head never shrinks, and nothing is destroyed.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rw.h"
#include "keys/door.h"
#include "keys/ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct safe safe;
static struct events events;
static struct custodians who;
static int64_t now_ms;
static char folder[] = "/tmp/sceau-fuzz-XXXXXX";

#define PASS "fuzz"

static void
must(int r)
{
	if (r < 0)
		abort();
}

static void
remove_folder(void)
{
	static const char *const names[] = { "gen-1/keystore", "gen-1/keyring",
		"gen-1/slot-passphrase", "current", "mark", "head",
		"custodians", "lock" };
	char path[128];
	size_t i;

	safe_done(&safe);
	events_close(&events);
	for (i = 0; i < NELEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)!unlink(path);
	}
	snprintf(path, sizeof(path), "%s/gen-1", folder);
	(void)!rmdir(path);
	(void)!rmdir(folder);
}

static void
open_safe(void)
{
	AUTO(secret_done) struct secret pass = { 0 };
	AUTO(secret_done) struct secret root = { 0 };
	AUTO(slots_done) struct slots slots = { .n = 0 };
	struct safe_spec spec = {
		.path = folder, .origin = "sceau.example/fuzz", .reserve = 512
	};
	struct safe_new made = { .custodians = &who,
		.pass = &pass,
		.scrypt_log2 = SLOT_SCRYPT_LOG2_MIN,
		.now_ms = 1795000000000 };
	struct ecies_context c = { { { 0 } }, 1 };

	if (mkdtemp(folder) == NULL)
		abort();
	must(custodians_add(&who, "root", NULL));
	must(secret_copy(&pass, PASS, strlen(PASS), NULL));
	must(safe_create(&spec, &made, NULL));
	must(safe_load(&spec, &safe, NULL));
	must(safe_slots(&safe, &slots, NULL));
	must(safe_root(&slots, &c, &pass, &root, NULL));
	must(safe_open(&safe, &root, 0, NULL));
	must(safe_floor(&safe, 1, NULL));
	must(events_open(-1, &events, NULL));
	must(atexit(remove_folder) == 0 ? 0 : -1);
}

static void
check_door(const uint8_t *p, size_t n)
{
	AUTO(secret_done) struct secret pass = { 0 };
	uint8_t digest[SHA256_LEN];
	int op = door_decode(p, n, &pass, digest, NULL);

	if ((op == UNSEAL_OP_UNSEAL || op == UNSEAL_OP_ATTEST) !=
		(pass.len > 0) ||
	    pass.len > UNSEAL_PASSPHRASE_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ops o = { .safe = &safe, .events = &events, .custodians = &who };
	AUTO(buf_done) struct buf answer = { 0 };
	uint64_t mark, head;
	char text[256];
	struct rd r;

	if (safe.origin[0] == '\0')
		open_safe();
	mark = safe.mark;
	head = safe.head.size;
	o.now_ms = now_ms += 1000;
	if (ops_answer(&o, p, n, -1, &answer) != OPS_WAIT) {
		rd_init(&r, answer.p, answer.len);
		if (rd_u32(&r) >= ERR_CODES)
			abort();
		rd_str(&r, text, sizeof(text));
		if (r.bad)
			abort();
	}
	if (safe.mark < mark || safe.head.size < head || safe.generation != 1 ||
	    !safe.open)
		abort();
	check_door(p, n);
	return 0;
}
