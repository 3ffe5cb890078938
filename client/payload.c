#include "client/payload.h"

#include <string.h>

#include "base/leaf.h"
#include "base/note.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/cli.h"

#define CONTENT_VERSION 1 /* in the bind of a release */

static int
forged(struct err *e, const char *what)
{
	return err_tag(e, ERR_INTEGRITY, "extract-forged", "%s", what);
}

/* j as the vault writes it. */
static int
canonical(const json_t *j, struct buf *out, struct err *e)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	r = buf_addstr(out, text, e);
	secret_wipe(text, strlen(text));
	free(text);
	return r;
}

static int
parse(const void *p, size_t n, json_t **out, struct buf *content, struct err *e)
{
	static const char *const members[] = { "content", "entry", "log_key",
		"proof", "salt", "sceau" };
	AUTO(json_decrefp)
	json_t *j = json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL);
	AUTO(buf_done) struct buf again = { 0 };
	size_t i;
	int r;

	if (j == NULL || json_object_size(j) != NELEMS(members))
		return forged(e, "JSON");
	for (i = 0; i < NELEMS(members); i++)
		if (i == 0 ? !json_is_object(json_object_get(j, members[i]))
			   : !json_is_string(json_object_get(j, members[i])))
			return forged(e, members[i]);
	if (strcmp(jstr(j, "sceau"), "extract/1") != 0)
		return forged(e, "sceau");
	if ((r = canonical(j, &again, e)) < 0)
		return r;
	if (again.len != n || memcmp(again.p, p, n) != 0)
		return forged(e, "JSON");
	if ((r = canonical(json_object_get(j, "content"), content, e)) < 0)
		return r;
	*out = j;
	j = NULL;
	return 0;
}

/* The leaf entered the release of this very content. */
static int
check_leaf(const json_t *j, const struct buf *content, struct buf *entry,
    struct leaf *leaf, struct err *e)
{
	const char *entry64 = jstr(j, "entry"), *hex = jstr(j, "salt");
	uint8_t salt[32], sum[SHA256_LEN], bind[32];
	struct id extract;
	int r;

	if (base64_parse(entry64, strlen(entry64), entry, NULL) < 0 ||
	    leaf_decode(entry->p, entry->len, leaf, NULL, NULL) < 0 ||
	    leaf->klass != LEAF_EXTRACT_RELEASE || leaf->outcome != LEAF_OK)
		return forged(e, "entry");
	if (strlen(hex) != 2 * sizeof(salt) ||
	    hex_parse(hex, salt, sizeof(salt), NULL) < 0)
		return forged(e, "salt");
	if (id_parse(jstr(json_object_get(j, "content"), "extract"), &extract,
		NULL) < 0)
		return forged(e, "extract");
	if ((r = digest_of(DIGEST_SHA256, content->p, content->len, sum, e)) <
		0 ||
	    (r = leaf_bind(salt, sum, &extract, CONTENT_VERSION, bind, e)) < 0)
		return r;
	return secret_equal(bind, leaf->bind, sizeof(bind)) ? 0
							    : forged(e, "bind");
}

/* The leaf is in the log that the key speaks for. */
static int
check_proof(const json_t *j, const struct buf *entry, const struct leaf *leaf,
    const struct note_key *key, struct err *e)
{
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	const char *text = jstr(j, "proof"), *note;
	struct checkpoint c = { 0 };
	struct hash hash;
	size_t len;
	int r;

	if (tlog_proof_parse(text, strlen(text), &p, NULL) < 0)
		return forged(e, "proof");
	note = buf_str(&p.checkpoint);
	if (note_verify(note, p.checkpoint.len, key, 1, &len, NULL, NULL) < 0 ||
	    checkpoint_parse(note, len, &c, NULL) < 0)
		return forged(e, "checkpoint");
	if (strcmp(c.origin, key->name) != 0 ||
	    strcmp(c.origin, jstr(json_object_get(j, "content"), "vault")) !=
		0 ||
	    leaf->seq != p.index)
		return forged(e, "vault");
	if ((r = merkle_leaf_hash(entry->p, entry->len, &hash, e)) < 0)
		return r;
	if (merkle_check_inclusion(
		&hash, p.index, c.size, p.hashes, p.n, &c.root, NULL) < 0)
		return forged(e, "proof");
	return 0;
}

static int
check_recipient(
    const struct payload_spec *s, const json_t *content, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	int64_t expires;

	hex_format(s->recipient, SHA256_LEN, hex);
	if (strcmp(hex, jstr(content, "recipient_certificate_sha256")) != 0)
		return forged(e, "recipient_certificate_sha256");
	if (time_parse(jstr(content, "expires_at"), &expires, NULL) < 0)
		return forged(e, "expires_at");
	if (expires <= s->now_ms)
		return err_tag(e, ERR_REFUSED, "extract-expired", "%s",
		    jstr(content, "expires_at"));
	return 0;
}

int
payload_check(const struct payload_spec *s, const void *p, size_t n,
    json_t **whole, struct buf *content, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf entry = { 0 };
	struct note_key key;
	struct leaf leaf = { 0 };
	int r;

	if ((r = parse(p, n, &j, content, e)) < 0)
		return r;
	if (note_key_parse(jstr(j, "log_key"), &key, NULL) < 0 ||
	    (s->log_key != NULL && strcmp(s->log_key, jstr(j, "log_key")) != 0))
		return forged(e, "log_key");
	if ((r = check_leaf(j, content, &entry, &leaf, e)) < 0 ||
	    (r = check_proof(j, &entry, &leaf, &key, e)) < 0 ||
	    (r = check_recipient(s, json_object_get(j, "content"), e)) < 0)
		return r;
	*whole = j;
	j = NULL;
	return 0;
}

int
payload_attachment(const json_t *a, struct buf *out, struct err *e)
{
	const char *text = jstr(a, "base64");
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	size_t was = out->len;
	int r;

	if (base64_parse(text, strlen(text), out, NULL) < 0)
		return forged(e, "attachments");
	if ((r = digest_of(
		 DIGEST_SHA256, out->p + was, out->len - was, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	return strcmp(hex, jstr(a, "sha256")) == 0 ? 0
						   : forged(e, "attachments");
}
