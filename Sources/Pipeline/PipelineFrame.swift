package import Model
package import Processing
package import Storage

/// What an agent has sent, on its way to the processors: goes with a copy of the frame, which is decoded there.
package struct PipelineFrame: Sendable {
    package enum Kind: Sendable {
        case metrics, health
        /// Of a reliable stream. The first `known` of the items have been taken in before; `lost` will never come.
        case items(StreamType, StreamLedger.Frame, known: Int, lost: ClosedRange<UInt64>?)
    }

    package var agent: AgentID
    package var kind: Kind
    /// The number of the agent's connection that brought it.
    package var connection: UInt64
    /// When it came.
    package var now: Now

    package init(agent: AgentID, kind: Kind, connection: UInt64, now: Now) {
        self.agent = agent
        self.kind = kind
        self.connection = connection
        self.now = now
    }
}

/// What the pipeline has to say to the hub, in order.
package enum PipelineResult: Sendable {
    /// To be published to those who read it.
    case event(ProcessedEvent)
    /// Alerts as they are now.
    case alerts([AlertChange])
    /// Everything of the stream up to this number is safe.
    case stored(StreamPosition)
    /// A mark has been passed: what was handed over before was made of lines that came before it.
    case marked(PipelineMark)
    /// The lines that came before the mark are stored; the last of them is this one.
    case markStored(PipelineMark, last: LogNumber)
    /// An agent has sent a sample that cannot be decoded, on this connection of its.
    case malformed(AgentID, connection: UInt64)
    /// What came behind what is stored of the stream is not kept: it has to be sent again.
    case notStored(StreamPosition)
}

/// A place in the order in which lines go through the pipeline.
package struct PipelineMark: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}

package protocol PipelineDelegate: AnyObject, Sendable {
    /// Called on the pipeline's loop and on the store's threads.
    nonisolated func pipelineMade(_ results: [PipelineResult])
}
