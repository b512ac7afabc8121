/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records of a capture file. */
#pragma once
#include "shim_system.h"
#include <sys/uio.h>

/* Appends one record of a classic capture file: the time of day, and byte_count bytes of frame.
 * Here because the record and the frame leave in one vectored write. 0 or -errno. */
SHIM_NOLOCKS static inline int shim_capture_frame(int fd, uintptr_t frame, size_t byte_count)
{
	uint32_t head[4];
	struct timespec now;
	struct iovec pieces[2] = { { head, sizeof(head) }, { (void *)frame, byte_count } };

	clock_gettime(CLOCK_REALTIME, &now);
	head[0] = (uint32_t)now.tv_sec;
	head[1] = (uint32_t)(now.tv_nsec / 1000);
	head[2] = (uint32_t)byte_count;
	head[3] = (uint32_t)byte_count;
	return writev(fd, pieces, 2) < 0 ? -errno : 0;
}
