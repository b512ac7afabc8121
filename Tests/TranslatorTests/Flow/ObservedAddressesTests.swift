// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Observed addresses")
struct ObservedAddressesTests {
    private let v4 = TranslationFixture(.v4)
    private let v6 = TranslationFixture(.v6)

    @Test("start as assigned")
    func initial() {
        let observed = ObservedAddresses(v6.mapping())

        #expect(observed.v6 == v6.assigned.bits)
        #expect(observed.v6LinkLocal == nil)
        #expect(observed.v4 == nil)
    }

    @Test("follow the guest's sources")
    func learning() {
        var mapping = v4.mapping()
        mapping.v6 = v6.mapping().v6
        var observed = ObservedAddresses(mapping)

        for source in [v4.observed, v6.observed, v6.observedLinkLocal] {
            observed.observe(source, mapping: mapping)
        }

        #expect(observed.v4 == v4.observed.v4)
        #expect(observed.v6 == v6.observed.bits)
        #expect(observed.v6LinkLocal == v6.observedLinkLocal.bits)
    }

    @Test("ignore sources that nothing can be sent to", arguments: IPVersion.allCases)
    func uselessSources(version: IPVersion) {
        let fixture = TranslationFixture(version)
        var observed = ObservedAddresses(fixture.mapping())

        for source in [.unspecified(version), .loopback(version), fixture.multicast] as [IPAddress] {
            observed.observe(source, mapping: fixture.mapping())
        }

        #expect(observed == ObservedAddresses(fixture.mapping()))
    }

    @Test("stay with a pinned address, link-local ones excepted")
    func pinned() {
        var mapping = v4.mapping()
        mapping.v6 = v6.mapping().v6
        mapping.v4.isAssignedPinned = true
        mapping.v6.isAssignedPinned = true
        var observed = ObservedAddresses(mapping)

        for source in [v4.observed, v6.observed, v6.observedLinkLocal] {
            observed.observe(source, mapping: mapping)
        }

        #expect(observed.v4 == v4.assigned.v4)
        #expect(observed.v6 == v6.assigned.bits)
        #expect(observed.v6LinkLocal == v6.observedLinkLocal.bits)
    }

    @Test("take the first link-local address for a global one that is unknown, until there is one")
    func localMode() {
        var mapping = v6.mapping()
        mapping.v6.assigned = nil
        var observed = ObservedAddresses(mapping)

        observed.observe(v6.observedLinkLocal, mapping: mapping)
        observed.observe(v6.linkLocal, mapping: mapping)
        let first = observed.v6
        observed.observe(v6.observed, mapping: mapping)

        #expect(first == v6.observedLinkLocal.bits)
        #expect(observed.v6LinkLocal == v6.linkLocal.bits)
        #expect(observed.v6 == v6.observed.bits)
    }

    @Test("return to the assigned address with a DHCPv6 answer")
    func dhcpv6() {
        var observed = v6.observedAddresses()

        observed.reset(.v6, mapping: v6.mapping())

        #expect(observed.v6 == v6.assigned.bits)
    }
}
