/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The system call filter, through libseccomp, whose rule functions are variadic. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Allows all threads of the process only the given calls from here on; anything else, and any other architecture,
 * kills the process. 0 or -errno. The filter's description is not freed: that could call what was just forbidden. */
int shim_seccomp_load(const int32_t *calls, size_t count);

/* Makes the allocator keep memory it has and take `spare` bytes more at once: afterwards small allocations need no
 * system call. */
void shim_settle_allocator(int spare);
