/*
 * Where a scan of paper comes from, said in the console of what waits to be
 * filed (lot.h), and signed elsewhere: the page of base/scanpage.h, as "sceau
 * file --sign-key" does.
 */
#ifndef CLIENT_WEB_PROVENANCE_H
#define CLIENT_WEB_PROVENANCE_H

#include "client/web/lot.h"

/* Is it said, and signed? */
int provenance_is_signed(const struct lot *l);
/* Its lines of the key of idempotency, as those of the command. */
int provenance_lines(const struct lot *l, struct buf *more, struct err *e)
    NODISCARD;
/* body["provenance"]; nothing when it is not signed. Whether it is of these
 * pages, the vault says. */
int provenance_member(const struct lot *l, json_t *body, struct err *e)
    NODISCARD;
/* Nothing of it is said any more. */
void provenance_forget(struct lot *l);
/* What the page that is confirmed says of it, within its form. */
void provenance_write(struct web_call *c, const struct lot *l);

#endif
