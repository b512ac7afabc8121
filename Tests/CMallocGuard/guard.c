/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CMallocGuard.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

static _Thread_local uint64_t count;
static _Thread_local int forbid;

uint64_t malloc_guard_count(void) { return count; }
void malloc_guard_forbid(int on) { forbid = on; }

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
int malloc_guard_is_active(void) { return 0; }
#else
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

int malloc_guard_is_active(void) { return 1; }

static void hit(void)
{
	count++;
	if (forbid) {
		forbid = 0;
		abort();
	}
}

void *malloc(size_t n) { hit(); return __libc_malloc(n); }
void *calloc(size_t a, size_t b) { hit(); return __libc_calloc(a, b); }
void *realloc(void *p, size_t n) { hit(); return __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { hit(); return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n)
{
	hit();
	*p = __libc_memalign(a, n);
	return *p ? 0 : ENOMEM;
}
#endif
