#include "client/web/visitdraft.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define ROUND_MAX (UINT64_C(32) << 20) /* bytes on their way at once */
#define NAMES_FROM 1000 /* uploads of a draft are not those of its filing */

static int
is_none(const struct err *e)
{
	return e->tag != NULL && strcmp(e->tag, "visit-draft") == 0;
}

/* --- from the vault --------------------------------------------------------
 */

static int
fetch(struct web_call *c, const char *page, int fd, struct err *e)
{
	struct http_exchange x = { .method = "GET", .fd = -1, .out_fd = fd };
	AUTO(buf_done) struct buf path = { 0 };
	struct http *h;
	int r;

	if ((r = cli_path(&path, e, "/v1/cases/%/visit-draft/pages/%",
		 c->part[0], page)) < 0 ||
	    (r = cli_http(&c->cli, &h, e)) < 0)
		return r;
	x.path = buf_str(&path);
	x.purpose = c->cli.purpose;
	r = http_run(h, &x, e);
	http_exchange_done(&x);
	return r;
}

/* The same file in two documents is one file of the lot: its first. */
static int
load_page(struct web_call *c, struct lot *l, const json_t *p, struct err *e)
{
	struct web_file w = { .fd = -1,
		.name = (char *)(uintptr_t)jstr(p, "name"),
		.size = (uint64_t)jint(p, "size") };
	struct lot_file *f;
	int r;

	if ((r = memfd_new("draft", &w.fd, e)) < 0)
		return r;
	if ((r = fetch(c, jstr(p, "page"), w.fd, e)) == 0)
		r = lot_add(c, l, &w, (int)jint(p, "part"), e);
	close(w.fd);
	if (r < 0)
		return r;
	if ((f = lot_find(l, jstr(p, "sha256"))) == NULL)
		return err_tag(e, ERR_INTEGRITY, "web-piece", "its sum");
	f->turns = (unsigned)jint(p, "turns");
	snprintf(f->page, sizeof(f->page), "%s", jstr(p, "page"));
	return 0;
}

int
visitdraft_load(struct web_call *c, struct lot *l, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *p;
	size_t i;
	int r;

	if ((r = cli_get(
		 &c->cli, &j, e, "/v1/cases/%/visit-draft", c->part[0])) < 0)
		return r;
	if (!json_is_string(json_object_get(j, "draft"))) {
		l->revision = 0;
		l->loaded = 1;
		return 0;
	}
	while (l->n > 0)
		lot_remove(c, l, l->file[0].key);
	json_array_foreach(json_object_get(j, "pages"), i, p)
	{
		if ((r = load_page(c, l, p, e)) < 0)
			return r;
	}
	json_decref(l->said);
	l->said = json_deep_copy(json_object_get(j, "said"));
	if (l->said == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	l->revision = jint(j, "revision");
	snprintf(l->draft, sizeof(l->draft), "%s", jstr(j, "draft"));
	snprintf(l->kept_at, sizeof(l->kept_at), "%s", jstr(j, "saved_at"));
	l->loaded = l->saved = 1;
	return 0;
}

/* --- to the vault ----------------------------------------------------------
 */

static int
send(struct web_call *c, const struct lot *l, const struct lot_file *f,
    json_t *page, struct err *e)
{
	AUTO(source_done) struct source s = { .fd = -1 };
	int r;

	if ((r = lot_source(f, 0, &s, e)) < 0 ||
	    (r = source_name_upload(
		 &s, c->part[0], l->id, NAMES_FROM + (int)f->number, e)) < 0 ||
	    (r = upload_send(&c->cli, &s, e)) < 0)
		return r;
	return json_object_set_new(page, "upload", json_string(s.upload)) < 0
		   ? err_set(e, ERR_NOMEM, "draft")
		   : 0;
}

/* One round: the files that are there, and as many more as one may send at
 * once. taken: which ones. */
static int
gather(struct web_call *c, const struct lot *l, json_t *pages,
    unsigned char taken[LOT_FILES_MAX], int *more, struct err *e)
{
	const struct lot_file *f;
	uint64_t sent = 0;
	json_t *o;
	int r;

	*more = 0;
	for (f = l->file; f < l->file + l->n; f++) {
		taken[f - l->file] = 0;
		if (f->page[0] == '\0' && sent > 0 &&
		    sent + f->size > ROUND_MAX) {
			*more = 1;
			continue;
		}
		/* What leaves the console is turned already. */
		o = json_pack("{s:s, s:i, s:i}", "name", f->name, "part",
		    f->part, "turns", 0);
		if (json_array_append_new(pages, o) < 0)
			return err_set(e, ERR_NOMEM, "draft");
		taken[f - l->file] = 1;
		if (f->page[0] != '\0') {
			json_object_set_new(o, "page", json_string(f->page));
			continue;
		}
		sent += f->size;
		if ((r = send(c, l, f, o, e)) < 0)
			return r;
	}
	return 0;
}

static int
note(struct lot *l, const json_t *j, const unsigned char taken[LOT_FILES_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		if (taken[i])
			snprintf(l->file[i].page, sizeof(l->file[i].page), "%s",
			    jstr(jat(j, "pages", n++), "page"));
	l->revision = jint(j, "revision");
	snprintf(l->draft, sizeof(l->draft), "%s", jstr(j, "draft"));
	snprintf(l->kept_at, sizeof(l->kept_at), "%s", jstr(j, "saved_at"));
	return 0;
}

static int
save_round(struct web_call *c, struct lot *l, int *more, struct err *e)
{
	unsigned char taken[LOT_FILES_MAX];
	AUTO(json_decrefp) json_t *body = NULL, *j = NULL;
	json_t *pages = json_array();
	int r;

	body = json_pack("{s:I, s:O, s:o}", "over", (json_int_t)l->revision,
	    "said", l->said, "pages", pages);
	if (body == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	if ((r = gather(c, l, pages, taken, more, e)) < 0 ||
	    (r = cli_post(&c->cli, body, &j, e, "/v1/cases/%/visit-draft",
		 c->part[0])) < 0)
		return r;
	return note(l, j, taken);
}

int
visitdraft_save(struct web_call *c, struct lot *l, struct err *e)
{
	int more, r;

	if (l->saved)
		return 0;
	do {
		if ((r = save_round(c, l, &more, e)) < 0)
			return r;
	} while (more);
	l->saved = 1;
	return 0;
}

int
visitdraft_drop(struct web_call *c, struct lot *l, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err why = { 0 };
	int r;

	if (l->revision == 0)
		return 0;
	r = cli_post(&c->cli, NULL, &j, &why, "/v1/cases/%/visit-draft/drop",
	    c->part[0]);
	if (r < 0 && !is_none(&why)) {
		*e = why;
		return r;
	}
	l->revision = 0;
	l->draft[0] = '\0';
	return 0;
}
