import Testing
import Wire

@Suite("Messages")
struct RoundTripTests {
    @Test("a metrics sample comes back as it was sent")
    func metrics() throws {
        let arena = WireArena()
        let sample = sampleMetrics(in: arena)
        let message = arena.agentMessage(
            .streamData(
                arena.make { data in
                    wireSet(&data.has_stream_ref, &data.stream_ref, 7)
                    data.payload = .metrics(sample)
                }))
        let received = WireArena()
        let decoded = try decodeAgentMessage(message.encoded(), arena: received)
        guard case .streamData(let data) = decoded.pointee.message, case .metrics(let metrics) = data.pointee.payload
        else {
            Issue.record("another kind of message")
            return
        }
        #expect(wireValue(data.pointee.has_stream_ref, data.pointee.stream_ref) == 7)
        #expect(wireValue(data.pointee.has_seq, data.pointee.seq) == nil)
        #expect(metrics.encoded() == sample.encoded())
        #expect(json(metrics) == json(sample))
    }

    @Test("a Hello keeps its texts, lists and labels")
    func hello() throws {
        let arena = WireArena()
        let message = arena.agentMessage(
            .hello(
                arena.make { hello in
                    hello.agent_id = arena.copy("web-1")
                    hello.stream_types = arena.copy(["metrics", "health_check"])
                    hello.n_stream_types = 2
                    hello.labels = arena.makeList(count: 2) { index, label in
                        label.name = arena.copy("name\(index)")
                        label.value = arena.copy("välue\(index)")
                    }
                    hello.n_labels = 2
                }))
        let decoded = try decodeAgentMessage(message.encoded(), arena: arena)
        guard case .hello(let hello) = decoded.pointee.message else {
            Issue.record("another kind of message")
            return
        }
        #expect(wireString(hello.pointee.agent_id) == "web-1")
        #expect(wireString(hello.pointee.token) == nil)
        #expect(wireBytes(hello.pointee.agent_id)?.count == 5)
        #expect(wireStrings(hello.pointee.n_stream_types, hello.pointee.stream_types) == ["metrics", "health_check"])
        let labels = WireList(hello.pointee.n_labels, hello.pointee.labels)
        #expect(labels.map { wireString($0.pointee.value) } == ["välue0", "välue1"])
    }

    @Test("a line of output keeps every byte")
    func outputLine() throws {
        let arena = WireArena()
        let line = [UInt8](0...255)
        let message = arena.agentMessage(
            .taskResponse(
                arena.make { response in
                    wireSet(&response.has_status, &response.status, .inProgress)
                    response.lines = arena.makeList(count: 1) { _, output in
                        wireSet(&output.has_line, &output.line, arena.copyBytes(line))
                        wireSet(&output.has_stream, &output.stream, .stderr)
                        wireSet(&output.has_truncated, &output.truncated, flag: true)
                    }
                    response.n_lines = 1
                }))
        let decoded = try decodeAgentMessage(message.encoded(), arena: arena)
        guard case .taskResponse(let response) = decoded.pointee.message else {
            Issue.record("another kind of message")
            return
        }
        let output = WireList(response.pointee.n_lines, response.pointee.lines)[0]
        #expect(output.pointee.line.rawBytes.elementsEqual(line))
        #expect(output.pointee.stream == .stderr)
        #expect(wireFlag(output.pointee.has_truncated, output.pointee.truncated))
        #expect(!wireFlag(response.pointee.has_is_final, response.pointee.is_final))
    }

    @Test("every choice of a server message survives")
    func serverMessages() throws {
        let arena = WireArena()
        let bodies: [WireServerBody] = [
            .welcome(arena.make()), .refusal(arena.make()), .heartbeat(arena.make()), .desiredStreams(arena.make()),
            .taskRequest(arena.make { $0.task = .shellExecute(arena.make()) }), .taskCancel(arena.make()),
            .ack(arena.make()), .systemInfoRequest(arena.make()), .containersRequest(arena.make()),
            .goodbye(arena.make()),
        ]
        for body in bodies {
            let message = arena.serverMessage(body)
            let decoded = try decodeServerMessage(message.encoded(), arena: arena)
            #expect(decoded.pointee.message_case == message.pointee.message_case)
            #expect(decoded.encoded() == message.encoded())
        }
    }

    @Test("an unset optional is left out, also after it was set")
    func unset() {
        var heartbeat = WireHeartbeat.empty
        wireSet(&heartbeat.has_applied_generation, &heartbeat.applied_generation, 3)
        #expect(withUnsafePointer(to: &heartbeat) { $0.encoded() } == [0x10, 3])
        wireSet(&heartbeat.has_applied_generation, &heartbeat.applied_generation, nil)
        #expect(withUnsafePointer(to: &heartbeat) { $0.encoded() } == [])
    }

    @Test("encoding into too little memory writes nothing and says how much it takes")
    func encodeInto() {
        let arena = WireArena()
        let sample = sampleMetrics(in: arena)
        let size = sample.encodedSize
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 0xAA)
            #expect(sample.encode(into: .init(rebasing: memory[..<(size - 1)])) == size)
            #expect(memory.allSatisfy { $0 == 0xAA })
            #expect(sample.encode(into: memory) == size)
            #expect(memory.elementsEqual(sample.encoded()))
        }
    }
}
