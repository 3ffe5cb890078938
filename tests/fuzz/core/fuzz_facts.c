/*
 * Kept facts: what is read is written again as the same value; nothing else
 * is read.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/core/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
try_access(const json_t *j)
{
	struct access_kept f, again;
	json_t *out, *twice;

	memset(&f, 0x5a, sizeof(f));
	memset(&again, 0x5a, sizeof(again));
	if (access_kept_parse(j, &f, NULL) < 0) {
		/* On failure no output is touched. */
		must(memcmp(&f, &again, sizeof(f)) == 0);
		return;
	}
	out = access_kept_json(&f);
	must(out != NULL && json_equal(out, j));
	must(access_kept_parse(out, &again, NULL) == 0);
	twice = access_kept_json(&again);
	must(json_equal(out, twice));
	json_decref(twice);
	json_decref(out);
}

static void
try_disclosure(const json_t *j)
{
	struct disclosure_kept k;
	json_t *out;

	if (disclosure_facts_parse(j, &k, NULL) < 0)
		return;
	out = disclosure_facts_json(&k.facts);
	must(out != NULL && json_equal(out, j));
	json_decref(out);
	disclosure_kept_done(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	json_t *j =
	    json_loadb((const char *)p, n, JSON_REJECT_DUPLICATES, NULL);

	if (j == NULL)
		return 0;
	try_access(j);
	try_disclosure(j);
	json_decref(j);
	return 0;
}
