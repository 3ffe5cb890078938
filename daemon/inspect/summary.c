#include "daemon/inspect/inspect.h"

enum inspect_indication
inspect_weakest(const struct inspect_verdict *v, size_t n)
{
	enum inspect_indication weakest =
	    n > 0 ? INSPECT_PASSED : INSPECT_INDETERMINATE;
	size_t i;

	/* The worse, the greater the number. */
	for (i = 0; i < n; i++)
		if (v[i].indication > weakest)
			weakest = v[i].indication;
	return weakest;
}

const char *
inspect_indication_name(enum inspect_indication i)
{
	switch (i) {
	case INSPECT_PASSED:
		return "TOTAL-PASSED";
	case INSPECT_FAILED:
		return "TOTAL-FAILED";
	default:
		return "INDETERMINATE";
	}
}

const char *
inspect_integrity_name(enum inspect_integrity i)
{
	static const char *const names[] = { [INTEGRITY_PASS] = "PASS",
		[INTEGRITY_FAIL] = "FAIL",
		[INTEGRITY_INDET] = "INDET",
		[INTEGRITY_NOSIG] = "NOSIG",
		[INTEGRITY_UNSUPPORTED] = "UNSUPPORTED",
		[INTEGRITY_ERROR] = "ERROR" };

	return i >= INTEGRITY_PASS && i <= INTEGRITY_ERROR ? names[i] : "ERROR";
}

const char *
inspect_after_name(enum inspect_after a)
{
	switch (a) {
	case AFTER_NOTHING:
		return "nothing";
	case AFTER_VALIDATION:
		return "validation-data";
	default:
		return "changes";
	}
}

/* A field made ready for a signature that nobody gave. */
static int
is_empty(const struct inspect_verdict *v)
{
	return strcmp(v->reasons, "signature-empty") == 0;
}

/* The words in the order in which one outweighs the other. */
static int
weight(enum inspect_integrity i)
{
	static const enum inspect_integrity order[] = { INTEGRITY_PASS,
		INTEGRITY_INDET, INTEGRITY_UNSUPPORTED, INTEGRITY_FAIL };
	int k;

	for (k = 0; k < (int)NELEMS(order) - 1; k++)
		if (order[k] == i)
			return k;
	return k;
}

static enum inspect_integrity
of_after(enum inspect_after a)
{
	if (a <= AFTER_SIGNATURES)
		return INTEGRITY_PASS;
	return a == AFTER_FORBIDDEN ? INTEGRITY_FAIL : INTEGRITY_INDET;
}

static enum inspect_integrity
worse(enum inspect_integrity a, enum inspect_integrity b)
{
	return weight(b) > weight(a) ? b : a;
}

void
inspect_summarise(const struct inspect_type *t, const struct inspect_verdict *v,
    size_t n, struct inspect_summary *out)
{
	enum inspect_integrity word = INTEGRITY_PASS;
	size_t i, last = 0, empty = 0;

	for (i = 0; i < n; i++) {
		word = worse(word, v[i].integrity);
		word = worse(word, of_after(v[i].after));
		empty += is_empty(&v[i]);
		if (!v[i].is_stamp || v[last].is_stamp)
			last = i;
	}
	if (t->encrypted && n > 0)
		word = worse(word, INTEGRITY_UNSUPPORTED);
	/* What is not readable where a signature should be is a broken one. */
	if (word == INTEGRITY_ERROR)
		word = INTEGRITY_FAIL;
	*out = (struct inspect_summary){ word,
		inspect_indication_name(inspect_weakest(v, n)),
		n > 0 ? v[last].after : AFTER_NOTHING };
	if (empty == n) {
		out->integrity = INTEGRITY_NOSIG;
		out->verdict = "NOT-SIGNED";
	}
}
