package enum RiskLevel: String, Sendable {
    case low, medium, high

    /// Low below 0.3, high from 0.7.
    package init(_ risk: Double) { self = risk < 0.3 ? .low : risk < 0.7 ? .medium : .high }
}

/// How close a host is to being without something it needs.
package struct RiskAssessment: Sendable, Equatable {
    /// 0 … 1: the highest of its resources.
    package var risk: Double = 0
    /// The resource with that risk; nil below 0.05.
    package var limitingResource: Resource?
    /// When that resource will be used up; nil if nothing says that it will.
    package var etaSeconds: Double?

    package init() {}

    package var level: RiskLevel { RiskLevel(risk) }

    /// `45m`, `72h`.
    package var estimatedCapacityRemaining: String? { etaSeconds.map(ShortText.duration) }
}

extension RiskAssessment {
    static let smallestWorthNaming = 0.05
    /// The time to exhaustion that makes half a risk: a day.
    static let halfRiskTime: Double = 86_400

    /// The risk of one resource, 0 … 1:
    ///
    ///     urgency  = confidence / (1 + eta / 24 h)          0 without a forecast
    ///     fullness = ((used − 0.8) / 0.2)²                  0 up to 80 % used, 1 at 100 %
    ///     risk     = 1 − (1 − weight · max(urgency, fullness)) · (1 − unusual)
    ///
    /// where weight is the resource's, and unusual is 0.1 if more of it is used than usually. So 4 h ahead, seen clearly,
    /// is 0.8; so is a disk that has stood at 98 % for years. The formula is our own: hyperbolic in time, because a day
    /// more matters less the further off the end is; convex in use, because the last percents are the dangerous ones;
    /// and two independent signs joined as probabilities are.
    static func risk(of resource: Resource, usedFraction: Double, _ forecast: ExhaustionForecast?, isUnusual: Bool)
        -> Double
    {
        let urgency = forecast.map { $0.confidence / (1 + $0.etaSeconds / halfRiskTime) } ?? 0
        let excess = max(0, (usedFraction - 0.8) / 0.2)
        let danger = resource.weight * max(urgency, excess * excess)
        return 1 - (1 - danger) * (isUnusual ? 0.9 : 1)
    }

    mutating func include(_ resource: Resource, risk: Double, _ forecast: ExhaustionForecast?) {
        guard risk > self.risk else { return }
        self.risk = risk
        guard risk >= Self.smallestWorthNaming else { return }
        limitingResource = resource
        etaSeconds = forecast?.etaSeconds
    }
}

/// A resource that will be used up, and when.
package struct PredictedIssue: Sendable, Equatable {
    package var resource: Resource
    /// `RiskAssessment.risk` of this resource.
    package var risk: Double
    package var forecast: ExhaustionForecast
    /// For people: `Memory will be used up in about 3h (2h to 5h)`.
    package var message: String

    init(_ resource: Resource, risk: Double, _ forecast: ExhaustionForecast) {
        self.resource = resource
        self.risk = risk
        self.forecast = forecast
        let eta = ShortText.duration(forecast.etaSeconds)
        let range =
            ShortText.duration(forecast.earliestSeconds) + " to " + ShortText.duration(forecast.latestSeconds)
        message = "\(resource.title) will be used up in about \(eta) (\(range)) if it goes on like this"
    }
}
