import JSON

/// The containers whose own check says that they are not well: a health check tells what the last look found. Loop's
/// thread only.
final class UnhealthyContainers {
    private static let maximum = 100

    /// Names; nil where there is no engine, or it has not answered yet.
    private(set) var names: [String]?
    private let engine: ContainerEngine
    private var call: EngineCall?

    init(engine: ContainerEngine) { self.engine = engine }

    /// Begins a look, unless one is under way; calls the body after it, if it was the first that found out.
    func refresh(first: @escaping () -> Void) {
        guard call == nil else { return }
        let filters = HTTPCall(.get, "/containers/json", [("filters", #"{"health":["unhealthy"]}"#)])
        // unowned: the call belongs to this object.
        call = engine.json(filters) { [unowned self] result in
            call = nil
            let isFirst = names == nil
            names = (try? result.get())?.array.map { list in
                list.prefix(Self.maximum).compactMap { ContainerSummary($0)?.name }
            }
            if isFirst, names?.isEmpty == false { first() }
        }
    }
}
