import type { Envelope } from './payloads.js';

/** What waits for an iteration: bounded, the oldest go. */
export class EventQueue implements AsyncIterableIterator<Envelope<any>> {
  private readonly waiting: Envelope<any>[] = [];
  private readonly readers: ((result: IteratorResult<Envelope<any>>) => void)[] = [];
  private hasEnded = false;

  constructor(
    private readonly limit: number, private readonly dropped: (count: number) => void,
    private readonly finished: () => void,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(event: Envelope<any>): void {
    const reader = this.readers.shift();
    if (reader !== undefined) return reader({ done: false, value: event });
    this.waiting.push(event);
    if (this.waiting.length > this.limit) {
      this.waiting.shift();
      this.dropped(1);
    }
  }

  end(): void {
    this.hasEnded = true;
    for (const reader of this.readers.splice(0)) reader({ done: true, value: undefined });
    this.finished();
  }

  next(): Promise<IteratorResult<Envelope<any>>> {
    const value = this.waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => { this.readers.push(resolve); });
  }

  /** The loop was left. */
  return(): Promise<IteratorResult<Envelope<any>>> {
    this.waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
