/*
 * The inspector with workers that a file takes over: what the linker calls in
 * the place of magic_buffer and cms_judge looks for a sentence in the bytes
 * and does the act of misbehave.h that it names, just as a hole in the parser
 * would. Before a type: INTRUDER-TYPE-nn; before a verdict: INTRUDER-CMS-nn.
 */
#include <ctype.h>
#include <string.h>

#include "daemon/inspect/cms_judge.h"
#include "daemon/inspect/worker.h"

#define LOOKED_AT 4096 /* bytes */

const char *__real_magic_buffer(magic_t, const void *, size_t);
const char *__wrap_magic_buffer(magic_t, const void *, size_t);
void __real_cms_judge(const struct cms_case *, struct inspect_verdict *);
void __wrap_cms_judge(const struct cms_case *, struct inspect_verdict *);

static void
obey(const void *p, size_t n, const char *word)
{
	size_t len = strlen(word);
	const uint8_t *at = memmem(p, n < LOOKED_AT ? n : LOOKED_AT, word, len);

	if (at == NULL || (size_t)(at - (const uint8_t *)p) + len + 2 > n ||
	    !isdigit(at[len]) || !isdigit(at[len + 1]))
		return;
	worker_misbehave((uint8_t)((at[len] - '0') * 10 + (at[len + 1] - '0')));
}

const char *
__wrap_magic_buffer(magic_t m, const void *p, size_t n)
{
	obey(p, n, "INTRUDER-TYPE-");
	return __real_magic_buffer(m, p, n);
}

void
__wrap_cms_judge(const struct cms_case *c, struct inspect_verdict *out)
{
	obey(c->der, c->der_len, "INTRUDER-CMS-");
	__real_cms_judge(c, out);
}
