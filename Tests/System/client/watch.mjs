// Subscribes with the client library and prints what comes, one JSON object a line.
//
//   node watch.mjs LIBRARY GATEWAY TOKEN REQUEST...     TOKEN may be empty; a REQUEST is JSON

const [library, gateway, token, ...requests] = process.argv.slice(2);
const { StreamingClient } = await import(library);
const client = new StreamingClient(gateway, token === '' ? {} : { token });
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

await Promise.all(requests.map(async (text, number) => {
  try {
    const subscription = await client.subscribe(JSON.parse(text));
    print({ number, event: 'subscribed', id: subscription.id, state: subscription.state });
    for (const event of ['metrics', 'shell_output', 'status', 'gap', 'stream_end']) {
      subscription.on(event, (value) => print({ number, event, value }));
    }
  } catch (error) {
    print({ number, event: 'refused', name: error.name, status: error.status, code: error.code });
  }
}));
