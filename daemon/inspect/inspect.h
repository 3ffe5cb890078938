/*
 * Inspection as the daemon sees it: a hostile file goes to a fresh,
 * sandboxed process over inspect.sock; what comes back is re-checked here.
 */
#ifndef DAEMON_INSPECT_INSPECT_H
#define DAEMON_INSPECT_INSPECT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/crypto.h"

#define INSPECT_SIGS_MAX 16
#define INSPECT_TYPE_MAX 96
#define INSPECT_NAME_MAX 256
#define INSPECT_REASONS_MAX 1024
#define INSPECT_DEADLINE_MS 10000

struct inspector;

/*
 * path: inspect.sock. Connections are made as needed, kept, and made again
 * when sceau-inspect was restarted; several threads may ask at once. Whoever
 * listens there must be uid_inspect: else ERR_UNAVAILABLE.
 */
int inspector_open(const char *path, uid_t uid_inspect, struct inspector **out,
    struct err *e) NODISCARD;
/* The same over one end of a pair (SOCK_SEQPACKET): *fd is taken. */
int inspector_adopt(int *fd, struct inspector **out, struct err *e) NODISCARD;
void inspector_freep(struct inspector **i);

/*
 * One person's turn, from before the first question about what they sent
 * until after the last: INSPECT_PER_UID of one uid at once, so that files
 * made to keep workers busy keep few, and those of others find one in time.
 * Blocks while there are as many; the deadline of a question begins after it.
 */
#define INSPECT_PER_UID 4
struct inspect_turn {
	struct inspector *of; /* NULL: none is taken */
	uid_t uid;
};
void inspect_turn_take(
    struct inspector *i, uid_t uid, struct inspect_turn *out);
void inspect_turn_done(struct inspect_turn *t);

/* Bytes of a detached signature (DER), and of the anchors (PEM). */
#define INSPECT_DER_MAX (1u << 20)
#define INSPECT_INSIDE_MAX (32u << 20) /* of one with its content */
#define INSPECT_ANCHORS_MAX (4u << 20)
/* Bytes of the validation data that a file brings along (PDF: /DSS). */
#define INSPECT_HINTS_MAX (4u << 20)

/* What a signature says that it is: /SubFilter of a PDF, or a file .p7s. */
enum inspect_filter {
	INSPECT_FILTER_UNKNOWN,	  /* judged INDETERMINATE */
	INSPECT_FILTER_DETACHED,  /* a .p7s, adbe.pkcs7.detached */
	INSPECT_FILTER_CADES,	  /* ETSI.CAdES.detached: ESS attribute */
	INSPECT_FILTER_TIMESTAMP, /* ETSI.RFC3161, a .tsr: nobody's signature */
	INSPECT_FILTER_INSIDE	  /* a .p7m: the content is in it */
};

/*
 * One signature's literal byte range: [0,b) and [c, c + c_len), the gap
 * between them holding the signature. All zero: a /ByteRange was there that
 * is not such a literal; it is never sound.
 */
struct inspect_range {
	uint64_t b;	   /* first part: [0, b) */
	uint64_t c, c_len; /* second part: [c, c + c_len) */
	enum inspect_filter filter;
};

/* What came after the bytes that a signature covers; the worse, the greater. */
enum inspect_after {
	AFTER_NOTHING,
	AFTER_VALIDATION, /* certificates, revocation, time stamps */
	AFTER_SIGNATURES, /* and further signatures, in their fields */
	AFTER_UNKNOWN,	  /* what it does cannot be told */
	AFTER_CHANGES,	  /* notes, filled fields: people must be told */
	AFTER_FORBIDDEN	  /* what is shown, or a signature, was changed */
};

/* What could be made to look different without touching a signature. */
#define INSPECT_WARN_SCRIPT 1	 /* JavaScript, or what an action may do */
#define INSPECT_WARN_LAYERS 2	 /* optional content */
#define INSPECT_WARN_CERTIFIED 4 /* certified, and changes allowed */
#define INSPECT_WARN_UNLOCATED 8 /* a signed field without a range */
#define INSPECT_WARN_OVERLAY 32	 /* over a page, and can go or come */
/* No warning: the file has validation data that may be asked for. */
#define INSPECT_HAS_HINTS 16

/* Stage 1: what is it, and where might signatures be. */
struct inspect_type {
	char media[INSPECT_TYPE_MAX]; /* agreed by libmagic and sniffer */
	int agreed;		      /* 0: they differ: refuse */
	char reason[160]; /* why not agreed, or what is odd: a stable
			     word in kebab-case, or "" */
	int encrypted;	  /* a PDF with /Encrypt */
	struct inspect_range ranges[INSPECT_SIGS_MAX];
	size_t nranges;
	/* What came between the end of one range and that of the next, or of
	 * the file. */
	enum inspect_after steps[INSPECT_SIGS_MAX];
	unsigned warnings; /* INSPECT_WARN_…, INSPECT_HAS_HINTS */
};
/*
 * fd: a memfd with the file (or its first MiB, whole = 0); size: the bytes in
 * it. The memfd is sealed here against writing and resizing, so that a worker
 * that was taken over cannot change what others read: nothing may map it
 * writable any more. Blocks at most
 * INSPECT_DEADLINE_MS. ERR_REFUSED tag "inspection-failed" when the worker
 * died or ran out of time: the file is not accepted.
 */
int inspect_type(struct inspector *i, int fd, uint64_t size, int whole,
    struct inspect_type *out, struct err *e) NODISCARD;

/*
 * Is r a range the strict rule allows in a file of these bytes: a literal
 * /ByteRange [0 a b c] stands in the part that it covers, 0 < a < b,
 * b + c <= size, the gap exactly "<hex>" with /Contents just before? Pure.
 */
int inspect_range_is_sound(
    const uint8_t *file, uint64_t size, const struct inspect_range *r);

/* Stage 2: one signature. EN 319 102-1 words. */
enum inspect_indication {
	INSPECT_PASSED = 1, /* TOTAL-PASSED: cryptography, and the signer's
			       chain ends at one of the anchors */
	INSPECT_INDETERMINATE,
	INSPECT_FAILED,
};
/*
 * Cryptography and coverage alone, whoever signed: what a signature, or all
 * those of a file, come to.
 */
enum inspect_integrity {
	INTEGRITY_PASS = 1,
	INTEGRITY_FAIL,
	INTEGRITY_INDET,       /* cannot be decided, or people must be told */
	INTEGRITY_NOSIG,       /* of a file: none */
	INTEGRITY_UNSUPPORTED, /* an algorithm or an encryption not handled */
	INTEGRITY_ERROR	       /* not readable as what it should be */
};
/*
 * Whom a verdict may rest on: PEM certificates, and lists of revoked ones.
 * What vouches for time stamps vouches for no signature, nor the other way
 * round. What is known and vouches for nothing here only says why a chain was
 * not accepted ("authority-not-for-this").
 */
struct inspect_trust {
	const void *p; /* for signatures */
	size_t n;
	const void *stamps; /* for time stamps; may be p */
	size_t nstamps;
	const void *known;
	size_t nknown;
};
/* The same for both. */
static inline struct inspect_trust
inspect_trust_of(const void *p, size_t n)
{
	return (struct inspect_trust){ p, n, p, n, "", 0 };
}

struct inspect_verdict {
	enum inspect_indication indication;
	enum inspect_integrity integrity;
	char sub[48]; /* SubIndication, e.g. NO_CERTIFICATE_CHAIN_
			 FOUND, HASH_FAILURE, SIG_CRYPTO_FAILURE */
	char signer[INSPECT_NAME_MAX]; /* subject of the certificate */
	int64_t signing_time_ms;       /* claimed; 0 unknown */
	int64_t proved_time_ms;	  /* a time stamp that passed says that it was
				     there then; of a time stamp: its time; 0 */
	int is_stamp;		  /* a time stamp, nobody's signature */
	enum inspect_after after; /* the worst of all that came after it */
	uint64_t covers;	  /* bytes of the file that it covers */
	/* SHA-256 of the certificate (DER) at which the chain ended: of those
	 * given, the nearest to the signer's. */
	int has_anchor;
	uint8_t anchor[SHA256_LEN];
	char reasons[INSPECT_REASONS_MAX]; /* stable words in kebab-case, one
					      space between: DESIGN.md */
};
/*
 * Verify a detached CMS signature (n <= 1 MiB) over the content of fd (a
 * memfd holding the exact signed bytes, cut by the caller), of which the
 * worker gets the digests alone. now_ms: validity is judged at this time. A
 * signature that cannot be judged is INDETERMINATE, never passed.
 */
int inspect_cms(struct inspector *i, const void *der, size_t n, int fd,
    const struct inspect_trust *trust, int64_t now_ms,
    struct inspect_verdict *out, struct err *e) NODISCARD;

/*
 * The same of what filter says: a time stamp or its query's answer over the
 * content (no content: what it is worth by itself is INDETERMINATE; a query,
 * at most 1 KiB, is sent as it is), or a .p7m, whose content is inside
 * (n <= INSPECT_INSIDE_MAX) and goes where it goes.
 */
int inspect_cms_as(struct inspector *i, enum inspect_filter filter,
    const void *der, size_t n, int fd, const struct inspect_trust *trust,
    int64_t now_ms, struct inspect_verdict *out, struct err *e) NODISCARD;

/*
 * Stage 2 for every range of a PDF in a memfd: ranges are re-checked, cut,
 * verified; *n verdicts in the order of the file. A range that is not sound
 * is FAILED/FORMAT_FAILURE, and no other of that file passes then. A right
 * signature after which more came than validation data and signatures is
 * INDETERMINATE: see enum inspect_after. No signature: *n = 0.
 * Certificates, lists and answers in the file's /DSS are heard, and worth what
 * an authority's own signature under them is worth: never anchors. trust: of
 * each range; the last of ntrust is of all that follow.
 */
int inspect_pdf(struct inspector *i, int fd, uint64_t size,
    const struct inspect_type *t, const struct inspect_trust *trust,
    size_t ntrust, int64_t now_ms, struct inspect_verdict out[INSPECT_SIGS_MAX],
    size_t *n, struct err *e) NODISCARD;

/* A member of a container. */
#define INSPECT_MEMBERS_MAX 64
struct inspect_member {
	char name[INSPECT_NAME_MAX]; /* UTF-8, fit to be shown */
	uint64_t size;		     /* bytes, inflated */
	int is_data;		     /* no signature, manifest or type */
	int is_signed;		     /* one of the signatures covers it, and is
					right, whoever gave it */
};
struct inspect_asic {
	/* A stable word for why nothing is judged, or "": XAdES, and what is
	 * no such container, is "format-unsupported". */
	char why[32];
	struct inspect_verdict v[INSPECT_SIGS_MAX];
	size_t n;
	struct inspect_member members[INSPECT_MEMBERS_MAX];
	size_t nmembers;
};
/*
 * Stage 2 for a container with CAdES signatures or time stamps (EN 319 162-1):
 * of a ZIP file in a memfd that agrees with its type. A container that
 * contradicts itself is one signature that FAILED/FORMAT_FAILURE,
 * "container-unsound". What is not covered by a signature holds it back:
 * INDETERMINATE, never passed.
 */
int inspect_asic(struct inspector *i, int fd, uint64_t size,
    const struct inspect_trust *trust, int64_t now_ms, struct inspect_asic *out,
    struct err *e) NODISCARD;

/*
 * A file is as good as its weakest signature: FAILED before INDETERMINATE
 * before PASSED; of no signature INDETERMINATE.
 */
enum inspect_indication inspect_weakest(
    const struct inspect_verdict *v, size_t n);

/* All signatures of a file in one word each. */
struct inspect_summary {
	enum inspect_integrity integrity;
	/* The weakest indication, or "NOT-SIGNED". */
	const char *verdict;
	/* After the last signature of a person, or the last time stamp. */
	enum inspect_after after;
};
/* Pure. Time stamps alone are no signature, and still judged. */
void inspect_summarise(const struct inspect_type *t,
    const struct inspect_verdict *v, size_t n, struct inspect_summary *out);
/* "nothing", "validation-data", "changes". */
const char *inspect_after_name(enum inspect_after a);

/* "TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED". */
const char *inspect_indication_name(enum inspect_indication i);
/* "PASS", "FAIL", "INDET", "NOSIG", "UNSUPPORTED", "ERROR". */
const char *inspect_integrity_name(enum inspect_integrity i);

#endif
