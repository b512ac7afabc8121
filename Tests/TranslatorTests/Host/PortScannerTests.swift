// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims
import Testing

@testable import Translator

@Suite("The scanner of listening ports")
struct PortScannerTests {
    @Test("finds a socket of each version and protocol, until it is closed", arguments: IPVersion.allCases)
    func finds(version: IPVersion) throws {
        var scanner = try PortScanner.ofHost(.init(v4: true, v6: true))
        let opener = ListenerOpener(isEnabled: .init(v4: true, v6: true), allowsFreebind: false)
        var ports: [UInt16] = []
        var sockets: [Int32] = []
        for transport in TransportProtocol.allCases {
            let socket = opener.open(
                ListeningPlace(.inbound, transport, address: .loopback(version), port: 0))
            sockets.append(socket)
            ports.append(try #require(SocketCalls.name(of: socket)).port)
        }
        var found = ListeningPorts()

        let result = scanner.scan([.tcp, .udp], into: &found)
        let before = [found.tcp.contains(ports[0]), found.udp.contains(ports[1])]
        for socket in sockets { close(socket) }
        _ = scanner.scan([.tcp, .udp], into: &found)
        let after = [found.tcp.contains(ports[0]), found.udp.contains(ports[1])]

        #expect(result == 0)
        #expect(before == [true, true])
        #expect(after == [false, false])
    }

    @Test("answers to other requests, and sockets in other states, are passed over")
    func others() throws {
        var ports = PortSet()
        let socket = hex("02 0a 00 00  07 e8") + [UInt8](repeating: 0, count: 66)
        let connected = hex("02 01 00 00  07 e9") + [UInt8](repeating: 0, count: 66)
        let bytes =
            message(20, sequence: 6, hex("02 0a 00 00  07 ea") + [UInt8](repeating: 0, count: 66))
            + message(20, sequence: 7, connected) + message(20, sequence: 7, socket)
            + message(3, sequence: 7, [0, 0, 0, 0])

        let end = try PortScanner.take(bytes.span.bytes, sequence: 7, state: 10, into: &ports)

        let found = [2024, 2025, 2026].map { ports.contains($0) }
        #expect(end == 0)
        #expect(found == [true, false, false])
    }

    @Test("an answer that is cut off, or an error, ends the scan")
    func broken() throws {
        var ports = PortSet()

        let refusal = try PortScanner.take(
            message(2, sequence: 1, hex("fe ff ff ff") + [UInt8](repeating: 0, count: 16)).span.bytes,
            sequence: 1, state: 10, into: &ports)

        #expect(refusal == -ENOENT)
        var cutOff = PortSet()
        let bytes = message(20, sequence: 1, [2, 10])
        #expect(throws: WireError.truncated) {
            try PortScanner.take(bytes.span.bytes, sequence: 1, state: 10, into: &cutOff)
        }
    }

    private func message(_ type: UInt16, sequence: UInt32, _ payload: [UInt8]) -> [UInt8] {
        var request = NetlinkRequest(type: type, flags: 0)
        for byte in payload { request.append(byte) }
        return request.sealed(sequence: sequence)
    }
}
