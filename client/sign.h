/*
 * Approvals: SSHSIG signatures that a person makes with a key of theirs, by
 * the ssh-keygen of the machine. The key may be on a token or in an agent;
 * this program never sees it.
 */
#ifndef CLIENT_SIGN_H
#define CLIENT_SIGN_H

#include "base/buf.h"
#include "base/err.h"

/*
 * The armored signature over text in namespace ns by the key file key (a
 * public one when the agent holds it). The text reaches ssh-keygen through
 * anonymous memory: it is never on a disk. What ssh-keygen asks and says
 * goes to the terminal. ERR_REFUSED tag "not-signed".
 */
int sign_text(const char *key, const char *ns, const struct buf *text,
    struct buf *out, struct err *e) NODISCARD;

#endif
