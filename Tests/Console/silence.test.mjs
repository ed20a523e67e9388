// A connection that has died without ending: nobody says so, nothing comes. Time is the tests' own.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FetchEventSource } from '../../.build-console/client/fetch-event-source.js';
import { Lane } from '../../.build-console/client/lane.js';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

class BrowserSource extends EventTarget {
  readyState = 1;
  isClosed = false;
  constructor(url) { super(); this.url = url; }
  close() { this.isClosed = true; }
  bring(id) { this.dispatchEvent(new MessageEvent('metrics', { data: '{}', lastEventId: id })); }
}

function lane(showsHeartbeats) {
  const sources = [];
  const record = { url: '/sessions/s/events', lastEventId: '' };
  const handlers = { event: (kind, data, id) => { record.lastEventId = id; }, opened() {}, broken() {}, gone() {} };
  const made = new Lane(record, (url) => { sources.push(new BrowserSource(url)); return sources.at(-1); }, showsHeartbeats, handlers);
  made.open();
  return { lane: made, sources };
}

test('a browser\'s connection that has brought nothing for a minute is opened anew, behind its last event', () => {
  const { sources } = lane(false);
  sources[0].bring('e1.5');
  mock.timers.tick(59_999);
  assert.equal(sources.length, 1);
  mock.timers.tick(1);
  assert.deepEqual(sources.map((source) => [source.url, source.isClosed]), [
    ['/sessions/s/events', true], ['/sessions/s/events?last_event_id=e1.5', false],
  ]);
  mock.timers.tick(60_000);
  assert.equal(sources.length, 3, 'and again, for as long as it stays silent');
});

test('one that brings something now and then stays', () => {
  const { sources } = lane(false);
  for (let n = 0; n < 10; n += 1) {
    mock.timers.tick(50_000);
    sources[0].bring(`e1.${n}`);
  }
  assert.equal(sources.length, 1);
});

test('one that is closed, or whose source notices by itself, is not opened anew', () => {
  const closed = lane(false);
  closed.lane.close();
  const other = lane(true);
  mock.timers.tick(600_000);
  assert.equal(closed.sources.length, 1);
  assert.equal(other.sources.length, 1);
});

/** A server that sends a comment each time it is told to, and otherwise nothing. */
function quietServer() {
  const requests = [];
  const fetcher = async (url, { signal, headers }) => {
    const request = { id: headers['Last-Event-ID'], isAborted: false };
    requests.push(request);
    const body = new ReadableStream({
      start(controller) {
        request.send = (text) => controller.enqueue(new TextEncoder().encode(text));
        signal.addEventListener('abort', () => { request.isAborted = true; controller.error(new Error('aborted')); });
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  return { requests, fetcher };
}

const settle = async () => { for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve)); };

test('over fetch, heartbeats keep a connection, and a minute without any ends it; the next goes on behind the last event', async () => {
  const { requests, fetcher } = quietServer();
  const source = new FetchEventSource('http://gateway/stream', fetcher);
  await settle();
  requests[0].send('id: 7\ndata: x\n\n');
  for (let n = 0; n < 5; n += 1) {
    await settle();
    mock.timers.tick(50_000);
    requests[0].send(': heartbeat\n\n');
  }
  await settle();
  assert.equal(requests[0].isAborted, false);
  mock.timers.tick(60_000);
  await settle();
  assert.equal(requests[0].isAborted, true);
  assert.equal(source.readyState, 0);
  mock.timers.tick(3_000);
  await settle();
  assert.deepEqual(requests.map((request) => request.id), [undefined, '7']);
  assert.equal(source.readyState, 1);
  source.close();
});
