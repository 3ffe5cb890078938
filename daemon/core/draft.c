/* Drafts in the list of what is due: whoever may see the case, and their
 * author first of all. */
#include "daemon/core/document.h"
#include "daemon/core/due.h"

/* One answer has no more lines. */
#define DRAFTS_SQL                                                             \
	"SELECT d.id, d.dossier, d.kind, v.author, v.filed_ms"                 \
	" FROM document d INDEXED BY document_draft"                           \
	" JOIN version v ON v.document = d.id AND v.version = d.versions"      \
	" JOIN dossier c ON c.id = d.dossier AND c.state = 'open'"             \
	" WHERE d.draft = 1 AND d.state = 'filed'"                             \
	" ORDER BY v.filed_ms LIMIT 2000"

static json_t *
words(const struct due_list *d, struct sql *q)
{
	const struct policy_kind *k =
	    policy_kind(d->core->policy, sql_get_text(q, 2));

	return json_pack("{s:s, s:s, s:b}", "kind", sql_get_text(q, 2),
	    "kind_title", k != NULL ? k->title : sql_get_text(q, 2), "own",
	    (uint32_t)sql_get_int(q, 3) == d->caller->actor.uid);
}

/* A case somebody else opened: what one began there is one's own still. */
static int
add(struct due_list *d, struct sql *q, struct err *e)
{
	const int mine = d->mine;
	struct id document, kase;
	int r;

	if ((r = sql_get_id(q, 0, &document, e)) < 0 ||
	    (r = sql_get_id(q, 1, &kase, e)) < 0)
		return r;
	if ((uint32_t)sql_get_int(q, 3) == d->caller->actor.uid)
		d->mine = 0;
	r = due_add(
	    d, "draft", &kase, &document, sql_get_int(q, 4), 0, words(d, q), e);
	d->mine = mine;
	return r;
}

int
draft_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(d->tx, DRAFTS_SQL, &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add(d, q, e)) < 0)
			return r;
	return r;
}
