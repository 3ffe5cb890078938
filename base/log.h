/*
 * The log of a program: lines on standard error, "<priority>message" when
 * run under systemd (sd-daemon(3)). Only mains and connection loops log.
 * Names things, never contents of files nor secrets.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/scope.h"

void log_open(const char *program);
void log_error(const char *fmt, ...) PRINTF(1, 2);
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_note(const char *fmt, ...) PRINTF(1, 2);

#endif
