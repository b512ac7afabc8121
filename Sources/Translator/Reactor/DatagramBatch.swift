// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// What came with a received datagram.
struct DatagramArrival: Equatable, BitwiseCopyable {
    /// nil on a socket that names no sender.
    var source: Endpoint?
    /// Interface index of a link-local source; 0: none.
    var sourceScope: UInt32
    /// The address it was sent to; nil unless the socket asks for packet information.
    var destination: IPAddress?
    /// Interface it came in by, as packet information says; 0: unknown.
    var interfaceIndex: UInt32
    /// Payload bytes that were stored.
    var byteCount: Int
    /// Size of the datagrams that the kernel merged into this one (`UDP_GRO`), the last may be shorter; 0: it
    /// is one.
    var segmentByteCount: Int
    /// TTL or hop limit; nil unless the socket asks for it.
    var hopLimit: UInt8?
    /// The pieces had too little room; the rest is lost.
    var isTruncated: Bool
}

/// How a datagram leaves.
struct DatagramDeparture: Equatable, BitwiseCopyable {
    /// nil: where the socket is connected to.
    var destination: Endpoint?
    /// Interface index of a link-local destination; 0: none.
    var scope: UInt32 = 0
    /// Address to send from; nil: the kernel's choice.
    var source: IPAddress?
    /// The payload is cut into datagrams of that many bytes (`UDP_SEGMENT`), at most 64; 0: it is one.
    var segmentByteCount = 0
}

/// Up to 64 datagrams that are received or sent by one system call, each in one or two pieces.
///
/// Works on every datagram socket: UDP, ping, either family, connected or not. On an IPv6 socket that takes
/// both versions, IPv4 endpoints are mapped on the way in and out. The bytes of the pieces must stay valid
/// until the call. A batch is used for either direction, one at a time.
@safe
struct DatagramBatch: ~Copyable {
    static let capacity = 64

    private(set) var count = 0
    private let messages: UnsafeMutablePointer<mmsghdr>
    private let datagrams: UnsafeMutablePointer<shim_datagram>

    init() {
        unsafe messages = .allocate(capacity: Self.capacity)
        unsafe messages.initialize(repeating: mmsghdr(), count: Self.capacity)
        unsafe datagrams = .allocate(capacity: Self.capacity)
        unsafe datagrams.initialize(repeating: shim_datagram(), count: Self.capacity)
    }

    deinit {
        unsafe messages.deallocate()
        unsafe datagrams.deallocate()
    }

    @inline(__always)
    mutating func removeAll() { count = 0 }

    /// Adds room for one datagram to receive; false when the batch is full.
    @inline(__always)
    mutating func expect(_ first: IOVector, _ second: IOVector? = nil) -> Bool {
        guard count < Self.capacity else { return false }
        place(first, second, at: count)
        count &+= 1
        return true
    }

    /// Receives into the places that were added; nothing is used up of what stays without a datagram.
    ///
    /// - Parameter flags: `MSG_*` beside `MSG_DONTWAIT`.
    /// - Returns: how many came, in the order of the places, or -errno; `-EAGAIN` when there are none. A
    ///   pending error of the socket is returned, and cleared, before any datagram.
    mutating func receive(from descriptor: Int32, flags: Int32 = 0) -> Int32 {
        guard count > 0 else { return 0 }
        // SAFETY: `count` elements of both are initialised; the caller vouches for the pieces.
        unsafe shim_datagrams_expect(messages, datagrams, Int32(count))
        return unsafe shim_datagrams_receive(descriptor, messages, Int32(count), flags)
    }

    /// What came with datagram `index` of those that the last `receive` counted.
    func arrival(_ index: Int) -> DatagramArrival {
        precondition(index >= 0 && index < count)
        var arrival = shim_arrival()
        // SAFETY: the precondition; control messages are read within the length that the kernel wrote.
        unsafe shim_datagram_arrival(messages + index, &arrival)
        return DatagramArrival(arrival)
    }

    /// Adds a datagram to send; false when the batch is full.
    ///
    /// - Parameter version: of the socket, not of the destination.
    mutating func post(
        _ first: IOVector, _ second: IOVector? = nil, departure: DatagramDeparture,
        socketVersion version: IPVersion
    ) -> Bool {
        guard count < Self.capacity else { return false }
        place(first, second, at: count)
        var how = shim_departure(departure)
        // SAFETY: `count` is below the capacity.
        unsafe shim_datagram_depart(
            messages + count, datagrams + count, &how, second == nil ? 1 : 2, version.family)
        count &+= 1
        return true
    }

    /// Sends the datagrams of `range`, in order.
    ///
    /// - Returns: how many left before one was refused, or -errno of the first. A pending error of the socket
    ///   is returned, and cleared, before any datagram leaves.
    mutating func send(on descriptor: Int32, _ range: Range<Int>) -> Int32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        guard !range.isEmpty else { return 0 }
        // SAFETY: the precondition; the caller vouches for the pieces.
        return unsafe shim_datagrams_send(descriptor, messages + range.lowerBound, Int32(range.count))
    }

    /// Takes one entry of a socket's error queue (`IP_RECVERR`); as much of the datagram's payload as fits
    /// goes to `piece`.
    ///
    /// - Returns: 0 or -errno; `-EAGAIN` when the queue is empty.
    static func receiveError(from descriptor: Int32, into piece: IOVector, _ error: inout DatagramError)
        -> Int32
    {
        var piece = unsafe iovec(
            iov_base: UnsafeMutableRawPointer(bitPattern: piece.address), iov_len: piece.byteCount)
        var entry = shim_error()
        // SAFETY: the caller vouches for the piece.
        let result = unsafe shim_error_receive(descriptor, &piece, &entry)
        if result == 0 { error = DatagramError(entry) }
        return result
    }

    @inline(__always)
    private mutating func place(_ first: IOVector, _ second: IOVector?, at index: Int) {
        let last = second ?? IOVector(address: 0, byteCount: 0)
        // SAFETY: both callers compared `index` with the capacity.
        unsafe datagrams[index].pieces.0.iov_base = UnsafeMutableRawPointer(bitPattern: first.address)
        unsafe datagrams[index].pieces.0.iov_len = first.byteCount
        unsafe datagrams[index].pieces.1.iov_base = UnsafeMutableRawPointer(bitPattern: last.address)
        unsafe datagrams[index].pieces.1.iov_len = last.byteCount
    }
}

extension DatagramArrival {
    fileprivate init(_ arrival: shim_arrival) {
        source = arrival.source.endpoint
        sourceScope = arrival.source.scope
        destination = arrival.destination.address
        interfaceIndex = arrival.interface_index
        byteCount = Int(arrival.byte_count)
        segmentByteCount = Int(arrival.segment_byte_count)
        hopLimit = UInt8(exactly: arrival.hop_limit)
        isTruncated = arrival.is_truncated != 0
    }
}

extension shim_departure {
    fileprivate init(_ departure: DatagramDeparture) {
        self.init()
        if let endpoint = departure.destination {
            destination = shim_endpoint(endpoint, scope: departure.scope)
        }
        if let address = departure.source {
            source = shim_endpoint(Endpoint(address: address, port: 0), scope: departure.scope)
        }
        segment_byte_count = UInt16(departure.segmentByteCount)
    }
}

extension DatagramError {
    fileprivate init(_ entry: shim_error) {
        origin = Origin(rawValue: entry.origin) ?? .other
        code = Int32(truncatingIfNeeded: entry.code)
        type = entry.type
        icmpCode = entry.icmp_code
        mtu = entry.information
        offender = entry.offender.address
        destination = entry.destination.endpoint
        byteCount = Int(entry.byte_count)
    }
}
