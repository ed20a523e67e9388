// Fields of the generated structures in Swift's terms.
package import CWire
import Glibc

// MARK: - Optional scalars

/// The value of an optional scalar: `wireValue(cpu.has_usage_percent, cpu.usage_percent)`.
@inlinable
package func wireValue<T>(_ has: protobuf_c_boolean, _ value: T) -> T? {
    has != 0 ? value : nil
}

/// A flag that counts as false when it is left out.
@inlinable
package func wireFlag(_ has: protobuf_c_boolean, _ value: protobuf_c_boolean) -> Bool {
    has != 0 && value != 0
}

/// Sets an optional scalar, or leaves it out: `wireSet(&cpu.has_usage_percent, &cpu.usage_percent, 12.5)`.
@inlinable
package func wireSet<T>(_ has: inout protobuf_c_boolean, _ field: inout T, _ value: T?) {
    guard let value else {
        has = 0
        return
    }
    has = 1
    field = value
}

/// The same for a flag, an int in C.
@inlinable
package func wireSet(_ has: inout protobuf_c_boolean, _ field: inout protobuf_c_boolean, flag: Bool?) {
    has = flag == nil ? 0 : 1
    field = flag == true ? 1 : 0
}

// MARK: - Text

extension ProtobufCBinaryData {
    /// What the field holds: bytes of the arena.
    package var rawBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: len) }
}

extension String {
    /// The text of a `bytes` field; what is not UTF-8 becomes U+FFFD.
    package init(wire bytes: ProtobufCBinaryData) {
        self.init(decoding: bytes.rawBytes, as: UTF8.self)
    }
}

/// The text of a `string` field, nil when it is left out; what is not UTF-8 becomes U+FFFD.
package func wireString(_ field: UnsafePointer<CChar>?) -> String? {
    field.map { String(cString: $0) }
}

/// The bytes of a `string` field, without the zero at its end; nil when it is left out. Copies nothing.
package func wireBytes(_ field: UnsafePointer<CChar>?) -> UnsafeRawBufferPointer? {
    field.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
}

// MARK: - Lists

/// A repeated message field: `WireList(batch.n_lines, batch.lines)`. Its elements lie in the arena.
///
/// A loop over it is compiled into the caller; as a generic collection each step would cost some 200 ns.
package struct WireList<Message>: RandomAccessCollection {
    @usableFromInline let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?
    @usableFromInline package let endIndex: Int

    @inlinable
    package init(_ count: Int, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?) {
        self.pointers = pointers
        endIndex = count
    }

    @inlinable package var startIndex: Int { 0 }
    /// Those of the standard library are not specialised for other modules: a sixth of what a small message costs.
    @inlinable package var count: Int { endIndex }
    @inlinable package var isEmpty: Bool { endIndex == 0 }
    @inlinable
    package func distance(from start: Int, to end: Int) -> Int { end - start }
    @inlinable
    package func index(after index: Int) -> Int { index + 1 }
    @inlinable
    package func index(_ index: Int, offsetBy distance: Int) -> Int { index + distance }

    @inlinable
    package subscript(index: Int) -> UnsafeMutablePointer<Message> {
        precondition(index >= 0 && index < endIndex)
        // A decoded list has no holes.
        return pointers.unsafelyUnwrapped[index].unsafelyUnwrapped
    }

    package struct Iterator: IteratorProtocol {
        @usableFromInline let list: WireList
        @usableFromInline var index = 0

        @inlinable
        init(_ list: WireList) { self.list = list }

        @inlinable
        package mutating func next() -> UnsafeMutablePointer<Message>? {
            guard index < list.endIndex else { return nil }
            defer { index += 1 }
            return list[index]
        }
    }

    @inlinable
    package func makeIterator() -> Iterator { Iterator(self) }
}

/// A repeated `string` field.
package func wireStrings(_ count: Int, _ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
    guard let texts else { return [] }
    return (0..<count).compactMap { wireString(texts[$0]) }
}

/// A repeated `bytes` field, as text.
package func wireStrings(_ count: Int, _ texts: UnsafeMutablePointer<ProtobufCBinaryData>?) -> [String] {
    UnsafeBufferPointer(start: texts, count: count).map { String(wire: $0) }
}
