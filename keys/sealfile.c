#include "keys/sealfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define STEP (16 * SEAL_CHUNK) /* sealed bytes moved at a time */
#define TEMP_MAX 128	       /* bytes of a temporary name */

/* Move the text out of the buffer into its place in *out. */
static int
take_text(struct buf *text, struct secret *out, size_t *at, struct err *e)
{
	if (text->len > out->len - *at)
		return err_set(e, ERR_INTEGRITY, "more text than the length");
	if (text->len > 0)
		memcpy(out->p + *at, text->p, text->len);
	*at += text->len;
	buf_reset(text);
	return 0;
}

static int
open_text(
    int fd, uint64_t size, struct opener *o, struct secret *out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf sealed = { 0 };
	size_t at = 0, n;
	uint64_t done;
	int r;

	if ((r = buf_reserve(&sealed, STEP, e)) < 0 ||
	    (r = buf_reserve(&text, STEP + SEAL_CHUNK, e)) < 0)
		return r;
	for (done = 0; done < size; done += n) {
		n = size - done < STEP ? (size_t)(size - done) : STEP;
		if ((r = fd_pread_all(fd, sealed.p, n, done, e)) < 0 ||
		    (r = opener_write(o, sealed.p, n, &text, e)) < 0 ||
		    (r = take_text(&text, out, &at, e)) < 0)
			return r;
	}
	if ((r = opener_finish(o, &text, e)) < 0 ||
	    (r = take_text(&text, out, &at, e)) < 0)
		return r;
	if (at != out->len)
		return err_set(e, ERR_INTEGRITY, "less text than the length");
	return 0;
}

static int
open_named(int dir, const char *name, int *fd, uint64_t *size, struct err *e)
{
	struct stat st;
	int got =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (got < 0)
		return err_sys(
		    e, errno == ENOENT ? ERR_INCOMPLETE : ERR_IO, "%s", name);
	*fd = got;
	if (fstat(got, &st) < 0)
		return err_sys(e, ERR_IO, "%s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a file", name);
	*size = (uint64_t)st.st_size;
	return 0;
}

int
sealfile_load(int dir, const char *name, const uint8_t key[32],
    const struct seal_context *c, uint64_t max, struct secret *out,
    struct err *e)
{
	AUTO(secret_done) struct secret got = { 0 };
	AUTO(opener_freep) struct opener *o = NULL;
	AUTO(fd_closep) int fd = -1;
	uint64_t size = 0, text;
	int r;

	if ((r = open_named(dir, name, &fd, &size, e)) < 0)
		return r;
	if ((r = seal_text_length(size, &text, e)) < 0)
		return err_wrap(e, "%s", name);
	if (text > max)
		return err_set(e, ERR_TOO_LARGE, "%s: too large", name);
	if ((r = secret_init(&got, (size_t)text, e)) < 0 ||
	    (r = opener_new(key, c, &o, e)) < 0)
		return r;
	if ((r = open_text(fd, size, o, &got, e)) < 0)
		return err_wrap(e, "%s", name);
	secret_move(out, &got);
	return 0;
}

/* Append what the sealer put out to the file. */
static int
drain(int fd, struct buf *sealed, struct err *e)
{
	int r = fd_write_all(fd, sealed->p, sealed->len, e);

	buf_reset(sealed);
	return r;
}

static int
seal_text(int fd, struct sealer *s, struct buf *sealed, const uint8_t *p,
    size_t n, struct err *e)
{
	size_t done, k;
	int r;

	for (done = 0; done < n; done += k) {
		k = n - done < STEP ? n - done : STEP;
		if ((r = sealer_write(s, p + done, k, sealed, e)) < 0 ||
		    (r = drain(fd, sealed, e)) < 0)
			return r;
	}
	if ((r = sealer_finish(s, sealed, e)) < 0 ||
	    (r = drain(fd, sealed, e)) < 0)
		return r;
	if (fsync(fd) < 0)
		return err_sys(e, ERR_IO, "fsync");
	return 0;
}

static int
write_new(int dir, const char *temp, const uint8_t key[32],
    const struct seal_context *c, const void *p, size_t n, struct err *e)
{
	AUTO(sealer_freep) struct sealer *s = NULL;
	AUTO(buf_done) struct buf sealed = { 0 };
	AUTO(fd_closep) int fd = -1;
	int r;

	/* A leftover under this name is swept at start: none is expected. */
	fd = openat(dir, temp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, ERR_IO, "%s", temp);
	if ((r = sealer_new(key, c, &sealed, &s, e)) < 0)
		return r;
	return seal_text(fd, s, &sealed, p, n, e);
}

int
sealfile_save(int dir, const char *name, const uint8_t key[32],
    const struct seal_context *c, const void *p, size_t n, struct err *e)
{
	char temp[TEMP_MAX];
	int r;

	snprintf(temp, sizeof(temp), ".tmp-%s", name);
	r = write_new(dir, temp, key, c, p, n, e);
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = err_sys(e, ERR_IO, "%s", name);
	if (r < 0) {
		(void)!unlinkat(dir, temp, 0);
		return err_wrap(e, "%s", name);
	}
	return dir_sync(dir, ".", e);
}
