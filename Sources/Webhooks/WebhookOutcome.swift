import Model

/// How one attempt ended.
enum WebhookOutcome: Equatable {
    case delivered
    /// The receiver does not want it; to ask again would change nothing.
    case refused(status: Int)
    /// It may go better later. `reason` is half a sentence.
    case failed(reason: String, retryAfter: Milliseconds)
    /// This gateway ended the attempt.
    case cancelled

    init(status: Int, retryAfterSeconds: Int64) {
        switch status {
        case 200..<300: self = .delivered
        case 408, 429, 500..<600:
            // Bounded before it is multiplied; the backoff bounds it to much less.
            let retryAfter = Milliseconds(min(max(0, retryAfterSeconds), 86_400)) * 1_000
            self = .failed(reason: "answered \(status)", retryAfter: retryAfter)
        default: self = .refused(status: status)
        }
    }
}
