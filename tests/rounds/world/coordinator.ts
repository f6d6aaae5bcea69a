import type { News, Order, Report } from '../../../shared/rounds/orders.ts';
import { ordersOf } from '../../../shared/rounds/orders-of.ts';
import {
  begin,
  dueAt,
  publicState,
  reduce,
  resume,
  revive,
  type Effect,
  type Event,
  type Outcome,
  type RoundRules,
  type State,
  type Verdict,
} from '../../../shared/rounds/round.ts';
import { Desk } from '../../../worker/rounds/desk.ts';
import { deepFreeze } from './freeze.ts';

const WATCH_MS = 20_000;
const CLOSING_MS = 600_000;
const NEWS_MS = 200;

export type Job = { round: number; weights: string; parent: number | null; live: number };

/** What a coordinator has around it. */
export type Surroundings = {
  order(shard: number, order: Order, news: News, alive: () => boolean): Promise<Report>;
  stepped(before: State, event: Event, after: State, effects: Effect[]): void;
  finetune(job: Job): void;
  pauseMs: number;
};

/**
 * `worker/rounds/coordinator.ts` without a platform, with its own desk: the same order of steps, and
 * the same of it stored.
 */
export class Coordinator {
  alarmAt: number | null = null;
  readonly outcomes: Outcome[] = [];
  /** The round that is being summed up: in memory. */
  summing: number | undefined;
  readonly #rules: RoundRules;
  readonly #around: Surroundings;
  #stored: string | undefined;
  #life: { desk: Desk } | undefined;
  #state!: State;
  #closingSince = 0;

  constructor(rules: RoundRules, around: Surroundings) {
    this.#rules = rules;
    this.#around = around;
  }

  /** Woken up, should it sleep. */
  get state(): State {
    this.#wake();
    return this.#state;
  }

  get awake(): boolean {
    return this.#life !== undefined;
  }

  report(shard: number, report: Report): { order: Order; news: News } {
    return this.#wake().answer(shard, report, () =>
      this.send({ kind: 'report', shard, report, now: Date.now() }),
    );
  }

  send(event: Event): void {
    const before = this.state;
    const { state, effects } = reduce(before, event);
    this.#around.stepped(before, event, deepFreeze(state), effects);
    if (state === before && effects.length === 0) return;
    this.#commit(state, effects);
    this.#perform(effects);
  }

  /** From whoever worked on a round: of no interest when that is over. */
  judged(round: number, verdict: Verdict): void {
    if (round === this.state.round) this.send({ kind: 'judged', verdict, now: Date.now() });
  }

  failed(round: number, reason: string): void {
    if (round === this.state.round) this.send({ kind: 'failed', reason, now: Date.now() });
  }

  aggregated(round: number): void {
    const { state } = this;
    if (state.round !== round || state.phase !== 'aggregating') return;
    this.send({ kind: 'aggregated', weights: `sum ${round}`, now: Date.now() });
  }

  crash(): void {
    this.#life = undefined;
    this.summing = undefined;
  }

  /** Torn down, and at once asked something. */
  restart(): void {
    this.crash();
    this.#wake();
  }

  alarm(): void {
    this.alarmAt = null;
    const desk = this.#wake();
    this.send({ kind: 'clock', now: Date.now() });
    const { phase } = this.#state;
    if (phase === 'closing' && Date.now() - this.#closingSince > CLOSING_MS)
      this.send({ kind: 'failed', reason: 'a shard does not answer', now: Date.now() });
    if (phase === 'finetuning' || phase === 'preparing') this.#perform(resume(this.#state));
    desk.retry();
    this.#schedule(Date.now() + 10);
  }

  #wake(): Desk {
    if (this.#life) return this.#life.desk;
    const life = { desk: undefined as unknown as Desk };
    const alive = () => this.#life === life;
    life.desk = new Desk({
      send: (shard, order, news) =>
        // Timers of one that was torn down are gone with it.
        alive() ? this.#around.order(shard, order, news, alive) : new Promise(() => undefined),
      hear: (shard, report) => this.send({ kind: 'report', shard, report, now: Date.now() }),
      failed: () => this.#schedule(),
      background: (work) => void work,
      pauses: () => ({ orders: this.#around.pauseMs, news: NEWS_MS }),
    });
    this.#life = life;
    const stored = this.#stored && (JSON.parse(this.#stored) as State);
    this.#commit(deepFreeze(stored ? revive(stored) : begin(this.#rules)), [], true);
    this.#perform(resume(this.#state));
    return life.desk;
  }

  #commit(state: State, effects: Effect[], first = false): void {
    const before = first ? undefined : this.#state;
    const { shards: _, ...kept } = state;
    this.#stored = JSON.stringify(kept);
    for (const effect of effects) if (effect.kind === 'record') this.outcomes.push(effect.outcome);
    if (before?.phase !== 'closing' && state.phase === 'closing') this.#closingSince = Date.now();
    this.#state = state;
    if (!before || due(before) !== due(state)) this.#schedule();
    void this.#life!.desk.tell(ordersOf(state), publicState(state, null), state.shards);
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) {
      const { round, bases, live, moved } = this.#state;
      if (effect.kind === 'aggregate') this.summing = round;
      if (effect.kind === 'finetune')
        this.#around.finetune({
          ...{ round, weights: effect.weights, parent: bases[0]?.version ?? null },
          live: moved ? -1 : live,
        });
    }
  }

  #schedule(soonest = 0): void {
    const what = due(this.#state);
    const times = [what === 'watch' ? Date.now() + WATCH_MS : what, this.#life!.desk.retryAt()];
    const next = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    this.alarmAt = next === Number.POSITIVE_INFINITY ? null : Math.max(next, soonest);
  }
}

function due(state: State): number | 'watch' | null {
  const { phase } = state;
  const quiet = phase === 'idle' || phase === 'gathering' || phase === 'training';
  return quiet ? dueAt(state) : 'watch';
}
