// The event-stream format of the HTML standard (9.2.6), as a parser that is fed text in pieces of any size.

export interface ParsedEvent {
  type: string;
  data: string;
  lastEventId: string;
}

export interface EventStreamHandlers {
  event(event: ParsedEvent): void;
  /** How long to wait before a reconnect, in milliseconds. */
  retry?(milliseconds: number): void;
}

/** More characters than this without an end of the line, or of the event, are no event stream. */
const maximumBuffered = 16 * 1024 * 1024;

export class EventStreamParser {
  /** The id that a reconnect continues after: of the last event that was complete. */
  lastEventId: string;

  private idBuffer: string;
  private type = '';
  private data = '';
  private line = '';
  private isAtStart = true;
  private ignoresLineFeed = false;

  constructor(private readonly handlers: EventStreamHandlers, lastEventId = '') {
    this.lastEventId = lastEventId;
    this.idBuffer = lastEventId;
  }

  /** An event whose empty line has not come is never told: to end a stream, stop pushing. */
  push(text: string): void {
    let rest = text;
    if (rest === '') return;
    if (this.isAtStart) {
      this.isAtStart = false;
      if (rest.charCodeAt(0) === 0xfeff) rest = rest.slice(1);
    }
    if (this.ignoresLineFeed && rest !== '') {
      this.ignoresLineFeed = false;
      if (rest[0] === '\n') rest = rest.slice(1);
    }
    let begin = 0;
    for (const end of rest.matchAll(/\r\n|\r|\n/g)) {
      const at = end.index as number;
      this.takeLine(this.line + rest.slice(begin, at));
      this.line = '';
      begin = at + end[0].length;
      // The other half of a line end that was cut in two may be the first of the next piece.
      this.ignoresLineFeed = end[0] === '\r' && begin === rest.length;
    }
    this.line += rest.slice(begin);
    if (this.line.length + this.data.length > maximumBuffered) {
      throw new Error('the event stream has an event without end');
    }
  }

  private takeLine(line: string): void {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    switch (name) {
      case 'event': this.type = value; break;
      case 'data': this.data += value + '\n'; break;
      case 'id': if (!value.includes('\0')) this.idBuffer = value; break;
      case 'retry': if (/^[0-9]+$/.test(value)) this.handlers.retry?.(Number(value)); break;
      default: // unknown fields are ignored
    }
  }

  private dispatch(): void {
    this.lastEventId = this.idBuffer;
    const { type, data } = this;
    this.type = '';
    this.data = '';
    if (data === '') return;
    this.handlers.event({ type: type || 'message', data: data.slice(0, -1), lastEventId: this.lastEventId });
  }
}
