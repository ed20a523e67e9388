import Options
import WebTokens

extension Configuration {
    /// Nil without a file of keys. The files are read, so that what is wrong with them is found before the gateway runs.
    static func webTokens(_ invocation: Invocation) throws(OptionError) -> WebTokenFiles? {
        let files = WebTokenFiles(
            keySet: invocation[ServeOptions.jwksFile], secret: invocation[ServeOptions.jwtSecretFile],
            rules: WebTokenRules(
                issuer: invocation[ServeOptions.jwtIssuer], audience: invocation[ServeOptions.jwtAudience]))
        guard files.keySet != nil || files.secret != nil else {
            for option in [ServeOptions.jwtIssuer, ServeOptions.jwtAudience] where invocation[option] != nil {
                throw misconfigured(invocation, option, expected: "--jwks-file or --jwt-secret-file beside it")
            }
            return nil
        }
        do {
            _ = try files.read()
        } catch {
            let option = error.file == .keySet ? ServeOptions.jwksFile : ServeOptions.jwtSecretFile
            throw misconfigured(invocation, option, expected: error.expected)
        }
        return files
    }
}
