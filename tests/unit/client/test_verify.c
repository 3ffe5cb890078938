/*
 * Logs, receipts and erasure certificates as files, right and then damaged
 * in every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/leaf.h"
#include "base/receipt.h"
#include "client/commands.h"
#include "client/folder.h"
#include "client/logfolder.h"
#include "client/options.h"

#define ORIGIN "sceau.example/essai"
#define SIZE 600 /* two full tiles and a partial one; two levels */
#define TIME_MS INT64_C(1795410000000)

struct fixture {
	struct folder folder; /* never committed: it goes by itself */
	struct note_key key;
	uint8_t seed[ED25519_LEN];
	struct merkle *tree;
	char vkey[NOTE_NAME_MAX + 64];
	int odd; /* the leaf at this place is not what it should be; -1 */
	uint64_t frozen; /* a month was, from this leaf on: three of them */
	/* From this leaf on another history than without; 0: none. */
	uint64_t forked;
	struct leaf special; /* stands at its own seq; 0: nowhere */
};

static char *
path_of(const struct fixture *f, const char *name)
{
	char *p;

	assert_int_equal(folder_path(&f->folder, name, &p, NULL), 0);
	return p;
}

static void
put(const struct fixture *f, const char *name, const void *p, size_t n)
{
	assert_int_equal(folder_write(&f->folder, name, p, n, 0644, NULL), 0);
}

static void
make_entry(const struct fixture *f, uint64_t i, struct buf *out)
{
	struct leaf l = { .seq = i,
		.time_ms = TIME_MS + (int64_t)i * 10,
		.klass = LEAF_DOC_READ };

	if (f->odd >= 0 && i == (uint64_t)f->odd)
		l.seq++;
	if (f->frozen > 0 && i >= f->frozen && i < f->frozen + 3)
		l.klass = LEAF_BILAN;
	if (f->forked > 0 && i >= f->forked)
		l.policy = 7;
	if (f->special.seq > 0 && i == f->special.seq) {
		l.klass = f->special.klass;
		l.outcome = f->special.outcome;
		l.clear = f->special.clear;
		l.nclear = f->special.nclear;
	}
	assert_int_equal(leaf_encode(&l, out, NULL), 0);
}

static void
make_note(const struct fixture *f, uint64_t size, struct buf *out)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size };
	AUTO(buf_done) struct buf text = { 0 };

	assert_int_equal(merkle_root(f->tree, size, &c.root, NULL), 0);
	assert_int_equal(checkpoint_format(&c, &text, NULL), 0);
	assert_int_equal(note_sign(&f->key, f->seed, (const char *)text.p,
			     text.len, out, NULL),
	    0);
}

static int
put_tile(void *arg, int level, uint64_t n, unsigned width, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = arg;
	struct hash h;
	char path[96];
	unsigned i;

	(void)e;
	for (i = 0; i < width; i++) {
		AUTO(buf_done) struct buf entry = { 0 };
		uint8_t len[2];

		if (level >= 0) {
			assert_int_equal(
			    merkle_node(f->tree, 8 * (unsigned)level,
				n * TILE_WIDTH + i, &h, NULL),
			    0);
			assert_int_equal(buf_add(&b, h.b, HASH_LEN, NULL), 0);
			continue;
		}
		make_entry(f, n * TILE_WIDTH + i, &entry);
		len[0] = (uint8_t)(entry.len >> 8);
		len[1] = (uint8_t)entry.len;
		assert_int_equal(buf_add(&b, len, 2, NULL), 0);
		assert_int_equal(buf_add(&b, entry.p, entry.len, NULL), 0);
	}
	tile_path(level, n, width, path);
	put(f, path, b.p, b.len);
	return 0;
}

static void
make_log(struct fixture *f, uint64_t size)
{
	AUTO(buf_done) struct buf note = { 0 };
	uint64_t i;

	merkle_freep(&f->tree);
	assert_int_equal(merkle_new(&f->tree, NULL), 0);
	for (i = 0; i < size; i++) {
		AUTO(buf_done) struct buf entry = { 0 };
		struct hash h;

		make_entry(f, i, &entry);
		assert_int_equal(
		    merkle_leaf_hash(entry.p, entry.len, &h, NULL), 0);
		assert_int_equal(merkle_append(f->tree, &h, NULL), 0);
	}
	assert_int_equal(logfolder_tiles(size, put_tile, f, NULL), 0);
	make_note(f, size, &note);
	put(f, "checkpoint", note.p, note.len);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	AUTO(buf_done) struct buf vkey = { 0 };
	uint8_t pub[ED25519_LEN];

	assert_non_null(f);
	f->odd = -1;
	memset(f->seed, 3, sizeof(f->seed));
	assert_int_equal(ed25519_public(f->seed, pub, NULL), 0);
	assert_int_equal(
	    note_key_make(ORIGIN, NOTE_ED25519, pub, &f->key, NULL), 0);
	assert_int_equal(note_key_format(&f->key, &vkey, NULL), 0);
	snprintf(f->vkey, sizeof(f->vkey), "%s", buf_str(&vkey));
	assert_int_equal(folder_begin(&f->folder, "verify-test", NULL), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	merkle_freep(&f->tree);
	folder_done(&f->folder);
	free(f);
	return 0;
}

static int
check(const struct fixture *f, const struct buf *since, struct err *e)
{
	struct logfolder_report report;

	return logfolder_check(f->folder.temporary, &f->key, since, &report, e);
}

/* One byte of a file, in place. */
static void
flip(const struct fixture *f, const char *name, size_t at, uint8_t bits)
{
	AUTO(mem_freep) char *path = path_of(f, name);
	AUTO(fd_closep) int fd = open(path, O_RDWR);
	uint8_t b;

	assert_int_equal(pread(fd, &b, 1, (off_t)at), 1);
	b ^= bits;
	assert_int_equal(pwrite(fd, &b, 1, (off_t)at), 1);
}

static size_t
size_of(const struct fixture *f, const char *name)
{
	AUTO(mem_freep) char *path = path_of(f, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

/* --- logs ---------------------------------------------------------------- */

static const char *const files[] = { "checkpoint", "tile/0/000", "tile/0/001",
	"tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/000",
	"tile/entries/001", "tile/entries/002.p/88" };

static void
logs_of_every_shape_are_genuine(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 2, 255, 256, 257, 512, SIZE };
	struct fixture *f = *state;
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < NELEMS(sizes); i++) {
		make_log(f, sizes[i]);
		if (check(f, NULL, &e) < 0)
			fail_msg("%zu: %s", (size_t)sizes[i], e.text);
	}
}

static void
a_byte_changed_anywhere_is_noticed_and_named(void **state)
{
	struct fixture *f = *state;
	size_t i, k, n, step;

	make_log(f, SIZE);
	for (i = 0; i < NELEMS(files); i++) {
		n = size_of(f, files[i]);
		/* Every byte of what is small; of the rest, all places in a
		 * record in turn. */
		step = n < 600 ? 1 : n < 20000 ? 61 : 797;
		for (k = 0; k < n; k += step) {
			struct err e = { 0 };

			flip(f, files[i], k, (uint8_t)(1u << k % 8));
			if (check(f, NULL, &e) != -(int)ERR_INTEGRITY)
				fail_msg("%s %zu: %s", files[i], k, e.text);
			if (strstr(e.text, files[i]) == NULL)
				fail_msg("%s named as %s", files[i], e.text);
			flip(f, files[i], k, (uint8_t)(1u << k % 8));
		}
	}
	assert_int_equal(check(f, NULL, NULL), 0);
}

static void
a_leaf_that_is_wrong_is_named(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };

	make_log(f, SIZE);
	flip(f, "tile/0/001", 7 * HASH_LEN, 1);
	assert_int_equal(check(f, NULL, &e), -ERR_INTEGRITY);
	assert_non_null(strstr(e.text, "263"));
}

static void
a_file_that_is_missing_cut_or_longer_is_noticed(void **state)
{
	struct fixture *f = *state;
	size_t i, n;

	for (i = 0; i < NELEMS(files); i++) {
		AUTO(mem_freep) char *path = path_of(f, files[i]);
		struct err e = { 0 };

		make_log(f, SIZE);
		n = size_of(f, files[i]);
		assert_int_equal(truncate(path, (off_t)n + 1), 0);
		assert_int_equal(check(f, NULL, &e), -ERR_INTEGRITY);
		assert_int_equal(truncate(path, (off_t)n - 1), 0);
		assert_int_equal(check(f, NULL, &e), -ERR_INTEGRITY);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(check(f, NULL, &e), -ERR_INCOMPLETE);
		assert_non_null(strstr(e.text, files[i]));
	}
}

/* Signed by the right key over the right tree, and still no log of ours. */
static void
a_leaf_out_of_its_place_is_noticed(void **state)
{
	struct fixture *f = *state;

	f->odd = 300;
	make_log(f, SIZE);
	assert_int_equal(check(f, NULL, NULL), -ERR_INTEGRITY);
}

static void
an_older_head_must_be_a_beginning(void **state)
{
	AUTO(buf_done) struct buf old = { 0 }, longer = { 0 }, other = { 0 };
	AUTO(buf_done) struct buf bad = { 0 };
	struct fixture *f = *state;

	make_log(f, SIZE + 1);
	make_note(f, SIZE + 1, &longer);
	make_note(f, 257, &old);
	f->odd = 3;
	make_log(f, 257);
	make_note(f, 257, &other);
	f->odd = -1;
	make_log(f, SIZE);
	assert_int_equal(check(f, &old, NULL), 0);
	assert_int_equal(check(f, &longer, NULL), -ERR_INCONSISTENT);
	assert_int_equal(check(f, &other, NULL), -ERR_INCONSISTENT);
	assert_int_equal(buf_add(&bad, old.p, old.len, NULL), 0);
	bad.p[bad.len / 2] ^= 1;
	assert_int_equal(check(f, &bad, NULL), -ERR_INTEGRITY);
}

static void
another_key_signs_another_log(void **state)
{
	struct fixture *f = *state;

	make_log(f, 3);
	assert_int_equal(note_key_make(ORIGIN, NOTE_ED25519,
			     (const uint8_t[32]){ 1 }, &f->key, NULL),
	    0);
	assert_int_equal(check(f, NULL, NULL), -ERR_INTEGRITY);
}

/* --- the commands -------------------------------------------------------- */

static int
run_command(
    const struct cmd *cmd, int argc, const char *const *argv, struct err *e)
{
	char *given[8], *args[ARGS_MAX];
	struct cli c = { 0 };
	struct err own = { 0 };
	int i, n, r;

	if (e == NULL)
		e = &own;
	for (i = 0; i < argc; i++)
		given[i] = (char *)(uintptr_t)argv[i];
	if ((r = options_parse(&c, cmd, argc, given, args, &n, e)) < 0)
		return r;
	return cmd->run(&c, n, args, e);
}

static void
receipt_of(const struct fixture *f, struct buf *out)
{
	AUTO(receipt_done)
	struct receipt r = {
		.version = 1, .filed_ms = TIME_MS, .npages = 2, .salt = { 4 }
	};
	struct leaf l = {
		.seq = 1, .time_ms = TIME_MS, .klass = LEAF_DOC_FILE
	};
	AUTO(merkle_freep) struct merkle *m = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	struct checkpoint c = { .origin = ORIGIN, .size = 2 };
	struct hash h;

	snprintf(r.origin, sizeof(r.origin), "%s", ORIGIN);
	snprintf(r.vkey, sizeof(r.vkey), "%s", f->vkey);
	snprintf(r.kind, sizeof(r.kind), "bail");
	assert_int_equal(id_random(&r.document, NULL), 0);
	r.pages[0].size = 3;
	r.pages[1].size = 4;
	assert_int_equal(
	    digest_of(DIGEST_SHA256, "abc", 3, r.pages[0].sha256, NULL), 0);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, "defg", 4, r.pages[1].sha256, NULL), 0);
	assert_int_equal(
	    receipt_document_sha256(r.pages, 2, r.sha256, NULL), 0);
	assert_int_equal(
	    leaf_bind(r.salt, r.sha256, &r.document, 1, l.bind, NULL), 0);
	assert_int_equal(leaf_encode(&l, &r.entry, NULL), 0);
	assert_int_equal(merkle_new(&m, NULL), 0);
	memset(&h, 7, sizeof(h));
	assert_int_equal(merkle_append(m, &h, NULL), 0);
	assert_int_equal(merkle_leaf_hash(r.entry.p, r.entry.len, &h, NULL), 0);
	assert_int_equal(merkle_append(m, &h, NULL), 0);
	assert_int_equal(merkle_root(m, 2, &c.root, NULL), 0);
	r.proof.index = 1;
	assert_int_equal(
	    merkle_inclusion(m, 1, 2, r.proof.hashes, &r.proof.n, NULL), 0);
	assert_int_equal(checkpoint_format(&c, &text, NULL), 0);
	assert_int_equal(note_sign(&f->key, f->seed, (const char *)text.p,
			     text.len, &r.proof.checkpoint, NULL),
	    0);
	assert_int_equal(receipt_format(&r, out, NULL), 0);
}

static void
a_receipt_is_for_these_files_in_this_order(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct fixture *f = *state;
	AUTO(mem_freep) char *r = path_of(f, "r"), *a = path_of(f, "a");
	AUTO(mem_freep) char *b = path_of(f, "b"), *c = path_of(f, "c");
	const struct {
		const char *args[6];
		int n;
		enum err_code code;
	} rows[] = {
		{ { r, a, b, "--key", f->vkey }, 5, ERR_OK },
		{ { r, a, b }, 3, ERR_OK },
		{ { r, b, a, "--key", f->vkey }, 5, ERR_INTEGRITY },
		{ { r, a, c, "--key", f->vkey }, 5, ERR_INTEGRITY },
		{ { r, a, "--key", f->vkey }, 4, ERR_INCOMPLETE },
		{ { r, a, b, b, "--key", f->vkey }, 6, ERR_INCOMPLETE },
		{ { a, a, b, "--key", f->vkey }, 5, ERR_INTEGRITY },
		{ { r, a, "/nowhere", "--key", f->vkey }, 5, ERR_NOT_FOUND },
		{ { r, a, b, "--key", "x" }, 5, ERR_USAGE },
	};
	size_t i;

	receipt_of(f, &text);
	put(f, "r", text.p, text.len);
	put(f, "a", "abc", 3);
	put(f, "b", "defg", 4);
	put(f, "c", "defh", 4);
	for (i = 0; i < NELEMS(rows); i++) {
		struct err e = { 0 };

		if (run_command(&cmd_verify, rows[i].n, rows[i].args, &e) !=
		    -(int)rows[i].code)
			fail_msg("row %zu: %s", i, e.text);
	}
}

/* But the kind, which the receipt says and no leaf holds. */
static void
every_byte_of_a_receipt_counts(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct fixture *f = *state;
	AUTO(mem_freep) char *r = path_of(f, "r"), *a = path_of(f, "a");
	AUTO(mem_freep) char *b = path_of(f, "b");
	const char *const args[] = { r, a, b, "--key", f->vkey };
	const char *kind;
	size_t i;

	receipt_of(f, &text);
	put(f, "r", text.p, text.len);
	put(f, "a", "abc", 3);
	put(f, "b", "defg", 4);
	kind = strstr(buf_str(&text), "kind bail") + strlen("kind ");
	for (i = 0; i < text.len; i++) {
		struct err e = { 0 };

		if (text.p + i >= (const uint8_t *)kind &&
		    text.p + i < (const uint8_t *)kind + 4)
			continue;
		flip(f, "r", i, 1);
		if (run_command(&cmd_verify, 5, args, &e) !=
		    -(int)ERR_INTEGRITY)
			fail_msg("byte %zu: %s", i, e.text);
		flip(f, "r", i, 1);
	}
	assert_int_equal(run_command(&cmd_verify, 5, args, NULL), 0);
}

static void
every_byte_of_a_certificate_counts(void **state)
{
	static const char text[] = "sceau erasure certificate 1\nvault " ORIGIN
				   "\nerasure x\nleaf 7\n";
	AUTO(buf_done) struct buf note = { 0 };
	struct fixture *f = *state;
	AUTO(mem_freep) char *path = path_of(f, "c");
	const char *const args[] = { path, "--key", f->vkey };
	size_t i;

	assert_int_equal(
	    note_sign(&f->key, f->seed, text, sizeof(text) - 1, &note, NULL),
	    0);
	put(f, "c", note.p, note.len);
	assert_int_equal(
	    run_command(&cmd_verify_certificate, 3, args, NULL), 0);
	assert_int_equal(
	    run_command(&cmd_verify_certificate, 1, args, NULL), -ERR_USAGE);
	for (i = 0; i < note.len; i++) {
		struct err e = { 0 };

		flip(f, "c", i, 1);
		if (run_command(&cmd_verify_certificate, 3, args, &e) !=
		    -(int)ERR_INTEGRITY)
			fail_msg("byte %zu: %s", i, e.text);
		flip(f, "c", i, 1);
	}
}

/* A checkpoint has the same key and is no certificate. */
static void
another_note_of_the_same_key_is_no_certificate(void **state)
{
	static const char *const texts[] = { ORIGIN "\n7\nAAAA\n",
		"sceau erasure certificate 1\nvault " ORIGIN "x\n",
		"sceau erasure certificate 1\nvault autre\n",
		"sceau erasure certificate 2\nvault " ORIGIN "\nx\n" };
	struct fixture *f = *state;
	AUTO(mem_freep) char *path = path_of(f, "c");
	const char *const args[] = { path, "--key", f->vkey };
	size_t i;

	for (i = 0; i < NELEMS(texts); i++) {
		AUTO(buf_done) struct buf note = { 0 };

		assert_int_equal(note_sign(&f->key, f->seed, texts[i],
				     strlen(texts[i]), &note, NULL),
		    0);
		put(f, "c", note.p, note.len);
		assert_int_equal(
		    run_command(&cmd_verify_certificate, 3, args, NULL),
		    -ERR_INTEGRITY);
	}
}

/* --- signed months of the bilan ------------------------------------------ */

#define COUNTS                                                                 \
	"counts "                                                              \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

static void
put_bilan(struct fixture *f, const char *name, const char *text)
{
	AUTO(buf_done) struct buf note = { 0 };

	assert_int_equal(
	    note_sign(&f->key, f->seed, text, strlen(text), &note, NULL), 0);
	put(f, name, note.p, note.len);
}

static void
put_month(struct fixture *f, const char *month, uint64_t leaf)
{
	char name[64], text[256];

	snprintf(name, sizeof(name), LOG_BILANS "/%s", month);
	snprintf(text, sizeof(text),
	    "sceau bilan 1\nmonth %s\nleaf %llu\ntotal met 4\n" COUNTS, month,
	    (unsigned long long)leaf);
	put_bilan(f, name, text);
}

/* --- what a restored vault has forgotten -----------------------------------
 */

struct lost {
	size_t n;
	uint64_t seq;
	uint16_t klass;
	struct id id;
};

static int
take_lost(void *arg, const struct leaf *l, struct err *e)
{
	struct lost *x = arg;

	(void)e;
	x->n++;
	x->seq = l->seq;
	x->klass = l->klass;
	x->id = l->clear[0].id;
	return 0;
}

/* Own in f, the newer log in a folder of its own. */
static int
compare(struct fixture *f, struct fixture *newer, struct lost *x,
    uint64_t *from, struct err *e)
{
	*x = (struct lost){ 0 };
	*from = UINT64_MAX;
	return logfolder_lost(f->folder.temporary, newer->folder.temporary,
	    &f->key, take_lost, x, from, e);
}

static void
begin_newer(const struct fixture *f, struct fixture *newer)
{
	char path[] = "/tmp/sceau-newer-XXXXXX";

	*newer = *f;
	newer->tree = NULL;
	memset(&newer->folder, 0, sizeof(newer->folder));
	assert_non_null(mkdtemp(path));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(folder_begin(&newer->folder, path, NULL), 0);
}

static void
end_newer(struct fixture *newer)
{
	merkle_freep(&newer->tree);
	folder_done(&newer->folder);
}

static void
what_a_restored_vault_forgot_is_listed(void **state)
{
	static const uint16_t protective[] = { LEAF_RESTRICT, LEAF_OBJECTION,
		LEAF_CONSENT_WITHDRAW, LEAF_HOLD, LEAF_ERASE_RUN };
	const struct leaf_clear clear[] = { { { { 7 } }, 3 },
		{ { { 8 } }, 0 } };
	struct fixture *f = *state, newer;
	struct lost x;
	uint64_t from;
	size_t i;

	/* The backup had 300 leaves; the vault went on to 310 after it. */
	for (i = 0; i < NELEMS(protective); i++) {
		f->forked = 300;
		make_log(f, 310);
		begin_newer(f, &newer);
		newer.forked = 0;
		newer.special = (struct leaf){ .seq = 400,
			.klass = protective[i],
			.clear = clear,
			.nclear = 2 };
		make_log(&newer, SIZE);
		assert_int_equal(compare(f, &newer, &x, &from, NULL), 0);
		assert_int_equal(from, 300);
		assert_int_equal(x.n, 1);
		assert_int_equal(x.seq, 400);
		assert_int_equal(x.klass, protective[i]);
		assert_memory_equal(x.id.b, clear[0].id.b, ID_LEN);
		end_newer(&newer);
	}
}

static void
what_it_still_knows_or_was_no_act_is_not(void **state)
{
	const struct leaf_clear clear[] = { { { { 7 } }, 3 } };
	static const struct {
		uint64_t seq;
		uint16_t klass, outcome;
		uint32_t nclear;
	} rows[] = {
		{ 299, LEAF_RESTRICT, LEAF_OK, 1 }, /* of before the backup */
		{ 400, LEAF_RESTRICT, LEAF_DENIED, 1 },
		{ 400, LEAF_RESTRICT, LEAF_OK, 0 },
		{ 400, LEAF_DOC_FILE, LEAF_OK, 1 },
	};
	struct fixture *f = *state, newer;
	struct lost x;
	uint64_t from;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		f->forked = 300;
		f->special = (struct leaf){ .seq = rows[i].seq,
			.klass = rows[i].klass,
			.outcome = rows[i].outcome,
			.clear = clear,
			.nclear = rows[i].nclear };
		make_log(f, 310);
		begin_newer(f, &newer);
		newer.forked = 0;
		make_log(&newer, SIZE);
		assert_int_equal(compare(f, &newer, &x, &from, NULL), 0);
		assert_int_equal(from, 300);
		assert_int_equal(x.n, 0);
		end_newer(&newer);
	}
	/* Nothing was lost: the newer one is its beginning, or itself. */
	begin_newer(f, &newer);
	make_log(&newer, 305);
	assert_int_equal(compare(f, &newer, &x, &from, NULL), 0);
	assert_int_equal(from, 305);
	assert_int_equal(x.n, 0);
	end_newer(&newer);
}

/* A forged log tells nothing, on either side. */
static void
nothing_is_told_of_a_forged_log(void **state)
{
	const struct leaf_clear clear[] = { { { { 7 } }, 3 } };
	AUTO(buf_done) struct buf note = { 0 };
	struct fixture *f = *state, newer;
	struct err e = { 0 };
	struct lost x;
	uint64_t from;

	make_log(f, 300);
	begin_newer(f, &newer);
	newer.special = (struct leaf){
		.seq = 400, .klass = LEAF_RESTRICT, .clear = clear, .nclear = 1
	};
	make_log(&newer, SIZE);
	assert_int_equal(compare(f, &newer, &x, &from, &e), 0);
	assert_int_equal(x.n, 1);
	make_note(&newer, SIZE, &note);
	note.p[note.len - 3] ^= 1;
	put(&newer, "checkpoint", note.p, note.len);
	assert_int_equal(compare(f, &newer, &x, &from, &e), -ERR_INTEGRITY);
	assert_int_equal(x.n, 0);
	assert_int_equal(from, UINT64_MAX);
	make_log(&newer, SIZE);
	put(f, "checkpoint", "no note", 7);
	assert_int_equal(compare(f, &newer, &x, &from, &e), -ERR_INTEGRITY);
	assert_int_equal(x.n, 0);
	end_newer(&newer);
}

static int
check_log(struct fixture *f, struct logfolder_report *r, struct err *e)
{
	return logfolder_check(f->folder.temporary, &f->key, NULL, r, e);
}

static void
every_byte_of_a_signed_month_counts(void **state)
{
	struct fixture *f = *state;
	AUTO(mem_freep) char *path = path_of(f, "b");
	const char *const args[] = { path, "--key", f->vkey };
	AUTO(buf_done) struct buf note = { 0 };
	size_t i;

	put_bilan(f, "b",
	    "sceau bilan 1\nmonth 2026-10\nleaf 7\ntotal met 4\n"
	    "total demarche-outcome 0\n" COUNTS);
	assert_int_equal(run_command(&cmd_verify_bilan, 3, args, NULL), 0);
	assert_int_equal(
	    run_command(&cmd_verify_bilan, 1, args, NULL), -ERR_USAGE);
	assert_int_equal(file_read(AT_FDCWD, path, NOTE_MAX, &note, NULL), 0);
	for (i = 0; i < note.len; i++) {
		struct err e = { 0 };

		flip(f, "b", i, 1);
		if (run_command(&cmd_verify_bilan, 3, args, &e) !=
		    -(int)ERR_INTEGRITY)
			fail_msg("byte %zu: %s", i, e.text);
		flip(f, "b", i, 1);
	}
}

/* All signed by the right key: the text alone is wrong. */
static void
another_signed_text_is_no_month(void **state)
{
	static const char *const texts[] = {
		"sceau bilan 2\nmonth 2026-10\nleaf 7\n" COUNTS,
		"sceau bilan 1\nmonth 2026-13\nleaf 7\n" COUNTS,
		"sceau bilan 1\nmonth 2026-1\nleaf 7\n" COUNTS,
		"sceau bilan 1\nmonth 2026-10\nleaf 07\n" COUNTS,
		"sceau bilan 1\nleaf 7\nmonth 2026-10\n" COUNTS,
		"sceau bilan 1\nmonth 2026-10\nleaf 7\n",
		"sceau bilan 1\nmonth 2026-10\nleaf 7\ntotal met -4\n" COUNTS,
		"sceau bilan 1\nmonth 2026-10\nleaf 7\ntotal Met 4\n" COUNTS,
		"sceau bilan 1\nmonth 2026-10\nleaf 7\ntotal met\n" COUNTS,
		"sceau bilan 1\nmonth 2026-10\nleaf 7\n" COUNTS "more 1\n",
		"sceau bilan 1\nmonth 2026-10\nleaf 7\ncounts 00\n",
		"sceau erasure certificate 1\nvault " ORIGIN "\nleaf 7\n",
		ORIGIN "\n7\nAAAA\n",
	};
	struct fixture *f = *state;
	AUTO(mem_freep) char *path = path_of(f, "b");
	const char *const args[] = { path, "--key", f->vkey };
	size_t i;

	for (i = 0; i < NELEMS(texts); i++) {
		struct err e = { 0 };

		put_bilan(f, "b", texts[i]);
		if (run_command(&cmd_verify_bilan, 3, args, &e) !=
		    -(int)ERR_INTEGRITY)
			fail_msg("%s", texts[i]);
		assert_string_equal(e.tag, "forged-bilan");
	}
}

static void
months_beside_a_log_are_checked_with_it(void **state)
{
	struct logfolder_report report = { .bilans = 9 };
	struct fixture *f = *state;

	f->frozen = 100;
	make_log(f, SIZE);
	assert_int_equal(check_log(f, &report, NULL), 0);
	assert_int_equal(report.bilans, 0);
	put_month(f, "2026-11", 100);
	put_month(f, "2027-01", 102);
	put_month(f, "2026-12", 101);
	assert_int_equal(check_log(f, &report, NULL), 0);
	assert_int_equal(report.bilans, 3);
	assert_string_equal(report.bilan_first, "2026-11");
	assert_string_equal(report.bilan_last, "2027-01");
}

static void
months_must_be_the_ones_the_log_tells_of(void **state)
{
	static const struct {
		const char *month;
		uint64_t leaf;
		int code;
		const char *tag;
	} rows[] = {
		/* A leaf of another class, and one that is not there. */
		{ "2026-11", 99, -ERR_INTEGRITY, "forged-bilan" },
		{ "2026-11", 103, -ERR_INTEGRITY, "forged-bilan" },
		{ "2026-11", SIZE, -ERR_INTEGRITY, "forged-bilan" },
		/* After the month behind it; then a month is missing. */
		{ "2026-11", 102, -ERR_INTEGRITY, "forged-bilan" },
		{ "2026-10", 100, -ERR_INCOMPLETE, "bilan-missing" },
	};
	struct logfolder_report report;
	struct fixture *f = *state;
	AUTO(mem_freep) char *path = NULL;
	size_t i;

	f->frozen = 100;
	make_log(f, SIZE);
	put_month(f, "2026-12", 101);
	for (i = 0; i < NELEMS(rows); i++) {
		struct err e = { 0 };
		char name[64];

		put_month(f, rows[i].month, rows[i].leaf);
		if (check_log(f, &report, &e) != rows[i].code)
			fail_msg("row %zu: %s", i, e.text);
		assert_string_equal(e.tag, rows[i].tag);
		snprintf(name, sizeof(name), LOG_BILANS "/%s", rows[i].month);
		path = path_of(f, name);
		assert_int_equal(unlink(path), 0);
		mem_freep(&path);
	}
	/* A file that says another month than its name. */
	put_bilan(f, LOG_BILANS "/2026-11",
	    "sceau bilan 1\nmonth 2026-10\nleaf 100\n" COUNTS);
	assert_int_equal(check_log(f, &report, NULL), -ERR_INTEGRITY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(logs_of_every_shape_are_genuine),
		TEST(a_byte_changed_anywhere_is_noticed_and_named),
		TEST(a_leaf_that_is_wrong_is_named),
		TEST(a_file_that_is_missing_cut_or_longer_is_noticed),
		TEST(a_leaf_out_of_its_place_is_noticed),
		TEST(an_older_head_must_be_a_beginning),
		TEST(another_key_signs_another_log),
		TEST(what_a_restored_vault_forgot_is_listed),
		TEST(what_it_still_knows_or_was_no_act_is_not),
		TEST(nothing_is_told_of_a_forged_log),
		TEST(a_receipt_is_for_these_files_in_this_order),
		TEST(every_byte_of_a_receipt_counts),
		TEST(every_byte_of_a_certificate_counts),
		TEST(another_note_of_the_same_key_is_no_certificate),
		TEST(every_byte_of_a_signed_month_counts),
		TEST(another_signed_text_is_no_month),
		TEST(months_beside_a_log_are_checked_with_it),
		TEST(months_must_be_the_ones_the_log_tells_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
