/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim_datagram.h"
#include <endian.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>

#define MAPPED_PREFIX 0xffff00000000u

static void endpoint_from_v4(struct shim_endpoint *endpoint, struct in_addr address)
{
	endpoint->high = 0;
	endpoint->low = MAPPED_PREFIX | be32toh(address.s_addr);
	endpoint->version = 4;
}

static void endpoint_from_v6(struct shim_endpoint *endpoint, const struct in6_addr *address)
{
	uint64_t halves[2];

	memcpy(halves, address, sizeof(halves));
	endpoint->high = be64toh(halves[0]);
	endpoint->low = be64toh(halves[1]);
	endpoint->version = IN6_IS_ADDR_V4MAPPED(address) ? 4 : 6;
}

static struct in6_addr v6_from_endpoint(const struct shim_endpoint *endpoint)
{
	uint64_t halves[2] = { htobe64(endpoint->high), htobe64(endpoint->low) };
	struct in6_addr address;

	memcpy(&address, halves, sizeof(address));
	return address;
}

socklen_t shim_address_write(union shim_address *address, const struct shim_endpoint *endpoint, int family)
{
	memset(address, 0, sizeof(*address));
	if (family == AF_INET) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htobe16(endpoint->port);
		address->v4.sin_addr.s_addr = htobe32((uint32_t)endpoint->low);
		return sizeof(address->v4);
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htobe16(endpoint->port);
	address->v6.sin6_addr = v6_from_endpoint(endpoint);
	address->v6.sin6_scope_id = endpoint->scope;
	return sizeof(address->v6);
}

void shim_address_read(const union shim_address *address, struct shim_endpoint *endpoint)
{
	memset(endpoint, 0, sizeof(*endpoint));
	if (address->any.sa_family == AF_INET) {
		endpoint_from_v4(endpoint, address->v4.sin_addr);
		endpoint->port = be16toh(address->v4.sin_port);
	} else if (address->any.sa_family == AF_INET6) {
		endpoint_from_v6(endpoint, &address->v6.sin6_addr);
		endpoint->port = be16toh(address->v6.sin6_port);
		endpoint->scope = address->v6.sin6_scope_id;
	}
}

void shim_datagrams_expect(struct mmsghdr *messages, struct shim_datagram *datagrams, int count)
{
	for (int i = 0; i < count; i++) {
		struct msghdr *header = &messages[i].msg_hdr;

		header->msg_name = &datagrams[i].address;
		header->msg_namelen = sizeof(datagrams[i].address);
		header->msg_iov = datagrams[i].pieces;
		header->msg_iovlen = datagrams[i].pieces[1].iov_len ? 2 : 1;
		header->msg_control = datagrams[i].control;
		header->msg_controllen = sizeof(datagrams[i].control);
		header->msg_flags = 0;
		datagrams[i].address.any.sa_family = AF_UNSPEC;
	}
}

int shim_datagrams_receive(int fd, struct mmsghdr *messages, int count, int flags)
{
	int received;

	do
		received = recvmmsg(fd, messages, (unsigned)count, flags | MSG_DONTWAIT, NULL);
	while (received < 0 && errno == EINTR);
	return received < 0 ? -errno : received;
}

static int control_is(const struct cmsghdr *control, int level, int type, size_t byte_count)
{
	return control->cmsg_level == level && control->cmsg_type == type &&
	       control->cmsg_len >= CMSG_LEN(byte_count);
}

void shim_datagram_arrival(const struct mmsghdr *message, struct shim_arrival *arrival)
{
	const struct msghdr *header = &message->msg_hdr;

	memset(arrival, 0, sizeof(*arrival));
	arrival->hop_limit = -1;
	arrival->byte_count = message->msg_len;
	arrival->is_truncated = (header->msg_flags & MSG_TRUNC) != 0;
	if (header->msg_name)
		shim_address_read(header->msg_name, &arrival->source);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR((struct msghdr *)header, c)) {
		int value;

		if (control_is(c, IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo))) {
			struct in_pktinfo packet;

			memcpy(&packet, CMSG_DATA(c), sizeof(packet));
			endpoint_from_v4(&arrival->destination, packet.ipi_addr);
			arrival->interface_index = (uint32_t)packet.ipi_ifindex;
		} else if (control_is(c, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo))) {
			struct in6_pktinfo packet;

			memcpy(&packet, CMSG_DATA(c), sizeof(packet));
			endpoint_from_v6(&arrival->destination, &packet.ipi6_addr);
			arrival->interface_index = packet.ipi6_ifindex;
		} else if (control_is(c, SOL_UDP, UDP_GRO, sizeof(value))) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
			arrival->segment_byte_count = (uint16_t)value;
		} else if (control_is(c, IPPROTO_IP, IP_TTL, sizeof(value)) ||
			   control_is(c, IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof(value))) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
			arrival->hop_limit = (int16_t)value;
		}
	}
}

static void control_add(struct msghdr *header, int level, int type, const void *value, size_t byte_count)
{
	struct cmsghdr *control = (struct cmsghdr *)((char *)header->msg_control + header->msg_controllen);

	memset(control, 0, CMSG_SPACE(byte_count));
	control->cmsg_level = level;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(byte_count);
	memcpy(CMSG_DATA(control), value, byte_count);
	header->msg_controllen += CMSG_SPACE(byte_count);
}

void shim_datagram_depart(struct mmsghdr *message, struct shim_datagram *datagram,
			  const struct shim_departure *departure, int piece_count, int family)
{
	struct msghdr *header = &message->msg_hdr;

	header->msg_name = departure->destination.version ? &datagram->address : NULL;
	header->msg_namelen = header->msg_name ?
		shim_address_write(&datagram->address, &departure->destination, family) : 0;
	header->msg_iov = datagram->pieces;
	header->msg_iovlen = (size_t)piece_count;
	header->msg_control = datagram->control;
	header->msg_controllen = 0;
	header->msg_flags = 0;
	if (departure->source.version && family == AF_INET) {
		struct in_pktinfo packet = { .ipi_spec_dst.s_addr = htobe32((uint32_t)departure->source.low) };

		control_add(header, IPPROTO_IP, IP_PKTINFO, &packet, sizeof(packet));
	} else if (departure->source.version) {
		struct in6_pktinfo packet = { .ipi6_addr = v6_from_endpoint(&departure->source),
					      .ipi6_ifindex = departure->source.scope };

		control_add(header, IPPROTO_IPV6, IPV6_PKTINFO, &packet, sizeof(packet));
	}
	if (departure->segment_byte_count)
		control_add(header, SOL_UDP, UDP_SEGMENT, &departure->segment_byte_count,
			    sizeof(departure->segment_byte_count));
	if (!header->msg_controllen)
		header->msg_control = NULL;
}

int shim_datagrams_send(int fd, struct mmsghdr *messages, int count)
{
	int sent;

	do
		sent = sendmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

static void error_read(const void *bytes, size_t byte_count, struct shim_error *error)
{
	struct sock_extended_err extended;
	union shim_address offender;

	memcpy(&extended, bytes, sizeof(extended));
	error->code = extended.ee_errno;
	error->information = extended.ee_info;
	error->origin = extended.ee_origin;
	error->type = extended.ee_type;
	error->icmp_code = extended.ee_code;
	memset(&offender, 0, sizeof(offender));
	byte_count -= sizeof(extended);
	memcpy(&offender, (const char *)bytes + sizeof(extended),
	       byte_count < sizeof(offender) ? byte_count : sizeof(offender));
	shim_address_read(&offender, &error->offender);
}

int shim_error_receive(int fd, struct iovec *piece, struct shim_error *error)
{
	union shim_address destination = { .any.sa_family = AF_UNSPEC };
	_Alignas(8) char control[256];
	struct msghdr header = {
		.msg_name = &destination, .msg_namelen = sizeof(destination), .msg_iov = piece, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t received;

	memset(error, 0, sizeof(*error));
	do
		received = recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -errno;
	error->byte_count = (uint32_t)received;
	if (header.msg_namelen)
		shim_address_read(&destination, &error->destination);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c))
		if (control_is(c, IPPROTO_IP, IP_RECVERR, sizeof(struct sock_extended_err)) ||
		    control_is(c, IPPROTO_IPV6, IPV6_RECVERR, sizeof(struct sock_extended_err)))
			error_read(CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0), error);
	return 0;
}
