/*
 * Slots: ways to the root key. A slot is a P-256 key pair: its public key
 * wraps the root (ecies.h), so that a rotate needs no custodian; its private
 * key is kept by a protector. Protectors are rows of a table: the passphrase
 * is one; shares, a TPM or a token are others, and the file does not change.
 *
 * The file slot-NAME, in the terms of rw.h:
 *   8 bytes "sceauS1\0", u8 protector, str name, public key 65,
 *   blob protector's own, blob wrapped root
 */
#ifndef KEYS_SLOT_H
#define KEYS_SLOT_H

#include "base/buf.h"
#include "keys/ecies.h"

#define SLOT_MAX 16		/* slots of a vault */
#define SLOT_NAME_MAX 32	/* bytes of a name, its NUL included */
#define SLOT_FILE_MAX 16384	/* bytes of a slot's file */
#define SLOT_PROTECTOR_MAX 8192 /* bytes of a protector's own */
#define SLOT_SCRYPT_LOG2 18	/* N of a new passphrase slot: 0.65 s */
#define SLOT_SCRYPT_LOG2_MIN 10 /* only tests go under the default */
#define SLOT_SCRYPT_LOG2_MAX 20

enum slot_kind {
	SLOT_PASSPHRASE = 1,
};

struct slot {
	uint8_t kind;
	char name[SLOT_NAME_MAX];
	uint8_t pub[P256_PUB_LEN];
	struct buf protector;	    /* read by the protector alone */
	uint8_t wrapped[ECIES_LEN]; /* the root */
};

void slot_done(struct slot *s); /* usable with AUTO */

/* What a new slot is made from. */
struct slot_spec {
	enum slot_kind kind;
	const char *name; /* letters, digits, '-' and '_' */
	struct id vault;
	const struct secret *credential; /* the passphrase */
	unsigned scrypt_log2;
};

/* A new key pair, its private key protected; nothing is wrapped yet. */
int slot_make(const struct slot_spec *spec, struct slot *out, struct err *e)
    NODISCARD;

/* Wrap the root of a generation to the slot's public key. */
int slot_wrap(struct slot *s, const struct ecies_context *c,
    const struct secret *root, struct err *e) NODISCARD;

/*
 * The root by the credential. *root must be empty. ERR_DENIED when the
 * credential is not this slot's (or its file is damaged: the two cannot be
 * told apart); ERR_INTEGRITY when the wrapped root does not open.
 */
int slot_open(const struct slot *s, const struct ecies_context *c,
    const struct secret *credential, struct secret *root, struct err *e)
    NODISCARD;

int slot_encode(const struct slot *s, struct buf *out, struct err *e) NODISCARD;
/* ERR_INTEGRITY: form, a protector that is not known. */
int slot_decode(const void *p, size_t n, struct slot *out, struct err *e)
    NODISCARD;

/* All slots of a generation's folder, at most SLOT_MAX of them. */
struct slots {
	struct slot slot[SLOT_MAX];
	size_t n;
};
void slots_done(struct slots *s); /* usable with AUTO */
/* ERR_INCOMPLETE when there is none. */
int slots_load(int dir, struct slots *out, struct err *e) NODISCARD;
int slot_save(int dir, const struct slot *s, struct err *e) NODISCARD;

#endif
