import { StreamingClient, SluiceError, type SubscriptionState } from '../client/sluice.js';
import { byId } from './dom.js';

const token = sessionStorage.getItem('sluice-token') ?? undefined;

/** All that the console streams comes over this client's one connection. */
export const streams = new StreamingClient(location.origin, { token });

/** One call of the API. */
export async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new SluiceError('the gateway cannot be reached', 0, 'network');
  }
  const answer = response.status === 204 ? undefined : await response.json().catch(() => ({}));
  if (response.ok) return answer as Answer;
  if (response.status === 401) askForToken();
  const message = answer.error ?? `the gateway answered ${response.status}`;
  throw new SluiceError(message, response.status, answer.code ?? 'unknown');
}

/** A new token starts the page anew: everything on it was made with the old one. */
export function askForToken(): void {
  const dialog = byId('login') as HTMLDialogElement;
  if (dialog.open) return;
  byId('login-error').textContent = token === undefined ? '' : 'The token was not accepted.';
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  byId('login-form').addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem('sluice-token', (byId('token') as HTMLInputElement).value.trim());
    location.reload();
  });
  dialog.showModal();
}

const shownStates: Record<string, [text: string, kind: string]> = {
  active: ['live', 'live'],
  reconnecting: ['reconnecting', 'reconnecting'],
  draining: ['reconnecting', 'reconnecting'],
  connecting: ['connecting', 'connecting'],
  waiting_for_agent: ['waiting for an agent', 'connecting'],
  agent_lost: ['agent lost', 'bad'],
  paused: ['paused', 'connecting'],
};

/** Shows where the stream of the view stands. */
export function showState(state: SubscriptionState, reason = ''): void {
  const [text, kind] = shownStates[state] ?? [reason || state.replace(/_/g, ' '), 'bad'];
  const output = byId('state');
  output.textContent = text;
  output.dataset.state = kind;
}
