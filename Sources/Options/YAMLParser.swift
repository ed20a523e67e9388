import CLibyaml

/// One event of libyaml, copied out of its memory.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd, alias, scalar
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    var kind: Kind
    /// From 1.
    var line: Int
    /// Of a scalar.
    var text = ""
    /// A scalar that was written without quotes.
    var isPlain = false
    var hasAnchor = false
    var hasTag = false
    var isSecondDocument = false

    var isNull: Bool { isPlain && ["", "~", "null"].contains(text) }
}

struct YAMLSyntaxError: Error {
    /// From 1.
    var line: Int
    var text: String
}

/// Owns a `yaml_parser_t` and the bytes it reads; used by one thread at a time.
final class YAMLParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// libyaml keeps a pointer into it until the parser is deleted.
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var documents = 0

    init(_ bytes: [UInt8]) {
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() -> Result<YAMLEvent, YAMLSyntaxError> {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { return .failure(syntaxError()) }
        defer { yaml_event_delete(&event) }
        return .success(copy(event))
    }

    private func copy(_ event: yaml_event_t) -> YAMLEvent {
        var result = YAMLEvent(kind: .streamStart, line: Int(event.start_mark.line) + 1)
        switch event.type {
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: result.kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT:
            documents += 1
            result.kind = .documentStart
            result.isSecondDocument = documents > 1
        case YAML_DOCUMENT_END_EVENT: result.kind = .documentEnd
        case YAML_ALIAS_EVENT: result.kind = .alias
        case YAML_SCALAR_EVENT: copy(event.data.scalar, into: &result)
        case YAML_SEQUENCE_START_EVENT:
            result.kind = .sequenceStart
            result.hasAnchor = event.data.sequence_start.anchor != nil
            result.hasTag = event.data.sequence_start.tag != nil
        case YAML_SEQUENCE_END_EVENT: result.kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            result.kind = .mappingStart
            result.hasAnchor = event.data.mapping_start.anchor != nil
            result.hasTag = event.data.mapping_start.tag != nil
        case YAML_MAPPING_END_EVENT: result.kind = .mappingEnd
        default: break
        }
        return result
    }

    private func copy(_ scalar: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar, into event: inout YAMLEvent)
    {
        event.kind = .scalar
        event.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        event.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        event.hasAnchor = scalar.anchor != nil
        event.hasTag = scalar.tag != nil
    }

    private func syntaxError() -> YAMLSyntaxError {
        let text = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        let line = max(parser.pointee.problem_mark.line, parser.pointee.mark.line)
        return YAMLSyntaxError(line: Int(line) + 1, text: "not valid YAML: \(text)")
    }
}
