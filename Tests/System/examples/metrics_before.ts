// Old direct SSE approach
const eventSource = new EventSource('/agents/agent1/metrics/stream?interval=5');
eventSource.addEventListener('metrics', (event) => {
    const data = JSON.parse(event.data);
    updateDashboard(data);
});
