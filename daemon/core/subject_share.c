#include "daemon/core/subject_export.h"

#include <string.h>

#define PATH_ROOM 256

struct sharing {
	const struct policy_kind *kind;
	const struct policy_subject *share;
	int is_holder;
	json_t *withheld;
};

static int
has(const char *const *paths, const char *path)
{
	for (; *paths != NULL; paths++)
		if (strcmp(*paths, path) == 0)
			return 1;
	return 0;
}

/* NULL: it may go. */
static const char *
why_not(const struct sharing *x, const char *path)
{
	const struct policy_field *f = policy_field(x->kind, path);

	if (f == NULL)
		return "unknown";
	if (has(x->share->others, path))
		return "others";
	if (!x->is_holder && has(x->share->holder, path))
		return "holder";
	return f->label == LABEL_ORDINARY ? NULL : "sensitive";
}

static int
withhold(const struct sharing *x, const char *path, const char *why)
{
	const struct policy_field *f = policy_field(x->kind, path);

	return json_array_append_new(
	    x->withheld, json_pack("{s:s, s:s, s:s}", "path", path, "title",
			     f != NULL ? f->title : path, "why", why));
}

static json_t *share_value(
    const struct sharing *x, const char *path, const json_t *v);

static int
share_member(const struct sharing *x, const char *above, const char *name,
    const json_t *v, json_t *into)
{
	char path[PATH_ROOM];
	const char *why;
	json_t *part;
	int n;

	n = snprintf(path, sizeof(path), "%s%s%s", above,
	    *above != '\0' ? "." : "", name);
	why = n < (int)sizeof(path) ? why_not(x, path) : "unknown";
	if (why != NULL)
		return withhold(x, path, why);
	if ((part = share_value(x, path, v)) == NULL)
		return -1;
	return json_object_set_new(into, name, part);
}

static json_t *
share_object(const struct sharing *x, const char *path, const json_t *v)
{
	json_t *o = json_object(), *one;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)v, name, one)
	{
		if (o == NULL || share_member(x, path, name, one, o) < 0) {
			json_decref(o);
			return NULL;
		}
	}
	return o;
}

static json_t *
share_value(const struct sharing *x, const char *path, const json_t *v)
{
	json_t *a, *one, *part;
	size_t i;

	if (json_is_object(v))
		return share_object(x, path, v);
	if (!json_is_array(v))
		return json_deep_copy(v);
	a = json_array();
	json_array_foreach(v, i, one)
	{
		part = a != NULL ? share_value(x, path, one) : NULL;
		if (part == NULL || json_array_append_new(a, part) < 0) {
			json_decref(a);
			return NULL;
		}
	}
	return a;
}

json_t *
subject_share(const struct policy_kind *kind,
    const struct policy_subject *share, int is_holder, const json_t *record,
    json_t *withheld)
{
	const struct sharing x = {
		.kind = kind,
		.share = share,
		.is_holder = is_holder,
		.withheld = withheld,
	};

	if (share == NULL)
		return json_object();
	return share_object(&x, "", record);
}
