import Model

/// Where each service of a deployment is in its list, and how many of them are well. The list belongs to the caller, who
/// changes it here alone. Bounded: those beyond `maximum` are not shown.
struct DeploymentServices: Sendable {
    private var index: [String: Int] = [:]
    /// Which of them was last spoken of.
    private var last: Int?
    private var failed = 0
    private var degraded = 0
    private(set) var healthy = 0

    static let maximum = 200

    /// - Returns: whether anything is new.
    mutating func take(_ service: DeploymentService, in list: inout [DeploymentService]) -> Bool {
        if let known = index[service.name] {
            last = known
            return replace(known, with: service, in: &list)
        }
        guard list.count < Self.maximum else {
            last = nil
            return false
        }
        last = list.count
        index[service.name] = list.count
        list.append(service)
        count(service.health, 1)
        return true
    }

    /// Of the one that was last spoken of.
    mutating func take(
        _ state: String, _ health: DeploymentHealth, in list: inout [DeploymentService]
    ) -> Bool {
        guard let last else { return false }
        let service = DeploymentService(name: list[last].name, state: state, health: health)
        return replace(last, with: service, in: &list)
    }

    /// The one that was last spoken of has not failed after all.
    mutating func forgive(in list: inout [DeploymentService]) -> Bool {
        guard let last, list[last].health == .failed else { return false }
        return take(list[last].state, .unknown, in: &list)
    }

    /// - Parameters:
    ///   - count: of the list.
    ///   - hasFailure: the tool has said that something went wrong.
    func health(of count: Int, hasFailure: Bool) -> DeploymentHealth {
        if failed > 0 { return failed == count ? .failed : .degraded }
        if degraded > 0 { return .degraded }
        if count > 0, healthy == count { return .healthy }
        return hasFailure ? .degraded : .unknown
    }

    private mutating func replace(
        _ place: Int, with service: DeploymentService, in list: inout [DeploymentService]
    ) -> Bool {
        guard list[place] != service else { return false }
        count(list[place].health, -1)
        count(service.health, 1)
        list[place] = service
        return true
    }

    private mutating func count(_ health: DeploymentHealth, _ difference: Int) {
        switch health {
        case .failed: failed += difference
        case .degraded: degraded += difference
        case .healthy: healthy += difference
        case .unknown: break
        }
    }
}

extension DeploymentService {
    /// From a line of output: neither is longer than a name is.
    init(name: ByteText, state: ByteText, health: DeploymentHealth) {
        self.init(name: name.string(upTo: 128), state: state.string(upTo: 128), health: health)
    }
}
