#include "daemon/inspect/sniff.h"

#include "base/scope.h"

#define PDF_HEADER_WINDOW 1024 /* where readers accept "%PDF-" */
#define PDF_END_WINDOW 1024    /* where "%%EOF" is expected */

void
sniff_refuse(struct sniff *s, const char *reason)
{
	s->refused = 1;
	s->reason = reason;
}

static int
starts(const uint8_t *p, size_t n, const void *with, size_t len)
{
	return n >= len && memcmp(p, with, len) == 0;
}

static int
sniff_pdf(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	static const char *const accept[] = { "application/pdf", NULL };
	size_t tail = n < PDF_END_WINDOW ? n : PDF_END_WINDOW;

	if (n < 8 ||
	    (!starts(p, n, "%PDF-1.", 7) && !starts(p, n, "%PDF-2.", 7)) ||
	    p[7] < '0' || p[7] > '9')
		return 0;
	*s = (struct sniff){ .media = "application/pdf", .accept = accept };
	if (whole && memmem(p + n - tail, tail, "%%EOF", 5) == NULL)
		s->reason = "no-end-marker";
	return 1;
}

/* Formats known by their first bytes; nothing more of them is read. */
static const struct {
	const char *first;
	size_t len;
	const char *media;
	const char *accept[5];
} firsts[] = {
	{ "II*\0", 4, "image/tiff", { "image/tiff" } },
	{ "MM\0*", 4, "image/tiff", { "image/tiff" } },
	{ "GIF87a", 6, "image/gif", { "image/gif" } },
	{ "GIF89a", 6, "image/gif", { "image/gif" } },
	/* Without its CDF parser libmagic has several words for it. */
	{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "application/x-ole-storage",
	    { "application/x-ole-storage", "application/CDFV2",
		"application/msword", "application/octet-stream" } },
	{ "-----BEGIN PKCS7-----", 21, "application/pkcs7-signature",
	    { "text/plain", "application/x-pem-file",
		"application/pkcs7-signature" } },
	{ "-----BEGIN CMS-----", 19, "application/pkcs7-signature",
	    { "text/plain", "application/x-pem-file",
		"application/pkcs7-signature" } },
};

static int
sniff_first(const uint8_t *p, size_t n, struct sniff *s)
{
	size_t i;

	for (i = 0; i < NELEMS(firsts); i++) {
		if (!starts(p, n, firsts[i].first, firsts[i].len))
			continue;
		*s = (struct sniff){ .media = firsts[i].media,
			.accept = firsts[i].accept };
		return 1;
	}
	return 0;
}

/* ContentInfo of RFC 5652: SEQUENCE { signedData, … }, DER or BER. */
static int
sniff_pkcs7(const uint8_t *p, size_t n, struct sniff *s)
{
	static const char *const accept[] = { "application/octet-stream",
		"application/pkcs7-signature", "application/pkcs7-mime", NULL };
	static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x07, 0x02 };
	size_t head;

	if (n < 2 || p[0] != 0x30)
		return 0;
	head = 2 + (p[1] > 0x80 && p[1] <= 0x84 ? (size_t)(p[1] - 0x80) : 0);
	if (n < head || !starts(p + head, n - head, oid, sizeof(oid)))
		return 0;
	*s = (struct sniff){ .media = "application/pkcs7-signature",
		.accept = accept };
	return 1;
}

/*
 * RFC 3161: a query is SEQUENCE { 1, SEQUENCE { SEQUENCE { OID …; a reply is
 * SEQUENCE { SEQUENCE { INTEGER 0 or 1 …. They fill the file.
 */
static int
sniff_stamp(const uint8_t *p, size_t n, struct sniff *s)
{
	static const char *const accept[] = { "application/octet-stream",
		NULL };
	size_t len = 0, head, i;

	if (n < 16 || p[0] != 0x30 || p[1] == 0x80 || p[1] > 0x84)
		return 0;
	head = 2 + (p[1] > 0x80 ? (size_t)(p[1] - 0x80) : 0);
	if (head == 2)
		len = p[1];
	for (i = 2; i < head; i++)
		len = len << 8 | p[i];
	if (len != n - head)
		return 0;
	p += head;
	if (starts(p, n - head, "\x02\x01\x01\x30", 4) && p[5] == 0x30)
		*s = (struct sniff){ .media = "application/timestamp-query",
			.accept = accept };
	else if (p[0] == 0x30 && p[1] < 0x80 &&
		 starts(p + 2, n - head - 2, "\x02\x01", 2) && p[4] <= 1)
		*s = (struct sniff){ .media = "application/timestamp-reply",
			.accept = accept };
	else
		return 0;
	return 1;
}

static void
sniff_format(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	static const char *const nothing[] = { "application/octet-stream",
		NULL };

	if (sniff_pdf(p, n, whole, s) || sniff_png(p, n, whole, s) ||
	    sniff_jpeg(p, n, whole, s) || sniff_webp(p, n, whole, s) ||
	    sniff_boxes(p, n, whole, s) || sniff_zip(p, n, whole, s) ||
	    sniff_first(p, n, s) || sniff_pkcs7(p, n, s) ||
	    sniff_stamp(p, n, s) || sniff_text(p, n, whole, s))
		return;
	*s = (struct sniff){ .media = "application/octet-stream",
		.accept = nothing };
	sniff_refuse(s, "unknown-type");
}

/*
 * One file, two readings: a PDF reader looks for its header further in, a ZIP
 * reader looks for its directory from the end. OLE files may hold either.
 */
static void
refuse_polyglot(const uint8_t *p, size_t n, struct sniff *s)
{
	size_t head = n < PDF_HEADER_WINDOW ? n : PDF_HEADER_WINDOW;
	int is_pdf = strcmp(s->media, "application/pdf") == 0;

	if (strcmp(s->media, "application/x-ole-storage") == 0)
		return;
	if (!is_pdf && memmem(p, head, "%PDF-", 5) != NULL)
		sniff_refuse(s, "pdf-header-not-at-start");
	else if (!starts(p, n, "PK", 2) && sniff_zip_end(p, n) < n)
		sniff_refuse(s, "polyglot-zip");
}

void
sniff_bytes(const uint8_t *p, size_t n, int whole, struct sniff *out)
{
	static const char *const empty[] = { NULL };

	if (n == 0) {
		*out = (struct sniff){ .media = "application/x-empty",
			.accept = empty };
		sniff_refuse(out, "empty");
		return;
	}
	sniff_format(p, n, whole, out);
	if (!out->refused)
		refuse_polyglot(p, n, out);
}

int
sniff_agrees(const struct sniff *s, const char *magic)
{
	const char *const *a;

	for (a = s->accept; *a != NULL; a++)
		if (strcmp(*a, magic) == 0)
			return 1;
	return 0;
}
