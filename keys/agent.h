/*
 * The key agent as the daemon sees it: a connection to agent.sock and the
 * operations it offers. Operations say what they are for; none signs or
 * decrypts bytes of the caller's choosing.
 *
 * A connection is used by one thread at a time; agent_call serialises with a
 * lock of its own, so one struct agent may be shared.
 */
#ifndef KEYS_AGENT_H
#define KEYS_AGENT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/envelope.h"
#include "base/id.h"
#include "base/merkle.h"
#include "base/note.h"
#include "base/secret.h"

#define AGENT_BLOCK 256			     /* keys handed out at once */
#define AGENT_GET_MAX 512		     /* keys asked for at once */
#define AGENT_RESERVE 65536		     /* keys drawn ahead */
#define AGENT_ACCOUNT_MAX 64		     /* bytes of an account's name */
#define AGENT_NUMBER_MAX (UINT64_C(1) << 62) /* highest number of a key */

struct agent;

/* ERR_UNAVAILABLE when nobody listens or the peer is not uid_keys. */
int agent_open(const char *path, uid_t uid_keys, struct agent **out,
    struct err *e) NODISCARD;
void agent_freep(struct agent **a);

struct agent_status {
	int sealed;
	int slots;	     /* key slots there are */
	uint64_t given;	     /* first number not yet given */
	uint64_t reserve;    /* drawn and not given */
	uint32_t generation; /* of the keyring: grows with each rotate */
	uint64_t head_size;  /* of the last head signed */
	struct hash head_root;
	char custodians[512]; /* account names, separated by a space */
};
/* Answers while sealed too. */
int agent_status(struct agent *a, struct agent_status *out, struct err *e)
    NODISCARD;

/*
 * What the daemon needs once after each unseal. ERR_SEALED.
 * log, store: Ed25519 public keys; the vault's certificate for extracts
 * (DER, P-256, self-signed by the agent at init).
 */
struct agent_public {
	struct note_key log;
	uint8_t store[ED25519_LEN];
	struct buf certificate;
};
int agent_public(struct agent *a, struct agent_public *out, struct err *e)
    NODISCARD;
void agent_public_done(struct agent_public *p);

/*
 * A block of AGENT_BLOCK fresh keys, numbers first … first + count - 1, keys
 * laid one after the other in *keys (32 bytes each). Durable before they are
 * given; a number is never given twice, also after a restore: ERR_CONFLICT
 * before agent_floor was called since the unseal. *count may be less than
 * AGENT_BLOCK.
 */
int agent_draw(struct agent *a, uint64_t *first, uint32_t *count,
    struct secret *keys, struct err *e) NODISCARD;

/*
 * The keys of n numbers (n <= AGENT_GET_MAX), laid one after the other, for
 * the read that leaf entered in the log. ERR_NOT_FOUND names the number when
 * a key was destroyed or never given. ERR_BUSY over the quota (keys per
 * minute). A leaf that no signed head covers yet is a promise: when none
 * does within 60 s (or one signed over 30 s later does not), the agent seals
 * itself and reports the event. So heads are signed after reads too.
 */
int agent_get(struct agent *a, const uint64_t *numbers, size_t n, uint64_t leaf,
    struct secret *keys, struct err *e) NODISCARD;

/*
 * To be called once after each unseal: no number below first_unused is given
 * from now on. The daemon passes one more than the highest number its
 * catalog knows, so that a restored, older keys folder gives none twice. The
 * mark is raised, durably, never lowered. ERR_TOO_LARGE when first_unused is
 * absurd (over AGENT_NUMBER_MAX). ERR_SEALED.
 */
int agent_floor(struct agent *a, uint64_t first_unused, struct err *e)
    NODISCARD;

/* The key of the month's audit details; month = year * 12 + (month - 1).
 * Made on first use. ERR_NOT_FOUND when it was expired. */
int agent_detail_key(struct agent *a, uint32_t month, struct secret *key,
    struct err *e) NODISCARD;
/* The search index's key, and the generation it belongs to. */
int agent_search_key(struct agent *a, struct secret *key, uint32_t *generation,
    struct err *e) NODISCARD;

/* The public half of the intake key, which forms are sealed to away from the
 * vault. It stays the same over rotations. ERR_SEALED. */
int agent_intake_key(struct agent *a, uint8_t pub[P256_PUB_LEN], struct err *e)
    NODISCARD;
/*
 * The key of one envelope's content (base/envelope.h), for the intake that
 * leaf entered in the log: of that envelope alone, for another one has
 * another ephemeral key. The leaf is a promise and the quota counts, as in
 * agent_get. ERR_NOT_FOUND: sealed to a key that is not this vault's.
 * ERR_INTEGRITY: the ephemeral key is no point of the curve. ERR_SEALED.
 */
int agent_open_envelope(struct agent *a, const struct envelope_head *h,
    uint64_t leaf, struct secret *key, struct err *e) NODISCARD;

/*
 * Sign the head of the log. The agent builds the checkpoint itself, refuses
 * (ERR_INCONSISTENT) one that does not extend its last, persists it, then
 * signs. The same size and root again give the same note. proof: consistency
 * from agent_status.head_size to size (empty when that is 0).
 */
int agent_sign_head(struct agent *a, uint64_t size, const struct hash *root,
    const struct hash *proof, size_t nproof, struct buf *note, struct err *e)
    NODISCARD;

/*
 * Sign the commit that publishes a version: the agent builds the commit from
 * these and signs it in SSHSIG, namespace "git". *commit gets the whole
 * commit object's text, gpgsig header included. tree, parent: SHA-1 ids
 * (parent NULL for a first version). hour: hours since 1970 UTC. Version 0,
 * with git's empty tree and no parent, is the store's root; else
 * ERR_INVALID.
 */
int agent_sign_commit(struct agent *a, const uint8_t tree[20],
    const uint8_t *parent, uint32_t version, uint64_t hour, struct buf *commit,
    struct err *e) NODISCARD;

/*
 * The SignerInfo (RFC 5652, 5.3; DER) of an extract: the agent builds the
 * signed attributes (content type id-data, message digest = sha256, signing
 * time, ESS signing-certificate-v2, and the content hint
 * "sceau extract <id> leaf <n> to <recipient sha256>" as content-hints) and
 * signs them with the extract key.
 */
int agent_sign_extract(struct agent *a, const struct id *extract, uint64_t leaf,
    const uint8_t recipient_sha256[32], const uint8_t sha256[32],
    int64_t time_ms, struct buf *signer_info, struct err *e) NODISCARD;

/* Sign an erasure certificate's text as a note with the log's key: the text
 * must begin "sceau erasure certificate 1\n", or "sceau bilan 1\n" (the counts
 * of a month), and name leaf. */
int agent_sign_certificate(struct agent *a, const char *text, size_t n,
    uint64_t leaf, struct buf *note, struct err *e) NODISCARD;

/*
 * The one destruction primitive. numbers: ascending, no duplicates, handed
 * over in a memfd. size, root: the catalog's log, which must be the agent's
 * last signed head, and hold leaf (ERR_INCONSISTENT otherwise): a rolled-back
 * catalog never makes the agent destroy keys. ERR_INVALID: a number never
 * given. On return the keystore, KEK, root and search
 * key are new, the old files are gone; *destroyed counts keys that existed.
 * Restartable: the same call again after a crash destroys what is left.
 * months: detail keys to expire, ascending.
 */
int agent_rotate(struct agent *a, const uint64_t *numbers, size_t n,
    const uint32_t *months, size_t nmonths, uint64_t leaf, uint64_t size,
    const struct hash *root, uint64_t *destroyed, struct err *e) NODISCARD;

/*
 * Wait for the next ceremony event, on a connection of its own (timeout as
 * in ipc_recv: ERR_BUSY when the time is up). Each is delivered at least
 * once and dropped when the daemon confirms it with the leaf it wrote.
 */
enum agent_event_kind {
	AGENT_UNSEALED = 1,
	AGENT_SEALED,
	AGENT_UNSEAL_FAILED,
	AGENT_REFUSED_PEER, /* somebody not a custodian tried */
	AGENT_SELF_SEALED,  /* a promise about the log was broken */
	AGENT_RESTORED,	    /* older data: the last head was set aside */
	AGENT_ATTESTED,	    /* a custodian stands behind a page */
	AGENT_ATTEST_FAILED /* wrong passphrase */
};
struct agent_event {
	uint64_t number;
	enum agent_event_kind kind;
	uint32_t uid;
	char account[AGENT_ACCOUNT_MAX];
	uint8_t digest[SHA256_LEN]; /* of the page attested; else zeros */
};
int agent_event(struct agent *a, int timeout_ms, struct agent_event *out,
    struct err *e) NODISCARD;
int agent_event_done(struct agent *a, uint64_t number, struct err *e) NODISCARD;

#endif
