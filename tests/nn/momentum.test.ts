/** What objectives carry from step to step: a slow encoder, a queue of keys, a bank of all images. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { dispose, initialise, unflatten } from '../../shared/nn/params.ts';
import { enqueued, sameImage } from '../../shared/nn/queue.ts';
import { slowCopy, slowFollowing, slowParams } from '../../shared/nn/slow.ts';
import { instanceDiscrimination } from '../../shared/objectives/contrastive/instance-discrimination.ts';
import type { StepContext } from '../../shared/objectives/contract.ts';
import { projected } from '../../shared/train/features.ts';
import { makeView } from '../../shared/train/loader.ts';
import { tf } from '../kit/backends.ts';
import { SMALL, smallModel, stripes } from '../train/stripes.ts';

test('a slow encoder is the backbone and the projector, and moves a little at each step', () => {
  tf.tidy(() => {
    const student = (value: number) => ({
      'backbone/conv1/w': tf.tensor1d([value, 0]),
      'head/proj/0/w': tf.scalar(-value),
      'head/cls/w': tf.scalar(9),
    });
    const copied = slowCopy(tf, student(1));
    const slow = slowParams(slowFollowing(tf, copied, student(2), 0.9));
    expect(Object.keys(slow)).toEqual(['backbone/conv1/w', 'head/proj/0/w']);
    expect(slow['backbone/conv1/w']!.dataSync()[0]).toBeCloseTo(1.1, 6);
    expect(slow['head/proj/0/w']!.dataSync()[0]).toBeCloseTo(-1.1, 6);
    expect(Object.keys(slowFollowing(tf, copied, student(2), 0.9))).toEqual(Object.keys(copied));
  });
});

describe('a queue of three', () => {
  const queue = () => ({ keys: tf.tensor2d([[1], [2], [3]]), rows: tf.tensor1d([7, 8, 7]) });

  test.each([
    [
      [4, 5],
      [20, 21],
      [4, 5, 1],
      [20, 21, 7],
    ],
    [
      [4, 5, 6, 9],
      [20, 21, 22, 23],
      [4, 5, 6],
      [20, 21, 22],
    ],
  ])('takes %j in at the front and keeps its size', (keys, rows, kept, of) => {
    tf.tidy(() => {
      const next = enqueued(tf, queue(), tf.tensor2d(keys, [keys.length, 1]), rows);
      expect([...next.keys.dataSync()]).toEqual(kept);
      expect([...next.rows.dataSync()]).toEqual(of);
    });
  });

  test('knows which keys are of the images that are looked for', () => {
    const same = tf.tidy(() => sameImage(tf, queue(), [8, 7]).arraySync());
    expect(same).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
  });
});

test('a memory bank moves the entries that were seen, by half, and no other', () => {
  const model = smallModel('proj');
  const data = stripes(4, 1);
  const random = new Random(1);
  const params = unflatten(tf, model.layout, initialise(model.layout, random));
  const rows = [2, 0, 2];
  const image = makeView(tf, data, SMALL, 'strong', rows, random);
  const bank = tf.tidy(() => {
    const any = tf.tensor2d(
      range(4 * 64).map((i) => Math.sin(i)),
      [4, 64],
    );
    return tf.div(any, tf.norm(any, 2, 1, true)) as Tensor2D;
  });
  tf.tidy(() => {
    const config = v.parse(instanceDiscrimination.config, { momentum: 0.5 });
    const step = { tf, model, params, memory: { bank }, batch: { rows, views: { image } }, config };
    const context = step as unknown as StepContext<unknown, unknown>;
    const made = instanceDiscrimination.targets(context);
    const next = instanceDiscrimination.remember!(context, made)['bank']!.arraySync() as number[][];
    const before = bank.arraySync();
    const seen = projected(model.embed(tf, params, image), tf, model, params).arraySync();
    const unit = (row: number[]) => row.map((x) => x / Math.hypot(...row));
    const close = (got: number[], expected: number[]) =>
      got.forEach((x, d) => expect(x).toBeCloseTo(expected[d]!, 5));
    close(next[1]!, before[1]!);
    close(next[3]!, before[3]!);
    close(next[0]!, unit(before[0]!.map((x, d) => x / 2 + seen[1]![d]! / 2)));
    // Drawn twice: the mean of both looks.
    close(next[2]!, unit(before[2]!.map((x, d) => x / 2 + (seen[0]![d]! + seen[2]![d]!) / 4)));
  });
  [params, { image, bank }].forEach(dispose);
});
