/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of streams: through pipes, and in and out of one buffer. All without waiting; bytes moved or -errno. */
#pragma once
#include "shim_system.h"
#include <sys/resource.h>

/* Moves up to byte_count bytes between a socket and a pipe, in either direction. */
SHIM_NOLOCKS static inline ssize_t shim_splice(int from, int to, size_t byte_count)
{
	ssize_t result;

	do
		result = splice(from, NULL, to, NULL, byte_count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

/* recv(2), with MSG_PEEK when peeks is not 0. */
SHIM_NOLOCKS static inline ssize_t shim_socket_receive(int fd, void *bytes, size_t byte_count, int peeks)
{
	ssize_t result;

	do
		result = recv(fd, bytes, byte_count, MSG_DONTWAIT | (peeks ? MSG_PEEK : 0));
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

SHIM_NOLOCKS static inline ssize_t shim_socket_send(int fd, const void *bytes, size_t byte_count)
{
	ssize_t result;

	do
		result = send(fd, bytes, byte_count, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

/* A non-blocking pipe, closed on exec: reader and writer; 0 or -errno. */
SHIM_NOLOCKS static inline int shim_pipe(int *reader, int *writer)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		return -errno;
	*reader = ends[0];
	*writer = ends[1];
	return 0;
}

/* How many descriptors the process may have open. */
SHIM_NOLOCKS static inline long shim_descriptor_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) ? 1024 : (long)limit.rlim_cur;
}

/* Sets the size of a pipe that is empty; the size it has then, or -errno. Here because fcntl is variadic. */
SHIM_NOLOCKS static inline int shim_pipe_resize(int fd, int byte_count)
{
	int result = fcntl(fd, F_SETPIPE_SZ, byte_count);

	return result < 0 ? -errno : result;
}
