// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
#include "CFuzz.h"

/* libFuzzer's own main function, which the linker may pick up although it is not called, wants this one. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	(void)bytes;
	(void)count;
	return -1;
}
