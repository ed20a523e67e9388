// Client receives server-processed events with enriched data
async function setupEnhancedMonitoring() {
    const client = new StreamingClient('http://localhost:8080');
    
    // Subscribe to processed metrics (not raw metrics)
    const processedSubscription = await client.subscribe({
        stream_type: 'processed_metrics',
        agent_id: 'agent1',
        config: {
            include_trends: true,
            alert_levels: ['warning', 'critical']
        }
    });
    
    processedSubscription.on('processed_metrics', (data) => {
        const processed = data.data;
        
        // Display enriched data
        updateDashboard({
            trends: processed.enriched.trends,
            alerts: processed.alerts,
            recommendations: processed.recommendations
        });
        
        // Handle server-generated alerts
        if (processed.alerts.length > 0) {
            showAlertNotifications(processed.alerts);
        }
        
        // Show predictions
        if (processed.enriched.predicted_issues.length > 0) {
            displayPredictions(processed.enriched.predicted_issues);
        }
    });
}
