/*
 * A case as its page shows it: what the vault says of it, and the sections
 * that are made of that. Each section writes an <h2> and what belongs to it.
 */
#ifndef CLIENT_WEB_CASE_VIEW_H
#define CLIENT_WEB_CASE_VIEW_H

#include "client/web/control.h"

#define CASE_VIEW_SHOWN 60 /* lines of a long section, unless all are asked */

struct case_view {
	const char *ref;
	const struct policy *rules;
	int all; /* nothing is left out for length */
	/* Answers of the vault; NULL: not for this person. */
	json_t *kase, *documents, *consents, *demarches, *extracts, *due;
};

void case_view_done(struct case_view *v);
/* Asks the vault for all that the person may see of the case named ref.
 * Errors of the case itself; what else is not theirs stays NULL. */
int case_view_load(struct web_call *c, const char *ref, struct case_view *v,
    struct err *e) NODISCARD;

/* case_view.c */
void case_view_due(struct web_call *c, const struct case_view *v);
void case_view_persons(struct web_call *c, const struct case_view *v);
void case_view_consents(struct web_call *c, const struct case_view *v);
void case_view_demarches(struct web_call *c, const struct case_view *v);
void case_view_documents(struct web_call *c, const struct case_view *v);
void case_view_extracts(struct web_call *c, const struct case_view *v);
/* "signature valide" and its class: of a document as a list has it. */
void case_view_verdict(struct html *h, const json_t *document);

/* case_timeline.c */

/*
 * What happened, newest first: [{on, sort, what, more, document}]. on is a
 * day or an instant as the vault has it, sort one of event, document,
 * consent, extract; more and document may be absent. The caller's.
 */
json_t *case_timeline(const struct case_view *v);
void case_view_timeline(struct web_call *c, const struct case_view *v);

#endif
