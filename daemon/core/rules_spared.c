/* Custodians who stand in for a signature whose key is lost. */
#include "base/civil.h"
#include "daemon/core/attest.h"
#include "daemon/core/rules_rows.h"

#define DAY_MS INT64_C(86400000)

int
rules_spared(struct tx *tx, const struct policy *a, const struct policy *b,
    const struct rules_row *row, struct buf *words, struct err *e)
{
	const struct policy_approval *rule = policy_approval(a, row->what);
	AUTO(buf_done) struct buf lines = { 0 };
	uint8_t page[SHA256_LEN];
	uint32_t n = 0;
	int64_t quorum;
	int r;

	/* Rules without the figure, or with none at all: nobody stands in. */
	if (rule == NULL || strcmp(row->what, "people") != 0 ||
	    policy_people_change(a, b) != PEOPLE_KEY ||
	    policy_figure_on(a, "recovery-quorum", civil_day(row->applied_ms),
		&quorum, NULL) < 0 ||
	    quorum < 1)
		return 0;
	if ((r = digest_of(
		 DIGEST_SHA256, row->page.p, row->page.len, page, e)) < 0 ||
	    (r = attest_before(tx, page,
		 row->applied_ms - (int64_t)rule->valid_days * DAY_MS,
		 row->applied_leaf, &n, &lines, e)) < 0)
		return r;
	if ((int64_t)n < quorum)
		return 0;
	if ((r = buf_add(words, lines.p, lines.len, e)) < 0)
		return r;
	return 1;
}
