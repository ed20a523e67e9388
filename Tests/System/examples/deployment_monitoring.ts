async function monitorDeployment(deploymentId: string) {
    const client = new StreamingClient('http://localhost:8080');
    
    // Subscribe to deployment status (server processes raw command output)
    const deploymentSubscription = await client.subscribe({
        stream_type: 'deployment_status',
        resource: deploymentId,
        config: {
            include_raw_output: false,  // Only processed status
            status_updates_only: true
        }
    });
    
    deploymentSubscription.on('deployment_status', (data) => {
        const status = data.data;
        
        // Update deployment UI with processed status
        updateDeploymentProgress({
            progress: status.progress,
            currentPhase: status.message,
            services: status.services,
            health: status.health
        });
    });
    
    deploymentSubscription.on('deployment_complete', (data) => {
        const completion = data.data;
        
        // Show completion summary (processed by server)
        showDeploymentSummary({
            success: completion.success,
            duration: completion.duration,
            summary: completion.summary
        });
    });
}
