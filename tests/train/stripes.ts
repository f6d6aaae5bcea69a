import { createHash } from 'node:crypto';
import { Random } from '../../shared/math/random.ts';
import type { HeadName } from '../../shared/nn/heads/index.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { LossTerms, LocalData, Objective } from '../../shared/objectives/contract.ts';
import { Session, type SessionOptions } from '../../shared/train/session.ts';
import { tf } from '../kit/backends.ts';

/** The smallest images that every network reads. */
export const SMALL: InputSpec = { size: 16, channels: 1 };
/** The same with three channels. */
export const COLOURED: InputSpec = { ...SMALL, channels: 3 };
export const CLASSES = 3;

/**
 * The toy set: stripes that lie, stripes that stand, and a disc, in noise. Row i is of class i % 3,
 * so any few images hold all classes. A strong view leaves them what they are.
 */
export function stripes(count: number, seed: number): Required<LocalData> {
  const { size } = SMALL;
  const random = new Random(seed);
  const images = new Float32Array(count * size * size);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  labels.forEach((label, i) => {
    const phase = random.uniform(0, 6);
    const [left, top] = [random.uniform(5, 10), random.uniform(5, 10)];
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const disc = Math.hypot(x - left, y - top) < 4;
        const ink = label === 2 ? disc : ((label === 0 ? y : x) + phase) % 6 < 3;
        const value = (ink ? 0.8 : 0.1) + 0.1 * random.normal();
        images[(i * size + y) * size + x] = Math.min(1, Math.max(0, value));
      }
  });
  return { images, count, labels };
}

/** Every class in a colour of its own: lying stripes red, standing ones green, discs blue. */
export function coloured({ images, count, labels }: Required<LocalData>): Required<LocalData> {
  const pixels = images.length / count;
  const tinted = Float32Array.from({ length: 3 * images.length }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return images[pixel]! * (i % 3 === labels[Math.floor(pixel / pixels)] ? 1 : 0.2);
  });
  return { images: tinted, count, labels };
}

/** Images as a volunteer has them. */
export function unlabelled({ images, count }: LocalData): LocalData {
  return { images, count };
}

export function smallModel(...heads: HeadName[]): Model {
  return createModel({ net: 'strided', input: SMALL, classes: CLASSES, heads });
}

export type Stretch = {
  model: Model;
  objective: Objective;
  weights: Float32Array;
  data: LocalData;
} & Partial<SessionOptions>;

/** A session with settings that suit the toy set; whoever starts it disposes it. */
export function startSession(stretch: Stretch): Promise<Session> {
  return Session.start({
    ...{ tf, config: {}, batch: 12, momentum: 0.9, clip: 1, averageDecay: 0.9, seed: 1 },
    ...stretch,
  });
}

/** Steps, and the summed loss of each. */
export async function run(session: Session, steps: number, rate: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push(await totalOf(session.step(rate)));
  return losses;
}

/** The sum of the terms, which are disposed. */
export async function totalOf(terms: LossTerms): Promise<number> {
  const numbers = await Promise.all(Object.values(terms).map((term) => term.data()));
  Object.values(terms).forEach((term) => term.dispose());
  return numbers.reduce((sum, [value]) => sum + value!, 0);
}

/** What two weight vectors are compared by: to print all that differs would take minutes. */
export function digest(numbers: Float32Array): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return createHash('sha256').update(bytes).digest('hex');
}
