// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A frame that the guest sent; its bytes stay in the arena until the next harvest.
struct ReceivedFrame: BitwiseCopyable {
    /// From the Ethernet header on.
    var bytes: Slice
    /// What the guest left undone; nothing on a link without such a header.
    var offload = VirtioNetHeader()
}

/// The frames of one harvest, in order of arrival.
@safe
struct FrameBatch: ~Copyable {
    static let capacity = 64

    private(set) var count = 0
    private let frames: UnsafeMutablePointer<ReceivedFrame>

    init() {
        unsafe frames = .allocate(capacity: Self.capacity)
    }

    deinit { unsafe frames.deallocate() }

    subscript(index: Int) -> ReceivedFrame {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            // SAFETY: everything below `count` was initialised by `append`.
            return unsafe frames[index]
        }
    }

    mutating func append(_ frame: ReceivedFrame) {
        precondition(count < Self.capacity)
        // SAFETY: the precondition keeps the index inside the allocation.
        unsafe (frames + count).initialize(to: frame)
        count += 1
    }

    mutating func removeAll() { count = 0 }
}

/// How a harvest ended.
enum HarvestOutcome: Equatable, BitwiseCopyable {
    /// Nothing more waits; an event tells when it does.
    case drained
    /// The batch is full or the share of this turn used up; more may wait.
    case more
    /// The guest's hypervisor left; another may come.
    case detached
    /// The guest's hypervisor left, and the next one is there already.
    case attached
    /// The link is gone for good: the guest, the hypervisor or the namespace left.
    case closed
}

/// What an edge on one of a link's descriptors means to the engine.
struct LinkEvents: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// Frames may wait: harvest.
    static let readable = LinkEvents(rawValue: 1)
    /// There is room again after `reserve` said that there is none.
    static let writable = LinkEvents(rawValue: 2)
    /// A guest came, perhaps not the one that was there before.
    static let attached = LinkEvents(rawValue: 4)
    /// The link is gone for good.
    static let finished = LinkEvents(rawValue: 8)
}

/// Room for one frame to the guest, reserved and not sealed yet.
struct FrameSlot: BitwiseCopyable {
    var index: Int32
    /// Where payload goes. Headers end where it begins.
    var payload: Slice
}

/// What carries frames between the engine and the guest.
///
/// Frames to the guest: `reserve` room, put payload there (or let the kernel put it), write headers in front,
/// `seal`, and once a turn `flush`. A slot that is reserved is either sealed or released before the next flush.
protocol FrameLink: ~Copyable {
    var capabilities: LinkCapabilities { get }
    /// Frames that the far side queues before it drops: what bounds a window on a link without segmentation.
    var queueFrameCount: Int { get }
    /// No room for payload until an event says `writable`: what has data for the guest waits for that.
    var isFull: Bool { get }
    var counters: LinkCounters { get }

    /// Begins to watch the link's descriptors, under tokens of the kind `link`; before the first turn.
    mutating func watch() throws(SetupError)
    /// Deals with an edge on a descriptor of the link, such as a guest's hypervisor that connects or leaves.
    ///
    /// - Parameter token: of the kind `link`; side, generation and index are the link's own.
    mutating func eventArrived(_ token: FlowToken, _ event: Readiness, arena: inout Arena) -> LinkEvents

    /// Reads frames that wait. Slices of the previous harvest end here.
    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome
    /// Room for a frame of up to `payloadByteCount` bytes behind its headers; nil: the link is full until it says
    /// that it is writable.
    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot?
    /// As above for a caller that knows its headers: a link may then lay frames out back to back, and give less room
    /// for payload than was asked for, as the slot says.
    ///
    /// - Parameter headerByteCount: what `seal` will be told at most.
    mutating func reserve(headerByteCount: Int, payloadByteCount: Int, arena: inout Arena) -> FrameSlot?
    /// Gives unused room back.
    mutating func release(_ slot: FrameSlot)
    /// Queues the frame whose `headerByteCount` bytes of headers end where the slot's payload begins.
    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena)
    /// Hands everything sealed to the far side.
    mutating func flush(arena: inout Arena)
}

extension FrameLink where Self: ~Copyable {
    var isFull: Bool { false }
    var counters: LinkCounters { LinkCounters() }

    mutating func watch() throws(SetupError) {}

    mutating func eventArrived(_ token: FlowToken, _ event: Readiness, arena: inout Arena) -> LinkEvents {
        .readable
    }

    @inline(__always)
    mutating func reserve(headerByteCount: Int, payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        reserve(payloadByteCount: payloadByteCount, arena: &arena)
    }
}
