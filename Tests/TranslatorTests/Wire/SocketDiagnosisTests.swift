// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Socket diagnosis")
struct SocketDiagnosisTests {
    @Test("a request asks for one version, protocol and state")
    func request() {
        let bytes = written(DiagnosedSocket.requestLength) {
            DiagnosedSocket.writeDump(
                .v6, protocolNumber: 6, state: DiagnosedSocket.tcpListen, sequence: 3, to: &$0)
        }

        #expect(
            bytes
                == hex(
                    """
                    48 00 00 00  14 00  01 03  03 00 00 00  00 00 00 00   // 72 bytes, type 20, dump, sequence 3
                    0a 06 00 00  00 04 00 00                              // IPv6, TCP, state 10
                    00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
                    00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
                    00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
                    """))
    }

    @Test("an answer of the kernel names family, state and port")
    func answer() throws {
        let bytes = hex(
            """
            02 0a 00 00  07 e8  00 00                             // IPv4, listening, port 2024
            00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00      // at any address
            00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00      // no peer
            00 00 00 00  01 00 00 00  00 00 00 00                 // no interface, cookie
            00 00 00 00  00 00 00 00  80 00 00 00                 // no timer, queues
            00 00 00 00  a6 04 00 00                              // owner, inode
            05 00 08 00  00 00 00 00                              // an attribute
            """)

        let socket = try DiagnosedSocket(parsing: bytes.span.bytes)

        #expect(socket == DiagnosedSocket(family: 2, state: 10, port: 2024))
        #expect(
            refusal(Array(bytes[..<71])) { (span) throws(WireError) in try DiagnosedSocket(parsing: span) }
                == .truncated)
    }
}
