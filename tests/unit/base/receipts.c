#include "tests/unit/base/receipts.h"

#include <stdio.h>
#include <string.h>

#define ORIGIN "sceau.example/abc"
#define LEAVES 11
#define INDEX 6

static int
page_make(struct receipt_page *p, size_t i, struct err *e)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "page %zu\n", i);

	p->size = (uint64_t)n;
	return digest_of(DIGEST_SHA256, text, (size_t)n, p->sha256, e);
}

static int
leaf_make(struct sample *s, struct err *e)
{
	s->leaf = (struct leaf){ .seq = INDEX,
		.time_ms = s->r.filed_ms + 789,
		.klass = LEAF_DOC_FILE,
		.outcome = LEAF_OK };
	return leaf_bind(s->r.salt, s->r.sha256, &s->r.document, s->r.version,
	    s->leaf.bind, e);
}

int
sample_make(struct sample *s, size_t npages, struct err *e)
{
	AUTO(buf_done) struct buf vkey = { 0 };
	uint8_t pub[ED25519_LEN];
	size_t i;
	int r;

	memset(s, 0, sizeof(*s));
	s->seed[0] = 42;
	if ((r = ed25519_public(s->seed, pub, e)) < 0 ||
	    (r = note_key_make(ORIGIN, NOTE_ED25519, pub, &s->key, e)) < 0 ||
	    (r = note_key_format(&s->key, &vkey, e)) < 0)
		return r;
	snprintf(s->r.origin, sizeof(s->r.origin), "%s", ORIGIN);
	snprintf(s->r.vkey, sizeof(s->r.vkey), "%s", buf_str(&vkey));
	snprintf(s->r.kind, sizeof(s->r.kind), "lease");
	memset(s->r.document.b, 0xd0, ID_LEN);
	memset(s->r.salt, 0x5a, sizeof(s->r.salt));
	s->r.version = 2;
	s->r.filed_ms = INT64_C(1795406706000);
	s->r.npages = npages;
	for (i = 0; i < npages; i++)
		if ((r = page_make(&s->r.pages[i], i, e)) < 0)
			return r;
	r = receipt_document_sha256(s->r.pages, npages, s->r.sha256, e);
	if (r < 0 || (r = leaf_make(s, e)) < 0)
		return r;
	return sample_prove(s, e);
}

/* LEAVES leaves of which the one at INDEX is ours. */
static int
tree_make(struct sample *s, struct merkle *m, struct err *e)
{
	struct hash h;
	uint8_t i;
	int r;

	for (i = 0; i < LEAVES; i++) {
		r = i == INDEX
			? merkle_leaf_hash(s->r.entry.p, s->r.entry.len, &h, e)
			: merkle_leaf_hash(&i, 1, &h, e);
		if (r < 0 || (r = merkle_append(m, &h, e)) < 0)
			return r;
	}
	return merkle_inclusion(
	    m, INDEX, LEAVES, s->r.proof.hashes, &s->r.proof.n, e);
}

int
sample_prove(struct sample *s, struct err *e)
{
	AUTO(merkle_freep) struct merkle *m = NULL;
	struct checkpoint c = { .size = LEAVES };
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	snprintf(c.origin, sizeof(c.origin), "%s", s->r.origin);
	buf_reset(&s->r.entry);
	buf_reset(&s->r.proof.checkpoint);
	s->r.proof.index = INDEX;
	if ((r = leaf_encode(&s->leaf, &s->r.entry, e)) < 0 ||
	    (r = merkle_new(&m, e)) < 0 || (r = tree_make(s, m, e)) < 0 ||
	    (r = merkle_root(m, LEAVES, &c.root, e)) < 0 ||
	    (r = checkpoint_format(&c, &text, e)) < 0)
		return r;
	return note_sign(&s->key, s->seed, buf_str(&text), text.len,
	    &s->r.proof.checkpoint, e);
}

void
sample_done(struct sample *s)
{
	receipt_done(&s->r);
}
