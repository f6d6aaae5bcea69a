import * as v from 'valibot';
import { range } from '../../math/random.ts';
import { HISTORY } from '../../nn/heads/frame.ts';
import type { Scalar, Tensor, Tensor4D, Tf } from '../../nn/params.ts';
import { defineObjective, type LocalData } from '../contract.ts';
import { between } from '../settings.ts';

/**
 * Next-frame prediction (Srivastava et al. 2015, without their recurrence): what a clip's next frame
 * adds to its last one, from three frames. A volunteer's images are the clip: the frames in the order
 * in which the files were added.
 */
export const nextFrame = defineObjective({
  title: 'Next frame',
  paper: 'https://arxiv.org/abs/1502.04681',
  summary:
    'Foretells the next frame of a video from the three before it; the frames are the images in the order in which they were added. For crowds that hold clips, not single pictures.',
  views: { next: 'plain' },
  heads: ['frame'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /**
     * A new scene begins where a frame differs so many times more from the one before than frames do
     * in the middle; nothing is foretold across it.
     */
    cut: v.optional(between(1, 1000), 8),
  }),
  begin: async ({ data, config, model: { spec } }) => ({
    frames: framesAfter(data, spec.input.size ** 2 * spec.input.channels, config.cut),
  }),
  rows: ({ frames }) => frames,
  targets({ tf, batch, view }) {
    const before = range(HISTORY).map((n) =>
      view(
        'plain',
        batch.rows.map((row) => row - HISTORY + n),
      ),
    );
    const next = batch.views['next']!;
    const [rows, ...image] = next.shape;
    return {
      // A row's frames one after the other, as the head reads them.
      clips: tf.reshape(tf.stack(before, 1), [rows * HISTORY, ...image]),
      change: tf.reshape(tf.sub(next, before.at(-1)!), [rows, -1]),
    };
  },
  loss({ tf, model, params }, { clips, change }) {
    const told = model.head(tf, 'frame', params, model.embed(tf, params, clips as Tensor4D));
    return { frame: relativeError(tf, told, change!) };
  },
  report: () => ({}),
});

/** Squared error over that of a copy of the last frame: 1 is no better than the copy, 0 is exact. */
export function relativeError(tf: Tf, told: Tensor, change: Tensor): Scalar {
  const copied = tf.add(tf.mean(tf.square(change)), 1e-6);
  return tf.div(tf.mean(tf.squaredDifference(told, change)), copied) as Scalar;
}

/** Frames with enough of their own scene before them. */
function framesAfter(data: LocalData, pixels: number, cut: number): number[] {
  const apart = range(data.count).map((frame) =>
    frame === 0 ? 0 : difference(data, frame, pixels),
  );
  const usual = apart.slice(1).sort((a, b) => a - b)[Math.floor((data.count - 1) / 2)] ?? 0;
  let inScene = 0;
  return range(data.count).filter((frame) => {
    inScene = frame === 0 || apart[frame]! > cut * usual ? 0 : inScene + 1;
    return inScene >= HISTORY;
  });
}

/** Mean absolute difference of a frame from the one before it. */
function difference({ images }: LocalData, frame: number, pixels: number): number {
  let sum = 0;
  for (let i = frame * pixels; i < (frame + 1) * pixels; i++)
    sum += Math.abs(images[i]! - images[i - pixels]!);
  return sum / pixels;
}
