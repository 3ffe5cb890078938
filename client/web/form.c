/* What a form brought: fields in memory, files in anonymous memory. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/web/engine.h"

static int
field_begin(struct web_call *c, const char *name)
{
	struct web_field *f;

	if (c->nfields == WEB_FIELDS_MAX)
		return -1;
	if (c->nfields == c->fields_room) {
		size_t room = c->fields_room > 0 ? c->fields_room * 2 : 32;

		f = realloc(c->fields, room * sizeof(*f));
		if (f == NULL)
			return -1;
		c->fields = f;
		c->fields_room = room;
	}
	f = &c->fields[c->nfields];
	memset(f, 0, sizeof(*f));
	if ((f->name = strdup(name)) == NULL)
		return -1;
	c->nfields++;
	return 0;
}

static int
field_part(struct web_call *c, const char *name, const char *data,
    uint64_t offset, size_t n)
{
	size_t i, all = 0;

	if (offset == 0 && field_begin(c, name) < 0)
		return -1;
	for (i = 0; i < c->nfields; i++)
		all += c->fields[i].value.len;
	if (c->nfields == 0 || all + n > WEB_FIELDS_ROOM)
		return -1;
	return buf_add(&c->fields[c->nfields - 1].value, data, n, NULL);
}

static int
file_begin(
    struct web_call *c, const char *field, const char *name, const char *type)
{
	struct web_file *f;

	if (c->files == NULL &&
	    (c->files = calloc(WEB_FILES_MAX, sizeof(*c->files))) == NULL)
		return -1;
	if (c->nfiles == WEB_FILES_MAX)
		return -1;
	f = &c->files[c->nfiles];
	f->fd = -1;
	if ((f->field = strdup(field)) == NULL ||
	    (f->name = strdup(name)) == NULL ||
	    (f->type = strdup(type != NULL ? type : "")) == NULL ||
	    memfd_new("piece", &f->fd, NULL) < 0) {
		free(f->field);
		free(f->name);
		free(f->type);
		memset(f, 0, sizeof(*f));
		return -1;
	}
	c->nfiles++;
	return 0;
}

static int
file_part(struct web_call *c, const char *field, const char *name,
    const char *type, const char *data, uint64_t offset, size_t n)
{
	struct web_file *f;

	/* A box for a file that was left empty. */
	if (*name == '\0')
		return n == 0 ? 0 : -1;
	if (offset == 0 && file_begin(c, field, name, type) < 0)
		return -1;
	if (c->nfiles == 0 || (c->files_room += n) > WEB_FILES_ROOM)
		return -1;
	f = &c->files[c->nfiles - 1];
	f->size += n;
	return fd_write_all(f->fd, data, n, NULL);
}

int
web_form_part(void *call, const char *name, const char *filename,
    const char *type, const char *data, uint64_t offset, size_t n)
{
	struct web_call *c = call;

	return filename != NULL
		   ? file_part(c, name, filename, type, data, offset, n)
		   : field_part(c, name, data, offset, n);
}

/* Browsers send line ends as CR LF. */
static void
one_line_end(struct buf *b)
{
	size_t i, to = 0;

	for (i = 0; i < b->len; i++)
		if (b->p[i] != '\r' || i + 1 == b->len || b->p[i + 1] != '\n')
			b->p[to++] = b->p[i];
	b->len = to;
}

int
web_form_check(struct web_call *c, struct err *e)
{
	struct web_field *f;
	size_t i;

	for (i = 0; i < c->nfields; i++) {
		f = &c->fields[i];
		if (!utf8_is_valid(f->value.p, f->value.len) ||
		    memchr(buf_str(&f->value), '\0', f->value.len) != NULL)
			return err_tag(e, ERR_INVALID, "web-form", "UTF-8");
		one_line_end(&f->value);
	}
	for (i = 0; i < c->nfiles; i++) {
		if (!utf8_is_valid(c->files[i].name, strlen(c->files[i].name)))
			return err_tag(e, ERR_INVALID, "web-form", "UTF-8");
		if (lseek(c->files[i].fd, 0, SEEK_SET) < 0)
			return err_sys(e, ERR_IO, "form");
	}
	return 0;
}

void
web_form_done(struct web_call *c)
{
	size_t i;

	for (i = 0; i < c->nfields; i++) {
		free(c->fields[i].name);
		buf_done(&c->fields[i].value);
	}
	for (i = 0; i < c->nfiles; i++) {
		free(c->files[i].field);
		free(c->files[i].name);
		free(c->files[i].type);
		fd_closep(&c->files[i].fd);
	}
	free(c->fields);
	free(c->files);
}

const char *
web_pair(const struct web_call *c, size_t i, const char **name)
{
	if (i >= c->nfields)
		return NULL;
	*name = c->fields[i].name;
	return buf_str(&c->fields[i].value);
}

const char *
web_field_n(const struct web_call *c, const char *name, int i)
{
	size_t k;

	for (k = 0; k < c->nfields; k++)
		if (strcmp(c->fields[k].name, name) == 0 && i-- == 0)
			return buf_str(&c->fields[k].value);
	return NULL;
}

const char *
web_field(const struct web_call *c, const char *name)
{
	const char *v = web_field_n(c, name, 0);

	/* A query is of links of ours; its values were checked as targets. */
	return v != NULL || web_is_post(c) ? v : http_query(c->rq, name);
}

const char *
web_said(struct web_call *c, const char *name)
{
	const char *v = web_field(c, name);
	size_t k, n;

	if (v == NULL || (v += strspn(v, " \t\n"), *v == '\0'))
		return NULL;
	for (n = strlen(v); n > 0 && strchr(" \t\n", v[n - 1]) != NULL; n--)
		;
	/* Of a form the value is ours to shorten. */
	for (k = 0; k < c->nfields; k++) {
		struct buf *b = &c->fields[k].value;

		if ((const uint8_t *)v >= b->p &&
		    (const uint8_t *)v < b->p + b->len) {
			b->len = (size_t)((const uint8_t *)v - b->p) + n;
			(void)buf_str(b);
		}
	}
	return v;
}

int
web_is(const struct web_call *c, const char *name, const char *value)
{
	const char *v;
	int i;

	for (i = 0; (v = web_field_n(c, name, i)) != NULL; i++)
		if (strcmp(v, value) == 0)
			return 1;
	return 0;
}

int
web_is_post(const struct web_call *c)
{
	return strcmp(c->method, "POST") == 0;
}
