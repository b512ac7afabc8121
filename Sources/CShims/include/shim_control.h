/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Both ends of a control socket. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* User ID of the process at the other end when it connected, as our user namespace shows it; or -errno. */
int64_t shim_unix_peer_user(int fd);

/* Part of a stream, without waiting and without SIGPIPE: how many bytes, 0 at the end, or -errno. */
ssize_t shim_send_part(int fd, const void *bytes, size_t byte_count);
ssize_t shim_receive_part(int fd, void *bytes, size_t byte_count);

/* A blocking stream socket connected to `path`, closed on exec, however long the server's queue is; or -errno. */
int shim_control_connect(const char *path);

/* Everything, however long it takes: 0 or -errno; the number of bytes, fewer only at the end, or -errno. */
ssize_t shim_send_all(int fd, const void *bytes, size_t byte_count);
ssize_t shim_receive_all(int fd, void *bytes, size_t byte_count);
