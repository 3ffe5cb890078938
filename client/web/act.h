/*
 * What pages with acts share: a form that is sent twice acts once, and a
 * refusal is told at the top with the way to the field that it is about.
 */
#ifndef CLIENT_WEB_ACT_H
#define CLIENT_WEB_ACT_H

#include "client/web/web.h"

/*
 * POST of the form's act under its key (web_once); what was cut on the way is
 * asked again a few times. ERR_INVALID "web-form": the form brought no key.
 */
int web_post_once(struct web_call *c, const json_t *body, json_t **out,
    struct err *e, const char *pattern, ...) NODISCARD;

/*
 * The end of a POST that was refused: the form's page again, with the refusal,
 * when the person may mend it there, or when it is of the code also (ERR_OK:
 * none); else the refusal is the call's error.
 */
int web_again(struct web_call *c, const struct err *refused, enum err_code also,
    int (*page)(struct web_call *c, const struct err *refused, struct err *e),
    struct err *e) NODISCARD;

/* Which field of a form a refusal is about. {0} at the end. */
struct web_fault {
	const char *tag, *field;
};
/* The refusal of the form that is shown again (status 422), with a link to
 * its field when map knows it. */
void web_refused(
    struct web_call *c, const struct err *e, const struct web_fault *map);
/* The refusal's sentence when it is about this field, until the call ends; else
 * NULL. e NULL: no refusal. */
const char *web_fault_at(struct web_call *c, const struct err *e,
    const struct web_fault *map, const char *field);
/* A text as it is, in a frame with a name; wide lines are broken. */
void web_sheet(struct web_call *c, const char *label, const char *text);
/* One box to tick, or one of several to choose. checked: when the form brought
 * nothing yet. id: unique on the page. */
void web_box(struct web_call *c, const char *type, const char *name,
    const char *value, const char *label, int checked, const char *id);
/* The whole answer: bytes to save under this name, not to show. */
int web_download(struct web_call *c, const char *name, const char *type,
    const struct buf *bytes, struct err *e) NODISCARD;
/*
 * What somebody signs with a key that never comes here, in three steps: the
 * text is downloaded, signed by the command that is shown, and its signature
 * handed in. begin ends where the form of the third step is to stand (the
 * caller's <form>, its hidden fields); end has its controls and its button.
 */
void web_sign_begin(struct web_call *c, const char *target, const char *name,
    const char *space);
void web_sign_end(struct web_call *c, const char *file, const char *text,
    const char *wrong, const char *button);
/* The signature that came so: of the file's field, or pasted. ERR_REFUSED
 * "approval-signature": no text; ERR_INVALID "web-missing": neither. */
int web_signature(struct web_call *c, const char *file, const char *text,
    struct buf *out, struct err *e) NODISCARD;
/* The way back to the case. */
void web_back_to_case(struct web_call *c, const char *ref);

#endif
