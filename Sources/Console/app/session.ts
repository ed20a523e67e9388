import { StreamingClient, SluiceError, type SubscriptionState } from '../client/sluice.js';
import { byId } from './dom.js';

/** Set while somebody is logged in: the token itself is in a cookie that no script can read. */
const loginMark = 'sluice-login';

/** Of the gateway, which may be below a path of its own. */
const base = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** All that the console streams comes over this client's one connection. */
export const streams = new StreamingClient(base);

/** One call of the API. */
export async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new SluiceError('the gateway cannot be reached', 0, 'network');
  }
  const answer = response.status === 204 ? undefined : await response.json().catch(() => ({}));
  if (response.ok) return answer as Answer;
  if (response.status === 401) askForToken();
  const message = answer.error ?? `the gateway answered ${response.status}`;
  throw new SluiceError(message, response.status, answer.code ?? 'unknown');
}

/** Another token starts the page anew, in every tab: everything there was made with the one before. */
export function askForToken(): void {
  showState('failed', 'not logged in');
  const dialog = byId('login') as HTMLDialogElement;
  if (dialog.open) return;
  localStorage.removeItem(loginMark);
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  byId('login-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void logIn((byId('token') as HTMLInputElement).value.trim());
  });
  dialog.showModal();
}

async function logIn(token: string): Promise<void> {
  const error = byId('login-error');
  error.textContent = '';
  try {
    await call('POST', '/login', { token });
    localStorage.setItem(loginMark, String(Date.now()));
    location.reload();
  } catch (problem) {
    const isRefused = problem instanceof SluiceError && problem.status === 401;
    error.textContent = isRefused ? 'The token was not accepted.' : String(problem);
  }
}

/** The button that takes the cookie back, where there is one; and what other tabs do about it. */
export function offerLogout(): void {
  const button = byId('logout') as HTMLButtonElement;
  button.hidden = localStorage.getItem(loginMark) === null;
  button.addEventListener('click', () => {
    void call('POST', '/logout').then(() => {
      localStorage.removeItem(loginMark);
      location.reload();
    }, (error: unknown) => alert(String(error)));
  });
  addEventListener('storage', (event) => {
    if (event.key === loginMark) location.reload();
  });
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
