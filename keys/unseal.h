/*
 * The custodians' door: unseal.sock (SOCK_SEQPACKET). Spoken by sceau
 * unseal | seal | status. The agent names the peer by SO_PEERCRED and its
 * list of custodians (keys/custodians, written at init: uid and account).
 * In base terms so that the client needs no other room: messages by rw.h.
 *
 *   request:  u8 op, then  op 1 unseal: blob passphrase (1..1024 bytes)
 *                          op 2 seal, op 3 status: nothing
 *                          op 4 attest: blob passphrase, 32 bytes
 *   answer:   u32 err_code, str text, then for op 3 and code 0:
 *             u8 sealed, u32 slots, u64 reserve, u64 given, u32 generation,
 *             str custodians
 *
 * seal may be asked by any custodian; status by anyone. Wrong passphrases
 * are delayed (1 s, doubling to 60 s) for all.
 *
 * attest: a custodian, with the passphrase, stands behind the page whose
 * SHA-256 is given: it becomes an event of the log, and nothing is opened or
 * signed. It is what a lost approver's key is replaced with. The vault must
 * be open.
 */
#ifndef KEYS_UNSEAL_H
#define KEYS_UNSEAL_H

#define UNSEAL_OP_UNSEAL 1
#define UNSEAL_OP_SEAL 2
#define UNSEAL_OP_STATUS 3
#define UNSEAL_OP_ATTEST 4
#define UNSEAL_PASSPHRASE_MAX 1024

#endif
