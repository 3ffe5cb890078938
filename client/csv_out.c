#include "client/csv_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"

static int
cell(struct buf *b, const char *s, size_t n, struct err *e)
{
	size_t i;
	int r;

	if ((r = buf_addstr(b, "\"", e)) < 0 ||
	    (n > 0 && strchr("=+-@\t\r", *s) != NULL &&
		(r = buf_addstr(b, "'", e)) < 0))
		return r;
	for (i = 0; i < n; i++)
		if ((s[i] == '"' && (r = buf_addstr(b, "\"", e)) < 0) ||
		    (r = buf_add(b, s + i, 1, e)) < 0)
			return r;
	return buf_addstr(b, "\"", e);
}

static int
text_cell(
    struct buf *b, const char *s, const struct csv_column *c, struct err *e)
{
	char day[11];
	int64_t ms;

	if (c->words != NULL)
		s = c->words(s);
	if (c->is_day && time_parse(s, &ms, NULL) == 0) {
		date_format(civil_day(ms), day);
		s = day;
	}
	return cell(b, s, strlen(s), e);
}

/* One after another; anything else than text as compact JSON. */
static int
list_cell(struct buf *b, const json_t *v, struct err *e)
{
	AUTO(buf_done) struct buf all = { 0 };
	const json_t *one;
	const char *s;
	size_t i;
	int r;

	json_array_foreach(v, i, one)
	{
		if ((s = json_string_value(one)) != NULL &&
		    (r = buf_addf(
			 &all, e, "%s%s", all.len > 0 ? ", " : "", s)) < 0)
			return r;
	}
	return cell(b, buf_str(&all), all.len, e);
}

static int
value_cell(
    struct buf *b, const json_t *v, const struct csv_column *c, struct err *e)
{
	char *text;
	int r;

	if (v == NULL || json_is_null(v))
		return cell(b, "", 0, e);
	if (json_is_string(v))
		return text_cell(b, json_string_value(v), c, e);
	if (json_is_array(v))
		return list_cell(b, v, e);
	if (json_is_boolean(v))
		return json_is_true(v) ? cell(b, "oui", 3, e)
				       : cell(b, "non", 3, e);
	if ((text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY)) == NULL)
		return err_set(e, ERR_NOMEM, "csv");
	/* A number below zero is no formula. */
	r = json_is_number(v) ? buf_addf(b, e, "\"%s\"", text)
			      : cell(b, text, strlen(text), e);
	free(text);
	return r;
}

static int
line(struct buf *b, const json_t *row, const struct csv_column *columns,
    struct err *e)
{
	const struct csv_column *c;
	int r;

	for (c = columns; c->heading != NULL; c++) {
		if (c != columns && (r = buf_addstr(b, ";", e)) < 0)
			return r;
		r = row != NULL
			? value_cell(b, json_object_get(row, c->member), c, e)
			: cell(b, c->heading, strlen(c->heading), e);
		if (r < 0)
			return r;
	}
	return buf_addstr(b, "\r\n", e);
}

int
csv_out(struct buf *b, const json_t *rows, const struct csv_column *columns,
    struct err *e)
{
	const json_t *row;
	size_t i;
	int r;

	if ((r = buf_addstr(b, "\xef\xbb\xbf", e)) < 0 ||
	    (r = line(b, NULL, columns, e)) < 0)
		return r;
	json_array_foreach(rows, i, row)
	{
		if ((r = line(b, row, columns, e)) < 0)
			return r;
	}
	return 0;
}
