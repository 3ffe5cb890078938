/* What stands in the way of a correction; asked before it, and within it. */
#include "base/civil.h"
#include "daemon/core/consent.h"
#include "daemon/core/correct_row.h"
#include "daemon/core/hold.h"

#define FIGURE "correction-hours"
#define HOUR_MS INT64_C(3600000)

int
correct_author(struct tx *tx, const struct id *document, uint32_t *uid,
    int64_t *filed_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT author, filed_ms FROM version"
		 " WHERE document = ? AND version = 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_INTEGRITY, "a document without versions");
	*uid = (uint32_t)sql_get_int(q, 0);
	*filed_ms = sql_get_int(q, 1);
	return 0;
}

static int
check_author(struct core *core, struct tx *tx, const struct caller *caller,
    const struct id *document, int64_t now_ms, struct err *e)
{
	int64_t filed_ms, hours;
	uint32_t uid;
	int r;

	if ((r = correct_author(tx, document, &uid, &filed_ms, e)) < 0)
		return r;
	if (uid != caller->actor.uid)
		return err_tag(e, ERR_DENIED, "not-author",
		    "only who filed it may correct that");
	if ((r = policy_figure_on(
		 core->policy, FIGURE, civil_day(filed_ms), &hours, e)) < 0)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules have no figure " FIGURE);
	if (now_ms > filed_ms + hours * HOUR_MS)
		return err_tag(e, ERR_CONFLICT, "correction-late",
		    "it was filed more than %lld hours ago", (long long)hours);
	return 0;
}

static int
event_rests_on(struct tx *tx, const struct id *document, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM case_event WHERE document = ? LIMIT 1", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0)
		return r;
	return sql_step(q, e);
}

static int
check_use(struct tx *tx, const struct id *document, struct err *e)
{
	int r;

	if ((r = consent_rests_on(tx, document, e)) < 0)
		return r;
	if (r > 0)
		return err_tag(e, ERR_CONFLICT, "document-in-use",
		    "a consent rests on this document: invalidate it first,"
		    " then ask for an erasure");
	if ((r = event_rests_on(tx, document, e)) < 0)
		return r;
	if (r > 0)
		return err_tag(e, ERR_CONFLICT, "document-in-use",
		    "an event of the case rests on this document");
	return 0;
}

static int
check_hold(struct tx *tx, const struct document_facts *doc, struct err *e)
{
	char text[ID_TEXT];
	struct id hold;
	int r;

	if ((r = hold_stands(tx, &doc->kase, &doc->id, &hold, e)) <= 0)
		return r;
	id_format(&hold, text);
	return err_tag(e, ERR_CONFLICT, "held", "held by hold %s", text);
}

int
correct_check(struct core *core, struct tx *tx, const struct caller *caller,
    const struct document_facts *doc, const struct case_facts *kase,
    int64_t now_ms, struct err *e)
{
	int r;

	if (strcmp(doc->state, "filed") != 0)
		return err_tag(
		    e, ERR_CONFLICT, "erased", "this document was erased");
	if (strcmp(kase->state, "open") != 0)
		return err_tag(e, ERR_CONFLICT, "case-state", "the case is %s",
		    kase->state);
	if ((r = check_author(core, tx, caller, &doc->id, now_ms, e)) < 0)
		return r;
	if (doc->versions != 1)
		return err_tag(e, ERR_CONFLICT, "document-replaced",
		    "it has a newer version: what is right now replaces it");
	if ((r = check_hold(tx, doc, e)) < 0)
		return r;
	return check_use(tx, &doc->id, e);
}
