#include "daemon/core/signers.h"

#include <string.h>

/* DOMAIN 8: the levels there are; those that a certificate stands behind. */
static const struct {
	const char *name;
	int certified;
} levels[] = {
	{ "qualified", 1 },
	{ "advanced", 1 },
	{ "provider-seal", 1 },
	{ "stylus", 0 },
	{ "handwritten-scan", 0 },
	{ "oral-witnessed", 0 },
};

int
level_rank(const char *level)
{
	size_t i;

	for (i = 0; i < NELEMS(levels); i++)
		if (strcmp(levels[i].name, level) == 0)
			return (int)i;
	return -1;
}

const char *
level_name(int rank)
{
	return levels[rank].name;
}

int
level_is_certified(const char *level)
{
	int i = level_rank(level);

	return i >= 0 && levels[i].certified;
}

static int
has(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return 1;
	return 0;
}

static int
check_one(const struct policy *rules, const struct policy_kind *kind,
    const struct trust_signer *s, int32_t day, struct err *e)
{
	if (level_rank(s->level) < 0)
		return err_tag(e, ERR_REFUSED, "level",
		    "level: not one of those there are");
	if (!has(kind->signers, s->signer))
		return err_tag(e, ERR_REFUSED, "signer",
		    "the kind %.40s is not signed by such a person",
		    kind->name);
	if (!policy_level_is_accepted(rules, kind, s->signer, s->level, day))
		return err_tag(e, ERR_REFUSED, "level",
		    "the kind %.40s does not accept the level %s of %.40s",
		    kind->name, s->level, s->signer);
	if (s->signature > 0 && !level_is_certified(s->level))
		return err_tag(e, ERR_REFUSED, "signer-signature",
		    "level %s: no signature of the file stands behind it",
		    s->level);
	return 0;
}

int
signers_check(const struct policy *rules, const struct policy_kind *kind,
    struct trust_signer *v, size_t n, int32_t day, struct err *e)
{
	uint32_t next = 1;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if ((r = check_one(rules, kind, &v[i], day, e)) < 0)
			return r;
		if (!level_is_certified(v[i].level))
			continue;
		if (v[i].signature == 0)
			v[i].signature = next;
		if (v[i].signature >= next)
			next = v[i].signature + 1;
	}
	return 0;
}

int
signers_count(
    const struct trust_signer *v, size_t n, size_t signatures, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].signature > signatures)
			return err_tag(e, ERR_REFUSED, "signer-signature",
			    "%.40s: the file has no signature number %u",
			    v[i].signer, v[i].signature);
	return 0;
}

const char *
signers_weakest(const struct trust_signer *v, size_t n)
{
	int worst = -1, rank;
	size_t i;

	for (i = 0; i < n; i++)
		if ((rank = level_rank(v[i].level)) > worst)
			worst = rank;
	return worst < 0 ? "" : levels[worst].name;
}

int
signers_have_level(const struct trust_signer *v, size_t n, const char *level)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(v[i].level, level) == 0)
			return 1;
	return 0;
}

json_t *
signers_json(const struct trust_signer *v, size_t n)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; list != NULL && i < n; i++) {
		o = json_pack(
		    "{s:s, s:s}", "signer", v[i].signer, "level", v[i].level);
		if (v[i].signature > 0)
			json_object_set_new(o, "signature",
			    json_integer((json_int_t)v[i].signature));
		if (json_array_append_new(list, o) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

size_t
signers_of(const json_t *list, struct trust_signer out[SIGNERS_MAX])
{
	const json_t *o;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(list) && n < SIGNERS_MAX; i++) {
		o = json_array_get(list, i);
		out[n].signer = json_string_value(json_object_get(o, "signer"));
		out[n].level = json_string_value(json_object_get(o, "level"));
		out[n].signature = (uint32_t)json_integer_value(
		    json_object_get(o, "signature"));
		if (out[n].signer != NULL && out[n].level != NULL)
			n++;
	}
	return n;
}
