// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A look at the engine as others see it: names and numbers, without allocating.
struct EngineStatistics: Equatable, BitwiseCopyable {
    var counters = EngineCounters()
    var link = LinkCounters()
    var capabilities = LinkCapabilities.plain
    var tcpFlows = 0
    var udpFlows = 0
    var echoFlows = 0

    /// Calls `body` for each number in a fixed order; the names are those of the manual.
    func visit(_ body: (StaticString, UInt64) -> Void) {
        body("frames_in", link.framesFromGuest)
        body("frames_out", link.framesToGuest)
        body("bytes_in", link.bytesFromGuest)
        body("bytes_out", link.bytesToGuest)
        body("tcp_flows", UInt64(tcpFlows))
        body("udp_flows", UInt64(udpFlows))
        body("echo_flows", UInt64(echoFlows))
        body("tcp_opened", counters.tcpFlowsOpened)
        body("udp_opened", counters.udpFlowsOpened)
        body("echo_opened", counters.echoFlowsOpened)
        body("tcp_exhausted", counters.tcpFlowsRefused)
        body("resets_refused", counters.tcpRefusalsToGuest)
        body("resets_unknown", counters.tcpStraySegments)
        body("resets_broken", counters.tcpResetsToGuest)
        body("retransmits", counters.tcpRetransmissions)
        body("udp_dropped", counters.udpDatagramsDropped)
        body("malformed", counters.malformedFrames)
        body("ignored", counters.ignoredFrames)
        body("loopback", counters.loopbackFrames)
        body("fragments", counters.fragmentsDropped)
        body("link_refused", link.framesRefused)
    }

    /// Nothing happened in between.
    func isSame(as other: EngineStatistics) -> Bool {
        var left = self
        left.counters.turns = other.counters.turns
        return left == other
    }
}

extension Engine where Link: ~Copyable, Host: ~Copyable {
    var statistics: EngineStatistics {
        EngineStatistics(
            counters: counters, link: link.counters, capabilities: link.capabilities, tcpFlows: flows.count,
            udpFlows: udpFlows.count, echoFlows: echoFlows.count)
    }
}
