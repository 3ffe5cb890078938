/*
 * The audit leaf: a fixed record, laid out once, here, because the daemon
 * writes it and the offline verifier reads it.
 *
 *   0  "sceauL1\0"                                   8
 *   8  sequence, u64                                 8
 *  16  vault time, ms since 1970, i64                8
 *  24  event class, u16                              2
 *  26  outcome, u16                                  2
 *  28  policy version, u32                           4
 *  32  actor tag  (HMAC under the month's key)      32
 *  64  object tag (likewise)                        32
 *  96  bind (below), or zeros                       32
 * 128  SHA-256 of the encrypted detail, or zeros    32
 * 160  SHA-256 of the approvals, or zeros           32
 * 192  count of clear entries, u32                  4
 * 196  entries: opaque id 16, key number u64        24 each
 *
 * Clear entries are only in leaves of erasure, of a misfiling moved or voided
 * (the misfiled copy: its id with each of its keys), withdrawal, objection,
 * restriction and hold, so that a restore can replay them. Numbers are
 * big-endian. A leaf fits a tlog-tiles entry (u16 length): at most 2 700
 * clear entries; larger erasures use several leaves.
 *
 *   bind = SHA-256("sceau/bind/1" || salt 32 || SHA-256(document) 32
 *                  || document id 16 || version u32)
 */
#ifndef BASE_LEAF_H
#define BASE_LEAF_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/id.h"

#define LEAF_FIXED 196
#define LEAF_CLEAR 24
#define LEAF_CLEAR_MAX 2700

enum leaf_class {
	LEAF_VAULT_START = 1,
	LEAF_VAULT_STOP = 2,
	LEAF_UNSEAL = 3,
	LEAF_SEAL = 4,
	LEAF_KEY_ROTATE = 5,
	LEAF_KEY_CEREMONY = 6,
	LEAF_POLICY = 7, /* rules or people came into force */
	LEAF_POLICY_PROPOSE = 8,
	LEAF_APPROVAL = 9, /* a signature or an opinion on what is proposed */
	LEAF_BREAK_GLASS = 10,
	LEAF_BREAK_GLASS_REVIEW = 11,
	LEAF_POLICY_READ = 12,
	LEAF_BREACH = 13,	 /* one is opened, or settled */
	LEAF_CLOCK_SUSPECT = 14, /* it is not believed, or agrees again */
	LEAF_CLOCK_CONFIRM = 15,
	LEAF_CASE_OPEN = 16,
	LEAF_CASE_READ = 17,
	LEAF_CASE_LIST = 18,
	LEAF_CASE_EVENT = 19,
	LEAF_CASE_CLOSE = 20,
	LEAF_SEARCH = 21,
	LEAF_CASE_REOPEN = 22,
	LEAF_INTAKE = 23,
	LEAF_PERSON_ADD = 24,
	LEAF_PERSON_READ = 25,
	LEAF_PERSON_EDIT = 26,
	LEAF_CASE_ARCHIVE = 27, /* to the intermediate archive, by itself */
	LEAF_DOC_FILE = 32,
	LEAF_DOC_READ = 33,
	LEAF_DOC_META = 34,
	LEAF_DOC_MOVE = 35,
	LEAF_DOC_VOID = 36,
	LEAF_RECEIPT = 37,
	LEAF_UPLOAD = 38,
	LEAF_DOC_CHECK = 39,
	LEAF_FORM_OPEN = 41, /* a form filled elsewhere is opened */
	LEAF_VISIT_DRAFT =
	    42, /* of a visit: kept, given up, entered, expired */
	LEAF_VISIT_DRAFT_READ = 43,
	LEAF_SCAN_CHECK = 40, /* a second person looked at paper and scan */
	LEAF_CONSENT_GIVE = 48,
	LEAF_CONSENT_WITHDRAW = 49,
	LEAF_CONSENT_READ = 50,
	LEAF_OBJECTION = 51,
	LEAF_REFUSAL = 52,
	LEAF_OBJECTION_DECIDE = 53,
	LEAF_RIGHTS_REQUEST = 54,
	LEAF_RIGHTS_ANSWER = 55,
	LEAF_SUBJECT_EXPORT = 56,
	LEAF_RESTRICT_LIFT = 57,
	LEAF_EXTRACT_PREVIEW = 64,
	LEAF_EXTRACT_RELEASE = 65,
	LEAF_EXTRACT_LIST = 66,
	LEAF_EXTRACT_PULL = 67,
	LEAF_EXTRACT_ACK = 68,
	LEAF_EXTRACT_REVOKE = 69,
	LEAF_NOTICE = 70,
	LEAF_REGISTER_READ = 71,
	LEAF_EXTRACT_APPROVE = 72,
	LEAF_EXTRACT_DELIVER = 73,
	LEAF_NOTICE_SETTLE = 74,
	LEAF_SUBMISSION = 75,
	LEAF_SUBMISSION_READ = 76,
	LEAF_SUBMISSION_SETTLE = 77,
	LEAF_ERASE_PLAN = 80,
	LEAF_ERASE_APPROVE = 81,
	LEAF_ERASE_RUN = 82,
	LEAF_ERASE_DONE = 83,
	LEAF_HOLD = 84,
	LEAF_RESTRICT = 85,
	LEAF_HOLD_RELEASE = 88,
	LEAF_RETENTION_ANALYSE = 89,
	LEAF_RETENTION_VISA = 90,
	LEAF_RETENTION_ARCHIVE = 91,
	LEAF_DETAIL_EXPIRE = 92,    /* of months of the log */
	LEAF_RETENTION_SETTLE = 93, /* a date of a certificate came true */
	LEAF_AUDIT_READ = 96,
	LEAF_AUDIT_EXPORT = 97,
	LEAF_EXPLAIN = 98,
	LEAF_REPLAY = 99,
	LEAF_DUE = 100,
	LEAF_REPORT = 101, /* register, bilan, vouchers */
	LEAF_BILAN = 102,  /* a month was frozen */
	LEAF_PUBLISH = 112,
	LEAF_SWEEP = 113,
	LEAF_CLOCK_READ = 114,
	LEAF_REQUEST = 120, /* a request refused before it was one of
			       the above: unknown route, bad form */
	LEAF_FLOOD = 121,   /* a count of refusals */
};

enum leaf_outcome {
	LEAF_OK = 0,
	LEAF_DENIED = 1,
	LEAF_REFUSED = 2,
	LEAF_FAILED = 3,
	LEAF_SEALED = 4,
	LEAF_NOT_FOUND = 5,
};

struct leaf_clear {
	struct id id;
	uint64_t key;
};

struct leaf {
	uint64_t seq;
	int64_t time_ms;
	uint16_t klass, outcome;
	uint32_t policy;
	uint8_t actor[32], object[32], bind[32], detail[32], approvals[32];
	uint32_t nclear;
	const struct leaf_clear *clear; /* encode: borrowed */
};

int leaf_encode(const struct leaf *l, struct buf *out, struct err *e) NODISCARD;
/*
 * clear entries, if any, are copied to *clear (the caller frees; may be
 * NULL to drop them); out->clear points there. ERR_INVALID.
 */
int leaf_decode(const void *p, size_t n, struct leaf *out,
    struct leaf_clear **clear, struct err *e) NODISCARD;
/* Stable kebab-case names, e.g. "doc-file", "denied"; "?" if unknown. */
const char *leaf_class_name(uint16_t klass);
int leaf_class_from_name(const char *s, uint16_t *klass);
const char *leaf_outcome_name(uint16_t outcome);

int leaf_bind(const uint8_t salt[32], const uint8_t sha256[32],
    const struct id *document, uint32_t version, uint8_t out[32], struct err *e)
    NODISCARD;

#endif
