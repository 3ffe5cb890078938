#include "daemon/core/payload.h"

#include "base/text.h"
#include "daemon/core/page.h"

/* fields by label: what a program of the recipient reads. */
static json_t *
fields_json(const struct gathered *g)
{
	json_t *o = json_object(), *f;
	size_t i;

	json_array_foreach(g->fields, i, f)
	    json_object_set(o, json_string_value(json_object_get(f, "label")),
		json_object_get(f, "value"));
	return o;
}

int
payload_content(const struct payload_facts *f, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 }, cover = { 0 };
	char id[ID_TEXT], cert[2 * 32 + 1], from[TIME_TEXT], until[TIME_TEXT];
	char *text;
	json_t *j;
	int r;

	if ((r = page_text(f, &page, e)) < 0 ||
	    (json_array_size(f->attached) > 0 &&
		(r = page_cover(f, &cover, e)) < 0))
		return r;
	id_format(&f->extract, id);
	hex_format(f->certificate_sha256, 32, cert);
	time_format(f->released_ms, from);
	time_format(f->expires_ms, until);
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s,"
		      " s:o, s:o, s:O, s:s, s:s, s:s*}",
	    "extract", id, "vault", f->core->settings.origin, "case", f->ref,
	    "recipient", f->recipient->name, "recipient_certificate_sha256",
	    cert, "purpose", f->rule->purpose, "basis", f->rule->basis,
	    "citation", f->rule->citation, "policy",
	    (int)policy_version(f->policy), "released_at", from, "expires_at",
	    until, "fields", fields_json(f->g), "sources",
	    gathered_sources(f->g), "attachments", f->attached, "page",
	    buf_str(&page), "channel", f->channel, "cover",
	    cover.len > 0 ? buf_str(&cover) : NULL);
	if (j != NULL)
		json_object_set_new(j, "rule", json_string(f->rule->name));
	text = j != NULL ? json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(j);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	r = buf_addstr(out, text, e);
	secret_wipe(text, strlen(text));
	free(text);
	return r;
}

int
payload_whole(const struct buf *content, const struct buf *entry,
    const uint8_t salt[32], const struct tlog_proof *proof,
    const struct note_key *log, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf entry64 = { 0 }, key = { 0 }, p = { 0 };
	char hex[2 * 32 + 1], *rest;
	json_t *j;
	int r;

	if ((r = base64_format(entry->p, entry->len, &entry64, e)) < 0 ||
	    (r = note_key_format(log, &key, e)) < 0 ||
	    (r = tlog_proof_format(proof, &p, e)) < 0)
		return r;
	hex_format(salt, 32, hex);
	/* "content" sorts first, so the rest follows it as it stands. */
	j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "entry", buf_str(&entry64),
	    "log_key", buf_str(&key), "proof", buf_str(&p), "salt", hex,
	    "sceau", "extract/1");
	rest = j != NULL ? json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(j);
	if (rest == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	if ((r = buf_addstr(out, "{\"content\":", e)) == 0 &&
	    (r = buf_add(out, content->p, content->len, e)) == 0)
		r = buf_addf(out, e, ",%s", rest + 1);
	free(rest);
	return r;
}
