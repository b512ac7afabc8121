/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Netlink sockets, and the tap device's requests: constants built by macros, addresses hidden in unions. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* A routing netlink socket of the calling thread's network namespace; its descriptor, or -errno. */
int shim_netlink_socket(void);

/* Asks an open netlink socket for strict request checking, extended acknowledgements without the request's payload,
 * and a receive buffer for large dumps. 0 or -errno. */
int shim_netlink_prepare(int descriptor);

/* Sends a request to the kernel; 0 or -errno. */
int shim_netlink_send(int descriptor, const void *bytes, size_t byte_count);

/* Receives one datagram that came from the kernel; its length, or -errno; -EMSGSIZE when it did not fit. */
int shim_netlink_receive(int descriptor, void *bytes, size_t byte_count);

/* TAP mode without the packet information header, on an open tun descriptor. `name` has room for 16 bytes; the
 * kernel's choice is written back when it is empty. With a virtio-net header of 12 bytes when `vnet_header` is not 0.
 * 0 or -errno. */
int shim_tap_attach(int descriptor, char *name, int vnet_header);

/* Offloads that the daemon accepts from the kernel: checksum and TSO, and USO when `udp` is not 0. 0 or -errno. */
int shim_tap_accept_offloads(int descriptor, int udp);
