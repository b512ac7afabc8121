// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Datagrams as the kernel's netlink answers: messages one after the other, each as every kind we ask for.
enum NetlinkTarget {
    static func run(_ input: FuzzInput) {
        let bytes = input.bytes
        let span = bytes.span.bytes
        var offset = 0
        while true {
            let before = offset
            guard let message = try? NetlinkMessage.next(in: span, at: &offset) else { break }
            precondition(
                offset > before && offset <= bytes.count && message.payload.upperBound <= bytes.count)
            read(Array(bytes[message.payload]), flags: message.header.flags)
        }
        read(bytes, flags: UInt16.max)
    }

    private static func read(_ payload: [UInt8], flags: UInt16) {
        let span = payload.span.bytes
        _ = try? NetlinkAcknowledgement(parsing: span, flags: flags)
        _ = try? DiagnosedSocket(parsing: span)
        _ = try? InterfaceMessage(parsing: span)
        if let address = try? AddressMessage(parsing: span), let request = address.addition() {
            let back = try? AddressMessage(parsing: Array(request.payload).span.bytes)
            precondition(back?.address == address.address && back?.prefixLength == address.prefixLength)
            precondition(back?.flags == address.flags && back?.index == address.index)
            precondition(
                back?.peer == address.peer ?? address.address && back?.broadcast == address.broadcast)
        }
        guard let route = try? RouteMessage(parsing: span) else { return }
        let template = route.hops.first?.interface ?? 0
        guard let copy = try? RouteMessage.copy(of: span, from: template, to: 7) else { return }
        let back = try? RouteMessage(parsing: Array(copy.payload).span.bytes)
        precondition(back?.destination == route.destination && back?.family == route.family)
        precondition(back?.hops.allSatisfy { $0.interface == 7 } ?? false, "a copy through another interface")
    }
}
