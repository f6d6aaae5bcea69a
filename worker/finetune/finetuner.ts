import { DurableObject } from 'cloudflare:workers';
import type { Recipe } from '../../shared/api/plan.ts';
import { toLocalData, unpackImages } from '../../shared/images/image-set.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Verdict } from '../../shared/rounds/round.ts';
import { accuracyOf } from '../../shared/train/evaluate.ts';
import { freshWeights, serverPace, serverSession } from '../../shared/train/server.ts';
import type { Session } from '../../shared/train/session.ts';
import { createEncoder } from '../classify/encoder.ts';
import type { Env } from '../env.ts';
import { getBlob, getWeights, putWeights } from '../registry/blobs.ts';
import { findLive, getProject, openDb, recipeFor } from '../registry/projects.ts';
import {
  getVersion,
  makeLive,
  recordVersion,
  Superseded,
  type VersionRow,
} from '../registry/versions.ts';
import { loadTf } from '../tf.ts';
import { calibrationOf } from './calibrate.ts';
import { judge, superseded, type Judged } from './gate.ts';

/** One server step: the supervised steps after an aggregation, or those that make version 1. */
export type Job = {
  project: string;
  round: number;
  /** What to start from; '' for fresh weights. */
  weights: string;
  parent: number | null;
  /** The version that was live when the round opened; 0 for none. */
  live: number;
};

/** Work between two alarms, in ms: far below what one event may take on the platform. */
const SLICE_MS = 2000;

/**
 * The server's own learning, in an object of its own: an object that trains answers nobody
 * meanwhile. The job is stored before it is begun; torn down in the middle it starts over from the
 * stored weights and, being seeded, comes to the same result.
 */
export class Finetuner extends DurableObject<Env> {
  #work: Work | undefined;

  /** Takes a job on; the same job again changes nothing. The coordinator hears `judged` or `failed`. */
  async start(job: Job): Promise<void> {
    const current = await this.ctx.storage.get<Job>('job');
    if (isSame(current, job)) return;
    this.#drop();
    await this.ctx.storage.put('job', job);
    await this.ctx.storage.setAlarm(Date.now());
  }

  override async alarm(): Promise<void> {
    const job = await this.ctx.storage.get<Job>('job');
    if (!job) return;
    const coordinator = this.env.COORDINATOR.getByName(job.project);
    const outcome = await this.#workOn(job);
    // Whatever fails from here on leaves the alarm with an error, and the platform rings it again.
    if (outcome === 'unfinished') {
      await coordinator.serverProgressed(job.round, this.#work?.progress ?? 0);
      await this.ctx.storage.setAlarm(Date.now());
      return;
    }
    if ('failure' in outcome) await coordinator.serverFailed(job.round, outcome.failure);
    else await coordinator.judged(job.round, outcome.verdict);
    const current = await this.ctx.storage.get<Job>('job');
    // Telling the coordinator may have brought the next job already.
    if (!isSame(current, job)) return;
    this.#drop();
    await this.ctx.storage.delete('job');
  }

  async #workOn(job: Job): Promise<'unfinished' | { verdict: Verdict } | { failure: string }> {
    try {
      this.#work ??= await Work.begin(this.env, job);
      if (!(await this.#work.slice(SLICE_MS))) return 'unfinished';
      return { verdict: await this.#work.finish() };
    } catch (error) {
      console.error('finetune', job.project, job.round, error);
      return { failure: `the server's step failed: ${(error as Error).message}` };
    }
  }

  #drop(): void {
    this.#work?.dispose();
    this.#work = undefined;
  }
}

function isSame(a: Job | undefined, b: Job): boolean {
  return a?.round === b.round && a.weights === b.weights;
}

/** What the server learns from, and what it judges by. */
type Sets = { seed: LocalData; validation: LocalData };

/** A job under way, with all it holds in memory. */
class Work {
  readonly #env: Env;
  readonly #job: Job;
  readonly #recipe: Recipe;
  readonly #sets: Sets;
  readonly #session: Session;
  readonly #pace: { steps: number; rate: number };
  #step = 0;
  #loss: number | null = null;

  private constructor(env: Env, job: Job, recipe: Recipe, sets: Sets, session: Session) {
    this.#env = env;
    this.#job = job;
    this.#recipe = recipe;
    this.#sets = sets;
    this.#session = session;
    this.#pace = serverPace(recipe.plan, job.round);
  }

  get progress(): number {
    return this.#step / this.#pace.steps;
  }

  static async begin(env: Env, job: Job): Promise<Work> {
    const project = await getProject(openDb(env.DB), job.project);
    const recipe = recipeFor(project);
    const load = async (hash: string) =>
      toLocalData(unpackImages(await getBlob(env.BLOBS, 'images', hash)));
    const sets = { seed: await load(project.seed), validation: await load(project.validation) };
    const weights = job.weights ? await getWeights(env.BLOBS, job.weights) : freshWeights(recipe);
    const session = await serverSession(await loadTf(), recipe, {
      weights,
      data: sets.seed,
      round: job.round,
    });
    return new Work(env, job, recipe, sets, session);
  }

  /** Steps for about so many milliseconds. @returns whether all steps are done. */
  async slice(milliseconds: number): Promise<boolean> {
    const { steps, rate } = this.#pace;
    const end = Date.now() + milliseconds;
    while (this.#step < steps && Date.now() < end) {
      const terms = this.#session.step(rate);
      this.#step++;
      const loss = await terms['supervised']!.data();
      this.#loss = loss[0] as number;
      for (const tensor of Object.values(terms)) tensor.dispose();
      // Between two steps others get their turn: outside Cloudflare all objects share one thread.
      await scheduler.wait(0);
    }
    return this.#step === steps;
  }

  /** Evaluates what was learnt, writes the version down, and makes it live if it is not worse. */
  async finish(): Promise<Verdict> {
    const { DB, BLOBS } = this.#env;
    const db = openDb(DB);
    const weights = await this.#session.averaged();
    const row = await this.#record(weights);
    const live = await findLive(db, row.project);
    // The step was repeated after a crash, and had got as far as this.
    if (live?.version === row.number) return judge(judgedOf(row), null, 0);
    const standing = live && (await getVersion(db, row.project, live.version));
    const verdict = judge(
      judgedOf(row),
      standing && judgedOf(standing),
      this.#recipe.plan.server.tolerance,
    );
    if (!verdict.promoted) return verdict;
    const encoder = createEncoder(await loadTf(), this.#recipe.model, weights);
    try {
      await makeLive({ db, bucket: BLOBS, encoder, act: 'promote', over: this.#job.live }, row);
      return verdict;
    } catch (error) {
      if (!(error instanceof Superseded) || !standing) throw error;
      return superseded(judgedOf(row), judgedOf(standing));
    } finally {
      encoder.dispose();
    }
  }

  async #record(weights: Float32Array): Promise<VersionRow> {
    const { DB, BLOBS } = this.#env;
    const { model } = this.#recipe;
    if (!weights.every(Number.isFinite))
      throw new Error('the weights are not finite: lower the learning rates');
    const tf = await loadTf();
    const validationAccuracy = await accuracyOf(tf, model, weights, this.#sets.validation);
    const encoder = createEncoder(tf, model, weights);
    const calibration = await calibrationOf(
      encoder,
      this.#sets.seed,
      this.#sets.validation,
      model.spec.classes,
    );
    encoder.dispose();
    const hash = await putWeights(BLOBS, weights);
    const { project, parent, round } = this.#job;
    return recordVersion(openDb(DB), {
      ...{ project, parent, round, weights: hash, validationAccuracy, serverLoss: this.#loss },
      calibration,
    });
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function judgedOf({ number, weights, validationAccuracy }: VersionRow): Judged {
  return { version: number, weights, accuracy: validationAccuracy };
}
