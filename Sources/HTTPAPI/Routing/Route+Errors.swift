extension Route {
    /// Every code that the route can refuse with: those of its kind, and its own.
    package var errorCodes: Set<APIError.Code> {
        var codes = Set(errors).union([.invalidRequest, .internalError])
        // A parameter that occurs twice.
        if !query.isEmpty || access != .open { codes.insert(.invalidField) }
        if case .atLeast = access { codes.formUnion([.unauthorized, .forbidden]) }
        if !isAlwaysAvailable { codes.formUnion([.starting, .draining, .overloaded, .storeUnavailable]) }
        if case .json(_, let isOptional) = body {
            codes.formUnion([.invalidJSON, .bodyTooLarge, .unsupportedMediaType])
            if !isOptional { codes.insert(.lengthRequired) }
        }
        for case .parameter(let name) in pattern.segments { codes.insert(name.notFound) }
        return codes
    }
}

extension PathParameter {
    /// What is said where there is nothing of this name.
    fileprivate var notFound: APIError.Code {
        switch self {
        case .agentID: .agentNotFound
        case .subscriptionID: .subscriptionNotFound
        case .sessionID: .sessionNotFound
        case .taskID: .taskNotFound
        case .streamID: .streamNotFound
        case .alertID: .alertNotFound
        case .silenceID: .silenceNotFound
        case .deploymentID: .deploymentNotFound
        }
    }
}
