#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/inspect/check.h"

/* null when there is none. */
static json_t *
time_json(int64_t ms)
{
	char text[TIME_TEXT];

	if (ms == 0)
		return json_null();
	time_format(ms, text);
	return json_string(text);
}

static json_t *
words_json(const char *s)
{
	json_t *list = json_array();
	size_t n;

	for (; *s != '\0'; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		json_array_append_new(list, json_stringn(s, n));
	}
	return list;
}

/* The time that is proven, else the one that is claimed. */
static json_t *
verdict_json(const struct inspect_verdict *v)
{
	int64_t at =
	    v->proved_time_ms != 0 ? v->proved_time_ms : v->signing_time_ms;

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:o, s:b, s:s, s:o}",
	    "indication", inspect_indication_name(v->indication),
	    "sub_indication", v->sub, "integrity",
	    inspect_integrity_name(v->integrity), "kind",
	    v->is_stamp ? "time-stamp" : "signature", "covers",
	    (json_int_t)v->covers, "signer", v->signer, "time", time_json(at),
	    "time_proven",
	    v->proved_time_ms != 0 &&
		(!v->is_stamp || v->indication == INSPECT_PASSED),
	    "after", inspect_after_name(v->after), "reasons",
	    words_json(v->reasons));
}

/* What may be signed in a container, and what is. */
static json_t *
members_json(const struct inspect_asic *a)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < a->nmembers; i++)
		if (a->members[i].is_data)
			json_array_append_new(
			    list, json_pack("{s:s, s:I, s:b}", "name",
				      a->members[i].name, "size",
				      (json_int_t)a->members[i].size, "signed",
				      a->members[i].is_signed));
	return list;
}

static json_t *
report_json(const struct check_report *r)
{
	char hash[2 * SHA256_LEN + 1];
	json_t *list = json_array(), *j;
	size_t i;

	for (i = 0; i < r->n; i++)
		json_array_append_new(list, verdict_json(&r->v[i]));
	hex_format(r->anchors_sha256, SHA256_LEN, hash);
	j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:b, s:o, s:s, s:s}",
	    "type", r->type.media, "integrity",
	    inspect_integrity_name(r->sum.integrity), "verdict", r->sum.verdict,
	    "after_last_signature", inspect_after_name(r->sum.after),
	    "signatures", list, "why", r->why, "type_agreed", r->type.agreed,
	    "at", time_json(r->at_ms), "anchors_sha256", hash, "engine",
	    "sceau-inspect " SCEAU_VERSION);
	if (j != NULL && r->type.reason[0] != '\0')
		json_object_set_new(
		    j, "type_reason", json_string(r->type.reason));
	if (j != NULL && r->asic.nmembers > 0)
		json_object_set_new(j, "members", members_json(&r->asic));
	return j;
}

int
check_write(const struct check_report *r, int fd, struct err *e)
{
	json_t *j = report_json(r);
	char *text = j != NULL ? json_dumps(j, JSON_PRESERVE_ORDER) : NULL;
	int ret;

	json_decref(j);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "report");
	if ((ret = fd_write_all(fd, text, strlen(text), e)) == 0)
		ret = fd_write_all(fd, "\n", 1, e);
	free(text);
	return ret;
}
