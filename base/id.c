#include "base/id.h"

#include <string.h>

#include "base/crypto.h"

#define REF_BITS 30
#define REF_SYMBOLS 6
#define REF_MOD 31

/* RFC 4648, 6, in lower case. */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

int
id_random(struct id *out, struct err *e)
{
	return crypto_random(out->b, ID_LEN, e);
}

static int
symbol_value(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

int
id_parse(const char *s, struct id *out, struct err *e)
{
	struct id id;
	uint32_t acc = 0;
	int bits = 0, v;
	size_t i, n = 0;

	for (i = 0; i < ID_TEXT - 1; i++) {
		if ((v = symbol_value(s[i])) < 0)
			return err_set(e, ERR_INVALID, "not an identifier");
		acc = (acc << 5 | (uint32_t)v) & 0xffff;
		if ((bits += 5) >= 8) {
			bits -= 8;
			id.b[n++] = (uint8_t)(acc >> bits);
		}
	}
	/* 26 symbols carry 130 bits: one text for each value. */
	if (s[i] != '\0' || (acc & ((1u << bits) - 1)) != 0)
		return err_set(e, ERR_INVALID, "not an identifier");
	*out = id;
	return 0;
}

void
id_format(const struct id *id, char out[ID_TEXT])
{
	uint32_t acc = 0;
	int bits = 0;
	size_t i, n = 0;

	for (i = 0; i < ID_LEN; i++) {
		acc = (acc << 8 | id->b[i]) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5)
			out[n++] = alphabet[acc >> (bits - 5) & 31];
	}
	out[n++] = alphabet[acc << (5 - bits) & 31];
	out[n] = '\0';
}

int
id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_LEN) == 0;
}

int
id_is_zero(const struct id *a)
{
	static const struct id zero;

	return id_equal(a, &zero);
}

uint32_t
id_ref_bits(const struct id *id)
{
	return ((uint32_t)id->b[0] << 24 | (uint32_t)id->b[1] << 16 |
		   (uint32_t)id->b[2] << 8 | id->b[3]) >>
	       (32 - REF_BITS);
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static unsigned
ref_symbol(uint32_t bits, int i)
{
	return bits >> (5 * (REF_SYMBOLS - 1 - i)) & 31;
}

static unsigned
ref_check(uint32_t bits)
{
	unsigned sum = 0;
	int i;

	for (i = 0; i < REF_SYMBOLS; i++)
		sum += (unsigned)(i + 1) * ref_symbol(bits, i);
	return sum % REF_MOD;
}

void
id_ref(const struct id *id, char out[REF_TEXT])
{
	uint32_t bits = id_ref_bits(id);
	int i;

	for (i = 0; i < REF_SYMBOLS; i++)
		out[i < 4 ? i : i + 1] = crockford[ref_symbol(bits, i)];
	out[4] = '-';
	out[7] = crockford[ref_check(bits)];
	out[8] = '\0';
}

static int
crockford_value(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'I' || c == 'L')
		c = '1';
	if (c == 'O')
		c = '0';
	at = c != '\0' ? strchr(crockford, c) : NULL;
	return at != NULL ? (int)(at - crockford) : -1;
}

int
id_ref_parse(const char *s, uint32_t *bits, struct err *e)
{
	uint32_t got = 0;
	int i, v;

	for (i = 0; i < REF_SYMBOLS; i++) {
		if (i == 4 && *s == '-')
			s++;
		if ((v = crockford_value(*s++)) < 0)
			return err_set(e, ERR_INVALID, "not a reference");
		got = got << 5 | (uint32_t)v;
	}
	if ((v = crockford_value(*s)) < 0 || s[1] != '\0')
		return err_set(e, ERR_INVALID, "not a reference");
	if ((unsigned)v != ref_check(got))
		return err_tag(e, ERR_INVALID, "reference-check",
		    "the reference's check symbol is wrong: misheard or "
		    "mistyped");
	*bits = got;
	return 0;
}
