import CReactor

/// Why the kernel or libevent refused something at set-up time.
package struct ReactorError: Error, Hashable, CustomStringConvertible {
    /// An errno value, or 0 when there is none.
    package let code: Int32
    /// A sentence for a person.
    package let description: String

    package init(code: Int32, description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: sr_error) {
        code = error.code
        description = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Calls a C function that returns NULL or a negative number and fills its error when it fails.
    static func check<Value>(
        _ body: (UnsafeMutablePointer<sr_error>) -> Value?
    ) throws(ReactorError) -> Value {
        var error = sr_error()
        guard let value = body(&error) else { throw ReactorError(error) }
        return value
    }
}
