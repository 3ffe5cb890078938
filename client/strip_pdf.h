/*
 * A scan made by a telephone is often a PDF with its photographs inside, which
 * still tell where they were taken. That goes at the desk, in place: each byte
 * stays where it was (cross-references and signatures of other files hold),
 * and what tells becomes zeros or spaces.
 *
 *   pictures  of a stream that is a JPEG as it stands (/DCTDecode alone; found
 *             by its first bytes): the content of every segment that does not
 *             draw (strip.h), and what lies behind its end;
 *   XMP       of a packet in UTF-8 as it stands (XMP part 1, 7.3): the values
 *             of what names a place: GPS…, City, Location and their like.
 *
 * What is compressed or encrypted is not seen. Pure.
 */
#ifndef CLIENT_STRIP_PDF_H
#define CLIENT_STRIP_PDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* By its first bytes. */
int strip_is_pdf(const void *p, size_t n);
/* Does it have the name /ByteRange anywhere, escaped or not (ISO 32000-1,
 * 7.3.5)? Then somebody signed its bytes. */
int strip_pdf_is_signed(const void *p, size_t n);
/*
 * *changed: so many bytes became others. ERR_REFUSED tag "pdf-place": a
 * picture's details are there and cannot be told from the picture; p may
 * have changed.
 */
int strip_pdf(uint8_t *p, size_t n, size_t *changed, struct err *e) NODISCARD;

#endif
