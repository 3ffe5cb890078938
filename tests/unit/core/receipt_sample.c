/*
 * Prints the receipt and the page of a couple who signed three purposes, one
 * of which one of them has withdrawn since, for a reader that has no code of
 * ours. usage: receipt-sample RULES
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_receipt.h"

#define ITEMS 6

static const char *const purposes[] = { "diagnostic", "partage:caf",
	"partage:banque-de-france" };

static json_t *
event(const char *what, const char *at, const struct policy_consent *p)
{
	char sha[2 * SHA256_LEN + 1] = "";

	if (p == NULL)
		return json_pack("{s:s, s:s, s:n, s:s, s:s}", "event", what,
		    "effective_at", at, "valid_until", "channel", "telephone",
		    "by", "camille.exemple");
	if (p->notice_sha256 != NULL)
		hex_format(p->notice_sha256, SHA256_LEN, sha);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "event", what, "effective_at", at, "valid_until",
	    "2027-11-23T23:00:00Z", "method", "handwritten", "language", "fr",
	    "notice", p->notice, "notice_version", p->notice_version,
	    "notice_sha256", sha, "capacity", "self", "collected_by",
	    "camille.exemple");
}

static void
fill(struct receipt_item *it, const struct policy *p, size_t i)
{
	size_t k;

	for (k = 0; k < ID_LEN; k++)
		it->row.id.b[k] = it->row.person.b[k] = (uint8_t)(i + k);
	it->row.id.b[6] = 0x40;
	it->row.id.b[8] = 0x80;
	it->purpose = policy_consent(p, purposes[i / 2]);
	if (it->purpose == NULL)
		exit(1);
	snprintf(it->row.purpose, sizeof(it->row.purpose), "%s",
	    it->purpose->purpose);
	it->row.given = civil_start_ms(20780);
	it->row.until = civil_term_ms(20780, 12);
	it->recipient = it->purpose->recipient == NULL
			    ? NULL
			    : policy_recipient(p, it->purpose->recipient);
	it->name = i % 2 == 0 ? "Alix Durand" : "Sam Exemple";
	it->role = i % 2 == 0 ? "titulaire" : "co-titulaire";
	it->state = i == 3 ? CONSENT_WITHDRAWN : CONSENT_GIVEN;
	it->history = json_pack("[o, {s:s, s:s, s:n}]",
	    event("given", "2026-11-23T10:00:00Z", it->purpose), "event",
	    "receipt", "effective_at", "2026-11-23T10:05:00Z", "valid_until");
	if (i == 3)
		json_array_append_new(it->history,
		    event("withdrawn", "2026-12-01T09:00:00Z", NULL));
	it->words = json_array_get(it->history, 0);
}

int
main(int argc, char **argv)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf page = { 0 };
	struct receipt_item items[ITEMS] = { 0 };
	struct receipt_facts f = {
		.ref = "4F7K-2Q8",
		.controller = "association-exemple",
		.retention = "P60M",
		.now_ms = civil_start_ms(20790),
		.leaf = 4242,
		.items = items,
		.n = ITEMS,
	};
	json_t *j;
	size_t i;

	if (argc != 2 || policy_load(argv[1], &p, NULL, NULL) < 0)
		return 1;
	for (i = 0; i < ITEMS; i++)
		fill(&items[i], p, i);
	if (receipt_page(&f, &page, NULL) < 0)
		return 1;
	j = json_pack("{s:o, s:s}", "receipt", receipt_jsonld(&f), "page",
	    buf_str(&page));
	if (j == NULL || json_dumpf(j, stdout, JSON_INDENT(1)) < 0)
		return 1;
	json_decref(j);
	for (i = 0; i < ITEMS; i++)
		json_decref(items[i].history);
	return 0;
}
