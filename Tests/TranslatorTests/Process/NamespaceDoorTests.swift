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
        let isAsked = door.requestSocket(domain: AF_INET6, type: stream, protocol: 0, tag: 77)
        var answer: NamespaceDoor.Answer?
        while answer == nil { answer = door.nextAnswer() }
        let refused = door.requestSocket(domain: -1, type: stream, protocol: 0, tag: 78)
        var refusal: NamespaceDoor.Answer?
        while refusal == nil { refusal = door.nextAnswer() }
        door.close()

        #expect(first > 2 && closed == -1 && isAsked && refused)
        #expect(answer?.tag == 77 && answer?.result ?? -1 > 2)
        #expect(refusal?.tag == 78 && refusal?.result == -EAFNOSUPPORT)
        if let number = answer?.result { close(number) }
    }
}
