// Runs one example of the specification against a gateway, as it is written.
//
//   node --experimental-eventsource run_example.mjs FILE GATEWAY [STATEMENT]
//
// STATEMENT comes after the example: a call of what it defines. What the example hands to functions of the page that it
// leaves out (`updateDashboard` and others) is printed, one JSON object a line. `StreamingClient` is the smallest client
// that the examples can do with: a POST to subscribe, then a plain EventSource.

import { readFileSync } from 'node:fs';

const [file, gateway, statement = ''] = process.argv.slice(2);
const print = (value) => process.stdout.write(JSON.stringify(value) + '\n');
const PlainEventSource = globalThis.EventSource;

class Subscription {
  constructor(request, answer) {
    this.id = answer.subscription_id;
    this.source = new PlainEventSource(gateway + answer.stream_url);
    this.source.addEventListener('error', () => console.error(`${answer.stream_url}: the connection failed or ended`));
    this.first = new Promise((resolve) => { this.seen = resolve; });
    print({ call: 'subscribed', arguments: [request, answer] });
  }

  on(kind, handler) {
    this.source.addEventListener(kind, (event) => {
      handler(JSON.parse(event.data));
      this.seen();
    });
  }

  // The example ends its subscription in the line after it began to listen: here once something has come.
  async unsubscribe() {
    await this.first;
    const response = await fetch(`${gateway}/subscriptions/${this.id}`, { method: 'DELETE' });
    this.source.close();
    print({ call: 'unsubscribed', arguments: [response.status] });
  }
}

class StreamingClient {
  async subscribe(request) {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${gateway}/subscriptions`, { method: 'POST', headers, body: JSON.stringify(request) });
    const answer = await response.json();
    if (response.status !== 201) throw new Error(`${response.status}: ${answer.error}`);
    return new Subscription(request, answer);
  }

  subscribeToMetrics(agentId, options = {}) {
    return this.subscribe({
      stream_type: 'metrics',
      agent_id: agentId,
      config: { interval: options.interval ?? '5s', filters: options.metrics ?? [], buffer_size: options.bufferSize ?? 100 },
    });
  }
}

// The page of the example is the gateway's own, so its addresses have no host.
class PageEventSource extends PlainEventSource {
  constructor(address) {
    super(new URL(address, gateway));
    this.addEventListener('error', () => console.error(`${address}: the connection failed or ended`));
  }
}

const page = [
  'updateDashboard', 'showAlertNotifications', 'displayPredictions', 'updateDeploymentProgress', 'showDeploymentSummary',
];
const recorded = page.map((name) => (...values) => print({ call: name, arguments: values }));

// Of TypeScript the examples have only the types of parameters.
const code = readFileSync(file, 'utf8').replace(/(\w+): string\b/g, '$1');
const AsyncFunction = (async () => {}).constructor;
const example = new AsyncFunction('StreamingClient', 'EventSource', ...page, `'use strict';\n${code}\n${statement}`);
await example(StreamingClient, PageEventSource, ...recorded);
