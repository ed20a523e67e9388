import JSON

/// A version of the Docker Engine API: `1.41`.
struct EngineVersion: Comparable, CustomStringConvertible {
    var major: Int
    var minor: Int

    /// What this agent knows. Nothing that it uses differs between the two.
    static let oldest = EngineVersion(1, 24)
    static let newest = EngineVersion(1, 51)

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1], major >= 0, minor >= 0 else { return nil }
        self.init(major, minor)
    }

    var description: String { "\(major).\(minor)" }

    static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

    /// The newest version that both sides know.
    /// - Parameter answer: the engine's to `GET /version`.
    static func agreed(_ answer: [UInt8]) throws(EngineError) -> EngineVersion {
        let answer = try? JSONParser.parse(answer)
        guard let theirs = answer?["ApiVersion"]?.string.flatMap(EngineVersion.init) else {
            throw .broken("what listens there does not say which version of the Docker Engine API it speaks")
        }
        let least = answer?["MinAPIVersion"]?.string.flatMap(EngineVersion.init) ?? oldest
        let version = min(theirs, newest)
        guard version >= oldest, version >= least else {
            throw .broken("the engine speaks API \(least) to \(theirs), this agent \(oldest) to \(newest)")
        }
        return version
    }
}
