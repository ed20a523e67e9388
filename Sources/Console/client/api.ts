import { SluiceError } from './errors.js';

const attempts = 6;
const longestDelay = 10_000;

/** The calls of one gateway, made with one token. */
export class Api {
  readonly base: string;

  constructor(base: string, readonly token: string | undefined, private readonly fetcher: typeof fetch) {
    this.base = base.replace(/\/+$/, '');
  }

  url(path: string): string {
    return this.base + path;
  }

  /** Where the gateway says that something is: with the path that it is below, where it knows of one. */
  resolve(path: string): string {
    const { origin, pathname } = new URL(this.base);
    return pathname !== '/' && path.startsWith(`${pathname}/`) ? origin + path : this.url(path);
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.call<Answer>('GET', path);
  }

  /** Waits where the gateway asks for it. Without an answer a POST is not repeated: it may have been done. */
  post<Answer>(path: string, body: unknown): Promise<Answer> {
    const isWorthIt = ({ status }: SluiceError): boolean => status === 429 || status === 503;
    return this.insist(isWorthIt, () => this.call<Answer>('POST', path, body));
  }

  /** Whatever is gone already is fine. */
  async delete(path: string): Promise<void> {
    await this.insist((error) => error.isTemporary, () => this.call('DELETE', path)).catch((error: SluiceError) => {
      if (error.status !== 404) throw error;
    });
  }

  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response: Response;
    try {
      const text = body === undefined ? undefined : JSON.stringify(body);
      response = await this.fetcher.call(globalThis, this.url(path), { method, headers, body: text });
    } catch (error) {
      throw new SluiceError(`the gateway cannot be reached: ${String(error)}`, 0, 'network');
    }
    if (!response.ok) throw await refusal(response);
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }

  private async insist<Answer>(
    isWorthIt: (error: SluiceError) => boolean, call: () => Promise<Answer>,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (attempt === attempts || !(error instanceof SluiceError) || !isWorthIt(error)) throw error;
        await pause(Math.min(error.retryAfter ?? 250 * 2 ** attempt, longestDelay));
      }
    }
  }
}

async function refusal(response: Response): Promise<SluiceError> {
  const answer = await response.json().catch(() => ({})) as { error?: string; code?: string; field?: string };
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new SluiceError(
    answer.error ?? `the gateway answered ${response.status}`, response.status, answer.code ?? 'unknown', answer.field,
    Number.isFinite(seconds) ? seconds * 1_000 : undefined);
}

/** Up to a quarter shorter, so that many who wait for the same do not come together. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds * (0.75 + Math.random() / 4)); });
}
