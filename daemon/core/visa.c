/* The archives' visa on a sweep, and the bordereau it is asked for with. */
#include "base/text.h"
#include "daemon/core/declared.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/retention.h"

struct answering {
	struct core *core;
	const struct caller *caller;
	const struct sweep_visa *v;
	struct id sweep;
	struct decision d;
	int32_t day;
	uint64_t leaf;
};

static int
update(struct tx *tx, const struct answering *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE sweep SET visa_leaf = ?, visa_day = ?,"
		 " visa_reference = ? WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_int(q, 2, x->day, e)) < 0 ||
	    (r = sql_text(q, 3, x->v->reference, e)) < 0 ||
	    (r = sql_id(q, 4, &x->sweep, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply_visa(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct answering *x = arg;
	json_t *detail;
	int r;

	r = sweep_check_visa(tx, &x->sweep, NULL);
	if (r != -(int)ERR_CONFLICT)
		return r == -(int)ERR_NOT_FOUND
			   ? err_set(e, ERR_NOT_FOUND, "no such sweep")
			   : err_tag(e, ERR_CONFLICT, "visa-state",
				 "no visa is waited for");
	detail = json_pack("{s:o, s:s, s:o, s:o}", "sweep",
	    json_of_id(&x->sweep), "reference", x->v->reference, "date",
	    json_of_day(x->day), "decision", decision_json(x->core, &x->d));
	r = core_leaf(x->core, tx, x->caller, LEAF_RETENTION_VISA, LEAF_OK,
	    NULL, detail, now_ms, &x->leaf, e);
	json_decref(detail);
	return r < 0 ? r : update(tx, x, e);
}

int
retention_visa(struct core *core, const struct caller *caller,
    const struct sweep_visa *v, json_t **answer, struct err *e)
{
	struct answering x = { .core = core, .caller = caller, .v = v };
	struct change ch = { .apply = apply_visa, .arg = &x, .need_head = 1 };
	int64_t now = core_now(core);
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_RETENTION_VISA, NULL, NULL,
		 now, &x.d, e)) < 0 ||
	    (r = text_check(v->reference, VISA_REFERENCE_MAX, "reference", e)) <
		0 ||
	    (r = declared_day(core, v->date, now, "visa-date", &x.day, e)) < 0)
		return r;
	if (v->reference[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "reference: which?");
	if (id_parse(v->sweep, &x.sweep, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such sweep");
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:s, s:o, s:I}", "sweep",
	    json_of_id(&x.sweep), "reference", v->reference, "date",
	    json_of_day(x.day), "leaf", (json_int_t)x.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "visa");
}

/* --- the bordereau -------------------------------------------------------- */

static int
add_line(const struct core *core, struct sql *q, json_t *lines,
    struct buf *text, struct err *e)
{
	const char *kind = sql_get_text(q, 0), *rule = sql_get_text(q, 1);
	const struct policy_retention *r = policy_retention(core->policy, rule);
	const char *source = r != NULL ? r->source : "";
	long long from = sql_get_int(q, 2), until = sql_get_int(q, 3),
		  n = sql_get_int(q, 4);
	json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "kind", kind,
	    "rule", rule, "source", source, "from_year", (json_int_t)from,
	    "until_year", (json_int_t)until, "count", (json_int_t)n);

	if (j == NULL || json_array_append_new(lines, j) < 0)
		return err_set(e, ERR_NOMEM, "bordereau");
	return buf_addf(text, e, "%s; %lld-%lld; %lld; %s; %s\n", kind, from,
	    until, n, rule, source);
}

static int
collect(struct core *core, const struct id *sweep, json_t *lines,
    struct buf *text, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	char id[ID_TEXT];
	int r;

	id_format(sweep, id);
	if ((r = buf_addf(text, e, "sceau elimination 1\nvault %s\nsweep %s\n",
		 core->settings.origin, id)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT kind, rule, min(year), max(year), count(*)"
		 " FROM sweep_object WHERE sweep = ? GROUP BY kind, rule"
		 " ORDER BY kind, rule",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, sweep, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add_line(core, q, lines, text, e)) < 0)
			return r;
	if (r == 0 && json_array_size(lines) == 0)
		return err_set(e, ERR_NOT_FOUND, "no such sweep");
	return r;
}

int
retention_bordereau(struct core *core, const struct caller *caller,
    const char *sweep, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct decision d;
	json_t *detail, *lines;
	struct id id;
	uint64_t leaf;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_RETENTION_READ, NULL, NULL,
		 core_now(core), &d, e)) < 0)
		return r;
	if (id_parse(sweep, &id, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such sweep");
	detail = json_pack("{s:o, s:s, s:o}", "sweep", json_of_id(&id), "what",
	    "bordereau", "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_RETENTION_ANALYSE, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((lines = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "bordereau");
	if ((r = collect(core, &id, lines, &text, e)) < 0) {
		json_decref(lines);
		return r;
	}
	*answer = json_pack("{s:o, s:o, s:s, s:I}", "sweep", json_of_id(&id),
	    "lines", lines, "text", buf_str(&text), "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "bordereau");
}
