// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Sockets made in the namespace while the engine runs, for whoever opens listeners there.
protocol NamespaceSocketSource: ~Copyable {
    /// A non-blocking socket, which the caller owns; or -errno.
    mutating func takeNamespaceSocket(_ transport: TransportProtocol, _ version: IPVersion) -> Int32
}

/// What an engine needs whose listening sockets come and go.
typealias ServedSockets = EngineSockets & NamespaceSocketSource

extension LinuxSockets: NamespaceSocketSource {
    mutating func takeNamespaceSocket(_ transport: TransportProtocol, _ version: IPVersion) -> Int32 {
        namespace.take(transport, version)
    }
}
