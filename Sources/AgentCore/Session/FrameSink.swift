import Wire

/// Where streams and tasks put what they have for the gateway. Loop's thread only.
protocol FrameSink: AnyObject {
    /// A session is open, and little enough waits for the network. Whoever can wait or leave something out looks here
    /// first: that keeps the way short for heartbeats and for all others.
    var hasRoom: Bool { get }

    /// Payload bytes that the gateway takes in one frame.
    var maximumFrame: Int { get }

    /// Sends the message that `build` puts together in the arena. False when there is no open session, or when it does
    /// not fit: then nothing was sent.
    @discardableResult
    func send(_ build: (WireArena) -> WireAgentBody) -> Bool

    /// The same for a StreamData whose payload has been encoded before: `payload` is an encoded StreamData with nothing
    /// else in it, `build` makes the rest.
    func sendStreamData(
        payload: [UInt8], _ build: (WireArena) -> UnsafeMutablePointer<WireStreamData>
    ) -> Bool
}
