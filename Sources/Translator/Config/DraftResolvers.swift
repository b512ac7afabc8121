// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension ConfigurationDraft {
    /// DNS.
    mutating func apply(_ which: ResolverOption, _ option: ScannedOption) throws(ConfigurationError) {
        switch which {
        case .resolver: try resolver(option)
        case .forward:
            let address = try option.address { $0.isUnicast && !$0.isLoopback }
            configuration.dnsForward[address.version] = address
        case .host:
            let address = try option.address { $0.isUnicast }
            configuration.dnsHost[address.version] = address
        case .search: try search(option)
        case .noAdvertise: configuration.advertisesDNS = false
        case .advertise: configuration.advertisesDNS = true
        case .noAdvertiseSearch: configuration.advertisesSearch = false
        case .advertiseSearch: configuration.advertisesSearch = true
        }
    }

    /// Resolvers beyond these are not told (resolv.conf(5): MAXNS).
    private static let mostResolvers = 3

    private mutating func resolver(_ option: ScannedOption) throws(ConfigurationError) {
        guard let address = try option.addressOrNone(where: { $0.isUnicast }) else {
            configuration.isDNSDisabled = true
            configuration.resolvers = .init(v4: [], v6: [])
            configuration.dnsForward = .init(v4: nil, v6: nil)
            configuration.dnsHost = .init(v4: nil, v6: nil)
            return
        }
        configuration.isDNSDisabled = false
        if configuration.resolvers[address.version].count < Self.mostResolvers {
            configuration.resolvers[address.version].append(address)
        }
    }

    private static let mostSearchDomains = 6
    private static let longestSearchDomain = 1024

    /// A list separated by blanks; a domain that is called "none" is written with a dot at its end.
    private mutating func search(_ option: ScannedOption) throws(ConfigurationError) {
        if option.argument == "none" {
            configuration.isSearchDisabled = true
            configuration.searchDomains = []
            return
        }
        let domains = option.argument.split(whereSeparator: { $0 == " " || $0 == "\t" }).map {
            String($0.hasSuffix(".") ? $0.dropLast() : $0)
        }
        guard !domains.isEmpty, domains.allSatisfy({ !$0.isEmpty }) else {
            throw option.invalid("give domains separated by spaces, or none")
        }
        guard domains.allSatisfy({ $0.utf8.count <= Self.longestSearchDomain }) else {
            throw ConfigurationError("A domain of \(option.spelling) is longer than 1024 bytes.")
        }
        configuration.isSearchDisabled = false
        configuration.searchDomains += domains
        guard configuration.searchDomains.count <= Self.mostSearchDomains else {
            throw option.invalid("there can be at most \(Self.mostSearchDomains) search domains")
        }
    }
}
