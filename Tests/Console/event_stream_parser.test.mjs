// The event-stream format as the HTML standard tells it, in one piece and cut at every point.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStreamParser } from '../../.build-console/client/event-stream-parser.js';

function parse(pieces) {
  const seen = { events: [], retries: [] };
  const parser = new EventStreamParser({
    event: (event) => seen.events.push(event), retry: (milliseconds) => seen.retries.push(milliseconds),
  });
  for (const piece of pieces) parser.push(piece);
  return { ...seen, lastEventId: parser.lastEventId };
}

const event = (data, type = 'message', lastEventId = '') => ({ type, data, lastEventId });

// name, stream, events, and what differs from no retries and no id
const cases = [
  ['a line of data', 'data: one\n\n', [event('one')]],
  ['lines of data are joined', 'data: one\ndata: two\ndata\n\n', [event('one\ntwo\n')]],
  ['ends of lines may be LF, CR or both', 'data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\rdata: e\n\n', [event('a\nb\nc'), event('d'), event('e')]],
  ['CR LF is one end of a line', 'data: a\r\n\r\ndata: b\r\n\r\n', [event('a'), event('b')]],
  ['LF CR is two', 'data: a\n\rdata: b\n\n', [event('a'), event('b')]],
  ['a byte order mark at the start is no part of it', '\ufeffdata: a\n\n', [event('a')]],
  ['a second one is', '\ufeff\ufeffdata: a\n\ndata: b\n\n', [event('b')]],
  ['one further on is data', 'data: \ufeffa\n\n', [event('\ufeffa')]],
  ['comments are left out', ': comment\n:\ndata: a\n:data: b\n\n', [event('a')]],
  ['one space behind the colon is no part of the value', 'data:a\ndata: b\ndata:  c\n\n', [event('a\nb\n c')]],
  ['a tab behind it is', 'data:\ta\n\n', [event('\ta')]],
  ['further colons are part of the value', 'data: a:b: c\n\n', [event('a:b: c')]],
  ['a field without a colon has an empty value', 'data\n\ndata\ndata\n\n', [event(''), event('\n')]],
  ['a space before the colon is part of the name', 'data : a\ndata: b\n\n', [event('b')]],
  ['a space before the name is part of the name', ' data: a\ndata: b\n\n', [event('b')]],
  ['names are told apart by case', 'Data: a\ndata: b\n\n', [event('b')]],
  ['unknown fields are left out', 'what: a\ndata: b\nelse\n\n', [event('b')]],
  ['an event without data is none', 'event: a\n\ndata: b\n\n', [event('b')]],
  ['empty lines are no events', '\n\r\n\r\n\ndata: a\n\n\n\n', [event('a')]],
  ['an event has its type once', 'event: a\ndata: 1\n\ndata: 2\n\n', [event('1', 'a'), event('2')]],
  ['the last type counts, and an empty one is none', 'event: a\nevent: b\ndata: 1\n\nevent: a\nevent:\ndata: 2\n\n', [event('1', 'b'), event('2')]],
  ['an id stays', 'id: 1\ndata: a\n\ndata: b\n\n', [event('a', 'message', '1'), event('b', 'message', '1')], { lastEventId: '1' }],
  ['an empty id resets it', 'id: 1\ndata: a\n\nid\ndata: b\n\n', [event('a', 'message', '1'), event('b')]],
  ['an id counts without data', 'id: 7\n\n', [], { lastEventId: '7' }],
  ['an id with a NUL is left out', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [event('a', 'message', '1'), event('b', 'message', '1')], { lastEventId: '1' }],
  ['the id of an event that does not end is none', 'id: 1\ndata: a\n\nid: 2\ndata: b\n', [event('a', 'message', '1')], { lastEventId: '1' }],
  ['a NUL is data', 'data: a\0b\n\n', [event('a\0b')]],
  ['an event that does not end is none', 'data: a\n\ndata: b', [event('a')]],
  ['a retry of digits counts', 'retry: 1000\nretry: 03000\ndata: a\n\n', [event('a')], { retries: [1000, 3000] }],
  ['any other is left out', 'retry: 10x\nretry: -1\nretry: 1.5\nretry:\nretry: 1 \nretry: ١\ndata: a\n\n', [event('a')]],
  ['whatever is in any script', 'data: ünï😀 \u2028 文\n\n', [event('ünï😀 \u2028 文')]],
];

for (const [name, stream, events, other] of cases) {
  const expected = { events, retries: [], lastEventId: '', ...other };
  test(name, () => assert.deepEqual(parse([stream]), expected));
  test(`${name}, cut at every point`, () => {
    assert.deepEqual(parse([...stream].flatMap((character) => [character, ''])), expected);
    for (let cut = 1; cut < stream.length; cut += 1) {
      assert.deepEqual(parse([stream.slice(0, cut), stream.slice(cut)]), expected, `cut at ${cut}`);
    }
  });
}

test('a line without end is refused and not kept for ever', () => {
  const parser = new EventStreamParser({ event: () => undefined });
  parser.push('data: ');
  assert.throws(() => { for (let i = 0; i < 100; i += 1) parser.push('x'.repeat(1 << 20)); }, /without end/);
});
