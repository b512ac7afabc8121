// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A `NamespaceDoor`'s way of being asked, for those who do not own it: valid while its thread is the same.
///
/// The thread answers in the order it was asked. Either wait for each answer, or ask without waiting and take the
/// answers up later; not both at a time.
struct DoorChannel: BitwiseCopyable {
    /// Most sockets of one request.
    static let largestCount = Int(SHIM_DOOR_LIMIT)

    /// Readable when an answer waits; -1: there is no door.
    let descriptor: Int32

    static let none = DoorChannel(descriptor: -1)

    /// Creates a socket in the namespace and waits for it.
    ///
    /// - Returns: a non-blocking socket, which the caller owns, or -errno.
    func socket(_ transport: TransportProtocol, _ version: IPVersion) -> Int32 {
        ask(Self.request(transport, version, count: 1, tag: 0))
    }

    /// Makes a request for one descriptor and waits for the answer: the descriptor or -errno.
    func ask(_ request: shim_door_request) -> Int32 {
        var request = request
        // SAFETY: the request is a value of this function, read by the call.
        let sent = unsafe shim_door_send(descriptor, &request, 0)
        guard sent > 0 else { return sent < 0 ? sent : -ECONNRESET }
        var result: Int32 = -ECONNRESET
        _ = takeAnswers(waits: true) { answer, _ in result = answer }
        return result
    }

    /// Asks for sockets without waiting for them; false when too many requests are open.
    ///
    /// - Parameters:
    ///   - count: 1 to `largestCount`.
    ///   - tag: comes back with the answers.
    func request(_ transport: TransportProtocol, _ version: IPVersion, count: Int, tag: UInt32) -> Bool {
        var request = Self.request(transport, version, count: count, tag: tag)
        // SAFETY: the request is a value of this function, read by the call.
        return unsafe shim_door_send(descriptor, &request, 1) > 0
    }

    /// Takes up the answers to one request: for each socket its number, and -errno for what prevented more.
    ///
    /// - Returns: false when there is no answer yet, or no door any more.
    func takeAnswers(waits: Bool, _ take: (_ result: Int32, _ tag: UInt32) -> Void) -> Bool {
        var answers = InlineArray<32, shim_door_answer>(repeating: shim_door_answer())
        var span = answers.mutableSpan
        let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
            // SAFETY: the array has the room for `SHIM_DOOR_LIMIT` answers that the call expects.
            unsafe shim_door_receive(descriptor, buffer.baseAddress, waits ? 0 : 1)
        }
        guard count > 0 else { return false }
        for index in 0..<Int(count) { take(answers[index].result, answers[index].tag) }
        return true
    }

    private static func type(_ transport: TransportProtocol) -> Int32 {
        let kind = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        return Int32(kind.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    }

    private static func request(
        _ transport: TransportProtocol, _ version: IPVersion, count: Int, tag: UInt32
    ) -> shim_door_request {
        shim_door_request(
            operation: SHIM_DOOR_SOCKET.rawValue, tag: tag, domain: version.family, type: type(transport),
            protocol: Int32(transport.rawValue), count: Int32(count))
    }
}
