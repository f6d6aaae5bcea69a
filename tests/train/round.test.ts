/** A volunteer's round, as the SDK runs it. */
import * as v from 'valibot';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Pace } from '../../client/train/pace.ts';
import {
  trainRound,
  type RoundJob,
  type RoundResult,
  type StepReport,
} from '../../client/train/round.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { Session, type Snapshot } from '../../shared/train/session.ts';
import { digest, startSession, run, stripes, unlabelled, CLASSES, SMALL } from './stripes.ts';
import { tf } from '../kit/backends.ts';

const PLAN: PlanInput = {
  input: { size: SMALL.size, channels: 1 },
  objective: { id: 'simclr' },
  local: { steps: 12, batch: 6, rate: 0.1 },
};

function job(plan: PlanInput = PLAN, signal = new AbortController().signal) {
  const recipe = recipeOf(v.parse(PlanSchema, plan), CLASSES);
  const weights = initialise(recipe.model.layout, new Random(1));
  const reports: StepReport[] = [];
  const made: RoundJob = {
    ...{ tf, recipe, weights, data: unlabelled(stripes(18, 1)), rate: 1, seed: 5 },
    pace: new Pace(signal),
    onStep: (report) => reports.push(report),
  };
  return { ...made, reports };
}

/** With the weights' digest in their place. */
const short = (result: RoundResult) =>
  result.kind === 'learnt' ? { ...result, weights: digest(result.weights) } : result;

const held = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];

describe('a round', () => {
  test("is the average of the plan's local steps from the received weights, and nothing else", async () => {
    const one = job();
    const { recipe, weights, data, seed } = one;
    const given = weights.slice();
    const result = await trainRound({ ...one, rate: 0.5 });
    const session = await startSession({
      ...{
        model: recipe.model,
        objective: recipe.objective,
        config: recipe.settings,
        weights,
        data,
        seed,
      },
      ...recipe.plan.local,
    });
    await run(session, 12, 0.1 * 0.5);
    const average = digest(await session.averaged());
    expect(short(result)).toEqual({ kind: 'learnt', weights: average, usable: 18, report: {} });
    session.dispose();
    expect(digest(weights)).toBe(digest(given));
  });

  test('reports every step, and reads the loss at the first, every fifth and the last', async () => {
    const { reports, ...rest } = job();
    await trainRound(rest);
    expect(reports.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(reports.every(({ steps }) => steps === 12)).toBe(true);
    expect(reports.filter(({ terms }) => terms).map(({ step }) => step)).toEqual([1, 5, 10, 12]);
    for (const { terms, imagesPerSecond } of reports) {
      if (terms) expect(Object.entries(terms)).toEqual([['contrast', expect.any(Number)]]);
      expect(imagesPerSecond).toBeGreaterThan(0);
    }
  });

  test('leaves no tensor behind', async () => {
    const one = job();
    const before = held();
    await trainRound(one);
    expect(held()).toEqual(before);
  });

  test('of which no image is sure has nothing to teach, and says why', async () => {
    // From fresh weights every class is as likely as any other.
    const one = job({ ...PLAN, objective: { id: 'fixmatch', settings: { threshold: 0.9 } } });
    const before = held();
    const result = await trainRound(one);
    expect(result).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('confidence'),
    });
    expect(result.report).toMatchObject({
      coverage: 0,
      confidence: expect.closeTo(1 / CLASSES, 3),
    });
    expect(one.reports).toEqual([]);
    expect(held()).toEqual(before);
  });
});

describe('a round that is interrupted', () => {
  /** The clock: a busy machine may take seconds for a step. */
  let now: number;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    return () => vi.restoreAllMocks();
  });

  /** Its snapshots, taken at a pause of no length after these steps. */
  async function snapshots(after: number[]) {
    const one = job();
    const kept: Snapshot[] = [];
    const result = await trainRound({
      ...one,
      onStep({ step }) {
        // The next breath is taken behind the next step.
        if (!after.includes(step + 1)) return;
        one.pace.pause();
        setImmediate(() => one.pace.resume());
      },
      onSnapshot: (snapshot) => kept.push(structuredClone(snapshot)),
    });
    return { kept, result: short(result) };
  }

  test('hands out where it stands when a second is over, and again after two more', async () => {
    const one = job();
    const steps: number[] = [];
    await trainRound({
      ...one,
      onStep: () => void (now += 400),
      onSnapshot: (snapshot) => steps.push(snapshot.steps),
    });
    expect(steps).toEqual([4, 9]);
  });

  test('and when it is paused, but not otherwise', async () => {
    expect((await snapshots([4, 9])).kept.map(({ steps }) => steps)).toEqual([4, 9]);
    expect((await snapshots([])).kept).toEqual([]);
  });

  test('comes to the same result from wherever it goes on, in the steps that are left', async () => {
    const { kept, result } = await snapshots([2, 7, 12]);
    expect(kept.map(({ steps }) => steps)).toEqual([2, 7, 12]);
    for (const from of kept) {
      const one = job();
      expect(short(await trainRound({ ...one, from }))).toEqual(result);
      const left = Array.from({ length: 12 - from.steps }, (_, i) => from.steps + 1 + i);
      expect(one.reports.map(({ step }) => step)).toEqual(left);
      // Reads the loss of its own first step: somebody may be watching.
      if (left.length > 0) expect(one.reports[0]!.terms).not.toBe(null);
    }
  });

  test('does not slow the round down for a store that nobody asked for', async () => {
    const one = job();
    const session = vi.spyOn(Session.prototype, 'snapshot');
    one.pace.pause();
    setImmediate(() => one.pace.resume());
    await trainRound(one);
    expect(session).not.toHaveBeenCalled();
  });
});

describe('a round that is stopped', () => {
  test('by the pace fails with its reason within a step, and leaves nothing behind', async () => {
    const abort = new AbortController();
    const one = job(PLAN, abort.signal);
    const before = held();
    const ended = trainRound({
      ...one,
      onStep(report) {
        one.reports.push(report);
        if (report.step === 3) abort.abort(new Error('enough'));
      },
    });
    await expect(ended).rejects.toThrow('enough');
    expect(one.reports.length).toBeLessThanOrEqual(4);
    expect(held()).toEqual(before);
  });

  test('by whoever watches it leaves nothing behind either', async () => {
    const one = job();
    const before = held();
    const onStep = () => {
      throw new Error('a newer round has begun');
    };
    await expect(trainRound({ ...one, onStep })).rejects.toThrow('newer round');
    expect(held()).toEqual(before);
  });

  test('rests while it is paused, and then goes on as if nothing had been', async () => {
    const [plain, paused] = [job(), job()];
    const undisturbed = await trainRound(plain);
    const disturbed = trainRound({
      ...paused,
      onStep({ step }) {
        if (step !== 2) return;
        paused.pace.pause();
        setImmediate(() => paused.pace.resume());
      },
    });
    expect(short(await disturbed)).toEqual(short(undisturbed));
  });
});
