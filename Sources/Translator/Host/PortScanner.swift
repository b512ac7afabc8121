// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Asks the kernel on which ports sockets of the host and of the namespace listen.
///
/// One dump for each version and protocol, filtered by state in the kernel: about 20 us each where few sockets listen.
/// The kernel makes a dump while it is received, so nothing is waited for, and nothing here allocates.
struct PortScanner: ~Copyable {
    /// Which sockets are looked at.
    struct Wanted: OptionSet {
        let rawValue: UInt8

        static let tcp = Wanted(rawValue: 1)
        static let udp = Wanted(rawValue: 2)
    }

    /// NETLINK_SOCK_DIAG
    static let netlinkProtocol: Int32 = 4
    static let socketType = Int32(
        SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    /// Larger than any datagram of a dump.
    private static let receiveByteCount = 65536

    private let descriptor: Descriptor
    private var sequence: UInt32 = 0
    private var received = [UInt8](repeating: 0, count: receiveByteCount)
    private var request = [UInt8](repeating: 0, count: DiagnosedSocket.requestLength)
    private let versions: Configuration.PerVersion<Bool>

    /// - Parameter descriptor: a netlink socket of `netlinkProtocol` in the network namespace to look at.
    init(_ descriptor: consuming Descriptor, versions: Configuration.PerVersion<Bool>) {
        self.descriptor = descriptor
        self.versions = versions
    }

    /// Looks at the network namespace of the calling thread.
    static func ofHost(_ versions: Configuration.PerVersion<Bool>) throws(SetupError) -> PortScanner {
        let number = socket(AF_NETLINK, socketType, netlinkProtocol)
        guard number >= 0 else {
            throw SetupError(cannot: "ask the kernel for listening sockets", code: shim_errno())
        }
        return PortScanner(Descriptor(owning: number), versions: versions)
    }

    /// Replaces `ports` by what listens at present.
    ///
    /// - Returns: 0 or -errno: then what `ports` holds is not complete.
    mutating func scan(_ wanted: Wanted, into ports: inout ListeningPorts) -> Int32 {
        ports.removeAll()
        for version in IPVersion.allCases where versions[version] {
            if wanted.contains(.tcp) {
                let result = dump(version, ProtocolNumber.tcp, DiagnosedSocket.tcpListen, into: &ports.tcp)
                if result < 0 { return result }
            }
            if wanted.contains(.udp) {
                let result = dump(version, ProtocolNumber.udp, DiagnosedSocket.unconnected, into: &ports.udp)
                if result < 0 { return result }
            }
        }
        return 0
    }

    private mutating func dump(
        _ version: IPVersion, _ protocolNumber: UInt8, _ state: UInt8, into ports: inout PortSet
    ) -> Int32 {
        sequence &+= 1
        let sent = ask(version, protocolNumber, state)
        guard sent == 0 else { return sent }
        let number = descriptor.number
        while true {
            // SAFETY: the kernel writes at most as many bytes as the buffer holds.
            let count = unsafe received.withUnsafeMutableBytes { buffer in
                unsafe shim_netlink_receive(number, buffer.baseAddress, buffer.count)
            }
            guard count >= 0 else { return count }
            do throws(WireError) {
                if let end = try Self.take(
                    received.span.raw.extracting(0..<Int(count)), sequence: sequence, state: state,
                    into: &ports)
                {
                    return end
                }
            } catch {
                return -EPROTO
            }
        }
    }

    private mutating func ask(_ version: IPVersion, _ protocolNumber: UInt8, _ state: UInt8) -> Int32 {
        let (sequence, number) = (sequence, descriptor.number)
        var span = request.mutableSpan
        // SAFETY: a `UInt8` has no padding, and every bit pattern is one.
        var bytes = unsafe span.mutableBytes
        DiagnosedSocket.writeDump(
            version, protocolNumber: protocolNumber, state: state, sequence: sequence, to: &bytes)
        // SAFETY: the buffer is valid for this call, which only reads it.
        return unsafe request.withUnsafeBytes { buffer in
            unsafe shim_netlink_send(number, buffer.baseAddress, buffer.count)
        }
    }

    /// Takes up one datagram of a dump; 0 or -errno at its end, nil before.
    static func take(
        _ bytes: RawSpan, sequence: UInt32, state: UInt8, into ports: inout PortSet
    ) throws(WireError) -> Int32? {
        var offset = 0
        while let message = try NetlinkMessage.next(in: bytes, at: &offset) {
            guard message.header.sequence == sequence else { continue }
            let payload = bytes.extracting(message.payload)
            switch message.header.type {
            case NetlinkHeader.done:
                return payload.byteCount >= 4 ? payload.native(at: 0, as: Int32.self) : 0
            case NetlinkHeader.error:
                return -(try NetlinkAcknowledgement(parsing: payload, flags: 0)).code
            case DiagnosedSocket.messageType:
                let socket = try DiagnosedSocket(parsing: payload)
                if socket.state == state, socket.port != 0 { ports.insert(socket.port) }
            default: break
            }
        }
        return nil
    }
}
