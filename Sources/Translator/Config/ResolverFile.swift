// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What /etc/resolv.conf says about resolvers and the search list (resolv.conf(5)); everything else in it is
/// ignored.
struct ResolverFile: Equatable {
    /// Names that are taken from the file.
    private static let mostSearchDomains = 5

    /// In the order of the file, each address once, zones cut off.
    private(set) var nameservers: Configuration.PerVersion<[IPAddress]> = .init(v4: [], v6: [])
    /// Of the first `search` line.
    private(set) var searchDomains: [String] = []

    init(text: String) {
        var hasSearch = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            // A keyword stands at the start of its line.
            guard words.count > 1, line.first == words[0].first else { continue }
            if words[0] == "nameserver" {
                add(nameserver: words[1])
            } else if words[0] == "search", !hasSearch {
                hasSearch = true
                searchDomains = words.dropFirst().prefix(Self.mostSearchDomains).compactMap(Self.domain)
            }
        }
    }

    private mutating func add(nameserver text: Substring) {
        let withoutZone = text.prefix { $0 != "%" }
        guard let address = IPAddress(withoutZone)?.unmapped, address.isUnicast,
            !nameservers[address.version].contains(address)
        else { return }
        nameservers[address.version].append(address)
    }

    /// Nil for the root, which says nothing (systemd-resolved writes "search .").
    private static func domain(_ text: Substring) -> String? {
        let name = text.hasSuffix(".") ? text.dropLast() : text
        return name.isEmpty ? nil : String(name)
    }

    static func == (left: ResolverFile, right: ResolverFile) -> Bool {
        left.nameservers.v4 == right.nameservers.v4 && left.nameservers.v6 == right.nameservers.v6
            && left.searchDomains == right.searchDomains
    }
}
