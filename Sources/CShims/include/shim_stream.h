/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a TCP socket's queues hold and take. */
#pragma once
#include "shim_system.h"
#include <linux/sock_diag.h>

/* Bytes that the send buffer takes before it refuses, by its own accounting (SO_MEMINFO), or -errno. */
SHIM_NOLOCKS static inline long shim_socket_send_room(int fd)
{
	uint32_t values[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof(values);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &length))
		return -errno;
	if (values[SK_MEMINFO_SNDBUF] <= values[SK_MEMINFO_WMEM_QUEUED])
		return 0;
	return (long)values[SK_MEMINFO_SNDBUF] - (long)values[SK_MEMINFO_WMEM_QUEUED];
}

/* Drops up to byte_count bytes from the front of the receive queue without copying; how many, or -errno. */
SHIM_NOLOCKS static inline ssize_t shim_socket_discard(int fd, size_t byte_count)
{
	ssize_t result;

	do
		result = recv(fd, NULL, byte_count, MSG_TRUNC | MSG_DONTWAIT);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}
