// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Events by time; those of one time in the order they were added.
struct EventQueue<Event> {
    private var entries: [(time: Instant, event: Event)] = []

    var next: Instant { entries.last?.time ?? .never }

    /// Latest first, so that the next one is cheap to take; most events belong near the front.
    mutating func add(_ event: Event, at time: Instant) {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].time > time { low = middle + 1 } else { high = middle }
        }
        entries.insert((time, event), at: low)
    }

    mutating func popDue(_ now: Instant) -> Event? {
        guard next <= now else { return nil }
        return entries.removeLast().event
    }
}
