/*
 * Any text as one of the small forms: identifier, reference, base64,
 * hexadecimal, time, date, number. What is read is written alike.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/text.h"
#include "tests/fuzz/base/fuzz.h"

static void
ids(const char *s)
{
	char text[ID_TEXT], ref[REF_TEXT];
	struct id id = { { 0 } };
	uint32_t bits = 0, again = 0;
	struct err e;

	if (id_parse(s, &id, &e) == 0) {
		id_format(&id, text);
		MUST(strcmp(text, s) == 0);
	}
	if (id_ref_parse(s, &bits, &e) < 0)
		return;
	MUST(bits < 1u << 30);
	id.b[0] = (uint8_t)(bits >> 22);
	id.b[1] = (uint8_t)(bits >> 14);
	id.b[2] = (uint8_t)(bits >> 6);
	id.b[3] = (uint8_t)(bits << 2);
	id_ref(&id, ref);
	MUST(id_ref_parse(ref, &again, &e) == 0 && again == bits);
}

static void
encodings(const char *s, size_t n)
{
	AUTO(buf_done) struct buf raw = { 0 }, b = { 0 };
	uint8_t bytes[32];
	char hex[65];
	struct err e;

	if (base64_parse(s, n, &raw, &e) == 0) {
		MUST(base64_format(raw.p, raw.len, &b, &e) == 0);
		MUST(b.len == n && memcmp(b.p, s, n) == 0);
	}
	if (n % 2 == 0 && n <= 64 && hex_parse(s, bytes, n / 2, &e) == 0) {
		hex_format(bytes, n / 2, hex);
		MUST(strcasecmp(hex, s) == 0);
	}
}

static void
times(const char *s)
{
	char text[TIME_TEXT];
	int32_t days = 0;
	int64_t ms = 0;
	struct err e;

	if (time_parse(s, &ms, &e) == 0) {
		time_format(ms, text);
		MUST(strcmp(text, s) == 0);
	}
	if (date_parse(s, &days, &e) == 0) {
		date_format(days, text);
		MUST(strcmp(text, s) == 0);
	}
}

static void
numbers(const char *s, size_t n)
{
	char text[32];
	uint64_t v = 0;
	struct err e;

	if (text_decimal(s, n, &v, &e) < 0)
		return;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	MUST(strcmp(text, s) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;
	const char *s;

	/* Any number in the first eight bytes is a time that can be said. */
	if (n >= 8) {
		char text[TIME_TEXT];
		int64_t ms;

		memcpy(&ms, p, sizeof(ms));
		time_format(ms, text);
		MUST(time_parse(text, &ms, &e) == 0);
	}
	(void)utf8_is_valid(p, n);
	MUST(buf_add(&b, p, n, &e) == 0);
	s = buf_str(&b);
	ids(s);
	encodings(s, strlen(s));
	times(s);
	numbers(s, strlen(s));
	return 0;
}
