#include "base/receipt.h"

#include <string.h>

#include "tests/unit/base/receipts.h"
#include "tests/unit/base/vectors.h"

static struct sample s;

static int
sample_setup(void **state)
{
	struct err e;

	(void)state;
	return sample_make(&s, 2, &e);
}

static int
sample_teardown(void **state)
{
	(void)state;
	sample_done(&s);
	return 0;
}

static struct buf
text_of(const struct receipt *r)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(receipt_format(r, &b, &e), 0);
	return b;
}

static void
a_right_receipt_checks(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(receipt_check(&s.r, &s.key, &e), 0);
}

static void
a_moved_document_has_a_receipt_too(void **state)
{
	struct err e;

	(void)state;
	s.leaf.klass = LEAF_DOC_MOVE;
	assert_int_equal(sample_prove(&s, &e), 0);
	assert_int_equal(receipt_check(&s.r, &s.key, &e), 0);
}

static void
receipts_come_back(void **state)
{
	AUTO(buf_done) struct buf a = text_of(&s.r), b = { 0 };
	AUTO(receipt_done) struct receipt r = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(receipt_parse((const char *)a.p, a.len, &r, &e), 0);
	assert_int_equal(receipt_check(&r, &s.key, &e), 0);
	b = text_of(&r);
	assert_string_equal(buf_str(&a), buf_str(&b));
	assert_memory_equal(a.p,
	    "sceau receipt 1\nvault sceau.example/abc\nkey "
	    "sceau.example/abc+",
	    62);
}

/* Is byte i in the value of the line that starts with name? */
static int
in_line(const char *text, size_t i, const char *name)
{
	while (i > 0 && text[i] != '\n' && text[i - 1] != '\n')
		i--;
	return strncmp(text + i, name, strlen(name)) == 0;
}

/*
 * But the key line, which is for convenience only, and the kind, which is
 * not in the leaf.
 */
static void
no_changed_line_passes(void **state)
{
	AUTO(buf_done) struct buf a = text_of(&s.r);
	const char *text = buf_str(&a);
	size_t i;
	struct err e;

	(void)state;
	for (i = 0; i < a.len; i++) {
		AUTO(receipt_done) struct receipt r = { 0 };
		int rc;

		if (in_line(text, i, "key ") || in_line(text, i, "kind "))
			continue;
		a.p[i] ^= 1;
		rc = receipt_parse((const char *)a.p, a.len, &r, &e);
		if (rc == 0)
			rc = receipt_check(&r, &s.key, &e);
		if (rc == 0)
			fail_msg("byte %zu may change", i);
		a.p[i] ^= 1;
	}
}

static void
no_cut_receipt_passes(void **state)
{
	AUTO(buf_done) struct buf a = text_of(&s.r);
	struct err e;

	(void)state;
	while (a.len > 0) {
		AUTO(receipt_done) struct receipt r = { 0 };
		int rc;

		a.len--;
		rc = receipt_parse((const char *)a.p, a.len, &r, &e);
		if (rc == 0)
			rc = receipt_check(&r, &s.key, &e);
		assert_true(rc < 0);
	}
}

/* Each takes a right receipt and makes one thing wrong. */
static void
wrong_document(void)
{
	s.r.document.b[0] ^= 1;
}

static void
wrong_version(void)
{
	s.r.version++;
}

static void
wrong_salt(void)
{
	s.r.salt[31] ^= 1;
}

static void
wrong_sum(void)
{
	s.r.sha256[0] ^= 1;
}

static void
wrong_page(void)
{
	s.r.pages[1].sha256[0] ^= 1;
}

static void
wrong_size(void)
{
	s.r.pages[1].size++;
}

static void
fewer_pages(void)
{
	s.r.npages--;
}

static void
pages_exchanged(void)
{
	struct receipt_page p = s.r.pages[0];

	s.r.pages[0] = s.r.pages[1];
	s.r.pages[1] = p;
}

static void
another_second(void)
{
	s.r.filed_ms += 1000;
}

static void
another_vault(void)
{
	s.r.origin[0] ^= 1;
}

static void
another_index(void)
{
	s.r.proof.index ^= 1;
}

static void
another_proof(void)
{
	s.r.proof.hashes[0].b[0] ^= 1;
}

static void
a_longer_proof(void)
{
	s.r.proof.n++;
}

static void
another_entry(void)
{
	s.r.entry.p[10] ^= 1;
}

static void
another_head(void)
{
	s.r.proof.checkpoint.p[20] ^= 1;
}

static void (*const wrongs[])(void) = { wrong_document, wrong_version,
	wrong_salt, wrong_sum, wrong_page, wrong_size, fewer_pages,
	pages_exchanged, another_second, another_vault, another_index,
	another_proof, a_longer_proof, another_entry, another_head };

static void
one_wrong_thing_makes_a_forgery(void **state)
{
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(wrongs); i++) {
		sample_done(&s);
		assert_int_equal(sample_make(&s, 2, &e), 0);
		assert_int_equal(receipt_check(&s.r, &s.key, &e), 0);
		wrongs[i]();
		assert_int_equal(
		    receipt_check(&s.r, &s.key, &e), -ERR_INTEGRITY);
	}
}

/* The log is honest; its leaf is just not one of a filing. */
static void
the_leaf_of_a_reading_is_no_receipt(void **state)
{
	struct err e;

	(void)state;
	s.leaf.klass = LEAF_DOC_READ;
	assert_int_equal(sample_prove(&s, &e), 0);
	assert_int_equal(receipt_check(&s.r, &s.key, &e), -ERR_INTEGRITY);
}

static void
the_leaf_of_a_refusal_is_no_receipt(void **state)
{
	struct err e;

	(void)state;
	s.leaf.outcome = LEAF_REFUSED;
	assert_int_equal(sample_prove(&s, &e), 0);
	assert_int_equal(receipt_check(&s.r, &s.key, &e), -ERR_INTEGRITY);
}

static void
a_bind_of_zeros_is_no_bind(void **state)
{
	struct err e;

	(void)state;
	memset(s.leaf.bind, 0, 32);
	assert_int_equal(sample_prove(&s, &e), 0);
	assert_int_equal(receipt_check(&s.r, &s.key, &e), -ERR_INTEGRITY);
}

static void
the_key_in_the_receipt_is_not_trusted(void **state)
{
	uint8_t seed[ED25519_LEN] = { 43 }, pub[ED25519_LEN];
	struct note_key trusted = s.key;
	struct err e;

	(void)state;
	/* A forger signs with a key of his own and puts it in the receipt. */
	assert_int_equal(ed25519_public(seed, pub, &e), 0);
	assert_int_equal(
	    note_key_make(s.r.origin, NOTE_ED25519, pub, &s.key, &e), 0);
	memcpy(s.seed, seed, sizeof(seed));
	assert_int_equal(sample_prove(&s, &e), 0);
	assert_int_equal(receipt_check(&s.r, &s.key, &e), 0);
	assert_int_equal(receipt_check(&s.r, &trusted, &e), -ERR_INTEGRITY);
}

static void
a_key_of_another_name_signs_for_another_log(void **state)
{
	struct note_key k;
	struct err e;

	(void)state;
	assert_int_equal(
	    note_key_make("other.example", NOTE_ED25519, s.key.pub, &k, &e), 0);
	s.key = k;
	assert_int_equal(sample_prove(&s, &e), 0);
	assert_int_equal(receipt_check(&s.r, &k, &e), -ERR_INTEGRITY);
}

/* Python: sha256 of the label and the two lines. */
static void
the_digest_of_pages_is_that_of_its_lines(void **state)
{
	struct receipt_page p[2] = { { .size = 1 }, { .size = 20 } };
	uint8_t out[SHA256_LEN];
	struct err e;

	(void)state;
	memset(p[0].sha256, 0xaa, 32);
	memset(p[1].sha256, 0xbb, 32);
	assert_int_equal(receipt_document_sha256(p, 1, out, &e), 0);
	assert_memory_equal(out, p[0].sha256, 32);
	assert_int_equal(receipt_document_sha256(p, 2, out, &e), 0);
	assert_hex(out, 32,
	    "d81834bf7e09f8f021a7688a2fee3f85"
	    "adc5aee36a36f7ec37618f7f56d06955");
	assert_int_equal(receipt_document_sha256(p, 0, out, &e), -ERR_INVALID);
	assert_int_equal(
	    receipt_document_sha256(p, RECEIPT_PAGES_MAX + 1, out, &e),
	    -ERR_INVALID);
}

/* Replace the first FROM with TO and parse. */
static void
assert_not_parsed(const char *from, const char *to)
{
	AUTO(buf_done) struct buf a = text_of(&s.r), b = { 0 };
	struct receipt r = { .version = 7 };
	char *at = strstr(buf_str(&a), from);
	struct err e;

	assert_non_null(at);
	assert_int_equal(buf_add(&b, a.p, (size_t)(at - (char *)a.p), &e), 0);
	assert_int_equal(buf_addstr(&b, to, &e), 0);
	assert_int_equal(buf_addstr(&b, at + strlen(from), &e), 0);
	assert_int_equal(
	    receipt_parse((const char *)b.p, b.len, &r, &e), -ERR_INVALID);
	assert_int_equal(r.version, 7);
}

static void
receipts_that_are_none_are_refused(void **state)
{
	(void)state;
	assert_not_parsed("receipt 1", "receipt 2");
	assert_not_parsed("sceau receipt 1\n", "");
	assert_not_parsed("vault sceau", "vault  sceau");
	assert_not_parsed("vault sceau.example/abc\n", "vault \n");
	assert_not_parsed("vault ", "Vault ");
	assert_not_parsed("version 2", "version 02");
	assert_not_parsed("version 2", "version 0");
	assert_not_parsed("version 2", "version 4294967296");
	assert_not_parsed("version 2\n", "version 2\nversion 2\n");
	assert_not_parsed("filed 2026", "filed 1O26");
	assert_not_parsed("kind lease", "kind le ase");
	assert_not_parsed("kind lease\n", "");
	assert_not_parsed("kind lease", "kind le\xff"
					"ase");
	assert_not_parsed("salt 5a", "salt 5A");
	assert_not_parsed("salt 5a", "salt 5a5a");
	assert_not_parsed("\nentry ", "\nextra x\nentry ");
	assert_not_parsed("\n\nc2sp", "\nc2sp");
	assert_not_parsed("proof@v1", "proof@v2");
	assert_not_parsed(" 7\n", " 07\n");
	assert_not_parsed(" 7\n", "\n");
	assert_not_parsed(" 7\n", " 7 7\n");
}

static void
pages_are_counted(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(receipt_done) struct receipt r = { 0 };
	struct err e;

	(void)state;
	sample_done(&s);
	assert_int_equal(sample_make(&s, RECEIPT_PAGES_MAX, &e), 0);
	b = text_of(&s.r);
	assert_int_equal(receipt_parse((const char *)b.p, b.len, &r, &e), 0);
	assert_int_equal(receipt_check(&r, &s.key, &e), 0);
	assert_not_parsed("page ",
	    "page "
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    " 1\npage ");
	s.r.npages = 0;
	assert_int_equal(receipt_format(&s.r, &b, &e), -ERR_INVALID);
	s.r.npages = RECEIPT_PAGES_MAX + 1;
	assert_int_equal(receipt_format(&s.r, &b, &e), -ERR_INVALID);
	s.r.npages = 1;
}

static void
stamps_come_back_and_change_nothing_that_is_stamped(void **state)
{
	AUTO(buf_done) struct buf a = text_of(&s.r), b = { 0 }, c = { 0 };
	AUTO(receipt_done) struct receipt r = { 0 };
	size_t la, lb, i;
	struct err e;

	(void)state;
	for (i = 0; i < RECEIPT_STAMPS_MAX; i++)
		assert_int_equal(
		    buf_add(&s.r.stamps[i], "\x30\x00token", 7, &e), 0);
	s.r.nstamps = RECEIPT_STAMPS_MAX;
	b = text_of(&s.r);
	assert_int_equal(receipt_parse((const char *)b.p, b.len, &r, &e), 0);
	assert_int_equal(r.nstamps, RECEIPT_STAMPS_MAX);
	assert_memory_equal(r.stamps[3].p, "\x30\x00token", 7);
	assert_int_equal(receipt_check(&r, &s.key, &e), 0);
	c = text_of(&r);
	assert_string_equal(buf_str(&b), buf_str(&c));
	assert_int_equal(receipt_stamped((const char *)a.p, a.len, &la, &e), 0);
	assert_int_equal(receipt_stamped((const char *)b.p, b.len, &lb, &e), 0);
	assert_int_equal(la, lb);
	assert_memory_equal(a.p, b.p, la);
	assert_memory_equal(b.p + lb, "stamp MAB0b2tlbg==\n", 19);
	assert_not_parsed("stamp ", "stamp MAB0b2tlbg==\nstamp ");
	assert_not_parsed("stamp ", "stamp");
	assert_not_parsed("stamp ", "stamp !");
	assert_not_parsed("stamp MAB0b2tlbg==", "stamp ");
	assert_int_equal(receipt_stamped("entry", 5, &la, &e), -ERR_INVALID);
	assert_int_equal(
	    receipt_stamped("a\nentry x", 9, &la, &e), -ERR_INVALID);
	s.r.nstamps = RECEIPT_STAMPS_MAX + 1;
	assert_int_equal(receipt_format(&s.r, &b, &e), -ERR_INVALID);
	s.r.nstamps = RECEIPT_STAMPS_MAX;
}

static void
values_that_break_a_line_are_not_written(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	(void)state;
	snprintf(s.r.kind, sizeof(s.r.kind), "lease\npage x");
	assert_int_equal(receipt_format(&s.r, &b, &e), -ERR_INVALID);
	assert_int_equal(b.len, 0);
}

#define WITH(f)                                                                \
	cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_right_receipt_checks),
		WITH(a_moved_document_has_a_receipt_too),
		WITH(receipts_come_back),
		WITH(no_changed_line_passes),
		WITH(no_cut_receipt_passes),
		WITH(one_wrong_thing_makes_a_forgery),
		WITH(the_leaf_of_a_reading_is_no_receipt),
		WITH(the_leaf_of_a_refusal_is_no_receipt),
		WITH(a_bind_of_zeros_is_no_bind),
		WITH(the_key_in_the_receipt_is_not_trusted),
		WITH(a_key_of_another_name_signs_for_another_log),
		WITH(the_digest_of_pages_is_that_of_its_lines),
		WITH(receipts_that_are_none_are_refused),
		WITH(pages_are_counted),
		WITH(stamps_come_back_and_change_nothing_that_is_stamped),
		WITH(values_that_break_a_line_are_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
