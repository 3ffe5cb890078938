#include "daemon/core/log_scan.h"

#include "base/civil.h"

#define CHUNK 1000 /* leaves read in one snapshot */

static int
is(const json_t *entry, const char *member)
{
	return json_is_true(json_object_get(entry, member));
}

static int
look(const json_t *entry,
    int (*each)(void *arg, const json_t *entry, struct err *e), void *arg,
    struct log_scanned *out, struct err *e)
{
	const char *at = json_string_value(json_object_get(entry, "at"));

	out->leaves++;
	if (is(entry, "expired")) {
		if (out->expired++ == 0)
			snprintf(out->expired_until, sizeof(out->expired_until),
			    "%s", at != NULL ? at : "");
		return 0;
	}
	if (is(entry, "damaged")) {
		out->damaged++;
		return 0;
	}
	if (is(entry, "sealed")) {
		out->sealed++;
		return 0;
	}
	return each(arg, entry, e);
}

int
log_scan(struct core *core, int64_t since_ms, int64_t until_ms,
    int (*each)(void *arg, const json_t *entry, struct err *e), void *arg,
    struct log_scanned *out, struct err *e)
{
	struct audit_query q = {
		.since_ms = since_ms,
		.until_ms = until_ms,
		.limit = CHUNK,
	};
	json_t *one;
	uint64_t next = 0;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	do {
		AUTO(tx_end) struct tx tx = { 0 };
		AUTO(json_decrefp) json_t *entries = NULL;

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = audit_read(core->audit, &tx, &q, &entries, &next, e)) <
			0)
			return r;
		tx_end(&tx);
		json_array_foreach(entries, i, one)
		{
			if ((r = look(one, each, arg, out, e)) < 0)
				return r;
		}
		q.before = next;
		out->cut = next != 0 && out->leaves >= LOG_SCAN_MAX;
	} while (next != 0 && !out->cut);
	return 0;
}

json_t *
log_scanned_json(const struct core *core, const struct log_scanned *s)
{
	int64_t months = 0;

	if (policy_figure_on(core->policy, "audit-detail-months",
		civil_day(core_now(core)), &months, NULL) < 0)
		months = 0;
	return json_pack("{s:I, s:I, s:s, s:I, s:I, s:b, s:I}", "leaves",
	    (json_int_t)s->leaves, "expired", (json_int_t)s->expired,
	    "expired_until", s->expired_until, "sealed", (json_int_t)s->sealed,
	    "damaged", (json_int_t)s->damaged, "cut", s->cut, "detail_months",
	    (json_int_t)months);
}
