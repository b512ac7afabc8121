/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"
#include <malloc.h>
#include <seccomp.h>

int shim_seccomp_load(const int32_t *calls, size_t count)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result;

	if (!filter)
		return -ENOMEM;
	result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	for (size_t index = 0; !result && index < count; index++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[index], 0);
	return result ? result : seccomp_load(filter);
}

void shim_settle_allocator(int spare)
{
	void *block;

	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_TOP_PAD, spare);
	mallopt(M_MMAP_MAX, 0);
	block = malloc((size_t)spare / 2);
	/* Not optimised away. */
	if (block)
		*(volatile char *)block = 0;
	free(block);
}
