// What a subscription does with what its page hands it.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { EventQueue } from '../../.build-console/client/event-queue.js';
import { StreamSubscription } from '../../.build-console/client/subscription.js';

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

function make(stream_type = 'metrics') {
  const calls = [];
  const subscription = new StreamSubscription({ stream_type }, {
    ask: () => calls.push('ask'), leave: async () => { calls.push('leave'); },
  });
  const deliver = (data, type = 'metrics_data') => {
    const envelope = { type, data, metadata: {} };
    subscription.deliver(stream_type, JSON.stringify(envelope), envelope);
  };
  return { subscription, calls, deliver };
}

test('what comes before the first listener waits for it and for those that are added with it', async () => {
  const { subscription, deliver } = make();
  subscription.changed({ state: 'active' });
  deliver(1);
  await turn();
  const seen = [];
  subscription.on('status', ({ state }) => seen.push(state));
  subscription.on('metrics', ({ data }) => seen.push(data));
  await turn();
  deliver(2);
  assert.deepEqual(seen, ['active', 1, 2]);
});

test('of what waits for a listener that never comes the oldest goes, and a gap says how many', async () => {
  const { subscription, deliver } = make();
  for (let number = 0; number < 10_005; number += 1) deliver(number);
  const seen = [];
  subscription.on('gap', ({ missed }) => seen.push(missed));
  subscription.on('metrics', ({ data }) => seen.push(data));
  await turn();
  assert.deepEqual([seen[0], seen[1], seen.length], [5, 5, 10_001]);
});

test('a listener that throws is reported and is no harm to the others', async () => {
  const { subscription, deliver } = make();
  const report = mock.method(console, 'error', () => undefined);
  const seen = [];
  subscription.on('metrics', () => { throw new Error('mine'); }).on('metrics', ({ data }) => seen.push(data));
  deliver(1);
  await turn();
  assert.deepEqual([seen, report.mock.callCount()], [[1], 1]);
  report.mock.restore();
});

test('once listens once, and off no more', async () => {
  const { subscription, deliver } = make();
  const seen = [];
  const listener = ({ data }) => seen.push(data);
  subscription.once('metrics', listener).on('metrics', listener);
  await turn();
  deliver(1);
  deliver(2);
  subscription.off('metrics', listener);
  deliver(3);
  assert.deepEqual(seen, [1, 1, 2]);
});

test('a task\'s lines come once, also where its stream begins anew', async () => {
  const { subscription, deliver } = make('shell_output');
  const seen = [];
  subscription.on('shell_output', ({ data }) => seen.push(data.seq));
  await turn();
  for (const seq of [1, 2, 3, 1, 2, 3, 4]) deliver({ seq }, 'task_output');
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test('an iteration has every event and finishes with the stream', async () => {
  const { subscription, deliver } = make();
  deliver(1);
  setTimeout(() => {
    deliver(2);
    subscription.ended({ reason: 'completed' });
  }, 5);
  const seen = [];
  for await (const { data } of subscription) seen.push(data);
  assert.deepEqual(seen, [1, 2]);
  for await (const _ of subscription) assert.fail('it is over');
});

test('an iteration that is too slow loses the oldest and is told', async () => {
  let missed = 0;
  const queue = new EventQueue(3, (count) => { missed += count; }, () => undefined);
  for (const data of [1, 2, 3, 4, 5]) queue.push({ data });
  queue.end();
  const seen = [];
  for await (const { data } of queue) seen.push(data);
  assert.deepEqual([seen, missed], [[3, 4, 5], 2]);
});

test('an iteration that is left takes nothing any more', async () => {
  const { subscription, deliver } = make();
  deliver(1);
  for await (const { data } of subscription) {
    assert.equal(data, 1);
    break;
  }
  for (let number = 0; number < 20_000; number += 1) deliver(number);
  let gaps = 0;
  subscription.on('gap', () => { gaps += 1; });
  await turn();
  assert.equal(gaps, 0);
});

test('as an EventSource it has the envelopes as text, or what is in them, and closing it unsubscribes', async () => {
  const { subscription, deliver, calls } = make();
  const whole = subscription.getEventSource();
  const bare = subscription.getEventSource({ bare: true });
  const seen = [];
  whole.onopen = () => seen.push('open');
  whole.addEventListener('metrics', ({ data }) => seen.push(data));
  bare.addEventListener('metrics', ({ data }) => seen.push(data));
  assert.equal(whole.readyState, 0);
  subscription.changed({ state: 'active' });
  deliver({ a: 1 });
  await turn();
  assert.deepEqual(seen, ['open', '{"type":"metrics_data","data":{"a":1},"metadata":{}}', '{"a":1}']);
  subscription.changed({ state: 'reconnecting' });
  assert.equal(whole.readyState, 0);
  whole.close();
  assert.deepEqual([whole.readyState, bare.readyState, calls, subscription.state], [2, 2, ['leave'], 'ended']);
});

test('paused it takes nothing, resumed it asks anew, ended it does neither', async () => {
  const { subscription, deliver, calls } = make();
  const seen = [];
  subscription.on('metrics', ({ data }) => seen.push(data)).on('status', ({ state }) => seen.push(state));
  await turn();
  subscription.pause();
  deliver(1);
  subscription.resume();
  deliver(2);
  await subscription.unsubscribe();
  subscription.pause();
  subscription.resume();
  deliver(3);
  assert.deepEqual(seen, ['paused', 'connecting', 2, 'ended']);
  assert.deepEqual(calls, ['leave', 'ask', 'leave']);
});
