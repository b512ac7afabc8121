// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("FlowToken")
struct FlowTokenTests {
    @Test("keeps its four parts", arguments: FlowToken.Kind.allCases)
    func parts(kind: FlowToken.Kind) {
        let token = FlowToken(kind: kind, side: 0xa5, generation: 0xfffe, index: 0xffff_fffd)

        let again = FlowToken(rawValue: token.rawValue)

        #expect(again == token)
        #expect(again.kind == kind)
        #expect(again.side == 0xa5)
        #expect(again.generation == 0xfffe)
        #expect(again.index == 0xffff_fffd)
    }

    @Test("of no kind is ignored")
    func unknown() {
        #expect(FlowToken(rawValue: .max).kind == .ignored)
        #expect(FlowToken(rawValue: 0).kind == .ignored)
    }
}
