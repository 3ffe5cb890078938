#include "daemon/inspect/container.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "daemon/inspect/sniff.h"

#define HEAD_LEN 30  /* local file header (4.3.7) */
#define ENTRY_LEN 46 /* central directory header (4.3.12) */
#define END_LEN 22   /* end of central directory (4.3.16) */
#define SIZE_MAX32 0xfffffffeU

#define FLAG_LEVEL 0x0006 /* how hard deflate tried */
#define FLAG_LATER 0x0008 /* sizes come after the data */
#define FLAG_UTF8 0x0800  /* so the name is written */
#define VERSION_MAX 20	  /* 2.0: deflate, folders; no ZIP64, no cipher */

#define MIMETYPE "mimetype"
#define META "META-INF/"
#define COMMENT "mimetype=" /* EN 319 162-1, A.1 */

/* --- names ----------------------------------------------------------------
 */

static int
is_control(const unsigned char *p)
{
	if (*p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
		return 1;
	/* Those that turn the direction of writing, or are not seen. */
	if (p[0] == 0xe2 && p[1] == 0x80)
		return (p[2] >= 0x8b && p[2] <= 0x8f) ||
		       (p[2] >= 0xa8 && p[2] <= 0xae);
	if (p[0] == 0xe2 && p[1] == 0x81)
		return p[2] >= 0xa0 && p[2] <= 0xaf;
	return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf;
}

/* Components of a path: none empty (but the last of a folder), . or .. */
static int
is_plain_path(const char *name)
{
	const char *end;
	size_t n;

	for (;; name = end + 1) {
		end = strchr(name, '/');
		n = end != NULL ? (size_t)(end - name) : strlen(name);
		if (n == 0 || (n == 1 && name[0] == '.') ||
		    (n == 2 && name[0] == '.' && name[1] == '.'))
			return 0;
		if (end == NULL || end[1] == '\0')
			return 1;
	}
}

/* A name that means the same to every reader, and to the eye. */
static int
take_name(const uint8_t *p, size_t n, unsigned flags, char *out)
{
	size_t i;

	if (n == 0 || n > CONTAINER_NAME_MAX || memchr(p, '\0', n) != NULL ||
	    memchr(p, '\\', n) != NULL || memchr(p, ':', n) != NULL ||
	    !utf8_is_valid(p, n))
		return 0;
	memcpy(out, p, n);
	out[n] = '\0';
	for (i = 0; i < n; i++) {
		if (is_control((const unsigned char *)out + i))
			return 0;
		/* Without the flag it would be in some other alphabet. */
		if ((p[i] & 0x80) != 0 && (flags & FLAG_UTF8) == 0)
			return 0;
	}
	return is_plain_path(out);
}

static int
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

enum container_role
container_role_of(const char *name)
{
	const size_t meta = sizeof(META) - 1;

	if (strcmp(name, MIMETYPE) == 0)
		return ROLE_MIMETYPE;
	/* Also what another reader could take for one of these. */
	if (strcasecmp(name, MIMETYPE) == 0 ||
	    (strncasecmp(name, META, meta) == 0 &&
		strncmp(name, META, meta) != 0))
		return ROLE_OTHER;
	if (ends_with(name, "/"))
		return ROLE_FOLDER;
	if (strncmp(name, META, meta) != 0)
		return ROLE_DATA;
	name += meta;
	if (strchr(name, '/') != NULL)
		return ROLE_OTHER;
	if (ends_with(name, ".p7s") && strstr(name, "signature") != NULL)
		return ROLE_SIGNATURE;
	if (ends_with(name, ".tst") && strstr(name, "timestamp") != NULL)
		return ROLE_STAMP;
	if (!ends_with(name, ".xml"))
		return ROLE_OTHER;
	if (strncmp(name, "ASiCManifest", 12) == 0)
		return ROLE_MANIFEST;
	if (strncmp(name, "ASiCArchiveManifest", 19) == 0)
		return ROLE_ARCHIVE;
	return strstr(name, "signatures") != NULL ? ROLE_XML : ROLE_OTHER;
}

/* --- one member -----------------------------------------------------------
 */

/*
 * Extra fields that change nothing of what a member is: times, owners, the
 * mark of Java. ZIP64, ciphers and a second name are none of them.
 */
static int
extra_is_harmless(const uint8_t *p, size_t n)
{
	static const uint16_t known[] = { 0x000a, 0x5455, 0x5855, 0x7855,
		0x7875, 0xcafe };
	size_t i, len;

	while (n > 0) {
		if (n < 4 || (len = sniff_le16(p + 2)) > n - 4)
			return 0;
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (known[i] == sniff_le16(p))
				break;
		if (i == sizeof(known) / sizeof(known[0]))
			return 0;
		p += 4 + len;
		n -= 4 + len;
	}
	return 1;
}

size_t
container_entry_len(const uint8_t *file, uint64_t size, uint32_t at)
{
	size_t len;

	if (at > size || size - at < ENTRY_LEN ||
	    memcmp(file + at, "PK\1\2", 4) != 0)
		return 0;
	len = ENTRY_LEN + (size_t)sniff_le16(file + at + 28) +
	      sniff_le16(file + at + 30) + sniff_le16(file + at + 32);
	return len <= size - at ? len : 0;
}

static const char *
read_entry(
    const uint8_t *file, uint64_t size, uint32_t at, struct container_member *m)
{
	const uint8_t *p = file + at;
	unsigned flags, method, name;

	if (container_entry_len(file, size, at) == 0)
		return CONTAINER_UNSOUND;
	flags = sniff_le16(p + 8);
	method = sniff_le16(p + 10);
	name = sniff_le16(p + 28);
	*m = (struct container_member){ .head = sniff_le32(p + 42),
		.entry = at,
		.packed = sniff_le32(p + 20),
		.size = sniff_le32(p + 24),
		.crc = sniff_le32(p + 16),
		.is_deflated = method == 8 };
	/* No cipher, no patches, no other method, one disk, no comment. */
	if ((flags & ~(unsigned)(FLAG_LEVEL | FLAG_LATER | FLAG_UTF8)) != 0 ||
	    (method != 0 && method != 8) || sniff_le16(p + 6) > VERSION_MAX ||
	    sniff_le16(p + 32) != 0 || sniff_le16(p + 34) != 0 ||
	    m->packed > SIZE_MAX32 || m->size > SIZE_MAX32 ||
	    m->head > SIZE_MAX32 ||
	    !extra_is_harmless(p + ENTRY_LEN + name, sniff_le16(p + 30)))
		return CONTAINER_UNSUPPORTED;
	if (m->size > CONTAINER_MEMBER_MAX)
		return CONTAINER_TOO_LARGE;
	if (!m->is_deflated && m->packed != m->size)
		return CONTAINER_UNSOUND;
	/* Of stored bytes nothing says where they end, to who reads on. */
	if (!m->is_deflated && (flags & FLAG_LATER) != 0)
		return CONTAINER_UNSUPPORTED;
	return take_name(p + ENTRY_LEN, name, flags, m->name)
		   ? NULL
		   : CONTAINER_UNSOUND;
}

/* A value in the local header: as in the entry, or 0 where it comes later. */
static int
agrees(const uint8_t *p, uint32_t value, unsigned flags)
{
	uint32_t local = sniff_le32(p);

	return local == value || ((flags & FLAG_LATER) != 0 && local == 0);
}

/* The local header, which must say what the entry says. */
static const char *
read_head(const uint8_t *file, uint64_t size, struct container_member *m)
{
	const uint8_t *p = file + m->head, *entry = file + m->entry;
	size_t name = strlen(m->name), extra;
	unsigned flags = sniff_le16(entry + 8);

	if (m->head > size || size - m->head < HEAD_LEN + name ||
	    memcmp(p, "PK\3\4", 4) != 0)
		return CONTAINER_UNSOUND;
	/* Version needed, flags, method, time and date stand in one row. */
	if (memcmp(p + 4, entry + 6, 10) != 0 ||
	    !agrees(p + 14, m->crc, flags) ||
	    !agrees(p + 18, m->packed, flags) ||
	    !agrees(p + 22, m->size, flags) || sniff_le16(p + 26) != name ||
	    memcmp(p + HEAD_LEN, m->name, name) != 0)
		return CONTAINER_UNSOUND;
	extra = sniff_le16(p + 28);
	if (extra > size - m->head - HEAD_LEN - name ||
	    m->packed > size - m->head - HEAD_LEN - name - extra)
		return CONTAINER_UNSOUND;
	if (!extra_is_harmless(p + HEAD_LEN + name, extra))
		return CONTAINER_UNSUPPORTED;
	m->at = m->head + (uint32_t)(HEAD_LEN + name + extra);
	return NULL;
}

/*
 * What stands between the data of m and the next place: nothing, or the sizes
 * that came later (4.3.9), with their mark or without.
 */
static int
ends_at(const uint8_t *file, const struct container_member *m, uint64_t next)
{
	unsigned flags = sniff_le16(file + m->entry + 8);
	uint64_t end = (uint64_t)m->at + m->packed;
	const uint8_t *p = file + end;

	if (end > next)
		return 0;
	if ((flags & FLAG_LATER) == 0)
		return end == next;
	if (next - end == 16 && memcmp(p, "PK\7\10", 4) == 0)
		p += 4;
	else if (next - end != 12)
		return 0;
	return sniff_le32(p) == m->crc && sniff_le32(p + 4) == m->packed &&
	       sniff_le32(p + 8) == m->size;
}

/* A folder has no bytes; deflated, nothing is these two. */
static int
folder_is_empty(const uint8_t *file, const struct container_member *m)
{
	if (m->name[strlen(m->name) - 1] != '/')
		return 1;
	return m->size == 0 &&
	       (!m->is_deflated ||
		   (m->packed == 2 && memcmp(file + m->at, "\3\0", 2) == 0));
}

static const char *
read_member(const uint8_t *file, uint64_t size, uint32_t entry,
    struct container_member *m)
{
	const char *fault = read_entry(file, size, entry, m);

	if (fault == NULL)
		fault = read_head(file, size, m);
	if (fault == NULL && !folder_is_empty(file, m))
		fault = CONTAINER_UNSOUND;
	return fault;
}

/* --- the whole ------------------------------------------------------------
 */

/* The comment is none, or says the type once more. */
static int
comment_is_known(const uint8_t *p, size_t n)
{
	static const char *const types[] = { COMMENT
		"application/vnd.etsi.asic-s+zip",
		COMMENT "application/vnd.etsi.asic-e+zip" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (n == strlen(types[i]) && memcmp(p, types[i], n) == 0)
			return 1;
	return n == 0;
}

/* The end record at `at`, of n entries that begin at `from`. */
static const char *
check_end(
    const uint8_t *file, uint64_t size, uint64_t at, uint32_t from, size_t n)
{
	const uint8_t *p = file + at;

	if (at > size || size - at < END_LEN || memcmp(p, "PK\5\6", 4) != 0 ||
	    sniff_le16(p + 4) != 0 || sniff_le16(p + 6) != 0 ||
	    sniff_le16(p + 8) != n || sniff_le16(p + 10) != n ||
	    sniff_le32(p + 12) != at - from || sniff_le32(p + 16) != from ||
	    sniff_le16(p + 20) != size - at - END_LEN)
		return CONTAINER_UNSOUND;
	return comment_is_known(p + END_LEN, (size_t)(size - at - END_LEN))
		   ? NULL
		   : CONTAINER_UNSUPPORTED;
}

/* No two that a reader could take for one, whatever it thinks of case. */
static int
names_differ(const struct container_member *m, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (strcasecmp(m[i].name, m[k].name) == 0)
				return 0;
	return 1;
}

static const char *
check_places(const uint8_t *file, uint64_t size,
    const struct container_member *m, size_t n)
{
	uint64_t next = 0;
	size_t i;

	if (m[0].head != 0)
		return CONTAINER_UNSOUND;
	for (i = 0; i < n; i++) {
		next = i + 1 < n ? m[i + 1].head : m[0].entry;
		if (!ends_at(file, &m[i], next))
			return CONTAINER_UNSOUND;
		next = m[i].entry + container_entry_len(file, size, m[i].entry);
		if (i + 1 < n && m[i + 1].entry != next)
			return CONTAINER_UNSOUND;
	}
	return check_end(file, size, next, m[0].entry, n);
}

const char *
container_check(const uint8_t *file, uint64_t size, const uint32_t *entries,
    size_t n, struct container_member *out)
{
	const char *fault;
	uint64_t total = 0;
	size_t i;

	if (size > SIZE_MAX32 || n > CONTAINER_MEMBERS_MAX)
		return CONTAINER_TOO_LARGE;
	if (n == 0)
		return CONTAINER_UNSOUND;
	for (i = 0; i < n; i++) {
		if ((fault = read_member(file, size, entries[i], &out[i])) !=
		    NULL)
			return fault;
		total += out[i].size;
	}
	if (total > CONTAINER_TOTAL_MAX)
		return CONTAINER_TOO_LARGE;
	if (!names_differ(out, n))
		return CONTAINER_UNSOUND;
	return check_places(file, size, out, n);
}

uint32_t
container_crc(const uint8_t *p, size_t n)
{
	uint32_t table[256], c, i, k;

	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c >> 1 ^ ((c & 1) != 0 ? 0xedb88320U : 0);
		table[i] = c;
	}
	for (c = 0xffffffffU; n > 0; n--)
		c = c >> 8 ^ table[(c ^ *p++) & 0xff];
	return ~c;
}
