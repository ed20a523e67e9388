package import Model

/// Finds the templates of a host's messages as they come: Drain (He, Zhu, Zheng and Lyu, 2017), with a tree of two
/// levels (number of words, first word) before the list of templates that a message is compared with.
///
/// Everything is bounded: at `maximumTemplates` the one that was not seen for longest goes; a number of words with too
/// many first words, and a leaf with too many templates, are shared by what comes after.
package struct TemplateMiner: Sendable {
    /// A message belongs to a template if at least half of its words are the same.
    private static let similarityDivisor = 2
    private static let maximumLeafTemplates = 32
    private static let maximumFirstWords = 64
    private static let cacheSize = 2_048

    private struct CacheEntry: Sendable {
        var digest: UInt64 = 0
        var slot: Int32 = 0
    }

    let maximumTemplates: Int
    /// Templates that made room for others.
    package private(set) var evictions = 0

    private var clusters: [TemplateCluster] = []
    private var recency = RecencyList()
    private var leaves: [UInt64: [Int32]] = [:]
    /// By number of words: how many leaves it has.
    private var leafCounts = [Int](repeating: 0, count: MaskedLine.maximumWords + 1)
    /// Where exactly this masked line went last time. An entry that is out of date does no more than fail the check.
    private var cache = [CacheEntry](repeating: CacheEntry(), count: cacheSize)
    private var line = MaskedLine()

    package init(maximumTemplates: Int = 1_000) { self.maximumTemplates = max(maximumTemplates, 1) }

    /// How many templates are known.
    package var count: Int { clusters.count }

    mutating func add(_ message: ByteText, level: LogLevel, now: WallTime) -> TemplateMatch {
        line.read(message)
        return match(message, level: level, now: now)
    }

    mutating func add(request: WebRequestParts, level: LogLevel, now: WallTime) -> TemplateMatch {
        line.read(request: request)
        return match(request.target ?? ByteText(""), level: level, now: now)
    }

    private mutating func match(_ message: ByteText, level: LogLevel, now: WallTime) -> TemplateMatch {
        let cacheIndex = Int(truncatingIfNeeded: line.digest & UInt64(Self.cacheSize - 1))
        var slot = Int(cache[cacheIndex].slot)
        var isNew = false
        var replaces: LogTemplate.ID?
        if cache[cacheIndex].digest != line.digest || !fits(slot) {
            (slot, isNew, replaces) = find(level: level, now: now)
            cache[cacheIndex] = CacheEntry(digest: line.digest, slot: Int32(slot))
        }
        clusters[slot].count(level: level, message: message, now: now)
        recency.touch(slot)
        return TemplateMatch(template: clusters[slot].template, isNew: isNew, replaces: replaces)
    }

    /// Whether the line belongs to a template as it is, which the cache cannot promise: slots are used again.
    private func fits(_ slot: Int) -> Bool {
        guard slot < clusters.count, let (same, varying) = clusters[slot].similarity(to: line) else { return false }
        return same + varying == line.hashes.count
    }

    private mutating func find(level: LogLevel, now: WallTime) -> (Int, isNew: Bool, replaces: LogTemplate.ID?) {
        let leaf = leafKey()
        guard let slot = mostSimilar(in: leaf) else { return (insert(leaf, level: level, now: now), true, nil) }
        if fits(slot) { return (slot, false, nil) }
        if line.isRequest, leaves[leaf].map({ $0.count < Self.maximumLeafTemplates }) ?? true {
            return (insert(leaf, level: level, now: now), true, nil)
        }
        let old = clusters[slot].template.id
        clusters[slot].generalise(to: line)
        return (merge(slot, leaf), false, old)
    }

    private func leafKey() -> UInt64 {
        var first = line.hashes.first ?? 0
        // A request's status tells more than its method.
        if line.isRequest { first = first &* 31 &+ (line.hashes.last ?? 0) }
        let key = leafKey(first: first)
        if leaves[key] != nil || leafCounts[line.hashes.count] < Self.maximumFirstWords { return key }
        return leafKey(first: 0)
    }

    private func leafKey(first: UInt64) -> UInt64 {
        var hash = StableHash()
        hash.combine(UInt64(line.hashes.count) | (line.isRequest ? 1 << 32 : 0))
        hash.combine(first)
        return hash.value
    }

    private func mostSimilar(in leaf: UInt64) -> Int? {
        var best: (slot: Int, same: Int, varying: Int)?
        for slot in leaves[leaf] ?? [] {
            guard let (same, varying) = clusters[Int(slot)].similarity(to: line) else { continue }
            if best.map({ (same, varying) > ($0.same, $0.varying) }) ?? true { best = (Int(slot), same, varying) }
        }
        guard let best, best.same * Self.similarityDivisor >= line.hashes.count else { return nil }
        return best.slot
    }

    private mutating func insert(_ leaf: UInt64, level: LogLevel, now: WallTime) -> Int {
        let cluster = TemplateCluster(line, leaf: leaf, level: level, now: now)
        let slot: Int
        if let crowded = leaves[leaf], crowded.count >= Self.maximumLeafTemplates {
            slot = crowded.map(Int.init).min { clusters[$0].lastSeen < clusters[$1].lastSeen } ?? 0
            replace(slot, with: cluster)
        } else if clusters.count < maximumTemplates {
            slot = recency.addSlot()
            clusters.append(cluster)
        } else {
            slot = recency.leastRecent ?? 0
            replace(slot, with: cluster)
        }
        if leaves[leaf] == nil { leafCounts[line.hashes.count] += 1 }
        leaves[leaf, default: []].append(Int32(slot))
        return slot
    }

    private mutating func replace(_ slot: Int, with cluster: TemplateCluster) {
        detach(slot)
        clusters[slot] = cluster
        evictions += 1
    }

    private mutating func detach(_ slot: Int) {
        let leaf = clusters[slot].leaf
        guard let index = leaves[leaf]?.firstIndex(of: Int32(slot)) else { return }
        leaves[leaf]?.remove(at: index)
        if leaves[leaf]?.isEmpty ?? false {
            leaves[leaf] = nil
            leafCounts[clusters[slot].words.count] -= 1
        }
    }

    /// Another template of the leaf may have the same text now; then the two are one. The slot that is left over is the
    /// next to be used again.
    private mutating func merge(_ slot: Int, _ leaf: UInt64) -> Int {
        guard
            let twin = leaves[leaf]?.first(where: {
                Int($0) != slot && clusters[Int($0)].template.id == clusters[slot].template.id
            })
        else { return slot }
        clusters[Int(twin)].absorb(clusters[slot])
        leaves[leaf]?.removeAll { $0 == slot }
        clusters[slot].retire()
        return Int(twin)
    }
}

// MARK: - Reports

extension TemplateMiner {
    /// The templates with messages at or above `level` within `window` (at most an hour) before `now`, the most
    /// frequent first.
    package func patterns(
        atLeast level: LogLevel, within window: Milliseconds, before now: WallTime, limit: Int
    ) -> [TemplatePattern] {
        let found = leaves.values.joined().compactMap { slot -> TemplatePattern? in
            let cluster = clusters[Int(slot)]
            let recent = cluster.recent.total(within: window, before: now)
            guard cluster.level >= level, recent > 0 else { return nil }
            return TemplatePattern(
                template: cluster.template, level: cluster.level, total: cluster.total, recent: recent,
                firstSeen: cluster.firstSeen, lastSeen: cluster.lastSeen, examples: cluster.examples)
        }
        let sorted = found.sorted { a, b in
            a.recent != b.recent ? a.recent > b.recent : a.template.id.number < b.template.id.number
        }
        return Array(sorted.prefix(limit))
    }
}
