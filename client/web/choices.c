#include "client/web/choices.h"

#include "client/cli.h"
#include "client/formcode.h"
#include "client/words.h"

static void
add(json_t *list, const char *value, const char *title)
{
	json_array_append_new(
	    list, json_pack("{s:s, s:s}", "v", value, "t",
		      title != NULL && *title != '\0' ? title : value));
}

json_t *
choices_kinds(const struct policy *p, int records)
{
	const struct policy_kind *k;
	size_t i, n = policy_kinds(p, &k);
	json_t *list = json_array();

	for (i = 0; i < n; i++)
		if (!k[i].by_vault && k[i].prepares == NULL &&
		    (!records || k[i].is_record))
			add(list, k[i].name, k[i].title);
	return list;
}

static int
has(const json_t *list, const char *value)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(jstr(o, "v"), value) == 0)
			return 1;
	}
	return 0;
}

json_t *
choices_levels(const struct policy *p)
{
	const struct policy_kind *k;
	size_t i, m, n = policy_kinds(p, &k);
	json_t *list = json_array();

	for (i = 0; i < n; i++)
		for (m = 0; k[i].levels != NULL && k[i].levels[m] != NULL; m++)
			if (!has(list, k[i].levels[m]))
				add(list, k[i].levels[m],
				    word_for(k[i].levels[m]));
	return list;
}

json_t *
choices_codes(const struct policy *p, const char *kind, const char *path)
{
	const struct policy_kind *k = policy_kind(p, kind);
	const struct policy_field *f = k != NULL ? policy_field(k, path) : NULL;
	json_t *list = json_array();
	const char *const *v;

	for (v = f != NULL ? f->values : NULL; v != NULL && *v != NULL; v++)
		add(list, *v, formcode_words(*v));
	return list;
}
