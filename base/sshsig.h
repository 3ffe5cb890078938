/*
 * SSHSIG (OpenSSH PROTOCOL.sshsig): signatures of people's and the vault's
 * SSH keys over files, in a namespace.
 */
#ifndef BASE_SSHSIG_H
#define BASE_SSHSIG_H

#include "base/buf.h"
#include "base/crypto.h"

#define SSHSIG_MAX 16384 /* bytes of an armored signature */

/* An Ed25519 signature, armored, over p in namespace ns, hash sha512. */
int sshsig_sign(const uint8_t seed[ED25519_LEN], const char *ns, const void *p,
    size_t n, struct buf *out, struct err *e) NODISCARD;

/*
 * Verify an armored signature. The namespace must be ns. ssh-ed25519,
 * sk-ssh-ed25519@openssh.com, ecdsa-sha2-nistp256, rsa-sha2-256/512 (at
 * least 2048 bits) are accepted. *key gets the public key blob (the bytes
 * that an authorized_keys line holds in base64); the caller decides whose
 * it is. flags (may be NULL): sk- keys' flags (1 present, 4 verified), else
 * 0. ERR_INTEGRITY: wrong signature, namespace; ERR_INVALID: form.
 */
int sshsig_verify(const char *armored, size_t len, const char *ns,
    const void *p, size_t n, struct buf *key, uint8_t *flags, struct err *e)
    NODISCARD;

/* Did somebody touch the token? A key that is none always was: one that was
 * not signs for whoever sits at the machine. */
int sshsig_was_touched(const struct buf *key, uint8_t flags);

/* "ssh-ed25519 AAAA… comment" for an Ed25519 public key. */
int ssh_public_line(const uint8_t pub[ED25519_LEN], const char *comment,
    struct buf *out, struct err *e) NODISCARD;
/* The key blob of a public key line "TYPE BASE64 [comment]". */
int ssh_public_parse(const char *line, struct buf *blob, struct err *e)
    NODISCARD;
/* "SHA256:…" as ssh-keygen -l prints it. */
int ssh_fingerprint(const void *blob, size_t n, char out[64], struct err *e)
    NODISCARD;

#endif
