// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A `NamespaceDoor`'s way of being asked, for those who do not own it: valid while its thread is the same.
///
/// The thread answers in the order it was asked.
struct DoorChannel: BitwiseCopyable {
    /// Readable when an answer waits; -1: there is no door.
    let descriptor: Int32

    static let none = DoorChannel(descriptor: -1)

    /// Creates a socket in the namespace and waits for it; no other request may be open.
    ///
    /// - Returns: a non-blocking socket, which the caller owns, or -errno.
    func socket(_ transport: TransportProtocol, _ version: IPVersion) -> Int32 {
        var request = Self.request(transport, version)
        // SAFETY: the request is a value of this function, read by the call.
        let sent = unsafe shim_door_send(descriptor, &request, 0)
        guard sent > 0 else { return sent }
        var answer = shim_door_answer()
        // SAFETY: the answer is a value of this function, filled by the call.
        let received = unsafe shim_door_receive(descriptor, &answer, 0)
        guard received > 0 else { return received < 0 ? received : -ECONNRESET }
        return answer.result
    }

    private static func type(_ transport: TransportProtocol) -> Int32 {
        let kind = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        return Int32(kind.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    }

    private static func request(_ transport: TransportProtocol, _ version: IPVersion) -> shim_door_request {
        shim_door_request(
            operation: SHIM_DOOR_SOCKET.rawValue, tag: 0, domain: version.family,
            type: type(transport), protocol: Int32(transport.rawValue))
    }
}
