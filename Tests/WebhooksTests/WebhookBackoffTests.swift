import TestSupport
import Testing

@testable import Webhooks

@Suite("When a webhook is asked again") struct WebhookBackoffTests {
    @Test("delays are spread from nothing to a ceiling that doubles from 1 s to 5 min", arguments: [seed()])
    func ceilings(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let ceilings = [1: 1_000, 2: 2_000, 3: 4_000, 9: 256_000, 10: 300_000, 40: 300_000, .max: 300_000]
        for (failures, ceiling) in ceilings {
            let delays = (0..<500).map { _ in
                WebhookBackoff().delay(afterFailures: failures, using: &generator)
            }
            #expect(delays.allSatisfy { (0...ceiling).contains($0) })
            #expect(delays.min()! < ceiling / 10 && delays.max()! > ceiling * 9 / 10)
        }
    }

    @Test("it is never shorter than the receiver asks for, and that never longer than an hour")
    func retryAfter() {
        var generator = SeededGenerator(1)
        #expect(WebhookBackoff().delay(afterFailures: 1, retryAfter: 60_000, using: &generator) == 60_000)
        #expect(WebhookBackoff().delay(afterFailures: 1, retryAfter: .max, using: &generator) == 3_600_000)
    }

    @Test(
        "2xx is delivered; 408, 429 and 5xx are tried again; everything else, redirects among it, is refused",
        arguments: [
            (200, WebhookOutcome.delivered), (204, .delivered), (301, .refused(status: 301)),
            (400, .refused(status: 400)), (404, .refused(status: 404)),
            (408, .failed(reason: "answered 408", retryAfter: 7_000)),
            (429, .failed(reason: "answered 429", retryAfter: 7_000)),
            (500, .failed(reason: "answered 500", retryAfter: 7_000)),
            (599, .failed(reason: "answered 599", retryAfter: 7_000)), (999, .refused(status: 999)),
        ])
    func statuses(status: Int, outcome: WebhookOutcome) {
        #expect(WebhookOutcome(status: status, retryAfterSeconds: 7) == outcome)
    }

    @Test("a Retry-After beyond all measure is none beyond a day")
    func absurdRetryAfter() {
        #expect(
            WebhookOutcome(status: 503, retryAfterSeconds: .max)
                == .failed(reason: "answered 503", retryAfter: 86_400_000))
        #expect(
            WebhookOutcome(status: 503, retryAfterSeconds: .min) == .failed(reason: "answered 503", retryAfter: 0))
    }

    @Test("the log hears of changes: the first failure, the first refusal, and that it is well again")
    func notices() {
        var health = WebhookHealth()
        let failure = WebhookOutcome.failed(reason: "answered 500", retryAfter: 0)
        #expect(health.note(.delivered) == nil)
        #expect(health.note(failure) == .failing(reason: "answered 500"))
        #expect(health.note(failure) == nil)
        #expect(health.note(.cancelled) == nil)
        #expect(health.note(.delivered) == .recovered)
        #expect(health.note(.refused(status: 404)) == .refusing(status: 404))
        #expect(health.note(.refused(status: 404)) == nil)
        #expect(health.note(.delivered) == .recovered)
    }
}
