#include "client/pack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/cli.h"

#define BLOCK 512
#define TOP "copie/" /* what a tar unpacks into */

/* --- ustar (POSIX.1-2017, pax: "ustar Interchange Format") -----------------
 */

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12],
	    checksum[8], type, link[100], magic[6], version[2], user[32],
	    group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a block");

/* Octal digits and a zero byte; what does not fit was refused before. */
static void
octal(char *out, size_t size, uint64_t v)
{
	size_t i = size - 1;

	out[i] = '\0';
	while (i-- > 0) {
		out[i] = (char)('0' + (v & 7));
		v >>= 3;
	}
}

static int
write_header(struct pack *p, struct err *e)
{
	struct ustar h = { .type = '0' };
	const unsigned char *b = (const unsigned char *)&h;
	unsigned sum = 0;
	size_t i;

	memcpy(h.prefix, TOP, strlen(TOP) - 1);
	memcpy(h.name, p->name, strlen(p->name));
	octal(h.mode, sizeof(h.mode), 0600);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), p->size);
	octal(h.mtime, sizeof(h.mtime), (uint64_t)p->now);
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (i = 0; i < sizeof(h); i++)
		sum += b[i];
	octal(h.checksum, sizeof(h.checksum) - 1, sum);
	return fd_write_all(p->fd, &h, sizeof(h), e);
}

/* Zeros up to the next block; and blocks more. */
static int
pad(struct pack *p, uint64_t size, size_t blocks, struct err *e)
{
	static const char zeros[3 * BLOCK];
	size_t n = (size_t)(BLOCK - size % BLOCK) % BLOCK + blocks * BLOCK;

	return fd_write_all(p->tar.fd, zeros, n, e);
}

/* --- files ---------------------------------------------------------------- */

static int
ends_with_tar(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".tar") == 0;
}

int
pack_begin(struct pack *p, const char *path, int64_t now, struct err *e)
{
	*p = (struct pack){ .fd = -1, .tar.fd = -1, .now = now };
	p->is_tar = ends_with_tar(path);
	return p->is_tar ? save_begin(&p->tar, path, 0, e)
			 : folder_begin(&p->folder, path, e);
}

static int
open_in_folder(struct pack *p, struct err *e)
{
	AUTO(mem_freep) char *path = NULL;
	int r;

	if ((r = folder_write(&p->folder, p->name, "", 0, 0600, e)) < 0 ||
	    (r = folder_path(&p->folder, p->name, &path, e)) < 0)
		return r;
	p->fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	return p->fd < 0 ? err_sys(e, ERR_IO, "%s", p->name) : 0;
}

int
pack_open(
    struct pack *p, const char *name, uint64_t size, int *fd, struct err *e)
{
	off_t at;
	int r;

	if (strlen(name) > PACK_NAME_MAX || size > PACK_FILE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "pack-file", "%s", name);
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->size = size;
	if (!p->is_tar) {
		if ((r = open_in_folder(p, e)) < 0)
			return r;
	} else {
		p->fd = p->tar.fd;
		if ((r = write_header(p, e)) < 0)
			return r;
	}
	if ((at = lseek(p->fd, 0, SEEK_CUR)) < 0)
		return err_sys(e, ERR_IO, "%s", name);
	p->start = (uint64_t)at;
	*fd = p->fd;
	return 0;
}

int
pack_close(struct pack *p, const uint8_t sha256[SHA256_LEN], struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	off_t at = lseek(p->fd, 0, SEEK_CUR);
	int r = 0;

	if (at < 0)
		return err_sys(e, ERR_IO, "%s", p->name);
	if ((uint64_t)at - p->start != p->size)
		return err_tag(
		    e, ERR_INTEGRITY, "content-changed", "%s", p->name);
	if (p->is_tar)
		r = pad(p, p->size, 0, e);
	else if (fsync(p->fd) < 0 || close(p->fd) < 0)
		r = err_sys(e, ERR_IO, "%s", p->name);
	p->fd = -1;
	if (r < 0)
		return r;
	hex_format(sha256, SHA256_LEN, hex);
	return buf_addf(&p->sums, e, "%s  %s\n", hex, p->name);
}

/* One that is not in the list: the list itself. */
static int
put(struct pack *p, const char *name, const void *bytes, size_t n,
    struct err *e)
{
	int fd, r;

	if ((r = pack_open(p, name, n, &fd, e)) < 0)
		return r;
	return fd_write_all(fd, bytes, n, e);
}

int
pack_add(struct pack *p, const char *name, const void *bytes, size_t n,
    struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, bytes, n, sha256, e)) < 0 ||
	    (r = put(p, name, bytes, n, e)) < 0)
		return r;
	return pack_close(p, sha256, e);
}

int
pack_commit(struct pack *p, struct err *e)
{
	static const uint8_t none[SHA256_LEN];
	size_t n = p->sums.len;
	int r;

	if ((r = put(p, "SHA256SUMS", p->sums.p, n, e)) < 0 ||
	    (r = pack_close(p, none, e)) < 0)
		return r;
	if (!p->is_tar)
		return folder_commit(&p->folder, 0700, e);
	/* Two blocks of zeros are the end. */
	if ((r = pad(p, 0, 2, e)) < 0)
		return r;
	return save_commit(&p->tar, e);
}

void
pack_done(struct pack *p)
{
	if (!p->is_tar)
		fd_closep(&p->fd);
	p->fd = -1;
	folder_done(&p->folder);
	save_done(&p->tar);
	buf_done(&p->sums);
}
