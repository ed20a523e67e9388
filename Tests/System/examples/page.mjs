// Stands for the page that an example is in, and takes the place of the library that the example imports: the same, but
// with the gateway of the test for the address in the example, and what the example hands to the page is printed, one
// JSON object a line.

import * as library from './library.js';

export * from './library.js';

const gateway = process.env.GATEWAY;
const functions = [
  'updateDashboard', 'showAlertNotifications', 'displayPredictions', 'updateDeploymentProgress', 'showDeploymentSummary',
];
const print = (call, values) => process.stdout.write(`${JSON.stringify({ call, arguments: values })}\n`);
let seen;
const hasShown = new Promise((resolve) => { seen = resolve; });

for (const name of functions) {
  globalThis[name] = (...values) => {
    print(name, values);
    seen();
  };
}

// The page of the example is the gateway's own, so its addresses have no host.
globalThis.EventSource = class extends library.FetchEventSource {
  constructor(address) { super(new URL(address, gateway).href); }
};

export class StreamingClient extends library.StreamingClient {
  constructor(address) { super(address.replace('http://localhost:8080', gateway), { EventSource: library.FetchEventSource }); }

  subscribe(request) {
    const pending = super.subscribe(request);
    return Object.assign(pending.then(told), { getEventSource: pending.getEventSource });
  }
}

function told(subscription) {
  print('subscribed', [subscription.id]);
  const unsubscribe = subscription.unsubscribe.bind(subscription);
  // The example ends its subscription in the line after it began to listen: here once something has come.
  subscription.unsubscribe = async () => {
    await hasShown;
    await unsubscribe();
    print('unsubscribed', [subscription.id]);
  };
  return subscription;
}
