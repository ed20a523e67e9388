/// What is asked of the engine although nobody waits for the answer any more. Loop's thread only.
final class UnattendedCalls {
    /// Of more the rest is let go.
    static let maximum = 64
    /// So long the engine may take to answer.
    static let patience: Duration = .seconds(600)

    private var calls: [ObjectIdentifier: AnyObject] = [:]

    func keep(_ call: AnyObject) {
        if calls.count < Self.maximum { calls[ObjectIdentifier(call)] = call }
    }

    func drop(_ id: ObjectIdentifier) { calls[id] = nil }
}

extension ContainerEngine {
    /// Asks for something that need not be known to have been done.
    func send(_ call: HTTPCall) {
        var id: ObjectIdentifier?
        // unowned: the call has the engine.
        let asked = collect(call, timeout: UnattendedCalls.patience) { [unowned self] _ in
            if let id { unattended.drop(id) }
        }
        id = ObjectIdentifier(asked)
        unattended.keep(asked)
    }
}
