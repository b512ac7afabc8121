// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Listening sockets come and go while the engine runs; flows that came through one live on without it.

/// What came of adding a listener.
enum ListenerAdding: Equatable, BitwiseCopyable {
    /// It is watched, under this name.
    case added(FlowToken)
    /// It was closed, for this errno.
    case refused(Int32)
}

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// Takes over a listening socket and begins to serve it.
    mutating func addListener(_ listener: Listener) -> ListenerAdding {
        guard let index = listeners.allocate() else {
            host.close(listener.socket, token: FlowToken(kind: .ignored), abortively: false)
            return .refused(24)  // EMFILE
        }
        listeners[index] = listener
        let token = listenerToken(index)
        let result = host.adopt(listener.socket, token: token)
        guard result == 0 else {
            host.close(listener.socket, token: FlowToken(kind: .ignored), abortively: false)
            listeners.free(index)
            return .refused(-result)
        }
        return .added(token)
    }

    /// Closes a listening socket; what waited to be accepted is reset by the kernel. False when it is gone already.
    mutating func removeListener(_ token: FlowToken) -> Bool {
        let index = token.index
        guard isListener(token) else { return false }
        host.close(listeners[index].socket, token: token, abortively: false)
        listeners.free(index)
        return true
    }

    func listenerToken(_ index: Int) -> FlowToken {
        FlowToken(
            kind: listeners[index].transport == .tcp ? .tcpListener : .udpListener,
            generation: listeners.generation(index), index: UInt32(index))
    }

    /// A listening socket reported an edge.
    mutating func listenerEventArrived(_ token: FlowToken) {
        if isListener(token) { serve(token.index) }
    }

    /// The listener lives.
    func isListener(_ token: FlowToken) -> Bool {
        listeners.isAllocated(token.index) && listeners.generation(token.index) == token.generation
    }

    private mutating func serve(_ listener: Int) {
        switch listeners[listener].transport {
        case .tcp: acceptConnections(listener)
        case .udp: udpListenerEventArrived(listener)
        }
    }

    /// Serves the listeners that the last turn had no time for.
    mutating func serveReadyListeners() {
        let count = readyListeners.count
        for position in 0..<count {
            let index = readyListeners[position]
            guard listeners.isAllocated(index), listeners[index].isReady else { continue }
            listeners[index].isReady = false
            serve(index)
        }
        readyListeners.removeFirst(count)
    }

    /// Lists a listener for the next turn.
    mutating func listenerIsReady(_ index: Int) {
        guard !listeners[index].isReady, readyListeners.count < readyListeners.capacity else { return }
        listeners[index].isReady = true
        readyListeners.append(index)
    }
}
