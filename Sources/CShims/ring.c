/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "CShims.h"

int shim_ring_supports(struct io_uring *ring, const uint8_t *operations, int count)
{
	_Alignas(struct io_uring_probe) char
		room[sizeof(struct io_uring_probe) + 256 * sizeof(struct io_uring_probe_op)] = { 0 };
	struct io_uring_probe *probe = (struct io_uring_probe *)room;

	if (io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_PROBE, probe, 256) < 0)
		return 0;
	for (int i = 0; i < count; i++)
		if (!io_uring_opcode_supported(probe, operations[i]))
			return 0;
	return 1;
}

int shim_ring_enable(struct io_uring *ring, const uint8_t *operations, int count)
{
	struct io_uring_restriction restrictions[16] = { 0 };
	int result;

	if (count > 16)
		return -EINVAL;
	for (int i = 0; i < count; i++) {
		restrictions[i].opcode = IORING_RESTRICTION_SQE_OP;
		restrictions[i].sqe_op = operations[i];
	}
	result = io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_RESTRICTIONS, restrictions,
				   (unsigned)count);
	if (!result)
		result = io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	return result < 0 ? result : 0;
}
