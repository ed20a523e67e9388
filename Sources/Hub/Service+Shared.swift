import Broker
import Logging
import Model
import Service
import Storage

// What the operations of the API have in common.

extension Hub {
    /// Turns the broker's refusals into the service's.
    func refusing<Result>(_ body: () throws(BrokerError) -> Result) throws(ServiceError) -> Result {
        do throws(BrokerError) {
            return try body()
        } catch {
            throw ServiceError(error)
        }
    }

    /// Waits until the disk has what has been decided so far: the broker's actions have enqueued it. Streaming goes on
    /// without the disk, so a store that is out of order refuses nothing here: the writes stay queued, and the store says
    /// loudly what is wrong.
    func untilStored() async {
        do {
            try await store.write([])
        } catch {
            log.error("not stored", metadata: ["error": "\(error)"])
        }
    }

    func audit(_ actor: String, _ action: String, _ subject: String, _ peer: String, _ outcome: String) {
        store.enqueue(
            .record(
                AuditRecord(
                    time: now.wall, actor: actor, action: action, subject: subject, peer: peer, outcome: outcome)))
    }
}

extension StreamConfig {
    /// What an agent is told, in the terms of the API.
    init(_ config: DesiredConfig, of type: StreamType) {
        self = .defaults(for: type)
        if config.interval > 0 { interval = config.interval }
        filters = config.filters
        if type == .containerLogs { tail = config.tail }
    }
}

extension ServiceError {
    init(_ error: StoreError) {
        if case .invalidQuery(let field, let detail) = error {
            self = .invalidField(field, reason: detail)
        } else {
            self = .storeUnavailable(reason: "\(error)")
        }
    }

    init(_ error: BrokerError) {
        switch error {
        case .invalidField(let field, let reason): self = .invalidField(field, reason: reason)
        case .notAClientStream(let type): self = .notAClientStream(type)
        case .resourceRequired(let type): self = .resourceRequired(type)
        case .agentNotFound(let id): self = .notFound(.agent, id: id.text)
        case .taskNotFound(let id): self = .notFound(.task, id: id)
        case .subscriptionNotFound(let id): self = .notFound(.subscription, id: id.text)
        case .sessionNotFound(let id): self = .notFound(.session, id: id.text)
        case .serverStreamNotFound(let id): self = .notFound(.stream, id: id.text)
        case .ended: self = .conflict(reason: error.message)
        case .sessionFull(let limit): self = .sessionFull(limit: limit)
        case .subscriptionLimit: self = .rateLimited(reason: error.message, retryAfterSeconds: 10)
        case .overloaded: self = .overloaded(retryAfterSeconds: 5)
        case .forbidden: self = .forbidden(reason: error.message)
        case .conflict(let reason): self = .conflict(reason: reason)
        }
    }
}
