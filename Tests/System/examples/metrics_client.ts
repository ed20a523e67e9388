// MODIFY: client/metrics-client.ts
export class MetricsClient {
    private streamingClient: StreamingClient;
    
    constructor(baseURL: string) {
        this.streamingClient = new StreamingClient(baseURL);
    }
    
    // REPLACE: Old direct SSE method
    streamMetrics(agentId: string, interval: number = 5): EventSource {
        console.warn('streamMetrics is deprecated. Use subscribeToMetrics instead.');
        
        // Use new unified subscription system internally
        const subscription = this.streamingClient.subscribeToMetrics(agentId, {
            interval: `${interval}s`,
            metrics: [] // All metrics
        });
        
        return subscription.getEventSource();
    }
    
    // NEW: Preferred method using unified system
    async subscribeToMetrics(agentId: string, options?: MetricsSubscriptionOptions): Promise<StreamSubscription> {
        return this.streamingClient.subscribe({
            stream_type: 'metrics',
            agent_id: agentId,
            config: {
                interval: options?.interval || '5s',
                filters: options?.metrics || [],
                buffer_size: options?.bufferSize || 100
            }
        });
    }
    
    // ...existing code... (non-streaming methods remain unchanged)
}
