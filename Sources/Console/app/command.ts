import type { TaskOutput } from '../client/sluice.js';
import { element } from './dom.js';
import { call, streams } from './session.js';
import type { ViewLife } from './view.js';

/** Lines that the page keeps; `/tasks/{id}/output` has them all. */
const maximumLines = 5_000;

/** Runs a command on an agent and shows its output as it comes. */
export class CommandPanel {
  readonly box: HTMLElement;
  private readonly input = element('input', {
    id: 'command', 'aria-label': 'Command', placeholder: 'uname -a; uptime', autocomplete: 'off', spellcheck: 'false',
    required: '',
  });
  private readonly run = element('button', { class: 'primary' }, 'Run');
  private readonly cancel = element('button', { type: 'button', disabled: '' }, 'Cancel');
  private readonly output = element('div', {
    class: 'output', tabindex: '0', role: 'log', 'aria-label': 'Output', 'aria-live': 'off',
  });
  private readonly result = element('p', { class: 'result', role: 'status' });
  private pending: Node[] = [];
  private task = '';
  /** What has become of the task, where it has no exit code. */
  private status = '';

  constructor(private readonly agent: string, private readonly life: ViewLife) {
    const form = element('form', {}, this.input, this.run, this.cancel);
    const title = element('h2', { id: 'command-title' }, 'Run a command');
    this.box = element('section', { class: 'panel command', 'aria-labelledby': 'command-title' },
      title, form, this.output, this.result);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.run.disabled) void this.start(this.input.value);
    });
    this.cancel.addEventListener('click', () => { void this.stop(); });
  }

  private async start(command: string): Promise<void> {
    this.output.replaceChildren();
    this.run.disabled = true;
    this.status = '';
    this.show('running');
    try {
      const task = await call<{ task_id: string }>('POST', '/tasks/shell', { agent_id: this.agent, cmd: command });
      this.task = task.task_id;
      this.cancel.disabled = false;
      const subscription = await streams.subscribe({ stream_type: 'shell_output', resource: task.task_id });
      this.life.atEnd(() => { void subscription.unsubscribe(); });
      subscription.on('shell_output', ({ data }) => this.append(data));
      subscription.on('gap', ({ missed }) => this.note(`${missed ?? 'some'} lines are missing here`));
      subscription.on('status', ({ state }) => {
        if (state === 'reconnecting') this.show('reconnecting');
        else if (state === 'active') this.show('running');
      });
      subscription.on('stream_end', ({ reason, exit_code }) => {
        if (exit_code != null) this.end(`exit code ${exit_code}`, exit_code === 0);
        else this.end((this.status || reason).replace(/_/g, ' '), false);
      });
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error), false);
    }
  }

  private async stop(): Promise<void> {
    this.cancel.disabled = true;
    this.show('cancelling');
    try {
      await call('DELETE', `/tasks/${this.task}`);
    } catch (error) {
      if (!this.run.disabled) return; // it has ended by itself meanwhile
      this.cancel.disabled = false;
      this.show(error instanceof Error ? error.message : String(error), 'bad');
    }
  }

  private append({ is_final, stream, line, status }: TaskOutput): void {
    if (is_final) this.status = status ?? '';
    else this.add(element('span', { class: stream }, `${line}\n`));
  }

  private note(text: string): void {
    this.add(element('span', { class: 'note' }, `${text}\n`));
  }

  /** Lines that come together are shown together. */
  private add(line: Node): void {
    this.pending.push(line);
    if (this.pending.length > maximumLines) this.pending.shift();
    if (this.pending.length === 1) setTimeout(() => this.flush(), 16);
  }

  private flush(): void {
    const { output } = this;
    const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 24;
    output.append(...this.pending.splice(0));
    while (output.childElementCount > maximumLines) output.firstElementChild?.remove();
    if (isAtEnd) output.scrollTop = output.scrollHeight;
  }

  private end(text: string, isGood: boolean): void {
    this.run.disabled = false;
    this.cancel.disabled = true;
    this.show(text, isGood ? 'good' : 'bad');
  }

  private show(text: string, outcome: 'good' | 'bad' | 'open' = 'open'): void {
    this.result.textContent = text;
    this.result.dataset.outcome = outcome;
  }
}
