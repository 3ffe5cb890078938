#include "daemon/core/search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/rw.h"
#include "base/seal.h"
#include "daemon/core/case.h"

#define FILE_MAX ((size_t)512 << 20)
#define SHOWN_MAX 65536 /* bytes of one entry */
#define MAGIC 0x53636931u
#define LIMIT_DEFAULT 20

/* Which of the two files: in the seal's context, so that neither can stand
 * in for the other. */
enum part { PART_INDEX = 1, PART_DELTA = 2 };
static const char *const names[] = {
	[PART_INDEX] = "index", [PART_DELTA] = "delta"
};

/* A case: in the arena its answer as JSON, NUL, its folded words, NUL. */
struct entry {
	struct id id;
	size_t shown, words; /* offsets into the arena */
	int fresh;	     /* not in the index file yet */
};

struct search {
	pthread_mutex_t lock;
	int dirfd;
	struct id vault;
	int loaded;
	struct secret key;
	uint32_t generation;
	uint64_t mark; /* all changes before this leaf are in */
	struct entry *entries;
	size_t n, cap, fresh;
	struct secret arena;
	size_t used;
};

int
search_open(
    const char *dir, const struct id *vault, struct search **out, struct err *e)
{
	AUTO(search_freep) struct search *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "search");
	s->dirfd = -1;
	s->vault = *vault;
	pthread_mutex_init(&s->lock, NULL);
	if ((r = dir_make(AT_FDCWD, dir, 0700, e)) < 0)
		return r;
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		return err_sys(e, ERR_IO, "%s", dir);
	*out = TAKE(s);
	return 0;
}

static void
drop(struct search *s)
{
	secret_done(&s->key);
	secret_done(&s->arena);
	free(s->entries);
	s->entries = NULL;
	s->n = s->cap = s->fresh = s->used = 0;
	s->mark = 0;
	s->loaded = 0;
}

void
search_drop(struct search *s)
{
	pthread_mutex_lock(&s->lock);
	drop(s);
	pthread_mutex_unlock(&s->lock);
}

void
search_freep(struct search **sp)
{
	struct search *s = TAKE(*sp);

	if (s == NULL)
		return;
	drop(s);
	fd_closep(&s->dirfd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- entries in memory ------------------------------------------------------
 */

static const char *
text_at(const struct search *s, size_t at)
{
	return (const char *)s->arena.p + at;
}

/* Room for n more bytes of locked memory; what is there moves. */
static int
arena_reserve(struct search *s, size_t n, struct err *e)
{
	struct secret bigger = { 0 };
	size_t want = s->arena.len > 0 ? s->arena.len : 65536;
	int r;

	while (want - s->used < n)
		want *= 2;
	if (want == s->arena.len)
		return 0;
	if ((r = secret_init(&bigger, want, e)) < 0)
		return r;
	if (s->used > 0)
		memcpy(bigger.p, s->arena.p, s->used);
	secret_done(&s->arena);
	secret_move(&s->arena, &bigger);
	return 0;
}

static size_t
arena_put(struct search *s, const void *p, size_t n)
{
	size_t at = s->used;

	memcpy(s->arena.p + at, p, n);
	s->arena.p[at + n] = '\0';
	s->used += n + 1;
	return at;
}

static struct entry *
find(struct search *s, const struct id *id)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (id_equal(&s->entries[i].id, id))
			return &s->entries[i];
	return NULL;
}

/* NULL: no memory. */
static struct entry *
new_entry(struct search *s, const struct id *id)
{
	size_t cap = s->cap > 0 ? s->cap * 2 : 256;
	struct entry *v;

	if (s->n == s->cap) {
		if ((v = reallocarray(s->entries, cap, sizeof(*v))) == NULL)
			return NULL;
		s->entries = v;
		s->cap = cap;
	}
	v = &s->entries[s->n++];
	*v = (struct entry){ .id = *id };
	return v;
}

static int
fold_member(const json_t *j, struct buf *out, struct err *e)
{
	json_t *v;
	size_t i;
	int r;

	if (json_is_string(j))
		return search_fold(json_string_value(j), out, e);
	json_array_foreach((json_t *)(uintptr_t)j, i,
	    v) if ((r = fold_member(v, out, e)) < 0) return r;
	return 0;
}

/* Every word by which the case is found; references among them. */
static int
fold_entry(
    const struct id *id, const json_t *shown, struct buf *out, struct err *e)
{
	static const char *const members[] = { "names", "title", "commune",
		"reference" };
	json_t *year = json_object_get(shown, "birth_year");
	char ref[REF_TEXT];
	size_t i;
	int r;

	id_ref(id, ref);
	if ((r = search_fold(ref, out, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(members); i++)
		if ((r = fold_member(
			 json_object_get(shown, members[i]), out, e)) < 0)
			return r;
	return json_is_integer(year)
		   ? buf_addf(out, e, " %d", (int)json_integer_value(year))
		   : 0;
}

/* Enter or replace: text is shown as JSON. */
static int
put(struct search *s, const struct id *id, const char *text, size_t n,
    int fresh, struct err *e)
{
	AUTO(buf_done) struct buf words = { 0 };
	struct entry *en = find(s, id);
	json_error_t je;
	json_t *shown;
	int r;

	if ((shown = json_loadb(text, n, 0, &je)) == NULL)
		return err_set(e, ERR_INTEGRITY, "a search entry");
	r = fold_entry(id, shown, &words, e);
	json_decref(shown);
	if (r < 0 || (r = arena_reserve(s, n + words.len + 2, e)) < 0)
		return r;
	if (en == NULL && (en = new_entry(s, id)) == NULL)
		return err_set(e, ERR_NOMEM, "search");
	en->shown = arena_put(s, text, n);
	en->words = arena_put(s, words.p, words.len);
	if (fresh && !en->fresh)
		s->fresh++;
	en->fresh = fresh;
	return 0;
}

static void
forget(struct search *s, const struct id *id)
{
	struct entry *en = find(s, id);

	if (en == NULL)
		return;
	secret_wipe(s->arena.p + en->shown, strlen(text_at(s, en->shown)));
	secret_wipe(s->arena.p + en->words, strlen(text_at(s, en->words)));
	if (en->fresh)
		s->fresh--;
	memmove(
	    en, en + 1, (size_t)(s->entries + s->n - (en + 1)) * sizeof(*en));
	s->n--;
}

/* --- the files
 * ---------------------------------------------------------------- */

static struct seal_context
context(const struct search *s, enum part part)
{
	return (struct seal_context){ .type = SEAL_SEARCH,
		.vault = s->vault,
		.version = part,
		.epoch = s->generation };
}

static int
encode(const struct search *s, enum part part, struct buf *out, struct err *e)
{
	const struct entry *en;
	struct wr w;
	size_t i;

	wr_init(&w, out);
	wr_u32(&w, MAGIC);
	wr_u64(&w, s->mark);
	wr_u32(&w, (uint32_t)(part == PART_INDEX ? s->n : s->fresh));
	for (i = 0; i < s->n; i++) {
		en = &s->entries[i];
		if (part == PART_DELTA && !en->fresh)
			continue;
		wr_bytes(&w, en->id.b, ID_LEN);
		wr_str(&w, text_at(s, en->shown));
	}
	return wr_end(&w, e);
}

static int
write_part(struct search *s, enum part part, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, sealed = { 0 };
	struct seal_context c = context(s, part);
	int r;

	if ((r = encode(s, part, &text, e)) < 0 ||
	    (r = seal_bytes(s->key.p, &c, text.p, text.len, &sealed, e)) < 0)
		return r;
	return file_write(s->dirfd, names[part], sealed.p, sealed.len, 0600, e);
}

/* All into the index; the delta is empty then. */
static int
write_index(struct search *s, struct err *e)
{
	size_t i;
	int r;

	if ((r = write_part(s, PART_INDEX, e)) < 0)
		return r;
	for (i = 0; i < s->n; i++)
		s->entries[i].fresh = 0;
	s->fresh = 0;
	if (unlinkat(s->dirfd, names[PART_DELTA], 0) < 0 && errno != ENOENT)
		return err_sys(e, ERR_IO, "the search delta");
	return dir_sync(s->dirfd, ".", e);
}

static int
save(struct search *s, struct err *e)
{
	return s->fresh > SEARCH_DELTA_MAX ? write_index(s, e)
					   : write_part(s, PART_DELTA, e);
}

static int
decode(struct search *s, enum part part, const struct buf *text, struct err *e)
{
	const uint8_t *shown;
	uint64_t mark;
	struct id id;
	struct rd r;
	uint32_t n;
	size_t len;
	int ret;

	rd_init(&r, text->p, text->len);
	if (rd_u32(&r) != MAGIC)
		return err_set(e, ERR_INTEGRITY, "not a search index");
	mark = rd_u64(&r);
	/* A delta that an index has taken in since: its file was to go. */
	if (part == PART_DELTA && mark <= s->mark)
		return 0;
	for (n = rd_u32(&r); n > 0 && !r.bad; n--) {
		rd_bytes(&r, id.b, ID_LEN);
		shown = rd_blob(&r, SHOWN_MAX, &len);
		if (shown == NULL)
			break;
		if ((ret = put(s, &id, (const char *)shown, len,
			 part == PART_DELTA, e)) < 0)
			return ret;
	}
	if ((ret = rd_end(&r, "search index", e)) < 0)
		return ret;
	s->mark = mark > s->mark ? mark : s->mark;
	return 0;
}

static int
read_part(struct search *s, enum part part, struct err *e)
{
	AUTO(buf_done) struct buf sealed = { 0 }, text = { 0 };
	struct seal_context c = context(s, part);
	int r;

	if ((r = file_read(s->dirfd, names[part], FILE_MAX, &sealed, e)) < 0 ||
	    (r = open_bytes(s->key.p, &c, sealed.p, sealed.len, &text, e)) < 0)
		return r;
	return decode(s, part, &text, e);
}

/* --- what the catalog has since
 * ----------------------------------------------- */

static json_t *
shown_json(const json_t *kase, const json_t *persons)
{
	json_t *names_list = json_array(), *p, *year = NULL, *j;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)persons, i, p)
	{
		json_array_append(names_list, json_object_get(p, "name"));
		if (year == NULL)
			year = json_object_get(p, "birth_year");
	}
	j = json_pack("{s:O, s:O, s:O, s:o}", "title",
	    json_object_get(kase, "title"), "commune",
	    json_object_get(kase, "commune"), "reference",
	    json_object_get(kase, "reference"), "names", names_list);
	if (j != NULL && year != NULL)
		json_object_set(j, "birth_year", year);
	return j;
}

static int
index_case(struct core *core, struct tx *tx, const struct id *id, uint64_t leaf,
    struct err *e)
{
	json_t *kase = NULL, *persons = NULL, *shown = NULL;
	char *text = NULL;
	int r;

	if ((r = case_row(core, tx, id, leaf, &kase, e)) == 0 &&
	    (r = person_list(core, tx, id, leaf, &persons, e)) == 0) {
		shown = shown_json(kase, persons);
		text = shown != NULL ? json_dumps(shown, JSON_COMPACT) : NULL;
		r = text != NULL
			? put(core->search, id, text, strlen(text), 1, e)
			: err_set(e, ERR_NOMEM, "search");
	}
	if (text != NULL)
		secret_wipe(text, strlen(text));
	free(text);
	json_decref(kase);
	json_decref(persons);
	json_decref(shown);
	return r;
}

/* The next case that changed from the mark on. 1 and *id, *changed; or 0. */
static int
next_changed(struct tx *tx, uint64_t mark, struct id *id, uint64_t *changed,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, changed FROM dossier"
		 " WHERE changed >= ? AND state <> 'erased'"
		 " ORDER BY changed LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)mark, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	*changed = (uint64_t)sql_get_int(q, 1);
	r = sql_get_id(q, 0, id, e);
	return r < 0 ? r : 1;
}

/* In the order of the leaves, so that the mark never passes over one. */
static int
catch_up(struct core *core, uint64_t leaf, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct search *s = core->search;
	uint64_t changed, was = s->mark;
	struct err gone = { 0 };
	struct id id;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	while ((r = next_changed(&tx, s->mark, &id, &changed, e)) > 0) {
		r = index_case(core, &tx, &id, leaf, &gone);
		if (r < 0 && r != -ERR_NOT_FOUND) {
			*e = gone;
			break;
		}
		s->mark = changed + 1;
	}
	tx_end(&tx);
	if (s->mark != was) {
		int w = save(s, &gone);

		if (w < 0 && r == 0) {
			*e = gone;
			r = w;
		}
	}
	return r;
}

static int
needs_catching_up(struct core *core, int *needs, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t changed;
	struct id id;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = next_changed(&tx, core->search->mark, &id, &changed, e)) < 0)
		return r;
	*needs = r;
	return 0;
}

/* The vault itself reads: it has a leaf like everybody. */
static int
catch_up_alone(struct core *core, struct err *e)
{
	struct caller vault = { .actor = { .uid = geteuid(),
				    .account = "sceaud",
				    .role = "vault" } };
	json_t *detail;
	uint64_t leaf;
	int r, needs;

	if ((r = needs_catching_up(core, &needs, e)) < 0 || !needs)
		return r;
	detail = json_pack("{s:s}", "maintenance", "search index");
	r = core_read_leaf(core, &vault, LEAF_SEARCH, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return catch_up(core, leaf, e);
}

static int
load(struct core *core, struct err *e)
{
	struct search *s = core->search;
	struct err why = { 0 };
	int r;

	drop(s);
	if ((r = agent_search_key(core->agent, &s->key, &s->generation, e)) < 0)
		return r;
	s->loaded = 1;
	r = read_part(s, PART_INDEX, &why);
	if (r == 0 || r == -ERR_NOT_FOUND)
		r = read_part(s, PART_DELTA, &why);
	if (r < 0 && r != -ERR_NOT_FOUND) {
		/* Cut short or of another generation: made again. */
		log_note("the search index is made again: %s", why.text);
		free(s->entries);
		s->entries = NULL;
		s->n = s->cap = s->fresh = s->used = 0;
		s->mark = 0;
	}
	if ((r = catch_up_alone(core, &why)) == -ERR_BUSY) {
		log_note("the search index is not whole yet: %s", why.text);
		return 0;
	}
	if (r < 0 && e != NULL)
		*e = why;
	return r;
}

int
search_load(struct core *core, struct err *e)
{
	int r;

	pthread_mutex_lock(&core->search->lock);
	r = load(core, e);
	pthread_mutex_unlock(&core->search->lock);
	return r;
}

int
search_update(
    struct core *core, const struct id *kase, uint64_t leaf, struct err *e)
{
	struct search *s = core->search;
	int r;

	(void)kase; /* whatever changed since the mark is taken in */
	pthread_mutex_lock(&s->lock);
	r = s->loaded ? catch_up(core, leaf, e) : 0;
	pthread_mutex_unlock(&s->lock);
	return r == -ERR_BUSY ? 0 : r;
}

int
search_forget(struct core *core, const struct id *kase, struct err *e)
{
	struct search *s = core->search;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	if (s->loaded) {
		forget(s, kase);
		r = write_index(s, e);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

int
search_rekey(struct core *core, struct err *e)
{
	struct search *s = core->search;
	struct secret key = { 0 };
	uint32_t generation;
	int r;

	pthread_mutex_lock(&s->lock);
	r = agent_search_key(core->agent, &key, &generation, e);
	if (r == 0) {
		secret_done(&s->key);
		secret_move(&s->key, &key);
		s->generation = generation;
		r = s->loaded ? write_index(s, e) : load(core, e);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* --- searching
 * ----------------------------------------------------------------- */

struct hit {
	unsigned score;
	size_t entry;
};

static int
compare(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->entry < y->entry ? 1 : x->entry > y->entry ? -1 : 0;
}

static json_t *
result_json(
    const struct search *s, const struct entry *en, const struct case_facts *f)
{
	char text[ID_TEXT], ref[REF_TEXT];
	json_error_t je;
	json_t *j = json_loads(text_at(s, en->shown), 0, &je);

	id_format(&en->id, text);
	id_ref(&en->id, ref);
	if (j == NULL ||
	    json_object_set_new(j, "case", json_string(text)) < 0 ||
	    json_object_set_new(j, "ref", json_string(ref)) < 0 ||
	    json_object_set_new(j, "stage", json_string(f->stage)) < 0 ||
	    json_object_set_new(j, "state", json_string(f->state)) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* May the caller see this case in a search? The policy is asked. */
static int
is_visible(struct core *core, struct tx *tx, const struct caller *caller,
    const struct id *id, int64_t now_ms, struct case_facts *f)
{
	struct caller quiet = *caller;
	struct decision d;

	quiet.decided = NULL;
	return case_by_id(tx, id, f, NULL) == 0 &&
	       strcmp(f->state, "erased") != 0 &&
	       core_authorize(
		   core, &quiet, OP_SEARCH, NULL, f, now_ms, &d, NULL) == 0;
}

static size_t
collect(const struct search *s, const char *words, struct hit *hits)
{
	size_t i, n = 0;
	unsigned score;

	for (i = 0; i < s->n; i++) {
		score = search_score(text_at(s, s->entries[i].words), words);
		if (score > 0)
			hits[n++] = (struct hit){ score, i };
	}
	qsort(hits, n, sizeof(*hits), compare);
	return n;
}

static int
match(struct core *core, const struct caller *caller, const char *words,
    size_t limit, json_t *results, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(mem_freep) struct hit *hits = NULL;
	const struct search *s = core->search;
	int64_t now = core_now(core);
	struct case_facts f;
	size_t i, n;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	if ((hits = calloc(s->n + 1, sizeof(*hits))) == NULL)
		return err_set(e, ERR_NOMEM, "search");
	n = collect(s, words, hits);
	for (i = 0; i < n && json_array_size(results) < limit; i++) {
		const struct entry *en = &s->entries[hits[i].entry];

		if (is_visible(core, &tx, caller, &en->id, now, &f) &&
		    json_array_append_new(results, result_json(s, en, &f)) < 0)
			return err_set(e, ERR_NOMEM, "search");
	}
	return 0;
}

static int
each_locked(struct search *s,
    int (*each)(
	void *arg, const struct id *kase, const json_t *shown, struct err *e),
    void *arg, struct err *e)
{
	json_error_t je;
	json_t *shown;
	size_t i;
	int r;

	if (!s->loaded)
		return err_set(e, ERR_SEALED, "the vault is sealed");
	for (i = 0; i < s->n; i++) {
		shown = json_loads(text_at(s, s->entries[i].shown), 0, &je);
		if (shown == NULL)
			return err_set(e, ERR_NOMEM, "search");
		r = each(arg, &s->entries[i].id, shown, e);
		json_decref(shown);
		if (r < 0)
			return r;
	}
	return 0;
}

int
search_each(struct core *core,
    int (*each)(
	void *arg, const struct id *kase, const json_t *shown, struct err *e),
    void *arg, struct err *e)
{
	struct search *s = core->search;
	int r;

	pthread_mutex_lock(&s->lock);
	r = each_locked(s, each, arg, e);
	pthread_mutex_unlock(&s->lock);
	return r;
}

static int
match_locked(struct core *core, const struct caller *caller, const char *words,
    size_t limit, json_t *results, struct err *e)
{
	struct search *s = core->search;
	int r;

	pthread_mutex_lock(&s->lock);
	if (!s->loaded)
		r = err_set(e, ERR_SEALED, "the vault is sealed");
	else
		r = match(core, caller, words, limit, results, e);
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* Nothing of what was found leaves before the leaf of the search. */
static int
answer(struct core *core, const struct caller *caller, const char *words,
    const struct decision *d, json_t *results, json_t **out, struct err *e)
{
	json_t *detail;
	uint64_t leaf;
	int r;

	detail = json_pack("{s:s, s:i, s:o}", "words", words, "results",
	    (int)json_array_size(results), "decision", decision_json(core, d));
	r = core_read_leaf(core, caller, LEAF_SEARCH, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	*out = json_pack(
	    "{s:O, s:I}", "results", results, "leaf", (json_int_t)leaf);
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "search");
}

int
search_run(struct core *core, const struct caller *caller, const char *words,
    size_t limit, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf folded = { 0 };
	struct decision d;
	json_t *results;
	int r;

	if ((r = core_authorize(core, caller, OP_SEARCH, NULL, NULL,
		 core_now(core), &d, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0)
		return r;
	if (strlen(words) > SEARCH_WORDS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "member-size",
		    "words: over %d bytes", SEARCH_WORDS_MAX);
	if ((r = search_fold(words, &folded, e)) < 0)
		return r;
	if (folded.len < 2)
		return err_tag(e, ERR_INVALID, "words",
		    "words: at least one letter or digit");
	if (limit == 0)
		limit = LIMIT_DEFAULT;
	if (limit > SEARCH_LIMIT_MAX)
		limit = SEARCH_LIMIT_MAX;
	if ((results = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "search");
	r = match_locked(core, caller, buf_str(&folded), limit, results, e);
	if (r == 0)
		r = answer(core, caller, words, &d, results, out, e);
	json_decref(results);
	return r;
}
