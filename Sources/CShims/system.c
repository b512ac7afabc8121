/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"

void *shim_map_arena(size_t byte_count, size_t alignment, int hugepages)
{
	char *start = mmap(NULL, byte_count + alignment, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t skip;

	if (start == MAP_FAILED)
		return NULL;
	skip = (alignment - (uintptr_t)start % alignment) % alignment;
	if (skip)
		munmap(start, skip);
	if (alignment - skip)
		munmap(start + skip + byte_count, alignment - skip);
	if (hugepages)
		madvise(start + skip, byte_count, MADV_HUGEPAGE);
	return start + skip;
}
