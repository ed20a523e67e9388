package import Model
package import Service

// Deployments are not connected yet.

extension Hub {
    package func deploy(_ request: DeploymentRequest, for principal: Principal) async throws -> TaskRecord {
        throw ServiceError.storeUnavailable(reason: "deployments are not connected")
    }

    package func deployments(
        _ selection: DeploymentSelection, page: PageRequest, for principal: Principal
    ) async throws -> Page<DeploymentRecord> {
        throw ServiceError.storeUnavailable(reason: "deployments are not connected")
    }

    package func deployment(_ id: DeploymentID, for principal: Principal) async throws -> DeploymentRecord {
        throw ServiceError.storeUnavailable(reason: "deployments are not connected")
    }
}
