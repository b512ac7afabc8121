// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Messages of a vhost-user front-end: header, and the payload as every request would read it.
enum VhostMessageTarget {
    static func run(_ input: FuzzInput) {
        let message = input.bytes
        expectIdentity(message, byteCount: VhostUserHeader.length, parse: VhostUserHeader.init(parsing:)) {
            $0.write(to: &$1)
        }
        if let header = try? VhostUserHeader(parsing: message.span.bytes) {
            _ = VhostUserRequest(rawValue: header.request)?.hasReply
            readPayload(Array(message[VhostUserHeader.length...]))
        }
        readPayload(message)
    }

    private static func readPayload(_ bytes: [UInt8]) {
        let span = bytes.span.bytes
        expectIdentity(bytes, byteCount: VhostUserRegion.length, parse: VhostUserRegion.init(parsing:)) {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: VhostUserRingState.length, parse: VhostUserRingState.init(parsing:))
        {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: VhostUserRingAddresses.length) {
            try VhostUserRingAddresses(parsing: $0)
        } write: {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: VhostUserRingDescriptor.length) {
            try VhostUserRingDescriptor(parsing: $0)
        } write: {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: VhostUserLogArea.length, parse: VhostUserLogArea.init(parsing:)) {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: VirtioNetConfiguration.length) {
            try VirtioNetConfiguration(parsing: $0)
        } write: {
            $0.write(to: &$1)
        }
        if let part = try? VhostUserConfigurationSpace(parsing: span) {
            precondition(Int(part.offset) + Int(part.byteCount) <= VhostUserConfigurationSpace.sizeLimit)
        }
        guard let table = try? VhostUserMemoryTable(parsing: span) else { return }
        for index in 0..<table.count {
            let region = table[index]
            precondition(region.byteCount > 0 && region.guestAddress <= UInt64.max - region.byteCount)
        }
    }
}
