/*
 * Events of a case: dated things that happened, by names the policy declares
 * (recevabilite, assignation, audience…). occurred_on is declared, never in
 * the future unless the policy says so, at most declared-days-back days
 * back; order and proof come from the leaf. Table case_event: name and day
 * are in clear because rules decide on them, words are sealed.
 */
#ifndef DAEMON_CORE_EVENT_H
#define DAEMON_CORE_EVENT_H

#include "daemon/core/case.h"

#define EVENT_NOTE_MAX 400
#define EVENTS_MAX 64 /* different names of one case, for decisions */

extern const char *const event_schema;

struct event_entry {
	const char *kase, *name;
	const char *occurred_on; /* YYYY-MM-DD; "": today */
	const char *document;	 /* its decision, or "" */
	const char *note;	 /* or "" */
};
int event_add(struct core *core, const struct caller *caller,
    const struct event_entry *en, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
int event_list(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e) NODISCARD;

/* Names (the policy's strings) that happened up to this day; NULL ends. */
int events_of_case(struct core *core, struct tx *tx, const struct id *kase,
    int32_t day, const char *out[EVENTS_MAX + 1], struct err *e) NODISCARD;
int event_key_numbers(struct tx *tx, const struct id *kase, struct buf *numbers,
    struct err *e) NODISCARD;
int event_forget(struct tx *tx, const struct id *kase, struct err *e) NODISCARD;

#endif
