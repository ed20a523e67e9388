// New subscription-based approach
const client = new StreamingClient('http://localhost:8080');
const subscription = await client.subscribeToMetrics('agent1', {
    interval: '5s',
    metrics: ['cpu', 'memory']
});

subscription.on('metrics', (data) => {
    updateDashboard(data.data);
});

// Automatic cleanup
await subscription.unsubscribe();
