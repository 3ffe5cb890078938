/*
 * The certificate of a destruction: JSON, and the text that the agent signs,
 * whose last line is the SHA-256 of that JSON. Three of its dates become
 * true after the run, where the vault cannot see: who saw to one enters it,
 * with a leaf, and the certificate is made and signed anew. Table
 * certificate: ids, roles, counts and days, no words.
 */
#ifndef DAEMON_CORE_CERTIFIED_H
#define DAEMON_CORE_CERTIFIED_H

#include "daemon/core/due.h"

extern const char *const certified_schema;

/* What was done, as the run knows it. */
struct certified_facts {
	struct id erasure, kase; /* kase zero: a sweep */
	uint8_t plan[32];	 /* SHA-256 of the page */
	uint64_t leaf, destroyed;
	int64_t rotated_ms, live_ms; /* keys gone, live copies gone */
	size_t canaries;
	const uint32_t *months; /* of the log */
	size_t nmonths;
	const json_t *approvals; /* [{at, role, fingerprint, …}] */
	const json_t *visa;	 /* {reference, date, leaf}; NULL */
};
/* Append the JSON, and the text over it. */
int certified_make(struct core *core, const struct certified_facts *f,
    struct buf *json, struct buf *text, struct err *e) NODISCARD;
/* Keep the JSON beside the signed text: within the transaction of both. */
int certified_keep(struct tx *tx, const struct id *erasure, int64_t rotated,
    const struct buf *json, struct err *e) NODISCARD;
/* Append the JSON that is kept; nothing when there is none yet. */
int certified_load(struct tx *tx, const struct id *erasure, struct buf *json,
    struct err *e) NODISCARD;

/*
 * One of its dates came true on that day ("": today): "mirrors" (pruned),
 * "recovery" (the recovery copy was made anew), "backups" (the oldest one
 * that holds what was destroyed is gone). ERR_INVALID "settle-what";
 * ERR_REFUSED "settle-date": before the keys went, or ahead; ERR_CONFLICT
 * "settled": it is entered already, "erasure-state": there is no certificate
 * yet, "clock-suspect".
 */
struct certified_date {
	const char *erasure, *what, *date;
};
int certified_settle(struct core *core, const struct caller *caller,
    const struct certified_date *d, json_t **answer, struct err *e) NODISCARD;

/* Of destructions: signatures and visas that are waited for, runs to begin or
 * to take up, dates of certificates. */
int certified_due(struct due_list *d, struct err *e) NODISCARD;

/* The dates, in their order, for who lists what waits. */
#define CERTIFIED_DATES 3
struct certified_kind {
	const char *what;     /* as it is entered */
	const char *member;   /* of the JSON */
	const char *line;     /* of the text */
	const char *how;      /* what is to be done */
	const char *deadline; /* of the rules; */
	const char *figure;   /* and how long there is */
};
extern const struct certified_kind certified_kinds[CERTIFIED_DATES];

#endif
