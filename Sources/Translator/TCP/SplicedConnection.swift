// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Two connected sockets, one on the host and one in the namespace, whose bytes go straight from one to the other.
struct SplicedConnection: BitwiseCopyable {
    /// The end of a connection that a socket serves.
    enum Side: UInt8, BitwiseCopyable, CaseIterable {
        /// Where the connection was accepted.
        case near
        /// Where it was made.
        case far

        var other: Side { self == .near ? .far : .near }
    }

    /// A pipe's two ends; below 0: there is none.
    struct Pipe: Equatable, BitwiseCopyable {
        var reader: Int32
        var writer: Int32

        static let none = Pipe(reader: -1, writer: -1)
        var isNone: Bool { reader < 0 }
    }

    /// One socket and the way of the bytes that come from it.
    struct End: BitwiseCopyable {
        var socket: Int32
        var way: SplicedWay
        var pipe = Pipe.none
    }

    private var near: End
    private var far: End
    /// Listed for the next turn.
    var isReady = false
    /// Ended; the record is kept as long as it is listed.
    var isClosed = false

    /// - Parameters:
    ///   - near: accepted, with bytes in all likelihood.
    ///   - far: connecting; bytes for it are tried at once, since loopback has answered by then.
    init(near: Int32, far: Int32) {
        self.near = End(socket: near, way: SplicedWay(isReadable: true, isConnected: false))
        self.far = End(socket: far, way: SplicedWay(isReadable: false, isConnected: true))
    }

    subscript(side: Side) -> End {
        @inline(__always) get { side == .near ? near : far }
        @inline(__always) set { if side == .near { near = newValue } else { far = newValue } }
    }

    /// Both directions have passed on their ends.
    var isFinished: Bool { near.way.isFinished && far.way.isFinished }

    /// A socket reported an edge.
    mutating func eventArrived(_ side: Side, isReadable: Bool, isWritable: Bool, isHungUp: Bool) {
        if isHungUp { self[side].way.isHungUp = true }
        if isReadable || isHungUp, !self[side].way.hasEnded { self[side].way.isReadable = true }
        if isWritable {
            self[side.other].way.isWritable = true
            self[side.other].way.isConnected = true
        }
    }

    /// What an unused record holds.
    static let unused = SplicedConnection(near: -1, far: -1)
}
