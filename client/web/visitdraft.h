/*
 * The draft of a visit in the vault, sealed, and what of it is in the console's
 * memory (lot.h): brought there when the form is opened, sent back while it is
 * filled. The vault's is the one that lasts.
 */
#ifndef CLIENT_WEB_VISITDRAFT_H
#define CLIENT_WEB_VISITDRAFT_H

#include "client/web/lot.h"

/*
 * What the vault has of this person's draft in the case comes into l, which
 * is emptied of files first; nothing changes when it has none. Errors are the
 * vault's.
 */
int visitdraft_load(struct web_call *c, struct lot *l, struct err *e) NODISCARD;
/*
 * What is in l goes to the vault: all that was typed, and the files that are
 * not there yet, photographs without what tells where they were taken. Nothing
 * is sent when it has it already. ERR_CONFLICT "visit-draft-changed": it was
 * kept elsewhere; visitdraft_load takes that up.
 */
int visitdraft_save(struct web_call *c, struct lot *l, struct err *e) NODISCARD;
/* The vault forgets it; none there is no error. */
int visitdraft_drop(struct web_call *c, struct lot *l, struct err *e) NODISCARD;

#endif
