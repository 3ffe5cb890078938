/*
 * The C side of tests/py/check_readers.py: writes and reads files of our
 * formats in a folder.
 *
 *   interop seal|open DIR N…    text-N to sealed-N, sealed-N to opened-N
 *   interop envelope DIR N…     text-N to envelope-N, to the key of DIR/pub
 *   interop unwrap DIR N…       envelope-N to opened-N, with DIR/private
 *   interop merkle              leaves, roots and proofs on standard output
 *   interop receipt DIR         receipt-1, receipt-3 and vkey
 *   interop check DIR FILE…     "right" or "refused" for each
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/envelope.h"
#include "base/merkle.h"
#include "base/seal.h"
#include "base/text.h"
#include "tests/unit/base/receipts.h"

#define FILE_MAX (1u << 20)
#define LEAVES 40

static int
load(const char *path, struct buf *out, struct err *e)
{
	FILE *f = fopen(path, "rb");
	int r;

	if (f == NULL)
		return err_sys(e, ERR_IO, "%s", path);
	if ((r = buf_reserve(out, FILE_MAX, e)) == 0)
		out->len = fread(out->p, 1, FILE_MAX, f);
	fclose(f);
	return r;
}

static int
save(const char *dir, const char *name, const char *n, const struct buf *b,
    struct err *e)
{
	char path[512];
	size_t put;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, n);
	if ((f = fopen(path, "wb")) == NULL)
		return err_sys(e, ERR_IO, "%s", path);
	put = fwrite(b->p, 1, b->len, f);
	if (fclose(f) != 0 || put != b->len)
		return err_sys(e, ERR_IO, "%s", path);
	return 0;
}

static int
load_in(const char *dir, const char *name, const char *n, struct buf *out,
    struct err *e)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, n);
	return load(path, out, e);
}

struct parameters {
	uint8_t key[32];
	struct seal_context c;
};

/* The lines of DIR/parameters, in their order. */
static int
parameters_load(const char *dir, struct parameters *p, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	char key[65], vault[33], kase[33], document[33];
	unsigned type;
	int r;

	if ((r = load_in(dir, "parameters", "", &b, e)) < 0)
		return r;
	if (sscanf(buf_str(&b),
		"key %64s type %u vault %32s case %32s document %32s "
		"version %" SCNu32 " epoch %" SCNu32,
		key, &type, vault, kase, document, &p->c.version,
		&p->c.epoch) != 7)
		return err_set(e, ERR_INVALID, "parameters");
	p->c.type = (enum seal_type)type;
	if ((r = hex_parse(key, p->key, 32, e)) < 0 ||
	    (r = hex_parse(vault, p->c.vault.b, ID_LEN, e)) < 0 ||
	    (r = hex_parse(kase, p->c.kase.b, ID_LEN, e)) < 0)
		return r;
	return hex_parse(document, p->c.document.b, ID_LEN, e);
}

static int
seal_one(
    const struct parameters *p, const char *dir, const char *n, struct err *e)
{
	AUTO(buf_done) struct buf in = { 0 }, out = { 0 };
	int r;

	if ((r = load_in(dir, "text-", n, &in, e)) < 0 ||
	    (r = seal_bytes(p->key, &p->c, in.p, in.len, &out, e)) < 0)
		return r;
	return save(dir, "sealed-", n, &out, e);
}

static int
open_one(
    const struct parameters *p, const char *dir, const char *n, struct err *e)
{
	AUTO(buf_done) struct buf in = { 0 }, out = { 0 };
	int r;

	if ((r = load_in(dir, "sealed-", n, &in, e)) < 0 ||
	    (r = open_bytes(p->key, &p->c, in.p, in.len, &out, e)) < 0)
		return r;
	return save(dir, "opened-", n, &out, e);
}

/* The vault of the parameters, and a key of the intake: 65 and 32 bytes. */
struct intake {
	struct id vault;
	struct buf pub, private;
};

static void
intake_done(struct intake *k)
{
	buf_done(&k->pub);
	buf_done(&k->private);
}

static int
intake_load(const char *dir, struct intake *k, struct err *e)
{
	struct parameters p = { 0 };
	int r;

	if ((r = parameters_load(dir, &p, e)) < 0 ||
	    (r = load_in(dir, "pub", "", &k->pub, e)) < 0 ||
	    (r = load_in(dir, "private", "", &k->private, e)) < 0)
		return r;
	k->vault = p.c.vault;
	if (k->pub.len != P256_PUB_LEN || k->private.len != P256_KEY_LEN)
		return err_set(e, ERR_INVALID, "the intake key's length");
	return 0;
}

static int
do_envelope(int argc, char **argv, struct err *e)
{
	AUTO(intake_done) struct intake k = { 0 };
	int i, r;

	r = intake_load(argv[2], &k, e);
	for (i = 3; i < argc && r == 0; i++) {
		AUTO(buf_done) struct buf in = { 0 }, out = { 0 };

		if ((r = load_in(argv[2], "text-", argv[i], &in, e)) == 0 &&
		    (r = envelope_seal(
			 &k.vault, k.pub.p, in.p, in.len, &out, e)) == 0)
			r = save(argv[2], "envelope-", argv[i], &out, e);
	}
	return r;
}

static int
unwrap_one(
    const struct intake *k, const char *dir, const char *n, struct err *e)
{
	AUTO(buf_done) struct buf in = { 0 }, out = { 0 };
	AUTO(secret_done) struct secret key = { 0 };
	struct envelope_ends ends = { .vault = k->vault,
		.recipient = k->pub.p };
	struct envelope_head h;
	struct seal_context c;
	int r;

	if ((r = load_in(dir, "envelope-", n, &in, e)) < 0 ||
	    (r = envelope_decode(in.p, in.len, &h, e)) < 0)
		return r;
	ends.ephemeral = h.ephemeral;
	envelope_context(&k->vault, &h.key, &c);
	if ((r = envelope_derive(k->private.p, h.ephemeral, &ends, &key, e)) <
		0 ||
	    (r = open_bytes(key.p, &c, in.p + ENVELOPE_HEAD,
		 in.len - ENVELOPE_HEAD, &out, e)) < 0)
		return r;
	return save(dir, "opened-", n, &out, e);
}

static int
do_unwrap(int argc, char **argv, struct err *e)
{
	AUTO(intake_done) struct intake k = { 0 };
	int i, r;

	r = intake_load(argv[2], &k, e);
	for (i = 3; i < argc && r == 0; i++)
		r = unwrap_one(&k, argv[2], argv[i], e);
	return r;
}

static int
do_seal(int argc, char **argv, struct err *e)
{
	struct parameters p = { 0 };
	int i, r;

	r = parameters_load(argv[2], &p, e);
	for (i = 3; i < argc && r == 0; i++)
		r = seal_one(&p, argv[2], argv[i], e);
	return r;
}

static int
do_open(int argc, char **argv, struct err *e)
{
	struct parameters p = { 0 };
	int i, r;

	r = parameters_load(argv[2], &p, e);
	for (i = 3; i < argc && r == 0; i++)
		r = open_one(&p, argv[2], argv[i], e);
	return r;
}

static void
print_hashes(const struct hash *h, size_t n)
{
	char hex[2 * HASH_LEN + 1];
	size_t i;

	for (i = 0; i < n; i++) {
		hex_format(h[i].b, HASH_LEN, hex);
		printf(" %s", hex);
	}
	printf("\n");
}

/* Everything there is to say of the tree of size. */
static int
print_size(const struct merkle *m, uint64_t size, struct err *e)
{
	struct hash h[MERKLE_PROOF_MAX];
	uint64_t i;
	size_t n;
	int r;

	if ((r = merkle_root(m, size, h, e)) < 0)
		return r;
	printf("root %" PRIu64, size);
	print_hashes(h, 1);
	for (i = 0; i < size; i++) {
		if ((r = merkle_inclusion(m, i, size, h, &n, e)) < 0)
			return r;
		printf("inclusion %" PRIu64 " %" PRIu64, i, size);
		print_hashes(h, n);
		if ((r = merkle_consistency(m, i + 1, size, h, &n, e)) < 0)
			return r;
		printf("consistency %" PRIu64 " %" PRIu64, i + 1, size);
		print_hashes(h, n);
	}
	return 0;
}

static int
do_merkle(int argc, char **argv, struct err *e)
{
	AUTO(merkle_freep) struct merkle *m = NULL;
	struct hash h;
	uint8_t i;
	int r;

	(void)argc;
	(void)argv;
	if ((r = merkle_new(&m, e)) < 0)
		return r;
	for (i = 0; i < LEAVES; i++) {
		if ((r = merkle_leaf_hash(&i, 1, &h, e)) < 0 ||
		    (r = merkle_append(m, &h, e)) < 0)
			return r;
		printf("leaf");
		print_hashes(&h, 1);
	}
	for (i = 0; i <= LEAVES && r == 0; i++)
		r = print_size(m, i, e);
	return r;
}

static int
receipt_one(const char *dir, size_t npages, const char *n, struct err *e)
{
	AUTO(sample_done) struct sample s = { 0 };
	AUTO(buf_done) struct buf text = { 0 }, vkey = { 0 };
	int r;

	if ((r = sample_make(&s, npages, e)) < 0 ||
	    (r = receipt_format(&s.r, &text, e)) < 0 ||
	    (r = buf_addstr(&vkey, s.r.vkey, e)) < 0 ||
	    (r = save(dir, "receipt-", n, &text, e)) < 0)
		return r;
	return save(dir, "vkey", "", &vkey, e);
}

static int
do_receipt(int argc, char **argv, struct err *e)
{
	int r;

	(void)argc;
	if ((r = receipt_one(argv[2], 1, "1", e)) < 0)
		return r;
	return receipt_one(argv[2], 3, "3", e);
}

static int
check_one(const char *path, const struct note_key *key, struct err *e)
{
	AUTO(receipt_done) struct receipt receipt = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if ((r = load(path, &text, e)) < 0)
		return r;
	r = receipt_parse((const char *)text.p, text.len, &receipt, e);
	if (r == 0)
		r = receipt_check(&receipt, key, e);
	if (r < 0 && r != -(int)ERR_INVALID && r != -(int)ERR_INTEGRITY)
		return r;
	printf("%s\n", r == 0 ? "right" : "refused");
	return 0;
}

static int
do_check(int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf vkey = { 0 };
	struct note_key key = { 0 };
	int i, r;

	if ((r = load_in(argv[2], "vkey", "", &vkey, e)) < 0 ||
	    (r = note_key_parse(buf_str(&vkey), &key, e)) < 0)
		return r;
	for (i = 3; i < argc && r == 0; i++)
		r = check_one(argv[i], &key, e);
	return r;
}

static const struct {
	const char *name;
	int args;
	int (*run)(int argc, char **argv, struct err *e);
} verbs[] = {
	{ "seal", 3, do_seal },
	{ "open", 3, do_open },
	{ "envelope", 4, do_envelope },
	{ "unwrap", 4, do_unwrap },
	{ "merkle", 2, do_merkle },
	{ "receipt", 3, do_receipt },
	{ "check", 3, do_check },
};

int
main(int argc, char **argv)
{
	struct err e;
	size_t i;

	for (i = 0; argc > 1 && i < NELEMS(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0 || argc < verbs[i].args)
			continue;
		if (verbs[i].run(argc, argv, &e) == 0)
			return 0;
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	fprintf(stderr,
	    "interop seal|open|envelope|unwrap|merkle|receipt|check …\n");
	return 2;
}
