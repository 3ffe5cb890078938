/* The register of a case; and revoking. */
#include <string.h>

#include "daemon/core/case.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/extract_json.h"
#include "daemon/core/moving.h"
#include "daemon/core/notice.h"

/* The team's own, or who watches over registers. */
static int
authorize(struct core *core, struct tx *tx, const struct caller *caller,
    const char *kase, struct case_facts *facts, struct id *object,
    struct decision *d, struct err *e)
{
	struct caller quiet = *caller;
	int64_t now = core_now(core);

	quiet.decided = NULL; /* one that is denied here may pass below */
	if (case_authorize(core, tx, &quiet, kase, OP_EXTRACT_LIST, NULL, now,
		facts, object, d, NULL) == 0)
		return 0;
	return case_authorize(core, tx, caller, kase, OP_REGISTER_READ, NULL,
	    now, facts, object, d, e);
}

/* What of a notice its extract does not say already. */
static int
add_notice(json_t *extracts, json_t *notice, struct err *e)
{
	const char *of = json_string_value(json_object_get(notice, "extract"));
	json_t *x;
	size_t i;

	json_array_foreach(extracts, i, x)
	{
		if (strcmp(json_string_value(json_object_get(x, "extract")),
			of) != 0)
			continue;
		json_object_del(notice, "extract");
		json_object_del(notice, "case");
		json_object_del(notice, "recipient");
		return json_array_append(
			   json_object_get(x, "notices"), notice) < 0
			   ? err_set(e, ERR_NOMEM, "notices")
			   : 0;
	}
	return 0; /* the register is longer than its list */
}

/* Each extract's "notices", in clear: how one was settled, and in which
 * words, is the list of notices'. */
static int
add_notices(struct core *core, struct tx *tx, const struct id *kase,
    json_t *extracts, struct err *e)
{
	json_t *notices = NULL, *one;
	size_t i;
	int r;

	json_array_foreach(extracts, i, one)
	{
		if (json_object_set_new(one, "notices", json_array()) < 0)
			return err_set(e, ERR_NOMEM, "notices");
	}
	r = notice_of_case(core, tx, kase, &notices, e);
	json_array_foreach(notices, i, one)
	{
		if (r == 0)
			r = add_notice(extracts, one, e);
	}
	json_decref(notices);
	return r;
}

int
extract_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 }, rows = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	struct case_facts facts;
	struct decision d;
	json_t *a, *detail;
	uint64_t leaf;
	char text[ID_TEXT];
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = authorize(core, &tx, caller, kase, &facts, object, &d, e)) < 0)
		return r;
	tx_end(&tx);
	id_format(&facts.id, text);
	detail = json_pack(
	    "{s:s, s:o}", "case", text, "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_REGISTER_READ, &facts.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(core->catalog, &rows, e)) < 0 ||
	    (r = register_select(&rows, &facts.id, "", "", NULL, &ids, e)) < 0)
		return r;
	a = json_array();
	if ((r = extract_rows_json(core, &rows, &ids, leaf, a, e)) < 0 ||
	    (r = add_notices(core, &rows, &facts.id, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*answer =
	    json_pack("{s:o, s:I}", "extracts", a, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "register");
}

/* --- revoking ------------------------------------------------------------- */

static int
apply_revoke(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct moving *m = arg;
	int r;

	if ((r = register_find(tx, &m->extract, &m->row, e)) < 0 ||
	    (r = register_move(tx, &m->row, "revoked", now_ms, e)) < 0 ||
	    (m->row.pulled != 0 &&
		(r = notice_add(tx, &m->row, "revoked", now_ms, e)) < 0))
		return r;
	return moving_enter(m, tx, LEAF_EXTRACT_REVOKE,
	    json_pack("{s:s}", "reason", m->words), now_ms, e);
}

int
extract_revoke(struct core *core, const struct caller *caller,
    const char *extract, const char *reason, struct id *object, json_t **answer,
    struct err *e)
{
	struct moving m = { .core = core, .caller = caller, .words = reason };
	int r;

	if ((r = moving_begin(&m, extract, OP_EXTRACT_REVOKE, object, e)) < 0 ||
	    (r = moving_commit(&m, apply_revoke, e)) < 0)
		return r;
	return moving_answer(&m, "revoked", answer, e);
}
