// FetchEventSource against a server on loopback that answers as a test tells it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { FetchEventSource } from '../../.build-console/client/fetch-event-source.js';

const open = [];
after(() => { for (const close of open) close(); });

/** Answers the requests in turn; the last answer serves all further ones. */
async function serve(...answers) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answers[Math.min(requests.length, answers.length) - 1](response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, requests };
}

function listen(url) {
  const source = new FetchEventSource(url);
  open.push(() => source.close());
  const seen = [];
  const changed = new EventTarget();
  for (const kind of ['open', 'error', 'message', 'metrics']) {
    source.addEventListener(kind, (event) => {
      seen.push(event.data === undefined ? kind : `${kind} ${event.data} ${event.lastEventId}`);
      changed.dispatchEvent(new Event('change'));
    });
  }
  const until = async (condition) => { while (!condition()) await new Promise((resolve) => changed.addEventListener('change', resolve, { once: true })); };
  return { source, seen, until };
}

const stream = (text, type = 'text/event-stream') => (response) => {
  response.writeHead(200, { 'Content-Type': type });
  response.write(text);
};
const streamThatEnds = (text) => (response) => {
  stream(text)(response);
  response.end();
};
const status = (code) => (response) => response.writeHead(code).end();

test('events arrive with type and id, whatever the pieces of bytes are', async () => {
  const bytes = Buffer.from('\ufeffretry: 1\nid: 1\nevent: metrics\ndata: ünï😀\n\n');
  const { url } = await serve((response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    const send = (at) => { if (at < bytes.length) response.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1)); };
    send(0);
  });
  const { seen, until, source } = listen(url);
  await until(() => seen.length === 2);
  assert.deepEqual(seen, ['open', 'metrics ünï😀 1']);
  assert.equal(source.readyState, 1);
});

test('it reconnects when the stream ends, and says after which event', async () => {
  const { url, requests } = await serve(streamThatEnds('retry: 10\nid: 5\ndata: a\n\ndata: lost'), stream('data: b\n\n'));
  const { seen, until } = listen(url);
  await until(() => seen.length === 5);
  assert.deepEqual(seen, ['open', 'message a 5', 'error', 'open', 'message b 5']);
  assert.equal(requests[0].headers['last-event-id'], undefined);
  assert.equal(requests[1].headers['last-event-id'], '5');
  assert.equal(requests[1].headers.accept, 'text/event-stream');
});

test('it reconnects when the connection breaks', async () => {
  const { url } = await serve((response) => {
    stream('retry: 10\ndata: a\n\n')(response);
    setTimeout(() => response.destroy(), 300);
  }, stream('data: b\n\n'));
  const { seen, until } = listen(url);
  await until(() => seen.length === 5);
  assert.deepEqual(seen, ['open', 'message a ', 'error', 'open', 'message b ']);
});

for (const [what, answer] of [
  ['204', status(204)], ['404', status(404)], ['401', status(401)], ['503', status(503)],
  ['another type', stream('data: a\n\n', 'text/plain')], ['a type that only begins like it', stream('data: a\n\n', 'text/event-streams')],
]) {
  test(`it gives up after ${what}`, async () => {
    const { url, requests } = await serve(answer);
    const { seen, until, source } = listen(url);
    await until(() => seen.length === 1);
    assert.deepEqual(seen, ['error']);
    assert.equal(source.readyState, 2);
    assert.equal(requests.length, 1);
  });
}

test('it asks again when nobody listens there', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closed = `http://127.0.0.1:${server.address().port}/`;
  server.close();
  await once(server, 'close');
  const { seen, until, source } = listen(closed);
  await until(() => seen.length === 1);
  assert.deepEqual([seen, source.readyState], [['error'], 0]);
});

test('after close nothing comes any more', async () => {
  const { url } = await serve((response) => {
    stream('data: a\n\n')(response);
    const timer = setInterval(() => response.write('data: b\n\n'), 5);
    response.on('close', () => clearInterval(timer));
  });
  const { seen, until, source } = listen(url);
  await until(() => seen.includes('message a '));
  source.close();
  const count = seen.length;
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  assert.equal(seen.length, count);
  assert.equal(source.readyState, 2);
});
