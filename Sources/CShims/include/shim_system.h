/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System calls and constants that do not import, and the clock. */
#pragma once
#include <errno.h>
#include <net/if.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* A promise to the Swift compiler that the function takes no lock and allocates nothing. */
#define SHIM_NOLOCKS __attribute__((swift_attr("@_noLocks")))

/* errno of the last call that failed; read it at once. */
SHIM_NOLOCKS static inline int shim_errno(void) { return errno; }

/* Nanoseconds of the monotonic clock. Here because timespec needs two fields per reading. */
SHIM_NOLOCKS static inline uint64_t shim_monotonic_nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds of processor time that the calling thread has used. */
static inline uint64_t shim_thread_nanoseconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* Anonymous memory of byte_count bytes, aligned to alignment (a power of two, at least a page); NULL if refused.
 * Asks for huge pages when hugepages is not 0. Here because MAP_FAILED does not import. */
void *shim_map_arena(size_t byte_count, size_t alignment, int hugepages);
