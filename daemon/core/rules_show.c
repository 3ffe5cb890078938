/* Proposals, generations and files, for who reads them. */
#include <string.h>

#include "base/text.h"
#include "daemon/core/attest.h"
#include "daemon/core/rules_rows.h"

static void
set_digest(json_t *j, const char *name, const uint8_t sum[32])
{
	char hex[2 * SHA256_LEN + 1];

	hex_format(sum, SHA256_LEN, hex);
	json_object_set_new(j, name, json_string(hex));
}

static void
set_time(json_t *j, const char *name, int64_t ms)
{
	char text[TIME_TEXT];

	time_format(ms, text);
	json_object_set_new(j, name, json_string(text));
}

static const char *
state_of(const struct rules_row *row, uint32_t newest)
{
	if (row->generation != 0)
		return "applied";
	return row->base == newest ? "proposed" : "void";
}

static int
page_digest(const struct rules_row *row, json_t *j, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, row->page.p, row->page.len, sum, e)) <
	    0)
		return r;
	set_digest(j, "sha256", sum);
	return 0;
}

/* The custodians who attested the page; {by, at, leaf} each. */
static int
set_attestations(
    struct tx *tx, const struct rules_row *row, json_t *j, struct err *e)
{
	uint8_t page[SHA256_LEN];
	json_t *list = NULL;
	int r;

	if ((r = digest_of(
		 DIGEST_SHA256, row->page.p, row->page.len, page, e)) < 0 ||
	    (r = attest_list(tx, page, &list, e)) < 0)
		return r;
	return json_object_set_new(j, "attestations", list) < 0
		   ? err_set(e, ERR_NOMEM, "rules")
		   : 0;
}

int
rules_proposal_json(struct core *core, struct tx *tx, const struct id *id,
    uint64_t leaf, json_t **answer, struct err *e)
{
	AUTO(rules_row_done) struct rules_row row = { 0 };
	uint32_t newest, have, need;
	char text[ID_TEXT];
	json_t *j, *approvals;
	int r;

	if ((r = rules_row_load(tx, id, &row, e)) < 0 ||
	    (r = rules_newest(tx, &newest, e)) < 0 ||
	    (r = approval_count(
		 core, tx, id, core_now(core), &have, &need, e)) < 0 ||
	    (r = approval_list(tx, core, id, &approvals, e)) < 0)
		return r;
	id_format(id, text);
	j = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:o, s:s, s:I}",
	    "proposal", text, "state", state_of(&row, newest), "what", row.what,
	    "needed", (int)need, "have", (int)have, "base", (int)row.base,
	    "version", (int)row.version, "page", buf_str(&row.page),
	    "approvals", approvals, "proposed_by", row.account, "leaf",
	    (json_int_t)leaf);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	set_digest(j, "set", row.set);
	set_time(j, "proposed_at", row.at_ms);
	if (row.generation != 0)
		json_object_set_new(
		    j, "generation", json_integer(row.generation));
	if ((r = page_digest(&row, j, e)) < 0 ||
	    (r = set_attestations(tx, &row, j, e)) < 0) {
		json_decref(j);
		return r;
	}
	*answer = j;
	return 0;
}

/* May they, and the leaf of it. */
static int
enter_reading(struct core *core, const struct caller *caller, enum policy_op op,
    const struct id *object, uint64_t *leaf, struct err *e)
{
	struct decision d;
	json_t *detail;
	int r;

	if ((r = core_authorize(
		 core, caller, op, NULL, NULL, core_now(core), &d, e)) < 0)
		return r;
	detail = json_pack("{s:o}", "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_POLICY_READ, object, detail, leaf, e);
	json_decref(detail);
	return r;
}

int
rules_show_proposal(struct core *core, const struct caller *caller,
    const char *proposal, struct id *object, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	uint64_t leaf;
	int r;

	if (id_parse(proposal, &id, NULL) < 0)
		memset(&id, 0, sizeof(id));
	else
		*object = id;
	if ((r = enter_reading(
		 core, caller, OP_POLICY_READ, object, &leaf, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	return rules_proposal_json(core, &tx, &id, leaf, answer, e);
}

/* --- generations
 * --------------------------------------------------------------- */

static int
generation_json(struct core *core, struct tx *tx, uint32_t generation,
    json_t *list, struct err *e)
{
	AUTO(rules_row_done) struct rules_row row = { 0 };
	json_t *j, *approvals = NULL;
	char id[ID_TEXT];
	int r;

	if ((r = rules_row_of(tx, generation, &row, e)) < 0)
		return r;
	if (generation > 1 &&
	    (r = approval_list(tx, core, &row.id, &approvals, e)) < 0)
		return r;
	if (approvals == NULL)
		approvals = json_array();
	id_format(&row.id, id);
	j = json_pack("{s:i, s:i, s:s, s:s, s:s, s:I, s:o}", "generation",
	    (int)generation, "version", (int)row.version, "proposal", id,
	    "what", row.what, "applied_by", row.applied_by, "leaf",
	    (json_int_t)row.applied_leaf, "approvals", approvals);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	set_digest(j, "set", row.set);
	set_digest(j, "sha256", row.sha256);
	set_digest(j, "people_sha256", row.people);
	set_time(j, "applied_at", row.applied_ms);
	if ((r = set_attestations(tx, &row, j, e)) < 0) {
		json_decref(j);
		return r;
	}
	return json_array_append_new(list, j) < 0
		   ? err_set(e, ERR_NOMEM, "rules")
		   : 0;
}

int
rules_history(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint32_t newest, g;
	uint64_t leaf;
	json_t *list;
	int r;

	if ((r = enter_reading(core, caller, OP_POLICY_READ, NULL, &leaf, e)) <
		0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = rules_newest(&tx, &newest, e)) < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	for (g = newest; g > 0 && r == 0; g--)
		r = generation_json(core, &tx, g, list, e);
	if (r == 0)
		*answer = json_pack("{s:O, s:I}", "generations", list, "leaf",
		    (json_int_t)leaf);
	json_decref(list);
	return r;
}

/* Text as text; else base64. */
static json_t *
file_json(const struct policy_file *f)
{
	AUTO(buf_done) struct buf b64 = { 0 };

	if (utf8_is_valid(f->p, f->n) && memchr(f->p, '\0', f->n) == NULL)
		return json_pack("{s:s, s:s%}", "name", f->name, "text",
		    (const char *)f->p, f->n);
	if (base64_format(f->p, f->n, &b64, NULL) < 0)
		return NULL;
	return json_pack(
	    "{s:s, s:s}", "name", f->name, "base64", buf_str(&b64));
}

int
rules_files(struct core *core, const struct caller *caller, uint32_t generation,
    json_t **answer, struct err *e)
{
	const struct policy *p = core->policy;
	const struct policy_file *f;
	json_t *list;
	uint64_t leaf;
	size_t i, n;
	int r;

	if ((r = enter_reading(core, caller, OP_POLICY_READ, NULL, &leaf, e)) <
	    0)
		return r;
	if (generation == 0)
		generation = rules_generation(core);
	if ((r = rules_at(core, generation, &p, e)) < 0)
		return r;
	list = json_array();
	for (i = 0, n = policy_files(p, &f); i < n; i++)
		if (json_array_append_new(list, file_json(&f[i])) < 0) {
			json_decref(list);
			return err_set(e, ERR_NOMEM, "rules");
		}
	*answer = json_pack("{s:i, s:i, s:o, s:I}", "generation",
	    (int)generation, "version", (int)policy_version(p), "files", list,
	    "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "rules");
}
