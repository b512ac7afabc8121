// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Frames that are no flow's")
struct FramePacketTests {
    @Test("malformed frames are counted and dropped")
    func malformed() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4)
        let whole = GuestFrame.tcp(PacketFixture.syn, from: guest, to: remote)
        let truncated = (1..<whole.bytes.count).map { LoopFrame(bytes: Array(whole.bytes[..<$0])) }

        var answers: [CheckedFrame] = []
        for frame in truncated { answers += engine.exchange([frame]) }
        let (malformed, flows) = (engine.counters.malformedFrames, engine.counters.tcpFlowsOpened)

        #expect(answers.isEmpty && flows == 0)
        #expect(malformed == UInt64(truncated.count))
    }

    @Test("frames of loopback addresses, of groups and of unknown protocols are counted apart")
    func others() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4)
        let loopback = Endpoint(address: .loopback(.v4), port: 80)
        var group = GuestFrame.tcp(PacketFixture.syn, from: guest, to: remote)
        group.bytes[6] = 1
        var unknown = GuestFrame.tcp(PacketFixture.syn, from: guest, to: remote)
        unknown.bytes[23] = 132

        let answers = engine.exchange([
            GuestFrame.tcp(PacketFixture.syn, from: guest, to: loopback), group, unknown,
        ])
        let counters = engine.counters

        #expect(answers.isEmpty)
        #expect(counters.loopbackFrames == 1 && counters.malformedFrames == 1 && counters.ignoredFrames == 1)
    }

    @Test("fragments are put together in any order", arguments: [false, true])
    func fragments(isReversed: Bool) {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 40_000, 53)
        let payload = (0..<4000).map { UInt8(truncatingIfNeeded: $0) }
        let parts = GuestFrame.fragments(
            of: GuestFrame.udp(payload, from: guest, to: remote), partByteCount: 1480)

        _ = engine.exchange(isReversed ? parts.reversed() : parts)
        let sent = engine.host[datagram: 0].sent

        #expect(parts.count == 3)
        #expect(sent == [payload])
    }

    @Test("a datagram with a part missing goes nowhere")
    func missingFragment() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 40_000, 53)
        let frame = GuestFrame.udp([UInt8](repeating: 1, count: 4000), from: guest, to: remote)
        let parts = GuestFrame.fragments(of: frame, partByteCount: 1480)

        _ = engine.exchange([parts[0], parts[2]])
        let count = engine.host.datagramSockets.count

        #expect(count == 0)
    }

    @Test("the gateway's address is answered by ARP")
    func arp() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let request = ARPMessage(
            .request, senderMAC: EngineFixture.guestMAC, senderAddress: EngineFixture.guest4,
            targetMAC: MACAddress(bits: 0), targetAddress: EngineFixture.gateway4)
        var bytes = [UInt8](repeating: 0, count: EthernetHeader.length + ARPMessage.length)
        GuestFrame.write(into: &bytes) { span in
            EthernetHeader(destination: .broadcast, source: EngineFixture.guestMAC, etherType: EtherType.arp)
                .write(to: &span)
            request.write(to: &span, at: EthernetHeader.length)
        }

        let frames = engine.exchange([LoopFrame(bytes: bytes)])
        let reply = frames.first.flatMap { try? ARPMessage(parsing: Array($0.payload).span.bytes) }

        #expect(frames.count == 1)
        #expect(reply?.operation == .reply && reply?.senderMAC == EngineFixture.ourMAC)
        #expect(reply?.senderAddress == EngineFixture.gateway4)
    }

    @Test("a datagram to the DHCP server is never translated")
    func dhcp() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 68, 67)

        let frames = engine.exchange([GuestFrame.udp([1, 2, 3], from: guest, to: remote)])
        let count = engine.host.datagramSockets.count

        #expect(frames.isEmpty && count == 0)
    }
}
