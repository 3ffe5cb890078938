/*
 * Sending a file so that a cut line costs only what was on it: an upload has
 * an id made from what it is, so that the same command run again finds what
 * arrived and goes on behind it.
 */
#ifndef CLIENT_UPLOAD_H
#define CLIENT_UPLOAD_H

#include "base/crypto.h"
#include "base/id.h"
#include "client/cli.h"

/* What became of what a photograph tells (place, device, comments). */
enum source_place {
	SOURCE_PLACE_NONE,    /* nothing was seen */
	SOURCE_PLACE_REMOVED, /* it is gone */
	SOURCE_PLACE_KEPT,    /* a signed PDF: it stays in it */
	SOURCE_PLACE_UNSEEN   /* a PDF over SOURCE_PICTURE_MAX */
};

/* A file to send: its bytes do not change while it is (they are hashed
 * first, and the vault's answer is compared). */
struct source {
	const char *path; /* as given; "-": standard input */
	const char *name; /* within path; what the vault keeps */
	int fd;
	uint64_t size;
	uint8_t sha256[SHA256_LEN];
	char upload[ID_TEXT];
	enum source_place place; /* once it was cleaned */
};

/* Is it a photograph (JPEG, PNG), by its first bytes? */
int source_is_picture(const struct source *s);
/* Open and hash. What cannot be read twice (standard input, a pipe) is
 * copied into anonymous memory, never to a disk. ERR_NOT_FOUND, ERR_IO. */
int source_open(struct source *s, const char *path, struct err *e) NODISCARD;
/* A file that is in memory already: fd is borrowed, name as well. */
int source_adopt(struct source *s, const char *name, int fd, struct err *e)
    NODISCARD;
void source_done(struct source *s);

/*
 * Of a photograph (JPEG, PNG), what tells where and by what it was taken goes
 * before anything is sent (strip.h), and the person is told; what is sent,
 * hashed and filed is what is left. Of a PDF it goes in place (strip_pdf.h).
 * Other files stay as they are. is_signed: a signature covers the bytes, so
 * that they cannot change: ERR_REFUSED tag "picture-signed" when they would; a
 * PDF, also one that is signed inside, stays as it is, and the person is told.
 * ERR_REFUSED "picture-malformed", "pdf-place", ERR_TOO_LARGE "picture-size".
 */
#define SOURCE_PICTURE_MAX (UINT64_C(256) << 20) /* bytes */
int source_strip(struct source *s, int is_signed, struct err *e) NODISCARD;
/*
 * The same in silence. turns: quarters of a turn to the right, of a JPEG alone;
 * the picture is not encoded anew (strip_turn). ERR_REFUSED "picture-turn".
 */
int source_clean(struct source *s, int is_signed, unsigned turns, struct err *e)
    NODISCARD;

/* What became of it, as "place" of the answer to a filing: a word for each of n
 * files (none, removed, kept, unseen); nothing where nothing was seen. */
int source_tell_place(
    const struct source *page, int n, json_t *answer, struct err *e) NODISCARD;

/*
 * The upload's id: 128 bits of
 *   SHA-256("sceau/upload/1\n" uid "\n" case "\n" kind "\n" index "\n"
 *           SHA-256 in hexadecimal "\n" size "\n")
 * index: the place of the page, -1 for a signature, -2 for a proof file.
 */
int source_name_upload(struct source *s, const char *kase, const char *kind,
    int index, struct err *e) NODISCARD;

/*
 * Send it, from where the vault already has it. A cut is tried again at most
 * UPLOAD_TRIES times, then ERR_UNAVAILABLE tag "cut": the same command goes
 * on later.
 */
#define UPLOAD_TRIES 6
int upload_send(struct cli *c, struct source *s, struct err *e) NODISCARD;

/* Does the vault have all of it, not filed yet? */
int upload_is_there(
    struct cli *c, const struct source *s, int *there, struct err *e) NODISCARD;

/* Is this error one that the same request may overcome in a moment? Nobody
 * there is one only when somebody was there before. */
int upload_may_retry(const struct cli *c, const struct err *e);
/* Wait before try number n, from 1: 0.2 s, then twice as long each time. */
void upload_pause(int n);

#endif
