/// Decides what of a URL's outcomes is worth a line in the log: changes, not each one.
struct WebhookHealth {
    enum Notice: Equatable {
        /// The first failure since it was well; `reason` is half a sentence.
        case failing(reason: String)
        /// The first refusal since it was well.
        case refusing(status: Int)
        case recovered
    }

    private enum State { case well, failing, refusing }
    private var state = State.well

    mutating func note(_ outcome: WebhookOutcome) -> Notice? {
        switch outcome {
        case .delivered: enter(.well) ? .recovered : nil
        case .failed(let reason, _): enter(.failing) ? .failing(reason: reason) : nil
        case .refused(let status): enter(.refusing) ? .refusing(status: status) : nil
        case .cancelled: nil
        }
    }

    /// False when it was so before.
    private mutating func enter(_ new: State) -> Bool {
        defer { state = new }
        return state != new
    }
}
