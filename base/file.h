/*
 * Files: written atomically (temporary name, fsync, rename, fsync of the
 * folder), read whole with a limit, never through a symbolic link.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* All of n bytes, through EINTR and short counts. */
int fd_write_all(int fd, const void *p, size_t n, struct err *e) NODISCARD;
int fd_pread_all(int fd, void *p, size_t n, uint64_t off, struct err *e)
    NODISCARD; /* ERR_INCOMPLETE at the end of the file */
/* Appends all up to the end of the stream; ERR_TOO_LARGE over max. */
int fd_read_to_end(int fd, size_t max, struct buf *out, struct err *e)
    NODISCARD;

/*
 * Appends to out, or leaves it as it was. dirfd may be AT_FDCWD.
 * ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO (also a symbolic link, a folder, a
 * device).
 */
int file_read(int dirfd, const char *path, size_t max, struct buf *out,
    struct err *e) NODISCARD;
/*
 * Replaces path. Durable when it returns. On failure the old file is intact
 * and nothing else is left; only when the sync of the folder fails the new
 * one is in place and may not outlive a power cut.
 */
int file_write(int dirfd, const char *path, const void *p, size_t n,
    mode_t mode, struct err *e) NODISCARD;
int dir_sync(int dirfd, const char *path, struct err *e) NODISCARD;
/* mkdir; an existing folder is fine. */
int dir_make(int dirfd, const char *path, mode_t mode, struct err *e) NODISCARD;
/* An anonymous file in memory, close-on-exec, sealable. */
int memfd_new(const char *name, int *fd, struct err *e) NODISCARD;
/* A memfd with these bytes, sealed against writing and resizing. */
int memfd_of(const char *name, const void *p, size_t n, int *fd, struct err *e)
    NODISCARD;

#endif
