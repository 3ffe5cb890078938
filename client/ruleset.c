#include "client/ruleset.h"

#include <string.h>

#include "base/text.h"
#include "client/out.h"

int
ruleset_folder(const char *named, char **out, struct err *e)
{
	const char *vault = getenv("SCEAU_DIR");
	int r;

	if (named == NULL && vault == NULL)
		return err_set(
		    e, ERR_USAGE, "%s", _("quel dossier de règles ?"));
	r = named != NULL ? asprintf(out, "%s", named)
			  : asprintf(out, "%s/policy", vault);
	if (r < 0) {
		*out = NULL;
		return err_set(e, ERR_NOMEM, "policy");
	}
	return 0;
}

json_t *
ruleset_lines(struct buf *text)
{
	const char *s = buf_str(text), *line;
	size_t left = text->len, n;
	json_t *a = json_array();

	while (text_line(&s, &left, &line, &n))
		json_array_append_new(a, json_stringn(line, n));
	return a;
}

/* --json answers also when there are problems: they are the answer. */
void
ruleset_tell(const struct cli *c, struct buf *problems)
{
	AUTO(json_decrefp) json_t *j = NULL;

	if (c->json) {
		j = json_pack("{s:o}", "problems", ruleset_lines(problems));
		(void)cli_print_json(c, j);
	} else
		out_page(stderr, buf_str(problems));
}

static int
refuse(const struct cli *c, struct buf *problems, const char *of, int r,
    struct err *e)
{
	if (problems->len == 0)
		return r;
	ruleset_tell(c, problems);
	return err_tag(e, ERR_INVALID, "policy", "%.200s", of);
}

int
ruleset_load(
    const struct cli *c, const char *dir, struct policy **out, struct err *e)
{
	AUTO(buf_done) struct buf problems = { 0 };
	int r = policy_load(dir, out, &problems, e);

	return r < 0 ? refuse(c, &problems, dir, r, e) : 0;
}

static int
load_answer(const struct cli *c, const json_t *files, struct policy_file *v,
    struct policy **out, struct err *e)
{
	AUTO(buf_done) struct buf problems = { 0 };
	json_t *f, *text;
	size_t i;
	int r;

	json_array_foreach(files, i, f)
	{
		text = json_object_get(f, "text");
		v[i].name = jstr(f, "name");
		v[i].p = json_string_value(text);
		v[i].n = json_string_length(text);
		if (v[i].p == NULL)
			return err_tag(e, ERR_INTERNAL, "answer", "files");
	}
	r = policy_load_files(v, json_array_size(files), out, &problems, e);
	return r < 0 ? refuse(c, &problems, "/v1/policy/files", r, e) : 0;
}

int
ruleset_fetch(struct cli *c, struct policy **out, struct err *e)
{
	AUTO(mem_freep) struct policy_file *v = NULL;
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/policy/files")) < 0)
		return r;
	if ((v = calloc(jcount(j, "files") + 1, sizeof(*v))) == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	return load_answer(c, json_object_get(j, "files"), v, out, e);
}

int
ruleset_files(const struct policy *p, json_t **out, struct err *e)
{
	const struct policy_file *f;
	size_t i, n = policy_files(p, &f);
	AUTO(json_decrefp) json_t *all = json_array();
	json_t *text;

	for (i = 0; i < n; i++) {
		if ((text = json_stringn(f[i].p, f[i].n)) == NULL)
			return err_set(e, ERR_INVALID,
			    _("%s n'est pas du texte UTF-8"), f[i].name);
		if (json_array_append_new(all, json_pack("{s:s, s:o}", "name",
						   f[i].name, "text", text)) <
		    0)
			return err_set(e, ERR_NOMEM, "policy");
	}
	*out = TAKE(all);
	return 0;
}
