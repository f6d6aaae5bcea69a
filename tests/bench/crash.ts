import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'valibot';
import { startEdge, type Edge } from '../../client/cli/edge/edge.ts';
import { Api } from '../../client/net/api.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random, range } from '../../shared/math/random.ts';
import { CrashVolunteer, type Acknowledged } from './crash-volunteer.ts';
import { blankProject, createLive } from './edge.ts';
import { referenceOf } from './reference.ts';
import type { Bench } from './run.ts';

const SEED = 11;
const ID = 'crash';
const CLASSES = 2;
const SIZE = 16;
const VOLUNTEERS = 120;

/** Every step in which the rounds write what must not be lost (worker/rounds/persist.ts). */
const STEPS = [
  ...['append', 'checkpoint', 'cohort', 'settle'],
  ...['round gathering', 'round training', 'round closing', 'round aggregating', 'aggregated'],
  ...['round finetuning', 'round idle'],
];

/** A step that does not come for so long is not waited for: the kill comes at that moment. */
const PATIENCE_MS = 6000;

/**
 * kill -9 on workerd in the middle of rounds, again and again on one disk, while 120 volunteers send
 * until they are answered. Half of the project's life is synchronous, half asynchronous rounds.
 * `kills`, and `hit<Step>` how many of them came within 3 ms of a step of persistence having begun;
 * `lost`: deltas that were acknowledged and are in no sum; `doubled`: deltas in a sum more often than
 * once; `rounds` that ended, `abandoned` of those; and `bitEqual` of the others: their weights are, bit for bit, what an offline
 * reference makes of the acknowledged deltas.
 */
export const crash: Bench = async ({ options, say }) => {
  const kills = Number(options['kills'] ?? 60);
  const figures: Record<string, number> = {};
  for (const mode of ['sync', 'async'] as const) {
    const life = new Life(mode, say);
    const made = await life.run(Math.ceil(kills / 2));
    for (const [name, value] of Object.entries(made)) figures[name] = (figures[name] ?? 0) + value;
  }
  return { seeds: [SEED], figures };
};

function planOf(mode: 'sync' | 'async'): PlanInput {
  return {
    ...{
      net: 'strided',
      input: { size: SIZE, channels: 1 },
      codec: 'int8',
      seed: SEED,
      rounds: 10_000,
    },
    round: {
      ...{
        goal: VOLUNTEERS,
        minimum: VOLUNTEERS,
        deadlineSeconds: 3600,
        overSelection: 1,
        shards: 3,
        mode,
      },
    },
    server: { warmupSteps: 1, steps: 1, batch: 1, rate: 0, tolerance: 1 },
  };
}

class Life {
  readonly #plan: PlanInput;
  readonly #say: (line: string) => void;
  readonly #random = new Random(SEED);
  readonly #hits: Record<string, number> = Object.fromEntries(STEPS.map((step) => [step, 0]));
  readonly #vain: Record<string, number> = {};
  readonly #folder = mkdtempSync(join(tmpdir(), 'shoal-crash-'));
  #edge!: Edge;
  #heard: (step: string) => void = () => undefined;

  constructor(mode: 'sync' | 'async', say: (line: string) => void) {
    this.#plan = planOf(mode);
    this.#say = (line) => say(`${mode}: ${line}`);
  }

  async run(kills: number): Promise<Record<string, number>> {
    try {
      await this.#start(0);
      const { origin, adminToken } = this.#edge;
      const admin = new Api(origin, adminToken);
      await createLive(
        { ...this.#edge, admin, anyone: new Api(origin) },
        blankProject(ID, this.#plan, CLASSES, SIZE),
      );
      // The judge reads the weights of every round: retention, after twenty versions, would let go of them.
      await admin.call('changeSettings', { params: { project: ID }, json: { keepVersions: 1000 } });
      const { size } = this.#recipe().model.layout;
      const crowd = await Promise.all(
        range(VOLUNTEERS).map((index) => CrashVolunteer.join(origin, ID, index, size)),
      );
      await this.#goOn(admin);
      for (let kill = 1; kill <= kills; kill++) {
        const step = await this.#kill(admin);
        await this.#start(Number(new URL(origin).port));
        this.#say(`kill ${kill}, ${step}`);
      }
      await this.#end(admin, crowd);
      return { kills, ...(await this.#judge(admin, crowd)), ...this.#hitFigures() };
    } finally {
      await this.#edge.stop();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #recipe() {
    return recipeOf(parse(PlanSchema, this.#plan), CLASSES);
  }

  async #start(port: number): Promise<void> {
    this.#edge = await startEdge({
      ...{ folder: this.#folder, port, say: () => undefined },
      onPersist: (step) => this.#heard(step),
    });
  }

  /** Kills in the step that was hit least so far; @returns which one it was. */
  async #kill(admin: Api): Promise<string> {
    await pause(this.#random.uniform(100, 1500));
    await this.#goOn(admin);
    // A step that did not come when it was waited for is not waited for again before the others.
    const tried = (step: string) => this.#hits[step]! + (this.#vain[step] ?? 0);
    const wanted = STEPS.toSorted((a, b) => tried(a) - tried(b))[0]!;
    const begun = new Promise<string>((resolve) => {
      this.#heard = (heard) => heard === wanted && resolve(heard);
    });
    // Training that never stops comes by these two only at its very end and beginning.
    if (wanted === 'round idle' || wanted === 'round gathering')
      void this.#pauseTraining(admin).catch(() => undefined);
    const step = await Promise.race([begun, pause(PATIENCE_MS, 'any moment')]);
    this.#heard = () => undefined;
    await pause(this.#random.uniform(0, 3));
    const pid = this.#edge.pid();
    if (pid === undefined) throw new Error('crash: workerd is not to be found (no /proc?)');
    process.kill(pid, 'SIGKILL');
    if (step in this.#hits) this.#hits[step]!++;
    else this.#vain[wanted] = (this.#vain[wanted] ?? 0) + 1;
    await this.#edge.stop();
    return step;
  }

  /** Trains on, if the project is at rest. */
  async #goOn(admin: Api): Promise<void> {
    const { training } = await admin.call('getProject', { params: { project: ID } });
    if (training.phase !== 'idle') return;
    await admin.call('startTraining', { params: { project: ID }, json: { rounds: 10_000 } });
  }

  /** Lets the open round end, and begins again. */
  async #pauseTraining(admin: Api): Promise<void> {
    await this.#stopTraining(admin);
    await this.#goOn(admin);
  }

  async #stopTraining(admin: Api): Promise<void> {
    await admin.call('stopTraining', { params: { project: ID } });
    for (;;) {
      const { training } = await admin.call('getProject', { params: { project: ID } });
      if (training.phase === 'idle') return;
      await pause(50);
    }
  }

  /** Lets the open round end, and everybody hear what became of their deltas. */
  async #end(admin: Api, crowd: CrashVolunteer[]): Promise<void> {
    await this.#stopTraining(admin);
    await Promise.all(crowd.map((one) => one.settled()));
    for (const one of crowd) one.leave();
  }

  async #judge(api: Api, crowd: CrashVolunteer[]) {
    const all = crowd.flatMap((one) => one.acknowledged);
    const places = new Set(all.map(({ receipt: r }) => `${r.round} ${r.shard} ${r.position}`));
    const ended = await api.call('listRounds', { params: { project: ID } });
    const versions = await api.call('listVersions', { params: { project: ID } });
    const totals = {
      ...{ rounds: 0, abandoned: 0, bitEqual: 0, acknowledged: all.length, lost: 0, doubled: 0 },
    };
    totals.doubled += all.length - places.size;
    for (const round of ended) {
      const mine = all.filter(({ receipt }) => receipt.round === round.number);
      totals.rounds++;
      totals.lost += Math.max(0, mine.length - round.accepted);
      totals.doubled += Math.max(0, round.accepted - mine.length);
      if (round.outcome === 'abandoned') totals.abandoned++;
      if (round.aggregate === null) continue;
      const base = versions.find(({ number }) => number === round.baseVersion)!;
      if (await this.#isReference(api, base.weights, mine, round.aggregate)) totals.bitEqual++;
      else
        this.#say(
          `round ${round.number}: ${round.outcome} ${round.reason}, ${mine.length} of ${round.accepted}`,
        );
    }
    const counted = new Set(ended.map(({ number }) => number));
    totals.lost += all.filter(({ receipt }) => !counted.has(receipt.round)).length;
    const repeated = crowd.reduce((sum, one) => sum + one.repeated, 0);
    this.#say(
      `${all.length} acknowledged in ${ended.length} rounds, ${repeated} of them twice alike`,
    );
    return totals;
  }

  async #isReference(api: Api, hash: string, mine: Acknowledged[], made: string | null) {
    const response = await api.fetch('getWeights', { params: { hash } });
    const base = new Float32Array(await response.arrayBuffer());
    return (await referenceOf(this.#recipe(), base, mine)) === made;
  }

  #hitFigures(): Record<string, number> {
    const named = (step: string) =>
      `hit${step.replace(/(^|\s)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}`;
    return Object.fromEntries(Object.entries(this.#hits).map(([step, n]) => [named(step), n]));
  }
}
