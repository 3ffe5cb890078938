#include "client/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/strip.h"
#include "client/strip_pdf.h"

#define BLOCK (256 * 1024)	       /* bytes read at once */
#define SHOWN_FROM (UINT64_C(1) << 20) /* progress of files from this size */
#define ASK_FROM (UINT64_C(4) << 20)   /* ask first what is there */

/* --- the file --------------------------------------------------------- */

static int
hash(struct source *s, struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	AUTO(mem_freep) char *block = malloc(BLOCK);
	ssize_t n;
	int r;

	if (block == NULL)
		return err_set(e, ERR_NOMEM, "file");
	if ((r = digest_new(DIGEST_SHA256, &d, e)) < 0)
		return r;
	s->size = 0;
	while ((n = pread(s->fd, block, BLOCK, (off_t)s->size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "%s", s->path);
		if ((r = digest_add(d, block, (size_t)n, e)) < 0)
			return r;
		s->size += (uint64_t)n;
	}
	return digest_final(d, s->sha256, e);
}

/* All of from into memory, which takes its place. */
static int
into_memory(int *from, const char *path, struct err *e)
{
	AUTO(mem_freep) char *block = malloc(BLOCK);
	AUTO(fd_closep) int fd = -1;
	ssize_t n;
	int r;

	if (block == NULL)
		return err_set(e, ERR_NOMEM, "file");
	if ((r = memfd_new("input", &fd, e)) < 0)
		return r;
	while ((n = read(*from, block, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "%s", path);
		if ((r = fd_write_all(fd, block, (size_t)n, e)) < 0)
			return r;
	}
	fd_closep(from);
	*from = fd;
	fd = -1;
	return 0;
}

int
source_open(struct source *s, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	int r;

	*s = (struct source){ .path = path, .fd = -1 };
	s->name = slash != NULL ? slash + 1 : path;
	if (strcmp(path, "-") == 0)
		s->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0)
		return err_sys(
		    e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", path);
	if (fstat(s->fd, &st) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if (S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
		return err_set(
		    e, ERR_USAGE, "%s: %s", path, _("pas un fichier"));
	if ((!S_ISREG(st.st_mode) || strcmp(path, "-") == 0) &&
	    (r = into_memory(&s->fd, path, e)) < 0)
		return r;
	return hash(s, e);
}

int
source_adopt(struct source *s, const char *name, int fd, struct err *e)
{
	*s = (struct source){ .path = name, .name = name, .fd = -1 };
	if ((s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
		return err_sys(e, ERR_IO, "file");
	return hash(s, e);
}

void
source_done(struct source *s)
{
	fd_closep(&s->fd);
}

/* --- photographs ------------------------------------------------------ */

/* What a file may tell of where it was made, by its first bytes. */
enum sort { SORT_OTHER, SORT_PICTURE, SORT_PDF };

static int
sort_of(const struct source *s, enum sort *out, struct err *e)
{
	uint8_t head[8];
	ssize_t n = pread(s->fd, head, sizeof(head), 0);

	if (n < 0)
		return err_sys(e, ERR_IO, "%s", s->path);
	*out = strip_is_picture(head, (size_t)n) ? SORT_PICTURE
	       : strip_is_pdf(head, (size_t)n)	 ? SORT_PDF
						 : SORT_OTHER;
	return 0;
}

static int
read_whole(const struct source *s, struct buf *whole, struct err *e)
{
	int r;

	if ((r = buf_reserve(whole, (size_t)s->size, e)) < 0 ||
	    (r = fd_pread_all(s->fd, whole->p, (size_t)s->size, 0, e)) < 0)
		return r;
	whole->len = (size_t)s->size;
	return 0;
}

/* These bytes, in anonymous memory, are the file from now on. */
static int
become(struct source *s, const struct buf *bytes, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r;

	if ((r = memfd_new("picture", &fd, e)) < 0 ||
	    (r = fd_write_all(fd, bytes->p, bytes->len, e)) < 0)
		return r;
	fd_closep(&s->fd);
	s->fd = fd;
	fd = -1;
	return hash(s, e);
}

int
source_is_picture(const struct source *s)
{
	uint8_t head[16];
	ssize_t n = pread(s->fd, head, sizeof(head), 0);

	return n > 0 && strip_is_picture(head, (size_t)n);
}

/* The bytes that go, of what was read. */
static int
clean(const struct buf *whole, unsigned turns, struct buf *left, struct err *e)
{
	int r;

	if ((r = strip_picture(whole->p, whole->len, left, e)) < 0)
		return r;
	return strip_turn(left, turns, e);
}

static int
clean_picture(struct source *s, int is_signed, unsigned turns, struct err *e)
{
	AUTO(buf_done) struct buf whole = { 0 }, left = { 0 };
	struct err why = { 0 };
	int r;

	if (s->size > SOURCE_PICTURE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "picture-size", "%s", s->path);
	if ((r = read_whole(s, &whole, e)) < 0)
		return r;
	if ((r = clean(&whole, turns, &left, &why)) == -ERR_NOMEM)
		return err_set(e, ERR_NOMEM, "picture");
	if (r < 0)
		return err_tag(e, ERR_REFUSED, why.tag, "%s", s->path);
	if (left.len == whole.len && memcmp(left.p, whole.p, left.len) == 0)
		return 0;
	if (is_signed)
		return err_tag(e, ERR_REFUSED, "picture-signed", "%s", s->path);
	s->place = SOURCE_PLACE_REMOVED;
	return become(s, &left, e);
}

/* A signature covers the bytes: it is worth more than what they tell. */
static int
clean_pdf(struct source *s, int is_signed, struct err *e)
{
	AUTO(buf_done) struct buf whole = { 0 };
	struct err why = { 0 };
	size_t changed = 0;
	int r;

	if (s->size > SOURCE_PICTURE_MAX) {
		s->place = SOURCE_PLACE_UNSEEN;
		return 0;
	}
	if ((r = read_whole(s, &whole, e)) < 0)
		return r;
	is_signed = is_signed || strip_pdf_is_signed(whole.p, whole.len);
	r = strip_pdf(whole.p, whole.len, &changed, &why);
	if (r == 0 && changed == 0)
		return 0;
	if (is_signed) {
		s->place = SOURCE_PLACE_KEPT;
		return 0;
	}
	if (r < 0)
		return err_tag(e, ERR_REFUSED, why.tag, "%s", s->path);
	s->place = SOURCE_PLACE_REMOVED;
	return become(s, &whole, e);
}

int
source_clean(struct source *s, int is_signed, unsigned turns, struct err *e)
{
	enum sort sort;
	int r;

	if ((r = sort_of(s, &sort, e)) < 0)
		return r;
	if (sort == SORT_PICTURE)
		return clean_picture(s, is_signed, turns, e);
	if (turns % 4 != 0)
		return err_tag(e, ERR_REFUSED, "picture-turn", "%s", s->path);
	return sort == SORT_PDF ? clean_pdf(s, is_signed, e) : 0;
}

static void
tell_pdf(const struct source *s)
{
	if (s->place == SOURCE_PLACE_REMOVED)
		fprintf(stderr,
		    _("%s : lieu, appareil et commentaires effacés des photos "
		      "du PDF ; les pages sont les mêmes, et le reçu prouve "
		      "le fichier ainsi déposé.\n"),
		    s->name);
	else if (s->place == SOURCE_PLACE_KEPT)
		fprintf(stderr,
		    _("Attention, %s : ce PDF est signé, il est déposé tel "
		      "quel ; ses photos ou sa description disent encore le "
		      "lieu, l'appareil ou des commentaires.\n"),
		    s->name);
	else if (s->place == SOURCE_PLACE_UNSEEN)
		fprintf(stderr,
		    _("Attention, %s : ce PDF est trop grand pour que le lieu "
		      "soit cherché dans ses photos ; il est déposé tel "
		      "quel.\n"),
		    s->name);
}

int
source_strip(struct source *s, int is_signed, struct err *e)
{
	uint64_t was = s->size;
	enum sort sort;
	int r;

	if ((r = sort_of(s, &sort, e)) < 0 ||
	    (r = source_clean(s, is_signed, 0, e)) < 0)
		return r;
	if (sort == SORT_PDF)
		tell_pdf(s);
	else if (s->place == SOURCE_PLACE_REMOVED)
		fprintf(stderr,
		    _("%s : lieu, appareil et commentaires retirés de la photo "
		      "(%lld octets) ; l'image est la même, et le reçu prouve "
		      "la photo ainsi déposée.\n"),
		    s->name, (long long)was - (long long)s->size);
	return 0;
}

int
source_tell_place(
    const struct source *page, int n, json_t *answer, struct err *e)
{
	static const char *const words[] = { NULL, "removed", "kept",
		"unseen" };
	AUTO(json_decrefp) json_t *list = json_array();
	int i, any = 0;

	if (list == NULL)
		return err_set(e, ERR_NOMEM, "place");
	for (i = 0; i < n; i++) {
		any |= page[i].place != SOURCE_PLACE_NONE;
		if (json_array_append_new(
			list, page[i].place == SOURCE_PLACE_NONE
				  ? json_string("none")
				  : json_string(words[page[i].place])) < 0)
			return err_set(e, ERR_NOMEM, "place");
	}
	if (any && json_object_set(answer, "place", list) < 0)
		return err_set(e, ERR_NOMEM, "place");
	return 0;
}

int
source_name_upload(struct source *s, const char *kase, const char *kind,
    int index, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	struct id id;
	int r;

	hex_format(s->sha256, SHA256_LEN, hex);
	if ((r = buf_addf(&text, e,
		 "sceau/upload/1\n%u\n%s\n%s\n%d\n%s\n%llu\n",
		 (unsigned)getuid(), kase, kind, index, hex,
		 (unsigned long long)s->size)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	memcpy(id.b, sum, ID_LEN);
	id_format(&id, s->upload);
	return 0;
}

/* --- sending ---------------------------------------------------------- */

int
upload_may_retry(const struct cli *c, const struct err *e)
{
	static const char *const tags[] = { "cut", "upload-busy",
		"inspection-memory", "in-flight", "keys" };
	size_t i;

	if (e->tag == NULL)
		return 0;
	if (strcmp(e->tag, "no-vault") == 0)
		return c->http != NULL && http_answered(c->http);
	for (i = 0; i < NELEMS(tags); i++)
		if (strcmp(e->tag, tags[i]) == 0)
			return 1;
	return 0;
}

void
upload_pause(int n)
{
	long ms = 100L << n;
	struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

struct progress {
	const struct source *s;
	uint64_t from;
	int percent, shown;
};

static void
show(void *arg, uint64_t done, uint64_t all)
{
	struct progress *p = arg;
	int percent;

	(void)all;
	if (!p->shown)
		return;
	percent = (int)((p->from + done) * 100 / p->s->size);
	if (percent == p->percent)
		return;
	p->percent = percent;
	fprintf(stderr, "\r%3d %%  %s", percent, p->s->name);
	if (percent == 100)
		fputc('\n', stderr);
}

/* The bytes from offset on. */
static int
put(struct cli *c, struct source *s, uint64_t offset, struct err *e)
{
	struct progress p = { .s = s, .from = offset, .percent = -1 };
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = "PUT",
		.fd = s->fd,
		.length = s->size - offset,
		.out_fd = -1,
		.purpose = c->purpose,
		.progress = show,
		.arg = &p,
	};
	struct http *h;
	int r;

	p.shown = s->size >= SHOWN_FROM && isatty(STDERR_FILENO);
	if (lseek(s->fd, (off_t)offset, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "%s", s->path);
	if ((r = cli_path(&path, e, "/v1/uploads/%/content", s->upload)) < 0 ||
	    (r = buf_addf(
		 &path, e, "?offset=%llu", (unsigned long long)offset)) < 0 ||
	    (r = cli_http(c, &h, e)) < 0)
		return r;
	x.path = buf_str(&path);
	return http_run(h, &x, e);
}

/* How much the vault has; nothing is 0. */
static int
ask(struct cli *c, const struct source *s, uint64_t *offset, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	long long n;
	int r;

	r = cli_get(c, &j, e, "/v1/uploads/%", s->upload);
	if (r == -ERR_NOT_FOUND) {
		*offset = 0;
		return 0;
	}
	if (r < 0)
		return r;
	n = jint(j, "offset");
	if (n < 0 || (uint64_t)n > s->size)
		return err_tag(e, ERR_INTEGRITY, "answer", "offset");
	*offset = (uint64_t)n;
	return 0;
}

int
upload_is_there(
    struct cli *c, const struct source *s, int *there, struct err *e)
{
	uint64_t offset = 0;
	int r;

	if ((r = ask(c, s, &offset, e)) < 0)
		return r;
	*there = offset == s->size;
	return 0;
}

/* One try: *known says that offset is what the vault has. */
static int
try_once(struct cli *c, struct source *s, uint64_t *offset, int *known,
    struct err *e)
{
	int r;

	if (!*known && (r = ask(c, s, offset, e)) < 0)
		return r;
	*known = 0;
	if (*offset == s->size && s->size > 0)
		return 0;
	return put(c, s, *offset, e);
}

int
upload_send(struct cli *c, struct source *s, struct err *e)
{
	/* A small file is sent at once: the question would cost as much. */
	int known = s->size < ASK_FROM, n, r;
	uint64_t offset = 0;

	for (n = 1;; n++) {
		r = try_once(c, s, &offset, &known, e);
		if (r == 0 || n == UPLOAD_TRIES)
			return r;
		/* Something of it is there, or all: ask, then go on. */
		if (e->tag != NULL &&
		    (strcmp(e->tag, "offset") == 0 ||
			strcmp(e->tag, "upload-finished") == 0))
			continue;
		if (!upload_may_retry(c, e))
			return r;
		upload_pause(n);
	}
}
