package import CWire

/// Memory for messages: those that are decoded, and those that are being put together to be sent.
///
/// Belongs to one thread at a time. Everything it gives out is valid until `reset()` or the end of the arena, and must
/// not be used after that.
package final class WireArena {
    /// Freed in deinit; used by nobody else.
    let handle: OpaquePointer

    /// - Parameter budget: most bytes it takes from the system. Decoding fails beyond it; `make` and `copy` trap.
    package init(budget: Int = Int(CW_ARENA_DEFAULT_BUDGET)) {
        guard let handle = cw_arena_new(budget) else { fatalError("out of memory") }
        self.handle = handle
    }

    deinit { cw_arena_free(handle) }

    /// Takes back all that was given out.
    package func reset() { cw_arena_reset(handle) }

    /// Bytes taken from the system now.
    package var heldBytes: Int { cw_arena_held(handle) }

    /// Memory for `count` values, not initialized.
    func allocate<T>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
        guard let memory = cw_arena_allocate(handle, count * MemoryLayout<T>.stride) else {
            fatalError("a message of more than the arena's budget")
        }
        return memory.bindMemory(to: T.self, capacity: count)
    }

    /// A message with no field set.
    package func make<M: WireMessage>(_ type: M.Type = M.self) -> UnsafeMutablePointer<M> {
        let message = allocate(M.self, count: 1)
        M.initialize(message)
        return message
    }

    /// A message with no field set, then changed by `fill`.
    package func make<M: WireMessage>(
        _ type: M.Type = M.self, _ fill: (inout M) -> Void
    ) -> UnsafeMutablePointer<M> {
        let message: UnsafeMutablePointer<M> = make()
        fill(&message.pointee)
        return message
    }

    /// A list of `count` messages, each changed by `fill`, as the field `xs` of a message holds it; its length belongs
    /// in `n_xs`.
    package func makeList<M: WireMessage>(
        _ type: M.Type = M.self, count: Int, _ fill: (_ index: Int, _ message: inout M) -> Void
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<M>?>? {
        guard count > 0 else { return nil }
        let pointers = allocate(UnsafeMutablePointer<M>?.self, count: count)
        let messages = allocate(M.self, count: count)
        for index in 0..<count {
            let message = messages + index
            M.initialize(message)
            fill(index, &message.pointee)
            (pointers + index).initialize(to: message)
        }
        return pointers
    }

    /// For a field of type `string`: what comes after a zero byte is lost.
    package func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        return text.withUTF8 { utf8 in
            let copy = allocate(UInt8.self, count: utf8.count + 1)
            copy.initialize(from: utf8.baseAddress ?? UnsafePointer(copy), count: utf8.count)
            (copy + utf8.count).initialize(to: 0)
            return UnsafeMutableRawPointer(copy).assumingMemoryBound(to: CChar.self)
        }
    }

    /// For a field of type `string` that is left out when there is nothing to say.
    package func copy(_ text: String?) -> UnsafeMutablePointer<CChar>? { text.map { copy($0) } }

    /// For a repeated field of type `string`.
    package func copy(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        guard !texts.isEmpty else { return nil }
        let pointers = allocate(UnsafeMutablePointer<CChar>?.self, count: texts.count)
        for (index, text) in texts.enumerated() {
            (pointers + index).initialize(to: copy(text))
        }
        return pointers
    }

    /// For a field of type `bytes`.
    package func copyBytes(_ bytes: UnsafeRawBufferPointer) -> ProtobufCBinaryData {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return ProtobufCBinaryData(len: 0, data: nil) }
        let copy = allocate(UInt8.self, count: bytes.count)
        UnsafeMutableRawPointer(copy).copyMemory(from: source, byteCount: bytes.count)
        return ProtobufCBinaryData(len: bytes.count, data: copy)
    }

    package func copyBytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        bytes.withUnsafeBytes { copyBytes($0) }
    }

    package func copyBytes(_ text: String) -> ProtobufCBinaryData {
        var text = text
        return text.withUTF8 { copyBytes(UnsafeRawBufferPointer($0)) }
    }

    /// For a repeated field of type `bytes`.
    package func copyBytes(_ texts: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        guard !texts.isEmpty else { return nil }
        let list = allocate(ProtobufCBinaryData.self, count: texts.count)
        for (index, text) in texts.enumerated() {
            (list + index).initialize(to: copyBytes(text))
        }
        return list
    }

    /// For a repeated field of numbers.
    package func copyScalars<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T>? {
        guard !values.isEmpty else { return nil }
        let copy = allocate(T.self, count: values.count)
        values.withUnsafeBufferPointer { copy.initialize(from: $0.baseAddress!, count: values.count) }
        return copy
    }
}
