import { DurableObject } from 'cloudflare:workers';
import type { Recipe } from '../../shared/api/recipe.ts';
import type { Source } from '../../shared/aggregation/slices.ts';
import type { Round } from '../../shared/api/schemas/training.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import type { Base, News, Order, Report } from '../../shared/rounds/orders.ts';
import { ordersOf } from '../../shared/rounds/orders-of.ts';
import {
  begin,
  dueAt,
  publicState,
  reduce,
  resume,
  revive,
  type Effect,
  type Event,
  type RoundRules,
  type State,
  type Verdict,
} from '../../shared/rounds/round.ts';
import { askedFor, shardsOf } from '../../shared/rounds/shards.ts';
import type { Env } from '../env.ts';
import { getWeights, putWeights } from '../registry/blobs.ts';
import { getProject, openDb, recipeFor } from '../registry/projects.ts';
import { Desk } from './desk.ts';
import { Ledger } from './ledger.ts';
import { callPauseMs, newsCallPauseMs } from './pauses.ts';
import { announcePersistence } from './persist.ts';
import { shardName } from './shard.ts';

/** While something is under way elsewhere, look after it this often: it may have been torn down. */
const WATCH_MS = 20_000;

const FEW_SHARDS = 8;

/** Whoever asks right after a start waits this long at most for the shards to say who is there. */
const HEARD_MS = 2000;

/** A shard that does not say what it has for this long is given up, and the round with it. */
const CLOSING_MS = 600_000;

/**
 * A project's coordinator. It decides nothing: events go into the state machine, the state that
 * comes out is stored, the effects are carried out, and the shards are told how things should stand.
 * Everything between two events may be lost and is done again.
 */
export class Coordinator extends DurableObject<Env> {
  readonly #ledger: Ledger;
  readonly #desk: Desk;
  #recipe!: Recipe;
  #state!: State;
  #progress: number | null = null;
  #closingSince = 0;
  #heard: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    announcePersistence(env.TRACE_PERSISTENCE === '1');
    this.#ledger = new Ledger(ctx.storage);
    this.#desk = new Desk({
      send: (shard, order, news) => this.#shard(shard).order(order, news),
      hear: (shard, report) => this.#dispatch({ kind: 'report', shard, report, now: Date.now() }),
      failed: () => this.#schedule(),
      background: (work) => ctx.waitUntil(work),
      pauses: () => {
        const { length } = this.#state.shards;
        return { orders: callPauseMs(length), news: newsCallPauseMs(length) };
      },
    });
    void ctx.blockConcurrencyWhile(() => this.#wake());
  }

  /**
   * Takes up where it was torn down. A project that is met for the first time begins with the making
   * of its first version: creating one is a single write to D1, which nothing can leave half done.
   */
  async #wake(): Promise<void> {
    this.#recipe = recipeFor(await getProject(openDb(this.env.DB), this.#id));
    const stored = this.#ledger.loadState();
    this.#commit(stored ? revive(stored) : begin(rulesOf(this.#recipe)), []);
    this.#perform(resume(this.#state));
  }

  async state(): Promise<TrainingState> {
    // Just woken: the shards say in a moment who is there.
    await this.#heard;
    return this.#public();
  }

  /** For the metrics. */
  async counts(): Promise<{ volunteers: number; rounds: Record<string, number> }> {
    const { volunteers } = await this.state();
    return { volunteers, rounds: this.#ledger.countOutcomes() };
  }

  /** Those that ended, newest first. */
  rounds(): Round[] {
    return this.#ledger.outcomes().map(({ round, ...rest }) => ({ number: round, ...rest }));
  }

  /** Versions and weights that deltas may start from, or that a round has made so far: not to be let go. */
  held(): { versions: number[]; weights: string[] } {
    const { bases, moved, candidate } = this.#state;
    const all = [...bases, ...(moved ? [moved] : [])];
    const weights = [
      ...all.map((base) => base.weights),
      ...(candidate === null ? [] : [candidate]),
    ];
    return { versions: all.map(({ version }) => version), weights };
  }

  /** @returns undefined when rounds are under way already. */
  start(rounds: number): TrainingState | undefined {
    if (this.#state.round < this.#state.until) return undefined;
    this.#dispatch({ kind: 'start', rounds, now: Date.now() });
    return this.#public();
  }

  stop(): TrainingState {
    this.#dispatch({ kind: 'stop' });
    return this.#public();
  }

  /** Another version was made live by hand: the next round starts from it. */
  moved(version: number, weights: string): void {
    this.#dispatch({ kind: 'moved', version, weights });
  }

  /** From a shard: how things stand there. @returns how they should. */
  report(shard: number, report: Report): { order: Order; news: News } {
    return this.#desk.answer(shard, report, () =>
      this.#dispatch({ kind: 'report', shard, report, now: Date.now() }),
    );
  }

  /** From the finetuner. A round that is over is none of its business any more. */
  judged(round: number, verdict: Verdict): void {
    if (round === this.#state.round) this.#dispatch({ kind: 'judged', verdict, now: Date.now() });
  }

  serverProgressed(round: number, progress: number): void {
    if (round !== this.#state.round) return;
    this.#progress = progress;
    this.#desk.announce(this.#public());
  }

  serverFailed(round: number, reason: string): void {
    if (round === this.#state.round) this.#dispatch({ kind: 'failed', reason, now: Date.now() });
  }

  override async alarm(): Promise<void> {
    this.#dispatch({ kind: 'clock', now: Date.now() });
    const { phase } = this.#state;
    if (phase === 'closing' && Date.now() - this.#closingSince > CLOSING_MS)
      this.#dispatch({ kind: 'failed', reason: 'a shard does not answer', now: Date.now() });
    if (phase === 'finetuning' || phase === 'preparing') this.#perform(resume(this.#state));
    this.#desk.retry();
    // Later than the alarm that is ringing: workerd forgets one that is set to that very time again.
    await this.#schedule(Date.now() + 10);
  }

  #dispatch(event: Event): void {
    const { state, effects } = reduce(this.#state, event);
    if (state === this.#state && effects.length === 0) return;
    this.#commit(state, effects);
    this.#perform(effects);
  }

  /** Writes the state and what it ended, in one transaction; then tells the shards. */
  #commit(state: State, effects: Effect[]): void {
    const before = this.#state as State | undefined;
    if (!before || !sameButShards(before, state)) {
      this.#ledger.atomically(`round ${state.phase}`, () => {
        this.#ledger.saveState(state);
        for (const effect of effects)
          if (effect.kind === 'record') this.#ledger.addOutcome(effect.outcome);
      });
    }
    if (before?.phase !== state.phase) this.#progress = null;
    if (before?.phase !== 'closing' && state.phase === 'closing') this.#closingSince = Date.now();
    const wasDue = before && this.#due(before);
    this.#state = state;
    if (wasDue !== this.#due(state)) this.ctx.waitUntil(this.#schedule());
    // Awake only to answer a question: no reason to wake many shards.
    const quietly = !before && state.phase === 'idle' && state.shards.length > FEW_SHARDS;
    const told = this.#desk.tell(ordersOf(state), this.#public(), state.shards, quietly);
    if (!before) this.#heard = Promise.race([told, scheduler.wait(HEARD_MS)]);
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'aggregate') this.#inBackground(this.#aggregate());
      if (effect.kind === 'finetune') this.#inBackground(this.#finetune(effect.weights));
    }
  }

  #inBackground(work: Promise<void>): void {
    const { round } = this.#state;
    this.ctx.waitUntil(
      work.catch((error: unknown) => {
        console.error('round', this.#id, round, error);
        this.serverFailed(round, (error as Error).message);
      }),
    );
  }

  async #aggregate(): Promise<void> {
    const { round, bases } = this.#state;
    const { model, pipeline } = this.#recipe;
    const weights = await getWeights(this.env.BLOBS, (bases[0] as Base).weights);
    const sources = await this.#sources(round);
    const parts = sources.reduce((sum, source) => sum + source.parts.length, 0);
    const lack = pipeline.lacks(parts);
    if (lack) console.warn('round', this.#id, round, lack);
    const mean = await pipeline.combine(sources, {
      layout: model.sent.layout,
      base: model.sent.take(weights),
    });
    const { step, afterState } = pipeline.step(mean, this.#ledger.loadMemory());
    const hash = await putWeights(this.env.BLOBS, model.sent.moved(weights, step));
    if (this.#state.round !== round || this.#state.phase !== 'aggregating') return;
    this.#ledger.atomically('aggregated', () => {
      this.#ledger.saveMemory(afterState);
      this.#dispatch({ kind: 'aggregated', weights: hash, now: Date.now() });
    });
  }

  /** The shards that have something of a sealed round, in their order: the sum depends on it by a bit. */
  async #sources(round: number): Promise<Source[]> {
    const shards = this.#state.shards.flatMap((report, shard) =>
      report && report.sealed.counts.accepted > 0 ? [shard] : [],
    );
    return Promise.all(
      shards.map(async (shard) => ({
        parts: await this.#shard(shard).parts(round),
        read: (from: number, to: number) => this.#shard(shard).read(round, from, to),
      })),
    );
  }

  async #finetune(weights: string): Promise<void> {
    const { round, bases, live, moved } = this.#state;
    const job = { project: this.#id, round, weights, parent: bases[0]?.version ?? null };
    // Moved by hand since the round opened: no version will be the one that it may replace.
    await this.env.FINETUNER.getByName(this.#id).start({ ...job, live: moved ? -1 : live });
  }

  /** Sets the alarm for what is next, no sooner than the given time. */
  async #schedule(soonest = 0): Promise<void> {
    const due = this.#due(this.#state);
    const times = [due === 'watch' ? Date.now() + WATCH_MS : due, this.#desk.retryAt()];
    const next = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    if (next === Number.POSITIVE_INFINITY) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Math.max(next, soonest));
  }

  /** What the clock is wanted for. */
  #due(state: State): number | 'watch' | null {
    const { phase } = state;
    const quiet = phase === 'idle' || phase === 'gathering' || phase === 'training';
    return quiet ? dueAt(state) : 'watch';
  }

  #public(): TrainingState {
    return publicState(this.#state, this.#progress);
  }

  #shard(shard: number) {
    return this.env.SHARD.getByName(shardName(this.#id, shard));
  }

  get #id(): string {
    return this.ctx.id.name as string;
  }
}

function rulesOf({ plan }: Recipe): RoundRules {
  const { goal, minimum, deadlineSeconds, mode, maxStaleness } = plan.round;
  return {
    ...{ goal, minimum, mode, wanted: askedFor(plan.round), shards: shardsOf(plan) },
    deadlineMs: deadlineSeconds * 1000,
    maxStaleness: mode === 'async' ? maxStaleness : 0,
  };
}

function sameButShards(a: State, b: State): boolean {
  return (Object.keys(b) as (keyof State)[]).every(
    (key) => key === 'shards' || Object.is(a[key], b[key]),
  );
}
