import { DurableObject } from 'cloudflare:workers';
import { localSeed, rateAt, type Recipe } from '../../shared/api/plan.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Receipt } from '../../shared/api/schemas.ts';
import type { Tally } from '../../shared/aggregation/pipeline.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { admit, admitNorm, WEIGHT_LIMIT } from '../../shared/rounds/admit.ts';
import {
  begin,
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
} from '../../shared/rounds/round.ts';
import { open, type Opened } from '../../shared/weights/codec.ts';
import { addScaled } from '../../shared/weights/delta.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import type { Env } from '../env.ts';
import { getWeights, putWeights } from '../registry/blobs.ts';
import { getProject, openDb, recipeFor } from '../registry/projects.ts';
import { createSocketServer } from '../socket/server.ts';
import { Ledger } from './ledger.ts';
import { Lines } from './lines.ts';

export type Submission = {
  volunteer: string;
  round: number;
  version: number;
  images: number;
  digest: string;
  message: Uint8Array;
};

/** What a refused submission comes back as: errors lose their class on the way between objects. */
export type Submitted =
  | { receipt: Receipt }
  | { problem: { code: Problem['code']; detail: string } };

/** While something is under way elsewhere, look after it this often: it may have been torn down. */
const WATCH_MS = 20_000;

/**
 * A project's coordinator. It decides nothing: events go into the state machine, the state that
 * comes out is stored, and the effects are carried out. Everything between two events may be lost
 * and is done again.
 */
export class Coordinator extends DurableObject<Env> {
  readonly #ledger: Ledger;
  readonly #lines: Lines;
  readonly #sockets = createSocketServer();
  #state: State | undefined;
  #recipe: Promise<Recipe> | undefined;
  /** The running sum of the open round: in memory, made again from the ledger when it is lost. */
  #tally: { round: number; tally: Tally } | undefined;
  #progress: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#ledger = new Ledger(ctx.storage);
    this.#lines = new Lines(this.#sockets.io, env.TICKET_SECRET, this.#id, {
      arrived: (volunteer) => this.#dispatch({ kind: 'arrived', volunteer, now: Date.now() }),
      left: (volunteer) => this.#dispatch({ kind: 'left', volunteer, now: Date.now() }),
      declined: (volunteer, round) => {
        if (round === this.#state?.round)
          this.#dispatch({ kind: 'declined', volunteer, now: Date.now() });
      },
      state: () => this.#public(),
    });
    void ctx.blockConcurrencyWhile(() => this.#wake());
  }

  /**
   * Takes up where it was torn down. A project that is met for the first time begins with the making
   * of its first version: creating one is a single write to D1, which nothing can leave half done.
   */
  async #wake(): Promise<void> {
    const stored = this.#ledger.loadState();
    this.#state = stored ? revive(stored) : begin(rulesOf(await this.#getRecipe()));
    this.#ledger.saveState(this.#state);
    await this.#schedule();
    this.#perform(resume(this.#state));
  }

  /** The socket's traffic; everything else comes as a method call. */
  override fetch(request: Request): Promise<Response> {
    return this.#sockets.fetch(request);
  }

  state(): TrainingState {
    return this.#public();
  }

  rounds(): Outcome[] {
    return this.#ledger.outcomes();
  }

  /** @returns undefined when rounds are under way already. */
  start(rounds: number): TrainingState | undefined {
    const { round, until } = this.#known();
    if (round < until) return undefined;
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

  /** Takes a delta in: checked, durable, counted once; or refused with a number and unchanged. */
  async submit(submission: Submission): Promise<Submitted> {
    try {
      return { receipt: await this.#take(submission) };
    } catch (error) {
      if (error instanceof Problem) return { problem: { code: error.code, detail: error.message } };
      throw error;
    }
  }

  /** From the finetuner. A round that is over is none of its business any more. */
  judged(round: number, verdict: Verdict): void {
    if (round === this.#known().round) this.#dispatch({ kind: 'judged', verdict, now: Date.now() });
  }

  serverProgressed(round: number, progress: number): void {
    if (round !== this.#known().round) return;
    this.#progress = progress;
    this.#lines.announce(this.#public());
  }

  serverFailed(round: number, reason: string): void {
    if (round === this.#known().round) this.#dispatch({ kind: 'failed', reason, now: Date.now() });
  }

  override async alarm(): Promise<void> {
    this.#dispatch({ kind: 'clock', now: Date.now() });
    const state = this.#known();
    if (state.phase === 'finetuning' || state.phase === 'preparing') this.#perform(resume(state));
    // Later than the alarm that is ringing: workerd forgets one that is set to that very time again.
    await this.#schedule(Date.now() + 10);
  }

  async #take(submission: Submission): Promise<Receipt> {
    const { volunteer, round, digest, message } = submission;
    const receipt = { round, digest, bytes: message.length };
    const isCounted = () => this.#ledger.find(round, volunteer)?.digest === digest;
    if (isCounted()) return { ...receipt, repeated: true };
    admit(this.#known(), submission);
    if ((await sha256Hex(message)) !== digest)
      throw new Problem(410, `the body's SHA-256 is not ${digest}`);
    const { model, plan, pipeline } = await this.#getRecipe();
    const delta = open(message, { count: model.layout.size, scheme: plan.codec });
    const norm = delta.norm();
    // 404 says more than 405. A finite norm needs no second look here: the tally takes one.
    if (!Number.isFinite(norm)) delta.assertFinite();
    admitNorm(norm);
    // No await from here on: what is true when checked is true when written. Another copy of this
    // very delta, sent by an impatient volunteer, may have come first.
    if (isCounted()) return { ...receipt, repeated: true };
    admit(this.#known(), submission);
    this.#count(submission, delta, this.#openTally(pipeline, model.layout.size));
    return { ...receipt, repeated: false };
  }

  #count(submission: Submission, delta: Opened, tally: Tally): void {
    const { message, volunteer, round, digest } = submission;
    const images = Math.min(submission.images, WEIGHT_LIMIT);
    try {
      tally.add(delta, images);
      this.#ledger.atomically(() => {
        this.#ledger.append({ round, volunteer, digest, images }, message);
        this.#dispatch({ kind: 'accepted', volunteer, bytes: message.length, now: Date.now() });
      });
    } catch (error) {
      // The sum may hold what the ledger does not: make it again from what is written.
      this.#tally = undefined;
      this.#state = this.#ledger.loadState();
      throw error;
    }
  }

  #openTally(pipeline: Recipe['pipeline'], size: number): Tally {
    const { round } = this.#known();
    if (this.#tally?.round === round) return this.#tally.tally;
    const tally = pipeline.begin(size);
    for (const { entry, message } of this.#ledger.messages(round))
      tally.add(open(message, { count: size }), entry.images);
    this.#tally = { round, tally };
    return tally;
  }

  #dispatch(event: Event): void {
    const before = this.#known();
    const { state, effects } = reduce(before, event);
    if (state === before && effects.length === 0) return;
    this.#commit(state, effects);
    this.#perform(effects);
  }

  /** Writes the state and what it ended, in one transaction. */
  #commit(state: State, effects: Effect[]): void {
    this.#ledger.atomically(() => {
      this.#ledger.saveState(state);
      for (const effect of effects)
        if (effect.kind === 'record') this.#ledger.addOutcome(effect.outcome);
      if (state.phase === 'training' && this.#state?.round !== state.round)
        this.#ledger.truncate(state.round);
    });
    if (this.#state?.phase !== state.phase) this.#progress = null;
    this.#state = state;
    this.ctx.waitUntil(this.#schedule());
    this.#lines.announce(this.#public());
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'assign') this.#inBackground(this.#assign(effect.volunteers));
      if (effect.kind === 'dismiss')
        this.#lines.dismiss(effect.volunteers, effect.round, effect.reason);
      if (effect.kind === 'aggregate') this.#inBackground(this.#aggregate());
      if (effect.kind === 'finetune') this.#inBackground(this.#finetune(effect.weights));
    }
  }

  #inBackground(work: Promise<void>): void {
    const { round } = this.#known();
    this.ctx.waitUntil(
      work.catch((error: unknown) => {
        console.error('round', this.#id, round, error);
        this.serverFailed(round, (error as Error).message);
      }),
    );
  }

  async #assign(volunteers: string[]): Promise<void> {
    const { round, base, deadline, cohort } = this.#known();
    const { plan } = await this.#getRecipe();
    if (deadline === null) return;
    // By the place in the cohort: a late joiner has a seed of its own, who comes back the same again.
    const places = Object.keys(cohort);
    for (const volunteer of volunteers)
      this.#lines.assign(volunteer, {
        ...{ round, version: base.version, weights: base.weights, deadline },
        rate: rateAt(round, plan.rounds),
        seed: localSeed(plan.seed, round, places.indexOf(volunteer)),
      });
  }

  async #aggregate(): Promise<void> {
    const { round, base } = this.#known();
    const { model, pipeline } = await this.#getRecipe();
    const weights = await getWeights(this.env.BLOBS, base.weights);
    const tally = this.#openTally(pipeline, model.layout.size);
    const { step, afterState } = tally.finish(this.#ledger.loadMemory());
    addScaled(weights, step, 1);
    const hash = await putWeights(this.env.BLOBS, weights);
    if (this.#known().round !== round || this.#known().phase !== 'aggregating') return;
    this.#ledger.atomically(() => {
      this.#ledger.saveMemory(afterState);
      this.#dispatch({ kind: 'aggregated', weights: hash, now: Date.now() });
    });
    this.#tally = undefined;
  }

  async #finetune(weights: string): Promise<void> {
    const { round, base, live, moved } = this.#known();
    const job = { project: this.#id, round, weights, parent: base.version || null };
    // Moved by hand since the round opened: no version will be the one that it may replace.
    await this.env.FINETUNER.getByName(this.#id).start({ ...job, live: moved ? -1 : live });
  }

  /** Sets the alarm for what is next, no sooner than the given time. */
  async #schedule(soonest = 0): Promise<void> {
    const { deadline, phase } = this.#known();
    const working = phase === 'aggregating' || phase === 'finetuning' || phase === 'preparing';
    const next = working ? Date.now() + WATCH_MS : deadline;
    if (next === null) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Math.max(next, soonest));
  }

  #getRecipe(): Promise<Recipe> {
    // A plan never changes, so it is read once; a failure is not kept.
    this.#recipe ??= getProject(openDb(this.env.DB), this.#id).then(recipeFor);
    this.#recipe.catch(() => (this.#recipe = undefined));
    return this.#recipe;
  }

  #known(): State {
    if (!this.#state) throw new Error('coordinator: asked before it was awake');
    return this.#state;
  }

  #public(): TrainingState {
    return publicState(this.#known(), this.#progress);
  }

  get #id(): string {
    return this.ctx.id.name as string;
  }
}

function rulesOf({ plan }: Recipe): RoundRules {
  const { goal, minimum, deadlineSeconds } = plan.round;
  return { goal, minimum, deadlineMs: deadlineSeconds * 1000 };
}
