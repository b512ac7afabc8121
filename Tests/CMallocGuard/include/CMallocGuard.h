/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counts the allocations of the calling thread, or aborts at the first one. */
#pragma once
#include <stdint.h>

/* 0 when a sanitizer owns malloc and nothing is counted. */
int malloc_guard_is_active(void);
/* Allocations of the calling thread so far. */
uint64_t malloc_guard_count(void);
/* Aborts at the calling thread's next allocation when not 0. */
void malloc_guard_forbid(int on);
