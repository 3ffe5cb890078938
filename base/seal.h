/*
 * The seal format: C2SP chunked-encryption, Cobblestone-256 (SHA-512 and
 * AES-256-GCM). Everything we keep confidential is in it.
 *
 * File = salt(24) || commitment(32) || chunks of 16 384 + 16 bytes, the last
 * one always shorter (it may hold no text). The key, base nonce and
 * commitment come from HKDF-Expand-SHA-512 over
 *   "c2sp.org/chunked-encryption@v1+" "AEAD_AES_256_GCM" 0x00 salt context
 * The context is the fixed-width record below, so that no object can stand
 * in for another.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

#define SEAL_TEXT 16384 /* plaintext bytes of a full chunk */
#define SEAL_TAG 16
#define SEAL_CHUNK (SEAL_TEXT + SEAL_TAG)
#define SEAL_HEAD 56
#define SEAL_CONTEXT_LEN 72

/*
 * What the object is. On disk: "sceau/1" 0x00, type u8, 7 zero bytes, vault
 * 16, case 16, document 16, version u32 big-endian, epoch u32 big-endian.
 */
enum seal_type {
	SEAL_KEYRING = 1, /* under root; epoch = the keyring's generation */
	SEAL_KEYSTORE,	  /* under KEK */
	SEAL_SLOT,	  /* a slot's private key under the passphrase's */
	SEAL_CONTENT,	  /* case zero; document = content id */
	SEAL_MANIFEST,	  /* case, document, version */
	SEAL_ROW,	  /* a catalog row: document = the row's id */
	SEAL_DETAIL,	  /* audit detail: version = low 32 bits of seq,
			     document = month and full seq */
	SEAL_SEARCH,	  /* the search index and its delta */
	SEAL_EXTRACT,	  /* reserved */
	SEAL_FORM,	  /* what a form brought: base/envelope.h */
};

struct seal_context {
	enum seal_type type;
	struct id vault, kase, document;
	uint32_t version, epoch;
};

void seal_context_encode(
    const struct seal_context *c, uint8_t out[SEAL_CONTEXT_LEN]);

/* Length of the sealed form of n plaintext bytes. */
uint64_t seal_length(uint64_t n);
/*
 * Plaintext length of a sealed file of n bytes. ERR_INTEGRITY if no sealed
 * file has that length (truncated at a chunk border included).
 */
int seal_text_length(uint64_t n, uint64_t *text, struct err *e) NODISCARD;
/* Padmé (PURBs, 2019): the padded length for n bytes. At most 12 % more. */
uint64_t seal_padme(uint64_t n);

/* Streaming seal: sealed bytes are appended to out, the header at once. */
struct sealer;
int sealer_new(const uint8_t key[32], const struct seal_context *c,
    struct buf *out, struct sealer **s, struct err *e) NODISCARD;
int sealer_write(struct sealer *s, const void *p, size_t n, struct buf *out,
    struct err *e) NODISCARD;
int sealer_finish(struct sealer *s, struct buf *out, struct err *e) NODISCARD;
void sealer_freep(struct sealer **s);

/*
 * Streaming open: sealed bytes in any cut; only authenticated text comes
 * out. opener_finish is ERR_INTEGRITY unless the last, shorter chunk was
 * seen: until then the text is not known to be whole. The commitment is
 * compared in constant time before any decryption. ERR_INTEGRITY.
 */
struct opener;
int opener_new(const uint8_t key[32], const struct seal_context *c,
    struct opener **o, struct err *e) NODISCARD;
int opener_write(struct opener *o, const void *p, size_t n, struct buf *out,
    struct err *e) NODISCARD;
int opener_finish(struct opener *o, struct buf *out, struct err *e) NODISCARD;
void opener_freep(struct opener **o);

/* Whole in memory; out is appended to, and untouched on failure. */
int seal_bytes(const uint8_t key[32], const struct seal_context *c,
    const void *p, size_t n, struct buf *out, struct err *e) NODISCARD;
int open_bytes(const uint8_t key[32], const struct seal_context *c,
    const void *p, size_t n, struct buf *out, struct err *e) NODISCARD;

#endif
