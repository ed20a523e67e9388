/// Turns libyaml's events into entries, refusing whatever is more than a flat mapping.
struct YAMLReader {
    private let path: String
    private let parser: YAMLParser
    private var entries: [YAMLFile.Entry] = []

    static func entries(of bytes: [UInt8], path: String) throws(OptionError) -> [YAMLFile.Entry] {
        var reader = Self(path: path, parser: YAMLParser(bytes))
        try reader.run()
        return reader.entries
    }

    private mutating func run() throws(OptionError) {
        while true {
            let event = try next()
            switch event.kind {
            case .mappingStart where entries.isEmpty: try readEntries()
            case .streamStart, .documentEnd: continue
            case .documentStart where !event.isSecondDocument: continue
            case .documentStart: throw problem(event, "only one document is allowed")
            case .scalar where event.text.isEmpty: continue  // a file of comments only
            case .streamEnd: return
            default: throw problem(event, "expected `key: value` lines at the top level")
            }
        }
    }

    private mutating func readEntries() throws(OptionError) {
        while true {
            let key = try next()
            if key.kind == .mappingEnd { return }
            guard key.kind == .scalar else { throw problem(key, "a key must be a plain word") }
            let canonical = YAMLFile.canonical(key.text)
            if let earlier = entries.first(where: { YAMLFile.canonical($0.key) == canonical }) {
                throw problem(key, "\(key.text) is already set in line \(earlier.line)")
            }
            entries.append(.init(key: key.text, line: key.line, value: try readValue(of: key.text)))
        }
    }

    private func readValue(of key: String) throws(OptionError) -> YAMLFile.Value {
        let event = try next()
        switch event.kind {
        case .scalar:
            guard !event.isNull else { throw problem(event, "\(key) has no value") }
            return .scalar(event.text)
        case .sequenceStart: return .list(try readList(of: key))
        case .mappingStart: return .mapping(try readMapping(of: key))
        default: throw problem(event, "\(key): expected a value")
        }
    }

    private func readList(of key: String) throws(OptionError) -> [String] {
        var items: [String] = []
        while true {
            let event = try next()
            if event.kind == .sequenceEnd { return items }
            guard event.kind == .scalar, !event.isNull else {
                throw problem(event, "\(key): the items of a list must be plain values")
            }
            items.append(event.text)
        }
    }

    private func readMapping(of key: String) throws(OptionError) -> [String: String] {
        var pairs: [String: String] = [:]
        while true {
            let name = try next()
            if name.kind == .mappingEnd { return pairs }
            let value = try next()
            guard name.kind == .scalar, value.kind == .scalar, !value.isNull else {
                throw problem(name, "\(key): the values of a mapping must be plain values")
            }
            guard pairs.updateValue(value.text, forKey: name.text) == nil else {
                throw problem(name, "\(key): \(name.text) is set twice")
            }
        }
    }

    private func next() throws(OptionError) -> YAMLEvent {
        switch parser.next() {
        case .failure(let error): throw .configuration("\(path):\(error.line): \(error.text)")
        case .success(let event):
            if event.kind == .alias || event.hasAnchor { throw problem(event, "anchors and aliases are not supported") }
            if event.hasTag { throw problem(event, "tags are not supported") }
            return event
        }
    }

    private func problem(_ event: YAMLEvent, _ text: String) -> OptionError {
        .configuration("\(path):\(event.line): \(text)")
    }
}
