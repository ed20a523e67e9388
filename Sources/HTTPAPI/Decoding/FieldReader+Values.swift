import JSON

// Members that are not single texts, flags or whole numbers.

extension FieldReader {
    func number(_ name: String) throws(APIError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.double else { throw mismatch(name, "a number", value) }
        return number
    }

    /// One of the raw values, as they are written.
    func choice<Value: RawRepresentable & CaseIterable>(_ name: String, of: Value.Type) throws(APIError) -> Value?
    where Value.RawValue == String {
        guard let value = value(name) else { return nil }
        guard let choice = value.string.flatMap(Value.init(rawValue:)) else {
            throw mismatch(name, "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "), value)
        }
        return choice
    }

    func elements(_ name: String, count: ClosedRange<Int>) throws(APIError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else { throw mismatch(name, "a list of objects", value) }
        guard count.contains(elements.count) else {
            throw .invalid(
                prefix + name,
                "\(prefix + name) must have from \(count.lowerBound) to \(count.upperBound) elements, not \(elements.count)"
            )
        }
        return elements
    }

    /// An object whose members are all strings without NULs, with names of 1 to 128 bytes.
    func dictionary(_ name: String, maximumCount: Int, maximumBytes: Int) throws(APIError) -> [String: String]? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw mismatch(name, "an object of strings", value) }
        guard object.members.count <= maximumCount else {
            throw .invalid(prefix + name, "\(prefix + name) must not have more than \(maximumCount) members")
        }
        var texts: [String: String] = [:]
        for member in object.members {
            guard (1...128).contains(member.name.utf8.count), let text = member.value.string,
                text.utf8.count <= maximumBytes, !text.utf8.contains(0), !member.name.utf8.contains(0)
            else {
                let allowed = "an object of names (1 to 128 bytes) with strings (at most \(maximumBytes) bytes)"
                throw .invalid(
                    prefix + name, "\(prefix + name) must be \(allowed), which \"\(member.name.prefix(64))\" is not")
            }
            texts[member.name] = text
        }
        return texts
    }
}
