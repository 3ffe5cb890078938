/*
 * Step-up statements and their header: what is read is written alike, and
 * nothing else is read.
 */
#include <string.h>

#include "base/statement.h"
#include "tests/fuzz/base/fuzz.h"

static void
try_text(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct statement s;
	struct err e;

	if (statement_parse(p, n, &s, &e) < 0)
		return;
	MUST(strlen(s.operation) > 0 && strlen(s.purpose) > 0);
	MUST(statement_format(&s, &b, &e) == 0);
	MUST(b.len == n && memcmp(b.p, p, n) == 0);
}

static void
try_header(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf in = { 0 }, text = { 0 }, armored = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct err e;

	MUST(buf_add(&in, p, n, &e) == 0);
	if (statement_unpack(buf_str(&in), &text, &armored, &e) < 0)
		return;
	MUST(strlen(buf_str(&in)) <= STEP_UP_HEADER_MAX);
	MUST(statement_pack(&text, &armored, &out, &e) == 0);
	MUST(strcmp(buf_str(&in), buf_str(&out)) == 0);
	if (text.len > 0)
		try_text(text.p, text.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 0)
		try_text(p, n);
	try_header(p, n);
	return 0;
}
