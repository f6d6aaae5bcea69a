import { DurableObject } from 'cloudflare:workers';
import { localSeed, rateAt } from '../../shared/api/plan.ts';
import type { Recipe } from '../../shared/api/recipe.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Receipt } from '../../shared/api/schemas/training.ts';
import type { Part } from '../../shared/aggregation/contract.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { admit } from '../../shared/rounds/admit.ts';
import {
  beginCohort,
  reduceCohort,
  reportOf,
  type Cohort,
  type CohortEffect,
  type CohortEvent,
} from '../../shared/rounds/cohort.ts';
import type { News, Order, Report } from '../../shared/rounds/orders.ts';
import { shardsOf } from '../../shared/rounds/shards.ts';
import { messageBytes } from '../../shared/weights/codec.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import type { Env } from '../env.ts';
import { takeRest } from '../middleware/linger.ts';
import { getProject, openDb, recipeFor } from '../registry/projects.ts';
import { buffers } from './buffers.ts';
import { GroupCommit, type Counted } from './group-commit.ts';
import { Intake } from './intake.ts';
import { Log } from './log.ts';
import { readMessage } from './message.ts';
import { callPauseMs } from './pauses.ts';
import { announcePersistence } from './persist.ts';
import { Slots } from './slots.ts';
import { sums } from './sums.ts';
import { Teller } from './teller.ts';
import { Berth, refusalOf, type Claim, type Entered, type Submitted } from './upload.ts';
import { Volunteers } from './volunteers.ts';

/** Where a shard's object is found. */
export function shardName(project: string, shard: number): string {
  return `${project}/${shard}`;
}

/**
 * A part of a project's volunteers: their lines, their deltas, and one running sum. The cohort's
 * state machine decides; this object writes down, carries out, and tells the coordinator how things
 * stand. What is not written down is heard again, or made again from the log.
 */
export class Shard extends DurableObject<Env> {
  readonly #log: Log;
  readonly #volunteers: Volunteers;
  readonly #project: string;
  readonly #index: number;
  readonly #teller: Teller;
  #recipe!: Recipe;
  #intake!: Intake;
  /** Length of a whole delta. */
  #exact!: number;
  #slots!: Slots;
  #commits!: GroupCommit;
  #cohort!: Cohort;
  #news: News | undefined;
  #absent: Problem | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    announcePersistence(env.TRACE_PERSISTENCE === '1');
    const [project, index] = (ctx.id.name as string).split('/');
    this.#project = project as string;
    this.#index = Number(index);
    this.#log = new Log(ctx.storage);
    this.#teller = new Teller({
      standing: () => this.#standing(),
      report: (report) => this.#coordinator.report(this.#index, report),
      take: (order, news) => {
        this.#dispatch({ kind: 'ordered', order });
        this.#hear(news);
      },
      failed: () => this.#schedule(),
      now: () => Date.now(),
      pause: () => callPauseMs(shardsOf(this.#recipe.plan)),
    });
    this.#volunteers = new Volunteers(ctx, {
      ...{ secret: env.TICKET_SECRET, project: this.#project, shard: this.#index },
      arrived: async (volunteer) => {
        this.#dispatch({ kind: 'arrived', volunteer });
        await this.#teller.tell();
      },
      left: (volunteer) => this.#dispatch({ kind: 'left', volunteer }),
      declined: (volunteer, round) => this.#dispatch({ kind: 'declined', volunteer, round }),
      state: () => this.#state,
      connected: () => this.ctx.waitUntil(this.#teller.tell()),
      schedule: () => this.#schedule(),
    });
    void ctx.blockConcurrencyWhile(async () => {
      try {
        await this.#wake();
      } catch (error) {
        // A ticket for a project that is gone. Whatever else fails starts the object over.
        if (!(error instanceof Problem)) throw error;
        this.#absent = error;
      }
    });
  }

  /** Takes up where it was torn down; whoever is still connected is still here. */
  async #wake(): Promise<void> {
    this.#recipe = recipeFor(await getProject(openDb(this.env.DB), this.#project));
    this.#intake = new Intake(this.#log, this.#recipe, sums());
    this.#commits = new GroupCommit(this.#log, this.#intake, {
      cohort: () => this.#cohort,
      committed: (cohort, effects) => this.#committed(cohort, effects),
      release: ({ buffer }) => buffers.giveBack(buffer as ArrayBuffer),
    });
    const { plan, model } = this.#recipe;
    this.#exact = messageBytes(plan.codec, model.sent.layout.size);
    this.#slots = new Slots(this.#exact);
    const stored = this.#log.loadCohort() ?? beginCohort(plan.round.mode);
    this.#cohort = stored;
    await this.#teller.exchange();
    for (const volunteer of this.#volunteers.present())
      this.#dispatch({ kind: 'arrived', volunteer });
    for (const [volunteer, { as }] of Object.entries(stored.members))
      if (as === 'asked' && !this.#cohort.present.includes(volunteer))
        this.#dispatch({ kind: 'left', volunteer });
    // What the order changed the coordinator has not heard yet.
    this.ctx.waitUntil(this.#teller.tell());
  }

  /** A volunteer's line; everything else comes as a method call. */
  override fetch(request: Request): Promise<Response> {
    return this.#volunteers.lines.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.#volunteers.lines.message(socket, data);
  }

  override webSocketClose(socket: WebSocket): Promise<void> {
    return this.#volunteers.lines.closed(socket);
  }

  override webSocketError(socket: WebSocket): Promise<void> {
    return this.#volunteers.lines.closed(socket);
  }

  override async alarm(): Promise<void> {
    this.#volunteers.lines.beat(Date.now());
    await this.#teller.retry();
    this.#schedule(Date.now() + 10);
  }

  /** From the coordinator: how things should stand. @returns how they do. */
  order(order: Order, news: News): Report {
    return this.#teller.answer(order, news);
  }

  #hear(news: News): void {
    const before = this.#news;
    if (before && news.stamp <= before.stamp) return;
    this.#news = news;
    this.#volunteers.announce(news.state);
  }

  /** The parts of a round that is sealed: what `read` gives the sums of. */
  parts(round: number): Part[] {
    return this.#intake.parts(round);
  }

  /** Numbers `from` up to but without `to` of each part's sum. */
  read(round: number, from: number, to: number): Float64Array[] {
    return this.#intake.read(round, from, to);
  }

  /**
   * Before a delta's bytes are read: most of what is refused is refused here. Resolves when there is
   * room for them.
   */
  async enter(claim: Claim): Promise<Entered> {
    try {
      if (this.#absent) throw this.#absent;
      const known = this.#commits.find(claim);
      if (known) return { receipt: this.#receiptOf(await known) };
      admit(this.#commits.ahead, claim);
      const entry = this.#slots.enter();
      if (!entry) throw new Problem(414, 'too many deltas wait to be taken in', { retryAfter: 2 });
      await entry;
      return { berth: this.#berth(claim) };
    } catch (error) {
      return refusalOf(error);
    }
  }

  #berth(claim: Claim): Berth {
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      this.#slots.leave();
      if (this.#slots.idle) this.#commits.soon();
    };
    return new Berth((body) => this.#submit(body, claim, leave), leave);
  }

  /** Takes a delta in: checked, durable, counted once; or refused with a number and unchanged. */
  async #submit(body: ReadableStream | null, claim: Claim, leave: () => void): Promise<Submitted> {
    try {
      return { receipt: this.#receiptOf(await this.#takeIn(body, claim, leave)) };
    } catch (error) {
      const refusal = refusalOf(error);
      // Whoever is still sending does not read the answer.
      await takeRest({ body });
      return refusal;
    }
  }

  /** The place is given back as soon as the body is in the sum: what it waits for then is the disk. */
  async #takeIn(body: ReadableStream | null, claim: Claim, leave: () => void): Promise<Counted> {
    let counted: Promise<Counted>;
    try {
      const message = body
        ? await readMessage(body, buffers.take(this.#exact + 1))
        : new Uint8Array(0);
      if ((await sha256Hex(message)) !== claim.digest)
        throw new Problem(410, `the body's SHA-256 is not ${claim.digest}`);
      counted = this.#commits.takeIn(message, claim);
    } finally {
      leave();
    }
    return counted;
  }

  #committed(cohort: Cohort, effects: readonly CohortEffect[]): void {
    this.#cohort = cohort;
    this.#perform(effects);
    this.ctx.waitUntil(this.#teller.tell());
  }

  #receiptOf({ entry, repeated }: Counted): Receipt {
    const { round, position, digest, bytes, staleness } = entry;
    return { round, digest, bytes, repeated, shard: this.#index, position, staleness };
  }

  #dispatch(event: CohortEvent): void {
    if (changesNothing(this.#commits.ahead, event)) return;
    this.#commits.flush();
    const before = this.#cohort;
    const { cohort, effects } = reduceCohort(before, event);
    const settled = effects.find(({ kind }) => kind === 'settle');
    // Who is here is not kept, and comings and goings are half of what would be written.
    if (settled || !sameButPresent(before, cohort))
      this.#log.atomically(settled ? 'settle' : 'cohort', () => {
        this.#log.saveCohort(cohort);
        if (settled?.kind === 'settle') this.#log.settle(settled.round);
      });
    this.#cohort = cohort;
    this.#perform(effects);
    if (event.kind !== 'ordered') this.ctx.waitUntil(this.#teller.tell());
  }

  #perform(effects: readonly CohortEffect[]): void {
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: CohortEffect): void {
    const { plan } = this.#recipe;
    if (effect.kind === 'settle') this.#intake.forget(effect.round);
    if (effect.kind === 'wait') this.#volunteers.sendAway(effect.volunteers, effect.retryAfterMs);
    if (effect.kind === 'dismiss')
      this.#volunteers.dismiss(effect.volunteers, effect.round, effect.reason);
    if (effect.kind === 'assign') {
      const { volunteer, member, base, deadline } = effect;
      // By the place in the round over all shards: each has a seed of its own, who comes back the same.
      const place = member.place * shardsOf(plan) + this.#index;
      this.#volunteers.assign(volunteer, {
        ...{ round: member.round, version: base.version, weights: base.weights, deadline },
        rate: rateAt(member.round, plan.rounds),
        seed: localSeed(plan.seed, member.round, place),
      });
    }
  }

  #standing(): Omit<Report, 'stamp'> {
    return { ...reportOf(this.#cohort), listening: this.#volunteers.lines.count() > 0 };
  }

  get #state(): TrainingState {
    if (!this.#news) throw new Error('shard: asked before it was awake');
    return this.#news.state;
  }

  /** Sets the alarm for what is next, no sooner than the given time. */
  #schedule(soonest = 0): void {
    const times = [this.#volunteers.lines.nextBeat(), this.#teller.retryAt()].filter(
      (t) => t !== null,
    );
    if (times.length === 0) return;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Math.max(soonest, Math.min(...times))));
  }

  get #coordinator() {
    return this.env.COORDINATOR.getByName(this.#project);
  }
}

/** Orders and news come all the time: most are known, and no reason to write a group early. */
function changesNothing(cohort: Cohort, event: CohortEvent): boolean {
  const step = reduceCohort(cohort, event);
  return step.cohort === cohort && step.effects.length === 0;
}

function sameButPresent(a: Cohort, b: Cohort): boolean {
  return (Object.keys(b) as (keyof Cohort)[]).every(
    (key) => key === 'present' || a[key] === b[key],
  );
}
