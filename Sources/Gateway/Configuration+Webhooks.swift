import Options
import Webhooks

/// Values that only their use shows to be wrong: bad configuration (78), from whatever source they came.
extension Configuration {
    /// Each has a queue of its own.
    private static let maximumWebhooks = 16
    private static let maximumSecretBytes = 4_096

    static func webhookURLs(_ invocation: Invocation) throws(OptionError) -> [WebhookURL] {
        let option = ServeOptions.webhookURLs
        let texts = invocation[option]
        guard texts.count <= maximumWebhooks else {
            throw misconfigured(invocation, option, expected: "at most \(maximumWebhooks) URLs")
        }
        var urls: [WebhookURL] = []
        for (index, text) in texts.enumerated() {
            guard let url = WebhookURL(text) else {
                throw misconfigured(
                    invocation, option,
                    expected: "URLs that begin with http:// or https:// and name a host; number \(index + 1) does not")
            }
            urls.append(url)
        }
        return urls
    }

    static func webhookSecret(_ invocation: Invocation) throws(OptionError) -> [UInt8]? {
        let option = ServeOptions.webhookSecretFile
        guard let path = invocation[option] else { return nil }
        do {
            return try SmallFile.readSecret(path, bytes: 1...maximumSecretBytes)
        } catch {
            throw misconfigured(invocation, option, expected: error.expected)
        }
    }

    static func misconfigured<Value>(
        _ invocation: Invocation, _ option: Option<Value>, expected: String
    ) -> OptionError {
        var error = invocation.problem(with: option, expected: expected)
        error.kind = .configuration
        return error
    }
}
