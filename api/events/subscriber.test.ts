import { expect, test } from 'vitest';
import { Subscriber, type Sink } from './subscriber.ts';

class FakeSink implements Sink {
  written: string[] = [];
  reads = true;
  ended = false;
  destroyed = false;
  write(chunk: Buffer): boolean {
    this.written.push(chunk.toString());
    return this.reads;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

const chunk = (text: string): Buffer => Buffer.from(text);

test('a reader that keeps up gets everything at once', () => {
  const sink = new FakeSink();
  const subscriber = new Subscriber('10.0.0.1', null, sink, 2);
  for (let i = 0; i < 10; i += 1) expect(subscriber.send(chunk(String(i)), 1, i)).toBe(true);
  expect(sink.written).toHaveLength(10);
});

test('what a reader has not read waits, and comes in order when it reads again', () => {
  const sink = new FakeSink();
  const subscriber = new Subscriber('10.0.0.1', null, sink, 2);
  sink.reads = false;
  for (const text of ['a', 'b', 'c']) subscriber.send(chunk(text), 1, 0);
  expect(sink.written).toEqual(['a']);
  sink.reads = true;
  subscriber.drained(5);
  subscriber.send(chunk('d'), 1, 6);
  expect(sink.written).toEqual(['a', 'b', 'c', 'd']);
});

test('a burst does not cut off a reader that was only a moment behind', () => {
  const sink = new FakeSink();
  sink.reads = false;
  const subscriber = new Subscriber('10.0.0.1', null, sink, 2);
  for (let i = 0; i < 50; i += 1) expect(subscriber.send(chunk('x'), 1, i)).toBe(true);
  expect(sink.destroyed).toBe(false);
});

test.each([
  ['has not read for a second', 2, 4, 2_000],
  ['is hopelessly far behind', 2, 200, 0],
])('a reader that %s is cut off, and what waited is forgotten', (_why, max, events, now) => {
  const sink = new FakeSink();
  sink.reads = false;
  const subscriber = new Subscriber('10.0.0.1', null, sink, max);
  expect(subscriber.send(chunk('first'), 1, 0)).toBe(true);
  expect(subscriber.send(chunk('more'), events, now)).toBe(false);
  expect(sink.destroyed).toBe(true);
  expect(sink.written).toEqual(['first']);
});

test('an empty line goes out only when nothing else did, and never to a reader that is behind', () => {
  const sink = new FakeSink();
  const subscriber = new Subscriber('10.0.0.1', null, sink, 2);
  subscriber.heartbeat(chunk('\r\n'), 0);
  subscriber.send(chunk('a'), 1, 1);
  subscriber.heartbeat(chunk('\r\n'), 2);
  subscriber.heartbeat(chunk('\r\n'), 3);
  sink.reads = false;
  subscriber.send(chunk('b'), 1, 4);
  subscriber.heartbeat(chunk('\r\n'), 5);
  subscriber.heartbeat(chunk('\r\n'), 6);
  expect(sink.written).toEqual(['\r\n', 'a', '\r\n', 'b']);
});
