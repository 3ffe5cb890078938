#include <string.h>

#include "daemon/inspect/sniff.h"

#define END_LEN 22 /* end of central directory (APPNOTE 4.3.16) */
#define COMMENT_MAX 65535
#define ENTRY_LEN 46	/* central directory header (APPNOTE 4.3.12) */
#define MIMETYPE_MAX 80 /* bytes of an ODF or ASiC mimetype */

static const char *const accept_zip[] = { "application/zip",
	"application/java-archive", NULL };
#define OOXML "application/vnd.openxmlformats-officedocument."
#define ODF "application/vnd.oasis.opendocument."

static const struct {
	const char *folder; /* of an OOXML package */
	const char *media;
	const char *accept[3];
} packages[] = {
	{ "word/", OOXML "wordprocessingml.document",
	    { OOXML "wordprocessingml.document", "application/zip" } },
	{ "xl/", OOXML "spreadsheetml.sheet",
	    { OOXML "spreadsheetml.sheet", "application/zip" } },
	{ "ppt/", OOXML "presentationml.presentation",
	    { OOXML "presentationml.presentation", "application/zip" } },
};
/* Containers that name their type in a first, stored entry "mimetype". */
static const struct {
	const char *media;
	const char *accept[3];
} declared[] = {
	{ ODF "text", { ODF "text", "application/zip" } },
	{ ODF "spreadsheet", { ODF "spreadsheet", "application/zip" } },
	{ ODF "presentation", { ODF "presentation", "application/zip" } },
	{ "application/vnd.etsi.asic-e+zip",
	    { "application/zip", "application/vnd.etsi.asic-e+zip" } },
	{ "application/vnd.etsi.asic-s+zip",
	    { "application/zip", "application/vnd.etsi.asic-s+zip" } },
	{ "application/epub+zip", { "application/epub+zip" } },
};

size_t
sniff_zip_end(const uint8_t *p, size_t n)
{
	const uint8_t *at;
	size_t first = 0, end;

	if (n < END_LEN)
		return n;
	if (n > END_LEN + COMMENT_MAX)
		first = n - END_LEN - COMMENT_MAX;
	for (end = n - END_LEN + 1; end > first; end = (size_t)(at - p)) {
		at = memrchr(p + first, 'P', end - first);
		if (at == NULL)
			break;
		if (memcmp(at, "PK\5\6", 4) == 0)
			return (size_t)(at - p);
	}
	return n;
}

/* What the names of the entries say. */
struct names {
	int content_types, macro, package; /* package: an index, or -1 */
};

static int
has_suffix(const uint8_t *name, size_t len, const char *suffix)
{
	size_t k = strlen(suffix);

	return len >= k &&
	       strncasecmp((const char *)name + len - k, suffix, k) == 0;
}

static int
has_prefix(const uint8_t *name, size_t len, const char *prefix)
{
	size_t k = strlen(prefix);

	return len >= k && memcmp(name, prefix, k) == 0;
}

static void
read_name(const uint8_t *name, size_t len, struct names *out)
{
	size_t i;

	if (len == 19 && memcmp(name, "[Content_Types].xml", 19) == 0)
		out->content_types = 1;
	/* Macros of Office, of Excel 4 sheets, of OpenDocument. */
	if (has_suffix(name, len, "vbaProject.bin") ||
	    has_suffix(name, len, "vbaData.xml") ||
	    has_prefix(name, len, "xl/macrosheets/") ||
	    has_prefix(name, len, "Basic/") ||
	    has_prefix(name, len, "Scripts/"))
		out->macro = 1;
	for (i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (has_prefix(name, len, packages[i].folder))
			out->package = (int)i;
}

/*
 * Walk the central directory, which must fill [from, to) exactly: 1, else 0.
 * A name without a place in the directory is not there for any reader.
 */
static int
read_names(const uint8_t *p, size_t from, size_t to, struct names *out)
{
	size_t at = from, name, more;

	while (at < to) {
		if (to - at < ENTRY_LEN || memcmp(p + at, "PK\1\2", 4) != 0)
			return 0;
		name = sniff_le16(p + at + 28);
		more = name + sniff_le16(p + at + 30) + sniff_le16(p + at + 32);
		if (more > to - at - ENTRY_LEN)
			return 0;
		read_name(p + at + ENTRY_LEN, name, out);
		at += ENTRY_LEN + more;
	}
	return 1;
}

/* The media type that a first entry "mimetype" declares: an index, or -1. */
static int
read_declared(const uint8_t *p, size_t n)
{
	size_t i, len, skip;

	if (n < 38 || sniff_le16(p + 8) != 0 || sniff_le16(p + 26) != 8 ||
	    memcmp(p + 30, "mimetype", 8) != 0)
		return -1;
	len = sniff_le32(p + 22);
	skip = 38 + (size_t)sniff_le16(p + 28);
	if (len > MIMETYPE_MAX || skip > n || len > n - skip)
		return -1;
	for (i = 0; i < sizeof(declared) / sizeof(declared[0]); i++)
		if (strlen(declared[i].media) == len &&
		    memcmp(p + skip, declared[i].media, len) == 0)
			return (int)i;
	return -1;
}

/* The directory must end the file, as its own record says. */
static void
judge_whole(const uint8_t *p, size_t n, struct sniff *s)
{
	struct names names = { .package = -1 };
	size_t end = sniff_zip_end(p, n);
	uint32_t size, from;
	int i = read_declared(p, n);

	if (end == n) {
		sniff_refuse(s, "truncated");
		return;
	}
	size = sniff_le32(p + end + 12);
	from = sniff_le32(p + end + 16);
	if (n - end - END_LEN != sniff_le16(p + end + 20)) {
		sniff_refuse(s, "trailing-data");
		return;
	}
	/* Several disks, ZIP64 and gaps in front end here too. */
	if ((uint64_t)from + size != end || !read_names(p, from, end, &names)) {
		sniff_refuse(s, "directory-unsound");
		return;
	}
	if (i >= 0) {
		s->media = declared[i].media;
		s->accept = declared[i].accept;
	} else if (names.content_types && names.package >= 0) {
		s->media = packages[names.package].media;
		s->accept = packages[names.package].accept;
	}
	if (names.macro)
		sniff_refuse(s, "macros");
}

int
sniff_zip(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	if (n < 4 ||
	    (memcmp(p, "PK\3\4", 4) != 0 && memcmp(p, "PK\5\6", 4) != 0))
		return 0;
	*s = (struct sniff){ .media = "application/zip", .accept = accept_zip };
	if (whole)
		judge_whole(p, n, s);
	else
		sniff_refuse(s, "too-large-to-inspect");
	return 1;
}
