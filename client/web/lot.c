#include "client/web/lot.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/strip.h"
#include "client/web/engine.h"

static int64_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

static void
file_done(struct lot_file *f)
{
	if (f->name != NULL)
		secret_wipe(f->name, strlen(f->name));
	free(f->name);
	fd_closep(&f->fd);
	memset(f, 0, sizeof(*f));
}

static void
lot_free(struct lot *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		file_done(&l->file[i]);
	json_decref(l->said);
	json_decref(l->done);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* --- the shelf: under the console's lock ---------------------------------- */

static uint64_t
bytes_of(const struct lot *l)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < l->n; i++)
		n += l->file[i].size;
	return n;
}

/* What nobody used for a day goes; a free place, or -1. */
static int
sweep(struct web *w)
{
	int64_t now = now_s();
	int i, place = -1;

	for (i = 0; i < LOTS_MAX; i++) {
		if (w->lots[i] != NULL && w->lots[i]->refs == 0 &&
		    now - w->lots[i]->used_s > LOT_IDLE_S) {
			lot_free(w->lots[i]);
			w->lots[i] = NULL;
		}
		if (w->lots[i] == NULL)
			place = i;
	}
	return place;
}

static int
make(struct web *w, const char *kase, const char *id, struct lot **out,
    struct err *e)
{
	int place = sweep(w);
	struct lot *l;

	if (place < 0)
		return err_tag(
		    e, ERR_BUSY, "web-lots", "over %d at once", LOTS_MAX);
	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->said = json_object()) == NULL) {
		free(l);
		return err_set(e, ERR_NOMEM, "lot");
	}
	snprintf(l->id, sizeof(l->id), "%s", id);
	snprintf(l->kase, sizeof(l->kase), "%s", kase);
	pthread_mutex_init(&l->lock, NULL);
	w->lots[place] = *out = l;
	return 0;
}

static struct lot *
find(struct web *w, const char *kase, const char *id)
{
	int i;

	for (i = 0; i < LOTS_MAX; i++)
		if (w->lots[i] != NULL && strcmp(w->lots[i]->id, id) == 0 &&
		    strcmp(w->lots[i]->kase, kase) == 0)
			return w->lots[i];
	return NULL;
}

int
lot_take(struct web_call *c, const char *kase, const char *id, int new,
    struct lot **out, struct err *e)
{
	struct web *w = c->web;
	struct lot *l = NULL;
	struct id bits;
	int r = 0;

	if (id == NULL || id_parse(id, &bits, NULL) < 0)
		return err_tag(e, ERR_NOT_FOUND, "web-lot", "%s", "");
	pthread_mutex_lock(&w->lock);
	sweep(w);
	if ((l = find(w, kase, id)) == NULL)
		r = new ? make(w, kase, id, &l, e)
			: err_tag(e, ERR_NOT_FOUND, "web-lot", "%s", "");
	if (r == 0 && l != NULL)
		l->refs++;
	pthread_mutex_unlock(&w->lock);
	if (r < 0 || l == NULL)
		return r;
	pthread_mutex_lock(&l->lock);
	*out = l;
	return 0;
}

void
lot_put(struct web_call *c, struct lot **lp)
{
	struct web *w = c->web;
	struct lot *l = *lp;
	int i;

	if (l == NULL)
		return;
	*lp = NULL;
	pthread_mutex_unlock(&l->lock);
	pthread_mutex_lock(&w->lock);
	l->used_s = now_s();
	if (--l->refs == 0) {
		for (i = 0; i < LOTS_MAX && w->lots[i] != l; i++)
			;
		if (i == LOTS_MAX)
			lot_free(l);
	}
	pthread_mutex_unlock(&w->lock);
}

void
lot_forget(struct web_call *c, struct lot *l)
{
	int i;

	pthread_mutex_lock(&c->web->lock);
	for (i = 0; i < LOTS_MAX; i++)
		if (c->web->lots[i] == l)
			c->web->lots[i] = NULL;
	pthread_mutex_unlock(&c->web->lock);
}

void
lots_leave(struct web *w)
{
	int i;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < LOTS_MAX; i++)
		if (w->lots[i] != NULL && w->lots[i]->refs == 0 &&
		    w->lots[i]->saved && w->lots[i]->done == NULL) {
			lot_free(w->lots[i]);
			w->lots[i] = NULL;
		}
	pthread_mutex_unlock(&w->lock);
}

void
lots_close(struct web *w)
{
	int i;

	for (i = 0; i < LOTS_MAX; i++)
		if (w->lots[i] != NULL)
			lot_free(w->lots[i]);
}

int
lot_new_id(char out[ID_TEXT], struct err *e)
{
	struct id id;
	int r;

	if ((r = id_random(&id, e)) < 0)
		return r;
	id_format(&id, out);
	return 0;
}

json_t *
lot_list(struct web_call *c, const char *kase)
{
	json_t *list = json_array();
	const struct lot *l;
	int i;

	pthread_mutex_lock(&c->web->lock);
	sweep(c->web);
	for (i = 0; i < LOTS_MAX; i++) {
		l = c->web->lots[i];
		if (l != NULL && strcmp(l->kase, kase) == 0)
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:I, s:I, s:b}", "what",
				      l->what, "lot", l->id, "files",
				      (json_int_t)l->n, "bytes",
				      (json_int_t)bytes_of(l), "filed",
				      l->done != NULL));
	}
	pthread_mutex_unlock(&c->web->lock);
	return list;
}

/* --- files ---------------------------------------------------------------- */

static int
is_key(const char *s)
{
	return s != NULL && strlen(s) == LOT_KEY_TEXT - 1 &&
	       strspn(s, "0123456789abcdef") == LOT_KEY_TEXT - 1;
}

/* Browsers give a name; some give a path with it. */
static const char *
base_name(const char *name)
{
	const char *s;

	for (s = name; *s != '\0'; s++)
		if (*s == '/' || *s == '\\')
			name = s + 1;
	return *name == '\0' || strcmp(name, ".") == 0 ||
		       strcmp(name, "..") == 0
		   ? "document"
		   : name;
}

struct lot_file *
lot_find(struct lot *l, const char *key)
{
	size_t i;

	for (i = 0; key != NULL && i < l->n; i++)
		if (strcmp(l->file[i].key, key) == 0)
			return &l->file[i];
	return NULL;
}

static int
check_room(
    struct web_call *c, const struct lot *l, uint64_t size, struct err *e)
{
	uint64_t all = 0;
	int i;

	if (l->n == LOT_FILES_MAX)
		return err_tag(e, ERR_TOO_LARGE, "web-lot-full", "%d files",
		    LOT_FILES_MAX);
	pthread_mutex_lock(&c->web->lock);
	for (i = 0; i < LOTS_MAX; i++)
		if (c->web->lots[i] != NULL)
			all += bytes_of(c->web->lots[i]);
	pthread_mutex_unlock(&c->web->lock);
	if (size > LOTS_ROOM || all > LOTS_ROOM - size)
		return err_tag(e, ERR_TOO_LARGE, "web-lot-full",
		    "over %llu bytes", (unsigned long long)LOTS_ROOM);
	return 0;
}

static int
append(struct web_call *c, struct lot *l, const char *key, const char *name,
    uint64_t size, int part, struct lot_file **out, struct err *e)
{
	struct lot_file f = { .fd = -1, .size = size, .part = part };
	int r;

	if ((r = check_room(c, l, size, e)) < 0 ||
	    (r = memfd_new("piece", &f.fd, e)) < 0)
		return r;
	if ((f.name = strdup(base_name(name))) == NULL) {
		fd_closep(&f.fd);
		return err_set(e, ERR_NOMEM, "lot");
	}
	snprintf(f.key, sizeof(f.key), "%s", key);
	f.number = l->came++;
	pthread_mutex_lock(&c->web->lock);
	l->file[l->n++] = f;
	pthread_mutex_unlock(&c->web->lock);
	*out = &l->file[l->n - 1];
	return 0;
}

int
lot_announce(struct web_call *c, struct lot *l, const char *key,
    const char *name, uint64_t size, int part, struct err *e)
{
	struct lot_file *f = lot_find(l, key);

	if (!is_key(key) || name == NULL || size == 0 ||
	    (f != NULL && f->size != size))
		return err_tag(e, ERR_INVALID, "web-piece", "a file");
	return f != NULL ? 0 : append(c, l, key, name, size, part, &f, e);
}

static int
hash(int fd, uint64_t size, char hex[LOT_KEY_TEXT], struct err *e)
{
	struct source s = { .fd = -1 };
	int r;

	if ((r = source_adopt(&s, "piece", fd, e)) < 0)
		return r;
	hex_format(s.sha256, SHA256_LEN, hex);
	r = s.size == size ? 0 : err_set(e, ERR_INTEGRITY, "piece");
	source_done(&s);
	return r;
}

int
lot_write(struct lot *l, const char *key, uint64_t offset, const void *p,
    size_t n, struct err *e)
{
	struct lot_file *f = lot_find(l, key);
	char hex[LOT_KEY_TEXT];
	int r;

	if (f == NULL)
		return err_tag(e, ERR_NOT_FOUND, "web-lot", "%s", "");
	if (offset != f->have)
		return err_tag(e, ERR_CONFLICT, "offset", "%llu bytes are here",
		    (unsigned long long)f->have);
	if (n == 0 || n > f->size - f->have)
		return err_tag(e, ERR_INVALID, "web-piece", "its size");
	if (lseek(f->fd, (off_t)offset, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "piece");
	if ((r = fd_write_all(f->fd, p, n, e)) < 0)
		return r;
	f->have += n;
	if (f->have < f->size)
		return 0;
	if ((r = hash(f->fd, f->size, hex, e)) < 0)
		return r;
	if (strcmp(hex, f->key) == 0)
		return 0;
	f->have = 0;
	return err_tag(e, ERR_INTEGRITY, "web-piece", "its sum");
}

int
lot_add(struct web_call *c, struct lot *l, const struct web_file *w, int part,
    struct err *e)
{
	char hex[LOT_KEY_TEXT];
	struct lot_file *f;
	int fd, r;

	if ((r = hash(w->fd, w->size, hex, e)) < 0)
		return r;
	/* The same file once more: a form sent again. */
	if (lot_find(l, hex) != NULL)
		return 0;
	if ((fd = dup(w->fd)) < 0)
		return err_sys(e, ERR_INTERNAL, "lot");
	if ((r = append(c, l, hex, w->name, w->size, part, &f, e)) < 0) {
		close(fd);
		return r;
	}
	fd_closep(&f->fd);
	f->fd = fd;
	f->have = f->size;
	return 0;
}

int
lot_is_whole(const struct lot *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->file[i].have < l->file[i].size)
			return 0;
	return 1;
}

size_t
lot_count(const struct lot *l, int part)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += l->file[i].part == part;
	return n;
}

void
lot_move(struct lot *l, const char *key, int by)
{
	struct lot_file *f = lot_find(l, key), *o, keep;

	if (f == NULL)
		return;
	for (o = f + by; o >= l->file && o < l->file + l->n; o += by) {
		if (o->part != f->part)
			continue;
		keep = *o;
		*o = *f;
		*f = keep;
		return;
	}
}

void
lot_remove(struct web_call *c, struct lot *l, const char *key)
{
	struct lot_file *f = lot_find(l, key);
	size_t i;

	if (f == NULL)
		return;
	i = (size_t)(f - l->file);
	pthread_mutex_lock(&c->web->lock);
	file_done(f);
	memmove(f, f + 1, (l->n - i - 1) * sizeof(*f));
	l->n--;
	pthread_mutex_unlock(&c->web->lock);
}

/* --- on their way ----------------------------------------------------------
 */

int
lot_source(
    const struct lot_file *f, int is_signed, struct source *s, struct err *e)
{
	int r;

	if ((r = source_adopt(s, f->name, f->fd, e)) == 0 &&
	    (r = source_clean(s, is_signed, f->turns, e)) < 0)
		source_done(s);
	return r;
}

int
lot_parcel(const struct lot *l, int part, struct parcel *p, struct err *e)
{
	int is_signed = lot_count(l, LOT_SIGNATURE) > 0, r;
	const struct lot_file *f;

	for (f = l->file; f < l->file + l->n; f++) {
		if (f->part == LOT_SIGNATURE && part == 0) {
			if ((r = source_adopt(
				 &p->signature, f->name, f->fd, e)) < 0)
				return r;
			continue;
		}
		if (f->part != part)
			continue;
		if (p->pages == PARCEL_PAGES_MAX)
			return err_tag(e, ERR_TOO_LARGE, "web-lot-full",
			    "%d pages", PARCEL_PAGES_MAX);
		if ((r = lot_source(
			 f, is_signed && part == 0, &p->page[p->pages], e)) < 0)
			return r;
		p->pages++;
	}
	return 0;
}

int
lot_name_uploads(const struct lot *l, int part, struct parcel *p, struct err *e)
{
	const struct lot_file *f;
	int i = 0, r;

	for (f = l->file; f < l->file + l->n; f++) {
		if (f->part != part)
			continue;
		if (i == p->pages)
			break;
		if ((r = source_name_upload(
			 &p->page[i++], p->kase, l->id, (int)f->number, e)) < 0)
			return r;
	}
	if (p->signature.path == NULL)
		return 0;
	return source_name_upload(&p->signature, p->kase, l->id, -1, e);
}

/* --- what was typed ----------------------------------------------------------
 */

int
lot_say(
    struct web_call *c, struct lot *l, const char *const *names, struct err *e)
{
	const char *v;
	json_t *all;
	int i;

	for (; *names != NULL; names++) {
		if ((all = json_array()) == NULL)
			return err_set(e, ERR_NOMEM, "lot");
		for (i = 0; (v = web_field_n(c, *names, i)) != NULL; i++)
			json_array_append_new(all, json_string(v));
		if (json_object_set_new(l->said, *names, all) < 0)
			return err_set(e, ERR_NOMEM, "lot");
	}
	return 0;
}

const char *
lot_said_n(const struct lot *l, const char *name, size_t i)
{
	return json_string_value(
	    json_array_get(json_object_get(l->said, name), i));
}

const char *
lot_said(const struct lot *l, const char *name)
{
	const char *v = lot_said_n(l, name, 0);

	return v != NULL && *v != '\0' ? v : NULL;
}

int
lot_says(const struct lot *l, const char *name, const char *value)
{
	const char *v;
	size_t i;

	for (i = 0; (v = lot_said_n(l, name, i)) != NULL; i++)
		if (strcmp(v, value) == 0)
			return 1;
	return 0;
}
