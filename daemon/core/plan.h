/*
 * The plan of an erasure: which objects, with which keys, as the catalog
 * stands in a transaction; and the page of text that people sign.
 */
#ifndef DAEMON_CORE_PLAN_H
#define DAEMON_CORE_PLAN_H

#include "daemon/core/erasure.h"

enum plan_what { PLAN_CASE, PLAN_DOCUMENT, PLAN_CONSENTS, PLAN_EXTRACTS };

struct plan_object {
	enum plan_what what;
	struct id id;	    /* document; else the case */
	struct buf numbers; /* key numbers, u64 in host order */
};

/* What of a case besides documents, where the rest of it stays. */
#define PLAN_PART_CONSENTS 1u
#define PLAN_PART_EXTRACTS 2u

struct plan {
	struct id kase;
	int whole_case;
	unsigned parts;
	struct plan_object *objects;
	size_t n;
};

/*
 * Whole case when ndocuments is 0. ERR_CONFLICT "nothing-to-erase";
 * ERR_TOO_LARGE over ERASURE_OBJECTS_MAX.
 */
int plan_make(struct tx *tx, const struct id *kase, const struct id *docs,
    size_t ndocuments, struct plan *out, struct err *e) NODISCARD;
/* These documents and parts (PLAN_PART_…) of a case that stays. */
int plan_make_parts(struct tx *tx, const struct id *kase, const struct id *docs,
    size_t ndocuments, unsigned parts, struct plan *out, struct err *e)
    NODISCARD;
void plan_done(struct plan *p);
size_t plan_keys(const struct plan *p);
const char *plan_name(enum plan_what w);
/* The lines "object …", one an object, in the plan's order. */
int plan_lines(const struct plan *p, struct buf *out, struct err *e) NODISCARD;
/* SHA-256 over the lines and every key number: the same plan, or not. */
int plan_digest(const struct plan *p, uint8_t out[32], struct err *e) NODISCARD;
/* Rows to tombstones, objects dead: within tx. */
int plan_forget(struct tx *tx, const struct plan *p, int64_t now_ms,
    struct err *e) NODISCARD;

#endif
