/// Digits, exactly: no sign, no exponent, no spaces, no overflow.
enum DecimalNumber {
    static func wholeNumber(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { return nil }
        return Int(text)
    }

    /// `12`, `1.5` or `0.250` times `scale`; nil where the product is not a whole number that fits in an `Int`.
    static func scaled(_ text: some StringProtocol, by scale: Int) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = wholeNumber(parts[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        guard let fraction = fraction(parts[1], of: scale) else { return nil }
        let (sum, tooLarge) = product.addingReportingOverflow(fraction)
        return tooLarge ? nil : sum
    }

    /// Splits `64MiB` into `64` and `MiB`.
    static func splitUnit(_ text: String) -> (number: Substring, unit: Substring) {
        let end = text.firstIndex { !($0.isASCII && $0.isNumber) && $0 != "." } ?? text.endIndex
        return (text[..<end], text[end...])
    }

    private static func fraction(_ digits: some StringProtocol, of scale: Int) -> Int? {
        guard digits.utf8.count <= 9, let value = wholeNumber(digits) else { return nil }
        let denominator = (0..<digits.utf8.count).reduce(1) { power, _ in power * 10 }
        let (product, overflow) = value.multipliedReportingOverflow(by: scale)
        guard !overflow, product % denominator == 0 else { return nil }
        return product / denominator
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
