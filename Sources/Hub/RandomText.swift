/// Names that nobody can guess.
package enum RandomText {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")

    /// So many bits, rounded up to a multiple of five, from the kernel's generator, five to a character.
    package static func make(bits: Int) -> String {
        var generator = SystemRandomNumberGenerator()  // getrandom(2)
        return String((0..<(bits + 4) / 5).map { _ in alphabet[Int(generator.next() & 31 as UInt64)] })
    }
}
