#include "keys/safe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/rw.h"
#include "keys/agent.h"

#define CERTIFICATE_START "sceau erasure certificate 1\n"
#define BILAN_START "sceau bilan 1\n"
#define FIRST_NUMBER 1 /* 0 is no key's number */

/* Nothing held. */
#define EMPTY                                                                  \
	{                                                                      \
		.head = { .fd = -1 }, .dir = {.fd = -1, .lock = -1 }           \
	}

static int
check_open(const struct safe *s, struct err *e)
{
	if (!s->open)
		return err_set(e, ERR_SEALED, "the vault is sealed");
	return 0;
}

void
safe_seal(struct safe *s)
{
	s->open = 0;
	s->floor_known = 0;
	rotate_keys_done(&s->keys);
	memset(&s->promise, 0, sizeof(s->promise));
}

/*
 * Pass on the result r of making something durable. After a failure what is
 * on disk is not known, so nothing more is done from memory.
 */
static int
durable(struct safe *s, int r)
{
	if (r == -(int)ERR_IO)
		safe_seal(s);
	return r;
}

/* Init. */

static int
make_slot(const struct keydir *d, int dir, const struct safe_new *made,
    const struct secret *root, struct err *e)
{
	struct slot_spec spec = { .kind = SLOT_PASSPHRASE,
		.name = "passphrase",
		.vault = d->vault,
		.credential = made->pass,
		.scrypt_log2 = made->scrypt_log2 };
	struct ecies_context c = { d->vault, 1 };
	AUTO(slot_done) struct slot slot = { 0 };
	int r;

	if ((r = slot_make(&spec, &slot, e)) < 0 ||
	    (r = slot_wrap(&slot, &c, root, e)) < 0)
		return r;
	return slot_save(dir, &slot, e);
}

static int
make_first_keys(const struct safe_spec *spec, int64_t now_ms,
    struct rotate_keys *out, struct err *e)
{
	struct keystore none = { .n = 0 };
	uint32_t n = spec->reserve > 0 ? spec->reserve : AGENT_RESERVE;
	int r;

	if ((r = secret_random(&out->root, SECRET_KEY_LEN, e)) < 0 ||
	    (r = keyring_make(spec->origin, now_ms, &out->ring, e)) < 0)
		return r;
	return keystore_grown(&none, FIRST_NUMBER, n, &out->store, e);
}

static int
check_new(const struct keydir *d, struct err *e)
{
	uint32_t generation;
	int r = keydir_current(d, &generation, e);

	if (r == -(int)ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	return err_set(e, ERR_CONFLICT, "this vault has its keys already");
}

int
safe_create(
    const struct safe_spec *spec, const struct safe_new *made, struct err *e)
{
	AUTO(keydir_close) struct keydir d = { .fd = -1, .lock = -1 };
	AUTO(rotate_keys_done) struct rotate_keys keys = { .root = { 0 } };
	AUTO(fd_closep) int dir = -1;
	int r;

	if ((r = keydir_open(&d, spec->path, &spec->vault, e)) < 0 ||
	    (r = check_new(&d, e)) < 0 || (r = keydir_sweep(&d, 0, e)) < 0 ||
	    (r = make_first_keys(spec, made->now_ms, &keys, e)) < 0 ||
	    (r = keydir_generation(&d, 1, 1, &dir, e)) < 0 ||
	    (r = keystore_save(
		 dir, &d.vault, keys.ring.k->kek, &keys.store, e)) < 0 ||
	    (r = keyring_save(dir, &d.vault, &keys.root, &keys.ring, e)) < 0 ||
	    (r = make_slot(&d, dir, made, &keys.root, e)) < 0 ||
	    (r = custodians_save(d.fd, made->custodians, e)) < 0 ||
	    (r = keydir_mark_save(&d, FIRST_NUMBER, e)) < 0 ||
	    (r = head_create(d.fd, e)) < 0)
		return r;
	/* Last: from here on the vault has its keys. */
	return keydir_set_current(&d, 1, e);
}

/* Loading, sealed. */

/*
 * What is on disk, and nothing left beside the current generation. After an
 * error of the disk that may be another one than before.
 */
static int
read_state(struct safe *s, struct err *e)
{
	int r;

	r = keydir_current(&s->dir, &s->generation, e);
	if (r == -(int)ERR_NOT_FOUND)
		return err_set(e, ERR_INCOMPLETE,
		    "keys/current is missing: was the vault initialised?");
	if (r < 0 || (r = keydir_sweep(&s->dir, s->generation, e)) < 0 ||
	    (r = keydir_mark_load(&s->dir, &s->mark, e)) < 0)
		return r;
	head_close(&s->head);
	return head_open(s->dir.fd, &s->head, e);
}

static int
read_slots(const struct safe *s, struct slots *out, struct err *e)
{
	AUTO(fd_closep) int dir = -1;
	int r;

	r = keydir_generation(&s->dir, s->generation, 0, &dir, e);
	return r < 0 ? r : slots_load(dir, out, e);
}

int
safe_load(const struct safe_spec *spec, struct safe *out, struct err *e)
{
	AUTO(safe_done) struct safe s = EMPTY;
	AUTO(slots_done) struct slots slots = { .n = 0 };
	int r;

	snprintf(s.origin, sizeof(s.origin), "%s", spec->origin);
	s.reserve = spec->reserve > 0 ? spec->reserve : AGENT_RESERVE;
	if ((r = keydir_open(&s.dir, spec->path, &spec->vault, e)) < 0 ||
	    (r = read_state(&s, e)) < 0 || (r = read_slots(&s, &slots, e)) < 0)
		return r;
	s.nslots = (uint32_t)slots.n;
	*out = s;
	s = (struct safe)EMPTY;
	return 0;
}

void
safe_done(struct safe *s)
{
	safe_seal(s);
	head_close(&s->head);
	keydir_close(&s->dir);
}

/* Opening. */

int
safe_slots(struct safe *s, struct slots *out, struct err *e)
{
	int r;

	if (s->open)
		return err_set(e, ERR_CONFLICT, "the vault is open");
	if ((r = read_state(s, e)) < 0)
		return r;
	return read_slots(s, out, e);
}

int
safe_open_slots(struct safe *s, struct slots *out, struct err *e)
{
	if (!s->open)
		return err_set(e, ERR_SEALED, "the vault is sealed");
	return read_slots(s, out, e);
}

int
safe_root(const struct slots *slots, const struct ecies_context *c,
    const struct secret *pass, struct secret *root, struct err *e)
{
	size_t i;
	int r = err_set(e, ERR_INCOMPLETE, "the vault has no slot");

	for (i = 0; i < slots->n; i++) {
		r = slot_open(&slots->slot[i], c, pass, root, e);
		if (r != -(int)ERR_DENIED)
			return r;
	}
	return r;
}

static int
load_keys(const struct safe *s, struct rotate_keys *out, struct err *e)
{
	AUTO(fd_closep) int dir = -1;
	int r;

	if ((r = keydir_generation(&s->dir, s->generation, 0, &dir, e)) < 0 ||
	    (r = keyring_load(dir, &s->dir.vault, s->generation, &out->root,
		 &out->ring, e)) < 0)
		return r;
	return keystore_load(
	    dir, &s->dir.vault, out->ring.k->kek, &out->store, e);
}

/* A vault of before there were intake keys gets its own, on disk before
 * anybody is told of it. */
static int
complete_ring(struct safe *s, struct rotate_keys *keys, struct err *e)
{
	AUTO(fd_closep) int dir = -1;
	int made, r;

	if ((r = keyring_intake_make(&keys->ring, &made, e)) < 0 || !made)
		return r;
	if ((r = keydir_generation(&s->dir, s->generation, 0, &dir, e)) < 0)
		return r;
	return keyring_save(dir, &s->dir.vault, &keys->root, &keys->ring, e);
}

int
safe_open(struct safe *s, struct secret *root, int64_t now_ms, struct err *e)
{
	AUTO(rotate_keys_done) struct rotate_keys keys = { .root = { 0 } };
	int r;

	secret_move(&keys.root, root);
	if ((r = load_keys(s, &keys, e)) < 0 ||
	    (r = complete_ring(s, &keys, e)) < 0)
		return r;
	secret_move(&s->keys.root, &keys.root);
	keyring_move(&s->keys.ring, &keys.ring);
	keystore_move(&s->keys.store, &keys.store);
	memset(&s->promise, 0, sizeof(s->promise));
	quota_init(&s->quota, now_ms);
	s->open = 1;
	return 0;
}

/* Numbered keys. */

uint64_t
safe_reserve(const struct safe *s)
{
	const struct keystore *k = &s->keys.store;

	return s->open ? k->n - keystore_index(k, s->mark) : 0;
}

static int
raise_mark(struct safe *s, uint64_t mark, struct err *e)
{
	int r;

	if (mark > AGENT_NUMBER_MAX)
		return err_set(e, ERR_TOO_LARGE, "numbers used up");
	if ((r = durable(s, keydir_mark_save(&s->dir, mark, e))) < 0)
		return r;
	s->mark = mark;
	return 0;
}

int
safe_floor(struct safe *s, uint64_t first_unused, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0)
		return r;
	if (first_unused > s->mark && (r = raise_mark(s, first_unused, e)) < 0)
		return r;
	s->floor_known = 1;
	return 0;
}

/* Fill the reserve up: a new keystore, under the same KEK. */
static int
fill_reserve(struct safe *s, struct err *e)
{
	AUTO(keystore_done) struct keystore grown = { .n = 0 };
	AUTO(fd_closep) int dir = -1;
	uint64_t first = keystore_last(&s->keys.store) + 1;
	uint64_t have = safe_reserve(s);
	int r;

	if (have >= s->reserve)
		return 0;
	if (first < s->mark)
		first = s->mark;
	if ((r = keystore_grown(
		 &s->keys.store, first, s->reserve - have, &grown, e)) < 0 ||
	    (r = keydir_generation(&s->dir, s->generation, 0, &dir, e)) < 0)
		return r;
	r = keystore_save(dir, &s->dir.vault, s->keys.ring.k->kek, &grown, e);
	if ((r = durable(s, r)) < 0)
		return r;
	keystore_done(&s->keys.store);
	keystore_move(&s->keys.store, &grown);
	return 0;
}

int
safe_refill(struct safe *s, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0)
		return r;
	return safe_reserve(s) > s->reserve / 2 ? 0 : fill_reserve(s, e);
}

/* How many keys from index i on have numbers that follow each other. */
static size_t
run_length(const struct keystore *k, size_t i)
{
	uint64_t first = keystore_number(k, i);
	size_t n = 1;

	while (n < AGENT_BLOCK && i + n < k->n &&
	       keystore_number(k, i + n) == first + n)
		n++;
	return n;
}

static int
copy_run(const struct keystore *k, size_t i, size_t n, struct secret *keys,
    struct err *e)
{
	size_t j;
	int r;

	if ((r = secret_init(keys, n * SECRET_KEY_LEN, e)) < 0)
		return r;
	for (j = 0; j < n; j++)
		memcpy(keys->p + j * SECRET_KEY_LEN, keystore_key(k, i + j),
		    SECRET_KEY_LEN);
	return 0;
}

int
safe_draw(struct safe *s, uint64_t *first, uint32_t *count, struct secret *keys,
    struct err *e)
{
	AUTO(secret_done) struct secret got = { 0 };
	uint64_t number;
	size_t i, n;
	int r;

	if ((r = check_open(s, e)) < 0)
		return r;
	/* A restored folder's mark may be behind: only the daemon knows. */
	if (!s->floor_known)
		return err_set(e, ERR_CONFLICT,
		    "no keys before the highest number in use is told");
	if (safe_reserve(s) < AGENT_BLOCK && (r = fill_reserve(s, e)) < 0)
		return r;
	i = keystore_index(&s->keys.store, s->mark);
	if (i == s->keys.store.n)
		return err_set(e, ERR_INTERNAL, "the reserve is empty");
	number = keystore_number(&s->keys.store, i);
	n = run_length(&s->keys.store, i);
	if ((r = copy_run(&s->keys.store, i, n, &got, e)) < 0 ||
	    (r = raise_mark(s, number + n, e)) < 0)
		return r;
	secret_move(keys, &got);
	*first = number;
	*count = (uint32_t)n;
	return 0;
}

static int
find_given(
    const struct safe *s, uint64_t number, const uint8_t **key, struct err *e)
{
	*key = number < s->mark ? keystore_find(&s->keys.store, number) : NULL;
	if (*key == NULL)
		return err_set(e, ERR_NOT_FOUND, "no key %" PRIu64, number);
	return 0;
}

int
safe_get(struct safe *s, const uint64_t *numbers, size_t n, uint64_t leaf,
    int64_t now_ms, struct secret *keys, struct err *e)
{
	AUTO(secret_done) struct secret got = { 0 };
	const uint8_t *key;
	size_t i;
	int r;

	if ((r = check_open(s, e)) < 0)
		return r;
	if (n == 0 || n > AGENT_GET_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "1 to %d keys at once", AGENT_GET_MAX);
	if (quota_take(&s->quota, n, now_ms) < 0)
		return err_set(e, ERR_BUSY, "over %d keys a minute",
		    QUOTA_KEYS_PER_MINUTE);
	if ((r = secret_init(&got, n * SECRET_KEY_LEN, e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		if ((r = find_given(s, numbers[i], &key, e)) < 0)
			return r;
		memcpy(got.p + i * SECRET_KEY_LEN, key, SECRET_KEY_LEN);
	}
	promise_make(&s->promise, leaf, s->head.size, now_ms);
	secret_move(keys, &got);
	return 0;
}

/* The keyring's keys. */

/* A fresh key for a month, on disk before anything is sealed under it. */
static int
add_month(struct safe *s, uint32_t month, struct err *e)
{
	struct keyring *ring = &s->keys.ring;
	AUTO(fd_closep) int dir = -1;
	int r;

	r = keydir_generation(&s->dir, s->generation, 0, &dir, e);
	if (r < 0 || (r = keyring_month_add(ring, month, e)) < 0)
		return r;
	r = keyring_save(dir, &s->dir.vault, &s->keys.root, ring, e);
	if (r < 0)
		keyring_month_undo(ring, month);
	return durable(s, r);
}

int
safe_detail(struct safe *s, uint32_t month, struct secret *key, struct err *e)
{
	const uint8_t *found = NULL;
	int r;

	if ((r = check_open(s, e)) < 0 ||
	    (r = keyring_month_get(&s->keys.ring, month, &found, e)) < 0)
		return r;
	if (found == NULL) {
		if ((r = add_month(s, month, e)) < 0 ||
		    (r = keyring_month_get(&s->keys.ring, month, &found, e)) <
			0)
			return r;
	}
	return secret_copy(key, found, SECRET_KEY_LEN, e);
}

int
safe_search(
    struct safe *s, struct secret *key, uint32_t *generation, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0 ||
	    (r = secret_copy(key, s->keys.ring.k->search, SECRET_KEY_LEN, e)) <
		0)
		return r;
	*generation = s->generation;
	return 0;
}

int
safe_public(struct safe *s, struct buf *out, struct err *e)
{
	const struct keyring *ring = &s->keys.ring;
	uint8_t log[ED25519_LEN], store[ED25519_LEN];
	struct wr w;
	int r;

	if ((r = check_open(s, e)) < 0 ||
	    (r = ed25519_public(ring->k->log, log, e)) < 0 ||
	    (r = ed25519_public(ring->k->store, store, e)) < 0)
		return r;
	wr_init(&w, out);
	wr_str(&w, s->origin);
	wr_bytes(&w, log, ED25519_LEN);
	wr_bytes(&w, store, ED25519_LEN);
	wr_blob(&w, ring->certificate.p, ring->certificate.len);
	return wr_end(&w, e);
}

int
safe_intake_key(struct safe *s, struct buf *out, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0)
		return r;
	return buf_add(out, s->keys.ring.k->intake_pub, P256_PUB_LEN, e);
}

int
safe_open_envelope(struct safe *s, const struct envelope_head *h, uint64_t leaf,
    int64_t now_ms, struct secret *key, struct err *e)
{
	const struct keyring_keys *k = s->keys.ring.k;
	struct envelope_ends ends = { .vault = s->dir.vault,
		.ephemeral = h->ephemeral };
	struct id mine;
	int r;

	if ((r = check_open(s, e)) < 0 ||
	    (r = envelope_key_id(k->intake_pub, &mine, e)) < 0)
		return r;
	if (!id_equal(&mine, &h->key))
		return err_set(e, ERR_NOT_FOUND, "no such intake key");
	if (quota_take(&s->quota, 1, now_ms) < 0)
		return err_set(e, ERR_BUSY, "over %d keys a minute",
		    QUOTA_KEYS_PER_MINUTE);
	ends.recipient = k->intake_pub;
	if ((r = envelope_derive(k->intake, h->ephemeral, &ends, key, e)) < 0)
		return r;
	promise_make(&s->promise, leaf, s->head.size, now_ms);
	return 0;
}

/* Signatures. */

/* Sign text as a note with the log's key. */
static int
sign_note(const struct safe *s, const char *text, size_t n, struct buf *note,
    struct err *e)
{
	const uint8_t *seed = s->keys.ring.k->log;
	uint8_t pub[ED25519_LEN];
	struct note_key key;
	int r;

	if ((r = ed25519_public(seed, pub, e)) < 0 ||
	    (r = note_key_make(s->origin, NOTE_ED25519, pub, &key, e)) < 0)
		return r;
	return note_sign(&key, seed, text, n, note, e);
}

int
safe_sign_head(struct safe *s, uint64_t size, const struct hash *root,
    const struct head_proof *proof, int64_t now_ms, int *broken,
    struct buf *note, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct checkpoint c = { .size = size, .root = *root };
	int r;

	*broken = 0;
	if ((r = check_open(s, e)) < 0)
		return r;
	memcpy(c.origin, s->origin, sizeof(c.origin));
	r = head_advance(&s->head, size, root, proof, e);
	if ((r = durable(s, r)) < 0)
		return r;
	if (promise_head(&s->promise, size, now_ms) < 0) {
		*broken = 1;
		return err_set(e, ERR_SEALED,
		    "the log lacks a leaf that keys were given for");
	}
	if ((r = checkpoint_format(&c, &text, e)) < 0)
		return r;
	return sign_note(s, buf_str(&text), text.len, note, e);
}

int
safe_sign_commit(struct safe *s, const struct commit_spec *c,
    struct buf *commit, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0)
		return r;
	return commit_sign(c, s->keys.ring.k->store, commit, e);
}

int
safe_sign_extract(struct safe *s, const struct extract_spec *x, int64_t now_ms,
    struct buf *signer_info, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0 ||
	    (r = extract_sign(x, s->keys.ring.k->extract,
		 &s->keys.ring.certificate, signer_info, e)) < 0)
		return r;
	promise_make(&s->promise, x->leaf, s->head.size, now_ms);
	return 0;
}

/* The length of the first line, one of those that are signed; 0: none. */
static size_t
certificate_start(const char *text, size_t n)
{
	static const char *const starts[] = { CERTIFICATE_START, BILAN_START };
	size_t i, len;

	for (i = 0; i < NELEMS(starts); i++) {
		len = strlen(starts[i]);
		if (n >= len && memcmp(text, starts[i], len) == 0)
			return len;
	}
	return 0;
}

/* Does the text, which begins as it must, have the line "leaf N"? */
static int
check_certificate(const char *text, size_t n, uint64_t leaf, struct err *e)
{
	size_t start = certificate_start(text, n);
	char line[32];
	int len = snprintf(line, sizeof(line), "\nleaf %" PRIu64 "\n", leaf);

	if (start == 0 || text[n - 1] != '\n')
		return err_set(
		    e, ERR_INVALID, "not the text of a certificate or a bilan");
	if (memmem(text + start - 1, n - start + 1, line, (size_t)len) == NULL)
		return err_set(
		    e, ERR_INVALID, "the certificate does not name its leaf");
	return 0;
}

int
safe_sign_certificate(struct safe *s, const char *text, size_t n, uint64_t leaf,
    int64_t now_ms, struct buf *note, struct err *e)
{
	int r;

	if ((r = check_open(s, e)) < 0 ||
	    (r = check_certificate(text, n, leaf, e)) < 0 ||
	    (r = sign_note(s, text, n, note, e)) < 0)
		return r;
	promise_make(&s->promise, leaf, s->head.size, now_ms);
	return 0;
}

/* Destruction. */

static int
check_log(const struct safe *s, const struct safe_rotate *q, struct err *e)
{
	if (s->head.size == 0 || q->size != s->head.size ||
	    memcmp(q->root.b, s->head.root.b, HASH_LEN) != 0)
		return err_set(e, ERR_INCONSISTENT,
		    "the catalog's log is not the one last signed");
	if (q->leaf >= q->size)
		return err_set(e, ERR_INCONSISTENT,
		    "the log does not hold the leaf of this destruction");
	return 0;
}

static int
check_numbers(const struct safe *s, const struct rotate_set *set, struct err *e)
{
	if (set->n > 0 && set->numbers[set->n - 1] >= s->mark)
		return err_set(e, ERR_INVALID,
		    "number %" PRIu64 " was never given",
		    set->numbers[set->n - 1]);
	return 0;
}

int
safe_rotate(struct safe *s, const struct safe_rotate *q, uint64_t *destroyed,
    struct err *e)
{
	int committed, r;

	if ((r = check_open(s, e)) < 0 || (r = check_log(s, q, e)) < 0 ||
	    (r = rotate_check(&q->set, e)) < 0 ||
	    (r = check_numbers(s, &q->set, e)) < 0)
		return r;
	r = rotate_run(&s->dir, &s->keys, &q->set, destroyed, &committed, e);
	if (r < 0 && committed)
		safe_seal(s);
	if (r < 0)
		return r;
	s->generation = s->keys.ring.generation;
	return 0;
}
