#include "daemon/store/sink.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

int
sink_open(struct sink *k, int dirfd, const char *path, struct err *e)
{
	k->fd = -1;
	k->sha1 = NULL;
	k->len = 0;
	k->fd = openat(dirfd, path,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (k->fd < 0)
		return err_sys(e, ERR_IO, "%s", path);
	return digest_new(DIGEST_SHA1, &k->sha1, e);
}

static int
flush(struct sink *k, struct err *e)
{
	int r;

	if ((r = digest_add(k->sha1, k->room, k->len, e)) < 0 ||
	    (r = fd_write_all(k->fd, k->room, k->len, e)) < 0)
		return r;
	k->len = 0;
	return 0;
}

int
sink_add(struct sink *k, const void *bytes, size_t n, struct err *e)
{
	const uint8_t *p = bytes;
	size_t step;
	int r;

	while (n > 0) {
		if (k->len == SINK_ROOM && (r = flush(k, e)) < 0)
			return r;
		step = SINK_ROOM - k->len < n ? SINK_ROOM - k->len : n;
		memcpy(k->room + k->len, p, step);
		k->len += step;
		p += step;
		n -= step;
	}
	return 0;
}

int
sink_add_u32(struct sink *k, uint32_t v, struct err *e)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	return sink_add(k, b, sizeof(b), e);
}

int
sink_sha1(struct sink *k, uint8_t out[SHA1_LEN], struct err *e)
{
	int r;

	if ((r = flush(k, e)) < 0)
		return r;
	return digest_peek(k->sha1, out, e);
}

int
sink_sync(struct sink *k, struct err *e)
{
	int r;

	if ((r = flush(k, e)) < 0)
		return r;
	if (fsync(k->fd) < 0)
		return err_sys(e, ERR_IO, "fsync");
	return 0;
}

void
sink_done(struct sink *k)
{
	fd_closep(&k->fd);
	digest_freep(&k->sha1);
}
