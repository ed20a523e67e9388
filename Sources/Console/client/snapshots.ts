import type { Binding } from './shared-state.js';

/** Agents whose last values are kept for each subscription; of others a newcomer sees the next ones. */
const maximumAgents = 1_000;

/** The last event of each agent, for those who join a subscription that others read already. */
export class Snapshots {
  private readonly last = new Map<string, Map<string, string>>();
  /** Events that came while subscriptions were asked for, whose answers may come later. */
  private unclaimed: string[] = [];

  /** @param isAsking Whether more subscriptions than these are being asked for. */
  keep(kind: string, data: string, bindings: Binding[], isAsking: boolean): void {
    if (kind !== 'metrics' && kind !== 'processed_metrics') return;
    if (isAsking) this.unclaimed.push(data);
    if (this.unclaimed.length > maximumAgents) this.unclaimed.shift();
    this.add(data, bindings);
  }

  claim(binding: Binding): void {
    for (const data of this.unclaimed) this.add(data, [binding]);
  }

  forgetUnclaimed(): void {
    this.unclaimed = [];
  }

  private add(data: string, bindings: Binding[]): void {
    const { view, agent_id: agent } = JSON.parse(data) as { view: string; agent_id: string };
    for (const binding of bindings) {
      const asked = binding.request.agent_id;
      if (binding.view !== view || binding.key === null || (asked !== '*' && asked !== agent)) continue;
      const agents = this.last.get(binding.id) ?? new Map<string, string>();
      if (agents.has(agent) || agents.size < maximumAgents) agents.set(agent, data);
      this.last.set(binding.id, agents);
    }
  }

  of(binding: Binding): string[] {
    if (binding.config.snapshot === false) return [];
    return [...this.last.get(binding.id)?.values() ?? []].map((data) => {
      const envelope = JSON.parse(data) as { metadata: Record<string, unknown> };
      return JSON.stringify({ ...envelope, metadata: { ...envelope.metadata, snapshot: true } });
    });
  }

  forget(id: string): void {
    this.last.delete(id);
  }
}
