import { aheadOf, sumSliceSizeFor } from '../../shared/aggregation/slices.ts';
import type { News, Order, Report } from '../../shared/rounds/orders.ts';
import { ordersOf } from '../../shared/rounds/orders-of.ts';
import {
  begin,
  dueAt,
  publicState,
  reduce,
  type Effect,
  type Event,
  type Outcome,
  type RoundRules,
  type State,
} from '../../shared/rounds/round.ts';
import { Desk } from '../../worker/rounds/desk.ts';
import { callPauseMs, newsCallPauseMs } from '../../worker/rounds/pauses.ts';
import { sumBytes } from './scale-book.ts';
import { EDGE, MODEL } from './scale-settings.ts';
import type { SimShard, Surroundings } from './scale-shard.ts';

/**
 * worker/rounds/coordinator.ts without the platform: the same machine and the very desk. Reading the
 * sums and the server's own step are times that pass; every candidate is promoted.
 */
export class SimRoot {
  readonly outcomes: Outcome[] = [];
  readonly #s: Surroundings;
  readonly #shards: readonly SimShard[];
  readonly #desk: Desk;
  readonly #stamps: number[] = [];
  #state: State;
  #busyUntil = 0;

  /** @param shards filled in by the caller, once they can be told of this one */
  constructor(rules: RoundRules, shards: readonly SimShard[], surroundings: Surroundings) {
    this.#s = surroundings;
    this.#shards = shards;
    this.#state = begin(rules);
    this.#desk = new Desk({
      send: (shard, order, news) => this.#send(shard, order, news),
      hear: (shard, report) => this.#reported(shard, report),
      failed: () => undefined,
      background: () => undefined,
      pauses: () => ({ orders: callPauseMs(rules.shards), news: newsCallPauseMs(rules.shards) }),
    });
  }

  get state(): State {
    return this.#state;
  }

  /** With a first version made, rounds begin as soon as enough volunteers are there. */
  start(): void {
    this.#judged();
    this.#dispatch({ kind: 'start', rounds: 10_000, now: Date.now() });
  }

  report(shard: number, report: Report, answer: (order: Order, news: News) => void): void {
    this.#s.tally.add('reports');
    this.#inTurn(() => {
      const { order, news } = this.#desk.answer(shard, report, () => this.#reported(shard, report));
      answer(order, news);
    });
  }

  #send(shard: number, order: Order, news: News): Promise<Report> {
    const { network, tally } = this.#s;
    tally.add('orders');
    if (this.#stamps[shard] === order.stamp) tally.add('newsOnly');
    this.#stamps[shard] = order.stamp;
    return new Promise((resolve) => {
      network.hop(() => {
        const report = this.#shards[shard]!.order(order, news);
        network.hop(() => this.#inTurn(() => resolve(report)));
      });
    });
  }

  #reported(shard: number, report: Report): void {
    this.#dispatch({ kind: 'report', shard, report, now: Date.now() });
  }

  /** A report, or the answer to an order: one at a time, and the others wait. */
  #inTurn(work: () => void): void {
    const { clock, tally } = this.#s;
    const start = Math.max(this.#busyUntil, clock.now);
    tally.rootCalls.push(start - clock.now);
    this.#busyUntil = start + EDGE.rootMs;
    clock.at(this.#busyUntil, work);
  }

  #dispatch(event: Event): void {
    const before = process.threadCpuUsage();
    this.#take(event);
    const { user, system } = process.threadCpuUsage(before);
    this.#s.tally.add('rootMs', (user + system) / 1000);
  }

  #take(event: Event): void {
    const before = this.#state;
    const { state, effects } = reduce(before, event);
    if (state === before && effects.length === 0) return;
    this.#state = state;
    this.#write(before, effects);
    void this.#desk.tell(ordersOf(state), publicState(state, null), state.shards);
    for (const effect of effects) this.#perform(effect);
  }

  /** The state's row where more than the shards' reports changed, the outcome's, and the alarm's. */
  #write(before: State, effects: readonly Effect[]): void {
    const { tally, clock } = this.#s;
    const keys = Object.keys(before) as (keyof State)[];
    if (keys.some((key) => key !== 'shards' && !Object.is(before[key], this.#state[key])))
      tally.add('rowsWritten');
    for (const effect of effects) if (effect.kind === 'record') tally.add('rowsWritten');
    const due = dueAt(this.#state);
    if (due === null || due === dueAt(before)) return;
    tally.add('rowsWritten');
    clock.at(due, () => {
      tally.add('alarms');
      this.#dispatch({ kind: 'clock', now: Date.now() });
    });
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'record') this.outcomes.push(effect.outcome);
    if (effect.kind === 'aggregate') this.#aggregate();
    if (effect.kind === 'finetune') this.#s.clock.after(EDGE.serverMs, () => this.#judged());
  }

  /** As shared/aggregation/slices.ts has it: one source's turn after another, a few on their way. */
  #aggregate(): void {
    const { network, tally, clock } = this.#s;
    const sources = this.#state.shards.filter((report) => report!.sealed.counts.accepted > 0);
    const { parameters } = MODEL;
    const sliceSize = sumSliceSizeFor(sources.length, parameters);
    const turns = sources.length * Math.ceil(parameters / sliceSize);
    const ahead = aheadOf(sources.length, sliceSize);
    // One question more for the parts.
    tally.add('reads', sources.length + turns);
    let ms = Math.max(...sources.map(() => network.hopMs() + network.hopMs()));
    const taken: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const asked = taken[turn - ahead] ?? ms;
      ms = Math.max(taken.at(-1) ?? ms, asked + network.hopMs() + network.hopMs());
      ms += (1000 * sources.length * sumBytes) / turns / EDGE.readRate;
      taken.push(ms);
    }
    // The base is read; the aggregate, and later the candidate, are written.
    tally.add('r2Reads', 2);
    tally.add('r2Writes', 2);
    clock.after(ms, () =>
      this.#dispatch({ kind: 'aggregated', weights: hashOf(this.#state.round), now: Date.now() }),
    );
  }

  #judged(): void {
    const candidateVersion = (this.#state.bases[0]?.version ?? 0) + 1;
    const base = { version: candidateVersion, weights: hashOf(candidateVersion) };
    const verdict = {
      promoted: true,
      reason: null,
      candidateVersion,
      live: candidateVersion,
      base,
    };
    this.#dispatch({ kind: 'judged', verdict, now: Date.now() });
  }
}

/** Any name of the right length: it counts in what is sent. */
function hashOf(version: number): string {
  return version.toString(16).padStart(64, '0');
}
