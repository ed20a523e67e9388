import Reactor

/// Makes JSON Web Tokens that are signed with HS256, good ones and others.
package enum WebTokenMaker {
    /// 32 bytes, the fewest that are taken.
    package static let secret = Array("0123456789abcdef0123456789abcdef".utf8)

    package static let header = #"{"alg":"HS256","typ":"JWT"}"#

    /// - Parameters:
    ///   - claims: the payload, as JSON.
    ///   - header: what stands before it; it is signed with HS256 whatever it says.
    package static func make(
        _ claims: String, header: String = WebTokenMaker.header, secret: [UInt8] = WebTokenMaker.secret
    ) -> String {
        let signed = base64URL(Array(header.utf8)) + "." + base64URL(Array(claims.utf8))
        return signed + "." + base64URL(Secrets.hmacSHA256(key: secret, Array(signed.utf8)))
    }

    package static func base64URL(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> bits & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(pending << (6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
