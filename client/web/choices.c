#include "client/web/choices.h"

#include "client/formcode.h"

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
		if (!k[i].by_vault && (!records || k[i].is_record))
			add(list, k[i].name, k[i].title);
	return list;
}

json_t *
choices_purposes(const struct policy *p)
{
	json_t *list = json_array();
	const char *code;
	size_t i;

	for (i = 0; (code = policy_purpose_at(p, i)) != NULL; i++)
		add(list, code, policy_purpose_title(p, code));
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
