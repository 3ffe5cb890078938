#include "keys/head.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rw.h"

#define PLACE 4096 /* bytes between the two places: never one sector */
#define MAGIC_LEN 8
#define BODY_LEN (MAGIC_LEN + 8 + 8 + HASH_LEN)
#define RECORD_LEN (BODY_LEN + SHA256_LEN)

static const char head_name[] = "head";
static const uint8_t magic[MAGIC_LEN] = "sceauH1";

static int
record_encode(const struct head *h, uint8_t out[RECORD_LEN], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;
	int r;

	wr_init(&w, &b);
	wr_bytes(&w, magic, MAGIC_LEN);
	wr_u64(&w, h->turn);
	wr_u64(&w, h->size);
	wr_bytes(&w, h->root.b, HASH_LEN);
	if ((r = wr_end(&w, e)) < 0)
		return r;
	memcpy(out, b.p, BODY_LEN);
	return digest_of(DIGEST_SHA256, out, BODY_LEN, out + BODY_LEN, e);
}

/* 1 when it is a whole record, 0 when not. */
static int
record_decode(const uint8_t in[RECORD_LEN], struct head *h)
{
	uint8_t sum[SHA256_LEN], start[MAGIC_LEN];
	struct rd r;

	if (digest_of(DIGEST_SHA256, in, BODY_LEN, sum, NULL) < 0 ||
	    memcmp(sum, in + BODY_LEN, SHA256_LEN) != 0)
		return 0;
	rd_init(&r, in, BODY_LEN);
	rd_bytes(&r, start, MAGIC_LEN);
	h->turn = rd_u64(&r);
	h->size = rd_u64(&r);
	rd_bytes(&r, h->root.b, HASH_LEN);
	return !r.bad && memcmp(start, magic, MAGIC_LEN) == 0;
}

int
head_create(int dir, struct err *e)
{
	uint8_t file[2 * PLACE] = { 0 };
	struct head none = { .turn = 1 };
	int r;

	if ((r = record_encode(&none, file + PLACE, e)) < 0)
		return r;
	return file_write(dir, head_name, file, sizeof(file), 0600, e);
}

int
head_open(int dir, struct head *h, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	uint8_t file[2 * PLACE];
	struct head place[2] = { { .turn = 0 } };
	int whole[2], best, i, r;

	fd = openat(dir, head_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(
		    e, errno == ENOENT ? ERR_INCOMPLETE : ERR_IO, "keys/head");
	if ((r = fd_pread_all(fd, file, sizeof(file), 0, e)) < 0)
		return err_wrap(e, "keys/head");
	for (i = 0; i < 2; i++)
		whole[i] = record_decode(file + i * PLACE, &place[i]);
	/* Never begin at nothing: the next head could then be any. */
	if (!whole[0] && !whole[1])
		return err_set(e, ERR_INTEGRITY, "keys/head: no head in it");
	best = !whole[0] || (whole[1] && place[1].turn > place[0].turn);
	*h = place[best];
	h->fd = fd;
	fd = -1;
	return 0;
}

void
head_close(struct head *h)
{
	if (h->fd > 0)
		close(h->fd);
	h->fd = -1;
}

int
head_check(const struct head *h, uint64_t size, const struct hash *root,
    const struct head_proof *proof, struct err *e)
{
	if (size == 0)
		return err_set(e, ERR_INVALID, "the head of an empty log");
	if (size < h->size)
		return err_set(e, ERR_INCONSISTENT,
		    "a head of size %" PRIu64 " was signed, %" PRIu64
		    " is smaller",
		    h->size, size);
	if (size == h->size || h->size == 0) {
		if (proof->n != 0)
			return err_set(
			    e, ERR_INVALID, "a proof where none belongs");
		if (size == h->size &&
		    memcmp(root->b, h->root.b, HASH_LEN) != 0)
			return err_set(e, ERR_INCONSISTENT,
			    "another head of size %" PRIu64 " was signed",
			    size);
		return 0;
	}
	if (merkle_check_consistency(
		h->size, &h->root, size, root, proof->hash, proof->n, e) < 0)
		return err_set(e, ERR_INCONSISTENT,
		    "the head of size %" PRIu64
		    " does not extend that of size %" PRIu64,
		    size, h->size);
	return 0;
}

/* The record into the place that its turn says, on disk. */
static int
record_write(const struct head *h, struct err *e)
{
	off_t at = (off_t)(h->turn % 2) * PLACE;
	uint8_t record[RECORD_LEN];
	size_t done = 0;
	ssize_t n;
	int r;

	if ((r = record_encode(h, record, e)) < 0)
		return r;
	while (done < RECORD_LEN) {
		n = pwrite(
		    h->fd, record + done, RECORD_LEN - done, at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(e, ERR_IO, "keys/head");
		done += (size_t)n;
	}
	if (fdatasync(h->fd) < 0)
		return err_sys(e, ERR_IO, "keys/head: sync");
	return 0;
}

int
head_advance(struct head *h, uint64_t size, const struct hash *root,
    const struct head_proof *proof, struct err *e)
{
	struct head next = *h;
	int r;

	if ((r = head_check(h, size, root, proof, e)) < 0)
		return r;
	if (size == h->size)
		return 0;
	next.turn++;
	next.size = size;
	next.root = *root;
	if ((r = record_write(&next, e)) < 0)
		return r;
	*h = next;
	return 0;
}
