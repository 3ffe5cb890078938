#include "client/record_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/upload.h"

/* Sorted: the same record has the same bytes. */
static int
open_record(
    struct source *s, const json_t *record, const char *name, struct err *e)
{
	AUTO(mem_freep)
	char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
	int r;

	*s = (struct source){ .path = name, .name = name, .fd = -1 };
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "record");
	s->size = strlen(text);
	if ((r = memfd_new("record", &s->fd, e)) < 0 ||
	    (r = fd_write_all(s->fd, text, s->size, e)) < 0)
		return r;
	return digest_of(DIGEST_SHA256, text, s->size, s->sha256, e);
}

int
record_source(
    struct source *s, const json_t *record, const char *name, struct err *e)
{
	return open_record(s, record, name, e);
}

static int
key_of(const char *kase, const char *kind, const char *replaces,
    const struct source *s, char key[2 * SHA256_LEN + 1], struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	int r;

	hex_format(s->sha256, SHA256_LEN, hex);
	if ((r = buf_addf(&text, e, "sceau/record/1\n%u\n%s\n%s\n%s\n%s\n",
		 (unsigned)getuid(), kase, kind,
		 replaces != NULL ? replaces : "", hex)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), key);
	return 0;
}

static int
post(struct cli *c, const char *kase, const char *kind, struct source *s,
    const char *replaces, json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *body = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	char key[2 * SHA256_LEN + 1];
	int n, r;

	body = json_pack("{s:s, s:[{s:s, s:s}]}", "kind", kind, "pages",
	    "upload", s->upload, "name", s->name);
	if (body == NULL)
		return err_set(e, ERR_NOMEM, "request");
	if ((r = cli_member(body, "replaces", replaces, e)) < 0 ||
	    (r = key_of(kase, kind, replaces, s, key, e)) < 0 ||
	    (r = cli_path(&path, e, "/v1/cases/%/documents", kase)) < 0)
		return r;
	for (n = 1;; n++) {
		r = cli_call(c, "POST", buf_str(&path), body, key, answer, e);
		if (r == 0 || n == UPLOAD_TRIES ||
		    (r != -ERR_PENDING && !upload_may_retry(c, e)))
			return r;
		upload_pause(n);
	}
}

int
record_file(struct cli *c, const char *kase, const char *kind,
    const json_t *record, const char *replaces, json_t **answer, struct err *e)
{
	AUTO(source_done) struct source s = { .fd = -1 };
	char name[80];
	int r;

	snprintf(name, sizeof(name), "%.60s.json", kind);
	if ((r = open_record(&s, record, name, e)) < 0 ||
	    (r = source_name_upload(&s, kase, kind, 0, e)) < 0 ||
	    (r = upload_send(c, &s, e)) < 0)
		return r;
	return post(c, kase, kind, &s, replaces, answer, e);
}

int
record_get(struct cli *c, const char *document, json_t **record, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 }, text = { 0 };
	json_t *j;
	int r;

	if ((r = cli_path(&path, e, "/v1/documents/%/content", document)) < 0 ||
	    (r = cli_get_content(c, buf_str(&path), &text, e)) < 0)
		return r;
	j = json_loadb((const char *)text.p, text.len, 0, NULL);
	if (!json_is_object(j)) {
		json_decref(j);
		return err_tag(e, ERR_INTEGRITY, "answer", "record");
	}
	*record = j;
	return 0;
}
