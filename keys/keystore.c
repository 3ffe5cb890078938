#include "keys/keystore.h"

#include <string.h>

#include "base/crypto.h"
#include "keys/agent.h"
#include "keys/sealfile.h"

static const char keystore_name[] = "keystore";

void
keystore_done(struct keystore *k)
{
	secret_done(&k->entries);
	k->n = 0;
}

void
keystore_move(struct keystore *to, struct keystore *from)
{
	secret_move(&to->entries, &from->entries);
	to->n = from->n;
	from->n = 0;
}

static uint64_t
number_at(const uint8_t *entry)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | entry[i];
	return v;
}

static void
number_put(uint8_t *entry, uint64_t v)
{
	int i;

	for (i = 0; i < 8; i++)
		entry[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint8_t *
entry_at(const struct keystore *k, size_t i)
{
	return k->entries.p + i * KEYSTORE_ENTRY;
}

uint64_t
keystore_number(const struct keystore *k, size_t i)
{
	return number_at(entry_at(k, i));
}

const uint8_t *
keystore_key(const struct keystore *k, size_t i)
{
	return entry_at(k, i) + 8;
}

size_t
keystore_index(const struct keystore *k, uint64_t number)
{
	size_t low = 0, high = k->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (keystore_number(k, mid) < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const uint8_t *
keystore_find(const struct keystore *k, uint64_t number)
{
	size_t i = keystore_index(k, number);

	if (i == k->n || keystore_number(k, i) != number)
		return NULL;
	return keystore_key(k, i);
}

uint64_t
keystore_last(const struct keystore *k)
{
	return k->n == 0 ? 0 : keystore_number(k, k->n - 1);
}

int
keystore_grown(const struct keystore *k, uint64_t first, size_t count,
    struct keystore *out, struct err *e)
{
	AUTO(keystore_done) struct keystore got = { 0 };
	size_t i;
	int r;

	if (first <= keystore_last(k) || first > AGENT_NUMBER_MAX)
		return err_set(e, ERR_INTERNAL, "numbers out of order");
	if (k->n > KEYSTORE_KEYS_MAX || count > KEYSTORE_KEYS_MAX - k->n)
		return err_set(e, ERR_TOO_LARGE, "keystore over %u keys",
		    KEYSTORE_KEYS_MAX);
	got.n = k->n + count;
	if ((r = secret_init(&got.entries, got.n * KEYSTORE_ENTRY, e)) < 0)
		return r;
	if (k->n > 0)
		memcpy(got.entries.p, k->entries.p, k->n * KEYSTORE_ENTRY);
	for (i = 0; i < count; i++) {
		number_put(entry_at(&got, k->n + i), first + i);
		if ((r = crypto_random(
			 entry_at(&got, k->n + i) + 8, SECRET_KEY_LEN, e)) < 0)
			return r;
	}
	keystore_move(out, &got);
	return 0;
}

/* Copy to *to what is kept; both lists ascend, so one pass is enough. */
static void
copy_kept(const struct keystore *k, const uint64_t *numbers, size_t n,
    struct keystore *to)
{
	size_t i, j = 0;

	for (i = 0; i < k->n; i++) {
		while (j < n && numbers[j] < keystore_number(k, i))
			j++;
		if (j < n && numbers[j] == keystore_number(k, i))
			continue;
		memcpy(entry_at(to, to->n++), entry_at(k, i), KEYSTORE_ENTRY);
	}
}

int
keystore_without(const struct keystore *k, const uint64_t *numbers, size_t n,
    struct keystore *out, uint64_t *removed, struct err *e)
{
	AUTO(keystore_done) struct keystore got = { 0 };
	int r;

	if ((r = secret_init(&got.entries, k->n * KEYSTORE_ENTRY, e)) < 0)
		return r;
	copy_kept(k, numbers, n, &got);
	/* What lies behind the last entry is zeroes, and never read. */
	*removed = k->n - got.n;
	keystore_move(out, &got);
	return 0;
}

int
keystore_decode(struct secret *text, struct keystore *out, struct err *e)
{
	struct keystore k = { .entries = *text };
	uint64_t last = 0;
	size_t i;

	k.n = text->len / KEYSTORE_ENTRY;
	if (text->len % KEYSTORE_ENTRY != 0 || k.n > KEYSTORE_KEYS_MAX)
		return err_set(e, ERR_INTEGRITY, "keystore: its length");
	for (i = 0; i < k.n; i++) {
		if (keystore_number(&k, i) <= last)
			return err_set(e, ERR_INTEGRITY, "keystore: order");
		last = keystore_number(&k, i);
	}
	if (last > AGENT_NUMBER_MAX)
		return err_set(e, ERR_INTEGRITY, "keystore: its numbers");
	memset(text, 0, sizeof(*text));
	*out = k;
	return 0;
}

/* The KEK is new in every generation: the context needs no epoch. */
static void
context_of(const struct id *vault, struct seal_context *c)
{
	memset(c, 0, sizeof(*c));
	c->type = SEAL_KEYSTORE;
	c->vault = *vault;
}

int
keystore_load(int dir, const struct id *vault, const uint8_t kek[32],
    struct keystore *out, struct err *e)
{
	AUTO(secret_done) struct secret text = { 0 };
	struct seal_context c;
	int r;

	context_of(vault, &c);
	r = sealfile_load(dir, keystore_name, kek, &c,
	    (uint64_t)KEYSTORE_KEYS_MAX * KEYSTORE_ENTRY, &text, e);
	if (r < 0)
		return r;
	return keystore_decode(&text, out, e);
}

int
keystore_save(int dir, const struct id *vault, const uint8_t kek[32],
    const struct keystore *k, struct err *e)
{
	struct seal_context c;

	context_of(vault, &c);
	return sealfile_save(dir, keystore_name, kek, &c, k->entries.p,
	    k->n * KEYSTORE_ENTRY, e);
}
