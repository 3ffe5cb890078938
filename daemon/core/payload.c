#include "daemon/core/payload.h"

#include "base/text.h"

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

static json_t *
sources_json(const struct gathered *g)
{
	json_t *a = json_array();
	char id[ID_TEXT];
	size_t i;

	for (i = 0; i < g->nsources; i++) {
		id_format(&g->sources[i].document, id);
		json_array_append_new(
		    a, json_pack("{s:s, s:i}", "document", id, "version",
			   (int)g->sources[i].version));
	}
	return a;
}

/* A value as a person reads it. */
static int
print_value(struct buf *out, const json_t *v, int depth, struct err *e)
{
	const json_t *item;
	const char *key;
	size_t i;
	int r = 0;

	if (json_is_string(v))
		return buf_addstr(out, json_string_value(v), e);
	if (json_is_integer(v))
		return buf_addf(
		    out, e, "%lld", (long long)json_integer_value(v));
	if (json_is_real(v))
		return buf_addf(out, e, "%.2f", json_real_value(v));
	if (json_is_boolean(v))
		return buf_addstr(out, json_is_true(v) ? "oui" : "non", e);
	json_array_foreach(v, i,
	    item) if (r == 0 &&
		      (r = buf_addf(out, e, "\n%*s- ", 2 * depth, "")) == 0) r =
	    print_value(out, item, depth + 1, e);
	json_object_foreach((json_t *)(uintptr_t)v, key,
	    item) if (r == 0 && (r = buf_addf(out, e, "\n%*s%s : ", 2 * depth,
				     "", key)) == 0) r =
	    print_value(out, item, depth + 1, e);
	return r;
}

static int
print_page(const struct payload_facts *f, struct buf *out, struct err *e)
{
	char from[TIME_TEXT], until[TIME_TEXT], id[ID_TEXT];
	const json_t *field;
	size_t i;
	int r;

	time_format(f->released_ms, from);
	time_format(f->expires_ms, until);
	id_format(&f->extract, id);
	if ((r = buf_addf(out, e,
		 "EXTRAIT COMMUNIQUÉ\n\nDestinataire : %s\nExtrait : %s\n"
		 "Dossier : %s\nFinalité : %s\nFondement : %s (%s)\n"
		 "Établi le : %s\nValable jusqu'au : %s\n\n",
		 f->recipient->title, id, f->ref, f->rule->purpose,
		 f->rule->basis, f->rule->citation, from, until)) < 0)
		return r;
	json_array_foreach(f->g->fields, i,
	    field) if ((r = buf_addf(out, e, "%s : ",
			    json_string_value(
				json_object_get(field, "label")))) < 0 ||
		       (r = print_value(
			    out, json_object_get(field, "value"), 1, e)) < 0 ||
		       (r = buf_addstr(out, "\n", e)) < 0) return r;
	json_array_foreach(f->attached, i,
	    field) if ((r = buf_addf(out, e, "Pièce jointe : %s (SHA-256 %s)\n",
			    json_string_value(json_object_get(field, "name")),
			    json_string_value(json_object_get(
				field, "sha256")))) < 0) return r;
	return buf_addstr(out,
	    "\nCe document est réservé à son destinataire, pour cette seule "
	    "finalité.\n",
	    e);
}

int
payload_content(const struct payload_facts *f, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 };
	char id[ID_TEXT], cert[2 * 32 + 1], from[TIME_TEXT], until[TIME_TEXT];
	char *text;
	json_t *j;
	int r;

	if ((r = print_page(f, &page, e)) < 0)
		return r;
	id_format(&f->extract, id);
	hex_format(f->certificate_sha256, 32, cert);
	time_format(f->released_ms, from);
	time_format(f->expires_ms, until);
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s,"
		      " s:o, s:o, s:O, s:s}",
	    "extract", id, "vault", f->core->settings.origin, "case", f->ref,
	    "recipient", f->recipient->name, "recipient_certificate_sha256",
	    cert, "purpose", f->rule->purpose, "basis", f->rule->basis,
	    "citation", f->rule->citation, "policy",
	    (int)policy_version(f->core->policy), "released_at", from,
	    "expires_at", until, "fields", fields_json(f->g), "sources",
	    sources_json(f->g), "attachments", f->attached, "page",
	    buf_str(&page));
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
