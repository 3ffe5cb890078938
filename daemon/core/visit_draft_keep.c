/* A draft of a visit is saved: all of it, as it is now. */
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/json_of.h"
#include "daemon/core/keypool.h"
#include "daemon/core/person.h"
#include "daemon/core/upload.h"
#include "daemon/core/visit_draft_row.h"

#define FILES "visit-draft-files"
#define MEBIBYTES "visit-draft-mebibytes"
#define HOUR_MS INT64_C(3600000)

struct keeping {
	struct core *core;
	const struct caller *caller;
	const struct visit_draft_saying *s;
	struct case_facts kase;
	struct decision access;
	struct draft_row was, row; /* was: id zero when there is none */
	struct secret key;	   /* of the words */
	json_t *before;		   /* the words that were kept */
	json_t *pages;		   /* those that will be */
	struct upload *uploads[VISIT_DRAFT_PAGES_MAX];
	struct upload_facts facts[VISIT_DRAFT_PAGES_MAX];
	struct draft_page_row fresh[VISIT_DRAFT_PAGES_MAX];
	size_t nfresh;
	int filed; /* uploads are in a segment: they are not used again */
	uint64_t leaf;
};

static void
keeping_free(struct keeping **kp)
{
	struct keeping *k = *kp;
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < k->nfresh; i++) {
		if (k->uploads[i] == NULL)
			continue;
		if (k->filed)
			upload_drop(&k->uploads[i]);
		else
			upload_put(&k->uploads[i]);
	}
	draft_row_done(&k->was);
	draft_row_done(&k->row);
	secret_done(&k->key);
	json_decref(k->before);
	json_decref(k->pages);
	free(k);
	*kp = NULL;
}

/* --- what is said ----------------------------------------------------------
 */

static int
wrong(const char *what, struct err *e)
{
	return err_tag(e, ERR_INVALID, "visit-draft", "%s", what);
}

static int
check_words(const json_t *said, struct err *e)
{
	AUTO(mem_freep) char *dump = NULL;
	const char *name;
	json_t *list, *v;
	size_t i;

	if (!json_is_object(said))
		return wrong("said: an object of fields", e);
	json_object_foreach((json_t *)(uintptr_t)said, name, list)
	{
		if (*name == '\0' || strlen(name) > VISIT_DRAFT_NAME_MAX ||
		    !json_is_array(list))
			return wrong("said: a field is an array of texts", e);
		json_array_foreach(list, i, v)
		{
			if (!json_is_string(v))
				return wrong(
				    "said: a field is an array of texts", e);
		}
	}
	if ((dump = json_dumps(said, JSON_COMPACT)) == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	if (strlen(dump) > VISIT_DRAFT_WORDS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "visit-draft-size",
		    "said: over %u bytes", VISIT_DRAFT_WORDS_MAX);
	return 0;
}

static int
check_page(const struct visit_draft_page *p, struct err *e)
{
	if ((p->page == NULL) == (p->upload == NULL))
		return wrong("pages: each is an upload, or kept already", e);
	if (p->name[0] == '\0' || strcmp(p->name, ".") == 0 ||
	    strcmp(p->name, "..") == 0 || strchr(p->name, '/') != NULL)
		return err_tag(e, ERR_INVALID, "file-name",
		    "name: the file's name, without folders");
	if (p->part < 0 || p->part > VISIT_DRAFT_PART_MAX || p->turns < 0 ||
	    p->turns > 3)
		return wrong("pages: which document, and 0 to 3 quarters", e);
	return text_check(p->name, DOCUMENT_NAME_MAX, "name", e);
}

/* The same file twice would be two files when it is resumed. */
static int
check_pages(const struct visit_draft_saying *s, struct err *e)
{
	const struct visit_draft_page *a, *b;
	int r;

	for (a = s->pages; a < s->pages + s->npages; a++) {
		if ((r = check_page(a, e)) < 0)
			return r;
		for (b = s->pages; b < a; b++)
			if ((a->page != NULL && b->page != NULL &&
				strcmp(a->page, b->page) == 0) ||
			    (a->upload != NULL && b->upload != NULL &&
				strcmp(a->upload, b->upload) == 0))
				return wrong("pages: one file twice", e);
	}
	return 0;
}

static int
figure(const struct core *core, const char *name, int64_t *out, struct err *e)
{
	if (policy_figure_on(
		core->policy, name, civil_day(core_now(core)), out, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules do not say how much a draft may hold");
	return 0;
}

static int
check_count(const struct keeping *k, struct err *e)
{
	int64_t files;
	int r;

	if ((r = figure(k->core, FILES, &files, e)) < 0)
		return r;
	if (k->s->npages > VISIT_DRAFT_PAGES_MAX ||
	    (int64_t)k->s->npages > files)
		return err_tag(e, ERR_TOO_LARGE, "visit-draft-size",
		    "over %lld files", (long long)files);
	return 0;
}

/* --- what is there ---------------------------------------------------------
 */

static int
changed(struct err *e)
{
	return err_tag(e, ERR_CONFLICT, "visit-draft-changed",
	    "this draft was saved elsewhere, given up or entered");
}

/* One that is too old is none: it goes with this change. */
static int
check_over(const struct keeping *k, const struct draft_row *row, struct err *e)
{
	int64_t until = 0;
	int r, none = id_is_zero(&row->id);

	if (!none) {
		if ((r = draft_until(k->core, row->saved_ms, &until, e)) < 0)
			return r;
		none = until <= core_now(k->core);
	}
	if (k->s->over != (none ? 0 : row->revision))
		return changed(e);
	return 0;
}

static int
find(struct keeping *k, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(k->core, e)) < 0 ||
	    (r = tx_read(k->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(k->core, &tx, k->caller, k->s->kase,
		 OP_DOC_FILE, VISIT_DRAFT_KIND, core_now(k->core), &k->kase,
		 object, &k->access, e)) < 0 ||
	    (r = draft_row_find(&tx, k->caller, &k->kase.id, &k->was, e)) < 0)
		return r;
	return check_over(k, &k->was, e);
}

/* Its words, for the files that stay; a new one has a key of its own. */
static int
open_before(struct keeping *k, struct err *e)
{
	AUTO(fresh_key_done) struct fresh_key key = { 0 };
	uint64_t leaf;
	int r;

	k->row.kase = k->kase.id;
	k->row.uid = k->caller->actor.uid;
	snprintf(k->row.account, sizeof(k->row.account), "%s",
	    k->caller->actor.account);
	k->row.revision = k->s->over + 1;
	if (k->s->over == 0) {
		if ((r = id_random(&k->row.id, e)) < 0 ||
		    (r = keypool_take(k->core->keys, &key, e)) < 0)
			return r;
		k->row.key = key.number;
		secret_move(&k->key, &key.key);
		return 0;
	}
	k->row.id = k->was.id;
	k->row.key = k->was.key;
	if ((r = draft_read_leaf(k->core, k->caller, &k->was, "save",
		 &k->access, &leaf, e)) < 0)
		return r;
	return draft_words_open(k->core, &k->was, leaf, &k->key, &k->before, e);
}

/* --- its files -------------------------------------------------------------
 */

static json_t *
kept_page(const struct keeping *k, const char *page)
{
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(k->before, "pages"), i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "page")),
			page) == 0)
			return p;
	}
	return NULL;
}

static int
add_page(struct keeping *k, const struct visit_draft_page *p, json_t *page,
    json_int_t size, const char *sha256, struct err *e)
{
	json_t *o = json_pack("{s:o, s:i, s:s, s:I, s:s, s:i}", "page", page,
	    "part", p->part, "name", p->name, "size", size, "sha256", sha256,
	    "turns", p->turns);

	return json_array_append_new(k->pages, o) < 0
		   ? err_set(e, ERR_NOMEM, "draft")
		   : 0;
}

static int
stay(struct keeping *k, const struct visit_draft_page *p, struct err *e)
{
	json_t *was = kept_page(k, p->page);

	if (was == NULL)
		return changed(e);
	return add_page(k, p, json_incref(json_object_get(was, "page")),
	    json_integer_value(json_object_get(was, "size")),
	    json_string_value(json_object_get(was, "sha256")), e);
}

static int
come(struct keeping *k, const struct visit_draft_page *p, struct err *e)
{
	struct upload_facts *f = &k->facts[k->nfresh];
	struct draft_page_row *row = &k->fresh[k->nfresh];
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = uploads_take(k->core, k->caller, p->upload,
		 &k->uploads[k->nfresh], f, e)) < 0)
		return r;
	k->nfresh++;
	if (f->size == 0)
		return err_tag(
		    e, ERR_REFUSED, "empty-file", "%s is empty", p->name);
	if ((r = id_random(&row->id, e)) < 0)
		return r;
	row->content = f->id;
	row->key = f->key;
	hex_format(f->sha256, SHA256_LEN, hex);
	return add_page(
	    k, p, json_of_id(&row->id), (json_int_t)f->size, hex, e);
}

static int
check_bytes(const struct keeping *k, struct err *e)
{
	json_int_t all = 0;
	int64_t most;
	json_t *p;
	size_t i;
	int r;

	if ((r = figure(k->core, MEBIBYTES, &most, e)) < 0)
		return r;
	json_array_foreach(k->pages, i, p) all +=
	    json_integer_value(json_object_get(p, "size"));
	if (all > most << 20)
		return err_tag(e, ERR_TOO_LARGE, "visit-draft-size",
		    "over %lld MiB of files", (long long)most);
	return 0;
}

static int
gather(struct keeping *k, struct err *e)
{
	const struct visit_draft_page *p;
	int r;

	if ((k->pages = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	for (p = k->s->pages; p < k->s->pages + k->s->npages; p++)
		if ((r = p->page != NULL ? stay(k, p, e) : come(k, p, e)) < 0)
			return r;
	return check_bytes(k, e);
}

static int
seal(struct keeping *k, struct err *e)
{
	AUTO(json_decrefp)
	json_t *words = json_pack("{s:O, s:O}", "said",
	    (json_t *)(uintptr_t)k->s->said, "pages", k->pages);

	if (words == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	return row_seal(k->core, k->key.p, &k->row.kase, &k->row.id,
	    (uint32_t)k->row.revision, words, &k->row.sealed, e);
}

/* --- the change ------------------------------------------------------------
 */

static int
is_named(const struct keeping *k, const char *page)
{
	json_t *p;
	size_t i;

	json_array_foreach(k->pages, i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "page")),
			page) == 0)
			return 1;
	}
	return 0;
}

static int
drop_unnamed(struct tx *tx, const struct keeping *k, struct err *e)
{
	const char *page;
	struct id id;
	json_t *p;
	size_t i;
	int r;

	json_array_foreach(json_object_get(k->before, "pages"), i, p)
	{
		page = json_string_value(json_object_get(p, "page"));
		if (is_named(k, page))
			continue;
		if ((r = id_parse(page, &id, e)) < 0 ||
		    (r = draft_page_drop(tx, &id, e)) < 0)
			return r;
	}
	return 0;
}

static int
place(struct tx *tx, struct keeping *k, int64_t now_ms, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < k->nfresh; i++)
		if ((r = draft_page_put(tx, &k->row.id, &k->fresh[i], e)) < 0 ||
		    (r = store_place(tx, k->facts[i].stage, STORE_DRAFTS,
			 &k->fresh[i].id, 1, STORE_CONTENT,
			 (uint64_t)(now_ms / HOUR_MS), e)) < 0)
			return r;
	return 0;
}

/* Still what it was: nobody saved it, gave it up or entered it meanwhile. */
static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(draft_row_done) struct draft_row now = { 0 };
	struct keeping *k = arg;
	int r;

	if ((r = draft_row_find(tx, k->caller, &k->kase.id, &now, e)) < 0)
		return r;
	if (!id_equal(&now.id, &k->was.id) || now.revision != k->was.revision)
		return changed(e);
	if (r > 0 && k->s->over == 0 &&
	    (r = draft_row_drop(tx, &now.id, e)) < 0)
		return r;
	k->row.saved_ms = audit_time(k->core->audit, now_ms);
	if ((r = draft_leaf(k->core, tx, k->caller, &k->row, "kept", &k->access,
		 now_ms, &k->leaf, e)) < 0 ||
	    (r = draft_row_put(tx, &k->row, e)) < 0 ||
	    (r = drop_unnamed(tx, k, e)) < 0)
		return r;
	return place(tx, k, now_ms, e);
}

static int
commit(struct keeping *k, struct err *e)
{
	AUTO(mem_freep) struct change *ch = calloc(1, sizeof(*ch));
	size_t i;

	if (ch == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	ch->apply = apply;
	ch->arg = k;
	for (i = 0; i < k->nfresh; i++)
		ch->stages[i] = k->facts[i].stage;
	ch->nstages = k->nfresh;
	/* What is in a segment once is not put there again. */
	k->filed = 1;
	return commit_run(k->core->committer, ch, e);
}

static int
answer_of(const struct keeping *k, json_t **answer, struct err *e)
{
	int64_t until;
	int r;

	if ((r = draft_until(k->core, k->row.saved_ms, &until, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:o, s:I, s:o, s:o, s:O, s:I}", "draft",
	    json_of_id(&k->row.id), "case", json_of_id(&k->kase.id), "revision",
	    (json_int_t)k->row.revision, "saved_at",
	    json_of_time(k->row.saved_ms), "until", json_of_time(until),
	    "pages", k->pages, "leaf", (json_int_t)k->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "draft");
}

int
visit_draft_keep(struct core *core, const struct caller *caller,
    const struct visit_draft_saying *s, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(keeping_free) struct keeping *k = calloc(1, sizeof(*k));
	int r;

	if (k == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	k->core = core;
	k->caller = caller;
	k->s = s;
	if ((r = find(k, object, e)) < 0 || (r = check_words(s->said, e)) < 0 ||
	    (r = check_count(k, e)) < 0 || (r = check_pages(s, e)) < 0 ||
	    (r = open_before(k, e)) < 0 || (r = gather(k, e)) < 0 ||
	    (r = seal(k, e)) < 0 || (r = commit(k, e)) < 0)
		return r;
	return answer_of(k, answer, e);
}
