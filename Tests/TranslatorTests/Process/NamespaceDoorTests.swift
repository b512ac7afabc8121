// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Testing

@testable import Translator

@Suite("The door to a network namespace", .enabled(if: geteuid() == 0, "joining a namespace needs root"))
struct NamespaceDoorTests {
    @Test("sockets are opened on request, waiting and not, by each of its two threads")
    func sockets() throws {
        let space = try SystemFile.open("/proc/self/ns/net", O_RDONLY, step: "open our own namespace")
        var door = try NamespaceDoor(to: space)
        let stream = Int32(SOCK_STREAM.rawValue)

        let first = try door.socket(domain: AF_INET, type: stream, protocol: 0).number
        door.close()
        let closed = door.descriptor
        try door.openForever()
        let channel = door.requests
        let isAsked = channel.request(.udp, .v6, count: 3, tag: 77)
        var sockets: [Int32] = []
        var tags: Set<UInt32> = []
        let isAnswered = channel.takeAnswers(waits: true) { result, tag in
            sockets.append(result)
            tags.insert(tag)
        }
        let isDone = channel.takeAnswers(waits: false) { _, _ in }
        let single = channel.socket(.tcp, .v4)
        door.close()

        #expect(first > 2 && closed == -1 && isAsked && isAnswered && !isDone)
        #expect(sockets.count == 3 && sockets.allSatisfy { $0 > 2 } && tags == [77])
        #expect(single > 2 && fcntl(single, F_GETFL) & O_NONBLOCK != 0)
        for socket in sockets + [single] { close(socket) }
    }
}
