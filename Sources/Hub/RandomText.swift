/// Names that nobody can guess.
package enum RandomText {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// So many bits, rounded up to a multiple of five, from the kernel's generator, five to a character.
    package static func make(bits: Int) -> String {
        var generator = SystemRandomNumberGenerator()  // getrandom(2), once for twelve characters
        var (word, left) = (UInt64(0), 0)
        var text: [UInt8] = []
        for _ in 0..<(bits + 4) / 5 {
            if left == 0 { (word, left) = (generator.next(), 12) }
            text.append(alphabet[Int(word & 31)])
            word >>= 5
            left -= 1
        }
        return String(decoding: text, as: UTF8.self)
    }
}
