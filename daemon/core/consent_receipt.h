/* What a receipt of consents is made of, for its two forms. Pure. */
#ifndef DAEMON_CORE_CONSENT_RECEIPT_H
#define DAEMON_CORE_CONSENT_RECEIPT_H

#include "daemon/core/consent_row.h"

/* One consent of the sheet. */
struct receipt_item {
	struct consent_row row;
	const struct policy_consent *purpose;	  /* NULL: the rules lost it */
	const struct policy_recipient *recipient; /* or NULL */
	enum consent_state state;		  /* now */
	const char *name, *role;		  /* of the person */
	json_t *words;	 /* of the newest giving; borrowed */
	json_t *history; /* borrowed */
};
struct receipt_facts {
	struct id sheet, kase;
	const char *ref; /* of the case, as it is spoken */
	const char *controller;
	const char *retention; /* ISO 8601 duration the proof is kept; NULL */
	int64_t now_ms;
	uint64_t leaf;
	const struct receipt_item *items;
	size_t n;
};

/*
 * The receipt of ISO/IEC TS 27560:2023 as the W3C DPV guide maps it: a
 * dpv:ConsentReceipt over its dpv:ConsentRecords. The context stands in it:
 * nothing is fetched to read it. A new object; NULL: no memory.
 */
json_t *receipt_jsonld(const struct receipt_facts *f);
/* The same in French, for the household: plain text of at most 80 columns,
 * each purpose told once with who said what; six consents of a couple make
 * one page. */
int receipt_page(const struct receipt_facts *f, struct buf *out, struct err *e)
    NODISCARD;

#endif
