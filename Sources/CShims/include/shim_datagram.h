/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Socket addresses as plain values, batches of datagrams with their control messages, and the error queue. */
#pragma once
#include "shim_system.h"
#include <netinet/in.h>
#include <sys/uio.h>

/* An address and port in host order; an IPv4 address lies in mapped form. version is 4 or 6; 0: none. */
struct shim_endpoint {
	uint64_t high;
	uint64_t low;
	uint32_t scope;
	uint16_t port;
	uint8_t version;
};

union shim_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Writes endpoint for a socket of family AF_INET or AF_INET6 (IPv4 in mapped form there); its length. */
socklen_t shim_address_write(union shim_address *address, const struct shim_endpoint *endpoint, int family);
/* Reads an address of either family; a mapped one becomes version 4. */
void shim_address_read(const union shim_address *address, struct shim_endpoint *endpoint);

/* Room beside one message of a batch. */
struct shim_datagram {
	union shim_address address;
	struct iovec pieces[2];
	_Alignas(8) char control[192];
};

/* What came with a datagram. */
struct shim_arrival {
	struct shim_endpoint source;
	/* Address that it was sent to, from packet information; version 0: unknown. */
	struct shim_endpoint destination;
	uint32_t byte_count;
	uint32_t interface_index;
	/* Size of the datagrams that were merged into this one; 0: it is one. */
	uint16_t segment_byte_count;
	/* TTL or hop limit; -1: unknown. */
	int16_t hop_limit;
	uint8_t is_truncated;
};

/* How a datagram leaves. */
struct shim_departure {
	/* version 0: where the socket is connected to. */
	struct shim_endpoint destination;
	/* version 0: the kernel's choice. */
	struct shim_endpoint source;
	/* Cut into datagrams of that size; 0: one. */
	uint16_t segment_byte_count;
};

struct mmsghdr;

/* Makes count messages ready to receive into their pieces. */
void shim_datagrams_expect(struct mmsghdr *messages, struct shim_datagram *datagrams, int count);
/* Receives up to count messages without waiting; how many, or -errno. */
int shim_datagrams_receive(int fd, struct mmsghdr *messages, int count, int flags);
/* What came with a received message. */
void shim_datagram_arrival(const struct mmsghdr *message, struct shim_arrival *arrival);
/* Makes a message ready to leave a socket of family with its pieces. */
void shim_datagram_depart(struct mmsghdr *message, struct shim_datagram *datagram,
			  const struct shim_departure *departure, int piece_count, int family);
/* Sends count messages without waiting; how many left before one was refused, or -errno of the first. */
int shim_datagrams_send(int fd, struct mmsghdr *messages, int count);

/* An entry of a socket's error queue. */
struct shim_error {
	/* Where the datagram that met the error went. */
	struct shim_endpoint destination;
	/* Node that reported; version 0: unknown. */
	struct shim_endpoint offender;
	uint32_t code;
	uint32_t information;
	uint32_t byte_count;
	uint8_t origin;
	uint8_t type;
	uint8_t icmp_code;
};

/* Takes one entry, its datagram's payload into piece; 0 or -errno, -EAGAIN when the queue is empty. */
int shim_error_receive(int fd, struct iovec *piece, struct shim_error *error);
