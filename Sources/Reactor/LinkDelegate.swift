import CReactor

/// What happens on a link. Everything is called on the link's loop. The link keeps its delegate until `linkClosed` has
/// returned, and drops it then.
package protocol LinkDelegate: AnyObject {
    /// The connection is up: from now on frames may come. For an accepted link at once, also where TLS has yet to be
    /// agreed upon; for a dialled one when it has connected, and TLS stands where it is to, which may be never.
    func linkOpened(_ link: Link)
    /// Frames in the order they were sent; a readable event may bring several such calls. They are valid during the
    /// call only.
    /// - Returns: false to close the link at once.
    func link(_ link: Link, received frames: Frames) -> Bool
    /// The peer has sent what is no frame, or one over the limit. What is sent inside of this call still goes out, to
    /// tell it why; the link closes then, within a second, and `linkClosed` gets this reason.
    func linkReceivedBadFrame(_ link: Link, _ reason: LinkEnd.Reason)
    /// What waited for the peer was more than the low-water mark and has fallen to it.
    func linkDrained(_ link: Link)
    /// Exactly once, last, and never from inside a call to the link.
    func linkClosed(_ link: Link, _ end: LinkEnd)
}

extension LinkDelegate {
    package func linkReceivedBadFrame(_ link: Link, _ reason: LinkEnd.Reason) {}
    package func linkDrained(_ link: Link) {}
}

/// Why a link has ended.
package struct LinkEnd: Sendable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        case closedByPeer
        case closedByUs
        case inputOutputError
        case connectFailed
        /// The peer announced a frame over the limit.
        case frameTooLarge
        /// The peer sent a length that is none.
        case frameMalformed
        /// The peer closed in the middle of a frame.
        case truncated
        /// There is no TLS between the two, or no more.
        case tlsFailed(TLSFailure)
        /// The link is plain, and the peer speaks nothing but TLS.
        case tlsExpected
    }

    package let reason: Reason
    /// A sentence for a log line.
    package let description: String

    /// - Parameter failure: looked at where TLS has failed.
    init(_ reason: sr_link_close, _ failure: sr_tls_failure, detail: UnsafePointer<CChar>) {
        self.reason = Reason(reason, failure)
        description = String(cString: detail)
    }
}

extension LinkEnd.Reason {
    init(_ reason: sr_link_close, _ failure: sr_tls_failure = SR_TLS_NO_FAILURE) {
        switch reason {
        case SR_LINK_CLOSED_BY_PEER: self = .closedByPeer
        case SR_LINK_CLOSED_BY_US: self = .closedByUs
        case SR_LINK_IO_ERROR: self = .inputOutputError
        case SR_LINK_CONNECT_FAILED: self = .connectFailed
        case SR_LINK_FRAME_TOO_LARGE: self = .frameTooLarge
        case SR_LINK_FRAME_MALFORMED: self = .frameMalformed
        case SR_LINK_TRUNCATED: self = .truncated
        case SR_LINK_TLS_FAILED: self = .tlsFailed(TLSFailure(failure))
        case SR_LINK_TLS_EXPECTED: self = .tlsExpected
        default: preconditionFailure("unknown reason \(reason.rawValue) for the end of a link")
        }
    }
}

/// The payloads of frames that have arrived together.
///
/// @unchecked Sendable because it is valid only during the call that brings it, on the link's loop; this lets the
/// delegate hand it on to an actor that runs on the same loop with `assumeIsolated`.
package struct Frames: RandomAccessCollection, @unchecked Sendable {
    private let frames: UnsafeBufferPointer<sr_frame>

    init(_ frames: UnsafePointer<sr_frame>, count: Int) {
        self.frames = UnsafeBufferPointer(start: frames, count: count)
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { frames.count }
    package subscript(index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: frames[index].payload, count: frames[index].count)
    }
}

/// The bounds of a link.
package struct LinkLimits: Sendable, Hashable {
    /// Payload bytes of one incoming frame; a larger one ends the link.
    package var maxFrame: Int
    /// Bytes that may wait for the peer; a frame that would exceed it is refused.
    package var maxOutput: Int
    /// `linkDrained` comes when what waits has been above this and falls to it.
    package var lowWater: Int
    /// How long the peer may be dead without our noticing; nil leaves that to the kernel.
    package var userTimeout: Duration?

    package init(maxFrame: Int, maxOutput: Int, lowWater: Int, userTimeout: Duration? = nil) {
        self.maxFrame = maxFrame
        self.maxOutput = maxOutput
        self.lowWater = lowWater
        self.userTimeout = userTimeout
    }

    /// - Parameter tls: C keeps it as long as a link uses it.
    func configuration(_ tls: TLSContext?) -> sr_link_config {
        sr_link_config(
            max_frame: maxFrame, max_output: maxOutput, low_water: lowWater,
            user_timeout_ms: UInt32(clamping: userTimeout?.wholeMilliseconds ?? 0), tls: tls?.handle)
    }
}
