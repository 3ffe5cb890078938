/*
 * Controls of the console's own forms, each with its label, hint and what is
 * wrong with it, tied together for those who do not see the page. Values are
 * those that the form brought (web_field), else the given ones, so that a form
 * that was refused shows again what was typed.
 */
#ifndef CLIENT_WEB_CONTROL_H
#define CLIENT_WEB_CONTROL_H

#include "client/web/web.h"

struct web_control {
	const char *name, *label; /* label: in the reader's language */
	const char *type;  /* of <input>; NULL: text; "area": <textarea> */
	const char *value; /* when the form brought none; or NULL */
	const char *hint, *wrong; /* or NULL */
	const char *id; /* when the name is there twice; NULL: the name */
	int required;
	int quiet; /* of a filter: that it may stay empty is not said */
	int rows;  /* of an area; 0: 4 */
};
void web_input(struct web_call *c, const struct web_control *f);

struct web_choice {
	const char *value, *label;
};
/* A <select>; choices end with {0}. Without required, an empty one is first. */
void web_select(struct web_call *c, const struct web_control *f,
    const struct web_choice *choices);
/* The same of a JSON array of objects: members value and label. */
void web_select_json(struct web_call *c, const struct web_control *f,
    const json_t *list, const char *value, const char *label);
/* How somebody told the team something, or was told. */
extern const struct web_choice web_channels[];
/* The same of codes of the rules, in words. */
void web_select_codes(
    struct web_call *c, const struct web_control *f, const char *const *codes);
/* The members of a form as strings of a body: {field, member}, a "!" before
 * the field: it must be there (ERR_INVALID "web-missing" names its member). */
int web_fill(struct web_call *c, json_t *body, const char *const pairs[][2],
    size_t n, struct err *e) NODISCARD;
/*
 * What is wrong with a form is an object {field: sentence}. One entry more;
 * the summary for the page's top, a link to each field, nothing when nothing
 * is wrong (or NULL); the sentence of a field, or NULL.
 */
void web_wrong(json_t *wrong, const char *field, const char *sentence);
void web_summary(struct web_call *c, const json_t *wrong);
const char *web_wrong_of(const json_t *wrong, const char *field);
/* May the person mend what was refused in the form? */
int web_is_theirs(const struct err *e);
/* A hidden field with a key drawn for this showing of the form, so that what
 * is sent twice is done once; and the key that came back, or NULL. */
void web_once(struct web_call *c);
const char *web_once_key(struct web_call *c);
/* <a class="KLASS">: the one % of pattern is the id. Nothing when the console
 * has no such page: a link may be written before its page is. */
#define WEB_PATH 160
/* The path of pattern with its id; 1 when there is such a page. */
int web_leads_to(const char *pattern, const char *id, char path[WEB_PATH]);
void web_link(struct web_call *c, const char *klass, const char *pattern,
    const char *id, const char *words);
/* A <dt><dd> of a dl.facts; nothing when value is empty. */
void web_fact(struct web_call *c, const char *label, const char *value);
/* <table> in its scrolling frame: caption, titles (NULL at the end). */
void web_table(struct web_call *c, const char *caption, ...)
    __attribute__((sentinel));
void web_table_end(struct web_call *c);

#endif
