/*
 * The safe: the keys folder, sealed or open, and what can be asked of it.
 * Everything the agent does with keys is a function here; sockets, peers and
 * the clock are the server's.
 *
 * On an error of the disk while something is made durable the safe seals
 * itself: what is on disk is then read anew at the next unseal.
 */
#ifndef KEYS_SAFE_H
#define KEYS_SAFE_H

#include "base/envelope.h"
#include "base/note.h"
#include "keys/commit_sign.h"
#include "keys/custodian.h"
#include "keys/extract_sign.h"
#include "keys/head.h"
#include "keys/promise.h"
#include "keys/rotate.h"

struct safe {
	struct keydir dir;
	char origin[NOTE_NAME_MAX];
	uint32_t generation;
	uint32_t nslots;
	uint64_t mark;	  /* first number not yet given */
	uint32_t reserve; /* keys drawn ahead; AGENT_RESERVE but in tests */
	struct head head;
	int open;	 /* are the keys here? */
	int floor_known; /* did the daemon call agent_floor since unseal? */
	struct rotate_keys keys;
	struct promise promise;
	struct quota quota;
};

struct safe_spec {
	const char *path; /* of the folder keys/ */
	struct id vault;
	const char *origin;
	uint32_t reserve; /* 0: AGENT_RESERVE */
};

/* Make the files of a new vault's keys/, which is there and is ours.
 * ERR_CONFLICT when it has keys. One slot is made, by the passphrase. */
struct safe_new {
	const struct custodians *custodians;
	const struct secret *pass;
	unsigned scrypt_log2;
	int64_t now_ms; /* since 1970 UTC, for the certificate */
};
int safe_create(const struct safe_spec *spec, const struct safe_new *made,
    struct err *e) NODISCARD;

/* Take the folder, sweep what is not current, and stay sealed. */
int safe_load(const struct safe_spec *spec, struct safe *out, struct err *e)
    NODISCARD;
void safe_done(struct safe *s); /* usable with AUTO */

/*
 * The slots as they are now, for safe_root. What is on disk is read anew and
 * leftovers are swept, so that a safe that sealed itself begins afresh.
 * ERR_CONFLICT while open.
 */
int safe_slots(struct safe *s, struct slots *out, struct err *e) NODISCARD;
/* The slots of an open safe, to see whether a passphrase is one of theirs.
 * ERR_SEALED. */
int safe_open_slots(struct safe *s, struct slots *out, struct err *e) NODISCARD;
/* The root by trying the slots in turn: slow, and touches no safe.
 * ERR_DENIED when none opens. */
int safe_root(const struct slots *slots, const struct ecies_context *c,
    const struct secret *pass, struct secret *root, struct err *e) NODISCARD;
/* Open the safe with the root, which is taken. */
int safe_open(struct safe *s, struct secret *root, int64_t now_ms,
    struct err *e) NODISCARD;
/* Forget every key. */
void safe_seal(struct safe *s);

/* Keys drawn and not given; 0 while sealed, when it is not known. */
uint64_t safe_reserve(const struct safe *s);

/* All of these: ERR_SEALED. What they promise: keys/agent.h. */
int safe_public(struct safe *s, struct buf *out, struct err *e) NODISCARD;
int safe_floor(struct safe *s, uint64_t first_unused, struct err *e) NODISCARD;
/* ERR_CONFLICT before the daemon's agent_floor. */
int safe_draw(struct safe *s, uint64_t *first, uint32_t *count,
    struct secret *keys, struct err *e) NODISCARD;
/* Refill the reserve if half of it is given. */
int safe_refill(struct safe *s, struct err *e) NODISCARD;
int safe_get(struct safe *s, const uint64_t *numbers, size_t n, uint64_t leaf,
    int64_t now_ms, struct secret *keys, struct err *e) NODISCARD;
int safe_detail(struct safe *s, uint32_t month, struct secret *key,
    struct err *e) NODISCARD;
int safe_search(struct safe *s, struct secret *key, uint32_t *generation,
    struct err *e) NODISCARD;
/* The public half of the intake key, P256_PUB_LEN bytes. */
int safe_intake_key(struct safe *s, struct buf *out, struct err *e) NODISCARD;
/* ERR_NOT_FOUND: sealed to another key; ERR_INTEGRITY; ERR_BUSY. */
int safe_open_envelope(struct safe *s, const struct envelope_head *h,
    uint64_t leaf, int64_t now_ms, struct secret *key, struct err *e) NODISCARD;
/* *broken is set when a promise about the log was: the caller seals. */
int safe_sign_head(struct safe *s, uint64_t size, const struct hash *root,
    const struct head_proof *proof, int64_t now_ms, int *broken,
    struct buf *note, struct err *e) NODISCARD;
int safe_sign_commit(struct safe *s, const struct commit_spec *c,
    struct buf *commit, struct err *e) NODISCARD;
int safe_sign_extract(struct safe *s, const struct extract_spec *x,
    int64_t now_ms, struct buf *signer_info, struct err *e) NODISCARD;
int safe_sign_certificate(struct safe *s, const char *text, size_t n,
    uint64_t leaf, int64_t now_ms, struct buf *note, struct err *e) NODISCARD;

struct safe_rotate {
	struct rotate_set set;
	uint64_t leaf, size;
	struct hash root; /* of the catalog's log */
};
int safe_rotate(struct safe *s, const struct safe_rotate *q,
    uint64_t *destroyed, struct err *e) NODISCARD;

#endif
