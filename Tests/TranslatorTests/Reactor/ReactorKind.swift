// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Testing

@testable import Translator

/// The reactors that every test of this folder runs over.
enum ReactorKind: String, CustomTestStringConvertible {
    /// Those that this kernel allows.
    static let available: [ReactorKind] = RingReactor.isAvailable() ? [.epoll, .ring, .ringOnly] : [.epoll]

    case epoll
    case ring
    /// The ring even for batches that are small enough for system calls.
    case ringOnly

    func make(eventCapacity: Int = 1024) throws -> any Reactor {
        switch self {
        case .epoll: try EpollReactor(eventCapacity: eventCapacity)
        case .ring: try RingReactor(eventCapacity: eventCapacity, descriptorCapacity: 1 << 16)
        case .ringOnly:
            try RingReactor(eventCapacity: eventCapacity, descriptorCapacity: 1 << 16, directLimit: 0)
        }
    }

    var testDescription: String { rawValue }
}

/// Two connected descriptors, non-blocking, closed at the end.
final class DescriptorPair {
    let near: Int32
    let far: Int32
    private var isNearOpen = true
    private var isFarOpen = true

    private init(_ numbers: [Int32]) { (near, far) = (numbers[0], numbers[1]) }

    static func stream() -> DescriptorPair { sockets(SOCK_STREAM) }
    static func packets() -> DescriptorPair { sockets(SOCK_SEQPACKET) }

    /// `near` reads what `far` writes; like a tap, a file and not a socket.
    static func pipe() -> DescriptorPair { pipe(0) }
    /// As `pipe`, but one read gives what one write put in.
    static func packetPipe() -> DescriptorPair { pipe(O_DIRECT) }

    /// A TCP connection over loopback.
    static func tcp() -> DescriptorPair {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let near = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let far = withUnsafeMutablePointer(to: &address) {
            let there = __CONST_SOCKADDR_ARG(__sockaddr_in__: $0)
            precondition(bind(listener, there, size) == 0 && listen(listener, 1) == 0)
            precondition(getsockname(listener, __SOCKADDR_ARG(__sockaddr_in__: $0), &size) == 0)
            precondition(connect(near, there, size) == 0)
            return accept(listener, __SOCKADDR_ARG(__sockaddr__: nil), nil)
        }
        close(listener)
        for descriptor in [near, far] { precondition(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0) }
        return DescriptorPair([near, far])
    }

    private static func pipe(_ flags: Int32) -> DescriptorPair {
        var numbers: [Int32] = [-1, -1]
        precondition(pipe2(&numbers, O_NONBLOCK | O_CLOEXEC | flags) == 0)
        return DescriptorPair(numbers)
    }

    private static func sockets(_ type: __socket_type) -> DescriptorPair {
        var numbers: [Int32] = [-1, -1]
        let flags = Int32(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, flags, 0, &numbers) == 0)
        return DescriptorPair(numbers)
    }

    func closeNear() {
        if isNearOpen { close(near) }
        isNearOpen = false
    }

    func closeFar() {
        if isFarOpen { close(far) }
        isFarOpen = false
    }

    /// Writes to `far` what `near` will read.
    func feed(_ text: String) {
        let count = text.withCString { write(far, $0, strlen($0)) }
        precondition(count == text.utf8.count)
    }

    /// Reads `near` until it would block.
    @discardableResult
    func drainNear() -> Int { Self.drain(near) }
    @discardableResult
    func drainFar() -> Int { Self.drain(far) }

    private static func drain(_ descriptor: Int32) -> Int {
        var bytes = [UInt8](repeating: 0, count: 65536)
        var total = 0
        while case let count = read(descriptor, &bytes, bytes.count), count > 0 { total += count }
        return total
    }

    deinit {
        closeNear()
        closeFar()
    }
}

extension Reactor {
    /// All events of one wait, of at most a second.
    func events(for timeout: Interval = .seconds(1)) -> [Readiness] {
        (0..<wait(for: timeout)).map { event($0) }
    }

    /// Whether nothing is reported within a few milliseconds.
    func isQuiet() -> Bool { events(for: .milliseconds(5)).isEmpty }
}

extension OperationBatch {
    /// Every operation's result, for comparison.
    var results: [Int32] { (0..<count).map { result($0) } }

    /// Posts an operation that is known to fit, with all its pieces.
    mutating func post(_ kind: Kind, _ descriptor: Int32, _ vectors: [IOVector]) {
        precondition(post(kind, descriptor: descriptor, flags: 0, token: 0))
        for vector in vectors { precondition(addVector(vector)) }
    }
}

/// Bytes at a fixed address for the pieces of operations.
final class TestBytes {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    func vector(_ range: Range<Int>) -> IOVector {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return IOVector(
            address: UInt(bitPattern: bytes.baseAddress! + range.lowerBound), byteCount: range.count)
    }

    func fill(_ text: String, at offset: Int = 0) {
        for (index, byte) in text.utf8.enumerated() { bytes[offset + index] = byte }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    deinit { bytes.deallocate() }
}
