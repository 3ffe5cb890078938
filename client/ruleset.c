#include "client/ruleset.h"

#include <string.h>

#include "base/text.h"
#include "client/out.h"

#define PEOPLE "people.conf"

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

/* Files as the vault gives them: text, or base64 where it is none. */
struct answer {
	struct policy_file *v;
	struct buf *bytes;
	size_t n;
};

static void
answer_done(struct answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		buf_done(&a->bytes[i]);
	free(a->bytes);
	free(a->v);
}

static int
read_file(struct answer *a, const json_t *f, struct err *e)
{
	json_t *text = json_object_get(f, "text");
	const char *coded = jstr(f, "base64");
	struct buf *b = &a->bytes[a->n];
	int r;

	r = text != NULL ? buf_add(b, json_string_value(text),
			       json_string_length(text), e)
			 : base64_parse(coded, strlen(coded), b, e);
	if (r < 0)
		return err_tag(e, ERR_INTERNAL, "answer", "files");
	a->v[a->n++] =
	    (struct policy_file){ jstr(f, "name"), buf_str(b), b->len };
	return 0;
}

static int
read_answer(struct answer *a, const json_t *files, struct err *e)
{
	size_t i, n = json_array_size(files);
	json_t *f;
	int r;

	a->v = calloc(n + 1, sizeof(*a->v));
	a->bytes = calloc(n + 1, sizeof(*a->bytes));
	if (a->v == NULL || a->bytes == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	json_array_foreach(
	    files, i, f) if ((r = read_file(a, f, e)) < 0) return r;
	return 0;
}

int
ruleset_fetch(struct cli *c, struct policy **out, struct err *e)
{
	AUTO(buf_done) struct buf problems = { 0 };
	AUTO(answer_done) struct answer a = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/policy/files")) < 0 ||
	    (r = read_answer(&a, json_object_get(j, "files"), e)) < 0)
		return r;
	r = policy_load_files(a.v, a.n, out, &problems, e);
	return r < 0 ? refuse(c, &problems, "/v1/policy/files", r, e) : 0;
}

int
ruleset_keep_people(const struct cli *c, const struct policy *now,
    struct policy **p, struct err *e)
{
	const struct policy_file *people = policy_file(now, PEOPLE), *own;
	AUTO(buf_done) struct buf problems = { 0 };
	AUTO(policy_freep) struct policy *again = NULL;
	AUTO(mem_freep) struct policy_file *v = NULL;
	size_t n = policy_files(*p, &own);
	int r;

	if (people == NULL || policy_file(*p, PEOPLE) != NULL)
		return 0;
	if ((v = calloc(n + 1, sizeof(*v))) == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	memcpy(v, own, n * sizeof(*v));
	v[n] = *people;
	if ((r = policy_load_files(v, n + 1, &again, &problems, e)) < 0)
		return refuse(c, &problems, PEOPLE, r, e);
	policy_freep(p);
	*p = TAKE(again);
	return 0;
}

static int
add_file(json_t *all, const char *name, json_t *text, struct err *e)
{
	if (text == NULL)
		return err_set(
		    e, ERR_INVALID, _("%s n'est pas du texte UTF-8"), name);
	if (json_array_append_new(
		all, json_pack("{s:s, s:o}", "name", name, "text", text)) < 0)
		return err_set(e, ERR_NOMEM, "policy");
	return 0;
}

int
ruleset_files(const struct policy *now, const struct policy *p, json_t **out,
    struct err *e)
{
	AUTO(json_decrefp) json_t *all = json_array();
	const struct policy_file *f;
	size_t i, n = policy_files(p, &f);
	int r;

	for (i = 0; i < n; i++)
		if ((r = add_file(
			 all, f[i].name, json_stringn(f[i].p, f[i].n), e)) < 0)
			return r;
	n = policy_files(now, &f);
	for (i = 0; i < n; i++)
		if (policy_file(p, f[i].name) == NULL &&
		    (r = add_file(all, f[i].name, json_null(), e)) < 0)
			return r;
	*out = TAKE(all);
	return 0;
}
