/** A round whose device goes away; a real one does so in `tests/e2e/device-loss.test.ts`. */
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { TfDevice } from '../../client/tf-device.ts';
import { trainThrough, type Device, type Replaced } from '../../client/train/device.ts';
import { Pace } from '../../client/train/pace.ts';
import { trainRound, type RoundJob, type RoundResult } from '../../client/train/round.ts';
import { unless } from '../../client/train/unless.ts';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, digest, SMALL, stripes, unlabelled } from './stripes.ts';

const RECIPE = recipeOf(
  v.parse(PlanSchema, {
    input: { size: SMALL.size, channels: 1 },
    objective: { id: 'simclr' },
    local: { steps: 12, batch: 6, rate: 0.1 },
  }),
  CLASSES,
);
const WEIGHTS = initialise(RECIPE.model.layout, new Random(1));

/** Whose device's snapshots are taken where the test wants them: every pause is one. */
function jobOf(snapshotAfter: number[] = []) {
  const pace = new Pace(new AbortController().signal);
  const steps: number[] = [];
  const job: RoundJob = {
    ...{ tf, recipe: RECIPE, weights: WEIGHTS, data: unlabelled(stripes(18, 1)), rate: 1, seed: 5 },
    pace,
    onStep({ step }) {
      steps.push(step);
      if (snapshotAfter.includes(step + 1)) pace.pause();
    },
    onSnapshot: () => pace.resume(),
  };
  return { job, steps };
}

/** The wasm backend, of which the test says that it went. */
class Leaving implements Device {
  backend = 'webgpu' as Device['backend'];
  #end = new AbortController();

  get lost(): AbortSignal {
    return this.#end.signal;
  }

  leave(): void {
    this.#end.abort(new Error('the driver has restarted'));
  }

  isGone = async () => this.lost.aborted;

  async replace(): Promise<void> {
    this.backend = 'wasm';
    this.#end = new AbortController();
  }
}

const weightsOf = (result: RoundResult) =>
  result.kind === 'learnt' ? digest(result.weights) : expect.fail(result.reason);

/** The round, the device leaving after these steps, each once. */
async function learn(leaves: number[], snapshotAfter: number[]) {
  const device = new Leaving();
  const replaced: Replaced[] = [];
  const { job, steps } = jobOf(snapshotAfter);
  const onStep: RoundJob['onStep'] = (report) => {
    job.onStep(report);
    if (report.step !== leaves[0]) return;
    leaves.shift();
    device.leave();
  };
  const options = { device, onReplaced: (one: Replaced) => replaced.push(one) };
  return { weights: weightsOf(await trainThrough({ ...job, onStep }, options)), replaced, steps };
}

describe('a round through the loss of its device', () => {
  test('goes on from its last snapshot, and comes to the same weights, to the bit', async () => {
    const held = tf.memory().numTensors;
    const alone = weightsOf(await trainRound(jobOf().job));
    const { weights, replaced, steps } = await learn([6], [4]);
    expect(weights).toBe(alone);
    expect(replaced).toEqual([{ lost: 'webgpu', backend: 'wasm', step: 4 }]);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(tf.memory().numTensors).toBe(held);
  });

  test('begins again where there is no snapshot, and survives more than one loss', async () => {
    const alone = weightsOf(await trainRound(jobOf().job));
    const { weights, replaced } = await learn([2, 8, 10], [5]);
    expect(weights).toBe(alone);
    expect(replaced.map(({ step }) => step)).toEqual([0, 5, 5]);
  });

  test('fails as ever where the device is still there', async () => {
    const { job } = jobOf();
    const onStep = () => {
      throw new Error('a newer round has begun');
    };
    const device = new Leaving();
    const replace = vi.spyOn(device, 'replace');
    const failed = trainThrough({ ...job, onStep }, { device, onReplaced: () => expect.fail() });
    await expect(failed).rejects.toThrow('newer round');
    expect(replace).not.toHaveBeenCalled();
  });
});

describe("tfjs's own device", () => {
  test('is there as long as it adds right, and is made anew by name', async () => {
    const device = new TfDevice({ tf, backend: 'wasm' });
    const before = [tf.backend(), device.lost] as const;
    const held = tf.memory().numTensors;
    expect(await device.isGone()).toBe(false);
    expect(tf.memory().numTensors).toBe(held);
    await device.replace();
    expect(device.backend).toBe('wasm');
    expect(tf.backend()).not.toBe(before[0]);
    expect(device.lost).not.toBe(before[1]);
    expect(await device.isGone()).toBe(false);
  });
});

describe('what is waited for unless', () => {
  test('the signal comes first, throws its reason, also when it came before', async () => {
    const end = new AbortController();
    const waiting = unless(end.signal, new Promise(() => undefined));
    end.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(unless(end.signal, Promise.resolve(1))).rejects.toThrow('gone');
  });

  test('it does not, is what it gives, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const [add, remove] = [
      vi.spyOn(signal, 'addEventListener'),
      vi.spyOn(signal, 'removeEventListener'),
    ];
    expect(await unless(signal, Promise.resolve(7))).toBe(7);
    await expect(unless(signal, Promise.reject(new Error('its own')))).rejects.toThrow('its own');
    await vi.waitFor(() => expect(remove).toHaveBeenCalledTimes(2));
    expect(add).toHaveBeenCalledTimes(2);
    expect(await unless(undefined, Promise.resolve(8))).toBe(8);
  });
});
