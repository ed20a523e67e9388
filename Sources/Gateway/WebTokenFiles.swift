package import WebTokens

/// Where the keys of JSON Web Tokens are, and what else the tokens have to say. At least one file is given.
package struct WebTokenFiles: Sendable, Equatable {
    /// A JSON Web Key Set.
    package var keySet: String?
    /// The secret of HS256.
    package var secret: String?
    package var rules: WebTokenRules

    package init(keySet: String? = nil, secret: String? = nil, rules: WebTokenRules = WebTokenRules()) {
        self.keySet = keySet
        self.secret = secret
        self.rules = rules
    }

    /// One of the files is not what it has to be.
    struct Failure: Error, CustomStringConvertible {
        enum File { case keySet, secret }
        let file: File
        let path: String
        /// Half a sentence. Says nothing of what is in the file.
        let expected: String

        var description: String {
            "--\(file == .keySet ? "jwks-file" : "jwt-secret-file") \(path): expected \(expected)"
        }
    }

    /// Reads both anew. Blocks.
    func read() throws(Failure) -> WebTokenKeys {
        var keys: [WebTokenKey] = []
        if let keySet { keys += try Self.readKeySet(keySet) }
        if let secret { keys.append(try Self.readSecret(secret)) }
        return WebTokenKeys(keys)
    }

    private static func readKeySet(_ path: String) throws(Failure) -> [WebTokenKey] {
        do {
            return try WebKeySet.parse(try SmallFile.read(path, maximumBytes: WebKeySet.maximumBytes))
        } catch let error as SmallFile.Failure {
            throw Failure(file: .keySet, path: path, expected: error.expected)
        } catch {
            throw Failure(file: .keySet, path: path, expected: "\(error)")
        }
    }

    private static func readSecret(_ path: String) throws(Failure) -> WebTokenKey {
        do {
            return WebTokenKey(
                id: nil, .secret(try SmallFile.readSecret(path, bytes: WebTokenKey.secretBytes)))
        } catch {
            throw Failure(file: .secret, path: path, expected: error.expected)
        }
    }
}

/// What takes the tokens, with the files that SIGHUP reads anew for it.
struct WebTokenReload: Reloadable {
    private let files: WebTokenFiles
    let verifier: WebTokenVerifier

    /// Reads the files.
    init(_ files: WebTokenFiles) throws(StartError) {
        self.files = files
        do {
            verifier = WebTokenVerifier(try files.read(), files.rules)
        } catch {
            throw .webTokens("\(error)")
        }
    }

    var name: String { "keys of JSON Web Tokens" }

    func reload() throws -> String {
        let keys = try files.read()
        verifier.replaceKeys(keys)
        return "\(keys.keys.count)"
    }
}
