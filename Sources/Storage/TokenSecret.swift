/// The secret half of a token: shown once, stored only as its digest.
package enum TokenSecret {
    /// SHA-256. Given by whoever has a cryptography library, so that the store needs none.
    package typealias Digest = @Sendable (_ bytes: [UInt8]) -> [UInt8]

    /// Lets secret scanners and people recognise one.
    package static let prefix = "slc_"

    /// `slc_` and 160 bits from the kernel in 32 characters.
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()  // getrandom(2)
        return prefix + String((0..<32).map { _ in alphabet[Int(generator.next() & 31 as UInt64)] })
    }

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
}
