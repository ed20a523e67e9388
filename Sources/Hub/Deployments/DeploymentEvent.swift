import JSON
import Model
import Payloads
import Processing
import Storage
import Wire

/// The status of a deployment as events. The live path (the hub) and the replay from the file (the client loops) both use
/// it, so an event has the same bytes wherever it comes from. Its number is that of the line that led to it.
struct DeploymentEvent: Sendable {
    let deployment: DeploymentID
    let agent: AgentID
    /// What has been rendered of the present status: most lines change nothing, and few change more than one service.
    private var members: [UInt8] = []
    private var isCurrent = false
    private var services: [(service: DeploymentService, json: [UInt8])] = []

    init(of deployment: DeploymentID, on agent: AgentID) {
        self.deployment = deployment
        self.agent = agent
    }

    /// The status has changed.
    mutating func invalidate() { isCurrent = false }

    /// - Parameters:
    ///   - id: nil for what moves no cursor.
    ///   - rawOutput: the line; nil where the reader does not want it.
    mutating func write(
        _ status: DeploymentStatus, id: UInt64?, at time: WallTime, rawOutput: UnsafeRawBufferPointer?,
        isSnapshot: Bool = false, prefix: EventPrefix, to buffer: WireBuffer
    ) {
        if !isCurrent { render(status) }
        EventWriter.write(
            to: buffer, id: id.map { .line($0) }, prefix: prefix, agent: agent, at: time,
            metadata: isSnapshot ? "{\"snapshot\":true}" : "{}"
        ) { data in
            data.append("{\"deployment_id\":")
            data.appendJSONString(deployment.text)
            data.append(",")
            data.append(members)
            if let rawOutput {
                data.append(",\"raw_output\":")
                data.appendJSONString(rawOutput)
            }
            data.append(",\"timestamp\":")
            data.appendJSON(Double(time.millisecondsSince1970) / 1_000)
            data.append("}")
        }
    }

    /// `deployment_complete`, after the last status.
    /// - Parameter prefix: of these events: `EventPrefix.completion`.
    func writeCompletion(
        _ end: OutputEnd, _ progress: DeploymentProgress, prefix: EventPrefix, to buffer: WireBuffer
    ) {
        let completion = DeploymentCompletion(
            deployment: deployment, isSuccess: progress.status.phase == .completed, duration: end.duration ?? 0,
            summary: progress.summary(of: end), exitCode: end.exitCode)
        EventWriter.write(
            to: buffer, id: .line(end.seq + 1), prefix: prefix, agent: agent, at: end.time, metadata: "{}"
        ) { $0.append(JSONWriter.render { completion.write(to: &$0) }) }
    }

    private mutating func render(_ status: DeploymentStatus) {
        for (index, service) in status.services.enumerated() {
            if index == services.count {
                services.append((service, service.json))
            } else if services[index].service != service {
                services[index] = (service, service.json)
            }
        }
        let object = JSONWriter.render { writer in
            writer.object { status.writeMembers(to: &$0, services: services.lazy.map(\.json)) }
        }
        members = Array(object.dropFirst().dropLast())  // without the braces
        isCurrent = true
    }
}

extension DeploymentService {
    fileprivate var json: [UInt8] { JSONWriter.render { write(to: &$0) } }
}

extension OutputEnd {
    /// Number of the last event of a deployment: that of its status at the end is the marker's.
    static func completionNumber(after finalSeq: UInt64) -> UInt64 { finalSeq + 1 }
}
