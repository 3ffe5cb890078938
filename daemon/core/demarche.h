/*
 * Démarches: the steps of a contract (FSL, surendettement, DALO…), each a
 * record of the kind "demarche" with its state. Table demarche, in clear
 * (codes of the rules and days): which of them are open, until when; a
 * projection that happened_filed keeps. Words stay in the record.
 */
#ifndef DAEMON_CORE_DEMARCHE_H
#define DAEMON_CORE_DEMARCHE_H

#include "daemon/core/happened.h"

#define DEMARCHE_KIND "demarche"
#define DEMARCHES_MAX 500 /* shown of one case */

extern const char *const demarche_schema;

/*
 * A record was filed, or its new version: for happened_filed. When the last
 * open one of a case ends, moment "step-done" is put; it is taken back when
 * one opens again. ERR_REFUSED "demarche-reason": abandoned, and nobody says
 * why; "demarche-proof": a document that is not of this case.
 */
int demarche_filed(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, const json_t *record, struct err *e) NODISCARD;
/* It was voided, or moved away. */
int demarche_void(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e) NODISCARD;
/* How many are open. */
int demarche_count_open(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;
/* {demarches: [{document, ref, device, state, deadline, decision, done,
 * overdue}], leaf} */
int demarche_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* With its record: what is erased has no step any more. */
int demarche_forget_document(
    struct tx *tx, const struct id *document, struct err *e) NODISCARD;
int demarche_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
