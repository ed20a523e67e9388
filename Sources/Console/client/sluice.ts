export * from './errors.js';
export * from './payloads.js';
export * from './schemas.js';
export { EventStreamParser, type EventStreamHandlers, type ParsedEvent } from './event-stream-parser.js';
export { FetchEventSource, type EventSourceConstructor, type EventSourceLike } from './fetch-event-source.js';
export {
  StreamSubscription, type Listener, type Status, type SubscriptionEvents, type SubscriptionState,
} from './subscription.js';
export type { EventSourceOptions } from './subscription-event-source.js';
export {
  StreamingClient, type MetricsSubscriptionOptions, type PendingSubscription, type StreamingClientOptions,
  type SubscribeOptions,
} from './streaming-client.js';
export { MetricsClient, type MetricsHistoryQuery } from './metrics-client.js';
export { MetricsFormatter } from './metrics-formatter.js';
