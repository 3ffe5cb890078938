/*
 * A photograph tells where it was taken, when and by which telephone. That
 * goes at the desk, before anything is sent: of a JPEG (ITU-T T.81) or a PNG
 * (RFC 2083) only what draws the picture stays, byte for byte; nothing is
 * encoded anew.
 *
 *   JPEG  kept: tables, frames, scans, JFIF, ICC profiles, Adobe's colour
 *         transform. Gone: every other APPn (EXIF, XMP, IPTC, MPF), comments,
 *         what lies behind the end. Of EXIF the orientation comes back, alone.
 *   PNG   kept: what draws, and its colours. Gone: every other ancillary
 *         chunk (eXIf, tEXt, zTXt, iTXt, tIME), what lies behind the end.
 */
#ifndef CLIENT_STRIP_H
#define CLIENT_STRIP_H

#include "base/buf.h"

/* Does this segment of a JPEG draw? body: behind its length. -1: there is no
 * such marker before a segment. */
int strip_draws(uint8_t marker, const uint8_t *body, size_t n);

/* By its first bytes, and nothing else. */
int strip_is_picture(const void *p, size_t n);
/*
 * The picture without that, appended to out: what was clean is the same bytes.
 * ERR_REFUSED tag "picture-malformed": what is kept could not be told from
 * what goes.
 */
int strip_picture(const void *p, size_t n, struct buf *out, struct err *e)
    NODISCARD;
/*
 * Turn a picture that strip_picture left by so many quarters to the right: of
 * a JPEG the orientation alone changes (EXIF 2.32, 4.6.4), and nothing is
 * encoded anew. ERR_REFUSED tag "picture-turn": it is none.
 */
int strip_turn(struct buf *picture, unsigned turns, struct err *e) NODISCARD;

#endif
