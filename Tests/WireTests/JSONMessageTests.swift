import Testing
import Wire

@Suite("JSON of messages")
struct JSONMessageTests {
    let arena = WireArena()

    @Test("a sample has every field: what the host could not give is null")
    func metrics() {
        let cpu = """
            {"usage_percent":12.5,"core_usage":[10.25,14.75],"user_percent":null,"system_percent":null,\
            "idle_percent":null,"iowait_percent":null,"temperature_celsius":null}
            """
        let memory = """
            {"total_bytes":16000000000,"used_bytes":null,"available_bytes":null,"free_bytes":null,"cached_bytes":null,\
            "buffers_bytes":null,"usage_percent":48,"swap_total_bytes":null,"swap_used_bytes":null,\
            "swap_free_bytes":null,"swap_usage_percent":null}
            """
        let disk = """
            {"device":"/dev/sda1","mount_point":null,"filesystem":null,"total_bytes":null,"used_bytes":null,\
            "available_bytes":null,"usage_percent":41.667,"read_bytes_per_sec":null,"write_bytes_per_sec":null,\
            "read_ops_per_sec":null,"write_ops_per_sec":null,"io_util_percent":null}
            """
        #expect(
            json(sampleMetrics(in: arena)) == """
                {"timestamp":1732365000,"cpu":\(cpu),"memory":\(memory),"disks":[\(disk)],"network_interfaces":[],\
                "processes":null,"load":{"load1":0.5,"load5":null,"load15":null}}
                """)
    }

    @Test("enums are lower case, unknown ones null, attributes an object")
    func systemEvent() {
        let event: UnsafeMutablePointer<WireSystemEvent> = arena.make { event in
            wireSet(&event.has_timestamp, &event.timestamp, 1_732_365_000.25)
            event.kind = arena.copy("unit_failed")
            wireSet(&event.has_severity, &event.severity, .critical)
            event.attributes = arena.makeList(count: 3) { index, attribute in
                guard index > 0 else { return }  // without a name: cannot be shown
                wireSet(&attribute.has_name, &attribute.name, arena.copyBytes("n\"\(index)"))
                guard index > 1 else { return }
                wireSet(&attribute.has_value, &attribute.value, arena.copyBytes([0x61, 0xFF]))
            }
            event.n_attributes = 3
        }
        #expect(
            json(event) == """
                {"timestamp":1732365000.25,"kind":"unit_failed","severity":"critical","unit":null,"message":null,\
                "attributes":{"n\\"1":null,"n\\"2":"a\u{FFFD}"}}
                """)
        event.pointee.severity = WireSeverity(77)
        event.pointee.n_attributes = 0
        #expect(json(event).hasSuffix(#""severity":null,"unit":null,"message":null,"attributes":{}}"#))
    }

    @Test("of a choice only what was chosen is shown")
    func choices() {
        let data: UnsafeMutablePointer<WireStreamData> = arena.make { data in
            data.payload = .logs(
                arena.make { batch in
                    batch.events = arena.makeList(count: 1) { _, event in event.level = arena.copy("WARN") }
                    batch.n_events = 1
                })
        }
        #expect(
            json(data) == """
                {"stream_ref":null,"generation":null,"seq":null,"at_unix_ns":null,"gap":null,"origin":null,"logs":{"events":[\
                {"timestamp":null,"level":"WARN","component":null,"message":null,"agent_id":null,"source":null,\
                "attributes":{}}]}}
                """)
        data.pointee.payload = .unknown
        #expect(
            json(data)
                == #"{"stream_ref":null,"generation":null,"seq":null,"at_unix_ns":null,"gap":null,"origin":null}"#)
    }

    @Test("lists of text, flags and 32-bit numbers")
    func systemInfo() {
        let interface: UnsafeMutablePointer<WireNetworkInfo> = arena.make { interface in
            wireSet(&interface.has_name, &interface.name, arena.copyBytes("eth0"))
            interface.ip_addresses = arena.copyBytes(["10.0.0.1", "fe80::1"])
            interface.n_ip_addresses = 2
            wireSet(&interface.has_is_up, &interface.is_up, flag: true)
        }
        #expect(
            json(interface) == """
                {"name":"eth0","mac_address":null,"ip_addresses":["10.0.0.1","fe80::1"],"speed_mbps":null,"is_up":true}
                """)
        let states: UnsafeMutablePointer<WireStreamStates> = arena.make { states in
            states.running_refs = arena.copyScalars([1, .max] as [UInt32])
            states.n_running_refs = 2
        }
        #expect(json(states) == #"{"applied_generation":null,"running_refs":[1,4294967295],"rejected":[]}"#)
    }

    @Test("the protobuf mapping has camelCase, quoted 64-bit numbers, enum names and defaults")
    func protobufMapping() {
        let response: UnsafeMutablePointer<WireTaskResponse> = arena.make { response in
            response.task_id = arena.copy("t1")
            wireSet(&response.has_status, &response.status, .inProgress)
            wireSet(&response.has_exit_code, &response.exit_code, -1)
            wireSet(&response.has_final_seq, &response.final_seq, .max)
            response.lines = arena.makeList(count: 1) { _, line in
                wireSet(&line.has_line, &line.line, arena.copyBytes("x"))
            }
            response.n_lines = 1
        }
        #expect(
            json(response, style: CW_JSON_PROTOBUF) == """
                {"taskId":"t1","status":"IN_PROGRESS","isFinal":false,"cancelled":false,"timedOut":false,"lines":[\
                {"seq":"0","stream":"STDOUT","line":"x","truncated":false,"atUnixNs":"0"}],"exitCode":-1,"reason":"",\
                "message":"","finalSeq":"18446744073709551615","startedAtUnixNs":"0","finishedAtUnixNs":"0","gap":null}
                """)
        let load: UnsafeMutablePointer<WireLoad> = arena.make { load in
            wireSet(&load.has_load1, &load.load1, .nan)
            wireSet(&load.has_load5, &load.load5, -.infinity)
        }
        #expect(json(load, style: CW_JSON_PROTOBUF) == #"{"load1":"NaN","load5":"-Infinity","load15":0}"#)
        #expect(json(load) == #"{"load1":null,"load5":null,"load15":null}"#)
    }
}
