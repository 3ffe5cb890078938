/*
 * Bytes of a document from the vault to the browser, as they come: a few
 * pieces at a time are in memory, however large it is. The last piece leaves
 * only when all that came has the SHA-256 that the vault said: what does not
 * fit is a download that breaks off, never a file that looks whole.
 */
#ifndef CLIENT_WEB_STREAM_H
#define CLIENT_WEB_STREAM_H

#include "client/web/web.h"

/*
 * GET of path from the vault becomes the whole answer: saved by the browser
 * under the name that the vault says, never shown. Errors of the vault before
 * its first byte are errors here; the leaf of the access is the vault's.
 */
int web_stream(struct web_call *c, const char *path, struct err *e) NODISCARD;
/* The same for a picture to show; type is that of the vault's inspection, and
 * one of image/jpeg and image/png, or it is ERR_REFUSED "web-picture". */
int web_stream_picture(struct web_call *c, const char *path, const char *type,
    struct err *e) NODISCARD;

/*
 * "attachment; filename="…"; filename*=UTF-8''…" (RFC 6266, RFC 8187) of a
 * name that others chose: no folder, no control character, not hidden; what
 * is too long is cut before its extension.
 */
void web_disposition(const char *name, char out[HTTP_VALUE_MAX]);

#endif
