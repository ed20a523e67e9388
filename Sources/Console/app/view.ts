import type { StreamSubscription } from '../client/sluice.js';
import { SluiceError } from '../client/sluice.js';
import { askForToken, showState } from './session.js';

const retryTime = 5_000;

/** What one address of the console shows, until another one is shown: then its streams and timers end. */
export class ViewLife {
  private readonly endings = new Set<() => void>();
  private hasEnded = false;

  get isOver(): boolean {
    return this.hasEnded;
  }

  end(): void {
    this.hasEnded = true;
    for (const ending of this.endings) ending();
    this.endings.clear();
  }

  atEnd(ending: () => void): void {
    if (this.hasEnded) ending();
    else this.endings.add(ending);
  }

  later(milliseconds: number, action: () => void): void {
    const cancel = (): void => clearTimeout(timer);
    const timer = setTimeout(() => {
      this.endings.delete(cancel);
      action();
    }, milliseconds);
    this.atEnd(cancel);
  }

  every(milliseconds: number, action: () => void): void {
    action();
    const timer = setInterval(() => { if (!document.hidden) action(); }, milliseconds);
    this.atEnd(() => clearInterval(timer));
  }

  /** Subscribes for as long as the view is shown, and again where the gateway could not be reached.
   *  @param begin Adds the listeners. */
  async follow(
    make: () => Promise<StreamSubscription>, begin: (subscription: StreamSubscription) => void,
  ): Promise<void> {
    try {
      const subscription = await make();
      this.atEnd(() => { void subscription.unsubscribe(); });
      if (this.hasEnded) return;
      showState(subscription.state);
      subscription.on('status', ({ state, message }) => { if (!this.hasEnded) showState(state, message); });
      subscription.on('stream_end', ({ reason }) => {
        if (this.hasEnded) return;
        if (['unauthorized', 'token_expired', 'token_revoked'].includes(reason)) askForToken();
      });
      begin(subscription);
    } catch (error) {
      if (this.hasEnded) return;
      showState('failed', error instanceof SluiceError ? error.message : String(error));
      if (error instanceof SluiceError && error.isTemporary) {
        this.later(retryTime, () => { void this.follow(make, begin); });
      }
      if (error instanceof SluiceError && error.status === 401) askForToken();
    }
  }
}
