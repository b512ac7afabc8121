/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vhost-user: memory shared with a guest, its ordering, and messages that carry descriptors. */
#pragma once
#include "shim_system.h"

/* Ordered access to rings that another processor works on. Here because Swift's atomics need a module of their own. */
SHIM_NOLOCKS static inline uint16_t shim_load_acquire(const void *place)
{
	return __atomic_load_n((const uint16_t *)place, __ATOMIC_ACQUIRE);
}

SHIM_NOLOCKS static inline void shim_store_release(void *place, uint16_t value)
{
	__atomic_store_n((uint16_t *)place, value, __ATOMIC_RELEASE);
}

/* What was stored before is seen by others before anything is loaded after it. */
SHIM_NOLOCKS static inline void shim_full_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

SHIM_NOLOCKS static inline void shim_atomic_or(void *place, uint8_t bits)
{
	__atomic_fetch_or((uint8_t *)place, bits, __ATOMIC_SEQ_CST);
}

/* As shim_map_arena, followed by window_byte_count bytes of address space without memory; alignment holds for both. */
void *shim_map_arena_with_window(size_t byte_count, size_t window_byte_count, size_t alignment, int hugepages);
/* Maps a file over a part of the window; 0 or -errno. */
int shim_map_shared(void *place, size_t byte_count, int descriptor, uint64_t offset);
/* Makes a part of the window empty address space again; 0 or -errno. */
int shim_unmap_shared(void *place, size_t byte_count);

/* From here on, an access to the window behind the end of a file that was cut short finds zeros instead of ending the
 * process (SIGBUS). For one window in a process; 0 or -errno.
 * Here because only a signal handler can do so, and a handler has to know its window. */
int shim_guard_window(void *start, size_t byte_count);
/* 1 when that happened since the last call; the whole window then holds zeros of our own. */
int shim_take_window_fault(void);

/* Size of a regular file, or -errno; -EINVAL for anything else. */
int64_t shim_file_size(int descriptor);
int shim_set_nonblocking(int descriptor);
/* Adds 1 to an eventfd; 0 or -errno. */
int shim_signal_event(int descriptor);

/* Receives up to byte_count bytes and the descriptors that come with them, close-on-exec, at most 8 and without
 * blocking. Bytes, 0 at the end, or -errno; -EMSGSIZE when there were more descriptors, all of which are closed.
 * Here because the CMSG macros do not import. */
ssize_t shim_receive_with_descriptors(int socket, void *bytes, size_t byte_count, int *descriptors, int *count);
