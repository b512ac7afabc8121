// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A conversation with the kernel's routing tables in one network namespace: one request at a time, each answered whole.
///
/// Requests are checked strictly (`NETLINK_GET_STRICT_CHK`), which also makes the kernel apply the filters of dumps.
struct NetlinkSocket: ~Copyable {
    /// Larger than any datagram the kernel makes for a dump (32 KiB) or an acknowledgement.
    private static let receiveByteCount = 65536
    /// How often a dump is repeated that changed while it was made.
    private static let attempts = 10

    private let descriptor: Descriptor
    private var sequence: UInt32 = 0
    private var received = [UInt8](repeating: 0, count: receiveByteCount)

    /// A socket in the network namespace of the calling thread.
    init() throws(SetupError) {
        try self.init(Descriptor(owning: checked(shim_netlink_socket(), "open a netlink socket")))
    }

    /// Takes over a routing netlink socket, of whichever network namespace.
    init(_ descriptor: consuming Descriptor) throws(SetupError) {
        try checked(
            shim_netlink_prepare(descriptor.number), "set up a netlink socket",
            hint: "Linux 4.20 or later is needed.")
        self.descriptor = descriptor
    }

    /// Asks for a change, and tells how it ended.
    mutating func perform(_ request: NetlinkRequest) throws(SetupError) -> NetlinkAcknowledgement {
        try send(request)
        while true {
            let byteCount = try receive()
            do throws(WireError) {
                if let end = try acknowledgement(byteCount) { return end }
            } catch {
                throw Self.nonsense
            }
        }
    }

    /// The payloads of all messages of type `type` that answer a dump.
    mutating func dump(_ request: NetlinkRequest, type: UInt16) throws(SetupError) -> [[UInt8]] {
        for _ in 0..<Self.attempts {
            if let payloads = try dumpOnce(request, type: type) { return payloads }
        }
        throw SetupError(
            "Cannot list the network configuration: it changes faster than it can be read. Try again.")
    }

    /// The payload of the one message that answers a request for one object; nil, with the reason, when there is none.
    mutating func get(_ request: NetlinkRequest, type: UInt16) throws(SetupError) -> (
        payload: [UInt8]?, end: NetlinkAcknowledgement
    ) {
        var found: [UInt8]?
        try send(request)
        while true {
            let byteCount = try receive()
            do throws(WireError) {
                try forEachAnswer(byteCount) { header, payload in
                    if header.type == type { found = payload }
                }
                if let end = try acknowledgement(byteCount) { return (found, end) }
            } catch {
                throw Self.nonsense
            }
        }
    }

    /// nil: the tables changed in between.
    private mutating func dumpOnce(_ request: NetlinkRequest, type: UInt16) throws(SetupError) -> [[UInt8]]? {
        var payloads: [[UInt8]] = []
        var isComplete = false
        var isConsistent = true
        try send(request)
        while !isComplete {
            let byteCount = try receive()
            var code: Int32 = 0
            do throws(WireError) {
                try forEachAnswer(byteCount) { header, payload in
                    if header.flags & NetlinkHeader.isInterrupted != 0 { isConsistent = false }
                    if header.type == type { payloads.append(payload) }
                    if header.type == NetlinkHeader.done {
                        isComplete = true
                        code = payload.count >= 4 ? Self.code(payload) : 0
                    }
                }
                if let end = try acknowledgement(byteCount) { (isComplete, code) = (true, end.code) }
            } catch {
                throw Self.nonsense
            }
            guard code == 0 else { throw SetupError(cannot: "list the network configuration", code: code) }
        }
        return isConsistent ? payloads : nil
    }

    /// The negative error number at the start of the last message of a dump, as a positive one.
    private static func code(_ payload: [UInt8]) -> Int32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(payload[index]) << UInt32(8 * index) }
        return -Int32(bitPattern: UInt32(littleEndian: value.littleEndian))
    }

    private mutating func send(_ request: NetlinkRequest) throws(SetupError) {
        sequence &+= 1
        let bytes = request.sealed(sequence: sequence)
        let result = unsafe bytes.withUnsafeBytes { buffer in
            // SAFETY: the buffer is valid for this call, which only reads it.
            unsafe shim_netlink_send(descriptor.number, buffer.baseAddress, buffer.count)
        }
        try checked(result, "send a netlink request")
    }

    private mutating func receive() throws(SetupError) -> Int {
        let result = unsafe received.withUnsafeMutableBytes { buffer in
            // SAFETY: the kernel writes at most `buffer.count` bytes.
            unsafe shim_netlink_receive(descriptor.number, buffer.baseAddress, buffer.count)
        }
        return Int(try checked(result, "receive a netlink answer"))
    }

    /// Calls `body` with every message that answers the last request.
    private func forEachAnswer(_ byteCount: Int, _ body: (NetlinkHeader, [UInt8]) -> Void) throws(WireError) {
        let bytes = received.rawBytes.extracting(0..<byteCount)
        var offset = 0
        while let message = try NetlinkMessage.next(in: bytes, at: &offset) {
            guard message.header.sequence == sequence else { continue }
            body(message.header, Array(received[message.payload]))
        }
    }

    /// How the last request ended, if that is among the received messages.
    private func acknowledgement(_ byteCount: Int) throws(WireError) -> NetlinkAcknowledgement? {
        let bytes = received.rawBytes.extracting(0..<byteCount)
        var offset = 0
        while let message = try NetlinkMessage.next(in: bytes, at: &offset) {
            guard message.header.sequence == sequence, message.header.type == NetlinkHeader.error else {
                continue
            }
            return try NetlinkAcknowledgement(
                parsing: bytes.extracting(message.payload), flags: message.header.flags)
        }
        return nil
    }

    private static let nonsense = SetupError("Cannot read a netlink answer: it is malformed.")
}

extension NetlinkSocket {
    /// Asks for a change that must succeed.
    mutating func require(_ request: NetlinkRequest, _ step: @autoclosure () -> String) throws(SetupError) {
        let end = try perform(request)
        if end.code != 0 { throw SetupError(cannot: step(), code: end.code, hint: end.message) }
    }

    /// The link called `name`; nil when there is none.
    mutating func link(named name: String) throws(SetupError) -> InterfaceMessage? {
        var request = InterfaceMessage.request(type: InterfaceMessage.get, index: 0)
        request.attribute(InterfaceMessage.Attribute.name, name)
        return try link(request, "look up the interface \(name)")
    }

    mutating func link(at index: UInt32) throws(SetupError) -> InterfaceMessage? {
        try link(
            InterfaceMessage.request(type: InterfaceMessage.get, index: index), "look up interface \(index)")
    }

    private mutating func link(_ request: NetlinkRequest, _ step: String) throws(SetupError)
        -> InterfaceMessage?
    {
        let (payload, end) = try get(request, type: InterfaceMessage.new)
        if end.code == ENODEV { return nil }
        guard end.code == 0, let payload else {
            throw SetupError(cannot: step, code: end.code, hint: end.message)
        }
        do throws(WireError) {
            return try InterfaceMessage(parsing: payload.rawBytes)
        } catch {
            throw Self.nonsense
        }
    }

    /// The addresses of one version on one interface, in the kernel's order.
    mutating func addresses(_ version: IPVersion, of index: UInt32) throws(SetupError) -> [AddressMessage] {
        var addresses: [AddressMessage] = []
        for payload in try dump(AddressMessage.dump(version, of: index), type: AddressMessage.new) {
            do throws(WireError) {
                let address = try AddressMessage(parsing: payload.rawBytes)
                if address.index == index { addresses.append(address) }
            } catch {
                throw Self.nonsense
            }
        }
        return addresses
    }

    /// The unicast routes of the main table, in the kernel's order; of one interface unless `index` is 0.
    mutating func routes(_ version: IPVersion, of index: UInt32 = 0) throws(SetupError) -> [RouteMessage] {
        var routes: [RouteMessage] = []
        for payload in try dump(RouteMessage.dump(version, interface: index), type: RouteMessage.new) {
            do throws(WireError) {
                let route = try RouteMessage(parsing: payload.rawBytes)
                let isOurs = route.table == RouteMessage.mainTable && route.type == RouteMessage.unicast
                if isOurs, index == 0 || route.hops.contains(where: { $0.interface == index }) {
                    routes.append(route)
                }
            } catch {
                throw Self.nonsense
            }
        }
        return routes
    }
}

extension [UInt8] {
    /// The bytes, to parse.
    var rawBytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            // SAFETY: bytes have no padding, so every one of them is initialised.
            unsafe span.bytes
        }
    }
}
