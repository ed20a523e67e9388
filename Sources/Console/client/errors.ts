/** The gateway has refused a call, or could not be reached: then `status` is 0 and `code` is `network`. */
export class SluiceError extends Error {
  constructor(
    message: string, readonly status: number, readonly code: string, readonly field?: string,
    /** Milliseconds, where the gateway said when to come back. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = 'SluiceError';
  }

  /** Whether the same call may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}
