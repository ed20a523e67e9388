import CWire

/// Which parts of a payload are rendered: `cpu`, `memory.usage_percent`, ... `timestamp` always is.
package final class JSONFilter: @unchecked Sendable {
    /// Freed in deinit. Sendable because nothing changes it after init, and C functions only read it.
    let handle: OpaquePointer

    /// A name that is no part of the payload.
    package struct UnknownName: Error {
        package let name: String
    }

    /// For payloads of type `M`. Nil where `names` is empty: then there is nothing to filter.
    package static func compile<M: WireMessage>(
        _ names: some Sequence<String>, for type: M.Type
    ) throws(UnknownName) -> JSONFilter? {
        var filter: JSONFilter?
        for name in names {
            let target = filter ?? JSONFilter(descriptor(of: type))
            filter = target
            guard withName(name, { cw_filter_add(target.handle, $0, $1) }) else { throw UnknownName(name: name) }
        }
        return filter
    }

    private init(_ type: UnsafePointer<ProtobufCMessageDescriptor>) {
        guard let handle = cw_filter_new(type) else { fatalError("no filter for this type, or out of memory") }
        self.handle = handle
    }

    deinit { cw_filter_free(handle) }

    /// Does it let any of the part at the top called `name` through?
    package func includes(_ name: String) -> Bool {
        Self.withName(name) { cw_filter_includes(handle, $0, $1) }
    }

    /// Can `name` stand in a filter of payloads of type `M`?
    package static func isName<M: WireMessage>(_ name: String, of type: M.Type) -> Bool {
        withName(name) { cw_filter_name_exists(descriptor(of: type), $0, $1) }
    }

    /// Every generated initializer stores the address of the type's descriptor, a constant of the program.
    private static func descriptor<M: WireMessage>(of type: M.Type) -> UnsafePointer<ProtobufCMessageDescriptor> {
        var message = M.empty
        return withUnsafePointer(to: &message) { base($0).pointee.descriptor }
    }

    private static func withName<R>(_ name: String, _ body: (UnsafePointer<CChar>?, Int) -> R) -> R {
        var name = name
        return name.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { body($0.baseAddress, $0.count) }
        }
    }
}
