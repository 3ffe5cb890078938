/*
 * C2SP signed notes, tlog checkpoints, and tlog proofs (.tlog-proof).
 */
#ifndef BASE_NOTE_H
#define BASE_NOTE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/merkle.h"

#define NOTE_MAX 65536	  /* bytes of a note */
#define NOTE_NAME_MAX 128 /* bytes of a key's name */
#define NOTE_SIGS_MAX 32  /* signature lines read; at least 16 by spec */
#define NOTE_ED25519 0x01
#define NOTE_COSIGNATURE 0x04

/* A verifier key: NAME+hex(keyid)+base64(type || public key). */
struct note_key {
	char name[NOTE_NAME_MAX];
	uint32_t id;
	uint8_t type; /* NOTE_ED25519 or NOTE_COSIGNATURE */
	uint8_t pub[ED25519_LEN];
};

/* ERR_INVALID: bad name, key id that does not match, unknown type. */
int note_key_parse(const char *s, struct note_key *k, struct err *e) NODISCARD;
int note_key_make(const char *name, uint8_t type,
    const uint8_t pub[ED25519_LEN], struct note_key *k, struct err *e)
    NODISCARD;
int note_key_format(const struct note_key *k, struct buf *out, struct err *e)
    NODISCARD;

/* text (ending in \n) + blank line + one signature line, appended to out. */
int note_sign(const struct note_key *k, const uint8_t seed[ED25519_LEN],
    const char *text, size_t n, struct buf *out, struct err *e) NODISCARD;
/* Append one more signature line with these signature bytes. */
int note_add_signature(const struct note_key *k, const void *sig,
    size_t sig_len, struct buf *note, struct err *e) NODISCARD;

/*
 * Check a note against the known keys. Unknown keys are ignored, a known
 * key that fails rejects the note, none verified rejects it (both
 * ERR_INTEGRITY; a note that is not well formed is ERR_INVALID).
 * *text_len is the length of the signed text at the start of the note;
 * verified[i] (may be NULL) tells which keys verified.
 */
int note_verify(const char *note, size_t n, const struct note_key *keys,
    size_t nkeys, size_t *text_len, uint8_t *verified, struct err *e) NODISCARD;

struct checkpoint {
	char origin[NOTE_NAME_MAX];
	uint64_t size;
	struct hash root;
};

int checkpoint_format(
    const struct checkpoint *c, struct buf *out, struct err *e) NODISCARD;
/* The note's text. ERR_INVALID: leading zeros, extension lines, base64. */
int checkpoint_parse(
    const char *text, size_t n, struct checkpoint *c, struct err *e) NODISCARD;

/* c2sp.org/tlog-proof@v1 */
struct tlog_proof {
	uint64_t index;
	struct hash hashes[MERKLE_PROOF_MAX];
	size_t n;
	struct buf extra;      /* not authenticated; may be empty */
	struct buf checkpoint; /* the signed note */
};

int tlog_proof_format(
    const struct tlog_proof *p, struct buf *out, struct err *e) NODISCARD;
int tlog_proof_parse(
    const char *s, size_t n, struct tlog_proof *p, struct err *e) NODISCARD;
void tlog_proof_done(struct tlog_proof *p);

/*
 * The path of a tile under the log's prefix: "tile/0/x001/x234/067" or with
 * ".p/W"; level -1 gives "tile/entries/…". width 256 is a full tile.
 */
void tile_path(int level, uint64_t n, unsigned width, char out[96]);

#endif
